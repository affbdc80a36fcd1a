//! Numbers and words of a `stock` step: constants, or expressions over the rows of a table.

use polars::prelude::{Expr, lit, when};

use crate::context::BindCx;
use crate::diag::{Code, Diagnostic, Text, did_you_mean};
use crate::domain::money::exact::{Exact, Rounding, Site};
use crate::domain::stock::level::SHARES;
use crate::domain::stock::quantity::{LIMIT, constant, from_decimal, from_integer, piece, units};
use crate::domain::types::{Schema, Type};
use crate::expr::Typed;
use crate::expr::typed::{Kind as Node, Literal};
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

    /// The share, of which nobody can give more than all or less than nothing.
    #[must_use]
    pub fn part(&self, site: &Site) -> Expr {
        if self.is_computed() { self.share(site).clip(units(0), units(SHARES)) } else { self.share(site) }
    }

    /// The value of a rule in units: what is larger than any stock is cut to that.
    #[must_use]
    pub fn rule(&self, scale: u8, rounding: Rounding, site: &Site) -> Expr {
        let value = self.quantity(scale, rounding, site);
        let limit = LIMIT * piece(scale);
        if self.is_computed() { value.clip(units(-limit), units(limit)) } else { value }
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
        Some(ty) => Typed::new(Node::Column(written.as_str().to_owned()), ty.clone(), written.place()),
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

/// One of some words with a meaning each: the same for all rows, or decided row by row.
#[derive(Clone, Debug)]
pub enum Choice<T: 'static> {
    /// The same for all rows.
    Always(T),
    /// `CASE` with constant words: conditions and what they mean, last what holds otherwise.
    Cases(Vec<(Typed, Option<T>)>, Option<T>),
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
        if is_name(written) && !schema.contains(written.as_str()) {
            unknown_word(written, words, cx);
            return None;
        }
        let text = |ty: &Type| *ty == Type::Text;
        let typed = bind_typed(written, schema, text, "a word of the list is needed", cx)?;
        let Node::Case(branches, otherwise) = &typed.kind else { return Some(Self::Each(typed)) };
        let results: Vec<&Typed> = branches.iter().map(|(_, result)| result).chain([&**otherwise]).collect();
        let constants: Vec<Option<&Literal>> = results
            .iter()
            .map(|result| match &result.kind {
                Node::Literal(literal) => Some(literal),
                _ => None,
            })
            .collect();
        if constants.iter().any(Option::is_none) {
            return Some(Self::Each(typed));
        }
        let before = cx.reported();
        let mut meanings: Vec<Option<T>> = Vec::new();
        for (literal, result) in constants.into_iter().flatten().zip(&results) {
            let Literal::Text(word) = literal else {
                meanings.push(None);
                continue;
            };
            let known = words.iter().find(|(known, _)| known == word);
            if known.is_none() {
                unknown_word(&Text::new(word.as_str(), result.place), words, cx);
            }
            meanings.push(known.map(|(_, value)| *value));
        }
        let otherwise = meanings.pop().flatten();
        let conditions = branches.iter().map(|(condition, _)| condition.clone());
        (cx.reported() == before).then(|| Self::Cases(conditions.zip(meanings).collect(), otherwise))
    }

    /// Whether some row may have this value.
    pub fn may_be(&self, value: T) -> bool {
        match self {
            Self::Always(always) => *always == value,
            Self::Cases(cases, otherwise) => {
                cases.iter().map(|(_, case)| case).chain([otherwise]).any(|case| *case == Some(value))
            }
            Self::Each(_) => true,
        }
    }

    /// What `of` gives for the row's value; `unknown` where it has none.
    pub fn fold(&self, words: &[(&'static str, T)], unknown: &Expr, site: &Site, of: impl Fn(T) -> Expr) -> Expr {
        let value = |meaning: &Option<T>| meaning.map_or_else(|| unknown.clone(), &of);
        match self {
            Self::Always(always) => of(*always),
            Self::Cases(cases, otherwise) => cases.iter().rev().fold(value(otherwise), |rest, (condition, case)| {
                when(condition.lower(site)).then(value(case)).otherwise(rest)
            }),
            Self::Each(typed) => words.iter().rev().fold(unknown.clone(), |rest, (word, meaning)| {
                when(typed.lower(site).eq(lit(*word))).then(of(*meaning)).otherwise(rest)
            }),
        }
    }

    /// Whether the row has this value.
    pub fn is(&self, value: T, words: &[(&'static str, T)], site: &Site) -> Expr {
        self.fold(words, &lit(false), site, |meaning| lit(meaning == value))
    }

    /// Whether the row's word is none of the list, or missing; `None` where that cannot be.
    pub fn is_unknown(&self, words: &[(&'static str, T)], site: &Site) -> Option<Expr> {
        let may_be_unknown = match self {
            Self::Always(_) => false,
            Self::Cases(cases, otherwise) => otherwise.is_none() || cases.iter().any(|(_, case)| case.is_none()),
            Self::Each(_) => true,
        };
        may_be_unknown.then(|| self.fold(words, &lit(true), site, |_| lit(false)))
    }
}

fn unknown_word<T>(written: &Text, words: &[(&'static str, T)], cx: &BindCx) {
    let known = || words.iter().map(|(word, _)| *word);
    let listed: Vec<&str> = known().collect();
    let message = format!("`{written}` is none of {}", listed.join(", "));
    cx.report(Diagnostic::error(Code::BadValue, written.place(), message).helps(did_you_mean(written, known())));
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
        i64::from(text[..at].parse::<u32>().ok()?).checked_mul(unit)
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
