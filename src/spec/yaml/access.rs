//! How lists, mappings, kinds and places are handed to serde piece by piece.

use std::borrow::Cow;
use std::slice;

use serde::de::value::SeqDeserializer;
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, MapAccess, SeqAccess, VariantAccess, Visitor,
};

use crate::diag::{Code, Diagnostic, Place, Text};
use crate::spec::yaml::context::Context;
use crate::spec::yaml::de::NodeDeserializer;
use crate::spec::yaml::error::Error;
use crate::spec::yaml::key::KeyDeserializer;
use crate::spec::yaml::leaf::{Leaf, wrong_type};
use crate::spec::yaml::node::{KIND_MAPPING, KIND_NULL, KIND_PLAIN, KIND_QUOTED, KIND_SEQUENCE, Node, Value};

/// The items of a list that are not left out.
pub(super) struct Items<'n, 'c> {
    items: slice::Iter<'n, Node>,
    context: &'c Context<'c>,
}

impl<'n, 'c> Items<'n, 'c> {
    pub(super) fn new(items: &'n [Node], context: &'c Context<'c>) -> Self {
        Self { items: items.iter(), context }
    }
}

impl<'n> SeqAccess<'n> for Items<'n, '_> {
    type Error = Error;

    fn next_element_seed<S: DeserializeSeed<'n>>(&mut self, seed: S) -> Result<Option<S::Value>, Error> {
        let context = self.context;
        let Some(item) = self.items.find(|item| !context.is_left_out(item)) else {
            return Ok(None);
        };
        seed.deserialize(NodeDeserializer::new(item, context)).map(Some).map_err(|error| context.catch(error, item))
    }
}

/// The entries of a mapping that are known and not left out.
pub(super) struct MapEntries<'n, 'c> {
    entries: slice::Iter<'n, (Text, Node)>,
    known: Option<&'static [&'static str]>,
    value: Option<&'n Node>,
    context: &'c Context<'c>,
}

impl<'n, 'c> MapEntries<'n, 'c> {
    pub(super) fn new(
        entries: &'n [(Text, Node)],
        known: Option<&'static [&'static str]>,
        context: &'c Context<'c>,
    ) -> Self {
        Self { entries: entries.iter(), known, value: None, context }
    }
}

impl<'n> MapAccess<'n> for MapEntries<'n, '_> {
    type Error = Error;

    fn next_key_seed<S: DeserializeSeed<'n>>(&mut self, seed: S) -> Result<Option<S::Value>, Error> {
        let (context, known) = (self.context, self.known);
        let next = self
            .entries
            .find(|(key, node)| known.is_none_or(|known| known.contains(&key.as_str())) && !context.is_left_out(node));
        let Some((key, node)) = next else {
            return Ok(None);
        };
        self.value = Some(node);
        seed.deserialize(KeyDeserializer::new(key))
            .map(Some)
            .map_err(|error| context.catch(KeyDeserializer::new(key).locate(error), node))
    }

    fn next_value_seed<S: DeserializeSeed<'n>>(&mut self, seed: S) -> Result<S::Value, Error> {
        let Some(node) = self.value.take() else {
            return Err(Error::silent());
        };
        seed.deserialize(NodeDeserializer::new(node, self.context)).map_err(|error| self.context.catch(error, node))
    }
}

/// A kind with its content, if it has any.
pub(super) struct EnumParts<'n, 'c> {
    kind: Cow<'n, str>,
    /// The content, or the word itself when it stands alone.
    node: &'n Node,
    alone: bool,
    context: &'c Context<'c>,
}

impl<'n, 'c> EnumParts<'n, 'c> {
    /// A kind that stands alone.
    pub(super) fn bare(kind: Cow<'n, str>, node: &'n Node, context: &'c Context<'c>) -> Self {
        Self { kind, node, alone: true, context }
    }

    /// A kind that is the key of its content.
    pub(super) fn keyed(kind: &'n Text, node: &'n Node, context: &'c Context<'c>) -> Self {
        Self { kind: Cow::Borrowed(kind.as_str()), node, alone: false, context }
    }

    fn content(&self) -> Result<NodeDeserializer<'n, 'c>, Error> {
        if self.alone {
            let kind = &self.kind;
            let message = format!("`{kind}` needs more than its name");
            let diagnostic = Diagnostic::error(Code::WrongType, self.node.place, message);
            return Err(Error::placed(diagnostic.help(format!("write `{kind}: ...`"))));
        }
        Ok(NodeDeserializer::new(self.node, self.context))
    }
}

impl<'n> EnumAccess<'n> for EnumParts<'n, '_> {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'n>>(self, seed: S) -> Result<(S::Value, Self), Error> {
        let kind: serde::de::value::StrDeserializer<'_, Error> = (*self.kind).into_deserializer();
        let variant = seed.deserialize(kind)?;
        Ok((variant, self))
    }
}

impl<'n> VariantAccess<'n> for EnumParts<'n, '_> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        let empty = self.node.as_mapping().is_some_and(<[_]>::is_empty);
        if self.alone || self.node.is_null() || empty {
            return Ok(());
        }
        Err(wrong_type(self.node, &format!("nothing after `{}:`", self.kind)))
    }

    fn newtype_variant_seed<S: DeserializeSeed<'n>>(self, seed: S) -> Result<S::Value, Error> {
        let content = self.content()?;
        seed.deserialize(content).map_err(|error| self.context.locate(error, self.node))
    }

    fn tuple_variant<V: Visitor<'n>>(self, len: usize, visitor: V) -> Result<V::Value, Error> {
        self.content()?.deserialize_tuple(len, visitor)
    }

    fn struct_variant<V: Visitor<'n>>(self, fields: &'static [&'static str], visitor: V) -> Result<V::Value, Error> {
        self.content()?.deserialize_struct("", fields, visitor)
    }
}

/// A text and the numbers of its place and map.
pub(super) struct TextParts {
    value: Option<String>,
    numbers: Option<Vec<u32>>,
}

impl TextParts {
    pub(super) fn new(value: String, numbers: Vec<u32>) -> Self {
        Self { value: Some(value), numbers: Some(numbers) }
    }
}

impl<'n> SeqAccess<'n> for TextParts {
    type Error = Error;

    fn next_element_seed<S: DeserializeSeed<'n>>(&mut self, seed: S) -> Result<Option<S::Value>, Error> {
        if let Some(value) = self.value.take() {
            return seed.deserialize(value.into_deserializer()).map(Some);
        }
        match self.numbers.take() {
            Some(numbers) => seed.deserialize(sequence(numbers)).map(Some),
            None => Ok(None),
        }
    }
}

/// A place and whatever stands there.
pub(super) struct PlacedParts<D> {
    place: Option<Place>,
    content: Option<D>,
}

impl<D> PlacedParts<D> {
    pub(super) fn new(place: Place, content: D) -> Self {
        Self { place: Some(place), content: Some(content) }
    }
}

impl<'n, D: Deserializer<'n, Error = Error>> SeqAccess<'n> for PlacedParts<D> {
    type Error = Error;

    fn next_element_seed<S: DeserializeSeed<'n>>(&mut self, seed: S) -> Result<Option<S::Value>, Error> {
        if let Some(place) = self.place.take() {
            let numbers = place.to_numbers().to_vec();
            return seed.deserialize(sequence(numbers)).map(Some);
        }
        match self.content.take() {
            Some(content) => seed.deserialize(content).map(Some),
            None => Ok(None),
        }
    }
}

/// A node in three parts: place, kind and content.
pub(super) struct NodeParts<'n, 'c> {
    deserializer: NodeDeserializer<'n, 'c>,
    kind: u8,
    given: u8,
}

impl<'n, 'c> NodeParts<'n, 'c> {
    pub(super) fn new(deserializer: NodeDeserializer<'n, 'c>) -> Result<Self, Error> {
        let node = deserializer.node;
        let kind = match &node.value {
            Value::Null => KIND_NULL,
            Value::Sequence(_) => KIND_SEQUENCE,
            Value::Mapping(_) => KIND_MAPPING,
            Value::Scalar { .. } => {
                let leaf = Leaf::of(node, deserializer.context.values, "a value")?;
                if leaf.quoted { KIND_QUOTED } else { KIND_PLAIN }
            }
        };
        Ok(Self { deserializer, kind, given: 0 })
    }
}

impl<'n> SeqAccess<'n> for NodeParts<'n, '_> {
    type Error = Error;

    fn next_element_seed<S: DeserializeSeed<'n>>(&mut self, seed: S) -> Result<Option<S::Value>, Error> {
        self.given += 1;
        match self.given {
            1 => {
                let numbers = self.deserializer.node.place.to_numbers().to_vec();
                seed.deserialize(sequence(numbers)).map(Some)
            }
            2 => seed.deserialize(self.kind.into_deserializer()).map(Some),
            3 => seed.deserialize(self.deserializer).map(Some),
            _ => Ok(None),
        }
    }
}

fn sequence(numbers: Vec<u32>) -> SeqDeserializer<std::vec::IntoIter<u32>, Error> {
    SeqDeserializer::new(numbers.into_iter())
}
