//! Everything of a run before anything is sent: frames are built and collected together, loads staged, changes found,
//! guards asked. A run goes on from here; a plan shows it and stops.

use std::collections::BTreeMap;
use std::path::PathBuf;

use polars::prelude::{Engine, LazyFrame, OptFlags};

use crate::context::{NodeError, RunCx};
use crate::diag::{Code, did_you_mean};
use crate::engine::deliver::diff::{Diffed, Inputs, diff};
use crate::engine::deliver::digest::{mark, to_file};
use crate::engine::deliver::guards::judge;
use crate::engine::deliver::ledger::{self, LedgerFiles};
use crate::engine::failure::on_disk;
use crate::engine::frames::Frames;
use crate::engine::replay::{Delta, Replay};
use crate::loads::delivery::dispatch::state_failed;
use crate::loads::{ChangeCounts, LoadCx, Staged, Staging, Stop};
use crate::plan::{Plan, Target, Way};
use crate::state::State;

/// A load that is ready to be sent.
pub struct Prepared<'p> {
    /// The load.
    pub target: &'p Target,
    /// What is staged as a whole, for loads that write one.
    pub whole: Option<Staged>,
    /// What changes, for loads that know their rows.
    pub diffed: Option<Diffed>,
    /// Guards that say no.
    pub stops: Vec<Stop>,
}

impl Prepared<'_> {
    /// Whether a guard stops the load.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.stops.iter().any(|stop| !stop.accepted)
    }

    /// What changes, of a load that remembers itself what it wrote.
    #[must_use]
    pub fn own_changes(&self) -> Option<&(ChangeCounts, String)> {
        self.whole.as_ref()?.changes.as_ref()
    }

    /// Rows that will arrive, or have.
    #[must_use]
    pub fn rows(&self) -> u64 {
        let whole = self.whole.as_ref().map(|staged| staged.rows);
        whole.or(self.diffed.as_ref().map(|diffed| diffed.rows)).unwrap_or(0)
    }
}

/// What a person has asked for besides the pipeline.
#[derive(Clone, Copy)]
pub struct Wishes<'a> {
    /// Everything is sent again.
    pub full: bool,
    /// Guards that may pass: `deletes`, or `offerte.deletes` for one load.
    pub accept: &'a [String],
    /// Only these rows, which were rejected before.
    pub replay: Option<&'a Replay>,
}

/// A load while the plan runs.
struct Running<'p> {
    target: &'p Target,
    staging: Option<Box<dyn FnOnce() -> Result<Staged, NodeError> + Send>>,
    marks: Option<PathBuf>,
}

/// Prepares loads. All branches are collected together, shared parts once.
///
/// # Errors
/// A source, a step or a destination failed; nothing was sent.
pub fn prepare<'p>(
    plan: &'p Plan,
    targets: &[&'p Target],
    cx: &'p RunCx,
    state: &State,
    wishes: Wishes<'_>,
) -> Result<Vec<Prepared<'p>>, NodeError> {
    let wanted: Vec<&str> = targets.iter().flat_map(|target| target.inputs()).collect();
    let quiet = cx.quiet();
    let mut frames = match wishes.replay {
        None => Frames::new(plan, cx, &wanted, BTreeMap::new()),
        // Joined tables are read as usual; their rejects and counts are none of this run.
        Some(_) => Frames::new(plan, &quiet, &wanted, BTreeMap::new()),
    };
    let mut delta = wishes.replay.map(|replay| Delta::new(plan, cx, replay));
    let (mut plans, mut running) = (Vec::new(), Vec::new());
    for target in targets {
        let frame = match &mut delta {
            None => frames.table(&target.from)?,
            Some(delta) => delta.load(target, &mut frames)?,
        };
        let frame = cx.counters.count(frame, &format!("load:{}:in", target.name));
        let others = target.tables.iter().map(|name| Ok((name.clone(), frames.table(name)?)));
        let tables = others.collect::<Result<BTreeMap<_, _>, NodeError>>()?;
        running.push(start(target, frame, LoadCx { run: cx, name: &target.name, tables }, &mut plans)?);
    }
    collect(plans).map_err(|error| on_disk(error, &cx.staging_dir(), cx))?;
    let mut prepared = Vec::new();
    for running in running {
        let whole = running.staging.map(|finish| finish()).transpose()?;
        let diffed = match running.marks {
            Some(marks) => {
                let compared = compare(plan, running.target, marks, cx, state, wishes.full);
                Some(compared.map_err(|error| on_disk(error, &cx.staging_dir(), cx))?)
            }
            None => None,
        };
        let mut stops = match (&running.target.keyed, &diffed) {
            (Some(keyed), Some(diffed)) => judge(keyed, diffed)?,
            _ => Vec::new(),
        };
        if wishes.replay.is_some() {
            stops.retain(|stop| matches!(stop.guard, "price_change" | "to_zero"));
        }
        stops.extend(whole.iter().flat_map(|staged| staged.stops.iter().cloned()));
        for stop in &mut stops {
            let of_load = format!("{}.{}", running.target.name, stop.guard);
            stop.accepted = wishes.accept.iter().any(|name| *name == stop.guard || *name == of_load);
        }
        prepared.push(Prepared { target: running.target, whole, diffed, stops });
    }
    Ok(prepared)
}

/// Checks that guards of single loads (`offerte.deletes`) are of loads that the pipeline has and that have guards.
///
/// # Errors
/// A load that is none.
pub fn check_accepted(plan: &Plan, accept: &[String]) -> Result<(), NodeError> {
    // A feed has its own guards.
    let has_guards = |load: &&Target| load.keyed.is_some() || load.kind == "feed";
    let names = || plan.loads.iter().filter(has_guards).map(|load| load.name.as_str());
    let of_load = accept.iter().filter_map(|name| Some((name, name.rsplit_once('.')?.0)));
    for (name, load) in of_load {
        if names().any(|known| known == load) {
            continue;
        }
        let message = format!("`--accept {name}`: no load `{load}` has guards");
        let mut error = NodeError::new(Code::UnknownTable, message);
        if let Some(help) = did_you_mean(load, names()) {
            error = error.help(help);
        }
        return Err(error.help(crate::diag::suggest::known("loads with guards", names())));
    }
    Ok(())
}

fn start<'p>(
    target: &'p Target,
    frame: LazyFrame,
    load: LoadCx<'_>,
    plans: &mut Vec<LazyFrame>,
) -> Result<Running<'p>, NodeError> {
    let cx = load.run;
    let keyed = target.keyed.as_ref().filter(|_| !(cx.is_replay && matches!(target.way, Way::Whole(_))));
    let shared = keyed.is_some() && matches!(target.way, Way::Whole(_));
    let frame = if shared { frame.cache() } else { frame };
    let mut staging = None;
    if let Way::Whole(bound) = &target.way {
        let Staging { plan, others, finish } = (bound.stage)(frame.clone(), &load)?;
        plans.push(plan);
        plans.extend(others);
        staging = Some(finish);
    }
    let mut marks = None;
    if let Some(keyed) = keyed {
        let path = cx.staging_path(&ledger::file_name(&target.name, "rows"), "arrow").map_err(|error| {
            NodeError::new(Code::WriteFailed, format!("cannot stage the rows of `{}`: {error}", target.name))
        })?;
        let strict = matches!(target.way, Way::Rows(_));
        plans.push(to_file(mark(frame, keyed, &target.name, strict, cx), &path)?);
        marks = Some(path);
    }
    Ok(Running { target, staging, marks })
}

fn compare(
    plan: &Plan,
    target: &Target,
    table: PathBuf,
    cx: &RunCx,
    state: &State,
    full: bool,
) -> Result<Diffed, NodeError> {
    let Some(keyed) = &target.keyed else {
        return Err(NodeError::new(Code::Internal, "a load without rows was compared"));
    };
    let folder = ledger::folder(&cx.project, &plan.name);
    let ledger = state.ledger(&plan.name, &target.name).map_err(|error| state_failed(&error))?;
    // Asked to send everything, a ledger that was lost is no obstacle.
    let (ledger, files) = match LedgerFiles::open(&folder, ledger.as_ref()) {
        Ok(files) => (ledger, files),
        Err(_) if full => (None, LedgerFiles::default()),
        Err(error) => return Err(error),
    };
    let above = plan.closure([target.from.as_str()]);
    // A whole is written without them in any case.
    let rejected_above = matches!(target.way, Way::Rows(_)) && above.iter().any(|table| cx.rejects.count(table) > 0);
    let file = table.with_extension("changes.arrow");
    let refused = cx.refused(&target.name);
    let inputs = Inputs { keyed, table, refused, ledger, files, rejected_above, full, partial: cx.is_replay, file };
    diff(inputs).map_err(|error| of_load(&target.name, error))
}

/// Says which load an error is of.
#[must_use]
pub fn of_load(load: &str, mut error: NodeError) -> NodeError {
    if !error.message.contains(&format!("load `{load}`")) && !error.message.starts_with('[') {
        error.message = format!("load `{load}`: {}", error.message);
    }
    error
}

/// Collects sink plans in the streaming engine.
fn collect(plans: Vec<LazyFrame>) -> Result<(), NodeError> {
    let plans = plans.into_iter().map(|frame| frame.logical_plan).collect();
    LazyFrame::collect_all_with_engine(plans, Engine::Streaming, OptFlags::default())?;
    Ok(())
}
