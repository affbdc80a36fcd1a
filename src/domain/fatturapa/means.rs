//! What shops call a means of payment, and its code on an invoice (`ModalitaPagamento`, 2.4.2.2).
//!
//! The specification knows no payment services: those that pay by card or from an account of the payer in one step stand as
//! payment card (`MP08`), which is what is usual; cash on delivery as cash. Who keeps the books may want others.

use super::codes::PaymentMethod;

/// Words of a code, small letters, parts separated by one blank.
pub type Words = (PaymentMethod, &'static [&'static str]);

/// What people and shop systems write.
pub const WORDS: &[Words] = &[
    (
        PaymentMethod::Mp01,
        &["cash", "contanti", "cod", "cash on delivery", "contrassegno", "alla consegna", "pagamento alla consegna"],
    ),
    (PaymentMethod::Mp02, &["cheque", "check", "assegno"]),
    (PaymentMethod::Mp03, &["banker s draft", "assegno circolare"]),
    (
        PaymentMethod::Mp05,
        &[
            "transfer",
            "bank transfer",
            "wire",
            "wire transfer",
            "bonifico",
            "bacs",
            "bank deposit",
            "sepa credit transfer",
        ],
    ),
    (PaymentMethod::Mp07, &["bank slip", "bollettino bancario"]),
    (
        PaymentMethod::Mp08,
        &[
            "card",
            "credit card",
            "debit card",
            "creditcard",
            "cc",
            "carta",
            "carta di credito",
            "carta di debito",
            "carta di pagamento",
            "carta prepagata",
            "bancomat",
            "postepay",
            "pos",
            "visa",
            "mastercard",
            "amex",
            "american express",
            "maestro",
            "paypal",
            "ppcp",
            "ppec",
            "satispay",
            "klarna",
            "scalapay",
            "afterpay",
            "clearpay",
            "bnpl",
            "stripe",
            "shopify payments",
            "woocommerce payments",
            "nexi",
            "xpay",
            "sumup",
            "mollie",
            "adyen",
            "worldpay",
            "apple pay",
            "google pay",
            "amazon pay",
            "amazon payments",
            "marketplace",
            "amazon",
            "ebay",
        ],
    ),
    (PaymentMethod::Mp12, &["riba", "ri ba", "ricevuta bancaria"]),
    (PaymentMethod::Mp13, &["mav"]),
    (PaymentMethod::Mp16, &["bank debit", "domiciliazione bancaria"]),
    (PaymentMethod::Mp17, &["postal debit", "domiciliazione postale"]),
    (PaymentMethod::Mp18, &["postal slip", "bollettino", "bollettino postale"]),
    (PaymentMethod::Mp19, &["sdd", "sepa direct debit", "sepa debit", "addebito diretto", "direct debit", "rid"]),
    (PaymentMethod::Mp23, &["pagopa", "pago pa"]),
];

/// The code of what somebody wrote: the code itself; a word of [`WORDS`], in small or capital letters and with any signs
/// between its parts; or a text that begins with such a word, as `PayPal Express` or `carta di credito Visa`.
#[must_use]
pub fn method_of(written: &str) -> Option<PaymentMethod> {
    let text = normal(written);
    if let Some(method) = PaymentMethod::from_code(&text.to_ascii_uppercase()) {
        return Some(method);
    }
    let begins = |word: &str| {
        text.strip_prefix(word).is_some_and(|rest| rest.is_empty() || rest.starts_with(' ')).then_some(word.len())
    };
    let lengths = |words: &'static [&'static str]| words.iter().filter_map(|word| begins(word)).max();
    let found = WORDS.iter().filter_map(|(method, words)| Some((lengths(words)?, *method)));
    found.max_by_key(|(length, _)| *length).map(|(_, method)| method)
}

/// Small letters and digits, one blank for any other signs between them.
#[must_use]
pub fn normal(written: &str) -> String {
    let mut text = String::with_capacity(written.len());
    for character in written.chars().flat_map(char::to_lowercase) {
        if character.is_alphanumeric() {
            text.push(character);
        } else if !text.is_empty() && !text.ends_with(' ') {
            text.push(' ');
        }
    }
    text.truncate(text.trim_end().len());
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_the_trade_have_a_code() {
        let cases = [
            ("MP05", Some(PaymentMethod::Mp05)),
            (" mp12 ", Some(PaymentMethod::Mp12)),
            ("Credit Card", Some(PaymentMethod::Mp08)),
            ("carta di credito (Visa)", Some(PaymentMethod::Mp08)),
            ("PayPal Express Checkout", Some(PaymentMethod::Mp08)),
            ("ppcp-gateway", Some(PaymentMethod::Mp08)),
            ("shopify_payments", Some(PaymentMethod::Mp08)),
            ("Bonifico bancario anticipato", Some(PaymentMethod::Mp05)),
            ("BACS", Some(PaymentMethod::Mp05)),
            ("Contrassegno", Some(PaymentMethod::Mp01)),
            ("COD", Some(PaymentMethod::Mp01)),
            ("assegno circolare", Some(PaymentMethod::Mp03)),
            ("assegno", Some(PaymentMethod::Mp02)),
            ("Ri.Ba. 30 gg", Some(PaymentMethod::Mp12)),
            ("bollettino bancario", Some(PaymentMethod::Mp07)),
            ("bollettino", Some(PaymentMethod::Mp18)),
            ("codice", None),
            ("MP24", None),
            ("baratto", None),
            ("", None),
        ];
        for (written, expected) in cases {
            assert_eq!(method_of(written), expected, "{written}");
        }
    }

    #[test]
    fn every_word_is_written_as_it_is_looked_for_and_stands_once() {
        let all: Vec<&str> = WORDS.iter().flat_map(|(_, words)| words.iter().copied()).collect();
        for word in &all {
            assert_eq!(normal(word), *word);
            assert_eq!(all.iter().filter(|other| *other == word).count(), 1, "{word}");
        }
    }

    #[test]
    fn the_guide_names_every_word() {
        let guide = include_str!("../../../docs/guides/fatturapa.md");
        for (method, words) in WORDS {
            let line = guide.lines().find(|line| line.starts_with(&format!("| `{method}`"))).unwrap_or_default();
            for word in *words {
                assert!(line.contains(&format!("`{word}`")), "{method}: {word}");
            }
        }
    }
}
