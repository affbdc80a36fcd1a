//! Numbers: without gaps, without repeats, from the right start.

use std::thread;

use super::super::{Rule, StateError};
use super::{Desk, SELLER, document, issue, key, numbers, register};

fn rule(result: Result<(), StateError>) -> Rule {
    match result {
        Err(StateError::Rule { rule, .. }) => rule,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_document_is_found_as_it_was_recorded() {
    let desk = Desk::new();
    let mut issuing = desk.begin();
    let new = issue(&mut issuing, "A-1", "2026-11-23");
    assert_eq!(issuing.find(&key("A-1")).unwrap().unwrap().file, new.file);
    issuing.commit().unwrap();
    let found = desk.state().find(&key("A-1")).unwrap().unwrap();
    assert_eq!((found.key, found.number, found.numero.as_str()), (new.key, 1, "1/WEB"));
    assert_eq!((found.date, found.file, found.attempt), (new.date, new.file, 1));
    assert_eq!(desk.state().find(&key("A-2")).unwrap(), None);
}

#[test]
fn many_are_found_at_once() {
    let desk = Desk::new();
    desk.issue(&["A-1", "A-2", "A-3"]);
    let found = desk.state().find_many(SELLER, "TD01", ["A-1", "A-3", "A-9"]).unwrap();
    let mut orders: Vec<_> = found.into_iter().map(|(order, document)| (order, document.number)).collect();
    orders.sort();
    assert_eq!(orders, [("A-1".to_owned(), 1), ("A-3".to_owned(), 3)]);
    assert!(desk.state().find_many(SELLER, "TD04", ["A-1"]).unwrap().is_empty());
}

#[test]
fn a_number_that_was_not_recorded_is_given_again() {
    let desk = Desk::new();
    let issuing = desk.begin();
    assert_eq!(issuing.next_number(&register(2026), 1).unwrap(), 1);
    assert_eq!(issuing.next_number(&register(2026), 1).unwrap(), 1);
    assert_eq!(issuing.next_file(SELLER, 1).unwrap(), 1);
    assert_eq!(issuing.next_file(SELLER, 1).unwrap(), 1);
}

#[test]
fn first_counts_for_a_new_series_only() {
    let desk = Desk::new();
    let mut issuing = desk.begin();
    assert_eq!(issuing.last(&register(2026)).unwrap(), None);
    assert_eq!(issuing.next_number(&register(2026), 1500).unwrap(), 1500);
    issuing.record(&document("A-1", 1500, 1, "2026-11-23")).unwrap();
    assert_eq!(issuing.next_number(&register(2026), 1500).unwrap(), 1501);
    assert_eq!(issuing.next_number(&register(2026), 9000).unwrap(), 1501);
    assert_eq!(issuing.last(&register(2026)).unwrap(), Some((1500, super::day("2026-11-23"))));
    // The option is still in the pipeline when the new year comes.
    assert_eq!(issuing.next_number(&register(2027), 1500).unwrap(), 1);
    assert_eq!(issuing.next_number(&register(2026), 0).unwrap(), 1501);
}

#[test]
fn each_year_series_and_seller_counts_for_itself() {
    let desk = Desk::new();
    let mut issuing = desk.begin();
    for (order, date) in [("A-1", "2026-12-31"), ("A-2", "2027-01-01"), ("A-3", "2026-12-31"), ("A-4", "2027-01-02")] {
        issue(&mut issuing, order, date);
    }
    let mut other = register(2026);
    "B2B".clone_into(&mut other.series);
    assert_eq!(issuing.next_number(&other, 1).unwrap(), 1);
    other = register(2026);
    "09876543210".clone_into(&mut other.seller);
    assert_eq!(issuing.next_number(&other, 1).unwrap(), 1);
    issuing.commit().unwrap();
    let state = desk.state();
    assert_eq!((numbers(&state, 2026), numbers(&state, 2027)), (vec![1, 2], vec![1, 2]));
}

#[test]
fn file_progressives_go_on_and_may_jump_ahead() {
    let desk = Desk::new();
    let mut issuing = desk.begin();
    issue(&mut issuing, "A-1", "2026-12-31");
    assert_eq!(issuing.next_file(SELLER, 1).unwrap(), 2);
    assert_eq!(issuing.next_file(SELLER, 700).unwrap(), 700);
    assert_eq!(issuing.next_file("09876543210", 5).unwrap(), 5);
}

#[test]
fn what_would_be_wrong_is_refused_and_takes_nothing() {
    let desk = Desk::new();
    let mut issuing = desk.begin();
    issue(&mut issuing, "A-1", "2026-11-23");
    let good = document("A-2", 2, 2, "2026-11-23");
    let mut wrong = good.clone();
    wrong.key = key("A-1");
    assert_eq!(rule(issuing.record(&wrong)), Rule::OrderHasDocument);
    for number in [1, 3, 0] {
        let wrong = super::NewDocument { number, ..good.clone() };
        assert_eq!(rule(issuing.record(&wrong)), Rule::NotNext);
    }
    wrong = good.clone();
    "OTHER".clone_into(&mut wrong.series);
    (wrong.number, wrong.numero) = (1, "1/WEB".to_owned());
    assert_eq!(rule(issuing.record(&wrong)), Rule::NumeroTaken);
    (wrong.number, wrong.numero) = (0, "0/OTHER".to_owned());
    assert_eq!(rule(issuing.record(&wrong)), Rule::BadField);
    wrong = good.clone();
    wrong.file.progressive = 1;
    assert_eq!(rule(issuing.record(&wrong)), Rule::ProgressiveTaken);
    wrong = good.clone();
    wrong.file.name = super::file(1).name;
    assert_eq!(rule(issuing.record(&wrong)), Rule::FileNameTaken);
    wrong = good.clone();
    wrong.number = u64::MAX;
    assert!(issuing.record(&wrong).is_err());
    issuing.record(&good).unwrap();
    issuing.commit().unwrap();
    assert_eq!(numbers(&desk.state(), 2026), [1, 2]);
}

#[test]
fn the_database_itself_forbids_what_code_must_not_do() {
    let desk = Desk::new();
    desk.issue(&["A-1", "A-2"]);
    let state = desk.state();
    for sql in [
        "UPDATE documents SET number = 9 WHERE number = 2",
        "UPDATE documents SET date = '2026-01-01'",
        "UPDATE files SET name = 'IT01234567890_00009.xml' WHERE progressive = 1",
        "DELETE FROM documents",
        "DELETE FROM files",
        "UPDATE files SET status = 'lost'",
        "UPDATE files SET status = 'refused'",
        "INSERT INTO documents (seller, kind, order_key, series, year, number, numero, date, file)
         VALUES ('01234567890', 'TD01', 'A-3', 'WEB', 2026, 4, '4/WEB', '2026-11-23', 1)",
        "INSERT INTO documents (seller, kind, order_key, series, year, number, numero, date, file)
         VALUES ('01234567890', 'TD01', 'A-3', 'WEB', 2026, 3, '3/WEB', '2027-11-23', 1)",
        // A document without a file.
        "INSERT INTO documents (seller, kind, order_key, series, year, number, numero, date, file)
         VALUES ('01234567890', 'TD01', 'A-3', 'WEB', 2026, 3, '3/WEB', '2026-11-23', 0)",
    ] {
        assert!(state.connection.execute_batch(sql).is_err(), "{sql}");
    }
    assert_eq!(numbers(&state, 2026), [1, 2]);
}

#[test]
fn two_runs_at_once_leave_no_gap() {
    let desk = Desk::new();
    thread::scope(|scope| {
        for run in ["a", "b"] {
            let desk = &desk;
            scope.spawn(move || {
                for count in 0..20 {
                    let mut issuing = desk.begin();
                    issue(&mut issuing, &format!("{run}-{count}"), "2026-11-23");
                    // Both also meet the same order: only one may give it a number.
                    let same = format!("same-{count}");
                    if issuing.find(&key(&same)).unwrap().is_none() {
                        issue(&mut issuing, &same, "2026-11-23");
                    }
                    if count % 5 == 4 {
                        drop(issuing);
                    } else {
                        issuing.commit().unwrap();
                    }
                }
            });
        }
    });
    let state = desk.state();
    let numbers = numbers(&state, 2026);
    assert_eq!(numbers, (1..=48).collect::<Vec<_>>());
    assert_eq!(state.gaps(&register(2026)).unwrap(), []);
}

#[test]
fn many_documents_are_taken_together_or_not_at_all() {
    let desk = Desk::new();
    let mut issuing = desk.begin();
    let good = [super::document("A-1", 1, 1, "2026-11-23"), super::document("A-2", 2, 2, "2026-11-23")];
    issuing.record_all(&good).unwrap();
    let gap = super::document("A-4", 4, 4, "2026-11-23");
    let bad = [super::document("A-3", 3, 3, "2026-11-23"), super::NewDocument { number: 5, ..gap }];
    let error = issuing.record_all(&bad).unwrap_err();
    assert!(error.to_string().contains("A-4"), "{error}");
    assert!(issuing.record_all(&good).is_err() && issuing.commit().is_err(), "the transaction is undone");
    assert_eq!(numbers(&desk.state(), 2026), Vec::<u64>::new());
}
