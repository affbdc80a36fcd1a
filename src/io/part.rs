//! One document of a folder or an archive, read where and when it is worked on.
//!
//! Here: files in as few system calls as they need, packed members inflated and compared with their checksum. Not here:
//! which documents there are (`bundle`).

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use flate2::{Crc, Decompress, FlushDecompress, Status};

/// The most that one document may weigh, in bytes.
pub(super) const MOST_BYTES: u64 = 128 * 1024 * 1024;

/// Why a document cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// The file system says no.
    #[error("cannot read it: {0}")]
    File(#[source] io::Error),
    /// A damaged or encrypted archive.
    #[error("the archive cannot be read: {0}")]
    Archive(String),
    /// An archive without documents.
    #[error("the archive holds no document")]
    EmptyArchive,
    /// More than a document can weigh.
    #[error("larger than {} MB", MOST_BYTES / 1024 / 1024)]
    TooLarge,
}

/// A document that was not read yet.
#[derive(Debug)]
pub(super) enum Part {
    /// A file.
    File(PathBuf),
    /// A member of an archive, by the name that a person knows it by.
    Member(String, Packed),
    /// Something that cannot be read.
    Failed(String, Unreadable),
}

impl Part {
    /// Bytes that it holds already.
    pub(super) fn weight(&self) -> usize {
        match self {
            Self::Member(_, packed) => packed.bytes.len(),
            Self::File(_) | Self::Failed(..) => 0,
        }
    }
}

/// The bytes of a member as they lie in the archive.
#[derive(Debug)]
pub(super) struct Packed {
    pub(super) bytes: Vec<u8>,
    pub(super) is_deflated: bool,
    /// Bytes and checksum of the document, as the archive says.
    pub(super) size: u64,
    pub(super) checksum: u32,
}

/// Memory that is used from document to document.
#[derive(Debug, Default)]
pub(super) struct Buffers {
    bytes: Vec<u8>,
    inflate: Option<Decompress>,
}

/// What a file turned out to be.
pub(super) enum Found<'b> {
    Document(&'b [u8]),
    Archive,
}

impl Buffers {
    /// Reads a file, unless it is an archive.
    pub(super) fn file(&mut self, path: &Path) -> Result<Found<'_>, Unreadable> {
        let mut file = File::open(path).map_err(Unreadable::File)?;
        let about = file.metadata().map_err(Unreadable::File)?;
        let mut filled = 0;
        // One byte more than expected tells that the file ends there.
        let mut wanted = usize::try_from(about.len().min(MOST_BYTES)).unwrap_or(0) + 1;
        loop {
            if self.bytes.len() < wanted {
                self.bytes.resize(wanted, 0);
            }
            let read = match file.read(&mut self.bytes[filled..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                read => read.map_err(Unreadable::File)?,
            };
            filled += read;
            if is_zip(&self.bytes[..filled]) {
                return Ok(Found::Archive);
            }
            if filled as u64 > MOST_BYTES {
                return Err(Unreadable::TooLarge);
            }
            if read == 0 || (about.is_file() && filled as u64 == about.len()) {
                return Ok(Found::Document(&self.bytes[..filled]));
            }
            wanted = wanted.max(filled + (16 << 10));
        }
    }

    /// The document of a member.
    pub(super) fn member<'b>(&'b mut self, packed: &'b Packed) -> Result<&'b [u8], Unreadable> {
        let bytes = if packed.is_deflated { self.inflate(packed)? } else { &packed.bytes };
        let mut checksum = Crc::new();
        checksum.update(bytes);
        if bytes.len() as u64 != packed.size || checksum.sum() != packed.checksum {
            return Err(Unreadable::Archive("a document is not the one that was packed".to_owned()));
        }
        Ok(bytes)
    }

    fn inflate(&mut self, packed: &Packed) -> Result<&[u8], Unreadable> {
        let damaged = || Unreadable::Archive("a document is damaged".to_owned());
        let size =
            usize::try_from(packed.size).ok().filter(|_| packed.size <= MOST_BYTES).ok_or(Unreadable::TooLarge)?;
        // What really comes out counts, not what the archive says: one byte more would be too many.
        if self.bytes.len() <= size {
            self.bytes.resize(size + 1, 0);
        }
        let inflate = self.inflate.get_or_insert_with(|| Decompress::new(false));
        inflate.reset(false);
        let status = inflate.decompress(&packed.bytes, &mut self.bytes[..=size], FlushDecompress::Finish);
        if status.map_err(|_| damaged())? != Status::StreamEnd {
            return Err(damaged());
        }
        let length = usize::try_from(inflate.total_out()).map_err(|_| damaged())?;
        Ok(&self.bytes[..length])
    }
}

fn is_zip(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06")
}
