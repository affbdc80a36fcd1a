//! A run that ends at the wrong moment, by an error or by `kill -9`.

use std::path::Path;
use std::process::{Child, Command};
use std::thread;
use std::time::{Duration, Instant};

use super::super::StateError;
use super::{Desk, State, begin, issue, key, numbers};

/// What the killed process finds in its folder, and what it leaves there when it has recorded.
const ORDER: &str = "take-numbers";
const DONE: &str = "taken";

/// Another process, by this same test binary: it issues and then waits to be killed.
fn other_process(desk: &Desk, mode: &str) -> Child {
    std::fs::write(desk.folder.path().join(ORDER), mode).unwrap();
    let (_, module) = module_path!().split_once("::").unwrap();
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &format!("{module}::does_nothing_unless_told"), "--test-threads", "1", "--quiet"])
        .current_dir(desk.folder.path())
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let started = Instant::now();
    while !desk.folder.path().join(DONE).exists() {
        assert!(started.elapsed() < Duration::from_mins(1), "the other process did nothing");
        thread::sleep(Duration::from_millis(5));
    }
    child
}

fn kill(mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

/// In a usual run of the tests the file is not there.
#[test]
fn does_nothing_unless_told() {
    let Ok(mode) = std::fs::read_to_string(ORDER) else { return };
    let mut issuing = begin(Path::new(".raccordo/state.db"), "killed", Duration::ZERO).unwrap();
    for order in ["A-1", "A-2"] {
        issue(&mut issuing, order, "2026-11-23");
    }
    if mode == "commit" {
        issuing.commit().unwrap();
    }
    std::fs::write(DONE, "").unwrap();
    thread::sleep(Duration::from_mins(2));
}

#[test]
fn killed_before_the_commit_it_has_taken_nothing() {
    let desk = Desk::new();
    let child = other_process(&desk, "record");
    let pid = child.id();
    let busy = begin(&desk.path(), "second", Duration::from_millis(30)).unwrap_err();
    let StateError::Busy { holder: Some(holder), .. } = &busy else { panic!("{busy:?}") };
    assert_eq!((holder.pid, holder.run.as_str()), (pid, "killed"));
    // Readers never wait.
    assert_eq!(numbers(&desk.state(), 2026), [0; 0]);
    kill(child);
    let mut issuing = begin(&desk.path(), "second", Duration::from_secs(5)).unwrap();
    assert_eq!(issuing.find(&key("A-1")).unwrap(), None);
    let new = issue(&mut issuing, "A-7", "2026-11-24");
    assert_eq!((new.number, new.file.progressive), (1, 1));
    issuing.commit().unwrap();
    assert_eq!(desk.state().pending().unwrap().len(), 1);
}

#[test]
fn killed_after_the_commit_its_files_are_pending() {
    let desk = Desk::new();
    kill(other_process(&desk, "commit"));
    let pending = desk.state().pending().unwrap();
    let names: Vec<_> = pending.iter().map(|pending| pending.file.name.as_str()).collect();
    assert_eq!(names, ["IT01234567890_00001.xml", "IT01234567890_00002.xml"]);
    assert_eq!((pending[0].run.as_str(), pending[0].numero.as_str()), ("killed", "1/WEB"));
    assert_eq!(pending[1].file, super::file(2));
    let mut issuing = desk.begin();
    assert_eq!(issuing.find(&key("A-2")).unwrap().unwrap().number, 2);
    assert_eq!(issue(&mut issuing, "A-3", "2026-11-23").number, 3);
}

#[test]
fn dropped_it_has_taken_nothing() {
    let desk = Desk::new();
    let mut issuing = desk.begin();
    issue(&mut issuing, "A-1", "2026-11-23");
    drop(issuing);
    assert_eq!(desk.begin().find(&key("A-1")).unwrap(), None);
    assert!(!desk.path().with_extension("db.holder").exists());
    desk.issue(&["A-2"]);
    assert_eq!(numbers(&desk.state(), 2026), [1]);
}

#[test]
fn a_full_disk_undoes_the_run_and_nothing_of_it_is_kept() {
    let desk = Desk::new();
    desk.issue(&["A-1"]);
    let mut issuing = desk.begin();
    // The cache is small, so that the pages go to the disk before the commit, as those of a large run do.
    let pages: i64 = issuing.connection.query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
    let limit = format!("PRAGMA max_page_count = {}; PRAGMA cache_size = 10;", pages + 2);
    issuing.connection.execute_batch(&limit).unwrap();
    let failed = (2..9999).find_map(|number| {
        let new = super::document(&format!("A-{number}"), number, number, "2026-11-23");
        issuing.record(&new).err()
    });
    let failed = failed.unwrap();
    assert!(matches!(failed, StateError::Full { .. }), "{failed:?}");
    drop(issuing);
    assert_eq!(numbers(&desk.state(), 2026), [1]);
}

#[test]
fn after_sqlite_undid_the_transaction_nothing_is_recorded() {
    let desk = Desk::new();
    let mut issuing = desk.begin();
    issue(&mut issuing, "A-1", "2026-11-23");
    issuing.connection.execute_batch("ROLLBACK").unwrap();
    let next = super::document("A-2", 1, 1, "2026-11-23");
    assert!(matches!(issuing.record(&next), Err(StateError::Undone { .. })));
    assert!(matches!(issuing.commit(), Err(StateError::Undone { .. })));
    assert_eq!(numbers(&desk.state(), 2026), [0; 0]);
}

#[test]
fn an_issuing_may_move_to_another_thread() {
    fn send<T: Send>() {}
    send::<super::Issuing>();
    send::<State>();
}
