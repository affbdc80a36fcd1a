//! JSON files: Lines, which are read as lines, and one large document, which is split into its records first.

use std::io::BufReader;
use std::sync::Arc;

use encoding_rs::UTF_8;
use polars::prelude::LazyFrame;

use crate::context::{BindCx, NodeError, RunCx};
use crate::contract::batch::{RowPlace, cells_of};
use crate::contract::{Batch, CellFormat, Columns, Decoder, Flaw, RejectSink, Seen};
use crate::diag::{Code, Diagnostic, Text, did_you_mean};
use crate::io::text::LineFinder;
use crate::sources::file::cells::{CellKeys, cell_keys};
use crate::sources::file::format::{JsonFormat, JsonlFormat};
use crate::sources::file::input::{Input, Plain, cannot};
use crate::sources::file::json_path::{self, Node, Segment};
use crate::sources::file::json_record::JsonRecords;
use crate::sources::file::json_split::{SplitError, Splitter};
use crate::sources::file::lines::{LineFile, LineFormat, Scratch};
use crate::sources::file::staging::Staging;

/// The format as checked.
#[derive(Clone)]
pub struct JsonReader {
    /// Keys that lead to the records; `None` for JSON Lines.
    records: Option<Vec<String>>,
    tree: Node,
    cells: CellFormat,
}

impl JsonReader {
    /// Checks JSON Lines, reporting every mistake.
    #[must_use]
    pub fn bind_lines(format: &JsonlFormat, columns: &Columns, cx: &BindCx) -> Self {
        let keys = cell_keys!(dates of format);
        Self { records: None, tree: tree(columns, cx), cells: keys.compile(cx) }
    }

    /// Checks a document, reporting every mistake.
    #[must_use]
    pub fn bind_document(format: &JsonFormat, columns: &Columns, cx: &BindCx) -> Self {
        let keys = cell_keys!(dates of format);
        let records = format.records.as_ref().map_or_else(Vec::new, |path| record_path(path, cx));
        Self { records: Some(records), tree: tree(columns, cx), cells: keys.compile(cx) }
    }

    /// The conventions of its values.
    #[must_use]
    pub fn cells(&self) -> &CellFormat {
        &self.cells
    }

    /// Plans the reading of a file; a document is read here and staged.
    ///
    /// # Errors
    /// The file cannot be read, or the document is not JSON with records at the path.
    pub fn scan(
        &self,
        input: &Input,
        decoder: &Arc<Decoder>,
        node: &str,
        cx: &RunCx,
        seen: Option<&mut Seen>,
    ) -> Result<LazyFrame, NodeError> {
        let plain = input.unpack(node, cx)?.to_utf8(UTF_8, node, cx)?;
        let format = JsonRecords::new(self.tree.clone(), decoder);
        match &self.records {
            None => {
                let (format, decoder) = (Arc::new(format), Arc::clone(decoder));
                LineFile { plain, first_line: 0, format, decoder }.scan(node, cx, seen)
            }
            Some(path) => scan_document(&plain, path, &format, decoder, node, cx, seen),
        }
    }
}

fn scan_document(
    plain: &Plain,
    path: &[String],
    format: &JsonRecords,
    decoder: &Decoder,
    node: &str,
    cx: &RunCx,
    seen: Option<&mut Seen>,
) -> Result<LazyFrame, NodeError> {
    let sink = RejectSink::new(node, Some(plain.shown.clone()), cx);
    let mut staging = Staging::new(node, cx, decoder.schema());
    let mut batch = Batch::new(decoder, &sink, 0);
    if let Some(seen) = seen {
        batch = batch.with_seen(seen);
    }
    let mut lines = LineFinder::open(&plain.path).map_err(|error| cannot("open", &plain.shown).because(error))?;
    let failed = |error: SplitError| split_error(error, plain, path);
    let mut splitter = Splitter::open(BufReader::new(plain.open()?), path).map_err(failed)?;
    let mut scratch = Scratch::default();
    let mut index: u64 = 0;
    while let Some(record) = splitter.next_record().map_err(failed)? {
        let text = String::from_utf8_lossy(record.bytes);
        if matches!(text, std::borrow::Cow::Owned(_)) {
            batch.spoil(None, None, Flaw::encoding());
        }
        format.record(&text, &mut scratch, &mut batch);
        batch.end_row(|| RowPlace {
            line: Some(lines.line(record.offset)),
            path: Some(shown_path(path, index)),
            cells: cells_of(decoder, &sink, |batch| format.record(&text, &mut scratch, batch)),
            row: text.into_owned(),
        });
        staging.write_full(&mut batch)?;
        index += 1;
    }
    staging.write(&mut batch)?;
    staging.finish()
}

fn shown_path(path: &[String], index: u64) -> String {
    let keys: Vec<&str> = std::iter::once("$").chain(path.iter().map(String::as_str)).collect();
    format!("{}[{index}]", keys.join("."))
}

fn split_error(error: SplitError, plain: &Plain, path: &[String]) -> NodeError {
    let shown = &plain.shown;
    match error {
        SplitError::Io(error) => cannot("read", shown).because(error),
        SplitError::NoKey { key, known } => {
            let error = NodeError::new(
                Code::BadFormat,
                format!("`{shown}` has no `{key}` on the way to `$.{}`", path.join(".")),
            );
            let error = did_you_mean(&key, known.iter().map(String::as_str)).into_iter().fold(error, NodeError::help);
            error.help(format!("keys there: {}", known.join(", ")))
        }
        SplitError::Malformed { offset, reason } => {
            let line = LineFinder::open(&plain.path).map_or(0, |mut finder| finder.line(offset));
            let error = NodeError::new(Code::BadFormat, format!("`{shown}`, line {line}: {reason}"));
            if path.is_empty() {
                error.help("when the records are inside the document, say where: `records: $.data.items`")
            } else {
                error
            }
        }
    }
}

fn tree(columns: &Columns, cx: &BindCx) -> Node {
    Node::of(columns).unwrap_or_else(|bad| {
        for bad in bad {
            let rule = &columns.rules()[bad.slot];
            let message = format!("column `{}`: {}", rule.name, bad.reason);
            cx.report(
                Diagnostic::error(Code::BadPath, rule.place, message)
                    .help("paths look like `billing.email`, `lines[].sku`, `meta[key=x].value`"),
            );
        }
        Node::default()
    })
}

fn record_path(path: &Text, cx: &BindCx) -> Vec<String> {
    let parsed = json_path::parse(path).map(|mut segments| {
        if segments.last() == Some(&Segment::All) {
            segments.pop();
        }
        segments
    });
    let keys = parsed.and_then(|segments| {
        let keys = segments.into_iter().map(|segment| match segment {
            Segment::Key(key) => Ok(key),
            _ => Err("only keys may stand before the array of records".to_owned()),
        });
        keys.collect::<Result<Vec<_>, _>>()
    });
    keys.unwrap_or_else(|reason| {
        cx.error(Code::BadPath, path, format!("`records`: {reason}: write it as in `$.data.items`"));
        Vec::new()
    })
}
