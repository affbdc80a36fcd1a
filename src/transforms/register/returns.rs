//! Totals of periodic returns: Intrastat, and what the periodic VAT communication (LIPE) adds up.

use polars::prelude::{DataType, Expr, LazyFrame, PolarsResult, SortMultipleOptions, UnionArgs, concat, when};

use crate::domain::documents::decide::{DOCUMENTS, is_one_of, no_text};
use crate::domain::documents::period;
use crate::domain::money::Decimal;
use crate::domain::money::exact::{Exact, Rounding, Site, sum};
use crate::domain::types::{Schema, Type};
use crate::transforms::names::column;
use crate::transforms::number::exact;
use crate::transforms::register::closing::word;
use crate::transforms::register::columns::Columns;
use crate::transforms::register::documents::{is_integration, is_split, italian_vat, of_invoices};
use crate::transforms::register::{BoundPurchases, Period, corrispettivi};

const DIGITS: u8 = 26;

/// Columns of Intrastat.
pub(super) fn schema_of_intrastat() -> Schema {
    let mut schema = Schema::new();
    for name in ["period", "supply", "kind", "buyer", "original_period"] {
        schema.insert(name, Type::Text);
    }
    schema.insert("net", Type::MONEY);
    schema.insert("documents", Type::Integer);
    schema
}

/// Goods and services to businesses of other Member States, per period and buyer. A credit note for an earlier period is
/// a correction of that period, one of the same period is taken off.
pub(super) fn intrastat(lines: LazyFrame, by: Period, columns: &Columns, site: &Site) -> LazyFrame {
    let quarterly = by == Period::Quarter;
    let supplies = is_one_of(&columns.vat("intrastat"), &["goods", "services"]);
    let rows = lines.filter(supplies.and(is_one_of(&columns.doc("kind"), &DOCUMENTS)));
    let own = period::label(columns.doc("date"), quarterly);
    let original = period::label(columns.doc("original_date"), quarterly);
    let correction = columns.doc("refund").and(period::is_earlier(original.clone(), own.clone()));
    let rows = rows.select([
        own.alias("period"),
        columns.vat("intrastat").alias("supply"),
        word(correction.clone(), "correction", "supply").alias("kind"),
        columns.given("buyer").unwrap_or_else(no_text).alias("buyer"),
        when(correction).then(original).otherwise(no_text()).alias("original_period"),
        columns.doc("net").alias("net"),
        columns.doc("key").alias("documents"),
    ]);
    let keys = ["period", "supply", "kind", "buyer", "original_period"];
    let cells = rows.group_by(keys.map(column)).agg([
        sum(&Exact::column("net", 2, site), DIGITS).expr().alias("net"),
        column("documents").n_unique().cast(DataType::Int64).alias("documents"),
    ]);
    let order = SortMultipleOptions::default().with_order_descending_multi([false, false, true, false, false]);
    cells.sort(keys, order.with_nulls_last(true))
}

/// Columns of the totals of the periodic VAT communication.
pub(super) fn schema_of_lipe() -> Schema {
    let mut schema = Schema::new();
    schema.insert("period", Type::Text);
    for name in AMOUNTS {
        schema.insert(name, Type::MONEY);
    }
    schema
}

/// `VP2`, `VP3`, `VP4`, `VP5`, `VP6` (above zero is due, below is credit), and the VAT that public bodies pay.
const AMOUNTS: [&str; 6] = ["sales", "purchases", "vat_due", "vat_deducted", "vat_balance", "vat_split"];

/// Sales and purchases of each period with their VAT. Corrispettivi give the VAT that their register has; integrations
/// of purchases count on both sides; VAT under split payment is shown, not due.
pub(super) fn lipe(
    lines: LazyFrame,
    purchases: Option<(&BoundPurchases, LazyFrame)>,
    by: Period,
    columns: &Columns,
    site: &Site,
) -> PolarsResult<LazyFrame> {
    let quarterly = by == Period::Quarter;
    let lines = lines.cache();
    let zero = || Exact::literal(Decimal::new(0, 2), site);
    let row = |period: Expr, [sales, purchases, due, deducted, split]: [Exact; 5]| {
        vec![
            period.alias("period"),
            sales.expr().alias("sales"),
            purchases.expr().alias("purchases"),
            due.expr().alias("vat_due"),
            deducted.expr().alias("vat_deducted"),
            split.expr().alias("vat_split"),
        ]
    };
    let (net, vat) = (columns.amount("net", site), italian_vat(columns, site));
    let (bought, split) = (is_integration(columns), is_split(columns));
    let documents = lines.clone().filter(of_invoices(columns).or(bought.clone())).select(row(
        period::label(columns.doc("date"), quarterly),
        [
            zero().or_else(bought.clone(), &net),
            net.or_else(bought.clone(), &zero()),
            zero().or_else(split.clone(), &vat),
            vat.or_else(bought, &zero()),
            vat.or_else(split, &zero()),
        ],
    ));
    let (day_net, day_vat) = (Exact::column("net", 2, site), Exact::column("vat", 2, site));
    let daily = corrispettivi::days(lines, columns, site)?
        .select(row(period::label(column("day"), quarterly), [day_net, zero(), day_vat, zero(), zero()]));
    let mut all = vec![documents, daily];
    if let Some((bound, table)) = purchases {
        let amount = |typed| exact(typed, 8, site).rescale(2, Rounding::HalfUp);
        let period = period::label(column(&bound.date), quarterly);
        all.push(table.select(row(period, [zero(), amount(&bound.net), zero(), amount(&bound.vat), zero()])));
    }
    let total = |name: &str| sum(&Exact::column(name, 2, site), DIGITS).expr().alias(name);
    let summed = ["sales", "purchases", "vat_due", "vat_deducted", "vat_split"];
    let periods = concat(all, UnionArgs::default())?.group_by([column("period")]).agg(summed.map(total));
    let balance = Exact::column("vat_due", 2, site).minus(&Exact::column("vat_deducted", 2, site));
    let periods = periods.with_column(balance.expr().alias("vat_balance"));
    let names = std::iter::once("period").chain(AMOUNTS);
    Ok(periods.sort(["period"], SortMultipleOptions::default()).select(names.map(column).collect::<Vec<_>>()))
}
