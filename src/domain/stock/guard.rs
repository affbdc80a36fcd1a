//! The large-drop guard: a run that sends too many articles to zero is stopped, as its source is more likely broken
//! than the shop is sold out.

use crate::domain::money::Decimal;

/// What a run does to the articles of a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drop {
    /// Articles that were on sale before.
    pub before: u64,
    /// Of those, articles that are at zero now.
    pub to_zero: u64,
}

impl Drop {
    /// Whether more than `limit` (0.3 for 30 %) of the articles went to zero. Nothing before is no drop.
    #[must_use]
    pub fn exceeds(self, limit: Decimal) -> bool {
        let of = |count: u64| Decimal::new(i128::from(count), 0);
        let allowed = of(self.before).mul(limit);
        self.before > 0 && allowed.is_none_or(|allowed| of(self.to_zero) > allowed)
    }

    /// The share in percent with one decimal, rounded: for a message.
    #[must_use]
    pub fn percent(self) -> Decimal {
        let of = |count: u64| Decimal::new(i128::from(count) * 100, 0);
        of(self.to_zero).div(Decimal::new(i128::from(self.before.max(1)), 0), 1).unwrap_or(Decimal::ZERO)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_itself_is_allowed() {
        let limit = Decimal::new(3, 1);
        let cases = [(10, 3, false), (10, 4, true), (1000, 300, false), (1000, 301, true), (3, 1, true), (0, 0, false)];
        for (before, to_zero, expected) in cases {
            assert_eq!(Drop { before, to_zero }.exceeds(limit), expected, "{to_zero} of {before}");
        }
        assert_eq!(Drop { before: 3, to_zero: 1 }.percent().to_string(), "33.3");
        assert!(!Drop { before: 5, to_zero: 5 }.exceeds(Decimal::ONE));
    }
}
