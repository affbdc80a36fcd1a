//! Which price of which list holds for a row, over whole columns.
//!
//! The prices of a row come as columns of lists, one set of them for each way in which a price can name the article:
//! itself, its product, its category and the ancestors of that, its brand, all articles.

use std::cell::RefCell;
use std::cmp::Reverse;

use polars::prelude::{
    Column, DataType, Field, Int64Chunked, Int128Chunked, IntoColumn, IntoSeries, NewChunkedArray, PolarsResult,
    StringChunked, StructChunked,
};

use crate::domain::money::MAX_DIGITS;
use crate::domain::money::exact::decimal_dtype;

use super::cells::{Batch, Lists, Number, Numbers, Word, Words};
use super::lists::{Derivation, Nearness, Rank, level};
use super::offers::{Scope, Scopes};
use super::ratio::Ratio;

/// Decimals of a chosen price: a derived one is not rounded unless its list says so.
pub const DECIMALS: u8 = 10;
/// Fields of the struct column.
pub const FIELDS: [&str; 5] = ["amount", "kind", "list", "currency", "level"];

/// Columns of lists of one way to name the article.
#[derive(Clone, Debug)]
pub struct PriceColumns {
    /// Code of the list.
    pub list: usize,
    /// Price, with its decimals.
    pub amount: (usize, u8),
    /// Steps of the derivation.
    pub steps: usize,
    /// Distance of the list the price is taken from.
    pub depth: usize,
    /// 1 when the price contains VAT.
    pub gross: usize,
    /// Priority of the list.
    pub priority: usize,
    /// Window of the list.
    pub from: usize,
    /// Window of the list.
    pub to: usize,
    /// Window of the price.
    pub price_from: usize,
    /// Window of the price.
    pub price_to: usize,
    /// From how many pieces on, with decimals.
    pub least: (usize, u8),
    /// Keys of the list.
    pub channel: usize,
    /// Keys of the list.
    pub country: usize,
    /// Keys of the list.
    pub group: usize,
    /// Keys of the list.
    pub customer: usize,
    /// Keys of the list.
    pub currency: usize,
}

/// What chooses a price.
#[derive(Clone, Debug)]
pub struct Choice {
    /// Prices of each row, from the nearest way to name the article.
    pub prices: Vec<PriceColumns>,
    /// What the row is.
    pub scope: Scope,
    /// Its customer.
    pub customer: Word,
    /// Pieces.
    pub quantity: Number,
    /// Currency that is wanted.
    pub currency: Option<String>,
    /// Decimals of the currency.
    pub decimals: u8,
}

/// Why no price could be chosen, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dispute {
    /// Two lists are equal in all that decides.
    Ambiguous(String, String),
    /// A derivation cannot be read.
    Derivation(String),
    /// A number leaves 128 bits.
    Digits,
}

struct Prices {
    lists: Lists,
    list: Words,
    amount: Numbers,
    steps: Words,
    numbers: [Numbers; 8],
    keys: [Words; 5],
}

#[derive(Clone, Copy)]
struct Candidate {
    set: usize,
    at: usize,
    rank: Rank,
    nearness: Nearness,
}

impl Choice {
    /// Type of the struct column.
    #[must_use]
    pub fn dtype() -> DataType {
        let types = [decimal_dtype(DECIMALS), DataType::String, DataType::String, DataType::String, DataType::Int64];
        DataType::Struct(FIELDS.iter().zip(types).map(|(name, dtype)| Field::new((*name).into(), dtype)).collect())
    }

    /// Chooses for every row; the fields are null where there is no price.
    ///
    /// # Errors
    /// A column is not what it was said to be; `dispute` makes an error of what a row disputes.
    pub fn choose(
        &self,
        columns: &[Column],
        dispute: impl FnOnce(Dispute) -> polars::prelude::PolarsError,
    ) -> PolarsResult<Column> {
        let batch = Batch::new(columns);
        let sets = self.prices.iter().map(|prices| prices.read(&batch)).collect::<PolarsResult<Vec<_>>>()?;
        let (scopes, customer) = (self.scope.read(&batch)?, batch.words(&self.customer)?);
        let reader = Chooser {
            choice: self,
            sets,
            scopes,
            customer,
            quantity: batch.numbers(self.quantity)?,
            derivations: RefCell::default(),
        };
        let mut found = Found::default();
        for row in 0..batch.height {
            match reader.row(row) {
                Ok(chosen) => found.push(&reader, chosen),
                Err(problem) => return Err(dispute(problem)),
            }
        }
        found.finish(columns[0].name())
    }
}

impl PriceColumns {
    fn read(&self, batch: &Batch) -> PolarsResult<Prices> {
        let words = |slot: usize| batch.lists(slot)?.words();
        let numbers = |slot: usize, scale: u8| batch.lists(slot)?.numbers(scale);
        Ok(Prices {
            lists: batch.lists(self.list)?,
            list: words(self.list)?,
            amount: numbers(self.amount.0, self.amount.1)?,
            steps: words(self.steps)?,
            numbers: [
                numbers(self.depth, 0)?,
                numbers(self.gross, 0)?,
                numbers(self.priority, 0)?,
                numbers(self.from, 0)?,
                numbers(self.to, 0)?,
                numbers(self.price_from, 0)?,
                numbers(self.price_to, 0)?,
                numbers(self.least.0, self.least.1)?,
            ],
            keys: [
                words(self.channel)?,
                words(self.country)?,
                words(self.group)?,
                words(self.customer)?,
                words(self.currency)?,
            ],
        })
    }
}

struct Chooser<'a> {
    choice: &'a Choice,
    sets: Vec<Prices>,
    scopes: Scopes,
    customer: Words,
    quantity: Numbers,
    derivations: RefCell<Vec<(String, Derivation)>>,
}

impl Chooser<'_> {
    fn row(&self, row: usize) -> Result<Option<(Candidate, i128)>, Dispute> {
        let mut best: Option<Candidate> = None;
        let mut rival: Option<Candidate> = None;
        for (set, prices) in self.sets.iter().enumerate() {
            for at in prices.lists.range(row) {
                let Some(candidate) = self.candidate(set, at, row) else { continue };
                let Some(known) = best else {
                    best = Some(candidate);
                    continue;
                };
                let same = self.code(&candidate) == self.code(&known);
                match candidate.rank.compare(&known.rank) {
                    std::cmp::Ordering::Less => (best, rival) = (Some(candidate), None),
                    std::cmp::Ordering::Equal if same && candidate.nearness < known.nearness => best = Some(candidate),
                    std::cmp::Ordering::Equal if !same => rival = Some(candidate),
                    _ => {}
                }
            }
        }
        let Some(chosen) = best else { return Ok(None) };
        if let Some(rival) = rival {
            let (one, other) = (self.code(&chosen).to_owned(), self.code(&rival).to_owned());
            return Err(Dispute::Ambiguous(one.clone().min(other.clone()), one.max(other)));
        }
        let amount = self.amount(&chosen)?;
        Ok(Some((chosen, amount)))
    }

    /// A price that holds for a row, with what decides about it.
    fn candidate(&self, set: usize, at: usize, row: usize) -> Option<Candidate> {
        let prices = &self.sets[set];
        let [depth, _, priority, from, to, price_from, price_to, least] = &prices.numbers;
        let inside = |from: &Numbers, to: &Numbers| {
            let (from, to) = (from.integer(at), to.integer(at));
            if from.is_none() && to.is_none() {
                return true;
            }
            self.scopes.at(row).is_some_and(|now| from.is_none_or(|from| from <= now) && to.is_none_or(|to| now < to))
        };
        let keys = prices.keys.each_ref().map(|key| key.get(at).filter(|key| *key != "*"));
        let own = [self.scopes.channel(row), self.scopes.country(row), self.scopes.group(row), self.customer.get(row)];
        let fits = keys.iter().zip(own).all(|(key, own)| key.is_none() || *key == own);
        let reached = match (least.get(at), self.quantity.get(row)) {
            (None, _) => true,
            (Some(least_value), quantity) => {
                let quantity = quantity.map_or(Some(Ratio::ONE), |quantity| self.quantity.plain().ratio(quantity));
                quantity
                    .zip(least.plain().ratio(least_value))
                    .is_some_and(|(quantity, least)| least.compare(quantity).is_le())
            }
        };
        if !(fits && reached && inside(from, to) && inside(price_from, price_to) && prices.amount.get(at).is_some()) {
            return None;
        }
        let currency = keys[4].is_some() && keys[4] == self.choice.currency.as_deref();
        let [channel, country, group, customer, _] = keys.map(|key| key.is_some());
        let level = level([customer, group, channel, country, currency]);
        let rank =
            Rank { level, priority: priority.integer(at).unwrap_or(0), from: from.integer(at).unwrap_or(i64::MIN) };
        let nearness = (
            set,
            depth.integer(at).unwrap_or(0),
            Reverse(least.get(at).unwrap_or(0)),
            Reverse(price_from.integer(at).unwrap_or(i64::MIN)),
        );
        Some(Candidate { set, at, rank, nearness })
    }

    fn code(&self, candidate: &Candidate) -> &str {
        self.sets[candidate.set].list.get(candidate.at).unwrap_or_default()
    }

    /// The price of the chosen list with [`DECIMALS`].
    fn amount(&self, chosen: &Candidate) -> Result<i128, Dispute> {
        let prices = &self.sets[chosen.set];
        let decimals = self.choice.decimals;
        let amount = prices.amount.get(chosen.at).and_then(|amount| prices.amount.amounts(decimals).ratio(amount));
        let mut amount = amount.ok_or(Dispute::Digits)?;
        let steps = prices.steps.get(chosen.at).unwrap_or_default();
        if !steps.is_empty() {
            amount = self.derive(steps, amount)?;
        }
        let shift = 10i128.pow(u32::from(DECIMALS - decimals));
        Ok(amount.times(Ratio::whole(shift)).ok_or(Dispute::Digits)?.half_up())
    }

    fn derive(&self, steps: &str, amount: Ratio) -> Result<Ratio, Dispute> {
        let mut known = self.derivations.borrow_mut();
        if let Some((_, derivation)) = known.iter().find(|(text, _)| text == steps) {
            return derivation.apply(amount).ok_or(Dispute::Digits);
        }
        let derivation = Derivation::read(steps, self.choice.decimals).map_err(Dispute::Derivation)?;
        let derived = derivation.apply(amount).ok_or(Dispute::Digits);
        known.push((steps.to_owned(), derivation));
        derived
    }
}

#[derive(Default)]
struct Found {
    amount: Vec<Option<i128>>,
    kind: Vec<Option<&'static str>>,
    list: Vec<Option<String>>,
    currency: Vec<Option<String>>,
    level: Vec<Option<i64>>,
}

impl Found {
    fn push(&mut self, chooser: &Chooser, chosen: Option<(Candidate, i128)>) {
        self.amount.push(chosen.map(|(_, amount)| amount));
        let of = |found: &Candidate| &chooser.sets[found.set];
        let gross = chosen.map(|(found, _)| of(&found).numbers[1].integer(found.at) == Some(1));
        self.kind.push(gross.map(|gross| if gross { "gross" } else { "net" }));
        self.list.push(chosen.map(|(found, _)| chooser.code(&found).to_owned()));
        self.currency.push(chosen.and_then(|(found, _)| of(&found).keys[4].get(found.at).map(str::to_owned)));
        self.level.push(chosen.map(|(found, _)| found.rank.level));
    }

    fn finish(self, name: &polars::prelude::PlSmallStr) -> PolarsResult<Column> {
        let rows = self.amount.len();
        let [amount, kind, list, currency, level] = FIELDS.map(Into::into);
        let amount = Int128Chunked::from_slice_options(amount, &self.amount)
            .into_decimal_unchecked(usize::from(MAX_DIGITS), usize::from(DECIMALS))
            .into_series();
        let fields = [
            amount,
            StringChunked::from_slice_options(kind, &self.kind).into_series(),
            StringChunked::from_slice_options(list, &self.list).into_series(),
            StringChunked::from_slice_options(currency, &self.currency).into_series(),
            Int64Chunked::from_slice_options(level, &self.level).into_series(),
        ];
        Ok(StructChunked::from_series(name.clone(), rows, fields.iter())?.into_series().into_column())
    }
}
