//! Price lists of other tables: their columns, how derived lists are resolved, how the prices are joined.

use std::sync::Arc;

use polars::prelude::{
    AllowedOptimizations, Column, DataFrame, DataType, Expr, IdxCa, JoinArgs, JoinType, LazyFrame, NULL, PlSmallStr,
    PolarsError, PolarsResult, col, concat_str, lit, when,
};

use crate::context::BindCx;
use crate::context::counters::named_apart;
use crate::diag::{Code, Text};
use crate::domain::pricing::choice::{Choice, Dispute, PriceColumns};
use crate::domain::pricing::lists::{List, origins};
use crate::domain::types::{Schema, Type};
use crate::transforms::StepCx;
use crate::transforms::guard::failure;

use super::config::ListsConfig;
use super::fields::{Fields, Found, Holds, join_lists};
use super::slots::{DECIMALS, Slots};

const LIST_COLUMNS: [&str; 14] = [
    "code",
    "channel",
    "country",
    "customer_group",
    "customer",
    "currency",
    "is_gross",
    "priority",
    "valid_from",
    "valid_to",
    "parent",
    "percent",
    "amount",
    "round",
];
const PRICE_COLUMNS: [&str; 9] =
    ["list", "amount", "sku", "product", "category", "brand", "min_qty", "valid_from", "valid_to"];
/// Struct column of the chosen price, while the step works.
pub const CHOSEN: &str = "__price_chosen";
/// How many ancestors of a category are looked at.
const ANCESTORS: usize = 6;
const SOURCE: &str = "__price_source";
/// What a price carries of its list and itself; `least` has decimals.
const CARRIED: [&str; 16] = [
    "list",
    "amount",
    "steps",
    "depth",
    "gross",
    "priority",
    "from",
    "to",
    "price_from",
    "price_to",
    "least",
    "channel",
    "country",
    "group",
    "customer",
    "currency",
];

/// Checked tables of lists and prices.
#[derive(Clone, Debug)]
pub struct Lists {
    code: Found,
    words: [Option<Found>; 7],
    gross: Option<Found>,
    priority: Option<Found>,
    window: [Option<Found>; 2],
    numbers: [Option<Found>; 2],
    list: Found,
    amount: Found,
    least: Option<Found>,
    price_window: [Option<Found>; 2],
    sku: Option<Found>,
    product: Option<(Found, String)>,
    category: Option<(Found, String)>,
    brand: Option<(Found, String)>,
}

impl Lists {
    /// Checks both tables against the rows that will be priced.
    pub fn bind(config: &ListsConfig, input: &Schema, cx: &BindCx) -> Option<Self> {
        let lists = Fields::of(&config.table, &config.columns, &LIST_COLUMNS, cx)?;
        let prices = Fields::of(&config.prices, &config.price_columns, &PRICE_COLUMNS, cx)?;
        let code = lists.need("code", Holds::Text);
        let words = ["channel", "country", "customer_group", "customer", "currency", "parent", "round"];
        let (list, amount) = (prices.need("list", Holds::Text), prices.need("amount", Holds::Number));
        let scope = |name: &str, column: &Option<Text>| -> Option<(Found, String)> {
            let found = prices.get(name, Holds::Text)?;
            let column = column.as_ref()?;
            let known = cx.require_column(input, column) && input.get(column.as_str()) == Some(&Type::Text);
            if !known && input.contains(column.as_str()) {
                cx.error(Code::TypeMismatch, column, format!("`{column}` is no text, as codes and names are"));
            }
            known.then(|| (found, column.to_string()))
        };
        Some(Self {
            words: words.map(|name| lists.get(name, Holds::Text)),
            gross: lists.get("is_gross", Holds::Bool),
            priority: lists.get("priority", Holds::Number),
            window: ["valid_from", "valid_to"].map(|name| lists.get(name, Holds::Instant)),
            numbers: ["percent", "amount"].map(|name| lists.get(name, Holds::Number)),
            least: prices.get("min_qty", Holds::Number),
            price_window: ["valid_from", "valid_to"].map(|name| prices.get(name, Holds::Instant)),
            sku: prices.get("sku", Holds::Text),
            product: scope("product", &config.product),
            category: scope("category", &config.category),
            brand: scope("brand", &config.brand),
            code: code?,
            list: list?,
            amount: amount?,
        })
    }

    /// Joins the prices of each row, from the nearest way to name its article, and chooses one into [`CHOSEN`].
    pub fn join(
        &self,
        frame: LazyFrame,
        [lists, prices]: [LazyFrame; 2],
        key: &str,
        step: &StepCx,
        choice: impl FnOnce(&mut Slots, Vec<PriceColumns>) -> Choice,
        slots: &mut Slots,
    ) -> LazyFrame {
        let resolved = self.resolve(lists, step);
        let prices = prices.filter(self.amount.column().is_not_null()).join(
            resolved,
            [self.list.column()],
            [col(SOURCE)],
            JoinArgs::new(JoinType::Inner),
        );
        // Each way to name an article reads them: once for all.
        let prices = prices.cache();
        let (mut frame, mut sets) = (frame, Vec::new());
        for (index, (own, theirs, holds)) in self.ways(key).into_iter().enumerate() {
            let mut own_column = own;
            if let Err(expr) = &own_column {
                let name = format!("__price_way_{index}");
                frame = frame.with_column(expr.clone().alias(&*name));
                own_column = Ok(name);
            }
            let Ok(own_column) = own_column else { continue };
            let picks = CARRIED.iter().map(|name| (slot_name(index, name), self.carried(name))).collect();
            frame = join_lists(frame, prices.clone().filter(holds), &[(own_column, theirs)], picks, &[]);
            sets.push(self.slots(index, slots));
        }
        let choice = Arc::new(choice(slots, sets));
        let site = step.site.clone();
        let kernel = slots.kernel(Choice::dtype(), move |columns: &[Column]| {
            choice.choose(columns, |problem| dispute(&problem, &site))
        });
        frame.with_column(kernel.alias(CHOSEN))
    }

    /// Ways in which a price names an article, from the nearest: a column of the rows (or an expression over them), the
    /// expression of the prices, and which prices name it so.
    fn ways(&self, key: &str) -> Vec<(Result<String, Expr>, Expr, Expr)> {
        let named = |found: &Option<Found>| match found {
            Some(found) => found.column().is_not_null(),
            None => lit(false),
        };
        let sku = named(&self.sku);
        let of = |scope: &Option<(Found, String)>| scope.as_ref().map(|(found, _)| found.clone());
        let (product, category, brand) =
            (named(&of(&self.product)), named(&of(&self.category)), named(&of(&self.brand)));
        let mut ways = Vec::new();
        if let Some(found) = &self.sku {
            ways.push((Ok(key.to_owned()), found.column(), sku.clone()));
        }
        let mut taken = sku;
        if let Some((found, own)) = &self.product {
            ways.push((Ok(own.clone()), found.column(), product.clone().and(taken.clone().not())));
        }
        taken = taken.or(product);
        if let Some((found, own)) = &self.category {
            let holds = category.clone().and(taken.clone().not());
            for expr in ancestors(own) {
                ways.push((Err(expr), path(found.column()), holds.clone()));
            }
        }
        taken = taken.or(category);
        if let Some((found, own)) = &self.brand {
            ways.push((Ok(own.clone()), found.column(), brand.clone().and(taken.clone().not())));
        }
        taken = taken.or(brand);
        ways.push((Err(lit(true)), lit(true), taken.not()));
        ways
    }

    /// The columns of the lists under plain names, with one row for each list and each list its prices come from.
    fn resolve(&self, lists: LazyFrame, step: &StepCx) -> LazyFrame {
        let text = |found: &Option<Found>| match found {
            Some(found) => found.column(),
            None => lit(NULL).cast(DataType::String),
        };
        let number = |found: &Option<Found>| match found {
            Some(found) => found.column().cast(DataType::String),
            None => lit(NULL).cast(DataType::String),
        };
        let [channel, country, group, customer, currency, parent, round] = &self.words;
        let derivation = concat_str(
            [number(&self.numbers[0]), number(&self.numbers[1]), text(round)].map(|part| part.fill_null(lit(""))),
            "|",
            false,
        );
        let gross = self.gross.as_ref().map_or(lit(0i64), |found| found.column().cast(DataType::Int64));
        let priority = self.priority.as_ref().map_or(lit(0i64), |found| found.column().cast(DataType::Int64));
        let named = |expr: Expr, name: &str| expr.alias(own_name(name));
        let plain = lists.select([
            named(self.code.column(), "list"),
            named(text(channel), "channel"),
            named(text(country), "country"),
            named(text(group), "group"),
            named(text(customer), "customer"),
            named(text(currency), "currency"),
            named(gross, "gross"),
            named(priority, "priority"),
            named(instant(self.window[0].as_ref()), "from"),
            named(instant(self.window[1].as_ref()), "to"),
            named(text(parent), "parent"),
            named(derivation, "derivation"),
        ]);
        let site = step.site.clone();
        // A list may come from any other: they are looked at all together.
        plain.map(
            move |batch: DataFrame| with_origins(&batch, &site),
            AllowedOptimizations::empty(),
            Some(Arc::new(|schema: &polars::prelude::Schema| {
                let mut out = schema.clone();
                out.with_column(SOURCE.into(), DataType::String);
                out.with_column(PlSmallStr::from_string(own_name("steps")), DataType::String);
                out.with_column(PlSmallStr::from_string(own_name("depth")), DataType::Int64);
                Ok(Arc::new(out))
            })),
            Some(named_apart(&format!("lists {}", step.site))),
        )
    }

    fn carried(&self, name: &str) -> Expr {
        match name {
            "amount" => self.amount.column(),
            "price_from" => instant(self.price_window[0].as_ref()),
            "price_to" => instant(self.price_window[1].as_ref()),
            "least" => self.least.as_ref().map_or(lit(1i64), Found::column),
            _ => col(own_name(name)),
        }
    }

    fn slots(&self, set: usize, slots: &mut Slots) -> PriceColumns {
        let mut slot = |name: &str| slots.add(col(slot_name(set, name)));
        PriceColumns {
            list: slot("list"),
            amount: (slot("amount"), self.amount.scale()),
            steps: slot("steps"),
            depth: slot("depth"),
            gross: slot("gross"),
            priority: slot("priority"),
            from: slot("from"),
            to: slot("to"),
            price_from: slot("price_from"),
            price_to: slot("price_to"),
            least: (slot("least"), self.least.as_ref().map_or(0, Found::scale)),
            channel: slot("channel"),
            country: slot("country"),
            group: slot("group"),
            customer: slot("customer"),
            currency: slot("currency"),
        }
    }
}

fn own_name(name: &str) -> String {
    format!("__price_list_{name}")
}

fn slot_name(set: usize, name: &str) -> String {
    format!("__price_list_{set}_{name}")
}

fn instant(found: Option<&Found>) -> Expr {
    found.map_or(lit(NULL).cast(DataType::Int64), Found::micros)
}

/// A path of categories without blanks around its separators.
fn path(expr: Expr) -> Expr {
    expr.str().strip_chars(lit(NULL)).str().replace_all(lit(" *> *"), lit(">"), false)
}

/// A category and its ancestors, from the nearest; null beyond the root.
fn ancestors(column: &str) -> Vec<Expr> {
    let mut level = path(crate::expr::column(column));
    let mut levels = Vec::new();
    for _ in 0..ANCESTORS {
        levels.push(level.clone());
        let above = level.clone().str().replace(lit(">[^>]*$"), lit(""), false);
        level = when(above.clone().eq(level)).then(lit(NULL)).otherwise(above);
    }
    levels
}

fn with_origins(batch: &DataFrame, site: &str) -> PolarsResult<DataFrame> {
    let text = |name: &str| -> PolarsResult<Vec<Option<String>>> {
        let column = batch.column(&own_name(name))?.str()?.clone();
        Ok(column.iter().map(|text| text.map(str::to_owned)).collect())
    };
    let lists: Vec<List> = text("list")?
        .into_iter()
        .zip(text("parent")?)
        .zip(text("derivation")?)
        .map(|((code, parent), derivation)| List {
            code: code.unwrap_or_default(),
            parent,
            derivation: derivation.unwrap_or_default(),
        })
        .collect();
    let origins = origins(&lists).map_err(|message| failure(Code::BadPriceTable, site, &message))?;
    let rows: IdxCa = origins.iter().map(|origin| u32::try_from(origin.list).ok()).collect();
    let mut out = batch.take(&rows)?;
    out.with_column(Column::new(
        SOURCE.into(),
        origins.iter().map(|origin| origin.source.clone()).collect::<Vec<_>>(),
    ))?;
    let steps: Vec<String> = origins.iter().map(|origin| origin.steps.clone()).collect();
    out.with_column(Column::new(own_name("steps").into(), steps))?;
    let depths: Vec<i64> = origins.iter().map(|origin| origin.depth).collect();
    out.with_column(Column::new(own_name("depth").into(), depths))?;
    Ok(out)
}

fn dispute(problem: &Dispute, site: &str) -> PolarsError {
    match problem {
        Dispute::Ambiguous(one, other) => failure(
            Code::AmbiguousPriceList,
            site,
            &format!(
                "lists `{one}` and `{other}` hold for the same article, equally specific, with the same priority and start"
            ),
        ),
        Dispute::Derivation(step) => failure(
            Code::BadPriceTable,
            site,
            &format!("a derivation cannot be read: `{step}` (percent, amount and rounding)"),
        ),
        Dispute::Digits => failure(Code::DecimalOverflow, site, "a list price leaves 38 digits"),
    }
}

/// A chosen price as exact numbers of [`DECIMALS`] decimals.
const _: () = assert!(DECIMALS == crate::domain::pricing::choice::DECIMALS);

/// Field of the struct column of a kernel.
#[must_use]
pub fn chosen(name: &str) -> Expr {
    col(CHOSEN).struct_().field_by_name(name)
}
