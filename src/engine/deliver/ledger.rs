//! The ledger of a load: what its destination has acknowledged, in files of columns of which later ones override earlier.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use polars::prelude::{
    DataFrame, DataType, Engine, Expr, IdxSize, IntoLazy, JoinArgs, JoinType, LazyFrame, MaintainOrderJoin, PlSmallStr,
    UnionArgs, col, concat, lit,
};

use crate::context::{NodeError, Project};
use crate::contract::polars_dtype;
use crate::diag::Code;
use crate::loads::delivery::SentColumn;
use crate::loads::delivery::changes::{
    CREATE, DELETE, FORMER, HASH, KEY_HIGH, KEY_LOW, OP, exactly, scan, small, wide,
};
use crate::state::Ledger;

/// More files than this are made one.
const MOST_SEGMENTS: usize = 8;

/// Rows a segment may have, so that a place in the ledger fits into 64 bits.
const ROW_BITS: u32 = 32;

/// The files of a ledger.
#[derive(Clone, Debug, Default)]
pub struct LedgerFiles {
    segments: Vec<PathBuf>,
}

/// Folder of the ledgers of a pipeline.
#[must_use]
pub fn folder(project: &Project, pipeline: &str) -> PathBuf {
    project.state_dir().join("ledger").join(pipeline)
}

/// Name of the file of a delivery.
#[must_use]
pub fn file_name(load: &str, run: &str) -> String {
    let safe: String = load.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '_' }).collect();
    let sum = load.bytes().fold(0_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte)));
    format!("{safe}-{sum:08x}.{run}.arrow")
}

impl LedgerFiles {
    /// The files of a ledger; none when there is no ledger.
    ///
    /// # Errors
    /// A file is missing.
    pub fn open(folder: &Path, ledger: Option<&Ledger>) -> Result<Self, NodeError> {
        let names = ledger.map(|ledger| ledger.segments.as_slice()).unwrap_or_default();
        let segments: Vec<PathBuf> = names.iter().map(|name| folder.join(name)).collect();
        match segments.iter().find(|path| !path.is_file()) {
            None => Ok(Self { segments }),
            Some(missing) => {
                let message = format!("`{}` is missing: it says what the destination has", missing.display());
                Err(NodeError::new(Code::RunFailed, message)
                    .help("restore the folder `.raccordo` from a copy, or run with `--full` to send everything again"))
            }
        }
    }

    /// Whether the destination has nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.segments.is_empty()
    }

    /// Marks of the rows that the destination has: key, hash, and where the row is.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn keys(&self) -> Result<LazyFrame, NodeError> {
        let mut later: Vec<LazyFrame> = Vec::new();
        let mut kept: Vec<LazyFrame> = Vec::new();
        for (number, path) in self.segments.iter().enumerate().rev() {
            let marks = scan(path)?.select([exactly(OP), exactly(KEY_HIGH), exactly(KEY_LOW), exactly(HASH)]);
            let frame = with_place(marks, number);
            kept.push(if later.is_empty() {
                frame
            } else {
                frame.join(concat(&later, UnionArgs::default())?, key(), key(), JoinArgs::new(JoinType::Anti))
            });
            later.push(scan(path)?.select(key()));
        }
        kept.reverse();
        let all = concat(&kept, UnionArgs::default())?;
        Ok(all.filter(exactly(OP).neq(small(DELETE))).drop(polars::prelude::cols([PlSmallStr::from_static(OP)])))
    }

    /// The content of rows, by their places, which must be sorted; the rows come in that order, with a column of places.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn rows(&self, places: &DataFrame, columns: &[SentColumn]) -> Result<DataFrame, NodeError> {
        let mut found: Vec<LazyFrame> = Vec::new();
        for (number, path) in self.segments.iter().enumerate() {
            let (first, last) = (place(number), place(number + 1));
            let wanted = places
                .clone()
                .lazy()
                .select([exactly(FORMER)])
                .filter(exactly(FORMER).gt_eq(wide(first)).and(exactly(FORMER).lt(wide(last))))
                .collect()?;
            if wanted.height() == 0 {
                continue;
            }
            let mut frame = scan(path)?;
            let schema = frame.collect_schema()?;
            let content = columns.iter().map(|column| {
                let dtype = polars_dtype(&column.ty);
                let name = PlSmallStr::from_str(&column.name);
                match schema.get(&name) {
                    Some(found) if *found == dtype => exactly(&column.name),
                    _ => lit(polars::prelude::NULL).cast(dtype).alias(name),
                }
            });
            let content: Vec<Expr> = content.collect();
            let frame = with_place(frame.select(content), number);
            let args = JoinArgs { maintain_order: MaintainOrderJoin::Left, ..JoinArgs::new(JoinType::Semi) };
            found.push(frame.join(wanted.lazy(), [exactly(FORMER)], [exactly(FORMER)], args));
        }
        if found.is_empty() {
            let empty = columns.iter().map(|column| {
                polars::prelude::Column::new_empty(PlSmallStr::from_str(&column.name), &polars_dtype(&column.ty))
            });
            let place = polars::prelude::Column::new_empty(PlSmallStr::from_static(FORMER), &DataType::UInt64);
            return Ok(DataFrame::new(0, empty.chain([place]).collect())?);
        }
        let rows = concat(&found, UnionArgs::default())?.collect_with_engine(Engine::Streaming)?.unwrap_single();
        Ok(rows.sort([FORMER], polars::prelude::SortMultipleOptions::default())?)
    }

    /// Whether the files, with one more of `added` rows, should be made one.
    #[must_use]
    pub fn are_many(&self, rows: u64, added: u64) -> bool {
        self.segments.len() >= MOST_SEGMENTS || added > rows / 2
    }

    /// The plan that makes one file of all: the rows that the destination has, with their content.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn merged(&self) -> Result<LazyFrame, NodeError> {
        let keep = self.keys()?.select([exactly(FORMER)]);
        let mut all: Vec<LazyFrame> = Vec::new();
        for (number, path) in self.segments.iter().enumerate() {
            let frame = scan(path)?.drop(polars::prelude::cols([PlSmallStr::from_static(FORMER)]));
            let args = JoinArgs { maintain_order: MaintainOrderJoin::Left, ..JoinArgs::new(JoinType::Semi) };
            all.push(with_place(frame, number).join(keep.clone(), [exactly(FORMER)], [exactly(FORMER)], args));
        }
        let args = UnionArgs { diagonal: true, ..UnionArgs::default() };
        Ok(concat(&all, args)?.with_columns([
            small(CREATE).alias(PlSmallStr::from_static(OP)),
            lit(polars::prelude::NULL).cast(DataType::UInt64).alias(PlSmallStr::from_static(FORMER)),
        ]))
    }

    /// The same with one more file.
    #[must_use]
    pub fn with(&self, path: PathBuf) -> Self {
        let mut segments = self.segments.clone();
        segments.push(path);
        Self { segments }
    }
}

/// Removes files of ledgers that nothing refers to any more.
pub fn sweep(folder: &Path, needed: &[String]) {
    let needed: BTreeSet<&str> = needed.iter().map(String::as_str).collect();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if !entry.file_name().to_str().is_some_and(|name| needed.contains(name)) {
            // A file too many does no harm.
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// The columns of the key's digest.
#[must_use]
pub fn key() -> [Expr; 2] {
    [exactly(KEY_HIGH), exactly(KEY_LOW)]
}

fn place(segment: usize) -> u64 {
    (segment as u64) << ROW_BITS
}

/// Adds the column of places.
fn with_place(frame: LazyFrame, segment: usize) -> LazyFrame {
    const ROW: &str = "\u{0}row";
    let index: Option<IdxSize> = None;
    let place = col(PlSmallStr::from_static(ROW)).cast(DataType::UInt64) + wide(place(segment));
    frame
        .with_row_index(PlSmallStr::from_static(ROW), index)
        .with_column(place.alias(PlSmallStr::from_static(FORMER)))
        .drop(polars::prelude::cols([PlSmallStr::from_static(ROW)]))
}
