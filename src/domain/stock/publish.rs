//! What a channel shows of its pool: fixed or percentage, buffer, cap, last piece, never below zero; in this order.
//!
//! Results are floored, never rounded up: an article sold twice costs more than one shown too late.

use polars::prelude::{Expr, when};

use super::level::share;
use super::quantity::{at_least_zero, smaller, units, whole};

/// One rule of a channel. They apply in the order of the variants; the first two exclude each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// A fixed quantity, as far as the pool has it.
    Fixed,
    /// A share of the pool.
    Percent,
    /// Units kept back.
    Buffer,
    /// The most that is ever shown.
    Cap,
    /// Below this quantity nothing is shown.
    MinPublish,
}

impl Rule {
    /// All rules in their order.
    pub const ALL: [Self; 5] = [Self::Fixed, Self::Percent, Self::Buffer, Self::Cap, Self::MinPublish];

    /// The rule as it is written.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fixed => "fixed",
            Self::Percent => "percent",
            Self::Buffer => "buffer",
            Self::Cap => "cap",
            Self::MinPublish => "min_publish",
        }
    }

    /// Whether its number is rounded up where a unit is divided: what is kept back, not what is shown.
    #[must_use]
    pub const fn keeps_back(self) -> bool {
        matches!(self, Self::Buffer | Self::MinPublish)
    }

    /// The quantity after the rule, in whole pieces. `value` is in units, for `Percent` in ten-thousandths of a percent.
    #[must_use]
    pub fn apply(self, quantity: &Expr, value: &Expr, piece: i64) -> Expr {
        let result = match self {
            Self::Percent => share(quantity, value),
            Self::Fixed | Self::Cap => smaller(quantity, value),
            Self::Buffer => quantity.clone() - value.clone(),
            Self::MinPublish => when(quantity.clone().lt(value.clone())).then(units(0)).otherwise(quantity.clone()),
        };
        whole(result, piece)
    }
}

/// The published quantity, once all rules were applied: whole pieces, never below zero.
#[must_use]
pub fn published(quantity: Expr, piece: i64) -> Expr {
    at_least_zero(&whole(quantity, piece))
}
