//! What a feed published last, row by row: for delta feeds, for the guards, and to say what changed.
//!
//! It is kept beside the state, in `.raccordo/feeds/NAME.last`, and replaced together with the feed. In memory a row of the
//! last feed takes about 50 bytes; its key is read again only for rows that are gone. The bytes of the file are in
//! `history_file`.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};
use std::path::{Path, PathBuf};

use crate::context::NodeError;
use crate::domain::feeds::hash::hash;
use crate::loads::feed::encode::Accepted;
use crate::loads::feed::history_file::{self, Published};

/// Hashes are spread already.
#[derive(Default)]
pub struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().fold(self.0, |hash, byte| hash.rotate_left(8) ^ u64::from(*byte));
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }
}

type Spread = BuildHasherDefault<AsItIs>;

/// A row of the last feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Last {
    offer: u64,
    rest: u64,
    price: Option<i64>,
    seen: bool,
}

/// What became of a row since the last feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Its key came before in this feed.
    Duplicate,
    /// It was not in the last feed.
    New,
    /// It was, and is the same.
    Same,
    /// It was, with other values.
    Changed {
        /// Whether prices or quantities are others.
        offer: bool,
        /// Whether its price is another.
        price: bool,
    },
}

/// The last feed, and the keys of this one.
pub struct History {
    last: HashMap<u64, Last, Spread>,
    new: HashSet<u64, Spread>,
    path: Option<PathBuf>,
    /// Whether there was a last feed.
    pub is_known: bool,
}

impl History {
    /// Only the keys of this feed.
    #[must_use]
    pub fn none() -> Self {
        Self { last: HashMap::default(), new: HashSet::default(), path: None, is_known: false }
    }

    /// Reads what was published last; nothing when there is no such file.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn read(path: &Path) -> Result<Self, NodeError> {
        let mut history = Self { path: Some(path.to_path_buf()), ..Self::none() };
        if !path.exists() {
            return Ok(history);
        }
        history.is_known = true;
        history_file::read(path, |key, row| {
            let last = Last { offer: row.offer, rest: row.rest, price: row.price, seen: false };
            history.last.insert(hash(key.as_bytes()), last);
            Ok(())
        })?;
        Ok(history)
    }

    /// Rows of the last feed.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.last.len() as u64
    }

    /// Takes note of a row, and says what became of it. A feed of prices and quantities keeps what else was published.
    pub fn visit(&mut self, row: &mut Accepted, offers_only: bool) -> Change {
        let Some(last) = self.last.get_mut(&row.key) else {
            if offers_only {
                row.rest = 0;
            }
            return if self.new.insert(row.key) { Change::New } else { Change::Duplicate };
        };
        if std::mem::replace(&mut last.seen, true) {
            return Change::Duplicate;
        }
        if offers_only {
            row.rest = last.rest;
        }
        if last.offer == row.offer && last.rest == row.rest {
            return Change::Same;
        }
        Change::Changed { offer: last.offer != row.offer, price: last.price != row.price }
    }

    /// How many rows of the last feed did not come again.
    #[must_use]
    pub fn gone(&self) -> u64 {
        self.last.values().filter(|last| !last.seen).count() as u64
    }

    /// Calls `take` with the key of each row that did not come again.
    ///
    /// # Errors
    /// The file cannot be read, or `take` fails.
    pub fn for_each_gone(&self, mut take: impl FnMut(&str) -> Result<(), NodeError>) -> Result<(), NodeError> {
        let Some(path) = self.path.as_deref().filter(|_| self.gone() > 0) else { return Ok(()) };
        history_file::read(path, |key, _: Published| {
            let is_gone = self.last.get(&hash(key.as_bytes())).is_some_and(|last| !last.seen);
            if is_gone { take(key) } else { Ok(()) }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::loads::feed::history_file::HistoryWriter;

    fn row(key: &str, offer: u64, price: i64) -> Accepted {
        Accepted { key: hash(key.as_bytes()), offer, rest: 7, price: Some(price), ..Accepted::default() }
    }

    #[test]
    fn rows_are_new_the_same_changed_or_gone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("feeds/x.last");
        assert!(!History::read(&path).unwrap().is_known);
        let mut writer = HistoryWriter::begin(&path, "r1").unwrap();
        for (key, offer, price) in [("a", 1, 100), ("b", 2, 200), ("c", 3, 300)] {
            writer.add(key.as_bytes(), &row(key, offer, price)).unwrap();
        }
        writer.finish().unwrap().commit().unwrap();

        let mut history = History::read(&path).unwrap();
        assert_eq!((history.is_known, history.rows()), (true, 3));
        let mut visit = |key, offer, price| history.visit(&mut row(key, offer, price), false);
        assert_eq!(visit("a", 1, 100), Change::Same);
        assert_eq!(visit("b", 9, 250), Change::Changed { offer: true, price: true });
        assert_eq!(visit("d", 4, 400), Change::New);
        assert_eq!([visit("a", 1, 100), visit("d", 4, 400)], [Change::Duplicate; 2]);
        let mut gone = Vec::new();
        let keep = |key: &str| {
            gone.push(key.to_owned());
            Ok(())
        };
        history.for_each_gone(keep).unwrap();
        assert_eq!((history.gone(), gone), (1, vec!["c".to_owned()]));
    }

    #[test]
    fn a_feed_of_offers_keeps_what_else_was_published() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.last");
        let mut writer = HistoryWriter::begin(&path, "r1").unwrap();
        writer.add(b"a", &row("a", 1, 100)).unwrap();
        writer.finish().unwrap().commit().unwrap();
        let mut history = History::read(&path).unwrap();
        let mut offer = Accepted { rest: 0, ..row("a", 1, 100) };
        assert_eq!(history.visit(&mut offer, true), Change::Same);
        assert_eq!(offer.rest, 7);
    }

    #[test]
    fn a_damaged_file_is_told_and_not_believed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.last");
        let mut writer = HistoryWriter::begin(&path, "r1").unwrap();
        writer.add(b"a", &row("a", 1, 100)).unwrap();
        writer.finish().unwrap().commit().unwrap();
        let whole = std::fs::read(&path).unwrap();
        for damaged in [&whole[..whole.len() - 1], &whole[..20], b"something else", b""] {
            std::fs::write(&path, damaged).unwrap();
            let error = History::read(&path).err().unwrap();
            assert!(error.message.contains("cannot be read"), "{error}");
        }
    }
}
