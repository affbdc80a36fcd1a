//! What stops a feed before it takes the place of the last one.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::context::{BindCx, NodeError};
use crate::diag::{Code, Diagnostic, Text};
use crate::loads::delivery::spec::{self, Limit};
use crate::loads::feed::summary::FeedSummary;

/// What stops a feed: the run ends with exit code 2, nothing is written, the last feed stays.
///
/// Each guard compares with the last feed that was written, so none looks at the first one. A value is a share of the
/// rows of the last feed, or `off`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Guard {
    /// Most rows fewer than in the last feed. Default: `20%`.
    pub shrink: Option<Text>,
    /// Most rows whose price is another than in the last feed. Default: `30%`.
    pub prices: Option<Text>,
    /// Whether a feed without any row is stopped: `on` or `off`. Default: `on`.
    pub empty: Option<Text>,
}

/// Checked limits, in parts per million.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most rows fewer.
    pub shrink: Option<u64>,
    /// Most rows with another price.
    pub prices: Option<u64>,
    /// Whether an empty feed is stopped.
    pub empty: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self { shrink: Some(200_000), prices: Some(300_000), empty: true }
    }
}

impl Guard {
    /// Checks the limits, reporting every problem.
    #[must_use]
    pub fn bind(&self, cx: &BindCx) -> Limits {
        let limits = Limits::default();
        Limits {
            shrink: share(self.shrink.as_ref(), limits.shrink, cx),
            prices: share(self.prices.as_ref(), limits.prices, cx),
            empty: switch(self.empty.as_ref(), cx),
        }
    }
}

fn share(text: Option<&Text>, default: Option<u64>, cx: &BindCx) -> Option<u64> {
    let Some(text) = text else { return default };
    if is_off(text) {
        return None;
    }
    let parts = spec::share(text).filter(|parts| *parts <= 1_000_000);
    if parts.is_none() {
        let problem = Diagnostic::error(Code::BadValue, text.place(), format!("`{text}` is not a share"));
        cx.report(problem.help("write it as `20%`, or `off`"));
    }
    parts
}

fn switch(text: Option<&Text>, cx: &BindCx) -> bool {
    match text {
        None => true,
        Some(text) if is_off(text) => false,
        Some(text) if matches!(text.as_str(), "on" | "true") => true,
        Some(text) => {
            cx.error(Code::BadValue, text, format!("expected `on` or `off`, found `{text}`"));
            true
        }
    }
}

/// `off` means false in YAML files of old.
fn is_off(text: &Text) -> bool {
    matches!(text.as_str(), "off" | "false")
}

impl Limits {
    /// Whether the feed may take the place of the last one.
    ///
    /// # Errors
    /// A guard stops it.
    pub fn check(self, load: &str, feed: &FeedSummary) -> Result<(), NodeError> {
        let Some(last) = feed.last else { return Ok(()) };
        let stop = |name: &str, message: String| {
            Err(NodeError::new(
                Code::GuardStopped,
                format!("load `{load}`: {message}; nothing was written, the last feed stays"),
            )
            .help("look at the rejected rows and at the sources: half of a source looks just like this")
            .help(format!("if it is right, let it pass: `guard: {{ {name}: off }}` for this run")))
        };
        if self.empty && feed.accepted == 0 && last > 0 {
            return stop("empty", format!("the feed would be empty, the last one had {last} rows"));
        }
        let fewer = last.saturating_sub(feed.accepted);
        if let Some(limit) = self.shrink.filter(|limit| Limit::Share(*limit).is_passed(fewer, last)) {
            let (share, limit) = (percent(fewer, last), spec::percent(limit));
            let message = format!(
                "the feed would have {} rows after {last}, {share} fewer; at most {limit} are allowed",
                feed.accepted
            );
            return stop("shrink", message);
        }
        match self.prices.filter(|limit| Limit::Share(*limit).is_passed(feed.prices_changed, last)) {
            Some(limit) => {
                let (share, limit) = (percent(feed.prices_changed, last), spec::percent(limit));
                let message = format!(
                    "{} of {last} prices would change, {share}; at most {limit} are allowed",
                    feed.prices_changed
                );
                stop("prices", message)
            }
            None => Ok(()),
        }
    }
}

fn percent(rows: u64, of: u64) -> String {
    let tenths = u128::from(rows) * 1000 / u128::from(of.max(1));
    format!("{}.{}%", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feed(last: Option<u64>, accepted: u64, prices_changed: u64) -> FeedSummary {
        FeedSummary { accepted, last, prices_changed, ..FeedSummary::default() }
    }

    #[test]
    fn limits_are_crossed_and_not_just_reached() {
        let limits = Limits::default();
        let cases = [
            (feed(None, 0, 0), None),
            (feed(Some(100), 80, 0), None),
            (feed(Some(100), 79, 0), Some("79 rows after 100, 21.0% fewer")),
            (feed(Some(100), 100, 30), None),
            (feed(Some(100), 100, 31), Some("31 of 100 prices would change, 31.0%")),
            (feed(Some(1), 0, 0), Some("the feed would be empty")),
            (feed(Some(0), 0, 0), None),
        ];
        for (feed, expected) in cases {
            let found = limits.check("google", &feed);
            match expected {
                None => assert!(found.is_ok(), "{feed:?}"),
                Some(words) => {
                    let error = found.unwrap_err();
                    assert!(error.message.contains(words), "{error}");
                    assert_eq!(error.code, Code::GuardStopped);
                }
            }
        }
        let off = Limits { shrink: None, prices: None, empty: false };
        assert!(off.check("google", &feed(Some(100), 0, 100)).is_ok());
    }
}
