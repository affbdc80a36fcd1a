//! Who signed a `.p7m`, and whether the signature holds for the content.
//!
//! Here: signers, certificates, digests and signatures of CMS signed data (CAdES and plain), and the chain up to the
//! authorities that the user trusts. Not here: revocation and the list of qualified authorities, which need the network.

use chrono::{DateTime, NaiveDateTime, Utc};
use ring::digest;
use ring::signature::{self as algorithms, UnparsedPublicKey, VerificationAlgorithm};
use serde::Serialize;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use super::ber::{Element, Elements, write};

/// `1.2.840.113549.1.9.4`, message digest.
const MESSAGE_DIGEST: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x04];
/// `1.2.840.113549.1.9.5`, signing time.
const SIGNING_TIME: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x05];
const SHA1: &[u8] = &[0x2b, 0x0e, 0x03, 0x02, 0x1a];
const SHA256: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01];
const SHA384: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02];
const SHA512: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03];
/// `1.2.840.10045.2.1`, elliptic curve keys.
const EC_KEY: &str = "1.2.840.10045.2.1";
/// `1.3.132.0.34`, curve P-384.
const P384: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x22];

/// One signature of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Signer {
    /// Distinguished name of the certificate; empty when it is not in the file.
    pub subject: String,
    /// Distinguished name of who issued the certificate.
    pub issuer: String,
    /// End of the certificate's validity.
    pub valid_until: Option<DateTime<Utc>>,
    /// When the signer says that it signed.
    pub signing_time: Option<DateTime<Utc>>,
    /// Whether the signed digest is that of the content.
    pub digest_matches: bool,
    /// Whether the signature is that of the certificate's key.
    pub verifies: bool,
    /// Whether the certificate comes from an authority that the user trusts; none when no authority was given.
    pub is_trusted: Option<bool>,
    /// What stands in the way, in English.
    pub problem: Option<String>,
}

/// The signers of an envelope over its content. `authorities` are certificates (DER) that the user trusts.
#[must_use]
pub fn signers(envelope: &[u8], content: &[u8], authorities: &[Vec<u8>]) -> Vec<Signer> {
    let Some(data) = signed_data(envelope) else { return Vec::new() };
    let certificates: Vec<&[u8]> = data
        .children()
        .filter(|part| part.tag == 0xa0)
        .flat_map(|set| set.children())
        .filter(|part| part.tag == 0x30)
        .map(|certificate| certificate.whole)
        .collect();
    let infos = data.children().filter(|part| part.tag == 0x31).last();
    let infos = infos.iter().flat_map(Element::children).filter(|info| info.tag == 0x30);
    infos.filter_map(|info| signer(info, &certificates, content, authorities)).collect()
}

/// The certificates (DER) of a PEM bundle, or of a file in binary form.
#[must_use]
pub fn certificates(bytes: &[u8]) -> Vec<Vec<u8>> {
    if bytes.first() == Some(&0x30) {
        return Elements::of(bytes).map(|certificate| certificate.whole.to_vec()).collect();
    }
    x509_parser::pem::Pem::iter_from_buffer(bytes).filter_map(Result::ok).map(|pem| pem.contents).collect()
}

/// The block `SignedData`.
fn signed_data(envelope: &[u8]) -> Option<Element<'_>> {
    let outer = Elements::of(envelope).next()?;
    outer.children().nth(1)?.children().next()
}

fn signer(info: Element<'_>, certificates: &[&[u8]], content: &[u8], authorities: &[Vec<u8>]) -> Option<Signer> {
    let mut parts = info.children();
    let (_version, sid, digest_algorithm) = (parts.next()?, parts.next()?, parts.next()?);
    let mut next = parts.next()?;
    let attributes = (next.tag == 0xa0).then_some(next);
    if attributes.is_some() {
        next = parts.next()?;
    }
    let signature = parts.next()?;
    let digest_oid = digest_algorithm.children().next()?.content;
    let mut signer = Signer {
        subject: String::new(),
        issuer: String::new(),
        valid_until: None,
        signing_time: attributes.and_then(|attributes| attribute(attributes, SIGNING_TIME)).and_then(time),
        digest_matches: false,
        verifies: false,
        is_trusted: None,
        problem: None,
    };
    let Some(algorithm) = digest_of(digest_oid) else {
        signer.problem = Some("digest algorithm not supported".to_owned());
        return Some(signer);
    };
    let digest = digest::digest(algorithm, content);
    let stated = attributes.and_then(|attributes| attribute(attributes, MESSAGE_DIGEST));
    signer.digest_matches =
        stated.is_none_or(|stated| stated.content == digest.as_ref()) && (stated.is_some() || attributes.is_none());
    let Some((der, certificate)) = find(sid, certificates) else {
        signer.problem = Some("the signer's certificate is not in the file".to_owned());
        return Some(signer);
    };
    signer.subject = certificate.subject().to_string();
    signer.issuer = certificate.issuer().to_string();
    signer.valid_until = DateTime::from_timestamp(certificate.validity().not_after.timestamp(), 0);
    // The attributes are signed as a SET, whatever tag they carry in the file.
    let message = attributes.map(|attributes| write(0x31, attributes.content));
    let message = message.as_deref().unwrap_or(content);
    match verification(&certificate, digest_oid, next) {
        Some(algorithm) => {
            let key = UnparsedPublicKey::new(algorithm, certificate.public_key().subject_public_key.data.as_ref());
            signer.verifies = signer.digest_matches && key.verify(message, signature.content).is_ok();
        }
        None => signer.problem = Some("signature algorithm not supported".to_owned()),
    }
    if !authorities.is_empty() {
        signer.is_trusted = Some(is_trusted(der, certificates, authorities));
    }
    Some(signer)
}

/// The first value of a signed attribute.
fn attribute<'a>(attributes: Element<'a>, oid: &[u8]) -> Option<Element<'a>> {
    attributes.children().find_map(|attribute| {
        let mut parts = attribute.children();
        (parts.next()?.content == oid).then(|| parts.next()?.children().next()).flatten()
    })
}

/// A point in time in either of the two writings of X.509.
fn time(element: Element<'_>) -> Option<DateTime<Utc>> {
    let text = std::str::from_utf8(element.content).ok()?.trim_end_matches('Z');
    let text = match element.tag {
        0x17 => format!("{}{text}", if text.get(..2)? < "50" { "20" } else { "19" }),
        0x18 => text.to_owned(),
        _ => return None,
    };
    NaiveDateTime::parse_from_str(&text, "%Y%m%d%H%M%S").ok().map(|time| time.and_utc())
}

fn digest_of(oid: &[u8]) -> Option<&'static digest::Algorithm> {
    match oid {
        SHA1 => Some(&digest::SHA1_FOR_LEGACY_USE_ONLY),
        SHA256 => Some(&digest::SHA256),
        SHA384 => Some(&digest::SHA384),
        SHA512 => Some(&digest::SHA512),
        _ => None,
    }
}

/// The certificate that a signer names by issuer and serial, or by its key; the only one when it names none.
fn find<'a>(sid: Element<'_>, certificates: &[&'a [u8]]) -> Option<(&'a [u8], X509Certificate<'a>)> {
    let mut parsed =
        certificates.iter().filter_map(|der| X509Certificate::from_der(der).ok().map(|(_, parsed)| (*der, parsed)));
    if certificates.len() == 1 {
        return parsed.next();
    }
    let mut parts = sid.children();
    let issuer = parts.next()?;
    let serial = parts.next()?;
    parsed.find(|(_, certificate)| {
        certificate.issuer().as_raw() == issuer.whole && certificate.raw_serial() == serial.content
    })
}

fn verification(
    certificate: &X509Certificate<'_>,
    digest: &[u8],
    signature: Element<'_>,
) -> Option<&'static dyn VerificationAlgorithm> {
    let key = &certificate.public_key().algorithm;
    if key.algorithm.to_id_string() == EC_KEY {
        let curve = key.parameters.as_ref().map(|parameters| parameters.data);
        let is_p384 = curve == Some(P384);
        return match (is_p384, digest) {
            (false, SHA256) => Some(&algorithms::ECDSA_P256_SHA256_ASN1),
            (false, SHA384) => Some(&algorithms::ECDSA_P256_SHA384_ASN1),
            (true, SHA256) => Some(&algorithms::ECDSA_P384_SHA256_ASN1),
            (true, SHA384) => Some(&algorithms::ECDSA_P384_SHA384_ASN1),
            _ => None,
        };
    }
    // 1.2.840.113549.1.1.10, RSASSA-PSS.
    let is_pss = signature.children().next().is_some_and(|oid| oid.content.ends_with(&[0x01, 0x01, 0x0a]));
    match (is_pss, digest) {
        (true, SHA256) => Some(&algorithms::RSA_PSS_2048_8192_SHA256),
        (true, SHA384) => Some(&algorithms::RSA_PSS_2048_8192_SHA384),
        (true, SHA512) => Some(&algorithms::RSA_PSS_2048_8192_SHA512),
        (false, SHA1) => Some(&algorithms::RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY),
        (false, SHA256) => Some(&algorithms::RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY),
        (false, SHA384) => Some(&algorithms::RSA_PKCS1_2048_8192_SHA384),
        (false, SHA512) => Some(&algorithms::RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY),
        _ => None,
    }
}

/// Certificates between the signer's and a trusted one.
const MOST_STEPS: usize = 6;

/// Whether a certificate leads to a trusted one, each signed by the next.
fn is_trusted(der: &[u8], certificates: &[&[u8]], authorities: &[Vec<u8>]) -> bool {
    let mut current = der.to_vec();
    for _ in 0..MOST_STEPS {
        if authorities.contains(&current) {
            return true;
        }
        let Ok((_, certificate)) = X509Certificate::from_der(&current) else { return false };
        let above = authorities.iter().map(Vec::as_slice).chain(certificates.iter().copied());
        let issuer = above.into_iter().find(|candidate| {
            X509Certificate::from_der(candidate).is_ok_and(|(_, candidate)| {
                candidate.subject().as_raw() == certificate.issuer().as_raw()
                    && certificate.verify_signature(Some(candidate.public_key())).is_ok()
            })
        });
        match issuer {
            Some(issuer) if issuer != current.as_slice() => current = issuer.to_vec(),
            _ => return false,
        }
    }
    false
}
