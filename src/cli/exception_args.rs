//! The words of `exceptions`.

use std::path::PathBuf;

use chrono::NaiveDate;
use clap::{Args, Subcommand, ValueEnum};

use crate::domain::reconcile::memory::Status;
use crate::state::ExceptionFilter;

/// The commands of `exceptions`.
#[derive(Debug, Subcommand)]
pub enum ExceptionsCommand {
    /// `raccordo exceptions list`.
    #[command(
        about = "List exceptions: new, open, explained, ignored; with --all also resolved ones",
        long_about = "List exceptions: new, open, explained, ignored; with --all also resolved ones.\n\n\
            With number, age from the business event, amount and what was decided. With `--fail-on` the command ends with exit \
            code 3 while an open one is that bad."
    )]
    List(ListArgs),
    /// `raccordo exceptions show`.
    #[command(about = "Show one exception: both sides, what to do, everything that happened to it")]
    Show(ShowArgs),
    /// `raccordo exceptions explain`.
    #[command(
        about = "Say why exceptions are as they are; they no longer stop a run",
        long_about = "Say why exceptions are as they are; they no longer stop a run.\n\n\
            Until the day of `--until`, or until the amount is another one: then they are open again."
    )]
    Explain(ExplainArgs),
    /// `raccordo exceptions ignore`.
    #[command(about = "Leave exceptions alone, with somebody who answers for it")]
    Ignore(IgnoreArgs),
    /// `raccordo exceptions reopen`.
    #[command(about = "Take back what was decided about exceptions")]
    Reopen(ReopenArgs),
    /// `raccordo exceptions export`.
    #[command(
        about = "Write exceptions to a CSV or XLSX file for a person to decide",
        long_about = "Write exceptions to a CSV or XLSX file for a person to decide.\n\n\
            Write `explained` (with `reason`), `ignored` (with `owner`) or `open` into `status`, and perhaps a day into `expires`; \
            leave `id` as it is; then `raccordo exceptions import FILE`."
    )]
    Export(ExportArgs),
    /// `raccordo exceptions import`.
    #[command(
        about = "Take over the decisions of a file that `exceptions export` wrote",
        long_about = "Take over the decisions of a file that `exceptions export` wrote.\n\n\
            All or none: what is wrong is told with row and column, and then nothing is changed."
    )]
    Import(ImportArgs),
}

/// Which exceptions.
#[derive(Clone, Debug, Default, Args)]
pub struct Which {
    /// Only those of this pipeline.
    #[arg(long, value_name = "PIPELINE")]
    pub pipeline: Option<String>,
    /// Only those of this chain.
    #[arg(long)]
    pub chain: Option<String>,
    /// Only those of this code: `PAY_MISSING`.
    #[arg(long)]
    pub code: Option<String>,
    /// Only those of this business key: an order, a payment, a payout.
    #[arg(long)]
    pub key: Option<String>,
}

impl Which {
    /// As the state understands it.
    #[must_use]
    pub fn filter(&self) -> ExceptionFilter {
        ExceptionFilter {
            pipeline: self.pipeline.clone(),
            chain: self.chain.clone(),
            code: self.code.clone(),
            key: self.key.clone(),
            owner: None,
            id: None,
        }
    }

    /// Whether nothing was chosen.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pipeline.is_none() && self.chain.is_none() && self.code.is_none() && self.key.is_none()
    }
}

/// A status on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum StatusWord {
    /// Found on the last day for the first time.
    New,
    /// Found before, and nobody has decided.
    Open,
    /// With a reason.
    Explained,
    /// With an owner.
    Ignored,
    /// No longer found.
    Resolved,
}

impl From<StatusWord> for Status {
    fn from(word: StatusWord) -> Self {
        match word {
            StatusWord::New => Self::New,
            StatusWord::Open => Self::Open,
            StatusWord::Explained => Self::Explained,
            StatusWord::Ignored => Self::Ignored,
            StatusWord::Resolved => Self::Resolved,
        }
    }
}

/// A severity on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SeverityArg {
    /// Money or law.
    Blocker,
    /// Somebody should look.
    Warning,
    /// Good to know.
    Info,
}

/// Arguments of `exceptions list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Only those of this pipeline.
    pub of: Option<String>,
    /// Which exceptions.
    #[command(flatten)]
    pub which: Which,
    /// Only those that stand so; may be repeated.
    #[arg(long, value_enum)]
    pub status: Vec<StatusWord>,
    /// Only those that are that bad.
    #[arg(long, value_enum)]
    pub severity: Option<SeverityArg>,
    /// Only those that this person answers for.
    #[arg(long)]
    pub owner: Option<String>,
    /// Also those that are resolved.
    #[arg(long)]
    pub all: bool,
    /// End with exit code 3 while a new or open one of those listed is that bad or worse.
    #[arg(long, value_enum, value_name = "SEVERITY")]
    pub fail_on: Option<SeverityArg>,
    /// Print JSON on the standard output.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `exceptions show`.
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// Its number, as `list` tells it.
    pub id: i64,
    /// Print JSON on the standard output.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `exceptions explain`.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// Numbers of exceptions, as `list` tells them.
    pub id: Vec<i64>,
    /// Which exceptions.
    #[command(flatten)]
    pub which: Which,
    /// Why they are as they are.
    #[arg(long)]
    pub reason: String,
    /// The last day on which the reason holds: `2026-12-31`.
    #[arg(long, value_name = "DATE", alias = "expires")]
    pub until: Option<NaiveDate>,
    /// Who says so.
    #[arg(long, alias = "by")]
    pub owner: Option<String>,
}

/// Arguments of `exceptions ignore`.
#[derive(Debug, Args)]
pub struct IgnoreArgs {
    /// Numbers of exceptions, as `list` tells them.
    pub id: Vec<i64>,
    /// Which exceptions.
    #[command(flatten)]
    pub which: Which,
    /// Who answers for it.
    #[arg(long, alias = "by")]
    pub owner: String,
    /// Why.
    #[arg(long)]
    pub reason: Option<String>,
    /// The last day on which they are left alone: `2026-12-31`.
    #[arg(long, value_name = "DATE", alias = "expires")]
    pub until: Option<NaiveDate>,
}

/// Arguments of `exceptions reopen`.
#[derive(Debug, Args)]
pub struct ReopenArgs {
    /// Numbers of exceptions, as `list` tells them.
    pub id: Vec<i64>,
    /// Which exceptions.
    #[command(flatten)]
    pub which: Which,
}

/// Arguments of `exceptions export`.
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// The file to write: `.csv` (with `;`) or `.xlsx`.
    pub file: PathBuf,
    /// Which exceptions.
    #[command(flatten)]
    pub which: Which,
    /// Also those that are resolved.
    #[arg(long)]
    pub all: bool,
}

/// Arguments of `exceptions import`.
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// A file that `exceptions export` wrote and a person filled in.
    pub file: PathBuf,
}
