//! `raccordo exceptions explain`, `ignore`, `reopen`: a person decides.

use crate::cli::exception_args::{ExplainArgs, IgnoreArgs, ReopenArgs, Which};
use crate::cli::exceptions::{Standing, chosen, today};
use crate::cli::exit::{Exit, Failure};
use crate::cli::rejects::failed;
use crate::cli::{clock, talk};
use crate::domain::reconcile::memory::{Decision, DecisionKind, Status};
use crate::state::DecisionOf;

/// Runs `explain`.
///
/// # Errors
/// Nothing is chosen, the reason is empty, the day is past, or the state cannot be written.
pub fn explain(args: &ExplainArgs) -> Result<Exit, Failure> {
    if args.reason.trim().is_empty() {
        return Err(Failure::new(Exit::Wrong, "an explanation needs a reason").help("--reason \"reso concordato\""));
    }
    let decision = Decision {
        kind: DecisionKind::Explained,
        reason: Some(args.reason.trim().to_owned()),
        owner: given(args.owner.as_deref()),
        expires_on: last_day(args.until)?,
        amount: None,
    };
    decide(&args.id, &args.which, Some(&decision), "explained")
}

/// Runs `ignore`.
///
/// # Errors
/// Nothing is chosen, nobody answers for it, the day is past, or the state cannot be written.
pub fn ignore(args: &IgnoreArgs) -> Result<Exit, Failure> {
    let Some(owner) = given(Some(&args.owner)) else {
        return Err(Failure::new(Exit::Wrong, "somebody must answer for what is ignored").help("--owner NAME"));
    };
    let decision = Decision {
        kind: DecisionKind::Ignored,
        reason: given(args.reason.as_deref()),
        owner: Some(owner),
        expires_on: last_day(args.until)?,
        amount: None,
    };
    decide(&args.id, &args.which, Some(&decision), "ignored")
}

/// Runs `reopen`.
///
/// # Errors
/// Nothing is chosen, or the state cannot be written.
pub fn reopen(args: &ReopenArgs) -> Result<Exit, Failure> {
    decide(&args.id, &args.which, None, "reopened")
}

fn given(text: Option<&str>) -> Option<String> {
    text.map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
}

fn last_day(until: Option<chrono::NaiveDate>) -> Result<Option<i32>, Failure> {
    let day = until.map(|day| day.to_epoch_days());
    if day.is_some_and(|day| day < today()) {
        return Err(
            Failure::new(Exit::Wrong, "the day until which it holds is past").help("--until DATE, today or later")
        );
    }
    Ok(day)
}

fn decide(ids: &[i64], which: &Which, decision: Option<&Decision>, done: &str) -> Result<Exit, Failure> {
    if ids.is_empty() && which.is_empty() {
        return Err(Failure::new(Exit::Wrong, "nothing says which exceptions are meant")
            .help("give their numbers, or `--code`, `--chain`, `--key`, `--pipeline`"));
    }
    let unknown = |id: &i64| {
        Failure::new(Exit::Wrong, format!("there is no exception {id} to be {done}"))
            .help("`raccordo exceptions list` tells which are known")
    };
    let Some((state, found)) = chosen(&which.filter())? else {
        return Err(ids.first().map_or_else(|| Failure::new(Exit::Wrong, "nothing has run yet"), unknown));
    };
    let is_meant = |one: &&Standing| match decision {
        // A number is meant whatever it stands at; a filter means those that are still there.
        _ if !ids.is_empty() => ids.contains(&one.record.id),
        Some(_) => one.status != Status::Resolved,
        None => one.record.known.decision.is_some(),
    };
    let meant: Vec<&Standing> = found.iter().filter(is_meant).collect();
    if let Some(id) = ids.iter().find(|id| !meant.iter().any(|one| one.record.id == **id)) {
        return Err(unknown(id));
    }
    if meant.is_empty() {
        return Err(
            Failure::new(Exit::Wrong, "no exception is so").help("`raccordo exceptions list` tells which are known")
        );
    }
    if let Some(one) = meant.iter().find(|one| decision.is_none() && one.record.known.decision.is_none()) {
        let message = format!("nothing was decided about exception {}", one.record.id);
        return Err(Failure::new(Exit::Wrong, message));
    }
    let decisions: Vec<DecisionOf> = meant
        .iter()
        .map(|one| {
            let amount = one.record.known.finding.amount;
            DecisionOf { id: one.record.id, decision: decision.cloned().map(|own| Decision { amount, ..own }) }
        })
        .collect();
    state.decide(&decisions, clock::now()).map_err(|error| failed(&error))?;
    talk::line(&format!("{} {done}", talk::counted(decisions.len(), "exception")));
    Ok(Exit::Done)
}
