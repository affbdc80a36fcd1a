//! The lowest admissible price, from the cost of the goods.

use crate::domain::money::Decimal;
use crate::domain::money::exact::{Exact, Site};

use super::Ratio;
use super::fee::complement;

/// How much must be earned at least. Both are fractions on net prices, and they are not the same thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Floor {
    /// `(price - cost) / price`: 0.25 makes of a cost of 30.00 a net price of 40.00.
    Margin(Decimal),
    /// `(price - cost) / cost`: 0.20 makes of a cost of 30.00 a net price of 36.00.
    Markup(Decimal),
}

impl Floor {
    /// The lowest net proceeds for a cost. A margin must be below 1.
    #[must_use]
    pub fn wanted(&self, cost: &Exact, site: &Site) -> Ratio {
        let literal = |value| Exact::literal(value, site);
        match *self {
            Self::Margin(margin) => Ratio { numerator: cost.clone(), denominator: literal(complement(margin)) },
            Self::Markup(markup) => {
                let factor = literal(Decimal::ONE.add(markup).unwrap_or(Decimal::ONE));
                Ratio { numerator: cost.times(&factor), denominator: literal(Decimal::ONE) }
            }
        }
    }
}
