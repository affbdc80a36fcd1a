//! Checks worth a warning, which the exchange system does not make (section 10, last paragraph).

use crate::domain::fatturapa::amount::{CENT, STAMP_DUTY_THRESHOLD, within};
use crate::domain::fatturapa::codes::Natura;
use crate::domain::fatturapa::schema::{Id, ordinary as o};
use crate::domain::fatturapa::tree::Node;
use crate::domain::ids::iban;
use crate::domain::money::Decimal;

use super::body::Facts;
use super::report::Report;

const REGIME: [Id; 3] = [o("1.2"), o("1.2.1"), o("1.2.1.8")];
const BUYER: [Id; 2] = [o("1.4"), o("1.4.1")];
const BUYER_VAT: Id = o("1.4.1.1");
const BUYER_CODE: Id = o("1.4.1.2");
const CURRENCY: Id = o("2.1.1.2");
const STAMP: Id = o("2.1.1.6");
const TOTAL: Id = o("2.1.1.9");
const ROUNDING: Id = o("2.1.1.10");
const ORDERS: [(Id, Id); 3] = [(o("2.1.2"), o("2.1.2.7")), (o("2.1.3"), o("2.1.3.7")), (o("2.1.4"), o("2.1.4.7"))];
const DDT: Id = o("2.1.8");
const REFERENCES: [(Id, Id); 6] = [
    (o("2.1.2"), o("2.1.2.1")),
    (o("2.1.3"), o("2.1.3.1")),
    (o("2.1.4"), o("2.1.4.1")),
    (o("2.1.5"), o("2.1.5.1")),
    (o("2.1.6"), o("2.1.6.1")),
    (o("2.1.8"), o("2.1.8.3")),
];
const LINE_NUMBER: Id = o("2.2.1.1");
const LINE_OTHER: Id = o("2.2.1.16");
const LINE_OTHER_KIND: Id = o("2.2.1.16.1");
const BASE: Id = o("2.2.2.5");
const TAX: Id = o("2.2.2.6");
const DUE: Id = o("2.2.2.7");
const LEGAL: Id = o("2.2.2.8");
const WITHHELD: [Id; 2] = [o("2.1.1.5"), o("2.1.1.5.2")];
const PAYMENT: Id = o("2.4");
const TERMS: Id = o("2.4.1");
const DETAIL: Id = o("2.4.2");
const PAID: Id = o("2.4.2.6");
const IBAN: Id = o("2.4.2.13");

/// Warnings on the parties.
pub fn header(header: Node<'_>, versione: &str, report: &mut Report) {
    let Some(buyer) = BUYER.iter().try_fold(header, |node, id| node.child(*id)) else { return };
    if versione == "FPR12"
        && buyer.child(BUYER_VAT).is_none()
        && let Some(code) = buyer.child(BUYER_CODE)
    {
        let number = code.value().trim_ascii();
        if number.len() == 11 && number.starts_with(['8', '9']) {
            report.at("public-body", code);
        }
    }
}

/// Warnings on one body.
pub fn body(header: Node<'_>, versione: &str, facts: &Facts<'_>, report: &mut Report) {
    currency(facts, report);
    let document_total = total(facts, report);
    payments(facts, document_total, report);
    natures(facts, report);
    line_numbers(facts, report);
    if header.text_at(&REGIME) == Some("RF19")
        && let Some(line) = facts.lines.iter().find(|line| line.rate.is_some_and(|rate| rate > Decimal::ZERO))
    {
        report.at("forfettario", line.node);
    }
    if versione == "FPA12" && !has_cig(facts) {
        report.lacks("cig", facts.general, "DatiOrdineAcquisto/CodiceCIG");
    }
    if facts.head.kind == "TD24" && facts.general.child(DDT).is_none() {
        report.lacks("ddt", facts.general, "DatiDDT");
    }
}

fn currency(facts: &Facts<'_>, report: &mut Report) {
    if let Some(node) = facts.document.child(CURRENCY).filter(|node| node.value().trim_ascii() != "EUR") {
        report.at("currency", node);
    }
}

/// The sum of all summaries and the document's rounding (section 6, point 5).
fn total(facts: &Facts<'_>, report: &mut Report) -> Option<Decimal> {
    let mut sum = Decimal::new(0, 2);
    for child in facts.summaries.iter().flat_map(|summary| summary.node.children()) {
        if matches!(child.id(), BASE | TAX) {
            sum = sum.add(child.decimal()?)?;
        }
    }
    if let Some(rounding) = facts.document.child(ROUNDING) {
        sum = sum.add(rounding.decimal()?)?;
    }
    if let Some(node) = facts.document.child(TOTAL)
        && let Some(stated) = node.decimal()
    {
        if !within(stated, sum, CENT) {
            report.expected("document-total", node, Some(sum));
        }
        if facts.head.kind == "TD04" && stated.is_negative() {
            report.at("negative-credit-note", node);
        }
    }
    Some(sum)
}

/// The document's total less withholdings and split VAT, against what is to be paid in full.
fn payments(facts: &Facts<'_>, document_total: Option<Decimal>, report: &mut Report) {
    let mut paid = Some(Decimal::new(0, 2));
    let mut last = None;
    let mut is_advance = false;
    for payment in facts.body.all(PAYMENT) {
        is_advance |= payment.text(TERMS) == Some("TP03");
        for detail in payment.all(DETAIL) {
            for child in detail.children() {
                match child.id() {
                    PAID => {
                        paid = paid.and_then(|sum| sum.add(child.decimal()?));
                        last = Some(child);
                    }
                    IBAN if iban::normalise(child.value().trim_ascii()).is_err() => report.at("iban", child),
                    _ => {}
                }
            }
        }
    }
    let (Some(last), Some(paid), Some(total)) = (last, paid, document_total) else { return };
    let split = facts.summaries.iter().filter(|summary| summary.node.text(DUE) == Some("S"));
    let split = split.filter_map(|summary| summary.node.child(TAX).and_then(Node::decimal));
    let withheld = facts.document.all(WITHHELD[0]).filter_map(|block| block.child(WITHHELD[1]).and_then(Node::decimal));
    let Some(due) = split.chain(withheld).try_fold(total, Decimal::sub) else { return };
    let is_close = |amount: Decimal| within(paid.abs(), amount.abs(), CENT);
    if !is_advance && !is_close(due) && !is_close(total) {
        report.expected("payment-total", last, Some(due));
    }
}

fn natures(facts: &Facts<'_>, report: &mut Report) {
    let mut untaxed = Decimal::new(0, 2);
    for summary in &facts.summaries {
        let Some(code) = summary.natura_code() else { continue };
        if summary.node.child(LEGAL).is_none() {
            report.lacks("legal-reference", summary.node, "RiferimentoNormativo");
        }
        if Natura::from_code(code).is_some_and(Natura::counts_for_stamp_duty)
            && let Some(base) = summary.node.child(BASE).and_then(Node::decimal)
        {
            untaxed = untaxed.add(base).unwrap_or(untaxed);
        }
    }
    if untaxed > STAMP_DUTY_THRESHOLD
        && facts.document.child(STAMP).is_none()
        && !has_other(facts, |kind| kind.starts_with("NB"))
    {
        report.lacks("stamp-duty", facts.document, "DatiBollo");
    }
    let on_intent = facts.lines.iter().find(|line| line.natura_code() == Some("N3.5"));
    if let Some(line) = on_intent
        && !has_other(facts, |kind| kind == "INTENTO")
    {
        report.lacks("intento", line.node, "AltriDatiGestionali");
    }
}

fn has_other(facts: &Facts<'_>, test: impl Fn(&str) -> bool) -> bool {
    let others = facts.lines.iter().flat_map(|line| line.node.all(LINE_OTHER));
    others.into_iter().any(|other| other.text(LINE_OTHER_KIND).is_some_and(&test))
}

fn has_cig(facts: &Facts<'_>) -> bool {
    ORDERS.iter().any(|(block, cig)| facts.general.all(*block).any(|order| order.text(*cig).is_some()))
}

fn line_numbers(facts: &Facts<'_>, report: &mut Report) {
    let numbers: Vec<Node<'_>> = facts.lines.iter().filter_map(|line| line.node.child(LINE_NUMBER)).collect();
    let is_sequence = numbers.iter().zip(1_u32..).all(|(node, number)| node.value().parse() == Ok(number));
    if !is_sequence {
        let mut seen = std::collections::HashSet::new();
        if let Some(node) = numbers.iter().find(|node| !seen.insert(node.value().trim_ascii())) {
            report.at("line-number", *node);
        }
    }
    for (block, reference) in REFERENCES {
        for node in facts.general.all(block).flat_map(|block| block.all(reference)) {
            let value = node.value().trim_ascii();
            if !numbers.iter().any(|number| number.value().trim_ascii() == value) {
                report.at("line-reference", node);
            }
        }
    }
}
