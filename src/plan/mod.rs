//! The checked graph: names bound, schemas known at every node and step, nothing opened.

pub mod build;
pub mod channels;
pub mod connections;
pub mod connectors;
pub mod deliver;
pub mod explain;
pub mod graph;
pub mod mail;
pub mod order;

use indexmap::IndexMap;

use crate::context::{Params, Project};
use crate::diag::Place;
use crate::domain::types::Schema;
use crate::loads::delivery::{Destination, Keyed};
use crate::loads::{BoundLoad, Capabilities};
use crate::sources::BoundSource;
use crate::sources::since::Increment;
use crate::transforms::BoundStep;

pub use build::build;

/// A pipeline that may run.
pub struct Plan {
    /// Name of the pipeline.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// Tables in the order they can be computed.
    pub nodes: IndexMap<String, Node>,
    /// Destinations, in the order of the file.
    pub loads: Vec<Target>,
    /// Share of rejects above which the run ends with exit code 3, in parts per million.
    pub fail_above: Option<u64>,
    /// Of the file as it was understood: two plans with one fingerprint do the same work.
    pub fingerprint: String,
    /// Mail about each run.
    pub mail: Option<mail::MailPlan>,
    /// CSV file for the rejects, as written.
    pub rejects_path: Option<String>,
    /// Typed parameters.
    pub params: Params,
    /// The project.
    pub project: Project,
}

/// A table.
pub struct Node {
    /// Where it is defined.
    pub place: Place,
    /// What it holds.
    pub description: Option<String>,
    /// How its rows come about.
    pub kind: NodeKind,
    /// Its columns.
    pub schema: Schema,
}

/// How the rows of a table come about.
pub enum NodeKind {
    /// Read from outside.
    Source {
        /// Name of the kind: `file`.
        kind: &'static str,
        /// The source.
        source: BoundSource,
        /// Which rows are new, when only those are read.
        increment: Option<Increment>,
        /// Whether files that were read are left out.
        once: bool,
        /// Folder to which files that were read are moved, as written.
        archive: Option<String>,
    },
    /// Computed from another table.
    Transform {
        /// The table it starts from.
        from: String,
        /// Its steps.
        steps: Vec<PlanStep>,
    },
}

/// A step of a transform.
pub struct PlanStep {
    /// Name of the kind: `filter`.
    pub kind: &'static str,
    /// Other tables it reads.
    pub tables: Vec<String>,
    /// Where it stands.
    pub place: Place,
    /// What it does.
    pub bound: BoundStep,
}

/// A destination.
pub struct Target {
    /// Its name.
    pub name: String,
    /// Name of the kind: `file`.
    pub kind: &'static str,
    /// The table whose rows it gets.
    pub from: String,
    /// Other tables it reads, each once.
    pub tables: Vec<String>,
    /// What it promises.
    pub capabilities: Capabilities,
    /// The columns that arrive, as (name at the destination, column of the table).
    pub sent: Vec<(String, String)>,
    /// What is known of its rows; nothing when they have no key and are written as a whole.
    pub keyed: Option<Keyed>,
    /// The load.
    pub way: Way,
}

/// How rows reach a destination.
pub enum Way {
    /// All together.
    Whole(BoundLoad),
    /// One by one, as they change.
    Rows(Box<dyn Destination>),
}

impl Node {
    /// Tables it reads.
    #[must_use]
    pub fn inputs(&self) -> Vec<&str> {
        match &self.kind {
            NodeKind::Source { .. } => Vec::new(),
            NodeKind::Transform { from, steps } => {
                let tables = steps.iter().flat_map(|step| step.tables.iter().map(String::as_str));
                std::iter::once(from.as_str()).chain(tables).collect()
            }
        }
    }
}

impl Target {
    /// All tables that it reads, the one whose rows it gets first.
    pub fn inputs(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.from.as_str()).chain(self.tables.iter().map(String::as_str))
    }
}

impl Plan {
    /// Tables needed for the given ones, with those themselves.
    #[must_use]
    pub fn closure<'a>(&'a self, wanted: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
        let mut needed: std::collections::BTreeSet<&str> = wanted.into_iter().collect();
        for (name, node) in self.nodes.iter().rev() {
            if needed.contains(name.as_str()) {
                needed.extend(node.inputs());
            }
        }
        self.nodes.keys().map(String::as_str).filter(|name| needed.contains(name)).collect()
    }
}
