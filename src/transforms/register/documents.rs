//! Registers of documents: invoices issued, stamp duty, and where the sales of each day went.

use std::cmp::Ordering;

use polars::prelude::{DataType, Expr, LazyFrame, SortMultipleOptions, len, lit};

use crate::domain::documents::decide::{
    CORRISPETTIVI, CREDIT_NOTE, CREDITABLE, DOCUMENTS, INTEGRATION, OSS, OSS_CORRECTION, SALES, is_one_of, no_text,
};
use crate::domain::documents::period;
use crate::domain::money::Decimal;
use crate::domain::money::exact::{Exact, Site, sum};
use crate::domain::types::{Schema, Type};
use crate::transforms::names::column;
use crate::transforms::register::columns::Columns;

const DIGITS: u8 = 26;

/// Amounts without VAT above which a document owes the duty, in cents.
const STAMP_ABOVE: Decimal = Decimal::new(7747, 2);
/// Naturas that count for the duty (DPR 642/72, tariff art. 13; guide of the revenue agency).
const STAMPED: [&str; 6] = ["N1", "N2.1", "N2.2", "N3.5", "N3.6", "N4"];

/// Columns of the register of invoices.
pub(super) fn schema_of_invoices(columns: &Columns) -> Schema {
    let mut schema = Schema::new();
    schema.insert("date", Type::Date);
    for name in ["document", "type", "buyer"] {
        schema.insert(name, Type::Text);
    }
    schema.insert("rate", columns.rate_type().clone());
    schema.insert("natura", Type::Text);
    for name in ["net", "vat", "vat_split", "total"] {
        schema.insert(name, Type::MONEY);
    }
    schema
}

/// The Italian VAT of a line: none where the document says a natura.
pub(super) fn italian_vat(columns: &Columns, site: &Site) -> Exact {
    let zero = Exact::literal(Decimal::new(0, 2), site);
    zero.or_else(columns.vat("natura").is_not_null(), &columns.amount("vat", site))
}

/// Whether the buyer pays the VAT to the State, not to the seller (art. 17-ter).
pub(super) fn is_split(columns: &Columns) -> Expr {
    is_one_of(&columns.vat("scheme"), &["IT_SPLIT_PAYMENT"])
}

/// Lines that stand in the register of invoices: documents of the seller, but not those of OSS sales.
pub(super) fn of_invoices(columns: &Columns) -> Expr {
    let own = columns.vat("register").str().starts_with(lit("fatture_emesse")).fill_null(lit(false));
    // A flat-rate seller (no register) issues invoices all the same, and wants to see them.
    let free = is_one_of(&columns.vat("register"), &["none"]);
    is_one_of(&columns.doc("kind"), &DOCUMENTS).and(own.or(free))
}

/// The register of invoices: one row per document and rate or natura.
pub(super) fn invoices(lines: LazyFrame, columns: &Columns, site: &Site) -> LazyFrame {
    let zero = Exact::literal(Decimal::new(0, 2), site);
    let vat = italian_vat(columns, site);
    let split = vat.or_else(is_split(columns), &zero);
    let rows = lines.filter(of_invoices(columns)).select([
        columns.doc("date").alias("date"),
        columns.doc("key").alias("document"),
        columns.doc("type").alias("type"),
        columns.given("buyer").unwrap_or_else(no_text).alias("buyer"),
        columns.rate().alias("rate"),
        columns.vat("natura").alias("natura"),
        columns.doc("net").alias("net"),
        vat.expr().alias("vat"),
        split.expr().alias("vat_split"),
    ]);
    let total = |name: &str| sum(&Exact::column(name, 2, site), DIGITS).expr().alias(name);
    let keys = ["date", "document", "type", "rate", "natura"];
    let documents =
        rows.group_by(keys.map(column)).agg([column("buyer").min(), total("net"), total("vat"), total("vat_split")]);
    let whole = Exact::column("net", 2, site).plus(&Exact::column("vat", 2, site));
    let order = SortMultipleOptions::default()
        .with_order_descending_multi([false, false, false, true, false])
        .with_nulls_last(true);
    let names = ["date", "document", "type", "buyer", "rate", "natura", "net", "vat", "vat_split", "total"];
    documents.with_column(whole.expr().alias("total")).sort(keys, order).select(names.map(column))
}

/// Columns of the totals of stamp duty.
pub(super) fn schema_of_bollo() -> Schema {
    let mut schema = Schema::new();
    schema.insert("quarter", Type::Text);
    schema.insert("documents", Type::Integer);
    schema.insert("duty", Type::MONEY);
    schema.insert("untaxed", Type::MONEY);
    schema
}

/// Documents that owe the stamp duty, per quarter: those whose amounts without VAT are above 77.47.
pub(super) fn bollo(lines: LazyFrame, columns: &Columns, site: &Site) -> LazyFrame {
    let counts = if columns.has_vat("bollo") {
        is_one_of(&columns.vat("bollo"), &["yes"])
    } else {
        is_one_of(&columns.vat("natura"), &STAMPED)
    };
    let issued = is_one_of(&columns.doc("kind"), &CREDITABLE).or(is_one_of(&columns.doc("kind"), &[CREDIT_NOTE]));
    let rows = lines.filter(counts.and(issued)).select([
        columns.doc("key").alias("document"),
        period::quarter(columns.doc("date")).alias("quarter"),
        columns.doc("net").alias("untaxed"),
    ]);
    let untaxed = Exact::column("untaxed", 2, site);
    let documents =
        rows.group_by(["quarter", "document"].map(column)).agg([sum(&untaxed, DIGITS).expr().alias("untaxed")]);
    let above = untaxed.absolute().compare(&Exact::literal(STAMP_ABOVE, site), Ordering::is_gt);
    let quarters = documents
        .filter(above)
        .group_by([column("quarter")])
        .agg([len().cast(DataType::Int64).alias("documents"), sum(&untaxed, DIGITS).expr().alias("untaxed")]);
    let duty = Exact::from_integer(column("documents"), site).times(&Exact::literal(Decimal::new(200, 2), site));
    let quarters = quarters.with_column(duty.expr().alias("duty"));
    quarters
        .sort(["quarter"], SortMultipleOptions::default())
        .select(["quarter", "documents", "duty", "untaxed"].map(column))
}

/// Columns of the summary.
pub(super) fn schema_of_summary(columns: &Columns) -> Schema {
    let mut schema = Schema::new();
    schema.insert("day", Type::Date);
    schema.insert("country", Type::Text);
    schema.insert("rate", columns.rate_type().clone());
    schema.insert("natura", Type::Text);
    for name in ["documents", "corrispettivi", "oss", "other", "gross"] {
        schema.insert(name, Type::MONEY);
    }
    schema
}

/// Where the sales of each day and rate went; `gross` is what buyers paid.
pub(super) fn summary(lines: LazyFrame, columns: &Columns, site: &Site) -> LazyFrame {
    let gross = columns.amount("gross", site);
    let zero = Exact::literal(Decimal::new(0, 2), site);
    let kind = || columns.doc("kind");
    let documents = is_one_of(&kind(), &CREDITABLE).or(is_one_of(&kind(), &[CREDIT_NOTE]));
    let corrispettivi = is_one_of(&kind(), &[CORRISPETTIVI]);
    let oss = is_one_of(&kind(), &[OSS, OSS_CORRECTION]);
    let other = documents.clone().or(corrispettivi.clone()).or(oss.clone()).not();
    let share = |condition: Expr, name: &str| gross.or_else(condition, &zero).expr().alias(name);
    let rows = lines.filter(is_one_of(&kind(), &SALES)).select([
        columns.doc("day").alias("day"),
        columns.vat("country").alias("country"),
        columns.rate().alias("rate"),
        columns.vat("natura").alias("natura"),
        share(documents, "documents"),
        share(corrispettivi, "corrispettivi"),
        share(oss, "oss"),
        share(other, "other"),
        gross.clone().expr().alias("gross"),
    ]);
    let total = |name: &str| sum(&Exact::column(name, 2, site), DIGITS).expr().alias(name);
    let keys = ["day", "country", "rate", "natura"];
    let cells = rows.group_by(keys.map(column)).agg(["documents", "corrispettivi", "oss", "other", "gross"].map(total));
    let order =
        SortMultipleOptions::default().with_order_descending_multi([false, false, true, false]).with_nulls_last(true);
    cells.sort(keys, order)
}

/// Lines of purchases whose VAT the seller accounts for.
pub(super) fn is_integration(columns: &Columns) -> Expr {
    is_one_of(&columns.doc("kind"), &[INTEGRATION])
}
