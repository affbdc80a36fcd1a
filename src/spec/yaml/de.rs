//! Nodes to typed values, through serde.

use serde::de::{Deserialize, Deserializer, Visitor};

use crate::connect::connection::SETTING_MARKER;
use crate::diag::place::PLACED_MARKER;
use crate::diag::text::TEXT_MARKER;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::io::secret::SECRET_MARKER;
use crate::spec::yaml::access::{EnumParts, Items, MapEntries, NodeParts, PlacedParts, TextParts};
use crate::spec::yaml::context::Context;
use crate::spec::yaml::error::{Error, State, unknown_kind, unknown_value};
use crate::spec::yaml::leaf::{
    Leaf, is_integer, is_json_number, parse_bool, parse_float, parse_integer, secret_of, wrong_type,
};
use crate::spec::yaml::node::{NODE_MARKER, Node, Tag, Value};
use crate::spec::yaml::{MAX_FOUND, Values};

const A_LIST: &str = "a list";
const A_MAPPING: &str = "a mapping";
const ONE_VALUE: &str = "one value";

/// Makes a typed value of a node and reports every independent mistake.
///
/// There is a value if the worst of the mistakes is an unknown key; such a key is passed over.
/// After a mistake in a value, the value is left out and the rest is gone through again, so that
/// the mistakes behind it are found too; there is no value then.
pub fn from_node<'n, T: Deserialize<'n>>(node: &'n Node, values: &dyn Values) -> (Option<T>, Diagnostics) {
    let context = Context::new(values);
    let mut value = None;
    for _ in 0..MAX_FOUND {
        let deserializer = NodeDeserializer::new(node, &context);
        match T::deserialize(deserializer) {
            Ok(complete) if !context.left_out_any() => value = Some(complete),
            Ok(_) => {}
            Err(error) => match context.locate(error, node).into_state() {
                State::Reported => continue,
                State::Placed(diagnostic) => context.report(*diagnostic),
                State::Silent | State::Bare(_) => {}
            },
        }
        break;
    }
    (value, context.into_found())
}

/// The deserializer of one node.
#[derive(Clone, Copy)]
pub(super) struct NodeDeserializer<'n, 'c> {
    pub(super) node: &'n Node,
    pub(super) context: &'c Context<'c>,
}

impl<'n, 'c> NodeDeserializer<'n, 'c> {
    pub(super) fn new(node: &'n Node, context: &'c Context<'c>) -> Self {
        Self { node, context }
    }

    fn leaf(self, expected: &str) -> Result<Leaf<'n>, Error> {
        Leaf::of(self.node, self.context.values, expected)
    }

    /// Gives the place of this node to an error that has none.
    fn located<T>(self, result: Result<T, Error>) -> Result<T, Error> {
        result.map_err(|error| self.context.locate(error, self.node))
    }

    fn integer<T: std::str::FromStr>(self, range: &str) -> Result<T, Error> {
        parse_integer(self.node, &self.leaf("a whole number")?, range)
    }

    fn list<V: Visitor<'n>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.node.as_sequence() {
            Some(items) => self.located(visitor.visit_seq(Items::new(items, self.context))),
            None => Err(wrong_type(self.node, A_LIST)),
        }
    }

    fn mapping<V: Visitor<'n>>(self, known: Option<&'static [&'static str]>, visitor: V) -> Result<V::Value, Error> {
        let entries = match &self.node.value {
            Value::Mapping(entries) => entries.as_slice(),
            Value::Null if known.is_some() => &[],
            _ => return Err(wrong_type(self.node, A_MAPPING)),
        };
        if let Some(known) = known {
            for (key, _) in entries {
                if !known.contains(&key.as_str()) {
                    let place = key.place();
                    self.context.report_unknown_key(self.node, key, place, known);
                }
            }
        }
        let entries = MapEntries::new(entries, known, self.context);
        self.located(visitor.visit_map(entries))
    }

    /// The name of a variant and, when the kind is the key, its content.
    fn variant(self, kinds: &'static [&'static str]) -> Result<EnumParts<'n, 'c>, Error> {
        let place = self.node.place;
        let entries = match &self.node.value {
            Value::Scalar { .. } => {
                let leaf = self.leaf(ONE_VALUE)?;
                if !kinds.contains(&&*leaf.text) {
                    return Err(Error::placed(unknown_value(&leaf.text, place, kinds)));
                }
                return Ok(EnumParts::bare(leaf.text, self.node, self.context));
            }
            Value::Mapping(entries) => entries.as_slice(),
            Value::Null => &[],
            Value::Sequence(_) => return Err(wrong_type(self.node, "one kind")),
        };
        match entries {
            [(kind, content)] if kinds.contains(&kind.as_str()) => Ok(EnumParts::keyed(kind, content, self.context)),
            [(kind, _)] => Err(Error::placed(unknown_kind(kind, kind.place(), kinds))),
            [] => {
                let diagnostic = Diagnostic::error(Code::NoKind, place, "no kind is given here");
                let known = crate::diag::suggest::known("kinds", kinds.iter().copied());
                Err(Error::placed(diagnostic.help(known)))
            }
            _ => Err(self.many_kinds(kinds)),
        }
    }

    fn many_kinds(self, kinds: &[&str]) -> Error {
        let keys: Vec<&str> = self.node.entries().map(|(key, _)| key.as_str()).collect();
        let (known, foreign): (Vec<&str>, Vec<&str>) = keys.iter().partition(|key| kinds.contains(key));
        let message = format!("expected one kind, found `{}`", keys.join("`, `"));
        let diagnostic = Diagnostic::error(Code::ManyKinds, self.node.place, message);
        Error::placed(match (known.as_slice(), foreign.as_slice()) {
            ([kind], _) => diagnostic.help(format!(
                "if `{}` belongs to `{kind}`, write it below `{kind}:`, further to the right",
                foreign.join("`, `")
            )),
            ([], _) => diagnostic.help(crate::diag::suggest::known("kinds", kinds.iter().copied())),
            _ => diagnostic.help("write each as an item of its own"),
        })
    }

    fn any<V: Visitor<'n>>(self, visitor: V) -> Result<V::Value, Error> {
        match &self.node.value {
            Value::Null => visitor.visit_unit(),
            Value::Sequence(_) => self.list(visitor),
            Value::Mapping(_) => self.mapping(None, visitor),
            Value::Scalar { .. } => {
                let leaf = self.leaf(ONE_VALUE)?;
                match &*leaf.text {
                    text if leaf.quoted => visitor.visit_str(text),
                    "true" => visitor.visit_bool(true),
                    "false" => visitor.visit_bool(false),
                    text if !is_json_number(text) => visitor.visit_str(text),
                    text if is_integer(text) => match (text.parse(), text.parse()) {
                        (Ok(number), _) => visitor.visit_i64(number),
                        (_, Ok(number)) => visitor.visit_u64(number),
                        _ => visitor.visit_str(text),
                    },
                    _ => visitor.visit_f64(parse_float(self.node, &leaf)?),
                }
            }
        }
    }

    fn text_parts(self) -> Result<TextParts, Error> {
        let leaf = self.leaf("text")?;
        let numbers = leaf.written.map_or_else(|| self.node.place.to_numbers().to_vec(), crate::diag::Text::to_numbers);
        Ok(TextParts::new(leaf.text.into_owned(), numbers))
    }
}

macro_rules! integers {
    ($($method:ident $visit:ident $type:ty;)*) => {
        $(fn $method<V: Visitor<'n>>(self, visitor: V) -> Result<V::Value, Error> {
            let range = format!("from {} to {}", <$type>::MIN, <$type>::MAX);
            let number = self.integer::<$type>(&range)?;
            self.located(visitor.$visit(number))
        })*
    };
}

impl<'n> Deserializer<'n> for NodeDeserializer<'n, '_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'n>>(self, visitor: V) -> Result<V::Value, Error> {
        let result = self.any(visitor);
        self.located(result)
    }

    fn deserialize_bool<V: Visitor<'n>>(self, visitor: V) -> Result<V::Value, Error> {
        let value = parse_bool(self.node, &self.leaf("`true` or `false`")?)?;
        self.located(visitor.visit_bool(value))
    }

    integers! {
        deserialize_i8 visit_i8 i8;
        deserialize_i16 visit_i16 i16;
        deserialize_i32 visit_i32 i32;
        deserialize_i64 visit_i64 i64;
        deserialize_i128 visit_i128 i128;
        deserialize_u8 visit_u8 u8;
        deserialize_u16 visit_u16 u16;
        deserialize_u32 visit_u32 u32;
        deserialize_u64 visit_u64 u64;
        deserialize_u128 visit_u128 u128;
    }

    fn deserialize_f32<V: Visitor<'n>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_f64<V: Visitor<'n>>(self, visitor: V) -> Result<V::Value, Error> {
        let number = parse_float(self.node, &self.leaf("a number")?)?;
        self.located(visitor.visit_f64(number))
    }

    fn deserialize_str<V: Visitor<'n>>(self, visitor: V) -> Result<V::Value, Error> {
        let leaf = self.leaf("text")?;
        self.located(match leaf.written {
            Some(text) => visitor.visit_borrowed_str(text.as_str()),
            None => visitor.visit_str(&leaf.text),
        })
    }

    fn deserialize_option<V: Visitor<'n>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.node.is_null() {
            return self.located(visitor.visit_none());
        }
        self.located(visitor.visit_some(self))
    }

    fn deserialize_unit<V: Visitor<'n>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.node.is_null() {
            return self.located(visitor.visit_unit());
        }
        Err(wrong_type(self.node, "nothing"))
    }

    fn deserialize_unit_struct<V: Visitor<'n>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'n>>(self, name: &'static str, visitor: V) -> Result<V::Value, Error> {
        let result = match name {
            TEXT_MARKER => visitor.visit_seq(self.text_parts()?),
            PLACED_MARKER => visitor.visit_seq(PlacedParts::new(self.node.place, self)),
            NODE_MARKER => visitor.visit_seq(NodeParts::new(self)?),
            SECRET_MARKER => visitor.visit_str(&secret_of(self.node, self.context.values)?),
            SETTING_MARKER if self.node.tag.is_some_and(|tag| tag != Tag::Param) => {
                visitor.visit_bytes(secret_of(self.node, self.context.values)?.as_bytes())
            }
            SETTING_MARKER => visitor.visit_str(&self.leaf(ONE_VALUE)?.text),
            _ => visitor.visit_newtype_struct(self),
        };
        self.located(result)
    }

    fn deserialize_seq<V: Visitor<'n>>(self, visitor: V) -> Result<V::Value, Error> {
        self.list(visitor)
    }

    fn deserialize_tuple<V: Visitor<'n>>(self, len: usize, visitor: V) -> Result<V::Value, Error> {
        match self.node.as_sequence() {
            Some(items) if items.len() == len => self.list(visitor),
            _ => Err(wrong_type(self.node, &format!("a list of {len}"))),
        }
    }

    fn deserialize_tuple_struct<V: Visitor<'n>>(
        self,
        _: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_tuple(len, visitor)
    }

    fn deserialize_map<V: Visitor<'n>>(self, visitor: V) -> Result<V::Value, Error> {
        self.mapping(None, visitor)
    }

    fn deserialize_struct<V: Visitor<'n>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.mapping(Some(fields), visitor)
    }

    fn deserialize_enum<V: Visitor<'n>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let parts = self.variant(variants)?;
        self.located(visitor.visit_enum(parts))
    }

    fn deserialize_ignored_any<V: Visitor<'n>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    serde::forward_to_deserialize_any! { <V: Visitor<'n>> bytes byte_buf }

    fn deserialize_char<V: Visitor<'n>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }

    fn deserialize_string<V: Visitor<'n>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }

    fn deserialize_identifier<V: Visitor<'n>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }
}
