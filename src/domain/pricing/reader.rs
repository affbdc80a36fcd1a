//! The inputs of a batch, row by row: the terms of each price, and its price.

use std::cell::RefCell;

use polars::prelude::{Column, PolarsResult};

use super::calculation::{Base, Priced, Refusal, Terms};
use super::cells::{Batch, Lists, Number, Numbers, Unit, Word, Words};
use super::columns::{FeeColumns, GridColumn, Inputs, Problem};
use super::fee::{Band, Fee, FeeBase};
use super::floor::Floor;
use super::grid::Grid;
use super::history::{History, Prior};
use super::offer::Offer;
use super::offers::{Offers, Scopes};
use super::ratio::Ratio;

/// Why a row has no price: it lacks something, or a number leaves the digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// A reject.
    Lacks(Problem),
    /// An error of the run.
    Digits,
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
    tiers: Option<(Lists, Numbers, Numbers)>,
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
}

impl Reader<'_> {
    /// Prices a row. `offers` is room that is used again.
    ///
    /// # Errors
    /// What the row lacks.
    #[inline]
    pub fn row(&self, row: usize, offers: &mut Vec<Offer>) -> Result<Row, Stop> {
        let lacks = |problem| Stop::Lacks(problem);
        let vat = factor(&self.vat, row).map_err(lacks)?;
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
            Refusal::Promotion => Stop::Lacks(Problem::Promotion),
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
                    let foreign = factor(&self.base_vat, row).map_err(Stop::Lacks)?;
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
        factor(&self.vat, row).ok()
    }

    /// An amount in minor units. Signs are looked at by the caller.
    fn amount(&self, numbers: &Numbers, row: usize) -> Result<Option<Ratio>, Stop> {
        self.quotient(numbers, row, Numbers::amounts)
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

/// `1 + v` of a percentage.
fn factor(percents: &Numbers, row: usize) -> Result<Ratio, Problem> {
    let percent = percents.get(row).filter(|percent| *percent >= 0).ok_or(Problem::Vat)?;
    let fraction = percents.fractions().ratio(percent).ok_or(Problem::VatRange)?;
    if fraction.compare(Ratio::ONE).is_gt() {
        return Err(Problem::VatRange);
    }
    Ratio::ONE.plus(fraction).ok_or(Problem::VatRange)
}
