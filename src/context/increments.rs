//! Incremental extracts of a run: how far they had come, how far they come now.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::state::FileRead;

/// What incremental extracts know and learn.
#[derive(Debug, Default)]
pub struct Increments {
    /// Cursors by table, as the state has them.
    pub cursors: BTreeMap<String, String>,
    /// Files by table whose rows have arrived.
    pub files: BTreeMap<String, Vec<FileRead>>,
    learnt: Mutex<Learnt>,
}

#[derive(Debug, Default)]
struct Learnt {
    furthest: BTreeMap<String, i64>,
    files: Vec<FileRead>,
}

impl Increments {
    /// A value of the cursor's column was read.
    pub fn saw(&self, table: &str, value: i64) {
        let mut learnt = self.lock();
        let furthest = learnt.furthest.entry(table.to_owned()).or_insert(value);
        *furthest = (*furthest).max(value);
    }

    /// The furthest value that was read for a table.
    #[must_use]
    pub fn furthest(&self, table: &str) -> Option<i64> {
        self.lock().furthest.get(table).copied()
    }

    /// A file is read for a table.
    pub fn reads(&self, file: FileRead) {
        let mut learnt = self.lock();
        if !learnt.files.contains(&file) {
            learnt.files.push(file);
        }
    }

    /// Files that were read.
    #[must_use]
    pub fn read(&self) -> Vec<FileRead> {
        self.lock().files.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Learnt> {
        self.learnt.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
