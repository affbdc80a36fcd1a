//! Whole orders: totals to the cent, discounts, shipping, routing, stamp duty, and every refusal.

use proptest::prelude::*;

use super::super::codes::{Natura, PaymentMethod};
use super::super::model::{DocumentReference, TransportDocument};
use super::super::request::{Buyer, BuyerKind, Discount, GrossLine, PaymentRequest, Shipping};
use super::super::test_support::{
    business, consumer, date, decimal, errors, foreign, line, public_body, request, seller,
};
use super::*;

fn built(request: &InvoiceRequest) -> Invoice {
    let invoice = build(request, &seller(), &BuildSettings::default()).unwrap().invoice;
    assert_eq!(errors(&invoice, Some(request.date)), [], "{request:?}");
    invoice
}

fn summaries_of(invoice: &Invoice) -> Vec<String> {
    let shown = |summary: &Summary| {
        let rounding = summary.arrotondamento.map(|amount| format!(" ({amount})")).unwrap_or_default();
        format!("{} {} + {}{rounding}", summary.aliquota_iva, summary.imponibile_importo, summary.imposta)
    };
    invoice.summaries.iter().map(shown).collect()
}

#[test]
fn base_and_tax_are_what_was_paid() {
    let cases: [(Vec<GrossLine>, &[&str], &str); 5] = [
        (vec![line("1", "19.99", "22")], &["22.00 16.39 + 3.60 (0.0047541)"], "19.99"),
        (vec![line("3", "0.10", "22")], &["22.00 0.25 + 0.05 (0.00409837)"], "0.30"),
        (vec![line("1", "12.20", "22")], &["22.00 10.00 + 2.20"], "12.20"),
        (
            vec![line("1", "19.99", "22"), line("2", "5.20", "4"), line("1", "0.99", "22"), line("1", "7.00", "10")],
            &["4.00 10.00 + 0.40", "10.00 6.36 + 0.64 (-0.00363636)", "22.00 17.20 + 3.78 (0.00327869)"],
            "38.38",
        ),
        (vec![line("1", "30.01", "0")], &["0.00 30.01 + 0.00"], "30.01"),
    ];
    for (lines, summaries, document_total) in cases {
        let invoice = built(&request(business(), lines));
        assert_eq!(summaries_of(&invoice), summaries);
        assert_eq!(invoice.document.importo_totale_documento, Some(decimal(document_total)));
        assert_eq!(invoice.payments[0].dettagli[0].importo_pagamento, decimal(document_total));
    }
}

#[test]
fn discount_and_shipping_of_the_order_follow_the_rates() {
    let lines = vec![line("1", "30.00", "22"), line("1", "10.00", "4")];
    let shipping = Some(Shipping { description: "Spedizione".to_owned(), gross: decimal("5.01") });
    let invoice =
        built(&InvoiceRequest { shipping, order_discount: Some(decimal("4.01")), ..request(consumer(), lines) });
    let kinds: Vec<_> = invoice.lines.iter().map(|line| (line.numero_linea, line.tipo_cessione_prestazione)).collect();
    let ancillary = Some(LineKind::Ancillary);
    assert_eq!(kinds, [(1, None), (2, None), (3, ancillary), (4, ancillary)]);
    // 30.00 - 3.01 + 3.76 and 10.00 - 1.00 + 1.25
    assert_eq!(summaries_of(&invoice), ["4.00 9.86 + 0.39 (0.00423077)", "22.00 25.20 + 5.55 (-0.00491803)"]);
    assert_eq!(invoice.document.importo_totale_documento, Some(decimal("41.00")));
}

#[test]
fn a_public_body_pays_without_vat() {
    let order = DocumentReference {
        id_documento: "ORD-7".to_owned(),
        data: Some(date("2026-11-20")),
        codice_cig: Some("ZA12345678".to_owned()),
        codice_cup: Some("J51B21000000001".to_owned()),
        ..DocumentReference::default()
    };
    let invoice =
        built(&InvoiceRequest { orders: vec![order], ..request(public_body(), vec![line("10", "12.20", "22")]) });
    assert_eq!(invoice.versione, Format::Fpa12);
    assert_eq!(invoice.summaries[0].esigibilita_iva, Some(VatDue::Split));
    assert_eq!(invoice.document.importo_totale_documento, Some(decimal("122.00")));
    assert_eq!(invoice.payments[0].dettagli[0].importo_pagamento, decimal("100.00"));
}

#[test]
fn stamp_duty_above_the_threshold_and_only_for_its_natures() {
    let cases = [
        (Natura::N4, "77.47", false),
        (Natura::N4, "77.48", true),
        (Natura::N21, "100.00", true),
        (Natura::N31, "1000.00", false),
        (Natura::N32, "1000.00", false),
    ];
    for (natura, price, expected) in cases {
        let lines = vec![GrossLine { natura: Some(natura), ..line("1", price, "0") }];
        let invoice = built(&request(foreign(BuyerKind::Consumer, "CH", None), lines));
        assert_eq!(invoice.document.bollo.is_some(), expected, "{natura} {price}");
        assert_eq!(invoice.summaries[0].esigibilita_iva, None);
        assert!(invoice.summaries[0].riferimento_normativo.is_some());
    }
}

#[test]
fn a_credit_note_names_its_invoice_and_stays_positive() {
    let linked = DocumentReference {
        id_documento: "WEB/1".to_owned(),
        data: Some(date("2026-11-01")),
        ..DocumentReference::default()
    };
    let note = InvoiceRequest {
        document_type: DocumentType::Td04,
        linked_invoices: vec![linked.clone()],
        causale: Some("Reso della merce ".repeat(20)),
        ..request(business(), vec![line("1", "19.99", "22")])
    };
    let invoice = built(&note);
    assert_eq!(invoice.linked_invoices, [linked]);
    assert_eq!(invoice.document.importo_totale_documento, Some(decimal("19.99")));
    assert_eq!(invoice.document.causale.len(), 2, "340 characters in pieces of 200");
}

#[test]
fn bank_transfers_carry_the_account() {
    let transfer = |method| PaymentRequest {
        due_date: Some(date("2026-12-31")),
        reference: Some("TRX-1".to_owned()),
        ..PaymentRequest::new(method)
    };
    let pay = |method| InvoiceRequest {
        payments: vec![transfer(method)],
        ..request(business(), vec![line("1", "9.99", "10")])
    };
    assert_eq!(built(&pay(PaymentMethod::Mp05)).payments[0].dettagli[0].iban, seller().iban);
    assert_eq!(built(&pay(PaymentMethod::Mp08)).payments[0].dettagli[0].iban, None);
}

#[test]
fn every_problem_of_a_request_is_reported() {
    let ordinary = || request(business(), vec![line("1", "19.99", "22")]);
    let negative = || line("-1", "19.99", "22");
    let pay = |amount: Option<&str>| PaymentRequest {
        amount: amount.map(decimal),
        ..PaymentRequest::new(PaymentMethod::Mp01)
    };
    let cases: [(InvoiceRequest, &[Reason]); 9] = [
        (InvoiceRequest { document_type: DocumentType::Td22, ..ordinary() }, &[Reason::UnsupportedDocument]),
        (InvoiceRequest { document_type: DocumentType::Td04, ..ordinary() }, &[Reason::MissingLinkedInvoice]),
        (InvoiceRequest { number: "WEB".to_owned(), ..ordinary() }, &[Reason::BadNumber]),
        (InvoiceRequest { lines: Vec::new(), ..ordinary() }, &[Reason::NoLines]),
        (InvoiceRequest { lines: vec![negative()], ..ordinary() }, &[Reason::NegativeTotal]),
        (InvoiceRequest { order_discount: Some(decimal("1.005")), ..ordinary() }, &[Reason::FractionOfCent]),
        (
            InvoiceRequest { lines: vec![negative()], order_discount: Some(decimal("1")), ..ordinary() },
            &[Reason::NothingToSpreadOver],
        ),
        (InvoiceRequest { payments: vec![pay(None), pay(Some("20.00"))], ..ordinary() }, &[Reason::BadPayment]),
        (
            InvoiceRequest {
                number: String::new(),
                buyer: Buyer { partita_iva: None, ..business() },
                lines: vec![line("0", "1", "22"), line("1", "1", "0.22")],
                ..ordinary()
            },
            &[Reason::BadNumber, Reason::MissingPartitaIva, Reason::BadQuantity, Reason::BadRate],
        ),
    ];
    for (request, expected) in cases {
        let problems = build(&request, &seller(), &BuildSettings::default()).unwrap_err();
        let reasons: Vec<Reason> = problems.iter().map(|problem| problem.reason).collect();
        assert_eq!(reasons, expected, "{request:?}");
    }
}

/// A line with its gross total in cents, worked out in whole numbers apart from the code under test.
fn any_line() -> impl Strategy<Value = (GrossLine, i128)> {
    let rate = prop::sample::select(vec!["4", "5", "10", "22", "25.5", "0"]);
    (1_i128..20, 0_i128..200_000, rate, 0_u8..4, 0_i128..100).prop_map(|(quantity, cents, rate, kind, part)| {
        let gross = quantity * cents;
        let (discount, paid) = match kind {
            0 => (Discount::Percent(Decimal::new(part, 0)), half_up(gross * (100 - part), 100)),
            1 => (Discount::PerUnit(Decimal::new(cents * part / 100, 2)), quantity * (cents - cents * part / 100)),
            2 => (Discount::Line(Decimal::new(gross * part / 100, 2)), gross - gross * part / 100),
            _ => (Discount::None, gross),
        };
        let source = line("1", "1", rate);
        (
            GrossLine { quantity: Decimal::new(quantity, 0), unit_price: Decimal::new(cents, 2), discount, ..source },
            paid,
        )
    })
}

fn half_up(numerator: i128, denominator: i128) -> i128 {
    (2 * numerator + denominator) / (2 * denominator)
}

proptest! {
    #[test]
    fn any_order_closes_to_the_cent(
        lines in prop::collection::vec(any_line(), 1..12),
        shipping in prop::option::of(0_i128..3000),
        discount_part in prop::option::of(0_i128..100),
    ) {
        let goods: i128 = lines.iter().map(|(_, paid)| paid).sum();
        let discount = discount_part.map(|part| goods * part / 100);
        let lines_paid: Vec<(Decimal, i128)> = lines.iter().map(|(line, paid)| (line.rate, *paid)).collect();
        let sources: Vec<GrossLine> = lines.iter().map(|(line, _)| line.clone()).collect();
        let invoice = built(&InvoiceRequest {
            shipping: shipping.map(|cents| Shipping { description: "Spedizione".to_owned(), gross: Decimal::new(cents, 2) }),
            order_discount: discount.map(|cents| Decimal::new(cents, 2)),
            ..request(business(), sources)
        });
        let paid = goods - discount.unwrap_or_default() + shipping.unwrap_or_default();
        prop_assert_eq!(invoice.document.importo_totale_documento, Some(Decimal::new(paid, 2)));
        for summary in &invoice.summaries {
            let of_rate = |line: &&super::super::model::Line| line.aliquota_iva == summary.aliquota_iva;
            let lines = total(invoice.lines.iter().filter(of_rate).map(|line| line.prezzo_totale)).unwrap();
            let closed = lines.add(summary.arrotondamento.unwrap_or_default()).unwrap();
            prop_assert_eq!(closed, summary.imponibile_importo);
            if discount.is_none() && shipping.is_none() {
                let of_rate = lines_paid.iter().filter(|(rate, _)| *rate == summary.aliquota_iva);
                let gross = Decimal::new(of_rate.map(|(_, paid)| paid).sum(), 2);
                prop_assert_eq!(summary.imponibile_importo.add(summary.imposta), Some(gross));
            }
        }
    }

    #[test]
    fn any_text_is_made_writable_or_refused_with_a_reason(name in ".{1,100}", description in ".{1,1200}", street in ".{1,90}") {
        let buyer = Buyer { denominazione: Some(name), indirizzo: Some(street), ..business() };
        let lines = vec![GrossLine { description, ..line("1", "1.00", "22") }];
        match build(&request(buyer, lines), &seller(), &BuildSettings::default()) {
            Ok(built) => prop_assert_eq!(errors(&built.invoice, None), []),
            Err(problems) => prop_assert!(problems.iter().all(|problem| matches!(
                problem.reason,
                Reason::MissingName | Reason::UnwritableName | Reason::MissingAddress | Reason::MissingDescription
            ))),
        }
    }
}

#[test]
fn net_prices_add_their_vat_on_the_summary() {
    let net = |quantity: &str, price: &str| GrossLine { net: true, ..line(quantity, price, "22") };
    let invoice = built(&request(business(), vec![net("3", "1.115"), net("1", "0.01")]));
    assert_eq!(summaries_of(&invoice), ["22.00 3.36 + 0.74 (0.005)"]);
    assert_eq!(invoice.document.importo_totale_documento, Some(decimal("4.10")));
}

#[test]
fn a_deferred_invoice_names_its_transport_document() {
    let deferred =
        InvoiceRequest { document_type: DocumentType::Td24, ..request(business(), vec![line("1", "10.00", "22")]) };
    let problems = build(&deferred, &seller(), &BuildSettings::default()).unwrap_err();
    assert_eq!(problems[0].reason, Reason::MissingTransportDocument);
    let document = TransportDocument { numero: "DDT 7".to_owned(), data: date("2026-11-02"), lines: Vec::new() };
    let invoice = built(&InvoiceRequest { transport_documents: vec![document], ..deferred });
    assert_eq!(invoice.transport_documents.len(), 1);
}

#[test]
fn an_integration_turns_supplier_and_buyer_round() {
    let services = InvoiceRequest {
        document_type: DocumentType::Td17,
        linked_invoices: vec![DocumentReference { id_documento: "INV-9".to_owned(), ..DocumentReference::default() }],
        ..request(
            foreign(BuyerKind::Business, "IE", Some("IE6388047V")),
            vec![GrossLine { net: true, ..line("1", "100.00", "22") }],
        )
    };
    let invoice = built(&services);
    assert_eq!(invoice.seller.id_fiscale_iva.id_paese, "IE");
    assert_eq!(invoice.buyer.id_fiscale_iva, Some(seller().id_fiscale_iva));
    assert_eq!(summaries_of(&invoice), ["22.00 100.00 + 22.00"]);
    let italian = InvoiceRequest { buyer: business(), ..services };
    assert!(build(&italian, &seller(), &BuildSettings::default()).is_err());
}
