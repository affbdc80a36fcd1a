//! `raccordo rejects list`: rejects by cause.

use serde::Serialize;

use crate::cli::exit::{Exit, Failure};
use crate::cli::reject_args::{Choice, ListArgs};
use crate::cli::rejects::{chosen, failed, known, project, state};
use crate::cli::talk;
use crate::engine::columns::aligned;
use crate::engine::reject_words;
use crate::state::{RejectFilter, RejectGroup};

#[derive(Serialize)]
struct Listed {
    pipeline: String,
    node: String,
    cause: String,
    rows: u64,
    first_seen: String,
    last_seen: String,
    example: String,
    example_it: Option<String>,
}

/// Runs the command.
///
/// # Errors
/// The state cannot be read.
pub fn command(args: &ListArgs) -> Result<Exit, Failure> {
    let project = project();
    let choice = Choice { pipeline: args.pipeline.clone(), ..Choice::default() };
    chosen(&project, &choice)?;
    let filter = RejectFilter { pipeline: args.pipeline.clone(), all: args.all, ..RejectFilter::default() };
    let groups = match state(&project)? {
        Some(state) => state.reject_groups(&filter).map_err(|error| failed(&error))?,
        None => Vec::new(),
    };
    let mut listed = Vec::new();
    for RejectGroup { pipeline, node, cause, rows, first_seen, last_seen, example } in groups {
        let of_one = RejectFilter { id: Some(example), all: true, ..RejectFilter::default() };
        let (found, _) = known(&project, &of_one)?;
        let words = found.first().map(|known| reject_words::words(&known.reject));
        let (example, example_it) = words.unwrap_or_default();
        listed.push(Listed { pipeline, node, cause, rows, first_seen, last_seen, example, example_it });
    }
    if args.json {
        talk::json(&listed)?;
        return Ok(Exit::Done);
    }
    if listed.is_empty() {
        talk::line("no rejected rows");
        return Ok(Exit::Done);
    }
    let rows: Vec<Vec<String>> = listed
        .into_iter()
        .map(|row| {
            let rows = row.rows.to_string();
            let (first, last) = (short(&row.first_seen), short(&row.last_seen));
            vec![row.pipeline, row.node, row.cause, rows, first, last, row.example]
        })
        .collect();
    let header = ["pipeline", "rejected at", "cause", "rows", "first seen", "last seen", "for example"];
    talk::data(&aligned(&header, &rows))?;
    Ok(Exit::Done)
}

/// An instant without fractions of its second.
fn short(instant: &str) -> String {
    instant.split_once('.').map_or_else(|| instant.to_owned(), |(seconds, _)| format!("{seconds}Z"))
}
