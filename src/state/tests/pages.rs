//! Positions of extracts and allowances, as a platform's extract uses them.

use std::time::Duration;

use super::super::{PagePosition, State};
use super::{Desk, instant};

fn page(pages: u64, position: &str) -> PagePosition {
    PagePosition {
        run: "r1".into(),
        position: position.into(),
        folder: "runs/r1/ordini".into(),
        pages,
        rows: 50 * pages,
    }
}

#[test]
fn an_extract_goes_on_from_its_last_page_until_it_has_ended() {
    let desk = Desk::new();
    let state = desk.state();
    assert_eq!(state.saved_page("notte", "ordini").unwrap(), None);
    for number in 1..=3 {
        state.save_page("notte", "ordini", instant(), &page(number, &format!(r#"{{"page":{number}}}"#))).unwrap();
    }
    drop(state);
    // Another run, another table, another pipeline.
    let state = desk.state();
    assert_eq!(state.saved_page("notte", "ordini").unwrap(), Some(page(3, r#"{"page":3}"#)));
    assert_eq!(state.saved_page("notte", "clienti").unwrap(), None);
    assert_eq!(state.saved_page("giorno", "ordini").unwrap(), None);
    state.forget_page("notte", "ordini").unwrap();
    assert_eq!(state.saved_page("notte", "ordini").unwrap(), None);
}

#[test]
fn an_allowance_is_never_passed_and_begins_anew_with_its_window() {
    let desk = Desk::new();
    let state = desk.state();
    let take = |units| state.take_budget("ebay", "calls", instant(), units, 10).unwrap();
    assert_eq!((take(4), take(6), take(1)), (Some(6), Some(0), None));
    // What was refused was not taken; other names and accounts have their own.
    assert_eq!(take(0), Some(0));
    assert_eq!(state.take_budget("ebay", "revisions", instant(), 1, 3).unwrap(), Some(2));
    assert_eq!(state.take_budget("altro", "calls", instant(), 1, 3).unwrap(), Some(2));
    let tomorrow = instant() + Duration::from_hours(24);
    assert_eq!(state.take_budget("ebay", "calls", tomorrow, 1, 10).unwrap(), Some(9));
    // The platform counts also what others did.
    state.set_budget("ebay", "calls", tomorrow, 10).unwrap();
    assert_eq!(state.take_budget("ebay", "calls", tomorrow, 1, 10).unwrap(), None);
}

#[test]
fn many_runs_share_one_allowance() {
    let desk = Desk::new();
    drop(desk.state());
    let path = desk.path();
    let runs: Vec<_> = (0..4)
        .map(|_| {
            let path = path.clone();
            std::thread::spawn(move || {
                let state = State::open(&path).unwrap().waiting(Duration::from_secs(20)).unwrap();
                (0..20).filter(|_| state.take_budget("a", "calls", instant(), 1, 50).unwrap().is_some()).count()
            })
        })
        .collect();
    assert_eq!(runs.into_iter().map(|run| run.join().unwrap()).sum::<usize>(), 50);
}
