//! One `SELECT`: `FROM` and joins, `WHERE`, `GROUP BY`, `HAVING`, the projection, `DISTINCT`.

use std::sync::Arc;

use polars::prelude::{Expr, JoinArgs, JoinType, MaintainOrderJoin, PlSmallStr, UniqueKeepStrategy, col};
use sqlparser::ast::{self, JoinConstraint, JoinOperator, SelectItem, TableFactor};

use crate::diag::Code;
use crate::domain::types::{Schema, Type};
use crate::expr::Typed;
use crate::expr::bind::Binder;
use crate::expr::scope::Scope;
use crate::transforms::names::column;
use crate::transforms::sql::Relation;
use crate::transforms::sql::query::Compiler;

impl Compiler<'_> {
    pub(super) fn select(&mut self, select: &ast::Select) -> Option<Relation> {
        let [from] = &select.from[..] else {
            return self.fail(
                Code::Unsupported,
                self.text.place(),
                "a SELECT reads FROM one table, others are joined",
                "write `FROM a JOIN b ON a.x = b.x`",
            );
        };
        if select.qualify.is_some() || !select.named_window.is_empty() || select.top.is_some() {
            return self.fail(
                Code::Unsupported,
                self.text.place(),
                "window functions and TOP are not supported",
                "use LIMIT, or the steps `aggregate` and `dedupe`",
            );
        }
        let mut scope = Scope::default();
        let mut relation = self.factor(&from.relation, &mut scope, None)?;
        for join in &from.joins {
            relation = self.join(relation, join, &mut scope)?;
        }
        if let Some(condition) = &select.selection {
            relation = self.filter(relation, condition, &scope)?;
        }
        let keys = match &select.group_by {
            ast::GroupByExpr::Expressions(keys, modifiers) if modifiers.is_empty() => keys,
            _ => {
                return self.fail(
                    Code::Unsupported,
                    self.text.place(),
                    "this GROUP BY is not supported",
                    "name the columns to group by",
                );
            }
        };
        let grouped =
            !keys.is_empty() || select.having.is_some() || self.has_aggregate(select, &relation.schema, &scope);
        let relation =
            if grouped { self.group(relation, select, keys, &scope)? } else { self.project(relation, select, &scope)? };
        match &select.distinct {
            None | Some(ast::Distinct::All) => Some(relation),
            Some(ast::Distinct::Distinct) => {
                let schema = relation.schema.clone();
                let build = Arc::new(move |inputs: &_, site: &_| {
                    (relation.build)(inputs, site).unique(None, UniqueKeepStrategy::Any)
                });
                Some(Relation { schema, build })
            }
            Some(_) => self.fail(
                Code::Unsupported,
                self.text.place(),
                "`DISTINCT ON` is not supported",
                "use the step `dedupe`",
            ),
        }
    }

    /// A table of `FROM`. Columns that clash with those of `left` get the name `table.column`.
    fn factor(&mut self, factor: &TableFactor, scope: &mut Scope, left: Option<&Schema>) -> Option<Relation> {
        let (relation, name) = match factor {
            TableFactor::Table { name, alias, .. } => {
                let table = name.0.last().and_then(ast::ObjectNamePart::as_ident)?;
                let relation = self.table(&table.value, self.at(name))?;
                (relation, alias.as_ref().map_or_else(|| table.value.clone(), |alias| alias.name.value.clone()))
            }
            TableFactor::Derived { subquery, alias: Some(alias), .. } => {
                (self.query(subquery)?, alias.name.value.clone())
            }
            other => {
                return self.fail(
                    Code::Unsupported,
                    self.text.place(),
                    format!("`{other}` is not supported in FROM"),
                    "name a table, or give the subquery a name",
                );
            }
        };
        if scope.contains(&name) {
            return self.fail(
                Code::DuplicateTable,
                self.text.place(),
                format!("`{name}` occurs twice in FROM"),
                "give one of them another name with AS",
            );
        }
        let clash = |column: &str| left.is_some_and(|left| left.contains(column));
        let physical = |column: &str| if clash(column) { format!("{name}.{column}") } else { column.to_owned() };
        let columns: Vec<(String, String)> =
            relation.schema.names().map(|column| (column.to_owned(), physical(column))).collect();
        let schema = relation.schema.iter().map(|(column, ty)| (physical(column), ty.clone())).collect();
        scope.add(&name, columns.clone());
        let build = Arc::new(move |inputs: &_, site: &_| {
            let renamed: Vec<Expr> =
                columns.iter().map(|(from, to)| column(from).alias(PlSmallStr::from_str(to))).collect();
            (relation.build)(inputs, site).select(renamed)
        });
        Some(Relation { schema, build })
    }

    fn join(&mut self, left: Relation, join: &ast::Join, scope: &mut Scope) -> Option<Relation> {
        let (how, constraint) = match &join.join_operator {
            JoinOperator::Join(constraint) | JoinOperator::Inner(constraint) => (JoinType::Inner, constraint),
            JoinOperator::Left(constraint) | JoinOperator::LeftOuter(constraint) => (JoinType::Left, constraint),
            _ => {
                return self.fail(
                    Code::Unsupported,
                    self.text.place(),
                    "only JOIN and LEFT JOIN are supported in a query",
                    "use the step `join` for the others",
                );
            }
        };
        let right = self.factor(&join.relation, scope, Some(&left.schema))?;
        let JoinConstraint::On(condition) = constraint else {
            return self.fail(
                Code::Unsupported,
                self.text.place(),
                "a join says `ON a.x = b.y`",
                "write the columns out",
            );
        };
        let mut schema = left.schema.clone();
        schema.extend(right.schema.iter().map(|(name, ty)| (name.to_owned(), ty.clone())));
        let mut pairs = Vec::new();
        self.equalities(condition, &left.schema, &schema, scope, &mut pairs)?;
        let (keys, others): (Vec<String>, Vec<String>) = pairs.into_iter().unzip();
        let (left_build, right_build) = (left.build, right.build);
        let build = Arc::new(move |inputs: &_, site: &_| {
            let on = |names: &[String]| names.iter().map(|name| column(name)).collect::<Vec<_>>();
            let mut arguments = JoinArgs::new(how.clone());
            arguments.maintain_order = MaintainOrderJoin::Left;
            arguments.coalesce = polars::prelude::JoinCoalesce::KeepColumns;
            left_build(inputs, site).join(right_build(inputs, site), on(&keys), on(&others), arguments)
        });
        Some(Relation { schema, build })
    }

    /// Pairs of columns that a join condition makes equal.
    fn equalities(
        &self,
        condition: &ast::Expr,
        left: &Schema,
        both: &Schema,
        scope: &Scope,
        pairs: &mut Vec<(String, String)>,
    ) -> Option<()> {
        match condition {
            ast::Expr::Nested(inner) => self.equalities(inner, left, both, scope, pairs),
            ast::Expr::BinaryOp { left: first, op: ast::BinaryOperator::And, right: second } => {
                self.equalities(first, left, both, scope, pairs)?;
                self.equalities(second, left, both, scope, pairs)
            }
            ast::Expr::BinaryOp { left: first, op: ast::BinaryOperator::Eq, right: second } => {
                let bind = |side: &ast::Expr| Binder::rows(self.text, both, self.cx).within(scope).parsed(side);
                let (first, second) = (bind(first)?, bind(second)?);
                let (Some(a), Some(b)) = (plain(&first), plain(&second)) else {
                    return self.fail(
                        Code::Unsupported,
                        self.at(condition),
                        "a join compares column with column",
                        "compute the column before",
                    );
                };
                if first.ty != second.ty {
                    let message = format!("`{a}` is `{}` and `{b}` is `{}`", first.ty, second.ty);
                    return self.fail(
                        Code::KeyMismatch,
                        self.at(condition),
                        message,
                        "CAST one of them before the join",
                    );
                }
                pairs.push(if left.contains(&a) { (a, b) } else { (b, a) });
                Some(())
            }
            _ => self.fail(
                Code::Unsupported,
                self.at(condition),
                "a join condition is `a.x = b.y`, several joined by AND",
                "filter the rest in WHERE",
            ),
        }
    }

    fn filter(&self, relation: Relation, condition: &ast::Expr, scope: &Scope) -> Option<Relation> {
        let typed = Binder::rows(self.text, &relation.schema, self.cx).within(scope).parsed(condition)?;
        if typed.ty != Type::Bool {
            let message = format!("a condition is a `bool`, but this is `{}`", typed.ty);
            return self.fail(Code::TypeMismatch, typed.place, message, "compare it with something");
        }
        let schema = relation.schema.clone();
        let build = Arc::new(move |inputs: &_, site: &_| (relation.build)(inputs, site).filter(typed.lower(site)));
        Some(Relation { schema, build })
    }

    fn has_aggregate(&self, select: &ast::Select, schema: &Schema, scope: &Scope) -> bool {
        let quiet = crate::context::BindCx::new(self.cx.project, self.cx.params, self.cx.node, self.cx.tables);
        select.projection.iter().filter_map(item_expr).any(|expr| {
            let typed = Binder::groups(self.text, schema, &quiet).within(scope).parsed(expr);
            typed.is_some_and(|typed| typed.aggregates())
        })
    }

    fn group(&self, relation: Relation, select: &ast::Select, keys: &[ast::Expr], scope: &Scope) -> Option<Relation> {
        let bound: Vec<Typed> = keys
            .iter()
            .map(|key| Binder::rows(self.text, &relation.schema, self.cx).within(scope).parsed(key))
            .collect::<Option<_>>()?;
        let mut schema = Schema::new();
        let mut values = Vec::new();
        let mut outputs = Vec::new();
        for item in &select.projection {
            let Some(expr) = item_expr(item) else {
                return self.fail(
                    Code::Unsupported,
                    self.text.place(),
                    "`*` and GROUP BY do not go together",
                    "name the columns",
                );
            };
            let name = self.name(item, expr)?;
            let position = keys.iter().position(|key| key == expr);
            let ty = if let Some(index) = position {
                bound[index].ty.clone()
            } else {
                let typed = Binder::groups(self.text, &relation.schema, self.cx).within(scope).parsed(expr)?;
                let ty = typed.ty.clone();
                values.push(typed);
                ty
            };
            outputs.push((
                name.clone(),
                position.map_or_else(|| format!("__value{}", values.len() - 1), |index| format!("__key{index}")),
            ));
            if schema.insert(name.clone(), ty).is_some() {
                return self.fail(
                    Code::DuplicateColumn,
                    self.at(expr),
                    format!("two columns are called `{name}`"),
                    "give one another name with AS",
                );
            }
        }
        let having = match &select.having {
            Some(having) => Some(Binder::groups(self.text, &relation.schema, self.cx).within(scope).parsed(having)?),
            None => None,
        };
        let build = Arc::new(move |inputs: &_, site: &_| {
            let frame = (relation.build)(inputs, site);
            let keys: Vec<Expr> =
                bound.iter().enumerate().map(|(index, key)| key.lower(site).alias(format!("__key{index}"))).collect();
            let mut aggregates: Vec<Expr> = values
                .iter()
                .enumerate()
                .map(|(index, value)| value.lower(site).alias(format!("__value{index}")))
                .collect();
            aggregates.extend(having.as_ref().map(|having| having.lower(site).alias("__having")));
            let mut frame =
                if keys.is_empty() { frame.select(aggregates) } else { frame.group_by(keys).agg(aggregates) };
            if having.is_some() {
                frame = frame.filter(col("__having"));
            }
            let named: Vec<Expr> =
                outputs.iter().map(|(name, inner)| column(inner).alias(PlSmallStr::from_str(name))).collect();
            frame.select(named)
        });
        Some(Relation { schema, build })
    }

    fn project(&self, relation: Relation, select: &ast::Select, scope: &Scope) -> Option<Relation> {
        let mut outputs: Vec<(String, Option<Typed>, String)> = Vec::new();
        let mut schema = Schema::new();
        for item in &select.projection {
            match item {
                SelectItem::Wildcard(_) => {
                    outputs.extend(relation.schema.names().map(|name| (name.to_owned(), None, name.to_owned())));
                }
                SelectItem::QualifiedWildcard(ast::SelectItemQualifiedWildcardKind::ObjectName(table), _) => {
                    let Some(columns) = scope.columns(&table.to_string()) else {
                        return self.fail(
                            Code::UnknownTable,
                            self.at(item),
                            format!("unknown table `{table}`"),
                            "use a name of FROM",
                        );
                    };
                    outputs.extend(columns.iter().map(|(name, physical)| (name.clone(), None, physical.clone())));
                }
                _ => {
                    let Some(expr) = item_expr(item) else {
                        return self.fail(
                            Code::Unsupported,
                            self.text.place(),
                            format!("`{item}` is not supported"),
                            "use an expression",
                        );
                    };
                    let typed = Binder::rows(self.text, &relation.schema, self.cx).within(scope).parsed(expr)?;
                    outputs.push((self.name(item, expr)?, Some(typed), String::new()));
                }
            }
        }
        for (name, typed, physical) in &outputs {
            let ty = typed
                .as_ref()
                .map_or_else(|| relation.schema.get(physical).cloned(), |typed| Some(typed.ty.clone()))?;
            if schema.insert(name.clone(), ty).is_some() {
                return self.fail(
                    Code::DuplicateColumn,
                    self.text.place(),
                    format!("two columns are called `{name}`"),
                    "give one another name with AS",
                );
            }
        }
        let build = Arc::new(move |inputs: &_, site: &_| {
            let named: Vec<Expr> = outputs
                .iter()
                .map(|(name, typed, physical)| {
                    let value = typed.as_ref().map_or_else(|| column(physical), |typed| typed.lower(site));
                    value.alias(PlSmallStr::from_str(name))
                })
                .collect();
            (relation.build)(inputs, site).select(named)
        });
        Some(Relation { schema, build })
    }

    fn name(&self, item: &SelectItem, expr: &ast::Expr) -> Option<String> {
        match (item, expr) {
            (SelectItem::ExprWithAlias { alias, .. }, _) => Some(alias.value.clone()),
            (_, ast::Expr::Identifier(ident)) => Some(ident.value.clone()),
            (_, ast::Expr::CompoundIdentifier(idents)) => idents.last().map(|ident| ident.value.clone()),
            _ => self.fail(
                Code::ExprSyntax,
                self.at(expr),
                "a computed column needs a name",
                "write `expression AS name`",
            ),
        }
    }
}

fn plain(typed: &Typed) -> Option<String> {
    match &typed.kind {
        crate::expr::typed::Kind::Column(name) => Some(name.clone()),
        _ => None,
    }
}

fn item_expr(item: &SelectItem) -> Option<&ast::Expr> {
    match item {
        SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } => Some(expr),
        _ => None,
    }
}
