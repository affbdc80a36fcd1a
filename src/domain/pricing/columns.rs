//! The calculation over whole columns: reads the cells of each row, prices it, writes the columns of the result.
//!
//! One pass makes all numbers, as the fields of one struct column; what a row lacks becomes a number in its field
//! [`PROBLEM`], so that the step can reject it. Texts are made by `trace`, only where somebody asks for them.

use std::cell::RefCell;

use polars::prelude::{
    Column, DataType, Field, Int32Chunked, Int64Chunked, Int128Chunked, IntoColumn, IntoSeries, NewChunkedArray,
    PlSmallStr, PolarsResult, StructChunked,
};

use crate::domain::money::MAX_DIGITS;
use crate::domain::money::exact::decimal_dtype;

use super::calculation::{Base, Priced, Refusal, Terms, discount};
use super::cells::{Batch, Number, Numbers, Unit, Word, Words};
use super::fee::{Band, Fee, FeeBase};
use super::floor::Floor;
use super::grid::{From, Grid};
use super::history::{History, HistoryColumns, Prior};
use super::offer::Offer;
use super::offers::{OfferColumns, Offers, Scope, Scopes};
use super::ratio::Ratio;

/// Field of the number of a [`Problem`]; null when the row has a price.
pub const PROBLEM: &str = "problem";
/// Field of the position of the promotion that counts.
pub const OFFER: &str = "offer";
/// Field of the notes: bits of `trace::NOTES`.
pub const NOTES: &str = "notes";
/// Fields of money that every price has.
pub const MONEY: [&str; 4] = ["net", "vat", "gross", "proceeds"];
/// Fields of money that a price may have.
pub const OPTIONAL_MONEY: [&str; 6] = ["fee", "floor", "regular", "prior", "strike", "last"];
/// Fields of whole numbers that a price may have.
pub const COUNTS: [&str; 2] = ["discount", "prior_days"];

/// What a row lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Problem {
    /// No positive base.
    Price = 1,
    /// No VAT rate, or a negative one.
    Vat,
    /// A VAT rate above 100.
    VatRange,
    /// No cost, or a negative one, where a floor needs it.
    Cost,
    /// The fee takes everything.
    Fee,
    /// No rate of exchange.
    Exchange,
    /// A rounding rule that is none.
    Rule,
    /// A percentage or amount below zero, or a margin of 100 %.
    Number,
    /// A word that is neither `net` nor `gross`.
    Word,
}

impl Problem {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 9] = [
        Self::Price,
        Self::Vat,
        Self::VatRange,
        Self::Cost,
        Self::Fee,
        Self::Exchange,
        Self::Rule,
        Self::Number,
        Self::Word,
    ];
}

/// Why a row has no price: it lacks something, or a number leaves the digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// A reject.
    Lacks(Problem),
    /// An error of the run.
    Digits,
}

/// The columns a price is made of.
#[derive(Clone, Debug)]
pub struct Inputs {
    /// Decimals of the currency of the price.
    pub decimals: u8,
    /// Base price; null where it is the cost with its mark-up.
    pub base: Number,
    /// `net` or `gross`.
    pub base_kind: Word,
    /// VAT percentage inside a gross base, when it is not that of the row.
    pub base_vat: Number,
    /// Percentage on the cost, where there is no base.
    pub markup: Number,
    /// Net cost.
    pub cost: Number,
    /// VAT percentage.
    pub vat: Number,
    /// Pieces; 1 when null.
    pub quantity: Number,
    /// Prices from a number of pieces on, ascending.
    pub tiers: Option<TierColumns>,
    /// Rate of exchange.
    pub exchange: Number,
    /// What the channel keeps.
    pub fee: Option<FeeColumns>,
    /// Which prices may be shown.
    pub grid: GridColumn,
    /// Percentage of the lowest margin on the price.
    pub margin: Number,
    /// Percentage of the lowest mark-up on the cost.
    pub floor_markup: Number,
    /// Lowest price with VAT.
    pub least: Number,
    /// Recommended price, for a note.
    pub msrp: Number,
    /// What the row is.
    pub scope: Scope,
    /// Promotions.
    pub offers: Option<OfferColumns>,
    /// Prices of the past.
    pub history: Option<HistoryColumns>,
    /// The fraction by which rounding may move a price without a note.
    pub moved: Option<Ratio>,
    /// The rounding as the user wrote it, for the trace: `charm:0.99:up`.
    pub rounding: String,
    /// Code of the list the base is from, for the trace.
    pub list: Word,
    /// How specific that list is, for the trace.
    pub level: Number,
}

/// Columns of lists of quantities and prices.
#[derive(Clone, Copy, Debug)]
pub struct TierColumns {
    /// From how many pieces on, with decimals.
    pub least: (usize, u8),
    /// Price, in the unit of the base, with decimals.
    pub amount: (usize, u8),
}

/// A fee: columns, or bands written in the pipeline.
#[derive(Clone, Debug)]
pub struct FeeColumns {
    /// Percentage; null and no fixed amount: no fee.
    pub percent: Number,
    /// Added to it.
    pub fixed: Number,
    /// What the percentage gives at least.
    pub least: Number,
    /// What the percentage gives at most.
    pub most: Number,
    /// `gross` or `net`.
    pub base: Word,
    /// 1 when its VAT can be deducted, else 0; null: it can.
    pub recoverable: Number,
    /// Bands, instead of all others but `base` and `recoverable`.
    pub bands: Vec<Band>,
}

/// Which prices may be shown.
#[derive(Clone, Debug)]
pub enum GridColumn {
    /// The same in every row.
    Constant(Grid),
    /// Rules as texts; null: every cent.
    Rule(Word, From),
}

/// The inputs of a batch, read.
pub struct Reader<'a> {
    inputs: &'a Inputs,
    base: Numbers,
    base_kind: Words,
    base_vat: Numbers,
    markup: Numbers,
    cost: Numbers,
    vat: Numbers,
    quantity: Numbers,
    exchange: Numbers,
    percent: Numbers,
    fixed: Numbers,
    fee_least: Numbers,
    fee_most: Numbers,
    fee_base: Words,
    recoverable: Numbers,
    rule: Words,
    margin: Numbers,
    floor_markup: Numbers,
    least: Numbers,
    pub(super) msrp: Numbers,
    pub(super) list: Words,
    pub(super) level: Numbers,
    tiers: Option<(super::cells::Lists, Numbers, Numbers)>,
    pub(super) scopes: Scopes,
    pub(super) offers: Option<Offers>,
    history: Option<History>,
    rules: RefCell<Vec<(String, Option<Grid>)>>,
    /// Rows.
    pub height: usize,
}

/// A priced row.
#[derive(Clone, Copy)]
pub struct Row {
    /// The price.
    pub priced: Priced,
    /// The prior price, in minor units, when a promotion holds and the past is known.
    pub prior: Option<(i128, Prior)>,
    /// Whether a promotion holds and the past is known, so that a claim was looked for.
    pub claim: bool,
    /// The last published price, in minor units.
    pub last: Option<i128>,
}

/// What the calculation reads of one row before it starts.
pub struct Start {
    /// Base in minor units.
    pub base: Base,
    /// Cost and the fraction of its mark-up, when they make the base.
    pub cost_plus: Option<(Ratio, Ratio)>,
    /// Quantity of the tier that made the base.
    pub tier: Option<Ratio>,
    /// Rate of exchange.
    pub exchange: Option<Ratio>,
}

impl Inputs {
    /// Reads a batch.
    ///
    /// # Errors
    /// A column is not what it was said to be.
    pub fn read<'a>(&'a self, columns: &'a [Column]) -> PolarsResult<Reader<'a>> {
        let batch = Batch::new(columns);
        let fee = |of: fn(&FeeColumns) -> Number| batch.numbers(self.fee.as_ref().map_or(Number::Absent, of));
        let tiers = self.tiers.map(|tiers| {
            let (least, amount) = (batch.lists(tiers.least.0)?, batch.lists(tiers.amount.0)?);
            let (quantities, amounts) = (least.numbers(tiers.least.1)?, amount.numbers(tiers.amount.1)?);
            PolarsResult::Ok((least, quantities, amounts))
        });
        let rule = if let GridColumn::Rule(word, _) = &self.grid { word } else { &Word::Absent };
        Ok(Reader {
            inputs: self,
            base: batch.numbers(self.base)?,
            base_kind: batch.words(&self.base_kind)?,
            base_vat: batch.numbers(self.base_vat)?,
            markup: batch.numbers(self.markup)?,
            cost: batch.numbers(self.cost)?,
            vat: batch.numbers(self.vat)?,
            quantity: batch.numbers(self.quantity)?,
            exchange: batch.numbers(self.exchange)?,
            percent: fee(|fee| fee.percent)?,
            fixed: fee(|fee| fee.fixed)?,
            fee_least: fee(|fee| fee.least)?,
            fee_most: fee(|fee| fee.most)?,
            fee_base: batch.words(self.fee.as_ref().map_or(&Word::Absent, |fee| &fee.base))?,
            recoverable: fee(|fee| fee.recoverable)?,
            rule: batch.words(rule)?,
            margin: batch.numbers(self.margin)?,
            floor_markup: batch.numbers(self.floor_markup)?,
            least: batch.numbers(self.least)?,
            msrp: batch.numbers(self.msrp)?,
            list: batch.words(&self.list)?,
            level: batch.numbers(self.level)?,
            tiers: tiers.transpose()?,
            scopes: self.scope.read(&batch)?,
            offers: self.offers.as_ref().map(|offers| offers.read(&batch, self.decimals)).transpose()?,
            history: self.history.as_ref().map(|history| history.read(&batch)).transpose()?,
            rules: RefCell::default(),
            height: batch.height,
        })
    }

    /// The struct column of all rows; `at` says which row of the batch leaves the digits.
    ///
    /// # Errors
    /// A column is not what it was said to be, or `overflow` for a row whose numbers leave 128 bits.
    pub fn price(
        &self,
        columns: &[Column],
        overflow: impl FnOnce() -> polars::prelude::PolarsError,
    ) -> PolarsResult<Column> {
        let reader = self.read(columns)?;
        let mut output = Output::with_capacity(reader.height);
        let mut scratch = Vec::new();
        for row in 0..reader.height {
            match reader.row(row, &mut scratch) {
                Ok(found) => output.push(&found, reader.notes(row, &found)),
                Err(Stop::Lacks(problem)) => output.lack(problem),
                Err(Stop::Digits) => return Err(overflow()),
            }
        }
        output.finish(self.decimals, columns[0].name())
    }
}

/// Type of the struct column.
#[must_use]
pub fn dtype(decimals: u8) -> DataType {
    let money = MONEY.iter().chain(&OPTIONAL_MONEY).map(|name| Field::new((*name).into(), decimal_dtype(decimals)));
    let counts = COUNTS.iter().map(|name| Field::new((*name).into(), DataType::Int64));
    let bits = [PROBLEM, NOTES].map(|name| Field::new(name.into(), DataType::Int32));
    let offer = Field::new(OFFER.into(), DataType::Int64);
    DataType::Struct(money.chain(counts).chain(bits).chain([offer]).collect())
}

impl Reader<'_> {
    /// Prices a row. `offers` is room that is used again.
    ///
    /// # Errors
    /// What the row lacks.
    #[inline]
    pub fn row(&self, row: usize, offers: &mut Vec<Offer>) -> Result<Row, Stop> {
        let lacks = |problem| Stop::Lacks(problem);
        let vat = self.vat(&self.vat, row).map_err(lacks)?;
        let start = self.start(row, vat)?;
        let floor = self.floor(row)?;
        let (bands, base) = self.bands(row)?;
        let grid = self.grid(row).ok_or(Stop::Lacks(Problem::Rule))?;
        match &self.offers {
            Some(all) => all.holding(row, &self.scopes, offers).ok_or(Stop::Digits)?,
            None => offers.clear(),
        }
        let bands: &[Band] = match &bands {
            Some(band) => std::slice::from_ref(band),
            None => self.inputs.fee.as_ref().map_or(&[], |fee| &fee.bands),
        };
        let mut terms = Terms {
            base: start.base,
            exchange: start.exchange,
            vat,
            fee: (!bands.is_empty()).then_some(Fee { base, bands }),
            offers,
            grid,
            floor,
            least: self.amount(&self.least, row)?.map(Ratio::ceil),
        };
        let priced = terms.price().map_err(|refusal| match refusal {
            Refusal::FeeTooHigh => Stop::Lacks(Problem::Fee),
            Refusal::NoFloor => Stop::Lacks(Problem::Number),
            Refusal::Digits => Stop::Digits,
        })?;
        Ok(self.with_claim(row, priced))
    }

    /// Base, tier, currency: what comes before the channel.
    ///
    /// # Errors
    /// What the row lacks.
    pub fn start(&self, row: usize, vat: Ratio) -> Result<Start, Stop> {
        let exchange = match (&self.exchange, self.exchange.get(row)) {
            (Numbers::Absent, _) => None,
            (rates, Some(rate)) if rate > 0 => Some(rates.plain().ratio(rate).ok_or(Stop::Digits)?),
            _ => return Err(Stop::Lacks(Problem::Exchange)),
        };
        let (tier, amount) = match self.tier(row)? {
            Some((least, amount)) => (Some(least), Some(amount)),
            None => (None, self.amount(&self.base, row)?),
        };
        let missing = Stop::Lacks(Problem::Price);
        let Some(amount) = amount else {
            let markup = self.fraction(&self.markup, row)?.ok_or(missing)?;
            let cost = self.amount(&self.cost, row)?.filter(|cost| cost.is_positive()).ok_or(missing)?;
            let base = Ratio::ONE.plus(markup).and_then(|factor| cost.times(factor)).ok_or(Stop::Digits)?;
            return Ok(Start { base: Base::Net(base), cost_plus: Some((cost, markup)), tier, exchange });
        };
        if !amount.is_positive() {
            return Err(missing);
        }
        let base = match self.base_kind.get(row) {
            None | Some("net") => Base::Net(amount),
            Some("gross") => match self.base_vat.get(row) {
                Some(_) => {
                    let foreign = self.vat(&self.base_vat, row).map_err(Stop::Lacks)?;
                    if foreign.compare(vat).is_eq() { Base::Gross(amount) } else { Base::Foreign(amount, foreign) }
                }
                None => Base::Gross(amount),
            },
            Some(_) => return Err(Stop::Lacks(Problem::Word)),
        };
        Ok(Start { base, cost_plus: None, tier, exchange })
    }

    /// `1 + v` of a row.
    pub(super) fn vat_of(&self, row: usize) -> Option<Ratio> {
        self.vat(&self.vat, row).ok()
    }

    fn vat(&self, percents: &Numbers, row: usize) -> Result<Ratio, Problem> {
        let percent = percents.get(row).filter(|percent| *percent >= 0).ok_or(Problem::Vat)?;
        let fraction = percents.fractions().ratio(percent).ok_or(Problem::VatRange)?;
        if fraction.compare(Ratio::ONE).is_gt() {
            return Err(Problem::VatRange);
        }
        Ratio::ONE.plus(fraction).ok_or(Problem::VatRange)
    }

    /// An amount in minor units. Signs are looked at by the caller.
    fn amount(&self, numbers: &Numbers, row: usize) -> Result<Option<Ratio>, Stop> {
        self.quotient(numbers, row, |numbers, decimals| numbers.amounts(decimals))
    }

    /// A percentage as a fraction, not below zero.
    fn fraction(&self, numbers: &Numbers, row: usize) -> Result<Option<Ratio>, Stop> {
        let found = self.quotient(numbers, row, |numbers, _| numbers.fractions())?;
        if found.is_some_and(|found| !found.is_positive() && !found.is_zero()) {
            return Err(Stop::Lacks(Problem::Number));
        }
        Ok(found)
    }

    fn quotient(&self, numbers: &Numbers, row: usize, unit: fn(&Numbers, u8) -> Unit) -> Result<Option<Ratio>, Stop> {
        let Some(value) = numbers.get(row) else { return Ok(None) };
        unit(numbers, self.inputs.decimals).ratio(value).map(Some).ok_or(Stop::Digits)
    }

    /// The price from the highest quantity that is reached.
    fn tier(&self, row: usize) -> Result<Option<(Ratio, Ratio)>, Stop> {
        let Some((lists, quantities, amounts)) = &self.tiers else { return Ok(None) };
        let quantity = self.quotient(&self.quantity, row, |numbers, _| numbers.plain())?.unwrap_or(Ratio::ONE);
        let mut best: Option<(Ratio, Ratio)> = None;
        for at in lists.range(row) {
            let (Some(least), Some(amount)) = (quantities.get(at), amounts.get(at)) else { continue };
            let least = quantities.plain().ratio(least).ok_or(Stop::Digits)?;
            let better = best.is_none_or(|(best, _)| least.compare(best).is_ge());
            if better && least.compare(quantity).is_le() {
                let amount = amounts.amounts(self.inputs.decimals).ratio(amount).ok_or(Stop::Digits)?;
                best = Some((least, amount));
            }
        }
        Ok(best)
    }

    /// Whether the price of an article rises with the quantity.
    pub(super) fn tiers_rise(&self, row: usize) -> bool {
        let Some((lists, quantities, amounts)) = &self.tiers else { return false };
        let mut steps: Vec<_> = lists.range(row).map(|at| (quantities.get(at), amounts.get(at))).collect();
        steps.sort_unstable();
        steps.windows(2).any(|pair| pair[1].1 > pair[0].1)
    }

    fn floor(&self, row: usize) -> Result<Option<(Floor, Ratio)>, Stop> {
        let margin = self.fraction(&self.margin, row)?;
        let floor = match margin {
            Some(margin) => Some(Floor::Margin(margin)),
            None => self.fraction(&self.floor_markup, row)?.map(Floor::Markup),
        };
        let Some(floor) = floor else { return Ok(None) };
        let cost = self.amount(&self.cost, row)?.filter(|cost| cost.is_positive() || cost.is_zero());
        Ok(Some((floor, cost.ok_or(Stop::Lacks(Problem::Cost))?)))
    }

    /// The fee of a row: its own single band, or none where the bands are those of the pipeline.
    #[inline]
    fn bands(&self, row: usize) -> Result<(Option<Band>, FeeBase), Stop> {
        let Some(fee) = &self.inputs.fee else { return Ok((None, FeeBase::Gross)) };
        let base = match self.fee_base.get(row) {
            None | Some("gross") => FeeBase::Gross,
            Some("net") => FeeBase::Net,
            Some(_) => return Err(Stop::Lacks(Problem::Word)),
        };
        if !fee.bands.is_empty() {
            return Ok((None, base));
        }
        let rate = self.fraction(&self.percent, row)?;
        let fixed = self.cost_of(&self.fixed, row)?;
        if rate.is_none() && fixed.is_none() {
            return Ok((None, base));
        }
        let band = Band {
            least: self.cost_of(&self.fee_least, row)?,
            most: self.cost_of(&self.fee_most, row)?,
            ..Band::plain(rate.unwrap_or(Ratio::ZERO), fixed.unwrap_or(Ratio::ZERO))
        };
        let dear = self.recoverable.get(row) == Some(0);
        let band = if dear { band.with_unrecoverable_vat().ok_or(Stop::Digits)? } else { band };
        Ok((Some(band), base))
    }

    /// An amount that is not below zero.
    fn cost_of(&self, numbers: &Numbers, row: usize) -> Result<Option<Ratio>, Stop> {
        let found = self.amount(numbers, row)?;
        if found.is_some_and(|found| !found.is_positive() && !found.is_zero()) {
            return Err(Stop::Lacks(Problem::Number));
        }
        Ok(found)
    }

    /// Rules repeat: each text is read once a batch.
    #[inline]
    fn grid(&self, row: usize) -> Option<Grid> {
        let from = match &self.inputs.grid {
            GridColumn::Constant(grid) => return Some(*grid),
            GridColumn::Rule(_, from) => *from,
        };
        let Some(text) = self.rule.get(row) else { return Some(Grid::CENTS) };
        let mut rules = self.rules.borrow_mut();
        if let Some((_, grid)) = rules.iter().find(|(known, _)| known == text) {
            return *grid;
        }
        let grid = Grid::read(text, self.inputs.decimals).map(|grid| grid.from(from));
        rules.push((text.to_owned(), grid));
        grid
    }

    /// The rounding of a row as it was written.
    pub(super) fn rule_text(&self, row: usize) -> Option<&str> {
        self.rule.get(row)
    }

    pub(super) fn rounding(&self) -> &str {
        &self.inputs.rounding
    }

    pub(super) const fn inputs(&self) -> &Inputs {
        self.inputs
    }

    pub(super) fn minor(&self, numbers: &Numbers, row: usize) -> Option<Ratio> {
        self.amount(numbers, row).ok().flatten()
    }

    fn with_claim(&self, row: usize, priced: Priced) -> Row {
        let mut found = Row { priced, prior: None, claim: false, last: None };
        let Some(history) = &self.history else { return found };
        let (country, now) = (self.scopes.country(row), self.scopes.at(row));
        let minor = |gross: i128| history.prices().amounts(self.inputs.decimals).ratio(gross).map(Ratio::half_up);
        found.last = now.and_then(|now| history.last(row, now, country)).and_then(minor);
        let (Some(offers), Some(offered)) = (&self.offers, &priced.offered) else { return found };
        found.claim = history.is_known(row, country);
        let start = offers.start(row, offered.index).or(now);
        let prior = start.and_then(|start| history.prior(row, start, country));
        found.prior = prior.and_then(|prior| Some((minor(prior.gross)?, prior)));
        found
    }
}

/// The columns that grow.
struct Output {
    money: [Vec<i128>; 4],
    optional: [Vec<Option<i128>>; 6],
    counts: [Vec<Option<i64>>; 2],
    bits: [Vec<Option<i32>>; 2],
    offer: Vec<Option<i64>>,
}

impl Output {
    fn with_capacity(rows: usize) -> Self {
        Self {
            money: std::array::from_fn(|_| Vec::with_capacity(rows)),
            optional: std::array::from_fn(|_| Vec::with_capacity(rows)),
            counts: std::array::from_fn(|_| Vec::with_capacity(rows)),
            bits: std::array::from_fn(|_| Vec::with_capacity(rows)),
            offer: Vec::with_capacity(rows),
        }
    }

    #[inline]
    fn push(&mut self, row: &Row, notes: i32) {
        let priced = &row.priced;
        let prior = row.prior.map(|(prior, _)| prior);
        let money = [priced.net, priced.gross - priced.net, priced.gross, priced.net - priced.fee.unwrap_or(0)];
        let strike = prior.filter(|prior| priced.gross < *prior);
        let optional = [priced.fee, priced.floor, Some(priced.regular), prior, strike, row.last];
        let percent = row.claim.then(|| prior.map_or(0, |prior| discount(priced.gross, prior)));
        let counts = [
            percent.and_then(|percent| i64::try_from(percent).ok()),
            row.prior.map(|(_, prior)| i64::from(prior.days)),
        ];
        let offer = priced.offered.and_then(|offered| i64::try_from(offered.index).ok());
        self.extend(money, optional, counts, [None, Some(notes)], offer);
    }

    fn lack(&mut self, problem: Problem) {
        self.extend([0; 4], [None; 6], [None; 2], [Some(problem as i32), None], None);
    }

    #[inline]
    fn extend(
        &mut self,
        money: [i128; 4],
        optional: [Option<i128>; 6],
        counts: [Option<i64>; 2],
        bits: [Option<i32>; 2],
        offer: Option<i64>,
    ) {
        self.money.iter_mut().zip(money).for_each(|(column, value)| column.push(value));
        self.optional.iter_mut().zip(optional).for_each(|(column, value)| column.push(value));
        self.counts.iter_mut().zip(counts).for_each(|(column, value)| column.push(value));
        self.bits.iter_mut().zip(bits).for_each(|(column, value)| column.push(value));
        self.offer.push(offer);
    }

    fn finish(self, decimals: u8, name: &PlSmallStr) -> PolarsResult<Column> {
        let rows = self.offer.len();
        let decimal = |values: Int128Chunked| {
            values.into_decimal_unchecked(usize::from(MAX_DIGITS), usize::from(decimals)).into_series()
        };
        let money =
            MONEY.iter().zip(self.money).map(|(name, values)| decimal(Int128Chunked::from_vec((*name).into(), values)));
        let optional = OPTIONAL_MONEY
            .iter()
            .zip(self.optional)
            .map(|(name, values)| decimal(Int128Chunked::from_slice_options((*name).into(), &values)));
        let counts = COUNTS
            .iter()
            .zip(self.counts)
            .map(|(name, values)| Int64Chunked::from_slice_options((*name).into(), &values).into_series());
        let bits = [PROBLEM, NOTES]
            .iter()
            .zip(self.bits)
            .map(|(name, values)| Int32Chunked::from_slice_options((*name).into(), &values).into_series());
        let offer = Int64Chunked::from_slice_options(OFFER.into(), &self.offer).into_series();
        let fields: Vec<_> = money.chain(optional).chain(counts).chain(bits).chain([offer]).collect();
        Ok(StructChunked::from_series(name.clone(), rows, fields.iter())?.into_series().into_column())
    }
}
