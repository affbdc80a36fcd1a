//! Builds the columns of a frame value by value, for every type including lists and structs.
//!
//! A builder takes values that are already of its type; reading them from text is `cell`'s business.

use polars::prelude::{
    ArrowDataType, BooleanChunkedBuilder, ChunkedBuilder, Column, CompatLevel, Float64Type, Int32Type, Int64Type,
    Int128Type, IntoSeries, LargeListArray, PlSmallStr, PolarsResult, PrimitiveChunkedBuilder, Series,
    StringChunkedBuilder, StructChunked, TimeUnit, TimeZone,
};

use crate::contract::dtype::DECIMAL_DIGITS;
use crate::domain::types::Type;

/// A column being built.
pub struct ColumnBuilder {
    kind: Kind,
    len: usize,
}

enum Kind {
    Text(StringChunkedBuilder),
    Integer(PrimitiveChunkedBuilder<Int64Type>),
    Decimal(PrimitiveChunkedBuilder<Int128Type>, usize),
    Float(PrimitiveChunkedBuilder<Float64Type>),
    Bool(BooleanChunkedBuilder),
    Date(PrimitiveChunkedBuilder<Int32Type>),
    Timestamp(PrimitiveChunkedBuilder<Int64Type>),
    List(Box<ListBuilder>),
    Struct(StructBuilder),
}

struct ListBuilder {
    items: ColumnBuilder,
    offsets: Vec<i64>,
    valid: Vec<bool>,
}

struct StructBuilder {
    fields: Vec<(PlSmallStr, ColumnBuilder)>,
    valid: Vec<bool>,
}

impl ColumnBuilder {
    /// An empty column of that type with room for `rows` values.
    #[must_use]
    pub fn new(ty: &Type, rows: usize) -> Self {
        let none = PlSmallStr::EMPTY;
        let kind = match ty {
            Type::Text => Kind::Text(StringChunkedBuilder::new(none, rows)),
            Type::Integer => Kind::Integer(PrimitiveChunkedBuilder::new(none, rows)),
            Type::Decimal { scale, .. } => Kind::Decimal(PrimitiveChunkedBuilder::new(none, rows), usize::from(*scale)),
            Type::Float => Kind::Float(PrimitiveChunkedBuilder::new(none, rows)),
            Type::Bool => Kind::Bool(BooleanChunkedBuilder::new(none, rows)),
            Type::Date => Kind::Date(PrimitiveChunkedBuilder::new(none, rows)),
            Type::Timestamp => Kind::Timestamp(PrimitiveChunkedBuilder::new(none, rows)),
            Type::List(item) => {
                Kind::List(Box::new(ListBuilder { items: Self::new(item, rows), offsets: vec![0], valid: Vec::new() }))
            }
            Type::Struct(fields) => Kind::Struct(StructBuilder {
                fields: fields.iter().map(|(name, ty)| (PlSmallStr::from_str(name), Self::new(ty, rows))).collect(),
                valid: Vec::new(),
            }),
        };
        Self { kind, len: 0 }
    }

    /// Values so far.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no value yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Adds nothing, of any type.
    pub fn push_null(&mut self) {
        match &mut self.kind {
            Kind::Text(values) => values.append_null(),
            Kind::Integer(values) | Kind::Timestamp(values) => values.append_null(),
            Kind::Decimal(values, _) => values.append_null(),
            Kind::Float(values) => values.append_null(),
            Kind::Bool(values) => values.append_null(),
            Kind::Date(values) => values.append_null(),
            Kind::List(list) => list.end(false),
            Kind::Struct(record) => record.end(false),
        }
        self.len += 1;
    }

    /// Adds a text. A value of another type than the column's is a mistake of ours and becomes null.
    #[inline]
    pub fn push_text(&mut self, value: &str) {
        match &mut self.kind {
            Kind::Text(values) => values.append_value(value),
            _ => return self.push_mismatch(),
        }
        self.len += 1;
    }

    /// Adds a whole number; for a timestamp column, microseconds since 1970 in UTC.
    #[inline]
    pub fn push_integer(&mut self, value: i64) {
        match &mut self.kind {
            Kind::Integer(values) | Kind::Timestamp(values) => values.append_value(value),
            _ => return self.push_mismatch(),
        }
        self.len += 1;
    }

    /// Adds the mantissa of a decimal at the column's scale.
    #[inline]
    pub fn push_decimal(&mut self, mantissa: i128) {
        match &mut self.kind {
            Kind::Decimal(values, _) => values.append_value(mantissa),
            _ => return self.push_mismatch(),
        }
        self.len += 1;
    }

    /// Adds a float.
    #[inline]
    pub fn push_float(&mut self, value: f64) {
        match &mut self.kind {
            Kind::Float(values) => values.append_value(value),
            _ => return self.push_mismatch(),
        }
        self.len += 1;
    }

    /// Adds a truth value.
    #[inline]
    pub fn push_bool(&mut self, value: bool) {
        match &mut self.kind {
            Kind::Bool(values) => values.append_value(value),
            _ => return self.push_mismatch(),
        }
        self.len += 1;
    }

    /// Adds a day, counted from 1970-01-01.
    #[inline]
    pub fn push_date(&mut self, days: i32) {
        match &mut self.kind {
            Kind::Date(values) => values.append_value(days),
            _ => return self.push_mismatch(),
        }
        self.len += 1;
    }

    /// The items of a list column: push them, then call [`ColumnBuilder::end_list`].
    pub fn items(&mut self) -> Option<&mut Self> {
        match &mut self.kind {
            Kind::List(list) => Some(&mut list.items),
            _ => None,
        }
    }

    /// Closes the list that the items since the last one belong to.
    pub fn end_list(&mut self) {
        match &mut self.kind {
            Kind::List(list) => list.end(true),
            _ => return self.push_mismatch(),
        }
        self.len += 1;
    }

    /// A field of a struct column by position: push one value to each, then call [`ColumnBuilder::end_struct`].
    pub fn field(&mut self, index: usize) -> Option<&mut Self> {
        match &mut self.kind {
            Kind::Struct(record) => record.fields.get_mut(index).map(|(_, field)| field),
            _ => None,
        }
    }

    /// Closes a struct; fields that got no value are null.
    pub fn end_struct(&mut self) {
        match &mut self.kind {
            Kind::Struct(record) => record.end(true),
            _ => return self.push_mismatch(),
        }
        self.len += 1;
    }

    #[cold]
    fn push_mismatch(&mut self) {
        debug_assert!(false, "a value of another type than its column");
        self.push_null();
    }

    /// The finished column.
    ///
    /// # Errors
    /// A struct has two fields of one name.
    pub fn finish(self, name: &str) -> PolarsResult<Column> {
        Ok(self.into_series(PlSmallStr::from_str(name))?.into())
    }

    fn into_series(self, name: PlSmallStr) -> PolarsResult<Series> {
        let series = match self.kind {
            Kind::Text(values) => values.finish().into_series(),
            Kind::Integer(values) => values.finish().into_series(),
            Kind::Decimal(values, scale) => values.finish().into_decimal_unchecked(DECIMAL_DIGITS, scale).into_series(),
            Kind::Float(values) => values.finish().into_series(),
            Kind::Bool(values) => values.finish().into_series(),
            Kind::Date(values) => values.finish().into_date().into_series(),
            Kind::Timestamp(values) => {
                values.finish().into_datetime(TimeUnit::Microseconds, Some(TimeZone::UTC)).into_series()
            }
            Kind::List(list) => list.into_series()?,
            Kind::Struct(record) => record.into_series(self.len)?,
        };
        Ok(series.with_name(name))
    }
}

impl ListBuilder {
    fn end(&mut self, valid: bool) {
        self.offsets.push(i64::try_from(self.items.len()).unwrap_or(i64::MAX));
        self.valid.push(valid);
    }

    fn into_series(self) -> PolarsResult<Series> {
        let items = self.items.into_series(PlSmallStr::EMPTY)?.rechunk();
        let values = items.to_arrow(0, CompatLevel::newest());
        let dtype: ArrowDataType = LargeListArray::default_datatype(values.dtype().clone());
        let valid = Some(self.valid.into_iter().collect());
        let list = LargeListArray::try_new(dtype, self.offsets.try_into()?, values, valid)?;
        Series::try_from((PlSmallStr::EMPTY, list.boxed()))
    }
}

impl StructBuilder {
    fn end(&mut self, valid: bool) {
        self.valid.push(valid);
        for (_, field) in &mut self.fields {
            if field.len() < self.valid.len() {
                field.push_null();
            }
        }
    }

    fn into_series(self, rows: usize) -> PolarsResult<Series> {
        let fields: Vec<Series> =
            self.fields.into_iter().map(|(name, field)| field.into_series(name)).collect::<PolarsResult<_>>()?;
        let record = StructChunked::from_series(PlSmallStr::EMPTY, rows, fields.iter())?;
        Ok(record.with_outer_validity(Some(self.valid.into_iter().collect())).into_series())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::dtype::polars_dtype;

    #[test]
    fn every_type_keeps_its_storage() {
        for word in [
            "text",
            "integer",
            "money",
            "float",
            "bool",
            "date",
            "timestamp",
            "list<money>",
            "struct{a: text, b: list<date>}",
            "list<struct{a: text, b: money, c: timestamp}>",
        ] {
            let ty: Type = word.parse().unwrap();
            let mut builder = ColumnBuilder::new(&ty, 1);
            builder.push_null();
            let column = builder.finish("x").unwrap();
            assert_eq!(column.dtype(), &polars_dtype(&ty), "{word}");
            assert_eq!((column.len(), column.null_count()), (1, 1), "{word}");
        }
    }

    #[test]
    fn lists_of_structs_hold_their_values() {
        let ty: Type = "list<struct{sku: text, qty: decimal(18,3)}>".parse().unwrap();
        let mut builder = ColumnBuilder::new(&ty, 2);
        for (sku, quantity) in [("001", 1500), ("002", 2)] {
            let items = builder.items().unwrap();
            items.field(1).unwrap().push_decimal(quantity);
            if sku == "001" {
                items.field(0).unwrap().push_text(sku);
            }
            items.end_struct();
        }
        builder.end_list();
        builder.end_list();
        let column = builder.finish("righe").unwrap();
        assert_eq!(column.len(), 2);
        let lines = column.list().unwrap().get_inner();
        let quantities = lines.struct_().unwrap().field_by_name("qty").unwrap();
        assert_eq!(quantities.dtype(), &polars_dtype(&"decimal(18,3)".parse().unwrap()));
        let shown: Vec<String> = (0..2).map(|row| quantities.get(row).unwrap().to_string()).collect();
        assert_eq!(shown, ["1.500", "0.002"]);
        let codes = lines.struct_().unwrap().field_by_name("sku").unwrap();
        assert_eq!(codes.str().unwrap().iter().collect::<Vec<_>>(), [Some("001"), None]);
        assert_eq!(column.list().unwrap().get_as_series(1).unwrap().len(), 0);
    }
}
