//! References to other documents, transport and attachments: texts brought into the form of their elements.
//!
//! Here: what is written of them. Not here: where attachments are read from.

use super::amount::exactly;
use super::model::{Attachment, Carrier, DocumentReference, PartyName, Transport, TransportDocument};
use super::reject::{BuildError, Reason};
use super::text::{Charset, Texts};
use crate::domain::money::Decimal;

/// A reference. Codes of public tenders and projects are written whole or not at all.
///
/// # Errors
/// A CIG or CUP of another form.
pub fn reference(source: &DocumentReference, texts: &mut Texts) -> Result<DocumentReference, BuildError> {
    let commessa = source.codice_commessa_convenzione.as_deref();
    Ok(DocumentReference {
        lines: source.lines.clone(),
        id_documento: texts.fit("IdDocumento", &source.id_documento, Charset::Basic, 20),
        data: source.data,
        num_item: texts.fit_optional("NumItem", source.num_item.as_deref(), Charset::Basic, 20),
        codice_commessa_convenzione: texts.fit_optional("CodiceCommessaConvenzione", commessa, Charset::Latin, 100),
        codice_cup: public_code(source.codice_cup.as_deref(), 15, Reason::BadCup, "cup")?,
        codice_cig: public_code(source.codice_cig.as_deref(), 10, Reason::BadCig, "cig")?,
    })
}

fn public_code(
    code: Option<&str>,
    length: usize,
    reason: Reason,
    field: &'static str,
) -> Result<Option<String>, BuildError> {
    let Some(code) = code else { return Ok(None) };
    let compact: String = code.chars().filter(|character| !character.is_whitespace()).collect();
    if compact.len() != length || !compact.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(BuildError::new(reason, field, code));
    }
    Ok(Some(compact.to_ascii_uppercase()))
}

/// A transport document.
pub fn transport_document(source: &TransportDocument, texts: &mut Texts) -> TransportDocument {
    let numero = texts.fit("NumeroDDT", &source.numero, Charset::Basic, 20);
    TransportDocument { numero, data: source.data, lines: source.lines.clone() }
}

/// How the goods travel.
///
/// # Errors
/// Packages, weights or terms of delivery that cannot be written.
pub fn transport_data(source: &Transport, texts: &mut Texts) -> Result<Transport, BuildError> {
    let wrong = |field: &'static str, value: &dyn std::fmt::Display| {
        BuildError::new(Reason::BadTransport, field, value.to_string())
    };
    let weight = |amount: Option<Decimal>, field: &'static str| match amount {
        Some(amount) => exactly(amount, 2)
            .filter(|amount| !amount.is_negative() && *amount < Decimal::new(10_000, 0))
            .ok_or_else(|| wrong(field, &amount))
            .map(Some),
        None => Ok(None),
    };
    if let Some(count) = source.numero_colli.filter(|count| !(1..=9999).contains(count)) {
        return Err(wrong("packages", &count));
    }
    let is_term = |term: &&String| term.len() == 3 && term.bytes().all(|byte| byte.is_ascii_uppercase());
    if let Some(term) = source.tipo_resa.as_ref().filter(|term| !is_term(term)) {
        return Err(wrong("delivery_terms", term));
    }
    let mut fit =
        |element, text: &Option<String>, charset, limit| texts.fit_optional(element, text.as_deref(), charset, limit);
    let name = source.carrier.as_ref().map(|carrier| match &carrier.name {
        PartyName::Denominazione(firm) => fit("Denominazione", &Some(firm.clone()), Charset::Latin, 80),
        PartyName::Persona { .. } => None,
    });
    let carrier = source.carrier.as_ref().map(|carrier| Carrier {
        id_fiscale_iva: carrier.id_fiscale_iva.clone(),
        name: name.flatten().map_or_else(|| carrier.name.clone(), PartyName::Denominazione),
    });
    Ok(Transport {
        carrier,
        mezzo_trasporto: fit("MezzoTrasporto", &source.mezzo_trasporto, Charset::Latin, 80),
        causale_trasporto: fit("CausaleTrasporto", &source.causale_trasporto, Charset::Latin, 100),
        numero_colli: source.numero_colli,
        descrizione: fit("Descrizione", &source.descrizione, Charset::Latin, 100),
        unita_misura_peso: fit("UnitaMisuraPeso", &source.unita_misura_peso, Charset::Basic, 10),
        peso_lordo: weight(source.peso_lordo, "gross_weight")?,
        peso_netto: weight(source.peso_netto, "net_weight")?,
        data_ora_ritiro: source.data_ora_ritiro,
        data_inizio_trasporto: source.data_inizio_trasporto,
        tipo_resa: source.tipo_resa.clone(),
    })
}

/// Attachments; their content stays as it is.
pub fn attachments(sources: &[Attachment], texts: &mut Texts) -> Vec<Attachment> {
    let written = |source: &Attachment| Attachment {
        nome: texts.fit("NomeAttachment", &source.nome, Charset::Latin, 60),
        algoritmo_compressione: source.algoritmo_compressione.clone(),
        formato: texts.fit_optional("FormatoAttachment", source.formato.as_deref(), Charset::Basic, 10),
        descrizione: texts.fit_optional("DescrizioneAttachment", source.descrizione.as_deref(), Charset::Latin, 100),
        content: source.content.clone(),
    };
    sources.iter().map(written).collect()
}
