//! Following documents after they were issued: files put in place, outcomes told by the exchange system, gaps. Taking
//! numbers is in `issuing`.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::NaiveDate;
use rusqlite::{Connection, Transaction, TransactionBehavior, params};

use super::document::{DocumentKey, Gap, IssuedDocument, Outcome, Pending, RegisterKey, Status};
use super::error::{Rule, StateError};
use super::issuing::path_text;
use super::{read, schema};

/// The state file, open for reading and for short writes, each a transaction of its own.
#[derive(Debug)]
pub struct State {
    pub(super) connection: Connection,
    path: PathBuf,
}

impl State {
    /// Opens the file, makes it and its folder when they are missing, brings its schema up to date.
    ///
    /// # Errors
    /// The file cannot be opened or written, is damaged, of another program or of a later version.
    pub fn open(path: &Path) -> Result<Self, StateError> {
        Ok(Self { connection: schema::open(path)?, path: path.to_path_buf() })
    }

    /// The same, with writes that wait up to `wait` for a run that is issuing, instead of five seconds.
    ///
    /// # Errors
    /// The file cannot be used any more.
    pub fn waiting(self, wait: Duration) -> Result<Self, StateError> {
        schema::set_wait(&self.connection, wait, &self.path)?;
        Ok(self)
    }

    /// The document that the order has, if any.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn find(&self, key: &DocumentKey) -> Result<Option<IssuedDocument>, StateError> {
        read::find(&self.connection, key).map_err(|error| self.failed(error))
    }

    /// The documents of those `orders` that have one, by order.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn find_many<'k>(
        &self,
        seller: &str,
        kind: &str,
        orders: impl IntoIterator<Item = &'k str>,
    ) -> Result<HashMap<String, IssuedDocument>, StateError> {
        // One transaction: one state of the file, and one lock instead of one for each order.
        let found = self
            .connection
            .unchecked_transaction()
            .and_then(|transaction| read::find_many(&transaction, seller, kind, orders));
        found.map_err(|error| self.failed(error))
    }

    /// All documents of a register, by number.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn register(&self, register: &RegisterKey) -> Result<Vec<IssuedDocument>, StateError> {
        read::register(&self.connection, register).map_err(|error| self.failed(error))
    }

    /// The numbers of a register, between its first and its last, that no issued document has.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn gaps(&self, register: &RegisterKey) -> Result<Vec<Gap>, StateError> {
        self.register(register).map(read::gaps)
    }

    /// How many documents of a seller stand at each status.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn standing(&self, seller: &str) -> Result<Vec<(Status, u64)>, StateError> {
        read::standing(&self.connection, seller).map_err(|error| self.failed(error))
    }

    /// The documents of a seller that somebody may have to act upon, by number: refused ones, those that the buyer must be
    /// told of, and those without an answer that were recorded by `silent_since`.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn open_ends(&self, seller: &str, silent_since: NaiveDate) -> Result<Vec<IssuedDocument>, StateError> {
        read::open_ends(&self.connection, seller, silent_since).map_err(|error| self.failed(error))
    }

    /// Files that were recorded and not confirmed, oldest first: their run was killed, or is still renaming them.
    ///
    /// The caller renames each into its folder; one that is there already, with the same content, was renamed before;
    /// one that is nowhere is built and [staged](super::Issuing::restage) again. Then it [confirms](Self::confirm).
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn pending(&self) -> Result<Vec<Pending>, StateError> {
        read::pending(&self.connection).map_err(|error| self.failed(error))
    }

    /// Notes that all files of a staged folder are in place; gives how many were waiting for it.
    ///
    /// # Errors
    /// The file cannot be written; the files stay pending, which does no harm.
    pub fn confirm(&self, staged_folder: &Path) -> Result<usize, StateError> {
        let folder = path_text(staged_folder)?;
        let sql = "UPDATE files SET status = 'issued' WHERE staged_folder = ?1 AND status = 'staged'";
        self.connection.execute(sql, [folder]).map_err(|error| self.failed(error))
    }

    /// The same for single files, by name.
    ///
    /// # Errors
    /// The file cannot be written; the files stay pending, which does no harm.
    pub fn confirm_files<'n>(&self, names: impl IntoIterator<Item = &'n str>) -> Result<usize, StateError> {
        let confirmed = self.transaction().and_then(|transaction| {
            let sql = "UPDATE files SET status = 'issued' WHERE name = ?1 AND status = 'staged'";
            let mut statement = transaction.prepare_cached(sql)?;
            let confirmed = names.into_iter().map(|name| statement.execute([name])).sum::<rusqlite::Result<usize>>();
            drop(statement);
            transaction.commit().and(confirmed)
        });
        confirmed.map_err(|error| self.failed(error))
    }

    /// Notes what the exchange system said of a file. The same message twice, or messages in the wrong order, do no
    /// harm. Gives the status after it; `None` when the file is not of this register. The name may have the `.p7m`
    /// that a signature added.
    ///
    /// # Errors
    /// It cannot go with what was said before, or the file cannot be written.
    pub fn mark(&self, file_name: &str, outcome: Outcome) -> Result<Option<Status>, StateError> {
        self.mark_document(file_name, None, outcome)
    }

    /// The same of one document of a file that holds several, by its position; without one, of all of them.
    ///
    /// # Errors
    /// It cannot go with what was said before, or the file cannot be written.
    pub fn mark_document(
        &self,
        file_name: &str,
        position: Option<u32>,
        outcome: Outcome,
    ) -> Result<Option<Status>, StateError> {
        let status = self.transaction().and_then(|transaction| {
            let status = mark(&transaction, file_name, position, outcome)?;
            transaction.commit()?;
            Ok(status)
        });
        let subject = || format!("`{}` of file `{file_name}`", outcome.status().as_str());
        match status {
            Ok(Some(None)) => Err(StateError::Rule { subject: subject(), rule: Rule::Contradiction }),
            Ok(status) => Ok(status.flatten()),
            Err(error) => Err(StateError::of_write(&self.path, error, subject)),
        }
    }

    /// Where the file is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads.
    pub(super) fn read<T>(&self, read: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, StateError> {
        read(&self.connection).map_err(|error| self.failed(error))
    }

    /// Writes, in one transaction.
    pub(super) fn write<T>(&self, write: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, StateError> {
        let written = self.transaction().and_then(|transaction| {
            let written = write(&transaction)?;
            transaction.commit()?;
            Ok(written)
        });
        written.map_err(|error| self.failed(error))
    }

    fn transaction(&self) -> rusqlite::Result<Transaction<'_>> {
        Transaction::new_unchecked(&self.connection, TransactionBehavior::Immediate)
    }

    fn failed(&self, error: rusqlite::Error) -> StateError {
        StateError::of(&self.path, error)
    }
}

/// `None`: no such file. `Some(None)`: a contradiction, nothing was written. Of several documents the last status is told.
fn mark(
    connection: &Connection,
    name: &str,
    position: Option<u32>,
    outcome: Outcome,
) -> rusqlite::Result<Option<Option<Status>>> {
    let unsigned = name.strip_suffix(".p7m").unwrap_or(name);
    let find =
        "SELECT id, status FROM files WHERE name IN (?1, ?2) AND (?3 IS NULL OR position = ?3) ORDER BY position";
    let mut files = connection.prepare_cached(find)?;
    let files = files
        .query_map(params![name, unsigned, position], |row| {
            Ok((row.get::<_, i64>(0)?, read::parsed(row, 1, Status::from_word)?))
        })?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    if files.iter().any(|(_, before)| before.after(outcome.status()).is_none()) {
        return Ok(Some(None));
    }
    let mut told = None;
    for (file, before) in files {
        let Some(after) = before.after(outcome.status()) else { continue };
        note(connection, file, before, after, outcome)?;
        told = Some(Some(after));
    }
    Ok(told)
}

fn note(connection: &Connection, file: i64, before: Status, after: Status, outcome: Outcome) -> rusqlite::Result<()> {
    let day = outcome.day().map(|day| day.to_string());
    let news = "INSERT INTO outcomes (file, outcome, happened_on) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
    connection.execute(news, params![file, outcome.status().as_str(), day])?;
    if after != before {
        let change = "UPDATE files SET status = ?2, status_on = ?3 WHERE id = ?1";
        connection.execute(change, params![file, after.as_str(), day])?;
    }
    Ok(())
}
