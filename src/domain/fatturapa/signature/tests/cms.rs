//! Verification of envelopes, and the controls that follow.

use chrono::{TimeDelta, Utc};

use super::super::der::{SET, write};
use super::super::{Authorities, Chain, SignatureProblem, Verification, cms, oid};
use super::{envelope, moment, opened, sample, signing};

fn verified(bytes: &[u8]) -> Verification {
    let content = opened(bytes);
    cms::verify(content.layers.last().unwrap(), &Authorities::default())
}

fn codes(verification: &Verification, received: chrono::DateTime<Utc>) -> Vec<&'static str> {
    verification.problems(Some(received)).into_iter().map(|(_, problem)| problem.code()).collect()
}

#[test]
fn every_sample_has_its_verdict() {
    let cases = [
        ("00001.xml.p7m", 1, true),
        ("00002.xml.p7m", 1, true),
        ("00003.xml.p7m", 1, true),
        ("00004.xml.p7m", 1, true),
        ("00005.xml.p7m", 1, true),
        ("00006.xml.p7m.p7m", 1, true),
        ("00007.xml.p7m", 2, true),
        ("00009.xml.p7m", 0, false),
        ("00010.xml.p7m", 1, false),
        ("00011.xml.p7m", 1, true),
        ("00012.xml.p7m", 1, true),
        ("00013.xml.p7m", 1, true),
    ];
    for (name, signers, verifies) in cases {
        let verification = verified(&sample(&format!("p7m/IT01234567897_{name}")));
        assert_eq!(verification.signers.len(), signers, "{name}");
        assert_eq!(verification.verifies(), verifies, "{name}: {verification:?}");
        assert!(verification.signers.iter().all(|signer| signer.is_judged && signer.signing_time.is_some()), "{name}");
    }
}

#[test]
fn probabilistic_padding_is_known() {
    let verification = verified(&sample("firma/pss.xml.p7m"));
    assert!(verification.verifies(), "{verification:?}");
}

#[test]
fn every_layer_is_judged_over_what_it_holds() {
    let bytes = sample("p7m/IT01234567897_00006.xml.p7m.p7m");
    let content = opened(&bytes);
    for layer in &content.layers {
        assert!(cms::verify(layer, &Authorities::default()).verifies());
    }
}

#[test]
fn the_signer_is_described() {
    let signer = &verified(&envelope()).signers[0];
    assert_eq!((signer.subject.as_str(), signer.issuer.as_str()), ("CN=Prova raccordo", "CN=Prova raccordo"));
    assert!(!signer.serial.is_empty() && signer.not_before < Some(moment()) && signer.not_after > Some(moment()));
    assert_eq!(signer.signing_time, Some(moment()));
}

#[test]
fn another_content_or_another_attribute_does_not_verify() {
    let bytes = envelope();
    let changed = |from: &[u8], to: &[u8]| {
        let place = bytes.windows(from.len()).position(|part| part == from).unwrap();
        [&bytes[..place], to, &bytes[place + to.len()..]].concat()
    };
    let other = verified(&changed(b"<a>1</a>", b"<a>2</a>"));
    assert!(!other.signers[0].digest_matches && !other.verifies());
    assert_eq!(codes(&other, moment()), ["00102"]);
    let late = verified(&changed(b"270115080000Z", b"270115080001Z"));
    assert!(late.signers[0].digest_matches && !late.verifies());
    assert_eq!(codes(&late, moment()), ["00102", "00105"]);
    let unknown = verified(&changed(&write(SET, &write(0x06, oid::DATA)), &write(SET, &write(0x06, oid::SIGNED_DATA))));
    assert!(!unknown.verifies());
}

#[test]
fn the_moments_of_signing_and_receiving_are_compared() {
    let verification = verified(&envelope());
    assert_eq!(codes(&verification, moment()), [""; 0]);
    assert_eq!(codes(&verification, moment() - TimeDelta::seconds(1)), ["00105"]);
    let mut old = verification.clone();
    old.signers[0].not_after = Some(moment() - TimeDelta::days(1));
    assert_eq!(codes(&old, moment()), ["00100"]);
    old.signers[0].signing_time = None;
    assert_eq!(codes(&old, moment()), ["00103", "00100"]);
    assert_eq!(codes(&old, moment() - TimeDelta::days(2)), ["00103"]);
    assert_eq!(old.problems(None), [(Some(0), SignatureProblem::NoSigningTime)]);
    let none = Verification { signers: Vec::new(), truncated: false };
    assert_eq!(none.problems(None), [(None, SignatureProblem::Mismatch)]);
}

#[test]
fn the_chain_leads_to_the_given_authorities_or_says_why_not() {
    let bytes = envelope();
    let content = opened(&bytes);
    let chain = |authorities: &Authorities| cms::verify(&content.layers[0], authorities).signers[0].chain.clone();
    assert_eq!(chain(&Authorities::default()), Chain::NotChecked);
    assert_eq!(chain(&Authorities::read(&sample("firma/rsa.pem"))), Chain::Trusted);
    let other = signing("ec").sign(b"<a/>", moment()).unwrap();
    let other = opened(&other);
    let found = cms::verify(&other.layers[0], &Authorities::read(&sample("firma/rsa.pem"))).signers[0].chain.clone();
    assert!(matches!(found, Chain::Untrusted(_)));
    assert!(Authorities::read(b"niente").is_empty());
}

#[test]
fn a_chain_goes_over_the_certificates_of_the_file() {
    for (bundle, is_trusted) in [("root", true), ("leaf", true), ("middle", true), ("other", false)] {
        let bytes = sample("firma/chain.xml.p7m");
        let content = opened(&bytes);
        let authorities = Authorities::read(&sample(&format!("firma/chain-{bundle}.pem")));
        assert_eq!(authorities.len(), 1);
        let verification = cms::verify(&content.layers[0], &authorities);
        assert!(verification.verifies(), "{verification:?}");
        assert_eq!(verification.signers[0].chain == Chain::Trusted, is_trusted, "{bundle}: {verification:?}");
    }
}
