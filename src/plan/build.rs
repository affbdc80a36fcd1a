//! Building the plan: names are bound, every kind is checked against the schemas it will see.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;

use crate::context::{BindCx, Params, Project};
use crate::contract::{Columns, ContractFile, compile};
use crate::diag::{Code, Diagnostic, Diagnostics, Place, SourceMap, Text, did_you_mean};
use crate::domain::types::Schema;
use crate::loads::delivery::spec::share;
use crate::plan::mail::{self, MailPlan};
use crate::plan::{Node, NodeKind, Plan, PlanStep, Target, channels, connections, deliver, order};
use crate::spec::Pipeline;
use crate::spec::pipeline::{Extract, LoadSpec, Transform};
use crate::spec::yaml::{self, NoValues};

/// Checks a pipeline and makes it a plan. The plan is there when there is no error; warnings may come with it.
#[must_use]
pub fn build(
    pipeline: &Pipeline,
    project: &Project,
    params: &Params,
    sources: &mut SourceMap,
) -> (Option<Plan>, Diagnostics) {
    let mut builder = Builder {
        pipeline,
        project,
        params,
        problems: Diagnostics::new(),
        schemas: BTreeMap::new(),
        nodes: IndexMap::new(),
        connections: connections::Connections::default(),
    };
    builder.connections = connections::bind(pipeline, project, sources, &mut builder.problems);
    builder.check_names();
    let order = builder.order();
    for name in order {
        builder.node(&name, sources);
    }
    let loads = builder.loads(sources);
    builder.check_unused();
    let fail_above = builder.fail_above();
    let mail = builder.mail(&loads);
    let mut problems = builder.problems;
    problems.sort();
    let plan = (!problems.has_errors()).then(|| Plan {
        name: pipeline.pipeline.to_string(),
        description: pipeline.description.clone(),
        nodes: builder.nodes,
        loads,
        fail_above,
        fingerprint: deliver::fingerprint(pipeline.texts.values()),
        mail,
        rejects_path: pipeline.rejects.path.as_ref().map(ToString::to_string),
        params: params.clone(),
        project: project.clone(),
    });
    (plan, problems)
}

struct Builder<'p> {
    pipeline: &'p Pipeline,
    project: &'p Project,
    params: &'p Params,
    problems: Diagnostics,
    schemas: BTreeMap<String, Schema>,
    nodes: IndexMap<String, Node>,
    connections: connections::Connections,
}

impl<'p> Builder<'p> {
    fn check_names(&mut self) {
        let name = &self.pipeline.pipeline;
        if name.is_empty() || !name.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_".contains(letter)) {
            let message = format!("`{name}` is not a name for a pipeline");
            let help = "use letters, digits, `-` and `_`: `canali-notte`";
            self.problems.push(Diagnostic::error(Code::BadValue, name.place(), message).help(help));
        }
        for (name, _) in &self.pipeline.transform {
            if let Some((first, _)) = self.pipeline.extract.get_key_value(name) {
                let message = format!("`{name}` is both extracted and computed");
                let problem = Diagnostic::error(Code::DuplicateTable, name.place(), message);
                self.problems.push(problem.related(first.place(), "extracted here"));
            }
        }
    }

    fn table_names(&self) -> Vec<&'p str> {
        let pipeline = self.pipeline;
        pipeline.extract.keys().chain(pipeline.transform.keys()).map(Text::as_str).collect()
    }

    fn known(&self, name: &Text) -> bool {
        self.pipeline.extract.contains_key(name.as_str()) || self.pipeline.transform.contains_key(name.as_str())
    }

    fn require_table(&mut self, name: &Text) {
        if self.known(name) {
            return;
        }
        let names = self.table_names();
        let mut problem = Diagnostic::error(Code::UnknownTable, name.place(), format!("unknown table `{name}`"));
        if let Some(help) = did_you_mean(name, names.iter().copied()) {
            problem = problem.help(help);
        }
        self.problems.push(problem.help(crate::diag::suggest::known("tables", names)));
    }

    /// Names in computing order; a cycle is reported and its tables are left out.
    fn order(&mut self) -> Vec<String> {
        let mut inputs: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        let pipeline = self.pipeline;
        for name in pipeline.extract.keys() {
            inputs.insert(name, Vec::new());
        }
        for (name, transform) in &pipeline.transform {
            let read = tables_of(transform);
            for table in &read {
                self.require_table(table);
            }
            inputs.insert(name, read.iter().map(|table| table.as_str()).collect());
        }
        loop {
            match order::sort(&inputs) {
                Ok(order) => return order,
                Err(cycle) => {
                    self.report_cycle(&cycle);
                    for name in cycle {
                        inputs.remove(name.as_str());
                    }
                }
            }
        }
    }

    fn report_cycle(&mut self, cycle: &[String]) {
        let first = self.pipeline.transform.get_key_value(cycle[0].as_str());
        let place = first.map_or(Place::NONE, |(name, _)| name.place());
        let path =
            cycle.iter().chain(cycle.first()).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" reads ");
        let problem = Diagnostic::error(Code::TableCycle, place, format!("tables read each other in a circle: {path}"));
        self.problems.push(problem.help("a table can only read tables that do not need it"));
    }

    fn node(&mut self, name: &str, sources: &mut SourceMap) {
        let pipeline = self.pipeline;
        if let Some((key, extract)) = pipeline.extract.get_key_value(name) {
            self.source(key, extract, sources);
        } else if let Some((key, transform)) = pipeline.transform.get_key_value(name) {
            self.transform(key, transform);
        }
    }

    fn source(&mut self, name: &Text, extract: &'p Extract, sources: &mut SourceMap) {
        let Some(declared) = self.declared(extract, sources) else { return };
        let (project, params, schemas) = (self.project, self.params, BTreeMap::new());
        let cx = BindCx::new(project, params, name, &schemas);
        let platform = extract.from.as_ref().map(|from| connections::source(from, &self.connections, &cx));
        if matches!(platform, Some(None)) {
            self.problems.extend(cx.into_diagnostics());
            return;
        }
        let platform = platform.flatten();
        let mut kinds: Vec<(&'static str, &dyn crate::sources::Source)> = extract.kinds();
        kinds.extend(platform.as_ref().map(|kind| ("from", kind as _)));
        let bound = match kinds[..] {
            [(kind, source)] => source.bind(declared.as_ref(), &cx).map(|source| (kind, source)),
            [] => {
                let problem = Diagnostic::error(
                    Code::NoKind,
                    name.place(),
                    format!("`{name}` does not say where its rows come from"),
                );
                cx.report(
                    problem.help("add `from: connection.resource`, `file:`, `inline:`, `sql:`, `fatturapa:`, `sdi_messages:` or `statement:`"),
                );
                None
            }
            _ => {
                let names: Vec<String> = kinds.iter().map(|(kind, _)| format!("`{kind}`")).collect();
                let message = format!("`{name}` has several kinds: {}", names.join(", "));
                cx.report(Diagnostic::error(Code::ManyKinds, name.place(), message).help("keep one of them"));
                None
            }
        };
        let since = extract
            .since
            .as_ref()
            .map(|since| platform.as_ref().map_or_else(|| since.clone(), |kind| kind.since(since)));
        let increment = bound.as_ref().and_then(|(_, source)| since.as_ref()?.bind(&source.schema, &cx));
        self.problems.extend(cx.into_diagnostics());
        if let Some((kind, mut source)) = bound {
            if let Some(increment) = &increment {
                source.scan.reads_since(increment);
            }
            let schema = source.schema.clone();
            let file = extract.file.as_ref();
            let archive = file.and_then(|file| file.archive.as_ref()).map(ToString::to_string);
            let once = archive.is_some() || file.is_some_and(|file| file.once);
            let kind = NodeKind::Source { kind, source, increment, once, archive };
            self.finish(name, extract.description.as_ref(), kind, schema);
        }
    }

    /// Declared columns: `Some(None)` when there are none, `None` when they are wrong.
    fn declared(&mut self, extract: &Extract, sources: &mut SourceMap) -> Option<Option<Columns>> {
        let (columns, problems) = match (&extract.schema, &extract.columns) {
            (None, None) => return Some(None),
            (Some(name), Some(_)) => {
                let message = "`schema` and `columns` both say what the columns are";
                (
                    None,
                    Diagnostics::from(
                        Diagnostic::error(Code::BadContract, name.place(), message).help("keep one of them"),
                    ),
                )
            }
            (None, Some(specs)) => compile(specs, &[]),
            (Some(name), None) => self.contract(name, sources),
        };
        self.problems.extend(problems);
        columns.map(Some)
    }

    fn contract(&self, name: &Text, sources: &mut SourceMap) -> (Option<Columns>, Diagnostics) {
        let path = self.project.contract_path(name);
        let Ok(text) = std::fs::read_to_string(&path) else {
            return (None, Diagnostics::from(self.unknown_contract(name)));
        };
        read_contract(&path.display().to_string(), &text, sources)
    }

    fn unknown_contract(&self, name: &Text) -> Diagnostic {
        let folder = self.project.path("schemas");
        let mut names: Vec<String> = std::fs::read_dir(&folder)
            .into_iter()
            .flatten()
            .filter_map(|entry| Some(entry.ok()?.file_name().to_str()?.strip_suffix(".yaml")?.to_owned()))
            .collect();
        names.sort();
        let message =
            format!("unknown contract `{name}`: there is no `{}`", self.project.contract_path(name).display());
        let mut problem = Diagnostic::error(Code::UnknownContract, name.place(), message);
        if let Some(help) = did_you_mean(name, names.iter().map(String::as_str)) {
            problem = problem.help(help);
        }
        problem.help(crate::diag::suggest::known("contracts", names.iter().map(String::as_str)))
    }

    fn transform(&mut self, name: &Text, transform: &'p Transform) {
        let Some(mut schema) = self.schemas.get(transform.from.as_str()).cloned() else { return };
        let mut steps = Vec::new();
        let mut complete = true;
        for step in &transform.steps {
            let kind = &step.value;
            let missing = kind.step().tables().iter().any(|table| !self.schemas.contains_key(table.as_str()));
            if missing {
                complete = false;
                break;
            }
            let cx = BindCx::new(self.project, self.params, name, &self.schemas);
            let bound = kind.step().bind(&schema, &cx);
            let problems = cx.into_diagnostics();
            self.problems.extend(problems);
            let Some(bound) = bound else {
                complete = false;
                break;
            };
            schema = bound.schema.clone();
            let tables = kind.step().tables().iter().map(ToString::to_string).collect();
            steps.push(PlanStep { kind: kind.name(), tables, place: step.place, bound });
        }
        if complete {
            let kind = NodeKind::Transform { from: transform.from.to_string(), steps };
            self.finish(name, transform.description.as_ref(), kind, schema);
        }
    }

    fn finish(&mut self, name: &Text, description: Option<&String>, kind: NodeKind, schema: Schema) {
        self.schemas.insert(name.to_string(), schema.clone());
        let node = Node { place: name.place(), description: description.cloned(), kind, schema };
        self.nodes.insert(name.to_string(), node);
    }

    fn loads(&mut self, sources: &mut SourceMap) -> Vec<Target> {
        let pipeline = self.pipeline;
        let mut loads = Vec::new();
        for (name, load) in &pipeline.load {
            self.require_table(&load.from);
            let no_tables = BTreeMap::new();
            let cx = BindCx::new(self.project, self.params, name, &no_tables);
            let platform = load.to.as_ref().map(|to| connections::load(to, &self.connections, &cx));
            self.problems.extend(cx.into_diagnostics());
            if matches!(platform, Some(None)) {
                continue;
            }
            let platform = platform.flatten();
            let mut kinds = load.kinds();
            kinds.extend(platform.as_ref().map(|kind| ("to", kind as &dyn crate::loads::Load)));
            let [(kind, target)] = kinds[..] else {
                self.problems.push(load_kinds_problem(name, &kinds));
                continue;
            };
            let others = target.tables();
            for table in &others {
                self.require_table(table);
            }
            let Some(schema) = self.schemas.get(load.from.as_str()) else { continue };
            if others.iter().any(|table| !self.schemas.contains_key(table.as_str())) {
                continue;
            }
            let mut cx = BindCx::new(self.project, self.params, name, &self.schemas);
            match target.channel().map_or(Ok(None), |channel| channels::find(channel, self.project, sources)) {
                Ok(channel) => cx.channel = channel,
                Err(problems) => {
                    self.problems.extend(problems);
                    continue;
                }
            }
            let bound = deliver::bind(name, load, target, schema, pipeline, &cx);
            let sent = target.sent(schema, &cx);
            let problems = cx.into_diagnostics();
            self.problems.extend(problems);
            if let Some((keyed, way)) = bound {
                let (name, from) = (name.to_string(), load.from.to_string());
                let capabilities = target.capabilities();
                let tables = others.iter().map(ToString::to_string).filter(|table| *table != from);
                let tables = tables.collect::<BTreeSet<_>>().into_iter().collect();
                loads.push(Target { name, kind, from, tables, capabilities, sent, keyed, way });
            }
        }
        loads
    }

    /// A table that nothing reads is a warning: somebody may be working on it.
    fn check_unused(&mut self) {
        let pipeline = self.pipeline;
        let mut used: BTreeSet<&str> = pipeline.load.values().map(|load| load.from.as_str()).collect();
        let kinds = pipeline.load.values().flat_map(LoadSpec::kinds);
        used.extend(kinds.flat_map(|(_, kind)| kind.tables()).map(Text::as_str));
        for transform in pipeline.transform.values() {
            used.extend(tables_of(transform).iter().map(|table| table.as_str()));
        }
        for test in &pipeline.tests {
            used.extend(test.expect.keys().map(Text::as_str));
            for table in test.given.keys().chain(test.expect.keys()) {
                self.require_table(table);
            }
        }
        for name in pipeline.extract.keys().chain(pipeline.transform.keys()) {
            if !used.contains(name.as_str()) {
                let message = format!("nothing reads the table `{name}`");
                let problem = Diagnostic::warning(Code::UnusedTable, name.place(), message);
                self.problems.push(problem.help("load it, read it in a transform, or remove it"));
            }
        }
    }

    fn mail(&mut self, loads: &[Target]) -> Option<MailPlan> {
        let spec = self.pipeline.mail.as_ref()?;
        let server = self.pipeline.mail_server.as_ref();
        let reports: Vec<&str> =
            loads.iter().filter(|load| load.kind == "report").map(|load| load.name.as_str()).collect();
        mail::bind(spec, server, &reports, self.project, &mut self.problems)
    }

    /// `1%` in parts per million.
    fn fail_above(&mut self) -> Option<u64> {
        let text = self.pipeline.rejects.fail_above.as_ref()?;
        match share(text) {
            Some(parts) if parts <= 1_000_000 => Some(parts),
            _ => {
                let message = format!("`{text}` is not a share");
                self.problems
                    .push(Diagnostic::error(Code::BadValue, text.place(), message).help("write it as `1%` or `0.5%`"));
                None
            }
        }
    }
}

/// Reads a contract file and compiles it.
#[must_use]
pub fn read_contract(path: &str, text: &str, sources: &mut SourceMap) -> (Option<Columns>, Diagnostics) {
    let no_include = |_: &str, _: &str| Err("a contract cannot include files".to_owned());
    let node = match yaml::read(path, text, sources, &no_include) {
        Ok(node) => node,
        Err(problems) => return (None, problems),
    };
    let (file, mut problems) = yaml::from_node::<ContractFile>(&node, &NoValues);
    let Some(file) = file.filter(|_| !problems.has_errors()) else { return (None, problems) };
    let (columns, more) = compile(&file.columns, &file.key);
    problems.extend(more);
    (columns, problems)
}

fn load_kinds_problem(name: &Text, kinds: &[(&'static str, &dyn crate::loads::Load)]) -> Diagnostic {
    if kinds.is_empty() {
        let problem = Diagnostic::error(Code::NoKind, name.place(), format!("`{name}` does not say where its rows go"));
        return problem
            .help("add `to: connection.resource`, `file:`, `feed:`, `fatturapa:`, `sql:`, `http:` or `report:`");
    }
    let names: Vec<String> = kinds.iter().map(|(kind, _)| format!("`{kind}`")).collect();
    let message = format!("`{name}` has several kinds: {}", names.join(", "));
    Diagnostic::error(Code::ManyKinds, name.place(), message).help("keep one of them")
}

/// All tables that a transform reads.
pub(super) fn tables_of(transform: &Transform) -> Vec<&Text> {
    let steps = transform.steps.iter().flat_map(|step| step.value.step().tables());
    std::iter::once(&transform.from).chain(steps).collect()
}

impl Extract {
    /// The kinds that are filled in; exactly one should be.
    #[must_use]
    pub fn kinds(&self) -> Vec<(&'static str, &dyn crate::sources::Source)> {
        let mut kinds: Vec<(&'static str, &dyn crate::sources::Source)> = Vec::new();
        kinds.extend(self.file.as_ref().map(|kind| ("file", kind as _)));
        kinds.extend(self.inline.as_ref().map(|kind| ("inline", kind as _)));
        kinds.extend(self.fatturapa.as_ref().map(|kind| ("fatturapa", kind as _)));
        kinds.extend(self.sdi_messages.as_ref().map(|kind| ("sdi_messages", kind as _)));
        kinds.extend(self.statement.as_ref().map(|kind| ("statement", kind as _)));
        kinds.extend(self.sql.as_ref().map(|kind| ("sql", kind as _)));
        kinds
    }
}

impl LoadSpec {
    /// The kinds that are filled in; exactly one should be.
    #[must_use]
    pub fn kinds(&self) -> Vec<(&'static str, &dyn crate::loads::Load)> {
        let mut kinds: Vec<(&'static str, &dyn crate::loads::Load)> = Vec::new();
        kinds.extend(self.file.as_ref().map(|kind| ("file", kind as _)));
        kinds.extend(self.feed.as_ref().map(|kind| ("feed", kind as _)));
        kinds.extend(self.fatturapa.as_ref().map(|kind| ("fatturapa", kind as _)));
        kinds.extend(self.sql.as_ref().map(|kind| ("sql", kind as _)));
        kinds.extend(self.http.as_ref().map(|kind| ("http", kind as _)));
        kinds.extend(self.report.as_ref().map(|kind| ("report", kind as _)));
        kinds
    }
}
