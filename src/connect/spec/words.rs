//! A template with its place.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer};

use crate::connect::datum::Scope;
use crate::connect::template::{Mistake, Template};
use crate::diag::Text;

/// A text in which `{name}` stands for a value: of a setting, of the row, of the place where reading goes on.
#[derive(Clone, Debug)]
pub struct Words {
    /// As it was written.
    pub text: Text,
    /// As it is understood.
    pub template: Result<Template, Mistake>,
}

impl Words {
    /// The text with nothing where a name has no value.
    #[must_use]
    pub fn fill(&self, scope: &dyn Scope) -> String {
        self.filled(scope, |text| text)
    }

    /// The same, with each value encoded.
    #[must_use]
    pub fn filled(&self, scope: &dyn Scope, encode: impl Fn(String) -> String) -> String {
        self.template.as_ref().map(|template| template.filled(scope, encode)).unwrap_or_default()
    }

    /// Whether a name is in it.
    #[must_use]
    pub fn uses(&self, name: &str) -> bool {
        self.template.as_ref().is_ok_and(|template| template.uses(name))
    }
}

impl<'de> Deserialize<'de> for Words {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Text::deserialize(deserializer)?;
        let template = Template::parse(&text);
        Ok(Self { text, template })
    }
}

impl JsonSchema for Words {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Template".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["string", "number", "boolean"], "description": "A text in which `{name}` stands for a value." })
    }
}
