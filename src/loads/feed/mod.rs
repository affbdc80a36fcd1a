//! Load kind `feed`: rows into the product feed of a marketplace or a comparison site.
//!
//! What a channel asks is data in `channels/`; rows that break it are rejected with the field, the rule and the value.
//! Here is the configuration; `bind` makes it ready, `encode` and `value` hold a row to the channel, `sink` writes.

pub mod bind;
pub mod builtin;
pub mod check;
pub mod encode;
pub mod guard;
pub mod history;
pub mod history_file;
pub mod issue;
pub mod parts;
pub mod relations;
pub mod render;
pub mod row;
pub mod sink;
pub mod stage;
pub mod summary;
pub mod value;
pub mod writers;

#[cfg(test)]
mod tests;

use std::fmt;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::{Deserializer, Visitor};

use crate::context::BindCx;
use crate::diag::Text;
use crate::domain::types::Schema;
use crate::loads::feed::guard::Guard;
use crate::loads::file::Compress;
use crate::loads::{BoundLoad, Capabilities, Guarantee, Load};

/// Writes the table as the feed of a channel, always whole: beside the destination, renamed at the end.
///
/// ```yaml
/// load:
///   google:
///     from: listino_google
///     feed:
///       channel: google_merchant
///       path: out/google.xml
///       settings: { title: Bottega Rossi, link: "https://bottega.example.com", description: Ceramiche e tessuti }
///       columns: { id: sku, title: titolo, price: prezzo, availability: giacenza }
///   offerte_amazon:
///     from: listino_amazon
///     feed:
///       channel: amazon
///       format: patch
///       mode: delta
///       path: out/amazon.json
///       settings: { seller_id: A1EXAMPLE, marketplace: APJ6JRA9NG5V4 }
///       columns: { price: prezzo, quantity: giacenza }
/// ```
///
/// Texts are cleaned: HTML and control characters go, long ones are cut at the end of a word and counted. A row that
/// breaks a rule of the channel (a required field empty, a wrong GTIN, an address that is not absolute, a sale price
/// above the price, a key seen before) is rejected with field, rule and value. What was published is remembered: a
/// `delta` holds only what changed since, and guards stop a feed that lost too many rows. Equal rows give equal bytes.
///
/// A channel may refuse a row for reasons that only it knows, such as the size of a picture or an address that does not
/// answer: its own report has the last word. One file appears in one instant; several parts of a feed one after the other.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FeedLoad {
    /// The channel: `amazon`, `ebay`, `google_merchant`, `idealo`, `manomano`, `meta`, `mirakl`, `trovaprezzi`, or one of
    /// your own, by the name of its file in the folder `channels/` or by its path.
    pub channel: Text,
    /// Where to write, from the project's folder when relative. With `.gz` at the end the file is compressed.
    pub path: Text,
    /// Folder that `path` starts from, when it is not the project's: `folder: !param out`.
    #[serde(default)]
    pub folder: Option<Text>,
    /// Which of the channel's formats; its first when absent.
    #[serde(default)]
    pub format: Option<Text>,
    /// Whether all rows are written or those that changed since the last feed.
    #[serde(default)]
    pub mode: FeedMode,
    /// Which fields are written.
    #[serde(default)]
    pub only: Only,
    /// What holds for the whole feed: the settings of the channel, and `currency` (default `EUR`) and `country` (default
    /// `IT`).
    #[serde(default)]
    pub settings: IndexMap<Text, Text>,
    /// The column of each field: `{ title: titolo }`. Fields that are not named are taken from the column that the
    /// channel gives for them, when the table has it.
    #[serde(default)]
    pub columns: IndexMap<Text, Text>,
    /// Compression. Default: `gzip` when the path ends in `.gz`.
    #[serde(default)]
    pub compress: Option<Compress>,
    /// Whether what is published is remembered: `true`, `false`, or a name that a full and a delta feed of one
    /// channel share. By default each path is remembered by itself. Without it there are no deltas and no guards.
    #[serde(default)]
    pub history: Remember,
    /// What stops the feed.
    #[serde(default)]
    pub guard: Guard,
}

/// Which rows are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FeedMode {
    /// All of them.
    #[default]
    Full,
    /// Those whose published values changed since the last feed, and those that are gone. Without a last feed, all. When
    /// nothing changed there is no file, in every format, and that of an earlier delta is removed: its changes were
    /// published.
    Delta,
}

/// Which fields are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Only {
    /// All that the table gives.
    #[default]
    All,
    /// The key, prices and quantities.
    Offers,
}

/// Whether and under which name the last feed is remembered.
#[derive(Clone, Debug, Default, PartialEq, Eq, JsonSchema)]
#[schemars(untagged)]
pub enum Remember {
    /// Under the path.
    #[default]
    #[schemars(with = "bool")]
    Path,
    /// Not at all.
    #[schemars(with = "bool")]
    No,
    /// Under a name.
    Named(Text),
}

impl<'de> Deserialize<'de> for Remember {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RememberVisitor)
    }
}

struct RememberVisitor;

impl Visitor<'_> for RememberVisitor {
    type Value = Remember;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("`true`, `false` or a name")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Remember, E> {
        Ok(if value { Remember::Path } else { Remember::No })
    }

    fn visit_str<E>(self, name: &str) -> Result<Remember, E> {
        Ok(Remember::Named(Text::from(name)))
    }
}

impl Load for FeedLoad {
    fn capabilities(&self) -> Capabilities {
        Capabilities { guarantee: Guarantee::ExactlyOnce, ordered: true }
    }

    fn channel(&self) -> Option<&Text> {
        Some(&self.channel)
    }

    fn bind(&self, input: &Schema, cx: &BindCx) -> Option<BoundLoad> {
        let bound = bind::bind(self, input, cx)?;
        Some(BoundLoad { stage: Box::new(move |frame, cx| bound.stage(frame, cx)) })
    }

    fn sent(&self, input: &Schema, cx: &BindCx) -> Vec<(String, String)> {
        let Some(channel) = bind::known_channel(self, cx) else { return Vec::new() };
        let column = |name: &Text| bind::column_of(self, &channel, name, input);
        channel.fields.keys().filter_map(|name| Some((name.to_string(), column(name)?))).collect()
    }
}
