//! `filter`: the rows that go on.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::context::BindCx;
use crate::diag::Text;
use crate::domain::money::exact::Site;
use crate::domain::types::Schema;
use crate::expr;
use crate::transforms::{BoundStep, RowEffect, Step};

/// Keeps the rows for which a condition holds.
///
/// ```yaml
/// - filter: "attivo AND giacenza > 0"
/// ```
///
/// A row for which the condition is neither true nor false, because a value is missing, does not go on; write
/// `COALESCE(giacenza, 0) > 0` or `giacenza IS NULL OR …` where it should. The rows left out are counted as filtered,
/// not kept as rejects: for that use `check`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Filter(
    /// The condition.
    pub Text,
);

impl Step for Filter {
    fn bind(&self, input: &Schema, cx: &BindCx) -> Option<BoundStep> {
        let condition = expr::bind_predicate(&self.0, input, cx)?;
        Some(BoundStep::one(input.clone(), RowEffect::Filters, move |frame, cx| {
            Ok(frame.filter(condition.lower(&Site::from(cx.site.as_str()))))
        }))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::types::Type;
    use crate::transforms::testing::{Desk, at, frame, schema, step};

    fn input() -> Schema {
        schema(&[("sku", Type::Text), ("prezzo", Type::MONEY)])
    }

    #[test]
    fn a_missing_value_does_not_go_on() {
        let filter: Filter = step(json!("prezzo >= 1.5"));
        let outcome = Desk::default().run(&filter, &input(), vec![frame(&input(), &["A|1.50", "B|-", "C|1.49"])]);
        assert_eq!(outcome.rows(), ["A|1.50"]);
        assert_eq!(Desk::default().bind(&filter, &input()).rows, RowEffect::Filters);
    }

    #[test]
    fn a_condition_is_true_or_false() {
        let found = Desk::default().refuses(&Filter(at("prezzo * 2", 8)), &input());
        assert!(found[0].starts_with("8 type-mismatch"), "{found:?}");
        let found = Desk::default().refuses(&Filter(at("preso > 2", 8)), &input());
        assert_eq!(found, ["8 unknown-column: unknown column `preso`"]);
    }
}
