//! Files of several documents, and a register of the first version.

use rusqlite::Connection;

use super::super::{DocumentFile, Outcome, Rule, State, StateError, Status};
use super::{Desk, day, document, file, key, numbers};

/// A batch of two documents in one file.
fn batch() -> Desk {
    let desk = Desk::new();
    let mut issuing = desk.begin();
    for (order, position) in [("A-1", 1), ("A-2", 2)] {
        let mut new = document(order, u64::from(position), 1, "2026-11-23");
        new.file = DocumentFile { position, body_hash: Some([7; 32]), ..new.file };
        issuing.record(&new).unwrap();
    }
    assert_eq!(issuing.members(&file(1).name).unwrap(), 2);
    issuing.commit().unwrap();
    desk
}

#[test]
fn documents_of_one_file_share_its_name_and_its_fate() {
    let desk = batch();
    let state = desk.state();
    assert_eq!(state.pending().unwrap().len(), 2);
    assert_eq!(state.confirm_files([file(1).name.as_str()]).unwrap(), 2);
    let refused = Outcome::Refused { on: day("2026-11-24") };
    assert_eq!(state.mark(&file(1).name, refused).unwrap(), Some(Status::Refused));
    for order in ["A-1", "A-2"] {
        assert_eq!(state.find(&key(order)).unwrap().unwrap().status, Status::Refused);
    }
    assert_eq!(state.standing(super::SELLER).unwrap(), [(Status::Refused, 2)]);
    assert_eq!(state.open_ends(super::SELLER, day("2026-11-01")).unwrap().len(), 2);
}

#[test]
fn a_body_answers_for_one_document() {
    let desk = batch();
    let state = desk.state();
    state.confirm_files([file(1).name.as_str()]).unwrap();
    assert_eq!(
        state.mark_document(&file(1).name, Some(2), Outcome::RefusedByBody).unwrap(),
        Some(Status::RefusedByBody)
    );
    assert_eq!(state.find(&key("A-1")).unwrap().unwrap().status, Status::Issued);
    assert_eq!(state.mark_document(&file(1).name, Some(3), Outcome::Accepted).unwrap(), None);
}

#[test]
fn a_name_is_never_used_for_another_file() {
    let desk = batch();
    let mut issuing = desk.begin();
    let mut other = document("A-3", 3, 1, "2026-11-23");
    other.file = DocumentFile { position: 3, content_hash: [9; 32], ..other.file };
    let error = issuing.record(&other).unwrap_err();
    assert!(matches!(error, StateError::Rule { rule: Rule::FileNameTaken, .. }), "{error:?}");
}

#[test]
fn a_register_of_the_first_version_keeps_every_row() {
    let desk = Desk::new();
    std::fs::create_dir_all(desk.path().parent().unwrap()).unwrap();
    let old = Connection::open(desk.path()).unwrap();
    old.execute_batch(include_str!("../migrations/0001_register.sql")).unwrap();
    let hash = "ab".repeat(32);
    old.execute_batch(&format!(
        "PRAGMA application_id = 0x72616363; PRAGMA user_version = 1; BEGIN;
         INSERT INTO documents VALUES (1, '01234567890', 'TD01', 'A-1', 'WEB', 2026, 1, '1/WEB', '2026-11-23', 1);
         INSERT INTO files VALUES (1, 1, 1, '01234567890', 1, '{name}', '{hash}', 's', 't', 'r', '2026-11-23T09:00:00Z', 'issued', NULL);
         INSERT INTO outcomes VALUES (1, 'delivered', '2026-11-24'); COMMIT;",
        name = file(1).name
    ))
    .unwrap();
    drop(old);
    let state = State::open(&desk.path()).unwrap();
    assert_eq!(numbers(&state, 2026), [1]);
    let known = state.find(&key("A-1")).unwrap().unwrap();
    assert_eq!((known.file.position, known.file.body_hash, known.status), (1, None, Status::Issued));
    let outcomes: i64 = state.connection.query_row("SELECT count(*) FROM outcomes", [], |row| row.get(0)).unwrap();
    assert_eq!(outcomes, 1);
    state.connection.execute_batch("PRAGMA foreign_key_check").unwrap();
}
