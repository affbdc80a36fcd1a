//! The `register` step: registers and totals of returns, from the lines that `documents` gave.
//!
//! Here live the configuration and its checks; `columns` says where data stand, `closing` holds a register to its
//! orders, and each other file is one register or a family of them.

mod closing;
mod columns;
mod corrispettivi;
mod documents;
mod oss;
mod parts;
mod returns;

use indexmap::IndexMap;
use polars::prelude::{LazyFrame, PolarsResult};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::context::BindCx;
use crate::diag::{Code, Diagnostic, Place, Text};
use crate::domain::money::exact::Site;
use crate::domain::types::{Schema, Type};
use crate::expr::{self, Typed};
use crate::transforms::number::{bind_number, is_exact};
use crate::transforms::register::closing::Orders;
use crate::transforms::register::columns::{Columns, bind_columns};
use crate::transforms::{BoundStep, RowEffect, Step};

/// Makes a register, or the totals of a return, from the lines that `documents` gave.
///
/// ```yaml
/// - register:
///     corrispettivi: {}
///     columns: { payment: metodo, channel: canale }
///     orders: { table: ordini, order: numero, gross: totale }
/// ```
///
/// Exactly one kind:
///
/// - `corrispettivi`: per day, rate or natura, means of payment and channel, refunds apart (art. 24 DPR 633/72). VAT is
///   taken out of the total of the day and rate, once.
/// - `invoices`: the register of invoices (art. 23), one row per document and rate or natura, credit notes with a minus.
/// - `oss`: per quarter, State of consumption, State of dispatch, goods or services and rate; corrections per State and
///   earlier quarter; with the day by which the return is due.
/// - `intrastat`: goods and services to businesses of other Member States, per period and buyer, corrections apart.
/// - `lipe`: what the periodic VAT communication adds up: sales, purchases, VAT due and deductible.
/// - `bollo`: how many documents owe the stamp duty of 2.00 euro, per quarter.
/// - `summary`: per day and rate, where the sales of the shop went; the sum of all is what buyers paid.
///
/// `orders` is what the register is held to: for each order the sum of its amounts must be that of its documents, to the
/// cent, or the run fails and writes nothing. Filter what comes out, not what goes in: then nothing is missing.
///
/// Not guaranteed: that the seller has chosen the right period (month or quarter) or has filed anything. A quarter
/// without OSS sales has no row, and its return is due all the same.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Register {
    /// The register of corrispettivi.
    #[serde(default)]
    pub corrispettivi: Option<Plain>,
    /// The register of invoices issued.
    #[serde(default)]
    pub invoices: Option<Plain>,
    /// The quarters of the One Stop Shop.
    #[serde(default)]
    pub oss: Option<Plain>,
    /// Sales to businesses of other Member States.
    #[serde(default)]
    pub intrastat: Option<Periodic>,
    /// Totals of the periodic VAT communication.
    #[serde(default)]
    pub lipe: Option<Lipe>,
    /// Stamp duty per quarter.
    #[serde(default)]
    pub bollo: Option<Plain>,
    /// Where sales went, per day and rate.
    #[serde(default)]
    pub summary: Option<Plain>,
    /// Columns of the table by their canonical names: `payment`, `channel`, `buyer` (a VAT number, for `intrastat`, or
    /// a name), `dispatch` (State of dispatch; Italy when absent), `product_kind` (`digital` is a service).
    #[serde(default)]
    pub columns: IndexMap<Text, Text>,
    /// The orders that the register is held to.
    #[serde(default)]
    pub orders: Option<OrdersConfig>,
    /// What the columns of `documents` begin with.
    #[serde(default = "default_prefix")]
    pub prefix: Text,
    /// What the columns of `vat` begin with.
    #[serde(default = "default_vat")]
    pub vat: Text,
}

/// A register without settings: `{}`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Plain {}

/// A register by month or by quarter.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Periodic {
    /// The period.
    #[serde(default)]
    pub period: Period,
}

/// A period of returns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Period {
    /// `2026-11`.
    #[default]
    Month,
    /// `2026-Q4`.
    Quarter,
}

/// Totals of the periodic VAT communication.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Lipe {
    /// The period of the seller.
    #[serde(default)]
    pub period: Period,
    /// Purchases, when the other side of the communication is wanted too.
    #[serde(default)]
    pub purchases: Option<Purchases>,
}

/// A table of purchases with their VAT, such as the summaries of the invoices received.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Purchases {
    /// The table.
    pub table: Text,
    /// Column of the day on which the VAT is deducted.
    pub date: Text,
    /// Expression of the amount without VAT, credit notes with a minus.
    pub net: Text,
    /// Expression of the VAT that is deducted.
    pub vat: Text,
}

/// The orders that a register is held to.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OrdersConfig {
    /// The table: one or several rows per order, or per refund where refunds have numbers of their own.
    pub table: Text,
    /// Column of the order there.
    #[serde(default = "default_order")]
    pub order: Text,
    /// Expression of what was paid for goods and charges, VAT included: vouchers not taken off, refunds with a minus.
    #[serde(default = "default_gross")]
    pub gross: Text,
}

fn default_prefix() -> Text {
    Text::from("doc")
}

fn default_vat() -> Text {
    Text::from("vat")
}

fn default_order() -> Text {
    Text::from("order")
}

fn default_gross() -> Text {
    Text::from("gross")
}

/// Which register, with its settings checked.
enum Kind {
    Corrispettivi,
    Invoices,
    Oss,
    Intrastat(Period),
    Lipe(Period, Option<Box<BoundPurchases>>),
    Bollo,
    Summary,
}

/// Expressions over the table of purchases.
struct BoundPurchases {
    date: String,
    net: Typed,
    vat: Typed,
}

impl Step for Register {
    fn tables(&self) -> Vec<&Text> {
        let purchases = self.lipe.iter().filter_map(|lipe| lipe.purchases.as_ref()).map(|purchases| &purchases.table);
        self.orders.iter().map(|orders| &orders.table).chain(purchases).collect()
    }

    fn bind(&self, input: &Schema, cx: &BindCx) -> Option<BoundStep> {
        let before = cx.reported();
        let kind = self.kind(cx);
        let columns = bind_columns(&self.columns, &self.prefix, &self.vat, input, cx);
        let orders = self.orders.as_ref().map(|orders| orders.bind(cx));
        if let (Some(Kind::Intrastat(_)), None) = (&kind, columns.given("buyer")) {
            let message = "`intrastat` needs the column `buyer`: the VAT number of the customer";
            let problem = Diagnostic::error(Code::ColumnMissing, Place::NONE, message);
            cx.report(problem.help("say which one it is: `columns: { buyer: … }`"));
        }
        let kind = kind.filter(|_| cx.reported() == before)?;
        let orders = orders.map_or(Some(None), |orders| orders.map(Some))?;
        let schema = kind.schema(&columns);
        let name = kind.name();
        let lower = move |inputs: Vec<LazyFrame>, step: &crate::transforms::StepCx| {
            let site = Site::from(step.site.as_str());
            let mut inputs = inputs.into_iter();
            let lines = inputs.next().unwrap_or_default();
            let of_orders = orders.as_ref().and_then(|orders| Some((orders, inputs.next()?)));
            let lines = if of_orders.is_some() { lines.cache() } else { lines };
            let made = kind.lower(lines.clone(), inputs.next(), &columns, &site)?;
            match of_orders {
                Some((orders, table)) => Ok(orders.hold(made, lines, table, &columns, name, step)),
                None => Ok(made),
            }
        };
        Some(BoundStep::many(schema, RowEffect::Changes, lower))
    }
}

impl Register {
    /// The one kind that is there; reports none, or several.
    fn kind(&self, cx: &BindCx) -> Option<Kind> {
        let lipe = |lipe: &Lipe| {
            let purchases = lipe.purchases.as_ref().map(|purchases| purchases.bind(cx));
            purchases
                .map_or(Some(None), |purchases| purchases.map(Box::new).map(Some))
                .map(|bound| Kind::Lipe(lipe.period, bound))
        };
        let mut kinds: Vec<Option<Kind>> = Vec::new();
        kinds.extend(self.corrispettivi.as_ref().map(|_| Some(Kind::Corrispettivi)));
        kinds.extend(self.invoices.as_ref().map(|_| Some(Kind::Invoices)));
        kinds.extend(self.oss.as_ref().map(|_| Some(Kind::Oss)));
        kinds.extend(self.intrastat.as_ref().map(|intrastat| Some(Kind::Intrastat(intrastat.period))));
        kinds.extend(self.lipe.as_ref().map(lipe));
        kinds.extend(self.bollo.as_ref().map(|_| Some(Kind::Bollo)));
        kinds.extend(self.summary.as_ref().map(|_| Some(Kind::Summary)));
        if kinds.len() == 1 {
            return kinds.pop().flatten();
        }
        let (code, message) = if kinds.is_empty() {
            (Code::NoKind, "`register` does not say which register")
        } else {
            (Code::ManyKinds, "`register` makes one register, and several are named")
        };
        let help = "keep one of `corrispettivi`, `invoices`, `oss`, `intrastat`, `lipe`, `bollo`, `summary`; \
                    a pipeline may have a table for each";
        cx.report(Diagnostic::error(code, self.prefix.place(), message).help(help));
        None
    }
}

impl Kind {
    fn name(&self) -> &'static str {
        match self {
            Self::Corrispettivi => "corrispettivi",
            Self::Invoices => "invoices",
            Self::Oss => "oss",
            Self::Intrastat(_) => "intrastat",
            Self::Lipe(..) => "lipe",
            Self::Bollo => "bollo",
            Self::Summary => "summary",
        }
    }

    fn schema(&self, columns: &Columns) -> Schema {
        match self {
            Self::Corrispettivi => corrispettivi::schema(columns),
            Self::Invoices => documents::schema_of_invoices(columns),
            Self::Oss => oss::schema(columns),
            Self::Intrastat(_) => returns::schema_of_intrastat(),
            Self::Lipe(..) => returns::schema_of_lipe(),
            Self::Bollo => documents::schema_of_bollo(),
            Self::Summary => documents::schema_of_summary(columns),
        }
    }

    fn lower(
        &self,
        lines: LazyFrame,
        purchases: Option<LazyFrame>,
        columns: &Columns,
        site: &Site,
    ) -> PolarsResult<LazyFrame> {
        match self {
            Self::Corrispettivi => corrispettivi::register(lines, columns, site),
            Self::Invoices => Ok(documents::invoices(lines, columns, site)),
            Self::Oss => Ok(oss::register(lines, columns, site)),
            Self::Intrastat(period) => Ok(returns::intrastat(lines, *period, columns, site)),
            Self::Lipe(period, bound) => {
                let purchases = bound.as_deref().and_then(|bound| Some((bound, purchases?)));
                returns::lipe(lines, purchases, *period, columns, site)
            }
            Self::Bollo => Ok(documents::bollo(lines, columns, site)),
            Self::Summary => Ok(documents::summary(lines, columns, site)),
        }
    }
}

impl Purchases {
    fn bind(&self, cx: &BindCx) -> Option<BoundPurchases> {
        let schema = cx.table(&self.table)?;
        let is_known = cx.require_column(schema, &self.date);
        if let Some(ty) = schema.get(self.date.as_str()).filter(|ty| **ty != Type::Date) {
            cx.error(Code::TypeMismatch, &self.date, format!("`{}` is {ty}: a date is needed", self.date));
            return None;
        }
        let (net, vat) = (bind_number(&self.net, schema, cx), bind_number(&self.vat, schema, cx));
        is_known.then_some(())?;
        Some(BoundPurchases { date: self.date.to_string(), net: net?, vat: vat? })
    }
}

impl OrdersConfig {
    fn bind(&self, cx: &BindCx) -> Option<Orders> {
        let schema = cx.table(&self.table)?;
        let order = cx.require_column(schema, &self.order);
        let gross = expr::bind(&self.gross, schema, cx)?;
        if !is_exact(gross.ty()) {
            let message = format!("`{}` is {}: an exact number is needed", self.gross, gross.ty());
            cx.error(Code::TypeMismatch, &self.gross, message);
            return None;
        }
        order.then(|| Orders { table: self.table.to_string(), order: self.order.to_string(), gross })
    }
}

#[cfg(test)]
mod tests;
