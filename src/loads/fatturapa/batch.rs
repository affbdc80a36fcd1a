//! Files of several documents: new ones that grow, and those that were issued before.
//!
//! A file takes documents of one buyer with one header, up to a number of documents and the size that the exchange system
//! takes; then the next file begins. Not here: the bytes of a file (`domain::fatturapa::lot`).

use indexmap::IndexMap;

use crate::context::NodeError;
use crate::domain::fatturapa::lot::{Lot, set_progressive};
use crate::domain::fatturapa::tree::Tree;
use crate::loads::fatturapa::issue::Numbered;
use crate::loads::fatturapa::register::{Next, Numbers, hash};
use crate::state::{Issuing, Status};

/// A document in a file of several.
pub struct Member {
    /// The document.
    pub numbered: Numbered,
    /// As it stands in the file.
    pub body: Vec<u8>,
    /// SHA-256 of that.
    pub hash: [u8; 32],
}

impl Member {
    /// Whether its file never came into its folder.
    #[must_use]
    pub fn is_staged(&self) -> bool {
        self.numbered.known.as_ref().is_some_and(|known| known.status == Status::Staged)
    }

    /// Its position in the file that it had before.
    #[must_use]
    pub fn position(&self) -> u32 {
        self.numbered.known.as_ref().map_or(1, |known| known.file.position)
    }

    /// SHA-256 of the file that it had before.
    #[must_use]
    pub fn content_hash(&self) -> Option<[u8; 32]> {
        self.numbered.known.as_ref().map(|known| known.file.content_hash)
    }
}

/// A document of a file that is closed, to be recorded.
pub struct Record {
    /// The document.
    pub numbered: Numbered,
    /// Its number, by which records are sorted.
    pub number: u64,
    /// Its position in the file.
    pub position: u32,
    /// SHA-256 of the document alone.
    pub body_hash: [u8; 32],
    /// Progressive of the file.
    pub progressive: u64,
    /// Name of the file.
    pub name: String,
    /// SHA-256 of the file.
    pub hash: [u8; 32],
}

/// A file by name, with its content.
pub type NewFile = (String, Vec<u8>);

/// Documents that were issued in one file before, by its name.
pub type KnownLots = IndexMap<String, Vec<Member>>;

struct Open {
    lot: Lot,
    progressive: u64,
    name: String,
    members: Vec<(Numbered, [u8; 32])>,
}

/// The files of several documents of a run.
pub struct Lots {
    most: usize,
    open: IndexMap<Vec<u8>, Open>,
    records: Vec<Record>,
    known: KnownLots,
}

impl Lots {
    /// No file yet; `most` documents go into one.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self { most, open: IndexMap::new(), records: Vec::new(), known: KnownLots::new() }
    }

    /// Adds a document to the open file of its header; gives the file that had no room left for it.
    ///
    /// # Errors
    /// The state cannot be read, or all names are used up.
    pub fn add(
        &mut self,
        member: Member,
        header: Vec<u8>,
        next: &mut Next,
        issuing: &Issuing,
        numbers: &Numbers,
    ) -> Result<Option<NewFile>, NodeError> {
        if let Some(known) = member.numbered.known.as_ref().filter(|_| !member.numbered.again) {
            self.known.entry(known.file.name.clone()).or_default().push(member);
            return Ok(None);
        }
        let is_full = |open: &Open| open.members.len() >= self.most || !open.lot.has_room(member.body.len());
        let full = self.open.get(&header).is_some_and(is_full);
        let closed = if full { self.open.shift_remove(&header) } else { None }.map(|open| self.close_one(open));
        let Member { mut numbered, body, hash } = member;
        if !self.open.contains_key(&header) {
            let progressive = next.file(issuing, numbers)?;
            let (text, name) = numbers.file(progressive)?;
            set_progressive(&mut numbered.tree, &text);
            let lot = Lot::new(&numbered.tree);
            self.open.insert(header.clone(), Open { lot, progressive, name, members: Vec::new() });
        }
        if let Some(open) = self.open.get_mut(&header) {
            // The body is in the file: many may wait until it is closed.
            let family = numbered.tree.family();
            numbered.tree = Tree::new(family);
            open.lot.push(&body);
            open.members.push((numbered, hash));
        }
        Ok(closed)
    }

    fn close_one(&mut self, open: Open) -> NewFile {
        let Open { lot, progressive, name, members } = open;
        let bytes = lot.finish();
        let file_hash = hash(&bytes);
        for ((numbered, body_hash), position) in members.into_iter().zip(1..) {
            let number = numbered.number;
            let (name, hash) = (name.clone(), file_hash);
            self.records.push(Record { numbered, number, position, body_hash, progressive, name, hash });
        }
        (name, bytes)
    }

    /// Closes every file: what is to be recorded, the last files, and those that were issued before.
    #[must_use]
    pub fn close(mut self) -> (Vec<Record>, Vec<NewFile>, KnownLots) {
        let open = std::mem::take(&mut self.open);
        let files = open.into_values().map(|open| self.close_one(open)).collect();
        (self.records, files, self.known)
    }
}

/// The file of documents that were issued together: its progressive and content. Puts them in the order of their positions.
///
/// # Errors
/// All names are used up.
pub fn assemble(members: &mut [Member], numbers: &Numbers) -> Result<(u64, Vec<u8>), NodeError> {
    members.sort_by_key(Member::position);
    let Some(first) = members.first_mut() else { return Ok((0, Vec::new())) };
    let progressive = first.numbered.known.as_ref().map_or(0, |known| known.file.progressive);
    set_progressive(&mut first.numbered.tree, &numbers.file(progressive)?.0);
    let mut lot = Lot::new(&first.numbered.tree);
    for member in members.iter() {
        lot.push(&member.body);
    }
    Ok((progressive, lot.finish()))
}
