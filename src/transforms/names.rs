//! Columns named by a step: one or several, each known and none twice.
//!
//! Checks and small pieces of Polars that every relational step needs; nothing of a single kind.

use std::collections::HashMap;

use polars::prelude::{Expr, PlSmallStr, Selector};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::context::BindCx;
use crate::diag::{Code, Diagnostic, Place, Text};
use crate::domain::types::{Schema, Type};
use crate::transforms::shape::{Options, Shape};

pub use crate::expr::column;

/// Start of the names that steps use for columns of their own while they work.
pub const RESERVED: &str = "__";

/// One column or a list of them.
#[derive(Clone, Debug, Default, JsonSchema)]
#[schemars(with = "Shape<NamesOnly>")]
pub struct Names(pub Vec<Text>);

/// The shape of [`Names`]: it has no map form.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub enum NamesOnly {}

impl Options for NamesOnly {
    const EXPECTED: &'static str = "the name of a column, or a list of names";
    const LIST: bool = true;
    const MAP: bool = false;
}

impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match Shape::<NamesOnly>::deserialize(deserializer)? {
            Shape::Word(name) => Self(vec![name]),
            Shape::List(names) => Self(names),
            Shape::Map(none) => match none {},
        })
    }
}

impl Names {
    /// Whether every name is a column of `schema`, each only once; reports each that is not.
    pub fn check(&self, schema: &Schema, cx: &BindCx) -> bool {
        let known = self.0.iter().filter(|name| cx.require_column(schema, name)).count() == self.0.len();
        once(&self.0, cx) && known
    }

    /// The names as plain strings.
    #[must_use]
    pub fn to_strings(&self) -> Vec<String> {
        self.0.iter().map(ToString::to_string).collect()
    }
}

/// Whether no name stands twice; reports each repetition, with the place of the first.
pub fn once(names: &[Text], cx: &BindCx) -> bool {
    let mut first: HashMap<&str, &Text> = HashMap::new();
    let mut is_once = true;
    for name in names {
        if let Some(earlier) = first.insert(name.as_str(), name) {
            is_once = false;
            let message = format!("column `{name}` is named twice");
            let diagnostic = Diagnostic::error(Code::DuplicateColumn, name.place(), message);
            cx.report(diagnostic.related(earlier.place(), "first named here").help("name it once"));
        }
    }
    is_once
}

/// Whether a list has entries; reports, without a place, when it has none. `what` is the key: `select`.
pub fn is_filled<T>(list: &[T], what: &str, cx: &BindCx) -> bool {
    if list.is_empty() {
        let diagnostic =
            Diagnostic::error(Code::BadValue, Place::NONE, format!("`{what}` of table `{}` is an empty list", cx.node));
        cx.report(diagnostic.help("name at least one column"));
    }
    !list.is_empty()
}

/// Whether `name` may be given to a new column: it is free in `schema`, not empty and not reserved.
pub fn is_free(name: &Text, schema: &Schema, cx: &BindCx) -> bool {
    if schema.contains(name.as_str()) {
        let diagnostic =
            Diagnostic::error(Code::DuplicateColumn, name.place(), format!("there is a column `{name}` already"));
        cx.report(diagnostic.help("choose another name, or rename or drop the existing column in a step before"));
        return false;
    }
    is_allowed(name, cx)
}

/// Whether `name` can be the name of a column at all: not empty and not reserved.
pub fn is_allowed(name: &Text, cx: &BindCx) -> bool {
    if name.trim().is_empty() {
        cx.error(Code::BadValue, name, "a column needs a name, but this one is empty");
        return false;
    }
    if name.starts_with(RESERVED) {
        let message = format!("`{name}` starts with `{RESERVED}`, which is kept for the columns that steps work with");
        cx.report(Diagnostic::error(Code::BadValue, name.place(), message).help("choose a name that starts otherwise"));
        return false;
    }
    true
}

/// Whether the column holds one value per row that can be compared, as keys and orders need; reports when it does not.
pub fn is_comparable(name: &Text, schema: &Schema, what: &str, cx: &BindCx) -> bool {
    let Some(ty) = schema.get(name.as_str()) else { return false };
    if !ty.is_nested() {
        return true;
    }
    let diagnostic =
        Diagnostic::error(Code::TypeMismatch, name.place(), format!("column `{name}` is `{ty}` and cannot be {what}"));
    cx.report(diagnostic.help("`explode` a list or `unnest` a struct first, and name one of its columns"));
    false
}

/// Columns as expressions.
#[must_use]
pub fn columns<N: AsRef<str>>(names: &[N]) -> Vec<Expr> {
    names.iter().map(|name| column(name.as_ref())).collect()
}

/// Columns as a selector, taken literally.
#[must_use]
pub fn selector<N: AsRef<str>>(names: &[N]) -> Selector {
    let names = names.iter().map(|name| PlSmallStr::from_str(name.as_ref())).collect();
    Selector::ByName { names, strict: true }
}

/// The columns of a schema as expressions, in order.
#[must_use]
pub fn all_columns(schema: &Schema) -> Vec<Expr> {
    schema.names().map(column).collect()
}

/// Whether any of the columns is null; `None` for no column.
#[must_use]
pub fn any_null<N: AsRef<str>>(names: &[N]) -> Option<Expr> {
    names.iter().map(|name| column(name.as_ref()).is_null()).reduce(Expr::or)
}

/// Names and types for messages: the type of a column, or `text` when it is unknown.
#[must_use]
pub fn type_of(schema: &Schema, name: &str) -> Type {
    schema.get(name).cloned().unwrap_or(Type::Text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transforms::testing::{Desk, at, schema};

    #[test]
    fn every_mistake_in_a_list_is_reported() {
        let desk = Desk::default();
        let found = desk.problems(|cx| {
            let names = Names(vec![at("sku", 1), at("prezo", 5), at("sku", 9)]);
            assert!(!names.check(&schema(&[("sku", Type::Text), ("prezzo", Type::MONEY)]), cx));
        });
        assert_eq!(
            found,
            ["5 unknown-column: unknown column `prezo`", "9 duplicate-column: column `sku` is named twice"]
        );
    }

    #[test]
    fn one_name_may_stand_without_a_list() {
        let one: Names = serde_json::from_value("sku".into()).unwrap();
        assert_eq!(one.to_strings(), ["sku"]);
        assert!(
            serde_json::from_str::<Names>("{}")
                .unwrap_err()
                .to_string()
                .contains("the name of a column, or a list of names")
        );
    }

    #[test]
    fn new_names_are_free_and_not_reserved() {
        let desk = Desk::default();
        let found = desk.problems(|cx| {
            let input = schema(&[("sku", Type::Text)]);
            assert!(is_free(&at("ean", 0), &input, cx));
            assert!(!is_free(&at("sku", 1), &input, cx));
            assert!(!is_free(&at("__row", 2), &input, cx));
            assert!(!is_free(&at(" ", 3), &input, cx));
        });
        assert_eq!(found.len(), 3, "{found:?}");
    }
}
