//! What a channel asks of a feed, read from its data file in `channels/`.
//!
//! A channel is data: its fields, their limits and the form of its file. Nothing here knows a channel by name but the
//! list of the files.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

/// The channels that a feed can be written for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChannelName {
    /// Google Merchant Center: an RSS file of products.
    GoogleMerchant,
    /// eBay: a CSV file of prices and quantities, for the Reports page of the Seller Hub.
    Ebay,
}

impl ChannelName {
    /// Every channel.
    pub const ALL: &'static [Self] = &[Self::GoogleMerchant, Self::Ebay];

    /// The name as it is written in a pipeline.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::GoogleMerchant => "google_merchant",
            Self::Ebay => "ebay",
        }
    }

    /// The data file of the channel.
    ///
    /// # Errors
    /// The file that is part of the program is damaged.
    pub fn load(self) -> Result<Channel, String> {
        let text = match self {
            Self::GoogleMerchant => include_str!("channels/google_merchant.yaml"),
            Self::Ebay => include_str!("channels/ebay.yaml"),
        };
        serde_yaml::from_str(text).map_err(|error| error.to_string())
    }
}

/// The data file of a channel.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Channel {
    /// The channel's own name.
    pub title: String,
    /// The form of the file.
    pub writer: ChannelWriter,
    /// Settings that the user must give.
    pub settings: Vec<Setting>,
    /// Fields in the order in which they are written.
    pub fields: IndexMap<String, FieldSpec>,
}

/// The form of the file.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ChannelWriter {
    /// RSS 2.0, fields as elements in a namespace.
    Rss {
        /// Prefix of the fields.
        prefix: String,
        /// Namespace of the prefix.
        namespace: String,
    },
    /// CSV with a header.
    Csv {
        /// What stands between two fields.
        delimiter: char,
    },
}

/// A setting that a channel can ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Setting {
    /// Name of the shop.
    Title,
    /// Address of the shop.
    Link,
    /// What the shop sells.
    Description,
}

/// What a channel asks of a field.
#[expect(clippy::struct_excessive_bools, reason = "each is an independent word of the data files")]
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldSpec {
    /// What the field holds.
    pub kind: FieldKind,
    /// The column it is taken from when the user does not say.
    #[serde(default)]
    pub column: Option<String>,
    /// Header in a CSV; the name of the field when absent.
    #[serde(default)]
    pub header: Option<String>,
    /// The same value for every row.
    #[serde(default)]
    pub constant: Option<String>,
    /// Whether a row without it is rejected.
    #[serde(default)]
    pub required: bool,
    /// A row without it is rejected when another field has one of these values.
    #[serde(default)]
    pub required_if: Option<RequiredIf>,
    /// Whether two rows cannot have the same value.
    #[serde(default)]
    pub unique: bool,
    /// Most characters.
    #[serde(default)]
    pub max_length: Option<usize>,
    /// Whether a longer text is cut at the end of a word, else its row is rejected.
    #[serde(default)]
    pub cut: bool,
    /// The only values that are allowed.
    #[serde(default)]
    pub values: Vec<String>,
    /// How many times the field may stand in a row; more than one comes from a list.
    #[serde(default)]
    pub most: Option<usize>,
    /// Whether a price is followed by its currency.
    #[serde(default)]
    pub with_currency: bool,
    /// The price that this one must be below.
    #[serde(default)]
    pub below: Option<String>,
}

/// When a field is required.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequiredIf {
    /// The other field.
    pub field: String,
    /// Its values.
    pub values: Vec<String>,
}

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldKind {
    /// Text without control characters.
    Text,
    /// An absolute address.
    Url,
    /// An amount above zero with two decimals.
    Price,
    /// A price of shipping to the country of the feed, zero included.
    Shipping,
    /// A barcode number.
    Gtin,
    /// One of the values.
    Choice,
    /// One of the values, or in stock and out of stock from a quantity or a truth value.
    Availability,
    /// A whole number from zero.
    Whole,
    /// A day or an instant.
    Instant,
    /// Given, or `no` when there is neither a GTIN nor a brand with its part number.
    IdentifierExists,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_channel_file_is_whole() {
        for name in ChannelName::ALL {
            let channel = name.load().unwrap();
            let known = |field: &String| channel.fields.contains_key(field);
            assert!(!channel.title.is_empty());
            for (field, spec) in &channel.fields {
                let others = spec.required_if.iter().map(|rule| &rule.field).chain(&spec.below);
                assert!(others.into_iter().all(known), "{field} refers to a field that is not there");
                let listed =
                    matches!(spec.kind, FieldKind::Choice | FieldKind::Availability | FieldKind::IdentifierExists);
                assert_eq!(listed, !spec.values.is_empty(), "{field}");
                assert!(!spec.required || spec.column.is_some(), "{field} is required and has no column");
            }
            assert_eq!(serde_json::from_value::<ChannelName>(name.as_str().into()).unwrap(), *name);
        }
    }
}
