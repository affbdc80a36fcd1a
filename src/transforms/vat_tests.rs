//! The `vat` step on the worked cases of the trade, and its mistakes.

use serde_json::{Value, json};

use super::*;
use crate::transforms::trade_testing::{Outcome, Table, problems, run, step};

/// Worked cases: `id, date, regime, kind, rate, buyer, country, postcode, VIES, invoice, OSS, over 10 000` and what
/// comes out: `scheme, country, category, rate, natura, document, tipo, register, code, intrastat, legal, confidence`.
#[rustfmt::skip]
const CASES: &[([&str; 12], [&str; 12])] = &[
    (["V001", "2026-09-15", "RF01", "goods", "standard", "consumer", "IT", "", "na", "no", "no", "no"],
        ["IT_DOMESTIC", "IT", "standard", "22.00", "", "none", "none", "corrispettivi_art24", "", "none", "art.22 c.1 n.1 and art.24 DPR 633/72; art.2 lett.oo DPR 696/96", "high"]),
    (["V002", "2026-09-15", "RF01", "goods", "standard", "consumer", "IT", "", "na", "yes", "no", "no"],
        ["IT_DOMESTIC", "IT", "standard", "22.00", "", "invoice_on_request", "TD01", "fatture_emesse_art23", "0000000", "none", "art.22 c.1, art.21 DPR 633/72; D.Lgs. 127/2015", "high"]),
    (["V003", "2026-09-15", "RF01", "goods", "standard", "consumer", "IT", "", "na", "late", "no", "no"],
        ["IT_DOMESTIC", "IT", "standard", "22.00", "", "none", "none", "corrispettivi_art24", "", "none", "art.22 c.1 DPR 633/72", "high"]),
    (["V004", "2026-09-15", "RF01", "goods", "reduced", "consumer", "IT", "", "na", "no", "no", "no"],
        ["IT_DOMESTIC", "IT", "reduced", "10.00", "", "none", "none", "corrispettivi_art24", "", "none", "art.22 c.1 n.1 and art.24 DPR 633/72; art.2 lett.oo DPR 696/96; Tab. A parte III", "high"]),
    (["V005", "2026-09-15", "RF01", "goods", "super_reduced", "consumer", "IT", "", "na", "no", "no", "no"],
        ["IT_DOMESTIC", "IT", "super_reduced", "4.00", "", "none", "none", "corrispettivi_art24", "", "none", "art.22 c.1 n.1 and art.24 DPR 633/72; art.2 lett.oo DPR 696/96; Tab. A parte II", "high"]),
    (["V006", "2026-09-15", "RF01", "goods", "standard", "business", "IT", "", "yes", "no", "no", "no"],
        ["IT_DOMESTIC", "IT", "standard", "22.00", "", "invoice_mandatory", "TD01", "fatture_emesse_art23", "BUYER_CODE_OR_0000000", "none", "art.21, art.22 c.3 DPR 633/72", "high"]),
    (["V008", "2026-05-20", "RF01", "goods", "standard", "public_admin", "IT", "", "yes", "no", "no", "no"],
        ["IT_SPLIT_PAYMENT", "IT", "standard", "22.00", "", "invoice_mandatory", "TD01", "fatture_emesse_art23", "IPA_CODE_6_CHARS", "none", "art.17-ter DPR 633/72; Dec. (UE) 2023/1552", "medium"]),
    (["V009", "2026-09-15", "RF01", "goods", "standard", "non_taxable_legal", "IT", "", "na", "no", "no", "no"],
        ["IT_DOMESTIC", "IT", "standard", "22.00", "", "none", "none", "corrispettivi_art24", "", "none", "art.22 c.1 n.1 and art.24 DPR 633/72; art.2 lett.oo DPR 696/96", "medium"]),
    (["V012", "2026-09-15", "RF01", "digital", "standard", "consumer", "IT", "", "na", "no", "no", "no"],
        ["IT_DOMESTIC", "IT", "standard", "22.00", "", "none", "none", "corrispettivi_art24", "", "none", "art.22 c.1 n.6-ter DPR 633/72; DM 27/10/2015; art.24", "high"]),
    (["V013", "2026-09-15", "RF01", "digital", "standard", "consumer", "IT", "", "na", "yes", "no", "no"],
        ["IT_DOMESTIC", "IT", "standard", "22.00", "", "invoice_on_request", "TD01", "fatture_emesse_art23", "0000000", "none", "art.22 c.1 n.6-ter DPR 633/72; DM 27/10/2015; art.24", "high"]),
    (["V014", "2026-09-15", "RF01", "digital", "super_reduced", "consumer", "IT", "", "na", "no", "no", "no"],
        ["IT_DOMESTIC", "IT", "super_reduced", "4.00", "", "none", "none", "corrispettivi_art24", "", "none", "art.22 c.1 n.6-ter DPR 633/72; DM 27/10/2015; art.24; Tab. A parte II", "medium"]),
    (["V015", "2026-09-15", "RF01", "digital", "standard", "business", "IT", "", "yes", "no", "no", "no"],
        ["IT_DOMESTIC", "IT", "standard", "22.00", "", "invoice_mandatory", "TD01", "fatture_emesse_art23", "BUYER_CODE_OR_0000000", "none", "art.21 DPR 633/72; art.7-ter", "high"]),
    (["V016", "2026-09-15", "RF01", "book_print", "standard", "consumer", "IT", "", "na", "no", "no", "no"],
        ["IT_EDITORIA_MONOFASE", "IT", "none", "", "N2.2", "none", "none", "none", "", "none", "art.74 c.1 lett.c DPR 633/72; art.2 c.1 lett.e DPR 696/96", "medium"]),
    (["V017", "2026-09-15", "RF19", "goods", "standard", "business", "IT", "", "yes", "no", "no", "no"],
        ["IT_FORFETTARIO", "IT", "none", "", "N2.2", "invoice_mandatory", "TD01", "none", "BUYER_CODE_OR_0000000", "none", "art.1 c.54-89 L.190/2014; art.13 Tariffa DPR 642/72", "medium"]),
    (["V027", "2026-09-15", "RF01", "goods", "standard", "consumer", "DE", "", "na", "no", "no", "no"],
        ["IT_ORIGIN_BELOW_10K", "IT", "standard", "22.00", "", "none", "none", "corrispettivi_art24", "", "none", "art.40 c.4 DL 331/93; art.7-octies DPR 633/72", "high"]),
    (["V028", "2026-09-15", "RF01", "goods", "standard", "consumer", "DE", "", "na", "no", "yes", "yes"],
        ["OSS_UNION", "DE", "standard", "19.00", "", "none", "none", "oss_records", "", "none", "art.41 c.1 lett.b DL 331/93; art.74-sexies DPR 633/72", "high"]),
    (["V029", "2026-09-15", "RF01", "goods", "standard", "consumer", "FR", "", "na", "yes", "yes", "yes"],
        ["OSS_UNION", "FR", "standard", "20.00", "N3.2", "invoice_optional", "TD01", "oss_records", "XXXXXXX", "none", "art.41 c.1 lett.b DL 331/93; art.74-sexies DPR 633/72; interpello 802/2021", "medium"]),
    (["V030", "2026-09-15", "RF01", "goods", "standard", "consumer", "ES", "", "na", "no", "no", "yes"],
        ["DEST_LOCAL_REGISTRATION", "ES", "standard", "21.00", "N3.2", "invoice_mandatory", "TD01", "fatture_emesse_art23", "XXXXXXX", "none", "art.41 c.1 lett.b DL 331/93", "medium"]),
    (["V031", "2026-09-15", "RF01", "goods", "standard", "consumer", "AT", "", "na", "no", "yes", "no"],
        ["OSS_UNION", "AT", "standard", "20.00", "", "none", "none", "oss_records", "", "none", "art.41 c.1 lett.b DL 331/93; art.74-sexies DPR 633/72", "medium"]),
    (["V032", "2026-09-15", "RF01", "goods", "standard", "consumer", "FI", "", "na", "no", "yes", "yes"],
        ["OSS_UNION", "FI", "standard", "25.50", "", "none", "none", "oss_records", "", "none", "art.41 c.1 lett.b DL 331/93; art.74-sexies DPR 633/72", "high"]),
    (["V033", "2025-06-30", "RF01", "goods", "standard", "consumer", "EE", "", "na", "no", "yes", "yes"],
        ["OSS_UNION", "EE", "standard", "22.00", "", "none", "none", "oss_records", "", "none", "art.41 c.1 lett.b DL 331/93; art.74-sexies DPR 633/72", "high"]),
    (["V034", "2025-07-01", "RF01", "goods", "standard", "consumer", "EE", "", "na", "no", "yes", "yes"],
        ["OSS_UNION", "EE", "standard", "24.00", "", "none", "none", "oss_records", "", "none", "art.41 c.1 lett.b DL 331/93; art.74-sexies DPR 633/72", "high"]),
    (["V035", "2026-09-15", "RF01", "goods", "standard", "consumer", "EL", "", "na", "no", "yes", "yes"],
        ["OSS_UNION", "EL", "standard", "24.00", "", "none", "none", "oss_records", "", "none", "art.41 c.1 lett.b DL 331/93; art.74-sexies DPR 633/72", "high"]),
    (["V036", "2026-09-15", "RF01", "goods", "standard", "consumer", "PT", "9000-050", "na", "no", "yes", "yes"],
        ["OSS_UNION", "PT", "special_territory", "22.00", "", "none", "none", "oss_records", "", "none", "art.41 c.1 lett.b DL 331/93; art.74-sexies DPR 633/72", "medium"]),
    (["V037", "2026-09-15", "RF01", "goods", "standard", "consumer", "MC", "", "na", "no", "yes", "yes"],
        ["OSS_UNION", "FR", "standard", "20.00", "", "none", "none", "oss_records", "", "none", "art.41 c.1 lett.b DL 331/93; art.74-sexies DPR 633/72; art.7 c.1 lett.b DPR 633/72", "high"]),
    (["V038", "2026-09-15", "RF01", "goods", "standard", "consumer", "ES", "35001", "na", "no", "yes", "yes"],
        ["EXPORT", "", "none", "", "N3.1", "invoice_mandatory", "TD01", "fatture_emesse_art23", "XXXXXXX", "none", "art.8 c.1 lett.a DPR 633/72; art.21 c.6 lett.b; art.7 c.1 lett.b", "high"]),
    (["V039", "2026-09-15", "RF01", "goods", "standard", "consumer", "FR", "97110", "na", "no", "yes", "yes"],
        ["EXPORT", "", "none", "", "N3.1", "invoice_mandatory", "TD01", "fatture_emesse_art23", "XXXXXXX", "none", "art.8 c.1 lett.a DPR 633/72; art.21 c.6 lett.b", "high"]),
    (["V040", "2026-09-15", "RF01", "goods", "standard", "consumer", "GB", "BT1 1AA", "na", "no", "yes", "yes"],
        ["OSS_UNION", "XI", "standard", "20.00", "", "none", "none", "oss_records", "", "none", "art.41 c.1 lett.b DL 331/93; art.74-sexies DPR 633/72; Protocol IE/NI", "medium"]),
    (["V041", "2026-09-15", "RF01", "goods", "standard", "consumer", "GB", "", "na", "no", "no", "no"],
        ["EXPORT", "", "none", "", "N3.1", "invoice_mandatory", "TD01", "fatture_emesse_art23", "XXXXXXX", "none", "art.8 c.1 lett.a DPR 633/72; art.21 c.6 lett.b", "high"]),
    (["V042", "2026-09-15", "RF01", "goods", "standard", "consumer", "CH", "", "na", "no", "no", "no"],
        ["EXPORT", "", "none", "", "N3.1", "invoice_mandatory", "TD01", "fatture_emesse_art23", "XXXXXXX", "none", "art.8 c.1 lett.a DPR 633/72; art.21 c.6 lett.b", "high"]),
    (["V051", "2026-09-15", "RF01", "goods", "standard", "business", "DE", "", "yes", "no", "no", "no"],
        ["INTRA_EU_SUPPLY", "", "none", "", "N3.2", "invoice_mandatory", "TD01", "fatture_emesse_art23", "XXXXXXX", "goods", "art.41 c.1 lett.a, c.2-ter DL 331/93", "high"]),
    (["V052", "2026-09-15", "RF01", "goods", "standard", "business", "DE", "", "no", "no", "no", "no"],
        ["IT_DOMESTIC", "IT", "standard", "22.00", "", "invoice_mandatory", "TD01", "fatture_emesse_art23", "XXXXXXX", "none", "art.41 c.2-ter DL 331/93; interpello 230/2023", "high"]),
    (["V053", "2026-09-15", "RF01", "goods", "standard", "business", "DE", "", "unavailable", "no", "no", "no"],
        ["HOLD_VIES", "", "none", "", "", "hold", "none", "none", "", "none", "art.41 c.2-ter DL 331/93", "medium"]),
    (["V055", "2026-09-15", "RF01", "goods", "standard", "business", "GB", "BT1 1AA", "yes", "no", "no", "no"],
        ["INTRA_EU_SUPPLY", "", "none", "", "N3.2", "invoice_mandatory", "TD01", "fatture_emesse_art23", "XXXXXXX", "goods", "art.41 DL 331/93; Protocol IE/NI", "medium"]),
    (["V056", "2026-09-15", "RF01", "digital", "standard", "business", "FR", "", "yes", "no", "no", "no"],
        ["EU_SERVICE_RC", "", "none", "", "N2.1", "invoice_mandatory", "TD01", "fatture_emesse_art23", "XXXXXXX", "services", "art.7-ter, art.21 c.6-bis lett.a DPR 633/72", "high"]),
    (["V057", "2026-09-15", "RF01", "digital", "standard", "business", "FR", "", "no", "no", "yes", "yes"],
        ["OSS_UNION", "FR", "standard", "20.00", "", "none", "none", "oss_records", "", "none", "art.7-octies DPR 633/72; art.18 Reg. 282/2011", "medium"]),
    (["V058", "2026-09-15", "RF01", "digital", "standard", "consumer", "DE", "", "na", "no", "no", "no"],
        ["IT_ORIGIN_BELOW_10K", "IT", "standard", "22.00", "", "none", "none", "corrispettivi_art24", "", "none", "art.7-octies DPR 633/72; art.22 c.1 n.6-ter DPR 633/72; DM 27/10/2015; art.24", "high"]),
    (["V059", "2026-09-15", "RF01", "digital", "standard", "consumer", "DE", "", "na", "no", "yes", "yes"],
        ["OSS_UNION", "DE", "standard", "19.00", "", "none", "none", "oss_records", "", "none", "art.7-octies, art.74-sexies DPR 633/72", "high"]),
    (["V060", "2026-09-15", "RF01", "digital", "standard", "consumer", "DE", "", "na", "yes", "yes", "yes"],
        ["OSS_UNION", "DE", "standard", "19.00", "N7", "invoice_optional", "TD01", "oss_records", "XXXXXXX", "none", "art.7-octies, art.74-sexies DPR 633/72", "medium"]),
    (["V061", "2026-09-15", "RF01", "digital", "standard", "business", "US", "", "na", "no", "no", "no"],
        ["EXTRA_EU_SERVICE", "", "none", "", "N2.1", "invoice_mandatory", "TD01", "fatture_emesse_art23", "XXXXXXX", "none", "art.7-ter, art.21 c.6-bis lett.b DPR 633/72", "high"]),
    (["V062", "2026-09-15", "RF01", "digital", "standard", "consumer", "US", "", "na", "no", "no", "no"],
        ["EXTRA_EU_SERVICE", "", "none", "", "N2.1", "none", "none", "none", "", "none", "art.7-sexies lett.f DPR 633/72", "low"]),
    (["V063", "2026-09-15", "RF01", "digital", "standard", "consumer", "GB", "BT1 1AA", "na", "no", "yes", "yes"],
        ["EXTRA_EU_SERVICE", "", "none", "", "N2.1", "none", "none", "none", "", "none", "art.7-sexies lett.f DPR 633/72", "medium"]),
    (["V064", "2026-09-15", "RF01", "goods", "standard", "business", "SM", "", "yes", "no", "no", "no"],
        ["SM_SUPPLY", "", "none", "", "N3.3", "invoice_mandatory", "TD01", "fatture_emesse_art23", "2R4GTO8", "none", "art.71 DPR 633/72; DM 21/06/2021", "high"]),
    (["V065", "2026-09-15", "RF01", "goods", "standard", "consumer", "SM", "", "na", "no", "no", "no"],
        ["IT_DOMESTIC", "IT", "standard", "22.00", "", "none", "none", "corrispettivi_art24", "", "none", "art.15 DM 21/06/2021", "high"]),
    (["V066", "2026-09-15", "RF01", "goods", "standard", "non_taxable_legal", "VA", "", "na", "no", "no", "no"],
        ["VATICAN_SUPPLY", "", "none", "", "N3.4", "invoice_mandatory", "TD01", "fatture_emesse_art23", "XXXXXXX", "none", "art.71 DPR 633/72", "low"]),
    (["V067", "2026-09-15", "RF01", "goods", "standard", "consumer", "IT", "23041", "na", "no", "no", "no"],
        ["EXPORT", "", "none", "", "N3.1", "invoice_mandatory", "TD01", "fatture_emesse_art23", "0000000", "none", "art.8 c.1 lett.a DPR 633/72; art.21 c.6 lett.b; art.7 c.1 lett.a", "high"]),
    (["V068", "2026-09-15", "RF01", "goods", "standard", "consumer", "IT", "22061", "na", "no", "no", "no"],
        ["EXPORT", "", "none", "", "N3.1", "invoice_mandatory", "TD01", "fatture_emesse_art23", "0000000", "none", "art.8 c.1 lett.a DPR 633/72; art.21 c.6 lett.b; art.7 c.1 lett.a", "medium"]),
    (["V073", "2027-01-15", "RF01", "goods", "standard", "consumer", "IT", "", "na", "no", "no", "no"],
        ["IT_DOMESTIC", "IT", "standard", "22.00", "", "none", "none", "corrispettivi_art24", "", "none", "D.Lgs. 10/2026 (Testo unico IVA), article number to be mapped", "medium"]),
];

const COLUMNS: &[(&str, &str)] = &[
    ("supply_date", "date"),
    ("product_kind", "text"),
    ("rate_hint", "text"),
    ("buyer_kind", "text"),
    ("country", "text"),
    ("postcode", "text"),
    ("vat_id_valid", "text"),
    ("invoice_requested", "text"),
];

const OUTPUTS: [&str; 12] = [
    "vat_scheme",
    "vat_country",
    "vat_rate_category",
    "vat_rate",
    "vat_natura",
    "vat_document",
    "vat_tipo_documento",
    "vat_register",
    "vat_codice_destinatario",
    "vat_intrastat",
    "vat_legal_ref",
    "vat_confidence",
];

fn outputs(outcome: &Outcome, row: usize) -> [String; 12] {
    OUTPUTS.map(|name| outcome.cell(name, row))
}

#[test]
fn sales_are_classified_as_worked_by_hand() {
    for (input, expected) in CASES {
        let [id, date, regime, kind, hint, buyer, country, postcode, vies, invoice, oss, over] = *input;
        let sale = Table::new(COLUMNS, &[&[date, kind, hint, buyer, country, postcode, vies, invoice]]);
        let vat: Vat = step(&json!({ "seller": { "regime": regime, "oss": oss == "yes", "over_10k": over == "yes" } }));
        let outcome = run(&vat, &sale, &[]);
        assert_eq!(outcome.frame.height(), 1, "{id}: {:?}", outcome.causes());
        assert_eq!(outputs(&outcome, 0), expected.map(str::to_owned), "{id}");
    }
}

fn italian_shop() -> Value {
    json!({
        "product_kind": "tipo", "buyer_kind": "cliente", "country": "paese", "postcode": "cap", "vat_id_valid": "vies",
        "invoice_requested": "fattura", "supply_date": "istante", "vat_rate": "iva", "key": "riga",
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
            &["8", "merce", "privato", "FR", "75001", "~", "false", DAY, "10"],
            &["9", "merce", "pa", "IT", "00184", "~", "true", DAY, "22"],
        ],
    );
    let outcome = run(&step::<Vat>(&italian_shop()), &lines, &[]);
    let found: Vec<String> = (0..9)
        .map(|row| {
            ["riga", "vat_scheme", "vat_country", "vat_rate", "vat_document", "vat_confidence"]
                .map(|name| outcome.cell(name, row))
                .join(" ")
        })
        .collect();
    assert_eq!(
        found,
        [
            "1 IT_DOMESTIC IT 22.00 none high",
            "2 IT_DOMESTIC IT 10.00 invoice_on_request high",
            "3 IT_DOMESTIC IT 4.00 invoice_mandatory high",
            "4 OSS_UNION EL 24.00 none high",
            "5 EXPORT   invoice_mandatory high",
            "6 HOLD_VIES   hold medium",
            "7 INTRA_EU_SUPPLY   invoice_mandatory high",
            "8 OSS_UNION FR 20.00 none low",
            "9 IT_SPLIT_PAYMENT IT 22.00 invoice_mandatory low",
        ]
    );
    assert_eq!(outcome.cell("vat_trace", 1), "rule:domestic-invoice-on-request > rate:IT@10.0000 10.00");
    assert_eq!(outcome.cell("vat_trace", 4), "rule:export > territory:DE-HELGOLAND");
    assert_eq!(outcome.cell("vat_legal_ref", 1), "art.22 c.1, art.21 DPR 633/72; D.Lgs. 127/2015; Tab. A parte III");
}

#[test]
fn the_day_is_that_of_italy() {
    let line = |istante| Table::new(LINES, &[&["1", "merce", "privato", "EE", "10111", "~", "false", istante, "22"]]);
    let rate = |istante| run(&step::<Vat>(&italian_shop()), &line(istante), &[]).cell("vat_rate", 0);
    assert_eq!(rate("2025-06-30 21:59:59"), "22.00");
    assert_eq!(rate("2025-06-30 22:00:00"), "24.00");
}

#[test]
fn what_is_not_covered_is_rejected_with_its_reason() {
    let lines = Table::new(
        LINES,
        &[
            &["1", "merce", "privato", "UK", "", "~", "false", DAY, "22"],
            &["2", "buono", "privato", "IT", "", "~", "false", DAY, "22"],
            &["3", "merce", "condominio", "IT", "", "~", "false", DAY, "22"],
            &["4", "merce", "privato", "IT", "", "~", "false", DAY, "21"],
            &["5", "merce", "privato", "IT", "", "~", "false", "~", "22"],
            &["6", "merce", "pa", "DE", "", "~", "false", DAY, "22"],
            &["7", "merce", "privato", "IT", "", "~", "false", DAY, "22"],
            &["8", "merce", "privato", "~", "", "~", "false", DAY, "22"],
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
            "riga=2 vat-not-covered",
            "riga=3 unknown-buyer-kind",
            "riga=4 vat-rate-unknown",
            "riga=5 missing-value",
            "riga=6 vat-not-covered",
            "riga=8 bad-country",
        ]
    );
    assert_eq!((outcome.frame.height(), outcome.cell("riga", 0)), (1, String::from("7")));
    let messages: Vec<String> = outcome.rejects.examples().into_iter().map(|reject| reject.message).collect();
    assert!(messages.iter().any(|message| message.contains("IT@21.0000")), "{messages:?}");
    assert!(
        messages.iter().any(|message| message.contains("goods, eu, pa, unavailable, no, standard")),
        "{messages:?}"
    );
}

#[test]
fn goods_from_abroad_are_not_decided_here() {
    let mut columns = COLUMNS.to_vec();
    columns.push(("dispatch_from", "text"));
    let sale =
        |kind, from| Table::new(&columns, &[&["2026-09-15", kind, "standard", "consumer", "FR", "", "na", "no", from]]);
    let vat: Vat = step(&json!({ "seller": { "oss": true, "over_10k": true } }));
    assert_eq!(run(&vat, &sale("goods", "DE"), &[]).causes()[0].0, "vat-not-covered");
    assert_eq!(run(&vat, &sale("digital", "DE"), &[]).cell("vat_scheme", 0), "OSS_UNION");
    // Two reduced rates are in force in France: which one is meant is not known.
    let reduced = Table::new(COLUMNS, &[&["2026-09-15", "goods", "reduced", "consumer", "FR", "", "na", "no"]]);
    assert_eq!(run(&vat, &reduced, &[]).causes()[0].0, "vat-rate-unknown");
}

#[test]
fn mistakes_are_explained_together() {
    let table = Table::new(COLUMNS, &[]);
    let empty = Table::new(&[("vat_rate", "percent"), ("sku", "text")], &[]);
    let cases = [
        (
            json!({ "seller": { "country": "DE", "regime": "RF04" } }),
            &table,
            vec!["unsupported: sellers", "unsupported: regime `RF04`"],
        ),
        (
            json!({ "country": "supply_date", "postcode": "cap" }),
            &table,
            vec!["type-mismatch: `country` is date", "unknown-column"],
        ),
        (json!({ "vat_rate": "country" }), &table, vec!["type-mismatch: `country` is text"]),
        (
            json!({}),
            &empty,
            vec![
                "missing-key: `vat` needs `buyer_kind`",
                "missing-key: `vat` needs `country`",
                "missing-key: `vat` needs `supply_date`",
                "duplicate-column: the table already has `vat_rate`",
            ],
        ),
    ];
    for (config, table, expected) in cases {
        let found = problems(&step::<Vat>(&config), table, &[]);
        assert_eq!(found.len(), expected.len(), "{config}: {found:?}");
        for (found, expected) in found.iter().zip(expected) {
            assert!(found.starts_with(expected), "{config}: {found}");
        }
    }
    assert!(serde_json::from_value::<Vat>(json!({ "voucher": true })).is_err());
}
