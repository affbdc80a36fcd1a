//! Test helpers of the trade's steps: a step is read from JSON, bound and run on tables of texts.

#![expect(clippy::missing_panics_doc, clippy::must_use_candidate, reason = "a helper panics where the test fails")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use chrono::{DateTime, NaiveDateTime};
use polars::prelude::{Column, DataFrame, DataType, IntoLazy, LazyFrame, NamedFrom, Series};
use serde::de::DeserializeOwned;

use crate::context::{BindCx, Params, Project, Rejects, RunCx};
use crate::contract::dtype::polars_dtype;
use crate::diag::Diagnostics;
use crate::domain::calendar::MICROS_PER_DAY;
use crate::domain::types::{Schema, Type};
use crate::transforms::{Step, StepCx};

/// A small table: columns of texts with their types; `~` is null.
pub struct Table {
    schema: Schema,
    frame: DataFrame,
}

impl Table {
    pub fn new(columns: &[(&str, &str)], rows: &[&[&str]]) -> Self {
        let schema: Schema = columns.iter().map(|(name, ty)| (*name, ty.parse::<Type>().unwrap())).collect();
        let series = schema.iter().enumerate().map(|(index, (name, ty))| {
            let cells: Vec<Option<&str>> =
                rows.iter().map(|row| Some(row[index]).filter(|cell| *cell != "~")).collect();
            column(name, ty, &cells)
        });
        let frame = DataFrame::new(rows.len(), series.collect()).unwrap();
        Self { schema, frame }
    }
}

fn column(name: &str, ty: &Type, cells: &[Option<&str>]) -> Column {
    let parsed = |parse: fn(&str) -> i64| cells.iter().map(|cell| cell.map(parse)).collect::<Vec<Option<i64>>>();
    let series = match ty {
        Type::Bool => {
            Series::new(name.into(), cells.iter().map(|cell| cell.map(|cell| cell == "true")).collect::<Vec<_>>())
        }
        Type::Date => Series::new(name.into(), parsed(|cell| micros(&format!("{cell} 00:00:00")) / MICROS_PER_DAY))
            .cast(&DataType::Int32)
            .unwrap(),
        Type::Timestamp => Series::new(name.into(), parsed(micros)),
        _ => Series::new(name.into(), cells.to_vec()).cast(&DataType::String).unwrap(),
    };
    series.strict_cast(&polars_dtype(ty)).unwrap().into()
}

fn micros(text: &str) -> i64 {
    NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").unwrap().and_utc().timestamp_micros()
}

/// What a step made of a table.
pub struct Outcome {
    pub frame: DataFrame,
    pub schema: Schema,
    pub rejects: Arc<Rejects>,
}

impl Outcome {
    /// A cell as text; empty when null.
    pub fn cell(&self, name: &str, row: usize) -> String {
        let texts = self.frame.column(name).unwrap().cast(&DataType::String).unwrap();
        texts.str().unwrap().get(row).unwrap_or_default().to_owned()
    }

    /// What came out, as a table for another step.
    pub fn into_table(self) -> Table {
        Table { schema: self.schema, frame: self.frame }
    }

    /// Causes and keys of the rejected rows.
    pub fn causes(&self) -> Vec<(String, Option<String>)> {
        self.rejects.examples().into_iter().map(|reject| (reject.cause, reject.key)).collect()
    }
}

/// A step as the user writes it.
pub fn step<T: DeserializeOwned>(config: &serde_json::Value) -> T {
    serde_json::from_value(config.clone()).unwrap()
}

/// Messages of the problems that binding finds.
pub fn problems(step: &impl Step, input: &Table, others: &[(&str, &Table)]) -> Vec<String> {
    let (bound, diagnostics) = bind(step, input, others);
    assert_eq!(bound.is_none(), !diagnostics.is_empty());
    diagnostics.into_iter().map(|diagnostic| format!("{}: {}", diagnostic.code, diagnostic.message)).collect()
}

fn bind(
    step: &impl Step,
    input: &Table,
    others: &[(&str, &Table)],
) -> (Option<crate::transforms::BoundStep>, Diagnostics) {
    let (project, params) = (Project::at("."), Params::default());
    let tables: BTreeMap<String, Schema> =
        others.iter().map(|(name, table)| ((*name).to_owned(), table.schema.clone())).collect();
    let cx = BindCx::new(&project, &params, "prova", &tables);
    let bound = step.bind(&input.schema, &cx);
    (bound, cx.into_diagnostics())
}

/// The message with which a step that binds well fails when it runs.
pub fn failure(step: &impl Step, input: &Table, others: &[(&str, &Table)]) -> String {
    lowered(step, input, others).0.collect().unwrap_err().to_string()
}

/// Binds and lowers a step that must be right.
fn lowered(step: &impl Step, input: &Table, others: &[(&str, &Table)]) -> (LazyFrame, Schema, Arc<Rejects>) {
    let (bound, diagnostics) = bind(step, input, others);
    let Some(bound) = bound else { panic!("{diagnostics:?}") };
    let (rejects, stop) = (Arc::new(Rejects::new(None)), Arc::new(AtomicBool::new(false)));
    let run = RunCx::new(Project::at("."), Params::default(), ".", DateTime::UNIX_EPOCH, Arc::clone(&rejects), stop);
    let cx = StepCx { run: &run, node: "prova", site: String::from("prova#1") };
    let mut inputs = vec![input.frame.clone().lazy()];
    for name in step.tables() {
        let found = others.iter().find(|(other, _)| *other == name.as_str());
        inputs.push(found.map(|(_, table)| table.frame.clone().lazy()).unwrap());
    }
    ((bound.lower)(inputs, &cx).unwrap(), bound.schema, rejects)
}

/// Binds and runs a step that must be right; checks that the frame is what the schema says.
pub fn run(step: &impl Step, input: &Table, others: &[(&str, &Table)]) -> Outcome {
    let (lazy, schema, rejects) = lowered(step, input, others);
    let frame = lazy.collect().unwrap();
    let expected: Vec<(String, DataType)> =
        schema.iter().map(|(name, ty)| (name.to_owned(), polars_dtype(ty))).collect();
    let given: Vec<(String, DataType)> =
        frame.columns().iter().map(|column| (column.name().to_string(), column.dtype().clone())).collect();
    assert_eq!(given, expected);
    Outcome { frame, schema, rejects }
}
