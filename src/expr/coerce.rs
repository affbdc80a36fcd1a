//! Bringing values to one type: what mixes freely, what never does.
//!
//! Integers widen to decimals, decimals to more decimals, a text constant becomes the date it is compared with.
//! Everything else needs a `CAST` that the user writes.

use crate::diag::{Code, Diagnostic};
use crate::domain::calendar::{DateFormat, parse_date, parse_timestamp};
use crate::domain::money::{Decimal, MAX_DIGITS};
use crate::domain::types::Type;
use crate::expr::typed::{Kind, Literal, Typed};

/// The type two values meet in, if they may meet.
#[must_use]
pub fn common(left: &Typed, right: &Typed) -> Option<Type> {
    if left.is_null_literal() {
        return Some(right.ty.clone());
    }
    if right.is_null_literal() || left.ty == right.ty {
        return Some(left.ty.clone());
    }
    match (&left.ty, &right.ty) {
        (Type::Decimal { .. } | Type::Integer, Type::Decimal { .. } | Type::Integer) => {
            Some(widest(decimal_shape(&left.ty)?, decimal_shape(&right.ty)?))
        }
        (Type::Text, Type::Date | Type::Timestamp) if is_text_constant(left) => Some(right.ty.clone()),
        (Type::Date | Type::Timestamp, Type::Text) if is_text_constant(right) => Some(left.ty.clone()),
        (Type::Date, Type::Timestamp) | (Type::Timestamp, Type::Date) => Some(Type::Timestamp),
        (Type::Integer, Type::Float) | (Type::Float, Type::Integer) => Some(Type::Float),
        _ => None,
    }
}

/// Digits and decimals of an integer or decimal type.
#[must_use]
pub fn decimal_shape(ty: &Type) -> Option<(u8, u8)> {
    match ty {
        Type::Integer => Some((19, 0)),
        Type::Decimal { precision, scale } => Some((*precision, *scale)),
        _ => None,
    }
}

/// The decimal type that holds both.
#[must_use]
pub fn widest((left_precision, left_scale): (u8, u8), (right_precision, right_scale): (u8, u8)) -> Type {
    let scale = left_scale.max(right_scale);
    let whole = (left_precision - left_scale).max(right_precision - right_scale);
    Type::Decimal { precision: (whole + scale).min(MAX_DIGITS), scale }
}

/// Brings `value` to `ty`; callers have asked [`common`] first.
///
/// # Errors
/// A text constant that is not the date it should be.
pub fn to(value: Typed, ty: &Type) -> Result<Typed, Diagnostic> {
    if value.ty == *ty {
        return Ok(value);
    }
    let place = value.place;
    let literal = match (&value.kind, ty) {
        (Kind::Literal(Literal::Null), _) => Some(Literal::Null),
        (Kind::Literal(Literal::Integer(number)), Type::Decimal { scale, .. }) => {
            Decimal::new(i128::from(*number), 0).rescale(*scale).map(Literal::Decimal)
        }
        (Kind::Literal(Literal::Decimal(number)), Type::Decimal { scale, .. }) => {
            number.rescale(*scale).map(Literal::Decimal)
        }
        (Kind::Literal(Literal::Text(text)), Type::Date) => Some(Literal::Date(date(text, &value)?)),
        (Kind::Literal(Literal::Text(text)), Type::Timestamp) => Some(Literal::Timestamp(timestamp(text, &value)?)),
        _ => None,
    };
    let kind = literal.map_or_else(|| Kind::Cast(Box::new(value), false), Kind::Literal);
    Ok(Typed::new(kind, ty.clone(), place))
}

/// A text that stands in the expression itself.
#[must_use]
pub fn is_text_constant(value: &Typed) -> bool {
    matches!(value.kind, Kind::Literal(Literal::Text(_)))
}

fn date(text: &str, value: &Typed) -> Result<i32, Diagnostic> {
    parse_date(text.as_bytes(), DateFormat::Iso).map_err(|_| {
        Diagnostic::error(Code::BadValue, value.place, format!("`{text}` is not a date"))
            .help("write dates as '2026-11-23'")
    })
}

fn timestamp(text: &str, value: &Typed) -> Result<i64, Diagnostic> {
    if let Ok(day) = parse_date(text.as_bytes(), DateFormat::Iso) {
        return Ok(i64::from(day) * crate::domain::calendar::MICROS_PER_DAY);
    }
    parse_timestamp(text.as_bytes(), None).map_err(|_| {
        Diagnostic::error(Code::BadValue, value.place, format!("`{text}` is not a timestamp"))
            .help("write timestamps as '2026-11-23T18:30:00Z'")
    })
}
