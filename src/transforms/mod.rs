//! Step kinds: what happens to rows. One file per kind; the closed set is [`StepKind`].
//!
//! A step is relational: it lowers to Polars expressions and lazy operators, never to a closure per row. Binding it
//! gives a [`BoundStep`]: the output schema and a function that lowers, with its expressions already typed.

pub mod aggregate;
pub mod cast;
pub mod check;
pub mod dedupe;
pub mod derive;
pub mod documents;
pub mod drop;
pub mod explode;
pub mod filter;
pub mod flag;
pub mod guard;
pub mod join;
pub mod keys;
pub mod kind;
pub mod limit;
pub mod lookup;
pub mod matching;
pub mod names;
pub mod number;
pub mod pivot;
pub mod price;
pub mod reconcile;
pub mod register;
pub mod reject;
pub mod remember;
pub mod rename;
pub mod select;
pub mod shape;
pub mod sort;
pub mod sql;
pub mod stock;
pub mod union;
pub mod unnest;
pub mod unpivot;
pub mod vat;

#[cfg(test)]
#[allow(missing_docs, clippy::missing_errors_doc, reason = "tools of tests")]
pub mod testing;
#[cfg(test)]
#[allow(missing_docs, clippy::missing_errors_doc, reason = "tools of tests")]
pub mod trade_testing;

use polars::prelude::LazyFrame;

use crate::context::{BindCx, NodeError, RunCx};
use crate::diag::Text;
use crate::domain::types::Schema;

pub use kind::StepKind;

/// A step kind as configured.
pub trait Step {
    /// Other tables this step reads, in the order `lower` gets them after the main input.
    fn tables(&self) -> Vec<&Text> {
        Vec::new()
    }

    /// Checks the step against its input schema, reporting every problem. `None` when a problem was reported.
    fn bind(&self, input: &Schema, cx: &BindCx) -> Option<BoundStep>;
}

/// A checked step.
pub struct BoundStep {
    /// Columns and types after the step.
    pub schema: Schema,
    /// What the step does to the number of rows; the books are checked against it.
    pub rows: RowEffect,
    /// Lowers the step: the main input first, then the tables of [`Step::tables`].
    pub lower: Lower,
}

/// Lowers a bound step to Polars. The site names the step in messages: `table#3`.
pub type Lower = Box<dyn Fn(Vec<LazyFrame>, &StepCx) -> Result<LazyFrame, NodeError> + Send + Sync>;

/// What a step may know while it is lowered.
pub struct StepCx<'a> {
    /// The run.
    pub run: &'a RunCx,
    /// Table the step belongs to: the node that rejects are kept under.
    pub node: &'a str,
    /// Unique name of the step: `table#3`.
    pub site: String,
}

/// What a step does to the number of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowEffect {
    /// Rows out = rows in − rejected.
    Keeps,
    /// Rows out ≤ rows in; the difference is reported as filtered.
    Filters,
    /// Any number of rows may come out (join, explode, aggregate, union).
    Changes,
}

impl BoundStep {
    /// A step that keeps every row.
    pub fn keeps(
        schema: Schema,
        lower: impl Fn(LazyFrame, &StepCx) -> Result<LazyFrame, NodeError> + Send + Sync + 'static,
    ) -> Self {
        Self::one(schema, RowEffect::Keeps, lower)
    }

    /// A step with one input.
    pub fn one(
        schema: Schema,
        rows: RowEffect,
        lower: impl Fn(LazyFrame, &StepCx) -> Result<LazyFrame, NodeError> + Send + Sync + 'static,
    ) -> Self {
        let lower: Lower = Box::new(move |mut inputs, cx| lower(inputs.swap_remove(0), cx));
        Self { schema, rows, lower }
    }

    /// A step that reads other tables too.
    pub fn many(
        schema: Schema,
        rows: RowEffect,
        lower: impl Fn(Vec<LazyFrame>, &StepCx) -> Result<LazyFrame, NodeError> + Send + Sync + 'static,
    ) -> Self {
        Self { schema, rows, lower: Box::new(lower) }
    }
}
