//! How a checked `reconcile` step runs: both sides prepared, one join per rule, what remains, and the bridge.

use polars::prelude::{
    DataType, Expr, JoinArgs, JoinType, LazyFrame, NULL, PolarsResult, RankMethod, RankOptions, SortMultipleOptions,
    SortOptions, UnionArgs, col, concat, len, lit, when,
};

use crate::domain::calendar::business_date;
use crate::domain::money::Decimal;
use crate::domain::money::exact::{Exact, Rounding, Site, sum};
use crate::domain::reconcile::catalogue::ExceptionCode;
use crate::domain::types::{Schema, Type};
use crate::expr::kernels::local_date;
use crate::transforms::StepCx;
use crate::transforms::join::Cardinality;
use crate::transforms::names::column;

use super::{Output, outcome, proposals};

/// A checked step.
#[derive(Clone)]
pub(super) struct Plan {
    pub(super) chain: String,
    pub(super) left: Side,
    pub(super) right: Side,
    pub(super) rules: Vec<Rule>,
    pub(super) cardinality: Cardinality,
    pub(super) tolerance: Decimal,
    pub(super) share: Option<Decimal>,
    pub(super) codes: Codes,
    pub(super) grace: (u16, u16),
    pub(super) propose: i32,
    /// The day ages are counted from, since 1970-01-01; of the run when `None`.
    pub(super) today: Option<i32>,
    /// Decimals of the amounts.
    pub(super) scale: u8,
    pub(super) output: Output,
}

/// The columns of one side.
#[derive(Clone)]
pub(super) struct Side {
    pub(super) id: String,
    pub(super) amount: Option<(String, Type)>,
    pub(super) date: Option<(String, Type)>,
    pub(super) currency: Option<String>,
    pub(super) party: Option<String>,
}

/// One rule.
#[derive(Clone)]
pub(super) struct Rule {
    pub(super) name: String,
    pub(super) left: Vec<String>,
    pub(super) right: Vec<String>,
    pub(super) by_amount: bool,
    pub(super) days: Option<i32>,
}

/// Codes by status.
#[derive(Clone, Copy)]
pub(super) struct Codes {
    pub(super) left_only: Option<&'static ExceptionCode>,
    pub(super) right_only: Option<&'static ExceptionCode>,
    pub(super) different: Option<&'static ExceptionCode>,
    pub(super) duplicate: Option<&'static ExceptionCode>,
}

/// Columns of a prepared side.
pub(super) const ID: &str = "__id";
pub(super) const AMOUNT: &str = "__amount";
pub(super) const CURRENCY: &str = "__currency";
pub(super) const DAY: &str = "__day";
pub(super) const PARTY: &str = "__party";
const TURN: &str = "__turn";

/// Most ids that the text of one match names.
pub(super) const SHOWN_IDS: u32 = 20;

impl Side {
    pub(super) fn scale(&self) -> u8 {
        match &self.amount {
            Some((_, Type::Decimal { scale, .. })) => *scale,
            _ => 0,
        }
    }

    /// One row per row of the table, with the columns that matching needs.
    fn prepared(&self, frame: LazyFrame, keys: &[&Vec<String>], scale: u8, site: &Site) -> LazyFrame {
        let amount = match &self.amount {
            Some((name, Type::Decimal { scale: own, .. })) => {
                Exact::column(name, *own, site).rescale(scale, Rounding::HalfUp)
            }
            Some((name, _)) => Exact::from_integer(column(name), site).rescale(scale, Rounding::HalfUp),
            None => Exact::literal(Decimal::ZERO, site).rescale(scale, Rounding::HalfUp),
        };
        let day = match &self.date {
            Some((name, Type::Timestamp)) => local_date(column(name)),
            Some((name, _)) => column(name),
            None => lit(NULL).cast(DataType::Date),
        };
        let text =
            |name: &Option<String>| name.as_ref().map_or_else(|| lit(""), |name| folded(name).fill_null(lit("")));
        let mut columns = vec![
            column(&self.id).cast(DataType::String).alias(ID),
            amount.expr().alias(AMOUNT),
            text(&self.currency).alias(CURRENCY),
            day.alias(DAY),
            text(&self.party).alias(PARTY),
        ];
        for (rule, names) in keys.iter().enumerate() {
            columns.extend(names.iter().enumerate().map(|(at, name)| folded(name).alias(key_name(rule, at))));
        }
        frame.select(columns)
    }
}

/// A key as it is compared: text, without blanks around it, in capitals; empty is missing.
fn folded(name: &str) -> Expr {
    let text = column(name).cast(DataType::String).str().strip_chars(lit(NULL)).str().to_uppercase();
    when(text.clone().eq(lit(""))).then(lit(NULL)).otherwise(text)
}

fn key_name(rule: usize, at: usize) -> String {
    format!("__key_{rule}_{at}")
}

impl Plan {
    pub(super) fn schema(&self) -> Schema {
        if self.output == Output::Bridge { outcome::bridge_schema(self.scale) } else { outcome::schema(self.scale) }
    }

    pub(super) fn lower(&self, left: LazyFrame, right: LazyFrame, cx: &StepCx) -> PolarsResult<LazyFrame> {
        let site = Site::from(cx.site.as_str());
        let today = self.today.unwrap_or_else(|| business_date(&cx.run.started_at).to_epoch_days());
        let left_keys: Vec<&Vec<String>> = self.rules.iter().map(|rule| &rule.left).collect();
        let right_keys: Vec<&Vec<String>> = self.rules.iter().map(|rule| &rule.right).collect();
        // Each side is read by every rule: kept once, or the tables below would be computed again for each reader.
        let mut left = self.left.prepared(left, &left_keys, self.scale, &site).cache();
        let mut right = self.right.prepared(right, &right_keys, self.scale, &site).cache();
        let mut parts = Vec::new();
        for (number, rule) in self.rules.iter().enumerate() {
            let (matched, rest) = self.matched(number, rule, left, right, &site)?;
            let keys: Vec<String> = (0..rule.left.len()).map(|at| key_name(number, at)).collect();
            parts.push(outcome::of_match(matched, self, rule, &keys, &site));
            (left, right) = rest;
        }
        let open = proposals::with_proposals(left, right, self.propose)?;
        parts.push(outcome::of_open(open, self, today));
        let all = concat(&parts, UnionArgs::default())?;
        let all = outcome::finished(all, self, today, &site);
        match self.output {
            Output::Bridge => Ok(outcome::bridge(all, self, &site)),
            output => Ok(sorted(filtered(all, output))),
        }
    }

    /// The groups that a rule matches, and what it leaves.
    fn matched(
        &self,
        number: usize,
        rule: &Rule,
        left: LazyFrame,
        right: LazyFrame,
        site: &Site,
    ) -> PolarsResult<(LazyFrame, (LazyFrame, LazyFrame))> {
        let mut keys: Vec<String> = (0..rule.left.len()).map(|at| key_name(number, at)).collect();
        keys.push(CURRENCY.to_owned());
        let (mut left, mut right) = (left, right);
        if rule.by_amount {
            keys.push(AMOUNT.to_owned());
            // Equal amounts of one key are paired in the order of their ids.
            (left, right) = (with_turns(left, &keys)?.cache(), with_turns(right, &keys)?.cache());
            keys.push(TURN.to_owned());
        }
        let names = || keys.iter().map(|key| col(key.as_str())).collect::<Vec<_>>();
        let groups = |side: LazyFrame, mark: &str| self.groups(side, &keys, number, rule, mark, site);
        let mut matched = groups(left.clone(), "left").join(
            groups(right.clone(), "right"),
            names(),
            names(),
            JoinArgs::new(JoinType::Inner),
        );
        if let Some(days) = rule.days {
            let apart = col("left_day").cast(DataType::Int32) - col("right_day").cast(DataType::Int32);
            let far = apart.clone().gt(lit(days)).or(apart.lt(lit(-days)));
            matched = matched.filter(far.not().fill_null(lit(false)));
        }
        let matched = matched.cache();
        let taken = matched.clone().select(names());
        let without = |side: LazyFrame| {
            let rest = side.join(taken.clone(), names(), names(), JoinArgs::new(JoinType::Anti));
            if rule.by_amount { rest.drop(polars::prelude::by_name([TURN], true, false)) } else { rest }
        };
        let rest = (without(left).cache(), without(right).cache());
        Ok((matched, rest))
    }

    /// One row per key of a side: how many rows, their sum, first day and ids.
    fn groups(
        &self,
        side: LazyFrame,
        keys: &[String],
        number: usize,
        rule: &Rule,
        mark: &str,
        site: &Site,
    ) -> LazyFrame {
        let is_whole = (0..rule.left.len()).map(|at| col(key_name(number, at).as_str()).is_not_null());
        let is_whole = is_whole.reduce(Expr::and).unwrap_or_else(|| lit(true));
        let ids = col(ID).sort(SortOptions::default()).head(Some(SHOWN_IDS as usize)).str().join(", ", true);
        // The amount is a key of some rules, and a key cannot be added up.
        let amount = format!("{AMOUNT}_{mark}");
        side.filter(is_whole)
            .with_column(col(AMOUNT).alias(amount.as_str()))
            .group_by(keys.iter().map(|key| col(key.as_str())).collect::<Vec<_>>())
            .agg([
                len().cast(DataType::Int64).alias(format!("{mark}_rows")),
                sum(&Exact::column(&amount, self.scale, site), 38).expr().alias(format!("{mark}_amount")),
                col(DAY).min().alias(format!("{mark}_day")),
                ids.alias(format!("{mark}_ids")),
            ])
    }
}

fn with_turns(side: LazyFrame, keys: &[String]) -> PolarsResult<LazyFrame> {
    let order = RankOptions { method: RankMethod::Ordinal, descending: false };
    let turn = col(ID).rank(order, None).over(keys.iter().map(|key| col(key.as_str())).collect::<Vec<_>>())?;
    Ok(side.with_column(turn.cast(DataType::Int64).alias(TURN)))
}

fn filtered(all: LazyFrame, output: Output) -> LazyFrame {
    match output {
        Output::Matches => all.filter(col("status").eq(lit("matched"))),
        Output::Exceptions => all.filter(col("code").is_not_null()),
        _ => all,
    }
}

fn sorted(all: LazyFrame) -> LazyFrame {
    let order = SortMultipleOptions::default().with_nulls_last(true).with_maintain_order(false);
    all.sort(["code", "status", "left_key", "right_key", "rule"], order)
}
