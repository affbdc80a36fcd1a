//! `reconcile`: two tables that should agree, matched by rules in order of preference; what remains is an exception.
//!
//! Here: configuration and its checks. Lowering is in `plan`, the columns that come out in `outcome`, proposals for what is
//! left over in `proposals`. What codes mean and how old items are is in `domain::reconcile`.

mod outcome;
mod plan;
mod proposals;
mod ready;
#[cfg(test)]
mod tests;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::context::BindCx;
use crate::diag::{Code, Diagnostic, Text, did_you_mean};
use crate::domain::money::Decimal;
use crate::domain::reconcile::catalogue;
use crate::domain::types::{Schema, Type};
use crate::transforms::join::Cardinality;
use crate::transforms::keys::{On, require_there};
use crate::transforms::{BoundStep, RowEffect, Step};

use plan::{Codes, Plan, Side};

pub use outcome::schema;

/// Matches two tables that should agree, and says for every row whether it does.
///
/// ```yaml
/// - reconcile:
///     with: pagamenti
///     chain: ordini-pagamenti
///     left: { id: ordine, amount: totale, date: giorno, party: email }
///     right: { id: pagamento, amount: lordo, date: data, party: email }
///     match:
///       - { name: riferimento, on: { ordine: rif_ordine } }
///       - { name: email e importo, on: email, amount: true, days: 3 }
///     cardinality: one_to_many
///     tolerance: 0.01
///     codes: { left_only: PAY_MISSING, right_only: PAY_ORPHAN, different: ORD_TOTAL_DIFF }
///     grace: { right: 3 }
/// ```
///
/// The rules of `match` are tried in order; a row that one has matched is not seen by the next. A rule groups both tables by its
/// key and compares the sums, so one order with three captures, or a payout with a thousand lines, is one match. Keys are
/// compared as text without blanks around it and without case; a missing key matches nothing. With `amount: true` the amount is
/// part of the key; then rows of the same key and amount are paired one by one. `days` is how far the days may be apart.
///
/// Sixteen chains are ready: `orders_erp`, `orders_payments`, `payments_psp`, `psp_payouts`, `payouts_bank` and so on. Their
/// names bring sides, rules, cardinality, tolerance, codes and grace; what is written here wins over them, part by part:
///
/// ```yaml
/// - reconcile: { with: payments, chain: orders_payments }
/// ```
///
/// One row comes out per match and per row that is left over. `status` is `matched`, `different` (the sums differ by more than the
/// tolerance), `duplicate` (more rows than `cardinality` admits), `left_only`, `right_only`, or `pending` (left over, but younger
/// than `grace`). Those with a code are exceptions, with `severity`, `action`, `action_it` and an age counted from the event, not
/// from its detection. `key` is what makes it the same exception tomorrow: the key of the match, or the id of the row that is left
/// over. For what is left over `proposal` names what it could belong to: same customer and amount within three
/// days, swapped digits, a set that adds up. Proposals are never closed by themselves.
///
/// `output: bridge` gives per currency how the two totals are explained: `right - left = rounding + differences + right only -
/// left only`; `unexplained` must be zero. The result depends only on the rows and on `today`, not on their order.
///
/// It does not convert currencies: give `currency:` on both sides, and rows of different currencies do not match.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reconcile {
    /// The other table, the right side.
    pub with: Text,
    /// Name of the chain in the output: a ready one, such as `orders_payments`, or your own, `ordini-pagamenti`.
    pub chain: Text,
    /// The columns of this table. Default: those of the ready chain; optional ones only where the table has them.
    pub left: Option<Box<SideSpec>>,
    /// The columns of the other table. Default: as for `left`.
    pub right: Option<Box<SideSpec>>,
    /// Rules, the best first. Default: those of the ready chain whose columns both tables have.
    #[serde(rename = "match")]
    pub rules: Option<Vec<RuleSpec>>,
    /// How many rows of a key each side may have. Default: that of the ready chain, else `one_to_one`.
    pub cardinality: Option<Cardinality>,
    /// How far the sums may differ, inclusive: `0.01`. Default: that of the ready chain, else nothing.
    pub tolerance: Option<Text>,
    /// How far they may differ as a share of the left sum, where that is more: `0.5%`, for exchange rates.
    pub tolerance_share: Option<Text>,
    /// Codes of the exceptions; a status without code is no exception. `none` takes the code of a ready chain away.
    #[serde(default)]
    pub codes: Box<CodesSpec>,
    /// For how many days what is left over is `pending` and no exception. Default: that of the ready chain, else none.
    pub grace: Option<Grace>,
    /// How many days apart a proposal may be; 0 for no proposals. Default: 3.
    pub propose: Option<u16>,
    /// The day from which ages are counted. Default: the day of the run, in Rome.
    pub today: Option<Text>,
    /// Which rows come out: `all` (the default), `matches`, `exceptions`, or the `bridge` of totals.
    #[serde(default)]
    pub output: Output,
}

/// Which column of a side is what.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SideSpec {
    /// What a person calls the row by; needed unless the chain is a ready one.
    pub id: Option<Text>,
    /// The amount or quantity to compare; without it only presence is.
    pub amount: Option<Text>,
    /// Day or instant of the business event.
    pub date: Option<Text>,
    /// Currency, ISO 4217.
    pub currency: Option<Text>,
    /// Customer, e-mail, account: for proposals.
    pub party: Option<Text>,
}

/// One rule.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleSpec {
    /// Name of the rule in the output.
    pub name: Text,
    /// The key: a column of both tables, a list, or a map `{ column here: column there }`.
    pub on: On,
    /// Whether the amounts must be equal too.
    #[serde(default)]
    pub amount: bool,
    /// How many days the events may be apart.
    pub days: Option<u16>,
}

/// Codes of the catalogue, or of your own, by status.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CodesSpec {
    /// For rows that only this table has.
    pub left_only: Option<Text>,
    /// For rows that only the other table has.
    pub right_only: Option<Text>,
    /// For matches whose sums differ.
    pub different: Option<Text>,
    /// For keys with more rows than the cardinality admits.
    pub duplicate: Option<Text>,
}

/// Days of grace.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Grace {
    /// For rows that only this table has.
    #[serde(default)]
    pub left: u16,
    /// For rows that only the other table has.
    #[serde(default)]
    pub right: u16,
}

/// Which rows come out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Output {
    /// One row per match and per row that is left over.
    #[default]
    All,
    /// The matches within tolerance.
    Matches,
    /// The rows with a code.
    Exceptions,
    /// How the totals of both sides are explained, one row per currency.
    Bridge,
}

impl Step for Reconcile {
    fn tables(&self) -> Vec<&Text> {
        vec![&self.with]
    }

    fn bind(&self, input: &Schema, cx: &BindCx) -> Option<BoundStep> {
        let right_schema = cx.table(&self.with)?;
        let whole = ready::completed(self, input, right_schema, cx)?;
        let left = whole.left.bind(|name| cx.require_column(input, name), input, cx);
        let right = whole.right.bind(|name| require_there(right_schema, name, &self.with, cx), right_schema, cx);
        let rules = whole.bind_rules(&self.with, input, right_schema, cx);
        let tolerance = decimal(whole.tolerance.as_ref(), cx);
        let share = decimal(self.tolerance_share.as_ref(), cx);
        let codes = whole.codes.bind(cx);
        let today = self.bind_today(cx);
        let are_paired = whole.are_paired(cx);
        let (left, right, rules) = (left?, right?, rules?);
        if !are_paired {
            return None;
        }
        let plan = Plan {
            chain: self.chain.to_string(),
            scale: left.scale().max(right.scale()),
            left,
            right,
            rules,
            cardinality: whole.cardinality,
            tolerance: tolerance?.unwrap_or(Decimal::ZERO),
            share: share?.filter(|share| !share.is_zero()),
            codes: codes?,
            grace: (whole.grace.left, whole.grace.right),
            propose: i32::from(self.propose.unwrap_or(3)),
            today: today?,
            output: self.output,
        };
        let schema = plan.schema();
        Some(BoundStep::many(schema, RowEffect::Changes, move |mut frames, cx| {
            let right = frames.swap_remove(1);
            Ok(plan.lower(frames.swap_remove(0), right, cx)?)
        }))
    }
}

impl Reconcile {
    /// The outer `None` says that a problem was reported.
    fn bind_today(&self, cx: &BindCx) -> Option<Option<i32>> {
        let Some(today) = &self.today else { return Some(None) };
        let day = crate::domain::calendar::parse_date(today.as_bytes(), crate::domain::calendar::DateFormat::Iso);
        if let Err(error) = &day {
            let problem = Diagnostic::error(Code::BadValue, today.place(), format!("`{today}` is not a day: {error}"));
            cx.report(problem.help("write `2026-11-24`, or `!param giorno`"));
        }
        day.ok().map(Some)
    }
}

impl SideSpec {
    fn bind(&self, is_there: impl Fn(&Text) -> bool, schema: &Schema, cx: &BindCx) -> Option<Side> {
        let is_known = |name: &Option<Text>| name.as_ref().is_none_or(&is_there);
        let known = [&self.id, &self.amount, &self.date, &self.currency, &self.party].map(is_known);
        if known.contains(&false) {
            return None;
        }
        let typed = |name: &Option<Text>, wanted: &str, admits: fn(&Type) -> bool| {
            let Some(name) = name else { return Some(None) };
            let ty = schema.get(name.as_str()).cloned().unwrap_or(Type::Text);
            if admits(&ty) {
                return Some(Some((name.to_string(), ty)));
            }
            let problem =
                Diagnostic::error(Code::TypeMismatch, name.place(), format!("`{name}` is `{ty}`, expected {wanted}"));
            cx.report(problem.help("`cast` it first"));
            None
        };
        let amount =
            typed(&self.amount, "a decimal or an integer", |ty| matches!(ty, Type::Decimal { .. } | Type::Integer));
        let date = typed(&self.date, "a date or a timestamp", |ty| matches!(ty, Type::Date | Type::Timestamp));
        let plain: fn(&Type) -> bool = |ty| !ty.is_nested() && !matches!(ty, Type::Float);
        let id = typed(&self.id, "a text or a number", plain);
        let currency = typed(&self.currency, "a text", |ty| matches!(ty, Type::Text));
        let party = typed(&self.party, "a text or a number", plain);
        let name = |column: Option<(String, Type)>| column.map(|(name, _)| name);
        Some(Side { id: id??.0, amount: amount?, date: date?, currency: name(currency?), party: name(party?) })
    }
}

impl CodesSpec {
    fn bind(&self, cx: &BindCx) -> Option<Codes> {
        let mut are_known = true;
        let mut known = |code: &Option<Text>| {
            let code = code.as_ref().filter(|code| code.as_str() != ready::NO_CODE)?;
            if catalogue::find(code).is_none() {
                let message = format!("`{code}` is not a code of the catalogue");
                let names = catalogue::codes().iter().map(|own| own.code);
                cx.report(
                    Diagnostic::error(Code::BadValue, code.place(), message)
                        .helps(did_you_mean(code, names.clone()))
                        .help(format!("codes: {}", names.collect::<Vec<_>>().join(", "))),
                );
                are_known = false;
            }
            catalogue::find(code)
        };
        let codes = Codes {
            left_only: known(&self.left_only),
            right_only: known(&self.right_only),
            different: known(&self.different),
            duplicate: known(&self.duplicate),
        };
        are_known.then_some(codes)
    }
}

/// A decimal, or a share with its `%`. The outer `None` says that a problem was reported.
fn decimal(written: Option<&Text>, cx: &BindCx) -> Option<Option<Decimal>> {
    let Some(written) = written else { return Some(None) };
    let (figure, is_share) = match written.trim().strip_suffix('%') {
        Some(figure) => (figure.trim(), true),
        None => (written.trim(), false),
    };
    let value = figure.parse::<Decimal>().ok().filter(|value| !value.is_negative() && value.scale <= 6);
    let value = value.map(|value| if is_share { Decimal::new(value.mantissa, value.scale + 2) } else { value });
    if value.is_none() {
        let problem = Diagnostic::error(Code::BadValue, written.place(), format!("`{written}` is not an amount"));
        cx.report(problem.help("a positive decimal with at most six digits after the point: `0.01`, `0.5%`"));
    }
    value.map(Some)
}
