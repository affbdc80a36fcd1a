//! Values of a report, and how a person reads them in Italian and in English.

use chrono::DateTime;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::domain::calendar::{BUSINESS_ZONE, DateFormat, format_date};
use crate::domain::money::Decimal;
use crate::domain::types::Type;
use crate::loads::format::cells::Cell;
use crate::loads::format::json::{JsonOptions, write_value};
use crate::loads::format::lexeme;
use crate::loads::report::spec::Kind;
use crate::loads::report::words;

/// Language of a report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Lang {
    /// Italian.
    #[default]
    It,
    /// English.
    En,
}

impl Lang {
    /// The word of one of the two languages.
    #[must_use]
    pub const fn of(self, italian: &'static str, english: &'static str) -> &'static str {
        match self {
            Self::It => italian,
            Self::En => english,
        }
    }

    /// `it` or `en`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        self.of("it", "en")
    }
}

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// None.
    Null,
    /// Characters.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// An exact number.
    Decimal(i128, u8),
    /// A measure.
    Float(f64),
    /// True or false.
    Bool(bool),
    /// Days since 1970-01-01.
    Date(i32),
    /// Microseconds since 1970-01-01 UTC.
    Instant(i64),
}

impl Value {
    /// The value of a cell; lists and structures are JSON.
    #[must_use]
    pub fn of(cell: Cell<'_>) -> Self {
        match cell {
            Cell::Null => Self::Null,
            Cell::Text(text) => Self::Text(text.to_owned()),
            Cell::Integer(value) => Self::Integer(value),
            Cell::Decimal(mantissa, scale) => Self::Decimal(mantissa, scale),
            Cell::Float(value) => Self::Float(value),
            Cell::Bool(value) => Self::Bool(value),
            Cell::Date(days) => Self::Date(days),
            Cell::Timestamp(micros) => Self::Instant(micros),
            Cell::Nested(..) => {
                let mut json = Vec::new();
                write_value(cell, JsonOptions::default(), &mut json);
                Self::Text(String::from_utf8_lossy(&json).into_owned())
            }
        }
    }

    /// The value as formats take it.
    #[must_use]
    pub fn cell(&self) -> Cell<'_> {
        match self {
            Self::Null => Cell::Null,
            Self::Text(text) => Cell::Text(text),
            Self::Integer(value) => Cell::Integer(*value),
            Self::Decimal(mantissa, scale) => Cell::Decimal(*mantissa, *scale),
            Self::Float(value) => Cell::Float(*value),
            Self::Bool(value) => Cell::Bool(*value),
            Self::Date(days) => Cell::Date(*days),
            Self::Instant(micros) => Cell::Timestamp(*micros),
        }
    }

    /// As an exact number.
    #[must_use]
    pub fn decimal(&self) -> Option<Decimal> {
        match self {
            Self::Integer(value) => Some(Decimal::new(i128::from(*value), 0)),
            Self::Decimal(mantissa, scale) => Some(Decimal::new(*mantissa, *scale)),
            _ => None,
        }
    }

    /// The text that machines read: a point, no grouping, ISO days.
    #[must_use]
    pub fn plain(&self) -> String {
        let mut out = Vec::new();
        match self {
            Self::Null => {}
            Self::Text(text) => return text.clone(),
            Self::Integer(value) => lexeme::write_integer(*value, &mut out),
            Self::Decimal(mantissa, scale) => lexeme::write_decimal(*mantissa, *scale, b'.', &mut out),
            Self::Float(value) => {
                lexeme::write_float(*value, b'.', &mut out);
            }
            Self::Bool(value) => return value.to_string(),
            Self::Date(days) => lexeme::write_date(*days, &mut out),
            Self::Instant(micros) => lexeme::write_timestamp(*micros, &mut out),
        }
        String::from_utf8_lossy(&out).into_owned()
    }
}

/// How the values of a column are written for a person.
#[derive(Clone, Copy, Debug)]
pub struct Style<'a> {
    /// Language.
    pub lang: Lang,
    /// Currency, ISO 4217.
    pub currency: &'a str,
}

impl Style<'_> {
    /// The value as a person reads it; nothing for none.
    #[must_use]
    pub fn show(&self, value: &Value, kind: Kind) -> String {
        match (kind, value) {
            (_, Value::Null) => String::new(),
            (Kind::Share, value) => value.decimal().map_or_else(|| value.plain(), |share| self.share(share)),
            (Kind::Money, value) => value.decimal().map_or_else(|| value.plain(), |amount| self.decimals(amount, 2)),
            (Kind::Count | Kind::Number, Value::Integer(_) | Value::Decimal(..)) => {
                value.decimal().map_or_else(String::new, |number| self.number(number))
            }
            (Kind::Status, Value::Text(word)) => words::status(word, self.lang).to_owned(),
            (Kind::Time | Kind::Date, Value::Instant(micros)) => self.instant(*micros, kind == Kind::Time),
            (_, Value::Instant(micros)) => self.instant(*micros, true),
            (_, Value::Date(days)) => self.date(*days),
            (_, Value::Bool(value)) => {
                let (yes, no) = (self.lang.of("sì", "yes"), self.lang.of("no", "no"));
                if *value { yes } else { no }.to_owned()
            }
            (_, Value::Float(_)) => value.plain().replace('.', self.point()),
            (Kind::Text, _) => value.plain(),
            _ => value.decimal().map_or_else(|| value.plain(), |number| self.number(number)),
        }
    }

    /// An amount with the sign of its currency: `1.234,50 €`.
    #[must_use]
    pub fn money(&self, amount: Decimal) -> String {
        let figure = self.decimals(amount, 2);
        let sign = match self.currency {
            "EUR" => "€",
            "USD" => "$",
            "GBP" => "£",
            other => other,
        };
        match (self.lang, figure.strip_prefix('−')) {
            (Lang::It, _) => format!("{figure}\u{a0}{sign}"),
            (Lang::En, _) if sign.len() == 3 && sign.is_ascii() => format!("{sign}\u{a0}{figure}"),
            (Lang::En, Some(figure)) => format!("−{sign}{figure}"),
            (Lang::En, None) => format!("{sign}{figure}"),
        }
    }

    /// The value as a big number, with its unit.
    #[must_use]
    pub fn large(&self, value: &Value, kind: Kind) -> String {
        match (kind, value.decimal()) {
            (Kind::Money, Some(amount)) => self.money(amount),
            _ if *value == Value::Null => "–".to_owned(),
            _ => self.show(value, kind),
        }
    }

    /// A number with the decimals that it has.
    fn number(&self, number: Decimal) -> String {
        self.grouped(number)
    }

    /// A number with that many decimals, and more where it has more that are not zero.
    fn decimals(&self, number: Decimal, least: u8) -> String {
        let trimmed = number.trimmed();
        self.grouped(if trimmed.scale < least { trimmed.rescale(least).unwrap_or(number) } else { trimmed })
    }

    fn share(&self, share: Decimal) -> String {
        let percent = Decimal::checked_new(share.mantissa.saturating_mul(100), share.scale).unwrap_or(share);
        let (rounded, whole) = (percent.round(1), Decimal::new(100, 0));
        // Rounding must not say that all is well, nor that nothing is.
        if rounded >= whole && percent < whole {
            return format!("> {}\u{a0}%", self.grouped(Decimal::new(999, 1)));
        }
        if rounded.is_zero() && !percent.is_zero() && !percent.is_negative() {
            return format!("< {}\u{a0}%", self.grouped(Decimal::new(1, 1)));
        }
        format!("{}\u{a0}%", self.grouped(rounded.trimmed()))
    }

    const fn point(&self) -> &'static str {
        self.lang.of(",", ".")
    }

    fn grouped(&self, number: Decimal) -> String {
        let mut plain = Vec::new();
        lexeme::write_decimal(number.abs().mantissa, number.scale, b'.', &mut plain);
        let plain = String::from_utf8_lossy(&plain).into_owned();
        let (whole, fraction) = plain.split_once('.').unwrap_or((&plain, ""));
        let mut out = String::new();
        if number.is_negative() {
            out.push('−');
        }
        for (at, digit) in whole.chars().enumerate() {
            if at > 0 && (whole.len() - at).is_multiple_of(3) {
                out.push_str(self.lang.of(".", ","));
            }
            out.push(digit);
        }
        if !fraction.is_empty() {
            out.push_str(self.point());
            out.push_str(fraction);
        }
        out
    }

    /// A day: `24/11/2026`, `24 Nov 2026`.
    #[must_use]
    pub fn date(&self, days: i32) -> String {
        let mut out = Vec::new();
        match self.lang {
            Lang::It => format_date(days, DateFormat::Slash, &mut out),
            Lang::En => {
                let day = chrono::NaiveDate::from_epoch_days(days);
                return day.map_or_else(String::new, |day| day.format("%-d %b %Y").to_string());
            }
        }
        String::from_utf8_lossy(&out).into_owned()
    }

    /// An instant in the time of Rome.
    #[must_use]
    pub fn instant(&self, micros: i64, with_time: bool) -> String {
        let Some(utc) = DateTime::from_timestamp_micros(micros) else { return micros.to_string() };
        let local = utc.with_timezone(&BUSINESS_ZONE);
        let day = self.date(local.date_naive().to_epoch_days());
        if with_time { format!("{day} {}", local.format("%H:%M")) } else { day }
    }
}

/// How a column of that type is shown when nothing is said.
#[must_use]
pub fn usual(ty: &Type) -> Kind {
    match ty {
        Type::Integer => Kind::Count,
        Type::Decimal { scale: 2, .. } => Kind::Money,
        Type::Decimal { .. } | Type::Float => Kind::Number,
        Type::Date => Kind::Date,
        Type::Timestamp => Kind::Time,
        Type::Text | Type::Bool | Type::List(_) | Type::Struct(_) => Kind::Text,
    }
}

/// Whether values of that kind stand on the right.
#[must_use]
pub const fn is_figure(kind: Kind) -> bool {
    matches!(kind, Kind::Money | Kind::Count | Kind::Number | Kind::Share)
}

#[cfg(test)]
mod tests {
    use super::*;

    const IT: Style<'static> = Style { lang: Lang::It, currency: "EUR" };
    const EN: Style<'static> = Style { lang: Lang::En, currency: "EUR" };

    #[test]
    fn numbers_in_both_languages() {
        let cases = [
            (Value::Decimal(123_456_789, 2), Kind::Money, "1.234.567,89", "1,234,567.89"),
            (Value::Decimal(-5, 2), Kind::Money, "−0,05", "−0.05"),
            (Value::Integer(1000), Kind::Count, "1.000", "1,000"),
            (Value::Integer(999), Kind::Count, "999", "999"),
            (Value::Decimal(12_500, 4), Kind::Money, "1,25", "1.25"),
            (Value::Decimal(12_345, 4), Kind::Money, "1,2345", "1.2345"),
            (Value::Integer(7), Kind::Money, "7,00", "7.00"),
            (Value::Decimal(1500, 3), Kind::Number, "1,500", "1.500"),
            (Value::Null, Kind::Money, "", ""),
            (Value::Bool(true), Kind::Text, "sì", "yes"),
            (Value::Date(20_781), Kind::Date, "24/11/2026", "24 Nov 2026"),
            (Value::Instant(1_795_490_970_000_000), Kind::Time, "24/11/2026 04:29", "24 Nov 2026 04:29"),
        ];
        for (value, kind, italian, english) in cases {
            assert_eq!(IT.show(&value, kind), italian, "{value:?}");
            assert_eq!(EN.show(&value, kind), english, "{value:?}");
        }
        assert_eq!(IT.money(Decimal::new(-123_450, 2)), "−1.234,50\u{a0}€");
        assert_eq!(EN.money(Decimal::new(-123_450, 2)), "−€1,234.50");
    }

    #[test]
    fn a_share_is_never_rounded_to_all_or_nothing() {
        let cases = [
            (5, 1, "50\u{a0}%"),
            (1, 0, "100\u{a0}%"),
            (99_996, 5, "> 99,9\u{a0}%"),
            (1, 6, "< 0,1\u{a0}%"),
            (0, 0, "0\u{a0}%"),
            (12_345, 5, "12,3\u{a0}%"),
        ];
        for (mantissa, scale, shown) in cases {
            assert_eq!(IT.show(&Value::Decimal(mantissa, scale), Kind::Share), shown);
        }
    }
}
