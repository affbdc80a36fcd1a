//! `FatturaPA`, the Italian electronic invoice: ordinary format 1.2.3 under specification 1.9.1, as a pure library.
//!
//! Here: the document ([`model`], [`codes`]), how an order with VAT-inclusive prices becomes one to the exact cent
//! ([`request`], [`build`] and its helpers [`party`], [`person`], [`routing`], [`lines`], [`spread`], [`summary`]), the
//! texts that its types admit ([`text`]), the XML ([`write`](mod@write)), the controls of the exchange system
//! ([`check`](mod@check)), file names ([`name`]) and why an order is held back ([`reject`]).
//! Not here: files, folders, number registers, tables, YAML; reading invoices; the simplified format.

pub mod amount;
pub mod build;
pub mod check;
pub mod codes;
pub mod lines;
pub mod model;
pub mod name;
pub mod party;
pub mod person;
pub mod reject;
pub mod request;
pub mod routing;
pub mod spread;
pub mod summary;
pub mod text;
pub mod text_table;
pub mod write;

#[cfg(test)]
#[path = "tests/support.rs"]
mod test_support;

pub use build::{Built, build};
pub use check::{Finding, check};
pub use model::{Invoice, Seller};
pub use reject::{BuildError, Reason};
pub use request::{BuildSettings, Buyer, BuyerKind, GrossLine, InvoiceRequest};
pub use write::{to_xml, write};
