//! What is wrong with a row, as the channel would see it.

/// What is wrong with a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// Stable cause.
    pub cause: &'static str,
    /// What is wrong and what to do, in English.
    pub message: String,
    /// The same in Italian.
    pub message_it: String,
    /// The offending value.
    pub value: Option<String>,
}

impl Issue {
    /// An issue without a value.
    #[must_use]
    pub fn new(cause: &'static str, message: impl Into<String>, message_it: impl Into<String>) -> Self {
        Self { cause, message: message.into(), message_it: message_it.into(), value: None }
    }

    /// The same issue, about that value.
    #[must_use]
    pub fn about(mut self, value: impl Into<String>) -> Self {
        self.value = Some(value.into());
        self
    }

    /// A required field that is empty.
    #[must_use]
    pub fn missing() -> Self {
        Self::new("missing-value", "is required and empty; fill it", "è obbligatorio e vuoto; compilarlo")
    }

    /// A field that is required because another has that value.
    #[must_use]
    pub fn missing_with(other: &str, value: &str) -> Self {
        Self::new(
            "missing-value",
            format!("is required when `{other}` is `{value}`; fill it"),
            format!("è obbligatorio quando `{other}` è `{value}`; compilarlo"),
        )
    }

    /// None of several fields is filled.
    #[must_use]
    pub fn none_of(names: &[&str]) -> Self {
        let (en, it) = (names.join("`, `"), names.join("`, `"));
        Self::new(
            "missing-value",
            format!("at least one of `{en}` must be filled"),
            format!("almeno uno fra `{it}` va compilato"),
        )
    }

    /// A text that is too long and may not be cut.
    #[must_use]
    pub fn too_long(length: usize, most: usize) -> Self {
        Self::new(
            "too-long",
            format!("has {length} characters, at most {most} are allowed; shorten it"),
            format!("ha {length} caratteri, al massimo {most} sono ammessi; accorciarlo"),
        )
    }

    /// A text that is too short.
    #[must_use]
    pub fn too_short(length: usize, fewest: usize) -> Self {
        Self::new(
            "too-short",
            format!("has {length} characters, at least {fewest} are needed; write more"),
            format!("ha {length} caratteri, ne servono almeno {fewest}; scrivere di più"),
        )
    }

    /// A value that is none of those that are possible.
    #[must_use]
    pub fn not_in_list(value: &str, possible: &[&str]) -> Self {
        let possible = possible.join(", ");
        Self::new(
            "not-in-list",
            format!("`{value}` is not a value of the channel; possible: {possible}"),
            format!("`{value}` non è un valore del canale; possibili: {possible}"),
        )
    }

    /// A text that does not match its pattern.
    #[must_use]
    pub fn bad_pattern(value: &str, pattern: &str) -> Self {
        Self::new(
            "bad-pattern",
            format!("`{value}` does not have the form `{pattern}`; correct it"),
            format!("`{value}` non ha la forma `{pattern}`; correggerlo"),
        )
    }

    /// A price with too many decimals.
    #[must_use]
    pub fn too_many_decimals(value: &str, decimals: u8) -> Self {
        Self::new(
            "too-many-decimals",
            format!("`{value}` has more than {decimals} decimals; round it with `ROUND(…, {decimals})`"),
            format!("`{value}` ha più di {decimals} decimali; arrotondarlo con `ROUND(…, {decimals})`"),
        )
    }

    /// A price of zero or below.
    #[must_use]
    pub fn not_positive(value: &str) -> Self {
        Self::new(
            "price-not-positive",
            format!("`{value}` is not a price; it must be above zero"),
            format!("`{value}` non è un prezzo; deve essere maggiore di zero"),
        )
    }

    /// A quantity that is none.
    #[must_use]
    pub fn not_a_quantity(value: &str) -> Self {
        Self::new(
            "not-a-quantity",
            format!("`{value}` is not a whole number from zero"),
            format!("`{value}` non è un numero intero da zero in su"),
        )
    }

    /// A number outside its limits.
    #[must_use]
    pub fn out_of_range(value: &str, limit: &str, is_below: bool) -> Self {
        let (en, it) = if is_below { ("at least", "almeno") } else { ("at most", "al massimo") };
        Self::new(
            "out-of-range",
            format!("`{value}` is not possible; it must be {en} {limit}"),
            format!("`{value}` non è possibile; deve essere {it} {limit}"),
        )
    }

    /// A price that is on the wrong side of another.
    #[must_use]
    pub fn not_beside(value: &str, other: &str, limit: &str, below: bool) -> Self {
        let (en, it, cause) =
            if below { ("below", "inferiore a", "not-below") } else { ("above", "superiore a", "not-above") };
        Self::new(
            cause,
            format!("`{value}` is not {en} `{other}`, which is `{limit}`; leave it empty"),
            format!("`{value}` non è {it} `{other}`, che è `{limit}`; lasciarlo vuoto"),
        )
    }

    /// A key that was there before.
    #[must_use]
    pub fn duplicate(value: &str) -> Self {
        Self::new(
            "duplicate-value",
            format!("`{value}` stands in the feed already; each row needs its own"),
            format!("`{value}` è già nel feed; ogni riga deve avere il suo"),
        )
        .about(value)
    }

    /// A variant that does not say in what it differs.
    #[must_use]
    pub fn same_variants(group: &str, fields: &[&str]) -> Self {
        let fields = fields.join("`, `");
        Self::new(
            "variant-without-difference",
            format!("the row is a variant of `{group}`: fill one of `{fields}`, in which variants differ"),
            format!(
                "la riga è una variante di `{group}`: compilare uno fra `{fields}`, in cui le varianti differiscono"
            ),
        )
        .about(group)
    }

    /// Fewer values than are needed.
    #[must_use]
    pub fn too_few(found: usize, fewest: usize) -> Self {
        Self::new(
            "too-few-values",
            format!("has {found} values, at least {fewest} are needed; add some"),
            format!("ha {found} valori, ne servono almeno {fewest}; aggiungerne"),
        )
    }

    /// An address that is not encrypted.
    #[must_use]
    pub fn not_https(value: &str) -> Self {
        Self::new(
            "bad-url",
            format!("`{value}` is not an address of `https://`, which the channel asks for; write `https://`"),
            format!("`{value}` non è un indirizzo `https://`, che il canale richiede; scrivere `https://`"),
        )
    }

    /// An image of a kind that the channel does not show.
    #[must_use]
    pub fn bad_image(extension: &str, possible: &[String]) -> Self {
        let possible = possible.join(", ");
        Self::new(
            "bad-image",
            format!("is an image `.{extension}`, which the channel does not show; possible: {possible}"),
            format!("è un'immagine `.{extension}`, che il canale non mostra; possibili: {possible}"),
        )
    }

    /// A GTIN beside the statement that there is none.
    #[must_use]
    pub fn contradiction() -> Self {
        Self::new(
            "identifier-contradiction",
            "says `no` and the row has a `gtin`; leave one of them empty",
            "dice `no` e la riga ha un `gtin`; lasciarne vuoto uno",
        )
    }
}
