//! Codice fiscale: the Italian tax code (D.M. 23 December 1976): 16 characters for a person, the last a check character; eleven
//! digits, made like a partita IVA, for a body or a provisional code.
//!
//! When two persons would share a code, digits are replaced by letters from the right (*omocodia*); such codes are accepted as
//! they are and never turned back into digits.

use std::borrow::Cow;

use super::{IdError, all_digits, compact, partita_iva, shown};

/// What the characters `0`–`9` and `A`–`J` weigh in an odd place, then `K`–`Z`.
const ODD: [u32; 26] = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];
/// The letters that stand for the digits 0 to 9 in an omocodia.
const OMOCODIA: &[u8; 10] = b"LMNPQRSTUV";
const MONTHS: &[u8; 12] = b"ABCDEHLMPRST";

/// The code in upper case without blanks.
///
/// # Errors
/// `codice-fiscale-format`, `codice-fiscale-date`, `codice-fiscale-check-character`; for eleven digits the rules of `partita_iva`
/// under the names `codice-fiscale-format` and `codice-fiscale-check-character`.
pub fn normalise(text: &str) -> Result<Cow<'_, str>, IdError> {
    let code = compact(text, &[]);
    check(&code)?;
    Ok(code)
}

/// Checks a code that is in its normal form already: upper case, no blanks.
///
/// # Errors
/// As `normalise`.
pub fn check(code: &str) -> Result<(), IdError> {
    if code.len() == 11 && all_digits(code) {
        return partita_iva::check(code).map_err(|_| check_error(code));
    }
    let Some(plain) = decode(code) else { return Err(format_error(code)) };
    if !has_possible_date(&plain) {
        return Err(date_error(code));
    }
    if check_character(code) == code.bytes().last() { Ok(()) } else { Err(check_error(code)) }
}

/// The code with the letters of an omocodia back to digits, when its shape is right.
fn decode(code: &str) -> Option<[u8; 16]> {
    let mut plain: [u8; 16] = code.as_bytes().try_into().ok()?;
    for (index, byte) in plain.iter_mut().enumerate() {
        if matches!(index, 6 | 7 | 9 | 10 | 12 | 13 | 14) {
            let letter = OMOCODIA.iter().position(|letter| letter == byte).and_then(|digit| u8::try_from(digit).ok());
            *byte = letter.map_or(*byte, |digit| b'0' + digit);
            byte.is_ascii_digit().then_some(())?;
        } else {
            byte.is_ascii_uppercase().then_some(())?;
        }
    }
    Some(plain)
}

/// Day 1 to 31, plus 40 for women, and one of the twelve letters of the months.
fn has_possible_date(plain: &[u8; 16]) -> bool {
    let day = (plain[9] - b'0') * 10 + (plain[10] - b'0');
    MONTHS.contains(&plain[8]) && matches!(day, 1..=31 | 41..=71)
}

/// The check character of the first fifteen, as they are written.
fn check_character(code: &str) -> Option<u8> {
    let mut sum = 0;
    for (index, byte) in code.bytes().take(15).enumerate() {
        let value = if byte.is_ascii_digit() { byte - b'0' } else { byte.wrapping_sub(b'A') };
        sum += if index % 2 == 0 { *ODD.get(usize::from(value))? } else { u32::from(value) };
    }
    u8::try_from(sum % 26).ok().map(|letter| b'A' + letter)
}

fn format_error(code: &str) -> IdError {
    let value = shown(code);
    IdError::new(
        "codice-fiscale-format",
        format!("expected a codice fiscale of 16 characters or 11 digits, found {value}"),
        format!("atteso un codice fiscale di 16 caratteri o 11 cifre, trovato {value}"),
    )
}

fn date_error(code: &str) -> IdError {
    let value = shown(code);
    IdError::new(
        "codice-fiscale-date",
        format!("the birth date in the codice fiscale {value} does not exist"),
        format!("la data di nascita nel codice fiscale {value} non esiste"),
    )
}

fn check_error(code: &str) -> IdError {
    let value = shown(code);
    IdError::new(
        "codice-fiscale-check-character",
        format!("the check character of the codice fiscale {value} is wrong: look for a mistyped character"),
        format!("il carattere di controllo del codice fiscale {value} è sbagliato: cercare un carattere battuto male"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_persons_and_bodies() {
        let cases = [
            ("RSSMRA85T10A562S", Ok("RSSMRA85T10A562S")),
            (" rssmra85t10 a562s ", Ok("RSSMRA85T10A562S")),
            ("RSSMRA85T50A562W", Ok("RSSMRA85T50A562W")),
            ("RSSMRA85T10A56NH", Ok("RSSMRA85T10A56NH")),
            ("80015010723", Ok("80015010723")),
            ("RSSMRA85T10A562T", Err("codice-fiscale-check-character")),
            ("RSSMRA85T10A652S", Err("codice-fiscale-check-character")),
            ("RSSMRA85T32A562S", Err("codice-fiscale-date")),
            ("RSSMRA85T00A562S", Err("codice-fiscale-date")),
            ("RSSMRA85T72A562S", Err("codice-fiscale-date")),
            ("RSSMRA85G10A562S", Err("codice-fiscale-date")),
            ("RSSMRA85T10A562", Err("codice-fiscale-format")),
            ("RSSMRA85T10A56AS", Err("codice-fiscale-format")),
            ("RSSMR185T10A562S", Err("codice-fiscale-format")),
            ("80015010724", Err("codice-fiscale-check-character")),
            ("00000000000", Err("codice-fiscale-check-character")),
            ("", Err("codice-fiscale-format")),
            ("RSSMRÀ85T10A562", Err("codice-fiscale-format")),
        ];
        for (text, expected) in cases {
            assert_eq!(normalise(text).as_deref().map_err(|error| error.rule), expected, "{text}");
        }
    }

    #[test]
    fn numbers_with_known_verdicts() {
        let table = include_str!("../../../tests/data/fatturapa/tax_ids.tsv");
        for line in table.lines().skip(1) {
            let [kind, value, expected] = *line.splitn(3, '\t').collect::<Vec<_>>() else { panic!("{line}") };
            let found = match kind {
                "piva" => crate::domain::ids::partita_iva::check(value).is_ok(),
                // Small letters are written as capitals first; the schema itself refuses them.
                _ => normalise(value).is_ok(),
            };
            assert_eq!(found, expected.starts_with("ok"), "{line}");
        }
    }
}
