//! Records that go on over line breaks: which lines of a file belong together.
//!
//! With them known, a file is read in parallel by its lines like any other. How a record is cut is in `fields`, how lines
//! are decoded in `lines`.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use crate::sources::file::lines::{LONGEST_RECORD_LINES, LineFormat, Scratch};

const BUFFER: usize = 1 << 20;

/// The records of a file that take several lines, in order.
pub struct Joints {
    path: PathBuf,
    found: Vec<Joint>,
}

/// A record of several lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Joint {
    /// Its first line, from 0.
    line: u64,
    /// The line after it.
    end: u64,
    /// Its first byte.
    start: u64,
    /// Its bytes.
    length: usize,
}

/// What a line is.
pub enum Part {
    /// A record.
    Whole,
    /// The first line of a record of several.
    First(String),
    /// A later one.
    Later,
}

impl Joints {
    /// None.
    #[must_use]
    pub fn none(path: &Path) -> Self {
        Self { path: path.to_path_buf(), found: Vec::new() }
    }

    /// Looks through a file in UTF-8. `None` when a record is never closed: it must then be read in order.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn find(path: &Path, quote: u8, format: &dyn LineFormat) -> io::Result<Option<Self>> {
        let mut lines = Lines { reader: BufReader::with_capacity(BUFFER, File::open(path)?), line: 0, at: 0 };
        let (mut found, mut scratch) = (Vec::new(), Scratch::default());
        let (mut bytes, mut record) = (Vec::new(), String::new());
        loop {
            let (line, start) = (lines.line, lines.at);
            bytes.clear();
            if !lines.next(&mut bytes)? {
                return Ok(Some(Self { path: path.to_path_buf(), found }));
            }
            if memchr::memchr(quote, &bytes).is_none() {
                continue;
            }
            record.clear();
            join(&bytes, &mut record);
            while format.is_open(&record, &mut scratch) {
                let taken = lines.line - line;
                let before = bytes.len();
                if taken > LONGEST_RECORD_LINES as u64 || !lines.next(&mut bytes)? {
                    return Ok(None);
                }
                record.push('\n');
                join(&bytes[before..], &mut record);
            }
            if lines.line > line + 1 {
                found.push(Joint { line, end: lines.line, start, length: bytes.len() });
            }
        }
    }

    /// Follows the lines of a part of the file.
    #[must_use]
    pub fn cursor(&self) -> Cursor<'_> {
        Cursor { joints: self, next: None, file: None }
    }
}

/// Goes along the lines of a part of the file, which may begin within a record.
pub struct Cursor<'j> {
    joints: &'j Joints,
    next: Option<usize>,
    file: Option<File>,
}

impl Cursor<'_> {
    /// What line `number` is, from 0. Numbers only rise.
    ///
    /// # Errors
    /// The file cannot be read again.
    #[inline]
    pub fn part(&mut self, number: u64) -> io::Result<Part> {
        let found = &self.joints.found;
        if found.is_empty() {
            return Ok(Part::Whole);
        }
        let mut next = self.next.unwrap_or_else(|| found.partition_point(|joint| joint.end <= number));
        while found.get(next).is_some_and(|joint| joint.end <= number) {
            next += 1;
        }
        self.next = Some(next);
        match found.get(next) {
            Some(joint) if joint.line == number => self.text(*joint).map(Part::First),
            Some(joint) if joint.line < number => Ok(Part::Later),
            _ => Ok(Part::Whole),
        }
    }

    /// The lines of a record; a record is read by the one who has its first line.
    fn text(&mut self, joint: Joint) -> io::Result<String> {
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(File::open(&self.joints.path)?),
        };
        let mut bytes = vec![0; joint.length];
        file.seek(SeekFrom::Start(joint.start))?;
        file.read_exact(&mut bytes)?;
        let mut text = String::with_capacity(bytes.len());
        for (index, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
            if index > 0 {
                text.push('\n');
            }
            join(line, &mut text);
        }
        Ok(text)
    }
}

/// Adds a line without its break and without a mark of the order of bytes.
fn join(line: &[u8], record: &mut String) {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    match std::str::from_utf8(line) {
        Ok(text) => record.push_str(text),
        Err(_) => record.push_str(&String::from_utf8_lossy(line)),
    }
    if record.starts_with('\u{feff}') {
        record.drain(..'\u{feff}'.len_utf8());
    }
}

struct Lines {
    reader: BufReader<File>,
    line: u64,
    at: u64,
}

impl Lines {
    /// Adds the next line with its break; `false` at the end.
    fn next(&mut self, bytes: &mut Vec<u8>) -> io::Result<bool> {
        let read = self.reader.read_until(b'\n', bytes)?;
        self.at += read as u64;
        self.line += u64::from(read > 0);
        Ok(read > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::Batch;
    use crate::sources::file::fields::Separators;

    /// Only the question whether a record is open.
    struct Semicolons;

    impl LineFormat for Semicolons {
        fn record(&self, _: &str, _: &mut Scratch, _: &mut Batch<'_>) {}

        fn is_open(&self, record: &str, scratch: &mut Scratch) -> bool {
            !scratch.fields.cut(record, Separators { delimiter: b';', quote: Some(b'"') })
        }
    }

    /// The records as all who read from line `from` on see them.
    fn records(text: &str, from: u64) -> Option<Vec<String>> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        std::fs::write(&path, text).unwrap();
        let joints = Joints::find(&path, b'"', &Semicolons).unwrap()?;
        let (mut cursor, mut records) = (joints.cursor(), Vec::new());
        for (number, line) in (0..).zip(text.lines()).skip(usize::try_from(from).unwrap()) {
            match cursor.part(number).unwrap() {
                Part::Whole => records.push(line.to_owned()),
                Part::First(joined) => records.push(joined),
                Part::Later => {}
            }
        }
        Some(records)
    }

    #[test]
    fn lines_of_a_record_belong_to_its_first() {
        let text = "a;b\n1;\"x\ny\"\n2;z\n3;\"\r\n\"\"q;\r\n\";w\n4;5\" tv\n5;\"\n\"";
        let whole = ["a;b", "1;\"x\ny\"", "2;z", "3;\"\n\"\"q;\n\";w", "4;5\" tv", "5;\"\n\""];
        assert_eq!(records(text, 0).unwrap(), whole);
        // A part that begins within a record leaves the record to whoever has its first line.
        let after = [(2, 2), (3, 2), (4, 3), (5, 4), (6, 4), (7, 4), (8, 5), (9, 6)];
        for (from, skipped) in after {
            assert_eq!(records(text, from).unwrap(), whole[skipped..], "{from}");
        }
        assert_eq!(records("\u{feff}\"a\nb\";c\nd", 0).unwrap(), ["\"a\nb\";c", "d"]);
    }

    #[test]
    fn a_record_that_is_never_closed_is_left_to_the_ordered_way() {
        assert_eq!(records("a\n\"b;c\nd\n", 0), None);
        assert_eq!(records(&format!("\"{}\"", "\n".repeat(LONGEST_RECORD_LINES + 2)), 0), None);
    }
}
