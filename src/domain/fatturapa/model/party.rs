//! Who takes part: seller, buyer, issuer, and how a file is addressed. Plain data, as in the module around it.

use chrono::NaiveDate;

use crate::domain::fatturapa::codes::{Format, Liquidation, Shareholders, TaxRegime};
use crate::domain::money::Decimal;

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
    /// 1.2.1.4 to 1.2.1.7.
    pub albo: Option<ProfessionalRegister>,
    /// 1.2.3, an Italian branch of a seller established abroad.
    pub stabile_organizzazione: Option<Address>,
    /// 1.2.6, up to 20 characters.
    pub riferimento_amministrazione: Option<String>,
    /// Account to be paid by bank transfer (2.4.2.13).
    pub iban: Option<String>,
    /// Bank of that account (2.4.2.12).
    pub istituto_finanziario: Option<String>,
    /// Code by which files come back to the seller, for documents that it makes as a buyer.
    pub codice_destinatario: Option<String>,
}

/// `AlboProfessionale` and what goes with it (1.2.1.4 to 1.2.1.7): the register of a profession.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfessionalRegister {
    /// 1.2.1.4, up to 60 characters.
    pub albo_professionale: String,
    /// 1.2.1.5.
    pub provincia_albo: Option<String>,
    /// 1.2.1.6, up to 60 characters.
    pub numero_iscrizione_albo: Option<String>,
    /// 1.2.1.7.
    pub data_iscrizione_albo: Option<NaiveDate>,
}

/// `TerzoIntermediarioOSoggettoEmittente` (1.5): who issues in the name of the seller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuer {
    /// 1.5.1.1.
    pub id_fiscale_iva: VatId,
    /// 1.5.1.2.
    pub codice_fiscale: Option<String>,
    /// 1.5.1.3.
    pub name: PartyName,
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
