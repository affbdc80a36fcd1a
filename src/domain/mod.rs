//! The rules of the trade, pure: no YAML, no files, no network, no clock.

pub mod calendar;
pub mod documents;
pub mod fatturapa;
pub mod feeds;
pub mod ids;
pub mod money;
pub mod pairwise;
pub mod personal;
pub mod pricing;
pub mod reconcile;
pub mod statements;
pub mod stock;
pub mod types;
pub mod vat;
