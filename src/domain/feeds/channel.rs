//! The description of a channel: what its feed holds and how its file looks, as data.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

use super::field::FieldSpec;
use super::template::Template;
use crate::diag::{Placed, Text};

/// A sales channel, as a feed is written for it.
///
/// ```yaml
/// title: Outlet
/// formats:
///   csv: { csv: { delimiter: ";" } }
/// fields:
///   sku:    { kind: text, column: sku, required: true, unique: true, max_length: 40 }
///   titolo: { kind: text, column: title, required: true, max_length: 100, cut: true }
///   prezzo: { kind: price, column: price_gross, required: true, offer: true }
///   pezzi:  { kind: whole, column: quantity, required: true, offer: true }
/// removed: { pezzi: "0" }
/// ```
///
/// A channel of your own is such a file in the project's folder `channels/`; no program has to be changed for it.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Channel {
    /// Name of the channel, for people.
    pub title: Text,
    /// What the feed is for, and where its rules come from.
    #[serde(default)]
    pub description: Option<String>,
    /// The forms that the file can have, by name; the first is written when the pipeline does not choose.
    #[schemars(with = "IndexMap<String, Writer>")]
    pub formats: IndexMap<Text, Placed<Writer>>,
    /// What the pipeline says once for the whole feed, by name.
    #[serde(default)]
    #[schemars(with = "IndexMap<String, SettingSpec>")]
    pub settings: IndexMap<Text, Placed<SettingSpec>>,
    /// The fields, in the order in which they are written.
    #[schemars(with = "IndexMap<String, FieldSpec>")]
    pub fields: IndexMap<Text, Placed<FieldSpec>>,
    /// Groups of fields of which a row needs at least one: `[[gtin, mpn, brand]]`.
    #[serde(default)]
    pub any_of: Vec<Vec<Text>>,
    /// How variants of one article belong together.
    #[serde(default)]
    pub variants: Option<Placed<Variants>>,
    /// What a delta feed says of an article that is no longer published: values of fields, beside the key. Without it a
    /// delta cannot tell, and the article stays on the channel until the next full feed.
    #[serde(default)]
    #[schemars(with = "IndexMap<String, String>")]
    pub removed: IndexMap<Text, Text>,
}

/// How variants belong together.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Variants {
    /// The field that all variants of an article have in common.
    pub group: Text,
    /// Fields of which a row with a group fills at least one: what the variants differ in.
    pub differ_in: Vec<Text>,
}

/// Something that the pipeline says once for the whole feed.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SettingSpec {
    /// Whether the pipeline must say it.
    pub required: bool,
    /// What holds when it does not.
    pub default: Option<Text>,
    /// What it is: `text`, `url`, `currency`, `country`.
    pub kind: SettingKind,
    /// What it means, for people.
    pub about: Option<String>,
}

/// What a setting is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SettingKind {
    /// Any text.
    #[default]
    Text,
    /// An absolute address.
    Url,
    /// A currency, ISO 4217.
    Currency,
    /// A country, ISO 3166-1 alpha-2.
    Country,
}

/// The form of a file.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Writer {
    /// Separated values, one line per row.
    Csv(CsvWriter),
    /// XML, one element per row.
    Xml(XmlWriter),
    /// JSON from a template.
    Json(JsonWriter),
}

/// Separated values.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CsvWriter {
    /// What stands between two values: one ASCII character, or `tab`. Default: `,`.
    pub delimiter: Text,
    /// Whether values that hold the delimiter, quotes or line feeds are put between quotes; else these characters
    /// become blanks. Default: `true`.
    pub quotes: bool,
    /// Whether every value is put between quotes. Default: `false`.
    pub always_quote: bool,
    /// Whether the first line holds the names. Default: `true`.
    pub header: bool,
    /// How a line ends. Default: a line feed.
    pub line_end: String,
    /// Which fields, in which order; all of them when absent.
    pub fields: Option<Vec<Text>>,
}

impl Default for CsvWriter {
    fn default() -> Self {
        Self {
            delimiter: Text::from(","),
            quotes: true,
            always_quote: false,
            header: true,
            line_end: String::from("\n"),
            fields: None,
        }
    }
}

/// XML: an element per row inside one or several others.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct XmlWriter {
    /// The outermost element, or several, one inside the other: `rss/channel`.
    pub root: Text,
    /// The element of a row.
    pub record: Text,
    /// Attributes of the outermost element: `{ version: "2.0" }`.
    #[serde(default)]
    pub attributes: IndexMap<String, String>,
    /// Namespaces by prefix: `{ g: "http://base.google.com/ns/1.0" }`.
    #[serde(default)]
    pub namespaces: IndexMap<String, String>,
    /// Prefix of every field.
    #[serde(default)]
    pub prefix: Option<String>,
    /// Elements before the first row, from settings: `{ title: title }`.
    #[serde(default)]
    #[schemars(with = "IndexMap<String, String>")]
    pub head: IndexMap<String, Text>,
    /// Which fields, in which order; all of them when absent.
    #[serde(default)]
    pub fields: Option<Vec<Text>>,
}

/// JSON from templates. In a template, `$name` is the value of a field or of a setting, `$row` the number of the row.
///
/// A key whose field is empty is left out, and so is an object or a list that names fields when all of them are empty. An
/// element of a list that names a field with several values stands once for each.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JsonWriter {
    /// What a row is.
    pub row: Template,
    /// What a row is whose article is no longer published, in a delta; `row` with the values of `removed` when absent.
    #[serde(default)]
    pub removed: Option<Template>,
    /// The document that `$rows` stands in as a list; without it the file has one row per line.
    #[serde(default)]
    pub document: Option<Template>,
    /// Most rows of a document; more make further files, `name-2.json` and so on.
    #[serde(default)]
    pub most_rows: Option<u32>,
}

impl Channel {
    /// The field that names a row: the first that is unique.
    #[must_use]
    pub fn key(&self) -> Option<&Text> {
        self.fields.iter().find(|(_, field)| field.value.unique).map(|(name, _)| name)
    }
}
