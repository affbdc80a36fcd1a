//! The other tables that a `stock` step reads: open orders, suppliers, kits, receipts, what was published before.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::diag::Text;
use crate::transforms::names::Names;
use crate::transforms::number::Percent;
use crate::transforms::shape::{Options, Shape};

/// The name of a table where its columns have the canonical names, or a map that says which they are.
pub type Table<O> = Shape<O>;

macro_rules! or_name {
    ($($options:ident $expected:literal;)*) => {$(
        impl Options for $options {
            const EXPECTED: &'static str = $expected;
        }

        impl $options {
            /// The options as written, or with the canonical columns where only a name was written.
            #[must_use]
            pub fn of(table: &Table<Self>) -> Self {
                match table {
                    Shape::Map(options) => options.clone(),
                    Shape::Word(name) => Self { table: name.clone(), ..Self::default() },
                    Shape::List(_) => Self::default(),
                }
            }
        }
    )*};
}

or_name! {
    Articles "the name of a table, or `{ table: articoli, key: sku }`";
    Unsynced "the name of a table, or `{ table: ordini, key: sku, quantity: qty }`";
    Fba "the name of a table, or `{ table: fba, key: sku, quantity: qty }`";
    Kits "the name of a table, or `{ table: distinte, key: kit, component: sku, quantity: qty }`";
    Incoming "the name of a table, or `{ table: arrivi, key: sku, quantity: qty, date: expected_on }`";
    Rules "the name of a table, or `{ table: canali, channel: canale, columns: { buffer: scorta } }`";
}

/// The catalogue: which articles there are, and what channel rules may ask about them.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Articles {
    /// The table, with one row per article.
    pub table: Text,
    /// Column of the article there; the same name as `key` when absent.
    #[serde(default)]
    pub key: Option<Text>,
}

/// Units of channel orders that the stock does not know yet, one row per order line; cancellations are negative.
///
/// An order counts when the source of the stock has not imported it. That is told by identity: `imported` or
/// `imported_in`. Where it is not known, time decides, if `placed_at` and `snapshot_at` are given; else it counts.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Unsynced {
    /// The table.
    pub table: Text,
    /// Column of the article there; the same name as `key` when absent.
    #[serde(default)]
    pub key: Option<Text>,
    /// Ordered quantity: a column or an expression; `qty` when absent. Empty cells are zero.
    #[serde(default)]
    pub quantity: Option<Text>,
    /// Columns that identify an order. Rows of one order with the same line, article and quantity count once, as pages
    /// and exports overlap. Without it every row counts.
    #[serde(default)]
    pub order: Option<Names>,
    /// Column of the line within the order. Needed when an order may have the same article on two lines.
    #[serde(default)]
    pub line: Option<Text>,
    /// Whether the stock's source has the order: a condition over the columns of the table. Empty is not known.
    #[serde(default)]
    pub imported: Option<Text>,
    /// The orders that the stock's source has, as a table.
    #[serde(default)]
    pub imported_in: Option<ImportedIn>,
    /// When the order was placed: an instant.
    #[serde(default)]
    pub placed_at: Option<Text>,
    /// When the stock was taken: an instant, a column or an expression such as `:istantanea`.
    #[serde(default)]
    pub snapshot_at: Option<Text>,
    /// How much earlier than the snapshot an order may have been placed and still count: clocks differ, pages are late.
    #[serde(default)]
    pub margin: Option<Text>,
}

/// The orders that the source of the stock has imported.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportedIn {
    /// The table.
    pub table: Text,
    /// Its columns that identify an order, in the order of `order`.
    pub order: Names,
}

/// Goods of suppliers. With `table`: one row per article and supplier. Without: the rows of the step's own table whose
/// `quantity_kind` is `supplier`.
///
/// Counts `floor(max(quantity − buffer, 0) × trust)`, and nothing when the answer is older than `max_age` or of unknown
/// age.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Suppliers {
    /// The table.
    #[serde(default)]
    pub table: Option<Text>,
    /// Column of the article there; the same name as `key` when absent.
    #[serde(default)]
    pub key: Option<Text>,
    /// Quantity the supplier has: a column or an expression; `qty` when absent.
    #[serde(default)]
    pub quantity: Option<Text>,
    /// Quantity that is left to the supplier's other customers: a number, or an expression over the table.
    #[serde(default)]
    pub buffer: Option<Text>,
    /// Share of the rest that is trusted, in percent: a number, or an expression over the table. All of it when absent.
    #[serde(default)]
    pub trust: Option<Text>,
    /// When the supplier answered: an instant. This or `age_hours` is needed when `max_age` is to be held.
    #[serde(default)]
    pub received_at: Option<Text>,
    /// How old the answer is, in hours: a column or an expression.
    #[serde(default)]
    pub age_hours: Option<Text>,
    /// How old an answer may be: a duration such as `24h`, or an expression that gives hours. A day when absent; the
    /// limit itself is allowed.
    #[serde(default)]
    pub max_age: Option<Text>,
    /// When suppliers' goods are added.
    #[serde(default)]
    pub add: Add,
}

/// When the goods of suppliers are added to the pool.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Add {
    /// Only where nothing of the own stock is left once open orders are subtracted: delivery times are not mixed.
    #[default]
    IfOut,
    /// Always.
    Always,
}

/// What a marketplace has in its own warehouse. It is sold on the channels that say `fba`, and nowhere else.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fba {
    /// The table.
    pub table: Text,
    /// Column of the article there; the same name as `key` when absent.
    #[serde(default)]
    pub key: Option<Text>,
    /// Fulfillable quantity: a column or an expression; `qty` when absent.
    #[serde(default)]
    pub quantity: Option<Text>,
}

/// Recipes of kits: one row per kit and component. A component may be in several kits; a kit inside a kit counts by its
/// own stock.
///
/// A kit can be assembled as often as its scarcest component allows, out of the component's own pool on the channel:
/// after open orders, which include those for kits. A component that is missing, or of which the recipe needs nothing,
/// blocks the kit.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Kits {
    /// The table.
    pub table: Text,
    /// Column of the kit; `kit` when absent.
    #[serde(default)]
    pub key: Option<Text>,
    /// Column of the component's article; `component` when absent.
    #[serde(default)]
    pub component: Option<Text>,
    /// Quantity of the component in one kit: a column or an expression; `qty` when absent.
    #[serde(default)]
    pub quantity: Option<Text>,
    /// What is available of the component, where another system knows it: a column or an expression. The components'
    /// own rows in this step are then not looked at.
    #[serde(default)]
    pub available: Option<Text>,
    /// What a kit is made of.
    #[serde(default)]
    pub mode: KitMode,
    /// How articles that need the same component share it.
    #[serde(default)]
    pub sharing: Sharing,
}

/// What a kit is made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum KitMode {
    /// Of its components; stock of the kit itself does not count.
    #[default]
    Virtual,
    /// Packed beforehand: only the stock of the kit itself counts.
    Prepacked,
    /// Both: kits that are packed, and those that can be assembled.
    Both,
}

/// How articles that need the same component share it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Sharing {
    /// Each shows all that the component allows; the next run corrects all of them after a sale.
    #[default]
    Full,
    /// The component is divided evenly among the kits that need it and itself, so that all can sell at the same time.
    Split,
}

/// Receipts that are expected, one row per article and delivery; demand that is due by a date is negative.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Incoming {
    /// The table.
    pub table: Text,
    /// Column of the article there; the same name as `key` when absent.
    #[serde(default)]
    pub key: Option<Text>,
    /// Quantity: a column or an expression; `qty` when absent.
    #[serde(default)]
    pub quantity: Option<Text>,
    /// Day it is expected: a column or an expression; `expected_on` when absent.
    #[serde(default)]
    pub date: Option<Text>,
}

/// What was published last, one row per article. It stands in for stock that is missing or too old, and is what the
/// guard against a large drop looks at.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Last {
    /// The table.
    pub table: Text,
    /// Column of the article there; the same name as `key` when absent.
    #[serde(default)]
    pub key: Option<Text>,
    /// When it was published: an instant; `published_at` when absent.
    #[serde(default)]
    pub at: Option<Text>,
    /// How long a published quantity is kept when the stock of an article is missing or too old; then it is zero.
    #[serde(default)]
    pub keep: Option<Text>,
    /// The run fails when more than this share of the articles that a channel had on sale is at zero now; 30 % when
    /// absent.
    #[serde(default)]
    pub max_drop: Option<Percent>,
    /// Column of each channel's quantity; `CHANNEL_qty` when absent. Channels without a column have no last value.
    #[serde(default)]
    pub columns: IndexMap<Text, Text>,
}

/// Rules of the channels as a table, one row per channel.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// The table.
    pub table: Text,
    /// Column of the channel's name; `channel` when absent.
    #[serde(default)]
    pub channel: Option<Text>,
    /// Columns of the rules that have another name there: `percent`, `fixed`, `buffer`, `cap`, `min_publish`, and
    /// `warehouses`, a `list<text>`. Rules without a column do not apply; an empty cell is no rule.
    #[serde(default)]
    pub columns: IndexMap<Text, Text>,
}
