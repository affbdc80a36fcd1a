//! Source `inline`: rows written in the pipeline itself, for small tables and tests.
//!
//! Every value is taken as the text it was written as, so that `001` and `0.10` keep their zeros.

use std::sync::Arc;

use indexmap::IndexMap;
use polars::prelude::{DataFrame, IntoLazy, LazyFrame};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::context::{BindCx, NodeError, RunCx};
use crate::contract::batch::{RowPlace, cells_of};
use crate::contract::{Batch, CellFormat, Columns, Decoder, RejectSink, Seen};
use crate::diag::{Code, Diagnostic, Text, did_you_mean};
use crate::sources::{BoundSource, Scan, Source};

/// Rows written in the pipeline.
///
/// ```yaml
/// soglie:
///   inline: { rows: [ { sku: "001", minimo: 2 }, { sku: "002", minimo: 5 } ] }
///   columns: { sku: sku, minimo: integer }
/// ```
///
/// Without declared columns all are text, in the order of their first use. A row may leave columns out.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InlineSource {
    /// The rows: column names and values.
    #[schemars(with = "Vec<IndexMap<String, serde_json::Value>>")]
    pub rows: Vec<IndexMap<Text, Option<Text>>>,
}

impl Source for InlineSource {
    fn bind(&self, declared: Option<&Columns>, cx: &BindCx) -> Option<BoundSource> {
        let columns = match declared {
            Some(columns) => self.check(columns, cx).then(|| columns.clone())?,
            None => self.own_columns(cx)?,
        };
        let decoder = Arc::new(Decoder::new(&columns, CellFormat::canonical()));
        Some(BoundSource {
            schema: columns.schema(),
            scan: Box::new(InlineScan { rows: self.cells(&columns), columns, decoder }),
        })
    }
}

impl InlineSource {
    fn own_columns(&self, cx: &BindCx) -> Option<Columns> {
        let mut names: Vec<String> = Vec::new();
        for name in self.rows.iter().flat_map(IndexMap::keys) {
            if !names.iter().any(|known| known == name.as_str()) {
                names.push(name.to_string());
            }
        }
        if names.is_empty() {
            let message = "an `inline` source without rows needs declared columns";
            cx.report(
                Diagnostic::error(Code::SchemaUnknown, crate::diag::Place::NONE, message)
                    .help("add `columns: { sku: sku }`"),
            );
            return None;
        }
        Some(Columns::texts(names))
    }

    /// Reports names that no declared column reads, and columns with parts.
    fn check(&self, columns: &Columns, cx: &BindCx) -> bool {
        let before = cx.reported();
        let froms: Vec<&str> = columns.rules().iter().map(|rule| rule.from.as_str()).collect();
        for name in self.rows.iter().flat_map(IndexMap::keys).filter(|name| !froms.contains(&name.as_str())) {
            let diagnostic = Diagnostic::error(Code::UnknownColumn, name.place(), format!("unknown column `{name}`"));
            let known = format!("declared columns: {}", froms.join(", "));
            cx.report(diagnostic.helps(did_you_mean(name, froms.iter().copied())).help(known));
        }
        for rule in columns.rules().iter().filter(|rule| rule.ty.base().is_nested()) {
            let message = format!("column `{}` is `{}`, and `inline` holds only single values", rule.name, rule.ty);
            cx.report(Diagnostic::error(Code::Unsupported, rule.place, message));
        }
        cx.reported() == before
    }

    /// The texts of every row by column.
    fn cells(&self, columns: &Columns) -> Vec<Vec<Option<String>>> {
        let cell =
            |row: &IndexMap<Text, Option<Text>>, from: &str| row.get(from).cloned().flatten().map(Text::into_string);
        let row = |row| columns.rules().iter().map(|rule| cell(row, &rule.from)).collect();
        self.rows.iter().map(row).collect()
    }
}

struct InlineScan {
    rows: Vec<Vec<Option<String>>>,
    columns: Columns,
    decoder: Arc<Decoder>,
}

impl Scan for InlineScan {
    fn decoder(&self) -> Option<Arc<Decoder>> {
        Some(Arc::clone(&self.decoder))
    }

    fn scan(&self, node: &str, cx: &RunCx) -> Result<LazyFrame, NodeError> {
        let sink = RejectSink::new(node, None, cx);
        let mut seen = Seen::default();
        let mut batch = Batch::new(&self.decoder, &sink, self.rows.len()).with_seen(&mut seen);
        for (index, row) in self.rows.iter().enumerate() {
            batch.texts(row);
            batch.end_row(|| RowPlace {
                line: None,
                path: Some(format!("rows[{index}]")),
                row: self.json(row),
                cells: cells_of(&self.decoder, &sink, |batch| batch.texts(row)),
            });
        }
        let frame: DataFrame = batch.flush()?;
        Ok(frame.lazy())
    }
}

impl InlineScan {
    fn json(&self, row: &[Option<String>]) -> String {
        let names = self.columns.rules().iter().map(|rule| rule.name.clone());
        let values = row.iter().map(|cell| cell.clone().map_or(serde_json::Value::Null, serde_json::Value::String));
        serde_json::Value::Object(names.zip(values).collect()).to_string()
    }
}
