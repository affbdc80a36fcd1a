//! What each channel shows: ring fences, rules, the last quantity where stock is not known, the guard on drops.

use polars::prelude::{DataFrame, DataType, Expr, IntoLazy, LazyFrame, NULL, lit, when};

use crate::diag::Code;
use crate::domain::money::exact::{Rounding, Site};
use crate::domain::stock::Rule;
use crate::domain::stock::allocation::{Claim, allocate};
use crate::domain::stock::guard::Drop;
use crate::domain::stock::publish::published;
use crate::domain::stock::quantity::{at_least_zero, or_zero, piece, units};
use crate::transforms::names::column;
use crate::transforms::stock::plan::{ChannelPlan, DAY, StockPlan};
use crate::transforms::stock::pools::{LAST_AT, SOLD, last};
use crate::transforms::stock::stage::{DUE, FENCED, MISSING, POOL, SHOWN, START, condition, staged};
use crate::transforms::stock::value::{Value, constant_bool, pick};
use crate::transforms::{StepCx, guard};

impl StockPlan {
    /// The rules, and the columns that come out.
    pub(super) fn published(&self, mut frame: LazyFrame, step: &StepCx) -> LazyFrame {
        let site = Site::from(step.site.as_str());
        let piece = self.piece();
        frame = frame
            .with_columns(self.each(|index, channel| self.start(index, channel, &site).alias(staged(START, index))));
        let taken = self.fence(&mut frame, &site);
        for (index, channel) in self.channels.iter().enumerate() {
            let mut quantity = column(&staged(START, index));
            if channel.rules.fence.is_some() {
                quantity = column(&staged(FENCED, index));
            } else if let (Some(taken), false) = (&taken, constant_bool(&Self::is_fba(channel, &site)) == Some(true)) {
                quantity = pick(Self::is_fba(channel, &site), quantity.clone(), quantity - taken.clone());
            }
            for (rule, value) in Self::rules_of(channel) {
                let after = self.after(*rule, value, channel, &quantity, &site);
                let name = staged(rule.name(), index);
                frame = frame.with_column(after.alias(name.as_str()));
                quantity = column(&name);
            }
            let shown = self.shown(index, published(quantity, piece), step);
            frame = frame.with_column(shown.alias(staged(SHOWN, index)));
        }
        if self.components_are_known() {
            frame = frame.filter(column(SOLD));
        }
        let frame = self.guarded(frame, step);
        frame.select(self.outputs(&site))
    }

    /// Units of what is shown: a whole piece, or the smallest unit.
    pub(super) fn piece(&self) -> i64 {
        if self.decimals[1] == 0 { piece(self.scale) } else { 1 }
    }

    /// What the rules start from: the pool, with receipts where the channel promises them.
    fn start(&self, index: usize, channel: &ChannelPlan, site: &Site) -> Expr {
        let pool = or_zero(&column(&staged(POOL, index)));
        match (&channel.rules.atp, &self.incoming) {
            (Some(atp), Some(_)) => pick(condition(Some(atp), site), Self::atp(index, channel, site), pool),
            _ => pool,
        }
    }

    /// Available to promise by the day.
    pub(super) fn atp(index: usize, channel: &ChannelPlan, site: &Site) -> Expr {
        let pool = column(&staged(POOL, index));
        let with_receipts = or_zero(&pool) + or_zero(&column(DUE));
        pick(Self::is_fba(channel, site), pool, with_receipts)
    }

    /// Adds what ring-fenced channels get, and answers what they have together.
    fn fence(&self, frame: &mut LazyFrame, site: &Site) -> Option<Expr> {
        let mut fenced: Vec<(u32, usize)> = self
            .channels
            .iter()
            .enumerate()
            .filter_map(|(index, channel)| Some((channel.rules.fence?, index)))
            .collect();
        fenced.sort_unstable();
        let mut taken: Option<Expr> = None;
        for group in fenced.chunk_by(|one, other| one.0 == other.0) {
            let claims: Vec<Claim> = group.iter().map(|(_, index)| self.claim(*index, site)).collect();
            let before = taken.clone().unwrap_or_else(|| units(0));
            let got = allocate(&claims, &before, self.piece());
            let named = group.iter().zip(got).map(|((_, index), got)| got.alias(staged(FENCED, *index)));
            *frame = std::mem::replace(frame, DataFrame::empty().lazy()).with_columns(named.collect::<Vec<_>>());
            for (_, index) in group {
                let got = column(&staged(FENCED, *index));
                taken = Some(taken.map_or(got.clone(), |taken| taken + got));
            }
        }
        taken
    }

    fn claim(&self, index: usize, site: &Site) -> Claim {
        let pool = at_least_zero(&column(&staged(START, index)));
        let channel = &self.channels[index];
        // What is not said is not wanted: a ring fence without a number fences nothing.
        let mut wanted = units(0);
        for (rule, value) in channel.rules.rules.iter().rev().filter(|(rule, _)| *rule <= Rule::Percent) {
            let number = self.rule_value(*rule, value, channel, site);
            let part = match rule {
                Rule::Percent => rule.apply(&pool, &number, self.piece()),
                _ => number.clone(),
            };
            wanted = if value.is_computed() { pick(number.is_not_null(), part, wanted) } else { part };
        }
        Claim { pool, wanted: at_least_zero(&wanted) }
    }

    /// The rules that still apply: a ring fence stands for `fixed` and `percent`.
    pub(super) fn rules_of(channel: &ChannelPlan) -> impl Iterator<Item = &(Rule, Value)> {
        let fenced = channel.rules.fence.is_some();
        channel.rules.rules.iter().filter(move |(rule, _)| !fenced || *rule > Rule::Percent)
    }

    /// The number of a rule; null where the article has none.
    pub(super) fn rule_value(&self, rule: Rule, value: &Value, channel: &ChannelPlan, site: &Site) -> Expr {
        let rounding = if rule.keeps_back() { Rounding::Ceil } else { Rounding::Floor };
        if rule != Rule::Percent {
            return value.rule(self.scale, rounding, site);
        }
        // A fixed quantity goes before a share.
        let fixed = channel.rules.rules.iter().find(|(rule, value)| *rule == Rule::Fixed && value.is_computed());
        match fixed {
            Some((_, fixed)) => {
                let none = fixed.quantity(self.scale, Rounding::Floor, site).is_null();
                when(none).then(value.share(site)).otherwise(lit(NULL))
            }
            None => value.share(site),
        }
    }

    fn after(&self, rule: Rule, value: &Value, channel: &ChannelPlan, quantity: &Expr, site: &Site) -> Expr {
        let number = self.rule_value(rule, value, channel, site);
        let after = rule.apply(quantity, &number, self.piece());
        if value.is_computed() || rule == Rule::Percent && has_computed_fixed(channel) {
            when(number.is_null()).then(quantity.clone()).otherwise(after)
        } else {
            after
        }
    }

    /// What is shown: nothing of an ended article, the last quantity for a while where the stock is not known.
    fn shown(&self, index: usize, published: Expr, step: &StepCx) -> Expr {
        let site = Site::from(step.site.as_str());
        let kept = match &self.last {
            Some(plan) if plan.quantities.iter().any(|(channel, _)| *channel == index) => {
                pick(self.is_kept(index, step), or_zero(&column(&last(index))), units(0))
            }
            _ => units(0),
        };
        let shown = pick(column(&staged(MISSING, index)), kept, published);
        match self.ended(0, &site) {
            Some(ended) => pick(ended, units(0), shown),
            None => shown,
        }
    }

    /// Whether the last quantity is young enough to be kept.
    pub(super) fn is_kept(&self, index: usize, step: &StepCx) -> Expr {
        match &self.last {
            Some(plan) if plan.quantities.iter().any(|(channel, _)| *channel == index) => {
                column(LAST_AT).gt_eq(units(self.now(step).saturating_sub(plan.keep))).fill_null(lit(false))
            }
            _ => lit(false),
        }
    }

    /// Whether the article has ended for so many days.
    pub(super) fn ended(&self, days: u16, site: &Site) -> Option<Expr> {
        let (end, _) = self.end_of_life.as_ref()?;
        let number = |date: Expr| date.cast(DataType::Int32).cast(DataType::Int64);
        Some(number(column(DAY)).gt_eq(number(end.lower(site)) + units(i64::from(days))).fill_null(lit(false)))
    }

    /// Fails the run when too many articles go to zero.
    fn guarded(&self, frame: LazyFrame, step: &StepCx) -> LazyFrame {
        let Some(plan) = &self.last else { return frame };
        let mut values = Vec::new();
        let mut watched = Vec::new();
        for (index, _) in &plan.quantities {
            let before = column(&last(*index)).gt(units(0)).fill_null(lit(false));
            let to_zero = before.clone().and(column(&staged(SHOWN, *index)).eq(units(0)));
            for (what, count) in [("before", before), ("to_zero", to_zero)] {
                values.push(count.sum().cast(DataType::UInt64).alias(staged(what, *index)));
                watched.push(staged(what, *index));
            }
        }
        let channels: Vec<(String, usize)> =
            plan.quantities.iter().map(|(index, _)| (self.channels[*index].name.clone(), *index)).collect();
        let (limit, site) = (self.max_drop, step.site.clone());
        guard::watch(frame.with_columns(values), watched, &format!("stock drop {}", step.site), move |batch| {
            if batch.height() == 0 {
                return Ok(());
            }
            for (name, index) in &channels {
                let count = |what| {
                    Ok::<u64, polars::prelude::PolarsError>(
                        batch.column(&staged(what, *index))?.u64()?.get(0).unwrap_or(0),
                    )
                };
                let drop = Drop { before: count("before")?, to_zero: count("to_zero")? };
                if drop.exceeds(limit) {
                    return Err(guard::failure(Code::RunFailed, &site, &dropped(name, drop, limit)));
                }
            }
            Ok(())
        })
    }
}

fn has_computed_fixed(channel: &ChannelPlan) -> bool {
    channel.rules.rules.iter().any(|(rule, value)| *rule == Rule::Fixed && value.is_computed())
}

fn dropped(channel: &str, drop: Drop, limit: crate::domain::money::Decimal) -> String {
    let allowed = crate::domain::money::Decimal::new(limit.mantissa * 100, limit.scale);
    format!(
        "channel `{channel}`: {} of {} articles that were on sale go to zero ({} %, allowed are {} %); look at the sources of the stock, or raise `max_drop`",
        drop.to_zero,
        drop.before,
        drop.percent(),
        allowed.to_string_trimmed()
    )
}
