//! Separated values.

use crate::loads::feed::row::Row;

/// Writes separated values.
#[derive(Clone, Debug)]
pub struct CsvRender {
    /// What stands between two values.
    pub delimiter: u8,
    /// Whether values may be put between quotes; else what would need them becomes a blank.
    pub quotes: bool,
    /// Whether every value is put between quotes.
    pub always_quote: bool,
    /// The names of the first line, when there is one.
    pub header: Option<Vec<String>>,
    /// How a line ends.
    pub line_end: Vec<u8>,
    /// The fields in order, and what stands between several values of one.
    pub columns: Vec<(usize, Vec<u8>)>,
}

impl CsvRender {
    /// Appends the header.
    pub fn begin(&self, out: &mut Vec<u8>) {
        let Some(header) = &self.header else { return };
        for (index, name) in header.iter().enumerate() {
            self.value(index, name.as_bytes(), out);
        }
        out.extend_from_slice(&self.line_end);
    }

    /// Appends a row.
    pub fn row(&self, row: &Row, out: &mut Vec<u8>) {
        for (index, (field, separator)) in self.columns.iter().enumerate() {
            if row.count(*field) > 1 {
                let texts: Vec<&[u8]> = row.texts(*field).collect();
                self.value(index, &texts.join(separator.as_slice()), out);
            } else {
                self.value(index, row.text(*field).unwrap_or_default(), out);
            }
        }
        out.extend_from_slice(&self.line_end);
    }

    fn value(&self, index: usize, text: &[u8], out: &mut Vec<u8>) {
        if index > 0 {
            out.push(self.delimiter);
        }
        let special = self.is_special(text);
        if !self.quotes {
            if special {
                out.extend(text.iter().map(|byte| if self.breaks_line(*byte) { b' ' } else { *byte }));
            } else {
                out.extend_from_slice(text);
            }
        } else if special || self.always_quote {
            quoted(text, out);
        } else {
            out.extend_from_slice(text);
        }
    }

    fn is_special(&self, text: &[u8]) -> bool {
        memchr::memchr3(self.delimiter, b'"', b'\n', text).is_some() || memchr::memchr(b'\r', text).is_some()
    }

    /// Without quotes a quote is a character like any other.
    fn breaks_line(&self, byte: u8) -> bool {
        byte == self.delimiter || byte == b'\n' || byte == b'\r'
    }
}

fn quoted(text: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'"', rest) {
        out.extend_from_slice(&rest[..=at]);
        out.push(b'"');
        rest = &rest[at + 1..];
    }
    out.extend_from_slice(rest);
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(render: &CsvRender, values: &[&str]) -> String {
        let mut row = Row::new(values.len());
        for (index, value) in values.iter().enumerate() {
            let slot = row.own(value.as_bytes());
            row.set(index, slot);
        }
        let mut out = Vec::new();
        render.row(&row, &mut out);
        String::from_utf8(out).unwrap()
    }

    fn render(delimiter: u8, quotes: bool) -> CsvRender {
        let columns = (0..3).map(|field| (field, b",".to_vec())).collect();
        CsvRender { delimiter, quotes, always_quote: false, header: None, line_end: b"\n".to_vec(), columns }
    }

    #[test]
    fn values_are_quoted_where_needed_or_made_plain() {
        assert_eq!(line(&render(b';', true), &["a", "b;c", "\"d\"\ne"]), "a;\"b;c\";\"\"\"d\"\"\ne\"\n");
        assert_eq!(line(&render(b'|', false), &["a|b", "c\r\nd", "5\" tv"]), "a b|c  d|5\" tv\n");
    }

    #[test]
    fn several_values_are_joined() {
        let mut row = Row::new(3);
        let start = row.begin_list();
        row.push_list(b"x");
        row.push_list(b"y");
        let slot = row.end_list(start, 9);
        row.set(1, slot);
        let mut out = Vec::new();
        render(b';', true).row(&row, &mut out);
        assert_eq!(out, b";x,y;\n");
    }
}
