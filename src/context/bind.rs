//! The checking context: collects problems instead of stopping at the first one.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::context::{Params, Project};
use crate::diag::{Code, Diagnostic, Diagnostics, Text, did_you_mean};
use crate::domain::feeds::Channel;
use crate::domain::types::Schema;

/// What a kind may know while it is bound. No kind opens a remote source here.
pub struct BindCx<'a> {
    /// The project folder, its contracts and paths.
    pub project: &'a Project,
    /// Typed values of the pipeline's parameters.
    pub params: &'a Params,
    /// Name of the node (table or load) that is being bound.
    pub node: &'a str,
    /// Schemas of the tables this node reads, by name.
    pub tables: &'a BTreeMap<String, Schema>,
    /// The description of the sales channel that a load writes for, when the project has it.
    pub channel: Option<Arc<Channel>>,
    diagnostics: RefCell<Diagnostics>,
}

impl<'a> BindCx<'a> {
    /// A context for one node.
    #[must_use]
    pub fn new(project: &'a Project, params: &'a Params, node: &'a str, tables: &'a BTreeMap<String, Schema>) -> Self {
        Self { project, params, node, tables, channel: None, diagnostics: RefCell::default() }
    }

    /// Reports a problem and goes on.
    pub fn report(&self, diagnostic: Diagnostic) {
        self.diagnostics.borrow_mut().push(diagnostic);
    }

    /// Reports several problems.
    pub fn report_all(&self, diagnostics: Diagnostics) {
        self.diagnostics.borrow_mut().extend(diagnostics);
    }

    /// Reports an error at the place of `text`.
    pub fn error(&self, code: Code, text: &Text, message: impl Into<String>) {
        self.report(Diagnostic::error(code, text.place(), message));
    }

    /// Schema of another table; `None` when it does not exist or is itself broken (already reported).
    #[must_use]
    pub fn table(&self, name: &Text) -> Option<&'a Schema> {
        self.tables.get(name.as_str())
    }

    /// Checks that `column` is in `schema`; reports an unknown column with the nearest match.
    pub fn require_column(&self, schema: &Schema, column: &Text) -> bool {
        if schema.contains(column.as_str()) {
            return true;
        }
        let mut diagnostic =
            Diagnostic::error(Code::UnknownColumn, column.place(), format!("unknown column `{}`", column.as_str()));
        if let Some(help) = did_you_mean(column.as_str(), schema.names()) {
            diagnostic = diagnostic.help(help);
        }
        let known: Vec<&str> = schema.names().collect();
        self.report(diagnostic.help(format!("known columns: {}", known.join(", "))));
        false
    }

    /// How many problems were reported so far; kinds compare it before and after to know whether they may go on.
    #[must_use]
    pub fn reported(&self) -> usize {
        self.diagnostics.borrow().len()
    }

    /// Takes what was reported.
    #[must_use]
    pub fn into_diagnostics(self) -> Diagnostics {
        self.diagnostics.into_inner()
    }
}
