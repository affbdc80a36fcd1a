//! Worked cases, one row each, in `tests/data/vat/cases.csv`: written by hand from the facts, with the reason.

use std::collections::BTreeMap;

use super::table::read_day;
use super::{Decision, Input, Settings};

const CASES: &str = include_str!("../../../tests/data/vat/cases.csv");

type Case = BTreeMap<String, String>;

fn cells(line: &str) -> Vec<String> {
    let (mut cells, mut quoted) = (vec![String::new()], false);
    for character in line.chars() {
        match character {
            '"' => quoted = !quoted,
            ',' if !quoted => cells.push(String::new()),
            _ => cells.last_mut().unwrap().push(character),
        }
    }
    cells
}

fn cases(text: &str) -> Vec<Case> {
    let mut lines = text.lines();
    let header = cells(lines.next().unwrap());
    lines.map(|line| header.iter().cloned().zip(cells(line)).collect()).collect()
}

fn input(case: &Case) -> Input<'_> {
    let text = |name: &str| case.get(&format!("in_{name}")).map_or("", String::as_str);
    Input {
        supply_day: read_day(text("supply_date")),
        seller_country: text("seller_country"),
        seller_regime: text("seller_regime"),
        event: text("event"),
        product_kind: text("product_kind"),
        rate_hint: text("rate_hint"),
        dispatch_from: text("dispatch_from"),
        buyer_kind: text("buyer_kind"),
        buyer_country: text("buyer_country"),
        buyer_territory: text("buyer_territory"),
        vat_id_valid: text("vat_id_valid"),
        invoice_requested: text("invoice_requested"),
        oss_registered: text("oss_registered"),
        over_10k: text("over_10k"),
        channel_deemed_supplier: text("channel_deemed_supplier"),
        extra: text("extra"),
        ..Input::default()
    }
}

fn outputs(decision: &Decision) -> [(&'static str, &str); 12] {
    [
        ("out_scheme", &decision.scheme),
        ("out_vat_country", &decision.country),
        ("out_rate_category", &decision.rate_category),
        ("out_rate", &decision.rates),
        ("out_natura", &decision.natura),
        ("out_document", &decision.document),
        ("out_tipo_documento", &decision.tipo),
        ("out_register", &decision.register),
        ("out_codice_destinatario", &decision.code),
        ("out_intrastat", &decision.intrastat),
        ("out_bollo", &decision.bollo),
        ("out_confidence", &decision.confidence),
    ]
}

fn wrong(text: &str) -> Vec<String> {
    let settings = Settings::default();
    let mut wrong = Vec::new();
    for case in cases(text) {
        let id = &case["case_id"];
        match settings.decide(&input(&case)) {
            Err(refusal) => {
                if case["out_scheme"] != format!("reject:{}", refusal.cause) {
                    wrong.push(format!("{id}: {}", refusal.message));
                }
            }
            Ok(decision) => {
                for (name, found) in outputs(&decision) {
                    if case[name] != found {
                        wrong.push(format!(
                            "{id} {name}: expected `{}`, found `{found}`; {}",
                            case[name], decision.trace
                        ));
                    }
                }
                assert!(!decision.legal.is_empty(), "{id}");
                assert_eq!(decision.warning.is_empty(), decision.confidence != "low" && decision.document != "hold");
            }
        }
    }
    wrong
}

#[test]
fn cases_are_decided_as_worked_by_hand() {
    assert!(cases(CASES).len() >= 60);
    let wrong = wrong(CASES);
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
