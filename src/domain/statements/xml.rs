//! A small tree of one element of a large XML file, so that a statement of any length is read entry by entry.

use memchr::memchr_iter;
use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::Event;

use super::model::StatementError;

/// Elements inside each other that a statement can have.
const MOST_DEPTH: usize = 48;

/// An element by its local name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Node {
    /// Local name.
    pub name: String,
    /// Line where it starts, from one.
    pub line: u64,
    /// Attribute `Ccy`, the only one that statements use.
    pub currency: Option<String>,
    /// Its text.
    pub text: String,
    /// Elements inside, in order.
    pub children: Vec<Node>,
}

impl Node {
    /// The element at a path of names, the first at each step.
    #[must_use]
    pub fn at(&self, path: &str) -> Option<&Self> {
        path.split('/').try_fold(self, |node, name| node.children.iter().find(|child| child.name == name))
    }

    /// The text at a path, without blanks around it; nothing when empty.
    #[must_use]
    pub fn text_at(&self, path: &str) -> Option<&str> {
        self.at(path).map(|node| node.text.trim()).filter(|text| !text.is_empty())
    }

    /// The elements of a name inside.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |child| child.name == name)
    }
}

/// Calls `take` with every element of the names `wanted`, whole, and with the names of those that enclose it; elements are given
/// when they end, so an enclosing wanted element comes without those that were given before.
///
/// # Errors
/// Text that is not well-formed, a DTD, or elements nested without reason.
pub fn each(text: &str, wanted: &[&str], mut take: impl FnMut(&[String], Node)) -> Result<(), StatementError> {
    let mut reader = Reader::from_str(text);
    let mut open: Vec<Node> = Vec::new();
    let mut counted = (0_usize, 1_u64);
    loop {
        let at = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX).min(text.len());
        counted.1 += memchr_iter(b'\n', &text.as_bytes()[counted.0..at]).count() as u64;
        counted.0 = at;
        let line = counted.1;
        let event = reader.read_event().map_err(|error| malformed(line, &error.to_string()))?;
        match event {
            Event::Start(start) => {
                if open.len() >= MOST_DEPTH {
                    return Err(malformed(line, "elements nested too deep"));
                }
                open.push(node(&start, line));
            }
            Event::Empty(start) => close(node(&start, line), &mut open, wanted, &mut take),
            Event::End(_) => {
                if let Some(node) = open.pop() {
                    close(node, &mut open, wanted, &mut take);
                }
            }
            Event::Text(part) => push(&mut open, &part),
            Event::CData(part) => push(&mut open, &part),
            Event::GeneralRef(reference) => {
                let resolved = match reference.resolve_char_ref() {
                    Ok(Some(letter)) => letter.to_string(),
                    _ => match resolve_predefined_entity(&reference) {
                        Some(known) => known.to_owned(),
                        None => return Err(malformed(line, "unknown entity")),
                    },
                };
                push(&mut open, &resolved);
            }
            Event::DocType(_) => return Err(malformed(line, "a document type declaration (DTD) is not admitted")),
            Event::Eof if open.is_empty() => return Ok(()),
            Event::Eof => return Err(malformed(line, "the file ends in the middle of an element")),
            _ => {}
        }
    }
}

fn node(start: &quick_xml::events::BytesStart<'_>, line: u64) -> Node {
    let name = start.name();
    let currency = start
        .attributes()
        .flatten()
        .find(|attribute| attribute.key.local_name().as_ref() == "Ccy")
        .map(|attribute| attribute.value.to_string());
    Node { name: name.local_name().as_ref().to_owned(), line, currency, ..Node::default() }
}

fn push(open: &mut [Node], text: &str) {
    if let Some(node) = open.last_mut() {
        node.text.push_str(text);
    }
}

fn close(node: Node, open: &mut [Node], wanted: &[&str], take: &mut impl FnMut(&[String], Node)) {
    if wanted.contains(&node.name.as_str()) {
        let names: Vec<String> = open.iter().map(|node| node.name.clone()).collect();
        take(&names, node);
    } else if let Some(parent) = open.last_mut() {
        parent.children.push(node);
    }
}

fn malformed(line: u64, reason: &str) -> StatementError {
    let message = format!("line {line}: not well-formed XML: {reason}");
    StatementError::new(message, format!("riga {line}: XML non ben formato: {reason}"))
}
