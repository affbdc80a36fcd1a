//! The user's own tables: rows of the decision table and rates of own classes, read while the pipeline is checked.

use crate::context::BindCx;
use crate::diag::{Code, Diagnostic, Text};
use crate::domain::vat::rates::read_own;
use crate::domain::vat::tables::{Own, own_rules};

/// How many mistakes of one file are named.
const NAMED: usize = 20;

/// Reads both tables; every mistake is reported.
pub fn read(rules: Option<&Text>, rates: Option<&Text>, cx: &BindCx) -> Own {
    let mut own = Own::default();
    if let Some((path, text)) = rules.and_then(|path| Some((path, text_of(path, cx)?))) {
        match own_rules(&text) {
            Ok(table) => own.rules = table,
            Err(problems) => report(path, problems.into_iter().map(|one| (one.line, one.message)), cx),
        }
    }
    if let Some((path, text)) = rates.and_then(|path| Some((path, text_of(path, cx)?))) {
        match read_own(&text) {
            Ok(rates) => own.rates = rates,
            Err(problems) => report(path, problems.into_iter(), cx),
        }
    }
    own
}

fn text_of(path: &Text, cx: &BindCx) -> Option<String> {
    let file = cx.project.path(path.as_str());
    match std::fs::read_to_string(&file) {
        Ok(text) => Some(text),
        Err(error) => {
            let message = format!("cannot read `{path}`: {error}");
            let problem = Diagnostic::error(Code::FileNotFound, path.place(), message);
            cx.report(problem.help("the path starts at the project folder; the file is text in UTF-8"));
            None
        }
    }
}

fn report(path: &Text, problems: impl Iterator<Item = (usize, String)>, cx: &BindCx) {
    for (line, message) in problems.take(NAMED) {
        cx.error(Code::BadValue, path, format!("`{path}`, line {line}: {message}"));
    }
}
