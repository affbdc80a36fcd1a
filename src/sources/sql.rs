//! Source `sql`: rows of a database.

use std::path::PathBuf;
use std::sync::Arc;

use polars::prelude::{DataFrame, IntoLazy, LazyFrame};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::context::{BindCx, NodeError, RunCx};
use crate::contract::batch::{RowPlace, cells_of};
use crate::contract::{Batch, CellFormat, Columns, Decoder, RejectSink, Seen};
use crate::diag::{Code, Diagnostic, Place, Text, did_you_mean};
use crate::sources::file::input::shown;
use crate::sources::{BoundSource, Scan, Source};

/// Rows that are judged together.
const BATCH: usize = 65_536;

/// Rows of a SQLite database: of a table, or of a query.
///
/// ```yaml
/// ordini:
///   sql: { database: dati/negozio.db, query: "SELECT numero, totale FROM ordini WHERE stato = 'pagato' ORDER BY numero" }
///   columns: { numero: text, totale: money }
/// ```
///
/// The database is opened for reading only. Values are judged by the declared columns, like those of a file; without declared
/// columns all are text. Money that was stored as `REAL` has lost its exactness before it is read here.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SqlSource {
    /// The database file, from the project's folder when relative.
    pub database: Text,
    /// The table to read whole.
    #[serde(default)]
    pub table: Option<Text>,
    /// The query to read instead of a table. Rows come in the order that it says.
    #[serde(default)]
    pub query: Option<Text>,
}

impl Source for SqlSource {
    fn bind(&self, declared: Option<&Columns>, cx: &BindCx) -> Option<BoundSource> {
        let (sql, text) = self.sql(cx)?;
        let path = cx.project.path(&self.database);
        if declared.is_some() && !path.is_file() {
            // It may be made by another pipeline; then it is looked at when it is read.
            return Some(self.bound(path, sql, declared?.clone()));
        }
        let names = match open(&path, &self.database).and_then(|connection| names(&connection, &sql, &self.database)) {
            Ok(names) => names,
            Err(error) => {
                let diagnostic = Diagnostic::error(error.code, text.place(), error.message);
                cx.report(diagnostic.helps(error.help));
                return None;
            }
        };
        let columns = match declared {
            Some(columns) => check(columns, &names, text.place(), cx).then(|| columns.clone())?,
            None => Columns::texts(names),
        };
        Some(self.bound(path, sql, columns))
    }
}

impl SqlSource {
    /// The query, and where it was written.
    fn sql(&self, cx: &BindCx) -> Option<(String, &Text)> {
        match (&self.table, &self.query) {
            (Some(table), None) => Some((format!("SELECT * FROM \"{}\"", table.replace('"', "\"\"")), table)),
            (None, Some(query)) => Some((query.to_string(), query)),
            _ => {
                let problem = Diagnostic::error(
                    Code::MissingKey,
                    self.database.place(),
                    "a `sql` source needs a table or a query",
                );
                cx.report(problem.help("add `table: ordini`, or `query: \"SELECT …\"`: one of them"));
                None
            }
        }
    }

    fn bound(&self, path: PathBuf, sql: String, columns: Columns) -> BoundSource {
        let decoder = Arc::new(Decoder::new(&columns, CellFormat::canonical()));
        let schema = columns.schema();
        let written = self.database.to_string();
        BoundSource { schema, scan: Box::new(SqlScan { path, written, sql, columns, decoder }) }
    }
}

fn open(path: &std::path::Path, written: &str) -> Result<Connection, NodeError> {
    if !path.is_file() {
        let error = NodeError::new(Code::FileNotFound, format!("there is no database `{written}`"));
        return Err(error.help(format!("looked for `{}`", path.display())));
    }
    Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)
        .map_err(|error| failed(written, &error))
}

fn names(connection: &Connection, sql: &str, written: &str) -> Result<Vec<String>, NodeError> {
    let statement = connection.prepare(sql).map_err(|error| failed(written, &error))?;
    if !statement.readonly() {
        let message = format!("the query of `{written}` changes the database");
        return Err(NodeError::new(Code::Unsupported, message).help("a source only reads: write a SELECT"));
    }
    Ok(statement.column_names().map(str::to_owned).collect())
}

fn failed(written: &str, error: &rusqlite::Error) -> NodeError {
    NodeError::new(Code::SourceFailed, format!("cannot read `{written}`: {error}"))
}

/// Whether the query has every declared column.
fn check(columns: &Columns, names: &[String], place: Place, cx: &BindCx) -> bool {
    let before = cx.reported();
    for rule in columns.rules() {
        if !names.contains(&rule.from) {
            let message = format!("the query has no column `{}`", rule.from);
            let problem = Diagnostic::error(Code::ColumnMissing, place, message);
            let problem = problem.helps(did_you_mean(&rule.from, names.iter().map(String::as_str)));
            cx.report(problem.help(format!("columns of the query: {}", names.join(", "))));
        }
    }
    cx.reported() == before
}

struct SqlScan {
    path: PathBuf,
    written: String,
    sql: String,
    columns: Columns,
    decoder: Arc<Decoder>,
}

impl Scan for SqlScan {
    fn decoder(&self) -> Option<Arc<Decoder>> {
        Some(Arc::clone(&self.decoder))
    }

    fn scan(&self, node: &str, cx: &RunCx) -> Result<LazyFrame, NodeError> {
        cx.reads(node, &self.path);
        let failed = |error| failed(&self.written, &error);
        let connection = open(&self.path, &self.written)?;
        let names = names(&connection, &self.sql, &self.written)?;
        let slots = self.slots(&names)?;
        let sink = RejectSink::new(node, Some(shown(&self.path, &cx.project)), cx);
        let mut seen = Seen::default();
        let mut batch = Batch::new(&self.decoder, &sink, BATCH).with_seen(&mut seen);
        let mut frame: Option<DataFrame> = None;
        let mut statement = connection.prepare(&self.sql).map_err(failed)?;
        let mut rows = statement.query([]).map_err(failed)?;
        let mut number = 0_u64;
        while let Some(row) = rows.next().map_err(failed)? {
            number += 1;
            let mut texts: Vec<Option<String>> = Vec::with_capacity(slots.len());
            for index in &slots {
                texts.push(text_of(row.get_ref(*index).map_err(failed)?));
            }
            batch.texts(&texts);
            batch.end_row(|| RowPlace {
                line: None,
                path: Some(format!("row {number}")),
                row: self.json(&texts),
                cells: cells_of(&self.decoder, &sink, |batch| batch.texts(&texts)),
            });
            if batch.rows() >= BATCH {
                add(&mut frame, batch.flush()?)?;
            }
        }
        add(&mut frame, batch.flush()?)?;
        Ok(frame.unwrap_or_default().lazy())
    }
}

impl SqlScan {
    /// Positions in the query of the declared columns.
    fn slots(&self, names: &[String]) -> Result<Vec<usize>, NodeError> {
        let position = |from: &str| {
            names.iter().position(|name| name == from).ok_or_else(|| {
                NodeError::new(Code::ColumnMissing, format!("`{}` has no column `{from}` any more", self.written))
                    .help(format!("columns of the query: {}", names.join(", ")))
            })
        };
        self.columns.rules().iter().map(|rule| position(&rule.from)).collect()
    }

    fn json(&self, texts: &[Option<String>]) -> String {
        let names = self.columns.rules().iter().map(|rule| rule.name.clone());
        let values = texts.iter().map(|text| serde_json::Value::from(text.clone()));
        serde_json::Value::Object(names.zip(values).collect()).to_string()
    }
}

fn add(frame: &mut Option<DataFrame>, more: DataFrame) -> Result<(), NodeError> {
    match frame {
        Some(frame) => drop(frame.vstack_mut(&more)?),
        None => *frame = Some(more),
    }
    Ok(())
}

fn text_of(value: ValueRef<'_>) -> Option<String> {
    match value {
        ValueRef::Null => None,
        ValueRef::Integer(value) => Some(value.to_string()),
        ValueRef::Real(value) => Some(value.to_string()),
        ValueRef::Text(text) | ValueRef::Blob(text) => Some(String::from_utf8_lossy(text).into_owned()),
    }
}
