//! The one clock: a command has one instant, so that it can be repeated.

use chrono::{DateTime, Utc};

/// The present instant.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the door of the clock")]
pub fn now() -> DateTime<Utc> {
    Utc::now()
}
