//! `dedupe`: one row for each key.

use polars::prelude::{DataFrame, Expr, LazyFrame, PolarsResult, UniqueKeepStrategy, len, lit, when};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::context::BindCx;
use crate::diag::{Code, Diagnostic, Place};
use crate::domain::types::Schema;
use crate::transforms::aggregate::check_groups;
use crate::transforms::names::{self, Names};
use crate::transforms::sort::Order;
use crate::transforms::{BoundStep, RowEffect, Step, StepCx, guard};

/// Keeps one row for each key.
///
/// ```yaml
/// - dedupe: { by: sku, keep: last, order: valido_dal }
/// - dedupe: { by: [ordine, riga], keep: error }
/// ```
///
/// Which row is the first or the last is decided by `order`, and without it by the order of the input; the rows come
/// out in that order. A row whose key is missing equals no other and is kept, unless `nulls_match` is set. The other
/// columns are not compared: rows that differ in them go away all the same.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Dedupe {
    /// The columns of the key.
    pub by: Names,
    /// Which row of those with one key is kept.
    #[serde(default)]
    pub keep: Keep,
    /// Columns by which the rows are put in order first; `-` before a name turns its order.
    #[serde(default)]
    pub order: Names,
    /// Whether a missing value equals another missing value.
    #[serde(default)]
    pub nulls_match: bool,
}

/// Which row of those with one key is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Keep {
    /// The first.
    #[default]
    First,
    /// The last.
    Last,
    /// None: only keys that occur once go on.
    None,
    /// All, because there may be only one: a key that occurs twice ends the run.
    Error,
}

/// Columns that the step works with.
const ROW: &str = "__row";
const ALONE: &str = "__alone";
const COUNT: &str = "__count";

impl Step for Dedupe {
    fn bind(&self, input: &Schema, cx: &BindCx) -> Option<BoundStep> {
        let is_filled = names::is_filled(&self.by.0, "dedupe", cx);
        let is_key_right = check_groups(&self.by, input, cx);
        let order = if self.order.0.is_empty() { None } else { Some(Order::bind(&self.order, input, cx)?) };
        if !is_filled || !is_key_right || !self.is_order_used(cx) {
            return None;
        }
        let (by, nulls_match, columns) = (self.by.to_strings(), self.nulls_match, names::all_columns(input));
        let strategy = match self.keep {
            Keep::First => UniqueKeepStrategy::First,
            Keep::Last => UniqueKeepStrategy::Last,
            Keep::None => UniqueKeepStrategy::None,
            Keep::Error => {
                return Some(BoundStep::keeps(input.clone(), move |frame, cx| {
                    Ok(refuse(frame, &by, nulls_match, cx)?)
                }));
            }
        };
        Some(BoundStep::one(input.clone(), RowEffect::Filters, move |frame, _| {
            let frame = order.iter().fold(frame, |frame, order| order.apply(frame));
            Ok(keep_one(frame, &by, nulls_match, strategy).select(columns.clone()))
        }))
    }
}

impl Dedupe {
    fn is_order_used(&self, cx: &BindCx) -> bool {
        let is_used = self.order.0.is_empty() || matches!(self.keep, Keep::First | Keep::Last);
        if !is_used {
            let place = self.order.0.first().map_or(Place::NONE, crate::diag::Text::place);
            let diagnostic = Diagnostic::error(Code::BadValue, place, "`order` has no effect here");
            cx.report(diagnostic.help(
                "it decides which row is kept by `keep: first` or `keep: last`; remove it, or say which to keep",
            ));
        }
        is_used
    }
}

fn keep_one(frame: LazyFrame, by: &[String], nulls_match: bool, strategy: UniqueKeepStrategy) -> LazyFrame {
    let mut subset = names::columns(by);
    let Some(is_missing) = names::any_null(by).filter(|_| !nulls_match) else {
        return frame.unique_stable_generic(Some(subset), strategy);
    };
    // A number of its own makes every row with a missing key differ from all others.
    let alone = when(is_missing).then(names::column(ROW) + lit(1_u32)).otherwise(lit(0_u32)).alias(ALONE);
    subset.push(names::column(ALONE));
    frame.with_row_index(ROW, None).with_column(alone).unique_stable_generic(Some(subset), strategy)
}

/// Fails when a key occurs twice.
fn refuse(frame: LazyFrame, by: &[String], nulls_match: bool, cx: &StepCx) -> PolarsResult<LazyFrame> {
    let counted = frame.with_column(repeated(by, nulls_match)?.alias(COUNT));
    let (by, site, what) = (by.to_vec(), cx.site.clone(), format!("unique key {}", cx.site));
    Ok(guard::watch(counted, vec![COUNT.to_owned()], &what, move |batch| refuse_batch(batch, &by, &site)))
}

fn refuse_batch(batch: &DataFrame, by: &[String], site: &str) -> PolarsResult<()> {
    let Some(row) = batch.column(COUNT)?.bool()?.iter().position(|flag| flag == Some(true)) else { return Ok(()) };
    let message =
        format!("several rows have the key {}, where `keep: error` allows one", guard::row_words(batch, by, row));
    Err(guard::failure(Code::CheckFailed, site, &message))
}

/// Whether another row has the same key; a key with a missing value is repeated by none, unless nulls match.
///
/// # Errors
/// Polars refuses the expression, as it does for no key at all.
pub fn repeated(by: &[String], nulls_match: bool) -> PolarsResult<Expr> {
    let repeated = len().over(names::columns(by))?.gt(lit(1_u32));
    Ok(match names::any_null(by).filter(|_| !nulls_match) {
        Some(is_missing) => repeated.and(is_missing.not()),
        None => repeated,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::types::Type;
    use crate::transforms::testing::{Desk, at, frame, schema, step};

    fn input() -> Schema {
        schema(&[("sku", Type::Text), ("dal", Type::Integer), ("prezzo", Type::MONEY)])
    }

    const ROWS: &[&str] = &["A|2|1.00", "B|1|2.00", "A|1|3.00", "-|1|4.00", "A|3|5.00", "-|1|6.00"];

    #[test]
    fn one_row_for_each_key_and_missing_keys_stay() {
        let cases = [
            (json!({ "by": "sku" }), vec!["A|2|1.00", "B|1|2.00", "-|1|4.00", "-|1|6.00"]),
            (json!({ "by": "sku", "keep": "last" }), vec!["B|1|2.00", "-|1|4.00", "A|3|5.00", "-|1|6.00"]),
            (
                json!({ "by": "sku", "keep": "first", "order": "dal" }),
                vec!["B|1|2.00", "A|1|3.00", "-|1|4.00", "-|1|6.00"],
            ),
            (
                json!({ "by": "sku", "keep": "first", "order": "-dal" }),
                vec!["A|3|5.00", "B|1|2.00", "-|1|4.00", "-|1|6.00"],
            ),
            (json!({ "by": "sku", "keep": "none" }), vec!["B|1|2.00", "-|1|4.00", "-|1|6.00"]),
            (json!({ "by": "sku", "nulls_match": true }), vec!["A|2|1.00", "B|1|2.00", "-|1|4.00"]),
            (json!({ "by": ["sku", "dal"], "keep": "error" }), ROWS.to_vec()),
        ];
        for (written, expected) in cases {
            let dedupe: Dedupe = step(written.clone());
            let outcome = Desk::default().run(&dedupe, &input(), vec![frame(&input(), ROWS)]);
            assert_eq!(outcome.rows(), expected, "{written}");
        }
    }

    #[test]
    fn a_repeated_key_can_end_the_run() {
        let dedupe: Dedupe = step(json!({ "by": "sku", "keep": "error" }));
        let outcome = Desk::default().run(&dedupe, &input(), vec![frame(&input(), ROWS)]);
        let expected = "[check-failed at prova#1] several rows have the key sku=A, where `keep: error` allows one";
        assert!(outcome.error().contains(expected), "{}", outcome.error());
    }

    #[test]
    fn mistakes_are_reported() {
        let mut dedupe: Dedupe = step(json!({ "by": [], "keep": "none" }));
        dedupe.order = Names(vec![at("dal", 30)]);
        let found = Desk::default().refuses(&dedupe, &input());
        assert_eq!(found.len(), 1, "{found:?}");
        dedupe.by = Names(vec![at("sku", 5)]);
        assert_eq!(Desk::default().refuses(&dedupe, &input()), ["30 bad-value: `order` has no effect here"]);
        dedupe.by = Names(vec![at("skuu", 5)]);
        dedupe.order = Names(vec![at("-dall", 30)]);
        assert_eq!(Desk::default().refuses(&dedupe, &input()).len(), 2);
    }
}
