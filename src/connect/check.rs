//! What can be wrong in a connector without sending anything: templates, names in them, forms of times, references.

use indexmap::IndexMap;

use crate::connect::render::MEDIA;
use crate::connect::spec::auth::{AuthSpec, BasicSpec, TokenSpec};
use crate::connect::spec::fields::FieldSpec;
use crate::connect::spec::read::{BodySpec, ReadSpec, RuleSpec};
use crate::connect::spec::words::Words;
use crate::connect::spec::write::{OperationSpec, WriteSpec};
use crate::connect::spec::{Connector, Resource};
use crate::connect::template::{Mistake, Template};
use crate::connect::tree::Tree;
use crate::diag::{Code, Diagnostic, Diagnostics, Place, Placed, Text, did_you_mean, suggest};
use crate::domain::calendar::duration;
use crate::io::http::is_header;

/// Names of the moment that a reading has.
const OF_READING: [&str; 6] = ["since", "until", "page", "offset", "limit", "cursor"];

/// Names of the moment that a writing has, besides columns.
pub const OF_WRITING: [&str; 4] = ["key", "remote_id", "items", "idempotency_key"];

/// Everything that is wrong.
#[must_use]
pub fn check(connector: &Connector) -> Diagnostics {
    let mut checker = Checker { connector, found: Diagnostics::new() };
    checker.whole();
    for resource in connector.resources.values() {
        checker.resource(resource);
    }
    checker.found
}

/// Which names a template may use besides settings.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Names {
    /// None.
    Settings,
    /// Of the call for a token, and of what sends it.
    Token,
    /// Of a reading; with a parent when the list is read for each record of another.
    Reading { parent: bool },
    /// Columns of a row: any name is possible.
    Row,
}

struct Checker<'c> {
    connector: &'c Connector,
    found: Diagnostics,
}

impl Checker<'_> {
    fn report(&mut self, place: Place, message: String, help: &str) {
        self.found.push(Diagnostic::error(Code::BadValue, place, message).help(help));
    }

    fn whole(&mut self) {
        let connector = self.connector;
        let name = &connector.connector;
        if name.is_empty()
            || !name.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_')
        {
            self.report(
                name.place(),
                format!("`{name}` is not a name for a connector"),
                "use small letters, digits and `_`: `my_shop`",
            );
        }
        for (name, setting) in &connector.settings {
            if let Some(default) = &setting.default
                && !setting.one_of.is_empty()
                && !setting.one_of.contains(&default.value)
            {
                self.report(default.place, format!("the default of `{name}` is none of its `one_of`"), "add it there");
            }
        }
        self.words(&connector.base_url, Names::Settings);
        if let Some(auth) = &connector.auth {
            self.auth(auth);
        }
        self.pairs(&connector.headers, Names::Settings, true);
        self.pairs(&connector.query, Names::Settings, false);
        self.rules(&connector.errors);
        self.length(connector.limits.timeout.as_ref());
        if let Some(zone) = &connector.zone
            && zone.parse::<chrono_tz::Tz>().is_err()
        {
            self.report(zone.place(), format!("`{zone}` is not a zone"), "as in `Europe/Rome`");
        }
    }

    fn auth(&mut self, auth: &AuthSpec) {
        match auth {
            AuthSpec::None => {}
            AuthSpec::Basic(spec) => self.basic(spec),
            AuthSpec::Bearer(words) => self.words(words, Names::Settings),
            AuthSpec::Header(headers) => self.pairs(headers, Names::Settings, true),
            AuthSpec::Query(query) => self.pairs(query, Names::Settings, false),
            AuthSpec::Token(spec) => self.token(spec),
        }
    }

    fn basic(&mut self, spec: &BasicSpec) {
        self.words(&spec.user, Names::Settings);
        if let Some(password) = &spec.password {
            self.words(password, Names::Settings);
        }
    }

    fn token(&mut self, spec: &TokenSpec) {
        self.words(&spec.url, Names::Settings);
        for tree in [&spec.form, &spec.json].into_iter().flatten() {
            self.tree(tree, Names::Token);
        }
        if let Some(basic) = &spec.basic {
            self.basic(basic);
        }
        self.pairs(&spec.headers, Names::Settings, true);
        if let Some(send) = &spec.send {
            self.pairs(send, Names::Token, true);
        }
    }

    fn resource(&mut self, resource: &Resource) {
        if let Some(read) = &resource.read {
            self.read(read, resource);
        }
        if let Some(write) = &resource.write {
            self.write(write);
        }
        for name in &resource.key {
            self.field(name, resource, "key");
        }
    }

    fn field(&mut self, name: &Text, resource: &Resource, what: &str) {
        if resource.fields.is_empty() || resource.fields.contains_key(name.as_str()) {
            return;
        }
        let names = || resource.fields.keys().map(Text::as_str);
        let problem =
            Diagnostic::error(Code::UnknownColumn, name.place(), format!("`{what}` names no field: `{name}`"));
        self.found.push(problem.helps(did_you_mean(name, names())).help(suggest::known("fields", names())));
    }

    fn read(&mut self, read: &ReadSpec, resource: &Resource) {
        let names = Names::Reading { parent: read.for_each.is_some() };
        if resource.fields.is_empty() {
            let help = "add `fields: { id: integer, … }` beside `read`";
            self.found.push(
                Diagnostic::error(Code::MissingKey, read.path.text.place(), "what is read has no `fields`").help(help),
            );
        }
        self.words(&read.path, names);
        self.pairs(&read.query, names, false);
        self.pairs(&read.headers, names, true);
        self.body(read.body.as_ref(), names);
        self.rules(&read.errors);
        self.length(read.window.as_ref());
        if let Some(cursor) = &read.cursor {
            self.field(&cursor.field, resource, "cursor");
            self.length(cursor.lag.as_ref());
        }
        if let Some(parent) = &read.for_each {
            self.parent(parent);
        }
        let nested = read.explode.is_some() || read.for_each.is_some();
        for (name, field) in &resource.fields {
            if let FieldSpec::Details(details) = &field.value
                && let Some(from) = &details.from
                && from.starts_with("parent.")
                && !nested
            {
                let message = format!("`{name}` is of a parent, and these records have none");
                self.report(from.place(), message, "`for_each` or `explode` of `read` gives them one");
            }
        }
    }

    fn parent(&mut self, name: &Text) {
        let resources = &self.connector.resources;
        match resources.get(name.as_str()) {
            Some(parent) if parent.read.as_ref().is_some_and(|read| read.for_each.is_none()) => {}
            Some(_) => self.report(
                name.place(),
                format!("`{name}` cannot be read for each of its records"),
                "it needs a `read` without `for_each`",
            ),
            None => {
                let names = || resources.keys().map(Text::as_str);
                let problem =
                    Diagnostic::error(Code::UnknownConnection, name.place(), format!("unknown resource `{name}`"));
                self.found.push(problem.helps(did_you_mean(name, names())).help(suggest::known("resources", names())));
            }
        }
    }

    fn write(&mut self, write: &WriteSpec) {
        let operations = [&write.create, &write.update, &write.upsert, &write.delete];
        for operation in operations.into_iter().flatten() {
            self.operation(operation);
        }
        if let (Some(upsert), true) = (&write.upsert, write.create.is_some() || write.update.is_some()) {
            self.report(
                upsert.path.text.place(),
                "`upsert` stands beside `create` or `update`".to_owned(),
                "keep `upsert` alone, or the two others",
            );
        }
        if let Some(lookup) = &write.lookup {
            self.words(&lookup.path, Names::Row);
            self.pairs(&lookup.query, Names::Row, false);
            self.pairs(&lookup.headers, Names::Row, true);
            self.body(lookup.body.as_ref(), Names::Row);
            self.rules(&lookup.errors);
        }
        if let Some(header) = write.idempotency.as_ref().filter(|header| !is_header(header)) {
            self.report(header.place(), format!("`{header}` is not a name for a header"), "as in `Idempotency-Key`");
        }
    }

    fn operation(&mut self, operation: &OperationSpec) {
        self.words(&operation.path, Names::Row);
        self.pairs(&operation.query, Names::Row, false);
        self.pairs(&operation.headers, Names::Row, true);
        self.body(operation.body.as_ref(), Names::Row);
        self.rules(&operation.errors);
        let Some(batch) = &operation.batch else { return };
        self.body(batch.body.as_ref(), Names::Row);
        if !(1..=10_000).contains(&batch.max.value) {
            self.report(
                batch.max.place,
                format!("a batch of {} rows is not possible", batch.max.value),
                "use 1 to 10000",
            );
        }
        if matches!(operation.body, Some(BodySpec::Xml(_) | BodySpec::Text(_) | BodySpec::Graphql(_))) {
            let place = operation.path.text.place();
            self.report(
                place,
                "a batch needs bodies in JSON or as a form".to_owned(),
                "leave `batch` out: each row is then sent alone",
            );
        }
    }

    fn body(&mut self, body: Option<&BodySpec>, names: Names) {
        match body {
            None => {}
            Some(BodySpec::Json(tree) | BodySpec::Form(tree)) => self.tree(tree, names),
            Some(BodySpec::Xml(words)) => self.words(words, names),
            Some(BodySpec::Text(text)) => {
                self.words(&text.content, names);
                if !MEDIA.contains(&text.media.as_str()) {
                    let place = text.content.text.place();
                    self.report(
                        place,
                        format!("`{}` is not a media type that can be sent", text.media),
                        "see the list in the guide",
                    );
                }
            }
            Some(BodySpec::Graphql(graphql)) => {
                if let Some(variables) = &graphql.variables {
                    self.tree(variables, names);
                }
            }
        }
    }

    fn rules(&mut self, rules: &[RuleSpec]) {
        for rule in rules {
            self.length(rule.after.as_ref());
            if let (false, None, Some(message)) = (rule.one_of.is_empty(), &rule.path, &rule.message) {
                self.report(
                    message.place(),
                    "`one_of` needs a `path`".to_owned(),
                    "say where the answer has the value",
                );
            }
        }
    }

    fn length(&mut self, text: Option<&Text>) {
        if let Some(text) = text.filter(|text| duration::parse_duration(text).is_none()) {
            self.report(text.place(), format!("`{text}` is not a length of time"), duration::EXPECTED);
        }
    }

    fn pairs(&mut self, pairs: &IndexMap<String, Words>, names: Names, headers: bool) {
        for (name, words) in pairs {
            if headers && !is_header(name) {
                self.report(
                    words.text.place(),
                    format!("`{name}` is not a name for a header"),
                    "as in `X-Channel: shop`",
                );
            }
            self.words(words, names);
        }
    }

    fn words(&mut self, words: &Words, names: Names) {
        match &words.template {
            Ok(template) => self.names(template, names, |at, len| words.text.inside(at, len)),
            Err(mistake) => self.mistake(mistake, words.text.inside(mistake.at, mistake.len)),
        }
    }

    fn tree(&mut self, tree: &Placed<Tree>, names: Names) {
        match &tree.value {
            Tree::Plain(_) => {}
            Tree::Text(_, Ok(template)) => self.names(template, names, |_, _| tree.place),
            Tree::Text(_, Err(mistake)) => self.mistake(mistake, tree.place),
            Tree::List(items) => items.iter().for_each(|item| self.tree(item, names)),
            Tree::Map(entries) => entries.iter().for_each(|(_, value)| self.tree(value, names)),
        }
    }

    fn mistake(&mut self, mistake: &Mistake, place: Place) {
        self.report(place, mistake.message.clone(), "`{name}` stands for a value, `{name | filter}` for a changed one");
    }

    fn names(&mut self, template: &Template, names: Names, place: impl Fn(usize, usize) -> Place) {
        for slot in template.slots() {
            let name = slot.name.as_str();
            let known: Vec<&str> = match names {
                Names::Row => continue,
                Names::Settings => Vec::new(),
                Names::Token => vec!["token", "refresh_token"],
                Names::Reading { parent: true } if name.starts_with("parent.") => continue,
                Names::Reading { .. } => OF_READING.to_vec(),
            };
            let settings = self.connector.settings.keys().map(Text::as_str);
            let all: Vec<&str> = settings.chain(known).collect();
            if !all.contains(&name) {
                let problem =
                    Diagnostic::error(Code::BadValue, place(slot.at, name.len()), format!("unknown name `{name}`"));
                let problem = problem.helps(did_you_mean(name, all.iter().copied()));
                self.found.push(problem.help(suggest::known("names", all.iter().copied())));
            }
        }
    }
}
