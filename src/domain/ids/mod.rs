//! The identifiers of the trade: each has one normal form, and a check of what can be checked without asking anybody.
//!
//! A number that passes is well made, not necessarily given to somebody: asking a register (VIES, GS1, a bank) is not done
//! here. Identifiers are text; nothing here turns them into numbers or guesses a lost digit.

pub mod codice_fiscale;
pub mod gtin;
pub mod iban;
pub mod lists;
pub mod partita_iva;
pub mod simple;
pub mod vat_number;

use std::borrow::Cow;

use thiserror::Error;

/// Why a text is not the identifier that was expected.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{message_en}")]
pub struct IdError {
    /// Stable name of the broken rule, such as `gtin-check-digit`; rejects are counted by it.
    pub rule: &'static str,
    /// What was expected and what to do, in English.
    pub message_en: String,
    /// The same in Italian.
    pub message_it: String,
}

impl IdError {
    /// An error of a rule, in both languages.
    #[must_use]
    pub fn new(rule: &'static str, message_en: impl Into<String>, message_it: impl Into<String>) -> Self {
        Self { rule, message_en: message_en.into(), message_it: message_it.into() }
    }
}

/// The text in upper case without blanks, and without the other marks that people write inside an identifier.
/// Borrowed when nothing changes.
fn compact<'a>(text: &'a str, marks: &[char]) -> Cow<'a, str> {
    let is_noise = |character: char| character.is_whitespace() || marks.contains(&character);
    if !text.chars().any(|character| is_noise(character) || character.is_ascii_lowercase()) {
        return Cow::Borrowed(text);
    }
    let kept = text.chars().filter(|character| !is_noise(*character));
    Cow::Owned(kept.map(|character| character.to_ascii_uppercase()).collect())
}

/// Drops the first bytes, which are known to be ASCII, of either kind of text.
fn without_prefix(text: Cow<'_, str>, length: usize) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(&text[length..]),
        Cow::Owned(text) => Cow::Owned(text[length..].to_owned()),
    }
}

/// A value as it is quoted in a message: short enough for one line.
fn shown(text: &str) -> String {
    const LONGEST: usize = 40;
    if text.chars().count() <= LONGEST {
        return format!("`{text}`");
    }
    format!("`{}…`", text.chars().take(LONGEST).collect::<String>())
}

fn all_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The values of ASCII digits; other bytes count as zero, so callers check the shape first.
fn digits(text: &str) -> impl DoubleEndedIterator<Item = u32> + ExactSizeIterator {
    text.as_bytes().iter().map(|byte| u32::from(byte.wrapping_sub(b'0')) % 10)
}

/// Whether the last digit is the Luhn check digit of the others (ISO/IEC 7812-1, annex B).
fn luhn(text: &str) -> bool {
    let doubled = |digit: u32| if digit > 4 { digit * 2 - 9 } else { digit * 2 };
    let sum: u32 =
        digits(text).rev().enumerate().map(|(index, digit)| if index % 2 == 1 { doubled(digit) } else { digit }).sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compacting_borrows_when_it_can() {
        assert!(matches!(compact("AB12", &[]), Cow::Borrowed("AB12")));
        assert_eq!(compact(" a b\u{a0}1\t", &[]), "AB1");
        assert_eq!(compact("a.b-1", &['.', '-']), "AB1");
        assert_eq!(compact("a.b", &[]), "A.B");
    }

    #[test]
    fn luhn_finds_one_wrong_digit_and_most_swaps() {
        assert!(luhn("79927398713"));
        for wrong in 0..9 {
            let digit = if wrong == 3 { 9 } else { wrong };
            assert!(!luhn(&format!("7992739871{digit}")));
        }
        assert!(!luhn("79927398731"));
    }

    #[test]
    fn long_values_are_cut_in_messages() {
        assert_eq!(shown("corto"), "`corto`");
        assert_eq!(shown(&"è".repeat(41)), format!("`{}…`", "è".repeat(40)));
    }
}
