//! Deliveries and ledgers: what is about to be sent, what was answered, which files hold what each destination has.
//!
//! What is in those files is not known here.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, Row, params};

use super::error::StateError;
use super::follow::State;
use super::runs::{count, instant};

/// What a destination has, as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// Of the columns that are sent and of where they go.
    pub mapping: String,
    /// Of the steps that make the rows.
    pub logic: String,
    /// Rows that the destination has.
    pub rows: u64,
    /// Rows of the table when it was last delivered in full.
    pub received: u64,
    /// Raised by every delivery.
    pub version: u64,
    /// Names of its files, in order.
    pub segments: Vec<String>,
}

/// A delivery that is recorded and not yet in the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenDelivery {
    /// Number in the state.
    pub id: i64,
    /// The same in all systems.
    pub name: String,
    /// Name of the load.
    pub load: String,
    /// The run that recorded it.
    pub run: String,
    /// Of the columns that are sent and of where they go.
    pub mapping: String,
    /// Of the steps that make the rows.
    pub logic: String,
    /// File with the changes, in the folder of ledgers.
    pub file: String,
    /// Rows of the table.
    pub rows: u64,
}

/// A delivery to be recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDelivery<'a> {
    /// The same in all systems.
    pub name: &'a str,
    /// Name of the pipeline.
    pub pipeline: &'a str,
    /// Name of the load.
    pub load: &'a str,
    /// The run.
    pub run: &'a str,
    /// Of the columns that are sent and of where they go.
    pub mapping: &'a str,
    /// Of the steps that make the rows.
    pub logic: &'a str,
    /// File with the changes, in the folder of ledgers.
    pub file: &'a str,
    /// Rows of the table.
    pub rows: u64,
    /// When.
    pub at: DateTime<Utc>,
}

/// The answer to one change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Number of the change in its file, from 0.
    pub change: u32,
    /// Whether the destination has it now.
    pub taken: bool,
    /// The name that the destination gave it.
    pub remote_id: Option<String>,
}

/// A remote name that was learnt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Learnt {
    /// Key of the row.
    pub key: String,
    /// The name that the destination gave it.
    pub remote_id: String,
}

/// What the ledger of a load becomes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewLedger<'a> {
    /// Name of the pipeline.
    pub pipeline: &'a str,
    /// Name of the load.
    pub load: &'a str,
    /// Of the columns that are sent and of where they go.
    pub mapping: &'a str,
    /// Of the steps that make the rows.
    pub logic: &'a str,
    /// Rows that the destination has.
    pub rows: u64,
    /// Rows of the table; nothing when it was not delivered in full.
    pub received: Option<u64>,
    /// Names of its files, in order, with their rows.
    pub segments: &'a [(String, u64)],
    /// When.
    pub at: DateTime<Utc>,
}

impl State {
    /// The ledger of a load.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn ledger(&self, pipeline: &str, load: &str) -> Result<Option<Ledger>, StateError> {
        self.read(|connection| {
            let sql =
                "SELECT id, mapping, logic, rows, received, version FROM ledgers WHERE pipeline = ?1 AND load = ?2";
            let found = connection.query_row(sql, [pipeline, load], |row| {
                let ledger = Ledger {
                    mapping: row.get(1)?,
                    logic: row.get(2)?,
                    rows: super::read::unsigned(row, 3)?,
                    received: super::read::unsigned(row, 4)?,
                    version: super::read::unsigned(row, 5)?,
                    segments: Vec::new(),
                };
                Ok((row.get::<_, i64>(0)?, ledger))
            });
            let Some((id, mut ledger)) = found.optional()? else { return Ok(None) };
            let mut statement =
                connection.prepare_cached("SELECT file FROM segments WHERE ledger = ?1 ORDER BY number")?;
            ledger.segments = statement.query_map([id], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
            Ok(Some(ledger))
        })
    }

    /// All files that ledgers and open deliveries of a pipeline need.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn ledger_files(&self, pipeline: &str) -> Result<Vec<String>, StateError> {
        let sql = "SELECT s.file FROM segments s JOIN ledgers l ON l.id = s.ledger WHERE l.pipeline = ?1
                   UNION SELECT file FROM deliveries WHERE pipeline = ?1";
        self.read(|connection| {
            let mut statement = connection.prepare_cached(sql)?;
            statement.query_map([pipeline], |row| row.get(0))?.collect()
        })
    }

    /// Records a delivery before anything of it is sent.
    ///
    /// # Errors
    /// One is open already, or the file cannot be written.
    pub fn open_delivery(&self, new: &NewDelivery<'_>) -> Result<OpenDelivery, StateError> {
        let sql = "INSERT INTO deliveries (name, pipeline, load, run, mapping, logic, file, rows, recorded_at)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
        let row = params![
            new.name,
            new.pipeline,
            new.load,
            new.run,
            new.mapping,
            new.logic,
            new.file,
            count(new.rows),
            instant(new.at),
        ];
        let id = self.write(|point| {
            point.execute(sql, row)?;
            Ok(point.last_insert_rowid())
        })?;
        Ok(OpenDelivery {
            id,
            name: new.name.to_owned(),
            load: new.load.to_owned(),
            run: new.run.to_owned(),
            mapping: new.mapping.to_owned(),
            logic: new.logic.to_owned(),
            file: new.file.to_owned(),
            rows: new.rows,
        })
    }

    /// Deliveries of a pipeline whose end is not known.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn open_deliveries(&self, pipeline: &str) -> Result<Vec<OpenDelivery>, StateError> {
        let sql = "SELECT id, name, load, run, mapping, logic, file, rows FROM deliveries WHERE pipeline = ?1
                   ORDER BY id";
        self.read(|connection| {
            let mut statement = connection.prepare_cached(sql)?;
            statement.query_map([pipeline], delivery_of)?.collect()
        })
    }

    /// Notes the answers to changes and, in the same step, which changes are sent next.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn note_answers(
        &self,
        delivery: i64,
        answers: &[Answer],
        intents: impl IntoIterator<Item = u32>,
        at: DateTime<Utc>,
    ) -> Result<(), StateError> {
        self.write(|point| {
            let at = instant(at);
            let forget = "DELETE FROM intents WHERE delivery = ?1 AND change = ?2";
            let note = "INSERT OR REPLACE INTO answers (delivery, change, taken, remote_id, answered_at)
                        VALUES (?1, ?2, ?3, ?4, ?5)";
            for answer in answers {
                point.prepare_cached(forget)?.execute(params![delivery, answer.change])?;
                let row = params![delivery, answer.change, answer.taken, answer.remote_id, at];
                point.prepare_cached(note)?.execute(row)?;
            }
            let intend = "INSERT OR IGNORE INTO intents (delivery, change) VALUES (?1, ?2)";
            for change in intents {
                point.prepare_cached(intend)?.execute(params![delivery, change])?;
            }
            Ok(())
        })
    }

    /// Takes intents back that were never sent.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn drop_intents(&self, delivery: i64, changes: &[u32]) -> Result<(), StateError> {
        self.write(|point| {
            let sql = "DELETE FROM intents WHERE delivery = ?1 AND change = ?2";
            changes
                .iter()
                .try_for_each(|change| point.prepare_cached(sql)?.execute(params![delivery, change]).map(drop))
        })
    }

    /// Changes that were about to be sent and whose answer is not known.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn intents(&self, delivery: i64) -> Result<Vec<u32>, StateError> {
        self.read(|connection| {
            let sql = "SELECT change FROM intents WHERE delivery = ?1 ORDER BY change";
            connection.prepare_cached(sql)?.query_map([delivery], |row| row.get(0))?.collect()
        })
    }

    /// Changes that the destination has taken.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn taken(&self, delivery: i64) -> Result<Vec<u32>, StateError> {
        self.read(|connection| {
            let sql = "SELECT change FROM answers WHERE delivery = ?1 AND taken = 1 ORDER BY change";
            connection.prepare_cached(sql)?.query_map([delivery], |row| row.get(0))?.collect()
        })
    }

    /// Ends a delivery: the ledger becomes `ledger` and the delivery is gone, in one step. Without a ledger the delivery is
    /// only forgotten.
    ///
    /// # Errors
    /// The file cannot be written; the delivery stays open.
    pub fn close_delivery(&self, delivery: Option<i64>, ledger: Option<&NewLedger<'_>>) -> Result<(), StateError> {
        self.write(|point| {
            if let Some(ledger) = ledger {
                put_ledger(point, ledger)?;
            }
            point.execute("DELETE FROM deliveries WHERE id = ?1", [delivery]).map(drop)
        })
    }

    /// Keeps the names that the destination of a load gave to rows.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn learn_ids(
        &self,
        pipeline: &str,
        load: &str,
        run: &str,
        at: DateTime<Utc>,
        learnt: &[Learnt],
    ) -> Result<(), StateError> {
        self.write(|point| {
            let sql = "INSERT OR REPLACE INTO ids (system, kind, key, remote_id, run, learnt_at)
                       VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
            let at = instant(at);
            for one in learnt {
                point.prepare_cached(sql)?.execute(params![pipeline, load, one.key, one.remote_id, run, at])?;
            }
            Ok(())
        })
    }

    /// The name that the destination of a load gave to a row of ours.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn remote_id(&self, pipeline: &str, load: &str, key: &str) -> Result<Option<String>, StateError> {
        let sql = "SELECT remote_id FROM ids WHERE system = ?1 AND kind = ?2 AND key = ?3";
        self.read(|connection| {
            connection.prepare_cached(sql)?.query_row([pipeline, load, key], |row| row.get(0)).optional()
        })
    }
}

fn put_ledger(point: &rusqlite::Connection, ledger: &NewLedger<'_>) -> rusqlite::Result<()> {
    let sql = "INSERT INTO ledgers (pipeline, load, mapping, logic, rows, received, version, changed_at)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, 1, ?7)
               ON CONFLICT (pipeline, load) DO UPDATE SET mapping = excluded.mapping, logic = excluded.logic,
               rows = excluded.rows, received = coalesce(?8, received), version = version + 1,
               changed_at = excluded.changed_at RETURNING id";
    let row = params![
        ledger.pipeline,
        ledger.load,
        ledger.mapping,
        ledger.logic,
        count(ledger.rows),
        count(ledger.received.unwrap_or(0)),
        instant(ledger.at),
        ledger.received.map(count),
    ];
    let id: i64 = point.query_row(sql, row, |row| row.get(0))?;
    point.execute("DELETE FROM segments WHERE ledger = ?1", [id])?;
    let sql = "INSERT INTO segments (ledger, number, file, rows) VALUES (?1, ?2, ?3, ?4)";
    for (number, (file, rows)) in ledger.segments.iter().enumerate() {
        let number = i64::try_from(number).unwrap_or(i64::MAX);
        point.prepare_cached(sql)?.execute(params![id, number, file, count(*rows)])?;
    }
    Ok(())
}

fn delivery_of(row: &Row<'_>) -> rusqlite::Result<OpenDelivery> {
    Ok(OpenDelivery {
        id: row.get(0)?,
        name: row.get(1)?,
        load: row.get(2)?,
        run: row.get(3)?,
        mapping: row.get(4)?,
        logic: row.get(5)?,
        file: row.get(6)?,
        rows: super::read::unsigned(row, 7)?,
    })
}
