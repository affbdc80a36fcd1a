//! Findings and the paths of elements.

use crate::domain::money::Decimal;

use super::rules;

/// Header block paths.
pub const TRANSMISSION: &str = "FatturaElettronicaHeader/DatiTrasmissione";
/// The seller's block.
pub const SELLER: &str = "FatturaElettronicaHeader/CedentePrestatore";
/// The buyer's block.
pub const BUYER: &str = "FatturaElettronicaHeader/CessionarioCommittente";
/// The document's block.
pub const DOCUMENT: &str = "FatturaElettronicaBody[1]/DatiGenerali/DatiGeneraliDocumento";
/// Withholdings.
pub const WITHHOLDING: &str = "FatturaElettronicaBody[1]/DatiGenerali/DatiGeneraliDocumento/DatiRitenuta";
/// Funds.
pub const FUND: &str = "FatturaElettronicaBody[1]/DatiGenerali/DatiGeneraliDocumento/DatiCassaPrevidenziale";
/// References to orders.
pub const ORDER: &str = "FatturaElettronicaBody[1]/DatiGenerali/DatiOrdineAcquisto";
/// References to invoices.
pub const LINKED: &str = "FatturaElettronicaBody[1]/DatiGenerali/DatiFattureCollegate";
/// Lines.
pub const LINE: &str = "FatturaElettronicaBody[1]/DatiBeniServizi/DettaglioLinee";
/// Summaries.
pub const SUMMARY: &str = "FatturaElettronicaBody[1]/DatiBeniServizi/DatiRiepilogo";
/// Payments.
pub const PAYMENT: &str = "FatturaElettronicaBody[1]/DatiPagamento";

/// One control that fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Official code of the control; `00200` for the shape of an element.
    pub code: &'static str,
    /// Path of the element, with positions from one.
    pub path: String,
    /// The offending value; empty when it is missing.
    pub value: String,
    /// The rule in Italian.
    pub message_it: String,
    /// The rule in English.
    pub message_en: String,
}

/// Where an element stands; becomes text only when there is something to report.
#[derive(Clone, Copy, Debug)]
pub struct At {
    block: &'static str,
    position: Option<usize>,
    inner: Option<(&'static str, usize)>,
    leaf: &'static str,
}

impl At {
    /// An element of a block that occurs once.
    #[must_use]
    pub const fn new(block: &'static str, leaf: &'static str) -> Self {
        Self { block, position: None, inner: None, leaf }
    }

    /// An element of a block that repeats; `index` counts from zero.
    #[must_use]
    pub const fn nth(block: &'static str, index: usize, leaf: &'static str) -> Self {
        Self { block, position: Some(index + 1), inner: None, leaf }
    }

    /// The same element inside a repeated inner block; `index` counts from zero.
    #[must_use]
    pub const fn inside(self, inner: &'static str, index: usize) -> Self {
        Self { inner: Some((inner, index + 1)), ..self }
    }

    /// Another element of the same block.
    #[must_use]
    pub const fn leaf(self, leaf: &'static str) -> Self {
        Self { leaf, ..self }
    }

    /// The path, for instance `FatturaElettronicaBody[1]/DatiBeniServizi/DettaglioLinee[2]/Natura`.
    #[must_use]
    pub fn path(self) -> String {
        let position = self.position.map(|position| format!("[{position}]")).unwrap_or_default();
        let inner = self.inner.map(|(inner, position)| format!("/{inner}[{position}]")).unwrap_or_default();
        let leaf = if self.leaf.is_empty() { String::new() } else { format!("/{}", self.leaf) };
        format!("{}{position}{inner}{leaf}", self.block)
    }
}

/// Collects findings.
#[derive(Debug, Default)]
pub struct Report {
    /// Findings so far.
    pub findings: Vec<Finding>,
}

impl Report {
    /// A content control that fails, with the text of the rule.
    pub fn rule(&mut self, code: &'static str, at: At, value: &dyn ToString) {
        let (message_it, message_en) = rules::texts(code);
        let (message_it, message_en) = (message_it.to_owned(), message_en.to_owned());
        self.findings.push(Finding { code, path: at.path(), value: value.to_string(), message_it, message_en });
    }

    /// An arithmetic control that fails, with the value that was expected, when it can be worked out.
    pub fn expected(&mut self, code: &'static str, at: At, value: &dyn ToString, expected: Option<Decimal>) {
        self.rule(code, at, value);
        if let (Some(expected), Some(finding)) = (expected, self.findings.last_mut()) {
            let expected = expected.to_string();
            finding.message_it = format!("{}; atteso `{expected}`", finding.message_it);
            finding.message_en = format!("{}; expected `{expected}`", finding.message_en);
        }
    }

    /// An element whose form the schema refuses.
    pub fn shape(
        &mut self,
        at: At,
        value: &dyn ToString,
        message_it: impl Into<String>,
        message_en: impl Into<String>,
    ) {
        let (message_it, message_en) = (message_it.into(), message_en.into());
        self.findings.push(Finding {
            code: "00200",
            path: at.path(),
            value: value.to_string(),
            message_it,
            message_en,
        });
    }
}
