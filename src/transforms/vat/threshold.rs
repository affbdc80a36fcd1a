//! The thresholds of cross-border sales, computed from the orders themselves in the order of their dates.

use std::collections::BTreeMap;

use polars::prelude::{
    Column, DataFrame, DataType, Expr, IntoLazy, JoinArgs, JoinType, LazyFrame, MaintainOrderJoin, NULL, NamedFrom,
    PlSmallStr, Series, SortMultipleOptions, StrptimeOptions, UnionArgs, col, cols, concat, lit, when,
};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::context::{BindCx, NodeError};
use crate::diag::{Code, Diagnostic, Text};
use crate::domain::money::Decimal;
use crate::domain::money::exact::{Exact, Rounding, Site};
use crate::domain::types::{Schema, Type};
use crate::domain::vat::input::{SAN_MARINO_THRESHOLD, UNION_THRESHOLD};
use crate::expr::Typed;
use crate::transforms::number::{Amount, bind_number, exact};
use crate::transforms::vat::kernel::{COUNTS, COUNTS_SAN_MARINO, COUNTS_UNION, DAY};

/// Computes the thresholds from the rows: the 10 000 euro of the Union and the 28 000 euro of San Marino.
///
/// Orders are added up per calendar year in the order of their tax points, those of one day by their number; the order that
/// passes the threshold is already taxed at its destination, and so is the whole year after one that passed it. The running
/// total on a row is that of its order as long as orders decide, and that of the end of the day on rows that do not count and
/// beyond the threshold. Only the orders in the table are known, and those of `before`. Returns take nothing away, and are treated as their sale was: by the
/// number of its order, or by the flag `original_date`. Not guaranteed: the threshold is only
/// right when all orders of the year pass through one run.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Threshold {
    /// Net amount of the row in euro: a column or an expression.
    pub net: Text,
    /// What names the order: all rows of an order are taxed alike.
    pub order: Text,
    /// Cross-border sales to consumers per year that are not in the table, `{ 2025: "8000.00" }`.
    #[serde(default)]
    pub before: BTreeMap<String, Amount>,
    /// Distance sales to San Marino per year that are not in the table.
    #[serde(default)]
    pub san_marino_before: BTreeMap<String, Amount>,
}

/// The checked option.
pub struct Counting {
    net: Typed,
    order: Typed,
    before: Vec<(i32, i64)>,
    san_marino_before: Vec<(i32, i64)>,
}

/// Name of the column with the running total in cents.
pub const TOTAL: &str = "__vat_total";
/// Name of the column that says whether the 10 000 euro are passed.
pub const OVER: &str = "__vat_over";
/// Name of the column with last year's sales to San Marino.
pub const SAN_MARINO: &str = "__vat_sm_year";
const ORDER: &str = "__vat_order";
const SOLD: &str = "__vat_sold";
const YEAR: &str = "__vat_year";
const NET: &str = "__vat_net";
const SM_NET: &str = "__vat_sm_net";
const LAST_YEAR: &str = "__vat_last_year";
const BEFORE: &str = "__vat_before";
const LOW: &str = "__vat_low";
const DAY_TOTAL: &str = "__vat_day_total";
const ORDER_TOTAL: &str = "__vat_order_total";
const ORDER_OVER: &str = "__vat_order_over";
const ORDER_SAN_MARINO: &str = "__vat_order_sm";
const CROSSING_DAY: &str = "__vat_crossing_day";
const CROSSING_ORDER: &str = "__vat_crossing_order";

impl Threshold {
    /// Checks the expressions and the amounts.
    pub fn bind(&self, input: &Schema, cx: &BindCx) -> Option<Counting> {
        let net = bind_number(&self.net, input, cx);
        let order = crate::expr::bind(&self.order, input, cx);
        let before = years(&self.before, cx);
        let san_marino_before = years(&self.san_marino_before, cx);
        let order = order?;
        if ![Type::Text, Type::Integer].contains(order.ty()) {
            let message = format!("`{}` is {}: an order is named by `text` or `integer`", self.order, order.ty());
            cx.report(Diagnostic::error(Code::TypeMismatch, self.order.place(), message));
            return None;
        }
        Some(Counting { net: net?, order, before: before?, san_marino_before: san_marino_before? })
    }
}

/// Years and cents.
fn years(given: &BTreeMap<String, Amount>, cx: &BindCx) -> Option<Vec<(i32, i64)>> {
    let mut years = Vec::new();
    for (year, amount) in given {
        let cents = amount.value(cx)?.rescale(2).and_then(|value| i64::try_from(value.mantissa).ok());
        let number = year.parse().ok().filter(|year| (1990..2100).contains(year));
        let Some(pair) = number.zip(cents) else {
            let message = format!("`{year}: {}` is no year with an amount in euro and cents", amount.0);
            cx.error(Code::BadValue, &amount.0, message);
            return None;
        };
        years.push(pair);
    }
    Some(years)
}

impl Counting {
    /// The helper columns that have to be there before rows are counted. `sold` is the day of the sale that a return undoes.
    #[must_use]
    pub fn prepare(&self, frame: LazyFrame, sold: Option<Expr>, site: &Site) -> LazyFrame {
        let iso = StrptimeOptions { format: Some("%Y-%m-%d".into()), strict: false, ..StrptimeOptions::default() };
        let day_of = |sold: Expr| sold.str().to_date(iso).cast(DataType::Int32).fill_null(col(DAY));
        let sold = sold.map_or_else(|| col(DAY), day_of);
        let cents = exact(&self.net, 2, site).rescale(2, Rounding::HalfUp);
        let cents = cents.times(&Exact::literal(Decimal::new(100, 0), site)).expr().cast(DataType::Int64);
        frame.with_columns([
            self.order.lower(site).cast(DataType::String).alias(ORDER),
            cents.fill_null(lit(0)).alias(NET),
            sold.clone().cast(DataType::Date).dt().year().cast(DataType::Int32).alias(YEAR),
            sold.alias(SOLD),
        ])
    }

    /// Adds the running total and what follows from it to rows that have been counted.
    ///
    /// Amounts are added up per day, of which there are few. Order by order is counted only up to the day that passes the
    /// threshold: what is sold later is beyond it whatever its number, so that few orders are sorted however many there are.
    ///
    /// # Errors
    /// The engine cannot make a table.
    pub fn apply(&self, frame: LazyFrame) -> Result<LazyFrame, NodeError> {
        // The rows are read once: they are added up, and then get the totals.
        let frame = frame.cache();
        let days = self.days(&frame)?.cache();
        let years = self.years(&days)?;
        let orders = self.orders(&frame, &days, years.clone())?.cache();
        let days = left_join(left_join(days, years, YEAR), crossing(&orders), YEAR);
        let back = left_join(frame, days.drop(cols([YEAR])), SOLD);
        let orders = orders.select([col(ORDER), col(ORDER_TOTAL), col(ORDER_OVER), col(ORDER_SAN_MARINO)]);
        let back = left_join(back, orders, ORDER);
        let limit = lit(cents(UNION_THRESHOLD));
        let after = col(SOLD).gt(col(CROSSING_DAY));
        let at = col(SOLD).eq(col(CROSSING_DAY)).and(col(ORDER).gt_eq(col(CROSSING_ORDER)));
        let over = after.or(at).fill_null(lit(false)).or(col(LAST_YEAR).gt(limit).fill_null(lit(false)));
        let over = when(col(ORDER_OVER).is_not_null()).then(col(ORDER_OVER)).otherwise(over);
        let san_marino =
            when(col(ORDER_SAN_MARINO).is_not_null()).then(col(ORDER_SAN_MARINO)).otherwise(col(SAN_MARINO));
        let is_beyond = san_marino.gt(lit(cents(SAN_MARINO_THRESHOLD)));
        Ok(back.with_columns([
            when(col(ORDER_TOTAL).is_not_null()).then(col(ORDER_TOTAL)).otherwise(col(DAY_TOTAL)).alias(TOTAL),
            over.alias(OVER),
            is_beyond.alias(SAN_MARINO),
        ]))
    }

    /// Per day, the total of its year at its end; `LOW` on the days until the threshold is passed, that day included.
    fn days(&self, frame: &LazyFrame) -> Result<LazyFrame, NodeError> {
        let of = |counts: i32| when(col(COUNTS).eq(lit(counts))).then(col(NET)).otherwise(lit(0_i64)).sum();
        let days = frame.clone().filter(col(SOLD).is_not_null()).group_by([col(SOLD)]).agg([
            col(YEAR).min(),
            of(COUNTS_UNION).alias(NET),
            of(COUNTS_SAN_MARINO).alias(SM_NET),
        ]);
        let days = left_join(days, opening(&self.before, BEFORE)?, YEAR);
        let days = days.sort([SOLD], SortMultipleOptions::default());
        let days = days.with_column(running()?.alias(DAY_TOTAL));
        let before_it = (col(DAY_TOTAL) - col(NET)).lt_eq(lit(cents(UNION_THRESHOLD)));
        Ok(days.with_column(before_it.alias(LOW)))
    }

    /// The orders with sales on the days until the threshold is passed, or to San Marino: their totals in the order of their
    /// days and numbers, and what follows for all of their rows.
    fn orders(&self, frame: &LazyFrame, days: &LazyFrame, years: LazyFrame) -> Result<LazyFrame, NodeError> {
        let low = days.clone().filter(col(LOW)).select([col(SOLD)]);
        let is_union = || col(COUNTS).eq(lit(COUNTS_UNION));
        let counted = frame.clone().filter(col(COUNTS).neq(lit(0_i32)).and(col(SOLD).is_not_null()));
        let counted = counted.select([ORDER, SOLD, YEAR, NET, COUNTS].map(col));
        let early = semi_join(counted.clone().filter(is_union()), low, SOLD);
        let san_marino = counted.clone().filter(is_union().not());
        let wanted = concat([early.select([col(ORDER)]), san_marino.select([col(ORDER)])], UnionArgs::default())?;
        let of_union = when(is_union()).then(col(NET)).otherwise(lit(0_i64)).sum();
        let orders = semi_join(counted, wanted, ORDER).group_by([col(ORDER)]).agg([
            col(SOLD).min(),
            col(YEAR).min(),
            of_union.alias(NET),
            is_union().any(true).alias(LOW),
        ]);
        let orders = left_join(left_join(orders, opening(&self.before, BEFORE)?, YEAR), years, YEAR);
        let orders = orders.sort([SOLD, ORDER], SortMultipleOptions::default());
        let orders = orders.with_column(running()?.alias(ORDER_TOTAL));
        let limit = cents(UNION_THRESHOLD);
        let over = col(ORDER_TOTAL).gt(lit(limit)).or(col(LAST_YEAR).fill_null(lit(0_i64)).gt(lit(limit)));
        let known = |value: Expr| when(col(LOW)).then(value).otherwise(lit(NULL));
        Ok(orders.select([
            col(ORDER),
            col(SOLD),
            col(YEAR),
            known(col(ORDER_TOTAL)).alias(ORDER_TOTAL),
            known(over).alias(ORDER_OVER),
            col(SAN_MARINO).fill_null(lit(0_i64)).alias(ORDER_SAN_MARINO),
        ]))
    }

    /// Per year, what the year before it came to.
    fn years(&self, days: &LazyFrame) -> Result<LazyFrame, NodeError> {
        let year = days.clone().group_by([col(YEAR)]).agg([col(NET).sum(), col(SM_NET).sum()]);
        let before = opening(&self.before, NET)?.with_column(lit(0_i64).cast(DataType::Int64).alias(SM_NET));
        let san_marino =
            opening(&self.san_marino_before, SM_NET)?.with_column(lit(0_i64).cast(DataType::Int64).alias(NET));
        let columns = [col(YEAR), col(NET), col(SM_NET)];
        let parts = [year, before, san_marino].map(|part| part.select(columns.clone()));
        let all = concat(parts, UnionArgs::default())?;
        let sums = all.group_by([col(YEAR)]).agg([col(NET).sum(), col(SM_NET).sum()]);
        Ok(sums.select([
            (col(YEAR) + lit(1_i32)).alias(YEAR),
            col(NET).alias(LAST_YEAR),
            col(SM_NET).alias(SAN_MARINO),
        ]))
    }

    /// The running total in euro, and what is left of the threshold.
    #[must_use]
    pub fn outputs(prefix: &str, site: &Site) -> [Expr; 2] {
        let euro = |expr: Expr| {
            let cents = Exact::from_integer(expr, site).times(&Exact::literal(Decimal::new(1, 2), site));
            cents.within(18).expr()
        };
        let left = lit(cents(UNION_THRESHOLD)) - col(TOTAL);
        let left = when(left.clone().lt(lit(0_i64))).then(lit(0_i64)).otherwise(left);
        [
            euro(col(TOTAL)).alias(format!("{prefix}_threshold_total")),
            euro(left).alias(format!("{prefix}_threshold_left")),
        ]
    }
}

fn cents(value: Decimal) -> i64 {
    value.rescale(2).and_then(|value| i64::try_from(value.mantissa).ok()).unwrap_or(i64::MAX)
}

fn opening(years: &[(i32, i64)], name: &str) -> Result<LazyFrame, NodeError> {
    let (years, cents): (Vec<i32>, Vec<i64>) = years.iter().copied().unzip();
    let columns: Vec<Column> =
        vec![Series::new(YEAR.into(), years).into(), Series::new(PlSmallStr::from_str(name), cents).into()];
    Ok(DataFrame::new_infer_height(columns)?.lazy())
}

/// The total of the year up to a row, in the order in which the rows stand.
fn running() -> Result<Expr, NodeError> {
    Ok(col(NET).cum_sum(false).over([col(YEAR)])? + col(BEFORE).fill_null(lit(0_i64)))
}

/// Per year, the first order that is beyond the threshold.
fn crossing(orders: &LazyFrame) -> LazyFrame {
    let first = col(SOLD).eq(col(SOLD).min());
    let passed = orders.clone().filter(col(ORDER_TOTAL).gt(lit(cents(UNION_THRESHOLD))).fill_null(lit(false)));
    passed
        .group_by([col(YEAR)])
        .agg([col(SOLD).min().alias(CROSSING_DAY), col(ORDER).filter(first).min().alias(CROSSING_ORDER)])
}

fn semi_join(left: LazyFrame, right: LazyFrame, key: &str) -> LazyFrame {
    let key = [col(PlSmallStr::from_str(key))];
    left.join(right, key.clone(), key, JoinArgs::new(JoinType::Semi))
}

fn left_join(left: LazyFrame, right: LazyFrame, key: &str) -> LazyFrame {
    let args = JoinArgs { maintain_order: MaintainOrderJoin::Left, ..JoinArgs::new(JoinType::Left) };
    let key = [col(PlSmallStr::from_str(key))];
    left.join(right, key.clone(), key, args)
}
