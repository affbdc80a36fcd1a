//! Text as XML wants it.

/// Appends a text, escaped for element content and attributes alike. Characters that XML cannot hold at all are left out.
pub fn escape(value: &str, out: &mut Vec<u8>) {
    let bytes = value.as_bytes();
    let mut start = 0;
    for (index, byte) in bytes.iter().enumerate() {
        let entity: &[u8] = match byte {
            b'&' => b"&amp;",
            b'<' => b"&lt;",
            b'>' => b"&gt;",
            b'"' => b"&quot;",
            b'\r' => b"&#13;",
            0..=8 | 11 | 12 | 14..=31 => b"",
            _ => continue,
        };
        out.extend_from_slice(&bytes[start..index]);
        out.extend_from_slice(entity);
        start = index + 1;
    }
    out.extend_from_slice(&bytes[start..]);
}
