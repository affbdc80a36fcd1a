//! The pools: everything that is known of an article in one row, and what each channel may draw on.

use polars::prelude::{
    DataType, Expr, JoinArgs, JoinType, LazyFrame, PolarsResult, UnionArgs, concat, concat_lf_diagonal, len, lit, when,
};

use crate::domain::money::exact::{Rounding, Site};
use crate::domain::stock::level::{is_stale, trusted};
use crate::domain::stock::quantity::{is_absurd, or_zero, units};
use crate::expr::Typed;
use crate::transforms::StepCx;
use crate::transforms::names::{column, columns};
use crate::transforms::reject::{Rule as RejectRule, reject};
use crate::transforms::stock::inputs::{Inputs, Role, once, totals};
use crate::transforms::stock::plan::KEY;
use crate::transforms::stock::value::{Value, age_limit, hours, quantity};

/// What open orders take of an article.
pub const UNSYNCED: &str = "__stock_unsynced";
/// What suppliers have of an article, as far as it is trusted.
pub const SUPPLIED: &str = "__stock_supplied";
/// Whether every supplier's answer is too old.
pub const SUPPLIER_STALE: &str = "__stock_supplier_stale";
/// What the marketplace has of an article.
pub const FBA: &str = "__stock_fba";
/// When an article was published last, in microseconds.
pub const LAST_AT: &str = "__stock_last_at";

/// The quantity that a channel showed last.
#[must_use]
pub fn last(index: usize) -> String {
    format!("__stock_last_{index}")
}

/// A table with a quantity per article.
pub struct Quantities {
    /// Column of the article.
    pub key: String,
    /// The quantity.
    pub quantity: Typed,
}

/// Open orders.
pub struct UnsyncedPlan {
    /// Article and ordered quantity.
    pub rows: Quantities,
    /// Columns that identify an order, and its line.
    pub order: Vec<String>,
    /// Column of the line.
    pub line: Option<String>,
    /// Whether the stock's source has it.
    pub imported: Option<Typed>,
    /// Columns that identify an order in the table of imported orders.
    pub imported_in: Option<Vec<String>>,
    /// When it was placed, when the stock was taken, and the margin in microseconds.
    pub time: Option<(Typed, Typed, i64)>,
}

/// Suppliers' goods.
pub struct SuppliersPlan {
    /// Article and quantity.
    pub rows: Quantities,
    /// Left to others.
    pub buffer: Option<Value>,
    /// Trusted share.
    pub trust: Option<Value>,
    /// How old the answer is.
    pub age: Option<Age>,
    /// How old it may be.
    pub max_age: Value,
}

/// Where the age of an answer is known from.
pub enum Age {
    /// It came at an instant.
    Since(Typed),
    /// It is so many hours old.
    Hours(Typed),
}

/// The catalogue.
pub struct ArticlesPlan {
    /// Column of the article.
    pub key: String,
    /// Columns that rules ask about.
    pub columns: Vec<String>,
}

/// What was published before.
pub struct LastPlan {
    /// Column of the article.
    pub key: String,
    /// When.
    pub at: Typed,
    /// Quantity of each channel by its index.
    pub quantities: Vec<(usize, Typed)>,
    /// How long it is kept, in microseconds.
    pub keep: i64,
}

impl UnsyncedPlan {
    /// One row per article with what open orders take.
    pub fn totals(&self, inputs: &Inputs, scale: u8, step: &StepCx) -> Option<LazyFrame> {
        let site = Site::from(step.site.as_str());
        let ordered = "__stock_ordered";
        let mut frame = inputs.get(Role::Unsynced)?.filter(self.counts(&site));
        if let (Some(known), Some(imported)) = (&self.imported_in, inputs.get(Role::Imported)) {
            let (left, right) = (columns(&self.order), columns(known));
            frame = frame.join(imported, left, right, JoinArgs::new(JoinType::Anti));
        }
        let quantity = or_zero(&quantity(&self.rows.quantity, scale, Rounding::Ceil, &site));
        frame = refuse_absurd(frame, &quantity, &self.rows.key, scale, step).with_column(quantity.alias(ordered));
        if !self.order.is_empty() {
            let mut identity = self.order.clone();
            identity.extend(self.line.clone());
            identity.extend([self.rows.key.clone(), ordered.to_owned()]);
            frame = once(frame.select(columns(&identity)), &identity);
        }
        Some(totals(frame, &self.rows.key, column(ordered), [KEY, UNSYNCED]))
    }

    /// Whether a row counts: not imported, or where that is not known, placed after the snapshot.
    fn counts(&self, site: &Site) -> Expr {
        let late = self.time.as_ref().map_or_else(
            || lit(true),
            |(placed, snapshot, margin)| {
                let micros = |typed: &Typed| typed.lower(site).cast(DataType::Int64);
                micros(placed).gt(micros(snapshot) - units(*margin)).fill_null(lit(true))
            },
        );
        match &self.imported {
            Some(imported) => imported.lower(site).not().fill_null(late),
            None => late,
        }
    }
}

impl SuppliersPlan {
    /// One row per article with what its suppliers have.
    pub fn totals(&self, frame: LazyFrame, scale: u8, piece: i64, now: i64, step: &StepCx) -> LazyFrame {
        let site = Site::from(step.site.as_str());
        let quantity = quantity(&self.rows.quantity, scale, Rounding::Floor, &site);
        let frame = refuse_absurd(frame, &quantity, &self.rows.key, scale, step);
        let buffer = self.buffer.as_ref().map(|value| value.quantity(scale, Rounding::Ceil, &site));
        let trust = self.trust.as_ref().map(|value| value.part(&site));
        let trusted = or_zero(&trusted(&quantity, buffer.as_ref(), trust.as_ref(), piece));
        let stale = self.is_stale(now, &site);
        let fresh = when(stale.clone()).then(units(0)).otherwise(trusted);
        let rows = frame.filter(column(&self.rows.key).is_not_null());
        let rows = rows.select([column(&self.rows.key).alias(KEY), fresh.alias(SUPPLIED), stale.alias(SUPPLIER_STALE)]);
        rows.group_by([column(KEY)]).agg([column(SUPPLIED).sum(), column(SUPPLIER_STALE).all(true)])
    }

    fn is_stale(&self, now: i64, site: &Site) -> Expr {
        let age = match &self.age {
            None => return lit(false),
            Some(Age::Since(received)) => units(now) - received.lower(site).cast(DataType::Int64),
            Some(Age::Hours(age)) => hours(age, site),
        };
        is_stale(&age, &age_limit(&self.max_age, site))
    }
}

impl Quantities {
    /// One row per article with the sum, under a new name.
    pub fn totals(&self, frame: LazyFrame, name: &str, scale: u8, step: &StepCx) -> LazyFrame {
        let site = Site::from(step.site.as_str());
        let quantity = quantity(&self.quantity, scale, Rounding::Floor, &site);
        totals(refuse_absurd(frame, &quantity, &self.key, scale, step), &self.key, quantity, [KEY, name])
    }
}

impl ArticlesPlan {
    /// One row per article; articles that come twice are rejected.
    pub fn lower(&self, frame: LazyFrame, step: &StepCx) -> LazyFrame {
        const COPIES: &str = "__stock_copies";
        let key = std::slice::from_ref(&self.key);
        let named = reject(frame, vec![no_article(&self.key)], key, step);
        let others: Vec<&String> = self.columns.iter().filter(|name| **name != self.key).collect();
        let mut values: Vec<Expr> = others.iter().map(|name| column(name).first()).collect();
        values.push(len().alias(COPIES));
        let once = named.group_by([column(&self.key)]).agg(values);
        let twice = RejectRule::new(
            column(COPIES).gt(lit(1)),
            "duplicate-article",
            "the catalogue has this article more than once, so its rules are not certain: dedupe it",
        );
        let twice = twice
            .column(&self.key)
            .italian("il catalogo ha questo articolo più volte, le sue regole non sono certe: togliere i doppioni");
        let kept = reject(once, vec![twice], key, step);
        let mut out = vec![column(&self.key).alias(KEY)];
        out.extend(self.columns.iter().map(|name| column(name)));
        kept.select(out)
    }
}

impl LastPlan {
    /// One row per article with what was shown; of several the latest.
    pub fn lower(&self, frame: LazyFrame, scale: u8, site: &Site) -> LazyFrame {
        let mut values = vec![column(&self.key).alias(KEY), self.at.lower(site).cast(DataType::Int64).alias(LAST_AT)];
        values.extend(self.quantities.iter().map(|(index, typed)| {
            quantity(typed, scale, Rounding::Floor, site).clip(units(0), units(i64::MAX)).alias(last(*index))
        }));
        let rows = frame.filter(column(&self.key).is_not_null()).select(values);
        let latest = self.quantities.iter().map(|(index, _)| {
            let name = last(*index);
            column(&name).filter(column(LAST_AT).eq(column(LAST_AT).max())).min().alias(name)
        });
        let mut latest: Vec<Expr> = latest.collect();
        latest.push(column(LAST_AT).max());
        rows.group_by([column(KEY)]).agg(latest)
    }
}

/// Tables with one row per article, joined: all articles of the catalogue, or else of any table.
pub struct Gathering {
    /// Catalogue, already one row per article.
    pub articles: Option<LazyFrame>,
    /// The step's own rows, one per article.
    pub own: LazyFrame,
    /// Tables that can make an article appear without a row of its own.
    pub sources: Vec<LazyFrame>,
    /// Tables that only say more of an article.
    pub others: Vec<LazyFrame>,
    /// Components of kits, which count also where the catalogue does not sell them.
    pub components: Option<LazyFrame>,
    /// The key's name for a person.
    pub key: String,
}

/// Whether the catalogue sells the article; the others are components only.
pub const SOLD: &str = "__stock_sold";

impl Gathering {
    /// One row per article with the columns of all tables.
    ///
    /// # Errors
    /// The tables do not go together, which the check has excluded.
    pub fn lower(self, step: &StepCx) -> PolarsResult<LazyFrame> {
        let left = |frame: LazyFrame, other: LazyFrame| {
            frame.join(other, [column(KEY)], [column(KEY)], JoinArgs::new(JoinType::Left))
        };
        let keys = |frames: &[LazyFrame]| -> PolarsResult<LazyFrame> {
            let keys: Vec<LazyFrame> = frames.iter().map(|frame| frame.clone().select([column(KEY)])).collect();
            Ok(once(concat(keys, UnionArgs::default())?, &[KEY.to_owned()]))
        };
        let mut sources = vec![self.own];
        sources.extend(self.sources);
        let known = match (self.articles, self.components) {
            (Some(articles), Some(components)) => Some(with_components(articles, components)?.cache()),
            (articles, _) => articles,
        };
        let mut frame = match &known {
            Some(articles) => {
                let mut every = sources.clone();
                every.extend(self.others.iter().cloned());
                let known = [column(KEY)];
                let unknown = keys(&every)?.join(articles.clone(), known.clone(), known, JoinArgs::new(JoinType::Anti));
                concat_lf_diagonal([articles.clone(), refuse_unknown(unknown, &self.key, step)], UnionArgs::default())?
            }
            None if sources.len() > 1 => keys(&sources)?,
            None => sources.swap_remove(0),
        };
        for other in sources.into_iter().chain(self.others) {
            frame = left(frame, other);
        }
        Ok(frame)
    }
}

/// The catalogue with the components that it does not sell, which are marked.
fn with_components(articles: LazyFrame, components: LazyFrame) -> PolarsResult<LazyFrame> {
    let on = [column(KEY)];
    let others = components.join(articles.clone(), on.clone(), on, JoinArgs::new(JoinType::Anti));
    let mark = |frame: LazyFrame, sold: bool| frame.with_column(lit(sold).alias(SOLD));
    concat_lf_diagonal([mark(articles, true), mark(others, false)], UnionArgs::default())
}

/// Rejects every row: stock of what the catalogue does not have.
fn refuse_unknown(frame: LazyFrame, key: &str, step: &StepCx) -> LazyFrame {
    let rule = RejectRule::new(
        lit(true),
        "unknown-article",
        "the catalogue has no such article: nothing is published of it; add it there, or correct the code",
    );
    let rule = rule
        .column(key)
        .italian("il catalogo non ha questo articolo: non se ne pubblica nulla; aggiungerlo o correggere il codice");
    let named = frame.rename([KEY], [key], true);
    reject(named, vec![rule], &[key.to_owned()], step).rename([key], [KEY], true)
}

fn no_article(key: &str) -> RejectRule {
    RejectRule::new(column(key).is_null(), "missing-value", format!("`{key}` is empty: an article without code"))
        .column(key)
        .italian(format!("`{key}` è vuoto: articolo senza codice"))
}

/// Rejects rows whose quantity no shop has.
#[must_use]
pub fn refuse_absurd(frame: LazyFrame, quantity: &Expr, key: &str, scale: u8, step: &StepCx) -> LazyFrame {
    let rule = RejectRule::new(
        is_absurd(quantity, scale),
        "absurd-quantity",
        "no shop has a thousand million of an article: correct the quantity",
    );
    let rule =
        rule.column(key).italian("nessun negozio ha un miliardo di pezzi di un articolo: correggere la quantità");
    reject(frame, vec![rule], &[key.to_owned()], step)
}
