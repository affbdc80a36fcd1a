//! The bytes of a file.

use super::super::build::build;
use super::super::request::{BuildSettings, Buyer, InvoiceRequest};
use super::super::test_support::{business, consumer, date, line, request, seller};
use super::*;

fn xml(request: &InvoiceRequest) -> String {
    String::from_utf8(to_xml(&build(request, &seller(), &BuildSettings::default()).unwrap().invoice)).unwrap()
}

#[test]
fn the_whole_file_of_a_small_order() {
    let expected = concat!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n",
        "<p:FatturaElettronica xmlns:p=\"http://ivaservizi.agenziaentrate.gov.it/docs/xsd/fatture/v1.2\" versione=\"FPR12\">",
        "<FatturaElettronicaHeader><DatiTrasmissione><IdTrasmittente><IdPaese>IT</IdPaese><IdCodice>01234567897</IdCodice>",
        "</IdTrasmittente><ProgressivoInvio>00001</ProgressivoInvio><FormatoTrasmissione>FPR12</FormatoTrasmissione>",
        "<CodiceDestinatario>0000000</CodiceDestinatario></DatiTrasmissione>",
        "<CedentePrestatore><DatiAnagrafici><IdFiscaleIVA><IdPaese>IT</IdPaese><IdCodice>01234567897</IdCodice></IdFiscaleIVA>",
        "<CodiceFiscale>01234567897</CodiceFiscale><Anagrafica><Denominazione>Bottega di Prova S.r.l.</Denominazione></Anagrafica>",
        "<RegimeFiscale>RF01</RegimeFiscale></DatiAnagrafici><Sede><Indirizzo>Via dei Test</Indirizzo>",
        "<NumeroCivico>1/A</NumeroCivico><CAP>00100</CAP><Comune>Roma</Comune><Provincia>RM</Provincia><Nazione>IT</Nazione></Sede>",
        "<IscrizioneREA><Ufficio>RM</Ufficio><NumeroREA>1234567</NumeroREA><CapitaleSociale>10000.00</CapitaleSociale>",
        "<SocioUnico>SM</SocioUnico><StatoLiquidazione>LN</StatoLiquidazione></IscrizioneREA>",
        "<Contatti><Telefono>0612345678</Telefono><Email>info@bottega.example</Email></Contatti></CedentePrestatore>",
        "<CessionarioCommittente><DatiAnagrafici><CodiceFiscale>RSSMRA80A01H501U</CodiceFiscale><Anagrafica><Nome>Mario</Nome>",
        "<Cognome>Rossi</Cognome></Anagrafica></DatiAnagrafici><Sede><Indirizzo>Via Garibaldi 10</Indirizzo><CAP>20121</CAP>",
        "<Comune>Milano</Comune><Provincia>MI</Provincia><Nazione>IT</Nazione></Sede></CessionarioCommittente>",
        "</FatturaElettronicaHeader><FatturaElettronicaBody><DatiGenerali><DatiGeneraliDocumento>",
        "<TipoDocumento>TD01</TipoDocumento><Divisa>EUR</Divisa><Data>2026-11-23</Data><Numero>WEB/1</Numero>",
        "<ImportoTotaleDocumento>19.99</ImportoTotaleDocumento></DatiGeneraliDocumento></DatiGenerali>",
        "<DatiBeniServizi><DettaglioLinee><NumeroLinea>1</NumeroLinea><CodiceArticolo><CodiceTipo>SKU</CodiceTipo>",
        "<CodiceValore>00123</CodiceValore></CodiceArticolo><Descrizione>Tazza in ceramica</Descrizione><Quantita>1.00</Quantita>",
        "<UnitaMisura>pz</UnitaMisura><PrezzoUnitario>16.3852459</PrezzoUnitario><PrezzoTotale>16.3852459</PrezzoTotale>",
        "<AliquotaIVA>22.00</AliquotaIVA></DettaglioLinee><DatiRiepilogo><AliquotaIVA>22.00</AliquotaIVA>",
        "<Arrotondamento>0.0047541</Arrotondamento><ImponibileImporto>16.39</ImponibileImporto><Imposta>3.60</Imposta>",
        "<EsigibilitaIVA>I</EsigibilitaIVA></DatiRiepilogo></DatiBeniServizi>",
        "<DatiPagamento><CondizioniPagamento>TP02</CondizioniPagamento><DettaglioPagamento>",
        "<ModalitaPagamento>MP08</ModalitaPagamento><ImportoPagamento>19.99</ImportoPagamento></DettaglioPagamento></DatiPagamento>",
        "</FatturaElettronicaBody></p:FatturaElettronica>\n",
    );
    assert_eq!(xml(&request(consumer(), vec![line("1", "19.99", "22")])), expected);
}

#[test]
fn memory_can_be_used_again() {
    let invoice = |buyer| build(&request(buyer, vec![line("3", "0.10", "22")]), &seller(), &BuildSettings::default());
    let (one, two) = (invoice(business()).unwrap().invoice, invoice(consumer()).unwrap().invoice);
    let mut tree = Tree::new(Family::Simplified);
    to_tree(&one, &mut tree);
    to_tree(&two, &mut tree);
    let mut file = Vec::new();
    tree.write(&mut file);
    assert_eq!(file, to_xml(&two));
}

#[test]
fn markup_in_data_is_escaped() {
    let buyer = Buyer { denominazione: Some("A & B <s.r.l.> \"X\" \u{7}".to_owned()), ..business() };
    let written = xml(&request(buyer, vec![line("1", "1.00", "22")]));
    assert!(written.contains("<Denominazione>A &amp; B &lt;s.r.l.&gt; \"X\"</Denominazione>"), "{written}");
}

#[test]
fn early_years_keep_four_digits() {
    let early = InvoiceRequest { date: date("0099-01-02"), ..request(consumer(), vec![line("1", "1.00", "22")]) };
    assert!(xml(&early).contains("<Data>0099-01-02</Data>"));
}
