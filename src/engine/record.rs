//! A run in the state: that it begins, how it ended, its books. And its report, kept in its folder.

use crate::context::{NodeError, RunCx};
use crate::engine::advance;
use crate::engine::report::{LoadReport, Report, Status, TableReport};
use crate::engine::run::RunOptions;
use crate::io::secret::hide;
use crate::plan::Plan;
use crate::state::{NewRun, NodeRecord, RunEnd, State};

/// Notes that a run begins.
///
/// # Errors
/// The state cannot be written.
pub fn begin(plan: &Plan, run: &str, options: &RunOptions, state: &State) -> Result<(), NodeError> {
    let params = plan.params.0.iter().map(|(name, param)| (name.clone(), param.value.clone().into()));
    let params = serde_json::Value::Object(params.collect()).to_string();
    let new = NewRun {
        run,
        pipeline: &plan.name,
        fingerprint: &plan.fingerprint,
        params: &params,
        started_at: options.started_at,
    };
    state.begin_run(&new).map_err(|error| advance::unusable(&error))
}

/// Notes how a run ended, with its books. A state that cannot be written is noted in the report.
pub fn end(report: &mut Report, state: &State, cx: &RunCx) {
    let problem =
        report.problem.as_ref().map(|problem| hide(&format!("[{}] {}", problem.code, problem.message)).into_owned());
    let interrupted = report.problem.as_ref().is_some_and(|problem| problem.code == "interrupted");
    let outcome = match report.status {
        _ if interrupted => "interrupted",
        Status::Done => "done",
        Status::Failed => "failed",
        Status::ChecksSayNo => "checks_say_no",
        Status::Bug => "bug",
    };
    let end = RunEnd { outcome, exit: report.status.exit_code(), problem: problem.as_deref(), ended_at: cx.now() };
    let tables = report.tables.iter().map(of_table);
    let nodes: Vec<NodeRecord> = tables.chain(report.loads.iter().map(of_load)).collect();
    if let Err(error) = state.end_run(&report.run, &end, &nodes) {
        report.notes.push(format!("the run could not be noted as ended: {error}"));
    }
}

fn of_table(table: &TableReport) -> NodeRecord {
    NodeRecord {
        role: "table".to_owned(),
        node: table.name.clone(),
        kind: table.kind.clone(),
        rows_in: table.rows_in,
        filtered: table.filtered,
        rejected: table.rejected,
        rows_out: table.rows_out,
        ..NodeRecord::default()
    }
}

fn of_load(load: &LoadReport) -> NodeRecord {
    let changes = load.receipt.as_ref().and_then(|receipt| receipt.changes).unwrap_or_default();
    NodeRecord {
        role: "load".to_owned(),
        node: load.name.clone(),
        kind: load.kind.clone(),
        rows_in: load.rows_in,
        rejected: load.rejected,
        rows_out: load.receipt.as_ref().map_or(0, |receipt| receipt.rows),
        unchanged: changes.unchanged,
        created: changes.created,
        updated: changes.updated,
        deleted: changes.deleted,
        failed: changes.failed,
        ..NodeRecord::default()
    }
}

/// Keeps the report beside the rejects. A report that cannot be kept is noted, it does not undo the run.
pub fn keep_report(report: &mut Report, cx: &RunCx) {
    let json = serde_json::to_string_pretty(report).unwrap_or_default();
    let kept = std::fs::create_dir_all(&cx.dir)
        .and_then(|()| std::fs::write(cx.dir.join("report.json"), hide(&json).as_bytes()))
        .and_then(|()| std::fs::write(cx.dir.join("report.txt"), hide(&report.to_text()).as_bytes()));
    if let Err(error) = kept {
        report.notes.push(format!("the report could not be kept in `{}`: {error}", cx.dir.display()));
    }
}
