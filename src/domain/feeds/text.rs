//! Texts of a feed: cleaned, cut at the end of a word.

use std::borrow::Cow;

/// The text without control characters, byte order marks and blanks at its ends. With `lines`, line feeds stay.
#[must_use]
pub fn clean(text: &str, lines: bool) -> Cow<'_, str> {
    let trimmed = text.trim();
    if !needs_cleaning(trimmed.as_bytes(), lines) {
        return Cow::Borrowed(trimmed);
    }
    let mut out = String::with_capacity(trimmed.len());
    let mut characters = trimmed.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\n' if lines => out.push('\n'),
            '\r' if lines => {
                if characters.peek() != Some(&'\n') {
                    out.push('\n');
                }
            }
            '\t' | '\n' | '\r' => out.push(' '),
            '\u{feff}' | '\u{fffe}' | '\u{ffff}' | '\u{200b}' => {}
            other if other.is_control() => {}
            other => out.push(other),
        }
    }
    Cow::Owned(out.trim().to_owned())
}

/// Whether a control character may be in the text; never `false` when there is one.
#[inline]
fn needs_cleaning(bytes: &[u8], lines: bool) -> bool {
    // Without a way out of the loop it takes many bytes at a time.
    let controls = bytes.iter().fold(0_u8, |found, byte| found | u8::from(*byte < 0x20) | u8::from(*byte == 0x7f));
    let is_only_lines = || lines && !bytes.iter().any(|byte| (*byte < 0x20 && *byte != b'\n') || *byte == 0x7f);
    if controls != 0 && !is_only_lines() {
        return true;
    }
    if bytes.is_ascii() {
        return false;
    }
    // U+0080 to U+009F begin with C2; the marks that are dropped begin with EF BB, EF BF or E2 80 8B.
    let mut rest = bytes;
    while let Some(at) = memchr::memchr3(0xc2, 0xe2, 0xef, rest) {
        let next = rest.get(at + 1).copied().unwrap_or_default();
        let is_odd = match rest[at] {
            0xc2 => next < 0xa0,
            0xe2 => next == 0x80 && rest.get(at + 2) == Some(&0x8b),
            _ => next == 0xbb || next == 0xbf,
        };
        if is_odd {
            return true;
        }
        rest = &rest[at + 1..];
    }
    false
}

/// How many characters the text has, when they are more than `most`.
#[inline]
#[must_use]
pub fn longer_than(text: &str, most: usize) -> Option<usize> {
    if text.len() <= most {
        return None;
    }
    Some(text.chars().count()).filter(|length| *length > most)
}

/// The text cut to at most `most` characters at the end of a word; a number is not left without the unit that followed
/// it. `None` when it is short enough already.
#[must_use]
pub fn cut(text: &str, most: usize) -> Option<String> {
    longer_than(text, most)?;
    let (end, _) = text.char_indices().nth(most)?;
    let head = &text[..end];
    let ends_with_a_word = text[end..].starts_with(char::is_whitespace);
    let mut kept = match head.rfind(char::is_whitespace) {
        Some(blank) if !ends_with_a_word => &head[..blank],
        // One word longer than all that is allowed has no better place.
        _ => head,
    };
    while let Some((before, word)) = kept.trim_end().rsplit_once(char::is_whitespace) {
        if !word.chars().all(|character| character.is_ascii_digit() || ".,x×".contains(character)) {
            break;
        }
        kept = before;
    }
    let kept = kept.trim_end_matches(|character: char| character.is_whitespace() || ",;:-–—(/&+".contains(character));
    Some(if kept.is_empty() { head.to_owned() } else { kept.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_go_and_lines_stay_where_they_may() {
        let cases = [
            (" a\tb\u{0}\n", false, "a b"),
            ("uno\ndue", false, "uno due"),
            ("uno\r\ndue\rtre\tquattro", true, "uno\ndue\ntre quattro"),
            ("uno\ndue", true, "uno\ndue"),
            ("\u{feff}Caffè\u{85} x\u{200b}y …", true, "Caffè xy …"),
            ("Città – “x” € ©", false, "Città – “x” € ©"),
            ("del\u{7f}", false, "del"),
        ];
        for (text, lines, expected) in cases {
            assert_eq!(clean(text, lines), expected, "{text:?}");
        }
        assert!(matches!(clean("Città – “x” € ©", false), Cow::Borrowed(_)));
    }

    #[test]
    fn texts_are_cut_where_a_word_ends() {
        let cases = [
            ("corto", 5, None),
            ("Scarpa da corsa", 9, Some("Scarpa da")),
            ("Scarpa da corsa", 12, Some("Scarpa da")),
            ("Olio extravergine 500 ml", 22, Some("Olio extravergine")),
            ("Olio extravergine 500 ml", 21, Some("Olio extravergine")),
            ("Vite, 4 x 20 mm", 11, Some("Vite")),
            ("Parolalunghissima", 6, Some("Parola")),
            ("Caffè così più", 10, Some("Caffè così")),
            ("1234 5678", 5, Some("1234")),
            ("èèèèè", 5, None),
        ];
        for (text, most, expected) in cases {
            assert_eq!(cut(text, most).as_deref(), expected, "{text} {most}");
        }
    }
}
