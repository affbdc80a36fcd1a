//! Exceptions that a run has met, table by table: kept in the state when the loads that show them have arrived.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::domain::reconcile::memory::Judged;

/// What the tables of a run have found.
#[derive(Debug, Default)]
pub struct Exceptions {
    tables: Mutex<BTreeMap<String, Met>>,
}

/// What one table has found.
#[derive(Clone, Debug, Default)]
pub struct Met {
    /// The day it looked at, since 1970-01-01.
    pub today: i32,
    /// The exceptions, with what is remembered of each.
    pub judged: Vec<Judged>,
    /// How many of them say no to the run.
    pub stopping: usize,
}

impl Exceptions {
    /// Notes what a table has found. The same table looked at again has found the same.
    pub fn note(&self, table: &str, met: Met) {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner).insert(table.to_owned(), met);
    }

    /// What was found, by table.
    #[must_use]
    pub fn met(&self) -> BTreeMap<String, Met> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
