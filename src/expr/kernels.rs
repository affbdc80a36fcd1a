//! Columnar kernels that Polars does not have with our meaning: checked integer arithmetic, equality of nulls on
//! decimals, dates from texts.

use std::sync::Arc;

use polars::prelude::{
    AnyValue, BooleanChunked, Column, DataType, Expr, Field, Int32Chunked, Int64Chunked, IntoColumn, LiteralValue,
    PolarsError, PolarsResult, Scalar, StringChunked, TimeUnit, TimeZone,
};

use crate::diag::{Code, mark};
use crate::domain::calendar::{business_day, parse_timestamp};
use crate::domain::ids::gtin;
use crate::domain::money::exact::Site;
use crate::domain::pairwise::pairwise;

/// An integer constant. A bare `lit` takes the narrowest type that holds it, which then mixes with no column.
#[must_use]
pub fn integer(value: i64) -> Expr {
    Expr::Literal(LiteralValue::Scalar(Scalar::new(DataType::Int64, AnyValue::Int64(value))))
}

/// `left op right` on integers; leaving 64 bits is an error, never a wrap.
#[must_use]
pub fn integers(left: Expr, right: Expr, what: &'static str, site: &Site, op: fn(i64, i64) -> Option<i64>) -> Expr {
    let site = Arc::clone(site);
    left.map_many(
        move |columns| {
            let (left, right) = (columns[0].i64()?.clone(), columns[1].i64()?.clone());
            let mut failed = None;
            let out: Int64Chunked = pairwise(left.iter(), right.iter(), |a, b| {
                let out = op(a, b);
                if out.is_none() {
                    failed.get_or_insert((a, b));
                }
                out
            });
            match failed {
                Some((a, b)) => Err(integer_failure(&site, a, what, b)),
                None => Ok(out.into_column().with_name(columns[0].name().clone())),
            }
        },
        &[right],
        |_, fields| Ok(Field::new(fields[0].name().clone(), DataType::Int64)),
    )
}

fn integer_failure(site: &str, a: i64, what: &str, b: i64) -> PolarsError {
    let reason = if b == 0 && what == "%" { "divides by zero" } else { "leaves 64 bits" };
    PolarsError::ComputeError(mark(Code::DecimalOverflow, site, &format!("`{a} {what} {b}` {reason}")).into())
}

/// The business day (Europe/Rome) of a timestamp.
#[must_use]
pub fn local_date(value: Expr) -> Expr {
    value.map_with_fmt_str(
        |column| {
            let micros = column.cast(&DataType::Int64)?;
            let days: Int32Chunked = micros.i64()?.iter().map(|micros| business_day(micros?)).collect();
            Ok(days.into_date().into_column().with_name(column.name().clone()))
        },
        |_, field| Ok(Field::new(field.name().clone(), DataType::Date)),
        "local_date",
    )
}

/// Whether a text is a barcode number with its check digit, written as digits only.
#[must_use]
pub fn gtin_valid(value: Expr) -> Expr {
    value.map_with_fmt_str(
        |column| {
            let out: BooleanChunked = column.str()?.iter().map(|text| text.map(gtin::is_valid)).collect();
            Ok(out.into_column().with_name(column.name().clone()))
        },
        |_, field| Ok(Field::new(field.name().clone(), DataType::Boolean)),
        "gtin_valid",
    )
}

/// A date written with a `strftime` pattern; null where the text is none.
#[must_use]
pub fn text_to_date(value: Expr, pattern: &str) -> Expr {
    let pattern = pattern.to_owned();
    value.map_with_fmt_str(
        move |column| {
            let days: Int32Chunked = column
                .str()?
                .iter()
                .map(|text| {
                    let day = chrono::NaiveDate::parse_from_str(text?.trim(), &pattern).ok()?;
                    Some(day.to_epoch_days())
                })
                .collect();
            Ok(days.into_date().into_column().with_name(column.name().clone()))
        },
        |_, field| Ok(Field::new(field.name().clone(), DataType::Date)),
        "to_date",
    )
}

/// An ISO timestamp, of `zone` where it does not say its own; null where the text is none.
#[must_use]
pub fn text_to_timestamp(value: Expr, zone: Option<chrono_tz::Tz>) -> Expr {
    value.map_with_fmt_str(
        move |column: Column| -> PolarsResult<Column> {
            let micros: Int64Chunked =
                column.str()?.iter().map(|text| parse_timestamp(text?.trim().as_bytes(), zone).ok()).collect();
            let out = micros.into_datetime(TimeUnit::Microseconds, Some(TimeZone::UTC));
            Ok(out.into_column().with_name(column.name().clone()))
        },
        |_, field| {
            Ok(Field::new(field.name().clone(), DataType::Datetime(TimeUnit::Microseconds, Some(TimeZone::UTC))))
        },
        "to_timestamp",
    )
}

/// What follows a key in a text of pairs, without blanks around it; of several pairs with the key the first.
#[must_use]
pub fn key_value(text: Expr, key: Expr, between: String, after: String) -> Expr {
    text.map_many(
        move |columns| {
            let (texts, keys) = (columns[0].str()?.clone(), columns[1].str()?.clone());
            let found: StringChunked = pairwise(texts.iter(), keys.iter(), |text: &str, key: &str| {
                let pairs = text.split(between.as_str()).filter_map(|pair| pair.split_once(after.as_str()));
                let mut values = pairs.filter(|(name, _)| name.trim() == key.trim()).map(|(_, value)| value.trim());
                values.next().map(str::to_owned)
            });
            Ok(found.into_column().with_name(columns[0].name().clone()))
        },
        &[key],
        |_, fields| Ok(Field::new(fields[0].name().clone(), DataType::String)),
    )
}
