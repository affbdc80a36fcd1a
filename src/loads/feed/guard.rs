//! What stops a feed before it takes the place of the last one.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::context::BindCx;
use crate::diag::{Code, Diagnostic, Text};
use crate::loads::Stop;
use crate::loads::delivery::spec::{self, Limit};

/// What stops a feed: the run ends with exit code 2, the last feed stays, the other loads go on. `--accept NAME` lets a
/// guard pass once, `--accept LOAD.NAME` that of one feed.
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
    /// The guards that say no to a feed of `accepted` rows, `changed` of them with another price, after one of `last`.
    #[must_use]
    pub fn judge(self, last: Option<u64>, accepted: u64, changed: u64) -> Vec<Stop> {
        let Some(last) = last else { return Vec::new() };
        let stop = |guard, what| Stop { guard, what, accepted: false };
        if self.empty && accepted == 0 && last > 0 {
            return vec![stop("empty", format!("the feed would be empty, the last one had {last} rows"))];
        }
        let mut stops = Vec::new();
        let fewer = last.saturating_sub(accepted);
        if let Some(limit) = self.shrink.filter(|limit| Limit::Share(*limit).is_passed(fewer, last)) {
            let (share, limit) = (percent(fewer, last), spec::percent(limit));
            let what =
                format!("the feed would have {accepted} rows after {last}, {share} fewer; at most {limit} are allowed");
            stops.push(stop("shrink", what));
        }
        if let Some(limit) = self.prices.filter(|limit| Limit::Share(*limit).is_passed(changed, last)) {
            let (share, limit) = (percent(changed, last), spec::percent(limit));
            let what = format!("{changed} of {last} prices would change, {share}; at most {limit} are allowed");
            stops.push(stop("prices", what));
        }
        stops
    }
}

fn percent(rows: u64, of: u64) -> String {
    let tenths = u128::from(rows) * 1000 / u128::from(of.max(1));
    format!("{}.{}%", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_crossed_and_not_just_reached() {
        let cases: [(Option<u64>, u64, u64, &[(&str, &str)]); 8] = [
            (None, 0, 0, &[]),
            (Some(100), 80, 0, &[]),
            (Some(100), 79, 0, &[("shrink", "79 rows after 100, 21.0% fewer")]),
            (Some(100), 100, 30, &[]),
            (Some(100), 100, 31, &[("prices", "31 of 100 prices would change, 31.0%")]),
            (Some(100), 50, 40, &[("shrink", "50.0% fewer"), ("prices", "40.0%")]),
            (Some(1), 0, 0, &[("empty", "the feed would be empty")]),
            (Some(0), 0, 0, &[]),
        ];
        for (last, accepted, changed, expected) in cases {
            let found = Limits::default().judge(last, accepted, changed);
            assert_eq!(found.len(), expected.len(), "{last:?} {accepted} {changed}: {found:?}");
            for (stop, (guard, words)) in found.iter().zip(expected) {
                assert!(stop.guard == *guard && stop.what.contains(words), "{stop:?}");
            }
        }
        let off = Limits { shrink: None, prices: None, empty: false };
        assert_eq!(off.judge(Some(100), 0, 100), []);
    }
}
