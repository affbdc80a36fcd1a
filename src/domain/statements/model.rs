//! A statement, its entries, and what is wrong with a file.

use chrono::NaiveDate;
use thiserror::Error;

use crate::domain::money::Decimal;

/// What moves the balance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EntryKind {
    /// A buyer paid.
    Charge,
    /// Money back to a buyer.
    Refund,
    /// A charge of the provider for its services, apart from those taken off a payment.
    Fee,
    /// A payment that the buyer contests, or the decision on it.
    Dispute,
    /// Money sent to the merchant's bank account (negative), or taken from it.
    Payout,
    /// Money held back, or given back.
    Reserve,
    /// Tax collected or withheld.
    Tax,
    /// A line of a bank statement.
    Movement,
    /// Cash collected on delivery.
    Cod,
    /// Anything else.
    #[default]
    Other,
}

impl EntryKind {
    /// The word in tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Charge => "charge",
            Self::Refund => "refund",
            Self::Fee => "fee",
            Self::Dispute => "dispute",
            Self::Payout => "payout",
            Self::Reserve => "reserve",
            Self::Tax => "tax",
            Self::Movement => "movement",
            Self::Cod => "cod",
            Self::Other => "other",
        }
    }
}

/// One line of a statement. Amounts are signed from the merchant's side: what comes in is positive.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// Line of the file, from one; of an XML file, the line where the entry starts.
    pub line: u64,
    /// The provider's own id of the entry.
    pub id: Option<String>,
    /// What it is.
    pub kind: EntryKind,
    /// The provider's own word for it.
    pub raw_kind: Option<String>,
    /// The merchant's order, as the provider repeats it.
    pub order: Option<String>,
    /// The provider's payment, or the tracking number of a parcel.
    pub payment: Option<String>,
    /// The payout that the entry is part of.
    pub payout: Option<String>,
    /// Who paid or was paid.
    pub counterparty: Option<String>,
    /// Account of the counterparty.
    pub counterparty_account: Option<String>,
    /// Remittance text, description.
    pub text: Option<String>,
    /// End-to-end reference, bank reference.
    pub reference: Option<String>,
    /// Article.
    pub sku: Option<String>,
    /// Day of booking; of a timestamp, its day in Europe/Rome.
    pub booked_on: Option<NaiveDate>,
    /// Value date, or the day from which the money is available.
    pub value_on: Option<NaiveDate>,
    /// The instant, in microseconds since 1970-01-01 UTC, where the file has one.
    pub at: Option<i64>,
    /// ISO 4217.
    pub currency: Option<String>,
    /// Before fees.
    pub gross: Option<Decimal>,
    /// Fees taken off, negative as they take away.
    pub fee: Option<Decimal>,
    /// What changes the balance: gross plus fee.
    pub net: Decimal,
}

/// A settlement, a payout or a statement of an account: entries that belong together, with the totals it declares.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Statement {
    /// Settlement id, payout id, statement id.
    pub id: Option<String>,
    /// Account: IBAN, merchant account.
    pub account: Option<String>,
    /// ISO 4217.
    pub currency: Option<String>,
    /// First day.
    pub from: Option<NaiveDate>,
    /// Last day.
    pub to: Option<NaiveDate>,
    /// Day of the payout.
    pub paid_on: Option<NaiveDate>,
    /// Reference that the bank statement shows.
    pub bank_reference: Option<String>,
    /// Balance before.
    pub opening: Option<Decimal>,
    /// Balance after.
    pub closing: Option<Decimal>,
    /// Amount paid out, or total of the entries, as declared.
    pub total: Option<Decimal>,
    /// Declared credits and debits, both positive.
    pub turnover: Option<(Decimal, Decimal)>,
    /// Declared number of entries.
    pub count: Option<u64>,
    /// Running number, by which a missing statement is noticed.
    pub number: Option<u64>,
    /// The lines.
    pub entries: Vec<Entry>,
    /// Entries that could not be read: no total can hold without them.
    pub unread: u64,
}

impl Statement {
    /// The sum of all that changes the balance; `None` when it leaves 38 digits.
    #[must_use]
    pub fn moved(&self) -> Option<Decimal> {
        self.entries.iter().try_fold(Decimal::new(0, 2), |sum, entry| sum.add(entry.net))
    }

    /// The sum of the entries but for the payouts themselves: what is paid out. `None` when it leaves 38 digits.
    #[must_use]
    pub fn settled(&self) -> Option<Decimal> {
        let settled = self.entries.iter().filter(|entry| entry.kind != EntryKind::Payout);
        settled.into_iter().try_fold(Decimal::new(0, 2), |sum, entry| sum.add(entry.net))
    }
}

/// A line that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadLine {
    /// Line of the file, from one.
    pub line: u64,
    /// The column, where one is to blame.
    pub column: Option<String>,
    /// The value, where one is to blame.
    pub value: Option<String>,
    /// What is wrong, in English.
    pub message: String,
    /// What is wrong, in Italian.
    pub message_it: String,
}

/// What was in a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Read {
    /// Statements, in the order of the file.
    pub statements: Vec<Statement>,
    /// Lines that could not be read.
    pub bad_lines: Vec<BadLine>,
}

/// Why a whole file cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct StatementError {
    /// In English: what was expected, what was found, what to do.
    pub message: String,
    /// The same in Italian.
    pub message_it: String,
}

impl StatementError {
    /// An error with its words in both languages.
    pub fn new(message: impl Into<String>, message_it: impl Into<String>) -> Self {
        Self { message: message.into(), message_it: message_it.into() }
    }
}
