//! `explode`: one row for each item of a list.

use polars::prelude::ExplodeOptions as PolarsOptions;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::context::BindCx;
use crate::diag::{Code, Diagnostic, Text};
use crate::domain::types::{Schema, Type};
use crate::transforms::shape::{Options, Shape};
use crate::transforms::{BoundStep, RowEffect, Step, names};

/// Makes one row for each item of a list; the other columns are repeated.
///
/// ```yaml
/// - explode: righe
/// - explode: { column: righe, keep_empty: true }
/// ```
///
/// A row whose list is empty or missing goes away, unless `keep_empty` is set. An item that is itself a struct becomes
/// columns by `unnest`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Explode(
    /// The column, or a map of options.
    pub Shape<ExplodeOptions>,
);

/// Which list, and what becomes of rows without items.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExplodeOptions {
    /// The column that holds the list.
    pub column: Text,
    /// Whether a row whose list is empty or missing stays, with no value in the column.
    #[serde(default)]
    pub keep_empty: bool,
}

impl Options for ExplodeOptions {
    const EXPECTED: &'static str = "the name of a column, or a map with `column` and `keep_empty`";
}

impl Step for Explode {
    fn bind(&self, input: &Schema, cx: &BindCx) -> Option<BoundStep> {
        let (name, keep_empty) = match &self.0 {
            Shape::Word(name) => (name, false),
            Shape::Map(options) => (&options.column, options.keep_empty),
            Shape::List(_) => return None,
        };
        if !cx.require_column(input, name) {
            return None;
        }
        let Some(Type::List(item)) = input.get(name.as_str()) else {
            let message = format!("column `{name}` is `{}`, not a list", names::type_of(input, name));
            cx.report(
                Diagnostic::error(Code::TypeMismatch, name.place(), message)
                    .help("only a column of type `list<…>` can be exploded"),
            );
            return None;
        };
        let mut schema = input.clone();
        schema.insert(name.as_str(), (**item).clone());
        let options = PolarsOptions { empty_as_null: keep_empty, keep_nulls: keep_empty };
        let column = names::selector(&[name]);
        Some(BoundStep::one(schema, RowEffect::Changes, move |frame, _| Ok(frame.explode(column.clone(), options))))
    }
}

#[cfg(test)]
mod tests {
    use polars::prelude::{IntoLazy, col};
    use serde_json::json;

    use super::*;
    use crate::transforms::testing::{Desk, at, frame, schema, step};

    fn input() -> Schema {
        schema(&[("ordine", Type::Text), ("sku", Type::List(Box::new(Type::Text)))])
    }

    /// Orders `1` with two items, `2` with none and `3` without a list.
    fn orders() -> polars::prelude::LazyFrame {
        let flat = schema(&[("ordine", Type::Text), ("sku", Type::Text)]);
        let items = frame(&flat, &["1|A", "1|B"]).lazy().group_by_stable([col("ordine")]).agg([col("sku")]);
        let empty = frame(&flat, &["2|-"]).lazy().group_by_stable([col("ordine")]).agg([col("sku").drop_nulls()]);
        let missing = frame(&flat, &["3|-"]).lazy().select([
            col("ordine"),
            polars::prelude::lit(polars::prelude::NULL)
                .cast(crate::contract::polars_dtype(&Type::List(Box::new(Type::Text))))
                .alias("sku"),
        ]);
        polars::prelude::concat([items, empty, missing], polars::prelude::UnionArgs::default()).unwrap()
    }

    #[test]
    fn rows_without_items_go_away_or_stay() {
        let desk = Desk::default();
        let short: Explode = step(json!("sku"));
        assert_eq!(desk.lower(&desk.bind(&short, &input()), vec![orders()]).rows(), ["1|A", "1|B"]);
        let keeping: Explode = step(json!({ "column": "sku", "keep_empty": true }));
        assert_eq!(desk.lower(&desk.bind(&keeping, &input()), vec![orders()]).rows(), ["1|A", "1|B", "2|-", "3|-"]);
    }

    #[test]
    fn only_lists_can_be_exploded() {
        let explode = Explode(Shape::Word(at("ordine", 9)));
        assert_eq!(
            Desk::default().refuses(&explode, &input()),
            ["9 type-mismatch: column `ordine` is `text`, not a list"]
        );
    }
}
