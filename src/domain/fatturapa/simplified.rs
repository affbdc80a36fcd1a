//! From an order to a simplified invoice (FSM10): TD07, TD08 and TD09.
//!
//! Here: the assembly. Amounts of lines contain VAT; of lines without it the VAT is added line by line. Not here: the
//! lines (`goods`, `lines`), the buyer (`party`), the ordinary format (`build`).

use crate::domain::money::Decimal;

use super::amount::{STAMP_DUTY_THRESHOLD, net_of_vat, tax_on, total};
use super::build::{Built, document_problems, take, transmission};
use super::codes::{DocumentType, Natura, TaxRegime};
use super::goods::paid_lines;
use super::model::{Correction, Seller, SimplifiedInvoice, SimplifiedLine};
use super::party::{identify, party};
use super::references::attachments;
use super::reject::{BuildError, Reason};
use super::request::{BuildSettings, BuyerKind, InvoiceRequest};
use super::schema::types::SIMPLIFIED_NATURES;
use super::summary::PaidLine;
use super::text::{Charset, Texts};

/// The most that a simplified invoice may amount to, VAT included, in euro (00460).
pub const SIMPLIFIED_LIMIT: Decimal = Decimal::new(40_000, 2);

/// Makes a simplified document from an order. Of the buyer only a tax number is needed; name and address are written when
/// they are complete.
///
/// # Errors
/// Every reason why the order cannot make an acceptable document.
pub fn build_simplified(
    request: &InvoiceRequest,
    seller: &Seller,
    settings: &BuildSettings,
) -> Result<Built<SimplifiedInvoice>, Vec<BuildError>> {
    let mut texts = Texts::default();
    let mut problems = document_problems(request);
    if request.buyer.kind == BuyerKind::PublicBody {
        problems.push(BuildError::missing(Reason::SimplifiedForPublicBody, "document_type"));
    }
    if request.split_payment == Some(true) {
        problems.push(BuildError::missing(Reason::SimplifiedSplitPayment, "split_payment"));
    }
    let corrected = correction(request, &mut texts).map_err(|problem| problems.push(problem)).ok().flatten();
    let identity = take(identify(&request.buyer, &settings.placeholders), &mut problems);
    let lines = take(paid_lines(request, &mut texts), &mut problems);
    let lines = take(lines.map_or(Ok(Vec::new()), |lines| simplified_lines(&lines, &mut texts)), &mut problems);
    let (Some((buyer_id, buyer_code, route)), Some(lines)) = (identity, lines) else { return Err(problems) };
    let sum = total(lines.iter().map(|line| line.importo));
    problems.extend(limit(request, seller, sum));
    if !problems.is_empty() {
        return Err(problems);
    }
    // A name and an address that are not complete are left out: the format does not need them.
    let buyer = party(&request.buyer, &settings.placeholders, &mut texts).ok();
    let invoice = SimplifiedInvoice {
        transmission: transmission(request, seller, settings, route, &mut texts),
        seller: seller.clone(),
        buyer_id,
        buyer_code,
        buyer: buyer.map(|(party, _)| (party.name, party.sede)),
        tipo_documento: request.document_type,
        divisa: request.currency.clone(),
        data: request.date,
        numero: request.number.clone(),
        bollo_virtuale: settings.declare_stamp_duty && owes_stamp_duty(&lines),
        corrected,
        lines,
        attachments: attachments(&request.extra.attachments, &mut texts),
    };
    Ok(Built { invoice, changes: texts.changes })
}

fn limit(request: &InvoiceRequest, seller: &Seller, sum: Option<Decimal>) -> Option<BuildError> {
    let Some(sum) = sum else { return Some(BuildError::missing(Reason::AmountTooLarge, "lines")) };
    let is_free = matches!(seller.regime_fiscale, TaxRegime::Rf19 | TaxRegime::Rf20);
    if sum.is_negative() {
        return Some(BuildError::new(Reason::NegativeTotal, "lines", sum.to_string()));
    }
    let is_beyond = request.document_type == DocumentType::Td07 && !is_free && sum > SIMPLIFIED_LIMIT;
    is_beyond.then(|| BuildError::new(Reason::BeyondSimplified, "lines", sum.to_string()))
}

fn correction(request: &InvoiceRequest, texts: &mut Texts) -> Result<Option<Correction>, BuildError> {
    if request.document_type == DocumentType::Td07 {
        return Ok(None);
    }
    let Some(linked) = request.linked_invoices.first() else { return Ok(None) };
    let data = linked.data.ok_or_else(|| BuildError::missing(Reason::MissingLinkedDate, "linked_date"))?;
    let elementi = request.causale.as_deref().unwrap_or("Importi");
    Ok(Some(Correction {
        numero: texts.fit("NumeroFR", &linked.id_documento, Charset::Basic, 20),
        data,
        elementi: texts.fit("ElementiRettificati", elementi, Charset::Latin, 1000),
    }))
}

fn simplified_lines(lines: &[PaidLine], texts: &mut Texts) -> Result<Vec<SimplifiedLine>, Vec<BuildError>> {
    let lines = lines.iter().map(|paid| simplified_line(paid, texts)).collect::<Result<_, _>>();
    lines.map_err(|problem| vec![problem])
}

fn simplified_line(paid: &PaidLine, texts: &mut Texts) -> Result<SimplifiedLine, BuildError> {
    let line = &paid.line;
    let too_large = || BuildError::new(Reason::AmountTooLarge, "lines", paid.gross.to_string());
    let (importo, imposta) = if paid.is_net {
        let tax = tax_on(paid.gross, line.aliquota_iva).ok_or_else(too_large)?;
        (paid.gross.add(tax).ok_or_else(too_large)?, tax)
    } else {
        let net = net_of_vat(paid.gross, line.aliquota_iva, 2).ok_or_else(too_large)?;
        (paid.gross, paid.gross.sub(net).ok_or_else(too_large)?)
    };
    if let Some(natura) = line.natura.filter(|natura| !SIMPLIFIED_NATURES.contains(&natura.as_str())) {
        return Err(BuildError::new(Reason::NaturaNotSimplified, "natura", natura.as_str()));
    }
    let law = paid.riferimento_normativo.as_deref();
    Ok(SimplifiedLine {
        descrizione: line.descrizione.clone(),
        importo,
        imposta,
        aliquota: line.aliquota_iva,
        natura: line.natura,
        riferimento_normativo: texts.fit_optional("RiferimentoNormativo", law, Charset::Latin, 100),
    })
}

fn owes_stamp_duty(lines: &[SimplifiedLine]) -> bool {
    let counted = lines.iter().filter(|line| line.natura.is_some_and(Natura::counts_for_stamp_duty));
    total(counted.map(|line| line.importo)).is_some_and(|untaxed| untaxed > STAMP_DUTY_THRESHOLD)
}

#[cfg(test)]
#[path = "tests/simplified.rs"]
mod tests;
