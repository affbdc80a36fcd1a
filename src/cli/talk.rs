//! The one door to the terminal: data goes to the standard output, everything said to a person to the standard error.

use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write};

use crate::diag::{Diagnostic, Severity, SourceMap, render};
use crate::io::secret::hide;

/// Writes data to the standard output.
///
/// # Errors
/// The output is closed or full.
pub fn data(text: &str) -> io::Result<()> {
    bytes(hide(text).as_bytes())
}

/// Writes data that may be no text to the standard output.
///
/// # Errors
/// The output is closed or full.
pub fn bytes(bytes: &[u8]) -> io::Result<()> {
    let mut output = io::stdout().lock();
    output.write_all(bytes)?;
    output.flush()
}

/// Writes a value as JSON to the standard output.
///
/// # Errors
/// The output is closed or full.
pub fn json(value: &impl serde::Serialize) -> io::Result<()> {
    let mut text = serde_json::to_string_pretty(value)?;
    text.push('\n');
    data(&text)
}

/// Says something to the person. A terminal that went away is no reason to stop the work.
pub fn say(text: &str) {
    let mut output = io::stderr().lock();
    let _ = output.write_all(hide(text).as_bytes());
    let _ = output.flush();
}

/// Says one line.
pub fn line(text: &str) {
    say(&format!("{text}\n"));
}

/// Says what went wrong and what to do.
pub fn error(message: &str, help: &[String]) {
    let label = if colour() { "\u{1b}[1m\u{1b}[91merror\u{1b}[0m" } else { "error" };
    let mut text = format!("{label}: {message}\n");
    for help in help {
        let _ = writeln!(text, "  = help: {help}");
    }
    say(&text);
}

/// Shows problems with the lines they stand in.
pub fn problems(problems: &[Diagnostic], sources: &SourceMap) {
    if !problems.is_empty() {
        say(&render::human(problems, sources, colour()));
    }
}

/// Whether what is said may have colours: on a terminal, unless `NO_COLOR` is set.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "a matter of the terminal, which no pipeline sees")]
pub fn colour() -> bool {
    let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    !refused && io::stderr().is_terminal()
}

/// `2 errors, 1 warning`; `no problems` when there are none.
#[must_use]
pub fn tally(problems: &[Diagnostic]) -> String {
    let count = |severity: Severity| problems.iter().filter(|problem| problem.severity == severity).count();
    let parts = [(count(Severity::Error), "error"), (count(Severity::Warning), "warning")];
    let parts: Vec<String> =
        parts.iter().filter(|(number, _)| *number > 0).map(|(n, word)| counted(*n, word)).collect();
    if parts.is_empty() { "no problems".to_owned() } else { parts.join(", ") }
}

/// `1 file`, `2 files`.
#[must_use]
pub fn counted(number: usize, word: &str) -> String {
    format!("{number} {word}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::{Code, Place};

    #[test]
    fn the_tally_counts_errors_and_warnings_apart() {
        let error = Diagnostic::error(Code::UnknownKey, Place::NONE, "x");
        let warning = Diagnostic::warning(Code::UnusedTable, Place::NONE, "x");
        assert_eq!(tally(&[]), "no problems");
        assert_eq!(tally(&[error.clone(), warning.clone(), error]), "2 errors, 1 warning");
        assert_eq!(tally(&[warning]), "1 warning");
    }
}
