//! An amount shared out in proportion, to the cent, so that the parts add up to it exactly.
//!
//! Each part first gets the whole cents of its share, towards zero; the cents that are left go one each to the parts
//! that lost most (largest remainder), the earlier one where two lost the same.

use polars::prelude::Expr;

use crate::domain::money::Decimal;
use crate::domain::money::exact::{Exact, Site};

/// Shares out `total` cents by `weights`, which are not negative and not all zero.
///
/// The scalar twin of [`Share`], for tests and for those who have no columns.
#[must_use]
pub fn spread(total: i128, weights: &[i128]) -> Vec<i128> {
    let all: i128 = weights.iter().sum();
    if all == 0 {
        return vec![0; weights.len()];
    }
    let (sign, amount) = (total.signum(), total.abs());
    let mut parts: Vec<i128> = weights.iter().map(|weight| amount * weight / all).collect();
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by_key(|index| (-(amount * weights[*index] % all), *index));
    let left = amount - parts.iter().sum::<i128>();
    for index in order.into_iter().take(usize::try_from(left).unwrap_or(0)) {
        parts[index] += 1;
    }
    parts.into_iter().map(|part| sign * part).collect()
}

/// One part of an amount: its whole cents, and what they leave behind.
pub struct Share {
    /// Whole cents towards zero, without the sign of the amount.
    pub floor: Exact,
    /// What was cut off, in units that compare within one amount only.
    pub rest: Exact,
}

impl Share {
    /// The part of `amount` that `weight` of `all` gets; amounts and weights have two decimals, `all` is not zero.
    #[must_use]
    pub fn new(amount: &Exact, weight: &Exact, all: &Exact, site: &Site) -> Self {
        let product = amount.absolute().times(weight);
        let rest = product.modulo(&all.times(&cent(site)));
        Self { floor: product.minus(&rest).over(all, 2), rest }
    }
}

/// The part with its cent, where its rank (from 1, by falling `rest`) is within the cents left over, and with the sign
/// of the amount. `floors` is the sum of the floors of all parts.
#[must_use]
pub fn settled(amount: &Exact, floor: &Exact, floors: &Exact, rank: Expr, site: &Site) -> Exact {
    let left = amount.absolute().minus(floors);
    let reach = Exact::from_integer(rank, site).times(&cent(site));
    let part = floor.plus(&cent(site)).or_else(reach.compare(&left, std::cmp::Ordering::is_le), floor);
    let negative = amount.compare(&Exact::literal(Decimal::ZERO, site), std::cmp::Ordering::is_lt);
    part.negate().or_else(negative, &part)
}

/// One cent.
#[must_use]
pub fn cent(site: &Site) -> Exact {
    Exact::literal(Decimal::new(1, 2), site)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_add_up_and_the_largest_remainder_gets_the_cent() {
        let cases: [(i128, &[i128], &[i128]); 8] = [
            (1000, &[8000, 2000], &[800, 200]),
            (1000, &[1, 1, 1], &[334, 333, 333]),
            (-1000, &[1, 1, 1], &[-334, -333, -333]),
            (100, &[999, 1], &[100, 0]),
            (1, &[1, 1], &[1, 0]),
            (599, &[1990, 350, 1], &[509, 90, 0]),
            (0, &[5, 5], &[0, 0]),
            (7, &[0, 3], &[0, 7]),
        ];
        for (total, weights, expected) in cases {
            assert_eq!(spread(total, weights), expected, "{total} over {weights:?}");
            assert_eq!(spread(total, weights).iter().sum::<i128>(), total);
        }
        assert_eq!(spread(5, &[0, 0]), [0, 0]);
    }
}
