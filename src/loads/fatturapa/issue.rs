//! Documents that were accepted: their numbers and names, their files, their rows in the register.
//!
//! Here: what is new, what goes out again, what stays as it is. Not here: the documents themselves (`draft`), files of
//! several documents (`batch`).

use std::path::Path;

use chrono::NaiveDate;
use rayon::prelude::*;

use crate::context::NodeError;
use crate::diag::Code;
use crate::domain::fatturapa::codes::DocumentType;
use crate::domain::fatturapa::lot::{body, header_key, set_number, set_progressive};
use crate::domain::fatturapa::tree::Tree;
use crate::io::{FileError, StagedDir};
use crate::loads::fatturapa::batch::{Lots, Member};
use crate::loads::fatturapa::draft::Draft;
use crate::loads::fatturapa::register::{Next, failed, hash};
use crate::loads::fatturapa::rows::{Refusal, refusal};
use crate::loads::fatturapa::sink::{Places, Setup};
use crate::loads::format::sink::write_failed;
use crate::state::{DocumentFile, DocumentKey, IssuedDocument, Issuing, Late, NewDocument, Status};

/// One document: its type and order.
pub type Key = (DocumentType, String);

/// An order whose document cannot be issued.
pub type Refused = (String, Places, Refusal);

/// A document with its number.
pub struct Numbered {
    /// Type and order.
    pub key: Key,
    /// Its rows.
    pub places: Places,
    /// Its date.
    pub date: NaiveDate,
    /// Its number in the register.
    pub number: u64,
    /// The same as it is printed.
    pub numero: String,
    /// The document.
    pub tree: Tree,
    /// What the register knows of it.
    pub known: Option<IssuedDocument>,
    /// Whether it was refused and goes out again.
    pub again: bool,
}

/// A document with its file, or its part of one.
struct Made {
    numbered: Numbered,
    /// Progressive and name of its own file.
    file: Option<(u64, String)>,
    /// The file, or the document alone.
    bytes: Vec<u8>,
    hash: [u8; 32],
    header: Vec<u8>,
}

/// Issues the documents of a run.
pub struct Issue<'s> {
    setup: &'s Setup,
    folder: &'s mut StagedDir,
    issuing: &'s mut Issuing,
    next: Next,
    waiting: Vec<Numbered>,
    lots: Lots,
    rows: u64,
}

impl<'s> Issue<'s> {
    /// Nothing issued yet.
    pub fn new(setup: &'s Setup, folder: &'s mut StagedDir, issuing: &'s mut Issuing) -> Self {
        let lots = Lots::new(setup.batch.unwrap_or(1));
        Self { setup, folder, issuing, next: Next::default(), waiting: Vec::new(), lots, rows: 0 }
    }

    /// Rows of the documents that are written, or stand as they were written before.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Gives a document its number, and says it, unless it was refused too long ago.
    ///
    /// # Errors
    /// The state cannot be read.
    pub fn take(
        &mut self,
        key: Key,
        draft: Draft,
        places: &Places,
        known: Option<&IssuedDocument>,
    ) -> Result<Result<&str, Refusal>, NodeError> {
        if let Some(late) = known.and_then(|known| too_late(known, self.setup.received)) {
            return Ok(Err(late));
        }
        let (number, numero) = if let Some(known) = known {
            (known.number, known.numero.clone())
        } else {
            let number = self.next.number(self.issuing, &self.setup.numbers, key.0, draft.date)?;
            (number, self.setup.numbers.printed(key.0, number))
        };
        self.waiting.push(Numbered {
            key,
            places: places.clone(),
            date: draft.date,
            number,
            numero,
            tree: draft.tree,
            again: known.is_some_and(|known| known.status == Status::Refused),
            known: known.cloned(),
        });
        Ok(Ok(self.waiting.last().map_or("", |taken| &taken.numero)))
    }

    /// Writes the documents that have a number and records them; gives those that have an invoice already and say
    /// something else now.
    ///
    /// # Errors
    /// The state or the folder cannot be written.
    pub fn write(&mut self) -> Result<Vec<Refused>, NodeError> {
        let waiting = std::mem::take(&mut self.waiting);
        let mut planned = Vec::with_capacity(waiting.len());
        for numbered in waiting {
            let file = self.file_of(&numbered)?;
            planned.push((numbered, file));
        }
        let made: Vec<Made> = planned.into_par_iter().map(|(numbered, file)| make(numbered, file)).collect();
        let (mut writes, mut refused) = (Vec::with_capacity(made.len()), Vec::new());
        let mut new = Vec::with_capacity(made.len());
        for made in made {
            let Some((progressive, name)) = made.file else {
                let member = Member { numbered: made.numbered, body: made.bytes, hash: made.hash };
                writes.extend(self.lots.add(member, made.header, &mut self.next, self.issuing, &self.setup.numbers)?);
                continue;
            };
            if let Some(refusal) = changed(made.numbered.known.as_ref().filter(|_| !made.numbered.again), &made.hash) {
                refused.push((made.numbered.key.1, made.numbered.places, refusal));
                continue;
            }
            let file = self.document_file(progressive, &name, made.hash);
            self.record(&made.numbered, file, &mut new)?;
            self.rows += made.numbered.places.len() as u64;
            writes.push((name, made.bytes));
        }
        self.issuing.record_all(&new).map_err(|error| failed(&error))?;
        self.write_files(&writes)?;
        Ok(refused)
    }

    /// Closes the files of several documents.
    ///
    /// # Errors
    /// The state or the folder cannot be written.
    pub fn finish(&mut self) -> Result<Vec<Refused>, NodeError> {
        let lots = std::mem::replace(&mut self.lots, Lots::new(1));
        let (mut records, rest, known) = lots.close();
        self.write_files(&rest)?;
        // The register takes numbers in their order; files were closed in another.
        records.sort_by_key(|record| record.number);
        let mut new = Vec::with_capacity(records.len());
        for record in records {
            let file = DocumentFile {
                position: record.position,
                body_hash: Some(record.body_hash),
                ..self.document_file(record.progressive, &record.name, record.hash)
            };
            self.rows += record.numbered.places.len() as u64;
            self.record(&record.numbered, file, &mut new)?;
        }
        self.issuing.record_all(&new).map_err(|error| failed(&error))?;
        let mut refused = Vec::new();
        for (name, members) in known {
            refused.extend(self.known_lot(&name, members)?);
        }
        Ok(refused)
    }

    /// A file of several documents that was issued before: it is written again when all of them are here and say the same;
    /// otherwise it stays as it is.
    fn known_lot(&mut self, name: &str, members: Vec<Member>) -> Result<Vec<Refused>, NodeError> {
        let whole = self.issuing.members(name).map_err(|error| failed(&error))? as usize;
        let (mut same, mut refused) = (Vec::with_capacity(members.len()), Vec::new());
        for member in members {
            match changed_body(&member) {
                Some(refusal) => refused.push((member.numbered.key.1, member.numbered.places, refusal)),
                None => same.push(member),
            }
        }
        let rows = |members: &[Member]| members.iter().map(|member| member.numbered.places.len() as u64).sum::<u64>();
        let is_staged = same.iter().any(Member::is_staged);
        if same.len() == whole {
            let (progressive, bytes) = crate::loads::fatturapa::batch::assemble(&mut same, &self.setup.numbers)?;
            let found = hash(&bytes);
            let is_same = same.iter().all(|member| member.content_hash() == Some(found));
            if is_staged {
                for member in &same {
                    let file = self.document_file(progressive, name, found);
                    let file = DocumentFile { position: member.position(), body_hash: Some(member.hash), ..file };
                    self.record(&member.numbered, file, &mut Vec::new())?;
                }
            }
            if is_same || is_staged {
                self.rows += rows(&same);
                self.write_files(&[(name.to_owned(), bytes)])?;
                return Ok(refused);
            }
            refused.extend(same.into_iter().filter_map(|member| {
                let refusal = changed(member.numbered.known.as_ref(), &found)?;
                Some((member.numbered.key.1, member.numbered.places, refusal))
            }));
            return Ok(refused);
        }
        if is_staged {
            refused.extend(same.into_iter().map(|member| {
                let refusal = incomplete(name);
                (member.numbered.key.1, member.numbered.places, refusal)
            }));
        } else {
            self.rows += rows(&same);
        }
        Ok(refused)
    }

    /// Progressive and name of the document's own file; none when it shares one.
    fn file_of(&mut self, numbered: &Numbered) -> Result<Option<(u64, String)>, NodeError> {
        let known = numbered.known.as_ref().filter(|_| !numbered.again);
        let shares = known.map_or(self.setup.batch.is_some(), |known| known.file.body_hash.is_some());
        if shares {
            return Ok(None);
        }
        let progressive = match known {
            Some(known) => known.file.progressive,
            None => self.next.file(self.issuing, &self.setup.numbers)?,
        };
        // A file is named after who transmits it, which is us also when the seller is a foreign supplier.
        let name = match known {
            Some(known) => known.file.name.clone(),
            None => self.setup.numbers.file(progressive)?.1,
        };
        Ok(Some((progressive, name)))
    }

    fn document_file(&self, progressive: u64, name: &str, content_hash: [u8; 32]) -> DocumentFile {
        DocumentFile {
            sender: self.setup.numbers.seller.clone(),
            progressive,
            name: name.to_owned(),
            content_hash,
            position: 1,
            body_hash: None,
            staged_folder: self.folder.temporary().to_path_buf(),
            target_folder: self.folder.target().to_path_buf(),
        }
    }

    /// Records what goes out again or is written again; what is new is added to `new`, to be recorded together.
    fn record(&mut self, numbered: &Numbered, file: DocumentFile, new: &mut Vec<NewDocument>) -> Result<(), NodeError> {
        let numbers = &self.setup.numbers;
        let (kind, order) = &numbered.key;
        let key = DocumentKey { seller: numbers.seller.clone(), kind: kind.as_str().to_owned(), order: order.clone() };
        let recorded = match &numbered.known {
            None => {
                new.push(NewDocument {
                    key,
                    series: numbers.series(*kind).name.clone().unwrap_or_default(),
                    number: numbered.number,
                    numero: numbered.numero.clone(),
                    date: numbered.date,
                    file,
                });
                Ok(())
            }
            Some(_) if numbered.again => self.issuing.reissue(&key, &file, self.setup.received, Late::Refuse),
            Some(known) if known.status == Status::Staged => self.issuing.restage(&key, &file),
            Some(_) => Ok(()),
        };
        recorded.map_err(|error| failed(&error))
    }

    fn write_files(&mut self, files: &[(String, Vec<u8>)]) -> Result<(), NodeError> {
        let mut writes = Vec::with_capacity(files.len());
        for (name, bytes) in files {
            let path = self.folder.file(Path::new(name)).map_err(|error| write_failed(&error))?;
            writes.push((path, name, bytes));
        }
        let target = self.folder.target();
        writes.par_iter().try_for_each(|(path, name, bytes)| {
            no_other(&target.join(name), bytes)?;
            std::fs::write(path, bytes)
                .map_err(|error| write_failed(&FileError::new("write", &target.join(name), error)))
        })
    }
}

/// A file in place is never written over by another document: an invoice that went out would be lost.
fn no_other(path: &Path, bytes: &[u8]) -> Result<(), NodeError> {
    let Ok(there) = std::fs::read(path) else { return Ok(()) };
    if there == bytes {
        return Ok(());
    }
    let shown = path.display();
    let (theirs, ours) = (numero_of(&there), numero_of(bytes));
    let message = format!("`{shown}` is there already, with {theirs}; it would be written over by {ours}");
    Err(NodeError::new(Code::WriteFailed, message).help("no file was written and no number taken").help(
        "another project, or one whose state was lost, has written to this folder: write to a folder of your own, or \
             let file names begin after those in use: `numbering: { first_file: N }`",
    ))
}

/// The printed number in a file, in words.
fn numero_of(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let number = text.split_once("<Numero>").and_then(|(_, rest)| rest.split_once("</Numero>"));
    number.map_or_else(|| "another content".to_owned(), |(number, _)| format!("invoice `{}`", number.trim()))
}

fn make(mut numbered: Numbered, file: Option<(u64, String)>) -> Made {
    set_number(&mut numbered.tree, &numbered.numero);
    let (mut bytes, mut header) = (Vec::new(), Vec::new());
    if let Some((_, name)) = &file {
        // The name ends in the progressive: it is the identifier of the transmission too.
        let progressive = name.rsplit_once('_').and_then(|(_, end)| end.split('.').next()).unwrap_or_default();
        set_progressive(&mut numbered.tree, progressive);
        bytes.reserve(4096);
        numbered.tree.write(&mut bytes);
    } else {
        header = header_key(&mut numbered.tree);
        bytes = body(&numbered.tree);
    }
    let hash = hash(&bytes);
    Made { numbered, file, bytes, hash, header }
}

/// A refused document goes out again only within its days.
fn too_late(known: &IssuedDocument, received: NaiveDate) -> Option<Refusal> {
    let until = known.resend_until().filter(|until| received > *until)?;
    let number = &known.numero;
    Some(refusal(
        "refused-too-long-ago",
        format!(
            "invoice `{number}` was refused by the exchange system and could go out again until {until}; issue it under a new order key and correct the register with your accountant"
        ),
        format!(
            "la fattura `{number}` è stata scartata dal SdI e si poteva rimandare fino al {until}; va emessa di nuovo con una nuova chiave d'ordine, sentito il commercialista"
        ),
        Some(number.clone()),
    ))
}

/// An order that has an invoice and now says something else: an invoice that went out is corrected by a credit note.
fn changed(known: Option<&IssuedDocument>, found: &[u8; 32]) -> Option<Refusal> {
    let known = known.filter(|known| known.status != Status::Staged && known.file.content_hash != *found)?;
    Some(already_invoiced(known))
}

fn changed_body(member: &Member) -> Option<Refusal> {
    let known = member.numbered.known.as_ref().filter(|known| known.status != Status::Staged)?;
    (known.file.body_hash != Some(member.hash)).then(|| already_invoiced(known))
}

fn already_invoiced(known: &IssuedDocument) -> Refusal {
    let (numero, name) = (&known.numero, &known.file.name);
    refusal(
        "already-invoiced",
        format!(
            "the order has invoice `{numero}` (`{name}`) and its data, or the seller's, have changed since; an invoice that went out is corrected with a credit note (TD04)"
        ),
        format!(
            "l'ordine ha già la fattura `{numero}` (`{name}`) e i suoi dati, o quelli del venditore, sono cambiati; una fattura emessa si corregge con una nota di credito (TD04)"
        ),
        Some(numero.clone()),
    )
}

fn incomplete(name: &str) -> Refusal {
    refusal(
        "batch-incomplete",
        format!("file `{name}` was lost before it was put in place: run again with all of its orders"),
        format!(
            "il file `{name}` è andato perso prima di arrivare nella cartella: eseguire di nuovo con tutti i suoi ordini"
        ),
        Some(name.to_owned()),
    )
}
