//! Columns of the document lines: the canonical names, and those the user says instead.

use indexmap::IndexMap;

use crate::context::BindCx;
use crate::diag::{Code, Diagnostic, Place, Text, did_you_mean};
use crate::domain::types::{Schema, Type};

/// What a column must be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Want {
    Text,
    Number,
    Date,
}

/// Canonical columns; required ones are marked.
const COLUMNS: &[(&str, Want, bool)] = &[
    ("order", Want::Text, true),
    ("order_date", Want::Date, false),
    ("document_type", Want::Text, false),
    ("document_date", Want::Date, false),
    ("linked_number", Want::Text, false),
    ("linked_date", Want::Date, false),
    ("ddt_number", Want::Text, false),
    ("ddt_date", Want::Date, false),
    ("causale", Want::Text, false),
    ("buyer_kind", Want::Text, true),
    ("company", Want::Text, false),
    ("first_name", Want::Text, false),
    ("last_name", Want::Text, false),
    ("vat_number", Want::Text, false),
    ("codice_fiscale", Want::Text, false),
    ("sdi_code", Want::Text, false),
    ("pec", Want::Text, false),
    ("address", Want::Text, true),
    ("postcode", Want::Text, true),
    ("city", Want::Text, true),
    ("province", Want::Text, false),
    ("country", Want::Text, true),
    ("payment_method", Want::Text, false),
    ("cig", Want::Text, false),
    ("cup", Want::Text, false),
    ("line_kind", Want::Text, false),
    ("sku", Want::Text, false),
    ("description", Want::Text, true),
    ("quantity", Want::Number, true),
    ("unit_gross", Want::Number, false),
    ("unit_net", Want::Number, false),
    ("line_net", Want::Number, false),
    ("line_gross", Want::Number, false),
    ("vat_rate", Want::Number, true),
    ("natura", Want::Text, false),
    ("legal_ref", Want::Text, false),
];

/// Canonical name to column of the table.
#[derive(Clone, Debug, Default)]
pub struct Bound(IndexMap<&'static str, String>);

impl Bound {
    /// The table's column for a canonical name; `None` when there is none.
    #[must_use]
    pub fn get(&self, canonical: &str) -> Option<&str> {
        self.0.get(canonical).map(String::as_str)
    }
}

/// Finds the columns; reports those that are missing or of the wrong type.
#[must_use]
pub fn bind_columns(written: &IndexMap<Text, Text>, input: &Schema, dated: bool, cx: &BindCx) -> Bound {
    for name in written.keys() {
        if !COLUMNS.iter().any(|(canonical, ..)| *canonical == name.as_str()) {
            let canonical = || COLUMNS.iter().map(|(name, ..)| *name);
            let mut problem = Diagnostic::error(
                Code::UnknownKey,
                name.place(),
                format!("`{name}` is not a column of an invoice line"),
            );
            if let Some(help) = did_you_mean(name, canonical()) {
                problem = problem.help(help);
            }
            cx.report(problem.help(format!("canonical columns: {}", canonical().collect::<Vec<_>>().join(", "))));
        }
    }
    let mut bound = Bound::default();
    for (canonical, want, required) in COLUMNS {
        let required = *required || (*canonical == "document_date" && !dated);
        let given = written.get(*canonical);
        if given.is_some_and(|column| !cx.require_column(input, column)) {
            continue;
        }
        let column = given.map_or(*canonical, Text::as_str);
        let place = given.map_or(Place::NONE, Text::place);
        match input.get(column) {
            Some(ty) if fits(ty, *want) => drop(bound.0.insert(canonical, column.to_owned())),
            Some(ty) => {
                let message = format!("column `{column}` ({canonical}) is `{ty}`, expected {}", expected(*want));
                cx.report(Diagnostic::error(Code::TypeMismatch, place, message));
            }
            None if required => {
                let message = format!("the invoice load `{}` needs a column `{canonical}`", cx.node);
                let known: Vec<&str> = input.names().collect();
                let help = format!(
                    "say which one it is: `columns: {{ {canonical}: … }}`; known columns: {}",
                    known.join(", ")
                );
                cx.report(Diagnostic::error(Code::ColumnMissing, place, message).help(help));
            }
            None => {}
        }
    }
    if written.get("unit_gross").is_none() && bound.get("unit_gross").is_none() && bound.get("unit_net").is_none() {
        let message =
            format!("the invoice load `{}` needs a column `unit_gross`, or `unit_net` for prices without VAT", cx.node);
        let known: Vec<&str> = input.names().collect();
        let help = format!("say which one it is: `columns: {{ unit_gross: … }}`; known columns: {}", known.join(", "));
        cx.report(Diagnostic::error(Code::ColumnMissing, Place::NONE, message).help(help));
    }
    if let (Some(gross), Some(net)) = (bound.get("unit_gross"), bound.get("unit_net")) {
        let message = format!("both `unit_gross` (`{gross}`) and `unit_net` (`{net}`) are given");
        let place = written.get("unit_net").map_or(Place::NONE, Text::place);
        cx.report(Diagnostic::error(Code::BadValue, place, message).help("keep one: prices with VAT, or without"));
    }
    bound
}

fn fits(ty: &Type, want: Want) -> bool {
    match want {
        Want::Text => *ty == Type::Text,
        Want::Number => matches!(ty, Type::Integer | Type::Decimal { .. }),
        Want::Date => *ty == Type::Date,
    }
}

fn expected(want: Want) -> &'static str {
    match want {
        Want::Text => "`text`",
        Want::Number => "an integer or a decimal",
        Want::Date => "`date`",
    }
}
