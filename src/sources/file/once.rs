//! Files that are read once: those whose rows have arrived before are left out, unless they changed.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;
use std::time::UNIX_EPOCH;

use sha2::{Digest as _, Sha256};

use crate::context::{NodeError, RunCx};
use crate::diag::Code;
use crate::io::glob;
use crate::io::text::hex;
use crate::sources::file::input::{self, Input, cannot};
use crate::state::FileRead;

/// The files of a path that are to be read now; all when `once` is not set. None is no error when files are read once: they
/// may all have been read, or moved to the archive.
///
/// # Errors
/// There is no file, or one cannot be read.
pub fn inputs(path: &str, once: bool, node: &str, cx: &RunCx) -> Result<Vec<Input>, NodeError> {
    let found = match input::find(path, &cx.project) {
        Err(error) if once && error.code == Code::FileNotFound && may_be_absent(path, cx) => Vec::new(),
        other => other?,
    };
    for input in &found {
        cx.reads(node, input.path());
    }
    if !once {
        return Ok(found);
    }
    let known = cx.increments.files.get(node).map(Vec::as_slice).unwrap_or_default();
    let mut fresh = Vec::new();
    for input in found {
        let shown = input::shown(input.path(), &cx.project);
        let file = look(input.path(), &shown, node, known).map_err(|error| cannot("read", &shown).because(error))?;
        if let Some(file) = file {
            cx.increments.reads(file);
            fresh.push(input);
        }
    }
    Ok(fresh)
}

/// A pattern without files is quiet; a folder that is not there is a mistake.
fn may_be_absent(path: &str, cx: &RunCx) -> bool {
    let folder = cx.project.path(path);
    let folder = folder.parent().filter(|folder| !glob::is_pattern(&folder.to_string_lossy()));
    folder.is_none_or(|folder| folder.as_os_str().is_empty() || folder.is_dir())
}

/// The file as it is now, when it is not one that was read.
fn look(path: &Path, shown: &str, node: &str, known: &[FileRead]) -> io::Result<Option<FileRead>> {
    let metadata = fs::metadata(path)?;
    let since_epoch = metadata.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
    let modified = format!("{}.{:09}", since_epoch.as_secs(), since_epoch.subsec_nanos());
    let before = known.iter().find(|file| file.path == shown);
    if before.is_some_and(|file| file.size == metadata.len() && file.modified == modified) {
        return Ok(None);
    }
    let hash = hash(path)?;
    if before.is_some_and(|file| file.hash == hash) {
        return Ok(None);
    }
    Ok(Some(FileRead { source: node.to_owned(), path: shown.to_owned(), size: metadata.len(), modified, hash }))
}

/// SHA-256 of a file.
///
/// # Errors
/// It cannot be read.
pub fn hash(path: &Path) -> io::Result<String> {
    let (mut file, mut digest, mut buffer) = (File::open(path)?, Sha256::new(), vec![0; 1 << 16]);
    loop {
        match file.read(&mut buffer)? {
            0 => break,
            read => digest.update(&buffer[..read]),
        }
    }
    Ok(hex(&digest.finalize()))
}
