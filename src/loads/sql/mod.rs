//! Load kind `sql`: rows into a table of a database, in one transaction with what is needed to know them again.

pub mod table;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::context::BindCx;
use crate::diag::{Code, Diagnostic, Text};
use crate::domain::types::Schema;
use crate::loads::delivery::{Destination, Mode};
use crate::loads::sql::table::SqlTable;
use crate::loads::{BoundLoad, Capabilities, Guarantee, Load};

/// Writes rows to a table of a SQLite database.
///
/// ```yaml
/// load:
///   catalogo: { from: prodotti, mode: mirror, key: sku, sql: { database: out/negozio.db, table: prodotti } }
/// ```
///
/// The file and the table are made when they are missing. Every row arrives exactly once: all changes of a run are one
/// transaction, which also notes the delivery in the table `_raccordo_deliveries`; after a crash the database is asked
/// whether it has it. Decimals, dates and timestamps are written as text with exactly their digits, truth values as 1 and
/// 0, lists and structures as JSON; a column that was made as `REAL` or `NUMERIC` by others turns decimals into floating
/// point. Rows that others wrote are touched only by `replace`, and by `merge` or `mirror` when they have the same key.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SqlLoad {
    /// The database file, from the project's folder when relative.
    pub database: Text,
    /// The table.
    pub table: Text,
    /// Columns of the database and those of the table they take: `{ codice: sku, prezzo: prezzo }`. Default: all.
    #[serde(default)]
    pub columns: Option<IndexMap<String, Text>>,
}

impl Load for SqlLoad {
    fn capabilities(&self) -> Capabilities {
        Capabilities { guarantee: Guarantee::ExactlyOnce, ordered: false }
    }

    fn bind(&self, _input: &Schema, _cx: &BindCx) -> Option<BoundLoad> {
        None
    }

    fn takes_rows(&self) -> bool {
        true
    }

    fn modes(&self) -> &'static [Mode] {
        &[Mode::Append, Mode::Replace, Mode::Merge, Mode::Mirror]
    }

    fn sent(&self, input: &Schema, _cx: &BindCx) -> Vec<(String, String)> {
        match &self.columns {
            None => input.names().map(|name| (name.to_owned(), name.to_owned())).collect(),
            Some(columns) => columns.iter().map(|(name, source)| (name.clone(), source.to_string())).collect(),
        }
    }

    fn bind_rows(&self, input: &Schema, _: Mode, _: &[String], cx: &BindCx) -> Option<Box<dyn Destination>> {
        let before = cx.reported();
        for column in self.columns.iter().flat_map(IndexMap::values) {
            cx.require_column(input, column);
        }
        for (name, text) in [("database", &self.database), ("table", &self.table)] {
            if text.trim().is_empty() {
                cx.report(Diagnostic::error(Code::BadValue, text.place(), format!("`{name}` is empty")));
            }
        }
        if self.table.starts_with("sqlite_") || self.table.starts_with("_raccordo") {
            let message = format!("a table cannot be called `{}`: such names are taken", self.table);
            cx.report(Diagnostic::error(Code::BadValue, self.table.place(), message));
        }
        if cx.reported() > before {
            return None;
        }
        Some(Box::new(SqlTable {
            database: cx.project.path(&self.database),
            written: self.database.to_string(),
            table: self.table.to_string(),
        }))
    }
}
