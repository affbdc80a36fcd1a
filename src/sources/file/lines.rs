//! Files of one record a line: read in parallel by the engine, or in order by ourselves where that is needed.
//!
//! The parallel way hands batches of lines to a function of the plan, in constant memory; records that go on over line
//! breaks are found before. The ordered way stages its rows first; it is for unique columns and for malformed files.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read};
use std::sync::Arc;

use polars::prelude::{
    AllowedOptimizations, DataFrame, DslBuilder, LazyFrame, PlRefPath, PlSmallStr, PolarsResult, RowIndex, ScanSources,
    SchemaRef, UnifiedScanArgs,
};

use crate::context::{NodeError, RunCx};
use crate::contract::batch::{RowPlace, cells_of};
use crate::contract::{Batch, Decoder, Flaw, RejectSink, Seen};
use crate::diag::Code;
use crate::io::text::{self, LONGEST_LINE, Survey};
use crate::sources::file::fields::Fields;
use crate::sources::file::input::{Plain, cannot};
use crate::sources::file::joints::{Joints, Part};
use crate::sources::file::staging::Staging;

/// A record that a quote keeps open is given up after so many lines.
pub const LONGEST_RECORD_LINES: usize = 1000;

/// Memory that is used again from line to line.
#[derive(Default)]
pub struct Scratch {
    /// Fields of a separated record.
    pub fields: Fields,
    /// Text of escaped JSON strings.
    pub tape: Vec<u8>,
}

/// A format of one record a line.
pub trait LineFormat: Send + Sync + 'static {
    /// Feeds the cells of a record to the batch; the caller ends the row.
    fn record(&self, record: &str, scratch: &mut Scratch, batch: &mut Batch<'_>);

    /// Whether the record goes on after the line break.
    fn is_open(&self, _record: &str, _scratch: &mut Scratch) -> bool {
        false
    }

    /// Character around fields, for the survey of a file.
    fn quote(&self) -> Option<u8> {
        None
    }
}

/// A file of lines and how to read it.
pub struct LineFile {
    /// The file, in UTF-8.
    pub plain: Plain,
    /// First line that holds a record, from 0.
    pub first_line: u64,
    /// Format of the records.
    pub format: Arc<dyn LineFormat>,
    /// Columns.
    pub decoder: Arc<Decoder>,
}

impl LineFile {
    /// Plans the reading of the file. `seen` is given when columns are unique: rows are then judged in order.
    ///
    /// # Errors
    /// The file cannot be read, or holds a line of more than 64 MiB.
    pub fn scan(&self, node: &str, cx: &RunCx, seen: Option<&mut Seen>) -> Result<LazyFrame, NodeError> {
        let survey = text::survey(&self.plain.path, self.format.quote())
            .map_err(|error| cannot("read", &self.plain.shown).because(error))?;
        self.check(survey)?;
        let sink = RejectSink::new(node, Some(self.plain.shown.clone()), cx);
        if seen.is_some() || !survey.is_utf8 || survey.bytes == 0 {
            return self.scan_in_order(node, cx, &sink, seen);
        }
        match self.joints(survey).map_err(|error| cannot("read", &self.plain.shown).because(error))? {
            Some(joints) => self.scan_in_parallel(sink, joints),
            None => self.scan_in_order(node, cx, &sink, seen),
        }
    }

    /// The records of several lines; nothing when one of them is never closed.
    fn joints(&self, survey: Survey) -> std::io::Result<Option<Joints>> {
        match self.format.quote().filter(|_| survey.has_quoted_breaks) {
            Some(quote) => Joints::find(&self.plain.path, quote, self.format.as_ref()),
            None => Ok(Some(Joints::none(&self.plain.path))),
        }
    }

    fn check(&self, survey: Survey) -> Result<(), NodeError> {
        if survey.has_long_line {
            let message = format!("`{}` has a line of more than {} MiB", self.plain.shown, LONGEST_LINE >> 20);
            return Err(
                NodeError::new(Code::BadFormat, message).help("is it really a file of lines, and in that encoding?")
            );
        }
        Ok(())
    }

    fn scan_in_parallel(&self, sink: RejectSink, joints: Joints) -> Result<LazyFrame, NodeError> {
        let path = PlRefPath::try_from_path(&self.plain.path)?;
        let row_index = Some(RowIndex { name: PlSmallStr::from_static("row"), offset: 0 });
        let args = UnifiedScanArgs { glob: false, row_index, ..UnifiedScanArgs::default() };
        let sources = ScanSources::Paths(FromIterator::from_iter([path]));
        let lines: LazyFrame = DslBuilder::scan_lines(sources, args, PlSmallStr::from_static("line"))?.build().into();
        let (decoder, format, first_line) = (Arc::clone(&self.decoder), Arc::clone(&self.format), self.first_line);
        let schema: SchemaRef = decoder.schema();
        let decode =
            move |lines: DataFrame| decode_lines(&lines, first_line, format.as_ref(), &decoder, &sink, &joints);
        let schema = move |_: &polars::prelude::Schema| Ok(Arc::clone(&schema));
        Ok(lines.map(decode, AllowedOptimizations::STREAMING, Some(Arc::new(schema)), Some("decode rows")))
    }

    fn scan_in_order(
        &self,
        node: &str,
        cx: &RunCx,
        sink: &RejectSink,
        seen: Option<&mut Seen>,
    ) -> Result<LazyFrame, NodeError> {
        let mut staging = Staging::new(node, cx, self.decoder.schema());
        let mut batch = Batch::new(&self.decoder, sink, 0);
        if let Some(seen) = seen {
            batch = batch.with_seen(seen);
        }
        let mut records = Records::new(self.plain.open()?, self.format.as_ref());
        let mut scratch = Scratch::default();
        while let Some(record) = records.next().map_err(|error| cannot("read", &self.plain.shown).because(error))? {
            if record.line <= self.first_line || record.bytes.trim_ascii().is_empty() {
                continue;
            }
            let text = lossy(&record.bytes);
            if record.is_unclosed {
                batch.spoil(None, None, Flaw::unclosed_quote());
            } else if matches!(text, Cow::Owned(_)) {
                batch.spoil(None, None, Flaw::encoding());
            }
            self.format.record(&text, &mut scratch, &mut batch);
            batch.end_row(|| {
                let cells = cells_of(&self.decoder, sink, |batch| self.format.record(&text, &mut scratch, batch));
                RowPlace { line: Some(record.line), path: None, row: text.into_owned(), cells }
            });
            staging.write_full(&mut batch)?;
        }
        staging.write(&mut batch)?;
        staging.finish()
    }
}

fn decode_lines(
    lines: &DataFrame,
    first_line: u64,
    format: &dyn LineFormat,
    decoder: &Decoder,
    sink: &RejectSink,
    joints: &Joints,
) -> PolarsResult<DataFrame> {
    let numbers = lines.column("row")?.idx()?;
    let texts = lines.column("line")?.str()?;
    let mut batch = Batch::new(decoder, sink, lines.height());
    let (mut scratch, mut joints) = (Scratch::default(), joints.cursor());
    for (number, text) in numbers.iter().zip(texts.iter()) {
        let number = u64::from(number.unwrap_or_default());
        let part = joints.part(number)?;
        let text = match &part {
            Part::Whole => text.unwrap_or_default(),
            Part::First(joined) => joined,
            Part::Later => continue,
        };
        let text = if number == 0 { text.trim_start_matches('\u{feff}') } else { text };
        if number < first_line || is_blank(text) {
            continue;
        }
        format.record(text, &mut scratch, &mut batch);
        batch.end_row(|| {
            let cells = cells_of(decoder, sink, |batch| format.record(text, &mut scratch, batch));
            RowPlace { line: Some(number + 1), path: None, row: text.to_owned(), cells }
        });
    }
    batch.flush()
}

/// Whether a line holds nothing; the usual line is told by its first byte.
#[inline]
fn is_blank(text: &str) -> bool {
    text.as_bytes().first().is_none_or(u8::is_ascii_whitespace) && text.trim().is_empty()
}

/// The text of a record; bytes that are no UTF-8 become marks. Nearly every record is right, and looked at once.
fn lossy(bytes: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}

/// One record: a line, or several when a quoted field goes on.
struct Record {
    /// Its first line, from 1.
    line: u64,
    bytes: Vec<u8>,
    is_unclosed: bool,
}

struct Records<'f, R: Read> {
    reader: BufReader<R>,
    format: &'f dyn LineFormat,
    ahead: VecDeque<Vec<u8>>,
    line: u64,
    scratch: Scratch,
}

impl<'f, R: Read> Records<'f, R> {
    fn new(reader: R, format: &'f dyn LineFormat) -> Self {
        let reader = BufReader::with_capacity(1 << 20, reader);
        Self { reader, format, ahead: VecDeque::new(), line: 0, scratch: Scratch::default() }
    }

    fn next(&mut self) -> std::io::Result<Option<Record>> {
        let Some(mut first) = self.next_line()? else { return Ok(None) };
        self.line += 1;
        let line = self.line;
        if line == 1 && first.starts_with("\u{feff}".as_bytes()) {
            first.drain(..3);
        }
        if !self.is_open(&first) {
            return Ok(Some(Record { line, bytes: first, is_unclosed: false }));
        }
        self.continued(line, first).map(Some)
    }

    /// Adds lines until the record is closed. When it never is, only its first line is given up.
    fn continued(&mut self, line: u64, first: Vec<u8>) -> std::io::Result<Record> {
        let mut bytes = first.clone();
        let mut taken: Vec<Vec<u8>> = Vec::new();
        while taken.len() < LONGEST_RECORD_LINES && bytes.len() < LONGEST_LINE {
            let Some(next) = self.next_line()? else { break };
            bytes.push(b'\n');
            bytes.extend_from_slice(&next);
            taken.push(next);
            if !self.is_open(&bytes) {
                self.line += taken.len() as u64;
                return Ok(Record { line, bytes, is_unclosed: false });
            }
        }
        taken.into_iter().rev().for_each(|taken| self.ahead.push_front(taken));
        Ok(Record { line, bytes: first, is_unclosed: true })
    }

    /// Whether a quoted field goes on in the next line; without a quote none does.
    fn is_open(&mut self, bytes: &[u8]) -> bool {
        let has_quote = self.format.quote().is_some_and(|quote| memchr::memchr(quote, bytes).is_some());
        has_quote && self.format.is_open(&lossy(bytes), &mut self.scratch)
    }

    /// The next line without its break.
    fn next_line(&mut self) -> std::io::Result<Option<Vec<u8>>> {
        if let Some(line) = self.ahead.pop_front() {
            return Ok(Some(line));
        }
        let mut line = Vec::new();
        if self.reader.read_until(b'\n', &mut line)? == 0 {
            return Ok(None);
        }
        let kept = line.strip_suffix(b"\n").unwrap_or(&line);
        let kept = kept.strip_suffix(b"\r").unwrap_or(kept).len();
        line.truncate(kept);
        Ok(Some(line))
    }
}
