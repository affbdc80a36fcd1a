//! Who has a part in an invoice, in both formats.

use super::part::{Field, Part};
use super::view::Party;

const ROLES: [(&str, &str); 4] = [
    ("CedentePrestatore", "Cedente o prestatore"),
    ("CessionarioCommittente", "Cessionario o committente"),
    ("RappresentanteFiscale", "Rappresentante fiscale del cedente"),
    ("TerzoIntermediarioOSoggettoEmittente", "Terzo intermediario o soggetto emittente"),
];

/// Blocks that hold names and numbers: the ordinary format has them deep, the simplified one flat.
const HOLDERS: [&str; 5] =
    ["", "DatiAnagrafici/", "DatiAnagrafici/Anagrafica/", "IdentificativiFiscali/", "AltriDatiIdentificativi/"];

/// The parties of a header: seller, buyer, then the others.
pub(super) fn parties(header: &Part<'_>) -> Vec<Party> {
    let known = ROLES.iter().filter_map(|(name, role)| Some(party(header.at(name)?, role)));
    known.collect()
}

fn party(block: &Part<'_>, role: &'static str) -> Party {
    let address = |label: &str, name: &str| somewhere(block, name).and_then(|seat| Field::new(label, seat_of(seat)));
    let known = [
        somewhere(block, "IdFiscaleIVA").and_then(|id| Field::new("Partita IVA", vat_number(id))),
        somewhere(block, "CodiceFiscale").and_then(|code| Field::new("Codice fiscale", code.show())),
        address("Sede", "Sede"),
        somewhere(block, "RegimeFiscale").and_then(|regime| Field::new("Regime fiscale", regime.show())),
        address("Stabile organizzazione", "StabileOrganizzazione"),
        somewhere(block, "RappresentanteFiscale").and_then(representative),
        block.at("IscrizioneREA").and_then(register),
    ];
    let name = name_of(block);
    let fields = known.into_iter().flatten().chain(block.details()).collect();
    Party { role, name, fields }
}

fn somewhere<'s, 'a>(block: &'s Part<'a>, name: &str) -> Option<&'s Part<'a>> {
    HOLDERS.iter().find_map(|holder| block.at(&format!("{holder}{name}")))
}

fn name_of(block: &Part<'_>) -> String {
    let parts = ["Denominazione", "Titolo", "Nome", "Cognome"];
    let names = parts.iter().filter_map(|name| somewhere(block, name)).map(Part::show);
    names.filter(|name| !name.is_empty()).collect::<Vec<String>>().join(" ")
}

fn vat_number(id: &Part<'_>) -> String {
    id.joined(&["IdPaese", "IdCodice"], "")
}

/// `Via Roma 12, 20121 Milano (MI), IT`.
fn seat_of(seat: &Part<'_>) -> String {
    let street = seat.joined(&["Indirizzo", "NumeroCivico"], " ");
    let town = seat.joined(&["CAP", "Comune"], " ");
    let province = seat.take("Provincia");
    let town = if province.is_empty() { town } else { format!("{town} ({province})") };
    let parts = [street, town, seat.take("Nazione")];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<String>>().join(", ")
}

fn representative(block: &Part<'_>) -> Option<Field> {
    let number = block.at("IdFiscaleIVA").map(vat_number).unwrap_or_default();
    let parts = [name_of(block), number];
    let text = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<String>>().join(", ");
    Field::new("Rappresentante fiscale", text)
}

fn register(block: &Part<'_>) -> Option<Field> {
    let number = block.joined(&["Ufficio", "NumeroREA"], " ");
    let capital = block.take("CapitaleSociale");
    let capital = if capital.is_empty() { capital } else { format!("capitale sociale {capital}") };
    let parts = [number, capital, block.take("SocioUnico"), block.take("StatoLiquidazione")];
    let text = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<String>>().join(", ");
    Field::new("REA", text)
}
