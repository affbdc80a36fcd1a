//! The workbook of a report: one sheet per table, filters, a header that stays in sight, widths that fit.

use std::io;
use std::path::{Path, PathBuf};

use rust_xlsxwriter::{ColNum, Color, Format, RowNum, Workbook, XlsxError};

use crate::domain::types::Type;
use crate::io::FileError;
use crate::loads::format::xlsx::{LONGEST_TEXT, MOST_ROWS, Target, unless_full, write_cell};
use crate::loads::report::model::{Column, Head};
use crate::loads::report::spec::Kind;
use crate::loads::report::value::Value;

/// Widths of columns, in characters.
const NARROWEST: u16 = 8;
const WIDEST: u16 = 60;
/// Rows that are looked at for the widths.
const MEASURED: RowNum = 1000;

/// A workbook that is being written.
pub struct Book {
    workbook: Workbook,
    sheets: Vec<Sheet>,
    names: Vec<String>,
    shown: PathBuf,
}

/// A table, and the sheet that it is in now.
struct Sheet {
    head: Head,
    styles: Vec<Format>,
    widths: Vec<u16>,
    /// Position in the workbook.
    at: usize,
    next: RowNum,
}

impl Book {
    /// Begins a workbook with a sheet for each table; rows wait in `scratch`.
    ///
    /// # Errors
    /// The scratch folder cannot be used.
    pub fn begin(heads: &[Head], shown: &Path, scratch: &Path) -> Result<Self, FileError> {
        std::fs::create_dir_all(scratch).map_err(|error| FileError::new("create the folder", scratch, error))?;
        let mut workbook = Workbook::new();
        let failed = |error| file_error(shown, error);
        workbook.set_tempdir(scratch).map_err(failed)?;
        // The instant of creation that the format wants: the same for the same rows.
        let created = rust_xlsxwriter::ExcelDateTime::from_ymd(2000, 1, 1).map_err(failed)?;
        workbook.set_properties(&rust_xlsxwriter::DocProperties::new().set_creation_datetime(&created));
        let mut book = Self { workbook, sheets: Vec::new(), names: Vec::new(), shown: shown.to_path_buf() };
        for head in heads {
            let at = book.add_sheet(head).map_err(failed)?;
            let styles = head.columns.iter().map(style).collect();
            let widths = head.columns.iter().map(|column| width(&column.title) + 3).collect();
            book.sheets.push(Sheet { head: head.clone(), styles, widths, at, next: 1 });
        }
        Ok(book)
    }

    fn add_sheet(&mut self, head: &Head) -> Result<usize, XlsxError> {
        let name = sheet_name(&head.title, &self.names);
        let sheet = self.workbook.add_worksheet_with_constant_memory()?;
        sheet.set_name(&name)?;
        sheet.set_freeze_panes(1, 0)?;
        let bold = Format::new().set_bold().set_background_color(Color::RGB(0x00EE_F1F4));
        for (at, column) in head.columns.iter().enumerate() {
            sheet.write_string_with_format(0, position(at), &column.title, &bold)?;
        }
        self.names.push(name);
        Ok(self.names.len() - 1)
    }

    /// Writes a row of a table; one that is full goes on in a sheet of its own at the end.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn append(&mut self, table: usize, row: &[Value]) -> Result<(), FileError> {
        let shown = self.shown.clone();
        let mut written = || -> Result<(), XlsxError> {
            if self.sheets[table].next >= MOST_ROWS {
                self.close_sheet(table)?;
                let head = self.sheets[table].head.clone();
                let at = self.add_sheet(&head)?;
                (self.sheets[table].at, self.sheets[table].next) = (at, 1);
            }
            self.write_row(table, row)
        };
        unless_full(&mut written).map_err(|error| file_error(&shown, error))
    }

    fn write_row(&mut self, table: usize, row: &[Value]) -> Result<(), XlsxError> {
        let own = &mut self.sheets[table];
        let sheet = self.workbook.worksheet_from_index(own.at)?;
        let (quoted, mut buffer) = (Format::new().set_quote_prefix(), Vec::new());
        for (at, value) in row.iter().enumerate() {
            let short = fitting(value);
            let value = short.as_ref().unwrap_or(value);
            let target = Target { sheet, row: own.next, column: position(at), style: &own.styles[at] };
            write_cell(target, value.cell(), Some(&quoted), &mut buffer)?;
            if own.next <= MEASURED {
                own.widths[at] = own.widths[at].max(width(&value.plain()) + 1);
            }
        }
        own.next += 1;
        Ok(())
    }

    /// What is set when all rows of a sheet are there.
    fn close_sheet(&mut self, table: usize) -> Result<(), XlsxError> {
        let own = &self.sheets[table];
        let sheet = self.workbook.worksheet_from_index(own.at)?;
        for (at, width) in own.widths.iter().enumerate() {
            sheet.set_column_width(position(at), f64::from((*width).clamp(NARROWEST, WIDEST)))?;
        }
        if let Some(last) = own.head.columns.len().checked_sub(1) {
            sheet.autofilter(0, 0, own.next.saturating_sub(1), position(last))?;
        }
        Ok(())
    }

    /// Saves the workbook.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn finish(mut self, path: &Path) -> Result<(), FileError> {
        let shown = self.shown.clone();
        let saved = unless_full(|| {
            for table in 0..self.sheets.len() {
                self.close_sheet(table)?;
            }
            self.workbook.save(path)
        });
        saved.map_err(|error| file_error(&shown, error))
    }
}

fn position(at: usize) -> ColNum {
    ColNum::try_from(at).unwrap_or(ColNum::MAX)
}

fn width(text: &str) -> u16 {
    u16::try_from(text.chars().take(usize::from(WIDEST)).count()).unwrap_or(WIDEST)
}

fn file_error(shown: &Path, error: XlsxError) -> FileError {
    let source = match error {
        XlsxError::IoError(error) => error,
        other => io::Error::other(other.to_string()),
    };
    FileError::new("write", shown, source)
}

/// The text that a cell can hold, when this one is longer.
fn fitting(value: &Value) -> Option<Value> {
    let Value::Text(text) = value else { return None };
    if text.len() <= LONGEST_TEXT || text.encode_utf16().count() <= LONGEST_TEXT {
        return None;
    }
    // Two units for a letter at most.
    let short: String = text.chars().take(LONGEST_TEXT / 2 - 1).collect();
    Some(Value::Text(short + "…"))
}

fn style(column: &Column) -> Format {
    let format = |format: &str| Format::new().set_num_format(format);
    match (&column.ty, column.kind) {
        (Type::Integer | Type::Decimal { .. }, Kind::Share) => format("0.0%"),
        (Type::Integer | Type::Decimal { .. }, Kind::Money) => format("#,##0.00"),
        (Type::Decimal { scale: 1.., .. }, _) => {
            let Type::Decimal { scale, .. } = &column.ty else { return Format::new() };
            format(&format!("#,##0.{}", "0".repeat(usize::from(*scale))))
        }
        (Type::Integer | Type::Decimal { .. }, _) => format("#,##0"),
        (Type::Date, _) => format("dd/mm/yyyy"),
        (Type::Timestamp, _) => format("dd/mm/yyyy hh:mm:ss"),
        _ => Format::new(),
    }
}

/// A name that a sheet can have and none has yet.
fn sheet_name(title: &str, taken: &[String]) -> String {
    let plain = |letter: char| if "[]:*?/\\".contains(letter) || letter.is_control() { ' ' } else { letter };
    let clean: String = title.chars().map(plain).collect();
    let words: Vec<&str> = clean.split_whitespace().collect();
    let clean = words.join(" ");
    let clean = clean.trim_matches('\'');
    let base = if clean.is_empty() { "Foglio" } else { clean };
    let is_free = |name: &String| !taken.iter().any(|own| own.to_lowercase() == name.to_lowercase());
    let numbered = |number: usize| {
        let end = if number == 1 { String::new() } else { format!(" ({number})") };
        let mut name = String::new();
        for letter in base.chars() {
            if name.encode_utf16().count() + letter.len_utf16() + end.len() > 31 {
                break;
            }
            name.push(letter);
        }
        format!("{}{end}", name.trim_end_matches(['\'', ' ']))
    };
    (1..10_000).map(numbered).find(is_free).unwrap_or_else(|| base.to_owned())
}

#[cfg(test)]
mod tests {
    use calamine::{Data, Reader, Xlsx, open_workbook};

    use super::*;

    #[test]
    fn names_of_sheets_are_allowed_and_different() {
        let mut taken = Vec::new();
        let long = "Anomalie della notte: quelle che restano aperte";
        for title in ["a/b", "A B", long, long, "", "'", "History's"] {
            let name = sheet_name(title, &taken);
            assert!(rust_xlsxwriter::Worksheet::new().set_name(&name).is_ok(), "{name}");
            taken.push(name);
        }
        assert_eq!(taken[..2], ["a b", "A B (2)"]);
        assert_eq!(taken[3], "Anomalie della notte quelle (2)");
    }

    #[test]
    fn numbers_and_days_are_real_and_long_texts_fit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.xlsx");
        let money = Type::Decimal { precision: 18, scale: 2 };
        let columns = vec![
            Column::new("Ordine", Kind::Text, Type::Text),
            Column::new("Importo", Kind::Money, money),
            Column::new("Giorno", Kind::Date, Type::Date),
        ];
        let heads = [Head { title: "Anomalie".to_owned(), columns }];
        let mut book = Book::begin(&heads, &path, &folder.path().join("scratch")).unwrap();
        let text = |text: &str| Value::Text(text.to_owned());
        book.append(0, &[text("=007"), Value::Decimal(-1250, 2), Value::Date(20_781)]).unwrap();
        book.append(0, &[text(&"𝄞".repeat(20_000)), Value::Null, Value::Null]).unwrap();
        book.finish(&path).unwrap();
        let mut workbook: Xlsx<_> = open_workbook(&path).unwrap();
        let range = workbook.worksheet_range("Anomalie").unwrap();
        let cell = |row, column| range.get_value((row, column)).cloned().unwrap_or_default();
        assert_eq!(cell(1, 0), Data::String("=007".into()));
        assert_eq!(cell(1, 1), Data::Float(-12.5));
        assert!(cell(1, 2).to_string().starts_with("46350"), "{}", cell(1, 2));
        assert!(cell(2, 0).to_string().ends_with('…'));
    }
}
