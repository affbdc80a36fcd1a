//! Decides a batch: rows are told apart by what the decision looks at, each combination is decided once for the whole run, and
//! the decisions are gathered back to the rows.
//!
//! The cost per row is that of finding its combination, whatever the number of rules. Dates become the period between two days
//! on which anything changes, addresses the place they lie in, VAT numbers their country, before combinations are told apart.

use std::sync::{Arc, Mutex, PoisonError};

use polars::prelude::{
    BooleanChunked, ChunkAgg, ChunkedArray, Column, DataFrame, IdxCa, IdxSize, Int32Type, NamedFrom, PlHashMap,
    PlSmallStr, PolarsResult, Series, StringChunked,
};

use crate::context::Counter;
use crate::domain::money::Decimal;
use crate::domain::vat::input::SAN_MARINO_THRESHOLD;
use crate::domain::vat::tables::change_days;
use crate::domain::vat::{Decision, Input, Refusal, Settings};
use crate::transforms::vat::encoder::{END_MARK, Encoder, Found, NULL_MARK, is_encoded, push};

/// Name of the column with the tax point.
pub const DAY: &str = "__vat_day";
/// Name of the column that says why a row has no decision.
pub const REFUSED: &str = "__vat_refused";
/// Name of the column that says which threshold a row counts for: zero for none.
pub const COUNTS: &str = "__vat_counts";
/// The row counts for the threshold of the Union.
pub const COUNTS_UNION: i32 = 1;
/// The row counts for that of San Marino.
pub const COUNTS_SAN_MARINO: i32 = 2;
/// Name of the column with the combination that a counted row has; below zero when it was not kept.
pub const CODE: &str = "__vat_code";
/// Between the parts of a refusal.
pub const PART: char = '\u{1f}';

/// Combinations kept for the run; beyond them they are decided again per batch, so that memory stays bounded. Few in tests,
/// so that both ways are taken.
pub(super) const REMEMBERED: usize = if cfg!(test) { 3 } else { 500_000 };

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

/// Combinations that counting found, so that rows need not be looked at twice.
#[derive(Default)]
pub struct Combinations(Mutex<Kept>);

/// Their numbers, and they by number.
#[derive(Default)]
struct Kept {
    numbers: PlHashMap<Vec<u8>, i64>,
    keys: Vec<Vec<u8>>,
}

impl Combinations {
    /// The numbers of keys; below zero for those that there is no room for.
    fn numbers(&self, keys: &[Vec<u8>]) -> Vec<i64> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let number = |key: &Vec<u8>| {
            if let Some(number) = kept.numbers.get(key) {
                return *number;
            }
            if kept.keys.len() >= REMEMBERED {
                return -1;
            }
            let number = i64::try_from(kept.keys.len()).unwrap_or(-1);
            kept.keys.push(key.clone());
            kept.numbers.insert(key.clone(), number);
            number
        };
        keys.iter().map(number).collect()
    }

    fn key(&self, number: i64) -> Option<Vec<u8>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.keys.get(usize::try_from(number).ok()?).cloned()
    }
}

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

/// The rows of a batch by what they are told apart by.
struct Combined {
    codes: Vec<IdxSize>,
    keys: Vec<Vec<u8>>,
    rows: Vec<u64>,
}

/// The rows of a batch by combination.
struct Told {
    codes: Vec<IdxSize>,
    outcomes: Vec<Arc<Outcome>>,
    rows: Vec<u64>,
}

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
        let told = self.told(self.combine(&batch, &self.parts)?);
        Self::decided(batch, told, low)
    }

    /// The same for rows that were counted, whose thresholds stand in the last two parts as truth values.
    ///
    /// # Errors
    /// A helper column is missing.
    pub fn decide_counted(&self, batch: DataFrame, kept: &Combinations, low: &Counter) -> PolarsResult<DataFrame> {
        let (counted, marks) = self.parts.split_at(self.parts.len().saturating_sub(2));
        let flags = marks.iter().map(|(_, name)| Ok(batch.column(name)?.bool()?.rechunk().into_owned()));
        let flags: Vec<BooleanChunked> = flags.collect::<PolarsResult<_>>()?;
        let codes = batch.column(CODE)?.i64()?.rechunk().into_owned();
        // Combinations that were not kept are looked for again.
        let again =
            if codes.min().is_some_and(|least| least < 0) { Some(self.combine(&batch, counted)?) } else { None };
        let mut combined = Combined { codes: Vec::with_capacity(batch.height()), keys: Vec::new(), rows: Vec::new() };
        let mut local: PlHashMap<(i64, u8), IdxSize> = PlHashMap::default();
        let mut last = ((i64::MIN, 0_u8), 0);
        let beyond = SAN_MARINO_THRESHOLD.add(Decimal::ONE).unwrap_or(SAN_MARINO_THRESHOLD).to_string();
        for row in 0..batch.height() {
            let number = codes.get(row).filter(|number| *number >= 0).unwrap_or_else(|| {
                let code = again.as_ref().and_then(|again| again.codes.get(row));
                -1 - code.map_or(0, |code| i64::from(*code))
            });
            let mark = (0..).zip(&flags).map(|(bit, flag)| u8::from(flag.get(row) == Some(true)) << bit).sum();
            if last.0 != (number, mark) {
                let code = *local.entry((number, mark)).or_insert_with(|| {
                    let found = match usize::try_from(-1 - number) {
                        Ok(code) => again.as_ref().and_then(|again| again.keys.get(code).cloned()),
                        Err(_) => kept.key(number),
                    };
                    let mut key = found.unwrap_or_default();
                    push(&mut key, Some(if mark & 1 == 0 { "no" } else { "yes" }));
                    push(&mut key, Some(if mark & 2 == 0 { "0" } else { &beyond }));
                    combined.keys.push(key);
                    combined.rows.push(0);
                    IdxSize::try_from(combined.keys.len() - 1).unwrap_or(IdxSize::MAX)
                });
                last = ((number, mark), code);
            }
            if let Some(rows) = combined.rows.get_mut(last.1 as usize) {
                *rows += 1;
            }
            combined.codes.push(last.1);
        }
        Self::decided(batch, self.told(combined), low)
    }

    fn decided(batch: DataFrame, told: Told, low: &Counter) -> PolarsResult<DataFrame> {
        let rows = told.outcomes.iter().zip(&told.rows);
        let is_low = |outcome: &Outcome| outcome.as_ref().is_ok_and(|decision| decision.confidence == "low");
        low.add(rows.filter(|(outcome, _)| is_low(outcome)).map(|(_, rows)| rows).sum());
        let mut columns: Vec<Series> = OUTPUTS.iter().map(|(name, value)| texts(&helper(name), &told, value)).collect();
        let hundredths: Vec<Option<i64>> = told.outcomes.iter().map(|one| (**one).as_ref().ok()?.hundredths).collect();
        columns.push(Series::new(HUNDREDTHS.into(), hundredths));
        columns.push(refusals(&told));
        gather(batch, columns, told.codes)
    }

    fn told(&self, combined: Combined) -> Told {
        let Combined { codes, keys, rows } = combined;
        Told { codes, outcomes: keys.iter().map(|key| self.outcome(key)).collect(), rows }
    }

    /// Adds only which threshold a row counts for, and its combination.
    ///
    /// # Errors
    /// A helper column is missing.
    pub fn count(&self, batch: DataFrame, kept: &Combinations) -> PolarsResult<DataFrame> {
        let combined = self.combine(&batch, &self.parts)?;
        let numbers = kept.numbers(&combined.keys);
        let told = self.told(combined);
        let counts = told.outcomes.iter().map(|outcome| match (**outcome).as_ref().map(|one| one.counts.as_str()) {
            Ok("union") => COUNTS_UNION,
            Ok("san_marino") => COUNTS_SAN_MARINO,
            _ => 0,
        });
        let counts = Series::new(COUNTS.into(), counts.collect::<Vec<_>>());
        gather(batch, vec![counts, Series::new(CODE.into(), numbers)], told.codes)
    }

    fn combine(&self, batch: &DataFrame, parts: &[(Part, String)]) -> PolarsResult<Combined> {
        let days = batch.column(DAY)?.i32()?.rechunk().into_owned();
        let columns = parts.iter().map(|(_, name)| Ok(batch.column(name)?.str()?.rechunk().into_owned()));
        let columns: Vec<StringChunked> = columns.collect::<PolarsResult<_>>()?;
        let found = self.found.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut encoder = Encoder::new(parts, &columns, found.unwrap_or_default());
        let (mut codes, mut rows) = (Vec::with_capacity(batch.height()), Vec::new());
        let mut local: PlHashMap<Vec<u8>, IdxSize> = PlHashMap::default();
        let mut key = Vec::with_capacity(128);
        for row in 0..batch.height() {
            self.key(&days, &mut encoder, row, &mut key);
            let code = if let Some(code) = local.get(&key) {
                *code
            } else {
                let code = IdxSize::try_from(rows.len()).unwrap_or(IdxSize::MAX);
                rows.push(0);
                local.insert(key.clone(), code);
                code
            };
            if let Some(rows) = rows.get_mut(code as usize) {
                *rows += 1;
            }
            codes.push(code);
        }
        self.put_back(encoder.found);
        let mut keys = vec![Vec::new(); rows.len()];
        for (key, code) in local {
            if let Some(place) = keys.get_mut(code as usize) {
                *place = key;
            }
        }
        Ok(Combined { codes, keys, rows })
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
