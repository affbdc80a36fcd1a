//! Load kind `file`: rows into one file, or into one file per value.

use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use polars::prelude::{Expr, LazyFrame, PlSmallStr, col};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::context::{BindCx, NodeError};
use crate::diag::{Code, Diagnostic, Text};
use crate::domain::types::{Schema, Type};
use crate::io::{FileError, StagedDir, StagedFile};
use crate::loads::format::sink::{self, FileSink, OpenWriter, PerValueSink, Rejected};
use crate::loads::format::template::{OutputPath, PathTemplate};
use crate::loads::format::writer::{FileWriter, TextWriter};
use crate::loads::format::xlsx::SheetWriter;
use crate::loads::format::{BoundFormat, OutputFormat, columnar};
use crate::loads::{BoundLoad, Capabilities, Guarantee, Load, LoadCx, Staging};

/// Writes the table to a file, always whole: beside the destination under a hidden name, renamed at the end.
///
/// ```yaml
/// load:
///   listino: { from: prezzi, file: { path: out/listino.csv, format: { csv: { delimiter: ";", decimal: "," } } } }
///   canali: { from: prezzi, file: { path: "out/{canale}/prezzi.jsonl" } }
/// ```
///
/// A path with `{column}` makes one file per distinct value. Values that would leave the folder reject their row. With
/// many files each one appears whole, but not all of them in the same instant.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FileLoad {
    /// Where to write, from the project's folder when relative. `{column}` stands for the value of a column, `{{` and
    /// `}}` for braces.
    pub path: Text,
    /// Folder that `path` starts from, when it is not the project's: `folder: !param out`.
    #[serde(default)]
    pub folder: Option<Text>,
    /// The format. Default: by the extension of the path: `.csv .tsv .json .jsonl .ndjson .xlsx .parquet .arrow .ipc`,
    /// text formats also with `.gz`.
    #[serde(default)]
    pub format: Option<OutputFormat>,
    /// Which columns to write, in this order and under these names: `{ Codice: sku, Prezzo: prezzo }`. Default: all.
    #[serde(default)]
    pub columns: Option<IndexMap<String, Text>>,
    /// Compression of a text format. Default: `gzip` when the path ends in `.gz`.
    #[serde(default)]
    pub compress: Option<Compress>,
    /// With `{column}` in the path: removes files of the same extension that this run did not write from the folders it
    /// wrote to. When no row is written, nothing is removed. Default: `false`.
    #[serde(default)]
    pub clean: bool,
}

/// Compression of a text format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Compress {
    /// gzip.
    Gzip,
    /// None.
    None,
}

impl Load for FileLoad {
    fn capabilities(&self) -> Capabilities {
        Capabilities { guarantee: Guarantee::ExactlyOnce, ordered: true }
    }

    fn bind(&self, input: &Schema, cx: &BindCx) -> Option<BoundLoad> {
        let before = cx.reported();
        let columns = self.bind_columns(input, cx);
        let path = OutputPath::parse(&self.path, input, cx).map(|path| path.below(self.folder.as_deref()));
        let (by_extension, named_gzip) = OutputFormat::by_extension(self.path.as_str());
        let format = self.format.as_ref().or(by_extension.as_ref());
        if format.is_none() {
            cx.report(self.no_format());
        }
        let types: Vec<(String, Type)> =
            columns.iter().map(|column| (column.name.clone(), column.ty.clone())).collect();
        let tab = self.is_named("tsv");
        let format = format.and_then(|format| format.bind(&types, tab, cx));
        let gzip = self.compress.map_or(named_gzip, |compress| compress == Compress::Gzip);
        if let (Some(format), Some(path)) = (&format, &path) {
            self.check_together(format, path, gzip, cx);
        }
        if cx.reported() > before {
            return None;
        }
        let bound = Bound { columns, types, format: format?, gzip, clean: self.clean };
        let bound = match path? {
            OutputPath::File(path) => {
                BoundLoad { stage: Box::new(move |frame, cx| bound.stage_file(frame, &path, cx)) }
            }
            OutputPath::PerValue(template) => {
                let keys =
                    template.columns.iter().map(|name| (name.clone(), input.get(name).cloned().unwrap_or(Type::Text)));
                let keys: Vec<_> = keys.collect();
                BoundLoad { stage: Box::new(move |frame, cx| bound.stage_folder(frame, &template, &keys, cx)) }
            }
        };
        Some(bound)
    }

    fn sent(&self, input: &Schema, _cx: &BindCx) -> Vec<(String, String)> {
        self.chosen(input)
    }
}

impl FileLoad {
    fn chosen(&self, input: &Schema) -> Vec<(String, String)> {
        match &self.columns {
            None => input.names().map(|name| (name.to_owned(), name.to_owned())).collect(),
            Some(chosen) => chosen.iter().map(|(name, source)| (name.clone(), source.to_string())).collect(),
        }
    }

    fn bind_columns(&self, input: &Schema, cx: &BindCx) -> Vec<OutputColumn> {
        let Some(chosen) = &self.columns else {
            return input.iter().map(|(name, ty)| OutputColumn::new(name, name, ty)).collect();
        };
        if chosen.is_empty() {
            let help = "name them, `columns: { Codice: sku }`, or leave `columns` out to write all";
            cx.report(Diagnostic::error(Code::BadValue, self.path.place(), "`columns` chooses no column").help(help));
        }
        let known = chosen.iter().filter(|(_, source)| cx.require_column(input, source));
        known
            .filter_map(|(name, source)| Some(OutputColumn::new(name, source.as_str(), input.get(source.as_str())?)))
            .collect()
    }

    /// Whether the path has that extension, `.gz` aside.
    fn is_named(&self, extension: &str) -> bool {
        let path = Path::new(self.path.as_str());
        let plain = if path.extension().is_some_and(|last| last.eq_ignore_ascii_case("gz")) {
            path.with_extension("")
        } else {
            path.to_path_buf()
        };
        plain.extension().is_some_and(|last| last.eq_ignore_ascii_case(extension))
    }

    fn no_format(&self) -> Diagnostic {
        let message = format!("the format of `{}` cannot be known from its name", self.path.as_str());
        let help = if self.is_named("xml") {
            "xml needs its elements: `format: { xml: { root: Products, record: Product } }`"
        } else {
            "add it: `format: { csv: {} }`; known formats: csv, json, jsonl, xml, xlsx, parquet, ipc"
        };
        Diagnostic::error(Code::MissingKey, self.path.place(), message).help(help)
    }

    fn check_together(&self, format: &BoundFormat, path: &OutputPath, gzip: bool, cx: &BindCx) {
        let text = matches!(format, BoundFormat::Text(_));
        let per_value = matches!(path, OutputPath::PerValue(_));
        if gzip && !text {
            let message = "gzip is for text formats: xlsx and parquet are compressed already";
            cx.report(
                Diagnostic::error(Code::Unsupported, self.path.place(), message).help("drop `compress` and `.gz`"),
            );
        }
        if per_value && matches!(format, BoundFormat::Columnar(_)) {
            let message = "one file per value cannot be written as parquet or ipc";
            cx.report(
                Diagnostic::error(Code::Unsupported, self.path.place(), message)
                    .help("use csv, jsonl, json, xml or xlsx"),
            );
        }
        if self.clean && !per_value {
            let message = "`clean` needs a path with `{column}`: a single file is always replaced";
            cx.report(Diagnostic::error(Code::BadValue, self.path.place(), message));
        }
    }
}

#[derive(Clone)]
struct OutputColumn {
    name: String,
    source: String,
    ty: Type,
}

impl OutputColumn {
    fn new(name: &str, source: &str, ty: &Type) -> Self {
        Self { name: name.to_owned(), source: source.to_owned(), ty: ty.clone() }
    }

    fn expr(&self) -> Expr {
        col(PlSmallStr::from_str(&self.source)).alias(PlSmallStr::from_str(&self.name))
    }
}

struct Bound {
    columns: Vec<OutputColumn>,
    types: Vec<(String, Type)>,
    format: BoundFormat,
    gzip: bool,
    clean: bool,
}

impl Bound {
    fn select(&self, frame: LazyFrame, keys: &[(String, Type)]) -> LazyFrame {
        let keys = keys.iter().enumerate().map(|(index, (name, _))| {
            // Not a name that a column can have: the same column may be written too.
            col(PlSmallStr::from_str(name)).alias(PlSmallStr::from_string(format!("\u{0}path:{index}")))
        });
        frame.select(self.columns.iter().map(OutputColumn::expr).chain(keys).collect::<Vec<_>>())
    }

    fn stage_file(&self, frame: LazyFrame, path: &str, cx: &LoadCx) -> Result<Staging, NodeError> {
        let frame = self.select(frame, &[]);
        let target = cx.run.output(path);
        if let BoundFormat::Columnar(format) = &self.format {
            return columnar::stage(frame, *format, &self.types, target, cx);
        }
        let failed = |error: FileError| sink::write_failed(&error);
        let staged = StagedFile::create(&target, &sink::run_name(cx)).map_err(failed)?;
        let open = self.opener(false, cx);
        let writer = open(staged.path(), &target).map_err(failed)?;
        let file = FileSink { types: self.types.clone(), writer, staged, rejected: Rejected::new(cx) };
        sink::stage(frame, Box::new(file), target, cx)
    }

    fn stage_folder(
        &self,
        frame: LazyFrame,
        template: &PathTemplate,
        keys: &[(String, Type)],
        cx: &LoadCx,
    ) -> Result<Staging, NodeError> {
        let frame = self.select(frame, keys);
        let target: PathBuf = cx.run.output(&template.folder);
        let staged = StagedDir::create(&target, &sink::run_name(cx)).map_err(|error| sink::write_failed(&error))?;
        let folder = PerValueSink {
            types: self.types.clone(),
            keys: keys.to_vec(),
            template: template.clone(),
            open: self.opener(true, cx),
            most_files: if matches!(self.format, BoundFormat::Sheet(_)) { 200 } else { 10_000 },
            files: IndexMap::new(),
            staged,
            clean: self.clean,
            rejected: Rejected::new(cx),
        };
        sink::stage(frame, Box::new(folder), target, cx)
    }

    fn opener(&self, many: bool, cx: &LoadCx) -> OpenWriter {
        let (format, gzip, scratch) = (self.format.clone(), self.gzip, cx.run.staging_dir());
        Box::new(move |path: &Path, shown: &Path| -> Result<Box<dyn FileWriter>, FileError> {
            match &format {
                BoundFormat::Text(format) => Ok(Box::new(TextWriter::begin(format.clone(), path, shown, gzip, many))),
                BoundFormat::Sheet(format) => Ok(Box::new(SheetWriter::begin(format, path, shown, &scratch)?)),
                BoundFormat::Columnar(_) => {
                    let error = std::io::Error::from(std::io::ErrorKind::Unsupported);
                    Err(FileError::new("write", shown, error))
                }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fs;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use polars::prelude::{DataFrame, Engine, IntoLazy, ParquetReader, SerReader};

    use super::*;
    use crate::context::{Params, Project, Rejects, RunCx};
    use crate::loads::format::testing::sample;

    fn bind(json: &str, project: &Project) -> Result<BoundLoad, Vec<(Code, String)>> {
        let load: FileLoad = serde_json::from_str(json).unwrap();
        let (params, tables) = (Params::default(), BTreeMap::new());
        let cx = BindCx::new(project, &params, "load:x", &tables);
        let bound = load.bind(&sample().1.into_iter().collect(), &cx);
        bound.ok_or_else(|| cx.into_diagnostics().iter().map(|found| (found.code, found.message.clone())).collect())
    }

    fn run_cx(root: &Path, stop: bool) -> RunCx {
        let cancelled = Arc::new(AtomicBool::new(false));
        cancelled.store(stop, Ordering::Relaxed);
        let rejects = Arc::new(Rejects::new(None));
        RunCx::new(
            Project::at(root),
            Params::default(),
            root.join(".raccordo/runs/r1"),
            chrono::DateTime::UNIX_EPOCH,
            rejects,
            cancelled,
        )
    }

    /// Runs all loads of one table together, as the engine does.
    fn run(frame: &DataFrame, loads: &[&str], run: &RunCx) -> Result<Vec<crate::loads::Receipt>, String> {
        // One plan, shared: the optimiser looks for equal parts.
        let table = frame.clone().lazy();
        let mut plans = Vec::new();
        let mut finishes = Vec::new();
        for (index, json) in loads.iter().enumerate() {
            let bound = bind(json, &run.project).map_err(|problems| format!("{problems:?}"))?;
            let name = format!("l{index}");
            let staging = (bound.stage)(table.clone(), &LoadCx { run, name: &name, tables: BTreeMap::new() });
            let staging = staging.map_err(|error| error.to_string())?;
            plans.push(staging.plan.logical_plan);
            finishes.push(staging.finish);
        }
        LazyFrame::collect_all_with_engine(plans, Engine::Streaming, polars::prelude::OptFlags::default())
            .map_err(|error| error.to_string())?;
        let staged = finishes.into_iter().map(|finish| finish());
        let receipts = staged.map(|staged| staged.and_then(|staged| (staged.commit)()));
        receipts.collect::<Result<_, _>>().map_err(|error| error.to_string())
    }

    fn files(root: &Path) -> Vec<String> {
        let mut found = Vec::new();
        let mut folders = vec![root.to_path_buf()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    found.push(path.strip_prefix(root).unwrap().to_string_lossy().into_owned());
                }
            }
        }
        found.sort();
        found
    }

    #[test]
    fn loads_of_one_table_do_not_disturb_one_another() {
        let root = tempfile::tempdir().unwrap();
        let cx = run_cx(root.path(), false);
        let loads = [
            r#"{"path":"out/a.csv"}"#,
            r#"{"path":"out/a.jsonl","columns":{"codice":"sku"}}"#,
            r#"{"path":"out/b.jsonl.gz"}"#,
            r#"{"path":"out/a.parquet"}"#,
            r#"{"path":"out/a.arrow"}"#,
            r#"{"path":"out/a.xlsx"}"#,
            r#"{"path":"out/b.csv"}"#,
        ];
        let receipts = run(&sample().0, &loads, &cx).unwrap();
        assert!(
            receipts.iter().all(|receipt| receipt.rows == 2 && receipt.files == 1 && receipt.bytes > 20),
            "{receipts:?}"
        );
        let out = root.path().join("out");
        assert_eq!(files(&out), ["a.arrow", "a.csv", "a.jsonl", "a.parquet", "a.xlsx", "b.csv", "b.jsonl.gz"]);
        assert_eq!(fs::read_to_string(out.join("a.jsonl")).unwrap(), "{\"codice\":\"001\"}\n{\"codice\":\"=1;x\"}\n");
        assert_eq!(fs::read(out.join("a.csv")).unwrap(), fs::read(out.join("b.csv")).unwrap());
        let parquet = ParquetReader::new(fs::File::open(out.join("a.parquet")).unwrap()).finish().unwrap();
        assert_eq!(parquet.column("prezzo").unwrap().dtype(), &polars::prelude::DataType::Decimal(18, 2));
        for index in 0..loads.len() {
            assert_eq!(cx.counters.value(&format!("load:l{index}")), 2, "{index}");
        }
    }

    #[test]
    fn an_empty_table_is_an_empty_file() {
        let root = tempfile::tempdir().unwrap();
        let loads = [r#"{"path":"a.csv"}"#, r#"{"path":"a.json"}"#, r#"{"path":"{sku}.json"}"#];
        let receipts = run(&sample().0.slice(0, 0), &loads, &run_cx(root.path(), false)).unwrap();
        assert_eq!(receipts.iter().map(|receipt| receipt.files).collect::<Vec<_>>(), [1, 1, 0]);
        assert_eq!(fs::read_to_string(root.path().join("a.csv")).unwrap(), "sku,prezzo,qty,attivo,dal,tag\n");
        assert_eq!(fs::read_to_string(root.path().join("a.json")).unwrap(), "[]\n");
    }

    #[test]
    fn one_file_per_value_and_rejects_for_values_that_climb() {
        let root = tempfile::tempdir().unwrap();
        let cx = run_cx(root.path(), false);
        let frame = polars::prelude::df!("canale" => ["ebay", "../../x", "ebay", "amazon", "amazon/.."], "sku" => ["1", "2", "3", "4", "4"]);
        let load: FileLoad = serde_json::from_str(r#"{"path":"out/{canale}/p.csv","columns":{"sku":"sku"}}"#).unwrap();
        let schema: Schema = [("canale", Type::Text), ("sku", Type::Text)].into_iter().collect();
        let (params, tables) = (Params::default(), BTreeMap::new());
        let bound = load.bind(&schema, &BindCx::new(&cx.project, &params, "load:p", &tables)).unwrap();
        let staging =
            (bound.stage)(frame.unwrap().lazy(), &LoadCx { run: &cx, name: "p", tables: BTreeMap::new() }).unwrap();
        staging.plan.collect_with_engine(Engine::Streaming).unwrap();
        let receipt = ((staging.finish)().unwrap().commit)().unwrap();
        assert_eq!((receipt.rows, receipt.files), (3, 2));
        assert_eq!(files(&root.path().join("out")), ["amazon/p.csv", "ebay/p.csv"]);
        assert_eq!(fs::read_to_string(root.path().join("out/ebay/p.csv")).unwrap(), "sku\n1\n3\n");
        assert_eq!(cx.rejects.causes(), [("load:p".into(), "path-escapes".into(), 2)]);
        let example = &cx.rejects.examples()[0];
        assert_eq!((example.origin.path.as_deref(), example.row.as_str()), (Some("row 2"), "{\"sku\":\"2\"}"));
    }

    #[test]
    fn a_stopped_run_leaves_nothing() {
        let root = tempfile::tempdir().unwrap();
        for load in [
            r#"{"path":"out/a.csv"}"#,
            r#"{"path":"out/a.parquet"}"#,
            r#"{"path":"out/a.xlsx"}"#,
            r#"{"path":"out/{sku}.csv"}"#,
        ] {
            let error = run(&sample().0, &[load], &run_cx(root.path(), true)).unwrap_err();
            assert!(error.contains("[interrupted]"), "{error}");
            assert_eq!(files(root.path()), Vec::<String>::new(), "{load}");
        }
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_explained() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("out"), "a file").unwrap();
        let error = run(&sample().0, &[r#"{"path":"out/a.csv"}"#], &run_cx(root.path(), false)).unwrap_err();
        assert!(error.starts_with("cannot create the folder `") && error.contains("out`: "), "{error}");
    }

    #[test]
    fn wrong_loads_are_explained() {
        let cases = [
            (r#"{"path":"out/a.dat"}"#, vec![Code::MissingKey]),
            (r#"{"path":"out/a.xml"}"#, vec![Code::MissingKey]),
            (r#"{"path":"out/a.parquet.gz"}"#, vec![Code::Unsupported]),
            (r#"{"path":"out/{sku}.parquet"}"#, vec![Code::Unsupported]),
            (r#"{"path":"out/a.csv","clean":true}"#, vec![Code::BadValue]),
            (
                r#"{"path":"out/a.csv","columns":{"a":"skuu","b":"prezo"}}"#,
                vec![Code::UnknownColumn, Code::UnknownColumn],
            ),
            (r#"{"path":"out/a.csv","columns":{}}"#, vec![Code::BadValue]),
            (r#"{"path":"out/a.xlsx","format":{"xlsx":{"sheet":"a/b"}}}"#, vec![Code::BadValue]),
        ];
        for (json, expected) in cases {
            let problems = bind(json, &Project::at(".")).err().unwrap();
            assert_eq!(problems.iter().map(|(code, _)| *code).collect::<Vec<_>>(), expected, "{json}: {problems:?}");
        }
    }
}
