//! Cells of columns as plain numbers and words: how the row rules read a batch.
//!
//! An input is absent, a constant, or a column of the batch by its position. Reading makes no copy of a column and no
//! decision about it.

use std::ops::Range;

use polars::prelude::{Column, DataType, Int64Chunked, Int128Chunked, ListChunked, PolarsResult, StringChunked};

use crate::domain::money::{Decimal, pow10};

use super::Ratio;

/// A number of a row.
#[derive(Clone, Copy, Debug, Default)]
pub enum Number {
    /// No such number.
    #[default]
    Absent,
    /// The same in every row.
    Constant(Decimal),
    /// A column of decimals or integers, by its position, with its decimals.
    Column(usize, u8),
}

/// A word of a row.
#[derive(Clone, Debug, Default)]
pub enum Word {
    /// No such word.
    #[default]
    Absent,
    /// The same in every row.
    Constant(String),
    /// A column of texts, by its position.
    Column(usize),
}

/// An instant of a row, in microseconds since 1970.
#[derive(Clone, Copy, Debug)]
pub enum Instant {
    /// The same in every row.
    Constant(i64),
    /// A column of integers, by its position.
    Column(usize),
}

/// A batch of columns.
pub struct Batch<'a> {
    columns: &'a [Column],
    /// Rows.
    pub height: usize,
}

/// Numbers of a batch.
pub enum Numbers {
    /// None.
    Absent,
    /// One for all rows.
    Constant(Option<i128>, u8),
    /// Decimals.
    Wide(Int128Chunked, u8),
    /// Integers.
    Narrow(Int64Chunked),
}

/// Words of a batch.
pub enum Words {
    /// None.
    Absent,
    /// One for all rows.
    Constant(Option<String>),
    /// One a row.
    Column(StringChunked),
}

impl<'a> Batch<'a> {
    /// The columns of a kernel; one of a single value is repeated.
    #[must_use]
    pub fn new(columns: &'a [Column]) -> Self {
        let lengths = columns.iter().map(Column::len);
        let height = if lengths.clone().any(|length| length == 0) { 0 } else { lengths.max().unwrap_or(0) };
        Self { columns, height }
    }

    /// The numbers of an input.
    ///
    /// # Errors
    /// The column holds no exact numbers.
    pub fn numbers(&self, number: Number) -> PolarsResult<Numbers> {
        let (column, scale) = match number {
            Number::Absent => return Ok(Numbers::Absent),
            Number::Constant(value) => return Ok(Numbers::Constant(Some(value.mantissa), value.scale)),
            Number::Column(slot, scale) => (self.columns[slot].as_materialized_series(), scale),
        };
        if column.dtype() == &DataType::Null {
            return Ok(Numbers::Constant(None, 0));
        }
        let numbers = if column.dtype().is_integer() {
            Numbers::Narrow(column.cast(&DataType::Int64)?.i64()?.rechunk().into_owned())
        } else {
            Numbers::Wide(column.decimal()?.physical().rechunk().into_owned(), scale)
        };
        Ok(if column.len() == 1 && self.height > 1 { numbers.first() } else { numbers })
    }

    /// The words of an input.
    ///
    /// # Errors
    /// The column holds no texts.
    pub fn words(&self, word: &Word) -> PolarsResult<Words> {
        let column = match word {
            Word::Absent => return Ok(Words::Absent),
            Word::Constant(word) => return Ok(Words::Constant(Some(word.clone()))),
            Word::Column(slot) => self.columns[*slot].as_materialized_series(),
        };
        if column.dtype() == &DataType::Null {
            return Ok(Words::Constant(None));
        }
        let texts = column.str()?;
        if texts.len() == 1 && self.height > 1 {
            return Ok(Words::Constant(texts.get(0).map(str::to_owned)));
        }
        Ok(Words::Column(texts.rechunk().into_owned()))
    }

    /// The instants of an input.
    ///
    /// # Errors
    /// The column holds no integers.
    pub fn instants(&self, instant: Instant) -> PolarsResult<Numbers> {
        match instant {
            Instant::Constant(micros) => Ok(Numbers::Constant(Some(i128::from(micros)), 0)),
            Instant::Column(slot) => self.numbers(Number::Column(slot, 0)),
        }
    }

    /// A column of lists.
    ///
    /// # Errors
    /// It holds no lists.
    pub fn lists(&self, slot: usize) -> PolarsResult<Lists> {
        let column = self.columns[slot].as_materialized_series();
        Ok(Lists { lists: column.list()?.rechunk().into_owned(), repeated: column.len() == 1 && self.height > 1 })
    }
}

impl Numbers {
    fn first(&self) -> Self {
        Self::Constant(self.get(0), self.scale())
    }

    /// The mantissa of a row.
    #[inline]
    #[must_use]
    pub fn get(&self, row: usize) -> Option<i128> {
        match self {
            Self::Absent => None,
            Self::Constant(value, _) => *value,
            Self::Wide(values, _) => {
                let array = values.downcast_as_array();
                array.validity().is_none_or(|valid| valid.get_bit(row)).then(|| array.values()[row])
            }
            Self::Narrow(values) => {
                let array = values.downcast_as_array();
                array.validity().is_none_or(|valid| valid.get_bit(row)).then(|| i128::from(array.values()[row]))
            }
        }
    }

    /// An integer of a row; `None` when it is missing or large.
    #[inline]
    #[must_use]
    pub fn integer(&self, row: usize) -> Option<i64> {
        self.get(row).and_then(|value| i64::try_from(value).ok())
    }

    const fn scale(&self) -> u8 {
        match self {
            Self::Constant(_, scale) | Self::Wide(_, scale) => *scale,
            Self::Absent | Self::Narrow(_) => 0,
        }
    }

    /// What turns mantissas into quotients: amounts into minor units with `decimals`.
    #[must_use]
    pub fn amounts(&self, decimals: u8) -> Unit {
        Unit::between(self.scale(), decimals)
    }

    /// What turns mantissas of percentages into fractions.
    #[must_use]
    pub fn fractions(&self) -> Unit {
        Unit::between(self.scale() + 2, 0)
    }

    /// What turns mantissas into themselves as numbers.
    #[must_use]
    pub fn plain(&self) -> Unit {
        Unit::between(self.scale(), 0)
    }
}

/// How a mantissa becomes a quotient.
#[derive(Clone, Copy, Debug)]
pub struct Unit {
    factor: i128,
    below: i128,
}

impl Unit {
    fn between(scale: u8, decimals: u8) -> Self {
        let power = |exponent| pow10(exponent).unwrap_or(1);
        Self { factor: power(decimals.saturating_sub(scale)), below: power(scale.saturating_sub(decimals)) }
    }

    /// The quotient of a mantissa; `None` beyond 128 bits.
    #[inline]
    #[must_use]
    pub fn ratio(self, mantissa: i128) -> Option<Ratio> {
        let above = if self.factor == 1 { mantissa } else { mantissa.checked_mul(self.factor)? };
        Some(Ratio::new(above, self.below))
    }
}

impl Words {
    /// The word of a row.
    #[inline]
    #[must_use]
    pub fn get(&self, row: usize) -> Option<&str> {
        match self {
            Self::Absent => None,
            Self::Constant(word) => word.as_deref(),
            Self::Column(words) => words.downcast_as_array().get(row),
        }
    }
}

/// A column of lists: the elements of all rows behind each other, and where those of a row are.
pub struct Lists {
    lists: ListChunked,
    repeated: bool,
}

impl Lists {
    /// The elements of a row, as positions in [`Lists::numbers`] or [`Lists::words`].
    #[inline]
    #[must_use]
    pub fn range(&self, row: usize) -> Range<usize> {
        let (array, row) = (self.lists.downcast_as_array(), if self.repeated { 0 } else { row });
        if array.validity().is_some_and(|valid| !valid.get_bit(row)) {
            return 0..0;
        }
        let (start, end) = array.offsets().start_end(row);
        start..end
    }

    /// All elements as numbers with `scale` decimals.
    ///
    /// # Errors
    /// They are no exact numbers.
    pub fn numbers(&self, scale: u8) -> PolarsResult<Numbers> {
        let inner = self.lists.get_inner();
        Ok(match inner.dtype() {
            DataType::Null => Numbers::Constant(None, 0),
            dtype if dtype.is_integer() => Numbers::Narrow(inner.cast(&DataType::Int64)?.i64()?.rechunk().into_owned()),
            _ => Numbers::Wide(inner.decimal()?.physical().rechunk().into_owned(), scale),
        })
    }

    /// All elements as words.
    ///
    /// # Errors
    /// They cannot be written as text.
    pub fn words(&self) -> PolarsResult<Words> {
        let inner = self.lists.get_inner();
        if inner.dtype() == &DataType::Null {
            return Ok(Words::Constant(None));
        }
        if inner.dtype() != &DataType::String {
            return Ok(Words::Column(inner.cast(&DataType::String)?.str()?.rechunk().into_owned()));
        }
        Ok(Words::Column(inner.str()?.rechunk().into_owned()))
    }
}
