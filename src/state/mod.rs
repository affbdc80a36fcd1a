//! What is remembered between runs: `.raccordo/state.db`, one SQLite file.
//!
//! Here live the file itself (opening, schema, migrations, copies), the lock of a pipeline, runs with their books, cursors,
//! deliveries and their answers, and the register of fiscal documents: which number, date and file name each order got, and
//! what the exchange system said of it. Nothing here knows how a document is built, how a row is sent or what an option is
//! called; no secret is ever kept.
//!
//! How a run issues documents, so that it can be killed at any point:
//!
//! 1. [`Issuing::begin`]: from here on no other run can take a number.
//! 2. For each order: [`Issuing::find`]. Unknown orders take [`Issuing::next_number`] and [`Issuing::next_file`], are
//!    written to the staged folder and [recorded](Issuing::record). Known ones keep what they have.
//! 3. The staged files are flushed to the disk, then [`Issuing::commit`]. Killed before: nothing was taken. Killed
//!    after: the files are [pending](State::pending).
//! 4. The files are renamed in place, then [`State::confirm`].

mod backup;
mod delivery;
mod document;
mod error;
mod exceptions;
mod follow;
mod holder;
mod issuing;
mod lock;
mod pages;
mod progress;
mod read;
mod rejects;
mod reports;
mod runs;
mod schema;
#[cfg(test)]
mod tests;

pub use backup::{Repair, repair};
pub use delivery::{Answer, Learnt, Ledger, NewDelivery, NewLedger, OpenDelivery};
pub use document::{
    DocumentFile, DocumentKey, Gap, GapReason, IssuedDocument, Late, NewDocument, Outcome, Pending, RESEND_DAYS,
    RegisterKey, Status,
};
pub use error::{Rule, StateError};
pub use exceptions::{DecisionOf, ExceptionEvent, ExceptionFilter, ExceptionRecord};
pub use follow::State;
pub use holder::Holder;
pub use issuing::Issuing;
pub use lock::RunLock;
pub use pages::PagePosition;
pub use progress::{CursorMove, FileRead};
pub use rejects::{NewReject, RejectFilter, RejectGroup, RejectRecord};
pub use reports::ReportValue;
pub use runs::{NewRun, NodeRecord, RunEnd, RunRecord};
pub use schema::SCHEMA_VERSION;
