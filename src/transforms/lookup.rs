//! `lookup`: a few columns of another table, found by a key.

use indexmap::IndexMap;
use polars::prelude::{JoinType, LazyFrame, when};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::context::BindCx;
use crate::diag::{Code, Diagnostic, Place, Text, did_you_mean};
use crate::domain::money::exact::Site;
use crate::domain::types::{Schema, Type};
use crate::expr::typed::Kind;
use crate::expr::{self, Typed, coerce};
use crate::transforms::keys::{On, require_there};
use crate::transforms::matching::{Matching, OnViolation};
use crate::transforms::reject::{Rule, reject};
use crate::transforms::shape::{Options, Shape};
use crate::transforms::{BoundStep, RowEffect, Step, StepCx, names};

/// Adds columns of another table to each row, found by a key. It never adds or repeats a row.
///
/// ```yaml
/// - lookup: { from: aliquote, on: codice_iva, take: { aliquota: percentuale, natura: natura }, required: true }
/// - lookup: { from: pesi, on: sku, take: peso, default: { peso: "0.5" } }
/// ```
///
/// A key that is in the other table twice ends the run as soon as a row needs it, or rejects that row. Without a match
/// the new columns are missing, or have the values of `default`, or with `required` the row is kept as a reject
/// `not-found`. A `default` stands in for a match, not for a missing value in the row that was found.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Lookup {
    /// The other table.
    pub from: Text,
    /// The key: a column, a list of columns, or a map `{ column here: column there }`.
    pub on: On,
    /// Columns of the other table: one, a list, or a map `{ new name: column there }`.
    pub take: Shape<TakeMap>,
    /// What the new columns are where there is no match: expressions over the columns of this table.
    #[serde(default)]
    pub default: IndexMap<Text, Text>,
    /// Whether a row without a match is rejected.
    #[serde(default)]
    pub required: bool,
    /// What happens when the other table has the key of a row more than once.
    #[serde(default)]
    pub on_violation: OnViolation,
}

/// New names and the columns of the other table.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct TakeMap(pub IndexMap<Text, Text>);

impl Options for TakeMap {
    const EXPECTED: &'static str = "a column, a list of columns, or a map `{ new name: column there }`";
    const LIST: bool = true;
}

/// Column that says whether a match was found.
const FOUND: &str = "__found";

impl Step for Lookup {
    fn tables(&self) -> Vec<&Text> {
        vec![&self.from]
    }

    fn bind(&self, input: &Schema, cx: &BindCx) -> Option<BoundStep> {
        let right = cx.table(&self.from)?;
        let keys = self.on.bind(input, right, &self.from, cx);
        let taken = self.taken(input, right, cx);
        let (keys, taken) = (keys?, taken?);
        let mut schema = input.clone();
        schema.extend(taken.iter().map(|(name, new)| (new.as_str(), names::type_of(right, name))));
        let defaults = self.bind_defaults(input, &schema, &taken, cx)?;
        let columns = names::all_columns(&schema);
        let required = self.required.then(|| not_found(&self.from, &keys.left));
        let matching = Matching {
            table: self.from.to_string(),
            keys,
            taken,
            how: JoinType::Left,
            nulls_match: false,
            unique_left: false,
            unique_right: true,
            on_violation: self.on_violation,
            found: Some(FOUND),
        };
        Some(BoundStep::many(schema, RowEffect::Keeps, move |mut frames, cx| {
            let right = frames.swap_remove(1);
            let joined = matching.apply(frames.swap_remove(0), right, cx)?;
            let found = match &required {
                Some(rule) => reject(joined, vec![rule.clone()], &matching.keys.left, cx),
                None => fill(joined, &defaults, cx),
            };
            Ok(found.select(columns.clone()))
        }))
    }
}

impl Lookup {
    /// Columns of the other table and their new names; reports every one that is unknown or has no free name.
    fn taken(&self, input: &Schema, right: &Schema, cx: &BindCx) -> Option<Vec<(String, String)>> {
        let pairs: Vec<(Text, Text)> = match &self.take {
            Shape::Word(name) => vec![(name.clone(), name.clone())],
            Shape::List(columns) => columns.iter().map(|name| (name.clone(), name.clone())).collect(),
            Shape::Map(TakeMap(map)) => map.iter().map(|(new, name)| (name.clone(), new.clone())).collect(),
        };
        let new_names: Vec<Text> = pairs.iter().map(|(_, new)| new.clone()).collect();
        let is_once = names::is_filled(&pairs, "take", cx) && names::once(&new_names, cx);
        let right_pairs = pairs.iter().filter(|(name, new)| {
            let is_known = require_there(right, name, &self.from, cx);
            names::is_free(new, input, cx) && is_known
        });
        let is_right = right_pairs.count() == pairs.len();
        (is_once && is_right)
            .then(|| pairs.into_iter().map(|(name, new)| (name.to_string(), new.to_string())).collect())
    }

    fn bind_defaults(
        &self,
        input: &Schema,
        schema: &Schema,
        taken: &[(String, String)],
        cx: &BindCx,
    ) -> Option<Vec<(String, Typed)>> {
        if let Some((name, _)) = self.default.first().filter(|_| self.required) {
            let message = "`default` has no effect beside `required: true`: a row without a match is rejected";
            cx.report(Diagnostic::error(Code::BadValue, name.place(), message).help("remove one of the two"));
            return None;
        }
        let defaults = self.default.iter().map(|(name, value)| {
            if !taken.iter().any(|(_, new)| *name == new.as_str()) {
                let known = taken.iter().map(|(_, new)| new.as_str());
                let message = format!("`default` is given for `{name}`, which `take` does not bring");
                cx.report(
                    Diagnostic::error(Code::UnknownColumn, name.place(), message).helps(did_you_mean(name, known)),
                );
                return None;
            }
            bind_default(name, value, &names::type_of(schema, name), input, cx)
        });
        let defaults: Vec<Option<(String, Typed)>> = defaults.collect();
        defaults.into_iter().collect()
    }
}

/// A default in the type of its column.
fn bind_default(name: &Text, value: &Text, ty: &Type, input: &Schema, cx: &BindCx) -> Option<(String, Typed)> {
    let typed = expr::bind(value, input, cx)?;
    let column = Typed::new(Kind::Column(name.to_string()), ty.clone(), Place::NONE);
    let fits = match (coerce::common(&column, &typed), ty) {
        (Some(Type::Decimal { scale, .. }), Type::Decimal { scale: wanted, .. }) => scale == *wanted,
        (common, _) => common.as_ref() == Some(ty),
    };
    if !fits {
        let message = format!("the default of `{name}` is `{}`, but the column is `{ty}`", typed.ty());
        cx.report(
            Diagnostic::error(Code::TypeMismatch, value.place(), message)
                .help("write a value of the column's type, or convert it with `CAST`"),
        );
        return None;
    }
    match coerce::to(typed, ty) {
        Ok(typed) => Some((name.to_string(), typed)),
        Err(diagnostic) => {
            cx.report(diagnostic);
            None
        }
    }
}

/// The rule that rejects rows without a match.
fn not_found(table: &Text, keys: &[String]) -> Rule {
    let listed = keys.join(", ");
    let rule = Rule::new(
        names::column(FOUND).is_null(),
        "not-found",
        format!("table `{table}` has no row for this key ({listed}): add it there, or correct the key"),
    )
    .italian(format!(
        "la tabella `{table}` non ha righe per questa chiave ({listed}): aggiungerla o correggere la chiave"
    ));
    match keys.first() {
        Some(key) => rule.column(key),
        None => rule,
    }
}

/// Puts the defaults where no match was found.
fn fill(frame: LazyFrame, defaults: &[(String, Typed)], cx: &StepCx) -> LazyFrame {
    let site = Site::from(cx.site.as_str());
    let filled = defaults.iter().map(|(name, value)| {
        when(names::column(FOUND).is_null())
            .then(value.lower(&site))
            .otherwise(names::column(name))
            .alias(name.as_str())
    });
    if defaults.is_empty() { frame } else { frame.with_columns(filled.collect::<Vec<_>>()) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::transforms::testing::{Desk, at, frame, schema, step};

    fn here() -> Schema {
        schema(&[("n", Type::Integer), ("iva", Type::Text)])
    }

    fn there() -> Schema {
        schema(&[("iva", Type::Text), ("perc", Type::PERCENT), ("natura", Type::Text)])
    }

    fn desk() -> Desk {
        Desk::with("aliquote", there())
    }

    const HERE: &[&str] = &["1|22", "2|E1", "3|-", "4|99"];
    const THERE: &[&str] = &["22|22|-", "E1|-|N2.1", "77|7|x", "77|8|y"];

    fn lookup(mut written: serde_json::Value) -> Lookup {
        written["from"] = json!("aliquote");
        written["on"] = json!("iva");
        step(written)
    }

    #[test]
    fn columns_are_added_and_rows_stay() {
        let cases = [
            (json!({ "take": "perc" }), ["1|22|22.0000", "2|E1|-", "3|-|-", "4|99|-"]),
            (
                json!({ "take": { "aliquota": "perc" }, "default": { "aliquota": "22" } }),
                ["1|22|22.0000", "2|E1|-", "3|-|22.0000", "4|99|22.0000"],
            ),
            (
                json!({ "take": ["perc"], "default": { "perc": "n * 2" } }),
                ["1|22|22.0000", "2|E1|-", "3|-|6.0000", "4|99|8.0000"],
            ),
        ];
        for (written, expected) in cases {
            let lookup = lookup(written.clone());
            let outcome = desk().run(&lookup, &here(), vec![frame(&here(), HERE), frame(&there(), THERE)]);
            assert_eq!(outcome.rows(), expected, "{written}");
            assert_eq!(desk().bind(&lookup, &here()).rows, RowEffect::Keeps);
        }
    }

    #[test]
    fn a_required_match_that_is_missing_is_a_reject() {
        let lookup = lookup(json!({ "take": ["perc", "natura"], "required": true }));
        let outcome = desk().run(&lookup, &here(), vec![frame(&here(), HERE), frame(&there(), THERE)]);
        assert_eq!(outcome.rows(), ["1|22|22.0000|-", "2|E1|-|N2.1"]);
        let rejects = outcome.rejects();
        let found: Vec<_> =
            rejects.iter().map(|one| (one.cause.as_str(), one.value.as_deref(), one.key.as_deref())).collect();
        assert_eq!(found, [("not-found", None, None), ("not-found", Some("99"), Some("iva=99"))]);
        assert_eq!(
            rejects[1].message,
            "table `aliquote` has no row for this key (iva): add it there, or correct the key"
        );
    }

    #[test]
    fn a_key_that_is_there_twice_fails_or_rejects() {
        let rows = &["1|22", "2|77"];
        let outcome = desk().run(
            &lookup(json!({ "take": "natura" })),
            &here(),
            vec![frame(&here(), rows), frame(&there(), THERE)],
        );
        assert!(outcome.error().contains("several rows for iva=77"), "{}", outcome.error());
        let rejecting = lookup(json!({ "take": "natura", "on_violation": "reject", "required": true }));
        let outcome = desk().run(&rejecting, &here(), vec![frame(&here(), rows), frame(&there(), THERE)]);
        assert_eq!(outcome.rows(), ["1|22|-"]);
        assert_eq!(outcome.rejects()[0].cause, "join-not-unique");
    }

    #[test]
    fn mistakes_are_reported_together() {
        let mut wrong = lookup(json!({ "take": "x" }));
        wrong.take =
            Shape::Map(TakeMap([(at("n", 1), at("perc", 5)), (at("p", 10), at("percc", 14))].into_iter().collect()));
        assert_eq!(
            desk().refuses(&wrong, &here()),
            [
                "1 duplicate-column: there is a column `n` already",
                "14 unknown-column: unknown column `percc` in table `aliquote`"
            ]
        );
        wrong.take = Shape::Word(at("perc", 5));
        wrong.default = [(at("perc", 20), at("'zero'", 25)), (at("pers", 40), at("0", 45))].into_iter().collect();
        assert_eq!(
            desk().refuses(&wrong, &here()),
            [
                "25 type-mismatch: the default of `perc` is `text`, but the column is `decimal(9,4)`",
                "40 unknown-column: `default` is given for `pers`, which `take` does not bring",
            ]
        );
        wrong.required = true;
        assert!(desk().refuses(&wrong, &here())[0].starts_with("20 bad-value: `default` has no effect"));
    }
}
