//! An invoice of the simplified format as a document in memory, in schema order.
//!
//! Here: which field becomes which element. Not here: the blocks that both formats share (`write`), the file (`tree`).

use super::codes::Natura;
use super::elements::Elements;
use super::model::{Seller, SimplifiedInvoice, SimplifiedLine};
use super::schema::Family;
use super::tree::Tree;
use super::write::{address, attachments, name, rea, vat_id};

/// The document of an invoice, in the memory of `tree`.
pub fn to_simplified_tree(invoice: &SimplifiedInvoice, tree: &mut Tree) {
    let mut xml = Elements::new(tree, Family::Simplified, SIMPLIFIED);
    xml.block("FatturaElettronicaHeader", |xml| header(xml, invoice));
    xml.block("FatturaElettronicaBody", |xml| body(xml, invoice));
}

/// The only version of the format.
const SIMPLIFIED: &str = "FSM10";

fn header(xml: &mut Elements<'_>, invoice: &SimplifiedInvoice) {
    xml.block("DatiTrasmissione", |xml| {
        let transmission = &invoice.transmission;
        vat_id(xml, "IdTrasmittente", &transmission.id_trasmittente);
        xml.text("ProgressivoInvio", &transmission.progressivo_invio);
        xml.text("FormatoTrasmissione", SIMPLIFIED);
        xml.text("CodiceDestinatario", &transmission.codice_destinatario);
        xml.optional("PECDestinatario", transmission.pec_destinatario.as_deref());
    });
    xml.block("CedentePrestatore", |xml| seller(xml, &invoice.seller));
    xml.block("CessionarioCommittente", |xml| {
        xml.block("IdentificativiFiscali", |xml| {
            if let Some(id) = &invoice.buyer_id {
                vat_id(xml, "IdFiscaleIVA", id);
            }
            xml.optional("CodiceFiscale", invoice.buyer_code.as_deref());
        });
        if let Some((buyer, sede)) = &invoice.buyer {
            xml.block("AltriDatiIdentificativi", |xml| {
                name(xml, buyer);
                xml.block("Sede", |xml| address(xml, sede));
            });
        }
    });
}

fn seller(xml: &mut Elements<'_>, seller: &Seller) {
    vat_id(xml, "IdFiscaleIVA", &seller.id_fiscale_iva);
    xml.optional("CodiceFiscale", seller.codice_fiscale.as_deref());
    name(xml, &seller.name);
    xml.block("Sede", |xml| address(xml, &seller.sede));
    if let Some(branch) = &seller.stabile_organizzazione {
        xml.block("StabileOrganizzazione", |xml| address(xml, branch));
    }
    if let Some(register) = &seller.rea {
        rea(xml, register);
    }
    xml.text("RegimeFiscale", seller.regime_fiscale.as_str());
}

fn body(xml: &mut Elements<'_>, invoice: &SimplifiedInvoice) {
    xml.block("DatiGenerali", |xml| {
        xml.block("DatiGeneraliDocumento", |xml| {
            xml.text("TipoDocumento", invoice.tipo_documento.as_str());
            xml.text("Divisa", &invoice.divisa);
            xml.date("Data", invoice.data);
            xml.text("Numero", &invoice.numero);
            xml.yes("BolloVirtuale", invoice.bollo_virtuale);
        });
        if let Some(corrected) = &invoice.corrected {
            xml.block("DatiFatturaRettificata", |xml| {
                xml.text("NumeroFR", &corrected.numero);
                xml.date("DataFR", corrected.data);
                xml.text("ElementiRettificati", &corrected.elementi);
            });
        }
    });
    for item in &invoice.lines {
        xml.block("DatiBeniServizi", |xml| line(xml, item));
    }
    attachments(xml, &invoice.attachments);
}

fn line(xml: &mut Elements<'_>, line: &SimplifiedLine) {
    xml.text("Descrizione", &line.descrizione);
    xml.amount("Importo", line.importo);
    xml.block("DatiIVA", |xml| {
        xml.amount("Imposta", line.imposta);
        xml.amount("Aliquota", line.aliquota);
    });
    xml.optional("Natura", line.natura.map(Natura::as_str));
    xml.optional("RiferimentoNormativo", line.riferimento_normativo.as_deref());
}
