//! Parquet and Arrow IPC: written by Polars itself, in parallel.

use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use polars::io::utils::file::{Writable, WritableTrait};
use polars::prelude::{
    DataType, Expr, FileWriteFormat, IpcWriterOptions, LazyFrame, ParquetCompression, ParquetWriteOptions, PlSmallStr,
    SinkDestination, SinkTarget, SpecialEq, UnifiedSinkArgs, col,
};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::context::{Counter, NodeError};
use crate::domain::types::Type;
use crate::io::{FileError, StagedFile};
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
    let frame =
        sink::count(frame, &rows, cx).select(types.iter().map(|(name, ty)| logical(name, ty)).collect::<Vec<_>>());
    // An open file, not a path: of a run that is stopped, Polars could open a path after it was removed.
    let file = staged.open().map_err(|error| sink::write_failed(&error))?;
    let named = Named { file, target: target.clone(), site: sink::site(cx) };
    let writable = SpecialEq::new(Arc::new(Mutex::new(Some(Writable::Dyn(Box::new(named))))));
    let destination = SinkDestination::File { target: SinkTarget::Dyn(writable) };
    let plan = frame.sink(destination, write_format(format), UnifiedSinkArgs::default())?;
    let finish = move || Ok(sink::staged(Output::File(staged), rows.get(), target));
    Ok(Staging { plan, others: Vec::new(), finish: Box::new(finish) })
}

/// A file whose errors say what is written: Polars repeats them without a path.
struct Named {
    file: File,
    target: PathBuf,
    site: String,
}

impl Named {
    fn explain<T>(&self, result: io::Result<T>) -> io::Result<T> {
        result.map_err(|error| {
            let error = sink::write_failed(&FileError::new("write", &self.target, error));
            io::Error::other(sink::marked_message(&error, &self.site))
        })
    }
}

impl Write for Named {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes);
        self.explain(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        let flushed = self.file.flush();
        self.explain(flushed)
    }
}

impl WritableTrait for Named {
    fn close(&mut self) -> io::Result<()> {
        self.flush()
    }

    fn sync_all(&self) -> io::Result<()> {
        self.explain(self.file.sync_all())
    }

    fn sync_data(&self) -> io::Result<()> {
        self.explain(self.file.sync_data())
    }
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
