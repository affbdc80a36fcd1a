//! Parameters: declared with a type, valued by default or on the command line.

use std::collections::BTreeMap;
use std::str::FromStr;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::context::{Param, Params};
use crate::diag::{Code, Diagnostic, Diagnostics, Place, Text, did_you_mean};
use crate::domain::calendar::{DateFormat, RelativeDay, format_date, parse_date, parse_timestamp, relative};
use crate::domain::money::{NumberFormat, parse_decimal, parse_integer};
use crate::domain::types::Type;

/// A parameter of the pipeline.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ParamSpec {
    /// Type of the value: `text`, `integer`, `decimal(p,s)`, `date`, …
    #[serde(rename = "type")]
    pub ty: Text,
    /// Value when none is given on the command line. Dates may be `today`, `yesterday`, `first_of_month`, …
    pub default: Option<Text>,
    /// What the parameter means.
    pub description: Option<String>,
}

/// Typed values of all parameters.
///
/// `given` are those of the command line, `now` the instant of the run in microseconds since 1970.
#[must_use]
pub fn resolve(specs: &IndexMap<Text, ParamSpec>, given: &BTreeMap<String, String>, now: i64) -> (Params, Diagnostics) {
    let mut params = Params::default();
    let mut problems = Diagnostics::new();
    for (name, spec) in specs {
        let ty = match Type::from_str(spec.ty.as_str()) {
            Ok(ty) => ty,
            Err(error) => {
                problems.push(Diagnostic::error(Code::BadValue, spec.ty.place(), error.to_string()));
                continue;
            }
        };
        let (written, place) = match (given.get(name.as_str()), &spec.default) {
            (Some(value), _) => (value.as_str(), Place::NONE),
            (None, Some(default)) => (default.as_str(), default.place()),
            (None, None) => {
                let message = format!("parameter `{}` has no value", name.as_str());
                let help = format!("give it with `--param {}=…`, or a `default`", name.as_str());
                problems.push(Diagnostic::error(Code::ParamBadValue, name.place(), message).help(help));
                continue;
            }
        };
        match canonical(written, &ty, now) {
            Some(value) => {
                params.0.insert(name.as_str().to_owned(), Param { ty, value });
            }
            None => problems.push(bad_value(name, written, &ty, place)),
        }
    }
    for name in given.keys().filter(|name| !specs.contains_key(name.as_str())) {
        let mut problem =
            Diagnostic::error(Code::ParamUnknown, Place::NONE, format!("the pipeline has no parameter `{name}`"));
        if let Some(help) = did_you_mean(name, specs.keys().map(Text::as_str)) {
            problem = problem.help(help);
        }
        problems.push(problem);
    }
    (params, problems)
}

fn bad_value(name: &Text, written: &str, ty: &Type, place: Place) -> Diagnostic {
    let message = format!("`{written}` is not a `{ty}` for parameter `{}`", name.as_str());
    let problem = Diagnostic::error(Code::ParamBadValue, place, message);
    match ty {
        Type::Date => {
            let words: Vec<&str> = relative::names().collect();
            problem.help(format!("write a date as `2026-11-23`, or one of: {}", words.join(", ")))
        }
        _ => problem,
    }
}

/// The value in its canonical form.
fn canonical(written: &str, ty: &Type, now: i64) -> Option<String> {
    let written = written.trim();
    match ty {
        Type::Date => {
            let day = match RelativeDay::from_str(written) {
                Ok(word) => word.resolve(now)?,
                Err(_) => parse_date(written.as_bytes(), DateFormat::Iso).ok()?,
            };
            let mut out = Vec::new();
            format_date(day, DateFormat::Iso, &mut out);
            String::from_utf8(out).ok()
        }
        Type::Integer => parse_integer(written.as_bytes(), NumberFormat::PLAIN).ok().map(|value| value.to_string()),
        Type::Decimal { scale, .. } => {
            parse_decimal(written.as_bytes(), *scale, NumberFormat::PLAIN).ok().map(|_| written.to_owned())
        }
        Type::Bool => written.parse::<bool>().ok().map(|value| value.to_string()),
        Type::Timestamp => parse_timestamp(written.as_bytes(), None).ok().map(|_| written.to_owned()),
        Type::Text => Some(written.to_owned()),
        _ => None,
    }
}
