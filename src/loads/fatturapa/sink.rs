//! Rows to invoices: rows are gathered by document, then each document is built and checked, numbered, written or
//! rejected.
//!
//! Numbers are taken only by documents that the exchange system would accept, in the order in which they come. Not here:
//! one document (`draft`), numbers and files (`issue`).

use std::collections::HashMap;
use std::sync::PoisonError;

use chrono::NaiveDate;
use indexmap::IndexMap;
use polars::prelude::DataFrame;
use rayon::prelude::*;

use crate::context::{Counter, NodeError, RunCx};
use crate::diag::Code;
use crate::domain::fatturapa::codes::DocumentType;
use crate::domain::fatturapa::{BuildSettings, Seller};
use crate::io::StagedDir;
use crate::loads::fatturapa::columns::{Bound, Column};
use crate::loads::fatturapa::draft::{Draft, document_type, draft};
use crate::loads::fatturapa::issue::{Issue, Key};
use crate::loads::fatturapa::link::Links;
use crate::loads::fatturapa::planned::Planned;
use crate::loads::fatturapa::register::{self, Numbers, Slot};
use crate::loads::fatturapa::request::{Defaults, request};
use crate::loads::fatturapa::rows::{Batch, Refusal, Row, Rows, refusal};
use crate::loads::fatturapa::told::Told;
use crate::loads::format::sink::{BatchSink, Output, Rejected};
use crate::state::{IssuedDocument, Issuing};

/// Documents written between two looks at the register.
const CHUNK: usize = 512;

/// What holds for every document of a load.
#[derive(Clone)]
pub struct Setup {
    /// Name of the load.
    pub load: String,
    /// Where each datum stands.
    pub columns: Bound,
    /// Who sells.
    pub seller: Seller,
    /// Choices of the run.
    pub settings: BuildSettings,
    /// What rows do not say.
    pub defaults: Defaults,
    /// Series and beginnings.
    pub numbers: Numbers,
    /// Documents of one buyer in one file, at most; none writes one file each.
    pub batch: Option<usize>,
    /// Where the answers of the exchange system are.
    pub messages: Option<String>,
    /// Day of the run in Italy, for the control of the date.
    pub received: NaiveDate,
}

/// Rows of a document, as batch and row.
pub type Places = Vec<(u32, u32)>;

/// Gathers rows and writes invoices.
pub struct InvoiceSink {
    /// What holds for every document.
    pub setup: Setup,
    /// The register, shared by the loads of a run.
    pub slot: Slot,
    /// The run.
    pub run: RunCx,
    /// All rows.
    pub batches: Vec<Batch>,
    /// Rows so far.
    pub seen: u64,
    /// Rows by type and order, in order of appearance.
    pub orders: IndexMap<(String, String), Places>,
    /// Where rejected rows go.
    pub rejected: Rejected,
    /// Where files are staged.
    pub folder: StagedDir,
    /// Rows of the documents that were written.
    pub written: Counter,
}

impl BatchSink for InvoiceSink {
    /// Only gathers: nothing is written before its document is complete.
    fn write(&mut self, frame: &DataFrame) -> Result<u64, NodeError> {
        let batch = Batch::new(frame, &self.setup.columns, self.seen)?;
        let number = u32::try_from(self.batches.len()).unwrap_or(u32::MAX);
        let mut row = 0;
        while row < frame.height() {
            let document = key(batch.row(row));
            let mut end = row + 1;
            while end < frame.height() && key(batch.row(end)) == document {
                end += 1;
            }
            let places = (row..end).map(|row| (number, u32::try_from(row).unwrap_or(u32::MAX)));
            self.orders.entry((document.0.to_owned(), document.1.to_owned())).or_default().extend(places);
            row = end;
        }
        self.seen += frame.height() as u64;
        self.batches.push(batch);
        Ok(0)
    }

    fn finish(mut self: Box<Self>) -> Result<Output, NodeError> {
        let orders = std::mem::take(&mut self.orders);
        // Messages are heard also when no order comes.
        if !orders.is_empty() || self.setup.messages.is_some() {
            register::open(&self.slot, self.folder.target(), self.setup.messages.as_deref(), &self.run)?;
            let slot = self.slot.clone();
            let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
            let issuing =
                slot.as_mut().ok_or_else(|| NodeError::new(Code::Internal, "the register of invoices is not open"))?;
            self.issue(&orders, issuing)?;
        }
        Ok(Output::Folder(self.folder, false))
    }
}

impl InvoiceSink {
    fn issue(&mut self, orders: &IndexMap<(String, String), Places>, issuing: &mut Issuing) -> Result<(), NodeError> {
        let known = self.known(orders, issuing)?;
        let mut links = Links::gather(orders, &self.batches, &self.setup, issuing)?;
        let (mut told, mut planned) = (Told::default(), Planned::default());
        let mut issue = Issue::new(&self.setup, &mut self.folder, issuing);
        let mut refused: Vec<(String, Places, Refusal)> = Vec::new();
        let entries = links.in_order(orders, &self.batches);
        for chunk in entries.chunks(CHUNK) {
            if self.run.is_cancelled() {
                return Err(NodeError::new(Code::Interrupted, "interrupted"));
            }
            let (setup, batches, run, known_links) = (&self.setup, &self.batches, &self.run, &links);
            let drafts: Vec<Result<(Key, Draft), Refusal>> = chunk
                .par_iter()
                .map(|((kind, order), places)| {
                    one(setup, kind, order, Rows { batches, places }, &known, known_links, run)
                })
                .collect();
            for (((kind, order), places), drafted) in chunk.iter().zip(drafts) {
                let usual = if kind.is_empty() { self.setup.defaults.document_type.as_str() } else { kind };
                let kind = drafted.as_ref().map_or(usual, |(key, _)| key.0.as_str());
                planned.note(kind, order, Rows { batches: &self.batches, places }, drafted.as_ref().ok());
                let taken = match drafted {
                    Ok((key, mut draft)) => match links.settle(&mut draft) {
                        Ok(()) => {
                            let (changes, warnings) =
                                (std::mem::take(&mut draft.changes), std::mem::take(&mut draft.warnings));
                            let taken = issue.take(key.clone(), draft, places, known.get(&key))?;
                            taken.map(|numero| {
                                links.taken(&key, numero);
                                planned.number(numero, known.get(&key));
                                told.note(order, &changes, warnings);
                            })
                        }
                        Err(refusal) => Err(refusal),
                    },
                    Err(refusal) => Err(refusal),
                };
                if let Err(refusal) = taken {
                    refused.push((order.clone(), (*places).clone(), refusal));
                }
            }
            refused.extend(issue.write()?);
        }
        refused.extend(issue.finish()?);
        self.written.add(issue.rows());
        told.tell(&self.setup.load, &self.run);
        for (order, places, refusal) in refused {
            planned.refuse(&places, &refusal);
            self.reject(&order, &places, &refusal);
        }
        planned.tell(&self.setup.load, &self.run);
        Ok(())
    }

    /// What the register knows of these documents.
    fn known(
        &self,
        orders: &IndexMap<(String, String), Places>,
        issuing: &Issuing,
    ) -> Result<HashMap<Key, IssuedDocument>, NodeError> {
        let mut by_kind: IndexMap<DocumentType, Vec<&str>> = IndexMap::new();
        for (kind, order) in orders.keys() {
            if let Ok(kind) = document_type(kind, self.setup.defaults.document_type) {
                by_kind.entry(kind).or_default().push(order);
            }
        }
        let mut known = HashMap::new();
        for (kind, orders) in by_kind {
            let found = register::known(issuing, &self.setup.numbers, kind.as_str(), orders)?;
            known.extend(found.into_iter().map(|(order, document)| ((kind, order), document)));
        }
        Ok(known)
    }

    fn reject(&mut self, order: &str, places: &[(u32, u32)], (problem, value): &Refusal) {
        for (batch, row) in places {
            let Some(batch) = self.batches.get(*batch as usize) else { continue };
            let key = Some(format!("order={order}"));
            self.rejected.push_at(batch.before, &batch.frame, *row as usize, value.clone(), key, problem.clone());
        }
    }
}

/// Type and order of a row, as it says them.
fn key(row: Row<'_>) -> (&str, &str) {
    (row.str(Column::DocumentType).unwrap_or_default(), row.str(Column::Order).unwrap_or_default())
}

/// One document, accepted by every control, or why there is none.
fn one(
    setup: &Setup,
    kind: &str,
    order: &str,
    rows: Rows<'_>,
    known: &HashMap<Key, IssuedDocument>,
    links: &Links,
    run: &RunCx,
) -> Result<(Key, Draft), Refusal> {
    let kind = document_type(kind, setup.defaults.document_type)?;
    if order.is_empty() {
        let (english, italian) = ("the row has no order", "la riga non ha il numero d'ordine");
        return Err(refusal("missing-order", english.to_owned(), italian.to_owned(), None));
    }
    let key = (kind, order.to_owned());
    let issued = known.get(&key);
    // The longest number that the register will give has as many digits as there is room for.
    let number = setup.numbers.printed(kind, issued.map_or(1, |issued| issued.number));
    let date = issued.map(|issued| issued.date);
    let request = request(&key, rows, date, number, &setup.defaults, links, &run.project)?;
    let draft = draft(request, &setup.seller, &setup.settings, setup.received)?;
    Ok((key, draft))
}
