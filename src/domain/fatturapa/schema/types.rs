//! The simple types of the schemas (specification, section 2): what is wrong with a value as it is written, if anything.
//!
//! Here: one value at a time, in its lexical form (`22` is not a rate, `22.00` is). Not here: which element has which type
//! (`ordinary`, `simplified`), how a value reads best.

use std::borrow::Cow;

use crate::domain::fatturapa::codes::{DocumentType, Natura};
use crate::domain::fatturapa::routing::is_mail_address;

/// What is wrong, in Italian and English.
pub type Problem = (String, String);

/// A simple type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueType {
    /// One to so many characters of Basic Latin.
    Basic(usize),
    /// One to so many characters of Basic Latin and Latin-1 Supplement.
    Latin(usize),
    /// One to so many characters of any kind (`CodiceValore`).
    Any(usize),
    /// `Titolo`: 2 to 10 of Basic Latin, blanks collapsed.
    Title,
    /// `TelFax`: 5 to 12 of Basic Latin.
    Phone,
    /// `Codice` of a VAT number: 1 to 28 characters.
    Codice,
    /// `CodEORI`: 13 to 17 characters.
    Eori,
    /// `CodiceFiscale`: 11 to 16 capitals or digits.
    CodiceFiscale,
    /// `CodiceFiscalePF`: 16 capitals or digits.
    PersonCode,
    /// `CodiceDestinatario` of the ordinary format: 6 or 7 capitals or digits.
    Recipient,
    /// `CodiceDestinatario` of the simplified format: 7 capitals or digits.
    Recipient7,
    /// `Nazione`, `Provincia`.
    TwoLetters,
    /// `Divisa`, `TipoResa`.
    ThreeLetters,
    /// `CAP`, `ABI`, `CAB`.
    FiveDigits,
    /// `IBAN`.
    Iban,
    /// `BIC`.
    Bic,
    /// `Email` of certified mail.
    Pec,
    /// `EmailContatti`.
    ContactMail,
    /// `Amount2Decimal`.
    Cents,
    /// `Amount8Decimal`.
    EightDecimals,
    /// `Quantita`.
    Quantity,
    /// `Rate`.
    Rate,
    /// `Peso`.
    Weight,
    /// `xs:date`.
    Date,
    /// `DataFattura`: a date from 1970-01-01.
    DocumentDate,
    /// `xs:dateTime`.
    DateTime,
    /// 1 to 9999.
    LineNumber,
    /// 1 to 999.
    Phase,
    /// 0 to 999.
    Days,
    /// `xs:base64Binary`.
    Base64,
    /// A closed list.
    List(&'static [&'static str]),
}

/// The only value of a yes.
pub const YES: &[&str] = &["SI"];
/// `SoggettoEmittente`.
pub const ISSUERS: &[&str] = &["CC", "TZ"];
/// `FormatoTrasmissione` of the simplified format.
pub const SIMPLIFIED_FORMATS: &[&str] = &["FSM10"];
/// `TipoDocumento` of the simplified format.
pub const SIMPLIFIED_DOCUMENTS: &[&str] = DocumentType::SIMPLIFIED;
/// `Natura` of the simplified format.
pub const SIMPLIFIED_NATURES: &[&str] =
    &["N1", "N2", "N2.1", "N2.2", "N3", "N3.1", "N3.2", "N3.3", "N3.4", "N3.5", "N3.6", "N4", "N5"];
/// Codes of the CU form that the schema lists.
pub const CU_REASONS: &[&str] = &[
    "A", "B", "C", "D", "E", "G", "H", "I", "L", "M", "N", "O", "P", "Q", "R", "S", "T", "U", "V", "W", "X", "Y", "Z",
    "L1", "M1", "M2", "O1", "V1", "ZO",
];

const _: () = assert!(Natura::CODES.len() == 24);

impl ValueType {
    /// What is wrong with a value as it is written in the file.
    #[must_use]
    pub fn problem(self, value: &str) -> Option<Problem> {
        if self.admits(value) {
            return None;
        }
        match self {
            Self::Basic(limit) => text_problem(value, 1, limit, '\u{7f}'),
            Self::Latin(limit) => text_problem(value, 1, limit, '\u{ff}'),
            Self::Any(limit) => text_problem(value, 1, limit, char::MAX),
            Self::Phone => text_problem(value, 5, 12, '\u{7f}'),
            Self::Codice => text_problem(value, 1, 28, char::MAX),
            Self::Eori => text_problem(value, 13, 17, char::MAX),
            Self::Title => text_problem(&collapsed(value), 2, 10, '\u{7f}'),
            _ if value.is_empty() => Some(empty()),
            _ => Some(self.form()),
        }
    }

    /// Whether a value is admitted as it is written in the file.
    #[must_use]
    pub fn admits(self, value: &str) -> bool {
        let bytes = value.as_bytes();
        let code = |least, most| {
            (least..=most).contains(&bytes.len())
                && bytes.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
        };
        let all = |length: usize, test: fn(&u8) -> bool| bytes.len() == length && bytes.iter().all(test);
        match self {
            Self::CodiceFiscale => code(11, 16),
            Self::PersonCode => code(16, 16),
            Self::Recipient => code(6, 7),
            Self::Recipient7 => code(7, 7),
            Self::TwoLetters => all(2, u8::is_ascii_uppercase),
            Self::ThreeLetters => all(3, u8::is_ascii_uppercase),
            Self::FiveDigits => all(5, u8::is_ascii_digit),
            Self::Iban => is_iban(bytes),
            Self::Bic => is_bic(bytes),
            Self::Pec => is_pec(&collapsed(value)),
            Self::ContactMail => is_contact_mail(value),
            Self::Cents => is_decimal(trimmed(value), true, 11, 2, 2),
            Self::EightDecimals => is_decimal(trimmed(value), true, 11, 2, 8),
            Self::Quantity => is_decimal(trimmed(value), false, 12, 2, 8),
            Self::Weight => is_decimal(trimmed(value), false, 4, 1, 2),
            Self::Rate => is_rate(trimmed(value)),
            Self::Date => is_date(bytes),
            Self::DocumentDate => is_date(bytes) && bytes >= b"1970-01-01".as_slice(),
            Self::DateTime => is_date_time(bytes),
            Self::LineNumber => is_integer(trimmed(value), 1, 9999),
            Self::Phase => is_integer(trimmed(value), 1, 999),
            Self::Days => is_integer(trimmed(value), 0, 999),
            Self::Base64 => is_base64(bytes),
            Self::List(codes) => codes.contains(&value),
            Self::Basic(limit) => (1..=limit).contains(&bytes.len()) && value.is_ascii(),
            Self::Latin(limit) => {
                (1..=limit).contains(&bytes.len()) && value.is_ascii() || is_text(value, 1, limit, '\u{ff}')
            }
            Self::Any(limit) => is_text(value, 1, limit, char::MAX),
            Self::Phone => is_text(value, 5, 12, '\u{7f}'),
            Self::Codice => is_text(value, 1, 28, char::MAX),
            Self::Eori => is_text(value, 13, 17, char::MAX),
            Self::Title => is_text(&collapsed(value), 2, 10, '\u{7f}'),
        }
    }

    fn form(self) -> Problem {
        let (italian, english) = match self {
            Self::CodiceFiscale => ("da 11 a 16 lettere maiuscole o cifre", "11 to 16 capital letters or digits"),
            Self::PersonCode => ("16 lettere maiuscole o cifre", "16 capital letters or digits"),
            Self::Recipient => ("6 o 7 lettere maiuscole o cifre", "6 or 7 capital letters or digits"),
            Self::Recipient7 => ("7 lettere maiuscole o cifre", "7 capital letters or digits"),
            Self::TwoLetters => ("due lettere maiuscole", "two capital letters"),
            Self::ThreeLetters => ("tre lettere maiuscole", "three capital letters"),
            Self::FiveDigits => ("cinque cifre", "five digits"),
            Self::Iban => ("un IBAN senza spazi", "an IBAN without blanks"),
            Self::Bic => ("un codice BIC di 8 o 11 caratteri", "a BIC of 8 or 11 characters"),
            Self::Pec | Self::ContactMail => ("un indirizzo di posta elettronica", "a mail address"),
            Self::Cents => (
                "un importo con due decimali e il punto, come 1234.50",
                "an amount with two decimals and a point, as in 1234.50",
            ),
            Self::EightDecimals => {
                ("un importo con 2-8 decimali e il punto", "an amount with 2 to 8 decimals and a point")
            }
            Self::Quantity => (
                "una quantità non negativa con 2-8 decimali e il punto, come 1.00",
                "a quantity that is not negative, with 2 to 8 decimals and a point, as in 1.00",
            ),
            Self::Rate => (
                "una percentuale con due decimali fino a 100.00, come 22.00",
                "a percentage with two decimals up to 100.00, as in 22.00",
            ),
            Self::Weight => ("un peso con uno o due decimali", "a weight with one or two decimals"),
            Self::Date => ("una data come 2026-11-24, senza spazi", "a date as in 2026-11-24, without blanks"),
            Self::DocumentDate => ("una data come 2026-11-24, dal 1970", "a date as in 2026-11-24, from 1970"),
            Self::DateTime => ("data e ora come 2026-11-24T10:30:00", "date and time as in 2026-11-24T10:30:00"),
            Self::LineNumber => ("un numero intero da 1 a 9999", "an integer from 1 to 9999"),
            Self::Phase => ("un numero intero da 1 a 999", "an integer from 1 to 999"),
            Self::Days => ("un numero intero da 0 a 999", "an integer from 0 to 999"),
            Self::Base64 => ("un contenuto in base64", "a base64 content"),
            Self::List(codes) => {
                let codes = codes.join(", ");
                return (
                    format!("codice non ammesso, ammessi: {codes}"),
                    format!("code not admitted, expected one of {codes}"),
                );
            }
            _ => ("un testo", "a text"),
        };
        (format!("valore non ammesso, atteso {italian}"), format!("value not admitted, expected {english}"))
    }
}

fn empty() -> Problem {
    ("elemento vuoto: va omesso o riempito".to_owned(), "empty element: leave it out or fill it".to_owned())
}

/// Whether a text has that many characters, none beyond the last admitted one.
fn is_text(value: &str, minimum: usize, maximum: usize, last: char) -> bool {
    // As many characters as bytes that begin one.
    let length = value.bytes().filter(|byte| byte & 0xc0 != 0x80).count();
    (minimum..=maximum).contains(&length) && (value.is_ascii() || value.chars().all(|character| character <= last))
}

fn text_problem(value: &str, minimum: usize, maximum: usize, last: char) -> Option<Problem> {
    let ascii = value.is_ascii();
    let length = if ascii { value.len() } else { value.chars().count() };
    if length == 0 {
        return Some(empty());
    }
    if length < minimum || length > maximum {
        return Some((
            format!("lunghezza {length} caratteri, ammessi da {minimum} a {maximum}"),
            format!("length of {length} characters, expected {minimum} to {maximum}"),
        ));
    }
    if ascii {
        return None;
    }
    let character = value.chars().find(|character| *character > last)?;
    let shown = format!("U+{:04X}", u32::from(character));
    Some((
        format!("carattere non ammesso `{character}` ({shown})"),
        format!("character not admitted `{character}` ({shown})"),
    ))
}

/// Blanks of XML at both ends taken away: decimals and integers are collapsed before they are compared.
fn trimmed(value: &str) -> &[u8] {
    value.as_bytes().trim_ascii()
}

fn collapsed(value: &str) -> Cow<'_, str> {
    if value.bytes().any(|byte| byte.is_ascii_whitespace()) {
        Cow::Owned(value.split_ascii_whitespace().collect::<Vec<_>>().join(" "))
    } else {
        Cow::Borrowed(value)
    }
}

/// Optional sign, integer digits, a point, decimals.
fn is_decimal(bytes: &[u8], signed: bool, digits: usize, least: usize, most: usize) -> bool {
    let bytes = if signed { bytes.strip_prefix(b"-").unwrap_or(bytes) } else { bytes };
    let Some(point) = bytes.iter().position(|byte| *byte == b'.') else { return false };
    let (whole, decimals) = (&bytes[..point], &bytes[point + 1..]);
    (1..=digits).contains(&whole.len())
        && (least..=most).contains(&decimals.len())
        && whole.iter().all(u8::is_ascii_digit)
        && decimals.iter().all(u8::is_ascii_digit)
}

fn is_rate(bytes: &[u8]) -> bool {
    is_decimal(bytes, false, 3, 2, 2) && (bytes.len() < 6 || bytes[0] == b'0' || bytes == b"100.00")
}

fn is_integer(bytes: &[u8], least: u32, most: u32) -> bool {
    let text = std::str::from_utf8(bytes).unwrap_or_default();
    (1..=10).contains(&bytes.len()) && text.parse::<u32>().is_ok_and(|number| (least..=most).contains(&number))
}

/// `YYYY-MM-DD` with an optional time zone, which the schema admits.
fn is_date(bytes: &[u8]) -> bool {
    bytes.len() >= 10 && is_day(&bytes[..10]) && is_zone(&bytes[10..])
}

fn is_day(bytes: &[u8]) -> bool {
    let digits = |range: std::ops::Range<usize>| bytes[range].iter().all(u8::is_ascii_digit);
    if bytes[4] != b'-' || bytes[7] != b'-' || !digits(0..4) || !digits(5..7) || !digits(8..10) {
        return false;
    }
    let number = |range: std::ops::Range<usize>| {
        bytes[range].iter().fold(0_u32, |sum, digit| sum * 10 + u32::from(digit - b'0'))
    };
    let (year, month, day) = (number(0..4), number(5..7), number(8..10));
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let last = match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        1..=12 => 31,
        _ => return false,
    };
    year > 0 && (1..=last).contains(&day)
}

fn is_zone(bytes: &[u8]) -> bool {
    match bytes {
        b"" | b"Z" => true,
        [b'+' | b'-', a, b, b':', c, d] => {
            [a, b, c, d].iter().all(|byte| byte.is_ascii_digit())
                && (*a < b'1' || (*a == b'1' && *b <= b'4'))
                && *c <= b'5'
        }
        _ => false,
    }
}

fn is_date_time(bytes: &[u8]) -> bool {
    if bytes.len() < 19 || !is_day(&bytes[..10]) || bytes[10] != b'T' || bytes[13] != b':' || bytes[16] != b':' {
        return false;
    }
    let pair = |at: usize| {
        let digits = &bytes[at..at + 2];
        digits.iter().all(u8::is_ascii_digit).then(|| (digits[0] - b'0') * 10 + digits[1] - b'0')
    };
    let in_day = matches!((pair(11), pair(14), pair(17)), (Some(0..=23), Some(0..=59), Some(0..=59)));
    let mut rest = &bytes[19..];
    if let Some(fraction) = rest.strip_prefix(b".") {
        let digits = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if digits == 0 {
            return false;
        }
        rest = &fraction[digits..];
    }
    in_day && is_zone(rest)
}

fn is_iban(bytes: &[u8]) -> bool {
    (15..=34).contains(&bytes.len())
        && bytes[..2].iter().all(u8::is_ascii_alphabetic)
        && bytes[2..4].iter().all(u8::is_ascii_digit)
        && bytes[4..].iter().all(u8::is_ascii_alphanumeric)
}

fn is_bic(bytes: &[u8]) -> bool {
    let plain = |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    matches!(bytes.len(), 8 | 11)
        && bytes[..6].iter().all(u8::is_ascii_uppercase)
        && (bytes[6].is_ascii_uppercase() || (b'2'..=b'9').contains(&bytes[6]))
        && (plain(&bytes[7]) && bytes[7] != b'O')
        && bytes[8..].iter().all(plain)
}

fn is_pec(value: &str) -> bool {
    value.chars().count() <= 256 && is_mail_address(value)
}

/// The pattern `.+@.+[.]+.+` of 7 to 256 characters.
fn is_contact_mail(value: &str) -> bool {
    let has_dot_inside =
        |domain: &str| domain.char_indices().skip(1).any(|(at, letter)| letter == '.' && at + 1 < domain.len());
    let mut splits = value.match_indices('@').filter(|(at, _)| *at > 0);
    (7..=256).contains(&value.chars().count())
        && !value.contains(['\n', '\r'])
        && splits.any(|(at, _)| has_dot_inside(&value[at + 1..]))
}

fn is_base64(bytes: &[u8]) -> bool {
    let mut digits = 0_usize;
    let mut padding = 0_usize;
    for byte in bytes.iter().filter(|byte| !byte.is_ascii_whitespace()) {
        match byte {
            b'=' => padding += 1,
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' if padding == 0 => digits += 1,
            _ => return false,
        }
    }
    padding <= 2 && (digits + padding).is_multiple_of(4)
}

#[cfg(test)]
#[path = "../tests/types.rs"]
mod tests;
