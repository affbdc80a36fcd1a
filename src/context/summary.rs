//! What a report says in short, for those who send it on.

/// A report as a message: a subject, a text, and the same as HTML.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// One line: what is open, or that nothing is.
    pub subject: String,
    /// Plain text (it is Markdown that reads well as it is).
    pub text: String,
    /// The same as a small HTML page without scripts and without anything to load.
    pub html: String,
    /// The files of the report, as they were written.
    pub files: Vec<std::path::PathBuf>,
}
