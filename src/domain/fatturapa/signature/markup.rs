//! An XML document as a tree that keeps what the canonical form needs: prefixes, namespace declarations, comments.
//!
//! Here: parsing with limits, and looking things up. Not here: writing the canonical form (`canonical`); reading
//! invoices, which never goes through this tree.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// Elements inside each other.
const MOST_DEPTH: usize = 200;
/// Elements, texts, comments of a document.
const MOST_NODES: usize = 1 << 20;
/// Attributes of one element; looking for repeated ones takes time that grows with the square.
const MOST_ATTRIBUTES: usize = 64;
/// Namespaces in force at one place.
const MOST_NAMESPACES: usize = 64;

/// The namespace of the prefix `xml`.
pub(super) const XML: &str = "http://www.w3.org/XML/1998/namespace";

/// What a node is.
#[derive(Debug)]
pub(super) enum Kind {
    /// Above the outermost element.
    Document,
    Element(Tag),
    Text(String),
    Comment(String),
    Instruction {
        target: String,
        data: String,
    },
}

/// An element without its children.
#[derive(Debug)]
pub(super) struct Tag {
    /// As written, with its prefix.
    pub(super) name: String,
    /// Prefix and namespace; the default one has an empty prefix.
    pub(super) namespaces: Vec<(String, String)>,
    /// Name as written, and value.
    pub(super) attributes: Vec<(String, String)>,
}

#[derive(Debug)]
struct Node {
    kind: Kind,
    parent: usize,
    first: Option<usize>,
    last: Option<usize>,
    next: Option<usize>,
}

/// A document; node 0 is the document itself.
#[derive(Debug)]
pub(super) struct Document {
    nodes: Vec<Node>,
}

/// Prefix and local name.
pub(super) fn split(name: &str) -> (&str, &str) {
    name.split_once(':').unwrap_or(("", name))
}

impl Document {
    /// Parses a document; the error says what is not supported.
    pub(super) fn parse(xml: &str) -> Result<Self, &'static str> {
        let mut reader = Reader::from_str(xml);
        reader.config_mut().expand_empty_elements = true;
        let mut document = Self { nodes: Vec::new() };
        document.push(Kind::Document, 0);
        let (mut at, mut depth, mut namespaces) = (0, 0, 0);
        loop {
            match reader.read_event().map_err(|_| "the XML is not well-formed")? {
                Event::Start(start) => {
                    let tag = tag(&start).ok_or("an attribute cannot be read")?;
                    namespaces += tag.namespaces.len();
                    depth += 1;
                    at = document.push(Kind::Element(tag), at);
                }
                Event::End(_) => {
                    namespaces -= document.tag(at).map_or(0, |tag| tag.namespaces.len());
                    depth -= 1;
                    at = document.nodes[at].parent;
                }
                Event::Text(text) => document.text(&text.xml10_content(), at),
                Event::CData(text) => document.text(&text.xml10_content(), at),
                Event::GeneralRef(reference) => {
                    let letter = entity(&reference).ok_or("an entity is not known")?;
                    document.text(letter.encode_utf8(&mut [0; 4]), at);
                }
                Event::Comment(comment) => {
                    document.push(Kind::Comment(comment.xml10_content().into_owned()), at);
                }
                Event::PI(instruction) => {
                    let data = lines(instruction.content().trim_start());
                    document.push(Kind::Instruction { target: instruction.target().to_owned(), data }, at);
                }
                Event::DocType(_) => return Err("a document type declaration is not supported in signed XML"),
                Event::Decl(_) | Event::Empty(_) => {}
                Event::Eof => break,
            }
            if depth > MOST_DEPTH || namespaces > MOST_NAMESPACES || document.nodes.len() > MOST_NODES {
                return Err("the XML is too deep or too large");
            }
        }
        if depth == 0 { Ok(document) } else { Err("the XML is not well-formed") }
    }

    fn push(&mut self, kind: Kind, parent: usize) -> usize {
        let new = self.nodes.len();
        self.nodes.push(Node { kind, parent, first: None, last: None, next: None });
        if new == 0 {
            return new;
        }
        match self.nodes[parent].last.replace(new) {
            Some(last) => self.nodes[last].next = Some(new),
            None => self.nodes[parent].first = Some(new),
        }
        new
    }

    /// Adds text, to the text before it where there is one; outside of the outermost element there is none.
    fn text(&mut self, text: &str, parent: usize) {
        if parent == 0 || text.is_empty() {
            return;
        }
        if let Some(last) = self.nodes[parent].last
            && let Kind::Text(before) = &mut self.nodes[last].kind
        {
            before.push_str(text);
        } else {
            self.push(Kind::Text(text.to_owned()), parent);
        }
    }

    /// What a node is.
    pub(super) fn kind(&self, node: usize) -> &Kind {
        &self.nodes[node].kind
    }

    /// The element at a node.
    pub(super) fn tag(&self, node: usize) -> Option<&Tag> {
        match self.kind(node) {
            Kind::Element(tag) => Some(tag),
            _ => None,
        }
    }

    /// The nodes inside a node.
    pub(super) fn children(&self, node: usize) -> impl Iterator<Item = usize> {
        std::iter::successors(self.nodes[node].first, |child| self.nodes[*child].next)
    }

    /// The nodes around a node, the nearest first, the document last.
    pub(super) fn ancestors(&self, node: usize) -> impl Iterator<Item = usize> {
        let above = move |node: &usize| (*node != 0).then(|| self.nodes[*node].parent);
        std::iter::successors(above(&node), above)
    }

    /// Whether a node is, or lies inside, another.
    pub(super) fn is_within(&self, node: usize, outer: usize) -> bool {
        node == outer || self.ancestors(node).any(|above| above == outer)
    }

    /// The outermost element.
    pub(super) fn root(&self) -> Option<usize> {
        self.children(0).find(|node| self.tag(*node).is_some())
    }

    /// All elements below a node, in the order of the document.
    pub(super) fn elements(&self, below: usize) -> impl Iterator<Item = usize> {
        // What follows the node and is not inside it hangs from a node before it.
        let all = (below + 1..self.nodes.len()).take_while(move |node| self.nodes[*node].parent >= below);
        all.filter(|node| self.tag(*node).is_some())
    }

    /// The elements with a local name directly inside a node.
    pub(super) fn named(&self, node: usize, local: &str) -> impl Iterator<Item = usize> {
        self.children(node).filter(move |child| self.is_named(*child, local))
    }

    /// The element at the end of a path of local names.
    pub(super) fn path(&self, node: usize, path: &[&str]) -> Option<usize> {
        path.iter().try_fold(node, |node, local| self.named(node, local).next())
    }

    /// Whether a node is an element with a local name.
    pub(super) fn is_named(&self, node: usize, local: &str) -> bool {
        self.tag(node).is_some_and(|tag| split(&tag.name).1 == local)
    }

    /// The namespace that a prefix has at a node.
    pub(super) fn namespace(&self, node: usize, prefix: &str) -> &str {
        let scopes = std::iter::once(node).chain(self.ancestors(node)).filter_map(|node| self.tag(node));
        let mut declared = scopes.flat_map(|tag| &tag.namespaces);
        declared.find(|(declared, _)| declared == prefix).map_or("", |(_, namespace)| namespace)
    }

    /// An attribute without a prefix.
    pub(super) fn attribute(&self, node: usize, name: &str) -> Option<&str> {
        let attributes = &self.tag(node)?.attributes;
        attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The text directly inside a node.
    pub(super) fn content(&self, node: usize) -> String {
        let texts = self.children(node).filter_map(|child| match self.kind(child) {
            Kind::Text(text) => Some(text.as_str()),
            _ => None,
        });
        texts.collect()
    }
}

fn tag(start: &BytesStart<'_>) -> Option<Tag> {
    let name = start.name().as_ref().to_owned();
    let mut tag = Tag { name, namespaces: Vec::new(), attributes: Vec::new() };
    for (place, attribute) in start.attributes().enumerate() {
        let attribute = attribute.ok().filter(|_| place < MOST_ATTRIBUTES)?;
        let (key, value) = (attribute.key.as_ref(), value(&attribute.value)?);
        match split(key) {
            ("", "xmlns") => tag.namespaces.push((String::new(), value)),
            ("xmlns", prefix) => tag.namespaces.push((prefix.to_owned(), value)),
            _ => tag.attributes.push((key.to_owned(), value)),
        }
    }
    Some(tag)
}

/// The value of an attribute: blanks as spaces, references as what they stand for.
fn value(raw: &str) -> Option<String> {
    let raw = lines(raw);
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw.as_str();
    while let Some(at) = rest.find(['&', '\t', '\n', '\r']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some(reference) = rest.strip_prefix('&') {
            let (reference, after) = reference.split_once(';')?;
            out.push(entity(reference)?);
            rest = after;
        } else {
            out.push(' ');
            rest = &rest[1..];
        }
    }
    out.push_str(rest);
    Some(out)
}

/// The letter that a reference stands for.
fn entity(reference: &str) -> Option<char> {
    let point = match reference {
        "amp" => return Some('&'),
        "lt" => return Some('<'),
        "gt" => return Some('>'),
        "quot" => return Some('"'),
        "apos" => return Some('\''),
        _ => reference.strip_prefix('#')?,
    };
    match point.strip_prefix('x') {
        Some(digits) => u32::from_str_radix(digits, 16).ok().and_then(char::from_u32),
        None => point.parse().ok().and_then(char::from_u32),
    }
}

/// Ends of lines as XML sees them.
fn lines(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}
