//! Parquet and Arrow IPC: written by Polars itself, in parallel.

use std::path::PathBuf;
use std::sync::Arc;

use polars::prelude::{
    DataType, Expr, FileWriteFormat, IpcWriterOptions, LazyFrame, ParquetCompression, ParquetWriteOptions, PlRefPath,
    PlSmallStr, SinkDestination, SinkTarget, UnifiedSinkArgs, col,
};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::context::{Counter, NodeError};
use crate::domain::types::Type;
use crate::io::StagedFile;
use crate::loads::format::sink::{self, Output};
use crate::loads::{LoadCx, Staging};

/// A Parquet file. Decimals keep the precision of their type, timestamps are in microseconds UTC.
///
/// ```yaml
/// format: { parquet: { compression: zstd } }
/// ```
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ParquetOptions {
    /// How pages are compressed. Default: `zstd`.
    pub compression: ParquetPages,
}

/// How pages of a Parquet file are compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ParquetPages {
    /// Zstandard: small and fast.
    #[default]
    Zstd,
    /// Snappy: for old readers.
    Snappy,
    /// LZ4: the fastest to read.
    Lz4,
    /// None.
    None,
}

/// An Arrow IPC (Feather 2) file, uncompressed.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IpcOptions {}

/// A checked columnar format.
#[derive(Clone, Copy, Debug)]
pub enum ColumnarFormat {
    /// Parquet.
    Parquet(ParquetOptions),
    /// Arrow IPC.
    Ipc,
}

/// Ends the plan of `frame`, which has the columns of `types`, in a file.
///
/// # Errors
/// The file cannot be staged.
pub fn stage(
    frame: LazyFrame,
    format: ColumnarFormat,
    types: &[(String, Type)],
    target: PathBuf,
    cx: &LoadCx,
) -> Result<Staging, NodeError> {
    let staged = StagedFile::create(&target, &sink::run_name(cx)).map_err(|error| sink::write_failed(&error))?;
    let rows = Counter::default();
    let frame = sink::count(frame, &rows, cx).select(types.iter().map(|(name, ty)| logical(name, ty)).collect::<Vec<_>>());
    let destination = SinkDestination::File { target: SinkTarget::Path(PlRefPath::try_from_path(staged.path())?) };
    let plan = frame.sink(destination, write_format(format), UnifiedSinkArgs::default())?;
    let finish = move || Ok(sink::staged(Output::File(staged), rows.get(), target));
    Ok(Staging { plan, finish: Box::new(finish) })
}

fn write_format(format: ColumnarFormat) -> FileWriteFormat {
    let options = match format {
        ColumnarFormat::Ipc => return FileWriteFormat::Ipc(IpcWriterOptions::default()),
        ColumnarFormat::Parquet(options) => options,
    };
    let compression = match options.compression {
        ParquetPages::Zstd => ParquetCompression::Zstd(None),
        ParquetPages::Snappy => ParquetCompression::Snappy,
        ParquetPages::Lz4 => ParquetCompression::Lz4Raw,
        ParquetPages::None => ParquetCompression::Uncompressed,
    };
    FileWriteFormat::Parquet(Arc::new(ParquetWriteOptions { compression, ..ParquetWriteOptions::default() }))
}

/// Inside a plan every decimal has 38 digits; a file says the digits that its type promises.
fn logical(name: &str, ty: &Type) -> Expr {
    let column = col(PlSmallStr::from_str(name));
    match ty {
        Type::Decimal { precision, scale } if *precision < 38 => {
            column.strict_cast(DataType::Decimal(usize::from(*precision), usize::from(*scale)))
        }
        _ => column,
    }
}
