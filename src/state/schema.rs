//! The state file as a database: opening, its safety settings, and its schema, version by version.
//!
//! A new version is a new file in `migrations` and a line in [`MIGRATIONS`]; old ones are never edited. Which of them a
//! file has is written in the file, by number: work on two of them may go on at once, in whatever order they come.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};

use super::error::StateError;

/// All migrations, by number.
const MIGRATIONS: [(u32, &str); 5] = [
    (1, include_str!("migrations/0001_register.sql")),
    (2, include_str!("migrations/0002_batches.sql")),
    (10, include_str!("migrations/0010_runs.sql")),
    (20, include_str!("migrations/0020_exceptions.sql")),
    (30, include_str!("migrations/0030_reports.sql")),
];

/// The version of the schema that this build writes and the latest that it reads: that of the last migration.
pub const SCHEMA_VERSION: u32 = MIGRATIONS[MIGRATIONS.len() - 1].0;

/// `racc`: tells the file from databases of other programs.
const APPLICATION_ID: i32 = 0x7261_6363;

/// How long the short writes wait, and the opening itself: only the first one of all, and migrations, take the lock.
pub(super) const SHORT_WAIT: Duration = Duration::from_secs(5);

const LONGEST_WAIT: Duration = Duration::from_hours(24);

/// Opens the file, makes it when it is missing, brings its schema up to date.
pub(super) fn open(path: &Path) -> Result<Connection, StateError> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|source| StateError::Folder { path: path.to_path_buf(), source })?;
    }
    let deadline = Instant::now() + SHORT_WAIT;
    loop {
        match connect(path) {
            // Two that make the file at once: the change of the journal mode does not wait by itself.
            Err(error) if error.is_transient() && Instant::now() < deadline => {
                thread::sleep(Duration::from_millis(10));
            }
            other => return other,
        }
    }
}

/// Sets how long a write waits for another.
pub(super) fn set_wait(connection: &Connection, wait: Duration, path: &Path) -> Result<(), StateError> {
    connection.busy_timeout(wait.min(LONGEST_WAIT)).map_err(|error| StateError::of(path, error))
}

fn connect(path: &Path) -> Result<Connection, StateError> {
    let failed = |error| StateError::of(path, error);
    if is_gone(path) {
        return Err(StateError::Gone { path: path.to_path_buf() });
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(failed)?;
    set_wait(&connection, SHORT_WAIT, path)?;
    // Before anything is written: a file of others stays as it is.
    let version = recognize(&connection, path)?;
    let mode: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0)).map_err(failed)?;
    if mode != "wal" {
        return Err(StateError::Unsafe { path: path.to_path_buf(), mode });
    }
    // 32 MiB hold the pages of some 60,000 documents, for a run that looks many orders up. Temporary pages, of single
    // steps that may have to be undone, have no need of a disk.
    let settings = "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA cache_size = -32768;
                    PRAGMA temp_store = MEMORY;";
    connection.execute_batch(settings).map_err(failed)?;
    // Otherwise some statements would be planned again for every value.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map_err(failed)?;
    connection.set_prepared_statement_cache_capacity(32);
    if !missing(&connection, version).map_err(failed)?.is_empty() {
        migrate(&connection, path)?;
    }
    Ok(connection)
}

/// The version of the file, if it is one of ours or empty.
fn recognize(connection: &Connection, path: &Path) -> Result<u32, StateError> {
    let sql = "SELECT application_id, user_version, (SELECT count(*) FROM sqlite_schema)
               FROM pragma_application_id, pragma_user_version";
    let row = connection.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
    let (application, version, tables): (i32, u32, i64) = row.map_err(|error| StateError::of(path, error))?;
    let path = path.to_path_buf();
    if application != APPLICATION_ID && (version, tables) != (0, 0) {
        return Err(StateError::Foreign { path });
    }
    if version > SCHEMA_VERSION {
        return Err(StateError::Newer { path, found: version, known: SCHEMA_VERSION });
    }
    Ok(version)
}

/// The migrations that a file of that version does not have. Files of version 1 do not list theirs.
fn missing(connection: &Connection, version: u32) -> rusqlite::Result<Vec<(u32, &'static str)>> {
    let has_list = "SELECT count(*) FROM sqlite_schema WHERE name = 'migrations'";
    let lists: i64 = connection.query_row(has_list, [], |row| row.get(0))?;
    let applied: Vec<u32> = if lists == 0 {
        (1..=version).collect()
    } else {
        let mut statement = connection.prepare("SELECT number FROM migrations")?;
        statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?
    };
    Ok(MIGRATIONS.into_iter().filter(|(number, _)| !applied.contains(number)).collect())
}

fn migrate(connection: &Connection, path: &Path) -> Result<(), StateError> {
    let failed = |error| StateError::of(path, error);
    let transaction = Transaction::new_unchecked(connection, TransactionBehavior::Immediate).map_err(failed)?;
    // Another run may have been faster, or be of a later version.
    let version = recognize(&transaction, path)?;
    let missing = missing(&transaction, version).map_err(failed)?;
    let list = "CREATE TABLE IF NOT EXISTS migrations (number INTEGER PRIMARY KEY) STRICT";
    transaction.execute_batch(list).map_err(failed)?;
    missing.iter().try_for_each(|(_, sql)| transaction.execute_batch(sql)).map_err(failed)?;
    let numbers = MIGRATIONS.iter().map(|(number, _)| number);
    let note = |number| transaction.execute("INSERT OR IGNORE INTO migrations VALUES (?1)", [number]).map(drop);
    numbers.copied().try_for_each(note).map_err(failed)?;
    transaction.pragma_update(None, "user_version", SCHEMA_VERSION.max(version)).map_err(failed)?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID).map_err(failed)?;
    transaction.commit().map_err(failed)
}

/// Whether the file is not there, or empty, although the folder beside it holds copies or ledgers of it: a state that was
/// deleted, not a new project. Beginning again would give out numbers a second time and send everything once more.
fn is_gone(path: &Path) -> bool {
    let is_empty = std::fs::metadata(path).map_or(true, |file| file.len() == 0);
    let holds = |name: &str| {
        let entries = std::fs::read_dir(path.with_file_name(name));
        entries.is_ok_and(|mut entries| entries.next().is_some())
    };
    is_empty && (holds("backup") || holds("ledger"))
}
