//! Columns of a table that is read from a platform.

use std::borrow::Cow;
use std::fmt;

use indexmap::IndexMap;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error, MapAccess, Visitor};

use crate::diag::{Placed, Text};

/// Columns by name, in order.
pub type FieldSpecs = IndexMap<Text, Placed<FieldSpec>>;

/// A column: a type word, or a map with `type` and more.
#[derive(Clone, Debug)]
pub enum FieldSpec {
    /// A type alone: the record has the field under the name of the column.
    Word(String),
    /// A type with where it is found and how it is written there.
    Details(Box<FieldDetails>),
}

/// A column with more than its type.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FieldDetails {
    /// Type of the values: as in `columns:` of a source.
    #[serde(rename = "type")]
    pub ty: Text,
    /// Where the record has it: `billing.email`, `lines[0].sku`, `lines[].sku`, `meta_data[key=_cf].value`. Default: under the name
    /// of the column. Begins with `parent.` for a field of the record that this one was listed for, and is `#` for the position in
    /// a nested list, from 1.
    #[serde(default)]
    pub from: Option<Text>,
    /// How the platform writes it. Default: as text or number, dates in ISO form.
    #[serde(default)]
    pub unit: Option<Placed<Unit>>,
    /// Whether a record without it is rejected.
    #[serde(default)]
    pub required: bool,
    /// What stands for nothing.
    #[serde(default)]
    pub default: Option<Text>,
    /// What it is, for people.
    #[serde(default)]
    pub description: Option<String>,
}

/// How a platform writes a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Money in whole hundredths: `1250` is 12.50.
    Cents,
    /// Amounts in whole thousandths: `1250` is 1.25.
    Thousandths,
    /// Money in whole millionths: `12500000` is 12.50.
    Micros,
    /// An instant in seconds since 1970.
    Unix,
    /// An instant in milliseconds since 1970.
    UnixMs,
}

impl<'de> Deserialize<'de> for FieldSpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(FieldVisitor)
    }
}

struct FieldVisitor;

impl<'de> Visitor<'de> for FieldVisitor {
    type Value = FieldSpec;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a type such as `money`, or a map with `type` and more")
    }

    fn visit_str<E: Error>(self, word: &str) -> Result<FieldSpec, E> {
        Ok(FieldSpec::Word(word.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<FieldSpec, A::Error> {
        let details = FieldDetails::deserialize(MapAccessDeserializer::new(map))?;
        Ok(FieldSpec::Details(Box::new(details)))
    }
}

impl JsonSchema for FieldSpec {
    fn schema_name() -> Cow<'static, str> {
        "FieldSpec".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let details = generator.subschema_for::<FieldDetails>();
        json_schema!({
            "description": "A column: a type, or a map with `type` and more.",
            "oneOf": [{ "type": "string", "description": "A type such as `money` or `timestamp`." }, details],
        })
    }
}
