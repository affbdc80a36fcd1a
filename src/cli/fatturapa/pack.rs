//! `raccordo fatturapa pack`: invoices into ZIP archives that a channel accepts.
//!
//! An archive is named by the rule of invoice files and holds whole files only; it is closed before it exceeds the limit.

use std::io::{Cursor, Write as _};

use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use crate::cli::args::FatturaPaPackArgs;
use crate::cli::exit::{Exit, Failure};
use crate::cli::fatturapa::put;
use crate::cli::talk;
use crate::domain::fatturapa::name::{self, Alphabet, base, may_be_document, progressive};
use crate::io::bundle::Bundle;

/// What an entry costs beside its packed bytes and twice its name: local header and directory, with room to spare.
const ENTRY: usize = 160;

struct Pack {
    zip: ZipWriter<Cursor<Vec<u8>>>,
    entries: usize,
}

impl Pack {
    fn new() -> Self {
        Self { zip: ZipWriter::new(Cursor::new(Vec::new())), entries: 0 }
    }
}

/// Runs the command.
///
/// # Errors
/// A file is not named by the rule or is larger than an archive may be, or an archive cannot be written.
pub fn command(args: &FatturaPaPackArgs) -> Result<Exit, Failure> {
    let limit = args.limit_mb.saturating_mul(1024 * 1024);
    let (mut pack, mut size, mut archives, mut files) = (Pack::new(), 0, 0, 0);
    for item in Bundle::new(args.paths.iter().cloned(), may_be_document) {
        let wrong = |reason: String| Failure::new(Exit::Wrong, format!("`{}`: {reason}", item.name));
        let bytes = item.content.as_ref().map_err(|error| wrong(error.to_string()))?;
        let base = base(&item.name);
        name::check(base).map_err(|error| wrong(error.to_string()))?;
        // Packed apart first: only its packed size tells whether it still fits. Then it is copied as it is.
        let alone = alone(base, bytes).map_err(|error| wrong(error.to_string()))?;
        let packed = alone.len() + ENTRY;
        if packed > limit {
            return Err(
                wrong(format!("larger than {} MB by itself", args.limit_mb)).help("make its attachments smaller")
            );
        }
        if pack.entries > 0 && size + packed > limit {
            archives += 1;
            close(std::mem::replace(&mut pack, Pack::new()), args, archives)?;
            size = 0;
        }
        add(&mut pack, alone).map_err(|error| wrong(error.to_string()))?;
        size += packed;
        files += 1;
    }
    if pack.entries > 0 {
        archives += 1;
        close(pack, args, archives)?;
    }
    talk::line(&format!(
        "{} in {}",
        talk::counted(files, "file"),
        talk::counted(usize::try_from(archives).unwrap_or(0), "archive")
    ));
    Ok(if files == 0 { Exit::Wrong } else { Exit::Done })
}

/// Entries of a fixed date, so that the same files give the same archive.
fn options() -> SimpleFileOptions {
    SimpleFileOptions::default().last_modified_time(zip::DateTime::default())
}

/// An archive of one file.
fn alone(name: &str, bytes: &[u8]) -> zip::result::ZipResult<Vec<u8>> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file(name, options())?;
    zip.write_all(bytes)?;
    Ok(zip.finish()?.into_inner())
}

/// Copies the file of an archive of one, packed as it is.
fn add(pack: &mut Pack, alone: Vec<u8>) -> zip::result::ZipResult<()> {
    let mut alone = ZipArchive::new(Cursor::new(alone))?;
    pack.zip.raw_copy_file(alone.by_index_raw(0)?)?;
    pack.entries += 1;
    Ok(())
}

fn close(pack: Pack, args: &FatturaPaPackArgs, number: u64) -> Result<(), Failure> {
    let failed = |reason: String| Failure::new(Exit::Failed, format!("the archive cannot be made: {reason}"));
    let progressive =
        progressive(args.first + number - 1, Alphabet::Base36).map_err(|error| failed(error.to_string()))?;
    let name = format!("{}_{progressive}.zip", args.sender);
    name::check(&name).map_err(|error| failed(format!("`{name}`: {error}")))?;
    let bytes = pack.zip.finish().map_err(|error| failed(error.to_string()))?.into_inner();
    put(&args.output.join(name), &bytes)
}
