//! The controls of the exchange system that can be decided offline, on any document of the two formats.
//!
//! Here: every control marked O and the decidable part of each P (section 10 of the specification), with its tolerances,
//! and warnings of our own. A P control looks a number up in a register that only the exchange system has: what a check
//! digit can tell is reported under the official code as a warning. Not here: the schema (`read`), signatures, file names.

pub mod body;
pub mod document;
pub mod parties;
pub mod report;
pub mod rules;
pub mod simplified;
pub mod totals;
pub mod warnings;

use chrono::NaiveDate;

use super::finding::Finding;
use super::schema::Family;
use super::tree::Tree;
use report::Report;

/// Every control that fails and every warning, in the order of the file's parts.
///
/// `received` is the Italian civil date of reception, for 00403; without it that control is left out.
#[must_use]
pub fn check(tree: &Tree, received: Option<NaiveDate>) -> Vec<Finding> {
    let mut report = Report::default();
    match tree.family() {
        Family::Ordinary => body::check(tree, received, &mut report),
        Family::Simplified => simplified::check(tree, received, &mut report),
    }
    report.findings
}

#[cfg(test)]
#[path = "../tests/check.rs"]
mod tests;
