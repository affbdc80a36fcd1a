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
