//! Checks the conventions of a format (numbers, dates, nothing) as the user wrote them.

use chrono_tz::Tz;
use encoding_rs::{Encoding, UTF_8};

use crate::context::BindCx;
use crate::contract::CellFormat;
use crate::diag::{Code, Diagnostic, Text, did_you_mean};
use crate::domain::calendar::DateFormat;
use crate::domain::money::NumberFormat;
use crate::io::text::{self, ENCODINGS};

/// The [`CellKeys`] of a format: all of them, or only those of dates for formats whose numbers have one form.
macro_rules! cell_keys {
    (all of $format:expr) => {
        CellKeys {
            decimal: $format.decimal.as_ref(),
            thousands: $format.thousands.as_ref(),
            trim: $format.trim,
            ..cell_keys!(dates of $format)
        }
    };
    (dates of $format:expr) => {
        CellKeys {
            date: $format.date.as_ref(),
            timestamp: $format.timestamp.as_ref(),
            timezone: $format.timezone.as_ref(),
            null: $format.null.as_deref(),
            ..CellKeys::default()
        }
    };
}
pub(super) use cell_keys;

/// The conventions that formats share, as written.
#[derive(Clone, Copy, Default)]
pub struct CellKeys<'s> {
    /// Decimal mark.
    pub decimal: Option<&'s Text>,
    /// Thousands separator.
    pub thousands: Option<&'s Text>,
    /// Form of dates.
    pub date: Option<&'s Text>,
    /// Form of the date of timestamps.
    pub timestamp: Option<&'s Text>,
    /// Zone of timestamps.
    pub timezone: Option<&'s Text>,
    /// Texts that mean nothing.
    pub null: Option<&'s [Text]>,
    /// Whether blanks are dropped.
    pub trim: Option<bool>,
}

impl CellKeys<'_> {
    /// The conventions, with every mistake in them reported; what is wrong keeps its default.
    #[must_use]
    pub fn compile(self, cx: &BindCx) -> CellFormat {
        let null = self.null.map(|words| words.iter().map(Text::to_string).collect::<Vec<_>>());
        CellFormat {
            number: self.number(cx),
            date: self.date.map_or(DateFormat::Iso, |pattern| date_format(pattern, cx)),
            timestamp: self.timestamp.map_or(DateFormat::Iso, |pattern| timestamp_format(pattern, cx)),
            zone: self.timezone.and_then(|name| zone(name, cx)),
            empty_is_null: null.as_ref().is_none_or(|words| words.iter().any(String::is_empty)),
            null: null.unwrap_or_default().into_iter().filter(|word| !word.is_empty()).collect(),
            trim: self.trim.unwrap_or(true),
        }
    }

    fn number(self, cx: &BindCx) -> NumberFormat {
        let decimal = self.decimal.and_then(|mark| one_of(mark, "decimal", b".,", cx)).unwrap_or(b'.');
        let thousands = self.thousands.filter(|mark| !mark.is_empty());
        let thousands = thousands.and_then(|mark| one_of(mark, "thousands", b".,' ", cx));
        if let (Some(mark), Some(written)) = (thousands, self.thousands.or(self.decimal))
            && mark == decimal
        {
            cx.error(
                Code::BadValue,
                written,
                "`decimal` and `thousands` are the same character: give `decimal: \",\"` as well",
            );
        }
        NumberFormat { decimal, thousands }
    }
}

/// The encoding of that name; UTF-8 when none is given or it is unknown, which is reported.
pub fn encoding(name: Option<&Text>, cx: &BindCx) -> &'static Encoding {
    let Some(name) = name else { return UTF_8 };
    text::encoding(name).unwrap_or_else(|| {
        let diagnostic = Diagnostic::error(Code::BadValue, name.place(), format!("unknown encoding `{name}`"));
        let known = format!("common encodings: {}", ENCODINGS.join(", "));
        cx.report(diagnostic.helps(did_you_mean(name, ENCODINGS.iter().copied())).help(known));
        UTF_8
    })
}

/// One ASCII character out of a few.
fn one_of(mark: &Text, key: &str, allowed: &[u8], cx: &BindCx) -> Option<u8> {
    match mark.as_bytes() {
        [byte] if allowed.contains(byte) => Some(*byte),
        _ => {
            let allowed: Vec<String> = allowed.iter().map(|byte| format!("`{}`", char::from(*byte))).collect();
            cx.error(
                Code::BadValue,
                mark,
                format!("expected one of {} for `{key}`, found `{mark}`", allowed.join(", ")),
            );
            None
        }
    }
}

fn date_format(pattern: &Text, cx: &BindCx) -> DateFormat {
    pattern.parse().unwrap_or_else(|error| {
        cx.error(Code::BadValue, pattern, format!("{error}"));
        DateFormat::Iso
    })
}

/// The date pattern that a timestamp pattern begins with; the time after it is always hours and minutes, with or without
/// seconds.
fn timestamp_format(pattern: &Text, cx: &BindCx) -> DateFormat {
    let date = pattern.split([' ', 'T']).next().unwrap_or_default();
    date.parse().unwrap_or_else(|error| {
        cx.error(Code::BadValue, pattern, format!("{error}"));
        DateFormat::Iso
    })
}

fn zone(name: &Text, cx: &BindCx) -> Option<Tz> {
    let zone = name.parse::<Tz>().ok();
    if zone.is_none() {
        cx.error(Code::BadValue, name, format!("unknown time zone `{name}`: write it as in `Europe/Rome`"));
    }
    zone
}
