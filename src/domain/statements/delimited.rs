//! Lists with a header line: separators, quotes, columns by name, line numbers.

use csv::{ReaderBuilder, StringRecord};
use encoding_rs::{UTF_8, WINDOWS_1252};
use memchr::memchr_iter;

use super::model::{BadLine, StatementError};

/// A list that was read whole, with its columns by name.
pub struct List {
    header: Vec<String>,
    rows: Vec<(u64, StringRecord)>,
}

/// One line of a list.
#[derive(Clone, Copy)]
pub struct Row<'a> {
    /// Line of the file, from one.
    pub line: u64,
    header: &'a [String],
    cells: &'a StringRecord,
}

impl List {
    /// Reads a list whose first line names its columns.
    ///
    /// # Errors
    /// No header line, broken quotes, or a column of `needed` that is not there.
    pub fn read(bytes: &[u8], separator: Option<u8>, needed: &[&str]) -> Result<Self, StatementError> {
        let text = text(bytes);
        let separator = separator.unwrap_or_else(|| guess(&text));
        let mut rows = records(&text, separator)?.into_iter();
        let Some((_, header)) = rows.next() else {
            return Err(StatementError::new("the file is empty", "il file è vuoto"));
        };
        let list = Self { header: header.iter().map(fold).collect(), rows: rows.collect() };
        let missing: Vec<&str> = needed.iter().copied().filter(|name| list.position(name).is_none()).collect();
        if missing.is_empty() {
            return Ok(list);
        }
        let (missing, known) = (missing.join("`, `"), header.iter().collect::<Vec<_>>().join("`, `"));
        Err(StatementError::new(
            format!("the column `{missing}` is missing; columns of the file: `{known}`"),
            format!("manca la colonna `{missing}`; colonne del file: `{known}`"),
        ))
    }

    /// The lines, in order.
    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.rows.iter().map(|(line, cells)| Row { line: *line, header: &self.header, cells })
    }

    /// Whether there is a column of that name.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.position(name).is_some()
    }

    fn position(&self, name: &str) -> Option<usize> {
        let name = fold(name);
        self.header.iter().position(|own| *own == name)
    }
}

impl<'a> Row<'a> {
    /// A row of a list whose header stands elsewhere in the file.
    #[must_use]
    pub fn new(line: u64, header: &'a [String], cells: &'a StringRecord) -> Self {
        Self { line, header, cells }
    }

    /// The cell of a column; nothing when the column is not there or the cell is empty.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&'a str> {
        let name = fold(name);
        let position = self.header.iter().position(|own| *own == name)?;
        self.cells.get(position).map(str::trim).filter(|text| !text.is_empty())
    }

    /// The same, as a text of its own.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<String> {
        self.get(name).map(str::to_owned)
    }

    /// A value that is read by `read`; nothing when the cell is empty.
    ///
    /// # Errors
    /// A value that `read` refuses: the line is bad, and `expected` says what should stand there.
    pub fn value<T>(
        &self,
        name: &str,
        expected: (&str, &str),
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, BadLine> {
        let Some(text) = self.get(name) else { return Ok(None) };
        match read(text) {
            Some(value) => Ok(Some(value)),
            None => Err(self.bad(name, Some(text), expected)),
        }
    }

    /// A bad line for a column of it.
    #[must_use]
    pub fn bad(&self, name: &str, value: Option<&str>, (expected, expected_it): (&str, &str)) -> BadLine {
        let (found, found_it) = match value {
            Some(value) => (format!("`{value}`"), format!("`{value}`")),
            None => ("nothing".to_owned(), "niente".to_owned()),
        };
        BadLine {
            line: self.line,
            column: Some(name.to_owned()),
            value: value.map(str::to_owned),
            message: format!("expected {expected} in `{name}`, found {found}"),
            message_it: format!("atteso {expected_it} in `{name}`, trovato {found_it}"),
        }
    }
}

/// The words for a missing or wrong amount.
pub const AMOUNT: (&str, &str) = ("an amount", "un importo");
/// The words for a missing or wrong day.
pub const DAY: (&str, &str) = ("a date", "una data");

/// The text of a file: UTF-8, or windows-1252 when it is not.
#[must_use]
pub fn text(bytes: &[u8]) -> String {
    let (decoded, _, broken) = UTF_8.decode(bytes);
    if broken { WINDOWS_1252.decode(bytes).0.into_owned() } else { decoded.into_owned() }
}

/// All lines with fields, with the line where each starts.
///
/// # Errors
/// Quotes that do not close.
pub fn records(text: &str, separator: u8) -> Result<Vec<(u64, StringRecord)>, StatementError> {
    let mut reader =
        ReaderBuilder::new().has_headers(false).flexible(true).delimiter(separator).from_reader(text.as_bytes());
    let mut rows = Vec::new();
    let mut record = StringRecord::new();
    let (mut counted, mut line) = (0, 1_u64);
    loop {
        match reader.read_record(&mut record) {
            Ok(true) => {
                // The position is that of the end of the line before, which may still be in front of its line feed.
                let at = record.position().map_or(0, |position| usize::try_from(position.byte()).unwrap_or(0));
                let breaks = text.as_bytes()[at..].iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
                line += memchr_iter(b'\n', &text.as_bytes()[counted..at + breaks]).count() as u64;
                counted = at + breaks;
                if record.iter().any(|cell| !cell.trim().is_empty()) {
                    rows.push((line, record.clone()));
                }
            }
            Ok(false) => return Ok(rows),
            Err(error) => {
                let message = format!("the file cannot be read as a list: {error}");
                return Err(StatementError::new(message, format!("il file non si legge come elenco: {error}")));
            }
        }
    }
}

/// The separator that the first line has most of.
#[must_use]
pub fn guess(text: &str) -> u8 {
    let first = text.lines().next().unwrap_or_default();
    let count = |separator: u8| memchr_iter(separator, first.as_bytes()).count();
    [b';', b'\t', b',', b'|']
        .into_iter()
        .max_by_key(|separator| (count(*separator), *separator == b','))
        .unwrap_or(b',')
}

/// Names are compared without case, blanks, underscores and hyphens.
#[must_use]
pub fn fold(name: &str) -> String {
    name.trim_start_matches('\u{feff}')
        .chars()
        .filter(|letter| !letter.is_whitespace() && !matches!(letter, '_' | '-'))
        .flat_map(char::to_lowercase)
        .collect()
}
