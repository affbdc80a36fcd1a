//! Net and VAT of the cells of a register, so that they add up to what is taken out of the whole, once.

use std::cmp::Ordering;

use polars::prelude::{DataType, LazyFrame, PolarsResult, SortMultipleOptions};

use crate::domain::documents::spread::cent;
use crate::domain::money::Decimal;
use crate::domain::money::exact::{Exact, Rounding, Site};
use crate::transforms::names::{self, column};

const OWN: &str = "__r_own";
const WHOLE: &str = "__r_whole";
const OWN_WHOLE: &str = "__r_own_whole";
const LOST: &str = "__r_lost";
const TURN: &str = "__r_turn";
const FINE: u8 = 10;

/// What is left of a gross without its VAT, to ten decimals; a missing rate is none.
fn without_vat(gross: &Exact, rate: &Exact, site: &Site) -> Exact {
    let hundred = Exact::literal(Decimal::new(100, 0), site);
    let zero = Exact::literal(Decimal::ZERO, site);
    let rate = rate.or_else(rate.clone().expr().is_not_null(), &zero);
    gross.times(&hundred).over(&hundred.plus(&rate), FINE)
}

/// Adds `net` and `vat` to cells that have `gross`, to the cent: the cells of each whole (`by`) add up to what the whole
/// gives, the cents left over go to those that lost most by rounding. `cells` tells the cells of a whole apart.
pub(super) fn net_and_vat(
    frame: LazyFrame,
    by: &[&str],
    cells: &[&str],
    rate: &Exact,
    site: &Site,
) -> PolarsResult<LazyFrame> {
    let keys: Vec<_> = by.iter().map(|name| column(name)).collect();
    let gross = Exact::column("gross", 2, site);
    let own = without_vat(&gross, rate, site).rescale(2, Rounding::HalfUp);
    let frame = frame.with_column(own.expr().alias(OWN));
    let frame = frame.with_columns([
        column("gross").sum().over(&keys)?.alias(WHOLE),
        column(OWN).sum().over(&keys)?.alias(OWN_WHOLE),
    ]);
    let own = Exact::column(OWN, 2, site);
    let target = without_vat(&Exact::column(WHOLE, 2, site), rate, site).rescale(2, Rounding::HalfUp);
    let missing = target.minus(&Exact::column(OWN_WHOLE, 2, site));
    let negative = missing.compare(&Exact::literal(Decimal::ZERO, site), Ordering::is_lt);
    let lost = without_vat(&gross, rate, site).minus(&own);
    let lost = lost.negate().or_else(negative.clone(), &lost);
    let order: Vec<&str> = by.iter().copied().chain([LOST]).chain(cells.iter().copied()).collect();
    let falling: Vec<bool> = order.iter().map(|name| *name == LOST).collect();
    let sorted = frame
        .with_column(lost.expr().alias(LOST))
        .sort(order, SortMultipleOptions::default().with_order_descending_multi(falling));
    let turn = column(OWN).cum_count(false).over(&keys)?.cast(DataType::Int64);
    let frame = sorted.with_column(turn.alias(TURN));
    let served =
        Exact::from_integer(column(TURN), site).times(&cent(site)).compare(&missing.absolute(), Ordering::is_le);
    let more = cent(site).negate().or_else(negative, &cent(site));
    let more = more.or_else(served, &Exact::literal(Decimal::new(0, 2), site));
    let net = own.plus(&more);
    let frame = frame.with_columns([net.clone().expr().alias("net"), gross.minus(&net).expr().alias("vat")]);
    Ok(frame.drop(names::selector(&[OWN, WHOLE, OWN_WHOLE, LOST, TURN])))
}
