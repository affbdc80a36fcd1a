//! A file as it arrives: taken out of its envelope, judged, its signature looked at.
//!
//! Here: what ties `signature`, `judge` and `name` together for one file. Not here: how each of them works.

use std::borrow::Cow;

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

use super::check::report::Report;
use super::finding::Finding;
use super::judge::{Verdict, judge};
use super::name;
use super::read::Document;
use super::signature::{Content, Signer, cms, unwrap};

/// How a file is judged.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Day of reception in Italy.
    pub received: NaiveDate,
    /// Moment of reception, for the time of the signature.
    pub received_at: DateTime<Utc>,
    /// Whether the name of the file is judged as well (00001).
    pub names: bool,
    /// Certificates (DER) of the authorities that the user trusts; none when the chain is not to be looked at.
    pub authorities: Vec<Vec<u8>>,
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
    /// The signers of the innermost envelope.
    pub signers: Vec<Signer>,
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
        let base = file.rsplit(['/', '!', '\\']).next().unwrap_or(file);
        if name::check(base).is_err() {
            report.push("00001", String::new(), base);
        }
    }
    let signature = signature(&content, settings, memory.is_signed);
    if let Some(signature) = &signature {
        judge_signature(signature, settings, &mut report);
    } else if verdict.format == "FPA12" {
        report.push("unsigned", String::new(), "");
    }
    verdict.findings.append(&mut report.findings);
    (verdict, signature)
}

fn signature(content: &Content<'_>, settings: &Settings, is_signed: bool) -> Option<Signature> {
    let Some(innermost) = content.layers.last() else {
        let xades = Signature { kind: "XAdES", layers: 0, truncated: false, valid: None, signers: Vec::new() };
        return is_signed.then_some(xades);
    };
    let signers = cms::signers(innermost, &content.xml, &settings.authorities);
    let valid = !signers.is_empty() && signers.iter().all(|signer| signer.verifies);
    let layers = content.layers.len();
    Some(Signature { kind: "CAdES", layers, truncated: content.is_cut, valid: Some(valid), signers })
}

/// 00100, 00102, 00103, 00105, and the envelope that ends too early.
fn judge_signature(signature: &Signature, settings: &Settings, report: &mut Report) {
    if signature.truncated {
        report.push("truncated", String::new(), "");
        return;
    }
    if signature.kind == "CAdES" && signature.signers.is_empty() {
        report.push("00102", String::new(), "");
    }
    for signer in &signature.signers {
        if !signer.verifies {
            match &signer.problem {
                Some(problem) => report.push("signature-unknown", String::new(), problem),
                None => report.push("00102", String::new(), &signer.subject),
            }
        }
        match signer.signing_time {
            None => report.push("00103", String::new(), ""),
            Some(time) if time > settings.received_at => report.push("00105", String::new(), &time.to_rfc3339()),
            Some(_) => {}
        }
        let moment = signer.signing_time.unwrap_or(settings.received_at);
        if signer.valid_until.is_some_and(|until| until < moment) {
            report.push("00100", String::new(), &signer.subject);
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
