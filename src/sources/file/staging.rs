//! Frames of a sequential reader, written to the run's staging folder as they come and scanned from there.
//!
//! Chunks are uncompressed Arrow IPC files: they are written once, mapped when read, and removed after the run.

use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;

use polars::prelude::{
    DataFrame, IntoLazy, IpcScanOptions, IpcWriter, LazyFrame, PlRefPath, ScanSources, Schema, SerWriter,
    UnifiedScanArgs,
};

use crate::context::{NodeError, RunCx};
use crate::contract::Batch;
use crate::diag::Code;

/// Rows of a chunk, about.
pub const CHUNK_ROWS: usize = 50_000;

/// Chunks being written.
pub struct Staging<'r> {
    node: &'r str,
    cx: &'r RunCx,
    schema: Arc<Schema>,
    chunks: Vec<PathBuf>,
    done: u64,
}

impl<'r> Staging<'r> {
    /// No chunk yet; all will have that schema.
    #[must_use]
    pub fn new(node: &'r str, cx: &'r RunCx, schema: Arc<Schema>) -> Self {
        Self { node, cx, schema, chunks: Vec::new(), done: 0 }
    }

    /// Writes the batch when it is full. Called between rows.
    ///
    /// # Errors
    /// The run was told to stop, or the chunk cannot be written.
    pub fn write_full(&mut self, batch: &mut Batch<'_>) -> Result<(), NodeError> {
        if batch.rows() >= CHUNK_ROWS { self.write(batch) } else { Ok(()) }
    }

    /// Writes what the batch holds.
    ///
    /// # Errors
    /// The run was told to stop, or the chunk cannot be written.
    pub fn write(&mut self, batch: &mut Batch<'_>) -> Result<(), NodeError> {
        self.done += batch.rows() as u64;
        let mut frame = batch.flush()?;
        if self.cx.is_cancelled() {
            return Err(NodeError::new(Code::Interrupted, "the run was interrupted while its sources were read"));
        }
        self.cx.progress.advance(self.node, self.done, 0);
        if frame.height() > 0 { self.chunk(&mut frame) } else { Ok(()) }
    }

    /// Writes rows that are ready.
    ///
    /// # Errors
    /// The run was told to stop, or the chunk cannot be written.
    pub fn write_frame(&mut self, mut frame: DataFrame) -> Result<(), NodeError> {
        self.done += frame.height() as u64;
        if self.cx.is_cancelled() {
            return Err(NodeError::new(Code::Interrupted, "the run was interrupted while its sources were read"));
        }
        self.cx.progress.advance(self.node, self.done, 0);
        if frame.height() > 0 { self.chunk(&mut frame) } else { Ok(()) }
    }

    fn chunk(&mut self, frame: &mut DataFrame) -> Result<(), NodeError> {
        let failed = |error: std::io::Error| {
            NodeError::new(Code::WriteFailed, "cannot write the staging folder of the run").because(error)
        };
        let path = self.cx.staging_path(self.node, "ipc").map_err(failed)?;
        let file = File::create(&path).map_err(failed)?;
        IpcWriter::new(file).finish(frame).map_err(|error| {
            NodeError::new(Code::WriteFailed, "cannot write the staging folder of the run")
                .help("is the disk full?")
                .because(error)
        })?;
        self.chunks.push(path);
        Ok(())
    }

    /// A scan of all chunks, in order.
    ///
    /// # Errors
    /// The scan cannot be planned.
    pub fn finish(self) -> Result<LazyFrame, NodeError> {
        if self.chunks.is_empty() {
            return Ok(DataFrame::empty_with_schema(&self.schema).lazy());
        }
        let paths = self.chunks.into_iter().map(PlRefPath::try_from_pathbuf).collect::<Result<Vec<_>, _>>()?;
        let sources = ScanSources::Paths(FromIterator::from_iter(paths));
        let args = UnifiedScanArgs { glob: false, ..UnifiedScanArgs::default() };
        Ok(LazyFrame::scan_ipc_sources(sources, IpcScanOptions::default(), args)?)
    }
}
