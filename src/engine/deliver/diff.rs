//! What has changed: rows of the table against what the destination has acknowledged.

use std::path::{Path, PathBuf};

use polars::prelude::{
    DataFrame, DataType, Engine, Expr, IdxCa, IntoColumn, IntoLazy, JoinArgs, JoinCoalesce, JoinType, LazyFrame,
    MaintainOrderJoin, NULL, PlSmallStr, SortMultipleOptions, UnionArgs, concat, lit, when,
};

use crate::context::NodeError;
use crate::diag::Code;
use crate::engine::deliver::digest::to_file;
use crate::engine::deliver::ledger::{LedgerFiles, key};
use crate::loads::ChangeCounts;
use crate::loads::delivery::changes::{
    CREATE, DELETE, FORMER, HASH, KEY_HIGH, KEY_LOW, OP, UPDATE, exactly, scan, small, wide,
};
use crate::loads::delivery::dispatch::key_text;
use crate::loads::delivery::{Keyed, Mode};
use crate::state::Ledger;

/// Number of a row in its table.
const ROW: &str = "\u{0}row";
const OLD_HASH: &str = "\u{0}old_hash";

/// A load whose changes are known.
pub struct Diffed {
    /// Rows of the table that can be delivered.
    pub rows: u64,
    /// Counts by kind of change.
    pub counts: ChangeCounts,
    /// Deletes that are held back, because rows were rejected above.
    pub held: u64,
    /// File of the changes.
    pub file: PathBuf,
    /// File of all rows.
    pub table: PathBuf,
    /// What the destination has.
    pub ledger: Option<Ledger>,
    /// Its files.
    pub files: LedgerFiles,
    /// Why all rows are sent again, when they are.
    pub resync: Option<&'static str>,
    /// Whether the steps before the load are not those of the last delivery.
    pub new_logic: bool,
}

/// What the comparison needs.
pub struct Inputs<'a> {
    /// The load.
    pub keyed: &'a Keyed,
    /// File of all rows, with their marks.
    pub table: PathBuf,
    /// Rows that the load refused, by number.
    pub refused: Vec<u64>,
    /// What the destination has.
    pub ledger: Option<Ledger>,
    /// Its files.
    pub files: LedgerFiles,
    /// Whether rows were rejected above.
    pub rejected_above: bool,
    /// Whether all rows are to be sent again.
    pub full: bool,
    /// Whether the table holds only some rows, which were rejected before: nothing is deleted.
    pub partial: bool,
    /// Where the changes go.
    pub file: PathBuf,
}

/// Compares.
///
/// # Errors
/// A key stands twice, or a file cannot be read or written.
pub fn diff(inputs: Inputs<'_>) -> Result<Diffed, NodeError> {
    let Inputs { keyed, table, refused, ledger, files, rejected_above, full, partial, file } = inputs;
    let marks = new_marks(&table, &refused)?;
    let resync = match &ledger {
        Some(ledger) if ledger.mapping != keyed.mapping => Some("the columns that are sent, or where they go, changed"),
        Some(_) if full => Some("`--full` was asked for"),
        _ => None,
    };
    if partial && resync.is_some() {
        return Err(NodeError::new(
            Code::RunFailed,
            "the columns that are sent, or where they go, changed since the last run",
        )
        .help("run the pipeline first: all rows must be sent again, not only those that are replayed"));
    }
    let mode = match keyed.mode {
        Mode::Mirror | Mode::Replace if partial => Mode::Merge,
        mode => mode,
    };
    let new_logic = ledger.as_ref().is_some_and(|ledger| ledger.logic != keyed.logic);
    let rows = height(&marks)?;
    if keyed.key.is_empty() {
        write_all(&table, &file)?;
        let counts = ChangeCounts { created: rows, ..ChangeCounts::default() };
        return Ok(Diffed { rows, counts, held: 0, file, table, ledger, files, resync: None, new_logic });
    }
    refuse_doubles(&marks, &table, keyed, rows)?;
    let changed = if files.is_empty() { None } else { Some(compare(marks, &files, resync.is_some())?) };
    let mut diffed =
        Diffed { rows, counts: ChangeCounts::default(), held: 0, file, table, ledger, files, resync, new_logic };
    match changed {
        None => {
            diffed.counts.created = rows;
            write_created(&diffed, &refused)?;
        }
        Some(changed) => {
            let changed = chosen(changed, mode, rejected_above, &mut diffed)?;
            write_changes(&changed, keyed, &diffed)?;
        }
    }
    Ok(diffed)
}

/// Marks of the rows of the table that can be delivered, numbered.
fn new_marks(table: &Path, refused: &[u64]) -> Result<LazyFrame, NodeError> {
    let marks = scan(table)?.select([exactly(KEY_HIGH), exactly(KEY_LOW), exactly(HASH)]);
    without(marks.with_row_index(PlSmallStr::from_static(ROW), None), refused)
}

/// The numbered rows without those that were refused.
fn without(frame: LazyFrame, refused: &[u64]) -> Result<LazyFrame, NodeError> {
    if refused.is_empty() {
        return Ok(frame);
    }
    let numbers: Vec<u32> = refused.iter().filter_map(|row| u32::try_from(*row).ok()).collect();
    let numbers = IdxCa::from_vec(PlSmallStr::from_static(ROW), numbers).into_column();
    let refused = DataFrame::new(numbers.len(), vec![numbers])?.lazy();
    let args = JoinArgs { maintain_order: MaintainOrderJoin::Left, ..JoinArgs::new(JoinType::Anti) };
    Ok(frame.join(refused, [exactly(ROW)], [exactly(ROW)], args))
}

fn height(frame: &LazyFrame) -> Result<u64, NodeError> {
    let counted = frame.clone().select([polars::prelude::len()]).collect_with_engine(Engine::Streaming)?;
    let counted = counted.unwrap_single();
    Ok(counted.columns().first().and_then(|column| column.get(0).ok()?.try_extract::<u64>().ok()).unwrap_or(0))
}

/// Two rows of one key are an error that names both.
fn refuse_doubles(marks: &LazyFrame, table: &Path, keyed: &Keyed, rows: u64) -> Result<(), NodeError> {
    let distinct = marks.clone().select([exactly(KEY_HIGH).n_unique()]);
    let distinct = distinct.collect_with_engine(Engine::Streaming)?.unwrap_single();
    let distinct = distinct.columns().first().and_then(|column| column.get(0).ok()?.try_extract::<u64>().ok());
    if distinct == Some(rows) {
        return Ok(());
    }
    let doubled = marks
        .clone()
        .group_by(key())
        .agg([
            exactly(ROW).min().alias(ROW),
            exactly(ROW).max().alias("\u{0}last"),
            polars::prelude::len().alias("\u{0}rows"),
        ])
        .filter(exactly("\u{0}rows").gt(small(1)))
        .sort([ROW], SortMultipleOptions::default())
        .collect_with_engine(Engine::Streaming)?
        .unwrap_single();
    if doubled.height() == 0 {
        return Ok(());
    }
    let number = |name: &str| -> Result<u32, NodeError> { Ok(doubled.column(name)?.idx()?.get(0).unwrap_or_default()) };
    let (first, last) = (number(ROW)?, number("\u{0}last")?);
    let row = scan(table)?.slice(i64::from(first), 1).collect()?;
    let more = doubled.height() - 1;
    let also = if more > 0 { format!("; {more} more keys stand twice too") } else { String::new() };
    let key = key_text(&row, keyed, 0);
    let message = format!("rows {} and {} of the table have the same key {key}{also}", first + 1, last + 1);
    Err(NodeError::new(Code::KeyRepeated, message).help(
        "a key names one row: add a column to `key`, or keep one row of each with a `dedupe` step before the load",
    ))
}

/// Every row that is not the same on both sides, with what it is.
fn compare(marks: LazyFrame, files: &LedgerFiles, resync: bool) -> Result<DataFrame, NodeError> {
    let old = files.keys()?.with_column(exactly(HASH).alias(OLD_HASH)).drop(polars::prelude::cols([HASH]));
    let args = JoinArgs { coalesce: JoinCoalesce::CoalesceColumns, ..JoinArgs::new(JoinType::Full) };
    let joined = marks.join(old, key(), key(), args);
    let differs = if resync { lit(true) } else { exactly(HASH).neq(exactly(OLD_HASH)) };
    let op = when(exactly(FORMER).is_null())
        .then(small(CREATE))
        .when(exactly(ROW).is_null())
        .then(small(DELETE))
        .when(differs)
        .then(small(UPDATE))
        .otherwise(lit(NULL).cast(DataType::UInt32));
    let changed = joined.with_column(op.alias(OP)).filter(exactly(OP).is_not_null());
    Ok(changed.collect_with_engine(Engine::Streaming)?.unwrap_single())
}

/// The changes that the mode sends, in the order of the table, deletes last; counted.
fn chosen(changed: DataFrame, mode: Mode, hold: bool, diffed: &mut Diffed) -> Result<DataFrame, NodeError> {
    let count = |op: u32| -> Result<u64, NodeError> {
        let ops = changed.column(OP)?.u32()?;
        Ok(ops.iter().filter(|found| *found == Some(op)).count() as u64)
    };
    let (created, updated, deleted) = (count(CREATE)?, count(UPDATE)?, count(DELETE)?);
    let deletes = matches!(mode, Mode::Mirror | Mode::Replace);
    let held = hold && mode == Mode::Mirror;
    let updates = mode != Mode::Append;
    diffed.held = if held { deleted } else { 0 };
    diffed.counts = ChangeCounts {
        unchanged: diffed.rows - created - if updates { updated } else { 0 },
        created,
        updated: if updates { updated } else { 0 },
        deleted: if deletes && !held { deleted } else { 0 },
        failed: 0,
    };
    let mut keep = exactly(OP).eq(small(CREATE));
    if updates {
        keep = keep.or(exactly(OP).eq(small(UPDATE)));
    }
    if deletes && !held {
        keep = keep.or(exactly(OP).eq(small(DELETE)));
    }
    let order = SortMultipleOptions::default().with_nulls_last(true);
    Ok(changed.lazy().filter(keep).sort([ROW, FORMER], order).collect()?)
}

/// Names of the columns of a file of changes, in order.
fn layout(keyed: &Keyed) -> Vec<Expr> {
    let marks = [OP, KEY_HIGH, KEY_LOW, HASH, FORMER].map(exactly);
    marks.into_iter().chain(keyed.columns.iter().map(|column| exactly(&column.name))).collect()
}

/// All rows are new.
fn write_created(diffed: &Diffed, refused: &[u64]) -> Result<(), NodeError> {
    let frame = without(scan(&diffed.table)?.with_row_index(PlSmallStr::from_static(ROW), None), refused)?;
    write(new_rows(frame).drop(polars::prelude::cols([ROW])), &diffed.file)
}

fn write_all(table: &Path, file: &Path) -> Result<(), NodeError> {
    write(new_rows(scan(table)?), file)
}

fn new_rows(frame: LazyFrame) -> LazyFrame {
    frame.with_columns([
        small(CREATE).alias(PlSmallStr::from_static(OP)),
        lit(NULL).cast(DataType::UInt64).alias(PlSmallStr::from_static(FORMER)),
    ])
}

fn write_changes(changed: &DataFrame, keyed: &Keyed, diffed: &Diffed) -> Result<(), NodeError> {
    let is_delete = exactly(OP).eq(small(DELETE));
    let sent = changed.clone().lazy().filter(is_delete.clone().not());
    let sent = sent.select([exactly(ROW), exactly(OP), exactly(FORMER)]).collect()?;
    let args = JoinArgs { maintain_order: MaintainOrderJoin::Left, ..JoinArgs::new(JoinType::Inner) };
    let rows = scan(&diffed.table)?.with_row_index(PlSmallStr::from_static(ROW), None);
    let sent = rows.join(sent.lazy(), [exactly(ROW)], [exactly(ROW)], args).select(layout(keyed));
    let deleted = changed.clone().lazy().filter(is_delete).sort([FORMER], SortMultipleOptions::default());
    let deleted = deleted.select([exactly(OP), exactly(KEY_HIGH), exactly(KEY_LOW), exactly(FORMER)]).collect()?;
    if deleted.height() == 0 {
        return write(sent, &diffed.file);
    }
    let content = diffed.files.rows(&deleted, &keyed.columns)?;
    let columns = content.columns().iter().filter(|column| column.name() != FORMER).cloned();
    let mut gone = deleted.columns().to_vec();
    gone.extend(columns);
    let gone = DataFrame::new(deleted.height(), gone)?.lazy().with_column(wide(0).alias(HASH)).select(layout(keyed));
    write(concat([sent, gone], UnionArgs::default())?, &diffed.file)
}

fn write(frame: LazyFrame, file: &Path) -> Result<(), NodeError> {
    let folder = file.parent().unwrap_or(Path::new("."));
    let failed = |error: std::io::Error| {
        NodeError::new(Code::WriteFailed, format!("cannot write `{}`: {error}", file.display()))
            .help("free some space on the disk or check its rights; nothing was sent")
    };
    std::fs::create_dir_all(folder).map_err(failed)?;
    to_file(frame, file)?.collect_with_engine(Engine::Streaming)?;
    std::fs::File::open(file).and_then(|file| file.sync_all()).map_err(failed)
}
