//! Days named by where they stand from the present: `yesterday`, `first_of_month`.

use std::{fmt, str::FromStr};

use thiserror::Error;

use super::{business_day, civil_from_days, days_from_civil};

/// A day that depends on the day it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RelativeDay {
    /// The business day of the present instant.
    Today,
    /// The day before.
    Yesterday,
    /// The day after.
    Tomorrow,
    /// The Monday of this week.
    FirstOfWeek,
    /// The first day of this month.
    FirstOfMonth,
    /// The last day of this month.
    LastOfMonth,
    /// The first day of the month before.
    FirstOfPreviousMonth,
    /// The last day of the month before.
    LastOfPreviousMonth,
    /// The first day of this quarter of the year.
    FirstOfQuarter,
    /// The first day of the quarter before.
    FirstOfPreviousQuarter,
    /// The last day of the quarter before.
    LastOfPreviousQuarter,
    /// The first of January of this year.
    FirstOfYear,
    /// The last of December of this year.
    LastOfYear,
}

/// A word that names no relative day.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("unknown day `{word}`; known days: {}", names().collect::<Vec<_>>().join(", "))]
pub struct UnknownDay {
    /// The word as it was written.
    pub word: String,
}

const ALL: &[(&str, RelativeDay)] = &[
    ("today", RelativeDay::Today),
    ("yesterday", RelativeDay::Yesterday),
    ("tomorrow", RelativeDay::Tomorrow),
    ("first_of_week", RelativeDay::FirstOfWeek),
    ("first_of_month", RelativeDay::FirstOfMonth),
    ("last_of_month", RelativeDay::LastOfMonth),
    ("first_of_previous_month", RelativeDay::FirstOfPreviousMonth),
    ("last_of_previous_month", RelativeDay::LastOfPreviousMonth),
    ("first_of_quarter", RelativeDay::FirstOfQuarter),
    ("first_of_previous_quarter", RelativeDay::FirstOfPreviousQuarter),
    ("last_of_previous_quarter", RelativeDay::LastOfPreviousQuarter),
    ("first_of_year", RelativeDay::FirstOfYear),
    ("last_of_year", RelativeDay::LastOfYear),
];

/// The words of the pipeline language.
pub fn names() -> impl Iterator<Item = &'static str> {
    ALL.iter().map(|(name, _)| *name)
}

impl RelativeDay {
    /// The day meant at an instant (UTC microseconds), in the zone of business days.
    #[must_use]
    pub fn resolve(self, now_micros: i64) -> Option<i32> {
        self.from_day(business_day(now_micros)?)
    }

    /// The day meant when it is `today`.
    #[must_use]
    pub fn from_day(self, today: i32) -> Option<i32> {
        let (year, month, _) = civil_from_days(today);
        let month = i64::from(month) - 1;
        let quarter = month - month % 3;
        match self {
            Self::Today => Some(today),
            Self::Yesterday => today.checked_sub(1),
            Self::Tomorrow => today.checked_add(1),
            // 1970-01-01 was a Thursday.
            Self::FirstOfWeek => today.checked_sub((today % 7 + 3).rem_euclid(7)),
            Self::FirstOfMonth => first_of_month(year, month),
            Self::LastOfMonth => before(first_of_month(year, month + 1)),
            Self::FirstOfPreviousMonth => first_of_month(year, month - 1),
            Self::LastOfPreviousMonth => before(first_of_month(year, month)),
            Self::FirstOfQuarter => first_of_month(year, quarter),
            Self::FirstOfPreviousQuarter => first_of_month(year, quarter - 3),
            Self::LastOfPreviousQuarter => before(first_of_month(year, quarter)),
            Self::FirstOfYear => first_of_month(year, 0),
            Self::LastOfYear => before(first_of_month(year, 12)),
        }
    }
}

impl FromStr for RelativeDay {
    type Err = UnknownDay;

    fn from_str(text: &str) -> Result<Self, UnknownDay> {
        let word = text.trim();
        let found = ALL.iter().find(|(name, _)| *name == word).map(|(_, day)| *day);
        found.ok_or_else(|| UnknownDay { word: word.to_owned() })
    }
}

impl fmt::Display for RelativeDay {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = ALL.iter().find(|(_, day)| day == self).map_or("today", |(name, _)| *name);
        formatter.write_str(name)
    }
}

/// The first day of a month counted from January as zero; months outside 0 to 11 belong to other years.
fn first_of_month(year: i64, month: i64) -> Option<i32> {
    let within = u32::try_from(month.rem_euclid(12)).ok()?;
    days_from_civil(year + month.div_euclid(12), within + 1, 1)
}

fn before(day: Option<i32>) -> Option<i32> {
    day?.checked_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::calendar::{DateFormat, format_date, parse_date, parse_timestamp};

    fn meant(word: &str, today: &str) -> String {
        let today = parse_date(today.as_bytes(), DateFormat::Iso).unwrap();
        let day = word.parse::<RelativeDay>().unwrap().from_day(today).unwrap();
        let mut out = Vec::new();
        format_date(day, DateFormat::Iso, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn words_mean_days() {
        let cases = [
            ("today", "2026-11-24", "2026-11-24"),
            ("yesterday", "2026-03-01", "2026-02-28"),
            ("tomorrow", "2026-12-31", "2027-01-01"),
            ("first_of_week", "2026-11-24", "2026-11-23"),
            ("first_of_week", "2026-11-23", "2026-11-23"),
            ("first_of_week", "2026-11-29", "2026-11-23"),
            ("first_of_week", "1969-12-28", "1969-12-22"),
            ("first_of_month", "2026-11-24", "2026-11-01"),
            ("last_of_month", "2028-02-01", "2028-02-29"),
            ("last_of_month", "2026-12-05", "2026-12-31"),
            ("first_of_previous_month", "2026-01-31", "2025-12-01"),
            ("last_of_previous_month", "2026-03-31", "2026-02-28"),
            ("first_of_quarter", "2026-11-24", "2026-10-01"),
            ("first_of_previous_quarter", "2026-02-10", "2025-10-01"),
            ("last_of_previous_quarter", "2026-02-10", "2025-12-31"),
            ("first_of_year", "2026-11-24", "2026-01-01"),
            ("last_of_year", "2026-11-24", "2026-12-31"),
        ];
        for (word, today, expected) in cases {
            assert_eq!(meant(word, today), expected, "{word} on {today}");
        }
        assert!(names().all(|name| cases.iter().any(|(word, ..)| *word == name)));
    }

    #[test]
    fn the_day_changes_at_the_midnight_of_italy() {
        let now = parse_timestamp(b"2026-11-23T23:30:00Z", None).unwrap();
        let expected = parse_date(b"2026-11-23", DateFormat::Iso).unwrap();
        assert_eq!(RelativeDay::Yesterday.resolve(now), Some(expected));
    }

    #[test]
    fn words_are_printed_as_they_are_read() {
        for name in names() {
            assert_eq!(name.parse::<RelativeDay>().unwrap().to_string(), name);
        }
        let error = "ieri".parse::<RelativeDay>().unwrap_err().to_string();
        assert!(error.starts_with("unknown day `ieri`; known days: today, yesterday"), "{error}");
    }
}
