//! The columns that come out of a calculation, as the fields of one struct column.

use polars::prelude::{
    ChunkFullNull, ChunkedArray, Column, DataType, Field, Int32Type, Int64Type, Int128Chunked, Int128Type, IntoColumn,
    IntoSeries, NewChunkedArray, PlSmallStr, PolarsNumericType, PolarsResult, StructChunked,
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
    optional: [Sparse<i128>; 6],
    counts: [Sparse<i64>; 2],
    bits: [Sparse<i32>; 2],
    offer: Sparse<i64>,
    rows: usize,
}

/// A column in which most rows may have nothing: it takes memory only from its first value on.
#[derive(Default)]
struct Sparse<T> {
    values: Vec<T>,
    /// Rows of `values` that have nothing.
    lacking: Vec<usize>,
}

impl<T: Copy + Default> Sparse<T> {
    /// Adds the value of a row before which there are `rows`.
    #[inline]
    fn push(&mut self, value: Option<T>, rows: usize) {
        let Some(value) = value else { return };
        self.fill(rows);
        self.values.push(value);
    }

    fn fill(&mut self, rows: usize) {
        self.lacking.extend(self.values.len()..rows);
        self.values.resize(rows, T::default());
    }

    /// The column of `rows` rows.
    fn finish<N: PolarsNumericType<Native = T>>(mut self, name: &str, rows: usize) -> ChunkedArray<N>
    where
        ChunkedArray<N>: NewChunkedArray<N, T>,
    {
        let name = PlSmallStr::from_str(name);
        if self.values.is_empty() {
            return ChunkedArray::full_null(name, rows);
        }
        self.fill(rows);
        if self.lacking.is_empty() {
            return ChunkedArray::from_vec(name, self.values);
        }
        let mut lacking = self.lacking.into_iter().peekable();
        let known = |(row, value)| if lacking.next_if_eq(&row).is_some() { None } else { Some(value) };
        ChunkedArray::from_iter_options(name, self.values.into_iter().enumerate().map(known))
    }
}

impl Output {
    /// Room for some rows.
    #[must_use]
    pub fn with_capacity(rows: usize) -> Self {
        Self {
            money: std::array::from_fn(|_| Vec::with_capacity(rows)),
            optional: Default::default(),
            counts: Default::default(),
            bits: Default::default(),
            offer: Sparse::default(),
            rows: 0,
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
        let rows = self.rows;
        self.optional.iter_mut().zip(optional).for_each(|(column, value)| column.push(value, rows));
        self.counts.iter_mut().zip(counts).for_each(|(column, value)| column.push(value, rows));
        self.bits.iter_mut().zip(bits).for_each(|(column, value)| column.push(value, rows));
        self.offer.push(offer, rows);
        self.rows += 1;
    }

    /// The struct column.
    ///
    /// # Errors
    /// None that a caller can cause.
    pub fn finish(self, decimals: u8, name: &PlSmallStr) -> PolarsResult<Column> {
        let rows = self.rows;
        let decimal = |values: Int128Chunked| {
            values.into_decimal_unchecked(usize::from(MAX_DIGITS), usize::from(decimals)).into_series()
        };
        let money =
            MONEY.iter().zip(self.money).map(|(name, values)| decimal(Int128Chunked::from_vec((*name).into(), values)));
        let optional = OPTIONAL_MONEY
            .iter()
            .zip(self.optional)
            .map(|(name, values)| decimal(values.finish::<Int128Type>(name, rows)));
        let counts =
            COUNTS.iter().zip(self.counts).map(|(name, values)| values.finish::<Int64Type>(name, rows).into_series());
        let bits = [PROBLEM, NOTES]
            .iter()
            .zip(self.bits)
            .map(|(name, values)| values.finish::<Int32Type>(name, rows).into_series());
        let offer = self.offer.finish::<Int64Type>(OFFER, rows).into_series();
        let fields: Vec<_> = money.chain(optional).chain(counts).chain(bits).chain([offer]).collect();
        Ok(StructChunked::from_series(name.clone(), rows, fields.iter())?.into_series().into_column())
    }
}
