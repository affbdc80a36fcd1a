//! The key of a mapping as a value: the names of tables, columns and parameters.

use serde::de::value::BorrowedStrDeserializer;
use serde::de::{Deserializer, Visitor};

use crate::diag::place::PLACED_MARKER;
use crate::diag::text::TEXT_MARKER;
use crate::diag::{Code, Diagnostic, Text};
use crate::spec::yaml::access::{PlacedParts, TextParts};
use crate::spec::yaml::error::{Error, State};

/// The deserializer of one key.
#[derive(Clone, Copy)]
pub(super) struct KeyDeserializer<'n> {
    key: &'n Text,
}

impl<'n> KeyDeserializer<'n> {
    pub(super) fn new(key: &'n Text) -> Self {
        Self { key }
    }

    /// Gives the place of the key to an error that has none.
    pub(super) fn locate(self, error: Error) -> Error {
        match error.into_state() {
            State::Bare(cause) => Error::placed(cause.at(self.key.place())),
            state => Error::from(state),
        }
    }

    fn integer<T: std::str::FromStr>(self) -> Result<T, Error> {
        self.key.parse().map_err(|_| {
            let message = format!("expected a whole number as key, found `{}`", self.key);
            Error::placed(Diagnostic::error(Code::WrongType, self.key.place(), message))
        })
    }
}

macro_rules! integers {
    ($($method:ident $visit:ident;)*) => {
        $(fn $method<V: Visitor<'n>>(self, visitor: V) -> Result<V::Value, Error> {
            visitor.$visit(self.integer()?)
        })*
    };
}

impl<'n> Deserializer<'n> for KeyDeserializer<'n> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'n>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_borrowed_str(self.key.as_str())
    }

    integers! {
        deserialize_i8 visit_i8;
        deserialize_i16 visit_i16;
        deserialize_i32 visit_i32;
        deserialize_i64 visit_i64;
        deserialize_i128 visit_i128;
        deserialize_u8 visit_u8;
        deserialize_u16 visit_u16;
        deserialize_u32 visit_u32;
        deserialize_u64 visit_u64;
        deserialize_u128 visit_u128;
    }

    fn deserialize_option<V: Visitor<'n>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'n>>(self, name: &'static str, visitor: V) -> Result<V::Value, Error> {
        match name {
            TEXT_MARKER => {
                let parts = TextParts::new(self.key.to_string(), self.key.to_numbers());
                visitor.visit_seq(parts)
            }
            PLACED_MARKER => visitor.visit_seq(PlacedParts::new(self.key.place(), self)),
            _ => visitor.visit_newtype_struct(self),
        }
    }

    fn deserialize_enum<V: Visitor<'n>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let word: BorrowedStrDeserializer<'n, Error> = BorrowedStrDeserializer::new(self.key.as_str());
        word.deserialize_enum(name, variants, visitor)
    }

    serde::forward_to_deserialize_any! {
        <V: Visitor<'n>>
        bool f32 f64 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map
        struct identifier ignored_any
    }
}
