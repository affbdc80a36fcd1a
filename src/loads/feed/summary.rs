//! What a feed did, for the report of the run.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::Serialize;

/// What a feed did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct FeedSummary {
    /// The channel.
    pub channel: String,
    /// Rows that came.
    pub rows_in: u64,
    /// Rows that the channel accepts.
    pub accepted: u64,
    /// Rows written: all that are accepted, or in a delta those that changed, and those that are gone.
    pub published: u64,
    /// Rows kept back, by reason.
    pub excluded: BTreeMap<String, u64>,
    /// Texts cut and values left out, by field.
    pub cut: BTreeMap<String, u64>,
    /// Hash of the published values, in their order: equal hashes mean equal feeds.
    pub hash: String,
    /// Rows of the last feed; nothing when there was none, or nothing is kept.
    pub last: Option<u64>,
    /// Rows that the last feed did not have.
    pub new: u64,
    /// Rows with other values than in the last feed.
    pub changed: u64,
    /// Rows whose price is another.
    pub prices_changed: u64,
    /// Rows of the last feed that are gone.
    pub removed: u64,
    /// Rows as they were.
    pub unchanged: u64,
}

impl FeedSummary {
    /// The summary as lines for a person.
    #[must_use]
    pub fn to_text(&self, load: &str) -> String {
        let mut out = format!(
            "feed {load} ({}): {} in, {} accepted, {} published, hash {}\n",
            self.channel, self.rows_in, self.accepted, self.published, self.hash
        );
        if let Some(last) = self.last {
            // Writing to memory does not fail.
            let _ = writeln!(
                out,
                "  since the last feed of {last} rows: {} new, {} changed ({} prices), {} gone, {} as they were",
                self.new, self.changed, self.prices_changed, self.removed, self.unchanged
            );
        }
        for (title, counts) in [("kept back", &self.excluded), ("cut", &self.cut)] {
            if !counts.is_empty() {
                let parts: Vec<String> = counts.iter().map(|(name, rows)| format!("{name} {rows}")).collect();
                let _ = writeln!(out, "  {title}: {}", parts.join(", "));
            }
        }
        out
    }
}
