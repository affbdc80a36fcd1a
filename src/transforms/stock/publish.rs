//! What each channel draws on and shows: pools with kits and suppliers, receipts, ring fences, rules, words.

use polars::prelude::{
    DataFrame, DataType, ExplodeOptions, Expr, IntoLazy, JoinArgs, JoinType, LazyFrame, NULL, SortMultipleOptions,
    SortOptions, lit, when,
};

use crate::diag::Code;
use crate::domain::money::exact::{Rounding, Site};
use crate::domain::stock::allocation::{Claim, allocate};
use crate::domain::stock::guard::Drop;
use crate::domain::stock::level::Kind;
use crate::domain::stock::publish::published;
use crate::domain::stock::quantity::{at_least_zero, or_zero, piece, to_number, units};
use crate::domain::stock::{Rule, State};
use crate::expr::Typed;
use crate::transforms::StepCx;
use crate::transforms::guard;
use crate::transforms::names::{column, selector};
use crate::transforms::reject::{Rule as RejectRule, reject};
use crate::transforms::stock::inputs::{Inputs, Role};
use crate::transforms::stock::kits::{BROKEN, CLAIMS, kits, part};
use crate::transforms::stock::plan::{ChannelPlan, DAY, KEY, StockPlan, all_warehouses, beside, is_bad};
use crate::transforms::stock::pools::{FBA, LAST_AT, SUPPLIED, UNSYNCED, last, refuse_absurd};
use crate::transforms::stock::rows::{BELOW_ZERO, STALE, counts, own};
use crate::transforms::stock::tables::{KitMode, Sharing};
use crate::transforms::stock::value::{Choice, Value, constant_bool, pick, quantity};

/// A helper column of a channel.
#[must_use]
pub fn staged(what: &str, index: usize) -> String {
    format!("__stock_{what}_{index}")
}

/// Whether a channel knows nothing of an article, or too late.
pub const MISSING: &str = "missing";
/// Own goods, with kits that can be assembled, less open orders.
pub const LEFT: &str = "left";
/// What the channel may draw on.
pub const POOL: &str = "pool";
/// Receipts that are due.
pub const DUE: &str = "due";
/// Day of the receipt with which there is something again.
pub const DATE: &str = "date";
/// What the rules start from.
pub const START: &str = "start";
/// What ring-fenced channels have of the pool.
pub const FENCED: &str = "fenced";
/// What is shown.
pub const SHOWN: &str = "shown";

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

    fn each(&self, of: impl Fn(usize, &ChannelPlan) -> Expr) -> Vec<Expr> {
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
        match &self.rows.kind {
            Choice::Always(Kind::Salable) => None,
            Choice::Always(_) => Some(unsynced),
            Choice::Each(_) => {
                let counts_of = match self.all_set.filter(|_| channel.by_rules) {
                    Some(all) => {
                        pick(column(&all_warehouses(&channel.name)), column(&counts(all)), column(&counts(channel.set)))
                    }
                    None => column(&counts(channel.set)),
                };
                Some(pick(counts_of.fill_null(lit(true)), unsynced, units(0)))
            }
        }
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
        known.and(column(STALE).fill_null(lit(false)).not())
    }

    fn missing(&self, index: usize, channel: &ChannelPlan, site: &Site) -> Expr {
        let missing = self.known(channel, self.kits_at(index).as_ref()).not();
        pick(self.is_fba(channel, site), self.fba_quantity().is_null(), missing)
    }

    fn fba_quantity(&self) -> Expr {
        if self.fba.is_some() { column(FBA) } else { lit(NULL).cast(DataType::Int64) }
    }

    /// Whether the channel sells the marketplace's stock.
    pub(super) fn is_fba(&self, channel: &ChannelPlan, site: &Site) -> Expr {
        condition(channel.rules.fba.as_ref(), site)
    }

    fn pool(&self, index: usize, channel: &ChannelPlan, site: &Site) -> Expr {
        let mut pool = self.with_supplied(channel, column(&staged(LEFT, index)));
        if self.splits() {
            let taken = or_zero(&column(CLAIMS)) * or_zero(&column(&part(index)));
            pool = pool.clone() - pick(pool.gt(units(0)), taken, units(0));
        }
        let pool = pick(self.is_fba(channel, site), self.fba_quantity(), pool);
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
            } else if let (Some(taken), false) = (&taken, constant_bool(&self.is_fba(channel, &site)) == Some(true)) {
                quantity = pick(self.is_fba(channel, &site), quantity.clone(), quantity - taken.clone());
            }
            for (rule, value) in self.rules_of(channel) {
                let after = self.after(*rule, value, channel, &quantity, &site);
                let name = staged(rule.name(), index);
                frame = frame.with_column(after.alias(name.as_str()));
                quantity = column(&name);
            }
            let shown = self.shown(index, published(quantity, piece), step);
            frame = frame.with_column(shown.alias(staged(SHOWN, index)));
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
            (Some(atp), Some(_)) => pick(condition(Some(atp), site), self.atp(index, channel, site), pool),
            _ => pool,
        }
    }

    /// Available to promise by the day.
    pub(super) fn atp(&self, index: usize, channel: &ChannelPlan, site: &Site) -> Expr {
        let pool = column(&staged(POOL, index));
        let with_receipts = or_zero(&pool) + or_zero(&column(DUE));
        pick(self.is_fba(channel, site), pool, with_receipts)
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
        let mut wanted = pool.clone();
        for (rule, value) in channel.rules.rules.iter().filter(|(rule, _)| *rule <= Rule::Percent) {
            wanted = match rule {
                Rule::Fixed => or_zero(&value.quantity(self.scale, Rounding::Floor, site)),
                _ => self.after(*rule, value, channel, &pool, site),
            };
        }
        Claim { pool, wanted: at_least_zero(&wanted) }
    }

    /// The rules that still apply: a ring fence stands for `fixed` and `percent`.
    pub(super) fn rules_of<'c>(&self, channel: &'c ChannelPlan) -> impl Iterator<Item = &'c (Rule, Value)> {
        let fenced = channel.rules.fence.is_some();
        channel.rules.rules.iter().filter(move |(rule, _)| !fenced || *rule > Rule::Percent)
    }

    /// The number of a rule; null where the article has none.
    pub(super) fn rule_value(&self, rule: Rule, value: &Value, channel: &ChannelPlan, site: &Site) -> Expr {
        let rounding = if rule.keeps_back() { Rounding::Ceil } else { Rounding::Floor };
        if rule != Rule::Percent {
            return value.quantity(self.scale, rounding, site);
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

    /// The columns that come out.
    fn outputs(&self, site: &Site) -> Vec<Expr> {
        let mut outputs = vec![column(KEY).alias(&self.key)];
        let number = |value: Expr, decimals| to_number(value, self.scale, decimals, site);
        for (index, channel) in self.channels.iter().enumerate() {
            let names = channel.outputs();
            let [pool_decimals, decimals] = self.decimals;
            outputs.push(number(column(&staged(POOL, index)), pool_decimals).alias(names.pool));
            if self.incoming.is_some() {
                outputs.push(number(self.atp(index, channel, site), pool_decimals).alias(names.atp));
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
        let dated = column(&staged(DATE, index)).is_not_null().and(self.is_fba(channel, site).not()).and(none_left);
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

/// A condition of a channel; false where there is none, or where it is not known.
#[must_use]
pub fn condition(typed: Option<&Typed>, site: &Site) -> Expr {
    let Some(typed) = typed else { return lit(false) };
    let lowered = typed.lower(site);
    if constant_bool(&lowered).is_some() { lowered } else { lowered.fill_null(lit(false)) }
}

fn has_computed_fixed(channel: &ChannelPlan) -> bool {
    channel.rules.rules.iter().any(|(rule, value)| *rule == Rule::Fixed && value.is_computed())
}

/// Whether a rule is worked out of the catalogue; those of the table of rules are checked there.
fn by_article(value: &Value) -> bool {
    matches!(value, Value::Computed(typed) if !typed.columns().iter().any(|name| name.starts_with("__stock_rule_")))
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
