//! IBAN: the international number of a bank account (ISO 13616-1), with its check digits and the length of each country.

use std::borrow::Cow;

use super::{IdError, compact, lists::IBAN_LENGTHS, shown};

/// The number in upper case without blanks.
///
/// # Errors
/// `iban-format`, `iban-country`, `iban-length`, `iban-check-digits`.
pub fn normalise(text: &str) -> Result<Cow<'_, str>, IdError> {
    let number = compact(text, &[]);
    let number = if number.starts_with("IBAN") { super::without_prefix(number, 4) } else { number };
    check(&number)?;
    Ok(number)
}

fn check(number: &str) -> Result<(), IdError> {
    if !has_shape(number) {
        return Err(format_error(number));
    }
    let country = &number[..2];
    let Ok(index) = IBAN_LENGTHS.binary_search_by_key(&country, |(country, _)| *country) else {
        return Err(country_error(country));
    };
    let expected = IBAN_LENGTHS[index].1;
    if number.len() != expected {
        return Err(length_error(number, country, expected));
    }
    if remainder(number) == 1 { Ok(()) } else { Err(check_error(number)) }
}

/// Two letters, two digits, then letters and digits.
fn has_shape(number: &str) -> bool {
    let bytes = number.as_bytes();
    bytes.len() > 4
        && bytes[..2].iter().all(u8::is_ascii_uppercase)
        && bytes[2..4].iter().all(u8::is_ascii_digit)
        && bytes[4..].iter().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase())
}

/// The number with its first four characters moved to the end and letters as 10 to 35, modulo 97.
fn remainder(number: &str) -> u32 {
    let (head, body) = number.split_at(4);
    body.bytes().chain(head.bytes()).fold(0, |left, byte| match byte {
        b'0'..=b'9' => (left * 10 + u32::from(byte - b'0')) % 97,
        _ => (left * 100 + u32::from(byte.wrapping_sub(b'A')) + 10) % 97,
    })
}

fn format_error(number: &str) -> IdError {
    let value = shown(number);
    IdError::new(
        "iban-format",
        format!("expected an IBAN, such as `IT60X0542811101000000123456`, found {value}"),
        format!("atteso un IBAN, come `IT60X0542811101000000123456`, trovato {value}"),
    )
}

fn country_error(country: &str) -> IdError {
    IdError::new(
        "iban-country",
        format!("`{country}` is not a country that issues IBANs"),
        format!("`{country}` non è un paese che usa l'IBAN"),
    )
}

fn length_error(number: &str, country: &str, expected: usize) -> IdError {
    let (value, length) = (shown(number), number.len());
    IdError::new(
        "iban-length",
        format!("an IBAN of `{country}` has {expected} characters, found {length} in {value}"),
        format!("un IBAN di `{country}` ha {expected} caratteri, trovati {length} in {value}"),
    )
}

fn check_error(number: &str) -> IdError {
    let value = shown(number);
    IdError::new(
        "iban-check-digits",
        format!("the check digits of the IBAN {value} are wrong: look for a mistyped character"),
        format!("le cifre di controllo dell'IBAN {value} sono sbagliate: cercare un carattere battuto male"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_cleaned_and_checked() {
        let cases = [
            ("IT60 X054 2811 1010 0000 0123 456", Ok("IT60X0542811101000000123456")),
            ("iban gb82 WEST 1234 5698 7654 32", Ok("GB82WEST12345698765432")),
            ("DE89370400440532013000", Ok("DE89370400440532013000")),
            ("FR1420041010050500013M02606", Ok("FR1420041010050500013M02606")),
            ("NO9386011117947", Ok("NO9386011117947")),
            ("IT60X0542811101000000123457", Err("iban-check-digits")),
            ("IT06X0542811101000000123456", Err("iban-check-digits")),
            ("IT60X054281110100000012345", Err("iban-length")),
            ("US60X0542811101000000123456", Err("iban-country")),
            ("60X0542811101000000123456", Err("iban-format")),
            ("IT60X05428-1101000000123456", Err("iban-format")),
            ("IT60", Err("iban-format")),
            ("", Err("iban-format")),
            ("ÈT60X0542811101000000123456", Err("iban-format")),
        ];
        for (text, expected) in cases {
            assert_eq!(normalise(text).as_deref().map_err(|error| error.rule), expected, "{text}");
        }
    }

    #[test]
    fn the_table_of_lengths_can_be_searched() {
        assert!(IBAN_LENGTHS.is_sorted());
        assert!(IBAN_LENGTHS.iter().all(|(_, length)| (15..=34).contains(length)));
    }
}
