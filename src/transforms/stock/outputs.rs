//! The columns that come out: quantities, availability in the channel's words, dates.

use polars::prelude::{Expr, NULL, lit, when};

use crate::domain::money::exact::{Rounding, Site};
use crate::domain::stock::State;
use crate::domain::stock::quantity::{to_number, units};
use crate::transforms::names::column;
use crate::transforms::stock::kits::BROKEN;
use crate::transforms::stock::plan::{ChannelPlan, KEY, StockPlan};
use crate::transforms::stock::stage::{DATE, POOL, SHOWN, condition, staged};

impl StockPlan {
    /// The columns that come out.
    pub(super) fn outputs(&self, site: &Site) -> Vec<Expr> {
        let mut outputs = vec![column(KEY).alias(&self.key)];
        let number = |value: Expr, decimals| to_number(value, self.scale, decimals, site);
        for (index, channel) in self.channels.iter().enumerate() {
            let names = channel.outputs();
            let [pool_decimals, decimals] = self.decimals;
            outputs.push(number(column(&staged(POOL, index)), pool_decimals).alias(names.pool));
            if self.incoming.is_some() {
                outputs.push(number(Self::atp(index, channel, site), pool_decimals).alias(names.atp));
            }
            outputs.push(number(column(&staged(SHOWN, index)), decimals).alias(names.quantity));
            outputs.push(self.availability(index, channel, site).alias(names.availability));
            if self.dates(channel) {
                outputs.push(self.availability_date(index, channel, site).alias(names.date));
            }
            if self.trace {
                outputs.push(self.trace_of(index, channel, site).alias(names.trace));
            }
        }
        outputs.push(self.alerts(site).alias(ALERTS));
        outputs
    }

    /// Whether the channel has a date of availability.
    #[must_use]
    pub fn dates(&self, channel: &ChannelPlan) -> bool {
        self.incoming.is_some() && (channel.rules.backorder.is_some() || channel.rules.preorder.is_some())
    }

    /// Whether the article is on preorder, and on backorder.
    pub(super) fn promises(&self, index: usize, channel: &ChannelPlan, site: &Site) -> [Expr; 2] {
        if self.incoming.is_none() {
            return [lit(false), lit(false)];
        }
        let none_left = column(&staged(SHOWN, index)).lt_eq(units(0));
        let dated = column(&staged(DATE, index)).is_not_null().and(Self::is_fba(channel, site).not()).and(none_left);
        let dated = match self.ended(0, site) {
            Some(ended) => dated.and(ended.not()),
            None => dated,
        };
        [&channel.rules.preorder, &channel.rules.backorder].map(|promise| match promise {
            None => lit(false),
            Some(promise) => condition(Some(promise), site).and(dated.clone()),
        })
    }

    fn availability(&self, index: usize, channel: &ChannelPlan, site: &Site) -> Expr {
        let shown = column(&staged(SHOWN, index));
        let mut states = Vec::new();
        if let Some((_, days)) = &self.end_of_life {
            states.extend(self.ended(*days, site).map(|ended| (State::Ended, ended)));
        }
        if let Some(low) = &channel.rules.low {
            let low = low.quantity(self.scale, Rounding::Floor, site);
            states.push((State::Limited, shown.clone().gt(units(0)).and(shown.clone().lt_eq(low))));
        }
        states.push((State::InStock, shown.gt(units(0))));
        let [preorder, backorder] = self.promises(index, channel, site);
        if self.dates(channel) {
            states.extend([(State::Preorder, preorder), (State::Backorder, backorder)]);
        }
        channel.rules.words.choose(states)
    }

    fn availability_date(&self, index: usize, channel: &ChannelPlan, site: &Site) -> Expr {
        let [preorder, backorder] = self.promises(index, channel, site);
        when(preorder.or(backorder)).then(column(&staged(DATE, index))).otherwise(lit(NULL))
    }

    /// Whether a kit lacks a component.
    pub(super) fn is_broken(&self) -> Option<Expr> {
        self.kits.as_ref().map(|_| column(BROKEN).fill_null(lit(false)))
    }
}

/// The column that names what a person should look at.
pub const ALERTS: &str = "stock_alerts";

/// Names of the columns that come out for a channel.
pub struct Outputs {
    /// What it may draw on.
    pub pool: String,
    /// Available to promise.
    pub atp: String,
    /// What it shows.
    pub quantity: String,
    /// In its words.
    pub availability: String,
    /// When there is something again.
    pub date: String,
    /// How it came about.
    pub trace: String,
}

impl ChannelPlan {
    /// The names of the channel's columns.
    #[must_use]
    pub fn outputs(&self) -> Outputs {
        let name = &self.name;
        Outputs {
            pool: format!("pool_{name}"),
            atp: format!("atp_{name}"),
            quantity: format!("{name}_qty"),
            availability: format!("{name}_availability"),
            date: format!("{name}_availability_date"),
            trace: format!("stock_trace_{name}"),
        }
    }
}
