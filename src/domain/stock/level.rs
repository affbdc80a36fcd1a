//! What one warehouse, one supplier and one kit can promise.

use polars::prelude::{DataType, Expr, LiteralValue, lit, when};

use super::quantity::{at_least_zero, or_zero, units, whole};

/// Parts of a percentage: a share is counted in ten-thousandths of a percent.
pub const SHARES: i64 = 1_000_000;

/// What the quantity of a source means: what must still be subtracted from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// What is on the shelf: reserved and unavailable goods, and orders that the source does not know.
    Physical,
    /// What the source has left after its own reservations: orders that the source does not know.
    Available,
    /// What is left after the channels' reservations as well: nothing.
    Salable,
    /// Goods of a supplier: its buffer, and the share that is trusted.
    Supplier,
}

/// Every kind with its word.
pub const KINDS: [(&str, Kind); 4] = [
    ("physical", Kind::Physical),
    ("available", Kind::Available),
    ("salable", Kind::Salable),
    ("supplier", Kind::Supplier),
];

/// What a warehouse below zero does to the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Negative {
    /// It reduces the pool.
    Net,
    /// It counts as zero.
    ClampEach,
    /// It is an error of the data: the article is rejected.
    Reject,
}

/// Every policy with its word.
pub const POLICIES: [(&str, Negative); 3] =
    [("net", Negative::Net), ("clamp_each", Negative::ClampEach), ("reject", Negative::Reject)];

/// `on hand - reserved - unavailable`, of one warehouse; empty quantities are zero.
#[must_use]
pub fn physical(on_hand: &Expr, reserved: Option<&Expr>, unavailable: Option<&Expr>) -> Expr {
    [reserved, unavailable].into_iter().flatten().fold(on_hand.clone(), |left, taken| left - or_zero(taken))
}

/// `floor(max(quantity - buffer, 0) * trust)` in whole pieces, with the trust in ten-thousandths of a percent.
#[must_use]
pub fn trusted(quantity: &Expr, buffer: Option<&Expr>, trust: Option<&Expr>, piece: i64) -> Expr {
    let left = match buffer {
        Some(buffer) => quantity.clone() - or_zero(buffer),
        None => quantity.clone(),
    };
    let left = at_least_zero(&left);
    match trust {
        Some(trust) => whole(share(&left, &trust.clone().fill_null(units(SHARES))), piece),
        None => whole(left, piece),
    }
}

/// `floor(quantity * share)`, with the share in ten-thousandths of a percent; exact also where the product would leave
/// 64 bits.
#[must_use]
pub fn share(quantity: &Expr, share: &Expr) -> Expr {
    if is_whole(share) {
        return quantity.clone();
    }
    let all = units(SHARES);
    let thousands = quantity.clone().floor_div(all.clone()) * share.clone();
    thousands + (quantity.clone() % all.clone() * share.clone()).floor_div(all)
}

fn is_whole(share: &Expr) -> bool {
    matches!(share, Expr::Literal(LiteralValue::Scalar(scalar)) if scalar.value().extract::<i64>() == Some(SHARES))
}

/// How many kits a component is enough for: `floor(max(available, 0) / needed)`; none when the component is missing or
/// the recipe does not say how much is needed.
#[must_use]
pub fn kits_of(available: &Expr, needed: &Expr, piece: i64) -> Expr {
    let known = needed.clone().gt(units(0)).and(available.clone().is_not_null());
    let safe = when(known.clone()).then(needed.clone()).otherwise(units(1));
    let kits = at_least_zero(available).floor_div(safe) * units(piece);
    when(known).then(kits).otherwise(units(0))
}

/// Whether a supplier's answer is too old to be trusted, or of unknown age; `age` and `limit` in one unit.
#[must_use]
pub fn is_stale(age: &Expr, limit: &Expr) -> Expr {
    age.clone().gt(limit.clone()).fill_null(lit(true)).cast(DataType::Boolean)
}
