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

struct Group {
    rate: Decimal,
    natura: Option<Natura>,
    gross: Decimal,
    net: Decimal,
    is_net: bool,
    laws: Vec<String>,
}

/// One summary per rate and natura, in order of first appearance; none when an amount leaves 38 digits.
///
/// The base is `round(gross / (1 + rate), 2)` and the tax is the rest of the gross, so that the two are exactly what was
/// paid; of net lines the base is their sum and the tax is computed on it. The difference from the sum of the lines stands in Arrotondamento.
#[must_use]
pub fn summaries(lines: &[PaidLine], due: VatDue) -> Option<Vec<Summary>> {
    let mut groups: Vec<Group> = Vec::new();
    for paid in lines {
        add(&mut groups, paid)?;
    }
    groups.iter().map(|group| summary(group, due)).collect()
}

fn add(groups: &mut Vec<Group>, paid: &PaidLine) -> Option<()> {
    let (rate, natura, is_net) = (paid.line.aliquota_iva, paid.line.natura, paid.is_net);
    let position = groups
        .iter()
        .position(|group| group.rate == rate && group.natura == natura && group.is_net == is_net)
        .unwrap_or_else(|| {
            groups.push(Group {
                rate,
                natura,
                gross: Decimal::new(0, 2),
                net: Decimal::new(0, 2),
                is_net,
                laws: Vec::new(),
            });
            groups.len() - 1
        });
    let group = groups.get_mut(position)?;
    group.gross = group.gross.add(paid.gross)?;
    group.net = group.net.add(paid.line.prezzo_totale)?;
    if let Some(law) = paid.riferimento_normativo.as_ref().filter(|law| !group.laws.contains(law)) {
        group.laws.push(law.clone());
    }
    Some(())
}

fn summary(group: &Group, due: VatDue) -> Option<Summary> {
    let (base, tax) = if group.is_net {
        (group.gross, tax_on(group.gross, group.rate)?)
    } else {
        let base = net_of_vat(group.gross, group.rate, 2)?;
        (base, group.gross.sub(base)?)
    };
    let rounding = base.sub(group.net)?;
    let law = fit(&group.laws.join("; "), Charset::Latin, 100).text;
    Some(Summary {
        aliquota_iva: group.rate,
        natura: group.natura,
        arrotondamento: (!rounding.is_zero()).then(|| tidy(rounding)),
        imponibile_importo: base,
        imposta: tax,
        esigibilita_iva: group.natura.is_none().then_some(due),
        riferimento_normativo: Some(law).filter(|law| !law.is_empty()),
    })
}
