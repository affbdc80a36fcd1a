//! The step on small tables. The life of an exception is tested beside its rules, and across runs in the suite.

use serde_json::{Value, json};

use super::*;
use crate::transforms::testing::{Desk, frame, schema, step};

fn input() -> Schema {
    schema(&[
        ("chain", Type::Text),
        ("code", Type::Text),
        ("key", Type::Text),
        ("status", Type::Text),
        ("difference", Type::MONEY),
        ("event_on", Type::Date),
    ])
}

fn run(options: Value, rows: &[&str]) -> (Vec<String>, usize) {
    let remember: Remember = step(options);
    let outcome = Desk::default().run(&remember, &input(), vec![frame(&input(), rows)]);
    let stopping = outcome.run.exceptions.met().values().map(|met| met.stopping).sum();
    (outcome.rows().into_iter().map(str::to_owned).collect(), stopping)
}

const ROWS: [&str; 4] = [
    "c|PAY_MISSING|1001|left_only|-50.00|2026-11-20",
    "c|SHIP_LATE|1002|flagged|-|2026-11-23",
    "c|-|1003|matched|0.00|2026-11-20",
    "c|PAY_ORPHAN|pi_9|right_only|9.00|2026-11-23",
];

#[test]
fn rows_with_a_code_are_exceptions_and_old_blockers_stop_the_run() {
    let (rows, stopping) = run(json!({ "today": "2026-11-24" }), &ROWS);
    let short: Vec<String> =
        rows.iter().map(|row| row.split('|').skip(1).take(10).collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(
        short,
        [
            "PAY_MISSING 1001 new blocker true -50.00 - 2026-11-20 4 4-7",
            "PAY_ORPHAN pi_9 new blocker false 9.00 - 2026-11-23 1 0-1",
            "SHIP_LATE 1002 new warning false - - 2026-11-23 1 0-1",
        ]
    );
    assert_eq!(stopping, 1);
}

#[test]
fn what_stops_a_run_is_a_choice() {
    let stopping = |options| run(options, &ROWS).1;
    assert_eq!(stopping(json!({ "today": "2026-11-24", "late": 0 })), 2);
    assert_eq!(stopping(json!({ "today": "2026-11-24", "fail_on": "never" })), 0);
    assert_eq!(stopping(json!({ "today": "2026-11-24", "fail_on": "warning" })), 2);
    assert_eq!(stopping(json!({ "today": "2026-11-24", "severity": { "PAY_MISSING": "info" } })), 0);
    assert_eq!(stopping(json!({ "today": "2026-11-24", "severity": { "SHIP_LATE": "blocker" } })), 2);
}

#[test]
fn what_is_no_exception_is_refused() {
    let remember: Remember = step(json!({ "severity": { "PAY_MISSNG": "info" }, "today": "ieri" }));
    let wrong = schema(&[("chain", Type::Text), ("code", Type::Integer), ("difference", Type::Text)]);
    let found = Desk::default().refuses(&remember, &wrong).join("\n");
    for part in
        ["`code` is `integer`", "need a column `key`", "PAY_MISSNG", "`ieri` is not a day", "`difference` is `text`"]
    {
        assert!(found.contains(part), "{part}: {found}");
    }
}
