//! Marks in the errors of a running plan: which step they come from.
//!
//! Polars carries an error as text only. Whoever raises one inside a plan writes [`mark`] in front of it, and the
//! engine finds it again with [`Mark::find`].

use std::str::FromStr;

use super::Code;

/// `[code at site] message`: the error of a step (`table#3`) or a load (`load:NAME`).
#[must_use]
pub fn mark(code: Code, site: &str, message: &str) -> String {
    format!("[{code} at {site}] {message}")
}

/// A mark that was found again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// What kind of problem.
    pub code: Code,
    /// Where: `table#3` or `load:NAME`.
    pub site: String,
    /// What happened, without the words that Polars adds below it.
    pub message: String,
}

impl Mark {
    /// The first mark inside the text of an error.
    #[must_use]
    pub fn find(text: &str) -> Option<Self> {
        text.match_indices('[').find_map(|(start, _)| {
            let (code, rest) = text[start + 1..].split_once(" at ")?;
            let code = Code::from_str(code).ok()?;
            let (site, message) = rest.split_once("] ")?;
            let message = message.lines().next().unwrap_or(message);
            Some(Self { code, site: site.to_owned(), message: message.to_owned() })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_found_inside_a_longer_message() {
        let marked = mark(Code::DecimalOverflow, "a#2", "`1 * 2` leaves 38 digits");
        assert_eq!(marked, "[decimal-overflow at a#2] `1 * 2` leaves 38 digits");
        let found = Mark::find(&format!("compute error: {marked}\n\nmore")).unwrap();
        assert_eq!((found.code, found.site.as_str()), (Code::DecimalOverflow, "a#2"));
        assert_eq!(found.message, "`1 * 2` leaves 38 digits");
        assert!(Mark::find("no mark [at all] here").is_none());
    }
}
