//! The books: rows in = out + filtered + rejected, at every table and load.

use crate::context::{Rejects, RunCx};
use crate::engine::frames::site;
use crate::engine::reject_words;
use crate::engine::replay::replayed_at;
use crate::engine::report::{CauseReport, LoadReport, StepReport, TableReport};
use crate::loads::Receipt;
use crate::plan::{Node, NodeKind, Plan, Target, Way};
use crate::transforms::RowEffect;

/// Row counts of the tables of a run, and what does not add up.
#[must_use]
pub fn tables(plan: &Plan, needed: &[&str], cx: &RunCx) -> (Vec<TableReport>, Vec<String>) {
    let mut unbalanced = Vec::new();
    // A `limit` stops what stands before it early: what was read is then more than what was taken.
    let stops_early = needed.iter().any(|name| has_limit(&plan.nodes[*name]));
    let reports = needed.iter().map(|name| table(name, &plan.nodes[*name], cx, stops_early, &mut unbalanced)).collect();
    (reports, unbalanced)
}

fn has_limit(node: &Node) -> bool {
    matches!(&node.kind, NodeKind::Transform { steps, .. } if steps.iter().any(|step| step.kind == "limit"))
}

fn table(name: &str, node: &Node, cx: &RunCx, stops_early: bool, unbalanced: &mut Vec<String>) -> TableReport {
    let (counters, rejects) = (&cx.counters, &cx.rejects);
    let rows_out = counters.value(name);
    let rejected = rejects.count(name);
    match &node.kind {
        NodeKind::Source { kind, increment, .. } => {
            let rows_in = counters.value(&format!("{name}:read"));
            // Rows of an incremental extract that are not new.
            let filtered = match increment {
                Some(_) => rows_in.saturating_sub(rows_out + rejected),
                None => 0,
            };
            if rows_in != rows_out + rejected + filtered && !stops_early {
                unbalanced.push(format!("`{name}` read {rows_in} rows, delivered {rows_out} and rejected {rejected}"));
            }
            TableReport {
                name: name.to_owned(),
                kind: (*kind).to_owned(),
                rows_in,
                filtered,
                rejected,
                rows_out,
                steps: Vec::new(),
            }
        }
        NodeKind::Transform { from, steps } => {
            let replayed = |index: usize| counters.value(&replayed_at(&site(name, index)));
            let rows_in = counters.value(from) + replayed(0);
            let mut filtered = 0;
            let mut before = rows_in;
            let mut reports = Vec::new();
            for (index, step) in steps.iter().enumerate() {
                if index > 0 {
                    before += replayed(index);
                }
                let last = index + 1 == steps.len();
                let after = if last { rows_out } else { counters.value(&site(name, index)) };
                let refused = counters.value(&format!("{}:rejected", site(name, index)));
                let left = i128::from(before) - i128::from(after) - i128::from(refused);
                let wrong = match step.bound.rows {
                    RowEffect::Keeps => left != 0,
                    RowEffect::Filters => left < 0,
                    RowEffect::Changes => false,
                };
                if wrong && !stops_early {
                    unbalanced.push(format!(
                        "step {} (`{}`) of `{name}` got {before} rows, delivered {after} and rejected {refused}",
                        index + 1,
                        step.kind
                    ));
                }
                if step.bound.rows == RowEffect::Filters {
                    filtered += u64::try_from(left).unwrap_or(0);
                }
                reports.push(StepReport {
                    kind: step.kind.to_owned(),
                    rows_in: before,
                    rejected: refused,
                    rows_out: after,
                });
                before = after;
            }
            TableReport {
                name: name.to_owned(),
                kind: "transform".to_owned(),
                rows_in,
                filtered,
                rejected,
                rows_out,
                steps: reports,
            }
        }
    }
}

/// Row counts of the loads, and what does not add up.
#[must_use]
pub fn loads(targets: &[(&Target, u64, Option<Receipt>)], cx: &RunCx) -> (Vec<LoadReport>, Vec<String>) {
    let (rejects, counters) = (&cx.rejects, &cx.counters);
    let mut unbalanced = Vec::new();
    let reports = targets
        .iter()
        .map(|(target, staged, receipt)| {
            let rows_in = counters.value(&format!("load:{}:in", target.name));
            let rejected = rejects.count(&format!("load:{}", target.name));
            let known = receipt.as_ref().and_then(|receipt| receipt.changes);
            // Rows that are known by a key are the same, new, changed or not arrived; deletes are none of the table's.
            let arrived = known.map_or(*staged, |rows| rows.unchanged + rows.created + rows.updated + rows.failed);
            let whole = matches!(target.way, Way::Whole(_));
            if receipt.is_some() && (rows_in != arrived + rejected || (whole && arrived != *staged)) {
                unbalanced.push(format!(
                    "load `{}` got {rows_in} rows, wrote {staged} and rejected {rejected}; {arrived} are known",
                    target.name
                ));
            }
            LoadReport {
                name: target.name.clone(),
                kind: target.kind.to_owned(),
                from: target.from.clone(),
                rows_in,
                rejected,
                receipt: receipt.clone(),
                stopped: cx.how_far(&target.name),
            }
        })
        .collect();
    (reports, unbalanced)
}

/// Rejects by table and cause, each with an example.
#[must_use]
pub fn causes(rejects: &Rejects) -> Vec<CauseReport> {
    let examples = rejects.examples();
    rejects
        .causes()
        .into_iter()
        .map(|(node, cause, rows)| {
            let example = examples.iter().find(|reject| reject.node == node && reject.cause == cause);
            let example = example.map_or_else(String::new, |reject| {
                let origin = &reject.origin;
                let place = match (&origin.file, origin.line, &origin.path) {
                    (Some(file), Some(line), _) => format!("{file}:{line}: "),
                    (Some(file), None, Some(path)) => format!("{file} {path}: "),
                    (Some(file), None, None) => format!("{file}: "),
                    _ => reject_words::key(reject).map_or_else(String::new, |key| format!("{key}: ")),
                };
                format!("{place}{}", reject_words::words(reject).0)
            });
            CauseReport { node, cause, rows, example }
        })
        .collect()
}

/// Loads that got rows, of which not one arrived or was there already, because each was refused.
pub fn refused_whole(loads: &[LoadReport]) -> impl Iterator<Item = &LoadReport> {
    loads.iter().filter(|load| {
        let failed = load.receipt.as_ref().and_then(|receipt| receipt.changes).map_or(0, |changes| changes.failed);
        load.rows_in > 0 && load.receipt.is_some() && load.rejected + failed == load.rows_in
    })
}

/// The worst share of rejects, in parts per million, and where.
#[must_use]
pub fn worst_share(tables: &[TableReport], loads: &[LoadReport]) -> Option<(u64, String)> {
    let tables = tables.iter().map(|table| (table.rejected, table.rows_in, format!("table `{}`", table.name)));
    let loads = loads.iter().map(|load| (load.rejected, load.rows_in, format!("load `{}`", load.name)));
    tables
        .chain(loads)
        .filter(|(rejected, rows, _)| *rejected > 0 && *rows > 0)
        .map(|(rejected, rows, place)| (rejected.saturating_mul(1_000_000) / rows, place))
        .max_by_key(|(share, _)| *share)
}
