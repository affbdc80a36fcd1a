//! The page of the VAT rules, from their tables: for an accountant to read and correct.

use std::fmt::Write;

use crate::cli::reference::markdown;
use crate::domain::calendar::iso_date;
use crate::domain::vat::extra::FLAGS;
use crate::domain::vat::facts::FACTS;
use crate::domain::vat::legal::acts;
use crate::domain::vat::place::territories;
use crate::domain::vat::rates::rates;
use crate::domain::vat::table::{Row, Table};
use crate::domain::vat::tables::{ADDITIONS, CORRECTIONS, RULES, SOURCES, THRESHOLDS};
use crate::domain::vat::words;

const ABOUT: &str = "\
What the step `vat` knows, rule by rule, as it is in its tables: for who keeps the books to read and to correct. State of the
law: November 2026. This is a decision table with a confidence, not tax advice.

How a row is decided: its inputs become facts; the first rule whose conditions all hold, and that is in force at the tax point,
wins; a return is first decided as the sale it undoes, with that sale's day, and then corrected; then everything that applies is
added. `GOODS` in the tables is shown as the kinds it stands for. Confidence: `high` is read in a source, `medium` has a part
that is not verified, `low` wants a person's eye before it is used. A source `not verified` is general knowledge.

Your own rows win over all of these: `rules:` of the step names a file with the same columns (`id`, `from`, `to`, `when`,
`scheme`, `country`, `rate`, `natura`, `document`, `tipo`, `register`, `code`, `intrastat`, `confidence`, `legal`, `source`),
separated by tabs or commas. `country` is `IT`, `destination`, `origin` or a prefix; `rate` is `none`, `domestic`, `destination`
or `origin`; `code: auto` follows the party.";

const RETURNS: &str = "\
## Returns

What a return makes of the sale it undoes; `=` keeps what the sale had. The first row that matches.";

const ADDED: &str = "\
## What is added

Every row that matches, in this order. A confidence such as `<medium` is medium at most; a legal reference is added, or replaces
that of the rule.";

const COUNTED: &str = "\
## What counts for a threshold

Net amounts of a calendar year: 10 000 euro for the whole Union (article 59c of directive 2006/112), 28 000 euro of the year before
for San Marino (article 15 DM 21/06/2021).";

const RATES: &str = "\
## Rates

Standard rates: Duty27 EU standard VAT rate history (as of 2026-10-04), licensed under CC BY 4.0. Other rates: European
Commission, Taxes in Europe Database, via vatnode eu-vat-rates-data (observed 2026-09-29); most of their first days are not
verified, and a source `N` is general knowledge. Where a country has several rates of a class, a row needs your own table of
`rates`, or is rejected; `usual` marks the one that a class means all the same.";

const TERRITORIES: &str = "\
## Territories

Places that VAT does not treat as their country code says. A territory that is named wins over the postcode, which is compared
without blanks and hyphens. `it_free` is Italian and outside VAT; `third` is export for goods and a third country for services.";

const ACTS: &str = "\
## Acts

A reference to an act that has ended on the day of the document is replaced by its successor.";

/// The page.
#[must_use]
pub fn page() -> String {
    let mut out = markdown::page("VAT", ABOUT);
    rules(&mut out, &RULES);
    changes(&mut out, RETURNS, &CORRECTIONS);
    changes(&mut out, ADDED, &ADDITIONS);
    let counted = THRESHOLDS.rows.iter().map(|row| {
        vec![code(&row.id), validity(row), conditions(row), row.get("counts").to_owned(), row.get("source").to_owned()]
    });
    section(&mut out, COUNTED, &["rule", "in force", "when", "threshold", "source"], counted);
    rate_table(&mut out);
    territory_table(&mut out);
    let acts = acts().iter().map(|act| {
        let to = act.to.map_or_else(String::new, iso_date);
        vec![act.name.to_owned(), iso_date(act.from), to, act.successor.to_owned(), act.source.to_owned()]
    });
    section(&mut out, ACTS, &["act", "from", "to", "successor", "source"], acts);
    inputs(&mut out);
    let sources = SOURCES.lines().skip(1).filter_map(|line| line.split_once('\t'));
    let sources = sources.map(|(key, what)| vec![key.to_owned(), what.to_owned()]);
    section(&mut out, "## Sources", &["key", "source"], sources);
    out
}

fn section(out: &mut String, about: &str, header: &[&str], rows: impl Iterator<Item = Vec<String>>) {
    let _ = writeln!(out, "\n{about}");
    markdown::table(out, header, &rows.collect::<Vec<_>>());
}

/// The decision table, a chapter at a time.
fn rules(out: &mut String, table: &Table) {
    out.push_str("\n## Rules\n\nThe order counts: an earlier rule wins over a later one.\n");
    let mut chapters: Vec<&str> = table.rows.iter().map(|row| row.chapter.as_str()).collect();
    chapters.dedup();
    for chapter in chapters {
        let rows = table.rows.iter().filter(|row| row.chapter == chapter).map(rule);
        let header = ["rule", "in force", "when", "treatment", "document", "confidence", "provision", "source"];
        section(out, &format!("### {chapter}"), &header, rows);
    }
}

fn rule(row: &Row) -> Vec<String> {
    let country = row.get("country");
    let vat = match row.get("rate") {
        "none" | "" if country.is_empty() => String::new(),
        "none" | "" => format!(" in {country}"),
        rate => format!(", {rate} rate, VAT of {country}"),
    };
    let natura = if row.get("natura").is_empty() { String::new() } else { format!(", {}", row.get("natura")) };
    let mut document = row.get("document").to_owned();
    for (column, word) in [("tipo", ""), ("register", "register "), ("code", "code "), ("intrastat", "intrastat ")] {
        if !["", "none"].contains(&row.get(column)) {
            let _ = write!(document, ", {word}{}", row.get(column));
        }
    }
    vec![
        code(&row.id),
        validity(row),
        conditions(row),
        format!("{}{vat}{natura}", row.get("scheme")),
        document,
        row.get("confidence").to_owned(),
        row.get("legal").to_owned(),
        row.get("source").to_owned(),
    ]
}

fn changes(out: &mut String, about: &str, table: &Table) {
    let rows = table.rows.iter().map(|row| {
        let columns = ["document", "tipo", "register", "code", "natura", "intrastat", "bollo"];
        let changed = columns.iter().filter(|column| row.get(column) != "=");
        let changed: Vec<String> = changed.map(|column| format!("{column} {}", or_empty(row.get(column)))).collect();
        let legal = match (row.get("legal"), row.get("legal_mode")) {
            ("", _) => String::new(),
            (legal, "replace") => format!("instead: {legal}"),
            (legal, _) => legal.to_owned(),
        };
        let confidence = row.get("confidence").replace('=', "");
        vec![
            code(&row.id),
            validity(row),
            conditions(row),
            changed.join(", "),
            confidence,
            legal,
            row.get("source").to_owned(),
        ]
    });
    section(out, about, &["rule", "in force", "when", "changes", "confidence", "provision", "source"], rows);
}

fn rate_table(out: &mut String) {
    let rows = rates().iter().map(|rate| {
        let usual = if rate.usual { "usual" } else { "" };
        let area = if rate.territory.is_empty() { rate.country.clone() } else { rate.territory.clone() };
        let percent = rate.percent.to_string_trimmed();
        vec![area, rate.category.clone(), percent, iso_date(rate.from), rate.source.clone(), usual.to_owned()]
    });
    section(out, RATES, &["where", "class", "percent", "from", "source", ""], rows);
}

fn territory_table(out: &mut String) {
    let rows = territories().iter().map(|place| {
        let postcodes = match place.postcodes {
            "-" => "any",
            "?" => "by name only",
            written => written,
        };
        let certain = if place.certain { "" } else { "not verified" };
        let cells =
            [place.code, place.country, postcodes, place.provinces, place.zone, place.vat_country, place.aliases];
        cells.into_iter().chain([certain, place.legal, place.source]).map(str::to_owned).collect()
    });
    let header = [
        "territory",
        "country",
        "postcodes",
        "provinces",
        "treated as",
        "VAT of",
        "other names",
        "",
        "provision",
        "source",
    ];
    section(out, TERRITORIES, &header, rows);
}

fn inputs(out: &mut String) {
    let names = ["event", "product_kind", "buyer_kind", "vat_id_valid", "invoice_requested", "seller_regime"];
    let rows = names.iter().map(|name| {
        let known: Vec<String> = words::written(name).iter().map(|word| code(word)).collect();
        vec![code(name), known.join(", ")]
    });
    section(out, "## Words of the inputs", &["input", "words"], rows);
    let flags = FLAGS.iter().map(|(name, about)| vec![code(name), (*about).to_owned()]);
    section(out, "## Flags\n\nIn `flags:`, or in `extra` as `key=value;key=value`.", &["flag", "what it says"], flags);
    let facts = FACTS.iter().map(|(name, values, about)| vec![code(name), values.join(", "), (*about).to_owned()]);
    section(out, "## Facts\n\nWhat conditions may look at.", &["fact", "values", "what it says"], facts);
}

fn code(text: &str) -> String {
    format!("`{text}`")
}

fn or_empty(text: &str) -> &str {
    if text.is_empty() { "none" } else { text }
}

fn conditions(row: &Row) -> String {
    let told: Vec<String> = row.when.iter().map(|one| format!("{} {}", one.name(), one.values.join(" or "))).collect();
    if told.is_empty() { "always".to_owned() } else { told.join("; ") }
}

fn validity(row: &Row) -> String {
    match row.to {
        Some(to) => format!("{} to {}", iso_date(row.from), iso_date(to)),
        None => format!("from {}", iso_date(row.from)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_and_every_source_is_there() {
        let page = page();
        for row in [&*RULES, &*CORRECTIONS, &*ADDITIONS, &*THRESHOLDS].into_iter().flat_map(|table| &table.rows) {
            assert!(page.contains(&format!("| `{}` |", row.id)), "{}", row.id);
            for key in row.get("source").split(' ').filter(|key| key.starts_with('S')) {
                assert!(page.contains(&format!("\n| {key} |")), "{key} of {}", row.id);
            }
            assert!(!row.get("source").is_empty(), "{}", row.id);
        }
        assert!(page.contains("CC BY 4.0"));
    }
}
