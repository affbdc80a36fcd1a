//! The decimal value: an integer mantissa and the number of its digits that stand after the point.
//!
//! Only the value type and its operations live here; kernels on bare mantissas are in `raw`, text is in `parse` and `format`.

use std::{
    cmp::Ordering,
    fmt,
    hash::{Hash, Hasher},
    ops::Neg,
    str::FromStr,
};

use super::{
    format::format_decimal,
    parse::{NumberError, NumberFormat, parse_written},
    raw::{MAX_DIGITS, add_raw, cmp_raw, div_raw, fits38, mul_raw, pow10, rem_raw, rescale_raw, sub_raw},
};

/// An exact decimal, `mantissa * 10^-scale`, of at most 38 digits.
///
/// Equality, order and hash look at the value: `1.5` and `1.50` are equal. The scale is what is printed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Decimal {
    /// The value without its point.
    pub mantissa: i128,
    /// How many digits of the mantissa stand after the point, from 0 to 38.
    pub scale: u8,
}

#[expect(clippy::should_implement_trait, reason = "an operation can leave 38 digits: an operator could not say so")]
impl Decimal {
    /// Zero, without decimals.
    pub const ZERO: Self = Self { mantissa: 0, scale: 0 };
    /// One, without decimals.
    pub const ONE: Self = Self { mantissa: 1, scale: 0 };

    /// `mantissa * 10^-scale`. The caller keeps the limits of 38 digits; `checked_new` verifies them.
    #[must_use]
    pub const fn new(mantissa: i128, scale: u8) -> Self {
        Self { mantissa, scale }
    }

    /// `mantissa * 10^-scale`, or `None` when either leaves 38 digits.
    #[must_use]
    pub const fn checked_new(mantissa: i128, scale: u8) -> Option<Self> {
        if fits38(mantissa) && scale <= MAX_DIGITS { Some(Self { mantissa, scale }) } else { None }
    }

    /// A whole number, without decimals.
    #[must_use]
    pub const fn from_integer(value: i128) -> Option<Self> {
        Self::checked_new(value, 0)
    }

    /// The sum, at the larger of the two scales.
    #[must_use]
    pub fn add(self, other: Self) -> Option<Self> {
        let scale = self.scale.max(other.scale);
        Self::from_raw(add_raw(self.mantissa, self.scale, other.mantissa, other.scale, scale), scale)
    }

    /// The difference, at the larger of the two scales.
    #[must_use]
    pub fn sub(self, other: Self) -> Option<Self> {
        let scale = self.scale.max(other.scale);
        Self::from_raw(sub_raw(self.mantissa, self.scale, other.mantissa, other.scale, scale), scale)
    }

    /// The exact product, whose scale is the sum of the two scales.
    #[must_use]
    pub fn mul(self, other: Self) -> Option<Self> {
        let scale = self.scale.checked_add(other.scale)?;
        Self::from_raw(mul_raw(self.mantissa, other.mantissa, 0), scale)
    }

    /// The quotient at `scale` decimals, half away from zero; `None` also when `other` is zero.
    #[must_use]
    pub fn div(self, other: Self, scale: u8) -> Option<Self> {
        Self::from_raw(div_raw(self.mantissa, self.scale, other.mantissa, other.scale, scale), scale)
    }

    /// What is left of whole multiples of `other`, at the larger scale, with the sign of `self`; `None` when `other` is zero.
    #[must_use]
    pub fn rem(self, other: Self) -> Option<Self> {
        let scale = self.scale.max(other.scale);
        Self::from_raw(rem_raw(self.mantissa, self.scale, other.mantissa, other.scale), scale)
    }

    /// The value without its sign.
    #[must_use]
    pub const fn abs(self) -> Self {
        Self { mantissa: self.mantissa.saturating_abs(), scale: self.scale }
    }

    /// Whether the value is zero.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.mantissa == 0
    }

    /// Whether the value is below zero.
    #[must_use]
    pub const fn is_negative(self) -> bool {
        self.mantissa < 0
    }

    /// The same value at another scale: half away from zero when narrowing, `None` when widening leaves 38 digits.
    #[must_use]
    pub fn rescale(self, scale: u8) -> Option<Self> {
        Self::from_raw(rescale_raw(self.mantissa, self.scale, scale), scale)
    }

    /// The value at `decimals` decimals, half away from zero; unchanged when it has no more than that.
    #[must_use]
    pub fn round(self, decimals: u8) -> Self {
        if decimals >= self.scale {
            return self;
        }
        // Dropping at least one digit always fits.
        self.rescale(decimals).unwrap_or(self)
    }

    /// The largest value of `decimals` decimals that is not above this one; unchanged when it has no more than that.
    #[must_use]
    pub fn floor(self, decimals: u8) -> Self {
        self.step(decimals, i128::div_euclid)
    }

    /// The smallest value of `decimals` decimals that is not below this one; unchanged when it has no more than that.
    #[must_use]
    pub fn ceil(self, decimals: u8) -> Self {
        self.step(decimals, |mantissa, power| -(-mantissa).div_euclid(power))
    }

    /// The same value with as few decimals as it needs.
    #[must_use]
    pub fn trimmed(self) -> Self {
        let Self { mut mantissa, mut scale } = self;
        // Divisions in 64 bits are many times faster, and nearly all values fit.
        if let Ok(mut short) = i64::try_from(mantissa) {
            while scale > 0 && short % 10 == 0 {
                short /= 10;
                scale -= 1;
            }
            return Self { mantissa: short.into(), scale };
        }
        while scale > 0 && mantissa % 10 == 0 {
            mantissa /= 10;
            scale -= 1;
        }
        Self { mantissa, scale }
    }

    /// The value with a point and without trailing zeros: `12.5`, `3`.
    #[must_use]
    pub fn to_string_trimmed(self) -> String {
        self.trimmed().to_string()
    }

    fn from_raw(mantissa: Option<i128>, scale: u8) -> Option<Self> {
        Self::checked_new(mantissa?, scale)
    }

    fn step(self, decimals: u8, divide: impl Fn(i128, i128) -> i128) -> Self {
        if decimals >= self.scale {
            return self;
        }
        // Beyond the table only the sign decides; a scale is never that large for a value made by this module.
        let Some(power) = pow10(self.scale - decimals) else { return self };
        Self { mantissa: divide(self.mantissa, power), scale: decimals }
    }
}

impl From<i64> for Decimal {
    fn from(value: i64) -> Self {
        Self { mantissa: i128::from(value), scale: 0 }
    }
}

impl Neg for Decimal {
    type Output = Self;

    fn neg(self) -> Self {
        Self { mantissa: self.mantissa.saturating_neg(), scale: self.scale }
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        cmp_raw(self.mantissa, self.scale, other.mantissa, other.scale)
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Decimal {}

impl Hash for Decimal {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let shortest = if self.is_zero() { Self::ZERO } else { self.trimmed() };
        shortest.mantissa.hash(state);
        shortest.scale.hash(state);
    }
}

/// Always prints `scale` decimals, with a point.
impl fmt::Display for Decimal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = Vec::with_capacity(48);
        format_decimal(self.mantissa, self.scale, b'.', &mut bytes);
        formatter.pad(&String::from_utf8_lossy(&bytes))
    }
}

/// Reads a number as programs write it (`-12.50`), keeping the decimals that are written.
impl FromStr for Decimal {
    type Err = NumberError;

    fn from_str(text: &str) -> Result<Self, NumberError> {
        let (mantissa, scale) = parse_written(text.as_bytes(), NumberFormat::PLAIN)?;
        Ok(Self { mantissa, scale })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn arithmetic_is_exact_to_the_last_cent() {
        let cases = [
            (decimal("0.10").add(decimal("0.2")), "0.30"),
            (decimal("0.30").sub(decimal("0.1")), "0.20"),
            (decimal("1.00").sub(decimal("2")), "-1.00"),
            (decimal("0.0140").mul(decimal("1.22")), "0.017080"),
            (decimal("19.99").div(decimal("1.22"), 8), "16.38524590"),
            (decimal("100").div(decimal("3"), 12), "33.333333333333"),
            (decimal("-0.05").div(decimal("10"), 2), "-0.01"),
            (decimal("5.3").rem(decimal("0.25")), "0.05"),
            (decimal("-5.3").rem(decimal("0.25")), "-0.05"),
            (decimal("2.745").rescale(2), "2.75"),
            (decimal("-2.745").rescale(2), "-2.75"),
            (decimal("2.7").rescale(4), "2.7000"),
        ];
        for (result, expected) in cases {
            assert_eq!(result.map(|value| value.to_string()).as_deref(), Some(expected));
        }
    }

    #[test]
    fn a_million_cents_are_ten_thousand() {
        let cent = decimal("0.01");
        let total = (0..1_000_000).try_fold(Decimal::ZERO, |total, _| total.add(cent));
        assert_eq!(total.map(|total| total.to_string()).as_deref(), Some("10000.00"));
    }

    #[test]
    fn leaving_38_digits_is_none() {
        let largest = Decimal::new(10_i128.pow(38) - 1, 0);
        assert_eq!(largest.add(Decimal::ONE), None);
        assert_eq!((-largest).sub(Decimal::ONE), None);
        assert_eq!(largest.mul(decimal("2")), None);
        assert_eq!(largest.rescale(1), None);
        assert_eq!(largest.div(decimal("0.1"), 0), None);
        assert_eq!(decimal("1").div(Decimal::ZERO, 2), None);
        assert_eq!(decimal("1").rem(Decimal::ZERO), None);
        assert_eq!(Decimal::new(1, 20).mul(Decimal::new(1, 20)), None);
        assert_eq!(Decimal::from_integer(10_i128.pow(38)), None);
        assert_eq!(largest.add(Decimal::ZERO), Some(largest));
    }

    #[test]
    fn rounding_floor_and_ceiling() {
        let cases = [
            ("2.745", 2, "2.75", "2.74", "2.75"),
            ("-2.745", 2, "-2.75", "-2.75", "-2.74"),
            ("2.740", 2, "2.74", "2.74", "2.74"),
            ("-0.001", 0, "0", "-1", "0"),
            ("0.001", 0, "0", "0", "1"),
            ("0.5", 0, "1", "0", "1"),
            ("-0.5", 0, "-1", "-1", "0"),
            ("7.1", 2, "7.1", "7.1", "7.1"),
        ];
        for (value, decimals, round, floor, ceil) in cases {
            let value = decimal(value);
            let found =
                [value.round(decimals), value.floor(decimals), value.ceil(decimals)].map(|value| value.to_string());
            assert_eq!(found, [round, floor, ceil], "{value} at {decimals}");
        }
    }

    #[test]
    fn the_value_decides_equality_order_and_hash() {
        assert_eq!(decimal("1.5"), decimal("1.500"));
        assert_eq!(Decimal::new(0, 4), Decimal::ZERO);
        assert!(decimal("-1.5") < decimal("-1.49"));
        assert!(decimal("10") > decimal("9.999"));
        let distinct: HashSet<Decimal> = ["1.5", "1.50", "1.500", "0", "0.00", "15"].into_iter().map(decimal).collect();
        assert_eq!(distinct.len(), 3);
    }

    #[test]
    fn printing_keeps_the_scale() {
        assert_eq!(Decimal::new(5, 3).to_string(), "0.005");
        assert_eq!(Decimal::new(-1250, 2).to_string(), "-12.50");
        assert_eq!(Decimal::new(-1250, 2).to_string_trimmed(), "-12.5");
        assert_eq!(Decimal::new(1200, 2).to_string_trimmed(), "12");
        assert_eq!(Decimal::new(1200, 0).to_string_trimmed(), "1200");
        assert_eq!(format!("{:>8}", Decimal::new(1, 2)), "    0.01");
    }
}
