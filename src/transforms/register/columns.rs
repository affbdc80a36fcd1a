//! Columns of the lines that `documents` gave, and those that the user names for a register.

use indexmap::IndexMap;
use polars::prelude::{DataType, Expr, lit, when};

use crate::context::BindCx;
use crate::diag::{Code, Diagnostic, Text, did_you_mean};
use crate::domain::documents::decide::no_text;
use crate::domain::money::exact::{Exact, Site};
use crate::domain::types::{Schema, Type};
use crate::transforms::names::column;

/// Columns that the user may name.
const NAMED: [&str; 5] = ["payment", "channel", "buyer", "dispatch", "product_kind"];

/// What `documents` gives and registers need.
const LINES: &[(&str, Type)] = &[
    ("kind", Type::Text),
    ("key", Type::Text),
    ("type", Type::Text),
    ("day", Type::Date),
    ("date", Type::Date),
    ("register", Type::Text),
    ("period", Type::Text),
    ("refund", Type::Bool),
    ("order", Type::Text),
    ("original_date", Type::Date),
    ("line_kind", Type::Text),
    ("gross", Type::MONEY),
    ("net", Type::MONEY),
    ("vat", Type::MONEY),
    ("paid", Type::MONEY),
];

/// VAT columns that registers need.
const TREATMENT: [&str; 3] = ["register", "country", "natura"];

/// Where each datum stands.
pub(super) struct Columns {
    named: IndexMap<String, (String, Type)>,
    prefix: String,
    vat: String,
    rate: Type,
    optional: Vec<String>,
}

impl Columns {
    /// A column of `documents`.
    pub(super) fn doc(&self, word: &str) -> Expr {
        column(&format!("{}_{word}", self.prefix))
    }

    /// An amount of `documents`.
    pub(super) fn amount(&self, word: &str, site: &Site) -> Exact {
        Exact::column(&format!("{}_{word}", self.prefix), 2, site)
    }

    /// A VAT column that is text; null where the table has none.
    pub(super) fn vat(&self, word: &str) -> Expr {
        let name = format!("{}_{word}", self.vat);
        let known = TREATMENT.contains(&word) || self.optional.contains(&name);
        if known { column(&name) } else { no_text() }
    }

    /// Whether the table has a VAT column.
    pub(super) fn has_vat(&self, word: &str) -> bool {
        self.optional.contains(&format!("{}_{word}", self.vat))
    }

    /// The rate in percent.
    pub(super) fn rate(&self) -> Expr {
        column(&format!("{}_rate", self.vat))
    }

    /// Type of the rate.
    pub(super) fn rate_type(&self) -> &Type {
        &self.rate
    }

    /// Decimals of the rate.
    pub(super) fn rate_scale(&self) -> u8 {
        match self.rate {
            Type::Decimal { scale, .. } => scale,
            _ => 0,
        }
    }

    /// A column of the name `name` as an exact rate.
    pub(super) fn exact_rate(&self, name: &str, site: &Site) -> Exact {
        match self.rate {
            Type::Decimal { scale, .. } => Exact::column(name, scale, site),
            _ => Exact::from_integer(column(name), site),
        }
    }

    /// A column that the user named.
    pub(super) fn given(&self, word: &str) -> Option<Expr> {
        self.named.get(word).map(|(name, ty)| {
            let value = column(name);
            if *ty == Type::Text { value } else { value.cast(DataType::String) }
        })
    }

    /// A column that the user named, or a text in its place.
    pub(super) fn given_or(&self, word: &str, absent: &str) -> Expr {
        let Some(value) = self.given(word) else { return lit(absent.to_owned()) };
        when(value.clone().is_null()).then(lit(absent.to_owned())).otherwise(value)
    }
}

/// Finds the columns; reports what is missing or of the wrong type.
pub(super) fn bind_columns(
    written: &IndexMap<Text, Text>,
    prefix: &Text,
    vat: &Text,
    input: &Schema,
    cx: &BindCx,
) -> Columns {
    let mut named = IndexMap::new();
    for (name, column) in written {
        if !NAMED.contains(&name.as_str()) {
            let mut problem =
                Diagnostic::error(Code::UnknownKey, name.place(), format!("`{name}` is not a column of a register"));
            if let Some(help) = did_you_mean(name, NAMED) {
                problem = problem.help(help);
            }
            cx.report(problem.help(format!("canonical columns: {}", NAMED.join(", "))));
        } else if cx.require_column(input, column) {
            match input.get(column.as_str()) {
                Some(ty @ (Type::Text | Type::Integer)) => {
                    drop(named.insert(name.to_string(), (column.to_string(), ty.clone())));
                }
                Some(ty) => cx.error(Code::TypeMismatch, column, format!("`{column}` is {ty}: text is needed")),
                None => {}
            }
        }
    }
    for name in NAMED.into_iter().filter(|name| !written.contains_key(*name)) {
        if let Some(ty @ (Type::Text | Type::Integer)) = input.get(name) {
            named.insert(name.to_owned(), (name.to_owned(), ty.clone()));
        }
    }
    check_lines(prefix, vat, input, cx);
    let rate = input.get(&format!("{vat}_rate")).cloned().unwrap_or(Type::PERCENT);
    let optional = ["intrastat", "bollo", "scheme"].map(|word| format!("{vat}_{word}"));
    let optional = optional.into_iter().filter(|name| input.get(name) == Some(&Type::Text)).collect();
    Columns { named, prefix: prefix.to_string(), vat: vat.to_string(), rate, optional }
}

fn check_lines(prefix: &Text, vat: &Text, input: &Schema, cx: &BindCx) {
    let treatment = TREATMENT.iter().map(|word| (format!("{vat}_{word}"), Type::Text));
    let wanted = LINES.iter().map(|(word, ty)| (format!("{prefix}_{word}"), ty.clone())).chain(treatment);
    let mut wrong: Vec<String> = wanted
        .filter_map(|(name, wanted)| match input.get(&name) {
            Some(found) if *found == wanted => None,
            Some(found) => Some(format!("`{name}` is {found}, expected {wanted}")),
            None => Some(format!("`{name}` is missing")),
        })
        .collect();
    let rate = format!("{vat}_rate");
    if !matches!(input.get(&rate), Some(Type::Decimal { .. } | Type::Integer)) {
        wrong.push(format!("`{rate}` is missing, or no exact number"));
    }
    if !wrong.is_empty() {
        let message = format!("`register` of table `{}` needs lines of `documents`: {}", cx.node, wrong.join(", "));
        let help = "put it after a `documents` step, or read what that step wrote; \
                    other prefixes are said by `prefix` and `vat`";
        cx.report(Diagnostic::error(Code::ColumnMissing, prefix.place(), message).help(help));
    }
}
