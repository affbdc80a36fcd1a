//! Files: confirmed, staged again, sent again after a refusal.

use std::path::{Path, PathBuf};

use super::super::{Gap, GapReason, Late, Outcome, Rule, StateError, Status};
use super::{Desk, day, file, key, register};

fn rule(error: StateError) -> Rule {
    match error {
        StateError::Rule { rule, .. } => rule,
        other => panic!("{other:?}"),
    }
}

fn refuse(desk: &Desk, progressive: u64, on: &str) {
    let outcome = Outcome::Refused { on: day(on) };
    assert_eq!(desk.state().mark(&file(progressive).name, outcome).unwrap(), Some(Status::Refused));
}

#[test]
fn confirmed_files_are_no_longer_pending() {
    let desk = Desk::new();
    desk.issue(&["A-1", "A-2", "A-3"]);
    let state = desk.state();
    assert_eq!(state.pending().unwrap().len(), 3);
    assert_eq!(state.confirm_files([file(2).name.as_str(), "another.xml"]).unwrap(), 1);
    assert_eq!(state.find(&key("A-2")).unwrap().unwrap().status, Status::Issued);
    assert_eq!(state.confirm(Path::new("out/.other.part")).unwrap(), 0);
    assert_eq!(state.confirm(&file(1).staged_folder).unwrap(), 2);
    assert_eq!(state.pending().unwrap(), []);
    assert_eq!(state.confirm(&file(1).staged_folder).unwrap(), 0);
}

#[test]
fn a_lost_staged_file_is_written_again_under_its_name() {
    let desk = Desk::new();
    desk.issue(&["A-1"]);
    let mut again = file(1);
    (again.content_hash, again.staged_folder) = ([7; 32], PathBuf::from("out/.fatture.run-2.part"));
    let mut issuing = desk.begin();
    assert_eq!(rule(issuing.restage(&key("A-1"), &file(2)).unwrap_err()), Rule::Lasting);
    assert_eq!(rule(issuing.restage(&key("A-9"), &file(2)).unwrap_err()), Rule::NoDocument);
    issuing.restage(&key("A-1"), &again).unwrap();
    issuing.commit().unwrap();
    assert_eq!(desk.state().find(&key("A-1")).unwrap().unwrap().file, again);
    assert_eq!(desk.state().confirm(&again.staged_folder).unwrap(), 1);
    assert_eq!(rule(desk.begin().restage(&key("A-1"), &file(1)).unwrap_err()), Rule::NotStaged);
}

#[test]
fn a_refused_document_goes_out_again_with_its_number_and_date() {
    let desk = Desk::new();
    desk.issue(&["A-1", "A-2"]);
    desk.state().confirm(&file(1).staged_folder).unwrap();
    refuse(&desk, 1, "2026-11-25");
    let refused = desk.state().find(&key("A-1")).unwrap().unwrap();
    assert_eq!(refused.resend_until(), Some(day("2026-11-30")));
    let reason = GapReason::Refused { order: "A-1".to_owned(), resend_until: day("2026-11-30") };
    assert_eq!(desk.state().gaps(&register(2026)).unwrap(), [Gap { number: 1, reason }]);

    let mut issuing = desk.begin();
    assert_eq!(issuing.next_file(super::SELLER, 1).unwrap(), 3);
    issuing.reissue(&key("A-1"), &file(3), day("2026-11-30"), Late::Refuse).unwrap();
    issuing.commit().unwrap();
    let state = desk.state();
    let sent = state.find(&key("A-1")).unwrap().unwrap();
    assert_eq!((sent.number, &sent.numero, sent.date), (refused.number, &refused.numero, refused.date));
    assert_eq!((sent.file, sent.attempt, sent.status), (file(3), 2, Status::Staged));
    assert_eq!(state.pending().unwrap().len(), 1);
    assert_eq!(state.gaps(&register(2026)).unwrap(), []);

    // The message of the first file, come late once more, says nothing of the second.
    refuse(&desk, 1, "2026-11-25");
    assert_eq!(desk.state().find(&key("A-1")).unwrap().unwrap().status, Status::Staged);
    refuse(&desk, 3, "2026-12-01");
    let mut issuing = desk.begin();
    issuing.reissue(&key("A-1"), &file(4), day("2026-12-02"), Late::Refuse).unwrap();
    assert_eq!(issuing.find(&key("A-1")).unwrap().unwrap().attempt, 3);
}

#[test]
fn only_a_refused_document_goes_out_again_and_never_under_an_old_name() {
    let desk = Desk::new();
    desk.issue(&["A-1", "A-2"]);
    let today = day("2026-11-26");
    let mut issuing = desk.begin();
    for (order, expected) in [("A-1", Rule::NotRefused), ("A-9", Rule::NoDocument)] {
        assert_eq!(rule(issuing.reissue(&key(order), &file(3), today, Late::Allow).unwrap_err()), expected);
    }
    drop(issuing);
    refuse(&desk, 1, "2026-11-25");
    let mut issuing = desk.begin();
    for taken in [1, 2] {
        let error = issuing.reissue(&key("A-1"), &file(taken), today, Late::Refuse).unwrap_err();
        assert!(matches!(rule(error), Rule::ProgressiveTaken | Rule::FileNameTaken));
    }
    assert_eq!(issuing.find(&key("A-1")).unwrap().unwrap().file, file(1));
}

#[test]
fn after_five_days_only_on_purpose() {
    let desk = Desk::new();
    desk.issue(&["A-1"]);
    refuse(&desk, 1, "2026-11-25");
    let mut issuing = desk.begin();
    let late = issuing.reissue(&key("A-1"), &file(2), day("2026-12-01"), Late::Refuse).unwrap_err();
    assert_eq!(
        late.to_string(),
        "document `1/WEB` was refused on 2026-11-25: it could go out again with its number until 2026-11-30"
    );
    issuing.reissue(&key("A-1"), &file(2), day("2026-12-01"), Late::Allow).unwrap();
}
