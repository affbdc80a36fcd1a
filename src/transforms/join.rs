//! `join`: the columns of another table beside those of this one, by a key.

use polars::prelude::JoinType;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::context::BindCx;
use crate::diag::{Code, Diagnostic, Placed, Text};
use crate::domain::types::Schema;
use crate::transforms::keys::{Keys, On, require_there};
use crate::transforms::matching::{Matching, OnViolation};
use crate::transforms::names::{self, Names};
use crate::transforms::{BoundStep, RowEffect, Step};

/// Brings the columns of another table beside those of this one, where the keys are equal.
///
/// ```yaml
/// - join: { with: disponibili, on: sku }
/// - join: { with: listino, on: { codice: sku, canale: canale }, how: inner, columns: [prezzo], suffix: _listino }
/// ```
///
/// The rows never multiply by accident: `cardinality` says how many rows of one table may meet one of the other, and
/// more is an error, or a reject. `many_to_one`, many rows here and one there, is the rule unless something else is
/// said; a key that occurs twice there is noticed when a row of this table meets it. The order of this table is kept;
/// with `how: full` the rows that only the other table has come last, in no certain order.
///
/// A column of the other table that has the name of one here is a mistake, unless `prefix` or `suffix` tells them
/// apart. Missing keys match nothing, not even each other, unless `nulls_match` is set.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Join {
    /// The other table.
    pub with: Text,
    /// The key: a column, a list of columns, or a map `{ column here: column there }`. None with `how: cross`.
    pub on: Option<On>,
    /// Which rows stay.
    #[serde(default)]
    pub how: How,
    /// How many rows may meet; `many_to_one` when absent.
    pub cardinality: Option<Placed<Cardinality>>,
    /// What happens when more rows meet than `cardinality` allows.
    pub on_violation: Option<Placed<OnViolation>>,
    /// Columns of the other table to bring; all but its key when absent.
    pub columns: Option<Names>,
    /// What to write before a name of the other table that is taken here.
    pub prefix: Option<Text>,
    /// What to write after a name of the other table that is taken here.
    pub suffix: Option<Text>,
    /// Whether a missing key matches another missing key.
    #[serde(default)]
    pub nulls_match: bool,
}

/// Which rows stay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// All of this table; without a match the other columns are missing.
    #[default]
    Left,
    /// Those that have a match.
    Inner,
    /// All of both tables.
    Full,
    /// Those of this table that have a match; no column is added.
    Semi,
    /// Those of this table that have none; no column is added.
    Anti,
    /// Each row of this table with each of the other.
    Cross,
}

/// How many rows of this table may meet how many of the other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Cardinality {
    /// A key occurs once in the other table.
    #[default]
    ManyToOne,
    /// A key occurs once in each table.
    OneToOne,
    /// A key occurs once in this table.
    OneToMany,
    /// Keys may occur several times in both; rows multiply.
    ManyToMany,
}

impl Step for Join {
    fn tables(&self) -> Vec<&Text> {
        vec![&self.with]
    }

    fn bind(&self, input: &Schema, cx: &BindCx) -> Option<BoundStep> {
        let right = cx.table(&self.with)?;
        let are_options_right = self.check_options(cx);
        let keys = self.bind_keys(input, right, cx);
        let taken = self.taken(input, right, keys.as_ref(), cx);
        let (keys, taken) = (keys?, taken?);
        if !are_options_right {
            return None;
        }
        let mut schema = input.clone();
        schema.extend(taken.iter().map(|(name, new)| (new.as_str(), names::type_of(right, name))));
        let columns = names::all_columns(&schema);
        let (matching, rows) = (self.matching(keys, taken), self.row_effect());
        Some(BoundStep::many(schema, rows, move |mut frames, cx| {
            let right = frames.swap_remove(1);
            Ok(matching.apply(frames.swap_remove(0), right, cx)?.select(columns.clone()))
        }))
    }
}

impl Join {
    fn cardinality(&self) -> Cardinality {
        match self.how {
            How::Semi | How::Anti | How::Cross => Cardinality::ManyToMany,
            How::Left | How::Inner | How::Full => {
                self.cardinality.as_ref().map_or(Cardinality::ManyToOne, |given| given.value)
            }
        }
    }

    fn row_effect(&self) -> RowEffect {
        let is_single = matches!(self.cardinality(), Cardinality::ManyToOne | Cardinality::OneToOne);
        match self.how {
            How::Semi | How::Anti => RowEffect::Filters,
            How::Left if is_single => RowEffect::Keeps,
            How::Inner if is_single => RowEffect::Filters,
            _ => RowEffect::Changes,
        }
    }

    fn matching(&self, keys: Keys, taken: Vec<(String, String)>) -> Matching {
        let how = match self.how {
            How::Left => JoinType::Left,
            How::Inner => JoinType::Inner,
            How::Full => JoinType::Full,
            How::Semi => JoinType::Semi,
            How::Anti => JoinType::Anti,
            How::Cross => JoinType::Cross,
        };
        let cardinality = self.cardinality();
        Matching {
            table: self.with.to_string(),
            keys,
            taken,
            how,
            nulls_match: self.nulls_match,
            unique_left: matches!(cardinality, Cardinality::OneToOne | Cardinality::OneToMany),
            unique_right: matches!(cardinality, Cardinality::OneToOne | Cardinality::ManyToOne),
            on_violation: self.on_violation.as_ref().map_or(OnViolation::Fail, |given| given.value),
            found: None,
        }
    }

    fn bind_keys(&self, input: &Schema, right: &Schema, cx: &BindCx) -> Option<Keys> {
        match (&self.on, self.how) {
            (None, How::Cross) => Some(Keys::default()),
            (Some(on), How::Cross) => {
                let message = "`how: cross` joins each row with each other and takes no `on`";
                let place = on_place(on).unwrap_or(self.with.place());
                cx.report(
                    Diagnostic::error(Code::BadValue, place, message).help("remove `on`, or choose `left` or `inner`"),
                );
                None
            }
            (Some(on), _) => on.bind(input, right, &self.with, cx),
            (None, _) => {
                let message = format!("the join with `{}` needs `on`, the key of both tables", self.with);
                let shared = input.names().find(|name| right.contains(name)).unwrap_or("sku");
                cx.report(
                    Diagnostic::error(Code::MissingKey, self.with.place(), message)
                        .help(format!("write `on: {shared}`, or `how: cross` for each row with each other")),
                );
                None
            }
        }
    }

    /// The columns to bring, with their names in the result.
    fn taken(&self, input: &Schema, right: &Schema, keys: Option<&Keys>, cx: &BindCx) -> Option<Vec<(String, String)>> {
        if matches!(self.how, How::Semi | How::Anti) {
            return Some(Vec::new());
        }
        let wanted: Vec<Text> = if let Some(columns) = &self.columns {
            let known = columns.0.iter().filter(|name| require_there(right, name, &self.with, cx)).count();
            (names::once(&columns.0, cx) && known == columns.0.len()).then(|| columns.0.clone())?
        } else {
            let keys = keys?;
            let others = right.names().filter(|name| !keys.right.iter().any(|key| key == name));
            others.map(|name| Text::new(name, self.with.place())).collect()
        };
        let mut schema = input.clone();
        let named: Vec<Option<(String, String)>> =
            wanted.iter().map(|name| self.name_for(name, &mut schema, cx)).collect();
        named.into_iter().collect()
    }

    /// The name of a column of the other table in the result; reports when it would stand twice.
    fn name_for(&self, name: &Text, schema: &mut Schema, cx: &BindCx) -> Option<(String, String)> {
        let mut new = name.to_string();
        if schema.contains(&new) {
            let part = |part: &Option<Text>| part.as_ref().map_or(String::new(), ToString::to_string);
            new = format!("{}{new}{}", part(&self.prefix), part(&self.suffix));
        }
        if schema.contains(&new) {
            let message = format!("both this table and `{}` have a column `{new}`", self.with);
            let diagnostic = Diagnostic::error(Code::DuplicateColumn, name.place(), message);
            cx.report(diagnostic.help(format!(
                "tell them apart by `suffix: _{}`, or bring only the `columns` that are needed",
                self.with
            )));
            return None;
        }
        schema.insert(new.as_str(), crate::domain::types::Type::Text);
        Some((name.to_string(), new))
    }

    /// Whether every option has an effect; one without is a misunderstanding.
    fn check_options(&self, cx: &BindCx) -> bool {
        let is_counted = matches!(self.how, How::Left | How::Inner | How::Full);
        let brings = !matches!(self.how, How::Semi | How::Anti);
        let cardinality = self.cardinality.as_ref().filter(|_| !is_counted).map(|given| (given.place, "cardinality"));
        let is_idle = !is_counted || self.cardinality() == Cardinality::ManyToMany;
        let violation = self.on_violation.as_ref().filter(|_| is_idle).map(|given| (given.place, "on_violation"));
        let columns = self
            .columns
            .as_ref()
            .filter(|_| !brings)
            .map(|names| (names.0.first().map_or(self.with.place(), Text::place), "columns"));
        let affixes = [(&self.prefix, "prefix"), (&self.suffix, "suffix")];
        let affixes =
            affixes.into_iter().filter(|_| !brings).filter_map(|(given, key)| Some((given.as_ref()?.place(), key)));
        let idle: Vec<_> = cardinality.into_iter().chain(violation).chain(columns).chain(affixes).collect();
        for (place, key) in &idle {
            let message = format!("`{key}` has no effect here: no row can meet too many, or no column is brought");
            cx.report(
                Diagnostic::error(Code::BadValue, *place, message)
                    .help(format!("remove `{key}`, or choose another `how` or `cardinality`")),
            );
        }
        let is_supported = self.is_supported(cx);
        idle.is_empty() && is_supported
    }

    fn is_supported(&self, cx: &BindCx) -> bool {
        let rejects =
            self.on_violation.as_ref().filter(|given| given.value == OnViolation::Reject && self.how == How::Full);
        if let Some(given) = rejects {
            let message = "`on_violation: reject` does not go with `how: full`, whose rows of the other table have no row here to reject";
            cx.report(
                Diagnostic::error(Code::Unsupported, given.place, message)
                    .help("dedupe the other table first, or use `how: left`"),
            );
        }
        rejects.is_none()
    }
}

fn on_place(on: &On) -> Option<crate::diag::Place> {
    match &on.0 {
        crate::transforms::shape::Shape::Word(name) => Some(name.place()),
        crate::transforms::shape::Shape::List(names) => names.first().map(Text::place),
        crate::transforms::shape::Shape::Map(map) => map.0.keys().next().map(Text::place),
    }
}

#[cfg(test)]
#[path = "join_tests.rs"]
mod tests;
