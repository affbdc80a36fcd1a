//! The step on tables: what it decides is tested beside the rules; here inputs, batches, days, thresholds and mistakes.

use serde_json::{Value, json};

use super::Vat;
use crate::domain::vat::{Input, Settings};
use crate::transforms::trade_testing::{Outcome, Table, problems, run, step};

const COLUMNS: &[(&str, &str)] = &[
    ("supply_date", "date"),
    ("product_kind", "text"),
    ("rate_hint", "text"),
    ("buyer_kind", "text"),
    ("buyer_country", "text"),
    ("buyer_postcode", "text"),
    ("vat_id_valid", "text"),
    ("invoice_requested", "text"),
];

fn italian_shop() -> Value {
    json!({
        "columns": {
            "product_kind": "tipo", "buyer_kind": "cliente", "buyer_country": "paese", "buyer_postcode": "cap",
            "vat_id_valid": "vies", "invoice_requested": "fattura", "supply_date": "istante", "vat_rate": "iva"
        },
        "key": "riga",
        "seller": { "country": "IT", "regime": "RF01", "oss": true, "over_10k": true }
    })
}

const LINES: &[(&str, &str)] = &[
    ("riga", "text"),
    ("tipo", "text"),
    ("cliente", "text"),
    ("paese", "text"),
    ("cap", "text"),
    ("vies", "bool"),
    ("fattura", "bool"),
    ("istante", "timestamp"),
    ("iva", "integer"),
];

/// 2026-09-15 at noon.
const DAY: &str = "2026-09-15 12:00:00";

fn told(outcome: &Outcome, names: &[&str]) -> Vec<String> {
    let row = |row| names.iter().map(|name| outcome.cell(name, row)).collect::<Vec<_>>().join(" ");
    (0..outcome.frame.height()).map(row).collect()
}

#[test]
fn lines_of_an_italian_shop_keep_their_order() {
    let lines = Table::new(
        LINES,
        &[
            &["1", "merce", "privato", " it ", "20121", "~", "false", DAY, "22"],
            &["2", "merce", "privato", "IT", "20121", "~", "true", DAY, "10"],
            &["3", "digitale", "azienda", "IT", "~", "~", "~", DAY, "4"],
            &["4", "merce", "privato", "GR", "10552", "~", "false", DAY, "22"],
            &["5", "merce", "privato", "DE", "D-27498", "~", "false", DAY, "22"],
            &["6", "merce", "azienda", "DE", "10115", "~", "false", DAY, "22"],
            &["7", "merce", "azienda", "DE", "10115", "true", "false", DAY, "22"],
            &["8", "merce", "privato", "IT", " 23 041", "~", "false", DAY, "10"],
            &["9", "merce", "pa", "IT", "00184", "~", "true", DAY, "22"],
        ],
    );
    let outcome = run(&step::<Vat>(&italian_shop()), &lines, &[]);
    let names = ["riga", "vat_scheme", "vat_country", "vat_rate", "vat_document", "vat_confidence"];
    assert_eq!(
        told(&outcome, &names),
        [
            "1 IT_DOMESTIC IT 22.00 none high",
            "2 IT_DOMESTIC IT 10.00 invoice_on_request high",
            "3 IT_DOMESTIC IT 4.00 invoice_mandatory medium",
            "4 OSS_UNION EL 24.00 none high",
            "5 EXPORT   invoice_mandatory high",
            "6 HOLD_VIES   hold medium",
            "7 INTRA_EU_SUPPLY   invoice_mandatory high",
            "8 EXPORT   invoice_mandatory high",
            "9 IT_SPLIT_PAYMENT IT 22.00 invoice_mandatory low",
        ]
    );
    assert_eq!(
        outcome.cell("vat_legal_ref", 1),
        "art.22 c.1 DPR 633/72; art.21 DPR 633/72; D.Lgs. 127/2015; Tab. A parte III DPR 633/72"
    );
    let trace = outcome.cell("vat_trace", 3);
    assert!(
        trace.starts_with("rule oss-goods [event=sale kind=goods start=it end=eu buyer=consumer oss=yes over=yes]"),
        "{trace}"
    );
    assert!(trace.contains("rate EL standard 24 > lost: oss-goods-invoiced (invoice is no)"), "{trace}");
    assert!(outcome.cell("vat_warning", 8).contains("split-payment"), "{}", outcome.cell("vat_warning", 8));
}

#[test]
fn the_day_is_that_of_italy() {
    let rate = |country: &str, instant| {
        let line = Table::new(LINES, &[&["1", "merce", "privato", country, "10111", "~", "false", instant, "22"]]);
        run(&step::<Vat>(&italian_shop()), &line, &[]).cell("vat_rates", 0)
    };
    // Midnight in summer time, and the same in winter time.
    assert_eq!(rate("EE", "2025-06-30 21:59:59"), "22");
    assert_eq!(rate("EE", "2025-06-30 22:00:00"), "24");
    assert_eq!(rate("SK", "2024-12-31 22:59:59"), "20");
    assert_eq!(rate("SK", "2024-12-31 23:00:00"), "23");
    // 31 December 2026: the references change with the year of Italy, in the middle of the hour before midnight UTC.
    let reference = |instant| {
        let line = Table::new(LINES, &[&["1", "merce", "privato", "IT", "20121", "~", "false", instant, "22"]]);
        run(&step::<Vat>(&italian_shop()), &line, &[]).cell("vat_legal_ref", 0)
    };
    assert!(reference("2026-12-31 22:59:59").contains("DPR 633/72"));
    assert!(reference("2026-12-31 23:00:00").starts_with("D.Lgs. 10/2026"));
    // The night that has 25 hours: both two o'clocks are of the 25th.
    assert_eq!(rate("DE", "2026-10-25 00:30:00"), "19");
    assert_eq!(rate("DE", "2026-10-25 01:30:00"), "19");
}

#[test]
fn what_is_not_covered_is_rejected_with_its_reason() {
    let lines = Table::new(
        LINES,
        &[
            &["1", "merce", "privato", "ZZ", "", "~", "false", DAY, "22"],
            &["2", "buono", "privato", "IT", "", "~", "false", DAY, "22"],
            &["3", "merce", "condominio", "IT", "", "~", "false", DAY, "22"],
            &["4", "merce", "privato", "IT", "", "~", "false", DAY, "21"],
            &["5", "merce", "privato", "IT", "", "~", "false", "~", "22"],
            &["6", "merce", "privato", "DE", "10115", "~", "false", "2020-05-05 12:00:00", "22"],
            &["7", "merce", "privato", "IT", "", "~", "false", DAY, "22"],
            &["8", "merce", "privato", "~", "", "~", "false", DAY, "22"],
            &["9", "merce", "privato", "DE", "", "~", "false", DAY, "10"],
        ],
    );
    let outcome = run(&step::<Vat>(&italian_shop()), &lines, &[]);
    let mut causes: Vec<String> =
        outcome.causes().into_iter().map(|(cause, key)| format!("{} {cause}", key.unwrap())).collect();
    causes.sort();
    assert_eq!(
        causes,
        [
            "riga=1 bad-country",
            "riga=2 unknown-word",
            "riga=3 unknown-buyer-kind",
            "riga=4 vat-rate-unknown",
            "riga=5 missing-value",
            "riga=6 vat-not-covered",
            "riga=8 bad-country",
            "riga=9 vat-rate-unknown",
        ]
    );
    assert_eq!((outcome.frame.height(), outcome.cell("riga", 0)), (1, String::from("7")));
    let messages: Vec<String> = outcome.rejects.examples().into_iter().map(|reject| reject.message).collect();
    for expected in [
        "`21.0000` in `IT`",
        "`reduced in Italy` in `DE`",
        "kind=goods start=it end=eu buyer=consumer",
        "`condominio`: expected `consumer`",
    ] {
        assert!(messages.iter().any(|message| message.contains(expected)), "{expected}: {messages:?}");
    }
    assert!(
        outcome.rejects.examples().iter().all(|reject| reject.message_it.as_ref().is_some_and(|text| !text.is_empty()))
    );
}

/// Every combination of a few values, through the step in one batch and through the rules one by one.
#[test]
fn a_batch_is_decided_as_its_rows_one_by_one() {
    let values: [&[&str]; 8] = [
        &["2025-06-30", "2026-12-31", "2027-01-01"],
        &["goods", "digital", "book_print"],
        &["standard", "~"],
        &["consumer", "business", "public_admin"],
        &["IT", "DE", "gb", "US"],
        &["~", "BT1 1AA", "23041"],
        &["yes", "unavailable", "~"],
        &["no", "yes", "late"],
    ];
    let mut rows: Vec<Vec<&str>> = vec![Vec::new()];
    for column in values {
        rows = rows.iter().flat_map(|row| column.iter().map(|value| [row.as_slice(), &[*value]].concat())).collect();
    }
    let cells: Vec<&[&str]> = rows.iter().map(Vec::as_slice).collect();
    let outcome = run(&step::<Vat>(&json!({ "seller": { "oss": true } })), &Table::new(COLUMNS, &cells), &[]);
    let mut decided = 0;
    for row in &rows {
        let cell = |index: usize| if row[index] == "~" { "" } else { row[index] };
        let input = Input {
            supply_day: crate::domain::vat::table::read_day(row[0]),
            product_kind: cell(1),
            rate_hint: cell(2),
            buyer_kind: cell(3),
            buyer_country: cell(4),
            buyer_postcode: cell(5),
            vat_id_valid: cell(6),
            invoice_requested: cell(7),
            oss_registered: "yes",
            ..Input::default()
        };
        let Ok(decision) = Settings::default().decide(&input) else { continue };
        let found = ["vat_scheme", "vat_rates", "vat_legal_ref", "vat_trace"].map(|name| outcome.cell(name, decided));
        assert_eq!(found, [decision.scheme, decision.rates, decision.legal, decision.trace], "{row:?}");
        decided += 1;
    }
    assert_eq!((decided, rows.len()), (outcome.frame.height(), 3 * 3 * 2 * 3 * 4 * 3 * 3 * 3));
    assert!(decided * 10 > rows.len() * 9, "{decided} of {}", rows.len());
}

#[test]
fn flags_reach_the_rules_and_amounts_only_count_against_their_limit() {
    let columns = [
        ("supply_date", "date"),
        ("buyer_kind", "text"),
        ("buyer_country", "text"),
        ("bolla", "bool"),
        ("cents", "integer"),
    ];
    let table = Table::new(
        &columns,
        &[
            &["2026-09-15", "business", "IT", "true", "77"],
            &["2026-09-15", "business", "IT", "false", "78"],
            &["2026-09-15", "business", "IT", "~", "~"],
        ],
    );
    let config = json!({ "flags": { "ddt": "bolla", "amount": "cents" }, "seller": { "regime": "RF19" } });
    let outcome = run(&step::<Vat>(&config), &table, &[]);
    assert_eq!(told(&outcome, &["vat_tipo_documento", "vat_bollo"]), ["TD24 no", "TD01 yes", "TD01 yes"]);
}

#[test]
fn the_threshold_is_passed_in_the_order_of_the_days() {
    let columns = [
        ("ordine", "text"),
        ("supply_date", "date"),
        ("buyer_kind", "text"),
        ("buyer_country", "text"),
        ("netto", "decimal(18,2)"),
    ];
    let rows: &[&[&str]] = &[
        &["C", "2026-03-02", "consumer", "DE", "100.00"],
        &["B", "2026-03-01", "consumer", "FR", "4000.00"],
        &["A", "2026-03-01", "consumer", "FR", "5950.00"],
        &["A", "2026-03-01", "consumer", "FR", "50.00"],
        &["X", "2026-03-01", "consumer", "IT", "9999.00"],
        &["Y", "2026-03-01", "business", "DE", "9999.00"],
        &["D", "2027-01-01", "consumer", "DE", "1.00"],
        &["E", "2028-01-01", "consumer", "DE", "1.00"],
        &["S", "2026-03-01", "consumer", "SM", "28000.00"],
        &["T", "2026-03-02", "consumer", "SM", "0.01"],
        &["U", "2027-03-02", "consumer", "SM", "1.00"],
    ];
    let config = json!({ "columns": { "vat_id_valid": "'yes'" }, "threshold": { "net": "netto", "order": "ordine" } });
    let outcome = run(&step::<Vat>(&config), &Table::new(&columns, rows), &[]);
    assert_eq!(
        told(&outcome, &["ordine", "vat_scheme", "vat_threshold_total", "vat_threshold_left"]),
        [
            "C DEST_LOCAL_REGISTRATION 10100.00 0.00",
            "B IT_ORIGIN_BELOW_10K 10000.00 0.00",
            "A IT_ORIGIN_BELOW_10K 6000.00 4000.00",
            "A IT_ORIGIN_BELOW_10K 6000.00 4000.00",
            "X IT_DOMESTIC 10000.00 0.00",
            "Y INTRA_EU_SUPPLY 10000.00 0.00",
            "D DEST_LOCAL_REGISTRATION 1.00 9999.00",
            "E IT_ORIGIN_BELOW_10K 1.00 9999.00",
            "S IT_DOMESTIC 10000.00 0.00",
            "T IT_DOMESTIC 10100.00 0.00",
            "U SM_DISTANCE_DESTINATION 1.00 9999.00",
        ]
    );
    let before = json!({ "threshold": { "net": "netto", "order": "ordine", "before": { "2027": "9999.00", "2025": "10000.01" } } });
    let outcome = run(&step::<Vat>(&before), &Table::new(&columns, &rows[..3]), &[]);
    assert_eq!(outcome.cell("vat_scheme", 1), "DEST_LOCAL_REGISTRATION");
    let outcome = run(&step::<Vat>(&before), &Table::new(&columns, &rows[6..8]), &[]);
    assert_eq!(
        told(&outcome, &["vat_scheme", "vat_threshold_total"]),
        ["IT_ORIGIN_BELOW_10K 10000.00", "IT_ORIGIN_BELOW_10K 1.00"]
    );
}

/// Whatever orders there are, what is decided is what adding them up one after the other gives.
#[test]
fn the_threshold_is_that_of_orders_added_up_one_by_one() {
    let columns = [
        ("ordine", "text"),
        ("supply_date", "date"),
        ("buyer_kind", "text"),
        ("buyer_country", "text"),
        ("netto", "decimal(18,2)"),
    ];
    let mut seed = 7_u64;
    let mut random = |most: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % most
    };
    for round in 0..20 {
        let orders = 30 + random(60);
        let mut rows: Vec<[String; 5]> = Vec::new();
        for order in 0..orders {
            let (year, day) = (2026 + random(2), 1 + random(28));
            for line in 0..=random(3) {
                // Some lines of an order go out a day later, some orders stay in Italy.
                let day = day + u64::from(line > 1);
                let country = ["DE", "FR", "IT"][usize::try_from(order % 3).unwrap()];
                let net = format!("{}.{:02}", random(900), random(100));
                rows.push([
                    format!("W{:03}", order * 7 % 97),
                    format!("{year}-03-{day:02}"),
                    "consumer".into(),
                    country.into(),
                    net,
                ]);
            }
        }
        let cells: Vec<Vec<&str>> = rows.iter().map(|row| row.iter().map(String::as_str).collect()).collect();
        let cells: Vec<&[&str]> = cells.iter().map(Vec::as_slice).collect();
        let config = json!({ "threshold": { "net": "netto", "order": "ordine" } });
        let outcome = run(&step::<Vat>(&config), &Table::new(&columns, &cells), &[]);
        let expected = one_by_one(&rows);
        for (index, row) in rows.iter().enumerate().filter(|(_, row)| row[3] != "IT") {
            let origin = outcome.cell("vat_scheme", index) == "IT_ORIGIN_BELOW_10K";
            let (over, total) = &expected[&row[0]];
            assert_eq!(!origin, *over, "round {round}: {row:?}");
            if origin {
                assert_eq!(outcome.cell("vat_threshold_total", index), *total, "round {round}: {row:?}");
            }
        }
    }
}

/// Whether each order is beyond the threshold, and the total of its year with it.
fn one_by_one(rows: &[[String; 5]]) -> std::collections::HashMap<String, (bool, String)> {
    let mut orders: std::collections::BTreeMap<&str, (&str, i64)> = std::collections::BTreeMap::new();
    let mut years: std::collections::HashMap<i32, i64> = std::collections::HashMap::new();
    for [order, day, _, country, net] in rows.iter().filter(|row| row[3] != "IT") {
        assert!(!country.is_empty());
        let cents: i64 = net.replace('.', "").parse().unwrap();
        let known = orders.entry(order).or_insert((day, 0));
        known.0 = known.0.min(day);
        known.1 += cents;
        *years.entry(day[..4].parse().unwrap()).or_default() += cents;
    }
    let mut sorted: Vec<(&str, &str, i64)> =
        orders.iter().map(|(order, (day, cents))| (*day, *order, *cents)).collect();
    sorted.sort_unstable();
    let mut running: std::collections::HashMap<i32, i64> = std::collections::HashMap::new();
    let told = sorted.into_iter().map(|(day, order, cents)| {
        let year: i32 = day[..4].parse().unwrap();
        let total = running.entry(year).or_default();
        *total += cents;
        let last = years.get(&(year - 1)).copied().unwrap_or(0);
        (order.to_owned(), (*total > 1_000_000 || last > 1_000_000, format!("{}.{:02}", *total / 100, *total % 100)))
    });
    told.collect()
}

/// A sale below the threshold stays an Italian sale when it is returned after the threshold was passed.
#[test]
fn a_return_is_treated_as_its_sale_was() {
    let columns = [
        ("ordine", "text"),
        ("supply_date", "date"),
        ("event", "text"),
        ("buyer_kind", "text"),
        ("buyer_country", "text"),
        ("netto", "decimal(18,2)"),
        ("venduto", "date"),
    ];
    let rows: &[&[&str]] = &[
        &["1", "2026-02-01", "sale", "consumer", "DE", "9000.00", "~"],
        &["2", "2026-02-02", "sale", "consumer", "DE", "9000.00", "~"],
        &["1", "2026-03-01", "return", "consumer", "DE", "9000.00", "~"],
        &["R1", "2026-03-01", "return", "consumer", "DE", "9000.00", "2026-02-01"],
        &["R2", "2026-03-01", "return", "consumer", "DE", "9000.00", "2026-02-02"],
    ];
    let config = json!({ "flags": { "original_date": "venduto" }, "threshold": { "net": "netto", "order": "ordine" } });
    let outcome = run(&step::<Vat>(&config), &Table::new(&columns, rows), &[]);
    assert_eq!(
        told(&outcome, &["ordine", "vat_scheme", "vat_document"]),
        [
            "1 IT_ORIGIN_BELOW_10K none",
            "2 DEST_LOCAL_REGISTRATION invoice_mandatory",
            "1 IT_ORIGIN_BELOW_10K corrispettivi_adjustment",
            "R1 IT_ORIGIN_BELOW_10K corrispettivi_adjustment",
            "R2 DEST_LOCAL_REGISTRATION credit_note",
        ]
    );
}

#[test]
fn stored_answers_of_vies_decide_while_they_are_fresh() {
    let columns = [("supply_date", "date"), ("buyer_kind", "text"), ("buyer_country", "text"), ("piva", "text")];
    let sale = |number: &'static str| ["2026-09-15", "business", "DE", number];
    let rows = [
        sale("DE 136 695 976"),
        sale("136695976"),
        sale("DE811569869"),
        sale("~"),
        sale("DE000000000"),
        sale("DE129273398"),
    ];
    let rows: Vec<&[&str]> = rows.iter().map(<[&str; 4]>::as_slice).collect();
    let checks = Table::new(
        &[("vat_number", "text"), ("checked_at", "timestamp"), ("result", "text"), ("ricevuta", "text")],
        &[
            &["DE136695976", "2026-09-14 10:00:00", "valid", "WAPI1"],
            &["DE136695976", "2026-09-01 10:00:00", "invalid", "WAPI0"],
            &["DE811569869", "2026-08-01 10:00:00", "valid", "WAPI2"],
            &["DE000000000", "2026-09-14 10:00:00", "valid", "WAPI3"],
            &["DE129273398", "2026-09-14 10:00:00", "unavailable", "~"],
        ],
    );
    let config = json!({ "columns": { "vat_id": "piva" }, "vies": { "from": "verifiche", "consultation": "ricevuta", "max_age": 30 } });
    let outcome = run(&step::<Vat>(&config), &Table::new(&columns, &rows), &[("verifiche", &checks)]);
    assert_eq!(
        told(&outcome, &["vat_scheme", "vat_consultation"]),
        [
            "INTRA_EU_SUPPLY WAPI1",
            "INTRA_EU_SUPPLY WAPI1",
            "HOLD_VIES WAPI2",
            "IT_DOMESTIC ",
            "IT_DOMESTIC WAPI3",
            "HOLD_VIES ",
        ]
    );
}

#[test]
fn mistakes_are_explained_together() {
    let table = Table::new(COLUMNS, &[]);
    let empty = Table::new(&[("vat_rate", "percent"), ("sku", "text")], &[]);
    let cases = [
        (
            json!({ "seller": { "country": "ZZ", "regime": "RF04", "oss_goods_natura": "N4" } }),
            &table,
            vec!["bad-value: `ZZ` is no country", "unsupported: regime `RF04`", "bad-value: `N4`"],
        ),
        (
            json!({ "columns": { "buyer_country": "supply_date", "buyer_postcode": "cap" } }),
            &table,
            vec!["type-mismatch: `buyer_country` is date", "unknown-column"],
        ),
        (json!({ "columns": { "vat_rate": "buyer_country" } }), &table, vec!["type-mismatch: `buyer_country` is text"]),
        (
            json!({}),
            &empty,
            vec![
                "missing-key: `vat` needs `supply_date`",
                "missing-key: `vat` needs `buyer_kind`",
                "missing-key: `vat` needs `buyer_country`",
                "duplicate-column: the table already has `vat_rate`",
            ],
        ),
        (json!({ "flags": { "dtt": "buyer_kind" } }), &table, vec!["unknown-key: unknown flag `dtt`"]),
        (
            json!({ "rules": "no/such.tsv", "rates": "Cargo.toml" }),
            &table,
            vec![
                "file-not-found: cannot read `no/such.tsv`",
                "bad-value: `Cargo.toml`, line 1: the header has no column `category`",
            ],
        ),
        (
            json!({ "threshold": { "net": "buyer_kind", "order": "supply_date" }, "columns": { "over_10k": "'yes'" } }),
            &table,
            vec![
                "bad-value: `over_10k` is given",
                "type-mismatch: `buyer_kind` is text",
                "type-mismatch: `supply_date` is date",
            ],
        ),
    ];
    for (config, table, expected) in cases {
        let found = problems(&step::<Vat>(&config), table, &[]);
        for expected in &expected {
            assert!(found.iter().any(|found| found.starts_with(expected)), "{config}: {found:?}");
        }
    }
    assert!(serde_json::from_value::<Vat>(json!({ "voucher": true })).is_err());
}
