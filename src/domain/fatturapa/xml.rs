//! Text as XML wants it.

/// How a double quote is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quotes {
    /// As it is: enough for the content of elements.
    Plain,
    /// As an entity, which attributes want.
    Entity,
}

/// Bytes that are not always written as they are.
const SPECIAL: [bool; 256] = {
    let mut special = [false; 256];
    let mut byte = 0;
    while byte < 32 {
        special[byte] = !matches!(byte, 9 | 10);
        byte += 1;
    }
    special[b'&' as usize] = true;
    special[b'<' as usize] = true;
    special[b'>' as usize] = true;
    special[b'"' as usize] = true;
    special
};

/// Appends an escaped text. Characters that XML cannot hold at all are left out.
pub fn escape(value: &str, quotes: Quotes, out: &mut Vec<u8>) {
    let mut rest = value.as_bytes();
    // Nearly every text is written in one piece.
    while let Some(at) = rest.iter().position(|byte| SPECIAL[usize::from(*byte)]) {
        let (plain, from) = rest.split_at(at);
        let Some((byte, after)) = from.split_first() else { break };
        out.extend_from_slice(plain);
        match byte {
            b'&' => out.extend_from_slice(b"&amp;"),
            b'<' => out.extend_from_slice(b"&lt;"),
            b'>' => out.extend_from_slice(b"&gt;"),
            b'"' if quotes == Quotes::Entity => out.extend_from_slice(b"&quot;"),
            b'"' => out.push(b'"'),
            b'\r' => out.extend_from_slice(b"&#13;"),
            _ => {}
        }
        rest = after;
    }
    out.extend_from_slice(rest);
}
