//! Which byte of a YAML scalar was written where.
//!
//! Quotes, escapes, indentation and folded lines make the value differ from the source. Each
//! notation is followed byte by byte; what cannot be followed with certainty has no map, and
//! places inside it become the whole scalar.

use serde_yaml::granit_parser::ScalarStyle;

use crate::diag::text::Segment;

/// The map from `value` to `raw`, its notation in the source from byte `base` of the file.
/// Empty when the two do not fit together.
pub(super) fn align(value: &str, raw: &str, base: usize, style: ScalarStyle) -> Vec<Segment> {
    let quote = match style {
        ScalarStyle::SingleQuoted => Some('\''),
        ScalarStyle::DoubleQuoted => Some('"'),
        _ => None,
    };
    let aligned = match quote {
        None => Aligner::new(value, raw, base).lines(),
        Some(quote) => raw
            .strip_prefix(quote)
            .and_then(|rest| rest.strip_suffix(quote))
            .and_then(|inner| Aligner::new(value, inner, base + 1).quoted(quote)),
    };
    aligned.unwrap_or_default()
}

struct Aligner<'t> {
    value: &'t str,
    raw: &'t str,
    base: usize,
    at_value: usize,
    at_raw: usize,
    segments: Vec<Segment>,
}

impl<'t> Aligner<'t> {
    fn new(value: &'t str, raw: &'t str, base: usize) -> Self {
        Self { value, raw, base, at_value: 0, at_raw: 0, segments: Vec::new() }
    }

    /// Plain and block scalars: the words of each line are unchanged, only the blanks and breaks
    /// between lines differ.
    fn lines(mut self) -> Option<Vec<Segment>> {
        for line in self.raw.split_inclusive('\n') {
            let words = line.trim_matches([' ', '\t', '\r', '\n']);
            let start = line.find(words)?;
            self.at_raw += start;
            if !words.is_empty() {
                self.skip_blanks_of_value();
                self.rest().strip_prefix(words)?;
                self.step(words.len(), words.len())?;
            }
            self.at_raw += line.len() - start - words.len();
        }
        self.skip_blanks_of_value();
        self.finish()
    }

    fn quoted(mut self, quote: char) -> Option<Vec<Segment>> {
        while self.at_raw < self.raw.len() {
            let raw = &self.raw[self.at_raw..];
            let blanks = raw.len() - raw.trim_start_matches([' ', '\t', '\r', '\n']).len();
            if raw[..blanks].contains('\n') {
                self.folded(blanks)?;
            } else if quote == '"' && raw.starts_with('\\') {
                self.escape(raw)?;
            } else if quote == '\'' && raw.starts_with("''") {
                self.rest().strip_prefix('\'')?;
                self.step(1, 2)?;
            } else {
                let letter = raw.chars().next()?;
                self.rest().strip_prefix(letter)?;
                self.step(letter.len_utf8(), letter.len_utf8())?;
            }
        }
        self.finish()
    }

    /// A line break within quotes: one becomes a blank, of several the first is dropped.
    fn folded(&mut self, blanks: usize) -> Option<()> {
        let breaks = self.raw[self.at_raw..self.at_raw + blanks].matches('\n').count();
        let expected = match breaks {
            1 => " ".to_owned(),
            more => "\n".repeat(more - 1),
        };
        self.rest().strip_prefix(expected.as_str())?;
        self.at_value += expected.len();
        self.at_raw += blanks;
        Some(())
    }

    /// An escape of a double-quoted scalar, which stands for one character or for none.
    fn escape(&mut self, raw: &str) -> Option<()> {
        let length = match raw.as_bytes().get(1)? {
            b'x' => 4,
            b'u' if is_high_surrogate(raw.get(2..6)?) => 12,
            b'u' => 6,
            b'U' => 10,
            b'\r' | b'\n' => {
                let rest = raw[1..].trim_start_matches('\r').strip_prefix('\n')?;
                self.at_raw += raw.len() - rest.trim_start_matches([' ', '\t']).len();
                return Some(());
            }
            _ => 2,
        };
        let letter = self.rest().chars().next()?;
        self.step(letter.len_utf8(), length)
    }

    fn rest(&self) -> &'t str {
        &self.value[self.at_value..]
    }

    fn skip_blanks_of_value(&mut self) {
        let rest = self.rest();
        self.at_value += rest.len() - rest.trim_start_matches([' ', '\t', '\n']).len();
    }

    /// Notes that the next bytes of the value stand for the next bytes of the source.
    fn step(&mut self, value_len: usize, raw_len: usize) -> Option<()> {
        let next = Segment {
            value: u32::try_from(self.at_value).ok()?,
            value_len: u32::try_from(value_len).ok()?,
            source: u32::try_from(self.base + self.at_raw).ok()?,
            source_len: u32::try_from(raw_len).ok()?,
        };
        match self.segments.last_mut() {
            Some(last) if continues(*last, next) => {
                last.value_len += next.value_len;
                last.source_len += next.source_len;
            }
            _ => self.segments.push(next),
        }
        self.at_value += value_len;
        self.at_raw += raw_len;
        Some(())
    }

    fn finish(self) -> Option<Vec<Segment>> {
        (self.at_value == self.value.len()).then_some(self.segments)
    }
}

/// Whether both correspond one to one and lie end to end.
fn continues(last: Segment, next: Segment) -> bool {
    last.value_len == last.source_len
        && next.value_len == next.source_len
        && last.value + last.value_len == next.value
        && last.source + last.source_len == next.source
}

fn is_high_surrogate(digits: &str) -> bool {
    u32::from_str_radix(digits, 16).is_ok_and(|unit| (0xd800..0xdc00).contains(&unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Value pieces and the source pieces that they map to.
    fn pieces<'t>(value: &'t str, raw: &'t str, style: ScalarStyle) -> Vec<(&'t str, &'t str)> {
        let cut = |text: &'t str, start: u32, len: u32| &text[start as usize..(start + len) as usize];
        align(value, raw, 0, style)
            .into_iter()
            .map(|segment| (cut(value, segment.value, segment.value_len), cut(raw, segment.source, segment.source_len)))
            .collect()
    }

    #[test]
    fn each_notation_is_followed() {
        use ScalarStyle::{DoubleQuoted, Folded, Literal, Plain, SingleQuoted};
        type Case = (ScalarStyle, &'static str, &'static str, &'static [(&'static str, &'static str)]);
        let cases: &[Case] = &[
            (Plain, "a b", "a b", &[("a b", "a b")]),
            (Plain, "one two", "one\r\n   two", &[("one", "one"), ("two", "two")]),
            (Literal, "ab\n  cd\n", "ab\n    cd\n\n", &[("ab", "ab"), ("cd", "cd")]),
            (Folded, "ab cd", "ab\n  cd\n", &[("ab", "ab"), ("cd", "cd")]),
            (SingleQuoted, "it's", "'it''s'", &[("it", "it"), ("'", "''"), ("s", "s")]),
            (SingleQuoted, "a b", "'a\n  b'", &[("a", "a"), ("b", "b")]),
            (DoubleQuoted, "a\nb", "\"a\\nb\"", &[("a", "a"), ("\n", "\\n"), ("b", "b")]),
            (DoubleQuoted, "aé€", "\"a\\xe9\\u20ac\"", &[("a", "a"), ("é", "\\xe9"), ("€", "\\u20ac")]),
            (DoubleQuoted, "ab", "\"a\\\n   b\"", &[("a", "a"), ("b", "b")]),
            (DoubleQuoted, "a\nb", "\"a\n\n  b\"", &[("a", "a"), ("b", "b")]),
            (DoubleQuoted, "😀", "\"\\ud83d\\ude00\"", &[("😀", "\\ud83d\\ude00")]),
        ];
        for (style, value, raw, expected) in cases {
            assert_eq!(pieces(value, raw, *style), *expected, "{raw:?}");
        }
    }

    #[test]
    fn what_does_not_fit_has_no_map() {
        assert!(align("abc", "abd", 0, ScalarStyle::Plain).is_empty());
        assert!(align("abc", "\"ab\"", 0, ScalarStyle::DoubleQuoted).is_empty());
        assert!(align("ab", "'ab", 0, ScalarStyle::SingleQuoted).is_empty());
    }
}
