//! `derive`: columns worked out of other columns.

use std::collections::HashSet;

use indexmap::IndexMap;
use polars::prelude::LazyFrame;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::context::BindCx;
use crate::diag::Text;
use crate::domain::money::exact::Site;
use crate::domain::types::Schema;
use crate::expr::{self, Typed};
use crate::transforms::{BoundStep, Step, names};

/// Adds columns worked out by expressions, or replaces columns of the same name.
///
/// The entries are worked out in order: a later one may use the result of an earlier one.
///
/// ```yaml
/// - derive:
///     imponibile: "prezzo * qty"
///     iva: "ROUND(imponibile * aliquota / 100, 2)"
/// ```
///
/// An expression sees one row at a time; sums over rows are `aggregate`. A replaced column keeps its place, a new one
/// comes last.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Derive(
    /// Names and expressions.
    pub IndexMap<Text, Text>,
);

impl Step for Derive {
    fn bind(&self, input: &Schema, cx: &BindCx) -> Option<BoundStep> {
        let mut schema = input.clone();
        let mut broken: HashSet<&str> = HashSet::new();
        let mut columns: Vec<(String, Typed)> = Vec::new();
        for (name, expression) in &self.0 {
            let is_allowed = names::is_allowed(name, cx);
            // What is wrong only because an earlier entry is wrong is not reported again.
            let value = if uses_any(expression, &broken) { None } else { expr::bind(expression, &schema, cx) };
            match value {
                Some(value) if is_allowed => {
                    schema.insert(name.as_str(), value.ty().clone());
                    columns.push((name.to_string(), value));
                }
                _ => {
                    broken.insert(name.as_str());
                }
            }
        }
        if !broken.is_empty() {
            return None;
        }
        let groups = independent(columns);
        Some(BoundStep::keeps(schema, move |frame, cx| Ok(apply(frame, &groups, &Site::from(cx.site.as_str())))))
    }
}

/// Whether one of the names stands in the expression as a word.
fn uses_any(expression: &str, names: &HashSet<&str>) -> bool {
    expression.split(|letter: char| !letter.is_alphanumeric() && letter != '_').any(|word| names.contains(word))
}

/// Entries in groups that can be worked out at once: none of a group uses or replaces another of the same group.
fn independent(columns: Vec<(String, Typed)>) -> Vec<Vec<(String, Typed)>> {
    let mut groups: Vec<Vec<(String, Typed)>> = Vec::new();
    for (name, value) in columns {
        let uses = value.columns();
        let depends =
            |group: &Vec<(String, Typed)>| group.iter().any(|(earlier, _)| uses.contains(earlier) || *earlier == name);
        match groups.last_mut() {
            Some(group) if !depends(group) => group.push((name, value)),
            _ => groups.push(vec![(name, value)]),
        }
    }
    groups
}

fn apply(frame: LazyFrame, groups: &[Vec<(String, Typed)>], site: &Site) -> LazyFrame {
    groups.iter().fold(frame, |frame, group| {
        let columns = group.iter().map(|(name, value)| value.lower(site).alias(name.as_str()));
        frame.with_columns(columns.collect::<Vec<_>>())
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::types::Type;
    use crate::transforms::testing::{Desk, at, frame, schema, step};

    fn input() -> Schema {
        schema(&[("sku", Type::Text), ("prezzo", Type::MONEY), ("qty", Type::Integer)])
    }

    #[test]
    fn later_entries_see_earlier_ones() {
        let derive: Derive =
            step(json!({ "riga": "prezzo * qty", "qty": "qty + 1", "doppia": "riga * 2", "qty2": "qty + 1" }));
        let desk = Desk::default();
        let outcome = desk.run(&derive, &input(), vec![frame(&input(), &["A|1.50|3", "B|-|4"])]);
        assert_eq!(outcome.rows(), ["A|1.50|4|4.50|9.00|5", "B|-|5|-|-|6"]);
        assert_eq!(
            desk.bind(&derive, &input()).schema.names().collect::<Vec<_>>(),
            ["sku", "prezzo", "qty", "riga", "doppia", "qty2"]
        );
    }

    #[test]
    fn entries_that_do_not_need_one_another_are_worked_out_at_once() {
        let derive: Derive =
            step(json!({ "a": "qty + 1", "b": "qty + 2", "c": "a + b", "qty": "qty + 3", "d": "qty" }));
        let mut sizes = Vec::new();
        let _ = Desk::default().problems(|cx| {
            let mut schema = input();
            let columns = derive.0.iter().map(|(name, expression)| {
                let value = expr::bind(expression, &schema, cx).unwrap();
                schema.insert(name.as_str(), value.ty().clone());
                (name.to_string(), value)
            });
            sizes = independent(columns.collect()).iter().map(Vec::len).collect();
        });
        assert_eq!(sizes, [2, 2, 1]);
    }

    #[test]
    fn every_wrong_expression_is_reported() {
        let derive = Derive(
            [
                (at("a", 0), at("qtty + 1", 4)),
                (at("__x", 20), at("qty", 25)),
                (at("c", 30), at("prezo * 2", 34)),
                (at("d", 50), at("a + c", 54)),
            ]
            .into_iter()
            .collect(),
        );
        let found = Desk::default().refuses(&derive, &input());
        assert_eq!(found.len(), 3, "{found:?}");
        assert!(
            found[0].starts_with("4 unknown-column")
                && found[1].starts_with("20 bad-value")
                && found[2].starts_with("34 unknown-column"),
            "{found:?}"
        );
    }
}
