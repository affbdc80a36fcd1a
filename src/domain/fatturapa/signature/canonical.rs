//! The canonical form of XML, over which digests of XML signatures are made: Canonical XML 1.0 and 1.1, and Exclusive
//! XML Canonicalization 1.0, each with or without comments.
//!
//! Here: writing a part of a document, some elements left out. Not here: which part and which method (`xades`).

use super::markup::{Document, Kind, Tag, XML, split};

/// A way of writing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Method {
    /// Namespaces are written where they are used, not where they are declared.
    pub(super) is_exclusive: bool,
    /// Comments are kept.
    pub(super) keeps_comments: bool,
    /// Version 1.1 does not hand `xml:id` down.
    pub(super) is_version_1_1: bool,
    /// Prefixes that the exclusive method treats as the others do.
    pub(super) prefixes: Vec<String>,
}

impl Method {
    /// The method of an identifier.
    pub(super) fn of(identifier: &str) -> Option<Self> {
        let (identifier, keeps_comments) = match identifier.strip_suffix("WithComments") {
            Some(base) => (base.trim_end_matches('#'), true),
            None => (identifier.trim_end_matches('#'), false),
        };
        let (is_exclusive, is_version_1_1) = match identifier {
            "http://www.w3.org/TR/2001/REC-xml-c14n-20010315" => (false, false),
            "http://www.w3.org/2006/12/xml-c14n11" => (false, true),
            "http://www.w3.org/2001/10/xml-exc-c14n" => (true, false),
            _ => return None,
        };
        Some(Self { is_exclusive, keeps_comments, is_version_1_1, prefixes: Vec::new() })
    }
}

/// The canonical form of a node and what is inside, without the elements left out.
pub(super) fn canonical(document: &Document, apex: usize, left_out: &[usize], method: &Method) -> Vec<u8> {
    let mut writer =
        Writer { document, left_out, method, apex, out: Vec::new(), scope: Vec::new(), written: Vec::new() };
    let above: Vec<usize> = document.ancestors(apex).collect();
    for tag in above.iter().rev().filter_map(|node| document.tag(*node)) {
        writer.scope.extend(tag.namespaces.iter().map(|(prefix, uri)| (prefix.as_str(), uri.as_str())));
    }
    writer.node(apex);
    writer.out
}

/// Prefix and namespace.
type Namespace<'d> = (&'d str, &'d str);

struct Writer<'d> {
    document: &'d Document,
    left_out: &'d [usize],
    method: &'d Method,
    apex: usize,
    out: Vec<u8>,
    /// Declared so far, the innermost last.
    scope: Vec<Namespace<'d>>,
    /// Written so far.
    written: Vec<Namespace<'d>>,
}

impl<'d> Writer<'d> {
    fn node(&mut self, node: usize) {
        match self.document.kind(node) {
            Kind::Document => self.outside(node),
            Kind::Element(_) if self.left_out.contains(&node) => {}
            Kind::Element(tag) => self.element(node, tag),
            Kind::Text(text) => escape(&mut self.out, text, false),
            Kind::Comment(comment) if self.method.keeps_comments => self.put(&["<!--", comment, "-->"]),
            Kind::Comment(_) => {}
            Kind::Instruction { target, data } if data.is_empty() => self.put(&["<?", target, "?>"]),
            Kind::Instruction { target, data } => self.put(&["<?", target, " ", data, "?>"]),
        }
    }

    /// The document: what stands beside the outermost element is on lines of its own.
    fn outside(&mut self, node: usize) {
        let mut is_after = false;
        for child in self.document.children(node) {
            let before = self.out.len();
            if self.document.tag(child).is_some() {
                self.node(child);
                is_after = true;
            } else {
                if is_after {
                    self.out.push(b'\n');
                }
                let start = self.out.len();
                self.node(child);
                if self.out.len() == start {
                    self.out.truncate(before);
                } else if !is_after {
                    self.out.push(b'\n');
                }
            }
        }
    }

    fn element(&mut self, node: usize, tag: &'d Tag) {
        let (scope, written) = (self.scope.len(), self.written.len());
        self.scope.extend(tag.namespaces.iter().map(|(prefix, uri)| (prefix.as_str(), uri.as_str())));
        self.put(&["<", &tag.name]);
        self.namespaces(node, tag);
        self.attributes(node, tag);
        self.out.push(b'>');
        for child in self.document.children(node) {
            self.node(child);
        }
        self.put(&["</", &tag.name, ">"]);
        self.scope.truncate(scope);
        self.written.truncate(written);
    }

    fn namespaces(&mut self, node: usize, tag: &'d Tag) {
        let mut prefixes: Vec<&str> = if self.method.is_exclusive {
            let names = std::iter::once(&tag.name).chain(tag.attributes.iter().map(|(name, _)| name));
            let used = names.enumerate().map(|(place, name)| (place, split(name).0));
            let used = used.filter(|(place, prefix)| *place == 0 || !prefix.is_empty()).map(|(_, prefix)| prefix);
            used.chain(self.method.prefixes.iter().map(String::as_str)).collect()
        } else if node == self.apex {
            self.scope.iter().map(|(prefix, _)| *prefix).collect()
        } else {
            tag.namespaces.iter().map(|(prefix, _)| prefix.as_str()).collect()
        };
        prefixes.sort_unstable();
        prefixes.dedup();
        for prefix in prefixes.into_iter().filter(|prefix| *prefix != "xml") {
            let Some(uri) = last(&self.scope, prefix).or((prefix.is_empty()).then_some("")) else { continue };
            if last(&self.written, prefix).unwrap_or("") == uri {
                continue;
            }
            self.written.push((prefix, uri));
            self.put(&[" xmlns", if prefix.is_empty() { "" } else { ":" }, prefix, "=\""]);
            escape(&mut self.out, uri, true);
            self.out.push(b'"');
        }
    }

    fn attributes(&mut self, node: usize, tag: &'d Tag) {
        let mut attributes: Vec<(&str, &str, &str, &str)> = Vec::new();
        let own = tag.attributes.iter().map(|attribute| (attribute, false));
        let inherited = self.inherited(node).into_iter().map(|attribute| (attribute, true));
        for ((name, value), is_inherited) in own.chain(inherited) {
            if is_inherited && attributes.iter().any(|(_, _, known, _)| known == name) {
                continue;
            }
            let (prefix, local) = split(name);
            let uri = match prefix {
                "" => "",
                "xml" => XML,
                prefix => last(&self.scope, prefix).unwrap_or(""),
            };
            attributes.push((uri, local, name, value));
        }
        attributes.sort_unstable();
        for (_, _, name, value) in attributes {
            self.put(&[" ", name, "=\""]);
            escape(&mut self.out, value, true);
            self.out.push(b'"');
        }
    }

    /// The attributes of the prefix `xml` that the outermost element written takes over from the ones around it.
    fn inherited(&self, node: usize) -> Vec<&'d (String, String)> {
        if node != self.apex || self.method.is_exclusive {
            return Vec::new();
        }
        let document = self.document;
        let around = document.ancestors(node).filter_map(|node| document.tag(node)).flat_map(|tag| &tag.attributes);
        let handed_down = |name: &str| name.starts_with("xml:") && !(self.method.is_version_1_1 && name == "xml:id");
        around.filter(|(name, _)| handed_down(name)).collect()
    }

    fn put(&mut self, parts: &[&str]) {
        for part in parts {
            self.out.extend_from_slice(part.as_bytes());
        }
    }
}

/// The namespace that a prefix has last.
fn last<'d>(namespaces: &[Namespace<'d>], prefix: &str) -> Option<&'d str> {
    namespaces.iter().rev().find(|(known, _)| *known == prefix).map(|(_, uri)| *uri)
}

/// Text, or the value of an attribute, with the references that the canonical form wants.
fn escape(out: &mut Vec<u8>, text: &str, is_attribute: bool) {
    let mut done = 0;
    for (at, byte) in text.bytes().enumerate() {
        let reference: &[u8] = match (byte, is_attribute) {
            (b'&', _) => b"&amp;",
            (b'<', _) => b"&lt;",
            (b'>', false) => b"&gt;",
            (b'"', true) => b"&quot;",
            (b'\t', true) => b"&#x9;",
            (b'\n', true) => b"&#xA;",
            (b'\r', _) => b"&#xD;",
            _ => continue,
        };
        out.extend_from_slice(&text.as_bytes()[done..at]);
        out.extend_from_slice(reference);
        done = at + 1;
    }
    out.extend_from_slice(&text.as_bytes()[done..]);
}
