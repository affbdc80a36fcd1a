//! The mail about a run: its summary, its report and the files that a person wants to see.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::PoisonError;

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::context::RunCx;
use crate::context::summary::Summary;
use crate::engine::report::{Report, Status};
use crate::io::glob;
use crate::io::mail::Letter;
use crate::io::secret::hide;
use crate::plan::Plan;
use crate::plan::mail::MailPlan;
use crate::spec::mail::MailWhen;

/// Bytes of files in a mail: many servers refuse larger ones.
const MAX_BYTES: u64 = 10_000_000;

/// What became of the mail about a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MailReport {
    /// Who it was for.
    pub to: Vec<String>,
    /// Whether a server took it.
    pub sent: bool,
    /// Why it was not sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// Writes and sends the mail about a run, when it wants one. A copy of a mail that could not be sent is kept in the run's
/// folder.
#[must_use]
pub fn send(plan: &Plan, report: &Report, cx: &RunCx, now: DateTime<Utc>) -> Option<MailReport> {
    let mail = plan.mail.as_ref().filter(|mail| mail.when == MailWhen::Always || is_trouble(report))?;
    let to = mail.to.clone();
    let summary = mail.report.as_ref().map(|load| {
        cx.summaries.lock().unwrap_or_else(PoisonError::into_inner).get(load).cloned().ok_or_else(|| load.clone())
    });
    let problem = deliver(write(plan, mail, report, summary, now), mail, &cx.dir).err();
    Some(MailReport { to, sent: problem.is_none(), problem: problem.map(|words| hide(&words).into_owned()) })
}

fn deliver(letter: Letter, mail: &MailPlan, folder: &Path) -> Result<(), String> {
    let sealed = letter.seal()?;
    sealed.send(&mail.server).map_err(|why| {
        let copy = folder.join("mail.eml");
        match std::fs::create_dir_all(folder).and_then(|()| std::fs::write(&copy, sealed.bytes())) {
            Ok(()) => format!("{why}; it is kept as `{}`", copy.display()),
            Err(error) => format!("{why}; it could not be kept as `{}` either: {error}", copy.display()),
        }
    })
}

/// Whether a person should look at the run.
fn is_trouble(report: &Report) -> bool {
    report.status != Status::Done || !report.rejects.is_empty()
}

/// The letter: the summary of a report load when one is asked for (or the name of the load that came to nothing), the
/// report of the run, the files.
fn write(
    plan: &Plan,
    mail: &MailPlan,
    report: &Report,
    summary: Option<Result<Summary, String>>,
    now: DateTime<Utc>,
) -> Letter {
    let mut told = hide(&report.to_text()).into_owned();
    let (mut subject, mut text, mut page, mut paths) = (subject(report), String::new(), None, Vec::new());
    match summary {
        Some(Ok(summary)) => {
            if !matches!(report.status, Status::Failed | Status::Bug) {
                subject = summary.subject;
            }
            text = format!("{}\n\n", summary.text.trim_end());
            page = Some(summary.html);
            paths = summary.files;
        }
        Some(Err(load)) => {
            let _ = writeln!(told, "the report `{load}` was not written in this run");
        }
        None => {}
    }
    let mut parcel = Parcel::default();
    for path in paths {
        parcel.add(&path);
    }
    parcel.add_patterns(plan, &mail.attach);
    for line in &parcel.told {
        let _ = writeln!(told, "{line}");
    }
    text.push_str(&told);
    Letter {
        from: mail.from.clone(),
        to: mail.to.clone(),
        subject: mail.subject.clone().unwrap_or(subject),
        text,
        html: page.map(|page| with_report(&page, &told)),
        files: parcel.files,
        id: format!("{}.{}", report.run, report.pipeline),
        written: now.into(),
    }
}

/// The page of a summary, with the report of the run below it.
fn with_report(page: &str, told: &str) -> String {
    let told = format!("<hr><pre style=\"white-space:pre-wrap\">{}</pre>", minijinja::HtmlEscape(told));
    match page.rfind("</body>") {
        Some(end) => format!("{}{told}{}", &page[..end], &page[end..]),
        None => format!("{page}{told}"),
    }
}

/// How the run ended, in a line.
fn subject(report: &Report) -> String {
    let ended = match report.status {
        Status::Done => "done",
        Status::Failed => "FAILED",
        Status::ChecksSayNo => "done, but a check says no",
        Status::Bug => "the books do not balance",
    };
    let rejected: u64 = report.rejects.iter().map(|cause| cause.rows).sum();
    let rejected = if rejected == 0 { String::new() } else { format!(", {rejected} rows rejected") };
    format!("{}: {ended}{rejected}", report.pipeline)
}

/// The files that go with a mail, and what is to be said of them.
#[derive(Default)]
struct Parcel {
    files: Vec<(String, Vec<u8>)>,
    told: Vec<String>,
    bytes: u64,
}

impl Parcel {
    fn add_patterns(&mut self, plan: &Plan, patterns: &[String]) {
        for written in patterns {
            let found = glob::expand(&plan.project.path(written)).unwrap_or_default();
            if found.is_empty() {
                self.told.push(format!("not attached: there is no file `{written}`"));
            }
            for path in found {
                self.add(&path);
            }
        }
    }

    fn add(&mut self, path: &Path) {
        let line = match self.take(path) {
            Ok(time) => format!("attached: `{}`, of {time}", path.display()),
            Err(why) => format!("not attached: `{}`: {why}", path.display()),
        };
        self.told.push(line);
    }

    /// Takes a file in; gives its time.
    fn take(&mut self, path: &Path) -> Result<String, String> {
        let about = std::fs::metadata(path).map_err(|error| error.to_string())?;
        if self.bytes + about.len() > MAX_BYTES {
            return Err(format!("with its {} bytes the mail would be larger than {MAX_BYTES}", about.len()));
        }
        let content = std::fs::read(path).map_err(|error| error.to_string())?;
        self.bytes += content.len() as u64;
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        self.files.push((name, content));
        let time = about.modified().map(|time| DateTime::<Utc>::from(time).format("%Y-%m-%d %H:%M:%S UTC").to_string());
        Ok(time.unwrap_or_default())
    }
}
