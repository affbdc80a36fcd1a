//! Bodies of requests as they are written in a connector: any YAML, with templates as its texts.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::connect::datum::{Datum, Scope};
use crate::connect::template::{Mistake, Template};
use crate::diag::Placed;

/// A body.
#[derive(Clone, Debug)]
pub enum Tree {
    /// Nothing, a truth value or a number, as it is.
    Plain(Datum),
    /// A text that is a template, as it was written and as it is understood.
    Text(String, Result<Template, Mistake>),
    /// Items.
    List(Vec<Placed<Tree>>),
    /// Named values.
    Map(Vec<(String, Placed<Tree>)>),
}

impl Tree {
    /// The value; nothing when it is to be left out.
    #[must_use]
    pub fn render(&self, scope: &dyn Scope) -> Option<Datum> {
        match self {
            Self::Plain(value) => Some(value.clone()),
            Self::Text(_, template) => template.as_ref().ok()?.value(scope),
            Self::List(items) => Some(Datum::List(items.iter().filter_map(|item| item.value.render(scope)).collect())),
            Self::Map(entries) => {
                let entries = entries.iter().filter_map(|(name, tree)| Some((name.clone(), tree.value.render(scope)?)));
                Some(Datum::Map(entries.collect()))
            }
        }
    }
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TreeVisitor)
    }
}

struct TreeVisitor;

impl<'de> Visitor<'de> for TreeVisitor {
    type Value = Tree;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value, a list or a mapping")
    }

    fn visit_unit<E: Error>(self) -> Result<Tree, E> {
        Ok(Tree::Plain(Datum::Null))
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Tree, E> {
        Ok(Tree::Plain(Datum::Bool(value)))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Tree, E> {
        Ok(Tree::Plain(Datum::number(value)))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Tree, E> {
        Ok(Tree::Plain(Datum::number(value)))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Tree, E> {
        Ok(Tree::Plain(Datum::number(value)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Tree, E> {
        Ok(Tree::Text(text.to_owned(), Template::parse(text)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Tree, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Tree::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Tree, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Tree::Map(entries))
    }
}

impl JsonSchema for Tree {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Body".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!(true)
    }
}
