//! The `tests:` of a pipeline: given rows in, expected rows out, no source touched.

use std::collections::BTreeMap;

use chrono::DateTime;
use indexmap::IndexMap;
use polars::prelude::{Column, DataFrame, Engine, IntoColumn, IntoLazy, LazyFrame, PlSmallStr, StringChunked, col};

use crate::context::NodeError;
use crate::diag::{Code, Place, Text};
use crate::domain::money::exact::Site;
use crate::domain::types::{Schema, Type};
use crate::engine::failure;
use crate::engine::frames::Frames;
use crate::engine::run::{RunOptions, context};
use crate::expr::cast;
use crate::plan::{NodeKind, Plan};
use crate::spec::Pipeline;
use crate::spec::pipeline::TestSpec;
use crate::spec::rows::Rows;
use crate::spec::yaml::Node;
use crate::transforms::reject::text_at;

/// What came of one test.
#[derive(Clone, Debug)]
pub struct TestResult {
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub place: Place,
    /// Whether the rows are as expected.
    pub passed: bool,
    /// The differences, in words.
    pub message: String,
}

/// Runs the tests of a pipeline.
#[must_use]
pub fn run(plan: &Plan, pipeline: &Pipeline) -> Vec<TestResult> {
    pipeline
        .tests
        .iter()
        .map(|test| {
            let differences = one(plan, test).unwrap_or_else(|error| {
                let help: String = error.help.iter().map(|help| format!("\n  = help: {help}")).collect();
                vec![format!("{}{help}", error.message)]
            });
            TestResult {
                name: test.name.to_string(),
                place: test.name.place(),
                passed: differences.is_empty(),
                message: differences.join("\n"),
            }
        })
        .collect()
}

fn one(plan: &Plan, test: &TestSpec) -> Result<Vec<String>, NodeError> {
    let folder = tempfile::tempdir().map_err(|error| NodeError::new(Code::WriteFailed, error.to_string()))?;
    let cx = context(plan, &RunOptions::at(DateTime::UNIX_EPOCH), folder.path().to_path_buf());
    let mut given = BTreeMap::new();
    for (name, node) in &plan.nodes {
        let rows = test.given.get(name.as_str());
        if rows.is_some() || matches!(node.kind, NodeKind::Source { .. }) {
            let empty = Rows::default();
            given.insert(name.clone(), frame(name, rows.unwrap_or(&empty), &node.schema)?);
        }
    }
    let wanted: Vec<&str> = test.expect.keys().map(Text::as_str).collect();
    let mut frames = Frames::new(plan, &cx, &wanted, given);
    let mut differences = Vec::new();
    for (name, expected) in &test.expect {
        let Some(node) = plan.nodes.get(name.as_str()) else { continue };
        let lazy = frames.table(name)?;
        let actual = lazy
            .collect_with_engine(Engine::Streaming)
            .map_err(|error| failure::explain(error.into(), plan, &cx, false))?
            .unwrap_single();
        differences.extend(compare(name, expected, &actual, &node.schema)?);
    }
    if !differences.is_empty() {
        differences.extend(
            cx.rejects.examples().iter().map(|reject| format!("rejected at `{}`: {}", reject.node, reject.message)),
        );
    }
    Ok(differences)
}

/// Rows of the pipeline file as a frame with the table's schema; columns that are not named are null.
fn frame(table: &str, rows: &Rows, schema: &Schema) -> Result<LazyFrame, NodeError> {
    check_columns(table, rows, schema)?;
    let columns = schema.iter().map(|(name, _)| texts(name, &rows.0)).collect();
    let site: Site = table.into();
    let casts: Vec<_> = schema
        .iter()
        .map(|(name, ty)| {
            let column = col(PlSmallStr::from_str(name));
            let cast = if ty.is_nested() {
                column.cast(crate::contract::polars_dtype(ty))
            } else {
                cast::lower(column, &Type::Text, ty, false, &site)
            };
            cast.alias(PlSmallStr::from_str(name))
        })
        .collect();
    let frame = DataFrame::new(rows.0.len(), columns)?;
    let typed = frame.lazy().select(casts).collect().map_err(|error| {
        NodeError::new(Code::TestFailed, format!("a given row of `{table}` does not fit its columns: {error}"))
    })?;
    Ok(typed.lazy())
}

fn check_columns(table: &str, rows: &Rows, schema: &Schema) -> Result<(), NodeError> {
    for key in rows.0.iter().flat_map(IndexMap::keys) {
        if !schema.contains(key) {
            let known: Vec<&str> = schema.names().collect();
            let error = NodeError::new(Code::UnknownColumn, format!("table `{table}` has no column `{key}`"));
            return Err(error.help(format!("known columns: {}", known.join(", "))));
        }
    }
    Ok(())
}

fn texts(name: &str, rows: &[IndexMap<Text, Node>]) -> Column {
    let values: StringChunked = rows.iter().map(|row| row.get(name).and_then(Node::scalar)).collect();
    values.into_column().with_name(PlSmallStr::from_str(name))
}

fn compare(table: &str, expected: &Rows, actual: &DataFrame, schema: &Schema) -> Result<Vec<String>, NodeError> {
    check_columns(table, expected, schema)?;
    let mut columns: Vec<&str> = Vec::new();
    for key in expected.0.iter().flat_map(IndexMap::keys) {
        if !columns.contains(&key.as_str()) {
            columns.push(key);
        }
    }
    let wanted = lines(&frame(table, expected, schema)?.collect()?, &columns)?;
    let mut found = lines(actual, &columns)?;
    let mut missing = Vec::new();
    for line in wanted {
        match found.iter().position(|candidate| *candidate == line) {
            Some(index) => drop(found.swap_remove(index)),
            None => missing.push(line),
        }
    }
    found.sort();
    let missing = missing.into_iter().map(|line| format!("`{table}`: expected, but not there: {line}"));
    let surplus = found.into_iter().map(|line| format!("`{table}`: there, but not expected: {line}"));
    Ok(missing.chain(surplus).collect())
}

fn lines(rows: &DataFrame, columns: &[&str]) -> Result<Vec<String>, NodeError> {
    let mut cells = Vec::new();
    for name in columns {
        cells.push(rows.column(name)?);
    }
    let line = |row: usize| {
        let parts = columns.iter().zip(&cells).map(|(name, column)| {
            format!("{name}: {}", text_at(column, row).map_or_else(|| "null".to_owned(), |text| format!("{text:?}")))
        });
        format!("{{ {} }}", parts.collect::<Vec<_>>().join(", "))
    };
    Ok((0..rows.height()).map(line).collect())
}
