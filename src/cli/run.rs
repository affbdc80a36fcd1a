//! `raccordo run`: runs a pipeline and tells what came of it.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use chrono::{DateTime, Utc};

use crate::cli::args::{Params, RunArgs};
use crate::cli::exit::{Exit, Failure};
use crate::cli::open::{Secrets, open};
use crate::cli::progress::Bars;
use crate::cli::{clock, days, stop, talk};
use crate::context::Steps;
use crate::engine::{self, Outcome, RunOptions, Status};
use crate::plan::Plan;

/// Runs the command.
///
/// # Errors
/// The pipeline is wrong, or the report cannot be printed.
pub fn command(args: &RunArgs) -> Result<Exit, Failure> {
    match days::range_of(args)? {
        Some(range) => days::command(args, &range),
        None => once(args, &args.params, clock::now()).and_then(|outcome| {
            tell(args.json, args.quiet, &outcome)?;
            Ok(outcome.exit_status().into())
        }),
    }
}

/// Runs the pipeline once, with these parameters.
///
/// # Errors
/// The pipeline is wrong.
pub fn once(args: &RunArgs, params: &Params, started_at: DateTime<Utc>) -> Result<Outcome, Failure> {
    let opened = open(&args.file, params, started_at, Secrets::Needed)?;
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
    carry_out(&plan, options, args.quiet)
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
