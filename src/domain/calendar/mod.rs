//! Days and instants: the business day of Italy, the relative days of a schedule, dates and timestamps as text.
//!
//! Dates are days since 1970-01-01, timestamps microseconds since then in UTC, as columns hold them. Nothing here reads the
//! clock: whoever asks for `today` brings the present instant.

pub mod date;
pub mod duration;
pub mod relative;
pub mod timestamp;

use chrono::{DateTime, MappedLocalTime, NaiveDate, NaiveDateTime, TimeZone};
use chrono_tz::Tz;

pub use date::{DateError, DateFormat, civil_from_days, days_from_civil, format_date, iso_date, parse_date};
pub use relative::RelativeDay;
pub use timestamp::{TimestampError, format_timestamp, parse_timestamp};

/// Microseconds of a day of 24 hours.
pub const MICROS_PER_DAY: i64 = 86_400_000_000;

/// The zone whose midnight separates business days.
pub const BUSINESS_ZONE: Tz = chrono_tz::Europe::Rome;

/// The day it is in Italy at an instant (UTC microseconds); `None` for instants no calendar covers.
#[must_use]
pub fn business_day(micros: i64) -> Option<i32> {
    local_day(micros, BUSINESS_ZONE)
}

/// The day it is in Italy at an instant.
#[must_use]
pub fn business_date<Z: TimeZone>(instant: &DateTime<Z>) -> NaiveDate {
    instant.with_timezone(&BUSINESS_ZONE).date_naive()
}

/// The day it is in a zone at an instant (UTC microseconds); `None` for instants no calendar covers.
#[must_use]
pub fn local_day(micros: i64, zone: Tz) -> Option<i32> {
    let utc = DateTime::from_timestamp_micros(micros)?;
    Some(utc.with_timezone(&zone).date_naive().to_epoch_days())
}

/// The first instant of a day in a zone, as UTC microseconds. Where clocks skip midnight, the day starts when they land.
#[must_use]
pub fn start_of_day(day: i32, zone: Tz) -> Option<i64> {
    const STEPS: [i64; 5] = [0, 30, 60, 90, 120];
    let midnight = i64::from(day).checked_mul(MICROS_PER_DAY)?;
    STEPS.iter().find_map(|minutes| earliest(local_from_micros(midnight + minutes * 60_000_000)?, zone))
}

/// The first instant after a day in a zone, as UTC microseconds: compare with `<`. A day is 23 or 25 hours long when clocks change.
#[must_use]
pub fn end_of_day(day: i32, zone: Tz) -> Option<i64> {
    start_of_day(day.checked_add(1)?, zone)
}

/// A wall clock reading from the microseconds it would have if its zone were UTC.
fn local_from_micros(micros: i64) -> Option<NaiveDateTime> {
    DateTime::from_timestamp_micros(micros).map(|utc| utc.naive_utc())
}

/// The first instant at which clocks of a zone show a reading; `None` when they skip it.
fn earliest(local: NaiveDateTime, zone: Tz) -> Option<i64> {
    match zone.from_local_datetime(&local) {
        MappedLocalTime::Single(instant) | MappedLocalTime::Ambiguous(instant, _) => Some(instant.timestamp_micros()),
        MappedLocalTime::None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instant(text: &str) -> i64 {
        parse_timestamp(text.as_bytes(), None).unwrap()
    }

    fn day(text: &str) -> i32 {
        parse_date(text.as_bytes(), DateFormat::Iso).unwrap()
    }

    #[test]
    fn an_order_of_the_night_belongs_to_the_day_of_italy() {
        let cases = [
            ("2026-11-23T22:59:59.999999Z", "2026-11-23"),
            ("2026-11-23T23:00:00Z", "2026-11-24"),
            ("2026-07-01T21:59:59Z", "2026-07-01"),
            ("2026-07-01T22:00:00Z", "2026-07-02"),
            ("2026-12-31T23:30:00Z", "2027-01-01"),
            ("1969-12-31T22:30:00Z", "1969-12-31"),
        ];
        for (text, expected) in cases {
            assert_eq!(business_day(instant(text)), Some(day(expected)), "{text}");
        }
        assert_eq!(business_day(i64::MAX), None);
    }

    #[test]
    fn days_are_as_long_as_the_clocks_say() {
        let cases = [("2026-11-24", 24), ("2026-03-29", 23), ("2026-10-25", 25), ("1970-05-31", 23)];
        for (text, hours) in cases {
            let (start, end) = (start_of_day(day(text), BUSINESS_ZONE), end_of_day(day(text), BUSINESS_ZONE));
            assert_eq!(end.zip(start).map(|(end, start)| (end - start) / 3_600_000_000), Some(hours), "{text}");
            assert_eq!(start.and_then(business_day), Some(day(text)));
            assert_eq!(start.and_then(|start| business_day(start - 1)), Some(day(text) - 1));
        }
        assert_eq!(start_of_day(day("2026-11-24"), BUSINESS_ZONE), Some(instant("2026-11-23T23:00:00Z")));
    }

    #[test]
    fn days_outside_every_calendar_are_none() {
        assert_eq!(start_of_day(i32::MAX, BUSINESS_ZONE), None);
        assert_eq!(end_of_day(i32::MAX, BUSINESS_ZONE), None);
    }
}
