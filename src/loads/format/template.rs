//! Paths of outputs: fixed, or with `{column}` parts that make one file per distinct value.

use std::path::{Path, PathBuf};

use crate::context::BindCx;
use crate::diag::{Code, Diagnostic, Place, Text};
use crate::domain::types::{Schema, Type};
use crate::io::{in_folder, join_row_path};
use crate::loads::format::cells::{Cell, Cells};
use crate::loads::format::lexeme;
use crate::loads::format::row::Problem;

/// A checked path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OutputPath {
    /// One file, as the user wrote it.
    File(String),
    /// One file per row value, below a folder.
    PerValue(PathTemplate),
}

/// A path with columns in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathTemplate {
    /// The folder before the first part that has a column, as the user wrote it.
    pub folder: String,
    /// The columns, in the order in which [`PathTemplate::relative`] takes them.
    pub columns: Vec<String>,
    parts: Vec<Vec<Piece>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Literal(String),
    Column(usize),
}

impl OutputPath {
    /// Reads a path, reporting every problem. `{{` and `}}` stand for braces.
    #[must_use]
    pub fn parse(path: &Text, schema: &Schema, cx: &BindCx) -> Option<Self> {
        let before = cx.reported();
        let text = path.as_str();
        let mut columns = Vec::new();
        let mut parts = vec![Vec::new()];
        let mut at = 0;
        while let Some(character) = text[at..].chars().next() {
            let rest = &text[at + character.len_utf8()..];
            match character {
                '{' | '}' if rest.starts_with(character) => {
                    push(&mut parts, character);
                    at += 1;
                }
                '{' => at += placeholder(path, at, schema, &mut columns, &mut parts, cx),
                '}' => bad_path(path.inside(at, 1), "a `}` without its `{`", cx),
                '/' => parts.push(Vec::new()),
                other => push(&mut parts, other),
            }
            at += character.len_utf8();
        }
        if text.trim().is_empty() {
            bad_path(path.place(), "the path is empty", cx);
        } else if parts.last().is_some_and(Vec::is_empty) {
            bad_path(path.place(), "the path is a folder: add the name of a file", cx);
        }
        (cx.reported() == before).then(|| Self::assemble(columns, parts))
    }

    /// The same path below a folder, whose braces mean nothing.
    #[must_use]
    pub fn below(self, folder: Option<&str>) -> Self {
        let Some(folder) = folder else { return self };
        match self {
            Self::File(path) => Self::File(in_folder(folder, &path)),
            Self::PerValue(template) => {
                Self::PerValue(PathTemplate { folder: in_folder(folder, &template.folder), ..template })
            }
        }
    }

    fn assemble(columns: Vec<String>, mut parts: Vec<Vec<Piece>>) -> Self {
        let literal = |part: &Vec<Piece>| !part.iter().any(|piece| matches!(piece, Piece::Column(_)));
        let fixed = parts.iter().take_while(|part| literal(part)).count();
        let tail = parts.split_off(fixed);
        let texts = parts.iter().map(|part| match part.first() {
            Some(Piece::Literal(text)) => text.as_str(),
            _ => "",
        });
        let folder = texts.collect::<Vec<_>>().join("/");
        if tail.is_empty() {
            return Self::File(folder);
        }
        let folder = match folder.as_str() {
            "" if fixed > 0 => "/".to_owned(),
            "" => ".".to_owned(),
            _ => folder,
        };
        Self::PerValue(PathTemplate { folder, columns, parts: tail })
    }
}

/// Reads `{column}` at `at`; returns how many bytes follow the `{`.
fn placeholder(
    path: &Text,
    at: usize,
    schema: &Schema,
    columns: &mut Vec<String>,
    parts: &mut [Vec<Piece>],
    cx: &BindCx,
) -> usize {
    let rest = &path.as_str()[at + 1..];
    let Some(length) = rest.find('}') else {
        bad_path(path.inside(at, 1), "a `{` without its `}`", cx);
        return 0;
    };
    let name = Text::new(rest[..length].to_owned(), path.inside(at + 1, length));
    if cx.require_column(schema, &name) {
        let ty = schema.get(name.as_str());
        if matches!(ty, Some(Type::Text | Type::Integer | Type::Date | Type::Bool)) {
            let index = columns.iter().position(|column| *column == name.as_str()).unwrap_or(columns.len());
            if index == columns.len() {
                columns.push(name.as_str().to_owned());
            }
            parts.iter_mut().next_back().into_iter().for_each(|part| part.push(Piece::Column(index)));
        } else if let Some(ty) = ty {
            let message =
                format!("`{}` is a {ty}: a path can hold text, integers, dates and truth values", name.as_str());
            cx.error(Code::TypeMismatch, &name, message);
        }
    }
    length + 1
}

fn push(parts: &mut [Vec<Piece>], character: char) {
    let Some(part) = parts.last_mut() else { return };
    if let Some(Piece::Literal(text)) = part.last_mut() {
        text.push(character);
    } else {
        part.push(Piece::Literal(character.to_string()));
    }
}

fn bad_path(place: Place, message: &str, cx: &BindCx) {
    cx.report(Diagnostic::error(Code::BadPath, place, message));
}

impl PathTemplate {
    /// The path below the folder for one row, written into `name` with `/` between its parts.
    ///
    /// # Errors
    /// A value is missing, or would make a path that leaves the folder or that file systems refuse.
    pub fn relative(&self, values: &[Cells], row: usize, name: &mut Vec<u8>) -> Result<(), Problem> {
        name.clear();
        for part in &self.parts {
            if !name.is_empty() {
                name.push(b'/');
            }
            let start = name.len();
            for piece in part {
                match piece {
                    Piece::Literal(text) => name.extend_from_slice(text.as_bytes()),
                    Piece::Column(index) => self.value(*index, values[*index].get(row), name)?,
                }
            }
            let checked = String::from_utf8_lossy(&name[start..]);
            join_row_path(Path::new(""), &checked).map_err(|problem| Problem {
                cause: problem.cause(),
                column: Some(self.columns.join(", ")),
                message: format!("the path of the file is made from this row and cannot be used: {problem}"),
                message_it: format!(
                    "il percorso del file si ricava da questa riga e non si può usare: {}",
                    problem.italian()
                ),
            })?;
        }
        Ok(())
    }

    fn value(&self, index: usize, cell: Cell<'_>, name: &mut Vec<u8>) -> Result<(), Problem> {
        match cell {
            Cell::Text(text) if !text.is_empty() => name.extend_from_slice(text.as_bytes()),
            Cell::Integer(value) => lexeme::write_integer(value, name),
            Cell::Date(days) => lexeme::write_date(days, name),
            Cell::Bool(value) => name.extend_from_slice(if value { b"true" } else { b"false" }),
            _ => {
                let column = &self.columns[index];
                return Err(Problem {
                    cause: "missing-value",
                    column: Some(column.clone()),
                    message: format!("`{column}` is empty, and the path of the file is made from it"),
                    message_it: format!("`{column}` è vuoto, e il percorso del file si ricava da esso"),
                });
            }
        }
        Ok(())
    }
}

/// A relative path with `/` as a path of this system.
#[must_use]
pub fn system_path(relative: &str) -> PathBuf {
    relative.split('/').collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use polars::prelude::{IntoSeries, NewChunkedArray, StringChunked};

    use super::*;
    use crate::context::{Params, Project};

    fn parse(path: &str) -> Result<OutputPath, Vec<(Code, String)>> {
        let schema: Schema = [("canale", Type::Text), ("prezzo", Type::MONEY)].into_iter().collect();
        let (project, params, tables) = (Project::at("."), Params::default(), BTreeMap::new());
        let cx = BindCx::new(&project, &params, "x", &tables);
        let parsed = OutputPath::parse(&Text::from(path), &schema, &cx);
        let problems: Vec<_> = cx.into_diagnostics().iter().map(|found| (found.code, found.message.clone())).collect();
        parsed.ok_or(problems)
    }

    fn relative(path: &str, value: &str) -> Result<String, &'static str> {
        let Ok(OutputPath::PerValue(template)) = parse(path) else { panic!("not a template") };
        let values = StringChunked::from_slice("canale".into(), &[value]).into_series();
        let values = [Cells::new(&values, &Type::Text).unwrap()];
        let mut name = Vec::new();
        template.relative(&values, 0, &mut name).map_err(|problem| problem.cause)?;
        Ok(format!("{}|{}", template.folder, String::from_utf8(name).unwrap()))
    }

    #[test]
    fn fixed_paths_are_as_written() {
        for (path, expected) in
            [("out/a.csv", "out/a.csv"), ("/a.csv", "/a.csv"), ("../a{{b}}.csv", "../a{b}.csv"), ("a.csv", "a.csv")]
        {
            assert_eq!(parse(path), Ok(OutputPath::File(expected.into())));
        }
    }

    #[test]
    fn values_make_paths_below_the_folder() {
        let cases = [
            ("out/{canale}/p.csv", "ebay", Ok("out|ebay/p.csv")),
            ("out/p-{canale}.csv", "ebay", Ok("out|p-ebay.csv")),
            ("{canale}.csv", "ebay", Ok(".|ebay.csv")),
            ("/{canale}.csv", "ebay", Ok("/|ebay.csv")),
            ("/srv/{canale}/{canale}.csv", "a b", Ok("/srv|a b/a b.csv")),
            ("out/{canale}/p.csv", "..", Err("path-escapes")),
            ("out/{canale}.csv", "../x", Err("path-escapes")),
            ("out/{canale}/p.csv", "/etc", Err("path-escapes")),
            ("out/{canale}.csv", "nul", Err("bad-path")),
            ("out/{canale}/p.csv", "a\0", Err("bad-path")),
            ("out/{canale}/p.csv", "", Err("missing-value")),
        ];
        for (path, value, expected) in cases {
            assert_eq!(relative(path, value), expected.map(str::to_owned), "{path} {value:?}");
        }
    }

    #[test]
    fn wrong_paths_are_explained() {
        let cases = [
            ("", Code::BadPath),
            ("out/", Code::BadPath),
            ("out/{canale", Code::BadPath),
            ("out/}a", Code::BadPath),
            ("out/{canal}.csv", Code::UnknownColumn),
            ("out/{prezzo}.csv", Code::TypeMismatch),
        ];
        for (path, code) in cases {
            let problems = parse(path).unwrap_err();
            assert_eq!(problems.iter().map(|(code, _)| *code).collect::<Vec<_>>(), [code], "{path}");
        }
    }
}
