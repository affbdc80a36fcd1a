//! The prices a list allows to be shown: every cent, steps of five cents, endings in `.99`.

use std::cmp::Ordering;

use crate::domain::money::Decimal;
use crate::domain::money::exact::{Exact, Rounding, Site};

use super::Ratio;

/// Decimals of a displayed price.
pub const CENT: u8 = 2;

/// Allowed prices: `offset + k * unit` for whole `k`, always positive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grid {
    offset: Decimal,
    unit: Decimal,
    direction: Direction,
}

/// Which allowed price is taken when the price lies between two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// The next above.
    Up,
    /// The next below.
    Down,
    /// The nearer; the upper one when both are as near.
    Nearest,
}

impl Direction {
    /// The word of the pipeline language.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
            Self::Nearest => "nearest",
        }
    }
}

impl Grid {
    /// Every cent, half up.
    pub const CENTS: Self = Self { offset: Decimal::ZERO, unit: Decimal::new(1, CENT), direction: Direction::Nearest };

    /// Prices that end in `ending`: `0.99` allows 0.99, 1.99, 2.99, … `None` unless it lies in `[0, 1)`, on the cent.
    #[must_use]
    pub fn charm(ending: Decimal, direction: Direction) -> Option<Self> {
        let fits = !ending.is_negative() && ending < Decimal::ONE && ending.trimmed().scale <= CENT;
        fits.then_some(Self { offset: ending.trimmed(), unit: Decimal::ONE, direction })
    }

    /// Multiples of `step`. `None` unless it is positive and on the cent.
    #[must_use]
    pub fn step(step: Decimal, direction: Direction) -> Option<Self> {
        let fits = step > Decimal::ZERO && step.trimmed().scale <= CENT;
        fits.then_some(Self { offset: Decimal::ZERO, unit: step.trimmed(), direction })
    }

    /// The same prices, always rounded up.
    #[must_use]
    pub const fn upwards(self) -> Self {
        Self { direction: Direction::Up, ..self }
    }

    /// The lowest allowed price that is not below `price`, which lies on the cent.
    #[must_use]
    pub fn at_or_above(self, price: &Exact, site: &Site) -> Exact {
        let unit = Exact::literal(self.unit, site);
        let units = Ratio { numerator: price.minus(&Exact::literal(self.offset, site)), denominator: unit };
        self.upwards().price(&units, &units.nearest(), site)
    }

    /// How many units of the grid the value is: what [`Grid::nearest`] rounds.
    #[must_use]
    pub fn in_units(self, value: &Ratio, site: &Site) -> Ratio {
        value.in_units(self.offset, self.unit, site)
    }

    /// The allowed price for a value, given its units and their nearest whole number. Never zero or below: the lowest
    /// allowed price instead.
    #[must_use]
    pub fn price(self, units: &Ratio, nearest: &Exact, site: &Site) -> Exact {
        let count = match self.direction {
            Direction::Up => units.ceiling(nearest, site),
            Direction::Down => units.floor(nearest, site),
            Direction::Nearest => nearest.clone(),
        };
        let lowest = Exact::literal(Decimal::new(i128::from(self.offset.is_zero()), 0), site);
        let count = lowest.or_else(count.compare(&lowest, Ordering::is_lt), &count);
        let offset = Exact::literal(self.offset, site);
        // A unit on the cent times a whole number is on the cent: nothing is rounded here.
        count.times(&Exact::literal(self.unit, site)).plus(&offset).rescale(CENT, Rounding::HalfUp)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn impossible_endings_and_steps_are_none() {
        let number = |text: &str| -> Decimal { text.parse().unwrap() };
        for ending in ["1", "1.99", "-0.01", "0.999"] {
            assert_eq!(Grid::charm(number(ending), Direction::Up), None, "{ending}");
        }
        for step in ["0", "-0.05", "0.005"] {
            assert_eq!(Grid::step(number(step), Direction::Up), None, "{step}");
        }
        assert!(Grid::charm(number("0.990"), Direction::Up).is_some());
        assert!(Grid::step(number("10"), Direction::Down).is_some());
    }
}
