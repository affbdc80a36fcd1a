//! The text of a file, whatever its encoding.
//!
//! Here: byte order marks, the XML declaration, and what to do when neither is right. Not here: XML itself (`read`).

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::finding::Finding;

/// The text of a file by its byte order mark, else its declaration, else UTF-8.
pub fn decode(bytes: &[u8]) -> (Cow<'_, str>, Option<Finding>) {
    if let Some(rest) = bytes.strip_prefix(b"\xef\xbb\xbf") {
        return utf8(rest);
    }
    for (mark, encoding) in [(b"\xff\xfe", UTF_16LE), (b"\xfe\xff", UTF_16BE)] {
        if let Some(rest) = bytes.strip_prefix(mark) {
            return (encoding.decode_without_bom_handling(rest).0, None);
        }
    }
    match label(bytes).filter(|label| !label.eq_ignore_ascii_case("utf-8")).and_then(declared) {
        Some(encoding) if encoding != UTF_8 => (encoding.decode_without_bom_handling(bytes).0, None),
        _ => utf8(bytes),
    }
}

fn utf8(bytes: &[u8]) -> (Cow<'_, str>, Option<Finding>) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return (Cow::Borrowed(text), None);
    }
    let finding = Finding::schema(
        String::new(),
        "",
        "il file non è in UTF-8 come dichiara; letto come windows-1252: va dichiarata la codifica giusta",
        "the file is not UTF-8 as it declares; read as windows-1252: declare the right encoding",
    );
    (WINDOWS_1252.decode_without_bom_handling(bytes).0, Some(finding))
}

/// The encoding of a label. One that says UTF-16 but can be read byte by byte is UTF-8 in truth.
fn declared(label: &str) -> Option<&'static Encoding> {
    Encoding::for_label(label.as_bytes()).map(Encoding::output_encoding)
}

/// The encoding that the XML declaration names, as it is written.
#[must_use]
pub fn label(bytes: &[u8]) -> Option<&str> {
    let head = bytes.trim_ascii_start().strip_prefix(b"<?xml")?;
    let end = head.iter().take(200).position(|byte| *byte == b'>')?;
    let head = std::str::from_utf8(&head[..end]).ok()?;
    let rest = head.split_once("encoding")?.1.trim_start().strip_prefix('=')?.trim_start();
    let quote = rest.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    rest.get(1..)?.split_once(quote).map(|(label, _)| label)
}
