//! Columns of order lines: the canonical names, those the user says instead, and the VAT columns that `vat` left.

use indexmap::IndexMap;

use crate::context::BindCx;
use crate::diag::{Code, Diagnostic, Place, Text, did_you_mean};
use crate::domain::types::{Schema, Type};

/// What a column must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Want {
    Text,
    /// Text, or an integer that is taken as text.
    Code,
    Number,
    Day,
}

use Want::{Code as Id, Day, Number, Text as Word};

/// Canonical columns of order lines; required ones are marked.
const COLUMNS: &[(&str, Want, bool)] = &[
    ("order", Id, true),
    ("line", Id, true),
    ("supply_date", Day, true),
    ("event", Word, false),
    ("line_kind", Word, false),
    ("product_kind", Word, false),
    ("quantity", Number, false),
    ("gross", Number, false),
    ("net", Number, false),
    ("unit_gross", Number, false),
    ("unit_net", Number, false),
    ("discount", Number, false),
    ("total", Number, false),
    ("buyer", Id, false),
    ("shipment", Id, false),
    ("ddt_number", Id, false),
    ("refund", Id, false),
    ("refund_date", Day, false),
    ("original", Id, false),
    ("original_line", Id, false),
    ("original_date", Day, false),
    ("original_number", Word, false),
];

/// VAT columns without the prefix; required ones are marked.
const TREATMENT: &[(&str, Want, bool)] = &[
    ("document", Word, true),
    ("register", Word, true),
    ("tipo_documento", Word, true),
    ("rate", Number, true),
    ("scheme", Word, false),
    ("country", Word, false),
    ("natura", Word, false),
    ("rate_category", Word, false),
    ("rates", Word, false),
    ("codice_destinatario", Word, false),
    ("intrastat", Word, false),
    ("bollo", Word, false),
    ("legal_ref", Word, false),
    ("confidence", Word, false),
    ("warning", Word, false),
    ("territory", Word, false),
    ("trace", Word, false),
    ("consultation", Word, false),
];

/// VAT columns that make two treatments different; the others go with them.
pub(super) const DECISIVE: [&str; 7] =
    ["document", "register", "tipo_documento", "rate", "scheme", "country", "natura"];

/// A column of the table and its type.
pub(super) type Column = (String, Type);

/// Where each datum stands.
#[derive(Clone, Debug, Default)]
pub(super) struct Columns {
    order: IndexMap<&'static str, Column>,
    /// The VAT columns, whole names: what a line takes over from the goods or the original.
    pub(super) treatment: Vec<Column>,
    prefix: String,
}

impl Columns {
    /// The column of a canonical name.
    #[must_use]
    pub(super) fn get(&self, canonical: &str) -> Option<&Column> {
        self.order.get(canonical)
    }

    /// The name of the column of a canonical name.
    #[must_use]
    pub(super) fn name(&self, canonical: &str) -> Option<&str> {
        self.get(canonical).map(|(name, _)| name.as_str())
    }

    /// A VAT column, by its name without the prefix.
    #[must_use]
    pub(super) fn vat(&self, word: &str) -> Option<&Column> {
        let name = self.vat_name(word);
        self.treatment.iter().find(|(column, _)| *column == name)
    }

    /// The whole name of a VAT column.
    #[must_use]
    pub(super) fn vat_name(&self, word: &str) -> String {
        format!("{}_{word}", self.prefix)
    }

    /// Whether amounts are without VAT.
    #[must_use]
    pub(super) fn is_net(&self) -> bool {
        self.get("net").is_some() || self.get("unit_net").is_some()
    }
}

/// Finds the columns; reports what is missing or of the wrong type.
#[must_use]
pub(super) fn bind_columns(written: &IndexMap<Text, Text>, prefix: &Text, input: &Schema, cx: &BindCx) -> Columns {
    report_unknown(written, cx);
    let mut columns = Columns { prefix: prefix.as_str().to_owned(), ..Columns::default() };
    for (canonical, want, required) in COLUMNS {
        let given = written.get(*canonical);
        if given.is_some_and(|column| !cx.require_column(input, column)) {
            continue;
        }
        let name = given.map_or(*canonical, Text::as_str);
        let place = given.map_or(Place::NONE, Text::place);
        match input.get(name) {
            Some(ty) if fits(ty, *want) => drop(columns.order.insert(canonical, (name.to_owned(), ty.clone()))),
            Some(ty) => wrong_type(name, canonical, ty, *want, place, cx),
            None if *required => missing(canonical, input, cx),
            None => {}
        }
    }
    bind_treatment(&mut columns, prefix, input, cx);
    check_amounts(&mut columns, written, input, cx);
    columns
}

fn report_unknown(written: &IndexMap<Text, Text>, cx: &BindCx) {
    let known = || COLUMNS.iter().map(|(name, ..)| *name);
    for name in written.keys().filter(|name| known().all(|canonical| canonical != name.as_str())) {
        let message = format!("`{name}` is not a column of an order line");
        let mut problem = Diagnostic::error(Code::UnknownKey, name.place(), message);
        if let Some(help) = did_you_mean(name, known()) {
            problem = problem.help(help);
        }
        cx.report(problem.help(format!("canonical columns: {}", known().collect::<Vec<_>>().join(", "))));
    }
}

fn bind_treatment(columns: &mut Columns, prefix: &Text, input: &Schema, cx: &BindCx) {
    let mut missing = Vec::new();
    for (word, want, required) in TREATMENT {
        let name = columns.vat_name(word);
        match input.get(&name) {
            Some(ty) if fits(ty, *want) => columns.treatment.push((name, ty.clone())),
            Some(ty) => wrong_type(&name, word, ty, *want, prefix.place(), cx),
            None if *required => missing.push(format!("`{name}`")),
            None => {}
        }
    }
    if !missing.is_empty() {
        let message = format!("`documents` of table `{}` needs the columns of `vat`: {}", cx.node, missing.join(", "));
        let help = "put a `vat` step before it; when that has another `prefix`, say it here: `vat: <prefix>`";
        cx.report(Diagnostic::error(Code::ColumnMissing, prefix.place(), message).help(help));
    }
}

/// Amounts with VAT or without it, not both. A column that is only there by its name gives way to one that was said.
fn check_amounts(columns: &mut Columns, written: &IndexMap<Text, Text>, input: &Schema, cx: &BindCx) {
    const GROSS: [&str; 2] = ["gross", "unit_gross"];
    const NET: [&str; 2] = ["net", "unit_net"];
    let said = |family: [&str; 2]| family.iter().any(|name| written.contains_key(*name));
    if said(GROSS) && said(NET) {
        let place = NET.iter().find_map(|name| written.get(*name)).map_or(Place::NONE, Text::place);
        let problem = Diagnostic::error(Code::BadValue, place, "amounts with and without VAT are both given");
        cx.report(
            problem
                .help("keep one: what buyers pay (`gross`, `unit_gross`), or prices without VAT (`net`, `unit_net`)"),
        );
    }
    let has_gross = GROSS.iter().any(|name| columns.get(name).is_some());
    let unwanted = if said(NET) || !has_gross { GROSS } else { NET };
    columns.order.retain(|name, _| !unwanted.contains(name));
    let given = |name: &str| columns.get(name).is_some();
    let any = GROSS.into_iter().chain(NET).any(given);
    let whole = given("gross") || given("net");
    // What is wrong with a column that was named is said already.
    if !any && !said(GROSS) && !said(NET) {
        missing("gross", input, cx);
    } else if any && !whole && !given("quantity") {
        missing("quantity", input, cx);
    }
}

fn missing(canonical: &str, input: &Schema, cx: &BindCx) {
    let message = format!("`documents` of table `{}` needs a column `{canonical}`", cx.node);
    let known: Vec<&str> = input.names().collect();
    let help = format!("say which one it is: `columns: {{ {canonical}: … }}`; known columns: {}", known.join(", "));
    cx.report(Diagnostic::error(Code::ColumnMissing, Place::NONE, message).help(help));
}

fn wrong_type(name: &str, canonical: &str, ty: &Type, want: Want, place: Place, cx: &BindCx) {
    let expected = match want {
        Want::Text => "`text`",
        Want::Code => "`text` or `integer`",
        Want::Number => "an integer or a decimal",
        Want::Day => "`date` or `timestamp`",
    };
    let message = format!("column `{name}` ({canonical}) is `{ty}`, expected {expected}");
    cx.report(Diagnostic::error(Code::TypeMismatch, place, message));
}

fn fits(ty: &Type, want: Want) -> bool {
    match want {
        Want::Text => *ty == Type::Text,
        Want::Code => matches!(ty, Type::Text | Type::Integer),
        Want::Number => matches!(ty, Type::Integer | Type::Decimal { .. }),
        Want::Day => matches!(ty, Type::Date | Type::Timestamp),
    }
}
