//! What each channel may draw on: own goods, kits, suppliers, less open orders; and the receipts that are expected.

use polars::prelude::{
    DataType, ExplodeOptions, Expr, JoinArgs, JoinType, LazyFrame, NULL, SortMultipleOptions, SortOptions, lit, when,
};

use crate::domain::money::exact::{Rounding, Site};
use crate::domain::stock::level::Kind;
use crate::domain::stock::quantity::{or_zero, units};
use crate::transforms::StepCx;
use crate::transforms::names::{column, selector};
use crate::transforms::reject::{Rule as RejectRule, reject};
use crate::transforms::stock::inputs::{Inputs, Role};
use crate::transforms::stock::kits::{CLAIMS, kits, part};
use crate::transforms::stock::plan::{ChannelPlan, DAY, KEY, StockPlan, all_warehouses, beside, is_bad};
use crate::transforms::stock::pools::{FBA, SUPPLIED, UNSYNCED, refuse_absurd};
use crate::transforms::stock::rows::{BELOW_ZERO, STALE, counts, own};
use crate::transforms::stock::stage::{DATE, DUE, LEFT, MISSING, POOL, condition, staged};
use crate::transforms::stock::tables::{KitMode, Sharing};
use crate::transforms::stock::value::{Choice, Value, pick, quantity};

impl StockPlan {
    /// Adds the pool of every channel.
    pub(super) fn pooled(&self, mut frame: LazyFrame, recipes: Option<LazyFrame>, step: &StepCx) -> LazyFrame {
        let site = Site::from(step.site.as_str());
        if let (Some(plan), Some(recipes)) = (&self.kits, recipes) {
            frame = frame.with_columns(self.each(|index, channel| self.kit_part(channel).alias(part(index)))).cache();
            let parts: Vec<String> = (0..self.channels.len()).map(part).collect();
            let assembled = plan.assemble(recipes, frame.clone(), &parts, self.scale, self.trace);
            frame = beside(frame, assembled);
        }
        let frame = frame.with_columns(
            self.each(|index, channel| self.left(channel, self.kits_at(index)).alias(staged(LEFT, index))),
        );
        let frame = frame.with_columns(
            self.each(|index, channel| self.missing(index, channel, &site).alias(staged(MISSING, index))),
        );
        let frame =
            frame.with_columns(self.each(|index, channel| self.pool(index, channel, &site).alias(staged(POOL, index))));
        reject(self.named(frame), self.article_rules(&site), std::slice::from_ref(&self.key), step)
    }

    pub(super) fn each(&self, of: impl Fn(usize, &ChannelPlan) -> Expr) -> Vec<Expr> {
        self.channels.iter().enumerate().map(|(index, channel)| of(index, channel)).collect()
    }

    /// The key under its own name as well, for rejects and for the result.
    fn named(&self, frame: LazyFrame) -> LazyFrame {
        frame.with_column(column(KEY).alias(&self.key))
    }

    /// What the channel's warehouses have.
    pub(super) fn own(&self, channel: &ChannelPlan) -> Expr {
        match self.all_set.filter(|_| channel.by_rules) {
            Some(all) => pick(column(&all_warehouses(&channel.name)), column(&own(all)), column(&own(channel.set))),
            None => column(&own(channel.set)),
        }
    }

    /// What open orders take of the channel's pool.
    pub(super) fn unsynced(&self, channel: &ChannelPlan) -> Option<Expr> {
        let unsynced = or_zero(&column(UNSYNCED));
        self.unsynced.as_ref()?;
        if !self.rows.kind.may_be(Kind::Salable) {
            return Some(unsynced);
        }
        if matches!(self.rows.kind, Choice::Always(_)) {
            return None;
        }
        let counts_of = match self.all_set.filter(|_| channel.by_rules) {
            Some(all) => {
                pick(column(&all_warehouses(&channel.name)), column(&counts(all)), column(&counts(channel.set)))
            }
            None => column(&counts(channel.set)),
        };
        Some(pick(counts_of.fill_null(lit(true)), unsynced, units(0)))
    }

    fn kits_at(&self, index: usize) -> Option<Expr> {
        self.kits.as_ref().map(|_| column(&kits(index)))
    }

    /// Own goods of the article, or none where it is a kit that is only assembled.
    pub(super) fn own_of_kit(&self, channel: &ChannelPlan, kits: Option<&Expr>) -> Expr {
        let own = self.own(channel);
        match kits {
            Some(kits) if self.kits.as_ref().is_some_and(|plan| plan.mode == KitMode::Virtual) => {
                pick(kits.clone().is_not_null(), units(0), own)
            }
            _ => own,
        }
    }

    fn left(&self, channel: &ChannelPlan, kits: Option<Expr>) -> Expr {
        let mut left = or_zero(&self.own_of_kit(channel, kits.as_ref()));
        if let Some(kits) = kits {
            left = left + or_zero(&kits);
        }
        match self.unsynced(channel) {
            Some(unsynced) => left - unsynced,
            None => left,
        }
    }

    /// What suppliers add to what is left.
    pub(super) fn supplied(&self, channel: &ChannelPlan, left: &Expr) -> Option<Expr> {
        self.suppliers.as_ref().filter(|_| channel.rules.suppliers)?;
        let supplied = or_zero(&column(SUPPLIED));
        Some(if self.adds_always { supplied } else { pick(left.clone().lt_eq(units(0)), supplied, units(0)) })
    }

    fn with_supplied(&self, channel: &ChannelPlan, left: Expr) -> Expr {
        match self.supplied(channel, &left) {
            Some(supplied) => left + supplied,
            None => left,
        }
    }

    /// What kits may take of an article that is their component; null when nothing is known of it.
    fn kit_part(&self, channel: &ChannelPlan) -> Expr {
        let pool = self.with_supplied(channel, self.left(channel, None));
        let known = self.known(channel, None);
        let part = if self.splits() {
            let shares = or_zero(&column(CLAIMS)) + units(1);
            pick(pool.clone().gt(units(0)), pool.clone().floor_div(shares), pool)
        } else {
            pool
        };
        when(known).then(part).otherwise(lit(NULL))
    }

    fn splits(&self) -> bool {
        self.kits.as_ref().is_some_and(|plan| plan.sharing == Sharing::Split && plan.draws_on_pools())
    }

    /// Whether some table has stock of the article.
    fn known(&self, channel: &ChannelPlan, kits: Option<&Expr>) -> Expr {
        let mut known = self.own(channel).is_not_null();
        if self.suppliers.is_some() && channel.rules.suppliers {
            known = known.or(column(SUPPLIED).is_not_null());
        }
        if let Some(kits) = kits {
            known = known.or(kits.clone().is_not_null());
        }
        // Stock that is too old is not known, whatever else there is.
        if self.rows.as_of.is_some() { known.and(column(STALE).fill_null(lit(false)).not()) } else { known }
    }

    fn missing(&self, index: usize, channel: &ChannelPlan, site: &Site) -> Expr {
        let missing = self.known(channel, self.kits_at(index).as_ref()).not();
        pick(Self::is_fba(channel, site), self.fba_quantity().is_null(), missing)
    }

    fn fba_quantity(&self) -> Expr {
        if self.fba.is_some() { column(FBA) } else { lit(NULL).cast(DataType::Int64) }
    }

    /// Whether the channel sells the marketplace's stock.
    pub(super) fn is_fba(channel: &ChannelPlan, site: &Site) -> Expr {
        condition(channel.rules.fba.as_ref(), site)
    }

    fn pool(&self, index: usize, channel: &ChannelPlan, site: &Site) -> Expr {
        let mut pool = self.with_supplied(channel, column(&staged(LEFT, index)));
        if self.splits() {
            let taken = or_zero(&column(CLAIMS)) * or_zero(&column(&part(index)));
            pool = pool.clone() - pick(pool.gt(units(0)), taken, units(0));
        }
        let pool = pick(Self::is_fba(channel, site), self.fba_quantity(), pool);
        when(column(&staged(MISSING, index))).then(lit(NULL)).otherwise(pool)
    }

    /// Articles of which nothing can be said.
    fn article_rules(&self, site: &Site) -> Vec<RejectRule> {
        let mut rules = Vec::new();
        if self.rows.negative.may_be(crate::domain::stock::Negative::Reject) {
            let below = "a warehouse is below zero, so the stock of this article is not certain: correct it";
            rules.push(
                RejectRule::new(column(BELOW_ZERO).fill_null(lit(false)), "negative-stock", below)
                    .column(&self.key)
                    .italian("un magazzino è sotto zero, la giacenza di questo articolo non è certa: correggerla"),
            );
        }
        for channel in &self.channels {
            let computed = channel.rules.rules.iter().filter(|(_, value)| by_article(value));
            rules.extend(computed.map(|(rule, value)| {
                let message =
                    format!("`{}` of channel `{}` is below zero, or more than the whole", rule.name(), channel.name);
                RejectRule::new(is_bad(*rule, value, self.scale, site), "bad-channel-rule", message)
                    .column(&self.key)
                    .italian(format!("`{}` del canale `{}` è sotto zero o più del tutto", rule.name(), channel.name))
            }));
        }
        rules
    }

    /// Adds what receipts bring: the quantity that is due, and the day with which there is something again.
    pub(super) fn expected(&self, frame: LazyFrame, inputs: &Inputs, step: &StepCx) -> LazyFrame {
        let (Some((plan, date)), Some(incoming)) = (&self.incoming, inputs.get(Role::Incoming)) else { return frame };
        let site = Site::from(step.site.as_str());
        let frame = frame.cache();
        let quantity = quantity(&plan.quantity, self.scale, Rounding::Floor, &site);
        let receipts = refuse_absurd(incoming, &quantity, &plan.key, self.scale, step);
        let receipts = in_order(receipts, &plan.key, date.lower(&site), quantity);
        let mut known = vec![column(KEY), column(DAY)];
        known.extend((0..self.channels.len()).map(|index| column(&staged(POOL, index))));
        let on = [column(KEY)];
        let lines = receipts.join(frame.clone().select(known), on.clone(), on, JoinArgs::new(JoinType::Inner));
        let is_due = column(RECEIPT_DAY).lt_eq(column(DAY)).fill_null(lit(false));
        let is_ahead = column(RECEIPT_DAY).gt_eq(column(DAY)).fill_null(lit(true));
        let mut values = self.each(|index, _| {
            let enough = (or_zero(&column(&staged(POOL, index))) + column(RUNNING)).gt(units(0));
            column(RECEIPT_DAY).filter(is_ahead.clone().and(enough)).min().alias(staged(DATE, index))
        });
        values.push(column(RECEIVED).filter(is_due).sum().alias(DUE));
        beside(frame, lines.group_by([column(KEY)]).agg(values))
    }
}

const RECEIPT_DAY: &str = "__stock_receipt_day";
const RECEIVED: &str = "__stock_received";
const RUNNING: &str = "__stock_running";

/// Receipts in the order of their days, one row per article and day, with what has come until then.
fn in_order(receipts: LazyFrame, key: &str, date: Expr, quantity: Expr) -> LazyFrame {
    let rows = receipts.select([column(key).alias(KEY), date.alias(RECEIPT_DAY), or_zero(&quantity).alias(RECEIVED)]);
    let rows = rows.filter(column(KEY).is_not_null().and(column(RECEIPT_DAY).is_not_null()));
    let days = rows.group_by([column(KEY), column(RECEIPT_DAY)]).agg([column(RECEIVED).sum()]);
    let ordered = column(RECEIVED).sort_by([column(RECEIPT_DAY)], SortMultipleOptions::default());
    let lists = days.group_by([column(KEY)]).agg([
        column(RECEIPT_DAY).sort(SortOptions::default()),
        ordered.clone(),
        ordered.cum_sum(false).alias(RUNNING),
    ]);
    let options = ExplodeOptions { empty_as_null: false, keep_nulls: false };
    lists.explode(selector(&[RECEIPT_DAY, RECEIVED, RUNNING]), options)
}

/// Whether a rule is worked out of the catalogue; those of the table of rules are checked there.
fn by_article(value: &Value) -> bool {
    matches!(value, Value::Computed(typed) if !typed.columns().iter().any(|name| name.starts_with("__stock_rule_")))
}
