//! Rows as an aligned table: decimals exact, texts whole, null told apart from the empty text.

use polars::prelude::{DataFrame, PolarsResult};

use crate::domain::types::{Schema, Type};
use crate::loads::format::cells::{Cell, Table};
use crate::loads::format::json::{JsonOptions, write_value};

/// How a missing value is shown; a text that reads the same is shown with quotes.
const NULL: &str = "null";
const GAP: &str = "  ";

/// Renders `rows`, whose columns are those of `schema`, with a line of names and one of types.
///
/// # Errors
/// The rows are not of the types of the schema.
pub fn render(rows: &DataFrame, schema: &Schema) -> PolarsResult<String> {
    let types: Vec<(String, Type)> = schema.iter().map(|(name, ty)| (name.to_owned(), ty.clone())).collect();
    let table = Table::new(rows, &types)?;
    let columns: Vec<Column> = types
        .iter()
        .zip(&table.cells)
        .map(|((name, ty), cells)| {
            let values = (0..table.height).map(|row| shown(cells.get(row)));
            Column::new(name, ty, values)
        })
        .collect();
    let mut out = String::new();
    for line in 0..columns.first().map_or(0, |column| column.cells.len()) {
        push_line(&columns, line, &mut out);
    }
    Ok(out)
}

/// The cells of a column from top to bottom: name, type, rule, values.
struct Column {
    cells: Vec<String>,
    width: usize,
    right: bool,
}

impl Column {
    fn new(name: &str, ty: &Type, values: impl Iterator<Item = String>) -> Self {
        let mut cells = vec![escaped(name), short(ty), String::new()];
        cells.extend(values);
        let width = cells.iter().map(|cell| cell.chars().count()).max().unwrap_or(0);
        cells[2] = "-".repeat(width);
        Self { cells, width, right: ty.is_numeric() }
    }
}

fn push_line(columns: &[Column], line: usize, out: &mut String) {
    let start = out.len();
    for column in columns {
        let cell = &column.cells[line];
        let padding = " ".repeat(column.width - cell.chars().count());
        let (before, after) = if column.right { (padding.as_str(), "") } else { ("", padding.as_str()) };
        out.extend([before, cell, after, GAP]);
    }
    out.truncate(start + out[start..].trim_end_matches(' ').len());
    out.push('\n');
}

/// The type of a column; one that holds others without what it holds, which would be wider than its values.
fn short(ty: &Type) -> String {
    match ty {
        Type::List(_) => "list".to_owned(),
        Type::Struct(_) => "struct".to_owned(),
        plain => plain.to_string(),
    }
}

fn shown(cell: Cell<'_>) -> String {
    match cell {
        Cell::Text(text) if text == NULL || text.is_empty() || text.trim() != text => format!("{text:?}"),
        Cell::Text(text) => escaped(text),
        Cell::Date(_) | Cell::Timestamp(_) => json(cell).trim_matches('"').to_owned(),
        other => json(other),
    }
}

fn json(cell: Cell<'_>) -> String {
    let mut bytes = Vec::new();
    write_value(cell, JsonOptions::default(), &mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A text on one line; characters that would move the cursor or colour the terminal are spelled out.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() {
            out.extend(character.escape_default());
        } else {
            out.push(character);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use polars::prelude::{DataType, IntoColumn, IntoLazy, NamedFrom, Series, col};

    use super::*;

    fn frame(columns: Vec<Series>) -> DataFrame {
        let height = columns.first().map_or(0, |series| series.len());
        DataFrame::new(height, columns.into_iter().map(IntoColumn::into_column).collect()).unwrap()
    }

    #[test]
    fn columns_are_aligned_and_decimals_exact() {
        let rows =
            frame(vec![Series::new("sku".into(), ["001", "A-2"]), Series::new("prezzo".into(), ["12.50", "1000.00"])]);
        let rows = rows.lazy().with_column(col("prezzo").cast(DataType::Decimal(38, 2))).collect().unwrap();
        let schema = Schema::from_iter([("sku", Type::Text), ("prezzo", Type::MONEY)]);
        let expected = "\
sku          prezzo
text  decimal(18,2)
----  -------------
001           12.50
A-2         1000.00
";
        assert_eq!(render(&rows, &schema).unwrap(), expected);
    }

    #[test]
    fn nothing_is_cut_and_nothing_is_confused() {
        let long = "x".repeat(300);
        let texts = [None, Some("null"), Some(""), Some(" a"), Some("b\n\u{1b}[31mc"), Some(long.as_str())];
        let rows = frame(vec![Series::new("t".into(), texts)]);
        let text = render(&rows, &Schema::from_iter([("t", Type::Text)])).unwrap();
        let lines: Vec<&str> = text.lines().skip(3).collect();
        assert_eq!(lines, ["null", "\"null\"", "\"\"", "\" a\"", "b\\n\\u{1b}[31mc", long.as_str()]);
    }

    #[test]
    fn an_empty_table_shows_its_columns() {
        let rows = frame(vec![Series::new("n".into(), Vec::<i64>::new())]);
        let text = render(&rows, &Schema::from_iter([("n", Type::Integer)])).unwrap();
        assert_eq!(text, "      n\ninteger\n-------\n");
    }
}
