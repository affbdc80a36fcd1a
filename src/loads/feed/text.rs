//! Texts and addresses of a feed: cleaned, cut at the end of a word, checked.

use std::fmt::Write;

/// The text without control characters and blanks at its ends.
#[must_use]
pub fn clean(text: &str) -> String {
    let replaced: String = text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect();
    replaced.trim().to_owned()
}

/// The text cut to at most `most` characters at the end of a word; a number is not left without the unit that followed
/// it. `None` when it is short enough already.
#[must_use]
pub fn cut(text: &str, most: usize) -> Option<String> {
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

/// The address with characters outside ASCII percent-encoded (RFC 3987, section 3.1).
///
/// # Errors
/// What is wrong, in English and in Italian.
pub fn url(text: &str) -> Result<String, (&'static str, &'static str)> {
    let lower = text.to_ascii_lowercase();
    let rest = lower.strip_prefix("https://").or_else(|| lower.strip_prefix("http://"));
    let host = rest.map(|rest| rest.split(['/', '?', '#']).next().unwrap_or_default());
    if !host.is_some_and(|host| host.contains('.') && !host.starts_with('.') && !host.contains('@')) {
        return Err((
            "is not an absolute address: begin it with `https://` and the name of the site",
            "non è un indirizzo assoluto: deve iniziare con `https://` e il nome del sito",
        ));
    }
    if text.contains(|character: char| {
        character.is_whitespace() || character.is_control() || "<>\"{}|\\^`".contains(character)
    }) {
        return Err((
            "holds blanks or characters that an address cannot have: percent-encode them (`%20` for a blank)",
            "contiene spazi o caratteri non ammessi in un indirizzo: codificarli (`%20` per lo spazio)",
        ));
    }
    let mut encoded = String::with_capacity(text.len());
    let mut buffer = [0; 4];
    for character in text.chars() {
        if character.is_ascii() {
            encoded.push(character);
            continue;
        }
        for byte in character.encode_utf8(&mut buffer).bytes() {
            // Writing to memory does not fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    Ok(encoded)
}

#[cfg(test)]
mod tests {
    use super::*;

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
        ];
        for (text, most, expected) in cases {
            assert_eq!(cut(text, most).as_deref(), expected, "{text} {most}");
        }
        assert_eq!(clean(" a\tb\u{0}\n"), "a b");
    }

    #[test]
    fn addresses_are_absolute_and_encoded() {
        assert_eq!(url("https://shop.it/caffè?a=1"), Ok("https://shop.it/caff%C3%A8?a=1".to_owned()));
        assert_eq!(url("HTTP://shop.it"), Ok("HTTP://shop.it".to_owned()));
        for wrong in [
            "",
            "/p/1",
            "shop.it/p",
            "ftp://shop.it",
            "https://",
            "https://x",
            "https://a@b.it/",
            "https://shop.it/a b",
            "https://shop.it/<a>",
        ] {
            assert!(url(wrong).is_err(), "{wrong}");
        }
    }
}
