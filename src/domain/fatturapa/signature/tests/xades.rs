//! Signatures inside XML, made by another library (xmlsec) with throw-away keys.

use super::super::canonical::{Method, canonical};
use super::super::markup::Document;
use super::super::{Authorities, Chain, Verification, xades};
use super::sample;

const INCLUSIVE: &str = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315";
const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";

fn verified(xml: &str) -> Verification {
    xades::verify(xml.as_bytes(), &Authorities::default()).unwrap()
}

fn file(name: &str) -> String {
    String::from_utf8(sample(&format!("firma/xades-{name}.xml"))).unwrap()
}

fn written(xml: &str, method: &str) -> String {
    let document = Document::parse(xml).unwrap();
    String::from_utf8(canonical(&document, 0, &[], &Method::of(method).unwrap())).unwrap()
}

#[test]
fn signatures_of_every_method_verify() {
    for name in ["inclusive", "exclusive", "id", "v11"] {
        let verification = verified(&file(name));
        let signer = &verification.signers[0];
        assert!(verification.verifies() && signer.digest_matches, "{name}: {signer:?}");
        assert_eq!(signer.signing_time.unwrap().to_rfc3339(), "2026-11-24T12:00:00+00:00");
        assert!(signer.subject.starts_with("CN=Prova raccordo") && signer.chain == Chain::NotChecked);
    }
}

#[test]
fn the_writing_does_not_matter_and_the_content_does() {
    let xml = file("inclusive");
    let rewritten = xml.replace("<vuoto xmlns=\"\"/>", "<vuoto  xmlns=''></vuoto >").replace("\r\n", "\n");
    assert!(verified(&rewritten).verifies());
    assert!(verified(&format!("\u{feff}{xml}")).verifies());
    let forged = verified(&xml.replace("testo", "Testo"));
    assert!(!forged.signers[0].digest_matches && !forged.verifies());
    assert_eq!(forged.problems(None)[0].1.code(), "00102");
    let moved = verified(&xml.replace("T13:00:00", "T14:00:00"));
    assert!(!moved.verifies());
}

#[test]
fn a_signature_of_a_part_is_not_one_of_the_document() {
    // The signed document inside another: the reference points to what is no longer the whole.
    let xml = file("id");
    let inside = xml.split_once("?>").unwrap().1;
    let wrapped = verified(&format!("<falso>{}</falso>", inside.trim()));
    assert!(!wrapped.verifies());
    assert!(wrapped.signers[0].problem.is_some());
    let twice = verified(&xml.replace("<vuoto ", "<vuoto Id=\"tutto\" "));
    assert!(!twice.verifies());
}

#[test]
fn what_is_not_supported_is_said_and_fails_no_control() {
    let xml = file("inclusive");
    for (from, to) in [
        ("xmldsig#enveloped-signature", "xmldsig#base64"),
        ("xmldsig-more#rsa-sha256", "xmldsig-more#rsa-whirlpool"),
        ("xmlenc#sha256", "xmlenc#ripemd160"),
        ("<p:Fattura", "<!DOCTYPE a><p:Fattura"),
    ] {
        let verification = verified(&xml.replacen(from, to, 1));
        let signer = &verification.signers[0];
        assert!(!signer.verifies && !signer.is_judged && signer.problem.is_some(), "{to}: {signer:?}");
        assert!(verification.problems(None).is_empty());
    }
}

#[test]
fn a_file_without_a_signature_has_none() {
    for plain in ["<a/>", "<a xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"/>", "<Signature/>", "", "<"] {
        assert_eq!(xades::verify(plain.as_bytes(), &Authorities::default()), None);
    }
    assert_eq!(xades::verify(b"<a>\xe0</a>", &Authorities::default()), None);
}

#[test]
fn the_canonical_form_is_that_of_the_recommendation() {
    let start = "<doc><e1   /><e2 b='2' xmlns:a=\"http://a\"  a:z=\"1\" a=\"x&quot;\t&#9;y\"/><e3><![CDATA[<&>]]>\r\n&#13;</e3></doc>";
    let end = "<doc><e1></e1><e2 xmlns:a=\"http://a\" a=\"x&quot; &#x9;y\" b=\"2\" a:z=\"1\"></e2><e3>&lt;&amp;&gt;\n&#xD;</e3></doc>";
    assert_eq!(written(start, INCLUSIVE), end);
    let around = "<?xml version=\"1.0\"?>\n<!-- a -->\n\n<?x  y?><doc><!-- b --></doc><!-- c -->\n";
    assert_eq!(written(around, INCLUSIVE), "<?x y?>\n<doc></doc>");
    let comments = format!("{INCLUSIVE}#WithComments");
    assert_eq!(written(around, &comments), "<!-- a -->\n<?x y?>\n<doc><!-- b --></doc>\n<!-- c -->");
    let unused = "<a xmlns=\"urn:a\" xmlns:u=\"urn:u\"><b xmlns=\"\"><u:c xmlns:u=\"urn:u\" u:d=\"1\"/></b></a>";
    assert_eq!(
        written(unused, EXCLUSIVE),
        "<a xmlns=\"urn:a\"><b xmlns=\"\"><u:c xmlns:u=\"urn:u\" u:d=\"1\"></u:c></b></a>"
    );
    assert_eq!(
        written(unused, INCLUSIVE),
        "<a xmlns=\"urn:a\" xmlns:u=\"urn:u\"><b xmlns=\"\"><u:c u:d=\"1\"></u:c></b></a>"
    );
}
