//! What a control found.

use serde::Serialize;

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The exchange system would refuse the file.
    Error,
    /// Worth a look: the exchange system takes it, or only its registers can tell.
    Warning,
}

/// One control that fails, or one thing worth a look.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Official code of the control (`00200` for the schema), or a word for a check that is our own.
    pub code: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// Path of the element, with positions from one where it may repeat; empty for the whole file.
    pub path: String,
    /// The offending value; empty when it is missing.
    pub value: String,
    /// The rule in Italian, and what to do.
    pub message_it: String,
    /// The rule in English, and what to do.
    pub message_en: String,
}

impl Finding {
    /// A violation of the schema.
    #[must_use]
    pub fn schema(path: String, value: &str, message_it: impl Into<String>, message_en: impl Into<String>) -> Self {
        Self {
            code: "00200",
            severity: Severity::Error,
            path,
            value: shown(value),
            message_it: message_it.into(),
            message_en: message_en.into(),
        }
    }

    /// Whether the exchange system would refuse the file.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// A value as a person can read it: attachments are long.
fn shown(value: &str) -> String {
    match value.char_indices().nth(200) {
        Some((at, _)) => format!("{}…", &value[..at]),
        None => value.to_owned(),
    }
}
