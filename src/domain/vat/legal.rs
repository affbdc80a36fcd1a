//! Which act a legal reference belongs to on a day: an act that has ended gives way to its successor.

use std::sync::LazyLock;

use super::table::read_day;

const TABLE: &str = include_str!("acts.tsv");

/// An act that references are made to.
#[derive(Clone, Copy, Debug)]
pub struct Act {
    /// How references write it: `DPR 633/72`.
    pub name: &'static str,
    /// First day.
    pub from: i32,
    /// Last day.
    pub to: Option<i32>,
    /// What is cited from the day after on.
    pub successor: &'static str,
    /// Where this is known from.
    pub source: &'static str,
}

static ACTS: LazyLock<Vec<Act>> = LazyLock::new(|| TABLE.lines().filter_map(read).collect());

/// All acts.
#[must_use]
pub fn acts() -> &'static [Act] {
    &ACTS
}

fn read(line: &'static str) -> Option<Act> {
    let cells: [&'static str; 5] = line.split('\t').collect::<Vec<_>>().try_into().ok()?;
    let [name, from, to, successor, source] = cells;
    Some(Act { name, from: read_day(from)?, to: read_day(to), successor, source })
}

/// The act of one reference.
#[must_use]
pub fn act_of(reference: &str) -> Option<&'static Act> {
    acts().iter().find(|act| reference.contains(act.name))
}

/// References joined by `; ` as they are cited on a day, each once.
#[must_use]
pub fn cited(references: &str, day: i32) -> String {
    let mut cited: Vec<&str> = Vec::new();
    for reference in references.split("; ").filter(|reference| !reference.is_empty()) {
        let ended = act_of(reference).filter(|act| act.to.is_some_and(|to| to < day) && !act.successor.is_empty());
        let now = ended.map_or(reference, |act| act.successor);
        if !cited.contains(&now) {
            cited.push(now);
        }
    }
    cited.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_change_on_the_first_of_january_2027() {
        let references = "art.22 c.1 n.1 DPR 633/72; art.24 DPR 633/72; art.2 lett.oo DPR 696/96";
        let day = |text| read_day(text).unwrap();
        assert_eq!(cited(references, day("2026-12-31")), references);
        assert_eq!(
            cited(references, day("2027-01-01")),
            "D.Lgs. 10/2026 (Testo unico IVA), article number to be mapped; art.2 lett.oo DPR 696/96"
        );
    }

    #[test]
    fn every_line_is_read() {
        assert_eq!(acts().len(), TABLE.lines().filter(|line| !line.starts_with('#')).count() - 1);
    }
}
