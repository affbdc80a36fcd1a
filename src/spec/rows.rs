//! Rows written in the pipeline file itself, for tests.

use std::borrow::Cow;

use indexmap::IndexMap;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};

use crate::diag::Text;
use crate::spec::yaml::Node;

/// Rows of a table, each a mapping of column to value; values keep their lexeme (`0.10`, `"001"`).
#[derive(Clone, Debug, Default)]
pub struct Rows(pub Vec<IndexMap<Text, Node>>);

impl<'de> Deserialize<'de> for Rows {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::deserialize(deserializer).map(Self)
    }
}

impl JsonSchema for Rows {
    fn schema_name() -> Cow<'static, str> {
        "Rows".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "array", "items": { "type": "object" } })
    }
}
