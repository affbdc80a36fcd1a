//! The facts that decision tables look at, and the values each may have.
//!
//! A free value of an order (a date, a postcode, an amount) becomes a fact with few values before a table sees it.

use std::borrow::Cow;

/// A fact: its name, its values (none when any text may be found), and what it means.
pub type Fact = (&'static str, &'static [&'static str], &'static str);

const YES_NO: &[&str] = &["yes", "no"];
const YES_NO_UNKNOWN: &[&str] = &["yes", "no", "unknown"];

/// All facts. Those from `document` on are results of the decision, for the tables that come after it.
pub const FACTS: &[Fact] = &[
    (
        "event",
        &["sale", "gift", "voucher_sale", "voucher_redeem", "top_up", "own_transfer", "purchase"],
        "what happens; a return is looked at as the sale it undoes",
    ),
    (
        "kind",
        &[
            "goods", "digital", "service", "print", "phone", "device", "mpv", "spv", "used", "exempt", "excluded",
            "excise",
        ],
        "what is sold; phone and device are electronics under reverse charge",
    ),
    ("regime", &["ordinary", "forfettario", "franchise"], "the seller's scheme: RF01 and alike, RF19 and RF02, RF20"),
    ("seller", &["it", "eu", "third"], "where the seller is established"),
    ("start", &["it", "eu", "third", "none"], "where the goods start; none for services"),
    (
        "end",
        &["it", "it_free", "sm", "va", "eu", "xi", "third"],
        "where the goods end, or the buyer of a service is: it_free is Italian territory outside VAT, xi Northern Ireland",
    ),
    ("same", YES_NO, "whether the goods start and end in the same country"),
    (
        "buyer",
        &["consumer", "legal", "business", "pa", "self"],
        "who buys: legal is a body without VAT number, pa an Italian public body, self the seller",
    ),
    ("number", &["it", "eu", "third"], "where the business's VAT number is from"),
    ("vies", &["yes", "no", "unavailable", "na"], "whether the number is valid at the tax point"),
    ("invoice", &["no", "yes", "late"], "whether an invoice was asked for"),
    ("oss", YES_NO, "whether the seller is in the Union one-stop shop"),
    ("over", YES_NO, "whether the 10,000 euro are passed, with this sale"),
    ("crossing", YES_NO, "whether this very sale passes them"),
    ("sm_over", YES_NO, "whether the 28,000 euro of San Marino were passed last year"),
    ("deemed", YES_NO, "whether the channel is the deemed supplier"),
    ("channel", &["own", "marketplace"], "where it was sold"),
    ("ioss", YES_NO, "whether there is an IOSS number"),
    ("value", &["small", "large", "unknown"], "intrinsic value of an imported consignment: small up to 150 euro"),
    ("reseller", YES_NO_UNKNOWN, "whether the buyer sells on"),
    ("publisher", YES_NO, "whether the seller is the publisher"),
    ("intent", YES_NO, "whether a declaration of intent was given"),
    ("split", YES_NO, "whether the buyer is under split payment"),
    ("rivalsa", YES_NO, "whether the VAT of a gift is charged to who receives it"),
    ("own_trade", YES_NO, "whether a gift is of what the seller trades in"),
    ("call_off", YES_NO, "whether a transfer is call-off stock"),
    ("supplier", &["it", "eu", "xi", "sm", "third"], "where the supplier of a purchase is established"),
    ("charged", YES_NO, "whether the supplier charged Italian VAT"),
    ("country", &[], "VAT prefix of where it ends"),
    ("territory", &[], "territory of where it ends, empty for the rest of a country"),
    ("product", &[], "kind of product as written"),
    ("category", &[], "class of rate as written"),
    ("deferred", YES_NO, "whether a deferred invoice follows delivery notes"),
    ("deposit", YES_NO, "whether it is a payment on account"),
    ("payment", &["cod", "other"], "how it is paid"),
    ("coupon", &["none", "seller", "other"], "who pays for a coupon"),
    ("redeemed", YES_NO, "whether a multi-purpose voucher pays"),
    ("amount", &["small", "large", "unknown"], "amount of the document: large above 77.47 euro"),
    ("original", &["invoice", "corrispettivi", "unknown"], "document of the sale that a return undoes"),
    ("period", &["same", "later", "unknown"], "whether a return falls into the quarter of its sale"),
    ("certain", YES_NO, "whether the place is certain"),
    ("rate_certain", YES_NO, "whether the rate's class is certain at the destination"),
    ("document", &[], "result: document"),
    ("tipo", &[], "result: tipo documento"),
    ("register", &[], "result: register"),
    ("scheme", &[], "result: scheme"),
    ("natura", &[], "result: natura"),
    ("rate_category", &[], "result: class of the rate"),
];

/// The index of a fact.
#[must_use]
pub fn fact(name: &str) -> Option<usize> {
    FACTS.iter().position(|fact| fact.0 == name)
}

/// What is known of one combination of inputs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts(Vec<Cow<'static, str>>);

impl Default for Facts {
    fn default() -> Self {
        Self(vec![Cow::Borrowed(""); FACTS.len()])
    }
}

impl Facts {
    /// The value of a fact by its index.
    #[must_use]
    pub fn at(&self, index: usize) -> &str {
        self.0.get(index).map_or("", AsRef::as_ref)
    }

    /// The value of a fact by its name; empty when it was never set.
    #[must_use]
    pub fn get(&self, name: &str) -> &str {
        fact(name).map_or("", |index| self.at(index))
    }

    /// Whether a fact has this value.
    #[must_use]
    pub fn is(&self, name: &str, value: &str) -> bool {
        self.get(name) == value
    }

    /// Sets a fact.
    pub fn set(&mut self, name: &str, value: impl Into<Cow<'static, str>>) {
        if let Some(cell) = fact(name).and_then(|index| self.0.get_mut(index)) {
            *cell = value.into();
        }
    }

    /// Sets a fact to `yes` or `no`.
    pub fn flag(&mut self, name: &str, value: bool) {
        self.set(name, if value { "yes" } else { "no" });
    }
}
