//! `raccordo explain`: the columns at every table and step, or the plan that Polars will run.

use std::fmt::Write;

use crate::cli::args::ExplainArgs;
use crate::cli::exit::{Exit, Failure};
use crate::cli::open::{Secrets, find_table, open};
use crate::cli::{clock, talk};
use crate::engine::{self, RunOptions};
use crate::plan::{Plan, explain};

/// Runs the command.
///
/// # Errors
/// The pipeline is wrong, the name is unknown, or a source cannot be opened for `--plan`.
pub fn command(args: &ExplainArgs) -> Result<Exit, Failure> {
    let now = clock::now();
    let secrets = if args.plan { Secrets::Needed } else { Secrets::NotNeeded };
    let plan = open(&args.file, &args.params, now, secrets)?.ready()?.plan;
    let table = args.node.as_deref().map(|name| find_table(&plan, name)).transpose()?;
    let text = match (args.plan, table) {
        (false, None) => explain::pipeline(&plan),
        (false, Some(table)) => explain::table(&plan, table),
        (true, Some(table)) => optimised(&plan, &[table], &RunOptions::at(now))?,
        (true, None) => optimised(&plan, &loaded_tables(&plan), &RunOptions::at(now))?,
    };
    talk::data(&text)?;
    Ok(Exit::Done)
}

/// Tables that loads get, each once.
fn loaded_tables(plan: &Plan) -> Vec<&str> {
    let mut tables: Vec<&str> = Vec::new();
    for load in &plan.loads {
        for input in load.inputs() {
            if !tables.contains(&input) {
                tables.push(input);
            }
        }
    }
    tables
}

fn optimised(plan: &Plan, tables: &[&str], options: &RunOptions) -> Result<String, Failure> {
    let mut text = String::new();
    for table in tables {
        let gap = if text.is_empty() { "" } else { "\n" };
        let plan = engine::optimised_plan(plan, table, options)?;
        let _ = writeln!(text, "{gap}{table}\n{}", plan.trim_end());
    }
    Ok(text)
}
