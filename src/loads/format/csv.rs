//! CSV and TSV: one line per row, quoted only where needed.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::context::BindCx;
use crate::diag::{Code, Diagnostic, Place, Text};
use crate::domain::types::Type;
use crate::loads::format::cells::{Cell, Table};
use crate::loads::format::json::{JsonOptions, write_value};
use crate::loads::format::lexeme::{self, Pattern};
use crate::loads::format::row::{Problem, RowFormat};

/// A CSV or TSV file: one line per row.
///
/// Decimals are written with all their decimals, dates as `2026-11-23`, timestamps as `2026-11-23T08:15:00Z`, lists and
/// structs as JSON. A null and an empty text are written alike.
///
/// ```yaml
/// format: { csv: { delimiter: ";", decimal: ",", date: "%d/%m/%Y", encoding: windows-1252 } }
/// ```
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CsvOptions {
    /// What stands between two fields: one ASCII character. Default: `,`, or a tab when the file ends in `.tsv`.
    pub delimiter: Option<Text>,
    /// Which fields are put between double quotes. Default: `needed`.
    pub quote: Quote,
    /// The decimal mark: `.` or `,`. Default: `.`.
    pub decimal: Option<Text>,
    /// How dates are written, from `%Y %m %d` and other characters. Default: `%Y-%m-%d`.
    pub date: Option<Text>,
    /// How timestamps are written, in UTC, from `%Y %m %d %H %M %S` and other characters. Default: ISO 8601 with `Z`.
    pub timestamp: Option<Text>,
    /// Whether the first line holds the names of the columns. Default: `true`.
    pub header: bool,
    /// Encoding of the file. A row with a character that the encoding lacks is rejected. Default: `utf-8`.
    pub encoding: TextEncoding,
    /// Puts `'` before text that begins with `=`, `+`, `-`, `@`, a tab or a carriage return, which spreadsheets would
    /// run as a formula. It changes the text, so it is off by default.
    pub formula_guard: bool,
    /// Begins a UTF-8 file with a byte order mark, by which Excel recognises UTF-8. Default: `false`.
    pub bom: bool,
    /// How lines end. Default: `lf`.
    pub line_end: LineEnd,
}

impl Default for CsvOptions {
    fn default() -> Self {
        Self {
            delimiter: None,
            quote: Quote::Needed,
            decimal: None,
            date: None,
            timestamp: None,
            header: true,
            encoding: TextEncoding::Utf8,
            formula_guard: false,
            bom: false,
            line_end: LineEnd::Lf,
        }
    }
}

/// Which fields are put between double quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Quote {
    /// Fields that hold the delimiter, a quote, a line break, or blanks at their ends.
    Needed,
    /// Every field.
    Always,
    /// No field; a row with a field that needs quotes is rejected.
    Never,
}

/// Encoding of a text file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum TextEncoding {
    /// UTF-8.
    #[serde(rename = "utf-8")]
    Utf8,
    /// Windows-1252, the encoding of old Italian management software.
    #[serde(rename = "windows-1252")]
    Windows1252,
}

/// How lines end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LineEnd {
    /// Line feed.
    Lf,
    /// Carriage return and line feed, as Windows programs expect.
    Crlf,
}

/// Checked options.
#[derive(Clone, Debug)]
pub struct CsvFormat {
    delimiter: u8,
    quote: Quote,
    decimal: u8,
    date: Option<Pattern>,
    timestamp: Option<Pattern>,
    header: Option<Vec<String>>,
    encoding: TextEncoding,
    formula_guard: bool,
    bom: bool,
    line_end: &'static [u8],
    special: [bool; 256],
    numbers_are_plain: bool,
}

impl CsvOptions {
    /// Checks the options, reporting every problem. `tab` says that the file is a TSV by its name.
    #[must_use]
    pub fn bind(&self, columns: &[(String, Type)], tab: bool, cx: &BindCx) -> Option<CsvFormat> {
        let before = cx.reported();
        let delimiter = self.delimiter.as_ref().map_or(Some(if tab { b'\t' } else { b',' }), |text| one_byte(text, cx));
        let decimal = self.decimal.as_ref().map_or(Some(b'.'), |text| decimal_mark(text, cx));
        let date = pattern(self.date.as_ref(), "Ymd", cx);
        let timestamp = pattern(self.timestamp.as_ref(), "YmdHMS", cx);
        if delimiter.is_some() && delimiter == decimal && columns.iter().any(|(_, ty)| ty.is_numeric()) {
            let place = self.delimiter.as_ref().or(self.decimal.as_ref()).map_or(Place::NONE, Text::place);
            let message = "the delimiter and the decimal mark are the same character";
            cx.report(
                Diagnostic::error(Code::BadValue, place, message)
                    .help("write `delimiter: \";\"` with `decimal: \",\"`"),
            );
        }
        if cx.reported() > before {
            return None;
        }
        let delimiter = delimiter?;
        let format = CsvFormat {
            numbers_are_plain: self.quote == Quote::Needed
                && numbers_are_plain(delimiter)
                && date.is_none()
                && timestamp.is_none(),
            delimiter,
            quote: self.quote,
            decimal: decimal?,
            date,
            timestamp,
            header: self.header.then(|| columns.iter().map(|(name, _)| name.clone()).collect()),
            encoding: self.encoding,
            formula_guard: self.formula_guard,
            bom: self.bom && self.encoding == TextEncoding::Utf8,
            line_end: if self.line_end == LineEnd::Lf { b"\n" } else { b"\r\n" },
            special: special(delimiter),
        };
        format.names_can_be_written(cx).then_some(format)
    }
}

fn one_byte(text: &Text, cx: &BindCx) -> Option<u8> {
    let possible = |byte: u8| byte.is_ascii() && !matches!(byte, b'"' | b'\n' | b'\r') && !byte.is_ascii_alphanumeric();
    if let [byte] = text.as_bytes()
        && possible(*byte)
    {
        return Some(*byte);
    }
    let message = format!(
        "`{}` cannot be a delimiter: it is one character such as `;`, `,`, `|` or a tab (\"\\t\")",
        text.as_str()
    );
    cx.error(Code::BadValue, text, message);
    None
}

fn decimal_mark(text: &Text, cx: &BindCx) -> Option<u8> {
    if let [mark @ (b'.' | b',')] = text.as_bytes() {
        return Some(*mark);
    }
    cx.error(Code::BadValue, text, format!("`{}` cannot be a decimal mark: it is `.` or `,`", text.as_str()));
    None
}

fn pattern(text: Option<&Text>, known: &str, cx: &BindCx) -> Option<Pattern> {
    let text = text?;
    let possible = || known.chars().map(|letter| format!("`%{letter}`")).collect::<Vec<_>>().join(", ");
    match Pattern::parse(text.as_str()) {
        Ok(pattern) => Some(pattern),
        Err((at, wrong)) => {
            let place = text.inside(at, wrong.len());
            let message = format!("`{wrong}` is not a part of a date that can be written");
            cx.report(Diagnostic::error(Code::BadPattern, place, message).help(format!("possible: {}", possible())));
            None
        }
    }
}

/// Whether numbers, ISO dates and truth values never hold the delimiter.
fn numbers_are_plain(delimiter: u8) -> bool {
    !b"-+.: ".contains(&delimiter)
}

fn special(delimiter: u8) -> [bool; 256] {
    let mut special = [false; 256];
    for byte in [delimiter, b'"', b'\n', b'\r'] {
        special[usize::from(byte)] = true;
    }
    special
}

impl CsvFormat {
    /// Plain CSV with a header, as feeds use it.
    #[must_use]
    pub fn plain(delimiter: u8, header: Vec<String>) -> Self {
        Self {
            delimiter,
            quote: Quote::Needed,
            decimal: b'.',
            date: None,
            timestamp: None,
            header: Some(header),
            encoding: TextEncoding::Utf8,
            formula_guard: false,
            bom: false,
            line_end: b"\n",
            special: special(delimiter),
            numbers_are_plain: numbers_are_plain(delimiter),
        }
    }

    /// Appends one line of texts, which are written without a formula guard.
    ///
    /// # Errors
    /// The index of the field that cannot be written, and why.
    pub fn line<'a>(
        &self,
        fields: impl Iterator<Item = &'a str>,
        out: &mut Vec<u8>,
    ) -> Result<(), (usize, Unwritable)> {
        for (index, field) in fields.enumerate() {
            if index > 0 {
                out.push(self.delimiter);
            }
            self.text(field, false, out).map_err(|problem| (index, problem))?;
        }
        out.extend_from_slice(self.line_end);
        Ok(())
    }

    fn names_can_be_written(&self, cx: &BindCx) -> bool {
        let names = self.header.iter().flatten();
        let before = cx.reported();
        for name in names {
            if let Err(problem) = self.text(name, false, &mut Vec::new()) {
                let message = format!(
                    "the column name `{name}` cannot be written in the header: {}",
                    problem.problem(name).message
                );
                cx.report(
                    Diagnostic::error(Code::BadValue, Place::NONE, message)
                        .help("rename the column by `columns: { name: column }`"),
                );
            }
        }
        cx.reported() == before
    }

    fn field(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        let start = out.len();
        match cell {
            Cell::Null => {}
            Cell::Text(text) => return self.text(text, self.formula_guard, out),
            Cell::Integer(value) => lexeme::write_integer(value, out),
            Cell::Decimal(mantissa, scale) => lexeme::write_decimal(mantissa, scale, self.decimal, out),
            Cell::Float(value) => {
                lexeme::write_float(value, self.decimal, out);
            }
            Cell::Bool(value) => out.extend_from_slice(if value { b"true" } else { b"false" }),
            Cell::Date(days) => match &self.date {
                Some(pattern) => pattern.write_date(days, out),
                None => lexeme::write_date(days, out),
            },
            Cell::Timestamp(micros) => match &self.timestamp {
                Some(pattern) => pattern.write_timestamp(micros, out),
                None => lexeme::write_timestamp(micros, out),
            },
            Cell::Nested(..) => {
                let mut json = Vec::new();
                write_value(cell, JsonOptions::default(), &mut json);
                return self.text(&String::from_utf8_lossy(&json), false, out);
            }
        }
        if self.numbers_are_plain {
            return Ok(());
        }
        let plain = !out[start..].iter().any(|byte| self.special[usize::from(*byte)]);
        match self.quote {
            Quote::Never if !plain => Err(Unwritable::NeedsQuotes),
            Quote::Needed | Quote::Never if plain => Ok(()),
            _ => {
                out.insert(start, b'"');
                out.push(b'"');
                Ok(())
            }
        }
    }

    fn text(&self, text: &str, guard: bool, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        let bytes = text.as_bytes();
        let guard = guard && is_formula(bytes);
        let blank = |byte: Option<&u8>| matches!(byte, Some(b' ' | b'\t'));
        let needs =
            bytes.iter().any(|byte| self.special[usize::from(*byte)]) || blank(bytes.first()) || blank(bytes.last());
        let quoted = match self.quote {
            Quote::Needed => needs,
            Quote::Always => true,
            Quote::Never if bytes.iter().any(|byte| self.special[usize::from(*byte)]) => {
                return Err(Unwritable::NeedsQuotes);
            }
            Quote::Never => false,
        };
        if quoted {
            out.push(b'"');
        }
        if guard {
            out.push(b'\'');
        }
        if quoted && memchr::memchr(b'"', bytes).is_some() {
            self.encode(&text.replace('"', "\"\""), out)?;
        } else {
            self.encode(text, out)?;
        }
        if quoted {
            out.push(b'"');
        }
        Ok(())
    }

    fn encode(&self, text: &str, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        if self.encoding == TextEncoding::Utf8 || text.is_ascii() {
            out.extend_from_slice(text.as_bytes());
            return Ok(());
        }
        let mut buffer = [0; 4];
        for character in text.chars() {
            let (encoded, _, failed) = encoding_rs::WINDOWS_1252.encode(character.encode_utf8(&mut buffer));
            if failed {
                return Err(Unwritable::Character(character));
            }
            out.extend_from_slice(&encoded);
        }
        Ok(())
    }
}

/// Whether a spreadsheet would take the text for a formula.
#[must_use]
pub fn is_formula(text: &[u8]) -> bool {
    matches!(text.first(), Some(b'=' | b'+' | b'-' | b'@' | b'\t' | b'\r'))
}

/// Why a field cannot be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unwritable {
    /// It holds the delimiter, a quote or a line break, and quotes are forbidden.
    NeedsQuotes,
    /// The encoding lacks this character.
    Character(char),
}

impl Unwritable {
    /// The reject of the row.
    #[must_use]
    pub fn problem(self, column: &str) -> Problem {
        match self {
            Self::NeedsQuotes => Problem {
                cause: "needs-quotes",
                column: Some(column.to_owned()),
                message: "the value holds the delimiter, a quote or a line break, and `quote: never` forbids quotes; use `quote: needed` or another delimiter".to_owned(),
                message_it: "il valore contiene il separatore, le virgolette o un a capo, e `quote: never` vieta le virgolette; usare `quote: needed` o un altro separatore".to_owned(),
            },
            Self::Character(character) => Problem {
                cause: "not-in-encoding",
                column: Some(column.to_owned()),
                message: format!("windows-1252 has no `{character}`; replace the character or write `encoding: utf-8`"),
                message_it: format!("windows-1252 non ha `{character}`; sostituire il carattere o scrivere `encoding: utf-8`"),
            },
        }
    }
}

impl RowFormat for CsvFormat {
    fn begin(&self, out: &mut Vec<u8>) {
        if self.bom {
            out.extend_from_slice("\u{feff}".as_bytes());
        }
        if let Some(header) = &self.header {
            // Names were checked by `bind`.
            let _ = self.line(header.iter().map(String::as_str), out);
        }
    }

    fn row(&self, table: &Table, row: usize, out: &mut Vec<u8>) -> Result<(), Problem> {
        let start = out.len();
        for (index, cells) in table.cells.iter().enumerate() {
            if index > 0 {
                out.push(self.delimiter);
            }
            self.field(cells.get(row), out).map_err(|problem| problem.problem(&table.names[index]))?;
        }
        if out.len() == start && self.quote != Quote::Never {
            // One empty field would be an empty line, which readers skip.
            out.extend_from_slice(b"\"\"");
        }
        out.extend_from_slice(self.line_end);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
