//! A year of 100,000 orders: documents, corrispettivi and OSS rows add up to what buyers paid, to the cent, per day and
//! rate.
//!
//! `orders` makes the orders, always the same; `oracle` works out what must come of them, line by line on whole cents,
//! sharing no code with the program. Days are those of Italy, across the two nights of the clocks and the 31st of
//! December; refunds fall into later quarters and into the next year.

mod calendar;
mod oracle;
mod orders;

use std::collections::BTreeMap;

use crate::harness::Scratch;

const PIPELINE: &str = r#"
pipeline: un-anno
extract:
  righe:
    file: { path: righe.csv }
    columns: { ordine: text, riga: text, istante: timestamp, evento: text, tipo: text, lordo: money, cliente: text, ddt: text, vat_country: text, vat_rate: "decimal(5,2)", vat_natura: text, vat_document: text, vat_tipo_documento: text, vat_register: text }
  ordini:
    file: { path: ordini.csv }
    columns: { numero: text, totale: money }
transform:
  documenti:
    from: righe
    steps:
      - documents: { columns: { order: ordine, line: riga, supply_date: istante, event: evento, line_kind: tipo, gross: lordo, buyer: cliente, ddt_number: ddt } }
  somme:
    from: documenti
    steps: [ { register: { summary: {}, orders: { table: ordini, order: numero, gross: totale } } } ]
  corrispettivi:
    from: documenti
    steps: [ { register: { corrispettivi: {} } } ]
  oss:
    from: documenti
    steps: [ { register: { oss: {} } } ]
load:
  somme: { from: somme, file: { path: out/somme.csv } }
  corrispettivi: { from: corrispettivi, file: { path: out/corrispettivi.csv, columns: { day: day, rate: rate, kind: kind, payment: payment, gross: gross, net: net, vat: vat } } }
  oss: { from: oss, file: { path: out/oss.csv, columns: { quarter: quarter, kind: kind, country: country, rate: rate, original_quarter: original_quarter, net: net, vat: vat, gross: gross } } }
rejects: { fail_above: 0% }
"#;

#[test]
fn a_year_of_orders_closes_to_the_cent() {
    let orders = orders::year(100_000);
    let scratch = Scratch::project()
        .with("pipeline.yaml", PIPELINE)
        .with("righe.csv", &orders::lines_csv(&orders))
        .with("ordini.csv", &orders::totals_csv(&orders));
    let answer = scratch.raccordo(&["run", "pipeline.yaml", "--json"]).answer();
    assert_eq!(answer.code, Some(0), "{answer}");
    let expected = oracle::books(&orders);
    for (what, lines) in
        [("somme", &expected.summary), ("corrispettivi", &expected.corrispettivi), ("oss", &expected.oss)]
    {
        compare(what, lines, &scratch.read(&format!("out/{what}.csv")));
    }
}

/// Rows by their first words, so that the first difference is shown and not all of the file.
fn compare(what: &str, expected: &[String], found: &str) {
    let found: BTreeMap<&str, usize> = found.lines().skip(1).enumerate().map(|(row, line)| (line, row)).collect();
    assert!(expected.len() > 20, "{what}: only {} rows are expected", expected.len());
    let missing: Vec<&String> = expected.iter().filter(|line| !found.contains_key(line.as_str())).collect();
    let strange: Vec<&&str> =
        found.keys().filter(|line| !expected.iter().any(|other| other == *line)).take(5).collect();
    let first = &missing[..missing.len().min(5)];
    assert!(
        missing.is_empty(),
        "{what}: {} rows are not there, such as {first:#?}; instead {strange:#?}",
        missing.len()
    );
    assert_eq!(found.len(), expected.len(), "{what}: rows that are not expected, such as {strange:#?}");
}
