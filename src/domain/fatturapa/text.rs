//! Texts within the character sets and lengths that the types admit.
//!
//! Here: transliteration with a list of what was replaced, blanks made
//! regular, cutting at a word. A character without a counterpart is left out
//! and listed with an empty replacement, never turned into a silent `?`. Not
//! here: which element has which set and length (see `party` and `build`).

use super::text_table::{compose, replacement};

/// The two character sets of the text types (specification, section 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Charset {
    /// Basic Latin, U+0020 to U+007E as written here.
    Basic,
    /// Basic Latin and the printable part of Latin-1 Supplement.
    Latin,
}

impl Charset {
    /// Whether a character may be written as it is; line ends, tabs and control characters may not.
    #[must_use]
    pub const fn admits(self, character: char) -> bool {
        match character {
            ' '..='~' => true,
            '\u{a0}'..='\u{ff}' => matches!(self, Self::Latin),
            _ => false,
        }
    }
}

/// One character that could not be written and what stands for it, perhaps nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Replacement {
    /// The character of the source.
    pub from: char,
    /// What was written instead; empty when there is no counterpart.
    pub to: &'static str,
}

/// A text that an element admits, with the account of what it cost.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fitted {
    /// The text to write.
    pub text: String,
    /// Characters replaced, each one once, in order of appearance.
    pub replaced: Vec<Replacement>,
    /// What was cut off at the end, if anything.
    pub cut: Option<String>,
}

impl Fitted {
    /// Whether the text says exactly what the source said (blanks aside).
    #[must_use]
    pub fn is_unchanged(&self) -> bool {
        self.replaced.is_empty() && self.cut.is_none()
    }
}

/// A text of the invoice that does not say exactly what the order said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextChange {
    /// Name of the element.
    pub element: &'static str,
    /// The text as written.
    pub written: String,
    /// Characters replaced.
    pub replaced: Vec<Replacement>,
    /// What was cut off at the end.
    pub cut: Option<String>,
}

/// Fits texts and keeps the account of what changed.
#[derive(Debug, Default)]
pub struct Texts {
    /// Changes so far.
    pub changes: Vec<TextChange>,
}

impl Texts {
    /// Brings a text into the set and length of an element.
    pub fn fit(&mut self, element: &'static str, source: &str, charset: Charset, limit: usize) -> String {
        let fitted = fit(source, charset, limit);
        if !fitted.is_unchanged() {
            let written = fitted.text.clone();
            self.changes.push(TextChange { element, written, replaced: fitted.replaced, cut: fitted.cut });
        }
        fitted.text
    }

    /// The same for a text that may be missing; an empty one counts as missing.
    pub fn fit_optional(
        &mut self,
        element: &'static str,
        source: Option<&str>,
        charset: Charset,
        limit: usize,
    ) -> Option<String> {
        source.map(|source| self.fit(element, source, charset, limit)).filter(|text| !text.is_empty())
    }
}

/// Brings a text into a character set and a length in characters.
#[must_use]
pub fn fit(source: &str, charset: Charset, limit: usize) -> Fitted {
    let mut fitted = transliterate(source, charset);
    // A cut at a word must not cost more than half of the room.
    let (kept, rest) = cut_at_word(&fitted.text, limit, limit / 2);
    if !rest.is_empty() {
        fitted.cut = Some(rest.to_owned());
        fitted.text = kept.to_owned();
    }
    fitted
}

/// Brings a text into a character set without limiting its length; blanks are trimmed and never doubled.
#[must_use]
pub fn transliterate(source: &str, charset: Charset) -> Fitted {
    if is_plain(source) {
        return Fitted { text: source.to_owned(), ..Fitted::default() };
    }
    let mut fitted = Fitted { text: String::with_capacity(source.len()), ..Fitted::default() };
    let mut characters = source.chars().peekable();
    while let Some(mut character) = characters.next() {
        while let Some(composed) = characters.peek().and_then(|mark| compose(character, *mark)) {
            character = composed;
            characters.next();
        }
        push(&mut fitted, character, charset);
    }
    fitted.text.truncate(fitted.text.trim_end().len());
    fitted
}

/// Divides a text into pieces of at most `limit` characters, at words where possible.
#[must_use]
pub fn pieces(text: &str, limit: usize) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() && limit > 0 {
        let (piece, remainder) = cut_at_word(rest, limit, 1);
        pieces.push(piece.to_owned());
        rest = remainder;
    }
    pieces
}

/// ASCII, printable, trimmed and without double blanks: nothing to do.
fn is_plain(source: &str) -> bool {
    let bytes = source.as_bytes();
    let blank_ends = bytes.first() == Some(&b' ') || bytes.last() == Some(&b' ');
    !blank_ends && bytes.iter().all(|byte| matches!(byte, b' '..=b'~')) && !source.contains("  ")
}

fn push(fitted: &mut Fitted, character: char, charset: Charset) {
    if character.is_whitespace() {
        push_blank(&mut fitted.text);
    } else if charset.admits(character) && character != '\u{ad}' {
        fitted.text.push(character);
    } else {
        let to = replacement(character);
        if to.starts_with(' ') {
            push_blank(&mut fitted.text);
        }
        fitted.text.push_str(to.trim_start());
        note(&mut fitted.replaced, Replacement { from: character, to });
    }
}

fn push_blank(text: &mut String) {
    if !text.is_empty() && !text.ends_with(' ') {
        text.push(' ');
    }
}

fn note(replaced: &mut Vec<Replacement>, replacement: Replacement) {
    if !replaced.contains(&replacement) {
        replaced.push(replacement);
    }
}

/// Splits at the last blank within the limit that keeps at least `least` bytes, else inside a word.
fn cut_at_word(text: &str, limit: usize, least: usize) -> (&str, &str) {
    let Some((end, next)) = text.char_indices().nth(limit) else {
        return (text, "");
    };
    let at_word = if next == ' ' { Some(end) } else { text[..end].rfind(' ') };
    let at = at_word.filter(|blank| *blank >= least).unwrap_or(end);
    (text[..at].trim_end(), text[at..].trim_start())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transliterates_what_the_types_refuse() {
        let cases = [
            ("L’Aquila – “città” …", Charset::Latin, "L'Aquila - \"città\" ..."),
            ("Prezzo 10 € — sœur", Charset::Latin, "Prezzo 10 EUR - soeur"),
            ("Škoda Łódź Çelik", Charset::Latin, "Skoda Lódz Çelik"),
            ("Perché n° 5", Charset::Basic, "Perche no 5"),
            ("Straße Ærø", Charset::Basic, "Strasse AEro"),
            ("Αθήνα", Charset::Latin, "Athina"),
            ("Чайковский", Charset::Latin, "Chaykovskiy"),
            ("Nguyễn Thị Ước", Charset::Latin, "Nguyen Thi Uoc"),
            ("caffe\u{300} e\u{302}tre", Charset::Latin, "caffè être"),
            ("due\u{a0}\u{a0}blank\r\n\tfine ", Charset::Latin, "due blank fine"),
            ("l\u{92}ora da 5 \u{80}", Charset::Latin, "l'ora da 5 EUR"),
            ("tazza \u{1f600} blu 漢字", Charset::Latin, "tazza blu"),
            ("a\u{0}b\u{7}c", Charset::Basic, "abc"),
        ];
        for (source, charset, expected) in cases {
            assert_eq!(transliterate(source, charset).text, expected, "{source}");
        }
    }

    #[test]
    fn lists_every_replacement_once() {
        let fitted = transliterate("€ € ’ 漢", Charset::Latin);
        let pairs: Vec<_> = fitted.replaced.iter().map(|entry| (entry.from, entry.to)).collect();
        assert_eq!(pairs, [('€', "EUR"), ('’', "'"), ('漢', "")]);
        assert!(transliterate("Città  di\tCastello", Charset::Latin).is_unchanged());
    }

    #[test]
    fn cuts_at_a_word_and_says_what_is_missing() {
        let fitted = fit("Via Generale Carlo Alberto Dalla Chiesa", Charset::Latin, 20);
        assert_eq!(fitted.text, "Via Generale Carlo");
        assert_eq!(fitted.cut.as_deref(), Some("Alberto Dalla Chiesa"));
        assert_eq!(fit("abcdefghij klm", Charset::Latin, 10).text, "abcdefghij");
        assert_eq!(fit("a bcdefghijklm", Charset::Latin, 10).text, "a bcdefghi", "half would be lost at the blank");
        assert_eq!(fit("perché", Charset::Latin, 6).cut, None, "length counts characters, not bytes");
    }

    #[test]
    fn pieces_keep_every_word() {
        assert_eq!(pieces("uno due tre quattro", 8), ["uno due", "tre", "quattro"]);
        assert!(pieces("   ", 8).is_empty());
    }
}
