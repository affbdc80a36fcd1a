//! Whole runs: `tests/cases/run/NAME` holds `pipeline.yaml`, its inputs, and in `expected/` every file that the run
//! must write, byte for byte.
//!
//! Beside them may stand `exit` (the exit code, 0 when absent), `arguments` (one a line, after the pipeline),
//! `stderr` (texts that must be said, one a line) and `expected.report.json`: a part of the report in which tables and
//! loads are objects by name and rejects are counts by table and cause.

use std::fs;
use std::path::Path;

use serde_json::{Map, Value, json};

use crate::harness::{
    Answer, Scratch, difference, files_below, folders_in, name_of, none_failed, repository, set_difference,
};

/// Files of a case that are not inputs.
const EXPECTATIONS: &[&str] = &["expected.report.json", "exit", "arguments", "stderr"];

#[test]
fn every_run_writes_what_is_expected() {
    let cases = folders_in(&repository().join("tests/cases/run"));
    assert!(cases.len() >= 12, "only {} cases", cases.len());
    let failures: Vec<String> = cases.iter().filter_map(|case| failure(case)).collect();
    none_failed("runs", &failures);
}

fn failure(case: &Path) -> Option<String> {
    let scratch = inputs_of(case);
    let inputs = scratch.files();
    let arguments = lines(&case.join("arguments"));
    let mut call = vec!["run", "pipeline.yaml", "--json"];
    call.extend(arguments.iter().map(String::as_str));
    let answer = scratch.raccordo(&call).answer();
    let mut problems = Vec::new();
    problems.extend(wrong_exit(case, &answer));
    problems.extend(wrong_talk(case, &arguments));
    problems.extend(wrong_report(case, &answer));
    problems.extend(wrong_files(case, &scratch, &inputs));
    if problems.is_empty() {
        return None;
    }
    Some(format!("== {}\n{}\n{answer}", name_of(case), problems.join("\n")))
}

/// A copy of the case without what is expected of it.
fn inputs_of(case: &Path) -> Scratch {
    let scratch = Scratch::copy_of(case);
    for file in EXPECTATIONS {
        let _ = fs::remove_file(scratch.path().join(file));
    }
    let _ = fs::remove_dir_all(scratch.path().join("expected"));
    scratch
}

fn lines(path: &Path) -> Vec<String> {
    fs::read_to_string(path).unwrap_or_default().lines().map(str::to_owned).collect()
}

fn wrong_exit(case: &Path, answer: &Answer) -> Option<String> {
    let expected = lines(&case.join("exit")).first().map_or(0, |code| code.trim().parse().expect("an exit code"));
    (answer.code != Some(expected)).then(|| format!("expected exit code {expected}"))
}

/// What a person is told, in a run of its own: with `--json` nothing is told.
fn wrong_talk(case: &Path, arguments: &[String]) -> Option<String> {
    let expected = lines(&case.join("stderr"));
    if expected.is_empty() {
        return None;
    }
    let mut call = vec!["run", "pipeline.yaml"];
    call.extend(arguments.iter().map(String::as_str));
    let answer = inputs_of(case).raccordo(&call).answer();
    let missing: Vec<String> = expected.into_iter().filter(|text| !answer.stderr.contains(text)).collect();
    (!missing.is_empty()).then(|| format!("not said: {missing:?} by {answer}"))
}

/// Every written file is expected and every expected file is written, with the same bytes; inputs stay as they were.
fn wrong_files(case: &Path, scratch: &Scratch, inputs: &[String]) -> Vec<String> {
    let expected = files_below(&case.join("expected"));
    let is_output = |file: &String| expected.contains(file) || !inputs.contains(file);
    let (outputs, rest): (Vec<String>, Vec<String>) = scratch.files().into_iter().partition(is_output);
    let mut problems = Vec::new();
    if outputs != expected {
        problems.push(format!("files: {}", set_difference(&expected, &outputs)));
    }
    let written = expected.iter().filter(|file| outputs.contains(file));
    problems.extend(written.filter_map(|file| differs(&case.join("expected").join(file), scratch, file)));
    problems.extend(rest.iter().filter_map(|file| differs(&case.join(file), scratch, file)));
    problems
}

fn differs(expected: &Path, scratch: &Scratch, file: &str) -> Option<String> {
    let wanted = fs::read(expected).unwrap();
    let found = fs::read(scratch.path().join(file)).unwrap();
    if wanted == found {
        return None;
    }
    let (wanted, found) = (String::from_utf8_lossy(&wanted), String::from_utf8_lossy(&found));
    Some(format!("{file} differs {}", difference(&wanted, &found)))
}

fn wrong_report(case: &Path, answer: &Answer) -> Vec<String> {
    let Ok(text) = fs::read_to_string(case.join("expected.report.json")) else { return Vec::new() };
    let expected: Value = serde_json::from_str(&text).expect("expected.report.json is JSON");
    let Ok(report) = serde_json::from_str::<Value>(&answer.stdout) else {
        return vec!["the report on stdout is not JSON".to_owned()];
    };
    let mut problems = Vec::new();
    compare("report", &expected, &by_name(&report), &mut problems);
    problems
}

/// The report with its lists as objects by name, and rejects as counts by table and cause.
#[must_use]
pub fn by_name(report: &Value) -> Value {
    let mut keyed = report.clone();
    for list in ["tables", "loads"] {
        let named = report[list].as_array().into_iter().flatten();
        let named = named.map(|one| (one["name"].as_str().unwrap_or_default().to_owned(), one.clone()));
        keyed[list] = Value::Object(named.collect());
    }
    let mut rejects: Map<String, Value> = Map::new();
    for cause in report["rejects"].as_array().into_iter().flatten() {
        let node = rejects.entry(cause["node"].as_str().unwrap_or_default()).or_insert_with(|| json!({}));
        node[cause["cause"].as_str().unwrap_or_default()] = cause["rows"].clone();
    }
    keyed["rejects"] = Value::Object(rejects);
    keyed
}

/// `expected` is a part of `found`: objects may have more keys there, everything else is equal.
fn compare(path: &str, expected: &Value, found: &Value, problems: &mut Vec<String>) {
    match (expected, found) {
        // An empty object says that there is nothing.
        (Value::Object(expected), Value::Object(_)) if !expected.is_empty() => {
            for (key, value) in expected {
                compare(&format!("{path}.{key}"), value, &found[key], problems);
            }
        }
        _ if expected == found => {}
        _ => problems.push(format!("{path}: expected {expected}, found {found}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_compared_in_part() {
        let report = json!({
            "status": "done", "tables": [{ "name": "a", "rows_in": 3, "rejected": 1 }], "loads": [],
            "rejects": [{ "node": "a", "cause": "bad-date", "rows": 1 }],
        });
        let differences = |expected: Value| {
            let mut problems = Vec::new();
            compare("report", &expected, &by_name(&report), &mut problems);
            problems
        };
        assert!(
            differences(json!({ "tables": { "a": { "rows_in": 3 } }, "rejects": { "a": { "bad-date": 1 } } }))
                .is_empty()
        );
        assert_eq!(
            differences(json!({ "tables": { "a": { "rows_in": 4 } } })),
            ["report.tables.a.rows_in: expected 4, found 3"]
        );
        assert_eq!(differences(json!({ "rejects": {} })).len(), 1);
        assert_eq!(differences(json!({ "tables": { "b": { "rows_in": 4 } } })).len(), 1);
    }
}
