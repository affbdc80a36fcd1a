//! From an order with VAT-inclusive prices to an invoice to the exact cent paid (specification, section 6).
//!
//! Here: the assembly of the ordinary format, totals, stamp duty. All problems of a request are reported together. Not
//! here: the lines (`goods`, `lines`), the parties (`parties`), what is withheld (`levies`), payments (`payments`),
//! references to other documents (`references`), the simplified format (`simplified`), the controls of the exchange
//! system (`check`).

use crate::domain::money::Decimal;

use super::amount::{STAMP_DUTY_THRESHOLD, TOO_LARGE, total};
use super::codes::{DocumentType, Format, LineKind, Natura, TaxRegime, VatDue, WithholdingKind};
use super::goods::paid_lines;
use super::levies::{funds, withheld, withholdings};
use super::model::{
    AdjustmentAmount, Document, Fund, Invoice, Line, Seller, StampDuty, Summary, Transmission, VatId, Withholding,
};
use super::parties::{Parties, parties};
use super::payments::payments;
use super::references::{attachments, reference, transport_data, transport_document};
use super::reject::{BuildError, Reason};
use super::request::{BuildSettings, InvoiceRequest};
use super::routing::Route;
use super::summary::{PaidLine, Taxable, summaries};
use super::text::{Charset, TextChange, Texts, pieces};

/// The stamp duty, in euro.
pub const STAMP_DUTY: Decimal = Decimal::new(200, 2);

/// An invoice with the account of the texts that had to change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Built<T = Invoice> {
    /// The document, ready to check and write.
    pub invoice: T,
    /// Characters replaced and texts cut.
    pub changes: Vec<TextChange>,
}

/// Makes a document of the ordinary format from an order, or the integration of what a supplier invoiced.
///
/// # Errors
/// Every reason why the order cannot make an acceptable document.
pub fn build(request: &InvoiceRequest, seller: &Seller, settings: &BuildSettings) -> Result<Built, Vec<BuildError>> {
    let mut texts = Texts::default();
    let mut problems = document_problems(request);
    let parties = take(parties(request, seller, settings, &mut texts), &mut problems);
    let lines = take(paid_lines(request, &mut texts), &mut problems);
    let (Some(parties), Some(lines)) = (parties, lines) else { return Err(problems) };
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut invoice = assemble(request, settings, parties, lines, &mut texts)?;
    if settings.full_decimals {
        fill_decimals(&mut invoice);
    }
    Ok(Built { invoice, changes: texts.changes })
}

/// The value, or its problems beside those known.
pub(super) fn take<T>(result: Result<T, Vec<BuildError>>, problems: &mut Vec<BuildError>) -> Option<T> {
    result.map_err(|found| problems.extend(found)).ok()
}

/// What is wrong with the document itself, in either format.
pub(super) fn document_problems(request: &InvoiceRequest) -> Vec<BuildError> {
    use DocumentType::{Td04, Td05, Td08, Td09, Td22, Td23, Td24, Td25};

    let mut problems = Vec::new();
    let kind = request.document_type;
    if matches!(kind, Td22 | Td23) {
        problems.push(BuildError::new(Reason::UnsupportedDocument, "document_type", kind.as_str()));
    }
    if matches!(kind, Td24 | Td25) && request.transport_documents.is_empty() {
        problems.push(BuildError::missing(Reason::MissingTransportDocument, "ddt_number"));
    }
    if matches!(kind, Td04 | Td05 | Td08 | Td09) && request.linked_invoices.is_empty() {
        problems.push(BuildError::missing(Reason::MissingLinkedInvoice, "linked_number"));
    }
    if kind.is_credit_note() {
        let later = request.linked_invoices.iter().filter_map(|linked| linked.data).find(|date| *date > request.date);
        problems.extend(later.map(|date| BuildError::new(Reason::LinkedInvoiceLater, "linked_date", date.to_string())));
    }
    let number = &request.number;
    let is_writable =
        number.chars().all(|character| Charset::Basic.admits(character)) && (1..=20).contains(&number.len());
    if !is_writable || !number.bytes().any(|byte| byte.is_ascii_digit()) {
        problems.push(BuildError::new(Reason::BadNumber, "number", number.as_str()));
    }
    problems.extend(
        request
            .extra
            .phases
            .iter()
            .filter(|phase| !(1..=999).contains(*phase))
            .map(|phase| BuildError::new(Reason::BadPhase, "phase", phase.to_string())),
    );
    problems
}

fn assemble(
    request: &InvoiceRequest,
    settings: &BuildSettings,
    parties: Parties,
    mut lines: Vec<PaidLine>,
    texts: &mut Texts,
) -> Result<Invoice, Vec<BuildError>> {
    let one = |problem: BuildError| vec![problem];
    let Parties { mut seller, buyer, route } = parties;
    let due = vat_due(request, seller.regime_fiscale, &route, settings);
    let too_large = || vec![BuildError::missing(Reason::AmountTooLarge, "lines")];
    mark_withheld(request, &mut lines);
    let funds = funds(&request.extra.funds, &lines).map_err(one)?;
    let mut sums = summed(&lines, &funds, due).ok_or_else(too_large)?;
    let bollo = stamp_duty(&sums).filter(|_| settings.declare_stamp_duty);
    if bollo.is_some() && settings.charge_stamp_duty {
        lines.push(stamp_line(lines.len()));
        sums = summed(&lines, &funds, due).ok_or_else(too_large)?;
    }
    let document_total = document_total(request, &sums)?;
    let ritenute = withholdings(&request.extra.withholdings, &lines, &funds).map_err(one)?;
    let payable = payable(document_total, &sums, &ritenute).ok_or_else(too_large)?;
    let payments = if request.document_type.is_integration() || request.document_type.is_to_oneself() {
        // Nothing is paid by a document that one makes for oneself.
        Vec::new()
    } else {
        payments(request, payable, &seller, texts).map_err(one)?
    };
    let reference_to_us = request.extra.reference.as_deref();
    if let Some(own) = texts.fit_optional("RiferimentoAmministrazione", reference_to_us, Charset::Basic, 20) {
        seller.riferimento_amministrazione = Some(own);
    }
    let extra = &request.extra;
    let mut references =
        |sources: &[_]| sources.iter().map(|source| reference(source, texts)).collect::<Result<_, _>>();
    let (orders, contracts) = (references(&request.orders), references(&extra.contracts));
    let (agreements, receipts) = (references(&extra.agreements), references(&extra.receipts));
    let linked_invoices = references(&request.linked_invoices);
    Ok(Invoice {
        versione: route.format,
        transmission: transmission(request, &seller, settings, route, texts),
        buyer,
        issuer: settings.issuer.clone(),
        document: document(request, ritenute, bollo, funds, document_total, texts),
        orders: orders.map_err(one)?,
        contracts: contracts.map_err(one)?,
        agreements: agreements.map_err(one)?,
        receipts: receipts.map_err(one)?,
        linked_invoices: linked_invoices.map_err(one)?,
        phases: extra.phases.clone(),
        transport_documents: request.transport_documents.iter().map(|ddt| transport_document(ddt, texts)).collect(),
        transport: extra.transport.as_ref().map(|data| transport_data(data, texts)).transpose().map_err(one)?,
        principal: extra.principal.clone(),
        lines: lines.into_iter().map(|paid| paid.line).collect(),
        summaries: sums,
        vehicle: extra.vehicle.clone(),
        payments,
        attachments: attachments(&extra.attachments, texts),
        seller,
    })
}

/// Writes net amounts with eight decimals, `10.00000000` for `10.00`: the same values.
fn fill_decimals(invoice: &mut Invoice) {
    let fill = |amount: &mut Decimal| *amount = amount.rescale(8).unwrap_or(*amount);
    for line in &mut invoice.lines {
        fill(&mut line.prezzo_unitario);
        fill(&mut line.prezzo_totale);
        for adjustment in &mut line.sconti {
            if let AdjustmentAmount::Importo(amount) = &mut adjustment.amount {
                fill(amount);
            }
        }
    }
    invoice.summaries.iter_mut().filter_map(|summary| summary.arrotondamento.as_mut()).for_each(fill);
}

/// Tax is withheld on what is sold, not on expenses beside it, unless a line says otherwise.
fn mark_withheld(request: &InvoiceRequest, lines: &mut [PaidLine]) {
    let is_tax = |kind: WithholdingKind| matches!(kind, WithholdingKind::Rt01 | WithholdingKind::Rt02);
    if !request.extra.withholdings.iter().any(|withholding| is_tax(withholding.kind)) {
        return;
    }
    for (index, paid) in lines.iter_mut().enumerate() {
        let told = request.lines.get(index).and_then(|line| line.details.withheld);
        let is_sold = paid.line.tipo_cessione_prestazione != Some(LineKind::Ancillary);
        paid.line.ritenuta = told.unwrap_or(is_sold);
    }
}

/// Summaries of lines and funds.
fn summed(lines: &[PaidLine], funds: &[(Fund, Option<String>)], due: VatDue) -> Option<Vec<Summary>> {
    let lines = lines.iter().map(PaidLine::taxable);
    let funds = funds.iter().map(|(fund, law)| Taxable {
        rate: fund.aliquota_iva,
        natura: fund.natura,
        paid: fund.importo_contributo_cassa,
        is_net: true,
        net: fund.importo_contributo_cassa,
        law: law.as_deref(),
    });
    summaries(lines.chain(funds), due)
}

/// The sum of the summaries and the rounding that was agreed.
fn document_total(request: &InvoiceRequest, summaries: &[Summary]) -> Result<Decimal, Vec<BuildError>> {
    let too_large = || vec![BuildError::missing(Reason::AmountTooLarge, "lines")];
    let sums = summaries.iter().flat_map(|summary| [summary.imponibile_importo, summary.imposta]);
    let document_total = total(sums.chain(request.extra.rounding));
    let document_total = document_total.filter(|amount| amount.abs() < TOO_LARGE).ok_or_else(too_large)?;
    // Corrections of documents that the buyer makes repeat them with negative amounts (specification, section 9).
    let kind = request.document_type;
    let may_be_negative = kind.is_integration() || matches!(kind, DocumentType::Td21 | DocumentType::Td26);
    if document_total.is_negative() && !may_be_negative {
        return Err(vec![BuildError::new(Reason::NegativeTotal, "lines", document_total.to_string())]);
    }
    Ok(document_total)
}

/// Split payment is a matter of the buyer (art. 17-ter DPR 633/72): what was decided for the sale, else public bodies.
fn vat_due(request: &InvoiceRequest, regime: TaxRegime, route: &Route, settings: &BuildSettings) -> VatDue {
    let is_split = request.split_payment.unwrap_or(route.format == Format::Fpa12 && settings.split_payment);
    match regime {
        _ if is_split => VatDue::Split,
        TaxRegime::Rf16 | TaxRegime::Rf17 => VatDue::Deferred,
        _ => VatDue::Immediate,
    }
}

/// What the buyer pays: everything, less the VAT that a public body pays to the Treasury and less what is withheld.
fn payable(document_total: Decimal, summaries: &[Summary], ritenute: &[Withholding]) -> Option<Decimal> {
    let split = summaries.iter().filter(|summary| summary.esigibilita_iva == Some(VatDue::Split));
    let kept = split.map(|summary| summary.imposta).chain(withheld(ritenute));
    document_total.sub(total(kept)?)
}

pub(super) fn transmission(
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
    ritenute: Vec<Withholding>,
    bollo: Option<StampDuty>,
    funds: Vec<(Fund, Option<String>)>,
    document_total: Decimal,
    texts: &mut Texts,
) -> Document {
    let causale = request.causale.as_deref().map(|text| texts.fit("Causale", text, Charset::Latin, usize::MAX));
    Document {
        tipo_documento: request.document_type,
        divisa: request.currency.clone(),
        data: request.date,
        numero: request.number.clone(),
        ritenute,
        bollo,
        casse: funds.into_iter().map(|(fund, _)| fund).collect(),
        sconti: request.extra.told_discounts.clone(),
        importo_totale_documento: Some(document_total),
        arrotondamento: request.extra.rounding,
        causale: causale.map(|text| pieces(&text, 200)).unwrap_or_default(),
        art73: request.extra.art73,
    }
}

fn stamp_duty(summaries: &[Summary]) -> Option<StampDuty> {
    let counted = summaries.iter().filter(|summary| summary.natura.is_some_and(Natura::counts_for_stamp_duty));
    let untaxed = total(counted.map(|summary| summary.imponibile_importo))?;
    (untaxed > STAMP_DUTY_THRESHOLD).then_some(StampDuty { importo_bollo: Some(STAMP_DUTY) })
}

/// The stamp duty that the buyer pays back, outside VAT (art. 15 DPR 633/72).
fn stamp_line(lines: usize) -> PaidLine {
    PaidLine {
        line: Line {
            numero_linea: u16::try_from(lines + 1).unwrap_or(u16::MAX),
            tipo_cessione_prestazione: None,
            codici_articolo: Vec::new(),
            descrizione: "Imposta di bollo".to_owned(),
            quantita: Some(Decimal::new(100, 2)),
            unita_misura: None,
            data_inizio_periodo: None,
            data_fine_periodo: None,
            prezzo_unitario: STAMP_DUTY,
            sconti: Vec::new(),
            prezzo_totale: STAMP_DUTY,
            aliquota_iva: Decimal::new(0, 2),
            ritenuta: false,
            natura: Some(Natura::N1),
            riferimento_amministrazione: None,
            altri_dati: Vec::new(),
        },
        gross: STAMP_DUTY,
        is_net: true,
        riferimento_normativo: Some("Art. 15 DPR 633/72".to_owned()),
    }
}

#[cfg(test)]
#[path = "tests/build.rs"]
mod tests;
