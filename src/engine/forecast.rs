//! `plan` and `apply`: what a run is about to do, and a run that does exactly that.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::context::{NodeError, PlannedDocument, RunCx};
use crate::diag::Code;
use crate::engine::deliver::preview::{LoadPlan, digest, first};
use crate::engine::prepare::{Prepared, prepare};
use crate::engine::run::{RunOptions, choose, context, lock, open_state, run_name};
use crate::engine::{advance, failure};
use crate::io::text::hex;
use crate::loads::delivery::dispatch::state_failed;
use crate::plan::Plan;
use crate::sources::file::once::hash;

/// What a run is about to do.
#[derive(Clone, Debug, Serialize)]
pub struct Forecast {
    /// Name of the pipeline.
    pub pipeline: String,
    /// Its loads.
    pub loads: Vec<LoadPlan>,
    /// What a person should know.
    pub notes: Vec<String>,
    /// What must still be so when it is applied.
    pub expected: Expected,
}

/// What must be so when a plan is applied.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expected {
    /// Of the pipeline file as it was understood.
    pub fingerprint: String,
    /// Files that were read, with the SHA-256 of their content.
    pub inputs: BTreeMap<String, String>,
    /// Loads, with what they are about to do.
    pub loads: BTreeMap<String, ExpectedLoad>,
}

/// What a load is about to do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExpectedLoad {
    /// Version of what the destination has.
    pub version: u64,
    /// Rows of the table.
    pub rows: u64,
    /// Of all changes or documents, in order; nothing for loads that know neither.
    pub digest: Option<String>,
}

/// Computes everything and sends nothing; shows the first `rows` changes of each kind.
///
/// # Errors
/// As a run.
pub fn forecast(plan: &Plan, options: &RunOptions, rows: usize) -> Result<Forecast, NodeError> {
    let targets = choose(plan, &options.only)?;
    let name = run_name(options.started_at);
    let _lock = lock(plan, &name, options)?;
    let state = open_state(plan)?;
    let mut cx = context(plan, options, plan.project.state_dir().join(format!("plan-{}", std::process::id())));
    cx.increments = Arc::new(advance::known(plan, &state, options.full)?);
    let cx = cx;
    let made = prepare(plan, &targets, &cx, &state, options.wishes()).and_then(|prepared| {
        let expected = Expected::of(plan, &prepared, &cx)?;
        let loads = prepared.iter().map(|prepared| load_plan(prepared, &cx, rows)).collect::<Result<Vec<_>, _>>()?;
        let open = state.open_deliveries(&plan.name).map_err(|error| state_failed(&error))?;
        let notes = open.iter().map(|open| {
            format!("run `{}` did not end: the next run first ends its delivery to load `{}`", open.run, open.load)
        });
        Ok(Forecast { pipeline: plan.name.clone(), loads, notes: notes.collect(), expected })
    });
    let made = made.map_err(|error| failure::explain(error, plan, &cx, false));
    drop(cx.issuing.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take());
    let _ = std::fs::remove_dir_all(&cx.dir);
    made
}

fn load_plan(prepared: &Prepared<'_>, cx: &RunCx, rows: usize) -> Result<LoadPlan, NodeError> {
    let target = prepared.target;
    let diffed = prepared.diffed.as_ref();
    let shown = match (&target.keyed, diffed) {
        (Some(keyed), Some(diffed)) => first(keyed, diffed, rows)?,
        _ => Vec::new(),
    };
    Ok(LoadPlan {
        load: target.name.clone(),
        kind: target.kind.to_owned(),
        from: target.from.clone(),
        mode: target.keyed.as_ref().map(|keyed| keyed.mode.as_str()),
        rows: prepared.rows(),
        rejected: cx.rejects.count(&format!("load:{}", target.name)),
        changes: diffed.map(|diffed| diffed.counts).or(prepared.own_changes().map(|(counts, _)| *counts)),
        held: diffed.map_or(0, |diffed| diffed.held),
        resync: diffed.and_then(|diffed| diffed.resync).map(str::to_owned),
        new_logic: diffed.is_some_and(|diffed| diffed.new_logic),
        guards: prepared.stops.clone(),
        shown,
        documents: cx.planned_documents(&target.name),
        most: rows,
    })
}

impl Expected {
    fn of(plan: &Plan, prepared: &[Prepared<'_>], cx: &RunCx) -> Result<Self, NodeError> {
        let mut loads = BTreeMap::new();
        for prepared in prepared {
            loads.insert(prepared.target.name.clone(), ExpectedLoad::of(prepared, cx)?);
        }
        Ok(Self { fingerprint: plan.fingerprint.clone(), inputs: inputs(cx)?, loads })
    }

    /// Whether what is about to happen is what was planned.
    ///
    /// # Errors
    /// It is not; the message says what has moved.
    pub fn compare(&self, prepared: &[Prepared<'_>], cx: &RunCx) -> Result<(), NodeError> {
        let now = inputs(cx)?;
        let differs = |path: &&String| self.inputs.get(*path) != now.get(*path);
        if let Some(path) = self.inputs.keys().chain(now.keys()).find(differs) {
            return Err(moved(&format!("`{path}` is not what it was")));
        }
        for prepared in prepared {
            let name = &prepared.target.name;
            let (found, planned) = (ExpectedLoad::of(prepared, cx)?, self.loads.get(name));
            match planned {
                None => return Err(moved(&format!("load `{name}` was not in the plan"))),
                Some(planned) if planned.version != found.version => {
                    return Err(moved(&format!("load `{name}` was delivered since")));
                }
                Some(planned) if *planned != found => {
                    return Err(moved(&format!("load `{name}` would now do something else")));
                }
                Some(_) => {}
            }
        }
        Ok(())
    }

    /// Whether the pipeline is the one that was planned.
    ///
    /// # Errors
    /// It is not.
    pub fn same_pipeline(&self, plan: &Plan) -> Result<(), NodeError> {
        if self.fingerprint == plan.fingerprint { Ok(()) } else { Err(moved("the pipeline file was changed")) }
    }
}

fn moved(what: &str) -> NodeError {
    NodeError::new(Code::PlanMoved, format!("the plan is no longer true: {what}; nothing was sent"))
        .help("make the plan again with `raccordo plan`, and look at it")
}

impl ExpectedLoad {
    fn of(prepared: &Prepared<'_>, cx: &RunCx) -> Result<Self, NodeError> {
        let diffed = prepared.diffed.as_ref();
        let version = diffed.and_then(|diffed| diffed.ledger.as_ref()).map_or(0, |ledger| ledger.version);
        let own = || prepared.own_changes().map(|(_, digest)| digest.clone());
        let changes = diffed.map(|diffed| digest(&diffed.file)).transpose()?;
        let digest =
            changes.or_else(own).or_else(|| cx.planned_documents(&prepared.target.name).map(|all| of_documents(&all)));
        Ok(Self { version, rows: prepared.rows(), digest })
    }
}

/// A digest of documents: which are issued, under which numbers.
fn of_documents(documents: &[PlannedDocument]) -> String {
    let mut digest = Sha256::new();
    for document in documents {
        digest.update(serde_json::to_vec(document).unwrap_or_default());
    }
    hex(&digest.finalize())
}

fn inputs(cx: &RunCx) -> Result<BTreeMap<String, String>, NodeError> {
    let of = |path: &Path| {
        let shown = path.strip_prefix(cx.project.root()).unwrap_or(path).display().to_string();
        let hash = hash(path)
            .map_err(|error| NodeError::new(Code::SourceFailed, format!("cannot read `{shown}`")).because(error))?;
        Ok((shown, hash))
    };
    cx.inputs().keys().map(|path| of(path)).collect()
}

impl Forecast {
    /// Whether a guard stops a load.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.loads.iter().flat_map(|load| &load.guards).any(|stop| !stop.accepted)
    }

    /// The plan for a person.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut out = format!("{}: what a run would do; nothing was sent\n", self.pipeline);
        for note in &self.notes {
            let _ = writeln!(out, "note: {note}");
        }
        for load in &self.loads {
            load.write(&mut out);
        }
        out
    }
}
