//! Partita IVA: the Italian VAT number, eleven digits of which the last is a check digit (D.P.R. 605/1973, D.M. 23 December 1976).

use std::borrow::Cow;

use super::{IdError, all_digits, compact, luhn, shown, without_prefix};

/// The number without blanks and without the `IT` before it.
///
/// # Errors
/// `partita-iva-format`, `partita-iva-length`, `partita-iva-zeros`, `partita-iva-check-digit`.
pub fn normalise(text: &str) -> Result<Cow<'_, str>, IdError> {
    let number = compact(text, &[]);
    let prefix = if number.starts_with("IT") { 2 } else { 0 };
    let number = without_prefix(number, prefix);
    check(&number)?;
    Ok(number)
}

/// Checks a number that is in its normal form already: eleven digits.
///
/// # Errors
/// As `normalise`.
pub fn check(number: &str) -> Result<(), IdError> {
    if !all_digits(number) {
        return Err(format_error(number));
    }
    if number.len() != 11 {
        return Err(length_error(number));
    }
    if number.bytes().all(|byte| byte == b'0') {
        return Err(IdError::new(
            "partita-iva-zeros",
            "a partita IVA of zeros only is a placeholder: leave it empty",
            "una partita IVA di soli zeri è un segnaposto: lasciarla vuota",
        ));
    }
    if luhn(number) { Ok(()) } else { Err(check_error(number)) }
}

fn format_error(number: &str) -> IdError {
    let value = shown(number);
    IdError::new(
        "partita-iva-format",
        format!("expected a partita IVA, eleven digits, found {value}"),
        format!("attesa una partita IVA, undici cifre, trovato {value}"),
    )
}

fn length_error(number: &str) -> IdError {
    let (value, length) = (shown(number), number.len());
    let (hint_en, hint_it) = match length {
        8..=10 => (
            ": leading zeros may be lost, format the column as text",
            ": forse mancano gli zeri iniziali, formattare la colonna come testo",
        ),
        _ => ("", ""),
    };
    IdError::new(
        "partita-iva-length",
        format!("expected a partita IVA of eleven digits, found {length} in {value}{hint_en}"),
        format!("attesa una partita IVA di undici cifre, trovate {length} in {value}{hint_it}"),
    )
}

fn check_error(number: &str) -> IdError {
    let value = shown(number);
    IdError::new(
        "partita-iva-check-digit",
        format!("the check digit of the partita IVA {value} is wrong: look for a mistyped digit"),
        format!("la cifra di controllo della partita IVA {value} è sbagliata: cercare una cifra battuta male"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_cleaned_and_checked() {
        let cases = [
            ("12345678903", Ok("12345678903")),
            (" it 12345678903", Ok("12345678903")),
            ("IT00743110157", Ok("00743110157")),
            ("12345678904", Err("partita-iva-check-digit")),
            ("21345678903", Err("partita-iva-check-digit")),
            ("743110157", Err("partita-iva-length")),
            ("123456789033", Err("partita-iva-length")),
            ("1234567890A", Err("partita-iva-format")),
            ("DE12345678903", Err("partita-iva-format")),
            ("00000000000", Err("partita-iva-zeros")),
            ("", Err("partita-iva-format")),
            ("IT", Err("partita-iva-format")),
        ];
        for (text, expected) in cases {
            assert_eq!(normalise(text).as_deref().map_err(|error| error.rule), expected, "{text}");
        }
        assert!(check("IT12345678903").is_err());
        assert!(normalise("743110157").unwrap_err().message_en.contains("leading zeros"));
    }
}
