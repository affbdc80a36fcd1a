//! JSON from templates that were made into bytes and fields once.

use indexmap::IndexMap;

use crate::domain::feeds::Template;
use crate::loads::feed::row::Row;
use crate::loads::format::json::write_string;

/// Writes JSON.
#[derive(Clone, Debug)]
pub struct JsonRender {
    row: Node,
    removed: Option<Node>,
    /// What stands before and after the rows of a document; without it there is one row per line.
    document: Option<(Vec<u8>, Vec<u8>)>,
    /// Most rows of a document.
    pub most_rows: Option<u64>,
}

/// What the names of a template stand for.
pub struct Names<'a> {
    /// Fields by name, and whether their text is a JSON number.
    pub fields: &'a IndexMap<String, (usize, bool)>,
    /// Settings by name; `None` for one that nobody gave.
    pub settings: &'a IndexMap<String, Option<String>>,
}

/// A part of a row.
#[derive(Clone, Debug)]
struct Node {
    part: Part,
    /// The fields in it that the feed has.
    fields: Vec<usize>,
    /// Whether it names a field, also one that the feed does not have: then it is written only when one has a value.
    names_fields: bool,
}

#[derive(Clone, Debug)]
enum Part {
    Bytes(Vec<u8>),
    /// A setting that nobody gave, or a field that the feed does not have.
    Nothing,
    Number,
    Field {
        field: usize,
        is_number: bool,
    },
    List(Vec<Node>),
    /// Keys with their quotes and colon.
    Object(Vec<(Vec<u8>, Node)>),
}

/// What stands where the rows of a document go.
const ROWS: &str = "\u{0}rows";

impl JsonRender {
    /// Makes the templates ready.
    #[must_use]
    pub fn new(
        row: &Template,
        removed: Option<&Template>,
        document: Option<&Template>,
        most_rows: Option<u32>,
        names: &Names,
    ) -> Self {
        Self {
            row: compile(row, names),
            removed: removed.map(|removed| compile(removed, names)),
            document: document.and_then(|document| split(document, names)),
            most_rows: most_rows.map(u64::from),
        }
    }

    /// Appends what stands before the first row.
    pub fn begin(&self, out: &mut Vec<u8>) {
        if let Some((head, _)) = &self.document {
            out.extend_from_slice(head);
        }
    }

    /// What separates two rows.
    #[must_use]
    pub fn separator(&self) -> &'static [u8] {
        if self.document.is_some() { b",\n" } else { b"" }
    }

    /// Appends a row.
    pub fn row(&self, row: &Row, number: u64, out: &mut Vec<u8>) {
        self.write_row(&self.row, row, number, out);
    }

    /// Appends the row of an article that is no longer published.
    pub fn removed(&self, row: &Row, number: u64, out: &mut Vec<u8>) {
        self.write_row(self.removed.as_ref().unwrap_or(&self.row), row, number, out);
    }

    fn write_row(&self, node: &Node, row: &Row, number: u64, out: &mut Vec<u8>) {
        out.extend_from_slice(self.separator());
        node.write(row, number, 0, out);
        if self.document.is_none() {
            out.push(b'\n');
        }
    }

    /// Appends what stands after the last row.
    pub fn end(&self, out: &mut Vec<u8>) {
        if let Some((_, tail)) = &self.document {
            out.extend_from_slice(tail);
        }
    }
}

/// The bytes of a document before and after its rows.
fn split(document: &Template, names: &Names) -> Option<(Vec<u8>, Vec<u8>)> {
    let mut bytes = Vec::new();
    compile(document, names).write(&Row::new(0), 0, 0, &mut bytes);
    let mut marker = Vec::new();
    write_string(ROWS, &mut marker);
    let at = memchr::memmem::find(&bytes, &marker)?;
    let head = [&bytes[..at], b"[\n"].concat();
    let tail = [b"\n]", &bytes[at + marker.len()..], b"\n"].concat();
    Some((head, tail))
}

fn compile(template: &Template, names: &Names) -> Node {
    let part = match template {
        Template::Bool(value) => Part::Bytes(value.to_string().into_bytes()),
        Template::Integer(value) => Part::Bytes(value.to_string().into_bytes()),
        Template::Text(text) => return name(text.as_str(), names),
        Template::List(items) => Part::List(items.iter().map(|item| compile(item, names)).collect()),
        Template::Object(entries) => {
            let entry = |(key, value): &(crate::diag::Text, Template)| {
                let mut bytes = Vec::new();
                write_string(key.as_str(), &mut bytes);
                bytes.push(b':');
                (bytes, compile(value, names))
            };
            Part::Object(entries.iter().map(entry).collect())
        }
    };
    let mut fields: Vec<usize> = match &part {
        Part::List(items) => items.iter().flat_map(|item| item.fields.clone()).collect(),
        Part::Object(entries) => entries.iter().flat_map(|(_, value)| value.fields.clone()).collect(),
        _ => Vec::new(),
    };
    fields.sort_unstable();
    fields.dedup();
    let names_fields = match &part {
        Part::List(items) => items.iter().any(|item| item.names_fields),
        Part::Object(entries) => entries.iter().any(|(_, value)| value.names_fields),
        _ => false,
    };
    Node { part, fields, names_fields }
}

fn name(text: &str, names: &Names) -> Node {
    let constant = |text: &str| {
        let mut bytes = Vec::new();
        write_string(text, &mut bytes);
        Part::Bytes(bytes)
    };
    let Some(name) = text.strip_prefix('$') else {
        return Node { part: constant(text), fields: Vec::new(), names_fields: false };
    };
    let (name, as_text) = name.strip_suffix(":text").map_or((name, false), |name| (name, true));
    let part = match (name, names.fields.get(name), names.settings.get(name)) {
        ("row", ..) => Part::Number,
        ("rows", ..) => constant(ROWS),
        (_, Some((field, is_number)), _) => {
            let part = Part::Field { field: *field, is_number: *is_number && !as_text };
            return Node { part, fields: vec![*field], names_fields: true };
        }
        (_, None, Some(Some(setting))) => constant(setting),
        _ => Part::Nothing,
    };
    let is_field = matches!(part, Part::Nothing) && !names.settings.contains_key(name);
    Node { part, fields: Vec::new(), names_fields: is_field }
}

impl Node {
    /// Whether there is something to write.
    fn is_there(&self, row: &Row) -> bool {
        match &self.part {
            Part::Nothing => false,
            _ if self.names_fields => self.fields.iter().any(|field| row.is_given(*field)),
            _ => self.has_content(),
        }
    }

    /// Whether a part without fields holds anything: an object of absent settings does not.
    fn has_content(&self) -> bool {
        match &self.part {
            Part::Nothing => false,
            Part::List(items) => items.is_empty() || items.iter().any(Self::has_content),
            Part::Object(entries) => entries.is_empty() || entries.iter().any(|(_, value)| value.has_content()),
            _ => true,
        }
    }

    /// Writes the part; of a field with several values, the one at `item`.
    fn write(&self, row: &Row, number: u64, item: usize, out: &mut Vec<u8>) {
        match &self.part {
            Part::Nothing => out.extend_from_slice(b"null"),
            Part::Bytes(bytes) => out.extend_from_slice(bytes),
            Part::Number => out.extend_from_slice(number.to_string().as_bytes()),
            Part::Field { field, is_number: true } => out.extend_from_slice(row.nth(*field, 0)),
            Part::Field { field, .. } => {
                let text = row.nth(*field, item.min(row.count(*field).saturating_sub(1)));
                write_text(text, out);
            }
            Part::List(items) => write_list(items, row, number, out),
            Part::Object(entries) => {
                let mut open = b'{';
                for (key, value) in entries.iter().filter(|(_, value)| value.is_there(row)) {
                    out.push(open);
                    open = b',';
                    out.extend_from_slice(key);
                    value.write(row, number, item, out);
                }
                out.extend_from_slice(if open == b'{' { b"{}" } else { b"}" });
            }
        }
    }
}

/// An element that names a field with several values stands once for each.
fn write_list(items: &[Node], row: &Row, number: u64, out: &mut Vec<u8>) {
    let mut open = b'[';
    for node in items.iter().filter(|item| item.is_there(row)) {
        let times = node.fields.iter().map(|field| row.count(*field)).max().unwrap_or(1).max(1);
        for item in 0..times {
            out.push(open);
            open = b',';
            node.write(row, number, item, out);
        }
    }
    out.extend_from_slice(if open == b'[' { b"[]" } else { b"]" });
}

fn write_text(text: &[u8], out: &mut Vec<u8>) {
    // Texts come from columns of characters and from numbers.
    match std::str::from_utf8(text) {
        Ok(text) => write_string(text, out),
        Err(_) => write_string(&String::from_utf8_lossy(text), out),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn render(row: &str, document: Option<&str>) -> JsonRender {
        let template = |text: &str| serde_json::from_str::<Template>(text).unwrap();
        let fields = ["sku", "qty", "bullets", "sale"].into_iter().enumerate();
        let fields = fields.map(|(index, name)| (name.to_owned(), (index, name == "qty"))).collect();
        let settings = [("market", Some("IT")), ("locale", None)];
        let settings = settings.into_iter().map(|(name, value)| (name.to_owned(), value.map(str::to_owned))).collect();
        let names = Names { fields: &fields, settings: &settings };
        JsonRender::new(&template(row), None, document.map(template).as_ref(), None, &names)
    }

    fn text(render: &JsonRender, values: &[&[&str]]) -> String {
        let mut row = Row::new(4);
        for (index, texts) in values.iter().enumerate() {
            let start = row.begin_list();
            texts.iter().for_each(|text| row.push_list(text.as_bytes()));
            let slot = row.end_list(start, 9);
            row.set(index, slot);
        }
        let mut out = Vec::new();
        render.begin(&mut out);
        let start = out.len();
        render.row(&row, 7, &mut out);
        out.drain(start..start + render.separator().len());
        render.end(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn what_is_empty_is_left_out_and_lists_repeat() {
        let render = render(
            r#"{"n":"$row","sku":"$sku","q":[{"code":"DEFAULT","quantity":"$qty"}],"t":"$qty:text",
                "b":[{"value":"$bullets","market":"$market"}],"sale":[{"schedule":[{"v":"$sale"}]}],"l":"$locale","x":"$$",
                "none":[{"value":"$other","market":"$market"}]}"#,
            None,
        );
        assert_eq!(
            text(&render, &[&["A\"1"], &["3"], &["uno", "due"], &[]]),
            "{\"n\":7,\"sku\":\"A\\\"1\",\"q\":[{\"code\":\"DEFAULT\",\"quantity\":3}],\"t\":\"3\",\
             \"b\":[{\"value\":\"uno\",\"market\":\"IT\"},{\"value\":\"due\",\"market\":\"IT\"}]}\n"
        );
        assert_eq!(text(&render, &[&["A"], &[], &[], &[]]), "{\"n\":7,\"sku\":\"A\"}\n");
    }

    #[test]
    fn rows_stand_inside_their_document() {
        let render =
            render(r#"{"sku":"$sku"}"#, Some(r#"{"header":{"market":"$market","locale":"$locale"},"rows":"$rows"}"#));
        let found = text(&render, &[&["1"], &[], &[], &[]]);
        assert_eq!(found, "{\"header\":{\"market\":\"IT\"},\"rows\":[\n{\"sku\":\"1\"}\n]}\n");
    }
}
