//! What a row-by-row format is: bytes before the first row, for each row, between rows and at the end.

use crate::loads::format::cells::Table;

/// A format that is written one row after the other, as text.
pub trait RowFormat: Send + Sync {
    /// Appends what stands before the first row.
    fn begin(&self, _out: &mut Vec<u8>) {}

    /// Appends one row with its own line end.
    ///
    /// # Errors
    /// The row cannot be written; the caller takes back what was appended and rejects the row.
    fn row(&self, table: &Table, row: usize, out: &mut Vec<u8>) -> Result<(), Problem>;

    /// How many rows a file can hold, when not any number.
    fn most_rows(&self) -> Option<u64> {
        None
    }

    /// What stands before every row but the first.
    fn separator(&self) -> &'static [u8] {
        b""
    }

    /// Appends what stands after the last of `rows` rows.
    fn end(&self, _rows: u64, _out: &mut Vec<u8>) {}
}

/// Why a row cannot be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Stable cause of the reject.
    pub cause: &'static str,
    /// Offending column, by its name in the output.
    pub column: Option<String>,
    /// What is wrong and what to do, in English.
    pub message: String,
    /// The same in Italian.
    pub message_it: String,
}

impl Problem {
    /// The file holds one row, and there is another.
    #[must_use]
    pub fn too_many_rows() -> Self {
        Self {
            cause: "too-many-rows",
            column: None,
            message: String::from("the file holds one row, and the table has more; aggregate it, or write an array"),
            message_it: String::from(
                "il file contiene una riga sola e la tabella ne ha altre; aggregarla, o scrivere un array",
            ),
        }
    }
}
