//! What is remembered between runs: `.raccordo/state.db`, one SQLite file.
//!
//! Here live the file itself (opening, schema, migrations, locking) and the register of fiscal documents: which number,
//! date and file name each order got, and what the exchange system said of it. Nothing here knows how a document is
//! built, where a file is staged or what an option is called; no secret is ever kept.
//!
//! How a run issues documents, so that it can be killed at any point:
//!
//! 1. [`Issuing::begin`]: from here on no other run can take a number.
//! 2. For each order: [`Issuing::find`]. Unknown orders take [`Issuing::next_number`] and [`Issuing::next_file`], are
//!    written to the staged folder and [recorded](Issuing::record). Known ones keep what they have.
//! 3. The staged files are flushed to the disk, then [`Issuing::commit`]. Killed before: nothing was taken. Killed
//!    after: the files are [pending](State::pending).
//! 4. The files are renamed in place, then [`State::confirm`].

mod document;
mod error;
mod follow;
mod holder;
mod issuing;
mod read;
mod schema;
#[cfg(test)]
mod tests;

pub use document::{
    DocumentFile, DocumentKey, Gap, GapReason, IssuedDocument, Late, NewDocument, Outcome, Pending, RESEND_DAYS,
    RegisterKey, Status,
};
pub use error::{Rule, StateError};
pub use follow::State;
pub use holder::Holder;
pub use issuing::Issuing;
pub use schema::SCHEMA_VERSION;
