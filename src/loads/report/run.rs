//! A checked report while it runs: rows are asked for, files are staged, put in place together.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use polars::prelude::{DataFrame, LazyFrame};

use crate::context::summary::Summary;
use crate::context::{NodeError, RunCx};
use crate::domain::calendar::parse_timestamp;
use crate::domain::money::exact::Site;
use crate::io::StagedFile;
use crate::loads::delivery::dispatch::state_failed;
use crate::loads::format::sink::{self, BatchSink, Output, site, write_failed};
use crate::loads::report::gather::{Gather, Shared};
use crate::loads::report::model::{Block, Document, Head, Origin};
use crate::loads::report::outputs::{Finished, Outputs, Paths};
use crate::loads::report::section::{Answer, Env, Section, Tables};
use crate::loads::report::value::Lang;
use crate::loads::report::{brief, page};
use crate::loads::{LoadCx, Receipt, Staging};
use crate::sources::file::input::shown;
use crate::sources::file::once::hash;
use crate::state::State;

/// A checked report.
pub struct BoundReport {
    /// Title.
    pub title: String,
    /// A line under it.
    pub subtitle: Option<String>,
    /// Language.
    pub lang: Lang,
    /// Currency.
    pub currency: String,
    /// Sections.
    pub sections: Vec<Box<dyn Section>>,
    /// Files.
    pub paths: Paths,
}

impl BoundReport {
    /// Starts staging.
    ///
    /// # Errors
    /// A file cannot be begun, or a plan cannot be made.
    pub fn stage(self: &Arc<Self>, frame: LazyFrame, cx: &LoadCx) -> Result<Staging, NodeError> {
        // Each table is computed once, however many sections read it.
        let main = frame.cache();
        let others = cx.tables.iter().map(|(name, frame)| (name.clone(), frame.clone().cache())).collect();
        let tables = Tables { main: main.clone(), others };
        let lists: Vec<Vec<Head>> = self.sections.iter().map(|section| section.heads()).collect();
        let heads: Vec<Head> = lists.iter().flatten().cloned().collect();
        let outputs = Arc::new(Mutex::new(Outputs::begin(heads, &self.paths, cx)?));
        let at_site = Site::from(site(cx).as_str());
        let (mut plans, mut gathers, mut number, mut first) = (Vec::new(), Vec::new(), 0, 0);
        for (section, heads) in self.sections.iter().zip(&lists) {
            let mut own = Vec::new();
            for ask in section.asks(&tables, &at_site)? {
                let is_written = matches!(ask.take, crate::loads::report::section::Take::Written { .. });
                let written = is_written.then(|| (first, heads[0].columns.len()));
                let (plan, gather) = Gather::start(ask, number, written, &outputs, cx)?;
                plans.push(plan);
                own.push(gather);
                number += 1;
            }
            gathers.push(Gathered { first, heads: heads.len(), asks: own });
            first += heads.len();
        }
        let sink =
            ReportSink { report: Arc::clone(self), gathers, outputs, run: cx.run.clone(), load: cx.name.to_owned() };
        let target = [&self.paths.html, &self.paths.xlsx, &self.paths.csv, &self.paths.json, &self.paths.md];
        let target = target.into_iter().flatten().next().map(|path| cx.run.output(path)).unwrap_or_default();
        let mut staging = sink::stage(main, Box::new(sink), target, cx)?;
        staging.others.extend(plans);
        Ok(staging)
    }
}

/// The answers of a section that are coming, and where its tables are among those of the report.
struct Gathered {
    first: usize,
    heads: usize,
    asks: Vec<Shared<Gather>>,
}

struct ReportSink {
    report: Arc<BoundReport>,
    gathers: Vec<Gathered>,
    outputs: Shared<Outputs>,
    run: RunCx,
    load: String,
}

impl BatchSink for ReportSink {
    fn write(&mut self, batch: &DataFrame) -> Result<u64, NodeError> {
        Ok(batch.height() as u64)
    }

    fn finish(self: Box<Self>) -> Result<Output, NodeError> {
        let blocks = self.blocks()?;
        let at = self.run.started_at.timestamp_micros();
        let sections = self.report.sections.iter().zip(&blocks);
        let remembered = sections.flat_map(|(section, block)| section.remembered(block, at)).collect();
        let document = self.document(blocks)?;
        let mut outputs = std::mem::take(&mut *self.outputs.lock().unwrap_or_else(PoisonError::into_inner));
        for (gathered, block) in self.gathers.iter().zip(&document.blocks) {
            for (table, rows) in block.grids.iter().enumerate().take(gathered.heads) {
                rows.iter().try_for_each(|row| outputs.append(gathered.first + table, row))?;
            }
        }
        let mut finished = outputs.finish(&document)?;
        let mut summary = brief::summary(&document);
        for (path, text) in
            [(&self.report.paths.html, page::html(&document)), (&self.report.paths.md, summary.text.clone())]
        {
            if let Some(path) = path {
                finished.files.push(self.text_file(path, &text)?);
            }
        }
        let staged = finished.files.iter().map(|file| file.target().to_path_buf());
        summary.files = staged.chain(finished.folders.iter().map(|folder| folder.target().to_path_buf())).collect();
        let (run, load) = (self.run, self.load);
        Ok(Output::Other(Box::new(move |receipt| {
            let receipt = put_in_place(finished, receipt)?;
            remember(&run, &load, remembered)?;
            note(&run, &load, summary);
            Ok(receipt)
        })))
    }
}

impl ReportSink {
    fn blocks(&self) -> Result<Vec<Block>, NodeError> {
        let state = self.state()?;
        let [pipeline, load] = [self.run.pipeline.as_str(), self.load.as_str()];
        let history = |name: &str, most: u32| {
            let values = state.as_ref().map(|state| {
                state.report_values([pipeline, load, name], self.run.started_at, most).unwrap_or_default()
            });
            let values = values.into_iter().flatten();
            values.filter_map(|value| Some((parse_timestamp(value.at.as_bytes(), None).ok()?, value.value))).collect()
        };
        let env = Env { lang: self.report.lang, at: self.run.started_at, history: &history };
        let answers = |gathered: &Gathered| -> Vec<Answer> { gathered.asks.iter().map(Gather::take).collect() };
        let sections = self.report.sections.iter().zip(&self.gathers);
        Ok(sections.map(|(section, gathered)| section.block(answers(gathered), &env)).collect())
    }

    /// The state, when there is one: a kind that runs by itself has none.
    fn state(&self) -> Result<Option<State>, NodeError> {
        let path = self.run.project.state_dir().join("state.db");
        if !path.is_file() {
            return Ok(None);
        }
        State::open(&path).map(Some).map_err(|error| state_failed(&error))
    }

    fn document(&self, blocks: Vec<Block>) -> Result<Document, NodeError> {
        let report = &self.report;
        Ok(Document {
            lang: report.lang,
            currency: report.currency.clone(),
            title: report.title.clone(),
            subtitle: report.subtitle.clone(),
            blocks,
            origin: self.origin()?,
        })
    }

    fn origin(&self) -> Result<Origin, NodeError> {
        let run = &self.run;
        let inputs = run.inputs().into_iter().map(|(path, table)| {
            let shown = shown(&path, &run.project);
            let hash =
                hash(&path).map_err(|error| crate::sources::file::input::cannot("read", &shown).because(error))?;
            Ok((shown, table, hash))
        });
        let paths = &report_paths(&self.report.paths);
        Ok(Origin {
            run: run.name(),
            pipeline: run.pipeline.clone(),
            fingerprint: run.fingerprint.clone(),
            at: run.started_at.timestamp_micros(),
            params: run.params.0.iter().map(|(name, param)| (name.clone(), param.value.clone())).collect(),
            inputs: inputs.collect::<Result<_, NodeError>>()?,
            files: paths.clone(),
        })
    }

    fn text_file(&self, path: &str, text: &str) -> Result<StagedFile, NodeError> {
        let failed = |error| write_failed(&error);
        let staged = StagedFile::create(&self.run.output(path), &self.run.name()).map_err(failed)?;
        std::fs::write(staged.path(), text)
            .map_err(|error| failed(crate::io::FileError::new("write", staged.target(), error)))?;
        Ok(staged)
    }
}

/// The files beside the page, by format, as a link from the page finds them.
fn report_paths(paths: &Paths) -> Vec<(&'static str, String)> {
    let html = paths.html.as_deref().unwrap_or_default();
    let folder = html.rsplit_once('/').map_or("", |(folder, _)| folder);
    let beside = |path: &String| {
        let path = path.trim_end_matches('/');
        match path.rsplit_once('/') {
            Some((own, name)) if own == folder => Some(name.to_owned()),
            None if folder.is_empty() => Some(path.to_owned()),
            _ => None,
        }
    };
    let files = [("XLSX", &paths.xlsx), ("CSV", &paths.csv), ("JSON", &paths.json)];
    files.into_iter().filter_map(|(format, path)| Some((format, beside(path.as_ref()?)?))).collect()
}

fn put_in_place(finished: Finished, receipt: Receipt) -> Result<Receipt, NodeError> {
    let mut receipt = receipt;
    for file in finished.files {
        let committed = file.commit().map_err(|error| write_failed(&error))?;
        receipt.files += committed.files;
        receipt.bytes += committed.bytes;
    }
    for folder in finished.folders {
        // Tables that are no more part of the report do not stay beside those that are.
        let committed = folder.commit(true).map_err(|error| write_failed(&error))?;
        receipt.files += committed.files;
        receipt.bytes += committed.bytes;
    }
    Ok(receipt)
}

/// Keeps the values of trends. A replay is no run of its own.
fn remember(run: &RunCx, load: &str, values: Vec<(String, String)>) -> Result<(), NodeError> {
    let path: PathBuf = run.project.state_dir().join("state.db");
    if values.is_empty() || run.is_replay || !path.is_file() {
        return Ok(());
    }
    let state = State::open(&path).map_err(|error| state_failed(&error))?;
    let kept = state.keep_report_values([&run.pipeline, load, &run.name()], run.started_at, &values);
    kept.map_err(|error| state_failed(&error))
}

fn note(run: &RunCx, load: &str, summary: Summary) {
    run.summaries.lock().unwrap_or_else(PoisonError::into_inner).insert(load.to_owned(), summary);
}
