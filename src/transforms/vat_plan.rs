//! How a checked `vat` step runs: words are normalised, then joined to places, decisions and rates.

use polars::prelude::{
    DataType, Expr, JoinArgs, JoinType, LazyFrame, MaintainOrderJoin, NULL, PlSmallStr, TimeZone, col, concat_str, lit,
    when,
};

use crate::context::NodeError;
use crate::domain::calendar::BUSINESS_ZONE;
use crate::domain::ids::lists::COUNTRIES;
use crate::domain::money::Decimal;
use crate::domain::money::exact::{Exact, Rounding, Site, decimal_dtype};
use crate::domain::types::{Schema, Type};
use crate::domain::vat::rates::change_days;
use crate::domain::vat::tables::{
    AREA, CATEGORY, CERTAIN, DESTINATION, ERA, HUNDREDTHS, KEY, PLACE_LEGAL, TERRITORY, ZONE, decision_table,
    outcome_column, places, rate_table, territory_key,
};
use crate::domain::vat::{SPLIT_PAYMENT_KNOWN_TO, Seller, TERRITORIES, TESTO_UNICO, TESTO_UNICO_FROM};
use crate::expr::Typed;
use crate::transforms::StepCx;
use crate::transforms::number::exact;
use crate::transforms::reject::{Rule, reject};

/// A checked VAT step; fields that the table does not have are `None`.
pub struct VatPlan {
    /// Kind of product.
    pub product_kind: Option<Typed>,
    /// Country the goods start from.
    pub dispatch_from: Option<Typed>,
    /// Kind of buyer.
    pub buyer_kind: Option<Typed>,
    /// Country of destination.
    pub country: Option<Typed>,
    /// Postcode of destination.
    pub postcode: Option<Typed>,
    /// Answer of VIES.
    pub vat_id_valid: Option<Typed>,
    /// Whether an invoice was asked for.
    pub invoice_requested: Option<Typed>,
    /// Tax point.
    pub supply_date: Option<Typed>,
    /// Kind of rate.
    pub rate_hint: Option<Typed>,
    /// Italian rate in percent.
    pub vat_rate: Option<Typed>,
    /// The seller.
    pub seller: Seller,
    /// What the output columns begin with.
    pub prefix: String,
    /// Columns of the input.
    pub input: Vec<String>,
    /// Columns that name a row.
    pub key: Vec<String>,
}

/// Output columns in order; rates have two decimals, as an invoice writes them.
const OUTPUTS: [&str; 13] = [
    "scheme",
    "country",
    "rate_category",
    "rate",
    "natura",
    "document",
    "tipo_documento",
    "register",
    "codice_destinatario",
    "intrastat",
    "legal_ref",
    "confidence",
    "trace",
];
const RATE: Type = Type::Decimal { precision: 5, scale: 2 };

const DAY: &str = "__vat_day";
const COUNTRY: &str = "__vat_country";
const POSTCODE: &str = "__vat_postcode";
const DISPATCH: &str = "__vat_dispatch";
const HINT: &str = "__vat_hint";
const GIVEN: &str = "__vat_given";
/// The conditions of the decision table, in the order of its key.
const CONDITIONS: [&str; 6] = [KIND, ZONE, BUYER, VIES, INVOICE, RATE_KIND];
const KIND: &str = "__vat_kind";
const BUYER: &str = "__vat_buyer";
const VIES: &str = "__vat_vies";
const INVOICE: &str = "__vat_invoice";
const RATE_KIND: &str = "__vat_rate_kind";

impl VatPlan {
    /// The columns that come out.
    ///
    /// # Errors
    /// The names that the table has already.
    pub fn schema(&self, input: &Schema) -> Result<Schema, Vec<String>> {
        let mut schema = input.clone();
        let mut taken = Vec::new();
        for output in OUTPUTS {
            let name = self.named(output);
            if schema.insert(name.clone(), if output == "rate" { RATE } else { Type::Text }).is_some() {
                taken.push(name);
            }
        }
        if taken.is_empty() { Ok(schema) } else { Err(taken) }
    }

    /// Lowers the step.
    ///
    /// # Errors
    /// The engine cannot make the tables or does not know the time zone of Italy.
    pub fn lower(&self, frame: LazyFrame, step: &StepCx) -> Result<LazyFrame, NodeError> {
        let site = Site::from(step.site.as_str());
        let frame = self.normalise(frame, &site)?;
        let frame = reject(frame, Self::input_rules(), &self.key, step);
        let frame = look_up(frame.with_column(place_key().alias(KEY)), places()?, &[KEY]);
        let frame = frame.with_column(col(ZONE).fill_null(lit("third")));
        let decision_key = concat_str(CONDITIONS.map(col), "|", false);
        let frame = look_up(frame.with_column(decision_key.alias(KEY)), decision_table(self.seller)?, &[KEY]);
        let frame = frame.with_columns([rate_key(&site).alias(KEY), era().alias(ERA)]);
        let frame = look_up(frame, rate_table()?, &[KEY, ERA]);
        let frame = reject(frame, Self::outcome_rules(), &self.key, step);
        Ok(self.outputs(frame, &site))
    }

    /// The helper columns that rules and tables look at.
    fn normalise(&self, frame: LazyFrame, site: &Site) -> Result<LazyFrame, NodeError> {
        let text = |field: &Option<Typed>, default: Expr| field.as_ref().map_or(default, |field| field.lower(site));
        let none = || lit(NULL).cast(DataType::String);
        let given = match &self.vat_rate {
            Some(rate) => exact(rate, 4, site).rescale(4, Rounding::HalfUp).expr(),
            None => lit(NULL).cast(decimal_dtype(4)),
        };
        let day = self.day(site)?;
        let hint = text(&self.rate_hint, none());
        let frame = frame.with_columns([
            words(text(&self.product_kind, lit("goods")), KINDS).alias(KIND),
            words(text(&self.buyer_kind, none()), BUYERS).alias(BUYER),
            flag(self.vat_id_valid.as_ref(), VIES_WORDS, "unavailable", site).alias(VIES),
            flag(self.invoice_requested.as_ref(), INVOICE_WORDS, "no", site).alias(INVOICE),
            when(hint.clone().is_null()).then(lit(NULL)).otherwise(words(hint, HINTS).fill_null(lit("?"))).alias(HINT),
            country(text(&self.country, none())).alias(COUNTRY),
            country(text(&self.dispatch_from, lit("IT"))).fill_null(lit("IT")).alias(DISPATCH),
            postcode(text(&self.postcode, none())).alias(POSTCODE),
            day.alias(DAY),
            given.alias(GIVEN),
        ]);
        Ok(frame.with_column(rate_kind(site).alias(RATE_KIND)))
    }

    /// The tax point as a day in Italy, in days since 1970-01-01.
    fn day(&self, site: &Site) -> Result<Expr, NodeError> {
        let Some(date) = &self.supply_date else { return Ok(lit(NULL).cast(DataType::Int32)) };
        let value = date.lower(site);
        if *date.ty() != Type::Timestamp {
            return Ok(value.cast(DataType::Int32));
        }
        let zone = TimeZone::opt_try_new(Some(BUSINESS_ZONE.name()))?;
        let local = zone.map_or(value.clone(), |zone| value.dt().convert_time_zone(zone));
        Ok(local.dt().date().cast(DataType::Int32))
    }

    fn input_rules() -> Vec<Rule> {
        let unknown = |column: &str| col(PlSmallStr::from_str(column)).is_null();
        let countries = || COUNTRIES.iter().copied().chain(["EL", "XI"]);
        let known = countries().map(|code| col(COUNTRY).eq(lit(code))).reduce(Expr::or).unwrap_or_else(|| lit(true));
        vec![
            showing(
                COUNTRY,
                Rule::new(
                    unknown(COUNTRY).or(known.not()),
                    "bad-country",
                    "the country is missing or is no ISO code of two letters",
                )
                .italian("il paese manca o non è un codice ISO di due lettere"),
            ),
            Rule::new(unknown(DAY), "missing-value", "the date of the supply is missing: the rate depends on it")
                .italian("manca la data dell'operazione, da cui dipende l'aliquota"),
            Rule::new(
                unknown(BUYER),
                "unknown-buyer-kind",
                "the kind of buyer is none of `consumer`, `business`, `public_admin`, `non_taxable_legal`",
            )
            .italian("il tipo di cliente non è fra `consumer`, `business`, `public_admin`, `non_taxable_legal`"),
            Rule::new(
                unknown(KIND),
                "vat-not-covered",
                "the kind of product is none of `goods`, `digital`, `book_print`",
            )
            .italian("il tipo di prodotto non è fra `goods`, `digital`, `book_print`"),
            showing(
                DISPATCH,
                Rule::new(
                    col(KIND).neq(lit("digital")).and(col(DISPATCH).neq(lit("IT"))),
                    "vat-not-covered",
                    "goods that do not start in Italy follow the rules of another country: treat them apart",
                )
                .italian("la merce non parte dall'Italia: valgono le regole di un altro paese"),
            ),
        ]
    }

    fn outcome_rules() -> Vec<Rule> {
        let mut uncovered = Rule::new(out("scheme").is_null(), "vat-not-covered", "");
        let situation = concat_str(CONDITIONS.map(col), ", ", false);
        uncovered.message = concat_str([lit("the decision table has no row for: "), situation.clone()], "", false);
        uncovered.message_it = Some(concat_str([lit("la tabella IVA non copre il caso: "), situation], "", false));
        let mut unknown =
            Rule::new(out("rate").neq(lit("none")).and(col(HUNDREDTHS).is_null()), "vat-rate-unknown", "");
        unknown.value = Some(col(KEY));
        unknown.message =
            concat_str([lit("no rate, or more than one, is in force on that day for "), col(KEY)], "", false);
        unknown.message_it =
            Some(concat_str([lit("nessuna aliquota in vigore, o più d'una, per "), col(KEY)], "", false));
        vec![uncovered, unknown]
    }

    fn outputs(&self, frame: LazyFrame, site: &Site) -> LazyFrame {
        let taxed = out("rate").neq(lit("none"));
        let rate = Exact::from_integer(col(HUNDREDTHS), site).times(&Exact::literal(Decimal::new(1, 2), site));
        let destination = out("country").eq(lit("destination"));
        let mut columns: Vec<Expr> = self.input.iter().map(|name| col(PlSmallStr::from_str(name))).collect();
        for output in OUTPUTS {
            let value = match output {
                "country" => when(destination.clone()).then(col(DESTINATION)).otherwise(out("country")),
                "rate_category" => when(taxed.clone()).then(category()).otherwise(lit("none")),
                "rate" => when(taxed.clone()).then(rate.clone().expr()).otherwise(lit(NULL)),
                "legal_ref" => legal(),
                "confidence" => confidence(site),
                "trace" => trace(&rate),
                _ => out(output),
            };
            columns.push(value.alias(self.named(output)));
        }
        frame.select(columns)
    }

    fn named(&self, output: &str) -> String {
        format!("{}_{output}", self.prefix)
    }
}

/// Shows the value of a helper column, whose name means nothing to a person.
fn showing(helper: &str, rule: Rule) -> Rule {
    Rule { value: Some(col(PlSmallStr::from_str(helper))), ..rule }
}

fn out(name: &str) -> Expr {
    col(PlSmallStr::from_string(outcome_column(name)))
}

/// Joins a small table by its key; rows keep their order and their number.
fn look_up(frame: LazyFrame, table: LazyFrame, keys: &[&str]) -> LazyFrame {
    let keys: Vec<Expr> = keys.iter().map(|key| col(PlSmallStr::from_str(key))).collect();
    let args = JoinArgs { maintain_order: MaintainOrderJoin::Left, ..JoinArgs::new(JoinType::Left) };
    frame.join(table, keys.clone(), keys, args)
}

/// A word of the table and what people write for it.
type Words = &'static [(&'static str, &'static [&'static str])];

const KINDS: Words =
    &[("goods", &["goods", "merce"]), ("digital", &["digital", "digitale"]), ("print", &["book_print", "editoria"])];
const BUYERS: Words = &[
    ("consumer", &["consumer", "privato"]),
    ("business", &["business", "azienda"]),
    ("pa", &["public_admin", "pa"]),
    ("legal", &["non_taxable_legal", "ente"]),
];
const HINTS: Words = &[
    ("standard", &["standard", "ordinaria"]),
    ("reduced", &["reduced", "ridotta"]),
    ("super_reduced", &["super_reduced", "minima"]),
];
const VIES_WORDS: Words = &[("yes", &["yes", "si", "sì", "true"]), ("no", &["no", "na", "false"])];
const INVOICE_WORDS: Words = &[("yes", &["yes", "si", "sì", "true"]), ("late", &["late"])];

/// The word of the table; null for what is none of them.
fn words(value: Expr, words: Words) -> Expr {
    let value = value.str().strip_chars(lit(NULL)).str().to_lowercase();
    words.iter().fold(lit(NULL).cast(DataType::String), |rest, (word, written)| {
        let any = written.iter().map(|text| value.clone().eq(lit(*text))).reduce(Expr::or);
        when(any.unwrap_or_else(|| lit(false))).then(lit(*word)).otherwise(rest)
    })
}

/// A field that is a bool or a word; `default` where it is neither.
fn flag(field: Option<&Typed>, known: Words, default: &'static str, site: &Site) -> Expr {
    let Some(field) = field else { return lit(default) };
    let value = field.lower(site);
    let word = match field.ty() {
        Type::Bool => when(value.clone()).then(lit("yes")).when(value.not()).then(lit("no")).otherwise(lit(NULL)),
        _ => words(value, known),
    };
    word.fill_null(lit(default))
}

/// A country code as VAT writes it: upper case, `EL` for Greece.
fn country(value: Expr) -> Expr {
    let code = value.str().strip_chars(lit(NULL)).str().to_uppercase();
    when(code.clone().eq(lit("GR"))).then(lit("EL")).otherwise(code)
}

/// A postcode without blanks and without a country prefix such as `D-`.
fn postcode(value: Expr) -> Expr {
    let code = value.str().to_uppercase().str().replace_all(lit(r"\s"), lit(""), false);
    code.str().replace(lit("^[A-Z]{1,2}-"), lit(""), false)
}

/// The key of the place: a territory by country and postcode, else the country.
fn place_key() -> Expr {
    TERRITORIES.iter().enumerate().rev().fold(col(COUNTRY), |rest, (index, territory)| {
        let starts = |code: &&str| col(POSTCODE).str().starts_with(lit(*code));
        let anywhere = || lit(true);
        let there =
            territory.postcodes.iter().map(starts).reduce(Expr::or).unwrap_or_else(anywhere).fill_null(lit(false));
        let there = col(COUNTRY).eq(lit(territory.country)).and(there);
        when(there).then(lit(territory_key(index))).otherwise(rest)
    })
}

/// Which rate the article has, for the decision: as said, else told from an Italian rate of 4 %.
fn rate_kind(site: &Site) -> Expr {
    let four =
        Exact::new(col(GIVEN), 4, site).compare(&Exact::literal(Decimal::new(4, 0), site), std::cmp::Ordering::is_eq);
    let told = when(four.fill_null(lit(false))).then(lit("super_reduced")).otherwise(lit("standard"));
    when(col(HINT).is_null()).then(told).otherwise(col(HINT))
}

/// Where the rate is looked up.
fn rate_key(site: &Site) -> Expr {
    let said = col(HINT).fill_null(lit("standard"));
    let by_percent = concat_str([lit("IT@"), Exact::new(col(GIVEN), 4, site).expr().cast(DataType::String)], "", false);
    let by_word = concat_str([lit("IT:"), said.clone()], "", false);
    let domestic = when(col(GIVEN).is_null()).then(by_word).otherwise(by_percent);
    let destination = concat_str([col(AREA), lit(":"), said], "", false);
    let rate = || out("rate");
    let none = lit(NULL).cast(DataType::String);
    when(rate().eq(lit("domestic")))
        .then(domestic)
        .when(rate().eq(lit("destination")))
        .then(destination)
        .otherwise(none)
}

fn era() -> Expr {
    let begun = |day: &i32| col(DAY).gt_eq(lit(*day)).cast(DataType::Int32);
    change_days().iter().map(begun).reduce(|sum, next| sum + next).unwrap_or_else(|| lit(0))
}

/// A territory's own rate has a category of its own.
fn category() -> Expr {
    let own = out("rate").eq(lit("destination")).and(col(AREA).neq(col(DESTINATION)));
    when(own).then(lit("special_territory")).otherwise(col(CATEGORY))
}

fn legal() -> Expr {
    let domestic = out("rate").eq(lit("domestic"));
    let table = when(domestic.clone().and(col(CATEGORY).eq(lit("reduced"))))
        .then(lit("; Tab. A parte III"))
        .when(domestic.and(col(CATEGORY).eq(lit("super_reduced"))))
        .then(lit("; Tab. A parte II"))
        .otherwise(lit(""));
    let goods = col(KIND).eq(lit("goods"));
    let place = when(goods).then(col(PLACE_LEGAL).fill_null(lit(""))).otherwise(lit(""));
    let old = concat_str([out("legal_ref"), table, place], "", false);
    when(col(DAY).gt_eq(lit(TESTO_UNICO_FROM))).then(lit(TESTO_UNICO)).otherwise(old)
}

/// The confidence of the rule, lowered by what is uncertain about place, date and rate.
fn confidence(site: &Site) -> Expr {
    let stated = out("confidence");
    let split = out("scheme").eq(lit("IT_SPLIT_PAYMENT")).and(col(DAY).gt(lit(SPLIT_PAYMENT_KNOWN_TO)));
    // Below 20 lie only reduced rates: whether the destination has one too is not known.
    let twenty = Exact::literal(Decimal::new(20, 0), site);
    let reduced = Exact::new(col(GIVEN), 4, site).compare(&twenty, std::cmp::Ordering::is_lt).fill_null(lit(false));
    let guessed = out("rate").eq(lit("destination")).and(col(HINT).is_null()).and(reduced);
    let uncertain =
        col(CERTAIN).eq(lit(false)).or(col(DAY).gt_eq(lit(TESTO_UNICO_FROM))).and(stated.clone().eq(lit("high")));
    when(split.or(guessed)).then(lit("low")).when(uncertain).then(lit("medium")).otherwise(stated)
}

/// `rule:oss-goods > territory:PT-30 > rate:PT-30:standard 22.00`.
fn trace(rate: &Exact) -> Expr {
    let territory = concat_str([lit(" > territory:"), col(TERRITORY)], "", false).fill_null(lit(""));
    let found =
        concat_str([lit(" > rate:"), col(KEY), lit(" "), rate.clone().expr().cast(DataType::String)], "", false);
    concat_str([lit("rule:"), out("rule"), territory, found.fill_null(lit(""))], "", false)
}
