//! Tables beside the step's own rows: what they add, what they take away, and the policies.

use serde_json::{Value, json};

use crate::transforms::stock::Stock;
use crate::transforms::trade_testing::{Outcome, Table, failure, problems, run, step};

const ROWS: &[(&str, &str)] = &[("sku", "text"), ("warehouse", "text"), ("on_hand", "integer")];

fn rows(rows: &[&[&str]]) -> Table {
    Table::new(ROWS, rows)
}

fn stock(config: &Value) -> Stock {
    step(config)
}

/// `sku=pool/quantity/word` of every row.
fn lines(outcome: &Outcome, channel: &str) -> Vec<String> {
    let cell = |name: String, row| outcome.cell(&name, row);
    (0..outcome.frame.height())
        .map(|row| {
            let parts = [format!("pool_{channel}"), format!("{channel}_qty"), format!("{channel}_availability")];
            let [pool, quantity, word] = parts.map(|name| cell(name, row));
            format!("{}={pool}/{quantity}/{word}", outcome.cell("sku", row))
        })
        .collect()
}

fn causes(outcome: &Outcome) -> Vec<String> {
    let mut causes: Vec<String> =
        outcome.causes().into_iter().map(|(cause, key)| format!("{cause} {}", key.unwrap_or_default())).collect();
    causes.sort();
    causes
}

#[test]
fn the_kind_of_each_row_decides_what_is_subtracted() {
    let levels = Table::new(
        &[("sku", "text"), ("warehouse", "text"), ("on_hand", "integer"), ("reserved", "integer"), ("tipo", "text")],
        &[
            &["A", "MI", "10", "4", "fisico"],
            &["B", "MI", "10", "4", "disponibile"],
            &["C", "MI", "10", "4", "vendibile"],
            &["D", "MI", "10", "4", "fornitore"],
            &["E", "MI", "10", "4", "altro"],
            &["F", "MI", "10", "4", "vendibile"],
            &["F", "RM", "10", "4", "fisico"],
        ],
    );
    let orders = Table::new(
        &[("sku", "text"), ("qty", "integer")],
        &[&["A", "1"], &["B", "1"], &["C", "1"], &["D", "1"], &["F", "1"]],
    );
    let config = json!({
        "quantity_kind": "CASE tipo WHEN 'fisico' THEN 'physical' WHEN 'disponibile' THEN 'available' WHEN 'vendibile' THEN 'salable' WHEN 'fornitore' THEN 'supplier' END",
        "suppliers": { "buffer": "3", "trust": "50%" }, "unsynced": "ordini",
        "channels": { "c": {}, "mi": { "warehouses": ["MI"] } }
    });
    let outcome = run(&stock(&config), &levels, &[("ordini", &orders)]);
    let expected = ["A=5/5/in_stock", "B=9/9/in_stock", "C=10/10/in_stock", "D=2/2/in_stock", "F=15/15/in_stock"];
    assert_eq!(lines(&outcome, "c"), expected);
    assert_eq!(lines(&outcome, "mi")[4], "F=10/10/in_stock");
    assert_eq!(causes(&outcome), ["unknown-quantity-kind sku=E"]);
}

#[test]
fn an_order_counts_once_and_only_when_the_source_does_not_have_it() {
    let orders = Table::new(
        &[
            ("canale", "text"),
            ("ordine", "text"),
            ("riga", "integer"),
            ("sku", "text"),
            ("qty", "integer"),
            ("importato", "bool"),
            ("creato", "timestamp"),
        ],
        &[
            &["ebay", "1", "1", "A", "3", "false", "2026-11-24 10:00:00"],
            &["ebay", "1", "1", "A", "3", "false", "2026-11-24 10:00:00"],
            &["ebay", "1", "2", "A", "3", "false", "2026-11-24 10:00:00"],
            &["shop", "1", "1", "A", "2", "false", "2026-11-24 10:00:00"],
            &["shop", "2", "1", "A", "40", "true", "2026-11-24 10:00:00"],
            &["shop", "3", "1", "A", "5", "~", "2026-11-24 11:50:00"],
            &["shop", "4", "1", "A", "50", "~", "2026-11-24 11:40:00"],
            &["shop", "5", "1", "A", "-1", "false", "2026-11-24 09:00:00"],
        ],
    );
    let imported = Table::new(&[("dove", "text"), ("numero", "text")], &[&["shop", "1"], &["shop", "9"]]);
    let identity = json!(["canale", "ordine"]);
    let cases = [
        (json!({ "table": "ordini", "imported": "importato" }), 100 - (3 + 3 + 3 + 2 + 5 + 50 - 1)),
        (
            json!({ "table": "ordini", "imported": "importato", "order": identity, "line": "riga" }),
            100 - (3 + 3 + 2 + 5 + 50 - 1),
        ),
        (json!({ "table": "ordini", "imported": "importato", "order": identity }), 100 - (3 + 2 + 5 + 50 - 1)),
        (
            json!({ "table": "ordini", "imported": "importato", "order": identity, "line": "riga", "placed_at": "creato", "snapshot_at": "TIMESTAMP '2026-11-24 12:00:00'", "margin": "15m" }),
            100 - (3 + 3 + 2 + 5 - 1),
        ),
        (
            json!({ "table": "ordini", "order": identity, "line": "riga", "imported_in": { "table": "gestionale", "order": ["dove", "numero"] } }),
            100 - (3 + 3 + 40 + 5 + 50 - 1),
        ),
        (
            json!({ "table": "ordini", "placed_at": "creato", "snapshot_at": "TIMESTAMP '2026-11-24 12:00:00'", "margin": "10m" }),
            100,
        ),
        (
            json!({ "table": "ordini", "placed_at": "creato", "snapshot_at": "TIMESTAMP '2026-11-24 12:00:00'", "margin": "601s" }),
            95,
        ),
    ];
    for (unsynced, expected) in cases {
        let config = json!({ "unsynced": unsynced, "channels": { "c": {} } });
        let outcome =
            run(&stock(&config), &rows(&[&["A", "MI", "100"]]), &[("ordini", &orders), ("gestionale", &imported)]);
        assert_eq!(outcome.cell("pool_c", 0), expected.to_string(), "{unsynced}");
    }
}

#[test]
fn suppliers_are_trusted_in_part_and_for_a_while() {
    let suppliers = Table::new(
        &[("sku", "text"), ("qty", "integer"), ("fiducia", "percent"), ("visto", "timestamp")],
        &[
            &["A", "20", "50", "2026-11-24 01:00:00"],
            &["A", "7", "100", "2026-11-23 00:59:59"],
            &["B", "9", "33", "2026-11-23 02:00:00"],
            &["C", "9", "100", "2026-11-23 01:59:59"],
            &["D", "9", "100", "~"],
        ],
    );
    let levels = rows(&[&["A", "MI", "2"], &["C", "MI", "1"], &["D", "MI", "0"]]);
    let of = |add: &str| {
        json!({
            "now": "TIMESTAMP '2026-11-24 02:00:00'",
            "suppliers": { "table": "fornitori", "buffer": "5", "trust": "fiducia", "received_at": "visto", "max_age": "24h", "add": add },
            "channels": { "c": {}, "eigen": { "suppliers": false } }
        })
    };
    let others = [("fornitori", &suppliers)];
    let outcome = run(&stock(&of("always")), &levels, &others);
    assert_eq!(lines(&outcome, "c"), ["A=9/9/in_stock", "B=1/1/in_stock", "C=1/1/in_stock", "D=0/0/out_of_stock"]);
    assert_eq!(outcome.cell("stock_trace_c", 0), "sum:all 2 > supplier+7 9");
    assert_eq!(outcome.cell("stock_trace_c", 2), "sum:all 1 > supplier_stale+0 1");
    assert_eq!(outcome.cell("stock_alerts", 3), "supplier_stale");
    assert_eq!(lines(&outcome, "eigen")[0], "A=2/2/in_stock");
    assert_eq!(lines(&run(&stock(&of("if_out")), &levels, &others), "c")[..2], ["A=2/2/in_stock", "B=1/1/in_stock"]);
}

#[test]
fn kits_are_made_of_the_pools_of_their_components() {
    let levels =
        rows(&[&["A", "MI", "9"], &["A", "RM", "4"], &["B", "MI", "7"], &["K1", "MI", "2"], &["Z", "MI", "-4"]]);
    let recipes = Table::new(
        &[("kit", "text"), ("component", "text"), ("qty", "integer")],
        &[
            &["K1", "A", "2"],
            &["K1", "B", "1"],
            &["K2", "A", "3"],
            &["K3", "A", "1"],
            &["K3", "mancante", "1"],
            &["K4", "Z", "2"],
            &["K5", "A", "0"],
            &["K6", "A", "1"],
            &["K6", "A", "1"],
        ],
    );
    let orders = Table::new(&[("sku", "text"), ("qty", "integer")], &[&["K1", "3"], &["A", "1"]]);
    let of = |mode: &str, sharing: &str| {
        json!({
            "unsynced": "ordini", "kits": { "table": "distinte", "mode": mode, "sharing": sharing },
            "channels": { "c": {}, "mi": { "warehouses": ["MI"] } }
        })
    };
    let others = [("distinte", &recipes), ("ordini", &orders)];
    let outcome = run(&stock(&of("virtual", "full")), &levels, &others);
    // Three kits ordered take six A and three B: A is 13 - 1 - 6, B is 7 - 3.
    let pools: Vec<String> =
        lines(&outcome, "c").iter().map(|line| line.split('/').next().unwrap().to_owned()).collect();
    assert_eq!(pools, ["A=6", "B=4", "K1=3", "K2=2", "K3=0", "K4=0", "K5=0", "K6=3", "Z=-4"]);
    assert_eq!(outcome.cell("stock_trace_c", 2), "kit_min:A 3");
    assert_eq!(outcome.cell("pool_mi", 2), "1", "A is 9 - 1 - 6 in Milan");
    assert_eq!(outcome.cell("stock_alerts", 4), "kit_component_missing");

    // Two packed kits go first, one is assembled: A is 13 - 1 - 2, B is 7 - 1.
    let outcome = run(&stock(&of("both", "full")), &levels, &others);
    assert_eq!(lines(&outcome, "c")[..3], ["A=10/10/in_stock", "B=6/6/in_stock", "K1=5/5/in_stock"]);
    let outcome = run(&stock(&of("prepacked", "full")), &levels, &others);
    assert_eq!(lines(&outcome, "c")[2], "K1=-1/0/out_of_stock");

    // The catalogue sells the kits, and not all of their components.
    let catalogue = Table::new(&[("sku", "text")], &[&["K1"], &["K2"], &["B"]]);
    let mut sold = of("virtual", "full");
    sold["articles"] = json!("catalogo");
    let outcome = run(&stock(&sold), &levels, &[("distinte", &recipes), ("ordini", &orders), ("catalogo", &catalogue)]);
    assert_eq!(lines(&outcome, "c"), ["B=4/4/in_stock", "K1=3/3/in_stock", "K2=2/2/in_stock"]);
    let expected = ["K3", "K4", "K5", "K6"].map(|kit| format!("unknown-article sku={kit}"));
    assert_eq!(causes(&outcome), expected);

    // A is needed by five kits and itself: one of six for each.
    let outcome = run(&stock(&of("virtual", "split")), &levels, &others);
    let shown = |row: usize| outcome.cell("c_qty", row).parse::<i64>().unwrap();
    let taken = shown(0) + 2 * shown(2) + 3 * shown(3) + shown(4) + 2 * shown(7);
    assert!(taken <= 6, "{taken} of 6 A could be sold");
}

#[test]
fn the_marketplace_has_its_own_stock() {
    let held = Table::new(&[("sku", "text"), ("qty", "integer")], &[&["A", "30"], &["A", "7"], &["F", "5"]]);
    let orders = Table::new(&[("sku", "text"), ("qty", "integer")], &[&["A", "4"]]);
    let config = json!({ "fba": "magazzino_fba", "unsynced": "ordini", "channels": { "shop": {}, "fba": { "fba": "true", "cap": "20" } } });
    let outcome = run(&stock(&config), &rows(&[&["A", "MI", "10"]]), &[("magazzino_fba", &held), ("ordini", &orders)]);
    assert_eq!(lines(&outcome, "shop"), ["A=6/6/in_stock", "F=/0/out_of_stock"]);
    assert_eq!(lines(&outcome, "fba"), ["A=37/20/in_stock", "F=5/5/in_stock"]);
    assert_eq!(outcome.cell("stock_alerts", 1), "stock_not_known:shop");
}

#[test]
fn receipts_are_promised_from_their_day() {
    let receipts = Table::new(
        &[("sku", "text"), ("qty", "integer"), ("expected_on", "date")],
        &[
            &["A", "20", "2026-12-12"],
            &["A", "5", "2026-12-01"],
            &["B", "20", "2026-12-12"],
            &["B", "30", "2027-01-10"],
        ],
    );
    let levels = rows(&[&["A", "MI", "0"], &["B", "MI", "-25"]]);
    for (day, atp, backorder) in [
        ("2026-11-30", ["0", "-25"], ["2026-12-01", "2027-01-10"]),
        ("2026-12-12", ["25", "-5"], ["2026-12-12", "2027-01-10"]),
    ] {
        let config = json!({
            "incoming": "arrivi", "day": format!("DATE '{day}'"),
            "channels": { "c": { "backorder": "true", "availability": "meta" }, "p": { "preorder": "true", "backorder": "true" }, "atp": { "atp": "true" } }
        });
        let outcome = run(&stock(&config), &levels, &[("arrivi", &receipts)]);
        for row in 0..2 {
            assert_eq!(outcome.cell("atp_c", row), atp[row], "{day}");
            assert_eq!(outcome.cell("c_availability", row), "available for order", "{day}");
            assert_eq!(outcome.cell("c_availability_date", row), backorder[row], "{day}");
            assert_eq!(outcome.cell("p_availability", row), "preorder", "{day}");
        }
        assert_eq!(outcome.cell("atp_qty", 0), atp[0]);
        assert!(outcome.cell("stock_trace_c", 0).ends_with(&format!(" > backorder {}", backorder[0])));
    }
}

#[test]
fn ring_fences_take_by_priority_and_share_within_one() {
    let config = |a: u32, b: u32| {
        json!({ "channels": {
            "a": { "fixed": "6", "ring_fenced": true, "priority": a },
            "b": { "fixed": "3", "ring_fenced": true, "priority": b },
            "shop": { "buffer": "1" }
        }})
    };
    let cases = [
        (1, 2, "7", ["6", "1", "0"]),
        (2, 1, "7", ["4", "3", "0"]),
        (1, 1, "7", ["4", "2", "0"]),
        (1, 2, "20", ["6", "3", "10"]),
        (1, 2, "-3", ["0", "0", "0"]),
    ];
    for (a, b, on_hand, expected) in cases {
        let outcome = run(&stock(&config(a, b)), &rows(&[&["A", "MI", on_hand]]), &[]);
        let found = ["a_qty", "b_qty", "shop_qty"].map(|name| outcome.cell(name, 0));
        assert_eq!(found, expected.map(str::to_owned), "{a} {b} {on_hand}");
    }
    let outcome = run(&stock(&config(1, 2)), &rows(&[&["A", "MI", "20"]]), &[]);
    assert_eq!(outcome.cell("stock_trace_a", 0), "sum:all 20 > ring_fenced 6");
    assert_eq!(outcome.cell("stock_trace_shop", 0), "sum:all 20 > others-9 11 > buffer:1 10");
}

#[test]
fn rules_come_from_the_catalogue_or_from_a_table() {
    let catalogue = Table::new(
        &[("codice", "text"), ("sku", "text"), ("scorta", "integer"), ("quota", "percent"), ("fine", "date")],
        &[
            &["A", "x", "2", "~", "~"],
            &["B", "x", "~", "50", "~"],
            &["C", "x", "-1", "~", "~"],
            &["D", "x", "~", "~", "2026-11-01"],
            &["E", "x", "~", "~", "~"],
            &["F", "x", "~", "~", "2026-10-01"],
            &["G", "x", "~", "~", "~"],
            &["G", "x", "1", "~", "~"],
        ],
    );
    let levels = rows(&[
        &["A", "MI", "9"],
        &["B", "MI", "9"],
        &["C", "MI", "9"],
        &["D", "MI", "9"],
        &["F", "MI", "9"],
        &["G", "MI", "9"],
        &["ignoto", "MI", "9"],
    ]);
    let config = json!({
        "articles": { "table": "catalogo", "key": "codice" }, "day": "DATE '2026-11-24'", "end_of_life": "fine",
        "channels": { "c": { "buffer": "scorta", "percent": "quota", "low": "5", "availability": "schema_org" } }
    });
    let outcome = run(&stock(&config), &levels, &[("catalogo", &catalogue)]);
    let expected =
        ["A=9/7/InStock", "B=9/4/LimitedAvailability", "D=9/0/OutOfStock", "E=/0/OutOfStock", "F=9/0/Discontinued"];
    assert_eq!(lines(&outcome, "c"), expected);
    assert_eq!(outcome.cell("stock_alerts", 3), "stock_not_known:c");
    // G is twice in the catalogue, so the catalogue does not know it either.
    let expected =
        ["bad-channel-rule sku=C", "duplicate-article codice=G", "unknown-article sku=G", "unknown-article sku=ignoto"];
    assert_eq!(causes(&outcome), expected);
}

#[test]
fn what_was_published_stands_in_for_a_while() {
    let before = Table::new(
        &[("sku", "text"), ("c_qty", "integer"), ("published_at", "timestamp")],
        &[
            &["A", "5", "2026-11-24 00:00:00"],
            &["B", "6", "2026-11-23 22:00:00"],
            &["C", "7", "2026-11-23 21:59:59"],
            &["D", "8", "2026-11-24 00:00:00"],
        ],
    );
    let levels = Table::new(
        &[("sku", "text"), ("warehouse", "text"), ("on_hand", "integer"), ("preso", "timestamp")],
        &[&["A", "MI", "3", "2026-11-24 01:00:00"], &["D", "MI", "1", "2026-11-23 12:00:00"]],
    );
    let config = |drop: &str| {
        json!({
            "now": "TIMESTAMP '2026-11-24 02:00:00'", "as_of": "preso", "max_age": "12h",
            "last": { "table": "pubblicati", "keep": "4h", "max_drop": drop }, "channels": { "c": { "cap": "4" } }
        })
    };
    let outcome = run(&stock(&config("30%")), &levels, &[("pubblicati", &before)]);
    assert_eq!(lines(&outcome, "c"), ["A=3/3/in_stock", "B=/6/in_stock", "C=/0/out_of_stock", "D=/8/in_stock"]);
    assert_eq!(outcome.cell("stock_trace_c", 1), "not_known > last 6 > shown 6");
    let message = failure(&stock(&config("24%")), &levels, &[("pubblicati", &before)]);
    assert!(
        message.contains("channel `c`: 1 of 4 articles that were on sale go to zero (25.0 %, allowed are 24 %)"),
        "{message}"
    );
}

#[test]
fn policies_of_single_rows_and_measured_goods() {
    let levels = Table::new(
        &[("sku", "text"), ("warehouse", "text"), ("on_hand", "quantity"), ("scorta", "quantity"), ("regola", "text")],
        &[
            &["A", "MI", "-2.5", "0", "net"],
            &["A", "RM", "10.75", "0.25", "net"],
            &["B", "MI", "-2.5", "0", "clamp_each"],
            &["B", "RM", "10.75", "0", "clamp_each"],
            &["C", "MI", "-2.5", "0", "reject"],
            &["C", "RM", "10.75", "0", "reject"],
            &["D", "MI", "1", "0", "?"],
            &["E", "MI", "2000000000", "0", "net"],
            &["F", "MI", "2", "0", "net"],
            &["F", "MI", "2.5", "0", "net"],
        ],
    );
    let config = json!({ "safety": "scorta", "negative": "regola", "duplicates": "sum", "channels": { "c": { "percent": "33.3" } } });
    let outcome = run(&stock(&config), &levels, &[]);
    assert_eq!(lines(&outcome, "c"), ["A=8.000/2.664/in_stock", "B=10.750/3.579/in_stock", "F=4.500/1.498/in_stock"]);
    assert_eq!(causes(&outcome), ["absurd-quantity sku=E", "negative-stock sku=C", "unknown-policy sku=D"]);
}

#[test]
fn mistakes_in_other_tables_are_explained() {
    let table =
        Table::new(&[("sku", "text"), ("canale", "text"), ("qty", "text"), ("quando", "text"), ("n", "integer")], &[]);
    let times = Table::new(&[("sku", "text"), ("published_at", "timestamp")], &[]);
    let cases = [
        (
            json!({ "unsynced": { "table": "t", "quantity": "n", "line": "n" } }),
            "missing-key: `line` is a line of an order",
        ),
        (
            json!({ "unsynced": { "table": "t", "quantity": "n", "imported_in": { "table": "t", "order": "canale" } } }),
            "missing-key: imported orders are found",
        ),
        (
            json!({ "unsynced": { "table": "t", "quantity": "n", "order": ["canale"], "imported_in": { "table": "t", "order": "n" } } }),
            "key-mismatch: the columns that identify",
        ),
        (
            json!({ "unsynced": { "table": "t", "quantity": "n", "placed_at": "quando" } }),
            "missing-key: `placed_at` and `snapshot_at`",
        ),
        (
            json!({ "suppliers": { "table": "t", "quantity": "n", "max_age": "1 giorno" } }),
            "bad-value: `1 giorno` is not a duration",
        ),
        (
            json!({ "suppliers": { "table": "t", "quantity": "n", "max_age": "4h" } }),
            "missing-key: nothing says how old",
        ),
        (json!({ "suppliers": { "max_age": "4h" } }), "missing-key: without `table`"),
        (json!({ "fba": "t" }), "type-mismatch: `qty` is text"),
        (json!({ "kits": { "table": "t", "quantity": "n" } }), "unknown-column: unknown column `kit`"),
        (json!({ "incoming": { "table": "t", "quantity": "n", "date": "quando" } }), "type-mismatch: `quando` is text"),
        (
            json!({ "rules": { "table": "t", "channel": "canale", "columns": { "bufer": "n" } } }),
            "bad-value: `bufer` is no rule",
        ),
        (
            json!({ "rules": { "table": "t", "channel": "canale", "columns": { "warehouses": "n" } } }),
            "type-mismatch: `n` is integer: the warehouses",
        ),
        (json!({ "quantity_kind": "phisical" }), "bad-value: `phisical` is none of"),
        (
            json!({ "quantity_kind": "CASE sku WHEN 'x' THEN 'salable' ELSE 'disponibile' END" }),
            "bad-value: `disponibile` is none of",
        ),
        (json!({ "max_age": "4h" }), "missing-key: nothing says how old a row is"),
        (json!({ "now": "sku" }), "unknown-column"),
        (
            json!({ "channels": { "c": { "ring_fenced": true } } }),
            "bad-value: channel `c` is `ring_fenced`, but of how much",
        ),
        (json!({ "channels": { "c": { "priority": 1 } } }), "bad-value: channel `c` has a `priority`"),
        (json!({ "channels": { "c": { "availability": "gogle" } } }), "bad-value: `gogle` is no vocabulary"),
        (json!({ "channels": { "c": { "availability": { "in_stok": "sì" } } } }), "bad-value: `in_stok` is no state"),
        (json!({ "channels": { "c": { "where": "on_hand" } } }), "type-mismatch: `on_hand` is integer: a condition"),
        (json!({ "channels": { "c": { "buffer": "scorta" } } }), "bad-value: `scorta` is not an amount"),
        (json!({ "last": { "table": "orari" } }), "missing-key: `orari` has no quantity of any channel"),
        (json!({ "last": { "table": "t", "at": "quando" } }), "type-mismatch: `quando` is text"),
    ];
    for (mut config, expected) in cases {
        if config.get("channels").is_none() {
            config["channels"] = json!({ "c": {} });
        }
        let found = problems(&stock(&config), &rows(&[]), &[("t", &table), ("orari", &times)]);
        assert!(found.iter().any(|found| found.starts_with(expected)), "{config}: {found:?}");
    }
}
