//! Places in source files, and values that remember theirs.
//!
//! A place is a file number and a range of bytes; lines and columns are worked out only when a
//! person has to read them (`source_map`). How a place travels through serde is defined here,
//! so that any deserializer can take part by answering the private marker.

use std::borrow::Cow;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::{Deserialize, Deserializer, Error as _, SeqAccess, Visitor};
use serde::{Serialize, Serializer};

/// Number of a file in the [`SourceMap`](crate::diag::SourceMap).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(pub u32);

impl FileId {
    /// No file.
    pub const NONE: Self = Self(u32::MAX);
}

impl Default for FileId {
    fn default() -> Self {
        Self::NONE
    }
}

/// A range of bytes in a source file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Place {
    /// The file, or [`FileId::NONE`].
    pub file: FileId,
    /// First byte, counted from 0.
    pub start: u32,
    /// Length in bytes; 0 is a point.
    pub len: u32,
}

impl Place {
    /// The place of something that no file contains.
    pub const NONE: Self = Self { file: FileId::NONE, start: 0, len: 0 };

    /// The place from byte `start` up to byte `end`; positions beyond 4 GiB are cut.
    #[must_use]
    pub fn between(file: FileId, start: usize, end: usize) -> Self {
        let narrow = |position: usize| u32::try_from(position).unwrap_or(u32::MAX);
        Self { file, start: narrow(start), len: narrow(end.saturating_sub(start)) }
    }

    /// Whether the place is unknown.
    #[must_use]
    pub fn is_none(self) -> bool {
        self.file == FileId::NONE
    }

    /// First byte after the place.
    #[must_use]
    pub fn end(self) -> u32 {
        self.start.saturating_add(self.len)
    }

    /// The smallest place that contains both; `self` when they are in different files.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        if self.is_none() || self.file != other.file {
            return self;
        }
        let start = self.start.min(other.start);
        let len = self.end().max(other.end()) - start;
        Self { file: self.file, start, len }
    }

    /// The place as three numbers, in which form it travels through serde.
    #[must_use]
    pub fn to_numbers(self) -> [u32; 3] {
        [self.file.0, self.start, self.len]
    }

    /// The place that [`Place::to_numbers`] wrote down.
    #[must_use]
    pub fn from_numbers([file, start, len]: [u32; 3]) -> Self {
        Self { file: FileId(file), start, len }
    }
}

/// Name of the newtype under which [`Placed`] asks a deserializer for a place.
///
/// A deserializer that knows it calls `visit_seq` with `[file, start, len]` and the value; any
/// other calls `visit_newtype_struct`, and the place stays unknown.
pub const PLACED_MARKER: &str = "$raccordo::private::Placed";

/// A value with the place where it was written. Equality, order and hash are those of the value.
#[derive(Clone, Copy, Debug, Default)]
pub struct Placed<T> {
    /// The value.
    pub value: T,
    /// Where it was written.
    pub place: Place,
}

impl<T> Placed<T> {
    /// A value with its place.
    pub const fn new(value: T, place: Place) -> Self {
        Self { value, place }
    }
}

impl<T> From<T> for Placed<T> {
    fn from(value: T) -> Self {
        Self::new(value, Place::NONE)
    }
}

impl<T> Deref for Placed<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> DerefMut for Placed<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}

impl<T: PartialEq> PartialEq for Placed<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl<T: Eq> Eq for Placed<T> {}

impl<T: Hash> Hash for Placed<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.value.hash(state);
    }
}

impl<T: fmt::Display> fmt::Display for Placed<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(formatter)
    }
}

impl<T: Serialize> Serialize for Placed<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value.serialize(serializer)
    }
}

impl<T: JsonSchema> JsonSchema for Placed<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> Cow<'static, str> {
        T::schema_id()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Placed<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(PLACED_MARKER, PlacedVisitor(PhantomData))
    }
}

struct PlacedVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for PlacedVisitor<T> {
    type Value = Placed<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        T::deserialize(deserializer).map(Placed::from)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<Self::Value, A::Error> {
        let numbers: Option<[u32; 3]> = parts.next_element()?;
        let value: Option<T> = parts.next_element()?;
        match (numbers, value) {
            (Some(numbers), Some(value)) => Ok(Placed::new(value, Place::from_numbers(numbers))),
            _ => Err(A::Error::custom("a place without a value")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn default_place_is_unknown() {
        assert!(Place::default().is_none());
        assert_eq!(Place::default(), Place::NONE);
        assert_eq!(Place::from_numbers(Place::NONE.to_numbers()), Place::NONE);
    }

    #[test]
    fn joining_covers_both_within_one_file() {
        let first = Place::between(FileId(1), 10, 14);
        let second = Place::between(FileId(1), 2, 5);
        assert_eq!(first.to(second), Place::between(FileId(1), 2, 14));
        assert_eq!(first.to(Place::between(FileId(2), 0, 1)), first);
    }

    #[test]
    fn other_deserializers_give_no_place() {
        let placed: Placed<u32> = serde_json::from_str("7").unwrap();
        assert_eq!((placed.value, placed.place), (7, Place::NONE));
        assert_eq!(serde_json::to_string(&placed).unwrap(), "7");
    }

    #[test]
    fn schema_is_that_of_the_value() {
        let plain = schemars::schema_for!(Vec<u32>);
        let placed = schemars::schema_for!(Vec<Placed<u32>>);
        assert_eq!(plain.get("items"), placed.get("items"));
    }
}
