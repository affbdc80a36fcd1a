//! What the user writes about deliveries: `mode`, `key`, `guard`.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};

use crate::context::BindCx;
use crate::diag::{Code, Diagnostic, Text};
use crate::domain::money::{NumberFormat, parse_decimal};
use crate::transforms::names::Names;

/// What becomes of rows at the destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Rows are added. With a key, a row that was added once is not added again; its later changes are not sent.
    Append,
    /// What the destination has is replaced by the table, in one step.
    Replace,
    /// New rows are added and changed ones updated; nothing is deleted.
    Merge,
    /// As `merge`, and rows that we have sent before and that are no longer in the table are deleted.
    Mirror,
}

impl Mode {
    /// The word in a pipeline.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Append => "append",
            Self::Replace => "replace",
            Self::Merge => "merge",
            Self::Mirror => "mirror",
        }
    }
}

/// A share of rows (`2%`), a number of rows (`10`), or `none` for no limit.
#[derive(Clone, Debug)]
pub struct Amount(pub Text);

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Text::deserialize(deserializer).map(Self)
    }
}

impl JsonSchema for Amount {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Amount".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["string", "integer"], "pattern": "^([0-9]+|[0-9]+(\\.[0-9]+)?%|none)$" })
    }
}

/// How much of something is still allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// Parts per million.
    Share(u64),
    /// Parts per million, but one row in any case: what holds when nobody said anything.
    Usual(u64),
    /// Rows.
    Rows(u64),
    /// Any amount.
    None,
}

impl Limit {
    /// Whether `rows` of `all` are more than allowed.
    #[must_use]
    pub fn is_passed(self, rows: u64, all: u64) -> bool {
        match self {
            Self::Share(parts) => u128::from(rows) * 1_000_000 > u128::from(all) * u128::from(parts),
            Self::Usual(parts) => rows > 1 && Self::Share(parts).is_passed(rows, all),
            Self::Rows(most) => rows > most,
            Self::None => false,
        }
    }
}

impl std::fmt::Display for Limit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Share(parts) | Self::Usual(parts) => f.write_str(&percent(*parts)),
            Self::Rows(rows) => write!(f, "{rows}"),
            Self::None => f.write_str("none"),
        }
    }
}

/// Parts per million as `1.25%`.
#[must_use]
pub fn percent(parts: u64) -> String {
    let text = format!("{}.{:04}", parts / 10_000, parts % 10_000);
    format!("{}%", text.trim_end_matches('0').trim_end_matches('.'))
}

impl Amount {
    /// The limit; reports a text that is none.
    pub fn bind(&self, cx: &BindCx) -> Option<Limit> {
        let limit = parse_limit(&self.0);
        if limit.is_none() {
            let message = format!("`{}` is no limit", self.0);
            let help = "write a share of the rows as `2%` (at most `100%`), a number of rows as `10`, or `none`";
            cx.report(Diagnostic::error(Code::BadValue, self.0.place(), message).help(help));
        }
        limit
    }
}

fn parse_limit(text: &str) -> Option<Limit> {
    let text = text.trim();
    if text == "none" {
        return Some(Limit::None);
    }
    match text.strip_suffix('%') {
        Some(_) => share(text).map(Limit::Share),
        None => text.parse().ok().map(Limit::Rows),
    }
}

/// `1.25%` in parts per million; more than all rows is no share of them.
#[must_use]
pub fn share(text: &str) -> Option<u64> {
    const ALL: u64 = 1_000_000;
    let number = text.trim().strip_suffix('%')?.trim();
    let parts = parse_decimal(number.as_bytes(), 4, NumberFormat::PLAIN).ok()?;
    u64::try_from(parts).ok().filter(|parts| *parts <= ALL)
}

/// Stops a load before anything is sent, when what is about to happen looks like a mistake.
///
/// ```yaml
/// guard: { deletes: 2%, to_zero: 20%, price_change: 30%, shrink: 10%, empty: stop }
/// ```
///
/// A stopped load ends the run with exit code 2; the other loads go on. `--accept NAME` lets one guard pass once. With
/// `mode: mirror` these hold unless others are given: `deletes: 10%`, `to_zero: 50%`, `shrink: 30%` (one row may always go),
/// `empty: stop`. Without `mirror` only those hold that are written.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct GuardSpec {
    /// The most rows that may be deleted: a share of those that the destination has, or a number.
    pub deletes: Option<Amount>,
    /// The most rows whose value may go from something to zero (stock, usually): a share of those that the destination
    /// has, or a number.
    pub to_zero: Option<Amount>,
    /// The columns that `to_zero` looks at. Default: all whole and decimal numbers.
    pub to_zero_columns: Option<Names>,
    /// The most by which a single price may change, up or down, as a share of what it was: `30%`.
    pub price_change: Option<Text>,
    /// The columns that `price_change` looks at. Default: all decimals.
    pub price_columns: Option<Names>,
    /// How many rows may go beyond `price_change`: a share of those that the destination has, or a number. Default: 0.
    pub price_rows: Option<Amount>,
    /// By how much the table may be smaller than when it was delivered last: a share, or a number of rows.
    pub shrink: Option<Amount>,
    /// What to do when the table has no row while the destination has some.
    pub empty: Option<OnEmpty>,
}

/// What to do with an empty table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum OnEmpty {
    /// Nothing is sent and the run fails.
    Stop,
    /// It is delivered like any other.
    Allow,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_shares_or_numbers() {
        for (text, expected) in [
            ("2%", Some(Limit::Share(20_000))),
            ("0.5 %", Some(Limit::Share(5_000))),
            ("10", Some(Limit::Rows(10))),
            ("none", Some(Limit::None)),
            ("-1%", None),
            ("100%", Some(Limit::Share(1_000_000))),
            ("100.0001%", None),
            ("200%", None),
            ("due", None),
            ("", None),
        ] {
            assert_eq!(parse_limit(text), expected, "{text}");
        }
    }

    #[test]
    fn a_limit_is_passed_only_above_it() {
        for (limit, rows, all, expected) in [
            (Limit::Share(20_000), 2, 100, false),
            (Limit::Share(20_000), 3, 100, true),
            (Limit::Share(0), 1, 0, true),
            (Limit::Share(0), 0, 0, false),
            (Limit::Usual(100_000), 1, 2, false),
            (Limit::Usual(100_000), 2, 4, true),
            (Limit::Usual(100_000), 2, 20, false),
            (Limit::Rows(3), 3, 3, false),
            (Limit::Rows(3), 4, 9, true),
            (Limit::None, 9, 9, false),
        ] {
            assert_eq!(limit.is_passed(rows, all), expected, "{limit} {rows} {all}");
        }
    }

    #[test]
    fn shares_are_written_as_percent() {
        for (parts, text) in [(10_000, "1%"), (12_500, "1.25%"), (1, "0.0001%"), (1_000_000, "100%")] {
            assert_eq!(percent(parts), text);
        }
    }
}
