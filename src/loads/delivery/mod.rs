//! What loads that know their rows by a key have in common: modes, guards, the changes that are sent, their answers.
//!
//! How changes are found is the business of the engine; how one is sent, of each kind.

pub mod changes;
pub mod dispatch;
pub mod guard;
pub mod rest;
pub mod spec;

use crate::context::NodeError;
use crate::domain::types::Type;
use crate::loads::delivery::dispatch::Dispatch;
use crate::loads::delivery::guard::Guards;

pub use spec::Mode;

/// A load whose rows are known by a key.
pub struct Keyed {
    /// What becomes of rows at the destination.
    pub mode: Mode,
    /// The columns that are sent, by the names that the destination knows; those of the key that are not sent come after.
    pub columns: Vec<SentColumn>,
    /// Positions of the key among the columns; empty when rows have none.
    pub key: Vec<usize>,
    /// What stops a delivery.
    pub guards: Guards,
    /// Of the columns that are sent and of where they go: with another one, every row is sent again.
    pub mapping: String,
    /// Of the steps that make the rows.
    pub logic: String,
}

/// A column that is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentColumn {
    /// Name at the destination.
    pub name: String,
    /// Column of the table.
    pub source: String,
    /// Its type.
    pub ty: Type,
}

impl Keyed {
    /// Names of the columns of the key.
    pub fn key_names(&self) -> impl Iterator<Item = &str> {
        self.key.iter().map(|index| self.columns[*index].name.as_str())
    }

    /// Columns with their types, as cells are read.
    #[must_use]
    pub fn types(&self) -> Vec<(String, Type)> {
        self.columns.iter().map(|column| (column.name.clone(), column.ty.clone())).collect()
    }
}

/// A destination that takes rows as they change.
pub trait Destination: Send + Sync {
    /// Where rows go, as the user knows it.
    fn shown(&self) -> String;

    /// Everything that, when it changes, means that all rows must be sent again. Without secrets.
    fn mapping(&self) -> String;

    /// Sends the changes of a delivery. What was answered before an error is kept.
    ///
    /// # Errors
    /// The destination cannot be reached or refuses the whole; rows at fault are refused one by one instead.
    fn deliver(&self, dispatch: &mut Dispatch<'_>) -> Result<(), NodeError>;

    /// Ends a delivery whose run ended before its answers were known: asks the destination, or sends again what has no
    /// answer, with the same idempotency keys.
    ///
    /// # Errors
    /// The destination cannot be reached; the delivery stays open.
    fn settle(&self, dispatch: &mut Dispatch<'_>) -> Result<(), NodeError>;
}
