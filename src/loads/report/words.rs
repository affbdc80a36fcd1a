//! The words of a report in its two languages, and what the words of statuses mean.

use crate::loads::report::value::Lang;

/// How good or bad something is. Shown by a sign and a word; the colour only helps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tone {
    /// Nothing to say.
    Plain,
    /// As it should be.
    Good,
    /// Somebody should look.
    Warning,
    /// Money or law.
    Bad,
}

impl Tone {
    /// Its class in the style sheet.
    #[must_use]
    pub const fn class(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Good => "good",
            Self::Warning => "warn",
            Self::Bad => "bad",
        }
    }

    /// A sign that says the same without colour.
    #[must_use]
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Plain => "·",
            Self::Good => "✓",
            Self::Warning => "!",
            Self::Bad => "✕",
        }
    }

    /// A word for a big number.
    #[must_use]
    pub const fn word(self, lang: Lang) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Good => lang.of("a posto", "fine"),
            Self::Warning => lang.of("da guardare", "look"),
            Self::Bad => lang.of("da risolvere", "act"),
        }
    }
}

/// Words of statuses: as tables have them, in Italian, in English, how good they are.
const STATUSES: [(&str, &str, &str, Tone); 27] = [
    ("matched", "quadra", "matched", Tone::Good),
    ("different", "diverso", "different", Tone::Bad),
    ("duplicate", "doppio", "duplicate", Tone::Bad),
    ("left_only", "solo a sinistra", "left only", Tone::Bad),
    ("right_only", "solo a destra", "right only", Tone::Bad),
    ("pending", "in attesa", "pending", Tone::Plain),
    ("proposed", "proposto", "proposed", Tone::Warning),
    ("blocker", "bloccante", "blocker", Tone::Bad),
    ("warning", "avviso", "warning", Tone::Warning),
    ("info", "informativa", "info", Tone::Plain),
    ("new", "nuova", "new", Tone::Bad),
    ("open", "aperta", "open", Tone::Warning),
    ("explained", "spiegata", "explained", Tone::Good),
    ("resolved", "risolta", "resolved", Tone::Good),
    ("ignored", "ignorata", "ignored", Tone::Plain),
    ("ok", "ok", "ok", Tone::Good),
    ("done", "fatto", "done", Tone::Good),
    ("error", "errore", "error", Tone::Bad),
    ("failed", "fallito", "failed", Tone::Bad),
    ("rejected", "scartato", "rejected", Tone::Bad),
    ("missing", "manca", "missing", Tone::Bad),
    ("late", "in ritardo", "late", Tone::Warning),
    ("low", "sotto scorta", "low", Tone::Warning),
    ("out", "esaurito", "out of stock", Tone::Bad),
    ("in_stock", "disponibile", "in stock", Tone::Good),
    ("unchanged", "invariato", "unchanged", Tone::Plain),
    ("oversold", "venduto oltre", "oversold", Tone::Bad),
];

/// The word of a status; its own when it is none of those that are known.
#[must_use]
pub fn status(word: &str, lang: Lang) -> &str {
    let known = STATUSES.iter().find(|(own, ..)| *own == word);
    known.map_or(word, |(_, italian, english, _)| lang.of(italian, english))
}

/// How good a status is; `Plain` when it is not known.
#[must_use]
pub fn tone(word: &str) -> Tone {
    STATUSES.iter().find(|(own, italian, ..)| *own == word || *italian == word).map_or(Tone::Plain, |(.., tone)| *tone)
}

/// `1 riga`, `2.000 righe`.
#[must_use]
pub fn rows(count: u64, shown: &str, lang: Lang) -> String {
    let word = if count == 1 { lang.of("riga", "row") } else { lang.of("righe", "rows") };
    format!("{shown} {word}")
}
