//! The dated table of rates.

use std::sync::LazyLock;

use crate::domain::calendar::days_from_civil;
use crate::domain::money::Decimal;

/// One rate of one country, from a day on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Country by its VAT prefix: `EL` for Greece, `XI` for goods in Northern Ireland.
    pub country: &'static str,
    /// `standard`, `reduced`, `super_reduced` or `special_territory`.
    pub category: &'static str,
    /// Percent.
    pub percent: Decimal,
    /// First day, in days since 1970-01-01.
    pub from: i32,
    /// Territory it is limited to, empty for the whole country.
    pub territory: &'static str,
    /// Whether the category means this rate when the country has several.
    pub usual: bool,
}

const TABLE: &str = include_str!("rates.csv");

static RATES: LazyLock<Vec<Rate>> = LazyLock::new(|| data_lines(TABLE).filter_map(read).collect());

/// All rates, by country, category and first day.
#[must_use]
pub fn rates() -> &'static [Rate] {
    &RATES
}

/// The days on which any rate begins, in order: between two of them nothing changes.
#[must_use]
pub fn change_days() -> Vec<i32> {
    let mut days: Vec<i32> = rates().iter().map(|rate| rate.from).collect();
    days.sort_unstable();
    days.dedup();
    days
}

/// The rates of a country and category in force on a day. The standard rate is the latest that has begun; of the other
/// categories several can be in force together.
#[must_use]
pub fn in_force(country: &str, category: &str, day: i32) -> Vec<&'static Rate> {
    let begun = rates().iter().filter(|rate| rate.country == country && rate.category == category && rate.from <= day);
    if category == "standard" {
        return begun.max_by_key(|rate| rate.from).into_iter().collect();
    }
    begun.collect()
}

/// The one rate that a category means in a country on a day; `None` when there is none, or several and none is usual.
#[must_use]
pub fn meant(country: &str, category: &str, day: i32) -> Option<&'static Rate> {
    let found = in_force(country, category, day);
    match found.as_slice() {
        [one] => Some(one),
        several => several.iter().find(|rate| rate.usual).copied(),
    }
}

/// Lines of a data file without its comments and its header.
pub(super) fn data_lines(table: &'static str) -> impl Iterator<Item = &'static str> {
    table.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).skip(1)
}

fn read(line: &'static str) -> Option<Rate> {
    let mut cells = line.split(',');
    let mut next = || cells.next();
    Some(Rate {
        country: next()?,
        category: next()?,
        percent: next()?.parse().ok()?,
        from: read_day(next()?)?,
        territory: next()?,
        usual: next().and_then(|_source| next()) == Some("yes"),
    })
}

fn read_day(text: &str) -> Option<i32> {
    let mut parts = text.split('-');
    let mut number = || parts.next()?.parse::<u32>().ok();
    let (year, month, day) = (number()?, number()?, number()?);
    days_from_civil(i64::from(year), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_read_and_makes_sense() {
        assert_eq!(rates().len(), data_lines(TABLE).count());
        for rate in rates() {
            assert!(rate.percent > Decimal::ZERO && rate.percent < Decimal::new(30, 0), "{rate:?}");
            assert!(["standard", "reduced", "super_reduced", "special_territory"].contains(&rate.category), "{rate:?}");
        }
    }

    #[test]
    fn rates_change_on_their_day() {
        let cases = [
            ("EE", "standard", "2025-06-30", Some("22.00")),
            ("EE", "standard", "2025-07-01", Some("24.00")),
            ("DE", "standard", "2020-12-31", Some("16.00")),
            ("FI", "standard", "2026-09-15", Some("25.50")),
            ("IT", "reduced", "2026-09-15", Some("10.00")),
            ("IT", "super_reduced", "2026-09-15", Some("4.00")),
            ("FR", "reduced", "2026-09-15", None),
            ("DE", "reduced", "2026-09-15", Some("7.00")),
            ("IT", "standard", "2015-12-31", None),
            ("US", "standard", "2026-09-15", None),
        ];
        for (country, category, day, expected) in cases {
            let found = meant(country, category, read_day(day).unwrap()).map(|rate| rate.percent.to_string());
            assert_eq!(found.as_deref(), expected, "{country} {category} {day}");
        }
    }

    #[test]
    fn every_member_state_has_a_standard_rate() {
        let day = read_day("2026-11-23").unwrap();
        for country in super::super::territory::MEMBERS {
            assert!(meant(country, "standard", day).is_some(), "{country}");
        }
    }
}
