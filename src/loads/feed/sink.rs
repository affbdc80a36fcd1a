//! Batches of a running plan into a feed: encoded side by side, then taken one by one in their order.

use std::ops::Range;

use polars::prelude::DataFrame;
use rayon::prelude::*;

use crate::context::NodeError;
use crate::domain::feeds::Hasher;
use crate::domain::types::Type;
use crate::io::StagedFile;
use crate::loads::feed::encode::{Accepted, Encoded, Encoder, Refused};
use crate::loads::feed::guard::Limits;
use crate::loads::feed::history::{Change, History};
use crate::loads::feed::history_file::HistoryWriter;
use crate::loads::feed::issue::Issue;
use crate::loads::feed::parts::Parts;
use crate::loads::feed::summary::FeedSummary;
use crate::loads::feed::value::{Source, shown};
use crate::loads::format::cells::Table;
use crate::loads::format::row::Problem;
use crate::loads::format::sink::{BatchSink, Output, Rejected, write_failed};
use crate::loads::{ChangeCounts, Receipt, Stop};

/// Rows that are encoded together: their bytes stay in the cache of a core. The memory of a feed is a few times this.
const CHUNK: usize = 1024;

/// Writes a feed.
pub struct FeedSink {
    /// Encodes rows.
    pub encoder: Encoder,
    /// Checked columns that the feed reads.
    pub types: Vec<(String, Type)>,
    /// Whether only rows that changed are written.
    pub delta: bool,
    /// Whether only prices and quantities are.
    pub offers_only: bool,
    /// What a delta says of an article that is gone.
    pub removed: Option<Vec<(usize, String)>>,
    /// The file.
    pub parts: Parts,
    /// The last feed.
    pub history: History,
    /// What is published now, when that is kept.
    pub keeps: Option<HistoryWriter>,
    /// What stops the feed.
    pub limits: Limits,
    /// Where rejected rows go.
    pub rejected: Rejected,
    /// What the feed did so far.
    pub summary: FeedSummary,
    /// Hash of the published values so far.
    pub hash: Hasher,
    /// Memory of earlier rows, used again.
    pub room: Vec<Encoded>,
    /// Where cut texts are counted, by field.
    pub cuts: Vec<(String, crate::context::Counter)>,
}

impl BatchSink for FeedSink {
    fn write(&mut self, batch: &DataFrame) -> Result<u64, NodeError> {
        let table = Table::new(batch, &self.types)?;
        let before = self.summary.accepted;
        let step = CHUNK * rayon::current_num_threads();
        for start in (0..table.height).step_by(step) {
            let rows = start..(start + step).min(table.height);
            for mut encoded in self.encode(&table, rows) {
                self.take(&mut encoded, batch, &table)?;
                self.room.push(encoded);
            }
        }
        self.rejected.advance(table.height);
        self.summary.rows_in += table.height as u64;
        Ok(self.summary.accepted - before)
    }

    fn stops(&self) -> Vec<Stop> {
        let last = self.history.is_known.then(|| self.history.rows());
        self.limits.judge(last, self.summary.accepted, self.summary.prices_changed)
    }

    fn changes(&self) -> Option<(ChangeCounts, String)> {
        self.keeps.as_ref()?;
        let counts = ChangeCounts {
            unchanged: self.summary.unchanged,
            created: self.summary.new,
            updated: self.summary.changed,
            deleted: self.history.gone(),
            failed: 0,
        };
        Some((counts, format!("{:016x}", self.hash.finish())))
    }

    fn finish(mut self: Box<Self>) -> Result<Output, NodeError> {
        let changes = self.changes().map(|(counts, _)| counts);
        self.remove_gone()?;
        self.parts.finish(&self.encoder.render, !self.delta)?;
        self.summarise();
        let kept = self.keeps.take().map(HistoryWriter::finish).transpose()?;
        let Self { parts, summary, .. } = *self;
        let commit = move |receipt| commit(parts, kept, summary, Receipt { changes, ..receipt });
        Ok(Output::Other(Box::new(commit)))
    }
}

/// The feed first, then what is known of it: a crash between the two sends the same changes once more.
fn commit(
    parts: Parts,
    kept: Option<StagedFile>,
    summary: FeedSummary,
    receipt: Receipt,
) -> Result<Receipt, NodeError> {
    let committed = parts.commit().map_err(|error| write_failed(&error))?;
    if let Some(kept) = kept {
        kept.commit().map_err(|error| write_failed(&error))?;
    }
    let rows = summary.published;
    let feed = Some(Box::new(summary));
    Ok(Receipt { rows, files: committed.files, bytes: committed.bytes, feed, ..receipt })
}

impl FeedSink {
    fn encode(&mut self, table: &Table, rows: Range<usize>) -> Vec<Encoded> {
        let before = self.summary.rows_in;
        let starts = rows.clone().step_by(CHUNK);
        let mut parts: Vec<(usize, Encoded)> =
            starts.map(|start| (start, self.room.pop().unwrap_or_default())).collect();
        let encoder = &self.encoder;
        let encode = |(start, encoded): &mut (usize, Encoded)| {
            encoder.encode(table, *start..(*start + CHUNK).min(rows.end), before, encoded);
        };
        if parts.len() < 2 {
            parts.iter_mut().for_each(encode);
        } else {
            parts.par_iter_mut().for_each(encode);
        }
        parts.into_iter().map(|(_, encoded)| encoded).collect()
    }

    /// Writes what is accepted, in order, and keeps back what is not.
    fn take(&mut self, encoded: &mut Encoded, batch: &DataFrame, table: &Table) -> Result<(), NodeError> {
        for refused in encoded.refused.drain(..) {
            self.refuse(refused, batch, table);
        }
        let separator = self.encoder.render.separator();
        let (mut key_start, mut run) = (0, 0..0);
        for row in &mut encoded.accepted {
            let key = &encoded.keys[key_start..row.key_end];
            key_start = row.key_end;
            if !self.note(row, key, batch, table)? {
                self.parts.write(&encoded.bytes[run.clone()])?;
                run = row.end..row.end;
                continue;
            }
            if self.parts.is_full(&self.encoder.render) {
                self.parts.write(&encoded.bytes[run.clone()])?;
                run = row.start..row.start;
            }
            if self.parts.next_row(&self.encoder.render)? {
                run.start = row.start + separator;
            }
            run.end = row.end;
        }
        self.parts.write(&encoded.bytes[run])
    }

    /// Compares a row with the last feed; says whether it is written.
    fn note(&mut self, row: &mut Accepted, key: &[u8], batch: &DataFrame, table: &Table) -> Result<bool, NodeError> {
        let change = self.history.visit(row, self.offers_only);
        match change {
            Change::Duplicate => {
                let issue = Issue::duplicate(&String::from_utf8_lossy(key));
                self.refuse((row.row, vec![(self.encoder.key, issue)]), batch, table);
                return Ok(false);
            }
            Change::New => self.summary.new += 1,
            Change::Same => self.summary.unchanged += 1,
            Change::Changed { price, .. } => {
                self.summary.changed += 1;
                self.summary.prices_changed += u64::from(price);
            }
        }
        self.summary.accepted += 1;
        if let Some(keeps) = &mut self.keeps {
            keeps.add(key, row)?;
        }
        self.hash.add_hash(row.key ^ row.offer.rotate_left(21) ^ row.rest.rotate_left(42));
        let is_sent = match change {
            Change::Changed { offer, .. } => offer || !self.offers_only,
            Change::Same => false,
            _ => true,
        };
        let is_written = is_sent || !self.delta;
        self.summary.published += u64::from(is_written);
        Ok(is_written)
    }

    fn remove_gone(&mut self) -> Result<(), NodeError> {
        self.summary.removed = self.history.gone();
        let Some(removed) = self.removed.as_ref().filter(|_| self.delta) else { return Ok(()) };
        let (encoder, parts) = (&self.encoder, &mut self.parts);
        let (mut number, mut published, mut bytes) = (self.summary.rows_in, 0, Vec::new());
        self.history.for_each_gone(|key| {
            number += 1;
            published += 1;
            bytes.clear();
            encoder.removed(key, removed, number, &mut bytes);
            let start = if parts.next_row(&encoder.render)? { encoder.render.separator() } else { 0 };
            parts.write(&bytes[start..])
        })?;
        self.summary.published += published;
        Ok(())
    }

    fn summarise(&mut self) {
        self.summary.hash = format!("{:016x}", self.hash.finish());
        if self.history.is_known {
            self.summary.last = Some(self.history.rows());
        }
        for (field, counter) in &self.cuts {
            if counter.get() > 0 {
                self.summary.cut.insert(field.clone(), counter.get());
            }
        }
    }

    fn refuse(&mut self, (row, issues): Refused, batch: &DataFrame, table: &Table) {
        let Some((first, issue)) = issues.first() else { return };
        let field = &self.encoder.fields[*first];
        let column = match &field.source {
            Source::Column(_, column) => column.clone(),
            Source::Constant(_) | Source::Derived => field.name.clone(),
        };
        let all = |italian: bool| {
            let describe = |(index, issue): &(usize, Issue)| {
                let message = if italian { &issue.message_it } else { &issue.message };
                format!("`{}`: {message}", self.encoder.fields[*index].name)
            };
            issues.iter().map(describe).collect::<Vec<_>>().join("; ")
        };
        let channel = &self.summary.channel;
        let problem = Problem {
            cause: issue.cause,
            column: Some(column),
            message: format!("{channel} {}", all(false)),
            message_it: format!("{channel} {}", all(true)),
        };
        let (cause, value) = (issue.cause, issue.value.clone());
        self.rejected.push(batch, row, value, self.key(table, row), problem);
        *self.summary.excluded.entry(cause.to_owned()).or_default() += 1;
    }

    fn key(&self, table: &Table, row: usize) -> Option<String> {
        let Source::Column(column, name) = &self.encoder.fields[self.encoder.key].source else { return None };
        Some(format!("{name}={}", shown(table.cells[*column].get(row))?))
    }
}
