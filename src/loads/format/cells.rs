//! A batch of rows as typed cells, read row by row without allocation.
//!
//! The one place that knows how the types of the pipeline language are stored in a data frame of a load.

use polars::prelude::{
    BooleanChunked, ChunkExplode, ChunkFullNull, DataFrame, DataType, ExplodeOptions, Float64Chunked, Int32Chunked,
    Int64Chunked, Int128Chunked, ListChunked, PolarsError, PolarsResult, Series, StringChunked, TimeUnit,
};

use crate::domain::types::Type;

/// The columns of a batch, in the order in which they are written.
pub struct Table {
    /// Names as written.
    pub names: Vec<String>,
    /// Values.
    pub cells: Vec<Cells>,
    /// Number of rows.
    pub height: usize,
}

/// The values of one column.
pub enum Cells {
    /// Characters.
    Text(StringChunked),
    /// Whole numbers.
    Integer(Int64Chunked),
    /// Exact numbers: mantissas and their common scale.
    Decimal(Int128Chunked, u8),
    /// Floating point.
    Float(Float64Chunked),
    /// Truth values.
    Bool(BooleanChunked),
    /// Days since 1970-01-01.
    Date(Int32Chunked),
    /// Microseconds since 1970-01-01 UTC.
    Timestamp(Int64Chunked),
    /// Values of one type.
    List(ListChunked, Type),
    /// Named values, and where the whole is null.
    Struct(Vec<(String, Cells)>, BooleanChunked),
}

/// One cell.
#[derive(Clone, Copy)]
pub enum Cell<'a> {
    /// No value.
    Null,
    /// Characters.
    Text(&'a str),
    /// A whole number.
    Integer(i64),
    /// An exact number: mantissa and scale.
    Decimal(i128, u8),
    /// Floating point.
    Float(f64),
    /// True or false.
    Bool(bool),
    /// Days since 1970-01-01.
    Date(i32),
    /// Microseconds since 1970-01-01 UTC.
    Timestamp(i64),
    /// A list or a struct, to be read through its column at this row.
    Nested(&'a Cells, usize),
}

impl Table {
    /// Reads a batch whose columns are those of `types`, by position.
    ///
    /// # Errors
    /// A column is not stored as its type says.
    pub fn new(batch: &DataFrame, types: &[(String, Type)]) -> PolarsResult<Self> {
        let columns = batch.columns().iter().zip(types);
        let cells = columns.map(|(column, (_, ty))| Cells::new(column.as_materialized_series(), ty));
        Ok(Self {
            names: types.iter().map(|(name, _)| name.clone()).collect(),
            cells: cells.collect::<PolarsResult<_>>()?,
            height: batch.height(),
        })
    }
}

impl Cells {
    /// Reads a column of type `ty`.
    ///
    /// # Errors
    /// The column is not stored as its type says.
    pub fn new(series: &Series, ty: &Type) -> PolarsResult<Self> {
        let series = series.rechunk();
        Ok(match ty {
            Type::Text => Self::Text(stored(&series, &DataType::String)?.str()?.clone()),
            Type::Integer => Self::Integer(stored(&series, &DataType::Int64)?.i64()?.clone()),
            Type::Decimal { scale, .. } => decimal(&series, *scale)?,
            Type::Float => Self::Float(stored(&series, &DataType::Float64)?.f64()?.clone()),
            Type::Bool => Self::Bool(stored(&series, &DataType::Boolean)?.bool()?.clone()),
            Type::Date => Self::Date(stored(&series, &DataType::Date)?.date()?.physical().clone()),
            Type::Timestamp => timestamp(&series)?,
            Type::List(item) => Self::List(series.list()?.clone(), (**item).clone()),
            Type::Struct(fields) => structure(&series, fields)?,
        })
    }

    /// The cell of a row.
    #[inline]
    #[must_use]
    pub fn get(&self, row: usize) -> Cell<'_> {
        match self {
            Self::Text(values) => values.get(row).map_or(Cell::Null, Cell::Text),
            Self::Integer(values) => values.get(row).map_or(Cell::Null, Cell::Integer),
            Self::Decimal(values, scale) => values.get(row).map_or(Cell::Null, |value| Cell::Decimal(value, *scale)),
            Self::Float(values) => values.get(row).map_or(Cell::Null, Cell::Float),
            Self::Bool(values) => values.get(row).map_or(Cell::Null, Cell::Bool),
            Self::Date(values) => values.get(row).map_or(Cell::Null, Cell::Date),
            Self::Timestamp(values) => values.get(row).map_or(Cell::Null, Cell::Timestamp),
            Self::List(..) => self.list(row).map_or(Cell::Null, |_| Cell::Nested(self, row)),
            Self::Struct(_, nulls) => match nulls.get(row) {
                Some(true) => Cell::Null,
                _ => Cell::Nested(self, row),
            },
        }
    }

    /// The items of a list, and how many they are; `None` when the list is null or this is no list.
    #[must_use]
    pub fn list(&self, row: usize) -> Option<(Self, usize)> {
        let Self::List(values, item) = self else { return None };
        let _there = values.get_as_series(row)?;
        // Taken by itself an item has its physical type; unfolded it keeps its own.
        let one = values.slice(i64::try_from(row).ok()?, 1);
        let items = one.explode(ExplodeOptions { empty_as_null: false, keep_nulls: false }).ok()?;
        Some((Self::new(&items, item).ok()?, items.len()))
    }
}

/// The column as its type says; a narrower kind of number, as `COUNT` gives, is widened.
fn stored(series: &Series, dtype: &DataType) -> PolarsResult<Series> {
    if series.dtype() == dtype { Ok(series.clone()) } else { series.strict_cast(dtype) }
}

fn decimal(series: &Series, scale: u8) -> PolarsResult<Cells> {
    if series.dtype() == &DataType::Null {
        return Ok(Cells::Decimal(Int128Chunked::full_null(series.name().clone(), series.len()), scale));
    }
    let stored_scale = series.decimal()?.scale();
    let scale = u8::try_from(stored_scale)
        .map_err(|_| PolarsError::ComputeError(format!("a decimal of {stored_scale} decimals").into()))?;
    Ok(Cells::Decimal(series.decimal()?.physical().clone(), scale))
}

fn timestamp(series: &Series) -> PolarsResult<Cells> {
    let zone = match series.dtype() {
        DataType::Datetime(TimeUnit::Microseconds, _) => {
            return Ok(Cells::Timestamp(series.datetime()?.physical().clone()));
        }
        DataType::Datetime(_, zone) => zone.clone(),
        _ => None,
    };
    let micros = series.strict_cast(&DataType::Datetime(TimeUnit::Microseconds, zone))?;
    Ok(Cells::Timestamp(micros.datetime()?.physical().clone()))
}

fn structure(series: &Series, fields: &[(String, Type)]) -> PolarsResult<Cells> {
    let values = series.struct_()?;
    let columns = values.fields_as_series();
    let cells = fields.iter().map(|(name, ty)| {
        let column = columns.iter().find(|column| column.name().as_str() == name);
        let column = column.ok_or_else(|| PolarsError::StructFieldNotFound(name.clone().into()))?;
        Ok((name.clone(), Cells::new(column, ty)?))
    });
    Ok(Cells::Struct(cells.collect::<PolarsResult<_>>()?, series.is_null()))
}
