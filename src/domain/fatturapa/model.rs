//! One invoice as the ordinary format wants it (FPR12, FPA12), ready to write.
//!
//! Here: plain data. A field carries the name of the element that it becomes,
//! in snake case; the number in its comment is the official one. Not here:
//! where the data come from (`request`), how amounts are worked out (`build`),
//! whether the exchange system would take them (`check`).
//!
//! Covered: one document per file with lines, summaries, payments, references
//! to the order and to other invoices, stamp duty, funds, withholdings
//! and transport documents. Not covered: batches, attachments, tax representatives, permanent establishments, which only
//! `tree` can hold.

use chrono::NaiveDate;

use crate::domain::money::Decimal;

use super::codes::{
    AdjustmentKind, DocumentType, Format, FundKind, LineKind, Liquidation, Natura, PaymentMethod, PaymentTerms,
    Shareholders, TaxRegime, VatDue, WithholdingKind,
};

/// `IdFiscaleIVA`: a VAT number with its country.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VatId {
    /// ISO 3166-1 alpha-2, with `EL` for Greece.
    pub id_paese: String,
    /// The number without its country prefix.
    pub id_codice: String,
}

impl VatId {
    /// An Italian partita IVA, eleven digits without prefix.
    #[must_use]
    pub fn italian(id_codice: impl Into<String>) -> Self {
        Self { id_paese: "IT".to_owned(), id_codice: id_codice.into() }
    }
}

/// `Anagrafica`: a firm by its name or a person by name and surname, never both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PartyName {
    /// Name of a company or body, up to 80 characters.
    Denominazione(String),
    /// A natural person, up to 60 characters each.
    Persona {
        /// Given name.
        nome: String,
        /// Surname.
        cognome: String,
    },
}

/// `Sede`: an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// Street, up to 60 characters.
    pub indirizzo: String,
    /// House number, up to 8 characters, when it is not part of the street.
    pub numero_civico: Option<String>,
    /// Five digits; `00000` abroad.
    pub cap: String,
    /// Town, up to 60 characters.
    pub comune: String,
    /// Italian province, two letters.
    pub provincia: Option<String>,
    /// ISO 3166-1 alpha-2.
    pub nazione: String,
}

/// `IscrizioneREA` (1.2.4): entry in the business register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rea {
    /// 1.2.4.1, province of the register.
    pub ufficio: String,
    /// 1.2.4.2.
    pub numero_rea: String,
    /// 1.2.4.3, paid-up capital in euro.
    pub capitale_sociale: Option<Decimal>,
    /// 1.2.4.4.
    pub socio_unico: Option<Shareholders>,
    /// 1.2.4.5.
    pub stato_liquidazione: Liquidation,
}

/// `Contatti` (1.2.5) of the seller.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contacts {
    /// 1.2.5.1, 5 to 12 characters.
    pub telefono: Option<String>,
    /// 1.2.5.2.
    pub fax: Option<String>,
    /// 1.2.5.3.
    pub email: Option<String>,
}

/// `CedentePrestatore` (1.2): the seller, the same on every invoice of a shop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seller {
    /// 1.2.1.3.
    pub name: PartyName,
    /// 1.2.1.1, the partita IVA.
    pub id_fiscale_iva: VatId,
    /// 1.2.1.2.
    pub codice_fiscale: Option<String>,
    /// 1.2.1.8.
    pub regime_fiscale: TaxRegime,
    /// 1.2.2.
    pub sede: Address,
    /// 1.2.4.
    pub rea: Option<Rea>,
    /// 1.2.5.
    pub contacts: Option<Contacts>,
    /// Account to be paid by bank transfer (2.4.2.13).
    pub iban: Option<String>,
}

/// `CessionarioCommittente` (1.4): the buyer as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuyerParty {
    /// 1.4.1.1.
    pub id_fiscale_iva: Option<VatId>,
    /// 1.4.1.2.
    pub codice_fiscale: Option<String>,
    /// 1.4.1.3.
    pub name: PartyName,
    /// 1.4.2.
    pub sede: Address,
}

/// `DatiTrasmissione` (1.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transmission {
    /// 1.1.1, who sends the file.
    pub id_trasmittente: VatId,
    /// 1.1.2, up to 10 characters.
    pub progressivo_invio: String,
    /// 1.1.3.
    pub formato_trasmissione: Format,
    /// 1.1.4, 7 characters (FPR12) or 6 (FPA12).
    pub codice_destinatario: String,
    /// 1.1.6.
    pub pec_destinatario: Option<String>,
}

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
    /// 2.1.1.9, VAT included.
    pub importo_totale_documento: Option<Decimal>,
    /// 2.1.1.10.
    pub arrotondamento: Option<Decimal>,
    /// 2.1.1.11, up to 200 characters each.
    pub causale: Vec<String>,
}

/// `DatiOrdineAcquisto` (2.1.2) and `DatiFattureCollegate` (2.1.6): a reference to another document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DocumentReference {
    /// Identifier of the document, up to 20 characters.
    pub id_documento: String,
    /// Its date.
    pub data: Option<NaiveDate>,
    /// Job or agreement code.
    pub codice_commessa_convenzione: Option<String>,
    /// Public investment project, up to 15 characters.
    pub codice_cup: Option<String>,
    /// Public tender, up to 15 characters.
    pub codice_cig: Option<String>,
}

/// `DatiDDT` (2.1.8): a transport document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransportDocument {
    /// 2.1.8.1.
    pub numero: String,
    /// 2.1.8.2.
    pub data: NaiveDate,
    /// 2.1.8.3, the lines that it covers; none when it covers all.
    pub lines: Vec<u16>,
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
    /// 2.4.2.2.
    pub modalita_pagamento: PaymentMethod,
    /// 2.4.2.5.
    pub data_scadenza_pagamento: Option<NaiveDate>,
    /// 2.4.2.6.
    pub importo_pagamento: Decimal,
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
    /// 2.1.1.
    pub document: Document,
    /// 2.1.2.
    pub orders: Vec<DocumentReference>,
    /// 2.1.6.
    pub linked_invoices: Vec<DocumentReference>,
    /// 2.1.8.
    pub transport_documents: Vec<TransportDocument>,
    /// 2.2.1.
    pub lines: Vec<Line>,
    /// 2.2.2.
    pub summaries: Vec<Summary>,
    /// 2.4.
    pub payments: Vec<Payment>,
}
