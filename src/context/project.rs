//! The project: the folder that relative paths start from, and what `raccordo.yaml` says.

use std::path::{Path, PathBuf};

/// Name of the project file.
pub const PROJECT_FILE: &str = "raccordo.yaml";

/// The folder of a project. Relative paths of a pipeline start here.
#[derive(Clone, Debug)]
pub struct Project {
    root: PathBuf,
}

impl Project {
    /// A project rooted at `root`.
    #[must_use]
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The project of a pipeline file: the nearest folder at or above it that holds `raccordo.yaml`, else the
    /// current folder.
    #[must_use]
    pub fn of(pipeline: &Path) -> Self {
        let folder = pipeline.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let start = std::path::absolute(folder).unwrap_or_else(|_| folder.to_path_buf());
        let found = start.ancestors().find(|ancestor| ancestor.join(PROJECT_FILE).is_file());
        match found {
            Some(root) => Self::at(shorten(root)),
            None => Self::at("."),
        }
    }

    /// The folder itself.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// A path as the user wrote it, from the project's root when relative.
    #[must_use]
    pub fn path(&self, written: &str) -> PathBuf {
        let path = Path::new(written);
        if path.is_absolute() || self.root == Path::new(".") { path.to_path_buf() } else { self.root.join(path) }
    }

    /// The contract file of that name: `schemas/NAME.yaml`.
    #[must_use]
    pub fn contract_path(&self, name: &str) -> PathBuf {
        self.path(&format!("schemas/{name}.yaml"))
    }

    /// Folder of state, runs and rejects.
    #[must_use]
    pub fn state_dir(&self) -> PathBuf {
        self.path(".raccordo")
    }
}

/// The root relative to the current folder when it lies at or below it, so that messages stay short.
fn shorten(root: &Path) -> PathBuf {
    let Ok(current) = std::env::current_dir() else { return root.to_path_buf() };
    match root.strip_prefix(&current) {
        Ok(rest) if rest.as_os_str().is_empty() => PathBuf::from("."),
        Ok(rest) => rest.to_path_buf(),
        Err(_) => root.to_path_buf(),
    }
}
