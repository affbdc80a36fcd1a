//! One scalar: its tag resolved, its text made into a bool or a number.

use std::borrow::Cow;
use std::str::FromStr;

use crate::diag::{Code, Diagnostic, Place, Text};
use crate::spec::yaml::Values;
use crate::spec::yaml::error::Error;
use crate::spec::yaml::node::{Node, Tag, Value};

/// The text of a scalar, or of what its tag refers to.
pub(super) struct Leaf<'n> {
    pub(super) text: Cow<'n, str>,
    /// The text as written, when no tag stands before it.
    pub(super) written: Option<&'n Text>,
    /// Whether it is text for certain.
    pub(super) quoted: bool,
}

impl<'n> Leaf<'n> {
    /// The scalar of a node; `expected` says what would be right instead.
    pub(super) fn of(node: &'n Node, values: &dyn Values, expected: &str) -> Result<Self, Error> {
        let Value::Scalar { text, quoted } = &node.value else {
            return Err(wrong_type(node, expected));
        };
        let Some(tag) = node.tag else {
            return Ok(Self { text: Cow::Borrowed(text.as_str()), written: Some(text), quoted: *quoted });
        };
        if tag == Tag::Secret {
            let message = format!("`!secret {text}` is given for a value that is not kept secret");
            let diagnostic = Diagnostic::error(Code::BadValue, node.place, message);
            return Err(Error::placed(diagnostic.help("write the value, or use `!env NAME`")));
        }
        Ok(Self { text: Cow::Owned(resolve(tag, text, values, node.place)?), written: None, quoted: false })
    }
}

/// The text of a tag that a secret may come from.
pub(super) fn secret_of(node: &Node, values: &dyn Values) -> Result<String, Error> {
    match (&node.value, node.tag) {
        (Value::Scalar { text, .. }, Some(tag @ (Tag::Env | Tag::Secret))) => resolve(tag, text, values, node.place),
        (Value::Null, _) => Err(wrong_type(node, "`!secret name` or `!env NAME`")),
        _ => {
            let message = "a secret is written in clear";
            let diagnostic = Diagnostic::error(Code::SecretInClear, node.place, message)
                .help("write `!secret name` or `!env NAME` instead")
                .help("if this file has left your machine, replace the secret at the platform");
            Err(Error::placed(diagnostic))
        }
    }
}

fn resolve(tag: Tag, name: &str, values: &dyn Values, place: Place) -> Result<String, Error> {
    let (value, code, message, help) = match tag {
        Tag::Env => (
            values.env(name),
            Code::EnvMissing,
            format!("the environment variable `{name}` is not set"),
            "set it for the process that runs the pipeline, also in cron",
        ),
        Tag::Secret => (
            values.secret(name),
            Code::SecretMissing,
            format!("there is no secret `{name}`"),
            "`secrets:` in `raccordo.yaml` says where secrets are looked up",
        ),
        Tag::Param => (
            values.param(name),
            Code::ParamUnknown,
            format!("there is no parameter `{name}`"),
            "declare it under `params:`",
        ),
    };
    value.ok_or_else(|| Error::placed(Diagnostic::error(code, place, message).help(help)))
}

/// The error of a node that is something else than `expected`.
pub(super) fn wrong_type(node: &Node, expected: &str) -> Error {
    let message = format!("expected {expected}, found {}", node.describe());
    Error::placed(Diagnostic::error(Code::WrongType, node.place, message))
}

/// `true` or `false`, and no other word.
pub(super) fn parse_bool(node: &Node, leaf: &Leaf<'_>) -> Result<bool, Error> {
    const EXPECTED: &str = "`true` or `false`";
    match &*leaf.text {
        _ if leaf.quoted => Err(quoted(node, EXPECTED)),
        "true" => Ok(true),
        "false" => Ok(false),
        other => {
            let answer = match other.to_ascii_lowercase().as_str() {
                "yes" | "on" | "true" | "y" | "si" | "sì" => Some("true"),
                "no" | "off" | "false" | "n" => Some("false"),
                _ => None,
            };
            let message = format!("expected {EXPECTED}, found {}", node.describe());
            let diagnostic = Diagnostic::error(Code::WrongType, node.place, message);
            let help = answer.map(|word| format!("write `{word}`"));
            Err(Error::placed(diagnostic.helps(help)))
        }
    }
}

/// A whole number of the type that is asked for.
pub(super) fn parse_integer<T: FromStr>(node: &Node, leaf: &Leaf<'_>, range: &str) -> Result<T, Error> {
    const EXPECTED: &str = "a whole number";
    if leaf.quoted {
        return Err(quoted(node, EXPECTED));
    }
    if let Ok(number) = leaf.text.parse() {
        return Ok(number);
    }
    if !is_integer(&leaf.text) {
        return Err(wrong_type(node, EXPECTED));
    }
    let message = format!("expected {EXPECTED} {range}, found {}", node.describe());
    Err(Error::placed(Diagnostic::error(Code::BadValue, node.place, message)))
}

/// A number in binary floating point; never for money.
pub(super) fn parse_float(node: &Node, leaf: &Leaf<'_>) -> Result<f64, Error> {
    const EXPECTED: &str = "a number";
    if leaf.quoted {
        return Err(quoted(node, EXPECTED));
    }
    match leaf.text.parse() {
        Ok(number) if is_number(&leaf.text) => Ok(number),
        _ => Err(wrong_type(node, EXPECTED)),
    }
}

/// Whether a text is a whole number: a sign, if any, and digits.
pub(super) fn is_integer(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a text is a number as JSON writes it: neither `001` nor `+1`, nor `.5` nor `inf`.
pub(super) fn is_json_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text).as_bytes();
    match digits {
        [b'0'] => true,
        [b'0', next, ..] => matches!(next, b'.' | b'e' | b'E') && is_number(text),
        [b'1'..=b'9', ..] => !text.ends_with('.') && is_number(text),
        _ => false,
    }
}

fn is_number(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.' | b'e' | b'E');
    text.bytes().all(is_part) && text.parse::<f64>().is_ok_and(f64::is_finite)
}

fn quoted(node: &Node, expected: &str) -> Error {
    let message = format!("expected {expected}, found {}", node.describe());
    let diagnostic = Diagnostic::error(Code::WrongType, node.place, message);
    Error::placed(diagnostic.help("write it without quotes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_numbers_are_told_from_codes() {
        let cases = [
            ("0", true),
            ("-12", true),
            ("0.10", true),
            ("1e3", true),
            ("001", false),
            ("+1", false),
            ("1.", false),
            (".5", false),
            ("inf", false),
            ("1e999", false),
            ("12%", false),
            ("-", false),
        ];
        for (text, expected) in cases {
            assert_eq!(is_json_number(text), expected, "{text}");
        }
    }
}
