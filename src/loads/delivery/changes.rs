//! The file of changes: one row for each row that is created, updated or deleted, with its content.

use std::path::Path;

use polars::prelude::{
    DataFrame, DataType, Engine, Expr, IdxSize, IpcScanOptions, LazyFrame, PlRefPath, PlSmallStr, ScanSources,
    UnifiedScanArgs, col, lit,
};
use sha2::{Digest as _, Sha256};

use crate::context::NodeError;
use crate::io::text::hex;

/// What happens to the row: one of [`CREATE`], [`UPDATE`], [`DELETE`].
pub const OP: &str = "\u{0}op";
/// First half of the digest of the key.
pub const KEY_HIGH: &str = "\u{0}key_high";
/// Second half of it.
pub const KEY_LOW: &str = "\u{0}key_low";
/// Hash of the content.
pub const HASH: &str = "\u{0}hash";
/// Where the ledger has the former content: number of the segment and of the row in it.
pub const FORMER: &str = "\u{0}former";

/// The destination does not have the row.
pub const CREATE: u32 = 1;
/// The destination has another content.
pub const UPDATE: u32 = 2;
/// The row is no longer in the table.
pub const DELETE: u32 = 3;

/// Rows that are read at once.
const PAGE: usize = 8_192;

/// A file of columns.
///
/// # Errors
/// It cannot be opened.
pub fn scan(path: &Path) -> Result<LazyFrame, NodeError> {
    let path = PlRefPath::try_from_path(path)?;
    let sources = ScanSources::Paths(FromIterator::from_iter([path]));
    let args = UnifiedScanArgs { glob: false, ..UnifiedScanArgs::default() };
    Ok(LazyFrame::scan_ipc_sources(sources, IpcScanOptions::default(), args)?)
}

/// A column by its exact name: no pattern, no nested field.
#[must_use]
pub fn exactly(name: &str) -> Expr {
    col(PlSmallStr::from_str(name))
}

/// A number of 32 bits as it stands in a file: a bare literal takes the type that the plan finds convenient.
#[must_use]
pub fn small(number: u32) -> Expr {
    lit(number).strict_cast(DataType::UInt32)
}

/// A number of 64 bits as it stands in a file.
#[must_use]
pub fn wide(number: u64) -> Expr {
    lit(number).strict_cast(DataType::UInt64)
}

/// Reads a file of changes page by page: number of the first row, and the rows.
///
/// # Errors
/// As the function that is called, or when the file cannot be read.
pub fn for_each_page(
    path: &Path,
    mut each: impl FnMut(u32, DataFrame) -> Result<(), NodeError>,
) -> Result<(), NodeError> {
    let mut first = 0_usize;
    loop {
        let offset = i64::try_from(first).unwrap_or(i64::MAX);
        let page = scan(path)?.slice(offset, IdxSize::try_from(PAGE).unwrap_or(IdxSize::MAX));
        let page = page.collect_with_engine(Engine::Streaming)?.unwrap_single();
        let height = page.height();
        if height == 0 {
            return Ok(());
        }
        each(u32::try_from(first).unwrap_or(u32::MAX), page)?;
        if height < PAGE {
            return Ok(());
        }
        first += height;
    }
}

/// What names a change to the destination: the same whenever the same change is sent, and never that of another.
#[must_use]
pub fn idempotency_key(load: &str, version: u64, op: u32, key: (u64, u64), hash: u64) -> String {
    let mut digest = Sha256::new();
    digest.update(load.as_bytes());
    for number in [version, u64::from(op), key.0, key.1, hash] {
        digest.update(number.to_le_bytes());
    }
    hex(&digest.finalize()[..16])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_of_a_change_is_in_its_key() {
        let key = |load, version, op, high, hash| idempotency_key(load, version, op, (high, 2), hash);
        let keys = [
            key("p/l", 1, CREATE, 1, 1),
            key("p/m", 1, CREATE, 1, 1),
            key("p/l", 2, CREATE, 1, 1),
            key("p/l", 1, UPDATE, 1, 1),
            key("p/l", 1, CREATE, 2, 1),
            key("p/l", 1, CREATE, 1, 2),
        ];
        let distinct: std::collections::BTreeSet<_> = keys.iter().collect();
        assert_eq!(distinct.len(), keys.len());
        assert_eq!(key("p/l", 1, CREATE, 1, 1), keys[0]);
        assert_eq!(keys[0].len(), 32);
    }
}
