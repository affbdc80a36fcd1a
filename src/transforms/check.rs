//! `check`: what must hold for every row, and what happens to the rows for which it does not.

use std::collections::HashMap;

use polars::prelude::{BooleanChunked, DataFrame, Expr, LazyFrame, PolarsResult};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::context::{BindCx, Counter};
use crate::diag::{Code, Diagnostic, Text};
use crate::domain::money::exact::Site;
use crate::domain::types::Schema;
use crate::expr::{self, Typed};
use crate::transforms::names::{self, Names};
use crate::transforms::reject::{Rule, reject};
use crate::transforms::{BoundStep, Step, StepCx, guard};

/// Says what must hold for every row.
///
/// A row for which a rule does not hold is taken out and kept as a reject, or only counted, or ends the run.
///
/// ```yaml
/// - check:
///     - { name: giacenza-negativa, expr: "giacenza >= 0", key: sku, message_it: "la giacenza è negativa" }
///     - { name: senza-titolo, expr: "titolo IS NOT NULL", on_fail: warn }
///     - { name: prezzo-sotto-costo, expr: "prezzo > costo", on_fail: fail }
/// ```
///
/// The rules are applied in order: a row that one has rejected is not seen by the next. As in SQL, a rule that is
/// neither true nor false because a value is missing does not break; write `giacenza IS NOT NULL AND giacenza >= 0`
/// where the value must be there.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Check(
    /// The rules.
    pub Vec<CheckRule>,
);

/// One rule of a `check`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckRule {
    /// Name of the rule, and the cause under which its rejects are counted.
    pub name: Text,
    /// What must hold.
    pub expr: Text,
    /// What happens to a row for which it does not hold.
    #[serde(default)]
    pub on_fail: OnFail,
    /// What is wrong with such a row and what to do; the rule itself when absent.
    pub message: Option<Text>,
    /// The same in Italian.
    pub message_it: Option<Text>,
    /// The columns that name a row to a person.
    #[serde(default)]
    pub key: Names,
}

/// What happens to a row that breaks a rule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnFail {
    /// The row is taken out and kept as a reject.
    #[default]
    Reject,
    /// The row goes on and is counted in the report.
    Warn,
    /// The run ends, naming the row.
    Fail,
}

/// A rule whose condition is typed.
#[derive(Clone, Debug)]
struct Bound {
    name: String,
    condition: Typed,
    on_fail: OnFail,
    message: String,
    message_it: Option<String>,
    key: Vec<String>,
}

/// Column that says whether the row breaks the rule at hand.
const BROKEN: &str = "__broken";

impl Step for Check {
    fn bind(&self, input: &Schema, cx: &BindCx) -> Option<BoundStep> {
        let is_filled = names::is_filled(&self.0, "check", cx);
        let is_once = self.names_are_unique(cx);
        let rules: Vec<Option<Bound>> = self.0.iter().map(|rule| rule.bind(input, cx)).collect();
        let rules: Vec<Bound> = rules.into_iter().collect::<Option<_>>()?;
        (is_filled && is_once).then(|| {
            BoundStep::keeps(input.clone(), move |frame, cx| {
                Ok(rules.iter().fold(frame, |frame, rule| rule.apply(frame, cx)))
            })
        })
    }
}

impl Check {
    fn names_are_unique(&self, cx: &BindCx) -> bool {
        let mut first: HashMap<&str, &Text> = HashMap::new();
        let mut is_once = true;
        for rule in &self.0 {
            if let Some(earlier) = first.insert(rule.name.as_str(), &rule.name) {
                is_once = false;
                let message = format!("two rules are named `{}`", rule.name);
                let diagnostic = Diagnostic::error(Code::BadValue, rule.name.place(), message);
                cx.report(
                    diagnostic
                        .related(earlier.place(), "first named here")
                        .help("give each rule a name of its own: rejects are counted by it"),
                );
            }
        }
        is_once
    }
}

impl CheckRule {
    fn bind(&self, input: &Schema, cx: &BindCx) -> Option<Bound> {
        let is_key_known = self.key.check(input, cx);
        let condition = expr::bind_predicate(&self.expr, input, cx)?;
        is_key_known.then(|| Bound {
            name: self.name.to_string(),
            condition,
            on_fail: self.on_fail,
            message: self
                .message
                .as_ref()
                .map_or_else(|| format!("`{}` does not hold", self.expr), ToString::to_string),
            message_it: self.message_it.as_ref().map(ToString::to_string),
            key: self.key.to_strings(),
        })
    }
}

impl Bound {
    fn apply(&self, frame: LazyFrame, cx: &StepCx) -> LazyFrame {
        let broken = self.condition.lower(&Site::from(cx.site.as_str())).not();
        let what = format!("check {} {}", cx.site, self.name);
        match self.on_fail {
            OnFail::Reject => reject(frame, vec![self.rule(broken)], &self.key, cx),
            OnFail::Warn => {
                let counter = cx.run.counters.get(&format!("{}:warn:{}", cx.site, self.name));
                watched(frame, broken, &what, move |_, flags| {
                    count(&counter, flags);
                    Ok(())
                })
            }
            OnFail::Fail => {
                let (rule, site) = (self.clone(), cx.site.clone());
                watched(frame, broken, &what, move |batch, flags| rule.fail(batch, flags, &site))
            }
        }
    }

    fn rule(&self, broken: Expr) -> Rule {
        let rule = Rule::new(broken, &self.name, self.message.as_str());
        match &self.message_it {
            Some(italian) => rule.italian(italian.as_str()),
            None => rule,
        }
    }

    fn fail(&self, batch: &DataFrame, flags: &BooleanChunked, site: &str) -> PolarsResult<()> {
        let Some(row) = flags.iter().position(|flag| flag == Some(true)) else { return Ok(()) };
        let words = guard::row_words(&batch.drop(BROKEN)?, &self.key, row);
        let message = format!("check `{}` fails: {} (first row: {words})", self.name, self.message);
        Err(guard::failure(Code::CheckFailed, site, &message))
    }
}

fn count(counter: &Counter, flags: &BooleanChunked) {
    counter.add(u64::from(flags.sum().unwrap_or(0)));
}

fn watched(
    frame: LazyFrame,
    broken: Expr,
    what: &str,
    look: impl Fn(&DataFrame, &BooleanChunked) -> PolarsResult<()> + Send + Sync + 'static,
) -> LazyFrame {
    let flagged = frame.with_column(broken.alias(BROKEN));
    guard::watch(flagged, vec![BROKEN.to_owned()], what, move |batch| look(batch, batch.column(BROKEN)?.bool()?))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::types::Type;
    use crate::transforms::testing::{Desk, at, frame, schema, step};

    fn input() -> Schema {
        schema(&[("sku", Type::Text), ("qty", Type::Integer)])
    }

    const ROWS: &[&str] = &["A|1", "B|-2", "C|-", "D|-4"];

    #[test]
    fn broken_rows_are_rejected_with_the_words_of_the_rule() {
        let check: Check = step(
            json!([{ "name": "negativa", "expr": "qty >= 0", "key": "sku", "message": "stock is negative", "message_it": "giacenza negativa" }]),
        );
        let outcome = Desk::default().run(&check, &input(), vec![frame(&input(), ROWS)]);
        assert_eq!(outcome.rows(), ["A|1", "C|-"]);
        let rejects = outcome.rejects();
        assert_eq!(rejects.len(), 2);
        let first = &rejects[0];
        assert_eq!((first.cause.as_str(), first.key.as_deref()), ("negativa", Some("sku=B")));
        assert_eq!(
            (first.message.as_str(), first.message_it.as_deref()),
            ("stock is negative", Some("giacenza negativa"))
        );
    }

    #[test]
    fn warnings_count_and_let_pass() {
        let check: Check = step(json!([{ "name": "negativa", "expr": "qty >= 0", "on_fail": "warn" }]));
        let outcome = Desk::default().run(&check, &input(), vec![frame(&input(), ROWS)]);
        assert_eq!(outcome.rows().len(), 4);
        assert_eq!(outcome.run.counters.value("prova#1:warn:negativa"), 2);
    }

    #[test]
    fn a_failure_names_the_first_row() {
        let check: Check = step(json!([
            { "name": "positiva", "expr": "qty > -10", "on_fail": "fail" },
            { "name": "negativa", "expr": "qty >= 0", "on_fail": "fail", "key": ["sku"] },
        ]));
        let outcome = Desk::default().run(&check, &input(), vec![frame(&input(), ROWS)]);
        let expected = "[check-failed at prova#1] check `negativa` fails: `qty >= 0` does not hold (first row: sku=B)";
        assert!(outcome.error().contains(expected), "{}", outcome.error());
    }

    #[test]
    fn a_rejected_row_is_not_seen_by_the_next_rule() {
        let check: Check = step(
            json!([{ "name": "negativa", "expr": "qty >= 0" }, { "name": "tutte", "expr": "qty >= 0", "on_fail": "fail" }]),
        );
        assert_eq!(Desk::default().run(&check, &input(), vec![frame(&input(), ROWS)]).rows().len(), 2);
    }

    #[test]
    fn every_rule_is_checked() {
        let mut check: Check =
            step(json!([{ "name": "a", "expr": "qty + 1" }, { "name": "a", "expr": "qtty > 0", "key": "skuu" }]));
        check.0[1].key = Names(vec![at("skuu", 40)]);
        let found = Desk::default().refuses(&check, &input());
        assert_eq!(found.len(), 4, "{found:?}");
        assert!(found[0].contains("two rules are named `a`") && found[2].starts_with("40 unknown-column"), "{found:?}");
    }
}
