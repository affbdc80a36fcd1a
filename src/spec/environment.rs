//! Where `!env`, `!secret` and `!param` get their values.

use std::cell::RefCell;
use std::collections::BTreeSet;

use crate::context::Params;
use crate::diag::{Code, Diagnostic, Diagnostics, Place};
use crate::io::SecretStore;
use crate::spec::yaml::Values;

/// The environment of the process, the secrets of the project, the parameters of the pipeline.
pub struct Environment {
    /// The parameters.
    pub params: Params,
    /// Where secrets are looked up; nothing when they are not needed.
    secrets: Option<SecretStore>,
    /// Why secrets could not be looked up.
    failed: RefCell<BTreeSet<String>>,
}

impl Environment {
    /// Without parameters; without a store every secret is there, and empty.
    #[must_use]
    pub fn new(secrets: Option<SecretStore>) -> Self {
        Self { params: Params::default(), secrets, failed: RefCell::default() }
    }

    /// The secrets that could not be looked up, and the parameters.
    #[must_use]
    pub fn close(self) -> (Diagnostics, Params) {
        let failed = self.failed.into_inner().into_iter();
        let problems = failed.map(|message| Diagnostic::error(Code::SecretMissing, Place::NONE, message));
        (problems.collect(), self.params)
    }
}

impl Values for Environment {
    #[expect(clippy::disallowed_methods, reason = "the door to the environment that `!env` opens")]
    fn env(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }

    #[expect(clippy::disallowed_methods, reason = "the door to the environment that `!secret` opens")]
    fn secret(&self, name: &str) -> Option<String> {
        let variable = name.to_uppercase().replace('-', "_");
        if let Ok(found) = std::env::var(variable) {
            return Some(found);
        }
        let Some(store) = &self.secrets else { return Some(String::new()) };
        store.get(name).unwrap_or_else(|message| {
            self.failed.borrow_mut().insert(message);
            None
        })
    }

    fn param(&self, name: &str) -> Option<String> {
        self.params.get(name).map(|param| param.value.clone())
    }
}
