//! JSON (one array of objects) and JSON Lines (one object per line).

use schemars::JsonSchema;
use serde::Deserialize;

use crate::loads::format::cells::{Cell, Cells, Table};
use crate::loads::format::lexeme;
use crate::loads::format::row::{Problem, RowFormat};

/// A JSON file: one array with an object per row (`json`), or an object per line (`jsonl`).
///
/// Decimals are numbers with exactly their digits (`12.50`), dates `"2026-11-23"`, timestamps
/// `"2026-11-23T08:15:00Z"`. A floating point value that is no number is `null`.
///
/// ```yaml
/// format: { jsonl: { decimals: string } }
/// ```
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct JsonOptions {
    /// How decimals are written. Default: `number`. A reader that takes numbers for floating point loses digits; write
    /// `string` for it.
    pub decimals: JsonDecimals,
    /// What happens to nulls. Default: `keep`.
    pub nulls: JsonNulls,
    /// Whether a column named `a.b.c` is a value inside objects: `{"a":{"b":{"c":…}}}`. Columns of one object stand
    /// side by side. Default: `false`.
    pub nest: bool,
    /// Whether the file is the one row of the table as an object, without an array; more rows are rejected. Only for
    /// `json`. Default: `false`.
    pub single: bool,
}

/// How decimals are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum JsonDecimals {
    /// `12.50`.
    #[default]
    Number,
    /// `"12.50"`.
    String,
}

/// What happens to nulls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum JsonNulls {
    /// `"ean": null`.
    #[default]
    Keep,
    /// The key is left out.
    Omit,
}

/// Checked options: the keys are escaped once.
#[derive(Clone, Debug)]
pub struct JsonFormat {
    options: JsonOptions,
    keys: Vec<Key>,
    array: bool,
}

/// The key of a column, and the objects it stands in, all escaped.
#[derive(Clone, Debug)]
struct Key {
    parents: Vec<Vec<u8>>,
    name: Vec<u8>,
}

impl Key {
    fn new(name: &str, nest: bool) -> Self {
        let parts: Vec<&str> = if nest { name.split('.').collect() } else { vec![name] };
        let mut escaped: Vec<Vec<u8>> = parts.into_iter().map(escaped).collect();
        let name = escaped.pop().unwrap_or_default();
        Self { parents: escaped, name }
    }
}

fn escaped(name: &str) -> Vec<u8> {
    let mut key = Vec::new();
    write_string(name, &mut key);
    key.push(b':');
    key
}

/// Leaves the objects of one column and enters those of the next; begins with a comma where one is due.
fn change_object(open: &[Vec<u8>], wanted: &[Vec<u8>], out: &mut Vec<u8>) {
    let common = open.iter().zip(wanted).take_while(|(open, wanted)| open == wanted).count();
    out.extend(std::iter::repeat_n(b'}', open.len() - common));
    if out.last() != Some(&b'{') {
        out.push(b',');
    }
    for parent in &wanted[common..] {
        out.extend_from_slice(parent);
        out.push(b'{');
    }
}

impl JsonFormat {
    /// The format for columns of these names; `array` for one array, else one object per line.
    #[must_use]
    pub fn new<'a>(options: JsonOptions, names: impl Iterator<Item = &'a str>, array: bool) -> Self {
        let keys = names.map(|name| Key::new(name, options.nest));
        Self { options, keys: keys.collect(), array: array && !options.single }
    }
}

impl RowFormat for JsonFormat {
    fn begin(&self, out: &mut Vec<u8>) {
        if self.array {
            out.extend_from_slice(b"[");
        }
    }

    fn row(&self, table: &Table, row: usize, out: &mut Vec<u8>) -> Result<(), Problem> {
        out.push(b'{');
        let mut open: &[Vec<u8>] = &[];
        for (key, cells) in self.keys.iter().zip(&table.cells) {
            let cell = cells.get(row);
            if matches!(cell, Cell::Null) && self.options.nulls == JsonNulls::Omit {
                continue;
            }
            change_object(open, &key.parents, out);
            open = &key.parents;
            out.extend_from_slice(&key.name);
            write_value(cell, self.options, out);
        }
        out.extend(std::iter::repeat_n(b'}', open.len() + 1));
        if !self.array {
            out.push(b'\n');
        }
        Ok(())
    }

    fn most_rows(&self) -> Option<u64> {
        self.options.single.then_some(1)
    }

    fn separator(&self) -> &'static [u8] {
        if self.array { b",\n" } else { b"" }
    }

    fn end(&self, _rows: u64, out: &mut Vec<u8>) {
        if self.array {
            out.extend_from_slice(b"]\n");
        }
    }
}

/// Appends a cell as a JSON value.
pub fn write_value(cell: Cell<'_>, options: JsonOptions, out: &mut Vec<u8>) {
    match cell {
        Cell::Null => out.extend_from_slice(b"null"),
        Cell::Text(text) => write_string(text, out),
        Cell::Integer(value) => lexeme::write_integer(value, out),
        Cell::Decimal(mantissa, scale) if options.decimals == JsonDecimals::String => {
            quoted(out, |out| lexeme::write_decimal(mantissa, scale, b'.', out));
        }
        Cell::Decimal(mantissa, scale) => lexeme::write_decimal(mantissa, scale, b'.', out),
        Cell::Float(value) => {
            if !lexeme::write_float(value, b'.', out) {
                out.extend_from_slice(b"null");
            }
        }
        Cell::Bool(value) => out.extend_from_slice(if value { b"true" } else { b"false" }),
        Cell::Date(days) => quoted(out, |out| lexeme::write_date(days, out)),
        Cell::Timestamp(micros) => quoted(out, |out| lexeme::write_timestamp(micros, out)),
        Cell::Nested(cells, row) => write_nested(cells, row, options, out),
    }
}

fn write_nested(cells: &Cells, row: usize, options: JsonOptions, out: &mut Vec<u8>) {
    if let Cells::Struct(fields, _) = cells {
        let mut open = b'{';
        for (name, field) in fields {
            let cell = field.get(row);
            if matches!(cell, Cell::Null) && options.nulls == JsonNulls::Omit {
                continue;
            }
            out.push(open);
            open = b',';
            write_string(name, out);
            out.push(b':');
            write_value(cell, options, out);
        }
        out.extend_from_slice(if open == b'{' { b"{}" } else { b"}" });
        return;
    }
    let Some((items, length)) = cells.list(row) else {
        out.extend_from_slice(b"null");
        return;
    };
    out.push(b'[');
    for item in 0..length {
        if item > 0 {
            out.push(b',');
        }
        write_value(items.get(item), options, out);
    }
    out.push(b']');
}

fn quoted(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    out.push(b'"');
    write(out);
    out.push(b'"');
}

/// How a byte is written inside a string: 0 as it is, `u` as `\u00XX`, else after a backslash.
const ESCAPES: [u8; 256] = escapes();

const fn escapes() -> [u8; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 0x20 {
        table[byte] = b'u';
        byte += 1;
    }
    table[0x08] = b'b';
    table[0x09] = b't';
    table[0x0a] = b'n';
    table[0x0c] = b'f';
    table[0x0d] = b'r';
    table[b'"' as usize] = b'"';
    table[b'\\' as usize] = b'\\';
    table
}

/// Appends a text as a JSON string.
pub fn write_string(text: &str, out: &mut Vec<u8>) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let bytes = text.as_bytes();
    out.reserve(bytes.len() + 2);
    out.push(b'"');
    let mut copied = 0;
    for (at, byte) in bytes.iter().enumerate() {
        let escape = ESCAPES[usize::from(*byte)];
        if escape == 0 {
            continue;
        }
        out.extend_from_slice(&bytes[copied..at]);
        copied = at + 1;
        if escape == b'u' {
            out.extend_from_slice(b"\\u00");
            out.extend_from_slice(&[HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
        } else {
            out.extend_from_slice(&[b'\\', escape]);
        }
    }
    out.extend_from_slice(&bytes[copied..]);
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::loads::format::testing::{render, sample};

    #[test]
    fn strings_are_escaped_as_an_ordinary_parser_reads_them() {
        let all: String = (0..0x80).map(char::from_u32).map(Option::unwrap).chain("è€😀".chars()).collect();
        for text in ["", "a", "\"", "a\\b", "riga\nriga", "\u{1}", all.as_str()] {
            let mut out = Vec::new();
            write_string(text, &mut out);
            assert_eq!(serde_json::from_slice::<String>(&out).unwrap(), text);
        }
    }

    #[test]
    fn rows_are_objects_with_exact_numbers() {
        let (batch, types) = sample();
        let names = || types.iter().map(|(name, _)| name.as_str());
        let lines = JsonFormat::new(JsonOptions::default(), names(), false);
        assert_eq!(
            render(&lines, &batch, &types),
            "{\"sku\":\"001\",\"prezzo\":12.50,\"qty\":3,\"attivo\":true,\"dal\":\"2026-11-24\",\"tag\":[\"a\",\"b\\\"\"]}\n\
             {\"sku\":\"=1;x\",\"prezzo\":-0.05,\"qty\":null,\"attivo\":false,\"dal\":null,\"tag\":null}\n"
        );
        let options = JsonOptions { decimals: JsonDecimals::String, nulls: JsonNulls::Omit, ..JsonOptions::default() };
        let array = JsonFormat::new(options, names(), true);
        assert_eq!(
            render(&array, &batch, &types),
            "[{\"sku\":\"001\",\"prezzo\":\"12.50\",\"qty\":3,\"attivo\":true,\"dal\":\"2026-11-24\",\"tag\":[\"a\",\"b\\\"\"]},\n\
             {\"sku\":\"=1;x\",\"prezzo\":\"-0.05\",\"attivo\":false}]\n"
        );
        assert_eq!(render(&array, &batch.slice(0, 0), &types), "[]\n");
    }

    #[test]
    fn names_with_points_are_objects_in_objects() {
        let (batch, types) = sample();
        let options = JsonOptions { nest: true, single: true, nulls: JsonNulls::Omit, ..JsonOptions::default() };
        let names = ["sku", "canali.amazon.prezzo", "canali.amazon.qty", "canali.ebay.attivo", "scarti.dal", "tag"];
        let format = JsonFormat::new(options, names.into_iter(), true);
        assert_eq!(
            render(&format, &batch.slice(0, 1), &types),
            "{\"sku\":\"001\",\"canali\":{\"amazon\":{\"prezzo\":12.50,\"qty\":3},\"ebay\":{\"attivo\":true}},\
             \"scarti\":{\"dal\":\"2026-11-24\"},\"tag\":[\"a\",\"b\\\"\"]}\n"
        );
        assert_eq!(format.most_rows(), Some(1));
    }
}
