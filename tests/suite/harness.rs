//! What every test needs: folders to work in, the program to call, its answer, expected files.
//!
//! Nothing here knows what a case is about.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// The folder of the repository.
#[must_use]
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Files below a folder, as paths relative to it with `/`, sorted. A folder that does not exist has none.
#[must_use]
pub fn files_below(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(&next).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let relative = path.strip_prefix(folder).unwrap();
                found.push(relative.to_string_lossy().replace('\\', "/"));
            }
        }
    }
    found.sort();
    found
}

/// Subfolders of a folder, sorted by name.
#[must_use]
pub fn folders_in(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("cannot read {}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    found.sort();
    found
}

/// Last part of a path.
#[must_use]
pub fn name_of(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

/// A folder to work in. It vanishes with this value, unless it is one that is kept.
pub struct Scratch {
    folder: PathBuf,
    _guard: Option<TempDir>,
}

impl Scratch {
    /// An empty folder that is a project of its own.
    #[must_use]
    pub fn project() -> Self {
        Self::empty().with("raccordo.yaml", "")
    }

    /// An empty folder.
    #[must_use]
    pub fn empty() -> Self {
        let guard = tempfile::tempdir().unwrap();
        Self { folder: guard.path().to_path_buf(), _guard: Some(guard) }
    }

    /// A copy of a folder.
    #[must_use]
    pub fn copy_of(source: &Path) -> Self {
        Self::empty().with_copy(source, "")
    }

    /// A copy of all that the shipped pipelines need.
    #[must_use]
    pub fn shop() -> Self {
        Self::empty().with_shop()
    }

    /// The same, in a folder of the build that the next test run empties: for what several tests look at.
    #[must_use]
    pub fn shop_kept(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        Self { folder, _guard: None }.with_shop()
    }

    fn with_shop(self) -> Self {
        let parts = ["pipelines", "fixtures", "schemas", "channels"];
        let shop = parts.iter().fold(self, |shop, part| shop.with_copy(&repository().join(part), part));
        let project = fs::read_to_string(repository().join("raccordo.yaml")).unwrap_or_default();
        shop.with("raccordo.yaml", &project)
    }

    fn with_copy(self, source: &Path, under: &str) -> Self {
        for file in files_below(source) {
            let target = self.path().join(under).join(&file);
            fs::create_dir_all(target.parent().unwrap()).unwrap();
            fs::copy(source.join(&file), target).unwrap();
        }
        self
    }

    /// Adds a file.
    #[must_use]
    pub fn with(self, path: &str, text: &str) -> Self {
        self.with_bytes(path, text.as_bytes())
    }

    /// Adds a file of any bytes.
    #[must_use]
    pub fn with_bytes(self, path: &str, bytes: &[u8]) -> Self {
        let target = self.path().join(path);
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::write(target, bytes).unwrap();
        self
    }

    /// The folder itself.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.folder
    }

    /// A file as text.
    #[must_use]
    pub fn read(&self, path: &str) -> String {
        let whole = self.path().join(path);
        fs::read_to_string(&whole)
            .unwrap_or_else(|error| panic!("cannot read {path}: {error}\nthere is: {:#?}", self.files()))
    }

    /// All files but those under `.raccordo`, relative, sorted.
    #[must_use]
    pub fn files(&self) -> Vec<String> {
        let mut files = files_below(self.path());
        files.retain(|file| !file.starts_with(".raccordo/"));
        files
    }

    /// A call of the program with this folder as the current one.
    #[must_use]
    pub fn raccordo(&self, arguments: &[&str]) -> Call {
        Call::new(self.path(), arguments)
    }
}

/// A call of the program, not yet made.
pub struct Call {
    command: Command,
    shown: String,
}

impl Call {
    /// The program with these arguments, with `folder` as the current one, without colours and without the variables
    /// that a pipeline could take values from.
    #[must_use]
    pub fn new(folder: &Path, arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_raccordo"));
        command.args(arguments).current_dir(folder).stdin(Stdio::null());
        command.env_clear().env("NO_COLOR", "1").env("LC_ALL", "C.UTF-8");
        for kept in ["PATH", "HOME", "TMPDIR", "SystemRoot"] {
            if let Some(value) = std::env::var_os(kept) {
                command.env(kept, value);
            }
        }
        Self { command, shown: format!("raccordo {}", arguments.join(" ")) }
    }

    /// Sets a variable of the environment.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// Makes the call and waits for its end.
    #[must_use]
    pub fn answer(mut self) -> Answer {
        let output = self.command.output().expect("the program starts");
        Answer::of(&output, self.shown)
    }

    /// Makes the call and does not wait.
    #[must_use]
    pub fn start(mut self) -> Child {
        self.command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("the program starts")
    }
}

/// What a call came to.
pub struct Answer {
    /// Exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// Data.
    pub stdout: String,
    /// Talk.
    pub stderr: String,
    shown: String,
}

impl Answer {
    fn of(output: &Output, shown: String) -> Self {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("the program writes UTF-8");
        Self { code: output.status.code(), stdout: text(&output.stdout), stderr: text(&output.stderr), shown }
    }

    /// Asserts the exit code.
    #[must_use]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "exit code of {self}");
        self
    }

    /// Asserts that the talk holds a text.
    #[must_use]
    pub fn says(self, text: &str) -> Self {
        assert!(self.stderr.contains(text), "expected {text:?} on stderr of {self}");
        self
    }

    /// Asserts that the data holds a text.
    #[must_use]
    pub fn prints(self, text: &str) -> Self {
        assert!(self.stdout.contains(text), "expected {text:?} on stdout of {self}");
        self
    }

    /// The data as JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("stdout is not JSON: {error}\n{self}"))
    }
}

impl std::fmt::Display for Answer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let code = self.code.map_or_else(|| "a signal".to_owned(), |code| code.to_string());
        write!(formatter, "`{}` (exit {code})\n--- stdout\n{}\n--- stderr\n{}", self.shown, self.stdout, self.stderr)
    }
}

/// Compares a text with an expected file. With `UPDATE_EXPECT=1` the file is written instead.
///
/// # Errors
/// The difference, or that the file is missing.
pub fn expect_file(path: &Path, actual: &str) -> Result<(), String> {
    if std::env::var_os("UPDATE_EXPECT").is_some_and(|value| value == "1") {
        fs::write(path, actual).map_err(|error| format!("cannot write {}: {error}", path.display()))?;
        return Ok(());
    }
    let shown = path.strip_prefix(repository()).unwrap_or(path).display();
    let Ok(expected) = fs::read_to_string(path) else {
        return Err(format!("{shown} is missing (UPDATE_EXPECT=1 writes it); found:\n{actual}"));
    };
    if expected == actual { Ok(()) } else { Err(format!("{shown} differs:\n{}", difference(&expected, actual))) }
}

/// Lines that are only in one of two texts: `-` expected, `+` found.
#[must_use]
pub fn difference(expected: &str, actual: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (expected.split('\n').collect(), actual.split('\n').collect());
    let same_start = old.iter().zip(&new).take_while(|(left, right)| left == right).count();
    let rest = old.len().min(new.len()) - same_start;
    let same_end = old.iter().rev().zip(new.iter().rev()).take(rest).take_while(|(left, right)| left == right).count();
    let mut out = format!("from line {}\n", same_start + 1);
    for line in &old[same_start..old.len() - same_end] {
        let _ = writeln!(out, "- {line}");
    }
    for line in &new[same_start..new.len() - same_end] {
        let _ = writeln!(out, "+ {line}");
    }
    out
}

/// Fails with all the failures of a group of cases at once.
pub fn none_failed(what: &str, failures: &[String]) {
    assert!(failures.is_empty(), "{} of the {what} failed\n\n{}\n", failures.len(), failures.join("\n\n"));
}

/// The rows of a CSV text, header first, cut at `delimiter` outside `"`.
#[must_use]
pub fn csv(text: &str, delimiter: char) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    let (mut row, mut cell, mut quoted) = (Vec::new(), String::new(), false);
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' if quoted && characters.peek() == Some(&'"') => {
                cell.push('"');
                characters.next();
            }
            '"' => quoted = !quoted,
            '\n' if !quoted => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            '\r' if !quoted => {}
            _ if character == delimiter && !quoted => row.push(std::mem::take(&mut cell)),
            _ => cell.push(character),
        }
    }
    if !cell.is_empty() || !row.is_empty() {
        row.push(cell);
        rows.push(row);
    }
    rows
}

/// The rows of a CSV text with commas, only the named columns, in that order.
#[must_use]
pub fn columns(text: &str, names: &[&str]) -> Vec<Vec<String>> {
    let rows = csv(text, ',');
    let header = rows.first().expect("a header");
    let place = |name: &&str| {
        let found = header.iter().position(|column| column == name);
        found.unwrap_or_else(|| panic!("no column `{name}` in {header:?}"))
    };
    let places: Vec<usize> = names.iter().map(place).collect();
    rows[1..].iter().map(|row| places.iter().map(|place| row[*place].clone()).collect()).collect()
}

/// What is in one set and not in the other, for messages.
#[must_use]
pub fn set_difference(expected: &[String], actual: &[String]) -> String {
    let (expected, actual): (BTreeSet<_>, BTreeSet<_>) = (expected.iter().collect(), actual.iter().collect());
    let missing: Vec<_> = expected.difference(&actual).collect();
    let surplus: Vec<_> = actual.difference(&expected).collect();
    format!("missing: {missing:?}, not expected: {surplus:?}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn csv_is_cut_at_delimiters_outside_quotes() {
        let rows = csv("a;b\r\n\"x;\"\"y\"\"\n\";2\n", ';');
        assert_eq!(rows, [["a", "b"], ["x;\"y\"\n", "2"]]);
    }

    #[test]
    fn a_difference_names_its_first_line() {
        assert_eq!(difference("a\nb\nc\n", "a\nx\nc\n"), "from line 2\n- b\n+ x\n");
    }
}
