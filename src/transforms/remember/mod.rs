//! `remember`: exceptions held against those of earlier runs, with what people have decided about them.
//!
//! Here: the step. Which status follows is in `domain::reconcile::memory`, the rows of the state are `state`'s, and they are written
//! by the engine after the loads. Exceptions are few and each has a life of its own, so they are looked at together and one by one
//! with the same rules that the commands use, not with joins.

mod frame;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use indexmap::IndexMap;
use polars::prelude::{AllowedOptimizations, DataFrame, PolarsResult};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::context::{BindCx, Exceptions, Met, NodeError, RunCx};
use crate::contract::polars_dtype;
use crate::diag::{Code, Diagnostic, Text};
use crate::domain::calendar::{DateFormat, business_date, parse_date};
use crate::domain::reconcile::catalogue::Severity;
use crate::domain::reconcile::memory::{Identity, Known, Stops, judge};
use crate::domain::types::{Schema, Type};
use crate::state::{ExceptionFilter, State};
use crate::transforms::flag::known_code;
use crate::transforms::{BoundStep, RowEffect, Step};

/// Remembers exceptions from run to run: which are new, which are still open, what a person has decided, what is resolved.
///
/// ```yaml
/// - remember: { fail_on: blocker, late: 3, severity: { PRICE_DRIFT: info } }
/// ```
///
/// It takes the rows of `reconcile` and `flag` (add several with `union`), or any table with `chain`, `code` and `key`; rows without a
/// code are none. `severity`, `status`, `left_key`, `right_key`, `difference` (or `amount`), `currency`, `event_on` and `proposal` are
/// taken where they are there. An exception is the same one tomorrow when pipeline, chain, code and key are; rows with the same of
/// them are one exception, and their amounts add up.
///
/// `status` that comes out is `new` (found on this day for the first time), `open`, `explained`, `ignored` or `resolved` (found no
/// longer; shown on the day on which that was seen, with the row as it was). Decisions are taken with `raccordo exceptions explain`,
/// `ignore` and `reopen`, or in a file (`export`, `import`), and no run takes them back. They hold until the day they expire or
/// until the amount is another one; then the exception is `open` again, with its reason still there. The age counts from the
/// business event.
///
/// While an exception of severity `fail_on` or worse is new or open, the run ends with exit code 3, after all its loads. Rows that
/// lack their other side are given `late` days first: what arrives late closes them without anybody having been called.
///
/// What was found is kept when the loads that show it have arrived, so that `preview`, `plan` and failed runs leave no trace. The same
/// day run twice gives the same rows; a day of the past changes nothing that a later day has seen. It does not know whether an
/// input was incomplete: look at the controls of `statement`, or let them fail.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Remember {
    /// From which severity on an open exception ends the run with exit code 3. Default: `blocker`.
    #[serde(default)]
    pub fail_on: FailOn,
    /// For how many days after its event a row that lacks its other side does not do that. Default: 3.
    pub late: Option<u16>,
    /// Severities of codes that are not those of the catalogue.
    #[serde(default)]
    pub severity: IndexMap<Text, SeverityWord>,
    /// The day of this look. Default: the day of the run, in Rome.
    pub today: Option<Text>,
}

/// From which severity on a run says no.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FailOn {
    /// Money or law.
    #[default]
    Blocker,
    /// What somebody should look at.
    Warning,
    /// Everything.
    Info,
    /// Nothing: exceptions are only shown.
    Never,
}

/// A severity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SeverityWord {
    /// Money or law.
    Blocker,
    /// Somebody should look.
    Warning,
    /// Good to know.
    Info,
}

impl From<SeverityWord> for Severity {
    fn from(word: SeverityWord) -> Self {
        match word {
            SeverityWord::Blocker => Self::Blocker,
            SeverityWord::Warning => Self::Warning,
            SeverityWord::Info => Self::Info,
        }
    }
}

impl FailOn {
    const fn severity(self) -> Option<Severity> {
        match self {
            Self::Blocker => Some(Severity::Blocker),
            Self::Warning => Some(Severity::Warning),
            Self::Info => Some(Severity::Info),
            Self::Never => None,
        }
    }
}

/// Columns that are taken where they are there, with what they may be.
const OPTIONAL: [&str; 7] = ["severity", "status", "left_key", "right_key", "currency", "proposal", "event_on"];

impl Step for Remember {
    fn bind(&self, input: &Schema, cx: &BindCx) -> Option<BoundStep> {
        let before = cx.reported();
        check_columns(input, cx);
        let severities = self.severities(cx);
        let today = day(self.today.as_ref(), cx);
        let amount = amount_column(input, cx);
        if cx.reported() > before {
            return None;
        }
        let (amount, scale) = amount?;
        let settings = Arc::new(Settings {
            severities,
            stops: Stops { from: self.fail_on.severity(), late: i32::from(self.late.unwrap_or(3)) },
            today: today?,
            amount,
            scale,
            names: input.names().map(str::to_owned).collect(),
        });
        let schema = frame::schema(scale);
        let columns = schema.clone();
        Some(BoundStep::one(schema, RowEffect::Changes, move |frame, cx| {
            let look = Look::new(Arc::clone(&settings), cx.run, cx.node)?;
            let dtypes: polars::prelude::Schema =
                columns.iter().map(|(name, ty)| (name.into(), polars_dtype(ty))).collect();
            let dtypes = Arc::new(dtypes);
            let of = move |_: &polars::prelude::Schema| Ok(Arc::clone(&dtypes));
            // All exceptions must be seen together, so this is no streaming map.
            Ok(frame.map(
                move |rows| look.at(&rows),
                AllowedOptimizations::empty(),
                Some(Arc::new(of)),
                Some("remember"),
            ))
        }))
    }
}

impl Remember {
    fn severities(&self, cx: &BindCx) -> IndexMap<String, Severity> {
        let mut severities = IndexMap::new();
        for (code, severity) in &self.severity {
            known_code(code, cx);
            severities.insert(code.to_string(), Severity::from(*severity));
        }
        severities
    }
}

fn check_columns(input: &Schema, cx: &BindCx) {
    for name in ["chain", "code", "key"] {
        match input.get(name) {
            Some(Type::Text) => {}
            Some(ty) => wrong(name, ty, "a text", cx),
            None => {
                let message = format!("exceptions need a column `{name}`");
                let known: Vec<&str> = input.names().collect();
                cx.report(
                    Diagnostic::error(Code::UnknownColumn, crate::diag::Place::NONE, message)
                        .help(format!("columns here: {}", known.join(", ")))
                        .help("`reconcile` and `flag` make them; for other tables `derive` them"),
                );
            }
        }
    }
    for name in OPTIONAL {
        match (name, input.get(name)) {
            (_, None | Some(Type::Text)) if name != "event_on" => {}
            ("event_on", None | Some(Type::Date)) => {}
            (_, Some(ty)) => wrong(name, ty, if name == "event_on" { "a date" } else { "a text" }, cx),
            (_, None) => {}
        }
    }
}

fn wrong(name: &str, ty: &Type, wanted: &str, cx: &BindCx) {
    let message = format!("`{name}` is `{ty}`, expected {wanted}");
    let problem = Diagnostic::error(Code::TypeMismatch, crate::diag::Place::NONE, message);
    cx.report(problem.help("`cast` it, or `rename` a column that is something else"));
}

/// The column of the amounts, and its decimals.
fn amount_column(input: &Schema, cx: &BindCx) -> Option<(Option<String>, u8)> {
    let found = ["difference", "amount"].into_iter().find_map(|name| Some((name, input.get(name)?)));
    match found {
        None => Some((None, 2)),
        Some((name, Type::Decimal { scale, .. })) => Some((Some(name.to_owned()), *scale)),
        Some((name, Type::Integer)) => Some((Some(name.to_owned()), 0)),
        Some((name, ty)) => {
            wrong(name, ty, "a decimal or an integer", cx);
            None
        }
    }
}

/// A day that was written. The outer `None` says that a problem was reported.
pub(super) fn day(written: Option<&Text>, cx: &BindCx) -> Option<Option<i32>> {
    let Some(today) = written else { return Some(None) };
    let day = parse_date(today.as_bytes(), DateFormat::Iso);
    if let Err(error) = &day {
        let problem = Diagnostic::error(Code::BadValue, today.place(), format!("`{today}` is not a day: {error}"));
        cx.report(problem.help("write `2026-11-24`, or `!param giorno`"));
    }
    day.ok().map(Some)
}

/// A checked step.
struct Settings {
    severities: IndexMap<String, Severity>,
    stops: Stops,
    today: Option<i32>,
    amount: Option<String>,
    scale: u8,
    names: Vec<String>,
}

/// A look at the exceptions of a day.
struct Look {
    settings: Arc<Settings>,
    today: i32,
    table: String,
    remembered: Vec<(String, Known)>,
    met: Arc<Exceptions>,
}

impl Look {
    fn new(settings: Arc<Settings>, run: &RunCx, table: &str) -> Result<Self, NodeError> {
        let today = settings.today.unwrap_or_else(|| business_date(&run.started_at).to_epoch_days());
        let remembered = remembered(run)?;
        Ok(Self { settings, today, table: table.to_owned(), remembered, met: Arc::clone(&run.exceptions) })
    }

    fn at(&self, rows: &DataFrame) -> PolarsResult<DataFrame> {
        let found = frame::findings(rows, &self.settings)?;
        // What other tables of the pipeline look for is not resolved here; a table that was renamed takes over what it finds.
        let ids: std::collections::HashSet<&Identity> = found.iter().map(|one| &one.identity).collect();
        let own = self
            .remembered
            .iter()
            .filter(|(table, known)| *table == self.table || ids.contains(&known.finding.identity));
        let remembered: Vec<Known> = own.map(|(_, known)| known.clone()).collect();
        let judged = judge(found, remembered, self.today);
        let stops = |one: &&_| self.settings.stops.is_stopped_by(one, self.today);
        let stopping = judged.iter().filter(stops).count();
        let out = frame::of(&judged, &self.settings, self.today)?;
        self.met.note(&self.table, Met { today: self.today, judged, stopping });
        Ok(out)
    }
}

/// What the state knows of the pipeline, with the table of each; nothing where nothing has run.
fn remembered(run: &RunCx) -> Result<Vec<(String, Known)>, NodeError> {
    let path = run.project.state_dir().join("state.db");
    if run.pipeline.is_empty() || !path.exists() {
        return Ok(Vec::new());
    }
    let filter = ExceptionFilter { pipeline: Some(run.pipeline.clone()), ..ExceptionFilter::default() };
    let records = State::open(&path).and_then(|state| state.exceptions(&filter)).map_err(|error| {
        NodeError::new(Code::RunFailed, format!("the state cannot be used: {error}")).help(error.help())
    })?;
    Ok(records.into_iter().map(|record| (record.node, record.known)).collect())
}
