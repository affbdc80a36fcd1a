//! Several documents under one header.

use super::super::build::build;
use super::super::judge::judge;
use super::super::read::Document;
use super::super::request::{BuildSettings, InvoiceRequest};
use super::super::test_support::{business, consumer, date, line, request, seller};
use super::super::write::to_tree;
use super::*;

fn tree(request: &InvoiceRequest) -> Tree {
    let mut tree = Tree::new(Family::Ordinary);
    to_tree(&build(request, &seller(), &BuildSettings::default()).unwrap().invoice, &mut tree);
    tree
}

#[test]
fn documents_of_one_buyer_share_a_header() {
    let mut documents: Vec<Tree> =
        ["1.00", "2.00", "3.00"].iter().map(|price| tree(&request(business(), vec![line("1", price, "22")]))).collect();
    let keys: Vec<Vec<u8>> = documents.iter_mut().map(header_key).collect();
    assert!(keys[0] == keys[1] && keys[1] == keys[2]);
    assert!(header_key(&mut tree(&request(consumer(), vec![line("1", "1.00", "22")]))) != keys[0]);
    for (tree, number) in documents.iter_mut().zip(1..) {
        set_number(tree, &format!("{number}/WEB"));
        set_progressive(tree, "0000B");
    }
    let mut lot = Lot::new(&documents[0]);
    for tree in &documents {
        lot.push(&body(tree));
    }
    let file = lot.finish();
    let verdict = judge(&file, Some(date("2026-11-24")), &mut Document::default());
    assert_eq!(verdict.findings, []);
    let numbers: Vec<&str> = verdict.documents.iter().map(|document| document.numero.as_str()).collect();
    assert_eq!(numbers, ["1/WEB", "2/WEB", "3/WEB"]);
    assert!(String::from_utf8(file).unwrap().contains("<ProgressivoInvio>0000B</ProgressivoInvio>"));
}

#[test]
fn a_file_of_one_is_the_file_of_its_document() {
    let mut tree = tree(&request(business(), vec![line("1", "1.00", "22")]));
    set_number(&mut tree, "A long number 12");
    let mut alone = Vec::new();
    tree.write(&mut alone);
    let mut lot = Lot::new(&tree);
    lot.push(&body(&tree));
    assert_eq!(lot.finish(), alone);
}

#[test]
fn size_is_that_of_the_exchange_system() {
    let mut big = request(business(), vec![line("1", "1.00", "22")]);
    assert!(!is_too_large(&tree(&big)));
    let attachment = |length| super::super::model::Attachment {
        nome: "a.pdf".to_owned(),
        algoritmo_compressione: None,
        formato: None,
        descrizione: None,
        content: "A".repeat(length),
    };
    big.extra.attachments = vec![attachment(MOST_BYTES - 4000)];
    assert!(!is_too_large(&tree(&big)));
    big.extra.attachments = vec![attachment(MOST_BYTES)];
    assert!(is_too_large(&tree(&big)));
    let lot = Lot::new(&tree(&request(business(), vec![line("1", "1.00", "22")])));
    assert!(lot.has_room(3000) && !lot.has_room(MOST_BYTES - 100));
}
