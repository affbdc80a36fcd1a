//! Source `fatturapa`: electronic invoices, issued or received, as tables.
//!
//! Files are read one after the other and in parallel, whatever their envelope; a file that is no invoice is one rejected
//! row. Here: configuration, staging, parallel reading. Not here: what an invoice is (`domain::fatturapa`).

use std::path::{Path, PathBuf};
use std::sync::Arc;

use polars::prelude::LazyFrame;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::context::{BindCx, NodeError, RunCx};
use crate::contract::batch::RowPlace;
use crate::contract::flaw::Flaw;
use crate::contract::{Batch, CellFormat, Columns, Decoder, RejectSink};
use crate::diag::{Code, Diagnostic, Text, did_you_mean};
use crate::domain::fatturapa::envelope;
use crate::domain::fatturapa::judge::judge_document;
use crate::domain::fatturapa::name::may_be_document;
use crate::domain::fatturapa::read::{Document, read_into};
use crate::domain::fatturapa::tables::{COMMON, Kind, Reader, TABLES, Table};
use crate::domain::types::{Schema, Type};
use crate::io::bundle::{Bundle, Unreadable};
use crate::sources::file::input::{self, shown};
use crate::sources::file::staging::Staging;
use crate::sources::{BoundSource, Scan, Source, has_own_columns};

/// Electronic invoices (FPR12, FPA12, FSM10, and the formats before 2017) as one of six tables.
///
/// ```yaml
/// ricevute:
///   fatturapa: { path: "fatture/ricevute/**/*", table: documents }
/// righe:
///   fatturapa: { path: "fatture/ricevute/**/*", table: lines }
/// ```
///
/// Reads `.xml`, `.xml.p7m` in all its usual shapes and ZIP archives of them, whatever their names say. Every row carries
/// file, position in the batch, type, number, date and seller. `segno` is -1 for credit notes, whose amounts are positive.
/// Each document is checked: `errori` counts the controls of the exchange system that fail. A file that cannot be read is a
/// rejected row and never the end of the run. Amounts keep up to eight decimals; a value that is no number rejects its row.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FatturaPaSource {
    /// A folder (with its folders), a file, or a pattern: `*` and `?` in a name, `**` for any folders.
    pub path: Text,
    /// Which table: `documents`, `lines`, `summaries`, `payments`, `attachments` or `related_documents`. Default:
    /// `documents`.
    #[serde(default)]
    pub table: Option<Text>,
}

impl Source for FatturaPaSource {
    fn bind(&self, declared: Option<&Columns>, cx: &BindCx) -> Option<BoundSource> {
        if !has_own_columns("a `fatturapa`", declared, cx) {
            return None;
        }
        let table = self.table(cx)?;
        let columns = Columns::from_schema(&schema(table));
        let decoder = Arc::new(Decoder::new(&columns, CellFormat::canonical()));
        let scan = InvoiceScan {
            path: self.path.to_string(),
            reader: table.reader(),
            is_documents: table.name == "documents",
            decoder,
        };
        Some(BoundSource { schema: columns.schema(), scan: Box::new(scan) })
    }
}

impl FatturaPaSource {
    fn table(&self, cx: &BindCx) -> Option<&'static Table> {
        let Some(name) = &self.table else { return Table::of("documents") };
        let found = Table::of(name.trim());
        if found.is_none() {
            let names: Vec<&str> = TABLES.iter().map(|table| table.name).collect();
            let problem =
                Diagnostic::error(Code::BadValue, name.place(), format!("`{name}` is not a table of invoices"));
            let problem = problem.helps(did_you_mean(name, names.iter().copied()));
            cx.report(problem.help(format!("tables: {}", names.join(", "))));
        }
        found
    }
}

fn schema(table: &Table) -> Schema {
    let own = table.columns.iter().chain(CHECKED.iter().filter(|_| table.name == "documents"));
    COMMON.iter().chain(own).map(|(name, kind)| ((*name).to_owned(), type_of(*kind))).collect()
}

/// What the check adds to documents.
const CHECKED: &[(&str, Kind)] = &[("errori", Kind::Integer), ("codici_errore", Kind::Text)];

fn type_of(kind: Kind) -> Type {
    match kind {
        Kind::Text => Type::Text,
        Kind::Integer => Type::Integer,
        Kind::Date => Type::Date,
        Kind::Decimal(scale) => Type::Decimal { precision: 38, scale },
    }
}

struct InvoiceScan {
    path: String,
    reader: Reader,
    is_documents: bool,
    decoder: Arc<Decoder>,
}

/// The rows of one file: texts one behind the other, with their ends.
#[derive(Default)]
struct Rows {
    texts: String,
    /// End of each cell; `u32::MAX` for an empty one. Rows one behind the other.
    ends: Vec<u32>,
}

impl Rows {
    fn push(&mut self, cell: Option<&str>) {
        match cell {
            Some(text) => {
                self.texts.push_str(text);
                self.ends.push(u32::try_from(self.texts.len()).unwrap_or(u32::MAX - 1));
            }
            None => self.ends.push(u32::MAX),
        }
    }
}

impl Scan for InvoiceScan {
    fn scan(&self, node: &str, cx: &RunCx) -> Result<LazyFrame, NodeError> {
        let sink = RejectSink::new(node, None, cx);
        let mut batch = Batch::new(&self.decoder, &sink, 0);
        let mut staging = Staging::new(node, cx, self.decoder.schema());
        let bundle = Bundle::new(paths(&self.path, cx)?, may_be_document);
        bundle.work(
            |memory: &mut Document, name, content| (shown(Path::new(name), &cx.project), self.read(content, memory)),
            |(name, rows)| {
                match rows {
                    Ok(rows) => self.append(&name, &rows, &mut batch),
                    Err(flaw) => {
                        batch.spoil(None, None, flaw);
                        batch.end_row(|| RowPlace {
                            line: None,
                            path: Some(name.clone()),
                            row: file_row(&name),
                            cells: Vec::new(),
                        });
                    }
                }
                staging.write_full(&mut batch)
            },
        )?;
        staging.write(&mut batch)?;
        staging.finish()
    }
}

impl InvoiceScan {
    fn read(&self, content: Result<&[u8], Unreadable>, memory: &mut Document) -> Result<Rows, Box<Flaw>> {
        let unreadable = |it: String, en: String| Flaw::new("not-an-invoice", en, it);
        let bytes = content.map_err(|problem| unreadable(problem.to_string(), problem.to_string()))?;
        let xml = envelope::content(bytes).map_err(|(it, en)| unreadable(it, en))?;
        read_into(&xml, memory).map_err(|error| unreadable(error.message_it(), error.to_string()))?;
        let mut checked = None;
        if self.is_documents {
            let findings = judge_document(memory, None);
            let mut codes: Vec<&str> =
                findings.iter().filter(|finding| finding.is_error()).map(|finding| finding.code).collect();
            let count = codes.len();
            codes.sort_unstable();
            codes.dedup();
            checked = Some((count.to_string(), codes.join(" ")));
        }
        let mut rows = Rows::default();
        let tree = &memory.tree;
        self.reader.rows(tree, |body, cells| {
            rows.push(Some(&body.to_string()));
            rows.push(Some(&tree.versione));
            for cell in cells {
                rows.push(cell.as_deref());
            }
            if let Some((count, codes)) = &checked {
                rows.push(Some(count));
                rows.push(Some(codes).filter(|codes| !codes.is_empty()).map(String::as_str));
            }
        });
        Ok(rows)
    }

    fn append(&self, name: &str, rows: &Rows, batch: &mut Batch<'_>) {
        let width = self.decoder.width() - 1;
        let mut start = 0;
        for row in rows.ends.chunks(width) {
            let row_start = start;
            batch.cell(0, name);
            for (slot, end) in (1..).zip(row) {
                if *end == u32::MAX {
                    batch.empty_cell(slot);
                } else {
                    let end = *end as usize;
                    batch.plain_cell(slot, &rows.texts[start..end]);
                    start = end;
                }
            }
            let texts = &rows.texts[row_start..start];
            batch.end_row(|| RowPlace {
                line: None,
                path: Some(name.to_owned()),
                row: texts.to_owned(),
                cells: Vec::new(),
            });
        }
    }
}

fn file_row(name: &str) -> String {
    serde_json::json!({ "file": name }).to_string()
}

/// The files and folders of a path or pattern.
///
/// # Errors
/// There is none.
pub fn paths(written: &str, cx: &RunCx) -> Result<Vec<PathBuf>, NodeError> {
    let paths = input::paths(written, &cx.project, true)?;
    paths.iter().filter(|path| path.is_file()).for_each(|path| cx.reads(written, path));
    Ok(paths)
}
