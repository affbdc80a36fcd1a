//! The file of what a feed published last: one record per row, in the order of the feed.
//!
//! `RACFEED1`, the records, then a zero length, their number and `RACFEED1` again, by which a torn file is known. A record
//! is the length of the key in two bytes, the key, two hashes of eight bytes and the price in cents of eight bytes; all
//! numbers little-endian. A price that is not there is the smallest number.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::Path;

use crate::context::NodeError;
use crate::diag::Code;
use crate::io::{FileError, StagedFile};
use crate::loads::feed::encode::Accepted;
use crate::loads::format::sink::write_failed;

const MARK: &[u8; 8] = b"RACFEED1";
const NO_PRICE: i64 = i64::MIN;
const BUFFER: usize = 1 << 18;

/// What was published of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Published {
    /// Hash of its price, quantity and what goes with them.
    pub offer: u64,
    /// Hash of everything else.
    pub rest: u64,
    /// Its price, in cents.
    pub price: Option<i64>,
}

/// Writes the file; it waits for its commit.
pub struct HistoryWriter {
    staged: StagedFile,
    file: BufWriter<File>,
    rows: u64,
}

impl HistoryWriter {
    /// Begins the file beside `path`.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn begin(path: &Path, run: &str) -> Result<Self, NodeError> {
        let staged = StagedFile::create(path, run).map_err(|error| write_failed(&error))?;
        let file = staged.open().map_err(|error| write_failed(&error))?;
        let mut writer = Self { staged, file: BufWriter::with_capacity(BUFFER, file), rows: 0 };
        writer.write(MARK)?;
        Ok(writer)
    }

    /// Adds a row. A key longer than 65,535 bytes is cut, which no channel allows.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn add(&mut self, key: &[u8], row: &Accepted) -> Result<(), NodeError> {
        let length = u16::try_from(key.len()).unwrap_or(u16::MAX);
        self.write(&length.to_le_bytes())?;
        self.write(&key[..usize::from(length)])?;
        let mut record = [0; 24];
        record[..8].copy_from_slice(&row.offer.to_le_bytes());
        record[8..16].copy_from_slice(&row.rest.to_le_bytes());
        record[16..].copy_from_slice(&row.price.unwrap_or(NO_PRICE).to_le_bytes());
        self.rows += 1;
        self.write(&record)
    }

    /// Ends the file.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn finish(mut self) -> Result<StagedFile, NodeError> {
        let rows = self.rows.to_le_bytes();
        self.write(&[0, 0])?;
        self.write(&rows)?;
        self.write(MARK)?;
        match self.file.flush() {
            Ok(()) => Ok(self.staged),
            Err(error) => Err(failed(&self.staged, error)),
        }
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), NodeError> {
        self.file.write_all(bytes).map_err(|error| failed(&self.staged, error))
    }
}

fn failed(staged: &StagedFile, error: io::Error) -> NodeError {
    write_failed(&FileError::new("write", staged.target(), error))
}

/// Calls `take` with each row of the file.
///
/// # Errors
/// The file cannot be read or is not whole, or `take` fails.
pub fn read(path: &Path, mut take: impl FnMut(&str, Published) -> Result<(), NodeError>) -> Result<(), NodeError> {
    let damaged = |error: io::Error| {
        let message = format!("what was published last cannot be read from `{}`", path.display());
        NodeError::new(Code::SourceFailed, message).because(error).help(
            "put the file back from a backup, or remove it: the next feed is then a whole one, and no guard compares it",
        )
    };
    let file = File::open(path).map_err(damaged)?;
    let mut reader = Reader { file: BufReader::with_capacity(BUFFER, file), key: Vec::new() };
    reader.mark().map_err(damaged)?;
    let mut rows = 0;
    while let Some(published) = reader.record().map_err(damaged)? {
        let key = std::str::from_utf8(&reader.key).map_err(|error| damaged(io::Error::other(error)))?;
        take(key, published)?;
        rows += 1;
    }
    let written = reader.number().map_err(damaged)?;
    reader.mark().map_err(damaged)?;
    if written == rows { Ok(()) } else { Err(damaged(io::Error::other("rows are missing"))) }
}

struct Reader {
    file: BufReader<File>,
    key: Vec<u8>,
}

impl Reader {
    fn mark(&mut self) -> io::Result<()> {
        let mut mark = [0; 8];
        self.file.read_exact(&mut mark)?;
        if mark == *MARK { Ok(()) } else { Err(io::Error::other("it is not such a file, or not whole")) }
    }

    fn number(&mut self) -> io::Result<u64> {
        let mut bytes = [0; 8];
        self.file.read_exact(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    /// The next record, its key in `key`; nothing after the last.
    fn record(&mut self) -> io::Result<Option<Published>> {
        let mut length = [0; 2];
        self.file.read_exact(&mut length)?;
        let length = usize::from(u16::from_le_bytes(length));
        if length == 0 {
            return Ok(None);
        }
        self.key.resize(length, 0);
        self.file.read_exact(&mut self.key)?;
        let (offer, rest) = (self.number()?, self.number()?);
        let price = i64::from_le_bytes(self.number()?.to_le_bytes());
        Ok(Some(Published { offer, rest, price: (price != NO_PRICE).then_some(price) }))
    }
}
