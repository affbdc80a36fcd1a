//! The report of a run: what was read, filtered, rejected and written, and whether the books balance.

use std::fmt::Write;

use serde::Serialize;

use crate::context::{HowFar, News};
use crate::engine::columns;
use crate::engine::mail::MailReport;
use crate::loads::{ChangeCounts, Receipt};

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Everything was loaded.
    Done,
    /// A source, a step or a target failed; nothing was committed that is not in the report.
    Failed,
    /// Everything was loaded, but a check says no: too many rejects.
    ChecksSayNo,
    /// The books do not balance: a bug of raccordo.
    Bug,
}

impl Status {
    /// The exit code of the process.
    #[must_use]
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 2,
            Self::ChecksSayNo => 3,
            Self::Bug => 70,
        }
    }
}

/// The report of a run.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Name of the run; its folder is `.raccordo/runs/RUN`.
    pub run: String,
    /// Name of the pipeline.
    pub pipeline: String,
    /// When it started, UTC.
    pub started_at: String,
    /// How long it took.
    pub seconds: f64,
    /// How it ended.
    pub status: Status,
    /// Tables, in computing order.
    pub tables: Vec<TableReport>,
    /// Destinations.
    pub loads: Vec<LoadReport>,
    /// What loads have to tell beside their counts: characters replaced, states of invoices.
    pub news: Vec<News>,
    /// Rejects by table and cause.
    pub rejects: Vec<CauseReport>,
    /// Where all rejects are.
    pub rejects_file: Option<String>,
    /// Whether every row is accounted for.
    pub balanced: bool,
    /// What does not add up.
    pub unbalanced: Vec<String>,
    /// Warnings of checks, limits that were passed.
    pub notes: Vec<String>,
    /// Why the run failed.
    pub problem: Option<Problem>,
    /// What became of the mail about the run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mail: Option<MailReport>,
}

/// Why a run failed.
#[derive(Clone, Debug, Serialize)]
pub struct Problem {
    /// Stable code.
    pub code: String,
    /// What happened.
    pub message: String,
    /// What to do.
    pub help: Vec<String>,
}

/// Rows of a table.
#[derive(Clone, Debug, Serialize)]
pub struct TableReport {
    /// Its name.
    pub name: String,
    /// `file`, `inline` or `transform`.
    pub kind: String,
    /// Rows read, or received from the table it starts from.
    pub rows_in: u64,
    /// Rows that a filter left out.
    pub filtered: u64,
    /// Rows rejected.
    pub rejected: u64,
    /// Rows delivered.
    pub rows_out: u64,
    /// Its steps.
    pub steps: Vec<StepReport>,
}

/// Rows of a step.
#[derive(Clone, Debug, Serialize)]
pub struct StepReport {
    /// Name of the kind.
    pub kind: String,
    /// Rows received.
    pub rows_in: u64,
    /// Rows rejected.
    pub rejected: u64,
    /// Rows delivered.
    pub rows_out: u64,
}

/// Rows of a load.
#[derive(Clone, Debug, Serialize)]
pub struct LoadReport {
    /// Its name.
    pub name: String,
    /// Name of the kind.
    pub kind: String,
    /// Its table.
    pub from: String,
    /// Rows received.
    pub rows_in: u64,
    /// Rows that the destination would refuse.
    pub rejected: u64,
    /// What was delivered; nothing when the run failed before.
    pub receipt: Option<Receipt>,
    /// How far it came, when it was stopped in the middle.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stopped: Option<HowFar>,
}

/// Rejects of one cause.
#[derive(Clone, Debug, Serialize)]
pub struct CauseReport {
    /// Table, or `load:NAME`.
    pub node: String,
    /// Stable cause.
    pub cause: String,
    /// How many rows.
    pub rows: u64,
    /// One of them, in words.
    pub example: String,
}

impl Report {
    /// The report as text for a person: aligned, without colour.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut out = String::new();
        let _ = writeln!(out, "{}  run {}  {:.1} s", self.pipeline, self.run, self.seconds);
        self.write_tables(&mut out);
        self.write_loads(&mut out);
        self.write_news(&mut out);
        self.write_feeds(&mut out);
        self.write_rejects(&mut out);
        for note in &self.notes {
            let _ = writeln!(out, "note: {note}");
        }
        for line in &self.unbalanced {
            let _ = writeln!(out, "the books do not balance: {line}");
        }
        if let Some(problem) = &self.problem {
            let _ = writeln!(out, "\nerror[{}]: {}", problem.code, problem.message);
            for help in &problem.help {
                let _ = writeln!(out, "  = help: {help}");
            }
        }
        let _ = writeln!(out, "\n{}", self.summary());
        if let Some(mail) = &self.mail {
            let to = mail.to.join(", ");
            let _ = match &mail.problem {
                None => writeln!(out, "mail sent to {to}"),
                Some(problem) => writeln!(out, "the mail to {to} was NOT sent (exit code 2): {problem}"),
            };
        }
        out
    }

    fn summary(&self) -> &'static str {
        match self.status {
            Status::Done => "done: every row is accounted for",
            Status::Failed => {
                "failed: see the error above; what the loads list as written or arrived is there, and the next run goes on from it"
            }
            Status::ChecksSayNo => "the run ended, but a check says no (exit code 3): see the notes above",
            Status::Bug => "the books do not balance: this is a bug of raccordo, please report it with the report file",
        }
    }

    fn write_tables(&self, out: &mut String) {
        let rows = self.tables.iter().map(|table| {
            vec![
                table.name.clone(),
                table.kind.clone(),
                table.rows_in.to_string(),
                table.filtered.to_string(),
                table.rejected.to_string(),
                table.rows_out.to_string(),
            ]
        });
        write_aligned(out, &["table", "kind", "in", "filtered", "rejected", "out"], &rows.collect::<Vec<_>>());
    }

    fn write_loads(&self, out: &mut String) {
        let known = self.loads.iter().any(|load| changes(load).is_some());
        let rows = self.loads.iter().map(|load| {
            let receipt = load.receipt.as_ref();
            let destination = match (receipt, load.stopped) {
                (Some(receipt), _) => receipt.destination.clone(),
                (None, Some(stopped)) if stopped.arrived + stopped.unanswered > 0 => {
                    let HowFar { arrived, unanswered, changes } = stopped;
                    let open = if unanswered > 0 { format!(", {unanswered} without an answer") } else { String::new() };
                    format!("stopped: {arrived} of {changes} changes arrived{open}")
                }
                (None, _) => "nothing was written".to_owned(),
            };
            let mut cells =
                vec![load.name.clone(), load.kind.clone(), load.rows_in.to_string(), load.rejected.to_string()];
            if known {
                let count =
                    |of: fn(ChangeCounts) -> u64| changes(load).map_or_else(String::new, |rows| of(rows).to_string());
                cells.extend([count(|rows| rows.unchanged), count(|rows| rows.created), count(|rows| rows.updated)]);
                cells.extend([count(|rows| rows.deleted), count(|rows| rows.failed)]);
            }
            cells.push(receipt.map_or(0, |receipt| receipt.rows).to_string());
            cells.push(receipt.map_or(0, |receipt| receipt.files).to_string());
            cells.push(destination);
            cells
        });
        let mut header = vec!["load", "kind", "in", "rejected"];
        if known {
            header.extend(["unchanged", "created", "updated", "deleted", "failed"]);
        }
        header.extend(["written", "files", "destination"]);
        write_aligned(out, &header, &rows.collect::<Vec<_>>());
    }

    fn write_news(&self, out: &mut String) {
        for news in self.news.iter().filter(|news| !news.rows.is_empty()) {
            let _ = write!(out, "\n{}: {}", news.load, news.topic);
            write_aligned(out, news.columns, &news.shown());
        }
    }

    fn write_feeds(&self, out: &mut String) {
        let feeds = self.loads.iter().filter_map(|load| Some((load, load.receipt.as_ref()?.feed.as_ref()?)));
        for (index, (load, feed)) in feeds.enumerate() {
            out.push_str(if index == 0 { "\n" } else { "" });
            out.push_str(&feed.to_text(&load.name));
        }
    }

    fn write_rejects(&self, out: &mut String) {
        let rows = self
            .rejects
            .iter()
            .map(|cause| vec![cause.node.clone(), cause.cause.clone(), cause.rows.to_string(), cause.example.clone()]);
        write_aligned(out, &["rejected at", "cause", "rows", "for example"], &rows.collect::<Vec<_>>());
        if let Some(file) = &self.rejects_file {
            let _ = writeln!(out, "all rejected rows: {file}");
        }
    }
}

fn changes(load: &LoadReport) -> Option<ChangeCounts> {
    load.receipt.as_ref()?.changes
}

/// A small table, below an empty line; nothing when it has no rows.
fn write_aligned(out: &mut String, header: &[&str], rows: &[Vec<String>]) {
    if rows.is_empty() {
        return;
    }
    out.push('\n');
    for line in columns::lines(header, rows) {
        let _ = writeln!(out, "  {line}");
    }
}
