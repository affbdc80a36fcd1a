//! Who signed an XML file that carries its signature inside (XAdES, enveloped), and whether the signature holds.
//!
//! Here: references, their digests, the signature over them, the signing time. Not here: the canonical form
//! (`canonical`), the references' transforms (`reference`), algorithms (`algorithm`), the chain (`chain`).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, NaiveDateTime, Utc};

use super::algorithm::{Digest, Outcome, Scheme};
use super::canonical::canonical;
use super::certificate::Certificate;
use super::chain::Authorities;
use super::markup::{Document, split};
use super::reference::{Reference, digest_of, method_of};
use super::signer::{Signer, Verification};

/// The namespace of XML signatures.
pub(super) const DSIG: &str = "http://www.w3.org/2000/09/xmldsig#";
/// Signatures of a file, references and certificates of a signature, that are looked at.
const MOST: usize = 8;

/// Judges the signatures inside an XML file; none when there is no signature.
///
/// The file is in UTF-8: one in another encoding is decoded first, which changes nothing, since digests are made over
/// the canonical form.
#[must_use]
pub fn verify(xml: &[u8], authorities: &Authorities) -> Option<Verification> {
    let alone = |problem: &str| {
        let mut signer = Signer::unknown();
        signer.give_up(problem);
        Some(Verification { signers: vec![signer], truncated: false })
    };
    let xml = xml.strip_prefix(b"\xef\xbb\xbf").unwrap_or(xml);
    let Ok(text) = std::str::from_utf8(xml) else {
        let has_signature = xml.windows(10).any(|part| part == b":Signature" || part == b"<Signature");
        return has_signature.then(|| alone("the XML is not in UTF-8"))?;
    };
    // Most files declare the namespace and have no signature; a tree of them is not worth building.
    if !text.contains(DSIG) || !(text.contains(":Signature") || text.contains("<Signature")) {
        return None;
    }
    let document = match Document::parse(text) {
        Ok(document) => document,
        Err(problem) => return alone(problem),
    };
    let all = signatures(&document);
    if all.is_empty() {
        return None;
    }
    if all.len() > MOST {
        return alone("too many signatures");
    }
    let outermost =
        all.iter().filter(|one| !all.iter().any(|other| other != *one && document.is_within(**one, *other)));
    let signers = outermost.map(|node| signer(&document, *node, &all, authorities)).collect();
    Some(Verification { signers, truncated: false })
}

/// The elements `Signature`, in the order of the document; one more than the limit tells that there are too many.
fn signatures(document: &Document) -> Vec<usize> {
    let named = document.elements(0).filter(|node| document.is_named(*node, "Signature"));
    let signatures = named.filter(|node| {
        let prefix = document.tag(*node).map_or("", |tag| split(&tag.name).0);
        document.namespace(*node, prefix) == DSIG
    });
    signatures.take(MOST + 1).collect()
}

fn signer(document: &Document, node: usize, all: &[usize], authorities: &Authorities) -> Signer {
    let mut signer = Signer::unknown();
    let Some(info) = document.path(node, &["SignedInfo"]) else {
        signer.fail("the signature cannot be read");
        return signer;
    };
    let covered = references(document, node, info, all, &mut signer);
    signer.digest_matches = signer.problem.is_none();
    if !covered.iter().any(|node| *node == 0 || Some(*node) == document.root()) {
        signer.fail("the signature does not cover the whole document");
    }
    signer.signing_time = signing_time(document, node, &covered);
    let encoded = certificates(document, node);
    let parsed: Vec<Certificate<'_>> = encoded.iter().filter_map(|der| Certificate::parse(der)).collect();
    let named = named_certificate(document, node, &parsed);
    let Some(certificate) = named.unwrap_or_else(|| parsed.first()) else {
        match parsed.first() {
            Some(certificate) => {
                signer.describe(certificate);
                signer.fail("the certificate in the file is not the one that the signature names");
            }
            None => signer.give_up("the signer's certificate is not in the file"),
        }
        return signer;
    };
    signer.describe(certificate);
    signer.conclude(value_outcome(document, node, info, certificate));
    signer.chain = authorities.judge(certificate, &parsed, signer.signing_time);
    signer
}

/// Compares the digests of the references; the nodes that they cover, whatever became of them.
fn references(document: &Document, node: usize, info: usize, all: &[usize], signer: &mut Signer) -> Vec<usize> {
    let mut covered = Vec::new();
    for (place, reference) in document.named(info, "Reference").enumerate() {
        if place == MOST {
            signer.fail("too many references");
            break;
        }
        match Reference::parse(document, node, reference, all) {
            Ok(reference) => {
                if !reference.matches(document) {
                    signer.fail("the signed digest is not that of the content");
                }
                covered.push(reference.target);
            }
            Err(problem) => signer.give_up(problem),
        }
    }
    covered
}

/// Whether the signature value is that of the certificate's key over the canonical `SignedInfo`.
fn value_outcome(document: &Document, node: usize, info: usize, certificate: &Certificate<'_>) -> Outcome {
    let method = document.path(info, &["CanonicalizationMethod"]).and_then(|node| method_of(document, node));
    let scheme = document.path(info, &["SignatureMethod"]).and_then(|node| document.attribute(node, "Algorithm"));
    let (Some(method), Some(scheme), Some(key)) = (method, scheme.and_then(scheme_of), certificate.key) else {
        return Outcome::Unsupported;
    };
    let Some(value) = document.path(node, &["SignatureValue"]).and_then(|node| base64(&document.content(node))) else {
        return Outcome::Fails;
    };
    scheme.verify(key, &canonical(document, info, &[], &method), &value)
}

/// The scheme of an identifier.
fn scheme_of(identifier: &str) -> Option<Scheme> {
    match identifier.rsplit_once('#')? {
        (_, "rsa-sha1") => Some(Scheme::Rsa(Digest::Sha1)),
        (_, "rsa-sha256") => Some(Scheme::Rsa(Digest::Sha256)),
        (_, "rsa-sha384") => Some(Scheme::Rsa(Digest::Sha384)),
        (_, "rsa-sha512") => Some(Scheme::Rsa(Digest::Sha512)),
        (_, "sha256-rsa-MGF1") => Some(Scheme::RsaPss(Digest::Sha256)),
        (_, "sha384-rsa-MGF1") => Some(Scheme::RsaPss(Digest::Sha384)),
        (_, "sha512-rsa-MGF1") => Some(Scheme::RsaPss(Digest::Sha512)),
        (_, "ecdsa-sha1") => Some(Scheme::EcdsaFixed(Digest::Sha1)),
        (_, "ecdsa-sha256") => Some(Scheme::EcdsaFixed(Digest::Sha256)),
        (_, "ecdsa-sha384") => Some(Scheme::EcdsaFixed(Digest::Sha384)),
        (_, "ecdsa-sha512") => Some(Scheme::EcdsaFixed(Digest::Sha512)),
        _ => None,
    }
}

/// The certificates that came with the signature.
fn certificates(document: &Document, node: usize) -> Vec<Vec<u8>> {
    let Some(info) = document.path(node, &["KeyInfo"]) else { return Vec::new() };
    let encoded = document.elements(info).filter(|node| document.is_named(*node, "X509Certificate")).take(MOST);
    encoded.filter_map(|node| base64(&document.content(node))).collect()
}

/// The block of XAdES in which the signer says when and with which certificate it signed.
fn properties(document: &Document, node: usize) -> Option<(usize, usize)> {
    let mut objects = document.named(node, "Object");
    let signed = objects.find_map(|object| document.path(object, &["QualifyingProperties", "SignedProperties"]))?;
    Some((signed, document.path(signed, &["SignedSignatureProperties"])?))
}

/// The signing time, when the signature covers it.
fn signing_time(document: &Document, node: usize, covered: &[usize]) -> Option<DateTime<Utc>> {
    let (signed, properties) = properties(document, node)?;
    // A reference to the whole document leaves the signature itself out.
    if !covered.iter().any(|node| *node != 0 && Some(*node) != document.root() && document.is_within(signed, *node)) {
        return None;
    }
    let text = document.content(document.path(properties, &["SigningTime"])?);
    let text = text.trim();
    let naive = || NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").map(|time| time.and_utc());
    DateTime::parse_from_rfc3339(text).map(|time| time.to_utc()).or_else(|_| naive()).ok()
}

/// The certificate whose digest the signed properties state; the outer none when they state none that can be compared.
fn named_certificate<'c, 'd>(
    document: &Document,
    node: usize,
    certificates: &'c [Certificate<'d>],
) -> Option<Option<&'c Certificate<'d>>> {
    let (_, properties) = properties(document, node)?;
    let stated = ["SigningCertificate", "SigningCertificateV2"];
    let stated = stated.iter().find_map(|name| document.path(properties, &[name, "Cert", "CertDigest"]))?;
    let digest = digest_of(document, stated)?;
    let value = base64(&document.content(document.path(stated, &["DigestValue"])?))?;
    Some(certificates.iter().find(|certificate| digest.digest(certificate.der).as_ref() == value))
}

/// Out of base64 with blanks in it.
pub(super) fn base64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text.split_ascii_whitespace().collect::<String>()).ok()
}
