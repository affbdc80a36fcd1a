//! Separated values: the header, and the cells of a record.
//!
//! How the lines of a file are found and in which order they are read is in `lines`.

use std::sync::Arc;

use encoding_rs::{Encoding, UTF_8};
use polars::prelude::LazyFrame;

use crate::context::{BindCx, NodeError, RunCx};
use crate::contract::{Batch, CellFormat, Columns, Decoder, Flaw, Seen};
use crate::diag::{Code, Text};
use crate::io::text;
use crate::sources::file::cells::{CellKeys, cell_keys, encoding};
use crate::sources::file::fields::{Fields, Separators};
use crate::sources::file::format::CsvFormat;
use crate::sources::file::header::{Header, Layout};
use crate::sources::file::input::Input;
use crate::sources::file::lines::{LineFile, LineFormat, Scratch};

/// Bytes in which the header must be found.
const HEAD: u64 = 1 << 20;

/// The format as checked.
#[derive(Clone)]
pub struct CsvReader {
    separators: Separators,
    has_header: bool,
    skip: u32,
    encoding: &'static Encoding,
    cells: CellFormat,
}

impl CsvReader {
    /// Checks the format, reporting every mistake.
    #[must_use]
    pub fn bind(format: &CsvFormat, cx: &BindCx) -> Self {
        let keys = cell_keys!(all of format);
        Self {
            separators: separators(format, cx),
            has_header: format.header.unwrap_or(true),
            skip: format.skip.as_ref().map_or(0, |skip| skip.value),
            encoding: encoding(format.encoding.as_ref(), cx),
            cells: keys.compile(cx),
        }
    }

    /// The conventions of its cells.
    #[must_use]
    pub fn cells(&self) -> &CellFormat {
        &self.cells
    }

    /// The header of a file; for one without header, the positions of its fields.
    ///
    /// # Errors
    /// The file cannot be read, or holds no header.
    pub fn header(&self, input: &Input) -> Result<Header, NodeError> {
        self.header_of(&input.head(HEAD)?, &input.shown, self.encoding).map(|(header, _)| header)
    }

    /// Plans the reading of a file.
    ///
    /// # Errors
    /// The file cannot be read, or lacks a declared column.
    pub fn scan(
        &self,
        input: &Input,
        columns: &Columns,
        decoder: &Arc<Decoder>,
        node: &str,
        cx: &RunCx,
        seen: Option<&mut Seen>,
    ) -> Result<LazyFrame, NodeError> {
        let plain = input.unpack(node, cx)?.to_utf8(self.encoding, node, cx)?;
        let (header, first_line) = self.header_of(&plain.head(HEAD)?, &plain.shown, UTF_8)?;
        let layout = header.layout(columns).map_err(|missing| missing.into_error(&plain.shown, &header))?;
        let format = Arc::new(CsvRecords { layout, separators: self.separators });
        LineFile { plain, first_line, format, decoder: Arc::clone(decoder) }.scan(node, cx, seen)
    }

    /// The header in the first bytes of a file, and the first line after it, from 0.
    fn header_of(&self, head: &[u8], shown: &str, encoding: &'static Encoding) -> Result<(Header, u64), NodeError> {
        let text = text::decode_head(head, encoding);
        let mut lines = text.lines().enumerate().skip(self.skip as usize).filter(|(_, line)| !line.trim().is_empty());
        let Some((number, line)) = lines.next() else {
            if !self.has_header {
                return Ok((Header::positions(0), u64::from(self.skip)));
            }
            let message = format!("`{shown}` is empty: expected a line with the names of the columns");
            return Err(NodeError::new(Code::BadFormat, message).help("set `header: false` when the file has none"));
        };
        let mut record = line.to_owned();
        let mut fields = Fields::default();
        let mut last = number;
        while !fields.cut(&record, self.separators) {
            let Some((next, line)) = text.lines().enumerate().nth(last + 1) else { break };
            record = format!("{record}\n{line}");
            last = next;
        }
        let names = (0..fields.len()).map(|index| fields.get(&record, index).trim().to_owned());
        if !self.has_header {
            return Ok((Header::positions(names.len()), number as u64));
        }
        Ok((Header::names(names), last as u64 + 1))
    }
}

fn separators(format: &CsvFormat, cx: &BindCx) -> Separators {
    let delimiter = match format.delimiter.as_ref() {
        None => b',',
        Some(word) if word.eq_ignore_ascii_case("tab") || *word == "\\t" => b'\t',
        Some(mark) => single(mark, "delimiter", cx).unwrap_or(b','),
    };
    let quote = match format.quote.as_ref() {
        None => Some(b'"'),
        Some(mark) if mark.is_empty() => None,
        Some(mark) => single(mark, "quote", cx),
    };
    if let (Some(quote), Some(written)) = (quote, format.quote.as_ref().or(format.delimiter.as_ref()))
        && quote == delimiter
    {
        cx.error(Code::BadValue, written, "`delimiter` and `quote` are the same character");
    }
    Separators { delimiter, quote }
}

fn single(mark: &Text, key: &str, cx: &BindCx) -> Option<u8> {
    match mark.as_bytes() {
        [byte] if byte.is_ascii() && !matches!(byte, b'\n' | b'\r') => Some(*byte),
        _ => {
            cx.error(Code::BadValue, mark, format!("expected one ASCII character for `{key}`, found `{mark}`"));
            None
        }
    }
}

/// Records of separated values whose fields are known.
struct CsvRecords {
    layout: Layout,
    separators: Separators,
}

impl LineFormat for CsvRecords {
    #[inline]
    fn record(&self, record: &str, scratch: &mut Scratch, batch: &mut Batch<'_>) {
        let fields = &mut scratch.fields;
        if !fields.cut(record, self.separators) {
            batch.spoil(None, None, Flaw::unclosed_quote());
        }
        if fields.len() != self.layout.fields {
            batch.spoil(None, None, Flaw::field_count(fields.len(), self.layout.fields));
        }
        for (field, slot) in &self.layout.slots {
            batch.cell(*slot, fields.get(record, *field));
        }
    }

    fn is_open(&self, record: &str, scratch: &mut Scratch) -> bool {
        !scratch.fields.cut(record, self.separators)
    }

    fn quote(&self) -> Option<u8> {
        self.separators.quote
    }
}
