//! The lowest admissible price, from the cost of the goods.

use super::ratio::Ratio;

/// How much must be earned at least. Both are fractions on net prices, and they are not the same thing.
#[derive(Clone, Copy, Debug)]
pub enum Floor {
    /// `(price - cost) / price`: 0.25 makes of a cost of 30.00 a net price of 40.00.
    Margin(Ratio),
    /// `(price - cost) / cost`: 0.20 makes of a cost of 30.00 a net price of 36.00.
    Markup(Ratio),
}

impl Floor {
    /// The lowest net proceeds for a cost; `None` for a margin of 100 % or beyond 128 bits.
    #[inline]
    #[must_use]
    pub fn wanted(&self, cost: Ratio) -> Option<Ratio> {
        match *self {
            Self::Margin(margin) => {
                let share = Ratio::ONE.minus(margin)?;
                if share.is_positive() { cost.over(share) } else { None }
            }
            Self::Markup(markup) => cost.times(Ratio::ONE.plus(markup)?),
        }
    }
}
