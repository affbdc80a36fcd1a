//! How goods travelled, and documents beside the invoice. Plain data, as in the module around it.

use chrono::{NaiveDate, NaiveDateTime};

use crate::domain::money::Decimal;

use super::{PartyName, VatId};

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

/// `DatiAnagraficiVettore` (2.1.9.1): who carries the goods.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Carrier {
    /// 2.1.9.1.1.
    pub id_fiscale_iva: VatId,
    /// 2.1.9.1.3.
    pub name: PartyName,
}

/// `DatiTrasporto` (2.1.9) of an invoice that accompanies the goods.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Transport {
    /// 2.1.9.1.
    pub carrier: Option<Carrier>,
    /// 2.1.9.2, up to 80 characters.
    pub mezzo_trasporto: Option<String>,
    /// 2.1.9.3, up to 100 characters.
    pub causale_trasporto: Option<String>,
    /// 2.1.9.4, 1 to 9999.
    pub numero_colli: Option<u16>,
    /// 2.1.9.5, up to 100 characters.
    pub descrizione: Option<String>,
    /// 2.1.9.6, up to 10 characters.
    pub unita_misura_peso: Option<String>,
    /// 2.1.9.7, below ten thousand, up to two decimals.
    pub peso_lordo: Option<Decimal>,
    /// 2.1.9.8, the same.
    pub peso_netto: Option<Decimal>,
    /// 2.1.9.9, Italian time.
    pub data_ora_ritiro: Option<NaiveDateTime>,
    /// 2.1.9.10.
    pub data_inizio_trasporto: Option<NaiveDate>,
    /// 2.1.9.11, Incoterms.
    pub tipo_resa: Option<String>,
}

/// `FatturaPrincipale` (2.1.10): the invoice that this one goes with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrincipalInvoice {
    /// 2.1.10.1, up to 20 characters.
    pub numero: String,
    /// 2.1.10.2.
    pub data: NaiveDate,
}

/// `DatiVeicoli` (2.3): a new means of transport sold inside the Union.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vehicle {
    /// 2.3.1, first registration.
    pub data: NaiveDate,
    /// 2.3.2, kilometres or hours, up to 15 characters.
    pub totale_percorso: String,
}

/// `Allegati` (2.5, simplified 2.3): a file inside the invoice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// 2.5.1, up to 60 characters.
    pub nome: String,
    /// 2.5.2, up to 10 characters: `ZIP` when the content is compressed.
    pub algoritmo_compressione: Option<String>,
    /// 2.5.3, up to 10 characters: `PDF`.
    pub formato: Option<String>,
    /// 2.5.4, up to 100 characters.
    pub descrizione: Option<String>,
    /// 2.5.5, the content in base64.
    pub content: String,
}
