//! What can go wrong with the state file, in words that name the file and what to do.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use rusqlite::ErrorCode;

use super::holder::Holder;

/// The state file cannot be used, or a rule of the register forbids a change.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// Another run is writing.
    #[error("`{}` is held by {}", path.display(), held_by(holder.as_ref()))]
    Busy {
        /// The state file.
        path: PathBuf,
        /// Who holds it, when it said so.
        holder: Option<Holder>,
    },
    /// Another run of the pipeline goes on.
    #[error("pipeline `{pipeline}` is being run by {}", held_by(holder.as_ref()))]
    Locked {
        /// Name of the pipeline.
        pipeline: String,
        /// Who runs it, when it said so.
        holder: Option<Holder>,
    },
    /// Written by a later version.
    #[error("`{}` has schema {found}; this version of raccordo knows up to {known}", path.display())]
    Newer {
        /// The state file.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// The latest version known.
        known: u32,
    },
    /// A database of another program.
    #[error("`{}` is a database of another program", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// Not a database, or a damaged one.
    #[error("`{}` is damaged", path.display())]
    Damaged {
        /// The state file.
        path: PathBuf,
        /// What SQLite says.
        #[source]
        source: rusqlite::Error,
    },
    /// Deleted or emptied, while its copies or ledgers are still there.
    #[error("`{}` is missing or empty, although this project has run before", path.display())]
    Gone {
        /// The state file.
        path: PathBuf,
    },
    /// The disk is full.
    #[error("cannot write `{}`: no space left on device", path.display())]
    Full {
        /// The state file.
        path: PathBuf,
        /// What SQLite says.
        #[source]
        source: rusqlite::Error,
    },
    /// The file or its folder cannot be opened or written.
    #[error("cannot open `{}` for writing", path.display())]
    Denied {
        /// The state file.
        path: PathBuf,
        /// What SQLite says.
        #[source]
        source: rusqlite::Error,
    },
    /// The folder cannot be made.
    #[error("cannot create the folder of `{}`", path.display())]
    Folder {
        /// The state file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The disk does not allow the log that keeps the file whole.
    #[error("`{}` is on a disk that cannot keep it safe (journal mode `{mode}` instead of `wal`)", path.display())]
    Unsafe {
        /// The state file.
        path: PathBuf,
        /// The mode that SQLite fell back to.
        mode: String,
    },
    /// A path that cannot be written as text.
    #[error("`{}` has a name that is not valid Unicode", path.display())]
    NotUnicode {
        /// The path.
        path: PathBuf,
    },
    /// An earlier failure undid the transaction.
    #[error("the documents of this run were not recorded in `{}`: an earlier failure undid them all", path.display())]
    Undone {
        /// The state file.
        path: PathBuf,
    },
    /// A rule of the register forbids it.
    #[error("{subject} is not recorded: {rule}")]
    Rule {
        /// The document or file.
        subject: String,
        /// The rule.
        rule: Rule,
    },
    /// The time for sending again is over.
    #[error("document `{numero}` was refused on {refused}: it could go out again with its number until {until}")]
    TooLate {
        /// The number as it is printed.
        numero: String,
        /// Day of the refusal.
        refused: NaiveDate,
        /// Last day.
        until: NaiveDate,
    },
    /// Anything else.
    #[error("cannot read or write `{}`", path.display())]
    Failed {
        /// The state file.
        path: PathBuf,
        /// What SQLite says.
        #[source]
        source: rusqlite::Error,
    },
}

impl StateError {
    /// An error of SQLite on the state file at `path`.
    pub(super) fn of(path: &Path, source: rusqlite::Error) -> Self {
        let path = path.to_path_buf();
        match source.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                let holder = Holder::read(&path);
                Self::Busy { path, holder }
            }
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Damaged { path, source },
            Some(ErrorCode::DiskFull) => Self::Full { path, source },
            Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
                Self::Denied { path, source }
            }
            None if is_conversion(&source) => Self::Damaged { path, source },
            _ => Self::Failed { path, source },
        }
    }

    /// The same, where a rule of the schema may have refused `subject`.
    pub(super) fn of_write(path: &Path, source: rusqlite::Error, subject: impl FnOnce() -> String) -> Self {
        match Rule::broken_by(&source) {
            Some(rule) => Self::Rule { subject: subject(), rule },
            None => Self::of(path, source),
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn help(&self) -> String {
        match self {
            Self::Busy { .. } => "wait until it has ended and run again; nothing was changed".to_owned(),
            Self::Locked { .. } => "wait until it has ended, or run with `--wait 10m`; nothing was read".to_owned(),
            Self::Newer { .. } => "use the later version of raccordo that wrote it; do not delete it: the numbers of \
                                   your invoices are in it"
                .to_owned(),
            Self::Foreign { path } => format!("move it away from `{}` or set another state folder", path.display()),
            Self::Damaged { path, .. } => format!(
                "restore `{0}` from a copy in `{1}`, or let `raccordo doctor --repair` do it; do not delete it: numbers \
                 of invoices would start again and be refused as duplicates",
                path.display(),
                path.with_file_name("backup").display()
            ),
            Self::Gone { path } => format!(
                "restore it from a copy in `{}`, or let `raccordo doctor --repair` do it; to begin anew on purpose, move \
                 the whole folder `{}` away: numbers of invoices start again, and everything is sent again",
                path.with_file_name("backup").display(),
                path.parent().unwrap_or(path).display()
            ),
            Self::Full { .. } => "free some space on the disk; what was recorded before is untouched".to_owned(),
            Self::Denied { path, .. } => format!(
                "give the user who runs raccordo the right to write `{}` and its folder: SQLite keeps two more files \
                 beside it",
                path.display()
            ),
            Self::Folder { .. } => "check that the path can be made and written".to_owned(),
            Self::Unsafe { .. } => "keep the state on a local disk, not on a network share".to_owned(),
            Self::NotUnicode { .. } => "rename the folder".to_owned(),
            Self::Undone { .. } => "solve the failure reported before, then run again: no number was lost".to_owned(),
            Self::Rule { rule, .. } => rule.help().to_owned(),
            Self::TooLate { .. } => "ask your accountant: past the term, the operation is invoiced with a new number \
                                     and date, and the refused number is noted in the register"
                .to_owned(),
            Self::Failed { .. } => "check the disk; what was recorded before is untouched".to_owned(),
        }
    }

    /// Whether the same call may go well later with nothing else done.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Busy { .. } | Self::Locked { .. })
    }
}

fn held_by(holder: Option<&Holder>) -> String {
    holder.map_or_else(|| "another program".to_owned(), Holder::to_string)
}

fn is_conversion(error: &rusqlite::Error) -> bool {
    use rusqlite::Error::{FromSqlConversionFailure, IntegralValueOutOfRange, InvalidColumnType};
    matches!(error, FromSqlConversionFailure(..) | IntegralValueOutOfRange(..) | InvalidColumnType(..))
}

/// A rule that the database itself keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rule {
    /// One document for one order.
    OrderHasDocument,
    /// Numbers follow each other.
    NotNext,
    /// A printed number is used once in a year.
    NumeroTaken,
    /// A file progressive is used once, for ever.
    ProgressiveTaken,
    /// A file name is used once, for ever.
    FileNameTaken,
    /// Only a refused document goes out under a new file name.
    NotRefused,
    /// Only a file that is not in place yet may change its content.
    NotStaged,
    /// There is no such document.
    NoDocument,
    /// What the exchange system says now cannot go with what it said before.
    Contradiction,
    /// Numbers, dates and names stay; documents are never deleted.
    Lasting,
    /// A field is empty, zero or not of its form.
    BadField,
}

impl Rule {
    /// The rule that a failed statement broke, if it is one of ours.
    fn broken_by(error: &rusqlite::Error) -> Option<Self> {
        let rusqlite::Error::SqliteFailure(failure, message) = error else { return None };
        if failure.code != ErrorCode::ConstraintViolation {
            return None;
        }
        let message = message.as_deref().unwrap_or_default();
        let marks = [
            ("rule:not-next", Self::NotNext),
            ("rule:not-refused", Self::NotRefused),
            ("rule:not-staged", Self::NotStaged),
            ("rule:contradiction", Self::Contradiction),
            ("rule:lasting", Self::Lasting),
            ("rule:name-used", Self::FileNameTaken),
            ("documents.order_key", Self::OrderHasDocument),
            ("documents.numero", Self::NumeroTaken),
            ("documents.number", Self::NotNext),
            ("files.progressive", Self::ProgressiveTaken),
            ("files.name", Self::FileNameTaken),
        ];
        // A CHECK names its expression, with columns of the table but without the table.
        let unique = marks.into_iter().find(|(mark, _)| message.contains(mark)).map(|(_, rule)| rule);
        unique.or_else(|| message.starts_with("CHECK").then_some(Self::BadField))
    }

    /// What to do about it.
    fn help(self) -> &'static str {
        match self {
            Self::OrderHasDocument => "look the order up first: it keeps the document it has",
            Self::NotNext => "ask for the next number in the transaction that records it",
            Self::NumeroTaken => "make the series part of the printed number",
            Self::ProgressiveTaken | Self::FileNameTaken => {
                "raise the first file progressive above those used so far by this sender"
            }
            Self::NotRefused => "a document that was issued is corrected by a credit note, not sent again",
            Self::NotStaged => "a file in its folder is not written again",
            Self::NoDocument => "issue the document first",
            Self::Contradiction => "look at the messages of this file: one of them belongs to another",
            Self::Lasting => "correct a document by a credit note",
            Self::BadField => "fill every field: names are not empty, numbers start at 1",
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OrderHasDocument => "the order has a document of this kind already",
            Self::NotNext => "its number is not the next of its register",
            Self::NumeroTaken => "another document of the year is printed with the same number",
            Self::ProgressiveTaken => "the file progressive was used before",
            Self::FileNameTaken => "the file name was used before",
            Self::NotRefused => "the exchange system did not refuse the file it has",
            Self::NotStaged => "its file is in place already",
            Self::NoDocument => "there is no such document",
            Self::Contradiction => "the exchange system said the opposite before",
            Self::Lasting => "numbers, dates and file names stay for ever",
            Self::BadField => "a field is empty, zero or not of its form",
        })
    }
}
