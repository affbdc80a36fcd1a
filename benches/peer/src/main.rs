//! The benchmark jobs as a person would write them with Polars: lazy, streaming, typed columns, no checks.
//!
//! `peer join DATA OUT` and `peer filter DATA OUT`. What raccordo does beyond this (rejects with line and reason, cardinality of the
//! join, row counts, exact products, staged files) is missing here on purpose: the ratio is the price of it.

use std::path::Path;
use std::process::ExitCode;

use polars::prelude::*;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [job, data, out] = &arguments[..] else { return usage() };
    let result = match job.as_str() {
        "join" => join(Path::new(data), Path::new(out)),
        "filter" => filter(Path::new(data), Path::new(out)),
        _ => return usage(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn usage() -> ExitCode {
    eprintln!("usage: peer join|filter DATA_FOLDER OUT_FILE");
    ExitCode::FAILURE
}

fn money() -> DataType {
    DataType::Decimal(18, 2)
}

fn righe() -> Schema {
    Schema::from_iter([
        ("riga".into(), DataType::Int64),
        ("sku".into(), DataType::String),
        ("ean".into(), DataType::String),
        ("titolo".into(), DataType::String),
        ("marca".into(), DataType::String),
        ("categoria".into(), DataType::String),
        ("fornitore".into(), DataType::String),
        ("magazzino".into(), DataType::String),
        ("canale".into(), DataType::String),
        ("attivo".into(), DataType::Boolean),
        ("qty".into(), DataType::Int64),
        ("impegnato".into(), DataType::Int64),
        ("prezzo".into(), DataType::Decimal(18, 4)),
        ("costo".into(), DataType::Decimal(18, 4)),
        ("sconto".into(), money()),
        ("iva".into(), money()),
        ("peso_g".into(), DataType::Int64),
        ("data".into(), DataType::Date),
        ("aggiornato".into(), DataType::Datetime(TimeUnit::Microseconds, None)),
        ("note".into(), DataType::String),
    ])
}

fn listino() -> Schema {
    Schema::from_iter([
        ("sku".into(), DataType::String),
        ("listino".into(), DataType::Decimal(18, 4)),
        ("valido_dal".into(), DataType::Date),
        ("gruppo".into(), DataType::String),
    ])
}

fn movimenti() -> Schema {
    Schema::from_iter([
        ("movimento".into(), DataType::Int64),
        ("sku".into(), DataType::String),
        ("magazzino".into(), DataType::String),
        ("causale".into(), DataType::String),
        ("qty".into(), DataType::Int64),
        ("valore".into(), money()),
        ("data".into(), DataType::Date),
        ("note".into(), DataType::String),
    ])
}

fn scan(path: &Path, schema: Schema) -> PolarsResult<LazyFrame> {
    let path = PlRefPath::try_from_path(path)?;
    LazyCsvReader::new(path).with_has_header(true).with_schema(Some(Arc::new(schema))).finish()
}

fn join(data: &Path, out: &Path) -> PolarsResult<()> {
    let wide = |expr: Expr| expr.cast(DataType::Decimal(38, 8));
    let rounded = |expr: Expr| expr.round(2, RoundMode::HalfAwayFromZero).cast(money());
    let left = scan(&data.join("righe.csv"), righe())?
        .filter(col("attivo").and(col("qty").gt(col("impegnato"))))
        .with_columns([
            (col("qty") - col("impegnato")).alias("libero"),
            rounded(wide(col("prezzo")) * (lit(1) + wide(col("iva")) / lit(100))).alias("lordo"),
        ])
        .with_columns([rounded(wide(col("lordo")) * wide(col("libero"))).alias("valore")]);
    let right = scan(&data.join("listino.csv"), listino())?;
    let joined = left
        .join(right, [col("sku")], [col("sku")], JoinArgs::new(JoinType::Left))
        .with_columns([(col("listino") - col("prezzo")).alias("differenza")]);
    let options = ParquetWriteOptions { compression: ParquetCompression::Zstd(None), ..ParquetWriteOptions::default() };
    run(joined, out, FileWriteFormat::Parquet(Arc::new(options)))
}

fn filter(data: &Path, out: &Path) -> PolarsResult<()> {
    let frame = scan(&data.join("movimenti.csv"), movimenti())?.filter(col("qty").gt(lit(0)).and(col("causale").eq(lit("vendita"))));
    run(frame, out, FileWriteFormat::Csv(CsvWriterOptions::default()))
}

fn run(frame: LazyFrame, out: &Path, format: FileWriteFormat) -> PolarsResult<()> {
    let target = SinkTarget::Path(PlRefPath::try_from_path(out)?);
    let sink = frame.sink(SinkDestination::File { target }, format, UnifiedSinkArgs::default())?;
    sink.collect_with_engine(Engine::Streaming)?;
    Ok(())
}
