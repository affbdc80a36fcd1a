//! The `stock` step on the worked cases of the trade, and its mistakes.

mod properties;
mod sources;

use serde_json::{Value, json};

use super::*;
use crate::transforms::trade_testing::{Outcome, Table, problems, run, step};

const COLUMNS: &[(&str, &str)] = &[
    ("sku", "text"),
    ("warehouse", "text"),
    ("on_hand", "integer"),
    ("reserved", "integer"),
    ("unavailable", "integer"),
];

/// One case: levels as `warehouse, on hand, reserved, unavailable`, unsynced units, the step, what is expected.
struct Case {
    id: &'static str,
    levels: &'static [[&'static str; 4]],
    unsynced: &'static str,
    config: Value,
    expected: [&'static str; 4],
}

fn case(id: &'static str, levels: &'static [[&'static str; 4]], config: Value, expected: [&'static str; 4]) -> Case {
    Case { id, levels, unsynced: "0", config, expected }
}

#[rustfmt::skip]
fn cases() -> Vec<Case> {
    let (mi, both) = (json!(["MI"]), json!(["MI", "RM"]));
    let channel = |rules: Value| json!({ "warehouses": ["MI"], "channels": { "c": rules } });
    vec![
        case("S01 one warehouse", &[["MI", "10", "0", "0"]], json!({ "warehouses": mi, "channels": { "c": {} } }), ["10", "10", "in_stock", "sum:MI"]),
        case("S02 reserved", &[["MI", "10", "4", "0"]], channel(json!({})), ["6", "6", "in_stock", "sum:MI"]),
        case("S03 unavailable", &[["MI", "10", "~", "3"]], channel(json!({})), ["7", "7", "in_stock", "sum:MI"]),
        case("S04 safety", &[["MI", "10", "0", "0"]], json!({ "warehouses": mi, "safety": "2", "channels": { "c": {} } }), ["8", "8", "in_stock", "sum:MI"]),
        case("S05 two warehouses", &[["MI", "10", "1", "0"], ["RM", "5", "0", "0"]], json!({ "warehouses": both, "channels": { "c": {} } }), ["14", "14", "in_stock", "sum:MI+RM"]),
        case("S06 served from one", &[["MI", "10", "0", "0"], ["RM", "5", "0", "0"]], json!({ "warehouses": both, "channels": { "c": { "warehouses": mi } } }), ["10", "10", "in_stock", "sum:MI"]),
        case("S07 negative nets", &[["MI", "4", "0", "0"], ["RM", "-3", "0", "0"]], json!({ "warehouses": both, "channels": { "c": {} } }), ["1", "1", "in_stock", "sum:MI+RM"]),
        case("S08 negative clamps", &[["MI", "4", "0", "0"], ["RM", "-3", "0", "0"]], json!({ "warehouses": both, "negative": "clamp_each", "channels": { "c": {} } }), ["4", "4", "in_stock", "sum:MI+RM"]),
        case("S09 negative in all", &[["MI", "2", "5", "0"]], channel(json!({})), ["-3", "0", "out_of_stock", "sum:MI"]),
        Case { unsynced: "3", ..case("S10 unsynced", &[["MI", "10", "2", "0"]], channel(json!({})), ["5", "5", "in_stock", "sum:MI>unsynced-3"]) },
        case("S11 nothing unsynced", &[["MI", "10", "5", "0"]], channel(json!({})), ["5", "5", "in_stock", "sum:MI"]),
        case("S12 buffer", &[["MI", "10", "0", "0"]], channel(json!({ "buffer": "2" })), ["10", "8", "in_stock", "sum:MI>buffer"]),
        case("S13 percent is floored", &[["MI", "7", "0", "0"]], channel(json!({ "percent": "60%" })), ["7", "4", "in_stock", "sum:MI>percent"]),
        case("S14 cap", &[["MI", "40", "0", "0"]], channel(json!({ "cap": "5" })), ["40", "5", "in_stock", "sum:MI>cap"]),
        case("S15 fixed within the pool", &[["MI", "6", "0", "0"]], channel(json!({ "fixed": "8" })), ["6", "6", "in_stock", "sum:MI>fixed"]),
        case("S16 order of the rules", &[["MI", "50", "0", "0"]], channel(json!({ "percent": "50", "buffer": "3", "cap": "20" })), ["50", "20", "in_stock", "sum:MI>percent>buffer>cap"]),
        case("S17 last piece", &[["MI", "1", "0", "0"]], channel(json!({ "min_publish": "2" })), ["1", "0", "out_of_stock", "sum:MI>min_publish"]),
        case("S24 stock of a marketplace as a warehouse", &[["MI", "10", "0", "0"], ["FBA", "37", "0", "0"]], json!({ "channels": { "c": { "warehouses": ["FBA"] } } }), ["37", "37", "in_stock", "sum:FBA"]),
        case("S25 which others do not see", &[["MI", "10", "0", "0"], ["FBA", "37", "0", "0"]], channel(json!({})), ["10", "10", "in_stock", "sum:MI"]),
        case("fixed below the pool", &[["MI", "60", "0", "0"]], channel(json!({ "fixed": "8" })), ["60", "8", "in_stock", "sum:MI>fixed"]),
        case("percent of a negative pool", &[["MI", "-1", "0", "0"]], channel(json!({ "percent": "50" })), ["-1", "0", "out_of_stock", "sum:MI>percent"]),
    ]
}

/// Names of the steps without values and parameters.
fn steps(trace: &str) -> String {
    let name = |part: &str| {
        let word = part.split(' ').next().unwrap_or_default().to_owned();
        if word.starts_with("sum:") { word } else { word.split(':').next().unwrap_or_default().to_owned() }
    };
    trace.split(" > ").map(name).collect::<Vec<_>>().join(">")
}

fn outputs(outcome: &Outcome, channel: &str, row: usize) -> [String; 4] {
    [
        format!("pool_{channel}"),
        format!("{channel}_qty"),
        format!("{channel}_availability"),
        format!("stock_trace_{channel}"),
    ]
    .map(|name| outcome.cell(&name, row))
}

#[test]
fn stock_is_that_worked_by_hand() {
    for case in cases() {
        let rows: Vec<Vec<&str>> = case.levels.iter().map(|level| [&["A"], level.as_slice()].concat()).collect();
        let rows: Vec<&[&str]> = rows.iter().map(Vec::as_slice).collect();
        let orders = Table::new(
            &[("sku", "text"), ("qty", "integer")],
            &[&["A", case.unsynced], &["altro", "9"], &["A", "0"], &["~", "7"]],
        );
        let mut config = case.config.clone();
        config["unsynced"] = json!("ordini");
        let outcome = run(&step::<Stock>(&config), &Table::new(COLUMNS, &rows), &[("ordini", &orders)]);
        let mut found = outputs(&outcome, "c", 0);
        found[3] = steps(&found[3]);
        assert_eq!(found, case.expected.map(str::to_owned), "{}", case.id);
        assert_eq!(outcome.frame.height(), 1, "{}", case.id);
    }
}

#[test]
fn the_trace_answers_why_and_decimals_stay() {
    let levels = Table::new(
        &[("codice", "text"), ("magazzino", "text"), ("giacenza", "quantity")],
        &[
            &["B", "RM", "2.500"],
            &["A", "MI", "10.250"],
            &["A", "RM", "1.000"],
            &["C", "~", "1"],
            &["~", "MI", "1"],
            &["D", "MI", "~"],
        ],
    );
    let orders = Table::new(&[("articolo", "text"), ("pezzi", "integer")], &[&["A", "3"]]);
    let config = json!({
        "key": "codice", "warehouse": "magazzino", "on_hand": "giacenza", "warehouses": ["MI", "RM"],
        "unsynced": { "table": "ordini", "key": "articolo", "quantity": "pezzi" },
        "channels": { "shop": {}, "ebay": { "warehouses": ["MI"], "percent": "60", "buffer": "0.5" } }
    });
    let outcome = run(&step::<Stock>(&config), &levels, &[("ordini", &orders)]);
    assert_eq!(
        outcome.schema.to_string(),
        "codice: text, pool_shop: decimal(18,3), shop_qty: decimal(18,3), shop_availability: text, stock_trace_shop: text, pool_ebay: decimal(18,3), ebay_qty: decimal(18,3), ebay_availability: text, stock_trace_ebay: text, stock_alerts: text"
    );
    assert_eq!(outputs(&outcome, "shop", 0), ["8.250", "8.250", "in_stock", "sum:MI+RM 11.25 > unsynced-3 8.25"]);
    let trace = "sum:MI 10.25 > unsynced-3 7.25 > percent:60 4.35 > buffer:0.5 3.85";
    assert_eq!(outputs(&outcome, "ebay", 0), ["7.250", "3.850", "in_stock", trace]);
    assert_eq!(
        outputs(&outcome, "ebay", 1),
        ["0.000", "0.000", "out_of_stock", "sum:MI 0 > percent:60 0 > buffer:0.5 -0.5"]
    );
    let mut causes: Vec<String> = outcome.causes().into_iter().map(|(cause, _)| cause).collect();
    causes.sort();
    assert_eq!(causes, ["missing-quantity", "missing-value", "missing-value"]);

    let mut whole = config;
    whole["whole"] = json!(true);
    let outcome = run(&step::<Stock>(&whole), &levels, &[("ordini", &orders)]);
    assert_eq!((outcome.cell("pool_ebay", 0), outcome.cell("ebay_qty", 0)), (String::from("7.250"), String::from("3")));
}

#[test]
fn available_quantities_are_not_reduced_twice() {
    let levels = Table::new(COLUMNS, &[&["A", "MI", "10", "4", "3"]]);
    let available: Stock = step(&json!({ "quantity_kind": "available", "channels": { "c": {} } }));
    assert_eq!(run(&available, &levels, &[]).cell("c_qty", 0), "10");
    let twice: Stock = step(&json!({ "quantity_kind": "available", "reserved": "reserved", "channels": { "c": {} } }));
    let found = problems(&twice, &levels, &[]);
    assert!(found[0].starts_with("bad-value: `reserved` would be subtracted twice"), "{found:?}");
}

#[test]
fn goods_that_come_twice_do_not_count_twice() {
    let levels =
        Table::new(COLUMNS, &[&["A", "MI", "10", "0", "0"], &["A", "MI", "10", "0", "0"], &["A", "RM", "2", "0", "0"]]);
    let outcome = run(&step::<Stock>(&json!({ "channels": { "c": {} } })), &levels, &[]);
    assert_eq!(outcome.cell("c_qty", 0), "2");
    assert_eq!(outcome.causes(), [(String::from("duplicate-stock-row"), Some(String::from("sku=A, warehouse=MI")))]);
}

#[test]
fn mistakes_are_explained_together() {
    let levels = Table::new(COLUMNS, &[]);
    let orders = Table::new(&[("sku", "integer"), ("qty", "text")], &[]);
    let cases = [
        (json!({ "on_hand": "giacenza", "key": "codice", "channels": {} }), vec!["unknown-column", "unknown-column"]),
        (json!({ "on_hand": "sku", "channels": {} }), vec!["type-mismatch: `sku` is text: a quantity"]),
        (
            json!({ "warehouse": "on_hand", "channels": {} }),
            vec!["type-mismatch: `on_hand` is integer: text is needed"],
        ),
        (
            json!({ "unsynced": "ordini", "channels": {} }),
            vec!["type-mismatch: `qty` is text", "key-mismatch: `sku` of `ordini` is integer"],
        ),
        (
            json!({ "warehouses": ["MI"], "channels": { "c": { "warehouses": ["TO"] } } }),
            vec!["bad-value: channel `c` is served from `TO`"],
        ),
        (json!({ "channels": { "c": { "percent": "10", "fixed": "2" } } }), vec!["bad-value: channel `c` has both"]),
        (json!({ "channels": { "c": { "percent": "101%" } } }), vec!["bad-value: a part cannot be more than 100%"]),
        (json!({ "channels": { "c": { "cap": "-1" } } }), vec!["bad-value: `-1` is not an amount"]),
        (
            json!({ "key": "sku", "channels": { "sku": {}, "c": {} }, "safety": "x" }),
            vec!["unknown-column: unknown column `x`"],
        ),
    ];
    for (config, expected) in cases {
        let found = problems(&step::<Stock>(&config), &levels, &[("ordini", &orders)]);
        assert_eq!(found.len(), expected.len(), "{config}: {found:?}");
        for (found, expected) in found.iter().zip(expected) {
            assert!(found.starts_with(expected), "{config}: {found}");
        }
    }
    assert!(serde_json::from_value::<Stock>(json!({ "channels": { "c": { "kit": 1 } } })).is_err());
}
