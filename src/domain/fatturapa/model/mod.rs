//! One invoice as the two formats want it (FPR12 and FPA12, FSM10), ready to write.
//!
//! Here: plain data. A field carries the name of the element that it becomes,
//! in snake case; the number in its comment is the official one. Not here:
//! where the data come from (`request`), how amounts are worked out (`build`),
//! whether the exchange system would take them (`check`).
//!
//! Covered: everything that a merchant writes. Not covered: tax representatives, and details of payment such as
//! receipts and penalties, which only `tree` can hold. Several documents in one file are put together as trees (`batch`).

mod party;
mod transport;

use chrono::NaiveDate;

use crate::domain::money::Decimal;

use super::codes::{
    AdjustmentKind, DocumentType, Format, FundKind, LineKind, Natura, PaymentMethod, PaymentTerms, VatDue,
    WithholdingKind,
};

pub use party::{
    Address, BuyerParty, Contacts, Issuer, PartyName, ProfessionalRegister, Rea, Seller, Transmission, VatId,
};
pub use transport::{Attachment, Carrier, PrincipalInvoice, Transport, TransportDocument, Vehicle};

/// `DatiRitenuta` (2.1.1.5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Withholding {
    /// 2.1.1.5.1.
    pub tipo_ritenuta: WithholdingKind,
    /// 2.1.1.5.2.
    pub importo_ritenuta: Decimal,
    /// 2.1.1.5.3, per cent.
    pub aliquota_ritenuta: Decimal,
    /// 2.1.1.5.4, a code of the CU form.
    pub causale_pagamento: String,
}

/// `DatiCassaPrevidenziale` (2.1.1.7).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fund {
    /// 2.1.1.7.1.
    pub tipo_cassa: FundKind,
    /// 2.1.1.7.2, per cent.
    pub al_cassa: Decimal,
    /// 2.1.1.7.3.
    pub importo_contributo_cassa: Decimal,
    /// 2.1.1.7.4.
    pub imponibile_cassa: Option<Decimal>,
    /// 2.1.1.7.5, per cent.
    pub aliquota_iva: Decimal,
    /// 2.1.1.7.6.
    pub ritenuta: bool,
    /// 2.1.1.7.7.
    pub natura: Option<Natura>,
    /// 2.1.1.7.8, up to 20 characters.
    pub riferimento_amministrazione: Option<String>,
}

/// `DatiBollo` (2.1.1.6): stamp duty settled virtually.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StampDuty {
    /// 2.1.1.6.2, in euro.
    pub importo_bollo: Option<Decimal>,
}

/// `DatiGeneraliDocumento` (2.1.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// 2.1.1.1.
    pub tipo_documento: DocumentType,
    /// 2.1.1.2, ISO 4217.
    pub divisa: String,
    /// 2.1.1.3, Italian civil date.
    pub data: NaiveDate,
    /// 2.1.1.4, up to 20 characters with a digit among them.
    pub numero: String,
    /// 2.1.1.5.
    pub ritenute: Vec<Withholding>,
    /// 2.1.1.6.
    pub bollo: Option<StampDuty>,
    /// 2.1.1.7.
    pub casse: Vec<Fund>,
    /// 2.1.1.8, told only: the totals do not know of it.
    pub sconti: Vec<Adjustment>,
    /// 2.1.1.9, VAT included.
    pub importo_totale_documento: Option<Decimal>,
    /// 2.1.1.10.
    pub arrotondamento: Option<Decimal>,
    /// 2.1.1.11, up to 200 characters each.
    pub causale: Vec<String>,
    /// 2.1.1.12, documents that may share a number.
    pub art73: bool,
}

/// `DatiOrdineAcquisto` (2.1.2), `DatiContratto`, `DatiConvenzione`, `DatiRicezione` and `DatiFattureCollegate` (2.1.6): a
/// reference to another document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DocumentReference {
    /// The lines that it concerns; none when it concerns all.
    pub lines: Vec<u16>,
    /// Identifier of the document, up to 20 characters.
    pub id_documento: String,
    /// Its date.
    pub data: Option<NaiveDate>,
    /// Position in the other document, up to 20 characters.
    pub num_item: Option<String>,
    /// Job or agreement code.
    pub codice_commessa_convenzione: Option<String>,
    /// Public investment project, up to 15 characters.
    pub codice_cup: Option<String>,
    /// Public tender, up to 15 characters.
    pub codice_cig: Option<String>,
}

/// `CodiceArticolo` (2.2.1.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArticleCode {
    /// 2.2.1.3.1, for instance `SKU` or `EAN`.
    pub codice_tipo: String,
    /// 2.2.1.3.2, kept as text.
    pub codice_valore: String,
}

/// How much a `ScontoMaggiorazione` changes the unit price: one of the two, so that 00438 cannot happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdjustmentAmount {
    /// 2.2.1.10.2, per cent, two decimals.
    Percentuale(Decimal),
    /// 2.2.1.10.3, net amount per unit, up to 8 decimals.
    Importo(Decimal),
}

/// `ScontoMaggiorazione` (2.2.1.10) of a line: always per unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Adjustment {
    /// 2.2.1.10.1.
    pub tipo: AdjustmentKind,
    /// 2.2.1.10.2 or 2.2.1.10.3.
    pub amount: AdjustmentAmount,
}

/// `DettaglioLinee` (2.2.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// 2.2.1.1, 1 to 9999.
    pub numero_linea: u16,
    /// 2.2.1.2.
    pub tipo_cessione_prestazione: Option<LineKind>,
    /// 2.2.1.3.
    pub codici_articolo: Vec<ArticleCode>,
    /// 2.2.1.4, up to 1000 characters.
    pub descrizione: String,
    /// 2.2.1.5, never negative; missing counts as one.
    pub quantita: Option<Decimal>,
    /// 2.2.1.6, up to 10 characters.
    pub unita_misura: Option<String>,
    /// 2.2.1.7.
    pub data_inizio_periodo: Option<NaiveDate>,
    /// 2.2.1.8.
    pub data_fine_periodo: Option<NaiveDate>,
    /// 2.2.1.9, net of VAT, up to 8 decimals.
    pub prezzo_unitario: Decimal,
    /// 2.2.1.10.
    pub sconti: Vec<Adjustment>,
    /// 2.2.1.11, net of VAT, up to 8 decimals.
    pub prezzo_totale: Decimal,
    /// 2.2.1.12, per cent.
    pub aliquota_iva: Decimal,
    /// 2.2.1.13.
    pub ritenuta: bool,
    /// 2.2.1.14.
    pub natura: Option<Natura>,
    /// 2.2.1.15, up to 20 characters.
    pub riferimento_amministrazione: Option<String>,
    /// 2.2.1.16.
    pub altri_dati: Vec<OtherData>,
}

/// `AltriDatiGestionali` (2.2.1.16).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OtherData {
    /// 2.2.1.16.1, up to 10 characters: `INTENTO`, `TARGA`, or agreed between the parties.
    pub tipo_dato: String,
    /// 2.2.1.16.2, up to 60 characters.
    pub riferimento_testo: Option<String>,
    /// 2.2.1.16.3, up to 8 decimals.
    pub riferimento_numero: Option<Decimal>,
    /// 2.2.1.16.4.
    pub riferimento_data: Option<NaiveDate>,
}

/// `DatiRiepilogo` (2.2.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// 2.2.2.1, per cent.
    pub aliquota_iva: Decimal,
    /// 2.2.2.2.
    pub natura: Option<Natura>,
    /// 2.2.2.4, up to 8 decimals.
    pub arrotondamento: Option<Decimal>,
    /// 2.2.2.5.
    pub imponibile_importo: Decimal,
    /// 2.2.2.6.
    pub imposta: Decimal,
    /// 2.2.2.7.
    pub esigibilita_iva: Option<VatDue>,
    /// 2.2.2.8, up to 100 characters.
    pub riferimento_normativo: Option<String>,
}

/// `DettaglioPagamento` (2.4.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentDetail {
    /// 2.4.2.1, up to 200 characters.
    pub beneficiario: Option<String>,
    /// 2.4.2.2.
    pub modalita_pagamento: PaymentMethod,
    /// 2.4.2.3, from which the days count.
    pub data_riferimento: Option<NaiveDate>,
    /// 2.4.2.4, 0 to 999.
    pub giorni: Option<u16>,
    /// 2.4.2.5.
    pub data_scadenza_pagamento: Option<NaiveDate>,
    /// 2.4.2.6.
    pub importo_pagamento: Decimal,
    /// 2.4.2.12, up to 80 characters.
    pub istituto_finanziario: Option<String>,
    /// 2.4.2.13.
    pub iban: Option<String>,
    /// 2.4.2.21, up to 60 characters.
    pub codice_pagamento: Option<String>,
}

/// `DatiPagamento` (2.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    /// 2.4.1.
    pub condizioni_pagamento: PaymentTerms,
    /// 2.4.2.
    pub dettagli: Vec<PaymentDetail>,
}

/// One file with one document, in the order in which it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invoice {
    /// The `versione` attribute of the root.
    pub versione: Format,
    /// 1.1.
    pub transmission: Transmission,
    /// 1.2.
    pub seller: Seller,
    /// 1.4.
    pub buyer: BuyerParty,
    /// 1.5, with `SoggettoEmittente` (1.6) `TZ`.
    pub issuer: Option<Issuer>,
    /// 2.1.1.
    pub document: Document,
    /// 2.1.2.
    pub orders: Vec<DocumentReference>,
    /// 2.1.3.
    pub contracts: Vec<DocumentReference>,
    /// 2.1.4.
    pub agreements: Vec<DocumentReference>,
    /// 2.1.5.
    pub receipts: Vec<DocumentReference>,
    /// 2.1.6.
    pub linked_invoices: Vec<DocumentReference>,
    /// 2.1.7, `RiferimentoFase` of each, 1 to 999.
    pub phases: Vec<u16>,
    /// 2.1.8.
    pub transport_documents: Vec<TransportDocument>,
    /// 2.1.9.
    pub transport: Option<Transport>,
    /// 2.1.10.
    pub principal: Option<PrincipalInvoice>,
    /// 2.2.1.
    pub lines: Vec<Line>,
    /// 2.2.2.
    pub summaries: Vec<Summary>,
    /// 2.3.
    pub vehicle: Option<Vehicle>,
    /// 2.4.
    pub payments: Vec<Payment>,
    /// 2.5.
    pub attachments: Vec<Attachment>,
}

/// One file of the simplified format (FSM10) with one document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SimplifiedInvoice {
    /// 1.1, with 1.1.3 always `FSM10`.
    pub transmission: Transmission,
    /// 1.2.
    pub seller: Seller,
    /// 1.3.1.1.
    pub buyer_id: Option<VatId>,
    /// 1.3.1.2.
    pub buyer_code: Option<String>,
    /// 1.3.2, name and address when both are known.
    pub buyer: Option<(PartyName, Address)>,
    /// 2.1.1.1.
    pub tipo_documento: DocumentType,
    /// 2.1.1.2.
    pub divisa: String,
    /// 2.1.1.3.
    pub data: NaiveDate,
    /// 2.1.1.4.
    pub numero: String,
    /// 2.1.1.5.
    pub bollo_virtuale: bool,
    /// 2.1.2.
    pub corrected: Option<Correction>,
    /// 2.2.
    pub lines: Vec<SimplifiedLine>,
    /// 2.3.
    pub attachments: Vec<Attachment>,
}

/// `DatiFatturaRettificata` (2.1.2 of the simplified format).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Correction {
    /// 2.1.2.1, up to 20 characters.
    pub numero: String,
    /// 2.1.2.2.
    pub data: NaiveDate,
    /// 2.1.2.3, what is corrected, up to 1000 characters.
    pub elementi: String,
}

/// `DatiBeniServizi` (2.2 of the simplified format).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SimplifiedLine {
    /// 2.2.1, up to 1000 characters.
    pub descrizione: String,
    /// 2.2.2, VAT included.
    pub importo: Decimal,
    /// 2.2.3.1.
    pub imposta: Decimal,
    /// 2.2.3.2, per cent.
    pub aliquota: Decimal,
    /// 2.2.4.
    pub natura: Option<Natura>,
    /// 2.2.5, up to 100 characters.
    pub riferimento_normativo: Option<String>,
}
