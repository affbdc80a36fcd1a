//! The error of the deserializer, from a bare cause to a diagnostic.
//!
//! serde makes an error where it has no place. The deserializer of the nearest node gives it one;
//! the nearest list or mapping then reports it, leaves the node out and goes on.

use std::fmt;

use serde::de::{self, Expected, Unexpected};

use crate::diag::{Code, Diagnostic, Place, did_you_mean, suggest};

/// Why a node is not what was asked for.
#[derive(Debug)]
pub struct Error(State);

#[derive(Debug)]
pub(super) enum State {
    /// Made by serde, not yet placed.
    Bare(Cause),
    /// Ready to be reported.
    Placed(Box<Diagnostic>),
    /// The consequence of a mistake that is already reported.
    Silent,
    /// Reported, and the node left out: try again without it.
    Reported,
}

/// A cause in serde's words, without place.
#[derive(Debug)]
pub(super) enum Cause {
    MissingKey(&'static str),
    UnknownKey(String, &'static [&'static str]),
    UnknownValue(String, &'static [&'static str]),
    WrongType(String),
    Other(String),
}

impl Error {
    /// An error that says everything.
    #[must_use]
    pub fn placed(diagnostic: Diagnostic) -> Self {
        Self(State::Placed(Box::new(diagnostic)))
    }

    pub(super) fn silent() -> Self {
        Self(State::Silent)
    }

    pub(super) fn reported() -> Self {
        Self(State::Reported)
    }

    pub(super) fn into_state(self) -> State {
        self.0
    }

    fn bare(cause: Cause) -> Self {
        Self(State::Bare(cause))
    }
}

impl From<State> for Error {
    fn from(state: State) -> Self {
        Self(state)
    }
}

impl Cause {
    /// The diagnostic of this cause at a place.
    pub(super) fn at(self, place: Place) -> Diagnostic {
        match self {
            Self::MissingKey(key) => Diagnostic::error(Code::MissingKey, place, format!("missing key `{key}`")),
            Self::UnknownKey(key, known) => unknown_key(&key, place, known),
            Self::UnknownValue(word, known) => unknown_value(&word, place, known),
            Self::WrongType(message) => Diagnostic::error(Code::WrongType, place, message),
            Self::Other(message) => Diagnostic::error(Code::BadValue, place, message),
        }
    }
}

/// A key that a mapping does not have.
pub(super) fn unknown_key(key: &str, place: Place, known: &[&str]) -> Diagnostic {
    Diagnostic::error(Code::UnknownKey, place, format!("unknown key `{key}`"))
        .helps(did_you_mean(key, known.iter().copied()))
        .help(suggest::known("keys", known.iter().copied()))
}

/// A kind that does not exist, where the kind is the key.
pub(super) fn unknown_kind(kind: &str, place: Place, known: &[&str]) -> Diagnostic {
    Diagnostic::error(Code::UnknownKind, place, format!("unknown kind `{kind}`"))
        .helps(did_you_mean(kind, known.iter().copied()))
        .help(suggest::known("kinds", known.iter().copied()))
}

/// A word that is none of the possible ones.
pub(super) fn unknown_value(word: &str, place: Place, known: &[&str]) -> Diagnostic {
    let message = format!("`{word}` is not possible here");
    Diagnostic::error(Code::BadValue, place, message)
        .helps(did_you_mean(word, known.iter().copied()))
        .help(suggest::known("values", known.iter().copied()))
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            State::Placed(diagnostic) => formatter.write_str(&diagnostic.message),
            State::Bare(Cause::MissingKey(key)) => write!(formatter, "missing key `{key}`"),
            State::Bare(Cause::UnknownKey(key, _)) => write!(formatter, "unknown key `{key}`"),
            State::Bare(Cause::UnknownValue(word, _)) => {
                write!(formatter, "`{word}` is not possible here")
            }
            State::Bare(Cause::WrongType(message) | Cause::Other(message)) => formatter.write_str(message),
            State::Silent | State::Reported => formatter.write_str("already reported"),
        }
    }
}

impl std::error::Error for Error {}

impl de::Error for Error {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::bare(Cause::Other(message.to_string()))
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::bare(Cause::WrongType(format!("expected {expected}, found {found}")))
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::bare(Cause::Other(format!("expected {expected}, found {found}")))
    }

    fn invalid_length(length: usize, expected: &dyn Expected) -> Self {
        Self::bare(Cause::WrongType(format!("expected {expected}, found a list of {length}")))
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        Self::bare(Cause::UnknownValue(variant.to_owned(), expected))
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        Self::bare(Cause::UnknownKey(field.to_owned(), expected))
    }

    fn missing_field(field: &'static str) -> Self {
        Self::bare(Cause::MissingKey(field))
    }

    fn duplicate_field(field: &'static str) -> Self {
        let message = format!("the key `{field}` is given twice, under two names");
        Self::bare(Cause::Other(message))
    }
}
