//! Orders as a shop has them, and the documents that must come of them.

use serde_json::json;

use crate::transforms::documents::Documents;
use crate::transforms::trade_testing::{Outcome, Table, run, step};

const COLUMNS: &[(&str, &str)] = &[
    ("order", "text"),
    ("line", "text"),
    ("supply_date", "timestamp"),
    ("event", "text"),
    ("line_kind", "text"),
    ("gross", "decimal(18,2)"),
    ("quantity", "integer"),
    ("buyer", "text"),
    ("original", "text"),
    ("original_line", "text"),
    ("vat_scheme", "text"),
    ("vat_country", "text"),
    ("vat_rate", "decimal(5,2)"),
    ("vat_natura", "text"),
    ("vat_document", "text"),
    ("vat_tipo_documento", "text"),
    ("vat_register", "text"),
    ("vat_legal_ref", "text"),
];

/// The VAT columns of a case, by a short name.
fn treatment(name: &str) -> [&str; 8] {
    match name {
        "it22" => ["IT_DOMESTIC", "IT", "22.00", "~", "none", "none", "corrispettivi_art24", "a"],
        "it10" => ["IT_DOMESTIC", "IT", "10.00", "~", "none", "none", "corrispettivi_art24", "b"],
        "it4" => ["IT_DOMESTIC", "IT", "4.00", "~", "none", "none", "corrispettivi_art24", "c"],
        "inv22" => ["IT_DOMESTIC", "IT", "22.00", "~", "invoice_mandatory", "TD01", "fatture_emesse_art23", "a"],
        "inv10" => ["IT_DOMESTIC", "IT", "10.00", "~", "invoice_on_request", "TD01", "fatture_emesse_art23", "b"],
        "ddt22" => ["IT_DOMESTIC", "IT", "22.00", "~", "invoice_mandatory", "TD24", "fatture_emesse_art23", "a"],
        "fr20" => ["OSS_UNION", "FR", "20.00", "~", "none", "none", "oss_records", "d"],
        "fr20opt" => ["OSS_UNION", "FR", "20.00", "N3.2", "invoice_optional", "TD01", "oss_records", "d"],
        "exp" => ["EXPORT", "~", "~", "N3.1", "invoice_mandatory", "TD01", "fatture_emesse_art23", "e"],
        "book" => ["IT_EDITORIA_MONOFASE", "IT", "~", "N2.2", "none", "none", "none", "f"],
        "mpv" => ["NO_SUPPLY_YET", "~", "~", "~", "none", "none", "none", "g"],
        "hold" => ["HOLD_VIES", "~", "~", "~", "hold", "none", "none", "h"],
        "gift" => ["IT_DOMESTIC", "IT", "22.00", "~", "self_invoice", "TD27", "fatture_emesse_art23", "i"],
        "td17" => {
            ["PURCHASE_RC", "IT", "22.00", "~", "integration", "TD17", "fatture_emesse_art23+acquisti_art25", "l"]
        }
        "deu" => ["INTRA_EU_SUPPLY", "~", "~", "N3.2", "invoice_mandatory", "TD01", "fatture_emesse_art23", "m"],
        "usa" => ["EXTRA_EU_SERVICE", "~", "~", "N2.1", "invoice_mandatory", "TD01", "fatture_emesse_art23", "n"],
        "pa22" => ["IT_SPLIT_PAYMENT", "IT", "22.00", "~", "invoice_mandatory", "TD01", "fatture_emesse_art23", "o"],
        "note22" => ["IT_DOMESTIC", "IT", "22.00", "~", "credit_note", "TD04", "fatture_emesse_art23", "a"],
        _ => ["~"; 8],
    }
}

/// Lines as `documents` gives them, for the tests of what comes after.
pub(in crate::transforms) fn documented(rows: &[&str]) -> Table {
    let outcome = documents(json!({}), rows);
    assert!(outcome.causes().is_empty(), "{:?}", outcome.causes());
    outcome.into_table()
}

/// `order line day event kind gross treatment [original [original_line]]`, in words.
pub(in crate::transforms) fn orders(rows: &[&str]) -> Table {
    let cells: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            let words: Vec<&str> = row.split_whitespace().collect();
            let day =
                if words[2].contains('T') { words[2].replace('T', " ") } else { format!("{} 10:00:00", words[2]) };
            let mut cells: Vec<String> =
                [words[0], words[1], &day, words[3], words[4], words[5], "1", "C1"].map(str::to_owned).to_vec();
            cells.extend([7, 8].map(|index| (*words.get(index).unwrap_or(&"~")).to_owned()));
            cells.extend(treatment(words[6]).map(str::to_owned));
            cells
        })
        .collect();
    let cells: Vec<Vec<&str>> = cells.iter().map(|row| row.iter().map(String::as_str).collect()).collect();
    let rows: Vec<&[&str]> = cells.iter().map(Vec::as_slice).collect();
    Table::new(COLUMNS, &rows)
}

fn documents(config: serde_json::Value, rows: &[&str]) -> Outcome {
    run(&step::<Documents>(&config), &orders(rows), &[])
}

/// Chosen columns of all rows.
pub(in crate::transforms) fn shown(outcome: &Outcome, columns: &[&str]) -> Vec<String> {
    let cells = |row| columns.iter().map(|name| outcome.cell(name, row)).collect::<Vec<_>>().join(" ");
    (0..outcome.frame.height()).map(cells).collect()
}

#[test]
fn shipping_and_discounts_follow_the_goods() {
    // The worked case: 80.00 at 22 and 20.00 at 10 net, shipping 10.00 net: 9.76 and 2.20.
    let outcome = documents(
        json!({}),
        &[
            "1 a 2026-09-15 sale item 97.60 it22",
            "1 b 2026-09-15 sale item 22.00 it10",
            "1 s 2026-09-15 sale shipping 11.96 it22",
            "2 a 2026-09-15 sale articolo 10.00 it22",
            "2 b 2026-09-15 sale item 10.00 it10",
            "2 c 2026-09-15 sale item 10.00 it4",
            "2 d 2026-09-15 sale sconto 1.00 -",
            "2 s 2026-09-15 sale contrassegno 5.00 -",
        ],
    );
    let columns =
        ["order", "doc_kind", "doc_line_kind", "vat_rate", "doc_gross", "doc_net", "doc_vat", "vat_legal_ref"];
    assert_eq!(
        shown(&outcome, &columns),
        [
            "1 corrispettivi item 22.00 97.60 80.00 17.60 a",
            "1 corrispettivi item 10.00 22.00 20.00 2.00 b",
            "1 corrispettivi shipping 22.00 9.76 8.00 1.76 a",
            "1 corrispettivi shipping 10.00 2.20 2.00 0.20 b",
            "2 corrispettivi item 22.00 10.00 8.20 1.80 a",
            "2 corrispettivi item 10.00 10.00 9.09 0.91 b",
            "2 corrispettivi item 4.00 10.00 9.61 0.39 c",
            "2 corrispettivi discount 22.00 -0.34 -0.28 -0.06 a",
            "2 corrispettivi discount 10.00 -0.33 -0.30 -0.03 b",
            "2 corrispettivi discount 4.00 -0.33 -0.32 -0.01 c",
            "2 corrispettivi fee 22.00 1.67 1.37 0.30 a",
            "2 corrispettivi fee 10.00 1.67 1.52 0.15 b",
            "2 corrispettivi fee 4.00 1.66 1.60 0.06 c",
        ]
    );
    assert!(outcome.causes().is_empty(), "{:?}", outcome.causes());
}

#[test]
fn each_treatment_has_its_document() {
    let outcome = documents(
        json!({}),
        &[
            "1 a 2026-09-15 sale item 122.00 inv22",
            "1 s 2026-09-15 sale shipping 6.10 -",
            "2 a 2026-09-30T21:59:59 sale item 122.00 ddt22",
            "3 a 2026-09-30T22:00:00 sale item 12.20 ddt22",
            "4 a 2026-12-31T23:30:00 sale item 12.00 fr20",
            "5 a 2026-09-15 sale item 12.00 fr20opt",
            "6 a 2026-09-15 sale item 50.00 exp",
            "6 s 2026-09-15 sale shipping 9.90 -",
            "7 a 2026-09-15 sale item 20.00 book",
            "8 a 2026-09-15 sale item 20.00 mpv",
            "9 a 2026-09-15 sale item 20.00 hold",
            "10 a 2026-09-15 sale gift 24.40 gift",
            "11 a 2026-10-25T00:30:00 sale item 1.00 it22",
        ],
    );
    let columns =
        ["doc_kind", "doc_key", "doc_type", "doc_day", "doc_date", "doc_issue_by", "doc_register", "doc_period"];
    assert_eq!(
        shown(&outcome, &columns),
        [
            "invoice 1 TD01 2026-09-15 2026-09-15 2026-09-27 fatture_emesse_art23 ",
            "invoice 1 TD01 2026-09-15 2026-09-15 2026-09-27 fatture_emesse_art23 ",
            "deferred_invoice TD24/2026-09/C1 TD24 2026-09-30 2026-09-30 2026-10-15 fatture_emesse_art23 ",
            "deferred_invoice TD24/2026-10/C1 TD24 2026-10-01 2026-10-31 2026-11-15 fatture_emesse_art23 ",
            "oss   2027-01-01   oss_records 2027-Q1",
            "oss   2026-09-15   oss_records 2026-Q3",
            "invoice 6 TD01 2026-09-15 2026-09-15 2026-09-27 fatture_emesse_art23 ",
            "invoice 6 TD01 2026-09-15 2026-09-15 2026-09-27 fatture_emesse_art23 ",
            "none   2026-09-15   none ",
            "none   2026-09-15   none ",
            "hold   2026-09-15   none ",
            "self_invoice 10/TD27 TD27 2026-09-15 2026-09-15  fatture_emesse_art23 ",
            "corrispettivi   2026-10-25   corrispettivi_art24 ",
        ]
    );
    assert_eq!(outcome.cell("doc_unit_gross", 7), "9.90000000");
    assert_eq!(outcome.cell("doc_rate", 7), "0.00");
}

#[test]
fn an_optional_invoice_is_without_the_tax_of_the_other_state() {
    let outcome = documents(json!({ "optional_invoices": true }), &["5 a 2026-09-15 sale item 12.00 fr20opt"]);
    let columns =
        ["doc_kind", "doc_key", "doc_rate", "doc_line_gross", "doc_gross", "doc_net", "doc_vat", "doc_period"];
    assert_eq!(shown(&outcome, &columns), ["invoice 5 0.00 10.00 12.00 10.00 2.00 2026-Q3"]);
}

#[test]
fn vouchers_are_money_and_deposits_have_a_document_of_their_own() {
    let outcome = documents(
        json!({}),
        &[
            "1 a 2026-09-15 sale item 100.00 it22",
            "1 b 2026-09-15 sale item 50.00 it10",
            "1 v 2026-09-15 sale buono -30.00 -",
            "1 m 2026-09-15 sale sconto_marketplace 3.00 -",
            "2 acc 2026-09-01 sale deposit 36.60 inv22",
            "2 a 2026-09-20 sale item 122.00 inv22",
            "2 acc 2026-09-20 sale deposit -36.60 inv22",
        ],
    );
    let columns = ["doc_kind", "doc_key", "doc_type", "vat_rate", "doc_gross", "doc_paid", "doc_date"];
    assert_eq!(
        shown(&outcome, &columns),
        [
            "corrispettivi   22.00 100.00 0.00 ",
            "corrispettivi   10.00 50.00 0.00 ",
            "payment   22.00 0.00 20.00 ",
            "payment   10.00 0.00 10.00 ",
            "payment   22.00 0.00 2.00 ",
            "payment   10.00 0.00 1.00 ",
            "deposit_invoice 2/A2026-09-01 TD02 22.00 36.60 0.00 2026-09-01",
            "invoice 2 TD01 22.00 122.00 0.00 2026-09-20",
            "invoice 2 TD01 22.00 -36.60 0.00 2026-09-20",
        ]
    );
}

#[test]
fn refunds_follow_their_originals() {
    let outcome = documents(
        json!({}),
        &[
            "1 a 2026-09-15 sale item 122.00 inv22",
            "1 s 2026-09-15 sale shipping 6.10 -",
            "2 a 2026-09-15 sale item 10.00 it22",
            "2 b 2026-09-15 sale item 5.00 it10",
            "2 s 2026-09-15 sale shipping 3.00 -",
            "3 a 2026-09-15 sale item 12.00 fr20",
            "4 a 2026-09-15 sale item 12.00 ddt22",
            "1 a 2026-10-02 return item -61.00 -",
            "R2 b 2026-10-02 reso articolo 5.00 it22 2 b",
            "R3 x 2026-10-02 return shipping 3.00 - 2",
            "R4 x 2026-10-02 return importo 3.00 - 2",
            "R5 b 2026-09-30T21:30:00 return item 2.00 - 3",
            "R6 q 2026-09-30T22:30:00 return item 2.00 - 3",
            "R7 q 2026-11-02 return item 12.00 - 4 a",
        ],
    );
    let columns = [
        "order",
        "doc_kind",
        "doc_key",
        "doc_type",
        "vat_rate",
        "vat_scheme",
        "doc_gross",
        "doc_line_gross",
        "doc_day",
        "doc_period",
        "doc_original_key",
        "doc_original_date",
    ];
    assert_eq!(
        shown(&outcome, &columns)[8..],
        [
            "1 credit_note 1/R2026-10-02 TD04 22.00 IT_DOMESTIC -61.00 61.00 2026-10-02  1 2026-09-15",
            "R2 corrispettivi   10.00 IT_DOMESTIC -5.00  2026-10-02   2026-09-15",
            "R3 corrispettivi   22.00 IT_DOMESTIC -2.00  2026-10-02   2026-09-15",
            "R3 corrispettivi   10.00 IT_DOMESTIC -1.00  2026-10-02   2026-09-15",
            "R4 corrispettivi   22.00 IT_DOMESTIC -2.00  2026-10-02   2026-09-15",
            "R4 corrispettivi   10.00 IT_DOMESTIC -1.00  2026-10-02   2026-09-15",
            "R5 oss   20.00 OSS_UNION -2.00  2026-09-30 2026-Q3  2026-09-15",
            "R6 oss_correction   20.00 OSS_UNION -2.00  2026-10-01 2026-Q3  2026-09-15",
            "R7 credit_note R7/R2026-11-02/TD24/2026-09/C1 TD04 22.00 IT_DOMESTIC -12.00 12.00 2026-11-02  TD24/2026-09/C1 2026-09-30",
        ]
    );
    assert!(outcome.causes().is_empty(), "{:?}", outcome.causes());
}

#[test]
fn a_refund_may_tell_all_of_itself_or_find_earlier_lines() {
    let config = json!({ "columns": { "original_date": "da_data" } });
    let mut columns = COLUMNS.to_vec();
    columns.push(("da_data", "date"));
    let mut cells = vec!["R1", "1", "2026-10-02 10:00:00", "return", "item", "10.00", "1", "C1", "900", "~"];
    cells.extend(treatment("note22"));
    cells.push("2026-08-01");
    let table = Table::new(&columns, &[&cells]);
    let outcome = run(&step::<Documents>(&config), &table, &[]);
    let seen = ["doc_kind", "doc_key", "doc_type", "doc_original_key", "doc_original_date"];
    assert_eq!(shown(&outcome, &seen), ["credit_note R1/R2026-10-02 TD04 900 2026-08-01"]);

    let earlier = documents(json!({}), &["7 a 2026-06-30 sale item 24.00 fr20", "7 a 2026-07-01 return item 4.00 -"]);
    let earlier = earlier.into_table();
    let wanted = step::<Documents>(&json!({ "originals": "prima" }));
    let refund = |gross: &str| {
        let rows = orders(&[&format!("R9 a 2026-09-15 return item {gross} - 7 a")]);
        run(&wanted, &rows, &[("prima", &earlier)])
    };
    let seen = ["doc_kind", "vat_country", "vat_rate", "doc_gross", "doc_period"];
    assert_eq!(shown(&refund("20.00"), &seen), ["oss_correction FR 20.00 -20.00 2026-Q2"]);
    assert_eq!(refund("20.01").causes(), [("refund-too-large".to_owned(), Some("order=R9, line=a".to_owned()))]);
}

#[test]
fn orders_that_cannot_be_documented_are_rejected_whole() {
    let cases: [(&[&str], &[&str]); 12] = [
        (&["1 a 2026-09-15 sale item ~ it22", "1 b 2026-09-15 sale item 1.00 it22"], &["missing-amount", "order-held"]),
        (
            &["1 a 2026-09-15 sale item 1.00 it22", "1 b 2026-09-16 sale item 1.00 it22"],
            &["order-disagrees", "order-disagrees"],
        ),
        (&["1 a 2026-09-15 sale cosa 1.00 it22"], &["unknown-line-kind"]),
        (&["1 a 2026-09-15 fattura item 1.00 it22"], &["unknown-event"]),
        (&["1 a 2026-09-15 sale item 1.00 -"], &["not-classified"]),
        (&["1 a 2026-09-15 sale item 1.00 note22"], &["treatment-not-covered"]),
        (&["1 s 2026-09-15 sale shipping 1.00 -"], &["nothing-to-follow"]),
        (
            &["1 a 2026-09-15 sale item 1.00 it22", "1 d 2026-09-15 sale discount 1.01 -"],
            &["negative-order", "negative-order"],
        ),
        (&["1 a 2026-09-15 return item 1.00 -"], &["refund-without-original"]),
        (&["1 a 2026-09-15 sale item 1.00 it22", "1 a 2026-09-16 return item 1.01 -"], &["refund-too-large"]),
        (
            &[
                "1 a 2026-09-15 sale item 1.00 it22",
                "1 b 2026-09-15 sale item 1.00 it10",
                "1 z 2026-09-16 return item 1.00 -",
            ],
            &["refund-unclear"],
        ),
        (
            &[
                "1 a 2026-09-15 sale item 9.00 it22",
                "1 a 2026-09-16 return item 5.00 -",
                "1 a 2026-09-17 return item 5.00 -",
            ],
            &["refund-too-large", "refund-too-large"],
        ),
    ];
    for (rows, causes) in cases {
        let found: Vec<String> = documents(json!({}), rows).causes().into_iter().map(|(cause, _)| cause).collect();
        assert_eq!(found, causes, "{rows:?}");
    }
}

#[test]
fn digital_goods_carry_no_shipping_and_one_rate_may_carry_all() {
    let rows = |table: &[[&str; 4]]| {
        let mut columns = COLUMNS.to_vec();
        columns.push(("natura_merce", "text"));
        let cells: Vec<Vec<&str>> = table
            .iter()
            .map(|[line, kind, gross, of]| {
                let (rate, product) = of.split_once('/').unwrap();
                let mut row = vec!["1", line, "2026-09-15 08:00:00", "sale", kind, gross, "1", "C1", "~", "~"];
                row.extend(treatment(rate));
                row.push(product);
                row
            })
            .collect();
        let cells: Vec<&[&str]> = cells.iter().map(Vec::as_slice).collect();
        Table::new(&columns, &cells)
    };
    let table = rows(&[
        ["a", "item", "10.00", "it22/goods"],
        ["b", "item", "30.00", "it10/goods"],
        ["c", "item", "99.00", "it4/digital"],
        ["s", "shipping", "4.00", "-/goods"],
    ]);
    let shipping = |how: &str| {
        let config = json!({ "columns": { "product_kind": "natura_merce" }, "accessories": how });
        let outcome = run(&step::<Documents>(&config), &table, &[]);
        shown(&outcome, &["vat_rate", "doc_gross"])[3..].to_vec()
    };
    assert_eq!(shipping("pro_rata"), ["22.00 1.00", "10.00 3.00"]);
    assert_eq!(shipping("prevailing"), ["10.00 4.00"]);
    assert_eq!(shipping("highest"), ["22.00 4.00"]);
}

#[test]
fn amounts_of_the_order_may_stand_on_each_line() {
    let mut columns = COLUMNS.to_vec();
    columns.extend([("spedizione", "decimal(18,2)"), ("sconto", "decimal(18,2)"), ("totale", "decimal(18,2)")]);
    let table = |shipping: [&str; 2], total: &str| {
        let cells: Vec<Vec<&str>> = [("a", "10.00", "it22", shipping[0]), ("b", "20.00", "it10", shipping[1])]
            .iter()
            .map(|(line, gross, of, shipping)| {
                let mut row = vec!["1", line, "2026-09-15 08:00:00", "sale", "item", gross, "2", "C1", "~", "~"];
                row.extend(treatment(of));
                row.extend([*shipping, "3.00", total]);
                row
            })
            .collect();
        let cells: Vec<&[&str]> = cells.iter().map(Vec::as_slice).collect();
        Table::new(&columns, &cells)
    };
    let config =
        json!({ "columns": { "total": "totale" }, "charges": { "spedizione": "spedizione", "sconto": "sconto" } });
    let wanted = step::<Documents>(&config);
    let outcome = run(&wanted, &table(["5.00", "5.00"], "32.00"), &[]);
    assert_eq!(
        shown(&outcome, &["doc_line", "doc_line_kind", "vat_rate", "doc_gross"]),
        [
            "a item 22.00 10.00",
            "shipping shipping 22.00 1.67",
            "shipping shipping 10.00 3.33",
            "discount discount 22.00 -1.00",
            "discount discount 10.00 -2.00",
            "b item 10.00 20.00",
        ]
    );
    let causes = |outcome: Outcome| outcome.causes().into_iter().map(|(cause, _)| cause).collect::<Vec<_>>();
    assert_eq!(causes(run(&wanted, &table(["5.00", "4.00"], "32.00"), &[])), ["order-disagrees", "order-disagrees"]);
    assert_eq!(causes(run(&wanted, &table(["5.00", "5.00"], "32.01"), &[])), ["total-differs", "total-differs"]);
}

#[test]
fn net_prices_give_the_tax_of_the_whole() {
    let mut columns: Vec<(&str, &str)> = COLUMNS.iter().copied().filter(|(name, _)| *name != "gross").collect();
    columns.push(("unit_net", "decimal(18,4)"));
    let cells: Vec<Vec<&str>> = [("a", "0.3333"), ("b", "0.3333"), ("c", "10.0100")]
        .iter()
        .map(|(line, price)| {
            let mut row = vec!["1", line, "2026-09-15 08:00:00", "sale", "item", "3", "C1", "~", "~"];
            row.extend(treatment("inv22"));
            row.push(price);
            row
        })
        .collect();
    let cells: Vec<&[&str]> = cells.iter().map(Vec::as_slice).collect();
    let outcome = run(&step::<Documents>(&json!({})), &Table::new(&columns, &cells), &[]);
    // 32.03 at 22 % is 7.05 (7.0466); each line alone would give 0.22 + 0.22 + 6.61.
    assert_eq!(
        shown(&outcome, &["doc_net", "doc_vat", "doc_gross", "doc_unit_net", "doc_line_net", "doc_quantity"]),
        [
            "1.00 0.22 1.22 0.33333333 1.00 3.000",
            "1.00 0.22 1.22 0.33333333 1.00 3.000",
            "30.03 6.61 36.64 10.01000000 30.03 3.000",
        ]
    );
}

#[test]
fn mistakes_are_reported_together() {
    let found = crate::transforms::trade_testing::problems(
        &step::<Documents>(&json!({
            "columns": { "ordine": "order", "buyer": "cliente", "gross": "line" },
            "charges": { "regalo": "gross", "shipping": "spese" },
            "deferred": "with_ddt",
        })),
        &orders(&[]),
        &[],
    );
    let codes: Vec<&str> = found.iter().filter_map(|one| Some(one.split_once(':')?.0)).collect();
    let expected = ["unknown-key", "type-mismatch", "unknown-column", "bad-value", "unknown-column", "column-missing"];
    assert_eq!(codes, expected, "{found:#?}");
}

#[test]
fn purchases_are_without_vat() {
    let outcome = documents(json!({}), &["P1 1 2026-09-30 fee_purchase item 100.10 td17"]);
    let seen = ["doc_kind", "doc_key", "doc_type", "doc_net", "doc_vat", "doc_gross", "doc_line_gross"];
    assert_eq!(shown(&outcome, &seen), ["integration P1 TD17 100.10 22.02 122.12 122.12"]);
}
