//! Wrong pipelines: `tests/cases/check/NAME` holds `pipeline.yaml` with one mistake, or a few that go together, and
//! `expected.txt`, which is what a person sees.
//!
//! A mistake is marked on its line by `#~ code`, or `#~ warning code`; `#~ @12 code` marks line 12 instead,
//! `#~ @none code` a diagnostic without a place. The marks say what must be found, the expected text how it is said.

use std::fmt;
use std::fs;
use std::path::Path;

use regex::Regex;
use serde_json::Value;

use crate::harness::{Call, expect_file, files_below, folders_in, name_of, none_failed, repository};

/// A diagnostic without its words.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Mistake {
    file: Option<String>,
    line: Option<u64>,
    severity: String,
    code: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (file, line) = (self.file.as_deref().unwrap_or("(no place)"), self.line.unwrap_or(0));
        write!(formatter, "{file}:{line} {}[{}]", self.severity, self.code)
    }
}

#[test]
fn every_wrong_pipeline_is_explained() {
    let cases = folders_in(&repository().join("tests/cases/check"));
    assert!(cases.len() >= 30, "only {} cases", cases.len());
    let failures: Vec<String> = cases.iter().filter_map(|case| failure(case)).collect();
    none_failed("wrong pipelines", &failures);
}

fn failure(case: &Path) -> Option<String> {
    let problems = [marks_are_found(case), words_are_expected(case)];
    let problems: Vec<String> = problems.into_iter().filter_map(Result::err).collect();
    (!problems.is_empty()).then(|| format!("== {}\n{}", name_of(case), problems.join("\n")))
}

/// The marked mistakes, all of them and no other.
fn marks_are_found(case: &Path) -> Result<(), String> {
    let expected = marked(case);
    if expected.is_empty() {
        return Err("no mistake is marked".to_owned());
    }
    let answer = Call::new(case, &["check", "--json", "pipeline.yaml"]).answer();
    let wanted = i32::from(expected.iter().any(|mistake| mistake.severity == "error"));
    if answer.code != Some(wanted) {
        return Err(format!("expected exit code {wanted} of {answer}"));
    }
    let mut found: Vec<Mistake> = diagnostics(&answer.json()).iter().map(mistake).collect();
    found.sort();
    if found == expected {
        return Ok(());
    }
    let list = |mistakes: &[Mistake]| mistakes.iter().map(|one| format!("\n    {one}")).collect::<String>();
    Err(format!("  marked:{}\n  found:{}", list(&expected), list(&found)))
}

fn marked(case: &Path) -> Vec<Mistake> {
    let mark = Regex::new(r"#~ (.+)$").unwrap();
    let mut found = Vec::new();
    for file in files_below(case).into_iter().filter(|file| file.ends_with(".yaml")) {
        let text = fs::read_to_string(case.join(&file)).unwrap();
        for (index, line) in text.lines().enumerate() {
            let Some(marks) = mark.captures(line) else { continue };
            found.extend(marks[1].split(',').map(|words| read_mark(words, &file, index as u64 + 1)));
        }
    }
    found.sort();
    found
}

fn read_mark(words: &str, file: &str, line: u64) -> Mistake {
    let mut mistake =
        Mistake { file: Some(file.to_owned()), line: Some(line), severity: "error".to_owned(), code: String::new() };
    for word in words.split_whitespace() {
        match word.strip_prefix('@') {
            Some("none") => (mistake.file, mistake.line) = (None, None),
            Some(number) => mistake.line = Some(number.parse().expect("`@` and a line number")),
            None if word == "warning" => word.clone_into(&mut mistake.severity),
            None => word.clone_into(&mut mistake.code),
        }
    }
    mistake
}

/// The diagnostics of all files in the answer of `check --json`.
fn diagnostics(answer: &Value) -> Vec<Value> {
    let files = answer.as_array().unwrap_or_else(|| panic!("no list of files in {answer:#}"));
    files.iter().flat_map(|file| file["diagnostics"].as_array().cloned().unwrap_or_default()).collect()
}

fn mistake(diagnostic: &Value) -> Mistake {
    let text = |key: &str| diagnostic[key].as_str().map(str::to_owned);
    Mistake {
        file: text("file").map(|file| file.trim_start_matches("./").to_owned()),
        line: diagnostic["line"].as_u64(),
        severity: text("severity").unwrap_or_default(),
        code: text("code").unwrap_or_default(),
    }
}

/// What a person sees, word by word.
fn words_are_expected(case: &Path) -> Result<(), String> {
    let answer = Call::new(case, &["check", "pipeline.yaml"]).answer();
    let code = answer.code.map_or_else(|| "none".to_owned(), |code| code.to_string());
    let seen = format!("{}{}exit code {code}\n", answer.stdout, answer.stderr);
    expect_file(&case.join("expected.txt"), &without_own_paths(&seen, case))
}

/// Paths of this machine do not belong into an expected file.
fn without_own_paths(text: &str, case: &Path) -> String {
    text.replace(&case.display().to_string(), "[CASE]").replace(&repository().display().to_string(), "[REPOSITORY]")
}

#[test]
fn several_files_are_checked_in_one_call() {
    let folder = repository().join("tests/cases/check");
    let answer = Call::new(&folder, &["check", "unknown-key/pipeline.yaml", "unknown-table/pipeline.yaml"]).answer();
    let answer = answer.exits(1);
    let seen = format!("{}{}", answer.stdout, answer.stderr);
    for words in
        ["unknown-key/pipeline.yaml:", "unknown-table/pipeline.yaml:", "error[unknown-key]", "error[unknown-table]"]
    {
        assert!(seen.contains(words), "no {words:?} in {answer}");
    }
}
