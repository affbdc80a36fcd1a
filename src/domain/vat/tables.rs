//! The embedded tables, and those of a user that win over them.

use std::sync::LazyLock;

use super::legal::acts;
use super::rates::{Rate, rates};
use super::table::{Table, TableProblem};
use crate::domain::calendar::days_from_civil;

/// A table by its name and its text.
pub type Embedded = (&'static str, &'static str);

/// The files, for pages and tests.
pub const EMBEDDED: [Embedded; 4] = [
    ("rules", include_str!("rules.tsv")),
    ("corrections", include_str!("corrections.tsv")),
    ("additions", include_str!("additions.tsv")),
    ("thresholds", include_str!("thresholds.tsv")),
];

/// The list of sources, as key and text.
pub const SOURCES: &str = include_str!("sources.tsv");

/// The decision table: the first row that matches wins.
pub static RULES: LazyLock<Table> = LazyLock::new(|| embedded(0));
/// What a return makes of the sale it undoes: the first row that matches.
pub static CORRECTIONS: LazyLock<Table> = LazyLock::new(|| embedded(1));
/// What is added to a decision: every row that matches.
pub static ADDITIONS: LazyLock<Table> = LazyLock::new(|| embedded(2));
/// Which sales count for a threshold.
pub static THRESHOLDS: LazyLock<Table> = LazyLock::new(|| embedded(3));

fn embedded(index: usize) -> Table {
    Table::parse(EMBEDDED[index].1).unwrap_or_default()
}

/// What a user brings: rows that win over the built-in ones, and rates of own classes of goods.
#[derive(Clone, Debug, Default)]
pub struct Own {
    /// Rows of the decision table.
    pub rules: Table,
    /// Rates per class and country.
    pub rates: Vec<Rate>,
}

/// Reads a user's rows of the decision table.
///
/// # Errors
/// Every line that cannot be used.
pub fn own_rules(text: &str) -> Result<Table, Vec<TableProblem>> {
    let table = Table::parse(text)?;
    let mut problems = Vec::new();
    for column in table.columns().iter().filter(|column| !RULES.columns().contains(column)) {
        let known = RULES.columns().join(", ");
        problems.push(TableProblem { line: 1, message: format!("unknown column `{column}`; known columns: {known}") });
    }
    for row in &table.rows {
        let mut wrong = |column: &str, known: &[&str]| {
            if !known.contains(&row.get(column)) {
                let known = known.iter().filter(|word| !word.is_empty()).copied().collect::<Vec<_>>().join("`, `");
                let message = format!("`{column}` of row `{}` is `{}`: expected `{known}`", row.id, row.get(column));
                problems.push(TableProblem { line: row.line, message });
            }
        };
        wrong("scheme", SCHEMES);
        wrong("rate", &["", "none", "domestic", "destination", "origin"]);
        wrong("confidence", &["", "high", "medium", "low"]);
        wrong(
            "document",
            &[
                "",
                "none",
                "invoice_mandatory",
                "invoice_on_request",
                "invoice_optional",
                "invoice_to_platform",
                "integration",
                "self_invoice",
                "foreign_rules",
                "hold",
            ],
        );
        wrong("intrastat", &["", "none", "goods", "services"]);
        if row.get("legal").is_empty() {
            let message = format!("row `{}` has no `legal`: name the provision that it follows", row.id);
            problems.push(TableProblem { line: row.line, message });
        }
    }
    if problems.is_empty() { Ok(table) } else { Err(problems) }
}

/// The schemes of the trade.
pub const SCHEMES: &[&str] = &[
    "IT_DOMESTIC",
    "IT_DOMESTIC_RC",
    "IT_SPLIT_PAYMENT",
    "IT_EDITORIA_MONOFASE",
    "IT_FORFETTARIO",
    "IT_ORIGIN_BELOW_10K",
    "OSS_UNION",
    "IOSS",
    "DEST_LOCAL_REGISTRATION",
    "INTRA_EU_SUPPLY",
    "EU_SERVICE_RC",
    "EXTRA_EU_SERVICE",
    "EXPORT",
    "SM_SUPPLY",
    "SM_DISTANCE_DESTINATION",
    "VATICAN_SUPPLY",
    "DEEMED_SUPPLIER",
    "PURCHASE_RC",
    "HOLD_VIES",
    "NO_SUPPLY_YET",
    "NO_SUPPLY_ALREADY_TAXED",
    "OUT_OF_SCOPE",
];

/// The days on which anything changes: between two of them the same facts have the same decision. Quarters begin on one too,
/// because a return looks at them.
#[must_use]
pub fn change_days(own: &Own) -> Vec<i32> {
    let tables = [&*RULES, &*CORRECTIONS, &*ADDITIONS, &*THRESHOLDS, &own.rules];
    let rows =
        tables.into_iter().flat_map(|table| &table.rows).flat_map(|row| [Some(row.from), row.to.map(|to| to + 1)]);
    let rates = rates().iter().chain(&own.rates).flat_map(|rate| [Some(rate.from), rate.to.map(|to| to + 1)]);
    let acts = acts().iter().flat_map(|act| [Some(act.from), act.to.map(|to| to + 1)]);
    let quarters = (2016..2050).flat_map(|year| [1, 4, 7, 10].map(|month| days_from_civil(year, month, 1)));
    let mut days: Vec<i32> = rows.chain(rates).chain(acts).chain(quarters).flatten().collect();
    days.sort_unstable();
    days.dedup();
    days
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::super::legal::act_of;
    use super::*;

    #[test]
    fn every_line_is_read_and_uses_known_words() {
        for (name, text) in EMBEDDED {
            let table = Table::parse(text).unwrap_or_else(|problems| panic!("{name}: {problems:?}"));
            let ids: HashSet<&str> = table.rows.iter().map(|row| row.id.as_str()).collect();
            assert_eq!(ids.len(), table.rows.len(), "{name}: an id is there twice");
            for reference in
                table.rows.iter().flat_map(|row| row.get("legal").split("; ")).filter(|text| !text.is_empty())
            {
                assert!(act_of(reference).is_some(), "{name}: {reference} names no act");
            }
        }
        assert!(own_rules(EMBEDDED[0].1.replace("oss_goods", "N3.2").as_str()).is_ok());
    }

    #[test]
    fn mistakes_of_a_user_are_all_named() {
        let head = "id\tfrom\tto\twhen\tscheme\trate\tconfidence\tlegal\n";
        let problems = own_rules(&format!("{head}a\t2026-01-01\t\tend=it\tIT\tdomestic\thigh\t\nb\t2026-01-01\t\t\tEXPORT\tbig\tsure\tart.1 DPR 633/72\n")).unwrap_err();
        assert_eq!(problems.iter().map(|problem| problem.line).collect::<Vec<_>>(), [2, 2, 3, 3]);
        assert!(own_rules("id\tfrom\twhen\tcolour\n").unwrap_err()[0].message.contains("unknown column `colour`"));
    }

    #[test]
    fn days_of_change_hold_rates_rules_and_quarters() {
        let days = change_days(&Own::default());
        for (year, month, day) in [(2025, 7, 1), (2025, 8, 1), (2026, 7, 1), (2027, 1, 1), (2024, 9, 1), (2026, 10, 1)]
        {
            assert!(days.contains(&days_from_civil(year, month, day).unwrap()), "{year}-{month}-{day}");
        }
        assert!(days.is_sorted());
    }
}
