//! Numbers in the configuration of steps: amounts and percentages, read exactly from what was written, and typed
//! expressions taken as exact decimals.
//!
//! No float is ever made here: `15`, `"12.5"` and `12%` reach the plan digit by digit.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::context::BindCx;
use crate::diag::{Code, Text};
use crate::domain::money::Decimal;
use crate::domain::money::exact::{Exact, Site};
use crate::domain::types::Type;
use crate::expr::Typed;

/// Decimals that a configured number may have; more would be noise that eats the digits of the result.
const MAX_DECIMALS: u8 = 4;

/// A percentage: `12`, `"12.5"` or `12%`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(transparent)]
pub struct Percent(pub Text);

/// An amount or a quantity, with a point: `0.35`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(transparent)]
pub struct Amount(pub Text);

impl Percent {
    /// The percentage as it was written: 12.5 for `12.5%`. Reports what is no number between 0 and 100 000.
    #[must_use]
    pub fn value(&self, cx: &BindCx) -> Option<Decimal> {
        let text = self.0.as_str().trim();
        let text = text.strip_suffix('%').unwrap_or(text);
        read(text).filter(|value| *value <= Decimal::new(100_000, 0)).or_else(|| {
            let message = format!(
                "`{}` is not a percentage: write `12`, `12.5` or `12%`, with at most {MAX_DECIMALS} decimals",
                self.0
            );
            cx.error(Code::BadValue, &self.0, message);
            None
        })
    }

    /// The percentage as a fraction: 0.125 for `12.5%`, without loss. Reports like [`Percent::value`].
    #[must_use]
    pub fn fraction(&self, cx: &BindCx) -> Option<Decimal> {
        self.value(cx).map(|value| Decimal::new(value.mantissa, value.scale + 2))
    }
}

impl Amount {
    /// The amount. Reports what is no number, is negative, or has too many digits.
    #[must_use]
    pub fn value(&self, cx: &BindCx) -> Option<Decimal> {
        read(self.0.as_str()).filter(|value| *value <= Decimal::new(1_000_000_000, 0)).or_else(|| {
            let message = format!("`{}` is not an amount: write digits with a point, such as `0.35`, with at most {MAX_DECIMALS} decimals", self.0);
            cx.error(Code::BadValue, &self.0, message);
            None
        })
    }
}

fn read(text: &str) -> Option<Decimal> {
    let value: Decimal = text.parse().ok()?;
    let value = if value.scale > MAX_DECIMALS { value.trimmed() } else { value };
    (!value.is_negative() && value.scale <= MAX_DECIMALS).then_some(value)
}

impl JsonSchema for Percent {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Percent".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["number", "string"], "pattern": "^[0-9]+(\\.[0-9]{1,4})?%?$" })
    }
}

impl JsonSchema for Amount {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Amount".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["number", "string"], "pattern": "^[0-9]+(\\.[0-9]{1,4})?$" })
    }
}

/// Binds an expression that must give an exact number. Reports a float or a text with what to do about it.
#[must_use]
pub fn bind_number(text: &Text, schema: &crate::domain::types::Schema, cx: &BindCx) -> Option<Typed> {
    let typed = crate::expr::bind(text, schema, cx)?;
    if is_exact(typed.ty()) {
        return Some(typed);
    }
    let message =
        format!("`{text}` is {}: an exact number is needed; write `CAST({text} AS DECIMAL(18,2))`", typed.ty());
    cx.error(Code::TypeMismatch, text, message);
    None
}

/// Whether values of the type are exact numbers.
#[must_use]
pub const fn is_exact(ty: &Type) -> bool {
    matches!(ty, Type::Integer | Type::Decimal { .. })
}

/// A typed number as an exact decimal of at most `decimals` decimals, rounded half away from zero beyond.
#[must_use]
pub fn exact(typed: &Typed, decimals: u8, site: &Site) -> Exact {
    let expr = typed.lower(site);
    let value = match typed.ty() {
        Type::Decimal { scale, .. } => Exact::new(expr, *scale, site),
        _ => Exact::from_integer(expr, site),
    };
    value.round(decimals)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_digit_by_digit() {
        let cases = [
            ("15", Some("15")),
            ("12.5", Some("12.5")),
            ("0.3500", Some("0.3500")),
            ("0.35000000", Some("0.35")),
            ("0.00001", None),
            ("-1", None),
            ("dodici", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(read(text).map(|value| value.to_string()).as_deref(), expected, "{text}");
        }
    }
}
