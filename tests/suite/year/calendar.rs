//! Days of Italy from instants, by the rule of the clocks: one hour ahead of UTC, two from the last Sunday of March to that
//! of October, at one o'clock UTC.

/// A day of the calendar.
pub(super) type Day = (i64, i64, i64);

/// Days of a month.
pub(super) fn length(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 => 29,
        2 => 28,
        _ => 31,
    }
}

/// Seconds from the first of January 2026, UTC, to a moment of 2026 or later.
pub(super) fn seconds((year, month, day): Day, hour: i64, minute: i64, second: i64) -> i64 {
    let mut days = 0;
    for other in 2026..year {
        days += (1..=12).map(|month| length(other, month)).sum::<i64>();
    }
    days += (1..month).map(|month| length(year, month)).sum::<i64>() + day - 1;
    ((days * 24 + hour) * 60 + minute) * 60 + second
}

/// The day and the time of day of seconds since the first of January 2026.
pub(super) fn civil(seconds: i64) -> (Day, i64) {
    let (mut days, mut year, mut month) = (seconds.div_euclid(86_400), 2026, 1);
    while days >= length(year, month) {
        days -= length(year, month);
        (year, month) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
    }
    ((year, month, days + 1), seconds.rem_euclid(86_400))
}

/// Midnight of the last Sunday of a month, in seconds. The first of January 2026 was a Thursday.
fn last_sunday(year: i64, month: i64) -> i64 {
    let last = seconds((year, month, length(year, month)), 0, 0, 0) / 86_400;
    let weekday = (last + 4) % 7;
    (last - weekday) * 86_400
}

/// The day it is in Italy.
pub(super) fn day_in_italy(instant: i64) -> Day {
    let year = civil(instant).0.0;
    let summer = last_sunday(year, 3) + 3_600 <= instant && instant < last_sunday(year, 10) + 3_600;
    civil(instant + if summer { 7_200 } else { 3_600 }).0
}

/// `2026-11-24`.
pub(super) fn text((year, month, day): Day) -> String {
    format!("{year}-{month:02}-{day:02}")
}

/// `2026-Q4`.
pub(super) fn quarter((year, month, _): Day) -> String {
    format!("{year}-Q{}", (month + 2) / 3)
}

#[test]
fn the_nights_of_the_clocks() {
    let cases = [
        ((2026, 3, 28), 22, "2026-03-28"),
        ((2026, 3, 28), 23, "2026-03-29"),
        ((2026, 3, 29), 21, "2026-03-29"),
        ((2026, 3, 29), 22, "2026-03-30"),
        ((2026, 10, 24), 22, "2026-10-25"),
        ((2026, 10, 25), 22, "2026-10-25"),
        ((2026, 10, 25), 23, "2026-10-26"),
        ((2026, 12, 31), 23, "2027-01-01"),
    ];
    for (day, hour, expected) in cases {
        assert_eq!(text(day_in_italy(seconds(day, hour, 0, 0))), expected, "{day:?} {hour}");
    }
}
