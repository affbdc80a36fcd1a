//! Values of templates, and how they are written: as text, as JSON, as a form.

use std::fmt::Write as _;

use crate::domain::calendar::{DateFormat, format_date, format_timestamp};

/// A value that goes into a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Datum {
    /// No value.
    #[default]
    Null,
    /// Truth.
    Bool(bool),
    /// A number, by its digits: it is never a float.
    Number(String),
    /// Characters.
    Text(String),
    /// Days since 1970-01-01.
    Date(i32),
    /// Microseconds since 1970-01-01 UTC.
    Timestamp(i64),
    /// A value that is JSON already.
    Json(String),
    /// Values in order.
    List(Vec<Datum>),
    /// Named values in order.
    Map(Vec<(String, Datum)>),
}

/// Names and their values while a template is filled in.
pub trait Scope {
    /// The value of a name; nothing when there is no such name.
    fn get(&self, name: &str) -> Option<Datum>;
}

/// Names that are looked up in the first of two scopes that has them.
pub struct Layered<'a>(pub &'a dyn Scope, pub &'a dyn Scope);

impl Scope for Layered<'_> {
    fn get(&self, name: &str) -> Option<Datum> {
        self.0.get(name).or_else(|| self.1.get(name))
    }
}

impl Scope for Vec<(&str, Datum)> {
    fn get(&self, name: &str) -> Option<Datum> {
        self.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone())
    }
}

/// A scope without names.
pub struct NoNames;

impl Scope for NoNames {
    fn get(&self, _: &str) -> Option<Datum> {
        None
    }
}

impl Datum {
    /// Characters.
    pub fn text(value: impl Into<String>) -> Self {
        Self::Text(value.into())
    }

    /// A whole number.
    pub fn number(value: impl ToString) -> Self {
        Self::Number(value.to_string())
    }

    /// Whether there is no value.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The value inside a text: dates in ISO form, lists and maps as JSON.
    #[must_use]
    pub fn to_text(&self) -> String {
        match self {
            Self::Null => String::new(),
            Self::Bool(value) => value.to_string(),
            Self::Number(text) | Self::Text(text) | Self::Json(text) => text.clone(),
            Self::Date(days) => written(|out| format_date(*days, DateFormat::Iso, out)),
            Self::Timestamp(micros) => written(|out| format_timestamp(*micros, out)),
            Self::List(_) | Self::Map(_) => self.to_json(),
        }
    }

    /// The value as JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut out = String::new();
        self.write_json(&mut out);
        out
    }

    /// Adds the value as JSON.
    pub fn write_json(&self, out: &mut String) {
        match self {
            Self::Null => out.push_str("null"),
            Self::Bool(_) | Self::Number(_) | Self::Json(_) => out.push_str(&self.to_text()),
            Self::Text(text) => write_string(text, out),
            Self::Date(_) | Self::Timestamp(_) => write_string(&self.to_text(), out),
            Self::List(items) => {
                out.push('[');
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    item.write_json(out);
                }
                out.push(']');
            }
            Self::Map(entries) => {
                out.push('{');
                for (index, (name, value)) in entries.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    write_string(name, out);
                    out.push(':');
                    value.write_json(out);
                }
                out.push('}');
            }
        }
    }

    /// The value as pairs of a form or query, with inner names in brackets: `a[b]`, `a[0]`.
    pub fn write_pairs(&self, name: &str, out: &mut Vec<(String, String)>) {
        match self {
            Self::Null => {}
            Self::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    item.write_pairs(&format!("{name}[{index}]"), out);
                }
            }
            Self::Map(entries) => {
                for (inner, value) in entries {
                    let inner = if name.is_empty() { inner.clone() } else { format!("{name}[{inner}]") };
                    value.write_pairs(&inner, out);
                }
            }
            other => out.push((name.to_owned(), other.to_text())),
        }
    }
}

fn written(write: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut out = Vec::new();
    write(&mut out);
    String::from_utf8(out).unwrap_or_default()
}

fn write_string(text: &str, out: &mut String) {
    out.push_str(&serde_json::Value::from(text).to_string());
}

/// Everything but letters, digits and `-._~` as `%XX`, so that a value is one part of a path or query.
#[must_use]
pub fn percent_encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            other => drop(write!(out, "%{other:02X}")),
        }
    }
    out
}

/// The text as content of an XML element or attribute.
#[must_use]
pub fn escape_xml(text: &str) -> String {
    quick_xml::escape::escape(text).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_keep_their_digits_and_order() {
        let value = Datum::Map(vec![
            ("b".into(), Datum::Number("10.10".into())),
            ("a".into(), Datum::List(vec![Datum::Null, Datum::Bool(true), Datum::text("x\"y")])),
        ]);
        assert_eq!(value.to_json(), r#"{"b":10.10,"a":[null,true,"x\"y"]}"#);
        assert_eq!(Datum::Timestamp(0).to_text(), "1970-01-01T00:00:00Z");
    }

    #[test]
    fn forms_have_inner_names_in_brackets() {
        let value = Datum::Map(vec![(
            "items".into(),
            Datum::List(vec![Datum::Map(vec![("sku".into(), Datum::text("à 1")), ("n".into(), Datum::Null)])]),
        )]);
        let mut pairs = Vec::new();
        value.write_pairs("", &mut pairs);
        assert_eq!(pairs, [("items[0][sku]".to_owned(), "à 1".to_owned())]);
        assert_eq!(percent_encode("à 1"), "%C3%A0%201");
    }
}
