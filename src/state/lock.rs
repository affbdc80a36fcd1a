//! One run of a pipeline at a time: a lock of the operating system, and who holds it.
//!
//! The kernel gives the lock back when its process ends, however it ends; nothing has to be guessed from process numbers.
//! The file beside it says who holds the lock, and its time is the holder's last sign of life.

use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};

use super::error::StateError;
use super::holder::Holder;

/// How often the holder says that it is alive.
const HEARTBEAT: Duration = Duration::from_secs(5);

/// How often a waiting run asks again.
const ASK_AGAIN: Duration = Duration::from_millis(100);

/// The lock of a pipeline, held until this is dropped or the process ends.
#[derive(Debug)]
pub struct RunLock {
    // Closing it gives the lock back.
    _file: File,
    path: PathBuf,
    took_over: Option<Holder>,
    ended: Arc<AtomicBool>,
    heart: Option<JoinHandle<()>>,
}

impl RunLock {
    /// Takes the lock of `pipeline`, waiting up to `wait` for another run as long as `cancelled` is not set.
    ///
    /// # Errors
    /// Another run holds it, or the folder cannot be written.
    pub fn take(
        state_dir: &Path,
        pipeline: &str,
        run: &str,
        since: DateTime<Utc>,
        wait: Duration,
        cancelled: &AtomicBool,
    ) -> Result<Self, StateError> {
        let path = path_of(state_dir, pipeline);
        let folder = |source| StateError::Folder { path: path.clone(), source };
        fs::create_dir_all(state_dir.join("locks")).map_err(folder)?;
        let file = OpenOptions::new().create(true).append(true).open(&path).map_err(folder)?;
        let deadline = Instant::now() + wait;
        while file.try_lock().is_err() {
            if Instant::now() >= deadline || cancelled.load(Ordering::Relaxed) {
                let holder = Holder::read(&path);
                return Err(StateError::Locked { pipeline: pipeline.to_owned(), holder });
            }
            thread::sleep(ASK_AGAIN);
        }
        let took_over = Holder::read(&path);
        let holder = Holder::of_this_process(run, since);
        holder.announce(&path);
        let ended = Arc::new(AtomicBool::new(false));
        let heart = beat(holder, path.clone(), Arc::clone(&ended));
        Ok(Self { _file: file, path, took_over, ended, heart })
    }

    /// The run that held the lock before and ended without a word.
    #[must_use]
    pub fn took_over(&self) -> Option<&Holder> {
        self.took_over.as_ref()
    }

    /// Who holds the lock of a pipeline now, if anybody.
    #[must_use]
    pub fn holder(state_dir: &Path, pipeline: &str) -> Option<Holder> {
        let path = path_of(state_dir, pipeline);
        let file = File::open(&path).ok()?;
        match file.try_lock() {
            Ok(()) => None,
            Err(_) => Holder::read(&path),
        }
    }

    /// The run that took the lock of a pipeline last and ended without a word, when nobody holds it now.
    #[must_use]
    pub fn left_by(state_dir: &Path, pipeline: &str) -> Option<Holder> {
        let path = path_of(state_dir, pipeline);
        let file = File::open(&path).ok()?;
        file.try_lock().ok()?;
        Holder::read(&path)
    }
}

impl Drop for RunLock {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        if let Some(heart) = self.heart.take() {
            heart.thread().unpark();
            // It only writes a file; a panic in there is no reason to keep the lock.
            let _ = heart.join();
        }
        Holder::withdraw(&self.path);
    }
}

fn path_of(state_dir: &Path, pipeline: &str) -> PathBuf {
    state_dir.join("locks").join(format!("{pipeline}.lock"))
}

/// Writes the holder again and again. Without it only the sign of life is missing.
fn beat(holder: Holder, path: PathBuf, ended: Arc<AtomicBool>) -> Option<JoinHandle<()>> {
    let work = move || {
        loop {
            thread::park_timeout(HEARTBEAT);
            if ended.load(Ordering::Relaxed) {
                return;
            }
            holder.announce(&path);
        }
    };
    thread::Builder::new().name("heartbeat".to_owned()).spawn(work).ok()
}
