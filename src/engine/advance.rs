//! After the loads: cursors move and files are put away, for the tables whose rows have arrived everywhere.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::context::{Increments, NodeError, RunCx};
use crate::diag::Code;
use crate::loads::delivery::dispatch::state_failed;
use crate::plan::{NodeKind, Plan};
use crate::state::{CursorMove, State};

/// What incremental extracts know before the run.
///
/// # Errors
/// The state cannot be read.
pub fn known(plan: &Plan, state: &State, full: bool) -> Result<Increments, NodeError> {
    let mut increments = Increments::default();
    if full {
        return Ok(increments);
    }
    for (name, node) in &plan.nodes {
        let NodeKind::Source { increment, once, .. } = &node.kind else { continue };
        if let Some(increment) = increment {
            let cursor = state.cursor(&plan.name, name, &increment.field).map_err(|error| state_failed(&error))?;
            increments.cursors.extend(cursor.map(|cursor| (name.clone(), cursor)));
        }
        if *once {
            let files = state.files_read(&plan.name, name).map_err(|error| state_failed(&error))?;
            increments.files.insert(name.clone(), files);
        }
    }
    Ok(increments)
}

/// Moves cursors and files of the tables of which every load has `arrived`. Gives what could not be put away.
///
/// # Errors
/// The state cannot be written.
pub fn advance(plan: &Plan, state: &State, cx: &RunCx, arrived: &BTreeSet<&str>) -> Result<Vec<String>, NodeError> {
    let (mut cursors, mut files, mut archives) = (Vec::new(), Vec::new(), Vec::new());
    for (name, node) in &plan.nodes {
        let NodeKind::Source { increment, archive, .. } = &node.kind else { continue };
        let fed = plan.loads.iter().filter(|load| plan.closure(load.inputs()).contains(&name.as_str()));
        let fed: Vec<&str> = fed.map(|load| load.name.as_str()).collect();
        if fed.is_empty() || !fed.iter().all(|load| arrived.contains(load)) {
            continue;
        }
        if let Some(increment) = increment {
            let known = cx.increments.cursors.get(name).map(String::as_str);
            let moved = increment.moved(known, cx.increments.furthest(name));
            let moved = moved.filter(|value| known != Some(value.as_str()));
            cursors.extend(moved.map(|value| {
                let (source, field) = (name.clone(), increment.field.clone());
                CursorMove { source, field, value }
            }));
        }
        for file in cx.increments.read().into_iter().filter(|file| file.source == *name) {
            archives.extend(archive.as_ref().map(|folder| (file.path.clone(), folder.clone())));
            files.push(file);
        }
    }
    cx.step("before the cursors move");
    let advanced = state.advance(&plan.name, &cx.name(), cx.now(), &cursors, &files);
    advanced.map_err(|error| state_failed(&error))?;
    cx.step("cursors moved");
    let failed = archives.into_iter().filter_map(|(file, folder)| {
        let (from, to) = (cx.project.path(&file), cx.project.path(&folder));
        put_away(&from, &to, cx).err().map(|error| {
            format!("`{file}` was read, but could not be moved to `{folder}`: {error}; it will not be read again")
        })
    });
    Ok(failed.collect())
}

/// Moves a file into a folder, under another name when its own is taken.
fn put_away(file: &Path, folder: &Path, cx: &RunCx) -> std::io::Result<()> {
    fs::create_dir_all(folder)?;
    let name = file.file_name().map(PathBuf::from).unwrap_or_default();
    let mut target = folder.join(&name);
    if target.exists() {
        let (stem, extension) = (name.file_stem().unwrap_or_default(), name.extension());
        let mut other = stem.to_owned();
        other.push(format!("-{}", cx.name()));
        target = folder.join(other);
        if let Some(extension) = extension {
            let mut with = target.into_os_string();
            with.push(".");
            with.push(extension);
            target = PathBuf::from(with);
        }
    }
    // Another file system cannot be reached by a rename.
    fs::rename(file, &target).or_else(|_| fs::copy(file, &target).and_then(|_| fs::remove_file(file)))
}

/// The error of a state that cannot be opened.
#[must_use]
pub fn unusable(error: &crate::state::StateError) -> NodeError {
    let mut failed = state_failed(error);
    if failed.code == Code::RunFailed {
        failed.message = format!("the state cannot be used: {}", failed.message);
    }
    failed
}
