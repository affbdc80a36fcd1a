//! A string that remembers where each of its bytes was written.
//!
//! Lives here: [`Text`] and the map from its bytes to the source. Not here: how a map is worked
//! out, which depends on the notation of the source (`spec::yaml::align` for YAML).

use std::borrow::{Borrow, Cow};
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::{Deserialize, Deserializer, Error as _, SeqAccess, Visitor};
use serde::{Serialize, Serializer};

use crate::diag::place::Place;

/// Name of the newtype under which [`Text`] asks a deserializer for its place and map.
///
/// A deserializer that knows it calls `visit_seq` with the string and the numbers of
/// [`Text::to_numbers`]; any other calls `visit_newtype_struct`, and the place stays unknown.
pub const TEXT_MARKER: &str = "$raccordo::private::Text";

/// A piece of a text and the bytes of the source that stand for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// First byte in the text.
    pub value: u32,
    /// Bytes in the text.
    pub value_len: u32,
    /// First byte in the source file.
    pub source: u32,
    /// Bytes in the source; when they are as many as in the text, they correspond one to one.
    pub source_len: u32,
}

impl Segment {
    /// Position in the source of the byte `offset` of the text, which must be in this segment.
    fn start_of(self, offset: u32) -> u32 {
        if self.value_len == self.source_len { self.source + (offset - self.value) } else { self.source }
    }

    /// Position in the source just after the byte of the text that ends at `offset`.
    fn end_of(self, offset: u32) -> u32 {
        if self.value_len == self.source_len {
            self.source + (offset - self.value)
        } else {
            self.source + self.source_len
        }
    }
}

/// A string with its place. Equality, order and hash are those of the string.
#[derive(Clone, Debug, Default)]
pub struct Text {
    value: String,
    place: Place,
    segments: Option<Arc<[Segment]>>,
}

impl Text {
    /// A string with its place; [`Text::inside`] answers the whole place.
    pub fn new(value: impl Into<String>, place: Place) -> Self {
        Self { value: value.into(), place, segments: None }
    }

    /// A string with its place and the map of its bytes, in the order of the text.
    pub fn with_segments(value: impl Into<String>, place: Place, segments: &[Segment]) -> Self {
        Self { value: value.into(), place, segments: (!segments.is_empty()).then(|| segments.into()) }
    }

    /// The string.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.value
    }

    /// Where the whole of it was written, quotes included.
    #[must_use]
    pub fn place(&self) -> Place {
        self.place
    }

    /// Where `len` bytes from byte `offset` of the string were written; the whole place when the
    /// string cannot be aligned with its source.
    #[must_use]
    pub fn inside(&self, offset: usize, len: usize) -> Place {
        self.narrow(offset, len).unwrap_or(self.place)
    }

    /// The same string at another place, without a map.
    #[must_use]
    pub fn at(self, place: Place) -> Self {
        Self::new(self.value, place)
    }

    /// The string alone.
    #[must_use]
    pub fn into_string(self) -> String {
        self.value
    }

    fn narrow(&self, offset: usize, len: usize) -> Option<Place> {
        let segments = self.segments.as_deref()?;
        let first = u32::try_from(offset).ok()?;
        let last = u32::try_from(offset.checked_add(len)?).ok()?;
        if offset + len > self.value.len() {
            return None;
        }
        let start = source_start(segments, first)?;
        let end = if len == 0 { start } else { source_end(segments, last)? };
        Some(Place { file: self.place.file, start, len: end.checked_sub(start)? })
    }

    /// Place and map as numbers, in which form they travel through serde.
    #[must_use]
    pub fn to_numbers(&self) -> Vec<u32> {
        let mut numbers = self.place.to_numbers().to_vec();
        for segment in self.segments.iter().flat_map(|segments| segments.iter()) {
            numbers.extend([segment.value, segment.value_len, segment.source, segment.source_len]);
        }
        numbers
    }

    /// The text whose place and map [`Text::to_numbers`] wrote down.
    #[must_use]
    pub fn from_numbers(value: String, numbers: &[u32]) -> Self {
        let Some((place, rest)) = numbers.split_first_chunk::<3>() else {
            return Self::new(value, Place::NONE);
        };
        let segments: Vec<Segment> = rest
            .as_chunks::<4>()
            .0
            .iter()
            .map(|&[value, value_len, source, source_len]| Segment { value, value_len, source, source_len })
            .collect();
        Self::with_segments(value, Place::from_numbers(*place), &segments)
    }
}

/// The source position of the byte `offset`: inside its segment, or at the next one when the byte
/// (a folded line break) is in none.
fn source_start(segments: &[Segment], offset: u32) -> Option<u32> {
    let next = segments.partition_point(|segment| segment.value + segment.value_len <= offset);
    match segments.get(next) {
        Some(segment) if segment.value <= offset => Some(segment.start_of(offset)),
        Some(segment) if next == 0 => Some(segment.source),
        _ => segments.get(next.checked_sub(1)?).map(|segment| segment.source + segment.source_len),
    }
}

/// The source position after the byte that ends at `offset`.
fn source_end(segments: &[Segment], offset: u32) -> Option<u32> {
    let next = segments.partition_point(|segment| segment.value + segment.value_len < offset);
    match segments.get(next) {
        Some(segment) if segment.value < offset => Some(segment.end_of(offset)),
        Some(segment) => Some(segment.source),
        None => segments.last().map(|segment| segment.source + segment.source_len),
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        &self.value
    }
}

impl AsRef<str> for Text {
    fn as_ref(&self) -> &str {
        &self.value
    }
}

impl Borrow<str> for Text {
    fn borrow(&self) -> &str {
        &self.value
    }
}

impl From<&str> for Text {
    fn from(value: &str) -> Self {
        Self::new(value, Place::NONE)
    }
}

impl From<String> for Text {
    fn from(value: String) -> Self {
        Self::new(value, Place::NONE)
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl PartialEq<str> for Text {
    fn eq(&self, other: &str) -> bool {
        self.value == other
    }
}

impl PartialEq<&str> for Text {
    fn eq(&self, other: &&str) -> bool {
        self.value == *other
    }
}

impl Eq for Text {}

impl PartialOrd for Text {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Text {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.value.cmp(&other.value)
    }
}

impl Hash for Text {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.value.hash(state);
    }
}

impl fmt::Display for Text {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(formatter)
    }
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.value)
    }
}

impl JsonSchema for Text {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        String::schema_name()
    }

    /// Numbers and truth values are taken as they are written.
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        schemars::json_schema!({ "type": ["string", "number", "boolean"] })
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(TEXT_MARKER, TextVisitor)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Text;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("text")
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Text, D::Error> {
        String::deserialize(deserializer).map(Text::from)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<Text, A::Error> {
        let value: Option<String> = parts.next_element()?;
        let numbers: Option<Vec<u32>> = parts.next_element()?;
        match (value, numbers) {
            (Some(value), Some(numbers)) => Ok(Text::from_numbers(value, &numbers)),
            _ => Err(A::Error::custom("a text without its place")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::place::FileId;

    fn sample() -> Text {
        // Source from byte 100: `ab\"cd`, then a folded line break, then `ef` at byte 112.
        let segment = |value, value_len, source, source_len| Segment { value, value_len, source, source_len };
        let segments = [segment(0, 2, 100, 2), segment(2, 1, 102, 2), segment(3, 2, 104, 2), segment(6, 2, 112, 2)];
        let place = Place::between(FileId(0), 99, 115);
        Text::with_segments("ab\"cd ef", place, &segments)
    }

    #[test]
    fn inside_follows_the_segments() {
        let cases = [
            ((0, 1), (100, 1)),
            ((1, 2), (101, 3)),
            ((2, 1), (102, 2)),
            ((3, 2), (104, 2)),
            ((4, 3), (105, 8)),
            ((5, 1), (106, 6)),
            ((6, 2), (112, 2)),
            ((8, 0), (114, 0)),
            ((0, 8), (100, 14)),
            ((7, 9), (99, 16)),
        ];
        for ((offset, len), (start, expected_len)) in cases {
            let place = sample().inside(offset, len);
            assert_eq!((place.start, place.len), (start, expected_len), "{offset}+{len}");
        }
    }

    #[test]
    fn numbers_carry_everything() {
        let text = sample();
        let copy = Text::from_numbers(text.to_string(), &text.to_numbers());
        assert_eq!(copy.place(), text.place());
        assert_eq!(copy.segments, text.segments);
    }

    #[test]
    fn other_deserializers_give_no_place() {
        let text: Text = serde_json::from_str("\"x\"").unwrap();
        assert_eq!(text, "x");
        assert!(text.place().is_none());
        assert!(text.inside(0, 1).is_none());
    }
}
