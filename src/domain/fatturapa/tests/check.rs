//! The checker on whole files.

use chrono::NaiveDate;

use crate::domain::fatturapa::{Finding, check, read};

fn codes(xml: &str) -> Vec<&'static str> {
    let document = read::read(xml.as_bytes()).unwrap();
    let received = NaiveDate::from_ymd_opt(2026, 11, 24);
    let findings = document.schema.into_iter().chain(check(&document.tree, received));
    findings.filter(Finding::is_error).map(|finding| finding.code).collect()
}

#[test]
fn an_empty_root_lacks_everything() {
    let xml = "<p:FatturaElettronica xmlns:p=\"http://ivaservizi.agenziaentrate.gov.it/docs/xsd/fatture/v1.2\" versione=\"FPR12\"/>";
    assert_eq!(codes(xml), ["00200", "00200"]);
}

/// Every synthetic file breaks one rule; the table names the codes that must be found, none more, none less.
#[test]
fn each_broken_rule_is_found_and_nothing_else() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/fatturapa/negative");
    let table = std::fs::read_to_string(format!("{folder}/EXPECTED.tsv")).unwrap();
    let mut seen = 0;
    for (name, expected) in table.lines().skip(1).filter_map(|line| line.split_once('\t')) {
        let mut found = codes(&std::fs::read_to_string(format!("{folder}/{name}")).unwrap());
        found.sort_unstable();
        found.dedup();
        let expected: Vec<&str> = if expected.starts_with("none") { Vec::new() } else { expected.split('+').collect() };
        assert_eq!(found, expected, "{name}");
        seen += 1;
    }
    assert_eq!(seen, 70);
}

/// What is written from a document that was read gives the same document, element for element.
#[test]
fn reading_what_was_written_gives_the_same_document() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/fatturapa/negative");
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "xml") {
            continue;
        }
        let first = read::read(&std::fs::read(&path).unwrap()).unwrap();
        let mut bytes = Vec::new();
        first.tree.write(&mut bytes);
        let second = read::read(&bytes).unwrap();
        assert_eq!(first.tree, second.tree, "{}", path.display());
        let mut again = Vec::new();
        second.tree.write(&mut again);
        assert_eq!(bytes, again);
    }
}

#[test]
fn hostile_files_are_errors_with_a_line() {
    let root = "<p:FatturaElettronica xmlns:p=\"http://ivaservizi.agenziaentrate.gov.it/docs/xsd/fatture/v1.2\" versione=\"FPR12\">";
    let deep = format!("{root}<x>{}", "<y>".repeat(200));
    let cases = [
        ("", "the file is empty"),
        ("<a/>", "the root element is `a`, not an invoice"),
        ("<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>", "a document type declaration (DTD) is not admitted"),
        (&format!("{root}<a>&b;</a>"), "the entity `b` is not one of XML"),
        (&format!("{root}\n<a></b>"), "line 2"),
        (root, "the file ends before its root element"),
        (&deep, "elements nested more than"),
    ];
    for (xml, expected) in cases {
        let error = read::read(xml.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}

proptest::proptest! {
    /// Whatever arrives, reading and checking end without a panic.
    #[test]
    fn damaged_files_break_nothing(at in 0_usize..4000, byte in proptest::prelude::any::<u8>(), length in 0_usize..5000) {
        let mut bytes = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/fatturapa/negative/valid_base.xml")).unwrap();
        let place = at % bytes.len();
        bytes[place] = byte;
        bytes.truncate(length.max(1));
        if let Ok(document) = read::read(&bytes) {
            let _ = check(&document.tree, None);
        }
    }
}
