//! Rejects in the state: after a run its rejected rows are known by number, until somebody has dealt with them.

use std::collections::{BTreeSet, HashMap};
use std::fs::File;
use std::io::{BufRead, BufReader, Seek, SeekFrom};
use std::path::Path;

use crate::context::{Reject, RunCx};
use crate::diag::SourceMap;
use crate::engine::report::{Report, Status};
use crate::engine::run::RunOptions;
use crate::plan::deliver::fingerprint;
use crate::plan::{NodeKind, Plan};
use crate::spec::project::ProjectFile;
use crate::state::{NewReject, State};

/// Notes the rejects of a run. What cannot be noted is said in the report.
pub fn keep(report: &mut Report, plan: &Plan, options: &RunOptions, state: &State, cx: &RunCx) {
    let failed = report.status == Status::Failed;
    if failed && options.replay.is_some() {
        // Nothing has changed: the rows are still the ones that were to be replayed.
        return;
    }
    let found = match cx.rejects.path().map(read) {
        None => Vec::new(),
        Some(Ok(found)) => found,
        Some(Err(error)) => {
            report.notes.push(format!("the rejected rows could not be noted in the state: {error}"));
            return;
        }
    };
    let replayed: Option<Vec<i64>> =
        options.replay.as_ref().map(|replay| replay.rows.iter().map(|row| row.id).collect());
    let settled = if failed || replayed.is_some() { BTreeSet::new() } else { settled(report, plan) };
    let settled: Vec<&str> = settled.iter().map(String::as_str).collect();
    let noted = state.note_rejects(&plan.name, &report.run, cx.now(), &found, replayed.as_deref(), &settled);
    if noted.is_ok() {
        forget(plan, options, state);
    }
    if let Err(error) = noted {
        report.notes.push(format!("the rejected rows could not be noted in the state: {error}"));
    }
}

/// Forgets rejects that are older than the project keeps them, with the folders of their runs. What cannot be removed stays.
fn forget(plan: &Plan, options: &RunOptions, state: &State) {
    let (settings, _) = ProjectFile::read(&plan.project, &mut SourceMap::default());
    let before = options.started_at - settings.rejects_kept();
    for run in state.forget_rejects(before).unwrap_or_default() {
        let file = plan.project.state_dir().join("runs").join(run).join("rejects.jsonl");
        let _ = std::fs::remove_file(file);
    }
}

/// Nodes of which the run has seen every row: what it did not reject any more was corrected at its source.
fn settled(report: &Report, plan: &Plan) -> BTreeSet<String> {
    let is_whole = |table: &str| {
        plan.closure([table]).iter().all(|name| {
            !matches!(&plan.nodes[*name].kind, NodeKind::Source { increment, once, .. } if increment.is_some() || *once)
        })
    };
    let tables = report.tables.iter().map(|table| table.name.clone()).filter(|table| is_whole(table));
    let loads = report.loads.iter().filter(|load| load.receipt.is_some() && is_whole(&load.from));
    tables.chain(loads.map(|load| format!("load:{}", load.name))).collect()
}

/// The rejects of a file, with where each stands in it.
fn read(path: &Path) -> std::io::Result<Vec<NewReject>> {
    let mut lines = BufReader::new(File::open(path)?);
    let (mut found, mut position, mut equal) = (Vec::new(), 0_u64, HashMap::<String, u64>::new());
    let mut line = String::new();
    while lines.read_line(&mut line)? > 0 {
        let reject: Reject = serde_json::from_str(&line)?;
        let same = identity(&reject, 0);
        // Two rows may be equal in everything and still be two.
        let number = equal.entry(same.clone()).or_default();
        let digest = if *number == 0 { same } else { identity(&reject, *number) };
        *number += 1;
        found.push(NewReject {
            node: reject.node,
            cause: reject.cause,
            digest,
            key: reject.key,
            column: reject.column,
            file: reject.origin.file,
            line: reject.origin.line,
            place: reject.origin.path,
            position,
        });
        position += line.len() as u64;
        line.clear();
    }
    Ok(found)
}

/// What makes a reject the same as that of an earlier run: its node, its place in the source, its content.
fn identity(reject: &Reject, number: u64) -> String {
    // In a load, places are positions in a table that changes.
    let origin =
        if reject.node.starts_with("load:") { crate::context::Origin::default() } else { reject.origin.clone() };
    let line = origin.line.map(|line| line.to_string()).unwrap_or_default();
    let content = if reject.cells.is_empty() {
        reject.row.clone()
    } else {
        serde_json::to_string(&reject.cells).unwrap_or_default()
    };
    let place = [origin.file.unwrap_or_default(), line, origin.path.unwrap_or_default()];
    let parts = [reject.node.clone(), reject.site.clone().unwrap_or_default(), content, number.to_string()];
    fingerprint(place.into_iter().chain(parts))
}

/// The reject at a position of the file of its run.
///
/// # Errors
/// The file is gone, or was changed.
pub fn at(path: &Path, position: u64) -> std::io::Result<Reject> {
    let mut file = BufReader::new(File::open(path)?);
    file.seek(SeekFrom::Start(position))?;
    let mut line = String::new();
    file.read_line(&mut line)?;
    Ok(serde_json::from_str(&line)?)
}
