//! A row as the names of a template.

use crate::connect::Datum;
use crate::connect::datum::Scope;
use crate::loads::delivery::dispatch::{Dispatch, Page};
use crate::loads::format::cells::{Cell, Table};
use crate::loads::format::json::{self, JsonOptions};
use crate::loads::format::lexeme;

/// A row that is sent.
pub struct RowScope<'a> {
    /// The rows of the page.
    pub table: &'a Table,
    /// Position of the row.
    pub row: usize,
    /// Its key, for a person and for templates.
    pub key: String,
    /// The name that the platform gave to it.
    pub remote_id: Option<&'a str>,
    /// The same when the request is sent again.
    pub idempotency_key: String,
}

impl<'a> RowScope<'a> {
    /// The row of a page.
    #[must_use]
    pub fn new(page: &'a Page, row: usize, dispatch: &Dispatch<'_>, remote_id: Option<&'a str>) -> Self {
        let names = dispatch.keyed.key_names();
        let key = names.map(|name| value(&page.table, name, row).unwrap_or(Datum::Null).to_text());
        Self {
            table: &page.table,
            row,
            key: key.collect::<Vec<_>>().join("-"),
            remote_id,
            idempotency_key: page.idempotency_key(row, dispatch),
        }
    }

    /// All columns of the row.
    #[must_use]
    pub fn all(&self) -> Datum {
        let columns = self.table.names.iter().zip(&self.table.cells);
        Datum::Map(columns.map(|(name, cells)| (name.clone(), datum(cells.get(self.row)))).collect())
    }
}

impl Scope for RowScope<'_> {
    fn get(&self, name: &str) -> Option<Datum> {
        if let Some(found) = value(self.table, name, self.row) {
            return Some(found);
        }
        match name {
            "key" => Some(Datum::text(&self.key)),
            "remote_id" => Some(self.remote_id.map_or(Datum::Null, Datum::text)),
            "idempotency_key" => Some(Datum::text(&self.idempotency_key)),
            _ => None,
        }
    }
}

fn value(table: &Table, name: &str, row: usize) -> Option<Datum> {
    let index = table.names.iter().position(|known| known == name)?;
    Some(datum(table.cells[index].get(row)))
}

/// A cell as a value, with its digits.
#[must_use]
pub fn datum(cell: Cell<'_>) -> Datum {
    let mut out = Vec::new();
    match cell {
        Cell::Null => return Datum::Null,
        Cell::Text(text) => return Datum::text(text),
        Cell::Bool(value) => return Datum::Bool(value),
        Cell::Date(days) => return Datum::Date(days),
        Cell::Timestamp(micros) => return Datum::Timestamp(micros),
        Cell::Integer(value) => lexeme::write_integer(value, &mut out),
        Cell::Decimal(mantissa, scale) => lexeme::write_decimal(mantissa, scale, b'.', &mut out),
        Cell::Float(value) => {
            if !lexeme::write_float(value, b'.', &mut out) {
                return Datum::Null;
            }
        }
        Cell::Nested(..) => {
            json::write_value(cell, JsonOptions::default(), &mut out);
            return Datum::Json(String::from_utf8(out).unwrap_or_default());
        }
    }
    Datum::Number(String::from_utf8(out).unwrap_or_default())
}
