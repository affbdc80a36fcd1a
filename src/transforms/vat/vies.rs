//! The stored answers of VIES as the step reads them: the latest one of each number, and whether it is fresh.

use polars::prelude::{
    DataType, Expr, JoinArgs, JoinType, LazyFrame, MaintainOrderJoin, NULL, col, concat_str, lit, when,
};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::context::{BindCx, NodeError};
use crate::diag::{Code, Text};
use crate::domain::money::exact::Site;
use crate::domain::types::{Schema, Type};
use crate::expr::Typed;
use crate::transforms::keys::require_there;
use crate::transforms::vat::columns::day;

/// A table of stored answers, one row per check.
///
/// A number without an answer, and one whose latest answer is older than `max_age`, is `unavailable`: the row goes on hold.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Vies {
    /// The table.
    pub from: Text,
    /// Its column with the number, with the prefix of its country.
    #[serde(default = "default_number")]
    pub vat_id: Text,
    /// Its column with the time of the check.
    #[serde(default = "default_checked")]
    pub checked_at: Text,
    /// Its column with the answer: a bool, or `valid`, `invalid`, `unavailable`.
    #[serde(default = "default_result")]
    pub valid: Text,
    /// Its column with the consultation number; it comes out as `vat_consultation`.
    #[serde(default)]
    pub consultation: Option<Text>,
    /// How many days before or after the supply an answer may lie.
    #[serde(default = "default_age")]
    pub max_age: u16,
}

fn default_number() -> Text {
    Text::from("vat_number")
}

fn default_checked() -> Text {
    Text::from("checked_at")
}

fn default_result() -> Text {
    Text::from("result")
}

fn default_age() -> u16 {
    30
}

/// The checked table.
pub struct Answers {
    vat_id: Typed,
    checked_at: Typed,
    valid: Typed,
    consultation: Option<Typed>,
    max_age: u16,
}

const NUMBER: &str = "__vat_number";
const CHECKED: &str = "__vat_checked";
/// Name of the column with the answer.
pub const ANSWER: &str = "__vat_answer";
/// Name of the column with the consultation number.
pub const CONSULTATION: &str = "__vat_consultation";

impl Vies {
    /// Checks the columns of the table.
    pub fn bind(&self, cx: &BindCx) -> Option<Answers> {
        let table = cx.table(&self.from)?;
        let column = |name: &Text, types: &[Type]| self.column(name, types, table, cx);
        let vat_id = column(&self.vat_id, &[Type::Text]);
        let checked_at = column(&self.checked_at, &[Type::Date, Type::Timestamp]);
        let valid = column(&self.valid, &[Type::Text, Type::Bool]);
        let consultation = self.consultation.as_ref().map(|name| column(name, &[Type::Text]));
        let consultation = match consultation {
            Some(found) => Some(found?),
            None => None,
        };
        Some(Answers { vat_id: vat_id?, checked_at: checked_at?, valid: valid?, consultation, max_age: self.max_age })
    }

    fn column(&self, name: &Text, types: &[Type], table: &Schema, cx: &BindCx) -> Option<Typed> {
        if !require_there(table, name, &self.from, cx) {
            return None;
        }
        let typed = crate::expr::bind(name, table, cx)?;
        if types.contains(typed.ty()) {
            return Some(typed);
        }
        let wanted: Vec<String> = types.iter().map(|ty| format!("`{ty}`")).collect();
        cx.error(Code::TypeMismatch, name, format!("`{name}` is {}: expected {}", typed.ty(), wanted.join(" or ")));
        None
    }
}

impl Answers {
    /// Adds the answer of each row's number, as the input `vat_id_valid`, and the consultation number.
    ///
    /// # Errors
    /// The engine does not know the time zone of Italy.
    pub fn join(&self, frame: LazyFrame, table: LazyFrame, row: &Row, site: &Site) -> Result<LazyFrame, NodeError> {
        let key = when(row.number.clone().str().contains(lit("^[[:alpha:]]{2}"), true))
            .then(row.number.clone())
            .otherwise(concat_str([greek(row.country.clone()), row.number.clone()], "", false));
        let args = JoinArgs { maintain_order: MaintainOrderJoin::Left, ..JoinArgs::new(JoinType::Left) };
        let frame = frame.with_column(normal(key).alias(NUMBER));
        let joined = frame.join(self.latest(table, site)?, [col(NUMBER)], [col(NUMBER)], args);
        let age = (row.day.clone() - col(CHECKED)).abs();
        let is_fresh = age.lt_eq(lit(i32::from(self.max_age))).fill_null(lit(false));
        let is_given = col(NUMBER).str().len_chars().gt(lit(0)).fill_null(lit(false));
        let answer =
            when(is_given.not()).then(lit("na")).when(is_fresh).then(col(ANSWER)).otherwise(lit("unavailable"));
        Ok(joined.with_column(answer.alias(ANSWER)))
    }

    fn latest(&self, table: LazyFrame, site: &Site) -> Result<LazyFrame, NodeError> {
        let valid = self.valid.lower(site);
        let valid = match self.valid.ty() {
            Type::Bool => when(valid.clone()).then(lit("yes")).when(valid.not()).then(lit("no")).otherwise(lit(NULL)),
            _ => valid,
        };
        let none = || lit(NULL).cast(DataType::String);
        let rows = table.select([
            normal(self.vat_id.lower(site)).alias(NUMBER),
            day(&self.checked_at, site)?.alias(CHECKED),
            self.checked_at.lower(site).alias("__vat_instant"),
            valid.fill_null(lit("unavailable")).alias(ANSWER),
            self.consultation.as_ref().map_or_else(none, |one| one.lower(site)).alias(CONSULTATION),
        ]);
        let order = [col("__vat_instant"), col(ANSWER), col(CONSULTATION)];
        let last =
            |name: &str| col(name).sort_by(order.clone(), polars::prelude::SortMultipleOptions::default()).last();
        let rows = rows.filter(col(NUMBER).is_not_null().and(col(CHECKED).is_not_null()));
        Ok(rows.group_by([col(NUMBER)]).agg([last(CHECKED), last(ANSWER), last(CONSULTATION)]))
    }
}

/// What the join needs of a row.
pub struct Row {
    /// The VAT number as written.
    pub number: Expr,
    /// The buyer's country, for numbers without prefix.
    pub country: Expr,
    /// The tax point, in days.
    pub day: Expr,
}

/// A number as VIES writes it.
fn normal(number: Expr) -> Expr {
    let bare = number.str().to_uppercase().str().replace_all(lit(r"[\s.\-/]"), lit(""), false);
    bare.str().replace(lit("^GR"), lit("EL"), false)
}

fn greek(country: Expr) -> Expr {
    let code = country.str().strip_chars(lit(NULL)).str().to_uppercase();
    when(code.clone().eq(lit("GR"))).then(lit("EL")).otherwise(code)
}
