//! `raccordo run`: runs a pipeline and tells what came of it.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crate::cli::args::RunArgs;
use crate::cli::exit::{Exit, Failure};
use crate::cli::open::{Secrets, open};
use crate::cli::progress::Bars;
use crate::cli::{clock, stop, talk};
use crate::context::Steps;
use crate::engine::{self, Outcome, RunOptions, Status};
use crate::plan::Plan;

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
    engine::check_accepted(&plan, &args.wishes.accept).map_err(Failure::wrong)?;
    let mut options = RunOptions::at(started_at);
    options.only.clone_from(&args.only);
    options.full = args.wishes.full;
    options.accept.clone_from(&args.wishes.accept);
    options.wait = args.wait;
    options.steps = Arc::new(Steps::dying_at(args.die_at));
    let outcome = carry_out(&plan, options, args.quiet)?;
    tell(args.json, args.quiet, &outcome)?;
    Ok(outcome.status.into())
}

/// Runs a plan as a person watches it: with bars unless it is to be quiet, and stopping at Ctrl-C.
///
/// # Errors
/// Ctrl-C cannot be watched.
pub fn carry_out(plan: &Plan, mut options: RunOptions, quiet: bool) -> Result<Outcome, Failure> {
    options.cancelled = Arc::new(AtomicBool::new(false));
    stop::watch(&options.cancelled, plan.project.state_dir(), options.started_at)?;
    let bars = Bars::start(&plan.name, quiet);
    options.progress = bars.progress();
    let outcome = engine::run(plan, &options);
    bars.clear();
    Ok(outcome)
}

/// Tells what came of a run.
///
/// # Errors
/// The standard output cannot be written.
pub fn tell(json: bool, quiet: bool, outcome: &Outcome) -> Result<(), Failure> {
    if json {
        talk::json(&outcome.report)?;
    }
    let told = !json && (!quiet || outcome.status != Status::Done);
    if told {
        talk::say(&outcome.report.to_text());
    }
    Ok(())
}
