//! Dividing an amount in proportion without losing a cent.
//!
//! Here: the largest-remainder division. Not here: what is divided over what (`build`).

use crate::domain::money::Decimal;

/// Divides an amount over weights, in whole cents, so that the parts sum to the amount exactly.
///
/// Each part is rounded towards zero; the cents left over go to the largest remainders, the first one on a tie. Weights
/// below zero count as zero. None when all weights are zero or an amount is not on the cent.
#[must_use]
pub fn spread(amount: Decimal, weights: &[Decimal]) -> Option<Vec<Decimal>> {
    let sign = if amount.is_negative() { -1 } else { 1 };
    let cents = cents(amount.abs())?;
    let weights: Vec<i128> =
        weights.iter().map(|weight| self::cents(*weight).map(|weight| weight.max(0))).collect::<Option<_>>()?;
    let whole = weights.iter().try_fold(0_i128, |sum, weight| sum.checked_add(*weight)).filter(|whole| *whole > 0)?;
    let products: Vec<i128> = weights.iter().map(|weight| cents.checked_mul(*weight)).collect::<Option<_>>()?;
    let mut parts: Vec<i128> = products.iter().map(|product| product / whole).collect();
    let mut order: Vec<usize> = (0..parts.len()).collect();
    order.sort_by_key(|index| std::cmp::Reverse(products[*index] % whole));
    let mut left = cents - parts.iter().sum::<i128>();
    for index in order {
        let extra = left.min(1);
        parts[index] += extra;
        left -= extra;
    }
    Some(parts.into_iter().map(|part| Decimal::new(sign * part, 2)).collect())
}

fn cents(amount: Decimal) -> Option<i128> {
    super::amount::exactly(amount, 2).map(|amount| amount.mantissa)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(amount: i128, weights: &[i128]) -> Option<Vec<i128>> {
        let weights: Vec<Decimal> = weights.iter().map(|weight| Decimal::new(*weight, 2)).collect();
        Some(spread(Decimal::new(amount, 2), &weights)?.iter().map(|part| part.mantissa).collect())
    }

    #[test]
    fn no_cent_is_lost() {
        type Case = (i128, &'static [i128], Option<Vec<i128>>);
        let cases: [Case; 7] = [
            (100, &[1, 1, 1], Some(vec![34, 33, 33])),
            (1000, &[1999, 1], Some(vec![1000, 0])),
            (500, &[3000, 1000], Some(vec![375, 125])),
            (-100, &[1, 1, 1], Some(vec![-34, -33, -33])),
            (1, &[1, 2], Some(vec![0, 1])),
            (5, &[-100, 50], Some(vec![0, 5])),
            (5, &[0, 0], None),
        ];
        for (amount, weights, expected) in cases {
            assert_eq!(parts(amount, weights), expected, "{amount} over {weights:?}");
        }
    }

    #[test]
    fn a_fraction_of_a_cent_is_refused() {
        assert_eq!(spread(Decimal::new(1005, 3), &[Decimal::ONE]), None);
    }
}
