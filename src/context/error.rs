//! Errors of a running node: who is at fault, whether trying again may help.

use std::time::Duration;

use polars::error::PolarsError;

use crate::diag::Code;

/// A node failed while the pipeline ran.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct NodeError {
    /// Stable code.
    pub code: Code,
    /// What happened: a lowercase phrase that names file, line, column or row.
    pub message: String,
    /// What to do about it.
    pub help: Vec<String>,
    /// Whether the same work may succeed later, and when to try.
    pub retry: Retry,
    /// The underlying error.
    #[source]
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// Whether trying again may help.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Retry {
    /// It will fail again until somebody changes something.
    #[default]
    Terminal,
    /// It may work later, not before the given time.
    Transient {
        /// How long to wait; `None` when the other side did not say.
        after: Option<Duration>,
    },
}

impl NodeError {
    /// A terminal error.
    #[must_use]
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), help: Vec::new(), retry: Retry::Terminal, source: None }
    }

    /// Adds what to do.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help.push(text.into());
        self
    }

    /// Keeps the underlying error.
    #[must_use]
    pub fn because(mut self, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        self.source = Some(Box::new(source));
        self
    }
}

impl From<PolarsError> for NodeError {
    fn from(error: PolarsError) -> Self {
        Self::new(Code::RunFailed, error.to_string())
    }
}
