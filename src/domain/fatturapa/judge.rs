//! One file, judged as the exchange system would: schema, content, size.
//!
//! Here: reading and checking together, and which finding belongs to which document of a batch. Not here: where the bytes
//! come from, how the verdict is shown.

use chrono::NaiveDate;

use super::check;
use super::finding::Finding;
use super::read::{Document, ReadError, read_into};
use super::schema::{Family, Id, ordinary, simplified};
use super::tree::{Node, Tree};

/// The most that one file may weigh, in bytes (00003).
pub const MOST_BYTES: usize = 5 * 1024 * 1024;

/// One document of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Header {
    /// `TipoDocumento`.
    pub tipo_documento: String,
    /// `Numero`.
    pub numero: String,
    /// `Data`, as written.
    pub data: String,
}

/// What a file is worth.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// `FPR12`, `FPA12`, `FSM10`, or the version of an older format; empty when the file is no invoice.
    pub format: String,
    /// Its documents; one without data when the file is no invoice.
    pub documents: Vec<Header>,
    /// Everything that was found, header first.
    pub findings: Vec<Finding>,
}

impl Verdict {
    /// Whether the exchange system would take the file.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        !self.findings.iter().any(Finding::is_error)
    }

    /// What concerns the document at `index` from zero: its own findings and those of the whole file.
    pub fn of_document(&self, index: usize) -> impl Iterator<Item = &Finding> {
        let own = format!("FatturaElettronicaBody[{}]", index + 1);
        self.findings.iter().filter(move |finding| {
            !finding.path.starts_with("FatturaElettronicaBody[") || finding.path.starts_with(&own)
        })
    }

    /// A file that cannot be read at all.
    #[must_use]
    pub fn unreadable(finding: Finding) -> Self {
        Self { format: String::new(), documents: vec![Header::default()], findings: vec![finding] }
    }
}

/// Judges an XML file without its envelope. `document` is only memory, used again for the next file.
pub fn judge(xml: &[u8], received: Option<NaiveDate>, document: &mut Document) -> Verdict {
    if let Err(error) = read_into(xml, document) {
        return Verdict::unreadable(unread(&error));
    }
    let tree = &document.tree;
    let mut verdict = Verdict { format: tree.versione.clone(), documents: headers(tree), findings: Vec::new() };
    if xml.len() > MOST_BYTES {
        let size = xml.len().to_string();
        let mut report = check::report::Report::default();
        report.push("00003", String::new(), &size);
        verdict.findings.append(&mut report.findings);
    }
    verdict.findings.extend(judge_document(document, received));
    verdict
}

/// Violations of the schema and content controls of a document that was read.
pub fn judge_document(document: &mut Document, received: Option<NaiveDate>) -> Vec<Finding> {
    let mut findings = std::mem::take(&mut document.schema);
    findings.extend(check::check(&document.tree, received));
    findings
}

fn unread(error: &ReadError) -> Finding {
    Finding::schema(String::new(), "", error.message_it(), error.to_string())
}

const ORDINARY: [Id; 6] =
    [ordinary("2"), ordinary("2.1"), ordinary("2.1.1"), ordinary("2.1.1.1"), ordinary("2.1.1.4"), ordinary("2.1.1.3")];
const SIMPLIFIED: [Id; 6] = [
    simplified("2"),
    simplified("2.1"),
    simplified("2.1.1"),
    simplified("2.1.1.1"),
    simplified("2.1.1.4"),
    simplified("2.1.1.3"),
];

/// The documents of a file; one without data when it has none.
#[must_use]
pub fn headers(tree: &Tree) -> Vec<Header> {
    let [body, general, document, kind, number, date] = match tree.family() {
        Family::Ordinary => ORDINARY,
        Family::Simplified => SIMPLIFIED,
    };
    let header = |body: Node<'_>| {
        let block = body.child(general).and_then(|general| general.child(document));
        let text = |id| block.and_then(|block| block.text(id)).unwrap_or_default().to_owned();
        Header { tipo_documento: text(kind), numero: text(number), data: text(date) }
    };
    let headers: Vec<Header> = tree.top().filter(|node| node.id() == body).map(header).collect();
    if headers.is_empty() { vec![Header::default()] } else { headers }
}
