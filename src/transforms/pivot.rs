//! `pivot`: values of a column become columns.

use polars::prelude::{DataType, Expr, LazyFrame, NULL, lit, when};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::context::BindCx;
use crate::diag::{Code, Diagnostic, Text};
use crate::domain::money::exact::Site;
use crate::domain::types::{Schema, Type};
use crate::expr::{self, Typed};
use crate::transforms::aggregate::check_groups;
use crate::transforms::names::{self, Names};
use crate::transforms::{BoundStep, RowEffect, Step};

/// Makes one row for each `index`, with one column for each of the listed values of a column.
///
/// ```yaml
/// - pivot: { on: magazzino, values: [MI, RM], index: sku, value: "SUM(giacenza)" }
/// ```
///
/// gives the columns `sku`, `MI` and `RM`. The values are listed because the columns of a table must be known before
/// anything is read; rows with other values count for nothing. Where there is no row for a value, the column has none:
/// it is missing, not zero. The order of the rows is not promised.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pivot {
    /// The column whose values become columns.
    pub on: Text,
    /// The values, each the name of a new column.
    pub values: Vec<Text>,
    /// The columns that make a row.
    pub index: Names,
    /// What stands in the new columns: an aggregate.
    pub value: Text,
    /// What to write before each value to make the name of its column.
    #[serde(default)]
    pub prefix: String,
}

/// Column of the aggregate before it is spread.
const VALUE: &str = "__value";

impl Step for Pivot {
    fn bind(&self, input: &Schema, cx: &BindCx) -> Option<BoundStep> {
        let is_filled = names::is_filled(&self.values, "values", cx) && names::is_filled(&self.index.0, "index", cx);
        let is_index_right = check_groups(&self.index, input, cx);
        let is_on_right = self.check_on(input, cx);
        let value = expr::bind_aggregate(&self.value, input, cx);
        let schema = self.schema(input, value.as_ref(), cx);
        let (value, schema) = (value?, schema?);
        if !is_filled || !is_index_right || !is_on_right {
            return None;
        }
        let (index, on) = (names::columns(&self.index.0), self.on.to_string());
        let values: Vec<(String, String)> =
            self.values.iter().map(|value| (value.to_string(), self.column_of(value))).collect();
        Some(BoundStep::one(schema, RowEffect::Changes, move |frame, cx| {
            Ok(spread(frame, &index, &on, &value, &values, &Site::from(cx.site.as_str())))
        }))
    }
}

impl Pivot {
    fn column_of(&self, value: &str) -> String {
        format!("{}{value}", self.prefix)
    }

    /// Whether the column has values that can be written as names, and is not part of the index.
    fn check_on(&self, input: &Schema, cx: &BindCx) -> bool {
        if !cx.require_column(input, &self.on) {
            return false;
        }
        let ty = names::type_of(input, &self.on);
        if !matches!(ty, Type::Text | Type::Integer | Type::Bool) {
            let message = format!("column `{}` is `{ty}`, whose values cannot be the names of columns", self.on);
            cx.report(
                Diagnostic::error(Code::TypeMismatch, self.on.place(), message)
                    .help("use a column of type `text`, `integer` or `bool`"),
            );
            return false;
        }
        let in_index = self.index.0.contains(&self.on);
        if in_index {
            cx.report(
                Diagnostic::error(
                    Code::DuplicateColumn,
                    self.on.place(),
                    format!("`{}` stands in `on` and in `index`", self.on),
                )
                .help("its values become columns, so it cannot also make rows: take it out of `index`"),
            );
        }
        !in_index
    }

    fn schema(&self, input: &Schema, value: Option<&Typed>, cx: &BindCx) -> Option<Schema> {
        let mut schema: Schema = self.index.0.iter().map(|name| (name.as_str(), names::type_of(input, name))).collect();
        let ty = value.map_or(Type::Text, |value| value.ty().clone());
        let mut is_right = true;
        for value in &self.values {
            let name = Text::new(self.column_of(value), value.place());
            is_right &= names::is_free(&name, &schema, cx);
            schema.insert(name.as_str(), ty.clone());
        }
        is_right.then_some(schema)
    }
}

/// First one value for each row and column, then each value to its column.
fn spread(
    frame: LazyFrame,
    index: &[Expr],
    on: &str,
    value: &Typed,
    values: &[(String, String)],
    site: &Site,
) -> LazyFrame {
    let cells = [index, &[names::column(on)]].concat();
    let dtype = crate::contract::polars_dtype(value.ty());
    let columns = values.iter().map(|(word, name)| {
        let is_it = names::column(on).cast(DataType::String).eq(lit(word.as_str()));
        let cell = when(is_it).then(names::column(VALUE)).otherwise(lit(NULL).cast(dtype.clone()));
        // Each group holds the value of a cell once, so the largest is that one.
        cell.max().alias(name.as_str())
    });
    frame.group_by(cells).agg([value.lower(site).alias(VALUE)]).group_by(index).agg(columns.collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::transforms::testing::{Desk, at, frame, schema, step};

    fn input() -> Schema {
        schema(&[
            ("sku", Type::Text),
            ("mag", Type::Text),
            ("qty", Type::QUANTITY),
            ("nota", Type::Text),
            ("ok", Type::Bool),
        ])
    }

    const ROWS: &[&str] = &["A|MI|1.5|x|true", "A|MI|2|y|false", "A|RM|-|z|true", "B|NA|9|k|true", "C|RM|4|-|false"];

    #[test]
    fn listed_values_become_columns() {
        let cases = [
            (json!("SUM(qty)"), ["A|3.500|-", "B|-|-", "C|-|4.000"]),
            (json!("COUNT(*)"), ["A|2|1", "B|-|-", "C|-|1"]),
            (json!("MAX(nota)"), ["A|y|z", "B|-|-", "C|-|-"]),
            (json!("BOOL_AND(ok)"), ["A|false|true", "B|-|-", "C|-|false"]),
        ];
        for (value, expected) in cases {
            let pivot: Pivot =
                step(json!({ "on": "mag", "values": ["MI", "RM"], "index": "sku", "value": value, "prefix": "m_" }));
            let desk = Desk::default();
            assert_eq!(desk.run(&pivot, &input(), vec![frame(&input(), ROWS)]).sorted(), expected, "{value}");
            assert_eq!(desk.bind(&pivot, &input()).schema.names().collect::<Vec<_>>(), ["sku", "m_MI", "m_RM"]);
        }
    }

    #[test]
    fn mistakes_are_reported_together() {
        let pivot = Pivot {
            on: at("qty", 1),
            values: vec![at("sku", 5), at("MI", 9), at("MI", 12)],
            index: Names(vec![at("sku", 20)]),
            value: at("SUM(qtty)", 30),
            prefix: String::new(),
        };
        let found = Desk::default().refuses(&pivot, &input());
        assert_eq!(found.len(), 4, "{found:?}");
        assert!(
            found[0].starts_with("1 type-mismatch") && found[1].starts_with("34 unknown-column")
                || found[1].starts_with("30 unknown-column"),
            "{found:?}"
        );
        assert!(found[2].starts_with("5 duplicate-column") && found[3].starts_with("12 duplicate-column"), "{found:?}");
    }
}
