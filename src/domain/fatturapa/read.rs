//! From the bytes of an XML file to a [`Tree`], judging the schema on the way (00200).
//!
//! Here: encodings, namespaces, order, cardinality, types, hostile input. Every violation is reported with its place and
//! reading goes on, so that the content controls can be made as well. Not here: envelopes (`signature`), archives, the
//! content controls (`check`).

use super::codes::Format;
use super::decode::decode;
use super::finding::Finding;
pub use super::read_error::ReadError;
use super::scan::{Scanner, Tag, Token};
use super::schema::types::SIMPLIFIED_FORMATS;
use super::schema::{Choice, Family, Id, ValueType};
use super::tree::Tree;

/// Schema errors reported per file; more end the reading of the schema (00201).
pub const MOST_SCHEMA_ERRORS: usize = 50;

/// The namespace of XML signatures.
const SIGNATURES: &str = "http://www.w3.org/2000/09/xmldsig#";
/// The namespace of what a document says of its schema.
const INSTANCES: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// A document as it was read.
#[derive(Debug)]
pub struct Document {
    /// Its elements.
    pub tree: Tree,
    /// Violations of the schema, in order.
    pub schema: Vec<Finding>,
    /// Whether an XML signature stands at the end.
    pub is_signed: bool,
    /// Namespace or version of a format that is no longer in force (before 2017).
    pub legacy: bool,
}

impl Default for Document {
    /// Nothing read yet; memory to be used from file to file.
    fn default() -> Self {
        Self { tree: Tree::new(Family::Ordinary), schema: Vec::new(), is_signed: false, legacy: false }
    }
}

/// Reads a file without its envelope.
///
/// # Errors
/// The file is not an invoice in XML at all.
pub fn read(bytes: &[u8]) -> Result<Document, ReadError> {
    let mut document = Document::default();
    read_into(bytes, &mut document)?;
    Ok(document)
}

/// Reads a file into a document used before, keeping its memory.
///
/// # Errors
/// The file is not an invoice in XML at all.
pub fn read_into(bytes: &[u8], document: &mut Document) -> Result<(), ReadError> {
    let (text, problem) = decode(bytes);
    document.schema.clear();
    document.schema.extend(problem);
    document.is_signed = false;
    document.legacy = false;
    let scanner = Scanner::new(&text)?;
    if text.starts_with(|first: char| first.is_ascii_whitespace()) && text.trim_ascii_start().starts_with("<?xml") {
        document.schema.push(Finding::schema(
            String::new(),
            "",
            "la dichiarazione XML non sta all'inizio del file: togliere gli spazi prima di essa",
            "the XML declaration is not at the start of the file: remove the blanks before it",
        ));
    }
    let frames = Vec::with_capacity(12);
    Builder { document, scanner, root: None, frames, value: String::new(), is_displaced: false, foreign: 0 }.run()
}

/// An element that is open.
struct Frame {
    /// None for the root.
    id: Option<Id>,
    position: Option<u32>,
    /// Child of the schema at which reading stands.
    cursor: usize,
    /// Children of the schema that were met, as bits.
    seen: u64,
    /// Whether a default namespace is in force here.
    in_namespace: bool,
    /// Whether it is to hold a value.
    is_value: bool,
    /// Whether a block holds text of its own.
    has_text: bool,
}

impl Frame {
    const ROOT: Self =
        Self { id: None, position: None, cursor: 0, seen: 0, in_namespace: false, is_value: false, has_text: false };

    const fn block(id: Id, position: u32) -> Self {
        Self { id: Some(id), position: Some(position), ..Self::ROOT }
    }
}

struct Builder<'d, 'a> {
    document: &'d mut Document,
    scanner: Scanner<'a>,
    /// The root, whose namespaces hold everywhere.
    root: Option<Tag<'a>>,
    frames: Vec<Frame>,
    /// Text of the element being read.
    value: String,
    /// Whether an element in a namespace was met.
    is_displaced: bool,
    /// Depth inside an element that the schema does not know, or a signature.
    foreign: usize,
}

impl<'a> Builder<'_, 'a> {
    fn run(mut self) -> Result<(), ReadError> {
        loop {
            while self.plain() {}
            match self.scanner.token()? {
                Token::Start(tag) => self.start(&tag)?,
                Token::End => self.end(),
                Token::Text(part) => self.text(&part, part.trim_ascii().is_empty()),
                // In a block, a CDATA section is text even when it holds blanks alone.
                Token::CData(part) => self.text(&part, false),
                Token::Eof => return Ok(()),
            }
        }
    }

    /// Reads what nearly all of a file is made of, the shortest way: the next element that the schema expects, without
    /// attributes, as a whole when it holds a value; the end of a block. False when something else comes next, or
    /// something that has to be reported.
    #[inline]
    fn plain(&mut self) -> bool {
        if self.foreign > 0 {
            return false;
        }
        let Some(frame) = self.frames.last_mut() else { return false };
        if frame.is_value || frame.in_namespace {
            return false;
        }
        self.scanner.blanks();
        let [b'<', second, ..] = self.scanner.rest() else { return false };
        if *second == b'/' {
            let is_end = self.scanner.leave();
            if is_end {
                self.end();
            }
            return is_end;
        }
        let family = self.document.tree.family();
        let children = family.children(frame.id);
        let mut index = frame.cursor;
        let (id, element) = loop {
            let Some(id) = children.get(index) else { return false };
            let element = family.element(*id);
            if self.scanner.is_at(element.name) {
                break (*id, element);
            }
            index += 1;
        };
        if frame.seen & (1 << index) != 0 && !element.repeats {
            return false;
        }
        let parent = frame.position;
        if let Some(kind) = element.value {
            let Some(value) = self.scanner.leaf(element.name) else { return false };
            (frame.seen, frame.cursor) = (frame.seen | 1 << index, index);
            let position = self.document.tree.leaf(id, parent, value);
            if !kind.admits(value) {
                self.refused(kind, position, value);
            }
        } else {
            (frame.seen, frame.cursor) = (frame.seen | 1 << index, index);
            self.scanner.enter(element.name);
            let position = self.document.tree.open(id, parent);
            self.frames.push(Frame::block(id, position));
        }
        true
    }

    /// Reports what is wrong with a value.
    fn refused(&mut self, kind: ValueType, position: u32, value: &str) {
        if let Some((it, en)) = kind.problem(value) {
            let path = self.document.tree.node(position).path();
            self.report(Finding::schema(path, value, it, en));
        }
    }

    fn report(&mut self, finding: Finding) {
        if self.document.legacy {
            return;
        }
        if self.document.schema.len() < MOST_SCHEMA_ERRORS {
            self.document.schema.push(finding);
        } else if self.document.schema.len() == MOST_SCHEMA_ERRORS {
            let (it, en) =
                ("più di 50 errori di schema, controllo interrotto", "more than 50 schema errors, the check stops");
            let finding = Finding::schema(String::new(), "", it, en);
            self.document.schema.push(Finding { code: "00201", ..finding });
        }
    }

    fn start(&mut self, tag: &Tag<'a>) -> Result<(), ReadError> {
        if self.foreign > 0 {
            self.foreign += 1;
            return Ok(());
        }
        let Some(frame) = self.frames.last() else { return self.root(tag) };
        let name = tag.local();
        let family = self.document.tree.family();
        let children = family.children(frame.id);
        let is_child = |child: &Id| family.element(*child).name == name;
        let found = children[frame.cursor.min(children.len())..]
            .iter()
            .position(is_child)
            .map(|offset| frame.cursor + offset)
            .or_else(|| children.iter().position(is_child));
        let Some(index) = found else {
            self.foreign = 1;
            self.unknown(tag);
            return Ok(());
        };
        let in_namespace = self.attributes(tag, frame.in_namespace);
        self.child(index, children[index], in_namespace, tag.prefix().is_some());
        Ok(())
    }

    /// A child that the schema knows at `index`; reports order, repetition and namespace.
    fn child(&mut self, index: usize, id: Id, in_namespace: bool, is_prefixed: bool) {
        let family = self.document.tree.family();
        let element = family.element(id);
        let Some(frame) = self.frames.last_mut() else { return };
        let (before, was_seen) = (index < frame.cursor, frame.seen & (1 << index) != 0);
        let after = before.then(|| family.children(frame.id).get(frame.cursor).copied());
        let after = after.map(|after| after.map_or("Signature", |after| family.element(after).name));
        frame.seen |= 1 << index;
        frame.cursor = frame.cursor.max(index);
        let position = self.document.tree.open(id, frame.position);
        self.frames.push(Frame { in_namespace, is_value: element.value.is_some(), ..Frame::block(id, position) });
        if let Some(after) = after {
            let it = format!("elemento fuori ordine: `{}` va prima di `{after}`", element.name);
            let en = format!("element out of order: `{}` must stand before `{after}`", element.name);
            self.report_here(&it, &en);
        } else if was_seen && !element.repeats {
            self.report_here("elemento ripetuto: è ammesso una volta sola", "repeated element: it may occur only once");
        }
        if (is_prefixed || in_namespace) && !self.is_displaced {
            // Said once: it is the same mistake everywhere.
            self.is_displaced = true;
            self.report_here(
                "solo la radice sta nel namespace: gli elementi interni vanno scritti senza prefisso né xmlns",
                "only the root is in the namespace: inner elements are written without prefix or xmlns",
            );
        }
    }

    fn report_here(&mut self, message_it: &str, message_en: &str) {
        let path = self.path();
        self.report(Finding::schema(path, "", message_it, message_en));
    }

    /// Path of the innermost open element.
    fn path(&self) -> String {
        let position = self.frames.last().and_then(|frame| frame.position);
        position.map(|position| self.document.tree.node(position).path()).unwrap_or_default()
    }

    fn unknown(&mut self, tag: &Tag<'a>) {
        let name = tag.local();
        if self.frames.len() == 1 && name == "Signature" && self.is_in(tag, tag.prefix(), SIGNATURES) {
            self.signature();
            return;
        }
        let path = joined(&self.path(), name);
        self.report(Finding::schema(
            path,
            "",
            format!("elemento `{name}` non previsto qui"),
            format!("element `{name}` is not expected here"),
        ));
    }

    /// A signature stands once, after the last body.
    fn signature(&mut self) {
        let Some(frame) = self.frames.last_mut() else { return };
        let children = self.document.tree.family().children(frame.id).len();
        let is_last = frame.seen & (1 << (children - 1)) != 0;
        frame.cursor = children;
        if std::mem::replace(&mut self.document.is_signed, true) || !is_last {
            self.report(Finding::schema(
                "Signature".to_owned(),
                "",
                "la firma sta una volta sola, dopo l'ultimo FatturaElettronicaBody",
                "the signature stands once, after the last FatturaElettronicaBody",
            ));
        }
    }

    /// Whether a prefix stands for a namespace, by the element's own declarations or those of the root.
    fn is_in(&self, tag: &Tag<'a>, prefix: Option<&str>, namespace: &str) -> bool {
        let is_declaration = |key: &str| match prefix {
            None => key == "xmlns",
            Some(prefix) => key.strip_prefix("xmlns:") == Some(prefix),
        };
        let mut declared = tag.attributes().chain(self.root.iter().flat_map(Tag::attributes));
        declared.find(|(key, _)| is_declaration(key)).is_some_and(|(_, value)| value == namespace)
    }

    /// Whether an attribute says where to find a schema, or a namespace: the schema admits these everywhere.
    fn is_markup(&self, tag: &Tag<'a>, key: &str) -> bool {
        match key.split_once(':') {
            None => key == "xmlns",
            Some(("xmlns", _)) => true,
            Some((prefix, "schemaLocation" | "noNamespaceSchemaLocation")) => self.is_in(tag, Some(prefix), INSTANCES),
            Some(_) => false,
        }
    }

    /// Whether a default namespace is in force inside; reports attributes that no element has.
    fn attributes(&mut self, tag: &Tag<'a>, inherited: bool) -> bool {
        let mut in_namespace = inherited;
        for (key, value) in tag.attributes() {
            if key == "xmlns" {
                in_namespace = !value.is_empty();
            } else if !self.is_markup(tag, key) {
                let path = joined(&self.path(), tag.local());
                self.report(Finding::schema(
                    path,
                    key,
                    format!("attributo `{key}` non previsto"),
                    format!("attribute `{key}` is not expected"),
                ));
            }
        }
        in_namespace
    }

    fn root(&mut self, tag: &Tag<'a>) -> Result<(), ReadError> {
        let local = tag.local();
        let family = [Family::Ordinary, Family::Simplified]
            .into_iter()
            .find(|family| family.root() == local)
            .ok_or_else(|| ReadError::NotAnInvoice { root: local.to_owned() })?;
        self.document.tree.clear(family);
        self.root = Some(*tag);
        let prefix = tag.prefix();
        let (mut own, mut in_namespace, mut others) = (String::new(), false, Vec::new());
        for (key, value) in tag.attributes() {
            if key == "xmlns" {
                in_namespace = !value.is_empty();
            }
            match key {
                "versione" => self.document.tree.versione.push_str(&value),
                "SistemaEmittente" => self.document.tree.sistema_emittente = Some(value.into_owned()),
                "xmlns" if prefix.is_none() => own = value.into_owned(),
                key if prefix.is_some() && key.strip_prefix("xmlns:") == prefix => own = value.into_owned(),
                key if self.is_markup(tag, key) => {}
                key => others.push(key.to_owned()),
            }
        }
        self.frames.push(Frame { in_namespace, ..Frame::ROOT });
        self.judge_root(family, &own, &others);
        Ok(())
    }

    fn judge_root(&mut self, family: Family, namespace: &str, others: &[String]) {
        if namespace != family.namespace() {
            let old = namespace.starts_with("http://www.fatturapa.gov.it/sdi/fatturapa/v1.");
            let (it, en) = if old {
                ("formato anteriore al 2017, non più accettato", "a format before 2017, no longer accepted")
            } else {
                ("namespace della radice sbagliato", "wrong namespace of the root element")
            };
            let it = format!("{it}: atteso `{}`", family.namespace());
            let en = format!("{en}: expected `{}`", family.namespace());
            self.report(Finding::schema(String::new(), namespace, it, en));
            self.document.legacy = old;
        }
        let admitted: &[&str] = if family == Family::Ordinary { Format::CODES } else { SIMPLIFIED_FORMATS };
        let version = self.document.tree.versione.clone();
        if !admitted.contains(&version.as_str()) {
            let (it, en) = (
                format!("attributo `versione` atteso: {}", admitted.join(", ")),
                format!("attribute `versione` must be one of {}", admitted.join(", ")),
            );
            self.report(Finding::schema("@versione".to_owned(), &version, it, en));
        }
        if let Some(system) = self.document.tree.sistema_emittente.clone()
            && let Some((it, en)) = super::schema::ValueType::Basic(10).problem(&system)
        {
            self.report(Finding::schema("@SistemaEmittente".to_owned(), &system, it, en));
        }
        for name in others {
            let (it, en) = (format!("attributo `{name}` non previsto"), format!("attribute `{name}` is not expected"));
            self.report(Finding::schema(format!("@{name}"), name, it, en));
        }
    }

    fn text(&mut self, part: &str, is_blank: bool) {
        if self.foreign > 0 {
            return;
        }
        if let Some(frame) = self.frames.last_mut() {
            if frame.is_value {
                self.value.push_str(part);
            } else {
                frame.has_text |= !is_blank;
            }
        }
    }

    /// Closes the innermost element.
    fn end(&mut self) {
        if self.foreign > 0 {
            self.foreign -= 1;
            return;
        }
        let Some(Frame { id, position, .. }) = self.frames.last() else { return };
        let kind = id.and_then(|id| self.document.tree.family().element(id).value);
        match (kind, *position) {
            (Some(kind), Some(position)) => {
                let value = std::mem::take(&mut self.value);
                self.document.tree.close(position, &value);
                self.refused(kind, position, &value);
                self.value = value;
            }
            (_, position) => {
                if let Some(position) = position {
                    self.document.tree.close(position, "");
                }
                self.block();
            }
        }
        self.value.clear();
        self.frames.pop();
    }

    /// What is missing in the block that ends, and text that stands in it.
    fn block(&mut self) {
        let Some(frame) = self.frames.last() else { return };
        let (id, seen, has_text) = (frame.id, frame.seen, frame.has_text);
        let family = self.document.tree.family();
        let (mut firm, mut persons, mut choices) = (false, 0, false);
        for (index, child) in family.children(id).iter().enumerate() {
            let element = family.element(*child);
            let was_seen = seen & (1 << index) != 0;
            match element.choice {
                Choice::None if element.min > 0 && !was_seen => self.missing(element.name),
                Choice::None => {}
                Choice::Firm => (choices, firm) = (true, was_seen),
                Choice::Person => persons += u8::from(was_seen),
            }
        }
        if choices && !matches!((firm, persons), (true, 0) | (false, 2)) {
            self.report_here(
                "serve Denominazione, oppure Nome e Cognome insieme, mai entrambe le forme",
                "either Denominazione, or Nome and Cognome together, never both",
            );
        }
        if has_text {
            self.report_here("testo fuori dagli elementi", "text outside the elements");
        }
    }

    fn missing(&mut self, name: &str) {
        let path = joined(&self.path(), name);
        self.report(Finding::schema(
            path,
            "",
            format!("manca l'elemento obbligatorio `{name}`"),
            format!("the mandatory element `{name}` is missing"),
        ));
    }
}

fn joined(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") }
}
