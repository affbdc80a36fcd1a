//! One run: build the frames, collect everything together, stage, commit, keep the books.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, PoisonError};
use std::time::Instant;

use chrono::{DateTime, Utc};
use polars::prelude::{Engine, LazyFrame, OptFlags};

use crate::context::run::{Progress, Silent};
use crate::context::{NodeError, Rejects, RunCx};
use crate::diag::{Code, did_you_mean};
use crate::engine::frames::Frames;
use crate::engine::report::{Problem, Report, Status};
use crate::engine::{books, failure, reject_file};
use crate::loads::{LoadCx, Receipt, Staged, Staging};
use crate::plan::{Plan, Target};

/// How to run.
pub struct RunOptions {
    /// Only these loads (by their own name or their table's); all when empty.
    pub only: Vec<String>,
    /// The instant of the run.
    pub started_at: DateTime<Utc>,
    /// Set when the person wants to stop.
    pub cancelled: Arc<AtomicBool>,
    /// Where long work tells how far it is.
    pub progress: Arc<dyn Progress>,
}

impl RunOptions {
    /// Everything, silently, at the given instant.
    #[must_use]
    pub fn at(started_at: DateTime<Utc>) -> Self {
        Self { only: Vec::new(), started_at, cancelled: Arc::default(), progress: Arc::new(Silent) }
    }
}

/// What came of a run.
pub struct Outcome {
    /// The report; it is also in the run's folder.
    pub report: Report,
    /// How it ended.
    pub status: Status,
}

/// Runs a plan. Nothing is committed unless every load could be staged.
#[must_use]
pub fn run(plan: &Plan, options: &RunOptions) -> Outcome {
    let clock = Instant::now();
    let name = run_name(options.started_at);
    let dir = plan.project.state_dir().join("runs").join(&name);
    let cx = context(plan, options, dir);
    let mut work = Work { plan, cx: &cx, targets: Vec::new(), staged: Vec::new(), receipts: Vec::new() };
    let result = work.execute(&options.only).map_err(|error| failure::explain(error, plan, &cx));
    let _ = std::fs::remove_dir_all(cx.staging_dir());
    let mut report = work.report(&name, clock);
    settle(&mut report, plan, result);
    write_report(&mut report, &cx);
    Outcome { status: report.status, report }
}

/// The context of a run whose folder is `dir`.
#[must_use]
pub fn context(plan: &Plan, options: &RunOptions, dir: PathBuf) -> RunCx {
    let rejects = Rejects::new(Some(dir.join("rejects.jsonl")));
    let mut cx = RunCx::new(
        plan.project.clone(),
        plan.params.clone(),
        dir,
        options.started_at,
        Arc::new(rejects),
        Arc::clone(&options.cancelled),
    );
    cx.progress = Arc::clone(&options.progress);
    cx
}

/// Name of a run: its instant and the process that made it.
#[must_use]
pub fn run_name(started_at: DateTime<Utc>) -> String {
    format!("{}-{:04x}", started_at.format("%Y%m%dT%H%M%S"), std::process::id() & 0xffff)
}

struct Work<'p> {
    plan: &'p Plan,
    cx: &'p RunCx,
    targets: Vec<&'p Target>,
    staged: Vec<u64>,
    receipts: Vec<Receipt>,
}

impl Work<'_> {
    fn execute(&mut self, only: &[String]) -> Result<(), NodeError> {
        self.targets = choose(self.plan, only)?;
        let staged = self.stage()?;
        self.cx
            .rejects
            .flush()
            .map_err(|error| NodeError::new(Code::WriteFailed, format!("cannot keep the rejected rows: {error}")))?;
        if self.cx.is_cancelled() {
            return Err(NodeError::new(Code::Interrupted, crate::context::counters::INTERRUPTED));
        }
        for staged in staged {
            self.staged.push(staged.rows);
            self.receipts.push((staged.commit)()?);
        }
        if let Some(path) = &self.plan.rejects_path {
            reject_file::write(&self.cx.rejects, &self.plan.project.path(path), &self.cx.name())?;
        }
        Ok(())
    }

    /// All branches are collected together, shared parts once.
    fn stage(&self) -> Result<Vec<Staged>, NodeError> {
        let wanted: Vec<&str> = self.targets.iter().map(|target| target.from.as_str()).collect();
        let mut frames = Frames::new(self.plan, self.cx, &wanted, BTreeMap::new());
        let mut stagings: Vec<Staging> = Vec::new();
        for target in &self.targets {
            let frame = frames.table(&target.from)?;
            let frame = self.cx.counters.count(frame, &format!("load:{}:in", target.name));
            let load_cx = LoadCx { run: self.cx, name: &target.name };
            stagings.push((target.bound.stage)(frame, &load_cx)?);
        }
        let (plans, finishes): (Vec<_>, Vec<_>) =
            stagings.into_iter().map(|staging| (staging.plan, staging.finish)).unzip();
        collect(plans)?;
        finishes.into_iter().map(|finish| finish()).collect()
    }

    fn report(&self, name: &str, clock: Instant) -> Report {
        let needed = self.plan.closure(self.targets.iter().map(|target| target.from.as_str()));
        let (tables, mut unbalanced) = books::tables(self.plan, &needed, self.cx);
        let targets: Vec<_> = self
            .targets
            .iter()
            .enumerate()
            .map(|(index, target)| {
                let receipt = self.receipts.get(index).cloned();
                (*target, self.staged.get(index).copied().unwrap_or(0), receipt)
            })
            .collect();
        let (loads, more) = books::loads(&targets, &self.cx.rejects, &self.cx.counters);
        unbalanced.extend(more);
        Report {
            run: name.to_owned(),
            pipeline: self.plan.name.clone(),
            started_at: self.cx.started_at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
            seconds: clock.elapsed().as_secs_f64(),
            status: Status::Done,
            tables,
            loads,
            news: self.cx.news.lock().unwrap_or_else(PoisonError::into_inner).clone(),
            rejects: books::causes(&self.cx.rejects),
            rejects_file: self.cx.rejects.path().map(|path| path.display().to_string()),
            balanced: unbalanced.is_empty(),
            unbalanced,
            notes: self.warnings(),
            problem: None,
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

/// Collects sink plans in the streaming engine.
fn collect(plans: Vec<LazyFrame>) -> Result<(), NodeError> {
    let plans = plans.into_iter().map(|frame| frame.logical_plan).collect();
    LazyFrame::collect_all_with_engine(plans, Engine::Streaming, OptFlags::default())?;
    Ok(())
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

fn settle(report: &mut Report, plan: &Plan, result: Result<(), NodeError>) {
    match result {
        Err(error) => {
            let problem = Problem { code: error.code.as_str().to_owned(), message: error.message, help: error.help };
            report.problem = Some(problem);
            report.unbalanced.clear();
            report.balanced = true;
            report.status = Status::Failed;
        }
        Ok(()) if !report.balanced => report.status = Status::Bug,
        Ok(()) => {
            if let Some(limit) = plan.fail_above
                && let Some((share, place)) = books::worst_share(&report.tables, &report.loads)
                && share > limit
            {
                let note =
                    format!("{} of the rows of {place} were rejected; the limit is {}", percent(share), percent(limit));
                report.notes.push(note);
                report.status = Status::ChecksSayNo;
            }
        }
    }
}

/// Parts per million as `1.25%`.
fn percent(parts: u64) -> String {
    let text = format!("{}.{:04}", parts / 10_000, parts % 10_000);
    format!("{}%", text.trim_end_matches('0').trim_end_matches('.'))
}

/// Keeps the report beside the rejects. A report that cannot be kept is noted, it does not undo the run.
fn write_report(report: &mut Report, cx: &RunCx) {
    let json = serde_json::to_vec_pretty(report).unwrap_or_default();
    let kept = std::fs::create_dir_all(&cx.dir)
        .and_then(|()| std::fs::write(cx.dir.join("report.json"), json))
        .and_then(|()| std::fs::write(cx.dir.join("report.txt"), report.to_text()));
    if let Err(error) = kept {
        report.notes.push(format!("the report could not be kept in `{}`: {error}", cx.dir.display()));
    }
}

#[cfg(test)]
mod tests {
    use super::percent;

    #[test]
    fn shares_are_written_as_percent() {
        for (parts, text) in [(10_000, "1%"), (12_500, "1.25%"), (1, "0.0001%"), (1_000_000, "100%")] {
            assert_eq!(percent(parts), text);
        }
    }
}
