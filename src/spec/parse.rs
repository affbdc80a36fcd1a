//! A pipeline file, read and typed. Every problem is collected.

use std::collections::BTreeMap;
use std::path::Path;

use crate::context::{Params, Project};
use crate::diag::{Code, Diagnostic, Diagnostics, Place, SourceMap};
use crate::io::SecretStore;
use crate::spec::environment::Environment;
use crate::spec::params;
use crate::spec::pipeline::Pipeline;
use crate::spec::project::ProjectFile;
use crate::spec::yaml::{self, Node, Value};

/// A pipeline file that was read, as far as it could be.
pub struct Loaded {
    /// The texts of all files, for rendering places.
    pub sources: SourceMap,
    /// The pipeline; `None` when problems made it unreadable.
    pub pipeline: Option<Pipeline>,
    /// Typed parameters.
    pub params: Params,
    /// The project the file belongs to.
    pub project: Project,
    /// Problems found so far.
    pub problems: Diagnostics,
}

/// Reads a pipeline file. `given` are the parameters of the command line, `now` the instant of the run in microseconds.
///
/// With `secrets` false (a check), secrets that are not there are not a problem.
#[must_use]
pub fn load(path: &Path, given: &BTreeMap<String, String>, now: i64, secrets: bool) -> Loaded {
    let mut loaded = Loaded {
        sources: SourceMap::default(),
        pipeline: None,
        params: Params::default(),
        project: Project::of(path),
        problems: Diagnostics::new(),
    };
    let (file, problems) = ProjectFile::read(&loaded.project, &mut loaded.sources);
    loaded.problems.extend(problems);
    let store = file.secret_store(&loaded.project);
    let name = path.display().to_string();
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => {
            let message = format!("cannot read the pipeline `{name}`: {error}");
            loaded.problems.push(Diagnostic::error(Code::FileNotFound, Place::NONE, message));
            return loaded;
        }
    };
    match yaml::read(&name, &text, &mut loaded.sources, &include) {
        Ok(node) => type_document(&node, given, now, secrets.then_some(store), &mut loaded),
        Err(problems) => loaded.problems.extend(problems),
    }
    if let Some(pipeline) = &mut loaded.pipeline {
        let (server, problems) = match &pipeline.mail {
            Some(_) if secrets => file.mail_server(&loaded.project),
            _ => (file.mail, Diagnostics::new()),
        };
        pipeline.mail_server = server;
        loaded.problems.extend(problems);
    }
    loaded
}

/// Includes are read from the folder of the file that includes.
fn include(written: &str, from: &str) -> Result<(String, String), String> {
    let folder = Path::new(from).parent().unwrap_or(Path::new("."));
    let path = folder.join(written);
    let text = std::fs::read_to_string(&path).map_err(|error| format!("cannot read `{}`: {error}", path.display()))?;
    Ok((path.display().to_string(), text))
}

fn type_document(
    node: &Node,
    given: &BTreeMap<String, String>,
    now: i64,
    secrets: Option<SecretStore>,
    loaded: &mut Loaded,
) {
    if !matches!(node.value, Value::Mapping(_)) {
        let message = format!("a pipeline file is a mapping, but this is {}", node.describe());
        let help = "it starts with `pipeline: name`, then `extract:`, `transform:` and `load:`";
        loaded.problems.push(Diagnostic::error(Code::NotAPipeline, node.place, message).help(help));
        return;
    }
    let mut values = Environment::new(secrets);
    if let Some(node) = node.get("params") {
        let (specs, problems) = yaml::from_node(node, &values);
        if let (Some(specs), false) = (specs, problems.has_errors()) {
            let (params, problems) = params::resolve(&specs, given, now);
            loaded.problems.extend(problems);
            values.params = params;
        }
    } else {
        loaded.problems.extend(params::resolve(&indexmap::IndexMap::new(), given, now).1);
    }
    let (pipeline, problems) = yaml::from_node(node, &values);
    loaded.pipeline =
        pipeline.filter(|_| !problems.has_errors()).map(|pipeline| Pipeline { texts: texts(node), ..pipeline });
    loaded.problems.extend(problems);
    let (failed, params) = values.close();
    loaded.problems.extend(failed);
    loaded.params = params;
}

/// What was written of each table and load.
fn texts(document: &Node) -> BTreeMap<String, String> {
    let sections = ["extract", "transform", "load"].into_iter();
    let named = sections.filter_map(|section| match &document.get(section)?.value {
        Value::Mapping(pairs) => {
            Some(pairs.iter().map(move |(name, node)| (format!("{section}.{name}"), node.plain())))
        }
        _ => None,
    });
    named.flatten().collect()
}
