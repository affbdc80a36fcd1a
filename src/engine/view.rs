//! Looking at a plan without loading: rows of a table, the optimised Polars plan.

use std::collections::BTreeMap;

use polars::prelude::{DataFrame, Engine, IdxSize};

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
    let dir = plan.project.state_dir().join(format!("preview-{}", std::process::id()));
    let cx = context(plan, options, dir);
    let mut frames = Frames::new(plan, &cx, &[node], BTreeMap::new());
    let result = frames.table(node).and_then(|frame| {
        let frame = frame.limit(IdxSize::try_from(rows).unwrap_or(IdxSize::MAX));
        let collected = frame.collect_with_engine(Engine::Streaming)?;
        Ok(collected.unwrap_single())
    });
    let _ = std::fs::remove_dir_all(&cx.dir);
    result.map_err(|error| failure::explain(error, plan, &cx))
}

/// The optimised plan of a table, in Polars' own words.
///
/// # Errors
/// A source that cannot be read.
pub fn optimised_plan(plan: &Plan, node: &str, options: &RunOptions) -> Result<String, NodeError> {
    let dir = plan.project.state_dir().join(format!("preview-{}", std::process::id()));
    let cx = context(plan, options, dir);
    let mut frames = Frames::new(plan, &cx, &[node], BTreeMap::new());
    let text = frames.table(node).and_then(|frame| Ok(frame.explain(true)?));
    let _ = std::fs::remove_dir_all(&cx.dir);
    text
}
