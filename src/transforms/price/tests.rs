//! The `price` step as a user meets it: its words, its rejects, its mistakes.

use serde_json::json;

use super::*;
use crate::transforms::trade_testing::{Table, problems, run, step};

const COLUMNS: &[(&str, &str)] =
    &[("sku", "text"), ("prezzo", "decimal(18,2)"), ("iva", "integer"), ("costo", "decimal(18,4)"), ("titolo", "text")];

fn articles() -> Table {
    Table::new(
        COLUMNS,
        &[
            &["001", "50.00", "22", "30.0000", "a"],
            &["002", "~", "22", "30.0000", "b"],
            &["003", "0.00", "22", "30.0000", "c"],
            &["004", "10.00", "~", "30.0000", "d"],
            &["005", "10.00", "2200", "30.0000", "e"],
            &["006", "10.00", "22", "~", "f"],
            &["007", "10.00", "10", "30.1234", "g"],
        ],
    )
}

#[test]
fn the_example_of_the_manual() {
    let price: Price = step(&json!({
        "channel": "ebay", "base": "prezzo", "vat": "iva", "cost": "costo",
        "fee": { "percent": "11", "fixed": "0.35" }, "round": { "charm": "0.99", "to": "up" }, "floor": { "margin": "12%" }
    }));
    let outcome = run(&price, &articles(), &[]);
    assert_eq!(outcome.frame.height(), 2);
    // (50 + 0.35) / (1/1.22 - 0.11) = 70.948…; the floor of 001: (30/0.88 + 0.35) / (1/1.22 - 0.11) = 48.5307…, of 007: (30.1234/0.88 + 0.35) / (1/1.10 - 0.11) = 43.2756…
    let row = |row| {
        ["price_net", "price_vat", "price_gross", "price_fee", "price_proceeds", "price_floor"]
            .map(|name| outcome.cell(name, row))
    };
    assert_eq!(row(0), ["58.19", "12.80", "70.99", "8.16", "50.03", "48.54"]);
    assert_eq!(row(1), ["39.99", "4.00", "43.99", "5.19", "34.80", "43.28"]);
    let expected = "base_net 10.00 > fee_grossup 12.9522.. > round:charm:0.99:up 12.99 > floor 43.99";
    assert_eq!(outcome.cell("price_trace", 1), expected);
    let causes: Vec<String> =
        outcome.causes().into_iter().map(|(cause, key)| format!("{cause} {}", key.unwrap())).collect();
    assert_eq!(
        causes,
        [
            "missing-price sku=002",
            "missing-price sku=003",
            "missing-vat sku=004",
            "bad-vat sku=005",
            "missing-cost sku=006"
        ]
    );
}

#[test]
fn a_prefix_keeps_two_channels_apart() {
    let price: Price = step(
        &json!({ "channel": "shop", "base": "prezzo", "vat": "iva", "round": "cent", "prefix": "shop", "key": "titolo" }),
    );
    let outcome = run(&price, &articles(), &[]);
    assert_eq!(outcome.cell("shop_gross", 0), "61.00");
    assert_eq!((outcome.cell("shop_fee", 0), outcome.cell("shop_floor", 0)), (String::new(), String::new()));
    assert_eq!(outcome.frame.height(), 3);
    assert!(outcome.causes().contains(&(String::from("missing-price"), Some(String::from("titolo=b")))));
}

#[test]
fn a_fee_that_takes_everything_rejects_the_row() {
    let price: Price = step(&json!({ "channel": "x", "base": "prezzo", "vat": "iva", "fee": { "percent": "85" } }));
    let table = Table::new(COLUMNS, &[&["001", "50.00", "22", "1.0000", ""], &["002", "50.00", "10", "1.0000", ""]]);
    let outcome = run(&price, &table, &[]);
    assert_eq!(outcome.causes(), [(String::from("fee-too-high"), Some(String::from("sku=001")))]);
    assert_eq!(outcome.frame.height(), 1);
}

#[test]
fn mistakes_are_explained_together() {
    let table = articles();
    let cases = [
        (json!({ "channel": "x", "base": "titolo", "vat": "iva" }), vec!["type-mismatch: `titolo` is text"]),
        (
            json!({ "channel": "x", "base": "prezo", "vat": "ivaa", "fee": { "percent": "molto" }, "floor": { "margin": "12" } }),
            vec![
                "unknown-column: ",
                "unknown-column: ",
                "bad-value: `molto` is not a percentage",
                "missing-key: `floor` needs the `cost`",
            ],
        ),
        (
            json!({ "channel": "x", "base": "prezzo", "vat": "iva", "fee": { "percent": "100" } }),
            vec!["bad-value: the fee takes the whole"],
        ),
        (
            json!({ "channel": "x", "base": "prezzo", "vat": "iva", "round": { "to": "up" } }),
            vec!["bad-value: `round` needs either"],
        ),
        (
            json!({ "channel": "x", "base": "prezzo", "vat": "iva", "round": { "charm": "1.99", "to": "up" } }),
            vec!["bad-value: `charm` must be"],
        ),
        (
            json!({ "channel": "x", "base": "prezzo", "vat": "iva", "cost": "costo", "floor": { "margin": "100%" } }),
            vec!["bad-value: a margin on the price is below 100%"],
        ),
        (
            json!({ "channel": "x", "base": "prezzo", "vat": "iva", "cost": "costo", "floor": { "margin": "1", "markup": "2" } }),
            vec!["bad-value: `floor` needs either"],
        ),
    ];
    for (config, expected) in cases {
        let found = problems(&step::<Price>(&config), &table, &[]);
        assert_eq!(found.len(), expected.len(), "{config}: {found:?}");
        for (found, expected) in found.iter().zip(expected) {
            assert!(found.starts_with(expected), "{config}: {found}");
        }
    }
    let taken = Table::new(&[("prezzo", "money"), ("iva", "integer"), ("price_net", "money")], &[]);
    let price: Price = step(&json!({ "channel": "x", "base": "prezzo", "vat": "iva" }));
    assert_eq!(problems(&price, &taken, &[]), ["duplicate-column: the table already has `price_net`"]);
}

#[test]
fn unknown_words_are_refused() {
    for config in [
        json!({ "channel": "x", "base": "prezzo", "vat": "iva", "round": "up" }),
        json!({ "channel": "x", "base": "prezzo", "vat": "iva", "tiers": [] }),
        json!({ "channel": "x", "base": "prezzo", "vat": "iva", "round": { "charm": "0.99", "to": "sideways" } }),
    ] {
        assert!(serde_json::from_value::<Price>(config.clone()).is_err(), "{config}");
    }
}
