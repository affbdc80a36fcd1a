//! The readers of formats that hold rows: a closed set, dispatched here.

use std::sync::Arc;

use polars::prelude::LazyFrame;

use crate::context::{BindCx, NodeError, RunCx};
use crate::contract::{CellFormat, Columns, Decoder, Seen};
use crate::diag::{Code, Diagnostic};
use crate::sources::file::csv::CsvReader;
use crate::sources::file::format::FormatSpec;
use crate::sources::file::header::Header;
use crate::sources::file::input::Input;
use crate::sources::file::json::JsonReader;
use crate::sources::file::sheet::SheetReader;
use crate::sources::file::xml::XmlReader;

/// A format of rows, as checked.
pub enum Reader {
    /// Separated values.
    Csv(CsvReader),
    /// JSON Lines or a JSON document.
    Json(JsonReader),
    /// An XML document.
    Xml(XmlReader),
    /// A sheet of a workbook.
    Sheet(SheetReader),
}

impl Reader {
    /// Checks the format, reporting every mistake. `None` for formats that hold columns.
    #[must_use]
    pub fn bind(format: &FormatSpec, columns: &Columns, cx: &BindCx) -> Option<Self> {
        match format {
            FormatSpec::Csv(csv) => Some(Self::Csv(CsvReader::bind(csv, cx))),
            FormatSpec::Jsonl(lines) => Some(Self::Json(JsonReader::bind_lines(lines, columns, cx))),
            FormatSpec::Json(document) => Some(Self::Json(JsonReader::bind_document(document, columns, cx))),
            FormatSpec::Xml(xml) => Some(Self::Xml(XmlReader::bind(xml, columns, cx))),
            FormatSpec::Xlsx(sheet) => Some(Self::Sheet(SheetReader::bind(sheet, cx))),
            FormatSpec::Parquet | FormatSpec::Ipc => None,
        }
    }

    /// The conventions of its cells.
    #[must_use]
    pub fn cells(&self) -> &CellFormat {
        match self {
            Self::Csv(csv) => csv.cells(),
            Self::Json(json) => json.cells(),
            Self::Xml(xml) => xml.cells(),
            Self::Sheet(sheet) => sheet.cells(),
        }
    }

    /// Whether files of the format tell the names of their columns.
    #[must_use]
    pub fn has_header(&self) -> bool {
        matches!(self, Self::Csv(_) | Self::Sheet(_))
    }

    /// The header of a file; `None` for formats that have none.
    #[must_use]
    pub fn header(&self, input: &Input) -> Option<Result<Header, NodeError>> {
        match self {
            Self::Csv(csv) => Some(csv.header(input)),
            Self::Sheet(sheet) => Some(sheet.header(input)),
            Self::Json(_) | Self::Xml(_) => None,
        }
    }

    /// Reports columns whose type the format cannot hold.
    pub fn check_types(&self, columns: &Columns, cx: &BindCx) {
        if !self.has_header() {
            return;
        }
        for rule in columns.rules().iter().filter(|rule| rule.ty.base().is_nested()) {
            let message = format!("column `{}` is `{}`, and this format holds only single values", rule.name, rule.ty);
            cx.report(Diagnostic::error(Code::Unsupported, rule.place, message));
        }
    }

    /// How to declare columns for a format that cannot tell them.
    #[must_use]
    pub fn example(&self) -> &'static str {
        match self {
            Self::Xml(_) => {
                "declare them: `columns: { sku: { type: sku, from: Code }, vat: { type: percent, from: Vat/@Perc } }`, or `schema: NAME`"
            }
            _ => {
                "declare them: `columns: { sku: sku, email: { type: email, from: billing.email } }`, or `schema: NAME`"
            }
        }
    }

    /// Plans the reading of a file.
    ///
    /// # Errors
    /// The file is missing, unreadable, hostile, or not of the format.
    pub fn scan(
        &self,
        input: &Input,
        columns: &Columns,
        decoder: &Arc<Decoder>,
        node: &str,
        cx: &RunCx,
        seen: Option<&mut Seen>,
    ) -> Result<LazyFrame, NodeError> {
        match self {
            Self::Csv(csv) => csv.scan(input, columns, decoder, node, cx, seen),
            Self::Json(json) => json.scan(input, decoder, node, cx, seen),
            Self::Xml(xml) => xml.scan(input, decoder, node, cx, seen),
            Self::Sheet(sheet) => sheet.scan(input, columns, decoder, node, cx, seen),
        }
    }
}
