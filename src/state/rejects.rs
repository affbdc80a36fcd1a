//! Rejected rows of all runs: where each is kept, since when, and whether somebody has dealt with it.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::error::StateError;
use super::follow::State;
use super::read::unsigned;
use super::runs::{count, instant};

/// A reject of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewReject {
    /// Table, or `load:name`.
    pub node: String,
    /// Stable cause.
    pub cause: String,
    /// What makes it the same as one of an earlier run.
    pub digest: String,
    /// Business key of the row.
    pub key: Option<String>,
    /// Offending column.
    pub column: Option<String>,
    /// File it came from.
    pub file: Option<String>,
    /// Line in the file.
    pub line: Option<u64>,
    /// Sheet, record path or index.
    pub place: Option<String>,
    /// Where it stands in the file of the run, in bytes.
    pub position: u64,
}

/// A reject that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RejectRecord {
    /// Its number.
    pub id: i64,
    /// Name of the pipeline.
    pub pipeline: String,
    /// The last run that rejected it.
    pub run: String,
    /// Table, or `load:name`.
    pub node: String,
    /// Stable cause.
    pub cause: String,
    /// When it was rejected first, UTC.
    pub first_seen: String,
    /// When it was rejected last, UTC.
    pub last_seen: String,
    /// How many runs rejected it.
    pub times: u64,
    /// `open`, `replayed` (also: no longer rejected) or `dropped`.
    pub status: String,
    /// Where it stands in the file of its run.
    pub position: u64,
}

/// Rejects of one cause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RejectGroup {
    /// Name of the pipeline.
    pub pipeline: String,
    /// Table, or `load:name`.
    pub node: String,
    /// Stable cause.
    pub cause: String,
    /// Rows.
    pub rows: u64,
    /// When the first of them was rejected first, UTC.
    pub first_seen: String,
    /// When one of them was rejected last, UTC.
    pub last_seen: String,
    /// Number of one of them.
    pub example: i64,
}

/// Which rejects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RejectFilter {
    /// Of this pipeline.
    pub pipeline: Option<String>,
    /// Of this cause.
    pub cause: Option<String>,
    /// Of this table, or `load:name`.
    pub node: Option<String>,
    /// That this run rejected last.
    pub run: Option<String>,
    /// With this number.
    pub id: Option<i64>,
    /// Also those that were replayed or dropped.
    pub all: bool,
}

const CHOSEN: &str = "FROM rejects WHERE (?1 IS NULL OR pipeline = ?1) AND (?2 IS NULL OR cause = ?2)
    AND (?3 IS NULL OR node = ?3) AND (?4 IS NULL OR run = ?4) AND (?5 IS NULL OR id = ?5) AND (?6 OR status = 'open')";

impl State {
    /// Notes the rejects of a run. Those that were `replayed` are done, unless they are among the new ones again. Open ones
    /// of `settled` nodes that are not among the new ones were corrected at their source.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn note_rejects(
        &self,
        pipeline: &str,
        run: &str,
        now: DateTime<Utc>,
        rejects: &[NewReject],
        replayed: Option<&[i64]>,
        settled: &[&str],
    ) -> Result<(), StateError> {
        self.write(|point| {
            mark(point, replayed.unwrap_or_default(), "replayed")?;
            let again = if replayed.is_some() { "'open'" } else { "status" };
            let sql = format!(
                "INSERT INTO rejects (pipeline, run, node, cause, digest, key, column_name, file, line, place, position,
                 first_seen, last_seen) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?12)
                 ON CONFLICT (pipeline, digest) DO UPDATE SET run = excluded.run, cause = excluded.cause,
                 key = excluded.key, column_name = excluded.column_name, position = excluded.position,
                 last_seen = excluded.last_seen, times = times + 1, status = {again}"
            );
            let mut statement = point.prepare(&sql)?;
            for reject in rejects {
                statement.execute(params![
                    pipeline,
                    run,
                    reject.node,
                    reject.cause,
                    reject.digest,
                    reject.key,
                    reject.column,
                    reject.file,
                    reject.line.map(count),
                    reject.place,
                    count(reject.position),
                    instant(now),
                ])?;
            }
            let sql = "UPDATE rejects SET status = 'replayed' WHERE pipeline = ?1 AND node = ?2 AND run <> ?3
                       AND status = 'open'";
            let mut statement = point.prepare(sql)?;
            settled.iter().try_for_each(|node| statement.execute([pipeline, node, run]).map(drop))
        })
    }

    /// Rejects, oldest first.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn rejects(&self, filter: &RejectFilter) -> Result<Vec<RejectRecord>, StateError> {
        let sql = format!(
            "SELECT id, pipeline, run, node, cause, first_seen, last_seen, times, status, position {CHOSEN} ORDER BY id"
        );
        self.read(|connection| {
            let mut statement = connection.prepare_cached(&sql)?;
            let RejectFilter { pipeline, cause, node, run, id, all } = filter;
            statement.query_map(params![pipeline, cause, node, run, id, all], record)?.collect()
        })
    }

    /// Rejects by pipeline, node and cause.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn reject_groups(&self, filter: &RejectFilter) -> Result<Vec<RejectGroup>, StateError> {
        let sql = format!(
            "SELECT pipeline, node, cause, count(*), min(first_seen), max(last_seen), min(id) {CHOSEN}
             GROUP BY pipeline, node, cause ORDER BY pipeline, node, cause"
        );
        self.read(|connection| {
            let mut statement = connection.prepare_cached(&sql)?;
            let RejectFilter { pipeline, cause, node, run, id, all } = filter;
            statement.query_map(params![pipeline, cause, node, run, id, all], group)?.collect()
        })
    }

    /// Puts rejects away: nobody will deal with them.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn drop_rejects(&self, ids: &[i64]) -> Result<(), StateError> {
        self.write(|point| mark(point, ids, "dropped"))
    }

    /// Forgets rejects that were seen last before an instant. Gives the runs of which none is left.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn forget_rejects(&self, before: DateTime<Utc>) -> Result<Vec<String>, StateError> {
        self.write(|point| {
            let before = instant(before);
            let sql = "SELECT DISTINCT run FROM rejects WHERE last_seen < ?1";
            let runs: Vec<String> =
                point.prepare(sql)?.query_map([&before], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
            point.execute("DELETE FROM rejects WHERE last_seen < ?1", [&before])?;
            let mut left = point.prepare("SELECT 1 FROM rejects WHERE run = ?1 LIMIT 1")?;
            let mut gone = Vec::new();
            for run in runs {
                if left.query_row([&run], |_| Ok(())).optional()?.is_none() {
                    gone.push(run);
                }
            }
            Ok(gone)
        })
    }
}

fn mark(connection: &Connection, ids: &[i64], status: &str) -> rusqlite::Result<()> {
    let mut statement = connection.prepare("UPDATE rejects SET status = ?2 WHERE id = ?1")?;
    ids.iter().try_for_each(|id| statement.execute(params![id, status]).map(drop))
}

fn record(row: &Row<'_>) -> rusqlite::Result<RejectRecord> {
    Ok(RejectRecord {
        id: row.get(0)?,
        pipeline: row.get(1)?,
        run: row.get(2)?,
        node: row.get(3)?,
        cause: row.get(4)?,
        first_seen: row.get(5)?,
        last_seen: row.get(6)?,
        times: unsigned(row, 7)?,
        status: row.get(8)?,
        position: unsigned(row, 9)?,
    })
}

fn group(row: &Row<'_>) -> rusqlite::Result<RejectGroup> {
    Ok(RejectGroup {
        pipeline: row.get(0)?,
        node: row.get(1)?,
        cause: row.get(2)?,
        rows: unsigned(row, 3)?,
        first_seen: row.get(4)?,
        last_seen: row.get(5)?,
        example: row.get(6)?,
    })
}
