//! `raccordo run`: runs a pipeline and tells what came of it.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crate::cli::args::RunArgs;
use crate::cli::exit::{Exit, Failure};
use crate::cli::open::{Secrets, open};
use crate::cli::progress::Bars;
use crate::cli::{clock, stop, talk};
use crate::engine::{self, Outcome, RunOptions, Status};

/// Runs the command.
///
/// # Errors
/// The pipeline is wrong, or the report cannot be printed.
pub fn command(args: &RunArgs) -> Result<Exit, Failure> {
    let started_at = clock::now();
    let opened = open(&args.file, &args.params, started_at, Secrets::Needed)?;
    let opened = if args.quiet { opened.without_warnings() } else { opened };
    let plan = opened.ready()?.plan;
    engine::choose(&plan, &args.only).map_err(Failure::wrong)?;
    let cancelled = Arc::new(AtomicBool::new(false));
    stop::watch(&cancelled, plan.project.state_dir(), started_at)?;
    let bars = Bars::start(&plan.name, args.quiet);
    let mut options = RunOptions::at(started_at);
    options.only.clone_from(&args.only);
    options.cancelled = cancelled;
    options.progress = bars.progress();
    let outcome = engine::run(&plan, &options);
    bars.clear();
    tell(args, &outcome)?;
    Ok(outcome.status.into())
}

fn tell(args: &RunArgs, outcome: &Outcome) -> Result<(), Failure> {
    if args.json {
        talk::json(&outcome.report)?;
    }
    let told = !args.json && (!args.quiet || outcome.status != Status::Done);
    if told {
        talk::say(&outcome.report.to_text());
    }
    Ok(())
}
