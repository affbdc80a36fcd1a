//! The words of the register: documents, files, registers, statuses and outcomes. Plain data; no SQL and no files.

use std::fmt;
use std::path::PathBuf;

use chrono::{Datelike, Days, NaiveDate};

/// Days after a refusal in which a document may go out again with its number and date.
pub const RESEND_DAYS: u64 = 5;

/// What makes a document one and the same in every run.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DocumentKey {
    /// VAT number of the seller.
    pub seller: String,
    /// Kind of document, as the caller tells them apart: `TD01`, `TD04`.
    pub kind: String,
    /// Key of the order.
    pub order: String,
}

/// A gapless sequence of numbers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RegisterKey {
    /// VAT number of the seller.
    pub seller: String,
    /// Series; empty when there is none.
    pub series: String,
    /// Year of the documents' dates.
    pub year: i32,
}

impl fmt::Display for RegisterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.series.as_str() {
            "" => write!(f, "{} of seller {}", self.year, self.seller),
            series => write!(f, "{}, series {series}, of seller {}", self.year, self.seller),
        }
    }
}

/// A file of a document: its name, its place and its content. A file may hold several documents of one buyer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentFile {
    /// Who sends: the identifier with which the name begins.
    pub sender: String,
    /// Progressive of the name, unique for the sender for ever.
    pub progressive: u64,
    /// Name of the file, without folder.
    pub name: String,
    /// SHA-256 of the content.
    pub content_hash: [u8; 32],
    /// Position of the document in the file, from 1.
    pub position: u32,
    /// SHA-256 of the document alone, in a file of several.
    pub body_hash: Option<[u8; 32]>,
    /// Folder in which the file is staged.
    pub staged_folder: PathBuf,
    /// Folder to which it belongs.
    pub target_folder: PathBuf,
}

/// A document that is to be recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDocument {
    /// Seller, kind and order.
    pub key: DocumentKey,
    /// Series; empty when there is none.
    pub series: String,
    /// The number that [`Issuing::next_number`](super::Issuing::next_number) gave.
    pub number: u64,
    /// The number as it is printed: `12/WEB`.
    pub numero: String,
    /// Date of the document; its year is that of the register.
    pub date: NaiveDate,
    /// The file.
    pub file: DocumentFile,
}

impl NewDocument {
    /// The register that the number belongs to.
    #[must_use]
    pub fn register(&self) -> RegisterKey {
        register_of(&self.key, &self.series, self.date)
    }
}

/// A document of the register, with the file that stands for it now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuedDocument {
    /// Seller, kind and order.
    pub key: DocumentKey,
    /// Series; empty when there is none.
    pub series: String,
    /// Number in the register.
    pub number: u64,
    /// The number as it is printed.
    pub numero: String,
    /// Date of the document.
    pub date: NaiveDate,
    /// The last file.
    pub file: DocumentFile,
    /// 1 for the first file, 2 for the first one after a refusal, …
    pub attempt: u32,
    /// How far the last file got.
    pub status: Status,
    /// Day of that status, when the exchange system told it.
    pub status_on: Option<NaiveDate>,
}

impl IssuedDocument {
    /// The register that the number belongs to.
    #[must_use]
    pub fn register(&self) -> RegisterKey {
        register_of(&self.key, &self.series, self.date)
    }

    /// The last day on which a refused document may go out again with its number and date. `None` when it is not
    /// refused.
    #[must_use]
    pub fn resend_until(&self) -> Option<NaiveDate> {
        let refused = self.status_on.filter(|_| self.status == Status::Refused)?;
        refused.checked_add_days(Days::new(RESEND_DAYS))
    }
}

fn register_of(key: &DocumentKey, series: &str, date: NaiveDate) -> RegisterKey {
    RegisterKey { seller: key.seller.clone(), series: series.to_owned(), year: date.year() }
}

/// How far a file got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// Recorded, not yet in its folder.
    Staged,
    /// In its folder.
    Issued,
    /// Put into the buyer's reserved area (message MC).
    MadeAvailable,
    /// Delivered (message RC).
    Delivered,
    /// The body did not answer in time (message DT).
    TermsElapsed,
    /// The body accepted it (message NE, EC01).
    Accepted,
    /// The body refused it (message NE, EC02): it stays issued, and is reversed by a credit note.
    RefusedByBody,
    /// Refused by the exchange system (message NS): never issued.
    Refused,
}

impl Status {
    const ALL: [Self; 8] = [
        Self::Staged,
        Self::Issued,
        Self::MadeAvailable,
        Self::Delivered,
        Self::TermsElapsed,
        Self::Accepted,
        Self::RefusedByBody,
        Self::Refused,
    ];

    /// The word in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Staged => "staged",
            Self::Issued => "issued",
            Self::MadeAvailable => "made_available",
            Self::Delivered => "delivered",
            Self::TermsElapsed => "terms_elapsed",
            Self::Accepted => "accepted",
            Self::RefusedByBody => "refused_by_body",
            Self::Refused => "refused",
        }
    }

    /// The status of a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == word)
    }

    /// The status after a file of this one was said to be `news`, whatever came first. `None` when both cannot be.
    #[must_use]
    pub fn after(self, news: Self) -> Option<Self> {
        let weight = |status: Self| match status {
            Self::Staged => 0,
            Self::Issued => 1,
            Self::MadeAvailable => 2,
            Self::Delivered => 3,
            Self::TermsElapsed => 4,
            Self::Accepted | Self::RefusedByBody => 5,
            Self::Refused => 6,
        };
        let unsaid = |status: Self| matches!(status, Self::Staged | Self::Issued);
        match (self, news) {
            (old, new) if old == new => Some(old),
            (Self::Refused, other) | (other, Self::Refused) if !unsaid(other) => None,
            (Self::Accepted, Self::RefusedByBody) | (Self::RefusedByBody, Self::Accepted) => None,
            (old, new) if weight(new) > weight(old) => Some(new),
            (old, _) => Some(old),
        }
    }
}

/// What the exchange system said of a file. Days are those of Rome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// NS: refused, never issued.
    Refused {
        /// Day of the refusal, from which the [`RESEND_DAYS`] are counted.
        on: NaiveDate,
    },
    /// RC: delivered.
    Delivered {
        /// Day of the delivery, which counts for the stamp duty.
        on: NaiveDate,
    },
    /// MC: put into the buyer's reserved area.
    MadeAvailable {
        /// The day.
        on: NaiveDate,
    },
    /// NE with EC01.
    Accepted,
    /// NE with EC02.
    RefusedByBody,
    /// DT.
    TermsElapsed,
}

impl Outcome {
    /// The status that it alone would give.
    #[must_use]
    pub fn status(self) -> Status {
        match self {
            Self::Refused { .. } => Status::Refused,
            Self::Delivered { .. } => Status::Delivered,
            Self::MadeAvailable { .. } => Status::MadeAvailable,
            Self::Accepted => Status::Accepted,
            Self::RefusedByBody => Status::RefusedByBody,
            Self::TermsElapsed => Status::TermsElapsed,
        }
    }

    /// Its day, when it has one.
    #[must_use]
    pub fn day(self) -> Option<NaiveDate> {
        match self {
            Self::Refused { on } | Self::Delivered { on } | Self::MadeAvailable { on } => Some(on),
            Self::Accepted | Self::RefusedByBody | Self::TermsElapsed => None,
        }
    }
}

/// Whether a refused document may go out with its old number after [`RESEND_DAYS`] days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Late {
    /// No.
    Refuse,
    /// Yes: the user knows and wants it.
    Allow,
}

/// A file that was recorded and, as far as is known, not put in place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    /// The run that recorded it.
    pub run: String,
    /// Seller, kind and order.
    pub key: DocumentKey,
    /// The number as it is printed.
    pub numero: String,
    /// The file.
    pub file: DocumentFile,
}

/// A number of a register that no issued document has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// The number.
    pub number: u64,
    /// Why.
    pub reason: GapReason,
}

/// Why a number has no issued document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GapReason {
    /// There is no document: the database was changed by other hands.
    Missing,
    /// The document was refused and did not go out again.
    Refused {
        /// Key of the order.
        order: String,
        /// Last day on which it may go out again with its number and date.
        resend_until: NaiveDate,
    },
}
