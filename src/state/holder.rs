//! Who holds the register: a small file beside the database, written by the one run that has the write lock.
//!
//! It is a courtesy for messages. The lock itself is SQLite's: it goes away with its process, this file may not.

use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use chrono::{DateTime, SecondsFormat, Utc};

/// The run that holds the register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Process id.
    pub pid: u32,
    /// Since when.
    pub since: DateTime<Utc>,
    /// Name of the run.
    pub run: String,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let since = self.since.to_rfc3339_opts(SecondsFormat::Secs, true);
        write!(f, "run `{}` (process {}, since {since})", self.run, self.pid)
    }
}

impl Holder {
    /// This process.
    pub(super) fn of_this_process(run: &str, since: DateTime<Utc>) -> Self {
        Self { pid: std::process::id(), since, run: run.lines().next().unwrap_or_default().to_owned() }
    }

    /// Says so beside `database`. Only the one that has the write lock may.
    pub(super) fn announce(&self, database: &Path) {
        let text = format!("{}\n{}\n{}\n", self.pid, self.since.to_rfc3339(), self.run);
        // A message will be less precise without it; that is no reason to stop.
        let _ = fs::write(file_of(database), text);
    }

    /// Takes it back. Only the one that still has the write lock may, or it would remove the word of the next.
    pub(super) fn withdraw(database: &Path) {
        let _ = fs::remove_file(file_of(database));
    }

    /// Who says to hold `database`.
    pub(super) fn read(database: &Path) -> Option<Self> {
        let text = fs::read_to_string(file_of(database)).ok()?;
        let mut lines = text.lines();
        let pid = lines.next()?.parse().ok()?;
        let since = DateTime::parse_from_rfc3339(lines.next()?).ok()?.to_utc();
        Some(Self { pid, since, run: lines.next()?.to_owned() })
    }
}

fn file_of(database: &Path) -> PathBuf {
    let mut name = OsString::from(database.as_os_str());
    name.push(".holder");
    PathBuf::from(name)
}
