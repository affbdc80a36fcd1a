//! XML documents: read once, in constant memory, record by record.
//!
//! Nothing of a document but its elements, attributes, texts and the five entities of XML is accepted: a DTD is refused,
//! whatever it declares. Elements that no column needs are passed over by depth alone.

use std::fs::File;
use std::io::BufReader;
use std::sync::Arc;

use encoding_rs::Encoding;
use polars::prelude::LazyFrame;
use quick_xml::Reader;
use quick_xml::events::{BytesRef, BytesStart, Event};

use crate::context::{BindCx, NodeError, RunCx};
use crate::contract::batch::{RowPlace, cells_of};
use crate::contract::{Batch, CellFormat, Columns, Decoder, RejectSink, Seen};
use crate::diag::{Code, Diagnostic, Text};
use crate::domain::fatturapa::decode::label;
use crate::io::text::{self, LONGEST_LINE, LineFinder};
use crate::sources::file::cells::{CellKeys, cell_keys, encoding};
use crate::sources::file::format::XmlFormat;
use crate::sources::file::input::{Input, Plain, cannot};
use crate::sources::file::staging::Staging;
use crate::sources::file::xml_record::Record;
use crate::sources::file::xml_tree::{self, FoundName, Name, Target, Tree};

/// Deeper nesting than this is refused.
const DEEPEST: usize = 128;
/// More attributes than this in one element are refused.
const MOST_ATTRIBUTES: usize = 256;

/// The format as checked.
#[derive(Clone)]
pub struct XmlReader {
    record: Vec<Name>,
    written: String,
    tree: Tree,
    encoding: &'static Encoding,
    cells: CellFormat,
}

impl XmlReader {
    /// Checks the format and the paths of the columns, reporting every mistake.
    #[must_use]
    pub fn bind(format: &XmlFormat, columns: &Columns, cx: &BindCx) -> Self {
        let keys = cell_keys!(all of format);
        Self {
            record: record_path(&format.record, cx),
            written: format.record.to_string(),
            tree: tree(columns, cx),
            encoding: encoding(format.encoding.as_ref(), cx),
            cells: keys.compile(cx),
        }
    }

    /// The conventions of its values.
    #[must_use]
    pub fn cells(&self) -> &CellFormat {
        &self.cells
    }

    /// Reads a document and plans the reading of what it held.
    ///
    /// # Errors
    /// The document is not well-formed, holds a DTD, or nothing at the record path.
    pub fn scan(
        &self,
        input: &Input,
        decoder: &Arc<Decoder>,
        node: &str,
        cx: &RunCx,
        seen: Option<&mut Seen>,
    ) -> Result<LazyFrame, NodeError> {
        let plain = input.unpack(node, cx)?;
        let declared = declared_encoding(&plain)?.unwrap_or(self.encoding);
        let plain = plain.to_utf8(declared, node, cx)?;
        let sink = RejectSink::new(node, Some(plain.shown.clone()), cx);
        let mut batch = Batch::new(decoder, &sink, 0);
        if let Some(seen) = seen {
            batch = batch.with_seen(seen);
        }
        let mut staging = Staging::new(node, cx, decoder.schema());
        let mut walk = Walk::new(self, &plain, decoder)?;
        walk.run(&mut batch, &mut staging)?;
        staging.write(&mut batch)?;
        staging.finish()
    }
}

/// The encoding that the document says, in its first line.
fn declared_encoding(plain: &Plain) -> Result<Option<&'static Encoding>, NodeError> {
    let head = plain.head(256)?;
    let Some(name) = label(head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&head)) else { return Ok(None) };
    match text::encoding(name) {
        Some(encoding) => Ok(Some(encoding)),
        None => Err(NodeError::new(Code::BadFormat, format!("`{}` says an unknown encoding `{name}`", plain.shown))),
    }
}

fn record_path(path: &Text, cx: &BindCx) -> Vec<Name> {
    let parsed = xml_tree::parse(path.trim_start_matches('/'));
    match parsed {
        Ok((elements, None)) if !elements.is_empty() => elements,
        Ok(_) => {
            cx.error(
                Code::BadPath,
                path,
                format!("`{path}` is not the path of an element: write it as in `Products/Product`"),
            );
            Vec::new()
        }
        Err(reason) => {
            cx.error(Code::BadPath, path, format!("`record`: {reason}"));
            Vec::new()
        }
    }
}

fn tree(columns: &Columns, cx: &BindCx) -> Tree {
    Tree::of(columns).unwrap_or_else(|bad| {
        for bad in bad {
            let rule = &columns.rules()[bad.slot];
            cx.report(Diagnostic::error(Code::BadPath, rule.place, format!("column `{}`: {}", rule.name, bad.reason)));
        }
        Tree { nodes: vec![xml_tree::Node::default()] }
    })
}

/// Where the walk is.
enum Position {
    /// Above the records, with so many parts of the record path matched.
    Above(usize),
    /// Beside the way to the records.
    Beside,
    /// In a record, at a node of the tree.
    Inside(usize),
    /// In a record, in an element that no column needs.
    Unneeded,
}

struct Walk<'w> {
    format: &'w XmlReader,
    plain: &'w Plain,
    decoder: &'w Decoder,
    reader: Reader<BufReader<File>>,
    record: Record,
    stack: Vec<Position>,
    lines: LineFinder,
    start: u64,
    index: u64,
    /// Names seen where the next part of the record path was expected, for the message when there is no record.
    others: Vec<String>,
    found_parent: bool,
}

impl<'w> Walk<'w> {
    fn new(format: &'w XmlReader, plain: &'w Plain, decoder: &'w Decoder) -> Result<Self, NodeError> {
        let reader = Reader::from_reader(BufReader::with_capacity(1 << 20, plain.open()?));
        let lines = LineFinder::open(&plain.path).map_err(|error| cannot("open", &plain.shown).because(error))?;
        Ok(Self {
            format,
            plain,
            decoder,
            reader,
            record: Record::new(decoder),
            stack: Vec::new(),
            lines,
            start: 0,
            index: 0,
            others: Vec::new(),
            found_parent: false,
        })
    }

    fn run(&mut self, batch: &mut Batch<'_>, staging: &mut Staging<'_>) -> Result<(), NodeError> {
        let mut buffer = Vec::with_capacity(1 << 12);
        loop {
            buffer.clear();
            let before = self.reader.buffer_position();
            let event = self.reader.read_event_into(&mut buffer).map_err(|error| self.malformed(&error.to_string()))?;
            match event {
                Event::Start(element) => self.begin(&element, before)?,
                Event::Empty(element) => {
                    self.begin(&element, before)?;
                    self.end(batch, staging)?;
                }
                Event::End(_) => self.end(batch, staging)?,
                Event::Text(text) => {
                    if let Some(node) = self.needed_text() {
                        self.text(node, &text.xml10_content())?;
                    }
                }
                Event::CData(text) => {
                    if let Some(node) = self.needed_text() {
                        self.text(node, &text.xml10_content())?;
                    }
                }
                Event::GeneralRef(reference) => self.reference(&reference)?,
                Event::DocType(_) => return Err(self.doctype()),
                Event::Eof => return self.finish(),
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            }
        }
    }

    fn begin(&mut self, element: &BytesStart<'_>, offset: u64) -> Result<(), NodeError> {
        if self.stack.len() >= DEEPEST {
            return Err(self.malformed("elements nest deeper than 128 levels"));
        }
        let name = FoundName::new(element.name().into_inner());
        let position = match self.stack.last() {
            None => self.at_root(name),
            Some(Position::Above(matched)) => self.step(*matched, name),
            Some(Position::Inside(node)) => {
                let children = &self.format.tree.nodes[*node].children;
                let child = children.iter().find(|(known, _)| known.matches(name));
                child.map_or(Position::Unneeded, |(_, child)| Position::Inside(*child))
            }
            Some(Position::Beside) => Position::Beside,
            Some(Position::Unneeded) => Position::Unneeded,
        };
        if let Position::Inside(node) = position {
            if node == 0 && !matches!(self.stack.last(), Some(Position::Inside(_))) {
                self.record.clear();
                self.start = offset;
            }
            self.open(node, element)?;
        }
        self.stack.push(position);
        Ok(())
    }

    /// The root may be the first part of the path, or stand above it.
    fn at_root(&mut self, name: FoundName<'_>) -> Position {
        match self.format.record.first() {
            Some(first) if first.matches(name) => self.step(0, name),
            _ => Position::Above(0),
        }
    }

    fn step(&mut self, matched: usize, name: FoundName<'_>) -> Position {
        let is_next = self.format.record.get(matched).is_some_and(|next| next.matches(name));
        let is_last = matched + 1 == self.format.record.len();
        if is_next && is_last {
            return Position::Inside(0);
        }
        if is_next {
            self.found_parent |= matched + 2 == self.format.record.len();
            return Position::Above(matched + 1);
        }
        if self.others.len() < 20 && !self.others.iter().any(|known| known == name.whole()) {
            self.others.push(name.whole().to_owned());
        }
        Position::Beside
    }

    /// Opens the texts and reads the attributes of an element in a record.
    fn open(&mut self, node: usize, element: &BytesStart<'_>) -> Result<(), NodeError> {
        let needed = &self.format.tree.nodes[node];
        for slot in &needed.records {
            self.record.begin_record(*slot);
        }
        for target in &needed.texts {
            self.record.begin(*target);
        }
        if needed.attributes.is_empty() {
            return Ok(());
        }
        for (count, attribute) in element.attributes().enumerate() {
            let attribute = attribute.map_err(|error| self.malformed(&error.to_string()))?;
            if count >= MOST_ATTRIBUTES {
                return Err(self.malformed("an element has more than 256 attributes"));
            }
            let name = FoundName::new(attribute.key.into_inner());
            for (_, target) in needed.attributes.iter().filter(|(known, _)| known.matches(name)) {
                let value = quick_xml::escape::unescape(&attribute.value)
                    .map_err(|error| self.malformed(&error.to_string()))?;
                self.record.begin(*target);
                self.record.add(*target, &value);
            }
        }
        Ok(())
    }

    fn end(&mut self, batch: &mut Batch<'_>, staging: &mut Staging<'_>) -> Result<(), NodeError> {
        let position = self.stack.pop();
        let is_record =
            matches!(position, Some(Position::Inside(0))) && !matches!(self.stack.last(), Some(Position::Inside(_)));
        if !is_record {
            return Ok(());
        }
        self.record.feed(batch);
        let (index, start) = (self.index, self.start);
        let sink = batch.sink();
        let (lines, record, format, decoder) = (&mut self.lines, &self.record, self.format, self.decoder);
        batch.end_row(|| RowPlace {
            line: Some(lines.line(start)),
            path: Some(format!("{}[{}]", format.written, index + 1)),
            row: record.to_json(decoder),
            cells: cells_of(decoder, sink, |batch| record.feed(batch)),
        });
        self.index += 1;
        staging.write_full(batch)
    }

    /// The node whose text the walk is in, when a column needs it.
    #[inline]
    fn needed_text(&self) -> Option<usize> {
        match self.stack.last() {
            Some(Position::Inside(node)) if !self.format.tree.nodes[*node].texts.is_empty() => Some(*node),
            _ => None,
        }
    }

    #[inline]
    fn text(&mut self, node: usize, text: &str) -> Result<(), NodeError> {
        let format = self.format;
        for target in &format.tree.nodes[node].texts {
            self.record.add(*target, text);
            self.check_length(*target)?;
        }
        Ok(())
    }

    fn check_length(&self, target: Target) -> Result<(), NodeError> {
        if self.record.length(target) > LONGEST_LINE {
            return Err(self.malformed("a text is longer than 64 MiB"));
        }
        Ok(())
    }

    /// `&amp;` and `&#8364;`; any other entity would need a DTD.
    fn reference(&mut self, reference: &BytesRef<'_>) -> Result<(), NodeError> {
        let character = reference.resolve_char_ref().map_err(|error| self.malformed(&error.to_string()))?;
        let character = character.or_else(|| match &**reference {
            "amp" => Some('&'),
            "lt" => Some('<'),
            "gt" => Some('>'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            _ => None,
        });
        let Some(character) = character else {
            return Err(self.malformed(&format!("the entity `&{};` is not one of the five of XML", &**reference)));
        };
        match self.needed_text() {
            Some(node) => self.text(node, character.encode_utf8(&mut [0; 4])),
            None => Ok(()),
        }
    }

    fn finish(&mut self) -> Result<(), NodeError> {
        if !self.stack.is_empty() {
            return Err(self.malformed("the document ends before its elements are closed"));
        }
        if self.index == 0 && !self.found_parent && !self.others.is_empty() {
            let message = format!("`{}` has no element `{}`", self.plain.shown, self.format.written);
            let others = self.others.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            return Err(NodeError::new(Code::BadFormat, message).help(format!("elements found on the way: {others}")));
        }
        Ok(())
    }

    fn doctype(&self) -> NodeError {
        self.malformed("a document type declaration (DTD) is refused: it may name other files")
            .help("remove the `<!DOCTYPE …>` if you trust the document")
    }

    fn malformed(&self, reason: &str) -> NodeError {
        let offset = self.reader.error_position().max(self.reader.buffer_position());
        let line = LineFinder::open(&self.plain.path).map_or(0, |mut finder| finder.line(offset));
        NodeError::new(Code::BadFormat, format!("`{}`, line {line}: {reason}", self.plain.shown))
    }
}
