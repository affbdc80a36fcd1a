//! What a checked section is: the rows it asks for, and what it makes of the answers.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use polars::prelude::{LazyFrame, PlSmallStr};

use crate::context::{BindCx, NodeError};
use crate::diag::{Code, Diagnostic, Place, Text};
use crate::domain::money::exact::Site;
use crate::domain::types::{Schema, Type};
use crate::expr::typed::{Aggregate, Kind as Form};
use crate::expr::{self, Typed};
use crate::loads::report::model::{Block, Group, Head};
use crate::loads::report::spec::Kind;
use crate::loads::report::value::{Lang, Value, usual};

/// A checked section.
pub trait Section: Send + Sync {
    /// The tables that it gives to the workbook and to the data.
    fn heads(&self) -> Vec<Head>;

    /// The rows that it needs.
    ///
    /// # Errors
    /// A plan that cannot be made.
    fn asks(&self, tables: &Tables, site: &Site) -> Result<Vec<Ask>, NodeError>;

    /// What it shows, from an answer for each of its asks.
    fn block(&self, answers: Vec<Answer>, env: &Env<'_>) -> Block;

    /// Values of the run at that instant that are to be remembered, by their names.
    fn remembered(&self, _block: &Block, _at: i64) -> Vec<(String, String)> {
        Vec::new()
    }
}

/// The tables of a report while it runs.
pub struct Tables {
    /// The table of the load.
    pub main: LazyFrame,
    /// The others, by name.
    pub others: BTreeMap<String, LazyFrame>,
}

impl Tables {
    /// A table; that of the load when no other is named.
    ///
    /// # Errors
    /// There is none of that name.
    pub fn get(&self, name: Option<&str>) -> Result<LazyFrame, NodeError> {
        let Some(name) = name else { return Ok(self.main.clone()) };
        let frame = self.others.get(name).cloned();
        frame.ok_or_else(|| NodeError::new(Code::Internal, format!("the table `{name}` was not made for the report")))
    }
}

/// Rows that a section needs.
pub struct Ask {
    /// What gives them.
    pub frame: LazyFrame,
    /// Their columns, by position.
    pub types: Vec<(String, Type)>,
    /// What is kept of them.
    pub take: Take,
}

/// What is kept of rows.
pub enum Take {
    /// All of them: they are few.
    All,
    /// The first ones, while all of them are written to the workbook and the data.
    Written {
        /// How many are kept.
        most: usize,
        /// The column that heads groups, and those whose sums a group has.
        group: Option<(usize, Vec<usize>)>,
    },
}

/// Rows that came.
#[derive(Debug, Default)]
pub struct Answer {
    /// Those that were kept.
    pub rows: Vec<Vec<Value>>,
    /// All that there were.
    pub count: u64,
    /// Groups, in their order.
    pub groups: Vec<Group>,
}

impl Answer {
    /// The first value of the first row.
    #[must_use]
    pub fn first(&self) -> Value {
        self.rows.first().and_then(|row| row.first()).cloned().unwrap_or(Value::Null)
    }
}

/// What a section may know of the run.
pub struct Env<'a> {
    /// Language.
    pub lang: Lang,
    /// The instant of the run.
    pub at: DateTime<Utc>,
    /// Earlier values of a trend: its name and how many.
    pub history: &'a dyn Fn(&str, u32) -> Vec<(i64, String)>,
}

/// What sections may know while they are checked.
#[derive(Clone, Copy)]
pub struct Desk<'a> {
    /// Where problems go.
    pub cx: &'a BindCx<'a>,
    /// The columns of the table of the load.
    pub main: &'a Schema,
    /// Language.
    pub lang: Lang,
    /// Rows of a table that the page shows.
    pub rows: u32,
    /// Where the section stands.
    pub place: Place,
}

impl<'a> Desk<'a> {
    /// The columns of a table; nothing when it is unknown or wrong itself, which was reported.
    #[must_use]
    pub fn schema(&self, from: Option<&Text>) -> Option<&'a Schema> {
        match from {
            None => Some(self.main),
            Some(name) => self.cx.table(name),
        }
    }

    /// Reports an error at a text.
    pub fn wrong(&self, place: &Text, message: impl Into<String>, help: impl Into<String>) {
        self.cx.report(Diagnostic::error(Code::BadValue, place.place(), message).help(help));
    }

    /// Whether values of a type can be shown as that kind; reports when not.
    pub fn fits(&self, kind: Kind, ty: &Type, at: &Text) -> bool {
        let fits = match kind {
            Kind::Text | Kind::Status => true,
            Kind::Money | Kind::Count | Kind::Number => ty.is_numeric(),
            Kind::Share => matches!(ty, Type::Integer | Type::Decimal { .. }),
            Kind::Date => matches!(ty, Type::Date | Type::Timestamp),
            Kind::Time => matches!(ty, Type::Timestamp),
        };
        if !fits {
            let message = format!("`{at}` is `{ty}` and cannot be shown as `{}`", word(kind));
            let problem = Diagnostic::error(Code::TypeMismatch, at.place(), message);
            self.cx.report(problem.help("leave `kind` out, or `cast` the column before"));
        }
        fits
    }
}

/// The word of a kind in the pipeline language.
#[must_use]
pub const fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "text",
        Kind::Money => "money",
        Kind::Count => "count",
        Kind::Number => "number",
        Kind::Share => "share",
        Kind::Date => "date",
        Kind::Time => "time",
        Kind::Status => "status",
    }
}

/// One number of a table, checked.
pub struct Metric {
    /// What it is.
    pub title: String,
    /// How it is shown.
    pub kind: Kind,
    /// Its type.
    pub ty: Type,
    value: Typed,
    filter: Option<Typed>,
    from: Option<String>,
}

/// A number as it is written.
pub struct Written<'a> {
    /// What it is.
    pub title: &'a Text,
    /// The aggregate.
    pub value: &'a Text,
    /// Only these rows.
    pub filter: Option<&'a Text>,
    /// The table.
    pub from: Option<&'a Text>,
    /// How it is shown.
    pub kind: Option<Kind>,
}

impl Metric {
    /// Checks a number, reporting every problem.
    pub fn bind(written: &Written<'_>, desk: &Desk<'_>) -> Option<Self> {
        let schema = desk.schema(written.from)?;
        let value = expr::bind_aggregate(written.value, schema, desk.cx);
        let filter = predicate(written.filter, schema, desk);
        let (value, filter) = (value?, filter?);
        let ty = value.ty().clone();
        let kind = written.kind.unwrap_or_else(|| usual(&ty));
        let title = written.title.to_string();
        let from = written.from.map(ToString::to_string);
        desk.fits(kind, &ty, written.value).then_some(Self { title, kind, ty, value, filter, from })
    }

    /// Whether it is an exact number; reports when not.
    pub fn is_exact(&self, at: &Text, desk: &Desk<'_>) -> bool {
        let is_exact = matches!(self.ty, Type::Integer | Type::Decimal { .. });
        if !is_exact {
            let message = format!("`{at}` is `{}`, expected an integer or a decimal", self.ty);
            desk.cx
                .report(Diagnostic::error(Code::TypeMismatch, at.place(), message).help("`CAST(… AS decimal(18,2))`"));
        }
        is_exact
    }

    /// Asks for it.
    ///
    /// # Errors
    /// The table is not there.
    pub fn ask(&self, tables: &Tables, site: &Site) -> Result<Ask, NodeError> {
        let frame = filtered(tables.get(self.from.as_deref())?, self.filter.as_ref(), site);
        let frame = frame.select([self.value.lower(site).alias(PlSmallStr::from_static("value"))]);
        Ok(Ask { frame, types: vec![("value".to_owned(), self.ty.clone())], take: Take::All })
    }

    /// The number that came; the sum of no rows is zero.
    #[must_use]
    pub fn value(&self, answer: &Answer) -> Value {
        match (answer.first(), &self.value.kind, &self.ty) {
            (Value::Null, Form::Aggregate(Aggregate::Sum, _), Type::Decimal { scale, .. }) => Value::Decimal(0, *scale),
            (Value::Null, Form::Aggregate(Aggregate::Sum, _), _) => Value::Integer(0),
            (value, ..) => value,
        }
    }
}

/// The outer `None` says that a problem was reported.
pub fn predicate(filter: Option<&Text>, schema: &Schema, desk: &Desk<'_>) -> Option<Option<Typed>> {
    match filter {
        None => Some(None),
        Some(filter) => expr::bind_predicate(filter, schema, desk.cx).map(Some),
    }
}

/// Only the rows for which a condition holds.
pub fn filtered(frame: LazyFrame, filter: Option<&Typed>, site: &Site) -> LazyFrame {
    match filter {
        None => frame,
        Some(filter) => frame.filter(filter.lower(site)),
    }
}
