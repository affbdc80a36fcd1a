//! Diagnostics: what is wrong, where, and what to write instead.
//!
//! Lives here: places in source files, the texts they point into, the list of stable codes,
//! suggestions, and the two renderers (human and JSON). Must not live here: any knowledge of
//! YAML, of pipelines or of the trade, and any reading of files.

pub mod code;
pub mod mark;
pub mod place;
pub mod render;
pub mod source_map;
pub mod suggest;
pub mod text;

use std::ops::Deref;

pub use code::Code;
pub use mark::{Mark, mark};
pub use place::{FileId, Place, Placed};
pub use source_map::SourceMap;
pub use suggest::{did_you_mean, nearest};
pub use text::Text;

/// How bad a diagnostic is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// The pipeline cannot run.
    Error,
    /// The pipeline can run, but probably not as its author meant.
    Warning,
}

impl Severity {
    /// The word a user sees: `error` or `warning`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// One problem, with its place and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Stable name of the kind of problem; each has a page in the reference.
    pub code: Code,
    /// Whether the pipeline can still run.
    pub severity: Severity,
    /// The offending text, or [`Place::NONE`].
    pub place: Place,
    /// A lowercase phrase without a final period; identifiers in backticks.
    pub message: String,
    /// What to do, what was possible, the nearest match; one sentence each.
    pub help: Vec<String>,
    /// Other places that explain the problem, each with its label.
    pub related: Vec<(Place, String)>,
}

impl Diagnostic {
    /// An error: the pipeline cannot run.
    #[must_use]
    pub fn error(code: Code, place: Place, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, place, message.into())
    }

    /// A warning: the pipeline can run, but probably not as its author meant.
    #[must_use]
    pub fn warning(code: Code, place: Place, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, place, message.into())
    }

    fn new(severity: Severity, code: Code, place: Place, message: String) -> Self {
        Self { code, severity, place, message, help: Vec::new(), related: Vec::new() }
    }

    /// Adds a help sentence.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help.push(text.into());
        self
    }

    /// Adds each of the help sentences; handy with the `Option` of [`did_you_mean`].
    #[must_use]
    pub fn helps(mut self, texts: impl IntoIterator<Item = String>) -> Self {
        self.help.extend(texts);
        self
    }

    /// Adds another place with its label.
    #[must_use]
    pub fn related(mut self, place: Place, text: impl Into<String>) -> Self {
        self.related.push((place, text.into()));
        self
    }
}

/// Problems in the order in which they were found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    /// No problem so far.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one problem.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.0.push(diagnostic);
    }

    /// Whether anything found keeps the pipeline from running.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.0.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// Puts the problems in the order of the files and of the text, those without a place last.
    pub fn sort(&mut self) {
        self.0.sort_by_key(|diagnostic| (diagnostic.place.file.0, diagnostic.place.start));
    }
}

impl Deref for Diagnostics {
    type Target = [Diagnostic];

    fn deref(&self) -> &[Diagnostic] {
        &self.0
    }
}

impl Extend<Diagnostic> for Diagnostics {
    fn extend<I: IntoIterator<Item = Diagnostic>>(&mut self, diagnostics: I) {
        self.0.extend(diagnostics);
    }
}

impl FromIterator<Diagnostic> for Diagnostics {
    fn from_iter<I: IntoIterator<Item = Diagnostic>>(diagnostics: I) -> Self {
        Self(diagnostics.into_iter().collect())
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(diagnostic: Diagnostic) -> Self {
        Self(vec![diagnostic])
    }
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_errors_stop_a_run() {
        let mut diagnostics = Diagnostics::new();
        diagnostics.push(Diagnostic::warning(Code::UnusedTable, Place::NONE, "unused"));
        assert!(!diagnostics.has_errors());
        diagnostics.push(Diagnostic::error(Code::UnknownTable, Place::NONE, "unknown"));
        assert!(diagnostics.has_errors());
        assert_eq!(diagnostics.len(), 2);
    }

    #[test]
    fn sorting_follows_the_text_and_keeps_the_placeless_last() {
        let at = |start| Place { file: FileId(0), start, len: 1 };
        let mut diagnostics: Diagnostics = [
            Diagnostic::error(Code::Internal, Place::NONE, "nowhere"),
            Diagnostic::error(Code::UnknownKey, at(9), "late"),
            Diagnostic::error(Code::UnknownKey, at(2), "early"),
        ]
        .into_iter()
        .collect();
        diagnostics.sort();
        let order: Vec<&str> = diagnostics.iter().map(|found| found.message.as_str()).collect();
        assert_eq!(order, ["early", "late", "nowhere"]);
    }
}
