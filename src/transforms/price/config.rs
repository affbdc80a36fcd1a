//! What a user writes in a `price` step, part by part.

use std::fmt;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor, value::MapAccessDeserializer};

use crate::diag::Text;
use crate::transforms::number::{Amount, Percent};

use super::value::{AmountOf, PercentOf};

/// What a channel keeps of each sale.
///
/// `percent` and `fixed`, each a number or an expression (a column of the channel's rules); a row where both are null
/// pays no fee. With `min` or `cap` the percentage is held between them before `fixed` is added. `bands` instead of
/// `percent` are percentages by price.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FeeConfig {
    /// Percentage of the price: a number or an expression.
    #[serde(default)]
    pub percent: Option<PercentOf>,
    /// Amount per sale, without VAT, in the currency of the price: a number or an expression.
    #[serde(default)]
    pub fixed: Option<AmountOf>,
    /// The least that the percentage gives.
    #[serde(default)]
    pub min: Option<AmountOf>,
    /// The most that the percentage gives.
    #[serde(default)]
    pub cap: Option<AmountOf>,
    /// What the percentage (and the limits of bands) are taken on: `gross`, the price with VAT (most marketplaces),
    /// `net`, without, or an expression giving these words.
    #[serde(default = "gross")]
    pub base: Text,
    /// Whether the VAT on the fee can be deducted: `true`, `false` or a condition. A forfettario cannot, and bears it as
    /// a cost: 22 % more of percentage and fixed amount.
    #[serde(default = "yes")]
    pub vat_recoverable: Text,
    /// Percentages by price, from the lowest: `[ { up_to: 10, percent: 8 }, { percent: 15 } ]`. The band whose price falls
    /// inside it counts.
    #[serde(default)]
    pub bands: Vec<BandConfig>,
    /// Whether a band's percentage is taken on the whole price or on the portion inside the band.
    #[serde(default)]
    pub bands_on: BandsOn,
}

/// A band of prices.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BandConfig {
    /// Highest price of the band, included; the last band has none.
    #[serde(default)]
    pub up_to: Option<Amount>,
    /// Percentage there.
    pub percent: Percent,
}

/// What the percentage of a band is taken on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BandsOn {
    /// The whole price.
    #[default]
    Price,
    /// The part of the price inside the band; the parts are added up.
    Portion,
}

/// Rounding of the displayed price: `cent`, `{ charm: 0.99, to: up }`, `{ step: 0.05, to: nearest }` or
/// `{ rule: column }`.
#[derive(Clone, Debug, Default, JsonSchema)]
pub enum Round {
    /// Half up to the cent.
    #[default]
    #[schemars(rename = "cent")]
    Cent,
    /// To an ending or a step.
    #[schemars(untagged)]
    Grid(RoundGrid),
}

/// Rounding to an ending or to a step; exactly one of `charm`, `step` and `rule`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RoundGrid {
    /// Ending of the price: `0.99` allows 0.99, 1.99, 2.99, …
    #[serde(default)]
    pub charm: Option<Amount>,
    /// Prices are multiples of this amount.
    #[serde(default)]
    pub step: Option<Amount>,
    /// Expression of the rule of each row, as text: `cent`, `step:0.05:nearest`, `charm:0.99:up`; null is `cent`.
    #[serde(default)]
    pub rule: Option<Text>,
    /// Which allowed price is taken when the price lies between two; a tie of `nearest` goes up.
    #[serde(default)]
    pub to: Option<DirectionConfig>,
    /// What is rounded: the `exact` price (48.9901 is above 48.99), or the price already rounded to the `cent`.
    #[serde(default)]
    pub from: RoundFrom,
}

/// Direction of rounding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DirectionConfig {
    /// The next above.
    Up,
    /// The next below.
    Down,
    /// The nearer one.
    Nearest,
}

/// What is brought to a step or an ending.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RoundFrom {
    /// The price with all its digits.
    #[default]
    Exact,
    /// The price rounded to the cent.
    Cent,
}

/// The lowest price. `margin` or `markup` from the cost: after the fee at least this must remain; a row where both are
/// null has no floor. `map` is a lowest price with VAT that a contract or the marketplace sets. The higher one counts.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FloorConfig {
    /// Lowest margin on the net price, (price − cost) / price: a percentage or an expression.
    #[serde(default)]
    pub margin: Option<PercentOf>,
    /// Lowest mark-up on the cost, (price − cost) / cost: a percentage or an expression. Where a row has both, the margin
    /// counts.
    #[serde(default)]
    pub markup: Option<PercentOf>,
    /// Lowest price with VAT (minimum advertised price): a number or an expression.
    #[serde(default)]
    pub map: Option<AmountOf>,
}

/// Promotions of another table, joined by the article.
///
/// Columns, by their canonical names: `sku`, `value` (needed); `id`, `kind` (`percent`, `amount_gross`, `amount_net`,
/// `fixed_gross`, `fixed_net`), `channel` (null or `*`: all), `country`, `customer_group`, `valid_from`, `valid_to`
/// (half-open, dates are midnights of Europe/Rome), `stacking` (`best`, `sequence`, `exclusive`), `order`,
/// `below_floor` (a bool), `campaign_start` (the first step of one uninterrupted campaign).
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PromotionsConfig {
    /// The table.
    pub table: Text,
    /// Names of its columns where they are not the canonical ones: `{ value: percento }`.
    #[serde(default)]
    pub columns: IndexMap<Text, Text>,
    /// Kind of all promotions, when the table has no column `kind`.
    #[serde(default = "percent")]
    pub kind: Text,
    /// How promotions that do not say it stand beside others: the `best` price wins, all `sequence` ones are applied in
    /// their `order`, an `exclusive` one is alone.
    #[serde(default = "best")]
    pub stacking: Text,
}

/// Prices by quantity of another table, joined by the article. Columns: `sku`, `min_qty`, `amount` (in the unit of the
/// base). The highest `min_qty` that is reached counts.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TiersConfig {
    /// The table.
    pub table: Text,
    /// Names of its columns where they are not the canonical ones.
    #[serde(default)]
    pub columns: IndexMap<Text, Text>,
}

/// Published prices of the past, for claims of reduction. Columns: `sku`, `valid_from`, `gross` (needed), `valid_to`
/// (null: until the next one), `channel`, `country`, `public` (a bool: prices of closed groups do not count).
///
/// The prior price is the lowest one in force at any moment of the `days` before the reduction starts, of the same
/// channel and country (Directive 98/6/EC art. 6a, art. 17-bis of the Codice del consumo). Not guaranteed: articles that
/// are outside the rule (perishables, below-cost sales) are not recognised; leave their history out.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HistoryConfig {
    /// The table.
    pub table: Text,
    /// Names of its columns where they are not the canonical ones.
    #[serde(default)]
    pub columns: IndexMap<Text, Text>,
    /// How many days before the reduction count.
    #[serde(default = "thirty")]
    pub days: u16,
    /// Stops the run, before anything is written, when a price moves by more than this share against the last published
    /// one: `30%`. To let one run pass, make it a parameter: `guard: !param soglia`.
    #[serde(default)]
    #[schemars(with = "Option<PercentOf>")]
    pub guard: Option<Percent>,
}

/// Price lists: a table of lists and a table of their prices. Which list wins: the most specific one, then the higher
/// `priority`, then the later `valid_from`; lists that are equal in all three end the run.
///
/// Specific are, in this order: customer; customer group; channel and country; channel; country, or the currency of
/// the price; any other list.
///
/// Columns of the lists: `code` (needed); `channel`, `country`, `customer_group`, `customer`, `currency`, `is_gross`
/// (a bool), `priority`, `valid_from`, `valid_to`; of a derived list also `parent`, `percent` (−10 is 10 % off), `amount`
/// and `round` (`charm:0.99:up`). Columns of the prices: `list`, `amount` (needed); `sku`, `product`, `category`,
/// `brand` (a price of the article goes before one of its product, category, brand or of all), `min_qty`, `valid_from`,
/// `valid_to`. A price of its own in a derived list is an exception to the derivation.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListsConfig {
    /// The table of lists.
    pub table: Text,
    /// The table of prices.
    pub prices: Text,
    /// Names of the columns of the lists where they are not the canonical ones.
    #[serde(default)]
    pub columns: IndexMap<Text, Text>,
    /// Names of the columns of the prices where they are not the canonical ones.
    #[serde(default)]
    pub price_columns: IndexMap<Text, Text>,
    /// Column of the product of each row, of which the article is a variant.
    #[serde(default)]
    pub product: Option<Text>,
    /// Column of the category of each row: a path such as `Casa > Cucina`, whose nearest ancestor with a price counts.
    #[serde(default)]
    pub category: Option<Text>,
    /// Column of the brand of each row.
    #[serde(default)]
    pub brand: Option<Text>,
}

/// Rates of exchange by day. Columns: `base`, `quote`, `date`, `rate` (one unit of `base` in `quote`), `source`. The
/// latest one that is not after the day of the price counts; none within `max_age` days rejects the row.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RatesConfig {
    /// The table.
    pub table: Text,
    /// Names of its columns where they are not the canonical ones.
    #[serde(default)]
    pub columns: IndexMap<Text, Text>,
    /// Currency of the base price and the cost; with `lists` the currency of the list.
    #[serde(default = "euro")]
    pub from: Text,
    /// Days after which a rate is too old. Banks publish none at weekends and holidays.
    #[serde(default = "week")]
    pub max_age: u16,
}

/// What happens to a row without a price.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Missing {
    /// It is kept as a reject.
    #[default]
    Reject,
    /// It is not published: left out, and counted as filtered.
    Skip,
    /// The run ends.
    Fail,
}

/// From when on something is noted in the column of warnings.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WarnConfig {
    /// Rounding that moves a price by more than this share: `5%`.
    #[serde(default)]
    pub rounding: Option<Percent>,
    /// Expression of the recommended price with VAT; a higher price is noted.
    #[serde(default)]
    pub msrp: Option<Text>,
}

fn gross() -> Text {
    Text::from("gross")
}

fn yes() -> Text {
    Text::from("true")
}

fn percent() -> Text {
    Text::from("percent")
}

fn best() -> Text {
    Text::from("best")
}

fn euro() -> Text {
    Text::from("EUR")
}

const fn thirty() -> u16 {
    30
}

const fn week() -> u16 {
    7
}

impl<'de> Deserialize<'de> for Round {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RoundVisitor)
    }
}

struct RoundVisitor;

impl<'de> Visitor<'de> for RoundVisitor {
    type Value = Round;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("`cent`, `{ charm: 0.99, to: up }`, `{ step: 0.05, to: nearest }` or `{ rule: column }`")
    }

    fn visit_str<E: serde::de::Error>(self, word: &str) -> Result<Round, E> {
        if word == "cent" { Ok(Round::Cent) } else { Err(E::invalid_value(serde::de::Unexpected::Str(word), &self)) }
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Round, A::Error> {
        RoundGrid::deserialize(MapAccessDeserializer::new(map)).map(Round::Grid)
    }
}
