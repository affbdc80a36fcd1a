//! Decides a batch: rows are told apart by what the decision looks at, each combination is decided once for the whole run, and
//! the decisions are gathered back to the rows.
//!
//! The cost per row is that of finding its combination, whatever the number of rules. Dates become the period between two days
//! on which anything changes, addresses the place they lie in, VAT numbers their country, before combinations are told apart.

use std::sync::{Arc, Mutex, PoisonError};

use polars::prelude::{
    ChunkedArray, Column, DataFrame, IdxCa, IdxSize, Int32Type, NamedFrom, PlHashMap, PlSmallStr, PolarsResult, Series,
    StringChunked,
};

use crate::context::Counter;
use crate::domain::ids::vat_number;
use crate::domain::vat::place::{MEMBERS, Place, has_territories};
use crate::domain::vat::tables::change_days;
use crate::domain::vat::{Decision, Input, Refusal, Settings};

/// Name of the column with the tax point.
pub const DAY: &str = "__vat_day";
/// Name of the column that says why a row has no decision.
pub const REFUSED: &str = "__vat_refused";
/// Name of the column that says which threshold a row counts for.
pub const COUNTS: &str = "__vat_counts";
/// Between the parts of a refusal.
pub const PART: char = '\u{1f}';

/// Combinations kept for the run; beyond them they are decided again per batch, so that memory stays bounded.
const REMEMBERED: usize = 500_000;

/// A column of the output: its name without prefix and what it takes from the decision.
pub type Output = (&'static str, fn(&Decision) -> &str);

/// The text columns of the output in order; the rate is apart.
pub const OUTPUTS: &[Output] = &[
    ("scheme", |decision| &decision.scheme),
    ("country", |decision| &decision.country),
    ("rate_category", |decision| &decision.rate_category),
    ("rates", |decision| &decision.rates),
    ("natura", |decision| &decision.natura),
    ("document", |decision| &decision.document),
    ("tipo_documento", |decision| &decision.tipo),
    ("register", |decision| &decision.register),
    ("codice_destinatario", |decision| &decision.code),
    ("intrastat", |decision| &decision.intrastat),
    ("bollo", |decision| &decision.bollo),
    ("legal_ref", |decision| &decision.legal),
    ("confidence", |decision| &decision.confidence),
    ("warning", |decision| &decision.warning),
    ("territory", |decision| &decision.territory),
    ("trace", |decision| &decision.trace),
];

/// Name of an output's column while the step runs: rejected rows show only what was there before.
#[must_use]
pub fn helper(output: &str) -> String {
    format!("__vat_out_{output}")
}

/// Name of the helper column that holds the rate in hundredths.
pub const HUNDREDTHS: &str = "__vat_hundredths";

/// What a row is told apart by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// An input by its name.
    Input(&'static str),
    /// A flag by its name.
    Flag(String),
}

type Outcome = Result<Decision, Refusal>;

/// The decisions of a run.
pub struct Kernel {
    settings: Settings,
    days: Vec<i32>,
    parts: Vec<(Part, String)>,
    seller: Vec<(&'static str, String)>,
    known: Mutex<PlHashMap<Vec<u8>, Arc<Outcome>>>,
    /// What earlier batches found out about addresses and numbers; a batch takes one of these and puts it back.
    found: Mutex<Vec<Found>>,
}

/// What addresses and VAT numbers come to.
#[derive(Default)]
struct Found {
    places: PlHashMap<Vec<u8>, Vec<u8>>,
    numbers: PlHashMap<Vec<u8>, Vec<u8>>,
    /// Countries as written, and whether their postcodes mean anything.
    special: PlHashMap<String, bool>,
}

/// The rows of a batch by combination.
struct Told {
    codes: Vec<IdxSize>,
    outcomes: Vec<Arc<Outcome>>,
    rows: Vec<u64>,
}

const NULL_MARK: u8 = 0x1e;
const END_MARK: u8 = 0x1f;
const ADDRESS: [&str; 4] = ["buyer_country", "buyer_postcode", "buyer_province", "buyer_territory"];
const SHIP_TO: [&str; 4] = ["ship_to_country", "ship_to_postcode", "", ""];

impl Kernel {
    /// A kernel for the helper columns `parts`, with what the seller's settings say where there is no column.
    #[must_use]
    pub fn new(settings: Settings, parts: Vec<(Part, String)>, seller: Vec<(&'static str, String)>) -> Self {
        let days = change_days(&settings.own);
        Self { settings, days, parts, seller, known: Mutex::default(), found: Mutex::default() }
    }

    /// Adds the columns of the decision to a batch. Rows of low confidence are counted.
    ///
    /// # Errors
    /// A helper column is missing.
    pub fn decide(&self, batch: DataFrame, low: &Counter) -> PolarsResult<DataFrame> {
        let told = self.tell(&batch)?;
        let rows = told.outcomes.iter().zip(&told.rows);
        let is_low = |outcome: &Outcome| outcome.as_ref().is_ok_and(|decision| decision.confidence == "low");
        low.add(rows.filter(|(outcome, _)| is_low(outcome)).map(|(_, rows)| rows).sum());
        let mut columns: Vec<Series> = OUTPUTS.iter().map(|(name, value)| texts(&helper(name), &told, value)).collect();
        let hundredths: Vec<Option<i64>> = told.outcomes.iter().map(|one| (**one).as_ref().ok()?.hundredths).collect();
        columns.push(Series::new(HUNDREDTHS.into(), hundredths));
        columns.push(refusals(&told));
        gather(batch, columns, told.codes)
    }

    /// Adds only the column that says which threshold a row counts for.
    ///
    /// # Errors
    /// A helper column is missing.
    pub fn count(&self, batch: DataFrame) -> PolarsResult<DataFrame> {
        let told = self.tell(&batch)?;
        let column = texts(COUNTS, &told, &(|decision: &Decision| decision.counts.as_str()));
        gather(batch, vec![column], told.codes)
    }

    fn tell(&self, batch: &DataFrame) -> PolarsResult<Told> {
        let days = batch.column(DAY)?.i32()?.rechunk().into_owned();
        let columns = self.parts.iter().map(|(_, name)| Ok(batch.column(name)?.str()?.rechunk().into_owned()));
        let columns: Vec<StringChunked> = columns.collect::<PolarsResult<_>>()?;
        let found = self.found.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut encoder = Encoder::new(self, &columns, found.unwrap_or_default());
        let mut told = Told { codes: Vec::with_capacity(batch.height()), outcomes: Vec::new(), rows: Vec::new() };
        let mut local: PlHashMap<Vec<u8>, IdxSize> = PlHashMap::default();
        let mut key = Vec::with_capacity(128);
        for row in 0..batch.height() {
            self.key(&days, &mut encoder, row, &mut key);
            let code = if let Some(code) = local.get(&key) {
                *code
            } else {
                let code = IdxSize::try_from(told.outcomes.len()).unwrap_or(IdxSize::MAX);
                told.outcomes.push(self.outcome(&key));
                told.rows.push(0);
                local.insert(key.clone(), code);
                code
            };
            if let Some(rows) = told.rows.get_mut(code as usize) {
                *rows += 1;
            }
            told.codes.push(code);
        }
        self.put_back(encoder.found);
        Ok(told)
    }

    fn put_back(&self, mut found: Found) {
        if found.places.len() > REMEMBERED {
            found.places = PlHashMap::default();
        }
        if found.numbers.len() > REMEMBERED {
            found.numbers = PlHashMap::default();
        }
        self.found.lock().unwrap_or_else(PoisonError::into_inner).push(found);
    }

    /// What the decision of a row looks at, as bytes.
    fn key(&self, days: &ChunkedArray<Int32Type>, encoder: &mut Encoder, row: usize, key: &mut Vec<u8>) {
        key.clear();
        let period = days.get(row).map_or(u16::MAX, |day| {
            u16::try_from(self.days.partition_point(|begin| *begin <= day)).unwrap_or(u16::MAX - 1)
        });
        key.extend_from_slice(&period.to_le_bytes());
        encoder.address(encoder.buyer, row, key);
        encoder.address(encoder.ship_to, row, key);
        encoder.vat_id(row, key);
        for index in &encoder.plain {
            push(key, encoder.columns[*index].get(row));
        }
    }

    fn outcome(&self, key: &[u8]) -> Arc<Outcome> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned();
        if let Some(outcome) = known {
            return outcome;
        }
        let outcome = Arc::new(self.decide_key(key));
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() < REMEMBERED {
            known.insert(key.to_vec(), Arc::clone(&outcome));
        }
        outcome
    }

    /// Reads a key back and decides it.
    fn decide_key(&self, key: &[u8]) -> Outcome {
        let (period, rest) = key.split_at(2.min(key.len()));
        let period = period.try_into().map_or(u16::MAX, u16::from_le_bytes);
        let cells = rest.split(|byte| *byte == END_MARK).map(|cell| std::str::from_utf8(cell).unwrap_or_default());
        let mut cells = cells.map(|cell| cell.trim_start_matches(char::from(NULL_MARK)));
        let mut next = || cells.next().unwrap_or_default();
        let mut input = Input { supply_day: self.first_day(period), ..Input::default() };
        let mut extra = String::new();
        for (name, value) in &self.seller {
            set(&mut input, name, value);
            if *name == "ioss_number" {
                extra.push_str("ioss_number=yes;");
            }
        }
        (input.buyer_country, input.buyer_territory) = (next(), next());
        let (ship_to_country, ship_to_territory) = (next(), next());
        (input.ship_to_country, input.vat_id) = (ship_to_country, next());
        for (part, _) in self.parts.iter().filter(|(part, _)| !is_encoded(part)) {
            let cell = next();
            match part {
                Part::Input("extra") => extra.extend([cell, ";"]),
                Part::Input(name) if cell.is_empty() && self.seller.iter().any(|(own, _)| own == name) => {}
                Part::Input(name) => set(&mut input, name, cell),
                Part::Flag(name) if !cell.is_empty() => extra.extend([name, "=", cell, ";"]),
                Part::Flag(_) => {}
            }
        }
        if !ship_to_territory.is_empty() {
            extra.extend(["ship_to_territory=", ship_to_territory, ";"]);
        }
        input.extra = &extra;
        self.settings.decide(&input)
    }

    /// A day of a period; what is decided is the same on all of them.
    fn first_day(&self, period: u16) -> Option<i32> {
        match period {
            u16::MAX => None,
            0 => self.days.first().map(|day| day - 1),
            period => self.days.get(usize::from(period) - 1).copied(),
        }
    }
}

/// Inputs that are not taken as they are.
fn is_encoded(part: &Part) -> bool {
    match part {
        Part::Input(name) => ADDRESS.contains(name) || SHIP_TO.contains(name) || *name == "vat_id",
        Part::Flag(_) => false,
    }
}

fn push(key: &mut Vec<u8>, value: Option<&str>) {
    match value {
        Some(text) => key.extend(text.bytes().filter(|byte| *byte != END_MARK)),
        None => key.push(NULL_MARK),
    }
    key.push(END_MARK);
}

fn set<'a>(input: &mut Input<'a>, name: &str, value: &'a str) {
    let cell = match name {
        "seller_country" => &mut input.seller_country,
        "seller_regime" => &mut input.seller_regime,
        "event" => &mut input.event,
        "product_kind" => &mut input.product_kind,
        "rate_hint" => &mut input.rate_hint,
        "vat_rate" => &mut input.vat_rate,
        "dispatch_from" => &mut input.dispatch_from,
        "buyer_kind" => &mut input.buyer_kind,
        "buyer_country" => &mut input.buyer_country,
        "buyer_postcode" => &mut input.buyer_postcode,
        "buyer_province" => &mut input.buyer_province,
        "buyer_territory" => &mut input.buyer_territory,
        "ship_to_country" => &mut input.ship_to_country,
        "ship_to_postcode" => &mut input.ship_to_postcode,
        "vat_id" => &mut input.vat_id,
        "vat_id_valid" => &mut input.vat_id_valid,
        "invoice_requested" => &mut input.invoice_requested,
        "oss_registered" => &mut input.oss_registered,
        "over_10k" => &mut input.over_10k,
        "channel_deemed_supplier" => &mut input.channel_deemed_supplier,
        _ => return,
    };
    *cell = value;
}

/// Puts places and VAT numbers into keys, each looked at once per batch.
struct Encoder<'k> {
    columns: &'k [StringChunked],
    plain: Vec<usize>,
    buyer: [Option<usize>; 4],
    ship_to: [Option<usize>; 4],
    vat_id: Option<usize>,
    found: Found,
    buffer: Vec<u8>,
}

impl<'k> Encoder<'k> {
    fn new(kernel: &Kernel, columns: &'k [StringChunked], found: Found) -> Self {
        let parts = &kernel.parts;
        let index = |name: &str| parts.iter().position(|(part, _)| matches!(part, Part::Input(own) if *own == name));
        Self {
            columns,
            plain: (0..).zip(parts).filter(|(_, (part, _))| !is_encoded(part)).map(|(index, _)| index).collect(),
            buyer: ADDRESS.map(index),
            ship_to: SHIP_TO.map(index),
            vat_id: index("vat_id"),
            found,
            buffer: Vec::new(),
        }
    }

    fn cell(&self, index: Option<usize>, row: usize) -> Option<&'k str> {
        self.columns.get(index?)?.get(row)
    }

    /// Two cells: the country and the territory, by whatever the address says.
    fn address(&mut self, indices: [Option<usize>; 4], row: usize, key: &mut Vec<u8>) {
        if indices.iter().all(Option::is_none) {
            key.extend_from_slice(&[END_MARK, END_MARK]);
            return;
        }
        let mut cells = indices.map(|index| self.cell(index, row));
        if cells[3].is_none_or(str::is_empty) && !self.is_special(cells[0].unwrap_or_default()) {
            (cells[1], cells[2]) = (None, None);
        }
        self.buffer.clear();
        for cell in cells {
            push(&mut self.buffer, cell);
        }
        if let Some(place) = self.found.places.get(&self.buffer) {
            key.extend_from_slice(place);
            return;
        }
        let place = place(cells.map(Option::unwrap_or_default));
        key.extend_from_slice(&place);
        self.found.places.insert(self.buffer.clone(), place);
    }

    /// Whether a country has territories that its postcodes tell apart.
    fn is_special(&mut self, country: &str) -> bool {
        if let Some(is_special) = self.found.special.get(country) {
            return *is_special;
        }
        let is_special = has_territories(country);
        if self.found.special.len() < REMEMBERED {
            self.found.special.insert(country.to_owned(), is_special);
        }
        is_special
    }

    /// One cell: the prefix of the number, `bad` when it is malformed.
    fn vat_id(&mut self, row: usize, key: &mut Vec<u8>) {
        if let Some(number) = self.cell(self.vat_id, row).filter(|number| !number.trim().is_empty()) {
            let country = self.cell(self.buyer[0], row).unwrap_or_default();
            self.buffer.clear();
            push(&mut self.buffer, Some(number));
            push(&mut self.buffer, Some(country));
            if let Some(class) = self.found.numbers.get(&self.buffer) {
                key.extend_from_slice(class);
            } else {
                let class = class_of(number, country).into_bytes();
                key.extend_from_slice(&class);
                self.found.numbers.insert(self.buffer.clone(), class);
            }
        }
        key.push(END_MARK);
    }
}

/// The cells of a place: what is recognised no longer needs its postcode.
fn place([country, postcode, province, territory]: [&str; 4]) -> Vec<u8> {
    let found = Place::of(country, postcode, province, territory).ok();
    let territory = found.map_or(territory, |place| place.territory.map_or("", |territory| territory.code));
    let mut cells = Vec::new();
    push(&mut cells, Some(&country.trim().to_uppercase()));
    push(&mut cells, Some(territory));
    cells
}

/// What a VAT number says: its prefix, `bad` when it is malformed, nothing outside the Union.
fn class_of(number: &str, country: &str) -> String {
    let place = Place::of(country, "", "", "").ok();
    let own = place.as_ref().map_or("", |place| place.country.as_str());
    let prefixed = format!("{own}{}", number.trim());
    let starts_with_letters = number.trim().bytes().take(2).filter(u8::is_ascii_alphabetic).count() == 2;
    let as_written = vat_number::normalise(number).ok().map(|found| found.chars().take(2).collect::<String>());
    if let Some(prefix) = as_written.filter(|_| starts_with_letters) {
        return prefix;
    }
    if !MEMBERS.contains(&own) && own != "XI" {
        return String::new();
    }
    match vat_number::normalise(&prefixed) {
        Ok(_) => own.to_owned(),
        Err(_) => "bad".to_owned(),
    }
}

/// A column of the distinct outcomes; empty is null.
fn texts(name: &str, told: &Told, value: &impl Fn(&Decision) -> &str) -> Series {
    let cells =
        told.outcomes.iter().map(|outcome| (**outcome).as_ref().ok().map(value).filter(|text| !text.is_empty()));
    Series::new(PlSmallStr::from_str(name), cells.collect::<Vec<_>>())
}

fn refusals(told: &Told) -> Series {
    let cells = told.outcomes.iter().map(|outcome| {
        let refusal = (**outcome).as_ref().err()?;
        Some([refusal.cause, &refusal.value, &refusal.message, &refusal.message_it].join(&PART.to_string()))
    });
    Series::new(REFUSED.into(), cells.collect::<Vec<_>>())
}

fn gather(mut batch: DataFrame, columns: Vec<Series>, codes: Vec<IdxSize>) -> PolarsResult<DataFrame> {
    let codes = IdxCa::from_vec(PlSmallStr::EMPTY, codes);
    for column in columns {
        batch.with_column(Column::from(column.take(&codes)?))?;
    }
    Ok(batch)
}
