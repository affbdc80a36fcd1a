//! What the deserializers of one document share: the mistakes found so far, and what was left
//! out because of them.

use std::cell::RefCell;
use std::collections::HashSet;
use std::ptr;

use crate::diag::{Diagnostic, Diagnostics, Place, nearest};
use crate::spec::yaml::error::{Cause, Error, State, unknown_key};
use crate::spec::yaml::node::Node;
use crate::spec::yaml::{MAX_FOUND, Values};

pub(super) struct Context<'c> {
    pub(super) values: &'c dyn Values,
    found: RefCell<Vec<Diagnostic>>,
    left_out: RefCell<HashSet<*const Node>>,
    /// Mappings with the keys that were meant by their unknown ones.
    meant: RefCell<HashSet<(*const Node, String)>>,
}

impl<'c> Context<'c> {
    pub(super) fn new(values: &'c dyn Values) -> Self {
        Self { values, found: RefCell::default(), left_out: RefCell::default(), meant: RefCell::default() }
    }

    /// Notes a mistake once, however often the document is gone through.
    pub(super) fn report(&self, diagnostic: Diagnostic) {
        let mut found = self.found.borrow_mut();
        if found.len() < MAX_FOUND && !found.contains(&diagnostic) {
            found.push(diagnostic);
        }
    }

    pub(super) fn report_unknown_key(&self, node: &Node, key: &str, place: Place, known: &[&str]) {
        if self.found.borrow().len() >= MAX_FOUND {
            return;
        }
        if let Some(meant) = nearest(key, known.iter().copied()) {
            let mut all = self.meant.borrow_mut();
            all.insert((ptr::from_ref(node), meant.to_owned()));
        }
        self.report(unknown_key(key, place, known));
    }

    /// Whether the node is to be passed over.
    pub(super) fn is_left_out(&self, node: &Node) -> bool {
        self.left_out.borrow().contains(&ptr::from_ref(node))
    }

    pub(super) fn left_out_any(&self) -> bool {
        !self.left_out.borrow().is_empty()
    }

    /// Gives an error the place of the node that it arose in.
    pub(super) fn locate(&self, error: Error, node: &Node) -> Error {
        match error.into_state() {
            State::Bare(cause) if self.follows(&cause, node) => Error::silent(),
            State::Bare(cause) => Error::placed(cause.at(node.place)),
            state => Error::from(state),
        }
    }

    /// Reports an error that arose in an item of a list or a mapping and leaves the item out.
    pub(super) fn catch(&self, error: Error, item: &Node) -> Error {
        match self.locate(error, item).into_state() {
            State::Placed(diagnostic) => self.report(*diagnostic),
            State::Reported => return Error::reported(),
            State::Silent | State::Bare(_) => {}
        }
        self.left_out.borrow_mut().insert(ptr::from_ref(item));
        Error::reported()
    }

    /// Everything that was found, in the order of the text.
    pub(super) fn into_found(self) -> Diagnostics {
        let mut found: Diagnostics = self.found.into_inner().into_iter().collect();
        found.sort();
        found
    }

    /// Whether the cause only follows from something that was reported in the same mapping.
    fn follows(&self, cause: &Cause, node: &Node) -> bool {
        match cause {
            Cause::MissingKey(key) => {
                let meant = (ptr::from_ref(node), (*key).to_owned());
                node.get(key).is_some_and(|item| self.is_left_out(item)) || self.meant.borrow().contains(&meant)
            }
            Cause::Other(_) => node.entries().any(|(_, item)| self.is_left_out(item)),
            _ => false,
        }
    }
}
