//! What a marketplace keeps, and the price that leaves the wanted proceeds after it.
//!
//! Adding the fee's percentage on top is the classic error: 50.00 net at 22 % VAT and 15 % commission needs 74.66, while
//! 50.00 × 1.22 × 1.15 leaves less than 50.00.

use crate::domain::money::Decimal;
use crate::domain::money::exact::{Exact, Rounding, Site};

use super::Ratio;

/// What the percentage of a fee is taken on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FeeBase {
    /// The price with VAT, as most marketplaces do.
    Gross,
    /// The price without VAT.
    Net,
}

/// A fee: a fraction of the price plus a fixed amount, both as they weigh on the seller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fee {
    /// Fraction of the price: 0.15 for 15 %.
    pub rate: Decimal,
    /// Amount per sale, without VAT.
    pub fixed: Decimal,
    /// What the fraction is taken on.
    pub base: FeeBase,
}

/// VAT on a fee that the seller cannot deduct (forfettari): 22 %, by reverse charge on the platform's invoice.
const UNRECOVERABLE: Decimal = Decimal::new(122, 2);

impl Fee {
    /// No fee at all.
    pub const NONE: Self = Self { rate: Decimal::ZERO, fixed: Decimal::ZERO, base: FeeBase::Net };

    /// The fee of a seller who cannot deduct the VAT on it: that VAT is a cost too. `None` beyond 38 digits.
    #[must_use]
    pub fn with_unrecoverable_vat(self) -> Option<Self> {
        Some(Self { rate: self.rate.mul(UNRECOVERABLE)?, fixed: self.fixed.mul(UNRECOVERABLE)?, base: self.base })
    }

    /// The part of a price that remains after the fraction is taken, as the denominator of the gross-up:
    /// `1 - f(1+v)` when the fee is taken on the gross price, `1 - f` on the net one. `vat` is `1 + v`.
    #[must_use]
    pub fn remaining(&self, vat: &Exact, site: &Site) -> Exact {
        match self.base {
            FeeBase::Gross => Exact::literal(Decimal::ONE, site).minus(&Exact::literal(self.rate, site).times(vat)),
            FeeBase::Net => Exact::literal(complement(self.rate), site),
        }
    }

    /// The gross price that leaves `wanted` net of VAT and fee: `(N + F)(1+v) / remaining`.
    ///
    /// A fee on the gross price gives `(N + F) / (1/(1+v) - f)`, multiplied by `1+v` above and below, so that no
    /// quotient is rounded on the way.
    #[must_use]
    pub fn gross_up(&self, wanted: &Ratio, vat: &Exact, remaining: &Exact, site: &Site) -> Ratio {
        let fixed = Exact::literal(self.fixed, site).times(&wanted.denominator);
        let costs = if self.fixed.is_zero() { wanted.numerator.clone() } else { wanted.numerator.plus(&fixed) };
        Ratio { numerator: costs.times(vat), denominator: wanted.denominator.times(remaining) }
    }

    /// The fee on a displayed price, on the cent.
    #[must_use]
    pub fn amount(&self, net: &Exact, gross: &Exact, site: &Site) -> Exact {
        let base = match self.base {
            FeeBase::Gross => gross,
            FeeBase::Net => net,
        };
        let fee = base.times(&Exact::literal(self.rate, site)).plus(&Exact::literal(self.fixed, site));
        fee.rescale(super::grid::CENT, Rounding::HalfUp)
    }
}

/// `1 - fraction`. Fractions have few digits: this never leaves 38.
#[must_use]
pub fn complement(fraction: Decimal) -> Decimal {
    Decimal::ONE.sub(fraction).unwrap_or(Decimal::ZERO)
}
