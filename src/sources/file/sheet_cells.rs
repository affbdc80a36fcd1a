//! Cells of a sheet as text, and ranges of cells.
//!
//! A number in a cell is a float with about fifteen good digits; it is written out with those, without exponent, so that a
//! code of digits is itself again and a price computed by a formula does not drag its rounding noise along.

use calamine::{Data, DataType as _};

use crate::domain::types::{ColumnType, TradeType, Type};

/// What a cell holds, for a column.
#[derive(Clone, Debug, PartialEq)]
pub enum CellText {
    /// Nothing.
    Empty,
    /// Text as somebody typed it: in the conventions of the format.
    Typed(String),
    /// A number, date or truth value, in plain form.
    Stored(String),
    /// An error such as `#N/A`.
    Error(String),
}

/// The text of a cell for a column of that type.
#[must_use]
pub fn text_of(cell: &Data, ty: &ColumnType) -> CellText {
    match cell {
        Data::Empty => CellText::Empty,
        Data::String(text) => CellText::Typed(text.clone()),
        Data::Int(number) => CellText::Stored(number.to_string()),
        Data::Float(number) => CellText::Stored(number_text(*number, ty)),
        Data::Bool(truth) => CellText::Stored(truth.to_string()),
        Data::DateTime(_) => CellText::Stored(date_text(cell, ty)),
        Data::DateTimeIso(text) | Data::DurationIso(text) => CellText::Stored(text.clone()),
        Data::Error(error) => CellText::Error(error.to_string()),
    }
}

/// A number without exponent. A barcode that has visibly lost its last digits keeps the exponent, so that it is recognised.
fn number_text(number: f64, ty: &ColumnType) -> String {
    if ty.trade() == Some(TradeType::Gtin) && has_lost_digits(number) {
        return format!("{number:E}").replace('E', "E+");
    }
    let rounded: f64 = format!("{number:.14e}").parse().unwrap_or(number);
    format!("{rounded}")
}

/// Whether a number of barcode size ends in so many zeros that it was shown, and copied, as `4.00638E+12`.
fn has_lost_digits(number: f64) -> bool {
    number >= 1e12 && number.fract() == 0.0 && (number / 1e5).fract() == 0.0
}

/// A date, with its time when it has one or the column wants it; a time or duration as its number of days.
fn date_text(cell: &Data, ty: &ColumnType) -> String {
    let Some(instant) = cell.as_datetime() else {
        return cell.as_f64().map(|days| number_text(days, ty)).unwrap_or_default();
    };
    let is_midnight = instant.time() == chrono::NaiveTime::MIN;
    match ty.base() {
        Type::Timestamp => instant.format("%Y-%m-%dT%H:%M:%S%.f").to_string(),
        _ if is_midnight => instant.format("%Y-%m-%d").to_string(),
        Type::Date => instant.format("%Y-%m-%d").to_string(),
        _ => instant.format("%Y-%m-%d %H:%M:%S").to_string(),
    }
}

/// Part of a sheet: first and last row and column, from 0, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Area {
    /// First row.
    pub first_row: u32,
    /// Last row.
    pub last_row: u32,
    /// First column.
    pub first_column: u32,
    /// Last column.
    pub last_column: u32,
}

impl Area {
    /// All of a sheet.
    pub const ALL: Self = Self { first_row: 0, last_row: u32::MAX, first_column: 0, last_column: u32::MAX };

    /// Reads `B3:F200`, `B:F` or `3:200`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (from, to) = text.trim().split_once(':')?;
        let ((from_column, from_row), (to_column, to_row)) = (corner(from)?, corner(to)?);
        let same_kind = from_column.is_some() == to_column.is_some() && from_row.is_some() == to_row.is_some();
        let area = Self {
            first_row: from_row.unwrap_or(0),
            last_row: to_row.unwrap_or(u32::MAX),
            first_column: from_column.unwrap_or(0),
            last_column: to_column.unwrap_or(u32::MAX),
        };
        let in_order = area.first_row <= area.last_row && area.first_column <= area.last_column;
        (same_kind && in_order).then_some(area)
    }
}

/// Column and row of `B3`, `B` or `3`.
fn corner(text: &str) -> Option<(Option<u32>, Option<u32>)> {
    let text = text.trim().replace('$', "");
    let letters = text.bytes().take_while(u8::is_ascii_alphabetic).count();
    let (column, row) = text.split_at(letters);
    if text.is_empty() || column.len() > 3 {
        return None;
    }
    let number = |byte: u8| u32::from(byte.to_ascii_uppercase() - b'A') + 1;
    let column = (!column.is_empty()).then(|| column.bytes().fold(0, |sum, byte| sum * 26 + number(byte)) - 1);
    let row = if row.is_empty() { None } else { Some(row.parse::<u32>().ok()?.checked_sub(1)?) };
    Some((column, row))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_out() {
        let cases = [
            ("text", 4_006_381_333_931.0, "4006381333931"),
            ("gtin", 4_006_381_333_931.0, "4006381333931"),
            ("gtin", 4_006_380_000_000.0, "4.00638E+12"),
            ("text", 4_006_380_000_000.0, "4006380000000"),
            ("money", 0.1 + 0.2, "0.3"),
            ("money", 13.579_500_000_000_001, "13.5795"),
            ("text", 12.0, "12"),
            ("money", -1e-7, "-0.0000001"),
            ("quantity", 1e21, "1000000000000000000000"),
        ];
        for (ty, number, expected) in cases {
            assert_eq!(
                text_of(&Data::Float(number), &ty.parse().unwrap()),
                CellText::Stored(expected.to_owned()),
                "{ty} {number}"
            );
        }
    }

    #[test]
    fn areas_are_read() {
        let area = |first_row, last_row, first_column, last_column| {
            Some(Area { first_row, last_row, first_column, last_column })
        };
        let cases = [
            ("B3:F200", area(2, 199, 1, 5)),
            ("b:f", area(0, u32::MAX, 1, 5)),
            ("3:200", area(2, 199, 0, u32::MAX)),
            ("$A$1:AA2", area(0, 1, 0, 26)),
            ("B3", None),
            ("B3:F", None),
            ("F1:B2", None),
            ("B0:F1", None),
            ("ABCD1:F2", None),
        ];
        for (text, expected) in cases {
            assert_eq!(Area::parse(text), expected, "{text}");
        }
    }
}
