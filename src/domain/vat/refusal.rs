//! Why a row gets no decision, in words for a person.

use super::facts::Facts;
use super::words;

/// Why a row gets no decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Stable cause, kebab-case.
    pub cause: &'static str,
    /// Offending value.
    pub value: String,
    /// What is wrong and what to do.
    pub message: String,
    /// The same in Italian.
    pub message_it: String,
}

/// The causes, in the order in which a step tells them apart.
pub const CAUSES: &[&str] = &[
    "missing-value",
    "bad-country",
    "unknown-territory",
    "unknown-buyer-kind",
    "unknown-word",
    "vat-not-covered",
    "vat-rate-unknown",
];

/// The facts that describe a situation that no rule covers.
const TOLD: &[&str] = &["event", "kind", "start", "end", "buyer", "vies", "invoice", "oss", "regime"];

impl Refusal {
    fn new(cause: &'static str, value: &str, message: impl Into<String>, message_it: impl Into<String>) -> Self {
        Self { cause, value: value.to_owned(), message: message.into(), message_it: message_it.into() }
    }

    pub(super) fn no_date() -> Self {
        let message = "the date of the supply is missing: rules and rates depend on it";
        Self::new("missing-value", "", message, "manca la data dell'operazione, da cui dipendono regole e aliquote")
    }

    pub(super) fn country(written: &str) -> Self {
        let message = format!("`{written}` is no country: expected an ISO code of two letters, or `EL` and `XI`");
        let italian = format!("`{written}` non è un paese: atteso un codice ISO di due lettere, oppure `EL` e `XI`");
        Self::new("bad-country", written, message, italian)
    }

    pub(super) fn territory(written: &str) -> Self {
        let message = format!(
            "`{written}` is no known territory: leave it empty and give the postcode, or write a code such as `ES-CN`"
        );
        let italian =
            format!("`{written}` non è un territorio noto: lasciarlo vuoto e dare il CAP, o un codice come `ES-CN`");
        Self::new("unknown-territory", written, message, italian)
    }

    pub(super) fn word(input: &'static str, written: &str) -> Self {
        let cause = if input == "buyer_kind" { "unknown-buyer-kind" } else { "unknown-word" };
        let known = words::written(input);
        let (expected, attesi) = if known.is_empty() {
            (String::new(), String::new())
        } else {
            (format!(": expected `{}`", known.join("`, `")), format!(": attesi `{}`", known.join("`, `")))
        };
        let message = format!("`{input}` is `{written}`{expected}");
        Self::new(cause, written, message, format!("`{input}` è `{written}`{attesi}"))
    }

    pub(super) fn not_covered(facts: &Facts) -> Self {
        let told: Vec<String> = TOLD.iter().map(|name| format!("{name}={}", facts.get(name))).collect();
        let told = told.join(" ");
        let message = format!("no rule in force covers this case: {told}; add a row to your own `rules`");
        let italian =
            format!("nessuna regola in vigore copre il caso: {told}; aggiungere una riga alle proprie `rules`");
        Self::new("vat-not-covered", &told, message, italian)
    }

    pub(super) fn no_rate(area: &str, class: &str) -> Self {
        let value = format!("{area} {class}");
        let message = format!(
            "no rate, or more than one, is known for `{class}` in `{area}` on that day: add it to your table of `rates`"
        );
        let italian = format!(
            "nessuna aliquota, o più d'una, è nota per `{class}` in `{area}` in quel giorno: aggiungerla alla tabella `rates`"
        );
        Self::new("vat-rate-unknown", &value, message, italian)
    }
}
