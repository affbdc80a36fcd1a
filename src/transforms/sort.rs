//! `sort`: the order of the rows.

use polars::prelude::{Expr, LazyFrame, SortMultipleOptions};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::context::BindCx;
use crate::diag::Text;
use crate::domain::types::Schema;
use crate::transforms::names::{self, Names};
use crate::transforms::{BoundStep, Step};

/// Puts the rows in order, by the first column, then by the second among equals, and so on.
///
/// A `-` before a name turns the order of that column. Missing values come last in either order, and equal rows stay
/// in the order they had.
///
/// ```yaml
/// - sort: [canale, -prezzo]
/// ```
///
/// Text is ordered by its characters' codes: capitals before small letters, accents after `z`. The order holds until
/// a step that promises none, as `join` with `how: full`, `aggregate` or `pivot`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Sort(
    /// One column or a list of them, each with `-` before it for the reverse order.
    pub Names,
);

/// Columns to order by, checked.
#[derive(Clone, Debug)]
pub struct Order {
    by: Vec<Expr>,
    descending: Vec<bool>,
}

impl Step for Sort {
    fn bind(&self, input: &Schema, cx: &BindCx) -> Option<BoundStep> {
        if !names::is_filled(&self.0.0, "sort", cx) {
            return None;
        }
        let order = Order::bind(&self.0, input, cx)?;
        Some(BoundStep::keeps(input.clone(), move |frame, _| Ok(order.apply(frame))))
    }
}

impl Order {
    /// Checks the columns of an order; reports every one that is unknown, named twice or without an order.
    pub fn bind(written: &Names, input: &Schema, cx: &BindCx) -> Option<Self> {
        let (columns, descending): (Vec<Text>, Vec<bool>) =
            written.0.iter().map(|entry| direction(entry, input)).unzip();
        let columns = Names(columns);
        let is_known = columns.check(input, cx);
        let ordered = columns.0.iter().filter(|name| names::is_comparable(name, input, "put in order", cx)).count();
        (is_known && ordered == columns.0.len()).then(|| Self { by: names::columns(&columns.0), descending })
    }

    /// The rows in this order.
    pub fn apply(&self, frame: LazyFrame) -> LazyFrame {
        let options = SortMultipleOptions::default()
            .with_order_descending_multi(self.descending.clone())
            .with_nulls_last_multi(vec![true; self.by.len()])
            .with_maintain_order(true);
        frame.sort_by_exprs(self.by.clone(), options)
    }
}

/// The column of an entry, and whether its order is turned. A column whose own name starts with `-` is taken as it is.
fn direction(entry: &Text, input: &Schema) -> (Text, bool) {
    match entry.strip_prefix('-') {
        Some(name) if !input.contains(entry.as_str()) => {
            let trimmed = name.trim_start();
            (Text::new(trimmed, entry.inside(entry.len() - trimmed.len(), trimmed.len())), true)
        }
        _ => (entry.clone(), false),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::types::Type;
    use crate::transforms::testing::{Desk, at, frame, schema, step};

    fn input() -> Schema {
        schema(&[("canale", Type::Text), ("prezzo", Type::MONEY), ("n", Type::Integer)])
    }

    #[test]
    fn nulls_come_last_and_equal_rows_keep_their_order() {
        let sort: Sort = step(json!(["canale", "-prezzo"]));
        let rows = ["b|1.00|1", "a|2.00|2", "a|-|3", "-|9.00|4", "a|10.00|5", "a|2.00|6"];
        let outcome = Desk::default().run(&sort, &input(), vec![frame(&input(), &rows)]);
        assert_eq!(outcome.rows(), ["a|10.00|5", "a|2.00|2", "a|2.00|6", "a|-|3", "b|1.00|1", "-|9.00|4"]);
    }

    #[test]
    fn columns_without_an_order_are_refused() {
        let mut input = input();
        input.insert("righe", Type::List(Box::new(Type::Text)));
        let sort = Sort(Names(vec![at("-prezo", 3), at("righe", 12)]));
        assert_eq!(
            Desk::default().refuses(&sort, &input),
            [
                "3 unknown-column: unknown column `prezo`",
                "12 type-mismatch: column `righe` is `list<text>` and cannot be put in order"
            ]
        );
    }
}
