//! Stripe: the itemised reports (balance, payout reconciliation) and the balance transactions of the API.
//!
//! Only automatic payouts keep the link between a payout and what it pays; entries of manual and instant payouts form one
//! statement without id, which is held to nothing. In a report the fee is positive and net is gross minus fee.

use indexmap::IndexMap;
use serde_json::Value;

use super::amount::{amount, day, decimals_of, given, instant, minor, unix};
use super::delimited::{AMOUNT, List, Row, text};
use super::model::{BadLine, Entry, EntryKind, Read, Statement, StatementError};

/// Columns in which merchants keep their order number.
const ORDER: [&str; 4] =
    ["payment_metadata[order_id]", "payment_metadata[order_number]", "order_id", "client_reference_id"];

/// Reads an itemised report.
///
/// # Errors
/// A column is missing: the report is not itemised.
pub fn report(bytes: &[u8]) -> Result<Read, StatementError> {
    let list =
        List::read(bytes, None, &["balance_transaction_id", "currency", "gross", "fee", "net", "reporting_category"])?;
    let mut payouts = Payouts::default();
    for row in list.rows() {
        match row_entry(&row) {
            Ok(entry) => payouts.add(entry),
            Err(bad) => payouts.bad(row.get("automatic_payout_id"), bad),
        }
    }
    Ok(payouts.close())
}

fn row_entry(row: &Row<'_>) -> Result<Entry, BadLine> {
    let read = |name| row.value(name, AMOUNT, |text| amount(text, Some(b'.')));
    let raw = row.text("reporting_category");
    let net = read("net")?.ok_or_else(|| row.bad("net", None, AMOUNT))?;
    let created = ["created_utc", "created"].into_iter().find_map(|name| row.get(name));
    let at = created.and_then(instant);
    let effective = ["automatic_payout_effective_at_utc", "automatic_payout_effective_at"];
    let available = row.get("available_on").or_else(|| effective.into_iter().find_map(|name| row.get(name)));
    let kind = kind(raw.as_deref().unwrap_or_default());
    let source = row.text("source_id");
    let payout = row.text("automatic_payout_id").or_else(|| source.clone().filter(|_| kind == EntryKind::Payout));
    Ok(Entry {
        line: row.line,
        id: row.text("balance_transaction_id"),
        kind,
        raw_kind: raw,
        order: ORDER.into_iter().find_map(|name| row.text(name)),
        payment: row.text("payment_intent_id").or_else(|| row.text("charge_id")).or(source),
        payout,
        text: row.text("description"),
        reference: row.text("charge_id"),
        booked_on: at.map(|(_, day)| day).or_else(|| created.and_then(day)),
        value_on: available.and_then(day),
        at: at.map(|(micros, _)| micros),
        currency: row.get("currency").map(str::to_ascii_uppercase),
        gross: read("gross")?,
        fee: read("fee")?.map(std::ops::Neg::neg),
        net,
        ..Entry::default()
    })
}

fn kind(word: &str) -> EntryKind {
    match word {
        "charge" | "payment" | "adjustment_charge" => EntryKind::Charge,
        "refund" | "payment_refund" | "refund_failure" | "payment_failure_refund" | "partial_capture_reversal" => {
            EntryKind::Refund
        }
        "dispute" | "dispute_reversal" => EntryKind::Dispute,
        "fee" | "stripe_fee" | "application_fee" | "network_cost" => EntryKind::Fee,
        "payout" | "payout_reversal" | "payout_cancel" | "payout_failure" => EntryKind::Payout,
        "risk_reserved_funds" | "reserve_transaction" | "reserved_funds" => EntryKind::Reserve,
        "tax" | "tax_fee" => EntryKind::Tax,
        _ => EntryKind::Other,
    }
}

/// Reads balance transactions as the API gives them: a page (`{"data": […]}`), a list, or one object a line.
///
/// # Errors
/// The text is not JSON.
pub fn api(bytes: &[u8]) -> Result<Read, StatementError> {
    let text = text(bytes);
    let mut payouts = Payouts::default();
    for (line, value) in objects(&text)? {
        match object_entry(line, &value) {
            Ok(entry) => payouts.add(entry),
            Err(bad) => payouts.bad(value.get("payout").and_then(Value::as_str), bad),
        }
    }
    Ok(payouts.close())
}

fn objects(text: &str) -> Result<Vec<(u64, Value)>, StatementError> {
    let wrong = |line: u64, error: serde_json::Error| {
        let message = format!("line {line}: not JSON: {error}");
        StatementError::new(message, format!("riga {line}: non è JSON: {error}"))
    };
    let members = |list: Vec<Value>| list.into_iter().zip(1..).map(|(value, at)| (at, value)).collect();
    match serde_json::from_str::<Value>(text) {
        Ok(Value::Array(list)) => return Ok(members(list)),
        Ok(Value::Object(mut page)) => {
            return Ok(match page.remove("data") {
                Some(Value::Array(list)) => members(list),
                _ => vec![(1, Value::Object(page))],
            });
        }
        Ok(_) => {}
        Err(error) if !text.trim_start().starts_with('{') => return Err(wrong(error.line() as u64, error)),
        Err(_) => {}
    }
    let lines = text.lines().zip(1_u64..).filter(|(line, _)| !line.trim().is_empty());
    lines
        .map(|(line, at)| serde_json::from_str(line).map(|value| (at, value)).map_err(|error| wrong(at, error)))
        .collect()
}

fn object_entry(line: u64, value: &Value) -> Result<Entry, BadLine> {
    let bad = |column: &str, found: Option<&Value>, what: &str, what_it: &str| BadLine {
        line,
        column: Some(column.to_owned()),
        value: found.map(ToString::to_string),
        message: format!(
            "expected {what} in `{column}`, found {}",
            found.map_or("nothing".to_owned(), ToString::to_string)
        ),
        message_it: format!(
            "atteso {what_it} in `{column}`, trovato {}",
            found.map_or("niente".to_owned(), ToString::to_string)
        ),
    };
    let currency = value.get("currency").and_then(Value::as_str).unwrap_or("eur").to_ascii_uppercase();
    let decimals = decimals_of(&currency);
    let read = |name: &str| match value.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(found) => found
            .as_i64()
            .and_then(|cents| minor(&cents.to_string(), decimals))
            .map(Some)
            .ok_or_else(|| bad(name, Some(found), "an amount in minor units", "un importo in unità minime")),
    };
    let net = read("net")?.ok_or_else(|| bad("net", None, "an amount in minor units", "un importo in unità minime"))?;
    let text = |name: &str| value.get(name).and_then(Value::as_str).and_then(given);
    let time = |name: &str| value.get(name).and_then(Value::as_i64).and_then(unix);
    // An expanded source is an object with its own id and metadata.
    let source = value.get("source");
    let source_id = source.and_then(|source| source.as_str().or_else(|| source.get("id")?.as_str())).and_then(given);
    let inside = |path: &str| source.and_then(|source| source.pointer(path)).and_then(Value::as_str).and_then(given);
    let raw = text("reporting_category").or_else(|| text("type"));
    let kind = kind(raw.as_deref().unwrap_or_default());
    let created = time("created");
    Ok(Entry {
        line,
        id: text("id"),
        kind,
        raw_kind: raw,
        order: inside("/metadata/order_id").or_else(|| inside("/metadata/order_number")),
        payment: inside("/payment_intent").or_else(|| source_id.clone()),
        payout: text("payout").or_else(|| source_id.clone().filter(|_| kind == EntryKind::Payout)),
        text: text("description"),
        reference: source_id,
        booked_on: created.map(|(_, day)| day),
        value_on: time("available_on").map(|(_, day)| day),
        at: created.map(|(micros, _)| micros),
        currency: Some(currency),
        gross: read("amount")?,
        fee: read("fee")?.map(std::ops::Neg::neg),
        net,
        ..Entry::default()
    })
}

/// Entries by the payout that pays them and their currency, in the order in which they come.
#[derive(Default)]
pub struct Payouts {
    statements: IndexMap<(Option<String>, Option<String>), Statement>,
    bad_lines: Vec<BadLine>,
}

impl Payouts {
    /// Adds an entry to its payout.
    pub fn add(&mut self, entry: Entry) {
        let key = (entry.payout.clone(), entry.currency.clone());
        let statement = self.statements.entry(key).or_default();
        statement.id.clone_from(&entry.payout);
        statement.currency.clone_from(&entry.currency);
        if entry.kind == EntryKind::Payout && entry.payout.is_some() {
            let paid = -entry.net;
            statement.total = statement.total.map_or(Some(paid), |total| total.add(paid));
            statement.paid_on = entry.value_on.or(entry.booked_on);
        }
        statement.from = statement.from.into_iter().chain(entry.booked_on).min();
        statement.to = statement.to.max(entry.booked_on);
        statement.entries.push(entry);
    }

    /// Keeps a line that cannot be read, and counts it where it belongs.
    pub fn bad(&mut self, payout: Option<&str>, line: BadLine) {
        let payout = payout.map(str::to_owned);
        let key = self.statements.keys().find(|(own, _)| *own == payout).cloned().unwrap_or((payout.clone(), None));
        let statement = self.statements.entry(key).or_default();
        statement.id = payout;
        statement.unread += 1;
        self.bad_lines.push(line);
    }

    /// All statements.
    #[must_use]
    pub fn close(self) -> Read {
        Read { statements: self.statements.into_values().collect(), bad_lines: self.bad_lines }
    }
}
