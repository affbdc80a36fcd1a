//! Numbers and words of a `stock` step: constants, or expressions over the rows of a table.

use polars::prelude::{Expr, lit, when};

use crate::context::BindCx;
use crate::diag::{Code, Diagnostic, Text, did_you_mean};
use crate::domain::money::exact::{Exact, Rounding, Site};
use crate::domain::stock::level::SHARES;
use crate::domain::stock::quantity::{constant, from_decimal, from_integer, units};
use crate::domain::types::{Schema, Type};
use crate::expr::Typed;
use crate::expr::typed::Kind;
use crate::transforms::number::{Amount, Percent, is_exact};

/// A quantity, a share or an age.
#[derive(Clone, Debug)]
pub enum Value {
    /// Units, the same for all.
    Constant(i64),
    /// Units of each row; null where the row has no rule.
    Computed(Typed),
}

/// Decimals of a share in percent.
const SHARE_DECIMALS: u8 = 4;

impl Value {
    /// The value in units of a quantity.
    #[must_use]
    pub fn quantity(&self, scale: u8, rounding: Rounding, site: &Site) -> Expr {
        match self {
            Self::Constant(value) => units(*value),
            Self::Computed(typed) => quantity(typed, scale, rounding, site),
        }
    }

    /// The value in ten-thousandths of a percent.
    #[must_use]
    pub fn share(&self, site: &Site) -> Expr {
        self.quantity(SHARE_DECIMALS, Rounding::Floor, site)
    }

    /// Whether the value can differ between rows.
    #[must_use]
    pub const fn is_computed(&self) -> bool {
        matches!(self, Self::Computed(_))
    }
}

/// A typed number in units.
#[must_use]
pub fn quantity(typed: &Typed, scale: u8, rounding: Rounding, site: &Site) -> Expr {
    let value = typed.lower(site);
    match typed.ty() {
        Type::Decimal { scale: own, .. } => from_decimal(&Exact::new(value, *own, site), scale, rounding),
        _ => from_integer(value, scale),
    }
}

/// A column, or an expression over the columns, of one of the `types`. Reports what is neither.
#[must_use]
pub fn bind_typed(
    written: &Text,
    schema: &Schema,
    is_right: fn(&Type) -> bool,
    wanted: &str,
    cx: &BindCx,
) -> Option<Typed> {
    let typed = match schema.get(written.as_str()) {
        Some(ty) => Typed::new(Kind::Column(written.as_str().to_owned()), ty.clone(), written.place()),
        None if is_name(written) => {
            cx.require_column(schema, written);
            return None;
        }
        None => crate::expr::bind(written, schema, cx)?,
    };
    if is_right(typed.ty()) {
        return Some(typed);
    }
    let help = match typed.ty() {
        Type::Float => "a float is not exact: give the column the type `quantity`",
        Type::Text => "give the column the right type where it is read, or convert it with `CAST`",
        _ => "choose another column, or write an expression",
    };
    let message = format!("`{written}` is {}: {wanted}", typed.ty());
    cx.report(Diagnostic::error(Code::TypeMismatch, written.place(), message).help(help));
    None
}

fn is_name(written: &str) -> bool {
    let mut letters = written.chars();
    letters.next().is_some_and(|letter| letter.is_alphabetic() || letter == '_')
        && letters.all(|letter| letter.is_alphanumeric() || letter == '_')
        && !["true", "false", "null"].contains(&written.to_ascii_lowercase().as_str())
}

/// A column or expression that gives an exact number.
#[must_use]
pub fn bind_number(written: &Text, schema: &Schema, cx: &BindCx) -> Option<Typed> {
    bind_typed(written, schema, is_exact, "a quantity is an integer or a decimal", cx)
}

/// A column or expression that gives a truth value.
#[must_use]
pub fn bind_bool(written: &Text, schema: &Schema, cx: &BindCx) -> Option<Typed> {
    bind_typed(written, schema, |ty| *ty == Type::Bool, "a condition is a `bool`", cx)
}

/// A column or expression that gives a date.
#[must_use]
pub fn bind_date(written: &Text, schema: &Schema, cx: &BindCx) -> Option<Typed> {
    bind_typed(written, schema, |ty| *ty == Type::Date, "a `date` is needed", cx)
}

/// A column or expression that gives an instant.
#[must_use]
pub fn bind_instant(written: &Text, schema: &Schema, cx: &BindCx) -> Option<Typed> {
    bind_typed(written, schema, |ty| *ty == Type::Timestamp, "a `timestamp` is needed", cx)
}

/// A column or expression that gives a text.
#[must_use]
pub fn bind_text(written: &Text, schema: &Schema, cx: &BindCx) -> Option<Typed> {
    bind_typed(written, schema, |ty| *ty == Type::Text, "text is needed, as codes have leading zeros", cx)
}

/// A quantity: digits, or where `schema` is known an expression. `scale` are the decimals of the step's units.
#[must_use]
pub fn bind_quantity(
    written: &Text,
    schema: Option<&Schema>,
    scale: u8,
    rounding: Rounding,
    cx: &BindCx,
) -> Option<Value> {
    match schema.filter(|_| !is_number(written)) {
        Some(schema) => bind_number(written, schema, cx).map(Value::Computed),
        None => Some(Value::Constant(constant(Amount(written.clone()).value(cx)?, scale, rounding))),
    }
}

/// A share: a percentage up to 100 %, or where `schema` is known an expression that gives one.
#[must_use]
pub fn bind_share(written: &Text, schema: Option<&Schema>, cx: &BindCx) -> Option<Value> {
    if let Some(schema) = schema.filter(|_| !is_number(written.trim_end_matches('%'))) {
        return bind_number(written, schema, cx).map(Value::Computed);
    }
    let share = constant(Percent(written.clone()).value(cx)?, SHARE_DECIMALS, Rounding::Floor);
    if share > SHARES {
        cx.error(Code::BadValue, written, "a part cannot be more than 100%");
        return None;
    }
    Some(Value::Constant(share))
}

fn is_number(written: &str) -> bool {
    written.trim().starts_with(|letter: char| letter.is_ascii_digit() || "+-.".contains(letter))
}

/// One of some words with a meaning each: the same for all rows, or an expression that gives the word of each row.
#[derive(Clone, Debug)]
pub enum Choice<T: 'static> {
    /// The same for all rows.
    Always(T),
    /// The word of each row.
    Each(Typed),
}

impl<T: Copy + PartialEq + 'static> Choice<T> {
    /// Reads a word, or binds an expression that gives one.
    #[must_use]
    pub fn bind(written: &Text, words: &[(&'static str, T)], schema: &Schema, cx: &BindCx) -> Option<Self> {
        if let Some((_, value)) = words.iter().find(|(word, _)| written.as_str() == *word) {
            return Some(Self::Always(*value));
        }
        let known = || words.iter().map(|(word, _)| *word);
        if is_name(written) && !schema.contains(written.as_str()) {
            let listed: Vec<&str> = known().collect();
            let message = format!("`{written}` is neither one of {} nor a column", listed.join(", "));
            cx.report(
                Diagnostic::error(Code::BadValue, written.place(), message).helps(did_you_mean(written, known())),
            );
            return None;
        }
        let text = |ty: &Type| *ty == Type::Text;
        bind_typed(written, schema, text, "a word of the list is needed", cx).map(Self::Each)
    }

    /// Whether some row may have this value.
    pub fn may_be(&self, value: T) -> bool {
        match self {
            Self::Always(always) => *always == value,
            Self::Each(_) => true,
        }
    }

    /// Whether the row has one of these values.
    pub fn is(&self, values: &[T], words: &[(&'static str, T)], site: &Site) -> Expr {
        match self {
            Self::Always(always) => lit(values.contains(always)),
            Self::Each(typed) => words
                .iter()
                .filter(|(_, value)| values.contains(value))
                .map(|(word, _)| typed.lower(site).eq(lit(*word)))
                .reduce(Expr::or)
                .unwrap_or_else(|| lit(false)),
        }
    }

    /// Whether the row's word is none of the list, or missing.
    pub fn is_unknown(&self, words: &[(&'static str, T)], site: &Site) -> Option<Expr> {
        let Self::Each(typed) = self else { return None };
        let all: Vec<T> = words.iter().map(|(_, value)| *value).collect();
        Some(self.is(&all, words, site).not().or(typed.lower(site).is_null()))
    }
}

/// `value` where the choice may hold, without a test where it always or never does.
#[must_use]
pub fn pick(condition: Expr, then: Expr, otherwise: Expr) -> Expr {
    match constant_bool(&condition) {
        Some(true) => then,
        Some(false) => otherwise,
        None => when(condition).then(then).otherwise(otherwise),
    }
}

/// The value of a condition that is a constant.
#[must_use]
pub fn constant_bool(condition: &Expr) -> Option<bool> {
    let Expr::Literal(literal) = condition else { return None };
    match literal.to_any_value()? {
        polars::prelude::AnyValue::Boolean(value) => Some(value),
        _ => None,
    }
}

/// Microseconds in an hour.
const HOUR: i64 = 3_600_000_000;

/// A duration: `90s`, `15m`, `4h`, `2d`, in microseconds.
#[must_use]
pub fn bind_duration(written: &Text, cx: &BindCx) -> Option<i64> {
    let text = written.as_str().trim();
    let parsed = text.char_indices().next_back().and_then(|(at, unit)| {
        let unit = match unit {
            's' => HOUR / 3600,
            'm' => HOUR / 60,
            'h' => HOUR,
            'd' => HOUR * 24,
            _ => return None,
        };
        text[..at].parse::<u32>().ok()?.try_into().ok().and_then(|count: i64| count.checked_mul(unit))
    });
    if parsed.is_none() {
        cx.error(Code::BadValue, written, format!("`{written}` is not a duration: write `15m`, `4h` or `2d`"));
    }
    parsed
}

/// Hours, as an expression gives them, in microseconds.
#[must_use]
pub fn hours(typed: &Typed, site: &Site) -> Expr {
    quantity(typed, SHARE_DECIMALS, Rounding::Ceil, site) * units(HOUR / 10_000)
}

/// A limit of age: a duration, or an expression that gives hours.
#[must_use]
pub fn bind_age(written: &Text, schema: &Schema, cx: &BindCx) -> Option<Value> {
    if is_number(written) {
        return bind_duration(written, cx).map(Value::Constant);
    }
    bind_number(written, schema, cx).map(Value::Computed)
}

/// The limit in microseconds.
#[must_use]
pub fn age_limit(limit: &Value, site: &Site) -> Expr {
    match limit {
        Value::Constant(micros) => units(*micros),
        Value::Computed(typed) => hours(typed, site),
    }
}
