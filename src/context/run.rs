//! The running context: where the run writes, what it counts, what it rejects, whether it was told to stop.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use chrono::{DateTime, Utc};

use crate::context::{Counters, News, Params, Project, Rejects};
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
            started_at,
            counters: Arc::new(Counters::new(Arc::clone(&cancelled))),
            rejects,
            progress: Arc::new(Silent),
            issuing: Arc::default(),
            news: Arc::default(),
            cancelled,
            staged: Arc::default(),
        }
    }

    /// Name of the run, as it is part of hidden file names.
    #[must_use]
    pub fn name(&self) -> String {
        self.dir.file_name().map_or_else(|| "run".to_owned(), |name| name.to_string_lossy().into_owned())
    }

    /// The same run for a second look that leaves no trace: nothing is counted, nothing is kept.
    #[must_use]
    pub fn quiet(&self) -> Self {
        Self {
            counters: Arc::new(Counters::new(Arc::clone(&self.cancelled))),
            rejects: Arc::new(Rejects::new(None)),
            ..self.clone()
        }
    }

    /// Whether the run was told to stop; long loops ask this between batches.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
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
