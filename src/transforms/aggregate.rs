//! `aggregate`: one row for each group of rows.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::context::BindCx;
use crate::diag::{Code, Diagnostic, Place, Text};
use crate::domain::money::exact::Site;
use crate::domain::types::Schema;
use crate::expr::{self, Typed};
use crate::transforms::names::{self, Names};
use crate::transforms::{BoundStep, RowEffect, Step};

/// Makes one row of all the rows that have the same values in the columns of `by`.
///
/// Without `by` the whole table becomes one row, also when it is empty.
///
/// ```yaml
/// - aggregate:
///     by: [sku, magazzino]
///     values: { giacenza: "SUM(qty)", movimenti: "COUNT(*)", ultimo: "MAX(data)" }
///     having: "giacenza > 0"
/// ```
///
/// The order of the groups is not promised: `sort` after it. Rows whose key is missing are a group of their own. Columns
/// that are neither in `by` nor in `values` end here.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Aggregate {
    /// The columns that make a group.
    #[serde(default)]
    pub by: Names,
    /// New columns, and the aggregate that gives each: `SUM`, `COUNT`, `MIN`, `MAX`, `AVG`, `FIRST`, `LAST` and
    /// arithmetic on them.
    #[serde(default)]
    pub values: IndexMap<Text, Text>,
    /// Condition on the finished rows: columns of `by` and names of `values`.
    pub having: Option<Text>,
}

impl Step for Aggregate {
    fn bind(&self, input: &Schema, cx: &BindCx) -> Option<BoundStep> {
        let is_key_right = check_groups(&self.by, input, cx) && self.is_filled(cx);
        let keys: Schema =
            self.by.0.iter().filter_map(|name| Some((name.as_str(), input.get(name.as_str())?.clone()))).collect();
        let values: Vec<Option<(String, Typed)>> =
            self.values.iter().map(|(name, value)| bind_value(name, value, &keys, input, cx)).collect();
        let values: Vec<(String, Typed)> = values.into_iter().collect::<Option<_>>()?;
        let mut schema = keys;
        schema.extend(values.iter().map(|(name, value)| (name.as_str(), value.ty().clone())));
        let having = match &self.having {
            Some(condition) => Some(expr::bind_predicate(condition, &schema, cx)?),
            None => None,
        };
        let by = names::columns(&self.by.0);
        is_key_right.then(|| {
            BoundStep::one(schema, RowEffect::Changes, move |frame, cx| {
                let site = Site::from(cx.site.as_str());
                let values: Vec<_> =
                    values.iter().map(|(name, value)| value.lower(&site).alias(name.as_str())).collect();
                let groups = if by.is_empty() { frame.select(values) } else { frame.group_by(by.clone()).agg(values) };
                Ok(match &having {
                    Some(condition) => groups.filter(condition.lower(&site)),
                    None => groups,
                })
            })
        })
    }
}

impl Aggregate {
    fn is_filled(&self, cx: &BindCx) -> bool {
        let is_filled = !self.by.0.is_empty() || !self.values.is_empty();
        if !is_filled {
            let message = format!("`aggregate` of table `{}` has neither `by` nor `values`", cx.node);
            cx.report(
                Diagnostic::error(Code::BadValue, Place::NONE, message)
                    .help("name the columns of a group, the values to work out, or both"),
            );
        }
        is_filled
    }
}

/// Whether the columns can make groups: known, named once, comparable.
pub fn check_groups(by: &Names, input: &Schema, cx: &BindCx) -> bool {
    let is_known = by.check(input, cx);
    let comparable = by.0.iter().filter(|name| names::is_comparable(name, input, "a key", cx)).count();
    is_known && comparable == by.0.len()
}

fn bind_value(name: &Text, value: &Text, keys: &Schema, input: &Schema, cx: &BindCx) -> Option<(String, Typed)> {
    let is_free = names::is_free(name, keys, cx);
    let value = expr::bind_aggregate(value, input, cx)?;
    is_free.then(|| (name.to_string(), value))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::types::Type;
    use crate::transforms::testing::{Desk, at, frame, schema, step};

    fn input() -> Schema {
        schema(&[("sku", Type::Text), ("qty", Type::Integer), ("prezzo", Type::MONEY)])
    }

    const ROWS: &[&str] = &["A|1|10.10", "B|2|0.05", "A|3|0.20", "-|4|1.00", "A|-|-"];

    #[test]
    fn one_row_for_each_group() {
        let aggregate: Aggregate = step(
            json!({ "by": "sku", "values": { "totale": "SUM(prezzo)", "n": "COUNT(*)", "doppio": "SUM(qty) * 2", "max": "MAX(prezzo)" } }),
        );
        let outcome = Desk::default().run(&aggregate, &input(), vec![frame(&input(), ROWS)]);
        assert_eq!(outcome.sorted(), ["-|1.00|1|8|1.00", "A|10.30|3|8|10.10", "B|0.05|1|4|0.05"]);
    }

    #[test]
    fn without_by_one_row_even_of_nothing() {
        let aggregate: Aggregate = step(json!({ "values": { "n": "COUNT(*)", "totale": "SUM(prezzo)" } }));
        let desk = Desk::default();
        assert_eq!(desk.run(&aggregate, &input(), vec![frame(&input(), ROWS)]).rows(), ["5|11.35"]);
        assert_eq!(desk.run(&aggregate, &input(), vec![frame(&input(), &[])]).rows(), ["0|-"]);
    }

    #[test]
    fn having_sees_the_finished_rows() {
        let aggregate: Aggregate =
            step(json!({ "by": ["sku"], "values": { "n": "COUNT(*)" }, "having": "n > 1 AND sku = 'A'" }));
        assert_eq!(Desk::default().run(&aggregate, &input(), vec![frame(&input(), ROWS)]).rows(), ["A|3"]);
    }

    #[test]
    fn mistakes_are_reported_together() {
        let mut aggregate: Aggregate = step(json!({}));
        aggregate.by = Names(vec![at("skuu", 1), at("qty", 8)]);
        aggregate.values =
            [(at("qty", 20), at("SUM(qty)", 25)), (at("t", 40), at("SUM(pezzo)", 44))].into_iter().collect();
        let found = Desk::default().refuses(&aggregate, &input());
        assert_eq!(
            found,
            [
                "1 unknown-column: unknown column `skuu`",
                "20 duplicate-column: there is a column `qty` already",
                "44 unknown-column: unknown column `pezzo`",
            ]
        );
        let empty: Aggregate = step(json!({}));
        assert_eq!(Desk::default().refuses(&empty, &input()).len(), 1);
    }
}
