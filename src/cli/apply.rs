//! `raccordo apply`: a run that does exactly what a plan says, or nothing.

use crate::cli::args::{ApplyArgs, Params};
use crate::cli::clock;
use crate::cli::exit::{Exit, Failure};
use crate::cli::open::{Secrets, open};
use crate::cli::plan::{FORM, KeptPlan};
use crate::cli::run::{carry_out, tell};
use crate::engine::RunOptions;

/// Runs the command.
///
/// # Errors
/// The plan cannot be read or is no longer true, the pipeline is wrong, or the report cannot be printed.
pub fn command(args: &ApplyArgs) -> Result<Exit, Failure> {
    let kept = read(args)?;
    let started_at = clock::now();
    let params = Params { given: kept.params.into_iter().collect() };
    let plan = open(&kept.file, &params, started_at, Secrets::Needed)?.without_warnings().ready()?.plan;
    kept.expected.same_pipeline(&plan)?;
    let mut options = RunOptions::at(started_at);
    options.only = kept.only;
    options.full = kept.full;
    options.accept = kept.accept;
    options.as_of = Some(kept.as_of);
    options.expected = Some(kept.expected);
    options.wait = args.wait;
    let outcome = carry_out(&plan, options, args.quiet)?;
    tell(args.json, args.quiet, &outcome)?;
    Ok(outcome.exit_status().into())
}

fn read(args: &ApplyArgs) -> Result<KeptPlan, Failure> {
    let path = args.plan.display();
    let text = std::fs::read_to_string(&args.plan)
        .map_err(|error| Failure::new(Exit::Wrong, format!("cannot read the plan `{path}`: {error}")))?;
    let help = "make it with `raccordo plan FILE --output plan.json`";
    let kept: KeptPlan = serde_json::from_str(&text)
        .map_err(|error| Failure::new(Exit::Wrong, format!("`{path}` is no plan: {error}")).help(help))?;
    if kept.form != FORM {
        let message = format!("`{path}` is a plan of another version of raccordo (form {})", kept.form);
        return Err(Failure::new(Exit::Wrong, message).help(help));
    }
    Ok(kept)
}
