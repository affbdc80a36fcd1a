//! The content of a signed file (.p7m), whatever its shape: DER, BER with indefinite lengths and split content, base64,
//! PEM, cut after the content, signed several times over; or a plain file wrongly named.
//!
//! The shape is told by the content, never by the name, and the signature need not make sense. Not here: whether it is
//! valid (`cms`).

use std::borrow::Cow;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::ber::{Element, Elements};

/// Envelopes inside each other.
const MOST_LAYERS: usize = 5;

/// `1.2.840.113549.1.7.1`, pkcs7-data.
const DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01];
/// `1.2.840.113549.1.7.2`, signed data.
const SIGNED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];

/// Why a file has no content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnwrapError {
    /// Nothing in it.
    #[error("the file is empty")]
    Empty,
    /// Neither XML nor a signed file.
    #[error("neither XML nor a signed file (.p7m)")]
    Unknown,
    /// A signature without what was signed.
    #[error("a detached signature: the signed file itself is not inside")]
    Detached,
    /// More envelopes than anybody makes.
    #[error("signed more than {MOST_LAYERS} times over")]
    TooDeep,
}

impl UnwrapError {
    /// The same in Italian.
    #[must_use]
    pub fn message_it(self) -> String {
        match self {
            Self::Empty => "il file è vuoto".to_owned(),
            Self::Unknown => "il file non è né XML né un file firmato (.p7m)".to_owned(),
            Self::Detached => "firma separata: il file firmato non è dentro la busta".to_owned(),
            Self::TooDeep => format!("file firmato più di {MOST_LAYERS} volte"),
        }
    }
}

/// What was inside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content<'a> {
    /// The file that was signed.
    pub xml: Cow<'a, [u8]>,
    /// The envelopes in binary form, the outermost first; none for a plain file.
    pub layers: Vec<Vec<u8>>,
    /// Whether an envelope ends too early.
    pub is_cut: bool,
}

/// Takes a file out of its envelopes.
///
/// # Errors
/// There is no content inside.
pub fn unwrap(bytes: &[u8]) -> Result<Content<'_>, UnwrapError> {
    if is_markup(bytes) {
        return Ok(Content { xml: Cow::Borrowed(bytes), layers: Vec::new(), is_cut: false });
    }
    if bytes.trim_ascii().is_empty() {
        return Err(UnwrapError::Empty);
    }
    let mut content = Content { xml: Cow::Borrowed(bytes), layers: Vec::new(), is_cut: false };
    while !is_markup(&content.xml) {
        if content.layers.len() == MOST_LAYERS {
            return Err(UnwrapError::TooDeep);
        }
        let layer = binary(&content.xml).ok_or(UnwrapError::Unknown)?.into_owned();
        let (inner, is_cut) = signed_content(&layer)?;
        content.is_cut |= is_cut;
        content.xml = Cow::Owned(inner);
        content.layers.push(layer);
    }
    Ok(content)
}

/// Whether a file begins as XML does, in any encoding.
fn is_markup(bytes: &[u8]) -> bool {
    let rest = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
    rest.starts_with(b"<") || bytes.starts_with(b"\xff\xfe<") || bytes.starts_with(b"\xfe\xff\0<")
}

/// The binary form of an envelope: as it is, or out of base64 with or without armour.
fn binary(bytes: &[u8]) -> Option<Cow<'_, [u8]>> {
    if is_envelope(bytes) {
        return Some(Cow::Borrowed(bytes));
    }
    let text = std::str::from_utf8(bytes).ok()?;
    let text = text.trim_start_matches('\u{feff}').trim();
    let body = match text.strip_prefix("-----BEGIN ") {
        Some(armour) => armour.split_once("-----")?.1.split("-----END").next()?,
        None => text,
    };
    let compact: Vec<u8> = body.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let lenient = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    let decoded = GeneralPurpose::new(&STANDARD, lenient).decode(compact).ok()?;
    if is_envelope(&decoded) {
        Some(Cow::Owned(decoded))
    } else if decoded.starts_with(b"MI") {
        // Some senders encode twice.
        binary(&decoded).map(|inner| Cow::Owned(inner.into_owned()))
    } else {
        None
    }
}

fn is_envelope(bytes: &[u8]) -> bool {
    bytes.first() == Some(&0x30)
        && Elements::of(bytes).next().is_some_and(|outer| {
            outer.children().next().is_some_and(|first| first.tag == 0x06 && first.content == SIGNED_DATA)
        })
}

/// The content below the first pkcs7-data, its pieces joined, and whether the file ends too early.
fn signed_content(envelope: &[u8]) -> Result<(Vec<u8>, bool), UnwrapError> {
    let outer = Elements::of(envelope).next().ok_or(UnwrapError::Unknown)?;
    let block = holder(outer, 0).ok_or(UnwrapError::Unknown)?;
    let mut parts = block.children().skip(1);
    let explicit = parts.next().filter(|part| part.tag & 0xe0 == 0xa0).ok_or(UnwrapError::Detached)?;
    let mut content = Vec::new();
    let mut is_cut = outer.is_cut;
    for octets in explicit.children() {
        is_cut |= join(octets, &mut content, 0);
    }
    if content.is_empty() { Err(UnwrapError::Detached) } else { Ok((content, is_cut)) }
}

/// The element whose first child is the identifier of pkcs7-data.
fn holder(element: Element<'_>, depth: usize) -> Option<Element<'_>> {
    if depth > 8 {
        return None;
    }
    let mut children = element.children();
    if children.next().is_some_and(|first| first.tag == 0x06 && first.content == DATA) {
        return Some(element);
    }
    element.children().filter(Element::is_constructed).find_map(|child| holder(child, depth + 1))
}

/// Appends an octet string, whole or in pieces.
fn join(octets: Element<'_>, content: &mut Vec<u8>, depth: usize) -> bool {
    let mut is_cut = octets.is_cut;
    if octets.is_constructed() && depth < 8 {
        for piece in octets.children() {
            is_cut |= join(piece, content, depth + 1);
        }
    } else if octets.tag == 0x04 {
        content.extend_from_slice(octets.content);
    }
    is_cut
}
