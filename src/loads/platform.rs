//! Load `to`: rows become the requests that a connector describes.

pub mod rows;
pub mod send;

use std::fmt::Write as _;
use std::sync::Arc;

use crate::connect::datum::{Datum, Scope};
use crate::connect::spec::Resource;
use crate::connect::spec::read::BodySpec;
use crate::connect::spec::words::Words;
use crate::connect::spec::write::{OperationSpec, WriteSpec};
use crate::connect::tree::Tree;
use crate::connect::{Connection, Template, check::OF_WRITING};
use crate::context::BindCx;
use crate::diag::{Code, Diagnostic, Text, did_you_mean};
use crate::domain::types::Schema;
use crate::loads::delivery::{Destination, Mode};
use crate::loads::platform::send::PlatformTarget;
use crate::loads::{BoundLoad, Capabilities, Guarantee, Load};

/// Rows of a resource of a connection.
pub struct PlatformLoad {
    /// As it was written: `negozio.products`.
    pub to: Text,
    /// The connection.
    pub connection: Arc<Connection>,
    /// Name of the resource.
    pub resource: String,
}

/// A name in a template, and whether it may be missing.
pub struct Needed {
    /// The name.
    pub name: String,
    /// Whether nothing goes wrong without it.
    pub optional: bool,
}

impl PlatformLoad {
    fn resource(&self) -> Option<&Resource> {
        self.connection.connector.resources.get(self.resource.as_str())
    }

    fn write(&self) -> Option<&WriteSpec> {
        self.resource()?.write.as_ref()
    }

    /// Columns that requests take, in the order of the table.
    fn needed(&self, with_delete: bool) -> Vec<Needed> {
        let Some(write) = self.write() else { return Vec::new() };
        let mut found = Vec::new();
        for operation in
            operations(write).into_iter().filter(|(delete, _)| with_delete || !delete).map(|(_, operation)| operation)
        {
            of_operation(operation, &mut found);
        }
        if let Some(lookup) = &write.lookup {
            of_words(&lookup.path, &mut found);
            lookup.query.values().chain(lookup.headers.values()).for_each(|words| of_words(words, &mut found));
            of_body(lookup.body.as_ref(), &mut found);
        }
        found.retain(|needed: &Needed| !self.is_known(&needed.name));
        found
    }

    /// Whether a name is no column.
    fn is_known(&self, name: &str) -> bool {
        OF_WRITING.contains(&name) || self.connection.get(name).is_some()
    }

    /// Whether an operation sends all columns.
    fn sends_all(&self) -> bool {
        let Some(write) = self.write() else { return false };
        operations(write).into_iter().any(|(delete, operation)| !delete && operation.body.is_none())
    }
}

/// The operations, and whether each is the delete.
fn operations(write: &WriteSpec) -> Vec<(bool, &OperationSpec)> {
    let changes =
        [&write.create, &write.update, &write.upsert].into_iter().flatten().map(|operation| (false, operation));
    changes.chain(write.delete.iter().map(|operation| (true, operation))).collect()
}

fn of_operation(operation: &OperationSpec, found: &mut Vec<Needed>) {
    of_words(&operation.path, found);
    operation.query.values().chain(operation.headers.values()).for_each(|words| of_words(words, found));
    of_body(operation.body.as_ref(), found);
    if let Some(matching) = operation.batch.as_ref().and_then(|batch| batch.matching.as_ref()) {
        found.push(Needed { name: matching.column.to_string(), optional: false });
    }
}

fn of_body(body: Option<&BodySpec>, found: &mut Vec<Needed>) {
    match body {
        None => {}
        Some(BodySpec::Json(tree) | BodySpec::Form(tree)) => of_tree(&tree.value, found),
        Some(BodySpec::Xml(words)) => of_words(words, found),
        Some(BodySpec::Text(text)) => of_words(&text.content, found),
        Some(BodySpec::Graphql(graphql)) => {
            if let Some(variables) = &graphql.variables {
                of_tree(&variables.value, found);
            }
        }
    }
}

fn of_tree(tree: &Tree, found: &mut Vec<Needed>) {
    match tree {
        Tree::Plain(_) => {}
        Tree::Text(_, template) => template.iter().for_each(|template| of_template(template, found)),
        Tree::List(items) => items.iter().for_each(|item| of_tree(&item.value, found)),
        Tree::Map(entries) => entries.iter().for_each(|(_, value)| of_tree(&value.value, found)),
    }
}

fn of_words(words: &Words, found: &mut Vec<Needed>) {
    words.template.iter().for_each(|template| of_template(template, found));
}

fn of_template(template: &Template, found: &mut Vec<Needed>) {
    found.extend(template.slots().map(|slot| Needed { name: slot.name.clone(), optional: slot.optional }));
}

impl Load for PlatformLoad {
    fn capabilities(&self) -> Capabilities {
        Capabilities { guarantee: Guarantee::AtLeastOnce, ordered: false }
    }

    fn bind(&self, _input: &Schema, _cx: &BindCx) -> Option<BoundLoad> {
        None
    }

    fn takes_rows(&self) -> bool {
        true
    }

    fn modes(&self) -> &'static [Mode] {
        &[Mode::Append, Mode::Merge, Mode::Mirror]
    }

    fn sent(&self, input: &Schema, _cx: &BindCx) -> Vec<(String, String)> {
        let needed = self.needed(true);
        let sends_all = self.sends_all();
        let names = input.names().filter(|name| sends_all || needed.iter().any(|needed| needed.name == *name));
        names.map(|name| (name.to_owned(), name.to_owned())).collect()
    }

    fn bind_rows(&self, input: &Schema, mode: Mode, key: &[String], cx: &BindCx) -> Option<Box<dyn Destination>> {
        let before = cx.reported();
        let write = self.write()?;
        if key.is_empty() {
            let message = "a load to a platform needs a key: without one, a row cannot be found there again";
            let problem = Diagnostic::error(Code::MissingKey, self.to.place(), message);
            cx.report(problem.help("name the column that tells rows apart: `key: sku`"));
        }
        if mode == Mode::Mirror && write.delete.is_none() {
            let message = format!("`mode: mirror` needs deletes, and `{}` has none", self.to);
            cx.report(Diagnostic::error(Code::Unsupported, self.to.place(), message).help("use `mode: merge`"));
        }
        let mut told: Vec<String> = Vec::new();
        for needed in self.needed(mode == Mode::Mirror) {
            if !needed.optional && !input.contains(&needed.name) && !told.contains(&needed.name) {
                let message = format!("`{}` needs the column `{}`", self.to, needed.name);
                let problem = Diagnostic::error(Code::UnknownColumn, self.to.place(), message);
                let problem = problem.helps(did_you_mean(&needed.name, input.names()));
                let columns = input.names().collect::<Vec<_>>().join(", ");
                cx.report(
                    problem.help(format!("known columns: {columns}; `select`, `rename` or `derive` makes others")),
                );
                told.push(needed.name);
            }
        }
        if cx.reported() > before {
            return None;
        }
        Some(Box::new(PlatformTarget {
            connection: Arc::clone(&self.connection),
            resource: self.resource.clone(),
            write: write.clone(),
            mapping: self.mapping(write),
        }))
    }
}

/// Each name for itself: what requests look like whatever the row.
struct Echo;

impl Scope for Echo {
    fn get(&self, name: &str) -> Option<Datum> {
        Some(Datum::Text(format!("{{{name}}}")))
    }
}

impl PlatformLoad {
    /// What requests look like, without settings and places: a change of it sends all rows again.
    fn mapping(&self, write: &WriteSpec) -> String {
        let mut out = format!("platform\n{}\n{}\n", self.connection.account(), self.resource);
        for (delete, operation) in operations(write) {
            let body = operation.body.as_ref().map(|body| crate::connect::render::content(body, &Echo).0);
            let body = String::from_utf8_lossy(&body.unwrap_or_default()).into_owned();
            let method = operation.method.map_or("", |method| method.as_str());
            let _ = writeln!(out, "{delete} {method} {} {body}", operation.path.text);
            for (name, words) in operation.query.iter().chain(&operation.headers) {
                let _ = writeln!(out, "{name}={}", words.text);
            }
        }
        out
    }
}
