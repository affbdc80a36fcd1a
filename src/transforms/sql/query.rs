//! Queries: `WITH`, set operations, `ORDER BY`, `LIMIT`; a single `SELECT` is in `select`.

use std::collections::BTreeMap;
use std::sync::Arc;

use polars::prelude::{
    IdxSize, LazyFrame, PlSmallStr, SortMultipleOptions, UnionArgs, UniqueKeepStrategy, col, concat,
};
use sqlparser::ast::{self, SetExpr, SetOperator, SetQuantifier, Spanned, TableFactor};

use crate::context::BindCx;
use crate::diag::{Code, Diagnostic, Place, Text};
use crate::domain::types::Schema;
use crate::expr::bind::Binder;
use crate::expr::parse;
use crate::expr::typed::{Kind, Literal};
use crate::transforms::sql::{INPUT, Relation};

/// Compiles a query against the tables it may name.
pub struct Compiler<'a> {
    pub(super) text: &'a Text,
    pub(super) cx: &'a BindCx<'a>,
    input: &'a Schema,
    named: BTreeMap<String, Relation>,
}

impl<'a> Compiler<'a> {
    /// A compiler for one step.
    #[must_use]
    pub fn new(text: &'a Text, input: &'a Schema, cx: &'a BindCx<'a>) -> Self {
        Self { text, cx, input, named: BTreeMap::new() }
    }

    pub(super) fn at(&self, node: &impl Spanned) -> Place {
        let span = node.span();
        if span.start.line == 0 { self.text.place() } else { parse::place(self.text, span) }
    }

    pub(super) fn fail<T>(&self, code: Code, place: Place, message: impl Into<String>, help: &str) -> Option<T> {
        self.cx.report(Diagnostic::error(code, place, message).help(help));
        None
    }

    /// The relation of a query; problems are reported.
    pub fn query(&mut self, query: &ast::Query) -> Option<Relation> {
        if let Some(with) = &query.with {
            if with.recursive {
                return self.fail(
                    Code::Unsupported,
                    self.at(query),
                    "recursive queries are not supported",
                    "write the levels out",
                );
            }
            for cte in &with.cte_tables {
                let relation = self.query(&cte.query)?;
                self.named.insert(cte.alias.name.value.clone(), relation);
            }
        }
        let relation = self.body(&query.body)?;
        let relation = match &query.order_by {
            Some(order) => self.order(relation, order)?,
            None => relation,
        };
        match &query.limit_clause {
            Some(limit) => self.limit(relation, limit),
            None => Some(relation),
        }
    }

    fn body(&mut self, body: &SetExpr) -> Option<Relation> {
        match body {
            SetExpr::Select(select) => self.select(select),
            SetExpr::Query(query) => self.query(query),
            SetExpr::SetOperation { op: SetOperator::Union, set_quantifier, left, right } => {
                let (left, right) = (self.body(left)?, self.body(right)?);
                self.union(left, right, *set_quantifier)
            }
            other => self.fail(
                Code::Unsupported,
                self.text.place(),
                format!("`{other}` is not supported"),
                "use SELECT and UNION",
            ),
        }
    }

    fn union(&self, left: Relation, right: Relation, quantifier: SetQuantifier) -> Option<Relation> {
        let same = left.schema.len() == right.schema.len()
            && left.schema.iter().zip(right.schema.iter()).all(|((_, left), (_, right))| left == right);
        if !same {
            let message = format!(
                "both sides of a UNION have the same columns, but these are `{}` and `{}`",
                left.schema, right.schema
            );
            return self.fail(Code::TypeMismatch, self.text.place(), message, "CAST the columns that differ");
        }
        let distinct = !matches!(quantifier, SetQuantifier::All | SetQuantifier::AllByName);
        let names: Vec<PlSmallStr> = left.schema.names().map(PlSmallStr::from_str).collect();
        let others: Vec<PlSmallStr> = right.schema.names().map(PlSmallStr::from_str).collect();
        let schema = left.schema.clone();
        let build = Arc::new(move |inputs: &_, site: &_| {
            let right = (right.build)(inputs, site);
            let renamed: Vec<_> =
                others.iter().zip(&names).map(|(from, to)| col(from.clone()).alias(to.clone())).collect();
            let frames = [(left.build)(inputs, site), right.select(renamed)];
            // Both sides have the same columns, so there is nothing left to fail.
            let all = concat(frames, UnionArgs::default()).unwrap_or_else(|_| LazyFrame::default());
            if distinct { all.unique(None, UniqueKeepStrategy::Any) } else { all }
        });
        Some(Relation { schema, build })
    }

    fn order(&self, relation: Relation, order: &ast::OrderBy) -> Option<Relation> {
        let ast::OrderByKind::Expressions(items) = &order.kind else {
            return self.fail(
                Code::Unsupported,
                self.text.place(),
                "`ORDER BY ALL` is not supported",
                "name the columns",
            );
        };
        let mut keys = Vec::new();
        let mut descending = Vec::new();
        for item in items {
            let key = output_column(&item.expr, &relation.schema);
            keys.push(Binder::rows(self.text, &relation.schema, self.cx).parsed(&key)?);
            descending.push(matches!(item.options.sort, Some(ast::OrderBySort::Desc)));
        }
        let schema = relation.schema.clone();
        let build = Arc::new(move |inputs: &_, site: &_| {
            let keys: Vec<_> = keys.iter().map(|key| key.lower(site)).collect();
            let options = SortMultipleOptions::default()
                .with_order_descending_multi(descending.clone())
                .with_nulls_last(true)
                .with_maintain_order(true);
            (relation.build)(inputs, site).sort_by_exprs(keys, options)
        });
        Some(Relation { schema, build })
    }

    fn limit(&self, relation: Relation, limit: &ast::LimitClause) -> Option<Relation> {
        let (limit, offset) = match limit {
            ast::LimitClause::LimitOffset { limit, offset, .. } => {
                (limit.as_ref(), offset.as_ref().map(|offset| &offset.value))
            }
            ast::LimitClause::OffsetCommaLimit { offset, limit } => (Some(limit), Some(offset)),
        };
        let rows = limit.map_or(Some(IdxSize::MAX), |limit| self.count(limit))?;
        let skip = offset.map_or(Some(0), |offset| self.count(offset))?;
        let schema = relation.schema.clone();
        let build = Arc::new(move |inputs: &_, site: &_| (relation.build)(inputs, site).slice(i64::from(skip), rows));
        Some(Relation { schema, build })
    }

    fn count(&self, expr: &ast::Expr) -> Option<IdxSize> {
        let typed = Binder::rows(self.text, &Schema::default(), self.cx).parsed(expr)?;
        match typed.kind {
            Kind::Literal(Literal::Integer(number)) => IdxSize::try_from(number).ok(),
            _ => self.fail(Code::BadValue, typed.place, "`LIMIT` and `OFFSET` take a number", "as in `LIMIT 100`"),
        }
    }

    /// A table of the query by name: one of `WITH`, `input`, or a table of the pipeline.
    pub(super) fn table(&self, name: &str, place: Place) -> Option<Relation> {
        if let Some(relation) = self.named.get(name) {
            return Some(relation.clone());
        }
        let schema = if name == INPUT { Some(self.input) } else { self.cx.tables.get(name) };
        let Some(schema) = schema else {
            let known = std::iter::once(INPUT).chain(self.cx.tables.keys().map(String::as_str));
            let help = crate::diag::suggest::known("tables", known);
            return self.fail(Code::UnknownTable, place, format!("unknown table `{name}`"), &help);
        };
        let (schema, name) = (schema.clone(), name.to_owned());
        let build =
            Arc::new(move |inputs: &BTreeMap<String, LazyFrame>, _: &_| inputs.get(&name).cloned().unwrap_or_default());
        Some(Relation { schema, build })
    }
}

/// `ORDER BY t.x` of a query that gives a column `x`: rows are ordered after the projection.
fn output_column(expr: &ast::Expr, schema: &Schema) -> ast::Expr {
    match expr {
        ast::Expr::CompoundIdentifier(idents) => match idents.last() {
            Some(last) if idents.len() == 2 && schema.contains(&last.value) => ast::Expr::Identifier(last.clone()),
            _ => expr.clone(),
        },
        other => other.clone(),
    }
}

/// Tables of the pipeline that a query names, each once.
#[must_use]
pub fn tables_of(query: &ast::Query, text: &Text) -> Vec<Text> {
    let mut found = Vec::new();
    collect(query, text, &[], &mut found);
    found
}

fn collect(query: &ast::Query, text: &Text, outer: &[String], found: &mut Vec<Text>) {
    let mut hidden = outer.to_vec();
    for cte in query.with.iter().flat_map(|with| &with.cte_tables) {
        collect(&cte.query, text, &hidden, found);
        hidden.push(cte.alias.name.value.clone());
    }
    collect_body(&query.body, text, &hidden, found);
}

fn collect_body(body: &SetExpr, text: &Text, hidden: &[String], found: &mut Vec<Text>) {
    match body {
        SetExpr::Query(query) => collect(query, text, hidden, found),
        SetExpr::SetOperation { left, right, .. } => {
            collect_body(left, text, hidden, found);
            collect_body(right, text, hidden, found);
        }
        SetExpr::Select(select) => {
            for from in &select.from {
                let factors = std::iter::once(&from.relation).chain(from.joins.iter().map(|join| &join.relation));
                factors.for_each(|factor| collect_factor(factor, text, hidden, found));
            }
        }
        _ => {}
    }
}

fn collect_factor(factor: &TableFactor, text: &Text, hidden: &[String], found: &mut Vec<Text>) {
    match factor {
        TableFactor::Derived { subquery, .. } => collect(subquery, text, hidden, found),
        TableFactor::Table { name, .. } => {
            let Some(ident) = name.0.last().and_then(ast::ObjectNamePart::as_ident) else { return };
            let name = ident.value.as_str();
            let known = name == INPUT
                || hidden.iter().any(|cte| cte == name)
                || found.iter().any(|table| table.as_str() == name);
            if !known {
                found.push(Text::new(name, parse::place(text, ident.span)));
            }
        }
        _ => {}
    }
}
