//! Lazy frames of a plan: each table once, shared where several read it, counted after every step.

use std::collections::BTreeMap;

use polars::prelude::LazyFrame;

use crate::context::{NodeError, RunCx};
use crate::plan::{NodeKind, Plan};
use crate::transforms::StepCx;

/// Builds the frames of a plan on demand.
pub struct Frames<'p> {
    plan: &'p Plan,
    cx: &'p RunCx,
    readers: BTreeMap<&'p str, usize>,
    built: BTreeMap<String, LazyFrame>,
}

impl<'p> Frames<'p> {
    /// Frames for `wanted` tables, each named once per reader. `given` replaces tables.
    #[must_use]
    pub fn new(plan: &'p Plan, cx: &'p RunCx, wanted: &[&'p str], given: BTreeMap<String, LazyFrame>) -> Self {
        let mut readers: BTreeMap<&str, usize> = BTreeMap::new();
        for name in wanted {
            *readers.entry(name).or_default() += 1;
        }
        for name in plan.closure(wanted.iter().copied()) {
            for input in plan.nodes[name].inputs() {
                *readers.entry(input).or_default() += 1;
            }
        }
        Self { plan, cx, readers, built: given }
    }

    /// The frame of a table.
    ///
    /// # Errors
    /// A source that cannot be read, or a step that cannot be lowered.
    pub fn table(&mut self, name: &str) -> Result<LazyFrame, NodeError> {
        if let Some(frame) = self.built.get(name) {
            return Ok(frame.clone());
        }
        let plan = self.plan;
        let frame = match &plan.nodes[name].kind {
            NodeKind::Source { source, increment, .. } => {
                let frame = source.scan.scan(name, self.cx)?;
                match increment {
                    Some(increment) => increment.apply(frame, name, self.cx)?,
                    None => frame,
                }
            }
            NodeKind::Transform { steps, .. } => self.steps(name, steps.len())?,
        };
        let mut frame = self.cx.counters.count(frame, name);
        if self.readers.get(name).copied().unwrap_or(0) > 1 {
            frame = frame.cache();
        }
        self.built.insert(name.to_owned(), frame.clone());
        Ok(frame)
    }

    /// The frame of a transform after its first `count` steps.
    ///
    /// # Errors
    /// As [`Self::table`].
    pub fn steps(&mut self, name: &str, count: usize) -> Result<LazyFrame, NodeError> {
        let plan = self.plan;
        let NodeKind::Transform { from, steps } = &plan.nodes[name].kind else { return self.table(name) };
        let mut frame = self.table(from)?;
        for (index, step) in steps.iter().take(count).enumerate() {
            let mut inputs = vec![frame];
            for table in &step.tables {
                inputs.push(self.table(table)?);
            }
            let site = site(name, index);
            let step_cx = StepCx { run: self.cx, node: name, site: site.clone() };
            frame = (step.bound.lower)(inputs, &step_cx)?;
            if index + 1 < steps.len() {
                frame = self.cx.counters.count(frame, &site);
            }
        }
        Ok(frame)
    }
}

/// Name of a step in counters and messages: `table#1` is its first step.
#[must_use]
pub fn site(table: &str, index: usize) -> String {
    format!("{table}#{}", index + 1)
}
