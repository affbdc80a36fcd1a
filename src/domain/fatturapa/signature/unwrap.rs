//! The content of a signed file (.p7m), whatever its shape: DER, BER with indefinite lengths and split content, base64,
//! PEM, cut after the content, signed several times over; or a plain file wrongly named.
//!
//! The shape is told by the content, never by the name, and the signature need not make sense. Not here: whether it is
//! valid (`cms`).

use std::borrow::Cow;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::der::{Element, OCTET_STRING, OID, SEQUENCE};
use super::oid;

/// Envelopes inside each other.
const MOST_LAYERS: usize = 5;
/// Bytes of an envelope; the largest channel takes 150 MB.
const MOST_BYTES: usize = 256 << 20;
/// Elements between an envelope and its content, and pieces inside pieces of the content.
const MOST_DEPTH: usize = 8;

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
    /// Something else was signed.
    #[error("a signed file, but what is inside is not XML")]
    NotXml,
    /// More envelopes than anybody makes.
    #[error("signed more than {MOST_LAYERS} times over")]
    TooDeep,
    /// Larger than any channel takes.
    #[error("a signed file larger than {} MB", MOST_BYTES >> 20)]
    TooLarge,
}

impl UnwrapError {
    /// The same in Italian.
    #[must_use]
    pub fn message_it(self) -> String {
        match self {
            Self::Empty => "il file è vuoto".to_owned(),
            Self::Unknown => "il file non è né XML né un file firmato (.p7m)".to_owned(),
            Self::Detached => "firma separata: il file firmato non è dentro la busta".to_owned(),
            Self::NotXml => "file firmato, ma il contenuto non è XML".to_owned(),
            Self::TooDeep => format!("file firmato più di {MOST_LAYERS} volte"),
            Self::TooLarge => format!("file firmato più grande di {} MB", MOST_BYTES >> 20),
        }
    }
}

/// What was inside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content<'a> {
    /// The file that was signed; borrowed when it lies in one piece in the input.
    pub xml: Cow<'a, [u8]>,
    /// The envelopes, the outermost first; none for a plain file.
    pub layers: Vec<Layer<'a>>,
    /// Whether an envelope ends, or stops making sense, too early; the content may be partial.
    pub truncated: bool,
}

/// One envelope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer<'a> {
    /// The envelope in binary form.
    pub envelope: Cow<'a, [u8]>,
    /// Whether it ends, or stops making sense, too early.
    pub truncated: bool,
}

impl<'a> Layer<'a> {
    /// What the envelope holds, byte by byte as it was signed; empty when it holds nothing.
    #[must_use]
    pub fn content(&self) -> Cow<'_, [u8]> {
        extract(&self.envelope).map(|(content, _)| content).unwrap_or_default()
    }

    fn open(envelope: Cow<'a, [u8]>) -> Result<(Self, Cow<'a, [u8]>), UnwrapError> {
        let (content, truncated) = match &envelope {
            Cow::Borrowed(bytes) => extract(bytes)?,
            Cow::Owned(bytes) => extract(bytes).map(|(content, cut)| (Cow::Owned(content.into_owned()), cut))?,
        };
        Ok((Self { envelope, truncated }, content))
    }
}

/// Takes a file out of its envelopes. A plain file is handed back as it is.
///
/// # Errors
/// There is no content inside, or what is inside is neither XML nor another envelope.
pub fn unwrap(bytes: &[u8]) -> Result<Content<'_>, UnwrapError> {
    if !is_markup(bytes) && bytes.trim_ascii().is_empty() {
        return Err(UnwrapError::Empty);
    }
    let mut content = Content { xml: Cow::Borrowed(bytes), layers: Vec::new(), truncated: false };
    while !is_markup(&content.xml) {
        if content.xml.len() > MOST_BYTES {
            return Err(UnwrapError::TooLarge);
        }
        let is_outermost = content.layers.is_empty();
        let Some(binary) = binary(std::mem::take(&mut content.xml)) else {
            return Err(if is_outermost { UnwrapError::Unknown } else { UnwrapError::NotXml });
        };
        if is_markup(&binary) {
            content.xml = binary;
            break;
        }
        if content.layers.len() == MOST_LAYERS {
            return Err(UnwrapError::TooDeep);
        }
        let (layer, inner) = Layer::open(binary)?;
        content.truncated |= layer.truncated;
        content.xml = inner;
        content.layers.push(layer);
    }
    Ok(content)
}

/// Whether a file begins as XML does: with or without byte order mark, after blanks, in UTF-16.
fn is_markup(bytes: &[u8]) -> bool {
    let rest = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
    let wide = bytes.strip_prefix(b"\xff\xfe").or_else(|| bytes.strip_prefix(b"\xfe\xff")).unwrap_or(bytes);
    rest.starts_with(b"<") || wide.starts_with(b"<\0") || wide.starts_with(b"\0<")
}

/// The binary form of an envelope: as it is, or out of base64 with or without armour. What comes out of base64 may also
/// be the XML itself.
fn binary(bytes: Cow<'_, [u8]>) -> Option<Cow<'_, [u8]>> {
    if is_envelope(&bytes) {
        return Some(bytes);
    }
    let mut decoded = decode(&bytes)?;
    // Some senders encode twice.
    if decoded.trim_ascii_start().starts_with(b"MI") {
        decoded = decode(&decoded)?;
    }
    (is_envelope(&decoded) || is_markup(&decoded)).then_some(Cow::Owned(decoded))
}

/// Out of base64, in lines or not, with or without armour and padding.
fn decode(bytes: &[u8]) -> Option<Vec<u8>> {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii();
    let body = match text.strip_prefix(b"-----BEGIN ") {
        Some(armour) => {
            let label = armour.iter().position(|byte| *byte == b'\n' || *byte == b'\r')?;
            armour.get(label..)?.split(|byte| *byte == b'-').next()?
        }
        None => text,
    };
    let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'\r' | b'\n');
    if !body.iter().take(64).all(|byte| is_base64(byte) || byte.is_ascii_whitespace()) {
        return None;
    }
    let mut compact: Vec<u8> = body.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    // A file cut in base64 may end inside a group of four; one character alone carries no byte.
    let digits = compact.iter().rposition(|byte| *byte != b'=').map_or(0, |last| last + 1);
    if digits % 4 == 1 {
        compact.truncate(digits - 1);
    }
    let lenient = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    GeneralPurpose::new(&STANDARD, lenient).decode(compact).ok()
}

/// Whether there is an element that names signed data, or at least data, within reach.
fn is_envelope(bytes: &[u8]) -> bool {
    Element::first(bytes).filter(|outer| outer.tag == SEQUENCE).is_some_and(|outer| {
        outer.child().is_some_and(|first| first.is_oid(oid::SIGNED_DATA)) || holder(outer, 0).is_some()
    })
}

/// The content below the first pkcs7-data, its pieces joined, and whether the envelope ends too early.
fn extract(envelope: &[u8]) -> Result<(Cow<'_, [u8]>, bool), UnwrapError> {
    let outer = Element::first(envelope).ok_or(UnwrapError::Unknown)?;
    let block = holder(outer, 0).ok_or(UnwrapError::Unknown)?;
    let explicit = block.children().nth(1).filter(|part| part.tag & 0xe0 == 0xa0).ok_or(UnwrapError::Detached)?;
    let mut pieces = Vec::new();
    let is_cut = gather(explicit, &mut pieces, 0) | outer.is_cut;
    match pieces.as_slice() {
        [] => Err(UnwrapError::Detached),
        [whole] => Ok((Cow::Borrowed(whole), is_cut)),
        pieces => Ok((Cow::Owned(pieces.concat()), is_cut)),
    }
}

/// The element whose first child is the identifier of pkcs7-data.
fn holder(element: Element<'_>, depth: usize) -> Option<Element<'_>> {
    let first = element.child()?;
    if first.is_oid(oid::DATA) {
        return Some(element);
    }
    if depth == MOST_DEPTH || (first.tag == OID && !first.is_oid(oid::SIGNED_DATA)) {
        return None;
    }
    element.children().filter(Element::is_constructed).find_map(|child| holder(child, depth + 1))
}

/// Collects the octet strings below an element, up to where something else stands in their place; whether the content
/// ends too early.
fn gather<'a>(element: Element<'a>, pieces: &mut Vec<&'a [u8]>, depth: usize) -> bool {
    if !element.is_constructed() || depth == MOST_DEPTH {
        if !element.content.is_empty() {
            pieces.push(element.content);
        }
        return element.is_cut;
    }
    let mut children = element.children();
    for child in children.by_ref() {
        if child.tag & !0x20 != OCTET_STRING || gather(child, pieces, depth + 1) {
            return true;
        }
    }
    element.is_cut || !children.rest().is_empty()
}
