//! From an order with VAT-inclusive prices to an invoice to the exact cent paid (specification, section 6).
//!
//! Here: the assembly, discounts and shipping of the whole order, totals, stamp duty, payments. All problems of a request
//! are reported together. Not here: one line (`lines`), the buyer (`party`), the controls of the exchange system (`check`).

use crate::domain::money::Decimal;

use super::amount::{STAMP_DUTY_THRESHOLD, TOO_LARGE, exactly, total};
use super::codes::{DocumentType, Format, LineKind, Natura, PaymentMethod, PaymentTerms, TaxRegime, VatDue};
use super::lines::{Appraised, appraise, finish};
use super::model::{
    BuyerParty, Document, DocumentReference, Invoice, Payment, PaymentDetail, Seller, StampDuty, Summary, Transmission,
    TransportDocument, VatId,
};
use super::party::party;
use super::reject::{BuildError, Reason};
use super::request::{BuildSettings, Discount, GrossLine, InvoiceRequest, PaymentRequest, Shipping};
use super::routing::{NO_CHANNEL, Route};
use super::spread::spread;
use super::summary::{PaidLine, summaries};
use super::text::{Charset, TextChange, Texts, pieces};

/// The stamp duty, in euro.
pub const STAMP_DUTY: Decimal = Decimal::new(200, 2);

/// An invoice with the account of the texts that had to change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Built {
    /// The document, ready to check and write.
    pub invoice: Invoice,
    /// Characters replaced and texts cut.
    pub changes: Vec<TextChange>,
}

/// Makes a document from an order, or the integration of what a foreign supplier invoiced.
///
/// # Errors
/// Every reason why the order cannot make an acceptable document.
pub fn build(request: &InvoiceRequest, seller: &Seller, settings: &BuildSettings) -> Result<Built, Vec<BuildError>> {
    let mut texts = Texts::default();
    let mut problems = document_problems(request);
    let buyer = take(party(&request.buyer, &settings.placeholders, &mut texts), &mut problems);
    let is_integration = integrates(request.document_type);
    if let Some((supplier, _)) = buyer.as_ref().filter(|_| is_integration)
        && supplier.id_fiscale_iva.as_ref().is_none_or(|id| id.id_paese == "IT")
    {
        problems.push(BuildError::missing(Reason::SupplierNotForeign, "buyer.nazione"));
    }
    let lines = take(paid_lines(request, &mut texts), &mut problems);
    let (Some((buyer, route)), Some(lines)) = (buyer, lines) else { return Err(problems) };
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut invoice = assemble(request, seller, settings, buyer, route, lines, &mut texts)?;
    if is_integration {
        turn_round(&mut invoice, seller);
    }
    Ok(Built { invoice, changes: texts.changes })
}

/// Documents that the buyer makes of what a foreign supplier invoiced (specification, section 9).
const fn integrates(kind: DocumentType) -> bool {
    matches!(kind, DocumentType::Td17 | DocumentType::Td18 | DocumentType::Td19)
}

/// The supplier becomes the seller and we the buyer, so that the file comes back to us; nothing is to be paid by it.
fn turn_round(invoice: &mut Invoice, own: &Seller) {
    let us = BuyerParty {
        id_fiscale_iva: Some(own.id_fiscale_iva.clone()),
        codice_fiscale: own.codice_fiscale.clone(),
        name: own.name.clone(),
        sede: own.sede.clone(),
    };
    let supplier = std::mem::replace(&mut invoice.buyer, us);
    let foreign = VatId { id_paese: "OO".to_owned(), id_codice: "99999999999".to_owned() };
    invoice.seller = Seller {
        name: supplier.name,
        id_fiscale_iva: supplier.id_fiscale_iva.unwrap_or(foreign),
        codice_fiscale: None,
        regime_fiscale: TaxRegime::Rf18,
        sede: supplier.sede,
        rea: None,
        contacts: None,
        iban: None,
    };
    NO_CHANNEL.clone_into(&mut invoice.transmission.codice_destinatario);
    invoice.payments.clear();
}

fn take<T>(result: Result<T, Vec<BuildError>>, problems: &mut Vec<BuildError>) -> Option<T> {
    result.map_err(|found| problems.extend(found)).ok()
}

fn document_problems(request: &InvoiceRequest) -> Vec<BuildError> {
    use DocumentType::{Td01, Td02, Td04, Td05, Td17, Td18, Td19, Td24, Td25, Td26, Td27};

    let mut problems = Vec::new();
    let kind = request.document_type;
    if !matches!(kind, Td01 | Td02 | Td04 | Td05 | Td17 | Td18 | Td19 | Td24 | Td25 | Td26 | Td27) {
        problems.push(BuildError::new(Reason::UnsupportedDocument, "document_type", kind.as_str()));
    }
    if matches!(kind, Td24 | Td25) && request.transport_documents.is_empty() {
        problems.push(BuildError::missing(Reason::MissingTransportDocument, "transport_documents"));
    }
    if matches!(kind, Td04 | Td05) && request.linked_invoice.is_none() {
        problems.push(BuildError::missing(Reason::MissingLinkedInvoice, "linked_invoice"));
    }
    let number = &request.number;
    let is_writable =
        number.chars().all(|character| Charset::Basic.admits(character)) && (1..=20).contains(&number.len());
    if !is_writable || !number.bytes().any(|byte| byte.is_ascii_digit()) {
        problems.push(BuildError::new(Reason::BadNumber, "number", number.as_str()));
    }
    if request.payments.len() > 1 && request.payments.iter().any(|payment| payment.amount.is_none()) {
        problems.push(BuildError::missing(Reason::BadPayment, "payments"));
    }
    problems
}

/// The lines with their share of the order's discount, then the shipping lines.
fn paid_lines(request: &InvoiceRequest, texts: &mut Texts) -> Result<Vec<PaidLine>, Vec<BuildError>> {
    if request.lines.is_empty() {
        return Err(vec![BuildError::missing(Reason::NoLines, "lines")]);
    }
    let lines = collect(request.lines.iter().enumerate().map(|(index, line)| appraise(line, index)))?;
    let dues = dues(&lines, request.order_discount).map_err(|problem| vec![problem])?;
    let shipping = match &request.shipping {
        Some(shipping) => shipping_lines(shipping, &lines, &dues).map_err(|problem| vec![problem])?,
        None => Vec::new(),
    };
    let shipping = collect(shipping.iter().map(|line| appraise(line, request.lines.len())))?;
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
    }
}

fn assemble(
    request: &InvoiceRequest,
    seller: &Seller,
    settings: &BuildSettings,
    buyer: BuyerParty,
    route: Route,
    lines: Vec<PaidLine>,
    texts: &mut Texts,
) -> Result<Invoice, Vec<BuildError>> {
    let due = vat_due(seller.regime_fiscale, route.format, settings);
    let too_large = || vec![BuildError::missing(Reason::AmountTooLarge, "lines")];
    let summaries = summaries(&lines, due).ok_or_else(too_large)?;
    let document_total = total(summaries.iter().flat_map(|summary| [summary.imponibile_importo, summary.imposta]));
    let document_total = document_total.filter(|amount| amount.abs() < TOO_LARGE).ok_or_else(too_large)?;
    if document_total.is_negative() {
        return Err(vec![BuildError::new(Reason::NegativeTotal, "lines", document_total.to_string())]);
    }
    let payable = payable(document_total, &summaries).ok_or_else(too_large)?;
    let payments = payments(&request.payments, payable, seller, texts).map_err(|problem| vec![problem])?;
    Ok(Invoice {
        versione: route.format,
        transmission: transmission(request, seller, settings, route, texts),
        seller: seller.clone(),
        buyer,
        document: document(request, settings, &summaries, document_total, texts),
        orders: request.order.iter().map(|order| reference(order, texts)).collect(),
        linked_invoices: request.linked_invoice.iter().map(|linked| reference(linked, texts)).collect(),
        transport_documents: request.transport_documents.iter().map(|document| transport(document, texts)).collect(),
        lines: lines.into_iter().map(|paid| paid.line).collect(),
        summaries,
        payments,
    })
}

fn vat_due(regime: TaxRegime, format: Format, settings: &BuildSettings) -> VatDue {
    match regime {
        _ if format == Format::Fpa12 && settings.split_payment => VatDue::Split,
        TaxRegime::Rf16 | TaxRegime::Rf17 => VatDue::Deferred,
        _ => VatDue::Immediate,
    }
}

/// What the buyer pays: everything, less the VAT that a public body pays to the Treasury.
fn payable(document_total: Decimal, summaries: &[Summary]) -> Option<Decimal> {
    let split = summaries.iter().filter(|summary| summary.esigibilita_iva == Some(VatDue::Split));
    document_total.sub(total(split.map(|summary| summary.imposta))?)
}

fn transmission(
    request: &InvoiceRequest,
    seller: &Seller,
    settings: &BuildSettings,
    route: Route,
    texts: &mut Texts,
) -> Transmission {
    Transmission {
        id_trasmittente: settings.sender.clone().unwrap_or_else(|| own_id(seller)),
        progressivo_invio: texts.fit("ProgressivoInvio", &request.progressive, Charset::Basic, 10),
        formato_trasmissione: route.format,
        codice_destinatario: route.codice_destinatario,
        pec_destinatario: route.pec_destinatario,
    }
}

/// The exchange system looks for the sender's codice fiscale; a company's is mostly its partita IVA.
fn own_id(seller: &Seller) -> VatId {
    let id_codice = seller.codice_fiscale.clone().unwrap_or_else(|| seller.id_fiscale_iva.id_codice.clone());
    VatId { id_paese: seller.id_fiscale_iva.id_paese.clone(), id_codice }
}

fn document(
    request: &InvoiceRequest,
    settings: &BuildSettings,
    summaries: &[Summary],
    document_total: Decimal,
    texts: &mut Texts,
) -> Document {
    let causale = request.causale.as_deref().map(|text| texts.fit("Causale", text, Charset::Latin, usize::MAX));
    Document {
        tipo_documento: request.document_type,
        divisa: request.currency.clone(),
        data: request.date,
        numero: request.number.clone(),
        ritenute: Vec::new(),
        bollo: stamp_duty(summaries).filter(|_| settings.declare_stamp_duty),
        casse: Vec::new(),
        importo_totale_documento: Some(document_total),
        arrotondamento: None,
        causale: causale.map(|text| pieces(&text, 200)).unwrap_or_default(),
    }
}

fn stamp_duty(summaries: &[Summary]) -> Option<StampDuty> {
    let counted = summaries.iter().filter(|summary| summary.natura.is_some_and(Natura::counts_for_stamp_duty));
    let untaxed = total(counted.map(|summary| summary.imponibile_importo))?;
    (untaxed > STAMP_DUTY_THRESHOLD).then_some(StampDuty { importo_bollo: Some(STAMP_DUTY) })
}

fn reference(source: &DocumentReference, texts: &mut Texts) -> DocumentReference {
    let commessa = source.codice_commessa_convenzione.as_deref();
    DocumentReference {
        id_documento: texts.fit("IdDocumento", &source.id_documento, Charset::Basic, 20),
        data: source.data,
        codice_commessa_convenzione: texts.fit_optional("CodiceCommessaConvenzione", commessa, Charset::Latin, 100),
        codice_cup: texts.fit_optional("CodiceCUP", source.codice_cup.as_deref(), Charset::Basic, 15),
        codice_cig: texts.fit_optional("CodiceCIG", source.codice_cig.as_deref(), Charset::Basic, 15),
    }
}

fn transport(source: &TransportDocument, texts: &mut Texts) -> TransportDocument {
    let numero = texts.fit("NumeroDDT", &source.numero, Charset::Basic, 20);
    TransportDocument { numero, data: source.data, lines: source.lines.clone() }
}

fn payments(
    requests: &[PaymentRequest],
    payable: Decimal,
    seller: &Seller,
    texts: &mut Texts,
) -> Result<Vec<Payment>, BuildError> {
    let details =
        requests.iter().map(|request| payment(request, payable, seller, texts)).collect::<Result<Vec<_>, _>>()?;
    if details.is_empty() {
        return Ok(Vec::new());
    }
    Ok(vec![Payment { condizioni_pagamento: PaymentTerms::Tp02, dettagli: details }])
}

fn payment(
    request: &PaymentRequest,
    payable: Decimal,
    seller: &Seller,
    texts: &mut Texts,
) -> Result<PaymentDetail, BuildError> {
    let amount = request.amount.unwrap_or(payable);
    let fraction = || BuildError::new(Reason::FractionOfCent, "payments.amount", amount.to_string());
    Ok(PaymentDetail {
        modalita_pagamento: request.method,
        data_scadenza_pagamento: request.due_date,
        importo_pagamento: exactly(amount, 2).ok_or_else(fraction)?,
        iban: seller.iban.clone().filter(|_| request.method == PaymentMethod::Mp05),
        codice_pagamento: texts.fit_optional("CodicePagamento", request.reference.as_deref(), Charset::Basic, 60),
    })
}

#[cfg(test)]
#[path = "tests/build.rs"]
mod tests;
