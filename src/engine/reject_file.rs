//! The reject file that a pipeline asks for: all rejects of the run as CSV, written whole.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;

use crate::context::{NodeError, Rejects};
use crate::diag::Code;
use crate::io::StagedFile;
use crate::loads::format::sink::write_failed;

const COLUMNS: &[&str] =
    &["node", "cause", "file", "line", "path", "key", "column", "value", "message", "message_it", "row"];

/// Writes the rejects of the run to `path`, sorted by table, file and line; only the header when there are none.
///
/// # Errors
/// The file cannot be written.
pub fn write(rejects: &Rejects, path: &Path, run: &str) -> Result<(), NodeError> {
    let mut rows = match rejects.path() {
        Some(source) => read(source).map_err(|error| failed(source, &error))?,
        None => Vec::new(),
    };
    rows.sort();
    let mut text = Vec::new();
    write_line(&mut text, COLUMNS.iter().copied());
    for row in &rows {
        write_line(&mut text, row.cells.iter().map(String::as_str));
    }
    let staged = StagedFile::create(path, run).map_err(|error| write_failed(&error))?;
    let mut file = staged.open().map_err(|error| write_failed(&error))?;
    file.write_all(&text).map_err(|error| failed(path, &error))?;
    staged.commit().map_err(|error| write_failed(&error))?;
    Ok(())
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Row {
    node: String,
    file: String,
    line: u64,
    cells: Vec<String>,
}

fn read(path: &Path) -> std::io::Result<Vec<Row>> {
    let mut rows = Vec::new();
    for line in BufReader::new(File::open(path)?).lines() {
        let value: serde_json::Value = serde_json::from_str(&line?)?;
        let text = |value: &serde_json::Value| match value {
            serde_json::Value::String(text) => text.clone(),
            serde_json::Value::Null => String::new(),
            other => other.to_string(),
        };
        let cells: Vec<String> = COLUMNS
            .iter()
            .map(|name| match *name {
                "file" | "line" | "path" => text(&value["origin"][name]),
                _ => text(&value[name]),
            })
            .collect();
        let line = value["origin"]["line"].as_u64().unwrap_or(0);
        rows.push(Row { node: cells[0].clone(), file: cells[2].clone(), line, cells });
    }
    Ok(rows)
}

/// One CSV line with `;`; a text that a spreadsheet would take for a formula gets a leading `'`.
fn write_line<'a>(out: &mut Vec<u8>, cells: impl Iterator<Item = &'a str>) {
    for (index, cell) in cells.enumerate() {
        if index > 0 {
            out.push(b';');
        }
        let formula =
            cell.starts_with(['=', '+', '@', '\t', '\r']) || (cell.starts_with('-') && cell.parse::<f64>().is_err());
        let guarded = if formula { format!("'{cell}") } else { cell.to_owned() };
        if guarded.contains([';', '"', '\n', '\r']) {
            out.push(b'"');
            out.extend_from_slice(guarded.replace('"', "\"\"").as_bytes());
            out.push(b'"');
        } else {
            out.extend_from_slice(guarded.as_bytes());
        }
    }
    out.push(b'\n');
}

fn failed(path: &Path, error: &std::io::Error) -> NodeError {
    NodeError::new(Code::WriteFailed, format!("cannot write the rejects to `{}`: {error}", path.display()))
}
