//! Whether the description of a channel is right: every name that it refers to is there, every pattern is one.

use regex::Regex;

use crate::diag::{Code, Diagnostic, Diagnostics, Text, did_you_mean, suggest};
use crate::domain::feeds::channel::SettingKind;
use crate::domain::feeds::{Channel, FieldKind, FieldSpec, JsonWriter, Template, Writer, XmlWriter};
use crate::domain::ids::simple;
use crate::domain::money::Decimal;

/// Settings that every channel has.
pub const COMMON_SETTINGS: &[(&str, &str)] = &[("currency", "EUR"), ("country", "IT")];

/// Every problem of a description.
#[must_use]
pub fn check(channel: &Channel) -> Diagnostics {
    let mut checker = Checker { channel, problems: Diagnostics::new() };
    checker.whole();
    for (name, spec) in &channel.fields {
        checker.field(name, &spec.value);
    }
    for format in channel.formats.values() {
        checker.writer(&format.value);
    }
    checker.problems
}

struct Checker<'c> {
    channel: &'c Channel,
    problems: Diagnostics,
}

impl Checker<'_> {
    fn error(&mut self, text: &Text, message: impl Into<String>) {
        self.problems.push(Diagnostic::error(Code::BadValue, text.place(), message));
    }

    fn known(&mut self, name: &Text) {
        if self.channel.fields.contains_key(name.as_str()) {
            return;
        }
        let names = || self.channel.fields.keys().map(Text::as_str);
        let problem = Diagnostic::error(Code::UnknownKey, name.place(), format!("the channel has no field `{name}`"));
        let problem = problem.helps(did_you_mean(name, names())).help(suggest::known("fields", names()));
        self.problems.push(problem);
    }

    fn whole(&mut self) {
        let channel = self.channel;
        if channel.formats.is_empty() {
            self.error(&channel.title, "the channel has no format: add `formats: { csv: { csv: {} } }`");
        }
        if channel.key().is_none() {
            self.error(&channel.title, "no field is `unique`: one of them is the key of the feed");
        }
        channel.any_of.iter().flatten().chain(channel.removed.keys()).for_each(|name| self.known(name));
        if let Some(variants) = &channel.variants {
            std::iter::once(&variants.group).chain(&variants.differ_in).for_each(|name| self.known(name));
        }
        for (name, setting) in &channel.settings {
            if let (SettingKind::Currency, Some(text)) = (setting.kind, &setting.default)
                && simple::currency(text).is_err()
            {
                self.error(text, format!("`{text}` is not a currency for `{name}`"));
            }
        }
    }

    fn field(&mut self, name: &Text, spec: &FieldSpec) {
        let others = spec.required_if.iter().chain(&spec.gtin_if).map(|rule| &rule.field);
        let others = others.chain(&spec.below).chain(&spec.above).chain(&spec.only_with).chain(&spec.parts);
        others.for_each(|other| self.known(other));
        let listed = matches!(spec.kind, FieldKind::Choice | FieldKind::Availability);
        if listed && spec.values.is_empty() && spec.constant.is_none() {
            self.error(name, format!("`{name}` is one of `values`, and there are none"));
        }
        if (spec.kind == FieldKind::Period) != (spec.parts.len() == 2) {
            self.error(name, "a `period` has two `parts`, and nothing else has any");
        }
        if spec.unique && spec.most.is_some() {
            self.error(name, format!("`{name}` is `unique`: it cannot have several values"));
        }
        if let Some(pattern) = &spec.pattern
            && let Err(error) = whole(pattern)
        {
            let problem =
                Diagnostic::error(Code::BadPattern, pattern.place(), format!("`{pattern}` is no pattern: {error}"));
            self.problems.push(problem);
        }
        for limit in spec.min.iter().chain(&spec.max) {
            if limit.parse::<Decimal>().is_err() {
                self.error(limit, format!("`{limit}` is not a number"));
            }
        }
    }

    fn writer(&mut self, writer: &Writer) {
        match writer {
            Writer::Csv(csv) => {
                if delimiter(&csv.delimiter).is_none() {
                    self.error(
                        &csv.delimiter,
                        format!("`{}` is not a delimiter: one ASCII character, or `tab`", csv.delimiter),
                    );
                }
                csv.fields.iter().flatten().for_each(|name| self.known(name));
            }
            Writer::Xml(xml) => self.xml(xml),
            Writer::Json(json) => self.json(json),
        }
    }

    fn xml(&mut self, xml: &XmlWriter) {
        xml.fields.iter().flatten().for_each(|name| self.known(name));
        for name in xml.root.split('/').chain([xml.record.as_str()]) {
            if !is_name(name) {
                self.error(&xml.root, format!("`{name}` is not a name that XML allows"));
            }
        }
        if let Some(prefix) = xml.prefix.as_ref().filter(|prefix| !xml.namespaces.contains_key(*prefix)) {
            self.error(&xml.root, format!("the prefix `{prefix}` is not among `namespaces`"));
        }
        for (name, field) in &self.channel.fields {
            let element = field.value.name.as_deref().unwrap_or(name.as_str());
            if !field.value.hidden && xml.fields.is_none() && !is_name(element) {
                let problem = Diagnostic::error(
                    Code::BadValue,
                    name.place(),
                    format!("`{element}` is not a name that XML allows"),
                );
                self.problems.push(problem.help("give the field another `name`"));
            }
        }
    }

    fn json(&mut self, json: &JsonWriter) {
        for template in std::iter::once(&json.row).chain(&json.removed).chain(&json.document) {
            for name in template.names() {
                self.template_name(name);
            }
        }
        if let Some(document) = &json.document
            && !document.names().iter().any(|name| name.as_str() == "$rows")
        {
            let title = &self.channel.title;
            self.error(title, "the `document` has no `$rows`: its rows would stand nowhere");
        }
    }

    fn template_name(&mut self, written: &Text) {
        let name = written.trim_start_matches('$');
        let name = name.strip_suffix(":text").unwrap_or(name);
        let is_setting =
            self.channel.settings.contains_key(name) || COMMON_SETTINGS.iter().any(|(known, _)| *known == name);
        if !is_setting && name != "row" && name != "rows" {
            self.known(&Text::new(name, written.place()));
        }
    }
}

/// The delimiter as a byte.
#[must_use]
pub fn delimiter(text: &str) -> Option<u8> {
    match text.as_bytes() {
        b"tab" => Some(b'\t'),
        [byte] if byte.is_ascii() && !matches!(byte, b'"' | b'\n' | b'\r') => Some(*byte),
        _ => None,
    }
}

/// The pattern for a whole text.
///
/// # Errors
/// It is not well-formed.
pub fn whole(pattern: &str) -> Result<Regex, regex::Error> {
    Regex::new(&format!("^(?:{pattern})$"))
}

fn is_name(name: &str) -> bool {
    let mut characters = name.chars();
    characters.next().is_some_and(|first| first.is_alphabetic() || first == '_')
        && characters.all(|other| other.is_alphanumeric() || matches!(other, '.' | '-' | '_'))
}

/// The names in a template that are settings or fields.
#[must_use]
pub fn fields_of(template: &Template) -> Vec<String> {
    let plain = |name: &&Text| name.trim_start_matches('$').trim_end_matches(":text").to_owned();
    template.names().iter().map(plain).collect()
}
