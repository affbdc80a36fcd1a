//! Contributions to pension funds (2.1.1.7) and withholdings (2.1.1.5).
//!
//! Here: what they are worked out on, and their amounts. A contribution is a taxable amount beside the lines; a withholding
//! changes only what is paid. Not here: which lines are withheld on (`build`), the totals (`summary`).

use crate::domain::money::Decimal;

use super::amount::{HUNDRED, exactly, tax_on, total};
use super::model::{Fund, Withholding};
use super::reject::{BuildError, Reason};
use super::request::{FundRequest, WithholdingRequest};
use super::schema::types::CU_REASONS;
use super::summary::PaidLine;

/// The contributions, each with the law behind its natura.
///
/// # Errors
/// A rate or an amount that cannot be written, or a natura that does not go with the rate.
pub fn funds(requests: &[FundRequest], lines: &[PaidLine]) -> Result<Vec<(Fund, Option<String>)>, BuildError> {
    requests.iter().map(|request| Ok((fund(request, lines)?, request.riferimento_normativo.clone()))).collect()
}

fn fund(request: &FundRequest, lines: &[PaidLine]) -> Result<Fund, BuildError> {
    let wrong = |value: Decimal| BuildError::new(Reason::BadFund, "fund", value.to_string());
    let al_cassa = percentage(request.rate).ok_or_else(|| wrong(request.rate))?;
    let aliquota_iva = percentage(request.vat_rate).ok_or_else(|| wrong(request.vat_rate))?;
    match request.natura {
        None if aliquota_iva.is_zero() => return Err(BuildError::missing(Reason::MissingNatura, "fund_natura")),
        Some(natura) if !aliquota_iva.is_zero() => {
            return Err(BuildError::new(Reason::UnexpectedNatura, "fund_natura", natura.as_str()));
        }
        _ => {}
    }
    let base = request.base.or_else(|| net_of(lines.iter())).ok_or_else(|| wrong(request.rate))?;
    let amount = request.amount.or_else(|| tax_on(base, al_cassa)).ok_or_else(|| wrong(base))?;
    Ok(Fund {
        tipo_cassa: request.kind,
        al_cassa,
        importo_contributo_cassa: exactly(amount, 2).ok_or_else(|| wrong(amount))?,
        imponibile_cassa: Some(exactly(base, 2).ok_or_else(|| wrong(base))?),
        aliquota_iva,
        ritenuta: request.withheld,
        natura: request.natura,
        riferimento_amministrazione: None,
    })
}

/// The withholdings; those without an amount are worked out on the lines and funds that are withheld on, and
/// contributions (RT03 to RT06) on all lines when none is.
///
/// # Errors
/// A rate, an amount or a reason that cannot be written.
pub fn withholdings(
    requests: &[WithholdingRequest],
    lines: &[PaidLine],
    funds: &[(Fund, Option<String>)],
) -> Result<Vec<Withholding>, BuildError> {
    requests.iter().map(|request| withholding(request, lines, funds)).collect()
}

fn withholding(
    request: &WithholdingRequest,
    lines: &[PaidLine],
    funds: &[(Fund, Option<String>)],
) -> Result<Withholding, BuildError> {
    let wrong =
        |value: &dyn std::fmt::Display| BuildError::new(Reason::BadWithholding, "withholding", value.to_string());
    let rate = percentage(request.rate).ok_or_else(|| wrong(&request.rate))?;
    // `Z` is still in the schema, and ended with 2020.
    if !CU_REASONS.contains(&request.reason.as_str()) || request.reason == "Z" {
        return Err(wrong(&request.reason));
    }
    let amount = match request.amount {
        Some(amount) => amount,
        None => withheld_base(lines, funds).and_then(|base| tax_on(base, rate)).ok_or_else(|| wrong(&request.rate))?,
    };
    Ok(Withholding {
        tipo_ritenuta: request.kind,
        importo_ritenuta: exactly(amount, 2).ok_or_else(|| wrong(&amount))?,
        aliquota_ritenuta: rate,
        causale_pagamento: request.reason.clone(),
    })
}

fn withheld_base(lines: &[PaidLine], funds: &[(Fund, Option<String>)]) -> Option<Decimal> {
    let is_any = lines.iter().any(|paid| paid.line.ritenuta);
    let base = net_of(lines.iter().filter(|paid| paid.line.ritenuta || !is_any))?;
    let funds = funds.iter().filter(|(fund, _)| fund.ritenuta).map(|(fund, _)| fund.importo_contributo_cassa);
    total(funds.chain([base]))
}

/// What the buyer keeps back.
pub fn withheld(ritenute: &[Withholding]) -> impl Iterator<Item = Decimal> {
    ritenute.iter().map(|ritenuta| ritenuta.importo_ritenuta)
}

/// The sum of lines without VAT, on the cent.
fn net_of<'p>(lines: impl Iterator<Item = &'p PaidLine>) -> Option<Decimal> {
    total(lines.map(|paid| paid.line.prezzo_totale))?.rescale(2)
}

fn percentage(rate: Decimal) -> Option<Decimal> {
    exactly(rate, 2).filter(|rate| !rate.is_negative() && *rate <= HUNDRED)
}

#[cfg(test)]
#[path = "tests/levies.rs"]
mod tests;
