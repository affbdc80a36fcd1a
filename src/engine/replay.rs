//! Replaying rejected rows: they enter the pipeline again where they were rejected, and only they are loaded.
//!
//! A row that broke its contract enters as the texts of its cells, one that a step rejected before that step, one that a
//! load rejected before that load. Tables that are only joined are read as usual.

use std::collections::{BTreeMap, BTreeSet};

use jiter::Jiter;
use polars::prelude::{DataFrame, IntoLazy, LazyFrame, UnionArgs, concat};
use serde_json::Value;

use crate::context::{NodeError, RawCell, Reject, RunCx};
use crate::contract::batch::RowPlace;
use crate::contract::{Batch, CellFormat, Columns, Decoder, RejectSink, Seen, polars_schema};
use crate::diag::Code;
use crate::domain::types::Schema;
use crate::engine::frames::{Frames, site};
use crate::engine::run::choose;
use crate::loads::delivery::Mode;
use crate::plan::{NodeKind, Plan, PlanStep, Target, Way};
use crate::sources::file::json_value::push_value;
use crate::transforms::StepCx;

/// Steps that look at rows together: a few rows would give another result than all of them.
const TOGETHER: [&str; 9] =
    ["aggregate", "dedupe", "documents", "limit", "pivot", "reconcile", "register", "sql", "stock"];

/// Rejected rows that are run again.
#[derive(Clone, Debug, Default)]
pub struct Replay {
    /// The rows.
    pub rows: Vec<ReplayRow>,
}

/// A rejected row, perhaps corrected.
#[derive(Clone, Debug)]
pub struct ReplayRow {
    /// Its number in the state.
    pub id: i64,
    /// The row as it was kept.
    pub reject: Reject,
    /// Cells that a person has changed, by column.
    pub changes: BTreeMap<String, Option<String>>,
}

/// Where a row enters.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Point<'a> {
    Source(&'a str),
    Step(&'a str, usize),
    Load(&'a str),
}

/// Name of the counter of rows that enter before a step.
#[must_use]
pub fn replayed_at(site: &str) -> String {
    format!("{site}:replayed")
}

impl ReplayRow {
    fn point(&self) -> Option<Point<'_>> {
        let node = self.reject.node.as_str();
        if let Some(load) = node.strip_prefix("load:") {
            return Some(Point::Load(load));
        }
        match &self.reject.site {
            None => Some(Point::Source(node)),
            Some(site) => {
                let number: usize = site.rsplit_once('#')?.1.parse().ok()?;
                Some(Point::Step(node, number.checked_sub(1)?))
            }
        }
    }

    /// The columns of the row with their texts, corrections included.
    #[must_use]
    pub fn columns(&self) -> Vec<RawCell> {
        let mut cells = original(&self.reject);
        for cell in &mut cells {
            if let Some(change) = self.changes.get(&cell.column) {
                // What a person writes follows the conventions of the source.
                (cell.value, cell.plain) = (change.clone(), false);
            }
        }
        cells
    }
}

/// The columns of a row as it was kept: the cells of its source, else the parts of its JSON.
#[must_use]
pub fn original(reject: &Reject) -> Vec<RawCell> {
    if !reject.cells.is_empty() {
        return reject.cells.clone();
    }
    let Ok(Value::Object(columns)) = serde_json::from_str(&reject.row) else { return Vec::new() };
    let cell = |(column, value): (String, Value)| {
        let value = match value {
            Value::Null => None,
            Value::String(text) => Some(text),
            other => Some(other.to_string()),
        };
        RawCell { column, value, plain: false }
    };
    columns.into_iter().map(cell).collect()
}

impl Replay {
    fn at<'r>(&'r self, point: Point<'r>) -> impl Iterator<Item = &'r ReplayRow> {
        self.rows.iter().filter(move |row| row.point() == Some(point))
    }

    /// Whether rows come to a table.
    #[must_use]
    pub fn reaches(&self, plan: &Plan, table: &str) -> bool {
        self.reached(plan).contains(table)
    }

    /// Tables to which rows come: not those that only join them.
    fn reached<'p>(&self, plan: &'p Plan) -> BTreeSet<&'p str> {
        let mut reached: BTreeSet<&str> = BTreeSet::new();
        for (name, node) in &plan.nodes {
            let enters = self
                .rows
                .iter()
                .any(|row| matches!(row.point(), Some(Point::Source(table) | Point::Step(table, _)) if table == name));
            let flows = match &node.kind {
                NodeKind::Source { .. } => false,
                NodeKind::Transform { from, steps } => {
                    reached.contains(from.as_str())
                        || steps
                            .iter()
                            .any(|step| unites(step) && step.tables.iter().any(|t| reached.contains(t.as_str())))
                }
            };
            if enters || flows {
                reached.insert(name);
            }
        }
        reached
    }

    /// The loads that get rows.
    ///
    /// # Errors
    /// A row cannot be replayed with this pipeline, or no load gets any.
    pub fn targets<'p>(&self, plan: &'p Plan, only: &[String]) -> Result<Vec<&'p Target>, NodeError> {
        for row in &self.rows {
            Self::check_row(row, plan)?;
        }
        let reached = self.reached(plan);
        for table in &reached {
            self.check_table(table, &reached, plan)?;
        }
        let mut targets = choose(plan, only)?;
        targets.retain(|target| {
            reached.contains(target.from.as_str()) || self.at(Point::Load(&target.name)).next().is_some()
        });
        if targets.is_empty() {
            let message = "no load gets these rows: their table is only joined by others";
            return Err(NodeError::new(Code::RunFailed, message)
                .help("correct the source and run the pipeline: the rows that join them must be computed again"));
        }
        targets.iter().try_for_each(|target| check_load(target))?;
        Ok(targets)
    }

    fn check_row(row: &ReplayRow, plan: &Plan) -> Result<(), NodeError> {
        let known = match row.point() {
            Some(Point::Source(table)) => {
                matches!(plan.nodes.get(table).map(|node| &node.kind), Some(NodeKind::Source { source, .. })
                    if source.scan.decoder().is_some() && !row.reject.cells.is_empty())
            }
            Some(Point::Step(table, step)) => {
                matches!(plan.nodes.get(table).map(|node| &node.kind), Some(NodeKind::Transform { steps, .. })
                    if step < steps.len())
            }
            Some(Point::Load(load)) => plan.loads.iter().any(|target| target.name == load),
            None => false,
        };
        if known {
            return Ok(());
        }
        let message = format!("reject {} of `{}` cannot be replayed", row.id, row.reject.node);
        Err(NodeError::new(Code::RunFailed, message).help(
            "the pipeline has changed since, or the row was not kept by its columns: correct the source and run it",
        ))
    }

    fn check_table(&self, table: &str, reached: &BTreeSet<&str>, plan: &Plan) -> Result<(), NodeError> {
        let NodeKind::Transform { from, steps } = &plan.nodes[table].kind else { return Ok(()) };
        let first = if reached.contains(from.as_str()) {
            0
        } else {
            let entered = (0..steps.len()).find(|step| self.at(Point::Step(table, *step)).next().is_some());
            let united = steps.iter().position(unites);
            entered.into_iter().chain(united).min().unwrap_or(steps.len())
        };
        let found = steps.iter().enumerate().skip(first).find(|(_, step)| TOGETHER.contains(&step.kind));
        let Some((index, step)) = found else { return Ok(()) };
        let message = format!(
            "step {} (`{}`) of `{table}` looks at all rows together: with a few of them it would give other results",
            index + 1,
            step.kind
        );
        Err(NodeError::new(Code::RunFailed, message).help("correct the source and run the pipeline"))
    }
}

fn unites(step: &PlanStep) -> bool {
    step.kind == "union"
}

fn check_load(target: &Target) -> Result<(), NodeError> {
    let name = &target.name;
    if target.kind == "fatturapa" {
        let message = format!("load `{name}` makes an invoice of all rows of its order, and these may be only a part");
        return Err(NodeError::new(Code::RunFailed, message)
            .help("correct the source and run the pipeline: orders that have their invoice get no other")
            .help("or replay into the other loads with `--only`"));
    }
    let replaces = target.keyed.as_ref().is_some_and(|keyed| keyed.mode == Mode::Replace);
    if matches!(target.way, Way::Rows(_)) && replaces {
        let message = format!("load `{name}` replaces all that its destination has, and these are only a few rows");
        return Err(NodeError::new(Code::RunFailed, message)
            .help("use `mode: merge` with a key, or correct the source and run the pipeline")
            .help("or replay into the other loads with `--only`"));
    }
    Ok(())
}

/// Frames of the rows that are replayed.
pub struct Delta<'p> {
    plan: &'p Plan,
    cx: &'p RunCx,
    replay: &'p Replay,
    reached: BTreeSet<&'p str>,
    built: BTreeMap<String, LazyFrame>,
}

impl<'p> Delta<'p> {
    /// Frames of the rows of `replay`.
    #[must_use]
    pub fn new(plan: &'p Plan, cx: &'p RunCx, replay: &'p Replay) -> Self {
        Self { plan, cx, replay, reached: replay.reached(plan), built: BTreeMap::new() }
    }

    /// The rows that a load gets. `full` gives the tables that are joined.
    ///
    /// # Errors
    /// As [`Frames::table`], or a row was not kept as the pipeline needs it.
    pub fn load(&mut self, target: &Target, full: &mut Frames<'_>) -> Result<LazyFrame, NodeError> {
        let frame = self.table(&target.from, full)?;
        let schema = &self.plan.nodes[&target.from].schema;
        let rows: Vec<&ReplayRow> = self.replay.at(Point::Load(&target.name)).collect();
        let node = format!("load:{}", target.name);
        let sent = |column: &str| -> Vec<String> {
            let sent = target.sent.iter().filter(|(_, source)| source == column);
            std::iter::once(column.to_owned()).chain(sent.map(|(name, _)| name.clone())).collect()
        };
        let rows = self.rows(&rows, schema, (&node, None), &sent)?;
        // Rows that are of another type now were received and rejected.
        self.cx.counters.get(&format!("{node}:in")).add(rows.1);
        with(frame, rows.0)
    }

    fn table(&mut self, name: &str, full: &mut Frames<'_>) -> Result<LazyFrame, NodeError> {
        if let Some(frame) = self.built.get(name) {
            return Ok(frame.clone());
        }
        let plan = self.plan;
        let node = &plan.nodes[name];
        if !self.reached.contains(name) {
            return Ok(empty(&node.schema));
        }
        let frame = match &node.kind {
            NodeKind::Source { source, .. } => match source.scan.decoder() {
                Some(decoder) => self.source(name, &decoder)?,
                None => empty(&node.schema),
            },
            NodeKind::Transform { from, steps } => self.steps(name, from, steps, full)?,
        };
        let frame = self.cx.counters.count(frame, name).cache();
        self.built.insert(name.to_owned(), frame.clone());
        Ok(frame)
    }

    fn steps(
        &mut self,
        name: &str,
        from: &str,
        steps: &[PlanStep],
        full: &mut Frames<'_>,
    ) -> Result<LazyFrame, NodeError> {
        let plan = self.plan;
        let mut frame = self.table(from, full)?;
        let mut schema = &plan.nodes[from].schema;
        for (index, step) in steps.iter().enumerate() {
            let site = site(name, index);
            let rows: Vec<&ReplayRow> = self.replay.at(Point::Step(name, index)).collect();
            if !rows.is_empty() {
                let rows = self.rows(&rows, schema, (name, Some(&site)), &|column| vec![column.to_owned()])?;
                self.cx.counters.get(&replayed_at(&site)).add(rows.0.height() as u64);
                frame = with(frame, rows.0)?;
            }
            let mut inputs = vec![frame];
            for table in &step.tables {
                inputs.push(if unites(step) { self.table(table, full)? } else { full.table(table)? });
            }
            let step_cx = StepCx { run: self.cx, node: name, site: site.clone() };
            frame = (step.bound.lower)(inputs, &step_cx)?;
            if index + 1 < steps.len() {
                frame = self.cx.counters.count(frame, &site);
            }
            schema = &step.bound.schema;
        }
        Ok(frame)
    }

    /// Rows that a contract rejected, judged by it again.
    fn source(&self, name: &str, decoder: &Decoder) -> Result<LazyFrame, NodeError> {
        let mut frame = DataFrame::empty_with_arc_schema(decoder.schema());
        let mut seen = Seen::default();
        for row in self.replay.at(Point::Source(name)) {
            let origin = &row.reject.origin;
            let sink = RejectSink::new(name, origin.file.clone(), self.cx);
            let mut batch = Batch::new(decoder, &sink, 1).with_seen(&mut seen);
            let cells = row.columns();
            for slot in 0..decoder.width() {
                let Some(cell) = cells.iter().find(|cell| cell.column == decoder.source_name(slot)) else { continue };
                feed(&mut batch, decoder, slot, cell, row)?;
            }
            let (line, path) = (origin.line, origin.path.clone());
            batch.end_row(|| RowPlace { line, path, row: row.reject.row.clone(), cells: cells.clone() });
            frame.vstack_mut(&batch.flush()?)?;
        }
        Ok(frame.lazy())
    }

    /// Rows as a table of that schema, and how many are of other types; those are rejected again.
    fn rows(
        &self,
        rows: &[&ReplayRow],
        schema: &Schema,
        (node, site): (&str, Option<&str>),
        names: &dyn Fn(&str) -> Vec<String>,
    ) -> Result<(DataFrame, u64), NodeError> {
        let format = CellFormat { trim: false, empty_is_null: false, ..CellFormat::canonical() };
        let columns = Columns::from_schema(schema);
        let decoder = Decoder::new(&columns, format);
        let mut frame = DataFrame::empty_with_schema(&polars_schema(schema));
        let mut failed = 0;
        for row in rows {
            // Its rejects are told in the words of the step, not of a source.
            let quiet = self.cx.quiet();
            let sink = RejectSink::new(node, None, &quiet);
            let mut batch = Batch::new(&decoder, &sink, 1);
            let cells = row.columns();
            for slot in 0..decoder.width() {
                let names = names(decoder.name(slot));
                let Some(cell) = cells.iter().find(|cell| names.contains(&cell.column)) else { continue };
                feed(&mut batch, &decoder, slot, cell, row)?;
            }
            batch.end_row(RowPlace::default);
            frame.vstack_mut(&batch.flush()?)?;
            for again in quiet.rejects.examples() {
                failed += 1;
                self.cx.rejects.push(Reject {
                    site: site.map(str::to_owned),
                    key: row.reject.key.clone(),
                    row: object(&cells).to_string(),
                    ..again
                });
            }
        }
        Ok((frame, failed))
    }
}

fn feed(
    batch: &mut Batch<'_>,
    decoder: &Decoder,
    slot: usize,
    cell: &RawCell,
    row: &ReplayRow,
) -> Result<(), NodeError> {
    match &cell.value {
        None => batch.empty_cell(slot),
        Some(text) if decoder.base(slot).is_nested() => {
            json_cell(text, batch, slot).map_err(|reason| {
                let message =
                    format!("reject {}: `{}` has parts and must be JSON, as it was exported", row.id, cell.column);
                NodeError::new(Code::BadValue, message).help(format!("what is wrong with it: {reason}"))
            })?;
        }
        Some(text) if cell.plain => batch.plain_cell(slot, text),
        Some(text) => batch.cell(slot, text),
    }
    Ok(())
}

/// A cell with parts, from its JSON.
fn json_cell(text: &str, batch: &mut Batch<'_>, slot: usize) -> Result<(), String> {
    let mut syntax = Ok(());
    batch.nested_cell(
        slot,
        |builder, ty, format| {
            let mut json = Jiter::new(text.as_bytes());
            let pushed = json.peek().and_then(|peek| push_value(builder, ty, &mut json, peek, format));
            let pushed = pushed.and_then(|pushed| json.finish().map(|()| pushed));
            pushed.unwrap_or_else(|error| {
                syntax = Err(error.to_string());
                Ok(())
            })
        },
        || text.to_owned(),
    );
    syntax
}

/// The cells as a JSON object.
fn object(cells: &[RawCell]) -> Value {
    Value::Object(cells.iter().map(|cell| (cell.column.clone(), Value::from(cell.value.clone()))).collect())
}

fn empty(schema: &Schema) -> LazyFrame {
    DataFrame::empty_with_schema(&polars_schema(schema)).lazy()
}

fn with(frame: LazyFrame, rows: DataFrame) -> Result<LazyFrame, NodeError> {
    if rows.height() == 0 {
        return Ok(frame);
    }
    Ok(concat([frame, rows.lazy()], UnionArgs::default())?)
}
