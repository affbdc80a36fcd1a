//! Exact decimal arithmetic on columns: the only way in which money is computed in a plan.
//!
//! Polars' own decimal operators keep the larger input scale and round half to even, which is silently wrong for
//! money. [`Exact`] carries the scale of a column beside its expression: a product has the sum of the scales, a
//! quotient the scale that is asked for, rounding is half away from zero, and leaving 38 digits is an error that says
//! where. Kernels are elementwise over whole columns, so that plans stream.

use std::cmp::Ordering;
use std::sync::Arc;

use polars::prelude::{
    BooleanChunked, ChunkFullNull, Column, DataType, Expr, Field, Int128Chunked, IntoColumn, LiteralValue, PlSmallStr,
    PolarsError, PolarsResult, lit,
};

use crate::diag::{Code, mark};
use crate::domain::pairwise::pairwise;

use super::{Decimal, MAX_DIGITS, add_raw, cmp_raw, div_raw, fits38, mul_raw, pow10, rem_raw, rescale_raw, sub_raw};

/// Polars type of an exact decimal column. The precision is always the widest: the digits that a contract or a cast
/// promises are checked where they are promised.
#[must_use]
pub fn decimal_dtype(scale: u8) -> DataType {
    DataType::Decimal(usize::from(MAX_DIGITS), usize::from(scale))
}

/// Name of the step an expression belongs to, for messages: `listino#3`.
pub type Site = Arc<str>;

/// An expression that yields exact decimals of a known scale.
#[derive(Clone)]
pub struct Exact {
    expr: Expr,
    scale: u8,
    site: Site,
}

/// How to bring a value to fewer decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// To the nearest, ties away from zero.
    HalfUp,
    /// Towards minus infinity.
    Floor,
    /// Towards plus infinity.
    Ceil,
}

impl Exact {
    /// An expression that already yields `Decimal(38, scale)`.
    #[must_use]
    pub fn new(expr: Expr, scale: u8, site: &Site) -> Self {
        Self { expr, scale, site: site.clone() }
    }

    /// A decimal column.
    #[must_use]
    pub fn column(name: &str, scale: u8, site: &Site) -> Self {
        Self::new(Expr::Column(PlSmallStr::from_str(name)), scale, site)
    }

    /// An integer expression as a decimal without decimals.
    #[must_use]
    pub fn from_integer(expr: Expr, site: &Site) -> Self {
        let cast = expr.map_with_fmt_str(
            |column| {
                let values = column.cast(&DataType::Int128)?;
                let values = values.i128()?.clone();
                Ok(values.into_decimal_unchecked(usize::from(MAX_DIGITS), 0).into_column())
            },
            |_, field| Ok(Field::new(field.name().clone(), decimal_dtype(0))),
            "integer to decimal",
        );
        Self::new(cast, 0, site)
    }

    /// A constant.
    #[must_use]
    pub fn literal(value: Decimal, site: &Site) -> Self {
        let scalar = polars::prelude::Scalar::new(
            decimal_dtype(value.scale),
            polars::prelude::AnyValue::Decimal(value.mantissa, usize::from(MAX_DIGITS), usize::from(value.scale)),
        );
        Self::new(Expr::Literal(LiteralValue::Scalar(scalar)), value.scale, site)
    }

    /// The expression.
    #[must_use]
    pub fn expr(self) -> Expr {
        self.expr
    }

    /// Decimals of the result.
    #[must_use]
    pub fn scale(&self) -> u8 {
        self.scale
    }

    /// Sum; the scale is the larger one.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        let (left, right, out) = (self.scale, other.scale, self.scale.max(other.scale));
        self.binary(other, out, "+", move |a, b| add_raw(a, left, b, right, out))
    }

    /// Difference; the scale is the larger one.
    #[must_use]
    pub fn minus(&self, other: &Self) -> Self {
        let (left, right, out) = (self.scale, other.scale, self.scale.max(other.scale));
        self.binary(other, out, "-", move |a, b| sub_raw(a, left, b, right, out))
    }

    /// Exact product: the scale is the sum of both. Callers keep the sum within 38.
    #[must_use]
    pub fn times(&self, other: &Self) -> Self {
        self.binary(other, self.scale + other.scale, "*", |a, b| mul_raw(a, b, 0))
    }

    /// Quotient with `scale` decimals, rounded half away from zero. Division by zero is an error.
    #[must_use]
    pub fn over(&self, other: &Self, scale: u8) -> Self {
        let (left, right) = (self.scale, other.scale);
        self.binary(other, scale, "/", move |a, b| div_raw(a, left, b, right, scale))
    }

    /// Remainder with the sign of the dividend; the scale is the larger one. Division by zero is an error.
    #[must_use]
    pub fn modulo(&self, other: &Self) -> Self {
        let (left, right) = (self.scale, other.scale);
        self.binary(other, left.max(right), "%", move |a, b| rem_raw(a, left, b, right))
    }

    /// The same value with `scale` decimals, rounded when there are fewer.
    #[must_use]
    pub fn rescale(&self, scale: u8, rounding: Rounding) -> Self {
        if scale == self.scale {
            return self.clone();
        }
        let from = self.scale;
        self.unary(scale, "rescale", move |a| rescale_with(a, from, scale, rounding))
    }

    /// Rounds to `decimals` and keeps that scale.
    #[must_use]
    pub fn round(&self, decimals: u8) -> Self {
        if decimals >= self.scale { self.clone() } else { self.rescale(decimals, Rounding::HalfUp) }
    }

    /// Checks that the value has at most `precision` digits at this scale; more is an error.
    #[must_use]
    pub fn within(&self, precision: u8) -> Self {
        if precision >= MAX_DIGITS {
            return self.clone();
        }
        let limit = pow10(precision).unwrap_or(i128::MAX);
        self.unary(self.scale, "fit", move |a| (a.unsigned_abs() < limit.unsigned_abs()).then_some(a))
    }

    /// The value with the opposite sign.
    #[must_use]
    pub fn negate(&self) -> Self {
        self.unary(self.scale, "-", i128::checked_neg)
    }

    /// The absolute value.
    #[must_use]
    pub fn absolute(&self) -> Self {
        self.unary(self.scale, "abs", i128::checked_abs)
    }

    /// Compares; `null` where either side is null.
    #[must_use]
    pub fn compare(&self, other: &Self, test: fn(Ordering) -> bool) -> Expr {
        let (left, right) = (self.scale, other.scale);
        self.expr.clone().map_many(
            move |columns| compare_columns(columns, left, right, test),
            std::slice::from_ref(&other.expr),
            |_, fields| Ok(Field::new(fields[0].name().clone(), DataType::Boolean)),
        )
    }

    /// `self` where `condition` holds, else `other`, at the larger scale.
    #[must_use]
    pub fn or_else(&self, condition: Expr, other: &Self) -> Self {
        let scale = self.scale.max(other.scale);
        let chosen = polars::prelude::when(condition)
            .then(self.rescale(scale, Rounding::HalfUp).expr)
            .otherwise(other.rescale(scale, Rounding::HalfUp).expr);
        Self::new(chosen, scale, &self.site)
    }

    /// The larger of both.
    #[must_use]
    pub fn maximum(&self, other: &Self) -> Self {
        self.or_else(self.compare(other, Ordering::is_ge), other)
    }

    /// The smaller of both.
    #[must_use]
    pub fn minimum(&self, other: &Self) -> Self {
        self.or_else(self.compare(other, Ordering::is_le), other)
    }

    fn unary(&self, scale: u8, what: &'static str, op: impl Fn(i128) -> Option<i128> + Send + Sync + 'static) -> Self {
        let site = self.site.clone();
        let from = self.scale;
        let expr = self.expr.clone().map_with_fmt_str(
            move |column| {
                let values = mantissas(&column)?;
                let mut failed = None;
                let out: Int128Chunked = values
                    .iter()
                    .map(|value| {
                        let value = value?;
                        let result = op(value);
                        if result.is_none() {
                            failed.get_or_insert(value);
                        }
                        result
                    })
                    .collect();
                if let Some(value) = failed {
                    return Err(overflow(&site, &format!("{what} {}", Decimal::new(value, from))));
                }
                Ok(decimal_column(out, column.name(), scale))
            },
            move |_, field| Ok(Field::new(field.name().clone(), decimal_dtype(scale))),
            what,
        );
        Self::new(expr, scale, &self.site)
    }

    fn binary(
        &self,
        other: &Self,
        scale: u8,
        what: &'static str,
        op: impl Fn(i128, i128) -> Option<i128> + Send + Sync + 'static,
    ) -> Self {
        let site = self.site.clone();
        let (left_scale, right_scale) = (self.scale, other.scale);
        let expr = self.expr.clone().map_many(
            move |columns| {
                let (left, right) = (mantissas(&columns[0])?, mantissas(&columns[1])?);
                let mut failed = None;
                let out: Int128Chunked = pairwise(left.iter(), right.iter(), |a, b| {
                    let result = op(a, b);
                    if result.is_none() {
                        failed.get_or_insert((a, b));
                    }
                    result
                });
                if let Some((a, b)) = failed {
                    let (a, b) = (Decimal::new(a, left_scale), Decimal::new(b, right_scale));
                    return Err(overflow(&site, &format!("{a} {what} {b}")));
                }
                Ok(decimal_column(out, columns[0].name(), scale))
            },
            std::slice::from_ref(&other.expr),
            move |_, fields| Ok(Field::new(fields[0].name().clone(), decimal_dtype(scale))),
        );
        Self::new(expr, scale, &self.site)
    }
}

/// Sum of a decimal expression inside an aggregation, exact; null when there is no value.
///
/// Polars adds without looking at overflow. Columns whose digits could reach it are added in two halves.
#[must_use]
pub fn sum(value: &Exact, precision: u8) -> Exact {
    /// Rows of a table that is still imaginable: ten thousand million.
    const ROWS_DIGITS: u8 = 10;
    /// Where a mantissa is cut in two.
    const HALF: i128 = 10_000_000_000_000_000_000;
    let counted = value.expr.clone().count();
    let scale = value.scale;
    let total = if precision + ROWS_DIGITS <= MAX_DIGITS {
        value.expr.clone().sum()
    } else {
        let half = HALF;
        let high = value.unary(scale, "sum", move |a| Some(a.div_euclid(half))).expr.sum();
        let low = value.unary(scale, "sum", move |a| Some(a.rem_euclid(half))).expr.sum();
        Exact::new(high, scale, &value.site)
            .binary(&Exact::new(low, scale, &value.site), scale, "sum", move |high, low| {
                let total = high.checked_mul(half)?.checked_add(low)?;
                fits38(total).then_some(total)
            })
            .expr
    };
    let or_null = polars::prelude::when(counted.gt(lit(0))).then(total).otherwise(lit(polars::prelude::NULL));
    Exact::new(or_null, scale, &value.site)
}

fn rescale_with(value: i128, from: u8, to: u8, rounding: Rounding) -> Option<i128> {
    if rounding == Rounding::HalfUp || to >= from {
        return rescale_raw(value, from, to);
    }
    let unit = pow10(from - to)?;
    let floor = value.div_euclid(unit);
    Some(if rounding == Rounding::Ceil && value.rem_euclid(unit) != 0 { floor + 1 } else { floor })
}

/// The integers behind a decimal column.
fn mantissas(column: &Column) -> PolarsResult<Int128Chunked> {
    let series = column.as_materialized_series();
    if series.dtype() == &DataType::Null {
        return Ok(Int128Chunked::full_null(series.name().clone(), series.len()));
    }
    Ok(series.decimal()?.physical().clone())
}

fn decimal_column(values: Int128Chunked, name: &PlSmallStr, scale: u8) -> Column {
    let values = values.into_decimal_unchecked(usize::from(MAX_DIGITS), usize::from(scale));
    values.into_column().with_name(name.clone())
}

fn compare_columns(
    columns: &mut [Column],
    left_scale: u8,
    right_scale: u8,
    test: fn(Ordering) -> bool,
) -> PolarsResult<Column> {
    let (left, right) = (mantissas(&columns[0])?, mantissas(&columns[1])?);
    let out: BooleanChunked =
        pairwise(left.iter(), right.iter(), |a, b| Some(test(cmp_raw(a, left_scale, b, right_scale))));
    Ok(out.into_column().with_name(columns[0].name().clone()))
}

/// Marks an error so that the engine can find the row: `[decimal-overflow at SITE] …`.
fn overflow(site: &str, what: &str) -> PolarsError {
    let reason = if what.contains(" / 0") || what.contains(" % 0") { "divides by zero" } else { "leaves 38 digits" };
    PolarsError::ComputeError(mark(Code::DecimalOverflow, site, &format!("`{what}` {reason}")).into())
}
