//! The `price` step: one channel's selling price for each row, with VAT, fee, rounding and floor.
//!
//! Here live the configuration, its checks and the rejects; the rules themselves are `domain::pricing`.

use std::cmp::Ordering;
use std::fmt;

use polars::prelude::Expr;
use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor, value::MapAccessDeserializer};

use crate::context::BindCx;
use crate::diag::{Code, Diagnostic, Placed, Text};
use crate::domain::money::Decimal;
use crate::domain::money::exact::{Exact, Site};
use crate::domain::pricing::calculation::{BASE_DECIMALS, VAT_DECIMALS};
use crate::domain::pricing::{Anchor, Calculation, Direction, Fee, FeeBase, Floor, Grid, Inputs};
use crate::domain::types::Schema;
use crate::expr::Typed;
use crate::transforms::number::{Amount, Percent, bind_number, exact};
use crate::transforms::reject::{Rule, reject};
use crate::transforms::{BoundStep, Step};

/// Works out the selling price on one channel.
///
/// ```yaml
/// - price:
///     channel: ebay
///     base: prezzo_netto
///     vat: iva
///     cost: costo
///     fee: { percent: 11, fixed: "0.35" }
///     round: { charm: 0.99, to: up }
///     floor: { margin: 12% }
/// ```
///
/// The order is fixed: base, fee gross-up, VAT, rounding of the displayed price, floor; nothing is rounded before the
/// displayed price. Net is worked back from it, and VAT is the difference. Adds `price_net`, `price_vat`,
/// `price_gross`, `price_fee`, `price_proceeds`, `price_floor` and `price_trace`, which says in one line how the price
/// came about. Rows without a positive base, a VAT rate or (with a floor) a cost are rejected: a price is never zero.
///
/// Not guaranteed: it does not choose among lists, apply promotions or quantity tiers, or check price-reduction claims.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// Name of the channel, for messages.
    pub channel: Text,
    /// Expression of the price the calculation starts from.
    pub base: Text,
    /// Whether `base` contains VAT. With `gross` and no fee the displayed price is the base itself and the net floats.
    #[serde(default)]
    pub base_kind: BaseKind,
    /// Expression of the VAT rate in percent: 22 for 22 %.
    pub vat: Text,
    /// Expression of the net cost, needed by `floor`.
    #[serde(default)]
    pub cost: Option<Text>,
    /// What the channel keeps; the price is raised so that the wanted proceeds remain.
    #[serde(default)]
    pub fee: Option<FeeConfig>,
    /// How the displayed price is rounded.
    #[serde(default)]
    pub round: Placed<Round>,
    /// The lowest price, also after rounding.
    #[serde(default)]
    pub floor: Option<Placed<FloorConfig>>,
    /// What the output columns begin with.
    #[serde(default = "default_prefix")]
    pub prefix: Text,
    /// Column that names a rejected row to a person; `sku` when there is one.
    #[serde(default)]
    pub key: Option<Text>,
}

/// Whether a base price contains VAT.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BaseKind {
    /// Without VAT.
    #[default]
    Net,
    /// With VAT.
    Gross,
}

/// What a channel keeps of each sale.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FeeConfig {
    /// Percentage of the price.
    pub percent: Percent,
    /// Amount per sale, without VAT.
    #[serde(default)]
    pub fixed: Option<Amount>,
    /// What the percentage is taken on: the price with VAT (most marketplaces) or without.
    #[serde(default)]
    pub base: FeeBaseConfig,
    /// Whether the VAT on the fee can be deducted; a forfettario cannot, and bears it as a cost.
    #[serde(default = "yes")]
    pub vat_recoverable: bool,
}

/// What the percentage of a fee is taken on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FeeBaseConfig {
    /// The price with VAT.
    #[default]
    Gross,
    /// The price without VAT.
    Net,
}

/// Rounding of the displayed price: `cent`, `{ charm: 0.99, to: up }` or `{ step: 0.05, to: nearest }`.
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

/// Rounding to an ending or to a step; exactly one of `charm` and `step`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RoundGrid {
    /// Ending of the price: `0.99` allows 0.99, 1.99, 2.99, …
    #[serde(default)]
    pub charm: Option<Amount>,
    /// Prices are multiples of this amount.
    #[serde(default)]
    pub step: Option<Amount>,
    /// Which allowed price is taken when the price lies between two; a tie of `nearest` goes up.
    pub to: DirectionConfig,
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

/// The lowest price, from the cost; exactly one of `margin` and `markup`. After the fee at least this must remain.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FloorConfig {
    /// Lowest margin on the net price: (price − cost) / price.
    #[serde(default)]
    pub margin: Option<Percent>,
    /// Lowest mark-up on the cost: (price − cost) / cost.
    #[serde(default)]
    pub markup: Option<Percent>,
}

fn default_prefix() -> Text {
    Text::from("price")
}

const fn yes() -> bool {
    true
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
        formatter.write_str("`cent`, `{ charm: 0.99, to: up }` or `{ step: 0.05, to: nearest }`")
    }

    fn visit_str<E: serde::de::Error>(self, word: &str) -> Result<Round, E> {
        if word == "cent" { Ok(Round::Cent) } else { Err(E::invalid_value(serde::de::Unexpected::Str(word), &self)) }
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Round, A::Error> {
        RoundGrid::deserialize(MapAccessDeserializer::new(map)).map(Round::Grid)
    }
}

/// A checked price step.
struct Bound {
    calculation: Calculation,
    base: Typed,
    vat: Typed,
    cost: Option<Typed>,
    channel: String,
    names: [Option<String>; 3],
    key: Vec<String>,
}

impl Step for Price {
    fn bind(&self, input: &Schema, cx: &BindCx) -> Option<BoundStep> {
        let before = cx.reported();
        let base = bind_number(&self.base, input, cx);
        let vat = bind_number(&self.vat, input, cx);
        let cost = self.cost.as_ref().map(|cost| bind_number(cost, input, cx));
        let calculation = self.calculation(cx);
        let key = self.key_columns(input, cx);
        let schema = calculation.as_ref().and_then(|calculation| self.output(input, calculation, cx));
        if cx.reported() > before {
            return None;
        }
        let bound = Bound {
            calculation: calculation?,
            base: base?,
            vat: vat?,
            cost: cost.flatten(),
            channel: self.channel.as_str().to_owned(),
            names: [Some(&self.base), Some(&self.vat), self.cost.as_ref()].map(|text| column_name(text, input)),
            key,
        };
        Some(BoundStep::keeps(schema?, move |frame, step| {
            let site = Site::from(step.site.as_str());
            let frame = reject(frame, bound.rules(&site), &bound.key, step);
            Ok(bound.calculation.apply(frame, bound.inputs(&site), &site))
        }))
    }
}

/// The name of the column when an expression is just that.
fn column_name(text: Option<&Text>, input: &Schema) -> Option<String> {
    text.map(|text| text.as_str().trim()).filter(|name| input.contains(name)).map(str::to_owned)
}

impl Price {
    fn calculation(&self, cx: &BindCx) -> Option<Calculation> {
        let fee = self.fee.as_ref().map(|fee| fee.bind(cx));
        let grid = self.round.value.bind(&self.round, cx);
        let floor = self.floor.as_ref().map(|floor| floor.value.bind(floor, self.cost.is_some(), cx));
        let (grid, rounding) = grid?;
        Some(Calculation {
            anchor: if self.base_kind == BaseKind::Gross { Anchor::Gross } else { Anchor::Net },
            fee: fee.map_or(Some(None), |fee| fee.map(Some))?,
            grid,
            rounding,
            floor: floor.map_or(Some(None), |floor| floor.map(Some))?,
            prefix: self.prefix.as_str().to_owned(),
        })
    }

    fn key_columns(&self, input: &Schema, cx: &BindCx) -> Vec<String> {
        match &self.key {
            Some(key) => cx.require_column(input, key).then(|| key.as_str().to_owned()).into_iter().collect(),
            None => input.names().filter(|name| *name == "sku").map(str::to_owned).collect(),
        }
    }

    fn output(&self, input: &Schema, calculation: &Calculation, cx: &BindCx) -> Option<Schema> {
        let mut schema = input.clone();
        let mut taken = Vec::new();
        for (name, ty) in calculation.columns() {
            if schema.insert(name.clone(), ty).is_some() {
                taken.push(format!("`{name}`"));
            }
        }
        if taken.is_empty() {
            return Some(schema);
        }
        let message = format!("the table already has {}", taken.join(", "));
        let problem = Diagnostic::error(Code::DuplicateColumn, self.prefix.place().to(self.channel.place()), message);
        cx.report(problem.help("give this step another `prefix`, such as the name of the channel"));
        None
    }
}

impl FeeConfig {
    fn bind(&self, cx: &BindCx) -> Option<Fee> {
        let rate = self.percent.fraction(cx);
        let fixed = self.fixed.as_ref().map_or(Some(Decimal::ZERO), |fixed| fixed.value(cx));
        let base = if self.base == FeeBaseConfig::Net { FeeBase::Net } else { FeeBase::Gross };
        let fee = Fee { rate: rate?, fixed: fixed?, base };
        let fee = if self.vat_recoverable { Some(fee) } else { fee.with_unrecoverable_vat() };
        fee.filter(|fee| fee.rate < Decimal::ONE).or_else(|| {
            cx.error(Code::BadValue, &self.percent.0, "the fee takes the whole price: it must be below 100%");
            None
        })
    }
}

impl Round {
    fn bind(&self, placed: &Placed<Self>, cx: &BindCx) -> Option<(Grid, String)> {
        let Self::Grid(config) = self else { return Some((Grid::CENTS, String::from("cent"))) };
        let direction = match config.to {
            DirectionConfig::Up => Direction::Up,
            DirectionConfig::Down => Direction::Down,
            DirectionConfig::Nearest => Direction::Nearest,
        };
        let (word, amount, grid): (_, _, fn(Decimal, Direction) -> Option<Grid>) = match (&config.charm, &config.step) {
            (Some(charm), None) => ("charm", charm, Grid::charm),
            (None, Some(step)) => ("step", step, Grid::step),
            _ => {
                let message = "`round` needs either `charm` or `step`";
                let problem = Diagnostic::error(Code::BadValue, placed.place, message);
                cx.report(problem.help("write `{ charm: 0.99, to: up }` or `{ step: 0.05, to: nearest }`"));
                return None;
            }
        };
        let value = amount.value(cx)?;
        let rounding = format!("{word}:{value}:{}", direction.as_str());
        grid(value, direction).map(|grid| (grid, rounding)).or_else(|| {
            let possible = if word == "charm" { "from 0.00 to 0.99" } else { "of one cent or more" };
            cx.error(Code::BadValue, &amount.0, format!("`{word}` must be an amount {possible}, in whole cents"));
            None
        })
    }
}

impl FloorConfig {
    fn bind(&self, placed: &Placed<Self>, has_cost: bool, cx: &BindCx) -> Option<Floor> {
        if !has_cost {
            let problem = Diagnostic::error(Code::MissingKey, placed.place, "`floor` needs the `cost` of the goods");
            cx.report(problem.help("add `cost: <column of the net cost>` to the step"));
        }
        let floor = match (&self.margin, &self.markup) {
            (Some(margin), None) => margin.fraction(cx).map(|value| (Floor::Margin(value), value, margin)),
            (None, Some(markup)) => markup.fraction(cx).map(|value| (Floor::Markup(value), Decimal::ZERO, markup)),
            _ => {
                let message = "`floor` needs either `margin` (on the price) or `markup` (on the cost)";
                cx.report(Diagnostic::error(Code::BadValue, placed.place, message));
                None
            }
        };
        let (floor, share, text) = floor?;
        if share >= Decimal::ONE {
            cx.error(Code::BadValue, &text.0, "a margin on the price is below 100%; a mark-up on the cost may be more");
            return None;
        }
        has_cost.then_some(floor)
    }
}

impl Bound {
    fn inputs(&self, site: &Site) -> Inputs {
        Inputs {
            base: exact(&self.base, BASE_DECIMALS, site),
            vat: exact(&self.vat, VAT_DECIMALS, site),
            cost: self.cost.as_ref().map(|cost| exact(cost, BASE_DECIMALS, site)),
        }
    }

    fn rules(&self, site: &Site) -> Vec<Rule> {
        let (inputs, channel) = (self.inputs(site), &self.channel);
        let [base, vat, cost] = self.names.each_ref().map(Option::as_ref);
        let mut rules = vec![
            rule(
                absent_or(&inputs.base, Ordering::is_le, site),
                "missing-price",
                format!("no price for channel `{channel}`: the base is missing, zero or negative"),
                format!("manca il prezzo per il canale `{channel}`: la base è vuota, zero o negativa"),
                base,
            ),
            rule(
                absent_or(&inputs.vat, Ordering::is_lt, site),
                "missing-vat",
                String::from("the VAT rate is missing or negative"),
                String::from("l'aliquota IVA manca o è negativa"),
                vat,
            ),
            rule(
                inputs.vat.compare(&Exact::literal(Decimal::new(100, 0), site), Ordering::is_gt),
                "bad-vat",
                String::from("the VAT rate is above 100: write percent, as 22 for 22%"),
                String::from("l'aliquota IVA supera 100: va scritta in percento, 22 per il 22%"),
                vat,
            ),
        ];
        if let Some(value) = inputs.cost.filter(|_| self.calculation.floor.is_some()) {
            rules.push(rule(
                absent_or(&value, Ordering::is_lt, site),
                "missing-cost",
                format!("no floor for channel `{channel}`: the cost is missing or negative"),
                format!("prezzo minimo non calcolabile per il canale `{channel}`: il costo manca o è negativo"),
                cost,
            ));
        }
        if let Some(condition) = self.calculation.fee_too_high(&inputs.vat, site) {
            rules.push(rule(
                condition,
                "fee-too-high",
                format!("the fee of channel `{channel}` with VAT takes the whole price: no price leaves any proceeds"),
                format!("la commissione del canale `{channel}` con l'IVA assorbe tutto il prezzo"),
                vat,
            ));
        }
        rules
    }
}

fn absent_or(value: &Exact, test: fn(Ordering) -> bool, site: &Site) -> Expr {
    let zero = Exact::literal(Decimal::ZERO, site);
    value.clone().expr().is_null().or(value.compare(&zero, test))
}

fn rule(condition: Expr, cause: &str, message: String, italian: String, column: Option<&String>) -> Rule {
    let rule = Rule::new(condition, cause, message).italian(italian);
    match column {
        Some(column) => rule.column(column),
        None => rule,
    }
}

#[cfg(test)]
#[path = "price_tests.rs"]
mod tests;
