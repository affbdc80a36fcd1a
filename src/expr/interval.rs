//! `INTERVAL '1' MONTH` beside a date or a timestamp: how far it is moved.
//!
//! Months end where they end: 31 January and a month is the last day of February.

use sqlparser::ast;

use crate::diag::{Code, Place};
use crate::domain::types::Type;
use crate::expr::bind::{Binder, Bound};
use crate::expr::functions::Function;
use crate::expr::typed::{Kind, Literal, Typed};

/// Units with the letters that Polars has for them, and whether they need a time of day.
const UNITS: [(&str, &str, bool); 8] = [
    ("YEAR", "y", false),
    ("QUARTER", "q", false),
    ("MONTH", "mo", false),
    ("WEEK", "w", false),
    ("DAY", "d", false),
    ("HOUR", "h", true),
    ("MINUTE", "m", true),
    ("SECOND", "s", true),
];

impl Binder<'_> {
    /// `left + INTERVAL …` or `left - INTERVAL …`.
    pub(super) fn shifted(&self, left: &ast::Expr, minus: bool, interval: &ast::Interval, place: Place) -> Bound {
        let left = self.expr(left)?;
        let Some((count, unit, needs_time)) = read(interval) else {
            return Err(self.fail(Code::BadValue, place, format!("`{interval}` is no interval"), |d| {
                d.help("write `INTERVAL '3' MONTH` or `INTERVAL '3 months'`, with YEAR, QUARTER, MONTH, WEEK, DAY, HOUR, MINUTE or SECOND")
            }));
        };
        if left.ty != Type::Timestamp && (left.ty != Type::Date || needs_time) {
            let message = format!("`{interval}` cannot be added to a `{}`", left.ty);
            return Err(self.fail(Code::TypeMismatch, place, message, |d| {
                d.help("days and longer go with a date or a timestamp, hours and shorter with a timestamp")
            }));
        }
        let count = if minus { -count } else { count };
        let text = Typed::new(Kind::Literal(Literal::Text(format!("{count}{unit}"))), Type::Text, place);
        let ty = left.ty.clone();
        Ok(Typed::new(Kind::Call(Function::Shift, vec![left, text]), ty, place))
    }
}

/// Count, unit, and whether the unit needs a time of day.
fn read(interval: &ast::Interval) -> Option<(i64, &'static str, bool)> {
    if interval.last_field.is_some() {
        return None;
    }
    let ast::Expr::Value(value) = interval.value.as_ref() else { return None };
    let written = match &value.value {
        ast::Value::SingleQuotedString(text) => text.clone(),
        ast::Value::Number(text, _) => text.clone(),
        _ => return None,
    };
    let mut words = written.split_whitespace();
    let count: i64 = words.next()?.parse().ok()?;
    let unit = match (&interval.leading_field, words.next()) {
        (Some(field), None) => field.to_string(),
        (None, Some(word)) => word.to_owned(),
        _ => return None,
    };
    if words.next().is_some() || count.abs() > 1_000_000 {
        return None;
    }
    let unit = unit.to_ascii_uppercase();
    let unit = unit.strip_suffix('S').unwrap_or(&unit);
    UNITS.iter().find(|(name, ..)| *name == unit).map(|(_, letters, needs_time)| (count, *letters, *needs_time))
}
