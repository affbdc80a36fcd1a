//! `raccordo test`: the `tests:` of pipelines, offline.

use std::fmt::Write;
use std::path::Path;

use chrono::{DateTime, Utc};

use crate::cli::args::{Params, TestArgs};
use crate::cli::exit::{Exit, Failure};
use crate::cli::open::{Secrets, open};
use crate::cli::{clock, talk};
use crate::diag::SourceMap;
use crate::engine::{self, TestResult};

/// Runs the command.
///
/// # Errors
/// A parameter is given twice.
pub fn command(args: &TestArgs) -> Result<Exit, Failure> {
    let now = clock::now();
    let mut total = Total::default();
    for file in &args.files {
        total.add(one(file, &args.params, now)?);
    }
    let broken =
        if total.broken == 0 { String::new() } else { format!(", {} not run", talk::counted(total.broken, "file")) };
    talk::line(&format!("{} passed, {} failed{broken}", total.passed, total.failed));
    Ok(total.exit())
}

/// What came of all tests.
#[derive(Clone, Copy, Default)]
struct Total {
    passed: usize,
    failed: usize,
    broken: usize,
}

impl Total {
    fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.broken += other.broken;
    }

    fn exit(self) -> Exit {
        match self {
            Self { broken: 1.., .. } => Exit::Wrong,
            Self { failed: 1.., .. } => Exit::ChecksSayNo,
            _ => Exit::Done,
        }
    }
}

/// Runs the tests of a file. A pipeline that is wrong does not keep the others from being tested.
fn one(file: &Path, params: &Params, now: DateTime<Utc>) -> Result<Total, Failure> {
    let ready = match open(file, params, now, Secrets::NotNeeded)?.ready() {
        Ok(ready) => ready,
        Err(Failure::Said(_)) => return Ok(Total { broken: 1, ..Total::default() }),
        Err(failure) => return Err(failure),
    };
    let results = engine::tests(&ready.plan, &ready.pipeline);
    if results.is_empty() {
        talk::line(&format!("{}: no tests", file.display()));
    }
    for result in &results {
        talk::say(&describe(result, &ready.sources));
    }
    let passed = results.iter().filter(|result| result.passed).count();
    Ok(Total { passed, failed: results.len() - passed, broken: 0 })
}

fn describe(result: &TestResult, sources: &SourceMap) -> String {
    if result.passed {
        return format!("ok      {}\n", result.name);
    }
    let (line, column) = sources.line_column(result.place);
    let file = sources.path(result.place.file);
    let mut text = format!("FAILED  {} ({file}:{line}:{column})\n", result.name);
    for line in result.message.lines() {
        let _ = writeln!(text, "        {line}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::Place;

    #[test]
    fn a_failed_test_says_where_it_stands_and_what_differs() {
        let mut sources = SourceMap::new();
        let file = sources.add("a.yaml", "pipeline: a\ntests:\n  - name: x\n");
        let place = Place::between(file, 29, 30);
        let mut result = TestResult { name: "x".into(), place, passed: false, message: "one\ntwo".into() };
        assert_eq!(describe(&result, &sources), "FAILED  x (a.yaml:3:11)\n        one\n        two\n");
        result.passed = true;
        assert_eq!(describe(&result, &sources), "ok      x\n");
    }

    #[test]
    fn a_wrong_pipeline_weighs_more_than_a_failed_test() {
        let exit = |passed, failed, broken| Total { passed, failed, broken }.exit();
        assert_eq!(exit(2, 0, 0), Exit::Done);
        assert_eq!(exit(2, 1, 0), Exit::ChecksSayNo);
        assert_eq!(exit(2, 1, 1), Exit::Wrong);
    }
}
