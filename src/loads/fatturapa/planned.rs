//! The documents of a run for a plan: what becomes of each, with its number, buyer and total.

use std::collections::HashMap;

use crate::context::{Fate, PlannedDocument, RunCx};
use crate::loads::fatturapa::columns::Column;
use crate::loads::fatturapa::draft::Draft;
use crate::loads::fatturapa::issue::Key;
use crate::loads::fatturapa::rows::{Refusal, Row, Rows};
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
    pub fn note(&mut self, kind: &str, order: &str, rows: Rows<'_>, drafted: Option<&(Key, Draft)>) {
        let draft = drafted.map(|(_, draft)| draft);
        let mut buyer = draft.map(|draft| draft.buyer.clone());
        if let Some(first) = rows.places.first() {
            self.places.insert(*first, self.documents.len());
            buyer =
                buyer.or_else(|| rows.batches.get(first.0 as usize).map(|batch| named(batch.row(first.1 as usize))));
        }
        self.documents.push(PlannedDocument {
            fate: Fate::ToIssue,
            key: order.to_owned(),
            kind: kind.to_owned(),
            number: None,
            buyer: buyer.filter(|buyer| !buyer.is_empty()),
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

/// Who buys, as the row says it.
fn named(row: Row<'_>) -> String {
    let words = [Column::Company, Column::FirstName, Column::LastName].into_iter().filter_map(|column| row.str(column));
    words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}
