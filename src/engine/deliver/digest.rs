//! Marks rows: a digest of the key, a hash of the content. The same in every version and on every machine.

use std::path::Path;
use std::sync::Arc;

use polars::prelude::{
    AllowedOptimizations, BooleanChunked, Column, DataFrame, DataType, FileWriteFormat, IntoColumn, IpcWriterOptions,
    LazyFrame, NewChunkedArray, PlRefPath, PlSmallStr, PolarsResult, SinkDestination, SinkTarget, UInt64Chunked,
    UnifiedSinkArgs,
};
use sha2::{Digest as _, Sha256};

use crate::context::counters::{named_apart, pass_through};
use crate::context::{NodeError, Origin, Reject, RunCx};
use crate::domain::types::Type;
use crate::loads::delivery::Keyed;
use crate::loads::delivery::changes::{HASH, KEY_HIGH, KEY_LOW, exactly};
use crate::loads::format::cells::{Cell, Cells, Table};
use crate::transforms::reject::row_json;

/// The columns of the load with their marks. Rows without a key are rejected when `strict`.
#[must_use]
pub fn mark(frame: LazyFrame, keyed: &Keyed, load: &str, strict: bool, cx: &RunCx) -> LazyFrame {
    let columns = keyed.columns.iter().map(|column| exactly(&column.source).alias(PlSmallStr::from_str(&column.name)));
    let marks = Marks {
        types: keyed.types(),
        key: keyed.key.clone(),
        load: load.to_owned(),
        strict: strict && !keyed.key.is_empty(),
        run: cx.clone(),
    };
    let schema = |schema: &polars::prelude::Schema| {
        let mut schema = schema.clone();
        for name in [KEY_HIGH, KEY_LOW, HASH] {
            schema.insert(PlSmallStr::from_static(name), DataType::UInt64);
        }
        Ok(Arc::new(schema))
    };
    frame.select(columns.collect::<Vec<_>>()).map(
        move |batch| marks.add(batch),
        pass_through() & !AllowedOptimizations::PROJECTION_PUSHDOWN,
        Some(Arc::new(schema)),
        Some(named_apart(&format!("mark load:{load}"))),
    )
}

/// The plan that writes a frame to a file of columns.
///
/// # Errors
/// The file cannot be made.
pub fn to_file(frame: LazyFrame, path: &Path) -> Result<LazyFrame, NodeError> {
    let target = SinkTarget::Path(PlRefPath::try_from_path(path)?);
    let format = FileWriteFormat::Ipc(IpcWriterOptions::default());
    Ok(frame.sink(SinkDestination::File { target }, format, UnifiedSinkArgs::default())?)
}

struct Marks {
    types: Vec<(String, Type)>,
    key: Vec<usize>,
    load: String,
    strict: bool,
    run: RunCx,
}

impl Marks {
    fn add(&self, batch: DataFrame) -> PolarsResult<DataFrame> {
        let table = Table::new(&batch, &self.types)?;
        let batch = if self.strict { self.with_key(batch, &table)? } else { batch };
        let table = if batch.height() == table.height { table } else { Table::new(&batch, &self.types)? };
        let (mut high, mut low, mut hashes) = (Vec::new(), Vec::new(), Vec::new());
        let mut bytes = Vec::new();
        for row in 0..table.height {
            bytes.clear();
            self.key.iter().for_each(|index| encode(&table.cells[*index], row, &mut bytes));
            let [first, second] = halves(&bytes);
            bytes.clear();
            table.cells.iter().for_each(|cells| encode(cells, row, &mut bytes));
            high.push(first);
            low.push(second);
            hashes.push(halves(&bytes)[0]);
        }
        let mut columns = batch.columns().to_vec();
        columns.extend([(KEY_HIGH, high), (KEY_LOW, low), (HASH, hashes)].map(|(name, values)| wide(name, values)));
        DataFrame::new(table.height, columns)
    }

    /// The rows that have a key; the others are rejected.
    fn with_key(&self, batch: DataFrame, table: &Table) -> PolarsResult<DataFrame> {
        let lacks = |row: usize| self.key.iter().find(|index| matches!(table.cells[**index].get(row), Cell::Null));
        let missing: Vec<(usize, usize)> =
            (0..table.height).filter_map(|row| lacks(row).map(|index| (row, *index))).collect();
        if missing.is_empty() {
            return Ok(batch);
        }
        let mut keep = vec![true; table.height];
        for (row, index) in missing {
            keep[row] = false;
            self.reject(&batch, row, &self.types[index].0);
        }
        batch.filter(&BooleanChunked::from_slice(PlSmallStr::EMPTY, &keep))
    }

    fn reject(&self, batch: &DataFrame, row: usize, column: &str) {
        self.run.rejects.push(Reject {
            node: format!("load:{}", self.load),
            site: None,
            cause: "no-key".to_owned(),
            message: format!("`{column}` is empty, and it is the key of the row; fill it"),
            message_it: Some(format!("`{column}` è vuoto ed è la chiave della riga; compilarlo")),
            column: Some(column.to_owned()),
            value: None,
            key: None,
            origin: Origin::default(),
            row: row_json(batch, row),
            cells: Vec::new(),
        });
    }
}

fn wide(name: &str, values: Vec<u64>) -> Column {
    UInt64Chunked::from_vec(PlSmallStr::from_str(name), values).into_column()
}

/// The first 128 bits of a SHA-256.
fn halves(bytes: &[u8]) -> [u64; 2] {
    let digest = Sha256::digest(bytes);
    let half = |start: usize| u64::from_le_bytes(std::array::from_fn(|index| digest[start + index]));
    [half(0), half(8)]
}

/// A cell as bytes that no other cell has: its kind, its length where it may vary, its value.
fn encode(cells: &Cells, row: usize, out: &mut Vec<u8>) {
    let mut write = |kind: u8, bytes: &[u8]| {
        out.push(kind);
        out.extend_from_slice(bytes);
    };
    match cells.get(row) {
        Cell::Null => write(0, &[]),
        Cell::Text(text) => {
            write(1, &(text.len() as u64).to_le_bytes());
            out.extend_from_slice(text.as_bytes());
        }
        Cell::Integer(value) => write(2, &value.to_le_bytes()),
        Cell::Decimal(mantissa, scale) => {
            write(3, &[scale]);
            out.extend_from_slice(&mantissa.to_le_bytes());
        }
        Cell::Float(value) => write(4, &value.to_le_bytes()),
        Cell::Bool(value) => write(5, &[u8::from(value)]),
        Cell::Date(days) => write(6, &days.to_le_bytes()),
        Cell::Timestamp(micros) => write(7, &micros.to_le_bytes()),
        Cell::Nested(..) => nested(cells, row, out),
    }
}

fn nested(cells: &Cells, row: usize, out: &mut Vec<u8>) {
    if let Cells::Struct(fields, _) = cells {
        out.push(8);
        for (_, cells) in fields {
            encode(cells, row, out);
        }
    } else if let Some((items, count)) = cells.list(row) {
        out.push(9);
        out.extend_from_slice(&(count as u64).to_le_bytes());
        (0..count).for_each(|item| encode(&items, item, out));
    }
}
