//! Files that appear whole or not at all: written beside the destination under a hidden name, then renamed.
//!
//! Here live staging, flushing to the disk, renaming and removal of what was not committed. Nothing here knows formats.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use indexmap::IndexSet;

/// A file operation failed.
#[derive(Debug, thiserror::Error)]
#[error("cannot {action} `{}`: {}", path.display(), reason(source))]
pub struct FileError {
    /// What was tried: `write`, `create`, `rename`, …
    pub action: &'static str,
    /// The file or folder, as the user knows it.
    pub path: PathBuf,
    /// Why it failed.
    #[source]
    pub source: io::Error,
}

impl FileError {
    /// An error of `action` on `path`.
    #[must_use]
    pub fn new(action: &'static str, path: &Path, source: io::Error) -> Self {
        Self { action, path: path.to_path_buf(), source }
    }

    /// What to do about it.
    #[must_use]
    pub fn help(&self) -> String {
        let folder = folder_of(&self.path);
        let folder = folder.display();
        match self.source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                format!(
                    "free some space on the disk that holds `{folder}`, or write to another disk; what was there before is untouched"
                )
            }
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                format!("give the user who runs raccordo the right to write in `{folder}`, or change the path")
            }
            io::ErrorKind::IsADirectory => "the path is a folder: add the name of a file".to_owned(),
            io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists => {
                format!("a part of `{folder}` is a file where a folder is needed: remove it or change the path")
            }
            io::ErrorKind::InvalidFilename => "shorten the name of the file".to_owned(),
            _ => format!("check that `{folder}` exists and can be written"),
        }
    }
}

/// What the operating system says, in words that do not change from one system to the other.
fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::StorageFull => "no space left on device".to_owned(),
        io::ErrorKind::QuotaExceeded => "the disk quota is used up".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::ReadOnlyFilesystem => "the file system is read-only".to_owned(),
        io::ErrorKind::NotFound => "no such file or folder".to_owned(),
        io::ErrorKind::IsADirectory => "it is a folder".to_owned(),
        io::ErrorKind::NotADirectory => "a part of the path is not a folder".to_owned(),
        io::ErrorKind::InvalidFilename => "the name is too long".to_owned(),
        _ => error.to_string(),
    }
}

/// What a commit put in place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Committed {
    /// Files written.
    pub files: u64,
    /// Bytes written.
    pub bytes: u64,
}

/// One file being written beside its destination. Dropped without a commit, it disappears.
#[derive(Debug)]
pub struct StagedFile {
    target: PathBuf,
    temporary: PathBuf,
    committed: bool,
}

impl StagedFile {
    /// Makes the folder of `target` when it is missing, and an empty hidden file `.NAME.RUN.part` in it.
    ///
    /// # Errors
    /// The folder cannot be made or written, or the target is a folder.
    pub fn create(target: &Path, run: &str) -> Result<Self, FileError> {
        if target.is_dir() {
            return Err(FileError::new("write", target, io::ErrorKind::IsADirectory.into()));
        }
        let folder = folder_of(target);
        fs::create_dir_all(&folder).map_err(|error| FileError::new("create the folder", &folder, error))?;
        let temporary = hidden_beside(target, run);
        File::create(&temporary).map_err(|error| FileError::new("write", target, error))?;
        Ok(Self { target: target.to_path_buf(), temporary, committed: false })
    }

    /// The hidden file to write to.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.temporary
    }

    /// The destination.
    #[must_use]
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// Opens the hidden file for writing at its end.
    ///
    /// # Errors
    /// The file cannot be opened.
    pub fn open(&self) -> Result<File, FileError> {
        let file = OpenOptions::new().append(true).open(&self.temporary);
        file.map_err(|error| FileError::new("write", &self.target, error))
    }

    /// Flushes the file to the disk and renames it over the destination.
    ///
    /// # Errors
    /// The disk refuses; the destination is as it was before.
    pub fn commit(mut self) -> Result<Committed, FileError> {
        let bytes = put_in_place(&self.temporary, &self.target)?;
        self.committed = true;
        sync_folder(&folder_of(&self.target))?;
        Ok(Committed { files: 1, bytes })
    }
}

impl Drop for StagedFile {
    fn drop(&mut self) {
        if !self.committed {
            // Nobody is left to tell: a file that cannot be removed stays hidden and is never read.
            let _ = fs::remove_file(&self.temporary);
        }
    }
}

/// Many files being written for one folder. Dropped without a commit, they disappear.
///
/// Each file appears whole; the set of them is renamed one by one, not in one step. While it lives the hidden folder is
/// locked: what a killed run left is not, and the next one removes it.
#[derive(Debug)]
pub struct StagedDir {
    target: PathBuf,
    temporary: PathBuf,
    files: IndexSet<OsString>,
    /// Folders made so far: many files share one.
    folders: BTreeSet<PathBuf>,
    keep: Arc<AtomicBool>,
    /// Held as long as this lives; the system frees it when the process dies.
    lock: Option<File>,
}

/// Name of the file in a hidden folder whose lock says that its run is alive.
const LOCK: &str = ".lock";

impl StagedDir {
    /// Makes a hidden folder `.NAME.RUN.part` beside `target`, which itself is made at the commit.
    ///
    /// # Errors
    /// The folder cannot be made.
    pub fn create(target: &Path, run: &str) -> Result<Self, FileError> {
        let temporary = hidden_beside(target, run);
        fs::create_dir_all(&temporary).map_err(|error| FileError::new("write in the folder", target, error))?;
        // A disk that knows no locks keeps what killed runs leave.
        let lock = File::create(temporary.join(LOCK)).ok().filter(|lock| lock.try_lock().is_ok());
        let (target, keep) = (target.to_path_buf(), Arc::default());
        Ok(Self { target, temporary, files: IndexSet::new(), folders: BTreeSet::new(), keep, lock })
    }

    /// Removes a hidden folder of a run that is gone, unless files are still in it.
    pub fn remove_when_empty(temporary: &Path) {
        let is_empty = fs::read_dir(temporary)
            .is_ok_and(|mut entries| entries.all(|entry| entry.is_ok_and(|entry| entry.file_name() == LOCK)));
        if is_empty {
            // As for one file: what cannot be removed stays hidden.
            let _ = fs::remove_dir_all(temporary);
        }
    }

    /// Removes the hidden folders that killed runs left beside the same destination. Those of runs that live are locked.
    fn remove_dead(&self) {
        let Some(name) = self.target.file_name().map(OsStr::to_string_lossy) else { return };
        let Ok(entries) = fs::read_dir(folder_of(&self.target)) else { return };
        for path in entries.filter_map(|entry| entry.ok().map(|entry| entry.path())) {
            let is_other = path.file_name() != self.temporary.file_name();
            let hidden = path.file_name().map(OsStr::to_string_lossy).unwrap_or_default();
            if is_other && is_hidden_of(&hidden, &name) && is_dead(&path) {
                // Another run may be removing it too.
                let _ = fs::remove_dir_all(&path);
            }
        }
    }

    /// The hidden folder in which files wait.
    #[must_use]
    pub fn temporary(&self) -> &Path {
        &self.temporary
    }

    /// Once this is set, files that could not be put in place stay in the hidden folder, where somebody else knows them.
    #[must_use]
    pub fn keeper(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.keep)
    }

    /// The destination folder.
    #[must_use]
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// The path at which to write the file that will stand at `relative` in the destination; its folders are made.
    ///
    /// `relative` must already be checked to stay inside, as [`join_row_path`](crate::io::join_row_path) does.
    ///
    /// # Errors
    /// A folder cannot be made.
    pub fn file(&mut self, relative: &Path) -> Result<PathBuf, FileError> {
        let path = self.temporary.join(relative);
        let folder = folder_of(&path);
        if folder != self.temporary && !self.folders.contains(&folder) {
            let shown = self.target.join(relative);
            fs::create_dir_all(&folder).map_err(|error| FileError::new("write", &shown, error))?;
            self.folders.insert(folder);
        }
        self.files.insert(relative.as_os_str().to_owned());
        Ok(path)
    }

    /// Flushes every file to the disk and renames each over its destination. With `clean`, files of the same kinds
    /// (by extension) that this run did not write are removed from the folder; when nothing was written, nothing is.
    ///
    /// # Errors
    /// The disk refuses; files renamed so far are new, the others as they were.
    pub fn commit(self, clean: bool) -> Result<Committed, FileError> {
        self.flush()?;
        let mut committed = Committed::default();
        let mut folders = BTreeSet::new();
        for relative in &self.files {
            let target = self.target.join(relative);
            let folder = folder_of(&target);
            if !folders.contains(&folder) {
                fs::create_dir_all(&folder).map_err(|error| FileError::new("create the folder", &folder, error))?;
                folders.insert(folder);
            }
            let temporary = self.temporary.join(relative);
            let metadata = fs::metadata(&temporary).map_err(|error| FileError::new("write", &target, error))?;
            fs::rename(&temporary, &target).map_err(|error| FileError::new("replace", &target, error))?;
            committed.bytes += metadata.len();
            committed.files += 1;
        }
        if clean {
            remove_others(&self.target, &self.files)?;
        }
        folders.iter().try_for_each(|folder| sync_folder(folder))?;
        self.keep.store(false, Ordering::Relaxed);
        self.remove_dead();
        Ok(committed)
    }

    /// Flushes every file to the disk, so that a name never stands for a file without its content. Asked one by one the
    /// disk waits for each; many at once are flushed by one call for their whole file system, where the system has it.
    fn flush(&self) -> Result<(), FileError> {
        if self.files.len() > FEW && sync_file_system(&self.temporary) {
            return Ok(());
        }
        self.files.iter().try_for_each(|relative| {
            let flushed = File::open(self.temporary.join(relative)).and_then(|file| file.sync_all());
            flushed.map_err(|error| FileError::new("write", &self.target.join(relative), error))
        })
    }
}

/// So many files are flushed one by one.
const FEW: usize = 16;

/// Whether everything on the file system of a folder is on the disk now.
#[cfg(target_os = "linux")]
fn sync_file_system(folder: &Path) -> bool {
    File::open(folder).is_ok_and(|folder| rustix::fs::syncfs(&folder).is_ok())
}

#[cfg(not(target_os = "linux"))]
fn sync_file_system(_folder: &Path) -> bool {
    false
}

/// Whether a name is `.NAME.RUN.part`, with a run as we name them: an instant and four hexadecimal digits.
fn is_hidden_of(hidden: &str, name: &str) -> bool {
    let run =
        hidden.strip_prefix('.').and_then(|rest| rest.strip_prefix(name)?.strip_prefix('.')?.strip_suffix(".part"));
    let Some((instant, process)) = run.and_then(|run| run.split_once('-')) else { return false };
    let is_instant = |byte: (usize, u8)| if byte.0 == 8 { byte.1 == b'T' } else { byte.1.is_ascii_digit() };
    instant.len() == 15
        && instant.bytes().enumerate().all(is_instant)
        && process.len() == 4
        && process.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Whether the run of a hidden folder is gone: nobody holds its lock.
fn is_dead(folder: &Path) -> bool {
    File::open(folder.join(LOCK)).is_ok_and(|lock| lock.try_lock().is_ok())
}

impl Drop for StagedDir {
    fn drop(&mut self) {
        if self.keep.load(Ordering::Relaxed) {
            return;
        }
        // Before the folder goes: where open files cannot be removed it would stay.
        self.lock = None;
        // As for one file: what cannot be removed stays hidden.
        let _ = fs::remove_dir_all(&self.temporary);
    }
}

fn remove_others(folder: &Path, keep: &IndexSet<OsString>) -> Result<(), FileError> {
    let kinds: BTreeSet<&OsStr> = keep.iter().filter_map(|path| Path::new(path).extension()).collect();
    let folders: BTreeSet<PathBuf> = keep.iter().map(|path| folder_of(&folder.join(path))).collect();
    for inner in folders {
        let entries = fs::read_dir(&inner).map_err(|error| FileError::new("list", &inner, error))?;
        for entry in entries {
            let path = entry.map_err(|error| FileError::new("list", &inner, error))?.path();
            let relative = path.strip_prefix(folder).unwrap_or(&path);
            let ours = path.extension().is_some_and(|kind| kinds.contains(kind));
            if ours && path.is_file() && !keep.contains(relative.as_os_str()) {
                fs::remove_file(&path).map_err(|error| FileError::new("remove", &path, error))?;
            }
        }
    }
    Ok(())
}

fn put_in_place(temporary: &Path, target: &Path) -> Result<u64, FileError> {
    let flushed = File::open(temporary).and_then(|file| {
        file.sync_all()?;
        file.metadata()
    });
    let metadata = flushed.map_err(|error| FileError::new("write", target, error))?;
    fs::rename(temporary, target).map_err(|error| FileError::new("replace", target, error))?;
    Ok(metadata.len())
}

/// Makes a rename survive a power cut. Only Unix lets a folder be opened for it.
#[cfg(unix)]
fn sync_folder(folder: &Path) -> Result<(), FileError> {
    match File::open(folder).and_then(|file| file.sync_all()) {
        // Some network file systems know no flush of a folder.
        Err(error) if error.kind() != io::ErrorKind::InvalidInput && error.kind() != io::ErrorKind::Unsupported => {
            Err(FileError::new("flush the folder", folder, error))
        }
        _ => Ok(()),
    }
}

#[cfg(not(unix))]
fn sync_folder(_folder: &Path) -> Result<(), FileError> {
    Ok(())
}

fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_path_buf(),
        _ => PathBuf::from("."),
    }
}

/// `.NAME.RUN.part` in the same folder, so that the rename never crosses file systems.
fn hidden_beside(target: &Path, run: &str) -> PathBuf {
    /// Leaves room for the run and the suffix in the 255 bytes of a name.
    const LONGEST: usize = 150;
    let name = target.file_name().unwrap_or(OsStr::new("out")).to_string_lossy();
    let mut end = name.len().min(LONGEST);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    let hidden = OsString::from(format!(".{}.{run}.part", &name[..end]));
    folder_of(target).join(hidden)
}

#[cfg(test)]
#[path = "atomic_tests.rs"]
mod tests;
