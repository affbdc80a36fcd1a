//! How a run ended: failed, out of balance, refused by a check, or well.

use crate::context::NodeError;
use crate::engine::books;
use crate::engine::report::{Problem, Report, Status};
use crate::loads::delivery::spec::percent;
use crate::plan::Plan;

/// Says how a run ended, and why.
pub fn settle(report: &mut Report, plan: &Plan, result: Result<(), NodeError>) {
    match result {
        Err(error) => {
            let problem = Problem { code: error.code.as_str().to_owned(), message: error.message, help: error.help };
            report.problem = Some(problem);
            report.unbalanced.clear();
            report.balanced = true;
            report.status = Status::Failed;
        }
        Ok(()) if !report.balanced => report.status = Status::Bug,
        Ok(()) => say_no(report, plan.fail_above),
    }
}

/// The share of rejects beyond which nothing is too much: the person wants it so.
const ALL: u64 = 1_000_000;

/// Too many rows were rejected, or a load got rows and not one arrived.
fn say_no(report: &mut Report, limit: Option<u64>) {
    let refused: Vec<String> = books::refused_whole(&report.loads)
        .filter(|_| limit.is_none_or(|limit| limit < ALL))
        .map(|load| {
            let (name, rows) = (&load.name, load.rows_in);
            format!(
                "load `{name}`: every one of its {rows} rows was refused, nothing arrived; `raccordo rejects list` says why, \
                 and `fail_above: 100%` allows it"
            )
        })
        .collect();
    let worst = books::worst_share(&report.tables, &report.loads);
    let passed = limit.zip(worst).filter(|(limit, (share, _))| share > limit);
    let passed = passed.map(|(limit, (share, place))| {
        format!("{} of the rows of {place} were rejected; the limit is {}", percent(share), percent(limit))
    });
    if passed.is_some() || !refused.is_empty() {
        report.status = Status::ChecksSayNo;
    }
    report.notes.extend(passed.into_iter().chain(refused));
}
