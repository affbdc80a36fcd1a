//! Rejected rows: kept with their reason, never lost, never counted twice.
//!
//! Rows are written to `rejects.jsonl` of the run as they come. A plan may read a source twice (a shared branch, a
//! retry), so a reject is identified by node, origin and row, and the second sight of it is ignored.

use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use crate::io::secret::hide;

/// Where a rejected row came from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Origin {
    /// File as the user knows it, with the archive member after `!` for archives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Line in the file, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// Sheet, record path or index, where a line means nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
}

/// One cell of a row as its source wrote it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RawCell {
    /// Name or path of the column in the source.
    pub column: String,
    /// The text; nothing where the source had nothing.
    pub value: Option<String>,
    /// Whether the source stores it as a number or a date: its text is then in plain form, whatever the format says.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub plain: bool,
}

/// One rejected row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reject {
    /// Table, or `load:name`.
    pub node: String,
    /// The step of the table that rejected it: `table#2` is the second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<String>,
    /// Stable cause in kebab-case: `not-a-number`, `bad-gtin`, `join-not-unique`, …
    pub cause: String,
    /// What is wrong and what to do, in English.
    pub message: String,
    /// The same in Italian, where the cause has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_it: Option<String>,
    /// Offending column.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// Offending value as it was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// Business key of the row where it is known: `sku=00123`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Where the row came from.
    pub origin: Origin,
    /// The whole row: the raw line, or a JSON object of its columns.
    pub row: String,
    /// The cells of the row as its source wrote them, where a contract rejected it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cells: Vec<RawCell>,
}

/// The reject store of one run.
pub struct Rejects {
    inner: Mutex<Inner>,
    path: Option<PathBuf>,
}

#[derive(Default)]
struct Inner {
    seen: HashSet<u64>,
    by_node: BTreeMap<String, u64>,
    by_cause: BTreeMap<(String, String), u64>,
    examples: Vec<Reject>,
    writer: Option<BufWriter<File>>,
    failed: Option<String>,
}

/// How many rejects are kept in memory for the report; all are in the file.
const EXAMPLES: usize = 200;

impl Rejects {
    /// A store that writes to `path` (made at the first reject), or only counts when `None`.
    #[must_use]
    pub fn new(path: Option<PathBuf>) -> Self {
        Self { inner: Mutex::default(), path }
    }

    /// Keeps a rejected row. Returns whether it was new.
    pub fn push(&self, mut reject: Reject) -> bool {
        // The words of a service may say our own secrets back to us.
        reject.message = hide(&reject.message).into_owned();
        reject.message_it = reject.message_it.map(|message| hide(&message).into_owned());
        reject.value = reject.value.map(|value| hide(&value).into_owned());
        let mut inner = self.lock();
        // Rows without an origin may be equal and still be two rows.
        if reject.origin != Origin::default() {
            let mut hasher = DefaultHasher::new();
            (&reject.node, &reject.cause, &reject.origin, &reject.row).hash(&mut hasher);
            if !inner.seen.insert(hasher.finish()) {
                return false;
            }
        }
        *inner.by_node.entry(reject.node.clone()).or_default() += 1;
        *inner.by_cause.entry((reject.node.clone(), reject.cause.clone())).or_default() += 1;
        if let Err(error) = self.write(&mut inner, &reject) {
            inner.failed.get_or_insert_with(|| error.to_string());
        }
        if inner.examples.len() < EXAMPLES {
            inner.examples.push(reject);
        }
        true
    }

    fn write(&self, inner: &mut Inner, reject: &Reject) -> std::io::Result<()> {
        let Some(path) = &self.path else { return Ok(()) };
        if inner.writer.is_none() {
            if let Some(parent) = path.parent() {
                std::fs::create_dir_all(parent)?;
            }
            inner.writer = Some(BufWriter::new(File::create(path)?));
        }
        let Some(writer) = inner.writer.as_mut() else { return Ok(()) };
        serde_json::to_writer(&mut *writer, reject)?;
        writer.write_all(b"\n")
    }

    /// Flushes the file.
    ///
    /// # Errors
    /// What went wrong while rejects were written, so that a run never ends well with rejects lost.
    pub fn flush(&self) -> Result<(), String> {
        let mut inner = self.lock();
        if let Some(writer) = inner.writer.as_mut()
            && let Err(error) = writer.flush()
        {
            inner.failed.get_or_insert_with(|| error.to_string());
        }
        inner.failed.clone().map_or(Ok(()), Err)
    }

    /// Rows rejected at a node.
    #[must_use]
    pub fn count(&self, node: &str) -> u64 {
        self.lock().by_node.get(node).copied().unwrap_or(0)
    }

    /// Rows rejected in all.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.lock().by_node.values().sum()
    }

    /// Counts by node and cause.
    #[must_use]
    pub fn causes(&self) -> Vec<(String, String, u64)> {
        self.lock().by_cause.iter().map(|((node, cause), count)| (node.clone(), cause.clone(), *count)).collect()
    }

    /// The first rejects, sorted by node, file and line.
    #[must_use]
    pub fn examples(&self) -> Vec<Reject> {
        let mut examples = self.lock().examples.clone();
        examples.sort_by(|left, right| sort_key(left).cmp(&sort_key(right)));
        examples
    }

    /// The file all rejects are in, when there are any.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        let path = self.path.as_deref();
        path.filter(|_| self.total() > 0)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn sort_key(reject: &Reject) -> (&str, Option<&str>, Option<u64>, Option<&str>, &str) {
    let origin = &reject.origin;
    (&reject.node, origin.file.as_deref(), origin.line, origin.path.as_deref(), &reject.row)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reject(row: &str) -> Reject {
        Reject {
            node: "giacenze".into(),
            site: None,
            cause: "not-a-number".into(),
            message: "`x` is not a number".into(),
            message_it: None,
            column: Some("qty".into()),
            value: Some("x".into()),
            key: None,
            origin: Origin { file: Some("MI.csv".into()), line: Some(3), path: None },
            row: row.into(),
            cells: Vec::new(),
        }
    }

    #[test]
    fn the_same_row_is_counted_once() {
        let rejects = Rejects::new(None);
        assert!(rejects.push(reject("a")));
        assert!(!rejects.push(reject("a")));
        assert!(rejects.push(reject("b")));
        assert_eq!(rejects.count("giacenze"), 2);
        assert_eq!(rejects.causes(), vec![("giacenze".into(), "not-a-number".into(), 2)]);
    }

    #[test]
    fn every_reject_is_in_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run/rejects.jsonl");
        let rejects = Rejects::new(Some(path.clone()));
        rejects.push(reject("a"));
        rejects.push(reject("b"));
        rejects.flush().unwrap();
        assert_eq!(std::fs::read_to_string(path).unwrap().lines().count(), 2);
    }
}
