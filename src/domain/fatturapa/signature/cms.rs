//! Who signed a `.p7m`, and whether the signatures hold for the content.
//!
//! Here: signers, certificates, digests and signatures of CMS signed data (CAdES and plain), read tolerantly. Not here:
//! getting at the content (`unwrap`), algorithms (`algorithm`), the chain (`chain`).

use super::algorithm::{Digest, Outcome, Scheme};
use super::certificate::Certificate;
use super::chain::Authorities;
use super::der::{Element, OCTET_STRING, SEQUENCE, SET, context, set, write};
use super::oid;
use super::signer::{Signer, Verification};
use super::unwrap::Layer;

/// Signers of one envelope that are looked at.
const MOST_SIGNERS: usize = 64;
/// Certificates of one envelope that are looked at.
const MOST_CERTIFICATES: usize = 256;

/// Judges the signatures of an envelope.
#[must_use]
pub fn verify(layer: &Layer<'_>, authorities: &Authorities) -> Verification {
    let signers = signed_data(&layer.envelope).map(|data| signers(data, &layer.content(), authorities));
    Verification { signers: signers.unwrap_or_default(), truncated: layer.truncated }
}

/// The block `SignedData`.
fn signed_data(envelope: &[u8]) -> Option<Element<'_>> {
    let mut parts = Element::first(envelope)?.children();
    parts.next()?.is_oid(oid::SIGNED_DATA).then(|| parts.next()?.child()).flatten()
}

fn signers(data: Element<'_>, content: &[u8], authorities: &Authorities) -> Vec<Signer> {
    let certificates: Vec<Certificate<'_>> = data
        .children()
        .filter(|part| part.tag == context(0))
        .flat_map(|certificates| certificates.children())
        .filter_map(|certificate| Certificate::parse(certificate.whole))
        .take(MOST_CERTIFICATES)
        .collect();
    // The first set is that of the digest algorithms.
    let infos = data.children().filter(|part| part.tag == SET).nth(1);
    let infos = infos.iter().flat_map(Element::children).filter(|info| info.tag == SEQUENCE);
    infos.take(MOST_SIGNERS).map(|info| signer(info, &certificates, content, authorities)).collect()
}

/// The parts of a `SignerInfo`.
struct Info<'a> {
    /// Issuer and serial number, or identifier of the key.
    id: Element<'a>,
    digest: Element<'a>,
    attributes: Option<Element<'a>>,
    algorithm: Element<'a>,
    signature: &'a [u8],
}

impl<'a> Info<'a> {
    fn parse(info: Element<'a>) -> Option<Self> {
        let mut parts = info.children().skip(1);
        let (id, digest, mut next) = (parts.next()?, parts.next()?, parts.next()?);
        let attributes = next.tagged(context(0));
        if attributes.is_some() {
            next = parts.next()?;
        }
        let signature = parts.next()?.tagged(OCTET_STRING)?.content;
        Some(Self { id, digest, attributes, algorithm: next, signature })
    }

    /// The first value of a signed attribute.
    fn attribute(&self, oid: &[u8]) -> Option<Element<'a>> {
        self.attributes?.children().find_map(|attribute| {
            let mut parts = attribute.children();
            parts.next()?.is_oid(oid).then(|| parts.next()?.child()).flatten()
        })
    }

    /// The certificate that the signer names; the only one when there is but one.
    fn certificate<'c>(&self, certificates: &[Certificate<'c>]) -> Option<Certificate<'c>> {
        let named = certificates.iter().find(|certificate| {
            if self.id.tag & 0xc0 == 0x80 {
                return certificate.key_identifier() == Some(self.id.content);
            }
            let mut parts = self.id.children();
            parts.next().is_some_and(|issuer| issuer.whole == certificate.issuer)
                && parts.next().is_some_and(|serial| serial.content == certificate.serial)
        });
        named.or_else(|| certificates.first().filter(|_| certificates.len() == 1)).copied()
    }

    /// Whether the certificate is the one that the signed attributes name by its digest; true when they name none.
    fn names(&self, certificate: &Certificate<'_>) -> bool {
        let first = |attribute: Element<'a>| attribute.child()?.child();
        if let Some(id) = self.attribute(oid::SIGNING_CERTIFICATE_V2).and_then(first) {
            let mut parts = id.children();
            let (digest, hash) = match parts.next() {
                Some(algorithm) if algorithm.tag == SEQUENCE => (Digest::of(algorithm), parts.next()),
                hash => (Some(Digest::Sha256), hash),
            };
            return digest
                .zip(hash)
                .is_none_or(|(digest, hash)| digest.digest(certificate.der).as_ref() == hash.content);
        }
        let hash = self.attribute(oid::SIGNING_CERTIFICATE).and_then(first).and_then(|id| id.child());
        hash.is_none_or(|hash| Digest::Sha1.digest(certificate.der).as_ref() == hash.content)
    }
}

fn signer(info: Element<'_>, certificates: &[Certificate<'_>], content: &[u8], authorities: &Authorities) -> Signer {
    let mut signer = Signer::unknown();
    let Some(info) = Info::parse(info) else {
        signer.fail("the signature cannot be read");
        return signer;
    };
    signer.signing_time = info.attribute(oid::SIGNING_TIME).and_then(|time| time.time());
    let digest = Digest::of(info.digest);
    match digest {
        Some(digest) if info.attributes.is_some() => {
            let stated = info.attribute(oid::MESSAGE_DIGEST);
            signer.digest_matches = stated.is_some_and(|stated| stated.content == digest.digest(content).as_ref());
            if !signer.digest_matches {
                signer.fail("the signed digest is not that of the content");
            }
        }
        Some(_) => {}
        None => signer.give_up("digest algorithm not supported"),
    }
    let Some(certificate) = info.certificate(certificates) else {
        signer.give_up("the signer's certificate is not in the file");
        return signer;
    };
    signer.describe(&certificate);
    if !info.names(&certificate) {
        signer.fail("the certificate in the file is not the one that the signature names");
    }
    match Scheme::of(info.algorithm, digest).zip(certificate.key) {
        Some((scheme, key)) => {
            let holds = |message: &[u8]| scheme.verify(key, message, info.signature);
            let outcome = match info.attributes {
                None => holds(content),
                // Attributes are signed as a SET; some signers sort its elements in the file, some for signing alone.
                Some(attributes) => match holds(&write(SET, attributes.content)) {
                    Outcome::Fails => holds(&sorted(attributes)),
                    outcome => outcome,
                },
            };
            signer.conclude(outcome);
            signer.digest_matches |= info.attributes.is_none() && signer.verifies;
        }
        None => signer.give_up("signature algorithm not supported"),
    }
    signer.chain = authorities.judge(&certificate, certificates, signer.signing_time);
    signer
}

/// The attributes in the order of the distinguished encoding.
fn sorted(attributes: Element<'_>) -> Vec<u8> {
    set(SET, attributes.children().map(|attribute| attribute.whole.to_vec()).collect())
}
