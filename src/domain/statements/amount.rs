//! Numbers, days and instants as providers write them.

use chrono::{DateTime, NaiveDate};

use crate::domain::calendar::{business_date, parse_timestamp};
use crate::domain::money::{Decimal, NumberFormat, parse_decimal};

/// Decimals that an amount may have; ISO 4217 has none with more than four.
const MOST_DECIMALS: u8 = 4;

/// An amount with a point or a comma before its decimals: the last of the two in the text is the decimal separator. A single
/// separator with three digits behind it is ambiguous (`1.234`) and read as `decimal` says.
#[must_use]
pub fn amount(text: &str, decimal: Option<u8>) -> Option<Decimal> {
    let text = text.trim();
    let decimal = decimal.unwrap_or_else(|| guess(text));
    let thousands = if decimal == b',' { b'.' } else { b',' };
    let format = NumberFormat { decimal, thousands: Some(thousands) };
    let mantissa = parse_decimal(text.as_bytes(), MOST_DECIMALS, format).ok()?;
    Some(shortest(Decimal::new(mantissa, MOST_DECIMALS)))
}

fn guess(text: &str) -> u8 {
    match (text.rfind(','), text.rfind('.')) {
        (Some(comma), Some(point)) if comma > point => b',',
        (Some(_), None) => b',',
        _ => b'.',
    }
}

/// At least two decimals, as money is written.
fn shortest(value: Decimal) -> Decimal {
    let trimmed = value.trimmed();
    if trimmed.scale < 2 { trimmed.rescale(2).unwrap_or(trimmed) } else { trimmed }
}

/// An amount in minor units (cents) of a currency.
#[must_use]
pub fn minor(text: &str, decimals: u8) -> Option<Decimal> {
    let mantissa = parse_decimal(text.trim().as_bytes(), 0, NumberFormat::PLAIN).ok()?;
    Some(shortest(Decimal::checked_new(mantissa, decimals)?))
}

/// Digits after the point of a currency (ISO 4217): two, but for those that have none or three.
#[must_use]
pub fn decimals_of(currency: &str) -> u8 {
    match currency.to_ascii_uppercase().as_str() {
        "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF" | "UGX" | "VND" | "VUV"
        | "XAF" | "XOF" | "XPF" => 0,
        "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
        _ => 2,
    }
}

/// A day in one of the orders that offices use: `2026-12-31`, `31/12/2026`, `31.12.2026`, `31-12-2026`, `20261231`. What stands
/// behind it (a time) is left out.
#[must_use]
pub fn day(text: &str) -> Option<NaiveDate> {
    let text = text.trim();
    let head = text.split(['T', ' ']).next().unwrap_or(text);
    ["%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y", "%Y/%m/%d", "%Y%m%d", "%d/%m/%y"]
        .into_iter()
        .find_map(|pattern| NaiveDate::parse_from_str(head, pattern).ok())
        .filter(|day| (1990..2200).contains(&chrono::Datelike::year(day)))
}

/// An instant with its day in Europe/Rome: ISO 8601, `2026/11/23 08:15:00 -0700`, `23.11.2026 08:15:00 UTC`. Without a zone
/// it is UTC.
#[must_use]
pub fn instant(text: &str) -> Option<(i64, NaiveDate)> {
    let text = text.trim();
    let (date, rest) = text.split_at_checked(10)?;
    let rest = rest.trim().trim_start_matches('T').trim_end_matches("UTC").trim_end();
    if rest.is_empty() {
        return None;
    }
    let micros = parse_timestamp(format!("{}T{rest}", day(date)?).as_bytes(), None).ok()?;
    Some((micros, rome(micros)?))
}

/// The day in Europe/Rome of seconds since 1970, with the microseconds.
#[must_use]
pub fn unix(seconds: i64) -> Option<(i64, NaiveDate)> {
    let micros = seconds.checked_mul(1_000_000)?;
    Some((micros, rome(micros)?))
}

fn rome(micros: i64) -> Option<NaiveDate> {
    DateTime::from_timestamp_micros(micros).map(|instant| business_date(&instant))
}

/// A text without blanks around it; `None` when nothing is left.
#[must_use]
pub fn given(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}
