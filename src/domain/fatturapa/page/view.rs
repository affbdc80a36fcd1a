//! What a page shows of an invoice file: data for the templates and for the text, in Italian, ready to be written.
//!
//! Here: the structures and the file as a whole. Not here: one document (`document`), the parties (`party`), how anything
//! looks (`invoice.html.j2`, `text`).

use serde::Serialize;

use super::document::document;
use super::part::{Field, Part};
use super::party::parties;
use crate::domain::fatturapa::finding::Finding;
use crate::domain::fatturapa::schema::Family;
use crate::domain::fatturapa::tree::Tree;

/// A file.
#[derive(Debug, Serialize)]
pub(super) struct Page {
    /// Of the browser's window.
    pub(super) title: String,
    /// Format with its meaning.
    pub(super) format: String,
    /// FSM10.
    pub(super) is_simplified: bool,
    /// Why the exchange system would refuse the file.
    pub(super) errors: Vec<Remark>,
    /// What is worth a look.
    pub(super) warnings: Vec<Remark>,
    /// Seller, buyer, then the others.
    pub(super) parties: Vec<Party>,
    /// `DatiTrasmissione`.
    pub(super) transmission: Vec<Field>,
    /// One per body.
    pub(super) documents: Vec<Document>,
    /// What is shown nowhere else, by the paths of the elements.
    pub(super) other: Vec<Field>,
}

/// A finding.
#[derive(Debug, Serialize)]
pub(super) struct Remark {
    pub(super) code: &'static str,
    pub(super) path: String,
    pub(super) value: String,
    pub(super) message: String,
}

/// Somebody who has a part in the invoice.
#[derive(Debug, Serialize)]
pub(super) struct Party {
    pub(super) role: &'static str,
    pub(super) name: String,
    pub(super) fields: Vec<Field>,
}

/// One document of a file.
#[derive(Debug, Serialize)]
pub(super) struct Document {
    /// In words; the code when it is not known.
    pub(super) kind: String,
    pub(super) code: String,
    pub(super) number: String,
    pub(super) date: String,
    pub(super) currency: String,
    pub(super) reasons: Vec<String>,
    pub(super) references: Vec<Reference>,
    pub(super) lines: Vec<Line>,
    pub(super) rates: Vec<Rate>,
    /// Stamp duty, withholdings, funds, discounts of the whole document, transport, vehicles: a title and rows.
    pub(super) groups: Vec<Group>,
    pub(super) totals: Vec<Field>,
    /// `ImportoTotaleDocumento`, or the sum where there is none.
    pub(super) total: Option<Field>,
    pub(super) payments: Vec<Payment>,
    pub(super) attachments: Vec<Attachment>,
    /// What is shown nowhere else, by the paths of the elements.
    pub(super) other: Vec<Field>,
}

/// Another document that this one names.
#[derive(Debug, Serialize)]
pub(super) struct Reference {
    pub(super) kind: &'static str,
    pub(super) number: String,
    pub(super) date: String,
    /// Numbers of the lines it is about.
    pub(super) lines: String,
    pub(super) details: Vec<Field>,
}

/// A line.
#[derive(Debug, Serialize)]
pub(super) struct Line {
    pub(super) number: String,
    pub(super) description: String,
    pub(super) details: Vec<Field>,
    pub(super) quantity: String,
    pub(super) unit: String,
    pub(super) price: String,
    pub(super) discounts: Vec<String>,
    pub(super) total: String,
    /// The VAT in it (simplified format).
    pub(super) tax: String,
    pub(super) rate: String,
    pub(super) natura: String,
    pub(super) natura_meaning: &'static str,
}

/// The summary of one rate.
#[derive(Debug, Serialize)]
pub(super) struct Rate {
    pub(super) rate: String,
    pub(super) natura: String,
    pub(super) natura_meaning: &'static str,
    pub(super) taxable: String,
    pub(super) tax: String,
    pub(super) details: Vec<Field>,
}

/// Rows under a title.
#[derive(Debug, Serialize)]
pub(super) struct Group {
    pub(super) title: &'static str,
    pub(super) rows: Vec<Vec<Field>>,
}

/// A payment or an instalment.
#[derive(Debug, Serialize)]
pub(super) struct Payment {
    pub(super) terms: String,
    pub(super) method: String,
    pub(super) due: String,
    pub(super) amount: String,
    pub(super) iban: String,
    pub(super) details: Vec<Field>,
}

/// A file inside the file.
#[derive(Debug, Serialize)]
pub(super) struct Attachment {
    pub(super) name: String,
    pub(super) size: String,
    pub(super) details: Vec<Field>,
}

/// A file with what was found in it.
pub(super) fn page(tree: &Tree, findings: &[Finding]) -> Page {
    let (mut headers, mut bodies) = (Vec::new(), Vec::new());
    for part in tree.top().map(Part::of) {
        if part.name() == "FatturaElettronicaBody" { bodies.push(part) } else { headers.push(part) }
    }
    let parties = headers.iter().flat_map(parties).collect::<Vec<Party>>();
    let transmission = headers.iter().flat_map(transmission).collect();
    let documents: Vec<Document> = bodies.iter().map(document).collect();
    let attributes = [Field::new("versione", &tree.versione)]
        .into_iter()
        .chain([Field::new("SistemaEmittente", tree.sistema_emittente.as_deref().unwrap_or_default())]);
    let other = attributes.flatten().chain(headers.iter().flat_map(Part::rest)).collect();
    Page {
        title: title(&documents, &parties),
        format: format(tree),
        is_simplified: tree.family() == Family::Simplified,
        errors: remarks(findings, true),
        warnings: remarks(findings, false),
        parties,
        transmission,
        documents,
        other,
    }
}

fn format(tree: &Tree) -> String {
    let meaning = super::words::meaning("FormatoTrasmissione", &tree.versione);
    meaning.map_or_else(|| tree.versione.clone(), |meaning| format!("{} ({meaning})", tree.versione))
}

fn title(documents: &[Document], parties: &[Party]) -> String {
    let document = match documents {
        [one] => format!("{} {} del {}", one.kind, one.number, one.date),
        many => format!("Lotto di {} documenti", many.len()),
    };
    match parties.first() {
        Some(seller) if !seller.name.is_empty() => format!("{document}, {}", seller.name),
        _ => document,
    }
}

fn transmission(header: &Part<'_>) -> Vec<Field> {
    let Some(block) = header.at("DatiTrasmissione") else { return Vec::new() };
    let sender = block.joined(&["IdTrasmittente/IdPaese", "IdTrasmittente/IdCodice"], "");
    let known = [
        Field::new("Trasmittente", sender),
        block.field("Progressivo invio", "ProgressivoInvio"),
        block.field("Formato", "FormatoTrasmissione"),
        block.field("Codice destinatario", "CodiceDestinatario"),
        block.field("PEC destinatario", "PECDestinatario"),
        header.field("Soggetto emittente", "SoggettoEmittente"),
    ];
    known.into_iter().flatten().chain(block.details()).collect()
}

fn remarks(findings: &[Finding], errors: bool) -> Vec<Remark> {
    let wanted = findings.iter().filter(|finding| finding.is_error() == errors);
    let remark = |finding: &Finding| Remark {
        code: finding.code,
        path: finding.path.clone(),
        value: finding.value.clone(),
        message: finding.message_it.clone(),
    };
    wanted.map(remark).collect()
}
