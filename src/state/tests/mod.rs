//! The register as a run uses it. Every test has a database of its own, on the disk.

mod batches;
mod crash;
mod database;
mod deliveries;
mod followed;
mod numbers;
mod pages;
mod resent;

use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};
use tempfile::TempDir;

use super::{DocumentFile, DocumentKey, Issuing, NewDocument, RegisterKey, State, StateError};

const SELLER: &str = "01234567890";

/// A folder with a state file in it, and a run that issues.
struct Desk {
    folder: TempDir,
}

impl Desk {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join(".raccordo/state.db")
    }

    fn begin(&self) -> Issuing {
        begin(&self.path(), "run-1", Duration::from_secs(20)).unwrap()
    }

    fn state(&self) -> State {
        State::open(&self.path()).unwrap()
    }

    /// One run that issues one document for each order.
    fn issue(&self, orders: &[&str]) {
        let mut issuing = self.begin();
        for order in orders {
            issue(&mut issuing, order, "2026-11-23");
        }
        issuing.commit().unwrap();
    }
}

fn begin(path: &Path, run: &str, wait: Duration) -> Result<Issuing, StateError> {
    Issuing::begin(path, run, instant(), wait)
}

fn instant() -> DateTime<Utc> {
    "2026-11-23T09:30:00Z".parse().unwrap()
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn key(order: &str) -> DocumentKey {
    DocumentKey { seller: SELLER.to_owned(), kind: "TD01".to_owned(), order: order.to_owned() }
}

fn register(year: i32) -> RegisterKey {
    RegisterKey { seller: SELLER.to_owned(), series: "WEB".to_owned(), year }
}

fn file(progressive: u64) -> DocumentFile {
    DocumentFile {
        sender: SELLER.to_owned(),
        progressive,
        name: format!("IT{SELLER}_{progressive:05}.xml"),
        content_hash: [u8::try_from(progressive % 251).unwrap(); 32],
        position: 1,
        body_hash: None,
        staged_folder: PathBuf::from("out/.fatture.run-1.part"),
        target_folder: PathBuf::from("out/fatture"),
    }
}

fn document(order: &str, number: u64, progressive: u64, date: &str) -> NewDocument {
    NewDocument {
        key: key(order),
        series: "WEB".to_owned(),
        number,
        numero: format!("{number}/WEB"),
        date: day(date),
        file: file(progressive),
    }
}

/// Takes the next number for the order, as a run does.
fn issue(issuing: &mut Issuing, order: &str, date: &str) -> NewDocument {
    let mut new = document(order, 1, issuing.next_file(SELLER, 1).unwrap(), date);
    new.number = issuing.next_number(&new.register(), 1).unwrap();
    new.numero = format!("{}/WEB", new.number);
    issuing.record(&new).unwrap();
    new
}

fn numbers(state: &State, year: i32) -> Vec<u64> {
    state.register(&register(year)).unwrap().iter().map(|document| document.number).collect()
}
