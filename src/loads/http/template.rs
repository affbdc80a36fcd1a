//! Addresses with values of rows in them.

use crate::context::BindCx;
use crate::diag::{Code, Diagnostic, Text};
use crate::domain::types::{Schema, Type};
use crate::io::http::is_address;
use crate::loads::format::cells::{Cell, Table};
use crate::loads::format::lexeme;

/// A checked address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UrlTemplate {
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Literal(String),
    Column(String),
}

impl UrlTemplate {
    /// Reads an address, reporting every problem.
    pub fn parse(url: &Text, input: &Schema, cx: &BindCx) -> Option<Self> {
        let before = cx.reported();
        if !is_address(&url.replace(['{', '}'], "x")) {
            let message = format!("`{url}` is not an address");
            cx.report(
                Diagnostic::error(Code::BadValue, url.place(), message).help("as in `https://example.com/api/orders`"),
            );
        }
        let pieces = pieces(url);
        for piece in &pieces {
            let Piece::Column(name) = piece else { continue };
            let at = url.as_str().find(&format!("{{{name}}}")).unwrap_or(0);
            let name = Text::new(name.clone(), url.inside(at + 1, name.len()));
            if cx.require_column(input, &name)
                && input.get(name.as_str()).is_some_and(|ty| ty.is_nested() || *ty == Type::Float)
            {
                cx.error(
                    Code::TypeMismatch,
                    &name,
                    format!("`{name}` cannot be part of an address: it is no single value"),
                );
            }
        }
        (cx.reported() == before).then_some(Self { pieces })
    }

    /// Names of the columns in an address.
    #[must_use]
    pub fn columns_of(url: &Text) -> Vec<String> {
        let columns = pieces(url).into_iter().filter_map(|piece| match piece {
            Piece::Column(name) => Some(name),
            Piece::Literal(_) => None,
        });
        columns.collect()
    }

    /// Whether a column is in it.
    #[must_use]
    pub fn has_columns(&self) -> bool {
        self.pieces.iter().any(|piece| matches!(piece, Piece::Column(_)))
    }

    /// The address as it was written.
    #[must_use]
    pub fn written(&self) -> String {
        let pieces = self.pieces.iter().map(|piece| match piece {
            Piece::Literal(text) => text.clone(),
            Piece::Column(name) => format!("{{{name}}}"),
        });
        pieces.collect()
    }

    /// The address of a row.
    #[must_use]
    pub fn of_row(&self, table: &Table, row: usize) -> String {
        let mut url = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Literal(text) => url.push_str(text),
                Piece::Column(name) => {
                    let index = table.names.iter().position(|known| known == name);
                    let cell = index.map_or(Cell::Null, |index| table.cells[index].get(row));
                    escape(&plain(cell), &mut url);
                }
            }
        }
        url
    }
}

fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, after)) = after.split_once('}') else { break };
        if !before.is_empty() {
            pieces.push(Piece::Literal(before.to_owned()));
        }
        pieces.push(Piece::Column(name.to_owned()));
        rest = after;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Literal(rest.to_owned()));
    }
    pieces
}

/// A single value as text.
#[must_use]
pub fn plain(cell: Cell<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    match cell {
        Cell::Text(text) => out.extend_from_slice(text.as_bytes()),
        Cell::Integer(value) => lexeme::write_integer(value, &mut out),
        Cell::Decimal(mantissa, scale) => lexeme::write_decimal(mantissa, scale, b'.', &mut out),
        Cell::Bool(value) => out.extend_from_slice(if value { b"true" } else { b"false" }),
        Cell::Date(days) => lexeme::write_date(days, &mut out),
        Cell::Timestamp(micros) => lexeme::write_timestamp(micros, &mut out),
        Cell::Null | Cell::Float(_) | Cell::Nested(..) => {}
    }
    out
}

/// Everything but letters, digits and `-._~` as `%XX`, so that a value is one part of a path or query.
fn escape(value: &[u8], out: &mut String) {
    use std::fmt::Write as _;
    for byte in value {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(*byte)),
            other => {
                let _ = write!(out, "%{other:02X}");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::loads::format::testing::sample;

    #[test]
    fn values_are_escaped_and_stay_one_part() {
        let (frame, types) = sample();
        let table = Table::new(&frame, &types).unwrap();
        let template = UrlTemplate { pieces: pieces("https://x.example/p/{sku}?prezzo={prezzo}&dal={dal}") };
        assert_eq!(template.of_row(&table, 0), "https://x.example/p/001?prezzo=12.50&dal=2026-11-24");
        assert_eq!(template.of_row(&table, 1), "https://x.example/p/%3D1%3Bx?prezzo=-0.05&dal=");
        assert_eq!(template.written(), "https://x.example/p/{sku}?prezzo={prezzo}&dal={dal}");
    }
}
