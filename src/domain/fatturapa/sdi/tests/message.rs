//! Every kind of message in both families, encodings, and what is not a message.

use proptest::prelude::*;

use super::super::follow::Event;
use super::super::name::MessageName;
use super::super::test_support::{SAMPLES, date, sample};
use super::*;

fn text(value: Option<&String>) -> &str {
    value.map(String::as_str).unwrap_or_default()
}

#[test]
fn every_sample_is_of_the_kind_and_family_of_its_name() {
    for (path, bytes) in SAMPLES {
        let message = read(bytes).unwrap_or_else(|error| panic!("{path}: {error}"));
        let family = if path.starts_with("pa/") { Family::PublicBody } else { Family::Private };
        assert_eq!((message.kind, message.family), (MessageName::parse(path).unwrap().kind, family), "{path}");
        assert!(message.identificativo_sdi.is_some(), "{path}");
        let is_nameless = matches!(message.kind, MessageKind::Ec | MessageKind::Se);
        assert_eq!(message.nome_file.is_none(), is_nameless, "{path}");
    }
    let mut kinds: Vec<MessageKind> = SAMPLES.iter().map(|(_, bytes)| read(bytes).unwrap().kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    assert_eq!(
        kinds,
        MessageKind::ALL.into_iter().collect::<std::collections::BTreeSet<_>>().into_iter().collect::<Vec<_>>()
    );
}

#[test]
fn a_receipt_tells_when_and_to_whom() {
    let receipt = sample("0000A_RC_001");
    assert_eq!(text(receipt.identificativo_sdi.as_ref()), "9100000001");
    assert_eq!(text(receipt.nome_file.as_ref()), "IT01234567897_0000A.xml");
    assert_eq!(receipt.hash.as_ref().map(String::len), Some(64));
    assert_eq!(receipt.data_ora_ricezione.unwrap().instant().unwrap().to_rfc3339(), "2026-11-24T10:15:30+01:00");
    // Half past eleven at Greenwich is the next day in Italy.
    assert_eq!(receipt.data_ora_consegna.unwrap().civil_date(), date("2026-11-25"));
    let addressee = receipt.destinatario.unwrap();
    assert_eq!(text(addressee.codice.as_ref()), "ABC1234");
    assert_eq!(text(addressee.descrizione.as_ref()), "CASA DEL SOFTWARE DI PROVA");
    assert_eq!(text(receipt.message_id.as_ref()), "500000001");
    assert_eq!(text(receipt.pec_message_id.as_ref()), "opec1.20261124101530.00001@pec.example");
    assert_eq!(text(receipt.note.as_ref()), "Consegna di prova");
    assert!(receipt.simplified_flow);
    // The signature has a `Descrizione` of its own.
    assert_eq!(receipt.descrizione, None);

    let receipt = sample("PA001_RC_001");
    assert_eq!(receipt.data_ora_consegna.map(|moment| moment.instant()), Some(None));
    assert!(receipt.simplified_flow);
}

#[test]
fn a_refusal_lists_its_reasons() {
    let refusal = sample("0000B_NS_001");
    let archive =
        Archive { identificativo_sdi: Some("9100000000".into()), nome_file: "IT01234567897_ZIP01.zip".into() };
    assert_eq!(refusal.archive, Some(archive));
    assert_eq!(refusal.errors.len(), 2);
    assert_eq!(refusal.errors[0].codice, "00423");
    assert_eq!(
        refusal.errors[0].descrizione,
        "2.2.1.11 <PrezzoTotale> della riga 1 non è il prodotto di prezzo e quantità"
    );
    assert_eq!(text(refusal.errors[1].suggerimento.as_ref()), "Indicare la natura dell'operazione");
    assert_eq!(sample("PA003_NS_001").errors[0].suggerimento, None);
}

#[test]
fn the_other_kinds_keep_what_matters() {
    let undelivered = sample("0000C_MC_001");
    assert_eq!(undelivered.data_messa_a_disposizione, Some(Moment::Day(date("2026-11-25"))));
    assert_eq!(text(undelivered.descrizione.as_ref()), "Il destinatario non ha un canale telematico");
    assert_eq!(sample("PA004_MC_001").data_messa_a_disposizione, None);

    let metadata = sample("0000D_MT_001");
    assert_eq!((text(metadata.formato.as_ref()), metadata.tentativi_invio), ("FPR12", Some(2)));
    assert_eq!(text(sample("PA007_MT_001").codice_destinatario.as_ref()), "UFABC1");

    let accepted = sample("PA001_NE_001");
    let invoice = RiferimentoFattura { numero: "2026/17".into(), anno: Some(2026), posizione: Some(2) };
    assert_eq!((accepted.esito, &accepted.riferimento_fattura), (Some(Esito::Ec01), &Some(invoice.clone())));
    assert_eq!(text(accepted.message_id_committente.as_ref()), "88");
    let refused = sample("PA002_NE_001");
    assert_eq!((refused.esito, refused.riferimento_fattura), (Some(Esito::Ec02), None));
    assert_eq!(text(refused.descrizione.as_ref()), "Manca il numero della determina");

    assert_eq!(sample("PA006_EC_001").esito, Some(Esito::Ec02));
    assert_eq!(sample("PA006_SE_001").scarto, Some(Scarto::En01));
    assert_eq!(sample("PA005_DT_001").riferimento_fattura, Some(invoice));
    assert_eq!(sample("PA004_AT_001").hash_file_originale.as_ref().map(String::len), Some(64));
}

#[test]
fn encodings_are_those_that_the_file_declares() {
    assert_eq!(sample("0000E_NS_001").errors[0].descrizione, "Il cliente “Caffè Perù” è sconosciuto: 5 €");
    assert_eq!(text(sample("0000F_MC_001").descrizione.as_ref()), "Canale non più attivo: «città»");
    assert_eq!(text(sample("0000G_RC_001").note.as_ref()), "Però arrivata");
    assert_eq!(text(sample("0000H_RC_001").note.as_ref()), "Però arrivata");
}

#[test]
fn the_family_of_a_receipt_without_known_namespace_is_guessed_from_its_content() {
    let cases = [
        ("<RicevutaConsegna><Hash>00</Hash></RicevutaConsegna>", Family::Private),
        ("<RicevutaConsegna><Destinatario><Codice>ABC1234</Codice></Destinatario></RicevutaConsegna>", Family::Private),
        (
            "<RicevutaConsegna><Destinatario><Codice>UFABC1</Codice></Destinatario></RicevutaConsegna>",
            Family::PublicBody,
        ),
        ("<a:RicevutaConsegna xmlns:a='http://www.fatturapa.gov.it/sdi/messaggi/v1.0'/>", Family::PublicBody),
        (
            "<RicevutaConsegna xmlns:a='http://www.fatturapa.gov.it/x' \
             xmlns='http://ivaservizi.agenziaentrate.gov.it/docs/xsd/fattura/messaggi/v1.0'/>",
            Family::Private,
        ),
    ];
    for (xml, family) in cases {
        assert_eq!(read(xml.as_bytes()).unwrap().family, family, "{xml}");
    }
}

#[test]
fn what_is_not_a_message_is_named() {
    use std::error::Error;
    let cases = [
        ("<p:FatturaElettronica/>", "not a message of the SdI: the root element is `FatturaElettronica`, an invoice"),
        ("<html></html>", "not a message of the SdI: the root element is `html`, a web page"),
        ("<RicevutaDiAltro/>", "not a message of the SdI: the root element is `RicevutaDiAltro`"),
        ("<NotificaEsito/>", "message NE: `Esito` is missing"),
        ("<ScartoEsitoCommittente/>", "message SE: `Scarto` is missing"),
        (
            "<NotificaEsitoCommittente><Esito>EC03</Esito></NotificaEsitoCommittente>",
            "message EC: `EC03` in `Esito`, expected `EC01` or `EC02`",
        ),
        (
            "<RicevutaConsegna><DataOraConsegna>ieri</DataOraConsegna></RicevutaConsegna>",
            "message RC: `ieri` in `DataOraConsegna`, expected a date and time such as `2026-03-16T09:12:33+01:00`",
        ),
    ];
    for (xml, expected) in cases {
        assert_eq!(read(xml.as_bytes()).unwrap_err().to_string(), expected);
    }
    let error = read(b"PK\x03\x04").unwrap_err();
    assert_eq!(error.to_string(), "not a message of the SdI");
    let source = error.source().unwrap().to_string();
    assert_eq!(source, "expected XML, found a ZIP archive: open it and read the file inside");
    let italian = read(b"<a>").unwrap_err().message_it();
    assert!(italian.starts_with("non è un messaggio del SdI: riga 1: XML non ben formato"), "{italian}");
}

proptest! {
    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = read(&bytes);
    }

    #[test]
    fn mutated_messages_never_panic(
        index in 0..SAMPLES.len(),
        changes in proptest::collection::vec((any::<usize>(), any::<u8>()), 1..12),
        cut in any::<Option<usize>>(),
        repeated in any::<Option<(usize, usize)>>(),
    ) {
        let mut bytes = SAMPLES[index].1.to_vec();
        let length = bytes.len();
        for (at, byte) in changes {
            bytes[at % length] = byte;
        }
        if let Some((from, to)) = repeated {
            let part = bytes[(from % length).min(to % length)..(from % length).max(to % length)].to_vec();
            bytes.extend_from_slice(&part);
        }
        bytes.truncate(cut.map_or(usize::MAX, |cut| cut % (length + 1)));
        if let Ok(message) = read(&bytes) {
            let _ = Event::new(&message, date("2026-11-24"));
        }
    }
}
