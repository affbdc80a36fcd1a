//! ASN.1 in its basic and distinguished encodings, as far as signed files need it.
//!
//! Here: walking over elements without trusting any length, indefinite ones included; reading times; writing elements.
//! Not here: what the elements mean (`unwrap`, `cms`, `certificate`, `sign`).

use chrono::{DateTime, Datelike as _, NaiveDateTime, Utc};

/// Elements of indefinite length inside each other; a signature needs about six.
const MOST_DEPTH: usize = 32;

pub(super) const INTEGER: u8 = 0x02;
pub(super) const BIT_STRING: u8 = 0x03;
pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const OID: u8 = 0x06;
pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const SET: u8 = 0x31;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// The tag of a context-specific, constructed element.
pub(super) const fn context(number: u8) -> u8 {
    0xa0 | number
}

/// One element.
#[derive(Clone, Copy, Debug)]
pub(super) struct Element<'a> {
    /// The first byte: class, constructed bit, number.
    pub(super) tag: u8,
    /// What it holds; without the end marker of an indefinite length.
    pub(super) content: &'a [u8],
    /// The whole element, header included.
    pub(super) whole: &'a [u8],
    /// Whether the input ended, or stopped making sense, before the element did.
    pub(super) is_cut: bool,
}

impl<'a> Element<'a> {
    /// The first element of an input.
    pub(super) fn first(input: &'a [u8]) -> Option<Self> {
        read(input, 0).map(|(element, _)| element)
    }

    /// Whether it holds elements.
    pub(super) const fn is_constructed(&self) -> bool {
        self.tag & 0x20 != 0
    }

    /// The elements inside.
    pub(super) const fn children(&self) -> Elements<'a> {
        Elements { rest: self.content }
    }

    /// The first element inside.
    pub(super) fn child(&self) -> Option<Self> {
        Self::first(self.content)
    }

    /// The element itself, when it has this tag.
    pub(super) fn tagged(self, tag: u8) -> Option<Self> {
        (self.tag == tag).then_some(self)
    }

    /// Whether it is this object identifier.
    pub(super) fn is_oid(&self, oid: &[u8]) -> bool {
        self.tag == OID && self.content == oid
    }

    /// The bytes of a BIT STRING of whole bytes.
    pub(super) fn bits(&self) -> Option<&'a [u8]> {
        match self.content {
            [0, bytes @ ..] if self.tag == BIT_STRING => Some(bytes),
            _ => None,
        }
    }

    /// A point in time in either of the two writings of X.509.
    pub(super) fn time(&self) -> Option<DateTime<Utc>> {
        let text = std::str::from_utf8(self.content).ok()?.strip_suffix('Z')?;
        let text = match self.tag {
            UTC_TIME => format!("{}{text}", if text.get(..2)? < "50" { "20" } else { "19" }),
            GENERALIZED_TIME => text.split('.').next()?.to_owned(),
            _ => return None,
        };
        // UTCTime may leave the seconds out.
        let text = if text.len() == 12 { text + "00" } else { text };
        NaiveDateTime::parse_from_str(&text, "%Y%m%d%H%M%S").ok().map(|time| time.and_utc())
    }
}

/// Elements one behind the other; ends where they stop making sense.
#[derive(Clone, Debug)]
pub(super) struct Elements<'a> {
    rest: &'a [u8],
}

impl<'a> Elements<'a> {
    /// The elements of an input.
    pub(super) const fn of(input: &'a [u8]) -> Self {
        Self { rest: input }
    }

    /// What was not read yet.
    pub(super) const fn rest(&self) -> &'a [u8] {
        self.rest
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = Element<'a>;

    fn next(&mut self) -> Option<Element<'a>> {
        let (element, used) = read(self.rest, 0)?;
        self.rest = self.rest.get(used..)?;
        Some(element)
    }
}

/// The first element of an input and its length in bytes, never zero.
fn read(input: &[u8], depth: usize) -> Option<(Element<'_>, usize)> {
    let (&tag, &first) = (input.first()?, input.get(1)?);
    // No high tag number occurs in signatures; two zero bytes end an indefinite length.
    if depth > MOST_DEPTH || tag & 0x1f == 0x1f || (tag == 0 && first == 0) {
        return None;
    }
    let (header, length) = match first {
        0x80 => return (tag & 0x20 != 0).then(|| indefinite(input, tag, depth)),
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
    let whole = input.get(..end).unwrap_or(input);
    Some((Element { tag, content: whole.get(header..)?, whole, is_cut }, whole.len()))
}

/// An element without a length ends at two zero bytes, after its children.
fn indefinite(input: &[u8], tag: u8, depth: usize) -> (Element<'_>, usize) {
    let mut at = 2;
    loop {
        let rest = &input[at..];
        if rest.starts_with(&[0, 0]) {
            let element = Element { tag, content: &input[2..at], whole: &input[..at + 2], is_cut: false };
            return (element, at + 2);
        }
        match read(rest, depth + 1) {
            Some((child, used)) if !child.is_cut => at += used,
            _ => return (Element { tag, content: &input[2..], whole: input, is_cut: true }, input.len()),
        }
    }
}

/// An element with its length in the distinguished encoding.
pub(super) fn write(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(content.len() + 10);
    out.push(tag);
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
pub(super) fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    write(SEQUENCE, &parts.concat())
}

/// A set of elements under a tag, in the order of the distinguished encoding.
pub(super) fn set(tag: u8, mut parts: Vec<Vec<u8>>) -> Vec<u8> {
    parts.sort();
    write(tag, &parts.concat())
}

/// An object identifier.
pub(super) fn oid(oid: &[u8]) -> Vec<u8> {
    write(OID, oid)
}

/// UTCTime up to 2049, GeneralizedTime after.
pub(super) fn time(at: DateTime<Utc>) -> Vec<u8> {
    if (1950..2050).contains(&at.year()) {
        write(UTC_TIME, at.format("%y%m%d%H%M%SZ").to_string().as_bytes())
    } else {
        write(GENERALIZED_TIME, at.format("%Y%m%d%H%M%SZ").to_string().as_bytes())
    }
}
