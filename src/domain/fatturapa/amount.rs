//! The few operations on amounts that building and checking share.
//!
//! Here: rounding and comparing as section 6 of the specification says. Not here: arithmetic itself (`domain::money`).

use crate::domain::money::Decimal;

/// One hundred, for percentages.
pub const HUNDRED: Decimal = Decimal::new(100, 0);
/// Tolerance of 00421 and 00423, inclusive, in euro.
pub const CENT: Decimal = Decimal::new(1, 2);
/// Tolerance of 00422, inclusive, in euro.
pub const EURO: Decimal = Decimal::new(100, 2);
/// Amounts without VAT above this sum are subject to stamp duty (specification, section 14), in euro.
pub const STAMP_DUTY_THRESHOLD: Decimal = Decimal::new(7747, 2);
/// The first amount that no longer fits eleven integer digits.
pub const TOO_LARGE: Decimal = Decimal::new(100_000_000_000, 0);

/// The net part of a VAT-inclusive amount, `gross / (1 + rate / 100)`, half away from zero at `scale` decimals.
#[must_use]
pub fn net_of_vat(gross: Decimal, rate: Decimal, scale: u8) -> Option<Decimal> {
    gross.mul(HUNDRED)?.div(HUNDRED.add(rate)?, scale)
}

/// The tax on a net amount, to the cent, half away from zero.
#[must_use]
pub fn tax_on(base: Decimal, rate: Decimal) -> Option<Decimal> {
    let hundredfold = base.mul(rate)?;
    // Two decimals more are the division by a hundred.
    Decimal::checked_new(hundredfold.mantissa, hundredfold.scale.checked_add(2)?)?.rescale(2)
}

/// The price after a percentage is taken off (or added, when `percent` is negative); exact.
#[must_use]
pub fn less_percent(price: Decimal, percent: Decimal) -> Option<Decimal> {
    let factor = HUNDRED.sub(percent)?;
    price.mul(Decimal::new(factor.mantissa, factor.scale.checked_add(2)?))
}

/// The same value with exactly `scale` decimals; none when that would change it.
#[must_use]
pub fn exactly(value: Decimal, scale: u8) -> Option<Decimal> {
    value.rescale(scale).filter(|rescaled| *rescaled == value)
}

/// The same value with two decimals or as many more as it needs: how amounts with 2 to 8 decimals are written.
#[must_use]
pub fn tidy(value: Decimal) -> Decimal {
    let trimmed = value.trimmed();
    if trimmed.scale < 2 { trimmed.rescale(2).unwrap_or(trimmed) } else { trimmed }
}

/// The sum; none when it leaves 38 digits.
pub fn total(values: impl IntoIterator<Item = Decimal>) -> Option<Decimal> {
    values.into_iter().try_fold(Decimal::new(0, 2), Decimal::add)
}

/// Whether two amounts differ by no more than a tolerance, inclusive.
#[must_use]
pub fn within(left: Decimal, right: Decimal, tolerance: Decimal) -> bool {
    left.sub(right).is_some_and(|difference| difference.abs() <= tolerance)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn net_prices_of_awkward_cents() {
        let cases = [
            ("19.99", "22", 8, "16.38524590"),
            ("19.99", "22", 2, "16.39"),
            ("0.10", "22", 8, "0.08196721"),
            ("0.30", "22", 2, "0.25"),
            ("10.00", "4", 8, "9.61538462"),
            ("-19.99", "22", 2, "-16.39"),
            ("5.00", "0", 8, "5.00000000"),
        ];
        for (gross, rate, scale, expected) in cases {
            assert_eq!(net_of_vat(decimal(gross), decimal(rate), scale).unwrap().to_string(), expected);
        }
    }

    #[test]
    fn the_third_decimal_five_rounds_away_from_zero() {
        assert_eq!(tax_on(decimal("0.25"), decimal("22")).unwrap().to_string(), "0.06");
        assert_eq!(tax_on(decimal("-0.25"), decimal("22")).unwrap().to_string(), "-0.06");
    }

    #[test]
    fn written_forms() {
        let cases = [("16.38524590", "16.3852459"), ("10", "10.00"), ("10.10000", "10.10"), ("0", "0.00")];
        for (value, expected) in cases {
            assert_eq!(tidy(decimal(value)).to_string(), expected);
        }
        assert_eq!(exactly(decimal("1.500"), 2), Some(decimal("1.5")));
        assert_eq!(exactly(decimal("1.505"), 2), None);
        assert_eq!(less_percent(decimal("100.00"), decimal("12.5")), Some(decimal("87.5")));
    }

    #[test]
    fn tolerances_are_inclusive() {
        assert!(within(decimal("1.00"), decimal("1.01"), CENT));
        assert!(!within(decimal("1.00"), decimal("1.01000001"), CENT));
    }
}
