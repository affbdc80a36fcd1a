//! Does a statement close? Its entries against the totals that it declares, and one statement against the next.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::model::Statement;
use crate::domain::money::Decimal;

/// Which total does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ControlKind {
    /// The entries do not add up to the declared total.
    Total,
    /// Opening balance and entries do not give the closing balance.
    Balance,
    /// Declared credits or debits differ.
    Turnover,
    /// The number of entries differs.
    Count,
    /// A statement between two is missing.
    Gap,
    /// Some lines could not be read.
    Unread,
}

impl ControlKind {
    /// The word in tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Total => "total",
            Self::Balance => "balance",
            Self::Turnover => "turnover",
            Self::Count => "count",
            Self::Gap => "gap",
            Self::Unread => "unread",
        }
    }
}

/// A control that fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Control {
    /// Which one.
    pub kind: ControlKind,
    /// What the statement declares.
    pub expected: String,
    /// What its entries say.
    pub found: String,
    /// Found minus expected, where both are amounts.
    pub difference: Option<Decimal>,
}

impl Control {
    /// What it means and what to do, in English.
    #[must_use]
    pub fn message(&self) -> String {
        let Self { expected, found, .. } = self;
        match self.kind {
            ControlKind::Total => {
                format!("the entries add up to {found}, the statement declares {expected}: a page or a line is missing")
            }
            ControlKind::Balance => {
                format!(
                    "opening balance and entries give {found}, the closing balance is {expected}: a line is missing"
                )
            }
            ControlKind::Turnover => format!("credits and debits are {found}, the statement declares {expected}"),
            ControlKind::Count => {
                format!("{found} entries, the statement declares {expected}: the file is not complete")
            }
            ControlKind::Gap => format!("expected {expected}, found {found}: a statement between the two is missing"),
            ControlKind::Unread => format!("{found} lines could not be read: no total can be held to them"),
        }
    }

    /// The same in Italian.
    #[must_use]
    pub fn message_it(&self) -> String {
        let Self { expected, found, .. } = self;
        match self.kind {
            ControlKind::Total => {
                format!("le righe sommano a {found}, l'estratto dichiara {expected}: manca una pagina o una riga")
            }
            ControlKind::Balance => {
                format!("saldo iniziale e movimenti danno {found}, il saldo finale è {expected}: manca una riga")
            }
            ControlKind::Turnover => format!("accrediti e addebiti sono {found}, l'estratto dichiara {expected}"),
            ControlKind::Count => format!("{found} righe, l'estratto ne dichiara {expected}: il file non è completo"),
            ControlKind::Gap => format!("atteso {expected}, trovato {found}: manca un estratto fra i due"),
            ControlKind::Unread => format!("{found} righe illeggibili: nessun totale può quadrare senza di loro"),
        }
    }
}

/// The controls of one statement that fail.
#[must_use]
pub fn controls(statement: &Statement) -> Vec<Control> {
    let mut failed = Vec::new();
    if statement.unread > 0 {
        failed.push(failure(ControlKind::Unread, 0, statement.unread));
    }
    if let Some((total, settled)) = statement.total.zip(statement.settled()).filter(|(total, sum)| total != sum) {
        failed.push(amounts(ControlKind::Total, total, settled));
    }
    if let (Some(opening), Some(closing)) = (statement.opening, statement.closing)
        && let Some(reached) = statement.moved().and_then(|moved| opening.add(moved))
        && reached != closing
    {
        failed.push(amounts(ControlKind::Balance, closing, reached));
    }
    if let Some(declared) = statement.turnover
        && let Some(found) = turnover(statement).filter(|found| *found != declared)
    {
        let words = |(credits, debits): (Decimal, Decimal)| format!("{credits} and {debits}");
        failed.push(failure(ControlKind::Turnover, words(declared), words(found)));
    }
    let found = statement.entries.len() as u64 + statement.unread;
    if let Some(count) = statement.count.filter(|count| *count != found) {
        failed.push(failure(ControlKind::Count, count, found));
    }
    failed
}

/// Credits and debits, before and after fees apart, as settlement reports total them.
fn turnover(statement: &Statement) -> Option<(Decimal, Decimal)> {
    let mut sides = (Decimal::new(0, 2), Decimal::new(0, 2));
    for entry in &statement.entries {
        for part in [entry.gross.or(Some(entry.net)), entry.gross.and(entry.fee)].into_iter().flatten() {
            if part.is_negative() {
                sides.1 = sides.1.sub(part)?;
            } else {
                sides.0 = sides.0.add(part)?;
            }
        }
    }
    Some(sides)
}

fn failure(kind: ControlKind, expected: impl ToString, found: impl ToString) -> Control {
    Control { kind, expected: expected.to_string(), found: found.to_string(), difference: None }
}

fn amounts(kind: ControlKind, expected: Decimal, found: Decimal) -> Control {
    Control { difference: found.sub(expected), ..failure(kind, expected, found) }
}

/// Statements that are missing between those of the same account: running numbers with a hole, or an opening balance that is
/// not the closing balance before it. The position is that of the statement after the hole.
#[must_use]
pub fn gaps(statements: &[&Statement]) -> Vec<(usize, Control)> {
    let mut accounts: BTreeMap<(&str, &str), Vec<usize>> = BTreeMap::new();
    for (position, statement) in statements.iter().enumerate() {
        let Some(account) = statement.account.as_deref() else { continue };
        accounts.entry((account, statement.currency.as_deref().unwrap_or_default())).or_default().push(position);
    }
    let mut found = Vec::new();
    for mut positions in accounts.into_values() {
        positions.sort_by_key(|position| order(statements[*position]));
        for pair in positions.windows(2) {
            if let Some(control) = hole(statements[pair[0]], statements[pair[1]]) {
                found.push((pair[1], control));
            }
        }
    }
    found.sort_by_key(|(position, _)| *position);
    found
}

fn order(statement: &Statement) -> (Option<NaiveDate>, Option<u64>) {
    (statement.from.or(statement.to), statement.number)
}

fn hole(before: &Statement, after: &Statement) -> Option<Control> {
    if (before.number, before.from, before.to) == (after.number, after.from, after.to) {
        return None;
    }
    let balances = before.closing.zip(after.opening);
    if balances.is_some_and(|(closing, opening)| closing != opening) {
        let (closing, opening) = balances?;
        return Some(amounts(ControlKind::Gap, closing, opening));
    }
    let (number, next) = before.number.zip(after.number)?;
    // Running numbers start again with the year.
    (balances.is_none() && next > number + 1).then(|| failure(ControlKind::Gap, number + 1, next))
}
