//! The run that is disturbed: rows of one file into a file, a database and a web service; and whether all have arrived.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

use rusqlite::Connection;

use crate::faults::server::Server;
use crate::harness::{Answer, Call, Scratch};

const PIPELINE: &str = r#"pipeline: guasti
extract:
  articoli:
    file: { path: articoli.csv }
    columns: { sku: sku, giacenza: integer, prezzo: money, modificato: timestamp }
    since: { field: modificato, overlap: 1000d }
load:
  elenco: { from: articoli, key: sku, file: { path: out/elenco.csv } }
  banca: { from: articoli, key: sku, sql: { database: out/banca.db, table: articoli } }
  sportello:
    from: articoli
    key: sku
    http: { url: "URL", batch: 10, parallel: 4, timeout: 10s, attempts: 8 }
"#;

/// A project with its destinations.
pub struct Shop {
    /// The project.
    pub folder: Scratch,
    /// The web service.
    pub server: Server,
    /// Rows of the file.
    pub rows: u32,
}

impl Shop {
    /// A project whose file has that many rows.
    #[must_use]
    pub fn of(rows: u32) -> Self {
        let server = Server::start();
        let pipeline = PIPELINE.replace("URL", &server.url);
        let folder = Scratch::project().with("guasti.yaml", &pipeline).with("articoli.csv", &articles(rows, 0));
        Self { folder, server, rows }
    }

    /// Forgets everything that was delivered and remembered.
    pub fn reset(&self) {
        for folder in ["out", ".raccordo"] {
            let _ = fs::remove_dir_all(self.folder.path().join(folder));
        }
        fs::write(self.folder.path().join("articoli.csv"), articles(self.rows, 0)).unwrap();
        self.server.misbehave(crate::faults::server::Mischief::None);
        self.server.forget();
    }

    /// Changes the price of every tenth row.
    pub fn change(&self) {
        fs::write(self.folder.path().join("articoli.csv"), articles(self.rows, 1)).unwrap();
    }

    /// A run of the pipeline.
    #[must_use]
    pub fn run(&self, more: &[&str]) -> Call {
        let arguments: Vec<&str> = ["run", "guasti.yaml"].iter().chain(more).copied().collect();
        self.folder.raccordo(&arguments).env("NO_PROXY", "127.0.0.1")
    }

    /// A run that must go well.
    ///
    /// # Errors
    /// It did not; what it said.
    pub fn runs_well(&self) -> Result<Answer, String> {
        let answer = self.run(&[]).answer();
        if answer.code == Some(0) { Ok(answer) } else { Err(format!("the run after the fault failed: {answer}")) }
    }

    /// How far the cursor has come.
    #[must_use]
    pub fn cursor(&self) -> Option<String> {
        let state = Connection::open(self.folder.path().join(".raccordo/state.db")).ok()?;
        state.query_row("SELECT value FROM cursors", [], |row| row.get(0)).ok()
    }

    /// Whether every row has arrived everywhere.
    #[must_use]
    pub fn all_there(&self, version: u32) -> bool {
        self.lost(version) == 0
    }

    /// Rows that did not arrive somewhere, with the right content.
    #[must_use]
    pub fn lost(&self, version: u32) -> usize {
        let expected: Vec<(String, String)> = (1..=self.rows).map(|row| (sku(row), price(row, version))).collect();
        let missing = |found: &BTreeMap<String, String>| {
            expected.iter().filter(|(sku, price)| found.get(sku) != Some(price)).count()
        };
        missing(&self.in_file()) + missing(&self.in_database()) + missing(&self.in_service())
    }

    /// Rows that arrived more often than they should: `times` for rows that did not change.
    #[must_use]
    pub fn doubled(&self, versions: u32) -> usize {
        let file = fs::read_to_string(self.folder.path().join("out/elenco.csv")).unwrap_or_default();
        let file = file.lines().count().saturating_sub(1 + self.in_file().len());
        let database = Connection::open(self.folder.path().join("out/banca.db")).unwrap();
        let rows: usize = database
            .query_row("SELECT count(*) FROM articoli", [], |row| row.get::<_, i64>(0))
            .map_or(0, |rows| usize::try_from(rows).unwrap_or(0));
        let seen = self.server.seen.lock().unwrap();
        let often = |row: &u32| {
            let allowed = if row.is_multiple_of(10) { versions } else { 1 };
            seen.written.get(&sku(*row)).is_some_and(|times| *times > allowed)
        };
        file + rows.saturating_sub(self.in_database().len()) + (1..=self.rows).filter(often).count()
    }

    fn in_file(&self) -> BTreeMap<String, String> {
        let text = fs::read_to_string(self.folder.path().join("out/elenco.csv")).unwrap_or_default();
        let row = |line: &str| {
            let cells: Vec<&str> = line.split(',').collect();
            Some(((*cells.first()?).to_owned(), (*cells.get(2)?).to_owned()))
        };
        text.lines().skip(1).filter_map(row).collect()
    }

    fn in_database(&self) -> BTreeMap<String, String> {
        let Ok(database) = Connection::open(self.folder.path().join("out/banca.db")) else { return BTreeMap::new() };
        let Ok(mut statement) = database.prepare("SELECT sku, prezzo FROM articoli") else { return BTreeMap::new() };
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        rows.map(Result::unwrap).collect()
    }

    fn in_service(&self) -> BTreeMap<String, String> {
        let seen = self.server.seen.lock().unwrap();
        let price = |content: &String| {
            let row: serde_json::Value = serde_json::from_str(content).unwrap();
            row["prezzo"].to_string()
        };
        seen.content.iter().map(|(sku, content)| (sku.clone(), price(content))).collect()
    }
}

fn sku(row: u32) -> String {
    format!("A{row:06}")
}

/// The price of a row; every tenth has another one in each version.
fn price(row: u32, version: u32) -> String {
    let change = if row.is_multiple_of(10) { version } else { 0 };
    // No zero at the end: the service reads prices as numbers.
    format!("{}.{}{}", row % 500 + 1 + change, row % 8 + 1, row % 9 + 1)
}

fn articles(rows: u32, version: u32) -> String {
    let mut text = String::from("sku,giacenza,prezzo,modificato\n");
    for row in 1..=rows {
        let stamp = format!("2026-11-{:02}T{:02}:{:02}:00Z", row % 20 + 1, row % 24, row % 60);
        let _ = writeln!(text, "{},{},{},{stamp}", sku(row), row % 40, price(row, version));
    }
    text
}
