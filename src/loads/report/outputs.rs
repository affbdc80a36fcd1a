//! The tables of a report as data: workbook, CSV files, JSON. Rows are written while they come.

use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::context::NodeError;
use crate::io::{FileError, StagedDir, StagedFile};
use crate::loads::LoadCx;
use crate::loads::format::csv::{CsvFormat, is_formula};
use crate::loads::format::json::write_string;
use crate::loads::format::sink::{run_name, write_failed};
use crate::loads::report::book::Book;
use crate::loads::report::model::{Document, Head};
use crate::loads::report::value::Value;

/// What a report writes besides its page.
#[derive(Default)]
pub struct Outputs {
    heads: Vec<Head>,
    book: Option<(Book, StagedFile)>,
    csv: Option<CsvFolder>,
    json: Option<JsonFile>,
}

/// Where the tables go; paths as they are written.
#[derive(Clone, Debug, Default)]
pub struct Paths {
    /// The page.
    pub html: Option<String>,
    /// The workbook.
    pub xlsx: Option<String>,
    /// The folder of CSV files.
    pub csv: Option<String>,
    /// JSON.
    pub json: Option<String>,
    /// The summary.
    pub md: Option<String>,
}

/// Files that are written and wait to be put in place.
#[derive(Default)]
pub struct Finished {
    /// Single files.
    pub files: Vec<StagedFile>,
    /// Folders.
    pub folders: Vec<StagedDir>,
}

struct CsvFolder {
    staged: StagedDir,
    writers: Vec<(CsvFormat, BufWriter<File>)>,
}

struct JsonFile {
    staged: StagedFile,
    rows: Vec<(PathBuf, BufWriter<File>, u64)>,
}

impl Outputs {
    /// Begins the files.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn begin(heads: Vec<Head>, paths: &Paths, cx: &LoadCx) -> Result<Self, NodeError> {
        let failed = |error: FileError| write_failed(&error);
        let run = run_name(cx);
        let staged = |path: &String| StagedFile::create(&cx.run.output(path), &run);
        let book = match &paths.xlsx {
            Some(path) => {
                let staged = staged(path).map_err(failed)?;
                let book = Book::begin(&heads, staged.target(), &cx.run.staging_dir()).map_err(failed)?;
                Some((book, staged))
            }
            None => None,
        };
        let csv = match &paths.csv {
            Some(path) => Some(CsvFolder::begin(&heads, &cx.run.output(path), &run).map_err(failed)?),
            None => None,
        };
        let json = match &paths.json {
            Some(path) => Some(JsonFile::begin(heads.len(), staged(path).map_err(failed)?, cx)?),
            None => None,
        };
        Ok(Self { heads, book, csv, json })
    }

    /// Writes a row of a table.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn append(&mut self, table: usize, row: &[Value]) -> Result<(), NodeError> {
        let written = self.append_to_files(table, row);
        written.map_err(|error| write_failed(&error))
    }

    fn append_to_files(&mut self, table: usize, row: &[Value]) -> Result<(), FileError> {
        if let Some((book, _)) = &mut self.book {
            book.append(table, row)?;
        }
        if let Some(csv) = &mut self.csv {
            csv.append(table, row)?;
        }
        if let Some(json) = &mut self.json {
            json.append(&self.heads[table], table, row)?;
        }
        Ok(())
    }

    /// Ends the files.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn finish(self, document: &Document) -> Result<Finished, NodeError> {
        let mut finished = Finished::default();
        let failed = |error: FileError| write_failed(&error);
        if let Some((book, staged)) = self.book {
            book.finish(staged.path()).map_err(failed)?;
            finished.files.push(staged);
        }
        if let Some(csv) = self.csv {
            finished.folders.push(csv.finish().map_err(failed)?);
        }
        if let Some(json) = self.json {
            finished.files.push(json.finish(&self.heads, document).map_err(failed)?);
        }
        Ok(finished)
    }
}

impl CsvFolder {
    fn begin(heads: &[Head], folder: &Path, run: &str) -> Result<Self, FileError> {
        let mut staged = StagedDir::create(folder, run)?;
        let mut writers = Vec::new();
        for (at, head) in heads.iter().enumerate() {
            let name = PathBuf::from(format!("{:02}-{}.csv", at + 1, slug(&head.title)));
            let path = staged.file(&name)?;
            let file = File::create(&path).map_err(|error| FileError::new("write", &folder.join(&name), error))?;
            let names: Vec<String> = head.columns.iter().map(|column| column.title.clone()).collect();
            let format = CsvFormat::plain(b',', names.clone());
            let mut writer = (format, BufWriter::new(file));
            write_line(&mut writer, names.iter().map(String::as_str), folder)?;
            writers.push(writer);
        }
        Ok(Self { staged, writers })
    }

    fn append(&mut self, table: usize, row: &[Value]) -> Result<(), FileError> {
        let texts: Vec<String> = row.iter().map(guarded).collect();
        write_line(&mut self.writers[table], texts.iter().map(String::as_str), self.staged.target())
    }

    fn finish(self) -> Result<StagedDir, FileError> {
        for (_, mut writer) in self.writers {
            writer.flush().map_err(|error| FileError::new("write", self.staged.target(), error))?;
        }
        Ok(self.staged)
    }
}

/// A text that a spreadsheet would take for a formula gets an apostrophe; numbers stay as they are.
fn guarded(value: &Value) -> String {
    match value {
        Value::Text(text) if is_formula(text.as_bytes()) => format!("'{text}"),
        other => other.plain(),
    }
}

fn write_line<'a>(
    (format, file): &mut (CsvFormat, BufWriter<File>),
    fields: impl Iterator<Item = &'a str>,
    shown: &Path,
) -> Result<(), FileError> {
    let mut line = Vec::new();
    // In UTF-8 and with quotes every text can be written.
    let _ = format.line(fields, &mut line);
    file.write_all(&line).map_err(|error| FileError::new("write", shown, error))
}

impl JsonFile {
    fn begin(tables: usize, staged: StagedFile, cx: &LoadCx) -> Result<Self, NodeError> {
        let open = |_| {
            let path = cx.run.staging_path("report", "json").map_err(|error| (PathBuf::from("report"), error))?;
            let file = File::create(&path).map_err(|error| (path.clone(), error))?;
            Ok((path, BufWriter::new(file), 0))
        };
        let rows = (0..tables).map(open).collect::<Result<_, (PathBuf, std::io::Error)>>();
        let rows = rows.map_err(|(path, error)| write_failed(&FileError::new("write", &path, error)))?;
        Ok(Self { staged, rows })
    }

    fn append(&mut self, head: &Head, table: usize, row: &[Value]) -> Result<(), FileError> {
        let (path, file, count) = &mut self.rows[table];
        let mut line = Vec::from(if *count == 0 { "{" } else { ",\n{" });
        for (at, (column, value)) in head.columns.iter().zip(row).enumerate() {
            if at > 0 {
                line.extend_from_slice(b", ");
            }
            write_string(&column.title, &mut line);
            line.extend_from_slice(b": ");
            write_json(value, &mut line);
        }
        line.push(b'}');
        *count += 1;
        file.write_all(&line).map_err(|error| FileError::new("write", path, error))
    }

    fn finish(self, heads: &[Head], document: &Document) -> Result<StagedFile, FileError> {
        let failed = |error| FileError::new("write", self.staged.target(), error);
        let mut out = BufWriter::new(self.staged.open()?);
        out.write_all(&opening(document)).map_err(failed)?;
        for (at, (head, (path, mut file, _))) in heads.iter().zip(self.rows).enumerate() {
            let mut line = Vec::from(if at == 0 { "\n{" } else { ",\n{" });
            line.extend_from_slice(b"\"title\": ");
            write_string(&head.title, &mut line);
            line.extend_from_slice(b", \"rows\": [\n");
            out.write_all(&line).map_err(failed)?;
            file.flush().map_err(failed)?;
            drop(file);
            let mut rows = BufReader::new(File::open(&path).map_err(failed)?);
            std::io::copy(&mut rows, &mut out).map_err(failed)?;
            out.write_all(b"\n]}").map_err(failed)?;
        }
        out.write_all(b"\n]}\n").and_then(|()| out.flush()).map_err(failed)?;
        Ok(self.staged)
    }
}

/// What stands before the tables.
fn opening(document: &Document) -> Vec<u8> {
    let (origin, mut out) = (&document.origin, Vec::from("{"));
    let at = Value::Instant(origin.at).plain();
    let texts = [
        ("title", &document.title),
        ("run", &origin.run),
        ("pipeline", &origin.pipeline),
        ("pipeline_fingerprint", &origin.fingerprint),
        ("at", &at),
        ("currency", &document.currency),
    ];
    for (name, text) in texts {
        write_string(name, &mut out);
        out.extend_from_slice(b": ");
        write_string(text, &mut out);
        out.extend_from_slice(b", ");
    }
    out.extend_from_slice(b"\"inputs\": [");
    for (at, (path, table, hash)) in origin.inputs.iter().enumerate() {
        out.extend_from_slice(if at == 0 { b"\n{" } else { b",\n{" });
        for (at, (name, text)) in [("path", path), ("table", table), ("sha256", hash)].into_iter().enumerate() {
            if at > 0 {
                out.extend_from_slice(b", ");
            }
            write_string(name, &mut out);
            out.extend_from_slice(b": ");
            write_string(text, &mut out);
        }
        out.push(b'}');
    }
    out.extend_from_slice(b"], \"tables\": [");
    out
}

/// Decimals are texts: no reader must round them.
fn write_json(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Integer(_) | Value::Bool(_) => out.extend_from_slice(value.plain().as_bytes()),
        Value::Float(number) if number.is_finite() => out.extend_from_slice(value.plain().as_bytes()),
        other => write_string(&other.plain(), out),
    }
}

/// A title as a part of a file name: small letters, digits and `-`.
#[must_use]
pub fn slug(title: &str) -> String {
    let mut out = String::new();
    for letter in title.chars().flat_map(char::to_lowercase) {
        let plain = match letter {
            'a'..='z' | '0'..='9' => letter,
            'à' | 'á' => 'a',
            'è' | 'é' => 'e',
            'ì' | 'í' => 'i',
            'ò' | 'ó' => 'o',
            'ù' | 'ú' => 'u',
            _ => '-',
        };
        if plain != '-' || !(out.is_empty() || out.ends_with('-')) {
            out.push(plain);
        }
    }
    let short: String = out.chars().take(60).collect();
    let short = short.trim_matches('-');
    if short.is_empty() { "tabella".to_owned() } else { short.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_become_names_of_files() {
        let cases =
            [("Anomalie: anzianità", "anomalie-anzianita"), ("../../x", "x"), ("日本", "tabella"), ("A  B", "a-b")];
        for (title, name) in cases {
            assert_eq!(slug(title), name);
        }
    }

    #[test]
    fn formulas_are_guarded_and_numbers_are_not() {
        assert_eq!(guarded(&Value::Text("=1+1".to_owned())), "'=1+1");
        assert_eq!(guarded(&Value::Decimal(-150, 2)), "-1.50");
    }
}
