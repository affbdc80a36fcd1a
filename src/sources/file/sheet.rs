//! Workbooks: `.xlsx`, `.xls`, `.xlsb` and `.ods`, told apart by content.
//!
//! A sheet is held in memory while it is read: its format has no room for more than about a million rows.

use std::sync::Arc;

use calamine::{Data, Range, Reader as _, Sheets, open_workbook_auto_from_rs};
use polars::prelude::LazyFrame;

use crate::context::{BindCx, NodeError, RunCx};
use crate::contract::batch::{RowPlace, cells_of};
use crate::contract::{Batch, CellFormat, Columns, Decoder, Flaw, RejectSink, Seen};
use crate::diag::{Code, Text, did_you_mean};
use crate::io::archive::{self, Limits};
use crate::sources::file::cells::{CellKeys, cell_keys};
use crate::sources::file::format::SheetFormat;
use crate::sources::file::header::{Header, Layout};
use crate::sources::file::input::{Input, Plain, cannot};
use crate::sources::file::sheet_cells::{Area, CellText, text_of};
use crate::sources::file::staging::Staging;

/// The format as checked.
#[derive(Clone)]
pub struct SheetReader {
    sheet: Option<String>,
    /// From 1; 0 when there is none; `None` for the first row that holds anything.
    header_row: Option<u32>,
    area: Area,
    cells: CellFormat,
}

/// A sheet that was read.
struct Table {
    name: String,
    range: Range<Data>,
    header: Header,
    /// First row of data, from 0.
    first_row: u32,
}

impl SheetReader {
    /// Checks the format, reporting every mistake.
    #[must_use]
    pub fn bind(format: &SheetFormat, cx: &BindCx) -> Self {
        let keys = cell_keys!(all of format);
        Self {
            sheet: format.sheet.as_ref().map(Text::to_string),
            header_row: format.header_row.as_ref().map(|row| row.value),
            area: format.range.as_ref().map_or(Area::ALL, |range| area(range, cx)),
            cells: keys.compile(cx),
        }
    }

    /// The conventions of its cells.
    #[must_use]
    pub fn cells(&self) -> &CellFormat {
        &self.cells
    }

    /// The header of the sheet.
    ///
    /// # Errors
    /// The file is no workbook, or lacks the sheet.
    pub fn header(&self, input: &Input) -> Result<Header, NodeError> {
        match input.plain() {
            Some(plain) => Ok(self.table(&plain)?.header),
            None => Err(NodeError::new(
                Code::SchemaUnknown,
                format!("the header of `{}` cannot be read before the run", input.shown),
            )
            .help("workbooks are packed already: leave them unpacked")),
        }
    }

    /// Reads a sheet and plans the reading of what it held.
    ///
    /// # Errors
    /// The file is no workbook, lacks the sheet or a declared column.
    pub fn scan(
        &self,
        input: &Input,
        columns: &Columns,
        decoder: &Arc<Decoder>,
        node: &str,
        cx: &RunCx,
        seen: Option<&mut Seen>,
    ) -> Result<LazyFrame, NodeError> {
        let plain = input.unpack(node, cx)?;
        let table = self.table(&plain)?;
        let layout = table.header.layout(columns).map_err(|missing| missing.into_error(&plain.shown, &table.header))?;
        let sink = RejectSink::new(node, Some(plain.shown.clone()), cx);
        let mut batch = Batch::new(decoder, &sink, 0);
        if let Some(seen) = seen {
            batch = batch.with_seen(seen);
        }
        let mut staging = Staging::new(node, cx, decoder.schema());
        for row in table.first_row..=self.last_row(&table.range) {
            if self.is_empty(&table.range, row) {
                continue;
            }
            self.row(&table, row, &layout, decoder, &mut batch);
            staging.write_full(&mut batch)?;
        }
        staging.write(&mut batch)?;
        staging.finish()
    }

    fn row(&self, table: &Table, row: u32, layout: &Layout, decoder: &Decoder, batch: &mut Batch<'_>) {
        let sink = batch.sink();
        self.feed(table, row, layout, decoder, batch);
        batch.end_row(|| RowPlace {
            line: Some(u64::from(row) + 1),
            path: Some(table.name.clone()),
            row: self.json(table, row, layout, decoder),
            cells: cells_of(decoder, sink, |batch| self.feed(table, row, layout, decoder, batch)),
        });
    }

    fn feed(&self, table: &Table, row: u32, layout: &Layout, decoder: &Decoder, batch: &mut Batch<'_>) {
        for (field, slot) in &layout.slots {
            let cell = self.cell(&table.range, row, *field);
            match cell.map_or(CellText::Empty, |cell| text_of(cell, decoder.column_type(*slot))) {
                CellText::Empty => batch.empty_cell(*slot),
                CellText::Typed(text) => batch.cell(*slot, &text),
                CellText::Stored(text) => batch.plain_cell(*slot, &text),
                CellText::Error(error) => batch.spoil(Some(*slot), Some(error.clone()), Flaw::cell_error(&error)),
            }
        }
    }

    fn json(&self, table: &Table, row: u32, layout: &Layout, decoder: &Decoder) -> String {
        let value = |(field, slot): &(usize, usize)| {
            let cell = self.cell(&table.range, row, *field);
            let text = match cell.map_or(CellText::Empty, |cell| text_of(cell, decoder.column_type(*slot))) {
                CellText::Empty => serde_json::Value::Null,
                CellText::Typed(text) | CellText::Stored(text) | CellText::Error(text) => text.into(),
            };
            (decoder.name(*slot).to_owned(), text)
        };
        serde_json::Value::Object(layout.slots.iter().map(value).collect()).to_string()
    }

    fn table(&self, plain: &Plain) -> Result<Table, NodeError> {
        let (name, range) = self.range(plain)?;
        let first = range.start().map_or(0, |(row, _)| row).max(self.area.first_row);
        let last = self.last_row(&range);
        let header_row = match self.header_row {
            Some(0) => None,
            Some(row) => Some(row - 1),
            None => (first..=last).find(|row| !self.is_empty(&range, *row)),
        };
        let width = self.width(&range);
        let (header, first_row) = match header_row {
            Some(row) => (Header::names(self.names(&range, row, width)), row + 1),
            None if self.header_row == Some(0) => (Header::positions(width), first),
            None => {
                let message = format!(
                    "sheet `{name}` of `{}` is empty: expected a row with the names of the columns",
                    plain.shown
                );
                return Err(NodeError::new(Code::BadFormat, message));
            }
        };
        Ok(Table { name, range, header, first_row })
    }

    fn range(&self, plain: &Plain) -> Result<(String, Range<Data>), NodeError> {
        let head = plain.head(4)?;
        if head.starts_with(b"PK") {
            archive::check_zip(&plain.path, Limits::default()).map_err(|error| {
                NodeError::new(Code::BadFormat, format!("`{}` cannot be read as a workbook: {error}", plain.shown))
            })?;
        }
        let bytes = std::fs::read(&plain.path).map_err(|error| cannot("read", &plain.shown).because(error))?;
        let mut workbook = open_workbook_auto_from_rs(std::io::Cursor::new(bytes)).map_err(|_| {
            NodeError::new(Code::BadFormat, format!("`{}` is not a workbook (xlsx, xls, xlsb or ods)", plain.shown))
        })?;
        let name = self.sheet_name(&workbook, plain)?;
        let range = workbook.worksheet_range(&name).map_err(|error| {
            NodeError::new(Code::BadFormat, format!("sheet `{name}` of `{}` cannot be read: {error}", plain.shown))
        })?;
        Ok((name, range))
    }

    fn sheet_name<R: std::io::Read + std::io::Seek>(
        &self,
        workbook: &Sheets<R>,
        plain: &Plain,
    ) -> Result<String, NodeError> {
        let names = workbook.sheet_names();
        let Some(wanted) = &self.sheet else {
            let first = names.into_iter().next();
            return first.ok_or_else(|| NodeError::new(Code::BadFormat, format!("`{}` has no sheet", plain.shown)));
        };
        if names.contains(wanted) {
            return Ok(wanted.clone());
        }
        let error = NodeError::new(Code::BadFormat, format!("`{}` has no sheet `{wanted}`", plain.shown));
        let error = did_you_mean(wanted, names.iter().map(String::as_str)).into_iter().fold(error, NodeError::help);
        Err(error.help(format!("sheets: {}", names.join(", "))))
    }

    fn names(&self, range: &Range<Data>, row: u32, width: usize) -> Vec<String> {
        let name = |field| match self
            .cell(range, row, field)
            .map_or(CellText::Empty, |cell| text_of(cell, &crate::domain::types::Type::Text.into()))
        {
            CellText::Typed(text) | CellText::Stored(text) => text.split_whitespace().collect::<Vec<_>>().join(" "),
            CellText::Empty | CellText::Error(_) => String::new(),
        };
        (0..width).map(name).collect()
    }

    /// A cell by field of the area.
    fn cell<'r>(&self, range: &'r Range<Data>, row: u32, field: usize) -> Option<&'r Data> {
        let column = self.area.first_column.checked_add(u32::try_from(field).ok()?)?;
        range.get_value((row, column))
    }

    fn is_empty(&self, range: &Range<Data>, row: u32) -> bool {
        (0..self.width(range)).all(|field| match self.cell(range, row, field) {
            None | Some(Data::Empty) => true,
            Some(Data::String(text)) => text.trim().is_empty(),
            Some(_) => false,
        })
    }

    fn last_row(&self, range: &Range<Data>) -> u32 {
        range.end().map_or(0, |(row, _)| row).min(self.area.last_row)
    }

    fn width(&self, range: &Range<Data>) -> usize {
        let last = range.end().map_or(0, |(_, column)| column).min(self.area.last_column);
        (last + 1).saturating_sub(self.area.first_column) as usize
    }
}

fn area(range: &Text, cx: &BindCx) -> Area {
    Area::parse(range).unwrap_or_else(|| {
        cx.error(
            Code::BadValue,
            range,
            format!("`{range}` is not a range of cells: write it as in `B3:F200` or `B:F`"),
        );
        Area::ALL
    })
}
