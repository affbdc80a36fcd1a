//! `raccordo runs`: what ran, when, with what result.

use serde_json::{Value, json};
use std::fmt::Write as _;

use crate::cli::exit::{Exit, Failure};
use crate::cli::reject_args::RunsArgs;
use crate::cli::rejects::{failed, project, state};
use crate::cli::talk;
use crate::context::Project;
use crate::engine::columns::aligned;
use crate::state::{NodeRecord, RejectFilter, RunRecord, State};

/// Runs the command.
///
/// # Errors
/// The state cannot be read, or there is no such run.
pub fn command(args: &RunsArgs) -> Result<Exit, Failure> {
    let project = project();
    let Some(state) = state(&project)? else {
        if let Some(run) = &args.run {
            return Err(unknown(run));
        }
        if args.json {
            talk::json(&Vec::<Value>::new())?;
        } else {
            talk::line("nothing has run yet");
        }
        return Ok(Exit::Done);
    };
    match &args.run {
        Some(run) => one(&project, &state, run, args.json),
        None => all(&state, args),
    }
}

fn unknown(run: &str) -> Failure {
    Failure::new(Exit::Wrong, format!("there is no run `{run}`")).help("`raccordo runs` lists them")
}

fn all(state: &State, args: &RunsArgs) -> Result<Exit, Failure> {
    let runs = state.runs(args.pipeline.as_deref(), args.rows).map_err(|error| failed(&error))?;
    let mut listed = Vec::new();
    for run in runs {
        let nodes = state.nodes(&run.run).map_err(|error| failed(&error))?;
        listed.push((run, nodes));
    }
    if args.json {
        talk::json(&listed.iter().map(|(run, nodes)| as_json(run, nodes)).collect::<Vec<_>>())?;
        return Ok(Exit::Done);
    }
    let rows: Vec<Vec<String>> = listed
        .iter()
        .map(|(run, nodes)| {
            let loads = || nodes.iter().filter(|node| node.role == "load");
            let written: u64 = loads().map(|node| node.rows_out).sum();
            let rejected: u64 = nodes.iter().map(|node| node.rejected).sum();
            let outcome = run.outcome.as_deref().unwrap_or("running").to_owned();
            let rows = [loads().map(|node| node.rows_in).sum::<u64>(), written, rejected];
            let mut cells = vec![run.run.clone(), run.pipeline.clone(), run.started_at.clone(), seconds(run), outcome];
            cells.extend(rows.map(|rows| rows.to_string()));
            cells
        })
        .collect();
    let header = ["run", "pipeline", "started", "seconds", "outcome", "to loads", "written", "rejected"];
    talk::data(&aligned(&header, &rows))?;
    Ok(Exit::Done)
}

fn one(project: &Project, state: &State, name: &str, is_json: bool) -> Result<Exit, Failure> {
    let run = state.run(name).map_err(|error| failed(&error))?.ok_or_else(|| unknown(name))?;
    let nodes = state.nodes(name).map_err(|error| failed(&error))?;
    let filter = RejectFilter { run: Some(name.to_owned()), all: true, ..RejectFilter::default() };
    let causes = state.reject_groups(&filter).map_err(|error| failed(&error))?;
    let folder = project.state_dir().join("runs").join(name);
    // The report knows more, such as destinations and bytes, as long as its folder is there.
    let report = std::fs::read_to_string(folder.join("report.json")).ok();
    let report: Option<Value> = report.and_then(|text| serde_json::from_str(&text).ok());
    if is_json {
        let mut shown = as_json(&run, &nodes);
        shown["rejects"] = causes
            .iter()
            .map(|cause| json!({ "node": cause.node, "cause": cause.cause, "rows": cause.rows }))
            .collect();
        shown["loads"] = report.map_or(Value::Null, |report| report["loads"].clone());
        talk::json(&shown)?;
        return Ok(Exit::Done);
    }
    let outcome = run.outcome.as_deref().unwrap_or("running");
    let mut out = format!("{}  run {}  {}  {} s  {outcome}\n", run.pipeline, run.run, run.started_at, seconds(&run));
    if run.params != "{}" {
        let _ = writeln!(out, "parameters: {}", run.params);
    }
    if let Some(problem) = &run.problem {
        let _ = writeln!(out, "error: {problem}");
    }
    out.push('\n');
    let rows: Vec<Vec<String>> = nodes.iter().map(cells).collect();
    out.push_str(&aligned(&COUNTS, &rows));
    let receipts = report.as_ref().and_then(|report| report["loads"].as_array()).into_iter().flatten();
    let receipts: Vec<Vec<String>> = receipts.filter_map(receipt).collect();
    if !receipts.is_empty() {
        out.push('\n');
        out.push_str(&aligned(&["receipt of", "rows", "files", "bytes", "destination"], &receipts));
    }
    if !causes.is_empty() {
        let rows: Vec<Vec<String>> =
            causes.iter().map(|cause| vec![cause.node.clone(), cause.cause.clone(), cause.rows.to_string()]).collect();
        out.push('\n');
        out.push_str(&aligned(&["rejected at", "cause", "rows"], &rows));
    }
    talk::data(&out)?;
    Ok(Exit::Done)
}

const COUNTS: [&str; 11] =
    ["", "name", "in", "filtered", "rejected", "out", "unchanged", "created", "updated", "deleted", "failed"];

fn cells(node: &NodeRecord) -> Vec<String> {
    let counts = [node.rows_in, node.filtered, node.rejected, node.rows_out, node.unchanged];
    let more = [node.created, node.updated, node.deleted, node.failed];
    let counts = counts.into_iter().chain(more).map(|rows| rows.to_string());
    [node.role.clone(), node.node.clone()].into_iter().chain(counts).collect()
}

fn receipt(load: &Value) -> Option<Vec<String>> {
    let receipt = load["receipt"].as_object()?;
    let number = |name: &str| receipt.get(name).map_or_else(String::new, Value::to_string);
    let destination = receipt.get("destination")?.as_str()?.to_owned();
    Some(vec![load["name"].as_str()?.to_owned(), number("rows"), number("files"), number("bytes"), destination])
}

fn seconds(run: &RunRecord) -> String {
    let instant = |text: &str| chrono::DateTime::parse_from_rfc3339(text).ok();
    let ended = run.ended_at.as_deref().and_then(instant);
    let took = ended.zip(instant(&run.started_at)).map(|(ended, started)| ended - started);
    took.map_or_else(|| "-".to_owned(), |took| format!("{:.1}", took.as_seconds_f64()))
}

fn as_json(run: &RunRecord, nodes: &[NodeRecord]) -> Value {
    let nodes: Vec<Value> = nodes
        .iter()
        .map(|node| {
            json!({
                "role": node.role, "name": node.node, "kind": node.kind, "in": node.rows_in, "filtered": node.filtered,
                "rejected": node.rejected, "out": node.rows_out, "unchanged": node.unchanged, "created": node.created,
                "updated": node.updated, "deleted": node.deleted, "failed": node.failed,
            })
        })
        .collect();
    let params: Value = serde_json::from_str(&run.params).unwrap_or_default();
    json!({
        "run": run.run, "pipeline": run.pipeline, "started_at": run.started_at, "ended_at": run.ended_at,
        "outcome": run.outcome, "exit": run.exit, "problem": run.problem, "params": params, "nodes": nodes,
    })
}
