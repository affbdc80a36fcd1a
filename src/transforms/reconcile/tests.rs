//! The step on small tables, each setting alone.

use serde_json::{Value, json};

use super::*;
use crate::transforms::testing::{Desk, Outcome, frame, schema, step};

fn orders() -> Schema {
    schema(&[
        ("ordine", Type::Text),
        ("totale", Type::MONEY),
        ("giorno", Type::Date),
        ("valuta", Type::Text),
        ("email", Type::Text),
    ])
}

fn payments() -> Schema {
    schema(&[
        ("pagamento", Type::Text),
        ("rif", Type::Text),
        ("lordo", Type::MONEY),
        ("data", Type::Date),
        ("valuta", Type::Text),
        ("email", Type::Text),
    ])
}

fn written(more: &Value) -> Reconcile {
    let mut base = json!({
        "with": "pagamenti",
        "chain": "ordini-pagamenti",
        "left": { "id": "ordine", "amount": "totale", "date": "giorno", "currency": "valuta", "party": "email" },
        "right": { "id": "pagamento", "amount": "lordo", "date": "data", "currency": "valuta", "party": "email" },
        "match": [{ "name": "riferimento", "on": { "ordine": "rif" } }],
        "cardinality": "one_to_many",
        "tolerance": "0.01",
        "codes": { "left_only": "PAY_MISSING", "right_only": "PAY_ORPHAN", "different": "ORD_TOTAL_DIFF", "duplicate": "ORD_DUP" },
        "today": "2026-11-24",
    });
    for (key, value) in more.as_object().unwrap() {
        base[key] = value.clone();
    }
    step(base)
}

fn run(more: &Value, left: &[&str], right: &[&str]) -> Outcome {
    let desk = Desk::with("pagamenti", payments());
    desk.run(&written(more), &orders(), vec![frame(&orders(), left), frame(&payments(), right)])
}

/// `status code rule left right difference proposal` of each row.
fn short(outcome: &Outcome) -> Vec<String> {
    outcome
        .rows()
        .iter()
        .map(|row| {
            let cells: Vec<&str> = row.split('|').collect();
            [1, 2, 4, 6, 7, 12, 17].map(|at| cells[at]).join(" ")
        })
        .collect()
}

const ORDERS: &[&str] = &[
    "1001|100.00|2026-11-20|EUR|a@x.it",
    "1002|50.00|2026-11-20|EUR|b@x.it",
    "1003|30.00|2026-11-21|EUR|c@x.it",
    "1004|20.00|2026-11-10|EUR|d@x.it",
];

#[test]
fn split_captures_a_cent_within_tolerance_and_what_is_left() {
    let payments = [
        "p1| 1001 |60.00|2026-11-20|EUR|a@x.it",
        "p2|1001|40.01|2026-11-21|EUR|a@x.it",
        "p3|1002|49.98|2026-11-20|EUR|b@x.it",
        "p4|9999|12.00|2026-11-20|EUR|z@x.it",
        "p5|-|5.00|2026-11-20|EUR|z@x.it",
    ];
    let outcome = run(&json!({}), ORDERS, &payments);
    assert_eq!(
        short(&outcome),
        [
            "different ORD_TOTAL_DIFF riferimento 1002 p3 -0.02 -",
            "left_only PAY_MISSING - 1003 - -30.00 -",
            "left_only PAY_MISSING - 1004 - -20.00 -",
            "right_only PAY_ORPHAN - - p4 12.00 -",
            "right_only PAY_ORPHAN - - p5 5.00 -",
            "matched - riferimento 1001 p1, p2 0.01 -",
        ]
    );
    let ages: Vec<&str> = outcome.rows().iter().map(|row| row.split('|').nth(16).unwrap()).collect();
    assert_eq!(ages, ["4-7", "2-3", "8-14", "4-7", "4-7", "4-7"]);
}

#[test]
fn the_order_of_the_rows_does_not_matter() {
    let payments = [
        "p1|1001|60.00|2026-11-20|EUR|a@x.it",
        "p2|1001|40.00|2026-11-21|EUR|a@x.it",
        "p4|9|12.00|2026-11-20|EUR|c@x.it",
    ];
    let there: Vec<String> = run(&json!({}), ORDERS, &payments).rows().iter().map(ToString::to_string).collect();
    let (mut left, mut right) = (ORDERS.to_vec(), payments.to_vec());
    left.reverse();
    right.reverse();
    assert_eq!(run(&json!({}), &left, &right).rows(), there);
}

#[test]
fn two_rows_of_one_key_are_a_duplicate_where_one_is_admitted() {
    let orders = ["1001|100.00|2026-11-20|EUR|a@x.it", "1001|100.00|2026-11-20|EUR|a@x.it"];
    let outcome = run(&json!({}), &orders, &["p1|1001|100.00|2026-11-20|EUR|a@x.it"]);
    assert_eq!(short(&outcome), ["duplicate ORD_DUP riferimento 1001, 1001 p1 -100.00 -"]);
    let both = json!({ "cardinality": "many_to_many" });
    assert_eq!(
        short(&run(&both, &orders, &["p1|1001|200.00|2026-11-20|EUR|a@x.it"])),
        ["matched - riferimento 1001, 1001 p1 0.00 -"]
    );
}

#[test]
fn a_second_rule_pairs_equal_amounts_one_by_one_within_its_days() {
    let rules = json!({ "match": [
        { "name": "riferimento", "on": { "ordine": "rif" } },
        { "name": "email e importo", "on": "email", "amount": true, "days": 3 },
    ], "propose": 0 });
    let orders = [
        "1|10.00|2026-11-20|EUR|a@x.it",
        "2|10.00|2026-11-20|EUR|a@x.it",
        "3|10.00|2026-11-20|EUR|a@x.it",
        "4|70.00|2026-11-01|EUR|b@x.it",
    ];
    let payments = [
        "p1|1|10.00|2026-11-20|EUR|a@x.it",
        "p2|-|10.00|2026-11-20|EUR|A@X.IT",
        "p3|-|10.00|2026-11-20|EUR|a@x.it",
        "p4|-|70.00|2026-11-05|EUR|b@x.it",
    ];
    assert_eq!(
        short(&run(&rules, &orders, &payments)),
        [
            "left_only PAY_MISSING - 4 - -70.00 -",
            "right_only PAY_ORPHAN - - p4 70.00 -",
            "matched - riferimento 1 p1 0.00 -",
            "matched - email e importo 2 p2 0.00 -",
            "matched - email e importo 3 p3 0.00 -",
        ]
    );
}

#[test]
fn currencies_do_not_match_and_a_share_is_a_tolerance() {
    let outcome = run(&json!({ "propose": 0 }), &ORDERS[..1], &["p1|1001|100.00|2026-11-20|USD|a@x.it"]);
    assert_eq!(short(&outcome).len(), 2);
    let share = json!({ "tolerance_share": "0.5%" });
    let outcome = run(&share, &ORDERS[..2], &["p1|1001|100.50|2026-11-20|EUR|-", "p2|1002|50.26|2026-11-20|EUR|-"]);
    assert_eq!(
        short(&outcome),
        ["different ORD_TOTAL_DIFF riferimento 1002 p2 0.26 -", "matched - riferimento 1001 p1 0.50 -"]
    );
}

#[test]
fn proposals_are_shown_and_never_close_anything() {
    let outcome = run(&json!({}), &ORDERS[2..3], &["p9|-|30.00|2026-11-22|EUR|c@x.it"]);
    assert_eq!(
        short(&outcome),
        ["left_only PAY_MISSING - 1003 - -30.00 p9", "right_only PAY_ORPHAN - - p9 30.00 1003"]
    );
}

#[test]
fn what_is_young_is_pending() {
    let grace = json!({ "grace": { "left": 4 }, "output": "exceptions" });
    // 1003 is three days old.
    assert_eq!(short(&run(&grace, &ORDERS[2..], &[])), ["left_only PAY_MISSING - 1004 - -20.00 -"]);
}

#[test]
fn the_bridge_explains_the_difference_to_the_cent() {
    let payments = [
        "p1|1001|100.01|2026-11-20|EUR|a@x.it",
        "p3|1002|49.00|2026-11-20|EUR|b@x.it",
        "p4|9999|12.00|2026-11-20|EUR|z@x.it",
    ];
    let outcome = run(&json!({ "output": "bridge", "grace": { "left": 4 } }), ORDERS, &payments);
    assert_eq!(outcome.rows(), ["ordini-pagamenti|EUR|4|3|1|200.00|161.01|0.01|-1.00|50.00|12.00|0.00"]);
}

#[test]
fn presence_alone_needs_no_amount() {
    let shipments = schema(&[("tracking", Type::Text), ("ordine", Type::Integer)]);
    let orders = schema(&[("ordine", Type::Integer)]);
    let reconcile: Reconcile = step(json!({
        "with": "spedizioni", "chain": "ordini-spedizioni",
        "left": { "id": "ordine" }, "right": { "id": "tracking" },
        "match": [{ "name": "ordine", "on": "ordine" }],
        "codes": { "left_only": "SHIP_MISSING" },
    }));
    let desk = Desk::with("spedizioni", shipments.clone());
    let outcome = desk.run(&reconcile, &orders, vec![frame(&orders, &["1", "2"]), frame(&shipments, &["T1|1"])]);
    assert_eq!(short(&outcome), ["left_only SHIP_MISSING - 2 - 0 -", "matched - ordine 1 T1 0 -"]);
}

#[test]
fn settings_that_make_no_sense_are_all_reported() {
    let desk = Desk::with("pagamenti", payments());
    let wrong = written(&json!({
        "right": { "id": "pagamento", "amount": "email" },
        "match": [{ "name": "r", "on": { "ordine": "rif" }, "days": 2 }],
        "codes": { "left_only": "PAY_MISSNG" },
        "tolerance": "un cent",
        "today": "ieri",
    }));
    let found = desk.refuses(&wrong, &orders());
    let expected = [
        "type-mismatch: `email` is `text`, expected a decimal or an integer",
        "missing-key: `days` of rule `r` needs `date` in `left` and in `right`",
        "bad-value: `un cent` is not an amount",
        "bad-value: `PAY_MISSNG` is not a code of the catalogue",
        "bad-value: `ieri` is not a day",
        "missing-key: `currency` stands on one side only",
    ];
    for (problem, expected) in found.iter().zip(expected) {
        assert!(problem.contains(expected), "{problem}");
    }
    assert_eq!(found.len(), expected.len(), "{found:?}");
}
