//! `raccordo rejects show`: rejects one by one, with personal data masked.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use crate::cli::exit::{Exit, Failure};
use crate::cli::reject_args::ShowArgs;
use crate::cli::rejects::{Known, known, project};
use crate::cli::talk;
use crate::context::Reject;
use crate::domain::personal;
use crate::engine::replay::original;

/// Runs the command.
///
/// # Errors
/// The state cannot be read, or there is no such reject.
pub fn command(args: &ShowArgs) -> Result<Exit, Failure> {
    let mut filter = args.choice.filter();
    (filter.id, filter.all) = (args.id, args.id.is_some());
    let (found, _) = known(&project(), &filter)?;
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

/// What is wrong with a reject, in English and Italian, without personal data.
#[must_use]
pub fn words(reject: &Reject) -> (String, Option<String>) {
    let hide = |message: &str| hidden(reject, message);
    (hide(&reject.message), reject.message_it.as_deref().map(hide))
}

/// A message without the personal values of its row.
fn hidden(reject: &Reject, message: &str) -> String {
    let column = reject.column.as_deref();
    let mut values: Vec<String> = Vec::new();
    if let Some(value) = &reject.value
        && personal::shown(column, value) != *value
    {
        values.push(value.trim().to_owned());
    }
    for cell in original(reject) {
        let Some(value) = cell.value else { continue };
        if personal::shown(Some(&cell.column), &value) != value {
            values.push(value.trim().to_owned());
        }
    }
    // The longest first: one may be part of another.
    values.sort_by_key(|value| std::cmp::Reverse(value.len()));
    let values = values.into_iter().filter(|value| value.chars().count() > 2);
    values.fold(message.to_owned(), |message, value| message.replace(&value, &personal::masked(&value)))
}

/// Where a reject came from, for a person.
#[must_use]
pub fn place(reject: &Reject) -> String {
    let origin = &reject.origin;
    let mut place = origin.file.clone().unwrap_or_default();
    if let Some(line) = origin.line {
        let _ = write!(place, ":{line}");
    }
    if let Some(path) = &origin.path {
        let gap = if place.is_empty() { "" } else { " " };
        let _ = write!(place, "{gap}{path}");
    }
    place
}

/// The key of a reject, without personal data.
fn key(reject: &Reject) -> Option<String> {
    let key = reject.key.as_ref()?;
    let part = |part: &str| match part.split_once('=') {
        Some((name, value)) => format!("{name}={}", personal::shown(Some(name.trim()), value)),
        None => personal::shown(None, part),
    };
    Some(key.split(", ").map(part).collect::<Vec<_>>().join(", "))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Origin;

    #[test]
    fn what_is_shown_hides_persons_everywhere() {
        let reject = Reject {
            node: "clienti".into(),
            site: None,
            cause: "bad-email".into(),
            message: "expected an e-mail address, found `mario.rossi`; sku=A01".into(),
            message_it: Some("atteso un indirizzo, trovato `mario.rossi`".into()),
            column: Some("email".into()),
            value: Some("mario.rossi".into()),
            key: Some("email=mario.rossi, sku=A01".into()),
            origin: Origin::default(),
            row: r#"{"email":"mario.rossi","sku":"A01"}"#.into(),
            cells: Vec::new(),
        };
        let (message, italian) = words(&reject);
        assert_eq!(message, "expected an e-mail address, found `m***`; sku=A01");
        assert_eq!(italian.as_deref(), Some("atteso un indirizzo, trovato `m***`"));
        assert_eq!(key(&reject).as_deref(), Some("email=m***, sku=A01"));
    }
}
