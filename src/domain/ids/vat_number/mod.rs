//! VAT numbers of the European Union, written with the prefix of their country (directive 2006/112/EC, article 215).
//!
//! Greece writes `EL` and Northern Ireland `XI`. Shape and check digits are checked for all; where the rules change with the
//! kind of holder, a number is good when one of them holds. Whether a number is active is for VIES to say.

mod checks;

use std::borrow::Cow;

use super::{IdError, compact, shown};

/// What is known of the numbers of one country.
struct Rules {
    prefix: &'static str,
    /// Shapes after the prefix: `#` is a digit, `@` a letter, `?` either, anything else itself.
    shapes: &'static [&'static str],
    /// Whether the check digits are right, for a number of the right shape and without prefix.
    check: fn(&str) -> bool,
}

const fn rules(prefix: &'static str, shapes: &'static [&'static str], check: fn(&str) -> bool) -> Rules {
    Rules { prefix, shapes, check }
}

const COUNTRIES: &[Rules] = &[
    rules("AT", &["U########"], checks::austria),
    rules("BE", &["##########"], checks::belgium),
    rules("BG", &["#########", "##########"], checks::bulgaria),
    rules("CY", &["########@"], checks::cyprus),
    rules("CZ", &["########", "#########", "##########"], checks::czechia),
    rules("DE", &["#########"], checks::germany),
    rules("DK", &["########"], checks::denmark),
    rules("EE", &["#########"], checks::estonia),
    rules("EL", &["#########"], checks::greece),
    rules("ES", &["@#######@", "@########", "########@"], checks::spain),
    rules("FI", &["########"], checks::finland),
    rules("FR", &["??#########"], checks::france),
    rules("HR", &["###########"], checks::croatia),
    rules("HU", &["########"], checks::hungary),
    rules("IE", &["#######@", "#######@@", "#@#####@", "#+#####@", "#*#####@"], checks::ireland),
    rules("IT", &["###########"], checks::italy),
    rules("LT", &["#########", "############"], checks::lithuania),
    rules("LU", &["########"], checks::luxembourg),
    rules("LV", &["###########"], checks::latvia),
    rules("MT", &["########"], checks::malta),
    rules("NL", &["#########B##"], checks::netherlands),
    rules("PL", &["##########"], checks::poland),
    rules("PT", &["#########"], checks::portugal),
    rules(
        "RO",
        &["##", "###", "####", "#####", "######", "#######", "########", "#########", "##########"],
        checks::romania,
    ),
    rules("SE", &["############"], checks::sweden),
    rules("SI", &["########"], checks::slovenia),
    rules("SK", &["##########"], checks::slovakia),
    rules("XI", &["#########", "############", "GD###", "HA###"], checks::northern_ireland),
];

/// The prefixes of the European Union, sorted.
pub fn prefixes() -> impl Iterator<Item = &'static str> {
    COUNTRIES.iter().map(|rules| rules.prefix)
}

/// The country of a normalised number as ISO 3166-1 alpha-2: `EL` is `GR`, `XI` is `GB`.
#[must_use]
pub fn country(number: &str) -> Option<&str> {
    match number.get(..2)? {
        "EL" => Some("GR"),
        "XI" => Some("GB"),
        prefix => prefixes().find(|known| *known == prefix),
    }
}

/// The number with its prefix, without blanks, points, hyphens and slashes. `GR` becomes `EL`, and a Belgian number of nine
/// digits, as before 2005, gets its zero.
///
/// # Errors
/// `vat-number-prefix`, `vat-number-format`, `vat-number-check-digit`.
pub fn normalise(text: &str) -> Result<Cow<'_, str>, IdError> {
    let number = modern(compact(text, &['.', '-', '/']));
    let prefix = number.get(..2).unwrap_or_default();
    let Ok(index) = COUNTRIES.binary_search_by_key(&prefix, |rules| rules.prefix) else {
        return Err(prefix_error(text));
    };
    let (rules, body) = (&COUNTRIES[index], &number[2..]);
    if !rules.shapes.iter().any(|shape| fits(body, shape)) {
        return Err(format_error(&number, rules));
    }
    if (rules.check)(body) { Ok(number) } else { Err(check_error(&number)) }
}

fn modern(number: Cow<'_, str>) -> Cow<'_, str> {
    if let Some(body) = number.strip_prefix("GR") {
        return Cow::Owned(format!("EL{body}"));
    }
    if let Some(body) = number.strip_prefix("BE").filter(|body| body.len() == 9) {
        return Cow::Owned(format!("BE0{body}"));
    }
    number
}

fn fits(body: &str, shape: &str) -> bool {
    let fits_one = |(byte, mark): (u8, u8)| match mark {
        b'#' => byte.is_ascii_digit(),
        b'@' => byte.is_ascii_uppercase(),
        b'?' => byte.is_ascii_digit() || byte.is_ascii_uppercase(),
        _ => byte == mark,
    };
    body.len() == shape.len() && body.bytes().zip(shape.bytes()).all(fits_one)
}

fn prefix_error(text: &str) -> IdError {
    let (value, known) = (shown(text), prefixes().collect::<Vec<_>>().join(", "));
    IdError::new(
        "vat-number-prefix",
        format!(
            "expected a VAT number of the EU with the prefix of its country, found {value}; known prefixes: {known}"
        ),
        format!("attesa una partita IVA dell'UE con il prefisso del paese, trovato {value}; prefissi noti: {known}"),
    )
}

fn format_error(number: &str, rules: &Rules) -> IdError {
    let value = shown(number);
    let shapes: Vec<String> =
        rules.shapes.iter().map(|shape| format!("`{}{}`", rules.prefix, legible(shape))).collect();
    let shapes = shapes.join(", ");
    IdError::new(
        "vat-number-format",
        format!(
            "{value} has not the form of a VAT number of `{}`: expected {shapes} (9 a digit, A a letter)",
            rules.prefix
        ),
        format!(
            "{value} non ha la forma di una partita IVA di `{}`: attesa {shapes} (9 una cifra, A una lettera)",
            rules.prefix
        ),
    )
}

fn legible(shape: &str) -> String {
    shape.replace('#', "9").replace(['@', '?'], "A")
}

fn check_error(number: &str) -> IdError {
    let value = shown(number);
    IdError::new(
        "vat-number-check-digit",
        format!("the check digit of the VAT number {value} is wrong: look for a mistyped character"),
        format!("la cifra di controllo della partita IVA {value} è sbagliata: cercare un carattere battuto male"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_brought_to_one_form() {
        let cases = [
            ("it 12345678903", "IT12345678903"),
            ("GR 094259216", "EL094259216"),
            ("BE 428.759.497", "BE0428759497"),
            ("BE-0428.759.497", "BE0428759497"),
            ("nl 004495445b01", "NL004495445B01"),
            ("XI 980 7806 84", "XI980780684"),
            ("XIGD123", "XIGD123"),
        ];
        for (text, expected) in cases {
            assert_eq!(normalise(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn bad_numbers_name_their_rule() {
        let cases = [
            ("12345678903", "vat-number-prefix"),
            ("US123456789", "vat-number-prefix"),
            ("GB980780684", "vat-number-prefix"),
            ("", "vat-number-prefix"),
            ("È", "vat-number-prefix"),
            ("IT", "vat-number-format"),
            ("IT1234567890", "vat-number-format"),
            ("ATU1234567", "vat-number-format"),
            ("AT12345678", "vat-number-format"),
            ("NL004495445C01", "vat-number-format"),
            ("ESA1358562É", "vat-number-format"),
            ("IT12345678904", "vat-number-check-digit"),
            ("DE136695977", "vat-number-check-digit"),
        ];
        for (text, rule) in cases {
            assert_eq!(normalise(text).map_err(|error| error.rule), Err(rule), "{text}");
        }
        let message = normalise("ESX").unwrap_err().message_en;
        assert!(message.contains("`ESA9999999A`, `ESA99999999`, `ES99999999A`"), "{message}");
        assert!(normalise("12345678903").unwrap_err().message_en.ends_with("SE, SI, SK, XI"));
    }

    #[test]
    fn the_table_can_be_searched_and_knows_the_union() {
        assert!(COUNTRIES.is_sorted_by_key(|rules| rules.prefix));
        assert_eq!(prefixes().count(), 28);
        assert_eq!(country("EL094259216"), Some("GR"));
        assert_eq!(country("XI980780684"), Some("GB"));
        assert_eq!(country("IT12345678903"), Some("IT"));
        assert_eq!(country("US1"), None);
    }
}
