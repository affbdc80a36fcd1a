//! The declarative connector machine: what a connector file says, and the requests that come of it.
//!
//! Nothing here knows a platform, and nothing here knows tables: `sources` and `loads` turn answers into rows and rows into
//! requests. A platform is a file in `connectors/`; a new one needs no Rust.

pub mod answers;
pub mod auth;
pub mod check;
pub mod client;
pub mod connection;
pub mod datum;
pub mod filter;
pub mod library;
pub mod pages;
pub mod render;
pub mod select;
pub mod spec;
pub mod template;
pub mod tree;

pub use connection::{Connection, Setting};
pub use datum::Datum;
pub use spec::Connector;
pub use template::Template;
