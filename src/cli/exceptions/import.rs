//! `raccordo exceptions import`: the decisions of a file that a person has filled in, all of them or none.

use std::collections::{BTreeMap, BTreeSet};

use crate::cli::exception_args::ImportArgs;
use crate::cli::exceptions::{Standing, chosen, today};
use crate::cli::exit::{Exit, Failure};
use crate::cli::rejects::{failed, sheet};
use crate::cli::{clock, talk};
use crate::diag::did_you_mean;
use crate::domain::calendar::{DateFormat, iso_date, parse_date};
use crate::domain::reconcile::memory::{Decision, DecisionKind};
use crate::state::{DecisionOf, ExceptionFilter};

/// The columns that are read; the others are there for the person.
const READ: [&str; 5] = ["id", "status", "reason", "expires", "owner"];

/// Words of `status` that a person may write.
const WORDS: [&str; 3] = ["explained", "ignored", "open"];

/// Most problems that are told one by one.
const MOST_TOLD: usize = 20;

/// Runs the command.
///
/// # Errors
/// The file cannot be read or says something wrong, or the state cannot be written.
pub fn command(args: &ImportArgs) -> Result<Exit, Failure> {
    let shown = args.file.display().to_string();
    let rows = sheet::read(&args.file)
        .map_err(|error| Failure::new(Exit::Wrong, format!("cannot read `{shown}`: {error}")))?;
    let (state, found) = chosen(&ExceptionFilter::default())?
        .ok_or_else(|| Failure::new(Exit::Wrong, "nothing has run yet: there are no exceptions to decide"))?;
    let known: BTreeMap<i64, &Standing> = found.iter().map(|one| (one.record.id, one)).collect();
    let decisions = read(&rows, &known, today()).map_err(|problems| refused(&shown, problems))?;
    if decisions.is_empty() {
        talk::line("nothing was changed in the file: nothing is decided");
        return Ok(Exit::Done);
    }
    state.decide(&decisions, clock::now()).map_err(|error| failed(&error))?;
    talk::line(&format!("{} decided", talk::counted(decisions.len(), "exception")));
    Ok(Exit::Done)
}

fn refused(shown: &str, problems: Vec<String>) -> Failure {
    let message = format!("`{shown}` has {}; nothing was changed", talk::counted(problems.len(), "problem"));
    let told = problems.len().min(MOST_TOLD);
    let more = problems.len() - told;
    let failure = problems.into_iter().take(told).fold(Failure::new(Exit::Wrong, message), Failure::help);
    if more > 0 { failure.help(format!("and {more} more")) } else { failure }
}

/// The decisions that differ from what is known, or everything that is wrong.
fn read(rows: &[Vec<String>], known: &BTreeMap<i64, &Standing>, today: i32) -> Result<Vec<DecisionOf>, Vec<String>> {
    let Some((header, lines)) = rows.split_first() else { return Err(vec!["it is empty".to_owned()]) };
    let places: Vec<Option<usize>> =
        READ.iter().map(|name| header.iter().position(|own| own.trim().eq_ignore_ascii_case(name))).collect();
    let missing: Vec<String> = READ
        .iter()
        .zip(&places)
        .filter(|(_, place)| place.is_none())
        .map(|(name, _)| format!("row 1: there is no column `{name}`"))
        .collect();
    if !missing.is_empty() {
        return Err(missing);
    }
    let (mut decisions, mut problems, mut seen) = (Vec::new(), Vec::new(), BTreeSet::new());
    for (number, line) in (2..).zip(lines) {
        let cells: Vec<&str> =
            places.iter().map(|place| place.and_then(|at| line.get(at)).map_or("", |cell| cell.trim())).collect();
        if line.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        match row(&cells, known, &mut seen, today) {
            Ok(decision) => decisions.extend(decision),
            Err(found) => problems
                .extend(found.into_iter().map(|(column, words)| format!("row {number}, column `{column}`: {words}"))),
        }
    }
    if problems.is_empty() { Ok(decisions) } else { Err(problems) }
}

type Wrong = Vec<(&'static str, String)>;

/// What a row decides: nothing when it says what is known.
fn row(
    cells: &[&str],
    known: &BTreeMap<i64, &Standing>,
    seen: &mut BTreeSet<i64>,
    today: i32,
) -> Result<Option<DecisionOf>, Wrong> {
    let [id, status, reason, expires, owner] = *cells else { return Ok(None) };
    let number = id.strip_suffix(".0").unwrap_or(id);
    let Some(one) = number.parse().ok().and_then(|id: i64| known.get(&id)) else {
        return Err(vec![("id", format!("there is no exception `{id}`: leave the numbers as they are"))]);
    };
    let id = one.record.id;
    if !seen.insert(id) {
        return Err(vec![("id", format!("exception {id} stands in the file twice"))]);
    }
    let (day, wrong) = last_day(expires, today);
    let written = Written { status: &status.to_lowercase(), reason, expires, owner, day };
    match DecisionKind::of(written.status) {
        Some(kind) => decided(one, kind, &written, wrong),
        None => undecided(one, &written),
    }
}

/// What a person wrote.
struct Written<'a> {
    status: &'a str,
    reason: &'a str,
    expires: &'a str,
    owner: &'a str,
    day: Option<i32>,
}

/// A row that says `explained` or `ignored`.
fn decided(
    one: &Standing,
    kind: DecisionKind,
    written: &Written<'_>,
    mut wrong: Wrong,
) -> Result<Option<DecisionOf>, Wrong> {
    let text = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let known = &one.record.known;
    let (reason, owner) = (text(written.reason), text(written.owner));
    let decision = Decision { kind, reason, owner, expires_on: written.day, amount: known.finding.amount };
    if known.decision.as_ref() == Some(&decision) {
        return Ok(None);
    }
    if kind == DecisionKind::Explained && written.reason.is_empty() {
        wrong.push(("reason", "an explained exception needs a reason".to_owned()));
    }
    if kind == DecisionKind::Ignored && written.owner.is_empty() {
        wrong.push(("owner", "an ignored exception needs somebody who answers for it".to_owned()));
    }
    if wrong.is_empty() { Ok(Some(DecisionOf { id: one.record.id, decision: Some(decision) })) } else { Err(wrong) }
}

/// A row without a decision: as it was exported, or one that takes a decision back.
fn undecided(one: &Standing, written: &Written<'_>) -> Result<Option<DecisionOf>, Wrong> {
    let before = one.record.known.decision.as_ref();
    if written.status != one.status.as_str() {
        if written.status == "open" {
            return Ok(before.map(|_| DecisionOf { id: one.record.id, decision: None }));
        }
        let near = did_you_mean(written.status, WORDS).map(|help| format!("; {help}")).unwrap_or_default();
        let words = format!("`{}` cannot be decided: write {}{near}", written.status, WORDS.join(", "));
        return Err(vec![("status", words)]);
    }
    let old = |pick: fn(&Decision) -> Option<String>| before.and_then(pick).unwrap_or_default();
    let cells = [
        ("reason", written.reason, old(|decision| decision.reason.clone())),
        ("expires", written.expires, old(|decision| decision.expires_on.map(iso_date))),
        ("owner", written.owner, old(|decision| decision.owner.clone())),
    ];
    let changed = cells.into_iter().filter(|(column, cell, old)| {
        *cell != old && !(*column == "expires" && written.day.map(iso_date).as_ref() == Some(old))
    });
    let wrong: Wrong = changed
        .map(|(column, cell, _)| (column, format!("`{cell}` needs `explained` or `ignored` in `status`")))
        .collect();
    if wrong.is_empty() { Ok(None) } else { Err(wrong) }
}

fn last_day(expires: &str, today: i32) -> (Option<i32>, Wrong) {
    if expires.is_empty() {
        return (None, Vec::new());
    }
    let formats = [DateFormat::Iso, DateFormat::Slash];
    let day = formats.into_iter().find_map(|format| parse_date(expires.as_bytes(), format).ok());
    let wrong = match day {
        None => Some(format!("`{expires}` is not a day: write `2026-12-31` or `31/12/2026`")),
        Some(day) if day < today => Some(format!("`{expires}` is past")),
        Some(_) => None,
    };
    (day, wrong.map(|words| ("expires", words)).into_iter().collect())
}
