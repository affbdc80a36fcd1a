//! The controls of the simplified format (FSM10).

use chrono::NaiveDate;

use crate::domain::fatturapa::schema::{Id, simplified as s};
use crate::domain::fatturapa::tree::{Node, Tree};
use crate::domain::money::Decimal;

use super::document::{Head, day, duplicates, head, percentage, umbrella};
use super::parties::{self, Layout, Numbers, Parties};
use super::report::Report;

const HEADER: Id = s("1");
const BODY: Id = s("2");
const REGIME: [Id; 2] = [s("1.2"), s("1.2.10")];
const GENERAL: Id = s("2.1");
const DOCUMENT: Id = s("2.1.1");
const KIND_DATE_NUMBER: [Id; 3] = [s("2.1.1.1"), s("2.1.1.3"), s("2.1.1.4")];
const CORRECTED: Id = s("2.1.2");
const CORRECTED_DATE: Id = s("2.1.2.2");
const LINE: Id = s("2.2");
const AMOUNT: Id = s("2.2.2");
const VAT: Id = s("2.2.3");
const RATE: Id = s("2.2.3.2");
const NATURA: Id = s("2.2.4");

const LAYOUT: Layout = Layout {
    transmission: s("1.1"),
    sender: [s("1.1.1"), s("1.1.1.1"), s("1.1.1.2")],
    format: s("1.1.3"),
    recipient: s("1.1.4"),
    pec: s("1.1.5"),
    seller: s("1.2"),
    buyer: s("1.3"),
    seller_numbers: Numbers { block: None, vat: [s("1.2.1"), s("1.2.1.1"), s("1.2.1.2")], code: s("1.2.2") },
    buyer_numbers: Numbers {
        block: Some(s("1.3.1")),
        vat: [s("1.3.1.1"), s("1.3.1.1.1"), s("1.3.1.1.2")],
        code: s("1.3.1.2"),
    },
    representatives: &[
        ([s("1.2"), s("1.2.8"), s("1.2.8.1")], [s("1.2.8.1.1"), s("1.2.8.1.2")]),
        ([s("1.3"), s("1.3.2"), s("1.3.2.6")], [s("1.3.2.6.1.1"), s("1.3.2.6.1.2")]),
    ],
};

/// The most that a simplified invoice may amount to, VAT included, in euro.
const LIMIT: Decimal = Decimal::new(40_000, 2);

/// Runs these controls.
pub fn check(tree: &Tree, received: Option<NaiveDate>, report: &mut Report) {
    let Some(header) = tree.first(HEADER) else { return };
    let parties = parties::check(header, &tree.versione, &LAYOUT, report);
    let regime = header.text_at(&REGIME).unwrap_or_default();
    let mut heads = Vec::new();
    for body in tree.top().filter(|node| node.id() == BODY) {
        let Some(general) = body.child(GENERAL) else { continue };
        let Some(document) = general.child(DOCUMENT) else { continue };
        let head = head(document, KIND_DATE_NUMBER, received, report);
        let corrected = general.child(CORRECTED);
        references(&head, corrected, report);
        if let Some(parties) = parties.as_ref() {
            identities(&head, parties, report);
        }
        lines(body, &head, report);
        if corrected.is_none() && !matches!(regime, "RF19" | "RF20") {
            limit(body, report);
        }
        heads.push((head, false));
    }
    duplicates(&heads, report);
}

fn references(head: &Head<'_>, corrected: Option<Node<'_>>, report: &mut Report) {
    let date = corrected.and_then(|corrected| corrected.child(CORRECTED_DATE));
    if let (Some(date), Some(own)) = (date, head.date)
        && day(date.value()).is_some_and(|date| date > own)
    {
        report.at("00418", date);
    }
}

fn identities(head: &Head<'_>, parties: &Parties<'_>, report: &mut Report) {
    if head.kind == "TD07" && parties.are_the_same() {
        report.at("00471", parties.buyer);
    }
}

fn lines(body: Node<'_>, head: &Head<'_>, report: &mut Report) {
    for line in body.all(LINE) {
        let vat = line.child(VAT);
        let rate = vat.and_then(|vat| vat.child(RATE)).and_then(Node::decimal);
        let natura = line.child(NATURA);
        match (rate, natura) {
            (Some(rate), None) if rate.is_zero() => report.lacks("00400", line, "Natura"),
            (Some(rate), Some(natura)) if !rate.is_zero() => report.at("00401", natura),
            _ => {}
        }
        if let (Some(vat), Some(rate)) = (vat, rate) {
            percentage(vat, RATE, rate, report);
        }
        umbrella(natura, head.date, report);
    }
}

fn limit(body: Node<'_>, report: &mut Report) {
    let mut amounts = body.all(LINE).map(|line| line.child(AMOUNT).and_then(Node::decimal));
    // One amount that cannot be read leaves the sum unknown.
    let sum = amounts.try_fold(Decimal::new(0, 2), |sum, amount| sum.add(amount?));
    let Some(sum) = sum else { return };
    if sum > LIMIT {
        report.push("00460", format!("{}/DatiBeniServizi", body.path()), &sum.to_string());
    }
}
