//! Electronic invoices from the outside: numbers that survive a kill, the verdicts of the command, files of every shape.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use serde_json::Value;

use crate::harness::repository;

const ORDERS: usize = 1000;

fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_raccordo"));
    command.stdin(Stdio::null());
    command
}

/// A project with a thousand orders to invoice.
fn project(folder: &Path) {
    let mut rows = String::from(
        "order,buyer_kind,company,vat_number,address,postcode,city,province,country,description,quantity,unit_gross,vat_rate\n",
    );
    for order in 0..ORDERS {
        for line in 0..3 {
            let _ = writeln!(
                rows,
                "O{order:05},business,Ditta {order} S.r.l.,12345678903,Via Roma 1,20100,Milano,MI,IT,Articolo {line},{},19.99,22",
                line + 1
            );
        }
    }
    fs::write(folder.join("righe.csv"), rows).unwrap();
    fs::write(folder.join("raccordo.yaml"), "").unwrap();
    fs::write(
        folder.join("fatture.yaml"),
        "pipeline: fatture
extract:
  righe:
    file: { path: righe.csv }
    columns: { order: text, buyer_kind: text, company: text, vat_number: text, address: text, postcode: text, city: text,
      province: text, country: text, description: text, quantity: integer, unit_gross: money, vat_rate: percent }
load:
  fatture:
    from: righe
    fatturapa:
      seller: { denominazione: Bottega S.r.l., partita_iva: \"01234567897\", regime_fiscale: RF01,
        sede: { indirizzo: Via dei Test 1, cap: \"00100\", comune: Roma, provincia: RM } }
      numbering: { series: WEB }
      path: out/
      date: \"2026-11-20\"
",
    )
    .unwrap();
}

fn run(folder: &Path) -> std::process::Output {
    program().args(["run", "fatture.yaml"]).current_dir(folder).output().unwrap()
}

/// Numbers of the files in the folder.
fn numbers(folder: &Path) -> Vec<usize> {
    let mut numbers: Vec<usize> = fs::read_dir(folder.join("out"))
        .unwrap()
        .map(|entry| {
            let text = fs::read_to_string(entry.unwrap().path()).unwrap();
            let rest = text.split("<Numero>").nth(1).unwrap();
            rest.split("/WEB").next().unwrap().parse().unwrap()
        })
        .collect();
    numbers.sort_unstable();
    numbers
}

/// Killed at any point and run again: every number once, no gap, and the same bytes from then on.
#[test]
fn a_killed_run_loses_no_number_and_repeats_none() {
    for kill_after in [5, 30, 60, 90, 120, 150, 180, 210, 240, 270, 300, 330, 360, 400] {
        let folder = tempfile::tempdir().unwrap();
        project(folder.path());
        let mut child = program()
            .args(["run", "fatture.yaml"])
            .current_dir(folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        sleep(Duration::from_millis(kill_after));
        child.kill().unwrap();
        child.wait().unwrap();
        let output = run(folder.path());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(numbers(folder.path()), (1..=ORDERS).collect::<Vec<_>>(), "killed after {kill_after} ms");
    }
}

/// Two runs at once take turns; run again, every file is the same, byte for byte; a changed order is not invoiced twice.
#[test]
fn the_same_order_has_one_invoice() {
    let folder = tempfile::tempdir().unwrap();
    project(folder.path());
    let waiting = ["run", "fatture.yaml", "--wait", "60s"];
    let start = || program().args(waiting).current_dir(folder.path()).stderr(Stdio::null()).spawn().unwrap();
    let (mut one, mut two) = (start(), start());
    assert!(one.wait().unwrap().success() && two.wait().unwrap().success());
    assert_eq!(numbers(folder.path()), (1..=ORDERS).collect::<Vec<_>>());
    let read = || -> BTreeSet<(String, Vec<u8>)> {
        let files = fs::read_dir(folder.path().join("out")).unwrap().map(Result::unwrap);
        files.map(|file| (file.file_name().to_string_lossy().into_owned(), fs::read(file.path()).unwrap())).collect()
    };
    let before = read();
    fs::remove_dir_all(folder.path().join("out")).unwrap();
    assert!(run(folder.path()).status.success());
    assert!(before == read(), "a re-run writes other bytes");
    let rows = fs::read_to_string(folder.path().join("righe.csv")).unwrap();
    fs::write(folder.path().join("righe.csv"), rows.replacen("19.99", "21.99", 1)).unwrap();
    let said = String::from_utf8_lossy(&run(folder.path()).stderr).into_owned();
    assert!(said.contains("already-invoiced"), "{said}");
    assert!(before == read(), "an issued invoice was changed");
}

fn verdicts(paths: &[&str]) -> (i32, Vec<Value>) {
    let output = program()
        .args(["fatturapa", "check", "--format", "json", "--received-at", "2026-11-24"])
        .args(paths)
        .current_dir(repository())
        .output()
        .unwrap();
    let lines = String::from_utf8(output.stdout).unwrap();
    (output.status.code().unwrap(), lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

#[test]
fn the_check_prints_one_object_per_document() {
    let (code, found) = verdicts(&["tests/data/fatturapa/negative/00409_duplicate_in_batch.xml"]);
    assert_eq!((code, found.len()), (3, 2));
    assert_eq!(found[1]["body"], 2);
    assert_eq!(found[1]["findings"][0]["code"], "00409");
    assert_eq!(found[1]["findings"][0]["severity"], "error");
    let path = found[1]["findings"][0]["path"].as_str().unwrap();
    assert_eq!(path, "FatturaElettronicaBody[2]/DatiGenerali/DatiGeneraliDocumento/Numero");
    let (code, found) = verdicts(&["tests/data/fatturapa/p7m"]);
    assert_eq!((code, found.len()), (3, 13));
    let valid = found.iter().filter(|verdict| verdict["signature"]["valid"] == true).count();
    assert_eq!(valid, 10, "{found:#?}");
}

/// After a refusal the same number and date go out under a new file name, corrected; the table says what is to be done.
#[test]
fn a_refused_invoice_goes_out_again() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    project(folder.path());
    let pipeline = fs::read_to_string(at("fatture.yaml")).unwrap();
    let stato = "  stato:\n    sdi_messages: { path: sdi/, table: invoices, invoices: out/ }\nload:\n  stato: { from: stato, file: { path: stato.csv } }\n";
    fs::write(at("stato.yaml"), format!("pipeline: stato\nextract:\n{stato}")).unwrap();
    fs::write(at("fatture.yaml"), pipeline.replace("path: out/", "path: out/\n      messages: \"sdi/*.xml\"")).unwrap();
    assert!(run(folder.path()).status.success());
    let message =
        fs::read_to_string(repository().join("tests/data/fatturapa/sdi/private/IT01234567897_0000B_NS_001.xml"))
            .unwrap();
    let today = chrono::Utc::now().format("%Y-%m-%d").to_string();
    let message = message.replace("IT01234567897_0000B.xml", "IT01234567897_00001.xml").replace("2026-11-24", &today);
    fs::create_dir(at("sdi")).unwrap();
    fs::write(at("sdi/IT01234567897_00001_NS_001.xml"), message).unwrap();
    let rows = fs::read_to_string(at("righe.csv")).unwrap();
    fs::write(at("righe.csv"), rows.replacen("19.99", "21.99", 1)).unwrap();
    let status = program().args(["run", "stato.yaml"]).current_dir(folder.path()).output().unwrap();
    assert!(status.status.success(), "{}", String::from_utf8_lossy(&status.stderr));
    let table = fs::read_to_string(at("stato.csv")).unwrap();
    let refused = table.lines().find(|line| line.starts_with("IT01234567897_00001.xml,")).unwrap();
    assert!(refused.contains("refused") && refused.contains("00423 00400"), "{refused}");
    assert_eq!(table.lines().count(), ORDERS + 1);
    let output = run(folder.path());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let again = fs::read_to_string(at("out/IT01234567897_000RT.xml")).unwrap();
    assert!(again.contains("<Numero>1/WEB</Numero>") && again.contains("<Data>2026-11-20</Data>"), "{again}");
}

/// What is signed and packed verifies, is named by the rule and stays below the limit.
#[test]
fn signed_and_packed_files_are_accepted() {
    let folder = tempfile::tempdir().unwrap();
    let data = repository().join("tests/data/fatturapa");
    let invoice = folder.path().join("IT01234567897_00001.xml");
    fs::copy(data.join("negative/valid_base.xml"), &invoice).unwrap();
    fs::write(folder.path().join("password"), "prova\n").unwrap();
    let sign = program()
        .args(["fatturapa", "sign", "--password-file", "password", "-o", "firmate", "--pkcs12"])
        .args([data.join("firma/rsa.p12"), invoice])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(sign.status.success(), "{}", String::from_utf8_lossy(&sign.stderr));
    let pack = program()
        .args(["fatturapa", "pack", "firmate", "--sender", "IT01234567897", "--first", "10", "-o", "pronte"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(pack.status.success(), "{}", String::from_utf8_lossy(&pack.stderr));
    let ca = data.join("firma/rsa.pem");
    let archive = folder.path().join("pronte/IT01234567897_0000A.zip");
    let (code, found) = verdicts(&["--names", "--ca", ca.to_str().unwrap(), archive.to_str().unwrap()]);
    assert_eq!((code, found.len()), (0, 1), "{found:#?}");
    assert_eq!(found[0]["signature"]["signers"][0]["is_trusted"], true);
}

fn said(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = program().args(arguments).current_dir(folder).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

/// A plan names every document with its number, buyer and total, and takes no number; `apply` does exactly that.
#[test]
fn a_plan_shows_documents_one_by_one() {
    let folder = tempfile::tempdir().unwrap();
    project(folder.path());
    let rows = fs::read_to_string(folder.path().join("righe.csv")).unwrap();
    let some = |orders: usize| rows.lines().take(1 + 3 * orders).map(|line| format!("{line}\n")).collect::<String>();
    fs::write(folder.path().join("righe.csv"), some(2)).unwrap();
    assert!(run(folder.path()).status.success());
    let wrong = some(4).replace("Ditta 3 S.r.l.,12345678903", "Ditta 3 S.r.l.,12345678900");
    fs::write(folder.path().join("righe.csv"), wrong).unwrap();
    for _ in 0..2 {
        let (code, shown, _) = said(folder.path(), &["plan", "fatture.yaml", "-o", "piano.json"]);
        assert_eq!(code, Some(0), "{shown}");
        assert!(shown.contains("1 to issue, 2 already issued, 1 rejected"), "{shown}");
        assert!(shown.contains("+ order O00002: TD01  3/WEB  Ditta 2 S.r.l.  "), "{shown}");
        assert!(shown.contains("= order O00000: TD01  1/WEB  Ditta 0 S.r.l.  119.94"), "{shown}");
        assert!(shown.contains("! order O00003: TD01  "), "{shown}");
        assert_eq!(numbers(folder.path()), [1, 2]);
    }
    let (_, json, _) = said(folder.path(), &["plan", "fatture.yaml", "--json"]);
    let plan: Value = serde_json::from_str(&json).unwrap();
    let documents = plan["loads"][0]["documents"].as_array().unwrap();
    assert_eq!(documents.len(), 4);
    assert_eq!((documents[2]["fate"].as_str(), documents[2]["number"].as_str()), (Some("to_issue"), Some("3/WEB")));
    let (code, _, talk) = said(folder.path(), &["apply", "piano.json"]);
    assert_eq!(code, Some(0), "{talk}");
    assert_eq!(numbers(folder.path()), [1, 2, 3]);
    // The number that the plan had shown is taken: the plan is no longer true.
    let (code, _, talk) = said(folder.path(), &["apply", "piano.json"]);
    assert_eq!(code, Some(2), "{talk}");
    assert!(talk.contains("plan-moved"), "{talk}");
}

/// Another project writes to the same folder: no invoice is lost under another one of the same file name.
#[test]
fn an_invoice_in_place_is_never_written_over_by_another() {
    let folder = tempfile::tempdir().unwrap();
    project(folder.path());
    let rows = fs::read_to_string(folder.path().join("righe.csv")).unwrap();
    fs::write(
        folder.path().join("righe.csv"),
        rows.lines().take(4).map(|line| format!("{line}\n")).collect::<String>(),
    )
    .unwrap();
    assert!(run(folder.path()).status.success());
    let name = fs::read_dir(folder.path().join("out")).unwrap().next().unwrap().unwrap().path();
    let before = fs::read(&name).unwrap();
    fs::remove_dir_all(folder.path().join(".raccordo")).unwrap();
    let other = fs::read_to_string(folder.path().join("righe.csv")).unwrap().replace("Ditta 0", "Ditta X");
    fs::write(folder.path().join("righe.csv"), other).unwrap();
    let (code, _, talk) = said(folder.path(), &["run", "fatture.yaml"]);
    assert_eq!(code, Some(2), "{talk}");
    assert!(talk.contains("is there already, with invoice `1/WEB`"), "{talk}");
    assert_eq!(fs::read(&name).unwrap(), before);
    // The same document again is no collision.
    let same = fs::read_to_string(folder.path().join("righe.csv")).unwrap().replace("Ditta X", "Ditta 0");
    fs::write(folder.path().join("righe.csv"), same).unwrap();
    assert!(run(folder.path()).status.success());
    assert_eq!(fs::read(&name).unwrap(), before);
}
