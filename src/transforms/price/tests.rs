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
            vec!["unknown-column: ", "unknown-column: ", "unknown-column: ", "missing-key: `floor` needs the `cost`"],
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
        json!({ "channel": "x", "base": "prezzo", "vat": "iva", "tier": [] }),
        json!({ "channel": "x", "base": "prezzo", "vat": "iva", "round": { "charm": "0.99", "to": "sideways" } }),
    ] {
        assert!(serde_json::from_value::<Price>(config.clone()).is_err(), "{config}");
    }
}

fn promotions() -> Table {
    Table::new(
        &[
            ("promo", "integer"),
            ("sku", "text"),
            ("canale", "text"),
            ("percento", "decimal(5,2)"),
            ("dal", "date"),
            ("al", "date"),
        ],
        &[
            &["7", "001", "*", "10.00", "1969-12-01", "1970-02-01"],
            &["3", "001", "ebay", "20.00", "1969-12-01", "1970-02-01"],
            &["4", "001", "ebay", "20.00", "1969-12-01", "1970-02-01"],
            &["5", "001", "ebay", "50.00", "1970-01-02", "1970-02-01"],
            &["6", "002", "shop", "30.00", "1969-12-01", "1970-01-01"],
        ],
    )
}

#[test]
fn the_best_promotion_of_the_channel_counts_and_rules_are_data() {
    let rows = Table::new(
        &[
            ("sku", "text"),
            ("canale", "text"),
            ("prezzo", "money"),
            ("iva", "integer"),
            ("pct", "decimal(5,2)"),
            ("regola", "text"),
        ],
        &[
            &["001", "ebay", "50.00", "22", "15.00", "charm:0.99:up"],
            &["001", "shop", "50.00", "22", "~", "cent"],
            &["002", "shop", "50.00", "22", "~", "~"],
            &["003", "shop", "50.00", "22", "~", "charm:9:up"],
        ],
    );
    let price: Price = step(&json!({
        "channel": { "column": "canale" }, "base": "prezzo", "vat": "iva", "fee": { "percent": "pct" }, "round": { "rule": "regola" },
        "promotions": { "table": "promozioni", "columns": { "id": "promo", "channel": "canale", "value": "percento", "valid_from": "dal", "valid_to": "al" } }
    }));
    let outcome = run(&price, &rows, &[("promozioni", &promotions())]);
    let row = |row| {
        ["price_gross", "price_regular", "price_fee", "price_promotion", "price_promotion_value", "price_promotion_to"]
            .map(|name| outcome.cell(name, row))
    };
    // 50 / (1/1.22 - 0.15) = 74.6634; 20 % off is 59.7307.
    assert_eq!(row(0), ["59.99", "74.99", "9.00", "3", "20.00", "1970-02-01"]);
    assert_eq!(row(1), ["54.90", "61.00", "", "7", "10.00", "1970-02-01"]);
    assert_eq!(row(2), ["61.00", "61.00", "", "", "", ""]);
    assert_eq!(outcome.causes(), [(String::from("bad-rounding"), Some(String::from("sku=003")))]);
    let trace = "base_net 50.00 > fee_grossup 74.6634.. > promo 3 59.7307.. > round:charm:0.99:up 59.99";
    assert_eq!(outcome.cell("price_trace", 0), trace);
}

#[test]
fn a_row_without_a_price_is_not_published_or_ends_the_run() {
    let skip: Price = step(&json!({ "channel": "x", "base": "prezzo", "vat": "iva", "missing": "skip" }));
    let outcome = run(&skip, &articles(), &[]);
    assert_eq!(outcome.frame.height(), 3);
    assert!(outcome.causes().iter().all(|(cause, _)| cause != "missing-price"));
}

fn lists() -> Table {
    Table::new(
        &[
            ("code", "text"),
            ("channel", "text"),
            ("country", "text"),
            ("is_gross", "bool"),
            ("currency", "text"),
            ("priority", "integer"),
            ("valid_from", "date"),
            ("valid_to", "date"),
            ("parent", "text"),
            ("percent", "decimal(9,4)"),
            ("amount", "money"),
            ("round", "text"),
        ],
        &[
            &["BASE", "~", "~", "false", "EUR", "0", "~", "~", "~", "~", "~", "~"],
            &["EBAY", "ebay", "~", "false", "EUR", "0", "~", "~", "BASE", "10", "0.50", "step:0.05:up"],
            &["EBAY-DE", "ebay", "DE", "true", "EUR", "0", "1969-01-01", "~", "~", "~", "~", "~"],
            &["EBAY-DE-2", "ebay", "DE", "true", "EUR", "0", "1969-06-01", "1970-01-01", "~", "~", "~", "~"],
            &["EBAY-DE-3", "ebay", "DE", "true", "EUR", "1", "1969-06-01", "1970-02-01", "~", "~", "~", "~"],
        ],
    )
}

fn prices(more: &[&[&str]]) -> Table {
    let mut rows: Vec<&[&str]> = vec![
        &["BASE", "001", "~", "~", "1", "10.00"],
        &["BASE", "001", "~", "~", "10", "9.00"],
        &["BASE", "~", "Casa", "~", "1", "20.00"],
        &["BASE", "~", "Casa > Cucina", "~", "1", "21.00"],
        &["BASE", "~", "~", "Acme", "1", "30.00"],
        &["BASE", "~", "~", "~", "1", "99.00"],
        &["EBAY", "002", "~", "~", "1", "7.77"],
        &["EBAY-DE", "001", "~", "~", "1", "15.00"],
        &["EBAY-DE-2", "001", "~", "~", "1", "16.00"],
    ];
    rows.extend(more);
    let columns = [
        ("list", "text"),
        ("sku", "text"),
        ("category", "text"),
        ("brand", "text"),
        ("min_qty", "integer"),
        ("amount", "money"),
    ];
    Table::new(&columns, &rows)
}

fn orders() -> Table {
    Table::new(
        &[
            ("sku", "text"),
            ("canale", "text"),
            ("paese", "text"),
            ("categoria", "text"),
            ("marca", "text"),
            ("pezzi", "integer"),
            ("iva", "integer"),
        ],
        &[
            &["001", "shop", "IT", "Casa", "Acme", "1", "0"],
            &["001", "shop", "IT", "Casa", "Acme", "12", "0"],
            &["001", "ebay", "IT", "Casa", "Acme", "1", "0"],
            &["002", "ebay", "IT", "Casa", "Acme", "1", "0"],
            &["003", "shop", "IT", "Casa > Cucina > Padelle", "Acme", "1", "0"],
            &["003", "ebay", "IT", "Casa > Bagno", "Acme", "1", "0"],
            &["004", "shop", "IT", "Giardino", "Acme", "1", "0"],
            &["004", "shop", "IT", "Giardino", "Altri", "1", "0"],
            &["001", "ebay", "DE", "Casa", "Acme", "1", "19"],
        ],
    )
}

fn listed() -> Price {
    step(&json!({
        "channel": { "column": "canale" }, "country": { "column": "paese" }, "quantity": "pezzi", "vat": "iva", "currency": "EUR",
        "lists": { "table": "listini", "prices": "prezzi", "category": "categoria", "brand": "marca" }
    }))
}

#[test]
fn the_most_specific_list_and_the_nearest_price_win() {
    let outcome = run(&listed(), &orders(), &[("listini", &lists()), ("prezzi", &prices(&[]))]);
    let found: Vec<_> =
        (0..9).map(|row| format!("{} {}", outcome.cell("price_list", row), outcome.cell("price_gross", row))).collect();
    let expected = [
        "BASE 10.00",
        "BASE 9.00",
        // 10.00 and 10 % and 0.50.
        "EBAY 11.50",
        // Its own price in a derived list is an exception.
        "EBAY 7.77",
        "BASE 21.00",
        "EBAY 22.50",
        "BASE 30.00",
        "BASE 99.00",
        // The other list of the same rank ended at midnight.
        "EBAY-DE 15.00",
    ];
    assert_eq!(found, expected);
    assert_eq!(outcome.cell("price_trace", 8), "list EBAY-DE level 3 > base_gross 15.00 > round:cent 15.00");
    let higher = prices(&[&["EBAY-DE-3", "001", "~", "~", "1", "17.00"]]);
    let outcome = run(&listed(), &orders(), &[("listini", &lists()), ("prezzi", &higher)]);
    assert_eq!(outcome.cell("price_list", 8), "EBAY-DE-3");
}

#[test]
fn the_rate_of_the_day_is_the_latest_one_that_is_not_too_old() {
    let rates = Table::new(
        &[("base", "text"), ("quote", "text"), ("date", "date"), ("rate", "decimal(18,6)")],
        &[
            &["EUR", "GBP", "2026-11-20", "0.843700"],
            &["EUR", "GBP", "2026-11-24", "0.850000"],
            &["EUR", "USD", "2026-11-23", "1.100000"],
            &["EUR", "GBP", "2026-10-01", "0.900000"],
        ],
    );
    let rows = Table::new(
        &[("sku", "text"), ("prezzo", "money"), ("iva", "integer"), ("giorno", "date")],
        &[
            &["001", "100.00", "20", "2026-11-23"],
            &["002", "100.00", "20", "2026-11-24"],
            &["003", "100.00", "20", "2026-10-08"],
            &["004", "100.00", "20", "2026-10-09"],
            &["005", "100.00", "20", "2026-09-30"],
        ],
    );
    let price: Price = step(&json!({
        "channel": "uk", "base": "prezzo", "vat": "iva", "at": "giorno", "currency": "GBP", "rates": { "table": "cambi" }
    }));
    let outcome = run(&price, &rows, &[("cambi", &rates)]);
    let found: Vec<_> = (0..3).map(|row| outcome.cell("price_gross", row)).collect();
    assert_eq!(found, ["101.24", "102.00", "108.00"]);
    let missing = |sku: &str| (String::from("missing-rate"), Some(format!("sku={sku}")));
    assert_eq!(outcome.causes(), [missing("004"), missing("005")]);
    assert_eq!(outcome.cell("price_trace", 0), "base_net 100.00 > fx x0.8437 84.37 > round:cent 101.24");
}

#[test]
fn currencies_have_their_own_decimals() {
    let rows =
        Table::new(&[("sku", "text"), ("prezzo", "decimal(18,4)"), ("iva", "integer")], &[&["001", "1234.5678", "10"]]);
    for (currency, round, expected) in [
        ("JPY", json!("cent"), "1358"),
        ("JPY", json!({ "step": "10", "to": "up" }), "1360"),
        ("TND", json!("cent"), "1358.025"),
        ("TND", json!({ "charm": "0.990", "to": "down" }), "1357.990"),
        ("EUR", json!("cent"), "1358.02"),
    ] {
        let price: Price =
            step(&json!({ "channel": "x", "base": "prezzo", "vat": "iva", "currency": currency, "round": round }));
        assert_eq!(run(&price, &rows, &[]).cell("price_gross", 0), expected, "{currency} {round}");
    }
}

#[test]
fn what_looks_wrong_is_noted() {
    let rows = Table::new(
        &[("sku", "text"), ("prezzo", "money"), ("iva", "integer"), ("costo", "money"), ("msrp", "money")],
        &[&["001", "50.00", "22", "48.00", "60.00"], &["009", "10.00", "22", "1.00", "~"]],
    );
    let price: Price = step(&json!({
        "channel": "ebay", "base": "prezzo", "vat": "iva", "cost": "costo", "floor": { "markup": "0" },
        "promotions": { "table": "promozioni", "columns": { "id": "promo", "channel": "canale", "value": "percento", "valid_from": "dal", "valid_to": "al" } },
        "round": { "charm": "0.99", "to": "down" }, "warn": { "rounding": "5%", "msrp": "msrp" }
    }));
    let outcome = run(&price, &rows, &[("promozioni", &promotions())]);
    // 61.00 less 20 % is 48.80, shown 47.99; the floor is 58.56, the next ending 58.99 of a regular 60.99.
    assert_eq!(outcome.cell("price_gross", 0), "58.99");
    assert_eq!(outcome.cell("price_warnings", 0), "promotion_on_floor");
    assert_eq!((outcome.cell("price_gross", 1), outcome.cell("price_warnings", 1)), ("11.99".into(), String::new()));
}
