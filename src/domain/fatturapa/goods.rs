//! The lines of a document: those of the order with their share of its discount, then shipping by rate.
//!
//! Here: what concerns all lines together. Not here: one line (`lines`), dividing an amount (`spread`), totals (`summary`).

use crate::domain::money::Decimal;

use super::amount::exactly;
use super::codes::LineKind;
use super::lines::{Appraised, appraise, finish};
use super::reject::{BuildError, Reason};
use super::request::{Discount, GrossLine, InvoiceRequest, LineDetails, Shipping};
use super::spread::spread;
use super::summary::PaidLine;
use super::text::Texts;

/// The lines with their share of the order's discount, then the shipping lines.
/// # Errors
/// Everything that is wrong with the lines.
pub fn paid_lines(request: &InvoiceRequest, texts: &mut Texts) -> Result<Vec<PaidLine>, Vec<BuildError>> {
    if request.lines.is_empty() {
        return Err(vec![BuildError::missing(Reason::NoLines, "lines")]);
    }
    let kind = request.document_type;
    let lines = collect(request.lines.iter().enumerate().map(|(index, line)| appraise(line, index, kind)))?;
    let dues = dues(&lines, request.order_discount).map_err(|problem| vec![problem])?;
    let shipping = match &request.shipping {
        Some(shipping) => shipping_lines(shipping, &lines, &dues).map_err(|problem| vec![problem])?,
        None => Vec::new(),
    };
    let shipping = collect(shipping.iter().map(|line| appraise(line, request.lines.len(), kind)))?;
    let all = lines.iter().copied().zip(dues).chain(shipping.iter().map(|line| (*line, line.paid)));
    let paid = all
        .enumerate()
        .map(|(index, (line, due))| paid_line(&line, due, index, texts).map_err(|problem| vec![problem]));
    number(collect(paid)?)
}

fn paid_line(line: &Appraised<'_>, due: Decimal, index: usize, texts: &mut Texts) -> Result<PaidLine, BuildError> {
    let riferimento_normativo = line.riferimento_normativo().map(str::to_owned);
    Ok(PaidLine { line: finish(line, due, index, texts)?, gross: due, is_net: line.is_net(), riferimento_normativo })
}

fn number(mut lines: Vec<PaidLine>) -> Result<Vec<PaidLine>, Vec<BuildError>> {
    if lines.len() > 9999 {
        return Err(vec![BuildError::new(Reason::TooManyLines, "lines", lines.len().to_string())]);
    }
    for (paid, number) in lines.iter_mut().zip(1..) {
        paid.line.numero_linea = number;
    }
    Ok(lines)
}

/// All values, or all problems.
fn collect<T>(results: impl Iterator<Item = Result<T, Vec<BuildError>>>) -> Result<Vec<T>, Vec<BuildError>> {
    let (mut values, mut problems) = (Vec::new(), Vec::new());
    for result in results {
        match result {
            Ok(value) => values.push(value),
            Err(found) => problems.extend(found),
        }
    }
    if problems.is_empty() { Ok(values) } else { Err(problems) }
}

/// What is due for each line after its share of the order's discount.
fn dues(lines: &[Appraised<'_>], discount: Option<Decimal>) -> Result<Vec<Decimal>, BuildError> {
    let paid: Vec<Decimal> = lines.iter().map(|line| line.paid).collect();
    let Some(discount) = discount.filter(|discount| !discount.is_zero()) else { return Ok(paid) };
    let field = "order_discount";
    let discount =
        exactly(discount, 2).ok_or_else(|| BuildError::new(Reason::FractionOfCent, field, discount.to_string()))?;
    let shares = spread(discount, &paid)
        .ok_or_else(|| BuildError::new(Reason::NothingToSpreadOver, field, discount.to_string()))?;
    let dues = paid.iter().zip(shares).map(|(paid, share)| paid.sub(share)).collect::<Option<_>>();
    dues.ok_or_else(|| BuildError::new(Reason::AmountTooLarge, field, discount.to_string()))
}

/// Shipping follows the goods: one line per rate and natura, in proportion to what was paid.
fn shipping_lines(
    shipping: &Shipping,
    lines: &[Appraised<'_>],
    dues: &[Decimal],
) -> Result<Vec<GrossLine>, BuildError> {
    let field = "shipping.gross";
    let gross = exactly(shipping.gross, 2)
        .ok_or_else(|| BuildError::new(Reason::FractionOfCent, field, shipping.gross.to_string()))?;
    let mut groups: Vec<(Appraised<'_>, Decimal)> = Vec::new();
    for (line, due) in lines.iter().zip(dues) {
        let same =
            |group: &&mut (Appraised<'_>, Decimal)| group.0.rate == line.rate && group.0.natura() == line.natura();
        match groups.iter_mut().find(same) {
            Some(group) => group.1 = group.1.add(*due).unwrap_or(group.1),
            None => groups.push((*line, *due)),
        }
    }
    let weights: Vec<Decimal> = groups.iter().map(|group| group.1).collect();
    let shares = spread(gross, &weights).unwrap_or_else(|| vec![gross]);
    let parts = groups.iter().zip(shares).filter(|(_, share)| !share.is_zero());
    Ok(parts.map(|((line, _), share)| shipping_line(&shipping.description, line, share)).collect())
}

fn shipping_line(description: &str, goods: &Appraised<'_>, gross: Decimal) -> GrossLine {
    GrossLine {
        kind: Some(LineKind::Ancillary),
        codes: Vec::new(),
        description: description.to_owned(),
        quantity: Decimal::ONE,
        unit: None,
        unit_price: gross,
        net: goods.is_net(),
        discount: Discount::None,
        total: None,
        rate: goods.rate,
        natura: goods.natura(),
        riferimento_normativo: goods.riferimento_normativo().map(str::to_owned),
        details: LineDetails::default(),
    }
}
