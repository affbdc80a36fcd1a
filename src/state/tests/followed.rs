//! Outcomes told by the exchange system: twice, late, in any order.

use super::super::{Outcome, Rule, StateError, Status};
use super::{Desk, day, file, key};

fn marked(outcomes: &[Outcome]) -> Status {
    let desk = Desk::new();
    desk.issue(&["A-1"]);
    let state = desk.state();
    state.confirm(&file(1).staged_folder).unwrap();
    for outcome in outcomes {
        state.mark(&file(1).name, *outcome).unwrap();
    }
    state.find(&key("A-1")).unwrap().unwrap().status
}

#[test]
fn the_order_of_messages_does_not_matter() {
    let made_available = Outcome::MadeAvailable { on: day("2026-11-24") };
    let delivered = Outcome::Delivered { on: day("2026-11-25") };
    for (outcomes, expected) in [
        (vec![delivered], Status::Delivered),
        (vec![delivered, delivered], Status::Delivered),
        (vec![made_available, delivered, Outcome::Accepted], Status::Accepted),
        (vec![Outcome::Accepted, made_available, delivered], Status::Accepted),
        (vec![delivered, Outcome::RefusedByBody], Status::RefusedByBody),
        (vec![Outcome::TermsElapsed, delivered], Status::TermsElapsed),
        (vec![delivered, made_available], Status::Delivered),
    ] {
        assert_eq!(marked(&outcomes), expected, "{outcomes:?}");
    }
}

#[test]
fn what_cannot_both_be_is_refused() {
    let delivered = Outcome::Delivered { on: day("2026-11-25") };
    let refused = Outcome::Refused { on: day("2026-11-25") };
    for (first, second) in [
        (delivered, refused),
        (refused, delivered),
        (refused, Outcome::Accepted),
        (Outcome::Accepted, Outcome::RefusedByBody),
    ] {
        let desk = Desk::new();
        desk.issue(&["A-1"]);
        let state = desk.state();
        state.mark(&file(1).name, first).unwrap();
        let error = state.mark(&file(1).name, second).unwrap_err();
        assert!(matches!(error, StateError::Rule { rule: Rule::Contradiction, .. }), "{error:?}");
        assert_eq!(state.find(&key("A-1")).unwrap().unwrap().status, first.status());
    }
}

#[test]
fn a_message_before_the_confirmation_stands() {
    let desk = Desk::new();
    desk.issue(&["A-1"]);
    let state = desk.state();
    let outcome = Outcome::Delivered { on: day("2026-11-25") };
    assert_eq!(state.mark(&file(1).name, outcome).unwrap(), Some(Status::Delivered));
    assert_eq!(state.pending().unwrap(), []);
    assert_eq!(state.confirm(&file(1).staged_folder).unwrap(), 0);
    let found = state.find(&key("A-1")).unwrap().unwrap();
    assert_eq!((found.status, found.status_on), (Status::Delivered, Some(day("2026-11-25"))));
}

#[test]
fn a_signed_file_is_known_and_a_foreign_one_is_not() {
    let desk = Desk::new();
    desk.issue(&["A-1"]);
    let signed = format!("{}.p7m", file(1).name);
    assert_eq!(desk.state().mark(&signed, Outcome::Accepted).unwrap(), Some(Status::Accepted));
    assert_eq!(desk.state().mark("IT99999999999_00001.xml", Outcome::Accepted).unwrap(), None);
}
