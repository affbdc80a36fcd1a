//! ASN.1 in its basic and distinguished encodings, as far as signed files need it.
//!
//! Here: walking over elements without trusting any length, indefinite ones included, and writing elements. Not here: what
//! the elements mean (`unwrap`, `cms`, `sign`).

/// Elements inside each other; a signature needs about a dozen.
const MOST_DEPTH: usize = 64;

/// One element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Element<'a> {
    /// The first byte: class, constructed bit, number.
    pub tag: u8,
    /// Its content; without the end marker of an indefinite length.
    pub content: &'a [u8],
    /// The whole element, header included.
    pub whole: &'a [u8],
    /// Whether the input ended before the element did.
    pub is_cut: bool,
}

impl<'a> Element<'a> {
    /// Whether it holds elements.
    #[must_use]
    pub const fn is_constructed(&self) -> bool {
        self.tag & 0x20 != 0
    }

    /// The elements inside.
    #[must_use]
    pub fn children(&self) -> Elements<'a> {
        Elements { rest: self.content }
    }
}

/// Elements one behind the other; ends where they stop making sense.
#[derive(Clone, Debug)]
pub struct Elements<'a> {
    rest: &'a [u8],
}

impl<'a> Elements<'a> {
    /// The elements of an input.
    #[must_use]
    pub const fn of(input: &'a [u8]) -> Self {
        Self { rest: input }
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = Element<'a>;

    fn next(&mut self) -> Option<Element<'a>> {
        let (element, used) = read(self.rest, 0)?;
        self.rest = &self.rest[used..];
        Some(element)
    }
}

/// The first element of an input and its length in bytes.
fn read(input: &[u8], depth: usize) -> Option<(Element<'_>, usize)> {
    let tag = *input.first()?;
    if depth > MOST_DEPTH || tag & 0x1f == 0x1f || (tag == 0 && input.get(1) == Some(&0)) {
        return None;
    }
    let first = *input.get(1)?;
    let (header, length) = match first {
        0x80 => return Some(indefinite(input, tag, depth)),
        0..0x80 => (2, usize::from(first)),
        _ => {
            let count = usize::from(first & 0x7f);
            let bytes = input.get(2..2 + count).filter(|bytes| bytes.len() <= 8)?;
            let length = bytes.iter().fold(0_u64, |length, byte| length << 8 | u64::from(*byte));
            (2 + count, usize::try_from(length).unwrap_or(usize::MAX))
        }
    };
    let end = header.saturating_add(length);
    let is_cut = end > input.len();
    let end = end.min(input.len());
    Some((Element { tag, content: &input[header..end], whole: &input[..end], is_cut }, end))
}

/// An element without a length ends at two zero bytes, after its children.
fn indefinite(input: &[u8], tag: u8, depth: usize) -> (Element<'_>, usize) {
    let mut at = 2;
    loop {
        if input[at..].starts_with(&[0, 0]) {
            let element = Element { tag, content: &input[2..at], whole: &input[..at + 2], is_cut: false };
            return (element, at + 2);
        }
        match read(&input[at..], depth + 1) {
            Some((child, used)) if used > 0 && !child.is_cut => at += used,
            _ => {
                let element = Element { tag, content: &input[2..], whole: input, is_cut: true };
                return (element, input.len());
            }
        }
    }
}

/// An element with its length in the distinguished encoding.
#[must_use]
pub fn write(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    match u8::try_from(content.len()) {
        Ok(short) if short < 0x80 => out.push(short),
        _ => {
            let bytes = content.len().to_be_bytes();
            let significant = &bytes[bytes.iter().take_while(|byte| **byte == 0).count()..];
            out.push(0x80 | u8::try_from(significant.len()).unwrap_or(8));
            out.extend_from_slice(significant);
        }
    }
    out.extend_from_slice(content);
    out
}

/// A sequence of elements.
#[must_use]
pub fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    write(0x30, &parts.concat())
}

/// A set of elements, in the order of the distinguished encoding.
#[must_use]
pub fn set(tag: u8, mut parts: Vec<Vec<u8>>) -> Vec<u8> {
    parts.sort();
    write(tag, &parts.concat())
}
