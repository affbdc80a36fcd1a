//! `CAST`: which conversions exist, and their kernels.
//!
//! A text that cannot be converted is an error (`TRY_CAST`: null). Narrowing a decimal rounds half away from zero;
//! more digits than the target holds is an error.

use std::str::FromStr;
use std::sync::Arc;

use polars::prelude::{
    BooleanChunked, Column, DataType, Expr, Field, Float64Chunked, Int32Chunked, Int64Chunked, Int128Chunked,
    IntoColumn, IntoSeries, PolarsError, PolarsResult, StringChunked, TimeUnit, TimeZone,
};

use crate::diag::{Code, mark};
use crate::domain::calendar::{DateFormat, format_timestamp, parse_date, parse_timestamp};
use crate::domain::money::exact::{Exact, Rounding, Site};
use crate::domain::money::{MAX_DIGITS, NumberFormat, fits38, format_decimal, parse, pow10, rescale_raw};
use crate::domain::types::Type;

/// A type word in SQL: `DECIMAL(10,2)`, `TEXT`, `VARCHAR`, `INT`, `BIGINT`, `DATE`, `TIMESTAMP`, `BOOLEAN`, `DOUBLE`.
///
/// # Errors
/// What is possible.
pub fn parse_type(written: &str) -> Result<Type, String> {
    let lower = written.to_ascii_lowercase().replace(' ', "");
    let ty = match lower.as_str() {
        "varchar" | "string" | "char" | "text" => Type::Text,
        "int" | "bigint" | "integer" | "smallint" | "int64" => Type::Integer,
        "boolean" | "bool" => Type::Bool,
        "double" | "float" | "real" | "doubleprecision" => Type::Float,
        "datetime" | "timestamp" => Type::Timestamp,
        other => {
            let other = other.replace("numeric", "decimal").replace("dec(", "decimal(");
            return Type::from_str(&other).map_err(|_| {
                "possible: TEXT, INTEGER, DECIMAL(p,s), MONEY, BOOLEAN, DATE, TIMESTAMP, FLOAT".to_owned()
            });
        }
    };
    Ok(ty)
}

/// Whether a value of one type can be cast to the other.
#[must_use]
pub fn possible(from: &Type, to: &Type) -> bool {
    match (from, to) {
        (Type::List(_) | Type::Struct(_), _) | (_, Type::List(_) | Type::Struct(_)) => false,
        (_, Type::Text) | (Type::Text, _) => true,
        (Type::Integer | Type::Decimal { .. } | Type::Float, Type::Integer | Type::Decimal { .. } | Type::Float) => {
            true
        }
        (Type::Bool, Type::Integer) | (Type::Integer, Type::Bool) => true,
        (Type::Date, Type::Timestamp) | (Type::Timestamp, Type::Date) => true,
        (from, to) => from == to,
    }
}

/// Lowers a cast. `lenient` gives null where the value cannot be converted.
#[must_use]
pub fn lower(value: Expr, from: &Type, to: &Type, lenient: bool, site: &Site) -> Expr {
    match (from, to) {
        (Type::Integer, Type::Decimal { scale, .. }) => {
            Exact::from_integer(value, site).rescale(*scale, Rounding::HalfUp).expr()
        }
        (Type::Decimal { scale, .. }, Type::Decimal { precision, scale: wanted }) if !lenient => {
            Exact::new(value, *scale, site).rescale(*wanted, Rounding::HalfUp).within(*precision).expr()
        }
        (Type::Text | Type::Float | Type::Decimal { .. }, _) | (_, Type::Text) => {
            kernel(value, from, to, lenient, site)
        }
        _ => value.cast(crate::contract::polars_dtype(to)),
    }
}

fn kernel(value: Expr, from: &Type, to: &Type, lenient: bool, site: &Site) -> Expr {
    let dtype = crate::contract::polars_dtype(to);
    let cast = Cast { from: from.clone(), to: to.clone(), lenient, site: Arc::clone(site) };
    let label = format!("cast to {to}");
    value.map_with_fmt_str(
        move |column| cast.apply(&column),
        move |_, field| Ok(Field::new(field.name().clone(), dtype.clone())),
        label,
    )
}

struct Cast {
    from: Type,
    to: Type,
    lenient: bool,
    site: Site,
}

impl Cast {
    fn apply(&self, column: &Column) -> PolarsResult<Column> {
        let out = match (&self.from, &self.to) {
            (Type::Text, to) => self.of_text(column.str()?, to)?,
            (Type::Float, to) => self.of_text(&floats_as_text(column.f64()?), to)?,
            (Type::Decimal { scale, .. }, Type::Text) => decimals_as_text(column, *scale)?,
            (Type::Decimal { scale, .. }, Type::Float) => decimals_as_float(column, *scale)?,
            (Type::Decimal { scale, .. }, to) => self.of_decimal(column, *scale, to)?,
            (Type::Timestamp, _) => timestamps_as_text(column)?,
            (_, _) => column.cast(&DataType::String)?,
        };
        Ok(out.with_name(column.name().clone()))
    }

    fn of_text(&self, texts: &StringChunked, to: &Type) -> PolarsResult<Column> {
        match to {
            Type::Decimal { precision, scale } => {
                let out: Int128Chunked = self.each(texts, |text| text_to_decimal(text, *precision, *scale))?;
                Ok(out.into_decimal_unchecked(usize::from(MAX_DIGITS), usize::from(*scale)).into_column())
            }
            Type::Integer => {
                let out: Int64Chunked = self.each(texts, |text| i64::try_from(text_to_decimal(text, 19, 0)?).ok())?;
                Ok(out.into_column())
            }
            Type::Date => {
                let out: Int32Chunked =
                    self.each(texts, |text| parse_date(text.trim().as_bytes(), DateFormat::Iso).ok())?;
                Ok(out.into_date().into_column())
            }
            Type::Timestamp => {
                let out: Int64Chunked = self.each(texts, |text| parse_timestamp(text.trim().as_bytes(), None).ok())?;
                Ok(out.into_datetime(TimeUnit::Microseconds, Some(TimeZone::UTC)).into_column())
            }
            Type::Bool => {
                let out: BooleanChunked = self.each(texts, text_to_bool)?;
                Ok(out.into_column())
            }
            Type::Float => {
                let out: Float64Chunked =
                    self.each(texts, |text| text.trim().parse::<f64>().ok().filter(|x| x.is_finite()))?;
                Ok(out.into_column())
            }
            _ => Ok(texts.clone().into_series().into_column()),
        }
    }

    fn of_decimal(&self, column: &Column, scale: u8, to: &Type) -> PolarsResult<Column> {
        let mantissas = column.as_materialized_series().decimal()?.physical().clone();
        let (precision, wanted) = match to {
            Type::Decimal { precision, scale } => (*precision, *scale),
            _ => (19, 0),
        };
        let limit = pow10(precision).unwrap_or(i128::MAX);
        let convert =
            |value: i128| rescale_raw(value, scale, wanted).filter(|value| value.unsigned_abs() < limit.unsigned_abs());
        let mut failed = None;
        let out: Int128Chunked = mantissas
            .iter()
            .map(|value| {
                let value = value?;
                let out = convert(value);
                if out.is_none() {
                    failed.get_or_insert(value);
                }
                out
            })
            .collect();
        if let Some(value) = failed.filter(|_| !self.lenient) {
            return Err(self.failure(&crate::domain::money::Decimal::new(value, scale).to_string()));
        }
        match to {
            Type::Integer => Ok(out.into_series().cast(&DataType::Int64)?.into_column()),
            _ => Ok(out.into_decimal_unchecked(usize::from(MAX_DIGITS), usize::from(wanted)).into_column()),
        }
    }

    fn each<T, C: FromIterator<Option<T>>>(
        &self,
        texts: &StringChunked,
        convert: impl Fn(&str) -> Option<T>,
    ) -> PolarsResult<C> {
        let mut failed = None;
        let out = texts
            .iter()
            .map(|text| {
                let text = text?;
                let out = convert(text);
                if out.is_none() && failed.is_none() {
                    failed = Some(text.to_owned());
                }
                out
            })
            .collect();
        match failed {
            Some(text) if !self.lenient => Err(self.failure(&text)),
            _ => Ok(out),
        }
    }

    fn failure(&self, text: &str) -> PolarsError {
        let message = format!("`{text}` is not a `{}`", self.to);
        PolarsError::ComputeError(mark(Code::BadValue, &self.site, &message).into())
    }
}

/// A text with any number of decimals, rounded half away from zero to `scale`.
fn text_to_decimal(text: &str, precision: u8, scale: u8) -> Option<i128> {
    let (mantissa, written) = parse::parse_written(text.trim().as_bytes(), NumberFormat::PLAIN).ok()?;
    let value = rescale_raw(mantissa, written, scale)?;
    let limit = pow10(precision).unwrap_or(i128::MAX);
    (fits38(value) && value.unsigned_abs() < limit.unsigned_abs()).then_some(value)
}

fn text_to_bool(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    }
}

fn floats_as_text(floats: &Float64Chunked) -> StringChunked {
    floats.iter().map(|value| value.map(|value| value.to_string())).collect()
}

fn decimals_as_text(column: &Column, scale: u8) -> PolarsResult<Column> {
    let mantissas = column.as_materialized_series().decimal()?.physical().clone();
    let mut buffer = Vec::with_capacity(48);
    let out: StringChunked = mantissas
        .iter()
        .map(|value| {
            buffer.clear();
            format_decimal(value?, scale, b'.', &mut buffer);
            Some(String::from_utf8_lossy(&buffer).into_owned())
        })
        .collect();
    Ok(out.into_column())
}

#[expect(clippy::cast_precision_loss, reason = "the user asked for a float")]
fn decimals_as_float(column: &Column, scale: u8) -> PolarsResult<Column> {
    let mantissas = column.as_materialized_series().decimal()?.physical().clone();
    let unit = pow10(scale).unwrap_or(1) as f64;
    let out: Float64Chunked = mantissas.iter().map(|value| Some(value? as f64 / unit)).collect();
    Ok(out.into_column())
}

fn timestamps_as_text(column: &Column) -> PolarsResult<Column> {
    let micros = column.cast(&DataType::Int64)?;
    let mut buffer = Vec::with_capacity(32);
    let out: StringChunked = micros
        .i64()?
        .iter()
        .map(|value| {
            buffer.clear();
            format_timestamp(value?, &mut buffer);
            Some(String::from_utf8_lossy(&buffer).into_owned())
        })
        .collect();
    Ok(out.into_column())
}
