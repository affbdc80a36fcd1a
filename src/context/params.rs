//! Typed values of a pipeline's parameters, used by `!param name` and by `:name` inside expressions.

use indexmap::IndexMap;

use crate::domain::types::Type;

/// One parameter: its type and its value as text in the canonical form of that type (`2026-11-23`, `12.50`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Param {
    /// Type of the value.
    pub ty: Type,
    /// Canonical text of the value.
    pub value: String,
}

/// Parameters by name, in the order of the file.
#[derive(Clone, Debug, Default)]
pub struct Params(pub IndexMap<String, Param>);

impl Params {
    /// The parameter of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Param> {
        self.0.get(name)
    }

    /// All names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}
