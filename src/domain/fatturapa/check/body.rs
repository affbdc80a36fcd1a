//! The controls of the ordinary format (FPR12, FPA12), body by body.

use chrono::NaiveDate;

use crate::domain::fatturapa::schema::{Id, ordinary as o};
use crate::domain::fatturapa::tree::{Node, Tree};
use crate::domain::money::Decimal;

use super::document::{Head, day, duplicates, head, percentage, umbrella};
use super::parties::{self, Layout, Numbers, Parties};
use super::report::Report;
use super::{totals, warnings};

/// `FatturaElettronicaHeader`.
pub const HEADER: Id = o("1");
const BODY: Id = o("2");
const GENERAL: Id = o("2.1");
const DOCUMENT: Id = o("2.1.1");
const KIND_DATE_NUMBER: [Id; 3] = [o("2.1.1.1"), o("2.1.1.3"), o("2.1.1.4")];
const WITHHOLDING: Id = o("2.1.1.5");
const FUND: Id = o("2.1.1.7");
const FUND_AMOUNT: Id = o("2.1.1.7.3");
const FUND_RATE: Id = o("2.1.1.7.5");
const FUND_WITHHELD: Id = o("2.1.1.7.6");
const FUND_NATURA: Id = o("2.1.1.7.7");
const DISCOUNT: Id = o("2.1.1.8");
const DISCOUNT_AMOUNTS: [Id; 2] = [o("2.1.1.8.2"), o("2.1.1.8.3")];
const ART73: Id = o("2.1.1.12");
const LINKED: Id = o("2.1.6");
const LINKED_DATE: Id = o("2.1.6.3");
const GOODS: Id = o("2.2");
const LINE: Id = o("2.2.1");
const QUANTITY: Id = o("2.2.1.5");
const LINE_TOTAL: Id = o("2.2.1.11");
const LINE_RATE: Id = o("2.2.1.12");
const LINE_WITHHELD: Id = o("2.2.1.13");
const LINE_NATURA: Id = o("2.2.1.14");
const SUMMARY: Id = o("2.2.2");
const SUMMARY_RATE: Id = o("2.2.2.1");
const SUMMARY_NATURA: Id = o("2.2.2.2");

const LAYOUT: Layout = Layout {
    transmission: o("1.1"),
    sender: [o("1.1.1"), o("1.1.1.1"), o("1.1.1.2")],
    format: o("1.1.3"),
    recipient: o("1.1.4"),
    pec: o("1.1.6"),
    seller: o("1.2"),
    buyer: o("1.4"),
    seller_numbers: Numbers {
        block: Some(o("1.2.1")),
        vat: [o("1.2.1.1"), o("1.2.1.1.1"), o("1.2.1.1.2")],
        code: o("1.2.1.2"),
    },
    buyer_numbers: Numbers {
        block: Some(o("1.4.1")),
        vat: [o("1.4.1.1"), o("1.4.1.1.1"), o("1.4.1.1.2")],
        code: o("1.4.1.2"),
    },
    representatives: &[
        ([o("1.3"), o("1.3.1"), o("1.3.1.1")], [o("1.3.1.1.1"), o("1.3.1.1.2")]),
        ([o("1.4"), o("1.4.4"), o("1.4.4.1")], [o("1.4.4.1.1"), o("1.4.4.1.2")]),
    ],
};

/// A line, fund or summary: what the sets of rates and natures are made of.
#[derive(Clone, Copy)]
pub struct Taxed<'a> {
    /// The block.
    pub node: Node<'a>,
    /// `AliquotaIVA`; none when it is missing or cannot be read.
    pub rate: Option<Decimal>,
    /// Whether there is an `AliquotaIVA` that cannot be read.
    pub is_unreadable: bool,
    /// `Natura`.
    pub natura: Option<Node<'a>>,
    /// `PrezzoTotale`, `ImportoContributoCassa`; none when it cannot be read, and for summaries.
    pub amount: Option<Decimal>,
}

impl<'a> Taxed<'a> {
    /// The code of the nature.
    pub fn natura_code(&self) -> Option<&'a str> {
        self.natura.map(|natura| natura.value().trim_ascii())
    }
}

/// One body with what several controls need of it.
pub struct Facts<'a> {
    /// `FatturaElettronicaBody`.
    pub body: Node<'a>,
    /// `DatiGenerali`.
    pub general: Node<'a>,
    /// `DatiGeneraliDocumento`.
    pub document: Node<'a>,
    /// `DatiBeniServizi`.
    pub goods: Option<Node<'a>>,
    /// Kind, date, number.
    pub head: Head<'a>,
    /// `DettaglioLinee`.
    pub lines: Vec<Taxed<'a>>,
    /// `DatiCassaPrevidenziale`.
    pub funds: Vec<Taxed<'a>>,
    /// `DatiRiepilogo`.
    pub summaries: Vec<Taxed<'a>>,
}

/// Runs these controls.
pub fn check(tree: &Tree, received: Option<NaiveDate>, report: &mut Report) {
    let Some(header) = tree.first(HEADER) else { return };
    let parties = parties::check(header, &tree.versione, &LAYOUT, report);
    warnings::header(header, &tree.versione, report);
    let mut heads = Vec::new();
    for body in tree.top().filter(|node| node.id() == BODY) {
        let Some(facts) = facts(body, received, report) else { continue };
        if let Some(parties) = parties.as_ref() {
            identities(&facts.head, parties, report);
        }
        document(&facts, report);
        rates(&facts, report);
        totals::check(&facts, report);
        warnings::body(header, &tree.versione, &facts, report);
        heads.push((facts.head, facts.document.text(ART73) == Some("SI")));
    }
    duplicates(&heads, report);
}

fn facts<'a>(body: Node<'a>, received: Option<NaiveDate>, report: &mut Report) -> Option<Facts<'a>> {
    let general = body.child(GENERAL)?;
    let document = general.child(DOCUMENT)?;
    let head = head(document, KIND_DATE_NUMBER, received, report);
    let goods = body.child(GOODS);
    let (mut lines, mut summaries) = (Vec::new(), Vec::new());
    for node in goods.iter().flat_map(|goods| goods.children()) {
        match node.id() {
            LINE => lines.push(taxed(node, LINE_RATE, LINE_NATURA, Some(LINE_TOTAL))),
            SUMMARY => summaries.push(taxed(node, SUMMARY_RATE, SUMMARY_NATURA, None)),
            _ => {}
        }
    }
    let funds = document.all(FUND).map(|node| taxed(node, FUND_RATE, FUND_NATURA, Some(FUND_AMOUNT))).collect();
    Some(Facts { body, general, document, goods, head, lines, funds, summaries })
}

fn taxed(node: Node<'_>, rate: Id, natura: Id, amount: Option<Id>) -> Taxed<'_> {
    let mut taxed = Taxed { node, rate: None, is_unreadable: false, natura: None, amount: None };
    // A quantity that the schema refuses says nothing about the total.
    let mut is_countable = true;
    for child in node.children() {
        let id = child.id();
        if id == rate {
            taxed.rate = child.decimal();
            taxed.is_unreadable = taxed.rate.is_none();
        } else if id == natura {
            taxed.natura = Some(child);
        } else if Some(id) == amount {
            taxed.amount = child.decimal();
        } else if id == QUANTITY && child.admitted_decimal().is_none() {
            is_countable = false;
        }
    }
    taxed.amount = taxed.amount.filter(|_| is_countable);
    taxed
}

fn identities(head: &Head<'_>, parties: &Parties<'_>, report: &mut Report) {
    let kind = head.kind;
    let same = parties.are_the_same();
    let at = parties.buyer_vat.map_or(parties.buyer, |vat| vat.block);
    let must_differ = matches!(
        kind,
        "TD01"
            | "TD02"
            | "TD03"
            | "TD06"
            | "TD16"
            | "TD17"
            | "TD18"
            | "TD19"
            | "TD20"
            | "TD24"
            | "TD25"
            | "TD28"
            | "TD29"
    );
    if same && must_differ {
        report.at("00471", at);
    }
    if !same && matches!(kind, "TD21" | "TD27") {
        report.at("00472", at);
    }
    if let Some(seller) = parties.seller_vat {
        let wrong = match kind {
            "TD17" | "TD18" | "TD19" | "TD28" => seller.country == "IT",
            "TD29" => seller.country != "IT",
            _ => false,
        };
        if wrong {
            report.at("00473", seller.block);
        }
    }
    let wants_number = matches!(kind, "TD16" | "TD17" | "TD18" | "TD19" | "TD20" | "TD22" | "TD23" | "TD28" | "TD29");
    if wants_number && parties.buyer_vat.is_none() {
        report.lacks("00475", parties.buyer, "IdFiscaleIVA");
    }
}

fn document(facts: &Facts<'_>, report: &mut Report) {
    // The official table of controls binds credit notes alone; other documents may refer to what comes later.
    let credit = (facts.head.kind == "TD04").then(|| facts.general.all(LINKED));
    for linked in credit.into_iter().flatten() {
        if let (Some(date), Some(own)) = (linked.child(LINKED_DATE), facts.head.date)
            && day(date.value()).is_some_and(|date| date > own)
        {
            report.at("00418", date);
        }
    }
    for discount in facts.document.all(DISCOUNT) {
        if DISCOUNT_AMOUNTS.iter().all(|id| discount.child(*id).is_none()) {
            report.at("00437", discount);
        }
    }
    if facts.document.child(WITHHOLDING).is_some() {
        return;
    }
    let withheld = |block: Node<'_>, id: Id| block.text(id) == Some("SI");
    if let Some(line) = facts.lines.iter().find(|line| withheld(line.node, LINE_WITHHELD)) {
        report.at("00411", line.node);
    }
    if let Some(fund) = facts.funds.iter().find(|fund| withheld(fund.node, FUND_WITHHELD)) {
        report.at("00415", fund.node);
    }
}

/// The codes of a missing and of a superfluous nature.
type NaturaCodes = (&'static str, &'static str);

fn rates(facts: &Facts<'_>, report: &mut Report) {
    let may_have_both = facts.head.kind == "TD16";
    natures(&facts.funds, ("00413", "00414"), false, FUND_RATE, facts, report);
    natures(&facts.lines, ("00400", "00401"), may_have_both, LINE_RATE, facts, report);
    natures(&facts.summaries, ("00429", "00430"), may_have_both, SUMMARY_RATE, facts, report);
    if facts.head.kind == "TD21"
        && let Some(line) = facts.lines.iter().find(|line| line.rate.is_some_and(Decimal::is_zero))
    {
        report.at("00474", line.node.child(LINE_RATE).unwrap_or(line.node));
    }
}

fn natures(
    blocks: &[Taxed<'_>],
    (missing, superfluous): NaturaCodes,
    may_have_both: bool,
    rate_id: Id,
    facts: &Facts<'_>,
    report: &mut Report,
) {
    for block in blocks {
        let Some(rate) = block.rate else { continue };
        match block.natura {
            None if rate.is_zero() => report.lacks(missing, block.node, "Natura"),
            Some(natura) if !rate.is_zero() && !may_have_both => report.at(superfluous, natura),
            _ => {}
        }
        umbrella(block.natura, facts.head.date, report);
        percentage(block.node, rate_id, rate, report);
    }
}
