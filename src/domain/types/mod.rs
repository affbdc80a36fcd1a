//! The types of the pipeline language and the schema of a table.
//!
//! Names, ranges and words live here; how a type is stored in a data frame is `expr`'s business and what a YAML file says is
//! `spec`'s. `Type` is what a value is, `ColumnType` adds the trade's identifiers, which are text that checks itself.

pub mod column;
pub mod parse;
pub mod schema;

use std::fmt;

pub use column::{ColumnType, TradeType};
pub use parse::{TypeError, plain_names};
pub use schema::Schema;

/// What the values of a column are.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Type {
    /// Characters; identifiers are always text, so that leading zeros survive.
    Text,
    /// Whole numbers of 64 bits.
    Integer,
    /// Exact numbers of `precision` digits (1 to 38), `scale` of them after the point.
    Decimal {
        /// Digits in all.
        precision: u8,
        /// Digits after the point.
        scale: u8,
    },
    /// Binary floating point, for measures; never for money.
    Float,
    /// True or false.
    Bool,
    /// A day of the calendar.
    Date,
    /// An instant, in UTC, to the microsecond.
    Timestamp,
    /// Any number of values of one type.
    List(Box<Type>),
    /// Named values, in order.
    Struct(Vec<(String, Type)>),
}

impl Type {
    /// Amounts of money: `decimal(18,2)`.
    pub const MONEY: Self = Self::Decimal { precision: 18, scale: 2 };
    /// Quantities, down to grams and millilitres: `decimal(18,3)`.
    pub const QUANTITY: Self = Self::Decimal { precision: 18, scale: 3 };
    /// Rates and percentages: `decimal(9,4)`.
    pub const PERCENT: Self = Self::Decimal { precision: 9, scale: 4 };

    /// A decimal type, or `None` when its limits make no sense.
    #[must_use]
    pub fn decimal(precision: u8, scale: u8) -> Option<Self> {
        ((1..=38).contains(&precision) && scale <= precision).then_some(Self::Decimal { precision, scale })
    }

    /// Whether the values can be added and multiplied.
    #[must_use]
    pub const fn is_numeric(&self) -> bool {
        matches!(self, Self::Integer | Self::Decimal { .. } | Self::Float)
    }

    /// Whether the values hold other values.
    #[must_use]
    pub const fn is_nested(&self) -> bool {
        matches!(self, Self::List(_) | Self::Struct(_))
    }
}

/// Prints the words of the pipeline language: `decimal(18,2)`, `list<text>`, `struct{a: text}`.
impl fmt::Display for Type {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text => formatter.write_str("text"),
            Self::Integer => formatter.write_str("integer"),
            Self::Decimal { precision, scale } => write!(formatter, "decimal({precision},{scale})"),
            Self::Float => formatter.write_str("float"),
            Self::Bool => formatter.write_str("bool"),
            Self::Date => formatter.write_str("date"),
            Self::Timestamp => formatter.write_str("timestamp"),
            Self::List(item) => write!(formatter, "list<{item}>"),
            Self::Struct(fields) => write_struct(formatter, fields),
        }
    }
}

fn write_struct(formatter: &mut fmt::Formatter<'_>, fields: &[(String, Type)]) -> fmt::Result {
    formatter.write_str("struct{")?;
    for (index, (name, field)) in fields.iter().enumerate() {
        let comma = if index == 0 { "" } else { ", " };
        write!(formatter, "{comma}{}: {field}", parse::quoted(name))?;
    }
    formatter.write_str("}")
}
