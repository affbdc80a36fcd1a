//! Simplified invoices: amounts, what is needed of the buyer, the limit.

use super::super::codes::DocumentType;
use super::super::model::DocumentReference;
use super::super::request::{Buyer, GrossLine};
use super::super::schema::Family;
use super::super::test_support::{business, consumer, date, decimal, line, public_body, refused, request, seller};
use super::super::tree::Tree;
use super::super::write_simplified::to_simplified_tree;
use super::*;

fn simplified(kind: DocumentType, buyer: Buyer, lines: Vec<GrossLine>) -> InvoiceRequest {
    let linked = DocumentReference {
        id_documento: "7/S".to_owned(),
        data: Some(date("2026-11-02")),
        ..DocumentReference::default()
    };
    let linked_invoices = if kind == DocumentType::Td07 { Vec::new() } else { vec![linked] };
    InvoiceRequest { document_type: kind, linked_invoices, ..request(buyer, lines) }
}

fn built(request: &InvoiceRequest) -> SimplifiedInvoice {
    let invoice = build_simplified(request, &seller(), &BuildSettings::default()).unwrap().invoice;
    let mut tree = Tree::new(Family::Simplified);
    to_simplified_tree(&invoice, &mut tree);
    assert_eq!(refused(&tree, Some(request.date)), []);
    invoice
}

#[test]
fn amounts_contain_vat_to_the_cent() {
    let net = GrossLine { net: true, ..line("3", "1.115", "10") };
    let invoice = built(&simplified(DocumentType::Td07, consumer(), vec![line("1", "19.99", "22"), net]));
    let lines: Vec<String> =
        invoice.lines.iter().map(|line| format!("{} {} {}", line.importo, line.imposta, line.aliquota)).collect();
    assert_eq!(lines, ["19.99 3.60 22.00", "3.69 0.34 10.00"]);
    assert!(invoice.buyer.is_some());
}

#[test]
fn a_tax_number_is_enough() {
    let bare = Buyer { denominazione: None, indirizzo: None, cap: None, comune: None, provincia: None, ..business() };
    let invoice = built(&simplified(DocumentType::Td07, bare.clone(), vec![line("1", "5.00", "22")]));
    assert_eq!((invoice.buyer.is_some(), invoice.buyer_id.is_some()), (false, true));
    let wrong = Buyer { partita_iva: Some("12345678900".to_owned()), ..bare };
    let problems = build_simplified(
        &simplified(DocumentType::Td07, wrong, vec![line("1", "5.00", "22")]),
        &seller(),
        &BuildSettings::default(),
    );
    assert_eq!(problems.unwrap_err()[0].reason, Reason::BadPartitaIva);
}

#[test]
fn a_note_names_what_it_corrects() {
    let note = InvoiceRequest {
        causale: Some("Reso di una tazza".to_owned()),
        ..simplified(DocumentType::Td08, consumer(), vec![line("1", "5.00", "22")])
    };
    let corrected = built(&note).corrected.unwrap();
    assert_eq!((corrected.numero.as_str(), corrected.elementi.as_str()), ("7/S", "Reso di una tazza"));
    // Above the limit a correction is still one.
    built(&simplified(DocumentType::Td08, consumer(), vec![line("1", "500.00", "22")]));
}

#[test]
fn what_the_format_does_not_take_is_refused() {
    let one = |price: &str| vec![line("1", price, "22")];
    let later =
        DocumentReference { data: Some(date("2026-12-01")), id_documento: "1".to_owned(), ..Default::default() };
    let undated = DocumentReference { data: None, ..later.clone() };
    let cases = [
        (simplified(DocumentType::Td07, consumer(), one("400.01")), Reason::BeyondSimplified),
        (simplified(DocumentType::Td07, public_body(), one("5.00")), Reason::SimplifiedForPublicBody),
        (
            simplified(DocumentType::Td07, Buyer { codice_fiscale: None, ..consumer() }, one("5.00")),
            Reason::MissingCodiceFiscale,
        ),
        (simplified(DocumentType::Td07, consumer(), vec![line("-1", "5.00", "22")]), Reason::NegativeTotal),
        (
            InvoiceRequest { linked_invoices: vec![later], ..simplified(DocumentType::Td08, consumer(), one("5.00")) },
            Reason::LinkedInvoiceLater,
        ),
        (
            InvoiceRequest {
                linked_invoices: vec![undated],
                ..simplified(DocumentType::Td08, consumer(), one("5.00"))
            },
            Reason::MissingLinkedDate,
        ),
        (
            InvoiceRequest { linked_invoices: Vec::new(), ..simplified(DocumentType::Td09, consumer(), one("5.00")) },
            Reason::MissingLinkedInvoice,
        ),
        (
            simplified(
                DocumentType::Td07,
                consumer(),
                vec![GrossLine { natura: Some(Natura::N7), ..line("1", "5.00", "0") }],
            ),
            Reason::NaturaNotSimplified,
        ),
    ];
    for (request, expected) in cases {
        let problems = build_simplified(&request, &seller(), &BuildSettings::default()).unwrap_err();
        assert_eq!(problems[0].reason, expected, "{request:?}");
    }
    let free = Seller { regime_fiscale: TaxRegime::Rf19, ..seller() };
    let request = simplified(
        DocumentType::Td07,
        consumer(),
        vec![GrossLine { natura: Some(Natura::N22), ..line("1", "900.00", "0") }],
    );
    let invoice = build_simplified(&request, &free, &BuildSettings::default()).unwrap().invoice;
    assert!(invoice.bollo_virtuale, "no limit for the forfettario, and the stamp duty above 77.47");
    assert_eq!(invoice.lines[0].importo, decimal("900.00"));
}
