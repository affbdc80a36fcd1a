//! What the user writes about columns: the contract file and the `columns:` of a source.
//!
//! Only structs and their reading live here; what they mean together is checked in `compile`.

use std::borrow::Cow;
use std::fmt;

use indexmap::IndexMap;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error, MapAccess, Visitor};

use crate::diag::{Placed, Text};

/// Columns by name, in order.
pub type ColumnSpecs = IndexMap<Text, Placed<ColumnSpec>>;

/// A data contract, `schemas/NAME.yaml`: the columns a source must have and what their values must be.
///
/// Rows that break it are rejected with file, line, column and value, and the run goes on.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ContractFile {
    /// What the rows are, for people.
    #[serde(default)]
    pub description: Option<String>,
    /// The columns: a type, or a type with rules.
    #[schemars(with = "IndexMap<String, ColumnSpec>")]
    pub columns: ColumnSpecs,
    /// Columns that name a row in messages and rejects. They are not checked to be unique: say `unique: true` for that.
    #[serde(default)]
    pub key: Vec<Text>,
}

/// A column: a type word, or a map with `type` and rules.
#[derive(Clone, Debug)]
pub enum ColumnSpec {
    /// A type word alone: `money`. The column must be there, its values may be empty.
    Word(String),
    /// A type with rules.
    Details(Box<ColumnDetails>),
}

/// A column with rules.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ColumnDetails {
    /// Type of the values: `text`, `integer`, `decimal(p,s)`, `money`, `quantity`, `percent`, `float`, `bool`, `date`,
    /// `timestamp`, `list<type>`, `struct{name: type}`, or an identifier that checks itself: `sku`, `gtin`, `partita_iva`,
    /// `codice_fiscale`, `vat_number`, `country`, `province`, `cap`, `currency`, `email`, `iban`.
    #[serde(rename = "type")]
    pub ty: Text,
    /// Name of the column in the source, when it is another: a header, a path (`billing.email`, `Vat/@Perc`), or the
    /// position from 1 in a file without header.
    #[serde(default)]
    pub from: Option<Text>,
    /// `true`: every row must have a value. `false`: the source may even lack the column. Absent: the column must be
    /// there, its values may be empty.
    #[serde(default)]
    pub required: Option<bool>,
    /// Whether a value may occur only once; the later row is rejected. The file is then read in order, on one core.
    #[serde(default)]
    pub unique: bool,
    /// Smallest value allowed: numbers, dates and timestamps.
    #[serde(default)]
    pub min: Option<Text>,
    /// Largest value allowed: numbers, dates and timestamps.
    #[serde(default)]
    pub max: Option<Text>,
    /// The only values allowed.
    #[serde(default)]
    pub one_of: Option<Vec<Text>>,
    /// Regular expression that the whole text must match.
    #[serde(default)]
    pub pattern: Option<Text>,
    /// Most characters allowed in a text.
    #[serde(default)]
    pub max_length: Option<Placed<usize>>,
    /// Value that stands for an empty one, or for a column that the source lacks.
    #[serde(default)]
    pub default: Option<Text>,
    /// What the column is, for people.
    #[serde(default)]
    pub description: Option<String>,
}

impl<'de> Deserialize<'de> for ColumnSpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ColumnSpecVisitor)
    }
}

struct ColumnSpecVisitor;

impl<'de> Visitor<'de> for ColumnSpecVisitor {
    type Value = ColumnSpec;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a type such as `money`, or a map with `type` and rules")
    }

    fn visit_str<E: Error>(self, word: &str) -> Result<ColumnSpec, E> {
        Ok(ColumnSpec::Word(word.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<ColumnSpec, A::Error> {
        let details = ColumnDetails::deserialize(MapAccessDeserializer::new(map))?;
        Ok(ColumnSpec::Details(Box::new(details)))
    }
}

impl JsonSchema for ColumnSpec {
    fn schema_name() -> Cow<'static, str> {
        "ColumnSpec".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let details = generator.subschema_for::<ColumnDetails>();
        json_schema!({
            "description": "A column: a type, or a map with `type` and rules.",
            "oneOf": [{ "type": "string", "description": "A type such as `money` or `gtin`." }, details],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<ContractFile, serde_json::Error> {
        serde_json::from_str(json)
    }

    #[test]
    fn a_column_is_a_word_or_a_map() {
        let contract = read(
            r#"{"columns": {"sku": "sku", "qty": {"type": "quantity", "min": "0", "required": true}}, "key": ["sku"]}"#,
        )
        .unwrap();
        assert!(matches!(&contract.columns["sku"].value, ColumnSpec::Word(word) if word == "sku"));
        let ColumnSpec::Details(details) = &contract.columns["qty"].value else { panic!("no details") };
        assert_eq!((details.ty.as_str(), details.required), ("quantity", Some(true)));
        assert_eq!(contract.key, ["sku"]);
    }

    #[test]
    fn unknown_keys_and_other_shapes_are_refused() {
        assert!(
            read(r#"{"columns": {"sku": {"type": "sku", "uniq": true}}}"#).unwrap_err().to_string().contains("uniq")
        );
        assert!(read(r#"{"columns": {"sku": ["sku"]}}"#).unwrap_err().to_string().contains("a map with `type`"));
        assert!(read(r#"{"colums": {}}"#).is_err());
    }

    #[test]
    fn the_schema_accepts_both_shapes() {
        let schema = serde_json::to_value(schemars::schema_for!(ContractFile)).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        assert!(
            validator
                .is_valid(&serde_json::json!({"columns": {"a": "text", "b": {"type": "date", "max": "2026-12-31"}}}))
        );
        assert!(!validator.is_valid(&serde_json::json!({"columns": {"b": {"type": "date", "maximum": "x"}}})));
    }
}
