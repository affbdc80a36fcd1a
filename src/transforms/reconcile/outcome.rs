//! The columns that come out of `reconcile`, of matches, of what is left over, and of the bridge.

use polars::prelude::{DataType, Expr, LazyFrame, NULL, SortMultipleOptions, col, concat_str, lit, when};

use crate::domain::money::Decimal;
use crate::domain::money::exact::{Exact, Rounding, Site, decimal_dtype, sum};
use crate::domain::reconcile::ageing::buckets;
use crate::domain::reconcile::catalogue::ExceptionCode;
use crate::domain::types::{Schema, Type};
use crate::transforms::join::Cardinality;

use super::plan::{AMOUNT, CURRENCY, DAY, ID, Plan, Rule, SHOWN_IDS};
use super::proposals::{PROPOSAL, REASON, SCORE, SIDE};

/// The columns of matches and open rows, with that many decimals.
#[must_use]
pub fn schema(scale: u8) -> Schema {
    let money = Type::Decimal { precision: 38, scale };
    let columns = [
        ("chain", Type::Text),
        ("status", Type::Text),
        ("code", Type::Text),
        ("severity", Type::Text),
        ("rule", Type::Text),
        ("score", Type::Integer),
        ("left_key", Type::Text),
        ("right_key", Type::Text),
        ("left_rows", Type::Integer),
        ("right_rows", Type::Integer),
        ("left_amount", money.clone()),
        ("right_amount", money.clone()),
        ("difference", money),
        ("currency", Type::Text),
        ("event_on", Type::Date),
        ("age_days", Type::Integer),
        ("age_bucket", Type::Text),
        ("proposal", Type::Text),
        ("proposal_rule", Type::Text),
        ("action", Type::Text),
        ("action_it", Type::Text),
        ("key", Type::Text),
    ];
    columns.into_iter().collect()
}

/// The columns of the bridge.
pub(super) fn bridge_schema(scale: u8) -> Schema {
    let money = Type::Decimal { precision: 38, scale };
    let texts = [("chain", Type::Text), ("currency", Type::Text)];
    let counts = [("left_rows", Type::Integer), ("right_rows", Type::Integer), ("matched_rows", Type::Integer)];
    let amounts = ["left_amount", "right_amount", "rounding", "differences", "left_only", "right_only", "unexplained"];
    texts.into_iter().chain(counts).chain(amounts.map(|name| (name, money.clone()))).collect()
}

/// Working columns that both kinds of rows share, before the words are added.
const SHARED: [&str; 14] = [
    "status",
    "rule",
    "score",
    "left_key",
    "right_key",
    "left_rows",
    "right_rows",
    "left_amount",
    "right_amount",
    "currency",
    "event_on",
    "proposal",
    "proposal_rule",
    "key",
];

fn shared() -> Vec<Expr> {
    SHARED.iter().map(|name| col(*name)).collect()
}

/// The rows of one rule.
pub(super) fn of_match(groups: LazyFrame, plan: &Plan, rule: &Rule, keys: &[String], site: &Site) -> LazyFrame {
    let amount = |name: &str| Exact::column(name, plan.scale, site);
    let apart = amount("right_amount").minus(&amount("left_amount")).absolute();
    let mut within = apart.compare(&Exact::literal(plan.tolerance, site), std::cmp::Ordering::is_le);
    if let Some(share) = plan.share {
        let allowed = amount("left_amount").absolute().times(&Exact::literal(share, site));
        within = within.or(apart.compare(&allowed, std::cmp::Ordering::is_le));
    }
    let one_left = matches!(plan.cardinality, Cardinality::OneToOne | Cardinality::OneToMany);
    let one_right = matches!(plan.cardinality, Cardinality::OneToOne | Cardinality::ManyToOne);
    let many = |name: &str, one: bool| col(name).gt(lit(1)).and(lit(one));
    let status = when(many("left_rows", one_left).or(many("right_rows", one_right)))
        .then(lit("duplicate"))
        .when(within)
        .then(lit("matched"))
        .otherwise(lit("different"));
    let score: i64 = if rule.by_amount { 90 } else { 100 };
    groups
        .with_columns([
            status.alias("status"),
            lit(rule.name.clone()).alias("rule"),
            lit(score).cast(DataType::Int64).alias("score"),
            named("left").alias("left_key"),
            named("right").alias("right_key"),
            col(CURRENCY).alias("currency"),
            first_day().alias("event_on"),
            lit(NULL).cast(DataType::String).alias("proposal"),
            lit(NULL).cast(DataType::String).alias("proposal_rule"),
            concat_str(keys.iter().map(|key| col(key.as_str())).collect::<Vec<_>>(), "|", true).alias("key"),
        ])
        .select(shared())
}

/// The earlier of the two days.
fn first_day() -> Expr {
    let (left, right) = (col("left_day"), col("right_day"));
    when(left.clone().is_null().or(right.clone().lt(left.clone()))).then(right).otherwise(left)
}

/// The ids of a group; what does not fit is counted.
fn named(side: &str) -> Expr {
    let ids = col(format!("{side}_ids"));
    let rows = col(format!("{side}_rows"));
    let more = concat_str([ids.clone(), lit(", … ("), rows.clone().cast(DataType::String), lit(")")], "", false);
    when(rows.gt(lit(SHOWN_IDS))).then(more).otherwise(ids)
}

/// The rows that no rule matched.
pub(super) fn of_open(open: LazyFrame, plan: &Plan, today: i32) -> LazyFrame {
    let is_left = col(SIDE);
    let age = lit(today) - col(DAY).cast(DataType::Int32);
    let young = |days: u16| age.clone().lt(lit(i32::from(days))).fill_null(lit(false));
    let own = |yes: bool, value: Expr| {
        let side = if yes { is_left.clone() } else { is_left.clone().not() };
        when(side).then(value).otherwise(lit(NULL))
    };
    let status = when(is_left.clone().and(young(plan.grace.0)))
        .then(lit("pending"))
        .when(is_left.clone().not().and(young(plan.grace.1)))
        .then(lit("pending"))
        .when(is_left.clone())
        .then(lit("left_only"))
        .otherwise(lit("right_only"));
    open.with_columns([
        status.alias("status"),
        lit(NULL).cast(DataType::String).alias("rule"),
        col(SCORE).alias("score"),
        own(true, col(ID)).alias("left_key"),
        own(false, col(ID)).alias("right_key"),
        own(true, lit(1_i64)).cast(DataType::Int64).alias("left_rows"),
        own(false, lit(1_i64)).cast(DataType::Int64).alias("right_rows"),
        own(true, col(AMOUNT)).cast(decimal_dtype(plan.scale)).alias("left_amount"),
        own(false, col(AMOUNT)).cast(decimal_dtype(plan.scale)).alias("right_amount"),
        col(CURRENCY).alias("currency"),
        col(DAY).alias("event_on"),
        col(PROPOSAL).alias("proposal"),
        col(REASON).alias("proposal_rule"),
        col(ID).alias("key"),
    ])
    .select(shared())
}

/// Adds code, words and age.
pub(super) fn finished(all: LazyFrame, plan: &Plan, today: i32, site: &Site) -> LazyFrame {
    let zero = Exact::literal(Decimal::ZERO, site).rescale(plan.scale, Rounding::HalfUp);
    let or_zero = |name: &str| Exact::new(col(name).fill_null(zero.clone().expr()), plan.scale, site);
    let difference = or_zero("right_amount").minus(&or_zero("left_amount"));
    let age = lit(today) - col("event_on").cast(DataType::Int32);
    let word = |pick: fn(&ExceptionCode) -> &'static str| {
        let of = |code: Option<&'static ExceptionCode>| {
            code.map_or(lit(NULL).cast(DataType::String), |code| lit(pick(code)))
        };
        when(col("status").eq(lit("left_only")))
            .then(of(plan.codes.left_only))
            .when(col("status").eq(lit("right_only")))
            .then(of(plan.codes.right_only))
            .when(col("status").eq(lit("different")))
            .then(of(plan.codes.different))
            .when(col("status").eq(lit("duplicate")))
            .then(of(plan.codes.duplicate))
            .otherwise(lit(NULL).cast(DataType::String))
    };
    let mut bucket = lit(">60");
    for (last, name) in buckets().collect::<Vec<_>>().into_iter().rev() {
        if let Some(last) = last {
            bucket = when(col("age_days").lt_eq(lit(last))).then(lit(name)).otherwise(bucket);
        }
    }
    let bucket = when(col("age_days").is_null()).then(lit(NULL).cast(DataType::String)).otherwise(bucket);
    all.with_columns([
        lit(plan.chain.clone()).alias("chain"),
        word(|code| code.code).alias("code"),
        word(|code| code.severity.as_str()).alias("severity"),
        word(|code| code.action).alias("action"),
        word(|code| code.action_it).alias("action_it"),
        difference.expr().alias("difference"),
        age.cast(DataType::Int64).alias("age_days"),
        when(col("currency").eq(lit(""))).then(lit(NULL)).otherwise(col("currency")).alias("currency"),
    ])
    .with_column(bucket.alias("age_bucket"))
    .select(schema(plan.scale).names().map(col).collect::<Vec<_>>())
}

/// How the two totals are explained.
pub(super) fn bridge(all: LazyFrame, plan: &Plan, site: &Site) -> LazyFrame {
    let exact = |expr: Expr| Exact::new(expr, plan.scale, site);
    let zero = Exact::literal(Decimal::ZERO, site).rescale(plan.scale, Rounding::HalfUp).expr();
    let total = |name: &str, when_status: Option<&[&str]>| {
        let value = match when_status {
            Some(words) => {
                let is = words.iter().map(|word| col("status").eq(lit(*word))).reduce(Expr::or);
                when(is.unwrap_or_else(|| lit(false))).then(col(name)).otherwise(zero.clone())
            }
            None => col(name).fill_null(zero.clone()),
        };
        sum(&exact(value.cast(decimal_dtype(plan.scale))), 38).expr()
    };
    let open = ["left_only", "right_only", "pending"];
    let one_sided = |name: &str| total(name, Some(&open)).fill_null(zero.clone());
    let named = |name: &str| Exact::column(name, plan.scale, site);
    let explained = named("rounding").plus(&named("differences")).plus(&named("right_only")).minus(&named("left_only"));
    let unexplained = named("right_amount").minus(&named("left_amount")).minus(&explained);
    all.group_by([col("chain"), col("currency")])
        .agg([
            col("left_rows").sum().alias("left_rows"),
            col("right_rows").sum().alias("right_rows"),
            col("status").eq(lit("matched")).cast(DataType::Int64).sum().alias("matched_rows"),
            total("left_amount", None).alias("left_amount"),
            total("right_amount", None).alias("right_amount"),
            total("difference", Some(&["matched"])).alias("rounding"),
            total("difference", Some(&["different", "duplicate"])).alias("differences"),
            one_sided("left_amount").alias("left_only"),
            one_sided("right_amount").alias("right_only"),
        ])
        .with_column(unexplained.expr().alias("unexplained"))
        .select(bridge_schema(plan.scale).names().map(col).collect::<Vec<_>>())
        .sort(["chain", "currency"], SortMultipleOptions::default())
}
