//! Section `table`: rows, with what a row opens.

use std::collections::HashMap;
use std::sync::Arc;

use indexmap::IndexMap;
use polars::prelude::{DataType, Expr, JoinArgs, JoinType, LazyFrame, NULL, PlSmallStr, UnionArgs, col, concat, lit};

use crate::context::NodeError;
use crate::diag::Text;
use crate::domain::money::exact::Site;
use crate::domain::types::{Schema, Type};
use crate::expr::{self, Typed};
use crate::loads::report::model::{Block, Body, Column, Head, Row, Source, TableBody};
use crate::loads::report::section::{Answer, Ask, Desk, Env, Section, Tables, Take, filtered, predicate};
use crate::loads::report::spec::{ColumnSpec, Kind, ShownColumn, SourceSpec, TableSpec};
use crate::loads::report::value::{Value, usual};
use crate::transforms::names::Names;
use crate::transforms::shape::Shape;
use crate::transforms::sort::Order;

/// Rows of another table that a row opens, at most.
const MOST_SOURCES: usize = 20;

/// A table, checked.
pub struct Table {
    title: String,
    note: Option<String>,
    from: Option<String>,
    filter: Option<Typed>,
    /// Columns with their names, then those of the details, then one that only heads groups.
    columns: Vec<(Column, String)>,
    width: usize,
    end: usize,
    order: Option<Order>,
    group: Option<usize>,
    most: usize,
    sources: Vec<BoundSource>,
}

struct BoundSource {
    title: String,
    from: String,
    /// Position of a column of the row, and the column there.
    keys: Vec<(String, String)>,
    columns: Vec<String>,
    shown: Arc<Vec<Column>>,
}

impl Table {
    /// Checks the section, reporting every problem.
    pub fn bind(spec: &TableSpec, desk: &Desk<'_>) -> Option<Self> {
        let schema = desk.schema(spec.from.as_ref())?;
        let filter = predicate(spec.filter.as_ref(), schema, desk);
        let columns = bind_columns(&spec.columns, schema, true, desk);
        let details = bind_columns(&spec.details, schema, false, desk);
        let order = bind_order(spec, schema, desk);
        let sources: Vec<_> = spec.sources.iter().map(|source| BoundSource::bind(source, schema, desk)).collect();
        let is_grouped = spec.group.as_ref().is_none_or(|group| desk.cx.require_column(schema, group));
        let sources = sources.into_iter().collect::<Option<Vec<_>>>();
        let (mut columns, filter, order) = (columns?, filter?, order?);
        let width = columns.len();
        columns.extend(details?);
        let end = columns.len();
        let group = spec.group.as_ref().filter(|_| is_grouped).map(|group| position(group, &mut columns, schema));
        Some(Self {
            title: spec.title.to_string(),
            note: spec.note.as_ref().map(ToString::to_string),
            from: spec.from.as_ref().map(ToString::to_string),
            filter,
            columns,
            width,
            end,
            order,
            group,
            most: usize::try_from(spec.rows.unwrap_or(desk.rows)).unwrap_or(usize::MAX),
            sources: sources?,
        })
    }

    fn rows(&self, tables: &Tables, site: &Site) -> Result<LazyFrame, NodeError> {
        let frame = filtered(tables.get(self.from.as_deref())?, self.filter.as_ref(), site);
        Ok(match &self.order {
            Some(order) => order.apply(frame),
            None => frame,
        })
    }

    /// Positions of the columns of money.
    fn money(&self) -> Vec<usize> {
        let is_money = |column: &Column| column.kind == Kind::Money && matches!(column.ty, Type::Decimal { .. });
        (0..self.width).filter(|at| is_money(&self.columns[*at].0)).collect()
    }
}

/// The order of the rows: groups first.
fn bind_order(spec: &TableSpec, schema: &Schema, desk: &Desk<'_>) -> Option<Option<Order>> {
    let group = spec.group.iter().filter(|group| schema.contains(group.as_str()));
    let is_new = |name: &&Text| !spec.sort.0.iter().any(|own| own.trim_start_matches('-').trim() == name.as_str());
    let names: Vec<Text> = group.filter(is_new).chain(&spec.sort.0).cloned().collect();
    if names.is_empty() {
        return Some(None);
    }
    Order::bind(&Names(names), schema, desk.cx).map(Some)
}

/// The position of the column that heads groups; it is added when it is not shown.
fn position(group: &Text, columns: &mut Vec<(Column, String)>, schema: &Schema) -> usize {
    if let Some(at) = columns.iter().position(|(_, name)| name == group.as_str()) {
        return at;
    }
    let ty = schema.get(group.as_str()).cloned().unwrap_or(Type::Text);
    columns.push((Column::new(group.to_string(), usual(&ty), ty), group.to_string()));
    columns.len() - 1
}

/// Columns by their titles; all of the table when none is named and `all` says so.
fn bind_columns(
    specs: &IndexMap<Text, ColumnSpec>,
    schema: &Schema,
    all: bool,
    desk: &Desk<'_>,
) -> Option<Vec<(Column, String)>> {
    if specs.is_empty() && all {
        let column = |(name, ty): (&str, &Type)| (Column::new(name, usual(ty), ty.clone()), name.to_owned());
        return Some(schema.iter().map(column).collect());
    }
    let columns = specs.iter().map(|(title, spec)| {
        let (name, kind) = match spec {
            Shape::Word(name) => (name, None),
            Shape::Map(ShownColumn { column, kind }) => (column, *kind),
            Shape::List(_) => return None,
        };
        if !desk.cx.require_column(schema, name) {
            return None;
        }
        let ty = schema.get(name.as_str())?;
        let kind = kind.unwrap_or_else(|| usual(ty));
        let is_fit = desk.fits(kind, ty, name);
        is_fit.then(|| (Column::new(title.to_string(), kind, ty.clone()), name.to_string()))
    });
    let columns: Vec<Option<_>> = columns.collect();
    columns.into_iter().collect()
}

impl BoundSource {
    fn bind(spec: &SourceSpec, row: &Schema, desk: &Desk<'_>) -> Option<Self> {
        let there = desk.schema(Some(&spec.from))?;
        let columns = bind_columns(&spec.columns, there, true, desk);
        if spec.on.is_empty() {
            let help = "on: { left_key: ordine }: a column of the row and one of the other table";
            desk.wrong(&spec.title, "`on` names no key", help);
            return None;
        }
        let mut are_known = true;
        for (here, other) in &spec.on {
            are_known &= desk.cx.require_column(row, here);
            are_known &= desk.cx.require_column(there, other);
        }
        let columns = columns.filter(|_| are_known)?;
        Some(Self {
            title: spec.title.to_string(),
            from: spec.from.to_string(),
            keys: spec.on.iter().map(|(here, there)| (here.to_string(), there.to_string())).collect(),
            columns: columns.iter().map(|(_, name)| name.clone()).collect(),
            shown: Arc::new(columns.into_iter().map(|(column, _)| column).collect()),
        })
    }

    /// The rows that belong to any row that is shown: their key, then the columns.
    fn ask(&self, rows: LazyFrame, tables: &Tables) -> Result<Ask, NodeError> {
        let own: Vec<Expr> = self.keys.iter().map(|(here, _)| comparable(here)).collect();
        let wanted = rows.select([key(own.clone())]);
        // A group names several ids in one text.
        let parts = match &own[..] {
            [_] => Some(wanted.clone().select([col(KEY).str().split(lit(SEPARATOR)).alias(KEY)])),
            _ => None,
        };
        let parts = parts.map(|parts| {
            parts.explode(
                polars::prelude::cols([KEY]),
                polars::prelude::ExplodeOptions { empty_as_null: false, keep_nulls: false },
            )
        });
        let wanted = match parts {
            Some(parts) => concat([wanted, parts], UnionArgs::default())?,
            None => wanted,
        };
        let wanted = wanted.filter(col(KEY).is_not_null()).unique(None, polars::prelude::UniqueKeepStrategy::Any);
        let there: Vec<Expr> = self.keys.iter().map(|(_, there)| comparable(there)).collect();
        let columns = self
            .columns
            .iter()
            .enumerate()
            .map(|(at, name)| expr::column(name).alias(PlSmallStr::from_string(format!("c{at}"))));
        let frame =
            tables.get(Some(&self.from))?.select(std::iter::once(key(there)).chain(columns).collect::<Vec<_>>());
        let frame = frame.join(wanted, [col(KEY)], [col(KEY)], JoinArgs::new(JoinType::Semi));
        let types = self.shown.iter().enumerate().map(|(at, column)| (format!("c{at}"), column.ty.clone()));
        let types = std::iter::once((KEY.to_owned(), Type::Text)).chain(types).collect();
        Ok(Ask { frame, types, take: Take::All })
    }

    /// The rows that belong to a key.
    fn source(&self, key: &str, rows: &HashMap<&str, Vec<&[Value]>>) -> Option<Source> {
        let whole = rows.get(key);
        let parts = || key.split(SEPARATOR).filter_map(|part| rows.get(part)).flatten();
        let found: Vec<&[Value]> = match whole {
            Some(rows) => rows.clone(),
            None => parts().copied().collect(),
        };
        let (title, columns) = (self.title.clone(), Arc::clone(&self.shown));
        let more = found.len().saturating_sub(MOST_SOURCES);
        let rows: Vec<Vec<Value>> = found.iter().take(MOST_SOURCES).map(|row| row.to_vec()).collect();
        (!rows.is_empty()).then_some(Source { title, columns, rows, more })
    }
}

const KEY: &str = "__key";
/// Between the ids of a group, as `reconcile` writes them.
const SEPARATOR: &str = ", ";
/// Between the parts of a key: no text that a person writes holds it.
const UNIT: &str = "\u{1f}";

/// A column as keys are compared: as text, without blanks around it and without case.
fn comparable(name: &str) -> Expr {
    expr::column(name).cast(DataType::String).str().strip_chars(lit(NULL)).str().to_uppercase()
}

fn key(parts: Vec<Expr>) -> Expr {
    polars::prelude::concat_str(parts, UNIT, false).alias(KEY)
}

impl Section for Table {
    fn heads(&self) -> Vec<Head> {
        let columns = self.columns.iter().map(|(column, _)| column.clone()).collect();
        vec![Head { title: self.title.clone(), columns }]
    }

    fn asks(&self, tables: &Tables, site: &Site) -> Result<Vec<Ask>, NodeError> {
        let mut rows = self.rows(tables, site)?;
        if !self.sources.is_empty() {
            rows = rows.cache();
        }
        let column = |(at, (_, name)): (usize, &(Column, String))| {
            expr::column(name).alias(PlSmallStr::from_string(format!("c{at}")))
        };
        let mut shown: Vec<Expr> = self.columns.iter().enumerate().map(column).collect();
        let mut types: Vec<(String, Type)> =
            self.columns.iter().enumerate().map(|(at, (column, _))| (format!("c{at}"), column.ty.clone())).collect();
        for (at, source) in self.sources.iter().enumerate() {
            let keys = source.keys.iter().map(|(here, _)| comparable(here)).collect();
            shown.push(key(keys).alias(PlSmallStr::from_string(format!("k{at}"))));
            types.push((format!("k{at}"), Type::Text));
        }
        let take = Take::Written { most: self.most, group: self.group.map(|group| (group, self.money())) };
        let first = rows.clone().limit(u32::try_from(self.most).unwrap_or(u32::MAX));
        let mut asks = vec![Ask { frame: rows.select(shown), types, take }];
        for source in &self.sources {
            asks.push(source.ask(first.clone(), tables)?);
        }
        Ok(asks)
    }

    fn block(&self, answers: Vec<Answer>, _env: &Env<'_>) -> Block {
        let mut answers = answers.into_iter();
        let own = answers.next().unwrap_or_default();
        let others: Vec<Answer> = answers.collect();
        let by_key: Vec<HashMap<&str, Vec<&[Value]>>> = others.iter().map(by_key).collect();
        let (columns, width) = (self.columns.len(), self.width);
        let row = |mut values: Vec<Value>| {
            let keys = values.split_off(columns);
            let sources = self.sources.iter().zip(&by_key).zip(keys).filter_map(|((source, rows), key)| match key {
                Value::Text(key) => source.source(&key, rows),
                _ => None,
            });
            Row { sources: sources.collect(), values }
        };
        let body = TableBody {
            columns: self.columns.iter().map(|(column, _)| column.clone()).collect(),
            width,
            end: self.end,
            rows: own.rows.into_iter().map(row).collect(),
            count: own.count,
            group: self.group,
            groups: own.groups,
        };
        Block { title: Some(self.title.clone()), note: self.note.clone(), body: Body::Table(body), grids: Vec::new() }
    }
}

/// Rows by their first value, without it.
fn by_key(answer: &Answer) -> HashMap<&str, Vec<&[Value]>> {
    let mut found: HashMap<&str, Vec<&[Value]>> = HashMap::new();
    for row in &answer.rows {
        if let Some((Value::Text(key), rest)) = row.split_first() {
            found.entry(key).or_default().push(rest);
        }
    }
    found
}
