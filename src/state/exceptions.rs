//! Exceptions of reconciliations between runs: what was found, what a person has decided, what happened to each.
//!
//! Which status follows from that is in `domain::reconcile::memory`. Runs write what they found and never a decision; commands
//! write decisions and never what was found.

use chrono::{DateTime, NaiveDate, Utc};
use rusqlite::{Connection, Row, params};

use crate::domain::calendar::iso_date;
use crate::domain::money::Decimal;
use crate::domain::reconcile::catalogue::Severity;
use crate::domain::reconcile::memory::{Decision, DecisionKind, Finding, Identity, Judged, Known};

use super::error::StateError;
use super::follow::State;
use super::read::parsed;
use super::runs::instant;

/// An exception that is remembered.
#[derive(Clone, Debug, PartialEq)]
pub struct ExceptionRecord {
    /// Its number.
    pub id: i64,
    /// Name of the pipeline.
    pub pipeline: String,
    /// The table that looks for it.
    pub node: String,
    /// The last run that looked for it.
    pub run: String,
    /// When the decision was taken, UTC.
    pub decided_at: Option<String>,
    /// What is known.
    pub known: Known,
}

/// Which exceptions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExceptionFilter {
    /// Of this pipeline.
    pub pipeline: Option<String>,
    /// Of this chain.
    pub chain: Option<String>,
    /// Of this code.
    pub code: Option<String>,
    /// Of this business key.
    pub key: Option<String>,
    /// That this person answers for.
    pub owner: Option<String>,
    /// With this number.
    pub id: Option<i64>,
}

/// A decision about one exception; none reopens it.
#[derive(Clone, Debug, PartialEq)]
pub struct DecisionOf {
    /// Its number.
    pub id: i64,
    /// The decision.
    pub decision: Option<Decision>,
}

/// Something that happened to an exception.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExceptionEvent {
    /// When, UTC.
    pub at: String,
    /// `found`, `resolved`, `came back`, `explained`, `ignored`, `reopened`, …
    pub what: String,
    /// The day that was looked at.
    pub day: Option<String>,
    /// The run that saw it.
    pub run: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// Until when.
    pub expires_on: Option<String>,
    /// The amount then.
    pub amount: Option<String>,
}

const COLUMNS: &str = "id, pipeline, node, run, chain, code, key, severity, finding, left_key, right_key, amount, currency,
    event_on, proposal, first_on, last_on, resolved_on, decision, reason, owner, expires_on, decided_amount, decided_at";

impl State {
    /// Exceptions, oldest first.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn exceptions(&self, filter: &ExceptionFilter) -> Result<Vec<ExceptionRecord>, StateError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM exceptions WHERE (?1 IS NULL OR pipeline = ?1) AND (?2 IS NULL OR chain = ?2)
             AND (?3 IS NULL OR code = ?3) AND (?4 IS NULL OR key = ?4) AND (?5 IS NULL OR owner = ?5)
             AND (?6 IS NULL OR id = ?6) ORDER BY id"
        );
        let ExceptionFilter { pipeline, chain, code, key, owner, id } = filter;
        self.read(|connection| {
            let mut statement = connection.prepare_cached(&sql)?;
            statement.query_map(params![pipeline, chain, code, key, owner, id], record)?.collect()
        })
    }

    /// Notes what a run found, and what it found no longer. Decisions stay as they are.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn note_exceptions(
        &self,
        (pipeline, node): (&str, &str),
        run: &str,
        now: DateTime<Utc>,
        today: i32,
        judged: &[Judged],
    ) -> Result<(), StateError> {
        self.write(|point| {
            let sql =
                "INSERT INTO exceptions (pipeline, node, run, chain, code, key, severity, finding, left_key, right_key,
                 amount, currency, event_on, proposal, first_on, last_on, resolved_on)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)
                 ON CONFLICT (pipeline, chain, code, key) DO UPDATE SET node = excluded.node, run = excluded.run,
                 severity = excluded.severity, finding = excluded.finding, left_key = excluded.left_key,
                 right_key = excluded.right_key, amount = excluded.amount, currency = excluded.currency,
                 event_on = excluded.event_on, proposal = excluded.proposal, last_on = excluded.last_on,
                 resolved_on = excluded.resolved_on
                 RETURNING id";
            let mut statement = point.prepare(sql)?;
            // What an earlier day looked at again has learnt nothing.
            for Judged { known, change, .. } in judged.iter().filter(|one| one.known.judged_on() <= today) {
                let Finding { identity, severity, finding, left_key, right_key, amount, currency, event_on, proposal } =
                    &known.finding;
                let row = params![
                    pipeline,
                    node,
                    run,
                    identity.chain,
                    identity.code,
                    identity.key,
                    severity.as_str(),
                    finding,
                    left_key,
                    right_key,
                    amount.map(|amount| amount.to_string()),
                    currency,
                    event_on.map(iso_date),
                    proposal,
                    iso_date(known.first_on),
                    iso_date(known.last_on),
                    known.resolved_on.map(iso_date),
                ];
                let id: i64 = statement.query_row(row, |row| row.get(0))?;
                if let Some(change) = change {
                    let amount = amount.map(|amount| amount.to_string());
                    let what = (change.as_str(), Some(iso_date(today)), Some(run));
                    event(point, id, now, what, (None, None, None, amount))?;
                }
            }
            Ok(())
        })
    }

    /// Notes decisions, all or none.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn decide(&self, decisions: &[DecisionOf], now: DateTime<Utc>) -> Result<(), StateError> {
        self.write(|point| decisions.iter().try_for_each(|one| decide(point, one, now)))
    }

    /// What happened to an exception, oldest first.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn exception_events(&self, id: i64) -> Result<Vec<ExceptionEvent>, StateError> {
        let sql = "SELECT at, what, day, run, reason, owner, expires_on, amount FROM exception_events
                   WHERE exception = ?1 ORDER BY number";
        self.read(|connection| {
            let mut statement = connection.prepare(sql)?;
            statement.query_map([id], event_of)?.collect()
        })
    }
}

fn decide(connection: &Connection, one: &DecisionOf, now: DateTime<Utc>) -> rusqlite::Result<()> {
    let decision = one.decision.as_ref();
    let amount = decision.and_then(|decision| decision.amount).map(|amount| amount.to_string());
    let expires = decision.and_then(|decision| decision.expires_on).map(iso_date);
    let reason = decision.and_then(|decision| decision.reason.clone());
    let owner = decision.and_then(|decision| decision.owner.clone());
    let kind = decision.map(|decision| decision.kind.as_str());
    let sql = "UPDATE exceptions SET decision = ?2, reason = ?3, owner = ?4, expires_on = ?5, decided_amount = ?6,
               decided_at = ?7 WHERE id = ?1";
    let at = kind.map(|_| instant(now));
    connection.execute(sql, params![one.id, kind, reason, owner, expires, amount, at])?;
    event(connection, one.id, now, (kind.unwrap_or("reopened"), None, None), (reason, owner, expires, amount))
}

type What<'a> = (&'a str, Option<String>, Option<&'a str>);
type Words = (Option<String>, Option<String>, Option<String>, Option<String>);

fn event(
    connection: &Connection,
    id: i64,
    now: DateTime<Utc>,
    (what, day, run): What<'_>,
    (reason, owner, expires, amount): Words,
) -> rusqlite::Result<()> {
    let sql = "INSERT INTO exception_events (exception, number, at, what, day, run, reason, owner, expires_on, amount)
               VALUES (?1, 1 + coalesce((SELECT max(number) FROM exception_events WHERE exception = ?1), 0),
               ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    let row = params![id, instant(now), what, day, run, reason, owner, expires, amount];
    connection.prepare_cached(sql)?.execute(row).map(drop)
}

fn record(row: &Row<'_>) -> rusqlite::Result<ExceptionRecord> {
    let amount = |at| optional(row, at, |text| text.parse::<Decimal>().ok());
    let day = |at| optional(row, at, day_of);
    let severity = |word: &str| Severity::ALL.into_iter().find(|(own, _)| *own == word).map(|(_, severity)| severity);
    let finding = Finding {
        identity: Identity { chain: row.get(4)?, code: row.get(5)?, key: row.get(6)? },
        severity: parsed(row, 7, severity)?,
        finding: row.get(8)?,
        left_key: row.get(9)?,
        right_key: row.get(10)?,
        amount: amount(11)?,
        currency: row.get(12)?,
        event_on: day(13)?,
        proposal: row.get(14)?,
    };
    let decision = optional(row, 18, DecisionKind::of)?.map(|kind| {
        let (reason, owner) = (row.get(19)?, row.get(20)?);
        Ok::<_, rusqlite::Error>(Decision { kind, reason, owner, expires_on: day(21)?, amount: amount(22)? })
    });
    let known = Known {
        finding,
        first_on: parsed(row, 15, day_of)?,
        last_on: parsed(row, 16, day_of)?,
        resolved_on: day(17)?,
        decision: decision.transpose()?,
    };
    Ok(ExceptionRecord {
        id: row.get(0)?,
        pipeline: row.get(1)?,
        node: row.get(2)?,
        run: row.get(3)?,
        decided_at: row.get(23)?,
        known,
    })
}

fn optional<T>(row: &Row<'_>, at: usize, parse: impl Fn(&str) -> Option<T>) -> rusqlite::Result<Option<T>> {
    row.get_ref(at)?.as_str_or_null()?.map(|_| parsed(row, at, parse)).transpose()
}

fn day_of(text: &str) -> Option<i32> {
    text.parse::<NaiveDate>().ok().map(|day| day.to_epoch_days())
}

fn event_of(row: &Row<'_>) -> rusqlite::Result<ExceptionEvent> {
    Ok(ExceptionEvent {
        at: row.get(0)?,
        what: row.get(1)?,
        day: row.get(2)?,
        run: row.get(3)?,
        reason: row.get(4)?,
        owner: row.get(5)?,
        expires_on: row.get(6)?,
        amount: row.get(7)?,
    })
}
