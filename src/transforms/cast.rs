//! `cast`: other types for columns.

use indexmap::IndexMap;
use polars::prelude::{Column, DataType, Expr, Field, IntoColumn, LazyFrame, PolarsResult, StringChunked};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::context::BindCx;
use crate::diag::{Code, Diagnostic, Place, Text, did_you_mean};
use crate::domain::money::exact::Site;
use crate::domain::types::{ColumnType, Schema, TradeType, Type};
use crate::expr;
use crate::transforms::reject::{Rule, reject};
use crate::transforms::{BoundStep, Step, StepCx, names};

/// Changes the types of columns. Names and places stay.
///
/// A value that is not of the new type takes its row out of the table, and the row is kept as a reject: `not-a-number`,
/// `too-many-digits`, `bad-date`, `bad-timestamp`, `bad-bool`, or `bad-gtin` and the like for the identifiers of the
/// trade. A missing value stays missing.
///
/// ```yaml
/// - cast: { prezzo: money, qty: integer, ean: gtin, data: date }
/// ```
///
/// Text is read in the plain form: `1234.56`, `2026-11-23`, `true`; the forms of a file (`1.234,56`) are told to its
/// format. Decimals that are too many are rounded half away from zero.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Cast(
    /// Columns and their new types.
    pub IndexMap<Text, Text>,
);

/// One column to cast.
#[derive(Clone, Debug)]
struct Conversion {
    column: String,
    from: Type,
    to: ColumnType,
}

impl Step for Cast {
    fn bind(&self, input: &Schema, cx: &BindCx) -> Option<BoundStep> {
        let conversions: Vec<Option<Conversion>> =
            self.0.iter().map(|(column, word)| bind_one(column, word, input, cx)).collect();
        let conversions: Vec<Conversion> = conversions.into_iter().collect::<Option<_>>()?;
        let mut schema = input.clone();
        for conversion in &conversions {
            schema.insert(conversion.column.as_str(), conversion.to.base());
        }
        let columns = names::all_columns(&schema);
        Some(BoundStep::keeps(schema, move |frame, cx| Ok(apply(frame, &conversions, &columns, cx))))
    }
}

fn bind_one(column: &Text, word: &Text, input: &Schema, cx: &BindCx) -> Option<Conversion> {
    let is_known = cx.require_column(input, column);
    let to = read_type(word, cx)?;
    let from = input.get(column.as_str()).filter(|_| is_known)?.clone();
    if expr::cast::possible(&from, &to.base()) || from == to.base() {
        return Some(Conversion { column: column.to_string(), from, to });
    }
    let message = format!("column `{column}` is `{from}` and cannot become `{to}`");
    let help =
        if from.is_nested() { "`explode` a list or `unnest` a struct first" } else { "work the value out by `derive`" };
    cx.report(Diagnostic::error(Code::TypeMismatch, word.place(), message).help(help));
    None
}

fn read_type(word: &Text, cx: &BindCx) -> Option<ColumnType> {
    word.parse()
        .map_err(|error: crate::domain::types::column::ColumnTypeError| {
            let diagnostic = Diagnostic::error(Code::BadValue, place_of(word, error.cause.at), error.to_string());
            cx.report(diagnostic.helps(did_you_mean(word, ColumnType::all_names().iter().copied())));
        })
        .ok()
}

fn place_of(word: &Text, offset: usize) -> Place {
    let rest = word.len().saturating_sub(offset);
    if rest == 0 { word.place() } else { word.inside(offset, rest) }
}

impl Conversion {
    fn new_column(&self) -> String {
        format!("{}cast_{}", names::RESERVED, self.column)
    }

    /// The new value, null where the old one cannot become it.
    fn value(&self, site: &Site) -> Expr {
        let old = names::column(&self.column);
        match (&self.from, &self.to) {
            (Type::Text, ColumnType::Trade(trade)) => normalise(old, *trade),
            (_, ColumnType::Trade(trade)) => {
                normalise(expr::cast::lower(old, &self.from, &Type::Text, true, site), *trade)
            }
            (from, ColumnType::Plain(to)) if from == to => old,
            (Type::Integer, ColumnType::Plain(to @ Type::Decimal { .. })) => {
                let whole = Type::Decimal { precision: 19, scale: 0 };
                let digits = expr::cast::lower(old, &Type::Integer, &whole, true, site);
                expr::cast::lower(digits, &whole, to, true, site)
            }
            (from, ColumnType::Plain(to)) => expr::cast::lower(old, from, to, true, site),
        }
    }

    fn rule(&self) -> Rule {
        let failed = names::column(&self.column).is_not_null().and(names::column(&self.new_column()).is_null());
        let (cause, message, italian) = self.words();
        let mut rule = Rule::new(failed, &cause, message).column(&self.column).italian(italian);
        if let ColumnType::Trade(trade) = self.to {
            let value = names::column(&self.column).cast(DataType::String);
            rule.message = reason(value.clone(), trade, "reason", |error| error.message_en);
            rule.message_it = Some(reason(value, trade, "reason in Italian", |error| error.message_it));
        }
        rule
    }

    /// Cause and message, in English and Italian.
    fn words(&self) -> (String, String, String) {
        let to = &self.to;
        let (cause, expected, atteso) = match (&self.from, to.base()) {
            (_, Type::Text) => {
                return (format!("bad-{}", to.to_string().replace('_', "-")), String::new(), String::new());
            }
            (Type::Text, Type::Integer) => ("not-a-number", "a whole number", "un numero intero"),
            (Type::Text, Type::Decimal { .. } | Type::Float) => ("not-a-number", "a number", "un numero"),
            (_, Type::Integer | Type::Decimal { .. } | Type::Float) => ("too-many-digits", "a number", "un numero"),
            (_, Type::Date) => ("bad-date", "a date like 2026-11-23", "una data come 2026-11-23"),
            (_, Type::Timestamp) => {
                ("bad-timestamp", "an instant like 2026-11-23T18:30:00Z", "un istante come 2026-11-23T18:30:00Z")
            }
            (_, _) => ("bad-bool", "true or false", "true o false"),
        };
        let message = format!("expected {expected} that fits `{to}`");
        (cause.to_owned(), message, format!("atteso {atteso} che stia in `{to}`"))
    }
}

/// New values beside the old ones, rejects, then the new in the place of the old.
fn apply(frame: LazyFrame, conversions: &[Conversion], columns: &[Expr], cx: &StepCx) -> LazyFrame {
    let site = Site::from(cx.site.as_str());
    let values = conversions.iter().map(|one| one.value(&site).alias(one.new_column()));
    let converted = frame.with_columns(values.collect::<Vec<_>>());
    let checked = reject(converted, conversions.iter().map(Conversion::rule).collect(), &[], cx);
    let renamed = conversions.iter().map(|one| names::column(&one.new_column()).alias(one.column.as_str()));
    checked.with_columns(renamed.collect::<Vec<_>>()).select(columns)
}

fn normalise(value: Expr, trade: TradeType) -> Expr {
    texts(value, "normalise", move |text| trade.normalise(text).ok().map(std::borrow::Cow::into_owned))
}

/// Why each text is not that identifier; null where it is one.
fn reason(value: Expr, trade: TradeType, what: &'static str, words: fn(crate::domain::ids::IdError) -> String) -> Expr {
    texts(value, what, move |text| trade.normalise(text).err().map(words))
}

fn texts(value: Expr, what: &'static str, convert: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Expr {
    let apply = move |column: Column| -> PolarsResult<Column> {
        let out: StringChunked = column.str()?.iter().map(|text| convert(text?)).collect();
        Ok(out.into_column().with_name(column.name().clone()))
    };
    value.map_with_fmt_str(apply, |_, field| Ok(Field::new(field.name().clone(), DataType::String)), what)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::transforms::testing::{Desk, at, frame, schema, step};

    fn input() -> Schema {
        schema(&[
            ("sku", Type::Text),
            ("prezzo", Type::Text),
            ("qty", Type::Integer),
            ("costo", Type::Decimal { precision: 18, scale: 4 }),
        ])
    }

    #[test]
    fn values_are_converted_and_the_others_rejected() {
        let cast: Cast = step(json!({ "prezzo": "money", "costo": "decimal(6,2)", "qty": "decimal(4,1)" }));
        let rows = ["A|12.345|3|1.0050", "B|1,50|3|1", "C|-|-|-", "D|10|3|123456.00", "E|-12.345|1000|2.0049"];
        let outcome = Desk::default().run(&cast, &input(), vec![frame(&input(), &rows)]);
        assert_eq!(outcome.rows(), ["A|12.35|3.0|1.01", "C|-|-|-"]);
        let rejects = outcome.rejects();
        let found: Vec<_> =
            rejects.iter().map(|one| (one.cause.as_str(), one.column.as_deref(), one.value.as_deref())).collect();
        assert_eq!(
            found,
            [
                ("not-a-number", Some("prezzo"), Some("1,50")),
                ("too-many-digits", Some("costo"), Some("123456.0000")),
                ("too-many-digits", Some("qty"), Some("1000")),
            ]
        );
        assert_eq!(rejects[0].message, "expected a number that fits `decimal(18,2)`");
        assert!(rejects[0].row.contains("\"prezzo\":\"1,50\""), "{}", rejects[0].row);
    }

    #[test]
    fn dates_truth_values_and_identifiers() {
        let input = schema(&[("giorno", Type::Text), ("attivo", Type::Text), ("ean", Type::Text)]);
        let cast: Cast = step(json!({ "giorno": "date", "attivo": "bool", "ean": "gtin" }));
        let rows = ["2026-11-23|true|4006381 333931", "2026-02-30|true|-", "-|forse|-", "-|0|4006381333932"];
        let outcome = Desk::default().run(&cast, &input, vec![frame(&input, &rows)]);
        assert_eq!(outcome.rows(), ["2026-11-23|true|4006381333931"]);
        let causes: Vec<String> = outcome.rejects().into_iter().map(|one| one.cause).collect();
        assert_eq!(causes, ["bad-date", "bad-gtin", "bad-bool"]);
        let gtin = &outcome.rejects()[1];
        let expected = TradeType::Gtin.normalise("4006381333932").unwrap_err();
        assert_eq!((&gtin.message, gtin.message_it.as_ref()), (&expected.message_en, Some(&expected.message_it)));
    }

    #[test]
    fn a_wrong_word_is_pointed_at() {
        let cast = Cast([(at("prezo", 0), at("mony", 7)), (at("qty", 20), at("list<text>", 25))].into_iter().collect());
        let found = Desk::default().diagnostics(|cx| assert!(cast.bind(&input(), cx).is_none()));
        assert_eq!(found.len(), 3);
        assert_eq!((found[1].code, found[1].place.start), (Code::BadValue, 7));
        assert!(found[1].help.contains(&"did you mean `money`?".to_owned()), "{:?}", found[1].help);
        assert_eq!(
            (found[2].code, found[2].message.as_str()),
            (Code::TypeMismatch, "column `qty` is `integer` and cannot become `list<text>`")
        );
    }
}
