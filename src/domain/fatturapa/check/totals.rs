//! The arithmetic of section 6: lines, summaries, and what must agree between them.

use crate::domain::fatturapa::amount::{CENT, EURO, less_percent, tax_on, within};
use crate::domain::fatturapa::schema::{Id, ordinary as o};
use crate::domain::fatturapa::tree::Node;
use crate::domain::money::Decimal;

use super::body::{Facts, Taxed};
use super::report::Report;

const QUANTITY: Id = o("2.2.1.5");
const PRICE: Id = o("2.2.1.9");
const DISCOUNT: Id = o("2.2.1.10");
const DISCOUNT_KIND: Id = o("2.2.1.10.1");
const DISCOUNT_PERCENT: Id = o("2.2.1.10.2");
const DISCOUNT_AMOUNT: Id = o("2.2.1.10.3");
const TOTAL: Id = o("2.2.1.11");
const ROUNDING: Id = o("2.2.2.4");
const BASE: Id = o("2.2.2.5");
const TAX: Id = o("2.2.2.6");
const DUE: Id = o("2.2.2.7");

/// Decimals kept between two percentages; far beyond what the tolerance of a cent can see.
const WORKING_SCALE: u8 = 12;

/// Runs these controls.
pub fn check(facts: &Facts<'_>, report: &mut Report) {
    for line in &facts.lines {
        line_total(line, report);
    }
    for summary in &facts.summaries {
        summary_tax(summary, report);
    }
    rates(facts, report);
    natures(facts, report);
}

/// 00423 and 00438.
fn line_total(line: &Taxed<'_>, report: &mut Report) {
    let (mut quantity, mut price, mut has_discounts, mut total) = (None, None, false, None);
    for child in line.node.children() {
        match child.id() {
            QUANTITY => quantity = Some(child),
            PRICE => price = child.decimal(),
            DISCOUNT => has_discounts = true,
            TOTAL => total = Some(child),
            _ => {}
        }
    }
    if has_discounts {
        for discount in line.node.all(DISCOUNT) {
            if discount.child(DISCOUNT_PERCENT).is_none() && discount.child(DISCOUNT_AMOUNT).is_none() {
                report.at("00438", discount);
                return;
            }
        }
    }
    let (Some(price), Some(node), Some(stated)) = (price, total, line.amount) else { return };
    let quantity = match quantity {
        Some(node) => match node.decimal() {
            Some(quantity) => quantity,
            None => return,
        },
        None => Decimal::ONE,
    };
    let product = |price: Option<Decimal>| {
        let price = price?;
        price.mul(quantity).or_else(|| price.trimmed().mul(quantity.trimmed()))
    };
    if !has_discounts {
        let expected = product(Some(price));
        if !expected.is_some_and(|expected| within(expected, stated, CENT)) {
            report.expected("00423", node, expected.map(|expected| expected.round(8)));
        }
        return;
    }
    let readings = [Reading::Amount, Reading::Percent, Reading::Unsigned].map(|reading| {
        let price = discounted(line.node, price, reading);
        product(price)
    });
    let fits = |expected: &Option<Decimal>| expected.is_some_and(|expected| within(expected, stated, CENT));
    if readings.iter().all(Option::is_some) && !readings.iter().any(fits) {
        report.expected("00423", node, readings[0].map(|expected| expected.round(8)));
    }
}

/// What a block of discount may mean where the rule is silent: with both a percentage and an amount, which of them counts;
/// with a negative amount, whether its sign does. A total that fits any of them is taken.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reading {
    Amount,
    Percent,
    Unsigned,
}

/// Unit price after its discounts, one after the other.
fn discounted(line: Node<'_>, price: Decimal, reading: Reading) -> Option<Decimal> {
    line.all(DISCOUNT).try_fold(price, |price, discount| {
        let is_surcharge = discount.text(DISCOUNT_KIND) == Some("MG");
        let amount = discount.child(DISCOUNT_AMOUNT);
        let percent = discount.child(DISCOUNT_PERCENT);
        let result = match (amount, percent) {
            (Some(amount), percent) if reading != Reading::Percent || percent.is_none() => {
                let amount = amount.decimal()?;
                let amount = if reading == Reading::Unsigned { amount.abs() } else { amount };
                if is_surcharge { price.add(amount) } else { price.sub(amount) }
            }
            (_, percent) => {
                let percent = percent?.decimal()?;
                less_percent(price, if is_surcharge { -percent } else { percent })
            }
        };
        result.map(|price| price.round(WORKING_SCALE))
    })
}

/// 00421 and 00420.
fn summary_tax(summary: &Taxed<'_>, report: &mut Report) {
    if let Some(natura) = summary.natura
        && natura.value().trim_ascii().starts_with("N6")
        && summary.node.text(DUE) == Some("S")
    {
        report.at("00420", natura);
    }
    let (Some(rate), Some(base), Some(tax)) =
        (summary.rate, summary.node.child(BASE).and_then(Node::decimal), summary.node.child(TAX))
    else {
        return;
    };
    let Some(stated) = tax.admitted_decimal() else { return };
    let expected = tax_on(base, rate);
    if !expected.is_some_and(|expected| within(expected, stated, CENT)) {
        report.expected("00421", tax, expected);
    }
}

/// 00419, 00443 and, for each rate of summaries and lines, 00422.
fn rates(facts: &Facts<'_>, report: &mut Report) {
    let Some(goods) = facts.goods else { return };
    let sold = || facts.lines.iter().chain(&facts.funds);
    if sold().chain(&facts.summaries).any(|block| block.is_unreadable) {
        return;
    }
    // A missing rate is a rate of its own.
    let sold_rates = distinct(sold().map(|block| block.rate));
    let summed_rates = distinct(facts.summaries.iter().map(|summary| summary.rate));
    if facts.summaries.len() < sold_rates.len() {
        report.push("00419", format!("{}/DatiRiepilogo", goods.path()), &facts.summaries.len().to_string());
    }
    let missing = sold_rates.iter().find(|rate| !summed_rates.contains(rate));
    if let Some(rate) = missing.or_else(|| summed_rates.iter().find(|rate| !sold_rates.contains(rate))) {
        report.push(
            "00443",
            format!("{}/DatiRiepilogo", goods.path()),
            &rate.map(|rate| rate.to_string()).unwrap_or_default(),
        );
    }
    for rate in &summed_rates {
        base(facts, *rate, report);
    }
    for rate in sold_rates.iter().filter(|rate| !summed_rates.contains(rate)) {
        base(facts, *rate, report);
    }
}

fn base(facts: &Facts<'_>, rate: Option<Decimal>, report: &mut Report) {
    let sold = facts.lines.iter().chain(&facts.funds).filter(|block| block.rate == rate);
    let zero = Decimal::new(0, 2);
    let Some(mut expected) = sold.map(|block| block.amount).try_fold(zero, |sum, amount| sum.add(amount?)) else {
        return;
    };
    let mut stated = zero;
    let mut place = None;
    for summary in facts.summaries.iter().filter(|summary| summary.rate == rate) {
        for child in summary.node.children() {
            let target = match child.id() {
                ROUNDING => &mut expected,
                BASE => {
                    place = place.or(Some(child));
                    &mut stated
                }
                _ => continue,
            };
            let Some(sum) = child.decimal().and_then(|amount| target.add(amount)) else { return };
            *target = sum;
        }
    }
    if within(expected, stated, EURO) {
        return;
    }
    if let Some(node) = place {
        report.expected("00422", node, Some(expected.round(8)));
    } else {
        let path = facts.goods.map(Node::path).unwrap_or_default();
        report.push("00422", format!("{path}/DatiRiepilogo"), "");
    }
}

/// 00444.
fn natures(facts: &Facts<'_>, report: &mut Report) {
    let Some(goods) = facts.goods else { return };
    let sold = distinct(facts.lines.iter().chain(&facts.funds).filter_map(Taxed::natura_code));
    let summed = distinct(facts.summaries.iter().filter_map(Taxed::natura_code));
    let missing = sold.iter().find(|natura| !summed.contains(natura));
    if let Some(natura) = missing.or_else(|| summed.iter().find(|natura| !sold.contains(natura))) {
        report.push("00444", format!("{}/DatiRiepilogo", goods.path()), natura);
    }
}

/// The few different values of a document, in order of appearance.
fn distinct<T: PartialEq>(values: impl Iterator<Item = T>) -> Vec<T> {
    let mut distinct = Vec::with_capacity(4);
    for value in values {
        if !distinct.contains(&value) {
            distinct.push(value);
        }
    }
    distinct
}
