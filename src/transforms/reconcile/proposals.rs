//! Proposals for the rows that no rule matched: few rows, looked at together.

use std::sync::Arc;

use polars::prelude::{
    AllowedOptimizations, DataFrame, DataType, IntoColumn, LazyFrame, NamedFrom, PolarsResult, Schema, Series,
    UnionArgs, col, concat, lit,
};

use crate::domain::reconcile::propose::{Open, propose};

use super::plan::{AMOUNT, CURRENCY, DAY, ID, PARTY};

/// Whether the row is of the left side.
pub(super) const SIDE: &str = "__is_left";
/// Ids of the other side that it could belong to.
pub(super) const PROPOSAL: &str = "__proposal";
/// Why.
pub(super) const REASON: &str = "__reason";
/// How sure.
pub(super) const SCORE: &str = "__score";

/// Beyond this many open rows on a side something is wrong with the inputs, and proposals would be noise.
const MOST_OPEN: usize = 50_000;

/// Both sides one below the other, with their proposals.
pub(super) fn with_proposals(left: LazyFrame, right: LazyFrame, days: i32) -> PolarsResult<LazyFrame> {
    let part = |side: LazyFrame, is_left: bool| {
        side.select([col(ID), col(AMOUNT), col(CURRENCY), col(DAY), col(PARTY), lit(is_left).alias(SIDE)])
    };
    let open = concat([part(left, true), part(right, false)], UnionArgs::default())?;
    let schema = |schema: &Schema| {
        let mut out = schema.clone();
        for (name, dtype) in [(PROPOSAL, DataType::String), (REASON, DataType::String), (SCORE, DataType::Int64)] {
            out.with_column(name.into(), dtype);
        }
        Ok(Arc::new(out))
    };
    let propose = move |frame: DataFrame| add_proposals(frame, days);
    // All rows must be seen together, so this is no streaming map.
    Ok(open.map(propose, AllowedOptimizations::empty(), Some(Arc::new(schema)), Some("proposals")))
}

fn add_proposals(mut frame: DataFrame, days: i32) -> PolarsResult<DataFrame> {
    let height = frame.height();
    let (mut texts, mut reasons, mut scores) =
        (vec![None::<String>; height], vec![None; height], vec![None::<i64>; height]);
    let (left, right) = sides(&frame)?;
    if days > 0 && left.1.len() <= MOST_OPEN && right.1.len() <= MOST_OPEN {
        for found in propose(&left.1, &right.1, days) {
            let words =
                |side: &[Open], at: &[usize]| at.iter().map(|at| side[*at].id.as_str()).collect::<Vec<_>>().join(", ");
            let named = (words(&left.1, &found.left), words(&right.1, &found.right));
            let rows = found.left.iter().map(|at| (left.0[*at], &named.1));
            for (row, text) in rows.chain(found.right.iter().map(|at| (right.0[*at], &named.0))) {
                texts[row] = Some(text.clone());
                reasons[row] = Some(found.reason.as_str());
                scores[row] = Some(found.reason.score());
            }
        }
    }
    frame.with_column(Series::new(PROPOSAL.into(), texts).into_column())?;
    frame.with_column(Series::new(REASON.into(), reasons).into_column())?;
    frame.with_column(Series::new(SCORE.into(), scores).into_column())?;
    Ok(frame)
}

/// The open items of each side, with their rows.
type Items = (Vec<usize>, Vec<Open>);

fn sides(frame: &DataFrame) -> PolarsResult<(Items, Items)> {
    let text = |name: &str| -> PolarsResult<_> { Ok(frame.column(name)?.str()?.clone()) };
    let (ids, currencies, parties) = (text(ID)?, text(CURRENCY)?, text(PARTY)?);
    let is_left = frame.column(SIDE)?.bool()?.clone();
    let amounts = frame.column(AMOUNT)?.as_materialized_series().decimal()?.physical().clone();
    let days = frame.column(DAY)?.cast(&DataType::Int32)?.i32()?.clone();
    let mut items: (Items, Items) = Default::default();
    let given = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(str::to_owned);
    for row in 0..frame.height() {
        let Some(amount) = amounts.get(row) else { continue };
        let open = Open {
            id: ids.get(row).unwrap_or_default().to_owned(),
            party: given(parties.get(row)),
            amount,
            currency: given(currencies.get(row)),
            day: days.get(row),
        };
        let side = if is_left.get(row) == Some(true) { &mut items.0 } else { &mut items.1 };
        side.0.push(row);
        side.1.push(open);
    }
    Ok(items)
}
