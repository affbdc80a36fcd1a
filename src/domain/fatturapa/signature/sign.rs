//! Signing an invoice: CAdES-BES with the key and certificate of a PKCS#12 store.
//!
//! Here: the store, the signed attributes that CAdES wants, the envelope (DER, content inside). Not here: where the
//! store and its password come from; qualified devices, which sign by themselves.

use chrono::{DateTime, Utc};
use p12_keystore::{KeyStore, Pkcs12ImportPolicy};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair};

use super::algorithm::Digest;
use super::certificate::Certificate;
use super::der::{INTEGER, OCTET_STRING, SET, context, oid, sequence, set, time, write};
use super::{name, oid as id};

/// Why nothing can be signed.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// The store cannot be opened.
    #[error("the PKCS#12 store cannot be opened: wrong password, or not a store")]
    Store(#[source] p12_keystore::error::Error),
    /// The store has no private key.
    #[error("the PKCS#12 store holds no private key")]
    NoKey,
    /// The store has no certificate of its key.
    #[error("the PKCS#12 store holds no certificate that belongs to its private key")]
    NoCertificate,
    /// A key that cannot sign here.
    #[error("the private key is neither RSA of at least 2048 bits nor on the curve P-256")]
    Key,
    /// The exchange system would refuse the signature (00100).
    #[error("the certificate expired on {}", .0.format("%Y-%m-%d"))]
    Expired(DateTime<Utc>),
    /// Signing failed.
    #[error("the signature could not be made")]
    Failed,
}

enum Key {
    Rsa(Box<RsaKeyPair>),
    Ecdsa(Box<EcdsaKeyPair>),
}

/// A key that signs, with its certificates.
pub struct Signing {
    key: Key,
    /// The signer's own certificate.
    own: Vec<u8>,
    /// Those above it.
    others: Vec<Vec<u8>>,
    random: SystemRandom,
}

impl std::fmt::Debug for Signing {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Signing(…)")
    }
}

/// The parts of the own certificate that a signature repeats.
struct Identity<'a> {
    certificate: Certificate<'a>,
    issuer_and_serial: Vec<u8>,
}

impl Signing {
    /// The key and certificates of a store.
    ///
    /// # Errors
    /// The store cannot be opened, or holds no key that can sign, or no certificate of it.
    pub fn from_pkcs12(bytes: &[u8], password: &str) -> Result<Self, SignError> {
        let store = KeyStore::from_pkcs12(bytes, password, Pkcs12ImportPolicy::Relaxed).map_err(SignError::Store)?;
        let (_, chain) = store.private_key_chain().ok_or(SignError::NoKey)?;
        let pkcs8 = chain.key().as_der();
        let random = SystemRandom::new();
        let key = match RsaKeyPair::from_pkcs8(pkcs8) {
            Ok(key) => Key::Rsa(Box::new(key)),
            Err(_) => EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, pkcs8, &random)
                .map(|key| Key::Ecdsa(Box::new(key)))
                .map_err(|_| SignError::Key)?,
        };
        let mut others: Vec<Vec<u8>> = chain.certs().iter().map(|certificate| certificate.as_der().to_vec()).collect();
        let own = others.iter().position(|der| key.belongs_to(der)).ok_or(SignError::NoCertificate)?;
        Ok(Self { key, own: others.remove(own), others, random })
    }

    /// Distinguished name of the signer.
    #[must_use]
    pub fn subject(&self) -> String {
        self.identity().map(|identity| name::text(identity.certificate.subject)).unwrap_or_default()
    }

    /// End of the certificate's validity.
    #[must_use]
    pub fn not_after(&self) -> Option<DateTime<Utc>> {
        self.identity().map(|identity| identity.certificate.not_after).ok()
    }

    /// The envelope of a content. With an RSA key the same content and time give the same bytes.
    ///
    /// # Errors
    /// The certificate has expired, or the key refuses.
    pub fn sign(&self, content: &[u8], signing_time: DateTime<Utc>) -> Result<Vec<u8>, SignError> {
        let identity = self.identity()?;
        if identity.certificate.not_after < signing_time {
            return Err(SignError::Expired(identity.certificate.not_after));
        }
        let signer = self.signer(&identity, content, signing_time)?;
        let version = write(INTEGER, &[1]);
        let encapsulated = sequence(&[&oid(id::DATA), &write(context(0), &write(OCTET_STRING, content))]);
        let mut certificates = self.others.clone();
        certificates.push(self.own.clone());
        let signed = sequence(&[
            &version,
            &write(SET, &sequence(&[&oid(id::SHA256)])),
            &encapsulated,
            &set(context(0), certificates),
            &write(SET, &signer),
        ]);
        Ok(sequence(&[&oid(id::SIGNED_DATA), &write(context(0), &signed)]))
    }

    fn identity(&self) -> Result<Identity<'_>, SignError> {
        let certificate = Certificate::parse(&self.own).ok_or(SignError::NoCertificate)?;
        let issuer_and_serial = sequence(&[certificate.issuer, &write(INTEGER, certificate.serial)]);
        Ok(Identity { certificate, issuer_and_serial })
    }

    /// The block `SignerInfo`.
    fn signer(&self, identity: &Identity<'_>, content: &[u8], at: DateTime<Utc>) -> Result<Vec<u8>, SignError> {
        let hash = write(OCTET_STRING, Digest::Sha256.digest(&self.own).as_ref());
        // ESSCertIDv2 with its default digest, SHA-256.
        let certificate_id = sequence(&[&sequence(&[&sequence(&[&hash])])]);
        let attributes = vec![
            attribute(id::CONTENT_TYPE, &oid(id::DATA)),
            attribute(id::SIGNING_TIME, &time(at)),
            attribute(id::MESSAGE_DIGEST, &write(OCTET_STRING, Digest::Sha256.digest(content).as_ref())),
            attribute(id::SIGNING_CERTIFICATE_V2, &certificate_id),
        ];
        let signature = self.key.sign(&set(SET, attributes.clone()), &self.random)?;
        Ok(sequence(&[
            &write(INTEGER, &[1]),
            &identity.issuer_and_serial,
            &sequence(&[&oid(id::SHA256)]),
            &set(context(0), attributes),
            &self.key.algorithm(),
            &write(OCTET_STRING, &signature),
        ]))
    }
}

impl Key {
    /// Whether a certificate is that of the key.
    fn belongs_to(&self, certificate: &[u8]) -> bool {
        let own = match self {
            Self::Rsa(key) => key.public_key().as_ref(),
            Self::Ecdsa(key) => key.public_key().as_ref(),
        };
        Certificate::parse(certificate).and_then(|certificate| certificate.key).is_some_and(|key| key.bits == own)
    }

    /// The `AlgorithmIdentifier` of its signatures.
    fn algorithm(&self) -> Vec<u8> {
        match self {
            Self::Rsa(_) => sequence(&[&oid(id::RSA), &[0x05, 0x00]]),
            Self::Ecdsa(_) => sequence(&[&oid(id::ECDSA_SHA256)]),
        }
    }

    fn sign(&self, message: &[u8], random: &SystemRandom) -> Result<Vec<u8>, SignError> {
        match self {
            Self::Rsa(key) => {
                let mut signature = vec![0; key.public().modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, random, message, &mut signature).map_err(|_| SignError::Failed)?;
                Ok(signature)
            }
            Self::Ecdsa(key) => {
                let signature = key.sign(random, message).map_err(|_| SignError::Failed)?;
                Ok(signature.as_ref().to_vec())
            }
        }
    }
}

fn attribute(kind: &[u8], value: &[u8]) -> Vec<u8> {
    sequence(&[&oid(kind), &write(SET, value)])
}
