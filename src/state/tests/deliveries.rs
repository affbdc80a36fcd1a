//! Locks, runs, deliveries, cursors and copies, as runs use them.

use std::fs;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use rusqlite::Connection;

use super::super::{
    Answer, CursorMove, NewDelivery, NewLedger, NewRun, NodeRecord, Repair, RunEnd, RunLock, State, StateError, repair,
};
use super::{Desk, instant};

fn lock(desk: &Desk, run: &str, wait: Duration) -> Result<RunLock, StateError> {
    let folder = desk.folder.path().join(".raccordo");
    RunLock::take(&folder, "listino", run, instant(), wait, &AtomicBool::new(false))
}

fn delivery<'a>(name: &'a str, load: &'a str) -> NewDelivery<'a> {
    NewDelivery {
        name,
        pipeline: "listino",
        load,
        run: "r1",
        mapping: "m",
        logic: "l",
        file: "f.arrow",
        rows: 3,
        at: instant(),
    }
}

fn answer(change: u32, taken: bool) -> Answer {
    Answer { change, taken, remote_id: None }
}

#[test]
fn a_second_run_is_told_who_holds_the_pipeline_and_gets_it_afterwards() {
    let desk = Desk::new();
    let first = lock(&desk, "r1", Duration::ZERO).unwrap();
    let error = lock(&desk, "r2", Duration::from_millis(150)).unwrap_err();
    let said = error.to_string();
    assert!(said.starts_with("pipeline `listino` is being run by run `r1` (process "), "{said}");
    assert!(error.help().contains("--wait"));
    drop(first);
    let second = lock(&desk, "r2", Duration::ZERO).unwrap();
    assert_eq!(second.took_over(), None);
}

#[test]
fn the_lock_of_a_run_that_died_is_free_and_says_whose_it_was() {
    let desk = Desk::new();
    let folder = desk.folder.path().join(".raccordo/locks");
    fs::create_dir_all(&folder).unwrap();
    // What a killed process leaves: its word, without the lock.
    fs::write(folder.join("listino.lock"), "").unwrap();
    fs::write(folder.join("listino.lock.holder"), "1\n2026-11-23T09:30:00Z\nr0\n").unwrap();
    let lock = lock(&desk, "r1", Duration::ZERO).unwrap();
    assert_eq!(lock.took_over().unwrap().run, "r0");
}

#[test]
fn a_run_is_remembered_with_its_books_and_a_dead_one_is_noted() {
    let desk = Desk::new();
    let state = desk.state();
    let new = |run| NewRun { run, pipeline: "listino", fingerprint: "f", params: "{}", started_at: instant() };
    state.begin_run(&new("r1")).unwrap();
    state.begin_run(&new("r2")).unwrap();
    let node =
        NodeRecord { role: "load".into(), node: "a".into(), kind: "sql".into(), rows_in: 3, ..NodeRecord::default() };
    let end = RunEnd { outcome: "done", exit: 0, problem: None, ended_at: instant() };
    state.end_run("r2", &end, std::slice::from_ref(&node)).unwrap();
    let runs = state.runs(Some("listino"), 10).unwrap();
    let ends: Vec<_> = runs.iter().map(|run| (run.run.as_str(), run.outcome.as_deref())).collect();
    assert_eq!(ends, [("r2", Some("done")), ("r1", Some("died"))]);
    assert_eq!(state.nodes("r2").unwrap(), [node]);
}

#[test]
fn answers_and_intents_survive_and_become_the_ledger() {
    let desk = Desk::new();
    let open = desk.state().open_delivery(&delivery("listino/a/r1", "a")).unwrap();
    assert!(desk.state().open_delivery(&delivery("listino/a/r2", "a")).is_err(), "one at a time");
    desk.state().note_answers(open.id, &[], [0, 1, 2], instant()).unwrap();
    desk.state().note_answers(open.id, &[answer(0, true), answer(1, false)], [], instant()).unwrap();
    let state = desk.state();
    assert_eq!(state.open_deliveries("listino").unwrap(), std::slice::from_ref(&open));
    assert_eq!((state.intents(open.id).unwrap(), state.taken(open.id).unwrap()), (vec![2], vec![0]));
    let segments = [("f.arrow".to_owned(), 1)];
    let ledger = NewLedger {
        pipeline: "listino",
        load: "a",
        mapping: "m",
        logic: "l",
        rows: 1,
        received: Some(3),
        segments: &segments,
        at: instant(),
    };
    state.close_delivery(Some(open.id), Some(&ledger)).unwrap();
    let kept = state.ledger("listino", "a").unwrap().unwrap();
    assert_eq!(
        (kept.rows, kept.received, kept.version, kept.segments.as_slice()),
        (1, 3, 1, &["f.arrow".to_owned()][..])
    );
    assert_eq!(state.open_deliveries("listino").unwrap(), []);
    assert_eq!(state.intents(open.id).unwrap(), [0_u32; 0]);
    state.close_delivery(None, Some(&NewLedger { received: None, ..ledger })).unwrap();
    let kept = state.ledger("listino", "a").unwrap().unwrap();
    assert_eq!((kept.received, kept.version), (3, 2));
}

#[test]
fn a_cursor_belongs_to_its_field() {
    let state = Desk::new();
    let state = state.state();
    let moved = CursorMove { source: "ordini".into(), field: "modificato".into(), value: "2026-11-23".into() };
    state.advance("listino", "r1", instant(), &[moved], &[]).unwrap();
    assert_eq!(state.cursor("listino", "ordini", "modificato").unwrap().as_deref(), Some("2026-11-23"));
    assert_eq!(state.cursor("listino", "ordini", "numero").unwrap(), None);
}

#[test]
fn a_file_of_the_first_version_is_brought_up_to_date() {
    let desk = Desk::new();
    fs::create_dir_all(desk.path().parent().unwrap()).unwrap();
    let first = include_str!("../migrations/0001_register.sql");
    let marks = "PRAGMA user_version = 1; PRAGMA application_id = 0x72616363;";
    Connection::open(desk.path()).unwrap().execute_batch(&format!("{first}{marks}")).unwrap();
    assert_eq!(desk.state().runs(None, 1).unwrap(), []);
    desk.issue(&["A-1"]);
}

#[test]
fn a_damaged_file_is_moved_away_and_the_last_copy_takes_its_place() {
    let desk = Desk::new();
    desk.issue(&["A-1", "A-2"]);
    desk.state().back_up(instant()).unwrap();
    assert_eq!(repair(&desk.path(), instant()).unwrap(), Repair::NotNeeded);
    // The log holds what is new: without it the file alone is read.
    let _ = fs::remove_file(desk.path().with_file_name("state.db-wal"));
    let mut bytes = fs::read(desk.path()).unwrap();
    bytes[..].fill(0x5a);
    fs::write(desk.path(), bytes).unwrap();
    let error = State::open(&desk.path()).unwrap_err();
    assert!(matches!(error, StateError::Damaged { .. }), "{error:?}");
    assert!(error.help().contains("backup"), "{}", error.help());
    let repaired = repair(&desk.path(), instant()).unwrap();
    let Repair::Restored { damaged, .. } = repaired else { panic!("{repaired:?}") };
    assert!(damaged.exists());
    assert_eq!(super::numbers(&desk.state(), 2026), [1, 2]);
}
