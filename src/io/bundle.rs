//! Documents wherever they lie: single files, folders and ZIP archives, one after the other.
//!
//! Only one file is in memory at a time, so that a folder or an archive of a hundred thousand costs no more than one. Not
//! here: what a document means.

use std::fs::File;
use std::io::{self, Cursor, Read, Seek};
use std::path::{Path, PathBuf};

use zip::ZipArchive;

/// The most that one document may weigh, in bytes.
const MOST_BYTES: u64 = 128 * 1024 * 1024;
/// Archives inside archives.
const MOST_DEPTH: usize = 3;

/// A document with the name that a person knows it by: path, and after `!` the member of an archive.
#[derive(Debug)]
pub struct Item {
    /// Path and member.
    pub name: String,
    /// Its bytes, or why they cannot be read.
    pub content: Result<Vec<u8>, Unreadable>,
}

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

trait Source: Read + Seek + Send {}
impl<T: Read + Seek + Send> Source for T {}

struct Archive {
    name: String,
    zip: ZipArchive<Box<dyn Source>>,
    next: usize,
    found: bool,
}

/// Documents of paths, in the order of the paths and of the names in them.
pub struct Bundle {
    paths: Vec<PathBuf>,
    archives: Vec<Archive>,
    wanted: fn(&str) -> bool,
}

impl Bundle {
    /// The documents of files, folders (with their folders) and archives. In folders and archives only names that
    /// `wanted` admits are documents; a file named by the caller always is one.
    #[must_use]
    pub fn new(paths: impl IntoIterator<Item = PathBuf>, wanted: fn(&str) -> bool) -> Self {
        let mut paths: Vec<PathBuf> = paths.into_iter().collect();
        paths.reverse();
        Self { paths, archives: Vec::new(), wanted }
    }

    fn folder(&mut self, folder: &Path) -> io::Result<()> {
        let mut entries: Vec<PathBuf> = Vec::new();
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            let kind = entry.file_type()?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let is_document = (self.wanted)(&name) || has_extension(&name, "zip");
            if kind.is_dir() || (!kind.is_dir() && is_document) {
                entries.push(entry.path());
            }
        }
        entries.sort_unstable_by(|left, right| right.cmp(left));
        self.paths.append(&mut entries);
        Ok(())
    }

    /// A document, or an archive that is opened and gives none itself.
    fn open(&mut self, path: &Path) -> Option<Item> {
        let name = path.display().to_string();
        let read = || -> Result<Vec<u8>, Unreadable> {
            let mut file = File::open(path).map_err(Unreadable::File)?;
            let length = file.metadata().map_err(Unreadable::File)?.len();
            let mut head = [0_u8; 4];
            let read = file.read(&mut head).map_err(Unreadable::File)?;
            if is_zip(&head[..read]) {
                return Ok(head.to_vec());
            }
            if length > MOST_BYTES {
                return Err(Unreadable::TooLarge);
            }
            let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0) + 1);
            bytes.extend_from_slice(&head[..read]);
            file.take(MOST_BYTES).read_to_end(&mut bytes).map_err(Unreadable::File)?;
            Ok(bytes)
        };
        match read() {
            Ok(bytes) if is_zip(&bytes) || has_extension(&name, "zip") => match File::open(path) {
                Ok(file) => self.archive(name, Box::new(file)),
                Err(error) => Some(Item { name, content: Err(Unreadable::File(error)) }),
            },
            content => Some(Item { name, content }),
        }
    }

    /// Opens an archive; gives an item only when that fails.
    fn archive(&mut self, name: String, source: Box<dyn Source>) -> Option<Item> {
        match ZipArchive::new(source) {
            Ok(zip) => {
                self.archives.push(Archive { name, zip, next: 0, found: false });
                None
            }
            Err(error) => Some(Item { name, content: Err(Unreadable::Archive(error.to_string())) }),
        }
    }

    /// The next document of the innermost archive; none when it is at its end.
    fn member(&mut self) -> Option<Item> {
        let depth = self.archives.len();
        let archive = self.archives.last_mut()?;
        while archive.next < archive.zip.len() {
            let index = archive.next;
            archive.next += 1;
            let mut member = match archive.zip.by_index(index) {
                Ok(member) => member,
                Err(error) => {
                    let name = format!("{}!#{}", archive.name, index + 1);
                    archive.found = true;
                    return Some(Item { name, content: Err(Unreadable::Archive(error.to_string())) });
                }
            };
            let own = member.name().map_or_else(|_| format!("#{}", index + 1), std::borrow::Cow::into_owned);
            let base = own.rsplit(['/', '\\']).next().unwrap_or(&own);
            let is_archive = has_extension(base, "zip");
            if member.is_dir() || !(is_archive || (self.wanted)(base)) || own.starts_with("__MACOSX/") {
                continue;
            }
            let name = format!("{}!{own}", archive.name);
            archive.found = true;
            let mut bytes = Vec::new();
            let content = match member.by_ref().take(MOST_BYTES + 1).read_to_end(&mut bytes) {
                Ok(read) if read as u64 > MOST_BYTES => Err(Unreadable::TooLarge),
                Ok(_) => Ok(bytes),
                Err(error) => Err(Unreadable::Archive(error.to_string())),
            };
            drop(member);
            match content {
                Ok(bytes) if is_archive && depth < MOST_DEPTH => {
                    return match self.archive(name, Box::new(Cursor::new(bytes))) {
                        Some(item) => Some(item),
                        None => self.member().or_else(|| self.close()),
                    };
                }
                content => return Some(Item { name, content }),
            }
        }
        None
    }

    /// Closes the innermost archive; an item when nothing was in it.
    fn close(&mut self) -> Option<Item> {
        let archive = self.archives.pop()?;
        (!archive.found).then_some(Item { name: archive.name, content: Err(Unreadable::EmptyArchive) })
    }
}

impl Iterator for Bundle {
    type Item = Item;

    fn next(&mut self) -> Option<Item> {
        loop {
            if !self.archives.is_empty() {
                if let Some(item) = self.member().or_else(|| self.close()) {
                    return Some(item);
                }
                continue;
            }
            let path = self.paths.pop()?;
            let item = if path.is_dir() {
                let name = path.display().to_string();
                self.folder(&path).err().map(|error| Item { name, content: Err(Unreadable::File(error)) })
            } else {
                self.open(&path)
            };
            if item.is_some() {
                return item;
            }
        }
    }
}

fn is_zip(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06")
}

/// Whether a name ends in an extension, in any case.
#[must_use]
pub fn has_extension(name: &str, extension: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, own)| own.eq_ignore_ascii_case(extension))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    fn xml(name: &str) -> bool {
        has_extension(name, "xml")
    }

    fn packed(members: &[(&str, &[u8])]) -> Vec<u8> {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in members {
            zip.start_file(*name, SimpleFileOptions::default()).unwrap();
            zip.write_all(bytes).unwrap();
        }
        zip.finish().unwrap().into_inner()
    }

    #[test]
    fn folders_and_archives_give_their_documents_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let inner = packed(&[("c.xml", b"3")]);
        std::fs::write(
            folder.path().join("b.zip"),
            packed(&[("x/b.XML", b"2"), ("readme.txt", b"-"), ("in.zip", &inner)]),
        )
        .unwrap();
        std::fs::write(folder.path().join("a.xml"), b"1").unwrap();
        std::fs::write(folder.path().join("e.zip"), packed(&[])).unwrap();
        std::fs::write(folder.path().join("z.zip"), b"not a zip").unwrap();
        let items: Vec<Item> = Bundle::new([folder.path().to_owned()], xml).collect();
        let contents: Vec<String> = items
            .iter()
            .map(|item| match &item.content {
                Ok(bytes) => String::from_utf8_lossy(bytes).into_owned(),
                Err(Unreadable::EmptyArchive) => "empty".to_owned(),
                Err(_) => "broken".to_owned(),
            })
            .collect();
        assert_eq!(contents, ["1", "2", "3", "empty", "broken"]);
        assert!(items[2].name.ends_with("b.zip!in.zip!c.xml"), "{}", items[2].name);
    }

    #[test]
    fn a_path_that_is_not_there_is_an_item() {
        let items: Vec<Item> = Bundle::new([PathBuf::from("/nowhere/x.xml")], xml).collect();
        assert!(matches!(items[0].content, Err(Unreadable::File(_))));
    }
}
