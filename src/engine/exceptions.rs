//! Exceptions of a run: kept in the state when the loads that show them have arrived, and what they mean for the exit code.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::context::{NodeError, RunCx};
use crate::domain::reconcile::memory::{Change, Status};
use crate::engine::report::{Report, Status as RunStatus};
use crate::loads::delivery::dispatch::state_failed;
use crate::plan::{Plan, Target};
use crate::state::State;

/// Keeps what tables have found of which every load of this run has `arrived`.
///
/// # Errors
/// The state cannot be written.
pub fn keep(
    plan: &Plan,
    targets: &[&Target],
    state: &State,
    cx: &RunCx,
    arrived: &BTreeSet<&str>,
) -> Result<(), NodeError> {
    for (table, met) in cx.exceptions.met() {
        let shows = |target: &&&Target| plan.closure(target.inputs()).contains(&table.as_str());
        if targets.iter().filter(shows).any(|target| !arrived.contains(target.name.as_str())) {
            continue;
        }
        let noted = state.note_exceptions((&plan.name, &table), &cx.name(), cx.now(), met.today, &met.judged);
        noted.map_err(|error| state_failed(&error))?;
        cx.step("exceptions kept");
    }
    Ok(())
}

/// Tells how the exceptions stand; those that say no end a run that went well with exit code 3.
pub fn say(report: &mut Report, cx: &RunCx) {
    if cx.is_replay {
        return;
    }
    for (table, met) in cx.exceptions.met() {
        let count = |status: Status| met.judged.iter().filter(|one| one.status == status).count();
        let [new, open, explained, ignored, resolved] =
            [Status::New, Status::Open, Status::Explained, Status::Ignored, Status::Resolved].map(count);
        let reopened = |one: &&crate::domain::reconcile::memory::Judged| {
            matches!(one.change, Some(Change::CameBack | Change::Expired | Change::AmountChanged))
        };
        let reopened = met.judged.iter().filter(reopened).count();
        let mut note = format!(
            "table `{table}`: {new} new exceptions, {open} open, {explained} explained, {ignored} ignored, {resolved} resolved"
        );
        if reopened > 0 {
            let _ = write!(note, "; {reopened} reopened");
        }
        report.notes.push(note);
        if met.stopping > 0 {
            report.notes.push(format!(
                "{} of them say no to this run: `raccordo exceptions list {}` shows them",
                met.stopping, cx.pipeline
            ));
            if report.status == RunStatus::Done {
                report.status = RunStatus::ChecksSayNo;
            }
        }
    }
}
