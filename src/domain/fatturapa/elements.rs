//! Filling a [`Tree`] by the names of the schema, from the first element to the last.
//!
//! Here: which element a name is at the place where writing stands, and values in their written form. The schema knows the
//! order: a name is looked for from the last element on, so that each costs a comparison or two. Not here: what an invoice
//! holds (`write`, `write_simplified`), whether it is acceptable (`conform`, `check`).

use chrono::{Datelike as _, NaiveDate, NaiveDateTime, Timelike as _};

use crate::domain::money::{Decimal, format_decimal};

use super::schema::{Family, Id};
use super::tree::Tree;

/// Writes the elements of one document, in schema order.
pub(super) struct Elements<'t> {
    tree: &'t mut Tree,
    family: Family,
    /// The open block and its children.
    parent: Option<u32>,
    children: &'static [Id],
    /// Where among the children writing stands.
    cursor: usize,
    /// A number or date being formatted.
    digits: Vec<u8>,
}

impl<'t> Elements<'t> {
    /// Starts a document at its root.
    pub(super) fn new(tree: &'t mut Tree, family: Family, versione: &str) -> Self {
        tree.clear(family);
        tree.versione.push_str(versione);
        Self { tree, family, parent: None, children: family.children(None), cursor: 0, digits: Vec::with_capacity(32) }
    }

    fn find(&mut self, name: &str) -> Option<Id> {
        let after = self.children.get(self.cursor..).unwrap_or_default();
        let first = name.as_bytes().first();
        let found = after.iter().position(|id| {
            let known = self.family.element(*id).name;
            // Most names differ in length or in their first letter.
            known.len() == name.len() && known.as_bytes().first() == first && known == name
        });
        debug_assert!(found.is_some(), "`{name}` does not stand here");
        self.cursor += found?;
        self.children.get(self.cursor).copied()
    }

    pub(super) fn block(&mut self, name: &str, content: impl FnOnce(&mut Self)) {
        let Some(id) = self.find(name) else { return };
        let position = self.tree.open(id, self.parent);
        let outer = (self.parent, self.children, self.cursor);
        (self.parent, self.children, self.cursor) = (Some(position), self.family.children(Some(id)), 0);
        content(self);
        (self.parent, self.children, self.cursor) = outer;
        self.tree.close(position, "");
    }

    pub(super) fn text(&mut self, name: &str, value: &str) {
        let Some(id) = self.find(name) else { return };
        let position = self.tree.open(id, self.parent);
        self.tree.close(position, value);
    }

    pub(super) fn optional(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.text(name, value);
        }
    }

    /// An amount as it stands, padded to two decimals.
    pub(super) fn amount(&mut self, name: &str, value: Decimal) {
        let padded = if value.scale < 2 { value.rescale(2).unwrap_or(value) } else { value };
        let mut digits = std::mem::take(&mut self.digits);
        digits.clear();
        format_decimal(padded.mantissa, padded.scale, b'.', &mut digits);
        self.text(name, std::str::from_utf8(&digits).unwrap_or_default());
        self.digits = digits;
    }

    pub(super) fn optional_amount(&mut self, name: &str, value: Option<Decimal>) {
        if let Some(value) = value {
            self.amount(name, value);
        }
    }

    pub(super) fn integer(&mut self, name: &str, value: impl Into<i128>) {
        let mut digits = std::mem::take(&mut self.digits);
        digits.clear();
        format_decimal(value.into(), 0, b'.', &mut digits);
        self.text(name, std::str::from_utf8(&digits).unwrap_or_default());
        self.digits = digits;
    }

    pub(super) fn date(&mut self, name: &str, value: NaiveDate) {
        let mut digits = std::mem::take(&mut self.digits);
        digits.clear();
        day(value, &mut digits);
        self.text(name, std::str::from_utf8(&digits).unwrap_or_default());
        self.digits = digits;
    }

    pub(super) fn optional_date(&mut self, name: &str, value: Option<NaiveDate>) {
        if let Some(value) = value {
            self.date(name, value);
        }
    }

    /// Date and time of Italy, on the second.
    pub(super) fn optional_time(&mut self, name: &str, value: Option<NaiveDateTime>) {
        if let Some(value) = value {
            let mut digits = Vec::with_capacity(19);
            day(value.date(), &mut digits);
            for (mark, number) in [(b'T', value.hour()), (b':', value.minute()), (b':', value.second())] {
                digits.push(mark);
                padded(number, 10, &mut digits);
            }
            self.text(name, std::str::from_utf8(&digits).unwrap_or_default());
        }
    }

    pub(super) fn yes(&mut self, name: &str, value: bool) {
        if value {
            self.text(name, "SI");
        }
    }
}

fn day(value: NaiveDate, out: &mut Vec<u8>) {
    padded(value.year().unsigned_abs(), 1000, out);
    for number in [value.month(), value.day()] {
        out.push(b'-');
        padded(number, 10, out);
    }
}

/// A number with leading zeros; `unit` is the value of its first digit.
fn padded(number: u32, mut unit: u32, out: &mut Vec<u8>) {
    while unit > 0 {
        out.push(b'0' + u8::try_from(number / unit % 10).unwrap_or_default());
        unit /= 10;
    }
}
