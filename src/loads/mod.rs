//! Load kinds: where rows go. One file per kind; the closed set is `spec::pipeline::LoadSpec`.
//!
//! A load is staged (everything is written beside the destination, where a failure leaves nothing behind) and then
//! committed (renamed into place). The engine stages all loads of a run together, and commits only when all of them
//! are staged. Loads that know their rows by a key send only what has changed: see [`delivery`].

pub mod delivery;
pub mod fatturapa;
pub mod feed;
pub mod file;
pub mod format;
pub mod http;
pub mod platform;
pub mod report;
pub mod sql;

use std::collections::BTreeMap;

use polars::prelude::LazyFrame;

use crate::context::{BindCx, NodeError, RunCx};
use crate::diag::Text;
use crate::domain::types::Schema;
use crate::loads::delivery::{Destination, Mode};

/// A load kind as configured.
pub trait Load {
    /// What the destination promises and needs.
    fn capabilities(&self) -> Capabilities;

    /// The sales channel that the load writes for, by name or by the path of its description.
    fn channel(&self) -> Option<&Text> {
        None
    }

    /// Other tables that the load reads, besides the one whose rows it gets.
    fn tables(&self) -> Vec<&Text> {
        Vec::new()
    }

    /// Checks the load against the schema of its table, reporting every problem. `None` when a problem was reported.
    fn bind(&self, input: &Schema, cx: &BindCx) -> Option<BoundLoad>;

    /// The columns that arrive, as (name at the destination, column of the table): what a comparison looks at. All by
    /// default. Columns that are unknown are left out; `bind` reports them.
    fn sent(&self, input: &Schema, _cx: &BindCx) -> Vec<(String, String)> {
        input.names().map(|name| (name.to_owned(), name.to_owned())).collect()
    }

    /// The modes that the kind knows; the first is the default.
    fn modes(&self) -> &'static [Mode] {
        &[Mode::Replace, Mode::Mirror]
    }

    /// Checks the load as a destination of single rows; nothing for kinds that write a whole. Called instead of
    /// [`bind`](Self::bind) for kinds that [take rows](Self::takes_rows).
    fn bind_rows(&self, _input: &Schema, _mode: Mode, _key: &[String], _cx: &BindCx) -> Option<Box<dyn Destination>> {
        None
    }

    /// Whether rows are sent one by one, as they change.
    fn takes_rows(&self) -> bool {
        false
    }
}

/// What a destination promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// What a crash can do to delivery.
    pub guarantee: Guarantee,
    /// Whether the order of the rows matters to the output.
    pub ordered: bool,
}

/// How often a row can arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guarantee {
    /// The destination holds the old state or the new one, never a part of it.
    ExactlyOnce,
    /// A row may arrive again after a crash; the destination recognises it by its idempotency key.
    AtLeastOnce,
}

/// A checked load.
pub struct BoundLoad {
    /// Stages rows.
    pub stage: StageFn,
}

/// Starts staging: takes the rows of the table and returns the plan that writes them beside the destination.
pub type StageFn = Box<dyn Fn(LazyFrame, &LoadCx) -> Result<Staging, NodeError> + Send + Sync>;

/// What a load may know while it runs.
pub struct LoadCx<'a> {
    /// The run.
    pub run: &'a RunCx,
    /// Name of the load; its rejects are kept under `load:NAME`.
    pub name: &'a str,
    /// The other tables that the load [reads](Load::tables), by name.
    pub tables: BTreeMap<String, LazyFrame>,
}

/// A load that is being staged.
pub struct Staging {
    /// The plan to run, together with those of all other loads; it ends in a sink.
    pub plan: LazyFrame,
    /// More plans of the same load, run with it.
    pub others: Vec<LazyFrame>,
    /// Called after the plan ran to its end: closes what was staged.
    pub finish: Box<dyn FnOnce() -> Result<Staged, NodeError> + Send>,
}

/// A guard that says no.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Stop {
    /// Its name: `deletes`, `to_zero`, `price_change`, `shrink`, `prices`, `empty`.
    pub guard: &'static str,
    /// What was about to happen.
    pub what: String,
    /// Whether a person has let it pass.
    pub accepted: bool,
}

/// A load that is staged completely. Dropping it without committing removes what was staged.
pub struct Staged {
    /// Rows that will be written.
    pub rows: u64,
    /// Guards of the load itself that say no.
    pub stops: Vec<Stop>,
    /// What changes, for loads that remember themselves what they wrote, and a digest of what is written.
    pub changes: Option<(ChangeCounts, String)>,
    /// Moves what was staged into place. Idempotent.
    pub commit: Box<dyn FnOnce() -> Result<Receipt, NodeError> + Send>,
}

/// What was delivered.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Receipt {
    /// Where it went, as the user knows it.
    pub destination: String,
    /// Rows written.
    pub rows: u64,
    /// Files written.
    pub files: u64,
    /// Bytes written.
    pub bytes: u64,
    /// What a feed did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub feed: Option<Box<feed::summary::FeedSummary>>,
    /// What changed at the destination, for loads that know their rows by a key.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub changes: Option<ChangeCounts>,
}

/// Rows of a delivery by what became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ChangeCounts {
    /// Rows that the destination has already.
    pub unchanged: u64,
    /// Rows that are new there.
    pub created: u64,
    /// Rows that change there.
    pub updated: u64,
    /// Rows that go away there.
    pub deleted: u64,
    /// Rows that did not arrive, and will be tried again.
    pub failed: u64,
}
