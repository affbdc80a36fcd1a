//! Looking at a plan without loading: rows of a table, the optimised Polars plan.

use std::collections::BTreeMap;

use polars::prelude::{DataFrame, Engine, IdxSize, LazyFrame};

use crate::context::NodeError;
use crate::engine::failure;
use crate::engine::frames::Frames;
use crate::engine::run::{RunOptions, context};
use crate::plan::Plan;

/// The first `rows` rows of a table. Nothing is loaded, and the staging folder is removed again.
///
/// # Errors
/// As a run.
pub fn preview(plan: &Plan, node: &str, rows: usize, options: &RunOptions) -> Result<DataFrame, NodeError> {
    look(plan, node, options, |frame| {
        let frame = frame.limit(IdxSize::try_from(rows).unwrap_or(IdxSize::MAX));
        Ok(frame.collect_with_engine(Engine::Streaming)?.unwrap_single())
    })
}

/// The optimised plan of a table, in Polars' own words.
///
/// # Errors
/// A source that cannot be read.
pub fn optimised_plan(plan: &Plan, node: &str, options: &RunOptions) -> Result<String, NodeError> {
    look(plan, node, options, |frame| Ok(frame.explain(true)?))
}

fn look<T>(
    plan: &Plan,
    node: &str,
    options: &RunOptions,
    see: impl FnOnce(LazyFrame) -> Result<T, NodeError>,
) -> Result<T, NodeError> {
    let dir = plan.project.state_dir().join(format!("preview-{}", std::process::id()));
    let cx = context(plan, options, dir);
    let seen = Frames::new(plan, &cx, &[node], BTreeMap::new()).table(node).and_then(see);
    // The row of a failure is looked for in the staged files, so they go last.
    let seen = seen.map_err(|error| failure::explain(error, plan, &cx, false));
    let _ = std::fs::remove_dir_all(&cx.dir);
    seen
}
