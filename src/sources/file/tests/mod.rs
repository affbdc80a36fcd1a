//! Whole files through bind and scan, in every format.

mod hostile;
mod rows;
mod structured;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use polars::prelude::{DataFrame, Engine};

use super::*;
use crate::context::{Params, Project, Reject, Rejects};
use crate::contract::{ContractFile, compile, polars_schema};
use crate::domain::types::Schema;

/// A project folder in which one source is bound and read.
struct Bench {
    folder: tempfile::TempDir,
}

/// What a source delivered.
struct Read {
    frame: DataFrame,
    rejects: Vec<Reject>,
    read: u64,
}

impl Bench {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn with(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        let path = self.folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
        self
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Binds; answers the messages when there are any.
    fn bind(&self, source: &str, columns: &str) -> Result<BoundSource, Vec<String>> {
        let source: FileSource = serde_json::from_str(source).unwrap();
        let contract = (!columns.is_empty()).then(|| serde_json::from_str::<ContractFile>(columns).unwrap());
        let columns = contract.map(|contract| {
            let (columns, found) = compile(&contract.columns, &contract.key);
            assert!(found.is_empty(), "{found:?}");
            columns.unwrap()
        });
        let (project, params, tables) =
            (Project::at(self.path()), Params::default(), BTreeMap::<String, Schema>::new());
        let cx = BindCx::new(&project, &params, "t", &tables);
        let bound = source.bind(columns.as_ref(), &cx);
        let found = cx.into_diagnostics();
        bound.ok_or_else(|| {
            found
                .iter()
                .map(|found| format!("{}: {} | {}", found.code, found.message, found.help.join(" | ")))
                .collect()
        })
    }

    fn scan(&self, source: &str, columns: &str) -> Result<Read, NodeError> {
        let bound = self.bind(source, columns).unwrap();
        let rejects = Arc::new(Rejects::new(None));
        let run = self.path().join("run");
        let cx = RunCx::new(
            Project::at(self.path()),
            Params::default(),
            run,
            chrono::DateTime::UNIX_EPOCH,
            Arc::clone(&rejects),
            Arc::default(),
        );
        let frame = bound.scan.scan("t", &cx)?.collect_with_engine(Engine::Streaming)?.unwrap_single();
        assert_eq!(frame.schema().as_ref(), &polars_schema(&bound.schema));
        let read = cx.counters.value("t:read");
        assert_eq!(read, frame.height() as u64 + rejects.total(), "rows are unaccounted for");
        Ok(Read { frame, rejects: rejects.examples(), read })
    }
}

impl Read {
    /// A column as text, as polars prints it.
    fn texts(&self, column: &str) -> Vec<String> {
        let column = self.frame.column(column).unwrap();
        (0..column.len()).map(|row| column.get(row).unwrap().to_string().replace('"', "")).collect()
    }

    /// Line, column and cause of each reject.
    fn causes(&self) -> Vec<(u64, String, String)> {
        let cause = |reject: &Reject| {
            (reject.origin.line.unwrap_or(0), reject.column.clone().unwrap_or_default(), reject.cause.clone())
        };
        self.rejects.iter().map(cause).collect()
    }
}

fn causes(expected: &[(u64, &str, &str)]) -> Vec<(u64, String, String)> {
    expected.iter().map(|(line, column, cause)| (*line, (*column).to_owned(), (*cause).to_owned())).collect()
}
