//! How a checked `price` step runs: other tables are joined as lists, one kernel prices, rows without a price are
//! rejected, the columns come out.

use std::sync::Arc;

use polars::prelude::{
    Column, DataFrame, Expr, LazyFrame, NULL, PolarsError, PolarsResult, col, concat_str, lit, when,
};

use crate::context::NodeError;
use crate::contract::dtype::polars_dtype;
use crate::diag::{Code, mark};
use crate::domain::money::exact::Site;
use crate::domain::money::{Decimal, pow10};
use crate::domain::pricing::Ratio;
use crate::domain::pricing::cells::Number;
use crate::domain::pricing::choice::{Choice, PriceColumns};
use crate::domain::pricing::columns::{Inputs, Problem};
use crate::domain::pricing::guard::{Change, too_far};
use crate::domain::pricing::offers::Scope;
use crate::domain::pricing::output::{COUNTS, MONEY, NOTES as NOTES_FIELD, OFFER, OPTIONAL_MONEY, PROBLEM, dtype};
use crate::domain::pricing::trace::NOTES;
use crate::domain::types::Type;
use crate::transforms::StepCx;
use crate::transforms::guard::{failure, row_words, watch};
use crate::transforms::reject::reject;

use super::config::Missing;
use super::lists::{Lists, chosen};
use super::money;
use super::promotions::Promotions;
use super::rates::{RATE, Rates, business_days, day_literal};
use super::rejects::{holds, rules};
use super::slots::{Slots, micros};
use super::terms::Terms;
use super::tiers::{Past, Tiers};
use super::value::{BoundInstant, BoundWord};

/// The struct column of the kernel, while the step works.
pub const PRICED: &str = "__price_priced";
/// A column of the channel, for joins.
const CHANNEL: &str = "__price_channel";

/// A checked price step.
pub struct Plan {
    /// The numbers of a row.
    pub terms: Terms,
    /// Its channel.
    pub channel: BoundWord,
    /// Its country.
    pub country: BoundWord,
    /// Its customer group.
    pub group: BoundWord,
    /// Its customer.
    pub customer: BoundWord,
    /// Currency of the price.
    pub currency: Option<String>,
    /// Price lists.
    pub lists: Option<Lists>,
    /// Rates of exchange.
    pub rates: Option<Rates>,
    /// The instant the price is for.
    pub at: BoundInstant,
    /// Promotions.
    pub promotions: Option<Promotions>,
    /// Prices by quantity.
    pub tiers: Option<Tiers>,
    /// Prices of the past.
    pub past: Option<Past>,
    /// What happens to a row without a price.
    pub missing: Missing,
    /// Whether there is a trace.
    pub trace: bool,
    /// What the output columns begin with.
    pub prefix: String,
    /// All columns after the step.
    pub columns: Vec<String>,
    /// Columns that name a row; the first joins other tables.
    pub key: Vec<String>,
}

impl Plan {
    /// The columns that are added, in order.
    pub fn outputs(&self) -> Vec<(String, Type)> {
        let money = money(self.terms.decimals);
        let mut outputs: Vec<(&str, Type)> =
            ["net", "vat", "gross", "fee", "proceeds", "floor", "regular"].map(|name| (name, money.clone())).into();
        if let Some(promotions) = &self.promotions {
            outputs.extend(promotions.outputs().into_iter().map(|(name, _, ty)| (name, ty)));
        }
        if self.past.is_some() {
            outputs.extend(["prior", "strike"].map(|name| (name, money.clone())));
            outputs.extend(COUNTS.map(|name| (name, Type::Integer)));
        }
        if self.lists.is_some() {
            outputs.push(("list", Type::Text));
        }
        outputs.push(("warnings", Type::Text));
        if self.trace {
            outputs.push(("trace", Type::Text));
        }
        outputs.into_iter().map(|(name, ty)| (self.named(name), ty)).collect()
    }

    /// Lowers the step: promotions, tiers and history follow the main table.
    ///
    /// # Errors
    /// None yet.
    pub fn lower(&self, inputs: Vec<LazyFrame>, step: &StepCx) -> Result<LazyFrame, NodeError> {
        let site = Site::from(step.site.as_str());
        let now = step.run.started_at.timestamp_micros();
        let frame = self.join(inputs, now, step, &site)?;
        // The columns of the choice of a list are not those of the price.
        let mut slots = Slots::new(&site);
        let inputs = Arc::new(self.inputs(now, &mut slots));
        let kernel = price_kernel(&inputs, &slots, &site);
        let frame = self.settle(frame.with_column(kernel.alias(PRICED)), step);
        let frame = frame.with_columns(self.results(&inputs, &slots));
        Ok(frame.select(self.columns.iter().map(|name| crate::expr::column(name)).collect::<Vec<_>>()))
    }

    /// Joins the other tables.
    fn join(&self, inputs: Vec<LazyFrame>, now: i64, step: &StepCx, site: &Site) -> Result<LazyFrame, NodeError> {
        let mut inputs = inputs.into_iter();
        let lacking = || NodeError::new(Code::UnknownTable, "a table of the `price` step is not there");
        let mut frame = inputs.next().ok_or_else(lacking)?;
        let key = self.key.first().map_or("sku", String::as_str);
        let channel = self.channel.constant();
        if let BoundWord::Row(typed) = &self.channel {
            frame = frame.with_column(typed.lower(site).alias(CHANNEL));
        }
        if let Some(lists) = &self.lists {
            let tables = [inputs.next().ok_or_else(lacking)?, inputs.next().ok_or_else(lacking)?];
            let mut slots = Slots::new(site);
            frame = lists.join(frame, tables, key, step, |slots, prices| self.choice(now, slots, prices), &mut slots);
        }
        if let Some(rates) = &self.rates {
            let table = inputs.next().ok_or_else(lacking)?;
            frame = self.join_rates(frame, table, rates, now, site)?;
        }
        if let Some(promotions) = &self.promotions {
            let table = inputs.next().ok_or_else(lacking)?;
            frame = promotions.join(frame, table, key, self.at.constant(now), channel, step);
        }
        if let Some(tiers) = &self.tiers {
            frame = tiers.join(frame, inputs.next().ok_or_else(lacking)?, key);
        }
        if let Some(past) = &self.past {
            frame = past.join(frame, inputs.next().ok_or_else(lacking)?, key, channel, CHANNEL);
        }
        Ok(frame)
    }

    fn scope(&self, now: i64, slots: &mut Slots) -> Scope {
        Scope {
            at: self.at.lower(now, slots),
            channel: self.channel.lower(slots),
            country: self.country.lower(slots),
            group: self.group.lower(slots),
        }
    }

    fn choice(&self, now: i64, slots: &mut Slots, prices: Vec<PriceColumns>) -> Choice {
        Choice {
            prices,
            scope: self.scope(now, slots),
            customer: self.customer.lower(slots),
            quantity: self.terms.quantity(slots),
            currency: self.currency.clone(),
            decimals: self.terms.decimals,
        }
    }

    fn join_rates(
        &self,
        frame: LazyFrame,
        table: LazyFrame,
        rates: &Rates,
        now: i64,
        site: &Site,
    ) -> Result<LazyFrame, NodeError> {
        let house = lit(rates.from.clone());
        let from = if self.lists.is_some() { chosen("currency").fill_null(house) } else { house };
        let day = match &self.at {
            BoundInstant::Row(typed) => business_days(micros(typed.lower(site), typed.ty())),
            fixed => day_literal(fixed.constant(now).unwrap_or(now)),
        };
        let to = self.currency.as_deref().unwrap_or("EUR");
        Ok(rates.join(frame, table, from, day, to)?)
    }

    fn inputs(&self, now: i64, slots: &mut Slots) -> Inputs {
        let scope = self.scope(now, slots);
        let mut inputs = self.terms.inputs(scope, slots);
        if self.lists.is_some() {
            self.terms.take_list(&mut inputs, slots);
        }
        if let Some(rates) = &self.rates {
            inputs.exchange = Number::Column(slots.add(col(RATE)), rates.scale());
        }
        inputs.offers = self.promotions.as_ref().map(|promotions| promotions.columns(slots));
        inputs.tiers = self.tiers.as_ref().map(|tiers| tiers.columns(slots));
        inputs.history = self.past.as_ref().map(|past| past.columns(slots));
        inputs
    }

    /// Rows without a price leave, as the user wants it.
    fn settle(&self, frame: LazyFrame, step: &StepCx) -> LazyFrame {
        let frame = match self.missing {
            Missing::Reject => frame,
            Missing::Skip => frame.filter(holds(Problem::Price).fill_null(lit(false)).not()),
            Missing::Fail => self.stop_without_price(frame, step),
        };
        let channel = self.channel.constant().unwrap_or("of the row");
        let frame = reject(frame, rules(channel, self.terms.names.each_ref().map(Option::as_ref)), &self.key, step);
        match self.past.as_ref().and_then(|past| past.guard) {
            Some(limit) => self.guard(frame, limit, step),
            None => frame,
        }
    }

    /// The run ends where a price moves too far against the last published one.
    fn guard(&self, frame: LazyFrame, limit: Decimal, step: &StepCx) -> LazyFrame {
        let (key, site, decimals) = (self.key.clone(), step.site.clone(), self.terms.decimals);
        watch(frame, Vec::new(), &format!("price changes {site}"), move |rows| {
            let field = |name: &str| rows.column(PRICED)?.struct_()?.field_by_name(name)?.decimal().cloned();
            let (last, new) = (field("last")?, field("gross")?);
            let pairs = last.physical().iter().zip(new.physical().iter()).enumerate();
            let changes = pairs.filter_map(|(row, (last, new))| Some((row, Change { last: last?, new: new? })));
            let found = too_far(changes, Ratio::new(limit.mantissa, pow10(limit.scale).unwrap_or(1)));
            if found.is_empty() {
                return Ok(());
            }
            let amount = |value: i128| Decimal::new(value, decimals);
            let example = |(row, change): &(usize, Change)| {
                let words = row_words(rows, &key, *row);
                format!("{words} from {} to {} ({})", amount(change.last), amount(change.new), change.percent())
            };
            let examples: Vec<String> = found.iter().take(3).map(example).collect();
            let percent = Decimal::new(limit.mantissa, limit.scale.saturating_sub(2)).to_string_trimmed();
            let message =
                format!("prices move by more than {percent}% against the last published ones: {}", examples.join(", "));
            Err(failure(Code::GuardStopped, &site, &message))
        })
    }

    fn stop_without_price(&self, frame: LazyFrame, step: &StepCx) -> LazyFrame {
        let (key, site) = (self.key.clone(), step.site.clone());
        watch(frame, Vec::new(), &format!("price {site}"), move |rows| {
            let problems = rows.column(PRICED)?.struct_()?.field_by_name(PROBLEM)?.i32()?.clone();
            match problems.iter().position(|problem| problem == Some(Problem::Price as i32)) {
                Some(row) => Err(no_price(rows, &key, row, &site)),
                None => Ok(()),
            }
        })
    }

    fn results(&self, inputs: &Arc<Inputs>, slots: &Slots) -> Vec<Expr> {
        let field = |name: &str| col(PRICED).struct_().field_by_name(name);
        let mut results: Vec<Expr> =
            MONEY.iter().chain(OPTIONAL_MONEY.iter().take(3)).map(|name| field(name).alias(self.named(name))).collect();
        if let Some(promotions) = &self.promotions {
            results.extend(promotions.outputs().into_iter().map(|(name, list, ty)| {
                col(list).list().get(field(OFFER), true).cast(polars_dtype(&ty)).alias(self.named(name))
            }));
        }
        if self.past.is_some() {
            let past = OPTIONAL_MONEY[3..5].iter().chain(&COUNTS);
            results.extend(past.map(|name| field(name).alias(self.named(name))));
        }
        if self.lists.is_some() {
            results.push(chosen("list").alias(self.named("list")));
        }
        results.push(warnings(&field(NOTES_FIELD)).alias(self.named("warnings")));
        if self.trace {
            let inputs = Arc::clone(inputs);
            let trace = slots.kernel(polars::prelude::DataType::String, move |columns| inputs.traces(columns));
            results.push(trace.alias(self.named("trace")));
        }
        results
    }

    fn named(&self, name: &str) -> String {
        format!("{}_{name}", self.prefix)
    }
}

fn price_kernel(inputs: &Arc<Inputs>, slots: &Slots, site: &Site) -> Expr {
    let (inputs, site) = (Arc::clone(inputs), site.clone());
    slots.kernel(dtype(inputs.decimals), move |columns: &[Column]| -> PolarsResult<Column> {
        inputs.price(columns, || overflow(&site))
    })
}

fn overflow(site: &Site) -> PolarsError {
    let message = "a number of the price leaves 38 digits";
    PolarsError::ComputeError(mark(Code::DecimalOverflow, site, message).into())
}

fn no_price(rows: &DataFrame, key: &[String], row: usize, site: &str) -> PolarsError {
    let message = format!("{} has no price: the base is missing, zero or negative", row_words(rows, key, row));
    failure(Code::MissingPrice, site, &message)
}

/// The names of the notes, joined; null where there are none.
fn warnings(bits: &Expr) -> Expr {
    let note = |(bit, name): (i32, &'static str)| {
        // Without bitwise operators on expressions: the bit is odd after halving.
        let is_set = (bits.clone().floor_div(lit(bit)) % lit(2i32)).eq(lit(1i32));
        when(is_set).then(lit(name)).otherwise(lit(NULL))
    };
    let text = concat_str(NOTES.map(note), ", ", true);
    when(bits.clone().gt(lit(0i32))).then(text).otherwise(lit(NULL))
}
