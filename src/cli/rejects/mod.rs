//! `raccordo rejects`: rejected rows looked at, corrected and replayed.

pub mod export;
pub mod list;
pub mod replay;
pub mod sheet;
pub mod show;

use std::collections::BTreeSet;
use std::path::Path;

use crate::cli::exit::{Exit, Failure};
use crate::cli::reject_args::{Choice, DropArgs, RejectsCommand};
use crate::cli::talk;
use crate::context::{Project, Reject};
use crate::diag::{did_you_mean, suggest};
use crate::engine::reject_index;
use crate::state::{RejectFilter, RejectGroup, RejectRecord, State, StateError};

/// Runs the command.
///
/// # Errors
/// See each command.
pub fn command(command: &RejectsCommand) -> Result<Exit, Failure> {
    match command {
        RejectsCommand::List(args) => list::command(args),
        RejectsCommand::Show(args) => show::command(args),
        RejectsCommand::Export(args) => export::command(args),
        RejectsCommand::Replay(args) => replay::command(args),
        RejectsCommand::Drop(args) => drop_them(args),
    }
}

/// A reject with its row.
pub struct Known {
    /// What the state knows.
    pub record: RejectRecord,
    /// The row as it was kept.
    pub reject: Reject,
}

/// The project of the current folder.
#[must_use]
pub fn project() -> Project {
    Project::of(Path::new("."))
}

/// The state of the project; nothing when nothing has run yet.
///
/// # Errors
/// It cannot be used.
pub fn state(project: &Project) -> Result<Option<State>, Failure> {
    let path = project.state_dir().join("state.db");
    if !path.exists() {
        return Ok(None);
    }
    State::open(&path).map(Some).map_err(|error| failed(&error))
}

/// The failure of a state that cannot be used.
#[must_use]
pub fn failed(error: &StateError) -> Failure {
    Failure::new(Exit::Failed, format!("the state cannot be used: {error}")).help(error.help())
}

/// What was chosen, when there is such a pipeline, cause, table and run.
///
/// # Errors
/// A name that no reject has ever had, or the state cannot be read.
pub fn chosen(project: &Project, choice: &Choice) -> Result<RejectFilter, Failure> {
    let Some(state) = state(project)? else { return Ok(choice.filter()) };
    let all = RejectFilter { all: true, ..RejectFilter::default() };
    let groups = state.reject_groups(&all).map_err(|error| failed(&error))?;
    let names = |of: fn(&RejectGroup) -> &str| groups.iter().map(of).map(str::to_owned).collect::<BTreeSet<_>>();
    check_name("--pipeline", choice.pipeline.as_deref(), &names(|group| &group.pipeline))?;
    check_name("--cause", choice.cause.as_deref(), &names(|group| &group.cause))?;
    check_name("--node", choice.node.as_deref(), &names(|group| &group.node))?;
    if let Some(run) = &choice.run
        && state.run(run).map_err(|error| failed(&error))?.is_none()
    {
        return Err(Failure::new(Exit::Wrong, format!("there is no run `{run}`")).help("`raccordo runs` lists them"));
    }
    Ok(choice.filter())
}

/// A name that a person has given must be one of those that are known.
///
/// # Errors
/// It is none; the known ones are named.
pub fn check_name(option: &str, given: Option<&str>, known: &BTreeSet<String>) -> Result<(), Failure> {
    let Some(given) = given.filter(|given| !known.contains(*given)) else { return Ok(()) };
    let names = || known.iter().map(String::as_str);
    let mut failure = Failure::new(Exit::Wrong, format!("`{option} {given}`: no reject was ever of that name"));
    if let Some(help) = did_you_mean(given, names()) {
        failure = failure.help(help);
    }
    let help = if known.is_empty() { "no row was ever rejected".to_owned() } else { suggest::known("names", names()) };
    Err(failure.help(help))
}

/// The chosen rejects with their rows, and how many rows are gone with the folder of their run.
///
/// # Errors
/// The state cannot be read.
pub fn known(project: &Project, filter: &RejectFilter) -> Result<(Vec<Known>, usize), Failure> {
    let Some(state) = state(project)? else { return Ok((Vec::new(), 0)) };
    let records = state.rejects(filter).map_err(|error| failed(&error))?;
    let (all, mut found) = (records.len(), Vec::new());
    for record in records {
        let file = project.state_dir().join("runs").join(&record.run).join("rejects.jsonl");
        if let Ok(reject) = reject_index::at(&file, record.position) {
            found.push(Known { record, reject });
        }
    }
    let gone = all - found.len();
    if gone > 0 {
        let rows = talk::counted(gone, "row");
        talk::line(&format!("note: {rows} cannot be read any more: the folder of the run was removed"));
    }
    Ok((found, gone))
}

fn drop_them(args: &DropArgs) -> Result<Exit, Failure> {
    if args.id.is_empty() && args.choice.is_empty() {
        return Err(Failure::new(Exit::Wrong, "nothing says which rejects to drop")
            .help("give their numbers, or `--cause`, `--node`, `--pipeline`, `--run`"));
    }
    let project = project();
    let Some(state) = state(&project)? else {
        talk::line("no rejects: nothing has run yet");
        return Ok(Exit::Done);
    };
    let chosen = state.rejects(&chosen(&project, &args.choice)?).map_err(|error| failed(&error))?;
    let chosen = chosen.into_iter().map(|record| record.id);
    let ids: Vec<i64> = chosen.filter(|id| args.id.is_empty() || args.id.contains(id)).collect();
    if let Some(unknown) = args.id.iter().find(|id| !ids.contains(id)) {
        return Err(Failure::new(Exit::Wrong, format!("there is no open reject {unknown}")));
    }
    state.drop_rejects(&ids).map_err(|error| failed(&error))?;
    talk::line(&format!("{} dropped", talk::counted(ids.len(), "reject")));
    Ok(Exit::Done)
}
