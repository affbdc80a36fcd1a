//! The own verification of ECDSA against signatures of the cryptographic library, and against damage.

use proptest::prelude::*;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm, KeyPair as _,
};

use super::super::algorithm::Digest;
use super::super::curve::{Curve, verify};

fn key(algorithm: &'static EcdsaSigningAlgorithm) -> EcdsaKeyPair {
    let random = SystemRandom::new();
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
    EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.as_ref(), &random).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn signatures_of_the_library_hold_and_damaged_ones_do_not(
        message in proptest::collection::vec(any::<u8>(), 0..100),
        bit in 0_usize..512,
    ) {
        let cases = [
            (Curve::P256, &ECDSA_P256_SHA256_FIXED_SIGNING, Digest::Sha256),
            (Curve::P384, &ECDSA_P384_SHA384_FIXED_SIGNING, Digest::Sha384),
        ];
        for (curve, algorithm, digest) in cases {
            let key = key(algorithm);
            let public = key.public_key().as_ref();
            let signature = key.sign(&SystemRandom::new(), &message).unwrap();
            let digest = digest.digest(&message);
            let holds = |public: &[u8], digest: &[u8], signature: &[u8]| {
                verify(curve, public, digest, signature.split_at(signature.len() / 2))
            };
            prop_assert!(holds(public, digest.as_ref(), signature.as_ref()));
            let flip = |bytes: &[u8]| {
                let mut bytes = bytes.to_vec();
                let place = bit / 8 % bytes.len();
                bytes[place] ^= 1 << (bit % 8);
                bytes
            };
            prop_assert!(!holds(public, digest.as_ref(), &flip(signature.as_ref())));
            prop_assert!(!holds(public, &flip(digest.as_ref()), signature.as_ref()));
            prop_assert!(!holds(&flip(public), digest.as_ref(), signature.as_ref()));
        }
    }
}

#[test]
fn numbers_out_of_range_do_not_hold() {
    let key = key(&ECDSA_P256_SHA256_FIXED_SIGNING);
    let public = key.public_key().as_ref();
    let order = [
        0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad,
        0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
    ];
    for (r, s) in [(&[][..], &[1][..]), (&[1], &[0]), (&order, &[1]), (&[1], &order), (&[0xff; 49], &[1]), (&[1], &[1])]
    {
        assert!(!verify(Curve::P256, public, &[7; 32], (r, s)));
    }
    assert!(!verify(Curve::P256, &public[1..], &[7; 32], (&[1], &[1])));
    assert!(!verify(Curve::P256, &[], &[], (&[], &[])));
}
