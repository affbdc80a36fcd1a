//! Text that must not be seen.
//!
//! A [`Secret`] masks itself wherever it is printed or serialized, and cannot be written in a
//! pipeline: it is read only through `!env` and `!secret`. Where its value comes from is decided
//! by whoever resolves these tags.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, Error, Visitor};
use serde::{Serialize, Serializer};

/// Name of the newtype under which [`Secret`] asks a deserializer for a value that is not
/// written in the file.
///
/// A deserializer that knows it calls `visit_str` for a resolved tag only; any other calls
/// `visit_newtype_struct`, which is refused.
pub const SECRET_MARKER: &str = "$raccordo::private::Secret";

const MASK: &str = "***";

/// Shorter ones would be found in every other word.
const SHORTEST_HIDDEN: usize = 4;

/// Secrets of this process, and how JSON writes them.
static KNOWN: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// The text without the secrets that this process knows: a service may say them back to us in an answer.
#[must_use]
pub fn hide(text: &str) -> Cow<'_, str> {
    let known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let mut hidden = Cow::Borrowed(text);
    for secret in known.iter().filter(|secret| text.contains(secret.as_str())) {
        hidden = Cow::Owned(hidden.replace(secret.as_str(), MASK));
    }
    hidden
}

/// A key, a password or a token.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Takes a value that was found outside the pipeline.
    pub fn new(value: impl Into<String>) -> Self {
        let value = value.into();
        if value.len() >= SHORTEST_HIDDEN {
            let in_json = serde_json::Value::from(value.as_str()).to_string();
            let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
            known.insert(in_json[1..in_json.len() - 1].to_owned());
            known.insert(value.clone());
        }
        Self(value)
    }

    /// The value itself, for the one place that sends it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(MASK)
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(MASK)
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(MASK)
    }
}

impl JsonSchema for Secret {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Secret".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "description": "`!secret name` or `!env NAME`" })
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(SECRET_MARKER, SecretVisitor)
    }
}

struct SecretVisitor;

impl<'de> Visitor<'de> for SecretVisitor {
    type Value = Secret;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("`!secret name` or `!env NAME`")
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, _: D) -> Result<Secret, D::Error> {
        Err(D::Error::custom("a secret cannot be written in clear"))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Secret, E> {
        Ok(Secret::new(value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_itself_everywhere() {
        let secret = Secret::new("ck_123");
        assert_eq!(format!("{secret} {secret:?}"), "*** ***");
        assert_eq!(serde_json::to_string(&secret).unwrap(), "\"***\"");
        assert_eq!(secret.reveal(), "ck_123");
    }

    #[test]
    fn is_hidden_in_what_others_say() {
        let _secret = Secret::new("tok-\"4711\"");
        assert_eq!(hide("bad token tok-\"4711\"!"), "bad token ***!");
        assert_eq!(hide(r#"{"error":"tok-\"4711\""}"#), r#"{"error":"***"}"#);
        assert_eq!(hide("tok-47"), "tok-47");
    }

    #[test]
    fn refuses_clear_text_from_any_format() {
        let error = serde_json::from_str::<Secret>("\"ck_123\"").unwrap_err();
        assert!(!error.to_string().contains("ck_123"));
    }
}
