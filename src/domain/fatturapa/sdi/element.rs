//! From the bytes of a message to a small tree of elements by local name.
//!
//! Here: encodings, hostile input (no DTD, no entities of its own, caps on size, depth and number of elements). The
//! signature is skipped. Not here: what the elements mean (`message`).

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8};
use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};
use thiserror::Error;

use crate::domain::fatturapa::decode::label;

/// Largest message, in bytes: a refusal with 200 errors at full length stays below one million.
pub const MOST_BYTES: usize = 5 << 20;
/// Elements inside each other; messages need four, signatures some more.
pub const MOST_DEPTH: usize = 64;
/// Attributes of one element, in bytes.
const MOST_ATTRIBUTES: usize = 8 << 10;
/// Elements outside the signature; a refusal with 200 errors has about 800.
pub const MOST_ELEMENTS: usize = 20_000;

/// Why bytes are not a text in XML that can be read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum XmlError {
    /// Nothing in the file.
    #[error("the file is empty")]
    Empty,
    /// A file of another kind, known by its first bytes.
    #[error("expected XML, found {found}")]
    NotXml {
        /// What it is instead.
        found: &'static str,
    },
    /// More bytes than a message can have.
    #[error("expected a message of at most {MOST_BYTES} bytes, found {bytes}")]
    TooLarge {
        /// How many there are.
        bytes: usize,
    },
    /// The declared encoding has no known name.
    #[error("unknown encoding `{label}`, expected `UTF-8`, `windows-1252` or `ISO-8859-1`")]
    UnknownEncoding {
        /// As declared.
        label: String,
    },
    /// Bytes that the encoding does not have.
    #[error("the text is not valid `{encoding}`, the encoding that it declares")]
    Encoding {
        /// Name of the encoding.
        encoding: &'static str,
    },
    /// Not well-formed.
    #[error("line {line}: not well-formed XML: {reason}")]
    Malformed {
        /// Line from one.
        line: usize,
        /// What the parser says.
        reason: String,
    },
    /// A document type declaration, which could name foreign files or grow without end.
    #[error("line {line}: a document type declaration (DTD) is not admitted")]
    Dtd {
        /// Line from one.
        line: usize,
    },
    /// Elements nested without reason.
    #[error("line {line}: elements nested more than {MOST_DEPTH} deep")]
    TooDeep {
        /// Line from one.
        line: usize,
    },
    /// More elements than a message can have.
    #[error("line {line}: more than {MOST_ELEMENTS} elements")]
    TooMany {
        /// Line from one.
        line: usize,
    },
}

impl XmlError {
    /// The same in Italian.
    #[must_use]
    pub fn message_it(&self) -> String {
        match self {
            Self::Empty => "il file è vuoto".to_owned(),
            Self::NotXml { .. } => "non è un file XML (un archivio ZIP o un file .p7m va prima aperto)".to_owned(),
            Self::TooLarge { bytes } => format!("{bytes} byte, più dei {MOST_BYTES} che un messaggio può avere"),
            Self::UnknownEncoding { label } => format!("codifica sconosciuta `{label}`"),
            Self::Encoding { encoding } => format!("il testo non è nella codifica che dichiara, `{encoding}`"),
            Self::Malformed { line, reason } => format!("riga {line}: XML non ben formato: {reason}"),
            Self::Dtd { line } => format!("riga {line}: una dichiarazione DTD non è ammessa"),
            Self::TooDeep { line } => format!("riga {line}: elementi annidati oltre {MOST_DEPTH} livelli"),
            Self::TooMany { line } => format!("riga {line}: più di {MOST_ELEMENTS} elementi"),
        }
    }
}

/// One element, by the name without its prefix.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Element {
    /// Local name.
    pub name: String,
    /// Namespace, of the root only.
    pub namespace: Option<String>,
    /// Attributes in order, by local name; declarations of namespaces are left out.
    pub attributes: Vec<(String, String)>,
    /// Its own text as written, parts joined.
    pub text: String,
    /// Elements inside, in order, without the signature.
    pub children: Vec<Element>,
}

impl Element {
    /// The first child of that name.
    #[must_use]
    pub fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// Trimmed text of the first child of that name, unless empty.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&str> {
        self.child(name).map(|child| child.text.trim()).filter(|text| !text.is_empty())
    }

    /// The value of an attribute.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.trim())
    }
}

/// Reads the root element with all that is in it.
///
/// # Errors
/// The bytes are not well-formed XML, or go beyond a cap.
pub fn parse(bytes: &[u8]) -> Result<Element, XmlError> {
    if bytes.len() > MOST_BYTES {
        return Err(XmlError::TooLarge { bytes: bytes.len() });
    }
    let text = decode(bytes)?;
    let trimmed = text.trim_start();
    if trimmed.is_empty() {
        return Err(XmlError::Empty);
    }
    if !trimmed.starts_with('<') {
        return Err(XmlError::NotXml { found: "text that does not begin with `<`" });
    }
    Parser { text: trimmed, open: Vec::new(), root: None, skipped: 0, elements: 0 }.run()
}

/// The text by its byte order mark, else its declaration, else UTF-8.
fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, XmlError> {
    if let Some(found) = other_kind(bytes) {
        return Err(XmlError::NotXml { found });
    }
    let (encoding, mark) = match Encoding::for_bom(bytes) {
        Some(known) => known,
        None => (declared(bytes)?, 0),
    };
    let body = bytes.get(mark..).unwrap_or_default();
    encoding
        .decode_without_bom_handling_and_without_replacement(body)
        .ok_or(XmlError::Encoding { encoding: encoding.name() })
}

fn other_kind(bytes: &[u8]) -> Option<&'static str> {
    let kinds: [(&[u8], &str); 4] = [
        (b"PK\x03\x04", "a ZIP archive: open it and read the file inside"),
        (b"PK\x05\x06", "an empty ZIP archive"),
        (b"%PDF", "a PDF file"),
        (b"-----BEGIN", "a PEM file"),
    ];
    let known = kinds.iter().find(|(magic, _)| bytes.starts_with(magic)).map(|(_, found)| *found);
    let is_signed = matches!(bytes, [0x30, 0x80..=0x84, ..]);
    known.or_else(|| is_signed.then_some("a signed file (.p7m): take the content out first"))
}

/// The declared encoding. One that says UTF-16 but can be read byte by byte is UTF-8 in truth.
fn declared(bytes: &[u8]) -> Result<&'static Encoding, XmlError> {
    let Some(label) = label(bytes) else { return Ok(UTF_8) };
    Encoding::for_label(label.as_bytes())
        .map(Encoding::output_encoding)
        .ok_or_else(|| XmlError::UnknownEncoding { label: label.to_owned() })
}

struct Parser<'a> {
    text: &'a str,
    open: Vec<Element>,
    root: Option<Element>,
    /// Depth inside the signature.
    skipped: usize,
    elements: usize,
}

impl Parser<'_> {
    fn run(mut self) -> Result<Element, XmlError> {
        let mut reader = Reader::from_str(self.text);
        reader.config_mut().expand_empty_elements = true;
        loop {
            let event =
                reader.read_event().map_err(|error| self.malformed(reader.error_position(), &error.to_string()))?;
            let at = reader.buffer_position();
            match event {
                Event::Start(start) => self.start(&start, at)?,
                Event::End(_) => self.end(),
                Event::Text(part) => self.append(&part.xml10_content(), at)?,
                Event::CData(part) => self.append(&part.xml10_content(), at)?,
                Event::GeneralRef(entity) => self.entity(&entity, at)?,
                Event::DocType(_) => return Err(XmlError::Dtd { line: self.line(at) }),
                Event::Eof => break self.finish(at),
                Event::Decl(_) | Event::PI(_) | Event::Comment(_) | Event::Empty(_) => {}
            }
        }
    }

    fn finish(mut self, at: u64) -> Result<Element, XmlError> {
        let root = self.root.take().filter(|_| self.open.is_empty());
        root.ok_or_else(|| self.malformed(at, "the file ends before its root element does"))
    }

    fn start(&mut self, start: &BytesStart<'_>, at: u64) -> Result<(), XmlError> {
        if self.root.is_some() {
            return Err(self.malformed(at, "a second root element"));
        }
        if self.open.len() + self.skipped >= MOST_DEPTH {
            return Err(XmlError::TooDeep { line: self.line(at) });
        }
        let name = start.local_name().as_ref().to_owned();
        if self.skipped > 0 || (name == "Signature" && !self.open.is_empty()) {
            self.skipped += 1;
            return Ok(());
        }
        self.elements += 1;
        if self.elements > MOST_ELEMENTS {
            return Err(XmlError::TooMany { line: self.line(at) });
        }
        let mut element = Element { name, ..Element::default() };
        self.attributes(start, &mut element, at)?;
        self.open.push(element);
        Ok(())
    }

    fn attributes(&self, start: &BytesStart<'_>, element: &mut Element, at: u64) -> Result<(), XmlError> {
        if start.attributes_raw().len() > MOST_ATTRIBUTES {
            return Err(self.malformed(at, &format!("attributes of more than {MOST_ATTRIBUTES} bytes")));
        }
        let prefix = start.name().prefix().map(|prefix| prefix.as_ref().to_owned());
        let is_root = self.open.is_empty();
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|error| self.malformed(at, &error.to_string()))?;
            let raw = quick_xml::escape::unescape(&attribute.value);
            let value = raw.map_err(|error| self.malformed(at, &error.to_string()))?.into_owned();
            let (key, local) = (attribute.key.as_ref(), attribute.key.local_name());
            let declares = key.strip_prefix("xmlns").map(|rest| rest.strip_prefix(':'));
            match declares {
                Some(declared) if declared.is_some() || key == "xmlns" => {
                    if is_root && declared == prefix.as_deref() {
                        element.namespace = Some(value);
                    }
                }
                _ => element.attributes.push((local.as_ref().to_owned(), value)),
            }
        }
        Ok(())
    }

    fn end(&mut self) {
        if self.skipped > 0 {
            self.skipped -= 1;
            return;
        }
        let Some(element) = self.open.pop() else { return };
        match self.open.last_mut() {
            Some(parent) => parent.children.push(element),
            None => self.root = Some(element),
        }
    }

    fn append(&mut self, part: &str, at: u64) -> Result<(), XmlError> {
        if self.skipped > 0 {
            return Ok(());
        }
        match self.open.last_mut() {
            Some(element) => element.text.push_str(part),
            None if part.trim().is_empty() => {}
            None => return Err(self.malformed(at, "text outside the root element")),
        }
        Ok(())
    }

    fn entity(&mut self, entity: &BytesRef<'_>, at: u64) -> Result<(), XmlError> {
        let character = entity.resolve_char_ref().map_err(|error| self.malformed(at, &error.to_string()))?;
        if let Some(character) = character {
            return self.append(character.encode_utf8(&mut [0; 4]), at);
        }
        let name = entity.xml10_content();
        match resolve_predefined_entity(&name) {
            Some(text) => self.append(text, at),
            None => Err(self.malformed(at, &format!("the entity `{name}` is not one of XML"))),
        }
    }

    fn line(&self, offset: u64) -> usize {
        let offset = usize::try_from(offset).unwrap_or(usize::MAX).min(self.text.len());
        self.text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
    }

    fn malformed(&self, offset: u64, reason: &str) -> XmlError {
        XmlError::Malformed { line: self.line(offset), reason: reason.to_owned() }
    }
}

#[cfg(test)]
#[path = "tests/xml.rs"]
mod tests;
