//! `raccordo rejects replay`: a run of rejected rows only.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::cli::args::Params;
use crate::cli::exit::{Exit, Failure};
use crate::cli::open::{Secrets, open};
use crate::cli::reject_args::ReplayArgs;
use crate::cli::rejects::export::REASONS;
use crate::cli::rejects::{Known, chosen, failed, known, project, sheet, state};
use crate::cli::run::{carry_out, tell};
use crate::cli::{clock, talk};
use crate::context::Project;
use crate::diag::{did_you_mean, suggest};
use crate::engine::replay::{Replay, ReplayRow, original};
use crate::engine::{RunOptions, Status, check_accepted};
use crate::state::RejectRecord;

/// Runs the command.
///
/// # Errors
/// The rows or the pipeline are not to be found, or the report cannot be printed.
pub fn command(args: &ReplayArgs) -> Result<Exit, Failure> {
    let project = project();
    let rows = rows(args, &project)?;
    let Some(first) = rows.first() else {
        talk::line("no rejected rows to replay");
        return Ok(Exit::Done);
    };
    let RejectRecord { pipeline, run: of_run, .. } = first.0.clone();
    if let Some((RejectRecord { pipeline: other, .. }, _)) = rows.iter().find(|(row, _)| row.pipeline != pipeline) {
        return Err(Failure::new(Exit::Wrong, format!("these rows are of two pipelines, `{pipeline}` and `{other}`"))
            .help("replay those of one at a time with `--pipeline`"));
    }
    let replay = Replay { rows: rows.into_iter().map(|(_, row)| row).collect() };
    run(args, &project, (&pipeline, &of_run), replay)
}

fn run(args: &ReplayArgs, project: &Project, (pipeline, run): (&str, &str), replay: Replay) -> Result<Exit, Failure> {
    let started_at = clock::now();
    let file = match &args.pipeline_file {
        Some(file) => file.clone(),
        None => find(project, pipeline)?,
    };
    let params = Params { given: params_of(project, run)? };
    let plan = open(&file, &params, started_at, Secrets::Needed)?.without_warnings().ready()?.plan;
    if plan.name != pipeline {
        let message = format!("`{}` is pipeline `{}`, and the rows are of `{pipeline}`", file.display(), plan.name);
        return Err(Failure::new(Exit::Wrong, message));
    }
    check_accepted(&plan, &args.accept).map_err(Failure::wrong)?;
    replay.targets(&plan, &args.only).map_err(Failure::wrong)?;
    let count = replay.rows.len();
    let mut options = RunOptions::at(started_at);
    options.only.clone_from(&args.only);
    options.accept.clone_from(&args.accept);
    options.wait = args.wait;
    options.replay = Some(replay);
    let outcome = carry_out(&plan, options, args.json)?;
    tell(args.json, false, &outcome)?;
    let report = &outcome.report;
    let again: u64 = report.rejects.iter().map(|cause| cause.rows).sum();
    if outcome.status == Status::Failed {
        talk::line(&format!("{} stay as they were", talk::counted(count, "reject")));
        return Ok(Exit::Failed);
    }
    talk::line(&format!("{} replayed, {again} rejected again", talk::counted(count, "row")));
    Ok(if outcome.status == Status::Done && again > 0 { Exit::ChecksSayNo } else { outcome.exit_status().into() })
}

/// The rows, each with what the state knows of it.
fn rows(args: &ReplayArgs, project: &Project) -> Result<Vec<(RejectRecord, ReplayRow)>, Failure> {
    if args.file.is_none() && args.id.is_empty() && args.choice.is_empty() {
        return Err(Failure::new(Exit::Wrong, "nothing says which rows to replay").help(
            "give a file that `raccordo rejects export` wrote, or `--cause`, `--node`, `--pipeline`, `--run`, `--id`",
        ));
    }
    let (mut found, _) = known(project, &chosen(project, &args.choice)?)?;
    if !args.id.is_empty() {
        found.retain(|known| args.id.contains(&known.record.id));
        if let Some(unknown) = args.id.iter().find(|id| !found.iter().any(|known| known.record.id == **id)) {
            return Err(Failure::new(Exit::Wrong, format!("there is no open reject {unknown}")));
        }
    }
    match &args.file {
        Some(file) => corrected(file, &found),
        None => Ok(found.into_iter().map(|known| row(&known, BTreeMap::new())).collect()),
    }
}

fn row(known: &Known, changes: BTreeMap<String, Option<String>>) -> (RejectRecord, ReplayRow) {
    let row = ReplayRow { id: known.record.id, reject: known.reject.clone(), changes };
    (known.record.clone(), row)
}

/// The rows of a file that came back, with the cells that are not as they were.
fn corrected(file: &Path, found: &[Known]) -> Result<Vec<(RejectRecord, ReplayRow)>, Failure> {
    let shown = file.display();
    let wrong = |message: String| Failure::new(Exit::Wrong, message);
    let rows = sheet::read(file).map_err(|error| wrong(format!("cannot read `{shown}`: {error}")))?;
    let mut rows = rows.into_iter();
    let header: Vec<String> = rows.next().unwrap_or_default().iter().map(|name| name.trim().to_owned()).collect();
    let Some(id_at) = header.iter().position(|name| name == "_id") else {
        return Err(wrong(format!("`{shown}` has no column `_id`, which tells which row is which"))
            .help("correct a file that `raccordo rejects export` wrote, and keep its columns"));
    };
    check_columns(&shown.to_string(), &header, found)?;
    let (mut taken, mut seen, mut skipped) = (Vec::new(), BTreeSet::new(), Vec::new());
    for (number, cells) in rows.enumerate() {
        let written = cells.get(id_at).map_or("", |cell| cell.trim());
        let id: i64 = written.parse().map_err(|_| {
            wrong(format!("row {} of `{shown}` has `{written}` in `_id`", number + 2))
                .help("leave `_id` as it was written")
        })?;
        if !seen.insert(id) {
            return Err(wrong(format!("reject {id} stands twice in `{shown}`")).help("keep one of the two rows"));
        }
        match found.iter().find(|known| known.record.id == id) {
            Some(known) => taken.push(row(known, changes(known, &header, &cells))),
            None => skipped.push(id.to_string()),
        }
    }
    if !skipped.is_empty() {
        let (count, ids) = (talk::counted(skipped.len(), "row"), skipped.join(", "));
        talk::line(&format!("note: {count} left out, because no open reject is behind them any more: {ids}"));
    }
    Ok(taken)
}

/// A column that no row has is a name that was changed: its corrections would be lost. One that is missing changes nothing.
fn check_columns(file: &str, header: &[String], found: &[Known]) -> Result<(), Failure> {
    let rows = || found.iter().flat_map(|known| original(&known.reject)).map(|cell| cell.column);
    let known: BTreeSet<String> = rows().collect();
    let is_known = |name: &String| name.is_empty() || REASONS.contains(&name.as_str()) || known.contains(name);
    let Some(unknown) = header.iter().find(|name| !found.is_empty() && !is_known(name)) else { return Ok(()) };
    let mut failure = Failure::new(Exit::Wrong, format!("`{file}` has a column `{unknown}` that none of its rows had"));
    if let Some(help) = did_you_mean(unknown, known.iter().map(String::as_str)) {
        failure = failure.help(help);
    }
    Err(failure
        .help("keep the names of the columns as they were written, and remove what is only a note")
        .help(suggest::known("columns", known.iter().map(String::as_str))))
}

fn changes(known: &Known, header: &[String], cells: &[String]) -> BTreeMap<String, Option<String>> {
    let before = original(&known.reject);
    let columns = header.iter().zip(cells).filter(|(name, _)| !REASONS.contains(&name.as_str()));
    let changed = columns.filter_map(|(name, cell)| {
        let was = before.iter().find(|was| was.column == *name)?;
        (was.value.as_deref().unwrap_or_default() != cell)
            .then(|| (name.clone(), (!cell.is_empty()).then(|| cell.clone())))
    });
    changed.collect()
}

/// The parameters of a run: its rows were computed with them.
fn params_of(project: &Project, run: &str) -> Result<Vec<(String, String)>, Failure> {
    let Some(state) = state(project)? else { return Ok(Vec::new()) };
    let run = state.run(run).map_err(|error| failed(&error))?;
    let params = run.map(|run| run.params).unwrap_or_default();
    let params: BTreeMap<String, String> = serde_json::from_str(&params).unwrap_or_default();
    Ok(params.into_iter().collect())
}

/// The file of a pipeline of the project: one that begins with its name, in the project or in `pipelines/`.
fn find(project: &Project, pipeline: &str) -> Result<PathBuf, Failure> {
    let mut found: Vec<PathBuf> = pipeline_files(project);
    found.retain(|file| name_of(file).as_deref() == Some(pipeline));
    match found.as_slice() {
        [file] => Ok(file.clone()),
        [] => Err(Failure::new(Exit::Wrong, format!("no file of the project is pipeline `{pipeline}`"))
            .help("name it: `--pipeline-file FILE`")),
        [first, second, ..] => {
            let message = format!("`{}` and `{}` are both pipeline `{pipeline}`", first.display(), second.display());
            Err(Failure::new(Exit::Wrong, message).help("say which one: `--pipeline-file FILE`"))
        }
    }
}

/// The pipeline files of a project, sorted.
#[must_use]
pub fn pipeline_files(project: &Project) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for folder in [project.root().to_path_buf(), project.path("pipelines")] {
        let files = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
        let is_yaml =
            |path: &PathBuf| path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml");
        found.extend(files.filter(is_yaml).filter(|file| name_of(file).is_some()));
    }
    found.sort();
    found
}

/// The name that a file says at the beginning of a line: `pipeline: name`.
fn name_of(file: &Path) -> Option<String> {
    let text = std::fs::read_to_string(file).ok()?;
    let name = text.lines().find_map(|line| line.strip_prefix("pipeline:"))?;
    let name = name.split(" #").next().unwrap_or(name);
    Some(name.trim().trim_matches(['"', '\'']).to_owned())
}
