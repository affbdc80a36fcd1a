//! raccordo: declarative data pipelines for merchants.
//!
//! The map of the house, from the ground up; an upper room may use a lower one, never the reverse:
//!
//! - [`diag`]: what is said to a person: diagnostics with places, their codes, their rendering
//! - [`io`]: one door each to files, text encodings, archives, web services and secrets
//! - [`domain`]: the rules of the trade, pure: exact money, identifiers, prices, stock, VAT, `FatturaPA`
//! - [`state`]: what is remembered between runs: locks, runs, deliveries, cursors, the register of fiscal documents, exceptions
//! - [`context`]: what a kind may know while it is checked and while it runs
//! - [`contract`]: data contracts: what a column must be, and the reject of each row that is not
//! - [`expr`]: SQL expressions: parsed, typed, lowered to Polars with exact decimals
//! - [`connect`]: the declarative connector machine: what a connector file says, and the requests that come of it
//! - [`sources`], [`transforms`], [`loads`]: the kinds
//! - [`spec`]: what the user wrote, with places
//! - [`plan`]: the checked graph: names bound, schemas known at every node
//! - [`engine`]: runs a plan; report, books
//! - [`cli`]: what a person types

pub mod cli;
pub mod connect;
pub mod context;
pub mod contract;
pub mod diag;
pub mod domain;
pub mod engine;
pub mod expr;
pub mod io;
pub mod loads;
pub mod plan;
pub mod sources;
pub mod spec;
pub mod state;
pub mod transforms;
