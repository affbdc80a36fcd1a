//! `raccordo fatturapa`: electronic invoices outside a pipeline.

pub mod check;

use crate::cli::args::FatturaPaCommand;
use crate::cli::exit::{Exit, Failure};

/// Runs the command.
///
/// # Errors
/// See each command.
pub fn command(command: &FatturaPaCommand) -> Result<Exit, Failure> {
    match command {
        FatturaPaCommand::Check(args) => check::command(args),
    }
}

/// Names of documents in folders and archives; browsers add ` (1)`, systems write `.XML`.
#[must_use]
pub fn is_document(name: &str) -> bool {
    ["xml", "p7m"].iter().any(|extension| crate::io::bundle::has_extension(name, extension))
}
