//! Rows of a running plan into writers: staging, counting, rejecting, stopping.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use indexmap::IndexMap;
use polars::prelude::{AllowedOptimizations, DataFrame, LazyFrame, PlanCallback, PolarsError, PolarsResult};

use crate::context::counters::{INTERRUPTED, named_apart, pass_through};
use crate::context::{Counter, NodeError, Origin, Reject, Rejects, RunCx};
use crate::diag::{Code, mark};
use crate::domain::types::Type;
use crate::io::{Committed, FileError, StagedDir, StagedFile};
use crate::loads::format::cells::{Cells, Table};
use crate::loads::format::row::Problem;
use crate::loads::format::template::{PathTemplate, system_path};
use crate::loads::format::writer::{FileWriter, RowError};
use crate::loads::{ChangeCounts, LoadCx, Receipt, Staged, Staging, Stop};
use crate::transforms::reject::row_json;

/// Takes the batches of a plan, in order, on one thread at a time.
pub trait BatchSink: Send {
    /// Writes a batch; returns how many of its rows were written.
    ///
    /// # Errors
    /// The destination cannot be written; rows at fault are rejected instead.
    fn write(&mut self, batch: &DataFrame) -> Result<u64, NodeError>;

    /// Guards that say no to what was written.
    fn stops(&self) -> Vec<Stop> {
        Vec::new()
    }

    /// What changed since the last time, for sinks that remember it, and a digest of what was written.
    fn changes(&self) -> Option<(ChangeCounts, String)> {
        None
    }

    /// Writes what is left.
    ///
    /// # Errors
    /// The destination cannot be written.
    fn finish(self: Box<Self>) -> Result<Output, NodeError>;
}

/// What is staged and waits for its commit.
pub enum Output {
    /// One file.
    File(StagedFile),
    /// Many files, and whether others of their kinds are removed.
    Folder(StagedDir, bool),
    /// Something that completes the receipt itself.
    Other(Box<dyn FnOnce(Receipt) -> Result<Receipt, NodeError> + Send>),
}

impl Output {
    /// Moves what is staged into place, and completes the receipt.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn commit(self, receipt: Receipt) -> Result<Receipt, NodeError> {
        let committed = |committed: Result<Committed, FileError>| match committed {
            Ok(Committed { files, bytes }) => Ok(Receipt { files, bytes, ..receipt.clone() }),
            Err(error) => Err(write_failed(&error)),
        };
        match self {
            Self::File(file) => committed(file.commit()),
            Self::Folder(folder, clean) => committed(folder.commit(clean)),
            Self::Other(commit) => commit(receipt),
        }
    }
}

/// Ends the plan of `frame` in `sink`.
///
/// # Errors
/// The plan cannot end here.
pub fn stage(
    frame: LazyFrame,
    sink: Box<dyn BatchSink>,
    destination: PathBuf,
    cx: &LoadCx,
) -> Result<Staging, NodeError> {
    let site = site(cx);
    let counter = cx.run.counters.get(&site);
    let rows = Counter::default();
    let sink = Arc::new(Mutex::new(Some(sink)));
    let callback = callback(Arc::clone(&sink), rows.clone(), counter, cx);
    // A callback alone does not tell two loads of one table apart: see `named_apart`.
    let frame = frame.map(Ok, pass_through(), None, Some(named_apart(&format!("write {site}"))));
    let plan = frame.sink_batches(callback, true, None)?;
    let finish = move || {
        let sink = sink.lock().unwrap_or_else(PoisonError::into_inner).take();
        let sink = sink.ok_or_else(|| NodeError::new(Code::Internal, format!("`{site}` was finished twice")))?;
        let (stops, changes) = (sink.stops(), sink.changes());
        Ok(Staged { stops, changes, ..staged(sink.finish()?, rows.get(), destination) })
    };
    Ok(Staging { plan, others: Vec::new(), finish: Box::new(finish) })
}

/// A load whose `output` is complete.
#[must_use]
pub fn staged(output: Output, rows: u64, destination: PathBuf) -> Staged {
    let commit =
        move || output.commit(Receipt { destination: destination.display().to_string(), rows, ..Receipt::default() });
    Staged { rows, stops: Vec::new(), changes: None, commit: Box::new(commit) }
}

fn callback(
    sink: Arc<Mutex<Option<Box<dyn BatchSink>>>>,
    rows: Counter,
    counter: Counter,
    cx: &LoadCx,
) -> PlanCallback<DataFrame, bool> {
    let (run, site) = (cx.run.clone(), site(cx));
    PlanCallback::new(move |batch: DataFrame| {
        if run.is_cancelled() {
            return Err(PolarsError::ComputeError(INTERRUPTED.into()));
        }
        let mut sink = sink.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(sink) = sink.as_mut() else { return Ok(true) };
        let written = sink.write(&batch).map_err(|error| marked(&error, &site))?;
        rows.add(written);
        counter.add(written);
        Ok(false)
    })
}

/// Counts the rows of a native sink and keeps two loads of one table apart.
pub fn count(frame: LazyFrame, rows: &Counter, cx: &LoadCx) -> LazyFrame {
    let (rows, run) = (rows.clone(), cx.run.clone());
    let site = site(cx);
    let counter = cx.run.counters.get(&site);
    let name = named_apart(&format!("write {site}"));
    let pass = move |batch: DataFrame| -> PolarsResult<DataFrame> {
        if run.is_cancelled() {
            return Err(PolarsError::ComputeError(INTERRUPTED.into()));
        }
        rows.add(batch.height() as u64);
        counter.add(batch.height() as u64);
        Ok(batch)
    };
    frame.map(pass, pass_through() & !AllowedOptimizations::PREDICATE_PUSHDOWN, None, Some(name))
}

/// `load:NAME`: the node of the load's rejects and counter.
#[must_use]
pub fn site(cx: &LoadCx) -> String {
    format!("load:{}", cx.name)
}

/// Name of the run, as it is part of hidden file names.
#[must_use]
pub fn run_name(cx: &LoadCx) -> String {
    cx.run.name()
}

/// An error of the destination.
#[must_use]
pub fn write_failed(error: &FileError) -> NodeError {
    NodeError::new(Code::WriteFailed, error.to_string()).help(error.help())
}

fn marked(error: &NodeError, site: &str) -> PolarsError {
    PolarsError::ComputeError(marked_message(error, site).into())
}

/// The error as Polars carries it: `[code at site] message; help`.
#[must_use]
pub fn marked_message(error: &NodeError, site: &str) -> String {
    let mut message = mark(error.code, site, &error.message);
    for help in &error.help {
        message.push_str("; ");
        message.push_str(help);
    }
    message
}

/// Keeps the rejected rows of a load.
pub struct Rejected {
    rejects: Arc<Rejects>,
    run: RunCx,
    load: String,
    node: String,
    seen: u64,
}

impl Rejected {
    /// Rejects of this load.
    #[must_use]
    pub fn new(cx: &LoadCx) -> Self {
        let (rejects, run) = (Arc::clone(&cx.run.rejects), cx.run.clone());
        Self { rejects, run, load: cx.name.to_owned(), node: site(cx), seen: 0 }
    }

    /// Rejects row `row` of `batch`.
    pub fn push(&self, batch: &DataFrame, row: usize, value: Option<String>, key: Option<String>, problem: Problem) {
        self.run.refuse(&self.load, self.seen + row as u64);
        self.rejects.push(Reject {
            node: self.node.clone(),
            site: None,
            cause: problem.cause.to_owned(),
            message: problem.message,
            message_it: Some(problem.message_it),
            column: problem.column,
            value,
            key,
            origin: Origin { file: None, line: None, path: Some(format!("row {}", self.seen + row as u64 + 1)) },
            row: row_json(batch, row),
            cells: Vec::new(),
        });
    }

    /// Rejects row `row` of a batch before which `before` rows came, for loads that look at rows in an order of their own.
    pub fn push_at(
        &mut self,
        before: u64,
        batch: &DataFrame,
        row: usize,
        value: Option<String>,
        key: Option<String>,
        problem: Problem,
    ) {
        self.seen = before;
        self.push(batch, row, value, key, problem);
    }

    /// Goes on to the next batch after one of `rows` rows.
    pub fn advance(&mut self, rows: usize) {
        self.seen += rows as u64;
    }
}

/// Writes one file.
pub struct FileSink {
    /// Checked columns.
    pub types: Vec<(String, Type)>,
    /// Rows go here.
    pub writer: Box<dyn FileWriter>,
    /// The file.
    pub staged: StagedFile,
    /// Where rejected rows go.
    pub rejected: Rejected,
}

impl BatchSink for FileSink {
    fn write(&mut self, batch: &DataFrame) -> Result<u64, NodeError> {
        let table = Table::new(batch, &self.types)?;
        let mut written = 0;
        for row in 0..table.height {
            match self.writer.append(&table, row) {
                Ok(()) => written += 1,
                Err(RowError::Problem(problem)) => self.rejected.push(batch, row, None, None, problem),
                Err(RowError::Failed(error)) => return Err(write_failed(&error)),
            }
        }
        self.rejected.advance(table.height);
        Ok(written)
    }

    fn finish(mut self: Box<Self>) -> Result<Output, NodeError> {
        self.writer.close().map_err(|error| write_failed(&error))?;
        Ok(Output::File(self.staged))
    }
}

/// Opens the writer of one of many files: at the first path, known to the user by the second.
pub type OpenWriter = Box<dyn Fn(&Path, &Path) -> Result<Box<dyn FileWriter>, FileError> + Send>;

/// Writes one file per distinct value; the columns of the path come after those that are written.
pub struct PerValueSink {
    /// Checked columns that are written.
    pub types: Vec<(String, Type)>,
    /// Checked columns of the path.
    pub keys: Vec<(String, Type)>,
    /// Makes the path of a row.
    pub template: PathTemplate,
    /// Opens a file.
    pub open: OpenWriter,
    /// More files than this are refused: an open workbook holds a scratch file.
    pub most_files: usize,
    /// Files so far.
    pub files: IndexMap<Vec<u8>, Box<dyn FileWriter>>,
    /// The folder.
    pub staged: StagedDir,
    /// Whether other files are removed.
    pub clean: bool,
    /// Where rejected rows go.
    pub rejected: Rejected,
}

impl PerValueSink {
    fn writer(&mut self, name: &[u8]) -> Result<&mut Box<dyn FileWriter>, NodeError> {
        if !self.files.contains_key(name) {
            if self.files.len() >= self.most_files {
                let message = format!("the path makes more than {} different files", self.most_files);
                return Err(
                    NodeError::new(Code::WriteFailed, message).help("choose a column with fewer values, or write csv")
                );
            }
            let relative = system_path(&String::from_utf8_lossy(name));
            let path = self.staged.file(&relative).map_err(|error| write_failed(&error))?;
            let shown = self.staged.target().join(&relative);
            let writer = (self.open)(&path, &shown).map_err(|error| write_failed(&error))?;
            self.files.insert(name.to_vec(), writer);
        }
        self.files.get_mut(name).ok_or_else(|| NodeError::new(Code::Internal, "a file that was just opened is gone"))
    }

    fn append(
        &mut self,
        table: &Table,
        keys: &[Cells],
        row: usize,
        name: &mut Vec<u8>,
    ) -> Result<Option<Problem>, NodeError> {
        if let Err(problem) = self.template.relative(keys, row, name) {
            return Ok(Some(problem));
        }
        match self.writer(name)?.append(table, row) {
            Ok(()) => Ok(None),
            Err(RowError::Problem(problem)) => Ok(Some(problem)),
            Err(RowError::Failed(error)) => Err(write_failed(&error)),
        }
    }
}

impl BatchSink for PerValueSink {
    fn write(&mut self, batch: &DataFrame) -> Result<u64, NodeError> {
        let width = self.types.len();
        let table = Table::new(batch, &self.types)?;
        let shown = DataFrame::new(batch.height(), batch.columns()[..width].to_vec())?;
        let keys = batch.columns()[width..].iter().zip(&self.keys);
        let keys = keys.map(|(column, (_, ty))| Cells::new(column.as_materialized_series(), ty));
        let keys = keys.collect::<PolarsResult<Vec<_>>>()?;
        let (mut name, mut written) = (Vec::new(), 0);
        for row in 0..table.height {
            match self.append(&table, &keys, row, &mut name)? {
                Some(problem) => self.rejected.push(&shown, row, None, None, problem),
                None => written += 1,
            }
        }
        self.rejected.advance(table.height);
        Ok(written)
    }

    fn finish(mut self: Box<Self>) -> Result<Output, NodeError> {
        for writer in self.files.values_mut() {
            writer.close().map_err(|error| write_failed(&error))?;
        }
        Ok(Output::Folder(self.staged, self.clean))
    }
}
