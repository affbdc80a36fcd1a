//! The prior price: the lowest price in force in the days before a reduction.
//!
//! Directive 98/6/EC art. 6a and art. 17-bis of the Codice del consumo: thirty days, of one point of sale, which is kept
//! here as the channel and the country. Days are those of Italy: thirty days before a midnight is a midnight, also
//! across a change of the clock.

use chrono::{DateTime, Days, NaiveDateTime, TimeZone};

use polars::prelude::PolarsResult;

use crate::domain::calendar::BUSINESS_ZONE;

use super::cells::{Batch, Lists, Numbers, Words};

/// Columns of lists that hold the prices of the past of each row's article, from the oldest.
#[derive(Clone, Debug)]
pub struct HistoryColumns {
    /// From when a price was in force.
    pub from: usize,
    /// Until when; null: until the next one.
    pub to: Option<usize>,
    /// The price with VAT, with its decimals.
    pub gross: (usize, u8),
    /// The country it was shown in.
    pub country: Option<usize>,
    /// How many days count.
    pub days: u16,
}

/// The prices of the past of a batch.
pub struct History {
    lists: Lists,
    from: Numbers,
    to: Option<Numbers>,
    gross: Numbers,
    country: Option<Words>,
    days: u16,
}

/// The prior price of an article.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prior {
    /// Its mantissa, with the decimals of the column.
    pub gross: i128,
    /// From when it was in force.
    pub since: i64,
    /// Days of the period that the history covers; fewer than asked for when the article is new.
    pub days: u16,
}

impl HistoryColumns {
    /// Reads a batch.
    ///
    /// # Errors
    /// The columns are not what they were said to be.
    pub fn read(&self, batch: &Batch) -> PolarsResult<History> {
        let lists = batch.lists(self.from)?;
        Ok(History {
            from: lists.numbers(0)?,
            to: self.to.map(|slot| batch.lists(slot)?.numbers(0)).transpose()?,
            gross: batch.lists(self.gross.0)?.numbers(self.gross.1)?,
            country: self.country.map(|slot| batch.lists(slot)?.words()).transpose()?,
            days: self.days,
            lists,
        })
    }
}

impl History {
    /// The numbers of the prices, for their decimals.
    #[must_use]
    pub const fn prices(&self) -> &Numbers {
        &self.gross
    }

    /// Whether anything is known of the past of a row.
    #[must_use]
    pub fn is_known(&self, row: usize, country: Option<&str>) -> bool {
        self.lists.range(row).any(|at| self.is_of(at, country))
    }

    /// The lowest price in force at any moment of the days before `start`.
    #[must_use]
    pub fn prior(&self, row: usize, start: i64, country: Option<&str>) -> Option<Prior> {
        let opens = days_before(start, self.days)?;
        let mut lowest: Option<(i128, i64)> = None;
        let mut known_since = start;
        // From the newest: the end of each is the beginning of the one after it.
        let mut next = i64::MAX;
        for at in self.lists.range(row).rev().filter(|at| self.is_of(*at, country)) {
            let Some(from) = self.from.integer(at) else { continue };
            let to = self.to.as_ref().and_then(|to| to.integer(at)).unwrap_or(next);
            next = from;
            // Without a price the article was not on sale from then on.
            let Some(gross) = self.gross.get(at) else { continue };
            if from < start && to > opens && to > from {
                known_since = known_since.min(from.max(opens));
                if lowest.is_none_or(|(best, _)| gross <= best) {
                    lowest = Some((gross, from));
                }
            }
        }
        lowest.map(|(gross, since)| Prior { gross, since, days: whole_days(known_since, start) })
    }

    /// The last price published up to an instant.
    #[must_use]
    pub fn last(&self, row: usize, now: i64, country: Option<&str>) -> Option<i128> {
        let known = self.lists.range(row).rev().filter(|at| self.is_of(*at, country));
        let mut before = known.filter(|at| self.from.integer(*at).is_some_and(|from| from <= now));
        before.next().and_then(|at| self.gross.get(at))
    }

    fn is_of(&self, at: usize, country: Option<&str>) -> bool {
        match (&self.country, country) {
            (Some(countries), Some(country)) => countries.get(at).is_none_or(|found| found == country),
            _ => true,
        }
    }
}

/// The instant some days before, at the same reading of the clocks of Italy.
#[must_use]
pub fn days_before(instant: i64, days: u16) -> Option<i64> {
    let local = local(instant)?.checked_sub_days(Days::new(u64::from(days)))?;
    let found = BUSINESS_ZONE.from_local_datetime(&local).earliest();
    // An hour that the clocks skipped: count in hours instead.
    found.map_or_else(|| instant.checked_sub(i64::from(days) * 86_400_000_000), |found| Some(found.timestamp_micros()))
}

fn local(instant: i64) -> Option<NaiveDateTime> {
    Some(DateTime::from_timestamp_micros(instant)?.with_timezone(&BUSINESS_ZONE).naive_local())
}

/// Days of the calendar between two instants; a part of a day counts as one.
fn whole_days(from: i64, to: i64) -> u16 {
    let Some((from, to)) = local(from).zip(local(to)) else { return 0 };
    let span = to - from;
    let days = span.num_days() + i64::from(span != chrono::TimeDelta::days(span.num_days()));
    u16::try_from(days).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instant(text: &str) -> i64 {
        DateTime::parse_from_rfc3339(text).unwrap().timestamp_micros()
    }

    #[test]
    fn thirty_days_are_days_of_the_calendar() {
        for (start, opens) in [
            ("2026-11-20T00:00:00+01:00", "2026-10-21T00:00:00+02:00"),
            ("2026-04-10T00:00:00+02:00", "2026-03-11T00:00:00+01:00"),
            ("2026-07-31T09:30:00+02:00", "2026-07-01T09:30:00+02:00"),
            // 2:30 of 29 March was skipped: 720 hours instead.
            ("2026-04-28T02:30:00+02:00", "2026-03-29T01:30:00+01:00"),
        ] {
            assert_eq!(days_before(instant(start), 30), Some(instant(opens)), "{start}");
        }
    }

    #[test]
    fn the_period_of_a_new_article_is_shorter() {
        assert_eq!(whole_days(instant("2026-11-08T00:00:00+01:00"), instant("2026-11-20T00:00:00+01:00")), 12);
        assert_eq!(whole_days(instant("2026-10-21T00:00:00+02:00"), instant("2026-11-20T00:00:00+01:00")), 30);
        assert_eq!(whole_days(instant("2026-11-19T10:00:00+01:00"), instant("2026-11-20T00:00:00+01:00")), 1);
    }
}
