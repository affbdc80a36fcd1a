//! The suite of faults: everything that can go wrong with a run goes wrong, and the next run puts it right.
//!
//! One table of faults. After each: the run is repeated without it, every row must have arrived, none twice, the cursor must
//! not be ahead of the rows. `RACCORDO_FAULTS=full` runs it at full size: 10,000 rows, every point of the run, 200 random
//! moments.

pub mod platform;
pub mod request;
pub mod server;
pub mod shop;

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::thread;
use std::time::{Duration, Instant};

use crate::faults::server::Mischief;
use crate::faults::shop::Shop;
use crate::harness::none_failed;

/// The cursor once all rows have arrived.
const LAST: &str = "2026-11-20T23:59:00Z";

/// A fault, and what makes it.
struct Fault {
    name: String,
    /// Disturbs a run of a fresh project; says what went otherwise than it should.
    disturb: Box<dyn Fn(&Shop) -> Result<(), String>>,
}

/// How large the suite is.
struct Size {
    rows: u32,
    moments: u32,
    every_point: usize,
}

impl Size {
    fn of_this_run() -> Self {
        match std::env::var("RACCORDO_FAULTS").as_deref() {
            Ok("full") => Self { rows: 10_000, moments: 200, every_point: 1 },
            _ => Self { rows: 400, moments: 6, every_point: 3 },
        }
    }
}

#[test]
fn nothing_is_lost_and_nothing_doubled() {
    let size = Size::of_this_run();
    let shop = Shop::of(size.rows);
    let points = points(&shop);
    let took = duration(&shop);
    let mut faults = table();
    faults.extend((1..=points).step_by(size.every_point).map(killed_at));
    faults.extend((0..size.moments).map(|moment| killed_after(took * (moment + 1) / size.moments)));
    let (mut failures, mut survived, mut lost, mut doubled) = (Vec::new(), 0, 0, 0);
    for fault in &faults {
        let result = survive(fault, &shop, &mut lost, &mut doubled);
        match result {
            Ok(()) => survived += 1,
            Err(problem) => failures.push(format!("{}: {problem}", fault.name)),
        }
    }
    let verdict = format!("{} faults, {survived} survived, {lost} lost, {doubled} doubled", faults.len());
    // Past the capture of the test harness: it is the result of the suite.
    writeln!(std::io::stderr(), "{verdict}").unwrap();
    none_failed("faults", &failures);
    assert_eq!((survived, lost, doubled), (faults.len(), 0, 0), "{verdict}");
}

fn survive(fault: &Fault, shop: &Shop, lost: &mut usize, doubled: &mut usize) -> Result<(), String> {
    shop.reset();
    (fault.disturb)(shop)?;
    // The cursor must not be ahead of the rows.
    let cursor = shop.cursor();
    if cursor.is_some() && !shop.all_there(0) {
        return Err(format!("the cursor is at {cursor:?}, and rows are missing"));
    }
    shop.server.misbehave(Mischief::None);
    shop.runs_well()?;
    let found = [("lost", shop.lost(0)), ("doubled", shop.doubled(1))];
    let cursor = shop.cursor();
    // What comes next works as if nothing had been.
    shop.change();
    shop.runs_well()?;
    let found = found.into_iter().chain([("lost", shop.lost(1)), ("doubled", shop.doubled(2))]);
    let mut problem = String::new();
    for (what, rows) in found.filter(|(_, rows)| *rows > 0) {
        *(if what == "lost" { &mut *lost } else { &mut *doubled }) += rows;
        let _ = write!(problem, "{rows} rows {what}; ");
    }
    if cursor.as_deref() != Some(LAST) {
        let _ = write!(problem, "the cursor is at {cursor:?}");
    }
    if problem.is_empty() { Ok(()) } else { Err(problem) }
}

/// How many points a run of the project has.
fn points(shop: &Shop) -> usize {
    let dies = |point: u64| {
        shop.reset();
        shop.run(&["--die-at", &point.to_string()]).answer().code.is_none()
    };
    let mut point = 1;
    while dies(point * 2) {
        point *= 2;
    }
    let (mut alive, mut dead) = (point * 2, point);
    while alive - dead > 1 {
        let middle = dead.midpoint(alive);
        if dies(middle) { dead = middle } else { alive = middle }
    }
    assert!(dead > 10, "a run has only {dead} points");
    usize::try_from(dead).unwrap()
}

/// How long a whole run takes.
fn duration(shop: &Shop) -> Duration {
    shop.reset();
    let begun = Instant::now();
    shop.runs_well().unwrap();
    begun.elapsed()
}

fn killed_at(point: usize) -> Fault {
    let disturb = move |shop: &Shop| {
        let answer = shop.run(&["--die-at", &point.to_string()]).answer();
        // The number of points varies a little with the moments at which answers come.
        if answer.code.is_none_or(|code| code == 0) { Ok(()) } else { Err(format!("{answer}")) }
    };
    Fault { name: format!("killed at point {point}"), disturb: Box::new(disturb) }
}

fn killed_after(moment: Duration) -> Fault {
    let disturb = move |shop: &Shop| {
        let mut child = shop.run(&[]).start();
        thread::sleep(moment);
        child.kill().unwrap();
        child.wait().unwrap();
        Ok(())
    };
    Fault { name: format!("killed after {} ms", moment.as_millis()), disturb: Box::new(disturb) }
}

fn table() -> Vec<Fault> {
    let fault = |name: &str, disturb: fn(&Shop) -> Result<(), String>| Fault {
        name: name.to_owned(),
        disturb: Box::new(disturb),
    };
    vec![
        fault("the service answers 500 now and then", |shop| served(shop, Mischief::Broken, 0)),
        fault("the service answers 429 with Retry-After", |shop| served(shop, Mischief::Busy, 0)),
        fault("the service resets connections after the write", |shop| served(shop, Mischief::Resets, 0)),
        fault("the service is down", |shop| {
            let pipeline = shop.folder.read("guasti.yaml");
            fs::write(shop.folder.path().join("guasti.yaml"), pipeline.replace("attempts: 8", "attempts: 1")).unwrap();
            let result = served(shop, Mischief::Down, 2);
            fs::write(shop.folder.path().join("guasti.yaml"), pipeline).unwrap();
            result
        }),
        fault("the service refuses rows, which come again", |shop| served(shop, Mischief::Refuses, 0)),
        fault("two runs at once", two_runs),
        fault("the state file is damaged", damaged),
        fault("the state file is gone", gone),
        fault("the clock goes back", clock_back),
        fault("permission is lost in the middle", no_permission),
        fault("the disk is full", full_disk),
        fault("the source is cut off", cut_off),
    ]
}

fn served(shop: &Shop, mischief: Mischief, code: i32) -> Result<(), String> {
    shop.server.misbehave(mischief);
    let answer = shop.run(&[]).answer();
    if answer.code == Some(code) { Ok(()) } else { Err(format!("expected exit code {code}: {answer}")) }
}

fn two_runs(shop: &Shop) -> Result<(), String> {
    let mut children = [shop.run(&[]).start(), shop.run(&[]).start(), shop.run(&["--wait", "60s"]).start()];
    let mut codes: Vec<Option<i32>> = Vec::new();
    for child in &mut children {
        codes.push(child.wait().unwrap().code());
    }
    // Whoever comes first runs; the second may come early or late, the third waits.
    let well = codes.iter().all(|code| matches!(code, Some(0 | 2))) && codes[2] == Some(0);
    if well { Ok(()) } else { Err(format!("exit codes {codes:?}")) }
}

fn damaged(shop: &Shop) -> Result<(), String> {
    shop.runs_well()?;
    let path = shop.folder.path().join(".raccordo/state.db");
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 4;
    bytes[middle..].fill(0xa5);
    fs::write(&path, bytes).unwrap();
    refused_and_repaired(shop, &path, "is damaged")
}

/// No new project: its numbers would start again, and everything would be sent once more.
fn gone(shop: &Shop) -> Result<(), String> {
    shop.runs_well()?;
    let path = shop.folder.path().join(".raccordo/state.db");
    fs::remove_file(&path).unwrap();
    let _ = fs::remove_file(shop.folder.path().join(".raccordo/state.db-wal"));
    refused_and_repaired(shop, &path, "is missing or empty")
}

fn refused_and_repaired(shop: &Shop, path: &std::path::Path, message: &str) -> Result<(), String> {
    let answer = shop.run(&[]).answer();
    if answer.code != Some(2) || !answer.stderr.contains(message) || !answer.stderr.contains("backup") {
        return Err(format!("no clear message: {answer}"));
    }
    let repaired = raccordo::state::repair(path, chrono::DateTime::UNIX_EPOCH).map_err(|error| error.to_string())?;
    let restored = matches!(repaired, raccordo::state::Repair::Restored { .. });
    if restored { Ok(()) } else { Err(format!("{repaired:?}")) }
}

/// The clock is that of the run: the same process runs the pipeline a day earlier.
fn clock_back(shop: &Shop) -> Result<(), String> {
    shop.runs_well()?;
    let now = "2020-01-01T00:00:00Z".parse().unwrap();
    let loaded =
        raccordo::spec::load(&shop.folder.path().join("guasti.yaml"), &std::collections::BTreeMap::default(), 0, true);
    let pipeline = loaded.pipeline.ok_or("the pipeline cannot be read")?;
    let mut sources = loaded.sources;
    let (plan, problems) = raccordo::plan::build(&pipeline, &loaded.project, &loaded.params, &mut sources);
    let plan = plan.ok_or_else(|| format!("{problems:?}"))?;
    let outcome = raccordo::engine::run(&plan, &raccordo::engine::RunOptions::at(now));
    if outcome.status == raccordo::engine::Status::Done { Ok(()) } else { Err(outcome.report.to_text()) }
}

/// Between two points of a run the folder of a destination becomes one that cannot be written: a file stands there.
fn no_permission(shop: &Shop) -> Result<(), String> {
    let _ = shop.run(&["--die-at", "2"]).answer();
    let out = shop.folder.path().join("out");
    let _ = fs::remove_dir_all(&out);
    fs::write(&out, "in the way").unwrap();
    let answer = shop.run(&[]).answer();
    fs::remove_file(&out).unwrap();
    if answer.code == Some(2) && answer.stderr.contains("out") { Ok(()) } else { Err(format!("{answer}")) }
}

/// Files may not grow beyond some blocks, as on a disk without space.
fn full_disk(shop: &Shop) -> Result<(), String> {
    let program = env!("CARGO_BIN_EXE_raccordo");
    for blocks in [4, 40, 160] {
        let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec '{program}' run guasti.yaml");
        let output = std::process::Command::new("sh")
            .args(["-c", &script])
            .env("NO_PROXY", "127.0.0.1")
            .current_dir(shop.folder.path())
            .output()
            .map_err(|error| error.to_string())?;
        // With room enough for a small run it goes well; otherwise it must end by itself, with a message.
        let said = String::from_utf8_lossy(&output.stderr);
        let code = output.status.code();
        if code != Some(0) && (code != Some(2) || !said.contains("error")) {
            return Err(format!("with {blocks} blocks: exit {code:?}: {said}"));
        }
    }
    Ok(())
}

/// A table that is empty or half of itself deletes nothing by `mirror`.
fn cut_off(shop: &Shop) -> Result<(), String> {
    let pipeline = shop.folder.read("guasti.yaml");
    let mirror = pipeline
        .replace("    since: { field: modificato, overlap: 1000d }\n", "")
        .replace("key: sku, sql", "mode: mirror, key: sku, sql");
    let path = shop.folder.path().join("guasti.yaml");
    fs::write(&path, mirror).unwrap();
    shop.runs_well()?;
    let whole = shop.folder.read("articoli.csv");
    let header = "sku,giacenza,prezzo,modificato\n".to_owned();
    let mut problem = None;
    for text in [header, whole[..whole.len() / 2].to_owned()] {
        fs::write(shop.folder.path().join("articoli.csv"), text).unwrap();
        let answer = shop.run(&["--only", "banca"]).answer();
        let database = rusqlite::Connection::open(shop.folder.path().join("out/banca.db")).unwrap();
        let rows: u32 = database.query_row("SELECT count(*) FROM articoli", [], |row| row.get(0)).unwrap();
        if rows != shop.rows || answer.code != Some(2) {
            problem = Some(format!("{rows} rows are left: {answer}"));
        }
    }
    fs::write(&path, pipeline).unwrap();
    fs::write(shop.folder.path().join("articoli.csv"), whole).unwrap();
    problem.map_or(Ok(()), Err)
}
