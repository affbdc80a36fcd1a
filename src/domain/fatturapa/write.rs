//! An invoice as compact XML, in schema order, UTF-8 without BOM.
//!
//! Here: elements and escaping, straight into bytes; the same invoice always gives the same bytes. Amounts are written as
//! the model has them, padded to two decimals. Not here: whether the result is acceptable (`check`).

use std::io::Write as _;

use chrono::{Datelike as _, NaiveDate};

use crate::domain::money::{Decimal, format_decimal};

use super::model::{
    Address, Adjustment, AdjustmentAmount, BuyerParty, Contacts, Document, DocumentReference, Fund, Invoice, Line,
    PartyName, Payment, PaymentDetail, Rea, Seller, Summary, Transmission, VatId, Withholding,
};
use super::xml::{Quotes, escape};

const NAMESPACE: &str = "http://ivaservizi.agenziaentrate.gov.it/docs/xsd/fatture/v1.2";

/// The file of an invoice.
#[must_use]
pub fn to_xml(invoice: &Invoice) -> Vec<u8> {
    let mut out = Vec::with_capacity(4096);
    write(invoice, &mut out);
    out
}

/// Appends the file of an invoice to a buffer, which can be used again for the next one.
pub fn write(invoice: &Invoice, out: &mut Vec<u8>) {
    let mut xml = Xml { out };
    xml.raw("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<p:FatturaElettronica xmlns:p=\"");
    xml.raw(NAMESPACE);
    xml.raw("\" versione=\"");
    xml.raw(invoice.versione.as_str());
    xml.raw("\">");
    xml.block("FatturaElettronicaHeader", |xml| header(xml, invoice));
    xml.block("FatturaElettronicaBody", |xml| body(xml, invoice));
    xml.raw("</p:FatturaElettronica>\n");
}

struct Xml<'a> {
    out: &'a mut Vec<u8>,
}

impl Xml<'_> {
    fn raw(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    fn open(&mut self, name: &str) {
        self.out.push(b'<');
        self.raw(name);
        self.out.push(b'>');
    }

    fn close(&mut self, name: &str) {
        self.raw("</");
        self.raw(name);
        self.out.push(b'>');
    }

    fn block(&mut self, name: &str, content: impl FnOnce(&mut Self)) {
        self.open(name);
        content(self);
        self.close(name);
    }

    fn text(&mut self, name: &str, value: &str) {
        self.open(name);
        escape(value, Quotes::Plain, self.out);
        self.close(name);
    }

    fn optional(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.text(name, value);
        }
    }

    fn amount(&mut self, name: &str, value: Decimal) {
        self.open(name);
        let padded = if value.scale < 2 { value.rescale(2).unwrap_or(value) } else { value };
        format_decimal(padded.mantissa, padded.scale, b'.', self.out);
        self.close(name);
    }

    fn optional_amount(&mut self, name: &str, value: Option<Decimal>) {
        if let Some(value) = value {
            self.amount(name, value);
        }
    }

    fn date(&mut self, name: &str, value: NaiveDate) {
        self.open(name);
        // Writing into a vector of bytes cannot fail.
        let _ = write!(self.out, "{:04}-{:02}-{:02}", value.year(), value.month(), value.day());
        self.close(name);
    }

    fn optional_date(&mut self, name: &str, value: Option<NaiveDate>) {
        if let Some(value) = value {
            self.date(name, value);
        }
    }

    fn yes(&mut self, name: &str, value: bool) {
        if value {
            self.text(name, "SI");
        }
    }
}

fn header(xml: &mut Xml<'_>, invoice: &Invoice) {
    xml.block("DatiTrasmissione", |xml| transmission(xml, &invoice.transmission));
    xml.block("CedentePrestatore", |xml| seller(xml, &invoice.seller));
    xml.block("CessionarioCommittente", |xml| buyer(xml, &invoice.buyer));
}

fn transmission(xml: &mut Xml<'_>, transmission: &Transmission) {
    vat_id(xml, "IdTrasmittente", &transmission.id_trasmittente);
    xml.text("ProgressivoInvio", &transmission.progressivo_invio);
    xml.text("FormatoTrasmissione", transmission.formato_trasmissione.as_str());
    xml.text("CodiceDestinatario", &transmission.codice_destinatario);
    xml.optional("PECDestinatario", transmission.pec_destinatario.as_deref());
}

fn vat_id(xml: &mut Xml<'_>, name: &str, id: &VatId) {
    xml.block(name, |xml| {
        xml.text("IdPaese", &id.id_paese);
        xml.text("IdCodice", &id.id_codice);
    });
}

fn seller(xml: &mut Xml<'_>, seller: &Seller) {
    xml.block("DatiAnagrafici", |xml| {
        vat_id(xml, "IdFiscaleIVA", &seller.id_fiscale_iva);
        xml.optional("CodiceFiscale", seller.codice_fiscale.as_deref());
        name(xml, &seller.name);
        xml.text("RegimeFiscale", seller.regime_fiscale.as_str());
    });
    address(xml, &seller.sede);
    if let Some(register) = &seller.rea {
        rea(xml, register);
    }
    if let Some(contacts) = seller.contacts.as_ref().filter(|contacts| **contacts != Contacts::default()) {
        xml.block("Contatti", |xml| {
            xml.optional("Telefono", contacts.telefono.as_deref());
            xml.optional("Fax", contacts.fax.as_deref());
            xml.optional("Email", contacts.email.as_deref());
        });
    }
}

fn rea(xml: &mut Xml<'_>, rea: &Rea) {
    xml.block("IscrizioneREA", |xml| {
        xml.text("Ufficio", &rea.ufficio);
        xml.text("NumeroREA", &rea.numero_rea);
        xml.optional_amount("CapitaleSociale", rea.capitale_sociale);
        xml.optional("SocioUnico", rea.socio_unico.map(super::codes::Shareholders::as_str));
        xml.text("StatoLiquidazione", rea.stato_liquidazione.as_str());
    });
}

fn name(xml: &mut Xml<'_>, name: &PartyName) {
    xml.block("Anagrafica", |xml| match name {
        PartyName::Denominazione(firm) => xml.text("Denominazione", firm),
        PartyName::Persona { nome, cognome } => {
            xml.text("Nome", nome);
            xml.text("Cognome", cognome);
        }
    });
}

fn address(xml: &mut Xml<'_>, address: &Address) {
    xml.block("Sede", |xml| {
        xml.text("Indirizzo", &address.indirizzo);
        xml.optional("NumeroCivico", address.numero_civico.as_deref());
        xml.text("CAP", &address.cap);
        xml.text("Comune", &address.comune);
        xml.optional("Provincia", address.provincia.as_deref());
        xml.text("Nazione", &address.nazione);
    });
}

fn buyer(xml: &mut Xml<'_>, buyer: &BuyerParty) {
    xml.block("DatiAnagrafici", |xml| {
        if let Some(id) = &buyer.id_fiscale_iva {
            vat_id(xml, "IdFiscaleIVA", id);
        }
        xml.optional("CodiceFiscale", buyer.codice_fiscale.as_deref());
        name(xml, &buyer.name);
    });
    address(xml, &buyer.sede);
}

fn body(xml: &mut Xml<'_>, invoice: &Invoice) {
    xml.block("DatiGenerali", |xml| {
        xml.block("DatiGeneraliDocumento", |xml| document(xml, &invoice.document));
        references(xml, "DatiOrdineAcquisto", &invoice.orders);
        references(xml, "DatiFattureCollegate", &invoice.linked_invoices);
        for document in &invoice.transport_documents {
            xml.block("DatiDDT", |xml| {
                xml.text("NumeroDDT", &document.numero);
                xml.date("DataDDT", document.data);
                for line in &document.lines {
                    xml.text("RiferimentoNumeroLinea", &line.to_string());
                }
            });
        }
    });
    xml.block("DatiBeniServizi", |xml| {
        for item in &invoice.lines {
            xml.block("DettaglioLinee", |xml| line(xml, item));
        }
        for item in &invoice.summaries {
            xml.block("DatiRiepilogo", |xml| summary(xml, item));
        }
    });
    for item in &invoice.payments {
        xml.block("DatiPagamento", |xml| payment(xml, item));
    }
}

fn document(xml: &mut Xml<'_>, document: &Document) {
    xml.text("TipoDocumento", document.tipo_documento.as_str());
    xml.text("Divisa", &document.divisa);
    xml.date("Data", document.data);
    xml.text("Numero", &document.numero);
    for item in &document.ritenute {
        xml.block("DatiRitenuta", |xml| withholding(xml, item));
    }
    if let Some(duty) = &document.bollo {
        xml.block("DatiBollo", |xml| {
            xml.text("BolloVirtuale", "SI");
            xml.optional_amount("ImportoBollo", duty.importo_bollo);
        });
    }
    for item in &document.casse {
        xml.block("DatiCassaPrevidenziale", |xml| fund(xml, item));
    }
    xml.optional_amount("ImportoTotaleDocumento", document.importo_totale_documento);
    xml.optional_amount("Arrotondamento", document.arrotondamento);
    for text in &document.causale {
        xml.text("Causale", text);
    }
}

fn withholding(xml: &mut Xml<'_>, withholding: &Withholding) {
    xml.text("TipoRitenuta", withholding.tipo_ritenuta.as_str());
    xml.amount("ImportoRitenuta", withholding.importo_ritenuta);
    xml.amount("AliquotaRitenuta", withholding.aliquota_ritenuta);
    xml.text("CausalePagamento", &withholding.causale_pagamento);
}

fn fund(xml: &mut Xml<'_>, fund: &Fund) {
    xml.text("TipoCassa", fund.tipo_cassa.as_str());
    xml.amount("AlCassa", fund.al_cassa);
    xml.amount("ImportoContributoCassa", fund.importo_contributo_cassa);
    xml.optional_amount("ImponibileCassa", fund.imponibile_cassa);
    xml.amount("AliquotaIVA", fund.aliquota_iva);
    xml.yes("Ritenuta", fund.ritenuta);
    xml.optional("Natura", fund.natura.map(super::codes::Natura::as_str));
}

fn references(xml: &mut Xml<'_>, name: &str, references: &[DocumentReference]) {
    for reference in references {
        xml.block(name, |xml| {
            xml.text("IdDocumento", &reference.id_documento);
            xml.optional_date("Data", reference.data);
            xml.optional("CodiceCommessaConvenzione", reference.codice_commessa_convenzione.as_deref());
            xml.optional("CodiceCUP", reference.codice_cup.as_deref());
            xml.optional("CodiceCIG", reference.codice_cig.as_deref());
        });
    }
}

fn line(xml: &mut Xml<'_>, line: &Line) {
    xml.text("NumeroLinea", &line.numero_linea.to_string());
    xml.optional("TipoCessionePrestazione", line.tipo_cessione_prestazione.map(super::codes::LineKind::as_str));
    for code in &line.codici_articolo {
        xml.block("CodiceArticolo", |xml| {
            xml.text("CodiceTipo", &code.codice_tipo);
            xml.text("CodiceValore", &code.codice_valore);
        });
    }
    xml.text("Descrizione", &line.descrizione);
    xml.optional_amount("Quantita", line.quantita);
    xml.optional("UnitaMisura", line.unita_misura.as_deref());
    xml.amount("PrezzoUnitario", line.prezzo_unitario);
    for item in &line.sconti {
        xml.block("ScontoMaggiorazione", |xml| adjustment(xml, item));
    }
    xml.amount("PrezzoTotale", line.prezzo_totale);
    xml.amount("AliquotaIVA", line.aliquota_iva);
    xml.yes("Ritenuta", line.ritenuta);
    xml.optional("Natura", line.natura.map(super::codes::Natura::as_str));
}

fn adjustment(xml: &mut Xml<'_>, adjustment: &Adjustment) {
    xml.text("Tipo", adjustment.tipo.as_str());
    match adjustment.amount {
        AdjustmentAmount::Percentuale(percent) => xml.amount("Percentuale", percent),
        AdjustmentAmount::Importo(amount) => xml.amount("Importo", amount),
    }
}

fn summary(xml: &mut Xml<'_>, summary: &Summary) {
    xml.amount("AliquotaIVA", summary.aliquota_iva);
    xml.optional("Natura", summary.natura.map(super::codes::Natura::as_str));
    xml.optional_amount("Arrotondamento", summary.arrotondamento);
    xml.amount("ImponibileImporto", summary.imponibile_importo);
    xml.amount("Imposta", summary.imposta);
    xml.optional("EsigibilitaIVA", summary.esigibilita_iva.map(super::codes::VatDue::as_str));
    xml.optional("RiferimentoNormativo", summary.riferimento_normativo.as_deref());
}

fn payment(xml: &mut Xml<'_>, payment: &Payment) {
    xml.text("CondizioniPagamento", payment.condizioni_pagamento.as_str());
    for item in &payment.dettagli {
        xml.block("DettaglioPagamento", |xml| detail(xml, item));
    }
}

fn detail(xml: &mut Xml<'_>, detail: &PaymentDetail) {
    xml.text("ModalitaPagamento", detail.modalita_pagamento.as_str());
    xml.optional_date("DataScadenzaPagamento", detail.data_scadenza_pagamento);
    xml.amount("ImportoPagamento", detail.importo_pagamento);
    xml.optional("IBAN", detail.iban.as_deref());
    xml.optional("CodicePagamento", detail.codice_pagamento.as_deref());
}

#[cfg(test)]
#[path = "tests/write.rs"]
mod tests;
