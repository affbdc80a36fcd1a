//! `FatturaPA`, the Italian electronic invoice: schemas 1.2.3 and 1.0.2 under specification 1.9.1, as a pure library.
//!
//! Any document: the element trees of both formats ([`schema`]), a document as it was written ([`tree`]), the XML
//! it comes in ([`scan`]), reading it and
//! judging its schema ([`read`](mod@read)), the controls of the exchange system ([`check`](mod@check)), one file with
//! everything about it ([`envelope`], [`judge`]), what the exchange system answers ([`sdi`]).
//!
//! Our own invoices: the document ([`model`], [`codes`]), how an order becomes one to the exact cent ([`request`],
//! [`build`], [`simplified`] and their helpers [`parties`], [`party`], [`person`], [`routing`], [`goods`], [`lines`], [`spread`],
//! [`levies`], [`summary`], [`payments`], [`references`]), the texts that its types admit ([`text`]), the document in memory
//! ([`write`](mod@write), [`write_simplified`]), its schema ([`conform`]), several in one file ([`lot`]), file names ([`name`]) and why an order is held
//! back ([`reject`]).
//!
//! Not here: files, folders, number registers, tables, YAML.

pub mod amount;
pub mod build;
pub mod check;
pub mod codes;
pub mod conform;
pub mod decode;
mod elements;
pub mod envelope;
pub mod finding;
pub mod goods;
pub mod judge;
pub mod levies;
pub mod lines;
pub mod lot;
pub mod means;
pub mod model;
pub mod name;
pub mod page;
pub mod parties;
pub mod party;
pub mod payments;
pub mod person;
pub mod read;
pub mod read_error;
pub mod references;
pub mod reject;
pub mod request;
pub mod routing;
pub mod scan;
pub mod schema;
pub mod sdi;
pub mod signature;
pub mod simplified;
pub mod spread;
pub mod summary;
pub mod tables;
pub mod text;
pub mod text_table;
pub mod tree;
pub mod write;
pub mod write_simplified;
pub mod xml;

#[cfg(test)]
#[path = "tests/support.rs"]
mod test_support;

#[cfg(test)]
#[path = "tests/fuzz.rs"]
mod fuzz;

pub use build::{Built, build};
pub use check::check;
pub use finding::{Finding, Severity};
pub use model::{Invoice, Seller};
pub use reject::{BuildError, Reason};
pub use request::{BuildSettings, Buyer, BuyerKind, GrossLine, InvoiceRequest};
pub use simplified::build_simplified;
pub use write::{to_tree, to_xml};
pub use write_simplified::to_simplified_tree;
