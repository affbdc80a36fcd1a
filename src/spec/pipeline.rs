//! The pipeline file: parameters, extract, transform, load, tests.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::contract::ColumnSpecs;
use crate::diag::{Placed, Text};
use crate::loads::fatturapa::FatturaPa;
use crate::loads::feed::FeedLoad;
use crate::loads::file::FileLoad;
use crate::sources::fatturapa::FatturaPaSource;
use crate::sources::file::FileSource;
use crate::sources::inline::InlineSource;
use crate::sources::sdi_messages::SdiMessagesSource;
use crate::sources::statement::StatementSource;
use crate::spec::params::ParamSpec;
use crate::spec::rows::Rows;
use crate::transforms::StepKind;

/// A raccordo pipeline: what to extract, which transforms to run, what to load.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pipeline {
    /// Name of the pipeline: lower-case words joined by `-`. Runs and state are kept under it.
    pub pipeline: Text,
    /// What the pipeline is for, in a sentence.
    pub description: Option<String>,
    /// Values that can be set on the command line (`--param giorno=2026-11-23`).
    #[serde(default)]
    pub params: IndexMap<Text, ParamSpec>,
    /// Tables that come from outside, by name.
    #[serde(default)]
    pub extract: IndexMap<Text, Extract>,
    /// Tables that are computed, by name.
    #[serde(default)]
    pub transform: IndexMap<Text, Transform>,
    /// Destinations, by name.
    #[serde(default)]
    pub load: IndexMap<Text, LoadSpec>,
    /// What to do with rejected rows.
    #[serde(default)]
    pub rejects: RejectsSpec,
    /// Tests with given rows and expected rows; `raccordo test` runs them without touching any source.
    #[serde(default)]
    pub tests: Vec<TestSpec>,
}

/// A table that comes from outside. Exactly one kind: `file`, `inline`, `fatturapa`,
/// `sdi_messages` or `statement`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Extract {
    /// What the table holds.
    pub description: Option<String>,
    /// Rows of local files.
    pub file: Option<FileSource>,
    /// Rows written here.
    pub inline: Option<InlineSource>,
    /// Electronic invoices as tables.
    pub fatturapa: Option<FatturaPaSource>,
    /// Messages of the exchange system about invoices.
    pub sdi_messages: Option<SdiMessagesSource>,
    /// Settlements of providers and statements of banks.
    pub statement: Option<StatementSource>,
    /// Name of a data contract in `schemas/`; rows that break it are rejected, not lost.
    pub schema: Option<Text>,
    /// Columns and their types, when no contract says them.
    pub columns: Option<ColumnSpecs>,
}

/// A computed table.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Transform {
    /// What the table holds.
    pub description: Option<String>,
    /// The table it starts from.
    pub from: Text,
    /// Steps, in order.
    #[serde(default)]
    pub steps: Vec<Placed<StepKind>>,
}

/// A destination. Exactly one kind: `file`, `feed` or `fatturapa`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LoadSpec {
    /// What the destination is for.
    pub description: Option<String>,
    /// The table whose rows are loaded.
    pub from: Text,
    /// A local file.
    pub file: Option<FileLoad>,
    /// A product feed of a marketplace or price comparison site.
    pub feed: Option<FeedLoad>,
    /// Italian electronic invoices.
    pub fatturapa: Option<FatturaPa>,
}

/// What to do with rejected rows. They are always kept in the run's folder.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RejectsSpec {
    /// A share of rejected rows above which the run ends with exit code 3: `1%`. The share is of the rows read by a
    /// table, or received by a load; the worst one counts.
    pub fail_above: Option<Text>,
    /// A CSV file that gets all rejects of the run as well.
    pub path: Option<Text>,
}

/// A test: rows given to some tables, rows expected from others.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TestSpec {
    /// What the test shows.
    pub name: Text,
    /// Rows of extracted (or computed) tables.
    pub given: IndexMap<Text, Rows>,
    /// Expected rows of tables, in any order. Only the named columns are compared.
    pub expect: IndexMap<Text, Rows>,
}
