//! Rows of a running plan into a feed: each row is checked against the channel, then written or rejected.

use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::io::Write;

use polars::prelude::DataFrame;

use crate::context::NodeError;
use crate::domain::types::Type;
use crate::io::{FileError, StagedFile};
use crate::loads::feed::channel::FieldKind;
use crate::loads::feed::field::{Field, Issue, Value};
use crate::loads::feed::render::Render;
use crate::loads::format::cells::Table;
use crate::loads::format::row::Problem;
use crate::loads::format::sink::{BatchSink, Output, Rejected, write_failed};

const FLUSH_AT: usize = 1 << 20;

/// Writes a feed.
pub struct FeedSink {
    /// Name of the channel, for messages.
    pub channel: &'static str,
    /// Currency of the prices.
    pub currency: String,
    /// Checked columns of the table.
    pub types: Vec<(String, Type)>,
    /// Fields that are written.
    pub fields: Vec<Field>,
    /// Form of the file.
    pub render: Render,
    /// The hidden file.
    pub file: File,
    /// Its destination.
    pub staged: StagedFile,
    /// Where rejected rows go.
    pub rejected: Rejected,
    /// Values of unique fields so far, by field.
    pub seen: BTreeMap<usize, HashSet<String>>,
    /// Bytes that wait to be written.
    pub buffer: Vec<u8>,
}

impl FeedSink {
    fn flush(&mut self) -> Result<(), NodeError> {
        let written = self.file.write_all(&self.buffer);
        self.buffer.clear();
        written.map_err(|error| write_failed(&FileError::new("write", self.staged.target(), error)))
    }

    /// The fields of a row, and everything that is wrong with them.
    fn read(&self, table: &Table, row: usize) -> (Vec<Value>, Vec<(usize, Issue)>) {
        let mut issues = Vec::new();
        let mut values = Vec::with_capacity(self.fields.len());
        for (index, field) in self.fields.iter().enumerate() {
            values.push(field.read(&table.cells, row, &self.currency).unwrap_or_else(|issue| {
                issues.push((index, issue));
                Value::default()
            }));
        }
        let broken: HashSet<usize> = issues.iter().map(|(index, _)| *index).collect();
        for index in (0..self.fields.len()).filter(|index| !broken.contains(index)) {
            issues.extend(self.check_together(index, &values).map(|issue| (index, issue)));
        }
        self.fill_identifier_exists(&mut values);
        (values, issues)
    }

    fn check_together(&self, index: usize, values: &[Value]) -> Option<Issue> {
        let (spec, value) = (&self.fields[index].spec, &values[index]);
        let Some(text) = value.texts.first() else { return self.missing(index, values) };
        if self.seen.get(&index).is_some_and(|seen| seen.contains(text)) {
            let issue = Issue::new(
                "duplicate-value",
                format!("`{text}` stands in the feed already; each row needs its own"),
                format!("`{text}` è già nel feed; ogni riga deve avere il suo"),
            );
            return Some(Issue { value: Some(text.clone()), ..issue });
        }
        let (amount, other) = (value.amount?, spec.below.as_ref()?);
        let limit = values[self.position(other)?].amount?;
        (amount >= limit).then(|| {
            let issue = Issue::new(
                "not-below",
                format!("`{amount}` is not below `{other}`, which is `{limit}`; leave it empty"),
                format!("`{amount}` non è inferiore a `{other}`, che è `{limit}`; lasciarlo vuoto"),
            );
            Issue { value: Some(amount.to_string()), ..issue }
        })
    }

    fn missing(&self, index: usize, values: &[Value]) -> Option<Issue> {
        let spec = &self.fields[index].spec;
        if spec.required {
            return Some(Issue::new(
                "missing-value",
                "is required and empty; fill it",
                "è obbligatorio e vuoto; compilarlo",
            ));
        }
        let rule = spec.required_if.as_ref()?;
        let other = values[self.position(&rule.field)?].texts.first()?;
        rule.values.contains(other).then(|| {
            Issue::new(
                "missing-value",
                format!("is required when `{}` is `{other}`; fill it", rule.field),
                format!("è obbligatorio quando `{}` è `{other}`; compilarlo", rule.field),
            )
        })
    }

    fn position(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|field| field.name == name)
    }

    /// Says `no` for goods without identifiers, so that the channel does not ask for them.
    fn fill_identifier_exists(&self, values: &mut [Value]) {
        let given = |name: &str| self.position(name).is_some_and(|index| !values[index].texts.is_empty());
        let identified = given("gtin") || (given("brand") && given("mpn"));
        for (field, value) in self.fields.iter().zip(values) {
            if field.spec.kind == FieldKind::IdentifierExists && value.texts.is_empty() && !identified {
                value.texts.push("no".to_owned());
            }
        }
    }

    fn remember(&mut self, values: &[Value]) {
        for (index, seen) in &mut self.seen {
            seen.extend(values[*index].texts.first().cloned());
        }
    }

    fn problem(&self, issues: &[(usize, Issue)]) -> (Problem, Option<String>) {
        let describe = |(index, issue): &(usize, Issue), italian: bool| {
            let message = if italian { &issue.message_it } else { &issue.message };
            format!("`{}`: {message}", self.fields[*index].name)
        };
        let all = |italian: bool| issues.iter().map(|issue| describe(issue, italian)).collect::<Vec<_>>().join("; ");
        let (first, issue) = &issues[0];
        let field = &self.fields[*first];
        let problem = Problem {
            cause: issue.cause,
            column: Some(field.source.as_ref().map_or_else(|| field.name.clone(), |(_, column)| column.clone())),
            message: format!("{} {}", self.channel, all(false)),
            message_it: format!("{} {}", self.channel, all(true)),
        };
        (problem, issue.value.clone())
    }

    fn key(&self, table: &Table, row: usize) -> Option<String> {
        let index = *self.seen.keys().next()?;
        let (column, name) = self.fields[index].source.as_ref()?;
        Some(format!("{name}={}", super::field::shown(table.cells[*column].get(row))?))
    }
}

impl BatchSink for FeedSink {
    fn write(&mut self, batch: &DataFrame) -> Result<u64, NodeError> {
        let table = Table::new(batch, &self.types)?;
        let mut written = 0;
        for row in 0..table.height {
            let (values, issues) = self.read(&table, row);
            if !issues.is_empty() {
                let (problem, value) = self.problem(&issues);
                self.rejected.push(batch, row, value, self.key(&table, row), problem);
                continue;
            }
            self.remember(&values);
            self.render.row(&self.fields, &values, &mut self.buffer);
            written += 1;
            if self.buffer.len() >= FLUSH_AT {
                self.flush()?;
            }
        }
        self.rejected.advance(table.height);
        Ok(written)
    }

    fn finish(mut self: Box<Self>) -> Result<Output, NodeError> {
        self.render.end(&mut self.buffer);
        self.flush()?;
        Ok(Output::File(self.staged))
    }
}
