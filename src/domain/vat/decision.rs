//! The decision of one combination of inputs: the rule that wins, its rate, what a return makes of it, and what is added.

use crate::domain::money::Decimal;

use super::facts::Facts;
use super::input::{Input, Situation};
use super::legal::cited;
use super::place::Place;
use super::rates::{self, Found};
use super::refusal::Refusal;
use super::table::Row;
use super::tables::{ADDITIONS, CORRECTIONS, Own, RULES, THRESHOLDS};
use super::trace::Trace;

/// What is decided. Words are those of the trade's own documentation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decision {
    /// `IT_DOMESTIC`, `OSS_UNION`, `EXPORT`, …
    pub scheme: String,
    /// Whose VAT it is, by prefix; empty without VAT.
    pub country: String,
    /// Class of the rate; `none` without VAT, `mixed` for several.
    pub rate_category: String,
    /// Percent in hundredths; `None` without VAT and for several.
    pub hundredths: Option<i64>,
    /// All rates as they are written: `22`, `25.5`, `22+10`.
    pub rates: String,
    /// Code of the `Natura` element; empty when VAT is charged.
    pub natura: String,
    /// Duty of document.
    pub document: String,
    /// `TD01`, …, or `none`.
    pub tipo: String,
    /// Where the sale is recorded.
    pub register: String,
    /// `CodiceDestinatario`, or the word that says which code of the buyer it is.
    pub code: String,
    /// `none`, `goods` or `services`.
    pub intrastat: String,
    /// `yes` when stamp duty is due above its limit.
    pub bollo: String,
    /// The provisions that apply on the day of the document.
    pub legal: String,
    /// `high`, `medium` or `low`.
    pub confidence: String,
    /// What a person must look at; empty when nothing.
    pub warning: String,
    /// Territory of the destination; empty for the rest of a country.
    pub territory: String,
    /// Which rows decided, and which lost.
    pub trace: String,
    /// `union` or `san_marino` when the sale counts for that threshold.
    pub counts: String,
}

/// What does not vary by row.
#[derive(Clone, Debug)]
pub struct Settings {
    /// A user's rows.
    pub own: Own,
    /// Natura of an optional invoice for goods under OSS: `N3.2` by the tax agency's answers, `N7` by older practice.
    pub oss_goods_natura: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self { own: Own::default(), oss_goods_natura: "N3.2".to_owned() }
    }
}

impl Settings {
    /// Decides.
    ///
    /// # Errors
    /// A word that says nothing, a case that no rule covers, a rate that is not known.
    pub fn decide(&self, input: &Input) -> Result<Decision, Refusal> {
        let mut situation = input.situation()?;
        let mut trace = Trace::default();
        let (row, is_own) = self.rule(&situation).ok_or_else(|| Refusal::not_covered(&situation.facts))?;
        trace.rule(row, is_own, &situation);
        let mut decision = self.begin(row, &situation);
        let found = self.rate(row, &mut decision, &mut situation)?;
        trace.rates(&found);
        decision.counts = counts(&situation);
        put(&mut situation.facts, &decision);
        let mut legal = row.get("legal").to_owned();
        correct(&mut decision, &mut situation, &mut legal, &mut trace);
        for addition in &ADDITIONS.rows {
            if addition.matches(&situation.facts, situation.document_day) {
                change(&mut decision, addition, &mut legal);
                put(&mut situation.facts, &decision);
                trace.added(addition);
            }
        }
        place_legal(&mut legal, &decision, &situation);
        decision.legal = cited(&legal, situation.document_day);
        decision.code = code(&decision, &situation);
        decision.warning = warning(&decision, row);
        trace.losers(&situation, row, &self.own.rules, is_own);
        decision.trace = trace.finish();
        Ok(decision)
    }

    /// The row that wins, and whether it is the user's.
    fn rule(&self, situation: &Situation) -> Option<(&Row, bool)> {
        let first = |rows: &'_ [Row]| rows.iter().position(|row| row.matches(&situation.facts, situation.tax_day));
        match first(&self.own.rules.rows) {
            Some(index) => self.own.rules.rows.get(index).map(|row| (row, true)),
            None => first(&RULES.rows).and_then(|index| RULES.rows.get(index)).map(|row| (row, false)),
        }
    }

    fn begin(&self, row: &Row, situation: &Situation) -> Decision {
        let text = |column: &str, default: &str| match row.get(column) {
            "" => default.to_owned(),
            written => written.to_owned(),
        };
        let country = match row.get("country") {
            "destination" => situation.end.country.clone(),
            "origin" => situation.start.as_ref().map_or_else(String::new, |start| start.country.clone()),
            written => written.to_owned(),
        };
        let natura = match row.get("natura") {
            "oss_goods" => self.oss_goods_natura.clone(),
            written => written.to_owned(),
        };
        Decision {
            scheme: row.get("scheme").to_owned(),
            country,
            natura,
            rate_category: "none".to_owned(),
            document: text("document", "none"),
            tipo: text("tipo", "none"),
            register: text("register", "none"),
            code: row.get("code").to_owned(),
            intrastat: text("intrastat", "none"),
            bollo: "no".to_owned(),
            confidence: text("confidence", "medium"),
            territory: situation.end.territory.map_or("", |territory| territory.code).to_owned(),
            ..Decision::default()
        }
    }

    /// Finds the rate, or the rates of a document with several.
    fn rate(&self, row: &Row, decision: &mut Decision, situation: &mut Situation) -> Result<Vec<Found>, Refusal> {
        let italy = Place::of("IT", "", "", "").ok();
        let place = match row.get("rate") {
            "domestic" => italy.as_ref(),
            "destination" => Some(&situation.end),
            "origin" => situation.start.as_ref(),
            _ => None,
        };
        situation.facts.flag("rate_certain", true);
        let Some(place) = place else { return Ok(Vec::new()) };
        let found = match situation.line_rates.as_slice() {
            [] => vec![self.one_rate(place, situation)?],
            lines => {
                let find = |percent: &Decimal| {
                    let found = rates::by_percent(&place.country, *percent, situation.tax_day);
                    found.ok_or_else(|| Refusal::no_rate(place.area(), &percent.to_string()))
                };
                lines.iter().map(find).collect::<Result<_, _>>()?
            }
        };
        situation.facts.flag("rate_certain", found.iter().all(|found| found.certain));
        let written: Vec<String> = found.iter().map(|found| found.percent.to_string_trimmed()).collect();
        decision.rates = written.join("+");
        if let [only] = found.as_slice() {
            decision.rate_category.clone_from(&only.category);
            decision.hundredths = only.percent.rescale(2).and_then(|percent| i64::try_from(percent.mantissa).ok());
        } else {
            "mixed".clone_into(&mut decision.rate_category);
        }
        Ok(found)
    }

    /// The rate of a class; of an Italian percentage when there is no class. A class is never guessed: what is reduced in Italy
    /// need not be so elsewhere.
    fn one_rate(&self, place: &Place, situation: &Situation) -> Result<Found, Refusal> {
        let day = situation.tax_day;
        let class = match (situation.class.as_str(), situation.percent) {
            ("", None) => "standard".to_owned(),
            ("", Some(percent)) => {
                let italian = rates::by_percent("IT", percent, day);
                let italian = italian.ok_or_else(|| Refusal::no_rate("IT", &percent.to_string()))?;
                if place.country == "IT" {
                    return Ok(italian);
                }
                if italian.category != "standard" {
                    return Err(Refusal::no_rate(place.area(), &format!("{} in Italy", italian.category)));
                }
                italian.category
            }
            (class, _) => class.to_owned(),
        };
        let found = rates::find(&self.own.rates, &place.country, place.area(), &class, day);
        found.ok_or_else(|| Refusal::no_rate(place.area(), &class))
    }
}

/// What a return makes of its sale.
fn correct(decision: &mut Decision, situation: &mut Situation, legal: &mut String, trace: &mut Trace) {
    if !situation.is_return {
        return;
    }
    let found = CORRECTIONS.rows.iter().find(|row| row.matches(&situation.facts, situation.document_day));
    if let Some(row) = found {
        change(decision, row, legal);
        put(&mut situation.facts, decision);
        trace.corrected(row);
    }
    situation.facts.set("event", "");
}

/// Results that later tables look at.
fn put(facts: &mut Facts, decision: &Decision) {
    facts.set("document", decision.document.clone());
    facts.set("tipo", decision.tipo.clone());
    facts.set("register", decision.register.clone());
    facts.set("scheme", decision.scheme.clone());
    facts.set("natura", decision.natura.clone());
    facts.set("rate_category", decision.rate_category.clone());
}

/// Applies a row of corrections or additions; `=` keeps what is there.
fn change(decision: &mut Decision, row: &Row, legal: &mut String) {
    let tipo = match row.get("tipo") {
        "credit" if decision.tipo == "none" => "=",
        "credit" => "TD04",
        written => written,
    };
    let cells = [
        (tipo, &mut decision.tipo),
        (row.get("document"), &mut decision.document),
        (row.get("register"), &mut decision.register),
        (row.get("code"), &mut decision.code),
        (row.get("natura"), &mut decision.natura),
        (row.get("intrastat"), &mut decision.intrastat),
        (row.get("bollo"), &mut decision.bollo),
    ];
    for (written, cell) in cells.into_iter().filter(|(written, _)| *written != "=") {
        written.clone_into(cell);
    }
    if let Some(limit) = row.get("confidence").strip_prefix('<')
        && rank(limit) < rank(&decision.confidence)
    {
        limit.clone_into(&mut decision.confidence);
    }
    match (row.get("legal"), row.get("legal_mode")) {
        ("", _) => {}
        (written, "replace") => written.clone_into(legal),
        (written, _) => *legal = format!("{legal}; {written}"),
    }
}

fn rank(confidence: &str) -> u8 {
    match confidence {
        "high" => 2,
        "medium" => 1,
        _ => 0,
    }
}

fn counts(situation: &Situation) -> String {
    if situation.is_return {
        return String::new();
    }
    let row = THRESHOLDS.rows.iter().find(|row| row.matches(&situation.facts, situation.tax_day));
    row.map_or_else(String::new, |row| row.get("counts").to_owned())
}

/// A place with a status of its own adds the provision that gives it, where the place decides.
fn place_legal(legal: &mut String, decision: &Decision, situation: &Situation) {
    let reference = situation.end.territory.map_or("", |territory| territory.legal);
    if !reference.is_empty() && decision.scheme != "IT_DOMESTIC" && decision.country != "IT" {
        *legal = format!("{legal}; {reference}");
    }
}

/// `CodiceDestinatario` follows the party: its own code, the office of a public body, or the fixed code of its kind.
fn code(decision: &Decision, situation: &Situation) -> String {
    if decision.code != "auto" || decision.tipo == "none" {
        return decision.code.replace("auto", "");
    }
    let is_business = situation.facts.is("buyer", "business");
    let code = match (situation.party.zone, situation.facts.get("buyer")) {
        ("it" | "it_free", "pa") => "IPA_CODE_6_CHARS",
        ("it", _) if is_business => "BUYER_CODE_OR_0000000",
        ("it" | "it_free", _) => "0000000",
        ("sm", _) => "2R4GTO8",
        _ => "XXXXXXX",
    };
    code.to_owned()
}

fn warning(decision: &Decision, row: &Row) -> String {
    if decision.document == "hold" {
        return "on hold: the VAT number has no stored answer; check it again before the invoice".to_owned();
    }
    if decision.confidence == "low" {
        return format!("low confidence: rule `{}` wants a person's eye before this is used", row.id);
    }
    String::new()
}
