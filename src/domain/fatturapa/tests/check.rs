//! Each control alone on an invoice that is otherwise right, and the tolerances.

use super::super::build::build;
use super::super::codes::{AdjustmentKind, DocumentType, Format, FundKind, Natura, TaxRegime, VatDue, WithholdingKind};
use super::super::model::{Adjustment, AdjustmentAmount, DocumentReference, Fund, VatId, Withholding};
use super::super::request::{BuildSettings, BuyerKind};
use super::super::test_support::{business, consumer, date, decimal, foreign, line, public_body, request, seller};
use super::*;

fn good() -> Invoice {
    let lines = vec![line("2", "12.20", "22"), line("1", "5.00", "0")];
    build(&request(business(), lines), &seller(), &BuildSettings::default()).unwrap().invoice
}

fn codes(invoice: &Invoice) -> Vec<&'static str> {
    check(invoice, Some(date("2026-11-24"))).iter().map(|finding| finding.code).collect()
}

fn fund(rate: &str, natura: Option<Natura>) -> Fund {
    Fund {
        tipo_cassa: FundKind::Tc01,
        al_cassa: decimal("4.00"),
        importo_contributo_cassa: decimal("0.00"),
        imponibile_cassa: None,
        aliquota_iva: decimal(rate),
        ritenuta: false,
        natura,
    }
}

/// Each mistake alone, on an invoice that is otherwise right.
#[test]
fn each_control_finds_its_mistake_and_nothing_else() {
    type Mistake = fn(&mut Invoice);
    let cases: &[(&[&str], Mistake)] = &[
        (&[], |_| {}),
        (&["00200"], |invoice| invoice.document.numero = "1".repeat(21)),
        (&["00200"], |invoice| invoice.seller.sede.provincia = Some("rm".to_owned())),
        (&["00200"], |invoice| invoice.lines[0].descrizione = "5 €".to_owned()),
        (&["00200"], |invoice| invoice.lines[0].quantita = Some(decimal("2.000000001"))),
        (&["00300"], |invoice| invoice.transmission.id_trasmittente.id_codice = "01234567890".to_owned()),
        (&["00301"], |invoice| invoice.seller.id_fiscale_iva.id_codice = "01234567890".to_owned()),
        (&["00302"], |invoice| invoice.seller.codice_fiscale = Some("01234567890".to_owned())),
        (&["00305"], |invoice| invoice.buyer.id_fiscale_iva = Some(VatId::italian("12345678901"))),
        (&["00306"], |invoice| {
            invoice.buyer.id_fiscale_iva = None;
            invoice.buyer.codice_fiscale = Some("RSSMRA80A01H501X".to_owned());
        }),
        (&["00313"], |invoice| invoice.transmission.codice_destinatario = "XXXXXXX".to_owned()),
        (&["00330"], |invoice| invoice.transmission.pec_destinatario = Some("sdi01@pec.fatturapa.it".to_owned())),
        (&["00400", "00444"], |invoice| invoice.lines[1].natura = None),
        (&["00401"], |invoice| invoice.lines[0].natura = Some(Natura::N31)),
        (&["00403"], |invoice| invoice.document.data = date("2026-11-25")),
        (&["00411"], |invoice| invoice.lines[0].ritenuta = true),
        (&["00413"], |invoice| invoice.document.casse.push(fund("0.00", None))),
        (&["00414"], |invoice| invoice.document.casse.push(fund("22.00", Some(Natura::N31)))),
        (&["00415"], |invoice| invoice.document.casse.push(Fund { ritenuta: true, ..fund("22.00", None) })),
        (&["00417"], |invoice| invoice.buyer.id_fiscale_iva = None),
        (&["00418"], |invoice| {
            let data = Some(date("2026-12-01"));
            invoice.linked_invoices.push(DocumentReference {
                id_documento: "1".to_owned(),
                data,
                ..DocumentReference::default()
            });
        }),
        (&["00419", "00443", "00422"], |invoice| {
            invoice.summaries.remove(0);
        }),
        (&["00420", "00444"], |invoice| {
            invoice.summaries[1].natura = Some(Natura::N63);
            invoice.summaries[1].esigibilita_iva = Some(VatDue::Split);
        }),
        (&["00421"], |invoice| invoice.summaries[0].imposta = decimal("4.42")),
        (&["00422"], |invoice| invoice.summaries[1].imponibile_importo = decimal("6.01")),
        (&["00423"], |invoice| invoice.lines[0].prezzo_totale = decimal("20.02")),
        (&["00424", "00424"], |invoice| {
            invoice.lines[0].aliquota_iva = decimal("0.22");
            invoice.summaries[0].aliquota_iva = decimal("0.22");
            invoice.summaries[0].imposta = decimal("0.04");
        }),
        (&["00425"], |invoice| invoice.document.numero = "WEB".to_owned()),
        (&["00427"], |invoice| invoice.transmission.codice_destinatario = "ABC123".to_owned()),
        (&["00428"], |invoice| invoice.versione = Format::Fpa12),
        (&["00429", "00444"], |invoice| invoice.summaries[1].natura = None),
        (&["00430"], |invoice| invoice.summaries[0].natura = Some(Natura::N31)),
        (&["00443", "00422", "00422"], |invoice| invoice.summaries[0].aliquota_iva = decimal("22.01")),
        (&["00444"], |invoice| invoice.summaries[1].natura = Some(Natura::N4)),
        (&["00445", "00445"], |invoice| {
            invoice.lines[1].natura = Some(Natura::N3);
            invoice.summaries[1].natura = Some(Natura::N3);
        }),
        (&["00471"], |invoice| invoice.buyer.id_fiscale_iva = Some(invoice.seller.id_fiscale_iva.clone())),
        (&["00472"], |invoice| invoice.document.tipo_documento = DocumentType::Td27),
        (&["00473"], |invoice| invoice.document.tipo_documento = DocumentType::Td17),
        (&["00472", "00474"], |invoice| invoice.document.tipo_documento = DocumentType::Td21),
        (&["00475"], |invoice| {
            invoice.document.tipo_documento = DocumentType::Td20;
            invoice.buyer.id_fiscale_iva = None;
            invoice.buyer.codice_fiscale = Some("RSSMRA80A01H501U".to_owned());
        }),
        (&["00476"], |invoice| {
            invoice.seller.id_fiscale_iva.id_paese = "SM".to_owned();
            invoice.buyer.id_fiscale_iva = Some(VatId { id_paese: "FR".to_owned(), id_codice: "0000000".to_owned() });
        }),
    ];
    for (expected, mistake) in cases {
        let mut invoice = good();
        mistake(&mut invoice);
        assert_eq!(codes(&invoice), *expected, "{:?}", check(&invoice, None));
    }
}

#[test]
fn tolerances_are_inclusive() {
    type Change = fn(&mut Invoice);
    let accepted: &[Change] = &[
        |invoice| invoice.summaries[0].imposta = decimal("4.41"),
        |invoice| invoice.summaries[0].imposta = decimal("4.39"),
        |invoice| invoice.summaries[1].imponibile_importo = decimal("6.00"),
        |invoice| invoice.lines[0].prezzo_totale = decimal("20.01"),
        |invoice| invoice.document.data = date("2026-11-24"),
        |invoice| invoice.lines[0].quantita = Some(decimal("2.000")),
    ];
    for change in accepted {
        let mut invoice = good();
        change(&mut invoice);
        assert_eq!(codes(&invoice), [""; 0]);
    }
}

#[test]
fn td16_may_have_a_rate_and_a_natura() {
    let mut invoice = good();
    invoice.document.tipo_documento = DocumentType::Td16;
    invoice.lines[0].natura = Some(Natura::N66);
    invoice.summaries[0].natura = Some(Natura::N66);
    assert_eq!(codes(&invoice), [""; 0]);
}

#[test]
fn discounts_apply_one_after_the_other() {
    let discount = |tipo, amount| Adjustment { tipo, amount };
    let mut invoice = good();
    invoice.lines[0].prezzo_unitario = decimal("100.00");
    invoice.lines[0].sconti = vec![
        discount(AdjustmentKind::Discount, AdjustmentAmount::Percentuale(decimal("10.00"))),
        discount(AdjustmentKind::Discount, AdjustmentAmount::Percentuale(decimal("50.00"))),
        discount(AdjustmentKind::Surcharge, AdjustmentAmount::Percentuale(decimal("10.00"))),
        discount(AdjustmentKind::Discount, AdjustmentAmount::Importo(decimal("39.50"))),
    ];
    // 100 less 10 % is 90, less 50 % is 45, plus 10 % is 49.50, less 39.50 is 10; twice.
    assert_eq!(codes(&invoice), [""; 0]);
    invoice.lines[0].sconti.reverse();
    assert_eq!(codes(&invoice), ["00423"]);
}

#[test]
fn funds_count_towards_the_base_of_their_rate() {
    let mut invoice = good();
    invoice.document.casse.push(Fund {
        importo_contributo_cassa: decimal("5.00"),
        ritenuta: true,
        ..fund("22.00", None)
    });
    invoice.document.ritenute.push(Withholding {
        tipo_ritenuta: WithholdingKind::Rt01,
        importo_ritenuta: decimal("4.00"),
        aliquota_ritenuta: decimal("20.00"),
        causale_pagamento: "A".to_owned(),
    });
    assert_eq!(codes(&invoice), ["00422"]);
    invoice.summaries[0].imponibile_importo = decimal("25.00");
    invoice.summaries[0].imposta = decimal("5.50");
    assert_eq!(codes(&invoice), [""; 0]);
}

#[test]
fn a_finding_names_element_value_and_what_was_expected() {
    let mut invoice = good();
    invoice.summaries[0].imposta = decimal("4.42");
    let finding = check(&invoice, None).remove(0);
    assert_eq!(finding.path, "FatturaElettronicaBody[1]/DatiBeniServizi/DatiRiepilogo[1]/Imposta");
    assert_eq!(finding.value, "4.42");
    assert!(finding.message_it.ends_with("atteso `4.40`") && finding.message_en.ends_with("expected `4.40`"));
    invoice = good();
    invoice.lines[1].codici_articolo[0].codice_valore = String::new();
    let finding = check(&invoice, None).remove(0);
    assert_eq!(
        finding.path,
        "FatturaElettronicaBody[1]/DatiBeniServizi/DettaglioLinee[2]/CodiceArticolo[1]/CodiceValore"
    );
}

#[test]
fn every_kind_of_buyer_and_regime_passes() {
    let buyers = [
        consumer(),
        business(),
        public_body(),
        foreign(BuyerKind::Consumer, "FR", None),
        foreign(BuyerKind::Business, "US", None),
        foreign(BuyerKind::Business, "SM", Some("SM12345")),
    ];
    for buyer in buyers {
        for regime_fiscale in [TaxRegime::Rf01, TaxRegime::Rf16, TaxRegime::Rf19] {
            let seller = super::super::model::Seller { regime_fiscale, ..seller() };
            let request = request(buyer.clone(), vec![line("1", "19.99", "0"), line("3", "0.10", "22")]);
            assert_eq!(
                codes(&build(&request, &seller, &BuildSettings::default()).unwrap().invoice),
                [""; 0],
                "{buyer:?}"
            );
        }
    }
}
