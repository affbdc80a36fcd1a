//! Issuing: one transaction in which a run takes numbers and file names. What happens to the files afterwards is in
//! `follow`.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, Datelike, NaiveDate, SecondsFormat, Utc};
use rusqlite::{Connection, OptionalExtension, params};

use super::document::{DocumentFile, DocumentKey, IssuedDocument, Late, NewDocument, RegisterKey};
use super::error::{Rule, StateError};
use super::holder::Holder;
use super::{read, schema};

/// An open transaction on the register. While it lives no other run can take a number; dropped without
/// [`commit`](Self::commit), or killed, it has taken none.
#[derive(Debug)]
pub struct Issuing {
    pub(super) connection: Connection,
    path: PathBuf,
    run: String,
    at: String,
}

impl Issuing {
    /// Waits up to `wait` for another run that is issuing, then opens the transaction. `at` is the instant of the run.
    ///
    /// # Errors
    /// The file cannot be opened or written, is of a later version, or is still held after `wait`.
    pub fn begin(path: &Path, run: &str, at: DateTime<Utc>, wait: Duration) -> Result<Self, StateError> {
        let connection = schema::open(path)?;
        schema::set_wait(&connection, wait, path)?;
        connection.execute_batch("BEGIN IMMEDIATE").map_err(|error| StateError::of(path, error))?;
        Holder::of_this_process(run, at).announce(path);
        let at = at.to_rfc3339_opts(SecondsFormat::Secs, true);
        Ok(Self { connection, path: path.to_path_buf(), run: run.to_owned(), at })
    }

    /// The document that the order has, if any: also one recorded a moment ago.
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
        let found = read::has_any(&self.connection, seller, kind).and_then(|has_any| {
            if has_any { read::find_many(&self.connection, seller, kind, orders) } else { Ok(HashMap::new()) }
        });
        found.map_err(|error| self.failed(error))
    }

    /// The next number of a register. It is taken by [`record`](Self::record): asked again before, it is the same.
    ///
    /// `first` is where the series begins, for a merchant who comes from another program in the middle of a year. It
    /// counts only as long as the series has no document, of this year or an earlier one: later years begin at 1.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn next_number(&self, register: &RegisterKey, first: u64) -> Result<u64, StateError> {
        if let Some((number, _)) = self.last(register)? {
            return Ok(number + 1);
        }
        let sql = "SELECT 1 FROM documents WHERE seller = ?1 AND series = ?2 AND year < ?3 LIMIT 1";
        let known = self
            .connection
            .prepare_cached(sql)
            .and_then(|mut statement| statement.exists((&register.seller, &register.series, register.year)));
        let known = known.map_err(|error| self.failed(error))?;
        Ok(if known { 1 } else { first.max(1) })
    }

    /// Number and date of the last document of a register, so that a caller can keep dates in the order of numbers.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn last(&self, register: &RegisterKey) -> Result<Option<(u64, NaiveDate)>, StateError> {
        let sql = "SELECT number, date FROM documents WHERE seller = ?1 AND series = ?2 AND year = ?3
                   ORDER BY number DESC LIMIT 1";
        let row = self.connection.prepare_cached(sql).and_then(|mut statement| {
            let key = (&register.seller, &register.series, register.year);
            statement.query_row(key, |row| Ok((read::unsigned(row, 0)?, read::parsed(row, 1, read::day)?))).optional()
        });
        row.map_err(|error| self.failed(error))
    }

    /// How many documents a file holds.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn members(&self, file_name: &str) -> Result<u32, StateError> {
        read::members(&self.connection, file_name).map_err(|error| self.failed(error))
    }

    /// The next file progressive of a sender, never below `first`. It is taken by [`record`](Self::record) or
    /// [`reissue`](Self::reissue).
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn next_file(&self, sender: &str, first: u64) -> Result<u64, StateError> {
        let sql = "SELECT 1 + coalesce((SELECT max(progressive) FROM files WHERE sender = ?1), 0)";
        let next = self
            .connection
            .prepare_cached(sql)
            .and_then(|mut statement| statement.query_row([sender], |row| read::unsigned(row, 0)));
        next.map(|next| next.max(first)).map_err(|error| self.failed(error))
    }

    /// Takes the number and the file name for the order.
    ///
    /// # Errors
    /// A rule of the register forbids it, or the disk refuses; nothing was taken.
    pub fn record(&mut self, document: &NewDocument) -> Result<(), StateError> {
        let text = FileText::new(&document.file)?;
        self.change(|| named(document), |point, stamp| insert_document(point, document, &text, stamp))
    }

    /// The same for many documents, in the order of their numbers. After an error the transaction is undone as a whole: to
    /// be able to undo a part of it costs more than the documents.
    ///
    /// # Errors
    /// A rule of the register forbids one of them, or the disk refuses; nothing was taken, and nothing can be any more.
    pub fn record_all(&mut self, documents: &[NewDocument]) -> Result<(), StateError> {
        self.still_open()?;
        let texts = documents.iter().map(|document| FileText::new(&document.file)).collect::<Result<Vec<_>, _>>()?;
        for (document, text) in documents.iter().zip(&texts) {
            let stamp = Stamp { run: &self.run, at: &self.at };
            if let Err(error) = insert_document(&self.connection, document, text, stamp) {
                // What fails here fails at the next statement too, which says so.
                let _ = self.connection.execute_batch("ROLLBACK");
                return Err(StateError::of_write(&self.path, error, || named(document)));
            }
        }
        Ok(())
    }

    /// Gives a document that was recorded, but whose file never came into its folder, the file that this run wrote
    /// again. Number, date and file name stay.
    ///
    /// # Errors
    /// There is no such document, its file is in place, or the disk refuses; nothing was changed.
    pub fn restage(&mut self, key: &DocumentKey, file: &DocumentFile) -> Result<(), StateError> {
        let sql = "UPDATE files SET content_hash = ?2, staged_folder = ?3, target_folder = ?4, run = ?5,
                   recorded_at = ?6, body_hash = ?8 WHERE name = ?1 AND position = ?7";
        let known = self.known(key)?;
        if (&known.file.name, known.file.position) != (&file.name, file.position) {
            return Err(broken(key, Rule::Lasting));
        }
        let text = FileText::new(file)?;
        self.change(
            || subject(key),
            |point, stamp| {
                let row = params![
                    file.name,
                    text.hash,
                    text.staged_folder,
                    text.target_folder,
                    stamp.run,
                    stamp.at,
                    file.position,
                    text.body_hash
                ];
                point.prepare_cached(sql)?.execute(row).map(drop)
            },
        )
    }

    /// Sends a refused document again: same number and date, new file. `day` is today in Rome.
    ///
    /// # Errors
    /// There is no such document, it was not refused, it is too late, the name was used before, or the disk refuses;
    /// nothing was changed.
    pub fn reissue(
        &mut self,
        key: &DocumentKey,
        file: &DocumentFile,
        day: NaiveDate,
        late: Late,
    ) -> Result<(), StateError> {
        let known = self.known(key)?;
        let (Some(until), Some(refused)) = (known.resend_until(), known.status_on) else {
            return Err(broken(key, Rule::NotRefused));
        };
        if day > until && late == Late::Refuse {
            return Err(StateError::TooLate { numero: known.numero, refused, until });
        }
        let sql = "SELECT id FROM documents WHERE seller = ?1 AND kind = ?2 AND order_key = ?3";
        let text = FileText::new(file)?;
        self.change(
            || subject(key),
            |point, stamp| {
                let mut document = point.prepare_cached(sql)?;
                let document = document.query_row([&key.seller, &key.kind, &key.order], |row| row.get(0))?;
                insert_file(point, document, known.attempt + 1, file, &text, stamp)
            },
        )
    }

    /// Makes everything lasting, and lets other runs go on. The staged files must be on the disk before.
    ///
    /// # Errors
    /// The disk refuses, now or before; nothing was taken.
    pub fn commit(self) -> Result<(), StateError> {
        self.still_open()?;
        // Before the lock goes: afterwards it would be the word of the next run.
        Holder::withdraw(&self.path);
        self.connection.execute_batch("COMMIT").map_err(|error| self.failed(error))
    }

    fn known(&self, key: &DocumentKey) -> Result<IssuedDocument, StateError> {
        self.find(key)?.ok_or_else(|| broken(key, Rule::NoDocument))
    }

    /// Does all of `write` or nothing.
    fn change(
        &mut self,
        subject: impl FnOnce() -> String,
        write: impl FnOnce(&Connection, Stamp<'_>) -> rusqlite::Result<()>,
    ) -> Result<(), StateError> {
        self.still_open()?;
        let stamp = Stamp { run: &self.run, at: &self.at };
        let written = self.connection.savepoint().and_then(|point| {
            write(&point, stamp)?;
            point.commit()
        });
        written.map_err(|error| StateError::of_write(&self.path, error, subject))
    }

    /// A full disk makes SQLite undo the whole transaction; what is written after that would be committed piece by piece.
    fn still_open(&self) -> Result<(), StateError> {
        if self.connection.is_autocommit() {
            return Err(StateError::Undone { path: self.path.clone() });
        }
        Ok(())
    }

    fn failed(&self, error: rusqlite::Error) -> StateError {
        StateError::of(&self.path, error)
    }
}

impl Drop for Issuing {
    fn drop(&mut self) {
        if !self.connection.is_autocommit() {
            Holder::withdraw(&self.path);
            // Closing the connection would do the same.
            let _ = self.connection.execute_batch("ROLLBACK");
        }
    }
}

/// Which run writes, and when.
#[derive(Clone, Copy)]
struct Stamp<'a> {
    run: &'a str,
    at: &'a str,
}

/// What of a file is kept as text.
struct FileText<'a> {
    hash: String,
    body_hash: Option<String>,
    staged_folder: &'a str,
    target_folder: &'a str,
}

impl<'a> FileText<'a> {
    fn new(file: &'a DocumentFile) -> Result<Self, StateError> {
        Ok(Self {
            hash: read::to_hex(&file.content_hash),
            body_hash: file.body_hash.as_ref().map(read::to_hex),
            staged_folder: path_text(&file.staged_folder)?,
            target_folder: path_text(&file.target_folder)?,
        })
    }
}

fn named(document: &NewDocument) -> String {
    format!("document `{}` of order `{}`", document.numero, document.key.order)
}

fn insert_document(
    connection: &Connection,
    document: &NewDocument,
    text: &FileText<'_>,
    stamp: Stamp<'_>,
) -> rusqlite::Result<()> {
    let sql = "INSERT INTO documents (seller, kind, order_key, series, year, number, numero, date, file)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 0)";
    let NewDocument { key, series, number, numero, date, file } = document;
    let (year, number, date) = (date.year(), read::signed(*number)?, date.to_string());
    let row = params![key.seller, key.kind, key.order, series, year, number, numero, date];
    connection.prepare_cached(sql)?.execute(row)?;
    insert_file(connection, connection.last_insert_rowid(), 1, file, text, stamp)
}

fn insert_file(
    connection: &Connection,
    document: i64,
    attempt: u32,
    file: &DocumentFile,
    text: &FileText<'_>,
    stamp: Stamp<'_>,
) -> rusqlite::Result<()> {
    let sql = "INSERT INTO files (document, attempt, sender, progressive, name, content_hash, staged_folder,
               target_folder, run, recorded_at, position, body_hash, status)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, 'staged')";
    let row = params![
        document,
        attempt,
        file.sender,
        read::signed(file.progressive)?,
        file.name,
        text.hash,
        text.staged_folder,
        text.target_folder,
        stamp.run,
        stamp.at,
        file.position,
        text.body_hash,
    ];
    connection.prepare_cached(sql)?.execute(row).map(drop)
}

fn subject(key: &DocumentKey) -> String {
    format!("the document of order `{}`", key.order)
}

fn broken(key: &DocumentKey, rule: Rule) -> StateError {
    StateError::Rule { subject: subject(key), rule }
}

/// A path as the database keeps it.
pub(super) fn path_text(path: &Path) -> Result<&str, StateError> {
    path.to_str().ok_or_else(|| StateError::NotUnicode { path: path.to_path_buf() })
}
