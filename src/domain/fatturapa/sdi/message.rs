//! What a message of the exchange system says.
//!
//! Here: [`Message`], [`read`] for both families (invoices between private parties, invoices to public
//! bodies), by local name of the elements. A stripped signature or a missing element is no reason to refuse a message,
//! unless it could not be understood without. Not here: the bytes (`element`), what follows for an invoice (`follow`).

use thiserror::Error;

use super::element::{Element, ElementError, parse};
use super::kind::{Esito, Family, MessageKind, Scarto};
use super::moment::Moment;

/// Root elements that belong to one family; `RicevutaConsegna` belongs to both.
const ROOTS: [(&str, MessageKind, Option<Family>); 12] = [
    ("RicevutaScarto", MessageKind::Ns, Some(Family::Private)),
    ("NotificaScarto", MessageKind::Ns, Some(Family::PublicBody)),
    ("RicevutaConsegna", MessageKind::Rc, None),
    ("RicevutaImpossibilitaRecapito", MessageKind::Mc, Some(Family::Private)),
    ("NotificaMancataConsegna", MessageKind::Mc, Some(Family::PublicBody)),
    ("NotificaEsito", MessageKind::Ne, Some(Family::PublicBody)),
    ("NotificaEsitoCommittente", MessageKind::Ec, Some(Family::PublicBody)),
    ("ScartoEsitoCommittente", MessageKind::Se, Some(Family::PublicBody)),
    ("NotificaDecorrenzaTermini", MessageKind::Dt, Some(Family::PublicBody)),
    ("AttestazioneTrasmissioneFattura", MessageKind::At, Some(Family::PublicBody)),
    ("FileMetadati", MessageKind::Mt, Some(Family::Private)),
    ("MetadatiInvioFile", MessageKind::Mt, Some(Family::PublicBody)),
];

/// One reason of a refusal.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SdiError {
    /// Official code, as `00423`.
    pub codice: String,
    /// The reason.
    pub descrizione: String,
    /// What to do (private family only).
    pub suggerimento: Option<String>,
}

/// To whom the file was delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destinatario {
    /// Code of the channel or office.
    pub codice: Option<String>,
    /// Its name.
    pub descrizione: Option<String>,
}

/// The ZIP archive in which a file was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Archive {
    /// Identifier that the system gave to the archive.
    pub identificativo_sdi: Option<String>,
    /// Its name.
    pub nome_file: String,
}

/// One invoice of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RiferimentoFattura {
    /// Number of the invoice.
    pub numero: String,
    /// Its year.
    pub anno: Option<i32>,
    /// Its place in the file, from one.
    pub posizione: Option<u32>,
}

/// A message of the exchange system. Elements that it does not have are none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its type.
    pub kind: MessageKind,
    /// Its family.
    pub family: Family,
    /// Identifier that the system gave to the file; digits as a rule, kept as text.
    pub identificativo_sdi: Option<String>,
    /// Name of the invoice file; of more than 36 characters it may be cut.
    pub nome_file: Option<String>,
    /// The ZIP archive in which the file was sent.
    pub archive: Option<Archive>,
    /// SHA-256 of the file (private family).
    pub hash: Option<String>,
    /// When the system received the file: counts as the transmission.
    pub data_ora_ricezione: Option<Moment>,
    /// When the file was delivered.
    pub data_ora_consegna: Option<Moment>,
    /// When the file was put into the reserved area of the buyer.
    pub data_messa_a_disposizione: Option<Moment>,
    /// To whom it was delivered.
    pub destinatario: Option<Destinatario>,
    /// Reasons of a refusal.
    pub errors: Vec<SdiError>,
    /// Outcome of the public body; always there in NE and EC.
    pub esito: Option<Esito>,
    /// The invoice of the file that the message is about; none when it is about all of them.
    pub riferimento_fattura: Option<RiferimentoFattura>,
    /// Why an outcome was not taken; always there in SE.
    pub scarto: Option<Scarto>,
    /// Identifier of the message.
    pub message_id: Option<String>,
    /// Identifier of the message of the public body.
    pub message_id_committente: Option<String>,
    /// Identifier of the PEC message.
    pub pec_message_id: Option<String>,
    /// What the message says in words; in NE the words of the public body.
    pub descrizione: Option<String>,
    /// Notes.
    pub note: Option<String>,
    /// Sender and receiver share a channel (`FlussoSemplificato`, `IntermediarioConDupliceRuolo`).
    pub simplified_flow: bool,
    /// SHA-256 of the original file (AT).
    pub hash_file_originale: Option<String>,
    /// How often delivery was tried (MT).
    pub tentativi_invio: Option<u32>,
    /// Format of the invoice (MT): `FPR12`, `FPA12`, `FSM10`.
    pub formato: Option<String>,
    /// Code of the channel or office (MT).
    pub codice_destinatario: Option<String>,
}

/// Why a text is not a message.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum MessageError {
    /// Not even XML that can be read.
    #[error("not a message of the SdI")]
    Xml(#[from] ElementError),
    /// XML of another kind.
    #[error("not a message of the SdI: the root element is `{root}`{hint}")]
    NotAMessage {
        /// Local name of the root element.
        root: String,
        /// What that is, where known.
        hint: &'static str,
    },
    /// An element without which the message cannot be understood.
    #[error("message {}: `{element}` is missing", kind.as_str())]
    Missing {
        /// Type of the message.
        kind: MessageKind,
        /// Name of the element.
        element: &'static str,
    },
    /// A value that the element cannot have.
    #[error("message {}: `{value}` in `{element}`, expected {expected}", kind.as_str())]
    Value {
        /// Type of the message.
        kind: MessageKind,
        /// Name of the element.
        element: &'static str,
        /// What it holds.
        value: String,
        /// What it could hold.
        expected: &'static str,
    },
}

impl MessageError {
    /// The same in Italian, with the cause.
    #[must_use]
    pub fn message_it(&self) -> String {
        match self {
            Self::Xml(error) => format!("non è un messaggio del SdI: {}", error.message_it()),
            Self::NotAMessage { root, .. } => format!("non è un messaggio del SdI: l'elemento radice è `{root}`"),
            Self::Missing { kind, element } => format!("messaggio {}: manca `{element}`", kind.as_str()),
            Self::Value { kind, element, value, .. } => {
                format!("messaggio {}: `{value}` non è ammesso in `{element}`", kind.as_str())
            }
        }
    }
}

/// Reads a message of either family.
///
/// # Errors
/// The bytes are not a message, or one that cannot be understood.
pub fn read(xml: &[u8]) -> Result<Message, MessageError> {
    let root = parse(xml)?;
    let known = ROOTS.iter().find(|(name, ..)| *name == root.name);
    let Some((_, kind, family)) = known else {
        return Err(MessageError::NotAMessage { hint: hint(&root.name), root: shown(&root.name) });
    };
    Source { root: &root, kind: *kind }.message(family.unwrap_or_else(|| family_of_receipt(&root)))
}

fn hint(root: &str) -> &'static str {
    match root {
        "FatturaElettronica" | "FatturaElettronicaSemplificata" => ", an invoice",
        "html" | "HTML" => ", a web page",
        "Envelope" => ", a SOAP envelope",
        _ => "",
    }
}

/// The namespace decides; without a known one, only the private family has a hash and codes of seven characters.
fn family_of_receipt(root: &Element) -> Family {
    let namespace = root.namespace.as_deref().unwrap_or_default();
    let code = root.child("Destinatario").and_then(|block| block.value("Codice")).unwrap_or_default();
    let is_private = root.child("Hash").is_some() || code.len() == 7;
    match namespace {
        _ if namespace.contains("ivaservizi.agenziaentrate.gov.it") => Family::Private,
        _ if namespace.contains("fatturapa.gov.it") => Family::PublicBody,
        _ if is_private => Family::Private,
        _ => Family::PublicBody,
    }
}

/// The root of a message while it is read.
struct Source<'a> {
    root: &'a Element,
    kind: MessageKind,
}

impl Source<'_> {
    fn message(&self, family: Family) -> Result<Message, MessageError> {
        let root = self.root;
        let outcome = root.child("EsitoCommittente").unwrap_or(root);
        let text = |name: &str| root.value(name).map(str::to_owned);
        let inner = |name: &str| outcome.value(name).map(str::to_owned).or_else(|| text(name));
        let says_yes = |name: &str| root.attribute(name).is_some_and(|value| value.eq_ignore_ascii_case("si"));
        Ok(Message {
            kind: self.kind,
            family,
            identificativo_sdi: text("IdentificativoSdI").or_else(|| inner("IdentificativoSdI")),
            nome_file: text("NomeFile"),
            archive: root.child("RiferimentoArchivio").and_then(archive),
            hash: text("Hash"),
            data_ora_ricezione: self.moment("DataOraRicezione")?,
            data_ora_consegna: self.moment("DataOraConsegna")?,
            data_messa_a_disposizione: self.moment("DataMessaADisposizione")?,
            destinatario: root.child("Destinatario").map(destinatario),
            errors: root.child("ListaErrori").map(errors).unwrap_or_default(),
            esito: self.esito(outcome)?,
            riferimento_fattura: outcome.child("RiferimentoFattura").and_then(riferimento),
            scarto: self.scarto()?,
            message_id: text("MessageId"),
            message_id_committente: inner("MessageIdCommittente"),
            pec_message_id: text("PecMessageId"),
            descrizione: inner("Descrizione"),
            note: text("Note"),
            simplified_flow: says_yes("FlussoSemplificato") || says_yes("IntermediarioConDupliceRuolo"),
            hash_file_originale: text("HashFileOriginale"),
            tentativi_invio: root.value("TentativiInvio").and_then(|value| value.parse().ok()),
            formato: text("Formato"),
            codice_destinatario: text("CodiceDestinatario"),
        })
    }

    fn moment(&self, element: &'static str) -> Result<Option<Moment>, MessageError> {
        let Some(value) = self.root.value(element) else { return Ok(None) };
        let moment = Moment::parse(value);
        moment
            .map(Some)
            .ok_or_else(|| self.wrong(element, value, "a date and time such as `2026-03-16T09:12:33+01:00`"))
    }

    fn esito(&self, outcome: &Element) -> Result<Option<Esito>, MessageError> {
        match outcome.value("Esito") {
            Some("EC01") => Ok(Some(Esito::Ec01)),
            Some("EC02") => Ok(Some(Esito::Ec02)),
            Some(value) => Err(self.wrong("Esito", value, "`EC01` or `EC02`")),
            None => self.optional("Esito", &[MessageKind::Ne, MessageKind::Ec]),
        }
    }

    fn scarto(&self) -> Result<Option<Scarto>, MessageError> {
        match self.root.value("Scarto") {
            Some("EN00") => Ok(Some(Scarto::En00)),
            Some("EN01") => Ok(Some(Scarto::En01)),
            Some(value) => Err(self.wrong("Scarto", value, "`EN00` or `EN01`")),
            None => self.optional("Scarto", &[MessageKind::Se]),
        }
    }

    fn optional<T>(&self, element: &'static str, needed: &[MessageKind]) -> Result<Option<T>, MessageError> {
        if needed.contains(&self.kind) { Err(MessageError::Missing { kind: self.kind, element }) } else { Ok(None) }
    }

    fn wrong(&self, element: &'static str, value: &str, expected: &'static str) -> MessageError {
        MessageError::Value { kind: self.kind, element, value: shown(value), expected }
    }
}

fn archive(block: &Element) -> Option<Archive> {
    let nome_file = block.value("NomeFile")?.to_owned();
    Some(Archive { identificativo_sdi: block.value("IdentificativoSdI").map(str::to_owned), nome_file })
}

fn destinatario(block: &Element) -> Destinatario {
    let text = |name: &str| block.value(name).map(str::to_owned);
    Destinatario { codice: text("Codice"), descrizione: text("Descrizione") }
}

fn errors(list: &Element) -> Vec<SdiError> {
    let text = |error: &Element, name: &str| error.value(name).map(str::to_owned);
    let errors = list.children.iter().filter(|child| child.name == "Errore");
    let error = |error: &Element| SdiError {
        codice: text(error, "Codice").unwrap_or_default(),
        descrizione: text(error, "Descrizione").unwrap_or_default(),
        suggerimento: text(error, "Suggerimento"),
    };
    errors.map(error).collect()
}

fn riferimento(block: &Element) -> Option<RiferimentoFattura> {
    let number = |name: &str| block.value(name).and_then(|value| value.parse::<u32>().ok());
    Some(RiferimentoFattura {
        numero: block.value("NumeroFattura")?.to_owned(),
        anno: number("AnnoFattura").and_then(|year| i32::try_from(year).ok()),
        posizione: number("PosizioneFattura"),
    })
}

/// A value short enough for an error.
fn shown(value: &str) -> String {
    match value.char_indices().nth(60) {
        Some((at, _)) => format!("{}…", &value[..at]),
        None => value.to_owned(),
    }
}

#[cfg(test)]
#[path = "tests/message.rs"]
mod tests;
