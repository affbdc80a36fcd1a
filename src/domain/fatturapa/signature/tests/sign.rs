//! Signing with throw-away keys.

use chrono::DateTime;

use super::super::{Authorities, SignError, Signing, cms};
use super::{moment, opened, sample, signing};

#[test]
fn what_is_signed_verifies() {
    for (store, subject) in [("rsa", "CN=Prova raccordo"), ("ec", "CN=Prova raccordo EC")] {
        let signing = signing(store);
        assert_eq!(signing.subject(), subject);
        let bytes = signing.sign(b"<a>1</a>", moment()).unwrap();
        let content = opened(&bytes);
        assert_eq!(&*content.xml, b"<a>1</a>");
        let verification = cms::verify(&content.layers[0], &Authorities::default());
        assert!(verification.verifies(), "{verification:?}");
        assert_eq!(verification.signers[0].signing_time, Some(moment()));
    }
}

#[test]
fn a_signed_file_can_be_signed_again() {
    let inner = signing("ec").sign(b"<a/>", moment()).unwrap();
    let outer = signing("rsa").sign(&inner, moment()).unwrap();
    let content = opened(&outer);
    assert_eq!((&*content.xml, content.layers.len()), (&b"<a/>"[..], 2));
    assert!(content.layers.iter().all(|layer| cms::verify(layer, &Authorities::default()).verifies()));
}

#[test]
fn the_same_content_and_time_give_the_same_bytes() {
    let signing = signing("rsa");
    assert_eq!(signing.sign(b"<a/>", moment()).unwrap(), signing.sign(b"<a/>", moment()).unwrap());
}

#[test]
fn what_cannot_sign_says_why() {
    let store = sample("firma/rsa.p12");
    assert!(matches!(Signing::from_pkcs12(&store, "sbagliata"), Err(SignError::Store(_))));
    assert!(matches!(Signing::from_pkcs12(b"niente", "prova"), Err(SignError::Store(_))));
    let late = DateTime::from_timestamp(6_000_000_000, 0).unwrap();
    assert!(matches!(signing("rsa").sign(b"<a/>", late), Err(SignError::Expired(_))));
}
