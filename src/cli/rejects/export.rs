//! `raccordo rejects export`: rejects as a file that a person corrects.

use std::io::Write;

use crate::cli::exit::{Exit, Failure};
use crate::cli::reject_args::ExportArgs;
use crate::cli::rejects::{Known, chosen, known, project, sheet};
use crate::cli::{clock, talk};
use crate::engine::reject_words;
use crate::engine::replay::original;
use crate::io::StagedFile;

/// Columns that say what is wrong, before those of the rows.
pub const REASONS: [&str; 10] =
    ["_id", "_pipeline", "_node", "_cause", "_motivo", "_reason", "_column", "_key", "_from", "_row"];

/// Runs the command.
///
/// # Errors
/// The state cannot be read, or the file cannot be written.
pub fn command(args: &ExportArgs) -> Result<Exit, Failure> {
    let project = project();
    let (found, _) = known(&project, &chosen(&project, &args.choice)?)?;
    let shown = args.file.display();
    let is_csv = args.file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv"));
    let is_xlsx = args.file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("xlsx"));
    if !is_csv && !is_xlsx {
        return Err(Failure::new(Exit::Wrong, format!("`{shown}` is neither `.csv` nor `.xlsx`")));
    }
    if found.is_empty() {
        talk::line("no rejected rows: nothing was written");
        return Ok(Exit::Done);
    }
    let rows = table(&found);
    let failed = |error: String| Failure::new(Exit::Failed, format!("cannot write `{shown}`: {error}"));
    let bytes = if is_csv { sheet::to_csv(&rows) } else { sheet::to_workbook(&rows) }.map_err(failed)?;
    let run = format!("export-{}", clock::now().format("%Y%m%dT%H%M%S"));
    let staged = StagedFile::create(&args.file, &run).map_err(|error| failed(error.to_string()))?;
    let mut file = staged.open().map_err(|error| failed(error.to_string()))?;
    file.write_all(&bytes).map_err(|error| failed(error.to_string()))?;
    drop(file);
    staged.commit().map_err(|error| failed(error.to_string()))?;
    talk::line(&format!("{} written to `{shown}`; it holds personal data in full", talk::counted(found.len(), "row")));
    talk::line(&format!("correct the cells, keep `_id`, then: raccordo rejects replay {shown}"));
    Ok(Exit::Done)
}

/// The header and a line for each reject.
fn table(found: &[Known]) -> Vec<Vec<String>> {
    let mut columns: Vec<String> = Vec::new();
    for cell in found.iter().flat_map(|known| original(&known.reject)) {
        if !columns.contains(&cell.column) {
            columns.push(cell.column);
        }
    }
    let mut rows = vec![REASONS.iter().map(|name| (*name).to_owned()).chain(columns.iter().cloned()).collect()];
    for Known { record, reject } in found {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let mut row = vec![record.id.to_string(), record.pipeline.clone(), record.node.clone(), record.cause.clone()];
        row.extend([text(&reject.message_it), reject.message.clone(), text(&reject.column), text(&reject.key)]);
        // The raw line of a file helps where its cells are not where they should be.
        row.extend([
            reject_words::place(reject),
            if reject.cells.is_empty() { String::new() } else { reject.row.clone() },
        ]);
        let cells = original(reject);
        row.extend(columns.iter().map(|column| {
            let cell = cells.iter().find(|cell| cell.column == *column);
            cell.and_then(|cell| cell.value.clone()).unwrap_or_default()
        }));
        rows.push(row);
    }
    rows
}
