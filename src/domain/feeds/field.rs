//! What a channel asks of a field.

use std::borrow::Cow;
use std::fmt;

use indexmap::IndexMap;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};

use crate::diag::Text;

/// A field of a feed.
#[expect(clippy::struct_excessive_bools, reason = "each is an independent word of the descriptions")]
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FieldSpec {
    /// What the field holds.
    pub kind: FieldKind,
    /// The column it is taken from when the pipeline does not say.
    #[serde(default)]
    pub column: Option<String>,
    /// Its name in the file, when it is another: `Custom label (SKU)`.
    #[serde(default)]
    pub name: Option<String>,
    /// What it means, for people.
    #[serde(default)]
    pub about: Option<String>,
    /// The same value in every row.
    #[serde(default)]
    pub constant: Option<String>,
    /// What stands for an empty one.
    #[serde(default)]
    pub default: Option<String>,
    /// Whether a row without it is rejected.
    #[serde(default)]
    pub required: bool,
    /// A row without it is rejected when another field has one of these values.
    #[serde(default)]
    pub required_if: Option<RequiredIf>,
    /// It must be a barcode number with its check digit when another field has one of these values.
    #[serde(default)]
    pub gtin_if: Option<RequiredIf>,
    /// It is written only in rows that have this other field.
    #[serde(default)]
    pub only_with: Option<Text>,
    /// Whether two rows cannot have the same value. The first such field is the key of the feed.
    #[serde(default)]
    pub unique: bool,
    /// Whether it belongs to a feed of prices and quantities only.
    #[serde(default)]
    pub offer: bool,
    /// Whether it is read for the sake of other fields and not written itself.
    #[serde(default)]
    pub hidden: bool,
    /// Fewest characters.
    #[serde(default)]
    pub min_length: Option<usize>,
    /// Most characters.
    #[serde(default)]
    pub max_length: Option<usize>,
    /// Whether a longer text is cut at the end of a word, and counted; else its row is rejected.
    #[serde(default)]
    pub cut: bool,
    /// Whether line feeds stay in a text.
    #[serde(default)]
    pub lines: bool,
    /// Elements of HTML that may stay in a text, `[p, b, ul, li]`; all others are taken out.
    #[serde(default)]
    pub html: Vec<String>,
    /// Regular expression that the whole text must match.
    #[serde(default)]
    pub pattern: Option<Text>,
    /// Parts of a text that are written otherwise: `{ " > ": ";" }`.
    #[serde(default)]
    pub replace: IndexMap<String, String>,
    /// The only values: a list, or a map from the words of the pipeline to those of the channel.
    #[serde(default)]
    pub values: Words,
    /// Most values of a field that comes from a list; more are left out, and counted.
    #[serde(default)]
    pub most: Option<usize>,
    /// Fewest values of such a field.
    #[serde(default)]
    pub fewest: Option<usize>,
    /// What stands between several values, where the file has one place for all of them. Default: `,`.
    #[serde(default)]
    pub separator: Option<String>,
    /// Decimals of a number. Default: 2.
    #[serde(default)]
    pub decimals: Option<u8>,
    /// Smallest number.
    #[serde(default)]
    pub min: Option<Text>,
    /// Largest number.
    #[serde(default)]
    pub max: Option<Text>,
    /// Whether the currency stands after a price: `15.00 EUR`.
    #[serde(default)]
    pub with_currency: bool,
    /// The price that this one must be below.
    #[serde(default)]
    pub below: Option<Text>,
    /// The price that this one must be above.
    #[serde(default)]
    pub above: Option<Text>,
    /// The fields of the first and the last instant of a `period`.
    #[serde(default)]
    pub parts: Vec<Text>,
    /// Whether an address must begin with `https://`: a row with another one is rejected.
    #[serde(default)]
    pub https: bool,
    /// Extensions that an image may have; one without extension is let through.
    #[serde(default)]
    pub extensions: Vec<String>,
    /// What to do about a wrong value, in place of the usual words.
    #[serde(default)]
    pub help: Option<Bilingual>,
}

/// A text for people, in both languages.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Bilingual {
    /// In English.
    pub en: String,
    /// In Italian.
    pub it: String,
}

/// When a rule holds.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RequiredIf {
    /// The other field.
    pub field: Text,
    /// Its values.
    pub values: Vec<String>,
}

/// The values of a field, with the words of the channel for them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words(IndexMap<String, String>);

impl<'de> Deserialize<'de> for Words {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(WordsVisitor).map(Self)
    }
}

struct WordsVisitor;

impl<'de> Visitor<'de> for WordsVisitor {
    type Value = IndexMap<String, String>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list of values, or a map from values to the words of the channel")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut words = IndexMap::new();
        while let Some(word) = items.next_element::<String>()? {
            words.insert(word.clone(), word);
        }
        Ok(words)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut words = IndexMap::new();
        while let Some((value, word)) = map.next_entry()? {
            words.insert(value, word);
        }
        Ok(words)
    }
}

impl JsonSchema for Words {
    fn schema_name() -> Cow<'static, str> {
        "Words".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A list of values, or a map from values to the words of the channel.",
            "oneOf": [
                { "type": "array", "items": { "type": "string" } },
                { "type": "object", "additionalProperties": { "type": "string" } },
            ],
        })
    }
}

impl Words {
    /// Whether there is no restriction.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The channel's word for a value.
    #[must_use]
    pub fn word(&self, value: &str) -> Option<&str> {
        self.0.get(value).map(String::as_str)
    }

    /// The values that are possible.
    #[must_use]
    pub fn possible(&self) -> Vec<&str> {
        self.0.keys().map(String::as_str).collect()
    }
}

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FieldKind {
    /// Text without HTML and control characters.
    Text,
    /// An absolute address.
    Url,
    /// The address of a picture.
    Image,
    /// An amount above zero.
    Price,
    /// An amount, zero included.
    Amount,
    /// A price of shipping to the country of the feed: an element with `country` and `price`.
    Shipping,
    /// A number with decimals.
    Decimal,
    /// A whole number from zero.
    Whole,
    /// A barcode number with its check digit, not one for use inside a shop.
    Gtin,
    /// One of the values.
    Choice,
    /// One of the values, or `in_stock` and `out_of_stock` from a quantity or a truth value.
    Availability,
    /// `yes` or `no`.
    YesNo,
    /// A day or an instant: `2026-11-24T00:00+01:00`.
    Instant,
    /// A day: `2026-11-24`.
    Date,
    /// From one instant to another: `2026-11-20T00:00+01:00/2026-11-30T00:00+01:00`.
    Period,
    /// `no` when there is neither a GTIN nor a brand with its part number, if the pipeline says nothing.
    IdentifierExists,
}
