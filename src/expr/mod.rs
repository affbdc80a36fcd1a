//! SQL expressions: parsed with places, typed against a schema, lowered to Polars with exact decimals.
//!
//! The text is parsed by `sqlparser`; types and columns are resolved at check time, so that an unknown column, an
//! unknown function or a text compared with a number is an error before anything runs. Decimals follow their own rules
//! (see [`crate::domain::money::exact`]): no float ever touches them.

pub mod arithmetic;
pub mod bind;
pub mod call;
pub mod cast;
pub mod coerce;
pub mod functions;
pub mod interval;
pub mod kernels;
pub mod literal;
pub mod lower;
pub mod lower_call;
pub mod parse;
pub mod scope;
pub mod typed;

pub use typed::Typed;

use polars::prelude::{Expr, PlSmallStr};

use crate::context::BindCx;
use crate::diag::{Code, Diagnostic, Text};
use crate::domain::types::{Schema, Type};

/// A column as a Polars expression; a name like `*` or `^a.*$` is no pattern here.
#[must_use]
pub fn column(name: &str) -> Expr {
    Expr::Column(PlSmallStr::from_str(name))
}

/// Binds an expression over the rows of a table. Problems are reported with their place inside the text.
pub fn bind(text: &Text, schema: &Schema, cx: &BindCx) -> Option<Typed> {
    bind::Binder::rows(text, schema, cx).expression()
}

/// Binds a condition: an expression that must be a `bool`.
pub fn bind_predicate(text: &Text, schema: &Schema, cx: &BindCx) -> Option<Typed> {
    let typed = bind(text, schema, cx)?;
    if typed.ty == Type::Bool {
        return Some(typed);
    }
    let message = format!("a condition is a `bool`, but this is `{}`", typed.ty);
    cx.report(
        Diagnostic::error(Code::TypeMismatch, text.place(), message)
            .help("compare it with something, as in `qty > 0` or `ean IS NOT NULL`"),
    );
    None
}

/// Binds an expression of an aggregation: columns stand inside `SUM`, `COUNT`, `MIN`, `MAX`, `AVG`, `FIRST`, `LAST`,
/// `STRING_AGG`, `BOOL_AND`, `BOOL_OR`.
pub fn bind_aggregate(text: &Text, schema: &Schema, cx: &BindCx) -> Option<Typed> {
    bind::Binder::groups(text, schema, cx).expression()
}

#[cfg(test)]
mod tests;
