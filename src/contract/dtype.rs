//! How the types of the pipeline language are stored in a data frame, and back.
//!
//! Decimals are always 38 digits wide in a frame; the declared precision is a rule of the contract, not of the storage,
//! so that arithmetic never has to widen a column.

use polars::prelude::{DataType, Field, PlSmallStr, Schema as FrameSchema, TimeUnit, TimeZone};

use crate::domain::types::{Schema, Type};

/// Digits of every decimal column in a frame.
pub const DECIMAL_DIGITS: usize = 38;

/// The storage of a type.
#[must_use]
pub fn polars_dtype(ty: &Type) -> DataType {
    match ty {
        Type::Text => DataType::String,
        Type::Integer => DataType::Int64,
        Type::Decimal { scale, .. } => DataType::Decimal(DECIMAL_DIGITS, usize::from(*scale)),
        Type::Float => DataType::Float64,
        Type::Bool => DataType::Boolean,
        Type::Date => DataType::Date,
        Type::Timestamp => timestamp_dtype(),
        Type::List(item) => DataType::List(Box::new(polars_dtype(item))),
        Type::Struct(fields) => DataType::Struct(fields.iter().map(|(name, ty)| field(name, ty)).collect()),
    }
}

/// The storage of a whole schema, in the same order.
#[must_use]
pub fn polars_schema(schema: &Schema) -> FrameSchema {
    schema.iter().map(|(name, ty)| field(name, ty)).collect()
}

/// The type of a stored column; `None` for storage that the pipeline language has no word for.
///
/// Smaller integers and floats are taken as their wide type, naive datetimes as UTC: readers cast to [`polars_dtype`].
#[must_use]
pub fn from_polars(dtype: &DataType) -> Option<Type> {
    match dtype {
        DataType::String => Some(Type::Text),
        DataType::Boolean => Some(Type::Bool),
        DataType::Int8
        | DataType::Int16
        | DataType::Int32
        | DataType::Int64
        | DataType::UInt8
        | DataType::UInt16
        | DataType::UInt32 => Some(Type::Integer),
        DataType::UInt64 => Some(Type::Decimal { precision: 20, scale: 0 }),
        DataType::Float32 | DataType::Float64 => Some(Type::Float),
        DataType::Decimal(precision, scale) => {
            Type::decimal(u8::try_from(*precision).ok()?, u8::try_from(*scale).ok()?)
        }
        DataType::Date => Some(Type::Date),
        DataType::Datetime(..) => Some(Type::Timestamp),
        DataType::List(item) => Some(Type::List(Box::new(from_polars(item)?))),
        DataType::Struct(fields) => {
            let fields = fields.iter().map(|field| Some((field.name().to_string(), from_polars(field.dtype())?)));
            Some(Type::Struct(fields.collect::<Option<_>>()?))
        }
        _ => None,
    }
}

fn timestamp_dtype() -> DataType {
    DataType::Datetime(TimeUnit::Microseconds, Some(TimeZone::UTC))
}

fn field(name: &str, ty: &Type) -> Field {
    Field::new(PlSmallStr::from_str(name), polars_dtype(ty))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_comes_back() {
        let nested = "list<struct{sku: text, prezzo: decimal(38,4), quando: timestamp, giorno: date, vivo: bool, n: integer, f: float}>";
        let ty: Type = nested.parse().unwrap();
        assert_eq!(from_polars(&polars_dtype(&ty)), Some(ty));
        assert_eq!(from_polars(&polars_dtype(&Type::MONEY)), Some(Type::Decimal { precision: 38, scale: 2 }));
        assert_eq!(from_polars(&DataType::Int16), Some(Type::Integer));
        assert_eq!(from_polars(&DataType::Binary), None);
    }

    #[test]
    fn a_schema_keeps_its_order() {
        let schema: Schema = [("b", Type::Text), ("a", Type::MONEY)].into_iter().collect();
        let stored = polars_schema(&schema);
        let names: Vec<&str> = stored.iter_names().map(PlSmallStr::as_str).collect();
        assert_eq!(names, ["b", "a"]);
        assert_eq!(stored.get("a"), Some(&DataType::Decimal(38, 2)));
    }
}
