//! Distinguished names as text.
//!
//! Here: `CN=…, O=…, C=…` from the encoded form, in every string type that certificates use, the 32-bit one of old
//! Italian smart cards included. Not here: comparing names, which is done on the encoded form.

use super::der::Element;

/// Bytes of a name that are worth showing.
const MOST_TEXT: usize = 2000;

/// A name in its usual writing, the most specific part last as in the certificate.
pub(super) fn text(name: &[u8]) -> String {
    let Some(name) = Element::first(name) else { return String::new() };
    let parts = name.children().flat_map(|set| set.children()).filter_map(part);
    let mut out = String::new();
    for part in parts {
        if out.len() > MOST_TEXT {
            break;
        }
        if !out.is_empty() {
            out.push_str(", ");
        }
        out.push_str(&part);
    }
    out
}

/// One `type=value`.
fn part(attribute: Element<'_>) -> Option<String> {
    let mut parts = attribute.children();
    let (kind, value) = (parts.next()?, parts.next()?);
    let value: String = string(value).chars().filter(|letter| !letter.is_control()).take(MOST_TEXT).collect();
    Some(format!("{}={value}", label(kind.content)))
}

/// The short name of an attribute type, or its number.
fn label(oid: &[u8]) -> String {
    let short = match oid {
        [0x55, 0x04, 0x03] => "CN",
        [0x55, 0x04, 0x04] => "SN",
        [0x55, 0x04, 0x05] => "serialNumber",
        [0x55, 0x04, 0x06] => "C",
        [0x55, 0x04, 0x07] => "L",
        [0x55, 0x04, 0x08] => "ST",
        [0x55, 0x04, 0x0a] => "O",
        [0x55, 0x04, 0x0b] => "OU",
        [0x55, 0x04, 0x0c] => "title",
        [0x55, 0x04, 0x2a] => "GN",
        [0x55, 0x04, 0x2e] => "dnQualifier",
        [0x55, 0x04, 0x61] => "organizationIdentifier",
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x01] => "emailAddress",
        _ => return dotted(oid),
    };
    short.to_owned()
}

/// An object identifier in numbers and dots.
fn dotted(oid: &[u8]) -> String {
    let mut numbers: Vec<u64> = Vec::new();
    let mut number = 0_u64;
    for byte in oid.iter().take(40) {
        number = number.wrapping_shl(7) | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            if numbers.is_empty() {
                let root = (number / 40).min(2);
                numbers.extend([root, number - root * 40]);
            } else {
                numbers.push(number);
            }
            number = 0;
        }
    }
    numbers.iter().map(u64::to_string).collect::<Vec<_>>().join(".")
}

/// A string of any ASN.1 type.
fn string(value: Element<'_>) -> String {
    let bytes = value.content;
    match value.tag {
        // UniversalString: 32 bits a character.
        0x1c => {
            let points = bytes.chunks_exact(4).map(|four| u32::from_be_bytes([four[0], four[1], four[2], four[3]]));
            points.map(|point| char::from_u32(point).unwrap_or('\u{fffd}')).collect()
        }
        // BMPString: 16 bits a character.
        0x1e => {
            let units: Vec<u16> = bytes.chunks_exact(2).map(|two| u16::from_be_bytes([two[0], two[1]])).collect();
            String::from_utf16_lossy(&units)
        }
        // TeletexString, in practice Latin-1.
        0x14 => bytes.iter().map(|byte| char::from(*byte)).collect(),
        _ => String::from_utf8_lossy(bytes).into_owned(),
    }
}
