//! Looks at rows as they stream by, and fails the run or counts when something is wrong with them.
//!
//! A guard changes no row. It sees batches in no certain order and perhaps several at once, so what it remembers must
//! not depend on that. The names of errors are marked as `[code at SITE]`, by which the engine finds the step.

use std::sync::Arc;

use polars::prelude::{AllowedOptimizations, DataFrame, LazyFrame, PolarsError, PolarsResult};

use crate::context::counters::named_apart;
use crate::diag::{Code, mark};
use crate::transforms::reject::{key_of, row_json};

/// Shows every batch to `look` and then takes the columns `working` away, which only `look` needed. `what` names the
/// guard, and no other guard of the plan.
pub fn watch(
    frame: LazyFrame,
    working: Vec<String>,
    what: &str,
    look: impl Fn(&DataFrame) -> PolarsResult<()> + Send + Sync + 'static,
) -> LazyFrame {
    let dropped = working.clone();
    let schema = move |schema: &polars::prelude::Schema| {
        let mut out = schema.clone();
        for name in &dropped {
            out.shift_remove(name.as_str());
        }
        Ok(Arc::new(out))
    };
    // Filters and projections stop here: rows must be seen before the former, working columns before the latter.
    frame.map(
        move |batch: DataFrame| {
            look(&batch)?;
            Ok(batch.drop_many(working.iter().map(String::as_str)))
        },
        AllowedOptimizations::STREAMING,
        Some(Arc::new(schema)),
        Some(named_apart(what)),
    )
}

/// An error of a step, marked for the engine.
#[must_use]
pub fn failure(code: Code, site: &str, message: &str) -> PolarsError {
    PolarsError::ComputeError(mark(code, site, message).into())
}

/// A row in the words of a message: its key columns, or all of it when there are none.
#[must_use]
pub fn row_words(rows: &DataFrame, key: &[String], row: usize) -> String {
    key_of(rows, key, row).unwrap_or_else(|| row_json(&rows.slice(i64::try_from(row).unwrap_or(0), 1), 0))
}
