//! How a quantity came about, in words, and what a person should look at.

use polars::prelude::{DataType, Expr, NULL, concat_str, lit, when};

use crate::domain::money::exact::Site;
use crate::domain::stock::Rule;
use crate::domain::stock::level::SHARES;
use crate::domain::stock::quantity::{or_zero, to_text, units};
use crate::transforms::names::column;
use crate::transforms::stock::kits::{kits, scarcest};
use crate::transforms::stock::plan::{ChannelPlan, StockPlan};
use crate::transforms::stock::pools::{FBA, SUPPLIED, SUPPLIER_STALE, last};
use crate::transforms::stock::rows::codes;
use crate::transforms::stock::stage::{DATE, DUE, FENCED, LEFT, MISSING, POOL, SHOWN, START, condition, staged};
use crate::transforms::stock::value::pick;

impl StockPlan {
    /// `sum:MI+RM 14 > unsynced-3 11 > buffer:2 9`.
    pub(super) fn trace_of(&self, index: usize, channel: &ChannelPlan, site: &Site) -> Expr {
        let own = concat(self.pool_steps(index, channel, site));
        let fba = vec![
            self.own_step(channel, None, site),
            lit(" > fba_pool "),
            self.text(&or_zero(&self.fba_or_none()), site),
        ];
        let pool = pick(Self::is_fba(channel, site), concat(fba), own);
        let mut known = vec![pool];
        known.extend(self.promise_step(index, channel, site));
        known.extend(self.fence_steps(index, channel, site));
        known.extend(Self::rules_of(channel).map(|(rule, value)| {
            let number = self.rule_value(*rule, value, channel, site);
            let after = column(&staged(rule.name(), index));
            shown_if(
                number.clone().is_not_null(),
                vec![
                    lit(format!(" > {}:", rule.name())),
                    self.rule_text(*rule, &number, site),
                    lit(" "),
                    self.text(&after, site),
                ],
            )
        }));
        let kept = match &self.last {
            Some(plan) if plan.quantities.iter().any(|(channel, _)| *channel == index) => concat(vec![
                lit("not_known > last "),
                self.text(&or_zero(&column(&last(index))), site),
                lit(" > shown "),
                self.text(&column(&staged(SHOWN, index)), site),
            ]),
            _ => lit("not_known"),
        };
        let mut steps = vec![pick(column(&staged(MISSING, index)), kept, concat(known))];
        if let Some(ended) = self.ended(0, site) {
            steps.push(shown_if(ended, vec![lit(" > end_of_life 0")]));
        }
        if self.dates(channel) {
            let [preorder, backorder] = self.promises(index, channel, site);
            let date = column(&staged(DATE, index)).cast(DataType::String);
            steps.push(shown_if(preorder.clone(), vec![lit(" > preorder "), date.clone()]));
            steps.push(shown_if(backorder.and(preorder.not()), vec![lit(" > backorder "), date]));
        }
        concat(steps).str().strip_prefix(lit(" > "))
    }

    fn fba_or_none(&self) -> Expr {
        if self.fba.is_some() { column(FBA) } else { lit(NULL).cast(DataType::Int64) }
    }

    fn text(&self, value: &Expr, site: &Site) -> Expr {
        to_text(value, self.scale, site)
    }

    fn rule_text(&self, rule: Rule, number: &Expr, site: &Site) -> Expr {
        if rule == Rule::Percent { to_text(number, 4, site) } else { self.text(number, site) }
    }

    /// From the warehouses to the pool.
    fn pool_steps(&self, index: usize, channel: &ChannelPlan, site: &Site) -> Vec<Expr> {
        let assembled = self.kits.as_ref().map(|_| column(&kits(index)));
        let mut running = or_zero(&self.own_of_kit(channel, assembled.as_ref()));
        let mut steps = vec![self.own_step(channel, assembled.as_ref(), site)];
        if let Some(assembled) = assembled {
            running = running + or_zero(&assembled);
            let step = vec![lit(" > kit_min:"), column(&scarcest(index)), lit(" "), self.text(&running, site)];
            steps.push(shown_if(assembled.is_not_null(), step));
        }
        if let Some(unsynced) = self.unsynced(channel) {
            let left = column(&staged(LEFT, index));
            let given_back = unsynced.clone().lt(units(0));
            let sign = when(given_back).then(lit("+")).otherwise(lit("-"));
            let size = self.text(&unsynced, site).str().strip_prefix(lit("-"));
            let step = vec![lit(" > unsynced"), sign, size, lit(" "), self.text(&left, site)];
            steps.push(shown_if(unsynced.neq(units(0)), step));
        }
        if let Some(supplied) = self.supplied(channel, &column(&staged(LEFT, index))) {
            let pool = column(&staged(LEFT, index)) + supplied.clone();
            let stale = column(SUPPLIER_STALE).fill_null(lit(false));
            let known = column(SUPPLIED).is_not_null().and(stale.clone().not());
            let step = vec![lit(" > supplier+"), self.text(&supplied, site), lit(" "), self.text(&pool, site)];
            steps.push(shown_if(known, step));
            steps.push(shown_if(stale, vec![lit(" > supplier_stale+0 "), self.text(&pool, site)]));
        }
        steps
    }

    /// `sum:MI+RM 14`; nothing where only components or suppliers have the article.
    fn own_step(&self, channel: &ChannelPlan, assembled: Option<&Expr>, site: &Site) -> Expr {
        let own = self.own_of_kit(channel, assembled);
        let is_known = match assembled {
            Some(assembled) => {
                self.own(channel).is_not_null().and(assembled.clone().is_null().or(own.clone().neq(units(0))))
            }
            None => self.own(channel).is_not_null(),
        };
        shown_if(is_known, vec![Self::label(channel), lit(" "), self.text(&or_zero(&own), site)])
    }

    fn label(channel: &ChannelPlan) -> Expr {
        if let Some(label) = &channel.label {
            return lit(label.as_str());
        }
        let named = column(&codes(channel.set)).fill_null(lit(""));
        concat(vec![lit("sum:"), when(named.clone().eq(lit(""))).then(lit("none")).otherwise(named)])
    }

    fn promise_step(&self, index: usize, channel: &ChannelPlan, site: &Site) -> Option<Expr> {
        self.incoming.as_ref()?;
        let due = self.text(&or_zero(&column(DUE)), site);
        let promised = vec![lit(" > atp+"), due, lit(" "), self.text(&column(&staged(START, index)), site)];
        let told = vec![lit(" > atp "), self.text(&or_zero(&Self::atp(index, channel, site)), site)];
        let told = shown_if(column(DUE).is_not_null(), told);
        Some(pick(condition(channel.rules.atp.as_ref(), site), concat(promised), told))
    }

    fn fence_steps(&self, index: usize, channel: &ChannelPlan, site: &Site) -> Option<Expr> {
        if channel.rules.fence.is_some() {
            return Some(concat(vec![lit(" > ring_fenced "), self.text(&column(&staged(FENCED, index)), site)]));
        }
        let fenced = self.channels.iter().enumerate().filter(|(_, other)| other.rules.fence.is_some());
        let taken = fenced.map(|(other, _)| column(&staged(FENCED, other))).reduce(|all, one| all + one)?;
        let left = column(&staged(START, index)) - taken.clone();
        let step = vec![lit(" > others-"), self.text(&taken, site), lit(" "), self.text(&left, site)];
        let own = Self::is_fba(channel, site).not();
        Some(shown_if(own.and(taken.neq(units(0))), step))
    }

    /// What a person should look at, separated by blanks; null when there is nothing.
    pub(super) fn alerts(&self, site: &Site) -> Expr {
        let mut alerts: Vec<(String, Expr)> = Vec::new();
        for (index, channel) in self.channels.iter().enumerate() {
            let name = &channel.name;
            let missing = column(&staged(MISSING, index));
            // That a marketplace does not keep an article is no news.
            alerts.push((format!("stock_not_known:{name}"), missing.and(Self::is_fba(channel, site).not())));
            alerts.push((format!("pool_below_zero:{name}"), column(&staged(POOL, index)).lt(units(0))));
            let buffer = channel.rules.rules.iter().find(|(rule, _)| *rule == Rule::Buffer);
            if let (Some((rule, buffer)), Some(unsynced)) = (buffer, self.unsynced(channel)) {
                let kept_back = self.rule_value(*rule, buffer, channel, site);
                let sold = unsynced.gt(kept_back.clone()).and(kept_back.gt(units(0)));
                alerts.push((format!("sold_over_buffer:{name}"), sold));
            }
            let preorder = channel.rules.preorder.as_ref().filter(|preorder| !preorder.columns().is_empty());
            if let (Some(preorder), true) = (preorder, self.incoming.is_some()) {
                let undated = column(&staged(DATE, index)).is_null();
                let out = column(&staged(SHOWN, index)).eq(units(0));
                alerts.push((
                    format!("preorder_without_date:{name}"),
                    condition(Some(preorder), site).and(undated).and(out),
                ));
            }
        }
        if let Some(broken) = self.is_broken() {
            alerts.push((String::from("kit_component_missing"), broken));
        }
        if self.suppliers.is_some() {
            alerts.push((String::from("supplier_stale"), column(SUPPLIER_STALE)));
        }
        let words = alerts
            .into_iter()
            .map(|(word, holds)| when(holds).then(lit(word)).otherwise(lit(NULL).cast(DataType::String)));
        let all = concat_str(words.collect::<Vec<_>>(), " ", true);
        when(all.clone().eq(lit(""))).then(lit(NULL)).otherwise(all)
    }
}

/// Shares in a trace have four decimals at most.
const _: () = assert!(SHARES == 1_000_000);

fn concat(parts: Vec<Expr>) -> Expr {
    concat_str(parts, "", true)
}

fn shown_if(condition: Expr, parts: Vec<Expr>) -> Expr {
    pick(condition, concat(parts), lit(""))
}
