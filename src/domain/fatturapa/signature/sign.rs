//! Signing an invoice: CAdES-BES with the key and certificate of a PKCS#12 store.
//!
//! Here: the store, the signed attributes that CAdES wants, the envelope (DER, content inside). Not here: where the store
//! and its password come from; qualified devices, which sign by themselves.

use chrono::{DateTime, Datelike as _, Utc};
use p12_keystore::{KeyStore, Pkcs12ImportPolicy};
use ring::digest::{SHA256, digest};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use x509_parser::prelude::{FromDer as _, X509Certificate};

use super::ber::{sequence, set, write};

/// Why nothing can be signed.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// The store cannot be opened.
    #[error("the PKCS#12 store cannot be opened: wrong password, or not a store ({0})")]
    Store(String),
    /// The store has no private key with its certificate.
    #[error("the PKCS#12 store holds no private key with its certificate")]
    NoKey,
    /// A key that cannot sign here.
    #[error("the private key is neither RSA of at least 2048 bits nor on the curve P-256")]
    Key,
    /// Signing failed.
    #[error("the signature could not be made")]
    Failed,
}

enum Key {
    Rsa(Box<RsaKeyPair>),
    Ecdsa(Box<EcdsaKeyPair>),
}

/// A key that signs.
pub struct Signing {
    key: Key,
    /// The signer's certificate first.
    certificates: Vec<Vec<u8>>,
    random: SystemRandom,
}

impl std::fmt::Debug for Signing {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Signing(…)")
    }
}

/// `1.2.840.113549.1.7.2`.
const SIGNED_DATA: &[u8] = &[0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
/// `1.2.840.113549.1.7.1`.
const DATA: &[u8] = &[0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01];
/// `1.2.840.113549.1.9.3`.
const CONTENT_TYPE: &[u8] = &[0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x03];
/// `1.2.840.113549.1.9.4`.
const MESSAGE_DIGEST: &[u8] = &[0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x04];
/// `1.2.840.113549.1.9.5`.
const SIGNING_TIME: &[u8] = &[0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x05];
/// `1.2.840.113549.1.9.16.2.47`, the signing certificate, which makes it CAdES.
const SIGNING_CERTIFICATE: &[u8] = &[0x06, 0x0b, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x02, 0x2f];
/// `2.16.840.1.101.3.4.2.1`.
const SHA256_ID: &[u8] = &[0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01];
/// `1.2.840.113549.1.1.1`.
const RSA_ID: &[u8] = &[0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
/// `1.2.840.10045.4.3.2`.
const ECDSA_SHA256_ID: &[u8] = &[0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];
const NULL: &[u8] = &[0x05, 0x00];
const VERSION_1: &[u8] = &[0x02, 0x01, 0x01];

impl Signing {
    /// The key and certificates of a store.
    ///
    /// # Errors
    /// The store cannot be opened, or holds no key that can sign.
    pub fn from_pkcs12(store: &[u8], password: &str) -> Result<Self, SignError> {
        let store = KeyStore::from_pkcs12(store, password, Pkcs12ImportPolicy::Relaxed)
            .map_err(|error| SignError::Store(error.to_string()))?;
        let (_, chain) = store.private_key_chain().ok_or(SignError::NoKey)?;
        let certificates: Vec<Vec<u8>> =
            chain.certs().iter().map(|certificate| certificate.as_der().to_vec()).collect();
        if certificates.is_empty() {
            return Err(SignError::NoKey);
        }
        let pkcs8 = chain.key().as_der();
        let random = SystemRandom::new();
        let key = match RsaKeyPair::from_pkcs8(pkcs8) {
            Ok(key) => Key::Rsa(Box::new(key)),
            Err(_) => EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, pkcs8, &random)
                .map(|key| Key::Ecdsa(Box::new(key)))
                .map_err(|_| SignError::Key)?,
        };
        Ok(Self { key, certificates, random })
    }

    /// The envelope of a content. With an RSA key the same content and time give the same bytes.
    ///
    /// # Errors
    /// The key refuses.
    pub fn sign(&self, content: &[u8], at: DateTime<Utc>) -> Result<Vec<u8>, SignError> {
        let own = &self.certificates[0];
        let (_, certificate) = X509Certificate::from_der(own).map_err(|_| SignError::NoKey)?;
        let certificate_hash = write(0x04, digest(&SHA256, own).as_ref());
        // ESSCertIDv2 with its default algorithm, SHA-256.
        let certificate_id = sequence(&[&sequence(&[&sequence(&[&certificate_hash])])]);
        let attributes = vec![
            attribute(CONTENT_TYPE, DATA),
            attribute(SIGNING_TIME, &time(at)),
            attribute(MESSAGE_DIGEST, &write(0x04, digest(&SHA256, content).as_ref())),
            attribute(SIGNING_CERTIFICATE, &certificate_id),
        ];
        let signature = self.signature(&set(0x31, attributes.clone()))?;
        let algorithm = match self.key {
            Key::Rsa(_) => sequence(&[RSA_ID, NULL]),
            Key::Ecdsa(_) => sequence(&[ECDSA_SHA256_ID]),
        };
        let digest_algorithm = sequence(&[SHA256_ID, NULL]);
        let signer = sequence(&[certificate.issuer().as_raw(), &write(0x02, certificate.raw_serial())]);
        let info = sequence(&[
            VERSION_1,
            &signer,
            &digest_algorithm,
            &set(0xa0, attributes),
            &algorithm,
            &write(0x04, &signature),
        ]);
        let signed = sequence(&[
            VERSION_1,
            &set(0x31, vec![digest_algorithm.clone()]),
            &sequence(&[DATA, &write(0xa0, &write(0x04, content))]),
            &write(0xa0, &self.certificates.concat()),
            &set(0x31, vec![info]),
        ]);
        Ok(sequence(&[SIGNED_DATA, &write(0xa0, &signed)]))
    }

    fn signature(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        match &self.key {
            Key::Rsa(key) => {
                let mut signature = vec![0; key.public().modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &self.random, message, &mut signature).map_err(|_| SignError::Failed)?;
                Ok(signature)
            }
            Key::Ecdsa(key) => {
                let signature = key.sign(&self.random, message).map_err(|_| SignError::Failed)?;
                Ok(signature.as_ref().to_vec())
            }
        }
    }
}

fn attribute(oid: &[u8], value: &[u8]) -> Vec<u8> {
    sequence(&[oid, &write(0x31, value)])
}

/// UTCTime up to 2049, GeneralizedTime after.
fn time(at: DateTime<Utc>) -> Vec<u8> {
    if at.year() < 2050 {
        write(0x17, at.format("%y%m%d%H%M%SZ").to_string().as_bytes())
    } else {
        write(0x18, at.format("%Y%m%d%H%M%SZ").to_string().as_bytes())
    }
}
