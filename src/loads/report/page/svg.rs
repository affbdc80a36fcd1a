//! Drawings of a report: bars of a bridge, a bar of a rate, a line over time. Geometry only; colours are in the style sheet.
//!
//! Amounts become floating point here and nowhere else: a drawing has no cents.

use std::fmt::Write as _;

use crate::domain::money::Decimal;
use crate::loads::report::model::{Step, Trend};
use crate::loads::report::page::escape::escaped;
use crate::loads::report::value::Style;

/// Width of the drawing of a bar; it is stretched to its cell.
const WIDE: f64 = 1000.0;
/// Size of a line over time.
const WIDTH: f64 = 320.0;
const HEIGHT: f64 = 96.0;
const TOP: f64 = 14.0;
const BOTTOM: f64 = 78.0;
const MICROS_PER_DAY: i64 = 86_400_000_000;

/// A number for a drawing.
#[must_use]
pub(super) fn number(value: Decimal) -> f64 {
    value.to_string().parse().unwrap_or_default()
}

/// Where the bars of a bridge begin and end, as shares of the width, and where the next one begins.
#[must_use]
pub(super) fn spans(steps: &[Step]) -> Vec<(f64, f64)> {
    let mut level = 0.0;
    let mut spans = Vec::new();
    for step in steps {
        let amount = number(step.amount);
        let (from, to) = if step.is_total { (0.0, amount) } else { (level, level + amount) };
        spans.push((from, to));
        level = to;
    }
    let ends = || spans.iter().flat_map(|(from, to)| [*from, *to]);
    let (least, most) = (ends().fold(0.0, f64::min), ends().fold(0.0, f64::max));
    let range = if most > least { most - least } else { 1.0 };
    spans.iter().map(|(from, to)| ((from - least) / range, (to - least) / range)).collect()
}

/// The bar of one step of a bridge.
#[must_use]
pub(super) fn bar(step: &Step, span: (f64, f64)) -> String {
    let (left, right) = (span.0.min(span.1) * WIDE, span.0.max(span.1) * WIDE);
    let class = match (step.is_total, step.amount.is_negative()) {
        (true, _) => "b-total",
        (false, false) => "b-up",
        (false, true) => "b-down",
    };
    let end = span.1 * WIDE;
    format!(
        "<svg viewBox=\"0 0 1000 24\" preserveAspectRatio=\"none\" aria-hidden=\"true\">\
         <line class=\"b-line\" x1=\"{end:.1}\" x2=\"{end:.1}\" y1=\"4\" y2=\"24\"/>\
         <rect class=\"{class}\" x=\"{left:.1}\" y=\"4\" width=\"{:.1}\" height=\"16\"/></svg>",
        (right - left).max(2.0)
    )
}

/// The bar of a rate from 0 to 1.
#[must_use]
pub(super) fn rate(rate: Decimal) -> String {
    let width = (number(rate).clamp(0.0, 1.0)) * 100.0;
    format!(
        "<svg viewBox=\"0 0 100 8\" preserveAspectRatio=\"none\" aria-hidden=\"true\"><rect class=\"b-rail\" width=\"100\" \
         height=\"8\"/><rect class=\"b-total\" width=\"{width:.1}\" height=\"8\"/></svg>"
    )
}

/// Where the points of a trend lie, and which of them begin a new line because runs are missing before them.
#[must_use]
pub(super) fn points(trend: &Trend) -> Vec<(f64, f64, bool)> {
    let times: Vec<i64> = trend.points.iter().map(|(at, _)| *at).collect();
    let values: Vec<f64> = trend.points.iter().map(|(_, value)| number(*value)).collect();
    let (Some(first), Some(last)) = (times.first(), times.last()) else { return Vec::new() };
    let least = values.iter().copied().fold(f64::INFINITY, f64::min).min(0.0);
    let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let range = if most > least { most - least } else { 1.0 };
    let longest = longest_gap(&times);
    let seconds = |micros: i64| f64::from(i32::try_from(micros / 1_000_000).unwrap_or(i32::MAX));
    let whole = seconds(last - first).max(1.0);
    let point = |(at, value): (usize, f64)| {
        let x = if times.len() == 1 { WIDTH - 8.0 } else { 8.0 + (WIDTH - 16.0) * seconds(times[at] - first) / whole };
        let y = BOTTOM - (value - least) / range * (BOTTOM - TOP);
        let begins = at == 0 || times[at] - times[at - 1] > longest;
        (x, y, begins)
    };
    values.into_iter().enumerate().map(point).collect()
}

/// Runs that are further apart than this have others missing between them: twice the usual distance, a day and a half at
/// least.
fn longest_gap(times: &[i64]) -> i64 {
    let mut gaps: Vec<i64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    gaps.sort_unstable();
    let usual = gaps.get(gaps.len() / 2).copied().unwrap_or_default();
    (usual * 2).max(MICROS_PER_DAY * 3 / 2)
}

/// A trend as a line with its last point.
#[must_use]
pub(super) fn line(trend: &Trend, style: Style<'_>) -> String {
    let points = points(trend);
    let mut path = String::new();
    for (x, y, begins) in &points {
        let _ = write!(path, "{}{x:.1} {y:.1}", if *begins { "M" } else { "L" });
    }
    let mut out =
        format!("<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{}\">", escaped(&trend.title));
    let _ = write!(out, "<line class=\"t-grid\" x1=\"8\" x2=\"312\" y1=\"{BOTTOM}\" y2=\"{BOTTOM}\"/>");
    let _ = write!(out, "<path class=\"t-line\" d=\"{path}\"/>");
    for (at, (x, y, begins)) in points.iter().enumerate() {
        // A point that no line touches would not be seen.
        let is_alone = *begins && points.get(at + 1).is_none_or(|next| next.2);
        if at + 1 == points.len() || is_alone {
            let radius = if at + 1 == points.len() { "3.5" } else { "2" };
            let _ = write!(out, "<circle class=\"t-dot\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius}\"/>");
        }
    }
    if let (Some((first, _)), Some((last, _))) = (trend.points.first(), trend.points.last())
        && trend.points.len() > 1
    {
        let (first, last) = (style.instant(*first, false), style.instant(*last, false));
        let _ = write!(out, "<text x=\"8\" y=\"93\">{}</text>", escaped(&first));
        let _ = write!(out, "<text x=\"312\" y=\"93\" text-anchor=\"end\">{}</text>", escaped(&last));
    }
    out.push_str("</svg>");
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::loads::report::spec::Kind;

    fn step(amount: i128, is_total: bool) -> Step {
        Step { title: String::new(), amount: Decimal::new(amount, 0), is_total }
    }

    #[test]
    fn bars_of_a_bridge_begin_where_the_last_one_ends() {
        let steps = [step(100, true), step(100, false), step(-150, false), step(50, true)];
        assert_eq!(spans(&steps), [(0.0, 0.5), (0.5, 1.0), (1.0, 0.25), (0.0, 0.25)]);
        let below = [step(10, true), step(-30, false)];
        assert_eq!(spans(&below), [(2.0 / 3.0, 1.0), (1.0, 0.0)]);
        assert_eq!(spans(&[step(0, true)]), [(0.0, 0.0)], "nothing is no division by zero");
    }

    #[test]
    fn a_line_stops_where_runs_are_missing() {
        let day = |at: i64, value| (at * MICROS_PER_DAY, Decimal::new(value, 0));
        let points_of =
            |list: Vec<(i64, Decimal)>| points(&Trend { title: String::new(), kind: Kind::Count, points: list });
        let found = points_of(vec![day(0, 0), day(1, 10), day(2, 5), day(6, 10)]);
        assert_eq!(found.iter().map(|point| point.2).collect::<Vec<_>>(), [true, false, false, true]);
        assert!((found[0].0 - 8.0).abs() < 0.01 && (found[3].0 - 312.0).abs() < 0.01, "{found:?}");
        assert!((found[1].1 - TOP).abs() < 0.01 && (found[0].1 - BOTTOM).abs() < 0.01, "{found:?}");
        // Time is drawn to scale.
        assert!((found[1].0 - (8.0 + 304.0 / 6.0)).abs() < 0.01, "{found:?}");
        assert_eq!(points_of(vec![day(3, 7)]).len(), 1);
        assert!(points_of(Vec::new()).is_empty());
        let weekly = points_of(vec![day(0, 1), day(7, 1), day(14, 1)]);
        assert!(!weekly[1].2 && !weekly[2].2, "weekly runs lack nothing");
    }
}
