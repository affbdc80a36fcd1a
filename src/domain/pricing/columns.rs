//! What a price is made of, column by column, and the calculation over a whole batch.
//!
//! One pass makes all numbers, as the fields of one struct column; what a row lacks becomes a number in the field
//! [`PROBLEM`](super::output::PROBLEM), so that the step can reject it. Texts are made by `trace`, only where somebody
//! asks for them.

use polars::prelude::{Column, PolarsResult};

use super::cells::{Number, Word};
use super::fee::Band;
use super::grid::{From, Grid};
use super::history::HistoryColumns;
use super::offers::{OfferColumns, Scope};
use super::output::Output;
use super::ratio::Ratio;
use super::reader::Stop;

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
    /// Promotions leave nothing of the price.
    Promotion,
}

impl Problem {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 10] = [
        Self::Price,
        Self::Vat,
        Self::VatRange,
        Self::Cost,
        Self::Fee,
        Self::Exchange,
        Self::Rule,
        Self::Number,
        Self::Word,
        Self::Promotion,
    ];
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

impl Inputs {
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
