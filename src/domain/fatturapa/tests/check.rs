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
