//! What a template does to a value before it is written: `{since | unix}`, `{totale | minor}`, `{stato | map: "a=1, b=2"}`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::DateTime;
use chrono_tz::Tz;
use sha2::{Digest as _, Sha256};

use crate::connect::datum::{Datum, percent_encode};
use crate::domain::calendar::MICROS_PER_DAY;
use crate::io::text::hex;

/// Names of all filters, for messages.
pub const NAMES: [&str; 18] = [
    "text", "number", "json", "default", "lower", "upper", "trim", "url", "base64", "sha256", "unix", "unix_ms",
    "date", "zone", "minor", "join", "map", "prefix",
];

/// A change of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filter {
    /// As text, also where JSON would have a number.
    Text,
    /// As a number, also where the column is text.
    Number,
    /// As JSON inside a text.
    Json,
    /// This, when there is no value.
    Default(String),
    /// Small letters.
    Lower,
    /// Capital letters.
    Upper,
    /// Without blanks around.
    Trim,
    /// Percent-encoded.
    Url,
    /// Base64 of the text.
    Base64,
    /// SHA-256 of the text, in hexadecimal digits.
    Sha256,
    /// Seconds since 1970.
    Unix,
    /// Milliseconds since 1970.
    UnixMs,
    /// In a form of `strftime`: `%d/%m/%Y`.
    Date(String),
    /// Local time of a zone, without offset.
    Zone(Tz),
    /// Money in its smallest unit, with that many decimals: `12.50` is `1250`.
    Minor(u32),
    /// Items of a list with this between them.
    Join(String),
    /// By a table: `paid=processing, *=on-hold`.
    Map(Vec<(String, String)>),
    /// With this before it, when there is a value.
    Prefix(String),
}

impl Filter {
    /// Reads a filter: `name` or `name: argument`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(name: &str, argument: Option<&str>) -> Result<Self, String> {
        let needed = || argument.map(str::to_owned).ok_or(format!("`{name}` needs a value: `{{x | {name}: \"…\"}}`"));
        Ok(match name {
            "text" => Self::Text,
            "number" => Self::Number,
            "json" => Self::Json,
            "default" => Self::Default(needed()?),
            "lower" => Self::Lower,
            "upper" => Self::Upper,
            "trim" => Self::Trim,
            "url" => Self::Url,
            "base64" => Self::Base64,
            "sha256" => Self::Sha256,
            "unix" => Self::Unix,
            "unix_ms" => Self::UnixMs,
            "date" => {
                let form = needed()?;
                let known = chrono::format::StrftimeItems::new(&form).all(|item| item != chrono::format::Item::Error);
                if !known {
                    return Err(format!("`{form}` is not a form of dates, as `%Y-%m-%d` is"));
                }
                Self::Date(form)
            }
            "zone" => {
                let zone = needed()?;
                Self::Zone(zone.parse().map_err(|_| format!("`{zone}` is not a zone, as `Europe/Rome` is"))?)
            }
            "minor" => match argument.unwrap_or("2").parse() {
                Ok(decimals) if decimals <= 6 => Self::Minor(decimals),
                _ => return Err("`minor` takes the number of decimals, from 0 to 6".to_owned()),
            },
            "join" => Self::Join(argument.unwrap_or(",").to_owned()),
            "map" => Self::Map(pairs(&needed()?)?),
            "prefix" => Self::Prefix(needed()?),
            _ => {
                let near = crate::diag::did_you_mean(name, NAMES).map(|text| format!("; {text}")).unwrap_or_default();
                return Err(format!("unknown filter `{name}`{near}; known: {}", NAMES.join(", ")));
            }
        })
    }

    /// The value after the filter.
    #[must_use]
    pub fn apply(&self, value: Datum) -> Datum {
        if let (Self::Default(other), true) = (self, value.is_null()) {
            return Datum::text(other);
        }
        if value.is_null() {
            return value;
        }
        match self {
            Self::Default(_) => value,
            Self::Text => Datum::Text(value.to_text()),
            Self::Number => Datum::Number(value.to_text()),
            Self::Json => Datum::Text(value.to_json()),
            Self::Lower => Datum::Text(value.to_text().to_lowercase()),
            Self::Upper => Datum::Text(value.to_text().to_uppercase()),
            Self::Trim => Datum::Text(value.to_text().trim().to_owned()),
            Self::Url => Datum::Text(percent_encode(&value.to_text())),
            Self::Base64 => Datum::Text(STANDARD.encode(value.to_text())),
            Self::Sha256 => Datum::Text(hex(&Sha256::digest(value.to_text().as_bytes()))),
            Self::Unix => instant(&value, 1_000_000),
            Self::UnixMs => instant(&value, 1_000),
            Self::Date(form) => dated(&value, form),
            Self::Zone(zone) => local(value, *zone),
            Self::Minor(decimals) => minor(&value, *decimals),
            Self::Join(between) => joined(value, between),
            Self::Map(table) => mapped(&value, table),
            Self::Prefix(prefix) => Datum::Text(format!("{prefix}{}", value.to_text())),
        }
    }
}

fn pairs(text: &str) -> Result<Vec<(String, String)>, String> {
    let pair = |part: &str| {
        let (from, to) = part.split_once('=')?;
        Some((from.trim().to_owned(), to.trim().to_owned()))
    };
    text.split(',').map(pair).collect::<Option<_>>().ok_or(format!("`{text}` is not a table, as `a=1, b=2` is"))
}

fn micros(value: &Datum) -> Option<i64> {
    match value {
        Datum::Timestamp(micros) => Some(*micros),
        Datum::Date(days) => Some(i64::from(*days) * MICROS_PER_DAY),
        _ => None,
    }
}

fn instant(value: &Datum, unit: i64) -> Datum {
    micros(value).map_or_else(|| value.clone(), |micros| Datum::number(micros.div_euclid(unit)))
}

fn dated(value: &Datum, form: &str) -> Datum {
    let time = micros(value).and_then(DateTime::from_timestamp_micros);
    time.map_or_else(|| value.clone(), |time| Datum::Text(time.format(form).to_string()))
}

/// The wall clock of a zone, kept as an instant so that `date` can write it.
fn local(value: Datum, zone: Tz) -> Datum {
    let Datum::Timestamp(micros) = value else { return value };
    let Some(time) = DateTime::from_timestamp_micros(micros) else { return value };
    Datum::Timestamp(time.with_timezone(&zone).naive_local().and_utc().timestamp_micros())
}

fn minor(value: &Datum, decimals: u32) -> Datum {
    let scale = u8::try_from(decimals).unwrap_or(2);
    let text = value.to_text();
    match crate::domain::money::parse_decimal(text.as_bytes(), scale, crate::domain::money::NumberFormat::PLAIN) {
        Ok(mantissa) => Datum::Number(mantissa.to_string()),
        Err(_) => value.clone(),
    }
}

fn joined(value: Datum, between: &str) -> Datum {
    match value {
        Datum::List(items) => Datum::Text(items.iter().map(Datum::to_text).collect::<Vec<_>>().join(between)),
        Datum::Json(text) => match serde_json::from_str::<Vec<serde_json::Value>>(&text) {
            Ok(items) => {
                let plain = |item: &serde_json::Value| item.as_str().map_or_else(|| item.to_string(), str::to_owned);
                Datum::Text(items.iter().map(plain).collect::<Vec<_>>().join(between))
            }
            Err(_) => Datum::Json(text),
        },
        other => other,
    }
}

fn mapped(value: &Datum, table: &[(String, String)]) -> Datum {
    let text = value.to_text();
    let found = table.iter().find(|(from, _)| *from == text).or_else(|| table.iter().find(|(from, _)| from == "*"));
    found.map_or_else(|| value.clone(), |(_, to)| Datum::text(to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_change_values_and_pass_nothing_through() {
        let noon = Datum::Timestamp(1_790_000_000_000_000);
        for (name, argument, value, expected) in [
            ("unix", None, noon.clone(), "1790000000"),
            ("unix_ms", None, noon.clone(), "1790000000000"),
            ("date", Some("%d/%m/%Y"), noon.clone(), "21/09/2026"),
            ("minor", None, Datum::Number("12.50".into()), "1250"),
            ("minor", Some("0"), Datum::Number("12".into()), "12"),
            ("map", Some("paid=processing, *=on-hold"), Datum::text("paid"), "processing"),
            ("map", Some("paid=processing, *=on-hold"), Datum::text("new"), "on-hold"),
            ("join", None, Datum::Json("[1,\"b\"]".into()), "1,b"),
            ("default", Some("x"), Datum::Null, "x"),
            ("upper", None, Datum::Null, ""),
            ("base64", None, Datum::text("a:b"), "YTpi"),
        ] {
            let filter = Filter::parse(name, argument).unwrap();
            assert_eq!(filter.apply(value).to_text(), expected, "{name}");
        }
        let rome = Filter::parse("zone", Some("Europe/Rome")).unwrap().apply(Datum::Timestamp(0));
        assert_eq!(rome.to_text(), "1970-01-01T01:00:00Z");
        assert!(Filter::parse("uper", None).unwrap_err().contains("upper"));
        assert!(Filter::parse("date", Some("%Q")).is_err());
    }
}
