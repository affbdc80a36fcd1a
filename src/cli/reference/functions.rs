//! The page of the functions of expressions, from their catalogue.

use std::fmt::Write;

use crate::cli::reference::markdown;
use crate::expr::functions::{AGGREGATES, FUNCTIONS};

const ABOUT: &str = "\
Functions of SQL expressions, as in `derive: { titolo: \"LEFT(titolo, 200)\" }`. Their names may be written in capital or
small letters. A null argument gives null, unless the function says otherwise.";

const AGGREGATES_ABOUT: &str = "
## Aggregates

Only in `aggregate`, in `pivot` and in the `SELECT` and `HAVING` of `sql`. Nulls are passed over; `COUNT(*)` counts rows and
`COUNT(DISTINCT x)` distinct values.
";

/// The page.
#[must_use]
pub fn page() -> String {
    let mut out = markdown::page("Functions", ABOUT);
    let rows: Vec<Vec<String>> =
        FUNCTIONS.iter().map(|entry| vec![format!("`{}`", entry.usage), entry.about.to_owned()]).collect();
    markdown::table(&mut out, &["function", "gives"], &rows);
    out.push_str(AGGREGATES_ABOUT);
    let names: Vec<String> = AGGREGATES.iter().map(|name| format!("`{name}`")).collect();
    let _ = writeln!(out, "\n{}", names.join(", "));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_function_and_aggregate_is_there() {
        let page = page();
        for entry in FUNCTIONS {
            assert!(page.contains(&format!("| `{}` |", entry.usage)), "{}", entry.name);
        }
        assert!(AGGREGATES.iter().all(|name| page.contains(&format!("`{name}`"))));
    }
}
