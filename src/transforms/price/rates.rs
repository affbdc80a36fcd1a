//! Rates of exchange of another table: the latest one that is not after the day of the price.

use polars::prelude::{
    DataType, Expr, Field, Int32Chunked, IntoColumn, LazyFrame, PolarsResult, UnionArgs, col, concat, lit, when,
};

use crate::context::BindCx;
use crate::domain::calendar::{MICROS_PER_DAY, business_day};
use crate::domain::money::exact::decimal_dtype;
use crate::domain::pricing::rates::pick;
use crate::domain::types::Type;

use super::config::RatesConfig;
use super::fields::{Fields, Found, Holds, join_lists};

/// Column of the rate that was found.
pub const RATE: &str = "__price_rate";
const FROM: &str = "__price_rate_from";
const DAY: &str = "__price_rate_day";
const SPAN: &str = "__price_rate_span";
const DAYS: &str = "__price_rate_days";
const RATES: &str = "__price_rate_rates";

/// A checked table of rates.
#[derive(Clone, Debug)]
pub struct Rates {
    base: Found,
    quote: Found,
    date: Found,
    rate: Found,
    /// Currency of prices that do not say it.
    pub from: String,
    max_age: u16,
}

impl Rates {
    /// Checks the table.
    pub fn bind(config: &RatesConfig, cx: &BindCx) -> Option<Self> {
        let fields = Fields::of(&config.table, &config.columns, &["base", "quote", "date", "rate", "source"], cx)?;
        let (base, quote) = (fields.need("base", Holds::Text), fields.need("quote", Holds::Text));
        let (date, rate) = (fields.need("date", Holds::Instant), fields.need("rate", Holds::Number));
        Some(Self {
            base: base?,
            quote: quote?,
            date: date?,
            rate: rate?,
            from: config.from.to_string(),
            max_age: config.max_age,
        })
    }

    /// Decimals of the rates.
    pub const fn scale(&self) -> u8 {
        self.rate.scale()
    }

    /// Adds [`RATE`]: 1 where the currencies are the same, null where there is no rate of the day. `from` is the
    /// currency of each row, `day` its day (days since 1970).
    ///
    /// # Errors
    /// The engine cannot put the table together.
    pub fn join(&self, frame: LazyFrame, rates: LazyFrame, from: Expr, day: Expr, to: &str) -> PolarsResult<LazyFrame> {
        let day = day.cast(DataType::Int64);
        let frame = frame.with_columns([from.alias(FROM), day.clone().alias(DAY), self.span_of(day).alias(SPAN)]);
        let base = self.base.column();
        let keys = [(FROM.to_owned(), base), (SPAN.to_owned(), col(SPAN))];
        let picks = vec![(DAYS.to_owned(), col(DAYS)), (RATES.to_owned(), self.rate.column())];
        let joined = join_lists(frame, self.by_span(rates, to)?, &keys, picks, &[]);
        let (scale, max_age) = (self.rate.scale(), self.max_age);
        let found = col(DAY).map_many(
            move |columns| pick(columns, scale, max_age),
            &[col(DAYS), col(RATES)],
            move |_, fields| Ok(Field::new(fields[0].name().clone(), decimal_dtype(scale))),
        );
        let one = lit(1i64).cast(decimal_dtype(scale));
        let own = when(col(FROM).eq(lit(to.to_owned()))).then(one).otherwise(found);
        Ok(joined.with_column(own.alias(RATE)))
    }

    /// A rate holds in the span of days it is of and in the next one: so a row finds all that can hold by one key.
    fn by_span(&self, rates: LazyFrame, to: &str) -> PolarsResult<LazyFrame> {
        let day = if self.date.ty == Type::Date {
            self.date.column().cast(DataType::Int32).cast(DataType::Int64)
        } else {
            business_days(self.date.column().cast(DataType::Int64)).cast(DataType::Int64)
        };
        let wanted = self.quote.column().eq(lit(to.to_owned())).and(self.rate.column().is_not_null());
        let rates = rates.filter(wanted).with_columns([day.clone().alias(DAYS), self.span_of(day).alias(SPAN)]).cache();
        let next = rates.clone().with_column((col(SPAN) + lit(1i64)).alias(SPAN));
        concat([rates, next], UnionArgs::default())
    }

    fn span_of(&self, day: Expr) -> Expr {
        day.floor_div(lit(i64::from(self.max_age) + 1))
    }
}

/// The days in Italy of instants in microseconds.
pub fn business_days(micros: Expr) -> Expr {
    micros.map_with_fmt_str(
        |column| {
            let days: Int32Chunked = column.i64()?.iter().map(|micros| business_day(micros?)).collect();
            Ok(days.into_column().with_name(column.name().clone()))
        },
        |_, field| Ok(Field::new(field.name().clone(), DataType::Int32)),
        "business day",
    )
}

/// The day in Italy of one instant, as an expression.
#[must_use]
pub fn day_literal(micros: i64) -> Expr {
    let day = business_day(micros).unwrap_or_else(|| i32::try_from(micros / MICROS_PER_DAY).unwrap_or(0));
    lit(day)
}
