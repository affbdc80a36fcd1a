//! Buyers of every kind, placeholders of foreign ones, and every refusal.

use super::super::test_support::{business, consumer, foreign, owned, public_body};
use super::*;

fn made(buyer: &Buyer) -> BuyerParty {
    party(buyer, &Placeholders::default(), &mut Texts::default()).unwrap().0
}

fn reasons(buyer: &Buyer) -> Vec<Reason> {
    let problems = party(buyer, &Placeholders::default(), &mut Texts::default()).unwrap_err();
    problems.iter().map(|problem| problem.reason).collect()
}

#[test]
fn italian_buyers() {
    let person = made(&consumer());
    assert_eq!(person.id_fiscale_iva, None);
    assert_eq!(person.codice_fiscale.as_deref(), Some("RSSMRA80A01H501U"));
    assert_eq!((person.sede.cap.as_str(), person.sede.provincia.as_deref()), ("20121", Some("MI")));
    assert_eq!(made(&business()).id_fiscale_iva, Some(VatId::italian("12345678903")));
    assert_eq!(made(&public_body()).codice_fiscale.as_deref(), Some("80000000028"));
    let whole = Buyer { nome: None, cognome: None, denominazione: owned("Rossi Mario"), ..consumer() };
    assert_eq!(made(&whole).name, person.name, "the codice fiscale tells the surname");
}

#[test]
fn foreign_buyers_get_placeholders() {
    use BuyerKind::{Business, Consumer};
    let cases = [
        (Business, "DE", Some("DE 136 695 976"), "DE", "136695976", "00000"),
        (Business, "DE", Some("136695976"), "DE", "136695976", "00000"),
        (Business, "GR", Some("EL094259216"), "EL", "094259216", "00000"),
        (Business, "CH", Some("CHE-123.456.788"), "CH", "E123456788", "00000"),
        (Business, "US", None, "US", "OO99999999999", "00000"),
        (Consumer, "FR", None, "FR", "0000000", "00000"),
        (Consumer, "GR", None, "EL", "0000000", "00000"),
    ];
    for (kind, country, number, paese, codice, cap) in cases {
        let made = made(&foreign(kind, country, number));
        let id = made.id_fiscale_iva.unwrap();
        assert_eq!((id.id_paese.as_str(), id.id_codice.as_str()), (paese, codice), "{country} {number:?}");
        assert_eq!((made.sede.cap.as_str(), made.sede.nazione.as_str()), (cap, country));
        assert_eq!((made.sede.provincia, made.codice_fiscale), (None, None));
        assert_eq!(made.sede.indirizzo, "Hauptstraße 5, 10115", "the foreign postcode is not lost");
    }
    let san_marino = Buyer { cap: owned("47890"), ..foreign(Consumer, "SM", None) };
    assert_eq!(made(&san_marino).sede.cap, "47890");
}

#[test]
fn each_missing_or_wrong_datum_has_its_reason() {
    let cases = [
        (Buyer { codice_fiscale: None, ..consumer() }, Reason::MissingCodiceFiscale),
        (Buyer { codice_fiscale: owned("RSSMRA80A01H501X"), ..consumer() }, Reason::BadCodiceFiscale),
        (Buyer { cognome: None, ..consumer() }, Reason::OneWordName),
        (Buyer { nome: None, cognome: None, ..consumer() }, Reason::MissingName),
        (Buyer { cognome: owned("漢字"), ..consumer() }, Reason::UnwritableName),
        (Buyer { indirizzo: owned("  "), ..consumer() }, Reason::MissingAddress),
        (Buyer { comune: None, ..consumer() }, Reason::MissingTown),
        (Buyer { cap: owned("121"), ..consumer() }, Reason::BadCap),
        (Buyer { provincia: owned("Milano"), ..consumer() }, Reason::BadProvince),
        (Buyer { nazione: owned("Italia"), ..consumer() }, Reason::BadCountry),
        (Buyer { partita_iva: None, ..business() }, Reason::MissingPartitaIva),
        (Buyer { partita_iva: owned("12345678901"), ..business() }, Reason::BadPartitaIva),
        (Buyer { denominazione: None, ..business() }, Reason::MissingName),
        (Buyer { codice_fiscale: None, ..public_body() }, Reason::MissingTaxNumber),
        (Buyer { codice_destinatario: None, ..public_body() }, Reason::MissingOfficeCode),
        (foreign(BuyerKind::Business, "DE", None), Reason::MissingPartitaIva),
        (foreign(BuyerKind::Business, "DE", Some("DE136695977")), Reason::BadVatNumber),
        (foreign(BuyerKind::Business, "US", Some("12_34")), Reason::BadVatNumber),
    ];
    for (buyer, reason) in cases {
        assert_eq!(reasons(&buyer), [reason], "{buyer:?}");
    }
}

#[test]
fn all_problems_of_a_buyer_are_reported_together() {
    let buyer = Buyer { codice_fiscale: None, comune: None, cap: None, cognome: None, ..consumer() };
    assert_eq!(
        reasons(&buyer),
        [Reason::OneWordName, Reason::BadCap, Reason::MissingTown, Reason::MissingCodiceFiscale]
    );
}

#[test]
fn texts_that_change_are_accounted_for() {
    let mut texts = Texts::default();
    let long = Buyer {
        denominazione: owned(&format!("{} Società", "Laboratorio “Škoda” ".repeat(5))),
        numero_civico: owned("scala B interno 12"),
        ..business()
    };
    let (party, _) = party(&long, &Placeholders::default(), &mut texts).unwrap();
    assert_eq!(party.sede.indirizzo, "Via Garibaldi 10, scala B interno 12");
    assert_eq!(party.sede.numero_civico, None);
    let change = texts.changes.iter().find(|change| change.element == "Denominazione").unwrap();
    assert_eq!(change.cut.as_deref(), Some("Laboratorio \"Skoda\" Società"));
    assert_eq!(change.replaced.iter().map(|replacement| replacement.from).collect::<String>(), "“Š”");
}
