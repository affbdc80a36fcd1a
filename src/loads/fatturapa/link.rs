//! Invoices that a document corrects, told by the key of their order: in this run or in the register.
//!
//! Here: what a key means, which documents wait for the number of another, and that none comes before the one that it
//! corrects. Not here: the references as they are written (`blocks`), numbers (`issue`).

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use indexmap::IndexMap;

use crate::context::NodeError;
use crate::domain::fatturapa::codes::DocumentType;
use crate::domain::fatturapa::lot::set_linked;
use crate::loads::fatturapa::columns::Column;
use crate::loads::fatturapa::draft::{Draft, document_type};
use crate::loads::fatturapa::issue::Key;
use crate::loads::fatturapa::register;
use crate::loads::fatturapa::rows::{Batch, Refusal, Rows, refusal};
use crate::loads::fatturapa::sink::{Places, Setup};
use crate::loads::format::row::Problem;
use crate::state::{Issuing, Status};

/// What can be corrected; an order that has several of them means the first.
const KINDS: [DocumentType; 9] = [
    DocumentType::Td01,
    DocumentType::Td24,
    DocumentType::Td25,
    DocumentType::Td26,
    DocumentType::Td06,
    DocumentType::Td07,
    DocumentType::Td03,
    DocumentType::Td02,
    DocumentType::Td27,
];

/// Types and orders of a run, with their rows.
type Orders = IndexMap<(String, String), Places>;

/// An invoice that a row names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Link {
    /// Number and date.
    Told(String, Option<NaiveDate>),
    /// It gets its number in this run.
    Waiting {
        /// The document.
        key: Key,
        /// Its date.
        date: Option<NaiveDate>,
    },
}

/// What is known of an invoice that is linked.
#[derive(Debug)]
enum Target {
    /// It has a number.
    Issued { numero: String, date: NaiveDate },
    /// It is among the documents of this run.
    Here { key: Key, date: Option<NaiveDate>, entry: usize },
    /// The exchange system refused it, and it does not go out again in this run.
    Refused { numero: String },
}

/// The invoices that documents of a run are linked to by the key of an order.
#[derive(Debug, Default)]
pub struct Links {
    targets: HashMap<String, Target>,
    numbers: HashMap<Key, String>,
}

impl Links {
    /// Looks for the invoices in the register and in this run.
    ///
    /// # Errors
    /// The state cannot be read.
    pub fn gather(orders: &Orders, batches: &[Batch], setup: &Setup, issuing: &Issuing) -> Result<Self, NodeError> {
        let mut links = Self::default();
        if !setup.columns.has(Column::LinkedOrder) {
            return Ok(links);
        }
        let rows = orders.values().flat_map(|places| Rows { batches, places }.iter());
        let wanted: HashSet<&str> = rows.filter_map(|row| row.str(Column::LinkedOrder)).collect();
        if wanted.is_empty() {
            return Ok(links);
        }
        let mut here = HashMap::new();
        for (entry, ((kind, order), places)) in
            orders.iter().enumerate().filter(|(_, ((_, order), _))| wanted.contains(order.as_str()))
        {
            let Ok(kind) = document_type(kind, setup.defaults.document_type) else { continue };
            let date = || Rows { batches, places }.first(|row| row.date(Column::DocumentDate));
            let date = setup.defaults.date.or_else(date);
            here.insert((kind, order.as_str()), Target::Here { key: (kind, order.clone()), date, entry });
        }
        // The last to be put in place is the first of the list.
        for kind in KINDS.into_iter().rev() {
            let known = register::known(issuing, &setup.numbers, kind.as_str(), wanted.iter().copied())?;
            let found = wanted.iter().filter_map(|order| {
                let again = here.remove(&(kind, *order));
                let target = match known.get(*order) {
                    Some(issued) if issued.status == Status::Refused => {
                        again.unwrap_or_else(|| Target::Refused { numero: issued.numero.clone() })
                    }
                    Some(issued) => Target::Issued { numero: issued.numero.clone(), date: issued.date },
                    None => again?,
                };
                Some(((*order).to_owned(), target))
            });
            links.targets.extend(found.collect::<Vec<_>>());
        }
        Ok(links)
    }

    /// The invoice of an order.
    ///
    /// # Errors
    /// There is none.
    pub fn find(&self, order: &str) -> Result<Link, Refusal> {
        match self.targets.get(order) {
            Some(Target::Issued { numero, date }) => Ok(Link::Told(numero.clone(), Some(*date))),
            Some(Target::Here { key, date, .. }) => Ok(Link::Waiting { key: key.clone(), date: *date }),
            Some(Target::Refused { numero }) => Err(told(
                "linked-invoice-refused",
                format!(
                    "invoice `{numero}` of order `{order}` was refused by the exchange system and counts as not issued: send it again first, or leave both out"
                ),
                format!(
                    "la fattura `{numero}` dell'ordine `{order}` è stata scartata dal SdI e vale come non emessa: prima va rimandata, oppure non si emette nessuna delle due"
                ),
                order,
            )),
            None => Err(told(
                "linked-invoice-unknown",
                format!(
                    "order `{order}`, whose invoice is corrected, has no invoice in this run nor in the register: issue it first, or give its number and date in `linked_number` and `linked_date`"
                ),
                format!(
                    "l'ordine `{order}`, di cui si corregge la fattura, non ha fatture né in questa esecuzione né nel registro: emetterla prima, o indicarne numero e data in `linked_number` e `linked_date`"
                ),
                order,
            )),
        }
    }

    /// The documents in the order in which they come, except that one that is corrected comes before what corrects it.
    #[must_use]
    pub fn in_order<'o>(&self, orders: &'o Orders, batches: &[Batch]) -> Vec<(&'o (String, String), &'o Places)> {
        let is_here = |target: &Target| matches!(target, Target::Here { .. });
        if !self.targets.values().any(is_here) {
            return orders.iter().collect();
        }
        let (mut sorted, mut placed) = (Vec::with_capacity(orders.len()), vec![false; orders.len()]);
        for entry in 0..orders.len() {
            // What stands above waits for what stands below; a ring of links ends where it closes.
            let (mut stack, mut met) = (vec![entry], HashSet::from([entry]));
            while let Some(top) = stack.last().copied() {
                let Some((key, places)) = orders.get_index(top) else { break };
                let targets =
                    Rows { batches, places }.iter().filter_map(|row| self.entry(row.str(Column::LinkedOrder)?));
                if let Some(before) = targets.into_iter().find(|target| !placed[*target] && met.insert(*target)) {
                    stack.push(before);
                    continue;
                }
                stack.pop();
                if !std::mem::replace(&mut placed[top], true) {
                    sorted.push((key, places));
                }
            }
        }
        sorted
    }

    fn entry(&self, order: &str) -> Option<usize> {
        match self.targets.get(order)? {
            Target::Here { entry, .. } => Some(*entry),
            Target::Issued { .. } | Target::Refused { .. } => None,
        }
    }

    /// Notes the number of a document that others may be linked to.
    pub fn taken(&mut self, key: &Key, numero: &str) {
        if self.targets.contains_key(&key.1) {
            self.numbers.insert(key.clone(), numero.to_owned());
        }
    }

    /// Writes the numbers of the invoices that were waited for.
    ///
    /// # Errors
    /// One of them was rejected itself.
    pub fn settle(&self, draft: &mut Draft) -> Result<(), Refusal> {
        for (index, key) in &draft.waiting {
            let Some(numero) = self.numbers.get(key) else {
                let order = &key.1;
                return Err(told(
                    "linked-invoice-rejected",
                    format!(
                        "the invoice of order `{order}`, which is corrected, was rejected in this run: correct that order first"
                    ),
                    format!(
                        "la fattura dell'ordine `{order}`, che si corregge, è stata respinta in questa esecuzione: correggere prima quell'ordine"
                    ),
                    order,
                ));
            };
            set_linked(&mut draft.tree, *index, numero);
        }
        Ok(())
    }
}

fn told(cause: &'static str, english: String, italian: String, order: &str) -> Refusal {
    let (problem, value) = refusal(cause, english, italian, Some(order.to_owned()));
    (Problem { column: Some("linked_order".to_owned()), ..problem }, value)
}
