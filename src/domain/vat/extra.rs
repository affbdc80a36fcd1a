//! Further facts of a row as `key=value` pairs joined by `;`, such as `ddt=yes;deferred=yes`.

use crate::domain::money::Decimal;

use super::words::is_yes;

/// A flag that the step knows: its name and what it says.
pub type Flag = (&'static str, &'static str);

/// All flags. Others in a text are ignored; in `flags:` they are a mistake.
pub const FLAGS: &[Flag] = &[
    ("ship_to_country", "country where the goods end, when it is not that of the buyer"),
    ("ship_to_postcode", "postcode there"),
    ("ship_to_territory", "territory there"),
    ("address_country_iso", "the buyer's country as the address says it; only read when the country is missing"),
    ("vat_prefix", "prefix of the VAT number that was given: `XI`, `GB`, `DE`"),
    ("codice_fiscale_only", "yes: the buyer gave a codice fiscale and no VAT number, and counts as a consumer"),
    ("ddt", "yes: the goods travelled with a delivery note"),
    ("deferred", "yes: one invoice for the deliveries of a month (TD24)"),
    ("item", "what the electronics are: `smartphone`, `laptop`, `console`, `tablet`, `chip`"),
    ("buyer_is_reseller", "yes: the buyer sells on, which puts electronics under reverse charge"),
    ("seller_is_publisher", "yes: the seller publishes the print, and charges VAT"),
    ("amount", "amount of the document, for stamp duty"),
    ("payment", "`cod`: paid to the courier"),
    ("coupon_funded_by", "`seller`, or who else pays for the coupon"),
    ("own_trade_goods", "no: the gift is of something the seller does not trade in"),
    ("rivalsa", "yes: VAT of the gift is charged to who receives it"),
    ("redeemed_for", "what a voucher pays: kind and class of rate, `goods_standard`"),
    ("original_document", "document of the sale that a return undoes: `invoice…` or `corrispettivi`"),
    ("original_date", "day of the sale that a return undoes; its rate and its rules count"),
    ("original_quarter", "quarter of that sale, `2026Q2`"),
    ("return_quarter", "quarter of the return, when the date does not say it"),
    ("channel", "`marketplace`: sold on a platform"),
    ("intrinsic_value", "value of an imported consignment, net, without carriage, in euro"),
    ("ioss_number", "yes, or the number: the seller is registered for imports"),
    ("ytd_before", "euro of this year's cross-border sales to consumers before this one"),
    ("previous_year", "the same of last year"),
    ("this_supply_net", "net euro of this sale"),
    ("sm_identification", "yes: the buyer of San Marino gave its number"),
    ("sm_distance_sales_prev_year", "euro of distance sales to San Marino last year"),
    ("supplier_country", "country of the supplier of a purchase"),
    ("vat_charged", "yes: the supplier of San Marino charged Italian VAT"),
    ("declaration_of_intent", "yes: the buyer is a habitual exporter and gave its declaration"),
    ("split_payment", "yes or no: the buyer is, or is not, under split payment"),
    ("listed_company", "yes: a company of the list for split payment, until the middle of 2025"),
    ("call_off_stock", "yes: the transfer is call-off stock"),
    ("deposit", "yes: a payment on account (TD02)"),
];

/// The flags of one row.
#[derive(Clone, Debug, Default)]
pub struct Extra<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Extra<'a> {
    /// Reads `key=value;key=value`.
    #[must_use]
    pub fn read(text: &'a str) -> Self {
        let pairs = text.split(';').filter_map(|pair| pair.split_once('='));
        Self(pairs.map(|(key, value)| (key.trim(), value.trim())).filter(|(_, value)| !value.is_empty()).collect())
    }

    /// A value; empty when it is not there. The last one that was written counts.
    #[must_use]
    pub fn get(&self, key: &str) -> &'a str {
        self.0.iter().rev().find(|(name, _)| *name == key).map_or("", |(_, value)| value)
    }

    /// Whether the value is there and says yes.
    #[must_use]
    pub fn yes(&self, key: &str) -> bool {
        !self.get(key).is_empty() && is_yes(self.get(key))
    }

    /// Whether the value is there and does not say yes.
    #[must_use]
    pub fn no(&self, key: &str) -> bool {
        !self.get(key).is_empty() && !is_yes(self.get(key))
    }

    /// `yes`, `no`, or `unknown` when it is not there.
    #[must_use]
    pub fn answer(&self, key: &str) -> &'static str {
        match (self.yes(key), self.no(key)) {
            (true, _) => "yes",
            (_, true) => "no",
            _ => "unknown",
        }
    }

    /// An amount; `None` when it is not there or is no number.
    #[must_use]
    pub fn amount(&self, key: &str) -> Option<Decimal> {
        self.get(key).parse().ok()
    }

    /// The rates of `line1=80.00@22;line2=20.00@10`, each once, as they come.
    #[must_use]
    pub fn line_rates(&self) -> Vec<Decimal> {
        let mut rates: Vec<Decimal> = Vec::new();
        for (key, value) in &self.0 {
            let rate = value.split_once('@').and_then(|(_, rate)| rate.trim().parse().ok());
            let Some(rate) = rate.filter(|rate| key.starts_with("line") && !rates.contains(rate)) else { continue };
            rates.push(rate);
        }
        rates
    }
}
