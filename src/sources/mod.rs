//! Source kinds: where rows come from. One file per kind; the closed set is `spec::pipeline::Extract`.
//!
//! A source is bound (its schema is known, nothing is opened but the header of a local file) and then scanned. Rows
//! that break their contract go to the reject store with file and line; the run goes on.

pub mod fatturapa;
pub mod file;
pub mod inline;
pub mod platform;
pub mod sdi_messages;
pub mod since;
pub mod sql;
pub mod statement;

use std::sync::Arc;

use polars::prelude::LazyFrame;

use crate::context::{BindCx, NodeError, RunCx};
use crate::contract::{Columns, Decoder};
use crate::diag::{Code, Diagnostic, Place};
use crate::domain::types::Schema;

/// A source kind as configured.
pub trait Source {
    /// Knows the schema and every problem, without touching a remote system.
    ///
    /// `declared` are the columns the user declared (contract or `columns:`), `None` when there are none. Returns
    /// `None` when a problem was reported.
    fn bind(&self, declared: Option<&Columns>, cx: &BindCx) -> Option<BoundSource>;
}

/// A source that knows its schema.
pub struct BoundSource {
    /// Columns and types every scan delivers, in this order.
    pub schema: Schema,
    /// How to read it.
    pub scan: Box<dyn Scan>,
}

/// Reads a bound source.
pub trait Scan: Send + Sync {
    /// A lazy frame with exactly the bound schema. Counts rows read under `NODE:read` and pushes rejects for `node`.
    ///
    /// # Errors
    /// The source is missing, unreadable, hostile, or not of the declared format.
    fn scan(&self, node: &str, cx: &RunCx) -> Result<LazyFrame, NodeError>;

    /// Only rows from the increment on are wanted: a source that can asks for no others.
    fn reads_since(&mut self, _increment: &since::Increment) {}

    /// What reads one row from the texts of its cells, for rows that a person has corrected; nothing where rows do not
    /// have a contract.
    fn decoder(&self) -> Option<Arc<Decoder>> {
        None
    }
}

/// Refuses declared columns for a source kind that has its own. Whether there were none.
fn has_own_columns(kind: &str, declared: Option<&Columns>, cx: &BindCx) -> bool {
    if declared.is_some() {
        let message = format!("{kind} source has its own columns");
        cx.report(
            Diagnostic::error(Code::Unsupported, Place::NONE, message)
                .help("leave `columns:` and `schema:` out; rename or cast in `transform:`"),
        );
    }
    declared.is_none()
}
