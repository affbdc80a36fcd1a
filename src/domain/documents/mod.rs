//! Documents and registers: which paper an amount goes on, and how amounts are shared out to the cent.
//!
//! Pure rules over exact columns. Which column holds what, and the order of the work, is the business of the steps
//! `documents` and `register`; what treatment a sale has is `vat`'s.

pub mod decide;
pub mod period;
pub mod spread;
pub mod words;

pub use decide::{Decision, Refund};
pub use words::{EVENTS, LINE_KINDS};
