//! Connections of a pipeline: their connectors found, their settings checked, the resources that tables and loads name.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::connect::{Connection, Connector, Setting};
use crate::context::{BindCx, Project};
use crate::diag::{Code, Diagnostic, Diagnostics, Placed, SourceMap, Text, did_you_mean, suggest};
use crate::loads::platform::PlatformLoad;
use crate::plan::connectors;
use crate::sources::platform::PlatformSource;
use crate::spec::Pipeline;
use crate::spec::pipeline::ConnectionSpec;

/// Connections by name; nothing for those that are wrong, which was reported.
pub type Connections = BTreeMap<String, Option<Arc<Connection>>>;

/// Checks all connections.
#[must_use]
pub fn bind(
    pipeline: &Pipeline,
    project: &Project,
    sources: &mut SourceMap,
    problems: &mut Diagnostics,
) -> Connections {
    let bound = pipeline.connections.iter().map(|(name, spec)| {
        let connection = one(name, spec, project, sources);
        let connection = connection.map_err(|found| problems.extend(found)).ok();
        (name.to_string(), connection.map(Arc::new))
    });
    bound.collect()
}

fn one(
    name: &Text,
    spec: &Placed<ConnectionSpec>,
    project: &Project,
    sources: &mut SourceMap,
) -> Result<Connection, Diagnostics> {
    let mut kinds = spec.value.iter();
    let (Some((kind, given)), None) = (kinds.next(), kinds.next()) else {
        let message = format!("connection `{name}` needs one connector");
        let problem = Diagnostic::error(Code::NoKind, name.place(), message);
        return Err(Diagnostics::from(problem.help("as in `negozio: { woocommerce: { url: !env WOO_URL, … } }`")));
    };
    let connector = connectors::find(kind, project, sources)?;
    let problems = settings(kind, &connector, given);
    if problems.has_errors() {
        return Err(problems);
    }
    let given: Vec<(String, Setting)> =
        given.iter().map(|(name, value)| (name.to_string(), value.value.clone())).collect();
    Ok(Connection::new(name, Arc::new(connector), &given))
}

fn settings(kind: &Text, connector: &Connector, given: &indexmap::IndexMap<Text, Placed<Setting>>) -> Diagnostics {
    let mut problems = Diagnostics::new();
    let names = || connector.settings.keys().map(Text::as_str);
    for (name, value) in given {
        let Some(spec) = connector.settings.get(name.as_str()) else {
            let problem =
                Diagnostic::error(Code::UnknownKey, name.place(), format!("unknown setting `{name}` of `{kind}`"));
            problems.push(problem.helps(did_you_mean(name, names())).help(suggest::known("settings", names())));
            continue;
        };
        if spec.secret && !value.value.is_outside {
            let problem = Diagnostic::error(Code::SecretInClear, value.place, "a secret is written in clear");
            let problem = problem.help(format!("write `{name}: !secret name` or `{name}: !env NAME` instead"));
            problems.push(problem.help("if this file has left your machine, replace the secret at the platform"));
        }
        let text = value.value.reveal();
        if !spec.one_of.is_empty() && !spec.one_of.iter().any(|known| known == text) && !text.is_empty() {
            let problem = Diagnostic::error(Code::BadValue, value.place, format!("`{name}` cannot be `{text}`"));
            problems.push(problem.help(suggest::known("values", spec.one_of.iter().map(String::as_str))));
        }
    }
    for (name, spec) in &connector.settings {
        if !given.contains_key(name.as_str()) && spec.default.is_none() && !spec.optional {
            let problem =
                Diagnostic::error(Code::MissingKey, kind.place(), format!("`{kind}` needs the setting `{name}`"));
            let value = if spec.secret { format!("{name}: !secret {name}") } else { format!("{name}: …") };
            problems.push(problem.help(format!("add `{value}`")).helps(spec.help.clone()));
        }
    }
    problems
}

/// The source of `from: connection.resource`; nothing when a problem was reported.
pub fn source(from: &Text, connections: &Connections, cx: &BindCx) -> Option<PlatformSource> {
    let (connection, resource) = resource(from, connections, cx)?;
    if connection.connector.resources.get(resource.as_str())?.read.is_none() {
        let message = format!("`{resource}` of `{}` cannot be read", connection.connector.connector);
        cx.report(
            Diagnostic::error(Code::Unsupported, from.place(), message).help("its connector has no `read` for it"),
        );
        return None;
    }
    Some(PlatformSource { from: from.clone(), connection, resource })
}

/// The load of `to: connection.resource`; nothing when a problem was reported.
pub fn load(to: &Text, connections: &Connections, cx: &BindCx) -> Option<PlatformLoad> {
    let (connection, resource) = resource(to, connections, cx)?;
    if connection.connector.resources.get(resource.as_str())?.write.is_none() {
        let message = format!("`{resource}` of `{}` cannot be written", connection.connector.connector);
        cx.report(
            Diagnostic::error(Code::Unsupported, to.place(), message).help("its connector has no `write` for it"),
        );
        return None;
    }
    Some(PlatformLoad { to: to.clone(), connection, resource })
}

fn resource(written: &Text, connections: &Connections, cx: &BindCx) -> Option<(Arc<Connection>, String)> {
    let Some((name, resource)) = written.split_once('.') else {
        let problem =
            Diagnostic::error(Code::UnknownConnection, written.place(), format!("`{written}` names no resource"));
        cx.report(problem.help("write `connection.resource`, as in `negozio.orders`"));
        return None;
    };
    let Some(connection) = connections.get(name) else {
        let names = || connections.keys().map(String::as_str);
        let place = written.inside(0, name.len());
        let problem = Diagnostic::error(Code::UnknownConnection, place, format!("unknown connection `{name}`"));
        let problem = problem.helps(did_you_mean(name, names())).help(suggest::known("connections", names()));
        cx.report(problem.help(format!("declare it: `connections: {{ {name}: {{ woocommerce: {{ … }} }} }}`")));
        return None;
    };
    // What is wrong with it was reported.
    let connection = connection.clone()?;
    let resources = &connection.connector.resources;
    if !resources.contains_key(resource) {
        let names = || resources.keys().map(Text::as_str);
        let place = written.inside(name.len() + 1, resource.len());
        let message = format!("`{}` has no resource `{resource}`", connection.connector.connector);
        let problem = Diagnostic::error(Code::UnknownConnection, place, message);
        cx.report(problem.helps(did_you_mean(resource, names())).help(suggest::known("resources", names())));
        return None;
    }
    Some((Arc::clone(&connection), resource.to_owned()))
}
