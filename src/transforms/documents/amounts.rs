//! Net, VAT and gross of each line, so that the lines of a document and rate add up to what the whole gives.
//!
//! For prices with VAT the net of a document and rate is its gross without VAT, rounded once; for prices without VAT
//! the tax is that of the whole net. The cents that separate this from the sum of the lines go to the lines that lost
//! most by rounding.

use std::cmp::Ordering;

use polars::prelude::{DataType, Expr, LazyFrame, NULL, PolarsResult, SortMultipleOptions, lit, when};

use crate::domain::documents::decide::{CREDIT_NOTE, is_one_of};
use crate::domain::documents::spread::cent;
use crate::domain::documents::words::{ITEM, PURCHASE};
use crate::domain::money::Decimal;
use crate::domain::money::exact::{Exact, Rounding, Site};
use crate::domain::types::Type;
use crate::transforms::documents::lines::{amount, number};
use crate::transforms::documents::plan::{
    AMOUNT, DOC, EVENT, GROSS, KEY, KIND, LID, NET, PIECE, Plan, SHARED, UNIT, VAT,
};
use crate::transforms::documents::rules::in_order;
use crate::transforms::names::column;

const WHOLE: &str = "__d_whole";
const RATE: &str = "__d_rate";
const OWN: &str = "__d_own";
const LOST: &str = "__d_lost";
const WHOLE_AMOUNT: &str = "__d_whole_amount";
const WHOLE_OWN: &str = "__d_whole_own";
const MISSING: &str = "__d_missing";
const TURN: &str = "__d_turn";
const MORE: &str = "__d_more";

/// Decimals of what a line lost by rounding.
const FINE: u8 = 10;

impl Plan {
    /// Adds net, VAT and gross.
    pub(super) fn amounts(&self, lines: LazyFrame, site: &Site) -> PolarsResult<LazyFrame> {
        let rate = self.rate(site);
        let rate = rate.or_else(rate.clone().expr().is_not_null(), &Exact::literal(Decimal::ZERO, site));
        let scale = rate.scale();
        let whole = when(column(KEY).is_not_null()).then(column(KEY)).otherwise(column(UNIT));
        let lines = lines.with_columns([whole.alias(WHOLE), rate.expr().alias(RATE)]);
        let rate = Exact::column(RATE, scale, site);
        let exact = self.part(&amount(site), &rate, site);
        let own = exact.rescale(2, Rounding::HalfUp);
        let lines = lines.with_column(own.expr().alias(OWN)).cache();
        let missing = self.missing(&lines, &rate, site)?;
        let keys = [column(LID), column(PIECE)];
        let lines = lines.join(missing, keys.clone(), keys, in_order(true));
        Ok(lines.with_columns(self.named_amounts(site)))
    }

    /// What is worked out of an amount: the net of a gross, the tax of a net. Purchases are without VAT always.
    fn part(&self, of: &Exact, rate: &Exact, site: &Site) -> Exact {
        let hundred = Exact::literal(Decimal::new(100, 0), site);
        let tax = || of.times(rate).over(&hundred, FINE);
        if self.columns.is_net() {
            return tax();
        }
        let net = of.times(&hundred).over(&hundred.plus(rate), FINE);
        if self.may_purchase() { tax().or_else(is_purchase(), &net) } else { net }
    }

    /// Whether a row can be a purchase at all.
    fn may_purchase(&self) -> bool {
        self.columns.get("event").is_some()
    }

    /// The lines that get a cent more or less.
    fn missing(&self, lines: &LazyFrame, rate: &Exact, site: &Site) -> PolarsResult<LazyFrame> {
        let own = Exact::column(OWN, 2, site);
        let narrow = lines.clone().select([LID, PIECE, WHOLE, RATE, EVENT, AMOUNT, OWN].map(column));
        let keys = [WHOLE, RATE, EVENT].map(column);
        let wholes = narrow
            .clone()
            .group_by(keys.clone())
            .agg([column(AMOUNT).sum().alias(WHOLE_AMOUNT), column(OWN).sum().alias(WHOLE_OWN)]);
        let target = self.part(&Exact::column(WHOLE_AMOUNT, 2, site), rate, site).rescale(2, Rounding::HalfUp);
        let missing = target.minus(&Exact::column(WHOLE_OWN, 2, site));
        let zero = Exact::literal(Decimal::ZERO, site);
        let wholes = wholes.select(
            [WHOLE, RATE, EVENT].map(column).into_iter().chain([missing.expr().alias(MISSING)]).collect::<Vec<_>>(),
        );
        let wholes = wholes.filter(Exact::column(MISSING, 2, site).compare(&zero, Ordering::is_ne));
        let concerned = narrow.join(wholes, keys.clone(), keys.clone(), in_order(false));
        let missing = Exact::column(MISSING, 2, site);
        let lost = self.part(&amount(site), rate, site).minus(&own);
        let negative = missing.compare(&zero, Ordering::is_lt);
        let lost = lost.negate().or_else(negative.clone(), &lost);
        let order =
            SortMultipleOptions::default().with_order_descending_multi([false, false, false, true, false, false]);
        let sorted = concerned.with_column(lost.expr().alias(LOST)).sort([WHOLE, RATE, EVENT, LOST, LID, PIECE], order);
        let turn = column(LID).cum_count(false).over(keys)?.cast(DataType::Int64);
        let turn_of = Exact::from_integer(column(TURN), site).times(&cent(site));
        let served = turn_of.compare(&missing.absolute(), Ordering::is_le);
        let more = cent(site).negate().or_else(negative, &cent(site));
        Ok(sorted.with_column(turn.alias(TURN)).filter(served).select([
            column(LID),
            column(PIECE),
            more.expr().alias(MORE),
        ]))
    }

    fn named_amounts(&self, site: &Site) -> [Expr; 3] {
        let more = Exact::column(MORE, 2, site);
        let more = more.or_else(column(MORE).is_not_null(), &Exact::literal(Decimal::new(0, 2), site));
        let part = Exact::column(OWN, 2, site).plus(&more);
        let given = amount(site);
        let (net, vat, gross) = if self.columns.is_net() {
            (given.clone(), part.clone(), given.plus(&part))
        } else if self.may_purchase() {
            let bought = |bought: Exact, sold: &Exact| bought.or_else(is_purchase(), sold);
            (bought(given.clone(), &part), bought(part.clone(), &given.minus(&part)), bought(given.plus(&part), &given))
        } else {
            (part.clone(), given.minus(&part), given)
        };
        [net.expr().alias(NET), vat.expr().alias(VAT), gross.expr().alias(GROSS)]
    }

    /// Unit price, amount and quantity of the line on the document; null where there is no document. Credit notes have
    /// positive amounts. Where the document says a natura, its amounts are without the VAT of another State.
    pub(super) fn invoice_amounts(&self, issued: &Expr, site: &Site) -> (Expr, Expr, Expr) {
        let (gross, net) = (Exact::column(GROSS, 2, site), Exact::column(NET, 2, site));
        let amount =
            if self.columns.is_net() { net } else { net.or_else(self.vat_text("natura").is_not_null(), &gross) };
        let back = is_one_of(&column(DOC), &[CREDIT_NOTE]);
        let amount = amount.negate().or_else(back, &amount);
        let one = Exact::literal(Decimal::new(1, 0), site);
        let quantity = match self.columns.get("quantity") {
            Some(quantity) => {
                let value = number(quantity, 3, site).absolute();
                let zero = Exact::literal(Decimal::ZERO, site);
                let counted = is_one_of(&column(KIND), &[ITEM]).and(column(SHARED).is_null());
                let counted = counted.and(value.compare(&zero, Ordering::is_gt).fill_null(lit(false)));
                value.or_else(counted, &one)
            }
            None => one,
        };
        let quantity = quantity.rescale(3, Rounding::HalfUp);
        let unit = amount.over(&quantity, 8);
        let shown = |value: Exact| when(issued.clone()).then(value.expr()).otherwise(lit(NULL));
        (shown(unit), shown(amount), shown(quantity))
    }

    /// The rate on the document: zero where there is a natura; null where there is no document.
    pub(super) fn invoice_rate(&self) -> Expr {
        let Some((name, ty)) = self.columns.vat("rate") else { return lit(NULL) };
        let zero = match ty {
            Type::Decimal { scale, .. } => Exact::literal(Decimal::new(0, *scale), &Site::from("")).expr(),
            _ => lit(0_i64),
        };
        let free = self.vat_text("natura").is_not_null().or(column(name).is_null());
        let rate = when(free).then(zero).otherwise(column(name));
        when(column(KEY).is_not_null()).then(rate).otherwise(lit(NULL))
    }
}

fn is_purchase() -> Expr {
    is_one_of(&column(EVENT), &[PURCHASE])
}
