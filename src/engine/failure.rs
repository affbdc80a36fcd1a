//! Finding the row: an error of the running plan is traced to its step and to the row that caused it.
//!
//! Kernels mark their errors with `[code at table#step]`. Only after such a failure the input of that step is computed
//! again and cut in halves until the row is found; a run that goes well pays nothing for it.

use std::collections::BTreeMap;
use std::path::Path;

use polars::prelude::{DataFrame, IntoLazy};

use crate::context::counters::INTERRUPTED;
use crate::context::{NodeError, RunCx};
use crate::diag::{Code, Mark};
use crate::engine::frames::{Frames, site};
use crate::plan::{NodeKind, Plan, PlanStep};
use crate::transforms::StepCx;
use crate::transforms::reject::text_at;

/// Turns an error of the running plan into one that says where and which row. `begun`: a load was being sent already.
#[must_use]
pub fn explain(error: NodeError, plan: &Plan, cx: &RunCx, begun: bool) -> NodeError {
    if error.message.contains(INTERRUPTED) && begun {
        return NodeError::new(Code::Interrupted, "interrupted: what the loads list as written or arrived is there")
            .help("run it again: it goes on from there");
    }
    if error.message.contains(INTERRUPTED) {
        return NodeError::new(Code::Interrupted, "interrupted: nothing was written")
            .help("run it again; nothing half-written remains");
    }
    let Some(marked) = Mark::find(&error.message) else { return error };
    if let Some(load) = marked.site.strip_prefix("load:") {
        return of_load(&marked, load);
    }
    let Some((table, index, step)) = locate(plan, &marked.site) else { return error };
    let message = format!("step {} (`{}`) of table `{table}`: {}", index + 1, step.kind, marked.message);
    let mut explained = NodeError::new(marked.code, message);
    explained.help = error.help;
    match find_row(plan, cx, table, index, step) {
        Some(row) => explained.help(format!("the row: {row}")),
        None => explained,
    }
}

/// What the system says of a disk without space, and of a place that cannot be written: the same words everywhere.
const FULL: [&str; 4] = ["os error 28", "os error 122", "File too large", "No space left"];
const DENIED: [&str; 3] = ["os error 13", "os error 30", "Permission denied"];

/// The engine does not say which file it could not write: the error gets the folder in which it was.
#[must_use]
pub fn on_disk(mut error: NodeError, folder: &Path, cx: &RunCx) -> NodeError {
    let says = |words: &[&str]| words.iter().any(|word| error.message.contains(word));
    let help = match () {
        () if error.message.contains('`') => return error,
        () if says(&FULL) => "free some space on the disk that holds this folder, and run again",
        () if says(&DENIED) => "give the user who runs raccordo the right to write there, and run again",
        () => return error,
    };
    let shown = folder.strip_prefix(cx.project.root()).unwrap_or(folder).display();
    error.code = Code::WriteFailed;
    error.message = format!("cannot write in `{shown}`: {}", error.message);
    error.help(help)
}

/// A load's error is complete: `message; help`.
fn of_load(marked: &Mark, load: &str) -> NodeError {
    let mut parts = marked.message.split("; ");
    let message = parts.next().unwrap_or_default();
    let error = NodeError::new(marked.code, format!("load `{load}`: {message}"));
    parts.fold(error, NodeError::help)
}

fn locate<'p>(plan: &'p Plan, wanted: &str) -> Option<(&'p str, usize, &'p PlanStep)> {
    let (table, _) = wanted.rsplit_once('#')?;
    let (name, node) = plan.nodes.get_key_value(table)?;
    let NodeKind::Transform { steps, .. } = &node.kind else { return None };
    let index = (0..steps.len()).find(|index| site(table, *index) == wanted)?;
    Some((name, index, &steps[index]))
}

/// The row that makes the step fail, as `column=value` pairs.
fn find_row(plan: &Plan, cx: &RunCx, table: &str, index: usize, step: &PlanStep) -> Option<String> {
    if !step.tables.is_empty() {
        return None;
    }
    // Counted and rejected already: this second look must leave no trace.
    let quiet = cx.quiet();
    let mut frames = Frames::new(plan, &quiet, &[table], BTreeMap::new());
    let input = frames.steps(table, index).ok()?.collect().ok()?;
    let step_cx = StepCx { run: &quiet, node: table, site: site(table, index) };
    let fails = |rows: &DataFrame| match (step.bound.lower)(vec![rows.clone().lazy()], &step_cx) {
        Ok(frame) => frame.collect().is_err(),
        Err(_) => true,
    };
    let mut rows = input;
    if !fails(&rows) {
        return None;
    }
    while rows.height() > 1 {
        let half = rows.height() / 2;
        let first = rows.slice(0, half);
        rows = if fails(&first) { first } else { rows.slice(i64::try_from(half).ok()?, rows.height() - half) };
    }
    Some(describe(&rows))
}

fn describe(row: &DataFrame) -> String {
    const SHOWN: usize = 12;
    let cells = row.columns().iter().take(SHOWN).map(|column| {
        let value = text_at(column, 0).unwrap_or_else(|| "null".to_owned());
        let short: String = value.chars().take(60).collect();
        format!("{}={short}", column.name())
    });
    cells.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod on_disk_tests {
    use std::sync::Arc;

    use super::*;
    use crate::context::{Params, Project, Rejects};

    #[test]
    fn a_disk_that_refuses_is_named() {
        let project = Project::of(Path::new("/negozio"));
        let rejects = Arc::new(Rejects::new(None));
        let now = chrono::DateTime::UNIX_EPOCH;
        let cx = RunCx::new(project, Params::default(), "/negozio/.raccordo/runs/r", now, rejects, Arc::default());
        for (message, code, expected) in [
            ("No space left on device (os error 28)", Code::WriteFailed, "cannot write in `"),
            ("Permission denied (os error 13)", Code::WriteFailed, "cannot write in `"),
            ("cannot write `out/a.csv`: No space left", Code::RunFailed, "cannot write `out/a.csv`"),
            ("column not found", Code::RunFailed, "column not found"),
        ] {
            let error = on_disk(NodeError::new(Code::RunFailed, message), &cx.staging_dir(), &cx);
            assert!(error.message.starts_with(expected) && error.message.ends_with(message), "{}", error.message);
            assert_eq!((error.code, error.help.is_empty()), (code, code == Code::RunFailed), "{message}");
        }
    }
}
