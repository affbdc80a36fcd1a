//! Worked cases, one row each, in `tests/data/vat/cases.csv`: written by hand from the facts, with the reason.

use std::collections::BTreeMap;

use super::facts::Facts;
use super::table::{Row, read_day};
use super::tables::{RULES, SCHEMES};
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

/// Facts of an ordinary sale, as a base for the conditions of a rule.
fn ordinary() -> Facts {
    let mut facts = Facts::default();
    let plain = [
        ("event", "sale"),
        ("kind", "goods"),
        ("regime", "ordinary"),
        ("seller", "it"),
        ("start", "it"),
        ("end", "it"),
        ("buyer", "consumer"),
        ("number", "it"),
        ("vies", "na"),
        ("invoice", "no"),
        ("value", "unknown"),
        ("reseller", "unknown"),
        ("supplier", "it"),
        ("channel", "own"),
        ("own_trade", "yes"),
    ];
    for (name, value) in plain {
        facts.set(name, value);
    }
    for name in [
        "oss",
        "over",
        "crossing",
        "sm_over",
        "deemed",
        "ioss",
        "publisher",
        "intent",
        "split",
        "rivalsa",
        "call_off",
        "charged",
        "same",
    ] {
        facts.flag(name, false);
    }
    facts
}

/// All facts that fit the conditions of a row.
fn fitting(row: &Row) -> Vec<Facts> {
    let mut abroad = ordinary();
    abroad.set("number", "eu");
    let mut all = vec![ordinary(), abroad];
    for condition in &row.when {
        let with = |facts: &Facts, value: &String| {
            let mut facts = facts.clone();
            facts.set(condition.name(), value.clone());
            facts
        };
        all = all
            .iter()
            .flat_map(|facts| condition.values.iter().map(|value| with(facts, value)).collect::<Vec<_>>())
            .collect();
    }
    all
}

#[test]
fn no_rule_is_out_of_reach() {
    let mut unreached = Vec::new();
    for row in &RULES.rows {
        let is_first = |facts: &Facts| {
            RULES.rows.iter().find(|other| other.matches(facts, row.from)).is_some_and(|found| found.id == row.id)
        };
        if !fitting(row).iter().any(is_first) {
            unreached.push(&row.id);
        }
    }
    assert!(unreached.is_empty(), "{unreached:?}");
}

/// What must hold of every decision, over all combinations of a few values.
#[test]
fn decisions_keep_together() {
    let settings = Settings::default();
    let mut decided = 0_u32;
    for (event, extra) in [
        ("sale", ""),
        ("return", "original_document=invoice"),
        ("return", "original_document=corrispettivi"),
        ("gift", ""),
        ("sale", "ship_to_country=IT"),
    ] {
        for kind in
            ["goods", "digital", "service", "book_print", "electronics_rc", "used_goods", "exempt", "voucher_spv"]
        {
            for (from, country) in [
                ("IT", "IT"),
                ("IT", "DE"),
                ("IT", "XI"),
                ("IT", "US"),
                ("DE", "FR"),
                ("DE", "DE"),
                ("CN", "IT"),
                ("IT", "SM"),
                ("IT", "VA"),
            ] {
                for buyer in ["consumer", "business", "public_admin", "non_taxable_legal"] {
                    for vies in ["yes", "no", "unavailable", "na"] {
                        for (oss, over) in [("yes", "yes"), ("no", "yes"), ("no", "no")] {
                            for (regime, day) in [("RF01", 20_711), ("RF19", 20_711), ("RF01", 20_900)] {
                                let input = Input {
                                    supply_day: Some(day),
                                    seller_regime: regime,
                                    event,
                                    product_kind: kind,
                                    dispatch_from: from,
                                    buyer_kind: buyer,
                                    buyer_country: country,
                                    vat_id_valid: vies,
                                    oss_registered: oss,
                                    over_10k: over,
                                    extra,
                                    ..Input::default()
                                };
                                let Ok(decision) = settings.decide(&input) else { continue };
                                decided += 1;
                                keeps_together(&input, &decision);
                            }
                        }
                    }
                }
            }
        }
    }
    assert!(decided > 40_000, "{decided}");
}

fn keeps_together(input: &Input, decision: &Decision) {
    let told = format!("{input:?}\n{decision:?}");
    assert_eq!(decision.rate_category == "none", decision.rates.is_empty(), "{told}");
    assert!(SCHEMES.contains(&decision.scheme.as_str()), "{told}");
    assert!(!decision.legal.is_empty() && !decision.trace.is_empty(), "{told}");
    assert!(decision.trace.chars().count() <= super::trace::LONGEST, "{told}");
    // No code without a document of ours, no stamp without one, no document on hold.
    assert!(decision.tipo != "none" || (decision.code.is_empty() && decision.bollo == "no"), "{told}");
    assert!(decision.document != "hold" || decision.tipo == "none", "{told}");
    assert!(decision.document != "credit_note" || decision.tipo == "TD04", "{told}");
    // VAT in Italy and a natura exclude each other.
    assert!(
        !(decision.country == "IT" && !decision.rates.is_empty() && !decision.natura.is_empty())
            || decision.scheme == "OSS_UNION",
        "{told}"
    );
    // The references are of the day of the document.
    let is_old = ["DPR 633/72", "DL 331/93", "127/2015"].iter().any(|act| decision.legal.contains(act));
    assert!(!(is_old && input.supply_day > Some(20_818)), "{told}");
    assert!(decision.confidence != "high" || input.supply_day < Some(20_819), "{told}");
    // No answer of VIES never frees goods or services of VAT in the Union.
    let unknown = input.vat_id_valid == "unavailable"
        && ["INTRA_EU_SUPPLY", "EU_SERVICE_RC", "SM_SUPPLY"].contains(&decision.scheme.as_str());
    assert!(!unknown, "{told}");
    assert!(decision.scheme != "OSS_UNION" || input.oss_registered == "yes", "{told}");
}
