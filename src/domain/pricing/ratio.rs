//! A quotient that is not worked out: numerator and denominator, both whole and exact.
//!
//! Nothing is rounded until [`Ratio::half_up`], [`Ratio::ceil`] or [`Ratio::floor`] is asked for. Numbers of 64 bits
//! take the short way; what leaves 128 bits is reduced first, and is `None` only when that does not help.

use std::cmp::Ordering;

/// `above / below`; `below` is positive.
#[derive(Clone, Copy, Debug)]
pub struct Ratio {
    above: i128,
    below: i128,
}

impl Ratio {
    /// Nothing.
    pub const ZERO: Self = Self::whole(0);
    /// One.
    pub const ONE: Self = Self::whole(1);

    /// A whole number.
    #[must_use]
    pub const fn whole(value: i128) -> Self {
        Self { above: value, below: 1 }
    }

    /// `above / below`; the caller gives a positive `below`.
    #[must_use]
    pub const fn new(above: i128, below: i128) -> Self {
        Self { above, below }
    }

    /// Whether it is above zero.
    #[must_use]
    pub const fn is_positive(self) -> bool {
        self.above > 0
    }

    /// Whether it is nothing.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.above == 0
    }

    /// The product.
    #[inline]
    #[must_use]
    pub fn times(self, other: Self) -> Option<Self> {
        if let (Some(above), Some(below)) = (product(self.above, other.above), product(self.below, other.below)) {
            return Some(Self { above, below });
        }
        let (first, second) = (gcd(self.above, other.below), gcd(other.above, self.below));
        Some(Self {
            above: (self.above / first).checked_mul(other.above / second)?,
            below: (self.below / second).checked_mul(other.below / first)?,
        })
    }

    /// The quotient. `other` must be positive.
    #[inline]
    #[must_use]
    pub fn over(self, other: Self) -> Option<Self> {
        self.times(Self { above: other.below, below: other.above })
    }

    /// The sum.
    #[inline]
    #[must_use]
    pub fn plus(self, other: Self) -> Option<Self> {
        if other.above == 0 {
            return Some(self);
        }
        if self.below == other.below {
            return Some(Self { above: self.above.checked_add(other.above)?, below: self.below });
        }
        let short = || {
            let above = product(self.above, other.below)?.checked_add(product(other.above, self.below)?)?;
            Some(Self { above, below: product(self.below, other.below)? })
        };
        short().or_else(|| {
            let common = gcd(self.below, other.below);
            let left = self.above.checked_mul(other.below / common)?;
            let right = other.above.checked_mul(self.below / common)?;
            Some(Self { above: left.checked_add(right)?, below: self.below.checked_mul(other.below / common)? })
        })
    }

    /// The difference.
    #[inline]
    #[must_use]
    pub fn minus(self, other: Self) -> Option<Self> {
        self.plus(Self { above: other.above.checked_neg()?, below: other.below })
    }

    /// The whole number nearest to it, ties away from zero.
    #[inline]
    #[must_use]
    pub fn half_up(self) -> i128 {
        if let (Ok(above), Ok(below)) = (u64::try_from(self.above), u64::try_from(self.below)) {
            let (quotient, rest) = (above / below, above % below);
            return i128::from(quotient) + i128::from(rest >= below - rest);
        }
        let (above, below) = (self.above.unsigned_abs(), self.below.unsigned_abs());
        let (quotient, rest) = (above / below, above % below);
        let nearest = (quotient + u128::from(rest >= below - rest)).cast_signed();
        if self.above < 0 { -nearest } else { nearest }
    }

    /// The largest whole number that is not above it.
    #[inline]
    #[must_use]
    pub fn floor(self) -> i128 {
        if let (Ok(above), Ok(below)) = (u64::try_from(self.above), u64::try_from(self.below)) {
            return i128::from(above / below);
        }
        self.above.div_euclid(self.below)
    }

    /// The smallest whole number that is not below it.
    #[inline]
    #[must_use]
    pub fn ceil(self) -> i128 {
        if let (Ok(above), Ok(below)) = (u64::try_from(self.above), u64::try_from(self.below)) {
            return i128::from(above / below) + i128::from(!above.is_multiple_of(below));
        }
        self.above.div_euclid(self.below) + i128::from(self.above.rem_euclid(self.below) != 0)
    }

    /// Whether it is a whole number.
    #[must_use]
    pub const fn is_whole(self) -> bool {
        self.above % self.below == 0
    }

    /// Compares two quotients, exactly, whatever their size.
    #[inline]
    #[must_use]
    pub fn compare(self, other: Self) -> Ordering {
        match (product(self.above, other.below), product(other.above, self.below)) {
            (Some(left), Some(right)) => left.cmp(&right),
            _ => self.compare_by_parts(other),
        }
    }

    /// The whole parts first, then what is left turned over: Euclid's way, which never leaves 128 bits.
    fn compare_by_parts(self, other: Self) -> Ordering {
        let (mut left, mut right) = ((self.above, self.below), (other.above, other.below));
        loop {
            let whole = left.0.div_euclid(left.1).cmp(&right.0.div_euclid(right.1));
            let rest = (left.0.rem_euclid(left.1), right.0.rem_euclid(right.1));
            match (whole, rest) {
                (Ordering::Equal, (0, 0)) => return Ordering::Equal,
                (Ordering::Equal, (0, _)) => return Ordering::Less,
                (Ordering::Equal, (_, 0)) => return Ordering::Greater,
                // `a/b < c/d` just when `d/c < b/a`: the sides change places.
                (Ordering::Equal, (a, c)) => (left, right) = ((right.1, c), (left.1, a)),
                (decided, _) => return decided,
            }
        }
    }
}

#[inline]
fn product(left: i128, right: i128) -> Option<i128> {
    match (i64::try_from(left), i64::try_from(right)) {
        (Ok(left), Ok(right)) => Some(i128::from(left) * i128::from(right)),
        _ => left.checked_mul(right),
    }
}

fn gcd(left: i128, right: i128) -> i128 {
    let (mut left, mut right) = (left.unsigned_abs(), right.unsigned_abs());
    while right != 0 {
        (left, right) = (right, left % right);
    }
    i128::try_from(left).unwrap_or(1).max(1)
}

#[cfg(test)]
mod tests {
    use num_bigint::BigInt;
    use proptest::prelude::*;

    use super::*;

    fn number() -> impl Strategy<Value = i128> {
        prop_oneof![-1000i128..1000, (any::<i128>(), 0u32..127).prop_map(|(value, shift)| value >> shift)]
    }

    fn positive() -> impl Strategy<Value = i128> {
        number().prop_map(|value| (value.unsigned_abs() >> 1).cast_signed().max(1))
    }

    fn big(value: i128) -> BigInt {
        BigInt::from(value)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]
        #[test]
        fn whole_numbers_are_those_of_big_integers(above in number(), below in positive()) {
            prop_assume!(above != i128::MIN);
            let ratio = Ratio::new(above, below);
            let floor: BigInt =
                if above < 0 { -((-big(above) + big(below) - 1i32) / big(below)) } else { big(above) / big(below) };
            prop_assert_eq!(big(ratio.floor()), floor.clone());
            let whole = &floor * big(below) == big(above);
            prop_assert_eq!(big(ratio.ceil()), if whole { floor } else { floor + 1 });
            let half = (big(above).magnitude() * 2u32 + big(below).magnitude()) / (big(below).magnitude() * 2u32);
            prop_assert_eq!(big(ratio.half_up()), if above < 0 { -BigInt::from(half) } else { BigInt::from(half) });
            prop_assert_eq!(ratio.is_whole(), whole);
        }

        #[test]
        fn arithmetic_is_that_of_big_integers(a in number(), b in positive(), c in number(), d in positive()) {
            prop_assume!(a != i128::MIN && c != i128::MIN);
            let (left, right) = (Ratio::new(a, b), Ratio::new(c, d));
            prop_assert_eq!(left.compare(right), (big(a) * big(d)).cmp(&(big(c) * big(b))));
            let same = |found: Ratio, above: BigInt, below: BigInt| big(found.above) * below == above * big(found.below);
            if let Some(found) = left.times(right) {
                prop_assert!(same(found, big(a) * big(c), big(b) * big(d)));
            }
            if let Some(found) = left.plus(right) {
                prop_assert!(same(found, big(a) * big(d) + big(c) * big(b), big(b) * big(d)));
            }
            if let Some(found) = left.minus(right) {
                prop_assert!(same(found, big(a) * big(d) - big(c) * big(b), big(b) * big(d)));
            }
        }
    }

    #[test]
    fn what_leaves_128_bits_is_reduced_first() {
        let large = 10i128.pow(37);
        let product = Ratio::new(large, 7).times(Ratio::new(33, large)).unwrap();
        assert_eq!((product.above, product.below), (33, 7));
        assert!(Ratio::new(large, 7).times(Ratio::new(large, 11)).is_none());
        let sum = Ratio::new(1, large).plus(Ratio::new(1, large / 10)).unwrap();
        assert_eq!(sum.compare(Ratio::new(11, large)), Ordering::Equal);
    }
}
