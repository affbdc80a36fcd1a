//! Extracts that did not come to their end, and allowances of platforms: where to go on, what is left.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, params};

use super::error::StateError;
use super::follow::State;
use super::read::unsigned;
use super::runs::{count, instant};

/// How far an extract has come that is read page by page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PagePosition {
    /// The run that began it.
    pub run: String,
    /// What the platform needs to give the next page, as JSON.
    pub position: String,
    /// Folder of the pages so far.
    pub folder: String,
    /// How many there are.
    pub pages: u64,
    /// How many rows are in them.
    pub rows: u64,
}

impl State {
    /// Keeps how far the extract of a table has come. Its pages are on the disk before this is called.
    ///
    /// # Errors
    /// The file cannot be written; what was kept before stays.
    pub fn save_page(
        &self,
        pipeline: &str,
        source: &str,
        at: DateTime<Utc>,
        page: &PagePosition,
    ) -> Result<(), StateError> {
        let PagePosition { run, position, folder, pages, rows } = page;
        self.write(|point| {
            let sql = "INSERT OR REPLACE INTO pages (pipeline, source, run, position, folder, pages, rows, saved_at)
                       VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
            let row = params![pipeline, source, run, position, folder, count(*pages), count(*rows), instant(at)];
            point.execute(sql, row).map(drop)
        })
    }

    /// How far the extract of a table had come when its run ended before it; nothing when it came to its end.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn saved_page(&self, pipeline: &str, source: &str) -> Result<Option<PagePosition>, StateError> {
        let sql = "SELECT run, position, folder, pages, rows FROM pages WHERE pipeline = ?1 AND source = ?2";
        self.read(|connection| {
            let page = connection.query_row(sql, [pipeline, source], |row| {
                Ok(PagePosition {
                    run: row.get(0)?,
                    position: row.get(1)?,
                    folder: row.get(2)?,
                    pages: unsigned(row, 3)?,
                    rows: unsigned(row, 4)?,
                })
            });
            page.optional()
        })
    }

    /// The extract of a table has come to its end, or begins anew.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn forget_page(&self, pipeline: &str, source: &str) -> Result<(), StateError> {
        let sql = "DELETE FROM pages WHERE pipeline = ?1 AND source = ?2";
        self.write(|point| point.execute(sql, [pipeline, source]).map(drop))
    }

    /// Takes `units` of an allowance of `most` for the window that began at `window`, for all runs of the project together.
    /// Gives what is left of it, or nothing when fewer than `units` were: then none are taken. Windows of before are
    /// forgotten.
    ///
    /// # Errors
    /// The file cannot be written; nothing was taken.
    pub fn take_budget(
        &self,
        account: &str,
        name: &str,
        window: DateTime<Utc>,
        units: u64,
        most: u64,
    ) -> Result<Option<u64>, StateError> {
        let window = instant(window);
        self.write(|point| {
            let old = "DELETE FROM budgets WHERE account = ?1 AND name = ?2 AND window_start < ?3";
            point.execute(old, [account, name, &window])?;
            let sql = "SELECT used FROM budgets WHERE account = ?1 AND name = ?2 AND window_start = ?3";
            let used = point.query_row(sql, [account, name, &window], |row| unsigned(row, 0)).optional()?;
            let used = used.unwrap_or(0).saturating_add(units);
            if used > most {
                return Ok(None);
            }
            let sql = "INSERT OR REPLACE INTO budgets (account, name, window_start, used) VALUES (?1, ?2, ?3, ?4)";
            point.execute(sql, params![account, name, window, count(used)])?;
            Ok(Some(most - used))
        })
    }

    /// What the platform itself says is used of an allowance: it knows of calls that others made.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn set_budget(&self, account: &str, name: &str, window: DateTime<Utc>, used: u64) -> Result<(), StateError> {
        let sql = "INSERT OR REPLACE INTO budgets (account, name, window_start, used) VALUES (?1, ?2, ?3, ?4)";
        self.write(|point| point.execute(sql, params![account, name, instant(window), count(used)]).map(drop))
    }
}
