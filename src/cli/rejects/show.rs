//! `raccordo rejects show`: rejects one by one, with personal data masked.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use crate::cli::exit::{Exit, Failure};
use crate::cli::reject_args::ShowArgs;
use crate::cli::rejects::{Known, chosen, known, project};
use crate::cli::talk;
use crate::domain::personal;
use crate::engine::reject_words::{key, place, words};
use crate::engine::replay::original;

/// Runs the command.
///
/// # Errors
/// The state cannot be read, or there is no such reject.
pub fn command(args: &ShowArgs) -> Result<Exit, Failure> {
    let project = project();
    let mut filter = chosen(&project, &args.choice)?;
    (filter.id, filter.all) = (args.id, args.id.is_some());
    let (found, _) = known(&project, &filter)?;
    if let (Some(id), true) = (args.id, found.is_empty()) {
        return Err(Failure::new(Exit::Wrong, format!("there is no reject {id}"))
            .help("`raccordo rejects list` tells which are known"));
    }
    let shown = &found[..found.len().min(args.rows)];
    if args.json {
        talk::json(&shown.iter().map(as_json).collect::<Vec<_>>())?;
        return Ok(Exit::Done);
    }
    if shown.is_empty() {
        talk::line("no rejected rows");
    }
    talk::data(&shown.iter().map(as_text).collect::<Vec<_>>().join("\n"))?;
    if found.len() > shown.len() {
        talk::line(&format!("and {} more: `--rows` shows them", found.len() - shown.len()));
    }
    Ok(Exit::Done)
}

fn as_json(known: &Known) -> Value {
    let Known { record, reject } = known;
    let (message, message_it) = words(reject);
    let row: Map<String, Value> = original(reject)
        .into_iter()
        .map(|cell| {
            let value = cell.value.map(|value| personal::shown(Some(&cell.column), &value));
            (cell.column, value.into())
        })
        .collect();
    json!({
        "id": record.id, "pipeline": record.pipeline, "run": record.run, "node": record.node, "step": reject.site,
        "cause": record.cause, "message": message, "message_it": message_it, "column": reject.column,
        "value": reject.value.as_deref().map(|value| personal::shown(reject.column.as_deref(), value)),
        "key": key(reject), "file": reject.origin.file, "line": reject.origin.line, "path": reject.origin.path,
        "first_seen": record.first_seen, "last_seen": record.last_seen, "times": record.times, "status": record.status,
        "row": row,
    })
}

fn as_text(known: &Known) -> String {
    let Known { record, reject } = known;
    let (message, message_it) = words(reject);
    let mut out = format!("reject {}  {}  {}  {}\n", record.id, record.pipeline, record.node, record.cause);
    let mut line = |label: &str, text: &str| {
        if !text.is_empty() {
            let _ = writeln!(out, "  {label:<10}{text}");
        }
    };
    line("motivo", message_it.as_deref().unwrap_or_default());
    line("reason", &message);
    line("from", &place(reject));
    line("key", &key(reject).unwrap_or_default());
    line("column", reject.column.as_deref().unwrap_or_default());
    let value = reject.value.as_deref().map(|value| personal::shown(reject.column.as_deref(), value));
    line("value", &value.unwrap_or_default());
    let times = if record.times == 1 { String::new() } else { format!(" ({} times)", record.times) };
    line("seen", &format!("{} to {}{times}", record.first_seen, record.last_seen));
    line("run", &record.run);
    line("status", &record.status);
    for cell in original(reject) {
        let value = cell.value.as_deref().map(|value| personal::shown(Some(&cell.column), value));
        line("", &format!("{} = {}", cell.column, value.as_deref().unwrap_or("(nothing)")));
    }
    out
}
