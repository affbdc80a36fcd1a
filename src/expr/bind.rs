//! Binding: the syntax tree against a schema. Every column, function and type is settled here.

use sqlparser::ast::{self, Spanned};

use crate::context::BindCx;
use crate::diag::{Code, Diagnostic, Place, Text, did_you_mean};
use crate::domain::types::{Schema, Type};
use crate::expr::scope::Scope;
use crate::expr::typed::{Comparison, Kind, Literal, Typed};
use crate::expr::{arithmetic, coerce, parse as syntax};

/// Binds one text against one schema.
pub struct Binder<'a> {
    pub(super) text: &'a Text,
    schema: &'a Schema,
    cx: &'a BindCx<'a>,
    /// Whether aggregates are allowed, and columns only inside them.
    pub(super) groups: bool,
    /// Table names of a query, for `table.column`.
    scope: Option<&'a Scope>,
}

/// A bound node, or a diagnostic.
pub(super) type Bound = Result<Typed, Box<Diagnostic>>;

impl<'a> Binder<'a> {
    /// Binds over rows.
    #[must_use]
    pub fn rows(text: &'a Text, schema: &'a Schema, cx: &'a BindCx<'a>) -> Self {
        Self { text, schema, cx, groups: false, scope: None }
    }

    /// Binds over groups.
    #[must_use]
    pub fn groups(text: &'a Text, schema: &'a Schema, cx: &'a BindCx<'a>) -> Self {
        Self { text, schema, cx, groups: true, scope: None }
    }

    /// Resolves `table.column` as well.
    #[must_use]
    pub fn within(mut self, scope: &'a Scope) -> Self {
        self.scope = Some(scope);
        self
    }

    /// The same scope over rows.
    pub(super) fn over_rows(&self) -> Self {
        Self { text: self.text, schema: self.schema, cx: self.cx, groups: false, scope: self.scope }
    }

    /// Parses and binds the whole text; problems are reported.
    #[must_use]
    pub fn expression(&self) -> Option<Typed> {
        let bound = syntax::expression(self.text).map_err(Box::new).and_then(|parsed| self.expr(&parsed));
        self.settle(bound)
    }

    /// Binds an already parsed expression; problems are reported.
    #[must_use]
    pub fn parsed(&self, parsed: &ast::Expr) -> Option<Typed> {
        let bound = self.expr(parsed);
        self.settle(bound)
    }

    pub(super) fn cx(&self) -> &'a BindCx<'a> {
        self.cx
    }

    fn settle(&self, bound: Bound) -> Option<Typed> {
        match bound.and_then(|typed| self.check_groups(typed)) {
            Ok(typed) => Some(typed),
            Err(diagnostic) => {
                self.cx.report(*diagnostic);
                None
            }
        }
    }

    fn check_groups(&self, typed: Typed) -> Bound {
        if !self.groups || typed.aggregates() || typed.columns().is_empty() {
            return Ok(typed);
        }
        let first = typed.columns().into_iter().next().unwrap_or_default();
        Err(self.fail(
            Code::AggregateMisplaced,
            typed.place,
            format!("`{first}` stands outside an aggregate"),
            |diagnostic| diagnostic.help("wrap it, as in `SUM(x)`, `MIN(x)` or `FIRST(x)`, or add it to `by`"),
        ))
    }

    pub(super) fn at(&self, node: &impl Spanned) -> Place {
        let span = node.span();
        if span.start.line == 0 { self.text.place() } else { syntax::place(self.text, span) }
    }

    #[expect(clippy::unused_self, reason = "reads as the binder's own failure at every call")]
    pub(super) fn fail(
        &self,
        code: Code,
        place: Place,
        message: impl Into<String>,
        more: impl FnOnce(Diagnostic) -> Diagnostic,
    ) -> Box<Diagnostic> {
        Box::new(more(Diagnostic::error(code, place, message)))
    }

    pub(super) fn expr(&self, expr: &ast::Expr) -> Bound {
        use ast::Expr as E;
        let place = self.at(expr);
        match expr {
            E::Identifier(ident) => self.column(ident),
            E::CompoundIdentifier(idents) => self.path(idents),
            E::CompoundFieldAccess { root, access_chain } => self.access(root, access_chain, place),
            E::Value(value) => self.literal(&value.value, place),
            E::Nested(inner) => self.expr(inner),
            E::UnaryOp { op, expr } => self.unary(*op, expr, place),
            E::BinaryOp { left, op, right } => self.binary(left, op, right, place),
            E::IsNull(inner) => Ok(boolean(Kind::IsNull(Box::new(self.expr(inner)?)), place)),
            E::IsNotNull(inner) => Ok(negated(Kind::IsNull(Box::new(self.expr(inner)?)), place)),
            E::IsTrue(inner) => self.is_truth(inner, true, false, place),
            E::IsNotTrue(inner) => self.is_truth(inner, true, true, place),
            E::IsFalse(inner) => self.is_truth(inner, false, false, place),
            E::IsNotFalse(inner) => self.is_truth(inner, false, true, place),
            E::IsNotDistinctFrom(left, right) => self.compare(Comparison::Same, left, right, place),
            E::IsDistinctFrom(left, right) => {
                let same = self.compare(Comparison::Same, left, right, place)?;
                Ok(negated(same.kind, place))
            }
            E::Between { expr, negated, low, high } => self.between(expr, low, high, *negated, place),
            E::In { expr, target: ast::InTarget::List(list), negated, .. } => self.in_list(expr, list, *negated, place),
            E::Like { negated, any: false, expr, pattern, escape_char: None } => {
                self.like(expr, pattern, false, *negated, place)
            }
            E::ILike { negated, any: false, expr, pattern, escape_char: None } => {
                self.like(expr, pattern, true, *negated, place)
            }
            E::Case { operand, conditions, else_result, .. } => {
                self.case(operand.as_deref(), conditions, else_result.as_deref(), place)
            }
            E::Cast { kind, expr, data_type, .. } => self.cast(kind, expr, data_type, place),
            E::TypedString(typed) => self.typed_string(typed, place),
            E::Extract { .. }
            | E::Ceil { .. }
            | E::Floor { .. }
            | E::Substring { .. }
            | E::Trim { .. }
            | E::Position { .. }
            | E::Function(_) => self.call(expr, place),
            other => {
                Err(self.fail(Code::Unsupported, place, format!("`{other}` is not supported in an expression"), |d| d))
            }
        }
    }

    fn column(&self, ident: &ast::Ident) -> Bound {
        let place = syntax::place(self.text, ident.span);
        if let Some(tables) = self.scope.and_then(|scope| scope.ambiguous(&ident.value)) {
            let message = format!("`{}` is in several tables: {}", ident.value, tables.join(", "));
            return Err(self.fail(Code::UnknownColumn, place, message, |d| d.help("write `table.column`")));
        }
        let Some(ty) = self.schema.get(&ident.value) else {
            return Err(self.unknown_column(&ident.value, place, ident.quote_style == Some('"')));
        };
        Ok(Typed::new(Kind::Column(ident.value.clone()), ty.clone(), place))
    }

    /// A column of a joined table under the name it has after the join.
    fn physical(&self, name: &str, ident: &ast::Ident) -> Bound {
        let place = syntax::place(self.text, ident.span);
        let Some(ty) = self.schema.get(name) else { return Err(self.unknown_column(&ident.value, place, false)) };
        Ok(Typed::new(Kind::Column(name.to_owned()), ty.clone(), place))
    }

    fn unknown_column(&self, name: &str, place: Place, quoted: bool) -> Box<Diagnostic> {
        self.fail(Code::UnknownColumn, place, format!("unknown column `{name}`"), |mut diagnostic| {
            if let Some(help) = did_you_mean(name, self.schema.names()) {
                diagnostic = diagnostic.help(help);
            } else if quoted {
                diagnostic = diagnostic.help(format!("double quotes name a column; a text is written '{name}'"));
            }
            let known: Vec<&str> = self.schema.names().collect();
            diagnostic.help(format!("known columns: {}", known.join(", ")))
        })
    }

    /// `billing.email`: a column followed by struct fields.
    fn path(&self, idents: &[ast::Ident]) -> Bound {
        let (mut typed, rest) = match self.scope.and_then(|scope| scope.resolve(&idents[0].value, &idents[1].value)) {
            Some(name) => (self.physical(name, &idents[1])?, &idents[2..]),
            None => (self.column(&idents[0])?, &idents[1..]),
        };
        for ident in rest {
            typed = self.field(typed, ident)?;
        }
        Ok(typed)
    }

    fn field(&self, inner: Typed, ident: &ast::Ident) -> Bound {
        let place = syntax::place(self.text, ident.span);
        let Type::Struct(fields) = &inner.ty else {
            let message = format!("`{}` is of type `{}`, which has no fields", ident.value, inner.ty);
            return Err(self.fail(Code::TypeMismatch, place, message, |d| d));
        };
        let Some((_, ty)) = fields.iter().find(|(name, _)| *name == ident.value) else {
            let names: Vec<&str> = fields.iter().map(|(name, _)| name.as_str()).collect();
            return Err(self.fail(Code::UnknownColumn, place, format!("unknown field `{}`", ident.value), |mut d| {
                if let Some(help) = did_you_mean(&ident.value, names.iter().copied()) {
                    d = d.help(help);
                }
                d.help(format!("known fields: {}", names.join(", ")))
            }));
        };
        let ty = ty.clone();
        Ok(Typed::new(Kind::Field(Box::new(inner), ident.value.clone()), ty, place))
    }

    fn access(&self, root: &ast::Expr, chain: &[ast::AccessExpr], place: Place) -> Bound {
        let mut typed = self.expr(root)?;
        for access in chain {
            typed = match access {
                ast::AccessExpr::Dot(ast::Expr::Identifier(ident)) => self.field(typed, ident)?,
                ast::AccessExpr::Subscript(ast::Subscript::Index { index }) => self.element(typed, index, place)?,
                _ => {
                    return Err(self.fail(
                        Code::Unsupported,
                        place,
                        "only `.field` and `[n]` are supported here",
                        |d| d,
                    ));
                }
            };
        }
        Ok(typed)
    }

    fn element(&self, inner: Typed, index: &ast::Expr, place: Place) -> Bound {
        let position = self.expr(index)?;
        let (Type::List(element), Kind::Literal(Literal::Integer(number))) = (&inner.ty, &position.kind) else {
            let message = format!("`[n]` takes the n-th element of a list, counted from 1; this is `{}`", inner.ty);
            return Err(self.fail(Code::TypeMismatch, place, message, |d| d));
        };
        if *number < 1 {
            return Err(self.fail(Code::BadValue, position.place, "elements are counted from 1", |d| d));
        }
        let (ty, number) = ((**element).clone(), *number);
        Ok(Typed::new(Kind::Element(Box::new(inner), number), ty, place))
    }

    fn unary(&self, op: ast::UnaryOperator, inner: &ast::Expr, place: Place) -> Bound {
        let inner = self.expr(inner)?;
        match op {
            ast::UnaryOperator::Not => {
                let inner = self.expect_bool(inner)?;
                Ok(boolean(Kind::Not(Box::new(inner)), place))
            }
            ast::UnaryOperator::Plus if inner.ty.is_numeric() => Ok(inner),
            ast::UnaryOperator::Minus if inner.ty.is_numeric() => Ok(arithmetic::negate(inner, place)),
            _ => Err(self.fail(
                Code::TypeMismatch,
                place,
                format!("`{op}` needs a number, but this is `{}`", inner.ty),
                |d| d,
            )),
        }
    }

    fn binary(&self, left: &ast::Expr, op: &ast::BinaryOperator, right: &ast::Expr, place: Place) -> Bound {
        use ast::BinaryOperator as B;
        if let Some(comparison) = comparison(op) {
            return self.compare(comparison, left, right, place);
        }
        if let (B::Plus | B::Minus, ast::Expr::Interval(interval)) = (op, right) {
            return self.shifted(left, *op == B::Minus, interval, place);
        }
        let (left, right) = (self.expr(left)?, self.expr(right)?);
        match op {
            B::And => {
                Ok(boolean(Kind::And(Box::new(self.expect_bool(left)?), Box::new(self.expect_bool(right)?)), place))
            }
            B::Or => {
                Ok(boolean(Kind::Or(Box::new(self.expect_bool(left)?), Box::new(self.expect_bool(right)?)), place))
            }
            B::StringConcat => arithmetic::concat(left, right, place),
            B::Plus | B::Minus | B::Multiply | B::Divide | B::Modulo => arithmetic::bind(op, left, right, place),
            other => {
                Err(self.fail(Code::Unsupported, place, format!("the operator `{other}` is not supported"), |d| d))
            }
        }
    }

    fn expect_bool(&self, typed: Typed) -> Bound {
        if typed.ty == Type::Bool || typed.is_null_literal() {
            return coerce::to(typed, &Type::Bool).map_err(Box::new);
        }
        Err(self.fail(
            Code::TypeMismatch,
            typed.place,
            format!("expected a condition, but this is `{}`", typed.ty),
            |d| d,
        ))
    }

    fn compare(&self, comparison: Comparison, left: &ast::Expr, right: &ast::Expr, place: Place) -> Bound {
        let (left, right) = self.meet(self.expr(left)?, self.expr(right)?, place)?;
        Ok(boolean(Kind::Compare(comparison, Box::new(left), Box::new(right)), place))
    }

    /// Brings two values to one type.
    pub(super) fn meet(&self, left: Typed, right: Typed, place: Place) -> Result<(Typed, Typed), Box<Diagnostic>> {
        let Some(ty) = coerce::common(&left, &right) else {
            let message = format!("`{}` and `{}` do not mix", left.ty, right.ty);
            return Err(self.fail(Code::TypeMismatch, place, message, |d| d.help(mix_help(&left, &right))));
        };
        Ok((coerce::to(left, &ty)?, coerce::to(right, &ty)?))
    }

    fn is_truth(&self, inner: &ast::Expr, value: bool, negate: bool, place: Place) -> Bound {
        let inner = self.expr(inner).and_then(|typed| self.expect_bool(typed))?;
        let truth = Typed::new(Kind::Literal(Literal::Bool(value)), Type::Bool, place);
        let same = Kind::Compare(Comparison::Same, Box::new(inner), Box::new(truth));
        Ok(if negate { negated(same, place) } else { boolean(same, place) })
    }

    fn between(&self, value: &ast::Expr, low: &ast::Expr, high: &ast::Expr, negate: bool, place: Place) -> Bound {
        let above = self.compare(Comparison::GreaterOrEqual, value, low, place)?;
        let below = self.compare(Comparison::LessOrEqual, value, high, place)?;
        let both = Kind::And(Box::new(above), Box::new(below));
        Ok(if negate { negated(both, place) } else { boolean(both, place) })
    }

    fn in_list(&self, value: &ast::Expr, list: &[ast::Expr], negate: bool, place: Place) -> Bound {
        let mut value = self.expr(value)?;
        let mut members = Vec::new();
        for member in list {
            let (met, member) = self.meet(value, self.expr(member)?, place)?;
            value = met;
            members.push(member);
        }
        // A later member may have widened the value: bring all to the final type.
        let ty = value.ty.clone();
        let members = members.into_iter().map(|member| coerce::to(member, &ty)).collect::<Result<_, _>>()?;
        let kind = Kind::In(Box::new(value), members);
        Ok(if negate { negated(kind, place) } else { boolean(kind, place) })
    }

    fn like(&self, value: &ast::Expr, pattern: &ast::Expr, ignore_case: bool, negate: bool, place: Place) -> Bound {
        let (value, pattern) = (self.expr(value)?, self.expr(pattern)?);
        let (Type::Text, Kind::Literal(Literal::Text(pattern))) = (&value.ty, &pattern.kind) else {
            return Err(self.fail(
                Code::TypeMismatch,
                place,
                "`LIKE` compares a text with a constant pattern, as in `titolo LIKE 'A%'`",
                |d| d,
            ));
        };
        let kind = Kind::Matches(Box::new(value), like_pattern(pattern, ignore_case));
        Ok(if negate { negated(kind, place) } else { boolean(kind, place) })
    }

    fn case(
        &self,
        operand: Option<&ast::Expr>,
        whens: &[ast::CaseWhen],
        otherwise: Option<&ast::Expr>,
        place: Place,
    ) -> Bound {
        let mut conditions = Vec::new();
        let mut results = Vec::new();
        for when in whens {
            let condition = match operand {
                Some(operand) => self.compare(Comparison::Equal, operand, &when.condition, place)?,
                None => self.expect_bool(self.expr(&when.condition)?)?,
            };
            conditions.push(condition);
            results.push(self.expr(&when.result)?);
        }
        results.push(match otherwise {
            Some(otherwise) => self.expr(otherwise)?,
            None => Typed::new(Kind::Literal(Literal::Null), Type::Text, place),
        });
        let mut results = self.unify(results, place)?;
        let ty = results[0].ty.clone();
        let otherwise = results.pop().unwrap_or_else(|| Typed::new(Kind::Literal(Literal::Null), ty.clone(), place));
        let branches = conditions.into_iter().zip(results).collect();
        Ok(Typed::new(Kind::Case(branches, Box::new(otherwise)), ty, place))
    }

    /// Brings several values to one type.
    pub(super) fn unify(&self, values: Vec<Typed>, place: Place) -> Result<Vec<Typed>, Box<Diagnostic>> {
        let mut iter = values.into_iter();
        let Some(mut first) = iter.next() else { return Ok(Vec::new()) };
        let mut rest = Vec::new();
        for value in iter {
            let (met, value) = self.meet(first, value, place)?;
            first = met;
            rest.push(value);
        }
        let ty = first.ty.clone();
        let mut out = vec![first];
        for value in rest {
            out.push(coerce::to(value, &ty)?);
        }
        Ok(out)
    }

    fn cast(&self, kind: &ast::CastKind, inner: &ast::Expr, data_type: &ast::DataType, place: Place) -> Bound {
        let inner = self.expr(inner)?;
        let written = data_type.to_string();
        let ty = crate::expr::cast::parse_type(&written)
            .map_err(|help| self.fail(Code::BadValue, place, format!("unknown type `{written}`"), |d| d.help(help)))?;
        if inner.is_null_literal() || inner.ty == ty {
            return Ok(Typed::new(inner.kind, ty, place));
        }
        if !crate::expr::cast::possible(&inner.ty, &ty) {
            let message = format!("a `{}` cannot be cast to `{ty}`", inner.ty);
            return Err(self.fail(Code::TypeMismatch, place, message, |d| d));
        }
        let lenient = matches!(kind, ast::CastKind::TryCast | ast::CastKind::SafeCast);
        Ok(Typed::new(Kind::Cast(Box::new(inner), lenient), ty, place))
    }
}

pub(super) fn boolean(kind: Kind, place: Place) -> Typed {
    Typed::new(kind, Type::Bool, place)
}

fn negated(kind: Kind, place: Place) -> Typed {
    boolean(Kind::Not(Box::new(boolean(kind, place))), place)
}

fn comparison(op: &ast::BinaryOperator) -> Option<Comparison> {
    use ast::BinaryOperator as B;
    Some(match op {
        B::Eq => Comparison::Equal,
        B::NotEq => Comparison::NotEqual,
        B::Lt => Comparison::Less,
        B::LtEq => Comparison::LessOrEqual,
        B::Gt => Comparison::Greater,
        B::GtEq => Comparison::GreaterOrEqual,
        B::Spaceship => Comparison::Same,
        _ => return None,
    })
}

fn mix_help(left: &Typed, right: &Typed) -> String {
    let text_and_number =
        (left.ty == Type::Text && right.ty.is_numeric()) || (right.ty == Type::Text && left.ty.is_numeric());
    if text_and_number {
        return "a text is not a number: declare the column's type under `columns:`, write the constant in quotes, or use CAST(x AS DECIMAL(18,2))".to_owned();
    }
    if left.ty == Type::Float || right.ty == Type::Float {
        return "a float is not exact: CAST(x AS DECIMAL(18,6)) says how many decimals it should have".to_owned();
    }
    format!("CAST one of them, as in `CAST(x AS {})`", right.ty.to_string().to_uppercase())
}

/// A LIKE pattern as an anchored regular expression.
fn like_pattern(pattern: &str, ignore_case: bool) -> String {
    let mut out = String::from(if ignore_case { "(?is)^" } else { "(?s)^" });
    for part in pattern.chars() {
        match part {
            '%' => out.push_str(".*"),
            '_' => out.push('.'),
            other => out.push_str(&regex::escape(other.encode_utf8(&mut [0; 4]))),
        }
    }
    out.push('$');
    out
}
