//! Opening a pipeline file: read, typed, planned; and finding a table in it.

use std::path::Path;

use chrono::{DateTime, Utc};

use crate::cli::args::Params;
use crate::cli::exit::{Exit, Failure};
use crate::cli::talk;
use crate::diag::{Diagnostics, Severity, SourceMap, did_you_mean, suggest};
use crate::plan::{self, Plan};
use crate::spec::{self, Pipeline};

/// A pipeline file with everything that is wrong with it.
pub struct Opened {
    /// The texts of its files.
    pub sources: SourceMap,
    /// What was written, when it could be read.
    pub pipeline: Option<Pipeline>,
    /// The plan, when there is no error.
    pub plan: Option<Plan>,
    /// Errors and warnings.
    pub problems: Diagnostics,
}

/// A pipeline that may run.
pub struct Ready {
    /// The texts of its files.
    pub sources: SourceMap,
    /// What was written.
    pub pipeline: Pipeline,
    /// The plan.
    pub plan: Plan,
}

/// Whether the secrets of a pipeline are needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secrets {
    /// A missing secret is an error: data will be read.
    Needed,
    /// A missing secret is no problem: nothing will be read.
    NotNeeded,
}

/// Reads and plans a pipeline file.
///
/// # Errors
/// A parameter is given twice. What is wrong with the file is in [`Opened::problems`].
pub fn open(file: &Path, params: &Params, now: DateTime<Utc>, secrets: Secrets) -> Result<Opened, Failure> {
    let given = params.values()?;
    let mut loaded = spec::load(file, &given, now.timestamp_micros(), secrets == Secrets::Needed);
    let mut problems = loaded.problems;
    let mut plan = None;
    if let Some(pipeline) = &loaded.pipeline {
        let (built, more) = plan::build(pipeline, &loaded.project, &loaded.params, &mut loaded.sources);
        problems.extend(more);
        plan = built.filter(|_| !problems.has_errors());
    }
    problems.sort();
    Ok(Opened { sources: loaded.sources, pipeline: loaded.pipeline, plan, problems })
}

impl Opened {
    /// The same without its warnings.
    #[must_use]
    pub fn without_warnings(mut self) -> Self {
        self.problems = self.problems.into_iter().filter(|problem| problem.severity == Severity::Error).collect();
        self
    }

    /// Shows the problems; a pipeline with errors ends the command.
    ///
    /// # Errors
    /// The pipeline cannot run.
    pub fn ready(self) -> Result<Ready, Failure> {
        talk::problems(&self.problems, &self.sources);
        match (self.pipeline, self.plan) {
            (Some(pipeline), Some(plan)) => Ok(Ready { sources: self.sources, pipeline, plan }),
            _ => Err(Failure::Said(Exit::Wrong)),
        }
    }
}

/// The table that a person means: a table by its name, or the one that a load gets.
///
/// # Errors
/// There is neither a table nor a load of that name.
pub fn find_table<'p>(plan: &'p Plan, name: &str) -> Result<&'p str, Failure> {
    if let Some((table, _)) = plan.nodes.get_key_value(name) {
        return Ok(table);
    }
    if let Some(load) = plan.loads.iter().find(|load| load.name == name) {
        return Ok(&load.from);
    }
    let names = || plan.nodes.keys().map(String::as_str).chain(plan.loads.iter().map(|load| load.name.as_str()));
    let mut failure = Failure::new(Exit::Wrong, format!("the pipeline has no table and no load `{name}`"));
    if let Some(help) = did_you_mean(name, names()) {
        failure = failure.help(help);
    }
    Err(failure.help(suggest::known("names", names())))
}
