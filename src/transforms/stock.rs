//! The `stock` step: from one row per article and warehouse to one row per article with what each channel may show.
//!
//! Here live the configuration and its checks; the plan is `stock_plan`, the rules are `domain::stock`.

use std::fmt;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor, value::MapAccessDeserializer};

use crate::context::BindCx;
use crate::diag::{Code, Diagnostic, Placed, Text};
use crate::domain::money::Decimal;
use crate::domain::stock::{Negative, Pool, Rule};
use crate::domain::types::{Schema, Type};
use crate::transforms::number::{Amount, Percent, is_exact};
use crate::transforms::stock_plan::{ChannelPlan, StockPlan, UnsyncedPlan};
use crate::transforms::{BoundStep, RowEffect, Step};

/// Aggregates stock over warehouses and works out what each channel may show.
///
/// ```yaml
/// - stock:
///     key: sku
///     warehouse: magazzino
///     on_hand: giacenza
///     reserved: impegnato
///     warehouses: [MI, RM]
///     unsynced: { table: ordini_aperti, quantity: pezzi }
///     channels:
///       shop:   {}
///       ebay:   { warehouses: [MI], buffer: 2, cap: 10, min_publish: 2 }
///       outlet: { percent: 60% }
/// ```
///
/// Available in a warehouse is on hand − reserved − unavailable − safety. A channel's pool is the sum over its
/// warehouses − what was ordered but is not in the stock yet (`unsynced`). Of the pool is published: a `fixed` or a
/// `percent` part, less the `buffer`, at most `cap`, nothing below `min_publish`, never below zero; floored, never
/// rounded up. Gives one row per key, sorted: `pool_CHANNEL`, `CHANNEL_qty`, `CHANNEL_availability` and
/// `stock_trace_CHANNEL` for each channel; other columns end here.
///
/// Two rows for one article and warehouse are rejected (`duplicate-stock-row`), because adding them might count the same
/// goods twice. Not guaranteed: kits, suppliers' stock, stock held by a marketplace and dated receipts are not covered;
/// an article that has no row at all does not appear.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Stock {
    /// Column of the article.
    #[serde(default = "default_key")]
    pub key: Text,
    /// Column of the warehouse code.
    #[serde(default = "default_warehouse")]
    pub warehouse: Text,
    /// Column of the quantity that is there, or available when `quantity_kind` says so.
    #[serde(default = "default_on_hand")]
    pub on_hand: Text,
    /// Column of the quantity promised to orders; `reserved` when the table has it. Empty cells are zero.
    #[serde(default)]
    pub reserved: Option<Text>,
    /// Column of the quantity that cannot be sold; `unavailable` when the table has it. Empty cells are zero.
    #[serde(default)]
    pub unavailable: Option<Text>,
    /// Whether `on_hand` is physical, or already free of what the source reserves: subtracting twice loses sales.
    #[serde(default)]
    pub quantity_kind: QuantityKind,
    /// Warehouses that sell; the others do not count. All of them when absent.
    #[serde(default)]
    pub warehouses: Option<Vec<Text>>,
    /// Quantity kept back in each warehouse.
    #[serde(default)]
    pub safety: Option<Amount>,
    /// What a warehouse below zero does.
    #[serde(default)]
    pub negative: NegativeKind,
    /// Units ordered that the stock does not know yet; a table, with one row per order line.
    #[serde(default)]
    pub unsynced: Option<Unsynced>,
    /// Whether published quantities are whole pieces. By default they are when all quantities are integers.
    #[serde(default)]
    pub whole: Option<bool>,
    /// Channels by name.
    pub channels: IndexMap<Text, Channel>,
}

/// What a source's quantity means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum QuantityKind {
    /// What is on the shelf.
    #[default]
    Physical,
    /// What is left after the source's own reservations.
    Available,
}

/// What a warehouse below zero does to the pool.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NegativeKind {
    /// It reduces the pool.
    #[default]
    Net,
    /// It counts as zero.
    ClampEach,
}

/// Orders that the stock does not know yet: the name of a table, or the table with its columns.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = or_name)]
pub struct UnsyncedTable {
    /// The table.
    pub table: Text,
    /// Column of the article there; the same name as `key` when absent.
    #[serde(default)]
    pub key: Option<Text>,
    /// Column of the ordered quantity.
    #[serde(default = "default_quantity")]
    pub quantity: Text,
}

/// [`UnsyncedTable`], which may be written as the bare name of the table.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(transparent)]
pub struct Unsynced(pub UnsyncedTable);

/// What a channel may show of its pool.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Channel {
    /// Warehouses the channel is served from; those of the step when absent.
    #[serde(default)]
    pub warehouses: Option<Vec<Text>>,
    /// Part of the pool, floored.
    #[serde(default)]
    pub percent: Option<Percent>,
    /// Fixed quantity, as far as the pool has it; instead of `percent`.
    #[serde(default)]
    pub fixed: Option<Amount>,
    /// Quantity kept back against overselling.
    #[serde(default)]
    pub buffer: Option<Amount>,
    /// The most that is shown.
    #[serde(default)]
    pub cap: Option<Amount>,
    /// Below this quantity nothing is shown: the last piece stays in the shop.
    #[serde(default)]
    pub min_publish: Option<Amount>,
}

fn or_name(schema: &mut schemars::Schema) {
    let table = std::mem::take(schema);
    *schema = schemars::json_schema!({ "anyOf": [{ "type": "string" }, table] });
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

fn default_quantity() -> Text {
    Text::from("qty")
}

impl<'de> Deserialize<'de> for Unsynced {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Placed { value, place } = Placed::<Written>::deserialize(deserializer)?;
        Ok(Self(match value {
            Written::Table(table) => table,
            Written::Name(name) => {
                UnsyncedTable { table: Text::new(name, place), key: None, quantity: default_quantity() }
            }
        }))
    }
}

/// The two ways to write [`Unsynced`].
enum Written {
    Name(String),
    Table(UnsyncedTable),
}

impl<'de> Deserialize<'de> for Written {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(WrittenVisitor)
    }
}

struct WrittenVisitor;

impl<'de> Visitor<'de> for WrittenVisitor {
    type Value = Written;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the name of a table, or `{ table: ordini, key: sku, quantity: qty }`")
    }

    fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<Written, E> {
        Ok(Written::Name(name.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Written, A::Error> {
        UnsyncedTable::deserialize(MapAccessDeserializer::new(map)).map(Written::Table)
    }
}

impl Step for Stock {
    fn tables(&self) -> Vec<&Text> {
        self.unsynced.iter().map(|unsynced| &unsynced.0.table).collect()
    }

    fn bind(&self, input: &Schema, cx: &BindCx) -> Option<BoundStep> {
        let before = cx.reported();
        cx.require_column(input, &self.key);
        require_text(&self.warehouse, input, cx);
        let mut quantities: Vec<&Type> = Vec::new();
        quantities.extend(require_quantity(&self.on_hand, input, cx));
        let reserved = self.taken(self.reserved.as_ref(), "reserved", input, &mut quantities, cx);
        let unavailable = self.taken(self.unavailable.as_ref(), "unavailable", input, &mut quantities, cx);
        let safety = self.safety.as_ref().map_or(Some(Decimal::ZERO), |safety| safety.value(cx));
        let unsynced =
            self.unsynced.as_ref().map(|unsynced| self.bind_unsynced(&unsynced.0, input, &mut quantities, cx));
        let channels: Vec<_> =
            self.channels.iter().map(|(name, channel)| self.bind_channel(name, channel, cx)).collect();
        let safety = safety.filter(|_| cx.reported() == before)?.trimmed();
        let whole = safety.scale == 0
            && quantities.iter().all(|ty| matches!(ty, Type::Integer | Type::Decimal { scale: 0, .. }));
        let plan = StockPlan {
            key: self.key.as_str().to_owned(),
            warehouse: self.warehouse.as_str().to_owned(),
            on_hand: column_of(&self.on_hand, input)?,
            reserved,
            unavailable,
            safety,
            negative: if self.negative == NegativeKind::Net { Negative::Net } else { Negative::ClampEach },
            unsynced: unsynced.flatten(),
            pool_decimals: if whole { 0 } else { QUANTITY_DECIMALS },
            decimals: if self.whole.unwrap_or(whole) { 0 } else { QUANTITY_DECIMALS },
            channels: channels.into_iter().collect::<Option<_>>()?,
        };
        let schema = plan.schema(input).map_err(|name| {
            cx.error(Code::DuplicateColumn, &self.key, format!("two columns would be called `{name}`"));
        });
        let lower = move |inputs, step: &crate::transforms::StepCx| Ok(plan.lower(inputs, step));
        Some(BoundStep::many(schema.ok()?, RowEffect::Changes, lower))
    }
}

/// Decimals of quantities that are not whole: the language's `quantity`.
const QUANTITY_DECIMALS: u8 = 3;

impl Stock {
    /// A quantity that is subtracted: the column named, or the canonical one when the table has it.
    fn taken<'s>(
        &self,
        named: Option<&Text>,
        canonical: &str,
        input: &'s Schema,
        quantities: &mut Vec<&'s Type>,
        cx: &BindCx,
    ) -> Option<(String, Type)> {
        let physical = self.quantity_kind == QuantityKind::Physical;
        if let (Some(column), false) = (named, physical) {
            let problem = Diagnostic::error(
                Code::BadValue,
                column.place(),
                format!(
                    "`{canonical}` would be subtracted twice: `quantity_kind` says that the quantity is already available"
                ),
            );
            cx.report(problem.help(format!("remove `{canonical}`, or write `quantity_kind: physical`")));
            return None;
        }
        let canonical = Text::from(canonical);
        let column = named.or_else(|| (physical && input.contains(canonical.as_str())).then_some(&canonical))?;
        quantities.push(require_quantity(column, input, cx)?);
        column_of(column, input)
    }

    fn bind_unsynced<'s>(
        &self,
        unsynced: &UnsyncedTable,
        input: &Schema,
        quantities: &mut Vec<&'s Type>,
        cx: &BindCx<'s>,
    ) -> Option<UnsyncedPlan> {
        let table = cx.table(&unsynced.table)?;
        let key = unsynced.key.clone().unwrap_or_else(|| self.key.clone().at(unsynced.table.place()));
        let quantity = require_quantity(&unsynced.quantity, table, cx);
        if !cx.require_column(table, &key) {
            return None;
        }
        let (left, right) = (input.get(self.key.as_str())?, table.get(key.as_str())?);
        if left != right {
            let message = format!("`{key}` of `{}` is {right}, but `{}` here is {left}", unsynced.table, self.key);
            cx.report(
                Diagnostic::error(Code::KeyMismatch, key.place(), message)
                    .help("codes of articles are text on both sides"),
            );
            return None;
        }
        quantities.push(quantity?);
        Some(UnsyncedPlan { key: key.as_str().to_owned(), quantity: column_of(&unsynced.quantity, table)? })
    }

    fn bind_channel(&self, name: &Text, channel: &Channel, cx: &BindCx) -> Option<ChannelPlan> {
        let warehouses = channel.warehouses.as_ref().or(self.warehouses.as_ref());
        if let (Some(all), Some(own)) = (&self.warehouses, &channel.warehouses) {
            for code in own.iter().filter(|code| !all.contains(code)) {
                let known: Vec<&str> = all.iter().map(Text::as_str).collect();
                let message = format!(
                    "channel `{name}` is served from `{code}`, which is not among the `warehouses` of the step"
                );
                cx.report(
                    Diagnostic::error(Code::BadValue, code.place(), message)
                        .help(format!("warehouses: {}", known.join(", "))),
                );
            }
        }
        if let (Some(percent), Some(_)) = (&channel.percent, &channel.fixed) {
            cx.error(Code::BadValue, &percent.0, format!("channel `{name}` has both `percent` and `fixed`: keep one"));
        }
        let amount = |amount: &Option<Amount>, rule: fn(Decimal) -> Rule| {
            amount.as_ref().map(|amount| amount.value(cx).map(rule))
        };
        let percent = channel.percent.as_ref().map(|percent| bind_share(percent, cx));
        let rules = [
            percent,
            amount(&channel.fixed, Rule::Fixed),
            amount(&channel.buffer, Rule::Buffer),
            amount(&channel.cap, Rule::Cap),
            amount(&channel.min_publish, Rule::MinPublish),
        ];
        Some(ChannelPlan {
            name: name.as_str().to_owned(),
            pool: Pool {
                warehouses: warehouses.map(|codes| codes.iter().map(|code| code.as_str().to_owned()).collect()),
            },
            rules: rules.into_iter().flatten().collect::<Option<_>>()?,
        })
    }
}

fn bind_share(percent: &Percent, cx: &BindCx) -> Option<Rule> {
    let share = percent.fraction(cx)?;
    if share > Decimal::ONE {
        cx.error(Code::BadValue, &percent.0, "a channel cannot show more than 100% of its pool");
        return None;
    }
    Some(Rule::Percent(share))
}

fn require_text(column: &Text, schema: &Schema, cx: &BindCx) {
    if !cx.require_column(schema, column) {
        return;
    }
    if let Some(found) = schema.get(column.as_str()).filter(|found| **found != Type::Text) {
        cx.error(
            Code::TypeMismatch,
            column,
            format!("`{column}` is {found}: text is needed, as codes have leading zeros"),
        );
    }
}

fn require_quantity<'s>(column: &Text, schema: &'s Schema, cx: &BindCx) -> Option<&'s Type> {
    if !cx.require_column(schema, column) {
        return None;
    }
    let ty = schema.get(column.as_str())?;
    if is_exact(ty) {
        return Some(ty);
    }
    let message = format!("`{column}` is {ty}: a quantity is an integer or a decimal");
    cx.report(
        Diagnostic::error(Code::TypeMismatch, column.place(), message).help("give the column the type `quantity`"),
    );
    None
}

fn column_of(column: &Text, schema: &Schema) -> Option<(String, Type)> {
    Some((column.as_str().to_owned(), schema.get(column.as_str())?.clone()))
}

#[cfg(test)]
#[path = "stock_tests.rs"]
mod tests;
