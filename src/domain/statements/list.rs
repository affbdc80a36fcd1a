//! Lists with a header line whose columns the user names: couriers' remittances of cash on delivery, exports of banks.

use indexmap::IndexMap;

use super::amount::{amount, day, instant};
use super::delimited::{AMOUNT, DAY, List, Row};
use super::model::{BadLine, Entry, EntryKind, Read, Statement, StatementError};
use crate::domain::money::Decimal;

/// Which column of the list is what. Names are compared without case and blanks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListColumns {
    /// The amount, signed; or [`credit`](Self::credit) and [`debit`](Self::debit).
    pub amount: Option<String>,
    /// What came in.
    pub credit: Option<String>,
    /// What went out.
    pub debit: Option<String>,
    /// Fee taken off; its sign does not matter.
    pub fee: Option<String>,
    /// Day of booking.
    pub date: Option<String>,
    /// Value date.
    pub value_date: Option<String>,
    /// Id of the line.
    pub id: Option<String>,
    /// The merchant's order or reference.
    pub order: Option<String>,
    /// Payment, or tracking number.
    pub payment: Option<String>,
    /// The payout, settlement or remittance list that the line is part of.
    pub payout: Option<String>,
    /// Who paid or was paid.
    pub counterparty: Option<String>,
    /// Remittance text.
    pub text: Option<String>,
    /// Bank reference, transfer reference.
    pub reference: Option<String>,
    /// ISO 4217; `EUR` when there is none.
    pub currency: Option<String>,
    /// Declared total of the payout, repeated on its lines or in one of them.
    pub total: Option<String>,
    /// Separator of the columns; guessed from the header line when not given.
    pub separator: Option<u8>,
    /// Decimal separator; the last of point and comma in the number when not given.
    pub decimal: Option<u8>,
    /// What the lines are.
    pub kind: EntryKind,
}

impl ListColumns {
    fn named(&self) -> Vec<&str> {
        let all = [
            &self.amount,
            &self.credit,
            &self.debit,
            &self.fee,
            &self.date,
            &self.value_date,
            &self.id,
            &self.order,
            &self.payment,
            &self.payout,
            &self.counterparty,
            &self.text,
            &self.reference,
            &self.currency,
            &self.total,
        ];
        all.into_iter().filter_map(|name| name.as_deref()).collect()
    }
}

/// Reads a list.
///
/// # Errors
/// A column that the mapping names is not there.
pub fn read(bytes: &[u8], columns: &ListColumns) -> Result<Read, StatementError> {
    let list = List::read(bytes, columns.separator, &columns.named())?;
    let mut statements: IndexMap<Option<String>, Statement> = IndexMap::new();
    let mut bad_lines = Vec::new();
    for row in list.rows() {
        let payout = columns.payout.as_deref().and_then(|name| row.text(name));
        let statement = statements.entry(payout.clone()).or_default();
        statement.id.clone_from(&payout);
        match entry(&row, columns, payout) {
            Ok((entry, total)) => {
                statement.total = statement.total.or(total);
                statement.currency.clone_from(&entry.currency);
                statement.bank_reference = statement.bank_reference.take().or_else(|| entry.reference.clone());
                statement.from = statement.from.into_iter().chain(entry.booked_on).min();
                statement.to = statement.to.max(entry.booked_on);
                statement.paid_on = statement.paid_on.max(entry.value_on);
                statement.entries.push(entry);
            }
            Err(bad) => {
                statement.unread += 1;
                bad_lines.push(bad);
            }
        }
    }
    Ok(Read { statements: statements.into_values().collect(), bad_lines })
}

fn entry(row: &Row<'_>, columns: &ListColumns, payout: Option<String>) -> Result<(Entry, Option<Decimal>), BadLine> {
    let money = |name: &Option<String>| -> Result<Option<Decimal>, BadLine> {
        let Some(name) = name else { return Ok(None) };
        row.value(name, AMOUNT, |text| {
            amount(text.trim_start_matches(['€', ' ']).trim_end_matches(['€', ' ']), columns.decimal)
        })
    };
    let text = |name: &Option<String>| name.as_deref().and_then(|name| row.text(name));
    let date = |name: &Option<String>| -> Result<_, BadLine> {
        let Some(name) = name else { return Ok(None) };
        row.value(name, DAY, |text| instant(text).map(|(_, day)| day).or_else(|| day(text)))
    };
    let gross = match (money(&columns.amount)?, money(&columns.credit)?, money(&columns.debit)?) {
        (Some(amount), _, _) => amount,
        (None, Some(credit), None) => credit.abs(),
        (None, None, Some(debit)) => -debit.abs(),
        (None, Some(credit), Some(debit)) => credit
            .abs()
            .sub(debit.abs())
            .ok_or_else(|| row.bad(columns.credit.as_deref().unwrap_or_default(), None, AMOUNT))?,
        (None, None, None) => {
            let name = columns.amount.as_deref().or(columns.credit.as_deref()).unwrap_or("amount");
            return Err(row.bad(name, None, AMOUNT));
        }
    };
    let fee = money(&columns.fee)?.map(|fee| -fee.abs()).filter(|fee| !fee.is_zero());
    let net = fee.map_or(Some(gross), |fee| gross.add(fee));
    let net = net.ok_or_else(|| row.bad(columns.fee.as_deref().unwrap_or_default(), None, AMOUNT))?;
    let booked_on = date(&columns.date)?;
    let entry = Entry {
        line: row.line,
        id: text(&columns.id),
        kind: columns.kind,
        order: text(&columns.order),
        payment: text(&columns.payment),
        payout,
        counterparty: text(&columns.counterparty),
        text: text(&columns.text),
        reference: text(&columns.reference),
        booked_on,
        value_on: date(&columns.value_date)?,
        currency: text(&columns.currency).map(|own| own.to_ascii_uppercase()).or_else(|| Some("EUR".to_owned())),
        gross: Some(gross),
        fee,
        net,
        ..Entry::default()
    };
    Ok((entry, money(&columns.total)?))
}
