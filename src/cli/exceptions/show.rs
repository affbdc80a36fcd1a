//! `raccordo exceptions show`: one exception with its history.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::cli::exception_args::ShowArgs;
use crate::cli::exceptions::{as_json, chosen};
use crate::cli::exit::{Exit, Failure};
use crate::cli::rejects::failed;
use crate::cli::talk;
use crate::state::{ExceptionEvent, ExceptionFilter};

/// Runs the command.
///
/// # Errors
/// The state cannot be read, or there is no such exception.
pub fn command(args: &ShowArgs) -> Result<Exit, Failure> {
    let filter = ExceptionFilter { id: Some(args.id), ..ExceptionFilter::default() };
    let found = chosen(&filter)?.and_then(|(state, mut found)| Some((state, found.pop()?)));
    let Some((state, one)) = found else {
        return Err(Failure::new(Exit::Wrong, format!("there is no exception {}", args.id))
            .help("`raccordo exceptions list --all` tells which are known"));
    };
    let events = state.exception_events(args.id).map_err(|error| failed(&error))?;
    let mut shown = as_json(&one);
    if args.json {
        shown["history"] = events.iter().map(event_json).collect();
        talk::json(&shown)?;
        return Ok(Exit::Done);
    }
    let mut out = String::new();
    for (name, value) in shown.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null()) {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let _ = writeln!(out, "{name:<12} {text}");
    }
    out.push_str("\nhistory\n");
    for event in &events {
        let words = [&event.day, &event.amount, &event.reason, &event.owner, &event.expires_on];
        let words: Vec<&str> = words.into_iter().filter_map(|word| word.as_deref()).collect();
        let _ = writeln!(out, "  {}  {:<17} {}", event.at, event.what, words.join("  "));
    }
    talk::data(&out)?;
    Ok(Exit::Done)
}

fn event_json(event: &ExceptionEvent) -> Value {
    json!({
        "at": event.at, "what": event.what, "day": event.day, "run": event.run, "reason": event.reason,
        "owner": event.owner, "expires_on": event.expires_on, "amount": event.amount,
    })
}
