//! `limit`: the first rows.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::context::BindCx;
use crate::diag::{Code, Diagnostic, Placed};
use crate::domain::types::Schema;
use crate::transforms::shape::{Options, Shape};
use crate::transforms::{BoundStep, RowEffect, Step};

/// Keeps the first rows, after leaving out as many as `offset` says.
///
/// ```yaml
/// - limit: 100
/// - limit: { rows: 100, offset: 200 }
/// ```
///
/// Which rows are the first is certain only after `sort`. The sources may still be read to their end.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Limit(
    /// A number of rows, or a map of options.
    pub Shape<LimitOptions>,
);

/// How many rows, and from where.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LimitOptions {
    /// Rows to keep at most.
    pub rows: Placed<u32>,
    /// Rows to leave out first.
    #[serde(default)]
    pub offset: u32,
}

impl Options for LimitOptions {
    const EXPECTED: &'static str = "a number of rows, or a map with `rows` and `offset`";
}

impl Step for Limit {
    fn bind(&self, input: &Schema, cx: &BindCx) -> Option<BoundStep> {
        let (rows, offset) = self.range(cx)?;
        Some(BoundStep::one(input.clone(), RowEffect::Filters, move |frame, _| Ok(frame.slice(offset, rows))))
    }
}

impl Limit {
    fn range(&self, cx: &BindCx) -> Option<(u32, i64)> {
        match &self.0 {
            Shape::Map(options) => Some((options.rows.value, i64::from(options.offset))),
            Shape::List(_) => None,
            Shape::Word(word) => word.parse().map(|rows| (rows, 0)).ok().or_else(|| {
                let diagnostic =
                    Diagnostic::error(Code::WrongType, word.place(), format!("`{word}` is not a number of rows"));
                cx.report(diagnostic.help("write a whole number, as in `limit: 100`"));
                None
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::types::Type;
    use crate::transforms::testing::{Desk, at, frame, schema, step};

    #[test]
    fn the_first_rows_after_the_offset() {
        let input = schema(&[("n", Type::Integer)]);
        for (written, expected) in
            [(json!(2), vec!["1", "2"]), (json!({ "rows": 2, "offset": 3 }), vec!["4"]), (json!(0), vec![])]
        {
            let limit: Limit = step(written);
            let outcome = Desk::default().run(&limit, &input, vec![frame(&input, &["1", "2", "3", "4"])]);
            assert_eq!(outcome.rows(), expected);
        }
    }

    #[test]
    fn a_limit_is_a_whole_number() {
        let found = Desk::default().refuses(&Limit(Shape::Word(at("dieci", 7))), &schema(&[("n", Type::Integer)]));
        assert_eq!(found, ["7 wrong-type: `dieci` is not a number of rows"]);
    }
}
