//! What a document gathers from all its rows: references, payments, funds, withholdings, transport.
//!
//! A block that may occur several times is read from every row: each different one once, in order of appearance. With
//! several references of a kind, each names its lines. Not here: lines and buyer (`rows`), attachments (`attach`).

use chrono::NaiveDate;

use crate::domain::fatturapa::Reason;
use crate::domain::fatturapa::codes::{AdjustmentKind, FundKind, PaymentMethod, PaymentTerms, WithholdingKind};
use crate::domain::fatturapa::model::{
    Adjustment, AdjustmentAmount, Carrier, DocumentReference, PartyName, PrincipalInvoice, Transport,
    TransportDocument, VatId, Vehicle,
};
use crate::domain::fatturapa::request::{Extra, FundRequest, PaymentRequest, WithholdingRequest};
use crate::domain::ids::{partita_iva, simple};
use crate::domain::money::Decimal;
use crate::loads::fatturapa::columns::{Column, canonical};
use crate::loads::fatturapa::issue::Key;
use crate::loads::fatturapa::link::{Link, Links};
use crate::loads::fatturapa::means::Means;
use crate::loads::fatturapa::rows::{Refusal, Row, Rows, reasoned, refusal};
use crate::loads::format::row::Problem;

/// Each different value once, with the numbers of the lines that have it.
fn gather<'a, T: PartialEq>(
    rows: Rows<'a>,
    read: impl Fn(Row<'a>) -> Result<Option<T>, Refusal>,
) -> Result<Vec<(T, Vec<u16>)>, Refusal> {
    let mut found: Vec<(T, Vec<u16>)> = Vec::new();
    let mut line = 0;
    for row in rows.iter() {
        line += u16::from(row.is_line());
        let Some(value) = read(row)? else { continue };
        let position = found.iter().position(|(known, _)| *known == value).unwrap_or_else(|| {
            found.push((value, Vec::new()));
            found.len() - 1
        });
        if row.is_line() {
            found[position].1.push(line);
        }
    }
    Ok(found)
}

/// Each different value once.
fn distinct<'a, T: PartialEq>(
    rows: Rows<'a>,
    key: Column,
    read: impl Fn(Row<'a>) -> Result<Option<T>, Refusal>,
) -> Result<Vec<T>, Refusal> {
    if !rows.has(key) {
        return Ok(Vec::new());
    }
    Ok(gather(rows, read)?.into_iter().map(|(value, _)| value).collect())
}

/// References by a number and a date.
fn references(rows: Rows<'_>, number: Column, date: Column) -> Result<Vec<DocumentReference>, Refusal> {
    if !rows.has(number) {
        return Ok(Vec::new());
    }
    let found = gather(rows, |row| Ok(row.text(number).map(|id| (id, row.date(date)))))?;
    let is_single = found.len() == 1;
    let reference = |((id_documento, data), lines): ((String, Option<NaiveDate>), Vec<u16>)| DocumentReference {
        lines: if is_single { Vec::new() } else { lines },
        id_documento,
        data,
        ..DocumentReference::default()
    };
    Ok(found.into_iter().map(reference).collect())
}

/// The invoices that the document refers to, by their number or by the key of their order. With them, which of them have no
/// number yet: the place among them, and the document.
///
/// # Errors
/// There is no such invoice.
pub fn linked(rows: Rows<'_>, links: &Links) -> Result<(Vec<DocumentReference>, Vec<(usize, Key)>), Refusal> {
    if !rows.has(Column::LinkedNumber) && !rows.has(Column::LinkedOrder) {
        return Ok((Vec::new(), Vec::new()));
    }
    let found = gather(rows, |row| match row.text(Column::LinkedNumber) {
        Some(number) => Ok(Some(Link::Told(number, row.date(Column::LinkedDate)))),
        None => row.str(Column::LinkedOrder).map(|order| links.find(order)).transpose(),
    })?;
    let is_single = found.len() == 1;
    let (mut references, mut waiting) = (Vec::with_capacity(found.len()), Vec::new());
    for (link, lines) in found {
        let (id_documento, data) = match link {
            Link::Told(number, date) => (number, date),
            Link::Waiting { key, date } => {
                waiting.push((references.len(), key));
                // Any number will do until it is known.
                ("1".to_owned(), date)
            }
        };
        let lines = if is_single { Vec::new() } else { lines };
        references.push(DocumentReference { lines, id_documento, data, ..DocumentReference::default() });
    }
    Ok((references, waiting))
}

/// Whether the buyer pays the VAT to the Treasury, when the lines that have VAT say it.
///
/// # Errors
/// They say different things.
pub fn split_payment(rows: Rows<'_>) -> Result<Option<bool>, Refusal> {
    if !rows.has(Column::SplitPayment) {
        return Ok(None);
    }
    let mut told = None;
    for row in rows.iter().filter(|row| row.is_line() && row.str(Column::Natura).is_none()) {
        let Some(flag) = row.flag(Column::SplitPayment)? else { continue };
        if *told.get_or_insert(flag) != flag {
            let english = "some lines of the document are under split payment and others are not: issue two documents";
            let italian =
                "alcune righe del documento sono in scissione dei pagamenti e altre no: emettere due documenti";
            let (problem, value) = refusal("split-payment-disagrees", english.to_owned(), italian.to_owned(), None);
            return Err((Problem { column: Some("split_payment".to_owned()), ..problem }, value));
        }
    }
    Ok(told)
}

/// The orders: the buyer's own where the rows say it, else the merchant's number, else the key of the order; with CIG and
/// CUP.
///
/// # Errors
/// A cell that cannot be read.
pub fn orders(order: &str, rows: Rows<'_>) -> Result<Vec<DocumentReference>, Refusal> {
    let read = |row: Row<'_>| {
        let own = row.text(Column::PurchaseOrder).or_else(|| row.text(Column::OrderNumber));
        let date = row.date(Column::PurchaseOrderDate).or_else(|| row.date(Column::OrderDate));
        Ok(Some(DocumentReference {
            lines: Vec::new(),
            id_documento: own.unwrap_or_else(|| order.to_owned()),
            data: date,
            num_item: row.text(Column::PurchaseOrderItem),
            codice_commessa_convenzione: row.text(Column::JobCode),
            codice_cup: row.text(Column::Cup),
            codice_cig: row.text(Column::Cig),
        }))
    };
    let found = gather(rows, read)?;
    let is_single = found.len() == 1;
    let with_lines = |(reference, lines): (DocumentReference, Vec<u16>)| DocumentReference {
        lines: if is_single { Vec::new() } else { lines },
        ..reference
    };
    // A row that is no line and says nothing new of the order is no order of its own.
    let is_order = |(_, lines): &(DocumentReference, Vec<u16>)| is_single || !lines.is_empty();
    Ok(found.into_iter().filter(is_order).map(with_lines).collect())
}

/// The transport documents.
///
/// # Errors
/// A cell that cannot be read.
pub fn transport_documents(rows: Rows<'_>) -> Result<Vec<TransportDocument>, Refusal> {
    if !rows.has(Column::DdtNumber) {
        return Ok(Vec::new());
    }
    let found = gather(rows, |row| Ok(row.text(Column::DdtNumber).zip(row.date(Column::DdtDate))))?;
    let is_single = found.len() == 1;
    let document =
        |((numero, data), lines)| TransportDocument { numero, data, lines: if is_single { Vec::new() } else { lines } };
    Ok(found.into_iter().map(document).collect())
}

/// How the document is paid; by `default` when the rows do not say it.
///
/// # Errors
/// A means that is none, an amount or a number of days that cannot be written.
pub fn payments(rows: Rows<'_>, default: PaymentMethod, means: &Means) -> Result<Vec<PaymentRequest>, Refusal> {
    const KEYS: [Column; 8] = [
        Column::PaymentMethod,
        Column::PaymentAmount,
        Column::PaymentDue,
        Column::PaymentDays,
        Column::PaymentReference,
        Column::PaymentIban,
        Column::PaymentBank,
        Column::PaymentBeneficiary,
    ];
    if !KEYS.iter().any(|key| rows.has(*key)) {
        return Ok(vec![PaymentRequest::new(default)]);
    }
    let found = gather(rows, |row| payment(row, default, means))?;
    let payments: Vec<PaymentRequest> = found.into_iter().map(|(payment, _)| payment).collect();
    Ok(if payments.is_empty() { vec![PaymentRequest::new(default)] } else { payments })
}

fn payment(row: Row<'_>, default: PaymentMethod, means: &Means) -> Result<Option<PaymentRequest>, Refusal> {
    let method = row.str(Column::PaymentMethod).map(|written| means.find(written)).transpose()?;
    let payment = PaymentRequest {
        amount: row.number(Column::PaymentAmount),
        due_date: row.date(Column::PaymentDue),
        days: row.whole(Column::PaymentDays, Reason::BadPayment)?,
        reference: row.text(Column::PaymentReference),
        iban: row.text(Column::PaymentIban),
        bank: row.text(Column::PaymentBank),
        beneficiary: row.text(Column::PaymentBeneficiary),
        ..PaymentRequest::new(method.unwrap_or(default))
    };
    let says_nothing = method.is_none() && payment == PaymentRequest::new(default);
    Ok((!says_nothing).then_some(payment))
}

/// An entry of a closed list.
fn code<T>(
    row: Row<'_>,
    column: Column,
    from_code: impl Fn(&str) -> Option<T>,
    example: &str,
) -> Result<Option<T>, Refusal> {
    let Some(text) = row.str(column) else { return Ok(None) };
    from_code(text).map(Some).ok_or_else(|| {
        let name = canonical(column);
        let english = format!("`{name}` says `{text}`, expected a code such as `{example}`");
        let italian = format!("`{name}` dice `{text}`, atteso un codice come `{example}`");
        refusal("bad-code", english, italian, Some(text.to_owned()))
    })
}

/// What few documents have, without attachments.
///
/// # Errors
/// A cell that cannot be read.
pub fn extra(rows: Rows<'_>) -> Result<Extra, Refusal> {
    let phases = distinct(rows, Column::Phase, |row| row.whole(Column::Phase, Reason::BadPhase))?;
    let terms =
        rows.iter().next().map_or(Ok(None), |row| code(row, Column::PaymentTerms, PaymentTerms::from_code, "TP02"))?;
    let art73 = rows.iter().next().map_or(Ok(None), |row| row.flag(Column::Art73))?;
    Ok(Extra {
        contracts: references(rows, Column::ContractNumber, Column::ContractDate)?,
        agreements: references(rows, Column::AgreementNumber, Column::AgreementDate)?,
        receipts: references(rows, Column::ReceiptNumber, Column::ReceiptDate)?,
        phases,
        transport: transport(rows)?,
        principal: rows.first(|row| {
            let numero = row.text(Column::PrincipalNumber)?;
            Some(PrincipalInvoice { numero, data: row.date(Column::PrincipalDate)? })
        }),
        vehicle: rows.first(|row| {
            let totale_percorso = row.text(Column::VehicleDistance)?;
            Some(Vehicle { data: row.date(Column::VehicleDate)?, totale_percorso })
        }),
        funds: distinct(rows, Column::FundType, fund)?,
        withholdings: distinct(rows, Column::WithholdingType, withholding)?,
        told_discounts: told_discount(rows).into_iter().collect(),
        rounding: rows.first(|row| row.number(Column::Rounding).filter(|amount| !amount.is_zero())),
        art73: art73.unwrap_or(false),
        attachments: Vec::new(),
        reference: rows.text(Column::BuyerReference),
        terms,
    })
}

fn told_discount(rows: Rows<'_>) -> Option<Adjustment> {
    let percent = rows.first(|row| row.number(Column::ToldDiscountPercent)).map(AdjustmentAmount::Percentuale);
    let amount = rows.first(|row| row.number(Column::ToldDiscountAmount)).map(AdjustmentAmount::Importo);
    percent.or(amount).map(|amount| Adjustment { tipo: AdjustmentKind::Discount, amount })
}

fn fund(row: Row<'_>) -> Result<Option<FundRequest>, Refusal> {
    let Some(kind) = code(row, Column::FundType, FundKind::from_code, "TC04")? else { return Ok(None) };
    let (Some(rate), Some(vat_rate)) = (row.number(Column::FundRate), row.number(Column::FundVatRate)) else {
        return Err(reasoned(Reason::BadFund, Column::FundRate, ""));
    };
    Ok(Some(FundRequest {
        kind,
        rate,
        amount: row.number(Column::FundAmount),
        base: row.number(Column::FundBase),
        vat_rate,
        natura: row.natura(Column::FundNatura)?,
        riferimento_normativo: row.text(Column::FundLegalRef),
        withheld: row.flag(Column::FundWithheld)?.unwrap_or(false),
    }))
}

fn withholding(row: Row<'_>) -> Result<Option<WithholdingRequest>, Refusal> {
    let Some(kind) = code(row, Column::WithholdingType, WithholdingKind::from_code, "RT01")? else { return Ok(None) };
    let (Some(rate), Some(reason)) = (row.number(Column::WithholdingRate), row.text(Column::WithholdingReason)) else {
        return Err(reasoned(Reason::BadWithholding, Column::WithholdingRate, ""));
    };
    Ok(Some(WithholdingRequest { kind, rate, amount: row.number(Column::WithholdingAmount), reason }))
}

fn transport(rows: Rows<'_>) -> Result<Option<Transport>, Refusal> {
    let packages = rows.iter().next().map_or(Ok(None), |row| row.whole(Column::Packages, Reason::BadTransport))?;
    let weight = |column| rows.first(|row| row.number(column)).map(Decimal::trimmed);
    let transport = Transport {
        carrier: carrier(rows)?,
        mezzo_trasporto: rows.text(Column::TransportMeans),
        causale_trasporto: rows.text(Column::TransportReason),
        numero_colli: packages,
        descrizione: rows.text(Column::PackageDescription),
        unita_misura_peso: rows.text(Column::WeightUnit),
        peso_lordo: weight(Column::GrossWeight),
        peso_netto: weight(Column::NetWeight),
        data_ora_ritiro: rows.first(|row| row.time(Column::PickupTime)),
        data_inizio_trasporto: rows.first(|row| row.date(Column::TransportStart)),
        tipo_resa: rows.text(Column::DeliveryTerms).map(|terms| terms.to_ascii_uppercase()),
    };
    Ok((transport != Transport::default()).then_some(transport))
}

fn carrier(rows: Rows<'_>) -> Result<Option<Carrier>, Refusal> {
    let Some(name) = rows.text(Column::CarrierName) else { return Ok(None) };
    let number = rows.text(Column::CarrierVat).unwrap_or_default();
    let id_fiscale_iva = match partita_iva::normalise(&number) {
        Ok(italian) => VatId::italian(italian),
        Err(_) => foreign(&number).ok_or_else(|| reasoned(Reason::BadPartitaIva, Column::CarrierVat, &number))?,
    };
    Ok(Some(Carrier { id_fiscale_iva, name: PartyName::Denominazione(name) }))
}

/// A foreign number with its country in front.
fn foreign(number: &str) -> Option<VatId> {
    let (country, code) = number.split_at_checked(2)?;
    let is_known = country == "EL" || simple::country(country).is_ok();
    let is_admitted = (1..=28).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
    (is_known && country != "IT" && is_admitted)
        .then(|| VatId { id_paese: country.to_owned(), id_codice: code.to_owned() })
}
