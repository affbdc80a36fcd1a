//! `raccordo connectors`: the platforms that can be read and written, and what is known of each.

use std::fmt::Write as _;
use std::path::Path;

use clap::Args;
use serde_json::{Value, json};

use crate::cli::exit::{Exit, Failure};
use crate::cli::talk;
use crate::connect::Connector;
use crate::connect::spec::auth::AuthSpec;
use crate::connect::spec::fields::FieldSpec;
use crate::context::Project;
use crate::diag::{Place, SourceMap, Text};
use crate::plan::connectors;

/// Arguments of `connectors`.
#[derive(Debug, Args)]
pub struct ConnectorsArgs {
    /// Show this connector: its settings, its resources and their fields.
    pub name: Option<String>,
    /// Print the answer as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Runs the command.
///
/// # Errors
/// The answer cannot be printed.
pub fn command(args: &ConnectorsArgs) -> Result<Exit, Failure> {
    let project = Project::of(Path::new("pipeline.yaml"));
    let names = args.name.clone().map_or_else(|| connectors::names(&project), |name| vec![name]);
    let (mut found, mut wrong) = (Vec::new(), false);
    for name in names {
        let mut sources = SourceMap::new();
        match connectors::find(&Text::new(name, Place::NONE), &project, &mut sources) {
            Ok(connector) => found.push(connector),
            Err(problems) => {
                wrong = true;
                talk::problems(&problems, &sources);
            }
        }
    }
    if args.json {
        talk::json(&found.iter().map(to_json).collect::<Value>())?;
    } else if args.name.is_some() {
        found.iter().try_for_each(|connector| talk::data(&shown(connector)))?;
    } else {
        talk::data(&table(&found))?;
    }
    Ok(if wrong { Exit::Wrong } else { Exit::Done })
}

fn auth(connector: &Connector) -> &'static str {
    match &connector.auth {
        None | Some(AuthSpec::None) => "none",
        Some(AuthSpec::Basic(_)) => "basic",
        Some(AuthSpec::Bearer(_)) => "bearer",
        Some(AuthSpec::Header(_)) => "header",
        Some(AuthSpec::Query(_)) => "query",
        Some(AuthSpec::Token(_)) => "token",
    }
}

fn contract(connector: &Connector) -> &'static str {
    connector.contract.as_ref().map_or("none", |contract| contract.kind.as_str())
}

/// Names of the resources that can be read, or written.
fn resources(connector: &Connector, written: bool) -> Vec<&str> {
    let can = |resource: &crate::connect::spec::Resource| {
        if written { resource.write.is_some() } else { resource.read.is_some() }
    };
    connector.resources.iter().filter(|(_, resource)| can(resource)).map(|(name, _)| name.as_str()).collect()
}

fn to_json(connector: &Connector) -> Value {
    json!({
        "name": connector.connector.as_str(),
        "title": connector.title,
        "auth": auth(connector),
        "contract": contract(connector),
        "reads": resources(connector, false),
        "writes": resources(connector, true),
        "settings": connector.settings.iter().map(|(name, setting)| json!({
            "name": name.as_str(), "secret": setting.secret, "default": setting.default.as_ref().map(|default| &default.value),
            "help": setting.help,
        })).collect::<Value>(),
    })
}

fn table(found: &[Connector]) -> String {
    let mut rows = vec![["connector", "auth", "contract", "reads", "writes"].map(str::to_owned)];
    rows.extend(found.iter().map(|connector| {
        let joined = |written| resources(connector, written).join(" ");
        [
            connector.connector.to_string(),
            auth(connector).to_owned(),
            contract(connector).to_owned(),
            joined(false),
            joined(true),
        ]
    }));
    let mut widths = [0; 5];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let line = |row: &[String; 5]| {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned() + "\n"
    };
    rows.iter().map(line).collect()
}

fn shown(connector: &Connector) -> String {
    let mut out = format!("{}\n", connector.title.as_deref().unwrap_or(&connector.connector));
    let lines = [connector.description.as_deref(), connector.docs.as_deref()];
    for text in lines.into_iter().flatten() {
        out.push_str(text.trim());
        out.push('\n');
    }
    out.push_str("\nsettings\n");
    for (name, setting) in &connector.settings {
        let secret = if setting.secret { ", secret" } else { "" };
        let given = match &setting.default {
            Some(default) => format!("default {}", default.value),
            None if setting.optional => "optional".to_owned(),
            None => "needed".to_owned(),
        };
        let help = setting.help.as_ref().map(|help| format!(": {help}")).unwrap_or_default();
        let _ = writeln!(out, "  {name} ({given}{secret}){help}");
    }
    for (name, resource) in &connector.resources {
        let write = resource.write.as_ref().map(|write| {
            let all = [
                ("create", &write.create),
                ("update", &write.update),
                ("upsert", &write.upsert),
                ("delete", &write.delete),
            ];
            all.into_iter()
                .filter(|(_, operation)| operation.is_some())
                .map(|(word, _)| word)
                .collect::<Vec<_>>()
                .join(" ")
        });
        let read = resource.read.as_ref().map(|_| "read".to_owned());
        let can: Vec<String> = read.into_iter().chain(write).collect();
        let description = resource.description.as_ref().map(|text| format!("  {text}\n")).unwrap_or_default();
        let _ = write!(out, "\n{name} ({})\n{description}", can.join(" "));
        for (field, spec) in &resource.fields {
            let ty = match &spec.value {
                FieldSpec::Word(word) => word.as_str(),
                FieldSpec::Details(details) => details.ty.as_str(),
            };
            let _ = writeln!(out, "  {field}: {ty}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_connector_of_the_program_is_listed_and_shown() {
        let project = Project::at("/nowhere");
        for name in crate::connect::library::names() {
            let mut sources = SourceMap::new();
            let connector = connectors::find(&Text::new(name, Place::NONE), &project, &mut sources).unwrap();
            assert_eq!(connector.connector.as_str(), name);
            assert!(table(std::slice::from_ref(&connector)).contains(name));
            assert!(shown(&connector).contains("settings\n"));
        }
    }
}
