//! The fields of one row as the channel wants them; the memory is used again for the next row.

use std::ops::Range;

/// What a field holds in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot<'t> {
    /// Nothing.
    Absent,
    /// Something that is wrong.
    Broken,
    /// A text of the table, as it is.
    Text(&'t str),
    /// A text that was made: bytes of the row's memory.
    Own(usize, usize),
    /// Several texts: entries of the row's list.
    Many(usize, usize),
}

/// The fields of one row.
#[derive(Debug, Default)]
pub struct Row<'t> {
    slots: Vec<Slot<'t>>,
    numbers: Vec<Option<i64>>,
    memory: Vec<u8>,
    many: Vec<(usize, usize)>,
}

impl<'t> Row<'t> {
    /// A row of `fields` fields, all absent.
    #[must_use]
    pub fn new(fields: usize) -> Self {
        Self { slots: vec![Slot::Absent; fields], numbers: vec![None; fields], memory: Vec::new(), many: Vec::new() }
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.slots.fill(Slot::Absent);
        self.numbers.fill(None);
        self.memory.clear();
        self.many.clear();
    }

    /// What a field holds.
    #[must_use]
    pub fn slot(&self, field: usize) -> Slot<'t> {
        self.slots[field]
    }

    /// Sets a field.
    pub fn set(&mut self, field: usize, slot: Slot<'t>) {
        self.slots[field] = slot;
    }

    /// The number behind a field, in its smallest unit.
    #[must_use]
    pub fn number(&self, field: usize) -> Option<i64> {
        self.numbers[field]
    }

    /// Sets the number behind a field.
    pub fn set_number(&mut self, field: usize, number: i64) {
        self.numbers[field] = Some(number);
    }

    /// Keeps a text that was made.
    pub fn own(&mut self, text: &[u8]) -> Slot<'t> {
        self.write(|memory| memory.extend_from_slice(text))
    }

    /// Keeps what is written.
    pub fn write(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> Slot<'t> {
        let start = self.memory.len();
        write(&mut self.memory);
        Slot::Own(start, self.memory.len())
    }

    /// Where a list begins that is made of the texts kept from now on.
    #[must_use]
    pub fn begin_list(&self) -> usize {
        self.many.len()
    }

    /// Adds a text to the list that is being made.
    pub fn push_list(&mut self, text: &[u8]) {
        let start = self.memory.len();
        self.memory.extend_from_slice(text);
        self.many.push((start, self.memory.len()));
    }

    /// The list begun at `start`, with at most `most` texts; nothing when it is empty.
    pub fn end_list(&mut self, start: usize, most: usize) -> Slot<'t> {
        self.many.truncate(start + most);
        if self.many.len() == start { Slot::Absent } else { Slot::Many(start, self.many.len()) }
    }

    /// Whether a field has a value.
    #[inline]
    #[must_use]
    pub fn is_given(&self, field: usize) -> bool {
        !matches!(self.slots[field], Slot::Absent | Slot::Broken)
    }

    /// The text of a field, the first of several; `None` when it has none.
    #[inline]
    #[must_use]
    pub fn text(&self, field: usize) -> Option<&[u8]> {
        match self.slots[field] {
            Slot::Absent | Slot::Broken => None,
            Slot::Text(text) => Some(text.as_bytes()),
            Slot::Own(start, end) => Some(&self.memory[start..end]),
            Slot::Many(start, _) => Some(self.item(start)),
        }
    }

    /// How many texts a field has.
    #[must_use]
    pub fn count(&self, field: usize) -> usize {
        match self.slots[field] {
            Slot::Absent | Slot::Broken => 0,
            Slot::Text(_) | Slot::Own(..) => 1,
            Slot::Many(start, end) => end - start,
        }
    }

    /// A text of a field by its position.
    #[must_use]
    pub fn nth(&self, field: usize, position: usize) -> &[u8] {
        match self.slots[field] {
            Slot::Many(start, _) => self.item(start + position),
            _ => self.text(field).unwrap_or_default(),
        }
    }

    /// All texts of a field.
    pub fn texts(&self, field: usize) -> impl Iterator<Item = &[u8]> {
        let range: Range<usize> = 0..self.count(field);
        range.map(move |position| self.nth(field, position))
    }

    /// The bytes of a text that was made.
    #[must_use]
    pub fn bytes(&self, slot: Slot<'_>) -> &[u8] {
        match slot {
            Slot::Own(start, end) => &self.memory[start..end],
            _ => &[],
        }
    }

    /// The text of a field for a message.
    #[must_use]
    pub fn shown(&self, field: usize) -> String {
        String::from_utf8_lossy(self.text(field).unwrap_or_default()).into_owned()
    }

    fn item(&self, index: usize) -> &[u8] {
        let (start, end) = self.many[index];
        &self.memory[start..end]
    }
}
