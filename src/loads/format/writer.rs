//! Writers of one file: rows in, bytes on the disk.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::io::FileError;
use crate::loads::format::cells::Table;
use crate::loads::format::row::{Problem, RowFormat};

/// Writes one file.
pub trait FileWriter: Send {
    /// Adds a row.
    ///
    /// # Errors
    /// The row cannot be written in this format, and nothing of it was; or the file cannot be written.
    fn append(&mut self, table: &Table, row: usize) -> Result<(), RowError>;

    /// Writes what is left.
    ///
    /// # Errors
    /// The file cannot be written.
    fn close(&mut self) -> Result<(), FileError>;
}

/// Why a row was not added.
pub enum RowError {
    /// The row is at fault.
    Problem(Problem),
    /// The file is.
    Failed(FileError),
}

/// Writes a text format.
pub struct TextWriter {
    format: Arc<dyn RowFormat>,
    path: PathBuf,
    shown: PathBuf,
    file: Option<File>,
    gzip: Option<GzEncoder<Vec<u8>>>,
    buffer: Vec<u8>,
    flush_at: usize,
    keep_open: bool,
    rows: u64,
}

impl TextWriter {
    /// Begins a file at `path`, known to the user as `shown`. With `many`, the file is one of many: it is held open
    /// only while it is written to, and its buffer is small.
    #[must_use]
    pub fn begin(format: Arc<dyn RowFormat>, path: &Path, shown: &Path, gzip: bool, many: bool) -> Self {
        let mut buffer = Vec::new();
        format.begin(&mut buffer);
        Self {
            format,
            path: path.to_path_buf(),
            shown: shown.to_path_buf(),
            file: None,
            gzip: gzip.then(|| GzEncoder::new(Vec::new(), Compression::default())),
            buffer,
            flush_at: if many { 32 << 10 } else { 1 << 20 },
            keep_open: !many,
            rows: 0,
        }
    }

    fn flush(&mut self) -> Result<(), FileError> {
        let error = |error| FileError::new("write", &self.shown, error);
        if let Some(encoder) = &mut self.gzip {
            encoder.write_all(&self.buffer).map_err(error)?;
            self.buffer.clear();
            std::mem::swap(&mut self.buffer, encoder.get_mut());
        }
        if !self.buffer.is_empty() || self.file.is_none() {
            self.write_out()?;
        }
        Ok(())
    }

    fn write_out(&mut self) -> Result<(), FileError> {
        let error = |error| FileError::new("write", &self.shown, error);
        let mut file = match self.file.take() {
            Some(file) => file,
            None => OpenOptions::new().append(true).create(true).open(&self.path).map_err(error)?,
        };
        file.write_all(&self.buffer).map_err(error)?;
        self.buffer.clear();
        self.file = self.keep_open.then_some(file);
        Ok(())
    }
}

impl FileWriter for TextWriter {
    fn append(&mut self, table: &Table, row: usize) -> Result<(), RowError> {
        let start = self.buffer.len();
        if self.format.most_rows().is_some_and(|most| self.rows >= most) {
            return Err(RowError::Problem(Problem::too_many_rows()));
        }
        if self.rows > 0 {
            self.buffer.extend_from_slice(self.format.separator());
        }
        if let Err(problem) = self.format.row(table, row, &mut self.buffer) {
            self.buffer.truncate(start);
            return Err(RowError::Problem(problem));
        }
        self.rows += 1;
        if self.buffer.len() >= self.flush_at {
            self.flush().map_err(RowError::Failed)?;
        }
        Ok(())
    }

    fn close(&mut self) -> Result<(), FileError> {
        self.format.end(self.rows, &mut self.buffer);
        self.flush()?;
        if let Some(encoder) = self.gzip.take() {
            self.buffer = encoder.finish().map_err(|error| FileError::new("write", &self.shown, error))?;
            self.write_out()?;
        }
        self.file = None;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::MultiGzDecoder;

    use super::*;
    use crate::loads::format::json::{JsonFormat, JsonOptions};
    use crate::loads::format::testing::{render, sample};

    fn written(gzip: bool, many: bool, times: usize) -> (Vec<u8>, String) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        let (batch, types) = sample();
        let format = JsonFormat::new(JsonOptions::default(), types.iter().map(|(name, _)| name.as_str()), false);
        let expected = render(&format, &batch, &types).repeat(times);
        let table = Table::new(&batch, &types).unwrap();
        let mut writer = TextWriter::begin(Arc::new(format), &path, &path, gzip, many);
        for row in (0..times).flat_map(|_| [0, 1]) {
            assert!(writer.append(&table, row).is_ok());
        }
        writer.close().unwrap();
        (std::fs::read(path).unwrap(), expected)
    }

    #[test]
    fn what_is_flushed_in_parts_is_one_file() {
        for many in [false, true] {
            let (bytes, expected) = written(false, many, 10_000);
            assert!(bytes == expected.as_bytes(), "many = {many}");
            let (bytes, expected) = written(true, many, 10_000);
            let mut text = String::new();
            MultiGzDecoder::new(bytes.as_slice()).read_to_string(&mut text).unwrap();
            assert!(bytes.len() < expected.len() && text == expected, "many = {many}");
        }
        assert_eq!(written(false, false, 0).0, b"");
    }
}
