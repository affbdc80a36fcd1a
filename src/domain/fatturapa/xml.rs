//! Text as XML wants it.

/// How a double quote is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quotes {
    /// As it is: enough for the content of elements.
    Plain,
    /// As an entity, which attributes want.
    Entity,
}

/// Appends an escaped text. Characters that XML cannot hold at all are left out.
pub fn escape(value: &str, quotes: Quotes, out: &mut Vec<u8>) {
    let bytes = value.as_bytes();
    let mut start = 0;
    for (index, byte) in bytes.iter().enumerate() {
        let entity: &[u8] = match byte {
            b'&' => b"&amp;",
            b'<' => b"&lt;",
            b'>' => b"&gt;",
            b'"' if quotes == Quotes::Entity => b"&quot;",
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
