//! VAT of what an Italian shop sells and buys: who is taxed where, at which rate, with which document.
//!
//! The rules are dated data: `rules.tsv` decides, `corrections.tsv` says what a return makes of a sale, `additions.tsv` what is
//! added, `thresholds.tsv` what counts for a threshold, `rates.csv` the rates, `territories.tsv` the places that are not where their
//! country code says, `acts.tsv` until when an act is cited. Code here turns inputs into facts and matches rows; it decides one
//! combination of inputs at a time, and joining decisions to rows is the `vat` step's business.

pub mod decision;
pub mod extra;
pub mod facts;
pub mod input;
pub mod legal;
pub mod place;
pub mod rates;
pub mod refusal;
pub mod table;
pub mod tables;
pub mod trace;
pub mod words;

#[cfg(test)]
mod decision_tests;

pub use decision::{Decision, Settings};
pub use input::Input;
pub use refusal::Refusal;
pub use tables::Own;
