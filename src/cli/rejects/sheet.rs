//! The file that goes to a person and comes back: CSV with `;` or XLSX, all cells as text.

use std::path::Path;

use calamine::{Data, Reader, open_workbook_auto};
use csv::{StringRecord, Terminator, WriterBuilder};
use rust_xlsxwriter::{Format, Workbook};

use crate::domain::statements::delimited;

/// Characters that a spreadsheet takes for the beginning of a formula.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// Whether the file is a workbook, by its name.
#[must_use]
pub fn is_workbook(path: &Path) -> bool {
    let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
    matches!(extension.as_deref(), Some("xlsx" | "xlsm" | "ods"))
}

/// Rows as CSV with `;`, with the mark that makes spreadsheets read it as UTF-8. Texts that would be formulas get a `'`.
///
/// # Errors
/// Rows of different lengths.
pub fn to_csv(rows: &[Vec<String>]) -> Result<Vec<u8>, String> {
    let mut writer =
        WriterBuilder::new().delimiter(b';').terminator(Terminator::CRLF).from_writer("\u{feff}".as_bytes().to_vec());
    for row in rows {
        let guarded = row.iter().map(|cell| if is_formula(cell) { format!("'{cell}") } else { cell.clone() });
        writer.write_record(guarded).map_err(|error| error.to_string())?;
    }
    writer.into_inner().map_err(|error| error.to_string())
}

fn is_formula(cell: &str) -> bool {
    // With its mark, so that it can be told from a text that begins so.
    let plain = cell.trim_start_matches('\'');
    plain.starts_with(FORMULA)
        && !(cell.starts_with('-') && cell[1..].bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b','))
}

/// Rows as a workbook whose cells are texts, so that no spreadsheet changes them.
///
/// # Errors
/// The rows are too many for a sheet.
pub fn to_workbook(rows: &[Vec<String>]) -> Result<Vec<u8>, String> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    let (text, bold) = (Format::new().set_num_format("@"), Format::new().set_bold());
    for (number, row) in (0..).zip(rows) {
        for (column, cell) in (0..).zip(row) {
            let format = if number == 0 { &bold } else { &text };
            sheet.write_string_with_format(number, column, cell, format).map_err(|error| error.to_string())?;
        }
    }
    workbook.save_to_buffer().map_err(|error| error.to_string())
}

/// The rows of a file that came back, header first.
///
/// # Errors
/// It cannot be read.
pub fn read(path: &Path) -> Result<Vec<Vec<String>>, String> {
    if is_workbook(path) {
        return read_workbook(path);
    }
    let bytes = std::fs::read(path).map_err(|error| error.to_string())?;
    from_csv(&delimited::text(&bytes))
}

fn read_workbook(path: &Path) -> Result<Vec<Vec<String>>, String> {
    let mut workbook = open_workbook_auto(path).map_err(|error| error.to_string())?;
    let range = workbook.worksheet_range_at(0).ok_or("it has no sheet")?.map_err(|error| error.to_string())?;
    let cell = |cell: &Data| match cell {
        Data::Empty => String::new(),
        Data::DateTimeIso(text) | Data::String(text) => text.clone(),
        Data::DateTime(at) => at.as_datetime().map_or_else(String::new, |at| {
            let format = if at.time() == chrono::NaiveTime::MIN { "%Y-%m-%d" } else { "%Y-%m-%dT%H:%M:%S" };
            at.format(format).to_string()
        }),
        other => other.to_string(),
    };
    Ok(range.rows().map(|row| row.iter().map(cell).collect()).collect())
}

/// Cuts CSV by the delimiter that its first line uses: `;`, tab or `,`.
fn from_csv(text: &str) -> Result<Vec<Vec<String>>, String> {
    let records = delimited::records(text, delimited::guess(text)).map_err(|error| error.message)?;
    let row = |record: &StringRecord| record.iter().map(|cell| unguarded(cell.to_owned())).collect();
    Ok(records.iter().map(|(_, record)| row(record)).collect())
}

fn unguarded(cell: String) -> String {
    match cell.strip_prefix('\'') {
        Some(plain) if is_formula(plain) => plain.to_owned(),
        _ => cell,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Vec<Vec<String>> {
        let texts = [["_id", "codice", "note"], ["1", "007", "a;\"b\"\nc"], ["2", "=1+1", "'=x"], ["3", "-5", "-x"]];
        texts.map(|row| row.map(str::to_owned).to_vec()).to_vec()
    }

    #[test]
    fn csv_comes_back_as_it_went() {
        let text = String::from_utf8(to_csv(&rows()).unwrap()).unwrap();
        assert!(text.contains("'=1+1;''=x"), "{text}");
        assert_eq!(from_csv(text.trim_start_matches('\u{feff}')).unwrap(), rows());
    }

    #[test]
    fn other_delimiters_are_understood() {
        for delimiter in [",", "\t"] {
            let text = format!("_id{delimiter}nome\n1{delimiter}\"x\"\n");
            assert_eq!(from_csv(&text).unwrap(), [["_id", "nome"], ["1", "x"]]);
        }
    }

    #[test]
    fn workbooks_keep_their_zeros() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("scarti.xlsx");
        std::fs::write(&path, to_workbook(&rows()).unwrap()).unwrap();
        assert_eq!(read(&path).unwrap(), rows());
    }
}
