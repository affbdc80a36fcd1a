//! A report from tables to files: what is written, what is left out, what is told.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use polars::prelude::{DataFrame, Engine, IntoLazy, LazyFrame, OptFlags};
use serde_json::json;

use super::*;
use crate::context::{NodeError, Params, Project, Rejects, RunCx};
use crate::diag::Code;
use crate::domain::types::Type;
use crate::loads::{LoadCx, Receipt};
use crate::state::State;
use crate::transforms::testing::{frame, schema};

fn orders() -> Schema {
    schema(&[("ordine", Type::Text), ("importo", Type::MONEY), ("stato", Type::Text)])
}

fn lines() -> Schema {
    schema(&[("ordine", Type::Text), ("sku", Type::Text)])
}

fn bind(written: &serde_json::Value, project: &Project) -> Result<BoundLoad, Vec<(Code, String)>> {
    let load: ReportLoad = serde_json::from_value(written.clone()).unwrap();
    let (params, tables) = (Params::default(), [("righe".to_owned(), lines())].into_iter().collect());
    let cx = BindCx::new(project, &params, "load:r", &tables);
    let bound = load.bind(&orders(), &cx);
    bound.ok_or_else(|| cx.into_diagnostics().iter().map(|found| (found.code, found.message.clone())).collect())
}

fn run_cx(root: &Path, run: &str, day: i64) -> RunCx {
    let at = chrono::DateTime::UNIX_EPOCH + chrono::TimeDelta::days(day);
    let rejects = Arc::new(Rejects::new(None));
    let mut cx = RunCx::new(Project::at(root), Params::default(), root.join(run), at, rejects, Arc::default());
    "p".clone_into(&mut cx.pipeline);
    cx
}

fn run(written: &serde_json::Value, rows: DataFrame, cx: &RunCx) -> Result<Receipt, NodeError> {
    let bound = bind(written, &cx.project).unwrap();
    let tables = [("righe".to_owned(), frame(&lines(), &["007|A", " 007|B"]).lazy())].into_iter().collect();
    let staging = (bound.stage)(rows.lazy(), &LoadCx { run: cx, name: "r", tables })?;
    let plans = std::iter::once(staging.plan).chain(staging.others).map(|plan| plan.logical_plan).collect();
    LazyFrame::collect_all_with_engine(plans, Engine::Streaming, OptFlags::default())?;
    let staged = (staging.finish)()?;
    assert_eq!(staged.rows, cx.counters.value("load:r"));
    (staged.commit)()
}

fn rows(count: usize) -> DataFrame {
    let rows: Vec<String> = (0..count).map(|at| format!("{at:03}|{at}.50|matched")).collect();
    frame(&orders(), &rows.iter().map(String::as_str).collect::<Vec<_>>())
}

fn files(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![root.join("out")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
                found.insert(name, std::fs::read(path).unwrap());
            }
        }
    }
    found
}

fn whole() -> serde_json::Value {
    json!({
        "title": "Prova",
        "sections": [
            { "figures": { "values": [{ "title": "Ordini", "value": "COUNT(*)", "good": "> 5" }, { "title": "Righe", "value": "COUNT(*)", "from": "righe" }] } },
            { "table": { "title": "Ordini", "columns": { "Ordine": "ordine", "Importo": { "column": "importo", "kind": "money" } },
                         "details": { "Stato": "stato" }, "sources": [{ "title": "Righe", "from": "righe", "on": { "ordine": "ordine" } }] } },
            { "table": { "title": "Per stato", "group": "stato", "rows": 3 } },
            { "matches": { "chain": "stato", "status": "stato", "amount": "importo" } },
            { "bridge": { "title": "Ponte", "steps": [{ "title": "a", "value": "SUM(importo)" }, { "title": "b", "value": "SUM(importo)", "total": true }] } },
            { "trend": { "title": "Nel tempo", "values": [{ "title": "Totale", "value": "SUM(importo)" }] } },
            { "text": { "body": "Fine." } },
        ],
        "files": { "html": "out/r.html", "xlsx": "out/r.xlsx", "csv": "out/r", "json": "out/r.json", "md": "out/r.md" },
    })
}

#[test]
fn the_same_rows_give_the_same_bytes() {
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let written = folders.each_ref().map(|folder| {
        let receipt = run(&whole(), rows(10), &run_cx(folder.path(), "r1", 20_000)).unwrap();
        assert_eq!((receipt.rows, receipt.files), (10, 10));
        files(folder.path())
    });
    assert_eq!(written[0].keys().len(), 10, "{:?}", written[0].keys());
    for (name, bytes) in &written[0] {
        assert!(bytes == &written[1][name], "{name}");
    }
    let page = String::from_utf8(written[0]["out/r.html"].clone()).unwrap();
    assert!(
        page.contains("<dt>sku</dt><dd>A</dd>") && page.contains("<dt>sku</dt><dd>B</dd>"),
        "both source rows of 007"
    );
    let data: serde_json::Value = serde_json::from_slice(&written[0]["out/r.json"]).unwrap();
    assert_eq!(data["tables"][1]["rows"][7]["Importo"], "7.50");
    assert_eq!(written[0]["out/r/02-ordini.csv"].split(|byte| *byte == b'\n').count(), 12);
}

#[test]
fn a_large_table_does_not_make_a_large_page() {
    let folder = tempfile::tempdir().unwrap();
    let cx = run_cx(folder.path(), "r1", 20_000);
    run(&whole(), rows(20_000), &cx).unwrap();
    let written = files(folder.path());
    let page = String::from_utf8_lossy(&written["out/r.html"]);
    assert!(page.len() < 1_500_000, "{}", page.len());
    assert_eq!(page.matches("<tr class=\"row\"").count(), 1000 + 3 + 1);
    assert!(page.contains("1.000 di 20.000 righe"), "says that rows are left out");
    assert_eq!(String::from_utf8_lossy(&written["out/r/02-ordini.csv"]).lines().count(), 20_001);
    let summary = cx.summaries.lock().unwrap()["r"].clone();
    assert!(summary.files.iter().any(|file| file.ends_with("r.xlsx")) && summary.text.len() < 20_000);
}

#[test]
fn trends_remember_and_make_nothing_up() {
    let folder = tempfile::tempdir().unwrap();
    State::open(&folder.path().join(".raccordo/state.db")).unwrap();
    for (run_name, day, count) in [("r1", 100, 1), ("r2", 101, 2), ("r3", 105, 3)] {
        run(&whole(), rows(count), &run_cx(folder.path(), run_name, day)).unwrap();
    }
    let csv = String::from_utf8(files(folder.path())["out/r/06-nel-tempo.csv"].clone()).unwrap();
    let values: Vec<&str> = csv.lines().skip(1).map(|line| line.rsplit(',').next().unwrap()).collect();
    assert_eq!(values, ["0.50", "2.00", "4.50"]);
    // A run of an earlier day sees only what was before it.
    run(&whole(), rows(9), &run_cx(folder.path(), "r4", 101)).unwrap();
    let csv = String::from_utf8(files(folder.path())["out/r/06-nel-tempo.csv"].clone()).unwrap();
    assert_eq!(csv.lines().count(), 3, "{csv}");
}

#[test]
fn a_report_that_fails_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let cx = run_cx(folder.path(), "r1", 1);
    cx.cancelled().store(true, std::sync::atomic::Ordering::Relaxed);
    let error = run(&whole(), rows(10), &cx).err().unwrap();
    assert!(error.message.contains("[interrupted]"), "{}", error.message);
    assert!(files(folder.path()).is_empty(), "{:?}", files(folder.path()).keys());
}

#[test]
fn mistakes_are_reported_together() {
    let written = json!({
        "title": "Prova",
        "rows": 0,
        "sections": [
            { "table": { "title": "T", "columns": { "A": "ordin" } } },
            { "trend": { "title": "N", "values": [{ "title": "x", "value": "MAX(stato)" }, { "title": "x", "value": "COUNT(*)" }] } },
        ],
        "files": { "html": "out/a", "csv": "out/a/" },
    });
    let found = bind(&written, &Project::at(".")).err().unwrap();
    let codes: Vec<Code> = found.iter().map(|(code, _)| *code).collect();
    assert_eq!(
        codes,
        [Code::BadValue, Code::BadValue, Code::UnknownColumn, Code::TypeMismatch, Code::BadValue],
        "{found:?}"
    );
}
