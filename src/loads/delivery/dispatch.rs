//! A delivery that is going on: its changes, and the answers to them, which are kept as they come.

use std::path::PathBuf;

use polars::prelude::DataFrame;

use crate::context::{NodeError, Origin, Reject, RunCx};
use crate::diag::Code;
use crate::loads::delivery::Keyed;
use crate::loads::delivery::changes::{self, DELETE, HASH, KEY_HIGH, KEY_LOW, OP};
use crate::loads::format::cells::Table;
use crate::state::{Answer, Learnt, OpenDelivery, State, StateError};
use crate::transforms::reject::{row_json, text_at};

/// Cause of rows that a destination refused: they are tried again by the next run.
pub const REFUSED: &str = "refused";

/// A delivery as a destination sees it.
pub struct Dispatch<'a> {
    /// The run.
    pub run: &'a RunCx,
    /// The load: its columns, mode and key.
    pub keyed: &'a Keyed,
    /// The delivery in the state.
    pub delivery: OpenDelivery,
    /// `PIPELINE/LOAD`.
    pub site: String,
    /// Version of the ledger that this delivery makes.
    pub version: u64,
    /// File of the changes.
    pub file: PathBuf,
    /// File of all rows of the table, when there is one.
    pub rows: Option<PathBuf>,
    state: &'a State,
    pending: Vec<Answer>,
    learnt: Vec<Learnt>,
    /// Whether a delivery of a killed run is ended: what is refused then is tried again by this run.
    pub settles: bool,
    /// Whether all changes were taken at once.
    pub all_taken: bool,
}

/// The changes of a page, with what is needed to send them.
pub struct Page {
    /// Number of the first change.
    pub first: u32,
    /// The rows.
    pub frame: DataFrame,
    /// Their cells, by the columns of the load.
    pub table: Table,
    ops: Vec<u32>,
    keys: Vec<(u64, u64)>,
    hashes: Vec<u64>,
}

impl<'a> Dispatch<'a> {
    /// A delivery that was recorded.
    #[must_use]
    pub fn new(
        run: &'a RunCx,
        keyed: &'a Keyed,
        delivery: OpenDelivery,
        site: String,
        version: u64,
        file: PathBuf,
        state: &'a State,
    ) -> Self {
        Self {
            run,
            keyed,
            delivery,
            site,
            version,
            file,
            rows: None,
            state,
            pending: Vec::new(),
            learnt: Vec::new(),
            settles: false,
            all_taken: false,
        }
    }

    /// Reads the changes page by page.
    ///
    /// # Errors
    /// As the function that is called, or when the file cannot be read.
    pub fn for_each_page(
        &mut self,
        mut each: impl FnMut(&mut Self, &Page) -> Result<(), NodeError>,
    ) -> Result<(), NodeError> {
        let (file, types) = (self.file.clone(), self.keyed.types());
        changes::for_each_page(&file, |first, frame| {
            let page = Page::new(first, frame, &types)?;
            each(self, &page)
        })
    }

    /// Notes, before they are sent, that these changes are about to be, and keeps the answers so far.
    ///
    /// # Errors
    /// The state cannot be written.
    pub fn intend(&mut self, changes: impl IntoIterator<Item = u32>) -> Result<(), NodeError> {
        self.keep(changes)?;
        self.run.step("intents recorded");
        Ok(())
    }

    /// The destination has taken a change.
    pub fn taken(&mut self, change: u32, key: &str, remote_id: Option<String>) {
        if let Some(remote_id) = &remote_id {
            self.learnt.push(Learnt { key: key.to_owned(), remote_id: remote_id.clone() });
        }
        self.pending.push(Answer { change, taken: true, remote_id });
    }

    /// The destination has refused a change: its row is rejected, with its reason.
    pub fn refused(&mut self, page: &Page, row: usize, message: String, message_it: String) {
        self.pending.push(Answer { change: page.change(row), taken: false, remote_id: None });
        if self.settles {
            return;
        }
        // Rows that go away are none of the table's: they have their own line in the books.
        let what = if page.op(row) == DELETE { ":delete" } else { "" };
        let content = page.content(self.keyed);
        self.run.rejects.push(Reject {
            node: format!("load:{}{what}", self.delivery.load),
            site: None,
            cause: REFUSED.to_owned(),
            message,
            message_it: Some(message_it),
            column: None,
            value: None,
            key: Some(page.key_text(self.keyed, row)),
            origin: Origin { file: None, line: None, path: Some(format!("change {}", page.change(row) + 1)) },
            row: content.map_or_else(|_| String::new(), |content| row_json(&content, row)),
            cells: Vec::new(),
        });
    }

    /// The name that the destination gave to a row, by its key.
    ///
    /// # Errors
    /// The state cannot be read.
    pub fn remote_id(&self, key: &str) -> Result<Option<String>, NodeError> {
        self.state.remote_id(&self.run.pipeline, &self.delivery.load, key).map_err(|error| state_failed(&error))
    }

    /// Keeps the answers so far.
    ///
    /// # Errors
    /// The state cannot be written.
    pub fn flush(&mut self) -> Result<(), NodeError> {
        self.keep([])
    }

    /// Takes back intents of changes that were not sent after all.
    ///
    /// # Errors
    /// The state cannot be written.
    pub fn unsent(&mut self, changes: &[u32]) -> Result<(), NodeError> {
        self.state.drop_intents(self.delivery.id, changes).map_err(|error| state_failed(&error))
    }

    /// Changes whose answer is not known.
    ///
    /// # Errors
    /// The state cannot be read.
    pub fn intents(&self) -> Result<Vec<u32>, NodeError> {
        self.state.intents(self.delivery.id).map_err(|error| state_failed(&error))
    }

    fn keep(&mut self, intents: impl IntoIterator<Item = u32>) -> Result<(), NodeError> {
        let now = self.run.now();
        let kept = self.state.note_answers(self.delivery.id, &self.pending, intents, now);
        kept.map_err(|error| state_failed(&error))?;
        self.pending.clear();
        if !self.learnt.is_empty() {
            let learnt = std::mem::take(&mut self.learnt);
            let kept = self.state.learn_ids(&self.run.pipeline, &self.delivery.load, &self.delivery.run, now, &learnt);
            kept.map_err(|error| state_failed(&error))?;
        }
        Ok(())
    }
}

/// An error of the state as one of a node.
#[must_use]
pub fn state_failed(error: &StateError) -> NodeError {
    let code = match error {
        StateError::Locked { .. } | StateError::Busy { .. } => Code::LockHeld,
        _ => Code::RunFailed,
    };
    NodeError::new(code, error.to_string()).help(error.help())
}

impl Page {
    fn new(first: u32, frame: DataFrame, types: &[(String, crate::domain::types::Type)]) -> Result<Self, NodeError> {
        let wide = |name: &str| -> Result<Vec<u64>, NodeError> {
            Ok(frame.column(name)?.u64()?.iter().map(Option::unwrap_or_default).collect())
        };
        let keys = wide(KEY_HIGH)?.into_iter().zip(wide(KEY_LOW)?).collect();
        let hashes = wide(HASH)?;
        let ops = frame.column(OP)?.u32()?.iter().map(Option::unwrap_or_default).collect();
        let content = frame.select(types.iter().map(|(name, _)| name.as_str()))?;
        let table = Table::new(&content, types)?;
        Ok(Self { first, frame, table, ops, keys, hashes })
    }

    /// Number of the change at a row.
    #[must_use]
    pub fn change(&self, row: usize) -> u32 {
        self.first + u32::try_from(row).unwrap_or(u32::MAX)
    }

    /// What happens to the row.
    #[must_use]
    pub fn op(&self, row: usize) -> u32 {
        self.ops[row]
    }

    /// What names the change to the destination.
    #[must_use]
    pub fn idempotency_key(&self, row: usize, dispatch: &Dispatch<'_>) -> String {
        let (op, key, hash) = (self.ops[row], self.keys[row], self.hashes[row]);
        changes::idempotency_key(&dispatch.site, dispatch.version, op, key, hash)
    }

    /// The columns of the load.
    ///
    /// # Errors
    /// One is not there.
    pub fn content(&self, keyed: &Keyed) -> Result<DataFrame, NodeError> {
        Ok(self.frame.select(keyed.columns.iter().map(|column| column.name.as_str()))?)
    }

    /// The key of a row, for a person: `sku=001`.
    #[must_use]
    pub fn key_text(&self, keyed: &Keyed, row: usize) -> String {
        key_text(&self.frame, keyed, row)
    }
}

/// The key of a row, for a person: `sku=001`.
#[must_use]
pub fn key_text(frame: &DataFrame, keyed: &Keyed, row: usize) -> String {
    let parts = keyed.key_names().map(|name| {
        let value = frame.column(name).ok().and_then(|column| text_at(column, row));
        format!("{name}={}", value.unwrap_or_default())
    });
    parts.collect::<Vec<_>>().join(", ")
}
