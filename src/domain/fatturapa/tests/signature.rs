//! Envelopes of every shape, verification, signing, hostile input.

use chrono::DateTime;
use proptest::prelude::*;

use super::cms::{certificates, signers};
use super::*;

fn sample(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/tests/data/fatturapa/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

#[test]
fn every_shape_gives_its_content_and_its_verdict() {
    let cases = [
        ("00001.xml.p7m", 1, true),
        ("00002.xml.p7m", 1, true),
        ("00003.xml.p7m", 1, true),
        ("00004.xml.p7m", 1, true),
        ("00005.xml.p7m", 1, true),
        ("00006.xml.p7m.p7m", 2, true),
        ("00007.xml.p7m", 1, true),
        ("00010.xml.p7m", 1, false),
        ("00012.xml.p7m", 1, true),
        ("00013.xml.p7m", 1, true),
    ];
    for (name, layers, verifies) in cases {
        let bytes = sample(&format!("p7m/IT01234567897_{name}"));
        let content = unwrap(&bytes).unwrap();
        assert_eq!(content.layers.len(), layers, "{name}");
        assert!(!content.is_cut, "{name}");
        assert!(content.xml.trim_ascii_end().ends_with(b">"), "{name}");
        let found = signers(content.layers.last().unwrap(), &content.xml, &[]);
        assert!(!found.is_empty() && found.iter().all(|signer| signer.verifies == verifies), "{name}: {found:?}");
    }
}

#[test]
fn an_algorithm_that_cannot_be_verified_is_said() {
    // P-256 with SHA-512: the cryptographic library pairs this curve with SHA-256 and SHA-384 alone.
    let bytes = sample("p7m/IT01234567897_00011.xml.p7m");
    let content = unwrap(&bytes).unwrap();
    let found = signers(&content.layers[0], &content.xml, &[]);
    assert!(found[0].digest_matches && !found[0].verifies && found[0].problem.is_some());
}

#[test]
fn a_detached_signature_has_no_content_and_a_cut_file_has_what_is_left() {
    assert_eq!(unwrap(&sample("p7m/IT01234567897_00008.xml.p7m")).unwrap_err(), UnwrapError::Detached);
    let bytes = sample("p7m/IT01234567897_00009.xml.p7m");
    let content = unwrap(&bytes).unwrap();
    assert!(content.is_cut && content.xml.starts_with(b"<?xml"));
    assert_eq!(unwrap(b"").unwrap_err(), UnwrapError::Empty);
    assert_eq!(unwrap(b"ciao").unwrap_err(), UnwrapError::Unknown);
    assert!(matches!(unwrap(b"\n <a/>").unwrap().xml, std::borrow::Cow::Borrowed(_)));
}

#[test]
fn what_we_sign_verifies_and_leads_to_the_authority() {
    let at = DateTime::from_timestamp(1_795_000_000, 0).unwrap();
    let trusted = certificates(&sample("firma/rsa.pem"));
    for (store, is_trusted) in [("firma/rsa.p12", true), ("firma/ec.p12", false)] {
        let signing = Signing::from_pkcs12(&sample(store), "prova").unwrap();
        let envelope = signing.sign(b"<a>1</a>", at).unwrap();
        let content = unwrap(&envelope).unwrap();
        assert_eq!(&*content.xml, b"<a>1</a>");
        let found = signers(&envelope, &content.xml, &trusted);
        assert!(found[0].verifies && found[0].signing_time == Some(at), "{found:?}");
        assert_eq!(found[0].is_trusted, Some(is_trusted));
        assert!(!signers(&envelope, b"<a>2</a>", &[])[0].verifies);
    }
    let rsa = Signing::from_pkcs12(&sample("firma/rsa.p12"), "prova").unwrap();
    assert_eq!(rsa.sign(b"x", at).unwrap(), rsa.sign(b"x", at).unwrap());
    assert!(matches!(Signing::from_pkcs12(&sample("firma/rsa.p12"), "sbagliata"), Err(SignError::Store(_))));
}

proptest! {
    #[test]
    fn nothing_that_arrives_breaks_it(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        let _ = unwrap(&bytes);
        let _ = signers(&bytes, b"", &[]);
    }

    #[test]
    fn a_damaged_envelope_breaks_nothing(at in 0_usize..4000, byte in any::<u8>(), length in 0_usize..6000) {
        let mut bytes = sample("p7m/IT01234567897_00005.xml.p7m");
        let place = at % bytes.len();
        bytes[place] = byte;
        bytes.truncate(length);
        if let Ok(content) = unwrap(&bytes) {
            prop_assert!(content.xml.len() <= bytes.len());
            if let Some(layer) = content.layers.last() {
                let _ = signers(layer, &content.xml, &[]);
            }
        }
    }
}
