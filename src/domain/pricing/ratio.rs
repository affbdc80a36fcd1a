//! A quotient that is not worked out yet: numerator and denominator, both exact.

use std::cmp::Ordering;

use polars::prelude::Expr;

use crate::domain::money::Decimal;
use crate::domain::money::exact::{Exact, Site};

/// `numerator / denominator`, where the denominator is positive.
#[derive(Clone)]
pub struct Ratio {
    /// What is divided.
    pub numerator: Exact,
    /// By what; rows where it is not positive must have been rejected before.
    pub denominator: Exact,
}

impl Ratio {
    /// The quotient rounded once, half away from zero.
    #[must_use]
    pub fn rounded(&self, decimals: u8) -> Exact {
        self.numerator.over(&self.denominator, decimals)
    }

    /// How many units lie between `offset` and the value: `(value - offset) / unit`.
    #[must_use]
    pub fn in_units(&self, offset: Decimal, unit: Decimal, site: &Site) -> Self {
        let shift = Exact::literal(offset, site).times(&self.denominator);
        Self {
            numerator: if offset.is_zero() { self.numerator.clone() } else { self.numerator.minus(&shift) },
            denominator: self.denominator.times(&Exact::literal(unit, site)),
        }
    }

    /// The whole number nearest to the value, ties away from zero.
    #[must_use]
    pub fn nearest(&self) -> Exact {
        self.rounded(0)
    }

    /// The smallest whole number that is not below the value, given the nearest one.
    ///
    /// The quotient is never looked at: the product of the candidate is compared with the numerator, so that a value a
    /// hair above a whole number is not taken for it.
    #[must_use]
    pub fn ceiling(&self, nearest: &Exact, site: &Site) -> Exact {
        let next = nearest.plus(&Exact::literal(Decimal::ONE, site));
        next.or_else(self.compare_candidate(nearest, Ordering::is_lt), nearest)
    }

    /// The largest whole number that is not above the value, given the nearest one.
    #[must_use]
    pub fn floor(&self, nearest: &Exact, site: &Site) -> Exact {
        let previous = nearest.minus(&Exact::literal(Decimal::ONE, site));
        previous.or_else(self.compare_candidate(nearest, Ordering::is_gt), nearest)
    }

    /// Compares `candidate` with the value, exactly.
    pub fn compare_candidate(&self, candidate: &Exact, test: fn(Ordering) -> bool) -> Expr {
        candidate.times(&self.denominator).compare(&self.numerator, test)
    }
}
