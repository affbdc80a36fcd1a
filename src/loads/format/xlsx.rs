//! XLSX: one sheet, written row by row in constant memory.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use rust_xlsxwriter::{ColNum, Format, RowNum, Workbook, Worksheet, XlsxError};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::context::BindCx;
use crate::diag::{Code, Diagnostic, Place, Text};
use crate::domain::types::Type;
use crate::io::FileError;
use crate::loads::format::cells::{Cell, Table};
use crate::loads::format::csv::is_formula;
use crate::loads::format::json::{JsonOptions, write_value};
use crate::loads::format::lexeme;
use crate::loads::format::row::Problem;
use crate::loads::format::writer::{FileWriter, RowError};

/// A limit of the format.
pub(in crate::loads) const MOST_ROWS: RowNum = 1_048_576;
const MOST_COLUMNS: usize = 16_384;
/// A limit of the format.
pub(in crate::loads) const LONGEST_TEXT: usize = 32_767;
/// The digits that the floating point numbers of a spreadsheet keep exactly.
const EXACT_LIMIT: u128 = 1_000_000_000_000_000;
/// Days from the zero of spreadsheets to 1970-01-01; earlier than 1900-03-01 they count a day that never was.
const EPOCH: i32 = 25_569;
const FIRST_DAY: i32 = 61;

/// An Excel workbook with one sheet.
///
/// Text stays text, so codes keep their leading zeros. Numbers of up to 15 digits are numbers, longer ones text, because
/// a spreadsheet would round them. Dates are dates, timestamps are in UTC; lists and structs are JSON.
///
/// ```yaml
/// format: { xlsx: { sheet: Listino } }
/// ```
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct XlsxOptions {
    /// Name of the sheet, at most 31 characters. Default: `Sheet1`.
    pub sheet: Option<Text>,
    /// Whether the first row holds the names of the columns. Default: `true`.
    pub header: bool,
    /// Keeps the header in sight while scrolling. Default: `true`.
    pub freeze_header: bool,
    /// Marks text that begins with `=`, `+`, `-`, `@`, a tab or a carriage return as text for good (the quote prefix of
    /// the cell), so that it does not become a formula when somebody edits it. The text itself is unchanged.
    /// Default: `true`.
    pub formula_guard: bool,
}

impl Default for XlsxOptions {
    fn default() -> Self {
        Self { sheet: None, header: true, freeze_header: true, formula_guard: true }
    }
}

impl XlsxOptions {
    /// Checks the options, reporting every problem.
    #[must_use]
    pub fn bind(&self, columns: &[(String, Type)], cx: &BindCx) -> Option<SheetFormat> {
        let before = cx.reported();
        let sheet = self.sheet.as_ref().map_or("Sheet1", Text::as_str);
        if let Err(error) = Worksheet::new().set_name(sheet) {
            let place = self.sheet.as_ref().map_or(Place::NONE, Text::place);
            let message = format!("`{sheet}` cannot be the name of a sheet");
            let help = "at most 31 characters, none of `[ ] : * ? / \\`, no apostrophe at the ends";
            cx.report(Diagnostic::error(Code::BadValue, place, message).help(help).help(error.to_string()));
        }
        if columns.len() > MOST_COLUMNS {
            let message = format!("an XLSX sheet has at most {MOST_COLUMNS} columns, the table has {}", columns.len());
            cx.report(Diagnostic::error(Code::Unsupported, Place::NONE, message));
        }
        (cx.reported() == before).then(|| SheetFormat {
            options: self.clone(),
            sheet: sheet.to_owned(),
            columns: columns.to_vec(),
        })
    }
}

/// Checked options.
#[derive(Clone, Debug)]
pub struct SheetFormat {
    options: XlsxOptions,
    sheet: String,
    columns: Vec<(String, Type)>,
}

/// Writes one workbook.
pub struct SheetWriter {
    workbook: Workbook,
    styles: Vec<Format>,
    quoted: Option<Format>,
    next: RowNum,
    path: PathBuf,
    shown: PathBuf,
    buffer: Vec<u8>,
}

impl SheetWriter {
    /// Begins a workbook that will be saved at `path` and is known to the user as `shown`; rows wait in `scratch`.
    ///
    /// # Errors
    /// The scratch folder cannot be used.
    pub fn begin(format: &SheetFormat, path: &Path, shown: &Path, scratch: &Path) -> Result<Self, FileError> {
        let failed = |error| file_error(shown, error);
        std::fs::create_dir_all(scratch).map_err(|error| FileError::new("create the folder", scratch, error))?;
        let mut workbook = Workbook::new();
        workbook.set_tempdir(scratch).map_err(failed)?;
        let sheet = workbook.add_worksheet_with_constant_memory().map_err(failed)?;
        begin_sheet(sheet, format).map_err(failed)?;
        Ok(Self {
            workbook,
            styles: format.columns.iter().map(|(_, ty)| style(ty)).collect(),
            quoted: format.options.formula_guard.then(|| Format::new().set_quote_prefix()),
            next: RowNum::from(format.options.header),
            path: path.to_path_buf(),
            shown: shown.to_path_buf(),
            buffer: Vec::new(),
        })
    }

    fn write_row(&mut self, table: &Table, row: usize) -> Result<(), XlsxError> {
        let sheet = self.workbook.worksheet_from_index(0)?;
        for (index, cells) in table.cells.iter().enumerate() {
            let column = ColNum::try_from(index).unwrap_or(ColNum::MAX);
            let target = Target { sheet, row: self.next, column, style: &self.styles[index] };
            write_cell(target, cells.get(row), self.quoted.as_ref(), &mut self.buffer)?;
        }
        Ok(())
    }
}

impl FileWriter for SheetWriter {
    fn append(&mut self, table: &Table, row: usize) -> Result<(), RowError> {
        // A row that was begun could not be taken back: look first.
        if let Some(problem) = too_long(table, row) {
            return Err(RowError::Problem(problem));
        }
        if self.next >= MOST_ROWS {
            let message =
                format!("an XLSX sheet holds {MOST_ROWS} rows, header included: write csv or parquet instead");
            return Err(RowError::Failed(FileError::new("write", &self.shown, io::Error::other(message))));
        }
        let written = unless_full(|| self.write_row(table, row));
        written.map_err(|error| RowError::Failed(file_error(&self.shown, error)))?;
        self.next += 1;
        Ok(())
    }

    fn close(&mut self) -> Result<(), FileError> {
        unless_full(|| self.workbook.save(&self.path)).map_err(|error| file_error(&self.shown, error))
    }
}

/// A cell to be written.
pub(in crate::loads) struct Target<'a> {
    pub(in crate::loads) sheet: &'a mut Worksheet,
    pub(in crate::loads) row: RowNum,
    pub(in crate::loads) column: ColNum,
    pub(in crate::loads) style: &'a Format,
}

impl Target<'_> {
    fn number(self, value: f64) -> Result<(), XlsxError> {
        self.sheet.write_number_with_format(self.row, self.column, value, self.style).map(|_| ())
    }

    fn text(self, text: &str) -> Result<(), XlsxError> {
        self.sheet.write_string(self.row, self.column, text).map(|_| ())
    }
}

fn begin_sheet(sheet: &mut Worksheet, format: &SheetFormat) -> Result<(), XlsxError> {
    sheet.set_name(&format.sheet)?;
    if !format.options.header {
        return Ok(());
    }
    if format.options.freeze_header {
        sheet.set_freeze_panes(1, 0)?;
    }
    let bold = Format::new().set_bold();
    for (index, (name, _)) in format.columns.iter().enumerate() {
        let column = ColNum::try_from(index).unwrap_or(ColNum::MAX);
        sheet.write_string_with_format(0, column, name, &bold)?;
    }
    Ok(())
}

fn style(ty: &Type) -> Format {
    match ty {
        Type::Decimal { scale: 1.., .. } => Format::new().set_num_format(decimal_style(ty)),
        Type::Integer | Type::Decimal { .. } => Format::new().set_num_format("0"),
        Type::Date => Format::new().set_num_format("dd/mm/yyyy"),
        Type::Timestamp => Format::new().set_num_format("dd/mm/yyyy hh:mm:ss"),
        _ => Format::new(),
    }
}

fn decimal_style(ty: &Type) -> String {
    let Type::Decimal { scale, .. } = ty else { return "0".to_owned() };
    format!("0.{}", "0".repeat(usize::from(*scale)))
}

/// Writes a cell, as its type.
pub(in crate::loads) fn write_cell(
    target: Target<'_>,
    cell: Cell<'_>,
    quoted: Option<&Format>,
    buffer: &mut Vec<u8>,
) -> Result<(), XlsxError> {
    buffer.clear();
    match cell {
        Cell::Text(text) => match quoted.filter(|_| is_formula(text.as_bytes())) {
            Some(quoted) => target.sheet.write_string_with_format(target.row, target.column, text, quoted).map(|_| ()),
            None => target.text(text),
        },
        Cell::Integer(value) => number(target, i128::from(value), 0, buffer),
        Cell::Decimal(mantissa, scale) => number(target, mantissa, scale, buffer),
        Cell::Float(value) if value.is_finite() => target.number(value),
        Cell::Null | Cell::Float(_) => Ok(()),
        Cell::Bool(value) => target.sheet.write_boolean(target.row, target.column, value).map(|_| ()),
        Cell::Date(days) if days.saturating_add(EPOCH) >= FIRST_DAY => target.number(f64::from(days + EPOCH)),
        Cell::Timestamp(micros) if serial(micros).is_some() => target.number(serial(micros).unwrap_or_default()),
        Cell::Date(days) => {
            lexeme::write_date(days, buffer);
            target.text(&String::from_utf8_lossy(buffer))
        }
        Cell::Timestamp(micros) => {
            lexeme::write_timestamp(micros, buffer);
            target.text(&String::from_utf8_lossy(buffer))
        }
        Cell::Nested(..) => {
            write_value(cell, JsonOptions::default(), buffer);
            target.text(&String::from_utf8_lossy(buffer))
        }
    }
}

fn number(target: Target<'_>, mantissa: i128, scale: u8, buffer: &mut Vec<u8>) -> Result<(), XlsxError> {
    lexeme::write_decimal(mantissa, scale, b'.', buffer);
    let text = String::from_utf8_lossy(buffer);
    match text.parse() {
        Ok(value) if mantissa.unsigned_abs() < EXACT_LIMIT => target.number(value),
        _ => target.text(&text),
    }
}

/// Days since the zero of spreadsheets, with the time as a fraction to the second.
fn serial(micros: i64) -> Option<f64> {
    let seconds = micros.div_euclid(1_000_000);
    let days = i32::try_from(seconds.div_euclid(86_400)).ok()?.checked_add(EPOCH)?;
    let rest = u32::try_from(seconds.rem_euclid(86_400)).ok()?;
    (days >= FIRST_DAY).then(|| f64::from(days) + f64::from(rest) / 86_400.0)
}

fn too_long(table: &Table, row: usize) -> Option<Problem> {
    let index = table.cells.iter().position(|cells| match cells.get(row) {
        // Excel counts UTF-16 units, of which there are never more than bytes.
        Cell::Text(text) => text.len() > LONGEST_TEXT && text.encode_utf16().count() > LONGEST_TEXT,
        _ => false,
    })?;
    Some(Problem {
        cause: "too-long",
        column: Some(table.names[index].clone()),
        message: format!(
            "a cell of a spreadsheet holds at most {LONGEST_TEXT} characters; shorten the text or write another format"
        ),
        message_it: format!(
            "una cella di un foglio di calcolo contiene al massimo {LONGEST_TEXT} caratteri; accorciare il testo o scrivere un altro formato"
        ),
    })
}

/// The crate panics, instead of answering an error, when its scratch file cannot be written.
pub(in crate::loads) fn unless_full(write: impl FnOnce() -> Result<(), XlsxError>) -> Result<(), XlsxError> {
    catch_unwind(AssertUnwindSafe(write)).unwrap_or_else(|panic| {
        let message = panic.downcast_ref::<String>().map_or("the scratch file cannot be written", String::as_str);
        let full = message.contains("StorageFull") || message.contains("QuotaExceeded");
        Err(XlsxError::IoError(if full {
            io::ErrorKind::StorageFull.into()
        } else {
            io::Error::other(message.to_owned())
        }))
    })
}

fn file_error(shown: &Path, error: XlsxError) -> FileError {
    let source = match error {
        XlsxError::IoError(error) => error,
        other => io::Error::other(other.to_string()),
    };
    FileError::new("write", shown, source)
}

#[cfg(test)]
mod tests {
    use calamine::{Data, Reader, Xlsx, open_workbook};

    use super::*;
    use crate::loads::format::testing::sample;

    #[test]
    fn text_stays_text_and_numbers_are_numbers() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.xlsx");
        let (batch, columns) = sample();
        let format = SheetFormat { options: XlsxOptions::default(), sheet: "Listino".into(), columns: columns.clone() };
        let mut writer = SheetWriter::begin(&format, &path, &path, &folder.path().join("scratch")).unwrap();
        let table = Table::new(&batch, &columns).unwrap();
        for row in 0..2 {
            assert!(writer.append(&table, row).is_ok());
        }
        writer.close().unwrap();
        let mut workbook: Xlsx<_> = open_workbook(&path).unwrap();
        let range = workbook.worksheet_range("Listino").unwrap();
        let cell = |row, column| range.get_value((row, column)).cloned().unwrap_or_default();
        assert_eq!(cell(0, 0), Data::String("sku".into()));
        assert_eq!(cell(1, 0), Data::String("001".into()));
        assert_eq!(cell(2, 0), Data::String("=1;x".into()));
        assert_eq!(cell(1, 1), Data::Float(12.5));
        assert_eq!(cell(2, 2), Data::Empty);
        assert_eq!(cell(1, 3), Data::Bool(true));
        assert!(cell(1, 4).to_string().starts_with("46350"), "{}", cell(1, 4));
        assert_eq!(cell(1, 5), Data::String("[\"a\",\"b\\\"\"]".into()));
    }

    #[test]
    fn instants_become_days_and_fractions() {
        assert_eq!(serial(1_795_521_600_000_000), Some(46_350.5));
        assert_eq!(serial(-2_300_000_000_000_000), None);
    }
}
