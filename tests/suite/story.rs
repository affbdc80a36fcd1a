//! The main job: `pipelines/canali-notte.yaml` on the shipped fixtures, against `fixtures/expected/canali.json`, which
//! another program computes from the same inputs with fractions.

use std::collections::BTreeMap;
use std::fs;
use std::sync::LazyLock;

use quick_xml::Reader;
use quick_xml::events::Event;
use serde_json::Value;

use crate::examples::runs;
use crate::harness::{Scratch, columns, csv, repository};

const PIPELINE: &str = "pipelines/canali-notte.yaml";

/// The files of one run, read by all tests.
static NIGHT: LazyLock<Scratch> = LazyLock::new(|| {
    let shop = Scratch::shop_kept("canali-notte");
    runs(PIPELINE, &shop).unwrap_or_else(|problem| panic!("{problem}"));
    shop
});

static EXPECTED: LazyLock<Value> = LazyLock::new(|| {
    let text = fs::read_to_string(repository().join("fixtures/expected/canali.json")).unwrap();
    serde_json::from_str(&text).unwrap()
});

/// Rows as sorted lines of text, so that two sets of rows are compared by their first difference.
fn sorted(rows: impl IntoIterator<Item = Vec<String>>) -> Vec<String> {
    let mut lines: Vec<String> = rows.into_iter().map(|row| row.join(" | ")).collect();
    lines.sort();
    lines
}

/// Asserts that two sorted lists of rows are equal, naming rows that are only in one of them.
fn assert_same(what: &str, expected: &[String], actual: &[String]) {
    assert!(!expected.is_empty(), "{what}: nothing is expected");
    let only = |left: &[String], right: &[String]| -> Vec<String> {
        left.iter().filter(|line| !right.contains(line)).take(8).cloned().collect()
    };
    let (missing, surplus) = (only(expected, actual), only(actual, expected));
    assert!(
        expected == actual,
        "{what}: {} rows expected, {} found\nexpected, but not there: {missing:#?}\nthere, but not expected: {surplus:#?}",
        expected.len(),
        actual.len()
    );
}

fn list(name: &str) -> &'static [Value] {
    EXPECTED[name].as_array().unwrap_or_else(|| panic!("`{name}` is no list"))
}

/// A value as the files write it: text without quotes, nothing for null.
fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A number without the zeros that do not matter: `22.0000` and `22` are one rate.
fn plain(number: &str) -> String {
    if number.contains('.') { number.trim_end_matches('0').trim_end_matches('.').to_owned() } else { number.to_owned() }
}

fn pick(value: &Value, keys: &[&str]) -> Vec<String> {
    keys.iter().map(|key| text(&value[*key])).collect()
}

/// Good products with the given parts of one channel.
fn offers(channel: &str, keys: &[&str]) -> Vec<Vec<String>> {
    let offer = |product: &Value| {
        let mut row = vec![text(&product["sku"])];
        row.extend(pick(&product["channels"][channel], keys));
        row
    };
    list("products").iter().map(offer).collect()
}

/// The rows with one number without its idle zeros.
fn with_plain(rows: Vec<Vec<String>>, number: usize) -> Vec<Vec<String>> {
    let simplify = |mut row: Vec<String>| {
        row[number] = plain(&row[number]);
        row
    };
    rows.into_iter().map(simplify).collect()
}

#[test]
fn prices_and_quantities_of_the_shop_are_right() {
    let found =
        columns(&NIGHT.read("out/shop.csv"), &["sku", "prezzo", "netto", "imposta", "quantita", "disponibilita"]);
    let expected = offers("shop", &["gross", "net", "vat", "quantity", "availability"]);
    assert_same("out/shop.csv", &sorted(expected), &sorted(with_plain(found, 4)));
}

#[test]
fn prices_and_quantities_of_ebay_are_right() {
    let names = ["Custom label (SKU)", "Start price", "Available quantity"];
    let found = columns(&NIGHT.read("out/ebay.csv"), &names);
    assert_same("out/ebay.csv", &sorted(offers("ebay", &["gross", "quantity"])), &sorted(with_plain(found, 2)));
    let actions = columns(&NIGHT.read("out/ebay.csv"), &["Action"]);
    assert!(actions.iter().all(|row| row[0] == "Revise"), "an action is not `Revise`");
}

#[test]
fn prices_and_availability_of_google_are_right() {
    let items = elements(&NIGHT.read("out/google.xml"), "item");
    let found = items.iter().map(|item| {
        let price =
            item["g:price"].strip_suffix(" EUR").unwrap_or_else(|| panic!("`{}` is not in euro", item["g:price"]));
        vec![item["g:id"].clone(), price.to_owned(), item["g:availability"].clone()]
    });
    assert_same("out/google.xml", &sorted(offers("google", &["gross", "availability"])), &sorted(found));
}

#[test]
fn gtins_reach_google_with_their_zeros() {
    let items = elements(&NIGHT.read("out/google.xml"), "item");
    let found = items.iter().map(|item| vec![item["g:id"].clone(), item.get("g:gtin").cloned().unwrap_or_default()]);
    let expected = list("products").iter().map(|product| pick(product, &["sku", "gtin"]));
    assert_same("g:gtin", &sorted(expected), &sorted(found));
}

/// Elements of that name, each as its children and their texts.
fn elements(xml: &str, name: &str) -> Vec<BTreeMap<String, String>> {
    let mut reader = Reader::from_str(xml);
    let (mut found, mut open, mut child) = (Vec::new(), None::<BTreeMap<String, String>>, None::<String>);
    loop {
        match reader.read_event().expect("the XML is well-formed") {
            Event::Start(start) => {
                let tag = start.name().as_ref().to_owned();
                match &open {
                    None if tag == name => open = Some(BTreeMap::new()),
                    Some(_) if child.is_none() => child = Some(tag),
                    _ => {}
                }
            }
            Event::Text(content) => {
                if let (Some(element), Some(child)) = (&mut open, &child) {
                    element.entry(child.clone()).or_default().push_str(&content);
                }
            }
            Event::End(end) => {
                let tag = end.name().as_ref().to_owned();
                if tag == name {
                    found.extend(open.take());
                } else if child.as_ref() == Some(&tag) {
                    child = None;
                }
            }
            Event::Eof => return found,
            _ => {}
        }
    }
}

#[test]
fn every_order_line_has_its_vat() {
    let keys = [
        "order",
        "line",
        "kind",
        "sku",
        "gross",
        "scheme",
        "vat_country",
        "natura",
        "document",
        "register",
        "vat_rate",
    ];
    let expected = list("order_lines").iter().map(|line| pick(line, &keys));
    let names = [
        "ordine",
        "riga",
        "tipo",
        "sku",
        "lordo",
        "scheme",
        "vat_country",
        "natura",
        "document",
        "register",
        "vat_rate",
    ];
    let found = columns(&NIGHT.read("out/righe_iva.csv"), &names);
    // A sale without VAT has no rate here, and the rate 0 there.
    let found = with_plain(found, 10).into_iter().map(|mut row| {
        if row[10].is_empty() {
            row[10].push('0');
        }
        row
    });
    assert_same("out/righe_iva.csv", &sorted(expected), &sorted(found));
}

#[test]
fn takings_are_right_by_day_and_rate() {
    let expected = list("corrispettivi").iter().map(|row| pick(row, &["day", "vat_rate", "gross", "taxable", "vat"]));
    let names = ["giorno", "aliquota", "lordo", "imponibile", "imposta"];
    let found = columns(&NIGHT.read("out/corrispettivi.csv"), &names);
    assert_same("out/corrispettivi.csv", &sorted(expected), &sorted(with_plain(found, 1)));
}

/// Invoices as files of text.
fn invoices() -> Vec<String> {
    let files = NIGHT.files().into_iter().filter(|file| file.starts_with("out/fatture/") && file.ends_with(".xml"));
    files.map(|file| NIGHT.read(&file)).collect()
}

/// Text of the first element of that name.
fn first<'x>(xml: &'x str, name: &str) -> &'x str {
    let start = xml.find(&format!("<{name}>")).map(|at| at + name.len() + 2);
    let rest = start.map_or("", |start| &xml[start..]);
    rest.split('<').next().unwrap_or_default()
}

#[test]
fn every_invoice_that_is_due_is_written_and_no_other() {
    let expected = list("invoices").iter().map(|invoice| pick(invoice, &["format", "destination", "total"]));
    let invoices = invoices();
    let tags = ["FormatoTrasmissione", "CodiceDestinatario", "ImportoTotaleDocumento"];
    let found = invoices.iter().map(|xml| tags.iter().map(|tag| first(xml, tag).to_owned()).collect());
    assert_same("out/fatture", &sorted(expected), &sorted(found));
}

#[test]
fn summaries_of_invoices_are_right_to_the_cent() {
    let expected = list("invoices").iter().flat_map(|invoice| invoice["summaries"].as_array().unwrap());
    let expected = expected.map(|one| pick(one, &["vat_rate", "natura", "taxable", "vat"]));
    let invoices = invoices();
    let summaries = invoices.iter().flat_map(|xml| elements(xml, "DatiRiepilogo"));
    let found = summaries.map(|summary| {
        let part = |name: &str| summary.get(name).cloned().unwrap_or_default();
        vec![plain(&part("AliquotaIVA")), part("Natura"), part("ImponibileImporto"), part("Imposta")]
    });
    assert_same("DatiRiepilogo", &sorted(expected), &sorted(found));
}

/// The reject file as rows of the named columns.
fn rejects(names: &[&str]) -> Vec<Vec<String>> {
    let rows = csv(&NIGHT.read("out/scarti.csv"), ';');
    let place =
        |name: &&str| rows[0].iter().position(|column| column == name).unwrap_or_else(|| panic!("no column `{name}`"));
    let places: Vec<usize> = names.iter().map(place).collect();
    rows[1..].iter().map(|row| places.iter().map(|place| row[*place].clone()).collect()).collect()
}

/// A refused document takes all its rows along: they are one fault.
#[test]
fn every_planted_fault_is_rejected_and_nothing_else() {
    let mut faults = sorted(rejects(&["node", "cause", "file", "line", "key"]));
    faults.dedup();
    assert_eq!(faults.len(), list("rejects").len(), "{faults:#?}");
    let mut causes = sorted(rejects(&["cause"]));
    causes.dedup();
    assert!(causes.len() >= 5, "only {causes:?}");
}

#[test]
fn rejects_of_files_are_found_by_file_and_line() {
    let found = sorted(rejects(&["file", "line", "cause"]));
    for planted in [
        "fixtures/easyfatt/prodotti.xml | 987 | bad-gtin",
        "fixtures/easyfatt/prodotti.xml | 1826 | missing-value",
        "fixtures/easyfatt/prodotti.xml | 3117 | not-in-list",
        "fixtures/fornitore/listino.xlsx | 26 | bad-gtin",
        "fixtures/fornitore/listino.xlsx | 61 | bad-gtin",
        "fixtures/fornitore/listino.xlsx | 112 | bad-gtin",
        "fixtures/fornitore/listino.xlsx | 52 | not-a-number",
        "fixtures/giacenze/MI.csv | 50 | wrong-field-count",
        "fixtures/giacenze/MI.csv | 90 | not-a-number",
        "fixtures/giacenze/RM.csv | 86 | bad-date",
    ] {
        assert!(found.iter().any(|line| line == planted), "no `{planted}` in {found:#?}");
    }
}

#[test]
fn orders_with_wrong_tax_data_are_held_by_the_invoices() {
    let found = sorted(rejects(&["node", "key", "cause"]));
    for planted in ["load:fatture | order=48133 | bad-codice-fiscale", "load:fatture | order=48147 | bad-partita-iva"] {
        assert!(found.iter().any(|line| line == planted), "no `{planted}` in {found:#?}");
    }
}
