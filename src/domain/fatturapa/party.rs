//! The buyer of an order as the invoice writes it: name, tax numbers, address (specification, section 7).
//!
//! Here: what each kind of buyer must have, and the placeholders of foreign buyers. All problems of a buyer are found in
//! one pass. Not here: the recipient code (`routing`).

use std::borrow::Cow;

use crate::domain::ids::{codice_fiscale, partita_iva, simple, vat_number};

use super::model::{Address, BuyerParty, PartyName, VatId};
use super::person;
use super::reject::{BuildError, Reason};
use super::request::{Buyer, BuyerKind, Placeholders};
use super::routing::{Route, route};
use super::text::{Charset, Texts};

/// The buyer's block and its route.
///
/// # Errors
/// Everything that is wrong with the buyer.
pub fn party(
    buyer: &Buyer,
    placeholders: &Placeholders,
    texts: &mut Texts,
) -> Result<(BuyerParty, Route), Vec<BuildError>> {
    let mut problems = Vec::new();
    let name = keep(name(buyer, texts), &mut problems);
    let Some(country) = keep(country(buyer), &mut problems) else { return Err(problems) };
    let sede = address(buyer, &country, placeholders, texts, &mut problems);
    let numbers = keep(tax_numbers(buyer, &country, placeholders), &mut problems);
    let route = keep(route(buyer, &country), &mut problems);
    match (name, numbers, sede, route) {
        (Some(name), Some((id_fiscale_iva, codice_fiscale)), Some(sede), Some(route)) => {
            Ok((BuyerParty { id_fiscale_iva, codice_fiscale, name, sede }, route))
        }
        _ => Err(problems),
    }
}

/// The buyer's VAT number, its codice fiscale and the way to it: all that the simplified format needs of a buyer.
pub type Identity = (Option<VatId>, Option<String>, Route);

/// The numbers of a buyer and its route, without name and address.
///
/// # Errors
/// Everything that is wrong with them.
pub fn identify(buyer: &Buyer, placeholders: &Placeholders) -> Result<Identity, Vec<BuildError>> {
    let mut problems = Vec::new();
    let Some(country) = keep(country(buyer), &mut problems) else { return Err(problems) };
    let numbers = keep(tax_numbers(buyer, &country, placeholders), &mut problems);
    let route = keep(route(buyer, &country), &mut problems);
    match (numbers, route) {
        (Some((id, code)), Some(route)) => Ok((id, code, route)),
        _ => Err(problems),
    }
}

fn keep<T>(result: Result<T, BuildError>, problems: &mut Vec<BuildError>) -> Option<T> {
    result.map_err(|problem| problems.push(problem)).ok()
}

/// A field with something in it.
fn given(field: Option<&str>) -> Option<&str> {
    field.map(str::trim).filter(|text| !text.is_empty())
}

fn country(buyer: &Buyer) -> Result<String, BuildError> {
    let written = given(buyer.nazione.as_deref()).unwrap_or("IT");
    let country =
        simple::country(written).map_err(|_| BuildError::new(Reason::BadCountry, "buyer.nazione", written))?;
    Ok(country.into_owned())
}

fn name(buyer: &Buyer, texts: &mut Texts) -> Result<PartyName, BuildError> {
    let firm = given(buyer.denominazione.as_deref());
    let person = (given(buyer.nome.as_deref()), given(buyer.cognome.as_deref()));
    match (buyer.kind, firm, person) {
        (BuyerKind::Consumer, _, (Some(nome), Some(cognome))) => persona(nome, cognome, texts),
        (BuyerKind::Consumer, whole, (nome, cognome)) => {
            let whole =
                whole.or(nome).or(cognome).ok_or_else(|| BuildError::missing(Reason::MissingName, "buyer.nome"))?;
            let (nome, cognome) = divided(whole, buyer)?;
            persona(&nome, &cognome, texts)
        }
        (_, Some(firm), _) => {
            let written = texts.fit("Denominazione", firm, Charset::Latin, 80);
            writable(written, "buyer.denominazione", firm).map(PartyName::Denominazione)
        }
        (_, None, (Some(nome), Some(cognome))) => persona(nome, cognome, texts),
        _ => Err(BuildError::missing(Reason::MissingName, "buyer.denominazione")),
    }
}

fn divided(whole: &str, buyer: &Buyer) -> Result<(String, String), BuildError> {
    let code = given(buyer.codice_fiscale.as_deref()).map(str::to_ascii_uppercase);
    person::divide(whole, code.as_deref())
        .ok_or_else(|| BuildError::new(Reason::OneWordName, "buyer.denominazione", whole))
}

fn persona(nome: &str, cognome: &str, texts: &mut Texts) -> Result<PartyName, BuildError> {
    let written = texts.fit("Nome", nome, Charset::Latin, 60);
    let nome = writable(written, "buyer.nome", nome)?;
    let written = texts.fit("Cognome", cognome, Charset::Latin, 60);
    let cognome = writable(written, "buyer.cognome", cognome)?;
    Ok(PartyName::Persona { nome, cognome })
}

fn writable(written: String, field: &str, source: &str) -> Result<String, BuildError> {
    if written.chars().any(char::is_alphanumeric) {
        Ok(written)
    } else {
        Err(BuildError::new(Reason::UnwritableName, field, source))
    }
}

type TaxNumbers = (Option<VatId>, Option<String>);

fn tax_numbers(buyer: &Buyer, country: &str, placeholders: &Placeholders) -> Result<TaxNumbers, BuildError> {
    if country != "IT" {
        return Ok((Some(foreign_number(buyer, country, placeholders)?), None));
    }
    let numbers = match buyer.kind {
        BuyerKind::Consumer => (None, Some(person_code(buyer)?)),
        BuyerKind::Business => business_numbers(buyer)?,
        BuyerKind::PublicBody => {
            let number = given(buyer.partita_iva.as_deref()).map(|_| italian_number(buyer)).transpose()?;
            (number, optional_code(buyer)?)
        }
    };
    match numbers {
        (None, None) => Err(BuildError::missing(Reason::MissingTaxNumber, "buyer.codice_fiscale")),
        numbers => Ok(numbers),
    }
}

/// A business has a partita IVA; an association or body may have only a codice fiscale, of eleven digits.
fn business_numbers(buyer: &Buyer) -> Result<TaxNumbers, BuildError> {
    let code = optional_code(buyer)?;
    let is_body = code.as_ref().is_some_and(|code| code.len() == 11);
    if is_body && given(buyer.partita_iva.as_deref()).is_none() {
        return Ok((None, code));
    }
    Ok((Some(italian_number(buyer)?), code))
}

fn person_code(buyer: &Buyer) -> Result<String, BuildError> {
    optional_code(buyer)?.ok_or_else(|| BuildError::missing(Reason::MissingCodiceFiscale, "buyer.codice_fiscale"))
}

fn optional_code(buyer: &Buyer) -> Result<Option<String>, BuildError> {
    let Some(code) = given(buyer.codice_fiscale.as_deref()) else { return Ok(None) };
    let normal = codice_fiscale::normalise(code);
    let normal = normal.map_err(|_| BuildError::new(Reason::BadCodiceFiscale, "buyer.codice_fiscale", code))?;
    Ok(Some(normal.into_owned()))
}

fn italian_number(buyer: &Buyer) -> Result<VatId, BuildError> {
    let field = "buyer.partita_iva";
    let number =
        given(buyer.partita_iva.as_deref()).ok_or_else(|| BuildError::missing(Reason::MissingPartitaIva, field))?;
    let normal = partita_iva::normalise(number).map_err(|_| BuildError::new(Reason::BadPartitaIva, field, number))?;
    Ok(VatId::italian(normal))
}

/// The VAT prefix of a country: its ISO code, except for Greece.
fn vat_prefix(country: &str) -> &str {
    if country == "GR" { "EL" } else { country }
}

fn foreign_number(buyer: &Buyer, country: &str, placeholders: &Placeholders) -> Result<VatId, BuildError> {
    let field = "buyer.partita_iva";
    let prefix = vat_prefix(country);
    let in_union = vat_number::prefixes().any(|known| known == prefix);
    match (given(buyer.partita_iva.as_deref()), buyer.kind) {
        (Some(number), _) => written_number(number, prefix, in_union && placeholders.verify_numbers)
            .ok_or_else(|| BuildError::new(Reason::BadVatNumber, field, number)),
        (None, BuyerKind::Consumer) => Ok(placeholder(prefix, &placeholders.consumer_number)),
        (None, _) if in_union => Err(BuildError::missing(Reason::MissingPartitaIva, field)),
        (None, _) => Ok(placeholder(prefix, &placeholders.business_number)),
    }
}

fn placeholder(prefix: &str, number: &str) -> VatId {
    VatId { id_paese: prefix.to_owned(), id_codice: number.to_owned() }
}

/// A foreign number with its country apart; numbers of the Union (and Northern Ireland) are checked, others only for length.
fn written_number(number: &str, prefix: &str, is_verified: bool) -> Option<VatId> {
    let compact: String = number.chars().filter(|character| !" .-/".contains(*character)).collect();
    let compact = compact.to_ascii_uppercase();
    let is_northern_ireland = prefix == "GB" && compact.starts_with("XI");
    if is_verified || is_northern_ireland {
        let own_prefix = if is_northern_ireland { "XI" } else { prefix };
        let normal = |number: &str| vat_number::normalise(number).map(Cow::into_owned).ok();
        let as_written = normal(&compact).filter(|whole| whole.starts_with(own_prefix));
        let whole = as_written.or_else(|| normal(&format!("{own_prefix}{compact}")))?;
        return Some(VatId { id_paese: whole.get(..2)?.to_owned(), id_codice: whole.get(2..)?.to_owned() });
    }
    let code = compact.strip_prefix(prefix).unwrap_or(&compact);
    let is_admitted = (1..=28).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_admitted.then(|| placeholder(prefix, code))
}

fn address(
    buyer: &Buyer,
    country: &str,
    placeholders: &Placeholders,
    texts: &mut Texts,
    problems: &mut Vec<BuildError>,
) -> Option<Address> {
    let is_italian = country == "IT";
    let cap = keep(postcode(buyer, country, placeholders), problems);
    let with_postcode = !is_italian && placeholders.postcode_in_street;
    let street = keep(street(buyer, with_postcode, texts), problems);
    let comune = keep(town(buyer, texts), problems);
    let provincia = if is_italian { keep(province(buyer), problems)? } else { placeholders.provincia.clone() };
    let (indirizzo, numero_civico) = street?;
    Some(Address { indirizzo, numero_civico, cap: cap?, comune: comune?, provincia, nazione: country.to_owned() })
}

/// San Marino and the Vatican have postcodes of the Italian kind.
fn postcode(buyer: &Buyer, country: &str, placeholders: &Placeholders) -> Result<String, BuildError> {
    let written = given(buyer.cap.as_deref()).unwrap_or_default();
    match (country, simple::cap(written)) {
        ("IT", Ok(cap)) => Ok(cap.into_owned()),
        ("SM" | "VA", Ok(cap)) if placeholders.italian_postcodes => Ok(cap.into_owned()),
        ("IT", Err(_)) => Err(BuildError::new(Reason::BadCap, "buyer.cap", written)),
        _ => Ok(placeholders.cap.clone()),
    }
}

/// Street and house number; a house number that is too long for its element, and a foreign postcode, join the street.
fn street(buyer: &Buyer, with_postcode: bool, texts: &mut Texts) -> Result<(String, Option<String>), BuildError> {
    let field = "buyer.indirizzo";
    let written =
        given(buyer.indirizzo.as_deref()).ok_or_else(|| BuildError::missing(Reason::MissingAddress, field))?;
    let number = given(buyer.numero_civico.as_deref());
    let short_number = number.filter(|number| number.chars().count() <= 8);
    let own_number = texts.fit_optional("NumeroCivico", short_number, Charset::Basic, 8);
    let mut ending = String::new();
    if let (Some(number), None) = (number, short_number) {
        ending = format!(", {number}");
    }
    if let (Some(cap), true) = (given(buyer.cap.as_deref()), with_postcode) {
        ending = format!("{ending}, {cap}");
    }
    let ending = texts.fit("Indirizzo", &ending, Charset::Latin, 30);
    let street = texts.fit("Indirizzo", written, Charset::Latin, 60 - ending.chars().count());
    if street.is_empty() {
        return Err(BuildError::new(Reason::MissingAddress, field, written));
    }
    Ok((format!("{street}{ending}"), own_number))
}

fn town(buyer: &Buyer, texts: &mut Texts) -> Result<String, BuildError> {
    let missing = || BuildError::missing(Reason::MissingTown, "buyer.comune");
    let written = given(buyer.comune.as_deref()).ok_or_else(missing)?;
    Some(texts.fit("Comune", written, Charset::Latin, 60)).filter(|town| !town.is_empty()).ok_or_else(missing)
}

fn province(buyer: &Buyer) -> Result<Option<String>, BuildError> {
    let Some(written) = given(buyer.provincia.as_deref()) else { return Ok(None) };
    let province =
        simple::province(written).map_err(|_| BuildError::new(Reason::BadProvince, "buyer.provincia", written))?;
    Ok(Some(province.into_owned()))
}

#[cfg(test)]
#[path = "tests/party.rs"]
mod tests;
