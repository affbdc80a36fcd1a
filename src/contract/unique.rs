//! Remembers the values of unique columns.
//!
//! Values are remembered as 128 bits of hash, so that a million codes cost some tens of megabytes; two values that share
//! them are less likely than a fault of the machine.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};

/// The values seen so far, by column.
#[derive(Debug, Default)]
pub struct Seen {
    values: HashSet<(usize, u128)>,
    hashers: [RandomState; 2],
}

impl Seen {
    /// The fingerprint of a value.
    #[must_use]
    pub fn fingerprint(&self, value: &str) -> u128 {
        let [high, low] = &self.hashers;
        (u128::from(high.hash_one(value)) << 64) | u128::from(low.hash_one(value))
    }

    /// Whether the column had the value in an accepted row.
    #[must_use]
    pub fn contains(&self, column: usize, fingerprint: u128) -> bool {
        self.values.contains(&(column, fingerprint))
    }

    /// Remembers a value of an accepted row.
    pub fn insert(&mut self, column: usize, fingerprint: u128) {
        self.values.insert((column, fingerprint));
    }
}
