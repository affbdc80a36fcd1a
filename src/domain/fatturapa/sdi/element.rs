//! From the bytes of a message to a small tree of elements by local name.
//!
//! Here: limits on size and number of elements, and what a file is that is no message at all. The signature is skipped.
//! Not here: XML itself (`scan`), encodings (`decode`), what the elements mean (`message`).

use thiserror::Error;

use crate::domain::fatturapa::decode::decode;
use crate::domain::fatturapa::scan::{Scanner, Tag, Token, XmlError};

/// Largest message, in bytes: a refusal with 200 errors at full length stays below one million.
pub const MOST_BYTES: usize = 5 << 20;
/// Elements outside the signature; a refusal with 200 errors has about 800.
pub const MOST_ELEMENTS: usize = 20_000;

/// Why bytes are no tree of elements.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ElementError {
    /// They cannot be read as XML.
    #[error(transparent)]
    Xml(#[from] XmlError),
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
    /// More elements than a message can have.
    #[error("line {line}: more than {MOST_ELEMENTS} elements")]
    TooMany {
        /// Line from one.
        line: usize,
    },
}

impl ElementError {
    /// The same in Italian.
    #[must_use]
    pub fn message_it(&self) -> String {
        match self {
            Self::Xml(error) => error.message_it(),
            Self::NotXml { .. } => "non è un file XML (un archivio ZIP o un file .p7m va prima aperto)".to_owned(),
            Self::TooLarge { bytes } => format!("{bytes} byte, più dei {MOST_BYTES} che un messaggio può avere"),
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

    /// An element as its tag says; the namespace is wanted of the root alone.
    fn of(tag: &Tag<'_>, is_root: bool) -> Self {
        let mut element = Self { name: tag.local().to_owned(), ..Self::default() };
        for (key, value) in tag.attributes() {
            let declared = if key == "xmlns" { Some(None) } else { key.strip_prefix("xmlns:").map(Some) };
            match declared {
                Some(declared) if is_root && declared == tag.prefix() => element.namespace = Some(value.into_owned()),
                Some(_) => {}
                None => {
                    let local = key.split_once(':').map_or(key, |(_, local)| local);
                    element.attributes.push((local.to_owned(), value.into_owned()));
                }
            }
        }
        element
    }
}

/// Reads the root element with all that is in it.
///
/// # Errors
/// The bytes are not well-formed XML, or go beyond a limit.
pub fn parse(bytes: &[u8]) -> Result<Element, ElementError> {
    if bytes.len() > MOST_BYTES {
        return Err(ElementError::TooLarge { bytes: bytes.len() });
    }
    if let Some(found) = other_kind(bytes) {
        return Err(ElementError::NotXml { found });
    }
    let (text, _) = decode(bytes);
    let mut scanner = Scanner::new(&text)?;
    let mut root = Element::default();
    let mut open: Vec<Element> = Vec::new();
    let (mut skipped, mut elements) = (0_usize, 0);
    loop {
        match scanner.token()? {
            Token::Start(tag) if skipped > 0 || (tag.local() == "Signature" && !open.is_empty()) => skipped += 1,
            Token::Start(tag) => {
                elements += 1;
                if elements > MOST_ELEMENTS {
                    return Err(ElementError::TooMany { line: scanner.line() });
                }
                open.push(Element::of(&tag, open.is_empty()));
            }
            Token::End if skipped > 0 => skipped -= 1,
            Token::End => {
                let Some(element) = open.pop() else { continue };
                match open.last_mut() {
                    Some(parent) => parent.children.push(element),
                    None => root = element,
                }
            }
            Token::Text(part) | Token::CData(part) if skipped == 0 => {
                if let Some(element) = open.last_mut() {
                    element.text.push_str(&part);
                }
            }
            Token::Text(_) | Token::CData(_) => {}
            Token::Eof => return Ok(root),
        }
    }
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

#[cfg(test)]
#[path = "tests/element.rs"]
mod tests;
