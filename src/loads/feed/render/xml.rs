//! XML: one element per row.

use crate::loads::feed::row::Row;

/// Writes XML.
#[derive(Clone, Debug)]
pub struct XmlRender {
    /// Everything before the first row.
    pub head: Vec<u8>,
    /// Everything after the last.
    pub tail: Vec<u8>,
    /// The opening tag of a row.
    pub open: Vec<u8>,
    /// Its closing tag, with the line end.
    pub close: Vec<u8>,
    /// The fields in order.
    pub elements: Vec<Element>,
}

/// The element of a field.
#[derive(Clone, Debug)]
pub struct Element {
    /// The field.
    pub field: usize,
    /// What stands before its value.
    pub open: Vec<u8>,
    /// What stands after it.
    pub close: Vec<u8>,
}

impl XmlRender {
    /// Appends what stands before the first row.
    pub fn begin(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.head);
    }

    /// Appends a row.
    pub fn row(&self, row: &Row, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.open);
        for element in &self.elements {
            for position in 0..row.count(element.field) {
                out.extend_from_slice(&element.open);
                escape(row.nth(element.field, position), out);
                out.extend_from_slice(&element.close);
            }
        }
        out.extend_from_slice(&self.close);
    }

    /// Appends what stands after the last row.
    pub fn end(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.tail);
    }
}

/// Appends the text of an element.
#[inline]
pub fn escape(text: &[u8], out: &mut Vec<u8>) {
    let mut rest = text;
    while let Some(at) = memchr::memchr3(b'&', b'<', b'>', rest) {
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(match rest[at] {
            b'&' => b"&amp;",
            b'<' => b"&lt;",
            _ => b"&gt;",
        });
        rest = &rest[at + 1..];
    }
    out.extend_from_slice(rest);
}
