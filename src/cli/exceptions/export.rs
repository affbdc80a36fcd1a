//! `raccordo exceptions export`: exceptions as a file in which a person decides.

use std::io::Write;

use crate::cli::exception_args::ExportArgs;
use crate::cli::exceptions::{Standing, chosen};
use crate::cli::exit::{Exit, Failure};
use crate::cli::rejects::sheet;
use crate::cli::{clock, talk};
use crate::domain::calendar::iso_date;
use crate::domain::reconcile::catalogue;
use crate::domain::reconcile::memory::Status;
use crate::io::StagedFile;

/// The columns: those that a person fills in come first, after the number.
pub const COLUMNS: [&str; 20] = [
    "id",
    "status",
    "reason",
    "expires",
    "owner",
    "pipeline",
    "chain",
    "code",
    "severity",
    "key",
    "amount",
    "currency",
    "event_on",
    "age_days",
    "first_seen",
    "left_key",
    "right_key",
    "proposal",
    "meaning_it",
    "action_it",
];

/// Runs the command.
///
/// # Errors
/// The state cannot be read, or the file cannot be written.
pub fn command(args: &ExportArgs) -> Result<Exit, Failure> {
    let shown = args.file.display();
    let is_csv = args.file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv"));
    let is_xlsx = args.file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("xlsx"));
    if !is_csv && !is_xlsx {
        return Err(Failure::new(Exit::Wrong, format!("`{shown}` is neither `.csv` nor `.xlsx`")));
    }
    let found = chosen(&args.which.filter())?.map(|(_, found)| found).unwrap_or_default();
    let found: Vec<Standing> = found.into_iter().filter(|one| args.all || one.status != Status::Resolved).collect();
    if found.is_empty() {
        talk::line("no exceptions: nothing was written");
        return Ok(Exit::Done);
    }
    let mut rows = vec![COLUMNS.map(str::to_owned).to_vec()];
    rows.extend(found.iter().map(cells));
    let failed = |error: String| Failure::new(Exit::Failed, format!("cannot write `{shown}`: {error}"));
    let bytes = if is_csv { sheet::to_csv(&rows) } else { sheet::to_workbook(&rows) }.map_err(failed)?;
    let name = format!("export-{}", clock::now().format("%Y%m%dT%H%M%S"));
    let staged = StagedFile::create(&args.file, &name).map_err(|error| failed(error.to_string()))?;
    let mut file = staged.open().map_err(|error| failed(error.to_string()))?;
    file.write_all(&bytes).map_err(|error| failed(error.to_string()))?;
    drop(file);
    staged.commit().map_err(|error| failed(error.to_string()))?;
    talk::line(&format!("{} written to `{shown}`", talk::counted(found.len(), "exception")));
    talk::line(&format!(
        "write `explained`, `ignored` or `open` into `status`, keep `id`, then: raccordo exceptions import {shown}"
    ));
    Ok(Exit::Done)
}

/// In the order of [`COLUMNS`].
fn cells(one: &Standing) -> Vec<String> {
    let known = &one.record.known;
    let finding = &known.finding;
    let decision = known.decision.as_ref();
    let code = catalogue::find(&finding.identity.code);
    let text = |text: Option<String>| text.unwrap_or_default();
    vec![
        one.record.id.to_string(),
        one.status.as_str().to_owned(),
        text(decision.and_then(|decision| decision.reason.clone())),
        text(decision.and_then(|decision| decision.expires_on).map(iso_date)),
        text(decision.and_then(|decision| decision.owner.clone())),
        one.record.pipeline.clone(),
        finding.identity.chain.clone(),
        finding.identity.code.clone(),
        finding.severity.as_str().to_owned(),
        finding.identity.key.clone(),
        text(finding.amount.map(|amount| amount.to_string())),
        text(finding.currency.clone()),
        text(finding.event_on.map(iso_date)),
        text(one.age.map(|age| age.to_string())),
        iso_date(known.first_on),
        text(finding.left_key.clone()),
        text(finding.right_key.clone()),
        text(finding.proposal.clone()),
        code.map_or("", |code| code.meaning_it).to_owned(),
        code.map_or("", |code| code.action_it).to_owned(),
    ]
}
