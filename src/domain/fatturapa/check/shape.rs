//! 00200: every element that the writer writes against its type, with its path.
//!
//! Order, nesting and closed lists are right by construction (the writer and the enums); what is left is length,
//! characters, patterns, digits and the number of repetitions.

use crate::domain::{
    fatturapa::model::{
        Address, AdjustmentAmount, BuyerParty, Contacts, Document, DocumentReference, Fund, Invoice, Line, PartyName,
        Payment, PaymentDetail, Rea, Seller, Summary, Transmission,
    },
    money::Decimal,
};

use super::{
    report::{
        At, BUYER, DOCUMENT, FUND, LINE, LINKED, ORDER, PAYMENT, Report, SELLER, SUMMARY, TRANSMISSION, WITHHOLDING,
    },
    types::{
        AmountType::{self, Cents, EightDecimals, Quantity, Rate},
        TextType::{
            self, Any, Basic, Cap, CodiceFiscale, CuReason, Currency, Email, Iban, Latin, Pec, Phone, Recipient,
            TwoLetters,
        },
    },
};

/// Runs these controls.
pub fn check(invoice: &Invoice, report: &mut Report) {
    let mut shape = Shape { report };
    shape.transmission(&invoice.transmission);
    shape.seller(&invoice.seller);
    shape.buyer(&invoice.buyer);
    shape.document(&invoice.document);
    shape.references(ORDER, &invoice.orders);
    shape.references(LINKED, &invoice.linked_invoices);
    shape.goods(&invoice.lines, &invoice.summaries);
    for (index, payment) in invoice.payments.iter().enumerate() {
        shape.payment(payment, At::nth(PAYMENT, index, "DettaglioPagamento"));
    }
}

struct Shape<'a> {
    report: &'a mut Report,
}

impl Shape<'_> {
    fn text(&mut self, at: At, value: &str, kind: TextType) {
        if let Some((italian, english)) = kind.problem(value) {
            self.report.shape(at, &value, italian, english);
        }
    }

    fn optional(&mut self, at: At, value: Option<&str>, kind: TextType) {
        if let Some(value) = value {
            self.text(at, value, kind);
        }
    }

    fn amount(&mut self, at: At, value: Decimal, kind: AmountType) {
        if let Some((italian, english)) = kind.problem(value) {
            self.report.shape(at, &value, italian, english);
        }
    }

    fn optional_amount(&mut self, at: At, value: Option<Decimal>, kind: AmountType) {
        if let Some(value) = value {
            self.amount(at, value, kind);
        }
    }

    fn missing(&mut self, at: At) {
        self.report.shape(at, &"", "elemento obbligatorio mancante", "required element missing");
    }

    fn transmission(&mut self, transmission: &Transmission) {
        let at = At::new(TRANSMISSION, "IdTrasmittente/IdPaese");
        self.text(at, &transmission.id_trasmittente.id_paese, TwoLetters);
        self.text(at.leaf("IdTrasmittente/IdCodice"), &transmission.id_trasmittente.id_codice, Any(28));
        self.text(at.leaf("ProgressivoInvio"), &transmission.progressivo_invio, Basic(10));
        self.text(at.leaf("CodiceDestinatario"), &transmission.codice_destinatario, Recipient);
        self.optional(at.leaf("PECDestinatario"), transmission.pec_destinatario.as_deref(), Pec);
    }

    fn seller(&mut self, seller: &Seller) {
        let at = At::new(SELLER, "DatiAnagrafici/IdFiscaleIVA/IdPaese");
        self.text(at, &seller.id_fiscale_iva.id_paese, TwoLetters);
        self.text(at.leaf("DatiAnagrafici/IdFiscaleIVA/IdCodice"), &seller.id_fiscale_iva.id_codice, Any(28));
        self.optional(at.leaf("DatiAnagrafici/CodiceFiscale"), seller.codice_fiscale.as_deref(), CodiceFiscale);
        self.name(at, &seller.name);
        self.address(at, &seller.sede);
        if let Some(rea) = &seller.rea {
            self.rea(at, rea);
        }
        if let Some(contacts) = &seller.contacts {
            self.contacts(at, contacts);
        }
    }

    fn rea(&mut self, at: At, rea: &Rea) {
        self.text(at.leaf("IscrizioneREA/Ufficio"), &rea.ufficio, TwoLetters);
        self.text(at.leaf("IscrizioneREA/NumeroREA"), &rea.numero_rea, Basic(20));
        self.optional_amount(at.leaf("IscrizioneREA/CapitaleSociale"), rea.capitale_sociale, Cents);
    }

    fn contacts(&mut self, at: At, contacts: &Contacts) {
        self.optional(at.leaf("Contatti/Telefono"), contacts.telefono.as_deref(), Phone);
        self.optional(at.leaf("Contatti/Fax"), contacts.fax.as_deref(), Phone);
        self.optional(at.leaf("Contatti/Email"), contacts.email.as_deref(), Email);
    }

    fn name(&mut self, at: At, name: &PartyName) {
        match name {
            PartyName::Denominazione(firm) => {
                self.text(at.leaf("DatiAnagrafici/Anagrafica/Denominazione"), firm, Latin(80));
            }
            PartyName::Persona { nome, cognome } => {
                self.text(at.leaf("DatiAnagrafici/Anagrafica/Nome"), nome, Latin(60));
                self.text(at.leaf("DatiAnagrafici/Anagrafica/Cognome"), cognome, Latin(60));
            }
        }
    }

    fn address(&mut self, at: At, address: &Address) {
        self.text(at.leaf("Sede/Indirizzo"), &address.indirizzo, Latin(60));
        self.optional(at.leaf("Sede/NumeroCivico"), address.numero_civico.as_deref(), Basic(8));
        self.text(at.leaf("Sede/CAP"), &address.cap, Cap);
        self.text(at.leaf("Sede/Comune"), &address.comune, Latin(60));
        self.optional(at.leaf("Sede/Provincia"), address.provincia.as_deref(), TwoLetters);
        self.text(at.leaf("Sede/Nazione"), &address.nazione, TwoLetters);
    }

    fn buyer(&mut self, buyer: &BuyerParty) {
        let at = At::new(BUYER, "DatiAnagrafici/IdFiscaleIVA/IdPaese");
        if let Some(id) = &buyer.id_fiscale_iva {
            self.text(at, &id.id_paese, TwoLetters);
            self.text(at.leaf("DatiAnagrafici/IdFiscaleIVA/IdCodice"), &id.id_codice, Any(28));
        }
        self.optional(at.leaf("DatiAnagrafici/CodiceFiscale"), buyer.codice_fiscale.as_deref(), CodiceFiscale);
        self.name(at, &buyer.name);
        self.address(at, &buyer.sede);
    }

    fn document(&mut self, document: &Document) {
        let at = At::new(DOCUMENT, "Divisa");
        self.text(at, &document.divisa, Currency);
        if !(1970..=9999).contains(&chrono::Datelike::year(&document.data)) {
            self.report.shape(
                at.leaf("Data"),
                &document.data,
                "data fuori dal periodo ammesso",
                "date out of the admitted period",
            );
        }
        self.text(at.leaf("Numero"), &document.numero, Basic(20));
        for (index, withholding) in document.ritenute.iter().enumerate() {
            let at = At::nth(WITHHOLDING, index, "ImportoRitenuta");
            self.amount(at, withholding.importo_ritenuta, Cents);
            self.amount(at.leaf("AliquotaRitenuta"), withholding.aliquota_ritenuta, Rate);
            self.text(at.leaf("CausalePagamento"), &withholding.causale_pagamento, CuReason);
        }
        self.optional_amount(
            at.leaf("DatiBollo/ImportoBollo"),
            document.bollo.as_ref().and_then(|duty| duty.importo_bollo),
            Cents,
        );
        for (index, fund) in document.casse.iter().enumerate() {
            self.fund(fund, At::nth(FUND, index, "AlCassa"));
        }
        self.optional_amount(at.leaf("ImportoTotaleDocumento"), document.importo_totale_documento, Cents);
        self.optional_amount(at.leaf("Arrotondamento"), document.arrotondamento, Cents);
        for (index, text) in document.causale.iter().enumerate() {
            self.text(At::new(DOCUMENT, "").inside("Causale", index), text, Latin(200));
        }
    }

    fn fund(&mut self, fund: &Fund, at: At) {
        self.amount(at, fund.al_cassa, Rate);
        self.amount(at.leaf("ImportoContributoCassa"), fund.importo_contributo_cassa, Cents);
        self.optional_amount(at.leaf("ImponibileCassa"), fund.imponibile_cassa, Cents);
        self.amount(at.leaf("AliquotaIVA"), fund.aliquota_iva, Rate);
    }

    fn references(&mut self, block: &'static str, references: &[DocumentReference]) {
        for (index, reference) in references.iter().enumerate() {
            let at = At::nth(block, index, "IdDocumento");
            let commessa = reference.codice_commessa_convenzione.as_deref();
            self.text(at, &reference.id_documento, Basic(20));
            self.optional(at.leaf("CodiceCommessaConvenzione"), commessa, Latin(100));
            self.optional(at.leaf("CodiceCUP"), reference.codice_cup.as_deref(), Basic(15));
            self.optional(at.leaf("CodiceCIG"), reference.codice_cig.as_deref(), Basic(15));
        }
    }

    fn goods(&mut self, lines: &[Line], summaries: &[Summary]) {
        let at = At::new("FatturaElettronicaBody[1]/DatiBeniServizi", "DettaglioLinee");
        if lines.is_empty() {
            self.missing(at);
        }
        if summaries.is_empty() {
            self.missing(at.leaf("DatiRiepilogo"));
        }
        for (index, line) in lines.iter().enumerate() {
            self.line(line, At::nth(LINE, index, "NumeroLinea"));
        }
        for (index, summary) in summaries.iter().enumerate() {
            self.summary(summary, At::nth(SUMMARY, index, "AliquotaIVA"));
        }
    }

    fn line(&mut self, line: &Line, at: At) {
        if !(1..=9999).contains(&line.numero_linea) {
            self.report.shape(
                at,
                &line.numero_linea,
                "numero di riga non ammesso, atteso da 1 a 9999",
                "line number not admitted, expected 1 to 9999",
            );
        }
        for (index, code) in line.codici_articolo.iter().enumerate() {
            let at = at.inside("CodiceArticolo", index);
            self.text(at.leaf("CodiceTipo"), &code.codice_tipo, Basic(35));
            self.text(at.leaf("CodiceValore"), &code.codice_valore, Any(35));
        }
        self.text(at.leaf("Descrizione"), &line.descrizione, Latin(1000));
        self.optional_amount(at.leaf("Quantita"), line.quantita, Quantity);
        self.optional(at.leaf("UnitaMisura"), line.unita_misura.as_deref(), Basic(10));
        self.amount(at.leaf("PrezzoUnitario"), line.prezzo_unitario, EightDecimals);
        for (index, adjustment) in line.sconti.iter().enumerate() {
            let at = at.inside("ScontoMaggiorazione", index);
            match adjustment.amount {
                AdjustmentAmount::Percentuale(percent) => self.amount(at.leaf("Percentuale"), percent, Rate),
                AdjustmentAmount::Importo(amount) => self.amount(at.leaf("Importo"), amount, EightDecimals),
            }
        }
        self.amount(at.leaf("PrezzoTotale"), line.prezzo_totale, EightDecimals);
        self.amount(at.leaf("AliquotaIVA"), line.aliquota_iva, Rate);
    }

    fn summary(&mut self, summary: &Summary, at: At) {
        self.amount(at, summary.aliquota_iva, Rate);
        self.optional_amount(at.leaf("Arrotondamento"), summary.arrotondamento, EightDecimals);
        self.amount(at.leaf("ImponibileImporto"), summary.imponibile_importo, Cents);
        self.amount(at.leaf("Imposta"), summary.imposta, Cents);
        self.optional(at.leaf("RiferimentoNormativo"), summary.riferimento_normativo.as_deref(), Latin(100));
    }

    fn payment(&mut self, payment: &Payment, at: At) {
        if payment.dettagli.is_empty() {
            self.missing(at);
        }
        for (index, detail) in payment.dettagli.iter().enumerate() {
            self.detail(detail, at.inside("DettaglioPagamento", index));
        }
    }

    fn detail(&mut self, detail: &PaymentDetail, at: At) {
        self.amount(at.leaf("ImportoPagamento"), detail.importo_pagamento, Cents);
        self.optional(at.leaf("IBAN"), detail.iban.as_deref(), Iban);
        self.optional(at.leaf("CodicePagamento"), detail.codice_pagamento.as_deref(), Basic(60));
    }
}
