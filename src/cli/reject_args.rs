//! The words of `rejects`, `runs` and `doctor`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};

use crate::state::RejectFilter;

/// The commands of `rejects`.
#[derive(Debug, Subcommand)]
pub enum RejectsCommand {
    /// `raccordo rejects list`.
    #[command(
        about = "List rejected rows by pipeline, table and cause",
        long_about = "List rejected rows by pipeline, table and cause.\n\n\
            With counts, and when they were seen first and last. Names, addresses, e-mails, telephone numbers and tax codes \
            are masked."
    )]
    List(ListArgs),
    /// `raccordo rejects show`.
    #[command(
        about = "Show rejected rows: what is wrong with each, where it came from, its columns",
        long_about = "Show rejected rows: what is wrong with each, where it came from, its columns.\n\n\
            Personal data is masked; `raccordo rejects export` writes it in full."
    )]
    Show(ShowArgs),
    /// `raccordo rejects export`.
    #[command(
        about = "Write rejected rows to a CSV or XLSX file for a person to correct",
        long_about = "Write rejected rows to a CSV or XLSX file for a person to correct.\n\n\
            One column for each column of the rows, after those that say what is wrong (their names begin with `_`). Correct \
            the cells, leave `_id` as it is, delete the rows that you don't want, then `raccordo rejects replay FILE`. The file \
            holds personal data in full: keep it accordingly."
    )]
    Export(ExportArgs),
    /// `raccordo rejects replay`.
    #[command(
        about = "Run rejected rows again from where they were rejected, and load only them",
        long_about = "Run rejected rows again from where they were rejected, and load only them.\n\n\
            With a corrected file, or as they are (`--cause`, `--node`, `--id`) after the pipeline was mended. Tables that are \
            joined are read as usual. Loads with a key create and update, and delete nothing; loads that write a whole file \
            write another one beside it. Ends with exit code 3 when rows were rejected again."
    )]
    Replay(ReplayArgs),
    /// `raccordo rejects drop`.
    #[command(about = "Put rejected rows away: nobody will deal with them")]
    Drop(DropArgs),
}

/// Which rejects.
#[derive(Clone, Debug, Default, Args)]
pub struct Choice {
    /// Only those of this pipeline.
    #[arg(long, value_name = "PIPELINE")]
    pub pipeline: Option<String>,
    /// Only those of this cause.
    #[arg(long)]
    pub cause: Option<String>,
    /// Only those of this table, or of a load as `load:NAME`.
    #[arg(long)]
    pub node: Option<String>,
    /// Only those that this run rejected last.
    #[arg(long)]
    pub run: Option<String>,
}

impl Choice {
    /// As the state understands it.
    #[must_use]
    pub fn filter(&self) -> RejectFilter {
        RejectFilter {
            pipeline: self.pipeline.clone(),
            cause: self.cause.clone(),
            node: self.node.clone(),
            run: self.run.clone(),
            id: None,
            all: false,
        }
    }

    /// Whether nothing was chosen.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pipeline.is_none() && self.cause.is_none() && self.node.is_none() && self.run.is_none()
    }
}

/// Arguments of `rejects list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Only those of this pipeline.
    pub pipeline: Option<String>,
    /// Also those that were replayed, corrected at their source or dropped.
    #[arg(long)]
    pub all: bool,
    /// Print JSON on the standard output.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `rejects show`.
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// Number of a reject, as `list` and `export` tell it.
    pub id: Option<i64>,
    /// Which rejects.
    #[command(flatten)]
    pub choice: Choice,
    /// How many to show.
    #[arg(long, short = 'n', default_value_t = 20)]
    pub rows: usize,
    /// Print JSON on the standard output.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `rejects export`.
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// The file to write: `.csv` (with `;`) or `.xlsx`.
    pub file: PathBuf,
    /// Which rejects.
    #[command(flatten)]
    pub choice: Choice,
}

/// Arguments of `rejects replay`.
#[derive(Debug, Args)]
pub struct ReplayArgs {
    /// A file that `rejects export` wrote and a person corrected.
    pub file: Option<PathBuf>,
    /// Only the reject of this number; may be repeated.
    #[arg(long)]
    pub id: Vec<i64>,
    /// Which rejects.
    #[command(flatten)]
    pub choice: Choice,
    /// The pipeline file; looked for in the project by the name of the pipeline when absent.
    #[arg(long, value_name = "FILE")]
    pub pipeline_file: Option<PathBuf>,
    /// Replay only into this load, or the loads of this table; may be repeated.
    #[arg(long, value_name = "NAME")]
    pub only: Vec<String>,
    /// Let a guard pass once: `to_zero` or `price_change`, or `LOAD.to_zero` for one load; may be repeated.
    #[arg(long, value_name = "GUARD", value_parser = super::run_args::parse_guard)]
    pub accept: Vec<String>,
    /// Wait this long for another run of the pipeline instead of ending at once: `30s`, `10m`.
    #[arg(
        long, value_name = "TIME", value_parser = super::run_args::parse_time, default_value = "0s", hide_default_value = true
    )]
    pub wait: Duration,
    /// Print the report as JSON on the standard output instead of telling it.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `rejects drop`.
#[derive(Debug, Args)]
pub struct DropArgs {
    /// Numbers of rejects.
    pub id: Vec<i64>,
    /// Which rejects.
    #[command(flatten)]
    pub choice: Choice,
}

/// Arguments of `runs`.
#[derive(Debug, Args)]
pub struct RunsArgs {
    /// A run, to see its tables, loads and rejects.
    pub run: Option<String>,
    /// Only runs of this pipeline.
    #[arg(long)]
    pub pipeline: Option<String>,
    /// How many runs to list, the newest first.
    #[arg(long, short = 'n', default_value_t = 20)]
    pub rows: u32,
    /// Print JSON on the standard output.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `doctor`.
#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// Pipeline files whose secrets and connections are looked at; those of the project when absent.
    pub files: Vec<PathBuf>,
    /// Print JSON on the standard output.
    #[arg(long)]
    pub json: bool,
}
