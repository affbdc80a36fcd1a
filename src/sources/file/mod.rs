//! Source `file`: files of the local disk by path or pattern, in any of the known formats, packed or not.
//!
//! Here is the configuration and the choice of the reader; each format has its own modules. A reader turns its rows into
//! columns through `contract`, which keeps the rejects.

pub mod cells;
pub mod columnar;
pub mod csv;
pub mod fields;
pub mod format;
pub mod header;
pub mod input;
pub mod joints;
pub mod json;
pub mod json_path;
pub mod json_record;
pub mod json_split;
pub mod json_value;
pub mod lines;
pub mod once;
pub mod reader;
pub mod sheet;
pub mod sheet_cells;
pub mod staging;
pub mod xml;
pub mod xml_record;
pub mod xml_tree;

use std::sync::Arc;

use polars::prelude::{DataFrame, IntoLazy, LazyFrame, UnionArgs, concat};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::context::{BindCx, NodeError, RunCx};
use crate::contract::{Columns, Decoder, Seen};
use crate::diag::{Code, Diagnostic, Text};
use crate::io::in_folder;
use crate::sources::file::columnar::{Columnar, ColumnarFormat};
use crate::sources::file::format::{EXTENSIONS, FormatSpec, Packing};
use crate::sources::file::input::Input;
use crate::sources::file::reader::Reader;
use crate::sources::{BoundSource, Scan, Source};

/// Rows of local files.
///
/// ```yaml
/// giacenze:
///   file: { path: "fixtures/giacenze/*.csv", format: { csv: { delimiter: ";", decimal: "," } } }
///   schema: stock_level
/// ```
///
/// Files of a pattern are read in the order of their names. CSV and JSON Lines are read in parallel and in constant memory;
/// XML, JSON documents and workbooks are read once, in order, into the run's folder. A file that is not of its format stops
/// the run; a row that breaks its columns is rejected with file and line.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FileSource {
    /// Path of the file, from the project's folder, or a pattern: `*` and `?` in a name, `**` for any folders. Files that
    /// end in `.gz` and `.zip` are unpacked.
    pub path: Text,
    /// Folder that `path` starts from, when it is not the project's: `folder: !param data`.
    #[serde(default)]
    pub folder: Option<Text>,
    /// Format of the file: `csv`, `jsonl`, `json`, `xml`, `xlsx`, `parquet` or `ipc`. By the extension when absent; XML
    /// always needs it.
    #[serde(default)]
    pub format: Option<FormatSpec>,
    /// Reads each file once: one whose rows have arrived in every load they feed is left out until it changes. Files are known
    /// by path, size, time and content. Default: `false`, all files are read each time.
    #[serde(default)]
    pub once: bool,
    /// Folder to which files are moved after their rows have arrived; it implies `once`.
    #[serde(default)]
    pub archive: Option<Text>,
}

impl Source for FileSource {
    fn bind(&self, declared: Option<&Columns>, cx: &BindCx) -> Option<BoundSource> {
        if let Some(folder) = &self.folder {
            let path = Text::new(in_folder(folder, &self.path), self.path.place());
            return Self { path, folder: None, ..self.clone() }.bind(declared, cx);
        }
        let format = self.format(cx)?;
        let before = cx.reported();
        let bound = match format {
            FormatSpec::Parquet => return self.bind_columnar(ColumnarFormat::Parquet, declared, cx),
            FormatSpec::Ipc => return self.bind_columnar(ColumnarFormat::Ipc, declared, cx),
            row_format => self.bind_rows(&row_format, declared, cx)?,
        };
        (cx.reported() == before).then_some(bound)
    }
}

impl FileSource {
    /// Whether files that were read are left out.
    fn is_once(&self) -> bool {
        self.once || self.archive.is_some()
    }

    /// The format as said, or by the name of the file.
    fn format(&self, cx: &BindCx) -> Option<FormatSpec> {
        if let Some(format) = &self.format {
            return Some(format.clone());
        }
        let found = FormatSpec::of(&self.path).or_else(|| self.member_format(cx));
        if found.is_none() {
            let message = format!("the name `{}` does not tell the format of the file", self.path);
            let diagnostic = Diagnostic::error(Code::BadFormat, self.path.place(), message);
            let help = if self.path.contains(".xml") {
                "say which element repeats: `format: { xml: { record: Products/Product } }`".to_owned()
            } else {
                format!("say it, as in `format: {{ csv: {{}} }}`, or use one of the extensions {EXTENSIONS}")
            };
            cx.report(diagnostic.help(help));
        }
        found
    }

    /// The format of the first file in an archive that exists.
    fn member_format(&self, cx: &BindCx) -> Option<FormatSpec> {
        if Packing::of(&self.path).0 != Packing::Zip {
            return None;
        }
        FormatSpec::of(input::find(&self.path, cx.project).ok()?.first()?.name())
    }

    fn bind_rows(&self, format: &FormatSpec, declared: Option<&Columns>, cx: &BindCx) -> Option<BoundSource> {
        let empty = Columns::default();
        let reader = Reader::bind(format, declared.unwrap_or(&empty), cx)?;
        let columns = match declared {
            Some(columns) => {
                self.check_declared(&reader, columns, cx);
                columns.clone()
            }
            None => self.columns_of_header(&reader, format, cx)?,
        };
        let schema = columns.schema();
        let decoder = Arc::new(Decoder::new(&columns, reader.cells().clone()));
        let once = self.is_once();
        let scan = RowScan { path: self.path.to_string(), once, reader, columns, decoder };
        Some(BoundSource { schema, scan: Box::new(scan) })
    }

    /// Compares the declared columns with the first file, when it exists already.
    fn check_declared(&self, reader: &Reader, columns: &Columns, cx: &BindCx) {
        reader.check_types(columns, cx);
        let Some(input) = input::find(&self.path, cx.project).ok().and_then(|inputs| inputs.into_iter().next()) else {
            return;
        };
        match reader.header(&input) {
            Some(Ok(header)) => {
                if let Err(missing) = header.layout(columns) {
                    missing.report(&input.shown, &header, cx);
                }
            }
            Some(Err(error)) => self.report(error, cx),
            None => {}
        }
    }

    /// Text columns named by the header of the first file.
    fn columns_of_header(&self, reader: &Reader, format: &FormatSpec, cx: &BindCx) -> Option<Columns> {
        if !reader.has_header() {
            let message = format!("a `{}` source needs declared columns", format.name());
            cx.report(Diagnostic::error(Code::SchemaUnknown, self.path.place(), message).help(reader.example()));
            return None;
        }
        let first = input::find(&self.path, cx.project).map(|inputs| inputs.into_iter().next());
        match first.and_then(|input| input.and_then(|input| reader.header(&input)).transpose()) {
            Ok(header) => header.map(|header| Columns::texts(header.column_names())),
            Err(error) => {
                self.report(error, cx);
                None
            }
        }
    }

    fn bind_columnar(&self, format: ColumnarFormat, declared: Option<&Columns>, cx: &BindCx) -> Option<BoundSource> {
        let before = cx.reported();
        let bound = Columnar::bind(&self.path, format, self.is_once(), declared, cx);
        match bound {
            Ok(bound) => bound.filter(|_| cx.reported() == before),
            Err(error) => {
                self.report(error, cx);
                None
            }
        }
    }

    fn report(&self, error: NodeError, cx: &BindCx) {
        let diagnostic = Diagnostic::error(error.code, self.path.place(), error.message);
        cx.report(diagnostic.helps(error.help));
    }
}

/// Files of rows, bound.
struct RowScan {
    path: String,
    once: bool,
    reader: Reader,
    columns: Columns,
    decoder: Arc<Decoder>,
}

impl Scan for RowScan {
    fn decoder(&self) -> Option<Arc<Decoder>> {
        Some(Arc::clone(&self.decoder))
    }

    fn scan(&self, node: &str, cx: &RunCx) -> Result<LazyFrame, NodeError> {
        let inputs = once::inputs(&self.path, self.once, node, cx)?;
        if inputs.is_empty() {
            return Ok(DataFrame::empty_with_arc_schema(self.decoder.schema()).lazy());
        }
        let mut seen = self.columns.has_unique().then(Seen::default);
        let frames: Vec<LazyFrame> =
            inputs.iter().map(|input| self.scan_one(input, node, cx, seen.as_mut())).collect::<Result<_, _>>()?;
        union(frames)
    }
}

impl RowScan {
    fn scan_one(&self, input: &Input, node: &str, cx: &RunCx, seen: Option<&mut Seen>) -> Result<LazyFrame, NodeError> {
        self.reader.scan(input, &self.columns, &self.decoder, node, cx, seen)
    }
}

/// The frames one below the other, in order.
fn union(mut frames: Vec<LazyFrame>) -> Result<LazyFrame, NodeError> {
    match frames.len() {
        1 => Ok(frames.swap_remove(0)),
        _ => Ok(concat(frames, UnionArgs::default())?),
    }
}

#[cfg(test)]
mod tests;
