//! Available to sell in one warehouse, and the sum that a channel draws on.

use std::cmp::Ordering;

use polars::prelude::{Expr, PlSmallStr, col, lit};

use crate::domain::money::Decimal;
use crate::domain::money::exact::{Exact, Site, sum};

/// Quantities of one article in one warehouse.
pub struct Level {
    /// What is there; for a source that already nets its reservations, what is left of it.
    pub on_hand: Exact,
    /// Promised to orders that are not shipped yet.
    pub reserved: Option<Exact>,
    /// Damaged, in quality control, in quarantine.
    pub unavailable: Option<Exact>,
}

/// What a warehouse below zero does to the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Negative {
    /// It reduces the pool.
    Net,
    /// It counts as zero.
    ClampEach,
}

impl Level {
    /// `on hand - reserved - unavailable - safety`, of one warehouse; may be negative unless clamped.
    #[must_use]
    pub fn available(&self, safety: Decimal, negative: Negative, site: &Site) -> Exact {
        let mut available = self.on_hand.clone();
        for taken in [&self.reserved, &self.unavailable].into_iter().flatten() {
            available = available.minus(taken);
        }
        if !safety.is_zero() {
            available = available.minus(&Exact::literal(safety, site));
        }
        match negative {
            Negative::Net => available,
            Negative::ClampEach => at_least_zero(&available, site),
        }
    }
}

/// The warehouses a channel is served from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pool {
    /// Codes; `None` means all of them.
    pub warehouses: Option<Vec<String>>,
}

impl Pool {
    /// What a warehouse gives to the pool: `available`, or nothing when it does not serve the channel.
    #[must_use]
    pub fn share(&self, available: &Exact, warehouse: &str, site: &Site) -> Exact {
        match self.serves(warehouse) {
            Some(serves) => available.or_else(serves, &Exact::literal(Decimal::ZERO, site)),
            None => available.clone(),
        }
    }

    /// `sum:MI+RM`, for the trace.
    #[must_use]
    pub fn label(&self) -> String {
        self.warehouses.as_ref().map_or_else(|| String::from("sum:all"), |codes| format!("sum:{}", codes.join("+")))
    }

    fn serves(&self, warehouse: &str) -> Option<Expr> {
        let codes = self.warehouses.as_ref()?;
        let is = |code: &String| col(PlSmallStr::from_str(warehouse)).eq(lit(code.as_str()));
        Some(codes.iter().map(is).reduce(Expr::or).unwrap_or_else(|| lit(false)))
    }
}

/// The sum of quantities inside an aggregation; nothing to add is zero.
#[must_use]
pub fn total(quantity: &Exact, site: &Site) -> Exact {
    /// Digits of a quantity: with more, the sum is worked out in two halves and cannot overflow unseen.
    const DIGITS: u8 = 28;
    or_zero(&sum(quantity, DIGITS), site)
}

/// The value, or zero when there is none.
#[must_use]
pub fn or_zero(value: &Exact, site: &Site) -> Exact {
    value.or_else(value.clone().expr().is_not_null(), &Exact::literal(Decimal::ZERO, site))
}

/// The value, or zero when it is below.
#[must_use]
pub fn at_least_zero(value: &Exact, site: &Site) -> Exact {
    let zero = Exact::literal(Decimal::ZERO, site);
    zero.or_else(value.compare(&zero, Ordering::is_lt), value)
}
