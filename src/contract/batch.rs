//! Turns rows of any format into frames: good rows come out, broken ones go to the reject store.
//!
//! A format feeds the cells of a row by column in any order and then ends the row. The first flaw breaks the row; the cells
//! that follow are only looked at for the key. Columns of a broken row are filled up and taken out at the end, so that no
//! column ever has to be rolled back.

use std::sync::Arc;

use polars::prelude::{BooleanChunked, Column, DataFrame, NamedFrom, PlSmallStr, PolarsResult, Schema as FrameSchema};

use crate::context::{Counter, Origin, RawCell, Reject, Rejects, RunCx};
use crate::contract::builder::ColumnBuilder;
use crate::contract::checks::Checks;
use crate::contract::dtype::polars_schema;
use crate::contract::flaw::{Checked, Flaw};
use crate::contract::unique::Seen;
use crate::contract::value::{CellFormat, Value, read_column};
use crate::contract::{ColumnRule, Columns};
use crate::domain::types::{ColumnType, Type};

/// How rows of one source are read: its columns and the conventions of its format. Shared by all its batches.
pub struct Decoder {
    columns: Vec<DecodedColumn>,
    schema: Arc<FrameSchema>,
    format: CellFormat,
    plain: CellFormat,
}

struct DecodedColumn {
    name: String,
    from: String,
    ty: ColumnType,
    base: Type,
    required: bool,
    unique: bool,
    key: Option<usize>,
    checks: Option<Checks>,
    default: Option<Value<'static>>,
}

/// Where the rejects of one file go.
#[derive(Clone)]
pub struct RejectSink {
    node: String,
    file: Option<String>,
    rejects: Arc<Rejects>,
    read: Counter,
}

/// Where a row stands in its file, and the row itself.
#[derive(Clone, Debug, Default)]
pub struct RowPlace {
    /// Line, from 1.
    pub line: Option<u64>,
    /// Sheet, record path or index, where a line means nothing.
    pub path: Option<String>,
    /// The raw row.
    pub row: String,
    /// Its cells as they were written, where they are known: see [`cells_of`].
    pub cells: Vec<RawCell>,
}

/// Rows being read.
pub struct Batch<'d> {
    decoder: &'d Decoder,
    sink: &'d RejectSink,
    seen: Option<&'d mut Seen>,
    builders: Vec<ColumnBuilder>,
    rows: usize,
    filled: usize,
    bad: Vec<usize>,
    keys: Vec<String>,
    broken: Option<Broken>,
    pending: Vec<(usize, u128)>,
    cells: Vec<RawCell>,
}

struct Broken {
    slot: Option<usize>,
    value: Option<String>,
    flaw: Box<Flaw>,
}

impl Decoder {
    /// The decoder of these columns in that format.
    #[must_use]
    pub fn new(columns: &Columns, format: CellFormat) -> Self {
        let schema = Arc::new(polars_schema(&columns.schema()));
        let decoded = columns.rules().iter().map(|rule| DecodedColumn::new(rule, columns.key()));
        let plain = CellFormat { null: format.null.clone(), trim: format.trim, ..CellFormat::canonical() };
        Self { columns: decoded.collect(), schema, format, plain }
    }

    /// The schema of every frame it makes.
    #[must_use]
    pub fn schema(&self) -> Arc<FrameSchema> {
        Arc::clone(&self.schema)
    }

    /// The conventions of the format.
    #[must_use]
    pub fn format(&self) -> &CellFormat {
        &self.format
    }

    /// Storage type of a column.
    #[must_use]
    pub fn base(&self, slot: usize) -> &Type {
        &self.columns[slot].base
    }

    /// Type of a column.
    #[must_use]
    pub fn column_type(&self, slot: usize) -> &ColumnType {
        &self.columns[slot].ty
    }

    /// Name of a column in the pipeline.
    #[must_use]
    pub fn name(&self, slot: usize) -> &str {
        &self.columns[slot].name
    }

    /// Name or path in the source that a column is read from.
    #[must_use]
    pub fn source_name(&self, slot: usize) -> &str {
        &self.columns[slot].from
    }

    /// How many columns there are.
    #[must_use]
    pub fn width(&self) -> usize {
        self.columns.len()
    }

    fn builders(&self, rows: usize) -> Vec<ColumnBuilder> {
        self.columns.iter().map(|column| ColumnBuilder::new(&column.base, rows)).collect()
    }
}

impl DecodedColumn {
    fn new(rule: &ColumnRule, key: &[String]) -> Self {
        Self {
            name: rule.name.clone(),
            from: rule.from.clone(),
            ty: rule.ty.clone(),
            base: rule.ty.base(),
            required: rule.required,
            unique: rule.unique,
            key: key.iter().position(|name| *name == rule.name),
            checks: rule.checks.clone(),
            default: rule.default.clone(),
        }
    }

    #[inline]
    fn read<'t>(&self, text: &'t str, format: &CellFormat) -> Checked<Value<'t>> {
        let value = read_column(&self.ty, text, format)?;
        if let Some(checks) = &self.checks {
            checks.judge(&value, text)?;
        }
        Ok(value)
    }
}

impl RejectSink {
    /// The sink of `node` for a file as the user knows it; rows read are counted under `NODE:read`.
    #[must_use]
    pub fn new(node: &str, file: Option<String>, cx: &RunCx) -> Self {
        Self {
            node: node.to_owned(),
            file,
            rejects: Arc::clone(&cx.rejects),
            read: cx.counters.get(&format!("{node}:read")),
        }
    }
}

impl<'d> Batch<'d> {
    /// An empty batch with room for `rows`.
    #[must_use]
    pub fn new(decoder: &'d Decoder, sink: &'d RejectSink, rows: usize) -> Self {
        let keys = decoder.columns.iter().filter(|column| column.key.is_some()).count();
        Self {
            decoder,
            sink,
            seen: None,
            builders: decoder.builders(rows),
            rows: 0,
            filled: 0,
            bad: Vec::new(),
            keys: vec![String::new(); keys],
            broken: None,
            pending: Vec::new(),
            cells: Vec::new(),
        }
    }

    /// Judges unique columns by what was seen before; only for rows that come in the order of the file.
    #[must_use]
    pub fn with_seen(mut self, seen: &'d mut Seen) -> Self {
        self.seen = Some(seen);
        self
    }

    /// Where its rejects go.
    #[must_use]
    pub fn sink(&self) -> &'d RejectSink {
        self.sink
    }

    /// Rows since the last flush, broken ones included.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Whether the present row already has a flaw.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        self.broken.is_some()
    }

    /// A cell in the format's own conventions.
    #[inline]
    pub fn cell(&mut self, slot: usize, text: &str) {
        let decoder = self.decoder;
        self.put(slot, text, &decoder.format, false);
    }

    /// A cell in plain form, whatever the format's conventions: a number or date that the file stores as such.
    #[inline]
    pub fn plain_cell(&mut self, slot: usize, text: &str) {
        let decoder = self.decoder;
        self.put(slot, text, &decoder.plain, true);
    }

    /// A cell that holds nothing.
    pub fn empty_cell(&mut self, slot: usize) {
        if self.broken.is_none() {
            self.nothing(slot);
        } else {
            self.note_cell(slot, None, false);
        }
    }

    /// The cells of a whole row, in the order of the columns.
    pub fn texts(&mut self, cells: &[Option<String>]) {
        for (slot, cell) in cells.iter().enumerate() {
            match cell {
                Some(text) => self.cell(slot, text),
                None => self.empty_cell(slot),
            }
        }
    }

    /// A cell with parts: `fill` adds exactly one value to the column, `raw` is the cell as written.
    pub fn nested_cell(
        &mut self,
        slot: usize,
        fill: impl FnOnce(&mut ColumnBuilder, &Type, &CellFormat) -> Checked<()>,
        raw: impl FnOnce() -> String,
    ) {
        if self.broken.is_some() {
            return self.note_cell(slot, Some(raw()), false);
        }
        let decoder = self.decoder;
        let builder = &mut self.builders[slot];
        if builder.len() > self.rows {
            return self.spoil(Some(slot), Some(raw()), Flaw::repeated());
        }
        let filled = fill(builder, &decoder.columns[slot].base, &decoder.format);
        if builder.len() > self.rows {
            self.filled += 1;
        }
        if let Err(flaw) = filled {
            self.spoil(Some(slot), Some(raw()), flaw);
        }
    }

    /// Breaks the present row: the format found something wrong, in a column or in the row as a whole.
    pub fn spoil(&mut self, slot: Option<usize>, value: Option<String>, flaw: Box<Flaw>) {
        match slot {
            _ if self.broken.is_none() => self.broken = Some(Broken { slot, value, flaw }),
            // Broken already: what is written there is kept for who corrects the row.
            Some(slot) => self.note_cell(slot, value, false),
            None => {}
        }
    }

    #[inline]
    fn put(&mut self, slot: usize, text: &str, format: &CellFormat, plain: bool) {
        let column = &self.decoder.columns[slot];
        if let Some(key) = column.key {
            self.note_key(key, text);
        }
        if self.broken.is_some() {
            return self.note_cell(slot, Some(text.to_owned()), plain);
        }
        if self.builders[slot].len() > self.rows {
            return self.spoil(Some(slot), Some(text.to_owned()), Flaw::repeated());
        }
        let Some(clean) = format.clean(text) else { return self.nothing(slot) };
        match column.read(clean, format) {
            Ok(value) => {
                if column.unique && !self.is_first(slot, &value, clean) {
                    return self.spoil(Some(slot), Some(text.to_owned()), Flaw::duplicate(clean));
                }
                value.push_to(&mut self.builders[slot]);
                self.filled += 1;
            }
            Err(flaw) => self.spoil(Some(slot), Some(text.to_owned()), flaw),
        }
    }

    /// Whether a unique column has the value for the first time among accepted rows.
    fn is_first(&mut self, slot: usize, value: &Value<'_>, text: &str) -> bool {
        let Some(seen) = self.seen.as_deref() else { return true };
        let fingerprint = match value {
            Value::Text(normal) => seen.fingerprint(normal),
            Value::Float(_) => seen.fingerprint(text),
            other => seen.fingerprint(&format!("{other:?}")),
        };
        self.pending.push((slot, fingerprint));
        !seen.contains(slot, fingerprint)
    }

    #[cold]
    fn note_cell(&mut self, slot: usize, value: Option<String>, plain: bool) {
        self.cells.push(RawCell { column: self.decoder.columns[slot].from.clone(), value, plain });
    }

    fn note_key(&mut self, key: usize, text: &str) {
        if let Some(noted) = self.keys.get_mut(key) {
            noted.clear();
            noted.push_str(text.trim());
        }
    }

    fn nothing(&mut self, slot: usize) {
        let column = &self.decoder.columns[slot];
        let builder = &mut self.builders[slot];
        match &column.default {
            Some(default) => default.push_to(builder),
            None if column.required => return self.spoil(Some(slot), None, Flaw::missing()),
            None => builder.push_null(),
        }
        self.filled += 1;
    }

    /// Ends the present row: columns that got no cell are empty. `place` is asked only when the row is broken.
    #[inline]
    pub fn end_row(&mut self, place: impl FnOnce() -> RowPlace) {
        if self.broken.is_none() && self.filled < self.builders.len() {
            self.fill_up();
        }
        if self.broken.is_some() {
            self.reject(place());
        } else if let Some(seen) = self.seen.as_deref_mut() {
            self.pending.drain(..).for_each(|(slot, fingerprint)| seen.insert(slot, fingerprint));
        }
        self.pending.clear();
        self.cells.clear();
        self.keys.iter_mut().for_each(String::clear);
        self.rows += 1;
        self.filled = 0;
    }

    fn fill_up(&mut self) {
        for slot in 0..self.builders.len() {
            if self.builders[slot].len() == self.rows && self.broken.is_none() {
                self.nothing(slot);
            }
        }
    }

    #[cold]
    fn reject(&mut self, place: RowPlace) {
        for builder in &mut self.builders {
            if builder.len() == self.rows {
                builder.push_null();
            }
        }
        self.bad.push(self.rows);
        let Some(Broken { slot, value, flaw }) = self.broken.take() else { return };
        let column = slot.map(|slot| self.decoder.columns[slot].name.clone());
        self.sink.rejects.push(Reject {
            node: self.sink.node.clone(),
            site: None,
            cause: flaw.cause,
            message: flaw.message,
            message_it: Some(flaw.message_it),
            column,
            value,
            key: self.key(),
            origin: Origin { file: self.sink.file.clone(), line: place.line, path: place.path },
            row: place.row,
            cells: place.cells,
        });
    }

    /// The key of the present row, as far as it was read: `sku=00123`.
    fn key(&self) -> Option<String> {
        let columns = self.decoder.columns.iter().filter_map(|column| Some((column.key?, &column.name)));
        let mut parts: Vec<(usize, String)> = columns
            .filter_map(|(key, name)| {
                let text = self.keys.get(key).filter(|text| !text.is_empty())?;
                Some((key, format!("{name}={text}")))
            })
            .collect();
        parts.sort();
        let parts: Vec<String> = parts.into_iter().map(|(_, part)| part).collect();
        (!parts.is_empty()).then(|| parts.join(" "))
    }

    /// Takes the good rows out as a frame, counts the rows as read, and begins anew.
    ///
    /// # Errors
    /// A struct column has two fields of one name.
    pub fn flush(&mut self) -> PolarsResult<DataFrame> {
        let rows = std::mem::take(&mut self.rows);
        let bad = std::mem::take(&mut self.bad);
        let builders = std::mem::replace(&mut self.builders, self.decoder.builders(0));
        let columns = builders.into_iter().zip(&self.decoder.columns);
        let columns: Vec<Column> =
            columns.map(|(builder, column)| builder.finish(&column.name)).collect::<PolarsResult<_>>()?;
        self.sink.read.add(rows as u64);
        let frame = DataFrame::new(rows, columns)?;
        if bad.is_empty() { Ok(frame) } else { frame.filter(&good_rows(rows, &bad)) }
    }
}

/// The cells of a row as they were written, in the order of the columns: `feed` gives them once more.
pub fn cells_of(decoder: &Decoder, sink: &RejectSink, feed: impl FnOnce(&mut Batch<'_>)) -> Vec<RawCell> {
    let mut batch = Batch::new(decoder, sink, 0);
    // A broken row only notes its cells.
    batch.spoil(None, None, Flaw::missing());
    feed(&mut batch);
    let found = batch.cells;
    // Also those that were not found, so that a person can fill them.
    let cell = |column: &DecodedColumn| {
        let found = found.iter().find(|cell| cell.column == column.from).cloned();
        found.unwrap_or_else(|| RawCell { column: column.from.clone(), value: None, plain: false })
    };
    decoder.columns.iter().map(cell).collect()
}

fn good_rows(rows: usize, bad: &[usize]) -> BooleanChunked {
    let mut good = vec![true; rows];
    for row in bad {
        good[*row] = false;
    }
    BooleanChunked::new(PlSmallStr::EMPTY, good)
}

#[cfg(test)]
mod tests;
