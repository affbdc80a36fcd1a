//! Dates as text, in the few forms that files of the trade use, and the arithmetic of the Gregorian calendar.
//!
//! A year always has four digits: a date with two is refused, never guessed.

use std::str::FromStr;

use thiserror::Error;

/// How dates are written: a fact of a file's format.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum DateFormat {
    /// `2026-11-24`, pattern `%Y-%m-%d`.
    #[default]
    Iso,
    /// `24/11/2026`, pattern `%d/%m/%Y`.
    Slash,
    /// `24-11-2026`, pattern `%d-%m-%Y`.
    Dash,
    /// `24.11.2026`, pattern `%d.%m.%Y`.
    Dot,
    /// `20261124`, pattern `%Y%m%d`.
    Compact,
}

/// Why a text is not a date of the expected form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum DateError {
    /// Nothing but blanks.
    #[error("expected a date, found nothing")]
    Empty,
    /// Another form, or no date at all.
    #[error("expected a date such as `{example}`", example = .expected.example())]
    Form {
        /// The form that was expected.
        expected: DateFormat,
    },
    /// A year of two digits.
    #[error("expected a year of four digits: with two the century would be a guess")]
    TwoDigitYear,
    /// A day or month that the calendar does not have.
    #[error("this day does not exist in the calendar")]
    NoSuchDay,
}

/// A pattern that is not among those known.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("unknown date pattern `{pattern}`; known patterns: {}", DateFormat::ALL.map(DateFormat::pattern).join(", "))]
pub struct UnknownPattern {
    /// The pattern as it was written.
    pub pattern: String,
}

impl DateFormat {
    /// Every form.
    pub const ALL: [Self; 5] = [Self::Iso, Self::Slash, Self::Dash, Self::Dot, Self::Compact];

    /// The form in the notation of `strftime`.
    #[must_use]
    pub const fn pattern(self) -> &'static str {
        match self {
            Self::Iso => "%Y-%m-%d",
            Self::Slash => "%d/%m/%Y",
            Self::Dash => "%d-%m-%Y",
            Self::Dot => "%d.%m.%Y",
            Self::Compact => "%Y%m%d",
        }
    }

    /// A date in this form.
    #[must_use]
    pub const fn example(self) -> &'static str {
        match self {
            Self::Iso => "2026-12-31",
            Self::Slash => "31/12/2026",
            Self::Dash => "31-12-2026",
            Self::Dot => "31.12.2026",
            Self::Compact => "20261231",
        }
    }

    const fn separator(self) -> Option<u8> {
        match self {
            Self::Iso | Self::Dash => Some(b'-'),
            Self::Slash => Some(b'/'),
            Self::Dot => Some(b'.'),
            Self::Compact => None,
        }
    }
}

impl FromStr for DateFormat {
    type Err = UnknownPattern;

    fn from_str(text: &str) -> Result<Self, UnknownPattern> {
        let found = Self::ALL.into_iter().find(|format| format.pattern() == text.trim());
        found.ok_or_else(|| UnknownPattern { pattern: text.to_owned() })
    }
}

/// Reads a date and answers its days since 1970-01-01. Blanks around it are ignored; day and month may have one digit, except in
/// the compact form.
///
/// # Errors
/// Says what was expected.
#[inline]
pub fn parse_date(bytes: &[u8], format: DateFormat) -> Result<i32, DateError> {
    let text = bytes.trim_ascii();
    if text.is_empty() {
        return Err(DateError::Empty);
    }
    let parts = format.separator().map_or_else(|| compact_parts(text), |separator| separated_parts(text, separator));
    let [first, second, third] = parts.ok_or(DateError::Form { expected: format })?;
    let (year, day) =
        if matches!(format, DateFormat::Iso | DateFormat::Compact) { (first, third) } else { (third, first) };
    if year.digits == 2 && day.digits <= 2 {
        return Err(DateError::TwoDigitYear);
    }
    if year.digits != 4 || day.digits > 2 || second.digits > 2 {
        return Err(DateError::Form { expected: format });
    }
    days_from_civil(i64::from(year.value), second.value, day.value).ok_or(DateError::NoSuchDay)
}

/// Appends a date: `2026-11-24`, `24/11/2026`.
#[inline]
pub fn format_date(days: i32, format: DateFormat, out: &mut Vec<u8>) {
    let (year, month, day) = civil_from_days(days);
    let year_first = matches!(format, DateFormat::Iso | DateFormat::Compact);
    if year_first {
        push_year(year, out);
    } else {
        push_padded(day, 2, out);
    }
    out.extend(format.separator());
    push_padded(month, 2, out);
    out.extend(format.separator());
    if year_first {
        push_padded(day, 2, out);
    } else {
        push_year(year, out);
    }
}

/// A date as `2026-12-31`.
#[must_use]
pub fn iso_date(days: i32) -> String {
    let mut out = Vec::with_capacity(10);
    format_date(days, DateFormat::Iso, &mut out);
    String::from_utf8_lossy(&out).into_owned()
}

/// Days since 1970-01-01 of a day of the Gregorian calendar; `None` when there is no such day or it is out of range.
#[inline]
#[must_use]
pub fn days_from_civil(year: i64, month: u32, day: u32) -> Option<i32> {
    if !(1..=12).contains(&month) || day == 0 || day > days_in_month(year, month) {
        return None;
    }
    // Years start in March, so that the leap day is the last of its year; eras of 400 years repeat exactly.
    let (month, day) = (i64::from(month), i64::from(day));
    let year = year - i64::from(month <= 2);
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    i32::try_from(era.checked_mul(146_097)? + day_of_era - 719_468).ok()
}

/// Year, month and day of a number of days since 1970-01-01.
#[inline]
#[must_use]
pub fn civil_from_days(days: i32) -> (i64, u32, u32) {
    let days = i64::from(days) + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = (march_month + 2) % 12 + 1;
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, u32::try_from(month).unwrap_or(1), u32::try_from(day).unwrap_or(1))
}

/// Appends a number with zeros before it, up to a width.
pub(super) fn push_padded(value: u32, width: u32, out: &mut Vec<u8>) {
    for place in (0..width).rev() {
        let digit = value / 10_u32.pow(place) % 10;
        out.push(b'0' + u8::try_from(digit).unwrap_or(0));
    }
}

fn push_year(year: i64, out: &mut Vec<u8>) {
    match u32::try_from(year) {
        Ok(year) if year <= 9999 => push_padded(year, 4, out),
        _ => out.extend_from_slice(year.to_string().as_bytes()),
    }
}

fn days_in_month(year: i64, month: u32) -> u32 {
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 => 28 + u32::from(is_leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[derive(Clone, Copy)]
struct Part {
    value: u32,
    digits: usize,
}

fn part(bytes: &[u8]) -> Option<Part> {
    if !(1..=4).contains(&bytes.len()) || !bytes.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let value = bytes.iter().fold(0, |value, byte| value * 10 + u32::from(byte - b'0'));
    Some(Part { value, digits: bytes.len() })
}

fn separated_parts(text: &[u8], separator: u8) -> Option<[Part; 3]> {
    let mut parts = text.split(|byte| *byte == separator).map(part);
    let found = [parts.next()??, parts.next()??, parts.next()??];
    parts.next().is_none().then_some(found)
}

fn compact_parts(text: &[u8]) -> Option<[Part; 3]> {
    // Six digits are a date with a year of two, which the caller refuses by name.
    let year = match text.len() {
        8 => 4,
        6 => 2,
        _ => return None,
    };
    Some([part(&text[..year])?, part(&text[year..year + 2])?, part(&text[year + 2..])?])
}

#[cfg(test)]
mod tests {
    use chrono::{Datelike, NaiveDate};
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn dates_in_every_form() {
        let cases = [
            ("1970-01-01", DateFormat::Iso, Ok(0)),
            ("2026-11-24", DateFormat::Iso, Ok(20_781)),
            (" 24/11/2026 ", DateFormat::Slash, Ok(20_781)),
            ("24-11-2026", DateFormat::Dash, Ok(20_781)),
            ("24.11.2026", DateFormat::Dot, Ok(20_781)),
            ("20261124", DateFormat::Compact, Ok(20_781)),
            ("1/2/2026", DateFormat::Slash, Ok(20_485)),
            ("29/02/2028", DateFormat::Slash, Ok(21_243)),
            ("29/02/2026", DateFormat::Slash, Err(DateError::NoSuchDay)),
            ("29/02/2100", DateFormat::Slash, Err(DateError::NoSuchDay)),
            ("31/02/2026", DateFormat::Slash, Err(DateError::NoSuchDay)),
            ("11/24/2026", DateFormat::Slash, Err(DateError::NoSuchDay)),
            ("00/01/2026", DateFormat::Slash, Err(DateError::NoSuchDay)),
            ("24/11/26", DateFormat::Slash, Err(DateError::TwoDigitYear)),
            ("26-11-24", DateFormat::Iso, Err(DateError::TwoDigitYear)),
            ("261124", DateFormat::Compact, Err(DateError::TwoDigitYear)),
            ("", DateFormat::Iso, Err(DateError::Empty)),
            ("24/11/2026", DateFormat::Iso, Err(DateError::Form { expected: DateFormat::Iso })),
            ("24-11-2026", DateFormat::Iso, Err(DateError::Form { expected: DateFormat::Iso })),
            ("2026-11-24", DateFormat::Dash, Err(DateError::Form { expected: DateFormat::Dash })),
            ("2026-11-24T00", DateFormat::Iso, Err(DateError::Form { expected: DateFormat::Iso })),
            ("2026-011-24", DateFormat::Iso, Err(DateError::Form { expected: DateFormat::Iso })),
            ("2026-11-24-", DateFormat::Iso, Err(DateError::Form { expected: DateFormat::Iso })),
            ("2026-11", DateFormat::Iso, Err(DateError::Form { expected: DateFormat::Iso })),
            ("2026--24", DateFormat::Iso, Err(DateError::Form { expected: DateFormat::Iso })),
            ("+2026-1-2", DateFormat::Iso, Err(DateError::Form { expected: DateFormat::Iso })),
            ("2026112", DateFormat::Compact, Err(DateError::Form { expected: DateFormat::Compact })),
            ("a richiesta", DateFormat::Slash, Err(DateError::Form { expected: DateFormat::Slash })),
        ];
        for (text, format, expected) in cases {
            assert_eq!(parse_date(text.as_bytes(), format), expected, "{text}");
        }
    }

    #[test]
    fn patterns_name_the_forms() {
        for format in DateFormat::ALL {
            assert_eq!(format.pattern().parse(), Ok(format));
            assert!(parse_date(format.example().as_bytes(), format).is_ok());
        }
        let error = "%m/%d/%Y".parse::<DateFormat>().unwrap_err().to_string();
        assert!(error.contains("known patterns: %Y-%m-%d, %d/%m/%Y"), "{error}");
        let error = DateError::Form { expected: DateFormat::Slash }.to_string();
        assert_eq!(error, "expected a date such as `31/12/2026`");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]
        #[test]
        fn the_calendar_agrees_with_chrono(days in -800_000i32..3_000_000) {
            let date = NaiveDate::from_epoch_days(days).unwrap();
            prop_assert_eq!(civil_from_days(days), (i64::from(date.year()), date.month(), date.day()));
            prop_assert_eq!(days_from_civil(i64::from(date.year()), date.month(), date.day()), Some(days));
        }

        #[test]
        fn days_that_do_not_exist_are_none(year in -5000i32..10_000, month in 0u32..14, day in 0u32..33) {
            let expected = NaiveDate::from_ymd_opt(year, month, day).map(|date| date.to_epoch_days());
            prop_assert_eq!(days_from_civil(i64::from(year), month, day), expected);
        }

        #[test]
        fn what_is_written_is_read_back(days in -719_528i32..2_932_896) {
            for format in DateFormat::ALL {
                let mut out = Vec::new();
                format_date(days, format, &mut out);
                prop_assert_eq!(parse_date(&out, format), Ok(days));
                prop_assert_eq!(String::from_utf8(out).unwrap(), NaiveDate::from_epoch_days(days).unwrap().format(format.pattern()).to_string());
            }
        }

        #[test]
        fn no_bytes_break_the_reader(bytes in proptest::collection::vec(prop_oneof![any::<u8>(), proptest::sample::select(b"0129-/. ".to_vec())], 0..24)) {
            for format in DateFormat::ALL {
                if let Ok(days) = parse_date(&bytes, format) {
                    prop_assert!((-719_528..2_932_897).contains(&days));
                }
            }
        }

        #[test]
        fn every_day_number_has_a_date(days in any::<i32>()) {
            let (year, month, day) = civil_from_days(days);
            prop_assert_eq!(days_from_civil(year, month, day), Some(days));
        }
    }
}
