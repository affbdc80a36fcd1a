//! Rows of a running plan into the answers of a report.

use std::sync::{Arc, Mutex, PoisonError};

use polars::prelude::{DataFrame, LazyFrame, PlanCallback, PolarsError};

use crate::context::NodeError;
use crate::context::counters::{INTERRUPTED, named_apart, pass_through};
use crate::domain::money::Decimal;
use crate::domain::types::Type;
use crate::loads::LoadCx;
use crate::loads::format::cells::Table;
use crate::loads::format::sink::{marked_message, site};
use crate::loads::report::model::Group;
use crate::loads::report::outputs::Outputs;
use crate::loads::report::section::{Answer, Ask, Take};
use crate::loads::report::value::Value;

/// Rows that are coming.
pub struct Gather {
    types: Vec<(String, Type)>,
    take: Take,
    /// The table of the outputs that gets the rows, and how many of their columns.
    written: Option<(usize, usize)>,
    answer: Answer,
}

/// What is shared by all sinks of a report.
pub type Shared<T> = Arc<Mutex<T>>;

impl Gather {
    /// Starts to gather what `ask` asks for. `written` is the table of `outputs` that gets the rows, and how many of their
    /// columns; `number` tells the asks of one load apart.
    ///
    /// # Errors
    /// The plan cannot end here.
    pub fn start(
        ask: Ask,
        number: usize,
        written: Option<(usize, usize)>,
        outputs: &Shared<Outputs>,
        cx: &LoadCx,
    ) -> Result<(LazyFrame, Shared<Self>), NodeError> {
        let gather = Self { types: ask.types, take: ask.take, written, answer: Answer::default() };
        let gather = Arc::new(Mutex::new(gather));
        let (shared, outputs, run, site) = (Arc::clone(&gather), Arc::clone(outputs), cx.run.clone(), site(cx));
        // Two asks of one table would be taken for one without a name of their own.
        let name = named_apart(&format!("report {site} {number}"));
        let callback = PlanCallback::new(move |batch: DataFrame| {
            if run.is_cancelled() {
                return Err(PolarsError::ComputeError(INTERRUPTED.into()));
            }
            let mut gather = shared.lock().unwrap_or_else(PoisonError::into_inner);
            let written = gather.add(&batch, &outputs);
            written.map_err(|error| PolarsError::ComputeError(marked_message(&error, &site).into()))?;
            Ok(false)
        });
        let frame = ask.frame.map(Ok, pass_through(), None, Some(name));
        Ok((frame.sink_batches(callback, true, None)?, gather))
    }

    fn add(&mut self, batch: &DataFrame, outputs: &Shared<Outputs>) -> Result<(), NodeError> {
        let table = Table::new(batch, &self.types)?;
        let mut outputs = self.written.map(|_| outputs.lock().unwrap_or_else(PoisonError::into_inner));
        for at in 0..table.height {
            let row: Vec<Value> = table.cells.iter().map(|cells| Value::of(cells.get(at))).collect();
            if let (Some(outputs), Some((table, width))) = (&mut outputs, self.written) {
                outputs.append(table, &row[..width])?;
            }
            self.answer.count += 1;
            match &self.take {
                Take::All => self.answer.rows.push(row),
                Take::Written { most, group } => {
                    if let Some((at, money)) = group {
                        add_to_group(&mut self.answer.groups, &row, *at, money);
                    }
                    if self.answer.rows.len() < *most {
                        self.answer.rows.push(row);
                    }
                }
            }
        }
        Ok(())
    }

    /// What came.
    #[must_use]
    pub fn take(gather: &Shared<Self>) -> Answer {
        std::mem::take(&mut gather.lock().unwrap_or_else(PoisonError::into_inner).answer)
    }
}

/// Rows come ordered by their group.
fn add_to_group(groups: &mut Vec<Group>, row: &[Value], at: usize, money: &[usize]) {
    if groups.last().is_none_or(|group| group.value != row[at]) {
        let sums = money.iter().map(|at| (*at, Some(Decimal::ZERO))).collect();
        groups.push(Group { value: row[at].clone(), count: 0, sums });
    }
    let Some(group) = groups.last_mut() else { return };
    group.count += 1;
    for (at, sum) in &mut group.sums {
        if let Some(value) = row[*at].decimal() {
            *sum = sum.and_then(|sum| sum.add(value));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_count_and_add_up() {
        let mut groups = Vec::new();
        for (name, cents) in [("a", 150), ("a", -50), ("b", 7)] {
            add_to_group(&mut groups, &[Value::Text(name.to_owned()), Value::Decimal(cents, 2)], 0, &[1]);
        }
        let shown: Vec<_> = groups.iter().map(|group| (group.count, group.sums[0].1)).collect();
        assert_eq!(shown, [(2, Some(Decimal::new(100, 2))), (1, Some(Decimal::new(7, 2)))]);
    }
}
