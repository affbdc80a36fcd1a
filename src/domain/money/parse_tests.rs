//! Tests of number parsing: the awkward texts by hand, the rest against big integers.

use num_bigint::BigInt;
use proptest::prelude::*;

use super::*;
use crate::domain::money::format_decimal;

const FRENCH: NumberFormat = NumberFormat { decimal: b',', thousands: Some(b' ') };
const SWISS: NumberFormat = NumberFormat { decimal: b'.', thousands: Some(b'\'') };

#[test]
fn numbers_that_are_read() {
    let cases: &[(&str, u8, NumberFormat, i128)] = &[
        ("0", 2, NumberFormat::PLAIN, 0),
        ("-0.00", 2, NumberFormat::PLAIN, 0),
        ("12.5", 2, NumberFormat::PLAIN, 1250),
        ("  -12.50 ", 2, NumberFormat::PLAIN, -1250),
        ("+7", 0, NumberFormat::PLAIN, 7),
        (".5", 2, NumberFormat::PLAIN, 50),
        ("5.", 2, NumberFormat::PLAIN, 500),
        ("12.5000000", 1, NumberFormat::PLAIN, 125),
        ("0000000000000000000000000000000000000000000012", 0, NumberFormat::PLAIN, 12),
        ("1.00000000000000000000000000000000000000000000000000000", 2, NumberFormat::PLAIN, 100),
        ("1e3", 0, NumberFormat::PLAIN, 1000),
        ("4.00638E+12", 0, NumberFormat::PLAIN, 4_006_380_000_000),
        ("125e-2", 2, NumberFormat::PLAIN, 125),
        ("1200e-4", 2, NumberFormat::PLAIN, 12),
        ("0e999999999999", 2, NumberFormat::PLAIN, 0),
        ("1.234,56", 2, NumberFormat::ITALIAN, 123_456),
        ("1234,56", 2, NumberFormat::ITALIAN, 123_456),
        ("-1.234.567", 2, NumberFormat::ITALIAN, -123_456_700),
        ("12,5", 2, NumberFormat::ITALIAN, 1250),
        ("1 234\u{a0}567,8", 1, FRENCH, 12_345_678),
        ("1\u{202f}234,8", 1, FRENCH, 12_348),
        ("1'234\u{2019}567.80", 2, SWISS, 123_456_780),
        ("99999999999999999999999999999999999999", 0, NumberFormat::PLAIN, 10_i128.pow(38) - 1),
        ("-9999999999999999999", 0, NumberFormat::PLAIN, -9_999_999_999_999_999_999),
        ("0.00000000000000000000000000000000000001", 38, NumberFormat::PLAIN, 1),
    ];
    for (text, scale, format, expected) in cases {
        assert_eq!(parse_decimal(text.as_bytes(), *scale, *format), Ok(*expected), "{text}");
    }
}

#[test]
fn numbers_that_are_refused() {
    let not_a_number = |at| NumberError::NotANumber { at };
    let misplaced = |at| NumberError::MisplacedThousands { at };
    let cases: &[(&str, NumberFormat, NumberError)] = &[
        ("", NumberFormat::PLAIN, NumberError::Empty),
        (" \t", NumberFormat::PLAIN, NumberError::Empty),
        ("-", NumberFormat::PLAIN, not_a_number(1)),
        (".", NumberFormat::PLAIN, not_a_number(0)),
        (" 12a", NumberFormat::PLAIN, not_a_number(3)),
        ("1.2.3", NumberFormat::PLAIN, not_a_number(3)),
        ("--1", NumberFormat::PLAIN, not_a_number(1)),
        ("e5", NumberFormat::PLAIN, not_a_number(0)),
        ("1e", NumberFormat::PLAIN, not_a_number(2)),
        ("1e5.0", NumberFormat::PLAIN, not_a_number(3)),
        ("a richiesta", NumberFormat::PLAIN, not_a_number(0)),
        ("€ 5", NumberFormat::PLAIN, not_a_number(0)),
        ("12,50", NumberFormat::PLAIN, not_a_number(2)),
        ("12.50", NumberFormat { decimal: b',', thousands: None }, not_a_number(2)),
        ("NaN", NumberFormat::PLAIN, not_a_number(0)),
        ("12.345", NumberFormat::PLAIN, NumberError::TooManyDecimals { allowed: 2 }),
        ("1e-3", NumberFormat::PLAIN, NumberError::TooManyDecimals { allowed: 2 }),
        ("100000000000000000000000000000000000000", NumberFormat::PLAIN, NumberError::TooManyDigits),
        ("123456789012345678901234567890123456789012345", NumberFormat::PLAIN, NumberError::TooManyDigits),
        ("1e40", NumberFormat::PLAIN, NumberError::TooManyDigits),
        ("1e99999999999999", NumberFormat::PLAIN, NumberError::TooManyDigits),
        ("1.23,45", NumberFormat::ITALIAN, misplaced(1)),
        ("12.34", NumberFormat::ITALIAN, misplaced(2)),
        ("1234.567", NumberFormat::ITALIAN, misplaced(4)),
        ("1.2345", NumberFormat::ITALIAN, misplaced(1)),
        ("1..234", NumberFormat::ITALIAN, misplaced(2)),
        (".234", NumberFormat::ITALIAN, misplaced(0)),
        ("1,234.567", NumberFormat::ITALIAN, misplaced(5)),
        ("1.234.", NumberFormat::ITALIAN, misplaced(5)),
    ];
    for (text, format, expected) in cases {
        assert_eq!(parse_decimal(text.as_bytes(), 2, *format), Err(*expected), "{text:?}");
    }
}

#[test]
fn whole_numbers() {
    assert_eq!(parse_integer(b"42", NumberFormat::PLAIN), Ok(42));
    assert_eq!(parse_integer(b"42.00", NumberFormat::PLAIN), Ok(42));
    assert_eq!(parse_integer(b"1.250,00", NumberFormat::ITALIAN), Ok(1250));
    assert_eq!(parse_integer(b"-9223372036854775808", NumberFormat::PLAIN), Ok(i64::MIN));
    assert_eq!(parse_integer(b"9223372036854775808", NumberFormat::PLAIN), Err(NumberError::TooManyDigits));
    assert_eq!(parse_integer(b"4.5", NumberFormat::PLAIN), Err(NumberError::TooManyDecimals { allowed: 0 }));
}

#[test]
fn the_written_scale_is_kept() {
    let cases = [
        ("12.50", (1250, 2)),
        ("12", (12, 0)),
        ("0.000", (0, 3)),
        ("1.5e1", (15, 0)),
        ("1.5e-3", (15, 4)),
        ("2e3", (2000, 0)),
    ];
    for (text, expected) in cases {
        assert_eq!(parse_written(text.as_bytes(), NumberFormat::PLAIN), Ok(expected), "{text}");
    }
    let long = format!("0.{}1", "0".repeat(40));
    assert_eq!(parse_written(long.as_bytes(), NumberFormat::PLAIN), Err(NumberError::TooManyDigits));
}

/// The text of a mantissa with separators between the groups of its whole part.
fn grouped(mantissa: i128, scale: u8, format: NumberFormat) -> String {
    let mut bytes = Vec::new();
    format_decimal(mantissa.abs(), scale, format.decimal, &mut bytes);
    let plain = String::from_utf8(bytes).unwrap();
    let (whole, fraction) = plain.split_at(plain.find(char::from(format.decimal)).unwrap_or(plain.len()));
    let mut text = String::from(if mantissa < 0 { "-" } else { "" });
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            text.extend(format.thousands.map(char::from));
        }
        text.push(digit);
    }
    text + fraction
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]
    #[test]
    fn what_is_written_is_read_back(value in any::<i128>(), shift in 0u32..127, scale in 0u8..=38) {
        let mantissa = (value >> shift) % 10_i128.pow(38);
        for format in [NumberFormat::PLAIN, NumberFormat::ITALIAN, FRENCH, SWISS] {
            let text = grouped(mantissa, scale, format);
            prop_assert_eq!(parse_decimal(text.as_bytes(), scale, format), Ok(mantissa));
        }
    }

    #[test]
    fn values_agree_with_big_integers(text in "[-+]?[0-9]{1,45}(\\.[0-9]{0,45})?(e-?[0-9]{1,2})?", scale in 0u8..=38) {
        let (number, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let digits: BigInt = format!("{whole}{fraction}").trim_start_matches('+').parse().unwrap();
        let shift = exponent.parse::<i64>().unwrap() - i64::try_from(fraction.len()).unwrap() + i64::from(scale);
        let power = BigInt::from(10).pow(u32::try_from(shift.abs()).unwrap());
        let exact = if shift >= 0 { Some(digits * power) } else if &digits % &power == BigInt::ZERO { Some(digits / power) } else { None };
        let expected = exact.and_then(|value| i128::try_from(value).ok()).filter(|value| fits38(*value));
        prop_assert_eq!(parse_decimal(text.as_bytes(), scale, NumberFormat::PLAIN).ok(), expected);
    }

    #[test]
    fn no_bytes_break_the_reader(bytes in proptest::collection::vec(prop_oneof![any::<u8>(), proptest::sample::select(b"0129.,-+eE ' ".to_vec())], 0..60), scale in any::<u8>()) {
        for format in [NumberFormat::PLAIN, NumberFormat::ITALIAN, FRENCH, SWISS] {
            if let Err(NumberError::NotANumber { at } | NumberError::MisplacedThousands { at }) = parse_decimal(&bytes, scale, format) {
                prop_assert!(at <= bytes.len());
            }
        }
    }
}
