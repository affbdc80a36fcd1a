//! The numbers that make a price, checked against the table: constants and expressions.

use crate::context::BindCx;
use crate::diag::{Code, Diagnostic, Place, Placed, Text};
use polars::prelude::lit;

use crate::domain::money::{Decimal, pow10};
use crate::domain::pricing::cells::{Number, Word};
use crate::domain::pricing::choice;
use crate::domain::pricing::columns::{FeeColumns, GridColumn, Inputs};
use crate::domain::pricing::currency;
use crate::domain::pricing::grid::From;
use crate::domain::pricing::offers::Scope;
use crate::domain::pricing::{Band, Direction, Grid, Ratio};
use crate::domain::types::Schema;
use crate::expr::{self, Typed};
use crate::transforms::number::{Amount, bind_number, exact};

use super::Price;
use super::config::{BandConfig, BandsOn, DirectionConfig, FeeConfig, FloorConfig, Round, RoundFrom, RoundGrid};
use super::lists::chosen;
use super::slots::Slots;
use super::value::{AmountOf, BoundNumber, BoundWord, PercentOf, bind_choice, bind_text};

/// Checked numbers of a price.
pub struct Terms {
    /// Decimals of the currency of the price.
    pub decimals: u8,
    base: Option<Typed>,
    base_kind: BoundWord,
    base_vat: Option<BoundNumber>,
    markup: Option<BoundNumber>,
    vat: Typed,
    cost: Option<Typed>,
    quantity: Option<Typed>,
    rate: Option<Typed>,
    fee: Option<Fee>,
    grid: Rounding,
    margin: Option<BoundNumber>,
    floor_markup: Option<BoundNumber>,
    least: Option<BoundNumber>,
    msrp: Option<Typed>,
    moved: Option<Decimal>,
    /// Columns that base, VAT and cost are, when they are just columns.
    pub names: [Option<String>; 3],
}

struct Fee {
    percent: Option<BoundNumber>,
    fixed: Option<BoundNumber>,
    least: Option<BoundNumber>,
    most: Option<BoundNumber>,
    base: BoundWord,
    recoverable: Recoverable,
    bands: Vec<Band>,
}

enum Recoverable {
    Constant(bool),
    Row(Typed),
}

enum Rounding {
    Constant(Grid, String),
    Rule(Typed, From),
}

impl Terms {
    /// Checks every number; reports all that is wrong.
    pub fn bind(price: &Price, input: &Schema, cx: &BindCx) -> Option<Self> {
        let decimals = price.currency.as_ref().map_or(2, |currency| currency::decimals(currency.trim()));
        check_currency(price.currency.as_ref(), cx);
        let number = |text: Option<&Text>| text.map(|text| bind_number(text, input, cx));
        let percent = |value: Option<&PercentOf>| value.map(|value| value.bind(input, cx));
        let (base, vat, cost) =
            (number(price.base.as_ref()), bind_number(&price.vat, input, cx), number(price.cost.as_ref()));
        let base_kind = bind_choice(&price.base_kind, &["net", "gross"], input, cx);
        let (base_vat, markup) = (percent(price.base_vat.as_ref()), percent(price.markup.as_ref()));
        if price.base.is_none()
            && price.tiers.is_none()
            && price.lists.is_none()
            && !(price.markup.is_some() && price.cost.is_some())
        {
            let message = "the price starts from nothing: `base` is missing";
            let problem = Diagnostic::error(Code::MissingKey, price.vat.place(), message);
            cx.report(problem.help("add `base: <column>`, or `markup` and `cost`"));
        }
        let (quantity, rate) = (number(price.quantity.as_ref()), number(price.rate.as_ref()));
        let fee = price.fee.as_ref().map(|fee| bind_fee(fee, decimals, input, cx));
        let grid = bind_round(&price.round, decimals, input, cx);
        let floor = price.floor.as_ref().map(|floor| bind_floor(floor, price.cost.is_some(), input, cx));
        let msrp = number(price.warn.as_ref().and_then(|warn| warn.msrp.as_ref()));
        let moved = price.warn.as_ref().and_then(|warn| warn.rounding.as_ref()).map(|share| share.fraction(cx));
        let [margin, floor_markup, least] = floor.unwrap_or(Some([None, None, None]))?;
        let names = [price.base.as_ref(), Some(&price.vat), price.cost.as_ref()];
        Some(Self {
            decimals,
            base: all(base)?,
            base_kind: base_kind?,
            base_vat: all(base_vat)?,
            markup: all(markup)?,
            vat: vat?,
            cost: all(cost)?,
            quantity: all(quantity)?,
            rate: all(rate)?,
            fee: all(fee)?,
            grid: grid?,
            margin,
            floor_markup,
            least,
            msrp: all(msrp)?,
            moved: all(moved)?,
            names: names.map(|text| column_name(text, input)),
        })
    }

    /// The number of pieces.
    pub fn quantity(&self, slots: &mut Slots) -> Number {
        self.quantity.as_ref().map_or(Number::Absent, |typed| slots.number(typed))
    }

    /// The price of the list that won is the base; where there is none, the base of the row.
    pub fn take_list(&self, inputs: &mut Inputs, slots: &mut Slots) {
        let site = slots.site().clone();
        let (mut amount, mut kind) = (chosen("amount"), chosen("kind"));
        if let Some(base) = &self.base {
            let own = exact(base, choice::DECIMALS, &site)
                .rescale(choice::DECIMALS, crate::domain::money::exact::Rounding::HalfUp)
                .expr();
            amount = amount.fill_null(own);
        }
        kind = match &self.base_kind {
            BoundWord::Absent => kind,
            BoundWord::Constant(word) => kind.fill_null(lit(word.clone())),
            BoundWord::Row(typed) => kind.fill_null(typed.lower(&site)),
        };
        inputs.base = Number::Column(slots.add(amount), choice::DECIMALS);
        inputs.base_kind = Word::Column(slots.add(kind));
        inputs.list = Word::Column(slots.add(chosen("list")));
        inputs.level = Number::Column(slots.add(chosen("level")), 0);
    }

    /// The columns of a kernel; promotions, tiers and the past are added by the plan.
    pub fn inputs(&self, scope: Scope, slots: &mut Slots) -> Inputs {
        let vat = slots.number(&self.vat);
        let typed = |typed: &Option<Typed>, slots: &mut Slots| {
            typed.as_ref().map_or(Number::Absent, |typed| slots.number(typed))
        };
        let bound = |number: &Option<BoundNumber>, slots: &mut Slots| {
            number.as_ref().map_or(Number::Absent, |number| number.lower(slots))
        };
        let (grid, rounding) = match &self.grid {
            Rounding::Constant(grid, text) => (GridColumn::Constant(*grid), text.clone()),
            Rounding::Rule(rule, from) => {
                let word = Word::Column(slots.add(rule.lower(slots.site())));
                (GridColumn::Rule(word, *from), String::from("cent"))
            }
        };
        Inputs {
            decimals: self.decimals,
            base: typed(&self.base, slots),
            base_kind: self.base_kind.lower(slots),
            base_vat: bound(&self.base_vat, slots),
            markup: bound(&self.markup, slots),
            cost: typed(&self.cost, slots),
            vat,
            quantity: typed(&self.quantity, slots),
            tiers: None,
            exchange: typed(&self.rate, slots),
            fee: self.fee.as_ref().map(|fee| fee.lower(slots)),
            grid,
            margin: bound(&self.margin, slots),
            floor_markup: bound(&self.floor_markup, slots),
            least: bound(&self.least, slots),
            msrp: typed(&self.msrp, slots),
            scope,
            offers: None,
            history: None,
            moved: self.moved.map(fraction),
            rounding,
            list: Word::Absent,
            level: Number::Absent,
        }
    }
}

impl Fee {
    fn lower(&self, slots: &mut Slots) -> FeeColumns {
        let mut bound =
            |number: &Option<BoundNumber>| number.as_ref().map_or(Number::Absent, |number| number.lower(slots));
        let (percent, fixed) = (bound(&self.percent), bound(&self.fixed));
        let (least, most) = (bound(&self.least), bound(&self.most));
        let recoverable = match &self.recoverable {
            Recoverable::Constant(yes) => Number::Constant(Decimal::new(i128::from(*yes), 0)),
            Recoverable::Row(typed) => {
                let answer = typed.lower(slots.site()).cast(polars::prelude::DataType::Int64);
                Number::Column(slots.add(answer), 0)
            }
        };
        FeeColumns { percent, fixed, least, most, base: self.base.lower(slots), recoverable, bands: self.bands.clone() }
    }
}

/// Turns an optional result inside out: `None` only when something was there and wrong.
fn all<T>(bound: Option<Option<T>>) -> Option<Option<T>> {
    match bound {
        None => Some(None),
        Some(found) => found.map(Some),
    }
}

/// The name of the column when an expression is just that.
fn column_name(text: Option<&Text>, input: &Schema) -> Option<String> {
    text.map(|text| text.as_str().trim()).filter(|name| input.contains(name)).map(str::to_owned)
}

fn check_currency(currency: Option<&Text>, cx: &BindCx) {
    if let Some(text) = currency.filter(|text| text.len() != 3 || !text.bytes().all(|byte| byte.is_ascii_uppercase())) {
        cx.error(Code::BadValue, text, format!("`{text}` is no currency: write its three letters, such as `EUR`"));
    }
}

fn bind_fee(config: &FeeConfig, decimals: u8, input: &Schema, cx: &BindCx) -> Option<Fee> {
    let amount = |value: &Option<AmountOf>| all(value.as_ref().map(|value| value.bind(input, cx)));
    let percent = all(config.percent.as_ref().map(|percent| percent.bind(input, cx)));
    let (fixed, least, most) = (amount(&config.fixed), amount(&config.min), amount(&config.cap));
    let base = bind_choice(&config.base, &["gross", "net"], input, cx);
    let recoverable = bind_recoverable(&config.vat_recoverable, input, cx);
    let bands = bind_bands(config, decimals, cx);
    if config.percent.is_none() && config.fixed.is_none() && config.bands.is_empty() {
        let problem = Diagnostic::error(Code::MissingKey, config.base.place(), "`fee` says nothing about how much");
        cx.report(problem.help("add `percent`, `fixed` or `bands`"));
        return None;
    }
    let percent = percent?;
    if let (Some(BoundNumber::Constant(value)), Some(text), None) = (&percent, &config.percent, &config.cap)
        && *value >= Decimal::new(100, 0)
    {
        cx.error(Code::BadValue, &text.0, "the fee takes the whole price: it must be below 100%");
        return None;
    }
    let (fixed, recoverable) = (fixed?, recoverable?);
    let mut bands = bands?;
    if !bands.is_empty() {
        bands = finish_bands(
            bands,
            &[fixed.as_ref(), least.as_ref()?.as_ref(), most.as_ref()?.as_ref()],
            &recoverable,
            decimals,
            config,
            cx,
        )?;
    }
    Some(Fee { percent, fixed, least: least?, most: most?, base: base?, recoverable, bands })
}

fn bind_recoverable(text: &Text, input: &Schema, cx: &BindCx) -> Option<Recoverable> {
    match text.trim() {
        "true" => Some(Recoverable::Constant(true)),
        "false" => Some(Recoverable::Constant(false)),
        _ => expr::bind_predicate(text, input, cx).map(Recoverable::Row),
    }
}

/// The bands with rates and limits only.
fn bind_bands(config: &FeeConfig, decimals: u8, cx: &BindCx) -> Option<Vec<Band>> {
    let before = cx.reported();
    let mut bands = Vec::new();
    let mut last_limit = 0;
    for (index, band) in config.bands.iter().enumerate() {
        let (rate, limit) = (band.percent.fraction(cx), bind_limit(band, decimals, cx));
        let is_last = index + 1 == config.bands.len();
        if is_last != band.up_to.is_none() {
            cx.error(Code::BadValue, &band.percent.0, "every band but the last has `up_to`, and the last has none");
        }
        if rate.is_some_and(|rate| rate >= Decimal::ONE) {
            cx.error(Code::BadValue, &band.percent.0, "the fee takes the whole price: it must be below 100%");
        }
        if let (Some(limit), Some(up_to)) = (limit, &band.up_to) {
            if limit <= last_limit {
                cx.error(Code::BadValue, &up_to.0, "bands go from the lowest price up: this one ends before it starts");
            }
            last_limit = limit;
        }
        let rate = rate.map_or(Ratio::ZERO, fraction);
        bands.push(Band { up_to: limit, ..Band::plain(rate, Ratio::ZERO) });
    }
    if let (Some(percent), false) = (&config.percent, config.bands.is_empty()) {
        cx.error(Code::BadValue, &percent.0, "`percent` and `bands` both say the percentage: keep one");
    }
    if config.bands_on == BandsOn::Portion {
        add_portions(&mut bands);
    }
    (cx.reported() == before).then_some(bands)
}

fn bind_limit(band: &BandConfig, decimals: u8, cx: &BindCx) -> Option<i128> {
    let limit = band.up_to.as_ref()?.value(cx)?;
    limit.rescale(decimals).map(|limit| limit.mantissa)
}

/// What the portions below add up to, as the fixed amount of each band.
fn add_portions(bands: &mut [Band]) {
    let (mut below, mut start) = (Ratio::ZERO, Ratio::ZERO);
    for band in bands {
        let own = band.rate.times(start).and_then(|taken| below.minus(taken));
        band.fixed = own.unwrap_or(Ratio::ZERO);
        let Some(limit) = band.up_to.map(Ratio::whole) else { return };
        below = band.rate.times(limit).and_then(|taken| taken.plus(band.fixed)).unwrap_or(Ratio::ZERO);
        start = limit;
    }
}

/// Fixed amount, minimum and cap are the same for all bands, and constants.
fn finish_bands(
    bands: Vec<Band>,
    amounts: &[Option<&BoundNumber>; 3],
    recoverable: &Recoverable,
    decimals: u8,
    config: &FeeConfig,
    cx: &BindCx,
) -> Option<Vec<Band>> {
    let row = amounts.iter().any(|amount| matches!(amount, Some(BoundNumber::Row(_))));
    if row || matches!(recoverable, Recoverable::Row(_)) {
        let place = config.bands.first().map_or(Place::NONE, |band| band.percent.0.place());
        let message = "with `bands` the amounts of a fee are numbers, not expressions";
        cx.report(
            Diagnostic::error(Code::Unsupported, place, message)
                .help("one step for each set of bands, after a `filter`"),
        );
        return None;
    }
    let constant = |index: usize| match amounts[index] {
        Some(BoundNumber::Constant(value)) => Some(minor(*value, decimals)),
        _ => None,
    };
    let dear = matches!(recoverable, Recoverable::Constant(false));
    bands
        .into_iter()
        .map(|band| {
            let fixed = constant(0).map_or(Some(band.fixed), |fixed| band.fixed.plus(fixed));
            let band = Band { fixed: fixed?, least: constant(1), most: constant(2), ..band };
            if dear { band.with_unrecoverable_vat() } else { Some(band) }
        })
        .collect()
}

fn minor(value: Decimal, decimals: u8) -> Ratio {
    let factor = pow10(decimals).unwrap_or(1);
    Ratio::new(value.mantissa * factor, pow10(value.scale).unwrap_or(1))
}

fn fraction(value: Decimal) -> Ratio {
    Ratio::new(value.mantissa, pow10(value.scale).unwrap_or(1))
}

fn bind_round(placed: &Placed<Round>, decimals: u8, input: &Schema, cx: &BindCx) -> Option<Rounding> {
    let Round::Grid(config) = &placed.value else {
        return Some(Rounding::Constant(Grid::CENTS, String::from("cent")));
    };
    let from = if config.from == RoundFrom::Cent { From::Cent } else { From::Exact };
    match (&config.charm, &config.step, &config.rule, config.to) {
        (None, None, Some(rule), None) => bind_text(rule, input, cx).map(|rule| Rounding::Rule(rule, from)),
        (Some(amount), None, None, Some(to)) | (None, Some(amount), None, Some(to)) => {
            bind_grid(config, amount, to, decimals, cx).map(|(grid, text)| Rounding::Constant(grid.from(from), text))
        }
        _ => {
            let message = "`round` needs either `charm`, `step` (each with `to`) or `rule`";
            let problem = Diagnostic::error(Code::BadValue, placed.place, message);
            cx.report(
                problem.help("write `{ charm: 0.99, to: up }`, `{ step: 0.05, to: nearest }` or `{ rule: column }`"),
            );
            None
        }
    }
}

fn bind_grid(
    config: &RoundGrid,
    amount: &Amount,
    to: DirectionConfig,
    decimals: u8,
    cx: &BindCx,
) -> Option<(Grid, String)> {
    let direction = match to {
        DirectionConfig::Up => Direction::Up,
        DirectionConfig::Down => Direction::Down,
        DirectionConfig::Nearest => Direction::Nearest,
    };
    let (word, grid): (_, fn(Decimal, Direction, u8) -> Option<Grid>) =
        if config.charm.is_some() { ("charm", Grid::charm) } else { ("step", Grid::step) };
    let value = amount.value(cx)?;
    let rounding = format!("{word}:{value}:{}", direction.as_str());
    grid(value, direction, decimals).map(|grid| (grid, rounding)).or_else(|| {
        let possible = if word == "charm" { "from 0.00 to 0.99" } else { "of one cent or more" };
        cx.error(Code::BadValue, &amount.0, format!("`{word}` must be an amount {possible}, in whole cents"));
        None
    })
}

fn bind_floor(
    placed: &Placed<FloorConfig>,
    has_cost: bool,
    input: &Schema,
    cx: &BindCx,
) -> Option<[Option<BoundNumber>; 3]> {
    let config = &placed.value;
    let from_cost = config.margin.is_some() || config.markup.is_some();
    if from_cost && !has_cost {
        let problem = Diagnostic::error(Code::MissingKey, placed.place, "`floor` needs the `cost` of the goods");
        cx.report(problem.help("add `cost: <column of the net cost>` to the step"));
    }
    let percent = |value: &Option<PercentOf>| all(value.as_ref().map(|value| value.bind(input, cx)));
    let (margin, markup) = (percent(&config.margin), percent(&config.markup));
    let least = all(config.map.as_ref().map(|map| map.bind(input, cx)));
    let both_constant = matches!((&margin, &markup), (Some(Some(BoundNumber::Constant(_))), Some(Some(_))));
    if both_constant || (!from_cost && config.map.is_none()) {
        let message = "`floor` needs either `margin` (on the price) or `markup` (on the cost), or `map`";
        cx.report(Diagnostic::error(Code::BadValue, placed.place, message));
        return None;
    }
    if let (Some(Some(BoundNumber::Constant(value))), Some(text)) = (&margin, &config.margin)
        && *value >= Decimal::new(100, 0)
    {
        cx.error(Code::BadValue, &text.0, "a margin on the price is below 100%; a mark-up on the cost may be more");
        return None;
    }
    Some([margin?, markup?, least?])
}
