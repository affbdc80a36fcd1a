//! GTIN: the number under a barcode (GS1 General Specifications, section 7.9): 8, 12, 13 or 14 digits, the last a check digit.
//!
//! The number is text: its leading zeros are kept and its length is not changed.

use std::borrow::Cow;

use super::{IdError, all_digits, compact, digits, shown};

/// The number without blanks and hyphens.
///
/// # Errors
/// `gtin-spreadsheet` for a number that a spreadsheet has rounded, `gtin-format`, `gtin-length`, `gtin-zeros`, `gtin-check-digit`.
pub fn normalise(text: &str) -> Result<Cow<'_, str>, IdError> {
    let number = compact(text, &['-']);
    if !all_digits(&number) {
        return Err(if is_spreadsheet_number(text.trim()) { spreadsheet(text) } else { format_error(text) });
    }
    if !matches!(number.len(), 8 | 12 | 13 | 14) {
        return Err(length_error(&number));
    }
    if number.bytes().all(|byte| byte == b'0') {
        return Err(zeros());
    }
    let (body, written) = number.split_at(number.len() - 1);
    let expected = check_digit(body);
    if digits(written).next() != Some(expected) {
        return Err(check_error(&number, expected));
    }
    Ok(number)
}

/// Whether a text is a barcode number as it is: 8, 12, 13 or 14 digits, not all zero, the last the check digit.
#[must_use]
pub fn is_valid(text: &str) -> bool {
    let bytes = text.as_bytes();
    if !matches!(bytes.len(), 8 | 12 | 13 | 14) || !bytes.iter().all(u8::is_ascii_digit) {
        return false;
    }
    let weighted = bytes.iter().rev().enumerate();
    let sum: u32 = weighted.map(|(index, byte)| u32::from(byte - b'0') * if index % 2 == 0 { 1 } else { 3 }).sum();
    sum > 0 && sum.is_multiple_of(10)
}

/// Whether a valid number is of a range that no maker gets: for use inside a shop (02, 04, 20 to 29) or for coupons (98, 99).
#[must_use]
pub fn is_restricted(number: &str) -> bool {
    let padded = match number.len() {
        12 => return number.starts_with(['2', '4']),
        13 => number,
        14 => &number[1..],
        _ => return false,
    };
    padded.starts_with('2') || ["02", "04", "98", "99"].iter().any(|range| padded.starts_with(range))
}

/// The check digit of a number given without it: from the right, digits times 3, 1, 3, …, completed to a multiple of ten.
fn check_digit(body: &str) -> u32 {
    let sum: u32 =
        digits(body).rev().enumerate().map(|(index, digit)| if index % 2 == 0 { digit * 3 } else { digit }).sum();
    (10 - sum % 10) % 10
}

/// `4.00638E+12`, `4,00638e12` and `4006381333931.0`: what a cell holds when the code was taken for a number.
fn is_spreadsheet_number(text: &str) -> bool {
    let mantissa_ends = text.find(['e', 'E']).unwrap_or(text.len());
    let (mantissa, exponent) = text.split_at(mantissa_ends);
    let exponent = exponent.trim_start_matches(['e', 'E', '+']);
    let has_point = mantissa.contains(['.', ',']);
    let is_number = mantissa.split(['.', ',']).count() <= 2 && mantissa.split(['.', ',']).all(all_digits);
    is_number && (all_digits(exponent) || (has_point && mantissa_ends == text.len()))
}

fn spreadsheet(text: &str) -> IdError {
    let value = shown(text);
    IdError::new(
        "gtin-spreadsheet",
        format!(
            "{value} is a GTIN that a spreadsheet has turned into a number: its digits may be lost, format the column as text and export it again"
        ),
        format!(
            "{value} è un GTIN che un foglio di calcolo ha trasformato in numero: può aver perso cifre, formattare la colonna come testo ed esportare di nuovo"
        ),
    )
}

fn format_error(text: &str) -> IdError {
    let value = shown(text);
    IdError::new(
        "gtin-format",
        format!("expected a GTIN, digits only, found {value}"),
        format!("atteso un GTIN, solo cifre, trovato {value}"),
    )
}

fn length_error(number: &str) -> IdError {
    let (value, length) = (shown(number), number.len());
    let (hint_en, hint_it) = match length {
        7 | 9..=11 => (
            ": leading zeros may be lost, format the column as text",
            ": forse mancano gli zeri iniziali, formattare la colonna come testo",
        ),
        _ => ("", ""),
    };
    IdError::new(
        "gtin-length",
        format!("expected a GTIN of 8, 12, 13 or 14 digits, found {length} in {value}{hint_en}"),
        format!("atteso un GTIN di 8, 12, 13 o 14 cifre, trovate {length} in {value}{hint_it}"),
    )
}

fn zeros() -> IdError {
    IdError::new(
        "gtin-zeros",
        "a GTIN of zeros only is a placeholder: leave it empty",
        "un GTIN di soli zeri è un segnaposto: lasciarlo vuoto",
    )
}

fn check_error(number: &str, expected: u32) -> IdError {
    let value = shown(number);
    IdError::new(
        "gtin-check-digit",
        format!("the check digit of the GTIN {value} is wrong: with these digits it would be `{expected}`"),
        format!("la cifra di controllo del GTIN {value} è sbagliata: con queste cifre sarebbe `{expected}`"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_numbers_keep_their_zeros() {
        let cases = [
            ("4006381333931", "4006381333931"),
            (" 4-006381-333931 ", "4006381333931"),
            ("96385074", "96385074"),
            ("036000291452", "036000291452"),
            ("0036000291452", "0036000291452"),
            ("00012345600012", "00012345600012"),
        ];
        for (text, expected) in cases {
            assert_eq!(normalise(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn every_other_last_digit_is_wrong() {
        for digit in 0..10 {
            let number = format!("400638133393{digit}");
            assert_eq!(normalise(&number).is_ok(), digit == 1, "{number}");
        }
        assert!(normalise("4006381333930").unwrap_err().message_en.contains("would be `1`"));
    }

    #[test]
    fn bad_numbers_name_their_rule() {
        let cases = [
            ("4.00638E+12", "gtin-spreadsheet"),
            ("4,00638e+12", "gtin-spreadsheet"),
            ("4E12", "gtin-spreadsheet"),
            ("4006381333931.0", "gtin-spreadsheet"),
            ("", "gtin-format"),
            ("ABC", "gtin-format"),
            ("4006381E", "gtin-format"),
            ("400638133393A", "gtin-format"),
            ("40063813339.3.1", "gtin-format"),
            ("٤٠٠٦٣٨١٣", "gtin-format"),
            ("400638133393", "gtin-check-digit"),
            ("36000291452", "gtin-length"),
            ("123456", "gtin-length"),
            ("0000000000000", "gtin-zeros"),
        ];
        for (text, rule) in cases {
            assert_eq!(normalise(text).map_err(|error| error.rule), Err(rule), "{text}");
        }
        assert!(normalise("36000291452").unwrap_err().message_it.contains("zeri iniziali"));
    }
}
