//! The register of corrispettivi: per day, rate, means of payment and channel, refunds apart.

use polars::prelude::{DataType, Expr, LazyFrame, PolarsResult, SortMultipleOptions, UnionArgs, concat};

use crate::domain::documents::decide::{CORRISPETTIVI, PAYMENT_KIND, is_one_of, no_text};
use crate::domain::money::exact::{Exact, Site, sum};
use crate::domain::types::{Schema, Type};
use crate::transforms::names::column;
use crate::transforms::register::closing::word;
use crate::transforms::register::columns::Columns;
use crate::transforms::register::parts::net_and_vat;

/// Columns in order.
const CELLS: [&str; 6] = ["day", "rate", "natura", "kind", "payment", "channel"];
const ORDERS: &str = "__r_orders";
const DIGITS: u8 = 26;

/// The columns that come out.
pub(super) fn schema(columns: &Columns) -> Schema {
    let mut schema = Schema::new();
    schema.insert("day", Type::Date);
    schema.insert("rate", columns.rate_type().clone());
    for name in ["natura", "kind", "payment", "channel"] {
        schema.insert(name, Type::Text);
    }
    for name in ["gross", "net", "vat"] {
        schema.insert(name, Type::MONEY);
    }
    schema.insert("orders", Type::Integer);
    schema
}

/// The register. What a voucher paid of an order stands under `voucher` (or `sponsored`), the rest under the order's
/// means of payment.
pub(super) fn register(lines: LazyFrame, columns: &Columns, site: &Site) -> PolarsResult<LazyFrame> {
    let cells = cells(lines, columns, site)?;
    let cells = net_and_vat(
        cells,
        &["day", "rate", "natura", "kind"],
        &["payment", "channel"],
        &columns.exact_rate("rate", site),
        site,
    )?;
    let order = SortMultipleOptions::default()
        .with_order_descending_multi([false, true, false, true, false, false])
        .with_nulls_last(true);
    let names = CELLS.into_iter().chain(["gross", "net", "vat", "orders"]);
    Ok(cells.sort(CELLS, order).select(names.map(column).collect::<Vec<_>>()))
}

/// Gross and number of orders of each cell.
fn cells(lines: LazyFrame, columns: &Columns, site: &Site) -> PolarsResult<LazyFrame> {
    let own = is_one_of(&columns.vat("register"), &["corrispettivi_art24"]);
    let money = is_one_of(&columns.doc("kind"), &[PAYMENT_KIND]);
    let lines = lines.filter(own.and(is_one_of(&columns.doc("kind"), &[CORRISPETTIVI]).or(money.clone()))).cache();
    let (gross, paid) = (columns.amount("gross", site), columns.amount("paid", site));
    let of = |payment: Expr, amount: Exact| {
        vec![
            columns.doc("day").alias("day"),
            columns.rate().alias("rate"),
            columns.vat("natura").alias("natura"),
            word(columns.doc("refund"), "refund", "sale").alias("kind"),
            payment.alias("payment"),
            columns.given("channel").unwrap_or_else(no_text).alias("channel"),
            amount.expr().alias("gross"),
            columns.doc("order").alias(ORDERS),
        ]
    };
    let ordinary = lines.clone().select(of(columns.given("payment").unwrap_or_else(no_text), gross.minus(&paid)));
    let vouchers = lines.filter(money).select(of(columns.doc("line_kind"), paid));
    let all = concat([ordinary, vouchers], UnionArgs::default())?;
    Ok(all.group_by(CELLS.map(column)).agg([
        sum(&Exact::column("gross", 2, site), DIGITS).expr().alias("gross"),
        column(ORDERS).n_unique().cast(DataType::Int64).alias("orders"),
    ]))
}

/// Net and VAT of each day and rate, for the totals of a period; the same as in the register.
pub(super) fn days(lines: LazyFrame, columns: &Columns, site: &Site) -> PolarsResult<LazyFrame> {
    let cells = cells(lines, columns, site)?;
    let days = cells.group_by(["day", "rate", "natura", "kind"].map(column)).agg([sum(
        &Exact::column("gross", 2, site),
        DIGITS,
    )
    .expr()
    .alias("gross")]);
    let rate = columns.exact_rate("rate", site);
    net_and_vat(days, &["day", "rate", "natura", "kind"], &[], &rate, site)
}
