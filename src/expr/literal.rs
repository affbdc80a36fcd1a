//! Constants: literals of the text, and parameters.

use sqlparser::ast;

use crate::diag::{Code, Place, did_you_mean};
use crate::domain::calendar::{DateFormat, parse_date, parse_timestamp};
use crate::domain::money::{Decimal, MAX_DIGITS, NumberFormat, parse};
use crate::domain::types::Type;
use crate::expr::bind::{Binder, Bound};
use crate::expr::coerce;
use crate::expr::typed::{Kind, Literal, Typed};

impl Binder<'_> {
    pub(super) fn literal(&self, value: &ast::Value, place: Place) -> Bound {
        let literal = |literal, ty| Ok(Typed::new(Kind::Literal(literal), ty, place));
        match value {
            ast::Value::Null => literal(Literal::Null, Type::Text),
            ast::Value::Boolean(value) => literal(Literal::Bool(*value), Type::Bool),
            ast::Value::SingleQuotedString(text) => literal(Literal::Text(text.clone()), Type::Text),
            ast::Value::Number(lexeme, _) => self.number(lexeme, place),
            ast::Value::Placeholder(name) => self.parameter(name.trim_start_matches([':', '$']), place),
            other => Err(self.fail(Code::Unsupported, place, format!("`{other}` is not supported"), |d| {
                d.help("texts stand in single quotes")
            })),
        }
    }

    fn number(&self, lexeme: &str, place: Place) -> Bound {
        if let Ok(integer) = lexeme.parse::<i64>() {
            return Ok(Typed::new(Kind::Literal(Literal::Integer(integer)), Type::Integer, place));
        }
        let (mantissa, scale) = parse::parse_written(lexeme.as_bytes(), NumberFormat::PLAIN).map_err(|error| {
            self.fail(Code::BadValue, place, format!("`{lexeme}` is not a number raccordo can hold: {error}"), |d| d)
        })?;
        Ok(decimal_literal(Decimal::new(mantissa, scale), place))
    }

    fn parameter(&self, name: &str, place: Place) -> Bound {
        let Some(param) = self.cx().params.get(name) else {
            return Err(self.fail(Code::ParamUnknown, place, format!("unknown parameter `{name}`"), |mut d| {
                if let Some(help) = did_you_mean(name, self.cx().params.names()) {
                    d = d.help(help);
                }
                d.help("declare it under `params:`")
            }));
        };
        let bad = || self.fail(Code::ParamBadValue, place, format!("`{}` is not a `{}`", param.value, param.ty), |d| d);
        let kind = match &param.ty {
            Type::Integer => Literal::Integer(param.value.parse().map_err(|_| bad())?),
            Type::Bool => Literal::Bool(param.value.parse().map_err(|_| bad())?),
            Type::Date => Literal::Date(parse_date(param.value.as_bytes(), DateFormat::Iso).map_err(|_| bad())?),
            Type::Timestamp => Literal::Timestamp(parse_timestamp(param.value.as_bytes(), None).map_err(|_| bad())?),
            Type::Decimal { scale, .. } => {
                let mantissa =
                    parse::parse_decimal(param.value.as_bytes(), *scale, NumberFormat::PLAIN).map_err(|_| bad())?;
                Literal::Decimal(Decimal::new(mantissa, *scale))
            }
            _ => Literal::Text(param.value.clone()),
        };
        Ok(Typed::new(Kind::Literal(kind), param.ty.clone(), place))
    }

    pub(super) fn typed_string(&self, typed: &ast::TypedString, place: Place) -> Bound {
        let text = typed.value.value.clone().into_string().unwrap_or_default();
        let value = Typed::new(Kind::Literal(Literal::Text(text)), Type::Text, place);
        match typed.data_type {
            ast::DataType::Date => coerce::to(value, &Type::Date).map_err(Box::new),
            ast::DataType::Timestamp(..) | ast::DataType::Datetime(_) => {
                coerce::to(value, &Type::Timestamp).map_err(Box::new)
            }
            _ => Err(self.fail(Code::Unsupported, place, "only `DATE '…'` and `TIMESTAMP '…'` are supported", |d| d)),
        }
    }
}

/// A decimal constant with the digits it has.
#[must_use]
pub fn decimal_literal(value: Decimal, place: Place) -> Typed {
    let digits = u8::try_from(value.mantissa.unsigned_abs().to_string().len()).unwrap_or(MAX_DIGITS);
    let ty = Type::Decimal { precision: digits.max(value.scale.max(1)).min(MAX_DIGITS), scale: value.scale };
    Typed::new(Kind::Literal(Literal::Decimal(value)), ty, place)
}
