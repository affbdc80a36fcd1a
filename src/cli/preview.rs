//! `raccordo preview`: the first rows of a table.

use crate::cli::args::PreviewArgs;
use crate::cli::exit::{Exit, Failure};
use crate::cli::open::{Secrets, find_table, open};
use crate::cli::{clock, stop, table, talk};
use crate::engine::{self, RunOptions};

/// Runs the command.
///
/// # Errors
/// The pipeline is wrong, the name is unknown, or the rows cannot be computed.
pub fn command(args: &PreviewArgs) -> Result<Exit, Failure> {
    let now = clock::now();
    let plan = open(&args.file, &args.params, now, Secrets::Needed)?.ready()?.plan;
    let name = find_table(&plan, &args.node)?;
    let options = RunOptions::at(now);
    stop::watch(&options.cancelled, plan.project.state_dir(), now)?;
    let rows = engine::preview(&plan, name, args.rows, &options)?;
    let text = table::render(&rows, &plan.nodes[name].schema).map_err(|error| {
        Failure::new(Exit::Bug, format!("the rows of `{name}` are not of its types: {error}"))
            .help("this is a bug of raccordo: please report it with the pipeline")
    })?;
    talk::data(&text)?;
    talk::line(&shown(rows.height(), args.rows));
    Ok(Exit::Done)
}

fn shown(rows: usize, asked: usize) -> String {
    let counted = talk::counted(rows, "row");
    if rows < asked { format!("{counted}, the whole table") } else { format!("the first {counted}") }
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn says_whether_there_may_be_more() {
        assert_eq!(shown(1, 20), "1 row, the whole table");
        assert_eq!(shown(20, 20), "the first 20 rows");
    }
}
