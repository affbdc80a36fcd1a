//! `raccordo exceptions`: what reconciliations found, and what people decide about it.

pub mod decide;
pub mod export;
pub mod import;
pub mod list;
pub mod show;

use serde_json::{Value, json};

use crate::cli::clock;
use crate::cli::exception_args::ExceptionsCommand;
use crate::cli::exit::{Exit, Failure};
use crate::cli::rejects::{failed, project, state};
use crate::domain::calendar::{business_date, iso_date};
use crate::domain::reconcile::ageing::bucket;
use crate::domain::reconcile::catalogue;
use crate::domain::reconcile::memory::Status;
use crate::state::{ExceptionFilter, ExceptionRecord, State};

/// Runs the command.
///
/// # Errors
/// See each command.
pub fn command(command: &ExceptionsCommand) -> Result<Exit, Failure> {
    match command {
        ExceptionsCommand::List(args) => list::command(args),
        ExceptionsCommand::Show(args) => show::command(args),
        ExceptionsCommand::Explain(args) => decide::explain(args),
        ExceptionsCommand::Ignore(args) => decide::ignore(args),
        ExceptionsCommand::Reopen(args) => decide::reopen(args),
        ExceptionsCommand::Export(args) => export::command(args),
        ExceptionsCommand::Import(args) => import::command(args),
    }
}

/// An exception and where it stands today.
pub struct Standing {
    /// What the state knows.
    pub record: ExceptionRecord,
    /// Where it stands.
    pub status: Status,
    /// Days since the business event.
    pub age: Option<i64>,
}

/// Today in Rome.
#[must_use]
pub fn today() -> i32 {
    business_date(&clock::now()).to_epoch_days()
}

/// The state of the project and the chosen exceptions, oldest first; nothing when nothing has run yet.
///
/// # Errors
/// The state cannot be read.
pub fn chosen(filter: &ExceptionFilter) -> Result<Option<(State, Vec<Standing>)>, Failure> {
    let Some(state) = state(&project())? else { return Ok(None) };
    let records = state.exceptions(filter).map_err(|error| failed(&error))?;
    let today = today();
    // New is what the last look found first; a decision lapses with the calendar, also when nothing has run since.
    let standing = |record: ExceptionRecord| {
        let last = record.known.judged_on();
        let status = match record.known.status(last.max(today)) {
            Status::Open if record.known.status(last) == Status::New => Status::New,
            status => status,
        };
        let age = record.known.finding.event_on.map(|day| i64::from(last.max(today) - day));
        Standing { record, status, age }
    };
    Ok(Some((state, records.into_iter().map(standing).collect())))
}

/// The exception as JSON.
#[must_use]
pub fn as_json(one: &Standing) -> Value {
    let Standing { record, status, age } = one;
    let known = &record.known;
    let finding = &known.finding;
    let decision = known.decision.as_ref();
    let code = catalogue::find(&finding.identity.code);
    json!({
        "id": record.id,
        "pipeline": record.pipeline,
        "table": record.node,
        "run": record.run,
        "chain": finding.identity.chain,
        "code": finding.identity.code,
        "key": finding.identity.key,
        "status": status.as_str(),
        "severity": finding.severity.as_str(),
        "amount": finding.amount.map(|amount| amount.to_string()),
        "currency": finding.currency,
        "event_on": finding.event_on.map(iso_date),
        "age_days": age,
        "age_bucket": age.map(bucket),
        "first_seen": iso_date(known.first_on),
        "last_seen": iso_date(known.last_on),
        "resolved_on": known.resolved_on.map(iso_date),
        "decision": decision.map(|decision| decision.kind.as_str()),
        "reason": decision.and_then(|decision| decision.reason.clone()),
        "owner": decision.and_then(|decision| decision.owner.clone()),
        "expires_on": decision.and_then(|decision| decision.expires_on).map(iso_date),
        "decided_at": record.decided_at,
        "finding": finding.finding,
        "left_key": finding.left_key,
        "right_key": finding.right_key,
        "proposal": finding.proposal,
        "meaning": code.map(|code| code.meaning),
        "meaning_it": code.map(|code| code.meaning_it),
        "action": code.map(|code| code.action),
        "action_it": code.map(|code| code.action_it),
    })
}
