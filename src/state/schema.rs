//! The state file as a database: opening, its safety settings, and its schema, version by version.
//!
//! A new version is a new file in `migrations` and a line in [`MIGRATIONS`]; old ones are never edited.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};

use super::error::StateError;

const MIGRATIONS: [&str; 2] =
    [include_str!("migrations/0001_register.sql"), include_str!("migrations/0002_batches.sql")];

/// The version of the schema that this build writes and the latest that it reads.
#[expect(clippy::cast_possible_truncation, reason = "a handful of migrations")]
pub const SCHEMA_VERSION: u32 = MIGRATIONS.len() as u32;

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
    if version < SCHEMA_VERSION {
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

fn migrate(connection: &Connection, path: &Path) -> Result<(), StateError> {
    let failed = |error| StateError::of(path, error);
    let transaction = Transaction::new_unchecked(connection, TransactionBehavior::Immediate).map_err(failed)?;
    // Another run may have been faster, or be of a later version.
    let version = recognize(&transaction, path)?;
    let missing = MIGRATIONS.iter().skip(version as usize);
    missing.clone().try_for_each(|sql| transaction.execute_batch(sql)).map_err(failed)?;
    transaction.pragma_update(None, "user_version", SCHEMA_VERSION).map_err(failed)?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID).map_err(failed)?;
    transaction.commit().map_err(failed)
}
