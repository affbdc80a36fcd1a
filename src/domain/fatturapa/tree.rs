//! A document as it was written: every element of its format with its value, in order, whatever the file looked like.
//!
//! Here: [`Tree`], a flat list of nodes that can be used again for the next document, navigation by element, element paths
//! with positions, the canonical file of a tree. Reading the file that [`Tree::write`] makes gives the same tree. Not here:
//! reading (`read`), what is wrong with a document (`check`).

use crate::domain::money::Decimal;

use super::schema::{Element, Family, Id};
use super::xml::{Quotes, escape};

/// One element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Entry {
    id: Id,
    parent: u32,
    /// One past the last node of its subtree.
    end: u32,
    start: u32,
    length: u32,
}

const ROOT: u32 = u32::MAX;

/// A document of one of the two formats.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree {
    family: Family,
    /// The attribute `versione` of the root: `FPR12`, `FPA12`, `FSM10`; `1.0` and `1.1` in files before 2017.
    pub versione: String,
    /// The attribute `SistemaEmittente` of the root.
    pub sistema_emittente: Option<String>,
    entries: Vec<Entry>,
    values: String,
}

impl Tree {
    /// A document without elements.
    #[must_use]
    pub fn new(family: Family) -> Self {
        Self { family, versione: String::new(), sistema_emittente: None, entries: Vec::new(), values: String::new() }
    }

    /// Empties the document, keeping its memory.
    pub fn clear(&mut self, family: Family) {
        self.family = family;
        self.versione.clear();
        self.sistema_emittente = None;
        self.entries.clear();
        self.values.clear();
    }

    /// The format.
    #[must_use]
    pub const fn family(&self) -> Family {
        self.family
    }

    /// Appends an element as the last child of `parent` (of the root without one); its value is set with [`Self::close`].
    /// Returns its position.
    pub(super) fn open(&mut self, id: Id, parent: Option<u32>) -> u32 {
        let position = as_u32(self.entries.len());
        let start = as_u32(self.values.len());
        self.entries.push(Entry { id, parent: parent.unwrap_or(ROOT), end: position + 1, start, length: 0 });
        position
    }

    /// Appends an element with its value. Returns its position.
    #[inline]
    pub(super) fn leaf(&mut self, id: Id, parent: Option<u32>, value: &str) -> u32 {
        let position = as_u32(self.entries.len());
        let start = as_u32(self.values.len());
        self.values.push_str(value);
        let (parent, length) = (parent.unwrap_or(ROOT), as_u32(value.len()));
        self.entries.push(Entry { id, parent, end: position + 1, start, length });
        position
    }

    /// Closes an element with its value (empty for a block).
    pub(super) fn close(&mut self, position: u32, value: &str) {
        let end = as_u32(self.entries.len());
        let start = as_u32(self.values.len());
        self.values.push_str(value);
        if let Some(entry) = self.entries.get_mut(position as usize) {
            entry.end = end;
            entry.start = start;
            entry.length = as_u32(value.len());
        }
    }

    /// Replaces the value of an element, for numbers that are known last.
    pub(super) fn set(&mut self, position: u32, value: &str) {
        let start = as_u32(self.values.len());
        self.values.push_str(value);
        if let Some(entry) = self.entries.get_mut(position as usize) {
            entry.start = start;
            entry.length = as_u32(value.len());
        }
    }

    /// The node at a position.
    pub(super) const fn node(&self, position: u32) -> Node<'_> {
        Node { tree: self, position }
    }

    /// The children of the root.
    #[must_use]
    pub fn top(&self) -> Children<'_> {
        Children { tree: self, next: 0, end: as_u32(self.entries.len()) }
    }

    /// The first child of the root with this identity.
    #[must_use]
    pub fn first(&self, id: Id) -> Option<Node<'_>> {
        self.top().find(|node| node.id() == id)
    }

    /// Every node in document order.
    pub fn nodes(&self) -> impl Iterator<Item = Node<'_>> {
        (0..as_u32(self.entries.len())).map(|position| Node { tree: self, position })
    }

    /// Appends the file: UTF-8, no indentation, schema order as it stands, the `p` prefix on the root alone.
    pub fn write(&self, out: &mut Vec<u8>) {
        self.write_start(out);
        self.write_entries(0..as_u32(self.entries.len()), out);
        self.write_end(out);
    }

    /// Appends what stands before the first element.
    pub(super) fn write_start(&self, out: &mut Vec<u8>) {
        let root = self.family.root();
        out.extend_from_slice(b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<p:");
        out.extend_from_slice(root.as_bytes());
        out.extend_from_slice(b" xmlns:p=\"");
        out.extend_from_slice(self.family.namespace().as_bytes());
        out.extend_from_slice(b"\" versione=\"");
        escape(&self.versione, Quotes::Entity, out);
        if let Some(system) = &self.sistema_emittente {
            out.extend_from_slice(b"\" SistemaEmittente=\"");
            escape(system, Quotes::Entity, out);
        }
        out.extend_from_slice(b"\">");
    }

    /// Appends what stands after the last element.
    pub(super) fn write_end(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"</p:");
        out.extend_from_slice(self.family.root().as_bytes());
        out.extend_from_slice(b">\n");
    }

    /// Appends an element with all that is in it.
    pub(super) fn write_node(&self, node: Node<'_>, out: &mut Vec<u8>) {
        self.write_entries(node.position..node.entry().end, out);
    }

    fn write_entries(&self, positions: std::ops::Range<u32>, out: &mut Vec<u8>) {
        let tags = self.family.tags();
        let mut open: Vec<(u32, &'static [u8])> = Vec::with_capacity(8);
        for node in positions.map(|position| Node { tree: self, position }) {
            while let Some((_, end)) = open.pop_if(|(end, _)| *end <= node.position) {
                out.extend_from_slice(end);
            }
            let entry = node.entry();
            let (start, end) = &tags[usize::from(entry.id.0)];
            out.extend_from_slice(start);
            if node.element().value.is_some() {
                escape(node.value(), Quotes::Plain, out);
                out.extend_from_slice(end);
            } else {
                open.push((entry.end, end));
            }
        }
        for (_, end) in open.into_iter().rev() {
            out.extend_from_slice(end);
        }
    }

    /// About how many bytes its file has: names cost some fifty bytes each.
    pub(super) fn weight(&self) -> usize {
        self.entries.len() * 50 + self.values.len()
    }
}

/// Files are capped far below four gigabytes.
fn as_u32(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// An element of a document.
#[derive(Clone, Copy, Debug)]
pub struct Node<'a> {
    tree: &'a Tree,
    position: u32,
}

impl PartialEq for Node<'_> {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.tree, other.tree) && self.position == other.position
    }
}

impl<'a> Node<'a> {
    fn entry(self) -> &'a Entry {
        &self.tree.entries[self.position as usize]
    }

    /// Where it stands in its document.
    pub(super) const fn position(self) -> u32 {
        self.position
    }

    /// Which element it is.
    #[must_use]
    pub fn id(self) -> Id {
        self.entry().id
    }

    /// What the schema says of it.
    #[must_use]
    pub fn element(self) -> &'static Element {
        self.tree.family.element(self.id())
    }

    /// Its value as written; empty for a block.
    #[must_use]
    pub fn value(self) -> &'a str {
        let entry = self.entry();
        &self.tree.values[entry.start as usize..(entry.start + entry.length) as usize]
    }

    /// Its value as an exact decimal, when it is one in any usual writing.
    #[must_use]
    pub fn decimal(self) -> Option<Decimal> {
        self.value().trim_ascii().parse().ok()
    }

    /// The same, unless its type refuses the way it is written.
    #[must_use]
    pub fn admitted_decimal(self) -> Option<Decimal> {
        let refused = self.element().value.is_some_and(|kind| kind.problem(self.value()).is_some());
        self.decimal().filter(|_| !refused)
    }

    /// Its children in document order.
    #[must_use]
    pub fn children(self) -> Children<'a> {
        Children { tree: self.tree, next: self.position + 1, end: self.entry().end }
    }

    /// Its first child with this identity.
    #[must_use]
    pub fn child(self, id: Id) -> Option<Node<'a>> {
        self.children().find(|child| child.id() == id)
    }

    /// Its children with this identity.
    pub fn all(self, id: Id) -> impl Iterator<Item = Node<'a>> {
        self.children().filter(move |child| child.id() == id)
    }

    /// The trimmed value of its first child with this identity.
    #[must_use]
    pub fn text(self, id: Id) -> Option<&'a str> {
        self.child(id).map(|child| child.value().trim_ascii()).filter(|value| !value.is_empty())
    }

    /// The trimmed value at the end of a path of first children.
    #[must_use]
    pub fn text_at(self, path: &[Id]) -> Option<&'a str> {
        let (last, blocks) = path.split_last()?;
        blocks.iter().try_fold(self, |node, id| node.child(*id))?.text(*last)
    }

    /// The parent; none for a child of the root.
    #[must_use]
    pub fn parent(self) -> Option<Node<'a>> {
        let parent = self.entry().parent;
        (parent != ROOT).then_some(Node { tree: self.tree, position: parent })
    }

    /// Path below the root, with positions from one where an element may repeat:
    /// `FatturaElettronicaBody[1]/DatiBeniServizi/DettaglioLinee[2]/Natura`.
    #[must_use]
    pub fn path(self) -> String {
        let above = self.parent().map(|parent| parent.path() + "/").unwrap_or_default();
        let element = self.element();
        if !element.repeats {
            return format!("{above}{}", element.name);
        }
        let siblings = self.parent().map_or_else(|| self.tree.top(), Node::children);
        let before = siblings.take_while(|sibling| sibling.position < self.position);
        let index = before.filter(|sibling| sibling.id() == self.id()).count() + 1;
        format!("{above}{}[{index}]", element.name)
    }
}

/// The children of an element.
#[derive(Clone, Debug)]
pub struct Children<'a> {
    tree: &'a Tree,
    next: u32,
    end: u32,
}

impl<'a> Iterator for Children<'a> {
    type Item = Node<'a>;

    fn next(&mut self) -> Option<Node<'a>> {
        if self.next >= self.end {
            return None;
        }
        let node = Node { tree: self.tree, position: self.next };
        self.next = node.entry().end.max(self.next + 1);
        Some(node)
    }
}
