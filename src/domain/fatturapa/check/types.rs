//! The simple types of the schema (specification, section 2): what is wrong with a value, if anything.
//!
//! Here: texts and amounts one at a time. Not here: which element has which type (`shape`).

use crate::domain::{
    fatturapa::{amount::HUNDRED, routing::is_mail_address},
    money::Decimal,
};

/// What is wrong, in Italian and English.
pub type Problem = (String, String);

/// The text types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextType {
    /// One to so many characters of Basic Latin.
    Basic(usize),
    /// One to so many characters of Basic Latin and Latin-1 Supplement.
    Latin(usize),
    /// One to so many characters of any kind.
    Any(usize),
    /// `CodiceFiscale`.
    CodiceFiscale,
    /// `CodiceDestinatario`.
    Recipient,
    /// `Nazione`, `Provincia`.
    TwoLetters,
    /// `Divisa`.
    Currency,
    /// `CAP`.
    Cap,
    /// `IBAN`.
    Iban,
    /// `Email` of certified mail.
    Pec,
    /// `EmailContatti`.
    Email,
    /// `TelFax`.
    Phone,
    /// `CausalePagamento`, a code of the CU form.
    CuReason,
}

/// Codes of the CU form that the schema lists.
const CU_REASONS: [&str; 29] = [
    "A", "B", "C", "D", "E", "G", "H", "I", "L", "M", "N", "O", "P", "Q", "R", "S", "T", "U", "V", "W", "X", "Y", "Z",
    "L1", "M1", "M2", "O1", "V1", "ZO",
];

impl TextType {
    /// What is wrong with a value.
    #[must_use]
    pub fn problem(self, value: &str) -> Option<Problem> {
        match self {
            Self::Basic(limit) => text_problem(value, 1, limit, '\u{7f}'),
            Self::Latin(limit) => text_problem(value, 1, limit, '\u{ff}'),
            Self::Any(limit) => text_problem(value, 1, limit, char::MAX),
            Self::Phone => text_problem(value, 5, 12, '\u{7f}'),
            _ if self.admits(value) => None,
            _ => Some(self.form()),
        }
    }

    /// Whether the types with a pattern or a list of their own admit a value.
    fn admits(self, value: &str) -> bool {
        let capitals_or_digits = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
        let all = |test: fn(&u8) -> bool| value.as_bytes().iter().all(test);
        match self {
            Self::Basic(_) | Self::Latin(_) | Self::Any(_) | Self::Phone => self.problem(value).is_none(),
            Self::CodiceFiscale => (11..=16).contains(&value.len()) && value.bytes().all(capitals_or_digits),
            Self::Recipient => (6..=7).contains(&value.len()) && value.bytes().all(capitals_or_digits),
            Self::TwoLetters => value.len() == 2 && all(u8::is_ascii_uppercase),
            Self::Currency => value.len() == 3 && all(u8::is_ascii_uppercase),
            Self::Cap => value.len() == 5 && all(u8::is_ascii_digit),
            Self::Iban => is_iban(value),
            Self::Pec => is_mail_address(value),
            Self::Email => is_contact_email(value),
            Self::CuReason => CU_REASONS.contains(&value),
        }
    }

    fn form(self) -> Problem {
        let (italian, english) = match self {
            Self::CodiceFiscale => ("da 11 a 16 lettere maiuscole o cifre", "11 to 16 capital letters or digits"),
            Self::Recipient => ("6 o 7 lettere maiuscole o cifre", "6 or 7 capital letters or digits"),
            Self::TwoLetters => ("due lettere maiuscole", "two capital letters"),
            Self::Currency => ("tre lettere maiuscole", "three capital letters"),
            Self::Cap => ("cinque cifre", "five digits"),
            Self::Iban => ("un IBAN senza spazi", "an IBAN without blanks"),
            Self::Pec | Self::Email => ("un indirizzo di posta elettronica", "a mail address"),
            Self::CuReason => ("un codice causale del modello CU", "a reason code of the CU form"),
            Self::Basic(_) | Self::Latin(_) | Self::Any(_) | Self::Phone => ("un testo", "a text"),
        };
        (format!("valore non ammesso, atteso: {italian}"), format!("value not admitted, expected {english}"))
    }
}

fn text_problem(value: &str, minimum: usize, maximum: usize, last: char) -> Option<Problem> {
    let length = if value.is_ascii() { value.len() } else { value.chars().count() };
    if length == 0 {
        return Some((
            "elemento vuoto: va omesso o riempito".to_owned(),
            "empty element: leave it out or fill it".to_owned(),
        ));
    }
    if length < minimum || length > maximum {
        return Some((
            format!("lunghezza {length} caratteri, ammessi da {minimum} a {maximum}"),
            format!("length of {length} characters, expected {minimum} to {maximum}"),
        ));
    }
    let is_admitted = |character: char| character <= last && !is_forbidden_in_xml(character);
    let character = value.chars().find(|character| !is_admitted(*character))?;
    let shown = format!("U+{:04X}", u32::from(character));
    Some((format!("carattere non ammesso `{shown}`"), format!("character not admitted `{shown}`")))
}

/// Characters that no XML 1.0 file can hold.
const fn is_forbidden_in_xml(character: char) -> bool {
    matches!(character, '\u{0}'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')
}

fn is_iban(value: &str) -> bool {
    let bytes = value.as_bytes();
    (15..=34).contains(&bytes.len())
        && bytes.iter().take(2).all(u8::is_ascii_alphabetic)
        && bytes.iter().skip(2).take(2).all(u8::is_ascii_digit)
        && bytes.iter().skip(4).all(u8::is_ascii_alphanumeric)
}

/// The pattern `.+@.+[.]+.+` of 7 to 256 characters.
fn is_contact_email(value: &str) -> bool {
    let has_dot_inside =
        |domain: &str| domain.char_indices().skip(1).any(|(at, letter)| letter == '.' && at + 1 < domain.len());
    let splits = value.match_indices('@').filter(|(at, _)| *at > 0);
    (7..=256).contains(&value.chars().count()) && splits.into_iter().any(|(at, _)| has_dot_inside(&value[at + 1..]))
}

/// The types of amounts; the writer pads to two decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AmountType {
    /// `Amount2Decimal`.
    Cents,
    /// `Amount8Decimal`.
    EightDecimals,
    /// `Quantita`.
    Quantity,
    /// `Rate`.
    Rate,
}

impl AmountType {
    /// What is wrong with a value.
    #[must_use]
    pub fn problem(self, value: Decimal) -> Option<Problem> {
        let (decimals, digits) = match self {
            Self::Cents => (2, 11),
            Self::EightDecimals => (8, 11),
            Self::Quantity => (8, 12),
            Self::Rate => (2, 3),
        };
        if value.scale > decimals {
            return Some((format!("decimali oltre i {decimals} ammessi"), format!("more than {decimals} decimals")));
        }
        if value.abs() >= Decimal::new(10_i128.pow(digits), 0) {
            return Some((format!("più di {digits} cifre intere"), format!("more than {digits} integer digits")));
        }
        match self {
            Self::Quantity | Self::Rate if value.is_negative() => {
                Some(("valore negativo non ammesso".to_owned(), "negative value not admitted".to_owned()))
            }
            Self::Rate if value > HUNDRED => Some(("aliquota oltre 100.00".to_owned(), "rate above 100.00".to_owned())),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_types_follow_the_schema() {
        use TextType::{
            Any, Basic, Cap, CodiceFiscale, CuReason, Currency, Email, Iban, Latin, Pec, Phone, Recipient, TwoLetters,
        };
        let cases = [
            (Basic(20), "FPR/2026-1", true),
            (Basic(20), "", false),
            (Basic(3), "abcd", false),
            (Basic(20), "è", false),
            (Latin(4), "è…", false),
            (Latin(5), "perché", false),
            (Latin(6), "perché", true),
            (Latin(9), "a\u{1}", false),
            (Any(35), "Ω-1", true),
            (Phone, "0612", false),
            (Phone, "0612345", true),
            (CodiceFiscale, "rssmra80a01h501u", false),
            (CodiceFiscale, "01234567897", true),
            (Recipient, "ABC123", true),
            (Recipient, "ABC12", false),
            (TwoLetters, "mi", false),
            (Currency, "EUR", true),
            (Cap, "0010", false),
            (Iban, "IT60X0542811101000000123456", true),
            (Iban, "IT60 X054 2811", false),
            (Pec, "ditta@pec.example", true),
            (Pec, "ditta@@pec.example", false),
            (Email, "a@b.c", false),
            (Email, "info@ditta.example", true),
            (Email, "info@ditta.", false),
            (CuReason, "A", true),
            (CuReason, "F", false),
        ];
        for (kind, value, expected) in cases {
            assert_eq!(kind.problem(value).is_none(), expected, "{kind:?} {value:?}");
        }
    }

    #[test]
    fn amounts_follow_the_schema() {
        use AmountType::{Cents, EightDecimals, Quantity, Rate};
        let cases = [
            (Cents, "-99999999999.99", true),
            (Cents, "100000000000.00", false),
            (Cents, "1.005", false),
            (EightDecimals, "1.00000001", true),
            (EightDecimals, "1.000000001", false),
            (Quantity, "-1.00", false),
            (Quantity, "999999999999.00", true),
            (Rate, "100.00", true),
            (Rate, "100.01", false),
            (Rate, "-1.00", false),
        ];
        for (kind, value, expected) in cases {
            assert_eq!(kind.problem(value.parse().unwrap()).is_none(), expected, "{kind:?} {value}");
        }
    }
}
