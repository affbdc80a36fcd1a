//! The rate of exchange of a day: the latest one that is not after it, unless it is too old.

use polars::prelude::{Column, Int128Chunked, IntoColumn, NewChunkedArray, PolarsResult};

use crate::domain::money::MAX_DIGITS;

use super::cells::{Batch, Number};

/// Picks the rate of each row. The columns are the day, and lists of days and rates, by their positions 0 to 2.
///
/// # Errors
/// A column is not what it was said to be.
pub fn pick(columns: &[Column], scale: u8, max_age: u16) -> PolarsResult<Column> {
    let batch = Batch::new(columns);
    let today = batch.numbers(Number::Column(0, 0))?;
    let lists = batch.lists(1)?;
    let (days, rates) = (lists.numbers(0)?, batch.lists(2)?.numbers(scale)?);
    let found: Vec<Option<i128>> = (0..batch.height)
        .map(|row| {
            let today = today.integer(row)?;
            let fits = |day: i64| day <= today && today - day <= i64::from(max_age);
            let dated = lists.range(row).filter_map(|at| Some((days.integer(at)?, rates.get(at)?)));
            dated.filter(|(day, _)| fits(*day)).max_by_key(|(day, _)| *day).map(|(_, rate)| rate)
        })
        .collect();
    let rates = Int128Chunked::from_slice_options(columns[0].name().clone(), &found);
    Ok(rates.into_decimal_unchecked(usize::from(MAX_DIGITS), usize::from(scale)).into_column())
}
