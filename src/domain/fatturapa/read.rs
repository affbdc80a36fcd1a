//! From the bytes of an XML file to a [`Tree`], judging the schema on the way (00200).
//!
//! Here: encodings, namespaces, order, cardinality, types, hostile input. Every violation is reported with its place and
//! reading goes on, so that the content controls can be made as well. Not here: envelopes (`signature`), archives, the
//! content controls (`check`).

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};

use super::codes::Format;
use super::decode::decode;
use super::finding::Finding;
use super::read_error::MOST_DEPTH;
pub use super::read_error::ReadError;
use super::schema::types::SIMPLIFIED_FORMATS;
use super::schema::{Choice, Family, Id};
use super::tree::Tree;

/// Schema errors reported per file; more end the reading of the schema (00201).
pub const MOST_SCHEMA_ERRORS: usize = 50;

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
    Builder {
        document,
        text: &text,
        frames: Vec::with_capacity(12),
        value: String::new(),
        is_displaced: false,
        foreign: 0,
    }
    .run()
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
    /// Whether a block holds text of its own.
    has_text: bool,
}

struct Builder<'a> {
    document: &'a mut Document,
    text: &'a str,
    frames: Vec<Frame>,
    /// Text of the element being read.
    value: String,
    /// Whether an element in a namespace was met.
    is_displaced: bool,
    /// Depth inside an element that the schema does not know, or a signature.
    foreign: usize,
}

impl Builder<'_> {
    fn run(mut self) -> Result<(), ReadError> {
        let text = self.text;
        if text.trim_ascii().is_empty() {
            return Err(ReadError::Empty);
        }
        let mut reader = Reader::from_str(text);
        let config = reader.config_mut();
        config.expand_empty_elements = true;
        config.allow_dangling_amp = false;
        let mut is_done = false;
        loop {
            let event =
                reader.read_event().map_err(|error| self.broken(reader.error_position(), &error.to_string()))?;
            let at = reader.buffer_position();
            match event {
                Event::Start(start) if is_done => {
                    let name = start.local_name().as_ref().to_owned();
                    return Err(self.broken(at, &format!("a second root element `{name}`")));
                }
                Event::Start(start) => self.start(&start, at)?,
                Event::End(_) => is_done = self.end(),
                Event::Text(part) => self.text(part.as_ref(), at, is_done)?,
                Event::CData(part) => self.text(part.as_ref(), at, is_done)?,
                Event::GeneralRef(entity) => self.entity(&entity, at)?,
                Event::DocType(_) => return Err(ReadError::Dtd { line: self.line(at) }),
                Event::Eof if is_done => return Ok(()),
                Event::Eof => return Err(self.broken(at, "the file ends before its root element")),
                Event::Decl(_) | Event::PI(_) | Event::Comment(_) | Event::Empty(_) => {}
            }
        }
    }

    fn line(&self, offset: u64) -> usize {
        let offset = usize::try_from(offset).unwrap_or(usize::MAX).min(self.text.len());
        memchr::memchr_iter(b'\n', &self.text.as_bytes()[..offset]).count() + 1
    }

    fn broken(&self, offset: u64, reason: &str) -> ReadError {
        ReadError::NotXml { line: self.line(offset), reason: reason.to_owned() }
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

    fn start(&mut self, start: &BytesStart<'_>, at: u64) -> Result<(), ReadError> {
        if self.foreign > 0 {
            self.foreign += 1;
            return if self.foreign > MOST_DEPTH { Err(ReadError::TooDeep { line: self.line(at) }) } else { Ok(()) };
        }
        if self.frames.is_empty() {
            return self.root(start, at);
        }
        self.value.clear();
        let qualified = start.name();
        let raw = qualified.as_ref();
        let colon = memchr::memchr(b':', raw.as_bytes());
        let name = colon.map_or(raw, |colon| &raw[colon + 1..]);
        let Some(frame) = self.frames.last() else { return Ok(()) };
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
            self.unknown(name);
            return Ok(());
        };
        let in_namespace = self.attributes(start, frame.in_namespace, at)?;
        self.child(index, children[index], in_namespace, colon.is_some());
        Ok(())
    }

    /// A child that the schema knows at `index`; reports order, repetition and namespace.
    fn child(&mut self, index: usize, id: Id, in_namespace: bool, is_prefixed: bool) {
        let family = self.document.tree.family();
        let element = family.element(id);
        let Some(frame) = self.frames.last_mut() else { return };
        let (before, was_seen) = (index < frame.cursor, frame.seen & (1 << index) != 0);
        let after = before.then(|| family.element(family.children(frame.id)[frame.cursor]).name);
        frame.seen |= 1 << index;
        frame.cursor = frame.cursor.max(index);
        let position = self.document.tree.open(id, frame.position);
        self.frames.push(Frame {
            id: Some(id),
            position: Some(position),
            cursor: 0,
            seen: 0,
            in_namespace,
            has_text: false,
        });
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

    fn unknown(&mut self, name: &str) {
        if self.frames.len() == 1 && name == "Signature" {
            self.document.is_signed = true;
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

    /// Whether a default namespace is in force inside; reports attributes that no element has.
    fn attributes(&mut self, start: &BytesStart<'_>, inherited: bool, at: u64) -> Result<bool, ReadError> {
        if start.attributes_raw().trim_ascii().is_empty() {
            return Ok(inherited);
        }
        let mut in_namespace = inherited;
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|error| self.broken(at, &error.to_string()))?;
            match attribute.key.as_ref() {
                "xmlns" => in_namespace = !attribute.value.is_empty(),
                key if key.starts_with("xmlns:") || key.starts_with("xsi:") || key.starts_with("xml:") => {}
                key => {
                    let path = joined(&self.path(), start.local_name().as_ref());
                    self.report(Finding::schema(
                        path,
                        key,
                        format!("attributo `{key}` non previsto"),
                        format!("attribute `{key}` is not expected"),
                    ));
                }
            }
        }
        Ok(in_namespace)
    }

    fn root(&mut self, start: &BytesStart<'_>, at: u64) -> Result<(), ReadError> {
        let local = start.local_name();
        let family = [Family::Ordinary, Family::Simplified]
            .into_iter()
            .find(|family| family.root() == local.as_ref())
            .ok_or_else(|| ReadError::NotAnInvoice { root: local.as_ref().to_owned() })?;
        self.document.tree.clear(family);
        let prefix = start.name().prefix().map(|prefix| prefix.as_ref().to_owned());
        let (mut own, mut default, mut others) = (String::new(), false, Vec::new());
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|error| self.broken(at, &error.to_string()))?;
            let value = attribute_value(&attribute.value);
            match (attribute.key.as_ref(), &prefix) {
                ("versione", _) => self.document.tree.versione = value,
                ("SistemaEmittente", _) => self.document.tree.sistema_emittente = Some(value),
                ("xmlns", prefix) => {
                    default = !value.is_empty();
                    if prefix.is_none() {
                        own = value;
                    }
                }
                (key, Some(prefix)) if key.strip_prefix("xmlns:") == Some(prefix.as_str()) => own = value,
                (key, _) if key.starts_with("xmlns:") || key.starts_with("xsi:") || key.starts_with("xml:") => {}
                (key, _) => others.push(key.to_owned()),
            }
        }
        self.frames.push(Frame {
            id: None,
            position: None,
            cursor: 0,
            seen: 0,
            in_namespace: default,
            has_text: false,
        });
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

    fn text(&mut self, part: &str, at: u64, is_done: bool) -> Result<(), ReadError> {
        if self.foreign > 0 {
            return Ok(());
        }
        let is_blank = part.trim_ascii().is_empty();
        if self.frames.is_empty() {
            let out = if is_done { "text after the root element" } else { "text before the root element" };
            return if is_blank { Ok(()) } else { Err(self.broken(at, out)) };
        }
        if part.contains('\r') {
            self.value.push_str(&part.replace("\r\n", "\n").replace('\r', "\n"));
        } else {
            self.value.push_str(part);
        }
        if !is_blank && let Some(frame) = self.frames.last_mut() {
            frame.has_text = true;
        }
        let forbidden = |byte: u8| matches!(byte, 0..=8 | 11 | 12 | 14..=31);
        if part.bytes().any(forbidden) {
            return Err(self.broken(at, "a control character"));
        }
        Ok(())
    }

    fn entity(&mut self, entity: &BytesRef<'_>, at: u64) -> Result<(), ReadError> {
        let resolved: Option<char> = match entity.resolve_char_ref() {
            Ok(Some(character)) => Some(character),
            _ => resolve_predefined_entity(entity).and_then(|text| text.chars().next()),
        };
        let Some(character) = resolved else {
            let name: &str = entity;
            return Err(self.broken(at, &format!("unknown entity `&{name};`")));
        };
        if self.foreign == 0 {
            self.value.push(character);
            if let Some(frame) = self.frames.last_mut() {
                frame.has_text = true;
            }
        }
        Ok(())
    }

    /// Closes the innermost element; true when it was the root.
    fn end(&mut self) -> bool {
        if self.foreign > 0 {
            self.foreign -= 1;
            return false;
        }
        let Some(frame) = self.frames.last() else { return true };
        let element = frame.id.map(|id| self.document.tree.family().element(id));
        match (element.and_then(|element| element.value), frame.position) {
            (Some(kind), Some(position)) => {
                let problem = kind.problem(&self.value);
                self.document.tree.close(position, &self.value);
                if let Some((it, en)) = problem {
                    let (path, value) = (self.path(), std::mem::take(&mut self.value));
                    self.report(Finding::schema(path, &value, it, en));
                }
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
        self.frames.is_empty()
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

fn attribute_value(raw: &str) -> String {
    quick_xml::escape::unescape(raw).map_or_else(|_| raw.to_owned(), Cow::into_owned)
}
