//! PayPal settlement report (STL): records whose first field says what they are, amounts without sign in minor units.
//!
//! RH and FH head the report and the file, SH a section (one account), CH names the columns, SB is an entry, SF the totals of a
//! currency, SC, FC and RC count. Direction is `CR` or `DR` in a column of its own. Columns are read by name, as more may come.

use csv::StringRecord;

use super::amount::{decimals_of, given, instant, minor};
use super::delimited::{AMOUNT, Row, fold, records, text};
use super::model::{BadLine, Entry, EntryKind, Read, Statement, StatementError};
use crate::domain::money::Decimal;

/// Reads a settlement report.
///
/// # Errors
/// The file has no section with columns: it is another report.
pub fn read(bytes: &[u8]) -> Result<Read, StatementError> {
    let records = records(&text(bytes), b',')?;
    if !records.iter().any(|(_, record)| field(record, 0) == "CH") {
        return Err(StatementError::new(
            "no `CH` record: a settlement report names its columns in one; check that this is an STL file",
            "manca il record `CH` con i nomi delle colonne: controllare che sia un file STL",
        ));
    }
    let mut report = Report::default();
    for (line, record) in &records {
        report.take(*line, record);
    }
    Ok(report.close())
}

#[derive(Default)]
struct Report {
    read: Read,
    header: Vec<String>,
    /// The statements of the section that is open, one per currency.
    section: Vec<Statement>,
    account: Option<String>,
    period: (Option<chrono::NaiveDate>, Option<chrono::NaiveDate>),
    /// Entries of the section, and how many it must have.
    entries: u64,
}

fn field(record: &StringRecord, at: usize) -> &str {
    record.get(at).unwrap_or_default().trim()
}

impl Report {
    fn take(&mut self, line: u64, record: &StringRecord) {
        match field(record, 0) {
            "SH" => {
                self.close_section();
                let day = |at| instant(field(record, at)).map(|(_, day)| day);
                self.period = (day(1), day(2));
                self.account = given(field(record, 3)).or_else(|| given(field(record, 4)));
            }
            "CH" => self.header = record.iter().map(fold).collect(),
            "SB" => self.entry(line, record),
            "SF" => self.totals(record),
            "SC" => {
                // The count is of the section, whatever its currencies: what is missing is missing from the first.
                let found = self.entries;
                if let Some(declared) = field(record, 1).parse::<u64>().ok().filter(|declared| *declared != found) {
                    let first = self.statement("");
                    let own = first.entries.len() as u64 + first.unread;
                    first.count = Some((own + declared).saturating_sub(found));
                }
            }
            _ => {}
        }
    }

    fn entry(&mut self, line: u64, record: &StringRecord) {
        self.entries += 1;
        let header = std::mem::take(&mut self.header);
        let row = Row::new(line, &header, record);
        let currency = row.text("Gross Transaction Currency").unwrap_or_default();
        let entry = entry(&row);
        self.header = header;
        let statement = self.statement(&currency);
        match entry {
            Ok(entry) => statement.entries.push(entry),
            Err(bad) => {
                statement.unread += 1;
                self.read.bad_lines.push(bad);
            }
        }
    }

    /// The statement of a currency in the open section; of the first one when it is not said.
    fn statement(&mut self, currency: &str) -> &mut Statement {
        let found =
            self.section.iter().position(|own| currency.is_empty() || own.currency.as_deref() == Some(currency));
        let position = found.unwrap_or_else(|| {
            self.section.push(Statement {
                account: self.account.clone(),
                currency: given(currency),
                from: self.period.0,
                to: self.period.1,
                id: self.period.0.map(|day| {
                    format!("{}{day}", self.account.as_ref().map_or(String::new(), |own| format!("{own}/")))
                }),
                ..Statement::default()
            });
            self.section.len() - 1
        });
        &mut self.section[position]
    }

    /// `SF`: currency, gross credits and debits, fee credits and debits, opening and closing balance.
    fn totals(&mut self, record: &StringRecord) {
        let currency = field(record, 1).to_owned();
        let decimals = decimals_of(&currency);
        let value = |at: usize| minor(field(record, at), decimals);
        let credits = value(2).zip(value(4)).and_then(|(gross, fees)| gross.add(fees));
        let debits = value(3).zip(value(5)).and_then(|(gross, fees)| gross.add(fees));
        let (opening, closing) = (value(6), value(7));
        let statement = self.statement(&currency);
        statement.turnover = credits.zip(debits);
        (statement.opening, statement.closing) = (opening, closing);
    }

    fn close_section(&mut self) {
        self.read.statements.append(&mut self.section);
        self.entries = 0;
    }

    fn close(mut self) -> Read {
        self.close_section();
        self.read
    }
}

fn entry(row: &Row<'_>) -> Result<Entry, BadLine> {
    let currency = row.text("Gross Transaction Currency");
    let decimals = decimals_of(currency.as_deref().unwrap_or("EUR"));
    let read = |amount: &str, direction: &str| -> Result<Option<Decimal>, BadLine> {
        let Some(value) = row.value(amount, AMOUNT, |text| minor(text, decimals))? else { return Ok(None) };
        match row.get(direction).unwrap_or("CR") {
            "CR" => Ok(Some(value)),
            "DR" => Ok(Some(-value)),
            other => Err(row.bad(direction, Some(other), ("`CR` or `DR`", "`CR` o `DR`"))),
        }
    };
    let gross = read("Gross Transaction Amount", "Transaction Debit or Credit")?
        .ok_or_else(|| row.bad("Gross Transaction Amount", None, AMOUNT))?;
    let fee = read("Fee Amount", "Fee Debit or Credit")?.filter(|fee| !fee.is_zero());
    let net = fee.map_or(Some(gross), |fee| gross.add(fee)).ok_or_else(|| row.bad("Fee Amount", None, AMOUNT))?;
    let code = row.text("Transaction Event Code");
    let moment = |name| row.get(name).and_then(instant);
    let completed = moment("Transaction Completion Date").or_else(|| moment("Transaction Initiation Date"));
    Ok(Entry {
        line: row.line,
        id: row.text("Transaction ID"),
        kind: kind(code.as_deref().unwrap_or_default()),
        raw_kind: code,
        order: row.text("Invoice ID").or_else(|| row.text("Custom Field")),
        payment: row.text("PayPal Reference ID").or_else(|| row.text("Transaction ID")),
        text: row.text("Custom Field"),
        reference: row.text("Bank Reference ID").or_else(|| row.text("Payment Tracking ID")),
        booked_on: completed.map(|(_, day)| day),
        at: completed.map(|(micros, _)| micros),
        currency,
        gross: Some(gross),
        fee,
        net,
        ..Entry::default()
    })
}

/// Event codes by their group: T00 payments, T01 fees, T04 withdrawals, T11 refunds and reversals, T12 chargebacks, T15 and T21
/// holds and reserves.
fn kind(code: &str) -> EntryKind {
    match code.get(..3).unwrap_or_default() {
        "T00" => EntryKind::Charge,
        "T01" => EntryKind::Fee,
        "T03" | "T04" => EntryKind::Payout,
        "T11" if code == "T1106" || code == "T1110" || code == "T1111" => EntryKind::Dispute,
        "T11" => EntryKind::Refund,
        "T12" => EntryKind::Dispute,
        "T15" | "T21" => EntryKind::Reserve,
        _ => EntryKind::Other,
    }
}
