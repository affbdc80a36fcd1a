//! Klarna settlement report: lines of a payout, whose `payment_reference` the bank statement shows.
//!
//! Amounts are in minor units and unsigned or signed; the type says the direction.

use super::amount::{day, decimals_of, instant, minor};
use super::delimited::{AMOUNT, List, Row};
use super::model::{BadLine, Entry, EntryKind, Read, StatementError};
use super::stripe::Payouts;
use crate::domain::money::Decimal;

/// Reads a settlement report.
///
/// # Errors
/// A column is missing: it is another report of the same provider.
pub fn read(bytes: &[u8]) -> Result<Read, StatementError> {
    let list = List::read(bytes, None, &["type", "amount", "currency", "payment_reference"])?;
    let mut payouts = Payouts::default();
    for row in list.rows() {
        match entry(&row) {
            Ok(entry) => payouts.add(entry),
            Err(bad) => payouts.bad(row.get("payment_reference"), bad),
        }
    }
    let mut read = payouts.close();
    for statement in &mut read.statements {
        statement.bank_reference.clone_from(&statement.id);
        statement.paid_on = statement.paid_on.or_else(|| statement.entries.iter().find_map(|entry| entry.value_on));
    }
    Ok(read)
}

fn entry(row: &Row<'_>) -> Result<Entry, BadLine> {
    let currency = row.text("currency").map(|currency| currency.to_ascii_uppercase());
    let decimals = decimals_of(currency.as_deref().unwrap_or("EUR"));
    let amount =
        row.value("amount", AMOUNT, |text| minor(text, decimals))?.ok_or_else(|| row.bad("amount", None, AMOUNT))?;
    let word = row.get("type").unwrap_or_default().to_ascii_uppercase();
    let (kind, direction) = kind(&word);
    let net = signed(amount, direction);
    let moment = ["capture_date", "sale_date", "posting_date"].into_iter().find_map(|name| row.get(name));
    let at = moment.and_then(instant);
    Ok(Entry {
        line: row.line,
        id: row.text("capture_id").or_else(|| row.text("refund_id")),
        kind,
        raw_kind: Some(word),
        order: row.text("merchant_reference1").or_else(|| row.text("merchant_reference2")),
        payment: row.text("order_id"),
        payout: row.text("payment_reference"),
        text: row.text("detailed_type").or_else(|| row.text("description")),
        reference: row.text("capture_id"),
        booked_on: at.map(|(_, day)| day).or_else(|| moment.and_then(day)),
        value_on: row.get("payout_date").and_then(day),
        at: at.map(|(micros, _)| micros),
        currency,
        gross: (kind != EntryKind::Fee).then_some(net),
        fee: (kind == EntryKind::Fee).then_some(net),
        net,
        ..Entry::default()
    })
}

/// What the type means, and the sign that an unsigned amount has.
fn kind(word: &str) -> (EntryKind, i8) {
    match word {
        "SALE" => (EntryKind::Charge, 1),
        "RETURN" => (EntryKind::Refund, -1),
        "FEE" | "COMMISSION" => (EntryKind::Fee, -1),
        "REVERSAL" | "DISPUTE" => (EntryKind::Dispute, -1),
        "TAX" => (EntryKind::Tax, -1),
        "HOLDBACK" => (EntryKind::Reserve, -1),
        "RELEASE" => (EntryKind::Reserve, 1),
        "SETTLEMENT" | "PAYOUT" => (EntryKind::Payout, -1),
        "CHARGE" | "DEBT" => (EntryKind::Other, -1),
        _ => (EntryKind::Other, 1),
    }
}

/// A sign that is written wins; an unsigned amount takes the direction of its type.
fn signed(amount: Decimal, direction: i8) -> Decimal {
    if direction < 0 && !amount.is_negative() { -amount } else { amount }
}
