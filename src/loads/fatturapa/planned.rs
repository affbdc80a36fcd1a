//! The documents of a run for a plan: what becomes of each, with its number, buyer and total.

use std::collections::HashMap;

use crate::context::{Fate, PlannedDocument, RunCx};
use crate::loads::fatturapa::draft::Draft;
use crate::loads::fatturapa::rows::Refusal;
use crate::loads::fatturapa::sink::Places;
use crate::state::{IssuedDocument, Status};

/// Documents in the order in which they come.
#[derive(Default)]
pub struct Planned {
    documents: Vec<PlannedDocument>,
    /// By their first row, which no two have in common.
    places: HashMap<(u32, u32), usize>,
}

impl Planned {
    /// A document comes that was built, or that could not be.
    pub fn note(&mut self, kind: &str, order: &str, places: &Places, draft: Option<&Draft>) {
        if let Some(first) = places.first() {
            self.places.insert(*first, self.documents.len());
        }
        self.documents.push(PlannedDocument {
            fate: Fate::ToIssue,
            key: order.to_owned(),
            kind: kind.to_owned(),
            number: None,
            buyer: draft.map(|draft| draft.buyer.clone()).filter(|buyer| !buyer.is_empty()),
            total: draft.and_then(Draft::total).map(|total| total.to_string()),
            reason: None,
        });
    }

    /// The last document has a number.
    pub fn number(&mut self, numero: &str, known: Option<&IssuedDocument>) {
        let Some(document) = self.documents.last_mut() else { return };
        document.number = Some(numero.to_owned());
        document.fate = match known.map(|known| known.status) {
            None => Fate::ToIssue,
            Some(Status::Refused) => Fate::ToSendAgain,
            Some(_) => Fate::AlreadyIssued,
        };
    }

    /// A document is not issued.
    pub fn refuse(&mut self, places: &Places, (problem, _): &Refusal) {
        let index = places.first().and_then(|first| self.places.get(first));
        let Some(document) = index.and_then(|index| self.documents.get_mut(*index)) else { return };
        document.fate = Fate::Rejected;
        document.reason = Some(problem.message.clone());
    }

    /// Hands everything to the run.
    pub fn tell(self, load: &str, run: &RunCx) {
        run.plan_documents(load, self.documents);
    }
}
