//! The words of `run`, `plan` and `apply`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use crate::cli::args::Params;
use crate::diag::did_you_mean;
use crate::domain::calendar::duration;

/// Arguments of `run`.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// The pipeline file.
    pub file: PathBuf,
    /// Values for its parameters. A date may be a range of days, `giorno=2026-11-20..2026-11-24`: then the pipeline runs once for
    /// each of them, the oldest first.
    #[command(flatten)]
    pub params: Params,
    /// Run only this load, or the loads of this table; may be repeated.
    #[arg(long, value_name = "NAME")]
    pub only: Vec<String>,
    /// What the run may do besides.
    #[command(flatten)]
    pub wishes: Wishes,
    /// Wait this long for another run of the pipeline instead of ending at once: `30s`, `10m`.
    #[arg(long, value_name = "TIME", value_parser = parse_time, default_value = "0s", hide_default_value = true)]
    pub wait: Duration,
    /// Print the report as JSON on the standard output instead of telling it.
    #[arg(long)]
    pub json: bool,
    /// Say nothing but errors.
    #[arg(long, short)]
    pub quiet: bool,
    /// For the suite of faults: end the process at this point of the run as if it had been killed.
    #[arg(long, value_name = "POINT", hide = true)]
    pub die_at: Option<u64>,
}

/// What a person asks for besides the pipeline.
#[derive(Clone, Debug, Default, Args)]
pub struct Wishes {
    /// Read and send everything, whatever is remembered of earlier runs.
    #[arg(long)]
    pub full: bool,
    /// Let a guard pass once: `deletes`, `to_zero`, `price_change`, `prices` (of a feed), `shrink` or `empty`, or
    /// `LOAD.deletes` for one load; may be repeated.
    #[arg(long, value_name = "GUARD", value_parser = parse_guard)]
    pub accept: Vec<String>,
}

/// Arguments of `plan`.
#[derive(Debug, Args)]
pub struct PlanArgs {
    /// The pipeline file.
    pub file: PathBuf,
    /// Values for its parameters.
    #[command(flatten)]
    pub params: Params,
    /// Plan only this load, or the loads of this table; may be repeated.
    #[arg(long, value_name = "NAME")]
    pub only: Vec<String>,
    /// What the run may do besides.
    #[command(flatten)]
    pub wishes: Wishes,
    /// How many changes of each kind and load to show.
    #[arg(long, short = 'n', default_value_t = 20)]
    pub rows: usize,
    /// Keep the plan in this file, for `raccordo apply`.
    #[arg(long, short)]
    pub output: Option<PathBuf>,
    /// Print the plan as JSON on the standard output.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `apply`.
#[derive(Debug, Args)]
pub struct ApplyArgs {
    /// The plan that `raccordo plan --output` has kept.
    pub plan: PathBuf,
    /// Wait this long for another run of the pipeline instead of ending at once: `30s`, `10m`.
    #[arg(long, value_name = "TIME", value_parser = parse_time, default_value = "0s", hide_default_value = true)]
    pub wait: Duration,
    /// Print the report as JSON on the standard output instead of telling it.
    #[arg(long)]
    pub json: bool,
    /// Say nothing but errors.
    #[arg(long, short)]
    pub quiet: bool,
}

/// `30s`, `10m`.
pub(super) fn parse_time(text: &str) -> Result<Duration, String> {
    duration::parse_duration(text).ok_or_else(|| format!("`{text}` is not a length of time; {}", duration::EXPECTED))
}

/// A guard, perhaps of one load.
pub(super) fn parse_guard(text: &str) -> Result<String, String> {
    const GUARDS: [&str; 6] = ["deletes", "to_zero", "price_change", "prices", "shrink", "empty"];
    let guard = text.rsplit('.').next().unwrap_or(text);
    if GUARDS.contains(&guard) {
        return Ok(text.to_owned());
    }
    let near = did_you_mean(guard, GUARDS).map(|help| format!("; {help}")).unwrap_or_default();
    Err(format!("`{text}` is no guard{near}; known guards: {}", GUARDS.join(", ")))
}
