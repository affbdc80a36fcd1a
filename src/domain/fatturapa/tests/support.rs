//! A seller, buyers and orders for the tests of this folder.

use chrono::NaiveDate;

use crate::domain::{
    fatturapa::{
        Finding,
        codes::{DocumentType, Liquidation, Natura, PaymentMethod, Shareholders, TaxRegime},
        conform::judge_tree,
        judge::judge,
        model::{Address, ArticleCode, Contacts, Invoice, PartyName, Rea, Seller, VatId},
        read::Document,
        request::{Buyer, BuyerKind, Discount, Extra, GrossLine, InvoiceRequest, LineDetails, PaymentRequest},
        schema::Family,
        to_tree,
        tree::Tree,
    },
    money::Decimal,
};

/// What the exchange system would refuse in the file of an invoice.
pub(super) fn errors(invoice: &Invoice, received: Option<NaiveDate>) -> Vec<Finding> {
    let mut tree = Tree::new(Family::Ordinary);
    to_tree(invoice, &mut tree);
    refused(&tree, received)
}

/// The same of a document in memory. Its file, read again, must be the same document with the same findings.
pub(super) fn refused(tree: &Tree, received: Option<NaiveDate>) -> Vec<Finding> {
    let (mut file, mut read) = (Vec::new(), Document::default());
    tree.write(&mut file);
    let verdict = judge(&file, received, &mut read);
    assert_eq!(verdict.findings, judge_tree(tree, received));
    let mut again = Vec::new();
    read.tree.write(&mut again);
    assert_eq!(file, again);
    verdict.findings.into_iter().filter(|finding| finding.is_error() || finding.code.starts_with("0030")).collect()
}

pub(super) fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

pub(super) fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

#[expect(clippy::unnecessary_wraps, reason = "optional fields are filled with it")]
pub(super) fn owned(text: &str) -> Option<String> {
    Some(text.to_owned())
}

pub(super) fn seller() -> Seller {
    Seller {
        name: PartyName::Denominazione("Bottega di Prova S.r.l.".to_owned()),
        id_fiscale_iva: VatId::italian("01234567897"),
        codice_fiscale: owned("01234567897"),
        regime_fiscale: TaxRegime::Rf01,
        sede: Address {
            indirizzo: "Via dei Test".to_owned(),
            numero_civico: owned("1/A"),
            cap: "00100".to_owned(),
            comune: "Roma".to_owned(),
            provincia: owned("RM"),
            nazione: "IT".to_owned(),
        },
        rea: Some(Rea {
            ufficio: "RM".to_owned(),
            numero_rea: "1234567".to_owned(),
            capitale_sociale: Some(decimal("10000")),
            socio_unico: Some(Shareholders::Several),
            stato_liquidazione: Liquidation::Active,
        }),
        contacts: Some(Contacts { telefono: owned("0612345678"), fax: None, email: owned("info@bottega.example") }),
        albo: None,
        stabile_organizzazione: None,
        riferimento_amministrazione: None,
        iban: owned("IT60X0542811101000000123456"),
        istituto_finanziario: None,
        codice_destinatario: None,
    }
}

pub(super) fn consumer() -> Buyer {
    Buyer {
        kind: BuyerKind::Consumer,
        nome: owned("Mario"),
        cognome: owned("Rossi"),
        codice_fiscale: owned("rssmra80a01h501u"),
        indirizzo: owned("Via Garibaldi 10"),
        cap: owned("20121"),
        comune: owned("Milano"),
        provincia: owned("mi"),
        ..Buyer::default()
    }
}

pub(super) fn business() -> Buyer {
    Buyer {
        kind: BuyerKind::Business,
        denominazione: owned("Ditta Esempio & Figli s.n.c."),
        partita_iva: owned("IT 12345678903"),
        codice_destinatario: owned("abc1234"),
        nome: None,
        cognome: None,
        codice_fiscale: None,
        ..consumer()
    }
}

pub(super) fn public_body() -> Buyer {
    Buyer {
        kind: BuyerKind::PublicBody,
        denominazione: owned("Comune di Esempio"),
        partita_iva: None,
        codice_fiscale: owned("80000000028"),
        codice_destinatario: owned("UF1A2B"),
        ..business()
    }
}

pub(super) fn foreign(kind: BuyerKind, country: &str, number: Option<&str>) -> Buyer {
    Buyer {
        kind,
        denominazione: owned("Beispiel Händler GmbH"),
        partita_iva: number.map(str::to_owned),
        nazione: owned(country),
        indirizzo: owned("Hauptstraße 5"),
        cap: owned("10115"),
        comune: owned("Berlin"),
        provincia: owned("BE"),
        ..Buyer::default()
    }
}

pub(super) fn line(quantity: &str, unit_price: &str, rate: &str) -> GrossLine {
    let rate = decimal(rate);
    let is_zero = rate.is_zero();
    GrossLine {
        kind: None,
        codes: vec![ArticleCode { codice_tipo: "SKU".to_owned(), codice_valore: "00123".to_owned() }],
        description: "Tazza in ceramica".to_owned(),
        quantity: decimal(quantity),
        unit: owned("pz"),
        unit_price: decimal(unit_price),
        net: false,
        discount: Discount::None,
        total: None,
        rate,
        natura: is_zero.then_some(Natura::N31),
        riferimento_normativo: is_zero.then(|| "Art. 8 c. 1 lett. a) DPR 633/72".to_owned()),
        details: LineDetails::default(),
    }
}

pub(super) fn request(buyer: Buyer, lines: Vec<GrossLine>) -> InvoiceRequest {
    InvoiceRequest {
        document_type: DocumentType::Td01,
        number: "WEB/1".to_owned(),
        date: date("2026-11-23"),
        progressive: "00001".to_owned(),
        currency: "EUR".to_owned(),
        buyer,
        lines,
        shipping: None,
        order_discount: None,
        orders: Vec::new(),
        linked_invoices: Vec::new(),
        transport_documents: Vec::new(),
        split_payment: None,
        causale: None,
        payments: vec![PaymentRequest::new(PaymentMethod::Mp08)],
        extra: Extra::default(),
    }
}
