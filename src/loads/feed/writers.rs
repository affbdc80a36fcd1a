//! The writer of a channel made ready for the fields that take part.

use indexmap::IndexMap;

use crate::diag::Text;
use crate::domain::feeds::{Channel, CsvWriter, FieldKind, JsonWriter, Writer, XmlWriter};
use crate::loads::feed::check;
use crate::loads::feed::render::Render;
use crate::loads::feed::render::csv::CsvRender;
use crate::loads::feed::render::json::{JsonRender, Names};
use crate::loads::feed::render::xml::{Element, XmlRender, escape};
use crate::loads::feed::value::Field;

/// The fields that a writer writes; `None` for all of them.
#[must_use]
pub fn fields(writer: &Writer, channel: &Channel) -> Option<Vec<String>> {
    let names = |names: &Option<Vec<Text>>| names.as_ref().map(|names| names.iter().map(ToString::to_string).collect());
    match writer {
        Writer::Csv(csv) => names(&csv.fields),
        Writer::Xml(xml) => names(&xml.fields),
        Writer::Json(json) => {
            let mut named = check::fields_of(&json.row);
            named.extend(json.removed.iter().flat_map(check::fields_of));
            named.retain(|name| channel.fields.contains_key(name.as_str()));
            Some(named)
        }
    }
}

/// Makes a writer ready.
#[must_use]
pub fn render(writer: &Writer, fields: &[Field], settings: &IndexMap<String, Option<String>>) -> Render {
    match writer {
        Writer::Csv(csv) => Render::Csv(csv_render(csv, fields)),
        Writer::Xml(xml) => Render::Xml(xml_render(xml, fields, settings)),
        Writer::Json(json) => Render::Json(json_render(json, fields, settings)),
    }
}

/// Positions of the fields that are written, in the order of the writer.
fn order(names: Option<&Vec<Text>>, fields: &[Field]) -> Vec<usize> {
    match names {
        None => (0..fields.len()).filter(|at| !fields[*at].spec.hidden).collect(),
        Some(names) => {
            names.iter().filter_map(|name| fields.iter().position(|field| field.name == name.as_str())).collect()
        }
    }
}

fn written_name(field: &Field) -> &str {
    field.spec.name.as_deref().unwrap_or(&field.name)
}

fn csv_render(csv: &CsvWriter, fields: &[Field]) -> CsvRender {
    let order = order(csv.fields.as_ref(), fields);
    let names = || order.iter().map(|at| written_name(&fields[*at]).to_owned()).collect();
    let separator = |at: usize| fields[at].spec.separator.clone().unwrap_or_else(|| String::from(",")).into_bytes();
    CsvRender {
        delimiter: check::delimiter(&csv.delimiter).unwrap_or(b','),
        quotes: csv.quotes,
        always_quote: csv.always_quote,
        header: csv.header.then(names),
        line_end: csv.line_end.clone().into_bytes(),
        columns: order.iter().map(|at| (*at, separator(*at))).collect(),
    }
}

fn xml_render(xml: &XmlWriter, fields: &[Field], settings: &IndexMap<String, Option<String>>) -> XmlRender {
    let prefixed =
        |name: &str| xml.prefix.as_ref().map_or_else(|| name.to_owned(), |prefix| format!("{prefix}:{name}"));
    let country = settings.get("country").cloned().flatten().unwrap_or_default();
    let element = |at: usize| {
        let field = &fields[at];
        let name = prefixed(written_name(field));
        let (mut open, mut close) = (format!("<{name}>"), format!("</{name}>"));
        if field.spec.kind == FieldKind::Shipping {
            let (land, price) = (prefixed("country"), prefixed("price"));
            open = format!("{open}<{land}>{country}</{land}><{price}>");
            close = format!("</{price}>{close}");
        }
        Element { field: at, open: open.into_bytes(), close: close.into_bytes() }
    };
    let record = xml.record.as_str();
    XmlRender {
        head: xml_head(xml, settings),
        tail: xml.root.split('/').rev().flat_map(|name| format!("</{name}>\n").into_bytes()).collect(),
        open: format!("<{record}>").into_bytes(),
        close: format!("</{record}>\n").into_bytes(),
        elements: order(xml.fields.as_ref(), fields).into_iter().map(element).collect(),
    }
}

fn xml_head(xml: &XmlWriter, settings: &IndexMap<String, Option<String>>) -> Vec<u8> {
    let mut head = b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_vec();
    let mut names = xml.root.split('/');
    head.push(b'<');
    head.extend_from_slice(names.next().unwrap_or_default().as_bytes());
    let namespaces = xml.namespaces.iter().map(|(prefix, uri)| (format!("xmlns:{prefix}"), uri));
    for (name, value) in xml.attributes.iter().map(|(name, value)| (name.clone(), value)).chain(namespaces) {
        head.extend_from_slice(format!(" {name}=\"").as_bytes());
        head.extend_from_slice(value.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;").as_bytes());
        head.push(b'"');
    }
    head.extend_from_slice(b">\n");
    for name in names {
        head.extend_from_slice(format!("<{name}>\n").as_bytes());
    }
    for (name, setting) in &xml.head {
        let Some(Some(text)) = settings.get(setting.as_str()) else { continue };
        head.extend_from_slice(format!("<{name}>").as_bytes());
        escape(text.as_bytes(), &mut head);
        head.extend_from_slice(format!("</{name}>\n").as_bytes());
    }
    head
}

fn json_render(json: &JsonWriter, fields: &[Field], settings: &IndexMap<String, Option<String>>) -> JsonRender {
    let numbers = fields.iter().enumerate().map(|(at, field)| (field.name.clone(), (at, is_number(field)))).collect();
    let names = Names { fields: &numbers, settings };
    JsonRender::new(&json.row, json.removed.as_ref(), json.document.as_ref(), json.most_rows, &names)
}

fn is_number(field: &Field) -> bool {
    let kind = field.spec.kind;
    matches!(kind, FieldKind::Price | FieldKind::Amount | FieldKind::Decimal | FieldKind::Whole)
        && field.currency.is_none()
}
