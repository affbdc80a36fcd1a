//! Amazon settlement report V2: one tab-separated line per component of an amount; the first line carries the total.
//!
//! European marketplaces write decimal commas and days as `23.11.2026`. Money that is deferred is not in the payout and not in
//! the report; reserves of the settlement before and after are lines of it.

use super::amount::{amount, day, instant};
use super::delimited::{AMOUNT, List, Row};
use super::model::{BadLine, Entry, EntryKind, Read, Statement, StatementError};

/// Reads a settlement report.
///
/// # Errors
/// A column is missing: it is another report of the same marketplace.
pub fn read(bytes: &[u8]) -> Result<Read, StatementError> {
    let needed = [
        "settlement-id",
        "total-amount",
        "currency",
        "transaction-type",
        "amount-type",
        "amount-description",
        "amount",
    ];
    let list = List::read(bytes, Some(b'\t'), &needed)?;
    let mut read = Read::default();
    for row in list.rows() {
        let settlement = row.text("settlement-id");
        let total = match row.value("total-amount", AMOUNT, |text| amount(text, None)) {
            Ok(total) => total,
            Err(bad) => {
                read.bad_lines.push(bad);
                continue;
            }
        };
        if total.is_some() || read.statements.last().is_none_or(|last| last.id != settlement) {
            read.statements.push(Statement {
                id: settlement.clone(),
                currency: row.text("currency"),
                from: row.get("settlement-start-date").and_then(day),
                to: row.get("settlement-end-date").and_then(day),
                paid_on: row.get("deposit-date").and_then(day),
                bank_reference: settlement,
                total,
                ..Statement::default()
            });
            if row.get("amount").is_none() {
                continue;
            }
        }
        let Some(statement) = read.statements.last_mut() else { continue };
        match entry(&row, statement) {
            Ok(entry) => statement.entries.push(entry),
            Err(bad) => {
                statement.unread += 1;
                read.bad_lines.push(bad);
            }
        }
    }
    Ok(read)
}

fn entry(row: &Row<'_>, statement: &Statement) -> Result<Entry, BadLine> {
    let net = row.value("amount", AMOUNT, |text| amount(text, None))?.ok_or_else(|| row.bad("amount", None, AMOUNT))?;
    let component = row.text("amount-description");
    let at = row.get("posted-date-time").and_then(instant);
    let transaction = row.get("transaction-type").unwrap_or_default();
    let kind = kind(transaction, row.get("amount-type").unwrap_or_default(), component.as_deref().unwrap_or_default());
    Ok(Entry {
        line: row.line,
        id: row.text("order-item-code").or_else(|| row.text("adjustment-id")),
        kind,
        raw_kind: Some([transaction, component.as_deref().unwrap_or_default()].join("/")),
        order: row.text("merchant-order-id").or_else(|| row.text("order-id")),
        payment: row.text("order-id"),
        payout: statement.id.clone(),
        text: component,
        reference: row.text("shipment-id").or_else(|| row.text("merchant-adjustment-item-id")),
        sku: row.text("sku"),
        booked_on: at.map(|(_, day)| day).or_else(|| row.get("posted-date").and_then(day)),
        value_on: statement.paid_on,
        at: at.map(|(micros, _)| micros),
        currency: statement.currency.clone(),
        gross: (kind != EntryKind::Fee).then_some(net),
        fee: (kind == EntryKind::Fee).then_some(net),
        net,
        ..Entry::default()
    })
}

fn kind(transaction: &str, amount_type: &str, component: &str) -> EntryKind {
    if component.contains("Reserve") {
        return EntryKind::Reserve;
    }
    match (transaction, amount_type) {
        (_, "ItemFees" | "ShipmentFees" | "OrderFees") | ("ServiceFee", _) => EntryKind::Fee,
        (_, "ItemWithheldTax") => EntryKind::Tax,
        ("Order", _) => EntryKind::Charge,
        ("Refund", _) => EntryKind::Refund,
        (other, _) if other.contains("Chargeback") || other.contains("A-to-z") => EntryKind::Dispute,
        _ => EntryKind::Other,
    }
}
