//! The `documents` step: from order lines with their VAT to the lines of invoices, credit notes, corrispettivi and OSS.
//!
//! Here live the configuration and its checks; `plan` is the order of the work, `columns` where data stand, `lines`,
//! `sales`, `refunds` and `amounts` its parts. The rules are `domain::documents`.

mod amounts;
mod causes;
mod columns;
mod lines;
mod plan;
mod refunds;
mod rules;
mod sales;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::context::BindCx;
use crate::diag::{Code, Diagnostic, Place, Text};
use crate::domain::documents::LINE_KINDS;
use crate::domain::documents::words::{ACCESSORY, DISCOUNT, PAYMENT};
use crate::domain::types::{Schema, Type};
use crate::transforms::documents::columns::{Columns, bind_columns};
use crate::transforms::documents::plan::{Originals, Plan};
use crate::transforms::{BoundStep, RowEffect, Step};

/// Says on which document each line of an order goes, after the `vat` step.
///
/// ```yaml
/// - documents:
///     columns: { order: ordine, line: riga, supply_date: data, line_kind: tipo_riga, gross: lordo, buyer: cliente }
/// ```
///
/// One row per line of an order; the columns `vat_…` are those of the step `vat`. Comes out with `doc_kind`: `invoice`,
/// `deferred_invoice`, `simplified_invoice`, `deposit_invoice`, `credit_note`, `self_invoice`, `integration`;
/// `corrispettivi`, `oss`, `oss_correction`, `ioss`; `payment`, `none`, `foreign`, `platform`, `hold`. Rows of one
/// document share `doc_key`, which is the `order` of the `fatturapa` load; rows without a document have none. That load also
/// takes `doc_order`, `doc_original_key` (the invoice that a credit note corrects) and `doc_split` (the buyer pays the VAT to the
/// Treasury, as `vat` decided) by these names.
///
/// - **Shipping, wrapping and fees** have the VAT of the goods of their order; with several rates they are split in
///   proportion to the value of the goods, one row each, and the parts add up to the cent. Discounts on the order too.
/// - **Vouchers**: a multi-purpose voucher is money (`line_kind: voucher`): the goods are taxed in full, and
///   `doc_paid` says how much of them the voucher paid. A single-purpose voucher is taxed when it is sold: an ordinary line.
/// - **Deposits** (`line_kind: deposit`) make a document of their own on the day they are received; taken off with a
///   minus in the final one.
/// - **Refunds** (`event: return`) take rate, natura and scheme of what they give back, found by `original` (the order)
///   and `original_line`, in this table or in `originals`. An invoice gets a credit note; corrispettivi a negative row
///   on the day of the refund; an OSS sale is netted in its quarter, or is a correction of that quarter in a later one.
///   `line_kind: shipping` refunds shipping only, `line_kind: amount` a sum on the whole order.
///
/// Amounts are `gross` or `net` of the whole line, or `unit_gross` or `unit_net` times `quantity`, less `discount`. Days
/// are those of Italy. `total`, when given, is what the lines of the order must add up to.
///
/// An order is issued whole or not at all: when one of its lines is wrong, all of them are rejected. Rejected are also
/// orders whose lines disagree on buyer or day, refunds without an original, and refunds of more than was paid. Lines
/// that an earlier step has rejected are not seen here: give `total`. Not guaranteed: that the buyer's data make a good
/// invoice, which is the load's business.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Documents {
    /// Columns of the table by their canonical names, where they are called otherwise: `order`, `line`, `supply_date`
    /// (the tax point); `gross`, `net`, `unit_gross` or `unit_net`; and where there are any `event` (`sale`, `return`),
    /// `line_kind` (`item`, `shipping`, `wrapping`, `fee`, `discount`, `voucher`, `sponsored`, `deposit`, `gift`,
    /// `amount`), `product_kind` (shipping does not follow `digital`), `quantity`, `discount` (on the line), `total`,
    /// `buyer`, `shipment` (one document each), `ddt_number`, `refund` (number of the refund), `refund_date`,
    /// `original`, `original_line`, `original_date`, `original_number`.
    #[serde(default)]
    pub columns: IndexMap<Text, Text>,
    /// Amounts of the whole order that stand on each of its lines: the kind of line and the column,
    /// `{ shipping: spedizione, discount: sconto }`. They become lines of their own.
    #[serde(default)]
    pub charges: IndexMap<Text, Text>,
    /// How shipping, wrapping and fees follow goods of several rates.
    #[serde(default)]
    pub accessories: Accessories,
    /// Which invoices are deferred: one for each buyer and month, by the 15th of the next.
    #[serde(default)]
    pub deferred: DeferredMode,
    /// Whether invoices that a buyer asked for but nobody must issue (OSS sales) are issued as well.
    #[serde(default)]
    pub optional_invoices: bool,
    /// Lines that came out of this step in earlier runs, which refunds may refer to.
    #[serde(default)]
    pub originals: Option<Text>,
    /// What the columns of the `vat` step begin with.
    #[serde(default = "default_vat")]
    pub vat: Text,
    /// What the output columns begin with.
    #[serde(default = "default_prefix")]
    pub prefix: Text,
}

/// How charges that follow the goods are taxed when the goods have several rates. The law gives no method: ask whoever
/// keeps the books.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Accessories {
    /// In proportion to the value of the goods.
    #[default]
    ProRata,
    /// All at the rate of most of the goods, by value.
    Prevailing,
    /// All at the highest rate.
    Highest,
}

/// Which invoices are deferred.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeferredMode {
    /// Those that `vat` calls TD24 or TD25.
    #[default]
    AsClassified,
    /// Those and all other invoices with a number in `ddt_number`.
    WithDdt,
    /// None: each order has its own invoice.
    Never,
}

fn default_vat() -> Text {
    Text::from("vat")
}

fn default_prefix() -> Text {
    Text::from("doc")
}

impl Step for Documents {
    fn tables(&self) -> Vec<&Text> {
        self.originals.iter().collect()
    }

    fn bind(&self, input: &Schema, cx: &BindCx) -> Option<BoundStep> {
        let before = cx.reported();
        let columns = bind_columns(&self.columns, &self.vat, input, cx);
        let charges = self.bind_charges(input, cx);
        let deferred = self.deferred;
        if deferred == DeferredMode::WithDdt {
            self.require("ddt_number", "deferred: with_ddt", &columns, cx);
            self.require("buyer", "deferred: with_ddt", &columns, cx);
        }
        let prefix = self.prefix.as_str().to_owned();
        let mut plan = Plan {
            accessories: self.accessories,
            deferred,
            optional_invoices: self.optional_invoices,
            input: input.clone(),
            charges,
            originals: None,
            prefix,
            columns,
        };
        let schema = plan.schema(input).map_err(|taken| {
            let message = format!("the table already has `{}`", taken.join("`, `"));
            let problem = Diagnostic::error(Code::DuplicateColumn, self.prefix.place(), message);
            cx.report(problem.help("give this step another `prefix`, or drop the columns before"));
        });
        let schema = schema.ok()?;
        if cx.reported() > before {
            return None;
        }
        if let Some(table) = &self.originals {
            plan.originals = Some(bind_originals(table, &plan, &schema, cx)?);
        }
        Some(BoundStep::many(schema, RowEffect::Changes, move |inputs, step| plan.lower(inputs, step)))
    }
}

impl Documents {
    fn require(&self, canonical: &str, why: &str, columns: &Columns, cx: &BindCx) {
        if columns.get(canonical).is_none() && !self.columns.contains_key(canonical) {
            let message = format!("`{why}` needs the column `{canonical}`");
            let help = format!("say which one it is: `columns: {{ {canonical}: … }}`");
            cx.report(Diagnostic::error(Code::ColumnMissing, Place::NONE, message).help(help));
        }
    }

    fn bind_charges(&self, input: &Schema, cx: &BindCx) -> Vec<(&'static str, (String, Type))> {
        let mut bound = Vec::new();
        for (kind, column) in &self.charges {
            let possible = || ACCESSORY.into_iter().chain([DISCOUNT]).chain(PAYMENT);
            let written = kind.as_str().to_lowercase();
            let known = LINE_KINDS.iter().find(|(_, words)| words.contains(&written.as_str())).map(|(word, _)| *word);
            let Some(word) = known.filter(|word| possible().any(|other| other == *word)) else {
                let message = format!("`{kind}` is not a charge on a whole order");
                let help = format!("possible: {}", possible().collect::<Vec<_>>().join(", "));
                cx.report(Diagnostic::error(Code::BadValue, kind.place(), message).help(help));
                continue;
            };
            if !cx.require_column(input, column) {
                continue;
            }
            match input.get(column.as_str()) {
                Some(ty @ (Type::Integer | Type::Decimal { .. })) => {
                    bound.push((word, (column.to_string(), ty.clone())));
                }
                Some(ty) => cx.error(Code::TypeMismatch, column, format!("`{column}` is {ty}: an amount is needed")),
                None => {}
            }
        }
        bound
    }
}

/// The table of earlier lines must have what this step gives.
fn bind_originals(table: &Text, plan: &Plan, own: &Schema, cx: &BindCx) -> Option<Originals> {
    let schema = cx.table(table)?;
    let mut wrong = Vec::new();
    for name in plan.original_columns() {
        let wanted = own.get(&name);
        match schema.get(&name) {
            Some(found) if Some(found) == wanted => {}
            Some(found) => wrong.push(format!("`{name}` is {found}, expected {}", wanted.unwrap_or(&Type::Text))),
            None => wrong.push(format!("`{name}` is missing")),
        }
    }
    if wrong.is_empty() {
        return Some(Originals { number: schema.get(&plan.named("number")) == Some(&Type::Text) });
    }
    let message = format!("`{table}` is not what `documents` gives: {}", wrong.join(", "));
    let help = "load the output of this step to Parquet, and read those files as the table of `originals`";
    cx.report(Diagnostic::error(Code::TypeMismatch, table.place(), message).help(help));
    None
}

#[cfg(test)]
pub(in crate::transforms) mod tests;
