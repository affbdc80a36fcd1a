//! A document in memory is judged as its file is.

use super::super::build::build;
use super::super::judge::judge;
use super::super::model::Invoice;
use super::super::read::Document;
use super::super::request::BuildSettings;
use super::super::test_support::{business, date, line, request, seller};
use super::super::write::to_tree;
use super::*;

fn invoice() -> Invoice {
    build(&request(business(), vec![line("1", "19.99", "22")]), &seller(), &BuildSettings::default()).unwrap().invoice
}

/// The findings of the document, which must be those of its file.
fn findings(invoice: &Invoice) -> Vec<String> {
    let (mut tree, mut file) = (Tree::new(Family::Ordinary), Vec::new());
    to_tree(invoice, &mut tree);
    tree.write(&mut file);
    let received = Some(date("2026-11-24"));
    let found = judge_tree(&tree, received);
    let mut both = [found.clone(), judge(&file, received, &mut Document::default()).findings];
    for findings in &mut both {
        findings.sort_by(|left, right| (left.code, &left.path).cmp(&(right.code, &right.path)));
    }
    assert_eq!(both[0], both[1]);
    found.iter().map(|finding| format!("{} {}", finding.code, finding.path)).collect()
}

#[test]
fn a_good_document_has_no_finding() {
    assert_eq!(findings(&invoice()), Vec::<String>::new());
}

#[test]
fn every_violation_is_found_where_the_file_has_it() {
    let mut wrong = invoice();
    wrong.transmission.codice_destinatario = "abc".to_owned();
    wrong.seller.sede.indirizzo = "x".repeat(61);
    wrong.buyer.sede.cap.clear();
    wrong.lines.clear();
    wrong.document.causale = vec!["città €".to_owned()];
    let expected = [
        "00200 FatturaElettronicaHeader/DatiTrasmissione/CodiceDestinatario",
        "00200 FatturaElettronicaHeader/CedentePrestatore/Sede/Indirizzo",
        "00200 FatturaElettronicaHeader/CessionarioCommittente/Sede/CAP",
        "00200 FatturaElettronicaBody[1]/DatiGenerali/DatiGeneraliDocumento/Causale[1]",
        "00200 FatturaElettronicaBody[1]/DatiBeniServizi/DettaglioLinee",
    ];
    let found = findings(&wrong);
    assert_eq!(found[..5], expected, "{found:?}");
}

#[test]
fn a_document_without_anything_lacks_its_two_parts() {
    let found = violations(&Tree::new(Family::Simplified));
    let paths: Vec<&str> = found.iter().map(|finding| finding.path.as_str()).collect();
    assert_eq!(paths, ["FatturaElettronicaHeader", "FatturaElettronicaBody"]);
}
