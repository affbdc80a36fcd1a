//! One combination of inputs as it was written, and the facts that follow from it.

use std::borrow::Cow;

use crate::domain::calendar::{civil_from_days, days_from_civil};
use crate::domain::money::Decimal;

use super::extra::Extra;
use super::facts::Facts;
use super::place::{MEMBERS, Place, Unknown, prefix};
use super::refusal::Refusal;
use super::table::read_day;
use super::words;

/// What is known of a row; what is missing is empty.
#[derive(Clone, Debug, Default)]
pub struct Input<'a> {
    /// Tax point, in days since 1970-01-01.
    pub supply_day: Option<i32>,
    /// Country of the seller; Italy when empty.
    pub seller_country: &'a str,
    /// Scheme of the seller, `RF01`.
    pub seller_regime: &'a str,
    /// What happens.
    pub event: &'a str,
    /// What is sold.
    pub product_kind: &'a str,
    /// Class of rate.
    pub rate_hint: &'a str,
    /// Italian rate in percent, for whoever has no classes.
    pub vat_rate: &'a str,
    /// Where the goods start.
    pub dispatch_from: &'a str,
    /// Who buys.
    pub buyer_kind: &'a str,
    /// Country of the buyer.
    pub buyer_country: &'a str,
    /// Postcode of the buyer.
    pub buyer_postcode: &'a str,
    /// Province of the buyer.
    pub buyer_province: &'a str,
    /// Territory of the buyer.
    pub buyer_territory: &'a str,
    /// Country where the goods end; the buyer's when empty.
    pub ship_to_country: &'a str,
    /// Postcode there.
    pub ship_to_postcode: &'a str,
    /// What the VAT number says: its prefix, `bad` when it is malformed, empty when none was given or looked at.
    pub vat_id: &'a str,
    /// Answer of VIES.
    pub vat_id_valid: &'a str,
    /// Whether an invoice was asked for.
    pub invoice_requested: &'a str,
    /// Whether the seller is in the one-stop shop.
    pub oss_registered: &'a str,
    /// Whether the 10,000 euro are passed.
    pub over_10k: &'a str,
    /// Whether the channel is the deemed supplier.
    pub channel_deemed_supplier: &'a str,
    /// Further facts, `key=value;key=value`.
    pub extra: &'a str,
}

/// What follows from an input.
#[derive(Clone, Debug)]
pub struct Situation {
    /// What the tables look at.
    pub facts: Facts,
    /// Where the goods start; none for services.
    pub start: Option<Place>,
    /// Where it ends.
    pub end: Place,
    /// Where the buyer is.
    pub party: Place,
    /// The day whose rules and rates count.
    pub tax_day: i32,
    /// The day of the document, whose legal references count.
    pub document_day: i32,
    /// Whether it is a return.
    pub is_return: bool,
    /// Class of rate; empty when none was given.
    pub class: String,
    /// Italian rate in percent.
    pub percent: Option<Decimal>,
    /// Rates of the lines, when the row is a whole document.
    pub line_rates: Vec<Decimal>,
}

/// Euro of cross-border sales to consumers up to which Italian VAT applies (art. 59c Dir. 2006/112).
pub const UNION_THRESHOLD: Decimal = Decimal::new(10_000, 0);
/// Euro of distance sales to San Marino of last year up to which Italian VAT applies (art. 15 DM 21/06/2021).
pub const SAN_MARINO_THRESHOLD: Decimal = Decimal::new(28_000, 0);
/// Intrinsic value in euro up to which a consignment may come in under IOSS.
pub const IOSS_LIMIT: Decimal = Decimal::new(150, 0);
/// Amount in euro above which stamp duty is due (art. 13 Tariffa DPR 642/72).
pub const STAMP_LIMIT: Decimal = Decimal::new(7747, 2);

impl Input<'_> {
    /// The facts that follow.
    ///
    /// # Errors
    /// A word, a country or a date that says nothing.
    pub fn situation(&self) -> Result<Situation, Refusal> {
        let extra = Extra::read(self.extra);
        let document_day = self.supply_day.ok_or_else(Refusal::no_date)?;
        let event = known(words::event(self.event), "event", self.event)?;
        let kind = self.kind(event, &extra)?;
        let is_return = event == "return";
        let tax_day = if is_return {
            original_day(&extra).map_or(document_day, |day| day.min(document_day))
        } else {
            document_day
        };
        let party = self.party(&extra)?;
        let end = self.end(kind, &party, &extra)?;
        let start = self.start(kind, event, &extra)?;
        let mut facts = Facts::default();
        facts.set("event", self.event_fact(event, kind));
        facts.set("kind", kind);
        facts.set("product", self.product_kind.trim().to_lowercase());
        self.seller_facts(&mut facts)?;
        place_facts(&mut facts, start.as_ref(), &end);
        self.buyer_facts(&mut facts, &party, &extra)?;
        self.threshold_facts(&mut facts, &extra);
        sale_facts(&mut facts, &extra);
        facts.flag("deemed", words::is_yes(self.channel_deemed_supplier));
        facts.flag("deposit", event == "deposit" || extra.yes("deposit"));
        facts.flag("redeemed", event == "voucher_redeem" && facts.is("event", "sale"));
        facts.set("period", if is_return { period(&extra, tax_day, document_day) } else { "same" });
        facts.set("supplier", self.supplier(&extra)?);
        let class = self.class(event, &extra);
        facts.set("category", class.clone());
        let percent = self.percent()?;
        let line_rates = extra.line_rates();
        Ok(Situation { facts, start, end, party, tax_day, document_day, is_return, class, percent, line_rates })
    }

    /// What is sold; a voucher that is redeemed is what it pays.
    fn kind(&self, event: &str, extra: &Extra) -> Result<&'static str, Refusal> {
        let written = match (event, words::kind(self.product_kind)) {
            ("voucher_redeem", Some("mpv")) => redeemed_for(extra).0,
            _ => self.product_kind,
        };
        let kind = known(words::kind(written), "product_kind", written)?;
        let kind = match (event, kind) {
            ("purchase", "goods") if self.event.trim().to_lowercase() == "service_purchase" => "service",
            (_, "electronics") => words::electronics(extra.get("item")),
            (_, "goods") if words::regime(self.seller_regime) == Some("margin") => "used",
            _ => kind,
        };
        Ok(kind)
    }

    fn event_fact(&self, event: &'static str, kind: &str) -> &'static str {
        match event {
            "return" | "sale" | "deposit" if ["mpv", "spv"].contains(&kind) => "voucher_sale",
            "return" | "sale" | "deposit" => "sale",
            "voucher_redeem" if words::kind(self.product_kind) == Some("mpv") => "sale",
            other => other,
        }
    }

    fn party(&self, extra: &Extra) -> Result<Place, Refusal> {
        let country =
            if self.buyer_country.trim().is_empty() { extra.get("address_country_iso") } else { self.buyer_country };
        Place::of(country, self.buyer_postcode, self.buyer_province, self.buyer_territory)
            .map_err(|unknown| place_refusal(unknown, country, self.buyer_territory))
    }

    /// Goods end where they are shipped to, services where the buyer is.
    fn end(&self, kind: &str, party: &Place, extra: &Extra) -> Result<Place, Refusal> {
        let first = |own: &str, flag: &'static str| {
            if own.trim().is_empty() { extra.get(flag).to_owned() } else { own.to_owned() }
        };
        let country = first(self.ship_to_country, "ship_to_country");
        let territory = extra.get("ship_to_territory");
        if country.is_empty() || is_service(kind) {
            return Ok(party.clone());
        }
        let postcode = first(self.ship_to_postcode, "ship_to_postcode");
        Place::of(&country, &postcode, "", territory).map_err(|unknown| place_refusal(unknown, &country, territory))
    }

    fn start(&self, kind: &str, event: &str, extra: &Extra) -> Result<Option<Place>, Refusal> {
        if is_service(kind) || event == "voucher_sale" || event == "top_up" {
            return Ok(None);
        }
        let written = match (self.dispatch_from.trim(), event) {
            ("", "purchase") => extra.get("supplier_country"),
            (from, _) => from,
        };
        let from = if written.is_empty() { "IT" } else { written };
        Place::of_start(from).map(Some).map_err(|unknown| place_refusal(unknown, from, ""))
    }

    fn seller_facts(&self, facts: &mut Facts) -> Result<(), Refusal> {
        let regime = known(words::regime(self.seller_regime), "seller_regime", self.seller_regime)?;
        facts.set("regime", if regime == "margin" { "ordinary" } else { regime });
        let country = if self.seller_country.trim().is_empty() { "IT" } else { self.seller_country };
        let seller = Place::of(country, "", "", "").map_err(|unknown| place_refusal(unknown, country, ""))?;
        facts.set("seller", three(&seller));
        facts.flag("oss", words::is_yes(self.oss_registered));
        Ok(())
    }

    fn buyer_facts(&self, facts: &mut Facts, party: &Place, extra: &Extra) -> Result<(), Refusal> {
        let written = known(words::buyer(self.buyer_kind), "buyer_kind", self.buyer_kind)?;
        let answer = known(words::vies(self.vat_id_valid), "vat_id_valid", self.vat_id_valid)?;
        let answer = match (self.vat_id, extra.answer("sm_identification")) {
            ("bad", _) => "no",
            (_, "yes") if party.zone == "sm" => "yes",
            (_, "no") if party.zone == "sm" => "no",
            _ => answer,
        };
        let in_italy = party.address == "IT";
        let buyer = match written {
            _ if extra.yes("codice_fiscale_only") && written == "legal" => "legal",
            "business" if extra.yes("codice_fiscale_only") => "consumer",
            // A body with a valid number is a business for purchases; a foreign public body is one too, or a mere body.
            "legal" | "pa" if answer == "yes" && (written == "legal" || !in_italy) => "business",
            "pa" if !in_italy => "legal",
            other => other,
        };
        facts.set("buyer", buyer);
        facts.set("vies", answer);
        facts.set("number", number(self.vat_id, extra.get("vat_prefix"), party));
        let split = match buyer {
            "pa" => !extra.no("split_payment"),
            _ => extra.yes("split_payment") || extra.yes("listed_company"),
        };
        facts.flag("split", split);
        let original = original(extra);
        let asked = known(words::invoice(self.invoice_requested), "invoice_requested", self.invoice_requested)?;
        let asked = match original {
            "invoice" => "yes",
            "corrispettivi" => "no",
            _ => asked,
        };
        facts.set("invoice", asked);
        facts.set("original", original);
        Ok(())
    }

    fn threshold_facts(&self, facts: &mut Facts, extra: &Extra) {
        let amount = |key: &str| extra.amount(key).unwrap_or(Decimal::ZERO);
        let said = words::is_yes(self.over_10k) || amount("previous_year") > UNION_THRESHOLD;
        let before = amount("ytd_before");
        let after = before.add(amount("this_supply_net")).unwrap_or(before);
        facts.flag("over", said || after > UNION_THRESHOLD);
        facts.flag("crossing", !said && after > UNION_THRESHOLD);
        facts.flag("sm_over", amount("sm_distance_sales_prev_year") > SAN_MARINO_THRESHOLD);
    }

    fn supplier(&self, extra: &Extra) -> Result<&'static str, Refusal> {
        let written = extra.get("supplier_country");
        let country = if written.is_empty() { self.dispatch_from.trim() } else { written };
        let country = if country.is_empty() { "IT" } else { country };
        let place = Place::of_start(country).map_err(|unknown| place_refusal(unknown, country, ""))?;
        Ok(match place.zone {
            "it" => "it",
            "eu" => "eu",
            "xi" => "xi",
            "sm" => "sm",
            _ => "third",
        })
    }

    /// Class of rate in lower case; a redeemed voucher has that of what it pays.
    fn class(&self, event: &str, extra: &Extra) -> String {
        let redeemed = redeemed_for(extra).1;
        let class = if event == "voucher_redeem" && !redeemed.is_empty() { redeemed } else { self.rate_hint.trim() };
        class.to_lowercase()
    }

    fn percent(&self) -> Result<Option<Decimal>, Refusal> {
        let written = self.vat_rate.trim();
        if written.is_empty() {
            return Ok(None);
        }
        written.parse().map(Some).map_err(|_| Refusal::word("vat_rate", written))
    }
}

fn known(word: Option<&'static str>, input: &'static str, written: &str) -> Result<&'static str, Refusal> {
    word.ok_or_else(|| Refusal::word(input, written))
}

fn place_refusal(unknown: Unknown, country: &str, territory: &str) -> Refusal {
    match unknown {
        Unknown::Country => Refusal::country(country),
        Unknown::Territory => Refusal::territory(territory),
    }
}

fn is_service(kind: &str) -> bool {
    ["digital", "service", "mpv", "spv"].contains(&kind)
}

fn three(place: &Place) -> &'static str {
    match place.zone {
        "it" => "it",
        "eu" | "xi" => "eu",
        _ => "third",
    }
}

fn place_facts(facts: &mut Facts, start: Option<&Place>, end: &Place) {
    facts.set("start", start.map_or("none", three));
    facts.set("end", end.zone);
    facts.flag("same", start.is_some_and(|start| start.country == end.country && start.zone == end.zone));
    facts.set("country", end.country.clone());
    facts.set("territory", end.territory.map_or("", |territory| territory.code));
    facts.flag("certain", end.is_certain());
}

fn sale_facts(facts: &mut Facts, extra: &Extra) {
    let class = |key: &str, limit: Decimal| match extra.amount(key) {
        Some(amount) if amount <= limit => "small",
        Some(_) => "large",
        None => "unknown",
    };
    facts.set("value", class("intrinsic_value", IOSS_LIMIT));
    facts.set("amount", class("amount", STAMP_LIMIT));
    facts.flag("ioss", !extra.get("ioss_number").is_empty() && !["no", "false"].contains(&extra.get("ioss_number")));
    facts.set("reseller", extra.answer("buyer_is_reseller"));
    facts.flag("publisher", extra.yes("seller_is_publisher"));
    facts.flag("intent", extra.yes("declaration_of_intent"));
    facts.flag("rivalsa", extra.yes("rivalsa"));
    facts.flag("own_trade", !extra.no("own_trade_goods"));
    facts.flag("call_off", extra.yes("call_off_stock"));
    facts.flag("charged", extra.yes("vat_charged"));
    let asked = extra.yes("deferred") || (extra.yes("ddt") && !extra.no("deferred"));
    facts.flag("deferred", asked && !extra.no("ddt"));
    let is_cod = ["cod", "contrassegno", "cash_on_delivery"].contains(&extra.get("payment"));
    facts.set("payment", if is_cod { "cod" } else { "other" });
    facts.set("channel", if extra.get("channel") == "marketplace" { "marketplace" } else { "own" });
    facts.set(
        "coupon",
        match extra.get("coupon_funded_by") {
            "" => "none",
            "seller" => "seller",
            _ => "other",
        },
    );
}

/// Where a VAT number is from: by its prefix, else by the buyer's country. Northern Ireland counts as the Union with `XI`.
fn number(vat_id: &str, vat_prefix: &str, party: &Place) -> &'static str {
    let given = if vat_prefix.is_empty() { vat_id } else { vat_prefix };
    let given = given.trim().to_uppercase();
    let country: Cow<str> = match given.as_str() {
        "" | "BAD" if party.zone == "xi" => Cow::Borrowed("XI"),
        "" | "BAD" if party.zone == "eu" => Cow::Borrowed(&party.country),
        "" | "BAD" => Cow::Borrowed(&party.address),
        prefix_given => Cow::Owned(prefix(prefix_given).to_owned()),
    };
    match country.as_ref() {
        "IT" => "it",
        "XI" => "eu",
        other if MEMBERS.contains(&other) => "eu",
        _ => "third",
    }
}

fn original(extra: &Extra) -> &'static str {
    let written = extra.get("original_document").to_lowercase();
    if ["invoice", "fattura", "td"].iter().any(|word| written.starts_with(word)) {
        "invoice"
    } else if ["corrispettiv", "receipt", "none"].iter().any(|word| written.starts_with(word)) {
        "corrispettivi"
    } else {
        "unknown"
    }
}

/// What a voucher pays: `goods_standard` is goods of the standard class.
fn redeemed_for<'a>(extra: &Extra<'a>) -> (&'a str, &'a str) {
    let written = extra.get("redeemed_for");
    let classes = ["super_reduced", "standard", "reduced", "parking", "zero"];
    let split = classes.iter().find_map(|class| Some((written.strip_suffix(class)?.strip_suffix('_')?, written)));
    match split {
        Some((kind, whole)) => (kind, whole.get(kind.len() + 1..).unwrap_or_default()),
        None => (written, ""),
    }
}

/// The day of the sale that a return undoes: as said, else the last day of its quarter.
fn original_day(extra: &Extra) -> Option<i32> {
    read_day(extra.get("original_date")).or_else(|| {
        let (year, quarter) = quarter(extra.get("original_quarter"))?;
        let (next_year, month) = if quarter == 4 { (year + 1, 1) } else { (year, quarter * 3 + 1) };
        days_from_civil(next_year, u32::try_from(month).ok()?, 1).map(|day| day - 1)
    })
}

/// `2026Q2`, `2026-Q2`.
fn quarter(text: &str) -> Option<(i64, i64)> {
    let (year, quarter) = text.split_once(['Q', 'q', 'T'])?;
    let (year, quarter) = (year.trim_end_matches('-').parse().ok()?, quarter.parse().ok()?);
    (1..=4).contains(&quarter).then_some((year, quarter))
}

fn period(extra: &Extra, tax_day: i32, document_day: i32) -> &'static str {
    let of_day = |day: i32| {
        let (year, month, _) = civil_from_days(day);
        (year, i64::from(month.div_ceil(3)))
    };
    let is_known = !extra.get("original_date").is_empty() || !extra.get("original_quarter").is_empty();
    if !is_known {
        return "unknown";
    }
    let original = quarter(extra.get("original_quarter")).unwrap_or_else(|| of_day(tax_day));
    let returned = quarter(extra.get("return_quarter")).unwrap_or_else(|| of_day(document_day));
    if original == returned { "same" } else { "later" }
}
