//! Guards at work: whether what is about to be sent looks like a mistake.

use polars::prelude::{Engine, SortMultipleOptions};

use crate::context::NodeError;
use crate::diag::Code;
use crate::domain::types::Type;
use crate::engine::deliver::diff::Diffed;
use crate::loads::Stop;
use crate::loads::delivery::changes::{FORMER, OP, UPDATE, exactly, scan, small};
use crate::loads::delivery::dispatch::key_text;
use crate::loads::delivery::spec::{Limit, percent};
use crate::loads::delivery::{Keyed, SentColumn};
use crate::loads::format::cells::{Cell, Cells, Table};

/// What the guards of a load say about its changes.
///
/// # Errors
/// A file cannot be read.
pub fn judge(keyed: &Keyed, diffed: &Diffed) -> Result<Vec<Stop>, NodeError> {
    let Some(ledger) = &diffed.ledger else { return Ok(Vec::new()) };
    let (guards, had) = (&keyed.guards, ledger.rows);
    let mut stops = Vec::new();
    let mut stop = |guard, what| stops.push(Stop { guard, what, accepted: false });
    if guards.refuse_empty && diffed.rows == 0 && had > 0 {
        stop("empty", format!("the table is empty, and the destination has {had} rows"));
    }
    let lost = ledger.received.saturating_sub(diffed.rows);
    if lost > 0 && guards.shrink.is_passed(lost, ledger.received) {
        let (was, is) = (ledger.received, diffed.rows);
        let share = share(lost, was);
        stop(
            "shrink",
            format!("the table has {is} rows and had {was} the last time: {share} less, of {} allowed", guards.shrink),
        );
    }
    let deleted = diffed.counts.deleted;
    if guards.deletes.is_passed(deleted, had) {
        let share = share(deleted, had);
        stop("deletes", format!("{deleted} of {had} rows would be deleted: {share}, of {} allowed", guards.deletes));
    }
    if guards.look_at_values() && diffed.counts.updated > 0 {
        values(keyed, diffed, had, &mut stops)?;
    }
    Ok(stops)
}

/// The error of a load that was stopped.
#[must_use]
pub fn stopped(load: &str, stops: &[Stop]) -> NodeError {
    let open: Vec<&Stop> = stops.iter().filter(|stop| !stop.accepted).collect();
    let what = open.iter().map(|stop| format!("{} (guard `{}`)", stop.what, stop.guard)).collect::<Vec<_>>().join("; ");
    let accept = open.iter().map(|stop| format!("--accept {}", stop.guard)).collect::<Vec<_>>().join(" ");
    NodeError::new(Code::GuardStopped, format!("load `{load}` was stopped before anything was sent: {what}"))
        .help("look at the rows with `raccordo plan`; is the source complete?")
        .help(format!("when it is meant, let it pass once: `{accept}`; or set other limits with `guard:`"))
}

fn share(rows: u64, all: u64) -> String {
    let parts = u128::from(rows) * 1_000_000 / u128::from(all.max(1));
    // A share for a person: two decimals are enough.
    percent(u64::try_from(parts).unwrap_or(u64::MAX) / 100 * 100)
}

/// Guards that compare values before and after.
fn values(keyed: &Keyed, diffed: &Diffed, had: u64, stops: &mut Vec<Stop>) -> Result<(), NodeError> {
    let after = scan(&diffed.file)?
        .filter(exactly(OP).eq(small(UPDATE)))
        .sort([FORMER], SortMultipleOptions::default())
        .collect_with_engine(Engine::Streaming)?
        .unwrap_single();
    let numbers: Vec<SentColumn> = keyed.columns.iter().filter(|column| is_number(&column.ty)).cloned().collect();
    let before = diffed.files.rows(&after, &numbers)?;
    let types: Vec<(String, Type)> = numbers.iter().map(|column| (column.name.clone(), column.ty.clone())).collect();
    let names = || types.iter().map(|(name, _)| name.as_str());
    let (old, new) = (Table::new(&before.select(names())?, &types)?, Table::new(&after.select(names())?, &types)?);
    let pair = |position: &usize| {
        let name = &keyed.columns[*position].name;
        let index = numbers.iter().position(|column| column.name == *name)?;
        Some((name.as_str(), &old.cells[index], &new.cells[index]))
    };
    let (limit, columns) = &keyed.guards.to_zero;
    for (name, old, new) in columns.iter().filter_map(pair) {
        let rows = (0..after.height()).filter(|row| goes_to_zero(old, new, *row));
        let rows: Vec<usize> = rows.collect();
        if limit.is_passed(rows.len() as u64, had) {
            let (count, first) = (rows.len(), key_text(&after, keyed, rows[0]));
            let what = format!(
                "`{name}` would go to zero in {count} of {had} rows: {}, of {limit} allowed, for example {first}",
                share(count as u64, had)
            );
            stops.push(Stop { guard: "to_zero", what, accepted: false });
        }
    }
    let Some((by, columns, limit)) = &keyed.guards.price_change else { return Ok(()) };
    for (name, old, new) in columns.iter().filter_map(pair) {
        let rows: Vec<usize> = (0..after.height()).filter(|row| changes_by(old, new, *row, *by)).collect();
        if limit.is_passed(rows.len() as u64, had) {
            let example = rows[0];
            let (was, is) = (shown(old, example), shown(new, example));
            let allowed = if *limit == Limit::Rows(0) { String::new() } else { format!(" in {limit} rows") };
            let what = format!(
                "`{name}` would change by more than {} in {} rows{allowed}, for example {}: {was} → {is}",
                percent(*by),
                rows.len(),
                key_text(&after, keyed, example)
            );
            stops.push(Stop { guard: "price_change", what, accepted: false });
        }
    }
    Ok(())
}

fn is_number(ty: &Type) -> bool {
    matches!(ty, Type::Integer | Type::Decimal { .. })
}

/// A number as mantissa and scale.
fn number(cells: &Cells, row: usize) -> Option<(i128, u8)> {
    match cells.get(row) {
        Cell::Integer(value) => Some((i128::from(value), 0)),
        Cell::Decimal(mantissa, scale) => Some((mantissa, scale)),
        _ => None,
    }
}

fn goes_to_zero(old: &Cells, new: &Cells, row: usize) -> bool {
    let was = number(old, row).is_some_and(|(mantissa, _)| mantissa != 0);
    was && number(new, row).is_some_and(|(mantissa, _)| mantissa == 0)
}

/// Whether the value changes by more than `by` parts per million of what it was. From zero anything is more.
fn changes_by(old: &Cells, new: &Cells, row: usize, by: u64) -> bool {
    let (Some((was, first)), Some((is, second))) = (number(old, row), number(new, row)) else { return false };
    let scale = first.max(second);
    let align = |value: i128, own: u8| 10_i128.checked_pow(u32::from(scale - own))?.checked_mul(value);
    let (Some(was), Some(is)) = (align(was, first), align(is, second)) else { return true };
    let change = was.abs_diff(is).checked_mul(1_000_000);
    let allowed = was.unsigned_abs().checked_mul(u128::from(by));
    match (change, allowed) {
        (Some(change), Some(allowed)) => change > allowed,
        _ => true,
    }
}

fn shown(cells: &Cells, row: usize) -> String {
    let mut text = Vec::new();
    match cells.get(row) {
        Cell::Integer(value) => crate::loads::format::lexeme::write_integer(value, &mut text),
        Cell::Decimal(mantissa, scale) => crate::loads::format::lexeme::write_decimal(mantissa, scale, b'.', &mut text),
        _ => {}
    }
    String::from_utf8_lossy(&text).into_owned()
}

#[cfg(test)]
mod tests {
    use polars::prelude::{Int128Chunked, NewChunkedArray};

    use super::*;

    fn cents(values: &[i128]) -> Cells {
        Cells::Decimal(Int128Chunked::from_slice("p".into(), values), 2)
    }

    #[test]
    fn a_price_changes_by_more_than_its_share_only_beyond_it() {
        // 30 % of what it was, up or down; a price of nothing may not become one.
        for (was, is, expected) in [
            (1000, 1300, false),
            (1000, 1301, true),
            (1000, 700, false),
            (1000, 699, true),
            (0, 1, true),
            (0, 0, false),
            (-1000, -1300, false),
            (1000, 100_000, true),
            (i128::MAX, 1, true),
        ] {
            assert_eq!(changes_by(&cents(&[was]), &cents(&[is]), 0, 300_000), expected, "{was} {is}");
        }
    }

    #[test]
    fn only_what_was_something_goes_to_zero() {
        for (was, is, expected) in [(5, 0, true), (0, 0, false), (5, 1, false), (0, 5, false)] {
            assert_eq!(goes_to_zero(&cents(&[was]), &cents(&[is]), 0), expected);
        }
    }
}
