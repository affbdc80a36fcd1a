//! Columns of another table by their canonical names, or by those the user gives them.

use indexmap::IndexMap;
use polars::prelude::{Expr, LazyFrame};

use crate::context::BindCx;
use crate::diag::{Code, Diagnostic, Text, did_you_mean};
use crate::domain::types::{Schema, Type};
use crate::transforms::keys::require_there;
use crate::transforms::number::is_exact;

use super::slots::micros;

/// A table with canonical columns.
pub struct Fields<'a> {
    table: &'a Text,
    schema: &'a Schema,
    columns: &'a IndexMap<Text, Text>,
    cx: &'a BindCx<'a>,
}

/// A column of another table.
#[derive(Clone, Debug)]
pub struct Found {
    /// Its name there.
    pub name: String,
    /// Its type.
    pub ty: Type,
}

/// What a canonical column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// A code or a word.
    Text,
    /// An exact number.
    Number,
    /// A day or an instant.
    Instant,
    /// A truth value.
    Bool,
    /// Any single value.
    Any,
}

impl<'a> Fields<'a> {
    /// The table, when it is known; reports names under `columns` that are not among `known`.
    pub fn of(table: &'a Text, columns: &'a IndexMap<Text, Text>, known: &[&str], cx: &'a BindCx<'a>) -> Option<Self> {
        for name in columns.keys().filter(|name| !known.contains(&name.as_str())) {
            let message = format!("`{name}` is no column that this table can have here");
            let problem = Diagnostic::error(Code::UnknownKey, name.place(), message);
            let problem = problem.helps(did_you_mean(name, known.iter().copied()));
            cx.report(problem.help(format!("columns: {}", known.join(", "))));
        }
        Some(Self { table, schema: cx.table(table)?, columns, cx })
    }

    /// A column that may be absent.
    pub fn get(&self, name: &str, holds: Holds) -> Option<Found> {
        let found = match self.columns.get(name) {
            Some(given) => require_there(self.schema, given, self.table, self.cx).then(|| given.to_string())?,
            None => self.schema.contains(name).then(|| name.to_owned())?,
        };
        let ty = self.schema.get(&found)?.clone();
        if holds.fits(&ty) {
            return Some(Found { name: found, ty });
        }
        let place = self.columns.get(name).map_or(self.table.place(), Text::place);
        let message =
            format!("column `{found}` of table `{}` is {ty}: {} is needed for `{name}`", self.table, holds.words());
        self.cx.report(Diagnostic::error(Code::TypeMismatch, place, message));
        None
    }

    /// A column that must be there; reports when it is not.
    pub fn need(&self, name: &str, holds: Holds) -> Option<Found> {
        if !self.columns.contains_key(name) && !self.schema.contains(name) {
            let message = format!("table `{}` has no column `{name}`", self.table);
            let known: Vec<&str> = self.schema.names().collect();
            let problem = Diagnostic::error(Code::UnknownColumn, self.table.place(), message);
            let problem = problem.help(format!("say which one it is: `columns: {{ {name}: … }}`"));
            self.cx.report(problem.help(format!("known columns: {}", known.join(", "))));
            return None;
        }
        self.get(name, holds)
    }
}

impl Holds {
    fn fits(self, ty: &Type) -> bool {
        match self {
            Self::Text => *ty == Type::Text,
            Self::Number => is_exact(ty),
            Self::Instant => matches!(ty, Type::Date | Type::Timestamp),
            Self::Bool => *ty == Type::Bool,
            Self::Any => !ty.is_nested(),
        }
    }

    const fn words(self) -> &'static str {
        match self {
            Self::Text => "a text",
            Self::Number => "an exact number",
            Self::Instant => "a date or a timestamp",
            Self::Bool => "a bool",
            Self::Any => "a single value",
        }
    }
}

impl Found {
    /// The column.
    #[must_use]
    pub fn column(&self) -> Expr {
        crate::expr::column(&self.name)
    }

    /// The column as instants in microseconds.
    #[must_use]
    pub fn micros(&self) -> Expr {
        micros(self.column(), &self.ty)
    }

    /// Decimals of the numbers.
    #[must_use]
    pub const fn scale(&self) -> u8 {
        if let Type::Decimal { scale, .. } = &self.ty { *scale } else { 0 }
    }
}

/// Joins the rows of another table as lists, one element a row, in the order of `order`. `picks` are the columns that
/// become lists, by the names they get; `keys` pair those of this table with expressions over the other.
pub fn join_lists(
    frame: LazyFrame,
    other: LazyFrame,
    keys: &[(String, Expr)],
    picks: Vec<(String, Expr)>,
    order: &[&str],
) -> LazyFrame {
    use polars::prelude::{JoinArgs, JoinType, MaintainOrderJoin, SortMultipleOptions, col};
    let key_name = |index: usize| format!("__price_key_{index}");
    let names: Vec<String> = picks.iter().map(|(name, _)| name.clone()).collect();
    let key_exprs = keys.iter().enumerate().map(|(index, (_, expr))| expr.clone().alias(key_name(index)));
    let value_exprs = picks.into_iter().map(|(name, expr)| expr.alias(name));
    let other_keys: Vec<Expr> = (0..keys.len()).map(|index| col(key_name(index))).collect();
    let sorted = order.iter().map(|name| col(*name)).collect::<Vec<_>>();
    let lists: Vec<Expr> = names
        .iter()
        .map(|name| {
            let value = col(name.as_str());
            if sorted.is_empty() {
                value
            } else {
                value.sort_by(sorted.clone(), SortMultipleOptions::default().with_maintain_order(true))
            }
        })
        .collect();
    let grouped =
        other.select(key_exprs.chain(value_exprs).collect::<Vec<_>>()).group_by(other_keys.clone()).agg(lists);
    let args = JoinArgs { maintain_order: MaintainOrderJoin::Left, ..JoinArgs::new(JoinType::Left) };
    let own: Vec<Expr> = keys.iter().map(|(name, _)| crate::expr::column(name)).collect();
    frame.join(grouped, own, other_keys, args)
}
