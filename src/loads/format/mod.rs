//! Output formats: what a file looks like. One file per format; the closed set is [`OutputFormat`].
//!
//! Formats know columns and bytes. Where the bytes go is decided by the load.

pub mod cells;
pub mod columnar;
pub mod csv;
pub mod json;
pub mod lexeme;
pub mod row;
pub mod sink;
pub mod template;
pub mod writer;
pub mod xlsx;
pub mod xml;

#[cfg(test)]
pub mod testing;

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::context::BindCx;
use crate::domain::types::Type;
use crate::loads::format::columnar::{ColumnarFormat, IpcOptions, ParquetOptions};
use crate::loads::format::csv::CsvOptions;
use crate::loads::format::json::{JsonFormat, JsonOptions};
use crate::loads::format::row::RowFormat;
use crate::loads::format::xlsx::{SheetFormat, XlsxOptions};
use crate::loads::format::xml::XmlOptions;

/// The format of a file that is written. Options may be empty: `{ jsonl: {} }`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum OutputFormat {
    /// CSV or TSV.
    Csv(CsvOptions),
    /// One JSON array.
    Json(JsonOptions),
    /// One JSON object per line.
    Jsonl(JsonOptions),
    /// XML with one element per row.
    Xml(XmlOptions),
    /// An Excel workbook.
    Xlsx(XlsxOptions),
    /// Parquet.
    Parquet(ParquetOptions),
    /// Arrow IPC.
    Ipc(IpcOptions),
}

/// A checked format.
#[derive(Clone)]
pub enum BoundFormat {
    /// Text, row by row.
    Text(Arc<dyn RowFormat>),
    /// A workbook.
    Sheet(SheetFormat),
    /// A columnar file.
    Columnar(ColumnarFormat),
}

impl OutputFormat {
    /// The format that the name of a file says, and whether it says gzip (`.csv.gz`). XML has no default form: it
    /// needs its `root` and `record`.
    #[must_use]
    pub fn by_extension(path: &str) -> (Option<Self>, bool) {
        let lower = path.to_ascii_lowercase();
        let (name, gzip) = lower.strip_suffix(".gz").map_or((lower.as_str(), false), |name| (name, true));
        let extension =
            name.rsplit(['/', '\\']).next().and_then(|name| name.rsplit_once('.')).map(|(_, extension)| extension);
        let format = match extension {
            Some("csv" | "tsv") => Some(Self::Csv(CsvOptions::default())),
            Some("json") => Some(Self::Json(JsonOptions::default())),
            Some("jsonl" | "ndjson") => Some(Self::Jsonl(JsonOptions::default())),
            Some("xlsx") => Some(Self::Xlsx(XlsxOptions::default())),
            Some("parquet") => Some(Self::Parquet(ParquetOptions::default())),
            Some("arrow" | "ipc" | "feather") => Some(Self::Ipc(IpcOptions::default())),
            _ => None,
        };
        (format, gzip)
    }

    /// Checks the options against the columns that are written, reporting every problem. `tab` says that the file is a
    /// TSV by its name.
    #[must_use]
    pub fn bind(&self, columns: &[(String, Type)], tab: bool, cx: &BindCx) -> Option<BoundFormat> {
        let names = || columns.iter().map(|(name, _)| name.as_str());
        Some(match self {
            Self::Csv(options) => BoundFormat::Text(Arc::new(options.bind(columns, tab, cx)?)),
            Self::Json(options) => BoundFormat::Text(Arc::new(JsonFormat::new(*options, names(), true))),
            Self::Jsonl(options) => BoundFormat::Text(Arc::new(JsonFormat::new(*options, names(), false))),
            Self::Xml(options) => BoundFormat::Text(Arc::new(options.bind(columns, cx)?)),
            Self::Xlsx(options) => BoundFormat::Sheet(options.bind(columns, cx)?),
            Self::Parquet(options) => BoundFormat::Columnar(ColumnarFormat::Parquet(*options)),
            Self::Ipc(_) => BoundFormat::Columnar(ColumnarFormat::Ipc),
        })
    }
}
