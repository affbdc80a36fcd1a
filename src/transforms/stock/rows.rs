//! The step's own rows: what each warehouse can promise, added up to what each set of warehouses has of an article.

use polars::prelude::{DataType, ExplodeOptions, Expr, JoinArgs, JoinType, LazyFrame, len, lit};

use crate::domain::money::exact::{Rounding, Site};
use crate::domain::stock::Negative;
use crate::domain::stock::level::{KINDS, Kind, POLICIES, physical, trusted};
use crate::domain::stock::quantity::{at_least_zero, is_absurd, or_zero, units};
use crate::expr::Typed;
use crate::transforms::StepCx;
use crate::transforms::names::{column, selector};
use crate::transforms::reject::{Rule as RejectRule, reject};
use crate::transforms::stock::plan::KEY;
use crate::transforms::stock::value::{Choice, Value, pick, quantity};

/// The checked columns of the step's own table.
pub struct RowsPlan {
    /// Column of the article.
    pub key: String,
    /// Column of the warehouse.
    pub warehouse: String,
    /// Quantity, and the name of its column where it is one.
    pub on_hand: Typed,
    /// Promised to orders.
    pub reserved: Option<Typed>,
    /// Unsellable.
    pub unavailable: Option<Typed>,
    /// What the quantity means.
    pub kind: Choice<Kind>,
    /// Kept back in each warehouse.
    pub safety: Option<Value>,
    /// What a warehouse below zero does.
    pub negative: Choice<Negative>,
    /// What is left to a supplier's other customers, and the share that is trusted, for rows of that kind.
    pub supplier: [Option<Value>; 2],
    /// When the row was taken, and how old it may be.
    pub as_of: Option<(Typed, i64)>,
    /// Whether rows of one article and warehouse are added; else they are rejected.
    pub sums_duplicates: bool,
    /// Sets of warehouses, each once.
    pub serves: Vec<Serves>,
    /// Whether traces name the warehouses of sets that the data decide.
    pub names_warehouses: bool,
    /// Decimals of the units.
    pub scale: u8,
    /// Units of what can be sold: a whole piece, or the smallest unit.
    pub piece: i64,
}

/// A set of warehouses that serves a channel.
#[derive(Clone, Debug)]
pub enum Serves {
    /// All of them.
    All,
    /// These.
    Codes(Vec<String>),
    /// The rows that fulfil a condition.
    Rows(Box<Typed>),
    /// Those that the table of rules names for a channel.
    Rules(String),
}

/// The table of rules as far as warehouses go.
pub struct RuleWarehouses {
    /// The table.
    pub rules: LazyFrame,
    /// Its column of the channel.
    pub channel: String,
    /// Its column with the list of warehouses.
    pub list: String,
}

const AVAILABLE: &str = "__stock_available";
const SAFETY: &str = "__stock_safety";
const CLAMPS: &str = "__stock_clamps";
const REFUSES: &str = "__stock_refuses";
const COUNTS: &str = "__stock_counts";
const OLD: &str = "__stock_old";
const ROWS: &str = "__stock_rows";
/// Whether one of the article's rows is too old.
pub const STALE: &str = "__stock_stale";
/// Whether a warehouse is below zero where that is an error.
pub const BELOW_ZERO: &str = "__stock_below_zero";

/// Sum of a set of warehouses.
#[must_use]
pub fn own(index: usize) -> String {
    format!("__stock_own_{index}")
}

/// Whether open orders are to be subtracted from a set of warehouses.
#[must_use]
pub fn counts(index: usize) -> String {
    format!("__stock_counts_{index}")
}

/// The warehouses of a set that the data decide.
#[must_use]
pub fn codes(index: usize) -> String {
    format!("__stock_codes_{index}")
}

fn serves(index: usize) -> String {
    format!("__stock_serves_{index}")
}

impl RowsPlan {
    /// One row per article: the sum of each set of warehouses.
    pub fn lower(&self, rows: LazyFrame, rules: Option<RuleWarehouses>, step: &StepCx, now: i64) -> LazyFrame {
        let site = Site::from(step.site.as_str());
        let rows = reject(rows, self.row_rules(&site), std::slice::from_ref(&self.key), step);
        let mut levels = rows.select(self.level_columns(&site, now));
        if self.needs_levels() {
            levels = self.levels(levels, step);
        }
        if let Some(rules) = rules {
            let flags = self.flags(rules);
            let on = [column(&self.warehouse)];
            levels = levels.join(flags, on.clone(), on, JoinArgs::new(JoinType::Left));
        }
        levels.group_by([column(KEY)]).agg(self.sums())
    }

    /// Whether warehouses must be seen one by one; else rows are added as they come.
    fn needs_levels(&self) -> bool {
        let nets = matches!(self.negative, Choice::Always(Negative::Net));
        !self.sums_duplicates || self.safety.is_some() || !nets
    }

    fn row_rules(&self, site: &Site) -> Vec<RejectRule> {
        let on_hand = quantity(&self.on_hand, self.scale, Rounding::Floor, site);
        let first = self.on_hand.columns().into_iter().next();
        let of_quantity = |rule: RejectRule| match &first {
            Some(column) => rule.column(column),
            None => rule,
        };
        let mut rules = vec![
            missing(&self.key, "stock of no article", "giacenza senza articolo"),
            missing(&self.warehouse, "stock of no warehouse", "giacenza senza magazzino"),
            of_quantity(RejectRule::new(
                on_hand.clone().is_null(),
                "missing-quantity",
                "the quantity is missing, which is not the same as zero",
            ))
            .italian("manca la quantità, che non equivale a zero"),
            of_quantity(RejectRule::new(
                self.is_absurd(&on_hand, site),
                "absurd-quantity",
                "no shop has a thousand million of an article: correct the quantity",
            ))
            .italian("nessun negozio ha un miliardo di pezzi di un articolo: correggere la quantità"),
        ];
        let unknown = "the kind of quantity is none of physical, available, salable, supplier: it cannot be known what to subtract";
        rules.extend(self.kind.is_unknown(&KINDS, site).map(|when| {
            RejectRule::new(when, "unknown-quantity-kind", unknown).italian(
                "il tipo di quantità non è physical, available, salable o supplier: non si sa che cosa sottrarre",
            )
        }));
        rules.extend(self.negative.is_unknown(&POLICIES, site).map(|when| {
            RejectRule::new(when, "unknown-policy", "the policy is none of net, clamp_each, reject")
                .italian("la regola per le giacenze negative non è net, clamp_each o reject")
        }));
        rules
    }

    fn is_absurd(&self, on_hand: &Expr, site: &Site) -> Expr {
        let taken = [&self.reserved, &self.unavailable].into_iter().flatten();
        taken.fold(is_absurd(on_hand, self.scale), |absurd, typed| {
            absurd.or(is_absurd(&or_zero(&quantity(typed, self.scale, Rounding::Ceil, site)), self.scale))
        })
    }

    /// What is needed of each row, under names of our own.
    fn level_columns(&self, site: &Site, now: i64) -> Vec<Expr> {
        let mut columns =
            vec![column(&self.key).alias(KEY), column(&self.warehouse), self.available(site).alias(AVAILABLE)];
        if let Some(safety) = &self.safety {
            let kept = safety.quantity(self.scale, Rounding::Ceil, site);
            columns.push(or_zero(&kept).alias(SAFETY));
        }
        if self.negative.may_be(Negative::ClampEach) {
            columns.push(self.negative.is(Negative::ClampEach, &POLICIES, site).alias(CLAMPS));
        }
        if self.negative.may_be(Negative::Reject) {
            columns.push(self.negative.is(Negative::Reject, &POLICIES, site).alias(REFUSES));
        }
        if self.kind.may_be(Kind::Salable) {
            columns.push(self.kind.is(Kind::Salable, &KINDS, site).not().alias(COUNTS));
        }
        if let Some((taken, age)) = &self.as_of {
            let micros = taken.lower(site).cast(DataType::Int64);
            columns.push(micros.lt(units(now.saturating_sub(*age))).fill_null(lit(true)).alias(OLD));
        }
        for (index, set) in self.serves.iter().enumerate() {
            if let Serves::Rows(condition) = set {
                columns.push(condition.lower(site).fill_null(lit(false)).alias(serves(index)));
            }
        }
        columns
    }

    /// `on hand − reserved − unavailable`, as far as the kind of quantity asks for it.
    fn available(&self, site: &Site) -> Expr {
        let on_hand = quantity(&self.on_hand, self.scale, Rounding::Floor, site);
        let taken =
            |typed: &Option<Typed>| typed.as_ref().map(|typed| quantity(typed, self.scale, Rounding::Ceil, site));
        let (reserved, unavailable) = (taken(&self.reserved), taken(&self.unavailable));
        let shelf = physical(&on_hand, reserved.as_ref(), unavailable.as_ref());
        let [buffer, trust] = &self.supplier;
        let buffer = buffer.as_ref().map(|value| value.quantity(self.scale, Rounding::Ceil, site));
        let trust = trust.as_ref().map(|value| value.part(site));
        let supplier = trusted(&on_hand, buffer.as_ref(), trust.as_ref(), self.piece);
        self.kind.fold(&KINDS, &on_hand, site, |kind| match kind {
            Kind::Physical => shelf.clone(),
            Kind::Supplier => supplier.clone(),
            Kind::Available | Kind::Salable => on_hand.clone(),
        })
    }

    /// One row per article and warehouse.
    fn levels(&self, rows: LazyFrame, step: &StepCx) -> LazyFrame {
        let mut values = vec![column(AVAILABLE).sum(), len().alias(ROWS)];
        let any = |name: &str| column(name).any(true);
        if self.safety.is_some() {
            values.push(column(SAFETY).max());
        }
        let flags = [
            (self.negative.may_be(Negative::ClampEach), CLAMPS),
            (self.negative.may_be(Negative::Reject), REFUSES),
            (self.kind.may_be(Kind::Salable), COUNTS),
            (self.as_of.is_some(), OLD),
        ];
        values.extend(flags.into_iter().filter(|(has, _)| *has).map(|(_, name)| any(name)));
        let rows_sets = self.serves.iter().enumerate().filter(|(_, set)| matches!(set, Serves::Rows(_)));
        values.extend(rows_sets.map(|(index, _)| any(&serves(index))));
        let levels = rows.group_by([column(KEY), column(&self.warehouse)]).agg(values);
        let levels = if self.sums_duplicates { levels } else { self.refuse_duplicates(levels, step) };
        let mut available = column(AVAILABLE);
        if self.safety.is_some() {
            available = available - column(SAFETY);
        }
        if self.negative.may_be(Negative::ClampEach) {
            available = pick(column(CLAMPS), at_least_zero(&available), available);
        }
        levels.with_column(available.alias(AVAILABLE))
    }

    fn refuse_duplicates(&self, levels: LazyFrame, step: &StepCx) -> LazyFrame {
        let twice = RejectRule::new(
            column(ROWS).gt(lit(1)),
            "duplicate-stock-row",
            "the same article and warehouse come twice: aggregate or dedupe before `stock`, or write `duplicates: sum` when they are parts of one quantity",
        );
        let twice = twice
            .column(&self.warehouse)
            .italian("stesso articolo e magazzino ripetuti: la merce conterebbe due volte; `duplicates: sum` se sono parti di una quantità");
        let named = levels.rename([KEY], [self.key.as_str()], true);
        let kept = reject(named, vec![twice], &[self.key.clone(), self.warehouse.clone()], step);
        kept.rename([self.key.as_str()], [KEY], true)
    }

    /// One row per warehouse: which sets it belongs to by the table of rules.
    fn flags(&self, rules: RuleWarehouses) -> LazyFrame {
        let [channel, code] = ["__stock_rule_channel", "__stock_rule_code"];
        let codes = rules.rules.select([column(&rules.channel).alias(channel), column(&rules.list).alias(code)]);
        let options = ExplodeOptions { empty_as_null: true, keep_nulls: true };
        let codes = codes.explode(selector(&[code]), options);
        let flags = self.serves.iter().enumerate().filter_map(|(index, set)| match set {
            Serves::Rules(name) => Some(column(channel).eq(lit(name.as_str())).any(true).alias(serves(index))),
            _ => None,
        });
        let flags: Vec<Expr> = flags.collect();
        codes.group_by([column(code).alias(&self.warehouse)]).agg(flags)
    }

    fn sums(&self) -> Vec<Expr> {
        let mut sums = Vec::new();
        for (index, set) in self.serves.iter().enumerate() {
            let is_served = self.is_served(index, set);
            let share = pick(is_served.clone(), column(AVAILABLE), units(0));
            sums.push(share.sum().alias(own(index)));
            if self.kind.may_be(Kind::Salable) {
                sums.push(is_served.clone().and(column(COUNTS)).any(true).alias(counts(index)));
            }
            if self.names_warehouses && matches!(set, Serves::Rows(_) | Serves::Rules(_)) {
                let codes_of =
                    column(&self.warehouse).filter(is_served).unique().sort(polars::prelude::SortOptions::default());
                sums.push(codes_of.str().join("+", true).alias(codes(index)));
            }
        }
        if self.negative.may_be(Negative::Reject) {
            let below = column(AVAILABLE).lt(units(0)).and(column(REFUSES));
            sums.push(below.any(true).alias(BELOW_ZERO));
        }
        if self.as_of.is_some() {
            sums.push(column(OLD).any(true).alias(STALE));
        }
        sums
    }

    fn is_served(&self, index: usize, set: &Serves) -> Expr {
        match set {
            Serves::All => lit(true),
            Serves::Codes(wanted) => {
                let is = |code: &String| column(&self.warehouse).eq(lit(code.as_str()));
                wanted.iter().map(is).reduce(Expr::or).unwrap_or_else(|| lit(false))
            }
            Serves::Rows(_) => column(&serves(index)),
            Serves::Rules(_) => column(&serves(index)).fill_null(lit(false)),
        }
    }
}

fn missing(name: &str, english: &str, italian: &str) -> RejectRule {
    RejectRule::new(column(name).is_null(), "missing-value", format!("`{name}` is empty: {english}"))
        .column(name)
        .italian(format!("`{name}` è vuoto: {italian}"))
}
