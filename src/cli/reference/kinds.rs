//! The page of all kinds and their options, from the JSON Schema and so from the documented structs.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use serde_json::{Map, Value};

use crate::cli::reference::markdown;

const ABOUT: &str = "\
Everything that a pipeline file may say. The kind is the key: `file:` in `extract`, `price:` in `steps`, `feed:` in `load`.";

/// Sections of the page: title, what a kind of it is called, what it is about, the definition that lists its kinds.
const SECTIONS: &[(&str, &str, &str, &str)] = &[
    ("Sources", "Source", "Kinds of `extract`: where rows come from.", "Extract"),
    ("Steps", "Step", "Kinds of `steps`: what happens to the rows of a table.", "StepKind"),
    ("Loads", "Load", "Kinds of `load`: where rows go.", "LoadSpec"),
];

/// The page, from the JSON Schema of the pipeline.
#[must_use]
pub fn page(schema: &Value) -> String {
    let empty = Map::new();
    let definitions = schema["$defs"].as_object().unwrap_or(&empty);
    let book = Book::new(definitions);
    let mut out = markdown::page("Kinds", ABOUT);
    out.push_str("\n## The pipeline file\n");
    book.write_body(&mut out, schema);
    for (title, _, about, _) in SECTIONS {
        let _ = writeln!(out, "\n## {title}\n\n{about}");
        for kind in book.kinds.iter().filter(|kind| kind.section == *title) {
            book.write_kind(&mut out, kind);
        }
    }
    out.push_str("\n## Options\n\nWhat the kinds above have in common, or what has options of its own.\n");
    for (name, definition) in definitions {
        if book.headings.get(name.as_str()).is_none_or(|heading| heading == name) {
            let _ = writeln!(out, "\n### {name}");
            book.write_definition(&mut out, definition, None);
        }
    }
    let lines: Vec<&str> = out.lines().map(str::trim_end).collect();
    format!("{}\n", lines.join("\n").trim_end())
}

/// A kind, and the schema of what is written behind its key.
struct Kind<'s> {
    section: &'static str,
    heading: String,
    about: Option<&'s str>,
    schema: &'s Value,
}

/// The definitions of a schema and the headings under which they are explained.
struct Book<'s> {
    definitions: &'s Map<String, Value>,
    kinds: Vec<Kind<'s>>,
    headings: BTreeMap<&'s str, String>,
}

impl<'s> Book<'s> {
    fn new(definitions: &'s Map<String, Value>) -> Self {
        let mut book = Self { definitions, kinds: Vec::new(), headings: BTreeMap::new() };
        for (section, word, _, lister) in SECTIONS {
            for (name, about, schema) in definitions.get(*lister).map(kinds_of).unwrap_or_default() {
                let heading = format!("{word} `{name}`");
                if let Some(definition) = reference(schema) {
                    book.headings.entry(definition).or_insert_with(|| heading.clone());
                }
                book.kinds.push(Kind { section, heading, about, schema });
            }
        }
        for name in definitions.keys() {
            book.headings.entry(name).or_insert_with(|| name.clone());
        }
        book
    }

    fn write_kind(&self, out: &mut String, kind: &Kind) {
        let _ = writeln!(out, "\n### {}", kind.heading);
        let definition = reference(kind.schema).and_then(|name| self.definitions.get(name)).unwrap_or(kind.schema);
        self.write_definition(out, definition, kind.about);
    }

    fn write_definition(&self, out: &mut String, definition: &Value, about: Option<&str>) {
        if let Some(text) = definition["description"].as_str().or(about) {
            let _ = writeln!(out, "\n{}", text.trim());
        }
        self.write_body(out, definition);
    }

    fn write_body(&self, out: &mut String, schema: &Value) {
        if let Some(properties) = schema["properties"].as_object() {
            let required: BTreeSet<&str> = list(&schema["required"]).filter_map(Value::as_str).collect();
            let rows: Vec<Vec<String>> = properties
                .iter()
                .map(|(name, option)| {
                    let mark = if required.contains(name.as_str()) { " (required)" } else { "" };
                    let about = option["description"].as_str().unwrap_or_default();
                    vec![format!("`{name}`{mark}"), self.phrase(option), about.to_owned()]
                })
                .collect();
            markdown::table(out, &["key", "value", "meaning"], &rows);
        } else if variants(schema).count() > 0 {
            out.push_str("\nOne of:\n\n");
            for variant in variants(schema) {
                let _ = writeln!(out, "- {}", self.variant(variant));
            }
        } else {
            let _ = writeln!(out, "\nWritten as {}.", self.phrase(schema));
        }
    }

    /// One of several forms: a key with its value, a word, or a plain type.
    fn variant(&self, schema: &Value) -> String {
        let about = schema["description"].as_str().map(one_line);
        let about = about.map_or_else(String::new, |text| format!(": {text}"));
        let single = schema["properties"].as_object().filter(|properties| properties.len() == 1);
        match single.and_then(|properties| properties.iter().next()) {
            Some((name, value)) => format!("`{name}:` with {}{about}", self.phrase(value)),
            None => format!("{}{about}", self.phrase(schema)),
        }
    }

    /// What may be written as a value, in a few words.
    fn phrase(&self, schema: &Value) -> String {
        if let Some(name) = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
            return self.link(name);
        }
        if let Some(word) = schema.get("const") {
            return code(word);
        }
        if schema["enum"].is_array() {
            return joined(list(&schema["enum"]).filter(|word| !word.is_null()).map(code));
        }
        if variants(schema).count() > 0 {
            return joined(variants(schema).map(|variant| self.phrase(variant)));
        }
        let types = match &schema["type"] {
            Value::Array(types) => types.iter().filter_map(Value::as_str).collect(),
            Value::String(one) => vec![one.as_str()],
            _ => Vec::new(),
        };
        let words = types.into_iter().filter(|name| *name != "null").map(|name| self.word(name, schema));
        let phrase = joined(words);
        if phrase.is_empty() { "any value".to_owned() } else { phrase }
    }

    fn word(&self, name: &str, schema: &Value) -> String {
        match name {
            "string" => "text".to_owned(),
            "integer" | "number" => name.to_owned(),
            "boolean" => "`true` or `false`".to_owned(),
            "array" => match schema.get("items") {
                Some(items) => format!("list of {}", self.phrase(items)),
                None => "list".to_owned(),
            },
            _ => match schema.get("additionalProperties").filter(|values| values.is_object()) {
                Some(values) => format!("map of {}", self.phrase(values)),
                None => "map".to_owned(),
            },
        }
    }

    fn link(&self, name: &str) -> String {
        let heading = self.headings.get(name).map_or(name, String::as_str);
        format!("[{}](#{})", heading, markdown::anchor(heading))
    }
}

/// Kinds that a definition lists: the keys of its variants, or its properties that are definitions themselves.
fn kinds_of(lister: &Value) -> Vec<(&str, Option<&str>, &Value)> {
    let mut kinds = Vec::new();
    for variant in variants(lister) {
        for (name, value) in variant["properties"].as_object().into_iter().flatten() {
            kinds.push((name.as_str(), variant["description"].as_str(), value));
        }
    }
    for (name, value) in lister["properties"].as_object().into_iter().flatten() {
        if reference(value).is_some() {
            kinds.push((name.as_str(), value["description"].as_str(), value));
        }
    }
    kinds
}

/// The definition that a schema refers to, directly or as an option that may be left out.
fn reference(schema: &Value) -> Option<&str> {
    let mut forms = variants(schema);
    let path = schema["$ref"].as_str().or_else(|| match (forms.next(), forms.next()) {
        (Some(only), None) => only["$ref"].as_str(),
        _ => None,
    })?;
    path.rsplit('/').next()
}

/// The forms of a schema that has several, without null.
fn variants(schema: &Value) -> impl Iterator<Item = &Value> {
    let forms = list(&schema["oneOf"]).chain(list(&schema["anyOf"]));
    forms.filter(|form| form["type"] != "null")
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn code(word: &Value) -> String {
    word.as_str().map_or_else(|| format!("`{word}`"), |word| format!("`{word}`"))
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn joined(phrases: impl Iterator<Item = String>) -> String {
    let mut unique: Vec<String> = Vec::new();
    for phrase in phrases {
        if !unique.contains(&phrase) {
            unique.push(phrase);
        }
    }
    unique.join(" or ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::cli::args::SchemaOf;
    use crate::cli::schema::schema;

    #[test]
    fn every_kind_has_its_heading_and_every_link_a_target() {
        let schema = schema(SchemaOf::Pipeline);
        let page = page(&schema);
        for (_, word, _, lister) in SECTIONS {
            let kinds = kinds_of(&schema["$defs"][*lister]);
            assert!(!kinds.is_empty(), "{lister}");
            for (name, _, _) in kinds {
                assert_eq!(page.matches(&format!("\n### {word} `{name}`\n")).count(), 1, "{name}");
            }
        }
        let headings: BTreeSet<String> =
            page.lines().filter_map(|line| line.strip_prefix("### ")).map(markdown::anchor).collect();
        for target in page.split("](#").skip(1).filter_map(|rest| rest.split(')').next()) {
            assert!(headings.contains(target), "{target}");
        }
    }

    #[test]
    fn values_are_told_in_words() {
        let definitions = json!({ "Price": { "type": "object" } });
        let definitions = definitions.as_object().unwrap();
        let book = Book::new(definitions);
        let cases = [
            (json!({ "type": ["string", "null"] }), "text"),
            (json!({ "anyOf": [{ "$ref": "#/$defs/Price" }, { "type": "null" }] }), "[Price](#price)"),
            (json!({ "type": "array", "items": { "type": "integer" } }), "list of integer"),
            (json!({ "type": "object", "additionalProperties": { "type": "string" } }), "map of text"),
            (json!({ "enum": ["a", "b", null] }), "`a` or `b`"),
            (
                json!({ "oneOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }] }),
                "text or list of text",
            ),
            (json!(true), "any value"),
        ];
        for (schema, expected) in cases {
            assert_eq!(book.phrase(&schema), expected, "{schema}");
        }
    }

    #[test]
    fn forms_are_listed_with_what_they_mean() {
        let definitions = Map::new();
        let book = Book::new(&definitions);
        let key = json!({ "description": "Separated\nvalues.", "type": "object", "properties": { "csv": { "type": "object" } } });
        assert_eq!(book.variant(&key), "`csv:` with map: Separated values.");
        assert_eq!(book.variant(&json!({ "const": "cent", "description": "Half up." })), "`cent`: Half up.");
    }
}
