//! Packed files: gzip and ZIP, unpacked to a plain file within limits that stop bombs.
//!
//! A small file that unpacks to an enormous one is refused while it is unpacked, not after. Archives inside archives are
//! not opened. Which member is wanted is decided by the caller.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::Path;

use flate2::read::MultiGzDecoder;
use zip::ZipArchive;

/// How much a packed file may grow.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes that are always allowed.
    pub free: u64,
    /// Beyond them, how many times the packed size.
    pub ratio: u64,
    /// Bytes that are never exceeded.
    pub most: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { free: 64 << 20, ratio: 200, most: 50 << 30 }
    }
}

impl Limits {
    /// Bytes that a file of `packed` bytes may unpack to.
    #[must_use]
    pub fn allowed(self, packed: u64) -> u64 {
        packed.saturating_mul(self.ratio).max(self.free).min(self.most)
    }
}

/// Why a packed file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// It unpacks to far more than its size.
    #[error("it unpacks to more than {allowed} bytes from {packed}: it looks like a compression bomb")]
    Bomb {
        /// Bytes of the packed file.
        packed: u64,
        /// Bytes it may unpack to.
        allowed: u64,
    },
    /// It is not an archive of that kind, or it is damaged.
    #[error("it is not a whole {kind} file: {reason}")]
    Damaged {
        /// `gzip` or `ZIP`.
        kind: &'static str,
        /// What the reader said.
        reason: String,
    },
    /// A file cannot be read or written.
    #[error("{0}")]
    Io(#[from] io::Error),
}

/// The files of a ZIP that people put there, sorted by name: no folders, no hidden files, no `__MACOSX`.
///
/// # Errors
/// The archive is damaged or unreadable.
pub fn zip_members(path: &Path) -> Result<Vec<String>, PackError> {
    let mut archive = open_zip(path)?;
    let mut names = Vec::new();
    for index in 0..archive.len() {
        let member = archive.by_index_raw(index).map_err(damaged_zip)?;
        let name = member.name().map_err(damaged_zip)?.into_owned();
        if !member.is_dir() && is_wanted(&name) {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

/// Unpacks a gzip file.
///
/// # Errors
/// It is damaged, it is a bomb, or the target cannot be written.
pub fn gunzip(from: &Path, to: &Path, limits: Limits) -> Result<(), PackError> {
    let packed = std::fs::metadata(from)?.len();
    let reader = MultiGzDecoder::new(BufReader::with_capacity(1 << 18, File::open(from)?));
    unpack(reader, to, packed, limits, "gzip")
}

/// Unpacks one member of a ZIP.
///
/// # Errors
/// It is damaged, it is a bomb, or the target cannot be written.
pub fn unzip(from: &Path, member: &str, to: &Path, limits: Limits) -> Result<(), PackError> {
    let packed = std::fs::metadata(from)?.len();
    let mut archive = open_zip(from)?;
    let member = archive.by_name(member).map_err(damaged_zip)?;
    unpack(member, to, packed, limits, "ZIP")
}

/// Checks that a ZIP that another reader will open whole, such as a workbook, declares no bomb.
///
/// # Errors
/// It is damaged, or its members together unpack to more than allowed.
pub fn check_zip(path: &Path, limits: Limits) -> Result<(), PackError> {
    let packed = std::fs::metadata(path)?.len();
    let allowed = limits.allowed(packed);
    let mut archive = open_zip(path)?;
    let mut total: u64 = 0;
    for index in 0..archive.len() {
        let member = archive.by_index(index).map_err(damaged_zip)?;
        let left = allowed.saturating_sub(total);
        // The declared size may lie: what counts is what comes out.
        total += io::copy(&mut member.take(left.saturating_add(1)), &mut io::sink())
            .map_err(|error| damaged("ZIP", &error))?;
        if total > allowed {
            return Err(PackError::Bomb { packed, allowed });
        }
    }
    Ok(())
}

/// The first bytes of a gzip file, unpacked.
///
/// # Errors
/// It is damaged.
pub fn peek_gzip(path: &Path, bytes: u64) -> Result<Vec<u8>, PackError> {
    peek(MultiGzDecoder::new(BufReader::new(File::open(path)?)), bytes, "gzip")
}

/// The first bytes of a member of a ZIP.
///
/// # Errors
/// It is damaged.
pub fn peek_zip(path: &Path, member: &str, bytes: u64) -> Result<Vec<u8>, PackError> {
    let mut archive = open_zip(path)?;
    let member = archive.by_name(member).map_err(damaged_zip)?;
    peek(member, bytes, "ZIP")
}

fn peek(reader: impl Read, bytes: u64, kind: &'static str) -> Result<Vec<u8>, PackError> {
    let mut head = Vec::new();
    reader.take(bytes).read_to_end(&mut head).map_err(|error| damaged(kind, &error))?;
    Ok(head)
}

fn unpack(mut reader: impl Read, to: &Path, packed: u64, limits: Limits, kind: &'static str) -> Result<(), PackError> {
    let allowed = limits.allowed(packed);
    let mut writer = BufWriter::with_capacity(1 << 18, File::create(to)?);
    let mut buffer = vec![0; 1 << 18];
    let mut total: u64 = 0;
    loop {
        let read = match reader.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(damaged(kind, &error)),
        };
        total += read as u64;
        if total > allowed {
            return Err(PackError::Bomb { packed, allowed });
        }
        writer.write_all(&buffer[..read])?;
    }
    Ok(writer.flush()?)
}

fn open_zip(path: &Path) -> Result<ZipArchive<BufReader<File>>, PackError> {
    ZipArchive::new(BufReader::new(File::open(path)?)).map_err(damaged_zip)
}

fn damaged_zip(error: zip::result::ZipError) -> PackError {
    match error {
        zip::result::ZipError::Io(error) => damaged("ZIP", &error),
        other => PackError::Damaged { kind: "ZIP", reason: other.to_string() },
    }
}

fn damaged(kind: &'static str, error: &io::Error) -> PackError {
    PackError::Damaged { kind, reason: error.to_string() }
}

fn is_wanted(name: &str) -> bool {
    let hidden = name.split(['/', '\\']).next_back().is_none_or(|file| file.is_empty() || file.starts_with('.'));
    !hidden && !name.starts_with("__MACOSX/")
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::{Compression, write::GzEncoder};
    use zip::{ZipWriter, write::SimpleFileOptions};

    use super::*;

    const SMALL: Limits = Limits { free: 1 << 16, ratio: 100, most: 1 << 30 };

    fn gzipped(path: &Path, bytes: &[u8]) {
        let mut writer = GzEncoder::new(File::create(path).unwrap(), Compression::default());
        writer.write_all(bytes).unwrap();
        writer.finish().unwrap();
    }

    fn zipped(path: &Path, members: &[(&str, &[u8])]) {
        let mut writer = ZipWriter::new(File::create(path).unwrap());
        for (name, bytes) in members {
            writer.start_file(*name, SimpleFileOptions::default()).unwrap();
            writer.write_all(bytes).unwrap();
        }
        writer.finish().unwrap();
    }

    #[test]
    fn what_was_packed_comes_out() {
        let folder = tempfile::tempdir().unwrap();
        let (packed, plain) = (folder.path().join("a.gz"), folder.path().join("a"));
        gzipped(&packed, b"sku;qty\n");
        gunzip(&packed, &plain, SMALL).unwrap();
        assert_eq!(std::fs::read(&plain).unwrap(), b"sku;qty\n");
        zipped(&packed, &[("b.csv", b"B"), ("a/a.csv", b"A"), ("__MACOSX/a.csv", b"x"), (".x", b"x"), ("d/", b"")]);
        assert_eq!(zip_members(&packed).unwrap(), ["a/a.csv", "b.csv"]);
        unzip(&packed, "a/a.csv", &plain, SMALL).unwrap();
        assert_eq!(std::fs::read(&plain).unwrap(), b"A");
        assert_eq!(peek_zip(&packed, "b.csv", 9).unwrap(), b"B");
    }

    #[test]
    fn bombs_are_stopped() {
        let folder = tempfile::tempdir().unwrap();
        let (packed, plain) = (folder.path().join("a.gz"), folder.path().join("a"));
        let zeros = vec![b'0'; 4 << 20];
        gzipped(&packed, &zeros);
        assert!(matches!(gunzip(&packed, &plain, SMALL), Err(PackError::Bomb { .. })));
        assert!(std::fs::metadata(&plain).unwrap().len() < 1 << 20);
        zipped(&packed, &[("a", &zeros), ("b", &zeros)]);
        assert!(matches!(check_zip(&packed, SMALL), Err(PackError::Bomb { .. })));
        assert!(matches!(unzip(&packed, "b", &plain, SMALL), Err(PackError::Bomb { .. })));
        assert!(check_zip(&packed, Limits::default()).is_ok());
    }

    #[test]
    fn damage_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let packed = folder.path().join("a.gz");
        gzipped(&packed, &vec![b'x'; 50_000]);
        let bytes = std::fs::read(&packed).unwrap();
        std::fs::write(&packed, &bytes[..bytes.len() - 20]).unwrap();
        assert!(matches!(
            gunzip(&packed, &folder.path().join("a"), SMALL),
            Err(PackError::Damaged { kind: "gzip", .. })
        ));
        assert!(matches!(zip_members(&packed), Err(PackError::Damaged { kind: "ZIP", .. })));
    }
}
