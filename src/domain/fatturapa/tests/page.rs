//! Pages of whole files: nothing is lost, nothing is obeyed.

use super::*;
use crate::domain::fatturapa::read;
use crate::domain::fatturapa::schema::{Family, Id, ValueType};

const NAMESPACE: &str = "http://ivaservizi.agenziaentrate.gov.it/docs/xsd/fatture/v1.2";

/// What a reader of the page sees.
fn seen(html: &str) -> String {
    let mut text = String::new();
    let mut is_tag = false;
    for character in html.chars() {
        match character {
            '<' => is_tag = true,
            '>' => (is_tag, text) = (false, text + " "),
            _ if is_tag => {}
            _ => text.push(character),
        }
    }
    let codes = [("&#x2f;", "/"), ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#x27;", "'"), ("&amp;", "&")];
    codes.iter().fold(text, |text, (code, character)| text.replace(code, character))
}

/// A document with every element of the format `times` times, each leaf with a value of its own.
fn everything(family: Family, times: usize) -> (Tree, Vec<String>) {
    fn fill(tree: &mut Tree, parent: Option<(Id, u32)>, times: usize, values: &mut Vec<String>) {
        let family = tree.family();
        for id in family.children(parent.map(|(id, _)| id)) {
            let element = family.element(*id);
            for _ in 0..if element.repeats { times } else { 1 } {
                let position = tree.open(*id, parent.map(|(_, position)| position));
                let value = format!("v{}z", values.len());
                match element.value {
                    None => fill(tree, Some((*id, position)), times, values),
                    Some(ValueType::Base64) => {}
                    Some(_) => values.push(value.clone()),
                }
                tree.close(position, if element.value.is_some() { &value } else { "" });
            }
        }
    }
    let mut tree = Tree::new(family);
    let mut values = Vec::new();
    fill(&mut tree, None, times, &mut values);
    (tree, values)
}

fn tree(xml: &str) -> Tree {
    read::read(xml.as_bytes()).unwrap().tree
}

fn invoice(body: &str) -> String {
    format!(
        "<p:FatturaElettronica xmlns:p=\"{NAMESPACE}\" versione=\"FPR12\" SistemaEmittente=\"gestionale\">\
         <FatturaElettronicaHeader><CedentePrestatore><DatiAnagrafici><IdFiscaleIVA><IdPaese>IT</IdPaese>\
         <IdCodice>01234567897</IdCodice></IdFiscaleIVA><Anagrafica><Denominazione>Bottega &lt;b&gt;Rossi&lt;/b&gt; \
         &amp; figli</Denominazione></Anagrafica><RegimeFiscale>RF01</RegimeFiscale></DatiAnagrafici><Sede>\
         <Indirizzo>Via Roma</Indirizzo><NumeroCivico>12</NumeroCivico><CAP>20121</CAP><Comune>Milano</Comune>\
         <Provincia>MI</Provincia><Nazione>IT</Nazione></Sede></CedentePrestatore></FatturaElettronicaHeader>\
         {body}</p:FatturaElettronica>"
    )
}

const BODY: &str = "<FatturaElettronicaBody><DatiGenerali><DatiGeneraliDocumento><TipoDocumento>TD04</TipoDocumento>\
    <Divisa>EUR</Divisa><Data>2026-11-24</Data><Numero>12/A</Numero><Causale>&lt;script&gt;alert(1)&lt;/script&gt;</Causale>\
    </DatiGeneraliDocumento></DatiGenerali><DatiBeniServizi><DettaglioLinee><NumeroLinea>1</NumeroLinea>\
    <Descrizione>Tazza \"blu\"&#10;con manico</Descrizione><Quantita>1500.00</Quantita><UnitaMisura>PZ</UnitaMisura>\
    <PrezzoUnitario>0.82300000</PrezzoUnitario><ScontoMaggiorazione><Tipo>SC</Tipo><Percentuale>10.00</Percentuale>\
    </ScontoMaggiorazione><PrezzoTotale>1111.05</PrezzoTotale><AliquotaIVA>0.00</AliquotaIVA><Natura>N3.2</Natura>\
    </DettaglioLinee><DatiRiepilogo><AliquotaIVA>0.00</AliquotaIVA><Natura>N3.2</Natura>\
    <ImponibileImporto>1111.05</ImponibileImporto><Imposta>0.00</Imposta></DatiRiepilogo></DatiBeniServizi>\
    <DatiPagamento><CondizioniPagamento>TP02</CondizioniPagamento><DettaglioPagamento>\
    <ModalitaPagamento>MP05</ModalitaPagamento><DataScadenzaPagamento>2026-12-31</DataScadenzaPagamento>\
    <ImportoPagamento>1111.05</ImportoPagamento><IBAN>IT60X0542811101000000123456</IBAN></DettaglioPagamento>\
    </DatiPagamento><Allegati><NomeAttachment>ddt.pdf</NomeAttachment><Attachment>QUJDREU=</Attachment></Allegati>\
    </FatturaElettronicaBody>";

#[test]
fn every_value_of_both_formats_is_on_the_page_and_in_the_text() {
    for (family, times) in [(Family::Ordinary, 1), (Family::Ordinary, 2), (Family::Simplified, 2)] {
        let (tree, values) = everything(family, times);
        assert!(values.len() > 60, "{}", values.len());
        let (page, text) = (seen(&html(&tree, &[])), text(&tree, &[]));
        let lost: Vec<&String> =
            values.iter().filter(|value| !page.contains(value.as_str()) || !text.contains(value.as_str())).collect();
        assert!(lost.is_empty(), "{family:?}: {lost:?}");
    }
}

#[test]
fn what_stands_once_too_often_is_not_lost() {
    let double = BODY.replace("<Numero>12/A</Numero>", "<Numero>12/A</Numero><Numero>13/A</Numero>");
    let page = seen(&html(&tree(&invoice(&double)), &[]));
    assert!(page.contains("DatiGenerali/DatiGeneraliDocumento/Numero"), "{page}");
    assert!(page.contains("13/A"), "{page}");
}

#[test]
fn an_invoice_reads_in_italian() {
    let tree = tree(&invoice(BODY));
    let shown = [
        "Nota di credito 12/A",
        "24/11/2026",
        "IT01234567897",
        "Via Roma 12, 20121 Milano (MI), IT",
        "RF01 (ordinario)",
        "1.500 PZ",
        "0,823",
        "-10%",
        "1.111,05",
        "N3.2",
        "non imponibili, cessioni intracomunitarie",
        "MP05 (bonifico)",
        "31/12/2026",
        "IT60X0542811101000000123456",
        "ddt.pdf",
        "5 byte",
        "gestionale",
        "Totale (somma delle voci)",
    ];
    for (name, output) in [("page", seen(&html(&tree, &[]))), ("text", text(&tree, &[]))] {
        for value in shown {
            assert!(output.contains(value), "{name} lacks {value}:\n{output}");
        }
    }
}

#[test]
fn hostile_values_are_only_text() {
    let hostile = "\"'><script>alert(2)</script>{{ 7 * 7 }}{% for %}";
    let finding = Finding::schema(hostile.to_owned(), hostile, hostile, hostile);
    let page = html(&tree(&invoice(BODY)), &[finding]);
    for forbidden in ["<script", "<b>", "\"'>", "49", "http-equiv=\"refresh", "src=", "href="] {
        assert!(!page.contains(forbidden), "{forbidden}");
    }
    assert!(page.contains("&lt;script&gt;alert(1)&lt;&#x2f;script&gt;"), "{page}");
    assert!(seen(&page).contains(hostile));
    assert!(page.contains("lang=\"it\"") && page.contains("@media print"));
}

#[test]
fn a_batch_has_a_section_for_each_body() {
    let page = html(&tree(&invoice(&BODY.repeat(3))), &[]);
    assert_eq!(page.matches("<section class=\"document\">").count(), 3);
    assert!(seen(&page).contains("documento 2 di 3"));
}

#[test]
fn the_simplified_format_has_its_own_columns() {
    let xml = "<p:FatturaElettronicaSemplificata versione=\"FSM10\" \
        xmlns:p=\"http://ivaservizi.agenziaentrate.gov.it/docs/xsd/fatture/v1.0\"><FatturaElettronicaHeader>\
        <CessionarioCommittente><IdentificativiFiscali><CodiceFiscale>RSSMRA80A01F205X</CodiceFiscale>\
        </IdentificativiFiscali></CessionarioCommittente></FatturaElettronicaHeader><FatturaElettronicaBody><DatiGenerali>\
        <DatiGeneraliDocumento><TipoDocumento>TD07</TipoDocumento><Divisa>EUR</Divisa><Data>2026-11-24</Data>\
        <Numero>7</Numero></DatiGeneraliDocumento></DatiGenerali><DatiBeniServizi><Descrizione>Pranzo</Descrizione>\
        <Importo>110.00</Importo><DatiIVA><Imposta>10.00</Imposta></DatiIVA></DatiBeniServizi></FatturaElettronicaBody>\
        </p:FatturaElettronicaSemplificata>";
    let tree = tree(xml);
    for output in [seen(&html(&tree, &[])), text(&tree, &[])] {
        for value in ["Fattura semplificata 7", "RSSMRA80A01F205X", "Pranzo", "Di cui imposta", "10,00", "110,00"] {
            assert!(output.contains(value), "{value}:\n{output}");
        }
        assert!(!output.contains("Prezzo"), "{output}");
    }
}

#[test]
fn a_refusal_shows_its_reasons() {
    let xml = "<RicevutaScarto xmlns=\"http://ivaservizi.agenziaentrate.gov.it/docs/xsd/fattura/messaggi/v1.0\">\
        <IdentificativoSdI>111</IdentificativoSdI><NomeFile>IT01234567897_00A01.xml</NomeFile>\
        <DataOraRicezione>2026-03-16T09:12:33+01:00</DataOraRicezione><ListaErrori><Errore><Codice>00423</Codice>\
        <Descrizione>&lt;i&gt;totale&lt;/i&gt;</Descrizione><Suggerimento>rifare</Suggerimento></Errore></ListaErrori>\
        </RicevutaScarto>";
    let message = sdi::read(xml.as_bytes()).unwrap();
    let page = message_html(&message);
    assert!(!page.contains("<i>"), "{page}");
    for output in [seen(&page), message_text(&message)] {
        let shown = [
            "Notifica di scarto",
            "IT01234567897_00A01.xml",
            "16/03/2026 09:12:33",
            "00423",
            "<i>totale</i>",
            "rifare",
        ];
        for value in shown {
            assert!(output.contains(value), "{value}:\n{output}");
        }
    }
}
