//! Prices by quantity and prices of the past: other tables that are joined as lists.

use polars::prelude::{Expr, LazyFrame, col, lit};

use crate::context::BindCx;
use crate::domain::money::Decimal;
use crate::domain::pricing::columns::TierColumns;
use crate::domain::pricing::history::HistoryColumns;

use super::config::{HistoryConfig, TiersConfig};
use super::fields::{Fields, Found, Holds, join_lists};
use super::slots::Slots;

/// A checked table of prices by quantity.
#[derive(Clone, Debug)]
pub struct Tiers {
    sku: Found,
    least: Found,
    amount: Found,
}

/// A checked table of prices of the past.
#[derive(Clone, Debug)]
pub struct Past {
    sku: Found,
    from: Found,
    gross: Found,
    to: Option<Found>,
    channel: Option<Found>,
    country: Option<Found>,
    public: Option<Found>,
    days: u16,
    /// The share by which a price may move against the last published one.
    pub guard: Option<Decimal>,
}

impl Tiers {
    /// Checks the table.
    pub fn bind(config: &TiersConfig, cx: &BindCx) -> Option<Self> {
        let fields = Fields::of(&config.table, &config.columns, &["sku", "min_qty", "amount"], cx)?;
        let (sku, least) = (fields.need("sku", Holds::Text), fields.need("min_qty", Holds::Number));
        Some(Self { amount: fields.need("amount", Holds::Number)?, sku: sku?, least: least? })
    }

    /// Joins the prices of each row's article as lists.
    pub fn join(&self, frame: LazyFrame, tiers: LazyFrame, key: &str) -> LazyFrame {
        let picks = vec![(LEAST.to_owned(), self.least.column()), (AMOUNT.to_owned(), self.amount.column())];
        join_lists(frame, tiers, &[(key.to_owned(), self.sku.column())], picks, &[LEAST])
    }

    /// The joined columns, as the kernel reads them.
    pub fn columns(&self, slots: &mut Slots) -> TierColumns {
        TierColumns {
            least: (slots.add(col(LEAST)), self.least.scale()),
            amount: (slots.add(col(AMOUNT)), self.amount.scale()),
        }
    }
}

impl Past {
    /// Checks the table.
    pub fn bind(config: &HistoryConfig, cx: &BindCx) -> Option<Self> {
        let known = ["sku", "channel", "country", "valid_from", "valid_to", "gross", "public"];
        let fields = Fields::of(&config.table, &config.columns, &known, cx)?;
        let (sku, from) = (fields.need("sku", Holds::Text), fields.need("valid_from", Holds::Instant));
        let gross = fields.need("gross", Holds::Number);
        let guard = config.guard.as_ref().map(|share| share.fraction(cx));
        Some(Self {
            to: fields.get("valid_to", Holds::Instant),
            channel: fields.get("channel", Holds::Text),
            country: fields.get("country", Holds::Text),
            public: fields.get("public", Holds::Bool),
            days: config.days,
            guard: guard.map_or(Some(None), |share| share.map(Some))?,
            sku: sku?,
            from: from?,
            gross: gross?,
        })
    }

    /// Joins the past of each row's article as lists: of the channel that all rows have, or of the one in the column
    /// `channel_column`.
    pub fn join(
        &self,
        frame: LazyFrame,
        past: LazyFrame,
        key: &str,
        channel: Option<&str>,
        channel_column: &str,
    ) -> LazyFrame {
        let mut keep: Vec<Expr> = vec![self.from.column().is_not_null()];
        keep.extend(self.public.as_ref().map(|public| public.column().or(public.column().is_null())));
        let mut keys = vec![(key.to_owned(), self.sku.column())];
        match (&self.channel, channel) {
            (Some(found), Some(channel)) => keep.push(found.column().eq(lit(channel.to_owned()))),
            (Some(found), None) => keys.push((channel_column.to_owned(), found.column())),
            (None, _) => {}
        }
        let mut picks = vec![(FROM.to_owned(), self.from.micros()), (GROSS.to_owned(), self.gross.column())];
        picks.extend(self.to.as_ref().map(|to| (TO.to_owned(), to.micros())));
        picks.extend(self.country.as_ref().map(|country| (COUNTRY.to_owned(), country.column())));
        let past = keep.into_iter().fold(past, LazyFrame::filter);
        join_lists(frame, past, &keys, picks, &[FROM])
    }

    /// The joined columns, as the kernel reads them.
    pub fn columns(&self, slots: &mut Slots) -> HistoryColumns {
        HistoryColumns {
            from: slots.add(col(FROM)),
            to: self.to.as_ref().map(|_| slots.add(col(TO))),
            gross: (slots.add(col(GROSS)), self.gross.scale()),
            country: self.country.as_ref().map(|_| slots.add(col(COUNTRY))),
            days: self.days,
        }
    }
}

const LEAST: &str = "__price_tier_least";
const AMOUNT: &str = "__price_tier_amount";
const FROM: &str = "__price_past_from";
const TO: &str = "__price_past_to";
const GROSS: &str = "__price_past_gross";
const COUNTRY: &str = "__price_past_country";
