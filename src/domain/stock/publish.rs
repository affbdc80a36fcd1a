//! What a channel shows of its pool: fixed or percentage, buffer, cap, last piece, never below zero; in this order.
//!
//! Results are floored, never rounded up: an article sold twice costs more than one shown too late.

use std::cmp::Ordering;

use polars::prelude::{DataType, Expr, concat_str, lit, when};

use crate::domain::money::Decimal;
use crate::domain::money::exact::{Exact, Rounding, Site};

use super::pool::at_least_zero;

/// One rule of a channel. They apply in the order of the variants; the first two exclude each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// A fraction of the pool: 0.6 for 60 %.
    Percent(Decimal),
    /// A fixed quantity, as far as the pool has it.
    Fixed(Decimal),
    /// Units kept back.
    Buffer(Decimal),
    /// The most that is ever shown.
    Cap(Decimal),
    /// Below this quantity nothing is shown.
    MinPublish(Decimal),
}

impl Rule {
    /// The rule in the trace: `percent:60`, `buffer:2`.
    #[must_use]
    pub fn name(self) -> String {
        let (word, value) = match self {
            Self::Percent(share) => ("percent", Decimal::new(share.mantissa * 100, share.scale)),
            Self::Fixed(fixed) => ("fixed", fixed),
            Self::Buffer(buffer) => ("buffer", buffer),
            Self::Cap(cap) => ("cap", cap),
            Self::MinPublish(least) => ("min_publish", least),
        };
        format!("{word}:{}", value.to_string_trimmed())
    }

    /// The quantity after the rule, floored to `decimals`: 0 for pieces, 3 for goods sold by measure.
    #[must_use]
    pub fn apply(self, quantity: &Exact, decimals: u8, site: &Site) -> Exact {
        let literal = |value| Exact::literal(value, site);
        let result = match self {
            Self::Percent(share) => quantity.times(&literal(share)),
            Self::Fixed(limit) | Self::Cap(limit) => quantity.minimum(&literal(limit)),
            Self::Buffer(buffer) => quantity.minus(&literal(buffer)),
            Self::MinPublish(least) => {
                literal(Decimal::ZERO).or_else(quantity.compare(&literal(least), Ordering::is_lt), quantity)
            }
        };
        result.rescale(decimals, Rounding::Floor)
    }
}

/// The published quantity, once all rules were applied: floored, never below zero.
#[must_use]
pub fn published(quantity: &Exact, decimals: u8, site: &Site) -> Exact {
    at_least_zero(&quantity.rescale(decimals, Rounding::Floor), site)
}

/// `in_stock` or `out_of_stock`, as feeds say it.
pub fn availability(published: &Exact, site: &Site) -> Expr {
    let any = published.compare(&Exact::literal(Decimal::ZERO, site), Ordering::is_gt);
    when(any).then(lit("in_stock")).otherwise(lit("out_of_stock"))
}

/// A quantity as a person writes it: without trailing zeros.
pub fn quantity_text(value: &Exact) -> Expr {
    let text = value.clone().expr().cast(DataType::String);
    if value.scale() == 0 {
        return text;
    }
    text.str().strip_chars_end(lit("0")).str().strip_chars_end(lit("."))
}

/// A rule of the trace: ` > buffer:2 8`.
pub fn trace_step(name: &str, value: &Exact) -> Expr {
    concat_str([lit(format!(" > {name} ")), quantity_text(value)], "", false)
}
