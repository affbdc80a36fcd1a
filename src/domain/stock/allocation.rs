//! Ring-fenced allocations: parts of a pool that only one channel sells.
//!
//! They take from the pool in the order of their priority; those of one priority share what is left by what they want.
//! Each takes at most what its own pool has left after all that were taken before, so that their sum never exceeds it.

use polars::prelude::{DataType, Expr, when};

use super::quantity::{at_least_zero, smaller, units, whole};

/// What a ring-fenced channel asks for.
pub struct Claim {
    /// The channel's pool.
    pub pool: Expr,
    /// What it wants of it; never below zero.
    pub wanted: Expr,
}

/// What the channels of one priority get, in their order. `taken` is what channels of higher priority got.
#[must_use]
pub fn allocate(claims: &[Claim], taken: &Expr, piece: i64) -> Vec<Expr> {
    let wanted: Expr =
        claims.iter().map(|claim| claim.wanted.clone()).reduce(|all, one| all + one).unwrap_or_else(|| units(0));
    let part = |claim: &Claim| {
        let left = at_least_zero(&(claim.pool.clone() - taken.clone()));
        let got = if claims.len() == 1 { smaller(&claim.wanted, &left) } else { by_share(claim, &left, &wanted) };
        whole(got, piece)
    };
    claims.iter().map(part).collect()
}

/// What is wanted if all of it is there, else the share: `floor(left * wanted / all wanted)`.
fn by_share(claim: &Claim, left: &Expr, all: &Expr) -> Expr {
    let wide = |value: &Expr| value.clone().cast(DataType::Int128);
    let divisor = when(all.clone().gt(units(0))).then(all.clone()).otherwise(units(1));
    let share = (wide(left) * wide(&claim.wanted)).floor_div(wide(&divisor)).cast(DataType::Int64);
    when(left.clone().gt_eq(all.clone())).then(claim.wanted.clone()).otherwise(share)
}
