//! How a checked `stock` step runs: tables to one row per article, pools, kits, receipts, what is published.

use polars::prelude::{DataType, JoinArgs, JoinType, LazyFrame, SortMultipleOptions, lit};

use crate::context::NodeError;
use crate::domain::calendar::business_day;
use crate::domain::money::Decimal;
use crate::domain::money::exact::{Rounding, Site};
use crate::domain::stock::Rule;
use crate::domain::stock::quantity::or_zero;
use crate::domain::types::Type;
use crate::expr::Typed;
use crate::expr::typed::Kind as Node;
use crate::transforms::StepCx;
use crate::transforms::guard;
use crate::transforms::names::{column, selector};
use crate::transforms::stock::channel::ChannelRules;
use crate::transforms::stock::inputs::{Inputs, Role};
use crate::transforms::stock::kits::{KitsPlan, PACKED};
use crate::transforms::stock::pools::{
    ArticlesPlan, FBA, Gathering, LastPlan, Quantities, SuppliersPlan, UnsyncedPlan,
};
use crate::transforms::stock::rows::{RowsPlan, RuleWarehouses, own};
use crate::transforms::stock::tables::KitMode;
use crate::transforms::stock::value::Value;

/// Column of the article while the step works.
pub const KEY: &str = "__stock_key";
/// Day for receipts.
pub const DAY: &str = "__stock_day";

/// A checked stock step.
pub struct StockPlan {
    /// Column of the article.
    pub key: String,
    /// What the other inputs are for, in their order.
    pub roles: Vec<Role>,
    /// The step's own rows.
    pub rows: RowsPlan,
    /// The set of all warehouses, where it is needed.
    pub all_set: Option<usize>,
    /// Catalogue.
    pub articles: Option<ArticlesPlan>,
    /// Open orders.
    pub unsynced: Option<UnsyncedPlan>,
    /// Suppliers with a table of their own.
    pub suppliers: Option<SuppliersPlan>,
    /// Whether suppliers' goods are added also where own stock is left.
    pub adds_always: bool,
    /// The marketplace's own stock.
    pub fba: Option<Quantities>,
    /// Recipes.
    pub kits: Option<KitsPlan>,
    /// Receipts: article, quantity, day.
    pub incoming: Option<(Quantities, Typed)>,
    /// What was published before.
    pub last: Option<LastPlan>,
    /// Share of articles that may go to zero in one run.
    pub max_drop: Decimal,
    /// Rules as a table.
    pub rules: Option<RulesPlan>,
    /// Day for receipts; the business day of the run when absent.
    pub day: Option<Typed>,
    /// Instant for ages in microseconds; the start of the run when absent.
    pub now: Option<i64>,
    /// Day from which an article is no longer sold, and the days until it is removed.
    pub end_of_life: Option<(Typed, u16)>,
    /// Decimals of the units.
    pub scale: u8,
    /// Decimals of pools and of published quantities.
    pub decimals: [u8; 2],
    /// Whether there are traces, and whether rows are sorted.
    pub trace: bool,
    /// Whether rows are sorted.
    pub sort: bool,
    /// The channels in order.
    pub channels: Vec<ChannelPlan>,
}

/// The table of rules.
pub struct RulesPlan {
    /// Column of the channel.
    pub channel: String,
    /// Column with the list of warehouses.
    pub list: Option<String>,
    /// Columns of the rules with their types.
    pub values: Vec<(Rule, String, Type)>,
}

/// One channel.
pub struct ChannelPlan {
    /// Its name.
    pub name: String,
    /// Its rules.
    pub rules: ChannelRules,
    /// Its set of warehouses.
    pub set: usize,
    /// Whether the table of rules decides its warehouses.
    pub by_rules: bool,
    /// Its warehouses in a trace, where they are known beforehand.
    pub label: Option<String>,
}

/// A rule of a channel in the table of rules, once it stands beside every article.
#[must_use]
pub fn rule_column(channel: &str, rule: Rule) -> String {
    format!("__stock_rule_{}_{channel}", rule.name())
}

/// Whether the table of rules gives a channel all warehouses.
#[must_use]
pub fn all_warehouses(channel: &str) -> String {
    format!("__stock_rule_all_{channel}")
}

/// Whether a rule of a channel cannot be applied.
const BAD: &str = "__stock_bad_rule";

impl StockPlan {
    /// Lowers the step.
    ///
    /// # Errors
    /// The tables do not go together, which the check has excluded.
    pub fn lower(&self, frames: Vec<LazyFrame>, step: &StepCx) -> Result<LazyFrame, NodeError> {
        let (rows, inputs) = Inputs::new(&self.roles, frames);
        let recipes = self.kits.as_ref().zip(inputs.get(Role::Kits));
        let recipes = recipes.map(|(plan, frame)| plan.recipes(frame, self.scale, step).cache());
        let frame = self.gather(rows, &inputs, recipes.as_ref(), step)?;
        let frame = self.beside_rules(frame, &inputs, step).with_column(self.day(step).alias(DAY));
        let frame = self.pooled(frame, recipes, step);
        let frame = self.expected(frame, &inputs, step);
        let frame = self.published(frame, step);
        Ok(if self.sort { frame.sort([self.key.as_str()], SortMultipleOptions::default()) } else { frame })
    }

    /// The instant against which ages are measured, in microseconds.
    #[must_use]
    pub fn now(&self, step: &StepCx) -> i64 {
        self.now.unwrap_or_else(|| step.run.started_at.timestamp_micros())
    }

    fn day(&self, step: &StepCx) -> polars::prelude::Expr {
        let today = || lit(business_day(step.run.started_at.timestamp_micros()).unwrap_or(0)).cast(DataType::Int32);
        let site = Site::from(step.site.as_str());
        self.day.as_ref().map_or_else(today, |day| day.lower(&site)).cast(DataType::Date)
    }

    /// One row per article with what every table says of it.
    fn gather(
        &self,
        rows: LazyFrame,
        inputs: &Inputs,
        recipes: Option<&LazyFrame>,
        step: &StepCx,
    ) -> Result<LazyFrame, NodeError> {
        let (site, scale, now) = (Site::from(step.site.as_str()), self.scale, self.now(step));
        let own_rows = self.rows.lower(rows, self.rule_warehouses(inputs), step, now);
        let mut gathering = Gathering {
            articles: self
                .articles
                .as_ref()
                .zip(inputs.get(Role::Articles))
                .map(|(plan, frame)| plan.lower(frame, step)),
            own: own_rows,
            sources: Vec::new(),
            others: Vec::new(),
            components: recipes.filter(|_| self.components_are_known()).map(KitsPlan::components),
            key: self.key.clone(),
        };
        if let (Some(plan), Some(frame)) = (&self.suppliers, inputs.get(Role::Suppliers)) {
            gathering.sources.push(plan.totals(frame, scale, self.piece(), now, step));
        }
        if let (Some(plan), Some(frame)) = (&self.fba, inputs.get(Role::Fba)) {
            gathering.sources.push(plan.totals(frame, FBA, scale, step));
        }
        if let (Some(plan), Some(recipes)) = (&self.kits, recipes) {
            let kits = recipes.clone().select([column(KEY)]);
            gathering.sources.push(super::inputs::once(kits, &[KEY.to_owned()]));
            gathering.others.extend(plan.claims(recipes));
        }
        if let (Some(plan), Some(frame)) = (&self.last, inputs.get(Role::Last)) {
            gathering.sources.push(plan.lower(frame, scale, &site));
        }
        let is_shared = gathering.articles.is_some() || !gathering.sources.is_empty();
        if is_shared {
            gathering.own = gathering.own.cache();
            gathering.sources = gathering.sources.into_iter().map(LazyFrame::cache).collect();
            gathering.articles = gathering.articles.map(LazyFrame::cache);
        }
        if let Some(mut unsynced) = self.unsynced.as_ref().and_then(|plan| plan.totals(inputs, scale, step)) {
            if let (Some(plan), Some(recipes)) = (self.kits.as_ref().filter(|plan| plan.draws_on_pools()), recipes) {
                let packed = self.packed(gathering.own.clone(), plan);
                unsynced = plan.spread_orders(unsynced, recipes, packed, scale)?;
            }
            let unsynced = if self.articles.is_some() { unsynced.cache() } else { unsynced };
            gathering.others.push(unsynced);
        }
        Ok(gathering.lower(step)?)
    }

    /// Whether articles are gathered that are components only, and must not come out.
    pub(super) fn components_are_known(&self) -> bool {
        self.articles.is_some() && self.kits.as_ref().is_some_and(KitsPlan::draws_on_pools)
    }

    fn packed(&self, own_rows: LazyFrame, kits: &KitsPlan) -> LazyFrame {
        let packed = match self.all_set.filter(|_| kits.mode == KitMode::Both) {
            Some(all) => column(&own(all)),
            None => lit(0_i64),
        };
        own_rows.select([column(KEY), or_zero(&packed).alias(PACKED)])
    }

    fn rule_warehouses(&self, inputs: &Inputs) -> Option<RuleWarehouses> {
        let plan = self.rules.as_ref()?;
        let list = plan.list.clone().filter(|_| self.channels.iter().any(|channel| channel.by_rules))?;
        Some(RuleWarehouses { rules: inputs.get(Role::Rules)?, channel: plan.channel.clone(), list })
    }

    /// Puts the rules of the table beside every article.
    fn beside_rules(&self, frame: LazyFrame, inputs: &Inputs, step: &StepCx) -> LazyFrame {
        let (Some(plan), Some(rules)) = (&self.rules, inputs.get(Role::Rules)) else { return frame };
        let row = plan.one_row(rules, &self.channels, step);
        frame.cross_join(row, None)
    }
}

impl RulesPlan {
    /// The rules of all channels in one row; a channel that has none or two rows there ends the run.
    fn one_row(&self, rules: LazyFrame, channels: &[ChannelPlan], step: &StepCx) -> LazyFrame {
        let site = Site::from(step.site.as_str());
        let (mut values, mut counts, mut bad) = (Vec::new(), Vec::new(), Vec::new());
        for channel in channels {
            let is = column(&self.channel).eq(lit(channel.name.as_str())).fill_null(lit(false));
            let of = |name: &str| column(name).filter(is.clone()).first();
            for (rule, name, ty) in &self.values {
                let typed =
                    Typed::new(Node::Column(rule_column(&channel.name, *rule)), ty.clone(), crate::diag::Place::NONE);
                values.push(of(name).alias(rule_column(&channel.name, *rule)));
                bad.push(is_bad(*rule, &Value::Computed(typed), 0, &site));
            }
            if let Some(list) = &self.list {
                let empty = of(list).is_null().or(of(list).list().len().eq(lit(0)));
                values.push(empty.alias(all_warehouses(&channel.name)));
            }
            let count = format!("__stock_rows_{}", channel.name);
            values.push(is.sum().cast(DataType::Int64).alias(count.as_str()));
            counts.push((channel.name.clone(), count));
        }
        let any = bad.into_iter().reduce(polars::prelude::Expr::or).unwrap_or_else(|| lit(false));
        let row = rules.select(values).with_column(any.fill_null(lit(false)).alias(BAD));
        let mut working: Vec<String> = counts.iter().map(|(_, count)| count.clone()).collect();
        working.push(BAD.to_owned());
        let site = step.site.clone();
        guard::watch(row, working, &format!("stock rules {}", step.site), move |batch| {
            for (channel, count) in &counts {
                let rows = batch.column(count)?.i64()?.get(0);
                if let Some(rows) = rows.filter(|rows| *rows != 1) {
                    let message =
                        format!("channel `{channel}` has {rows} rows in the table of rules, where one is needed");
                    return Err(guard::failure(crate::diag::Code::RunFailed, &site, &message));
                }
            }
            if batch.column(BAD)?.bool()?.any() {
                let message = "a rule in the table of rules is below zero, or a percentage above 100";
                return Err(guard::failure(crate::diag::Code::RunFailed, &site, message));
            }
            Ok(())
        })
    }
}

/// Whether the value of a rule makes no sense: below zero, or more than the whole.
#[must_use]
pub fn is_bad(rule: Rule, value: &Value, scale: u8, site: &Site) -> polars::prelude::Expr {
    use crate::domain::stock::level::SHARES;
    use crate::domain::stock::quantity::units;
    let number = if rule == Rule::Percent { value.share(site) } else { value.quantity(scale, Rounding::Floor, site) };
    let below = number.clone().lt(units(0));
    if rule == Rule::Percent { below.or(number.gt(units(SHARES))) } else { below }
}

/// Takes helper columns away.
#[must_use]
pub fn without(frame: LazyFrame, names: &[String]) -> LazyFrame {
    if names.is_empty() { frame } else { frame.drop(selector(names)) }
}

/// Joins a table with one row per article.
#[must_use]
pub fn beside(frame: LazyFrame, other: LazyFrame) -> LazyFrame {
    frame.join(other, [column(KEY)], [column(KEY)], JoinArgs::new(JoinType::Left))
}
