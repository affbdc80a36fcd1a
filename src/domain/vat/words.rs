//! What people write for the words of the trade, in English and Italian.

/// A word of the tables and what is written for it.
type Words = &'static [(&'static str, &'static [&'static str])];

const EVENTS: Words = &[
    ("sale", &["", "sale", "vendita"]),
    ("return", &["return", "refund", "reso", "rimborso"]),
    ("gift", &["gift", "omaggio"]),
    ("voucher_sale", &["voucher_sale", "vendita_buono"]),
    ("voucher_redeem", &["voucher_redeem", "uso_buono"]),
    ("top_up", &["top_up", "wallet_top_up", "wallet_topup", "topup", "ricarica"]),
    ("own_transfer", &["own_transfer", "trasferimento"]),
    ("purchase", &["fee_purchase", "service_purchase", "goods_purchase", "purchase", "acquisto"]),
    ("deposit", &["deposit", "advance", "acconto"]),
];
const KINDS: Words = &[
    ("goods", &["", "goods", "merce", "beni"]),
    ("digital", &["digital", "digitale", "electronic_service", "ebook", "e_book"]),
    ("service", &["service", "services", "servizio", "servizi", "marketplace_fee", "advertising"]),
    ("print", &["book_print", "print", "editoria"]),
    ("electronics", &["electronics_rc", "elettronica_rc"]),
    ("mpv", &["voucher_mpv", "mpv", "gift_card"]),
    ("spv", &["voucher_spv", "spv"]),
    ("used", &["used_goods", "used", "margin", "usato"]),
    ("exempt", &["exempt", "esente"]),
    ("excluded", &["excluded", "escluso"]),
    ("excise", &["excise", "accise", "alcohol"]),
];
const BUYERS: Words = &[
    ("consumer", &["consumer", "privato"]),
    ("business", &["business", "azienda"]),
    ("pa", &["public_admin", "pa"]),
    ("legal", &["non_taxable_legal", "ente"]),
    ("self", &["self", "proprio"]),
];
const VIES: Words = &[
    ("yes", &["yes", "si", "sì", "true", "valid", "1"]),
    ("no", &["no", "false", "invalid", "0"]),
    ("na", &["na", "n/a", "none"]),
    ("unavailable", &["", "unavailable", "unknown", "timeout"]),
];
const INVOICE: Words = &[
    ("yes", &["yes", "si", "sì", "true", "1"]),
    ("no", &["", "no", "false", "na", "0"]),
    ("late", &["late", "tardi"]),
];
const REGIMES: Words = &[
    ("ordinary", &["", "rf01", "rf16", "rf17", "rf18"]),
    ("margin", &["rf14"]),
    ("forfettario", &["rf19", "rf02"]),
    ("franchise", &["rf20"]),
];

fn word(words: Words, written: &str) -> Option<&'static str> {
    let written = written.trim().to_lowercase();
    words.iter().find(|(_, known)| known.contains(&written.as_str())).map(|(word, _)| *word)
}

/// What happens; a row without a word is a sale.
#[must_use]
pub fn event(written: &str) -> Option<&'static str> {
    word(EVENTS, written)
}

/// What is sold; a row without a word sells goods. `electronics` still has to be told by its article.
#[must_use]
pub fn kind(written: &str) -> Option<&'static str> {
    word(KINDS, written)
}

/// Who buys.
#[must_use]
pub fn buyer(written: &str) -> Option<&'static str> {
    word(BUYERS, written)
}

/// The answer of VIES; no answer is `unavailable`.
#[must_use]
pub fn vies(written: &str) -> Option<&'static str> {
    word(VIES, written)
}

/// Whether an invoice was asked for.
#[must_use]
pub fn invoice(written: &str) -> Option<&'static str> {
    word(INVOICE, written)
}

/// The seller's scheme by its code.
#[must_use]
pub fn regime(written: &str) -> Option<&'static str> {
    word(REGIMES, written)
}

/// Whether a word says yes.
#[must_use]
pub fn is_yes(written: &str) -> bool {
    invoice(written) == Some("yes")
}

/// What is written for each word of a kind of input: for pages and messages.
#[must_use]
pub fn written(input: &str) -> Vec<&'static str> {
    let words = match input {
        "event" => EVENTS,
        "product_kind" => KINDS,
        "buyer_kind" => BUYERS,
        "vat_id_valid" => VIES,
        "invoice_requested" => INVOICE,
        "seller_regime" => REGIMES,
        _ => &[],
    };
    words.iter().filter_map(|(_, known)| known.iter().find(|written| !written.is_empty()).copied()).collect()
}

/// Which electronics under reverse charge an article is: telephones, or consoles, tablets, laptops and chips. Anything else is
/// ordinary goods. Without an article's name the class of devices is taken.
#[must_use]
pub fn electronics(item: &str) -> &'static str {
    const PHONES: &[&str] = &["phone", "mobile", "cell", "telefon"];
    const DEVICES: &[&str] =
        &["console", "tablet", "laptop", "notebook", "chip", "cpu", "processor", "circuit", "microproc"];
    let item = item.to_lowercase();
    let is_one_of = |words: &[&str]| words.iter().any(|word| item.contains(word));
    if is_one_of(&["headphone", "microphone", "earphone"]) {
        "goods"
    } else if is_one_of(PHONES) {
        "phone"
    } else if item.is_empty() || is_one_of(DEVICES) {
        "device"
    } else {
        "goods"
    }
}
