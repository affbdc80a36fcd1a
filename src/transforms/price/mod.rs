//! The `price` step: one channel's selling price for each row, with list, promotion, VAT, fee, rounding, floor and claim.
//!
//! Here live the configuration, its checks and the plan; the rules themselves are `domain::pricing`.
//!
//! - `config`: what a user writes, part by part; `value`: numbers and names that are constants or columns
//! - `terms`: the checked numbers of a row; `slots`: the columns a kernel reads
//! - `fields`, `promotions`, `tiers`, `lists`, `rates`: other tables and how they are joined
//! - `plan`: the order of the joins, the kernel and the outputs; `rejects`: what is wrong with a row

pub mod config;
pub mod fields;
pub mod lists;
pub mod plan;
pub mod promotions;
pub mod rates;
pub mod rejects;
pub mod slots;
pub mod terms;
pub mod tiers;
pub mod value;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::context::BindCx;
use crate::diag::{Code, Diagnostic, Placed, Text};
use crate::domain::types::{Schema, Type};
use crate::transforms::{BoundStep, RowEffect, Step};

use config::{
    FeeConfig, FloorConfig, HistoryConfig, ListsConfig, Missing, PromotionsConfig, RatesConfig, Round, TiersConfig,
    WarnConfig,
};
use lists::Lists;
use plan::Plan;
use promotions::Promotions;
use rates::Rates;
use terms::Terms;
use tiers::{Past, Tiers};
use value::{NameOf, PercentOf, bind_instant, bind_name};

/// Works out the selling price on a channel.
///
/// ```yaml
/// - price:
///     channel: ebay
///     base: prezzo_netto
///     vat: iva
///     cost: costo
///     fee: { percent: 11, fixed: "0.35" }
///     promotions: { table: promozioni }
///     round: { charm: 0.99, to: up }
///     floor: { margin: 12% }
/// ```
///
/// The order is fixed: base, quantity tier, currency, fee gross-up, promotion, VAT, rounding of the displayed price, floor,
/// claim of reduction; nothing is rounded before the displayed price, and a promotion is not grossed up again. Net is
/// worked back from the price, and VAT is the difference.
///
/// Adds `price_net`, `price_vat`, `price_gross`, `price_fee`, `price_proceeds`, `price_floor`, `price_regular` (the price
/// without promotion), `price_warnings` (`promotion_not_lower`, `promotion_on_floor`, `rounding_moved`, `above_msrp`,
/// `no_reduction_claim`, `tier_price_rises`), `price_trace`, which says in one line how the price came about; with
/// `promotions` also `price_promotion`, `price_promotion_value`, `price_promotion_from` and `price_promotion_to` of the
/// one that counts; with `lists` also `price_list`, the code of the list that won; with `history` also `price_prior`, `price_discount` (whole percent), `price_strike` (the price to
/// strike through; null: no reduction may be announced) and `price_prior_days`.
///
/// Rows without a positive base, a VAT rate or (with a floor) a cost are rejected: a price is never zero. Rates, fees and
/// floors may be columns, so that the rules of channels are data.
///
/// Not guaranteed: the law of reductions knows exceptions (perishables, below-cost sales, multi-buy offers) that this
/// step does not know; limits of promotions by stock or by buyer are not kept here.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// Name of the channel, or `{ column: canale }` where each row has its own.
    pub channel: NameOf,
    /// Country of the buyers, for promotions, lists and the history: a code or `{ column: paese }`.
    #[serde(default)]
    pub country: Option<NameOf>,
    /// Customer group, for promotions and lists: a name or `{ column: gruppo }`.
    #[serde(default)]
    pub customer_group: Option<NameOf>,
    /// Customer, for lists of his own: a code or `{ column: cliente }`.
    #[serde(default)]
    pub customer: Option<NameOf>,
    /// The instant the price is for: an expression that gives a date or a timestamp. A date is its midnight in
    /// Europe/Rome. Without it, the start of the run.
    #[serde(default)]
    pub at: Option<Text>,
    /// Column of the article: it names a rejected row and joins the other tables; `sku` when there is one.
    #[serde(default)]
    pub key: Option<Text>,
    /// Expression of the price the calculation starts from. Null where `markup` makes it from the cost.
    #[serde(default)]
    pub base: Option<Text>,
    /// Whether `base` contains VAT: `net`, `gross`, or an expression giving these words. With `gross` and no fee the
    /// displayed price is the base itself and the net floats.
    #[serde(default = "net")]
    pub base_kind: Text,
    /// VAT percentage inside a gross base, when it is that of another country than the buyer's: the net is worked out
    /// with it first.
    #[serde(default)]
    pub base_vat: Option<PercentOf>,
    /// Mark-up on the cost, which makes the base where there is none: a percentage or an expression.
    #[serde(default)]
    pub markup: Option<PercentOf>,
    /// Expression of the VAT rate in percent: 22 for 22 %.
    pub vat: Text,
    /// Expression of the net cost, needed by `floor` and `markup`; in the currency of the base.
    #[serde(default)]
    pub cost: Option<Text>,
    /// Expression of the number of pieces, for prices by quantity; 1 where null.
    #[serde(default)]
    pub quantity: Option<Text>,
    /// Prices by quantity.
    #[serde(default)]
    pub tiers: Option<TiersConfig>,
    /// Currency of the price, ISO 4217: it says how many decimals a price has.
    #[serde(default)]
    pub currency: Option<Text>,
    /// Expression of the rate of exchange by which base and cost are multiplied; a row without one is rejected.
    #[serde(default)]
    pub rate: Option<Text>,
    /// Rates of exchange by day, from the currency of the base (or of the list that wins) to `currency`.
    #[serde(default)]
    pub rates: Option<RatesConfig>,
    /// Price lists, of which one makes the base of each row. Where none has a price, `base` is taken if there is one.
    #[serde(default)]
    pub lists: Option<ListsConfig>,
    /// What the channel keeps; the price is raised so that the wanted proceeds remain.
    #[serde(default)]
    pub fee: Option<FeeConfig>,
    /// Promotions.
    #[serde(default)]
    pub promotions: Option<PromotionsConfig>,
    /// How the displayed price is rounded.
    #[serde(default)]
    pub round: Placed<Round>,
    /// The lowest price, also after rounding and promotions.
    #[serde(default)]
    pub floor: Option<Placed<FloorConfig>>,
    /// Published prices of the past, for claims of reduction.
    #[serde(default)]
    pub history: Option<HistoryConfig>,
    /// What happens to a row without a price: `reject` it, `skip` it (not published, counted as filtered), or `fail` the
    /// run. It is never priced zero.
    #[serde(default)]
    pub missing: Missing,
    /// From when on something is noted in `price_warnings`.
    #[serde(default)]
    pub warn: Option<WarnConfig>,
    /// Whether to add `price_trace`. It costs nothing while nobody reads it.
    #[serde(default = "yes")]
    pub trace: bool,
    /// What the output columns begin with.
    #[serde(default = "default_prefix")]
    pub prefix: Text,
}

fn default_prefix() -> Text {
    Text::from("price")
}

fn net() -> Text {
    Text::from("net")
}

const fn yes() -> bool {
    true
}

impl Step for Price {
    fn tables(&self) -> Vec<&Text> {
        let promotions = self.promotions.as_ref().map(|config| &config.table);
        let tiers = self.tiers.as_ref().map(|config| &config.table);
        let history = self.history.as_ref().map(|config| &config.table);
        let lists = self.lists.as_ref().map(|config| [&config.table, &config.prices]);
        let rates = self.rates.as_ref().map(|config| &config.table);
        let first = lists.into_iter().flatten();
        first.chain([rates, promotions, tiers, history].into_iter().flatten()).collect()
    }

    fn bind(&self, input: &Schema, cx: &BindCx) -> Option<BoundStep> {
        let before = cx.reported();
        let terms = Terms::bind(self, input, cx);
        let key = self.key_columns(input, cx);
        let words = [Some(&self.channel), self.country.as_ref(), self.customer_group.as_ref(), self.customer.as_ref()]
            .map(|name| bind_name(name, input, cx));
        let lists = self.lists.as_ref().map(|config| Lists::bind(config, input, cx));
        let rates = self.rates.as_ref().map(|config| Rates::bind(config, cx));
        let at = bind_instant(self.at.as_ref(), input, cx);
        let promotions = self.promotions.as_ref().map(|config| Promotions::bind(config, cx));
        let tiers = self.tiers.as_ref().map(|config| Tiers::bind(config, cx));
        let past = self.history.as_ref().map(|config| Past::bind(config, cx));
        self.check_rates(cx);
        if cx.reported() > before {
            return None;
        }
        let [channel, country, group, customer] = words;
        let at = at?;
        let open = matches!(at, value::BoundInstant::Row(_)) || self.history.is_some();
        let mut plan = Plan {
            terms: terms?,
            channel: channel?,
            country: country?,
            group: group?,
            customer: customer?,
            at,
            currency: self.currency.as_ref().map(|currency| currency.trim().to_owned()),
            lists: lists.flatten(),
            rates: rates.flatten(),
            promotions: promotions.flatten().map(|mut promotions| {
                promotions.open = open;
                promotions
            }),
            tiers: tiers.flatten(),
            past: past.flatten(),
            missing: self.missing,
            trace: self.trace,
            prefix: self.prefix.to_string(),
            columns: Vec::new(),
            key,
        };
        let schema = self.output(input, &plan, cx)?;
        plan.columns = schema.names().map(str::to_owned).collect();
        let rows = if self.missing == Missing::Skip { RowEffect::Filters } else { RowEffect::Keeps };
        Some(BoundStep::many(schema, rows, move |inputs, step| plan.lower(inputs, step)))
    }
}

impl Price {
    /// The column of the article; other tables cannot be joined without one.
    fn key_columns(&self, input: &Schema, cx: &BindCx) -> Vec<String> {
        if let Some(key) = &self.key {
            return cx.require_column(input, key).then(|| key.as_str().to_owned()).into_iter().collect();
        }
        let found: Vec<String> = input.names().filter(|name| *name == "sku").map(str::to_owned).collect();
        if let (true, Some(table)) = (found.is_empty(), self.tables().first()) {
            let message = format!("there is no column `sku` by which `{table}` could be joined");
            let problem = Diagnostic::error(Code::MissingKey, table.place(), message);
            cx.report(problem.help("add `key: <column of the article>` to the step"));
        }
        found
    }

    fn check_rates(&self, cx: &BindCx) {
        let Some(rates) = &self.rates else { return };
        if self.currency.is_none() {
            let message = "`rates` needs the `currency` of the price";
            let problem = Diagnostic::error(Code::MissingKey, rates.table.place(), message);
            cx.report(problem.help("add `currency: GBP` to the step"));
        }
        if let Some(rate) = &self.rate {
            cx.error(Code::BadValue, rate, "`rate` and `rates` both say the rate of exchange: keep one");
        }
    }

    fn output(&self, input: &Schema, plan: &Plan, cx: &BindCx) -> Option<Schema> {
        let mut schema = input.clone();
        let mut taken = Vec::new();
        for (name, ty) in plan.outputs() {
            if schema.insert(name.clone(), ty).is_some() {
                taken.push(format!("`{name}`"));
            }
        }
        if taken.is_empty() {
            return Some(schema);
        }
        let message = format!("the table already has {}", taken.join(", "));
        let problem = Diagnostic::error(Code::DuplicateColumn, self.prefix.place(), message);
        cx.report(problem.help("give this step another `prefix`, such as the name of the channel"));
        None
    }
}

/// The type of money with some decimals.
#[must_use]
pub const fn money(decimals: u8) -> Type {
    Type::Decimal { precision: 18, scale: decimals }
}

#[cfg(test)]
mod tests;
