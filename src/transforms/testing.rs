//! What the tests of steps share: a desk to check a step on, and small frames to run it with.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use chrono::DateTime;
use polars::prelude::{AnyValue, Column, DataFrame, Engine, IntoLazy, LazyFrame, PlSmallStr, Series};
use serde::de::DeserializeOwned;

use crate::context::{BindCx, Params, Project, Reject, Rejects, RunCx};
use crate::contract::dtype::polars_dtype;
use crate::diag::{Diagnostic, FileId, Place, Text};
use crate::domain::money::{NumberFormat, parse_decimal};
use crate::domain::types::{Schema, Type};
use crate::transforms::{BoundStep, Step, StepCx};

/// Other tables of a pipeline, for steps that read them.
#[derive(Default)]
pub struct Desk {
    tables: BTreeMap<String, Schema>,
}

/// A step that ran.
pub struct Outcome {
    /// Rows as texts, cells joined by `|`, or the message of the error.
    pub rows: Result<Vec<String>, String>,
    /// The context it ran in, with rejects and counters.
    pub run: RunCx,
}

impl Desk {
    /// A desk with one other table.
    #[must_use]
    pub fn with(name: &str, schema: Schema) -> Self {
        Self { tables: [(name.to_owned(), schema)].into() }
    }

    /// Adds another table.
    #[must_use]
    pub fn and(mut self, name: &str, schema: Schema) -> Self {
        self.tables.insert(name.to_owned(), schema);
        self
    }

    /// What `check` reports, as `START code: message`.
    pub fn problems(&self, check: impl FnOnce(&BindCx)) -> Vec<String> {
        self.diagnostics(check).iter().map(|one| format!("{} {}: {}", one.place.start, one.code, one.message)).collect()
    }

    /// What `check` reports.
    pub fn diagnostics(&self, check: impl FnOnce(&BindCx)) -> Vec<Diagnostic> {
        let (project, params) = (Project::at("."), Params::default());
        let cx = BindCx::new(&project, &params, "prova", &self.tables);
        check(&cx);
        cx.into_diagnostics().into_iter().collect()
    }

    /// What binding a step that is wrong reports.
    pub fn refuses(&self, step: &dyn Step, input: &Schema) -> Vec<String> {
        self.problems(|cx| assert!(step.bind(input, cx).is_none(), "the step was accepted"))
    }

    /// Binds a step that is right.
    pub fn bind(&self, step: &dyn Step, input: &Schema) -> BoundStep {
        let mut bound = None;
        let problems = self.problems(|cx| bound = step.bind(input, cx));
        assert_eq!(problems, Vec::<String>::new());
        bound.unwrap()
    }

    /// Binds and runs a step that is right, and checks that the columns are those that were promised.
    pub fn run(&self, step: &dyn Step, input: &Schema, frames: Vec<DataFrame>) -> Outcome {
        let bound = self.bind(step, input);
        self.lower(&bound, frames.into_iter().map(IntoLazy::lazy).collect())
    }

    /// Runs a bound step.
    #[must_use]
    pub fn lower(&self, bound: &BoundStep, frames: Vec<LazyFrame>) -> Outcome {
        let run = run_cx();
        let cx = StepCx { run: &run, node: "prova", site: "prova#1".to_owned() };
        let lazy = (bound.lower)(frames, &cx).unwrap();
        let rows = collect(lazy).map(|frame| {
            let expected: Vec<_> = bound.schema.iter().map(|(name, ty)| (name.to_owned(), polars_dtype(ty))).collect();
            let found: Vec<_> =
                frame.columns().iter().map(|one| (one.name().to_string(), one.dtype().clone())).collect();
            assert_eq!(found, expected);
            texts(&frame)
        });
        Outcome { rows, run }
    }
}

impl Outcome {
    /// The rows of a step that went well.
    pub fn rows(&self) -> Vec<&str> {
        self.rows.as_ref().unwrap().iter().map(String::as_str).collect()
    }

    /// The rows in alphabetical order, for steps that promise none.
    #[must_use]
    pub fn sorted(&self) -> Vec<&str> {
        let mut rows = self.rows();
        rows.sort_unstable();
        rows
    }

    /// The message of a step that failed.
    #[must_use]
    pub fn error(&self) -> &str {
        self.rows.as_ref().unwrap_err()
    }

    /// What was rejected.
    #[must_use]
    pub fn rejects(&self) -> Vec<Reject> {
        self.run.rejects.examples()
    }
}

/// Collects in the streaming engine, as a run does.
pub fn collect(frame: LazyFrame) -> Result<DataFrame, String> {
    let result = frame.collect_with_engine(Engine::Streaming).map_err(|error| error.to_string())?;
    Ok(result.unwrap_single())
}

/// A context of a run that writes nothing.
#[must_use]
pub fn run_cx() -> RunCx {
    let rejects = Arc::new(Rejects::new(None));
    let stop = Arc::new(AtomicBool::new(false));
    RunCx::new(Project::at("."), Params::default(), "run", DateTime::UNIX_EPOCH, rejects, stop)
}

/// A schema of a few columns.
#[must_use]
pub fn schema(columns: &[(&str, Type)]) -> Schema {
    columns.iter().map(|(name, ty)| (*name, ty.clone())).collect()
}

/// A step as a pipeline would write it.
#[must_use]
pub fn step<T: DeserializeOwned>(written: serde_json::Value) -> T {
    serde_json::from_value(written).unwrap()
}

/// A text written at byte `start`.
#[must_use]
pub fn at(text: &str, start: u32) -> Text {
    Text::new(text, Place { file: FileId(0), start, len: u32::try_from(text.len()).unwrap() })
}

/// A frame with the columns of `schema`, its rows written as `cell|cell|cell`; `-` is null.
#[must_use]
pub fn frame(schema: &Schema, rows: &[&str]) -> DataFrame {
    let cells: Vec<Vec<&str>> = rows.iter().map(|row| row.split('|').collect()).collect();
    let columns = schema.iter().enumerate().map(|(index, (name, ty))| {
        let values: Vec<&str> = cells.iter().map(|row| row[index]).collect();
        series(name, ty, &values)
    });
    DataFrame::new(rows.len(), columns.collect()).unwrap()
}

fn series(name: &str, ty: &Type, values: &[&str]) -> Column {
    let values: Vec<AnyValue> =
        values.iter().map(|text| if *text == "-" { AnyValue::Null } else { value(ty, text) }).collect();
    let series = Series::from_any_values_and_dtype(PlSmallStr::from_str(name), &values, &polars_dtype(ty), true);
    series.unwrap().into()
}

fn value<'a>(ty: &Type, text: &'a str) -> AnyValue<'a> {
    match ty {
        Type::Integer => AnyValue::Int64(text.parse().unwrap()),
        Type::Bool => AnyValue::Boolean(text.parse().unwrap()),
        Type::Float => AnyValue::Float64(text.parse().unwrap()),
        Type::Decimal { scale, .. } => AnyValue::Decimal(
            parse_decimal(text.as_bytes(), *scale, NumberFormat::PLAIN).unwrap(),
            38,
            usize::from(*scale),
        ),
        Type::Date => {
            let date = chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").unwrap();
            AnyValue::Date(i32::try_from((date - chrono::NaiveDate::default()).num_days()).unwrap())
        }
        _ => AnyValue::String(text),
    }
}

fn texts(frame: &DataFrame) -> Vec<String> {
    let cell = |column: &Column, row| crate::transforms::reject::text_at(column, row).unwrap_or_else(|| "-".to_owned());
    let line = |row| frame.columns().iter().map(|column| cell(column, row)).collect::<Vec<_>>().join("|");
    (0..frame.height()).map(line).collect()
}
