//! Where an issued invoice stands, from the messages about it.
//!
//! Here: [`Event`], [`Issued`], [`state`]. Messages may come twice, late and in any order: the standing depends on what
//! arrived, not on the order. Not here: which messages belong to an invoice (`name`), the words of the advice (`advice`).

use chrono::{Days, NaiveDate};

use super::advice::Action;
use super::kind::{Esito, Family, MessageKind};
use super::message::{Message, RiferimentoFattura, SdiError};

/// Days in which the system judges a file, and in which a refused one may be sent again.
const ANSWER_DAYS: u64 = 5;
/// Days in which a public body may answer, and longest time for which the system tries to deliver to it.
const BODY_DAYS: u64 = 15;
/// Refusals of a second sending; they say nothing about the first.
const DUPLICATES: [&str; 2] = ["00002", "00404"];

/// What a message means for an invoice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Type of the message.
    pub kind: MessageKind,
    /// The Italian day on which it happened.
    pub on: NaiveDate,
    /// Whether the message itself gives that day; otherwise it is that of arrival.
    pub is_dated: bool,
    /// Outcome of the public body.
    pub esito: Option<Esito>,
    /// Reasons of a refusal.
    pub errors: Vec<SdiError>,
    /// The invoice of the file that the message is about; none for all.
    pub riferimento_fattura: Option<RiferimentoFattura>,
    /// What the message says in words.
    pub descrizione: Option<String>,
}

impl Event {
    /// The event of a message that arrived on a day.
    ///
    /// Delivery and availability have their own date. The others do not, and happened when they arrived; but a refusal comes
    /// within 5 days of the reception, so that one found months later does not seem fresh.
    #[must_use]
    pub fn new(message: &Message, arrived: NaiveDate) -> Self {
        let dated = match message.kind {
            MessageKind::Rc => message.data_ora_consegna,
            MessageKind::Mc => message.data_messa_a_disposizione,
            _ => None,
        };
        let received = message.data_ora_ricezione.map(|moment| moment.civil_date());
        let undated = match (message.kind, received) {
            (MessageKind::Ns, Some(received)) => arrived.min(after(received, ANSWER_DAYS)).max(received),
            (_, Some(received)) => arrived.max(received),
            (_, None) => arrived,
        };
        Self {
            kind: message.kind,
            on: dated.map_or(undated, |moment| moment.civil_date()),
            is_dated: dated.is_some(),
            esito: message.esito,
            errors: message.errors.clone(),
            riferimento_fattura: message.riferimento_fattura.clone(),
            descrizione: message.descrizione.clone(),
        }
    }
}

/// An invoice that was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issued {
    /// To whom: decides what the messages mean.
    pub family: Family,
    /// The day of sending.
    pub sent_on: NaiveDate,
    /// Which invoice of its file, when the file has several; none otherwise.
    pub invoice: Option<RiferimentoFattura>,
}

/// Where an invoice stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Sent, without answer.
    Sent,
    /// Refused by the system (NS).
    Refused,
    /// Delivered (RC).
    Delivered,
    /// In the reserved area of the buyer (MC, private parties).
    MadeAvailable,
    /// Not delivered yet (MC, public bodies).
    NotDelivered,
    /// Accepted by the public body (NE with EC01).
    Accepted,
    /// Refused by the public body (NE with EC02).
    RefusedByBody,
    /// The public body did not answer in time (DT).
    TermsElapsed,
    /// Could not be delivered to the public body (AT).
    DeliveryImpossible,
}

impl State {
    /// A stable word for files and tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Refused => "refused",
            Self::Delivered => "delivered",
            Self::MadeAvailable => "made_available",
            Self::NotDelivered => "not_delivered",
            Self::Accepted => "accepted",
            Self::RefusedByBody => "refused_by_body",
            Self::TermsElapsed => "terms_elapsed",
            Self::DeliveryImpossible => "delivery_impossible",
        }
    }

    /// Whether the invoice counts as issued: the system took it, delivered or not.
    #[must_use]
    pub const fn is_issued(self) -> bool {
        !matches!(self, Self::Sent | Self::Refused)
    }
}

/// Where an invoice stands and what is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Where it stands.
    pub state: State,
    /// Since which Italian day.
    pub since: NaiveDate,
    /// Reasons of the refusal by the system, each once.
    pub errors: Vec<SdiError>,
    /// What the deciding message says in words, as the reason of a public body.
    pub descrizione: Option<String>,
    /// Whether the invoice counts as issued.
    pub is_issued: bool,
    /// The day that decides the quarter of the stamp duty: of delivery, or of availability in the reserved area.
    pub stamp_duty_date: Option<NaiveDate>,
    /// What is to be done, if anything.
    pub what_to_do: Option<Action>,
}

/// Where an invoice stands on a day, from the messages about its file in any order.
///
/// Messages that belong to the receiving side (EC, SE, MT) change nothing. A refusal does not undo a delivery: it is that
/// of a second sending of the same file.
#[must_use]
pub fn state(events: &[Event], issued: &Issued, today: NaiveDate) -> Standing {
    let mine: Vec<&Event> = events.iter().filter(|event| concerns(event, issued)).collect();
    let deciding = deciding(&mine, issued.family);
    let (state, since) = deciding.map_or((State::Sent, issued.sent_on), |(state, event)| (state, event.on));
    let errors = if state == State::Refused { errors(&mine) } else { Vec::new() };
    let delivered = first(&mine, MessageKind::Rc).filter(|event| event.is_dated);
    let available = first(&mine, MessageKind::Mc).filter(|event| event.is_dated);
    Standing {
        state,
        since,
        descrizione: deciding.and_then(|(_, event)| event.descrizione.clone()),
        is_issued: state.is_issued(),
        stamp_duty_date: delivered.or(available).map(|event| event.on),
        what_to_do: action(state, since, &errors, issued.family, today),
        errors,
    }
}

/// Whether a message is about this invoice of the file.
fn concerns(event: &Event, issued: &Issued) -> bool {
    let (Some(named), Some(invoice)) = (&event.riferimento_fattura, &issued.invoice) else { return true };
    let is_same_year = named.anno.is_none() || invoice.anno.is_none() || named.anno == invoice.anno;
    named.numero.trim() == invoice.numero.trim() && is_same_year
}

/// The message that decides: the furthest along the way, not the latest to arrive.
fn deciding<'a>(events: &[&'a Event], family: Family) -> Option<(State, &'a Event)> {
    let undelivered = match family {
        Family::Private => State::MadeAvailable,
        Family::PublicBody => State::NotDelivered,
    };
    let steps = [
        (MessageKind::Dt, State::TermsElapsed),
        (MessageKind::Rc, State::Delivered),
        (MessageKind::At, State::DeliveryImpossible),
        (MessageKind::Mc, undelivered),
        (MessageKind::Ns, State::Refused),
    ];
    let step = || steps.iter().find_map(|(kind, state)| Some((*state, first(events, *kind)?)));
    outcome(events).or_else(step)
}

/// The first of a kind: a copy that comes later changes nothing. A date of the message goes before a day of arrival.
fn first<'a>(events: &[&'a Event], kind: MessageKind) -> Option<&'a Event> {
    events.iter().copied().filter(|event| event.kind == kind).min_by_key(|event| (!event.is_dated, event.on))
}

/// The first outcome of the public body; the system admits no second one. On one day the refusal counts, which asks for
/// more.
fn outcome<'a>(events: &[&'a Event]) -> Option<(State, &'a Event)> {
    let outcomes = events.iter().copied().filter(|event| event.kind == MessageKind::Ne);
    let state = |event: &'a Event| match event.esito? {
        Esito::Ec01 => Some((State::Accepted, event)),
        Esito::Ec02 => Some((State::RefusedByBody, event)),
    };
    outcomes.filter_map(state).min_by_key(|(state, event)| (event.on, *state == State::Accepted))
}

fn errors(events: &[&Event]) -> Vec<SdiError> {
    let mut errors: Vec<SdiError> = Vec::new();
    let refusals = events.iter().filter(|event| event.kind == MessageKind::Ns);
    for error in refusals.flat_map(|event| &event.errors) {
        if !errors.contains(error) {
            errors.push(error.clone());
        }
    }
    errors
}

fn action(state: State, since: NaiveDate, errors: &[SdiError], family: Family, today: NaiveDate) -> Option<Action> {
    match state {
        State::Sent => (today > after(since, ANSWER_DAYS)).then(|| Action::ask_channel_after_sending(since)),
        State::Refused => {
            let due_by = after(since, ANSWER_DAYS);
            let is_duplicate = |error: &SdiError| DUPLICATES.contains(&error.codice.as_str());
            let is_second_sending = !errors.is_empty() && errors.iter().all(is_duplicate);
            Some(if is_second_sending {
                Action::check_duplicate(due_by)
            } else {
                Action::correct_and_send_again(due_by, today)
            })
        }
        State::MadeAvailable => Some(Action::tell_buyer()),
        State::RefusedByBody => Some(Action::issue_credit_note()),
        State::DeliveryImpossible => Some(Action::send_by_other_means()),
        State::Delivered if family == Family::PublicBody => Some(waiting(since, today, Action::await_answer)),
        State::NotDelivered => Some(waiting(since, today, Action::await_delivery)),
        State::Delivered | State::Accepted | State::TermsElapsed => None,
    }
}

fn waiting(since: NaiveDate, today: NaiveDate, wait: fn(NaiveDate) -> Action) -> Action {
    let until = after(since, BODY_DAYS);
    if today > until { Action::ask_channel_for_outcome(since) } else { wait(until) }
}

fn after(day: NaiveDate, days: u64) -> NaiveDate {
    day.checked_add_days(Days::new(days)).unwrap_or(day)
}

#[cfg(test)]
#[path = "tests/follow.rs"]
mod tests;
