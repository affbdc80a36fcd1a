//! The `stock` step: from one row per article and warehouse to one row per article with what each channel may show.
//!
//! Here lives the configuration. `bind` checks it, `plan` and its neighbours lower it; the rules are `domain::stock`.

pub mod bind;
pub mod bind_tables;
pub mod channel;
pub mod draw;
pub mod inputs;
pub mod kits;
pub mod outputs;
pub mod plan;
pub mod pools;
pub mod publish;
pub mod rows;
pub mod stage;
pub mod tables;
pub mod trace;
pub mod value;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::context::BindCx;
use crate::diag::Text;
use crate::domain::types::Schema;
use crate::transforms::{BoundStep, Step};

pub use channel::Channel;
use tables::{Articles, Fba, Incoming, Kits, Last, Rules, Suppliers, Table, Unsynced};

/// Aggregates stock over warehouses and works out what each channel may show.
///
/// ```yaml
/// - stock:
///     key: sku
///     warehouse: magazzino
///     on_hand: giacenza
///     reserved: impegnato
///     warehouses: [MI, RM]
///     unsynced: { table: ordini_aperti, quantity: pezzi, order: [canale, ordine] }
///     channels:
///       shop:   {}
///       ebay:   { warehouses: [MI], buffer: 2, cap: 10, min_publish: 2 }
///       outlet: { percent: 60% }
/// ```
///
/// Available in a warehouse is on hand − reserved − unavailable − safety. A channel's pool is the sum over its
/// warehouses, with suppliers' goods and the kits that can be assembled, − what was ordered but is not in the stock yet
/// (`unsynced`); a channel with `fba` has the marketplace's stock instead. Of the pool is published: a `fixed` or a
/// `percent` part, less the `buffer`, at most `cap`, nothing below `min_publish`, never below zero; floored, never
/// rounded up.
///
/// Gives one row per key: `pool_CHANNEL`, `CHANNEL_qty`, `CHANNEL_availability` and `stock_trace_CHANNEL` for each
/// channel, `atp_CHANNEL` with `incoming`, `CHANNEL_availability_date` with `backorder` or `preorder`, and
/// `stock_alerts`, which names what a person should look at; other columns end here. The articles are those of
/// `articles`, or else all that some table of stock has. A pool that is not known is empty, not zero.
///
/// Two rows for one article and warehouse are rejected (`duplicate-stock-row`), because adding them might count the same
/// goods twice, unless `duplicates: sum` says that they are parts. Not guaranteed: channels without `ring_fenced` show
/// the same goods at the same time, which is safe only as long as each sale comes back before the next run.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Stock {
    /// Column of the article.
    #[serde(default = "default_key")]
    pub key: Text,
    /// Column of the warehouse code.
    #[serde(default = "default_warehouse")]
    pub warehouse: Text,
    /// Quantity that is there, or available when `quantity_kind` says so: a column or an expression.
    #[serde(default = "default_on_hand")]
    pub on_hand: Text,
    /// Quantity promised to orders: a column or an expression; `reserved` when the table has it. Empty cells are zero.
    #[serde(default)]
    pub reserved: Option<Text>,
    /// Quantity that cannot be sold: a column or an expression; `unavailable` when the table has it. Empty cells are
    /// zero.
    #[serde(default)]
    pub unavailable: Option<Text>,
    /// What `on_hand` means: `physical` (reserved, unavailable and unsynced are subtracted), `available` (already free of
    /// what the source reserves: only unsynced), `salable` (free of the channels' reservations too: nothing), or an
    /// expression that gives the word for each row; rows may also be `supplier`. Subtracting twice loses sales.
    #[serde(default = "default_kind")]
    pub quantity_kind: Text,
    /// Warehouses that sell; the others do not count. All of them when absent.
    #[serde(default)]
    pub warehouses: Option<Vec<Text>>,
    /// Quantity kept back in each warehouse, whatever the kind: a number, or an expression over the rows.
    #[serde(default)]
    pub safety: Option<Text>,
    /// What a warehouse below zero does: `net` reduces the pool, `clamp_each` counts as zero, `reject` rejects the
    /// article; or an expression that gives the word for each row.
    #[serde(default = "default_negative")]
    pub negative: Text,
    /// What two rows of one article and warehouse are.
    #[serde(default)]
    pub duplicates: Duplicates,
    /// When the row's stock was taken: an instant.
    #[serde(default)]
    pub as_of: Option<Text>,
    /// How old a row may be, with `as_of`; the article counts as missing when one of its rows is older. `4h` when absent.
    #[serde(default)]
    pub max_age: Option<Text>,
    /// The day for receipts: a date such as `:giorno`, or an expression over `articles`. The business day of the run when
    /// absent.
    #[serde(default)]
    pub day: Option<Text>,
    /// The instant against which ages are measured, such as `:adesso`. The start of the run when absent.
    #[serde(default)]
    pub now: Option<Text>,
    /// Day from which an article is no longer sold, over `articles`: a date; from then on nothing is published.
    #[serde(default)]
    pub end_of_life: Option<Text>,
    /// Days after `end_of_life` from which the availability says that the article leaves the channel; until then it is
    /// out of stock, so that reviews and ids survive a change of mind. 30 when absent.
    #[serde(default)]
    pub remove_after: Option<u16>,
    /// The catalogue: which articles come out, and columns that channel rules may use. Stock of other articles is
    /// rejected (`unknown-article`).
    #[serde(default)]
    pub articles: Option<Table<Articles>>,
    /// Units ordered that the stock does not know yet; a table, with one row per order line.
    #[serde(default)]
    pub unsynced: Option<Table<Unsynced>>,
    /// Goods of suppliers.
    #[serde(default)]
    pub suppliers: Option<Suppliers>,
    /// Stock that a marketplace holds.
    #[serde(default)]
    pub fba: Option<Table<Fba>>,
    /// Recipes of kits.
    #[serde(default)]
    pub kits: Option<Table<Kits>>,
    /// Receipts that are expected.
    #[serde(default)]
    pub incoming: Option<Table<Incoming>>,
    /// What was published last.
    #[serde(default)]
    pub last: Option<Last>,
    /// Rules of the channels as a table; what a channel says itself goes before.
    #[serde(default)]
    pub rules: Option<Table<Rules>>,
    /// Whether published quantities are whole pieces. By default they are when all quantities are integers.
    #[serde(default)]
    pub whole: Option<bool>,
    /// Whether each channel has a column that says how its quantity came about.
    #[serde(default = "yes")]
    pub trace: bool,
    /// Whether the rows come out sorted by key.
    #[serde(default = "yes")]
    pub sort: bool,
    /// Channels by name.
    pub channels: IndexMap<Text, Channel>,
}

/// What two rows of one article and warehouse are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Duplicates {
    /// A mistake: both are rejected.
    #[default]
    Reject,
    /// Parts of one quantity, such as lots or shelves: they are added.
    Sum,
}

fn default_key() -> Text {
    Text::from("sku")
}

fn default_warehouse() -> Text {
    Text::from("warehouse")
}

fn default_on_hand() -> Text {
    Text::from("on_hand")
}

fn default_kind() -> Text {
    Text::from("physical")
}

fn default_negative() -> Text {
    Text::from("net")
}

const fn yes() -> bool {
    true
}

impl Step for Stock {
    fn tables(&self) -> Vec<&Text> {
        inputs::tables(self).into_iter().map(|(_, name)| name).collect()
    }

    fn bind(&self, input: &Schema, cx: &BindCx) -> Option<BoundStep> {
        bind::bind(self, input, cx)
    }
}

#[cfg(test)]
mod tests;
