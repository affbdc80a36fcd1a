//! The columns that come out of a calculation, as the fields of one struct column.

use polars::prelude::{
    Column, DataType, Field, Int32Chunked, Int64Chunked, Int128Chunked, IntoColumn, IntoSeries, NewChunkedArray,
    PlSmallStr, PolarsResult, StructChunked,
};

use crate::domain::money::MAX_DIGITS;
use crate::domain::money::exact::decimal_dtype;

use super::calculation::discount;
use super::columns::Problem;
use super::reader::Row;

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

/// Type of the struct column.
#[must_use]
pub fn dtype(decimals: u8) -> DataType {
    let money = MONEY.iter().chain(&OPTIONAL_MONEY).map(|name| Field::new((*name).into(), decimal_dtype(decimals)));
    let counts = COUNTS.iter().map(|name| Field::new((*name).into(), DataType::Int64));
    let bits = [PROBLEM, NOTES].map(|name| Field::new(name.into(), DataType::Int32));
    let offer = Field::new(OFFER.into(), DataType::Int64);
    DataType::Struct(money.chain(counts).chain(bits).chain([offer]).collect())
}

/// The columns that grow.
pub struct Output {
    money: [Vec<i128>; 4],
    optional: [Vec<Option<i128>>; 6],
    counts: [Vec<Option<i64>>; 2],
    bits: [Vec<Option<i32>>; 2],
    offer: Vec<Option<i64>>,
}

impl Output {
    /// Room for some rows.
    #[must_use]
    pub fn with_capacity(rows: usize) -> Self {
        Self {
            money: std::array::from_fn(|_| Vec::with_capacity(rows)),
            optional: std::array::from_fn(|_| Vec::with_capacity(rows)),
            counts: std::array::from_fn(|_| Vec::with_capacity(rows)),
            bits: std::array::from_fn(|_| Vec::with_capacity(rows)),
            offer: Vec::with_capacity(rows),
        }
    }

    #[inline]
    /// Adds a price with its notes.
    pub fn push(&mut self, row: &Row, notes: i32) {
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

    /// Adds a row without a price.
    pub fn lack(&mut self, problem: Problem) {
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

    /// The struct column.
    ///
    /// # Errors
    /// None that a caller can cause.
    pub fn finish(self, decimals: u8, name: &PlSmallStr) -> PolarsResult<Column> {
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
