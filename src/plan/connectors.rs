//! Files of connectors: those of the program and those of the project, put together where one extends another.

use std::path::Path;

use crate::connect::{Connector, check, library};
use crate::context::Project;
use crate::diag::{Code, Diagnostic, Diagnostics, SourceMap, Text, did_you_mean, suggest};
use crate::spec::yaml::{self, NoValues, Node, Value};

/// How many connectors may extend one another.
const DEEPEST: usize = 8;

/// The connector of a name: `connectors/NAME.yaml` of the project, else that of the program.
///
/// # Errors
/// There is no such connector, or its file is wrong.
pub fn find(name: &Text, project: &Project, sources: &mut SourceMap) -> Result<Connector, Diagnostics> {
    let own = own_path(name, project);
    let (path, text) = match std::fs::read_to_string(&own) {
        Ok(text) => (own.display().to_string(), text),
        Err(_) => match library::text(name) {
            Some(text) => (format!("connectors/{name}.yaml (of the program)"), text.to_owned()),
            None => return Err(Diagnostics::from(unknown(name, project))),
        },
    };
    let (connector, problems) = read(&path, &text, project, sources);
    connector.filter(|_| !problems.has_errors()).ok_or(problems)
}

fn own_path(name: &str, project: &Project) -> std::path::PathBuf {
    project.path(&format!("connectors/{name}.yaml"))
}

/// Reads the file of a connector and checks it.
#[must_use]
pub fn read(path: &str, text: &str, project: &Project, sources: &mut SourceMap) -> (Option<Connector>, Diagnostics) {
    let node = match whole(path, text, project, sources, 0) {
        Ok(node) => node,
        Err(problems) => return (None, problems),
    };
    let (connector, mut problems) = yaml::from_node::<Connector>(&node, &NoValues);
    if let Some(connector) = connector.as_ref().filter(|_| !problems.has_errors()) {
        problems.extend(check::check(connector));
    }
    (connector, problems)
}

/// The document with what it extends.
fn whole(
    path: &str,
    text: &str,
    project: &Project,
    sources: &mut SourceMap,
    depth: usize,
) -> Result<Node, Diagnostics> {
    let no_include = |_: &str, _: &str| Err("a connector cannot include files; it can extend another".to_owned());
    let node = yaml::read(path, text, sources, &no_include)?;
    let Some(name) = node.get("extends").and_then(Node::scalar).cloned() else { return Ok(node) };
    if depth >= DEEPEST {
        let problem = Diagnostic::error(Code::BadValue, name.place(), "connectors extend one another in a circle");
        return Err(Diagnostics::from(problem.help("the last one of them must extend nothing, or one of the program")));
    }
    // A file that extends its own name means the connector of the program.
    let own = own_path(&name, project);
    let is_itself = Path::new(path).file_name() == own.file_name();
    let (path, text) = match std::fs::read_to_string(&own).ok().filter(|_| !is_itself) {
        Some(text) => (own.display().to_string(), text),
        None => match library::text(&name) {
            Some(text) => (format!("connectors/{name}.yaml (of the program)"), text.to_owned()),
            None => return Err(Diagnostics::from(unknown(&name, project))),
        },
    };
    Ok(merged(whole(&path, &text, project, sources, depth + 1)?, node))
}

/// Two documents as one: mappings key by key, anything else as the second one says.
fn merged(below: Node, above: Node) -> Node {
    let (Value::Mapping(below), place) = (below.value, above.place) else { return above };
    let Value::Mapping(above) = above.value else { return above };
    let mut entries = below;
    for (name, node) in above {
        match entries.iter_mut().find(|(known, _)| *known == name) {
            // Of two kinds, as in `auth` or `paging`, only the new one counts.
            Some((key, known)) if is_mapping(known) && is_mapping(&node) && !is_choice(&name) => {
                *known = merged(known.clone(), node);
                *key = name;
            }
            Some(entry) => *entry = (name, node),
            None => entries.push((name, node)),
        }
    }
    Node::new(place, Value::Mapping(entries))
}

fn is_mapping(node: &Node) -> bool {
    node.as_mapping().is_some()
}

fn is_choice(name: &str) -> bool {
    matches!(name, "auth" | "paging" | "body")
}

fn unknown(name: &Text, project: &Project) -> Diagnostic {
    let names = names(project);
    let names = || names.iter().map(String::as_str);
    let problem = Diagnostic::error(Code::UnknownKind, name.place(), format!("unknown connector `{name}`"));
    let problem = problem.helps(did_you_mean(name, names())).help(suggest::known("connectors", names()));
    problem.help(format!("a connector of your own is a file `connectors/{name}.yaml`"))
}

/// Names of all connectors, of the project and of the program, in order.
#[must_use]
pub fn names(project: &Project) -> Vec<String> {
    let entries = std::fs::read_dir(project.path("connectors")).into_iter().flatten();
    let own = entries.filter_map(|entry| Some(entry.ok()?.file_name().to_str()?.strip_suffix(".yaml")?.to_owned()));
    let mut names: Vec<String> = own.chain(library::names().map(str::to_owned)).collect();
    names.sort();
    names.dedup();
    names
}
