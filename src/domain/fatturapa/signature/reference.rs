//! One reference of an XML signature: what it points to, which elements its transforms leave out, its digest.
//!
//! Here: the transforms that signed invoices use. Not here: the signature over the references (`xades`). Anything else
//! is said not to be supported, since a reference that is understood by half proves nothing.

use super::algorithm::Digest;
use super::canonical::{Method, canonical};
use super::markup::{Document, split};
use super::xades::{DSIG, base64};

const ENVELOPED: &str = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";
const FILTER: &str = "http://www.w3.org/2002/06/xmldsig-filter2";
const XPATH: &str = "http://www.w3.org/TR/1999/REC-xpath-19991116";

/// One reference.
#[derive(Debug)]
pub(super) struct Reference {
    /// The node that it points to.
    pub(super) target: usize,
    left_out: Vec<usize>,
    method: Method,
    digest: Digest,
    value: Vec<u8>,
}

impl Reference {
    /// A reference of a signature; `all` are the signatures of the document. The error says what is not supported.
    pub(super) fn parse(document: &Document, own: usize, node: usize, all: &[usize]) -> Result<Self, &'static str> {
        let uri = document.attribute(node, "URI").ok_or("a reference does not say to what")?;
        let mut reference = Self {
            target: target(document, uri)?,
            left_out: Vec::new(),
            method: Method::default(),
            digest: digest_of(document, node).ok_or("digest algorithm not supported")?,
            value: document
                .path(node, &["DigestValue"])
                .and_then(|value| base64(&document.content(value)))
                .ok_or("a digest cannot be read")?,
        };
        let transforms = document.path(node, &["Transforms"]);
        for transform in transforms.iter().flat_map(|node| document.named(*node, "Transform")) {
            reference.transform(document, own, transform, all)?;
        }
        // A reference inside the same document never covers comments, unless by an XPointer.
        reference.method.keeps_comments &= uri.starts_with("#xpointer");
        Ok(reference)
    }

    fn transform(&mut self, document: &Document, own: usize, node: usize, all: &[usize]) -> Result<(), &'static str> {
        let refused = "a transform is not supported";
        let algorithm = document.attribute(node, "Algorithm").ok_or(refused)?;
        let leaves_out_all = || {
            let path = document.named(node, "XPath").next()?;
            let is_filter = algorithm == FILTER;
            let subtracts = !is_filter || document.attribute(path, "Filter") == Some("subtract");
            let is_alone = document.named(node, "XPath").count() == 1;
            (subtracts && is_alone && selects_signatures(document, path, is_filter)).then_some(())
        };
        match algorithm {
            ENVELOPED => self.left_out.push(own),
            FILTER | XPATH => {
                leaves_out_all().ok_or(refused)?;
                self.left_out.extend_from_slice(all);
            }
            _ => self.method = method_of(document, node).ok_or(refused)?,
        }
        Ok(())
    }

    /// Whether the digest is that of what it points to.
    pub(super) fn matches(&self, document: &Document) -> bool {
        let canonical = canonical(document, self.target, &self.left_out, &self.method);
        self.digest.digest(&canonical).as_ref() == self.value
    }
}

/// The node that a URI means.
fn target(document: &Document, uri: &str) -> Result<usize, &'static str> {
    if uri.is_empty() || uri == "#xpointer(/)" {
        return Ok(0);
    }
    let id = uri.strip_prefix('#').ok_or("a reference points out of the document")?;
    let id = id.strip_prefix("xpointer(id('").and_then(|rest| rest.strip_suffix("'))")).unwrap_or(id);
    let has_id =
        |node: &usize| ["Id", "ID", "id", "xml:id"].iter().any(|key| document.attribute(*node, key) == Some(id));
    let mut found = document.elements(0).filter(has_id);
    match (found.next(), found.next()) {
        (Some(node), None) => Ok(node),
        (None, _) => Err("a reference points to nothing"),
        (Some(_), Some(_)) => Err("a reference points to several elements"),
    }
}

/// Whether an XPath means all signatures: `/descendant::ds:Signature` to subtract,
/// `not(ancestor-or-self::ds:Signature)` to keep.
fn selects_signatures(document: &Document, path: usize, is_filter: bool) -> bool {
    let text: String = document.content(path).split_ascii_whitespace().collect();
    let name = if is_filter {
        ["/descendant-or-self::", "/descendant::", "//"].iter().find_map(|axis| text.strip_prefix(axis))
    } else {
        text.strip_prefix("not(ancestor-or-self::").and_then(|rest| rest.strip_suffix(')'))
    };
    name.map(split).is_some_and(|(prefix, local)| local == "Signature" && document.namespace(path, prefix) == DSIG)
}

/// The canonical form that an element asks for.
pub(super) fn method_of(document: &Document, node: usize) -> Option<Method> {
    let mut method = Method::of(document.attribute(node, "Algorithm")?)?;
    if let Some(inclusive) = document.path(node, &["InclusiveNamespaces"]) {
        let prefixes = document.attribute(inclusive, "PrefixList").unwrap_or_default().split_ascii_whitespace();
        method.prefixes = prefixes.map(|prefix| prefix.trim_start_matches("#default").to_owned()).collect();
    }
    Some(method)
}

/// The digest that an element asks for.
pub(super) fn digest_of(document: &Document, node: usize) -> Option<Digest> {
    let method = document.path(node, &["DigestMethod"])?;
    match document.attribute(method, "Algorithm")? {
        "http://www.w3.org/2000/09/xmldsig#sha1" => Some(Digest::Sha1),
        "http://www.w3.org/2001/04/xmlenc#sha256" => Some(Digest::Sha256),
        "http://www.w3.org/2001/04/xmldsig-more#sha384" => Some(Digest::Sha384),
        "http://www.w3.org/2001/04/xmlenc#sha512" => Some(Digest::Sha512),
        _ => None,
    }
}
