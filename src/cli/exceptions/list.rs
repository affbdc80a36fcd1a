//! `raccordo exceptions list`.

use serde_json::Value;

use crate::cli::exception_args::{ListArgs, SeverityArg};
use crate::cli::exceptions::{Standing, as_json, chosen};
use crate::cli::exit::{Exit, Failure};
use crate::cli::talk;
use crate::domain::calendar::iso_date;
use crate::domain::reconcile::catalogue::Severity;
use crate::domain::reconcile::memory::Status;
use crate::engine::columns::aligned;

/// Runs the command.
///
/// # Errors
/// The state cannot be read.
pub fn command(args: &ListArgs) -> Result<Exit, Failure> {
    let mut filter = args.which.filter();
    if let (Some(of), None) = (&args.of, &filter.pipeline) {
        filter.pipeline = Some(of.clone());
    }
    filter.owner.clone_from(&args.owner);
    let found = chosen(&filter)?.map(|(_, found)| found).unwrap_or_default();
    let listed: Vec<&Standing> = found.iter().filter(|one| is_listed(one, args)).collect();
    let is_no = |one: &&Standing| {
        let least = args.fail_on.map(severity);
        one.status.is_open() && least.is_some_and(|least| one.record.known.finding.severity >= least)
    };
    let exit = if listed.iter().any(is_no) { Exit::ChecksSayNo } else { Exit::Done };
    if args.json {
        talk::json(&listed.iter().map(|one| as_json(one)).collect::<Vec<Value>>())?;
        return Ok(exit);
    }
    if listed.is_empty() {
        talk::line("no exceptions");
        return Ok(exit);
    }
    let header =
        ["id", "pipeline", "chain", "code", "severity", "status", "key", "amount", "event", "days", "decision"];
    talk::data(&aligned(&header, &listed.into_iter().map(cells).collect::<Vec<_>>()))?;
    Ok(exit)
}

fn severity(word: SeverityArg) -> Severity {
    match word {
        SeverityArg::Blocker => Severity::Blocker,
        SeverityArg::Warning => Severity::Warning,
        SeverityArg::Info => Severity::Info,
    }
}

fn is_listed(one: &Standing, args: &ListArgs) -> bool {
    let is_status = if args.status.is_empty() {
        args.all || one.status != Status::Resolved
    } else {
        args.status.iter().any(|word| Status::from(*word) == one.status)
    };
    is_status && args.severity.is_none_or(|word| one.record.known.finding.severity == severity(word))
}

fn cells(one: &Standing) -> Vec<String> {
    let known = &one.record.known;
    let finding = &known.finding;
    let text = |text: Option<String>| text.unwrap_or_default();
    let amount = finding.amount.map(|amount| amount.to_string());
    let amount = match (amount, &finding.currency) {
        (Some(amount), Some(currency)) => format!("{amount} {currency}"),
        (amount, _) => text(amount),
    };
    let decision = known.decision.as_ref().map(|decision| {
        let until = decision.expires_on.map(|day| format!(" (until {})", iso_date(day)));
        let words = decision.reason.clone().or_else(|| decision.owner.clone());
        format!("{}{}", text(words), text(until))
    });
    vec![
        one.record.id.to_string(),
        one.record.pipeline.clone(),
        finding.identity.chain.clone(),
        finding.identity.code.clone(),
        finding.severity.as_str().to_owned(),
        one.status.as_str().to_owned(),
        finding.identity.key.clone(),
        amount,
        text(finding.event_on.map(iso_date)),
        text(one.age.map(|age| age.to_string())),
        text(decision),
    ]
}
