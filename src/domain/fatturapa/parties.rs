//! Who stands as seller and who as buyer, by type of document (specification, section 9).
//!
//! Here: documents that the buyer makes of what a supplier invoiced, and those that one makes for oneself. Not here: the
//! data of a party (`party`), the way to it (`routing`).

use super::codes::{DocumentType, Format, TaxRegime};
use super::model::{BuyerParty, Seller, VatId};
use super::party::party;
use super::reject::{BuildError, Reason};
use super::request::{BuildSettings, InvoiceRequest};
use super::routing::{NO_CHANNEL, Route};
use super::text::Texts;

/// Both sides of a document and its way.
pub struct Parties {
    /// `CedentePrestatore`.
    pub seller: Seller,
    /// `CessionarioCommittente`.
    pub buyer: BuyerParty,
    /// Where the file goes.
    pub route: Route,
}

/// The parties of a document. `own` is who runs the shop.
///
/// # Errors
/// Everything that is wrong with the other party.
pub fn parties(
    request: &InvoiceRequest,
    own: &Seller,
    settings: &BuildSettings,
    texts: &mut Texts,
) -> Result<Parties, Vec<BuildError>> {
    let kind = request.document_type;
    if kind.is_to_oneself() {
        return Ok(Parties { seller: own.clone(), buyer: as_buyer(own), route: back_to(own) });
    }
    let (party, route) = party(&request.buyer, &settings.placeholders, texts)?;
    if !kind.is_integration() {
        return Ok(Parties { seller: own.clone(), buyer: party, route });
    }
    supplier(kind, &party)?;
    Ok(Parties { seller: as_seller(party), buyer: as_buyer(own), route: back_to(own) })
}

fn supplier(kind: DocumentType, party: &BuyerParty) -> Result<(), Vec<BuildError>> {
    use DocumentType::{Td17, Td18, Td19, Td28, Td29};

    let country = party.id_fiscale_iva.as_ref().map(|id| id.id_paese.as_str());
    match kind {
        Td17 | Td18 | Td19 | Td28 if country.is_none_or(|country| country == "IT") => {
            Err(vec![BuildError::missing(Reason::SupplierNotForeign, "buyer.nazione")])
        }
        Td29 if country != Some("IT") => Err(vec![BuildError::missing(Reason::SupplierNotItalian, "buyer.nazione")]),
        _ if country.is_none() => Err(vec![BuildError::missing(Reason::MissingPartitaIva, "buyer.partita_iva")]),
        _ => Ok(()),
    }
}

/// The file comes back to who makes it.
fn back_to(own: &Seller) -> Route {
    let code = own.codice_destinatario.clone().unwrap_or_else(|| NO_CHANNEL.to_owned());
    Route { format: Format::Fpr12, codice_destinatario: code, pec_destinatario: None }
}

fn as_buyer(own: &Seller) -> BuyerParty {
    BuyerParty {
        id_fiscale_iva: Some(own.id_fiscale_iva.clone()),
        codice_fiscale: own.codice_fiscale.clone(),
        name: own.name.clone(),
        sede: own.sede.clone(),
    }
}

/// What we know of a supplier; its regime is not among it, and the schema wants one.
fn as_seller(supplier: BuyerParty) -> Seller {
    let is_italian = supplier.id_fiscale_iva.as_ref().is_some_and(|id| id.id_paese == "IT");
    let unknown = VatId { id_paese: "OO".to_owned(), id_codice: "99999999999".to_owned() };
    Seller {
        name: supplier.name,
        id_fiscale_iva: supplier.id_fiscale_iva.unwrap_or(unknown),
        codice_fiscale: supplier.codice_fiscale,
        regime_fiscale: if is_italian { TaxRegime::Rf01 } else { TaxRegime::Rf18 },
        sede: supplier.sede,
        rea: None,
        contacts: None,
        albo: None,
        stabile_organizzazione: None,
        riferimento_amministrazione: None,
        iban: None,
        istituto_finanziario: None,
        codice_destinatario: None,
    }
}
