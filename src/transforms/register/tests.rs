//! Registers of a few days of a shop, worked out by hand.

use serde_json::json;

use crate::transforms::documents::tests::{documented, shown};
use crate::transforms::register::Register;
use crate::transforms::trade_testing::{Table, problems, run, step};

/// Sales of four days in two quarters: corrispettivi at two rates with a voucher, invoices, OSS, exports, a purchase.
const ROWS: &[&str] = &[
    "1 a 2026-09-15 sale item 10.00 it22",
    "1 b 2026-09-15 sale item 10.00 it10",
    "1 v 2026-09-15 sale voucher 5.00 -",
    "2 a 2026-09-15 sale item 0.99 it22",
    "2 s 2026-09-15 sale shipping 5.00 -",
    "3 a 2026-09-30T22:30:00 sale item 7.00 it22",
    "4 a 2026-09-20 sale item 122.00 inv22",
    "5 a 2026-09-20 sale item 12.00 fr20",
    "6 a 2026-09-20 sale item 6.00 fr20",
    "7 a 2026-09-21 sale item 100.00 deu",
    "8 a 2026-09-21 sale item 77.47 usa",
    "9 a 2026-09-21 sale item 77.48 usa",
    "10 a 2026-09-21 sale item 61.00 pa22",
    "P a 2026-09-21 fee_purchase item 50.00 td17",
    "2 a 2026-10-01 return item 0.49 -",
    "5 a 2026-09-25 return item 1.00 -",
    "5 a 2026-10-01 return item 2.00 -",
    "7 a 2026-10-02 return item 40.00 -",
];

fn register(config: serde_json::Value, columns: &[&str]) -> Vec<String> {
    shown(&run(&step::<Register>(&config), &documented(ROWS), &[]), columns)
}

#[test]
fn corrispettivi_by_day_rate_and_means_of_payment() {
    let rows = register(
        json!({ "corrispettivi": {}, "columns": { "payment": "vat_legal_ref" } }),
        &["day", "rate", "kind", "payment", "gross", "net", "vat", "orders"],
    );
    // 16.00 - 2.50 + 0.99 at 22 on the 15th: 15.99 gross, 13.11 net, whatever paid for it.
    assert_eq!(
        rows,
        [
            "2026-09-15 22.00 sale a 13.49 11.06 2.43 2",
            "2026-09-15 22.00 sale voucher 2.50 2.05 0.45 1",
            "2026-09-15 10.00 sale b 7.50 6.82 0.68 1",
            "2026-09-15 10.00 sale voucher 2.50 2.27 0.23 1",
            "2026-10-01 22.00 sale a 7.00 5.74 1.26 1",
            "2026-10-01 22.00 refund a -0.49 -0.40 -0.09 1",
        ]
    );
}

#[test]
fn quarters_of_the_one_stop_shop() {
    let rows = register(
        json!({ "oss": {} }),
        &[
            "quarter",
            "kind",
            "country",
            "dispatch",
            "supply",
            "rate",
            "original_quarter",
            "net",
            "vat",
            "gross",
            "orders",
            "due",
        ],
    );
    assert_eq!(
        rows,
        [
            "2026-Q3 supply FR IT goods 20.00  14.17 2.83 17.00 2 2026-10-31",
            "2026-Q4 correction FR    2026-Q3 -1.67 -0.33 -2.00 1 2027-01-31",
        ]
    );
}

#[test]
fn invoices_stamps_and_intrastat() {
    let rows = register(
        json!({ "invoices": {} }),
        &["date", "document", "type", "rate", "natura", "net", "vat", "vat_split", "total"],
    );
    assert_eq!(
        rows,
        [
            "2026-09-20 4 TD01 22.00  100.00 22.00 0.00 122.00",
            "2026-09-21 10 TD01 22.00  50.00 11.00 11.00 61.00",
            "2026-09-21 7 TD01  N3.2 100.00 0.00 0.00 100.00",
            "2026-09-21 8 TD01  N2.1 77.47 0.00 0.00 77.47",
            "2026-09-21 9 TD01  N2.1 77.48 0.00 0.00 77.48",
            "2026-09-21 P TD17 22.00  50.00 11.00 0.00 61.00",
            "2026-10-02 7/R2026-10-02 TD04  N3.2 -40.00 0.00 0.00 -40.00",
        ]
    );
    let rows = register(json!({ "bollo": {} }), &["quarter", "documents", "duty", "untaxed"]);
    assert_eq!(rows, ["2026-Q3 1 2.00 77.48"]);
}

#[test]
fn totals_of_the_periodic_communication() {
    let columns = ["period", "sales", "purchases", "vat_due", "vat_deducted", "vat_balance", "vat_split"];
    let bought = Table::new(
        &[("data", "date"), ("netto", "decimal(18,2)"), ("imposta", "decimal(18,2)")],
        &[&["2026-09-05", "200.00", "44.00"], &["2026-10-05", "-10.00", "-2.20"]],
    );
    let config = json!({ "lipe": { "period": "quarter", "purchases": { "table": "acquisti", "date": "data", "net": "netto", "vat": "imposta" } } });
    let outcome = run(&step::<Register>(&config), &documented(ROWS), &[("acquisti", &bought)]);
    // Sales: 13.11 + 9.09 corrispettivi, 404.95 invoices; VAT: 2.88 + 0.91 + 22.00, and 11.00 on both sides.
    assert_eq!(
        shown(&outcome, &columns),
        ["2026-Q3 427.15 250.00 36.79 55.00 -18.21 11.00", "2026-Q4 -34.66 -10.00 1.17 -2.20 3.37 0.00"]
    );
}

#[test]
fn the_summary_is_what_buyers_paid() {
    let rows = register(
        json!({ "summary": {} }),
        &["day", "country", "rate", "natura", "documents", "corrispettivi", "oss", "other", "gross"],
    );
    assert_eq!(rows[0], "2026-09-15 IT 22.00  0.00 15.99 0.00 0.00 15.99");
    assert!(rows.contains(&"2026-09-20 FR 20.00  0.00 0.00 18.00 0.00 18.00".to_owned()), "{rows:#?}");
}

#[test]
fn a_register_that_does_not_close_stops_the_run() {
    let config = step::<Register>(&json!({
        "corrispettivi": {},
        "orders": { "table": "ordini", "order": "numero", "gross": "totale - rimborsi" },
    }));
    let lines = documented(&[
        "1 a 2026-09-15 sale item 10.00 it22",
        "1 a 2026-09-16 return item 4.00 -",
        "2 a 2026-09-15 sale item 3.00 hold",
    ]);
    let columns = [("numero", "integer"), ("totale", "decimal(18,2)"), ("rimborsi", "decimal(18,3)")];
    let orders = |rows: &[&[&str]]| Table::new(&columns, rows);
    let right = orders(&[&["1", "10.00", "4.000"], &["2", "3.00", "0.000"]]);
    assert_eq!(run(&config, &lines, &[("ordini", &right)]).frame.height(), 2);
    let cases: [(&[&[&str]], &str); 3] = [
        (&[&["1", "10.00", "4.000"]], "1 order differs; the first is order 2: paid 0.000, on documents 3.00"),
        (&[&["1", "10.00", "4.001"], &["2", "3.00", "0.000"]], "the first is order 1: paid 5.999, on documents 6.00"),
        (
            &[&["1", "10.01", "4.000"], &["2", "3.00", "0.000"], &["3", "1.00", "0.000"]],
            "2 orders differ; the first is order 1: paid 6.010, on documents 6.00",
        ),
    ];
    for (rows, words) in cases {
        let error = failure(&config, &lines, &orders(rows));
        assert!(
            error.contains("[does-not-close at prova#1] `corrispettivi` does not close against table `ordini`"),
            "{error}"
        );
        assert!(error.contains(words), "{error}");
    }
    // The rows of a register that closes keep their order.
    let lines = documented(ROWS);
    let columns = ["day", "rate", "kind", "gross"];
    let free = shown(&run(&step::<Register>(&json!({ "corrispettivi": {} })), &lines, &[]), &columns);
    let (names, cells): (Vec<(&str, &str)>, Vec<Vec<String>>) =
        (vec![("numero", "text"), ("totale", "decimal(18,2)"), ("rimborsi", "decimal(18,2)")], paid_per_order());
    let cells: Vec<Vec<&str>> = cells.iter().map(|row| row.iter().map(String::as_str).collect()).collect();
    let cells: Vec<&[&str]> = cells.iter().map(Vec::as_slice).collect();
    let held = run(&config, &lines, &[("ordini", &Table::new(&names, &cells))]);
    assert_eq!(shown(&held, &columns), free);
    // Also when the register itself would be empty.
    let none = documented(&["2 a 2026-09-15 sale item 3.00 hold"]);
    assert!(failure(&config, &none, &orders(&[])).contains("1 order differs"), "an empty register closed");
}

/// What was paid and given back for each order of `ROWS`, vouchers and purchases left out.
fn paid_per_order() -> Vec<Vec<String>> {
    let rows = [
        ("1", "20.00", "0.00"),
        ("2", "5.99", "0.49"),
        ("3", "7.00", "0.00"),
        ("4", "122.00", "0.00"),
        ("5", "12.00", "3.00"),
        ("6", "6.00", "0.00"),
        ("7", "100.00", "40.00"),
        ("8", "77.47", "0.00"),
        ("9", "77.48", "0.00"),
        ("10", "61.00", "0.00"),
    ];
    rows.iter().map(|(order, paid, back)| [order, paid, back].map(|cell| (*cell).to_owned()).to_vec()).collect()
}

fn failure(step: &Register, lines: &Table, orders: &Table) -> String {
    crate::transforms::trade_testing::failure(step, lines, &[("ordini", orders)])
}

#[test]
fn mistakes_are_reported_together() {
    let found = problems(
        &step::<Register>(&json!({
            "corrispettivi": {}, "oss": {},
            "columns": { "metodo": "doc_kind", "channel": "canale", "payment": "doc_gross" },
            "orders": { "table": "ordini", "order": "numero", "gross": "totale" },
        })),
        &documented(&[]),
        &[("ordini", &Table::new(&[("ordine", "text"), ("totale", "text")], &[]))],
    );
    let codes: Vec<&str> = found.iter().filter_map(|one| Some(one.split_once(':')?.0)).collect();
    let expected = ["many-kinds", "unknown-key", "unknown-column", "type-mismatch", "unknown-column", "type-mismatch"];
    assert_eq!(codes, expected, "{found:#?}");
    let found = problems(&step::<Register>(&json!({})), &Table::new(&[("sku", "text")], &[]), &[]);
    assert_eq!(found.len(), 2, "{found:#?}");
}
