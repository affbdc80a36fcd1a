//! The controls of the exchange system that can be decided offline, on an invoice about to be written.
//!
//! Here: what a finding is and the one pass that collects them: shape of every element (00200), parties and routing,
//! document, totals, with the tolerances of the specification. The P controls are decided as far as check digits go.
//! Not here: what only the exchange system knows (registers, duplicates), batches, attachments, signatures, and controls
//! on data that the model cannot hold (00437, 00438: a discount always has its amount).

pub mod document;
pub mod parties;
pub mod report;
pub mod rules;
pub mod shape;
pub mod totals;
pub mod types;

use chrono::NaiveDate;

use super::model::Invoice;

pub use report::{At, Finding, Report};

/// Every control that fails, in the order of the file's parts; none means that the exchange system has no offline reason to refuse.
///
/// `received` is the Italian civil date of reception, for 00403; without it that control is left out.
#[must_use]
pub fn check(invoice: &Invoice, received: Option<NaiveDate>) -> Vec<Finding> {
    let mut report = Report::default();
    shape::check(invoice, &mut report);
    parties::check(invoice, &mut report);
    document::check(invoice, received, &mut report);
    totals::check(invoice, &mut report);
    report.findings
}

#[cfg(test)]
#[path = "../tests/check.rs"]
mod tests;
