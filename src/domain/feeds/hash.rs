//! A hash of published values that is the same on every machine and in every release: it is kept between runs.
//!
//! Two 64-bit words are multiplied into 128 bits and folded, sixteen bytes at a time. It tells changes apart; it is no
//! protection against somebody who makes equal hashes on purpose.

const SEED: u64 = 0x9e37_79b9_7f4a_7c15;
const FIRST: u64 = 0xa076_1d64_78bd_642f;
const SECOND: u64 = 0xe703_7ed1_a0b4_28db;

/// Hashes values one after the other; each is told apart from its neighbours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hasher(u64);

impl Default for Hasher {
    fn default() -> Self {
        Self(SEED)
    }
}

impl Hasher {
    /// Adds a value.
    #[inline]
    pub fn add(&mut self, bytes: &[u8]) {
        let mut state = self.0;
        let mut chunks = bytes.chunks_exact(16);
        for chunk in &mut chunks {
            let (left, right) = chunk.split_at(8);
            state = fold(word(left) ^ FIRST ^ state, word(right) ^ SECOND);
        }
        let rest = chunks.remainder();
        let (left, right) = rest.split_at(rest.len().min(8));
        // The length stands in for what a shorter value lacks.
        let length = bytes.len() as u64;
        self.0 = fold(word(left) ^ FIRST ^ state, word(right) ^ SECOND ^ length.rotate_left(32)) ^ length;
    }

    /// Adds a hash.
    #[inline]
    pub fn add_hash(&mut self, hash: u64) {
        self.0 = fold(self.0 ^ FIRST, hash ^ SECOND);
    }

    /// The hash so far.
    #[inline]
    #[must_use]
    pub const fn finish(self) -> u64 {
        self.0
    }
}

/// The hash of one value.
#[inline]
#[must_use]
pub fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = Hasher::default();
    hasher.add(bytes);
    hasher.finish()
}

#[inline]
fn word(bytes: &[u8]) -> u64 {
    let mut word = [0; 8];
    word[..bytes.len()].copy_from_slice(bytes);
    u64::from_le_bytes(word)
}

#[inline]
#[expect(clippy::cast_possible_truncation, reason = "both halves are wanted")]
fn fold(left: u64, right: u64) -> u64 {
    let product = u128::from(left) * u128::from(right);
    (product as u64) ^ ((product >> 64) as u64)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn values_are_told_apart() {
        let mut seen = HashSet::new();
        for number in 0..20_000 {
            assert!(seen.insert(hash(format!("sku-{number:08}").as_bytes())), "{number}");
        }
        for length in 0..100 {
            assert!(seen.insert(hash(&vec![0; length])), "{length} zeros");
            assert!(seen.insert(hash(&vec![b'a'; length + 1])), "{length} letters");
        }
        let pair = |left: &[u8], right: &[u8]| {
            let mut hasher = Hasher::default();
            hasher.add(left);
            hasher.add(right);
            hasher.finish()
        };
        assert_ne!(pair(b"ab", b"c"), pair(b"a", b"bc"));
        assert_ne!(pair(b"", b"a"), pair(b"a", b""));
    }

    #[test]
    fn the_hash_never_changes() {
        // Published values are compared with those of years ago.
        assert_eq!(hash(b""), 0x7f40_f511_7e11_298b);
    }
}
