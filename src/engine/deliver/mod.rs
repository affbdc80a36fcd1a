//! Deliveries of loads that know their rows by a key: what changed, whether it may be sent, sending it, remembering it.
//!
//! `digest` marks rows, `ledger` is what the destination has, `diff` compares, `guards` judge, `commit` sends, `recover`
//! ends what a killed run began, `preview` shows.

pub mod commit;
pub mod diff;
pub mod digest;
pub mod guards;
pub mod ledger;
pub mod preview;
pub mod recover;

pub use diff::Diffed;
