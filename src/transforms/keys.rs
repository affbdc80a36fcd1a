//! The keys by which two tables are matched: what the user writes, and the checks on both sides.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::context::BindCx;
use crate::diag::{Code, Diagnostic, Text, did_you_mean};
use crate::domain::types::{Schema, Type};
use crate::transforms::names;
use crate::transforms::shape::{Options, Shape};

/// The key: a column that both tables have, a list of them, or a map from the columns of this table to those of the
/// other.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct On(pub Shape<KeyMap>);

/// Columns of this table and the corresponding ones of the other.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct KeyMap(pub IndexMap<Text, Text>);

impl Options for KeyMap {
    const EXPECTED: &'static str =
        "a column of both tables, a list of columns, or a map `{ column here: column there }`";
    const LIST: bool = true;
}

/// Checked keys: as many on the left as on the right, and of the same types.
#[derive(Clone, Debug, Default)]
pub struct Keys {
    /// Columns of this table.
    pub left: Vec<String>,
    /// Columns of the other table.
    pub right: Vec<String>,
}

impl On {
    /// Checks the key against both tables; reports every column that is unknown, repeated or of another type.
    pub fn bind(&self, left: &Schema, right: &Schema, table: &Text, cx: &BindCx) -> Option<Keys> {
        let (left_names, right_names) = self.sides();
        let is_filled = names::is_filled(&left_names, "on", cx);
        let mut are_known = names::once(&left_names, cx);
        for (left_name, right_name) in left_names.iter().zip(&right_names) {
            let is_left_known = cx.require_column(left, left_name);
            let is_right_known = require_there(right, right_name, table, cx);
            are_known &= is_left_known && is_right_known && same_type(left, left_name, right, right_name, table, cx);
        }
        (is_filled && are_known).then(|| Keys { left: strings(&left_names), right: strings(&right_names) })
    }

    fn sides(&self) -> (Vec<Text>, Vec<Text>) {
        match &self.0 {
            Shape::Word(name) => (vec![name.clone()], vec![name.clone()]),
            Shape::List(names) => (names.clone(), names.clone()),
            Shape::Map(KeyMap(pairs)) => pairs.iter().map(|(left, right)| (left.clone(), right.clone())).unzip(),
        }
    }
}

fn strings(names: &[Text]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

/// Whether another table has a column; reports, naming the table, when it has not.
pub fn require_there(schema: &Schema, name: &Text, table: &Text, cx: &BindCx) -> bool {
    if schema.contains(name.as_str()) {
        return true;
    }
    let message = format!("unknown column `{name}` in table `{table}`");
    let diagnostic =
        Diagnostic::error(Code::UnknownColumn, name.place(), message).helps(did_you_mean(name, schema.names()));
    let known: Vec<&str> = schema.names().collect();
    cx.report(diagnostic.help(format!("columns of `{table}`: {}", known.join(", "))));
    false
}

fn same_type(left: &Schema, left_name: &Text, right: &Schema, right_name: &Text, table: &Text, cx: &BindCx) -> bool {
    let (here, there) = (names::type_of(left, left_name), names::type_of(right, right_name));
    let Some(help) = obstacle(&here, &there) else { return true };
    let message = format!("key `{left_name}` is `{here}` here, but `{right_name}` is `{there}` in table `{table}`");
    cx.report(Diagnostic::error(Code::KeyMismatch, left_name.place(), message).help(help));
    false
}

/// What to do about two types that cannot be matched; `None` when they can.
fn obstacle(left: &Type, right: &Type) -> Option<&'static str> {
    match (left, right) {
        (Type::Float, _) | (_, Type::Float) => {
            Some("floats are not exact and are never equal with certainty: `cast` them to a decimal")
        }
        (left, right) if left.is_nested() || right.is_nested() => {
            Some("a list or a struct cannot be a key: `explode` or `unnest` it and use one of its columns")
        }
        (Type::Decimal { scale: left, .. }, Type::Decimal { scale: right, .. }) if left == right => None,
        (left, right) if left == right => None,
        (Type::Text, Type::Integer) | (Type::Integer, Type::Text) => Some(
            "codes are text, so that leading zeros survive: `00123` and `123` are two codes. Declare the column as text where it is read; a number has lost its zeros already",
        ),
        _ => Some("bring both to one type by `cast` first"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transforms::testing::{Desk, at, schema};

    fn here() -> Schema {
        schema(&[("sku", Type::Text), ("mag", Type::Text), ("prezzo", Type::MONEY), ("peso", Type::Float)])
    }

    fn there() -> Schema {
        schema(&[
            ("codice", Type::Text),
            ("sku", Type::Integer),
            ("mag", Type::Text),
            ("importo", Type::QUANTITY),
            ("peso", Type::Float),
        ])
    }

    #[test]
    fn a_map_pairs_columns_of_different_names() {
        let on = On(Shape::Map(KeyMap(
            [("sku".into(), "codice".into()), ("mag".into(), "mag".into())].into_iter().collect(),
        )));
        let mut keys = None;
        let found = Desk::default().problems(|cx| keys = on.bind(&here(), &there(), &"listino".into(), cx));
        assert!(found.is_empty(), "{found:?}");
        let keys = keys.unwrap();
        assert_eq!(
            (keys.left, keys.right),
            (vec!["sku".to_owned(), "mag".to_owned()], vec!["codice".to_owned(), "mag".to_owned()])
        );
    }

    #[test]
    fn keys_that_do_not_correspond_are_explained() {
        let pairs = [
            ("sku", "sku", 0),
            ("prezzo", "importo", 10),
            ("peso", "peso", 20),
            ("magg", "mag", 30),
            ("mag", "magaz", 40),
        ];
        let pairs = pairs.map(|(left, right, start)| (at(left, start), at(right, start + 5)));
        let on = On(Shape::Map(KeyMap(pairs.into_iter().collect())));
        let found =
            Desk::default().diagnostics(|cx| assert!(on.bind(&here(), &there(), &"listino".into(), cx).is_none()));
        let words: Vec<_> = found.iter().map(|one| (one.place.start, one.code, one.message.as_str())).collect();
        assert_eq!(
            words,
            [
                (0, Code::KeyMismatch, "key `sku` is `text` here, but `sku` is `integer` in table `listino`"),
                (
                    10,
                    Code::KeyMismatch,
                    "key `prezzo` is `decimal(18,2)` here, but `importo` is `decimal(18,3)` in table `listino`"
                ),
                (20, Code::KeyMismatch, "key `peso` is `float` here, but `peso` is `float` in table `listino`"),
                (30, Code::UnknownColumn, "unknown column `magg`"),
                (45, Code::UnknownColumn, "unknown column `magaz` in table `listino`"),
            ]
        );
        assert!(found[0].help[0].contains("leading zeros"), "{:?}", found[0].help);
    }
}
