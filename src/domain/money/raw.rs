//! Decimal arithmetic on bare mantissas, for columns whose scale is known once for all rows.
//!
//! Every function takes mantissas (`value * 10^scale`) and scales, works in 128 bits when it can and in 256 when it must,
//! rounds half away from zero at most once, and answers `None` when the result has more than 38 digits.

use std::cmp::Ordering;

use super::wide::U256;

/// The largest number of digits of a decimal, before and after the point together.
pub const MAX_DIGITS: u8 = 38;

const POWERS: [i128; 39] = powers_of_ten();
const LIMIT: u128 = POWERS[38].unsigned_abs();

const fn powers_of_ten() -> [i128; 39] {
    let mut powers = [1; 39];
    let mut index = 1;
    while index < 39 {
        powers[index] = powers[index - 1] * 10;
        index += 1;
    }
    powers
}

/// `10^exponent`, for exponents up to 38.
#[inline]
#[must_use]
pub const fn pow10(exponent: u8) -> Option<i128> {
    if exponent <= MAX_DIGITS { Some(POWERS[exponent as usize]) } else { None }
}

/// Whether a mantissa has at most 38 digits.
#[inline]
#[must_use]
pub const fn fits38(mantissa: i128) -> bool {
    mantissa.unsigned_abs() < LIMIT
}

/// The sum of two decimals at `out_scale`.
#[inline]
#[must_use]
pub fn add_raw(left: i128, left_scale: u8, right: i128, right_scale: u8, out_scale: u8) -> Option<i128> {
    if left_scale == right_scale
        && let Some(sum) = left.checked_add(right)
    {
        return rescale_raw(sum, left_scale, out_scale);
    }
    let scale = left_scale.max(right_scale);
    let wider = widen(left, scale - left_scale).zip(widen(right, scale - right_scale));
    match wider.and_then(|(left, right)| left.checked_add(right)) {
        Some(sum) => rescale_raw(sum, scale, out_scale),
        None => add_wide((left, scale - left_scale), (right, scale - right_scale), scale, out_scale),
    }
}

/// The difference of two decimals at `out_scale`.
#[inline]
#[must_use]
pub fn sub_raw(left: i128, left_scale: u8, right: i128, right_scale: u8, out_scale: u8) -> Option<i128> {
    add_raw(left, left_scale, right.checked_neg()?, right_scale, out_scale)
}

/// The product of two mantissas with its last `drop_digits` digits rounded away; the result has scale `sa + sb - drop_digits`.
#[inline]
#[must_use]
pub fn mul_raw(left: i128, right: i128, drop_digits: u8) -> Option<i128> {
    if let Some(product) = left.checked_mul(right) {
        return Some(narrow(product, drop_digits)).filter(|value| fits38(*value));
    }
    let product = U256::product(left.unsigned_abs(), right.unsigned_abs());
    signed((left < 0) != (right < 0), narrow_wide(product, drop_digits)?)
}

/// The quotient of two decimals at `out_scale`, rounded once; `None` also when the divisor is zero.
#[inline]
#[must_use]
pub fn div_raw(left: i128, left_scale: u8, right: i128, right_scale: u8, out_scale: u8) -> Option<i128> {
    if right == 0 {
        return None;
    }
    let negative = (left < 0) != (right < 0);
    let (left, right) = (left.unsigned_abs(), right.unsigned_abs());
    let raise = u16::from(out_scale) + u16::from(right_scale);
    let lower = u16::from(left_scale);
    let quotient = if raise >= lower {
        divide_raised(left, u8::try_from(raise - lower).ok()?, right)?
    } else {
        divide_lowered(left, right, u8::try_from(lower - raise).ok()?)
    };
    signed(negative, quotient)
}

/// What is left of `left` after taking away whole multiples of `right`, at the larger scale, with the sign of `left`.
#[inline]
#[must_use]
pub fn rem_raw(left: i128, left_scale: u8, right: i128, right_scale: u8) -> Option<i128> {
    if right == 0 {
        return None;
    }
    let divisor = widen(right, left_scale.saturating_sub(right_scale)).map(i128::unsigned_abs);
    let raise = pow10(right_scale.saturating_sub(left_scale))?.unsigned_abs();
    let remainder = match divisor {
        // A divisor of more than 127 bits is larger than any dividend that needed no widening.
        None => left.unsigned_abs(),
        Some(divisor) => U256::product(left.unsigned_abs(), raise).div_rem(divisor)?.1,
    };
    signed(left < 0, remainder)
}

/// The same decimal at another scale: exact when widening, rounded when narrowing.
#[inline]
#[must_use]
pub fn rescale_raw(mantissa: i128, from: u8, to: u8) -> Option<i128> {
    if to < from {
        return Some(narrow(mantissa, from - to)).filter(|value| fits38(*value));
    }
    widen(mantissa, to - from).filter(|value| fits38(*value))
}

/// The order of two decimals of any scales; never overflows.
#[inline]
#[must_use]
pub fn cmp_raw(left: i128, left_scale: u8, right: i128, right_scale: u8) -> Ordering {
    if left_scale == right_scale {
        return left.cmp(&right);
    }
    if left.signum() != right.signum() {
        return left.signum().cmp(&right.signum());
    }
    // Same sign: a side that overflows when brought to the larger scale is the one further from zero.
    let further = if left < 0 { Ordering::Less } else { Ordering::Greater };
    if left_scale < right_scale {
        widen(left, right_scale - left_scale).map_or(further, |left| left.cmp(&right))
    } else {
        widen(right, left_scale - right_scale).map_or(further.reverse(), |right| left.cmp(&right))
    }
}

#[inline]
fn widen(mantissa: i128, digits: u8) -> Option<i128> {
    match pow10(digits) {
        Some(power) => mantissa.checked_mul(power),
        None => (mantissa == 0).then_some(0),
    }
}

/// Drops digits, half away from zero. Ten to the 39th is more than twice any `i128`, so beyond the table all is zero.
#[inline]
fn narrow(mantissa: i128, digits: u8) -> i128 {
    let Some(power) = pow10(digits) else { return 0 };
    if let (Ok(small), Ok(power)) = (i64::try_from(mantissa), i64::try_from(power)) {
        let (quotient, remainder) = (small / power, (small % power).unsigned_abs());
        let away = i64::from(remainder >= power.unsigned_abs() - remainder) * small.signum();
        return i128::from(quotient) + i128::from(away);
    }
    let (quotient, remainder) = (mantissa / power, (mantissa % power).unsigned_abs());
    quotient + i128::from(remainder >= power.unsigned_abs() - remainder) * mantissa.signum()
}

#[inline]
fn signed(negative: bool, magnitude: u128) -> Option<i128> {
    let value = i128::try_from(magnitude).ok().filter(|value| fits38(*value))?;
    Some(if negative { -value } else { value })
}

#[inline]
fn divide_half_up(dividend: u128, divisor: u128) -> u128 {
    let (quotient, remainder) = (dividend / divisor, dividend % divisor);
    quotient + u128::from(remainder >= divisor - remainder)
}

#[inline]
fn divide_raised(left: u128, raise: u8, right: u128) -> Option<u128> {
    let raised = pow10(raise).and_then(|power| left.checked_mul(power.unsigned_abs()));
    match raised {
        Some(dividend) => Some(divide_half_up(dividend, right)),
        None => divide_raised_wide(left, raise, right),
    }
}

/// A dividend above 256 bits divided by at most 38 digits has more than 38 digits, so overflow here is overflow of the result.
fn divide_raised_wide(left: u128, raise: u8, right: u128) -> Option<u128> {
    let (quotient, remainder) = raise_wide(left, raise)?.div_rem(right)?;
    quotient.to_u128()?.checked_add(u128::from(remainder >= right - remainder))
}

/// A divisor above 128 bits is more than twice any dividend: the quotient rounds to zero.
fn divide_lowered(left: u128, right: u128, digits: u8) -> u128 {
    let divisor = pow10(digits).and_then(|power| right.checked_mul(power.unsigned_abs()));
    divisor.map_or(0, |divisor| divide_half_up(left, divisor))
}

fn raise_wide(value: u128, digits: u8) -> Option<U256> {
    let first = digits.min(MAX_DIGITS);
    let mut raised = U256::product(value, pow10(first)?.unsigned_abs());
    let mut left = digits - first;
    while left > 0 && raised != U256::from_u128(0) {
        let step = left.min(MAX_DIGITS);
        raised = raised.checked_mul(pow10(step)?.unsigned_abs())?;
        left -= step;
    }
    Some(raised)
}

/// Drops digits of a wide magnitude, half up. Truncating the first part is safe: half of the second divisor is a whole number.
fn narrow_wide(value: U256, digits: u8) -> Option<u128> {
    let (value, digits) =
        if digits > MAX_DIGITS { (value.div_rem(LIMIT)?.0, digits - MAX_DIGITS) } else { (value, digits) };
    let Some(power) = pow10(digits).map(i128::unsigned_abs) else { return Some(0) };
    let (quotient, remainder) = value.div_rem(power)?;
    quotient.to_u128()?.checked_add(u128::from(remainder >= power - remainder))
}

/// Adds two mantissas, each still to be widened by its own number of digits.
fn add_wide(left: (i128, u8), right: (i128, u8), scale: u8, out_scale: u8) -> Option<i128> {
    let (left_negative, right_negative) = (left.0 < 0, right.0 < 0);
    let left = raise_wide(left.0.unsigned_abs(), left.1)?;
    let right = raise_wide(right.0.unsigned_abs(), right.1)?;
    let (negative, magnitude) = if left_negative == right_negative {
        (left_negative, left.checked_add(right)?)
    } else if left >= right {
        (left_negative, left.checked_sub(right)?)
    } else {
        (right_negative, right.checked_sub(left)?)
    };
    let magnitude = if out_scale < scale {
        narrow_wide(magnitude, scale - out_scale)?
    } else {
        magnitude.checked_mul(pow10(out_scale - scale)?.unsigned_abs())?.to_u128()?
    };
    signed(negative, magnitude)
}

#[cfg(test)]
mod tests {
    use num_bigint::BigInt;
    use proptest::prelude::*;

    use super::*;

    /// Mantissas of every length up to 38 digits, with the ends of the range and the halves well represented.
    fn mantissa() -> impl Strategy<Value = i128> {
        let largest = POWERS[38] - 1;
        prop_oneof![
            (any::<i128>(), 0u32..127).prop_map(move |(value, shift)| (value >> shift) % (largest + 1)),
            (0i128..3).prop_map(move |step| largest - step),
            (0i128..3).prop_map(move |step| step - largest),
            (0u8..38, -2i128..3).prop_map(|(power, step)| POWERS[usize::from(power)] * 5 % POWERS[38] + step),
            -100i128..100,
        ]
    }

    fn scale() -> impl Strategy<Value = u8> {
        prop_oneof![0u8..=6, 0u8..=38]
    }

    fn ten(exponent: u8) -> BigInt {
        BigInt::from(10).pow(u32::from(exponent))
    }

    /// The oracle of rounding: `dividend / divisor`, half away from zero, written without sharing code with the kernels.
    fn divide(dividend: &BigInt, divisor: &BigInt) -> BigInt {
        let negative = (dividend.sign() == num_bigint::Sign::Minus) != (divisor.sign() == num_bigint::Sign::Minus);
        let (dividend, divisor) = (dividend.magnitude(), divisor.magnitude());
        let quotient = BigInt::from((dividend * 2u32 + divisor) / (divisor * 2u32));
        if negative { -quotient } else { quotient }
    }

    fn bounded(value: &BigInt) -> Option<i128> {
        i128::try_from(value).ok().filter(|value| fits38(*value))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(6000))]
        #[test]
        fn sums_are_exact(a in mantissa(), sa in scale(), b in mantissa(), sb in scale(), out in scale()) {
            let (left, right) = (BigInt::from(a) * ten(38 - sa), BigInt::from(b) * ten(38 - sb));
            let expected = divide(&(left.clone() + &right), &ten(38 - out));
            prop_assert_eq!(add_raw(a, sa, b, sb, out), bounded(&expected));
            let expected = divide(&(left - right), &ten(38 - out));
            prop_assert_eq!(sub_raw(a, sa, b, sb, out), bounded(&expected));
        }

        #[test]
        fn products_are_exact(a in mantissa(), b in mantissa(), drop in 0u8..=80) {
            let expected = divide(&(BigInt::from(a) * BigInt::from(b)), &ten(drop));
            prop_assert_eq!(mul_raw(a, b, drop), bounded(&expected));
        }

        #[test]
        fn quotients_round_once(a in mantissa(), sa in scale(), b in mantissa(), sb in scale(), out in scale()) {
            prop_assume!(b != 0);
            let expected = divide(&(BigInt::from(a) * ten(sb) * ten(out)), &(BigInt::from(b) * ten(sa)));
            prop_assert_eq!(div_raw(a, sa, b, sb, out), bounded(&expected));
        }

        #[test]
        fn remainders_keep_the_sign_of_the_dividend(a in mantissa(), sa in scale(), b in mantissa(), sb in scale()) {
            prop_assume!(b != 0);
            let scale = sa.max(sb);
            let expected = BigInt::from(a) * ten(scale - sa) % (BigInt::from(b) * ten(scale - sb));
            prop_assert_eq!(rem_raw(a, sa, b, sb), bounded(&expected));
        }

        #[test]
        fn scales_change_and_compare(a in mantissa(), sa in scale(), b in mantissa(), sb in scale()) {
            let expected = divide(&(BigInt::from(a) * ten(sb)), &ten(sa));
            prop_assert_eq!(rescale_raw(a, sa, sb), bounded(&expected));
            let order = (BigInt::from(a) * ten(sb)).cmp(&(BigInt::from(b) * ten(sa)));
            prop_assert_eq!(cmp_raw(a, sa, b, sb), order);
        }
    }

    #[test]
    fn halves_leave_zero() {
        let cases = [
            (2745, 3, 2, 275),
            (-2745, 3, 2, -275),
            (2744, 3, 2, 274),
            (5, 1, 0, 1),
            (-5, 1, 0, -1),
            (4, 1, 0, 0),
            (-49, 2, 0, 0),
        ];
        for (mantissa, from, to, expected) in cases {
            assert_eq!(rescale_raw(mantissa, from, to), Some(expected), "{mantissa} from {from} to {to}");
        }
    }

    #[test]
    fn scales_outside_the_table_do_not_wrap() {
        assert_eq!(rescale_raw(i128::MAX, 255, 0), Some(0));
        assert_eq!(rescale_raw(1, 0, 255), None);
        assert_eq!(rescale_raw(0, 0, 255), Some(0));
        assert_eq!(cmp_raw(1, 0, i128::MAX, 255), Ordering::Greater);
        assert_eq!(cmp_raw(-1, 0, i128::MIN, 255), Ordering::Less);
        assert_eq!(div_raw(1, 0, 1, 255, 255), None);
        assert_eq!(div_raw(7, 0, 0, 0, 2), None);
        assert_eq!(pow10(39), None);
        assert_eq!(pow10(2), Some(100));
    }
}
