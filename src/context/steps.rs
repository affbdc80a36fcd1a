//! The points of a run between which it may be interrupted: after each, something that lasts has been done.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counts the points of a run, and ends the process at one of them when told so.
#[derive(Debug, Default)]
pub struct Steps {
    reached: AtomicU64,
    die_at: Option<u64>,
}

impl Steps {
    /// Steps of a run whose process ends at the given point, from 1, as if it had been killed: nothing is closed, nothing
    /// is written any more.
    #[must_use]
    pub fn dying_at(point: Option<u64>) -> Self {
        Self { reached: AtomicU64::new(0), die_at: point }
    }

    /// A point is reached.
    pub fn reached(&self, _what: &str) {
        let point = self.reached.fetch_add(1, Ordering::SeqCst) + 1;
        if self.die_at == Some(point) {
            std::process::abort();
        }
    }

    /// How many points were reached.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.reached.load(Ordering::SeqCst)
    }
}
