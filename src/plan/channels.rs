//! Descriptions of sales channels that a project brings: `channels/NAME.yaml`, or a file by its path.

use std::sync::Arc;

use crate::context::Project;
use crate::diag::{Code, Diagnostic, Diagnostics, SourceMap, Text, did_you_mean, suggest};
use crate::domain::feeds::Channel;
use crate::loads::feed::{builtin, check};
use crate::spec::yaml::{self, NoValues};

/// The description of a channel that the project brings; nothing for one that is part of the program. A file of the
/// project goes before a channel of the same name.
///
/// # Errors
/// There is no such channel, or its file is wrong.
pub fn find(channel: &Text, project: &Project, sources: &mut SourceMap) -> Result<Option<Arc<Channel>>, Diagnostics> {
    let is_path = std::path::Path::new(channel.as_str()).extension().is_some_and(|extension| extension == "yaml");
    let path = if is_path { project.path(channel) } else { project.path(&format!("channels/{channel}.yaml")) };
    let Ok(text) = std::fs::read_to_string(&path) else {
        let is_known = !is_path && builtin::text(channel).is_some();
        return if is_known { Ok(None) } else { Err(Diagnostics::from(unknown(channel, is_path, project))) };
    };
    let (found, problems) = read(&path.display().to_string(), &text, sources);
    match found {
        Some(channel) if !problems.has_errors() => Ok(Some(Arc::new(channel))),
        _ => Err(problems),
    }
}

/// Reads the description of a channel and checks it.
#[must_use]
pub fn read(path: &str, text: &str, sources: &mut SourceMap) -> (Option<Channel>, Diagnostics) {
    let no_include = |_: &str, _: &str| Err("the description of a channel cannot include files".to_owned());
    let node = match yaml::read(path, text, sources, &no_include) {
        Ok(node) => node,
        Err(problems) => return (None, problems),
    };
    let (channel, mut problems) = yaml::from_node::<Channel>(&node, &NoValues);
    if let Some(channel) = channel.as_ref().filter(|_| !problems.has_errors()) {
        problems.extend(check::check(channel));
    }
    (channel, problems)
}

fn unknown(channel: &Text, is_path: bool, project: &Project) -> Diagnostic {
    if is_path {
        let message = format!("there is no file `{}`", project.path(channel).display());
        return Diagnostic::error(Code::FileNotFound, channel.place(), message);
    }
    let entries = std::fs::read_dir(project.path("channels")).into_iter().flatten();
    let own = entries.filter_map(|entry| Some(entry.ok()?.file_name().to_str()?.strip_suffix(".yaml")?.to_owned()));
    let mut names: Vec<String> = own.chain(builtin::names().map(str::to_owned)).collect();
    names.sort();
    let names = || names.iter().map(String::as_str);
    let problem = Diagnostic::error(Code::UnknownKind, channel.place(), format!("unknown channel `{channel}`"));
    let problem = problem.helps(did_you_mean(channel, names())).help(suggest::known("channels", names()));
    problem.help(format!("a channel of your own is a file `channels/{channel}.yaml`"))
}
