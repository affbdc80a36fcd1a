//! Files of columns, Parquet and Arrow IPC: their schema is in the file, their values are typed already.
//!
//! Columns without rules are cast by the engine. When a contract has rules, values are judged like those of any other
//! format, from their text.

use std::sync::Arc;

use polars::prelude::{
    AllowedOptimizations, AnyValue, Column, DataFrame, DataType, Expr, IntoLazy, IpcScanOptions, LazyFrame, NULL,
    PlRefPath, PlSmallStr, PolarsResult, ScanArgsParquet, ScanSources, Schema as FrameSchema, TimeUnit,
    UnifiedScanArgs, col, lit,
};

use crate::context::{BindCx, NodeError, RunCx};
use crate::contract::batch::{RowPlace, cells_of};
use crate::contract::{
    Batch, CellFormat, ColumnRule, Columns, Decoder, RejectSink, from_polars, polars_dtype, polars_schema,
};
use crate::diag::{Code, Diagnostic, Place, Text};
use crate::domain::calendar::{DateFormat, format_date, format_timestamp};
use crate::domain::money::format_decimal;
use crate::domain::types::{ColumnType, Schema, Type};
use crate::sources::file::header::Header;
use crate::sources::file::input::{self, Plain};
use crate::sources::file::once;
use crate::sources::{BoundSource, Scan};

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnarFormat {
    /// Apache Parquet.
    Parquet,
    /// Apache Arrow IPC.
    Ipc,
}

/// Files of columns, bound.
pub struct Columnar {
    path: String,
    format: ColumnarFormat,
    once: bool,
    columns: Columns,
    decoder: Option<Arc<Decoder>>,
}

impl Columnar {
    /// Reads the schema of the first file and compares it with the declared columns. `None` when a problem was reported.
    ///
    /// # Errors
    /// There is no file, or it is not of the format.
    pub fn bind(
        path: &Text,
        format: ColumnarFormat,
        once: bool,
        declared: Option<&Columns>,
        cx: &BindCx,
    ) -> Result<Option<BoundSource>, NodeError> {
        if let (Some(columns), Err(_)) = (declared, input::find(path, cx.project)) {
            // Nothing to compare with yet: the file is checked when it is read.
            return Ok(Some(Self::bound(path, format, once, columns.clone(), true)));
        }
        let first = input::find(path, cx.project)?.into_iter().next();
        let Some(shown) = first.as_ref().map(|input| input.shown.clone()) else { return Ok(None) };
        let Some(plain) = first.and_then(|input| input.plain()) else {
            let message = format!("`{shown}` is packed: Parquet and IPC files are compressed inside, unpack it");
            cx.report(Diagnostic::error(Code::Unsupported, path.place(), message));
            return Ok(None);
        };
        let schema = file_schema(&plain, format)?;
        let Some(columns) = declared else {
            let found = own_schema(&schema, path.place(), cx);
            return Ok(found.map(|schema| Self::bound(path, format, once, Columns::from_schema(&schema), false)));
        };
        let header = Header::names(schema.iter().map(|(name, _)| name.to_string()));
        if let Err(missing) = header.layout(columns) {
            missing.report(&shown, &header, cx);
        }
        let judged = columns.rules().iter().any(|rule| needs_judging(rule, schema.get(rule.from.as_str())));
        check_rules(columns, judged, cx);
        Ok(Some(Self::bound(path, format, once, columns.clone(), judged)))
    }

    fn bound(path: &Text, format: ColumnarFormat, once: bool, columns: Columns, judged: bool) -> BoundSource {
        let schema = columns.schema();
        let decoder = judged.then(|| Arc::new(Decoder::new(&columns, CellFormat::canonical())));
        BoundSource { schema, scan: Box::new(Self { path: path.to_string(), format, once, columns, decoder }) }
    }

    fn scan_file(&self, plain: &Plain, node: &str, cx: &RunCx) -> Result<LazyFrame, NodeError> {
        let schema = file_schema(plain, self.format)?;
        let header = Header::names(schema.iter().map(|(name, _)| name.to_string()));
        let layout = header.layout(&self.columns).map_err(|missing| missing.into_error(&plain.shown, &header))?;
        let frame = open(plain, self.format)?;
        let Some(decoder) = &self.decoder else {
            let casts: Vec<Expr> = self.columns.rules().iter().map(|rule| cast(rule, &schema)).collect();
            return Ok(cx.counters.count(frame.select(casts), &format!("{node}:read")));
        };
        let mut slots: Vec<(String, usize)> = Vec::new();
        for (field, slot) in layout.slots {
            let name = schema.get_at_index(field).map(|(name, _)| name.to_string());
            slots.extend(name.map(|name| (name, slot)));
        }
        let (decoder, sink) = (Arc::clone(decoder), RejectSink::new(node, Some(plain.shown.clone()), cx));
        let bound = decoder.schema();
        let judge = move |rows: DataFrame| judge_rows(&rows, &slots, &decoder, &sink);
        let bound = move |_: &FrameSchema| Ok(Arc::clone(&bound));
        let frame = frame.with_row_index(ROW, None);
        Ok(frame.map(judge, AllowedOptimizations::STREAMING, Some(Arc::new(bound)), Some("judge rows")))
    }
}

impl Scan for Columnar {
    fn decoder(&self) -> Option<Arc<Decoder>> {
        Some(Arc::new(Decoder::new(&self.columns, CellFormat::canonical())))
    }

    fn scan(&self, node: &str, cx: &RunCx) -> Result<LazyFrame, NodeError> {
        let inputs = once::inputs(&self.path, self.once, node, cx)?;
        if inputs.is_empty() {
            return Ok(DataFrame::empty_with_schema(&polars_schema(&self.columns.schema())).lazy());
        }
        let scan = |input: input::Input| self.scan_file(&input.unpack(node, cx)?, node, cx);
        super::union(inputs.into_iter().map(scan).collect::<Result<_, _>>()?)
    }
}

const ROW: &str = "$row";

fn open(plain: &Plain, format: ColumnarFormat) -> Result<LazyFrame, NodeError> {
    let path = PlRefPath::try_from_path(&plain.path)?;
    let frame = match format {
        ColumnarFormat::Parquet => {
            LazyFrame::scan_parquet(path, ScanArgsParquet { glob: false, ..ScanArgsParquet::default() })
        }
        ColumnarFormat::Ipc => {
            let sources = ScanSources::Paths(FromIterator::from_iter([path]));
            let args = UnifiedScanArgs { glob: false, ..UnifiedScanArgs::default() };
            LazyFrame::scan_ipc_sources(sources, IpcScanOptions::default(), args)
        }
    };
    frame.map_err(|error| not_of_format(plain, format).because(error))
}

fn file_schema(plain: &Plain, format: ColumnarFormat) -> Result<Arc<FrameSchema>, NodeError> {
    open(plain, format)?.collect_schema().map_err(|error| not_of_format(plain, format).because(error))
}

fn not_of_format(plain: &Plain, format: ColumnarFormat) -> NodeError {
    let name = if format == ColumnarFormat::Parquet { "a Parquet" } else { "an Arrow IPC" };
    NodeError::new(Code::BadFormat, format!("`{}` is not {name} file", plain.shown))
}

/// The schema of a file in the words of the language; columns of other types are reported.
fn own_schema(schema: &FrameSchema, place: Place, cx: &BindCx) -> Option<Schema> {
    let mut found = Schema::new();
    for (name, dtype) in schema.iter() {
        let Some(ty) = from_polars(dtype) else {
            let message = format!("column `{name}` has the type `{dtype}`, which pipelines do not have");
            cx.report(
                Diagnostic::error(Code::Unsupported, place, message).help("declare the other columns in `columns:`"),
            );
            continue;
        };
        found.insert(name.as_str(), ty);
    }
    (found.len() == schema.len()).then_some(found)
}

/// Whether the engine cannot simply cast the column.
fn needs_judging(rule: &ColumnRule, stored: Option<&DataType>) -> bool {
    let ruled = rule.required || rule.checks.is_some() || rule.default.is_some() || rule.ty.trade().is_some();
    ruled || stored.and_then(from_polars).is_none_or(|stored| !casts_exactly(&stored, &rule.ty.base()))
}

/// Whether every value of a type is one of another without being read anew.
fn casts_exactly(stored: &Type, wanted: &Type) -> bool {
    match (stored, wanted) {
        (Type::Decimal { precision, scale }, Type::Decimal { precision: digits, scale: decimals }) => {
            scale <= decimals && precision - scale <= digits - decimals
        }
        (Type::List(stored), Type::List(wanted)) => casts_exactly(stored, wanted),
        (stored, wanted) => stored == wanted,
    }
}

fn check_rules(columns: &Columns, judged: bool, cx: &BindCx) {
    for rule in columns.rules() {
        if rule.unique {
            let message = format!("column `{}` is `unique`, which Parquet and IPC sources do not check", rule.name);
            cx.report(Diagnostic::error(Code::Unsupported, rule.place, message).help("use a `dedupe` step"));
        }
        if judged && rule.ty.base().is_nested() {
            let message = format!(
                "column `{}` is `{}`: columns with parts cannot stand beside rules or changed types",
                rule.name, rule.ty
            );
            cx.report(Diagnostic::error(Code::Unsupported, rule.place, message));
        }
    }
}

fn cast(rule: &ColumnRule, schema: &FrameSchema) -> Expr {
    let dtype = polars_dtype(&rule.ty.base());
    let value = match schema.get(rule.from.as_str()) {
        Some(_) => col(PlSmallStr::from_str(&rule.from)),
        None => lit(NULL),
    };
    value.strict_cast(dtype).alias(PlSmallStr::from_str(&rule.name))
}

fn judge_rows(
    rows: &DataFrame,
    slots: &[(String, usize)],
    decoder: &Decoder,
    sink: &RejectSink,
) -> PolarsResult<DataFrame> {
    let numbers = rows.column(ROW)?.idx()?;
    let columns: Vec<(&Column, usize)> =
        slots.iter().map(|(name, slot)| Ok((rows.column(name)?, *slot))).collect::<PolarsResult<_>>()?;
    let mut batch = Batch::new(decoder, sink, rows.height());
    for (index, number) in numbers.iter().enumerate() {
        feed(&columns, index, decoder, &mut batch)?;
        batch.end_row(|| RowPlace {
            line: None,
            path: number.map(|number| format!("row {}", u64::from(number) + 1)),
            row: json_of(&columns, index, decoder),
            // The row was read once already.
            cells: cells_of(decoder, sink, |batch| drop(feed(&columns, index, decoder, batch))),
        });
    }
    batch.flush()
}

fn feed(columns: &[(&Column, usize)], row: usize, decoder: &Decoder, batch: &mut Batch<'_>) -> PolarsResult<()> {
    for (column, slot) in columns {
        match text_of(&column.get(row)?, decoder.column_type(*slot)) {
            Some(text) => batch.plain_cell(*slot, &text),
            None => batch.empty_cell(*slot),
        }
    }
    Ok(())
}

/// The text of a stored value, as the pipeline language writes it.
fn text_of(value: &AnyValue<'_>, wanted: &ColumnType) -> Option<String> {
    match value {
        AnyValue::Null => None,
        AnyValue::String(text) => Some((*text).to_owned()),
        AnyValue::StringOwned(text) => Some(text.to_string()),
        AnyValue::Boolean(truth) => Some(truth.to_string()),
        AnyValue::Date(days) => Some(written(|out| format_date(*days, DateFormat::Iso, out))),
        AnyValue::Datetime(ticks, unit, _) => {
            let micros = match unit {
                TimeUnit::Nanoseconds => ticks.div_euclid(1000),
                TimeUnit::Microseconds => *ticks,
                TimeUnit::Milliseconds => ticks.saturating_mul(1000),
            };
            let text = written(|out| format_timestamp(micros, out));
            Some(if wanted.base() == Type::Date { text.get(..10).unwrap_or_default().to_owned() } else { text })
        }
        AnyValue::Decimal(mantissa, _, scale) => Some(written(|out| {
            format_decimal(*mantissa, u8::try_from(*scale).unwrap_or_default(), b'.', out);
        })),
        other => Some(other.to_string()),
    }
}

fn written(write: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut out = Vec::with_capacity(32);
    write(&mut out);
    String::from_utf8(out).unwrap_or_default()
}

fn json_of(columns: &[(&Column, usize)], index: usize, decoder: &Decoder) -> String {
    let text = |(column, slot): &(&Column, usize)| {
        let value = column.get(index).ok().and_then(|value| text_of(&value, decoder.column_type(*slot)));
        (decoder.name(*slot).to_owned(), value.map_or(serde_json::Value::Null, serde_json::Value::String))
    };
    serde_json::Value::Object(columns.iter().map(text).collect()).to_string()
}
