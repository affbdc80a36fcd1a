//! Quantities as the plan counts them: whole numbers of the smallest unit that the tables know.
//!
//! Pieces are counted as they are, metres with three decimals in millimetres. Whole numbers of 64 bits are exact, add
//! at the speed of the machine and are floored by an integer division. [`LIMIT`] keeps sums far from their end.

use polars::prelude::{
    AnyValue, Column, DataType, Expr, Field, Int64Chunked, IntoColumn, LiteralValue, Scalar, lit, when,
};

use crate::domain::money::exact::{Exact, Rounding, Site, decimal_dtype};
use crate::domain::money::{Decimal, MAX_DIGITS};

/// Decimals that a plan keeps of a quantity at most.
pub const MAX_DECIMALS: u8 = 6;
/// The largest quantity that is believed: a thousand million articles.
pub const LIMIT: i64 = 1_000_000_000;

/// A constant.
#[must_use]
pub fn units(value: i64) -> Expr {
    Expr::Literal(LiteralValue::Scalar(Scalar::new(DataType::Int64, AnyValue::Int64(value))))
}

/// `10^scale`: how many units an article has.
#[must_use]
pub fn piece(scale: u8) -> i64 {
    10_i64.pow(u32::from(scale.min(MAX_DECIMALS)))
}

/// A constant quantity in units, rounded as said where it has more decimals.
#[must_use]
pub fn constant(value: Decimal, scale: u8, rounding: Rounding) -> i64 {
    let exact = if rounding == Rounding::Ceil { value.ceil(scale) } else { value.floor(scale) };
    let units = exact.rescale(scale).map_or(i128::MAX, |value| value.mantissa);
    i64::try_from(units).unwrap_or(i64::MAX)
}

/// Integers in units.
#[must_use]
pub fn from_integer(value: Expr, scale: u8) -> Expr {
    if scale == 0 { value } else { value.clip(units(-LIMIT - 1), units(LIMIT + 1)) * units(piece(scale)) }
}

/// Decimals in units; what leaves 64 bits becomes the largest or smallest one, which [`is_absurd`] sees.
#[must_use]
pub fn from_decimal(value: &Exact, scale: u8, rounding: Rounding) -> Expr {
    value.rescale(scale, rounding).expr().map_with_fmt_str(
        |column| {
            let series = column.as_materialized_series();
            let physical = series.decimal()?.physical();
            let fit = |value: i128| i64::try_from(value).unwrap_or(if value < 0 { i64::MIN } else { i64::MAX });
            let out: Int64Chunked = physical.iter().map(|value| value.map(fit)).collect();
            Ok(out.into_column().with_name(column.name().clone()))
        },
        |_, field| Ok(Field::new(field.name().clone(), DataType::Int64)),
        "units",
    )
}

/// Units as the number that people read: an integer, or a decimal with `decimals`, which are those of `scale` or fewer.
#[must_use]
pub fn to_number(value: Expr, scale: u8, decimals: u8, site: &Site) -> Expr {
    if scale == 0 && decimals == 0 {
        return value;
    }
    if decimals == 0 {
        return value.floor_div(units(piece(scale)));
    }
    let decimal = value.map_with_fmt_str(
        move |column: Column| {
            let values = column.i64()?.iter().map(|value| value.map(i128::from));
            let values: polars::prelude::Int128Chunked = values.collect();
            let out = values.into_decimal_unchecked(usize::from(MAX_DIGITS), usize::from(scale));
            Ok(out.into_column().with_name(column.name().clone()))
        },
        move |_, field| Ok(Field::new(field.name().clone(), decimal_dtype(scale))),
        "quantity",
    );
    Exact::new(decimal, scale, site).rescale(decimals, Rounding::Floor).expr()
}

/// Units as a person writes them: without trailing zeros.
#[must_use]
pub fn to_text(value: &Expr, scale: u8, site: &Site) -> Expr {
    if scale == 0 {
        return value.clone().cast(DataType::String);
    }
    let text = to_number(value.clone(), scale, scale, site).cast(DataType::String);
    text.str().strip_chars_end(lit("0")).str().strip_chars_end(lit("."))
}

/// Whether a quantity is too large to be one.
#[must_use]
pub fn is_absurd(value: &Expr, scale: u8) -> Expr {
    let limit = LIMIT * piece(scale);
    value.clone().gt(units(limit)).or(value.clone().lt(units(-limit)))
}

/// The value, or zero when it is below.
#[must_use]
pub fn at_least_zero(value: &Expr) -> Expr {
    when(value.clone().lt(units(0))).then(units(0)).otherwise(value.clone())
}

/// The smaller of both.
#[must_use]
pub fn smaller(left: &Expr, right: &Expr) -> Expr {
    when(left.clone().lt_eq(right.clone())).then(left.clone()).otherwise(right.clone())
}

/// The value, or zero when there is none.
#[must_use]
pub fn or_zero(value: &Expr) -> Expr {
    value.clone().fill_null(units(0))
}

/// Whole articles: the rest of a piece is not for sale.
#[must_use]
pub fn whole(value: Expr, piece: i64) -> Expr {
    if piece == 1 { value } else { value.floor_div(units(piece)) * units(piece) }
}
