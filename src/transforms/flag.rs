//! `flag`: the rows of a table that are exceptions by themselves, without another side.

use polars::prelude::{DataType, Expr, NULL, lit, when};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::context::BindCx;
use crate::contract::polars_dtype;
use crate::diag::{Code, Diagnostic, Text, did_you_mean};
use crate::domain::calendar::business_date;
use crate::domain::money::exact::{Exact, Rounding, Site, decimal_dtype};
use crate::domain::reconcile::ageing::buckets;
use crate::domain::reconcile::catalogue::{self, ExceptionCode};
use crate::domain::types::{Schema, Type};
use crate::expr::kernels::local_date;
use crate::expr::{self, Typed};
use crate::transforms::names::column;
use crate::transforms::remember::day;
use crate::transforms::{BoundStep, RowEffect, Step, reconcile};

/// Makes exceptions of the rows for which a condition holds.
///
/// ```yaml
/// - flag:
///     code: FEE_DRIFT
///     chain: commissioni
///     when: "commissione <> attesa"
///     key: pagamento
///     expected: attesa
///     found: commissione
///     date: data
/// ```
///
/// The columns that come out are those of `reconcile`, so that both can be put together with `union` and go to `remember`: `status` is
/// `flagged`, `left_amount` what was expected, `right_amount` what was found, `difference` found minus expected, `key` what a person
/// calls the row by. A row for which the condition is neither true nor false is no exception.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Flag {
    /// A code of the catalogue: `FEE_DRIFT`.
    pub code: Text,
    /// Name of the chain or control in the output.
    pub chain: Text,
    /// The condition. Default: every row.
    pub when: Option<Text>,
    /// What a person calls the row by: a column.
    pub key: Text,
    /// The amount or quantity that was expected: an expression. Default: zero.
    pub expected: Option<Text>,
    /// The amount or quantity that was found: an expression. Default: zero.
    pub found: Option<Text>,
    /// Day or instant of the business event: a column.
    pub date: Option<Text>,
    /// Currency of the amounts: a column.
    pub currency: Option<Text>,
    /// The day from which ages are counted. Default: the day of the run, in Rome.
    pub today: Option<Text>,
}

/// A checked step.
struct Plan {
    code: &'static ExceptionCode,
    chain: String,
    when: Option<Typed>,
    key: String,
    expected: Option<Typed>,
    found: Option<Typed>,
    date: Option<(String, Type)>,
    currency: Option<String>,
    today: Option<i32>,
    scale: u8,
}

impl Step for Flag {
    fn bind(&self, input: &Schema, cx: &BindCx) -> Option<BoundStep> {
        let code = known_code(&self.code, cx);
        let condition = self.when.as_ref().map(|when| expr::bind_predicate(when, input, cx));
        let amount = |written: &Option<Text>| written.as_ref().map(|text| amount(text, input, cx));
        let (expected, found) = (amount(&self.expected), amount(&self.found));
        let is_key = cx.require_column(input, &self.key);
        let currency = self.currency.as_ref().is_none_or(|name| cx.require_column(input, name));
        let date = self.date.as_ref().map(|name| date_column(name, input, cx));
        let today = day(self.today.as_ref(), cx);
        if !is_key || !currency {
            return None;
        }
        let plan = Plan {
            code: code?,
            chain: self.chain.to_string(),
            when: condition.map_or(Some(None), |bound| bound.map(Some))?,
            key: self.key.to_string(),
            scale: [&expected, &found].into_iter().flatten().flatten().map(scale).max().unwrap_or(2),
            expected: expected.map_or(Some(None), |bound| bound.map(Some))?,
            found: found.map_or(Some(None), |bound| bound.map(Some))?,
            date: date.map_or(Some(None), |bound| bound.map(Some))?,
            currency: self.currency.as_ref().map(ToString::to_string),
            today: today?,
        };
        let schema = reconcile::schema(plan.scale);
        let columns = schema.clone();
        Some(BoundStep::one(schema, RowEffect::Filters, move |frame, cx| {
            let site = Site::from(cx.site.as_str());
            let today = plan.today.unwrap_or_else(|| business_date(&cx.run.started_at).to_epoch_days());
            let frame = match &plan.when {
                Some(condition) => frame.filter(condition.lower(&site)),
                None => frame,
            };
            Ok(frame.select(plan.columns(&columns, today, &site)))
        }))
    }
}

impl Plan {
    fn columns(&self, schema: &Schema, today: i32, site: &Site) -> Vec<Expr> {
        let exact = |value: &Option<Typed>| match value {
            Some(typed) if matches!(typed.ty(), Type::Integer) => {
                Exact::from_integer(typed.lower(site), site).rescale(self.scale, Rounding::HalfUp)
            }
            Some(typed) => Exact::new(typed.lower(site), scale(typed), site).rescale(self.scale, Rounding::HalfUp),
            None => Exact::literal(crate::domain::money::Decimal::ZERO, site).rescale(self.scale, Rounding::HalfUp),
        };
        let (expected, found) = (exact(&self.expected), exact(&self.found));
        let event = match &self.date {
            Some((name, Type::Timestamp)) => local_date(column(name)),
            Some((name, _)) => column(name),
            None => lit(NULL).cast(DataType::Date),
        };
        let age = lit(today) - event.clone().cast(DataType::Int32);
        let mut bucket = lit(">60");
        for (last, name) in buckets().collect::<Vec<_>>().into_iter().rev() {
            if let Some(last) = last {
                bucket = when(age.clone().lt_eq(lit(last))).then(lit(name)).otherwise(bucket);
            }
        }
        let bucket = when(age.clone().is_null()).then(lit(NULL)).otherwise(bucket);
        let has_amount = self.expected.is_some() || self.found.is_some();
        let amount = |value: Exact| if has_amount { value.expr() } else { lit(NULL).cast(decimal_dtype(self.scale)) };
        let key = column(&self.key).cast(DataType::String);
        let value = |name: &str| match name {
            "chain" => lit(self.chain.clone()),
            "status" => lit("flagged"),
            "code" => lit(self.code.code),
            "severity" => lit(self.code.severity.as_str()),
            "left_key" | "key" => key.clone(),
            "left_rows" => lit(1_i64),
            "left_amount" => amount(expected.clone()),
            "right_amount" => amount(found.clone()),
            "difference" => amount(found.minus(&expected)),
            "currency" => self.currency.as_ref().map_or(lit(NULL), |name| column(name)),
            "event_on" => event.clone(),
            "age_days" => age.clone(),
            "age_bucket" => bucket.clone(),
            "action" => lit(self.code.action),
            "action_it" => lit(self.code.action_it),
            _ => lit(NULL),
        };
        schema.iter().map(|(name, ty)| value(name).cast(polars_dtype(ty)).alias(name)).collect()
    }
}

/// The code of the catalogue, or the report that there is none.
pub(super) fn known_code(code: &Text, cx: &BindCx) -> Option<&'static ExceptionCode> {
    let known = catalogue::find(code);
    if known.is_none() {
        let names = || catalogue::codes().iter().map(|own| own.code);
        let message = format!("`{code}` is not a code of the catalogue");
        cx.report(
            Diagnostic::error(Code::BadValue, code.place(), message)
                .helps(did_you_mean(code, names()))
                .help(format!("codes: {}", names().collect::<Vec<_>>().join(", "))),
        );
    }
    known
}

fn amount(text: &Text, input: &Schema, cx: &BindCx) -> Option<Typed> {
    let typed = expr::bind(text, input, cx)?;
    if matches!(typed.ty(), Type::Decimal { .. } | Type::Integer) {
        return Some(typed);
    }
    let message = format!("`{text}` is `{}`, expected a decimal or an integer", typed.ty());
    cx.report(Diagnostic::error(Code::TypeMismatch, text.place(), message).help("`CAST(… AS DECIMAL(18,2))`"));
    None
}

fn scale(typed: &Typed) -> u8 {
    match typed.ty() {
        Type::Decimal { scale, .. } => *scale,
        _ => 0,
    }
}

fn date_column(name: &Text, input: &Schema, cx: &BindCx) -> Option<(String, Type)> {
    if !cx.require_column(input, name) {
        return None;
    }
    let ty = input.get(name.as_str())?;
    if matches!(ty, Type::Date | Type::Timestamp) {
        return Some((name.to_string(), ty.clone()));
    }
    let message = format!("`{name}` is `{ty}`, expected a date or a timestamp");
    cx.report(Diagnostic::error(Code::TypeMismatch, name.place(), message).help("`cast` it first"));
    None
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::transforms::testing::{Desk, frame, schema, step};

    fn input() -> Schema {
        schema(&[
            ("pagamento", Type::Text),
            ("attesa", Type::MONEY),
            ("commissione", Type::MONEY),
            ("pezzi", Type::Integer),
            ("data", Type::Date),
        ])
    }

    const ROWS: [&str; 3] = ["pi_1|1.00|1.25|2|2026-11-20", "pi_2|1.00|1.00|3|2026-11-21", "pi_3|1.00|-|4|2026-11-21"];

    #[test]
    fn rows_that_satisfy_the_condition_are_exceptions() {
        let flag: Flag = step(json!({
            "code": "FEE_DRIFT", "chain": "commissioni", "when": "commissione <> attesa", "key": "pagamento",
            "expected": "attesa", "found": "commissione", "date": "data", "today": "2026-11-24",
        }));
        let outcome = Desk::default().run(&flag, &input(), vec![frame(&input(), &ROWS)]);
        let rows = outcome.rows();
        assert_eq!(rows.len(), 1, "{rows:?}");
        let begin = "commissioni|flagged|FEE_DRIFT|warning|-|-|pi_1|-|1|-|1.00|1.25|0.25|-|2026-11-20|4|4-7|-|-|";
        assert!(rows[0].starts_with(begin) && rows[0].ends_with("|pi_1"), "{}", rows[0]);
    }

    #[test]
    fn every_row_is_one_without_a_condition_and_quantities_are_amounts() {
        let flag: Flag = step(json!({
            "code": "STOCK_OVERSOLD", "chain": "c", "key": "pagamento", "found": "pezzi * -1", "date": "data",
            "today": "2026-11-21",
        }));
        let outcome = Desk::default().run(&flag, &input(), vec![frame(&input(), &ROWS)]);
        let short: Vec<String> =
            outcome.rows().iter().map(|row| row.split('|').skip(10).take(7).collect::<Vec<_>>().join(" ")).collect();
        assert_eq!(short, ["0 -2 -2 - 2026-11-20 1 0-1", "0 -3 -3 - 2026-11-21 0 0-1", "0 -4 -4 - 2026-11-21 0 0-1"]);
    }

    #[test]
    fn what_is_wrong_is_told() {
        let flag: Flag = step(json!({
            "code": "FEE_DRFT", "chain": "c", "when": "pezzi", "key": "pagamneto", "found": "pagamento", "date": "pezzi",
        }));
        let found = Desk::default().refuses(&flag, &input()).join("\n");
        for part in ["FEE_DRFT", "pagamneto", "`pagamento` is `text`", "`pezzi` is `integer`, expected a date"] {
            assert!(found.contains(part), "{part}: {found}");
        }
    }
}
