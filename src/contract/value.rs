//! Reads one value from its text, by the type of its column and the conventions of its format.
//!
//! Numbers are read from their digits, never through a float, except for columns that are floats. How texts are found in a
//! file is the format's business; what a value must satisfy beyond its type is `checks`.

use std::borrow::Cow;

use chrono_tz::Tz;

use crate::contract::builder::ColumnBuilder;
use crate::contract::flaw::{Checked, Flaw};
use crate::domain::calendar::{DateFormat, format_date, parse_date, parse_timestamp};
use crate::domain::money::parse::parse_written;
use crate::domain::money::{NumberError, NumberFormat, format_decimal, parse_decimal, parse_integer, pow10};
use crate::domain::types::{ColumnType, Type};

/// The conventions of a format: how it writes numbers, dates and nothing.
#[derive(Clone, Debug)]
pub struct CellFormat {
    /// Decimal mark and thousands separator.
    pub number: NumberFormat,
    /// Form of dates.
    pub date: DateFormat,
    /// Form of the date that a timestamp begins with.
    pub timestamp: DateFormat,
    /// Zone of timestamps that do not say theirs; UTC when absent.
    pub zone: Option<Tz>,
    /// Texts that mean nothing, besides the empty one.
    pub null: Vec<String>,
    /// Whether an empty text is nothing.
    pub empty_is_null: bool,
    /// Whether blanks around a text are dropped.
    pub trim: bool,
}

impl CellFormat {
    /// Plain numbers, ISO dates, the empty text is nothing.
    #[must_use]
    pub fn canonical() -> Self {
        Self {
            number: NumberFormat::PLAIN,
            date: DateFormat::Iso,
            timestamp: DateFormat::Iso,
            zone: None,
            null: Vec::new(),
            empty_is_null: true,
            trim: true,
        }
    }

    /// The text without blanks, or `None` when it means nothing.
    #[inline]
    #[must_use]
    pub fn clean<'t>(&self, text: &'t str) -> Option<&'t str> {
        let text = if self.trim { trimmed(text) } else { text };
        let is_null = (text.is_empty() && self.empty_is_null) || self.null.iter().any(|word| word == text);
        (!is_null).then_some(text)
    }
}

/// `trim` that costs nothing for the usual text, which has no blank at either end.
#[inline]
fn trimmed(text: &str) -> &str {
    match text.as_bytes() {
        [first, .., last] if first.is_ascii_graphic() && last.is_ascii_graphic() => text,
        _ => text.trim(),
    }
}

/// A value that is not nothing, of any type without parts.
#[derive(Clone, Debug, PartialEq, PartialOrd)]
pub enum Value<'t> {
    /// A text.
    Text(Cow<'t, str>),
    /// A whole number.
    Integer(i64),
    /// The mantissa of a decimal at its column's scale.
    Decimal(i128),
    /// A float.
    Float(f64),
    /// A truth value.
    Bool(bool),
    /// Days since 1970-01-01.
    Date(i32),
    /// Microseconds since 1970-01-01 in UTC.
    Timestamp(i64),
}

impl Value<'_> {
    /// Adds the value to a column of its type.
    #[inline]
    pub fn push_to(&self, builder: &mut ColumnBuilder) {
        match self {
            Self::Text(text) => builder.push_text(text),
            Self::Integer(value) | Self::Timestamp(value) => builder.push_integer(*value),
            Self::Decimal(mantissa) => builder.push_decimal(*mantissa),
            Self::Float(value) => builder.push_float(*value),
            Self::Bool(value) => builder.push_bool(*value),
            Self::Date(days) => builder.push_date(*days),
        }
    }

    /// The value without its borrow.
    #[must_use]
    pub fn into_owned(self) -> Value<'static> {
        match self {
            Self::Text(text) => Value::Text(Cow::Owned(text.into_owned())),
            Self::Integer(value) => Value::Integer(value),
            Self::Decimal(mantissa) => Value::Decimal(mantissa),
            Self::Float(value) => Value::Float(value),
            Self::Bool(value) => Value::Bool(value),
            Self::Date(days) => Value::Date(days),
            Self::Timestamp(micros) => Value::Timestamp(micros),
        }
    }
}

/// Reads a cleaned text as a value of that column type.
///
/// # Errors
/// What was expected instead.
#[inline]
pub fn read_column<'t>(ty: &ColumnType, text: &'t str, format: &CellFormat) -> Checked<Value<'t>> {
    match ty {
        ColumnType::Plain(plain) => read(plain, text, format),
        ColumnType::Trade(trade) => {
            trade.normalise(text).map(Value::Text).map_err(|error| Flaw::identifier(*trade, error))
        }
    }
}

/// Reads a cleaned text as a value of that type.
///
/// # Errors
/// What was expected instead; lists and structs are never read from one text.
#[inline]
pub fn read<'t>(ty: &Type, text: &'t str, format: &CellFormat) -> Checked<Value<'t>> {
    match ty {
        Type::Text => Ok(Value::Text(Cow::Borrowed(text))),
        Type::Integer => parse_integer(text.as_bytes(), format.number)
            .map(Value::Integer)
            .map_err(|error| Flaw::number(text, ty, error)),
        Type::Decimal { precision, scale } => read_decimal(ty, text, *precision, *scale, format),
        Type::Float => read_float(ty, text, format),
        Type::Bool => read_bool(text),
        Type::Date => read_date(text, format),
        Type::Timestamp => read_timestamp(text, format),
        Type::List(_) | Type::Struct(_) => Err(Flaw::wrong_shape(ty, "a single value")),
    }
}

#[inline]
fn read_decimal(ty: &Type, text: &str, precision: u8, scale: u8, format: &CellFormat) -> Checked<Value<'static>> {
    let mantissa =
        parse_decimal(text.as_bytes(), scale, format.number).map_err(|error| Flaw::number(text, ty, error))?;
    let fits = pow10(precision).is_none_or(|limit| mantissa < limit && -limit < mantissa);
    if fits { Ok(Value::Decimal(mantissa)) } else { Err(Flaw::too_many_digits(text, ty)) }
}

/// A float is read as a decimal in the format's convention first, so that `1.234,5` is understood or refused, never guessed.
fn read_float(ty: &Type, text: &str, format: &CellFormat) -> Checked<Value<'static>> {
    let plain = match parse_written(text.as_bytes(), format.number) {
        Ok((mantissa, scale)) => {
            let mut digits = Vec::with_capacity(40);
            format_decimal(mantissa, scale, b'.', &mut digits);
            Cow::Owned(String::from_utf8(digits).unwrap_or_default())
        }
        // More than 38 digits is no trouble for a float.
        Err(NumberError::TooManyDigits) if format.number == NumberFormat::PLAIN => Cow::Borrowed(text.trim()),
        Err(error) => return Err(Flaw::number(text, ty, error)),
    };
    let value = plain.parse::<f64>().ok().filter(|value| value.is_finite());
    value.map(Value::Float).ok_or_else(|| Flaw::too_many_digits(text, ty))
}

/// The words for true and false that files of this trade use, whatever their case.
fn read_bool(text: &str) -> Checked<Value<'static>> {
    const TRUE: &[&str] = &["true", "1", "yes", "y", "si", "sì", "s", "vero", "x"];
    const FALSE: &[&str] = &["false", "0", "no", "n", "falso"];
    let is = |words: &[&str], text: &str| words.iter().any(|word| word.eq_ignore_ascii_case(text));
    if is(TRUE, text) {
        return Ok(Value::Bool(true));
    }
    if is(FALSE, text) {
        return Ok(Value::Bool(false));
    }
    if !text.is_ascii() && is(TRUE, &text.to_lowercase()) { Ok(Value::Bool(true)) } else { Err(Flaw::truth(text)) }
}

/// A date; for the ISO form also the date of a timestamp at midnight, which is how many systems write a day.
fn read_date(text: &str, format: &CellFormat) -> Checked<Value<'static>> {
    let day = text.strip_suffix("T00:00:00").or_else(|| text.strip_suffix(" 00:00:00")).unwrap_or(text);
    parse_date(day.as_bytes(), format.date).map(Value::Date).map_err(|error| Flaw::date(text, error))
}

fn read_timestamp(text: &str, format: &CellFormat) -> Checked<Value<'static>> {
    let micros = if format.timestamp == DateFormat::Iso {
        parse_timestamp(text.as_bytes(), format.zone)
    } else {
        let (day, time) = text.split_once([' ', 'T']).unwrap_or((text, "00:00"));
        let days = parse_date(day.as_bytes(), format.timestamp).map_err(|error| Flaw::date(text, error))?;
        let mut iso = Vec::with_capacity(32);
        format_date(days, DateFormat::Iso, &mut iso);
        iso.push(b'T');
        iso.extend_from_slice(time.trim().as_bytes());
        parse_timestamp(&iso, format.zone)
    };
    micros.map(Value::Timestamp).map_err(|error| Flaw::timestamp(text, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn italian() -> CellFormat {
        CellFormat {
            number: NumberFormat::ITALIAN,
            date: DateFormat::Slash,
            timestamp: DateFormat::Slash,
            zone: Some(chrono_tz::Europe::Rome),
            null: vec!["n.d.".to_owned()],
            ..CellFormat::canonical()
        }
    }

    #[test]
    fn values_follow_the_format() {
        let cases = [
            ("decimal(18,2)", "1.234,5", Value::Decimal(123_450)),
            ("integer", "1.250", Value::Integer(1250)),
            ("float", "1.234,5", Value::Float(1234.5)),
            ("float", "1e-3", Value::Float(0.001)),
            ("bool", "SÌ", Value::Bool(true)),
            ("date", "23/11/2026", Value::Date(20_780)),
            ("date", "3/1/1970", Value::Date(2)),
            ("timestamp", "01/01/1970 01:00", Value::Timestamp(0)),
            ("bool", "Sì", Value::Bool(true)),
            ("bool", "N", Value::Bool(false)),
            ("text", "007", Value::Text("007".into())),
            ("gtin", "4006381333931", Value::Text("4006381333931".into())),
        ];
        for (word, text, expected) in cases {
            assert_eq!(read_column(&word.parse().unwrap(), text, &italian()), Ok(expected), "{word} {text}");
        }
    }

    #[test]
    fn flaws_have_stable_causes() {
        let cases = [
            ("money", "a richiesta", "not-a-number"),
            ("money", "12.34", "not-a-number"),
            ("money", "1,239", "too-many-decimals"),
            ("decimal(4,2)", "123,45", "too-many-digits"),
            ("integer", "1,5", "too-many-decimals"),
            ("float", "abc", "not-a-number"),
            ("float", "1.2.3,4", "not-a-number"),
            ("date", "31/02/2026", "bad-date"),
            ("date", "2026-11-23", "bad-date"),
            ("timestamp", "01/01/1970 25:00", "bad-timestamp"),
            ("bool", "forse", "bad-bool"),
            ("gtin", "4.00638E+12", "bad-gtin"),
            ("partita_iva", "123", "bad-partita-iva"),
        ];
        for (word, text, expected) in cases {
            let flaw = read_column(&word.parse().unwrap(), text, &italian()).unwrap_err();
            assert_eq!(flaw.cause, expected, "{word} {text}: {}", flaw.message);
            assert_ne!(flaw.message, flaw.message_it);
        }
    }

    #[test]
    fn nothing_is_recognised() {
        let format = italian();
        assert_eq!(format.clean("  "), None);
        assert_eq!(format.clean("n.d."), None);
        assert_eq!(format.clean(" a b "), Some("a b"));
        let raw = CellFormat { trim: false, empty_is_null: false, ..italian() };
        assert_eq!(raw.clean(" "), Some(" "));
        assert_eq!(raw.clean(""), Some(""));
    }
}
