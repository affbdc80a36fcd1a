//! An invoice of the ordinary format as a document in memory, in schema order, and as its file.
//!
//! Here: which field becomes which element. Amounts are written as the model has them, padded to two decimals; the same
//! invoice always gives the same bytes. Not here: the file itself (`tree`), whether the result is acceptable (`conform`,
//! `check`).

use super::codes::{LineKind, Natura, Shareholders, VatDue};
use super::elements::Elements;
use super::model::{
    Address, Adjustment, AdjustmentAmount, Attachment, BuyerParty, Contacts, Document, DocumentReference, Fund,
    Invoice, Issuer, Line, OtherData, PartyName, Payment, PaymentDetail, Rea, Seller, Summary, Transmission, Transport,
    VatId, Withholding,
};
use super::schema::Family;
use super::tree::Tree;

/// The file of an invoice.
#[must_use]
pub fn to_xml(invoice: &Invoice) -> Vec<u8> {
    let mut tree = Tree::new(Family::Ordinary);
    to_tree(invoice, &mut tree);
    let mut out = Vec::with_capacity(4096);
    tree.write(&mut out);
    out
}

/// The document of an invoice, in the memory of `tree`.
pub fn to_tree(invoice: &Invoice, tree: &mut Tree) {
    let mut xml = Elements::new(tree, Family::Ordinary, invoice.versione.as_str());
    xml.block("FatturaElettronicaHeader", |xml| header(xml, invoice));
    xml.block("FatturaElettronicaBody", |xml| body(xml, invoice));
}

fn header(xml: &mut Elements<'_>, invoice: &Invoice) {
    xml.block("DatiTrasmissione", |xml| transmission(xml, &invoice.transmission));
    xml.block("CedentePrestatore", |xml| seller(xml, &invoice.seller));
    xml.block("CessionarioCommittente", |xml| buyer(xml, &invoice.buyer));
    if let Some(third) = &invoice.issuer {
        xml.block("TerzoIntermediarioOSoggettoEmittente", |xml| issuer(xml, third));
        xml.text("SoggettoEmittente", "TZ");
    }
}

fn issuer(xml: &mut Elements<'_>, issuer: &Issuer) {
    xml.block("DatiAnagrafici", |xml| {
        vat_id(xml, "IdFiscaleIVA", &issuer.id_fiscale_iva);
        xml.optional("CodiceFiscale", issuer.codice_fiscale.as_deref());
        xml.block("Anagrafica", |xml| name(xml, &issuer.name));
    });
}

fn transmission(xml: &mut Elements<'_>, transmission: &Transmission) {
    vat_id(xml, "IdTrasmittente", &transmission.id_trasmittente);
    xml.text("ProgressivoInvio", &transmission.progressivo_invio);
    xml.text("FormatoTrasmissione", transmission.formato_trasmissione.as_str());
    xml.text("CodiceDestinatario", &transmission.codice_destinatario);
    xml.optional("PECDestinatario", transmission.pec_destinatario.as_deref());
}

pub(super) fn vat_id(xml: &mut Elements<'_>, name: &str, id: &VatId) {
    xml.block(name, |xml| {
        xml.text("IdPaese", &id.id_paese);
        xml.text("IdCodice", &id.id_codice);
    });
}

fn seller(xml: &mut Elements<'_>, seller: &Seller) {
    xml.block("DatiAnagrafici", |xml| {
        vat_id(xml, "IdFiscaleIVA", &seller.id_fiscale_iva);
        xml.optional("CodiceFiscale", seller.codice_fiscale.as_deref());
        xml.block("Anagrafica", |xml| name(xml, &seller.name));
        if let Some(register) = &seller.albo {
            xml.text("AlboProfessionale", &register.albo_professionale);
            xml.optional("ProvinciaAlbo", register.provincia_albo.as_deref());
            xml.optional("NumeroIscrizioneAlbo", register.numero_iscrizione_albo.as_deref());
            xml.optional_date("DataIscrizioneAlbo", register.data_iscrizione_albo);
        }
        xml.text("RegimeFiscale", seller.regime_fiscale.as_str());
    });
    xml.block("Sede", |xml| address(xml, &seller.sede));
    if let Some(branch) = &seller.stabile_organizzazione {
        xml.block("StabileOrganizzazione", |xml| address(xml, branch));
    }
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
    xml.optional("RiferimentoAmministrazione", seller.riferimento_amministrazione.as_deref());
}

pub(super) fn rea(xml: &mut Elements<'_>, rea: &Rea) {
    xml.block("IscrizioneREA", |xml| {
        xml.text("Ufficio", &rea.ufficio);
        xml.text("NumeroREA", &rea.numero_rea);
        xml.optional_amount("CapitaleSociale", rea.capitale_sociale);
        xml.optional("SocioUnico", rea.socio_unico.map(Shareholders::as_str));
        xml.text("StatoLiquidazione", rea.stato_liquidazione.as_str());
    });
}

pub(super) fn name(xml: &mut Elements<'_>, name: &PartyName) {
    match name {
        PartyName::Denominazione(firm) => xml.text("Denominazione", firm),
        PartyName::Persona { nome, cognome } => {
            xml.text("Nome", nome);
            xml.text("Cognome", cognome);
        }
    }
}

pub(super) fn address(xml: &mut Elements<'_>, address: &Address) {
    xml.text("Indirizzo", &address.indirizzo);
    xml.optional("NumeroCivico", address.numero_civico.as_deref());
    xml.text("CAP", &address.cap);
    xml.text("Comune", &address.comune);
    xml.optional("Provincia", address.provincia.as_deref());
    xml.text("Nazione", &address.nazione);
}

fn buyer(xml: &mut Elements<'_>, buyer: &BuyerParty) {
    xml.block("DatiAnagrafici", |xml| {
        if let Some(id) = &buyer.id_fiscale_iva {
            vat_id(xml, "IdFiscaleIVA", id);
        }
        xml.optional("CodiceFiscale", buyer.codice_fiscale.as_deref());
        xml.block("Anagrafica", |xml| name(xml, &buyer.name));
    });
    xml.block("Sede", |xml| address(xml, &buyer.sede));
}

fn body(xml: &mut Elements<'_>, invoice: &Invoice) {
    xml.block("DatiGenerali", |xml| {
        xml.block("DatiGeneraliDocumento", |xml| document(xml, &invoice.document));
        references(xml, "DatiOrdineAcquisto", &invoice.orders);
        references(xml, "DatiContratto", &invoice.contracts);
        references(xml, "DatiConvenzione", &invoice.agreements);
        references(xml, "DatiRicezione", &invoice.receipts);
        references(xml, "DatiFattureCollegate", &invoice.linked_invoices);
        for phase in &invoice.phases {
            xml.block("DatiSAL", |xml| xml.integer("RiferimentoFase", *phase));
        }
        for document in &invoice.transport_documents {
            xml.block("DatiDDT", |xml| {
                xml.text("NumeroDDT", &document.numero);
                xml.date("DataDDT", document.data);
                for line in &document.lines {
                    xml.integer("RiferimentoNumeroLinea", *line);
                }
            });
        }
        if let Some(journey) = &invoice.transport {
            xml.block("DatiTrasporto", |xml| transport(xml, journey));
        }
        if let Some(principal) = &invoice.principal {
            xml.block("FatturaPrincipale", |xml| {
                xml.text("NumeroFatturaPrincipale", &principal.numero);
                xml.date("DataFatturaPrincipale", principal.data);
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
    if let Some(vehicle) = &invoice.vehicle {
        xml.block("DatiVeicoli", |xml| {
            xml.date("Data", vehicle.data);
            xml.text("TotalePercorso", &vehicle.totale_percorso);
        });
    }
    for item in &invoice.payments {
        xml.block("DatiPagamento", |xml| payment(xml, item));
    }
    attachments(xml, &invoice.attachments);
}

fn transport(xml: &mut Elements<'_>, transport: &Transport) {
    if let Some(carrier) = &transport.carrier {
        xml.block("DatiAnagraficiVettore", |xml| {
            vat_id(xml, "IdFiscaleIVA", &carrier.id_fiscale_iva);
            xml.block("Anagrafica", |xml| name(xml, &carrier.name));
        });
    }
    xml.optional("MezzoTrasporto", transport.mezzo_trasporto.as_deref());
    xml.optional("CausaleTrasporto", transport.causale_trasporto.as_deref());
    if let Some(count) = transport.numero_colli {
        xml.integer("NumeroColli", count);
    }
    xml.optional("Descrizione", transport.descrizione.as_deref());
    xml.optional("UnitaMisuraPeso", transport.unita_misura_peso.as_deref());
    xml.optional_amount("PesoLordo", transport.peso_lordo);
    xml.optional_amount("PesoNetto", transport.peso_netto);
    xml.optional_time("DataOraRitiro", transport.data_ora_ritiro);
    xml.optional_date("DataInizioTrasporto", transport.data_inizio_trasporto);
    xml.optional("TipoResa", transport.tipo_resa.as_deref());
}

pub(super) fn attachments(xml: &mut Elements<'_>, attachments: &[Attachment]) {
    for item in attachments {
        xml.block("Allegati", |xml| {
            xml.text("NomeAttachment", &item.nome);
            xml.optional("AlgoritmoCompressione", item.algoritmo_compressione.as_deref());
            xml.optional("FormatoAttachment", item.formato.as_deref());
            xml.optional("DescrizioneAttachment", item.descrizione.as_deref());
            xml.text("Attachment", &item.content);
        });
    }
}

fn document(xml: &mut Elements<'_>, document: &Document) {
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
    for item in &document.sconti {
        xml.block("ScontoMaggiorazione", |xml| adjustment(xml, item));
    }
    xml.optional_amount("ImportoTotaleDocumento", document.importo_totale_documento);
    xml.optional_amount("Arrotondamento", document.arrotondamento);
    for text in &document.causale {
        xml.text("Causale", text);
    }
    xml.yes("Art73", document.art73);
}

fn withholding(xml: &mut Elements<'_>, withholding: &Withholding) {
    xml.text("TipoRitenuta", withholding.tipo_ritenuta.as_str());
    xml.amount("ImportoRitenuta", withholding.importo_ritenuta);
    xml.amount("AliquotaRitenuta", withholding.aliquota_ritenuta);
    xml.text("CausalePagamento", &withholding.causale_pagamento);
}

fn fund(xml: &mut Elements<'_>, fund: &Fund) {
    xml.text("TipoCassa", fund.tipo_cassa.as_str());
    xml.amount("AlCassa", fund.al_cassa);
    xml.amount("ImportoContributoCassa", fund.importo_contributo_cassa);
    xml.optional_amount("ImponibileCassa", fund.imponibile_cassa);
    xml.amount("AliquotaIVA", fund.aliquota_iva);
    xml.yes("Ritenuta", fund.ritenuta);
    xml.optional("Natura", fund.natura.map(Natura::as_str));
    xml.optional("RiferimentoAmministrazione", fund.riferimento_amministrazione.as_deref());
}

fn references(xml: &mut Elements<'_>, name: &str, references: &[DocumentReference]) {
    for reference in references {
        xml.block(name, |xml| {
            for line in &reference.lines {
                xml.integer("RiferimentoNumeroLinea", *line);
            }
            xml.text("IdDocumento", &reference.id_documento);
            xml.optional_date("Data", reference.data);
            xml.optional("NumItem", reference.num_item.as_deref());
            xml.optional("CodiceCommessaConvenzione", reference.codice_commessa_convenzione.as_deref());
            xml.optional("CodiceCUP", reference.codice_cup.as_deref());
            xml.optional("CodiceCIG", reference.codice_cig.as_deref());
        });
    }
}

fn line(xml: &mut Elements<'_>, line: &Line) {
    xml.integer("NumeroLinea", line.numero_linea);
    xml.optional("TipoCessionePrestazione", line.tipo_cessione_prestazione.map(LineKind::as_str));
    for code in &line.codici_articolo {
        xml.block("CodiceArticolo", |xml| {
            xml.text("CodiceTipo", &code.codice_tipo);
            xml.text("CodiceValore", &code.codice_valore);
        });
    }
    xml.text("Descrizione", &line.descrizione);
    xml.optional_amount("Quantita", line.quantita);
    xml.optional("UnitaMisura", line.unita_misura.as_deref());
    xml.optional_date("DataInizioPeriodo", line.data_inizio_periodo);
    xml.optional_date("DataFinePeriodo", line.data_fine_periodo);
    xml.amount("PrezzoUnitario", line.prezzo_unitario);
    for item in &line.sconti {
        xml.block("ScontoMaggiorazione", |xml| adjustment(xml, item));
    }
    xml.amount("PrezzoTotale", line.prezzo_totale);
    xml.amount("AliquotaIVA", line.aliquota_iva);
    xml.yes("Ritenuta", line.ritenuta);
    xml.optional("Natura", line.natura.map(Natura::as_str));
    xml.optional("RiferimentoAmministrazione", line.riferimento_amministrazione.as_deref());
    for item in &line.altri_dati {
        xml.block("AltriDatiGestionali", |xml| other(xml, item));
    }
}

fn other(xml: &mut Elements<'_>, other: &OtherData) {
    xml.text("TipoDato", &other.tipo_dato);
    xml.optional("RiferimentoTesto", other.riferimento_testo.as_deref());
    xml.optional_amount("RiferimentoNumero", other.riferimento_numero);
    xml.optional_date("RiferimentoData", other.riferimento_data);
}

fn adjustment(xml: &mut Elements<'_>, adjustment: &Adjustment) {
    xml.text("Tipo", adjustment.tipo.as_str());
    match adjustment.amount {
        AdjustmentAmount::Percentuale(percent) => xml.amount("Percentuale", percent),
        AdjustmentAmount::Importo(amount) => xml.amount("Importo", amount),
    }
}

fn summary(xml: &mut Elements<'_>, summary: &Summary) {
    xml.amount("AliquotaIVA", summary.aliquota_iva);
    xml.optional("Natura", summary.natura.map(Natura::as_str));
    xml.optional_amount("Arrotondamento", summary.arrotondamento);
    xml.amount("ImponibileImporto", summary.imponibile_importo);
    xml.amount("Imposta", summary.imposta);
    xml.optional("EsigibilitaIVA", summary.esigibilita_iva.map(VatDue::as_str));
    xml.optional("RiferimentoNormativo", summary.riferimento_normativo.as_deref());
}

fn payment(xml: &mut Elements<'_>, payment: &Payment) {
    xml.text("CondizioniPagamento", payment.condizioni_pagamento.as_str());
    for item in &payment.dettagli {
        xml.block("DettaglioPagamento", |xml| detail(xml, item));
    }
}

fn detail(xml: &mut Elements<'_>, detail: &PaymentDetail) {
    xml.optional("Beneficiario", detail.beneficiario.as_deref());
    xml.text("ModalitaPagamento", detail.modalita_pagamento.as_str());
    xml.optional_date("DataRiferimentoTerminiPagamento", detail.data_riferimento);
    if let Some(days) = detail.giorni {
        xml.integer("GiorniTerminiPagamento", days);
    }
    xml.optional_date("DataScadenzaPagamento", detail.data_scadenza_pagamento);
    xml.amount("ImportoPagamento", detail.importo_pagamento);
    xml.optional("IstitutoFinanziario", detail.istituto_finanziario.as_deref());
    xml.optional("IBAN", detail.iban.as_deref());
    xml.optional("CodicePagamento", detail.codice_pagamento.as_deref());
}

#[cfg(test)]
#[path = "tests/write.rs"]
mod tests;
