//! Row counters of a running plan: every node and step counts what passes through it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use polars::prelude::{AllowedOptimizations, DataFrame, LazyFrame};

/// One counter, shared between the plan and the report.
#[derive(Clone, Debug, Default)]
pub struct Counter(Arc<AtomicU64>);

impl Counter {
    /// Adds `rows`.
    pub fn add(&self, rows: u64) {
        self.0.fetch_add(rows, Ordering::Relaxed);
    }

    /// The rows counted so far.
    #[must_use]
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// All counters of a run by name (`table`, `table#3`, `load:name`, …).
#[derive(Debug, Default)]
pub struct Counters(Mutex<BTreeMap<String, Counter>>);

impl Counters {
    /// The counter of that name, made when it is not there.
    #[must_use]
    pub fn get(&self, name: &str) -> Counter {
        let mut counters = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        counters.entry(name.to_owned()).or_default().clone()
    }

    /// The value of a counter, zero when it was never made.
    #[must_use]
    pub fn value(&self, name: &str) -> u64 {
        let counters = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        counters.get(name).map_or(0, Counter::get)
    }

    /// Lets every row of `frame` pass and counts it under `name`.
    ///
    /// Filters are not moved across the counter, or it would count too few; unused columns still are dropped early.
    #[must_use]
    pub fn count(&self, frame: LazyFrame, name: &str) -> LazyFrame {
        let counter = self.get(name);
        frame.map(
            move |batch: DataFrame| {
                counter.add(batch.height() as u64);
                Ok(batch)
            },
            pass_through(),
            None,
            Some("count rows"),
        )
    }
}

/// Optimisations allowed across a function that looks at rows but changes no column: it streams and lets projections through.
#[must_use]
pub fn pass_through() -> AllowedOptimizations {
    AllowedOptimizations::PROJECTION_PUSHDOWN | AllowedOptimizations::STREAMING
}
