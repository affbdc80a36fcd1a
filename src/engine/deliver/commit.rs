//! Sending: the delivery is recorded, the destination takes the changes, what it took becomes part of the ledger.

use std::path::{Path, PathBuf};

use polars::prelude::{
    DataFrame, Engine, IdxCa, IntoColumn, IntoLazy, JoinArgs, JoinType, MaintainOrderJoin, NewChunkedArray, PlSmallStr,
};

use crate::context::{HowFar, NodeError, RunCx};
use crate::diag::Code;
use crate::engine::deliver::diff::Diffed;
use crate::engine::deliver::digest::to_file;
use crate::engine::deliver::ledger::{self, LedgerFiles, sweep};
use crate::engine::failure::on_disk;
use crate::loads::delivery::changes::{CREATE, DELETE, OP, UPDATE, exactly, scan};
use crate::loads::delivery::dispatch::{Dispatch, state_failed};
use crate::loads::delivery::{Destination, Keyed};
use crate::loads::{ChangeCounts, Receipt, Staged};
use crate::state::{Ledger, NewDelivery, NewLedger, OpenDelivery, State};

/// What a delivery needs besides its changes.
#[derive(Clone, Copy)]
pub struct Desk<'a> {
    /// Name of the pipeline.
    pub pipeline: &'a str,
    /// Name of the load.
    pub load: &'a str,
    /// The load.
    pub keyed: &'a Keyed,
    /// The run.
    pub run: &'a RunCx,
    /// The state.
    pub state: &'a State,
}

impl<'a> Desk<'a> {
    fn folder(&self) -> PathBuf {
        ledger::folder(&self.run.project, self.pipeline)
    }

    fn record(&self, diffed: &Diffed) -> Result<OpenDelivery, NodeError> {
        let run = self.run.name();
        let name = format!("{}/{}/{run}", self.pipeline, self.load);
        let file = self.keep(&diffed.file, &run)?;
        let new = NewDelivery {
            name: &name,
            pipeline: self.pipeline,
            load: self.load,
            run: &run,
            mapping: &self.keyed.mapping,
            logic: &self.keyed.logic,
            file: &file,
            rows: diffed.rows,
            at: self.run.now(),
        };
        let delivery = self.state.open_delivery(&new).map_err(|error| state_failed(&error))?;
        self.run.step("delivery recorded");
        Ok(delivery)
    }

    /// Moves the file of changes to where it stays.
    fn keep(&self, staged: &Path, run: &str) -> Result<String, NodeError> {
        let name = ledger::file_name(self.load, run);
        let folder = self.folder();
        let kept = std::fs::create_dir_all(&folder)
            .and_then(|()| std::fs::rename(staged, folder.join(&name)))
            .and_then(|()| std::fs::File::open(&folder)?.sync_all());
        kept.map_err(|error| {
            NodeError::new(Code::WriteFailed, format!("cannot write in `{}`: {error}", folder.display()))
                .help("free some space on the disk or check its rights; nothing was sent")
        })?;
        Ok(name)
    }

    /// A dispatch of a delivery.
    pub fn dispatch(&self, delivery: OpenDelivery, ledger: Option<&Ledger>) -> Dispatch<'a> {
        let file = self.folder().join(&delivery.file);
        let version = ledger.map_or(0, |ledger| ledger.version) + 1;
        let site = format!("{}/{}", self.pipeline, self.load);
        Dispatch::new(self.run, self.keyed, delivery, site, version, file, self.state)
    }

    /// Sends the changes to a destination that takes rows.
    ///
    /// # Errors
    /// The destination failed. What it took before is in the ledger, unless some answers are unknown: then the delivery stays
    /// open, and the next run ends it first.
    pub fn send(&self, destination: &dyn Destination, diffed: &Diffed) -> Result<Receipt, NodeError> {
        let counts = diffed.counts;
        let changes = counts.created + counts.updated + counts.deleted;
        let receipt = |changes: ChangeCounts| Receipt {
            destination: destination.shown(),
            rows: changes.created + changes.updated,
            changes: Some(changes),
            ..Receipt::default()
        };
        let replaces = self.keyed.key.is_empty() && self.keyed.mode == crate::loads::delivery::Mode::Replace;
        if changes == 0 && !replaces {
            // The few rows of a replay say nothing of the whole table.
            if self.run.is_replay {
                drop(std::fs::remove_file(&diffed.file));
            } else {
                self.remember_nothing_changed(diffed)?;
            }
            return Ok(receipt(counts));
        }
        let delivery = self.record(diffed)?;
        let mut dispatch = self.dispatch(delivery, diffed.ledger.as_ref());
        dispatch.rows = Some(diffed.table.clone());
        let sent = destination.deliver(&mut dispatch).and_then(|()| dispatch.flush());
        if let Err(error) = sent {
            // What was answered is kept, whatever went wrong with the rest.
            dispatch.flush()?;
            let how_far = self.how_far(&dispatch, changes)?;
            if how_far.unanswered == 0 {
                self.close(&dispatch, diffed.ledger.as_ref(), &diffed.files, None)?;
            }
            self.run.stopped(self.load, how_far);
            return Err(error.help(how_far.to_string()));
        }
        let received = (!self.run.is_replay).then_some(diffed.rows);
        let taken = self.close(&dispatch, diffed.ledger.as_ref(), &diffed.files, received)?;
        Ok(receipt(ChangeCounts { unchanged: counts.unchanged, ..taken }))
    }

    /// How far a delivery came that did not end well.
    fn how_far(&self, dispatch: &Dispatch<'_>, changes: u64) -> Result<HowFar, NodeError> {
        let arrived = self.state.taken(dispatch.delivery.id).map_err(|error| state_failed(&error))?.len() as u64;
        let unanswered = dispatch.intents()?.len() as u64;
        Ok(HowFar { arrived, unanswered, changes })
    }

    /// Puts a whole in place, and remembers its rows.
    ///
    /// # Errors
    /// The destination failed; it is as it was.
    pub fn put(&self, staged: Staged, diffed: &Diffed) -> Result<Receipt, NodeError> {
        let delivery = self.record(diffed)?;
        let receipt = (staged.commit)()?;
        self.run.step("whole put in place");
        let mut dispatch = self.dispatch(delivery, diffed.ledger.as_ref());
        dispatch.all_taken = true;
        self.close(&dispatch, diffed.ledger.as_ref(), &diffed.files, Some(diffed.rows))?;
        Ok(Receipt { changes: Some(diffed.counts), ..receipt })
    }

    /// Nothing is to be sent: only the size of the table and the steps that made it may be new.
    fn remember_nothing_changed(&self, diffed: &Diffed) -> Result<(), NodeError> {
        let _ = std::fs::remove_file(&diffed.file);
        let Some(ledger) = &diffed.ledger else { return Ok(()) };
        if ledger.received == diffed.rows && ledger.logic == self.keyed.logic {
            return Ok(());
        }
        let segments: Vec<(String, u64)> = ledger.segments.iter().map(|name| (name.clone(), 0)).collect();
        let marks = (self.keyed.mapping.as_str(), self.keyed.logic.as_str());
        let new = self.new_ledger(marks, ledger.rows, Some(diffed.rows), &segments);
        self.state.close_delivery(None, Some(&new)).map_err(|error| state_failed(&error))
    }

    fn new_ledger<'s>(
        &self,
        (mapping, logic): (&'s str, &'s str),
        rows: u64,
        received: Option<u64>,
        segments: &'s [(String, u64)],
    ) -> NewLedger<'s>
    where
        'a: 's,
    {
        NewLedger {
            pipeline: self.pipeline,
            load: self.load,
            mapping,
            logic,
            rows,
            received,
            segments,
            at: self.run.now(),
        }
    }

    /// Ends a delivery: what was taken becomes part of the ledger. Gives what was taken.
    ///
    /// # Errors
    /// A file or the state cannot be written; the delivery stays open.
    pub fn close(
        &self,
        dispatch: &Dispatch<'_>,
        ledger: Option<&Ledger>,
        files: &LedgerFiles,
        received: Option<u64>,
    ) -> Result<ChangeCounts, NodeError> {
        let folder = self.folder();
        let (file, counts) = if dispatch.all_taken {
            (Some(dispatch.file.clone()), count(&dispatch.file)?)
        } else {
            let taken = self.state.taken(dispatch.delivery.id).map_err(|error| state_failed(&error))?;
            Self::taken_file(&dispatch.file, &taken).map_err(|error| on_disk(error, &folder, self.run))?
        };
        let had = ledger.map_or(0, |ledger| ledger.rows);
        let rows = (had + counts.created).saturating_sub(counts.deleted);
        let mut segments: Vec<(String, u64)> =
            ledger.map(|ledger| ledger.segments.iter().map(|name| (name.clone(), 0)).collect()).unwrap_or_default();
        if self.keyed.key.is_empty() {
            segments.clear();
        } else if let Some(file) = file {
            let added = counts.created + counts.updated + counts.deleted;
            segments.push((file_of(&file), added));
            if !files.is_empty() && files.are_many(had, added) {
                segments = self.merge(&files.with(file), rows, segments);
            }
        }
        self.run.step("ledger written");
        // Only a part of the rows knows the new mapping: next time all are sent again.
        let delivery = &dispatch.delivery;
        let marks = match ledger {
            Some(ledger) if received.is_none() => (ledger.mapping.as_str(), ledger.logic.as_str()),
            _ => (delivery.mapping.as_str(), delivery.logic.as_str()),
        };
        let new = self.new_ledger(marks, rows, received, &segments);
        let closed = self.state.close_delivery(Some(dispatch.delivery.id), Some(&new));
        closed.map_err(|error| state_failed(&error))?;
        self.run.step("delivery closed");
        let needed = self.state.ledger_files(self.pipeline).map_err(|error| state_failed(&error))?;
        if self.keyed.key.is_empty() || segments.len() == 1 {
            sweep(&folder, &needed);
        }
        Ok(counts)
    }

    /// The file of the changes that were taken.
    fn taken_file(file: &Path, taken: &[u32]) -> Result<(Option<PathBuf>, ChangeCounts), NodeError> {
        const ROW: &str = "\u{0}row";
        let all = count(file)?;
        if taken.len() as u64 == all.created + all.updated + all.deleted {
            return Ok((Some(file.to_path_buf()), all));
        }
        if taken.is_empty() {
            return Ok((None, ChangeCounts::default()));
        }
        let numbers = IdxCa::from_slice(PlSmallStr::from_static(ROW), taken).into_column();
        let numbers = DataFrame::new(taken.len(), vec![numbers])?.lazy();
        let args = JoinArgs { maintain_order: MaintainOrderJoin::Left, ..JoinArgs::new(JoinType::Semi) };
        let frame = scan(file)?.with_row_index(PlSmallStr::from_static(ROW), None);
        let frame = frame.join(numbers, [exactly(ROW)], [exactly(ROW)], args);
        let part = file.with_extension("taken.arrow");
        to_file(frame.drop(polars::prelude::cols([ROW])), &part)?.collect_with_engine(Engine::Streaming)?;
        flush(&part)?;
        let counts = count(&part)?;
        Ok((Some(part), counts))
    }

    /// Makes one file of all. Without space for it the many stay.
    fn merge(&self, files: &LedgerFiles, rows: u64, many: Vec<(String, u64)>) -> Vec<(String, u64)> {
        let target = self.folder().join(ledger::file_name(self.load, &format!("{}.whole", self.run.name())));
        let merged = files.merged().and_then(|frame| {
            to_file(frame, &target)?.collect_with_engine(Engine::Streaming)?;
            flush(&target)
        });
        if merged.is_ok() {
            return vec![(file_of(&target), rows)];
        }
        let _ = std::fs::remove_file(&target);
        many
    }
}

/// Name of a file in the folder of ledgers.
fn file_of(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn flush(path: &Path) -> Result<(), NodeError> {
    let flushed = std::fs::File::open(path).and_then(|file| file.sync_all());
    flushed.map_err(|error| NodeError::new(Code::WriteFailed, format!("cannot write `{}`: {error}", path.display())))
}

/// Changes of a file by kind.
fn count(path: &Path) -> Result<ChangeCounts, NodeError> {
    let ops = scan(path)?.select([exactly(OP)]).collect_with_engine(Engine::Streaming)?.unwrap_single();
    let mut counts = ChangeCounts::default();
    for op in ops.column(OP)?.u32()?.iter() {
        match op {
            Some(CREATE) => counts.created += 1,
            Some(UPDATE) => counts.updated += 1,
            Some(DELETE) => counts.deleted += 1,
            _ => {}
        }
    }
    Ok(counts)
}
