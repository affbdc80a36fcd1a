//! Controls on seller, buyer and routing.

use crate::domain::{
    fatturapa::{
        codes::{DocumentType, Format},
        model::{Invoice, VatId},
        routing::{FOREIGN, is_sdi_mailbox},
    },
    ids::{codice_fiscale, partita_iva},
};

use super::report::{At, BUYER, Report, SELLER, TRANSMISSION};

/// Runs these controls.
pub fn check(invoice: &Invoice, report: &mut Report) {
    routing(invoice, report);
    tax_numbers(invoice, report);
    identities(invoice, report);
}

fn routing(invoice: &Invoice, report: &mut Report) {
    let transmission = &invoice.transmission;
    let code = transmission.codice_destinatario.as_str();
    if transmission.formato_trasmissione != invoice.versione {
        report.rule("00428", At::new(TRANSMISSION, "FormatoTrasmissione"), &transmission.formato_trasmissione);
    }
    let wrong_length = match transmission.formato_trasmissione {
        Format::Fpr12 => code.len() == 6,
        Format::Fpa12 => code.len() == 7,
    };
    if wrong_length {
        report.rule("00427", At::new(TRANSMISSION, "CodiceDestinatario"), &code);
    }
    let is_foreign = invoice.buyer.id_fiscale_iva.as_ref().is_some_and(|id| id.id_paese != "IT");
    if code == FOREIGN && !is_foreign {
        report.rule("00313", At::new(TRANSMISSION, "CodiceDestinatario"), &code);
    }
    if let Some(address) = transmission.pec_destinatario.as_deref().filter(|address| is_sdi_mailbox(address)) {
        report.rule("00330", At::new(TRANSMISSION, "PECDestinatario"), &address);
    }
}

/// Check digits only: whether a number exists is known to the exchange system alone.
fn tax_numbers(invoice: &Invoice, report: &mut Report) {
    let (seller, buyer) = (&invoice.seller, &invoice.buyer);
    let sender = &invoice.transmission.id_trasmittente;
    if sender.id_paese == "IT" && codice_fiscale::check(&sender.id_codice).is_err() {
        report.rule("00300", At::new(TRANSMISSION, "IdTrasmittente/IdCodice"), &sender.id_codice);
    }
    if is_wrong_italian(&seller.id_fiscale_iva) {
        report.rule("00301", At::new(SELLER, "DatiAnagrafici/IdFiscaleIVA/IdCodice"), &seller.id_fiscale_iva.id_codice);
    }
    if let Some(code) = seller.codice_fiscale.as_deref().filter(|code| codice_fiscale::check(code).is_err()) {
        report.rule("00302", At::new(SELLER, "DatiAnagrafici/CodiceFiscale"), &code);
    }
    if let Some(id) = buyer.id_fiscale_iva.as_ref().filter(|id| is_wrong_italian(id)) {
        report.rule("00305", At::new(BUYER, "DatiAnagrafici/IdFiscaleIVA/IdCodice"), &id.id_codice);
    }
    let code = buyer.codice_fiscale.as_deref().filter(|code| codice_fiscale::check(code).is_err());
    if let (Some(code), None) = (code, &buyer.id_fiscale_iva) {
        report.rule("00306", At::new(BUYER, "DatiAnagrafici/CodiceFiscale"), &code);
    }
}

fn is_wrong_italian(id: &VatId) -> bool {
    id.id_paese == "IT" && partita_iva::check(&id.id_codice).is_err()
}

fn identities(invoice: &Invoice, report: &mut Report) {
    use DocumentType::{
        Td01, Td02, Td03, Td06, Td16, Td17, Td18, Td19, Td20, Td21, Td22, Td23, Td24, Td25, Td27, Td28, Td29,
    };
    let (buyer, kind) = (&invoice.buyer, invoice.document.tipo_documento);
    let buyer_id = At::new(BUYER, "DatiAnagrafici/IdFiscaleIVA");
    if buyer.id_fiscale_iva.is_none() && buyer.codice_fiscale.is_none() {
        report.rule("00417", At::new(BUYER, "DatiAnagrafici"), &"");
    }
    let same = is_same(invoice);
    let must_differ =
        matches!(kind, Td01 | Td02 | Td03 | Td06 | Td16 | Td17 | Td18 | Td19 | Td20 | Td24 | Td25 | Td28 | Td29);
    if same && must_differ {
        report.rule("00471", buyer_id, &kind);
    }
    if !same && matches!(kind, Td21 | Td27) {
        report.rule("00472", buyer_id, &kind);
    }
    let seller_country = invoice.seller.id_fiscale_iva.id_paese.as_str();
    let wrong_country = match kind {
        Td17 | Td18 | Td19 | Td28 => seller_country == "IT",
        Td29 => seller_country != "IT",
        _ => false,
    };
    if wrong_country {
        report.rule("00473", At::new(SELLER, "DatiAnagrafici/IdFiscaleIVA/IdPaese"), &seller_country);
    }
    let wants_number = matches!(kind, Td16 | Td17 | Td18 | Td19 | Td20 | Td22 | Td23 | Td28 | Td29);
    if wants_number && buyer.id_fiscale_iva.is_none() {
        report.rule("00475", buyer_id, &kind);
    }
    if let Some(id) = buyer.id_fiscale_iva.as_ref().filter(|id| id.id_paese != "IT" && seller_country != "IT") {
        report.rule("00476", buyer_id.leaf("DatiAnagrafici/IdFiscaleIVA/IdPaese"), &id.id_paese);
    }
}

/// The same subject: equal VAT number with its country, or equal codice fiscale.
fn is_same(invoice: &Invoice) -> bool {
    let (seller, buyer) = (&invoice.seller, &invoice.buyer);
    let same_number = buyer.id_fiscale_iva.as_ref() == Some(&seller.id_fiscale_iva);
    let same_code = seller.codice_fiscale.is_some() && seller.codice_fiscale == buyer.codice_fiscale;
    same_number || same_code
}
