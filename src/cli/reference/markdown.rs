//! Small pieces of Markdown that the pages share.

use std::fmt::Write;

/// A page with its title and what it is about.
#[must_use]
pub fn page(title: &str, about: &str) -> String {
    format!("{}\n# {title}\n\n{about}\n", super::NOTICE)
}

/// Appends a table; empty when there are no rows.
pub fn table(out: &mut String, header: &[&str], rows: &[Vec<String>]) {
    if rows.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n| {} |\n|{}", header.join(" | "), " --- |".repeat(header.len()));
    for row in rows {
        let cells: Vec<String> = row.iter().map(|cell| in_table(cell)).collect();
        let _ = writeln!(out, "| {} |", cells.join(" | "));
    }
}

/// Appends a fenced block.
pub fn block(out: &mut String, language: &str, text: &str) {
    let _ = writeln!(out, "\n```{language}\n{}\n```", text.trim_end());
}

/// Text of a cell: on one line, with its bars escaped.
fn in_table(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}

/// The name of a heading in links, as the usual renderers make it.
#[must_use]
pub fn anchor(heading: &str) -> String {
    let letters = heading.chars().filter_map(|letter| match letter {
        ' ' => Some('-'),
        letter if letter.is_alphanumeric() || "-_".contains(letter) => Some(letter),
        _ => None,
    });
    letters.flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_stay_in_their_row() {
        let mut out = String::new();
        table(&mut out, &["a", "b"], &[vec!["x | y".into(), "two\nlines".into()]]);
        assert_eq!(out, "\n| a | b |\n| --- | --- |\n| x \\| y | two lines |\n");
        out.clear();
        table(&mut out, &["a"], &[]);
        assert_eq!(out, "");
    }

    #[test]
    fn anchors_are_those_of_renderers() {
        assert_eq!(anchor("Step `price`"), "step-price");
        assert_eq!(anchor("unknown-key"), "unknown-key");
    }
}
