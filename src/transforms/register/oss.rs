//! The quarters of the One Stop Shop: supplies by State, dispatch and rate, corrections by State and earlier quarter.

use polars::prelude::{DataType, Expr, LazyFrame, NULL, SortMultipleOptions, lit, when};

use crate::domain::documents::decide::{CREDIT_NOTE, INVOICE, OSS, OSS_CORRECTION, is_one_of, no_text};
use crate::domain::documents::period;
use crate::domain::money::Decimal;
use crate::domain::money::exact::{Exact, Rounding, Site, decimal_dtype, sum};
use crate::domain::types::{Schema, Type};
use crate::transforms::names::column;
use crate::transforms::register::closing::word;
use crate::transforms::register::columns::Columns;

const KEYS: [&str; 8] = ["quarter", "kind", "country", "dispatch", "supply", "rate", "original_quarter", "due"];
const ORDERS: &str = "__r_orders";
const DIGITS: u8 = 26;

/// The columns that come out.
pub(super) fn schema(columns: &Columns) -> Schema {
    let mut schema = Schema::new();
    for name in ["quarter", "kind", "country", "dispatch", "supply"] {
        schema.insert(name, Type::Text);
    }
    schema.insert("rate", columns.rate_type().clone());
    schema.insert("original_quarter", Type::Text);
    for name in ["net", "vat", "gross", "rounding"] {
        schema.insert(name, Type::MONEY);
    }
    schema.insert("orders", Type::Integer);
    schema.insert("due", Type::Date);
    schema
}

/// The register. `rounding` is what separates the VAT of the lines from the rate times the net.
pub(super) fn register(lines: LazyFrame, columns: &Columns, site: &Site) -> LazyFrame {
    let kinds = is_one_of(&columns.doc("kind"), &[OSS, OSS_CORRECTION, INVOICE, CREDIT_NOTE]);
    let lines = lines.filter(kinds.and(is_one_of(&columns.vat("register"), &["oss_records"])));
    let quarter = period::quarter(columns.doc("day"));
    let correction = period::is_earlier(columns.doc("period"), quarter.clone());
    let supply = |value: Expr, none: Expr| when(correction.clone()).then(none).otherwise(value);
    let digital = columns.given("product_kind").map_or_else(no_text, |kind| kind.str().to_lowercase());
    let service = is_one_of(&digital, &["digital", "digitale", "service", "servizio"]);
    let no_rate = lit(NULL).cast(match columns.rate_type() {
        Type::Integer => DataType::Int64,
        _ => decimal_dtype(columns.rate_scale()),
    });
    let rows = lines.select([
        quarter.alias("quarter"),
        word(correction.clone(), "correction", "supply").alias("kind"),
        columns.vat("country").alias("country"),
        supply(columns.given_or("dispatch", "IT"), no_text()).alias("dispatch"),
        supply(word(service, "services", "goods"), no_text()).alias("supply"),
        supply(columns.rate(), no_rate).alias("rate"),
        when(correction.clone()).then(columns.doc("period")).otherwise(no_text()).alias("original_quarter"),
        period::oss_due(columns.doc("day")).alias("due"),
        columns.doc("net").alias("net"),
        columns.doc("vat").alias("vat"),
        columns.doc("gross").alias("gross"),
        columns.doc("order").alias(ORDERS),
    ]);
    let total = |name: &str| sum(&Exact::column(name, 2, site), DIGITS).expr().alias(name);
    let cells = rows.group_by(KEYS.map(column)).agg([
        total("net"),
        total("vat"),
        total("gross"),
        column(ORDERS).n_unique().cast(DataType::Int64).alias("orders"),
    ]);
    let computed = Exact::column("net", 2, site)
        .times(&columns.exact_rate("rate", site))
        .over(&Exact::literal(Decimal::new(100, 0), site), 2)
        .rescale(2, Rounding::HalfUp);
    let rounding = Exact::column("vat", 2, site).minus(&computed);
    let order = SortMultipleOptions::default()
        .with_order_descending_multi([false, true, false, false, false, true, false, false])
        .with_nulls_last(true);
    let names = KEYS[..7].iter().copied().chain(["net", "vat", "gross", "rounding", "orders", "due"]);
    let cells = cells.with_column(rounding.expr().alias("rounding")).sort(KEYS, order);
    cells.select(names.map(column).collect::<Vec<_>>())
}
