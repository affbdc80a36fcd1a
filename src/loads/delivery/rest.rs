//! What is left to do after some requests, for destinations that take rows one request at a time.

use crate::context::NodeError;
use crate::diag::Code;
use crate::loads::delivery::dispatch::{Dispatch, Page};

/// What is left after some requests; `U` is what one request carries.
pub struct Rest<U> {
    /// Requests of many rows that were refused: their rows are sent one by one.
    pub singles: Vec<U>,
    /// The first failure.
    pub failed: Option<NodeError>,
    unsent: Vec<u32>,
}

impl<U> Default for Rest<U> {
    fn default() -> Self {
        Self { singles: Vec::new(), failed: None, unsent: Vec::new() }
    }
}

impl<U> Rest<U> {
    /// Keeps the first failure.
    pub fn fail(&mut self, error: NodeError) {
        self.failed.get_or_insert(error);
    }

    /// These rows certainly did not reach the destination: they are no longer about to be sent.
    pub fn unsent(&mut self, page: &Page, rows: &[usize]) {
        self.unsent.extend(rows.iter().map(|row| page.change(*row)));
    }

    /// All answers that will come have come: rows that were not sent without a failure were stopped by a person.
    pub fn answers_came(&mut self, dispatch: &Dispatch<'_>) {
        dispatch.run.step("answers came");
        if self.failed.is_none() && !self.unsent.is_empty() {
            let message = "interrupted in the middle of the delivery; what has arrived is noted";
            self.failed = Some(NodeError::new(Code::Interrupted, message).help("run it again: it goes on from there"));
        }
    }

    /// Takes back the intents of what was not sent, and gives the failure.
    ///
    /// # Errors
    /// The first failure, or the state cannot be written.
    pub fn settle(self, dispatch: &mut Dispatch<'_>) -> Result<(), NodeError> {
        if !self.unsent.is_empty() {
            dispatch.unsent(&self.unsent)?;
        }
        self.failed.map_or(Ok(()), Err)
    }
}
