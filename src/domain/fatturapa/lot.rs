//! One file of one document or of several: numbers that are known last, and putting bodies under one header.
//!
//! Here: parts of files, as bytes. Not here: which documents go together, what names and numbers they get.

use super::judge::MOST_BYTES;
use super::schema::{Family, Id, ordinary, simplified};
use super::tree::{Node, Tree};

/// Header, `DatiTrasmissione`, `ProgressivoInvio`; body, `DatiGenerali`, `DatiGeneraliDocumento`, `Numero`.
struct Places {
    progressive: [Id; 3],
    number: [Id; 4],
    /// Body, `DatiGenerali`, the block of a linked invoice, its number.
    linked: [Id; 4],
}

const ORDINARY: Places = Places {
    progressive: [ordinary("1"), ordinary("1.1"), ordinary("1.1.2")],
    number: [ordinary("2"), ordinary("2.1"), ordinary("2.1.1"), ordinary("2.1.1.4")],
    linked: [ordinary("2"), ordinary("2.1"), ordinary("2.1.6"), ordinary("2.1.6.2")],
};
const SIMPLIFIED: Places = Places {
    progressive: [simplified("1"), simplified("1.1"), simplified("1.1.2")],
    number: [simplified("2"), simplified("2.1"), simplified("2.1.1"), simplified("2.1.1.4")],
    linked: [simplified("2"), simplified("2.1"), simplified("2.1.2"), simplified("2.1.2.1")],
};

const fn places(family: Family) -> &'static Places {
    match family {
        Family::Ordinary => &ORDINARY,
        Family::Simplified => &SIMPLIFIED,
    }
}

fn at(tree: &Tree, path: &[Id]) -> Option<u32> {
    let (top, below) = path.split_first()?;
    below.iter().try_fold(tree.first(*top)?, |node, id| node.child(*id)).map(Node::position)
}

/// Sets the number of the (first) document.
pub fn set_number(tree: &mut Tree, numero: &str) {
    if let Some(position) = at(tree, &places(tree.family()).number) {
        tree.set(position, numero);
    }
}

/// Sets the number of the linked invoice at `index` of the (first) document.
pub fn set_linked(tree: &mut Tree, index: usize, numero: &str) {
    let [body, general, block, number] = places(tree.family()).linked;
    let linked = tree.first(body).and_then(|node| node.child(general)?.all(block).nth(index)?.child(number));
    if let Some(position) = linked.map(Node::position) {
        tree.set(position, numero);
    }
}

/// Sets the identifier of the transmission.
pub fn set_progressive(tree: &mut Tree, progressive: &str) {
    if let Some(position) = at(tree, &places(tree.family()).progressive) {
        tree.set(position, progressive);
    }
}

/// Whether the file would be larger than the exchange system takes (00003).
#[must_use]
pub fn is_too_large(tree: &Tree) -> bool {
    if tree.weight() < MOST_BYTES / 2 {
        return false;
    }
    let mut file = Vec::with_capacity(tree.weight());
    tree.write(&mut file);
    file.len() > MOST_BYTES
}

/// A file of several documents that have one header, growing.
#[derive(Debug)]
pub struct Lot {
    bytes: Vec<u8>,
    end: Vec<u8>,
}

impl Lot {
    /// A file with the header of a document, and no document yet.
    #[must_use]
    pub fn new(tree: &Tree) -> Self {
        let (mut bytes, mut end) = (Vec::with_capacity(4096), Vec::new());
        tree.write_start(&mut bytes);
        if let Some(header) = tree.first(places(tree.family()).progressive[0]) {
            tree.write_node(header, &mut bytes);
        }
        tree.write_end(&mut end);
        Self { bytes, end }
    }

    /// Whether a document of so many bytes still fits the size of a file.
    #[must_use]
    pub fn has_room(&self, body: usize) -> bool {
        self.bytes.len() + body + self.end.len() <= MOST_BYTES
    }

    /// Adds a document, as [`body`] gives it.
    pub fn push(&mut self, body: &[u8]) {
        self.bytes.extend_from_slice(body);
    }

    /// The file.
    #[must_use]
    pub fn finish(mut self) -> Vec<u8> {
        self.bytes.extend_from_slice(&self.end);
        self.bytes
    }
}

/// What documents of one file have in common: format and header, whatever the identifier of their transmission.
#[must_use]
pub fn header_key(tree: &mut Tree) -> Vec<u8> {
    set_progressive(tree, "0");
    Lot::new(tree).bytes
}

/// The (first) document alone, as it stands in its file.
#[must_use]
pub fn body(tree: &Tree) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(4096);
    if let Some(node) = tree.first(places(tree.family()).number[0]) {
        tree.write_node(node, &mut bytes);
    }
    bytes
}

#[cfg(test)]
#[path = "tests/lot.rs"]
mod tests;
