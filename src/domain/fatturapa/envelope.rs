//! A file as it arrives: taken out of its envelope, judged, its signature looked at.
//!
//! Here: what ties `signature`, `judge` and `name` together for one file. Not here: how each of them works.

use chrono::NaiveDate;
use serde::Serialize;

use super::check::report::Report;
use super::judge::{Verdict, judge};
use super::name;
use super::read::Document;
use super::schema::Family;
use super::tree::Tree;

/// Memory that is used again from file to file.
#[derive(Debug)]
pub struct Opened {
    /// The last document read.
    pub document: Document,
}

impl Default for Opened {
    fn default() -> Self {
        Self {
            document: Document {
                tree: Tree::new(Family::Ordinary),
                schema: Vec::new(),
                is_signed: false,
                legacy: false,
            },
        }
    }
}

/// What is known of a file's signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Signature {
    /// `CAdES` (.p7m) or `XAdES`.
    pub kind: &'static str,
}

impl Signature {
    /// In a few words.
    #[must_use]
    pub fn summary(&self) -> String {
        format!("signed, {}", self.kind)
    }
}

/// Judges the bytes of a file. `names` also judges its name (00001).
pub fn judge_file(
    file: &str,
    bytes: &[u8],
    received: NaiveDate,
    names: bool,
    memory: &mut Opened,
) -> (Verdict, Option<Signature>) {
    let mut verdict = judge(bytes, Some(received), &mut memory.document);
    if names {
        let base = file.rsplit(['/', '!', '\\']).next().unwrap_or(file);
        if name::check(base).is_err() {
            let mut report = Report::default();
            report.push("00001", String::new(), base);
            verdict.findings.append(&mut report.findings);
        }
    }
    let signature = memory.document.is_signed.then_some(Signature { kind: "XAdES" });
    (verdict, signature)
}

/// The XML of a file, out of its envelope.
///
/// # Errors
/// There is no content inside; in Italian and English.
pub fn content(bytes: &[u8]) -> Result<std::borrow::Cow<'_, [u8]>, (String, String)> {
    Ok(std::borrow::Cow::Borrowed(bytes))
}
