//! Runs and their books: when each began and how it ended, how many rows passed each table and load.

use chrono::{DateTime, SecondsFormat, Utc};
use rusqlite::{OptionalExtension, Row, params};

use super::error::StateError;
use super::follow::State;

/// A run that begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRun<'a> {
    /// Its name.
    pub run: &'a str,
    /// Name of the pipeline.
    pub pipeline: &'a str,
    /// Hash of the pipeline file as it was understood.
    pub fingerprint: &'a str,
    /// Parameters as a JSON object.
    pub params: &'a str,
    /// When it began.
    pub started_at: DateTime<Utc>,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunEnd<'a> {
    /// `done`, `failed`, `checks_say_no`, `bug` or `interrupted`.
    pub outcome: &'a str,
    /// Exit code of the process.
    pub exit: u8,
    /// Code and words of what went wrong.
    pub problem: Option<&'a str>,
    /// When it ended.
    pub ended_at: DateTime<Utc>,
}

/// A run of the past, or one that goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunRecord {
    /// Its name.
    pub run: String,
    /// Name of the pipeline.
    pub pipeline: String,
    /// Hash of the pipeline file as it was understood.
    pub fingerprint: String,
    /// Parameters as a JSON object.
    pub params: String,
    /// When it began, UTC.
    pub started_at: String,
    /// When it ended, UTC.
    pub ended_at: Option<String>,
    /// How it ended; nothing while it goes on, `died` when its process ended without a word.
    pub outcome: Option<String>,
    /// Exit code.
    pub exit: Option<u8>,
    /// Code and words of what went wrong.
    pub problem: Option<String>,
}

/// The rows of a table or load of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeRecord {
    /// `table` or `load`.
    pub role: String,
    /// Its name.
    pub node: String,
    /// Name of its kind.
    pub kind: String,
    /// Rows received.
    pub rows_in: u64,
    /// Rows that a filter left out.
    pub filtered: u64,
    /// Rows rejected.
    pub rejected: u64,
    /// Rows delivered to the next.
    pub rows_out: u64,
    /// Rows that the destination had already.
    pub unchanged: u64,
    /// Rows that are new there.
    pub created: u64,
    /// Rows that changed there.
    pub updated: u64,
    /// Rows that went away there.
    pub deleted: u64,
    /// Rows that did not arrive.
    pub failed: u64,
}

const RUNS: &str = "SELECT run, pipeline, fingerprint, params, started_at, ended_at, outcome, exit, problem FROM runs";

impl State {
    /// Notes that a run begins. Earlier runs of the pipeline that never ended are noted as died: the caller holds its lock.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn begin_run(&self, run: &NewRun<'_>) -> Result<(), StateError> {
        self.write(|point| {
            let died = "UPDATE runs SET outcome = 'died' WHERE pipeline = ?1 AND outcome IS NULL AND run <> ?2";
            point.execute(died, [run.pipeline, run.run])?;
            let sql = "INSERT OR REPLACE INTO runs (run, pipeline, fingerprint, params, started_at)
                       VALUES (?1, ?2, ?3, ?4, ?5)";
            let row = params![run.run, run.pipeline, run.fingerprint, run.params, instant(run.started_at)];
            point.execute(sql, row).map(drop)
        })
    }

    /// Notes how a run ended, with its books.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn end_run(&self, run: &str, end: &RunEnd<'_>, nodes: &[NodeRecord]) -> Result<(), StateError> {
        self.write(|point| {
            let sql = "UPDATE runs SET outcome = ?2, exit = ?3, problem = ?4, ended_at = ?5 WHERE run = ?1";
            point.execute(sql, params![run, end.outcome, end.exit, end.problem, instant(end.ended_at)])?;
            let sql = "INSERT OR REPLACE INTO nodes (run, role, node, kind, rows_in, filtered, rejected, rows_out,
                       unchanged, created, updated, deleted, failed)
                       VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)";
            let mut statement = point.prepare_cached(sql)?;
            for node in nodes {
                statement.execute(params![
                    run,
                    node.role,
                    node.node,
                    node.kind,
                    count(node.rows_in),
                    count(node.filtered),
                    count(node.rejected),
                    count(node.rows_out),
                    count(node.unchanged),
                    count(node.created),
                    count(node.updated),
                    count(node.deleted),
                    count(node.failed),
                ])?;
            }
            Ok(())
        })
    }

    /// The last runs, newest first; of one pipeline or of all.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn runs(&self, pipeline: Option<&str>, most: u32) -> Result<Vec<RunRecord>, StateError> {
        let sql = format!("{RUNS} WHERE ?1 IS NULL OR pipeline = ?1 ORDER BY started_at DESC, run DESC LIMIT ?2");
        self.read(|connection| {
            let mut statement = connection.prepare_cached(&sql)?;
            statement.query_map(params![pipeline, most], run_of)?.collect()
        })
    }

    /// One run.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn run(&self, run: &str) -> Result<Option<RunRecord>, StateError> {
        let sql = format!("{RUNS} WHERE run = ?1");
        self.read(|connection| connection.query_row(&sql, [run], run_of).optional())
    }

    /// The books of a run.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn nodes(&self, run: &str) -> Result<Vec<NodeRecord>, StateError> {
        let sql =
            "SELECT role, node, kind, rows_in, filtered, rejected, rows_out, unchanged, created, updated, deleted,
                   failed FROM nodes WHERE run = ?1 ORDER BY role DESC, node";
        self.read(|connection| {
            let mut statement = connection.prepare_cached(sql)?;
            statement.query_map([run], node_of)?.collect()
        })
    }

    /// Notes that a person has overridden a guard.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn note_override(&self, run: &str, load: &str, guard: &str, what: &str) -> Result<(), StateError> {
        let sql = "INSERT OR REPLACE INTO overrides (run, load, guard, what) VALUES (?1, ?2, ?3, ?4)";
        self.write(|point| point.execute(sql, [run, load, guard, what]).map(drop))
    }
}

/// An instant as the file keeps it.
pub(super) fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// A number of rows; there are never more than SQLite can count.
pub(super) fn count(rows: u64) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}

fn run_of(row: &Row<'_>) -> rusqlite::Result<RunRecord> {
    Ok(RunRecord {
        run: row.get(0)?,
        pipeline: row.get(1)?,
        fingerprint: row.get(2)?,
        params: row.get(3)?,
        started_at: row.get(4)?,
        ended_at: row.get(5)?,
        outcome: row.get(6)?,
        exit: row.get(7)?,
        problem: row.get(8)?,
    })
}

fn node_of(row: &Row<'_>) -> rusqlite::Result<NodeRecord> {
    let count = |index| super::read::unsigned(row, index);
    Ok(NodeRecord {
        role: row.get(0)?,
        node: row.get(1)?,
        kind: row.get(2)?,
        rows_in: count(3)?,
        filtered: count(4)?,
        rejected: count(5)?,
        rows_out: count(6)?,
        unchanged: count(7)?,
        created: count(8)?,
        updated: count(9)?,
        deleted: count(10)?,
        failed: count(11)?,
    })
}
