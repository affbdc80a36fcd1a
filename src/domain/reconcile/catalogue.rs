//! The catalogue of exceptions: what each code means, how bad it is, what to do.
//!
//! Codes are those that merchants, accountants and the story `quadratura-notte` use; the data lies in `catalogue.tsv`.

use std::sync::LazyLock;

/// How bad an exception is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Good to know.
    Info,
    /// Somebody should look.
    Warning,
    /// Money or law: the run ends with exit code 3 while it is open.
    Blocker,
}

impl Severity {
    /// The severities by their words.
    pub const ALL: [(&'static str, Self); 3] =
        [("info", Self::Info), ("warning", Self::Warning), ("blocker", Self::Blocker)];

    /// The word in tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Blocker => "blocker",
        }
    }
}

/// One code of the catalogue.
#[derive(Clone, Copy, Debug)]
pub struct ExceptionCode {
    /// `PAY_MISSING`.
    pub code: &'static str,
    /// How bad it is, unless the pipeline says otherwise.
    pub severity: Severity,
    /// What it means, in English.
    pub meaning: &'static str,
    /// What it means, in Italian.
    pub meaning_it: &'static str,
    /// What to do, in English.
    pub action: &'static str,
    /// What to do, in Italian.
    pub action_it: &'static str,
}

static CODES: LazyLock<Vec<ExceptionCode>> = LazyLock::new(|| {
    include_str!("catalogue.tsv")
        .lines()
        .skip(1)
        .filter_map(|line| row(&line.split('\t').collect::<Vec<_>>()))
        .collect()
});

fn row(cells: &[&'static str]) -> Option<ExceptionCode> {
    let [code, severity, meaning, meaning_it, action, action_it] = *cells else { return None };
    let severity = Severity::ALL.into_iter().find(|(word, _)| *word == severity)?.1;
    Some(ExceptionCode { code, severity, meaning, meaning_it, action, action_it })
}

/// All codes, in the order of the catalogue.
#[must_use]
pub fn codes() -> &'static [ExceptionCode] {
    &CODES
}

/// A code by its name.
#[must_use]
pub fn find(code: &str) -> Option<&'static ExceptionCode> {
    CODES.iter().find(|own| own.code == code)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_line_of_the_catalogue_is_whole_and_none_comes_twice() {
        assert_eq!(codes().len(), include_str!("catalogue.tsv").lines().count() - 1);
        let distinct: HashSet<&str> = codes().iter().map(|code| code.code).collect();
        assert_eq!(distinct.len(), codes().len());
        assert_eq!(find("PAY_MISSING").map(|code| code.severity), Some(Severity::Blocker));
        assert!(find("PAY_MISSNG").is_none());
    }
}
