//! Numbers, dates and truth values as bytes, appended to a buffer that is used again and again.

use std::io::Write;

use crate::domain::money::format::format_integer;
use crate::domain::money::format_decimal;

const MICROS_PER_DAY: i64 = 86_400_000_000;

/// How dates or timestamps are written: a pattern of `%Y %m %d %H %M %S` and other characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern(Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Literal(String),
    Year,
    Month,
    Day,
    Hour,
    Minute,
    Second,
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// Where the unknown part stands (bytes from the start) and what it is.
    pub fn parse(text: &str) -> Result<Self, (usize, String)> {
        let mut pieces = Vec::new();
        let mut characters = text.char_indices();
        while let Some((at, character)) = characters.next() {
            if character != '%' {
                push_literal(&mut pieces, character);
                continue;
            }
            match characters.next().map(|(_, letter)| letter) {
                Some('Y') => pieces.push(Piece::Year),
                Some('m') => pieces.push(Piece::Month),
                Some('d') => pieces.push(Piece::Day),
                Some('H') => pieces.push(Piece::Hour),
                Some('M') => pieces.push(Piece::Minute),
                Some('S') => pieces.push(Piece::Second),
                Some('%') => push_literal(&mut pieces, '%'),
                other => return Err((at, other.map_or_else(|| "%".to_owned(), |letter| format!("%{letter}")))),
            }
        }
        Ok(Self(pieces))
    }

    /// Appends a day.
    pub fn write_date(&self, days: i32, out: &mut Vec<u8>) {
        self.write(i64::from(days), 0, out);
    }

    /// Appends an instant, in UTC.
    pub fn write_timestamp(&self, micros: i64, out: &mut Vec<u8>) {
        let seconds = micros.rem_euclid(MICROS_PER_DAY) / 1_000_000;
        self.write(micros.div_euclid(MICROS_PER_DAY), seconds, out);
    }

    fn write(&self, days: i64, seconds: i64, out: &mut Vec<u8>) {
        let (year, month, day) = civil(days);
        for piece in &self.0 {
            match piece {
                Piece::Literal(text) => out.extend_from_slice(text.as_bytes()),
                Piece::Year => write_year(year, out),
                Piece::Month => two(month, out),
                Piece::Day => two(day, out),
                Piece::Hour => two(seconds / 3600, out),
                Piece::Minute => two(seconds / 60 % 60, out),
                Piece::Second => two(seconds % 60, out),
            }
        }
    }
}

fn push_literal(pieces: &mut Vec<Piece>, character: char) {
    if let Some(Piece::Literal(text)) = pieces.last_mut() {
        text.push(character);
    } else {
        pieces.push(Piece::Literal(character.to_string()));
    }
}

/// Appends `2026-11-23`.
pub fn write_date(days: i32, out: &mut Vec<u8>) {
    write_day(i64::from(days), out);
}

/// Appends `2026-11-23T08:15:00Z`, with a fraction only when there is one.
pub fn write_timestamp(micros: i64, out: &mut Vec<u8>) {
    write_day(micros.div_euclid(MICROS_PER_DAY), out);
    let rest = micros.rem_euclid(MICROS_PER_DAY);
    let (seconds, fraction) = (rest / 1_000_000, rest % 1_000_000);
    out.push(b'T');
    two(seconds / 3600, out);
    out.push(b':');
    two(seconds / 60 % 60, out);
    out.push(b':');
    two(seconds % 60, out);
    if fraction != 0 {
        out.push(b'.');
        for power in [100_000, 10_000, 1000, 100, 10, 1] {
            out.push(digit(fraction / power % 10));
        }
        while out.last() == Some(&b'0') {
            out.pop();
        }
    }
    out.push(b'Z');
}

/// Appends a whole number.
#[inline]
pub fn write_integer(value: i64, out: &mut Vec<u8>) {
    format_integer(value, out);
}

/// Appends an exact number with all its decimals.
#[inline]
pub fn write_decimal(mantissa: i128, scale: u8, point: u8, out: &mut Vec<u8>) {
    format_decimal(mantissa, scale, point, out);
}

/// Appends the shortest digits that give the same number back; returns `false`, writing nothing, when there is no
/// such number.
pub fn write_float(value: f64, point: u8, out: &mut Vec<u8>) -> bool {
    if !value.is_finite() {
        return false;
    }
    let start = out.len();
    // Writing to memory does not fail.
    let _ = write!(out, "{value}");
    if point != b'.'
        && let Some(at) = memchr::memchr(b'.', &out[start..])
    {
        out[start + at] = point;
    }
    true
}

fn write_day(days: i64, out: &mut Vec<u8>) {
    let (year, month, day) = civil(days);
    write_year(year, out);
    out.push(b'-');
    two(month, out);
    out.push(b'-');
    two(day, out);
}

fn write_year(year: i64, out: &mut Vec<u8>) {
    if (0..10_000).contains(&year) {
        two(year / 100, out);
        two(year % 100, out);
    } else {
        format_integer(year, out);
    }
}

fn two(value: i64, out: &mut Vec<u8>) {
    out.extend_from_slice(&[digit(value / 10), digit(value % 10)]);
}

fn digit(value: i64) -> u8 {
    b'0' + u8::try_from(value.rem_euclid(10)).unwrap_or_default()
}

/// Year, month and day of a number of days since 1970-01-01 in the Gregorian calendar, which repeats every 146,097
/// days; the year is counted from March, so that the leap day comes last.
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use chrono::{Datelike, NaiveDate, TimeDelta};

    use super::*;

    fn text(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn days_agree_with_a_calendar() {
        let epoch = NaiveDate::from_ymd_opt(1970, 1, 1).unwrap();
        for days in (-200_000..200_000).step_by(97).chain([-1, 0, 58, 59, 60, 11_016, 11_017, 20_780]) {
            let date = epoch + TimeDelta::days(days);
            let expected = (i64::from(date.year()), i64::from(date.month()), i64::from(date.day()));
            assert_eq!(civil(days), expected, "{days}");
        }
    }

    #[test]
    fn instants_keep_their_fraction() {
        let cases = [
            (0, "1970-01-01T00:00:00Z"),
            (-1, "1969-12-31T23:59:59.999999Z"),
            (1_795_507_200_000_000, "2026-11-24T08:00:00Z"),
            (1_795_507_200_120_000, "2026-11-24T08:00:00.12Z"),
        ];
        for (micros, expected) in cases {
            assert_eq!(text(|out| write_timestamp(micros, out)), expected);
        }
    }

    #[test]
    fn patterns_write_italian_dates_and_refuse_what_they_do_not_know() {
        let pattern = Pattern::parse("%d/%m/%Y %H:%M:%S%%").unwrap();
        assert_eq!(text(|out| pattern.write_timestamp(1_795_507_261_000_000, out)), "24/11/2026 08:01:01%");
        assert_eq!(text(|out| Pattern::parse("%Y%m%d").unwrap().write_date(-1, out)), "19691231");
        assert_eq!(Pattern::parse("%d %B"), Err((3, "%B".to_owned())));
        assert_eq!(Pattern::parse("%Y%"), Err((2, "%".to_owned())));
    }

    #[test]
    fn floats_are_short_and_finite() {
        let cases = [(0.1, "0,1"), (-2.0, "-2"), (1e21, "1000000000000000000000")];
        for (value, expected) in cases {
            assert_eq!(text(|out| assert!(write_float(value, b',', out))), expected);
        }
        assert_eq!(text(|out| assert!(!write_float(f64::NAN, b'.', out))), "");
    }
}
