//! Documents wherever they lie: single files, folders and ZIP archives, one after the other or on all processors.
//!
//! Only a few hundred documents are in memory at a time, so that a folder or an archive of a hundred thousand costs no more
//! than a small one. Not here: reading one of them (`part`), what a document means.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Cursor, Read, Seek};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;
use zip::read::ZipFile;
use zip::{CompressionMethod, ZipArchive};

use super::part::{Buffers, Found, MOST_BYTES, Packed, Part};
use super::window::Window;

pub use super::part::Unreadable;

/// Archives inside archives.
const MOST_DEPTH: usize = 3;
/// Documents that one processor works on before it looks for more.
const GROUP: usize = 32;
/// Groups at a time, at most.
const MOST_GROUPS: usize = 24;
/// Bytes of documents that are worked on at a time, roughly; where documents are large, fewer are.
const AIM: usize = 16 << 20;

/// A document with the name that a person knows it by: path, and after `!` the member of an archive.
#[derive(Debug)]
pub struct Item {
    /// Path and member.
    pub name: String,
    /// Its bytes, or why they cannot be read.
    pub content: Result<Vec<u8>, Unreadable>,
}

trait Source: Read + Seek + Send {}
impl<T: Read + Seek + Send> Source for T {}

type Reader = Box<dyn Source>;

struct Archive {
    name: String,
    zip: ZipArchive<Reader>,
    next: usize,
    found: bool,
}

impl Archive {
    /// The next member that is wanted, by the name that a person knows it by.
    fn next(&mut self, wanted: fn(&str) -> bool) -> Option<(String, Result<Packed, Unreadable>)> {
        while self.next < self.zip.len() {
            let number = self.next + 1;
            let member = self.zip.by_index_raw(self.next);
            self.next = number;
            let mut member = match member {
                Ok(member) => member,
                Err(error) => {
                    self.found = true;
                    return Some((format!("{}!#{number}", self.name), Err(Unreadable::Archive(error.to_string()))));
                }
            };
            let own = member.name().map_or_else(|_| format!("#{number}"), std::borrow::Cow::into_owned);
            let base = base_name(&own);
            let is_wanted = has_extension(base, "zip") || wanted(base);
            if is_wanted && !member.is_dir() && !own.starts_with("__MACOSX/") {
                self.found = true;
                return Some((format!("{}!{own}", self.name), packed(&mut member)));
            }
        }
        None
    }
}

/// A folder that is gone through.
struct Folder {
    path: PathBuf,
    /// What is left, the last one first, and whether it is a folder.
    names: Vec<(OsString, bool)>,
}

/// Documents of paths, in the order of the paths and of the names in them.
pub struct Bundle {
    paths: Vec<PathBuf>,
    folders: Vec<Folder>,
    archives: Vec<Archive>,
    wanted: fn(&str) -> bool,
    buffers: Buffers,
}

impl Bundle {
    /// The documents of files, folders (with their folders) and archives. In folders and archives only names that
    /// `wanted` admits are documents; a file named by the caller always is one.
    #[must_use]
    pub fn new(paths: impl IntoIterator<Item = PathBuf>, wanted: fn(&str) -> bool) -> Self {
        let mut paths: Vec<PathBuf> = paths.into_iter().collect();
        paths.reverse();
        Self { paths, folders: Vec::new(), archives: Vec::new(), wanted, buffers: Buffers::default() }
    }

    /// Works on every document, several at a time; `done` gets what `work` made of them, in order. `work` has memory of
    /// its own that it uses from document to document.
    ///
    /// # Errors
    /// What `done` says; nothing more is worked on after it.
    pub fn work<M: Default, T: Send, E: Send>(
        mut self,
        work: impl Fn(&mut M, &str, Result<&[u8], Unreadable>) -> T + Sync,
        mut done: impl FnMut(T) -> Result<(), E> + Send,
    ) -> Result<(), E> {
        let mut most = MOST_GROUPS;
        let (mut groups, mut finished) = (self.groups(most), Vec::new());
        while !groups.is_empty() || !finished.is_empty() {
            let (bytes, wanted) = (AtomicUsize::new(0), self.wanted);
            // The next documents are looked for, and the last ones handed on, while those at hand are worked on.
            let ((fresh, handed), next) = rayon::join(
                || {
                    let now = || worked_on(groups, wanted, &work, &bytes);
                    rayon::join(now, || finished.into_iter().flatten().try_for_each(&mut done))
                },
                || self.groups(most),
            );
            handed?;
            (groups, finished) = (next, fresh);
            most = match bytes.into_inner() {
                bytes if bytes > AIM => (most / 2).max(1),
                _ => (most * 2).min(MOST_GROUPS),
            };
        }
        Ok(())
    }

    /// The next documents, in so many groups at most.
    fn groups(&mut self, most: usize) -> Vec<Vec<Part>> {
        let (mut bytes, mut groups) = (0, Vec::with_capacity(most));
        while groups.len() < most && bytes < AIM {
            let mut group = Vec::with_capacity(GROUP);
            while group.len() < GROUP && bytes < AIM {
                let Some(part) = self.part() else { break };
                bytes += part.weight();
                group.push(part);
            }
            if group.is_empty() {
                break;
            }
            groups.push(group);
        }
        groups
    }

    /// The next document, unread.
    fn part(&mut self) -> Option<Part> {
        loop {
            let found = if self.archives.is_empty() {
                let (path, is_folder) = self.path()?;
                if is_folder { self.folder(path) } else { self.file(path) }
            } else {
                self.member().or_else(|| self.close())
            };
            if found.is_some() {
                return found;
            }
        }
    }

    /// The next path, and whether it is a folder.
    fn path(&mut self) -> Option<(PathBuf, bool)> {
        while let Some(folder) = self.folders.last_mut() {
            match folder.names.pop() {
                Some((name, is_folder)) => return Some((folder.path.join(name), is_folder)),
                None => drop(self.folders.pop()),
            }
        }
        let path = self.paths.pop()?;
        let is_folder = path.is_dir();
        Some((path, is_folder))
    }

    /// Goes into a folder; gives something only when that fails.
    fn folder(&mut self, path: PathBuf) -> Option<Part> {
        match names(&path, self.wanted) {
            Ok(names) => {
                self.folders.push(Folder { path, names });
                None
            }
            Err(error) => Some(Part::Failed(path.display().to_string(), Unreadable::File(error))),
        }
    }

    /// A document, or an archive that is opened and gives none itself.
    fn file(&mut self, path: PathBuf) -> Option<Part> {
        let is_archive = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("zip"));
        if is_archive { self.archive_at(&path) } else { Some(Part::File(path)) }
    }

    /// Opens the archive in a file; gives something only when that fails.
    fn archive_at(&mut self, path: &Path) -> Option<Part> {
        let name = path.display().to_string();
        match File::open(path).and_then(Window::new) {
            Ok(window) => self.archive(name, Box::new(window)),
            Err(error) => Some(Part::Failed(name, Unreadable::File(error))),
        }
    }

    fn archive(&mut self, name: String, source: Reader) -> Option<Part> {
        match ZipArchive::new(source) {
            Ok(zip) => {
                self.archives.push(Archive { name, zip, next: 0, found: false });
                None
            }
            Err(error) => Some(Part::Failed(name, Unreadable::Archive(error.to_string()))),
        }
    }

    /// The next document of the innermost archive; none when it is at its end, or when it is another archive.
    fn member(&mut self) -> Option<Part> {
        let depth = self.archives.len();
        let (name, packed) = self.archives.last_mut()?.next(self.wanted)?;
        match packed {
            Ok(packed) if depth < MOST_DEPTH && has_extension(&name, "zip") => self.inner(name, &packed),
            Ok(packed) => Some(Part::Member(name, packed)),
            Err(problem) => Some(Part::Failed(name, problem)),
        }
    }

    /// Opens an archive inside another; gives something only when that fails.
    fn inner(&mut self, name: String, packed: &Packed) -> Option<Part> {
        match self.buffers.member(packed).map(<[u8]>::to_vec) {
            Ok(bytes) => self.archive(name, Box::new(Cursor::new(bytes))),
            Err(problem) => Some(Part::Failed(name, problem)),
        }
    }

    /// Closes the innermost archive when it is at its end; gives something when nothing was in it.
    fn close(&mut self) -> Option<Part> {
        self.archives.last().filter(|archive| archive.next >= archive.zip.len())?;
        let archive = self.archives.pop()?;
        (!archive.found).then_some(Part::Failed(archive.name, Unreadable::EmptyArchive))
    }
}

impl Iterator for Bundle {
    type Item = Item;

    fn next(&mut self) -> Option<Item> {
        loop {
            let (name, content) = match self.part()? {
                Part::File(path) => match self.buffers.file(&path) {
                    Ok(Found::Document(bytes)) => (path.display().to_string(), Ok(bytes.to_vec())),
                    Ok(Found::Archive) => match self.archive_at(&path) {
                        Some(Part::Failed(name, problem)) => (name, Err(problem)),
                        _ => continue,
                    },
                    Err(problem) => (path.display().to_string(), Err(problem)),
                },
                Part::Member(name, packed) => (name, self.buffers.member(&packed).map(<[u8]>::to_vec)),
                Part::Failed(name, problem) => (name, Err(problem)),
            };
            return Some(Item { name, content });
        }
    }
}

/// The names in a folder that are wanted, the last one first, and whether they are folders.
fn names(folder: &Path, wanted: fn(&str) -> bool) -> io::Result<Vec<(OsString, bool)>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let (kind, name) = (entry.file_type()?, entry.file_name());
        let text = name.to_string_lossy();
        let is_wanted = kind.is_dir() || wanted(&text) || has_extension(&text, "zip");
        if is_wanted {
            let is_folder = kind.is_dir() || (kind.is_symlink() && entry.path().is_dir());
            names.push((name, is_folder));
        }
    }
    names.sort_unstable_by(|left, right| right.cmp(left));
    Ok(names)
}

/// The bytes of a member as they lie in its archive.
fn packed(member: &mut ZipFile<'_, Reader>) -> Result<Packed, Unreadable> {
    let damaged = |reason: String| Unreadable::Archive(reason);
    if member.encrypted() {
        return Err(damaged("a document is encrypted".to_owned()));
    }
    let is_deflated = match member.compression() {
        CompressionMethod::Stored => false,
        CompressionMethod::Deflated => true,
        other => return Err(damaged(format!("documents packed with {other} are not supported"))),
    };
    let (weight, size, checksum) = (member.compressed_size(), member.size(), member.crc32());
    if weight > MOST_BYTES || size > MOST_BYTES {
        return Err(Unreadable::TooLarge);
    }
    let mut bytes = Vec::with_capacity(usize::try_from(weight).unwrap_or(0));
    member.take(weight).read_to_end(&mut bytes).map_err(|error| damaged(error.to_string()))?;
    Ok(Packed { bytes, is_deflated, size, checksum })
}

/// What became of every document of the groups, in order.
fn worked_on<M: Default, T: Send>(
    groups: Vec<Vec<Part>>,
    wanted: fn(&str) -> bool,
    work: &(impl Fn(&mut M, &str, Result<&[u8], Unreadable>) -> T + Sync),
    bytes: &AtomicUsize,
) -> Vec<Vec<T>> {
    let one_group = |group: Vec<Part>| {
        let (mut buffers, mut memory, mut out) = (Buffers::default(), M::default(), Vec::with_capacity(group.len()));
        for part in group {
            let mut put = |name: &str, content: Result<&[u8], Unreadable>| {
                bytes.fetch_add(content.as_ref().map_or(0, |bytes| bytes.len()), Ordering::Relaxed);
                out.push(work(&mut memory, name, content));
            };
            match part {
                Part::File(path) => match buffers.file(&path) {
                    Ok(Found::Document(bytes)) => put(&path.to_string_lossy(), Ok(bytes)),
                    // An archive by another name.
                    Ok(Found::Archive) => {
                        for Item { name, content } in Bundle::new([path], wanted) {
                            match content {
                                Ok(bytes) => put(&name, Ok(&bytes)),
                                Err(problem) => put(&name, Err(problem)),
                            }
                        }
                    }
                    Err(problem) => put(&path.to_string_lossy(), Err(problem)),
                },
                Part::Member(name, packed) => put(&name, buffers.member(&packed)),
                Part::Failed(name, problem) => put(&name, Err(problem)),
            }
        }
        out
    };
    groups.into_par_iter().map(one_group).collect()
}

/// The last part of a name: without folders, and without the archive it is in.
#[must_use]
pub fn base_name(name: &str) -> &str {
    name.rsplit(['/', '\\', '!']).next().unwrap_or(name)
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

    /// What `work` hands on, in its order.
    fn worked(path: &Path) -> Vec<(String, String)> {
        let mut out = Vec::new();
        let work = |(): &mut (), name: &str, content: Result<&[u8], Unreadable>| {
            let content = content.map(|bytes| String::from_utf8_lossy(bytes).into_owned());
            (base_name(name).to_owned(), content.unwrap_or_else(|problem| problem.to_string()))
        };
        let done = |one| {
            out.push(one);
            Ok::<(), ()>(())
        };
        Bundle::new([path.to_owned()], xml).work(work, done).unwrap();
        out
    }

    #[test]
    fn work_in_parallel_keeps_the_order() {
        let folder = tempfile::tempdir().unwrap();
        let members: Vec<(String, Vec<u8>)> =
            (0..3000).map(|at| (format!("{at:05}.xml"), vec![b'a' + u8::try_from(at % 26).unwrap(); at])).collect();
        let borrowed: Vec<(&str, &[u8])> =
            members.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
        std::fs::create_dir(folder.path().join("b")).unwrap();
        for (name, bytes) in &members {
            std::fs::write(folder.path().join("b").join(name), bytes).unwrap();
        }
        std::fs::write(folder.path().join("c.zip"), packed(&borrowed)).unwrap();
        // An archive by another name.
        std::fs::write(folder.path().join("d.xml"), packed(&borrowed[..2])).unwrap();
        let once = || members.iter().map(|(name, bytes)| (name.clone(), String::from_utf8_lossy(bytes).into_owned()));
        let expected: Vec<(String, String)> = once().chain(once()).chain(once().take(2)).collect();
        assert!(worked(folder.path()) == expected);
        let one_by_one = Bundle::new([folder.path().to_owned()], xml).map(|item| {
            (base_name(&item.name).to_owned(), String::from_utf8_lossy(&item.content.unwrap()).into_owned())
        });
        assert!(one_by_one.collect::<Vec<_>>() == expected);
    }

    #[test]
    fn a_damaged_member_is_said_and_the_rest_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let text = b"some text that is long enough to be damaged in the middle".repeat(4);
        let mut bytes = packed(&[("a.xml", &text), ("b.xml", b"2")]);
        bytes[60] ^= 0x55;
        let path = folder.path().join("x.zip");
        std::fs::write(&path, bytes).unwrap();
        let found = worked(&path);
        assert!(found[0].1.starts_with("the archive cannot be read"), "{found:?}");
        assert_eq!(found[1], ("b.xml".to_owned(), "2".to_owned()));
    }

    #[test]
    fn an_error_ends_the_work() {
        let folder = tempfile::tempdir().unwrap();
        let mut count = 0;
        for at in 0..5000 {
            std::fs::write(folder.path().join(format!("{at}.xml")), b"").unwrap();
        }
        let done = |()| {
            count += 1;
            if count == 3 { Err("full") } else { Ok(()) }
        };
        let ended = Bundle::new([folder.path().to_owned()], xml).work(|(): &mut (), _, _| (), done);
        assert_eq!((ended, count), (Err("full"), 3));
    }

    #[test]
    fn a_path_that_is_not_there_is_an_item() {
        let items: Vec<Item> = Bundle::new([PathBuf::from("/nowhere/x.xml")], xml).collect();
        assert!(matches!(items[0].content, Err(Unreadable::File(_))));
    }
}
