//! Which way an invoice takes: format, recipient code, certified mail (specification, section 8).
//!
//! Here: the table by kind of buyer. Not here: the buyer's names and numbers (`party`).

use super::codes::Format;
use super::reject::{BuildError, Reason};
use super::request::{Buyer, BuyerKind};

/// Recipient code of an Italian buyer without a channel of its own.
pub const NO_CHANNEL: &str = "0000000";
/// Recipient code of a buyer not established in Italy.
pub const FOREIGN: &str = "XXXXXXX";
/// Recipient code of San Marino.
pub const SAN_MARINO: &str = "2R4GTO8";

/// Where an invoice goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// Format of the file.
    pub format: Format,
    /// 1.1.4.
    pub codice_destinatario: String,
    /// 1.1.6.
    pub pec_destinatario: Option<String>,
}

impl Route {
    fn private(code: impl Into<String>, pec: Option<String>) -> Self {
        Self { format: Format::Fpr12, codice_destinatario: code.into(), pec_destinatario: pec }
    }
}

/// Decides the way for a buyer whose country (ISO alpha-2) is known.
///
/// # Errors
/// The datum that makes the way impossible.
pub fn route(buyer: &Buyer, country: &str) -> Result<Route, BuildError> {
    let code = buyer.codice_destinatario.as_deref().map(|code| code.trim().to_ascii_uppercase());
    let code = code.as_deref().filter(|code| !code.is_empty());
    match (country, buyer.kind) {
        ("IT", BuyerKind::PublicBody) => public_body(code),
        (_, BuyerKind::PublicBody) => Err(BuildError::new(Reason::ForeignPublicBody, "buyer.nazione", country)),
        ("IT", BuyerKind::Consumer) => Ok(Route::private(NO_CHANNEL, certified_mail(buyer)?)),
        ("IT", BuyerKind::Business) => business(buyer, code),
        // The hub of San Marino is for its operators, who have a number.
        ("SM", kind) if kind == BuyerKind::Business || has_number(buyer) => Ok(Route::private(SAN_MARINO, None)),
        _ => Ok(Route::private(FOREIGN, None)),
    }
}

fn has_number(buyer: &Buyer) -> bool {
    buyer.partita_iva.as_deref().is_some_and(|number| !number.trim().is_empty())
}

fn public_body(code: Option<&str>) -> Result<Route, BuildError> {
    let field = "buyer.codice_destinatario";
    let code = code.ok_or_else(|| BuildError::missing(Reason::MissingOfficeCode, field))?;
    if !is_code(code, 6) {
        return Err(BuildError::new(Reason::BadOfficeCode, field, code));
    }
    Ok(Route { format: Format::Fpa12, codice_destinatario: code.to_owned(), pec_destinatario: None })
}

/// An active code wins over certified mail; without either the file waits in the buyer's reserved area.
fn business(buyer: &Buyer, code: Option<&str>) -> Result<Route, BuildError> {
    let field = "buyer.codice_destinatario";
    match code {
        None | Some(NO_CHANNEL) => Ok(Route::private(NO_CHANNEL, certified_mail(buyer)?)),
        Some(FOREIGN) => Err(BuildError::new(Reason::BadRecipientCode, field, FOREIGN)),
        Some(code) if is_code(code, 7) => Ok(Route::private(code, None)),
        Some(code) if is_code(code, 6) => Err(BuildError::new(Reason::OfficeCodeForBusiness, field, code)),
        Some(code) => Err(BuildError::new(Reason::BadRecipientCode, field, code)),
    }
}

fn certified_mail(buyer: &Buyer) -> Result<Option<String>, BuildError> {
    let Some(pec) = buyer.pec.as_deref().map(str::trim).filter(|pec| !pec.is_empty()) else {
        return Ok(None);
    };
    if !is_mail_address(pec) {
        return Err(BuildError::new(Reason::BadPec, "buyer.pec", pec));
    }
    if is_sdi_mailbox(pec) {
        return Err(BuildError::new(Reason::SdiMailbox, "buyer.pec", pec));
    }
    Ok(Some(pec.to_owned()))
}

/// Whether a text has exactly this length and only capital letters and digits.
fn is_code(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

/// A mailbox of the exchange system itself, `sdiNN@pec.fatturapa.it` (00330).
#[must_use]
pub fn is_sdi_mailbox(address: &str) -> bool {
    let address = address.to_ascii_lowercase();
    let number = address.strip_prefix("sdi").and_then(|rest| rest.strip_suffix("@pec.fatturapa.it"));
    number.is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The unquoted form of the `Email` type of the schema: two dotted runs of atoms around one `@`.
#[must_use]
pub fn is_mail_address(address: &str) -> bool {
    let is_atom_character = |byte: u8| matches!(byte, b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'/'..=b'9' | b'=' | b'?' | b'A'..=b'Z' | b'^'..=b'~');
    let is_atoms = |text: &str| text.split('.').all(|atom| !atom.is_empty() && atom.bytes().all(is_atom_character));
    address.len() <= 256 && address.split_once('@').is_some_and(|(local, domain)| is_atoms(local) && is_atoms(domain))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn buyer(kind: BuyerKind, code: &str, pec: &str) -> Buyer {
        let given = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        Buyer { kind, codice_destinatario: given(code), pec: given(pec), ..Buyer::default() }
    }

    #[test]
    fn the_table_of_section_8() {
        use BuyerKind::{Business, Consumer, PublicBody};
        let cases = [
            (Business, "IT", "abc1234", "ditta@pec.example", Ok((Format::Fpr12, "ABC1234", None))),
            (Business, "IT", "", "Ditta@pec.example", Ok((Format::Fpr12, "0000000", Some("Ditta@pec.example")))),
            (Business, "IT", " ", "", Ok((Format::Fpr12, "0000000", None))),
            (Business, "IT", "UFABCD", "", Err(Reason::OfficeCodeForBusiness)),
            (Business, "IT", "XXXXXXX", "", Err(Reason::BadRecipientCode)),
            (Business, "IT", "ABC-123", "", Err(Reason::BadRecipientCode)),
            (Business, "IT", "", "non una pec", Err(Reason::BadPec)),
            (Business, "IT", "", "SDI01@pec.fatturapa.it", Err(Reason::SdiMailbox)),
            (Consumer, "IT", "ABC1234", "", Ok((Format::Fpr12, "0000000", None))),
            (PublicBody, "IT", "uf1a2b", "", Ok((Format::Fpa12, "UF1A2B", None))),
            (PublicBody, "IT", "ABC1234", "", Err(Reason::BadOfficeCode)),
            (PublicBody, "IT", "", "", Err(Reason::MissingOfficeCode)),
            (PublicBody, "FR", "UF1A2B", "", Err(Reason::ForeignPublicBody)),
            (Business, "DE", "ABC1234", "x", Ok((Format::Fpr12, "XXXXXXX", None))),
            (Consumer, "CH", "", "", Ok((Format::Fpr12, "XXXXXXX", None))),
            (Business, "SM", "", "", Ok((Format::Fpr12, "2R4GTO8", None))),
            (Consumer, "SM", "", "", Ok((Format::Fpr12, "XXXXXXX", None))),
        ];
        for (kind, country, code, pec, expected) in cases {
            let found = route(&buyer(kind, code, pec), country);
            let found = found
                .as_ref()
                .map(|way| (way.format, way.codice_destinatario.as_str(), way.pec_destinatario.as_deref()));
            assert_eq!(found.map_err(|error| error.reason), expected, "{kind:?} {country} {code} {pec}");
        }
    }
}
