//! One run: lock, state, prepare, send, move on, keep the books.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};

use crate::context::run::{Progress, Silent};
use crate::context::{NodeError, Rejects, RunCx, Steps};
use crate::diag::{Code, did_you_mean};
use crate::engine::deliver::commit::Desk;
use crate::engine::deliver::guards::stopped;
use crate::engine::deliver::ledger::{self, sweep};
use crate::engine::deliver::preview::digest;
use crate::engine::deliver::recover::{Recovered, recover};
use crate::engine::forecast::Expected;
use crate::engine::prepare::{Prepared, Wishes, of_load, prepare};
use crate::engine::record;
use crate::engine::replay::Replay;
use crate::engine::report::{Report, Status};
use crate::engine::verdict::settle;
use crate::engine::{advance, books, exceptions, failure, mail, reject_file, reject_index};
use crate::loads::delivery::dispatch::{REFUSED, state_failed};
use crate::loads::{ChangeCounts, Receipt};
use crate::plan::{Plan, Target, Way};
use crate::state::{RunLock, State};

/// How long a write of the state waits for another run that numbers documents.
const PATIENCE: Duration = Duration::from_mins(10);

/// Earlier runs that are looked at for what they left behind.
const RECENT: u32 = 20;

/// How to run.
pub struct RunOptions {
    /// Only these loads (by their own name or their table's); all when empty.
    pub only: Vec<String>,
    /// Everything is read and sent again, whatever is remembered.
    pub full: bool,
    /// Guards that may pass once: `deletes`, or `offerte.deletes` for one load.
    pub accept: Vec<String>,
    /// How long to wait for another run of the pipeline.
    pub wait: Duration,
    /// The instant of the run.
    pub started_at: DateTime<Utc>,
    /// The instant that the rows are computed for, when it is another: that of the plan that is applied.
    pub as_of: Option<DateTime<Utc>>,
    /// Only these rows, which were rejected before; everything else is left alone.
    pub replay: Option<Replay>,
    /// Only what this plan says may happen.
    pub expected: Option<Expected>,
    /// Set when the person wants to stop.
    pub cancelled: Arc<AtomicBool>,
    /// Where long work tells how far it is.
    pub progress: Arc<dyn Progress>,
    /// The points of the run at which it may be interrupted.
    pub steps: Arc<Steps>,
}

impl RunOptions {
    /// Everything, silently, at the given instant.
    #[must_use]
    pub fn at(started_at: DateTime<Utc>) -> Self {
        Self {
            only: Vec::new(),
            full: false,
            accept: Vec::new(),
            wait: Duration::ZERO,
            started_at,
            as_of: None,
            replay: None,
            expected: None,
            cancelled: Arc::default(),
            progress: Arc::new(Silent),
            steps: Arc::default(),
        }
    }

    /// What a person has asked for besides the pipeline.
    #[must_use]
    pub fn wishes(&self) -> Wishes<'_> {
        Wishes { full: self.full, accept: &self.accept, replay: self.replay.as_ref() }
    }
}

/// What came of a run.
pub struct Outcome {
    /// The report; it is also in the run's folder.
    pub report: Report,
    /// How it ended.
    pub status: Status,
}

impl Outcome {
    /// The exit code of the process: that of the run, or that of a failure when all went well but its mail was not sent.
    #[must_use]
    pub fn exit_status(&self) -> Status {
        let unsent = self.report.mail.as_ref().is_some_and(|mail| !mail.sent);
        if unsent && self.status == Status::Done { Status::Failed } else { self.status }
    }
}

/// Runs a plan. Nothing is committed unless every load could be staged.
#[must_use]
pub fn run(plan: &Plan, options: &RunOptions) -> Outcome {
    let clock = Instant::now();
    let name = run_name(options.started_at);
    let dir = plan.project.state_dir().join("runs").join(&name);
    let mut cx = context(plan, options, dir);
    let opened = open(plan, &name, options, &mut cx);
    let mut work = Work { plan, cx: &cx, options, targets: Vec::new(), sent: Vec::new(), notes: Vec::new() };
    let result = match &opened {
        Ok((_lock, state)) => work.execute(state),
        Err(_) => work.choose().map(|targets| work.targets = targets),
    };
    // Numbers that were taken and not committed are given back, and with them the state.
    work.release_register();
    let begun = !work.sent.is_empty();
    let result = result.map_err(|error| failure::explain(error, plan, &cx, begun));
    let _ = std::fs::remove_dir_all(cx.staging_dir());
    let mut report = work.report(&name, clock);
    let (result, state) = match opened {
        Ok((lock, state)) => (result, Some((lock, state))),
        Err(error) => (Err(error), None),
    };
    settle(&mut report, plan, result);
    exceptions::say(&mut report, &cx);
    if let Some((_lock, state)) = &state {
        record::end(&mut report, state, &cx);
        reject_index::keep(&mut report, plan, options, state, &cx);
        if let Err(error) = state.back_up(options.started_at) {
            report.notes.push(format!("no copy of the state was kept: {error}"));
        }
    }
    let now = options.started_at + clock.elapsed();
    report.mail = mail::send(plan, &report, &cx, now);
    record::keep_report(&mut report, &cx);
    Outcome { status: report.status, report }
}

/// Takes the lock of the pipeline and opens the state; the run begins.
fn open(plan: &Plan, name: &str, options: &RunOptions, cx: &mut RunCx) -> Result<(RunLock, State), NodeError> {
    let lock = lock(plan, name, options)?;
    let state = open_state(plan)?;
    state.verify().map_err(|error| advance::unusable(&error))?;
    record::begin(plan, name, options, &state)?;
    cx.increments = Arc::new(advance::known(plan, &state, options.full)?);
    Ok((lock, state))
}

/// Takes the lock of the pipeline.
///
/// # Errors
/// Another run has it.
pub fn lock(plan: &Plan, name: &str, options: &RunOptions) -> Result<RunLock, NodeError> {
    let dir = plan.project.state_dir();
    let lock = RunLock::take(&dir, &plan.name, name, options.started_at, options.wait, &options.cancelled);
    lock.map_err(|error| advance::unusable(&error))
}

/// Opens the state of the project.
///
/// # Errors
/// It cannot be used.
pub fn open_state(plan: &Plan) -> Result<State, NodeError> {
    let state = State::open(&plan.project.state_dir().join("state.db"));
    state.and_then(|state| state.waiting(PATIENCE)).map_err(|error| advance::unusable(&error))
}

/// The context of a run whose folder is `dir`.
#[must_use]
pub fn context(plan: &Plan, options: &RunOptions, dir: PathBuf) -> RunCx {
    let rejects = Rejects::new(Some(dir.join("rejects.jsonl")));
    let mut cx = RunCx::new(
        plan.project.clone(),
        plan.params.clone(),
        dir,
        options.as_of.unwrap_or(options.started_at),
        Arc::new(rejects),
        Arc::clone(&options.cancelled),
    );
    cx.clock = options.started_at;
    cx.pipeline.clone_from(&plan.name);
    cx.fingerprint.clone_from(&plan.fingerprint);
    cx.is_replay = options.replay.is_some();
    cx.progress = Arc::clone(&options.progress);
    cx.steps = Arc::clone(&options.steps);
    cx
}

/// Name of a run: its instant and the process that made it.
#[must_use]
pub fn run_name(started_at: DateTime<Utc>) -> String {
    format!("{}-{:04x}", started_at.format("%Y%m%dT%H%M%S"), std::process::id() & 0xffff)
}

/// A load of which the run knows what came.
struct Sent<'p> {
    target: &'p Target,
    staged: u64,
    receipt: Option<Receipt>,
}

struct Work<'p> {
    plan: &'p Plan,
    cx: &'p RunCx,
    options: &'p RunOptions,
    targets: Vec<&'p Target>,
    sent: Vec<Sent<'p>>,
    notes: Vec<String>,
}

impl<'p> Work<'p> {
    /// The loads of this run.
    fn choose(&self) -> Result<Vec<&'p Target>, NodeError> {
        match &self.options.replay {
            Some(replay) => replay.targets(self.plan, &self.options.only),
            None => choose(self.plan, &self.options.only),
        }
    }

    fn execute(&mut self, state: &State) -> Result<(), NodeError> {
        self.targets = self.choose()?;
        self.cx.step("run begun");
        self.sweep(state)?;
        let recovered = recover(self.plan, self.cx, state)?;
        self.notes.extend(recovered.notes.iter().cloned());
        let prepared = prepare(self.plan, &self.targets, self.cx, state, self.options.wishes())?;
        self.keep_rejects()?;
        if self.cx.is_cancelled() {
            return Err(NodeError::new(Code::Interrupted, crate::context::counters::INTERRUPTED));
        }
        if let Some(expected) = &self.options.expected {
            expected.compare(&prepared, self.cx)?;
        }
        self.cx.step("all loads prepared");
        let sent = self.send_all(prepared, state, &recovered);
        self.release_register();
        self.move_on(state)?;
        if let Some(path) = self.plan.rejects_path.as_ref().filter(|_| !self.cx.is_replay) {
            reject_file::write(&self.cx.rejects, &self.plan.project.path(path), &self.cx.name())?;
        }
        sent
    }

    fn keep_rejects(&self) -> Result<(), NodeError> {
        self.cx.rejects.flush().map_err(|error| {
            let file = self.cx.rejects.path().map(|path| path.display().to_string()).unwrap_or_default();
            NodeError::new(Code::WriteFailed, format!("cannot keep the rejected rows in `{file}`: {error}"))
                .help("free some space on the disk that holds it, or give the right to write there")
        })
    }

    /// Removes what killed runs left behind: files of ledgers that nothing refers to, and rows that were staged.
    fn sweep(&self, state: &State) -> Result<(), NodeError> {
        let needed = state.ledger_files(&self.plan.name).map_err(|error| state_failed(&error))?;
        sweep(&ledger::folder(&self.cx.project, &self.plan.name), &needed);
        let runs = state.runs(Some(&self.plan.name), RECENT).map_err(|error| state_failed(&error))?;
        for died in runs.iter().filter(|run| run.outcome.as_deref() == Some("died")) {
            let staging = self.plan.project.state_dir().join("runs").join(&died.run).join("staging");
            // Mostly it is gone already.
            let _ = std::fs::remove_dir_all(staging);
        }
        Ok(())
    }

    /// Sends every load, also when another one failed; only a person who wants to stop stops them all. Gives the first
    /// failure.
    fn send_all(&mut self, prepared: Vec<Prepared<'p>>, state: &State, recovered: &Recovered) -> Result<(), NodeError> {
        let mut first: Option<NodeError> = None;
        // A load that holds the register of invoices holds the state: it goes first, and gives it back.
        let (numbering, others): (Vec<_>, Vec<_>) =
            prepared.into_iter().partition(|prepared| prepared.target.kind == "fatturapa");
        for (index, prepared) in
            numbering.into_iter().map(Some).chain([None]).chain(others.into_iter().map(Some)).enumerate()
        {
            let Some(prepared) = prepared else {
                self.release_register();
                continue;
            };
            if index > 0 && self.cx.is_cancelled() {
                first.get_or_insert_with(|| {
                    NodeError::new(Code::Interrupted, "interrupted: loads that are listed as written were written")
                        .help("run it again: it goes on from there")
                });
                break;
            }
            let (target, staged) = (prepared.target, prepared.rows());
            self.tell(&prepared);
            let receipt = self.send(prepared, state, recovered).map_err(|error| of_load(&target.name, error));
            let (receipt, error) = match receipt {
                Ok(receipt) => (Some(receipt), None),
                Err(error) => (None, Some(error)),
            };
            self.sent.push(Sent { target, staged, receipt });
            match (error, &first) {
                (Some(error), None) => first = Some(error),
                (Some(error), Some(_)) => self.notes.push(format!("also: {}", error.message)),
                (None, _) => {}
            }
        }
        self.keep_rejects()?;
        first.map_or(Ok(()), Err)
    }

    fn send(&self, prepared: Prepared<'p>, state: &State, recovered: &Recovered) -> Result<Receipt, NodeError> {
        let Prepared { target, whole, diffed, stops } = prepared;
        if stops.iter().any(|stop| !stop.accepted) {
            return Err(stopped(&target.name, &stops));
        }
        for stop in &stops {
            let noted = state.note_override(&self.cx.name(), &target.name, stop.guard, &stop.what);
            noted.map_err(|error| state_failed(&error))?;
        }
        let (Some(keyed), Some(diffed)) = (&target.keyed, diffed) else {
            let Some(staged) = whole else { return Ok(Receipt::default()) };
            let receipt = (staged.commit)()?;
            self.cx.step("whole put in place");
            return Ok(receipt);
        };
        let desk = Desk { pipeline: &self.plan.name, load: &target.name, keyed, run: self.cx, state };
        match (&target.way, whole) {
            (Way::Rows(destination), _) => {
                if let Some(arrived) = recovered.arrived.get(&target.name)
                    && *arrived == digest(&diffed.file)?
                {
                    let changes = ChangeCounts { unchanged: diffed.rows, ..ChangeCounts::default() };
                    let destination = destination.shown();
                    return Ok(Receipt { destination, changes: Some(changes), ..Receipt::default() });
                }
                desk.send(&**destination, &diffed)
            }
            (Way::Whole(_), Some(staged)) => desk.put(staged, &diffed),
            (Way::Whole(_), None) => Err(NodeError::new(Code::Internal, "a load was not staged")),
        }
    }

    /// What a person should know of a load before they wonder.
    fn tell(&mut self, prepared: &Prepared<'_>) {
        let load = &prepared.target.name;
        for stop in prepared.stops.iter().filter(|stop| stop.accepted) {
            self.notes.push(format!("load `{load}`: guard `{}` was let pass: {}", stop.guard, stop.what));
        }
        let Some(diffed) = &prepared.diffed else { return };
        if let Some(reason) = diffed.resync {
            self.notes.push(format!("load `{load}`: all rows are sent again: {reason}"));
        }
        if diffed.held > 0 {
            let held = diffed.held;
            self.notes.push(format!(
                "load `{load}`: {held} deletes were held back, because rows were rejected above and may be among them"
            ));
        }
    }

    /// Numbers that were taken and not committed are given back.
    fn release_register(&self) {
        drop(self.cx.issuing.lock().unwrap_or_else(PoisonError::into_inner).take());
    }

    /// Cursors and files of tables whose rows have arrived in every load.
    fn move_on(&mut self, state: &State) -> Result<(), NodeError> {
        if self.cx.is_replay {
            return Ok(());
        }
        // Rows that a destination refused are tried again: they must be read again.
        let causes = self.cx.rejects.causes();
        let refuses = |load: &str| {
            causes.iter().any(|(node, cause, _)| cause == REFUSED && node.strip_prefix("load:") == Some(load))
        };
        let arrived = self.sent.iter().filter(|sent| sent.receipt.is_some() && !refuses(&sent.target.name));
        let arrived: BTreeSet<&str> = arrived.map(|sent| sent.target.name.as_str()).collect();
        self.notes.extend(advance::advance(self.plan, state, self.cx, &arrived)?);
        let chosen: Vec<&Target> = self.targets.clone();
        exceptions::keep(self.plan, &chosen, state, self.cx, &arrived)
    }

    fn report(&self, name: &str, clock: Instant) -> Report {
        let mut needed = self.plan.closure(self.targets.iter().flat_map(|target| target.inputs()));
        if let Some(replay) = &self.options.replay {
            needed.retain(|table| replay.reaches(self.plan, table));
        }
        let (tables, mut unbalanced) = books::tables(self.plan, &needed, self.cx);
        let targets: Vec<_> = self
            .targets
            .iter()
            .map(|target| {
                let sent = self.sent.iter().find(|sent| sent.target.name == target.name);
                (*target, sent.map_or(0, |sent| sent.staged), sent.and_then(|sent| sent.receipt.clone()))
            })
            .collect();
        let (loads, more) = books::loads(&targets, self.cx);
        unbalanced.extend(more);
        Report {
            run: name.to_owned(),
            pipeline: self.plan.name.clone(),
            started_at: self.options.started_at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
            seconds: clock.elapsed().as_secs_f64(),
            status: Status::Done,
            tables,
            loads,
            news: self.cx.news.lock().unwrap_or_else(PoisonError::into_inner).clone(),
            rejects: books::causes(&self.cx.rejects),
            rejects_file: self.cx.rejects.path().map(|path| path.display().to_string()),
            balanced: unbalanced.is_empty(),
            unbalanced,
            notes: self.notes.iter().cloned().chain(self.warnings()).collect(),
            problem: None,
            mail: None,
        }
    }

    /// Rows that a `check` with `on_fail: warn` found.
    fn warnings(&self) -> Vec<String> {
        let counts = self.cx.counters.with_infix(":warn:");
        counts
            .into_iter()
            .filter(|(_, rows)| *rows > 0)
            .filter_map(|(name, rows)| {
                let (site, check) = name.split_once(":warn:")?;
                let (table, _) = site.rsplit_once('#')?;
                Some(format!("check `{check}` of table `{table}` does not hold for {rows} rows"))
            })
            .collect()
    }
}

/// The loads that `--only` names; all when it names none.
///
/// # Errors
/// A name that is no load and no loaded table.
pub fn choose<'p>(plan: &'p Plan, only: &[String]) -> Result<Vec<&'p Target>, NodeError> {
    let names = || plan.loads.iter().flat_map(|load| [load.name.as_str(), load.from.as_str()]);
    for wanted in only {
        if !names().any(|name| name == wanted) {
            let mut error =
                NodeError::new(Code::UnknownTable, format!("`--only {wanted}` names no load and no loaded table"));
            if let Some(help) = did_you_mean(wanted, names()) {
                error = error.help(help);
            }
            return Err(
                error.help(crate::diag::suggest::known("loads", plan.loads.iter().map(|load| load.name.as_str())))
            );
        }
    }
    let chosen = |load: &&Target| only.is_empty() || only.iter().any(|name| *name == load.name || *name == load.from);
    Ok(plan.loads.iter().filter(chosen).collect())
}
