//! `raccordo check`: everything that can be wrong without reading any data.

use std::path::Path;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::cli::args::{CheckArgs, Params};
use crate::cli::exit::{Exit, Failure};
use crate::cli::open::{Secrets, open};
use crate::cli::{clock, talk};
use crate::context::Project;
use crate::diag::{Diagnostic, Diagnostics, SourceMap, render};
use crate::plan::{build::read_contract, channels, connectors};
use crate::spec::yaml;

/// Runs the command.
///
/// # Errors
/// A parameter is given twice, or the answer cannot be printed.
pub fn command(args: &CheckArgs) -> Result<Exit, Failure> {
    let now = clock::now();
    let mut all = Vec::new();
    for file in &args.files {
        let checked = check(file, &args.params, now)?;
        if !args.json {
            talk::problems(&checked.problems, &checked.sources);
        }
        all.push(checked);
    }
    if args.json {
        talk::json(&all.iter().map(Checked::to_json).collect::<Value>())?;
    } else {
        talk::line(&summary(&all));
    }
    let wrong = all.iter().any(|checked| checked.problems.has_errors());
    Ok(if wrong { Exit::Wrong } else { Exit::Done })
}

/// A file and what is wrong with it.
struct Checked {
    file: String,
    sources: SourceMap,
    problems: Diagnostics,
}

impl Checked {
    fn to_json(&self) -> Value {
        json!({
            "file": self.file,
            "ok": !self.problems.has_errors(),
            "diagnostics": render::json(&self.problems, &self.sources),
        })
    }
}

fn check(file: &Path, params: &Params, now: DateTime<Utc>) -> Result<Checked, Failure> {
    let name = file.display().to_string();
    let mut sources = SourceMap::new();
    let text = std::fs::read_to_string(file).unwrap_or_default();
    if is_contract(&text) {
        let (_, problems) = read_contract(&name, &text, &mut sources);
        return Ok(Checked { file: name, sources, problems });
    }
    if has(&text, &["connector"]) {
        let (_, problems) = connectors::read(&name, &text, &Project::of(file), &mut sources);
        return Ok(Checked { file: name, sources, problems });
    }
    if has(&text, &["fields", "formats"]) {
        let (_, problems) = channels::read(&name, &text, &mut sources);
        return Ok(Checked { file: name, sources, problems });
    }
    let opened = open(file, params, now, Secrets::NotNeeded)?;
    Ok(Checked { file: name, sources: opened.sources, problems: opened.problems })
}

/// Whether the top of the file has `columns:` and no `pipeline:`. A file that is no YAML is judged as a pipeline.
fn is_contract(text: &str) -> bool {
    has(text, &["columns"])
}

/// Whether the top of a file has all of these keys, and is no pipeline.
fn has(text: &str, keys: &[&str]) -> bool {
    let no_include = |_: &str, _: &str| Err(String::new());
    let node = yaml::read("", text, &mut SourceMap::new(), &no_include);
    node.is_ok_and(|node| keys.iter().all(|key| node.get(key).is_some()) && node.get("pipeline").is_none())
}

fn summary(all: &[Checked]) -> String {
    let problems: Vec<Diagnostic> = all.iter().flat_map(|checked| checked.problems.iter().cloned()).collect();
    let tally = talk::tally(&problems);
    match all {
        [one] => format!("{}: {tally}", one.file),
        _ => format!("{}: {tally}", talk::counted(all.len(), "file")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contract_is_known_by_its_columns() {
        assert!(is_contract("columns: { sku: sku }\n"));
        assert!(!is_contract("pipeline: a\ncolumns: {}\n"));
        assert!(!is_contract("- columns\n"));
        assert!(!is_contract("columns: {\n"));
        assert!(has("title: Outlet\nformats: {}\nfields: {}\n", &["fields", "formats"]));
        assert!(!has("fields: {}\n", &["fields", "formats"]));
    }

    #[test]
    fn several_files_are_judged_together() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            check(&path, &Params::default(), DateTime::UNIX_EPOCH).unwrap()
        };
        let contract = write("c.yaml", "columns: { sku: skuu }\n");
        let pipeline = write("p.yaml", "pipeline: p\nextract: { a: { inline: { rows: [ { x: 1 } ] } } }\n");
        assert!(contract.problems.has_errors());
        assert!(!pipeline.problems.has_errors());
        assert_eq!(pipeline.to_json()["ok"], json!(true));
        assert_eq!(contract.to_json()["diagnostics"][0]["line"], json!(1));
        assert_eq!(summary(&[contract, pipeline]), "2 files: 1 error, 1 warning");
    }
}
