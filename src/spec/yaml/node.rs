//! The tree of a YAML document, with the place of every node.
//!
//! Scalars stay as they were written: `0.10`, `001` and `1e3` are three texts, and only the type
//! that is asked for decides what they mean.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

use crate::diag::{Place, Text};

/// A value that comes from outside the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tag {
    /// `!env NAME`: an environment variable.
    Env,
    /// `!secret name`: a secret.
    Secret,
    /// `!param name`: a parameter of the pipeline.
    Param,
}

impl Tag {
    /// The tag as it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Env => "!env",
            Self::Secret => "!secret",
            Self::Param => "!param",
        }
    }
}

/// A node of a document.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Where it was written: a scalar with its quotes and tag, a collection with its first line
    /// only, an absent value with its key, an alias with the alias itself.
    pub place: Place,
    /// The tag; only scalars have one, and the scalar is then the name.
    pub tag: Option<Tag>,
    /// What was written.
    pub value: Value,
}

/// What a node holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Nothing: an absent value, `~` or `null`.
    Null,
    /// One value.
    Scalar {
        /// The value after YAML's quoting and folding, but otherwise as it was written.
        text: Text,
        /// Whether it is text for certain: quoted, a block, or tagged `!!str`.
        quoted: bool,
    },
    /// A list.
    Sequence(Vec<Node>),
    /// Keys and values in the order of the text; the keys are unique.
    Mapping(Vec<(Text, Node)>),
}

impl Node {
    /// A node without a tag.
    #[must_use]
    pub fn new(place: Place, value: Value) -> Self {
        Self { place, tag: None, value }
    }

    /// What was written, without places, comments and layout: two files with the same meaning have the same text.
    #[must_use]
    pub fn plain(&self) -> String {
        let tag = self.tag.map(|tag| format!("{} ", tag.as_str())).unwrap_or_default();
        match &self.value {
            Value::Null => "~".to_owned(),
            Value::Scalar { text, .. } => format!("{tag}{:?}", text.as_str()),
            Value::Sequence(items) => format!("[{}]", items.iter().map(Self::plain).collect::<Vec<_>>().join(",")),
            Value::Mapping(pairs) => {
                let pairs = pairs.iter().map(|(key, value)| format!("{:?}:{}", key.as_str(), value.plain()));
                format!("{{{}}}", pairs.collect::<Vec<_>>().join(","))
            }
        }
    }

    /// Whether nothing was written.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self.value, Value::Null)
    }

    /// Keys and values, if the node is a mapping.
    #[must_use]
    pub fn as_mapping(&self) -> Option<&[(Text, Self)]> {
        match &self.value {
            Value::Mapping(entries) => Some(entries),
            _ => None,
        }
    }

    /// The items, if the node is a list.
    #[must_use]
    pub fn as_sequence(&self) -> Option<&[Self]> {
        match &self.value {
            Value::Sequence(items) => Some(items),
            _ => None,
        }
    }

    /// Keys and values; none if the node is not a mapping.
    pub fn entries(&self) -> impl Iterator<Item = (&Text, &Self)> {
        let entries = self.as_mapping().unwrap_or_default();
        entries.iter().map(|(key, node)| (key, node))
    }

    /// The value of a key, if the node is a mapping that has it.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entries().find(|(name, _)| name.as_str() == key).map(|(_, node)| node)
    }

    /// The text, if the node is a scalar without a tag.
    #[must_use]
    pub fn scalar(&self) -> Option<&Text> {
        match &self.value {
            Value::Scalar { text, .. } if self.tag.is_none() => Some(text),
            _ => None,
        }
    }

    /// What the node is, for a message: ``text `abc` ``, `a list`, `nothing`.
    #[must_use]
    pub fn describe(&self) -> String {
        let (text, quoted) = match &self.value {
            Value::Null => return "nothing".to_owned(),
            Value::Sequence(_) => return "a list".to_owned(),
            Value::Mapping(_) => return "a mapping".to_owned(),
            Value::Scalar { text, quoted } => (text, *quoted),
        };
        let shown = shorten(text);
        match self.tag {
            Some(tag) => format!("`{} {shown}`", tag.as_str()),
            None if !quoted && matches!(text.as_str(), "true" | "false") => format!("`{shown}`"),
            None if !quoted && text.parse::<f64>().is_ok() => format!("the number `{shown}`"),
            None => format!("the text `{shown}`"),
        }
    }
}

/// The first line of a text, at most forty characters of it.
fn shorten(text: &str) -> Cow<'_, str> {
    const SHOWN: usize = 40;
    let line = text.lines().next().unwrap_or("");
    match line.char_indices().nth(SHOWN) {
        Some((end, _)) => Cow::Owned(format!("{}…", &line[..end])),
        None if line.len() < text.trim_end().len() => Cow::Owned(format!("{line}…")),
        None => Cow::Borrowed(line),
    }
}

/// Name of the newtype under which [`Node`] asks the deserializer of this module for itself.
///
/// It receives the place, one of the `KIND_` numbers and the content. Tags are resolved by then.
pub(super) const NODE_MARKER: &str = "$raccordo::private::Node";

pub(super) const KIND_NULL: u8 = 0;
pub(super) const KIND_PLAIN: u8 = 1;
pub(super) const KIND_QUOTED: u8 = 2;
pub(super) const KIND_SEQUENCE: u8 = 3;
pub(super) const KIND_MAPPING: u8 = 4;

impl JsonSchema for Node {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "AnyValue".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!(true)
    }
}

/// Only nodes deserialize into nodes; other formats have no lexemes to keep.
impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(NODE_MARKER, NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value of a YAML document")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<Node, A::Error> {
        let absent = || A::Error::custom("a node without its parts");
        let place: [u32; 3] = parts.next_element()?.ok_or_else(absent)?;
        let kind: u8 = parts.next_element()?.ok_or_else(absent)?;
        let value = match kind {
            KIND_PLAIN | KIND_QUOTED => {
                Value::Scalar { text: parts.next_element()?.ok_or_else(absent)?, quoted: kind == KIND_QUOTED }
            }
            KIND_SEQUENCE => Value::Sequence(parts.next_element()?.ok_or_else(absent)?),
            KIND_MAPPING => {
                let entries: Entries = parts.next_element()?.ok_or_else(absent)?;
                Value::Mapping(entries.0)
            }
            _ => Value::Null,
        };
        Ok(Node::new(Place::from_numbers(place), value))
    }
}

struct Entries(Vec<(Text, Node)>);

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EntriesVisitor).map(Self)
    }
}

struct EntriesVisitor;

impl<'de> Visitor<'de> for EntriesVisitor {
    type Value = Vec<(Text, Node)>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a mapping")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(entries)
    }
}
