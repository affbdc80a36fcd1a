//! Copies of the state file, and the way back when it is damaged.

use std::fs;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OpenFlags};

use super::error::StateError;
use super::follow::State;

/// Copies that are kept, one a day.
const KEPT: usize = 7;

/// Bytes that are copied in the twinkling of an eye.
const QUICK: u64 = 64 << 20;

/// What came of a repair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Repair {
    /// The file is well; nothing was done.
    NotNeeded,
    /// The damaged file was moved away and a copy is in its place.
    Restored {
        /// Where the damaged file is now.
        damaged: PathBuf,
        /// The copy that was used.
        copy: PathBuf,
    },
    /// The damaged file was moved away; there is no good copy.
    NoCopy {
        /// Where the damaged file is now.
        damaged: PathBuf,
    },
}

impl State {
    /// Keeps a copy of the file, one a day, of which a later run makes a newer one while that is quick; older days go.
    ///
    /// # Errors
    /// The copy cannot be written.
    pub fn back_up(&self, now: DateTime<Utc>) -> Result<(), StateError> {
        let folder = folder_of(self.path());
        let copy = folder.join(format!("state-{}.db", now.format("%Y%m%d")));
        let is_large = fs::metadata(self.path()).is_ok_and(|metadata| metadata.len() > QUICK);
        if is_large && copy.exists() {
            return Ok(());
        }
        let failed = |source| StateError::Folder { path: copy.clone(), source };
        fs::create_dir_all(&folder).map_err(failed)?;
        let partial = folder.join(".partial");
        let _ = fs::remove_file(&partial);
        let text = super::issuing::path_text(&partial)?;
        self.read(|connection| connection.execute("VACUUM INTO ?1", [text]).map(drop))?;
        fs::rename(&partial, &copy).map_err(failed)?;
        let mut copies = copies(&folder);
        copies.truncate(copies.len().saturating_sub(KEPT));
        for old in copies {
            // A copy more does no harm.
            let _ = fs::remove_file(old);
        }
        Ok(())
    }
}

/// Puts the newest good copy in the place of a damaged state file, which is moved away and never deleted.
///
/// What was recorded after the copy is not known any more: deliveries since then are sent again with the same idempotency
/// keys, fiscal numbers since then must be looked up in the folder of invoices.
///
/// # Errors
/// The file is of another program or of a later version, or files cannot be moved.
pub fn repair(path: &Path, now: DateTime<Utc>) -> Result<Repair, StateError> {
    match State::open(path).and_then(|state| state.verify()) {
        Ok(()) => return Ok(Repair::NotNeeded),
        Err(StateError::Damaged { .. } | StateError::Gone { .. }) => {}
        Err(other) => return Err(other),
    }
    let damaged = path.with_file_name(format!("state.damaged-{}.db", now.format("%Y%m%dT%H%M%S")));
    let failed = |source| StateError::Folder { path: damaged.clone(), source };
    if path.exists() {
        fs::rename(path, &damaged).map_err(failed)?;
    }
    for suffix in ["-wal", "-shm"] {
        let beside = with_suffix(path, suffix);
        if beside.exists() {
            fs::rename(&beside, with_suffix(&damaged, suffix)).map_err(failed)?;
        }
    }
    let good = copies(&folder_of(path)).into_iter().rev().find(|copy| is_whole(copy));
    let Some(copy) = good else { return Ok(Repair::NoCopy { damaged }) };
    fs::copy(&copy, path).map_err(failed)?;
    Ok(Repair::Restored { damaged, copy })
}

impl State {
    /// Reads the whole file and checks it.
    ///
    /// # Errors
    /// It is damaged.
    pub fn verify(&self) -> Result<(), StateError> {
        let said: String =
            self.read(|connection| connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)))?;
        if said == "ok" {
            return Ok(());
        }
        let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT);
        let source = rusqlite::Error::SqliteFailure(code, Some(said));
        Err(StateError::Damaged { path: self.path().to_path_buf(), source })
    }
}

fn is_whole(copy: &Path) -> bool {
    let opened = Connection::open_with_flags(copy, OpenFlags::SQLITE_OPEN_READ_ONLY);
    let said =
        opened.and_then(|connection| connection.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0)));
    said.is_ok_and(|said| said == "ok")
}

fn folder_of(database: &Path) -> PathBuf {
    database.with_file_name("backup")
}

/// Copies, oldest first.
fn copies(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut copies: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|extension| extension == "db")).collect();
    copies.sort();
    copies
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}
