//! What is wrong with one value or one row, in the words that the reject store keeps.
//!
//! A flaw has a stable cause, a message in English and one in Italian. Where the value stands is added by `batch`.

use crate::domain::calendar::{DateError, TimestampError};
use crate::domain::ids::IdError;
use crate::domain::money::NumberError;
use crate::domain::types::{TradeType, Type};

/// Why a row is rejected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flaw {
    /// Stable cause in kebab-case.
    pub cause: String,
    /// What is wrong and what was expected, in English.
    pub message: String,
    /// The same in Italian.
    pub message_it: String,
}

/// A flaw is rare and large: it travels in a box.
pub type Checked<T> = Result<T, Box<Flaw>>;

/// Longest value that a message quotes whole, in characters.
const SHOWN: usize = 60;

impl Flaw {
    /// A flaw with its words in both languages.
    #[must_use]
    pub fn new(cause: &str, message: impl Into<String>, message_it: impl Into<String>) -> Box<Self> {
        Box::new(Self { cause: cause.to_owned(), message: message.into(), message_it: message_it.into() })
    }

    /// `missing-value`: a required value is not there.
    #[must_use]
    pub fn missing() -> Box<Self> {
        Self::new("missing-value", "expected a value, found nothing", "valore obbligatorio mancante")
    }

    /// A text that is not a number of that type: `not-a-number`, `too-many-decimals`, `too-many-digits`.
    #[must_use]
    pub fn number(value: &str, ty: &Type, error: NumberError) -> Box<Self> {
        let shown = shown(value);
        match error {
            NumberError::Empty | NumberError::NotANumber { .. } => {
                let hint = spreadsheet_hint(value);
                Self::new(
                    "not-a-number",
                    format!("expected {}, found {shown}{}", words(ty).0, hint.0),
                    format!("atteso {}, trovato {shown}{}", words(ty).1, hint.1),
                )
            }
            NumberError::MisplacedThousands { .. } => Self::new(
                "not-a-number",
                format!(
                    "the thousands separator of {shown} does not separate groups of three digits: check `decimal` and `thousands` of the format"
                ),
                format!(
                    "il separatore delle migliaia di {shown} non separa gruppi di tre cifre: controllare `decimal` e `thousands` del formato"
                ),
            ),
            NumberError::TooManyDecimals { allowed } => Self::new(
                "too-many-decimals",
                format!(
                    "expected at most {allowed} decimals, found {shown}: declare a type with more decimals or round before"
                ),
                format!(
                    "attesi al massimo {allowed} decimali, trovato {shown}: dichiarare un tipo con più decimali o arrotondare prima"
                ),
            ),
            NumberError::TooManyDigits => Self::too_many_digits(value, ty),
        }
    }

    /// `too-many-digits`: the number is larger than its type.
    #[must_use]
    pub fn too_many_digits(value: &str, ty: &Type) -> Box<Self> {
        let shown = shown(value);
        Self::new(
            "too-many-digits",
            format!("{shown} has more digits than `{ty}` can hold"),
            format!("{shown} ha più cifre di quante ne ammetta `{ty}`"),
        )
    }

    /// `bad-date`.
    #[must_use]
    pub fn date(value: &str, error: DateError) -> Box<Self> {
        let shown = shown(value);
        let italian = match error {
            DateError::Empty => format!("attesa una data, trovato {shown}"),
            DateError::Form { expected } => format!("attesa una data come `{}`, trovato {shown}", expected.example()),
            DateError::TwoDigitYear => format!("atteso un anno di quattro cifre, trovato {shown}"),
            DateError::NoSuchDay => format!("il giorno {shown} non esiste nel calendario"),
        };
        Self::new("bad-date", format!("{error}, found {shown}"), italian)
    }

    /// `bad-timestamp`.
    #[must_use]
    pub fn timestamp(value: &str, error: TimestampError) -> Box<Self> {
        let shown = shown(value);
        Self::new("bad-timestamp", format!("{error}, found {shown}"), format!("{shown} non è una data con ora valida"))
    }

    /// `bad-bool`.
    #[must_use]
    pub fn truth(value: &str) -> Box<Self> {
        let shown = shown(value);
        Self::new(
            "bad-bool",
            format!("expected true or false (also 1/0, yes/no, sì/no, s/n, vero/falso, x), found {shown}"),
            format!("atteso vero o falso (anche 1/0, sì/no, s/n, true/false, x), trovato {shown}"),
        )
    }

    /// `bad-gtin`, `bad-partita-iva`, …: an identifier of the trade that breaks its rules.
    #[must_use]
    pub fn identifier(trade: TradeType, error: IdError) -> Box<Self> {
        let cause = format!("bad-{}", trade.name().replace('_', "-"));
        Self::new(&cause, error.message_en, error.message_it)
    }

    /// `not-in-list`.
    #[must_use]
    pub fn not_in_list(value: &str, allowed: &[String]) -> Box<Self> {
        let (shown, list) =
            (shown(value), allowed.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", "));
        Self::new(
            "not-in-list",
            format!("expected one of {list}, found {shown}"),
            format!("atteso uno tra {list}, trovato {shown}"),
        )
    }

    /// `out-of-range`: below the smallest or above the largest value allowed, given as the user wrote it.
    #[must_use]
    pub fn out_of_range(value: &str, limit: &str, is_minimum: bool) -> Box<Self> {
        let shown = shown(value);
        let (word, word_it) = if is_minimum { ("at least", "almeno") } else { ("at most", "al massimo") };
        Self::new(
            "out-of-range",
            format!("expected {word} `{limit}`, found {shown}"),
            format!("atteso {word_it} `{limit}`, trovato {shown}"),
        )
    }

    /// `bad-pattern`.
    #[must_use]
    pub fn pattern(value: &str, pattern: &str) -> Box<Self> {
        let shown = shown(value);
        Self::new(
            "bad-pattern",
            format!("expected a text of the form `{pattern}`, found {shown}"),
            format!("atteso un testo della forma `{pattern}`, trovato {shown}"),
        )
    }

    /// `too-long`: more characters than allowed.
    #[must_use]
    pub fn too_long(found: usize, allowed: usize) -> Box<Self> {
        Self::new(
            "too-long",
            format!("expected at most {allowed} characters, found {found}"),
            format!("attesi al massimo {allowed} caratteri, trovati {found}"),
        )
    }

    /// `duplicate-value`: a unique column has the value again.
    #[must_use]
    pub fn duplicate(value: &str) -> Box<Self> {
        let shown = shown(value);
        Self::new(
            "duplicate-value",
            format!("{shown} was already read in an earlier row, and the column is unique"),
            format!("{shown} è già presente in una riga precedente e la colonna è unica"),
        )
    }

    /// `repeated-value`: a record has the same field twice.
    #[must_use]
    pub fn repeated() -> Box<Self> {
        Self::new(
            "repeated-value",
            "found the value twice in one record: declare the column as `list<…>` to keep both",
            "valore presente due volte nello stesso record: dichiarare la colonna come `list<…>` per tenerli entrambi",
        )
    }

    /// `wrong-field-count`.
    #[must_use]
    pub fn field_count(found: usize, expected: usize) -> Box<Self> {
        Self::new(
            "wrong-field-count",
            format!("expected {expected} fields, found {found}: check the separator, or a quote that is missing"),
            format!("attesi {expected} campi, trovati {found}: controllare il separatore o un apice mancante"),
        )
    }

    /// `unclosed-quote`.
    #[must_use]
    pub fn unclosed_quote() -> Box<Self> {
        Self::new(
            "unclosed-quote",
            "a quoted field is not closed before the end of the record",
            "un campo tra apici non è chiuso prima della fine della riga",
        )
    }

    /// `bad-encoding`: bytes that are no text in the declared encoding.
    #[must_use]
    pub fn encoding() -> Box<Self> {
        Self::new(
            "bad-encoding",
            "the line is not valid UTF-8: set `encoding: windows-1252` (or the right one) in the format",
            "la riga non è UTF-8 valido: indicare `encoding: windows-1252` (o quella giusta) nel formato",
        )
    }

    /// `bad-json`, with what the reader said.
    #[must_use]
    pub fn json(detail: &str) -> Box<Self> {
        Self::new("bad-json", format!("not well-formed JSON: {detail}"), format!("JSON non valido: {detail}"))
    }

    /// `wrong-type`: a JSON value of another shape.
    #[must_use]
    pub fn wrong_shape(expected: &Type, found: &str) -> Box<Self> {
        Self::new(
            "wrong-type",
            format!("expected {}, found {found}", words(expected).0),
            format!("atteso {}, trovato {found}", words(expected).1),
        )
    }

    /// `cell-error`: a spreadsheet cell shows `#N/A`, `#DIV/0!` and the like.
    #[must_use]
    pub fn cell_error(error: &str) -> Box<Self> {
        Self::new(
            "cell-error",
            format!("the cell holds the error `{error}`: correct its formula"),
            format!("la cella contiene l'errore `{error}`: correggere la formula"),
        )
    }
}

/// A value as a message quotes it.
#[must_use]
pub fn shown(value: &str) -> String {
    if value.chars().count() <= SHOWN {
        return format!("`{value}`");
    }
    format!("`{}…`", value.chars().take(SHOWN).collect::<String>())
}

/// A type in the words of a person, English and Italian.
fn words(ty: &Type) -> (&'static str, &'static str) {
    match ty {
        Type::Text => ("text", "testo"),
        Type::Integer => ("a whole number", "un numero intero"),
        Type::Decimal { .. } | Type::Float => ("a number", "un numero"),
        Type::Bool => ("true or false", "vero o falso"),
        Type::Date => ("a date", "una data"),
        Type::Timestamp => ("a timestamp", "una data con ora"),
        Type::List(_) => ("a list", "un elenco"),
        Type::Struct(_) => ("an object", "un oggetto"),
    }
}

/// What to look at when a number is written in the other convention.
fn spreadsheet_hint(value: &str) -> (&'static str, &'static str) {
    let looks_italian =
        value.contains(',') && value.bytes().all(|byte| byte.is_ascii_digit() || b",.-+ ".contains(&byte));
    if looks_italian {
        return (": set `decimal: \",\"` in the format", ": indicare `decimal: \",\"` nel formato");
    }
    ("", "")
}
