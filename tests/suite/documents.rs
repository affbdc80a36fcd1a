//! Invoices in files of several, where they stand afterwards, and what a killed run leaves.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread::sleep;
use std::time::Duration;

use serde_json::Value;

use crate::harness::{files_below, repository};

const ORDERS: usize = 120;
const BUYERS: [&str; 3] = ["12345678903", "99900310154", "01234567897"];

fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_raccordo"));
    command.stdin(Stdio::null());
    command
}

/// A project whose orders go to three buyers in turn, ten documents in a file.
struct Shop(tempfile::TempDir);

impl Shop {
    fn new(options: &str) -> Self {
        let shop = Self(tempfile::tempdir().unwrap());
        fs::write(shop.at("raccordo.yaml"), "").unwrap();
        shop.orders(0..ORDERS, &|_| "19.99");
        let pipeline = format!(
            "pipeline: lotti
extract:
  righe:
    file: {{ path: righe.csv }}
    columns: {{ order: text, buyer_kind: text, company: text, vat_number: text, address: text, postcode: text, city: text,
      province: text, country: text, description: text, quantity: integer, unit_gross: money, vat_rate: percent }}
load:
  fatture:
    from: righe
    fatturapa:
      seller: {{ denominazione: Bottega S.r.l., partita_iva: \"01234567890\", regime_fiscale: RF01,
        sede: {{ indirizzo: Via dei Test 1, cap: \"00100\", comune: Roma, provincia: RM }} }}
      numbering: {{ series: WEB }}
      path: out/
      date: \"2026-11-20\"
{options}"
        );
        let pipeline = pipeline.replace("01234567890", "09876543217");
        fs::write(shop.at("lotti.yaml"), pipeline).unwrap();
        shop
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn orders(&self, orders: impl Iterator<Item = usize>, price: &dyn Fn(usize) -> &'static str) {
        let mut rows = String::from(
            "order,buyer_kind,company,vat_number,address,postcode,city,province,country,description,quantity,unit_gross,vat_rate\n",
        );
        for order in orders {
            let (buyer, price) = (BUYERS[order % BUYERS.len()], price(order));
            let address = "Via Roma 1,20100,Milano,MI,IT";
            let _ = writeln!(rows, "O{order:05},business,Ditta {buyer},{buyer},{address},Articolo,1,{price},22");
        }
        fs::write(self.at("righe.csv"), rows).unwrap();
    }

    fn run(&self) -> Output {
        let output = program().args(["run", "lotti.yaml", "--json"]).current_dir(self.0.path()).output().unwrap();
        assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
        output
    }

    fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let out = self.at("out");
        files_below(&out).into_iter().map(|file| (file.clone(), fs::read(out.join(file)).unwrap())).collect()
    }

    /// The numbers of all documents of all files.
    fn numbers(&self) -> Vec<usize> {
        let mut numbers: Vec<usize> = Vec::new();
        for file in self.files().values() {
            let parts = text(file);
            let found = parts.split("<Numero>").skip(1).map(|part| part.split('/').next().unwrap().parse().unwrap());
            numbers.extend(found.collect::<Vec<usize>>());
        }
        numbers.sort_unstable();
        numbers
    }

    /// A message of the exchange system about a file of ours, of today.
    fn message(&self, kind: &str, sample: &str, file: &str) {
        let data = repository().join("tests/data/fatturapa/sdi/private");
        let message = fs::read_to_string(data.join(format!("{sample}_{kind}_001.xml"))).unwrap();
        let today = chrono::Utc::now().format("%Y-%m-%d").to_string();
        let message = message.replace(&format!("{sample}.xml"), file).replace("2026-11-24", &today);
        fs::create_dir_all(self.at("sdi")).unwrap();
        fs::write(self.at(&format!("sdi/{}_{kind}_001.xml", file.trim_end_matches(".xml"))), message).unwrap();
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The rows of what the report tells about a topic.
fn news(output: &Output, topic: &str) -> Vec<Value> {
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let told = report["news"].as_array().unwrap().iter().find(|news| news["topic"] == topic);
    told.map(|news| news["rows"].as_array().unwrap().clone()).unwrap_or_default()
}

fn rejects(output: &Output) -> Vec<(String, u64)> {
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let causes = report["rejects"].as_array().unwrap();
    causes.iter().map(|cause| (cause["cause"].as_str().unwrap().to_owned(), cause["rows"].as_u64().unwrap())).collect()
}

#[test]
fn batches_are_written_again_byte_for_byte() {
    let shop = Shop::new("      batch: { documents: 10 }\n");
    shop.run();
    let before = shop.files();
    assert_eq!(before.len(), ORDERS / 10);
    assert_eq!(shop.numbers(), (1..=ORDERS).collect::<Vec<_>>());
    fs::remove_dir_all(shop.at("out")).unwrap();
    assert_eq!(rejects(&shop.run()), []);
    assert!(before == shop.files(), "a re-run writes other bytes");

    // With a part of its orders, or with one that changed, a file stays as it is.
    shop.orders(0..ORDERS / 2, &|order| if order == 0 { "21.99" } else { "19.99" });
    assert_eq!(rejects(&shop.run()), [("already-invoiced".to_owned(), 1)]);
    assert!(before == shop.files(), "an issued batch was changed");

    // New orders go into new files.
    shop.orders(0..ORDERS + 3, &|_| "19.99");
    assert_eq!(rejects(&shop.run()), []);
    assert_eq!(shop.files().len(), ORDERS / 10 + 3);
    assert_eq!(shop.numbers(), (1..=ORDERS + 3).collect::<Vec<_>>());
}

#[test]
fn a_killed_batch_loses_no_number_and_leaves_nothing_behind() {
    for kill_after in [20, 80, 120, 160, 200, 260] {
        let shop = Shop::new("      batch: { documents: 10 }\n");
        let mut child = program()
            .args(["run", "lotti.yaml"])
            .current_dir(shop.0.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        sleep(Duration::from_millis(kill_after));
        child.kill().unwrap();
        child.wait().unwrap();
        shop.run();
        assert_eq!(shop.numbers(), (1..=ORDERS).collect::<Vec<_>>(), "killed after {kill_after} ms");
        let left: BTreeSet<String> = fs::read_dir(shop.0.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .filter(|name| name.ends_with(".part"))
            .collect();
        assert_eq!(left, BTreeSet::new(), "killed after {kill_after} ms");
    }
}

/// A refused file refuses all of its documents: they go out again, together, under a new name; the report tells the rest.
#[test]
fn a_refused_batch_goes_out_again_and_the_report_tells_where_invoices_stand() {
    let shop = Shop::new("      batch: { documents: 10 }\n      messages: \"sdi/*.xml\"\n");
    shop.run();
    let names: Vec<String> = shop.files().into_keys().collect();
    shop.message("NS", "IT01234567897_0000B", &names[0]);
    shop.message("RC", "IT01234567897_0000A", &names[1]);
    shop.message("MC", "IT01234567897_0000C", &names[2]);
    let output = shop.run();
    let files = shop.files();
    assert_eq!(files.len(), names.len() + 1);
    let again = files.keys().find(|name| !names.contains(name)).unwrap();
    let numero = |name: &str| text(&files[name]).matches("<Numero>").count();
    assert_eq!((numero(again), numero(&names[0])), (10, 10));
    let states: Vec<(String, u64)> = news(&output, "where the invoices stand")
        .iter()
        .map(|row| (row["state"].as_str().unwrap().to_owned(), row["invoices"].as_u64().unwrap()))
        .collect();
    let others = (ORDERS - 20) as u64;
    let expected = [("made available", 10), ("no answer yet", others), ("delivered", 10)];
    assert_eq!(states, expected.map(|(state, invoices)| (state.to_owned(), invoices)));

    // Refused again, and their orders are gone: they wait for somebody, until a day.
    shop.message("NS", "IT01234567897_0000B", again);
    shop.orders(3..4, &|_| "19.99");
    let output = shop.run();
    let refused = &news(&output, "where the invoices stand")[0];
    assert_eq!((refused["state"].as_str(), refused["invoices"].as_u64()), (Some("refused"), Some(9)));
    assert!(refused["which"].as_str().unwrap().ends_with(", and 4 more"), "{refused}");
    assert_eq!(refused["by"].as_str().unwrap().len(), "2026-11-29".len());
}

/// Every file that the examples of invoices write passes the controls of the exchange system.
#[test]
fn every_kind_of_document_is_acceptable() {
    let shop = crate::harness::Scratch::shop();
    let run = shop.raccordo(&["run", "pipelines/documenti-fiscali.yaml"]).answer();
    assert_eq!(run.code, Some(0), "{run}");
    let check = shop.raccordo(&["fatturapa", "check", "--names", "--quiet", "out/documenti"]).answer();
    assert_eq!(check.code, Some(0), "{check}");
    let types: BTreeSet<String> = files_below(&shop.path().join("out/documenti"))
        .into_iter()
        .filter(|file| is_xml(file))
        .flat_map(|file| {
            let file = shop.read(&format!("out/documenti/{file}"));
            file.split("<TipoDocumento>").skip(1).map(|part| part[..4].to_owned()).collect::<Vec<_>>()
        })
        .collect();
    let expected = ["TD01", "TD04", "TD06", "TD07", "TD08", "TD16", "TD17", "TD24", "TD27"];
    assert_eq!(types, expected.map(str::to_owned).into());
}

fn is_xml(file: &str) -> bool {
    Path::new(file).extension().is_some_and(|extension| extension == "xml")
}

/// What an invoice says, in the order of the file.
fn told(file: &str, element: &str) -> Vec<String> {
    let (start, end) = (format!("<{element}>"), format!("</{element}>"));
    file.split(&start).skip(1).map(|part| part.split(&end).next().unwrap_or_default().to_owned()).collect()
}

/// From sold lines to files: who pays the VAT, which invoice a note corrects, the merchant's order, the means of payment.
#[test]
fn sold_lines_become_invoices_that_agree_with_their_treatment() {
    let shop = crate::harness::Scratch::shop();
    let run = shop.raccordo(&["run", "pipelines/vendite-fatture.yaml"]).answer();
    assert_eq!(run.code, Some(0), "{run}");
    let check = shop.raccordo(&["fatturapa", "check", "--names", "--quiet", "out/vendite/fatture"]).answer();
    assert_eq!(check.code, Some(0), "{check}");
    let mut documents = BTreeMap::new();
    for name in files_below(&shop.path().join("out/vendite/fatture")) {
        let file = shop.read(&format!("out/vendite/fatture/{name}"));
        let one = |element: &str| told(&file, element).join(" ");
        let numero = told(&file, "Numero").remove(0);
        documents.insert(
            numero,
            [
                one("TipoDocumento"),
                one("EsigibilitaIVA"),
                one("ModalitaPagamento"),
                one("ImportoTotaleDocumento"),
                one("ImportoPagamento"),
                one("IdDocumento"),
            ],
        );
    }
    let expected: [(&str, [&str; 6]); 11] = [
        ("1/W", ["TD01", "I", "MP08", "12.00", "12.00", "WEB-2025-000102"]),
        ("2/W", ["TD01", "I I", "MP05", "311.21", "311.21", "WEB-2025-000103"]),
        // The public body and, until June 2025, the listed company pay without VAT.
        ("3/W", ["TD01", "S S", "MP05", "504.50", "415.00", "WEB-2025-000104"]),
        ("4/W", ["TD01", "S", "MP05", "1290.00", "1057.38", "WEB-2025-000105"]),
        ("5/W", ["TD01", "", "MP05", "800.00", "800.00", "WEB-2025-000107"]),
        ("6/W", ["TD01", "", "MP08", "40.00", "40.00", "WEB-2025-000108"]),
        ("7/W", ["TD01", "", "MP08", "40.00", "40.00", "WEB-2025-000112"]),
        ("8/W", ["TD24", "I", "MP12", "797.60", "797.60", "WEB-2025-000109 WEB-2025-000110"]),
        ("9/W", ["TD01", "I", "MP05", "129.00", "129.00", "WEB-2025-000113"]),
        ("1/NC", ["TD04", "I", "MP05", "48.80", "48.80", "WEB-2025-000103 2/W"]),
        ("2/NC", ["TD04", "S", "MP05", "48.80", "40.00", "WEB-2025-000104 3/W"]),
    ];
    let expected = expected.map(|(numero, cells)| (numero.to_owned(), cells.map(str::to_owned)));
    assert_eq!(documents, BTreeMap::from(expected));
    let oss = shop.read("out/vendite/oss.csv");
    assert!(oss.contains("2025-Q3,correction,FR,,,,2025-Q2,-8.33,-1.67,-10.00"), "{oss}");
}

/// A project with orders of one buyer.
struct Notes(tempfile::TempDir);

impl Notes {
    fn new() -> Self {
        let notes = Self(tempfile::tempdir().unwrap());
        fs::write(notes.0.path().join("raccordo.yaml"), "").unwrap();
        let pipeline = "pipeline: note
extract:
  righe:
    file: { path: righe.csv }
    columns: { order: text, document_type: text, document_date: date, linked_order: text, split_payment: text,
      payment_method: text, vat_number: text, unit_gross: money, buyer_kind: text, company: text, address: text,
      postcode: text, city: text, province: text, country: text, description: text, quantity: integer, vat_rate: percent }
load:
  fatture:
    from: righe
    fatturapa:
      seller: { denominazione: Bottega S.r.l., partita_iva: \"09876543217\", regime_fiscale: RF01,
        sede: { indirizzo: Via dei Test 1, cap: \"00100\", comune: Roma, provincia: RM } }
      numbering: { by_type: { TD04: { series: NC } } }
      payment_methods: { Pagherò: MP06 }
      path: out/
";
        fs::write(notes.0.path().join("note.yaml"), pipeline).unwrap();
        notes
    }

    /// Runs rows of order, type, day, linked order, split payment, means of payment, VAT number and price; gives the report.
    fn run(&self, rows: &[&str]) -> Output {
        let mut text = String::from(
            "order,document_type,document_date,linked_order,split_payment,payment_method,vat_number,unit_gross,buyer_kind,company,address,postcode,city,province,country,description,quantity,vat_rate\n",
        );
        for row in rows {
            let _ = writeln!(text, "{row},business,Ditta srl,Via Roma 1,20100,Milano,MI,IT,Articolo,1,22");
        }
        fs::write(self.0.path().join("righe.csv"), text).unwrap();
        program().args(["run", "note.yaml", "--json"]).current_dir(self.0.path()).output().unwrap()
    }

    /// For each document: number, linked number and date, VAT falling due, means and amount of payment.
    fn documents(&self) -> BTreeMap<String, String> {
        let out = self.0.path().join("out");
        let files = files_below(&out).into_iter().map(|file| fs::read_to_string(out.join(file)).unwrap());
        let linked = |file: &str| {
            let block = told(file, "DatiFattureCollegate").concat();
            [told(&block, "IdDocumento"), told(&block, "Data")].concat().join(" ")
        };
        let cells = |file: &str| {
            let one = |element: &str| told(file, element).join(" ");
            [linked(file), one("EsigibilitaIVA"), one("ModalitaPagamento"), one("ImportoPagamento")].join("|")
        };
        files.map(|file| (told(&file, "Numero").remove(0), cells(&file))).collect()
    }
}

#[test]
fn a_note_finds_its_invoice_by_the_key_of_its_order() {
    let (good, bad) = ("12345678903", "12345678904");
    let notes = Notes::new();
    // The note stands before its invoice, and before one that will be rejected.
    let output = notes.run(&[
        &format!("A/R,TD04,2026-11-10,A,,bonifico,{good},12.20"),
        &format!("B/R,TD04,2026-11-10,B,,bonifico,{good},12.20"),
        &format!("A,TD01,2026-11-09,,SI,Carta di credito,{good},122.00"),
        &format!("B,TD01,2026-11-09,,,bonifico,{bad},122.00"),
        &format!("C,TD01,2026-11-09,,no,Pagherò,{good},122.00"),
        &format!("D/R,TD04,2026-11-10,D,,bonifico,{good},12.20"),
        &format!("E,TD01,2026-11-09,,,baratto,{good},122.00"),
        &format!("F,TD04,2026-11-09,,,bonifico,{good},122.00"),
    ]);
    let causes: BTreeSet<String> = rejects(&output).into_iter().map(|(cause, _)| cause).collect();
    let expected =
        ["bad-code", "bad-partita-iva", "linked-invoice-rejected", "linked-invoice-unknown", "missing-linked-invoice"];
    assert_eq!(causes, expected.map(str::to_owned).into());
    let first = [("1", "|S|MP08|100.00"), ("2", "|I|MP06|122.00"), ("1/NC", "1 2026-11-09|I|MP05|12.20")];
    let as_map = |pairs: &[(&str, &str)]| {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect::<BTreeMap<_, _>>()
    };
    assert_eq!(notes.documents(), as_map(&first));
    let before = fs::read_dir(notes.0.path().join("out")).unwrap().count();

    // Days later the invoice is only in the register.
    let output = notes.run(&[
        &format!("A/R,TD04,2026-11-10,A,,bonifico,{good},12.20"),
        &format!("C/R,TD04,2026-11-20,C,,cod,{good},122.00"),
    ]);
    assert_eq!(rejects(&output), []);
    assert_eq!(fs::read_dir(notes.0.path().join("out")).unwrap().count(), before + 1);
    let mut all = as_map(&first);
    all.insert("2/NC".to_owned(), "2 2026-11-09|I|MP01|122.00".to_owned());
    assert_eq!(notes.documents(), all);
}
