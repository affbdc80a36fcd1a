//! `raccordo doctor`: what would keep runs from going well. It looks and says; it changes nothing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::cli::clock;
use crate::cli::exit::{Exit, Failure};
use crate::cli::reject_args::DoctorArgs;
use crate::cli::rejects::project;
use crate::cli::rejects::replay::pipeline_files;
use crate::cli::talk;
use crate::context::Project;
use crate::context::project::PROJECT_FILE;
use crate::diag::{Code, SourceMap};
use crate::io::http;
use crate::io::secret_store::is_open_to_others;
use crate::plan::{self, Way};
use crate::spec;
use crate::spec::project::ProjectFile;
use crate::state::{RunLock, SCHEMA_VERSION, State};

/// How long a service may take to be found.
const PATIENCE: Duration = Duration::from_secs(5);

/// Free space below which runs may fail, in MiB.
const LITTLE_SPACE: u64 = 1024;

/// How a check went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Verdict {
    Ok,
    Warning,
    Error,
}

#[derive(Debug, Serialize)]
struct Finding {
    check: &'static str,
    verdict: Verdict,
    message: String,
}

#[derive(Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn add(&mut self, check: &'static str, verdict: Verdict, message: impl Into<String>) {
        self.0.push(Finding { check, verdict, message: message.into() });
    }

    fn ok(&mut self, check: &'static str, message: impl Into<String>) {
        self.add(check, Verdict::Ok, message);
    }

    fn warn(&mut self, check: &'static str, message: impl Into<String>) {
        self.add(check, Verdict::Warning, message);
    }

    fn wrong(&mut self, check: &'static str, message: impl Into<String>) {
        self.add(check, Verdict::Error, message);
    }
}

/// Runs the command.
///
/// # Errors
/// The findings cannot be printed.
pub fn command(args: &DoctorArgs) -> Result<Exit, Failure> {
    let project = project();
    let now = clock::now();
    let mut found = Findings::default();
    state(&project, now, &mut found);
    locks(&project, &mut found);
    disk(&project, &mut found);
    let files = if args.files.is_empty() { pipeline_files(&project) } else { args.files.clone() };
    secrets(&project, &files, now, &mut found);
    for file in &files {
        connections(file, now, &mut found);
    }
    mail(&project, &mut found);
    let has_error = found.0.iter().any(|finding| finding.verdict == Verdict::Error);
    if args.json {
        talk::json(&found.0)?;
    } else {
        let lines = found.0.iter().map(|finding| {
            let verdict = match finding.verdict {
                Verdict::Ok => "ok     ",
                Verdict::Warning => "warning",
                Verdict::Error => "ERROR  ",
            };
            format!("{verdict}  {:<11} {}\n", finding.check, finding.message)
        });
        talk::data(&lines.collect::<String>())?;
    }
    Ok(if has_error { Exit::Failed } else { Exit::Done })
}

/// The state file, and the clock against what it remembers.
fn state(project: &Project, now: DateTime<Utc>, found: &mut Findings) {
    let path = project.state_dir().join("state.db");
    let shown = path.display();
    if !path.exists() && !path.with_file_name("backup").exists() {
        return found.ok("state", format!("there is no `{shown}` yet: the first run makes it"));
    }
    let state = match State::open(&path).and_then(|state| state.verify().map(|()| state)) {
        Ok(state) => state,
        Err(error) => return found.wrong("state", format!("{error}; {}", error.help())),
    };
    found.ok("state", format!("`{shown}` is well (version {SCHEMA_VERSION})"));
    let Ok(runs) = state.runs(None, 200) else { return };
    let died = runs.iter().filter(|run| run.outcome.as_deref() == Some("died")).count();
    if died > 0 {
        found.warn("runs", format!("{died} of the last {} runs were killed: `raccordo runs`", runs.len()));
    }
    let mut names: Vec<&str> = runs.iter().map(|run| run.pipeline.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    for name in names {
        for open in state.open_deliveries(name).unwrap_or_default() {
            let message =
                format!("a delivery of `{name}` to load `{}` is not confirmed: its next run ends it first", open.load);
            found.warn("runs", message);
        }
    }
    let instant = |text: &str| DateTime::parse_from_rfc3339(text).ok();
    let latest = runs.iter().filter_map(|run| instant(run.ended_at.as_deref().unwrap_or(&run.started_at))).max();
    match latest {
        Some(latest) if latest > now => {
            let ahead = latest.signed_duration_since(now).num_seconds();
            found.wrong(
                "clock",
                format!("the clock went back: the last run ended {ahead} s in the future; set it right"),
            );
        }
        _ if now.timestamp() < 1_704_067_200 => {
            found.wrong("clock", format!("the clock says {now}, which cannot be; set it right"));
        }
        _ => found.ok("clock", format!("{} UTC", now.format("%Y-%m-%d %H:%M:%S"))),
    }
}

fn locks(project: &Project, found: &mut Findings) {
    let folder = project.state_dir().join("locks");
    let files = std::fs::read_dir(&folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut locks: Vec<PathBuf> =
        files.filter(|path| path.extension().is_some_and(|ending| ending == "lock")).collect();
    locks.sort();
    let mut held = 0;
    for lock in locks {
        let Some(pipeline) = lock.file_stem().map(|name| name.to_string_lossy().into_owned()) else { continue };
        if let Some(holder) = RunLock::holder(&project.state_dir(), &pipeline) {
            held += 1;
            found.ok("locks", format!("`{pipeline}` is running: {holder}"));
        } else if let Some(dead) = RunLock::left_by(&project.state_dir(), &pipeline) {
            let message =
                format!("`{pipeline}` was left locked by {dead}, which is dead: its next run takes the lock over");
            found.warn("locks", message);
        }
    }
    if held == 0 {
        found.ok("locks", "no run holds a lock");
    }
}

/// Free space, as `df` tells it, and whether the state folder can be written.
fn disk(project: &Project, found: &mut Findings) {
    let folder = project.state_dir();
    let there = if folder.exists() { folder.as_path() } else { project.root() };
    let probe = there.join(format!(".doctor-{}", std::process::id()));
    match std::fs::write(&probe, b"x").and_then(|()| std::fs::remove_file(&probe)) {
        Ok(()) => found.ok("rights", format!("`{}` can be written", there.display())),
        Err(error) => found.wrong("rights", format!("`{}` cannot be written: {error}", there.display())),
    }
    match free_mib(there) {
        Some(free) if free < LITTLE_SPACE => {
            found.warn("disk", format!("only {free} MiB are free where `{}` is", there.display()));
        }
        Some(free) => found.ok("disk", format!("{free} MiB are free where `{}` is", there.display())),
        None => found.warn("disk", "the system does not tell how much space is free"),
    }
}

fn free_mib(path: &Path) -> Option<u64> {
    let answer = Command::new("df").args(["-Pk"]).arg(path).stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8(answer.stdout).ok()?;
    let free: u64 = text.lines().nth(1)?.split_whitespace().nth(3)?.parse().ok()?;
    Some(free / 1024)
}

/// Whether the server that takes mail lets us in.
fn mail(project: &Project, found: &mut Findings) {
    let (settings, _) = ProjectFile::read(project, &mut SourceMap::default());
    if settings.mail.is_none() {
        return;
    }
    let (spec, mut problems) = settings.mail_server(project);
    let server = spec.and_then(|spec| plan::mail::server(&spec, project, &mut problems));
    let Some(server) = server.filter(|_| !problems.has_errors()) else {
        for problem in problems {
            found.wrong("mail", format!("`{PROJECT_FILE}`: {}", problem.message));
        }
        return;
    };
    match server.greet() {
        Ok(()) => found.ok("mail", format!("`{}:{}` answers", server.host, server.port)),
        Err(why) => found.wrong("mail", why),
    }
}

/// Secrets that pipelines ask for, and rights of the files they are in.
fn secrets(project: &Project, files: &[PathBuf], now: DateTime<Utc>, found: &mut Findings) {
    let (settings, problems) = ProjectFile::read(project, &mut SourceMap::default());
    for problem in problems {
        found.wrong("project", format!("`{PROJECT_FILE}`: {}", problem.message));
    }
    let mut holders: Vec<PathBuf> = settings.secrets.file.iter().map(|file| project.path(file)).collect();
    let usual = [".env", ".segreti", ".secrets"].map(|name| project.path(name));
    holders.extend(usual.into_iter().filter(|path| path.is_file()));
    holders.sort();
    holders.dedup();
    for path in holders {
        match is_open_to_others(&path) {
            Ok(None) => found.ok("secrets", format!("only its owner reads `{}`", path.display())),
            Ok(Some(mode)) => {
                let shown = path.display();
                found.wrong("secrets", format!("others can read `{shown}` (rights {mode:03o}): chmod 600 {shown}"));
            }
            Err(error) => found.wrong("secrets", format!("`{}`: {error}", path.display())),
        }
    }
    for file in files {
        let loaded = spec::load(file, &BTreeMap::new(), now.timestamp_micros(), true);
        let is_missing = |code: Code| matches!(code, Code::SecretMissing | Code::EnvMissing);
        let mut missing = 0;
        for problem in loaded.problems.iter().filter(|problem| is_missing(problem.code)) {
            missing += 1;
            found.wrong("secrets", format!("`{}`: {}", file.display(), problem.message));
        }
        if missing == 0 {
            found.ok("secrets", format!("`{}` has all it asks for", file.display()));
        }
    }
}

/// Whether the services that loads send to can be reached. Behind a proxy they may be reached only through it.
fn connections(file: &Path, now: DateTime<Utc>, found: &mut Findings) {
    let mut loaded = spec::load(file, &BTreeMap::new(), now.timestamp_micros(), false);
    let Some(pipeline) = &loaded.pipeline else { return };
    let (plan, _) = plan::build(pipeline, &loaded.project, &loaded.params, &mut loaded.sources);
    for target in plan.iter().flat_map(|plan| &plan.loads) {
        let Way::Rows(destination) = &target.way else { continue };
        let address = destination.shown();
        if !http::is_address(&address.replace(['{', '}'], "x")) {
            continue;
        }
        let name = &target.name;
        match http::reach(&address.replace(['{', '}'], "x"), PATIENCE) {
            Ok(()) => found.ok("connections", format!("load `{name}`: `{address}` can be reached")),
            Err(error) => found.warn("connections", format!("load `{name}`: `{address}` cannot be reached: {error}")),
        }
    }
}
