//! `union`: the rows of several tables, one after the other.

use std::fmt;

use polars::prelude::{Expr, LazyFrame, NULL, UnionArgs, concat, lit};
use schemars::{JsonSchema, Schema as JsonSchemaValue, SchemaGenerator, json_schema};
use serde::Deserialize;

use crate::context::BindCx;
use crate::contract::polars_dtype;
use crate::diag::{Code, Diagnostic, Text};
use crate::domain::money::exact::Site;
use crate::domain::types::{Schema, Type};
use crate::expr;
use crate::expr::coerce::{decimal_shape, widest};
use crate::transforms::shape::{Options, Shape};
use crate::transforms::{BoundStep, RowEffect, Step, names};

/// Adds the rows of other tables below those of this one.
///
/// ```yaml
/// - union: [ordini_amazon, ordini_ebay]
/// - union: { with: [ordini_amazon], missing: null }
/// ```
///
/// Columns are matched by name, whatever their order, and must be the same on all sides; with `missing: null` a column
/// that one side lacks is left without values there. Decimals of different sizes meet in the wider type, any other
/// difference of types is a mistake. Equal rows are not merged: that is `dedupe`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Union(
    /// The other tables, or a map of options.
    pub Shape<UnionOptions>,
);

/// Which tables, and how their columns correspond.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UnionOptions {
    /// The other tables.
    pub with: Vec<Text>,
    /// Whether columns correspond by their names; else by their places, and the names of this table count.
    #[serde(default = "by_default")]
    pub by_name: bool,
    /// What a column is that one of the tables lacks.
    #[serde(default)]
    pub missing: Missing,
}

/// What a column is that one of the tables lacks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Missing {
    /// A mistake.
    #[default]
    Error,
    /// A column without values there.
    Null,
}

fn by_default() -> bool {
    true
}

impl Options for UnionOptions {
    const EXPECTED: &'static str = "a table, a list of tables, or a map with `with`, `by_name` and `missing`";
    const LIST: bool = true;
}

impl Step for Union {
    fn tables(&self) -> Vec<&Text> {
        match &self.0 {
            Shape::Word(table) => vec![table],
            Shape::List(tables) => tables.iter().collect(),
            Shape::Map(options) => options.with.iter().collect(),
        }
    }

    fn bind(&self, input: &Schema, cx: &BindCx) -> Option<BoundStep> {
        let tables = self.tables();
        if !names::is_filled(&tables, "union", cx) {
            return None;
        }
        let others: Vec<(&Text, &Schema)> =
            tables.into_iter().map(|name| Some((name, cx.table(name)?))).collect::<Option<_>>()?;
        let sides: Vec<Vec<Source>> =
            if self.by_name() { by_name(input, &others, self.missing(), cx)? } else { by_place(input, &others, cx)? };
        let schema = common_schema(&sides, &others, cx)?;
        Some(BoundStep::many(schema.clone(), RowEffect::Changes, move |frames, cx| {
            let site = Site::from(cx.site.as_str());
            let aligned: Vec<LazyFrame> =
                frames.into_iter().zip(&sides).map(|(frame, side)| frame.select(align(side, &schema, &site))).collect();
            Ok(concat(aligned, UnionArgs { rechunk: false, maintain_order: true, ..UnionArgs::default() })?)
        }))
    }
}

/// A column of the result as one side has it: its name and type there, or nothing.
#[derive(Clone, Debug)]
struct Source {
    name: String,
    found: Option<(String, Type)>,
}

impl Source {
    fn new(name: &str, side: &Schema, at_side: &str) -> Self {
        let found = side.get(at_side).map(|ty| (at_side.to_owned(), ty.clone()));
        Self { name: name.to_owned(), found }
    }
}

impl Union {
    fn by_name(&self) -> bool {
        if let Shape::Map(options) = &self.0 { options.by_name } else { true }
    }

    fn missing(&self) -> Missing {
        if let Shape::Map(options) = &self.0 { options.missing } else { Missing::Error }
    }
}

/// For each side the columns of the result: those of the first table, then those that others add.
fn by_name(input: &Schema, others: &[(&Text, &Schema)], missing: Missing, cx: &BindCx) -> Option<Vec<Vec<Source>>> {
    let mut all: Vec<&str> = input.names().collect();
    for (_, schema) in others {
        let new: Vec<&str> = schema.names().filter(|name| !all.contains(name)).collect();
        all.extend(new);
    }
    if missing == Missing::Error {
        let wrong = others.iter().filter(|(table, schema)| !same_names(input, table, schema, cx)).count();
        if wrong > 0 {
            return None;
        }
    }
    let sides = std::iter::once(input).chain(others.iter().map(|(_, schema)| *schema));
    Some(sides.map(|side| all.iter().map(|name| Source::new(name, side, name)).collect()).collect())
}

/// Whether both tables have the same columns; reports those that one lacks.
fn same_names(input: &Schema, table: &Text, other: &Schema, cx: &BindCx) -> bool {
    let listed = |names: Vec<&str>| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let lacking: Vec<&str> = input.names().filter(|name| !other.contains(name)).collect();
    let extra: Vec<&str> = other.names().filter(|name| !input.contains(name)).collect();
    let help = "make the columns agree by `select` or `rename`, or set `missing: null`";
    for (columns, what) in [(&lacking, "lacks the columns"), (&extra, "has more columns:")] {
        if !columns.is_empty() {
            let message = format!("table `{table}` {what} {}", listed(columns.clone()));
            cx.report(Diagnostic::error(Code::UnknownColumn, table.place(), message).help(help));
        }
    }
    lacking.is_empty() && extra.is_empty()
}

fn by_place(input: &Schema, others: &[(&Text, &Schema)], cx: &BindCx) -> Option<Vec<Vec<Source>>> {
    let mut sides = vec![input.names().map(|name| Source::new(name, input, name)).collect::<Vec<_>>()];
    for (table, schema) in others {
        if schema.len() != input.len() {
            let message = format!("table `{table}` has {} columns, this one has {}", schema.len(), input.len());
            cx.report(
                Diagnostic::error(Code::UnknownColumn, table.place(), message)
                    .help("columns that correspond by place must be as many on all sides: `select` them first"),
            );
            continue;
        }
        sides.push(
            input.names().zip(schema.names()).map(|(name, at_side)| Source::new(name, schema, at_side)).collect(),
        );
    }
    (sides.len() == others.len() + 1).then_some(sides)
}

/// The types that the columns of all sides meet in; reports those that cannot meet.
fn common_schema(sides: &[Vec<Source>], others: &[(&Text, &Schema)], cx: &BindCx) -> Option<Schema> {
    let (mut schema, mut is_right) = (Schema::new(), true);
    for (side, sources) in sides.iter().enumerate() {
        for source in sources {
            let Some((_, ty)) = &source.found else { continue };
            let known = schema.get(&source.name).cloned();
            let Some(common) = known.as_ref().map_or_else(|| Some(ty.clone()), |known| meet(known, ty)) else {
                is_right = false;
                let table = others[side.saturating_sub(1)].0;
                let message = format!(
                    "column `{}` is `{ty}` in table `{table}`, but `{}` before",
                    source.name,
                    names::type_of(&schema, &source.name)
                );
                cx.report(
                    Diagnostic::error(Code::TypeMismatch, table.place(), message)
                        .help("bring both to one type by `cast` first"),
                );
                continue;
            };
            schema.insert(source.name.as_str(), common);
        }
    }
    let in_order = sides[0].iter().filter_map(|source| Some((source.name.clone(), schema.get(&source.name)?.clone())));
    is_right.then(|| in_order.collect())
}

/// The type that holds the values of both, without a change of kind.
fn meet(left: &Type, right: &Type) -> Option<Type> {
    match (left, right) {
        _ if left == right => Some(left.clone()),
        (Type::Decimal { .. }, Type::Decimal { .. }) => Some(widest(decimal_shape(left)?, decimal_shape(right)?)),
        _ => None,
    }
}

/// The columns of one side in the names and types of the result.
fn align(sources: &[Source], schema: &Schema, site: &Site) -> Vec<Expr> {
    let one = |source: &Source| {
        let ty = names::type_of(schema, &source.name);
        let value = match &source.found {
            None => lit(NULL).cast(polars_dtype(&ty)),
            Some((name, found)) if *found == ty => names::column(name),
            Some((name, found)) => expr::cast::lower(names::column(name), found, &ty, false, site),
        };
        value.alias(source.name.as_str())
    };
    sources.iter().map(one).collect()
}

impl<'de> Deserialize<'de> for Missing {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(MissingVisitor)
    }
}

/// `null` is a value of YAML and a word here, so both are read.
struct MissingVisitor;

impl serde::de::Visitor<'_> for MissingVisitor {
    type Value = Missing;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("`null` or `error`")
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<Missing, E> {
        Ok(Missing::Null)
    }

    fn visit_none<E: serde::de::Error>(self) -> Result<Missing, E> {
        Ok(Missing::Null)
    }

    fn visit_str<E: serde::de::Error>(self, word: &str) -> Result<Missing, E> {
        match word {
            "null" => Ok(Missing::Null),
            "error" => Ok(Missing::Error),
            other => Err(E::unknown_variant(other, &["null", "error"])),
        }
    }
}

impl JsonSchema for Missing {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Missing".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> JsonSchemaValue {
        json_schema!({ "enum": [null, "null", "error"] })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::transforms::testing::{Desk, at, frame, schema, step};

    fn input() -> Schema {
        schema(&[("sku", Type::Text), ("prezzo", Type::MONEY)])
    }

    #[test]
    fn columns_meet_by_name_in_the_wider_decimal() {
        let other = schema(&[("prezzo", Type::Decimal { precision: 9, scale: 4 }), ("sku", Type::Text)]);
        let desk = Desk::with("altri", other.clone());
        let union: Union = step(json!(["altri"]));
        let frames = vec![frame(&input(), &["A|1.50", "B|-"]), frame(&other, &["2.1234|C"])];
        assert_eq!(desk.run(&union, &input(), frames).rows(), ["A|1.5000", "B|-", "C|2.1234"]);
        assert_eq!(desk.bind(&union, &input()).schema.to_string(), "sku: text, prezzo: decimal(20,4)");
    }

    #[test]
    fn missing_columns_are_a_mistake_or_empty() {
        let other = schema(&[("sku", Type::Text), ("canale", Type::Text)]);
        let desk = Desk::with("altri", other.clone());
        let strict = Union(Shape::List(vec![at("altri", 8)]));
        assert_eq!(
            desk.refuses(&strict, &input()),
            [
                "8 unknown-column: table `altri` lacks the columns `prezzo`",
                "8 unknown-column: table `altri` has more columns: `canale`"
            ]
        );
        let lenient: Union = step(json!({ "with": ["altri"], "missing": null }));
        let frames = vec![frame(&input(), &["A|1.50"]), frame(&other, &["B|web"])];
        assert_eq!(desk.run(&lenient, &input(), frames).rows(), ["A|1.50|-", "B|-|web"]);
        let word: Union = step(json!({ "with": ["altri"], "missing": "null" }));
        assert_eq!((lenient.missing(), word.missing()), (Missing::Null, Missing::Null));
    }

    #[test]
    fn by_place_the_names_of_the_first_count() {
        let other = schema(&[("codice", Type::Text), ("importo", Type::MONEY)]);
        let desk = Desk::with("altri", other.clone());
        let union: Union = step(json!({ "with": ["altri"], "by_name": false }));
        let frames = vec![frame(&input(), &["A|1.50"]), frame(&other, &["B|2.00"])];
        assert_eq!(desk.run(&union, &input(), frames).rows(), ["A|1.50", "B|2.00"]);
        let desk = Desk::with("altri", schema(&[("codice", Type::Text)]));
        assert_eq!(desk.refuses(&union, &input()), ["0 unknown-column: table `altri` has 1 columns, this one has 2"]);
    }

    #[test]
    fn types_must_agree() {
        let desk = Desk::with("uno", input()).and("due", schema(&[("sku", Type::Integer), ("prezzo", Type::Text)]));
        let union = Union(Shape::List(vec![at("uno", 1), at("due", 5)]));
        let found = desk.refuses(&union, &input());
        assert_eq!(
            found,
            [
                "5 type-mismatch: column `sku` is `integer` in table `due`, but `text` before",
                "5 type-mismatch: column `prezzo` is `text` in table `due`, but `decimal(18,2)` before",
            ]
        );
    }
}
