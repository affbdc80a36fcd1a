//! The template of a JSON value: what the user wrote, in order.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};

use crate::diag::{Placed, Text};

/// A JSON value in which texts that begin with `$` stand for something else.
#[derive(Clone, Debug)]
pub enum Template {
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// A text, or `$name`.
    Text(Text),
    /// A list.
    List(Vec<Template>),
    /// An object.
    Object(Vec<(Text, Template)>),
}

impl Template {
    /// The names that it refers to, without their `$`.
    pub fn names(&self) -> Vec<&Text> {
        match self {
            Self::Bool(_) | Self::Integer(_) => Vec::new(),
            Self::Text(text) => text.starts_with('$').then_some(text).into_iter().collect(),
            Self::List(items) => items.iter().flat_map(Self::names).collect(),
            Self::Object(entries) => entries.iter().flat_map(|(_, value)| value.names()).collect(),
        }
    }
}

impl<'de> Deserialize<'de> for Template {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let placed = Placed::<Bare>::deserialize(deserializer)?;
        Ok(match placed.value.0 {
            Self::Text(text) => Self::Text(text.at(placed.place)),
            other => other,
        })
    }
}

/// A template whose own place is not known yet.
struct Bare(Template);

impl<'de> Deserialize<'de> for Bare {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TemplateVisitor).map(Self)
    }
}

struct TemplateVisitor;

impl<'de> Visitor<'de> for TemplateVisitor {
    type Value = Template;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a text, a whole number, a truth value, a list or a mapping")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Template, E> {
        Ok(Template::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Template, E> {
        Ok(Template::Integer(value))
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Template, E> {
        i64::try_from(value).map(Template::Integer).map_err(|_| E::custom("the number is too large"))
    }

    fn visit_str<E>(self, text: &str) -> Result<Template, E> {
        Ok(Template::Text(Text::from(text)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Template, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Template::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Template, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Template::Object(entries))
    }
}

impl JsonSchema for Template {
    fn schema_name() -> Cow<'static, str> {
        "Template".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A JSON value in which `$name` stands for a field or a setting.",
            "type": ["string", "integer", "boolean", "array", "object"],
        })
    }
}
