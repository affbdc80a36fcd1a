//! Bank statement of the Italian interbank standard (CBI `RH`): records of 120 characters.
//!
//! 61 opening balance, 62 movement, 63 more text of it, 64 closing balance. Positions are those of the published layout of the
//! `RH` flow; banks fill the reference and the texts in their own ways.

use chrono::NaiveDate;

use super::amount::{amount, given};
use super::delimited::text;
use super::model::{BadLine, Entry, EntryKind, Read, Statement, StatementError};
use crate::domain::money::Decimal;

/// Reads all statements of a file.
///
/// # Errors
/// The file has no records of a statement.
pub fn read(bytes: &[u8]) -> Result<Read, StatementError> {
    let text = text(bytes);
    let mut read = Read::default();
    for (record, line) in text.lines().zip(1_u64..) {
        let record: Vec<char> = record.chars().collect();
        let part = |from: usize, to: usize| -> String { record.iter().take(to).skip(from - 1).collect() };
        match part(2, 3).as_str() {
            "61" => read.statements.push(opening(&part)),
            "62" => movement(&part, line, &mut read),
            "63" => {
                let last = read.statements.last_mut().and_then(|statement| statement.entries.last_mut());
                if let Some((entry, more)) = last.zip(given(&part(14, 120))) {
                    entry.text = Some(entry.text.take().map_or(more.clone(), |text| format!("{text} {more}")));
                }
            }
            "64" => {
                if let Some(statement) = read.statements.last_mut() {
                    statement.to = day(&part(36, 41)).or(statement.to);
                    statement.closing = signed(&part(42, 42), &part(43, 57));
                }
            }
            _ => {}
        }
    }
    if read.statements.is_empty() {
        return Err(StatementError::new(
            "no record `61` (opening balance): this is no CBI statement of the `RH` flow",
            "manca il record `61` (saldo iniziale): non è una rendicontazione CBI del flusso `RH`",
        ));
    }
    Ok(read)
}

fn opening(part: &impl Fn(usize, usize) -> String) -> Statement {
    // ABI, CIN, CAB and account number stand where an IBAN keeps them.
    let account: String = part(14, 35).split_whitespace().collect();
    Statement {
        account: given(&account),
        currency: given(&part(33, 35)).filter(|code| code.chars().all(|letter| letter.is_ascii_uppercase())),
        from: day(&part(36, 41)),
        opening: signed(&part(42, 42), &part(43, 57)),
        ..Statement::default()
    }
}

fn movement(part: &impl Fn(usize, usize) -> String, line: u64, read: &mut Read) {
    let Some(statement) = read.statements.last_mut() else { return };
    let (net, booked_on) = (signed(&part(26, 26), &part(27, 41)), day(&part(20, 25)));
    let (Some(net), Some(booked_on)) = (net, booked_on) else {
        statement.unread += 1;
        read.bad_lines.push(BadLine {
            line,
            column: Some("62".to_owned()),
            value: Some(part(14, 41)),
            message: "expected two dates (ddmmyy), `C` or `D` and an amount at positions 14 to 41 of record `62`"
                .to_owned(),
            message_it: "attese due date (ggmmaa), `C` o `D` e l'importo nelle posizioni da 14 a 41 del record `62`"
                .to_owned(),
        });
        return;
    };
    statement.entries.push(Entry {
        line,
        id: given(&format!("{}/{}", part(4, 10).trim(), part(11, 13).trim())),
        kind: EntryKind::Movement,
        raw_kind: given(&part(42, 43)),
        text: given(&part(87, 120)),
        reference: given(&part(62, 77)),
        booked_on: Some(booked_on),
        value_on: day(&part(14, 19)),
        currency: statement.currency.clone(),
        gross: Some(net),
        net,
        ..Entry::default()
    });
}

fn day(text: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(text.trim(), "%d%m%y").ok()
}

/// An amount with its comma, or in cents without one.
fn signed(mark: &str, figure: &str) -> Option<Decimal> {
    let figure = figure.trim();
    let value = if figure.contains(',') { amount(figure, Some(b','))? } else { super::amount::minor(figure, 2)? };
    match mark {
        "C" => Some(value),
        "D" => Some(-value),
        _ => None,
    }
}
