//! Text into HTML, for elements and for quoted attributes.

/// A cell of a page is cut after so many characters; the workbook has all of them.
const LONGEST: usize = 600;

/// The text with nothing in it that HTML could take for its own. Characters that no page may hold, and those that turn the
/// direction of the text around them, become U+FFFD.
#[must_use]
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\t' => out.push(letter),
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => out.push('\u{fffd}'),
            '\u{fdd0}'..='\u{fdef}' => out.push('\u{fffd}'),
            letter if letter.is_control() || u32::from(letter) & 0xfffe == 0xfffe => out.push('\u{fffd}'),
            letter => out.push(letter),
        }
    }
    out
}

/// The same for a cell, cut when it is very long.
#[must_use]
pub(super) fn cell(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => escaped(&text[..end]) + "…",
        None => escaped(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_gets_out_of_its_cell() {
        let cases = [
            ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
            ("</td>\"'&", "&lt;/td&gt;&quot;&#39;&amp;"),
            ("a\0b\u{7f}\u{85}", "a\u{fffd}b\u{fffd}\u{fffd}"),
            ("\u{202e}gpj.exe", "\u{fffd}gpj.exe"),
            ("שלום àèì 日本", "שלום àèì 日本"),
            ("\u{ffff}\u{1fffe}", "\u{fffd}\u{fffd}"),
        ];
        for (text, expected) in cases {
            assert_eq!(escaped(text), expected);
        }
        assert_eq!(cell(&"é".repeat(10_000)).chars().count(), LONGEST + 1);
        assert_eq!(cell(&"<".repeat(LONGEST)), "&lt;".repeat(LONGEST));
    }
}
