//! Source `from`: records of a platform, as its connector describes them.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::sync::Arc;

use polars::prelude::{
    ChunkedArray, DataFrame, DataType, Int128Type, IntoColumn, IntoSeries, LazyFrame, PolarsResult, Series,
};
use sha2::{Digest as _, Sha256};

use crate::connect::client::Client;
use crate::connect::pages::{Reading, Record};
use crate::connect::spec::fields::{FieldDetails, FieldSpec, Unit};
use crate::connect::spec::{Connector, Resource};
use crate::connect::{Connection, Datum, select};
use crate::context::{BindCx, NodeError, RunCx};
use crate::contract::batch::{RowPlace, cells_of};
use crate::contract::{
    Batch, CellFormat, ColumnDetails, ColumnSpec, ColumnSpecs, Columns, Decoder, RejectSink, compile, polars_dtype,
    polars_schema,
};
use crate::diag::{Code, Diagnostic, Placed, Text};
use crate::domain::types::{Schema, Type};
use crate::sources::file::json_path::Node;
use crate::sources::file::json_record::JsonRecords;
use crate::sources::file::lines::{LineFormat, Scratch};
use crate::sources::file::staging::{CHUNK_ROWS, Staging};
use crate::sources::since::{Increment, Since};
use crate::sources::{BoundSource, Scan, Source, has_own_columns};

/// Records of a resource of a connection.
pub struct PlatformSource {
    /// As it was written: `negozio.orders`.
    pub from: Text,
    /// The connection.
    pub connection: Arc<Connection>,
    /// Name of the resource.
    pub resource: String,
}

impl PlatformSource {
    fn resource(&self) -> Option<&Resource> {
        self.connection.connector.resources.get(self.resource.as_str())
    }

    /// An increment with what the connector says where the pipeline does not.
    #[must_use]
    pub fn since(&self, written: &Since) -> Since {
        let mut since = written.clone();
        let cursor = self.resource().and_then(|resource| resource.read.as_ref()?.cursor.as_ref());
        if let Some(cursor) = cursor.filter(|cursor| cursor.field == since.field) {
            since.lag = since.lag.or_else(|| cursor.lag.clone());
            since.overlap = since.overlap.or_else(|| cursor.overlap.clone());
            since.start = since.start.or_else(|| cursor.start.clone());
        }
        since
    }
}

impl Source for PlatformSource {
    fn bind(&self, declared: Option<&Columns>, cx: &BindCx) -> Option<BoundSource> {
        if !has_own_columns("a platform as a", declared, cx) {
            return None;
        }
        let resource = self.resource()?;
        let (columns, units) = columns(resource, cx)?;
        let tree = match Node::of(&columns) {
            Ok(tree) => tree,
            Err(bad) => {
                for bad in bad {
                    let place = columns.rules()[bad.slot].place;
                    cx.report(Diagnostic::error(Code::BadValue, place, bad.reason));
                }
                return None;
            }
        };
        let decoder = Arc::new(Decoder::new(&columns, cell_format(&self.connection.connector)));
        let schema: Schema =
            columns.rules().iter().zip(&units).map(|(rule, (ty, _))| (rule.name.clone(), ty.clone())).collect();
        let parents = columns.rules().iter().filter_map(|rule| rule.from.strip_prefix("parent."));
        let mut parents: Vec<String> =
            parents.map(|path| path.split(['.', '[']).next().unwrap_or_default().to_owned()).collect();
        parents.sort();
        parents.dedup();
        let key = resource.key.iter().filter_map(|name| columns.rules().iter().find(|rule| rule.name == name.as_str()));
        let key = key.map(|rule| rule.from.clone()).collect();
        let scan = PlatformScan {
            connection: Arc::clone(&self.connection),
            resource: self.resource.clone(),
            tree,
            decoder,
            schema: schema.clone(),
            units,
            parents,
            key,
            increment: None,
        };
        Some(BoundSource { schema, scan: Box::new(scan) })
    }
}

fn cell_format(connector: &Connector) -> CellFormat {
    CellFormat {
        zone: connector.zone.as_ref().and_then(|zone| zone.parse().ok()),
        null: connector.nulls.clone(),
        ..CellFormat::canonical()
    }
}

/// The type of a column, and how the platform writes it.
type Wanted = (Type, Option<Unit>);

/// Columns as they come, and as they are wanted.
fn columns(resource: &Resource, cx: &BindCx) -> Option<(Columns, Vec<Wanted>)> {
    let mut specs = ColumnSpecs::new();
    for (name, field) in &resource.fields {
        let details = match &field.value {
            FieldSpec::Word(word) => details(&Text::new(word.as_str(), field.place), None),
            FieldSpec::Details(field) => details(&field.ty, Some(field)),
        };
        specs.insert(name.clone(), Placed::new(ColumnSpec::Details(Box::new(details)), field.place));
    }
    let (wanted, problems) = compile(&specs, &resource.key);
    cx.report_all(problems);
    let wanted = wanted?;
    let mut units = Vec::new();
    let before = cx.reported();
    for (rule, field) in wanted.rules().iter().zip(resource.fields.values()) {
        let unit = match &field.value {
            FieldSpec::Details(field) => field.unit,
            FieldSpec::Word(_) => None,
        };
        let ty = rule.ty.base();
        if let Some(unit) = unit {
            let fits = match unit.value {
                Unit::Cents => matches!(ty, Type::Decimal { scale: 2.., .. }),
                Unit::Thousandths => matches!(ty, Type::Decimal { scale: 3.., .. }),
                Unit::Micros => matches!(ty, Type::Decimal { scale: 6.., .. }),
                Unit::Unix | Unit::UnixMs => ty == Type::Timestamp,
            };
            if !fits {
                let message = format!("`{}` is `{}`, which cannot hold its `unit`", rule.name, rule.ty);
                let help = "cents are `money`, thousandths and micros decimals with room for them: `decimal(18,6)`; instants are `timestamp`";
                cx.report(Diagnostic::error(Code::TypeMismatch, unit.place, message).help(help));
            }
            if let Some(details) = specs.get_mut(rule.name.as_str()).and_then(detailed) {
                details.ty = Text::new("integer", details.ty.place());
                details.default = None;
            }
        }
        units.push((ty, unit.map(|unit| unit.value)));
    }
    let (raw, problems) = compile(&specs, &resource.key);
    cx.report_all(problems);
    raw.filter(|_| cx.reported() == before).map(|raw| (raw, units))
}

fn detailed(spec: &mut Placed<ColumnSpec>) -> Option<&mut ColumnDetails> {
    match &mut spec.value {
        ColumnSpec::Details(details) => Some(details),
        ColumnSpec::Word(_) => None,
    }
}

fn details(ty: &Text, field: Option<&FieldDetails>) -> ColumnDetails {
    ColumnDetails {
        ty: ty.clone(),
        from: field.and_then(|field| field.from.clone()),
        required: field.and_then(|field| field.required.then_some(true)),
        default: field.and_then(|field| field.default.clone()),
        ..ColumnDetails::default()
    }
}

struct PlatformScan {
    connection: Arc<Connection>,
    resource: String,
    tree: Node,
    decoder: Arc<Decoder>,
    schema: Schema,
    units: Vec<Wanted>,
    /// Keys of the parent that columns need.
    parents: Vec<String>,
    /// Paths of the key.
    key: Vec<String>,
    increment: Option<Increment>,
}

impl Scan for PlatformScan {
    fn reads_since(&mut self, increment: &Increment) {
        self.increment = Some(increment.clone());
    }

    fn decoder(&self) -> Option<Arc<Decoder>> {
        self.units.iter().all(|(_, unit)| unit.is_none()).then(|| Arc::clone(&self.decoder))
    }

    fn scan(&self, node: &str, cx: &RunCx) -> Result<LazyFrame, NodeError> {
        let Some(resource) = self.connection.connector.resources.get(self.resource.as_str()) else {
            return Err(NodeError::new(Code::Internal, "a resource that was checked is gone"));
        };
        let client = Client::open(Arc::clone(&self.connection))?;
        let (since, until) = self.span(resource, node, cx);
        let reading = Reading { client: &client, resource, since, until, cancelled: cx.cancelled() };
        let sink = RejectSink::new(node, Some(format!("{}.{}", self.connection.name, self.resource)), cx);
        let mut staging = Staging::new(node, cx, Arc::new(polars_schema(&self.schema)));
        let mut batch = Batch::new(&self.decoder, &sink, 0);
        let format = JsonRecords::new(self.tree.clone(), &self.decoder);
        let (mut scratch, mut seen) = (Scratch::default(), HashSet::new());
        reading.run(&mut |record| {
            if !self.is_first(&record, &mut seen) {
                return Ok(());
            }
            let text = self.with_parent(&record);
            format.record(&text, &mut scratch, &mut batch);
            batch.end_row(|| RowPlace {
                line: None,
                path: Some(format!("page {}, record {}", record.place.0, record.place.1)),
                cells: cells_of(&self.decoder, &sink, |batch| format.record(&text, &mut scratch, batch)),
                row: text.to_string(),
            });
            if batch.rows() >= CHUNK_ROWS { staging.write_frame(self.finished(batch.flush()?)?) } else { Ok(()) }
        })?;
        staging.write_frame(self.finished(batch.flush()?)?)?;
        staging.finish()
    }
}

impl PlatformScan {
    /// From where to where is read.
    fn span(&self, resource: &Resource, node: &str, cx: &RunCx) -> (Datum, Datum) {
        let now = Datum::Timestamp(cx.started_at.timestamp_micros());
        let Some(read) = &resource.read else { return (Datum::Null, now) };
        let cursor = read.cursor.as_ref();
        let increment = self
            .increment
            .as_ref()
            .filter(|increment| cursor.is_some_and(|cursor| cursor.field.as_str() == increment.field));
        let as_datum = |increment: &Increment, value: i64| match increment.ty() {
            Type::Timestamp => Datum::Timestamp(value),
            Type::Date => i32::try_from(value).map_or(Datum::Null, Datum::Date),
            _ => Datum::number(value),
        };
        let since = increment.and_then(|increment| increment.begins(node, cx).map(|value| as_datum(increment, value)));
        let until = increment.and_then(|increment| increment.ends(cx).map(|value| as_datum(increment, value)));
        // Time that must be cut into spans has to begin somewhere.
        let start = cursor.and_then(|cursor| cursor.start.as_ref()).filter(|_| read.window.is_some());
        let start = start.and_then(|text| crate::domain::calendar::parse_timestamp(text.as_bytes(), None).ok());
        (since.or(start.map(Datum::Timestamp)).unwrap_or(Datum::Null), until.unwrap_or(now))
    }

    /// Whether a record comes for the first time, by its key. Records move between pages while they are read.
    fn is_first(&self, record: &Record<'_>, seen: &mut HashSet<u128>) -> bool {
        if self.key.is_empty() {
            return true;
        }
        let mut digest = Sha256::new();
        for path in &self.key {
            let value = match path.strip_prefix("parent.") {
                Some(path) => record.parent.and_then(|parent| select::raw(parent, path)),
                None if path == "#" => None,
                None => select::raw(record.json, path),
            };
            if path == "#" {
                digest.update(record.position.unwrap_or_default().to_le_bytes());
            }
            digest.update(value.unwrap_or_default().as_bytes());
            digest.update([0]);
        }
        let mut half = [0; 16];
        half.copy_from_slice(&digest.finalize()[..16]);
        seen.insert(u128::from_le_bytes(half))
    }

    /// The record with the fields of its parent under `parent` and its position under `#`.
    fn with_parent<'j>(&self, record: &Record<'j>) -> std::borrow::Cow<'j, str> {
        if self.parents.is_empty() && record.position.is_none() {
            return record.json.into();
        }
        let mut text = String::from("{\"parent\":{");
        let fields = self.parents.iter().filter_map(|name| Some((name, select::raw(record.parent?, name)?)));
        let fields = fields.map(|(name, raw)| format!("{}:{raw}", Datum::text(name).to_json()));
        text.push_str(&fields.collect::<Vec<_>>().join(","));
        text.push('}');
        if let Some(position) = record.position {
            let _ = write!(text, ",\"#\":{position}");
        }
        match record.json.strip_prefix('{').map(str::trim_start) {
            Some("}") => text.push('}'),
            Some(rest) => {
                text.push(',');
                text.push_str(rest);
            }
            // An item that is no object is the field `value`.
            None => drop(write!(text, ",\"value\":{}}}", record.json)),
        }
        text.into()
    }

    /// Columns as they are wanted.
    fn finished(&self, mut frame: DataFrame) -> Result<DataFrame, NodeError> {
        let is_null = |word: &str| self.connection.connector.nulls.iter().any(|null| null == word);
        for (index, (ty, unit)) in self.units.iter().enumerate() {
            let column = &frame.columns()[index];
            let series = column.as_materialized_series();
            let changed = match unit {
                Some(unit) => converted(series, *unit, ty)?,
                None if *ty == Type::Bool && is_null("false") => {
                    series.fill_null(polars::prelude::FillNullStrategy::Zero)?
                }
                None => continue,
            };
            frame.replace_column(index, changed.into_column())?;
        }
        Ok(frame)
    }
}

/// Whole numbers in a unit as a decimal or an instant, without rounding.
fn converted(series: &Series, unit: Unit, ty: &Type) -> PolarsResult<Series> {
    let name = series.name().clone();
    let whole = series.i64()?;
    let decimals = match unit {
        Unit::Unix | Unit::UnixMs => {
            let factor = if unit == Unit::Unix { 1_000_000 } else { 1_000 };
            let micros: ChunkedArray<polars::prelude::Int64Type> =
                whole.iter().map(|value| value.and_then(|value| value.checked_mul(factor))).collect();
            return micros.into_series().with_name(name).cast(&polars_dtype(ty));
        }
        Unit::Cents => 2,
        Unit::Thousandths => 3,
        Unit::Micros => 6,
    };
    let Type::Decimal { precision, scale } = ty else { return Ok(series.clone()) };
    let factor = crate::domain::money::pow10(scale.saturating_sub(decimals)).unwrap_or(1);
    let mantissa = |value: Option<i64>| i128::from(value?).checked_mul(factor);
    let mantissas: ChunkedArray<Int128Type> = whole.iter().map(mantissa).collect();
    let decimal = mantissas.into_decimal_unchecked(usize::from(*precision), usize::from(*scale));
    decimal.into_series().with_name(name).cast(&DataType::Decimal(usize::from(*precision), usize::from(*scale)))
}
