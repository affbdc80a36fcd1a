//! `raccordo plan`: what a run would change, shown and kept.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::cli::args::PlanArgs;
use crate::cli::exit::{Exit, Failure};
use crate::cli::open::{Secrets, open};
use crate::cli::progress::Bars;
use crate::cli::{clock, stop, talk};
use crate::engine::{self, Expected, RunOptions};

/// Version of the form of kept plans.
pub const FORM: u32 = 1;

/// A plan as it is kept.
#[derive(Debug, Serialize, Deserialize)]
pub struct KeptPlan {
    /// Version of the form.
    pub form: u32,
    /// The pipeline file.
    pub file: PathBuf,
    /// Its parameters.
    pub params: BTreeMap<String, String>,
    /// The instant for which rows were computed.
    pub as_of: DateTime<Utc>,
    /// Only these loads.
    pub only: Vec<String>,
    /// Whether everything is sent.
    pub full: bool,
    /// Guards that may pass.
    pub accept: Vec<String>,
    /// What must still be so.
    pub expected: Expected,
}

/// Runs the command.
///
/// # Errors
/// The pipeline is wrong, the rows cannot be computed, or the plan cannot be kept.
pub fn command(args: &PlanArgs) -> Result<Exit, Failure> {
    let now = clock::now();
    let plan = open(&args.file, &args.params, now, Secrets::Needed)?.ready()?.plan;
    engine::choose(&plan, &args.only).map_err(Failure::wrong)?;
    engine::check_accepted(&plan, &args.wishes.accept).map_err(Failure::wrong)?;
    let cancelled = Arc::new(AtomicBool::new(false));
    stop::watch(&cancelled, plan.project.state_dir(), now)?;
    let bars = Bars::start(&plan.name, false);
    let mut options = RunOptions::at(now);
    options.only.clone_from(&args.only);
    options.full = args.wishes.full;
    options.accept.clone_from(&args.wishes.accept);
    options.cancelled = cancelled;
    options.progress = bars.progress();
    let forecast = engine::forecast(&plan, &options, args.rows);
    bars.clear();
    let forecast = forecast?;
    if let Some(output) = &args.output {
        let params = plan.params.0.iter().map(|(name, param)| (name.clone(), param.value.clone()));
        let kept = KeptPlan {
            form: FORM,
            file: std::path::absolute(&args.file)?,
            params: params.collect(),
            as_of: now,
            only: args.only.clone(),
            full: args.wishes.full,
            accept: args.wishes.accept.clone(),
            expected: forecast.expected.clone(),
        };
        keep(&kept, output)?;
        talk::line(&format!("kept in {}; `raccordo apply {0}` does exactly this", output.display()));
    }
    if args.json {
        talk::json(&forecast)?;
    } else {
        talk::data(&forecast.to_text())?;
    }
    Ok(if forecast.is_stopped() { Exit::ChecksSayNo } else { Exit::Done })
}

fn keep(plan: &KeptPlan, output: &Path) -> Result<(), Failure> {
    let json = serde_json::to_vec_pretty(plan).unwrap_or_default();
    std::fs::write(output, json)
        .map_err(|error| Failure::new(Exit::Failed, format!("cannot write `{}`: {error}", output.display())))
}
