//! What payment providers, marketplaces, couriers and banks say they paid: settlement reports and account statements.
//!
//! Each provider has its file layout; here they all become [`Statement`]s with [`Entry`]s, whose amounts are exact and signed
//! from the merchant's side (what comes in is positive), and each statement is held to the totals that it declares itself.
//! Not here: files (`sources::statement`), and matching entries with orders (`domain::reconcile`).

pub mod amazon;
pub mod amount;
pub mod camt;
pub mod cbi;
pub mod control;
pub mod delimited;
pub mod klarna;
pub mod list;
pub mod model;
pub mod mt940;
pub mod paypal;
pub mod stripe;
pub mod xml;

#[cfg(test)]
mod tests;

pub use control::{Control, ControlKind, gaps};
pub use list::ListColumns;
pub use model::{BadLine, Entry, EntryKind, Read, Statement, StatementError};

/// Layouts that can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Stripe, itemised balance or payout reconciliation report (CSV).
    StripeReport,
    /// Stripe, balance transactions of the API (JSON list, page or JSON lines).
    StripeApi,
    /// PayPal settlement report, STL (CSV).
    PaypalSettlement,
    /// Amazon settlement report V2 (flat file, tab-separated).
    AmazonSettlement,
    /// Klarna settlement report (CSV).
    KlarnaSettlement,
    /// Bank statement CAMT.053 (ISO 20022, XML).
    Camt053,
    /// Bank statement MT940 (SWIFT).
    Mt940,
    /// Bank statement of the Italian interbank standard CBI (`RH`, records of 120 characters).
    Cbi,
    /// Any list with a header line (CSV): couriers' remittances of cash on delivery, bank exports.
    List,
}

impl Layout {
    /// All layouts with the names that pipelines use.
    pub const ALL: [(&'static str, Self); 9] = [
        ("stripe_report", Self::StripeReport),
        ("stripe_api", Self::StripeApi),
        ("paypal_settlement", Self::PaypalSettlement),
        ("amazon_settlement", Self::AmazonSettlement),
        ("klarna_settlement", Self::KlarnaSettlement),
        ("camt053", Self::Camt053),
        ("mt940", Self::Mt940),
        ("cbi", Self::Cbi),
        ("list", Self::List),
    ];

    /// The layout of a name.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(own, _)| *own == name).map(|(_, layout)| layout)
    }
}

/// Reads a file of a layout. `columns` is needed by [`Layout::List`] only.
///
/// # Errors
/// The file is not of that layout; one bad line does not stop the others, it is kept in [`Read::bad_lines`].
pub fn read(layout: Layout, bytes: &[u8], columns: &ListColumns) -> Result<Read, StatementError> {
    match layout {
        Layout::StripeReport => stripe::report(bytes),
        Layout::StripeApi => stripe::api(bytes),
        Layout::PaypalSettlement => paypal::read(bytes),
        Layout::AmazonSettlement => amazon::read(bytes),
        Layout::KlarnaSettlement => klarna::read(bytes),
        Layout::Camt053 => camt::read(bytes),
        Layout::Mt940 => mt940::read(bytes),
        Layout::Cbi => cbi::read(bytes),
        Layout::List => list::read(bytes, columns),
    }
}
