//! What the load tells in the report of the run: characters replaced and texts cut, warnings on what was written, where
//! each invoice stands with the exchange system.
//!
//! Nothing is changed silently: a text that an element does not admit is written with the nearest characters, and each kind
//! of replacement is counted, with an order where it can be seen.

use chrono::{Days, NaiveDate};
use indexmap::IndexMap;
use serde_json::Value;

use crate::context::{News, NodeError, RunCx};
use crate::domain::fatturapa::Finding;
use crate::domain::fatturapa::text::TextChange;
use crate::loads::fatturapa::register::{failed, state_path};
use crate::state::{IssuedDocument, State, Status};

/// Days after which an answer of the exchange system should have come.
const ANSWER_DAYS: u64 = 5;

/// Documents named in one cell.
const SAMPLES: usize = 5;

/// What happened to the texts, and what is worth a look, so far.
#[derive(Debug, Default)]
pub struct Told {
    /// By element, original and replacement.
    texts: IndexMap<(&'static str, String, String), Seen>,
    /// By code: the rule, and where it was met.
    warnings: IndexMap<(&'static str, String), Seen>,
}

/// How many documents, and one of them.
#[derive(Debug)]
struct Seen {
    documents: u64,
    order: String,
}

impl Told {
    /// Notes what a document cost.
    pub fn note(&mut self, order: &str, changes: &[TextChange], warnings: Vec<Finding>) {
        for change in changes {
            for replacement in &change.replaced {
                let to = if replacement.to.is_empty() { "(left out)" } else { replacement.to };
                let from = replacement.from.escape_debug();
                let from = if replacement.from.is_control() { from.to_string() } else { replacement.from.to_string() };
                count(&mut self.texts, (change.element, from, to.to_owned()), order);
            }
            if change.cut.is_some() {
                count(&mut self.texts, (change.element, "a text too long".to_owned(), "(cut)".to_owned()), order);
            }
        }
        let mut codes: Vec<&'static str> = Vec::new();
        for warning in warnings.into_iter().filter(|finding| !finding.is_error()) {
            if !codes.contains(&warning.code) {
                codes.push(warning.code);
                count(&mut self.warnings, (warning.code, warning.message_en), order);
            }
        }
    }

    /// Hands everything to the report of the run.
    pub fn tell(self, load: &str, run: &RunCx) {
        let texts = self.texts.into_iter().map(|((element, from, to), seen)| {
            vec![element.into(), from.into(), to.into(), seen.documents.into(), seen.order.into()]
        });
        let warnings = self
            .warnings
            .into_iter()
            .map(|((code, rule), seen)| vec![code.into(), seen.documents.into(), seen.order.into(), rule.into()]);
        let (texts, warnings) = (texts.collect(), warnings.collect());
        push(
            run,
            load,
            "texts changed to fit the format",
            &["element", "from", "to", "documents", "for example"],
            texts,
        );
        push(
            run,
            load,
            "warnings on invoices that were written",
            &["code", "documents", "for example", "rule"],
            warnings,
        );
    }
}

fn count<K: std::hash::Hash + Eq>(seen: &mut IndexMap<K, Seen>, key: K, order: &str) {
    seen.entry(key).or_insert_with(|| Seen { documents: 0, order: order.to_owned() }).documents += 1;
}

fn push(run: &RunCx, load: &str, topic: &'static str, columns: &'static [&'static str], rows: Vec<Vec<Value>>) {
    if !rows.is_empty() {
        let mut news = run.news.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        news.push(News { load: load.to_owned(), topic, columns, rows });
    }
}

/// Tells where the invoices of a seller stand after the messages that were heard, and which need something by when.
///
/// # Errors
/// The state cannot be read.
pub fn tell_states(load: &str, seller: &str, today: NaiveDate, run: &RunCx) -> Result<(), NodeError> {
    let state = State::open(&state_path(run)).map_err(|error| failed(&error))?;
    let mut standing = state.standing(seller).map_err(|error| failed(&error))?;
    standing.sort_by_key(|(status, _)| order(*status));
    let silent_since = today.checked_sub_days(Days::new(ANSWER_DAYS)).unwrap_or(today);
    let open = state.open_ends(seller, silent_since).map_err(|error| failed(&error))?;
    let rows = standing.into_iter().map(|(status, documents)| {
        let of_status = || open.iter().filter(|document| document.status == status);
        let by = of_status().filter_map(IssuedDocument::resend_until).min().map(|day| day.to_string());
        let late = of_status().filter_map(IssuedDocument::resend_until).any(|day| day < today);
        let waiting = of_status().count();
        let to_do = if waiting > 0 { to_do(status, late) } else { "" };
        let numbers: Vec<&str> = of_status().take(SAMPLES).map(|document| document.numero.as_str()).collect();
        let more = if waiting > SAMPLES { format!(", and {} more", waiting - SAMPLES) } else { String::new() };
        let numbers = format!("{}{more}", numbers.join(", "));
        vec![word(status).into(), documents.into(), to_do.into(), by.unwrap_or_default().into(), numbers.into()]
    });
    let rows = rows.collect();
    push(run, load, "where the invoices stand", &["state", "invoices", "to do", "by", "which"], rows);
    Ok(())
}

/// Those that need somebody first.
fn order(status: Status) -> u8 {
    match status {
        Status::Refused => 0,
        Status::RefusedByBody => 1,
        Status::MadeAvailable => 2,
        Status::Staged => 3,
        Status::Issued => 4,
        Status::Delivered => 5,
        Status::Accepted => 6,
        Status::TermsElapsed => 7,
    }
}

fn word(status: Status) -> &'static str {
    match status {
        Status::Refused => "refused",
        Status::RefusedByBody => "refused by the body",
        Status::MadeAvailable => "made available",
        Status::Staged => "not yet in its folder",
        Status::Issued => "no answer yet",
        Status::Delivered => "delivered",
        Status::Accepted => "accepted",
        Status::TermsElapsed => "terms elapsed",
    }
}

fn to_do(status: Status, is_late: bool) -> &'static str {
    match status {
        Status::Refused if is_late => {
            "some are past their last day: ask your accountant; correct the others and run again"
        }
        Status::Refused => "correct the order and run again",
        Status::RefusedByBody => "issue a credit note (TD04)",
        Status::MadeAvailable => "tell the buyer that it is in the reserved area",
        Status::Issued => "no answer for five days: ask the channel you sent it by",
        Status::Staged | Status::Delivered | Status::Accepted | Status::TermsElapsed => "",
    }
}
