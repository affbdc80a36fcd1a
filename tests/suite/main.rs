//! The test suite around the code: what a person does with the program and what they see.
//!
//! One binary; unit tests live beside the code. Cases that a person can read and add to are folders in `tests/cases`.

#![expect(clippy::disallowed_methods, reason = "tests look at the environment they run in")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends by panicking")]

pub mod answers;
pub mod architecture;
pub mod check_cases;
pub mod cli;
pub mod connectors;
pub mod deliveries;
pub mod documents;
pub mod examples;
pub mod faults;
pub mod harness;
pub mod invoices;
pub mod mail;
pub mod prices;
pub mod quadratura;
pub mod readme;
pub mod rejects;
pub mod run_cases;
pub mod schema;
pub mod stock;
pub mod story;
pub mod year;
