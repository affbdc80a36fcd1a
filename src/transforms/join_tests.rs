//! Tests of the `join` step.

use polars::prelude::IntoLazy;
use serde_json::json;

use super::*;
use crate::domain::types::Type;
use crate::transforms::testing::{Desk, at, frame, schema, step};

fn here() -> Schema {
    schema(&[("n", Type::Integer), ("sku", Type::Text)])
}

fn there() -> Schema {
    schema(&[("codice", Type::Text), ("prezzo", Type::MONEY), ("n", Type::Integer)])
}

fn desk() -> Desk {
    Desk::with("listino", there())
}

const HERE: &[&str] = &["1|A", "2|B", "3|-", "4|A", "5|Z"];
const THERE: &[&str] = &["A|1.00|7", "B|2.00|8", "C|3.00|9", "-|4.00|10"];
const TWICE: &[&str] = &["A|1.00|7", "B|2.00|8", "A|3.00|9", "Q|1.00|1", "Q|2.00|1"];

fn join(mut written: serde_json::Value) -> Join {
    written["with"] = json!("listino");
    if written["how"] != "cross" {
        written["on"] = json!({ "sku": "codice" });
    }
    step(written)
}

#[test]
fn each_kind_keeps_its_rows() {
    let cases = [
        (json!({ "columns": "prezzo" }), RowEffect::Keeps, vec!["1|A|1.00", "2|B|2.00", "3|-|-", "4|A|1.00", "5|Z|-"]),
        (
            json!({ "columns": "prezzo", "nulls_match": true }),
            RowEffect::Keeps,
            vec!["1|A|1.00", "2|B|2.00", "3|-|4.00", "4|A|1.00", "5|Z|-"],
        ),
        (json!({ "columns": "prezzo", "how": "inner" }), RowEffect::Filters, vec!["1|A|1.00", "2|B|2.00", "4|A|1.00"]),
        (json!({ "how": "semi" }), RowEffect::Filters, vec!["1|A", "2|B", "4|A"]),
        (json!({ "how": "anti" }), RowEffect::Filters, vec!["3|-", "5|Z"]),
        (
            json!({ "columns": "prezzo", "how": "full" }),
            RowEffect::Changes,
            vec!["-|-|4.00", "-|C|3.00", "1|A|1.00", "2|B|2.00", "3|-|-", "4|A|1.00", "5|Z|-"],
        ),
    ];
    for (written, rows, expected) in cases {
        let join = join(written.clone());
        let outcome = desk().run(&join, &here(), vec![frame(&here(), HERE), frame(&there(), THERE)]);
        let found = if rows == RowEffect::Changes { outcome.sorted() } else { outcome.rows() };
        assert_eq!(found, expected, "{written}");
        assert_eq!(desk().bind(&join, &here()).rows, rows, "{written}");
    }
}

#[test]
fn all_with_all() {
    let cross = join(json!({ "how": "cross", "prefix": "l_" }));
    let outcome = desk().run(&cross, &here(), vec![frame(&here(), &HERE[..2]), frame(&there(), &THERE[..2])]);
    assert_eq!(outcome.sorted(), ["1|A|A|1.00|7", "1|A|B|2.00|8", "2|B|A|1.00|7", "2|B|B|2.00|8"]);
}

#[test]
fn names_that_clash_are_told_apart() {
    let suffixed = join(json!({ "suffix": "_listino" }));
    assert_eq!(desk().bind(&suffixed, &here()).schema.names().collect::<Vec<_>>(), ["n", "sku", "prezzo", "n_listino"]);
    let plain = join(json!({}));
    assert_eq!(
        desk().refuses(&plain, &here()),
        ["0 duplicate-column: both this table and `listino` have a column `n`"]
    );
}

#[test]
fn a_second_match_ends_the_run_naming_both_rows() {
    for how in ["left", "inner", "full"] {
        let join = join(json!({ "how": how, "suffix": "_l" }));
        let outcome = desk().run(&join, &here(), vec![frame(&here(), HERE), frame(&there(), TWICE)]);
        let expected = "[join-not-unique at prova#1] table `listino` has several rows for sku=A, where `cardinality` allows one: \
                        {\"prezzo\":\"1.00\",\"n_l\":\"7\"} and {\"prezzo\":\"3.00\",\"n_l\":\"9\"}";
        assert!(outcome.error().contains(expected), "{how}: {}", outcome.error());
    }
}

#[test]
fn a_second_match_can_reject_the_rows_that_need_it() {
    let join = join(json!({ "on_violation": "reject", "columns": "prezzo" }));
    let outcome = desk().run(&join, &here(), vec![frame(&here(), HERE), frame(&there(), TWICE)]);
    assert_eq!(outcome.rows(), ["2|B|2.00", "3|-|-", "5|Z|-"]);
    let rejects = outcome.rejects();
    let found: Vec<_> = rejects.iter().map(|one| (one.cause.as_str(), one.key.as_deref())).collect();
    assert_eq!(found, [("join-not-unique", Some("sku=A")); 2]);
    assert_eq!(
        rejects[0].message,
        "table `listino` has several rows for this key, where the join allows one: dedupe it"
    );
}

#[test]
fn cardinality_counts_on_the_side_that_it_names() {
    let frames = || vec![frame(&here(), HERE), frame(&there(), TWICE)];
    let many = join(json!({ "cardinality": "many_to_many", "columns": "prezzo", "how": "inner" }));
    assert_eq!(
        desk().run(&many, &here(), frames()).rows(),
        ["1|A|1.00", "1|A|3.00", "2|B|2.00", "4|A|1.00", "4|A|3.00"]
    );
    let one = join(json!({ "cardinality": "one_to_many", "columns": "prezzo", "how": "inner" }));
    let outcome = desk().run(&one, &here(), frames());
    assert!(
        outcome.error().contains("[join-not-unique at prova#1] several rows of this table have the key sku=A"),
        "{}",
        outcome.error()
    );
    let rejecting = join(json!({ "cardinality": "one_to_one", "columns": "prezzo", "on_violation": "reject" }));
    let outcome = desk().run(&rejecting, &here(), vec![frame(&here(), HERE), frame(&there(), THERE)]);
    assert_eq!(outcome.rows(), ["2|B|2.00", "3|-|-", "5|Z|-"]);
    assert_eq!(outcome.rejects().len(), 2);
}

#[test]
fn a_second_match_is_seen_across_batches() {
    let left = schema(&[("k", Type::Text)]);
    let right = schema(&[("k", Type::Text), ("v", Type::Integer)]);
    let keys: Vec<String> = (0..300_000).map(|number| format!("k{number}")).collect();
    let left_rows: Vec<&str> = keys.iter().map(String::as_str).collect();
    let desk = Desk::with("b", right.clone());
    for (doubled, how) in
        [(None, "left"), (None, "inner"), (Some(0), "left"), (Some(123_456), "left"), (Some(299_999), "inner")]
    {
        let mut values: Vec<String> =
            keys.iter().rev().enumerate().map(|(number, key)| format!("{key}|{number}")).collect();
        values.extend(doubled.map(|number: usize| format!("k{number}|-1")));
        let right_rows: Vec<&str> = values.iter().map(String::as_str).collect();
        let join: Join = step(json!({ "with": "b", "on": "k", "how": how }));
        let bound = desk.bind(&join, &left);
        let outcome = desk.lower(&bound, vec![frame(&left, &left_rows).lazy(), frame(&right, &right_rows).lazy()]);
        match doubled {
            None => assert_eq!((outcome.rows().len(), outcome.rows()[7]), (300_000, "k7|299992")),
            Some(number) => {
                assert!(outcome.error().contains(&format!("several rows for k=k{number},")), "{}", outcome.error());
            }
        }
        if doubled.is_none() {
            // The same plan again: what the first run saw is no evidence against the second.
            let again = desk.lower(&bound, vec![frame(&left, &left_rows).lazy(), frame(&right, &right_rows).lazy()]);
            assert_eq!(again.rows().len(), 300_000);
        }
    }
}

#[test]
fn mistakes_are_reported_together() {
    let mut wrong = join(
        json!({ "how": "semi", "cardinality": "one_to_one", "on_violation": "reject", "columns": "prezzo", "suffix": "_x" }),
    );
    wrong.suffix = Some(at("_x", 60));
    let found = desk().refuses(&wrong, &here());
    assert_eq!(found.len(), 4, "{found:?}");
    assert!(found[3].starts_with("60 bad-value: `suffix` has no effect here"), "{found:?}");

    let mut wrong: Join = step(json!({ "with": "listino", "on": "sku" }));
    wrong.columns = Some(Names(vec![at("prezo", 30)]));
    assert_eq!(
        desk().refuses(&wrong, &here()),
        [
            "0 unknown-column: unknown column `sku` in table `listino`",
            "30 unknown-column: unknown column `prezo` in table `listino`"
        ]
    );
    let without: Join = step(json!({ "with": "listino" }));
    assert_eq!(
        desk().refuses(&without, &here()),
        ["0 missing-key: the join with `listino` needs `on`, the key of both tables"]
    );
    let full = join(json!({ "how": "full", "on_violation": "reject", "columns": "prezzo" }));
    assert!(desk().refuses(&full, &here())[0].contains("unsupported"));
}
