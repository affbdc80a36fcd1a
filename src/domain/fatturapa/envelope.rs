//! A file as it arrives: taken out of its envelope, judged, its signature looked at.
//!
//! Here: what ties `signature`, `judge` and `name` together for one file. Not here: how each of them works.

use std::borrow::Cow;

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

use super::check::report::Report;
use super::decode::decode;
use super::finding::Finding;
use super::judge::{Verdict, judge};
use super::name;
use super::read::Document;
use super::signature::{Authorities, Chain, Content, SignatureProblem, Signer, Verification, cms, unwrap, xades};

/// How a file is judged.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Day of reception in Italy.
    pub received: NaiveDate,
    /// Moment of reception, for the time of the signature.
    pub received_at: DateTime<Utc>,
    /// Whether the name of the file is judged as well (00001).
    pub names: bool,
    /// The authorities that the user trusts; none when the chain is not to be looked at.
    pub authorities: Authorities,
}

/// One signer, as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Shown {
    /// Distinguished name of the certificate; empty when it is not in the file.
    pub subject: String,
    /// Distinguished name of who issued the certificate.
    pub issuer: String,
    /// Serial number of the certificate, in hexadecimal digits.
    pub serial: String,
    /// Start of the certificate's validity.
    pub valid_from: Option<DateTime<Utc>>,
    /// End of the certificate's validity.
    pub valid_until: Option<DateTime<Utc>>,
    /// When the signer says that it signed.
    pub signing_time: Option<DateTime<Utc>>,
    /// Whether the signed digest is that of the content.
    pub digest_matches: bool,
    /// Whether the signature is that of the certificate's key.
    pub verifies: bool,
    /// Why it does not verify.
    pub problem: Option<String>,
    /// Whether the certificate comes from an authority that the user trusts; none when no authority was given.
    pub is_trusted: Option<bool>,
    /// Why it does not come from one.
    pub untrusted: Option<String>,
}

impl From<&Signer> for Shown {
    fn from(signer: &Signer) -> Self {
        let (is_trusted, untrusted) = match &signer.chain {
            Chain::NotChecked => (None, None),
            Chain::Trusted => (Some(true), None),
            Chain::Untrusted(reason) => (Some(false), Some(reason.clone())),
        };
        Self {
            subject: signer.subject.clone(),
            issuer: signer.issuer.clone(),
            serial: signer.serial.clone(),
            valid_from: signer.not_before,
            valid_until: signer.not_after,
            signing_time: signer.signing_time,
            digest_matches: signer.digest_matches,
            verifies: signer.verifies,
            problem: signer.problem.clone(),
            is_trusted,
            untrusted,
        }
    }
}

/// What is known of a file's signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Signature {
    /// `CAdES` (.p7m) or `XAdES` (inside the XML).
    pub kind: &'static str,
    /// How many times the file was wrapped.
    pub layers: usize,
    /// Whether the envelope ends too early; the content is whole.
    pub truncated: bool,
    /// Whether every signature holds for the content; none when that was not looked at.
    pub valid: Option<bool>,
    /// The signers, those of the innermost envelope first.
    pub signers: Vec<Shown>,
}

impl Signature {
    /// In a few words.
    #[must_use]
    pub fn summary(&self) -> String {
        let verdict = match self.valid {
            Some(true) => "signature verifies",
            Some(false) => "signature does not verify",
            None => "signature not verified",
        };
        let trusted = match self.signers.iter().filter_map(|signer| signer.is_trusted).reduce(|all, one| all && one) {
            Some(true) => ", trusted",
            Some(false) => ", not trusted",
            None => "",
        };
        format!("{}, {verdict}{trusted}", self.kind)
    }
}

/// Judges the bytes of a file. `memory` is used again from file to file.
pub fn judge_file(
    file: &str,
    bytes: &[u8],
    settings: &Settings,
    memory: &mut Document,
) -> (Verdict, Option<Signature>) {
    let content = match unwrap(bytes) {
        Ok(content) => content,
        Err(error) => {
            let finding = Finding::schema(String::new(), "", error.message_it(), error.to_string());
            return (Verdict::unreadable(finding), None);
        }
    };
    let mut verdict = judge(&content.xml, Some(settings.received), memory);
    let mut report = Report::default();
    if settings.names {
        let base = name::base(file);
        if name::check(base).is_err() {
            report.push("00001", String::new(), base);
        }
    }
    let verifications = verifications(&content, &settings.authorities, memory.is_signed);
    let signature = signature(&content, &verifications);
    if signature.is_some() {
        judge_signatures(&verifications, settings, &mut report);
    } else if verdict.format == "FPA12" {
        report.push("unsigned", String::new(), "");
    }
    verdict.findings.append(&mut report.findings);
    (verdict, signature)
}

/// The signatures of every envelope, the innermost first, or those inside the XML.
fn verifications(content: &Content<'_>, authorities: &Authorities, is_signed: bool) -> Vec<Verification> {
    if content.layers.is_empty() {
        // Digests are made over the canonical form, which does not depend on the encoding.
        let inside = is_signed.then(|| xades::verify(decode(&content.xml).0.as_bytes(), authorities)).flatten();
        return inside.into_iter().collect();
    }
    content.layers.iter().rev().map(|layer| cms::verify(layer, authorities)).collect()
}

fn signature(content: &Content<'_>, verifications: &[Verification]) -> Option<Signature> {
    let is_judged = verifications.iter().all(|one| one.signers.iter().all(|signer| signer.is_judged));
    let verifies = verifications.iter().all(Verification::verifies);
    (!verifications.is_empty()).then(|| Signature {
        kind: if content.layers.is_empty() { "XAdES" } else { "CAdES" },
        layers: content.layers.len(),
        truncated: content.truncated,
        valid: (is_judged || content.truncated).then_some(verifies),
        signers: verifications.iter().flat_map(|one| &one.signers).map(Shown::from).collect(),
    })
}

/// 00100, 00102, 00103, 00105, and the envelope that ends too early.
fn judge_signatures(verifications: &[Verification], settings: &Settings, report: &mut Report) {
    if verifications.iter().any(|one| one.truncated) {
        report.push("truncated", String::new(), "");
        return;
    }
    for verification in verifications {
        for (place, problem) in verification.problems(Some(settings.received_at)) {
            let signer = place.and_then(|place| verification.signers.get(place));
            let detail = signer.map(|signer| match problem {
                SignatureProblem::LateSigningTime => {
                    signer.signing_time.map_or(String::new(), |time| time.to_rfc3339())
                }
                SignatureProblem::NoSigningTime => String::new(),
                SignatureProblem::Mismatch | SignatureProblem::Expired => signer.subject.clone(),
            });
            report.push(problem.code(), String::new(), &detail.unwrap_or_default());
        }
        for signer in verification.signers.iter().filter(|signer| !signer.is_judged) {
            report.push("signature-unknown", String::new(), signer.problem.as_deref().unwrap_or_default());
        }
    }
}

/// The XML of a file, out of its envelope.
///
/// # Errors
/// There is no content inside; in Italian and English.
pub fn content(bytes: &[u8]) -> Result<Cow<'_, [u8]>, (String, String)> {
    unwrap(bytes).map(|content| content.xml).map_err(|error| (error.message_it(), error.to_string()))
}
