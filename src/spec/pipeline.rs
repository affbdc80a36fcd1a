//! The pipeline file: parameters, extract, transform, load, tests.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::connect::Setting;
use crate::contract::ColumnSpecs;
use crate::diag::{Placed, Text};
use crate::loads::delivery::Mode;
use crate::loads::delivery::spec::GuardSpec;
use crate::loads::fatturapa::FatturaPa;
use crate::loads::feed::FeedLoad;
use crate::loads::file::FileLoad;
use crate::loads::http::HttpLoad;
use crate::loads::report::ReportLoad;
use crate::loads::sql::SqlLoad;
use crate::sources::fatturapa::FatturaPaSource;
use crate::sources::file::FileSource;
use crate::sources::inline::InlineSource;
use crate::sources::sdi_messages::SdiMessagesSource;
use crate::sources::since::Since;
use crate::sources::sql::SqlSource;
use crate::sources::statement::StatementSource;
use crate::spec::mail::{MailServer, MailSpec};
use crate::spec::params::ParamSpec;
use crate::spec::rows::Rows;
use crate::transforms::StepKind;
use crate::transforms::names::Names;

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
    /// Platforms that tables are read from and written to, by name: `negozio: { woocommerce: { url: !env WOO_URL, … } }`.
    #[serde(default)]
    #[schemars(with = "IndexMap<String, BTreeMap<String, BTreeMap<String, Setting>>>")]
    pub connections: IndexMap<Text, Placed<ConnectionSpec>>,
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
    /// Mail about each run.
    pub mail: Option<Placed<MailSpec>>,
    /// Tests with given rows and expected rows; `raccordo test` runs them without touching any source.
    #[serde(default)]
    pub tests: Vec<TestSpec>,
    /// What was written of each table and load, without comments and places, by `extract.NAME` and the like.
    #[serde(skip)]
    pub texts: BTreeMap<String, String>,
    /// The server that takes mail, as the project says.
    #[serde(skip)]
    pub mail_server: Option<MailServer>,
}

/// The connector of a platform and its settings.
pub type ConnectionSpec = IndexMap<Text, IndexMap<Text, Placed<Setting>>>;

/// A table that comes from outside. Exactly one kind: `from` (a connection), `file`, `inline`,
/// `fatturapa`, `sdi_messages`, `sql` or `statement`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Extract {
    /// What the table holds.
    pub description: Option<String>,
    /// A resource of a connection: `negozio.orders`.
    pub from: Option<Text>,
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
    /// Rows of a database.
    pub sql: Option<SqlSource>,
    /// Reads only rows that are new since the last run.
    pub since: Option<Since>,
    /// Name of a data contract in `schemas/`; rows that break it are rejected, not lost.
    pub schema: Option<Text>,
    /// Columns and their types, when no contract says them.
    pub columns: Option<ColumnSpecs>,
}

impl Extract {
    /// Whether only what is new is read.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        self.since.is_some() || self.file.as_ref().is_some_and(|file| file.once || file.archive.is_some())
    }
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

/// A destination. Exactly one kind: `to` (a connection), `file`, `feed`, `fatturapa`, `sql`, `http` or `report`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LoadSpec {
    /// What the destination is for.
    pub description: Option<String>,
    /// The table whose rows are loaded.
    pub from: Text,
    /// What becomes of rows at the destination: `append`, `replace`, `merge` or `mirror`. Files, feeds and invoices are
    /// always written whole (`replace`, or `mirror` for its guards); default for rows: `append` without a key, `merge` with one.
    pub mode: Option<Placed<Mode>>,
    /// The column, or columns, that name a row at the destination. With a key only changes are sent, `plan` shows them, and
    /// guards can judge them. Two rows with one key are an error.
    pub key: Option<Names>,
    /// What stops the load before anything is sent.
    pub guard: Option<GuardSpec>,
    /// A resource of a connection: `negozio.products`.
    pub to: Option<Text>,
    /// A local file.
    pub file: Option<FileLoad>,
    /// A product feed of a marketplace or price comparison site.
    pub feed: Option<FeedLoad>,
    /// Italian electronic invoices.
    pub fatturapa: Option<FatturaPa>,
    /// A table of a database.
    pub sql: Option<SqlLoad>,
    /// Requests to a web service, one for each row that changes or one for many.
    pub http: Option<HttpLoad>,
    /// A page that a person opens, with its tables as a workbook and as data. It may read more tables than `from`.
    pub report: Option<ReportLoad>,
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
