//! The file: made, brought up to date, refused, held by another.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::super::{SCHEMA_VERSION, State, StateError};
use super::{Desk, begin, issue, numbers};

/// A database of another hand, in the place of the state file.
fn prepared(sql: &str) -> Desk {
    let desk = Desk::new();
    fs::create_dir_all(desk.path().parent().unwrap()).unwrap();
    Connection::open(desk.path()).unwrap().execute_batch(sql).unwrap();
    desk
}

fn pragma(state: &State, name: &str) -> String {
    let sql = format!("SELECT CAST({name} AS TEXT) FROM pragma_{name}");
    state.connection.query_row(&sql, [], |row| row.get(0)).unwrap()
}

#[test]
fn an_empty_file_is_brought_up_to_date() {
    let desk = prepared("");
    let state = desk.state();
    assert_eq!(pragma(&state, "user_version"), SCHEMA_VERSION.to_string());
    assert_eq!(pragma(&state, "journal_mode"), "wal");
    assert_eq!(pragma(&state, "synchronous"), "2");
    assert_eq!(pragma(&state, "foreign_keys"), "1");
    drop(state);
    assert_eq!(pragma(&desk.state(), "user_version"), SCHEMA_VERSION.to_string());
}

#[test]
fn a_later_version_is_refused_and_left_alone() {
    let desk = prepared("PRAGMA application_id = 0x72616363; PRAGMA user_version = 99; CREATE TABLE later (x);");
    let before = fs::read(desk.path()).unwrap();
    let error = State::open(&desk.path()).unwrap_err();
    let expected = format!("has schema 99; this version of raccordo knows up to {SCHEMA_VERSION}");
    assert!(error.to_string().ends_with(&expected), "{error}");
    assert!(error.help().contains("do not delete it"));
    assert!(begin(&desk.path(), "run", Duration::ZERO).is_err());
    assert_eq!(fs::read(desk.path()).unwrap(), before);
}

#[test]
fn a_database_of_another_program_is_left_alone() {
    for sql in ["CREATE TABLE orders (id)", "PRAGMA user_version = 1"] {
        let desk = prepared(sql);
        let before = fs::read(desk.path()).unwrap();
        let error = State::open(&desk.path()).unwrap_err();
        assert!(matches!(error, StateError::Foreign { .. }), "{error:?}");
        assert_eq!(fs::read(desk.path()).unwrap(), before);
    }
}

#[test]
fn what_is_no_database_or_no_file_is_said_so() {
    let desk = prepared("");
    fs::write(desk.path(), "not a database, but long enough to have a header of one".repeat(99)).unwrap();
    let error = State::open(&desk.path()).unwrap_err();
    assert!(matches!(error, StateError::Damaged { .. }), "{error:?}");
    assert!(error.help().contains("from a copy"));
    fs::remove_file(desk.path()).unwrap();
    fs::create_dir(desk.path()).unwrap();
    let error = State::open(&desk.path()).unwrap_err();
    assert!(matches!(error, StateError::Denied { .. }), "{error:?}");
    let below_a_file = desk.folder.path().join("file/state.db");
    fs::write(desk.folder.path().join("file"), "").unwrap();
    let error = State::open(&below_a_file).unwrap_err();
    assert!(matches!(error, StateError::Folder { .. }), "{error:?}");
}

#[test]
fn a_second_run_is_told_who_holds_it() {
    let desk = Desk::new();
    let first = desk.begin();
    let error = begin(&desk.path(), "run-2", Duration::from_millis(20)).unwrap_err();
    let expected = format!("is held by run `run-1` (process {}, since 2026-11-23T09:30:00Z)", std::process::id());
    assert!(error.to_string().ends_with(&expected), "{error}");
    assert!(error.is_transient());
    let state = desk.state().waiting(Duration::from_millis(20)).unwrap();
    assert!(matches!(state.confirm(&super::file(1).staged_folder), Err(StateError::Busy { .. })));
    drop(first);
    begin(&desk.path(), "run-2", Duration::ZERO).unwrap();
}

#[test]
fn a_second_run_waits_for_the_first() {
    let desk = Desk::new();
    let mut first = desk.begin();
    thread::scope(|scope| {
        let second = scope.spawn(|| {
            let started = Instant::now();
            let mut issuing = begin(&desk.path(), "run-2", Duration::from_secs(20)).unwrap();
            let number = issue(&mut issuing, "B-1", "2026-11-23").number;
            issuing.commit().unwrap();
            (number, started.elapsed())
        });
        thread::sleep(Duration::from_millis(100));
        issue(&mut first, "A-1", "2026-11-23");
        first.commit().unwrap();
        let (number, waited) = second.join().unwrap();
        assert_eq!(number, 2);
        assert!(waited >= Duration::from_millis(50), "{waited:?}");
    });
}

#[test]
fn many_may_make_the_file_at_once() {
    let desk = Desk::new();
    thread::scope(|scope| {
        for run in 0..8 {
            let desk = &desk;
            scope.spawn(move || {
                let mut issuing = desk.begin();
                issue(&mut issuing, &format!("A-{run}"), "2026-11-23");
                issuing.commit().unwrap();
            });
        }
    });
    assert_eq!(numbers(&desk.state(), 2026), (1..=8).collect::<Vec<_>>());
}

#[test]
fn a_state_that_vanished_is_no_new_project() {
    let desk = prepared("");
    fs::create_dir(desk.path().with_file_name("backup")).unwrap();
    fs::write(desk.path().with_file_name("backup").join("state-2026-11-24.db"), "a copy").unwrap();
    fs::remove_file(desk.path()).unwrap();
    let error = State::open(&desk.path()).unwrap_err();
    assert!(matches!(error, StateError::Gone { .. }), "{error:?}");
    assert!(error.help().contains("doctor --repair"));
    fs::write(desk.path(), "").unwrap();
    assert!(matches!(State::open(&desk.path()).unwrap_err(), StateError::Gone { .. }));
}
