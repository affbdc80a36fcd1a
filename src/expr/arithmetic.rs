//! Typing of arithmetic: which scale a sum, a product, a quotient has.
//!
//! A sum keeps the larger scale, a product has the sum of both, a quotient at least twelve decimals. Integers stay
//! integers under `+ - * %`; `/` always gives a decimal, because half an article is half an article.

use sqlparser::ast::BinaryOperator;

use crate::diag::{Code, Diagnostic, Place};
use crate::domain::money::{Decimal, MAX_DIGITS};
use crate::domain::types::Type;
use crate::expr::coerce::{self, decimal_shape};
use crate::expr::typed::{Arithmetic, Kind, Literal, Typed};

/// A quotient has at least so many decimals.
pub const QUOTIENT_DECIMALS: u8 = 12;

type Bound = Result<Typed, Box<Diagnostic>>;

/// Types `left op right`.
///
/// # Errors
/// Operands that do not mix, or a product with more than 38 decimals.
pub fn bind(op: &BinaryOperator, left: Typed, right: Typed, place: Place) -> Bound {
    let operator = match op {
        BinaryOperator::Plus => Arithmetic::Add,
        BinaryOperator::Minus => Arithmetic::Subtract,
        BinaryOperator::Multiply => Arithmetic::Multiply,
        BinaryOperator::Divide => Arithmetic::Divide,
        _ => Arithmetic::Modulo,
    };
    if let Some(typed) = dates(operator, &left, &right, place) {
        return Ok(typed);
    }
    match (&left.ty, &right.ty) {
        (Type::Integer, Type::Integer) if operator != Arithmetic::Divide => {
            Ok(node(operator, left, right, Type::Integer, place))
        }
        (Type::Float, Type::Float | Type::Integer) | (Type::Integer, Type::Float) => {
            floats(operator, left, right, place)
        }
        _ => match (decimal_shape(&left.ty), decimal_shape(&right.ty)) {
            (Some(left_shape), Some(right_shape)) => {
                let ty = decimal_result(operator, left_shape, right_shape)
                    .ok_or_else(|| too_many(left_shape, right_shape, place))?;
                let left = decimal(left, left_shape);
                let right = decimal(right, right_shape);
                Ok(node(operator, left, right, ty, place))
            }
            _ => Err(mismatch(op, &left, &right, place)),
        },
    }
}

/// The type of a decimal operation; `None` when the product would have more than 38 decimals.
#[must_use]
pub fn decimal_result(operator: Arithmetic, left: (u8, u8), right: (u8, u8)) -> Option<Type> {
    let (left_whole, right_whole) = (left.0 - left.1, right.0 - right.1);
    let (precision, scale) = match operator {
        Arithmetic::Add | Arithmetic::Subtract | Arithmetic::Modulo => {
            let scale = left.1.max(right.1);
            (left_whole.max(right_whole) + scale + 1, scale)
        }
        Arithmetic::Multiply => (left.0 + right.0, left.1 + right.1),
        Arithmetic::Divide => (MAX_DIGITS, QUOTIENT_DECIMALS.max(left.1).max(right.1)),
    };
    (scale <= MAX_DIGITS).then(|| Type::Decimal { precision: precision.min(MAX_DIGITS), scale })
}

/// An integer becomes a decimal without decimals; its constant stays a constant.
fn decimal(value: Typed, (precision, scale): (u8, u8)) -> Typed {
    if value.ty != Type::Integer {
        return value;
    }
    let (ty, place) = (Type::Decimal { precision, scale }, value.place);
    match value.kind {
        Kind::Literal(Literal::Integer(number)) => {
            Typed::new(Kind::Literal(Literal::Decimal(Decimal::new(i128::from(number), 0))), ty, place)
        }
        kind => Typed::new(Kind::Cast(Box::new(Typed::new(kind, Type::Integer, place)), false), ty, place),
    }
}

fn node(operator: Arithmetic, left: Typed, right: Typed, ty: Type, place: Place) -> Typed {
    Typed::new(Kind::Arithmetic(operator, Box::new(left), Box::new(right)), ty, place)
}

fn floats(operator: Arithmetic, left: Typed, right: Typed, place: Place) -> Bound {
    let (left, right) = (coerce::to(left, &Type::Float)?, coerce::to(right, &Type::Float)?);
    Ok(node(operator, left, right, Type::Float, place))
}

fn dates(operator: Arithmetic, left: &Typed, right: &Typed, place: Place) -> Option<Typed> {
    let (left, right) = (left.clone(), right.clone());
    match (operator, &left.ty, &right.ty) {
        (Arithmetic::Add, Type::Date, Type::Integer) => {
            Some(Typed::new(Kind::AddDays(Box::new(left), Box::new(right)), Type::Date, place))
        }
        (Arithmetic::Subtract, Type::Date, Type::Integer) => {
            Some(Typed::new(Kind::AddDays(Box::new(left), Box::new(negate(right, place))), Type::Date, place))
        }
        (Arithmetic::Subtract, Type::Date, Type::Date) => {
            Some(Typed::new(Kind::DaysBetween(Box::new(left), Box::new(right)), Type::Integer, place))
        }
        _ => None,
    }
}

/// The value with the opposite sign; constants are folded.
#[must_use]
pub fn negate(value: Typed, place: Place) -> Typed {
    let ty = value.ty.clone();
    let kind = match value.kind {
        Kind::Literal(Literal::Integer(number)) => Kind::Literal(Literal::Integer(number.wrapping_neg())),
        Kind::Literal(Literal::Decimal(number)) => Kind::Literal(Literal::Decimal(-number)),
        _ => Kind::Negate(Box::new(value)),
    };
    Typed::new(kind, ty, place)
}

/// `a || b`: both must be texts.
///
/// # Errors
/// An operand that is no text.
pub fn concat(left: Typed, right: Typed, place: Place) -> Bound {
    if left.ty == Type::Text && right.ty == Type::Text {
        let missing = crate::expr::functions::Function::Concat;
        let either_null = Kind::Or(
            Box::new(Typed::new(Kind::IsNull(Box::new(left.clone())), Type::Bool, place)),
            Box::new(Typed::new(Kind::IsNull(Box::new(right.clone())), Type::Bool, place)),
        );
        let joined = Typed::new(Kind::Call(missing, vec![left, right]), Type::Text, place);
        let null = Typed::new(Kind::Literal(Literal::Null), Type::Text, place);
        let condition = Typed::new(either_null, Type::Bool, place);
        return Ok(Typed::new(Kind::Case(vec![(condition, null)], Box::new(joined)), Type::Text, place));
    }
    let message = format!("`||` joins texts, but these are `{}` and `{}`", left.ty, right.ty);
    Err(Box::new(
        Diagnostic::error(Code::TypeMismatch, place, message)
            .help("CAST the other one: `CAST(x AS TEXT)`, or use CONCAT(a, b)"),
    ))
}

fn too_many(left: (u8, u8), right: (u8, u8), place: Place) -> Box<Diagnostic> {
    let message = format!("the product would have {} decimals, but at most {MAX_DIGITS} fit", left.1 + right.1);
    Box::new(Diagnostic::error(Code::DecimalOverflow, place, message).help("ROUND one of the factors first"))
}

fn mismatch(op: &BinaryOperator, left: &Typed, right: &Typed, place: Place) -> Box<Diagnostic> {
    let message = format!("`{op}` needs two numbers, but these are `{}` and `{}`", left.ty, right.ty);
    let help = if left.ty == Type::Float || right.ty == Type::Float {
        "a float is not exact: CAST(x AS DECIMAL(18,6)) says how many decimals it should have"
    } else {
        "declare the column's type under `columns:`, or CAST(x AS DECIMAL(18,2))"
    };
    Box::new(Diagnostic::error(Code::TypeMismatch, place, message).help(help))
}
