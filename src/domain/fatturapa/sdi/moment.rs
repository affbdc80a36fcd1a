//! Dates and times of messages.
//!
//! Here: [`Moment`], as precise as the message is, and its day in Italy. Not here: deadlines (`follow`).

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, NaiveDateTime};

use crate::domain::calendar::business_date;

/// A moment as a message gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// A day without time, Italian.
    Day(NaiveDate),
    /// A time without offset: that of Italy.
    Local(NaiveDateTime),
    /// A time with offset.
    Instant(DateTime<FixedOffset>),
}

impl Moment {
    /// Reads `2026-03-16`, `2026-03-16T09:12:33` or `2026-03-16T09:12:33.000+01:00`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let year = |moment: &Self| match moment {
            Self::Day(day) => day.year(),
            Self::Local(time) => time.year(),
            Self::Instant(instant) => instant.naive_utc().year(),
        };
        Self::read(text.trim()).filter(|moment| (1900..=9000).contains(&year(moment)))
    }

    fn read(text: &str) -> Option<Self> {
        if !text.contains(['T', 't']) {
            return day(text).map(Self::Day);
        }
        let instant = DateTime::parse_from_rfc3339(text);
        let instant = instant.or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%z"));
        match instant {
            Ok(instant) => Some(Self::Instant(instant)),
            Err(_) => NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").ok().map(Self::Local),
        }
    }

    /// The day in Italy: an instant late in the evening of London is the next day in Rome.
    #[must_use]
    pub fn civil_date(&self) -> NaiveDate {
        match self {
            Self::Day(day) => *day,
            Self::Local(time) => time.date(),
            Self::Instant(instant) => business_date(instant),
        }
    }

    /// The time with its offset, where the message gives one.
    #[must_use]
    pub const fn instant(&self) -> Option<DateTime<FixedOffset>> {
        match self {
            Self::Instant(instant) => Some(*instant),
            Self::Day(_) | Self::Local(_) => None,
        }
    }
}

/// A day; the offset that XML admits behind it (`2026-03-16+01:00`) does not move it.
fn day(text: &str) -> Option<NaiveDate> {
    let (day, offset) = text.split_at_checked(10)?;
    let is_offset = offset.is_empty() || offset == "Z" || (offset.len() == 6 && offset.starts_with(['+', '-']));
    let is_padded = day.bytes().enumerate().all(|(index, byte)| matches!(index, 4 | 7) || byte.is_ascii_digit());
    NaiveDate::parse_from_str(day, "%Y-%m-%d").ok().filter(|_| is_offset && is_padded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_fall_on_their_italian_day() {
        let cases = [
            ("2026-03-16", Some("2026-03-16"), false),
            ("2026-03-16+02:00", Some("2026-03-16"), false),
            ("2026-03-16Z", Some("2026-03-16"), false),
            ("2026-03-16T23:30:00", Some("2026-03-16"), false),
            (" 2026-03-16T09:12:33.000+01:00\n", Some("2026-03-16"), true),
            ("2026-03-16T23:30:00Z", Some("2026-03-17"), true),
            ("2026-07-16T22:30:00Z", Some("2026-07-17"), true),
            ("2026-07-16T21:59:59Z", Some("2026-07-16"), true),
            ("2026-03-16T09:12:33+0100", Some("2026-03-16"), true),
            ("2026-03-17T00:30:00+09:00", Some("2026-03-16"), true),
            ("2026-02-30", None, false),
            ("2026-03-16?", None, false),
            ("+026-03-16", None, false),
            ("16/03/2026", None, false),
            ("2026-03-16T25:00:00Z", None, false),
            ("0000-03-16", None, false),
            ("9999-12-31T23:59:59Z", None, false),
            ("+262142-12-31T23:59:59+0000", None, false),
            ("è", None, false),
            ("", None, false),
        ];
        for (text, expected, has_offset) in cases {
            let moment = Moment::parse(text);
            let day = moment.map(|moment| moment.civil_date().to_string());
            assert_eq!(day.as_deref(), expected, "{text}");
            assert_eq!(moment.is_some_and(|moment| moment.instant().is_some()), has_offset, "{text}");
        }
    }
}
