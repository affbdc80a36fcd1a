//! `raccordo fatturapa extract`: the document inside a signed file, byte for byte.

use crate::cli::args::FatturaPaExtractArgs;
use crate::cli::exit::{Exit, Failure};
use crate::cli::fatturapa::{content, put, single};
use crate::cli::talk;

/// Runs the command.
///
/// # Errors
/// The file cannot be read or opened, or its content cannot be written.
pub fn command(args: &FatturaPaExtractArgs) -> Result<Exit, Failure> {
    let file = single(&args.file)?;
    let inner = content(&args.file, &file)?;
    match &args.output {
        Some(path) => put(path, &inner)?,
        None => talk::bytes(&inner)?,
    }
    Ok(Exit::Done)
}
