//! Why a file is no invoice at all, in English and Italian.

use super::scan::XmlError;

/// Why a file cannot be read as an invoice at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// It cannot be read as XML.
    #[error(transparent)]
    Xml(#[from] XmlError),
    /// XML of another kind.
    #[error("the root element is `{root}`, not an invoice")]
    NotAnInvoice {
        /// Local name of the root element.
        root: String,
    },
}

impl ReadError {
    /// The same in Italian.
    #[must_use]
    pub fn message_it(&self) -> String {
        match self {
            Self::Xml(error) => error.message_it(),
            Self::NotAnInvoice { root } => format!("l'elemento radice è `{root}`, non una fattura"),
        }
    }
}
