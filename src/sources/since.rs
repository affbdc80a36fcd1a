//! Incremental extracts: only the rows that are new since the last run.

use std::sync::Arc;
use std::time::Duration;

use polars::prelude::{DataFrame, DataType, Expr, LazyFrame, lit};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::context::counters::{named_apart, pass_through};
use crate::context::{BindCx, NodeError, RunCx};
use crate::contract::polars_dtype;
use crate::diag::{Code, Diagnostic, Text};
use crate::domain::calendar::{
    DateFormat, MICROS_PER_DAY, business_day, duration, format_date, format_timestamp, parse_date, parse_timestamp,
};
use crate::domain::types::{Schema, Type};
use crate::expr::column;

/// Reads only rows that are new since the last run, by a column that grows: the time of the last change, a day, a number.
///
/// ```yaml
/// ordini:
///   file: { path: "dati/ordini-*.csv" }
///   columns: { ordine: text, modificato: timestamp, totale: money }
///   since: { field: modificato, lag: 15m, overlap: 1h, start: "2026-01-01" }
/// ```
///
/// The cursor moves only after every load that the table feeds has acknowledged its rows; a load that fails leaves it where it
/// was. Rows of the overlap are read again: loads with a key find them unchanged. Rows without a value in the column are always
/// read. `--full` reads everything.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Since {
    /// The column: a timestamp, a date or an integer.
    pub field: Text,
    /// How long rows are left alone before they are read, for sources that show the last minutes with delay: `15m`. Default:
    /// nothing. Not for integers.
    #[serde(default)]
    pub lag: Option<Text>,
    /// How far before the cursor reading begins again, for rows that were written late: `1h`, `2d`; for integers a number.
    /// Default: `1h` for timestamps, `1d` for dates, `0` for integers.
    #[serde(default)]
    pub overlap: Option<Text>,
    /// Where the first run begins: `2026-01-01`, or a number. Default: at the beginning.
    #[serde(default)]
    pub start: Option<Text>,
}

/// A checked increment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Increment {
    /// The column.
    pub field: String,
    ty: Type,
    lag: Option<Duration>,
    overlap: i64,
    start: Option<i64>,
}

impl Since {
    /// Checks the increment against the columns of the table, reporting every problem.
    pub fn bind(&self, schema: &Schema, cx: &BindCx) -> Option<Increment> {
        if !cx.require_column(schema, &self.field) {
            return None;
        }
        let before = cx.reported();
        let ty = schema.get(self.field.as_str())?.clone();
        if !matches!(ty, Type::Timestamp | Type::Date | Type::Integer) {
            let message = format!("`{}` is {ty}, and an increment needs a timestamp, a date or an integer", self.field);
            let problem = Diagnostic::error(Code::TypeMismatch, self.field.place(), message);
            cx.report(problem.help("declare its type where it is read"));
            return None;
        }
        let lag = self.lag.as_ref().and_then(|text| length(text, cx));
        if let (Some(text), Type::Integer) = (&self.lag, &ty) {
            let problem = Diagnostic::error(Code::Unsupported, text.place(), "`lag` needs a column of time");
            cx.report(problem.help("leave it out, or use `overlap` with a number"));
        }
        let overlap = self.bind_overlap(&ty, cx);
        let start = match &self.start {
            None => None,
            Some(text) => {
                let start = parse(text, &ty);
                if start.is_none() {
                    let message = format!("`{text}` is no {ty}");
                    cx.report(Diagnostic::error(Code::BadValue, text.place(), message).help("as in `2026-01-01`"));
                }
                start
            }
        };
        let field = self.field.to_string();
        (cx.reported() == before).then_some(Increment { field, ty, lag, overlap, start })
    }

    fn bind_overlap(&self, ty: &Type, cx: &BindCx) -> i64 {
        let Some(text) = &self.overlap else {
            return match ty {
                Type::Timestamp => MICROS_PER_DAY / 24,
                Type::Date => 1,
                _ => 0,
            };
        };
        if *ty == Type::Integer {
            let number = text.trim().parse().ok().filter(|number| *number >= 0);
            if number.is_none() {
                let message = format!("`{text}` is no number");
                cx.report(
                    Diagnostic::error(Code::BadValue, text.place(), message)
                        .help("`overlap: 100` reads the last 100 again"),
                );
            }
            return number.unwrap_or(0);
        }
        let seconds = length(text, cx).unwrap_or_default().as_secs();
        let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
        match ty {
            Type::Date => (seconds + 86_399) / 86_400,
            _ => seconds.saturating_mul(1_000_000),
        }
    }
}

fn length(text: &Text, cx: &BindCx) -> Option<Duration> {
    let found = duration::parse_duration(text);
    if found.is_none() {
        let message = format!("`{text}` is not a length of time");
        cx.report(Diagnostic::error(Code::BadValue, text.place(), message).help(duration::EXPECTED));
    }
    found
}

/// A value of the cursor's column, as a number: microseconds, days, or itself.
fn parse(text: &str, ty: &Type) -> Option<i64> {
    match ty {
        Type::Timestamp => parse_timestamp(text.as_bytes(), None).ok(),
        Type::Date => parse_date(text.as_bytes(), DateFormat::Iso).ok().map(i64::from),
        _ => text.trim().parse().ok(),
    }
}

impl Increment {
    /// Type of the column.
    #[must_use]
    pub fn ty(&self) -> &Type {
        &self.ty
    }

    /// The first value that is wanted: microseconds, days, or a number. Nothing when everything is.
    #[must_use]
    pub fn begins(&self, table: &str, cx: &RunCx) -> Option<i64> {
        match cx.increments.cursors.get(table) {
            None => self.start,
            Some(text) => parse(text, &self.ty).map(|value| value.saturating_sub(self.overlap)),
        }
    }

    /// The last value that is wanted, when some are left alone.
    #[must_use]
    pub fn ends(&self, cx: &RunCx) -> Option<i64> {
        self.until(cx)
    }

    /// A value of the column, as it is remembered.
    #[must_use]
    pub fn to_text(&self, value: i64) -> String {
        let mut out = Vec::new();
        match self.ty {
            Type::Timestamp => format_timestamp(value, &mut out),
            Type::Date => format_date(i32::try_from(value).unwrap_or(0), DateFormat::Iso, &mut out),
            _ => return value.to_string(),
        }
        String::from_utf8_lossy(&out).into_owned()
    }

    /// Where the cursor stands after this run: never before where it stood.
    #[must_use]
    pub fn moved(&self, known: Option<&str>, furthest: Option<i64>) -> Option<String> {
        let known = known.and_then(|text| parse(text, &self.ty));
        furthest.into_iter().chain(known).max().map(|value| self.to_text(value))
    }

    /// The rows that are new, noting how far they come.
    ///
    /// # Errors
    /// The remembered cursor is not of the column's type.
    pub fn apply(&self, frame: LazyFrame, table: &str, cx: &RunCx) -> Result<LazyFrame, NodeError> {
        let known = cx.increments.cursors.get(table);
        let from = match known {
            None => self.start,
            Some(text) => {
                let Some(value) = parse(text, &self.ty) else {
                    let message = format!("the cursor of `{table}` is `{text}`, and `{}` is {}", self.field, self.ty);
                    return Err(NodeError::new(Code::SourceFailed, message).help("read everything once with `--full`"));
                };
                Some(value.saturating_sub(self.overlap))
            }
        };
        let mut frame = frame;
        if let Some(from) = from {
            frame = frame.filter(column(&self.field).gt_eq(self.literal(from)).or(column(&self.field).is_null()));
        }
        if let Some(until) = self.until(cx) {
            frame = frame.filter(column(&self.field).lt_eq(self.literal(until)).or(column(&self.field).is_null()));
        }
        let (increments, field, name) = (Arc::clone(&cx.increments), self.field.clone(), table.to_owned());
        let note = move |batch: DataFrame| {
            let values = batch.column(&field)?.to_physical_repr().cast(&DataType::Int64)?;
            if let Some(furthest) = values.i64()?.iter().flatten().max() {
                increments.saw(&name, furthest);
            }
            Ok(batch)
        };
        let options = pass_through() & !polars::prelude::AllowedOptimizations::PROJECTION_PUSHDOWN;
        Ok(frame.map(note, options, None, Some(named_apart(&format!("since {table}")))))
    }

    /// The last value that is read, when some are left alone.
    fn until(&self, cx: &RunCx) -> Option<i64> {
        let lag = i64::try_from(self.lag?.as_micros()).ok()?;
        let micros = cx.started_at.timestamp_micros().saturating_sub(lag);
        match self.ty {
            Type::Date => business_day(micros).map(i64::from),
            _ => Some(micros),
        }
    }

    fn literal(&self, value: i64) -> Expr {
        match self.ty {
            Type::Date => lit(i32::try_from(value).unwrap_or(i32::MAX)).cast(DataType::Date),
            _ => lit(value).cast(polars_dtype(&self.ty)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn increment(ty: Type) -> Increment {
        Increment { field: "f".into(), ty, lag: None, overlap: 0, start: None }
    }

    #[test]
    fn a_cursor_never_goes_back() {
        for (ty, known, furthest, expected) in [
            (Type::Integer, Some("7"), Some(3), Some("7")),
            (Type::Integer, Some("7"), Some(9), Some("9")),
            (Type::Integer, None, None, None),
            (Type::Date, Some("2026-11-24"), None, Some("2026-11-24")),
            (Type::Timestamp, None, Some(0), Some("1970-01-01T00:00:00Z")),
        ] {
            assert_eq!(increment(ty).moved(known, furthest).as_deref(), expected);
        }
    }
}
