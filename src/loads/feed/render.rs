//! The file of a feed: RSS 2.0 or CSV, from the fields of a row.

use crate::loads::feed::channel::FieldKind;
use crate::loads::feed::field::{Field, Value};
use crate::loads::format::csv::CsvFormat;
use crate::loads::format::xml::{close, escape, open};

/// Writes the rows of a feed.
pub enum Render {
    /// RSS 2.0.
    Rss(Rss),
    /// CSV.
    Csv(Box<CsvFormat>),
}

/// An RSS 2.0 feed with its fields in a namespace.
pub struct Rss {
    /// Prefix of the fields.
    pub prefix: String,
    /// Namespace of the prefix.
    pub namespace: String,
    /// Name of the shop.
    pub title: String,
    /// Address of the shop.
    pub link: String,
    /// What the shop sells.
    pub description: String,
    /// Country of the feed, for shipping.
    pub country: String,
}

impl Render {
    /// Appends what stands before the first row.
    pub fn begin(&self, out: &mut Vec<u8>) {
        match self {
            Self::Csv(format) => crate::loads::format::row::RowFormat::begin(format.as_ref(), out),
            Self::Rss(rss) => {
                out.extend_from_slice(b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\" xmlns:");
                out.extend_from_slice(rss.prefix.as_bytes());
                out.extend_from_slice(b"=\"");
                escape(&rss.namespace, true, out);
                out.extend_from_slice(b"\">\n<channel>\n");
                for (name, text) in [("title", &rss.title), ("link", &rss.link), ("description", &rss.description)] {
                    element(name, text, out);
                    out.push(b'\n');
                }
            }
        }
    }

    /// Appends a row.
    pub fn row(&self, fields: &[Field], values: &[Value], out: &mut Vec<u8>) {
        match self {
            Self::Csv(format) => {
                let texts = values.iter().map(|value| value.texts.first().map_or("", String::as_str));
                // UTF-8 with quotes where needed can hold every text.
                let _ = format.line(texts, out);
            }
            Self::Rss(rss) => {
                out.extend_from_slice(b"<item>");
                for (field, value) in fields.iter().zip(values) {
                    let name = format!("{}:{}", rss.prefix, field.name);
                    for text in &value.texts {
                        rss.field(&name, field.spec.kind, text, out);
                    }
                }
                out.extend_from_slice(b"</item>\n");
            }
        }
    }

    /// Appends what stands after the last row.
    pub fn end(&self, out: &mut Vec<u8>) {
        if matches!(self, Self::Rss(_)) {
            out.extend_from_slice(b"</channel>\n</rss>\n");
        }
    }
}

impl Rss {
    fn field(&self, name: &str, kind: FieldKind, text: &str, out: &mut Vec<u8>) {
        if kind != FieldKind::Shipping {
            element(name, text, out);
            return;
        }
        open(name, out);
        element(&format!("{}:country", self.prefix), &self.country, out);
        element(&format!("{}:price", self.prefix), text, out);
        close(name, out);
    }
}

fn element(name: &str, text: &str, out: &mut Vec<u8>) {
    open(name, out);
    escape(text, false, out);
    close(name, out);
}
