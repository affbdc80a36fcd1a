//! The page of all diagnostics, from [`Code::all`].

use std::fmt::Write;

use crate::cli::reference::markdown;
use crate::diag::Code;

const ABOUT: &str = "\
What raccordo says when something is wrong, by its stable code. A code is shown in brackets, as in
`error[unknown-key]`, and never changes its meaning.";

/// The page.
#[must_use]
pub fn page() -> String {
    let mut out = markdown::page("Diagnostics", ABOUT);
    for code in Code::all() {
        let _ = writeln!(out, "\n## {code}\n\n{}.\n\n{}", capital(code.title()), code.explanation());
        if code.wrong() != code.right() {
            out.push_str("\nWrong:\n");
            markdown::block(&mut out, "text", code.wrong());
            out.push_str("\nRight:\n");
            markdown::block(&mut out, "text", code.right());
        }
    }
    out
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_heading() {
        let page = page();
        for code in Code::all() {
            assert!(page.contains(&format!("\n## {code}\n")), "{code}");
        }
        assert!(page.contains("The file is not well-formed YAML.\n"));
    }
}
