//! Unsigned 256-bit integers, just enough of them to hold the exact product of two decimals.
//!
//! Only magnitudes live here; signs, scales and rounding belong to `raw`.

const LOW_HALF: u128 = u64::MAX as u128;

/// An unsigned integer of 256 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct U256 {
    // The derived order compares the fields from the top, so `high` must come first.
    high: u128,
    low: u128,
}

impl U256 {
    /// The same number, wider.
    #[must_use]
    pub const fn from_u128(low: u128) -> Self {
        Self { high: 0, low }
    }

    /// The exact product of two 128-bit numbers.
    #[must_use]
    pub const fn product(left: u128, right: u128) -> Self {
        let (left_high, left_low) = (left >> 64, left & LOW_HALF);
        let (right_high, right_low) = (right >> 64, right & LOW_HALF);
        let bottom = left_low * right_low;
        let first = left_high * right_low + (bottom >> 64);
        let second = left_low * right_high + (first & LOW_HALF);
        Self {
            high: left_high * right_high + (first >> 64) + (second >> 64),
            low: (second << 64) | (bottom & LOW_HALF),
        }
    }

    /// `self * factor`, or `None` above 256 bits.
    #[must_use]
    pub fn checked_mul(self, factor: u128) -> Option<Self> {
        let low = Self::product(self.low, factor);
        let high = self.high.checked_mul(factor)?.checked_add(low.high)?;
        Some(Self { high, low: low.low })
    }

    /// `self + other`, or `None` above 256 bits.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        let (low, carry) = self.low.overflowing_add(other.low);
        let high = self.high.checked_add(other.high)?.checked_add(u128::from(carry))?;
        Some(Self { high, low })
    }

    /// `self - other`, or `None` below zero.
    #[must_use]
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        let (low, borrow) = self.low.overflowing_sub(other.low);
        let high = self.high.checked_sub(other.high)?.checked_sub(u128::from(borrow))?;
        Some(Self { high, low })
    }

    /// Quotient and remainder, or `None` when the divisor is zero.
    #[must_use]
    pub fn div_rem(self, divisor: u128) -> Option<(Self, u128)> {
        let high = self.high.checked_div(divisor)?;
        let carried = self.high % divisor;
        let (low, remainder) = divide_two_by_one(carried, self.low, divisor);
        Some((Self { high, low }, remainder))
    }

    /// The same number in 128 bits, when it fits.
    #[must_use]
    pub const fn to_u128(self) -> Option<u128> {
        if self.high == 0 { Some(self.low) } else { None }
    }
}

/// Divides `high * 2^128 + low` by a divisor that is not zero and larger than `high` (Knuth, algorithm D, with 64-bit digits).
fn divide_two_by_one(high: u128, low: u128, divisor: u128) -> (u128, u128) {
    if high == 0 {
        return (low / divisor, low % divisor);
    }
    let shift = divisor.leading_zeros();
    let divisor = divisor << shift;
    // `high` is not zero and smaller than the divisor: the shifted bits never leave the top.
    let high = if shift == 0 { high } else { (high << shift) | (low >> (128 - shift)) };
    let low = low << shift;
    let (first, remainder) = next_digit(high, low >> 64, divisor);
    let (second, remainder) = next_digit(remainder, low & LOW_HALF, divisor);
    ((first << 64) | second, remainder >> shift)
}

/// One 64-bit digit of the quotient of `remainder * 2^64 + next` by a divisor whose top bit is set, and what is left.
fn next_digit(remainder: u128, next: u128, divisor: u128) -> (u128, u128) {
    let (top, bottom) = (divisor >> 64, divisor & LOW_HALF);
    let mut digit = remainder / top;
    let mut rest = remainder % top;
    while digit > LOW_HALF || digit * bottom > ((rest << 64) | next) {
        digit -= 1;
        rest += top;
        if rest > LOW_HALF {
            break;
        }
    }
    // The true remainder is below the divisor, so working modulo 2^128 loses nothing.
    let left = ((remainder << 64) | next).wrapping_sub(digit.wrapping_mul(divisor));
    (digit, left)
}

#[cfg(test)]
mod tests {
    use num_bigint::BigUint;
    use proptest::prelude::*;

    use super::*;

    fn big(value: U256) -> BigUint {
        (BigUint::from(value.high) << 128u32) + BigUint::from(value.low)
    }

    /// Numbers of every size, with the edges of 64 and 128 bits well represented.
    fn any_size() -> impl Strategy<Value = u128> {
        prop_oneof![
            (any::<u128>(), 0u32..128).prop_map(|(value, shift)| value >> shift),
            (0u128..3).prop_map(|step| u128::MAX - step),
            (0u128..3).prop_map(|step| (1 << 64) - 1 + step),
            (0u128..3, 64u32..128).prop_map(|(step, bit)| (1 << bit) - 1 + step),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]
        #[test]
        fn multiplication_agrees_with_big_integers(left in any_size(), right in any_size(), third in any_size()) {
            let product = U256::product(left, right);
            let expected = BigUint::from(left) * BigUint::from(right);
            prop_assert_eq!(big(product), expected.clone());
            let expected = expected * BigUint::from(third);
            match product.checked_mul(third) {
                Some(value) => prop_assert_eq!(big(value), expected),
                None => prop_assert!(expected.bits() > 256),
            }
        }

        #[test]
        fn division_agrees_with_big_integers(high in any_size(), low in any_size(), divisor in any_size()) {
            let value = U256 { high, low };
            match value.div_rem(divisor) {
                None => prop_assert_eq!(divisor, 0),
                Some((quotient, remainder)) => {
                    prop_assert_eq!(big(quotient), big(value) / BigUint::from(divisor));
                    prop_assert_eq!(BigUint::from(remainder), big(value) % BigUint::from(divisor));
                }
            }
        }

        #[test]
        fn addition_and_subtraction_carry(a in any_size(), b in any_size(), c in any_size(), d in any_size()) {
            let (left, right) = (U256 { high: a, low: b }, U256 { high: c, low: d });
            match left.checked_add(right) {
                Some(sum) => prop_assert_eq!(big(sum), big(left) + big(right)),
                None => prop_assert!((big(left) + big(right)).bits() > 256),
            }
            match left.checked_sub(right) {
                Some(difference) => prop_assert_eq!(big(difference) + big(right), big(left)),
                None => prop_assert!(left < right),
            }
        }
    }
}
