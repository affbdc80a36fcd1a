//! Promotions of another table: which columns they have, how they are joined, what comes out of them.

use polars::prelude::{DataFrame, DataType, Expr, LazyFrame, NULL, PolarsResult, col, lit, when};

use crate::context::BindCx;
use crate::diag::{Code, Text, did_you_mean};
use crate::domain::pricing::offer::{OfferKind, Stacking};
use crate::domain::pricing::offers::{KINDS, OfferColumns, STACKINGS};
use crate::domain::types::Type;
use crate::transforms::StepCx;
use crate::transforms::guard::{failure, row_words, watch};

use super::config::PromotionsConfig;
use super::fields::{Fields, Found, Holds, join_lists};
use super::slots::Slots;

const COLUMNS: [&str; 13] = [
    "sku",
    "id",
    "kind",
    "value",
    "channel",
    "country",
    "customer_group",
    "valid_from",
    "valid_to",
    "stacking",
    "order",
    "below_floor",
    "campaign_start",
];

/// A checked table of promotions.
#[derive(Clone, Debug)]
pub struct Promotions {
    sku: Found,
    value: Found,
    id: Option<Found>,
    kind: Option<Found>,
    channel: Option<Found>,
    country: Option<Found>,
    group: Option<Found>,
    from: Option<Found>,
    to: Option<Found>,
    stacking: Option<Found>,
    order: Option<Found>,
    below_floor: Option<Found>,
    campaign: Option<Found>,
    only_kind: OfferKind,
    default_stacking: Stacking,
    /// Whether windows are joined: with one instant for all rows and no claims they are looked at before.
    pub open: bool,
}

/// Outputs of the promotion that counts: name, list column, type.
pub type Output = (&'static str, String, Type);

impl Promotions {
    /// Checks the table.
    pub fn bind(config: &PromotionsConfig, cx: &BindCx) -> Option<Self> {
        let kind = bind_word(&config.kind, OfferKind::read, &KINDS.map(OfferKind::as_str), cx);
        let stacking = bind_word(&config.stacking, Stacking::read, &["best", "sequence", "exclusive"], cx);
        let fields = Fields::of(&config.table, &config.columns, &COLUMNS, cx)?;
        let (sku, value) = (fields.need("sku", Holds::Text), fields.need("value", Holds::Number));
        Some(Self {
            id: fields.get("id", Holds::Any),
            kind: fields.get("kind", Holds::Text),
            channel: fields.get("channel", Holds::Text),
            country: fields.get("country", Holds::Text),
            group: fields.get("customer_group", Holds::Text),
            from: fields.get("valid_from", Holds::Instant),
            to: fields.get("valid_to", Holds::Instant),
            stacking: fields.get("stacking", Holds::Text),
            order: fields.get("order", Holds::Number),
            below_floor: fields.get("below_floor", Holds::Bool),
            campaign: fields.get("campaign_start", Holds::Instant),
            only_kind: kind?,
            default_stacking: stacking?,
            open: true,
            sku: sku?,
            value: value?,
        })
    }

    /// The columns of the promotion that counts.
    pub fn outputs(&self) -> Vec<Output> {
        let output = |name, column: &str, found: &Found| (name, name_of(column), found.ty.clone());
        let mut outputs = Vec::new();
        outputs.extend(self.id.as_ref().map(|found| output("promotion", "id", found)));
        outputs.push(output("promotion_value", "value", &self.value));
        outputs.extend(self.from.as_ref().map(|found| output("promotion_from", "shown_from", found)));
        outputs.extend(self.to.as_ref().map(|found| output("promotion_to", "shown_to", found)));
        outputs
    }

    /// Joins the promotions of each row's article as lists. `now` and `channel` are what all rows have in common:
    /// promotions that hold for none of them are left out before.
    pub fn join(
        &self,
        frame: LazyFrame,
        promotions: LazyFrame,
        key: &str,
        now: Option<i64>,
        channel: Option<&str>,
        step: &StepCx,
    ) -> LazyFrame {
        let promotions = self.hold_to_rules(promotions, step);
        let promotions = self.prefilter(promotions, now, channel);
        let keys = [(key.to_owned(), self.sku.column())];
        let order: Vec<String> = ["order", "id"].into_iter().filter(|name| self.has(name)).map(name_of).collect();
        let order: Vec<&str> = order.iter().map(String::as_str).collect();
        join_lists(frame, promotions, &keys, self.picks(), &order)
    }

    /// The joined columns, as the kernel reads them.
    pub fn columns(&self, slots: &mut Slots) -> OfferColumns {
        let mut slot = |name: &str| slots.add(col(name_of(name)));
        let mut optional = |name: &str, found: Option<&Found>| found.map(|_| slot(name));
        let window = |found| if self.open { found } else { None };
        let from = optional("from", window(self.from.as_ref()));
        let to = optional("to", window(self.to.as_ref()));
        let (channel, country) =
            (optional("channel", self.channel.as_ref()), optional("country", self.country.as_ref()));
        let group = optional("group", self.group.as_ref());
        let stacking = optional("stacking", self.stacking.as_ref());
        let order = optional("order", self.order.as_ref());
        let below_floor = optional("below_floor", self.below_floor.as_ref());
        let campaign = optional("campaign", self.campaign.as_ref());
        let name = optional("id", self.id.as_ref());
        let kind = optional("kind", self.kind.as_ref());
        OfferColumns {
            kind,
            value: (slot("value"), self.value.scale()),
            from,
            to,
            channel,
            country,
            group,
            stacking,
            order,
            below_floor,
            campaign,
            name,
            default_stacking: self.default_stacking,
            default_kind: self.only_kind,
        }
    }

    fn has(&self, name: &str) -> bool {
        match name {
            "id" => self.id.is_some(),
            _ => self.order.is_some(),
        }
    }

    fn picks(&self) -> Vec<(String, Expr)> {
        let mut picks = vec![(name_of("value"), self.value.column())];
        if self.kind.is_some() {
            picks.push((name_of("kind"), self.kind_number()));
        }
        let mut add = |name: &str, found: Option<&Found>, expr: fn(&Found) -> Expr| {
            picks.extend(found.map(|found| (name_of(name), expr(found))));
        };
        let everywhere = |found: &Found| when(found.column().eq(lit("*"))).then(lit(NULL)).otherwise(found.column());
        add("id", self.id.as_ref(), Found::column);
        add("channel", self.channel.as_ref(), everywhere);
        add("country", self.country.as_ref(), everywhere);
        add("group", self.group.as_ref(), everywhere);
        if self.open {
            add("from", self.from.as_ref(), Found::micros);
            add("to", self.to.as_ref(), Found::micros);
        }
        add("shown_from", self.from.as_ref(), Found::column);
        add("shown_to", self.to.as_ref(), Found::column);
        add("stacking", self.stacking.as_ref(), |found| number_of(found, &["best", "sequence", "exclusive"]));
        add("order", self.order.as_ref(), |found| found.column().cast(DataType::Int64));
        add("below_floor", self.below_floor.as_ref(), |found| found.column().cast(DataType::Int64));
        add("campaign", self.campaign.as_ref(), Found::micros);
        picks
    }

    fn kind_number(&self) -> Expr {
        match &self.kind {
            Some(found) => {
                let word = words(found);
                let mut number = lit(NULL).cast(DataType::Int64);
                for (index, kind) in (0i64..).zip(KINDS) {
                    let known = KIND_WORDS.iter().filter(|word| OfferKind::read(word) == Some(kind));
                    let is = known.map(|known| word.clone().eq(lit(*known))).reduce(Expr::or).unwrap_or(lit(false));
                    number = when(is).then(lit(index)).otherwise(number);
                }
                number
            }
            None => lit(position(&KINDS, &self.only_kind)),
        }
    }

    /// Promotions that all rows are out of; a row's own scope is looked at later.
    fn prefilter(&self, promotions: LazyFrame, now: Option<i64>, channel: Option<&str>) -> LazyFrame {
        let mut keep = Vec::new();
        if let Some(now) = now {
            keep.extend(self.from.as_ref().map(|from| from.micros().lt_eq(lit(now)).or(from.column().is_null())));
            keep.extend(self.to.as_ref().map(|to| to.micros().gt(lit(now)).or(to.column().is_null())));
        }
        if let (Some(channel), Some(found)) = (channel, &self.channel) {
            let own = found.column().eq(lit(channel.to_owned())).or(found.column().eq(lit("*")));
            keep.push(own.or(found.column().is_null()));
        }
        match keep.into_iter().reduce(Expr::and) {
            Some(keep) => promotions.filter(keep),
            None => promotions,
        }
    }

    /// A promotion that cannot be read ends the run: without it prices would be wrong on every channel.
    fn hold_to_rules(&self, promotions: LazyFrame, step: &StepCx) -> LazyFrame {
        const BAD: &str = "__price_bad";
        let zero = lit(0i64).cast(self.value_dtype());
        let mut problem = when(self.sku.column().is_null())
            .then(lit("it names no article"))
            .otherwise(lit(NULL).cast(DataType::String));
        let mut add = |condition: Expr, message: &'static str| {
            problem = when(condition).then(lit(message)).otherwise(problem.clone());
        };
        add(self.value.column().is_null(), "it has no value");
        add(self.value.column().lt(zero), "its value is below zero");
        add(self.takes_all(), "it takes 100% or more off: write percent, as 20 for 20%");
        if self.kind.is_some() {
            add(
                self.kind_number().is_null(),
                "its kind is none of percent, amount_gross, amount_net, fixed_gross, fixed_net",
            );
        }
        if let Some(stacking) = &self.stacking {
            let unknown = number_of(stacking, &["best", "sequence", "exclusive"]).is_null();
            add(unknown.and(stacking.column().is_not_null()), "its stacking is none of best, sequence, exclusive");
        }
        let name = [self.id.as_ref(), Some(&self.sku)]
            .into_iter()
            .flatten()
            .map(|found| found.name.clone())
            .collect::<Vec<_>>();
        let site = step.site.clone();
        watch(
            promotions.with_column(problem.alias(BAD)),
            vec![BAD.to_owned()],
            &format!("promotions {site}"),
            move |rows| {
                bad_row(rows, BAD).map_or(Ok(()), |(row, message)| {
                    let words = row_words(rows, &name, row);
                    Err(failure(Code::BadPriceTable, &site, &format!("promotion {words} cannot be used: {message}")))
                })
            },
        )
    }

    /// Percentages that leave nothing of any price.
    fn takes_all(&self) -> Expr {
        let all = lit(100i64).cast(self.value_dtype());
        self.kind_number().eq(lit(position(&KINDS, &OfferKind::Percent))).and(self.value.column().gt_eq(all))
    }

    fn value_dtype(&self) -> DataType {
        crate::contract::dtype::polars_dtype(&self.value.ty)
    }
}

/// The first row whose column `name` has a text, and the text.
pub fn bad_row(rows: &DataFrame, name: &str) -> Option<(usize, String)> {
    let find = || -> PolarsResult<Option<(usize, String)>> {
        let texts = rows.column(name)?.str()?.clone();
        Ok((0..texts.len()).find_map(|row| Some((row, texts.get(row)?.to_owned()))))
    };
    find().ok().flatten()
}

const KIND_WORDS: [&str; 10] = [
    "percent",
    "pct",
    "amount_gross",
    "amt_gross",
    "amount",
    "amount_net",
    "amt_net",
    "fixed_gross",
    "fixed",
    "fixed_net",
];

fn name_of(column: &str) -> String {
    format!("__price_promo_{column}")
}

fn words(found: &Found) -> Expr {
    found.column().str().strip_chars(lit(NULL)).str().to_lowercase()
}

fn number_of(found: &Found, known: &[&'static str]) -> Expr {
    let word = words(found);
    let mut number = lit(NULL).cast(DataType::Int64);
    for (index, known) in (0i64..).zip(known) {
        number = when(word.clone().eq(lit(*known))).then(lit(index)).otherwise(number);
    }
    number
}

fn position<T: PartialEq>(all: &[T], one: &T) -> i64 {
    all.iter().position(|other| other == one).and_then(|at| i64::try_from(at).ok()).unwrap_or(0)
}

fn bind_word<T>(text: &Text, read: fn(&str) -> Option<T>, known: &[&str], cx: &BindCx) -> Option<T> {
    read(text.trim()).or_else(|| {
        let message = format!("`{text}` is none of {}", known.join(", "));
        let problem = crate::diag::Diagnostic::error(Code::BadValue, text.place(), message);
        cx.report(problem.helps(did_you_mean(text, known.iter().copied())));
        None
    })
}

/// Stackings have the numbers that [`number_of`] gives to their words.
const _: () = assert!(STACKINGS.len() == 3);
