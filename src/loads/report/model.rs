//! A report whose rows are there, before it becomes a page, a text or a message.

use crate::domain::money::Decimal;
use crate::domain::types::Type;
use crate::loads::report::spec::Kind;
use crate::loads::report::value::{Lang, Style, Value};
use crate::loads::report::words::Tone;

/// A report.
#[derive(Clone, Debug)]
pub struct Document {
    /// Language.
    pub lang: Lang,
    /// Currency.
    pub currency: String,
    /// Title.
    pub title: String,
    /// A line under it.
    pub subtitle: Option<String>,
    /// Sections.
    pub blocks: Vec<Block>,
    /// Where the numbers come from.
    pub origin: Origin,
}

impl Document {
    /// How values are written.
    #[must_use]
    pub fn style(&self) -> Style<'_> {
        Style { lang: self.lang, currency: &self.currency }
    }
}

/// Where the numbers come from.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// Name of the run.
    pub run: String,
    /// Name of the pipeline.
    pub pipeline: String,
    /// Of the pipeline file as it was understood.
    pub fingerprint: String,
    /// The instant of the run, microseconds UTC.
    pub at: i64,
    /// Parameters, by name.
    pub params: Vec<(String, String)>,
    /// Files that were read, with the table that they are read for and the hash of their bytes.
    pub inputs: Vec<(String, String, String)>,
    /// Files of the report, by format: their names beside the page.
    pub files: Vec<(&'static str, String)>,
}

/// A section.
#[derive(Clone, Debug)]
pub struct Block {
    /// Heading.
    pub title: Option<String>,
    /// A line under it.
    pub note: Option<String>,
    /// What it shows.
    pub body: Body,
    /// Its rows for the workbook and the data, one for each of its heads; none where they were written while they came.
    pub grids: Vec<Vec<Vec<Value>>>,
}

/// What a section shows.
#[derive(Clone, Debug)]
pub enum Body {
    /// Paragraphs.
    Text(Vec<String>),
    /// Big numbers.
    Figures(Vec<Figure>),
    /// Rows.
    Table(TableBody),
    /// A waterfall.
    Bridge(Bridge),
    /// Values over time.
    Trend(Vec<Trend>),
    /// Match rates.
    Matches(Vec<Chain>),
    /// Exceptions.
    Exceptions(Exceptions),
}

/// The columns of a table, known before its rows.
#[derive(Clone, Debug)]
pub struct Head {
    /// Name of the sheet and of the file.
    pub title: String,
    /// Columns.
    pub columns: Vec<Column>,
}

/// A column.
#[derive(Clone, Debug)]
pub struct Column {
    /// Its title.
    pub title: String,
    /// How its values are shown.
    pub kind: Kind,
    /// Type of its values.
    pub ty: Type,
}

impl Column {
    /// A column.
    #[must_use]
    pub fn new(title: impl Into<String>, kind: Kind, ty: Type) -> Self {
        Self { title: title.into(), kind, ty }
    }
}

/// One big number.
#[derive(Clone, Debug)]
pub struct Figure {
    /// What it counts.
    pub title: String,
    /// The number.
    pub value: Value,
    /// How it is shown.
    pub kind: Kind,
    /// Whether it is good.
    pub tone: Tone,
    /// A line under it.
    pub note: Option<String>,
}

/// Rows of a table as the page shows them.
#[derive(Clone, Debug)]
pub struct TableBody {
    /// Columns, then those of the details, then one that only heads groups.
    pub columns: Vec<Column>,
    /// How many of them are columns.
    pub width: usize,
    /// Where the details end.
    pub end: usize,
    /// The first rows.
    pub rows: Vec<Row>,
    /// All rows, shown or not.
    pub count: u64,
    /// Position of the column that heads groups.
    pub group: Option<usize>,
    /// Groups by their value, with the number of rows and the sums of the columns of money.
    pub groups: Vec<Group>,
}

/// A row of a table.
#[derive(Clone, Debug)]
pub struct Row {
    /// Values of all columns.
    pub values: Vec<Value>,
    /// Rows of other tables that belong to it.
    pub sources: Vec<Source>,
}

/// Rows of another table that belong to a row.
#[derive(Clone, Debug)]
pub struct Source {
    /// What they are.
    pub title: String,
    /// Columns.
    pub columns: std::sync::Arc<Vec<Column>>,
    /// Rows.
    pub rows: Vec<Vec<Value>>,
    /// Rows that are there and not shown.
    pub more: usize,
}

/// A group of rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// Its value.
    pub value: Value,
    /// Its rows.
    pub count: u64,
    /// Sums by position of the column; nothing where they are too large to be exact.
    pub sums: Vec<(usize, Option<Decimal>)>,
}

/// A bridge.
#[derive(Clone, Debug)]
pub struct Bridge {
    /// How amounts are shown.
    pub kind: Kind,
    /// Amounts, in order.
    pub steps: Vec<Step>,
    /// What the last total says more than the sum of what stands before it; nothing when it is zero, or there is none.
    pub gap: Option<Decimal>,
}

/// An amount of a bridge.
#[derive(Clone, Debug)]
pub struct Step {
    /// What it is.
    pub title: String,
    /// The amount.
    pub amount: Decimal,
    /// Whether it is a state and not a change.
    pub is_total: bool,
}

/// Values over time.
#[derive(Clone, Debug)]
pub struct Trend {
    /// What they are.
    pub title: String,
    /// How they are shown.
    pub kind: Kind,
    /// Instants in microseconds UTC and values, the oldest first.
    pub points: Vec<(i64, Decimal)>,
}

/// How much of a chain matches.
#[derive(Clone, Debug, Default)]
pub struct Chain {
    /// Its name.
    pub name: String,
    /// Rows by what became of them: matched, different, left only, right only, pending.
    pub rows: [u64; 5],
    /// Money of the same.
    pub amounts: [Decimal; 5],
}

/// What is open.
#[derive(Clone, Debug, Default)]
pub struct Exceptions {
    /// By code, the worst first.
    pub codes: Vec<CodeLine>,
    /// Rows by state: new, open, explained, resolved, ignored.
    pub states: [u64; 5],
    /// Money that is new or open.
    pub at_risk: Decimal,
    /// Names of the age buckets.
    pub buckets: Vec<String>,
    /// For each severity its rows and money by bucket.
    pub ages: Vec<(String, Vec<(u64, Decimal)>)>,
}

impl Exceptions {
    /// Rows that are new or open.
    #[must_use]
    pub const fn open(&self) -> u64 {
        self.states[0] + self.states[1]
    }
}

/// A code with what it counts.
#[derive(Clone, Debug)]
pub struct CodeLine {
    /// The code.
    pub code: String,
    /// What it means.
    pub meaning: String,
    /// What to do.
    pub action: String,
    /// How bad it is.
    pub severity: String,
    /// Rows by state.
    pub states: [u64; 5],
    /// Money that is new or open.
    pub amount: Decimal,
}
