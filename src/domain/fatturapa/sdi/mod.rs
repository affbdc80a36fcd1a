//! Messages of the exchange system (SdI) about invoices: what they say, to which invoice they belong, where an invoice
//! stands and what is to be done.
//!
//! Here: reading ([`message`], with [`kind`], [`moment`] and [`element`]), linking ([`name`]), the standing
//! of an invoice ([`follow`]) and the advice in two languages ([`advice`]). Not here: folders, channels, ZIP archives
//! (an attestation `AT` may come as one: the caller opens it), checking of the signature, the clock.

pub mod advice;
pub mod element;
pub mod follow;
pub mod kind;
pub mod message;
pub mod moment;
pub mod name;

pub use advice::{Action, ActionCode};
pub use follow::{Event, Issued, Standing, State, state};
pub use kind::{Esito, Family, MessageKind, Scarto};
pub use message::{Archive, Destinatario, Message, MessageError, RiferimentoFattura, SdiError, read};
pub use moment::Moment;
pub use name::{Invoices, MessageName, matches};

#[cfg(test)]
#[path = "tests/support.rs"]
mod test_support;
