//! Small tables for a person: aligned, without colour.

/// Renders rows under a header; columns that hold only numbers are right-aligned.
#[must_use]
pub fn aligned(header: &[&str], rows: &[Vec<String>]) -> String {
    lines(header, rows).into_iter().map(|line| line + "\n").collect()
}

/// The same, line by line.
#[must_use]
pub fn lines(header: &[&str], rows: &[Vec<String>]) -> Vec<String> {
    let numeric: Vec<bool> = (0..header.len())
        .map(|column| rows.iter().all(|row| row[column].bytes().all(|byte| byte.is_ascii_digit())))
        .collect();
    let widths: Vec<usize> = (0..header.len())
        .map(|column| {
            let cells = rows.iter().map(|row| row[column].chars().count());
            cells.chain([header[column].chars().count()]).max().unwrap_or(0)
        })
        .collect();
    let heading: Vec<String> = header.iter().map(|name| (*name).to_owned()).collect();
    let line = |row: &Vec<String>| {
        let mut line = String::new();
        for (column, cell) in row.iter().enumerate() {
            let pad = " ".repeat(widths[column] - cell.chars().count());
            let (before, after) = if numeric[column] { (pad.as_str(), "") } else { ("", pad.as_str()) };
            line.extend([before, cell, after, "  "]);
        }
        line.trim_end().to_owned()
    };
    std::iter::once(&heading).chain(rows).map(line).collect()
}
