//! Lowering: the typed tree to a Polars expression.

use std::cmp::Ordering;

use polars::prelude::{AnyValue, DataType, Expr, LiteralValue, NULL, Scalar, TimeUnit, TimeZone, lit, when};

use crate::contract::polars_dtype;
use crate::domain::money::exact::{self, Exact, Site};
use crate::domain::types::Type;
use crate::expr::typed::{Aggregate, Arithmetic, Comparison, Kind, Literal, Typed};
use crate::expr::{cast, column, kernels, lower_call};

impl Typed {
    /// The Polars expression. `site` names the step in errors of the run.
    #[must_use]
    pub fn lower(&self, site: &Site) -> Expr {
        match &self.kind {
            Kind::Column(name) => column(name),
            Kind::Field(inner, name) => inner.lower(site).struct_().field_by_name(name),
            Kind::Element(inner, position) => inner.lower(site).list().get(kernels::integer(position - 1), true),
            Kind::Literal(literal) => self.literal(literal, site),
            Kind::Negate(inner) => self.negate(inner, site),
            Kind::Not(inner) => inner.lower(site).not(),
            Kind::Arithmetic(operator, left, right) => self.arithmetic(*operator, left, right, site),
            Kind::AddDays(date, days) => {
                let days = kernels::integers(epoch_days(date, site), days.lower(site), "+", site, i64::checked_add);
                days.cast(DataType::Int32).cast(DataType::Date)
            }
            Kind::DaysBetween(left, right) => {
                kernels::integers(epoch_days(left, site), epoch_days(right, site), "-", site, i64::checked_sub)
            }
            Kind::Compare(comparison, left, right) => compare(*comparison, left, right, site),
            Kind::And(left, right) => left.lower(site).and(right.lower(site)),
            Kind::Or(left, right) => left.lower(site).or(right.lower(site)),
            Kind::IsNull(inner) => inner.lower(site).is_null(),
            Kind::Case(branches, otherwise) => {
                branches.iter().rev().fold(otherwise.lower(site), |rest, (condition, result)| {
                    when(condition.lower(site)).then(result.lower(site)).otherwise(rest)
                })
            }
            Kind::In(value, members) => members
                .iter()
                .map(|member| compare(Comparison::Equal, value, member, site))
                .reduce(Expr::or)
                .unwrap_or_else(|| lit(false)),
            Kind::Matches(inner, pattern) => inner.lower(site).str().contains(lit(pattern.as_str()), true),
            Kind::Call(function, arguments) => lower_call::lower(*function, arguments, &self.ty, site),
            Kind::Cast(inner, lenient) => cast::lower(inner.lower(site), &inner.ty, &self.ty, *lenient, site),
            Kind::Aggregate(aggregate, argument) => self.aggregate(aggregate, argument.as_deref(), site),
        }
    }

    /// The expression as an exact decimal; integers are widened.
    #[must_use]
    pub fn exact(&self, site: &Site) -> Exact {
        match &self.ty {
            Type::Decimal { scale, .. } => Exact::new(self.lower(site), *scale, site),
            _ => Exact::from_integer(self.lower(site), site),
        }
    }

    fn literal(&self, literal: &Literal, site: &Site) -> Expr {
        match literal {
            Literal::Null => lit(NULL).cast(polars_dtype(&self.ty)),
            Literal::Bool(value) => lit(*value),
            Literal::Integer(value) => kernels::integer(*value),
            Literal::Decimal(value) => Exact::literal(*value, site).expr(),
            Literal::Text(text) => lit(text.as_str()),
            Literal::Date(days) => constant(DataType::Date, AnyValue::Date(*days)),
            Literal::Timestamp(micros) => constant(
                DataType::Datetime(TimeUnit::Microseconds, Some(TimeZone::UTC)),
                AnyValue::DatetimeOwned(*micros, TimeUnit::Microseconds, Some(std::sync::Arc::new(TimeZone::UTC))),
            ),
        }
    }

    fn negate(&self, inner: &Self, site: &Site) -> Expr {
        match &self.ty {
            Type::Decimal { .. } => inner.exact(site).negate().expr(),
            Type::Integer => kernels::integers(kernels::integer(0), inner.lower(site), "-", site, i64::checked_sub),
            _ => -inner.lower(site),
        }
    }

    fn arithmetic(&self, operator: Arithmetic, left: &Self, right: &Self, site: &Site) -> Expr {
        match &self.ty {
            Type::Integer => integer_arithmetic(operator, left.lower(site), right.lower(site), site),
            Type::Decimal { scale, .. } => {
                let (left, right) = (left.exact(site), right.exact(site));
                match operator {
                    Arithmetic::Add => left.plus(&right),
                    Arithmetic::Subtract => left.minus(&right),
                    Arithmetic::Multiply => left.times(&right),
                    Arithmetic::Divide => left.over(&right, *scale),
                    Arithmetic::Modulo => left.modulo(&right),
                }
                .expr()
            }
            _ => {
                let (left, right) = (left.lower(site), right.lower(site));
                match operator {
                    Arithmetic::Add => left + right,
                    Arithmetic::Subtract => left - right,
                    Arithmetic::Multiply => left * right,
                    Arithmetic::Divide => left / right,
                    Arithmetic::Modulo => left % right,
                }
            }
        }
    }

    fn aggregate(&self, aggregate: &Aggregate, argument: Option<&Self>, site: &Site) -> Expr {
        let Some(argument) = argument else { return polars::prelude::len().cast(DataType::Int64) };
        let value = argument.lower(site);
        match aggregate {
            Aggregate::Count => value.count().cast(DataType::Int64),
            Aggregate::CountDistinct => value.drop_nulls().n_unique().cast(DataType::Int64),
            Aggregate::Sum => sum(argument, site),
            Aggregate::Average => average(argument, &self.ty, site),
            Aggregate::Min => value.min(),
            Aggregate::Max => value.max(),
            Aggregate::First => value.first(),
            Aggregate::Last => value.last(),
            Aggregate::Join(separator) => value.drop_nulls().str().join(separator, true),
            Aggregate::All => value.all(true),
            Aggregate::Any => value.any(true),
        }
    }
}

fn constant(dtype: DataType, value: AnyValue<'static>) -> Expr {
    Expr::Literal(LiteralValue::Scalar(Scalar::new(dtype, value)))
}

fn epoch_days(date: &Typed, site: &Site) -> Expr {
    date.lower(site).cast(DataType::Int32).cast(DataType::Int64)
}

fn integer_arithmetic(operator: Arithmetic, left: Expr, right: Expr, site: &Site) -> Expr {
    match operator {
        Arithmetic::Add => kernels::integers(left, right, "+", site, i64::checked_add),
        Arithmetic::Subtract => kernels::integers(left, right, "-", site, i64::checked_sub),
        Arithmetic::Multiply => kernels::integers(left, right, "*", site, i64::checked_mul),
        Arithmetic::Divide | Arithmetic::Modulo => kernels::integers(left, right, "%", site, i64::checked_rem),
    }
}

fn compare(comparison: Comparison, left: &Typed, right: &Typed, site: &Site) -> Expr {
    let decimals = matches!(left.ty, Type::Decimal { .. }) && matches!(right.ty, Type::Decimal { .. });
    if decimals && !left.is_null_literal() && !right.is_null_literal() {
        let (left_exact, right_exact) = (left.exact(site), right.exact(site));
        let test = match comparison {
            Comparison::Equal | Comparison::Same => Ordering::is_eq,
            Comparison::NotEqual => Ordering::is_ne,
            Comparison::Less => Ordering::is_lt,
            Comparison::LessOrEqual => Ordering::is_le,
            Comparison::Greater => Ordering::is_gt,
            Comparison::GreaterOrEqual => Ordering::is_ge,
        };
        let result = left_exact.compare(&right_exact, test);
        if comparison != Comparison::Same {
            return result;
        }
        let both_null = left.lower(site).is_null().and(right.lower(site).is_null());
        return both_null.or(result.fill_null(lit(false)));
    }
    let (left, right) = (left.lower(site), right.lower(site));
    match comparison {
        Comparison::Equal => left.eq(right),
        Comparison::NotEqual => left.neq(right),
        Comparison::Less => left.lt(right),
        Comparison::LessOrEqual => left.lt_eq(right),
        Comparison::Greater => left.gt(right),
        Comparison::GreaterOrEqual => left.gt_eq(right),
        Comparison::Same => left.eq_missing(right),
    }
}

/// Sum, null for no values; integers are summed as exact decimals and must fit 64 bits again.
fn sum(argument: &Typed, site: &Site) -> Expr {
    match &argument.ty {
        Type::Decimal { precision, .. } => exact::sum(&argument.exact(site), *precision).expr(),
        Type::Integer => {
            let total = exact::sum(&argument.exact(site), 19).expr();
            cast::lower(total, &Type::Decimal { precision: 38, scale: 0 }, &Type::Integer, false, site)
        }
        _ => argument.lower(site).sum(),
    }
}

fn average(argument: &Typed, ty: &Type, site: &Site) -> Expr {
    let Type::Decimal { scale, .. } = ty else { return argument.lower(site).mean() };
    let precision = crate::expr::coerce::decimal_shape(&argument.ty).map_or(38, |(precision, _)| precision);
    let total = exact::sum(&argument.exact(site), precision);
    let count = argument.lower(site).count().cast(DataType::Int64);
    // No values: null total over one, which stays null.
    let count = when(count.clone().eq(kernels::integer(0))).then(kernels::integer(1)).otherwise(count);
    total.over(&Exact::from_integer(count, site), *scale).expr()
}
