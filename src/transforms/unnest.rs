//! `unnest`: the fields of a struct as columns.

use polars::prelude::Expr;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::context::BindCx;
use crate::diag::{Code, Diagnostic, Text};
use crate::domain::types::{Schema, Type};
use crate::transforms::shape::{Options, Shape};
use crate::transforms::{BoundStep, Step, names};

/// Puts the fields of a struct in the place of its column, each as a column of its own.
///
/// ```yaml
/// - unnest: indirizzo
/// - unnest: { column: indirizzo, prefix: "spedizione_" }
/// ```
///
/// Structs inside the struct stay structs; unnest them in turn. A missing struct gives missing values, not a missing
/// row.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Unnest(
    /// The column, or a map of options.
    pub Shape<UnnestOptions>,
);

/// Which struct, and how its fields are called.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UnnestOptions {
    /// The column that holds the struct.
    pub column: Text,
    /// What to write before the name of each field.
    #[serde(default)]
    pub prefix: String,
}

impl Options for UnnestOptions {
    const EXPECTED: &'static str = "the name of a column, or a map with `column` and `prefix`";
}

impl Step for Unnest {
    fn bind(&self, input: &Schema, cx: &BindCx) -> Option<BoundStep> {
        let (name, prefix) = match &self.0 {
            Shape::Word(name) => (name, ""),
            Shape::Map(options) => (&options.column, options.prefix.as_str()),
            Shape::List(_) => return None,
        };
        if !cx.require_column(input, name) {
            return None;
        }
        let Some(Type::Struct(fields)) = input.get(name.as_str()) else {
            let message = format!("column `{name}` is `{}`, not a struct", names::type_of(input, name));
            cx.report(
                Diagnostic::error(Code::TypeMismatch, name.place(), message)
                    .help("only a column of type `struct{…}` can be unnested"),
            );
            return None;
        };
        let (schema, columns) = spread(input, name, fields, prefix, cx)?;
        Some(BoundStep::keeps(schema, move |frame, _| Ok(frame.select(columns.clone()))))
    }
}

/// The columns with the fields in the place of the struct.
fn spread(
    input: &Schema,
    name: &Text,
    fields: &[(String, Type)],
    prefix: &str,
    cx: &BindCx,
) -> Option<(Schema, Vec<Expr>)> {
    let (mut schema, mut columns, mut is_right) = (Schema::new(), Vec::new(), true);
    for (column, ty) in input.iter() {
        if column != name.as_str() {
            schema.insert(column, ty.clone());
            columns.push(names::column(column));
            continue;
        }
        for (field, ty) in fields {
            let new = format!("{prefix}{field}");
            is_right &= input.get(&new).is_none_or(|_| new == column) || clash(name, &new, cx);
            columns.push(names::column(column).struct_().field_by_name(field).alias(new.as_str()));
            schema.insert(new, ty.clone());
        }
    }
    is_right.then_some((schema, columns))
}

fn clash(name: &Text, new: &str, cx: &BindCx) -> bool {
    let message = format!("`{name}` has a field that would be a second column `{new}`");
    let diagnostic = Diagnostic::error(Code::DuplicateColumn, name.place(), message);
    cx.report(
        diagnostic
            .help(format!("give the fields a `prefix`, as in `unnest: {{ column: {name}, prefix: \"{name}_\" }}`")),
    );
    false
}

#[cfg(test)]
mod tests {
    use polars::prelude::{IntoLazy, as_struct, col};
    use serde_json::json;

    use super::*;
    use crate::transforms::testing::{Desk, at, frame, schema, step};

    fn input() -> Schema {
        let fields = vec![("via".to_owned(), Type::Text), ("id".to_owned(), Type::Integer)];
        schema(&[("id", Type::Text), ("indirizzo", Type::Struct(fields)), ("note", Type::Text)])
    }

    #[test]
    fn fields_stand_in_the_place_of_the_struct() {
        let flat = schema(&[("a", Type::Text), ("via", Type::Text), ("id", Type::Integer), ("note", Type::Text)]);
        let rows = frame(&flat, &["1|Roma|7|x", "2|-|-|y"]).lazy();
        let rows =
            rows.select([col("a").alias("id"), as_struct(vec![col("via"), col("id")]).alias("indirizzo"), col("note")]);
        let unnest: Unnest = step(json!({ "column": "indirizzo", "prefix": "ind_" }));
        let desk = Desk::default();
        let bound = desk.bind(&unnest, &input());
        assert_eq!(bound.schema.to_string(), "id: text, ind_via: text, ind_id: integer, note: text");
        assert_eq!(desk.lower(&bound, vec![rows]).rows(), ["1|Roma|7|x", "2|-|-|y"]);
    }

    #[test]
    fn a_field_never_hides_a_column() {
        let unnest = Unnest(Shape::Word(at("indirizzo", 8)));
        assert_eq!(
            Desk::default().refuses(&unnest, &input()),
            ["8 duplicate-column: `indirizzo` has a field that would be a second column `id`"]
        );
        let text = Unnest(Shape::Word(at("note", 8)));
        assert_eq!(
            Desk::default().refuses(&text, &input()),
            ["8 type-mismatch: column `note` is `text`, not a struct"]
        );
    }
}
