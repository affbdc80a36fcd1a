//! Values that are written once or come from each row: `15`, `12.5%` or `commissione_pct`; `ebay` or `{ column: canale }`.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema as JsonShape, SchemaGenerator, json_schema};
use serde::Deserialize;

use crate::context::BindCx;
use crate::diag::{Code, Text};
use crate::domain::money::Decimal;
use crate::domain::pricing::cells::{Instant, Number, Word};
use crate::domain::types::{Schema, Type};
use crate::expr::typed::{Kind, Literal};
use crate::expr::{self, Typed, coerce};
use crate::transforms::number::{Amount, Percent, bind_number};
use crate::transforms::price::slots::Slots;
use crate::transforms::shape::{Options, Shape};

/// A percentage: a number (`12`, `12.5%`) or an expression over the columns, in percent.
#[derive(Clone, Debug, Deserialize)]
#[serde(transparent)]
pub struct PercentOf(pub Text);

/// An amount: a number with a point (`0.35`) or an expression over the columns.
#[derive(Clone, Debug, Deserialize)]
#[serde(transparent)]
pub struct AmountOf(pub Text);

/// A name, or the column that holds it.
pub type NameOf = Shape<ColumnOf>;

/// A column that holds a value of each row.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ColumnOf {
    /// Name of the column.
    pub column: Text,
}

impl Options for ColumnOf {
    const EXPECTED: &'static str = "a name, or `{ column: name }`";
}

/// A number that is known, or that each row has.
#[derive(Clone, Debug)]
pub enum BoundNumber {
    /// The same in every row.
    Constant(Decimal),
    /// An expression.
    Row(Typed),
}

/// A word that is known, or that each row has.
#[derive(Clone, Debug, Default)]
pub enum BoundWord {
    /// None.
    #[default]
    Absent,
    /// The same in every row.
    Constant(String),
    /// An expression.
    Row(Typed),
}

/// The instant of a price.
#[derive(Clone, Debug)]
pub enum BoundInstant {
    /// The start of the run.
    Run,
    /// A day or an instant that is written.
    Literal(i64),
    /// An expression.
    Row(Typed),
}

macro_rules! number_or_text {
    ($($name:ident),*) => {$(
        impl JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> JsonShape {
                json_schema!({ "type": ["number", "string"] })
            }
        }
    )*};
}

number_or_text!(PercentOf, AmountOf);

impl PercentOf {
    /// The percentage; reports what is neither a number nor an expression that gives one.
    pub fn bind(&self, input: &Schema, cx: &BindCx) -> Option<BoundNumber> {
        if is_number(&self.0) {
            return Percent(self.0.clone()).value(cx).map(BoundNumber::Constant);
        }
        bind_number(&self.0, input, cx).map(BoundNumber::Row)
    }
}

impl AmountOf {
    /// The amount; reports what is neither a number nor an expression that gives one.
    pub fn bind(&self, input: &Schema, cx: &BindCx) -> Option<BoundNumber> {
        if is_number(&self.0) {
            return Amount(self.0.clone()).value(cx).map(BoundNumber::Constant);
        }
        bind_number(&self.0, input, cx).map(BoundNumber::Row)
    }
}

/// Whether a text is meant as a number: digits, perhaps with sign, point and `%`. `10 * peso` is an expression.
fn is_number(text: &Text) -> bool {
    let text = text.trim();
    text.starts_with(|first: char| first.is_ascii_digit() || "+-.".contains(first))
        && text.chars().all(|letter| letter.is_ascii_digit() || "+-.,%".contains(letter))
}

/// A name of a channel, a country, a group.
pub fn bind_name(name: Option<&NameOf>, input: &Schema, cx: &BindCx) -> Option<BoundWord> {
    match name {
        None | Some(Shape::List(_)) => Some(BoundWord::Absent),
        Some(Shape::Word(word)) => Some(BoundWord::Constant(word.to_string())),
        Some(Shape::Map(ColumnOf { column })) => bind_text(column, input, cx).map(BoundWord::Row),
    }
}

/// One of a few words, or an expression that gives them.
pub fn bind_choice(text: &Text, words: &[&str], input: &Schema, cx: &BindCx) -> Option<BoundWord> {
    if words.contains(&text.trim()) {
        return Some(BoundWord::Constant(text.trim().to_owned()));
    }
    let typed = expr::bind(text, input, cx)?;
    if *typed.ty() == Type::Text {
        return Some(BoundWord::Row(typed));
    }
    let message =
        format!("`{text}` is {}: expected one of {}, or an expression giving one", typed.ty(), words.join(", "));
    cx.error(Code::TypeMismatch, text, message);
    None
}

/// An expression that gives text.
pub fn bind_text(text: &Text, input: &Schema, cx: &BindCx) -> Option<Typed> {
    let typed = expr::bind(text, input, cx)?;
    if *typed.ty() == Type::Text {
        return Some(typed);
    }
    cx.error(Code::TypeMismatch, text, format!("`{text}` is {}: text is needed", typed.ty()));
    None
}

/// A date or a timestamp; a date is its first instant in Italy.
pub fn bind_instant(text: Option<&Text>, input: &Schema, cx: &BindCx) -> Option<BoundInstant> {
    let Some(text) = text else { return Some(BoundInstant::Run) };
    let typed = expr::bind(text, input, cx)?;
    let typed = if matches!(typed.kind, Kind::Literal(Literal::Text(_))) {
        coerce::to(typed, &Type::Date).map_err(|problem| cx.report(problem)).ok()?
    } else {
        typed
    };
    let start = |day| crate::domain::calendar::start_of_day(day, crate::domain::calendar::BUSINESS_ZONE);
    match (&typed.kind, typed.ty()) {
        (Kind::Literal(Literal::Date(day)), _) => start(*day).map(BoundInstant::Literal),
        (Kind::Literal(Literal::Timestamp(micros)), _) => Some(BoundInstant::Literal(*micros)),
        (_, Type::Date | Type::Timestamp) => Some(BoundInstant::Row(typed)),
        (_, ty) => {
            cx.error(Code::TypeMismatch, text, format!("`{text}` is {ty}: a date or a timestamp is needed"));
            None
        }
    }
}

impl BoundNumber {
    /// As the kernel reads it.
    pub fn lower(&self, slots: &mut Slots) -> Number {
        match self {
            Self::Constant(value) => Number::Constant(*value),
            Self::Row(typed) => slots.number(typed),
        }
    }
}

impl BoundWord {
    /// As the kernel reads it.
    pub fn lower(&self, slots: &mut Slots) -> Word {
        match self {
            Self::Absent => Word::Absent,
            Self::Constant(word) => Word::Constant(word.clone()),
            Self::Row(typed) => Word::Column(slots.add(typed.lower(slots.site()))),
        }
    }

    /// The word, when it is the same in every row.
    pub fn constant(&self) -> Option<&str> {
        if let Self::Constant(word) = self { Some(word) } else { None }
    }
}

impl BoundInstant {
    /// As the kernel reads it; `run` is the start of the run.
    pub fn lower(&self, run: i64, slots: &mut Slots) -> Instant {
        match self {
            Self::Run => Instant::Constant(run),
            Self::Literal(micros) => Instant::Constant(*micros),
            Self::Row(typed) => {
                let micros = super::slots::micros(typed.lower(slots.site()), typed.ty());
                Instant::Column(slots.add(micros))
            }
        }
    }

    /// The instant, when it is the same in every row.
    pub const fn constant(&self, run: i64) -> Option<i64> {
        match self {
            Self::Run => Some(run),
            Self::Literal(micros) => Some(*micros),
            Self::Row(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_told_from_expressions() {
        for (text, expected) in [
            ("12", true),
            ("12.5%", true),
            ("-1", true),
            ("1,5", true),
            ("pct", false),
            ("10 * peso", false),
            ("", false),
        ] {
            assert_eq!(is_number(&Text::from(text)), expected, "{text}");
        }
    }
}
