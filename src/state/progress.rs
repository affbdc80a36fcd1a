//! How far extracts have come: cursors of incremental ones, files that were read.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, params};

use super::error::StateError;
use super::follow::State;
use super::runs::{count, instant};

/// A cursor that moves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CursorMove {
    /// Name of the table.
    pub source: String,
    /// The column.
    pub field: String,
    /// Its new value, in the canonical form of its type.
    pub value: String,
}

/// A file as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileRead {
    /// Name of the table.
    pub source: String,
    /// Path, from the project's folder.
    pub path: String,
    /// Bytes.
    pub size: u64,
    /// Time of its last change, as the file system says it.
    pub modified: String,
    /// SHA-256 of the content.
    pub hash: String,
}

impl State {
    /// How far the extract of a table has come, for the field it was made with.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn cursor(&self, pipeline: &str, source: &str, field: &str) -> Result<Option<String>, StateError> {
        let sql = "SELECT value FROM cursors WHERE pipeline = ?1 AND source = ?2 AND field = ?3";
        self.read(|connection| connection.query_row(sql, [pipeline, source, field], |row| row.get(0)).optional())
    }

    /// The files of a table whose rows have arrived.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn files_read(&self, pipeline: &str, source: &str) -> Result<Vec<FileRead>, StateError> {
        let sql = "SELECT path, size, modified, hash FROM files_read WHERE pipeline = ?1 AND source = ?2";
        self.read(|connection| {
            let mut statement = connection.prepare_cached(sql)?;
            let files = statement.query_map([pipeline, source], |row| {
                Ok(FileRead {
                    source: source.to_owned(),
                    path: row.get(0)?,
                    size: super::read::unsigned(row, 1)?,
                    modified: row.get(2)?,
                    hash: row.get(3)?,
                })
            })?;
            files.collect()
        })
    }

    /// Moves cursors and notes files, in one step: the rows have arrived.
    ///
    /// # Errors
    /// The file cannot be written; nothing has moved.
    pub fn advance(
        &self,
        pipeline: &str,
        run: &str,
        at: DateTime<Utc>,
        cursors: &[CursorMove],
        files: &[FileRead],
    ) -> Result<(), StateError> {
        if cursors.is_empty() && files.is_empty() {
            return Ok(());
        }
        let at = instant(at);
        self.write(|point| {
            let sql = "INSERT OR REPLACE INTO cursors (pipeline, source, field, value, run, moved_at)
                       VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
            for cursor in cursors {
                point.execute(sql, params![pipeline, cursor.source, cursor.field, cursor.value, run, at])?;
            }
            let sql = "INSERT OR REPLACE INTO files_read (pipeline, source, path, size, modified, hash, run, read_at)
                       VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
            for file in files {
                let row =
                    params![pipeline, file.source, file.path, count(file.size), file.modified, file.hash, run, at];
                point.execute(sql, row)?;
            }
            Ok(())
        })
    }
}
