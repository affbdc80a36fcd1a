//! Documents that a load is about to issue, as a plan shows them.

use std::fmt;

use serde::Serialize;

/// What becomes of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// It gets a number.
    ToIssue,
    /// It was refused and goes out again, with the number it has.
    ToSendAgain,
    /// It has its number and stays as it is.
    AlreadyIssued,
    /// It is not issued.
    Rejected,
}

impl fmt::Display for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ToIssue => "to issue",
            Self::ToSendAgain => "to send again",
            Self::AlreadyIssued => "already issued",
            Self::Rejected => "rejected",
        })
    }
}

/// A document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlannedDocument {
    /// What becomes of it.
    pub fate: Fate,
    /// Its order.
    pub key: String,
    /// Its type: `TD01`.
    pub kind: String,
    /// The number that it gets, or has.
    pub number: Option<String>,
    /// Who buys.
    pub buyer: Option<String>,
    /// Its total.
    pub total: Option<String>,
    /// Why it is not issued.
    pub reason: Option<String>,
}
