//! XML: one element per row, from a template of elements and attributes.

use std::borrow::Cow;
use std::fmt;

use indexmap::IndexMap;
use schemars::{JsonSchema, Schema as JsonSchemaValue, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};

use crate::context::BindCx;
use crate::diag::{Code, Diagnostic, Place, Placed, Text};
use crate::domain::types::{Schema, Type};
use crate::loads::format::cells::{Cell, Cells, Table};
use crate::loads::format::lexeme;
use crate::loads::format::row::{Problem, RowFormat};

/// An XML file: a root element with one element per row.
///
/// Without `elements`, each column becomes a child element of its own name. A list becomes one element per item, a
/// struct an element with its fields as children; null is no element.
///
/// ```yaml
/// format:
///   xml:
///     root: Products
///     record: Product
///     elements: { "@id": sku, Name: titolo, Price: { "@currency": valuta, ".": prezzo }, Images: { Image: immagini } }
/// ```
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct XmlOptions {
    /// Name of the outermost element.
    pub root: Text,
    /// Name of the element of a row.
    pub record: Text,
    /// What stands in the element of a row: `Name: column` is an element, `"@name": column` an attribute,
    /// `".": column` the text of the element itself, and a mapping is an element with such parts inside.
    #[serde(default)]
    pub elements: Option<IndexMap<String, Placed<XmlPart>>>,
    /// Namespaces by prefix, declared at the root: `{ g: "http://base.google.com/ns/1.0" }`. The prefix `xmlns` is the
    /// namespace of names without a prefix.
    #[serde(default)]
    pub namespaces: IndexMap<String, String>,
}

/// A part of the template: the name of a column, or a mapping of parts.
#[derive(Clone, Debug)]
pub enum XmlPart {
    /// The value of a column.
    Column(String),
    /// An element with parts of its own.
    Parts(IndexMap<String, Placed<XmlPart>>),
}

impl<'de> Deserialize<'de> for XmlPart {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PartVisitor)
    }
}

struct PartVisitor;

impl<'de> Visitor<'de> for PartVisitor {
    type Value = XmlPart;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the name of a column, or a mapping of elements and attributes")
    }

    fn visit_str<E>(self, column: &str) -> Result<XmlPart, E> {
        Ok(XmlPart::Column(column.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<XmlPart, A::Error> {
        let mut parts = IndexMap::new();
        while let Some((name, part)) = map.next_entry()? {
            parts.insert(name, part);
        }
        Ok(XmlPart::Parts(parts))
    }
}

impl JsonSchema for XmlPart {
    fn schema_name() -> Cow<'static, str> {
        "XmlPart".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> JsonSchemaValue {
        let part = generator.subschema_for::<Self>();
        json_schema!({
            "description": "The name of a column, or a mapping of elements and attributes.",
            "oneOf": [{ "type": "string" }, { "type": "object", "additionalProperties": part }]
        })
    }
}

/// Checked options.
#[derive(Clone, Debug)]
pub struct XmlFormat {
    opening: String,
    closing: String,
    record: Element,
}

#[derive(Clone, Debug, Default)]
struct Element {
    name: String,
    attributes: Vec<(String, usize)>,
    content: Vec<Content>,
}

#[derive(Clone, Debug)]
enum Content {
    Text(usize),
    Column(String, usize),
    Element(Element),
}

impl XmlOptions {
    /// Checks the options against the columns that are written, reporting every problem.
    #[must_use]
    pub fn bind(&self, columns: &[(String, Type)], cx: &BindCx) -> Option<XmlFormat> {
        let before = cx.reported();
        let mut binder =
            Binder { columns, schema: columns.iter().cloned().collect(), namespaces: &self.namespaces, cx };
        binder.name(self.root.as_str(), self.root.place());
        binder.name(self.record.as_str(), self.record.place());
        let mut record = match &self.elements {
            Some(parts) => binder.element(parts),
            None => binder.every_column(),
        };
        self.record.as_str().clone_into(&mut record.name);
        let opening = self.opening();
        (cx.reported() == before).then(|| XmlFormat {
            opening,
            closing: format!("</{}>\n", self.root.as_str()),
            record,
        })
    }

    fn opening(&self) -> String {
        let mut opening = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{}", self.root.as_str());
        for (prefix, uri) in &self.namespaces {
            let mut escaped = Vec::new();
            escape(uri, true, &mut escaped);
            let name = if prefix == "xmlns" { prefix.clone() } else { format!("xmlns:{prefix}") };
            for part in [" ", &name, "=\"", &String::from_utf8_lossy(&escaped), "\""] {
                opening.push_str(part);
            }
        }
        opening.push_str(">\n");
        opening
    }
}

struct Binder<'a> {
    columns: &'a [(String, Type)],
    schema: Schema,
    namespaces: &'a IndexMap<String, String>,
    cx: &'a BindCx<'a>,
}

impl Binder<'_> {
    fn element(&mut self, parts: &IndexMap<String, Placed<XmlPart>>) -> Element {
        let mut element = Element::default();
        for (key, part) in parts {
            match (key.strip_prefix('@'), &part.value) {
                (Some(attribute), XmlPart::Column(column)) => {
                    self.name(attribute, part.place);
                    if let Some(index) = self.scalar(column, part.place) {
                        element.attributes.push((attribute.to_owned(), index));
                    }
                }
                (Some(_), XmlPart::Parts(_)) => {
                    let message = format!("the attribute `{key}` needs the name of a column, not a mapping");
                    self.cx.report(Diagnostic::error(Code::WrongType, part.place, message));
                }
                (None, XmlPart::Column(column)) if key == "." => {
                    element.content.extend(self.scalar(column, part.place).map(Content::Text));
                }
                (None, XmlPart::Column(column)) => {
                    self.name(key, part.place);
                    let index = self.column(column, part.place);
                    element.content.extend(index.map(|index| Content::Column(key.clone(), index)));
                }
                (None, XmlPart::Parts(inner)) => {
                    self.name(key, part.place);
                    let inner = Element { name: key.clone(), ..self.element(inner) };
                    element.content.push(Content::Element(inner));
                }
            }
        }
        element
    }

    fn every_column(&mut self) -> Element {
        let columns = self.columns;
        for (name, _) in columns {
            self.name(name, Place::NONE);
        }
        let content = columns.iter().enumerate().map(|(index, (name, _))| Content::Column(name.clone(), index));
        Element { content: content.collect(), ..Element::default() }
    }

    fn column(&self, name: &str, place: Place) -> Option<usize> {
        let known = self.cx.require_column(&self.schema, &Text::new(name.to_owned(), place));
        known.then(|| self.columns.iter().position(|(column, _)| column == name)).flatten()
    }

    fn scalar(&self, name: &str, place: Place) -> Option<usize> {
        let index = self.column(name, place)?;
        let ty = &self.columns[index].1;
        if ty.is_nested() {
            let message = format!("`{name}` is a {ty}: an attribute or a text holds one value");
            self.cx.report(Diagnostic::error(Code::TypeMismatch, place, message));
            return None;
        }
        Some(index)
    }

    fn name(&self, name: &str, place: Place) {
        let (prefix, local) = name.split_once(':').map_or((None, name), |(prefix, local)| (Some(prefix), local));
        if !is_name(local) || prefix.is_some_and(|prefix| !is_name(prefix)) {
            let message = format!("`{name}` is not a name that XML allows");
            let help = "a name begins with a letter or `_` and goes on with letters, digits, `.`, `-` and `_`";
            self.cx.report(Diagnostic::error(Code::BadValue, place, message).help(help));
        } else if let Some(prefix) = prefix.filter(|prefix| *prefix != "xml" && !self.namespaces.contains_key(*prefix))
        {
            let message = format!("the prefix `{prefix}` of `{name}` is not declared");
            let help = format!("add it: `namespaces: {{ {prefix}: \"http://…\" }}`");
            self.cx.report(Diagnostic::error(Code::BadValue, place, message).help(help));
        }
    }
}

fn is_name(name: &str) -> bool {
    let mut characters = name.chars();
    characters.next().is_some_and(|first| first.is_alphabetic() || first == '_')
        && characters.all(|other| other.is_alphanumeric() || matches!(other, '.' | '-' | '_'))
}

impl RowFormat for XmlFormat {
    fn begin(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.opening.as_bytes());
    }

    fn row(&self, table: &Table, row: usize, out: &mut Vec<u8>) -> Result<(), Problem> {
        out.extend_from_slice(b"  ");
        write_element(&self.record, table, row, out);
        out.push(b'\n');
        Ok(())
    }

    fn end(&self, _rows: u64, out: &mut Vec<u8>) {
        out.extend_from_slice(self.closing.as_bytes());
    }
}

fn write_element(element: &Element, table: &Table, row: usize, out: &mut Vec<u8>) {
    out.push(b'<');
    out.extend_from_slice(element.name.as_bytes());
    for (name, column) in &element.attributes {
        let cell = table.cells[*column].get(row);
        if !matches!(cell, Cell::Null) {
            out.push(b' ');
            out.extend_from_slice(name.as_bytes());
            out.extend_from_slice(b"=\"");
            write_scalar(cell, true, out);
            out.push(b'"');
        }
    }
    out.push(b'>');
    for content in &element.content {
        match content {
            Content::Text(column) => write_scalar(table.cells[*column].get(row), false, out),
            Content::Column(name, column) => write_named(name, &table.cells[*column], row, out),
            Content::Element(inner) => write_element(inner, table, row, out),
        }
    }
    close(&element.name, out);
}

/// One element, one per item of a list, or none for null.
fn write_named(name: &str, cells: &Cells, row: usize, out: &mut Vec<u8>) {
    let cell = cells.get(row);
    if matches!(cell, Cell::Null) {
        return;
    }
    if let Some((items, length)) = cells.list(row) {
        (0..length).for_each(|item| write_named(name, &items, item, out));
        return;
    }
    open(name, out);
    if let Cells::Struct(fields, _) = cells {
        for (field, values) in fields {
            write_named(field, values, row, out);
        }
    } else {
        write_scalar(cell, false, out);
    }
    close(name, out);
}

/// Appends `<name>`.
pub fn open(name: &str, out: &mut Vec<u8>) {
    out.push(b'<');
    out.extend_from_slice(name.as_bytes());
    out.push(b'>');
}

/// Appends `</name>`.
pub fn close(name: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(b"</");
    out.extend_from_slice(name.as_bytes());
    out.push(b'>');
}

fn write_scalar(cell: Cell<'_>, attribute: bool, out: &mut Vec<u8>) {
    match cell {
        Cell::Null | Cell::Nested(..) => {}
        Cell::Text(text) => escape(text, attribute, out),
        Cell::Integer(value) => lexeme::write_integer(value, out),
        Cell::Decimal(mantissa, scale) => lexeme::write_decimal(mantissa, scale, b'.', out),
        Cell::Float(value) => {
            lexeme::write_float(value, b'.', out);
        }
        Cell::Bool(value) => out.extend_from_slice(if value { b"true" } else { b"false" }),
        Cell::Date(days) => lexeme::write_date(days, out),
        Cell::Timestamp(micros) => lexeme::write_timestamp(micros, out),
    }
}

/// Appends a text with what XML needs escaped; characters that XML 1.0 cannot hold become blanks.
pub fn escape(text: &str, attribute: bool, out: &mut Vec<u8>) {
    let bytes = text.as_bytes();
    let mut copied = 0;
    for (at, byte) in bytes.iter().enumerate() {
        let (replacement, length): (&[u8], usize) = match byte {
            b'<' => (b"&lt;", 1),
            b'>' => (b"&gt;", 1),
            b'&' => (b"&amp;", 1),
            b'"' if attribute => (b"&quot;", 1),
            b'\n' | b'\t' if !attribute => continue,
            b'\n' => (b"&#10;", 1),
            b'\t' => (b"&#9;", 1),
            b'\r' => (b"&#13;", 1),
            0..0x20 => (b" ", 1),
            // U+FFFE and U+FFFF are the only other ones in a well-formed text.
            0xef if matches!(bytes[at..], [_, 0xbf, 0xbe | 0xbf, ..]) => (b" ", 3),
            _ => continue,
        };
        out.extend_from_slice(&bytes[copied..at]);
        out.extend_from_slice(replacement);
        copied = at + length;
    }
    out.extend_from_slice(&bytes[copied..]);
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::context::{Params, Project};
    use crate::loads::format::testing::{render, sample};

    fn bind(json: &str) -> Result<XmlFormat, Vec<String>> {
        let options: XmlOptions = serde_json::from_str(json).unwrap();
        let (project, params, tables) = (Project::at("."), Params::default(), BTreeMap::new());
        let cx = BindCx::new(&project, &params, "x", &tables);
        let bound = options.bind(&sample().1, &cx);
        let messages: Vec<String> = cx.into_diagnostics().iter().map(|found| found.message.clone()).collect();
        bound.ok_or(messages)
    }

    #[test]
    fn a_template_of_elements_and_attributes() {
        let format = bind(
            r#"{"root":"P","record":"p","namespaces":{"g":"http://x/?a&b"},
                "elements":{"@id":"sku","g:price":{"@on":"attivo",".":"prezzo"},"tags":{"tag":"tag"},"qty":"qty"}}"#,
        );
        let (batch, types) = sample();
        assert_eq!(
            render(&format.unwrap(), &batch, &types),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<P xmlns:g=\"http://x/?a&amp;b\">\n\
             \u{20} <p id=\"001\"><g:price on=\"true\">12.50</g:price><tags><tag>a</tag><tag>b\"</tag></tags><qty>3</qty></p>\n\
             \u{20} <p id=\"=1;x\"><g:price on=\"false\">-0.05</g:price><tags></tags></p>\n</P>\n"
        );
    }

    #[test]
    fn columns_become_elements_without_a_template() {
        let (batch, types) = sample();
        let text = render(&bind(r#"{"root":"P","record":"p"}"#).unwrap(), &batch.slice(1, 1), &types);
        assert!(text.contains("<p><sku>=1;x</sku><prezzo>-0.05</prezzo><attivo>false</attivo></p>"), "{text}");
    }

    #[test]
    fn every_problem_of_a_template_is_reported() {
        let problems =
            bind(r#"{"root":"1P","record":"g:p","elements":{"@a":"skuu","b c":"sku",".":"tag","@x":{"y":"sku"}}}"#);
        let problems = problems.unwrap_err();
        let expected = [
            "`1P` is not",
            "prefix `g`",
            "unknown column `skuu`",
            "`b c` is not",
            "`tag` is a list<text>",
            "attribute `@x`",
        ];
        assert_eq!(problems.len(), expected.len(), "{problems:?}");
        for (problem, expected) in problems.iter().zip(expected) {
            assert!(problem.contains(expected), "{problem}");
        }
    }

    #[test]
    fn the_schema_of_a_template_is_recursive() {
        let schema = schemars::schema_for!(XmlOptions).to_value();
        let part = schema.pointer("/$defs/XmlPart/oneOf/1/additionalProperties/$ref");
        assert_eq!(part.and_then(|reference| reference.as_str()), Some("#/$defs/XmlPart"));
    }

    #[test]
    fn texts_are_escaped_as_an_ordinary_parser_reads_them() {
        let mut out = Vec::new();
        escape("a<b>&\"c\u{1}\u{ffff}\r\nè", false, &mut out);
        assert_eq!(String::from_utf8(out).unwrap(), "a&lt;b&gt;&amp;\"c  &#13;\nè");
        let mut out = Vec::new();
        escape("\"\n\t", true, &mut out);
        assert_eq!(out, b"&quot;&#10;&#9;");
    }
}
