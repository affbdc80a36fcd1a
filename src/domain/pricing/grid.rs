//! The prices a list allows to be shown: every cent, steps of five cents, endings in `.99`.

use crate::domain::money::{Decimal, pow10};

use super::Ratio;

/// Allowed prices in minor units (cents): `offset + k * unit` for whole `k`, always positive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grid {
    offset: i128,
    unit: i128,
    direction: Direction,
    from: From,
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

/// What is brought to the allowed prices.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum From {
    /// The price with all its digits: 48.9901 is above 48.99.
    #[default]
    Exact,
    /// The price rounded to the cent: 48.9901 is 48.99.
    Cent,
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

    fn read(word: &str) -> Option<Self> {
        [Self::Up, Self::Down, Self::Nearest].into_iter().find(|direction| direction.as_str() == word)
    }
}

impl Grid {
    /// Every minor unit, half up.
    pub const CENTS: Self = Self { offset: 0, unit: 1, direction: Direction::Nearest, from: From::Exact };

    /// Prices that end in `ending`: `0.99` allows 0.99, 1.99, 2.99, … `None` unless it lies in `[0, 1)`, on the minor
    /// unit of a currency with `decimals`.
    #[must_use]
    pub fn charm(ending: Decimal, direction: Direction, decimals: u8) -> Option<Self> {
        let offset = minor(ending, decimals).filter(|_| !ending.is_negative() && ending < Decimal::ONE)?;
        Some(Self { offset, unit: pow10(decimals)?, direction, from: From::Exact })
    }

    /// Multiples of `step`. `None` unless it is positive and on the minor unit.
    #[must_use]
    pub fn step(step: Decimal, direction: Direction, decimals: u8) -> Option<Self> {
        let unit = minor(step, decimals).filter(|unit| *unit > 0)?;
        Some(Self { offset: 0, unit, direction, from: From::Exact })
    }

    /// A rule as a table writes it: `cent`, `step:0.05:nearest`, `charm:0.99:up`.
    #[must_use]
    pub fn read(rule: &str, decimals: u8) -> Option<Self> {
        let mut parts = rule.trim().split(':').map(str::trim);
        let word = parts.next()?;
        if word.eq_ignore_ascii_case("cent") {
            return parts.next().is_none().then_some(Self::CENTS);
        }
        let amount = parts.next()?.replace(',', ".").parse().ok()?;
        let direction = parts.next().map_or(Some(Direction::Nearest), Direction::read)?;
        let grid = match word {
            "charm" => Self::charm(amount, direction, decimals),
            "step" => Self::step(amount, direction, decimals),
            _ => None,
        };
        grid.filter(|_| parts.next().is_none())
    }

    /// The same prices, for a value that is first brought to what `from` says.
    #[must_use]
    pub const fn from(self, from: From) -> Self {
        Self { from, ..self }
    }

    /// The allowed price for a value. Never zero or below: the lowest allowed price instead.
    #[inline]
    #[must_use]
    pub fn price(&self, value: Ratio) -> Option<i128> {
        if self.unit == 1 && self.direction == Direction::Nearest {
            return Some(value.half_up().max(1));
        }
        let value = if self.from == From::Cent { Ratio::whole(value.half_up()) } else { value };
        let units = value.minus(Ratio::whole(self.offset))?.times(Ratio::new(1, self.unit))?;
        let count = match self.direction {
            Direction::Up => units.ceil(),
            Direction::Down => units.floor(),
            Direction::Nearest => units.half_up(),
        };
        self.nth(count)
    }

    /// The lowest allowed price that is not below `price`.
    #[inline]
    #[must_use]
    pub fn at_or_above(&self, price: i128) -> Option<i128> {
        self.nth(Ratio::new(price.checked_sub(self.offset)?, self.unit).ceil())
    }

    fn nth(&self, count: i128) -> Option<i128> {
        count.max(i128::from(self.offset == 0)).checked_mul(self.unit)?.checked_add(self.offset)
    }
}

/// An amount in minor units; `None` when it lies between two.
fn minor(amount: Decimal, decimals: u8) -> Option<i128> {
    let amount = amount.trimmed();
    (amount.scale <= decimals).then(|| amount.rescale(decimals)).flatten().map(|amount| amount.mantissa)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A price in hundredths of a cent, and the rules with what they make of it.
    const PRICES: &[(i128, &str, i128)] = &[
        (487_878, "charm:0.99:up", 4899),
        (487_878, "charm:0.99:down", 4799),
        (487_878, "charm:0.99:nearest", 4899),
        // In the middle of 47.99 and 48.99 the tie goes up; a hair below it goes down.
        (484_900, "charm:0.99:nearest", 4899),
        (484_899, "charm:0.99:nearest", 4799),
        (489_900, "charm:0.99:up", 4899),
        (489_901, "charm:0.99:up", 4999),
        (489_900, "charm:0.99:down", 4899),
        (489_899, "charm:0.99:down", 4799),
        (3_000, "charm:0.99:down", 99),
        (89_426, "step:0.05:nearest", 895),
        (89_250, "step:0.05:nearest", 895),
        (89_249, "step:0.05:nearest", 890),
        (89_001, "step:0.05:up", 895),
        (89_499, "step:0.05:down", 890),
        (100, "step:0.05:down", 5),
        (99_950, "cent", 1000),
        (99_949, "cent", 999),
        (49, "cent", 1),
        (0, "cent", 1),
        (1_099_999, "charm:0:up", 11_000),
    ];

    #[test]
    fn prices_at_and_beside_the_allowed_ones() {
        for (value, rule, expected) in PRICES {
            let found = Grid::read(rule, 2).unwrap().price(Ratio::new(*value, 100));
            assert_eq!(found, Some(*expected), "{value} {rule}");
        }
    }

    #[test]
    fn from_the_cent_a_hair_is_no_step() {
        for (value, rule, expected) in [
            (489_901, "charm:0.99:up", 4899),
            (489_949, "charm:0.99:up", 4899),
            (489_950, "charm:0.99:up", 4999),
            (89_049, "step:0.05:up", 890),
        ] {
            let found = Grid::read(rule, 2).unwrap().from(From::Cent).price(Ratio::new(value, 100));
            assert_eq!(found, Some(expected), "{value} {rule}");
        }
    }

    #[test]
    fn currencies_without_and_with_three_decimals() {
        assert_eq!(Grid::read("step:10:nearest", 0).unwrap().price(Ratio::new(123_450, 100)), Some(1230));
        assert_eq!(Grid::read("step:0.05:up", 3).unwrap().price(Ratio::whole(1_001)), Some(1050));
        assert_eq!(Grid::read("charm:0.995:up", 3).unwrap().price(Ratio::whole(1_001)), Some(1995));
        assert_eq!(Grid::read("charm:0.99:up", 0), None);
        assert_eq!(Grid::CENTS.price(Ratio::new(1_235, 10)), Some(124));
    }

    #[test]
    fn impossible_rules_are_none() {
        for rule in [
            "charm:1:up",
            "charm:1.99:up",
            "charm:-0.01:up",
            "charm:0.999:up",
            "step:0:up",
            "step:-0.05:up",
            "step:0.005:up",
            "step:0.05:sideways",
            "cents",
            "cent:up",
            "charm",
            "step:0.05:up:2",
            "",
        ] {
            assert_eq!(Grid::read(rule, 2), None, "{rule}");
        }
        assert_eq!(Grid::read("charm:0,99:up", 2), Grid::read("charm:0.990:up", 2));
        assert!(Grid::read("step:10:down", 2).is_some());
    }
}
