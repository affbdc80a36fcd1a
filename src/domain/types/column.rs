//! What a contract or a cast may say of a column: a plain type, or one of the trade's identifiers.
//!
//! The identifiers are text that normalises and checks itself; their rules live in `domain::ids`.

use std::{borrow::Cow, fmt, str::FromStr, sync::LazyLock};

use thiserror::Error;

use super::{Type, TypeError, plain_names};
use crate::domain::ids::{IdError, codice_fiscale, gtin, iban, partita_iva, simple, vat_number};

/// The identifiers of the trade.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TradeType {
    /// The seller's own code of an article.
    Sku,
    /// A barcode number: GTIN-8, 12, 13 or 14, with its check digit.
    Gtin,
    /// An Italian VAT number, eleven digits without prefix.
    PartitaIva,
    /// An Italian tax code, of a person (16 characters) or of a body (11 digits).
    CodiceFiscale,
    /// A VAT number of the EU with its country prefix.
    VatNumber,
    /// A country, ISO 3166-1 alpha-2.
    Country,
    /// An Italian province, two letters.
    Province,
    /// An Italian postcode, five digits.
    Cap,
    /// A currency, ISO 4217.
    Currency,
    /// An e-mail address.
    Email,
    /// A bank account number, ISO 13616.
    Iban,
}

impl TradeType {
    /// Every trade type, in the order of the documentation.
    pub const ALL: &'static [Self] = &[
        Self::Sku,
        Self::Gtin,
        Self::PartitaIva,
        Self::CodiceFiscale,
        Self::VatNumber,
        Self::Country,
        Self::Province,
        Self::Cap,
        Self::Currency,
        Self::Email,
        Self::Iban,
    ];

    /// The word of the pipeline language.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sku => "sku",
            Self::Gtin => "gtin",
            Self::PartitaIva => "partita_iva",
            Self::CodiceFiscale => "codice_fiscale",
            Self::VatNumber => "vat_number",
            Self::Country => "country",
            Self::Province => "province",
            Self::Cap => "cap",
            Self::Currency => "currency",
            Self::Email => "email",
            Self::Iban => "iban",
        }
    }

    /// The identifier in its one normal form, borrowed when it is written that way already.
    ///
    /// # Errors
    /// Says which rule of the identifier the text breaks.
    pub fn normalise(self, text: &str) -> Result<Cow<'_, str>, IdError> {
        match self {
            Self::Sku => simple::sku(text),
            Self::Gtin => gtin::normalise(text),
            Self::PartitaIva => partita_iva::normalise(text),
            Self::CodiceFiscale => codice_fiscale::normalise(text),
            Self::VatNumber => vat_number::normalise(text),
            Self::Country => simple::country(text),
            Self::Province => simple::province(text),
            Self::Cap => simple::cap(text),
            Self::Currency => simple::currency(text),
            Self::Email => simple::email(text),
            Self::Iban => iban::normalise(text),
        }
    }
}

/// A plain type or an identifier of the trade.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ColumnType {
    /// A type without rules beyond its range.
    Plain(Type),
    /// Text with the rules of an identifier.
    Trade(TradeType),
}

/// Why a text is not the type of a column.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{cause}, {}", trade_names())]
pub struct ColumnTypeError {
    /// What is wrong, and where, in the grammar of the plain types.
    pub cause: TypeError,
}

impl ColumnType {
    /// How the values are stored and what expressions see: identifiers are text.
    #[must_use]
    pub fn base(&self) -> Type {
        match self {
            Self::Plain(plain) => plain.clone(),
            Self::Trade(_) => Type::Text,
        }
    }

    /// The identifier, when the column is one.
    #[must_use]
    pub const fn trade(&self) -> Option<TradeType> {
        match self {
            Self::Plain(_) => None,
            Self::Trade(trade) => Some(*trade),
        }
    }

    /// Every name of one word, for suggestions; `decimal`, `list` and `struct` are included without their arguments.
    #[must_use]
    pub fn all_names() -> &'static [&'static str] {
        static NAMES: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
            let nested = ["decimal", "list", "struct"].into_iter();
            plain_names().chain(nested).chain(TradeType::ALL.iter().map(|trade| trade.name())).collect()
        });
        NAMES.as_slice()
    }

    /// The value in its normal form; a plain type leaves its text as it is.
    ///
    /// # Errors
    /// Says which rule of the identifier the text breaks.
    pub fn normalise<'a>(&self, text: &'a str) -> Result<Cow<'a, str>, IdError> {
        match self {
            Self::Plain(_) => Ok(Cow::Borrowed(text)),
            Self::Trade(trade) => trade.normalise(text),
        }
    }
}

impl From<Type> for ColumnType {
    fn from(plain: Type) -> Self {
        Self::Plain(plain)
    }
}

impl FromStr for ColumnType {
    type Err = ColumnTypeError;

    fn from_str(text: &str) -> Result<Self, ColumnTypeError> {
        let word = text.trim();
        if let Some(trade) = TradeType::ALL.iter().find(|trade| trade.name().eq_ignore_ascii_case(word)) {
            return Ok(Self::Trade(*trade));
        }
        text.parse().map(Self::Plain).map_err(|cause| ColumnTypeError { cause })
    }
}

impl fmt::Display for TradeType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl fmt::Display for ColumnType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(plain) => plain.fmt(formatter),
            Self::Trade(trade) => trade.fmt(formatter),
        }
    }
}

fn trade_names() -> String {
    TradeType::ALL.iter().map(|trade| trade.name()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_and_printed() {
        for trade in TradeType::ALL {
            let column: ColumnType = trade.name().parse().unwrap();
            assert_eq!(column, ColumnType::Trade(*trade));
            assert_eq!(column.to_string(), trade.name());
            assert_eq!(column.base(), Type::Text);
        }
        let money: ColumnType = "money".parse().unwrap();
        assert_eq!((money.base(), money.trade(), money.to_string().as_str()), (Type::MONEY, None, "decimal(18,2)"));
        assert_eq!(" GTIN ".parse(), Ok(ColumnType::Trade(TradeType::Gtin)));
    }

    #[test]
    fn an_unknown_name_lists_all_the_others() {
        let error = "ean".parse::<ColumnType>().unwrap_err().to_string();
        assert!(error.starts_with("unknown type `ean`"), "{error}");
        for name in ColumnType::all_names() {
            assert!(error.contains(name), "`{name}` is missing in: {error}");
        }
    }

    #[test]
    fn every_identifier_normalises_by_its_own_rules() {
        let cases = [
            (TradeType::Sku, " 00A ", "00A"),
            (TradeType::Gtin, "4006381 333931", "4006381333931"),
            (TradeType::PartitaIva, "IT 12345678903", "12345678903"),
            (TradeType::CodiceFiscale, "mrtmtt25d09f205z", "MRTMTT25D09F205Z"),
            (TradeType::VatNumber, "gr 094259216", "EL094259216"),
            (TradeType::Country, "el", "GR"),
            (TradeType::Province, "mi", "MI"),
            (TradeType::Cap, " 00184", "00184"),
            (TradeType::Currency, "eur", "EUR"),
            (TradeType::Email, " ada@Example.IT", "ada@example.it"),
            (TradeType::Iban, "it60 x054 2811 1010 0000 0123 456", "IT60X0542811101000000123456"),
        ];
        assert_eq!(cases.len(), TradeType::ALL.len());
        for (trade, text, expected) in cases {
            assert_eq!(trade.normalise(text).as_deref(), Ok(expected), "{trade}");
            assert!(matches!(trade.normalise(expected), Ok(Cow::Borrowed(_))), "{trade} is not borrowed when normal");
            assert!(trade.normalise("").is_err(), "{trade} accepts nothing");
        }
        assert_eq!(ColumnType::from(Type::Text).normalise(" as is ").as_deref(), Ok(" as is "));
    }
}
