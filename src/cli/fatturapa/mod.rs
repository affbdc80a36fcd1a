//! `raccordo fatturapa`: electronic invoices outside a pipeline.

pub mod check;
pub mod extract;
pub mod pack;
pub mod show;
pub mod sign;

use std::borrow::Cow;
use std::path::Path;

use crate::cli::args::FatturaPaCommand;
use crate::cli::exit::{Exit, Failure};
use crate::domain::fatturapa::envelope;
use crate::domain::fatturapa::name::may_be_document;
use crate::io::bundle::Bundle;
use crate::io::{FileError, StagedFile};

/// Runs the command.
///
/// # Errors
/// See each command.
pub fn command(command: &FatturaPaCommand) -> Result<Exit, Failure> {
    match command {
        FatturaPaCommand::Check(args) => check::command(args),
        FatturaPaCommand::Show(args) => show::command(args),
        FatturaPaCommand::Extract(args) => extract::command(args),
        FatturaPaCommand::Sign(args) => sign::command(args),
        FatturaPaCommand::Pack(args) => pack::command(args),
    }
}

/// The bytes of the one document that a path means: a file, or an archive that holds nothing else.
fn single(path: &Path) -> Result<Vec<u8>, Failure> {
    let wrong = |message: String| Failure::new(Exit::Wrong, message);
    if path.is_dir() {
        return Err(wrong(format!("`{}` is a folder", path.display())).help("name one file"));
    }
    let mut bundle = Bundle::new([path.to_path_buf()], may_be_document);
    let first = bundle.next().ok_or_else(|| wrong(format!("no document in `{}`", path.display())))?;
    let bytes = first.content.map_err(|error| wrong(format!("`{}`: {error}", path.display())))?;
    if bundle.next().is_some() {
        return Err(
            wrong(format!("`{}` holds several documents", path.display())).help("unpack it and name one of them")
        );
    }
    Ok(bytes)
}

/// What is inside a file that may be signed.
fn content<'a>(path: &Path, bytes: &'a [u8]) -> Result<Cow<'a, [u8]>, Failure> {
    envelope::content(bytes)
        .map_err(|(_, reason)| Failure::new(Exit::Wrong, format!("cannot open `{}`: {reason}", path.display())))
}

/// Writes a file whole or not at all.
fn put(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let write = || {
        let staged = StagedFile::create(path, "fatturapa")?;
        std::fs::write(staged.path(), bytes).map_err(|error| FileError::new("write", path, error))?;
        staged.commit().map(drop)
    };
    write().map_err(|error| Failure::new(Exit::Failed, error.to_string()).help(error.help()))
}
