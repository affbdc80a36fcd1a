//! The file of a feed while it is written, or several where a channel takes only so many rows in one.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::context::NodeError;
use crate::io::{Committed, FileError, StagedFile};
use crate::loads::feed::render::Render;
use crate::loads::format::sink::write_failed;

/// The files of a feed. Dropped before the commit, they disappear.
pub struct Parts {
    target: PathBuf,
    run: String,
    gzip: bool,
    done: Vec<StagedFile>,
    open: Option<(StagedFile, Out)>,
    /// Rows of the open file.
    rows: u64,
}

enum Out {
    Plain(File),
    Gzip(Box<GzEncoder<File>>),
}

impl Parts {
    /// Begins nothing yet: the first file is opened with the first row, or at the end.
    #[must_use]
    pub fn new(target: &Path, run: &str, gzip: bool) -> Self {
        Self { target: target.to_path_buf(), run: run.to_owned(), gzip, done: Vec::new(), open: None, rows: 0 }
    }

    /// Makes room for a row, in the next file when the open one is full. Says whether the row is the first of its file.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn next_row(&mut self, render: &Render) -> Result<bool, NodeError> {
        if self.open.is_some() && render.most_rows().is_some_and(|most| self.rows >= most) {
            self.close(render)?;
        }
        if self.open.is_none() {
            self.open(render)?;
        }
        self.rows += 1;
        Ok(self.rows == 1)
    }

    /// Whether the next row goes into another file.
    #[must_use]
    pub fn is_full(&self, render: &Render) -> bool {
        self.open.is_none() || render.most_rows().is_some_and(|most| self.rows >= most)
    }

    /// Writes bytes of rows.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), NodeError> {
        let Some((_, out)) = self.open.as_mut().filter(|_| !bytes.is_empty()) else { return Ok(()) };
        let written = match out {
            Out::Plain(file) => file.write_all(bytes),
            Out::Gzip(file) => file.write_all(bytes),
        };
        written.map_err(|error| failed(&self.target, error))
    }

    /// Ends the last file. Without rows there is one with nothing in it, where `empty` says so; a document that must have
    /// rows is not written without any.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn finish(&mut self, render: &Render, empty: bool) -> Result<(), NodeError> {
        let needs_rows = matches!(render, Render::Json(_)) && render.most_rows().is_some();
        if self.open.is_none() && self.done.is_empty() && empty && !needs_rows {
            self.open(render)?;
        }
        self.close(render)
    }

    fn open(&mut self, render: &Render) -> Result<(), NodeError> {
        let path = numbered(&self.target, self.done.len() + 1);
        let staged = StagedFile::create(&path, &self.run).map_err(|error| write_failed(&error))?;
        let file = staged.open().map_err(|error| write_failed(&error))?;
        let out = if self.gzip {
            Out::Gzip(Box::new(GzEncoder::new(file, Compression::default())))
        } else {
            Out::Plain(file)
        };
        self.open = Some((staged, out));
        self.rows = 0;
        let mut head = Vec::new();
        render.begin(&mut head);
        self.write(&head)
    }

    fn close(&mut self, render: &Render) -> Result<(), NodeError> {
        let mut tail = Vec::new();
        render.end(&mut tail);
        self.write(&tail)?;
        let Some((staged, out)) = self.open.take() else { return Ok(()) };
        if let Out::Gzip(file) = out {
            file.finish().map_err(|error| failed(&self.target, error))?;
        }
        self.done.push(staged);
        Ok(())
    }

    /// Puts the files in their places and removes further ones of an earlier, longer feed.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn commit(self) -> Result<Committed, FileError> {
        let mut committed = Committed::default();
        let count = self.done.len();
        for file in self.done {
            let one = file.commit()?;
            committed.files += one.files;
            committed.bytes += one.bytes;
        }
        for number in count + 1.. {
            let stale = numbered(&self.target, number);
            match fs::remove_file(&stale) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => break,
                Err(error) => return Err(FileError::new("remove", &stale, error)),
            }
        }
        Ok(committed)
    }
}

fn failed(target: &Path, error: io::Error) -> NodeError {
    write_failed(&FileError::new("write", target, error))
}

/// `feed.json`, `feed-2.json`, `feed-3.json`, …
fn numbered(target: &Path, number: usize) -> PathBuf {
    if number <= 1 {
        return target.to_path_buf();
    }
    let name = target.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let (stem, extension) =
        name.split_once('.').map_or((name.as_str(), String::new()), |(stem, rest)| (stem, format!(".{rest}")));
    target.with_file_name(format!("{stem}-{number}{extension}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn further_files_are_numbered_before_the_extension() {
        let cases = [(1, "out/a.json"), (2, "out/a-2.json")];
        for (number, expected) in cases {
            assert_eq!(numbered(Path::new("out/a.json"), number), Path::new(expected));
        }
        assert_eq!(numbered(Path::new("a.json.gz"), 3), Path::new("a-3.json.gz"));
        assert_eq!(numbered(Path::new("a"), 2), Path::new("a-2"));
    }
}
