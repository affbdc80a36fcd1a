//! Dated tables: rows with a validity, conditions on facts, and results. How a file becomes rows, and when a row matches.
//!
//! The embedded tables and those of a user have the same form. What a result means is not known here.

use crate::domain::calendar::days_from_civil;

use super::facts::{FACTS, Facts, fact};

/// A table in the order of its file: the first row that matches counts, or all of them, as the reader decides.
#[derive(Clone, Debug, Default)]
pub struct Table {
    columns: Vec<String>,
    /// The rows.
    pub rows: Vec<Row>,
}

/// One row.
#[derive(Clone, Debug)]
pub struct Row {
    /// Its name, for traces and pages.
    pub id: String,
    /// First day, in days since 1970-01-01.
    pub from: i32,
    /// Last day; `None` when no end is known.
    pub to: Option<i32>,
    /// What must hold.
    pub when: Vec<Condition>,
    /// The comment above it, which begins a chapter.
    pub chapter: String,
    /// Line in the file, from 1.
    pub line: usize,
    cells: Vec<String>,
    columns: std::sync::Arc<Vec<String>>,
}

/// A fact must have one of these values.
#[derive(Clone, Debug)]
pub struct Condition {
    /// Index of the fact.
    pub fact: usize,
    /// The values, one of which must be found.
    pub values: Vec<String>,
}

/// Why a line of a table cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableProblem {
    /// Line in the file, from 1.
    pub line: usize,
    /// What is wrong, as a lowercase phrase.
    pub message: String,
}

/// Names for several values at once.
const GROUPS: &[(&str, &[&str])] =
    &[("GOODS", &["goods", "print", "phone", "device", "excise"]), ("PRIVATE", &["consumer", "legal"])];

impl Table {
    /// Reads a table of tab-separated or comma-separated text with a header. `#` begins a comment.
    ///
    /// # Errors
    /// Every line that cannot be used.
    pub fn parse(text: &str) -> Result<Self, Vec<TableProblem>> {
        let mut table = Self::default();
        let mut columns = std::sync::Arc::new(Vec::new());
        let (mut problems, mut chapter) = (Vec::new(), String::new());
        for (line, text) in (1..).zip(text.trim_start_matches('\u{feff}').lines()) {
            if let Some(comment) = text.strip_prefix('#') {
                comment.trim().clone_into(&mut chapter);
            } else if columns.is_empty() && !text.trim().is_empty() {
                columns = std::sync::Arc::new(split(text));
                table.columns.clone_from(&columns);
            } else if !text.trim().is_empty() {
                match read_row(text, line, &chapter, &columns) {
                    Ok(row) => table.rows.push(row),
                    Err(message) => problems.push(TableProblem { line, message }),
                }
            }
        }
        for needed in ["id", "from", "when"] {
            if !table.columns.iter().any(|column| column == needed) {
                problems.push(TableProblem { line: 1, message: format!("the header has no column `{needed}`") });
            }
        }
        if problems.is_empty() { Ok(table) } else { Err(problems) }
    }

    /// Names of the columns.
    #[must_use]
    pub fn columns(&self) -> &[String] {
        &self.columns
    }
}

impl Row {
    /// A cell by its column; empty when the table has no such column.
    #[must_use]
    pub fn get(&self, column: &str) -> &str {
        let index = self.columns.iter().position(|name| name == column);
        index.and_then(|index| self.cells.get(index)).map_or("", String::as_str)
    }

    /// Whether the row is in force on a day.
    #[must_use]
    pub fn in_force(&self, day: i32) -> bool {
        self.from <= day && self.to.is_none_or(|to| day <= to)
    }

    /// The conditions that do not hold.
    pub fn broken<'r>(&'r self, facts: &'r Facts) -> impl Iterator<Item = &'r Condition> {
        self.when.iter().filter(|condition| !condition.holds(facts))
    }

    /// Whether all conditions hold on that day.
    #[must_use]
    pub fn matches(&self, facts: &Facts, day: i32) -> bool {
        self.in_force(day) && self.broken(facts).next().is_none()
    }
}

impl Condition {
    fn holds(&self, facts: &Facts) -> bool {
        self.values.iter().any(|value| value == facts.at(self.fact))
    }

    /// Name of the fact.
    #[must_use]
    pub fn name(&self) -> &'static str {
        FACTS.get(self.fact).map_or("", |fact| fact.0)
    }
}

fn read_row(text: &str, line: usize, chapter: &str, columns: &std::sync::Arc<Vec<String>>) -> Result<Row, String> {
    let cells = split(text);
    if cells.len() != columns.len() {
        return Err(format!("the line has {} cells, the header has {}", cells.len(), columns.len()));
    }
    let mut row = Row {
        id: String::new(),
        from: 0,
        to: None,
        when: Vec::new(),
        chapter: chapter.to_owned(),
        line,
        cells,
        columns: std::sync::Arc::clone(columns),
    };
    row.id = row.get("id").to_owned();
    row.from = read_day(row.get("from")).ok_or_else(|| not_a_day("from", row.get("from")))?;
    row.to = match row.get("to") {
        "" => None,
        to => Some(read_day(to).ok_or_else(|| not_a_day("to", to))?),
    };
    if row.id.is_empty() {
        return Err("the row has no `id`".to_owned());
    }
    if row.to.is_some_and(|to| to < row.from) {
        return Err(format!("row `{}` ends before it begins", row.id));
    }
    row.when = row.get("when").split_whitespace().map(read_condition).collect::<Result<_, _>>()?;
    Ok(row)
}

fn not_a_day(column: &str, found: &str) -> String {
    format!("`{column}` is `{found}`: expected a day as `2026-12-31`")
}

fn read_condition(text: &str) -> Result<Condition, String> {
    let (name, values) = text.split_once('=').ok_or_else(|| format!("`{text}` is no condition: write `fact=value`"))?;
    let fact = fact(name).ok_or_else(|| {
        let known: Vec<&str> = FACTS.iter().map(|fact| fact.0).collect();
        format!("unknown fact `{name}`; known facts: {}", known.join(", "))
    })?;
    let values: Vec<String> = values.split('/').flat_map(members).collect();
    let known = FACTS[fact].1;
    match values.iter().find(|value| !known.is_empty() && !known.contains(&value.as_str())) {
        Some(value) => Err(format!("`{name}` is never `{value}`; known values: {}", known.join(", "))),
        None => Ok(Condition { fact, values }),
    }
}

/// The values that a word of a condition stands for.
fn members(word: &str) -> Vec<String> {
    match GROUPS.iter().find(|(group, _)| *group == word) {
        Some((_, members)) => members.iter().map(|member| (*member).to_owned()).collect(),
        None => vec![word.to_owned()],
    }
}

/// The cells of a line: by tabs when it has any, else by commas with quotes.
fn split(line: &str) -> Vec<String> {
    if line.contains('\t') {
        return line.split('\t').map(|cell| cell.trim().to_owned()).collect();
    }
    let (mut cells, mut quoted) = (vec![String::new()], false);
    for character in line.chars() {
        match character {
            '"' => quoted = !quoted,
            ',' if !quoted => cells.push(String::new()),
            _ => cells.iter_mut().last().into_iter().for_each(|cell| cell.push(character)),
        }
    }
    cells.iter().map(|cell| cell.trim().to_owned()).collect()
}

/// A day written as `2026-12-31`, in days since 1970-01-01.
#[must_use]
pub fn read_day(text: &str) -> Option<i32> {
    let mut parts = text.trim().split('-');
    let mut number = || parts.next()?.parse::<u32>().ok();
    let (year, month, day) = (number()?, number()?, number()?);
    parts.next().is_none().then_some(())?;
    days_from_civil(i64::from(year), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_read() {
        for text in [
            "id\tfrom\tto\twhen\n# a\nx\t2026-01-01\t\tbuyer=PRIVATE end=it",
            "id,from,to,when\nx,2026-01-01,,\"buyer=PRIVATE end=it\"",
        ] {
            let table = Table::parse(text).unwrap();
            assert_eq!(table.rows.len(), 1);
            assert_eq!(table.rows[0].when[0].values, ["consumer", "legal"]);
            assert!(table.rows[0].in_force(20_454) && !table.rows[0].in_force(20_453));
        }
    }

    #[test]
    fn every_mistake_is_named() {
        let head = "id\tfrom\tto\twhen\n";
        let cases = [
            ("x\t2026-13-01\t\t", "`from` is `2026-13-01`"),
            ("x\t2026-01-01\t2025-01-01\t", "ends before"),
            ("x\t2026-01-01\t\tbuyer", "is no condition"),
            ("x\t2026-01-01\t\tcolour=red", "unknown fact `colour`"),
            ("x\t2026-01-01\t\tbuyer=red", "`buyer` is never `red`"),
            ("x\t2026-01-01", "the line has 2 cells"),
            ("\t2026-01-01\t\t", "no `id`"),
        ];
        for (line, expected) in cases {
            let problems = Table::parse(&format!("{head}{line}")).unwrap_err();
            assert!(problems[0].message.contains(expected) && problems[0].line == 2, "{problems:?}");
        }
        assert_eq!(Table::parse("id\tfrom").unwrap_err()[0].message, "the header has no column `when`");
    }
}
