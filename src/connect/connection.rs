//! A connection: a connector with the values of its settings.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, Error, Visitor};

use crate::connect::datum::{Datum, Scope, percent_encode};
use crate::connect::spec::Connector;
use crate::io::Secret;

/// Name of the newtype under which [`Setting`] asks a deserializer for a value that may come from outside of the file.
///
/// A deserializer that knows it calls `visit_bytes` for the value of a tag and `visit_str` for what is written.
pub const SETTING_MARKER: &str = "$raccordo::private::Setting";

/// A value of a setting as it was given.
#[derive(Clone, PartialEq, Eq)]
pub struct Setting {
    value: String,
    /// Whether it comes from outside of the file, by `!env` or `!secret`.
    pub is_outside: bool,
}

impl Setting {
    /// The value itself.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.value
    }
}

/// It may be a secret.
impl fmt::Debug for Setting {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(if self.is_outside { "***" } else { &self.value })
    }
}

impl<'de> Deserialize<'de> for Setting {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(SETTING_MARKER, SettingVisitor)
    }
}

struct SettingVisitor;

impl<'de> Visitor<'de> for SettingVisitor {
    type Value = Setting;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("one value, `!env NAME` or `!secret name`")
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Setting, D::Error> {
        String::deserialize(deserializer).map(|value| Setting { value, is_outside: false })
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Setting, E> {
        Ok(Setting { value: value.to_owned(), is_outside: false })
    }

    fn visit_bytes<E: Error>(self, value: &[u8]) -> Result<Setting, E> {
        Ok(Setting { value: String::from_utf8_lossy(value).into_owned(), is_outside: true })
    }
}

impl JsonSchema for Setting {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Setting".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["string", "number", "boolean"], "description": "A value, `!env NAME` or `!secret name`." })
    }
}

/// A connector with the values of its settings. Requests of all tables and loads go through it.
#[derive(Clone, Debug)]
pub struct Connection {
    /// Its name in the pipeline.
    pub name: String,
    /// What the platform is like.
    pub connector: Arc<Connector>,
    values: BTreeMap<String, Value>,
}

#[derive(Clone, Debug)]
enum Value {
    Plain(String),
    Secret(Secret),
}

impl Connection {
    /// A connection with settings that were checked; those without a value have their default.
    #[must_use]
    pub fn new(name: &str, connector: Arc<Connector>, given: &[(String, Setting)]) -> Self {
        let mut values = BTreeMap::new();
        for (name, spec) in &connector.settings {
            let given = given.iter().find(|(known, _)| known == name.as_str());
            let value = match given {
                Some((_, setting)) => setting.reveal().to_owned(),
                None => match &spec.default {
                    Some(default) => default.value.clone(),
                    None => continue,
                },
            };
            let value = if spec.secret {
                // It is masked in addresses as well.
                let _in_address = Secret::new(percent_encode(&value));
                Value::Secret(Secret::new(value))
            } else {
                Value::Plain(value.trim_end_matches('/').to_owned())
            };
            values.insert(name.to_string(), value);
        }
        Self { name: name.to_owned(), connector, values }
    }

    /// What requests of one account have in common: the connector and its settings that are no secrets.
    #[must_use]
    pub fn account(&self) -> String {
        let plain = self.values.iter().filter_map(|(name, value)| match value {
            Value::Plain(value) => Some(format!("{name}={value}")),
            Value::Secret(_) => None,
        });
        std::iter::once(self.connector.connector.to_string()).chain(plain).collect::<Vec<_>>().join("\n")
    }

    /// The address before all paths.
    #[must_use]
    pub fn base(&self) -> String {
        self.connector.base_url.fill(self).trim_end_matches('/').to_owned()
    }
}

impl Scope for Connection {
    fn get(&self, name: &str) -> Option<Datum> {
        let value = self.values.get(name).map(|value| match value {
            Value::Plain(value) => Datum::text(value),
            Value::Secret(secret) => Datum::text(secret.reveal()),
        });
        value
            .filter(|value| *value != Datum::text(""))
            .or_else(|| self.connector.settings.contains_key(name).then_some(Datum::Null))
    }
}
