//! The running context: where the run writes, what it counts, what it rejects, whether it was told to stop.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use chrono::{DateTime, Utc};

use crate::context::steps::Steps;
use crate::context::summary::Summary;
use crate::context::{Counters, Exceptions, HowFar, Increments, News, Params, PlannedDocument, Project, Rejects};
use crate::state::Issuing;

/// What a kind may use while the plan runs. Cheap to clone.
#[derive(Clone)]
pub struct RunCx {
    /// The project folder.
    pub project: Project,
    /// Typed parameters.
    pub params: Params,
    /// Folder of this run under `.raccordo/runs/`; staged inputs live in its `staging` folder.
    pub dir: PathBuf,
    /// Name of the pipeline; empty where there is none.
    pub pipeline: String,
    /// The instant the run started; the only clock that kinds may read.
    pub started_at: DateTime<Utc>,
    /// Row counters.
    pub counters: Arc<Counters>,
    /// Rejected rows.
    pub rejects: Arc<Rejects>,
    /// Reports work in progress (bytes or rows done) under a label; silent when there is no terminal.
    pub progress: Arc<dyn Progress>,
    /// The register of fiscal numbers, while loads of this run number documents.
    pub issuing: Arc<Mutex<Option<Issuing>>>,
    /// What loads have to tell beside their counts.
    pub news: Arc<Mutex<Vec<News>>>,
    /// What has been done so far that lasts; tests stop a run between two of these.
    pub steps: Arc<Steps>,
    /// How far incremental extracts had come, and come now.
    pub increments: Arc<Increments>,
    /// Exceptions that were met.
    pub exceptions: Arc<Exceptions>,
    /// The instant at which the clock of this run began; another than `started_at` when a plan of earlier is applied.
    pub clock: DateTime<Utc>,
    /// Of the pipeline file as it was understood.
    pub fingerprint: String,
    /// What reports of this run say in short, by the name of their load.
    pub summaries: Arc<Mutex<BTreeMap<String, Summary>>>,
    /// Whether only some rows are delivered, again: what is written as a whole must not take the place of what is there.
    pub is_replay: bool,
    begun: Instant,
    refused: Arc<Mutex<BTreeMap<String, Vec<u64>>>>,
    stopped: Arc<Mutex<BTreeMap<String, HowFar>>>,
    documents: Arc<Mutex<BTreeMap<String, Vec<PlannedDocument>>>>,
    inputs: Arc<Mutex<BTreeMap<PathBuf, String>>>,
    cancelled: Arc<AtomicBool>,
    staged: Arc<AtomicU64>,
}

/// Where long work tells how far it is.
pub trait Progress: Send + Sync {
    /// `done` of `total` units of `label`; `total` 0 when unknown.
    fn advance(&self, label: &str, done: u64, total: u64);
}

/// A progress that shows nothing.
pub struct Silent;

impl Progress for Silent {
    fn advance(&self, _label: &str, _done: u64, _total: u64) {}
}

impl RunCx {
    /// A context whose run folder is `dir`.
    #[must_use]
    pub fn new(
        project: Project,
        params: Params,
        dir: impl Into<PathBuf>,
        started_at: DateTime<Utc>,
        rejects: Arc<Rejects>,
        cancelled: Arc<AtomicBool>,
    ) -> Self {
        Self {
            project,
            params,
            dir: dir.into(),
            pipeline: String::new(),
            started_at,
            counters: Arc::new(Counters::new(Arc::clone(&cancelled))),
            rejects,
            progress: Arc::new(Silent),
            issuing: Arc::default(),
            news: Arc::default(),
            steps: Arc::default(),
            increments: Arc::default(),
            exceptions: Arc::default(),
            clock: started_at,
            fingerprint: String::new(),
            summaries: Arc::default(),
            is_replay: false,
            begun: Instant::now(),
            refused: Arc::default(),
            stopped: Arc::default(),
            documents: Arc::default(),
            inputs: Arc::default(),
            cancelled,
            staged: Arc::default(),
        }
    }

    /// Name of the run, as it is part of hidden file names.
    #[must_use]
    pub fn name(&self) -> String {
        self.dir.file_name().map_or_else(|| "run".to_owned(), |name| name.to_string_lossy().into_owned())
    }

    /// Where a file or folder of a load goes. Rows that are replayed go beside it, under a name with the run.
    #[must_use]
    pub fn output(&self, written: &str) -> PathBuf {
        let path = self.project.path(written);
        if !self.is_replay {
            return path;
        }
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let (stem, extension) = name.split_once('.').map_or((name.as_str(), ""), |(stem, extension)| (stem, extension));
        let dot = if extension.is_empty() { "" } else { "." };
        path.with_file_name(format!("{stem}.replay-{}{dot}{extension}", self.name()))
    }

    /// The same run for a second look that leaves no trace: nothing is counted, nothing is kept.
    #[must_use]
    pub fn quiet(&self) -> Self {
        Self {
            counters: Arc::new(Counters::new(Arc::clone(&self.cancelled))),
            rejects: Arc::new(Rejects::new(None)),
            increments: Arc::default(),
            exceptions: Arc::default(),
            ..self.clone()
        }
    }

    /// Whether the run was told to stop; long loops ask this between batches.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }

    /// The present instant, as far from the start of the run as the time that has passed.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.clock + self.begun.elapsed()
    }

    /// Something that lasts has been done.
    pub fn step(&self, what: &str) {
        self.steps.reached(what);
    }

    /// Notes that a load refused the row of that number, from 0, of its table.
    pub fn refuse(&self, load: &str, row: u64) {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        refused.entry(load.to_owned()).or_default().push(row);
    }

    /// Numbers of the rows that a load refused.
    #[must_use]
    pub fn refused(&self, load: &str) -> Vec<u64> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).get(load).cloned().unwrap_or_default()
    }

    /// Notes how far a load came that did not end well.
    pub fn stopped(&self, load: &str, how_far: HowFar) {
        self.stopped.lock().unwrap_or_else(PoisonError::into_inner).insert(load.to_owned(), how_far);
    }

    /// How far a load came that did not end well.
    #[must_use]
    pub fn how_far(&self, load: &str) -> Option<HowFar> {
        self.stopped.lock().unwrap_or_else(PoisonError::into_inner).get(load).copied()
    }

    /// Notes which documents a load is about to issue.
    pub fn plan_documents(&self, load: &str, documents: Vec<PlannedDocument>) {
        self.documents.lock().unwrap_or_else(PoisonError::into_inner).insert(load.to_owned(), documents);
    }

    /// The documents that a load is about to issue; nothing for loads that issue none.
    #[must_use]
    pub fn planned_documents(&self, load: &str) -> Option<Vec<PlannedDocument>> {
        self.documents.lock().unwrap_or_else(PoisonError::into_inner).get(load).cloned()
    }

    /// Notes that a file is read for a table.
    pub fn reads(&self, node: &str, path: &Path) {
        let mut inputs = self.inputs.lock().unwrap_or_else(PoisonError::into_inner);
        inputs.insert(path.to_path_buf(), node.to_owned());
    }

    /// Files that were read, with their tables.
    #[must_use]
    pub fn inputs(&self) -> BTreeMap<PathBuf, String> {
        self.inputs.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What is set when the run is told to stop.
    #[must_use]
    pub fn cancelled(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.cancelled)
    }

    /// A new file name in the run's staging folder; the folder is made when missing.
    ///
    /// # Errors
    /// The folder cannot be made.
    pub fn staging_path(&self, node: &str, extension: &str) -> std::io::Result<PathBuf> {
        let folder = self.staging_dir();
        std::fs::create_dir_all(&folder)?;
        let number = self.staged.fetch_add(1, Ordering::Relaxed);
        Ok(folder.join(format!("{node}.{number}.{extension}")))
    }

    /// Folder of staged inputs; removed after the run.
    #[must_use]
    pub fn staging_dir(&self) -> PathBuf {
        Path::new(&self.dir).join("staging")
    }
}
