//! The summaries by rate and natura of VAT-inclusive lines (specification, section 6, points 2 to 4).
//!
//! Here: base and tax that sum to what was paid, and the rounding that closes 00422 exactly. Not here: the lines.

use crate::domain::money::Decimal;

use super::amount::{net_of_vat, tax_on, tidy};
use super::codes::{Natura, VatDue};
use super::model::{Line, Summary};
use super::text::{Charset, fit};

/// A finished line with what was paid for it, VAT included.
#[derive(Clone, Debug)]
pub struct PaidLine {
    /// The line.
    pub line: Line,
    /// Paid amount on the cent; without VAT when `is_net`.
    pub gross: Decimal,
    /// Whether the amounts are without VAT.
    pub is_net: bool,
    /// The law behind its natura.
    pub riferimento_normativo: Option<String>,
}

impl PaidLine {
    /// Its part in the summaries.
    #[must_use]
    pub fn taxable(&self) -> Taxable<'_> {
        Taxable {
            rate: self.line.aliquota_iva,
            natura: self.line.natura,
            paid: self.gross,
            is_net: self.is_net,
            net: self.line.prezzo_totale,
            law: self.riferimento_normativo.as_deref(),
        }
    }
}

/// A line or a contribution, as the summaries see it.
#[derive(Clone, Copy, Debug)]
pub struct Taxable<'a> {
    /// VAT rate, per cent.
    pub rate: Decimal,
    /// Why there is no VAT.
    pub natura: Option<Natura>,
    /// What is paid for it; without VAT when `is_net`.
    pub paid: Decimal,
    /// Whether VAT comes on top.
    pub is_net: bool,
    /// What the document states for it, without VAT.
    pub net: Decimal,
    /// The law behind its natura.
    pub law: Option<&'a str>,
}

struct Group<'a> {
    rate: Decimal,
    natura: Option<Natura>,
    /// Paid with VAT.
    gross: Decimal,
    /// Paid without VAT, which comes on top.
    before_tax: Decimal,
    net: Decimal,
    laws: Vec<&'a str>,
}

/// One summary per rate and natura, by rate; none when an amount leaves 38 digits.
///
/// Of amounts with VAT the base is `round(gross / (1 + rate), 2)` and the tax is the rest of the gross, so that the two are
/// exactly what was paid; of those without, the base is their sum and the tax is computed on it. The difference from the
/// sum of the lines stands in Arrotondamento.
#[must_use]
pub fn summaries<'a>(taxed: impl Iterator<Item = Taxable<'a>>, due: VatDue) -> Option<Vec<Summary>> {
    let mut groups: Vec<Group<'_>> = Vec::with_capacity(4);
    for taxable in taxed {
        add(&mut groups, taxable)?;
    }
    groups.sort_by(|left, right| left.rate.cmp(&right.rate).then(left.natura.cmp(&right.natura)));
    groups.iter().map(|group| summary(group, due)).collect()
}

fn add<'a>(groups: &mut Vec<Group<'a>>, taxable: Taxable<'a>) -> Option<()> {
    let Taxable { rate, natura, paid, is_net, net, law } = taxable;
    let position = groups.iter().position(|group| group.rate == rate && group.natura == natura).unwrap_or_else(|| {
        let zero = Decimal::new(0, 2);
        groups.push(Group { rate, natura, gross: zero, before_tax: zero, net: zero, laws: Vec::new() });
        groups.len() - 1
    });
    let group = groups.get_mut(position)?;
    let sum = if is_net { &mut group.before_tax } else { &mut group.gross };
    *sum = sum.add(paid)?;
    group.net = group.net.add(net)?;
    if let Some(law) = law.filter(|law| !group.laws.contains(law)) {
        group.laws.push(law);
    }
    Some(())
}

fn summary(group: &Group<'_>, due: VatDue) -> Option<Summary> {
    let included = net_of_vat(group.gross, group.rate, 2)?;
    let base = included.add(group.before_tax)?;
    let tax = group.gross.sub(included)?.add(tax_on(group.before_tax, group.rate)?)?;
    let rounding = base.sub(group.net)?;
    let law = if group.laws.is_empty() { String::new() } else { fit(&group.laws.join("; "), Charset::Latin, 100).text };
    Some(Summary {
        aliquota_iva: group.rate,
        natura: group.natura,
        arrotondamento: (!rounding.is_zero()).then(|| tidy(rounding)),
        imponibile_importo: base,
        imposta: tax,
        esigibilita_iva: (group.natura.is_none() || !group.rate.is_zero()).then_some(due),
        riferimento_normativo: Some(law).filter(|law| !law.is_empty()),
    })
}
