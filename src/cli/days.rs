//! A pipeline over a range of days: `raccordo run FILE --param giorno=2026-11-20..2026-11-24`.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::cli::args::{Params, RunArgs};
use crate::cli::exit::{Exit, Failure};
use crate::cli::open::{Secrets, open};
use crate::cli::run::{once, tell};
use crate::cli::{clock, talk};
use crate::domain::calendar::{DateFormat, iso_date, parse_date};
use crate::engine::Status;

/// Most days of a range: what is more is a slip of the pen.
const MOST: i32 = 366;

/// A parameter with the days it is to take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Range {
    /// Name of the parameter.
    pub name: String,
    /// First and last day, since 1970-01-01.
    pub days: (i32, i32),
}

/// The range among the parameters; nothing when none is one.
///
/// # Errors
/// There are two, or the days are in the wrong order or too many.
pub fn range_of(args: &RunArgs) -> Result<Option<Range>, Failure> {
    let mut ranges = Vec::new();
    for (name, value) in &args.params.given {
        if let Some(days) = days(value)
            && is_date(args, name)
        {
            ranges.push(Range { name: name.clone(), days });
        }
    }
    if let [first, second, ..] = &ranges[..] {
        let message = format!("`{}` and `{}` are both a range of days", first.name, second.name);
        return Err(Failure::new(Exit::Wrong, message).help("give one of them a single day"));
    }
    let Some(range) = ranges.pop() else { return Ok(None) };
    let (first, last) = range.days;
    let shown = format!("{}..{}", iso_date(first), iso_date(last));
    if last < first {
        return Err(
            Failure::new(Exit::Wrong, format!("`{shown}` ends before it begins")).help("the older day comes first")
        );
    }
    if last - first >= MOST {
        return Err(Failure::new(Exit::Wrong, format!("`{shown}` is more than {MOST} days")));
    }
    Ok(Some(range))
}

/// `2026-11-20..2026-11-24`.
fn days(value: &str) -> Option<(i32, i32)> {
    let (first, last) = value.split_once("..")?;
    let day = |text: &str| parse_date(text.trim().as_bytes(), DateFormat::Iso).ok();
    Some((day(first)?, day(last)?))
}

/// Whether the pipeline declares the parameter as a date; a text may look like a range without being one.
fn is_date(args: &RunArgs, name: &str) -> bool {
    let opened = open(&args.file, &Params::default(), clock::now(), Secrets::NotNeeded);
    let pipeline = opened.ok().and_then(|opened| opened.pipeline);
    pipeline.is_some_and(|pipeline| pipeline.params.get(name).is_some_and(|spec| spec.ty.trim() == "date"))
}

/// Runs the pipeline once for each day, the oldest first. A run that fails ends the series, a check that says no does not.
///
/// # Errors
/// The pipeline is wrong, or a report cannot be printed.
pub fn command(args: &RunArgs, range: &Range) -> Result<Exit, Failure> {
    let (mut worst, mut reports, mut last) = (Exit::Done, Vec::new(), None);
    for day in range.days.0..=range.days.1 {
        let day = iso_date(day);
        if !args.quiet && !args.json {
            talk::line(&format!("{} = {day}", range.name));
        }
        let given = args
            .params
            .given
            .iter()
            .map(|(name, value)| (name.clone(), if *name == range.name { day.clone() } else { value.clone() }));
        let started_at = next_instant(last);
        last = Some(started_at);
        let outcome = once(args, &Params { given: given.collect() }, started_at)?;
        let exit = outcome.exit_status().into();
        worst = worst.max(exit);
        let has_failed = matches!(outcome.status, Status::Failed | Status::Bug);
        if args.json {
            reports.push(outcome.report);
        } else {
            tell(false, args.quiet, &outcome)?;
        }
        if has_failed {
            talk::line(&format!("stopped at {} = {day}: the days after it were not run", range.name));
            // Said by its own code, even when an earlier day has said no.
            worst = exit;
            break;
        }
    }
    if args.json {
        talk::json(&reports)?;
    }
    Ok(worst)
}

/// Runs are named by the second in which they begin: a short one is followed a second later.
fn next_instant(last: Option<DateTime<Utc>>) -> DateTime<Utc> {
    let now = clock::now();
    let Some(last) = last else { return now };
    if now.timestamp() > last.timestamp() {
        return now;
    }
    std::thread::sleep(Duration::from_millis(1000 - u64::from(now.timestamp_subsec_millis() % 1000)));
    clock::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_two_days() {
        let found = days("2026-11-20..2026-11-24").map(|(first, last)| (iso_date(first), iso_date(last)));
        assert_eq!(found, Some(("2026-11-20".to_owned(), "2026-11-24".to_owned())));
        for no in ["2026-11-20", "a..b", "2026-11-20..", "2026-11-31..2026-12-01"] {
            assert_eq!(days(no), None, "{no}");
        }
    }
}
