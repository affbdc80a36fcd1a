//! Why a file is no invoice at all, in English and Italian.

/// Elements inside each other; the format needs nine, a signature some more.
pub const MOST_DEPTH: usize = 64;

/// Why a file cannot be read as an invoice at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// Not well-formed XML.
    #[error("line {line}: not well-formed XML: {reason}")]
    NotXml {
        /// Line from one.
        line: usize,
        /// What the parser says.
        reason: String,
    },
    /// XML of another kind.
    #[error("the root element is `{root}`, not an invoice")]
    NotAnInvoice {
        /// Local name of the root element.
        root: String,
    },
    /// Nothing in the file.
    #[error("the file is empty")]
    Empty,
    /// A document type declaration, which could name foreign files or grow without end.
    #[error("line {line}: a document type declaration (DTD) is not admitted")]
    Dtd {
        /// Line from one.
        line: usize,
    },
    /// Elements nested without reason.
    #[error("line {line}: elements nested more than {MOST_DEPTH} deep")]
    TooDeep {
        /// Line from one.
        line: usize,
    },
}

impl ReadError {
    /// The same in Italian.
    #[must_use]
    pub fn message_it(&self) -> String {
        match self {
            Self::NotXml { line, reason } => format!("riga {line}: XML non ben formato: {reason}"),
            Self::NotAnInvoice { root } => format!("l'elemento radice è `{root}`, non una fattura"),
            Self::Empty => "il file è vuoto".to_owned(),
            Self::Dtd { line } => format!("riga {line}: una dichiarazione DTD non è ammessa"),
            Self::TooDeep { line } => format!("riga {line}: elementi annidati oltre {MOST_DEPTH} livelli"),
        }
    }
}
