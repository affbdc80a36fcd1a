//! Row counters of a running plan: every node and step counts what passes through it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use polars::prelude::{AllowedOptimizations, DataFrame, LazyFrame, PolarsError};

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
pub struct Counters {
    by_name: Mutex<BTreeMap<String, Counter>>,
    cancelled: Arc<AtomicBool>,
}

/// How an error starts that only says that the run was told to stop.
pub const INTERRUPTED: &str = "[interrupted]";

impl Counters {
    /// Counters of a run that stops at the next batch once `cancelled` is set.
    #[must_use]
    pub fn new(cancelled: Arc<AtomicBool>) -> Self {
        Self { by_name: Mutex::default(), cancelled }
    }

    /// The counter of that name, made when it is not there.
    #[must_use]
    pub fn get(&self, name: &str) -> Counter {
        let mut counters = self.by_name.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        counters.entry(name.to_owned()).or_default().clone()
    }

    /// The value of a counter, zero when it was never made.
    #[must_use]
    pub fn value(&self, name: &str) -> u64 {
        let counters = self.by_name.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        counters.get(name).map_or(0, Counter::get)
    }

    /// Counters whose name contains `infix`, with their values.
    #[must_use]
    pub fn with_infix(&self, infix: &str) -> Vec<(String, u64)> {
        let counters = self.by_name.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let wanted = counters.iter().filter(|(name, _)| name.contains(infix));
        wanted.map(|(name, counter)| (name.clone(), counter.get())).collect()
    }

    /// Lets every row of `frame` pass and counts it under `name`.
    ///
    /// Filters are not moved across the counter, or it would count too few; unused columns still are dropped early.
    #[must_use]
    pub fn count(&self, frame: LazyFrame, name: &str) -> LazyFrame {
        let counter = self.get(name);
        let cancelled = Arc::clone(&self.cancelled);
        frame.map(
            move |batch: DataFrame| {
                if cancelled.load(Ordering::Relaxed) {
                    return Err(PolarsError::ComputeError(INTERRUPTED.into()));
                }
                counter.add(batch.height() as u64);
                Ok(batch)
            },
            pass_through(),
            None,
            Some(named_apart(&format!("count {name}"))),
        )
    }
}

/// A name for a function of a plan that no other function has.
///
/// Polars takes two functions over the same input for one when their names are equal, and would then run only one of
/// them. The name lives as long as the process, a few bytes per step of a plan.
#[must_use]
pub fn named_apart(name: &str) -> &'static str {
    String::leak(name.to_owned())
}

/// Optimisations allowed across a function that looks at rows but changes no column: it streams and lets projections through.
#[must_use]
pub fn pass_through() -> AllowedOptimizations {
    AllowedOptimizations::PROJECTION_PUSHDOWN | AllowedOptimizations::STREAMING
}
