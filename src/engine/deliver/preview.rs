//! What a load is about to do, row by row, for a person and for `apply`.

use std::fmt::Write as _;
use std::path::Path;

use polars::prelude::{DataFrame, Engine, IdxSize, SortMultipleOptions};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::context::{Fate, NodeError, PlannedDocument};
use crate::engine::deliver::diff::Diffed;
use crate::io::text::hex;
use crate::loads::delivery::Keyed;
use crate::loads::delivery::changes::{
    CREATE, DELETE, FORMER, HASH, KEY_HIGH, KEY_LOW, OP, UPDATE, exactly, for_each_page, scan, small,
};
use crate::loads::delivery::dispatch::key_text;
use crate::loads::{ChangeCounts, Stop};
use crate::transforms::reject::text_at;

/// What a load is about to do.
#[derive(Clone, Debug, Serialize)]
pub struct LoadPlan {
    /// Its name.
    pub load: String,
    /// Name of its kind.
    pub kind: String,
    /// Its table.
    pub from: String,
    /// `append`, `replace`, `merge` or `mirror`; nothing for loads that do not know their rows.
    pub mode: Option<&'static str>,
    /// Rows of the table that can be delivered.
    pub rows: u64,
    /// Rows that the load refuses.
    pub rejected: u64,
    /// Changes by kind; nothing for loads that do not know their rows.
    pub changes: Option<ChangeCounts>,
    /// Deletes that are held back, because rows were rejected above.
    pub held: u64,
    /// Why all rows are sent again, when they are.
    pub resync: Option<String>,
    /// Whether the steps before the load are not those of the last delivery.
    pub new_logic: bool,
    /// Guards that say no.
    pub guards: Vec<Stop>,
    /// The first changes.
    pub shown: Vec<ChangeShown>,
    /// Documents that the load is about to issue, has issued or rejects; nothing for loads that issue none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub documents: Option<Vec<PlannedDocument>>,
    /// How many of them a person is shown of each kind.
    #[serde(skip)]
    pub most: usize,
}

/// One change.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ChangeShown {
    /// `create`, `update` or `delete`.
    pub change: String,
    /// The key of the row: `sku=001`.
    pub key: String,
    /// Columns: all of a row that is new or goes away, those that differ of one that changes.
    pub columns: Vec<ColumnShown>,
}

/// A column of a change.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ColumnShown {
    /// Its name at the destination.
    pub column: String,
    /// What the destination has.
    pub before: Option<String>,
    /// What it gets.
    pub after: Option<String>,
}

/// The first changes of each kind.
///
/// # Errors
/// A file cannot be read.
pub fn first(keyed: &Keyed, diffed: &Diffed, most: usize) -> Result<Vec<ChangeShown>, NodeError> {
    if keyed.key.is_empty() {
        return Ok(Vec::new());
    }
    let mut shown = Vec::new();
    for op in [UPDATE, CREATE, DELETE] {
        shown.extend(of_kind(op, keyed, diffed, most)?);
    }
    Ok(shown)
}

fn of_kind(op: u32, keyed: &Keyed, diffed: &Diffed, most: usize) -> Result<Vec<ChangeShown>, NodeError> {
    let most = IdxSize::try_from(most).unwrap_or(IdxSize::MAX);
    let rows = scan(&diffed.file)?.filter(exactly(OP).eq(small(op))).slice(0, most);
    let rows = rows.collect_with_engine(Engine::Streaming)?.unwrap_single();
    let former = match op {
        UPDATE => Former::of(&rows, keyed, diffed)?,
        _ => Former::default(),
    };
    let shown = (0..rows.height()).map(|row| {
        let columns = keyed.columns.iter().filter_map(|column| {
            let cell = |frame: &DataFrame, row| frame.column(&column.name).ok().and_then(|cells| text_at(cells, row));
            let now = cell(&rows, row);
            let (before, after) = match op {
                CREATE => (None, now),
                DELETE => (now, None),
                _ => (former.row(row).and_then(|place| cell(&former.frame, place)), now),
            };
            let differs = op != UPDATE || before != after;
            differs.then(|| ColumnShown { column: column.name.clone(), before, after })
        });
        let change = match op {
            CREATE => "create",
            DELETE => "delete",
            _ => "update",
        };
        ChangeShown { change: change.to_owned(), key: key_text(&rows, keyed, row), columns: columns.collect() }
    });
    Ok(shown.collect())
}

/// Former contents of some rows.
#[derive(Default)]
struct Former {
    frame: DataFrame,
    places: Vec<u64>,
    wanted: Vec<Option<u64>>,
}

impl Former {
    fn of(rows: &DataFrame, keyed: &Keyed, diffed: &Diffed) -> Result<Self, NodeError> {
        let places = rows.select([FORMER])?.sort([FORMER], SortMultipleOptions::default())?;
        let frame = diffed.files.rows(&places, &keyed.columns)?;
        let wide = |frame: &DataFrame| -> Result<Vec<Option<u64>>, NodeError> {
            Ok(frame.column(FORMER)?.u64()?.iter().collect())
        };
        let places = wide(&frame)?.into_iter().flatten().collect();
        Ok(Self { wanted: wide(rows)?, places, frame })
    }

    fn row(&self, row: usize) -> Option<usize> {
        let place = self.wanted.get(row).copied().flatten()?;
        self.places.binary_search(&place).ok()
    }
}

/// A digest of all changes, in order.
///
/// # Errors
/// The file cannot be read.
pub fn digest(file: &Path) -> Result<String, NodeError> {
    let mut digest = Sha256::new();
    for_each_page(file, |_, page| {
        for op in page.column(OP)?.u32()?.iter() {
            digest.update(op.unwrap_or_default().to_le_bytes());
        }
        for name in [KEY_HIGH, KEY_LOW, HASH] {
            for number in page.column(name)?.u64()?.iter() {
                digest.update(number.unwrap_or_default().to_le_bytes());
            }
        }
        Ok(())
    })?;
    Ok(hex(&digest.finalize()))
}

impl LoadPlan {
    /// The plan of the load for a person.
    pub fn write(&self, out: &mut String) {
        let mode = self.mode.map(|mode| format!(", {mode}")).unwrap_or_default();
        let _ = write!(out, "\nload `{}` ({}{mode}, from `{}`): ", self.load, self.kind, self.from);
        match &self.changes {
            None if self.documents.is_some() => self.write_fates(out),
            None => {
                let _ = writeln!(out, "{} rows, written whole; rows are not compared (no `key`)", self.rows);
            }
            Some(changes) => {
                let ChangeCounts { unchanged, created, updated, deleted, .. } = changes;
                let _ = writeln!(out, "{created} created, {updated} updated, {deleted} deleted, {unchanged} unchanged");
            }
        }
        self.write_notes(out);
        self.write_documents(out);
        for change in &self.shown {
            change.write(out);
        }
        let all = self.changes.map_or(0, |changes| changes.created + changes.updated + changes.deleted);
        let more = all.saturating_sub(self.shown.len() as u64);
        if more > 0 {
            let _ = writeln!(out, "  … and {more} more (`--rows N` shows more)");
        }
    }

    fn of_fate(&self, fate: Fate) -> impl Iterator<Item = &PlannedDocument> {
        self.documents.iter().flatten().filter(move |document| document.fate == fate)
    }

    fn write_fates(&self, out: &mut String) {
        let count = |fate| format!("{} {fate}", self.of_fate(fate).count());
        let again = self.of_fate(Fate::ToSendAgain).next().map(|_| Fate::ToSendAgain);
        let fates = [Some(Fate::ToIssue), again, Some(Fate::AlreadyIssued), Some(Fate::Rejected)];
        let _ = writeln!(out, "{}", fates.into_iter().flatten().map(count).collect::<Vec<_>>().join(", "));
    }

    /// Documents one by one, the first of each kind.
    fn write_documents(&self, out: &mut String) {
        for (fate, sign) in
            [(Fate::ToIssue, '+'), (Fate::ToSendAgain, '~'), (Fate::AlreadyIssued, '='), (Fate::Rejected, '!')]
        {
            for document in self.of_fate(fate).take(self.most) {
                let PlannedDocument { key, kind, number, buyer, total, reason, .. } = document;
                let parts = [Some(kind), number.as_ref(), buyer.as_ref(), total.as_ref(), reason.as_ref()];
                let parts = parts.into_iter().flatten().map(String::as_str).filter(|part| !part.is_empty());
                let _ = writeln!(out, "  {sign} order {key}: {}", parts.collect::<Vec<_>>().join("  "));
            }
            let more = self.of_fate(fate).count().saturating_sub(self.most);
            if more > 0 {
                let _ = writeln!(out, "  … and {more} more {fate} (`--rows N` shows more)");
            }
        }
    }

    fn write_notes(&self, out: &mut String) {
        if self.rejected > 0 {
            let _ = writeln!(out, "  {} rows are rejected", self.rejected);
        }
        if self.held > 0 {
            let held = self.held;
            let _ = writeln!(out, "  {held} deletes are held back: rows were rejected above, and may be among them");
        }
        if let Some(reason) = &self.resync {
            let _ = writeln!(out, "  all rows are sent again: {reason}");
        }
        if self.new_logic {
            let _ = writeln!(out, "  the steps before this load changed since it was delivered last");
        }
        for stop in &self.guards {
            let verdict = if stop.accepted { "accepted" } else { "stops the load" };
            let _ = writeln!(out, "  guard `{}` {verdict}: {}", stop.guard, stop.what);
        }
    }
}

impl ChangeShown {
    fn write(&self, out: &mut String) {
        let sign = match self.change.as_str() {
            "create" => '+',
            "delete" => '-',
            _ => '~',
        };
        let _ = writeln!(out, "  {sign} {}", self.key);
        let word = |text: &Option<String>| text.clone().unwrap_or_else(|| "null".to_owned());
        for column in &self.columns {
            let (before, after) = (word(&column.before), word(&column.after));
            let _ = match sign {
                '+' => writeln!(out, "      {}: {after}", column.column),
                '-' => writeln!(out, "      {}: {before}", column.column),
                _ => writeln!(out, "      {}: {before} → {after}", column.column),
            };
        }
    }
}
