//! `select`: the columns that go on, in order, as they are or worked out.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::context::BindCx;
use crate::diag::{Code, Diagnostic, Text};
use crate::domain::money::exact::Site;
use crate::domain::types::Schema;
use crate::expr::{self, Typed};
use crate::transforms::{BoundStep, Step, names};

/// Keeps the listed columns, in the order of the list, and nothing else.
///
/// Each entry is a column, or an expression with the name of its result.
///
/// ```yaml
/// - select: [sku, titolo, "prezzo * 1.22 AS prezzo_ivato"]
/// ```
///
/// It does not remove rows, not even equal ones: that is `dedupe`. A column that the list leaves out cannot be used
/// by the steps after.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Select(
    /// Columns and `expression AS name`.
    pub Vec<Text>,
);

impl Step for Select {
    fn bind(&self, input: &Schema, cx: &BindCx) -> Option<BoundStep> {
        if !names::is_filled(&self.0, "select", cx) {
            return None;
        }
        let entries: Vec<Option<(Text, Typed)>> = self.0.iter().map(|entry| bind_entry(entry, input, cx)).collect();
        let entries: Vec<(Text, Typed)> = entries.into_iter().collect::<Option<_>>()?;
        let new_names: Vec<Text> = entries.iter().map(|(name, _)| name.clone()).collect();
        if !names::once(&new_names, cx) {
            return None;
        }
        let schema = entries.iter().map(|(name, value)| (name.to_string(), value.ty().clone())).collect();
        Some(BoundStep::keeps(schema, move |frame, cx| {
            let site = Site::from(cx.site.as_str());
            let columns = entries.iter().map(|(name, value)| value.lower(&site).alias(name.as_str()));
            Ok(frame.select(columns.collect::<Vec<_>>()))
        }))
    }
}

/// The name and the value of one entry.
fn bind_entry(entry: &Text, input: &Schema, cx: &BindCx) -> Option<(Text, Typed)> {
    if input.contains(entry.as_str()) {
        return Some((entry.clone(), expr::bind(&quoted(entry), input, cx)?));
    }
    let Some(split) = alias_at(entry) else { return bind_unnamed(entry, input, cx) };
    let name = alias_of(entry, split);
    let is_allowed = names::is_allowed(&name, cx);
    let value = expr::bind(&without_alias(entry, split), input, cx)?;
    is_allowed.then_some((name, value))
}

/// An entry without `AS`: a column that is written between quotes, or a mistake.
fn bind_unnamed(entry: &Text, input: &Schema, cx: &BindCx) -> Option<(Text, Typed)> {
    if let Some(inner) = entry.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        let name = Text::new(inner.replace("\"\"", "\""), entry.place());
        return Some((name, expr::bind(entry, input, cx)?));
    }
    if entry.chars().all(|letter| letter.is_alphanumeric() || letter == '_') {
        cx.require_column(input, entry);
        return None;
    }
    let message = format!("`{entry}` is no column, and as an expression it lacks a name");
    cx.report(Diagnostic::error(Code::BadValue, entry.place(), message).help(format!("write `{entry} AS name`")));
    None
}

/// A column name as an expression.
fn quoted(name: &Text) -> Text {
    Text::new(format!("\"{}\"", name.replace('"', "\"\"")), name.place())
}

/// Where the last ` AS ` outside quotes and brackets begins, as the offset of its first letter.
fn alias_at(entry: &str) -> Option<usize> {
    let (mut depth, mut quote, mut found) = (0_usize, None, None);
    for (offset, byte) in entry.bytes().enumerate() {
        match (quote, byte) {
            (Some(open), _) if byte == open => quote = None,
            (None, b'\'' | b'"') => quote = Some(byte),
            (None, b'(') => depth += 1,
            (None, b')') => depth = depth.saturating_sub(1),
            (None, b'a' | b'A') if depth == 0 && is_as(entry, offset) => found = Some(offset),
            _ => {}
        }
    }
    found
}

fn is_as(entry: &str, offset: usize) -> bool {
    let bytes = entry.as_bytes();
    let blank = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_whitespace);
    blank(offset.checked_sub(1))
        && bytes[offset..].len() > 2
        && bytes[offset + 1].eq_ignore_ascii_case(&b's')
        && blank(Some(offset + 2))
}

fn alias_of(entry: &Text, split: usize) -> Text {
    let written = &entry[split + 2..];
    let name = written.trim();
    let start = split + 2 + (written.len() - written.trim_start().len());
    let place = entry.inside(start, name.len());
    let plain = name.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    Text::new(plain.map_or_else(|| name.to_owned(), |inner| inner.replace("\"\"", "\"")), place)
}

/// The entry with blanks in the place of its alias, so that every offset still points into the source.
fn without_alias(entry: &Text, split: usize) -> Text {
    let blank = format!("{}{}", &entry[..split], " ".repeat(entry.len() - split));
    Text::from_numbers(blank, &entry.to_numbers())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::types::Type;
    use crate::transforms::testing::{Desk, at, frame, schema, step};

    fn input() -> Schema {
        schema(&[("sku", Type::Text), ("prezzo netto", Type::MONEY), ("qty", Type::Integer)])
    }

    #[test]
    fn columns_and_expressions_in_the_order_of_the_list() {
        let select: Select = step(json!([
            "qty",
            "\"prezzo netto\" * 2 AS doppio",
            "prezzo netto",
            "CAST(qty AS TEXT) as \"la qta\"",
            "\"sku\""
        ]));
        let outcome = Desk::default().run(&select, &input(), vec![frame(&input(), &["A|1.50|3", "B|-|4"])]);
        assert_eq!(outcome.rows(), ["3|3.00|1.50|3|A", "4|-|-|4|B"]);
        let bound = Desk::default().bind(&select, &input());
        assert_eq!(bound.schema.names().collect::<Vec<_>>(), ["qty", "doppio", "prezzo netto", "la qta", "sku"]);
    }

    #[test]
    fn mistakes_are_reported_together() {
        let select = Select(vec![
            at("skuu", 0),
            at("qty + 1", 10),
            at("qtty + 1 AS n", 20),
            at("qty", 40),
            at("sku AS qty", 50),
        ]);
        let found = Desk::default().refuses(&select, &input());
        assert_eq!(
            found,
            [
                "0 unknown-column: unknown column `skuu`",
                "10 bad-value: `qty + 1` is no column, and as an expression it lacks a name",
                "20 unknown-column: unknown column `qtty`",
            ]
        );
        let twice = Select(vec![at("qty", 40), at("sku AS qty", 50)]);
        assert_eq!(Desk::default().refuses(&twice, &input()), ["50 duplicate-column: column `qty` is named twice"]);
    }

    #[test]
    fn the_alias_is_the_last_as_outside_quotes_and_brackets() {
        let cases = [
            ("a AS b", Some(2)),
            ("CAST(a AS text)", None),
            ("CAST(a AS text) As t", Some(16)),
            ("' AS ' || a", None),
            ("\"x AS y\"", None),
            ("basic", None),
            ("a AS", None),
        ];
        for (entry, expected) in cases {
            assert_eq!(alias_at(entry), expected, "{entry}");
        }
    }
}
