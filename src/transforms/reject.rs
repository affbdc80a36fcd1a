//! Row rejection inside a plan: rows that break a rule leave the flow and are kept with their reason.
//!
//! Steps describe what is wrong as [`Rule`]s of expressions; nothing is computed for good rows but the conditions.

use std::sync::Arc;

use polars::prelude::{
    AnyValue, Column, DataFrame, DataType, Expr, Field, IdxCa, IntoLazy, LazyFrame, PlSmallStr, PolarsResult, TimeUnit,
    lit, when,
};

use crate::context::counters::{named_apart, pass_through};
use crate::context::{Counter, Origin, Reject, Rejects};
use crate::transforms::StepCx;

/// One reason for which a row is rejected.
#[derive(Clone)]
pub struct Rule {
    /// Rows where this holds are rejected; null counts as false.
    pub when: Expr,
    /// Stable cause, kebab-case.
    pub cause: String,
    /// Offending column.
    pub column: Option<String>,
    /// Offending value, as an expression that casts to text.
    pub value: Option<Expr>,
    /// What is wrong and what to do, in English, as a text expression.
    pub message: Expr,
    /// The same in Italian.
    pub message_it: Option<Expr>,
}

impl Rule {
    /// A rule with a constant message.
    #[must_use]
    pub fn new(when: Expr, cause: &str, message: impl Into<String>) -> Self {
        Self {
            when,
            cause: cause.to_owned(),
            column: None,
            value: None,
            message: lit(message.into()),
            message_it: None,
        }
    }

    /// Names the offending column and shows its value.
    #[must_use]
    pub fn column(mut self, name: &str) -> Self {
        self.value = Some(polars::prelude::col(PlSmallStr::from_str(name)));
        self.column = Some(name.to_owned());
        self
    }

    /// Adds the Italian message.
    #[must_use]
    pub fn italian(mut self, message: impl Into<String>) -> Self {
        self.message_it = Some(lit(message.into()));
        self
    }
}

const RULE_COLUMN: &str = "__rule";

/// Splits off the rows that break one of `rules` (the first that applies) and keeps them in the reject store of the
/// run. `key` are the columns that name a row to a person.
#[must_use]
pub fn reject(frame: LazyFrame, rules: Vec<Rule>, key: &[String], cx: &StepCx) -> LazyFrame {
    if rules.is_empty() {
        return frame;
    }
    let number = first_rule(&rules);
    let (node, site, key) = (cx.node.to_owned(), cx.site.clone(), key.to_vec());
    let rejects = Arc::clone(&cx.run.rejects);
    let counter = cx.run.counters.get(&format!("{}:rejected", cx.site));
    let rules = Arc::new(rules);
    let schema_of = move |schema: &polars::prelude::Schema| {
        let mut out = schema.clone();
        out.shift_remove(RULE_COLUMN);
        Ok(Arc::new(out))
    };
    // Messages may read any column: projections stop here.
    frame.with_column(number.alias(RULE_COLUMN)).map(
        move |batch: DataFrame| split(batch, &rules, &key, (&node, &site), &rejects, &counter),
        pass_through() & !polars::prelude::AllowedOptimizations::PROJECTION_PUSHDOWN,
        Some(Arc::new(schema_of)),
        Some(named_apart(&format!("reject {}", cx.site))),
    )
}

fn first_rule(rules: &[Rule]) -> Expr {
    let mut number = lit(polars::prelude::NULL).cast(DataType::Int64);
    for (index, rule) in rules.iter().enumerate().rev() {
        let index = i64::try_from(index).unwrap_or(i64::MAX);
        number = when(rule.when.clone()).then(lit(index)).otherwise(number);
    }
    number
}

fn split(
    batch: DataFrame,
    rules: &[Rule],
    key: &[String],
    place: (&str, &str),
    rejects: &Rejects,
    counter: &Counter,
) -> PolarsResult<DataFrame> {
    let numbers = batch.column(RULE_COLUMN)?.i64()?.clone();
    let rest = batch.drop(RULE_COLUMN)?;
    if numbers.null_count() == numbers.len() {
        return Ok(rest);
    }
    for (index, rule) in rules.iter().enumerate() {
        let wanted = i64::try_from(index).unwrap_or(i64::MAX);
        let rows: IdxCa =
            (0u32..).zip(numbers.iter()).filter(|(_, rule)| *rule == Some(wanted)).map(|(row, _)| Some(row)).collect();
        if !rows.is_empty() {
            counter.add(keep(&rest.take(&rows)?, rule, key, place, rejects)?);
        }
    }
    rest.filter(&numbers.is_null())
}

/// Keeps the rows; returns how many were new.
fn keep(
    rows: &DataFrame,
    rule: &Rule,
    key: &[String],
    (node, site): (&str, &str),
    rejects: &Rejects,
) -> PolarsResult<u64> {
    let mut new = 0;
    let none = || lit(polars::prelude::NULL).cast(DataType::String);
    let texts = rows.clone().lazy().with_columns([
        rule.message.clone().cast(DataType::String).alias("__message"),
        rule.message_it.clone().unwrap_or_else(none).cast(DataType::String).alias("__message_it"),
        rule.value.clone().unwrap_or_else(none).alias("__value"),
    ]);
    let texts = texts.collect()?;
    let (message, message_it) = (texts.column("__message")?, texts.column("__message_it")?);
    let value = texts.column("__value")?;
    for row in 0..rows.height() {
        new += u64::from(rejects.push(Reject {
            node: node.to_owned(),
            site: Some(site.to_owned()),
            cause: rule.cause.clone(),
            message: text_at(message, row).unwrap_or_default(),
            message_it: text_at(message_it, row),
            column: rule.column.clone(),
            value: text_at(value, row),
            key: key_of(rows, key, row),
            origin: Origin::default(),
            row: row_json(rows, row),
            cells: Vec::new(),
        }));
    }
    Ok(new)
}

/// A cell as text, `None` when null.
#[must_use]
pub fn text_at(column: &Column, row: usize) -> Option<String> {
    match column.get(row).ok()? {
        AnyValue::Null => None,
        AnyValue::String(text) => Some(text.to_owned()),
        AnyValue::StringOwned(text) => Some(text.to_string()),
        other => Some(other.to_string()),
    }
}

/// `sku=00123, channel=ebay`.
#[must_use]
pub fn key_of(rows: &DataFrame, key: &[String], row: usize) -> Option<String> {
    let parts: Vec<String> =
        key.iter().filter_map(|name| Some(format!("{name}={}", text_at(rows.column(name).ok()?, row)?))).collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// A row as a JSON object of texts, for replay and for a person.
#[must_use]
pub fn row_json(rows: &DataFrame, row: usize) -> String {
    let object: serde_json::Map<String, serde_json::Value> = rows
        .columns()
        .iter()
        // Working columns of a step are nobody's data.
        .filter(|column| !column.name().starts_with("__"))
        .map(|column| {
            (column.name().to_string(), column.get(row).map_or(serde_json::Value::Null, |value| json_of(&value)))
        })
        .collect();
    serde_json::Value::Object(object).to_string()
}

/// A value as JSON: texts, as the pipeline language writes them; lists and structs with their parts.
fn json_of(value: &AnyValue<'_>) -> serde_json::Value {
    match value {
        AnyValue::Null => serde_json::Value::Null,
        AnyValue::String(text) => (*text).into(),
        AnyValue::StringOwned(text) => text.as_str().into(),
        AnyValue::Datetime(micros, TimeUnit::Microseconds, _)
        | AnyValue::DatetimeOwned(micros, TimeUnit::Microseconds, _) => timestamp(*micros).into(),
        AnyValue::List(items) => items.iter().map(|item| json_of(&item)).collect::<Vec<_>>().into(),
        AnyValue::Struct(_, _, fields) => parts(fields, value._iter_struct_av()),
        AnyValue::StructOwned(owned) => parts(&owned.1, owned.0.iter().cloned()),
        other => other.to_string().into(),
    }
}

/// A struct as an object of its parts.
fn parts<'v>(fields: &[Field], values: impl Iterator<Item = AnyValue<'v>>) -> serde_json::Value {
    let parts = fields.iter().zip(values).map(|(field, value)| (field.name.to_string(), json_of(&value)));
    serde_json::Value::Object(parts.collect())
}

fn timestamp(micros: i64) -> String {
    chrono::DateTime::from_timestamp_micros(micros)
        .map_or_else(|| micros.to_string(), |at| at.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true))
}
