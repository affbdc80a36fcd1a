//! What a person writes of a report: its sections and its files.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::diag::{Placed, Text};
use crate::loads::report::value::Lang;
use crate::transforms::names::Names;
use crate::transforms::shape::{Options, Shape};

/// Writes a report that a person reads: one HTML file that opens anywhere, with the same tables as a workbook and as data.
///
/// ```yaml
/// load:
///   quadratura:
///     from: anomalie
///     report:
///       title: Quadratura della notte
///       sections:
///         - figures:
///             values:
///               - { title: Anomalie aperte, value: "COUNT(*)", good: "= 0" }
///               - { title: A rischio, value: "SUM(importo)", kind: money, bad: "> 1000" }
///         - table: { title: Anomalie, columns: { Ordine: ordine, Importo: importo }, sort: -importo }
///       files: { html: out/quadratura.html, xlsx: out/quadratura.xlsx }
/// ```
///
/// The rows of `from` are read, not consumed; a section may read any other table by its own `from`. The page needs no network
/// and no program but a browser; it prints, works on a phone, in light and dark, by keyboard and without its script. Tables in
/// the page are cut after `rows` rows and say so; XLSX, CSV and JSON hold all of them.
///
/// The same rows give the same bytes: the only time in a report is that of the run. All files appear whole, at the end, or not
/// at all; between two files of one report there may be an instant. Trends are drawn from values that earlier runs kept; for
/// days without a run nothing is drawn.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReportLoad {
    /// The title of the page and of the message.
    pub title: Text,
    /// A line under the title.
    pub subtitle: Option<Text>,
    /// Language of words and numbers: `it` (the default) or `en`.
    #[serde(default)]
    pub language: Lang,
    /// Currency of amounts of kind `money`, ISO 4217. Default: `EUR`.
    pub currency: Option<Text>,
    /// Rows of a table that the page shows. Default: 1000.
    pub rows: Option<u32>,
    /// The sections, in order.
    pub sections: Vec<Placed<SectionSpec>>,
    /// The files that are written; at least one.
    pub files: FilesSpec,
}

/// The files of a report; paths start from the project's folder when relative.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FilesSpec {
    /// The page: one self-contained file.
    pub html: Option<Text>,
    /// A workbook: one sheet per table, with real numbers and dates, filters and a header that stays in sight. A table of
    /// more rows than a sheet holds goes on in the next sheet.
    pub xlsx: Option<Text>,
    /// A folder that gets one CSV file per table.
    pub csv: Option<Text>,
    /// Everything as JSON; decimals are texts, so that no reader rounds them.
    pub json: Option<Text>,
    /// The summary as Markdown that also reads well as plain text.
    pub md: Option<Text>,
}

/// A section: one key, the name of its kind.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SectionSpec {
    /// A few paragraphs.
    Text(TextSpec),
    /// Big numbers.
    Figures(FiguresSpec),
    /// Rows of a table.
    Table(Box<TableSpec>),
    /// How an opening amount becomes a closing one.
    Bridge(BridgeSpec),
    /// Values over the last runs.
    Trend(TrendSpec),
    /// How much of each chain matches, in rows and in money.
    Matches(MatchesSpec),
    /// What is open, by code and by age.
    Exceptions(Box<ExceptionsSpec>),
}

/// Paragraphs of plain text, divided by an empty line. Nothing in it is markup.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TextSpec {
    /// Heading of the section.
    pub title: Option<Text>,
    /// The text.
    pub body: Text,
}

/// Big numbers, each the aggregate of a table.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FiguresSpec {
    /// Heading of the section.
    pub title: Option<Text>,
    /// The table. Default: that of the load.
    pub from: Option<Text>,
    /// The numbers.
    pub values: Vec<FigureSpec>,
}

/// One big number.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FigureSpec {
    /// What it counts, in a few words.
    pub title: Text,
    /// An aggregate of the table: `COUNT(*)`, `SUM(importo)`, `MAX(totale)` of a table with one row.
    pub value: Text,
    /// Only rows for which this holds: `severity = 'blocker'`.
    #[serde(rename = "where")]
    pub filter: Option<Text>,
    /// Another table than that of the section.
    pub from: Option<Text>,
    /// How it is shown: `money`, `count`, `number`, `share` (0.5 is 50 %), `date`, `time`, `text`. Default: by its type.
    pub kind: Option<Kind>,
    /// When it is good: a comparison with a number, `>= 99%`, `= 0`. Shown by a word and a sign, not by colour alone.
    pub good: Option<Text>,
    /// When it is bad. Neither good nor bad is a warning.
    pub bad: Option<Text>,
    /// A line under the number.
    pub note: Option<Text>,
}

/// How values are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// As it is.
    Text,
    /// An amount with two decimals at least.
    Money,
    /// A whole number.
    Count,
    /// A number with its decimals.
    Number,
    /// A share of one: 0.5 is 50 %.
    Share,
    /// A day.
    Date,
    /// An instant, in the time of Rome.
    Time,
    /// A word with a sign: `matched`, `blocker`, …
    Status,
}

/// Rows of a table.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TableSpec {
    /// Heading of the section, caption of the table and name of the sheet.
    pub title: Text,
    /// A line under the heading.
    pub note: Option<Text>,
    /// The table. Default: that of the load.
    pub from: Option<Text>,
    /// Only rows for which this holds.
    #[serde(rename = "where")]
    pub filter: Option<Text>,
    /// Columns by their titles: `{ Ordine: ordine, Importo: { column: importo, kind: money } }`. Default: all.
    #[serde(default)]
    pub columns: IndexMap<Text, ColumnSpec>,
    /// The columns that rows are ordered by, `-` for the greatest first: `[severity, -importo]`. Default: as the
    /// table is.
    #[serde(default)]
    pub sort: Names,
    /// A column whose values head groups of rows, each with its number of rows and its sums of money. The rows are ordered by
    /// it first.
    pub group: Option<Text>,
    /// Rows that the page shows. Default: that of the report.
    pub rows: Option<u32>,
    /// More columns, by their titles, that a row opens.
    #[serde(default)]
    pub details: IndexMap<Text, ColumnSpec>,
    /// Rows of other tables that a row opens: both source rows of a match.
    #[serde(default)]
    pub sources: Vec<SourceSpec>,
}

/// A column by its name, or with how it is shown: `importo`, `{ column: importo, kind: money }`.
pub type ColumnSpec = Shape<ShownColumn>;

/// A column and how it is shown.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ShownColumn {
    /// The column.
    pub column: Text,
    /// How its values are shown. Default: by its type.
    pub kind: Option<Kind>,
}

impl Options for ShownColumn {
    const EXPECTED: &'static str = "a column, or `{ column, kind }`";
}

/// Rows of another table that belong to a row.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SourceSpec {
    /// What they are, in a few words: `Ordine nel negozio`.
    pub title: Text,
    /// The table.
    pub from: Text,
    /// The key: `{ left_key: ordine }`, a column of the row and one of the other table.
    pub on: IndexMap<Text, Text>,
    /// The columns to show, by their titles. Default: all.
    #[serde(default)]
    pub columns: IndexMap<Text, ColumnSpec>,
}

/// A bridge: an opening amount, what comes and goes, a closing amount. Drawn as a waterfall and written as a table.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BridgeSpec {
    /// Heading of the section.
    pub title: Text,
    /// The table. Default: that of the load.
    pub from: Option<Text>,
    /// `money` (the default), `count` or `number`.
    pub kind: Option<Kind>,
    /// The amounts, in order. The first is the opening one; a last one with `total: true` is held to the sum of what stands
    /// before it, and a difference is shown.
    pub steps: Vec<BridgeStepSpec>,
}

/// One amount of a bridge.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BridgeStepSpec {
    /// What it is, in a word or two.
    pub title: Text,
    /// An aggregate of the table with its sign: `SUM(nuove)`, `-SUM(quadrate)`.
    pub value: Text,
    /// Only rows for which this holds.
    #[serde(rename = "where")]
    pub filter: Option<Text>,
    /// Another table than that of the section.
    pub from: Option<Text>,
    /// Whether it is a state and not a change.
    #[serde(default)]
    pub total: bool,
}

/// Values of this run and of those before it, drawn over time.
///
/// Each run keeps its values when its report is in place. Nothing is made up for days without a run, and lines stop there.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TrendSpec {
    /// Heading of the section.
    pub title: Text,
    /// The table. Default: that of the load.
    pub from: Option<Text>,
    /// How many runs are shown, this one with them. Default: 30.
    pub runs: Option<u32>,
    /// The values; one drawing each.
    pub values: Vec<MetricSpec>,
}

/// A value that is remembered.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MetricSpec {
    /// What it is. The name under which it is remembered, too, unless `name` says another.
    pub title: Text,
    /// The name under which it is remembered.
    pub name: Option<Text>,
    /// An aggregate of the table that is a number.
    pub value: Text,
    /// Only rows for which this holds.
    #[serde(rename = "where")]
    pub filter: Option<Text>,
    /// Another table than that of the section.
    pub from: Option<Text>,
    /// `money`, `count`, `number` or `share`. Default: by its type.
    pub kind: Option<Kind>,
}

/// The match rate of each chain, in rows and in money, from the rows that the step `reconcile` gives.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MatchesSpec {
    /// Heading of the section. Default: `Quadrature per catena`.
    pub title: Option<Text>,
    /// The table. Default: that of the load.
    pub from: Option<Text>,
    /// The column with the name of the chain. Default: `chain`.
    pub chain: Option<Text>,
    /// The column that says `matched`, `different`, `left_only`, `right_only`, … Default: `status`.
    pub status: Option<Text>,
    /// The expression of an amount of a row. Default: `COALESCE(left_amount, right_amount)` where there are such columns.
    pub amount: Option<Text>,
}

/// What is open, by code and by age, with the money at risk.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExceptionsSpec {
    /// Heading of the section. Default: `Anomalie`.
    pub title: Option<Text>,
    /// The table. Default: that of the load.
    pub from: Option<Text>,
    /// Only rows for which this holds.
    #[serde(rename = "where")]
    pub filter: Option<Text>,
    /// The column of the code. Rows without a code are no exceptions. Default: `code`.
    pub code: Option<Text>,
    /// The column of the severity: `blocker`, `warning`, `info`. Default: `severity`.
    pub severity: Option<Text>,
    /// The column that says `new`, `open`, `explained`, `resolved`, `ignored`. Default: `state` where there is such a column;
    /// without one all rows are open.
    pub state: Option<Text>,
    /// The column of the age bucket. Default: `age_bucket` where there is such a column.
    pub bucket: Option<Text>,
    /// The expression of the amount at risk of a row. Default: `amount`, or the first of `ABS(difference)`, `left_amount` and
    /// `right_amount` that there is.
    pub amount: Option<Text>,
}
