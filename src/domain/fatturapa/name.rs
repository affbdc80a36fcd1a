//! File names of invoices (specification, section 11).
//!
//! Here: making and checking names. Not here: which number comes next (the
//! number registers of the state) and writing files.

use thiserror::Error;

/// Digits of the progressive part, in counting order; the first 36 differ without regard to case.
const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// Characters of the progressive part.
const WIDTH: u32 = 5;

/// Which characters the progressive part may use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Alphabet {
    /// Digits and upper-case letters, 60,466,176 names: safe on file systems that ignore case.
    #[default]
    Base36,
    /// Lower-case letters too, 916,132,832 names.
    Base62,
    /// Digits, 100,000 names.
    Decimal,
}

impl Alphabet {
    const fn size(self) -> u64 {
        match self {
            Self::Decimal => 10,
            Self::Base36 => 36,
            Self::Base62 => 62,
        }
    }

    /// How many different names there are for one identifier.
    #[must_use]
    pub const fn capacity(self) -> u64 {
        self.size().pow(WIDTH)
    }
}

/// Why a file name cannot be made or is not acceptable (00001).
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum NameError {
    /// The number does not fit into five characters.
    #[error("file number {number} does not fit, expected less than {capacity}; use another identifier")]
    Exhausted {
        /// The number asked for.
        number: u64,
        /// How many numbers there are.
        capacity: u64,
    },
    /// The extension is not one of the three.
    #[error("expected a name ending in `.xml`, `.xml.p7m` or `.zip`")]
    Extension,
    /// There is not exactly one underscore between identifier and progressive.
    #[error("expected one `_` between the identifier and the progressive")]
    Separator,
    /// The country is not two capital letters.
    #[error("expected two capital letters for the country at the start")]
    Country,
    /// The identifier is too short, too long, or has other characters.
    #[error("expected an identifier of 11 to 16 letters and digits for `IT`, 2 to 28 otherwise")]
    Identifier,
    /// The progressive is empty, too long, or has other characters.
    #[error("expected a progressive of 1 to 5 letters and digits")]
    Progressive,
}

/// The five characters of a number, padded with zeros.
///
/// # Errors
/// When the number is beyond the capacity of the alphabet.
pub fn progressive(number: u64, alphabet: Alphabet) -> Result<String, NameError> {
    if number >= alphabet.capacity() {
        return Err(NameError::Exhausted { number, capacity: alphabet.capacity() });
    }
    let digit = |position: u32| usize::try_from(number / alphabet.size().pow(position) % alphabet.size()).ok();
    let characters = (0..WIDTH).rev().filter_map(|position| DIGITS.get(digit(position)?));
    Ok(characters.map(|character| char::from(*character)).collect())
}

/// The name of an XML file: `IT01234567897_0000A.xml`.
///
/// # Errors
/// When the parts do not make a name that the exchange system accepts.
pub fn file_name(country: &str, identifier: &str, progressive: &str) -> Result<String, NameError> {
    let name = format!("{country}{identifier}_{progressive}.xml");
    check(&name).map(|()| name)
}

/// Checks a file name against the rule of the exchange system (00001).
///
/// # Errors
/// The part that is wrong.
pub fn check(name: &str) -> Result<(), NameError> {
    let stem = [".xml.p7m", ".xml", ".zip"].iter().find_map(|extension| name.strip_suffix(extension));
    let (sender, progressive) = stem.ok_or(NameError::Extension)?.split_once('_').ok_or(NameError::Separator)?;
    let country = sender.get(..2).filter(|country| country.bytes().all(|byte| byte.is_ascii_uppercase()));
    let country = country.ok_or(NameError::Country)?;
    let lengths = if country == "IT" { 11..=16 } else { 2..=28 };
    if !is_alphanumeric(&sender[2..]) || !lengths.contains(&(sender.len() - 2)) {
        return Err(NameError::Identifier);
    }
    if !is_alphanumeric(progressive) || !(1..=5).contains(&progressive.len()) {
        return Err(NameError::Progressive);
    }
    Ok(())
}

/// The last part of a name: without folders, of either system, and without the archive that it lies in (`a.zip!b.xml`).
#[must_use]
pub fn base(name: &str) -> &str {
    name.rsplit(['/', '\\', '!']).next().unwrap_or(name)
}

/// Whether a file found in a folder or an archive may be an invoice or a message; browsers add ` (1)`, systems write `.XML`.
#[must_use]
pub fn may_be_document(name: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, own)| own.eq_ignore_ascii_case("xml") || own.eq_ignore_ascii_case("p7m"))
}

fn is_alphanumeric(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progressives_count_in_five_characters() {
        let cases = [(0, "00000"), (9, "00009"), (10, "0000A"), (36, "00010"), (60_466_175, "ZZZZZ")];
        for (number, expected) in cases {
            assert_eq!(progressive(number, Alphabet::Base36).unwrap(), expected);
        }
        assert_eq!(progressive(61, Alphabet::Base62).unwrap(), "0000z");
        assert_eq!(progressive(916_132_831, Alphabet::Base62).unwrap(), "zzzzz");
        let exhausted = NameError::Exhausted { number: 60_466_176, capacity: 60_466_176 };
        assert_eq!(progressive(60_466_176, Alphabet::Base36), Err(exhausted));
    }

    #[test]
    fn names_follow_the_rule() {
        let cases = [
            ("IT01234567897_00001.xml", Ok(())),
            ("IT01234567897_a.xml.p7m", Ok(())),
            ("ITRSSMRA80A01H501U_0000Z.zip", Ok(())),
            ("DE12_aB1.xml", Ok(())),
            ("IT01234567897_00001.XML", Err(NameError::Extension)),
            ("IT01234567897_00001 (1).xml", Err(NameError::Progressive)),
            ("IT01234567897_000001.xml", Err(NameError::Progressive)),
            ("IT01234567897_.xml", Err(NameError::Progressive)),
            ("IT0123456789_00001.xml", Err(NameError::Identifier)),
            ("it01234567897_00001.xml", Err(NameError::Country)),
            ("è_1.xml", Err(NameError::Country)),
            ("IT01234567897-00001.xml", Err(NameError::Separator)),
            ("IT01234567897_00001.zip.p7m", Err(NameError::Extension)),
        ];
        for (name, expected) in cases {
            assert_eq!(check(name), expected, "{name}");
        }
        assert_eq!(file_name("IT", "01234567897", "0000A").unwrap(), "IT01234567897_0000A.xml");
    }

    #[test]
    fn the_last_part_of_a_name_is_the_file() {
        for name in ["b.xml", "a/b.xml", "C:\\a\\b.xml", "a/c.zip!b.xml", "c.zip!d/b.xml", "c.zip!e.zip!b.xml"] {
            assert_eq!(base(name), "b.xml", "{name}");
        }
    }

    #[test]
    fn the_official_examples_of_names() {
        let table = include_str!("../../../tests/data/fatturapa/filenames.tsv");
        for (name, expected) in table.lines().skip(1).filter_map(|line| line.split_once('\t')) {
            assert_eq!(check(name).is_ok(), expected == "ok", "{name}");
        }
    }
}
