//! Binding of function calls and aggregates.

use sqlparser::ast;

use crate::diag::{Code, Place, did_you_mean};
use crate::domain::types::Type;
use crate::expr::arithmetic::QUOTIENT_DECIMALS;
use crate::expr::bind::{Binder, Bound};
use crate::expr::coerce::decimal_shape;
use crate::expr::functions::{self, AGGREGATES, FUNCTIONS, constant_text};
use crate::expr::typed::{Aggregate, Kind, Literal, Typed};

impl Binder<'_> {
    pub(super) fn call(&self, expr: &ast::Expr, place: Place) -> Bound {
        use ast::Expr as E;
        match expr {
            E::Function(function) => self.function(function, place),
            E::Extract { field, expr, .. } => self.catalogue(&field.to_string(), vec![self.expr(expr)?], place),
            E::Ceil { expr, field } => self.rounding("CEIL", expr, field, place),
            E::Floor { expr, field } => self.rounding("FLOOR", expr, field, place),
            E::Substring { expr, substring_from, substring_for, .. } => {
                let mut arguments = vec![self.expr(expr)?];
                arguments.push(match substring_from {
                    Some(from) => self.expr(from)?,
                    None => integer(1, place),
                });
                if let Some(length) = substring_for {
                    arguments.push(self.expr(length)?);
                }
                self.catalogue("SUBSTRING", arguments, place)
            }
            E::Trim { expr, trim_where, trim_what: None, trim_characters: None } => {
                let name = match trim_where {
                    Some(ast::TrimWhereField::Leading) => "LTRIM",
                    Some(ast::TrimWhereField::Trailing) => "RTRIM",
                    _ => "TRIM",
                };
                self.catalogue(name, vec![self.expr(expr)?], place)
            }
            E::Position { expr, r#in } => self.catalogue("STRPOS", vec![self.expr(r#in)?, self.expr(expr)?], place),
            other => Err(self.fail(Code::Unsupported, place, format!("`{other}` is not supported"), |d| d)),
        }
    }

    fn rounding(&self, name: &str, expr: &ast::Expr, field: &ast::CeilFloorKind, place: Place) -> Bound {
        let mut arguments = vec![self.expr(expr)?];
        match field {
            ast::CeilFloorKind::Scale(scale) => arguments.push(self.expr(&ast::Expr::Value(scale.clone()))?),
            ast::CeilFloorKind::DateTimeField(ast::DateTimeField::NoDateTime) => {}
            ast::CeilFloorKind::DateTimeField(_) => {
                return Err(self.fail(Code::Unsupported, place, "`TO` is not supported here", |d| {
                    d.help("use DATE_TRUNC('month', date)")
                }));
            }
        }
        self.catalogue(name, arguments, place)
    }

    fn function(&self, function: &ast::Function, place: Place) -> Bound {
        let name = function.name.to_string();
        if function.over.is_some() {
            return Err(self.fail(Code::Unsupported, place, "window functions (`OVER`) are not supported", |d| {
                d.help("use the steps `aggregate` and `lookup`, or `dedupe` with `order`")
            }));
        }
        if function.filter.is_some() || !function.within_group.is_empty() {
            return Err(self.fail(Code::Unsupported, place, "`FILTER` and `WITHIN GROUP` are not supported", |d| {
                d.help("use CASE inside the aggregate: `SUM(CASE WHEN condition THEN x END)`")
            }));
        }
        let (arguments, distinct, star) = self.arguments(function, place)?;
        if AGGREGATES.iter().any(|known| known.eq_ignore_ascii_case(&name)) {
            return self.aggregate(&name.to_ascii_uppercase(), &arguments, distinct, star, place);
        }
        let bound = arguments.iter().map(|argument| self.expr(argument)).collect::<Result<Vec<_>, _>>()?;
        self.catalogue(&name, bound, place)
    }

    fn arguments<'e>(
        &self,
        function: &'e ast::Function,
        place: Place,
    ) -> Result<(Vec<&'e ast::Expr>, bool, bool), Box<crate::diag::Diagnostic>> {
        let ast::FunctionArguments::List(list) = &function.args else { return Ok((Vec::new(), false, false)) };
        let mut arguments = Vec::new();
        let mut star = false;
        for argument in &list.args {
            match argument {
                ast::FunctionArg::Unnamed(ast::FunctionArgExpr::Expr(expr)) => arguments.push(expr),
                ast::FunctionArg::Unnamed(ast::FunctionArgExpr::Wildcard) => star = true,
                other => {
                    return Err(self.fail(
                        Code::WrongArguments,
                        place,
                        format!("`{other}` is not an argument raccordo knows"),
                        |d| d,
                    ));
                }
            }
        }
        let distinct = list.duplicate_treatment == Some(ast::DuplicateTreatment::Distinct);
        Ok((arguments, distinct, star))
    }

    pub(super) fn catalogue(&self, name: &str, arguments: Vec<Typed>, place: Place) -> Bound {
        let Some(entry) = functions::find(name) else { return Err(self.unknown_function(name, place)) };
        let mut arguments = arguments;
        if let Some(start) = functions::unified_from(entry.function) {
            let tail = arguments.split_off(start.min(arguments.len()));
            arguments.extend(self.unify(tail, place)?);
        }
        let ty = functions::result(entry, &arguments).map_err(|message| {
            let given: Vec<String> = arguments.iter().map(|argument| format!("`{}`", argument.ty)).collect();
            self.fail(Code::WrongArguments, place, message, |d| d.help(format!("given: {}", given.join(", "))))
        })?;
        Ok(Typed::new(Kind::Call(entry.function, arguments), ty, place))
    }

    fn unknown_function(&self, name: &str, place: Place) -> Box<crate::diag::Diagnostic> {
        let known = || FUNCTIONS.iter().map(|entry| entry.name).chain(AGGREGATES.iter().copied());
        self.fail(Code::UnknownFunction, place, format!("unknown function `{}`", name.to_uppercase()), |mut d| {
            if let Some(help) = did_you_mean(&name.to_uppercase(), known()) {
                d = d.help(help);
            }
            d.help("docs/reference/functions.md lists them all")
        })
    }

    fn aggregate(&self, name: &str, arguments: &[&ast::Expr], distinct: bool, star: bool, place: Place) -> Bound {
        if !self.groups {
            return Err(self.fail(Code::AggregateMisplaced, place, format!("`{name}` works on groups of rows"), |d| {
                d.help("use the step `aggregate: { by: [...], values: { total: \"SUM(x)\" } }`")
            }));
        }
        if star && name == "COUNT" && arguments.is_empty() {
            return Ok(Typed::new(Kind::Aggregate(Aggregate::Count, None), Type::Integer, place));
        }
        let usage = |binder: &Self| {
            binder.fail(Code::WrongArguments, place, format!("`{name}` takes one column or expression"), |d| d)
        };
        let inner = self.over_rows();
        let (first, rest) = arguments.split_first().ok_or_else(|| usage(self))?;
        let value = inner.expr(first)?;
        let (function, ty) = match name {
            "COUNT" if distinct => (Aggregate::CountDistinct, Type::Integer),
            "COUNT" => (Aggregate::Count, Type::Integer),
            "SUM" if value.ty.is_numeric() => (Aggregate::Sum, sum_type(&value.ty)),
            "AVG" if value.ty.is_numeric() => (Aggregate::Average, average_type(&value.ty)),
            "MIN" => (Aggregate::Min, value.ty.clone()),
            "MAX" => (Aggregate::Max, value.ty.clone()),
            "FIRST" | "ANY_VALUE" => (Aggregate::First, value.ty.clone()),
            "LAST" => (Aggregate::Last, value.ty.clone()),
            "BOOL_AND" if value.ty == Type::Bool => (Aggregate::All, Type::Bool),
            "BOOL_OR" if value.ty == Type::Bool => (Aggregate::Any, Type::Bool),
            "STRING_AGG" if value.ty == Type::Text => {
                (Aggregate::Join(self.separator(&inner, rest, place)?), Type::Text)
            }
            _ => {
                let message = format!("`{name}` does not work on `{}`", value.ty);
                return Err(self.fail(Code::TypeMismatch, value.place, message, |d| d));
            }
        };
        if distinct && name != "COUNT" {
            return Err(self.fail(Code::Unsupported, place, "`DISTINCT` is supported in `COUNT` only", |d| d));
        }
        if !rest.is_empty() && name != "STRING_AGG" {
            return Err(usage(self));
        }
        Ok(Typed::new(Kind::Aggregate(function, Some(Box::new(value))), ty, place))
    }

    fn separator(
        &self,
        inner: &Binder,
        rest: &[&ast::Expr],
        place: Place,
    ) -> Result<String, Box<crate::diag::Diagnostic>> {
        let bound = rest.iter().map(|argument| inner.expr(argument)).collect::<Result<Vec<_>, _>>()?;
        match constant_text(&bound, 0) {
            Some(separator) if bound.len() == 1 => Ok(separator.to_owned()),
            _ => {
                Err(self.fail(Code::WrongArguments, place, "`STRING_AGG` is called as `STRING_AGG(text, ', ')`", |d| d))
            }
        }
    }
}

fn integer(value: i64, place: Place) -> Typed {
    Typed::new(Kind::Literal(Literal::Integer(value)), Type::Integer, place)
}

fn sum_type(ty: &Type) -> Type {
    match ty {
        Type::Decimal { scale, .. } => Type::Decimal { precision: crate::domain::money::MAX_DIGITS, scale: *scale },
        other => other.clone(),
    }
}

fn average_type(ty: &Type) -> Type {
    match decimal_shape(ty) {
        Some((_, scale)) => {
            Type::Decimal { precision: crate::domain::money::MAX_DIGITS, scale: scale.max(QUOTIENT_DECIMALS) }
        }
        None => Type::Float,
    }
}
