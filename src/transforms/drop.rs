//! `drop`: columns that do not go on.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::context::BindCx;
use crate::diag::{Code, Diagnostic};
use crate::domain::types::Schema;
use crate::transforms::names::{self, Names};
use crate::transforms::{BoundStep, Step};

/// Removes columns; the others stay as they are, in their order.
///
/// ```yaml
/// - drop: [note, costo]
/// ```
///
/// It does not remove rows: that is `filter`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Drop(
    /// One column or a list of them.
    pub Names,
);

impl Step for Drop {
    fn bind(&self, input: &Schema, cx: &BindCx) -> Option<BoundStep> {
        if !names::is_filled(&self.0.0, "drop", cx) || !self.0.check(input, cx) {
            return None;
        }
        let mut schema = input.clone();
        for name in &self.0.0 {
            schema.remove(name.as_str());
        }
        if schema.is_empty() {
            let place = self.0.0.first().map(crate::diag::Text::place).unwrap_or_default();
            let diagnostic = Diagnostic::error(Code::BadValue, place, "this would remove every column of the table");
            cx.report(diagnostic.help("leave at least one column"));
            return None;
        }
        let kept = names::all_columns(&schema);
        Some(BoundStep::keeps(schema, move |frame, _| Ok(frame.select(kept.clone()))))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::types::Type;
    use crate::transforms::testing::{Desk, at, frame, schema, step};

    fn input() -> Schema {
        schema(&[("a", Type::Text), ("b", Type::Integer)])
    }

    #[test]
    fn the_others_stay() {
        let drop: Drop = step(json!("a"));
        assert_eq!(Desk::default().run(&drop, &input(), vec![frame(&input(), &["x|1", "y|-"])]).rows(), ["1", "-"]);
    }

    #[test]
    fn unknown_columns_and_an_empty_table_are_mistakes() {
        let unknown = Drop(Names(vec![at("bb", 7)]));
        assert_eq!(Desk::default().refuses(&unknown, &input()), ["7 unknown-column: unknown column `bb`"]);
        let all = Drop(Names(vec![at("a", 3), at("b", 4)]));
        assert_eq!(
            Desk::default().refuses(&all, &input()),
            ["3 bad-value: this would remove every column of the table"]
        );
    }
}
