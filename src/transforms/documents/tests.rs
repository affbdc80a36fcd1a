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
        "note22" => ["IT_DOMESTIC", "IT", "22.00", "~", "credit_note", "TD04", "fatture_emesse_art23", "a"],
        _ => ["~"; 8],
    }
}

/// `order line day event kind gross treatment [original [original_line]]`, in words.
fn orders(rows: &[&str]) -> Table {
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
fn shown(outcome: &Outcome, columns: &[&str]) -> Vec<String> {
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
