//! Configuration that may be written short: one word, a list, or a map of options.
//!
//! The place of each word is kept. What the words mean is the business of the step that uses the shape.

use std::fmt;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Unexpected, Visitor};

use crate::diag::{Placed, Text};

/// A value that may be written in several ways; the options `O` say which.
#[derive(Clone, Debug)]
pub enum Shape<O> {
    /// One word: a name or a number.
    Word(Text),
    /// A list of words.
    List(Vec<Text>),
    /// A map of options.
    Map(O),
}

/// The map form of a shape, and which short forms stand beside it.
pub trait Options {
    /// What a message says was expected, as in `a column, or a map of options`.
    const EXPECTED: &'static str;
    /// Whether one word may stand for the whole.
    const WORD: bool = true;
    /// Whether a list of words may stand for the whole.
    const LIST: bool = false;
    /// Whether there is a map form.
    const MAP: bool = true;
}

impl<'de, O: Options + Deserialize<'de>> Deserialize<'de> for Shape<O> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Placed { value, place } = Placed::<Written<O>>::deserialize(deserializer)?;
        Ok(match value {
            Written::Word(word) => Self::Word(Text::new(word, place)),
            Written::List(words) => Self::List(words),
            Written::Map(options) => Self::Map(options),
        })
    }
}

impl<O: Options + JsonSchema> JsonSchema for Shape<O> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("Shape_{}", O::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut forms: Vec<Schema> = Vec::new();
        if O::WORD {
            forms.push(json_schema!({ "type": ["string", "number"] }));
        }
        if O::LIST {
            forms.push(json_schema!({ "type": "array", "items": { "type": "string" } }));
        }
        if O::MAP {
            forms.push(generator.subschema_for::<O>());
        }
        json_schema!({ "oneOf": forms })
    }
}

enum Written<O> {
    Word(String),
    List(Vec<Text>),
    Map(O),
}

impl<'de, O: Options + Deserialize<'de>> Deserialize<'de> for Written<O> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(WrittenVisitor(PhantomData))
    }
}

struct WrittenVisitor<O>(PhantomData<O>);

fn written_word<O: Options, E: Error>(word: impl fmt::Display, found: Unexpected) -> Result<Written<O>, E> {
    if O::WORD { Ok(Written::Word(word.to_string())) } else { Err(E::invalid_type(found, &O::EXPECTED)) }
}

impl<'de, O: Options + Deserialize<'de>> Visitor<'de> for WrittenVisitor<O> {
    type Value = Written<O>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(O::EXPECTED)
    }

    fn visit_str<E: Error>(self, word: &str) -> Result<Self::Value, E> {
        written_word(word, Unexpected::Str(word))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
        written_word(number, Unexpected::Unsigned(number))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
        written_word(number, Unexpected::Signed(number))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        if !O::LIST {
            return Err(A::Error::invalid_type(Unexpected::Seq, &self));
        }
        let mut words = Vec::new();
        while let Some(word) = items.next_element()? {
            words.push(word);
        }
        Ok(Written::List(words))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        if !O::MAP {
            return Err(A::Error::invalid_type(Unexpected::Map, &self));
        }
        O::deserialize(MapAccessDeserializer::new(map)).map(Written::Map)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[derive(Debug, serde::Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    struct Rows {
        rows: u32,
    }

    impl Options for Rows {
        const EXPECTED: &'static str = "a number, or a map of options";
    }

    #[test]
    fn each_form_is_told_from_the_others() {
        let read = |value| serde_json::from_value::<Shape<Rows>>(value).map_err(|error| error.to_string());
        assert!(matches!(read(json!(10)), Ok(Shape::Word(word)) if word == "10"));
        assert!(matches!(read(json!("a")), Ok(Shape::Word(word)) if word == "a"));
        assert!(matches!(read(json!({ "rows": 3 })), Ok(Shape::Map(Rows { rows: 3 }))));
        assert!(read(json!(["a"])).unwrap_err().contains("expected a number, or a map of options"));
        assert!(read(json!({ "righe": 3 })).unwrap_err().contains("unknown field `righe`"));
    }

    #[test]
    fn the_schema_lists_the_forms() {
        let schema = schemars::schema_for!(Shape<Rows>);
        assert_eq!(schema.get("oneOf").and_then(|forms| forms.as_array()).map(Vec::len), Some(2));
    }
}
