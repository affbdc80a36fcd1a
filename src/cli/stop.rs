//! Ctrl-C: the first asks the run to stop, which leaves nothing half-written; the second ends the process at once.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};

use crate::cli::exit::{Exit, Failure};
use crate::cli::talk;

/// Exit code of a process that was interrupted at once, as shells have it.
const INTERRUPTED: i32 = 130;

/// The run that an interruption is meant for; the handler of a process is set once, for all its runs.
static CURRENT: Mutex<Option<Watched>> = Mutex::new(None);

struct Watched {
    cancelled: Arc<AtomicBool>,
    state: PathBuf,
    started_at: DateTime<Utc>,
}

/// Sets `cancelled` at the first interruption and ends the process at the second, after removing the staging folders of
/// this run below `state`.
///
/// # Errors
/// The handler cannot be set.
pub fn watch(cancelled: &Arc<AtomicBool>, state: PathBuf, started_at: DateTime<Utc>) -> Result<(), Failure> {
    let watched = Watched { cancelled: Arc::clone(cancelled), state, started_at };
    let is_set = CURRENT.lock().unwrap_or_else(PoisonError::into_inner).replace(watched).is_some();
    if is_set {
        return Ok(());
    }
    ctrlc::set_handler(interrupted)
        .map_err(|error| Failure::new(Exit::Failed, format!("cannot listen for Ctrl-C: {error}")))
}

fn interrupted() {
    let current = CURRENT.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(Watched { cancelled, state, started_at }) = &*current else { return };
    if cancelled.swap(true, Ordering::Relaxed) {
        remove_staging(state, *started_at);
        std::process::exit(INTERRUPTED);
    }
    talk::line("stopping at the next batch of rows; press Ctrl-C again to stop at once");
}

/// Removes what this process staged; a folder that cannot be removed is left to the next person.
fn remove_staging(state: &Path, started_at: DateTime<Utc>) {
    let Ok(runs) = std::fs::read_dir(state.join("runs")) else { return };
    for run in runs.flatten().filter(|run| is_ours(&run.file_name(), started_at)) {
        let _ = std::fs::remove_dir_all(run.path().join("staging"));
    }
}

/// A run is named after its instant and its process.
fn is_ours(name: &OsStr, started_at: DateTime<Utc>) -> bool {
    let instant = started_at.format("%Y%m%dT%H%M%S").to_string();
    let process = format!("-{:04x}", std::process::id() & 0xffff);
    name.to_str().is_some_and(|name| name.starts_with(&instant) && name.ends_with(&process))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_staging_of_this_run_is_removed() {
        let state = tempfile::tempdir().unwrap();
        let started_at = DateTime::UNIX_EPOCH;
        let ours = state.path().join(format!("runs/19700101T000000-{:04x}", std::process::id() & 0xffff));
        let other = state.path().join("runs/20261124T000000-ffff");
        for run in [&ours, &other] {
            std::fs::create_dir_all(run.join("staging")).unwrap();
        }
        remove_staging(state.path(), started_at);
        assert!(ours.is_dir() && !ours.join("staging").exists());
        assert!(other.join("staging").is_dir());
    }
}
