//! Names of the columns that a `stock` step works with, one per channel, and the channel's conditions.

use polars::prelude::{Expr, lit};

use crate::domain::money::exact::Site;
use crate::expr::Typed;
use crate::transforms::stock::value::constant_bool;

/// A helper column of a channel.
#[must_use]
pub fn staged(what: &str, index: usize) -> String {
    format!("__stock_{what}_{index}")
}

/// Whether a channel knows nothing of an article, or too late.
pub const MISSING: &str = "missing";
/// Own goods, with kits that can be assembled, less open orders.
pub const LEFT: &str = "left";
/// What the channel may draw on.
pub const POOL: &str = "pool";
/// Receipts that are due.
pub const DUE: &str = "due";
/// Day of the receipt with which there is something again.
pub const DATE: &str = "date";
/// What the rules start from.
pub const START: &str = "start";
/// What ring-fenced channels have of the pool.
pub const FENCED: &str = "fenced";
/// What is shown.
pub const SHOWN: &str = "shown";
/// A condition of a channel; false where there is none, or where it is not known.
#[must_use]
pub fn condition(typed: Option<&Typed>, site: &Site) -> Expr {
    let Some(typed) = typed else { return lit(false) };
    let lowered = typed.lower(site);
    if constant_bool(&lowered).is_some() { lowered } else { lowered.fill_null(lit(false)) }
}
